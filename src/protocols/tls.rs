//! Transport Layer Security over TCP: [RFC 8446] (1.3), [RFC 5246] (1.2), RFC 6101 (SSL 3.0).
//!
//! ```text
//! client  16 03 01 len  01 len24 ClientHello            perhaps over several records
//! server  16 03 03 len  02 len24 ServerHello            or an alert: 15 03 0x 00 02 level code
//!         until 1.2 in clear: 0B Certificate ... 0E ServerHelloDone
//! both    14 03 03 00 01 01, then encrypted records: 17 03 03 len ...
//! ```
//!
//! A flow that was caught in its middle is known by records that follow each other without a gap: one that
//! ends where its segment ends has 38 bits that agree (type, version, length), two in a row have 44.
//!
//! Old clients wrap their ClientHello in SSL 2.0's form (RFC 5246 appendix E.2): `80 len 01 03 0x ...`.
//!
//! [RFC 8446]: https://www.rfc-editor.org/rfc/rfc8446
//! [RFC 5246]: https://www.rfc-editor.org/rfc/rfc5246

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::formats::certificate::{self, Certificate};
use crate::formats::hello::ServerHello;
use crate::formats::hello_attributes;
use crate::formats::tls_records::{Flight, message};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict};
use crate::key::Transport;

