//! OpenFlow, between switches and their controllers, over TCP.
//!
//! ```text
//! version (1)   type (1): 0 HELLO, 2 and 3 ECHO, 5 and 6 FEATURES ...   length with header (2)   transaction (4)
//! ```
//!
//! OpenFlow Switch Specification 1.3 section 7.1. Both sides send HELLO first (section 6.3.1).

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence::in_stream;

/// OpenFlow.
pub const INSPECTOR: Inspector = Inspector {
    name: "openflow",
    title: "OpenFlow",
    specification: "OpenFlow Switch Specification 1.3 section 7.1",
    ports: PORTS,
    initiator_first: ByteSet::range(1, LAST_VERSION),
    responder_first: ByteSet::range(1, LAST_VERSION),
    inspect,
    describe: Some(describe),
    attributes: &[("openflow.version", "the version byte of the first message: 1 is 1.0, 4 is 1.3")],
    confused_with: "other streams of a version, a type and a length: both sides must say HELLO",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[6653, 6633];
const LAST_VERSION: u8 = 6;
/// Last message type: bundle add (OpenFlow 1.4 section 7.1).
const LAST_TYPE: u8 = 35;
const HELLO: u8 = 0;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side| -> Result<Confidence, Reject> {
        let mut kinds = [None; 2];
        let mut place = 0_usize;
        let count = in_stream(opening.said(side).stream(), |cursor| {
            let kind = message(cursor)?;
            if let Some(slot) = kinds.get_mut(place) {
                *slot = Some(kind);
            }
            place += 1;
            Ok(())
        })?;
        let greeted = kinds.first() == Some(&Some(HELLO));
        match (opening.is_on(PORTS), greeted, count) {
            (true, true, _) | (true, false, 2..) => Ok(Confidence::Message),
            (false, true, 2..) => Ok(Confidence::Signature),
            (false, true, _) => Ok(Confidence::Behaviour),
            _ if opening.from_start && !greeted => Err(Reject::Mismatch),
            _ => Err(Reject::Incomplete),
        }
    };
    let rule = "hello: versions, types and lengths of OpenFlow, from HELLO on (OpenFlow 1.3 section 7.1)";
    match (judge(Side::Initiator), judge(Side::Responder)) {
        // One HELLO off its port is 29 bits: too little without the other.
        (Ok(Confidence::Behaviour), Err(Reject::Incomplete)) | (Err(Reject::Incomplete), Ok(Confidence::Behaviour)) => {
            Err(Reject::Incomplete)
        }
        (request, reply) => Evidence::of(request, reply, rule),
    }
}

fn message(cursor: &mut Cursor<'_>) -> Result<u8, Reject> {
    let (version, kind, len) = (cursor.u8()?, cursor.u8()?, cursor.u16()?);
    require((1..=LAST_VERSION).contains(&version) && kind <= LAST_TYPE && len >= 8)?;
    let _transaction = cursor.u32()?;
    let mut body = cursor.within(usize::from(len) - 8)?;
    if kind == HELLO && !body.is_empty() {
        // Elements: a bitmap of versions (section 7.5.1).
        require(body.u16()? == 1)?;
        let element = usize::from(body.u16()?);
        require(element >= 8)?;
        body.skip(element - 4)?;
    }
    if body.is_open() { Err(Reject::Incomplete) } else { Ok(kind) }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("openflow.version", opening.request().u8().or_else(|_| opening.reply().u8()).ok());
}

const GREETING: &[u8] = b"\x04\0\0\x10\0\0\0\x01\0\x01\0\x08\0\0\0\x10";
const FEATURES: &[u8] = b"\x04\x05\0\x08\0\0\0\x02";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "both sides greet", &[GREETING], &[b"\x01\0\0\x08\0\0\0\x07", FEATURES]),
    Example::tcp(Confidence::Message, "a switch greets on OpenFlow's port", &[GREETING], &[]).on(6653),
    Example::tcp(Confidence::Signature, "only the controller was captured", &[], &[GREETING, FEATURES]),
    Example::not(Transport::Tcp, "one HELLO on another port", &[GREETING], &[]),
    Example::not(Transport::Tcp, "a question before any HELLO", &[FEATURES], &[GREETING]),
];
