//! ASN.1 Basic Encoding Rules: tag, length, contents (ITU-T X.690 section 8); DER is a subset of them.
//!
//! ```text
//! tag      1 byte: class (2 bits), constructed (1 bit), number (5 bits); number 31: more bytes follow
//! length   1 byte below 0x80, or 0x80 + n and n bytes; 0x80 alone would be the indefinite form
//! contents as many bytes as the length says: a value, or further elements
//! ```
//!
//! Only definite lengths are read: the protocols that use these rules over the network (LDAP, Kerberos,
//! SNMP, X.509) forbid or never use the indefinite form.

use crate::cursor::{Cursor, require};
use crate::inspect::Reject;
use std::fmt::Write;

/// Universal tag numbers and classes, as the first byte of an element (X.680 section 8.6).
pub mod tag {
    /// BOOLEAN.
    pub const BOOLEAN: u8 = 0x01;
    /// INTEGER.
    pub const INTEGER: u8 = 0x02;
    /// BIT STRING.
    pub const BIT_STRING: u8 = 0x03;
    /// OCTET STRING.
    pub const OCTET_STRING: u8 = 0x04;
    /// NULL.
    pub const NULL: u8 = 0x05;
    /// OBJECT IDENTIFIER.
    pub const OBJECT_IDENTIFIER: u8 = 0x06;
    /// ENUMERATED.
    pub const ENUMERATED: u8 = 0x0a;
    /// UTF8String.
    pub const UTF8_STRING: u8 = 0x0c;
    /// GeneralString, which Kerberos uses for names.
    pub const GENERAL_STRING: u8 = 0x1b;
    /// SEQUENCE and SEQUENCE OF.
    pub const SEQUENCE: u8 = 0x30;
    /// SET and SET OF.
    pub const SET: u8 = 0x31;

    /// `[APPLICATION n]`, constructed; `n` below 31.
    #[must_use]
    pub const fn application(n: u8) -> u8 {
        0x60 | (n & 0x1f)
    }

    /// `[n]` (context class), constructed; `n` below 31.
    #[must_use]
    pub const fn context(n: u8) -> u8 {
        0xa0 | (n & 0x1f)
    }

    /// `[n]` (context class), primitive; `n` below 31.
    #[must_use]
    pub const fn primitive(n: u8) -> u8 {
        0x80 | (n & 0x1f)
    }
}

/// Most bytes of a tag number beyond the first: 28 bits, far more than any protocol numbers.
const MAX_NUMBER_BYTES: usize = 4;
/// Most bytes of a length: 4 GiB, far more than any message here.
const MAX_LENGTH_BYTES: usize = 4;

/// An element's tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The first byte: class, constructed bit and the low five bits, as in [`tag`].
    pub first: u8,
    /// The tag's number, of which the first byte holds those below 31.
    pub number: u32,
}

impl Tag {
    /// Whether the contents are further elements.
    #[must_use]
    pub const fn is_constructed(self) -> bool {
        self.first & 0x20 != 0
    }
}

/// An element: its tag, and its contents as far as they are here.
#[derive(Clone, Copy, Debug)]
pub struct Element<'a> {
    /// The tag.
    pub tag: Tag,
    /// The contents' length in bytes, as its length field says it.
    pub len: usize,
    /// The contents; open where bytes are missing that may still come.
    pub contents: Cursor<'a>,
}

/// Reads a tag and a length (X.690 sections 8.1.2 and 8.1.3), and leaves the contents.
///
/// # Errors
/// [`Reject::Mismatch`] for the indefinite form and for numbers that no protocol needs, else when bytes are missing.
pub fn header(cursor: &mut Cursor<'_>) -> Result<(Tag, usize), Reject> {
    let first = cursor.u8()?;
    let mut number = u32::from(first & 0x1f);
    if number == 0x1f {
        number = 0;
        let mut last = false;
        for _ in 0..MAX_NUMBER_BYTES {
            let byte = cursor.u8()?;
            number = number << 7 | u32::from(byte & 0x7f);
            last = byte & 0x80 == 0;
            if last {
                break;
            }
        }
        require(last)?;
    }
    let short = cursor.u8()?;
    let len = if short < 0x80 {
        usize::from(short)
    } else {
        let bytes = usize::from(short & 0x7f);
        require((1..=MAX_LENGTH_BYTES).contains(&bytes))?;
        cursor.take(bytes)?.iter().fold(0, |len, &byte| len << 8 | usize::from(byte))
    };
    Ok((Tag { first, number }, len))
}

/// Reads the next element, whatever it is; its contents may still be coming.
///
/// # Errors
/// As [`header`]; [`Reject::Mismatch`] when the contents cannot all come.
pub fn element<'a>(cursor: &mut Cursor<'a>) -> Result<Element<'a>, Reject> {
    let (tag, len) = header(cursor)?;
    let contents = cursor.within(len)?;
    Ok(Element { tag, len, contents })
}

/// Reads the next element, which must have the single-byte tag `first`, and gives its contents.
///
/// # Errors
/// [`Reject::Mismatch`] for another tag, else as [`element`].
pub fn expect<'a>(cursor: &mut Cursor<'a>, first: u8) -> Result<Cursor<'a>, Reject> {
    let mut ahead = *cursor;
    require(ahead.u8()? == first)?;
    element(cursor).map(|element| element.contents)
}