/// TLS.
pub const INSPECTOR: Inspector = Inspector {
    name: "tls",
    title: "Transport Layer Security",
    specification: "RFC 8446, RFC 5246",
    ports: &[443, 465, 563, 636, 853, 989, 990, 992, 993, 994, 995, 5061, 5671, 5986, 6514, 8443, 8883],
    initiator_first: ByteSet::range(0x14, 0x18).or(ByteSet::range(0x80, 0xbf)),
    // A whole ClientHello is TLS's whatever answers it: a plain SMTP or HTTP server does so in its own words.
    responder_first: ByteSet::ANY,
    inspect,
    describe: Some(describe),
    attributes: &[
        ("tls.sni", "the server name that the client asks for"),
        ("tls.alpn", "the application protocol that was chosen, or those offered"),
        ("tls.version", "the version that was chosen, or the highest one offered"),
        ("tls.cipher", "the cipher suite that was chosen"),
        ("tls.ja3", "the client's JA3 fingerprint"),
        ("tls.ja4", "the client's JA4 fingerprint"),
        ("tls.alerts", "alerts in clear, each with its sender and level"),
        ("tls.certificate_subject", "the server certificate's subject"),
        ("tls.certificate_issuer", "the server certificate's issuer"),
        ("tls.certificate_sans", "the server certificate's alternative names"),
        ("tls.certificate_not_before", "first moment of the certificate's validity"),
        ("tls.certificate_not_after", "last moment of the certificate's validity"),
        ("tls.certificate_self_signed", "whether the certificate's issuer is its subject"),
    ],
    headline: &["tls.sni", "tls.version"],
    confused_with: "protocols that borrow a few of its bytes to pass for it; a whole hello, or records that follow \
                    each other by length, tell it apart",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const HELLO: hello_attributes::Keys = hello_attributes::Keys {
    sni: "tls.sni",
    alpn: "tls.alpn",
    version: "tls.version",
    cipher: "tls.cipher",
    ja3: Some("tls.ja3"),
    ja4: "tls.ja4",
};

const CERTIFICATE: certificate::Keys = certificate::Keys {
    subject: "tls.certificate_subject",
    issuer: "tls.certificate_issuer",
    names: "tls.certificate_sans",
    not_before: "tls.certificate_not_before",
    not_after: "tls.certificate_not_after",
    self_signed: "tls.certificate_self_signed",
};

/// What one side's bytes show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    ClientHello,
    ServerHello,
    /// A hello of which the end is still to come.
    Begun,
    /// An alert in clear, and first.
    Alert,
    /// Records that follow each other.
    Records,
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    if opening.initiator.bytes().first().is_some_and(|first| first & 0x80 != 0) {
        return ssl2(opening);
    }
    let flights = [opening.request(), opening.reply()].map(Flight::read);
    let [first, second] = &flights;
    let first = first.as_ref().map_err(|&reject| reject).and_then(|flight| part(opening.initiator, flight));
    let second = second.as_ref().map_err(|&reject| reject).and_then(|flight| part(opening.responder, flight));
    let claim = |confidence, rule| Ok(Evidence::new(confidence, rule));
    match (first, second) {
        // Who opens the TCP connection need not be TLS's client: FTP's server opens the data connection.
        (Ok(Part::ClientHello), Ok(Part::ServerHello)) | (Ok(Part::ServerHello), Ok(Part::ClientHello)) => {
            let fits = fits(&flights);
            let confidence = if fits { Confidence::Dialogue } else { Confidence::Message };
            let certificate = flights.iter().flatten().any(wants_certificate);
            let evidence = Evidence::new(confidence, "hellos: a ClientHello, and the ServerHello that answers it (RFC 8446 section 4.1)");
            Ok(evidence.wanting_more(certificate))
        }
        // Where nobody saw who opened the connection, whoever sends the ServerHello is who listens.
        (Ok(Part::ServerHello), _) if !opening.from_start => Err(Reject::Incomplete),
        (Ok(Part::ClientHello), Ok(Part::Alert)) => {
            claim(Confidence::Dialogue, "refused: a ClientHello, answered by an alert (RFC 8446 section 6)")
        }
        (Ok(Part::ClientHello | Part::ServerHello), _) => {
            claim(Confidence::Message, "hello: a whole hello in its records (RFC 8446 section 4.1)")
        }
        (_, Ok(Part::ClientHello | Part::ServerHello)) => {
            let rule = "hello: a whole hello in its records (RFC 8446 section 4.1)";
            Ok(Evidence::message(rule).from(Side::Responder))
        }
        (Ok(Part::Records), Ok(Part::Records)) => {
            claim(Confidence::Message, "records: both sides send records that follow each other by length (RFC 8446 section 5.1)")
        }
        // The server may greet in clear before the client's hello comes.
        (Err(Reject::Incomplete), Err(_)) => Err(Reject::Incomplete),
        (Ok(Part::Begun), _) => claim(Confidence::Signature, rule(Part::Begun)),
        // In the middle of a flow the other side's bytes may begin within a record.
        (Ok(Part::Records), Err(Reject::Mismatch)) if is_middle(opening, &flights) => {
            claim(Confidence::Signature, rule(Part::Records))
        }
        (Err(Reject::Mismatch), Ok(Part::Records)) if is_middle(opening, &flights) => {
            Ok(Evidence::signature(rule(Part::Records)).from(Side::Responder))
        }
        (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) => Err(Reject::Mismatch),
        (Ok(part), _) => claim(Confidence::Signature, rule(part)),
        (_, Ok(part)) => Ok(Evidence::signature(rule(part)).from(Side::Responder)),
    }
}

/// Whether the capture begins in the middle of the flow, and one side's records can stand for both: on TLS's port, or as
/// there are several, each of which passes as noise once in 2^21.
fn is_middle(opening: &Opening<'_>, flights: &[Result<Flight<'_>, Reject>; 2]) -> bool {
    let several = flights.iter().flatten().any(|flight| flight.records + u32::from(flight.continues) > 1);
    !opening.from_start && (several || opening.is_on(INSPECTOR.ports))
}

const fn rule(part: Part) -> &'static str {
    match part {
        Part::Begun | Part::ClientHello | Part::ServerHello => "hello-begun: the beginning of a hello in its record (RFC 8446 section 4.1)",
        Part::Alert => "alert: an alert in clear (RFC 8446 section 6)",
        Part::Records => "records: records that follow each other by length (RFC 8446 section 5.1)",
    }
}

/// Record header, message header and version: what is telling of a hello that has only begun, less the record's.
const HELLO_BEGUN: usize = 6;

