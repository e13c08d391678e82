//! Datagram Transport Layer Security: [RFC 6347] (1.2), [RFC 9147] (1.3), RFC 4347 (1.0).
//!
//! ```text
//! client  16 FEFF epoch 0  01 ClientHello, cookie empty
//! server                   03 HelloVerifyRequest, cookie          not every server asks for one
//! client                   01 ClientHello, cookie
//! server                   02 ServerHello, 0B Certificate ... 0E ServerHelloDone
//! both    14 ..., then epoch 1: 16 finished, 17 data              1.3: records that begin with 001CSLEE
//! ```
//!
//! A flow that was caught in its middle is known by records that fill its datagrams: type, version, epoch
//! and length are 44 bits that agree. Before the records there may be STUN, ZRTP and TURN channels, after them
//! media too ([RFC 7983]): a WebRTC flow is DTLS's as soon as DTLS is seen.
//!
//! [RFC 6347]: https://www.rfc-editor.org/rfc/rfc6347
//! [RFC 9147]: https://www.rfc-editor.org/rfc/rfc9147
//! [RFC 7983]: https://www.rfc-editor.org/rfc/rfc7983

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::formats::dtls_records::{Assembler, Records, is_unified};
use crate::formats::hello::{ClientHello, Kind, ServerHello};
use crate::formats::hello_attributes;
use crate::formats::tls_records::{content, message};
use crate::inspect::{Attributes, Confidence, Datagram, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict};
use crate::key::Transport;

mod watch;

pub(super) use watch::watch_for;

/// DTLS.
pub const INSPECTOR: Inspector = Inspector {
    name: "dtls",
    title: "Datagram Transport Layer Security",
    specification: "RFC 6347, RFC 9147",
    carriers: crate::inspect::Carriers::UDP,
    ports: &[443, 853, 2221, 3391, 4433, 4740, 5061, 5246, 5349, 5684],
    initiator_first: FIRST,
    responder_first: FIRST,
    inspect,
    describe: Some(describe),
    follow: Some(|_| watch_for(None)),
    attributes: ATTRIBUTES,
    headline: &["dtls.sni", "dtls.version"],
    confused_with: "protocols that wrap it: CAPWAP puts four bytes before it, RDP-UDP a header of its own, RD Gateway \
                    appends a trailer; STUN and RTP may share its flow",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Records, and what may come before them in the same flow: STUN, ZRTP, TURN channels.
pub(super) const FIRST: ByteSet =
    ByteSet::range(0x14, 0x1a).or(ByteSet::of(&[0, 1, 0x10])).or(ByteSet::range(0x40, 0x4f));

/// The attributes of a DTLS flow, by whatever name it goes.
pub(super) const ATTRIBUTES: &[(&str, &str)] = &[
    ("dtls.sni", "the server name that the client asks for"),
    ("dtls.alpn", "the application protocol that was chosen, or those offered"),
    ("dtls.version", "the version that was chosen, or the highest one offered"),
    ("dtls.cipher", "the cipher suite that was chosen"),
    ("dtls.ja3", "the client's JA3 fingerprint, made of DTLS' hello as of TLS'"),
    ("dtls.ja4", "the client's JA4 fingerprint"),
    ("dtls.state", "how far the handshake came: client-hello, hello-verify, cookie, server-hello, certificate, finished, data"),
    ("dtls.client_hellos", "how many ClientHellos came"),
    ("dtls.hello_retransmissions", "how many of them repeat an earlier one"),
    ("dtls.hello_verifies", "how many HelloVerifyRequests came"),
    ("dtls.cookie", "whether the client came back with the cookie"),
    ("dtls.alerts", "alerts in clear, each with its sender and level"),
    ("dtls.encrypted_alerts", "how many alerts came whose content is hidden"),
    ("dtls.certificate_subject", "the server certificate's subject"),
    ("dtls.certificate_issuer", "the server certificate's issuer"),
    ("dtls.certificate_sans", "the server certificate's alternative names"),
    ("dtls.certificate_not_before", "first moment of the certificate's validity"),
    ("dtls.certificate_not_after", "last moment of the certificate's validity"),
    ("dtls.certificate_self_signed", "whether the certificate's issuer is its subject"),
    ("dtls.certificate_complete", "whether the server's Certificate message was seen to its end"),
];

const HELLO: hello_attributes::Keys = hello_attributes::Keys {
    sni: "dtls.sni",
    alpn: "dtls.alpn",
    version: "dtls.version",
    cipher: "dtls.cipher",
    ja3: Some("dtls.ja3"),
    ja4: "dtls.ja4",
};

/// What one side's datagrams show, the most telling last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// Records that fill a datagram, or most of what a capture left of it.
    Records,
    /// A fragment of a handshake message.
    Begun,
    /// An alert in clear.
    Alert,
    HelloVerify,
    Hello,
}

