//! Lines of text protocols: commands that are words, and replies that begin with three digits.
//!
//! The replies of FTP (RFC 959 section 4.2), SMTP (RFC 5321 section 4.2) and NNTP (RFC 3977 section 3.2) have one form:
//!
//! ```text
//! 220 one line␍␊            250-first line␍␊
//!                           250-next line␍␊        FTP allows lines without the number in between
//!                           250 last line␍␊
//! ```

use crate::cursor::{Cursor, require};
use crate::inspect::Reject;

/// Longest line in bytes that is read; the protocols' own limits are between 510 and 2048.
pub const MAX_LINE: usize = 4096;

/// Most lines of one reply that are read.
const MAX_LINES: usize = 256;

/// The next line, if it holds no control character but tabs: rejected at the first one, so that binary data
/// is recognised as such before it ends.
pub fn text_line<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    let rest = cursor.rest();
    let near = rest.get(..MAX_LINE).unwrap_or(rest);
    let so_far = near.get(..memchr::memchr2(b'\r', b'\n', near).unwrap_or(near.len())).unwrap_or_default();
    require(so_far.iter().copied().all(is_text))?;
    cursor.line(MAX_LINE)
}

/// Whether a line may hold `byte`: above ASCII there may be UTF-8 or one of the older national sets.
const fn is_text(byte: u8) -> bool {
    byte == b'\t' || (byte >= 0x20 && byte != 0x7f)
}

/// One line of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyLine<'a> {
    /// The three digits.
    pub code: u16,
    /// Whether a hyphen says that more lines follow.
    pub more: bool,
    /// What stands after the digits and the space or hyphen.
    pub text: &'a [u8],
}

/// The next line, if it is a reply's.
///
/// # Errors
/// [`Reject::Mismatch`] at the first byte that no reply has there, else when the line has not ended.
pub fn reply_line<'a>(cursor: &mut Cursor<'a>) -> Result<ReplyLine<'a>, Reject> {
    let begins = cursor.rest();
    // Only 1 to 5 begin a code; 6 is a protected FTP reply (RFC 2228 section 5).
    require(begins.first().is_none_or(|byte| (b'1'..=b'6').contains(byte)))?;
    require(begins.iter().skip(1).take(2).all(u8::is_ascii_digit))?;
    require(begins.get(3).is_none_or(|byte| matches!(byte, b' ' | b'-' | b'\r' | b'\n')))?;
    let line = text_line(cursor)?;
    let (code, rest) = line.split_first_chunk::<3>().ok_or(Reject::Mismatch)?;
    let code = code.iter().fold(0, |code, digit| code * 10 + u16::from(digit.wrapping_sub(b'0')));
    Ok(ReplyLine { code, more: rest.first() == Some(&b'-'), text: rest.get(1..).unwrap_or_default() })
}

/// The next reply to its last line; gives its first.
///
/// # Errors
/// As [`reply_line`]; also [`Reject::Mismatch`] when it has too many lines.
pub fn reply<'a>(cursor: &mut Cursor<'a>) -> Result<ReplyLine<'a>, Reject> {
    let first = reply_line(cursor)?;
    if !first.more {
        return Ok(first);
    }
    for _ in 0..MAX_LINES {
        let mut ahead = *cursor;
        match reply_line(&mut ahead) {
            Ok(line) if line.code == first.code && !line.more => {
                *cursor = ahead;
                return Ok(first);
            }
            Err(Reject::Incomplete) => return Err(Reject::Incomplete),
            _ => text_line(cursor).map(drop)?,
        }
    }
    Err(Reject::Mismatch)
}

/// The first word of a line.
#[must_use]
pub fn verb(line: &[u8]) -> &[u8] {
    let near = line.get(..MAX_LINE).unwrap_or(line);
    near.get(..memchr::memchr2(b' ', b'\t', near).unwrap_or(near.len())).unwrap_or_default()
}

/// What stands after the first word of a line.
#[must_use]
pub fn argument(line: &[u8]) -> &[u8] {
    line.get(verb(line).len()..).unwrap_or_default().trim_ascii()
}

/// Whether a line's first word is one of `verbs`, in either case.
#[must_use]
pub fn is_verb(line: &[u8], verbs: &[&str]) -> bool {
    verbs.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(verb(line)))
}

/// The next line, if its first word is one of `verbs`, in either case.
///
/// # Errors
/// [`Reject::Mismatch`] as soon as the bytes begin none of them, else when the line has not ended.
pub fn command<'a>(cursor: &mut Cursor<'a>, verbs: &[&str]) -> Result<&'a [u8], Reject> {
    let begins = cursor.rest();
    let could_be = |known: &&str| begins.iter().zip(known.as_bytes()).all(|(a, b)| a.eq_ignore_ascii_case(b));
    require(verbs.iter().any(could_be))?;
    let line = text_line(cursor)?;
    require(is_verb(line, verbs))?;
    Ok(line)
}

/// Whether `bytes` contain `word`, in either case.
#[must_use]
pub fn contains_ignore_case(bytes: &[u8], word: &[u8]) -> bool {
    let Some(first) = word.first() else { return true };
    memchr::memchr2_iter(first.to_ascii_lowercase(), first.to_ascii_uppercase(), bytes)
        .any(|at| bytes.get(at..at + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word)))
}

/// Whether `text` contains `word` in either case.
#[must_use]
pub fn mentions(text: &[u8], word: &str) -> bool {
    contains_ignore_case(text, word.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_read_to_its_last_line() {
        let mut cursor = Cursor::open(b"220-hello\r\n Welcome\r\n220-still\r\n220 ready\r\n331 next\r\n");
        let first = reply(&mut cursor).unwrap();
        assert_eq!((first.code, first.text), (220, &b"hello"[..]));
        assert_eq!(reply(&mut cursor).unwrap().code, 331);
        assert_eq!(reply(&mut Cursor::open(b"220-hello\r\n220-")), Err(Reject::Incomplete));
    }

    #[test]
    fn what_begins_no_reply_is_rejected_at_once() {
        for bad in [&b"7"[..], b"22x", b"2200", b"220 \x01"] {
            assert_eq!(reply_line(&mut Cursor::open(bad)), Err(Reject::Mismatch), "{bad:?}");
        }
        assert_eq!(reply_line(&mut Cursor::open(b"22")), Err(Reject::Incomplete));
    }

    #[test]
    fn a_command_is_known_by_its_first_word() {
        assert_eq!(command(&mut Cursor::open(b"ehlo host\r\n"), &["EHLO"]), Ok(&b"ehlo host"[..]));
        assert_eq!(command(&mut Cursor::open(b"EH"), &["EHLO"]), Err(Reject::Incomplete));
        assert_eq!(command(&mut Cursor::open(b"EHLOX y\r\n"), &["EHLO"]), Err(Reject::Mismatch));
        assert_eq!(command(&mut Cursor::open(b"X"), &["EHLO"]), Err(Reject::Mismatch));
    }
}