fn part(said: Said<'_>, flight: &Flight<'_>) -> Result<Part, Reject> {
    let hello = match flight.first_message() {
        Some(message::CLIENT_HELLO) => flight.client_hello().map(|hello| (Part::ClientHello, hello.is_whole())),
        Some(message::SERVER_HELLO) => flight.server_hello().map(|hello| (Part::ServerHello, hello.is_whole())),
        _ => Err(Reject::Mismatch),
    };
    match hello {
        Ok((part, true)) => return Ok(part),
        Ok((_, false)) => return Ok(Part::Begun),
        Err(Reject::Incomplete) if flight.handshake_len() >= HELLO_BEGUN || flight.is_filled_by_hello() => return Ok(Part::Begun),
        Err(Reject::Mismatch) if flight.records == 0 && flight.is_filled_by_message() => return Ok(Part::Begun),
        Err(Reject::Incomplete) => return Err(Reject::Incomplete),
        Err(Reject::Mismatch) => {}
    }
    let ends_with_segment = said.pieces().iter().any(|piece| piece.end as usize == flight.end);
    match flight.records {
        0 => Err(Reject::Incomplete),
        1 if !flight.continues && !ends_with_segment => Err(Reject::Incomplete),
        _ if flight.first == crate::formats::tls_records::content::ALERT && flight.alerts.iter().any(Option::is_some) => Ok(Part::Alert),
        _ => Ok(Part::Records),
    }
}