pub(super) fn inspect(opening: &Opening<'_>) -> Verdict {
    let client = part(opening.initiator, message::CLIENT_HELLO);
    let server = part(opening.responder, message::SERVER_HELLO);
    let claim = |confidence, rule| Ok(Evidence::new(confidence, rule));
    match (client, server) {
        (Ok(Part::Hello), Ok(Part::Hello | Part::HelloVerify)) => {
            claim(Confidence::Dialogue, "hellos: a ClientHello that the server answers (RFC 6347 section 4.2)")
        }
        (Ok(Part::Hello), Ok(Part::Alert)) => {
            claim(Confidence::Dialogue, "refused: a ClientHello, answered by an alert (RFC 6347 section 4.1)")
        }
        (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) => Err(Reject::Mismatch),
        (Ok(Part::Hello), _) => claim(Confidence::Message, HELLO_RULE),
        (_, Ok(Part::Hello | Part::HelloVerify)) => Ok(Evidence::message(HELLO_RULE).from(Side::Responder)),
        (Ok(_), Ok(_)) => {
            claim(Confidence::Message, "records: records fill both sides' datagrams (RFC 6347 section 4.1)")
        }
        (Ok(_), _) => claim(Confidence::Signature, RECORDS_RULE),
        (_, Ok(_)) => Ok(Evidence::signature(RECORDS_RULE).from(Side::Responder)),
        (Err(Reject::Incomplete), Err(Reject::Incomplete)) => Err(Reject::Incomplete),
    }
}

const HELLO_RULE: &str = "hello: a whole hello in its record (RFC 6347 section 4.2)";
const RECORDS_RULE: &str = "records: records fill the datagram (RFC 6347 section 4.1)";

/// Whether a hello shows that the initiator is DTLS's client and the responder its server.
pub(super) fn shows_roles(opening: &Opening<'_>) -> bool {
    matches!(part(opening.initiator, message::CLIENT_HELLO), Ok(Part::Hello))
        || matches!(part(opening.responder, message::SERVER_HELLO), Ok(Part::Hello | Part::HelloVerify))
}

/// Whether all datagrams so far are records.
pub(super) fn is_pure(opening: &Opening<'_>) -> bool {
    let mut datagrams = opening.initiator.datagrams().chain(opening.responder.datagrams());
    datagrams.all(|datagram| Records::read(datagram.cursor()) .is_ok() || is_unified(datagram.bytes))
}

