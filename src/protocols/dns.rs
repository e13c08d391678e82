//! Domain Name System (DNS): queries and responses, notifications and updates, over UDP and TCP.
//!
//! ```text
//! initiator   id, flags without QR, one question        (RFC 1035 section 4.1; the layout: `formats::dns`)
//! responder   the same id, QR, the same question, records
//! ```
//!
//! Over TCP each message stands behind its length in two bytes (section 4.2.2).
//!
//! [RFC 1035]: https://www.rfc-editor.org/rfc/rfc1035

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::formats::dns::{Extent, Message, SHAPE, messages, skip_name};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// DNS.
pub const INSPECTOR: Inspector = Inspector {
    name: "dns",
    title: "Domain Name System",
    specification: "RFC 1035 section 4, RFC 1996, RFC 2136, RFC 6891",
    carriers: Carriers::TCP_UDP,
    ports: PORTS,
    // Over UDP the first byte is half of a random id.
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    datagram: SHAPE,
    inspect,
    describe: Some(describe),
    attributes: &[
        ("dns.queries", "the first names that were asked for"),
        ("dns.types", "the record types that were asked for"),
        ("dns.rcodes", "the response codes of the first answers"),
    ],
    headline: &["dns.queries", "dns.rcodes"],
    confused_with: "mDNS, LLMNR and NetBIOS names share its layout and are told apart by port, multicast group and \
                    encoded names; SOME/IP service discovery begins like a response, but no record follows",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[53];
/// Most questions of one message: servers answer one, so more than a few are no query.
const MAX_QUESTIONS: u16 = 16;
/// Bytes of a question that are compared where the capture cut it: a label's length and a few characters.
const SEEN: usize = 10;
/// Datagrams after which a flow on DNS' port, none of which was sound, is something else.
const ENOUGH: usize = 4;
/// Most names, types and response codes that are told.
const MAX_TOLD: usize = 8;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let (asked, answered) = (messages(opening, Side::Initiator), messages(opening, Side::Responder));
    match (asked, answered) {
        (Ok(asked), Ok(answered)) => {
            let (asked, answered) = (asked.iter().flatten(), answered.iter().flatten());
            let pair = asked.clone().any(|query| answered.clone().any(|response| answers(query, response)));
            if pair {
                return Ok(Evidence::dialogue("answered-question: id and question come back (RFC 1035 section 4.1)"));
            }
            let first = asked.clone().next().ok_or(Reject::Incomplete)?;
            let from = if first.is_response() { Side::Responder } else { Side::Initiator };
            let told = if from == Side::Initiator { asked.clone().next() } else { answered.clone().next() };
            alone(opening, told.ok_or(Reject::Incomplete)?, from)
        }
        (Ok(asked), Err(Reject::Incomplete)) => {
            let first = asked.iter().flatten().next().ok_or(Reject::Incomplete)?;
            // Responses without a query: the sides are the other way round.
            if first.is_response() { Err(Reject::Incomplete) } else { alone(opening, first, Side::Initiator) }
        }
        (Err(Reject::Incomplete), Ok(answered)) => {
            let first = answered.iter().flatten().next().ok_or(Reject::Incomplete)?;
            if first.is_response() { alone(opening, first, Side::Responder) } else { Err(Reject::Incomplete) }
        }
        (Err(Reject::Incomplete), Err(Reject::Incomplete)) => Err(Reject::Incomplete),
        _ => damaged(opening),
    }
}

/// Weighs one message that nothing answers.
fn alone(opening: &Opening<'_>, message: &Message<'_>, side: Side) -> Verdict {
    require(is_plain(message))?;
    if message.extent == Extent::Header {
        // Of others there may be a header like this, but not towards DNS' port.
        let rule = "header: a sound header and the beginning of a name, cut by the capture (RFC 1035 section 4.1)";
        return if opening.is_on(PORTS) { Ok(Evidence::signature(rule).from(side)) } else { Err(Reject::Incomplete) };
    }
    // A bare header with counts of zero, as some servers refuse with, is 64 bits of zero and no more.
    let bare = message.counts == [0; 4];
    if bare && !(opening.is_on(PORTS) && message.is_response()) {
        return Err(Reject::Incomplete);
    }
    let evidence = if bare {
        Evidence::signature("bare-response: a header that refuses, from DNS' port (RFC 1035 section 4.1.1)")
    } else if message.extent == Extent::Whole {
        Evidence::message("whole-message: header, names and records fill the message (RFC 1035 section 4.1)")
    } else {
        Evidence::signature("question: a header and questions, cut after them (RFC 1035 section 4.1.2)")
    };
    Ok(evidence.from(side))
}

