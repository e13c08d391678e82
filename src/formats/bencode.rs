//! Bencoding, the serialization of BitTorrent (BEP 3): integers, byte strings, lists and dictionaries.

use crate::cursor::{Cursor, decimal, require};
use crate::inspect::Reject;

/// Deepest nesting that is followed.
const MAX_DEPTH: usize = 8;

/// Longest decimal number in digits.
const MAX_DIGITS: usize = 20;

/// Passes over one value.
///
/// # Errors
/// [`Reject::Mismatch`] when the bytes are no bencoding, [`Reject::Incomplete`] when they end too early.
pub fn skip(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    skip_at(cursor, 0)
}

fn skip_at(cursor: &mut Cursor<'_>, depth: usize) -> Result<(), Reject> {
    require(depth < MAX_DEPTH)?;
    match cursor.rest().first() {
        Some(b'i') => {
            cursor.u8()?;
            let number = cursor.until(b'e', MAX_DIGITS)?;
            decimal(number.strip_prefix(b"-").unwrap_or(number)).map(drop)
        }
        Some(b'l' | b'd') => {
            let is_dictionary = cursor.u8()? == b'd';
            while cursor.rest().first() != Some(&b'e') {
                if is_dictionary {
                    string(cursor)?;
                }
                skip_at(cursor, depth + 1)?;
            }
            cursor.skip(1)
        }
        _ => string(cursor).map(drop),
    }
}

/// The next value, which must be a byte string.
///
/// # Errors
/// As [`skip`].
pub fn string<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    require(cursor.rest().first().is_none_or(u8::is_ascii_digit))?;
    let digits = cursor.until(b':', MAX_DIGITS)?;
    let len = usize::try_from(decimal(digits)?).map_err(|_| Reject::Mismatch)?;
    cursor.take(len)
}

/// The raw value of `key` in the dictionary that `bytes` begin with, as far as it is there.
#[must_use]
pub fn value<'a>(bytes: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let mut cursor = Cursor::closed(bytes);
    cursor.tag(b"d").ok()?;
    loop {
        let name = string(&mut cursor).ok()?;
        let before = cursor.rest();
        skip(&mut cursor).ok()?;
        if name == key {
            return before.get(..before.len() - cursor.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_passed_over_whole() {
        let mut cursor = Cursor::closed(b"d1:ad2:id2:xye1:lli1ei-2ee1:y1:qe!");
        assert_eq!(skip(&mut cursor), Ok(()));
        assert_eq!(cursor.rest(), b"!");
        assert_eq!(value(b"d1:ad2:id2:xye1:y1:qe", b"y"), Some(&b"1:q"[..]));
        assert_eq!(value(b"d1:y1:qe", b"z"), None);
    }

    #[test]
    fn what_is_no_bencoding_or_nests_too_deep_is_rejected() {
        for bad in [&b"x"[..], b"i1x2e", b"d1e", b"llllllllllllllllll"] {
            assert_eq!(skip(&mut Cursor::closed(bad)), Err(Reject::Mismatch), "{bad:?}");
        }
    }
}
