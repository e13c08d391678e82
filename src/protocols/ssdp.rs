//! The Simple Service Discovery Protocol: HTTP's start lines and fields in single datagrams, UPnP Device
//! Architecture 2.0 section 1.
//!
//! ```text
//! search    M-SEARCH * HTTP/1.1␍␊  HOST: 239.255.255.250:1900␍␊  MAN: "ssdp:discover"␍␊  ST: …   (section 1.3.2)
//! answer    HTTP/1.1 200 OK␍␊  ST: …␍␊  USN: …␍␊  LOCATION: …                                     (section 1.3.3)
//! notice    NOTIFY * HTTP/1.1␍␊  NT: …␍␊  NTS: ssdp:alive␍␊  USN: …                               (section 1.2)
//! ```
//!
//! Answers go to the port from which the search came, often from a port of their own, and so make flows in
//! which nothing else is said.

use super::http::{Head, status};
use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict,
};
use crate::key::Transport;

/// SSDP.
pub const INSPECTOR: Inspector = Inspector {
    name: "ssdp",
    title: "Simple Service Discovery Protocol",
    specification: "UPnP Device Architecture 2.0 section 1",
    carriers: Carriers::UDP,
    ports: PORTS,
    initiator_first: ByteSet::of(b"MNH"),
    responder_first: ByteSet::of(b"MNH"),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("ssdp.search_target", "what was searched for (ST)"),
        ("ssdp.notification_type", "what announced itself (NT)"),
        ("ssdp.server", "operating system, UPnP version and product that were told"),
        ("ssdp.user_agent", "the searching program"),
        ("ssdp.location", "where the device's description is"),
        ("ssdp.usn", "the unique service name"),
    ],
    confused_with: "HTTP, which is carried by TCP; BitTorrent's local discovery, which begins BT-SEARCH",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// 1900 is registered; Plex media servers listen on the others.
const PORTS: &[u16] = &[1900, 32410, 32412, 32413, 32414];

/// Longest line in bytes: a datagram is not longer.
const MAX_LINE: usize = 2048;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let asked = judge(opening.initiator, opening.is_on(PORTS));
    let answered = judge(opening.responder, opening.is_on(PORTS));
    match (asked, answered) {
        (Err(Reject::Incomplete), Err(Reject::Incomplete)) => Err(Reject::Incomplete),
        (Ok(Confidence::Message), Ok(Confidence::Message)) => {
            Ok(Evidence::dialogue("search-and-answer: HTTP in datagrams, a search and its answer (UPnP DA 1.3)"))
        }
        (Ok(confidence), _) => Ok(Evidence::new(confidence, "datagram: an SSDP start line with SSDP's fields (UPnP DA 1.2, 1.3)")),
        (_, Ok(confidence)) => Ok(Evidence::new(confidence, "datagram: an SSDP start line with SSDP's fields (UPnP DA 1.2, 1.3)")
            .from(Side::Responder)),
        _ => Err(Reject::Mismatch),
    }
}

fn judge(said: Said<'_>, on_port: bool) -> Result<Confidence, Reject> {
    let first = said.datagrams().next().ok_or(Reject::Incomplete)?;
    let head = head(first.bytes)?;
    let answer = status(head.start).is_ok();
    let fields: &[&str] = if answer { &["st", "usn"] } else { &["man", "st", "nt", "nts", "usn"] };
    let known = fields.iter().any(|field| head.field(field).is_some());
    // The start line of a search is in no other protocol; that of an answer is in every HTTP-like one.
    require(known || !answer || on_port)?;
    Ok(if known { Confidence::Message } else { Confidence::Signature })
}

fn head(datagram: &[u8]) -> Result<Head<'_>, Reject> {
    // A datagram may be cut, but its start line is short.
    let mut cursor = Cursor::closed(datagram);
    let line = cursor.line(MAX_LINE)?;
    let known = line.starts_with(b"M-SEARCH * HTTP/1.") || line.starts_with(b"NOTIFY * HTTP/1.") || status(line).is_ok();
    require(known)?;
    Head::parse(Cursor::closed(datagram))
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    for said in [opening.initiator, opening.responder] {
        for head in said.datagrams().filter_map(|datagram| head(datagram.bytes).ok()) {
            for (key, field) in [
                ("ssdp.search_target", "st"),
                ("ssdp.notification_type", "nt"),
                ("ssdp.server", "server"),
                ("ssdp.user_agent", "user-agent"),
                ("ssdp.location", "location"),
                ("ssdp.usn", "usn"),
            ] {
                if attributes.value(key).is_none() {
                    attributes.set_some(key, head.field(field));
                }
            }
        }
    }
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Message,
        "a search",
        &[b"M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: ssdp:all\r\n\r\n"],
        &[],
    ),
    Example::udp(
        Confidence::Dialogue,
        "a search that is answered from the same port",
        &[b"M-SEARCH * HTTP/1.1\r\nMan: \"ssdp:discover\"\r\nST: upnp:rootdevice\r\n\r\n"],
        &[b"HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nUSN: uuid:1::upnp:rootdevice\r\n\r\n"],
    ),
    Example::udp(
        Confidence::Message,
        "an answer from another port",
        &[b"HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=1800\r\nST: a\r\nUSN: uuid:1\r\n\r\n"],
        &[],
    ),
    Example::udp(Confidence::Message, "a notice", &[b"NOTIFY * HTTP/1.1\r\nNT: a\r\nNTS: ssdp:alive\r\n\r\n"], &[]),
    Example::udp(Confidence::Signature, "a start line only", &[b"M-SEARCH * HTTP/1.1\r\n"], &[]),
    Example::not(Transport::Udp, "BitTorrent's local discovery", &[b"BT-SEARCH * HTTP/1.1\r\nHost: 239.192.152.143:6771\r\n\r\n"], &[]),
    Example::not(Transport::Udp, "SIP", &[b"NOTIFY sip:a@b SIP/2.0\r\n\r\n"], &[]),
    Example::not(Transport::Udp, "some other answer in HTTP's form", &[b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n"], &[]),
];