/// Judges one side; `hello` is the message type that it must begin with to count as a hello.
fn part(said: Said<'_>, hello: u8) -> Result<Part, Reject> {
    let mut best: Result<Part, Reject> = Err(Reject::Incomplete);
    let mut led_in = false;
    for datagram in said.datagrams() {
        let cursor = datagram.cursor();
        let mut records = match Records::read(cursor) {
            Ok(records) => records,
            Err(Reject::Incomplete) => continue,
            Err(Reject::Mismatch) if leads_in(&datagram) => {
                led_in = true;
                continue;
            }
            // A session that moves to another path brings its media along.
            Err(Reject::Mismatch) if (led_in || best.is_ok()) && may_share(datagram.bytes, best.is_ok()) => continue,
            Err(Reject::Mismatch) => return Err(Reject::Mismatch),
        };
        let mut seen = Part::Records;
        for record in records.by_ref() {
            if record.kind == content::ALERT && record.epoch == 0 {
                seen = seen.max(Part::Alert);
            }
            for fragment in record.fragments() {
                seen = seen.max(match fragment.kind {
                    message::HELLO_VERIFY_REQUEST if hello == message::SERVER_HELLO => Part::HelloVerify,
                    _ => Part::Begun,
                });
            }
        }
        // Only a handshake message says so much that the bytes behind it do not matter.
        let filled = records.rest().is_empty() || cursor.is_open();
        if filled || seen > Part::Records {
            best = Ok(best.map_or(seen, |best| best.max(seen)));
        } else {
            return Err(Reject::Mismatch);
        }
    }
    if best.is_ok_and(|part| part >= Part::Begun) {
        let message = assemble(said, hello);
        let whole = if hello == message::CLIENT_HELLO {
            ClientHello::parse(message.body(), Kind::Dtls).map(|hello| hello.is_whole())
        } else {
            ServerHello::parse(message.body(), Kind::Dtls).map(|hello| hello.is_whole())
        };
        match whole {
            Ok(true) => return Ok(Part::Hello),
            // What claims to be a hello and cannot be one.
            Err(Reject::Mismatch) => return Err(Reject::Mismatch),
            _ => {}
        }
    }
    best
}

/// STUN's magic cookie (RFC 8489 section 5).
const STUN_COOKIE: u32 = 0x2112_a442;
/// ZRTP's (RFC 6189 section 5).
const ZRTP_COOKIE: u32 = 0x5a52_5450;

/// Whether a datagram is what may come before everything else, by its cookie or its length: what opens the way
/// (RFC 7983 section 7). Media cannot: its keys come from the handshake.
fn leads_in(datagram: &Datagram<'_>) -> bool {
    let read = |mut cursor: Cursor<'_>| {
        let (kind, len, cookie) = (cursor.u16()?, u32::from(cursor.u16()?), cursor.u32());
        match kind >> 8 {
            0..=1 => require(cookie? == STUN_COOKIE && len + 20 == datagram.wire_len),
            0x10 => require(cookie? == ZRTP_COOKIE),
            // A channel's data, filled up to four bytes by some (RFC 8656 section 12.5).
            0x40..=0x4f => require((len + 4..=len + 7).contains(&datagram.wire_len)),
            _ => Err(Reject::Mismatch),
        }
    };
    !matches!(read(datagram.cursor()), Err(Reject::Mismatch))
}

/// Whether a datagram that is no record may stand in the same flow (RFC 7983 section 7): STUN and ZRTP, TURN channels,
/// RTP and RTCP; after a record, DTLS 1.3's encrypted ones.
fn may_share(datagram: &[u8], after_records: bool) -> bool {
    let Some(&first) = datagram.first() else { return true };
    matches!(first, 0..=3 | 16..=19 | 64..=79 | 128..=191) || after_records && is_unified(datagram)
}

/// Puts together the first message of type `kind` that a side sent.
fn assemble(said: Said<'_>, kind: u8) -> Assembler {
    let mut assembler = Assembler::new(kind);
    let records = said.datagrams().filter_map(|datagram| Records::read(datagram.cursor()).ok()).flatten();
    for fragment in records.flat_map(|record| record.fragments()) {
        assembler.add(&fragment);
    }
    assembler
}

pub(super) fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let hello = assemble(opening.initiator, message::CLIENT_HELLO);
    if let Ok(hello) = ClientHello::parse(hello.body(), Kind::Dtls) {
        HELLO.describe_client(&hello, attributes);
    }
    // What the server answered is told by the follower, which hears it even where the demand for a cookie settled the flow.
}

