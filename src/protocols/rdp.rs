//! Remote Desktop Protocol (RDP) over TCP: the connection request and its negotiation (MS-RDPBCGR).
//!
//! ```text
//! client  03 00 length (2)  LI E0 0000 0000 00          TPKT (RFC 1006) and an X.224 connection request
//!         "Cookie: mstshash=" user CRLF                 or a routing token
//!         01 flags 08 00 protocols (4)                  RDP_NEG_REQ, section 2.2.1.1.1
//!         06 flags 24 00 correlation id (16) zeros (16) if flag 08 is set
//! server  03 00 00 13  0E D0 0000 1234 00
//!         02 flags 08 00 selected (4)                   or 03 00 08 00 failure (4)
//! ```
//!
//! TLS follows, or (old servers) T.125's connect-initial, whose conference data begins with "Duca". Without
//! TLS, the middle of a session is T.125 data on channel 1003.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::formats::guid;
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// RDP.
pub const INSPECTOR: Inspector = Inspector {
    name: "rdp",
    title: "Remote Desktop Protocol",
    specification: "MS-RDPBCGR section 2.2.1",
    ports: PORTS,
    initiator_first: ByteSet::of(&[3]),
    responder_first: ByteSet::of(&[3]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("rdp.user", "the user name in the client's cookie, cut to nine characters by the client"),
        ("rdp.routing_token", "the token by which a broker finds the session"),
        ("rdp.offered", "security protocols that the client offers besides RDP's own"),
        ("rdp.selected", "security protocol that the server chose"),
        ("rdp.failure", "why the server refused"),
        ("rdp.correlation_id", "the session's id, as RDP-UDP and RD Gateway send it too"),
        ("rdp.restricted_admin", "whether the client asks for restricted administration mode"),
    ],
    headline: &["rdp.user", "rdp.selected"],
    confused_with: "other users of TPKT: S7comm and MMS, whose connection requests have parameters C0 to C2; H.323",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[3389];

/// A connection request or confirm, past TPKT and X.224.
#[derive(Clone, Copy, Debug, Default)]
struct Connect<'a> {
    cookie: Option<&'a [u8]>,
    /// Type, flags and value of the negotiation structure.
    negotiation: Option<(u8, u8, u32)>,
    correlation: Option<[u8; 16]>,
}

impl Connect<'_> {
    /// Whether it has what only RDP has.
    const fn is_telling(&self) -> bool {
        self.cookie.is_some() || self.negotiation.is_some()
    }
}

/// X.224 codes (section 13.2 of X.224): connection request, connection confirm.
const REQUEST: u8 = 0xe0;
const CONFIRM: u8 = 0xd0;
/// Types of negotiation structures (MS-RDPBCGR sections 2.2.1.1.1 to 2.2.1.2.2).
const NEG_REQ: u8 = 1;
const NEG_RSP: u8 = 2;
const NEG_FAILURE: u8 = 3;
const CORRELATION: u8 = 6;
/// Bytes of TPKT and of a TPDU's fixed part.
const TPKT: usize = 4;
const FIXED: usize = 7;
/// Longest cookie line.
const MAX_COOKIE: usize = 512;

