//! Header fields of text messages: `Name: value` lines up to an empty one (RFC 5322 section 2.2), as SIP and RTSP have them.

use crate::cursor::Cursor;
use crate::formats::lines::MAX_LINE;

/// Most fields of a message that are read.
const MAX_FIELDS: usize = 64;

/// The fields of a message whose first line has been consumed, each with its trimmed value, as far as they came.
pub fn fields(mut message: Cursor<'_>) -> impl Iterator<Item = (&[u8], &[u8])> {
    std::iter::from_fn(move || message.line(MAX_LINE).ok().filter(|line| !line.is_empty()))
        .take(MAX_FIELDS)
        .filter_map(|line| {
            let colon = memchr::memchr(b':', line)?;
            let (name, value) = line.split_at_checked(colon)?;
            Some((name.trim_ascii(), value.get(1..)?.trim_ascii()))
        })
}

/// The value of the first field that has one of `names`, in either case.
#[must_use]
pub fn field<'a>(message: Cursor<'a>, names: &[&str]) -> Option<&'a [u8]> {
    fields(message)
        .find(|(name, _)| names.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes())))
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_end_at_the_empty_line_and_are_found_in_either_case() {
        let message = Cursor::open(b"Via: one\r\nbroken line\r\nCALL-ID:two \r\n\r\nBody: three\r\n");
        assert_eq!(fields(message).count(), 2);
        assert_eq!(field(message, &["Call-ID", "i"]), Some(&b"two"[..]));
        assert_eq!(field(message, &["Body"]), None);
    }
}
