//! X Display Manager Control Protocol: X.Org's "XDMCP", version 1.1.
//!
//! ```text
//! version u16 (1), opcode u16 (1 to 14), length u16 of what follows, data
//! ask  QUERY 2, BROADCAST 1, INDIRECT 3 -> WILLING 5, UNWILLING 6; REQUEST 7 -> ACCEPT 8, DECLINE 9; MANAGE 10
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence;

/// XDMCP.
pub const INSPECTOR: Inspector = Inspector {
    name: "xdmcp",
    title: "X Display Manager Control Protocol",
    specification: "XDMCP version 1.1",
    carriers: Carriers::UDP,
    ports: &[177],
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(&[0]),
    inspect,
    describe: Some(describe),
    attributes: &[("xdmcp.hostname", "the display manager's host"), ("xdmcp.status", "what it says about its load")],
    confused_with: "STUN's classic form, which begins with 0001 too: the opcode's own fields have to fill the datagram",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Opcodes, each for one side.
const WILLING: u16 = 5;

/// A message of an opcode that `side` sends, filled by the opcode's fields.
fn message(mut datagram: Cursor<'_>, side: Side) -> Result<(u16, Cursor<'_>), Reject> {
    datagram.tag(&[0, 1])?;
    let opcode = datagram.u16()?;
    let len = datagram.u16()?;
    let body = datagram.within(len.into())?;
    datagram.end()?;
    let mut rest = body;
    match (side, opcode) {
        // QUERY, BROADCAST, INDIRECT: names of authentication.
        (Side::Initiator, 1..=3) => list(&mut rest)?,
        // REQUEST: display number, connections, authentication, authorisation, manufacturer.
        (Side::Initiator, 7) => {
            rest.skip(2)?;
            let types = rest.u8()?;
            rest.skip(2 * usize::from(types))?;
            list(&mut rest)?;
            array(&mut rest)?;
            array(&mut rest)?;
            list(&mut rest)?;
            array(&mut rest)?;
        }
        // MANAGE: session, display number, class; KEEPALIVE: display number, session.
        (Side::Initiator, 10) => {
            rest.skip(6)?;
            array(&mut rest)?;
        }
        (Side::Initiator, 13) => rest.skip(6)?,
        (Side::Responder, WILLING) => (0..3).try_for_each(|_| array(&mut rest).map(drop))?,
        (Side::Responder, 6) => (0..2).try_for_each(|_| array(&mut rest).map(drop))?,
        // ACCEPT: session, then names and data; DECLINE: status, name and data; REFUSE: session; FAILED: session, status.
        (Side::Responder, 8) => {
            rest.skip(4)?;
            (0..4).try_for_each(|_| array(&mut rest).map(drop))?;
        }
        (Side::Responder, 9) => (0..3).try_for_each(|_| array(&mut rest).map(drop))?,
        (Side::Responder, 11) => rest.skip(4)?,
        (Side::Responder, 12) => {
            rest.skip(4)?;
            array(&mut rest)?;
        }
        // ALIVE: whether a session runs, and which.
        (Side::Responder, 14) => rest.skip(5)?,
        _ => return Err(Reject::Mismatch),
    }
    rest.end()?;
    Ok((opcode, body))
}

/// ARRAY8: a length u16 and bytes.
fn array<'a>(rest: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    let len = rest.u16()?;
    rest.take(len.into())
}

/// ARRAYofARRAY8: a count u8 and arrays.
fn list(rest: &mut Cursor<'_>) -> Result<(), Reject> {
    let count = rest.u8()?;
    (0..count).try_for_each(|_| array(rest).map(drop))
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side| {
        sequence::in_datagrams(&opening.said(side), |datagram| message(*datagram, side).map(drop)).map(|_| Confidence::Message)
    };
    let request = judge(Side::Initiator);
    // A query without names is seven bytes of small numbers: 50 bits, of which too many are zero.
    let short = opening.initiator.datagrams().all(|datagram| datagram.wire_len < 12);
    require(!short || !opening.responder.is_silent() || opening.is_on(INSPECTOR.ports) || opening.initiator.is_silent())
        .map_err(|_| Reject::Incomplete)?;
    let request = request.map(|confidence| if short { Confidence::Signature } else { confidence });
    Evidence::of(request, judge(Side::Responder), "message: an opcode whose fields fill the datagram (XDMCP 1.1)")
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    for datagram in opening.responder.datagrams() {
        if let Ok((WILLING, mut body)) = message(datagram.cursor(), Side::Responder) {
            let fields = (array(&mut body), array(&mut body), array(&mut body));
            attributes.set_some("xdmcp.hostname", fields.1.ok().filter(|text| !text.is_empty()));
            attributes.set_some("xdmcp.status", fields.2.ok().filter(|text| !text.is_empty()));
            return;
        }
    }
}

const QUERY: &[u8] = b"\x00\x01\x00\x02\x00\x01\x00";
const WILL: &[u8] = b"\x00\x01\x00\x05\x00\x0c\x00\x00\x00\x04host\x00\x02ok";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a query and who is willing", &[QUERY], &[WILL]),
    Example::udp(Confidence::Message, "only the answer was captured", &[], &[WILL]),
    Example::udp(Confidence::Signature, "nobody answers, on the port", &[QUERY], &[]).on(177),
    Example::not(Transport::Udp, "a query elsewhere", &[QUERY], &[]),
    Example::not(Transport::Udp, "fields that do not fill the datagram", &[], &[b"\x00\x01\x00\x05\x00\x0c\x00\x00\x00\x03host\x00\x02ok"]),
];