fn connect<'a>(cursor: &mut Cursor<'a>, code: u8) -> Result<Connect<'a>, Reject> {
    cursor.tag(&[3, 0])?;
    let len = usize::from(cursor.u16()?);
    require((TPKT + FIXED..=TPKT + 255).contains(&len))?;
    require(usize::from(cursor.u8()?) == len - TPKT - 1)?;
    require(cursor.u8()? == code)?;
    let destination = cursor.u16()?;
    // A request knows no destination yet.
    require(code == CONFIRM || destination == 0)?;
    cursor.skip(2)?;
    require(cursor.u8()? & 0xf0 == 0)?;
    let mut variable = cursor.within(len - TPKT - FIXED)?;
    let mut found = Connect::default();
    if code == REQUEST && matches!(variable.rest().first(), Some(b'C' | b't' | b'm')) {
        let line = variable.line(MAX_COOKIE)?;
        let token = [&b"Cookie: "[..], b"tsv://", b"mth://"].iter().any(|start| line.starts_with(start));
        require(token)?;
        found.cookie = Some(line);
    }
    if !variable.is_empty() || variable.is_open() {
        let (kind, flags) = (variable.u8()?, variable.u8()?);
        let fits = if code == REQUEST { kind == NEG_REQ } else { matches!(kind, NEG_RSP | NEG_FAILURE) };
        require(fits)?;
        require(variable.u16_le()? == 8)?;
        let value = variable.u32_le()?;
        // Protocols and failures known by today end far below; those to come will too.
        require(value < 0x100)?;
        found.negotiation = Some((kind, flags, value));
        if !variable.is_empty() || variable.is_open() {
            require(code == REQUEST && variable.u8()? == CORRELATION)?;
            variable.skip(1)?;
            require(variable.u16_le()? == 36)?;
            found.correlation = Some(variable.array()?);
            require(variable.array::<16>()? == [0; 16])?;
        }
    }
    variable.end()?;
    Ok(found)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let (mut request, mut reply) = (opening.request(), opening.reply());
    let midway = [session(request, SEND_DATA_REQUEST), session(reply, SEND_DATA_INDICATION)];
    if let [Ok(middle), _] | [_, Ok(middle)] = midway {
        let rule = "session: T.125 data on RDP's channel (MS-RDPBCGR section 2.2.8.1.1)";
        let side = if request.is_empty() { Side::Responder } else { Side::Initiator };
        return Ok(Evidence::new(middle, rule).from(side));
    }
    let rule = "negotiation: an RDP connection request or its confirmation (MS-RDPBCGR section 2.2.1)";
    match (connect(&mut request, REQUEST), connect(&mut reply, CONFIRM)) {
        (Ok(asked), Ok(told)) if asked.is_telling() || told.is_telling() => Ok(Evidence::dialogue(rule)),
        (Ok(asked), Err(Reject::Incomplete)) if asked.is_telling() => Ok(Evidence::message(rule)),
        (Err(Reject::Incomplete), Ok(told)) if told.is_telling() => Ok(Evidence::message(rule).from(Side::Responder)),
        // Neither a cookie nor a negotiation: a client before version 5.2, or another user of X.224.
        (Ok(_), Ok(_) | Err(Reject::Incomplete)) => conference(request).map(|()| {
            Evidence::message("conference: T.125 connect-initial with RDP's conference data (MS-RDPBCGR section 2.2.1.3)")
        }),
        (Err(Reject::Incomplete), Ok(_)) => Err(Reject::Incomplete),
        (Err(Reject::Incomplete), Err(Reject::Incomplete)) if opening.is_on(PORTS) && begins(opening.request()) => Ok(
            Evidence::signature("request: the beginning of an RDP connection request, on its port (MS-RDPBCGR section 2.2.1.1)"),
        ),
        (asked, told) => {
            // Each side can still be a session's beginning or its middle.
            let [ahead, back] = midway.map(|middle| middle == Err(Reject::Mismatch));
            let hopeless = ahead && asked.is_err_and(is_other) || back && told.is_err_and(is_other);
            Err(if hopeless { Reject::Mismatch } else { Reject::Incomplete })
        }
    }
}

fn is_other(reject: Reject) -> bool {
    reject == Reject::Mismatch
}

/// Whether a request that the capture cut goes on behind X.224 as RDP's does.
fn begins(mut cursor: Cursor<'_>) -> bool {
    let mut head = || {
        cursor.tag(&[3, 0])?;
        let len = usize::from(cursor.u16()?);
        require(usize::from(cursor.u8()?) + TPKT + 1 == len && cursor.u8()? == REQUEST)?;
        cursor.skip(FIXED - 2)
    };
    head().is_ok() && [&b"Cookie: "[..], &[NEG_REQ, 0, 8, 0]].iter().any(|start| {
        let seen = cursor.rest();
        !seen.is_empty() && start.starts_with(seen.get(..seen.len().min(start.len())).unwrap_or_default())
    })
}

/// T.125 connect-initial (APPLICATION 101) in X.224 data, and the key by which clients name their data block.
fn conference(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    cursor.tag(&[3, 0])?;
    let len = usize::from(cursor.u16()?);
    require(len > TPKT + 5)?;
    let mut data = cursor.within(len - TPKT)?;
    data.tag(&[2, 0xf0, 0x80, 0x7f, 0x65])?;
    if data.rest().windows(4).any(|window| window == b"Duca") {
        return Ok(());
    }
    Err(if data.is_open() { Reject::Incomplete } else { Reject::Mismatch })
}

/// T.125 choices 25 and 26, each in the upper six bits.
const SEND_DATA_REQUEST: u8 = 0x64;
const SEND_DATA_INDICATION: u8 = 0x68;
/// The channel of input and output (MS-RDPBCGR section 2.2.1.4.4).
const IO_CHANNEL: u16 = 1003;

