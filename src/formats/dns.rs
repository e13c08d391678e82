//! The message layout of DNS, which mDNS, LLMNR and the NetBIOS name service share ([RFC 1035] section 4.1).
//!
//! ```text
//! id          2   chosen by the client, repeated by the server
//! flags       2   QR (1 = response), opcode (4 bits), AA TC RD RA Z AD CD, response code (4 bits)
//! counts    4x2   of questions, answers, authority and additional records
//! question        name, type (2), class (2)
//! record          name, type (2), class (2), TTL (4), length (2), data
//! name            labels of 1 to 63 bytes, then 0 or a pointer (11, 14 bits) to an earlier name
//! ```
//!
//! [RFC 1035]: https://www.rfc-editor.org/rfc/rfc1035

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Opening, Reject, Shape, Side};
use crate::key::Transport;
use std::fmt::Write;

/// Most messages of a side that are read: as many as an opening holds datagrams.
const MAX_MESSAGES: usize = 12;
/// Longest name in bytes, with its length bytes (RFC 1035 section 2.3.4).
const MAX_NAME: usize = 255;
/// Most pointers followed when a name is written out.
const MAX_POINTERS: usize = 16;

/// Bytes of the header, and of a name's beginning that is believed: a label's length and its first characters.
const HEADER: usize = 12;
const MIN_NAME: usize = 4;
/// The flag that marks a response.
const QR: u16 = 0x8000;
/// Type OPT, the pseudo-record of EDNS, whose class and TTL are something else (RFC 6891 section 6.1.2).
const OPT: u16 = 41;
/// In mDNS the class's top bit asks for a unicast answer or flushes caches (RFC 6762 sections 5.4 and 10.2).
const TOP_BIT: u16 = 0x8000;

/// A header, whose counts are small: with more than a thousand of anything it would not fit a datagram.
pub const SHAPE: Shape = Shape::of(12, &[(4, SMALL), (6, SMALL), (8, SMALL), (10, SMALL)]);
const SMALL: ByteSet = ByteSet::range(0, 3);

/// How much of a message is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// Its questions at the least.
    Questions,
    /// Its header, which is sound, and the beginning of a name; the capture cut the rest off.
    Header,
}

/// A message of DNS' layout, of which every question and record fits.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The message from its header on, as far as it is here.
    pub whole: &'a [u8],
    /// The id.
    pub id: u16,
    /// The flags, with opcode and response code.
    pub flags: u16,
    /// How many questions, answers, authority and additional records it has.
    pub counts: [u16; 4],
    /// How much of it is here.
    pub extent: Extent,
    /// Whether the top bit of a class was set, as only mDNS does.
    pub top_bit: bool,
    /// Whether its first name is one that NetBIOS encoded: 32 letters from A to P.
    pub netbios: bool,
}

impl<'a> Message<'a> {
    /// Reads a message that must fill `cursor`; it may be cut after its last question, or by the capture behind its
    /// header, if the header is sound.
    ///
    /// # Errors
    /// [`Reject::Mismatch`] when a name, a class or a length does not fit, [`Reject::Incomplete`] when
    /// its questions are not all here.
    pub fn parse(cursor: Cursor<'a>) -> Result<Self, Reject> {
        let mut rest = cursor;
        let (id, flags) = (rest.u16()?, rest.u16()?);
        let counts = [rest.u16()?, rest.u16()?, rest.u16()?, rest.u16()?];
        let [questions, answers, authorities, additional] = counts;
        let whole = cursor.rest();
        let mut message =
            Self { whole, id, flags, counts, extent: Extent::Questions, top_bit: false, netbios: false };
        message.netbios = is_netbios_name(rest.rest());
        for _ in 0..questions {
            match question(whole, &mut rest) {
                Ok((_, class)) => message.top_bit |= class & TOP_BIT != 0,
                Err(Reject::Incomplete) if cursor.is_cut() && message.has_sound_header() => {
                    message.extent = Extent::Header;
                    return Ok(message);
                }
                Err(reject) => return Err(reject),
            }
        }
        let records = u32::from(answers) + u32::from(authorities) + u32::from(additional);
        for _ in 0..records {
            match record(whole, &mut rest) {
                Ok(record) => message.top_bit |= record.kind != OPT && record.class & TOP_BIT != 0,
                // Without a question or a record nothing has been seen but a header.
                Err(Reject::Incomplete) if questions > 0 => return Ok(message),
                Err(Reject::Incomplete) if cursor.is_cut() && message.has_sound_header() => {
                    message.extent = Extent::Header;
                    return Ok(message);
                }
                Err(reject) => return Err(reject),
            }
        }
        rest.end()?;
        message.extent = Extent::Whole;
        Ok(message)
    }

