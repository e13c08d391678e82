//! DCE/RPC: remote procedure calls as the Open Group's C706 defines them and Windows uses them (MS-RPCE).
//!
//! Over TCP a client binds to interfaces, is answered, and sends requests; every fragment says its own
//! length and names its call:
//!
//! ```text
//! client  05 00 0B 03 10 00 00 00 length .. call   bind: contexts, each an interface's UUID and version
//! server  05 00 0C 03 10 00 00 00 length .. call   bind_ack: a result per context (or bind_nak)
//! client  05 00 00 03 10 00 00 00 length .. call   request: context, operation, arguments
//! server  05 00 02 03 10 00 00 00 length .. call   response (or fault)
//! ```
//!
//! Over UDP every datagram is complete in itself (version 4, `connectionless`). An endpoint mapper on port
//! 135 tells on which port an interface listens: those ports are announced to the flows to come.
//!
//! A proxied connection (MS-RPCH version 1, ports 593 and 6001 to 6004) begins with the server's
//! `ncacn_http/1.0`. Behind HTTP the protocol is HTTP, in a named pipe it is SMB.

mod connectionless;
pub(super) mod interfaces;
pub(super) mod pdu;
mod setup;
mod tower;
pub(super) mod watch;

use crate::byteset::ByteSet;
use crate::cursor::Cursor;
use crate::formats::ntlm;
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict,
};
use crate::key::Transport;
use pdu::{Context, Pdu, kind};

