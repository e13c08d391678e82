//! iSCSI: SCSI over TCP 3260 (RFC 7143), by its login.
//!
//! ```text
//! initiator  43 or 03, flags, versions 00 00, AHS length 0, data length (3), ISID (6), TSIH (2), tag (4) ..  48 bytes
//!            InitiatorName=iqn....  keys and values, each ended by 0
//! target     23, flags, versions, ... the same tag at 16, status at 36
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{
    Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict,
};
use crate::key::Transport;

/// iSCSI.
pub const INSPECTOR: Inspector = Inspector {
    name: "iscsi",
    title: "Internet SCSI",
    specification: "RFC 7143 sections 11.12 and 11.13",
    ports: &[3260],
    initiator_first: ByteSet::of(&[0x03, 0x43]),
    responder_first: ByteSet::of(&[0x23]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("iscsi.initiator", "the initiator's name"),
        ("iscsi.target", "the target's name"),
        ("iscsi.session", "Normal or Discovery"),
        ("iscsi.status", "class and detail of the login's answer (RFC 7143 section 11.13.5), hexadecimal"),
    ],
    confused_with: "users of TPKT, which begin with 03 00: a login's flags are never 0 with text behind it",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Bytes of a basic header segment.
const HEADER: usize = 48;
/// Opcodes (section 11.2.1.2); a login request is always marked as immediate, but some leave that out.
const IMMEDIATE: u8 = 0x40;
const LOGIN: u8 = 0x03;
const LOGIN_ANSWER: u8 = 0x23;
/// Longest text of a login: MaxRecvDataSegmentLength before it is negotiated (section 13.12).
const MAX_TEXT: u32 = 8192;

/// A login or its answer.
#[derive(Clone, Copy, Debug)]
struct Login<'a> {
    tag: u32,
    status: u16,
    text: &'a [u8],
    whole: bool,
}

fn login(mut cursor: Cursor<'_>, opcode: u8) -> Result<Login<'_>, Reject> {
    require(cursor.u8()? & !IMMEDIATE == opcode)?;
    let flags = cursor.u8()?;
    // Current and next stage are 0, 1 or 3; the two bits between are reserved (section 11.12.3).
    require(flags & 0x30 == 0 && flags >> 2 & 3 != 2 && flags & 3 != 2)?;
    // Versions end at 1, and no additional header comes.
    require(cursor.u8()? <= 1 && cursor.u8()? <= 1 && cursor.u8()? == 0)?;
    let len = cursor.u24()?;
    require(len <= MAX_TEXT)?;
    cursor.skip(8)?;
    let tag = cursor.u32()?;
    cursor.skip(16)?;
    let status = cursor.u16()?;
    // Reserved to the header's end.
    cursor.skip(HEADER - 38)?;
    let text = cursor.within(len as usize)?;
    require(text.is_empty() || text.rest().contains(&b'=') || text.is_open())?;
    Ok(Login { tag, status, text: text.rest(), whole: !text.is_open() })
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "login: a login with its keys, or the answer to it (RFC 7143 section 11.12)";
    let named = |login: &Login<'_>| value(login.text, b"InitiatorName").is_some();
    match (login(opening.request(), LOGIN), login(opening.reply(), LOGIN_ANSWER)) {
        (Ok(asked), Ok(told)) if asked.tag == told.tag && named(&asked) => Ok(Evidence::dialogue(rule)),
        (Ok(asked), Err(Reject::Incomplete)) if named(&asked) => {
            Ok(if asked.whole { Evidence::message(rule) } else { Evidence::signature(rule) })
        }
        (Err(Reject::Incomplete), Ok(told)) if value(told.text, b"TargetPortalGroupTag").is_some() => {
            Ok(Evidence::message(rule).from(Side::Responder))
        }
        (Ok(asked), Ok(_) | Err(Reject::Incomplete)) if !asked.whole => Err(Reject::Incomplete),
        (Err(Reject::Incomplete), Ok(_) | Err(Reject::Incomplete)) => Err(Reject::Incomplete),
        _ => Err(Reject::Mismatch),
    }
}

/// The value of a key in a login's text.
fn value<'a>(text: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    text.split(|&byte| byte == 0).find_map(|pair| pair.strip_prefix(key)?.strip_prefix(b"="))
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok(asked) = login(opening.initiator.stream(), LOGIN) {
        attributes.set_some("iscsi.initiator", value(asked.text, b"InitiatorName"));
        attributes.set_some("iscsi.target", value(asked.text, b"TargetName"));
        attributes.set_some("iscsi.session", value(asked.text, b"SessionType"));
    }
    if let Ok(told) = login(opening.responder.stream(), LOGIN_ANSWER) {
        attributes.set("iscsi.status", format!("{:04x}", told.status));
    }
}

const ASKED: &[u8] = b"\x43\x87\0\0\0\0\0\x17\x80\0\0\0\0\x01\0\0\0\0\0\x07\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
    InitiatorName=iqn.x:1\0\0\0";
const TOLD: &[u8] = b"\x23\x87\0\0\0\0\0\x17\x80\0\0\0\0\x01\0\x01\0\0\0\x07\0\0\0\0\0\0\0\x01\0\0\0\x01\0\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\
    TargetPortalGroupTag=1\0\0";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a login and its answer", &[ASKED], &[TOLD]),
    Example::tcp(Confidence::Message, "a login without answer", &[ASKED], &[]),
    Example::tcp(Confidence::Message, "only the target was captured", &[], &[TOLD]),
    Example::not(Transport::Tcp, "RDP", &[b"\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x03\0\0\0"], &[]).on(3260),
];
