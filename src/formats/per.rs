//! ASN.1 Packed Encoding Rules, aligned variant: bits in the order of the type, with nothing that says what they are
//! (ITU-T X.691).
//!
//! ```text
//! SEQUENCE         [extension bit] one bit per optional component, then the components that are there (section 19)
//! CHOICE           [extension bit] index in as many bits as the root's alternatives need (section 23)
//! INTEGER          range below 256: bits; of 256: an aligned octet; up to 65 536: two aligned octets (section 11.5.7)
//! OCTET STRING     of a fixed size above 2: aligned octets; else an aligned length and octets (section 17)
//! additions        count - 1 in 7 bits, a bit for each, and each that is there as length and octets (section 19.7)
//! ```
//!
//! Nothing of it can be skipped without its type; additions can.

/// Reads bits, then octets at the next octet's beginning. Every step is `None` where the bytes are over, or where a form
/// comes that no message in practice has (lengths from 16 384 on, indexes from 64 on).
#[derive(Clone, Copy, Debug)]
pub struct Per<'a> {
    rest: &'a [u8],
    /// Bits of `rest`'s first octet that have been read.
    read: u8,
}

impl<'a> Per<'a> {
    /// Reads from the first bit of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, read: 0 }
    }

    /// The next bit.
    pub fn bit(&mut self) -> Option<bool> {
        let (first, rest) = self.rest.split_first()?;
        let set = (first << self.read) & 0x80 != 0;
        self.read += 1;
        if self.read == 8 {
            (self.rest, self.read) = (rest, 0);
        }
        Some(set)
    }

    /// The next `count` bits as a number; at most 32.
    pub fn bits(&mut self, count: u8) -> Option<u32> {
        (0..count).try_fold(0, |number: u32, _| Some(number << 1 | u32::from(self.bit()?)))
    }

    /// The next `count` octets, from the next octet's beginning on.
    pub fn octets(&mut self, count: usize) -> Option<&'a [u8]> {
        if self.read > 0 {
            (self.rest, self.read) = (self.rest.get(1..)?, 0);
        }
        let (octets, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(octets)
    }

    /// Two octets: an integer of a range up to 65 536, above its lower bound.
    pub fn u16(&mut self) -> Option<u16> {
        self.octets(2)?.try_into().ok().map(u16::from_be_bytes)
    }

    /// An OCTET STRING, OBJECT IDENTIFIER or open type: its length and its octets (section 11.9).
    pub fn counted(&mut self) -> Option<&'a [u8]> {
        let first = *self.octets(1)?.first()?;
        let len = match first {
            0..=0x7f => usize::from(first),
            0x80..=0xbf => usize::from(first & 0x3f) << 8 | usize::from(*self.octets(1)?.first()?),
            _ => return None,
        };
        self.octets(len)
    }

    /// An index of an alternative that an extension added (section 11.6).
    pub fn small(&mut self) -> Option<u32> {
        if self.bit()? { None } else { self.bits(6) }
    }

    /// The additions of an extended SEQUENCE: gives the one at `wanted`, counted from 0, if it is there, and leaves all.
    pub fn additions(&mut self, wanted: u32) -> Option<Option<Self>> {
        let count = self.small()? + 1;
        let mut present = [false; 64];
        for flag in present.iter_mut().take(count as usize) {
            *flag = self.bit()?;
        }
        let mut found = None;
        for (place, _) in (0..count).zip(present).filter(|(_, present)| *present) {
            let octets = self.counted()?;
            if place == wanted {
                found = Some(Self::new(octets));
            }
        }
        Some(found)
    }

    /// Leaves the additions of a SEQUENCE, if it is extended.
    pub fn skip_additions(&mut self, extended: bool) -> Option<()> {
        if extended {
            self.additions(u32::MAX)?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_in_order_and_octets_begin_at_an_octet() {
        let mut per = Per::new(&[0b1010_0000, 0x12, 0x34, 0xff]);
        assert_eq!((per.bit(), per.bits(2)), (Some(true), Some(1)));
        assert_eq!(per.u16(), Some(0x1234));
        assert_eq!((per.bits(9), per.octets(1)), (None, None));
    }

    #[test]
    fn an_integer_of_bits_lies_across_two_octets() {
        let mut per = Per::new(&[0b0000_0001, 0b0100_0000]);
        assert_eq!((per.bits(7), per.bits(3)), (Some(0), Some(0b101)));
    }

    #[test]
    fn lengths_have_one_octet_or_two_and_no_more() {
        assert_eq!(Per::new(b"\x02ab").counted(), Some(&b"ab"[..]));
        assert_eq!(Per::new(b"\x80\x01a").counted(), Some(&b"a"[..]));
        assert_eq!(Per::new(b"\xc1a").counted(), None);
    }

    #[test]
    fn of_the_additions_the_one_that_is_wanted_is_found_by_its_place() {
        // Two additions, of which the second is there: 0 000001 01, then three octets.
        let bytes = [0b0000_0010, 0b1000_0000, 3, 7, 8, 9, 0x55];
        let mut per = Per::new(&bytes);
        assert_eq!(per.additions(1).flatten().and_then(|mut found| found.u16()), Some(0x0708));
        assert_eq!(per.octets(1), Some(&[0x55][..]));
        assert!(Per::new(&bytes).additions(0).is_some_and(|found| found.is_none()));
    }
}