/// Reads the next element if it has the single-byte tag `first`; anything else stays.
///
/// # Errors
/// As [`element`].
pub fn optional<'a>(cursor: &mut Cursor<'a>, first: u8) -> Result<Option<Cursor<'a>>, Reject> {
    if cursor.rest().first() == Some(&first) { expect(cursor, first).map(Some) } else { Ok(None) }
}

/// Reads an element of tag `first` whose contents are a string of bytes that must all be here.
///
/// # Errors
/// As [`expect`], and when bytes are missing.
pub fn octets<'a>(cursor: &mut Cursor<'a>, first: u8) -> Result<&'a [u8], Reject> {
    let contents = expect(cursor, first)?;
    if contents.is_open() { Err(Reject::Incomplete) } else { Ok(contents.rest()) }
}

/// Reads an INTEGER, an ENUMERATED or another element whose contents are a two's complement number.
///
/// # Errors
/// As [`octets`]; [`Reject::Mismatch`] when it is empty or longer than 64 bits.
pub fn number(cursor: &mut Cursor<'_>, first: u8) -> Result<i64, Reject> {
    let bytes = octets(cursor, first)?;
    require((1..=8).contains(&bytes.len()))?;
    let sign = if bytes.first().is_some_and(|byte| byte & 0x80 != 0) { -1 } else { 0 };
    Ok(bytes.iter().fold(sign, |n: i64, &byte| n << 8 | i64::from(byte)))
}

/// Reads an INTEGER.
///
/// # Errors
/// As [`number`].
pub fn integer(cursor: &mut Cursor<'_>) -> Result<i64, Reject> {
    number(cursor, tag::INTEGER)
}

/// An object identifier's contents in dotted form, as `1.3.6.1.4.1` (X.690 section 8.19).
///
/// Gives `None` when an arc is cut short or needs more than 64 bits.
#[must_use]
pub fn dotted(contents: &[u8]) -> Option<String> {
    let mut text = String::new();
    let mut arc = 0_u64;
    let mut ended = false;
    for &byte in contents {
        arc = arc.checked_mul(128)? | u64::from(byte & 0x7f);
        ended = byte & 0x80 == 0;
        if ended {
            if text.is_empty() {
                // The first number holds the first two arcs: 40 x the first + the second.
                let root = (arc / 40).min(2);
                let _ = write!(text, "{root}.{}", arc - root * 40);
            } else {
                let _ = write!(text, ".{arc}");
            }
            arc = 0;
        }
    }
    ended.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_gives_its_tag_and_exactly_its_contents() {
        let mut cursor = Cursor::closed(&[0x30, 0x03, 0x02, 0x01, 0x2a, 0x05, 0x00]);
        let mut sequence = expect(&mut cursor, tag::SEQUENCE).unwrap();
        assert_eq!(integer(&mut sequence), Ok(42));
        assert_eq!(sequence.end(), Ok(()));
        assert_eq!(element(&mut cursor).unwrap().tag.first, tag::NULL);
        assert!(cursor.is_empty());
    }

    #[test]
    fn long_lengths_and_long_tag_numbers_are_read() {
        let mut long = vec![0x04, 0x84, 0, 0, 1, 0x00];
        long.extend([7; 256]);
        assert_eq!(octets(&mut Cursor::closed(&long), tag::OCTET_STRING).unwrap().len(), 256);
        let element = element(&mut Cursor::closed(&[0xbf, 0x48, 0x00])).unwrap();
        assert_eq!((element.tag.number, element.tag.is_constructed()), (72, true));
    }

    #[test]
    fn contents_that_may_still_come_are_incomplete_and_those_that_cannot_are_a_mismatch() {
        assert_eq!(octets(&mut Cursor::open(&[0x04, 0x02, 1]), tag::OCTET_STRING), Err(Reject::Incomplete));
        assert_eq!(octets(&mut Cursor::closed(&[0x04, 0x02, 1]), tag::OCTET_STRING), Err(Reject::Mismatch));
        assert_eq!(integer(&mut Cursor::open(&[])), Err(Reject::Incomplete));
    }

    #[test]
    fn the_indefinite_form_and_overlong_numbers_are_refused() {
        for bad in [&[0x30, 0x80, 0, 0][..], &[0x30, 0x85, 0, 0, 0, 0, 0], &[0x1f, 0xff, 0xff, 0xff, 0xff, 1]]
        {
            assert_eq!(header(&mut Cursor::closed(bad)), Err(Reject::Mismatch));
        }
    }

    #[test]
    fn numbers_have_a_sign_and_fit() {
        assert_eq!(integer(&mut Cursor::closed(&[2, 1, 0xff])), Ok(-1));
        assert_eq!(integer(&mut Cursor::closed(&[2, 2, 0x00, 0xff])), Ok(255));
        assert_eq!(integer(&mut Cursor::closed(&[2, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1])), Err(Reject::Mismatch));
        assert_eq!(integer(&mut Cursor::closed(&[2, 0])), Err(Reject::Mismatch));
    }

    #[test]
    fn an_object_identifier_is_written_in_dots() {
        assert_eq!(dotted(&[0x2b, 6, 1, 4, 1, 0x82, 0x37]).as_deref(), Some("1.3.6.1.4.1.311"));
        assert_eq!(dotted(&[0x2b, 0x82]), None);
        assert_eq!(dotted(&[]), None);
    }
}
