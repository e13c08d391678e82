//! The Hypertext Transfer Protocol, versions 0.9 to 1.1, over TCP: its start lines, [RFC 9112] sections 3 and 4.
//!
//! ```text
//! initiator   GET /index.html HTTP/1.1␍␊     method SP target SP HTTP-version
//!             Host: example.org␍␊            field lines
//!             ␍␊                             body, then the next request
//! responder   HTTP/1.1 200 OK␍␊              HTTP-version SP three digits [SP reason]
//! ```
//!
//! The version at the end of the first line is what tells HTTP from its relatives (RTSP, SIP, ICAP, ICE), so
//! any token is taken for a method. Before the version was seen, only methods that none of the relatives
//! has are believed. A header or body that never ends does not matter: the start line decides.
//!
//! Without a TCP handshake the bytes may begin inside a body. Then every packet's first byte is tried
//! as the beginning of a start line, for that is where messages begin.
//!
//! [RFC 9112]: https://www.rfc-editor.org/rfc/rfc9112

mod head;
mod negotiated;
mod service;

pub(crate) use head::{Head, Request, status};
#[cfg(test)]
pub(crate) use service::names as services;

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{
    Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict,
};
use crate::key::Transport;
use crate::formats::lines::contains_ignore_case;
use crate::formats::ntlm;
use head::{MAX_LINE, MAX_METHOD, is_token, method, public_part};

/// HTTP/0.9 to HTTP/1.1.
pub const INSPECTOR: Inspector = Inspector {
    name: "http",
    title: "Hypertext Transfer Protocol",
    specification: "RFC 9112 sections 3 and 4, RFC 9110 section 5",
    ports: &[80, 81, 591, 2869, 3128, 5985, 8000, 8008, 8080, 8081, 8088, 8530, 8888, 9080, 9090, 9200],
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    inspect,
    describe: Some(describe),
    attributes: &[
        ("http.method", "the first request's method"),
        ("http.host", "the first request's Host field"),
        ("http.target", "the first request's target, without its query and user name, which may hold secrets"),
        ("http.version", "the version that the initiator named"),
        ("http.response_version", "the version that the responder named"),
        ("http.user_agent", "the first request's User-Agent field"),
        ("http.status", "the first response's status code"),
        ("http.server", "the first response's Server field"),
        ("http.content_type", "the first response's Content-Type field, else the request's"),
        ("http.upgrade", "what the initiator asked to upgrade to"),
        ("http.service", "the interface that is spoken over HTTP, where method, target or fields name it"),
        ("http.service_version", "the version of that interface's server, where its first answer says it"),
        ("http.tunnel", "what the initiator said first inside the tunnel that CONNECT opened"),
        ntlm::ATTRIBUTES[0],
        ntlm::ATTRIBUTES[1],
        ntlm::ATTRIBUTES[2],
        ntlm::ATTRIBUTES[3],
    ],
    headline: &["http.host", "http.target"],
    confused_with: "RTSP, SIP, ICAP, SSDP and SHOUTcast, whose start lines differ in the version or the carrier only; TLS on port 80",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Empty lines that may stand before a request (RFC 9112 section 2.2).
const MAX_BLANK_LINES: usize = 2;

/// Methods that none of HTTP's relatives uses, so that they are telling before the version is seen.
const OWN_METHODS: &[&[u8]] = &[
    b"GET", b"POST", b"PUT", b"HEAD", b"DELETE", b"PATCH", b"CONNECT", b"PROPFIND", b"RPC_IN_DATA",
    b"RPC_OUT_DATA", b"RDG_IN_DATA", b"RDG_OUT_DATA", b"SSTP_DUPLEX_POST", b"BITS_POST", b"CCM_POST",
];

/// Least length in bytes of a first line without end that is believed.
const MIN_PARTIAL_LINE: usize = 12;

/// The same on HTTP's ports where the capture cut the line: a method, and the first characters of a target.
const MIN_CUT_LINE: usize = 6;

/// What a message must begin with: a start line's first word.
type Beginning = fn(Cursor<'_>) -> Result<(), Reject>;

fn begins_request(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    let tokens = cursor.rest().iter().take(MAX_METHOD + 1).take_while(|&&byte| is_token(byte)).count();
    // The space after the method, or nothing yet.
    require(cursor.rest().get(tokens).is_none_or(|&byte| byte == b' ' && tokens > 0))?;
    cursor.until(b' ', MAX_METHOD).map(drop)
}

fn begins_response(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    cursor.tag(b"HTTP/")
}

/// A message's head, and where it begins.
#[derive(Clone, Copy)]
struct Found<'a> {
    head: Head<'a>,
    offset: u32,
}

/// The first message of `said` whose start line `reads`: at its first byte, or, where the beginning was not
/// captured, at the first byte of a packet.
fn first_head(
    said: Said<'_>,
    from_start: bool,
    begins: Beginning,
    reads: impl Fn(&[u8]) -> bool,
) -> Result<Found<'_>, Reject> {
    let head_at = |offset: u32| {
        let rest = said.bytes().get(offset as usize..).unwrap_or_default();
        let mut cursor = Cursor::new(rest, !said.has_ended());
        for _ in 0..MAX_BLANK_LINES {
            if cursor.rest().starts_with(b"\r\n") || cursor.rest().starts_with(b"\n") {
                cursor.line(0)?;
            }
        }
        if cursor.rest() == b"\r" {
            return Err(Reject::Incomplete);
        }
        begins(cursor)?;
        let head = Head::parse(cursor)?;
        require(reads(head.start))?;
        Ok(Found { head, offset })
    };
    if said.is_silent() {
        return Err(Reject::Incomplete);
    }
    match head_at(0) {
        Err(_) if !from_start => {
            let mut starts = said.pieces().iter().map(|piece| piece.end);
            starts.find_map(|offset| head_at(offset).ok()).ok_or(Reject::Incomplete)
        }
        decided => decided,
    }
}

