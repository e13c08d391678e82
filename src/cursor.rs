//! Reading a message from its first byte on, without copying and without panics.

use crate::inspect::Reject;

/// A reader over bytes from the wire.
///
/// Every method either consumes what it names or says why it cannot: [`Reject::Incomplete`] if more
/// bytes could still satisfy it, [`Reject::Mismatch`] if none can. Which of the two it is at the end of
/// the bytes depends on where they come from: a TCP stream may go on, a datagram that was captured
/// whole will not, one that was cut goes on for as many bytes as are missing, and what a length field
/// encloses ends where the field says.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    rest: &'a [u8],
    /// How many bytes follow that are not here, because the capture cut the datagram; [`ENDLESS`] where nobody knows.
    missing: usize,
}

/// A stream may go on for ever.
const ENDLESS: usize = usize::MAX;

impl<'a> Cursor<'a> {
    /// Over bytes that more may follow.
    #[must_use]
    pub const fn open(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, missing: ENDLESS }
    }

    /// Over bytes that so many more follow, which are not here.
    #[must_use]
    pub const fn cut(bytes: &'a [u8], missing: usize) -> Self {
        Self { rest: bytes, missing }
    }

    /// Over bytes that are all there is.
    #[must_use]
    pub const fn closed(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, missing: 0 }
    }

    /// Over bytes of which `open` says whether more may follow.
    #[must_use]
    pub const fn new(bytes: &'a [u8], open: bool) -> Self {
        if open { Self::open(bytes) } else { Self::closed(bytes) }
    }

    /// The bytes not yet consumed.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// How many bytes are left.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rest.len()
    }

    /// How many bytes are left in all, those included that the capture cut off; `None` in a stream.
    #[must_use]
    pub const fn total(&self) -> Option<usize> {
        if self.missing == ENDLESS { None } else { Some(self.rest.len() + self.missing) }
    }

    /// Whether no byte is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Whether bytes may follow that are not here.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.missing > 0
    }

    /// Whether the capture cut bytes off, so that what is missing will never come.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.missing > 0 && self.missing != ENDLESS
    }

    /// Why a read of `n` bytes, more than are here, fails.
    const fn short(&self, n: usize) -> Reject {
        if n <= self.rest.len().saturating_add(self.missing) { Reject::Incomplete } else { Reject::Mismatch }
    }

    /// The next `n` bytes.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn take(&mut self, n: usize) -> Result<&'a [u8], Reject> {
        let (head, tail) = self.rest.split_at_checked(n).ok_or(self.short(n))?;
        self.rest = tail;
        Ok(head)
    }

    /// Passes over the next `n` bytes.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn skip(&mut self, n: usize) -> Result<(), Reject> {
        self.take(n).map(drop)
    }

    /// The next `N` bytes, as an array.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Reject> {
        let (head, tail) = self.rest.split_first_chunk().ok_or(self.short(N))?;
        self.rest = tail;
        Ok(*head)
    }

    /// A cursor over the next `n` bytes, for what a length field encloses; all of them have to be here.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn sub(&mut self, n: usize) -> Result<Self, Reject> {
        self.take(n).map(Self::closed)
    }

    /// A cursor over the next `n` bytes or as many of them as are here, which stays open if some are missing.
    ///
    /// # Errors
    /// [`Reject::Mismatch`] when they cannot all come.
    pub fn within(&mut self, n: usize) -> Result<Self, Reject> {
        if let Some((head, tail)) = self.rest.split_at_checked(n) {
            self.rest = tail;
            return Ok(Self::closed(head));
        }
        let to_come = n - self.rest.len();
        let beyond = self.missing.checked_sub(to_come).ok_or(Reject::Mismatch)?;
        let part = Self { rest: self.rest, missing: to_come };
        // What is behind is not here either; of a stream nobody knows how much that is.
        *self = Self { rest: &[], missing: if self.missing == ENDLESS { ENDLESS } else { beyond } };
        Ok(part)
    }

    /// The next byte.
    ///
    /// # Errors
    /// When none is left.
    pub fn u8(&mut self) -> Result<u8, Reject> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// The next two bytes, big-endian.
    ///
    /// # Errors
    /// When fewer are left; so for all the numbers below.
    pub fn u16(&mut self) -> Result<u16, Reject> {
        self.array().map(u16::from_be_bytes)
    }

    /// The next two bytes, little-endian.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn u16_le(&mut self) -> Result<u16, Reject> {
        self.array().map(u16::from_le_bytes)
    }

    /// The next three bytes, big-endian.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn u24(&mut self) -> Result<u32, Reject> {
        self.array().map(|[a, b, c]| u32::from_be_bytes([0, a, b, c]))
    }

    /// The next three bytes, little-endian.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn u24_le(&mut self) -> Result<u32, Reject> {
        self.array().map(|[a, b, c]| u32::from_le_bytes([a, b, c, 0]))
    }

    /// The next four bytes, big-endian.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn u32(&mut self) -> Result<u32, Reject> {
        self.array().map(u32::from_be_bytes)
    }

    /// The next four bytes, little-endian.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn u32_le(&mut self) -> Result<u32, Reject> {
        self.array().map(u32::from_le_bytes)
    }

    /// The next eight bytes, big-endian.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn u64(&mut self) -> Result<u64, Reject> {
        self.array().map(u64::from_be_bytes)
    }

    /// The next eight bytes, little-endian.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn u64_le(&mut self) -> Result<u64, Reject> {
        self.array().map(u64::from_le_bytes)
    }

    /// Consumes `expected`, rejecting at the first byte that differs.
    ///
    /// # Errors
    /// [`Reject::Mismatch`] at a byte that differs, else when fewer bytes are left.
    pub fn tag(&mut self, expected: &[u8]) -> Result<(), Reject> {
        self.tag_by(expected, |a, b| a == b)
    }

    /// Consumes `expected` in either case of its ASCII letters.
    ///
    /// # Errors
    /// As [`Cursor::tag`].
    pub fn tag_ignore_case(&mut self, expected: &[u8]) -> Result<(), Reject> {
        self.tag_by(expected, |a, b| a.eq_ignore_ascii_case(&b))
    }

    fn tag_by(&mut self, expected: &[u8], same: impl Fn(u8, u8) -> bool) -> Result<(), Reject> {
        if !self.rest.iter().zip(expected).all(|(&a, &b)| same(a, b)) {
            return Err(Reject::Mismatch);
        }
        self.skip(expected.len())
    }

    /// Consumes one of `words`, and says which, by its place.
    ///
    /// # Errors
    /// [`Reject::Incomplete`] if one of them could still come, else [`Reject::Mismatch`].
    pub fn one_of(&mut self, words: &[&[u8]]) -> Result<usize, Reject> {
        let mut reject = Reject::Mismatch;
        for (place, word) in words.iter().enumerate() {
            let mut ahead = *self;
            match ahead.tag(word) {
                Ok(()) => {
                    *self = ahead;
                    return Ok(place);
                }
                Err(Reject::Incomplete) => reject = Reject::Incomplete,
                Err(Reject::Mismatch) => {}
            }
        }
        Err(reject)
    }

    /// The bytes before the next `end`, which is consumed with them; at most `max` of them.
    ///
    /// # Errors
    /// [`Reject::Mismatch`] when more than `max` bytes hold no `end`, else when it has not come yet.
    pub fn until(&mut self, end: u8, max: usize) -> Result<&'a [u8], Reject> {
        self.until_found(max, |bytes| memchr::memchr(end, bytes))
    }

    /// The next line of at most `max` bytes, without its CR LF, CR or LF. A CR at the end of a stream
    /// ends the line, and an LF that comes after it begins the next one.
    ///
    /// # Errors
    /// [`Reject::Mismatch`] when more than `max` bytes hold no line end, else when it has not come yet.
    pub fn line(&mut self, max: usize) -> Result<&'a [u8], Reject> {
        let before = self.rest;
        let line = self.until_found(max, |bytes| memchr::memchr2(b'\r', b'\n', bytes))?;
        let ended_by_cr = before.get(line.len()) == Some(&b'\r');
        if let (true, Some((b'\n', rest))) = (ended_by_cr, self.rest.split_first()) {
            self.rest = rest;
        }
        Ok(line)
    }

    fn until_found(&mut self, max: usize, find: impl Fn(&[u8]) -> Option<usize>) -> Result<&'a [u8], Reject> {
        let near = self.rest.get(..max.saturating_add(1)).unwrap_or(self.rest);
        match find(near) {
            Some(at) => {
                let line = self.take(at)?;
                self.u8()?;
                Ok(line)
            }
            None if self.rest.len() > max => Err(Reject::Mismatch),
            None => Err(self.short(self.rest.len() + 1)),
        }
    }

    /// That nothing is left: what a length field or a datagram encloses has been read to its end.
    ///
    /// # Errors
    /// [`Reject::Mismatch`] when bytes are left, here or cut off.
    pub fn end(&self) -> Result<(), Reject> {
        if self.rest.is_empty() && !self.is_cut() { Ok(()) } else { Err(Reject::Mismatch) }
    }
}