/// Whether the server chose a suite that the client offered.
fn fits(flights: &[Result<Flight<'_>, Reject>; 2]) -> bool {
    let client = flights.iter().flatten().find_map(|flight| flight.client_hello().ok());
    let server = flights.iter().flatten().find_map(|flight| flight.server_hello().ok());
    client.zip(server).is_some_and(|(client, server)| client.ciphers().any(|cipher| cipher == server.cipher))
}

/// Whether a server's certificate may still come in clear.
fn wants_certificate(flight: &Flight<'_>) -> bool {
    let clear = flight.server_hello().is_ok_and(|hello| hello.chosen_version() <= 0x0303);
    clear && flight.certificate() == Err(Reject::Incomplete)
}

/// SSL 2.0's form of the ClientHello, and its answer in either form (RFC 5246 appendix E.2, SSL 2.0 section 2).
fn ssl2(opening: &Opening<'_>) -> Verdict {
    const RULE: &str = "ssl2-hello: a ClientHello in SSL 2.0's form (RFC 5246 appendix E.2)";
    let ciphers = ssl2_client(opening.request())?;
    match Flight::read(opening.reply()) {
        Ok(flight) => match (part(opening.responder, &flight), flight.server_hello()) {
            (Ok(Part::ServerHello), Ok(hello)) if offers(ciphers, &hello) => {
                Ok(Evidence::dialogue(RULE).wanting_more(wants_certificate(&flight)))
            }
            (Ok(Part::Alert), _) => Ok(Evidence::dialogue(RULE)),
            _ => Ok(Evidence::message(RULE)),
        },
        Err(_) if ssl2_server(opening.reply()).is_ok() => Ok(Evidence::dialogue(RULE)),
        Err(_) => Ok(Evidence::message(RULE)),
    }
}

fn offers(ciphers: &[u8], hello: &ServerHello<'_>) -> bool {
    ciphers.as_chunks().0.iter().any(|&[kind, high, low]| kind == 0 && u16::from_be_bytes([high, low]) == hello.cipher)
}

/// Reads an SSL 2.0 record header of two bytes, which is marked by the highest bit; gives its content.
fn ssl2_record(mut stream: Cursor<'_>) -> Result<Cursor<'_>, Reject> {
    let len = stream.u16()?;
    require(len & 0x8000 != 0)?;
    stream.within((len & 0x7fff).into())
}

/// Gives the cipher specifications, of three bytes each.
fn ssl2_client(stream: Cursor<'_>) -> Result<&[u8], Reject> {
    let mut body = ssl2_record(stream)?;
    body.tag(&[1])?;
    require(matches!(body.u16()?, 0x0002 | 0x0300..=0x0303))?;
    let (ciphers, session, challenge) = (body.u16()?, body.u16()?, body.u16()?);
    require(ciphers > 0 && ciphers % 3 == 0 && matches!(session, 0 | 16) && (16..=32).contains(&challenge))?;
    let ciphers = body.take(ciphers.into())?;
    body.skip(usize::from(session) + usize::from(challenge))?;
    body.end()?;
    Ok(ciphers)
}

fn ssl2_server(stream: Cursor<'_>) -> Result<(), Reject> {
    let mut body = ssl2_record(stream)?;
    body.tag(&[4])?;
    require(body.u8()? <= 1 && body.u8()? <= 1)?;
    body.tag(&[0, 2])?;
    let (certificate, ciphers, connection) = (body.u16()?, body.u16()?, body.u16()?);
    require(ciphers % 3 == 0 && connection <= 32)?;
    body.skip(usize::from(certificate) + usize::from(ciphers) + usize::from(connection))?;
    body.end()
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut alerts = Vec::new();
    if ssl2_client(opening.request()).is_ok() {
        attributes.set("tls.version", "ssl2");
    }
    let flights = [opening.request(), opening.reply()].map(Flight::read);
    for flight in flights.iter().flatten() {
        if let Ok(hello) = flight.client_hello() {
            HELLO.describe_client(&hello, attributes);
        }
    }
    for (side, flight) in [Side::Initiator, Side::Responder].into_iter().zip(flights.iter()) {
        let Ok(flight) = flight else { continue };
        if let Ok(hello) = flight.server_hello() {
            HELLO.describe_server(&hello, attributes);
        }
        if let Some(certificate) = flight.certificate().ok().and_then(Certificate::parse) {
            certificate.describe(&CERTIFICATE, attributes);
        }
        alerts.extend(flight.alerts.iter().flatten().map(|alert| format!("{} {alert}", side.name())));
    }
    if !alerts.is_empty() {
        attributes.set("tls.alerts", alerts);
    }
}

/// A ClientHello of TLS 1.2: one suite, SNI `a.example`.
const CLIENT: &[u8] = b"\x16\x03\x01\x00\x41\x01\x00\x00\x3d\x03\x03\
    abcdefghijklmnopqrstuvwxyz012345\x00\x00\x02\xc0\x2f\x01\x00\
    \x00\x12\x00\x00\x00\x0e\x00\x0c\x00\x00\x09a.example";
/// A ServerHello that chooses it.
const SERVER: &[u8] = b"\x16\x03\x03\x00\x2a\x02\x00\x00\x26\x03\x03\
    543210zyxwvutsrqponmlkjihgfedcba\x00\xc0\x2f\x00";
/// A ServerHello that chooses what was not offered.
const ODD_SERVER: &[u8] = b"\x16\x03\x03\x00\x2a\x02\x00\x00\x26\x03\x03\
    543210zyxwvutsrqponmlkjihgfedcba\x00\xc0\x30\x00";
/// A ClientHello in SSL 2.0's form: version 3.1, two suites, a challenge of 16 bytes.
const SSL2: &[u8] = b"\x80\x1f\x01\x03\x01\x00\x06\x00\x00\x00\x10\x00\x00\x2f\x00\x00\x350123456789abcdef";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "the server answers the hello", &[CLIENT], &[SERVER]),
    Example::tcp(Confidence::Dialogue, "TLS's client is who accepted the connection", &[SERVER], &[CLIENT]),
    Example::tcp(Confidence::Dialogue, "the server refuses", &[CLIENT], &[b"\x15\x03\x03\x00\x02\x02\x28"]),
    Example::tcp(Confidence::Message, "the server chooses a suite that was not offered", &[CLIENT], &[ODD_SERVER]),
    Example::tcp(Confidence::Message, "only the client was captured", &[CLIENT], &[]),
    Example::tcp(Confidence::Message, "only the server was captured", &[], &[SERVER]),
    Example::tcp(
        Confidence::Message,
        "a hello over two records",
        &[b"\x16\x03\x01\x00\x04\x01\x00\x00\x29\x16\x03\x01\x00\x29\x03\x03abcdefghijklmnopqrstuvwxyz012345\x00\x00\x02\xc0\x2f\x01\x00"],
        &[],
    ),
    Example::tcp(
        Confidence::Signature,
        "a hello that does not end",
        &[b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03abcdefghijklm"],
        &[],
    ),
    Example::tcp(Confidence::Dialogue, "a hello in SSL 2.0's form", &[SSL2], &[b"\x15\x03\x01\x00\x02\x02\x46"]),
    Example::tcp(Confidence::Message, "such a hello without an answer", &[SSL2], &[]),
    Example::tcp(
        Confidence::Message,
        "records of both sides in the middle of a connection",
        &[b"\x17\x03\x03\x00\x03abc\x17\x03\x03\x00\x02de"],
        &[b"\x17\x03\x03\x00\x05abcde"],
    ),
    Example::tcp(
        Confidence::Signature,
        "a Certificate that does not end, in the middle of a connection",
        &[b"\x16\x03\x03\x0a\x5b\x0b\x00\x0a\x57\x00\x0a\x54\x00\x05\x80\x30\x82"],
        &[],
    ),
    Example::tcp(Confidence::Message, "a mail server answers in clear", &[CLIENT], &[b"220 mail.example ESMTP\r\n"]),
    Example::tcp(Confidence::Signature, "a farewell", &[b"\x15\x03\x03\x00\x02\x01\x00"], &[]),
    Example::not(Transport::Tcp, "records whose lengths do not chain", &[b"\x17\x03\x03\x00\x03abcdefghijkl"], &[]),
    Example::not(Transport::Tcp, "TPKT, which begins with a 3", &[b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00"], &[]),
    Example::not(Transport::Tcp, "a record of a version that never was", &[b"\x16\x03\x09\x00\x41\x01\x00\x00\x3d\x03\x09abcdefghijklmnop"], &[]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::Piece;
    use crate::key::Endpoint;
    use crate::packet::Timestamp;

    #[test]
    fn who_sends_a_server_hello_listens_where_nobody_saw_who_opened_the_connection() {
        let hello = INSPECTOR.examples.iter().find_map(|example| {
            let said = example.responder.first().copied()?;
            (example.expect == Some(Confidence::Dialogue) && said.get(5) == Some(&2)).then_some(said)
        });
        let hello = hello.unwrap();
        let told = [Piece { time: Timestamp(0), frame: 1, end: hello.len() as u32, wire_len: hello.len() as u32, fragmented: false }];
        let end = |last: u8, port| Endpoint { address: [10, 0, 0, last].into(), port };
        let judged = |initiator, responder, from_start| {
            inspect(&Opening {
                transport: Transport::Tcp,
                initiator,
                responder,
                endpoints: [end(1, 51_000), end(2, 49_999)],
                responder_listens: true,
                from_start,
            })
        };
        let (server, silent) = (Said::new(hello, &told, false), Said::default());
        assert_eq!(judged(server, silent, false).map(|evidence| evidence.confidence), Err(Reject::Incomplete));
        assert!(judged(silent, server, false).is_ok());
        assert!(judged(server, silent, true).is_ok());
    }

    #[test]
    fn records_of_one_side_are_tls_in_the_middle_of_a_flow_only() {
        let client = b"\x14\x03\x03\0\x01\x01\x17\x03\x03\0\x05abcde";
        let server = b"the rest of a record that began before the capture did";
        let piece = |len: usize| [Piece { time: Timestamp(0), frame: 1, end: len as u32, wire_len: len as u32, fragmented: false }];
        let (asked, told) = (piece(client.len()), piece(server.len()));
        let end = |last: u8, port| Endpoint { address: [10, 0, 0, last].into(), port };
        let judged = |from_start| {
            inspect(&Opening {
                transport: Transport::Tcp,
                initiator: Said::new(client, &asked, false),
                responder: Said::new(server, &told, false),
                endpoints: [end(1, 51_000), end(2, 49_999)],
                responder_listens: true,
                from_start,
            })
        };
        assert_eq!(judged(false).map(|evidence| evidence.confidence), Ok(Confidence::Signature));
        assert_eq!(judged(true).map(|evidence| evidence.confidence), Err(Reject::Mismatch));
    }
}
