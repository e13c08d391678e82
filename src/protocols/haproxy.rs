//! The PROXY protocol: a prologue that tells the addresses of a proxied connection, [its specification], sections 2.1 and 2.2.
//!
//! ```text
//! version 1   PROXY TCP4 192.0.2.1 192.0.2.2 51000 443␍␊       at most 107 bytes; TCP6, or UNKNOWN
//! version 2   0D 0A 0D 0A 00 0D 0A 51 55 49 54 0A  2x  family  length:16  addresses, TLVs
//! ```
//!
//! The proxied protocol follows in the same bytes; what begins it is an attribute.
//!
//! [its specification]: https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt

use super::http;
use crate::byteset::ByteSet;
use crate::cursor::{Cursor, decimal, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The PROXY protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "haproxy",
    title: "PROXY protocol, versions 1 and 2",
    specification: "The PROXY protocol, versions 1 & 2: sections 2.1 and 2.2",
    initiator_first: ByteSet::of(b"P\r"),
    responder_first: ByteSet::ANY,
    inspect,
    describe: Some(describe),
    attributes: &[
        ("haproxy.version", "1 or 2"),
        ("haproxy.source", "the client's address and port as the proxy saw them"),
        ("haproxy.destination", "the address and port that the client asked for"),
        ("haproxy.tunnel", "what the initiator said first after the prologue"),
    ],
    confused_with: "what follows the prologue, which is the connection's own protocol",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Section 2.2.
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// Section 2.1: a line of version 1 with its CR LF has at most 107 bytes.
const MAX_LINE: usize = 105;

/// What the prologue tells.
struct Told<'a> {
    version: u8,
    ends: Option<[(IpAddr, u16); 2]>,
    rest: &'a [u8],
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    prologue(opening.request())?;
    Ok(Evidence::message("prologue: the PROXY protocol's header (sections 2.1 and 2.2)"))
}

fn prologue(mut cursor: Cursor<'_>) -> Result<Told<'_>, Reject> {
    if cursor.rest().first() == Some(&b'P') {
        return line(cursor);
    }
    cursor.tag(SIGNATURE)?;
    // Version 2; command LOCAL or PROXY.
    require(matches!(cursor.u8()?, 0x20 | 0x21))?;
    let family = cursor.u8()?;
    require(family >> 4 <= 3 && family & 15 <= 2)?;
    let len = cursor.u16()?;
    let mut body = cursor.within(len.into())?;
    let ends = match family >> 4 {
        1 => ends(&mut body, |body| body.array::<4>().map(|bytes| Ipv4Addr::from(bytes).into())).map(Some)?,
        2 => ends(&mut body, |body| body.array::<16>().map(|bytes| Ipv6Addr::from(bytes).into())).map(Some)?,
        _ => None,
    };
    Ok(Told { version: 2, ends, rest: cursor.rest() })
}

fn ends<'a>(
    body: &mut Cursor<'a>,
    address: impl Fn(&mut Cursor<'a>) -> Result<IpAddr, Reject>,
) -> Result<[(IpAddr, u16); 2], Reject> {
    let (source, destination) = (address(body)?, address(body)?);
    Ok([(source, body.u16()?), (destination, body.u16()?)])
}

fn line(mut cursor: Cursor<'_>) -> Result<Told<'_>, Reject> {
    cursor.tag(b"PROXY ")?;
    let family = cursor.one_of(&[b"TCP4 ", b"TCP6 ", b"UNKNOWN"])?;
    let line = cursor.line(MAX_LINE)?;
    let ends = if family < 2 {
        let words: Vec<&[u8]> = line.split(|&byte| byte == b' ').collect();
        let [source, destination, from, to] = words.as_slice() else { return Err(Reject::Mismatch) };
        let end = |address: &[u8], port: &[u8]| {
            let address = std::str::from_utf8(address).ok().and_then(|text| text.parse().ok()).ok_or(Reject::Mismatch)?;
            let port = u16::try_from(decimal(port)?).map_err(|_| Reject::Mismatch)?;
            Ok((address, port))
        };
        Some([end(source, from)?, end(destination, to)?])
    } else {
        None
    };
    Ok(Told { version: 1, ends, rest: cursor.rest() })
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let Ok(told) = prologue(opening.request()) else { return };
    attributes.set("haproxy.version", told.version);
    if let Some([source, destination]) = told.ends {
        for (key, (address, port)) in [("haproxy.source", source), ("haproxy.destination", destination)] {
            attributes.set(key, std::net::SocketAddr::new(address, port).to_string());
        }
    }
    attributes.set_some("haproxy.tunnel", http::carried(told.rest));
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Message,
        "version 1 before TLS",
        &[b"PROXY TCP4 192.0.2.1 192.0.2.2 51000 443\r\n\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"],
        &[],
    ),
    Example::tcp(
        Confidence::Message,
        "version 1 before HTTP, which answers",
        &[b"PROXY TCP4 192.0.2.1 192.0.2.2 51000 80\r\nGET / HTTP/1.1\r\nHost: a.example\r\n\r\n"],
        &[b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"],
    ),
    Example::tcp(Confidence::Message, "version 1 without addresses", &[b"PROXY UNKNOWN\r\n"], &[]),
    Example::tcp(
        Confidence::Message,
        "version 2 before HTTP",
        &[b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\xc7\x38\0\x50", b"GET / HTTP/1.0\r\n\r\n"],
        &[],
    ),
    Example::not(Transport::Tcp, "no address", &[b"PROXY TCP4 here there 1 2\r\n"], &[]),
    Example::not(Transport::Tcp, "empty lines before HTTP", &[b"\r\n\r\nGET /x RTSP/1.0\r\n\r\n"], &[]),
];
