//! Network Time Protocol (NTP), its simple kind (SNTP), and its control messages.
//!
//! ```text
//! LI (2 bits), version (3), mode (3); stratum; poll; precision; root delay (4); root dispersion (4); reference id (4)
//! reference, origin, receive and transmit timestamp, 8 bytes each: seconds since 1900, fraction
//! then nothing, extension fields, or key id and digest
//! ```
//!
//! The answer's origin timestamp is the request's transmit timestamp ([RFC 5905] section 8): 64 bits that
//! only the server of that client can know. A message alone is weak: 48 bytes of which the first has one
//! of some 30 values. So it counts only on port 123, or when the times in an answer lie close together.
//!
//! Control messages (mode 6, [RFC 9327]) and the private ones of ntpd (mode 7) share port and first byte.
//!
//! [RFC 5905]: https://www.rfc-editor.org/rfc/rfc5905
//! [RFC 9327]: https://www.rfc-editor.org/rfc/rfc9327

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Shape, Side, Verdict};
use crate::key::Transport;
use crate::layout::laid_out;
use crate::sequence::{in_datagrams, share};

/// NTP.
pub const INSPECTOR: Inspector = Inspector {
    name: "ntp",
    title: "Network Time Protocol",
    specification: "RFC 5905 sections 7.3 and 8, RFC 9327 section 2",
    carriers: Carriers::UDP,
    ports: PORTS,
    // Versions 1 to 4, any leap indicator, modes 1 to 7; the private mode has other bits above the version.
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    datagram: Shape::of(48, &[(1, ByteSet::range(0x00, 0x10))]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("ntp.version", "the version number of the first message"),
        ("ntp.mode", "what the first message is: client, server, broadcast ..."),
        ("ntp.stratum", "the answering server's stratum"),
        ("ntp.reference", "the answering server's reference, where its stratum is 1 and it is text"),
    ],
    headline: &["ntp.mode", "ntp.stratum"],
    confused_with: "other short datagrams: a message by itself has few constant bits",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[123];
/// Highest stratum: not synchronised (RFC 5905 section 7.3, figure 11).
const MAX_STRATUM: u8 = 16;
/// What may stand behind header and extension fields, in bytes: nothing, a key id alone (a refusal), a key id and a
/// digest of 128, 160 or 256 bits (RFC 5905 section 7.3), Windows' extended authenticator (MS-SNTP section 2.2.3).
const DIGESTS: [usize; 6] = [0, 4, 20, 24, 36, 72];
/// Shortest extension field in bytes (RFC 7822 section 7.5).
const MIN_EXTENSION: u16 = 16;
/// Highest opcode of a control message, but for 31 (RFC 9327 section 2), and room for padding and authenticator in bytes.
const MAX_OPCODE: u8 = 12;
const MAX_AUTHENTICATOR: usize = 40;
/// ntpd's implementation numbers in the private mode: universal 0, 2 and 3 of two code bases.
const MAX_IMPLEMENTATION: u8 = 3;
/// Seconds that an answer's receive, transmit and reference times may lie apart: a server answers at once,
/// and polls its own reference within 36 hours.
const MAX_TURNAROUND: u32 = 10;
const MAX_REFERENCE_AGE: u32 = 36 * 3600;

mod mode {
    pub(super) const SYMMETRIC: u8 = 1;
    pub(super) const PASSIVE: u8 = 2;
    pub(super) const CLIENT: u8 = 3;
    pub(super) const SERVER: u8 = 4;
    pub(super) const BROADCAST: u8 = 5;
    pub(super) const CONTROL: u8 = 6;
    pub(super) const PRIVATE: u8 = 7;
}

#[derive(Clone, Copy)]
struct Packet<'a> {
    first: u8,
    stratum: u8,
    reference_id: &'a [u8],
    reference: u64,
    origin: u64,
    receive: u64,
    transmit: u64,
}

