//! ONC remote procedure call (RFC 5531): NFS, mounts, locks, NIS and whatever else a port mapper lists.
//!
//! ```text
//! TCP     last-fragment bit and length (31 bits) in front of every message    section 11
//! call    xid, 0, version 2, program, its version, procedure, credentials, verifier     section 9
//! reply   xid, 1, 0 accepted, verifier, status;  or xid, 1, 1 denied, reason
//!         credentials and verifier: flavour (4), length (4, at most 400), that many bytes
//! ```
//!
//! The port mapper (program 100000) tells on which port a program listens: those ports are announced.

pub(super) mod message;
mod procedures;
mod watch;

use crate::byteset::ByteSet;
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Shape, Side, Verdict, ZERO};
use crate::key::Transport;
use message::{Body, Call, Message};

/// ONC RPC.
pub const INSPECTOR: Inspector = Inspector {
    name: "rpc",
    title: "ONC remote procedure call",
    specification: "RFC 5531 sections 9 and 11",
    carriers: Carriers::TCP_UDP,
    // A transaction's number may be anything.
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    datagram: CALL_OR_REPLY,
    inspect,
    describe: Some(describe),
    attributes: ATTRIBUTES,
    confused_with: "RTCP and other protocols with 32-bit numbers, which have no version 2 in the third one",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Also those of what refines it.
/// A message over UDP: type 0 or 1, then version 2 of a call, or whether a reply accepts (RFC 5531 section 9).
pub(super) const CALL_OR_REPLY: Shape = Shape::of(
    20,
    &[(4, ZERO), (5, ZERO), (6, ZERO), (7, ByteSet::range(0, 1)), (8, ZERO), (9, ZERO), (10, ZERO), (11, ByteSet::range(0, 2))],
);

pub(super) const ATTRIBUTES: &[(&str, &str)] = &[
    ("rpc.program", "the program called, by name or number"),
    ("rpc.version", "the program's version"),
    ("rpc.procedures", "the first procedures of the program, by name or number"),
    ("rpc.machine", "the client's name for itself in its credentials"),
    ("rpc.asked", "the program whose port was asked for"),
    ("rpc.mapped", "what the port mapper answered: program and port"),
];

/// Messages of a side that are looked at.
const MAX_MESSAGES: usize = 12;

/// A side's first messages: datagrams, or records of a stream.
fn messages<'a>(opening: &Opening<'a>, side: Side) -> impl Iterator<Item = Result<Message<'a>, Reject>> {
    let said = opening.said(side);
    let stream = opening.transport == Transport::Tcp;
    let mut cursor = said.stream();
    let mut datagrams = said.datagrams();
    std::iter::from_fn(move || {
        if stream {
            (!cursor.is_empty()).then(|| message::record(&mut cursor))
        } else {
            datagrams.next().map(|datagram| message::message(datagram.cursor()))
        }
    })
    .take(MAX_MESSAGES)
}

/// The first message of a side, which has to be whole in its head and go the right way.
fn first<'a>(opening: &Opening<'a>, side: Side) -> Result<Message<'a>, Reject> {
    let first = messages(opening, side).next().unwrap_or(Err(Reject::Incomplete))?;
    // NFS servers call their clients back on the same connection (RFC 8881 section 2.10.3.1): replies may come first.
    let is_call = matches!(first.body, Body::Call(_));
    if is_call == (side == Side::Initiator) { Ok(first) } else { Err(Reject::Mismatch) }
}

pub(super) fn inspect(opening: &Opening<'_>) -> Verdict {
    let (call, reply) = (first(opening, Side::Initiator), first(opening, Side::Responder));
    let rule = "message: a call or reply whose fields all fit (RFC 5531 section 9)";
    match (call, reply) {
        (Ok(_), Ok(_)) => {
            let asked = || messages(opening, Side::Initiator).flatten().map(|message| message.xid);
            let answered = messages(opening, Side::Responder).flatten().any(|m| asked().any(|xid| xid == m.xid));
            if answered {
                return Ok(Evidence::dialogue("answered: a call and the reply to its number (RFC 5531 section 9)"));
            }
            Ok(Evidence::message(rule))
        }
        (Ok(call), Err(Reject::Incomplete)) => Ok(Evidence::new(worth(&call), rule)),
        (Err(Reject::Incomplete), Ok(reply)) => Ok(Evidence::new(worth(&reply), rule).from(Side::Responder)),
        (Err(Reject::Incomplete), Err(Reject::Incomplete)) => Err(Reject::Incomplete),
        _ => Err(Reject::Mismatch),
    }
}

/// A call's fixed fields are more than 60 bits; the rest of a record may still come. Of a reply by itself most are
/// zeros, and zeros are cheap: no authentication, accepted, successful.
const fn worth(message: &Message<'_>) -> Confidence {
    let is_call = matches!(message.body, Body::Call(_));
    if message.whole && is_call { Confidence::Message } else { Confidence::Signature }
}

/// The calls that a client's opening holds.
pub(super) fn calls<'a>(opening: &Opening<'a>) -> impl Iterator<Item = Call<'a>> {
    messages(opening, Side::Initiator).flatten().filter_map(|message| match message.body {
        Body::Call(call) => Some(call),
        Body::Reply(_) => None,
    })
}

pub(super) fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let Some(call) = calls(opening).next() else { return };
    attributes.set("rpc.program", message::program(call.program));
    attributes.set("rpc.version", call.version);
    attributes.set_some("rpc.machine", calls(opening).find_map(|call| call.machine));
    let mut procedures: Vec<String> = Vec::new();
    for called in calls(opening).filter(|called| called.program == call.program) {
        let name = procedures::name(called.program, called.version, called.procedure);
        if !procedures.contains(&name) {
            procedures.push(name);
        }
    }
    attributes.set("rpc.procedures", procedures);
}

pub(super) use watch::follow;

/// A null call to the mount daemon, version 3.
const CALL: &[u8] = b"\x12\x34\x56\x78\0\0\0\0\0\0\0\x02\0\x01\x86\xa5\0\0\0\x03\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
const REPLY: &[u8] = b"\x12\x34\x56\x78\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a null call and its reply", &[CALL], &[REPLY]),
    Example::udp(Confidence::Message, "a call without reply", &[CALL], &[]),
    Example::tcp(Confidence::Dialogue, "the same over TCP", &[b"\x80\0\0\x28", CALL], &[b"\x80\0\0\x18", REPLY]),
    Example::tcp(Confidence::Signature, "only the server was captured", &[], &[b"\x80\0\0\x18", REPLY]),
    Example::not(
        Transport::Udp,
        "another version of RPC",
        &[b"\x12\x34\x56\x78\0\0\0\0\0\0\0\x03\0\x01\x86\xa5\0\0\0\x03\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"],
        &[],
    )
    .on(111),
    Example::not(Transport::Udp, "zeros", &[&[0; 40]], &[&[0; 40]]).on(111),
];