fn first_request<'a>(opening: &Opening<'a>) -> Result<Found<'a>, Reject> {
    let reads = |line: &[u8]| Request::parse(line).is_ok();
    first_head(opening.initiator, opening.from_start, begins_request, reads)
}

fn first_response<'a>(opening: &Opening<'a>) -> Result<Found<'a>, Reject> {
    first_head(opening.responder, opening.from_start, begins_response, |line| status(line).is_ok())
}

/// The first request's line and head.
pub(crate) fn request<'a>(opening: &Opening<'a>) -> Result<(Request<'a>, Head<'a>), Reject> {
    let head = first_request(opening)?.head;
    Ok((Request::parse(head.start)?, head))
}

/// The first response's status and head.
pub(crate) fn response<'a>(opening: &Opening<'a>) -> Result<(u64, Head<'a>), Reject> {
    let head = first_response(opening)?.head;
    Ok((status(head.start)?.1, head))
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    match (first_request(opening), first_response(opening)) {
        (Ok(asked), Ok(answered)) if asked.offset == 0 && answered.offset == 0 => {
            // What a tunnel carries is worth waiting for.
            let tunnel = asked.head.start.starts_with(b"CONNECT ") && asked.head.body.is_empty();
            let heads_go_on = !asked.head.is_whole || !answered.head.is_whole;
            Ok(Evidence::dialogue(
                "request-and-response: a request line and a status line (RFC 9112 sections 3 and 4)",
            )
            .wanting_more(heads_go_on || tunnel || negotiated::is_pending(opening, answered.head)))
        }
        (Ok(asked), Ok(_)) => Ok(in_between(asked, Side::Initiator, Confidence::Message)),
        (Ok(asked), Err(Reject::Incomplete)) if asked.offset == 0 => {
            Ok(Evidence::message("request-line: a request line with its version (RFC 9112 section 3)"))
        }
        // The responder spoke something else, or answered without a header, as HTTP/0.9 servers do.
        (Ok(asked), Err(Reject::Mismatch)) if asked.offset == 0 => Ok(Evidence::signature(
            "request-only: a request line; the answer is no status line (RFC 9112 section 3)",
        )),
        (Ok(asked), Err(_)) => Ok(in_between(asked, Side::Initiator, Confidence::Signature)),
        (Err(Reject::Incomplete), Ok(answered)) if answered.offset == 0 => {
            Ok(Evidence::message("status-line: a status line (RFC 9112 section 4)").from(Side::Responder))
        }
        (Err(Reject::Incomplete), Ok(answered)) => {
            Ok(in_between(answered, Side::Responder, Confidence::Signature))
        }
        (Err(Reject::Mismatch), Ok(_)) if is_misspelt(opening) => {
            Ok(Evidence::message("misspelt-request: an HTTP method, answered by a status line (RFC 9112 section 4)"))
        }
        // The answer may still show that it was meant for HTTP.
        (Err(Reject::Mismatch), Err(Reject::Incomplete)) => {
            simple_request(opening).map_err(|_| Reject::Incomplete)
        }
        // HTTP's servers answer whatever they cannot read. Elsewhere than on its ports that is no proof: other
        // protocols have HTTP's answers to requests of their own.
        (Err(Reject::Mismatch), Ok(answered)) => simple_request(opening).or_else(|reject| {
            require(answered.offset == 0 && opening.is_on(INSPECTOR.ports)).map_err(|_| reject)?;
            Ok(Evidence::signature(
                "status-line-on-port: a status line on HTTP's port, to what is no request (RFC 9112 section 4)",
            )
            .from(Side::Responder))
        }),
        (Err(_), Err(Reject::Mismatch)) => simple_request(opening),
        (Err(Reject::Incomplete), Err(Reject::Incomplete)) => partial_line(opening),
    }
}

