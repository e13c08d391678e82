//! SOCKS versions 4, 4a and 5: the request for a connection through a proxy, [RFC 1928] and [RFC 1929].
//!
//! ```text
//! SOCKS5  initiator  05 n methods…                       responder  05 method         (section 3)
//!         initiator  01 len user len password            responder  01 status         (RFC 1929)
//!         initiator  05 command 00 type address port     responder  05 reply 00 type address port  (sections 4, 6)
//! SOCKS4  initiator  04 command port address user 00 [host 00]
//!         responder  00 90..93 port address
//! ```
//!
//! Few bytes, of which most may be anything: 04 or 05 and a small number begin many protocols. One side alone is
//! believed only as far as a length that must agree allows, and SOCKS5's greeting only together with its answer.
//! The proxied connection follows in the same flow; what begins it is an attribute.
//!
//! [RFC 1928]: https://www.rfc-editor.org/rfc/rfc1928
//! [RFC 1929]: https://www.rfc-editor.org/rfc/rfc1929

use super::http;
use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// SOCKS.
pub const INSPECTOR: Inspector = Inspector {
    name: "socks",
    title: "SOCKS proxy protocol, versions 4, 4a and 5",
    specification: "RFC 1928 sections 3 to 6; SOCKS4: the memo of its author, section on CONNECT and BIND",
    ports: &[1080, 1081, 9050, 9150],
    initiator_first: ByteSet::of(&[4, 5]),
    responder_first: ByteSet::of(&[0, 5]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("socks.version", "4 or 5"),
        ("socks.destination", "the address or name to which a connection was asked for"),
        ("socks.port", "the port to which a connection was asked for"),
        ("socks.tunnel", "what the initiator said first through the proxy"),
    ],
    confused_with: "DCE/RPC, whose header begins 05 00; anything short that begins with 04 or 05",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// SOCKS5's answer when none of the methods is acceptable (RFC 1928 section 3).
const NO_METHOD: u8 = 0xff;

/// User name and password (RFC 1928 section 3).
const USER_PASSWORD: u8 = 2;

/// Longest user or host name of SOCKS4 in bytes.
const MAX_NAME: usize = 255;

/// What was asked of the proxy.
struct Asked<'a> {
    host: String,
    port: u16,
    rest: &'a [u8],
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    if opening.request().rest().first() == Some(&4) { version4(opening) } else { version5(opening) }
}

fn version5(opening: &Opening<'_>) -> Verdict {
    let mut request = opening.request();
    let methods = greeting(&mut request)?;
    if opening.responder.is_silent() {
        return unanswered5(request, methods);
    }
    let mut reply = opening.reply();
    reply.tag(&[5])?;
    let method = reply.u8()?;
    if method == NO_METHOD {
        reply.end()?;
        request.end()?;
    } else {
        require(methods.contains(&method))?;
    }
    let agreed = Evidence::message("method-agreed: SOCKS5's methods and one of them chosen (RFC 1928 section 3)").wanting_more(true);
    let dialogue = Evidence::dialogue("request: SOCKS5's methods, one of them, and a request (RFC 1928 sections 3 and 4)");
    match after_greeting(request, reply, method) {
        // The proxied connection's first bytes are worth waiting for.
        Ok(asked) => Ok(dialogue.wanting_more(asked.rest.is_empty())),
        Err(Reject::Incomplete) => Ok(agreed),
        Err(Reject::Mismatch) => Err(Reject::Mismatch),
    }
}

/// Only the client was captured: a request behind the greeting shows that it was answered, and with which method. Greeting
/// and request have 45 bits that are bound.
fn unanswered5(request: Cursor<'_>, methods: &[u8]) -> Verdict {
    let supposed: [(u8, &[u8]); 2] = [(0, &[]), (USER_PASSWORD, &[1, 0])];
    let mut reject = Reject::Mismatch;
    for (method, reply) in supposed.into_iter().filter(|(method, _)| methods.contains(method)) {
        match after_greeting(request, Cursor::open(reply), method) {
            Ok(_) => {
                let rule = "request-behind-greeting: SOCKS5's methods and a request; the answers are missing (RFC 1928 sections 3 and 4)";
                return Ok(Evidence::signature(rule).wanting_more(true));
            }
            Err(Reject::Incomplete) => reject = Reject::Incomplete,
            Err(Reject::Mismatch) => {}
        }
    }
    // What other methods wrap says nothing.
    Err(if methods.iter().all(|method| matches!(*method, 0 | USER_PASSWORD)) { reject } else { Reject::Incomplete })
}

fn greeting<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    cursor.tag(&[5])?;
    let count = cursor.u8()?;
    // 0 would offer nothing; more than 16 methods do not exist outside of private use.
    require((1..=16).contains(&count))?;
    let methods = cursor.take(count.into())?;
    // Nobody offers the same twice, as a fill of one byte would.
    let again = |(place, method): (usize, &u8)| methods.iter().take(place).any(|before| before == method);
    require(!methods.iter().enumerate().any(again))?;
    Ok(methods)
}

/// Passes over the authentication, where one was agreed, and reads the request.
fn after_greeting<'a>(mut request: Cursor<'a>, mut reply: Cursor<'a>, method: u8) -> Result<Asked<'a>, Reject> {
    if method == USER_PASSWORD {
        request.tag(&[1])?;
        for _ in 0..2 {
            let len = request.u8()?;
            request.skip(len.into())?;
        }
        reply.tag(&[1])?;
        reply.u8()?;
    } else if method != 0 {
        // GSS-API and private methods wrap what follows.
        return Err(Reject::Incomplete);
    }
    request.tag(&[5])?;
    require(matches!(request.u8()?, 1..=3))?;
    request.tag(&[0])?;
    let host = address(&mut request)?;
    let port = request.u16()?;
    // The answer: version, one of nine codes, a reserved zero.
    if !reply.is_empty() {
        reply.tag(&[5])?;
        if let Ok(code) = reply.u8() {
            require(code <= 8)?;
            reply.tag(&[0]).or_else(|reject| if reject == Reject::Incomplete { Ok(()) } else { Err(reject) })?;
        }
    }
    Ok(Asked { host, port, rest: request.rest() })
}

