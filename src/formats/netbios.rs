//! NetBIOS names as they travel: 16 bytes, each half a letter from A to P (RFC 1001 section 14.1).
//!
//! ```text
//! 0x20, 32 letters, scope labels, 0      15 characters padded with spaces, and what kind of name it is
//! ```

use crate::cursor::{Cursor, require};
use crate::inspect::Reject;
use std::fmt::Write;

/// Letters of an encoded name.
const LETTERS: usize = 32;
/// Longest scope in labels.
const MAX_SCOPE: usize = 8;

/// A decoded name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    /// 15 characters, padded with spaces or zeros.
    pub characters: [u8; 15],
    /// The 16th byte: 0x00 workstation, 0x20 server, 0x1b to 0x1e domains and browsers.
    pub suffix: u8,
}

impl Name {
    /// As `nbtstat` writes it: `WORKGROUP<1e>`.
    #[must_use]
    pub fn text(&self) -> String {
        let end =
            self.characters.iter().rposition(|&byte| byte != b' ' && byte != 0).map_or(0, |last| last + 1);
        let mut text = String::from_utf8_lossy(self.characters.get(..end).unwrap_or_default()).into_owned();
        let _ = write!(text, "<{:02x}>", self.suffix);
        text
    }
}

/// Reads an encoded name with its scope, without pointers.
///
/// # Errors
/// [`Reject::Mismatch`] for anything but 32 letters from A to P and a scope of labels, else when bytes are missing.
pub fn name(cursor: &mut Cursor<'_>) -> Result<Name, Reject> {
    require(usize::from(cursor.u8()?) == LETTERS)?;
    let name = decode(cursor.array::<LETTERS>()?)?;
    for _ in 0..MAX_SCOPE {
        let label = cursor.u8()?;
        if label == 0 {
            return Ok(name);
        }
        require(label <= 63)?;
        cursor.skip(label.into())?;
    }
    Err(Reject::Mismatch)
}

/// Whether bytes begin like an encoded name that is damaged or cut: at least `enough` of up to 32 letters fit.
///
/// Each letter that fits is four bits of evidence; 16 and more of them are not found by chance.
#[must_use]
pub fn resembles(bytes: &[u8], enough: usize) -> bool {
    let letters = bytes.iter().skip(1).take(LETTERS);
    let fit = letters.filter(|letter| (b'A'..=b'P').contains(letter)).count();
    bytes.first().is_some_and(|&len| usize::from(len) == LETTERS) && fit >= enough
}

fn decode(letters: [u8; LETTERS]) -> Result<Name, Reject> {
    require(letters.iter().all(|letter| (b'A'..=b'P').contains(letter)))?;
    let (pairs, _) = letters.as_chunks::<2>();
    let mut bytes = pairs.iter().map(|&[high, low]| (high - b'A') << 4 | (low - b'A'));
    let mut characters = [0; 15];
    for (slot, byte) in characters.iter_mut().zip(&mut bytes) {
        *slot = byte;
    }
    Ok(Name { characters, suffix: bytes.next().unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_decoded_with_its_suffix_and_without_its_padding() {
        let wire = b"\x20EGFCEFEEDBDACACACACACACACACACACA\0";
        let name = name(&mut Cursor::closed(wire)).unwrap();
        assert_eq!(name.text(), "FRED10<20>");
    }

    #[test]
    fn a_damaged_or_cut_name_is_resembled_by_what_is_left_of_it() {
        assert!(resembles(b"\x20EGFCEFEED?DACACACACAC?CACACACACA", 28));
        assert!(resembles(b"\x20EGFCEFEEDBDA", 12));
        assert!(!resembles(b"\x20EGFCEFEEDBDA", 13));
        assert!(!resembles(b"\x07EGFCEFEEDBDA", 3));
    }

    #[test]
    fn letters_beyond_p_are_refused() {
        let wire = b"\x20EGFCEFEEDBDACACACACACACACACACACQ\0";
        assert_eq!(name(&mut Cursor::closed(wire)), Err(Reject::Mismatch));
        assert_eq!(name(&mut Cursor::open(&wire[..9])), Err(Reject::Incomplete));
    }
}
