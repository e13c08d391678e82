//! JSON that may stand inside a `<script>` element: nothing in it can end the element or begin another.

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};
use std::io::{self, Write};

/// Writes strings without the characters that HTML reads, and those that end a line in older JavaScript.
struct Inert;

impl Formatter for Inert {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| is_live(*c)) {
            let (before, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
            CompactFormatter.write_string_fragment(writer, before)?;
            write!(writer, "\\u{:04x}", u32::from(c))?;
            rest = after.get(c.len_utf8()..).unwrap_or_default();
        }
        CompactFormatter.write_string_fragment(writer, rest)
    }
}

const fn is_live(c: char) -> bool {
    matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}')
}

/// Anything as such JSON.
pub(super) fn inert(what: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    // Writing to memory cannot fail, and nothing has map keys that JSON could not hold.
    let _ = what.serialize(&mut Serializer::with_formatter(&mut bytes, Inert));
    String::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_html_or_a_script_would_read_is_escaped_and_comes_back_the_same() {
        let hostile = [
            "</script><img src=x onerror=alert(1)>",
            "<!--",
            "a&lt;\u{2028}b\u{2029}",
            "\"'\\\u{0}\u{1b}",
            "größe 大",
        ];
        let text = inert(&hostile);
        assert!(!text.contains(['<', '>', '&', '\u{2028}', '\u{2029}', '\u{0}', '\u{1b}']), "{text}");
        assert!(text.contains("\\u003c/script\\u003e") && text.contains("größe 大"), "{text}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&text).unwrap(), hostile);
    }
}