/// Whether a text that is no request line was meant as one: it begins with a method, or a Host field follows.
fn is_misspelt(opening: &Opening<'_>) -> bool {
    let Ok(head) = Head::parse(opening.request()) else { return false };
    let relative = [&b"RTSP/"[..], b"SIP/", b"ICAP/"].iter().any(|name| contains_ignore_case(head.start, name))
        // A proxy's prologue before a request, which is the PROXY protocol's.
        || head.start.starts_with(b"PROXY ");
    let known = method(head.start)
        .is_ok_and(|method| OWN_METHODS.contains(&method) || method == b"OPTIONS" || method == b"TRACE");
    (known && is_text(head.start) || head.field("host").is_some()) && !relative
}

/// A message that begins at a packet's first byte, with something else before it: the rest of a body, or
/// another protocol that carries HTTP, which may then say more.
fn in_between(found: Found<'_>, side: Side, confidence: Confidence) -> Evidence {
    Evidence::new(confidence, "start-line-later: a start line at a packet's first byte (RFC 9112 section 2.1)")
        .from(side)
        .at(found.offset)
}

/// HTTP/0.9 (RFC 9112 appendix C.1.1, RFC 1945 section 4.1): `GET SP path`, answered by the document itself,
/// which is HTML, or by a newer server.
fn simple_request(opening: &Opening<'_>) -> Verdict {
    let mut request = opening.request();
    request.tag(b"GET ")?;
    let target = request.line(MAX_LINE)?;
    require(target.starts_with(b"/") && !target.contains(&b' ') && is_text(target))?;
    let answer = opening.responder.bytes().trim_ascii_start();
    let known = opening.is_on(INSPECTOR.ports) || answer.starts_with(b"<") || answer.starts_with(b"HTTP/");
    if answer.is_empty() && !known {
        return Err(Reject::Incomplete);
    }
    require(known)?;
    Ok(Evidence::signature("simple-request: a GET without a version (HTTP/0.9; RFC 1945 section 4.1)"))
}

/// Whether bytes may begin a request: a token up to the first blank (RFC 9110 section 5.6.2), line ends before it aside.
fn may_be_method(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    let word = line.split(|&byte| byte == b' ').next().unwrap_or_default();
    word.iter().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~\r\n".contains(byte))
}

/// A request line whose end was not captured.
fn partial_line(opening: &Opening<'_>) -> Verdict {
    let at_home = opening.is_on(INSPECTOR.ports);
    let status = [&b"HTTP/1.0 "[..], b"HTTP/1.1 "].iter().any(|start| opening.responder.bytes().starts_with(start));
    if status && opening.responder.is_cut() {
        let rule = "partial-status-line: the beginning of a status line, cut by the capture (RFC 9112 section 4)";
        return Ok(Evidence::signature(rule).from(Side::Responder));
    }
    let line = opening.initiator.bytes();
    let hopeless = opening.initiator.has_ended() || (opening.from_start && !may_be_method(line));
    let short = if hopeless { Reject::Mismatch } else { Reject::Incomplete };
    let least = if at_home && opening.initiator.is_cut() { MIN_CUT_LINE } else { MIN_PARTIAL_LINE };
    if line.len() < least {
        return Err(short);
    }
    let Ok(method) = method(line) else { return Err(short) };
    let target = line.get(method.len() + 1..).unwrap_or_default();
    let telling = OWN_METHODS.contains(&method)
        && is_text(target)
        && (target.starts_with(b"/") || target.starts_with(b"http://") || method == b"CONNECT");
    if !telling {
        return Err(short);
    }
    Ok(Evidence::signature("partial-request-line: an HTTP method and target; the line's end is missing (RFC 9112 section 3)"))
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let request = request(opening).ok();
    let response = response(opening).ok();
    if let Some((line, head)) = &request {
        attributes.set("http.method", line.method);
        attributes.set("http.target", public_part(line.target).as_slice());
        attributes.set("http.version", line.version);
        attributes.set_some("http.host", head.field("host"));
        attributes.set_some("http.user_agent", head.field("user-agent"));
        attributes.set_some("http.content_type", head.field("content-type"));
        attributes.set_some("http.upgrade", head.field("upgrade"));
    }
    if let Some((code, head)) = &response {
        attributes.set("http.status", *code);
        attributes.set_some("http.response_version", status(head.start).ok().map(|(version, _)| version));
        attributes.set_some("http.server", head.field("server"));
        attributes.set_some("http.content_type", head.field("content-type"));
    }
    let (line, head) = request.unzip();
    let answer = response.map(|(_, head)| head);
    attributes.set_some("http.service", service::name(line, head, answer));
    attributes.set_some("http.service_version", answer.and_then(service::version));
    negotiated::describe(opening, attributes);
    if line.is_some_and(|line| line.method == b"CONNECT") {
        attributes.set_some("http.tunnel", head.and_then(|head| carried(head.body)));
    }
}