/// A whole data packet of a session without TLS: both its lengths agree, and the channel is RDP's.
fn session(mut cursor: Cursor<'_>, choice: u8) -> Result<Confidence, Reject> {
    cursor.tag(&[3, 0])?;
    let len = usize::from(cursor.u16()?);
    require(len > TPKT + 11)?;
    cursor.tag(&[2, 0xf0, 0x80, choice])?;
    let initiator = cursor.u16()?;
    require(initiator < 1000 && cursor.u16()? == IO_CHANNEL)?;
    // Priority and segmentation; the low half is padding.
    require(cursor.u8()?.trailing_zeros() >= 4)?;
    let first = cursor.u8()?;
    let (rest, header) = if first & 0x80 == 0 {
        (usize::from(first), 14)
    } else {
        (usize::from(first & 0x7f) << 8 | usize::from(cursor.u8()?), 15)
    };
    require(rest + header == len)?;
    cursor.skip(rest)?;
    Ok(Confidence::Message)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok(asked) = connect(&mut opening.request(), REQUEST) {
        if let Some(cookie) = asked.cookie {
            match cookie.strip_prefix(b"Cookie: mstshash=") {
                Some(user) => attributes.set("rdp.user", user),
                None => attributes.set("rdp.routing_token", cookie.strip_prefix(b"Cookie: ").unwrap_or(cookie)),
            }
        }
        if let Some((_, flags, protocols)) = asked.negotiation {
            let offered: Vec<String> = PROTOCOLS
                .iter()
                .filter(|&&(bit, _)| bit != 0 && protocols & bit != 0)
                .map(|&(_, name)| name.to_owned())
                .collect();
            attributes.set("rdp.offered", offered);
            // RESTRICTED_ADMIN_MODE_REQUIRED, section 2.2.1.1.1.
            attributes.set_some("rdp.restricted_admin", (flags & 1 != 0).then_some(true));
        }
        attributes.set_some("rdp.correlation_id", asked.correlation.map(guid::in_order));
    }
    match connect(&mut opening.reply(), CONFIRM).ok().and_then(|told| told.negotiation) {
        Some((NEG_RSP, _, selected)) => {
            let name = PROTOCOLS.iter().find(|&&(bit, _)| bit == selected).map(|&(_, name)| name);
            attributes.set_some("rdp.selected", name);
        }
        Some((NEG_FAILURE, _, code)) => {
            attributes.set("rdp.failure", FAILURES.get(code as usize).copied().unwrap_or("unknown"));
        }
        _ => {}
    }
}

/// Section 2.2.1.1.1.
const PROTOCOLS: [(u32, &str); 6] =
    [(0, "rdp"), (1, "tls"), (2, "credssp"), (4, "rdstls"), (8, "credssp-early-auth"), (16, "aad")];
/// Section 2.2.1.2.2, by code.
const FAILURES: [&str; 7] = [
    "unknown",
    "tls required",
    "tls not allowed",
    "no certificate on the server",
    "inconsistent flags",
    "credssp required",
    "tls with user authentication required",
];

const ASKED: &[u8] = b"\x03\0\0\x27\x22\xe0\0\0\0\0\0Cookie: mstshash=A\r\n\x01\0\x08\0\x03\0\0\0";
const TOLD: &[u8] = b"\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x02\x1f\x08\0\x02\0\0\0";
const PLAIN_REQUEST: &[u8] = b"\x03\0\0\x0b\x06\xe0\0\0\0\0\0";
const PLAIN_CONFIRM: &[u8] = b"\x03\0\0\x0b\x06\xd0\0\0\x12\x34\0";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "cookie and negotiation, and the server's choice", &[ASKED], &[TOLD]),
    Example::tcp(Confidence::Message, "a request without answer", &[ASKED], &[]),
    Example::tcp(Confidence::Message, "only the server was captured", &[], &[TOLD]),
    Example::tcp(Confidence::Signature, "a request that the capture cut", &[ASKED.split_at(14).0], &[]).on(3389),
    Example::tcp(
        Confidence::Message,
        "an old client: no negotiation, but conference data",
        &[PLAIN_REQUEST, b"\x03\0\0\x14\x02\xf0\x80\x7f\x65\x82\x01\x94\x04\x01\x01\x04Duca"],
        &[PLAIN_CONFIRM],
    ),
    Example::tcp(
        Confidence::Message,
        "the middle of a session without TLS",
        &[b"\x03\0\0\x10\x02\xf0\x80\x64\0\x06\x03\xeb\x70\x02\xaa\xbb"],
        &[],
    ),
    Example::not(
        Transport::Tcp,
        "S7comm, whose request has parameters",
        &[b"\x03\0\0\x16\x11\xe0\0\0\0\x01\0\xc0\x01\x0a\xc1\x02\x01\0\xc2\x02\x01\x02"],
        &[],
    ),
    Example::not(Transport::Tcp, "an empty request, which anything over X.224 sends", &[PLAIN_REQUEST], &[PLAIN_CONFIRM]),
    Example::not(Transport::Tcp, "SQL Server's first packet", &[b"\x12\x01\0\x2f\0\0\x01\0"], &[]),
];