/// Whether a message is DNS and not of a relative: known opcode, few questions, plain classes and names.
fn is_plain(message: &Message<'_>) -> bool {
    let [questions, ..] = message.counts;
    matches!(message.opcode(), 0..=2 | 4..=6) && questions <= MAX_QUESTIONS && !message.netbios
}

/// Whether `response` answers `query`: the id, and the question unless it was left out.
fn answers(query: &Message<'_>, response: &Message<'_>) -> bool {
    let same = |a: &[u8], b: &[u8]| a.eq_ignore_ascii_case(b);
    if query.extent == Extent::Header || response.extent == Extent::Header {
        // As much of the question as is here of both comes back.
        let begins = [query, response].map(|message| message.whole.get(12..).unwrap_or_default());
        let [asked, repeated] = begins;
        let [questions, ..] = response.counts;
        return query.id == response.id
            && !query.is_response()
            && response.is_response()
            && is_plain(query)
            && questions > 0
            && asked.iter().zip(repeated).take(SEEN).all(|(a, b)| a.eq_ignore_ascii_case(b));
    }
    let question = match (query.first_question(), response.first_question()) {
        (Some(asked), Some(repeated)) => same(asked, repeated),
        (Some(_), None) => true,
        (None, None) => !query.is_response() && query.opcode() != 0,
        (None, Some(_)) => false,
    };
    query.id == response.id
        && !query.is_response()
        && response.is_response()
        && query.opcode() == response.opcode()
        && is_plain(query)
        && question
}

/// On DNS' own port a message whose records are damaged is still known by its header, or by its question.
///
/// Of random datagrams one in 2^36 has such counts, and one in 2^32 such a question.
fn damaged(opening: &Opening<'_>) -> Verdict {
    require(opening.is_on(PORTS) && opening.transport == Transport::Udp)?;
    let rule = "header: counts or a question in a damaged message on DNS' port (RFC 1035 section 4.1.1)";
    let mut seen = 0;
    for side in [Side::Initiator, Side::Responder] {
        for datagram in opening.said(side).datagrams() {
            if begins(datagram.cursor(), side).is_ok() {
                return Ok(Evidence::signature(rule).from(side));
            }
            seen += 1;
        }
    }
    Err(if seen < ENOUGH { Reject::Incomplete } else { Reject::Mismatch })
}

fn begins(mut cursor: Cursor<'_>, side: Side) -> Result<(), Reject> {
    let whole = cursor.rest();
    let (_, flags, counts) = (cursor.u16()?, cursor.u16()?, cursor.array::<8>()?);
    require((flags >> 15 == 1) == (side == Side::Responder))?;
    let small = matches!(counts, [0, questions, 0, _, 0, _, 0, _] if u16::from(questions) <= MAX_QUESTIONS) && counts != [0; 8];
    let question = skip_name(whole, &mut cursor)
        .and_then(|()| require(matches!(cursor.u16()?, 1..=65 | 250..=257) && cursor.u16()? == 1));
    require(question.is_ok() || small && matches!(flags >> 11 & 0xf, 0 | 4 | 5))
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let (mut names, mut types, mut rcodes) = (Vec::new(), Vec::new(), Vec::new());
    let mut open = false;
    let tell = |list: &mut Vec<String>, text: String| {
        if list.len() < MAX_TOLD && !list.contains(&text) {
            list.push(text);
        }
    };
    for side in [Side::Initiator, Side::Responder] {
        let Ok(messages) = messages(opening, side) else { continue };
        for message in messages.iter().flatten() {
            open |= message.extent != Extent::Whole && message.questions().count() < usize::from(message.counts[0]);
            for (name, kind) in message.questions().take(MAX_TOLD) {
                tell(&mut names, name);
                tell(&mut types, type_name(kind));
            }
            if message.is_response() {
                tell(&mut rcodes, rcode_name(message.rcode()));
            }
        }
    }
    for (key, list, open) in [("dns.queries", names, open), ("dns.types", types, open), ("dns.rcodes", rcodes, false)] {
        attributes.set_list(key, list, open);
    }
}