impl Packet<'_> {
    const fn mode(&self) -> u8 {
        self.first & 7
    }

    /// Whether a server's times follow each other as they must: reference, then receive, then transmit.
    fn has_close_times(&self) -> bool {
        let seconds = |time: u64| (time >> 32) as u32;
        let turnaround = seconds(self.transmit).wrapping_sub(seconds(self.receive));
        let age = seconds(self.transmit).wrapping_sub(seconds(self.reference));
        matches!(self.stratum, 1..=15)
            && self.mode() == mode::SERVER
            && self.receive != 0
            && turnaround <= MAX_TURNAROUND
            && age <= MAX_REFERENCE_AGE
    }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let asked = share(
        opening,
        |cursor| time(cursor).and_then(|packet| asks(&packet).then_some(packet.transmit).ok_or(Reject::Mismatch)),
        |cursor| time(cursor).and_then(|packet| tells(&packet).then_some(packet.origin).ok_or(Reject::Mismatch)),
    );
    if asked {
        return Ok(Evidence::dialogue("origin-timestamp: the request's transmit time comes back (RFC 5905 section 8)"));
    }
    let controlled = share(opening, |cursor| control(cursor, false), |cursor| control(cursor, true));
    if controlled {
        return Ok(Evidence::dialogue("control-sequence: a control message's number comes back (RFC 9327 section 2)"));
    }
    let on_port = opening.is_on(PORTS);
    let judge = |side: Side| -> Result<Confidence, Reject> {
        let response = side == Side::Responder;
        let (mut telling, mut cut) = (false, false);
        in_datagrams(&opening.said(side), |cursor| match time(*cursor) {
            Err(Reject::Incomplete) if on_port && cursor.is_cut() => {
                cut = true;
                head(*cursor, response)
            }
            Ok(packet) => {
                telling |= packet.has_close_times();
                require(packet.mode() != mode::SERVER || response)
            }
            Err(_) if on_port => control(*cursor, response).map(drop).or_else(|_| private(*cursor, response)),
            Err(reject) => Err(reject),
        })?;
        match (on_port, telling) {
            (true, _) if cut => Ok(Confidence::Signature),
            (true, _) => Ok(Confidence::Message),
            (false, true) => Ok(Confidence::Signature),
            // Some 2^-4 of random datagrams of this length would get here: only an answer can tell.
            (false, false) => Err(Reject::Incomplete),
        }
    };
    let rule = "time-message: sound fields on NTP's port, or times in an answer that lie close (RFC 5905 section 7.3)";
    let verdict = Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)?;
    // Both sides without a pair: well-formed, but not seen to answer each other.
    Ok(Evidence { confidence: verdict.confidence.min(Confidence::Message), ..verdict })
}