    /// Whether flags and counts are as nearly everybody sends them, and something of a name follows: what is left to
    /// go by where the rest was cut off. 46 bits of random bytes are fixed by it, and those of the name.
    fn has_sound_header(&self) -> bool {
        let [questions, answers, authorities, additional] = self.counts;
        // Truncated, authoritative, or a code of failure: a response; Z is always zero (RFC 1035 section 4.1.1).
        let flags = if self.is_response() { self.flags & 0x7840 == 0 } else { self.flags & 0xfe4f == 0 };
        let asked = self.is_response() || answers == 0 && authorities == 0;
        let few = questions <= 16 && answers <= 64 && authorities <= 32 && additional <= 32;
        flags && asked && few && questions + answers > 0 && self.whole.len() >= HEADER + MIN_NAME
    }

    /// Whether it is a response.
    pub const fn is_response(&self) -> bool {
        self.flags & QR != 0
    }

    /// What is asked: 0 query, 4 notify, 5 update ...
    pub const fn opcode(&self) -> u16 {
        self.flags >> 11 & 0xf
    }

    /// The response code.
    pub const fn rcode(&self) -> u16 {
        self.flags & 0xf
    }

    /// The first question's bytes: name, type and class.
    pub fn first_question(&self) -> Option<&'a [u8]> {
        let mut rest = Cursor::closed(self.whole.get(12..)?);
        let before = rest.rest();
        let [questions, ..] = self.counts;
        (questions > 0).then_some(())?;
        question(self.whole, &mut rest).ok()?;
        before.get(..before.len() - rest.len())
    }

    /// The questions: each name in dotted form, and its type.
    pub fn questions(&self) -> impl Iterator<Item = (String, u16)> + use<'a> {
        let (whole, [questions, ..]) = (self.whole, self.counts);
        let mut rest = Cursor::closed(whole.get(12..).unwrap_or_default());
        (0..questions).map_while(move |_| {
            let at = whole.len() - rest.len();
            let (kind, _) = question(whole, &mut rest).ok()?;
            Some((dotted(whole, at), kind))
        })
    }

    /// A record's name in dotted form.
    pub fn name_of(&self, record: &Record<'_>) -> String {
        dotted(self.whole, record.name_at)
    }

    /// The records of all three sections.
    pub fn records(&self) -> impl Iterator<Item = Record<'a>> + use<'a> {
        let (whole, [questions, answers, authorities, additional]) = (self.whole, self.counts);
        let mut rest = Cursor::closed(whole.get(12..).unwrap_or_default());
        let fits = (0..questions).all(|_| question(whole, &mut rest).is_ok());
        let records = if fits { [answers, authorities, additional].map(u32::from).iter().sum() } else { 0 };
        (0..records).map_while(move |_| record(whole, &mut rest).ok())
    }
}

/// A resource record.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Where its name begins in the message.
    pub name_at: usize,
    /// Its type.
    pub kind: u16,
    /// Its class.
    pub class: u16,
    /// Its data.
    pub data: &'a [u8],
}