/// A record type's mnemonic (IANA "Resource Record (RR) TYPEs"), or `TYPE` and its number (RFC 3597 section 5).
pub(super) fn type_name(kind: u16) -> String {
    let name = match kind {
        1 => "A",
        2 => "NS",
        5 => "CNAME",
        6 => "SOA",
        10 => "NULL",
        12 => "PTR",
        13 => "HINFO",
        15 => "MX",
        16 => "TXT",
        28 => "AAAA",
        33 => "SRV",
        35 => "NAPTR",
        43 => "DS",
        46 => "RRSIG",
        47 => "NSEC",
        48 => "DNSKEY",
        52 => "TLSA",
        64 => "SVCB",
        65 => "HTTPS",
        99 => "SPF",
        249 => "TKEY",
        250 => "TSIG",
        251 => "IXFR",
        252 => "AXFR",
        255 => "ANY",
        257 => "CAA",
        _ => return format!("TYPE{kind}"),
    };
    name.to_owned()
}

/// A response code's mnemonic (IANA "DNS RCODEs"), or `RCODE` and its number.
fn rcode_name(rcode: u16) -> String {
    let names = [
        "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET",
        "NOTAUTH", "NOTZONE",
    ];
    names.get(usize::from(rcode)).map_or_else(|| format!("RCODE{rcode}"), |&name| name.to_owned())
}

const QUERY: &[u8] = b"\x4a\x3b\x01\0\0\x01\0\0\0\0\0\0\x03www\x07example\x03net\0\0\x01\0\x01";
const RESPONSE: &[u8] = b"\x4a\x3b\x81\x80\0\x01\0\x01\0\0\0\0\x03www\x07example\x03net\0\0\x01\0\x01\
    \xc0\x0c\0\x01\0\x01\0\0\x0e\x10\0\x04\xc0\0\x02\x17";
const UPDATE: &[u8] = b"\x11\x22\x28\0\0\x01\0\x01\0\0\0\0\x07example\x03net\0\0\x06\0\x01\
    \x02pc\xc0\x0c\0\x01\0\xff\0\0\0\0\0\0";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a question and its answer", &[QUERY], &[RESPONSE]),
    Example::udp(Confidence::Message, "a question that nobody answers", &[QUERY], &[]),
    Example::udp(Confidence::Message, "only the answer was captured", &[], &[RESPONSE]),
    Example::udp(Confidence::Message, "an update with a record that holds no data", &[UPDATE], &[]),
    Example::udp(
        Confidence::Dialogue,
        "a refusal without the question",
        &[QUERY],
        &[b"\x4a\x3b\x81\x85\0\0\0\0\0\0\0\0"],
    ),
    Example::udp(
        Confidence::Signature,
        "an answer whose record is damaged, from DNS' port",
        &[],
        &[b"\x4a\x3b\x81\x80\0\x01\0\x01\0\0\0\0\x03www\x07example\x03net\0\0\x01\0\x01\xc0\x0c\0\x01\xff"],
    )
    .on(53),
    Example::tcp(
        Confidence::Dialogue,
        "messages behind their lengths",
        &[b"\0\x21", QUERY],
        &[b"\0\x31", RESPONSE],
    ),
    Example::not(
        Transport::Udp,
        "SOME/IP service discovery, which begins like a response",
        &[b"\xff\xff\x81\0\0\0\0\x20\0\0\0\x01\x01\x01\x02\0\xc0\0\0\0\0\0\0\x10\x06\0\0\0\x12\x34\xff\xff\
           \0\0\0\x03\0\0\0\0"],
        &[],
    ),
    Example::not(
        Transport::Udp,
        "a name that NetBIOS encoded",
        &[b"\x80\x01\x01\x10\0\x01\0\0\0\0\0\0\x20CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\0\0\x21\0\x01"],
        &[],
    ),
    Example::not(Transport::Udp, "a header and nothing else", &[b"\x4a\x3b\x01\0\0\0\0\0\0\0\0\0"], &[]),
    Example::not(Transport::Udp, "bytes after the last record", &[b"\x4a\x3b\x01\0\0\x01\0\0\0\0\0\0\x01a\0\0\x01\0\x01\0"], &[]),
];