/// Reads a time message (modes 1 to 5) with what may follow it (RFC 5905 sections 7.3 and 7.5).
fn time(mut cursor: Cursor<'_>) -> Result<Packet<'_>, Reject> {
    let (first, stratum) = (cursor.u8()?, cursor.u8()?);
    let version = first >> 3 & 7;
    let known = matches!(first & 7, mode::SYMMETRIC..=mode::BROADCAST) && matches!(version, 1..=4);
    require(known && stratum <= MAX_STRATUM)?;
    // Poll interval, precision, root delay and dispersion.
    cursor.skip(10)?;
    let reference_id = cursor.take(4)?;
    let (reference, origin, receive, transmit) = (cursor.u64()?, cursor.u64()?, cursor.u64()?, cursor.u64()?);
    trailer(cursor)?;
    Ok(Packet { first, stratum, reference_id, reference, origin, receive, transmit })
}

/// Judges the beginning of a time message that the capture cut, on NTP's port: its fields, and a length that NTP has.
fn head(mut cursor: Cursor<'_>, response: bool) -> Result<(), Reject> {
    let whole = cursor.total();
    let (first, stratum, poll, precision) = (cursor.u8()?, cursor.u8()?, cursor.u8()?, cursor.u8()?);
    let known = matches!(first & 7, mode::SYMMETRIC..=mode::BROADCAST) && matches!(first >> 3 & 7, 1..=4);
    // Intervals and precision are powers of two in seconds: up to 36 hours, and from a nanosecond on (section 7.3).
    require(known && stratum <= MAX_STRATUM && poll <= 17 && (precision == 0 || precision >= 0xe0))?;
    require(whole.is_some_and(|len| len >= 48 && len % 4 == 0) && (response || first & 7 != mode::SERVER))
}

/// Reads extension fields until nothing is left but, perhaps, key id and digest.
fn trailer(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    loop {
        if cursor.is_open() || DIGESTS.contains(&cursor.len()) {
            return Ok(());
        }
        cursor.skip(2)?;
        let len = cursor.u16()?;
        require(len >= MIN_EXTENSION && len % 4 == 0)?;
        cursor.skip(usize::from(len) - 4)?;
    }
}

/// Whether a message is one that is answered by its transmit time.
fn asks(packet: &Packet<'_>) -> bool {
    matches!(packet.mode(), mode::CLIENT | mode::SYMMETRIC) && packet.transmit != 0
}

/// Whether a message is one that answers another.
fn tells(packet: &Packet<'_>) -> bool {
    matches!(packet.mode(), mode::SERVER | mode::PASSIVE | mode::SYMMETRIC) && packet.origin != 0
}

/// Reads a control message: opcode and sequence number (RFC 9327 section 2).
fn control(mut cursor: Cursor<'_>, response: bool) -> Result<(u8, u16), Reject> {
    let (first, opcode) = (cursor.u8()?, cursor.u8()?);
    require(first & 0xc7 == mode::CONTROL && matches!(first >> 3, 1..=4))?;
    require((opcode & 0x80 != 0) == response && (opcode & 0x1f <= MAX_OPCODE || opcode & 0x1f == 0x1f))?;
    let sequence = cursor.u16()?;
    cursor.skip(6)?;
    let count = usize::from(cursor.u16()?);
    let data = cursor.within(count)?;
    require(data.is_open() || cursor.len() <= MAX_AUTHENTICATOR)?;
    Ok((opcode & 0x1f, sequence))
}

/// Reads a message of ntpd's private mode: how many items of which size follow its header.
fn private(mut cursor: Cursor<'_>, response: bool) -> Result<(), Reject> {
    let first = cursor.u8()?;
    require(first & 7 == mode::PRIVATE && matches!(first >> 3 & 7, 1..=4) && (first & 0x80 != 0) == response)?;
    cursor.skip(1)?;
    require(cursor.u8()? <= MAX_IMPLEMENTATION)?;
    cursor.skip(1)?;
    let (items, size) = (cursor.u16()? & 0xfff, cursor.u16()?);
    require(size & 0xf000 == 0)?;
    let len = usize::from(items) * usize::from(size);
    cursor.within(len).map(drop)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let first = |side| opening.said(side).datagrams().find_map(|datagram| time(datagram.cursor()).ok());
    let (request, reply) = (first(Side::Initiator), first(Side::Responder));
    if let Some(packet) = request.or(reply) {
        attributes.set("ntp.version", packet.first >> 3 & 7);
        let names = ["symmetric active", "symmetric passive", "client", "server", "broadcast"];
        attributes.set_some("ntp.mode", names.get(usize::from(packet.mode()).wrapping_sub(1)).copied());
    }
    if let Some(packet) = reply {
        attributes.set("ntp.stratum", packet.stratum);
        let text = packet.reference_id.split(|&byte| byte == 0).next().unwrap_or_default();
        let told = packet.stratum == 1 && !text.is_empty() && text.iter().all(u8::is_ascii_graphic);
        attributes.set_some("ntp.reference", told.then_some(text));
    }
}

/// 1 January 2026, 00:00:00, in seconds since 1900.
const CLIENT: &[u8] = &laid_out::<48>(&[(0, &[0x23]), (2, &[6, 0xec]), (40, &[0xed, 0, 0x3a, 0, 1, 2, 3, 4])]);
const SERVER: &[u8] = &laid_out::<48>(&[
    (0, &[0x24, 1, 6, 0xec]),
    (12, b"GPS\0"),
    (16, &[0xed, 0, 0x30, 0, 0, 0, 0, 0]),
    (24, &[0xed, 0, 0x3a, 0, 1, 2, 3, 4]),
    (32, &[0xed, 0, 0x3a, 1, 0, 0, 0, 0]),
    (40, &[0xed, 0, 0x3a, 1, 0, 1, 0, 0]),
]);
const READ_VARIABLES: &[u8] = b"\x16\x02\0\x07\0\0\0\0\0\0\0\0";
const VARIABLES: &[u8] = b"\x16\x82\0\x07\x06\x18\0\0\0\0\0\x08stratum2";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "the request's time comes back, on whatever port", &[CLIENT], &[SERVER]),
    Example::udp(Confidence::Message, "a request on NTP's port", &[CLIENT], &[]).on(123),
    Example::udp(Confidence::Signature, "an answer alone, on another port", &[], &[SERVER]),
    Example::udp(Confidence::Dialogue, "a control message and its answer", &[READ_VARIABLES], &[VARIABLES]).on(123),
    Example::udp(Confidence::Message, "a request for ntpd's list of clients", &[b"\x17\0\x03\x2a\0\0\0\0"], &[]).on(123),
    Example::not(Transport::Udp, "a request alone, on another port", &[CLIENT], &[]),
    Example::not(Transport::Udp, "one byte too many, on NTP's port", &[&laid_out::<49>(&[(0, &[0x23])])], &[]).on(123),
];