/// Passes over a name (RFC 1035 sections 3.1 and 4.1.4); a pointer must point backwards, behind the header.
pub fn skip_name(whole: &[u8], cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    let start = whole.len().saturating_sub(cursor.len());
    let mut len = 0;
    loop {
        match cursor.u8()? {
            0 => return Ok(()),
            label @ 1..=63 => {
                len += usize::from(label) + 1;
                require(len < MAX_NAME)?;
                cursor.skip(label.into())?;
            }
            high @ 0xc0.. => {
                let target = usize::from(high & 0x3f) << 8 | usize::from(cursor.u8()?);
                return require((12..start.max(13)).contains(&target));
            }
            _ => return Err(Reject::Mismatch),
        }
    }
}

/// Reads a question: its type and class.
fn question(whole: &[u8], cursor: &mut Cursor<'_>) -> Result<(u16, u16), Reject> {
    skip_name(whole, cursor)?;
    let (kind, class) = (cursor.u16()?, cursor.u16()?);
    require(is_type(kind) && is_class(class & !TOP_BIT))?;
    Ok((kind, class))
}

/// Reads a record.
fn record<'a>(whole: &'a [u8], cursor: &mut Cursor<'a>) -> Result<Record<'a>, Reject> {
    let name_at = whole.len().saturating_sub(cursor.len());
    let root = cursor.rest().first() == Some(&0);
    skip_name(whole, cursor)?;
    let (kind, class) = (cursor.u16()?, cursor.u16()?);
    cursor.skip(4)?;
    let len = cursor.u16()?;
    require(match kind {
        OPT => root,
        // Addresses, unless an update names them without data (RFC 2136 section 2.4).
        1 => matches!(len, 0 | 4) && is_class(class & !TOP_BIT),
        28 => matches!(len, 0 | 16) && is_class(class & !TOP_BIT),
        _ => is_type(kind) && is_class(class & !TOP_BIT),
    })?;
    let data = cursor.take(len.into())?;
    Ok(Record { name_at, kind, class, data })
}

/// Whether a type is assigned, or kept for private use (IANA "Domain Name System Parameters").
const fn is_type(kind: u16) -> bool {
    matches!(kind, 1..=270 | 0x8000..=0x8001 | 0xff00..)
}

/// Whether a class is assigned: IN, CS, CH, HS, NONE, ANY (RFC 6895 section 3.2).
const fn is_class(class: u16) -> bool {
    matches!(class, 1..=4 | 254 | 255)
}

/// Whether a name begins with a label of 32 letters from A to P, as NetBIOS encodes its names (RFC 1001 section 14.1).
///
/// A few letters may be damaged: a host name of 32 letters holds others throughout.
fn is_netbios_name(bytes: &[u8]) -> bool {
    let label = bytes.get(1..33).unwrap_or_default();
    let letters = label.iter().filter(|byte| (b'A'..=b'P').contains(byte)).count();
    bytes.first() == Some(&32) && letters >= 28
}

/// A name in dotted form; bytes that no host name has are written as `\DDD` (RFC 1035 section 5.1).
pub fn dotted(whole: &[u8], at: usize) -> String {
    let mut text = String::new();
    let mut rest = Cursor::closed(whole.get(at..).unwrap_or_default());
    let mut pointers = 0;
    while let Ok(len) = rest.u8() {
        match len {
            1..=63 => {
                for &byte in rest.take(len.into()).unwrap_or_default() {
                    if byte.is_ascii_graphic() && !matches!(byte, b'.' | b'\\') {
                        text.push(byte.into());
                    } else {
                        let _ = write!(text, "\\{byte:03}");
                    }
                }
                text.push('.');
            }
            0xc0.. if pointers < MAX_POINTERS && text.len() < MAX_NAME => {
                pointers += 1;
                let target = usize::from(len & 0x3f) << 8 | usize::from(rest.u8().unwrap_or_default());
                rest = Cursor::closed(whole.get(target..).unwrap_or_default());
            }
            _ => break,
        }
    }
    if text.len() > 1 {
        text.pop();
    } else {
        text.push('.');
    }
    text
}