/// [`Reject::Mismatch`] unless `condition` holds: `require(version == 4)?`.
///
/// # Errors
/// When it does not hold.
pub const fn require(condition: bool) -> Result<(), Reject> {
    if condition { Ok(()) } else { Err(Reject::Mismatch) }
}

/// Reads an unsigned decimal number that must fill all of `word`.
///
/// # Errors
/// [`Reject::Mismatch`] when it does not, or when the number is larger than a `u64`.
pub fn decimal(word: &[u8]) -> Result<u64, Reject> {
    if word.is_empty() || !word.iter().all(u8::is_ascii_digit) {
        return Err(Reject::Mismatch);
    }
    word.iter().try_fold(0_u64, |n, &digit| {
        n.checked_mul(10).and_then(|n| n.checked_add(u64::from(digit - b'0'))).ok_or(Reject::Mismatch)
    })
}

/// Whether every byte is printable ASCII or a tab.
#[must_use]
pub fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte == b'\t' || (0x20..0x7f).contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_an_open_cursor_may_still_move_that_of_a_closed_one_may_not() {
        assert_eq!(Cursor::open(b"a").u16(), Err(Reject::Incomplete));
        assert_eq!(Cursor::closed(b"a").u16(), Err(Reject::Mismatch));
        assert_eq!(Cursor::open(b"abcd").sub(2).unwrap().u32(), Err(Reject::Mismatch));
        assert_eq!(Cursor::open(b"ab").within(4).unwrap().u32(), Err(Reject::Incomplete));
    }

    #[test]
    fn what_was_cut_off_is_counted() {
        let mut cursor = Cursor::cut(b"ab", 4);
        assert_eq!(cursor.clone().take(6), Err(Reject::Incomplete));
        assert_eq!(cursor.clone().take(7), Err(Reject::Mismatch));
        assert_eq!(cursor.clone().within(7).map(drop), Err(Reject::Mismatch));
        let part = cursor.within(5).unwrap();
        assert_eq!(
            (part.rest(), part.is_open(), cursor.is_empty(), cursor.is_open()),
            (&b"ab"[..], true, true, true)
        );
        assert_eq!(cursor.end(), Err(Reject::Mismatch), "one byte is left, although it is not here");
        assert_eq!(cursor.within(1).and_then(|_| cursor.end()), Ok(()));
    }

    #[test]
    fn a_tag_that_begins_right_is_incomplete_and_one_that_begins_wrong_is_a_mismatch() {
        assert_eq!(Cursor::open(b"SS").tag(b"SSH-"), Err(Reject::Incomplete));
        assert_eq!(Cursor::open(b"ST").tag(b"SSH-"), Err(Reject::Mismatch));
        assert_eq!(Cursor::open(b"GE").one_of(&[b"PUT", b"GET"]), Err(Reject::Incomplete));
        assert_eq!(Cursor::open(b"GET /").one_of(&[b"PUT", b"GET"]), Ok(1));
    }

    #[test]
    fn a_line_ends_at_cr_lf_or_either_and_is_bounded() {
        let mut cursor = Cursor::open(b"one\r\ntwo\n\nthree\rfour");
        assert_eq!(cursor.line(9), Ok(&b"one"[..]));
        assert_eq!(cursor.line(9), Ok(&b"two"[..]));
        assert_eq!(cursor.line(9), Ok(&b""[..]));
        assert_eq!(cursor.line(9), Ok(&b"three"[..]));
        assert_eq!(cursor.line(9), Err(Reject::Incomplete));
        assert_eq!(cursor.line(3), Err(Reject::Mismatch));
    }

    #[test]
    fn a_decimal_number_has_digits_only_and_fits() {
        assert_eq!(decimal(b"0042"), Ok(42));
        for bad in [&b""[..], b"+1", b"1 ", b"99999999999999999999"] {
            assert_eq!(decimal(bad), Err(Reject::Mismatch));
        }
    }
}
