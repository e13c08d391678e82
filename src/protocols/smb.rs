//! Server Message Block (SMB): version 1 (MS-CIFS) and versions 2 and 3 (MS-SMB2), TCP 445 and 139.
//!
//! ```text
//! 00 length (3)      in front of every message (MS-SMB2 section 2.1, RFC 1002 section 4.3.1)
//! FF "SMB" command   version 1: status (4), flags (80 = response), flags 2 ...              32 bytes
//! FE "SMB" 40 00     versions 2 and 3: credits, status, command (2), credits, flags (1 = response) ..  64 bytes
//! FD "SMB"           encrypted: signature (16), nonce (16), original length (4) ..           52 bytes
//! FC "SMB"           compressed
//! ```
//!
//! On port 139 a NetBIOS session request and its answer may come first.

mod header;

use super::netbios_ssn;
use crate::byteset::ByteSet;
use crate::formats::{guid, ntlm};
use crate::inspect::{
    Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict,
};
use crate::key::Transport;
use header::{Kind, Message};

/// SMB.
pub const INSPECTOR: Inspector = Inspector {
    name: "smb",
    title: "Server Message Block",
    specification: "MS-SMB2 section 2.2, MS-CIFS section 2.2",
    ports: &[445, 139],
    refines: Some("netbios-ssn"),
    initiator_first: ByteSet::of(&[0x00, 0x81, 0x85]),
    responder_first: ByteSet::of(&[0x00, 0x82, 0x83, 0x84, 0x85]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("smb.dialect", "the dialect that the server chose: 3.1.1, 2.1, NT LM 0.12 ..."),
        ("smb.dialects", "dialects that the client offered"),
        ("smb.server_guid", "the server's identifier"),
        ("smb.client_guid", "the client's identifier"),
        ("smb.signing_required", "whether the server demands signatures"),
        ("smb.encrypted", "whether messages are encrypted"),
        ("smb.commands", "the client's first commands"),
        ("smb.shares", "shares that the client connects to"),
        netbios_ssn::ATTRIBUTES[0],
        netbios_ssn::ATTRIBUTES[1],
        netbios_ssn::ATTRIBUTES[2],
        ntlm::ATTRIBUTES[0],
        ntlm::ATTRIBUTES[1],
        ntlm::ATTRIBUTES[2],
        ntlm::ATTRIBUTES[3],
    ],
    headline: &["smb.dialect", "smb.shares"],
    confused_with: "DCE/RPC, which travels inside SMB's named pipes and is SMB then; NetBIOS sessions without SMB",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Messages of a side that are waited for, so that names and shares are told: negotiation, both halves of the
/// authentication, tree connects.
const TELLING: usize = 6;
/// Session packets that may come before the first message.
const MAX_PROLOGUE: usize = 4;
/// Messages read for people.
const MAX_MESSAGES: usize = 24;

/// The messages of a side, behind NetBIOS' session packets.
fn messages(said: Said<'_>, side: Side) -> impl Iterator<Item = Result<Message<'_>, Reject>> {
    let mut cursor = said.stream();
    let mut failed = false;
    std::iter::from_fn(move || {
        if failed {
            return None;
        }
        for _ in 0..MAX_PROLOGUE {
            let passed = match cursor.rest().first() {
                Some(0x81) if side == Side::Initiator => netbios_ssn::request(&mut cursor).map(drop),
                Some(0x82..=0x85) => netbios_ssn::answer(&mut cursor).map(drop),
                _ => break,
            };
            if let Err(reject) = passed {
                failed = true;
                return Some(Err(reject));
            }
        }
        let message = header::message(&mut cursor);
        failed = message.is_err();
        Some(message)
    })
    .take(MAX_MESSAGES)
}

/// The first message of a side: it has to go the right way.
fn first(said: Said<'_>, side: Side) -> Result<Confidence, Reject> {
    let first = messages(said, side).next().unwrap_or(Err(Reject::Incomplete))?;
    match first.is_response {
        Some(is_response) if is_response != (side == Side::Responder) => Err(Reject::Mismatch),
        _ => Ok(if first.body.is_open() { Confidence::Signature } else { Confidence::Message }),
    }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let request = first(opening.initiator, Side::Initiator);
    let reply = match first(opening.responder, Side::Responder) {
        // A server that does not mark its responses: whole messages both ways are SMB's all the same.
        Err(Reject::Mismatch) if request.is_ok() => first(opening.responder, Side::Initiator),
        reply => reply,
    };
    let evidence = Evidence::of(
        request,
        reply,
        "message: an SMB message of its stated length (MS-SMB2 section 2.2.1, MS-CIFS section 2.2.3)",
    )?;
    let seen = messages(opening.initiator, Side::Initiator).flatten().count();
    Ok(evidence.wanting_more(seen < TELLING))
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    netbios_ssn::describe(opening, attributes);
    let asked = || messages(opening.initiator, Side::Initiator).flatten();
    let told = || messages(opening.responder, Side::Responder).flatten();
    let dialects = asked().find_map(|message| message.offered());
    attributes.set_some("smb.client_guid", asked().find_map(|message| message.client()).map(guid::little_endian));
    if let Some(choice) = told().filter_map(|message| message.negotiated(dialects.as_deref())).last() {
        attributes.set("smb.dialect", choice.dialect);
        attributes.set_some("smb.server_guid", choice.server.map(guid::little_endian));
        attributes.set("smb.signing_required", choice.signing_required);
    }
    if let Some(dialects) = dialects {
        attributes.set_list("smb.dialects", dialects, asked().any(|message| message.offers_more()));
    }
    let encrypted = asked().chain(told()).any(|message| message.kind == Kind::Encrypted);
    attributes.set_some("smb.encrypted", encrypted.then_some(true));
    let (mut commands, mut shares) = (Vec::new(), Vec::new());
    for message in asked() {
        if let Some(name) = message.command_name().map(ToOwned::to_owned)
            && !commands.contains(&name)
        {
            commands.push(name);
        }
        shares.extend(message.share().filter(|share| !shares.contains(share)));
    }
    for (key, list) in [("smb.commands", commands), ("smb.shares", shares)] {
        attributes.set_list(key, list, opening.initiator.is_cut());
    }
    ntlm::describe(opening.initiator.bytes(), opening.responder.bytes(), attributes);
}

/// A negotiation of version 1 that offers two dialects.
const NEGOTIATE_1: &[u8] = b"\0\0\0:\xffSMBr\0\0\0\0\x18S\xc8\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xfe\0\0\0\0\0\x17\0\x02NT LM 0.12\0\x02SMB 2.???\0";
/// Its answer in version 2: dialect 2.???, no signing demanded.
const ANSWER_2: &[u8] = b"\0\0\0l\xfeSMB@\0\0\0\0\0\0\0\0\0\x01\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0A\0\
    \x01\0\xff\x02\0\0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
const CALL: &[u8] = b"\x81\0\0\x44\x20EGFCEFEEDBDACACACACACACACACACACA\0\x20EGFCEFEEDBDACACACACACACACACACAAA\0";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a negotiation that goes from version 1 to 2", &[NEGOTIATE_1], &[ANSWER_2]),
    Example::tcp(
        Confidence::Dialogue,
        "behind a NetBIOS session request",
        &[CALL, NEGOTIATE_1],
        &[b"\x82\0\0\0", ANSWER_2],
    ),
    Example::tcp(Confidence::Message, "only the server was captured", &[], &[ANSWER_2]),
    Example::tcp(Confidence::Signature, "a message that goes on", &[NEGOTIATE_1.split_at(40).0], &[]),
    Example::tcp(Confidence::Signature, "a header that the capture cut", &[], &[ANSWER_2.split_at(30).0]),
    Example::tcp(Confidence::Signature, "a header cut before its command", &[], &[ANSWER_2.split_at(14).0]),
    Example::tcp(
        Confidence::Message,
        "an encrypted message",
        &[b"\0\0\0\x38\xfdSMB\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\
            \x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\0\0\0\0\0\x04\0\0\0\0\0\x01\0\x01\0\0\0\0\0\0\0\xaa\xbb\xcc\xdd"],
        &[],
    ),
    Example::not(Transport::Tcp, "a NetBIOS session without SMB", &[CALL], &[b"\x83\0\0\x01\x82"]).on(139),
    Example::not(Transport::Tcp, "a length and something else", &[b"\0\0\0\x20\xffSMX\0\0\0\0"], &[]).on(445),
];