/// DCE/RPC.
pub const INSPECTOR: Inspector = Inspector {
    name: "dcerpc",
    title: "DCE remote procedure call",
    specification: "C706 sections 12.5 and 12.6, MS-RPCE section 2.2.2",
    carriers: Carriers::TCP_UDP,
    ports: &[135, 593],
    initiator_first: FIRST,
    responder_first: FIRST,
    inspect,
    describe: Some(describe),
    follow: Some(watch::follow),
    attributes: ATTRIBUTES,
    confused_with: "nothing over TCP; over UDP a worm's packets that begin with 04 01, which have a reserved bit set",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// The versions of both forms, and the banner of a proxied connection.
pub(super) const FIRST: ByteSet = ByteSet::of(&[5, 4, b'n']);

/// Also those of what refines it.
pub(super) const ATTRIBUTES: &[(&str, &str)] = &[
    ("dcerpc.interfaces", "interfaces that the client bound to, with versions"),
    ("dcerpc.authentication", "how the client authenticates: ntlm, kerberos, spnego, netlogon or schannel"),
    ("dcerpc.authentication_level", "none, connect, call, packet, integrity or privacy (encrypted)"),
    ("dcerpc.mapped", "what the endpoint mapper answered: interface and port"),
    ("dcerpc.requests", "requests"),
    ("dcerpc.responses", "responses"),
    ("dcerpc.faults", "faults"),
    ("dcerpc.first_fault", "status of the first fault, hexadecimal"),
    ("dcerpc.bind_refused", "reason of the first bind_nak (C706 section 12.6.3.1)"),
    ("dcerpc.operations", "the first operation numbers, each as context:operation"),
    ("dcerpc.proxied", "whether the connection began as one through an RPC proxy"),
    ntlm::ATTRIBUTES[0],
    ntlm::ATTRIBUTES[1],
    ntlm::ATTRIBUTES[2],
    ntlm::ATTRIBUTES[3],
];

/// What a proxy's server says first (MS-RPCH section 2.1.1.1).
const BANNER: &[u8] = b"ncacn_http/1.0";

fn inspect(opening: &Opening<'_>) -> Verdict {
    if opening.transport == Transport::Udp { calls(opening) } else { connection(opening) }
}

/// Fragments of a side that are looked at: enough to find a call that both sides name.
const MAX_FRAGMENTS: usize = 16;

/// What a side's first fragments are.
struct Fragments {
    first: Confidence,
    calls: [Option<u32>; MAX_FRAGMENTS],
    count: usize,
}

/// The stream behind the banner, where there is one.
fn stream(said: Said<'_>) -> Result<Cursor<'_>, Reject> {
    let mut cursor = said.stream();
    if said.bytes().first() == Some(&b'n') {
        cursor.tag(BANNER)?;
    }
    Ok(cursor)
}

pub(super) fn pdus(said: Said<'_>) -> impl Iterator<Item = Pdu<'_>> {
    let mut cursor = stream(said);
    std::iter::from_fn(move || pdu::pdu(cursor.as_mut().ok()?).ok()).take(MAX_FRAGMENTS)
}

fn fragments(said: Said<'_>, side: Side) -> Result<Fragments, Reject> {
    if said.is_silent() {
        return Err(Reject::Incomplete);
    }
    let mut cursor = stream(said)?;
    let first = pdu::pdu(&mut cursor)?;
    let expected = side == Side::Initiator;
    if pdu::is_from_client(first.kind) != expected {
        return Err(Reject::Mismatch);
    }
    if matches!(first.kind, kind::BIND | kind::ALTER_CONTEXT) && first.contexts() == Err(Reject::Mismatch) {
        return Err(Reject::Mismatch);
    }
    let confidence = if first.is_whole() { Confidence::Message } else { Confidence::Signature };
    let mut found = Fragments { first: confidence, calls: [None; MAX_FRAGMENTS], count: 0 };
    for (slot, pdu) in found.calls.iter_mut().zip(pdus(said)) {
        *slot = pdu.call;
        found.count += 1;
    }
    Ok(found)
}

fn connection(opening: &Opening<'_>) -> Verdict {
    let request = fragments(opening.initiator, Side::Initiator);
    let reply = fragments(opening.responder, Side::Responder);
    let fits = match (&request, &reply) {
        (Ok(request), Ok(reply)) => {
            reply.calls.iter().flatten().any(|call| request.calls.iter().flatten().any(|asked| asked == call))
        }
        _ => true,
    };
    // A later alter_context may name another interface.
    let settled = request.as_ref().is_ok_and(|request| request.count >= 4);
    let first = |side: Result<Fragments, Reject>| side.map(|fragments| fragments.first);
    let evidence = Evidence::of(first(request), first(reply), "fragment: fragments of one call (C706 section 12.6)")?;
    let confidence = if fits { evidence.confidence } else { Confidence::Message };
    Ok(Evidence { confidence, ..evidence }.wanting_more(!settled))
}

fn calls(opening: &Opening<'_>) -> Verdict {
    let first = |said: Said<'_>| said.datagrams().next().map(|datagram| connectionless::call(&datagram));
    let (request, reply) = (first(opening.initiator).transpose()?, first(opening.responder).transpose()?);
    let rule = "datagram: a connectionless call (C706 section 12.5)";
    match (request, reply) {
        (Some(request), Some(reply)) if request.activity == reply.activity => {
            Ok(Evidence::dialogue("activity: datagrams of one activity (C706 section 12.5)"))
        }
        // Which side calls is told by the type, and callbacks exist.
        (Some(request), _) if request.is_from_client() => Ok(Evidence::message(rule)),
        (None, Some(reply)) if !reply.is_from_client() => Ok(Evidence::message(rule).from(Side::Responder)),
        (None, None) => Err(Reject::Incomplete),
        _ => Err(Reject::Mismatch),
    }
}

/// The contexts of all binds and alter_contexts that a client's opening holds.
pub(super) fn contexts(said: Said<'_>) -> impl Iterator<Item = Context> {
    pdus(said)
        .filter(|pdu| matches!(pdu.kind, kind::BIND | kind::ALTER_CONTEXT))
        .filter_map(|pdu| pdu.contexts().ok())
        .flatten()
}

pub(super) fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if opening.transport == Transport::Udp {
        let mut calls = opening.initiator.datagrams().chain(opening.responder.datagrams());
        if let Some(call) = calls.find_map(|datagram| connectionless::call(&datagram).ok()) {
            let [major, minor] = [call.version & 0xffff, call.version >> 16];
            let name = interfaces::name(call.interface).map_or_else(
                || crate::formats::guid::in_order(call.interface.to_be_bytes()),
                ToOwned::to_owned,
            );
            attributes.set("dcerpc.interfaces", vec![format!("{name} v{major}.{minor}")]);
            attributes.set("dcerpc.operations", vec![format!("0:{}", call.operation)]);
        }
        return;
    }
    let mut names: Vec<String> = Vec::new();
    for context in contexts(opening.initiator) {
        // A context for negotiating features repeats the interface.
        let label = context.label();
        if !names.contains(&label) {
            names.push(label);
        }
    }
    attributes.set_some("dcerpc.interfaces", (!names.is_empty()).then_some(names));
    let trailer = pdus(opening.initiator).find_map(|pdu| pdu.authentication());
    if let Some((service, level)) = trailer {
        attributes.set_some("dcerpc.authentication", pdu::authentication_service(service));
        attributes.set_some("dcerpc.authentication_level", pdu::authentication_level(level));
    }
    let proxied = opening.responder.bytes().starts_with(BANNER);
    attributes.set_some("dcerpc.proxied", proxied.then_some(true));
    ntlm::describe(opening.initiator.bytes(), opening.responder.bytes(), attributes);
}

/// A bind to the endpoint mapper with one transfer syntax, call 1.
const BIND: &[u8] = b"\x05\0\x0b\x03\x10\0\0\0\x48\0\0\0\x01\0\0\0\xd0\x16\xd0\x16\0\0\0\0\x01\0\0\0\
    \0\0\x01\0\x08\x83\xaf\xe1\x1f\x5d\xc9\x11\x91\xa4\x08\0\x2b\x14\xa0\xfa\x03\0\0\0\
    \x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\0\x2b\x10\x48\x60\x02\0\0\0";
const BIND_ACK: &[u8] = b"\x05\0\x0c\x03\x10\0\0\0\x3c\0\0\0\x01\0\0\0\xd0\x16\xd0\x16\x01\0\0\0\x04\x00135\0\0\0\
    \x01\0\0\0\0\0\0\0\x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\0\x2b\x10\x48\x60\x02\0\0\0";
/// A connectionless request without arguments.
const DATAGRAM: &[u8] = b"\x04\0\x20\0\x10\0\0\0\
    \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\xa0\xde\x97\x6c\xd1\x11\x82\x71\0\xa0\x24\x42\xdf\x7d\
    \x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\0\0\0\0\x01\0\0\0\0\0\0\0\
    \x02\0\xff\xff\xff\xff\0\0\0\0\0\0";
const DATAGRAM_BACK: &[u8] = b"\x04\x02\x20\0\x10\0\0\0\
    \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\xa0\xde\x97\x6c\xd1\x11\x82\x71\0\xa0\x24\x42\xdf\x7d\
    \x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\0\0\0\0\x01\0\0\0\0\0\0\0\
    \x02\0\xff\xff\xff\xff\0\0\0\0\0\0";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a bind and its acknowledgement", &[BIND], &[BIND_ACK]),
    Example::tcp(Confidence::Message, "a bind without answer", &[BIND], &[]),
    Example::tcp(Confidence::Signature, "a bind of which the second segment is missing", &[BIND.split_at(30).0], &[]),
    Example::tcp(Confidence::Signature, "a header that the capture cut", &[BIND.split_at(14).0], &[]),
    Example::tcp(
        Confidence::Dialogue,
        "request and response in the middle of a connection",
        &[b"\x05\0\0\x03\x10\0\0\0\x18\0\0\0\x07\0\0\0\0\0\0\0\0\0\x02\0"],
        &[b"\x05\0\x02\x03\x10\0\0\0\x18\0\0\0\x07\0\0\0\0\0\0\0\0\0\0\0"],
    ),
    Example::tcp(Confidence::Dialogue, "a connection through a proxy", &[BIND], &[BANNER, BIND_ACK]),
    Example::udp(Confidence::Dialogue, "a connectionless call", &[DATAGRAM], &[DATAGRAM_BACK]),
    Example::udp(Confidence::Message, "only the server's datagram", &[], &[DATAGRAM_BACK]),
    Example::not(
        Transport::Tcp,
        "a fragment shorter than its header",
        &[b"\x05\0\0\x03\x10\0\0\0\x10\0\0\0\x07\0\0\0"],
        &[],
    ),
    Example::not(Transport::Tcp, "SOCKS", &[b"\x05\x01\0"], &[b"\x05\0"]),
    Example::not(Transport::Udp, "a worm", &[&[4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]], &[]).on(1434),
];
