//! S7 communication, which Siemens' controllers of the series 300, 400, 1200 and 1500 speak on ISO transport.
//!
//! Siemens has not published it; the layout is common knowledge from open implementations (Snap7, libnodave):
//!
//! ```text
//! TPKT, COTP data | 32 | ROSCTR | 0000 | PDU reference | parameter length | data length | [error class, code] | ...
//!                        1 job, 2 ack, 3 ack with data, 7 user data                       in 2 and 3
//! ```
//!
//! Around it all lengths agree: TPKT's with X.224's header and with the two of S7.

use super::cotp;
use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;

/// S7 communication.
pub const INSPECTOR: Inspector = Inspector {
    name: "s7comm",
    title: "Siemens S7 communication",
    specification: "RFC 1006 section 6; layout as implemented by Snap7 and libnodave",
    ports: &[102],
    refines: Some("cotp"),
    initiator_first: ByteSet::of(&[0x03]),
    responder_first: ByteSet::of(&[0x03]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("s7comm.calling_tsap", "transport selector of the side that opens: text, else hexadecimal"),
        ("s7comm.called_tsap", "transport selector of the controller; its last byte is rack * 32 + slot"),
        ("s7comm.function", "code of the first job's function (4 read, 5 write, 240 set up communication ...)"),
    ],
    confused_with: "S7comm-plus, whose messages begin with 72 in the same transport; other users of ISO transport",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Kind of a message ("remote operating service control").
const JOB: u8 = 1;
/// An acknowledgement without data.
const ACK: u8 = 2;
/// An acknowledgement with data.
const ACK_DATA: u8 = 3;
/// An extension: clock, blocks, diagnosis.
const USER_DATA: u8 = 7;

/// The kind and the parameters of a side's first S7 message.
fn message(said: Said<'_>) -> Result<(u8, Cursor<'_>), Reject> {
    let (mut data, ends) = cotp::user_data(said)?;
    let len = data.len();
    data.tag(&[0x32])?;
    let kind = data.u8()?;
    require(matches!(kind, JOB | ACK | ACK_DATA | USER_DATA))?;
    data.tag(&[0, 0])?;
    data.skip(2)?;
    let (parameters, values) = (usize::from(data.u16()?), usize::from(data.u16()?));
    let header = if matches!(kind, ACK | ACK_DATA) { 12 } else { 10 };
    data.skip(header - 10)?;
    let whole = header + parameters + values;
    if data.is_open() {
        require(whole >= len)?;
    } else {
        require(if ends { whole == len } else { whole >= len })?;
    }
    Ok((kind, data.within(parameters).unwrap_or(Cursor::open(&[]))))
}

/// Whether what the capture left of a side's first message can be its header: 32, a kind, and zeros as far as they are here.
fn begins(said: Said<'_>) -> bool {
    let Ok((mut data, _)) = cotp::user_data(said) else { return false };
    let kind = data.tag(&[0x32]).and_then(|()| data.u8());
    let zeros = data.rest().iter().take(2).all(|&byte| byte == 0);
    kind.is_ok_and(|kind| matches!(kind, JOB | ACK | ACK_DATA | USER_DATA)) && zeros
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| match message(said) {
        Err(Reject::Incomplete) if said.is_cut() && opening.is_on(INSPECTOR.ports) && begins(said) => Ok(Confidence::Signature),
        judged => judged.map(|_| Confidence::Message),
    };
    Evidence::of(
        judged(opening.initiator),
        judged(opening.responder),
        "s7-header: 32, a message kind and lengths that agree with TPKT's (RFC 1006 section 6, S7 header)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    cotp::describe_selectors(opening, attributes, ["s7comm.calling_tsap", "s7comm.called_tsap"]);
    let function = message(opening.initiator)
        .ok()
        .filter(|(kind, _)| *kind == JOB)
        .and_then(|(_, mut parameters)| parameters.u8().ok());
    attributes.set_some("s7comm.function", function);
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "communication is set up",
        &[
            b"\x03\x00\x00\x16\x11\xe0\x00\x00\x00\x01\x00\xc1\x02\x01\x00\xc2\x02\x01\x02\xc0\x01\x0a",
            b"\x03\x00\x00\x19\x02\xf0\x80\x32\x01\x00\x00\x04\x00\x00\x08\x00\x00\xf0\x00\x00\x01\x00\x01\x01\xe0",
        ],
        &[
            b"\x03\x00\x00\x16\x11\xd0\x00\x01\x00\x02\x00\xc0\x01\x0a\xc1\x02\x01\x00\xc2\x02\x01\x02",
            b"\x03\x00\x00\x1b\x02\xf0\x80\x32\x03\x00\x00\x04\x00\x00\x08\x00\x00\x00\x00\xf0\x00\x00\x01\x00\x01\x00\xf0",
        ],
    ),
    Example::tcp(
        Confidence::Message,
        "in the middle, only the controller was captured",
        &[],
        &[b"\x03\x00\x00\x14\x02\xf0\x80\x32\x03\x00\x00\x05\x00\x00\x00\x00\x01\x00\x00\xff"],
    ),
    Example::not(
        Transport::Tcp,
        "a header whose lengths do not agree with TPKT's",
        &[b"\x03\x00\x00\x14\x02\xf0\x80\x32\x01\x00\x00\x05\x00\x00\x09\x00\x09\x00\x00\xff"],
        &[],
    ),
];