/// What stands behind the records of the first datagram that has a ClientHello.
pub(super) fn behind_client_hello(said: Said<'_>) -> Option<&[u8]> {
    said.datagrams().find_map(|datagram| {
        let mut records = Records::read(datagram.cursor()).ok()?;
        let hello = |cursor: Cursor<'_>| cursor.rest().first() == Some(&message::CLIENT_HELLO);
        let mut found = false;
        for record in records.by_ref() {
            found |= record.epoch == 0 && hello(record.body);
        }
        found.then(|| records.rest())
    })
}

/// A ClientHello of DTLS 1.2 without cookie: one suite, no extensions.
pub(super) const CLIENT: &[u8] = b"\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x36\
    \x01\x00\x00\x2a\x00\x00\x00\x00\x00\x00\x00\x2a\xfe\xfdabcdefghijklmnopqrstuvwxyz012345\
    \x00\x00\x00\x02\xc0\x2f\x01\x00";
/// The server's demand for a cookie.
pub(super) const VERIFY: &[u8] = b"\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x13\
    \x03\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\x07\xfe\xff\x04cook";
const SERVER: &[u8] = b"\x16\xfe\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x32\
    \x02\x00\x00\x26\x00\x00\x00\x00\x00\x00\x00\x26\xfe\xfd543210zyxwvutsrqponmlkjihgfedcba\x00\xc0\x2f\x00";
const DATA: &[u8] = b"\x17\xfe\xfd\x00\x01\x00\x00\x00\x00\x00\x05\x00\x08eightbyt";
const STUN: &[u8] = b"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl";
const CHANNEL: &[u8] = b"\x40\x01\x00\x05media";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "the server demands a cookie", &[CLIENT], &[VERIFY]),
    Example::udp(Confidence::Dialogue, "the server answers the hello", &[CLIENT], &[SERVER]),
    Example::udp(Confidence::Dialogue, "a hello after STUN, in one flow", &[STUN, CLIENT], &[SERVER]),
    Example::udp(Confidence::Dialogue, "a hello after a TURN channel's data, in one flow", &[CHANNEL, CLIENT], &[SERVER]),
    Example::udp(
        Confidence::Message,
        "a session that has moved: STUN, media, and data of both sides",
        &[STUN, b"\x80\x60\x00\x01\x00\x00\x00\xa0abcdmedia", DATA],
        &[DATA],
    ),
    Example::udp(Confidence::Dialogue, "media behind the hellos", &[CLIENT, b"\x80\x60\x00\x01\x00\x00\x00\xa0abcdmedia"], &[SERVER]),
    Example::udp(
        Confidence::Dialogue,
        "the server refuses",
        &[CLIENT],
        &[b"\x15\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x02\x28"],
    ),
    Example::udp(Confidence::Message, "nobody answers the hello", &[CLIENT, CLIENT], &[]),
    Example::udp(Confidence::Message, "only the server was captured", &[], &[SERVER]),
    Example::udp(Confidence::Message, "data of both sides", &[DATA], &[DATA, DATA]),
    Example::udp(Confidence::Signature, "data of one side", &[DATA], &[]),
    Example::not(
        Transport::Udp,
        "a record whose length does not fill the datagram",
        &[b"\x17\xfe\xfd\x00\x01\x00\x00\x00\x00\x00\x05\x00\x08eightbytes"],
        &[],
    ),
    Example::not(Transport::Udp, "CAPWAP's header before a record", &[b"\x01\x00\x00\x00\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01a"], &[]),
    Example::not(Transport::Udp, "a hello after text that begins as a TURN channel does", &[b"GET / HTTP/1.1\r\n\r\n", CLIENT], &[]),
    Example::not(Transport::Udp, "a hello after zeros", &[&[0; 32], CLIENT], &[]),
    Example::not(Transport::Udp, "TLS's record in a datagram", &[b"\x16\x03\x01\x00\x04\x01\x00\x00\x29"], &[]),
];
