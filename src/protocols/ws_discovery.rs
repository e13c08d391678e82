//! WS-Discovery (WS-DD): which devices are there, in SOAP over UDP 3702.
//!
//! ```text
//! <?xml ..?><soap:Envelope ..="http://schemas.xmlsoap.org/ws/2005/04/discovery" ..>     or
//! http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01; the action ends in Hello, Bye, Probe, ProbeMatches ...
//! ```

use crate::byteset::ByteSet;
use crate::inspect::{
    Attributes, Carriers, Confidence, Datagram, Evidence, Example, Inspector, Opening, Reject, Verdict,
};
use crate::key::Transport;

/// WS-Discovery.
pub const INSPECTOR: Inspector = Inspector {
    name: "ws-discovery",
    title: "Web Services Dynamic Discovery",
    specification: "OASIS WS-DD 1.1 section 2, WS-Discovery (April 2005)",
    carriers: Carriers::UDP,
    ports: &[3702],
    // A byte order mark may come before the first tag.
    initiator_first: ByteSet::of(b"<\xef \r\n"),
    responder_first: ByteSet::of(b"<\xef \r\n"),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("ws-discovery.action", "Hello, Bye, Probe, ProbeMatches, Resolve or ResolveMatches"),
        ("ws-discovery.types", "the kinds of devices that are meant"),
    ],
    confused_with: "other SOAP messages, which do not name the discovery namespace",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// The namespaces of both versions, up to their actions.
const NAMESPACES: [&[u8]; 2] =
    [b"http://schemas.xmlsoap.org/ws/2005/04/discovery", b"http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01"];

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, wanted)
}

fn envelope(datagram: Option<Datagram<'_>>) -> Result<Confidence, Reject> {
    let datagram = datagram.ok_or(Reject::Incomplete)?;
    let named = NAMESPACES.iter().any(|namespace| find(datagram.bytes, namespace).is_some());
    let ended = find(datagram.bytes, b"Envelope>").is_some();
    match (find(datagram.bytes, b"Envelope").is_some() && named, ended) {
        (true, true) => Ok(Confidence::Message),
        // Cut by the capture, or the first of several fragments.
        (true, false) => Ok(Confidence::Signature),
        (false, _) => Err(if datagram.is_cut() { Reject::Incomplete } else { Reject::Mismatch }),
    }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    Evidence::of(
        envelope(opening.initiator.datagrams().next()),
        envelope(opening.responder.datagrams().next()),
        "envelope: a SOAP envelope in the discovery namespace (WS-DD 1.1 section 2)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let bytes = opening.request().rest();
    let action = NAMESPACES.iter().find_map(|namespace| {
        let mut rest = bytes;
        // The namespace is declared first; the action is the namespace, a slash and a word.
        while let Some(at) = find(rest, namespace) {
            rest = rest.get(at + namespace.len()..)?;
            if let Some(word) = rest.strip_prefix(b"/") {
                let end = word.iter().position(|byte| !byte.is_ascii_alphabetic())?;
                return word.get(..end).filter(|word| !word.is_empty());
            }
        }
        None
    });
    attributes.set_some("ws-discovery.action", action);
    let types = find(bytes, b"Types>").and_then(|at| bytes.get(at + 6..)?.split(|&byte| byte == b'<').next());
    attributes.set_some("ws-discovery.types", types.filter(|types| !types.is_empty()));
}

const PROBE: &[u8] = b"<?xml version=\"1.0\"?><s:Envelope xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\">\
    <a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action><d:Types>w:Device</d:Types></s:Envelope>";
const MATCH: &[u8] = b"<s:Envelope><a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</a:Action></s:Envelope>";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a probe to everybody", &[PROBE], &[]).on(3702),
    Example::udp(Confidence::Dialogue, "a probe and a device's answer", &[PROBE], &[MATCH]),
    Example::not(Transport::Udp, "another SOAP message", &[b"<s:Envelope xmlns:s=\"urn:x\"></s:Envelope>"], &[]).on(3702),
];