/// RFC 1928 section 5.
fn address(cursor: &mut Cursor<'_>) -> Result<String, Reject> {
    match cursor.u8()? {
        1 => cursor.array::<4>().map(|bytes| std::net::Ipv4Addr::from(bytes).to_string()),
        3 => {
            let len = cursor.u8()?;
            let name = cursor.take(len.into())?;
            require(!name.is_empty() && is_text(name))?;
            Ok(String::from_utf8_lossy(name).into_owned())
        }
        4 => cursor.array::<16>().map(|bytes| std::net::Ipv6Addr::from(bytes).to_string()),
        _ => Err(Reject::Mismatch),
    }
}

fn version4(opening: &Opening<'_>) -> Verdict {
    let asked = request4(opening.request())?;
    let answered = reply4(opening.reply());
    match answered {
        Ok(()) => Ok(Evidence::dialogue("request-and-reply: SOCKS4's request and its answer of 8 bytes")
            .wanting_more(asked.rest.is_empty())),
        Err(Reject::Incomplete) if asked.rest.is_empty() && opening.is_on(INSPECTOR.ports) => {
            Ok(Evidence::signature("request-on-port: SOCKS4's request on a proxy's port"))
        }
        Err(reject) => Err(reject),
    }
}

/// The memo on SOCKS 4.3, sections 1 and 2, and the one on SOCKS 4A.
fn request4(mut cursor: Cursor<'_>) -> Result<Asked<'_>, Reject> {
    cursor.tag(&[4])?;
    require(matches!(cursor.u8()?, 1 | 2))?;
    let port = cursor.u16()?;
    let address = cursor.array::<4>()?;
    require(port != 0 && address != [0; 4])?;
    let user = cursor.until(0, MAX_NAME)?;
    require(is_text(user))?;
    // 0.0.0.x announces a host name (SOCKS 4A).
    let host = match address {
        [0, 0, 0, _] => {
            let name = cursor.until(0, MAX_NAME)?;
            require(!name.is_empty() && is_text(name))?;
            String::from_utf8_lossy(name).into_owned()
        }
        address => std::net::Ipv4Addr::from(address).to_string(),
    };
    Ok(Asked { host, port, rest: cursor.rest() })
}

fn reply4(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    cursor.tag(&[0])?;
    require(matches!(cursor.u8()?, 90..=93))?;
    cursor.skip(6)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let version = opening.request().u8().unwrap_or_default();
    attributes.set("socks.version", version);
    let asked = if version == 4 {
        request4(opening.request())
    } else {
        let (mut request, mut reply) = (opening.request(), opening.reply());
        greeting(&mut request)
            .and_then(|_| reply.array::<2>())
            .and_then(|[_, method]| after_greeting(request, reply, method))
    };
    if let Ok(asked) = asked {
        attributes.set("socks.destination", asked.host);
        attributes.set("socks.port", asked.port);
        attributes.set_some("socks.tunnel", http::carried(asked.rest));
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Signature,
        "only the client of version 5 was captured",
        &[b"\x05\x01\0", b"\x05\x01\0\x01\xc0\0\x02\x01\0\x50GET"],
        &[],
    ),
    Example::not(Transport::Tcp, "a greeting, and nothing that asks", &[b"\x05\x01\0\x01\x02\x03\x04\x05"], &[]),
    Example::not(Transport::Tcp, "a fill of fives", &[&[5; 32]], &[&[5; 32]]),
    Example::tcp(
        Confidence::Dialogue,
        "SOCKS5 without authentication",
        &[&[5, 1, 0], &[5, 1, 0, 3, 4, b'h', b'o', b's', b't', 1, 187]],
        &[&[5, 0], &[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]],
    ),
    Example::tcp(
        Confidence::Dialogue,
        "SOCKS5 with a user name",
        &[&[5, 2, 0, 2], &[1, 1, b'u', 1, b'p'], &[5, 1, 0, 1, 192, 0, 2, 1, 0, 80]],
        &[&[5, 2], &[1, 0]],
    ),
    Example::tcp(Confidence::Message, "SOCKS5's methods and the choice", &[&[5, 1, 0]], &[&[5, 0]]),
    Example::tcp(
        Confidence::Dialogue,
        "SOCKS4",
        &[&[4, 1, 0, 80, 192, 0, 2, 1, b'u', 0]],
        &[&[0, 90, 0, 0, 0, 0, 0, 0]],
    ),
    Example::tcp(
        Confidence::Signature,
        "SOCKS4A, not answered, on a proxy's port",
        &[b"\x04\x01\x01\xbb\0\0\0\x01\0host.example\0"],
        &[],
    )
    .on(1080),
    Example::not(Transport::Tcp, "DCE/RPC", &[&[5, 0, 11, 3, 16, 0, 0, 0]], &[&[5, 0, 12, 3, 16, 0, 0, 0]]),
    Example::not(Transport::Tcp, "a method that was not offered", &[&[5, 1, 0]], &[&[5, 2]]),
    Example::not(Transport::Tcp, "SOCKS4, an answer that is none", &[&[4, 1, 0, 80, 192, 0, 2, 1, 0]], &[b"\0\x01\x02\x03"]),
];