/// The first messages that a side sent: datagrams, or parts of a stream behind their lengths (section 4.2.2).
///
/// # Errors
/// When the first of all is no such message; those that come later need not be.
pub fn messages<'a>(
    opening: &Opening<'a>,
    side: Side,
) -> Result<[Option<Message<'a>>; MAX_MESSAGES], Reject> {
    let said = opening.said(side);
    let mut stream = said.stream();
    let mut datagrams = said.datagrams();
    let mut next = || {
        if opening.transport == Transport::Tcp {
            stream.u16().and_then(|len| stream.within(len.into())).and_then(Message::parse)
        } else {
            datagrams.next().ok_or(Reject::Incomplete).and_then(|datagram| Message::parse(datagram.cursor()))
        }
    };
    // Most openings are no DNS: room for messages is made for those only that are.
    let first = next()?;
    let mut messages = [None; MAX_MESSAGES];
    for (index, place) in messages.iter_mut().enumerate() {
        *place = if index == 0 { Some(first) } else { next().ok() };
    }
    Ok(messages)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLY: [u8; 12] = [0xab, 0xcd, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0];
    const QUESTION: &[u8] = b"\x03www\x07example\0\0\x01\0\x01";
    const ANSWER: &[u8] = b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\xc0\0\x02\x01";

    #[test]
    fn a_message_must_fill_its_datagram() {
        let mut bytes = [&REPLY, QUESTION, ANSWER].concat();
        let message = Message::parse(Cursor::closed(&bytes)).unwrap();
        assert!(message.extent == Extent::Whole && message.is_response());
        assert_eq!(message.questions().next(), Some(("www.example".to_owned(), 1)));
        assert_eq!(
            message.records().next().map(|r| dotted(&bytes, r.name_at)).as_deref(),
            Some("www.example")
        );
        bytes.push(0);
        assert_eq!(Message::parse(Cursor::closed(&bytes)).map(drop), Err(Reject::Mismatch));
    }

    #[test]
    fn a_message_that_the_capture_cut_is_known_by_its_question() {
        let bytes = [&REPLY, QUESTION].concat();
        assert!(
            Message::parse(Cursor::open(&bytes)).is_ok_and(|message| message.extent == Extent::Questions)
        );
        assert_eq!(Message::parse(Cursor::closed(&bytes)).map(drop), Err(Reject::Mismatch));
    }

    #[test]
    fn of_a_message_that_was_cut_in_its_question_the_header_must_be_sound() {
        let bytes = [&REPLY, &QUESTION[..6]].concat();
        assert!(
            Message::parse(Cursor::cut(&bytes, 40)).is_ok_and(|message| message.extent == Extent::Header)
        );
        assert_eq!(Message::parse(Cursor::open(&bytes)).map(drop), Err(Reject::Incomplete));
        let strange = [&[0xab, 0xcd, 0x7a, 0x1b, 0, 1, 0, 1, 0, 0, 0, 0], &QUESTION[..6]].concat();
        assert_eq!(Message::parse(Cursor::cut(&strange, 40)).map(drop), Err(Reject::Incomplete));
    }

    #[test]
    fn a_pointer_that_does_not_point_backwards_is_refused() {
        let mut bytes = [&REPLY, QUESTION, ANSWER].concat();
        let at = REPLY.len() + QUESTION.len();
        bytes[at + 1] = at as u8;
        assert_eq!(Message::parse(Cursor::closed(&bytes)).map(drop), Err(Reject::Mismatch));
    }

    #[test]
    fn writing_out_a_name_that_points_to_itself_ends() {
        let mut bytes = REPLY.to_vec();
        bytes.extend_from_slice(&[1, b'a', 0xc0, 12]);
        assert!(dotted(&bytes, 12).len() <= 2 * MAX_POINTERS + 2);
    }

    #[test]
    fn bytes_that_no_host_name_has_are_escaped() {
        assert_eq!(dotted(b"\x04a.\0b\0", 0), "a\\046\\000b");
        assert_eq!(dotted(b"\0", 0), ".");
    }
}