/// What begins like this inside a tunnel: named only where the first bytes leave no doubt.
pub(crate) fn carried(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        // A TLS handshake record with a ClientHello (RFC 8446 sections 5.1 and 4).
        [22, 3, 0..=4, _, _, 1, 0, ..] => Some("tls"),
        _ if bytes.starts_with(b"SSH-") => Some("ssh"),
        _ if Request::parse(bytes.split(|&byte| byte == b'\r').next().unwrap_or_default()).is_ok() => Some("http"),
        _ => None,
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a request and its response",
        &[b"GET /index.html HTTP/1.1\r\nHost: example.org\r\nUser-Agent: test/1\r\n\r\n"],
        &[b"HTTP/1.1 200 OK\r\nServer: test\r\nContent-Length: 2\r\n\r\nok"],
    ),
    Example::tcp(
        Confidence::Dialogue,
        "an event of UPnP, answered without a reason phrase",
        &[b"NOTIFY /events HTTP/1.1\r\nNT: upnp:event\r\n"],
        &[b"HTTP/1.0 412\r\n"],
    ),
    Example::tcp(Confidence::Message, "a method of its own, header not ended", &[b"QUERY /contacts HTTP/1.1\r\nHost: a"], &[]),
    Example::tcp(Confidence::Message, "only the responder was captured", &[], &[b"HTTP/1.1 404 Not Found\r\nServer: x\r\n\r\n"]),
    Example::tcp(Confidence::Message, "an empty line before the request", &[b"\r\nHEAD / HTTP/1.0\n\n"], &[]),
    Example::tcp(Confidence::Signature, "a request line that the capture cut", &[b"GET /a/long/path/that/goes/on"], &[]),
    Example::tcp(Confidence::Signature, "HTTP/0.9", &[b"GET /\r\n"], &[b"<html>hello</html>"]),
    Example::not(Transport::Tcp, "RTSP", &[b"OPTIONS rtsp://example.org/ RTSP/1.0\r\nCSeq: 1\r\n\r\n"], &[]),
    Example::not(Transport::Tcp, "RTSP, target cut", &[b"OPTIONS rtsp://example.org/a/long/path"], &[]),
    Example::not(Transport::Tcp, "SIP", &[b"NOTIFY sip:a@example.org SIP/2.0\r\n"], &[b"SIP/2.0 200 OK\r\n"]),
    Example::not(Transport::Tcp, "HTTP/2's preface", &[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"], &[]),
    Example::not(Transport::Tcp, "another protocol that an HTTP server refuses", &[b"\x05\x00\x0b\x03\x10\x00\x00\x00"], &[b"HTTP/1.1 400 Bad Request\r\n\r\n"]),
    Example::not(Transport::Tcp, "an inline command of Redis", &[b"GET key\r\n"], &[b"$-1\r\n"]),
    Example::not(Transport::Tcp, "SHOUTcast's answer alone", &[], &[b"ICY 200 OK\r\nicy-name: x\r\n"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Endpoint;

    #[test]
    fn a_refusal_on_a_web_port_says_what_the_server_speaks_and_elsewhere_says_nothing() {
        let confidence = |port| {
            let end = |last: u8, port| Endpoint { address: [192, 0, 2, last].into(), port };
            let opening = Opening {
                transport: Transport::Tcp,
                initiator: Said::new(b"1026\x108 !34", &[], false),
                responder: Said::new(b"HTTP/1.1 400 Bad Request\r\n\r\n", &[], false),
                endpoints: [end(1, 51_000), end(2, port)],
                responder_listens: true,
                from_start: true,
            };
            inspect(&opening).map(|evidence| (evidence.confidence, evidence.side))
        };
        assert_eq!(confidence(80), Ok((Confidence::Signature, Side::Responder)));
        assert_eq!(confidence(4444), Err(Reject::Mismatch));
    }
}
