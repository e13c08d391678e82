//! Numbers and strings as people read them: units, separators, and nothing that a terminal would obey.

use crate::key::Endpoint;
use std::borrow::Cow;
use std::fmt::Write;
use std::net::IpAddr;

/// `text` with everything escaped that does not print as itself: control characters, which a terminal would
/// obey, characters that turn the direction of writing, and those that are invisible.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    // Without a way out of the loop it is done many bytes at a time.
    if !text.bytes().fold(false, |odd, byte| odd | !(b' '..=b'~').contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            // Harmless, though the standard library escapes them.
            '"' | '\'' | '\\' => shown.push(c),
            _ => shown.extend(c.escape_debug()),
        }
    }
    Cow::Owned(shown)
}

/// Columns of a terminal that a printable character takes: two for those of the wide scripts (Unicode's UAX 11).
const fn columns_of(c: char) -> usize {
    match c as u32 {
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f900..=0x1f9ff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// Columns of a terminal that printable text takes.
#[must_use]
pub fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// The beginning of `text` that fits `width` columns, with an ellipsis where something was cut off.
#[must_use]
pub fn cut(text: &str, width: usize) -> Cow<'_, str> {
    if columns(text) <= width {
        return Cow::Borrowed(text);
    }
    let mut shown = head(text, width.saturating_sub(1)).trim_end().to_owned();
    if width > 0 {
        shown.push('…');
    }
    Cow::Owned(shown)
}

/// `text` without as much of its middle as does not fit `width` columns, an ellipsis in its place.
#[must_use]
pub fn cut_middle(text: &str, width: usize) -> Cow<'_, str> {
    if columns(text) <= width {
        return Cow::Borrowed(text);
    }
    let left = width.saturating_sub(1);
    let reversed: String = text.chars().rev().collect();
    let tail: String = head(&reversed, left - left / 2).chars().rev().collect();
    Cow::Owned([head(text, left / 2), "…", &tail].concat())
}

/// As many whole characters as fit.
fn head(text: &str, width: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|&(_, c)| {
        used += columns_of(c);
        used > width
    });
    end.and_then(|(at, _)| text.get(..at)).unwrap_or(text)
}

/// An endpoint as it is written in addresses: `10.0.0.1:3343`, `[2001:db8::1]:3343`; without port where it has none.
#[must_use]
pub fn endpoint(end: Endpoint, has_port: bool) -> String {
    match (has_port, end.address) {
        (true, IpAddr::V6(address)) => format!("[{address}]:{}", end.port),
        (true, address) => format!("{address}:{}", end.port),
        (false, address) => address.to_string(),
    }
}

/// A count with a comma between thousands: `1,234,567`.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() * 4 / 3 + 1);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// A count and what is counted: `1 flow`, `2 flows`.
#[must_use]
pub fn counted(number: u64, one: &str) -> String {
    format!("{} {one}{}", count(number), if number == 1 { "" } else { "s" })
}

/// What it means that a bound of this name was hit so often.
#[must_use]
pub fn bound(name: &str, number: u64) -> String {
    let what = match name {
        "openings-exhausted" => {
            "said all that is kept of a beginning before its label was certain, and has the label that this gives; harmless \
             unless there are many"
        }
        "host-pairs-forgotten" => "forgotten for lack of room: what its flows told about each other is lost",
        "fragments-expired" => "whose fragments did not all come in time",
        "fragments-evicted" => "given up half put together, for lack of room",
        "fragments-dropped" => "whose fragments contradict each other, are too many or reach too far",
        "fragments-cut" => "of which the capture cut a fragment",
        "findings-overlooked" => "not looked at for findings, for lack of room",
        "recorder-held-drops" => {
            "held back until their flow's label would be known, and given up for lack of room: they are not recorded"
        }
        "recorder-drops" => "captured, but not recorded, because writing was behind",
        _ => "beyond this bound",
    };
    let counts = match name {
        "host-pairs-forgotten" => "host pair",
        "recorder-drops" | "recorder-held-drops" => "frame",
        _ if name.starts_with("fragments") => "datagram",
        _ => "flow",
    };
    format!("{} {what} ({name})", counted(number, counts))
}

/// A number of bytes in decimal units: `999 B`, `1.2 kB`, `34 MB`.
#[must_use]
pub fn bytes(number: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if number < 1000 {
        return format!("{number} B");
    }
    let rounded = |unit: u128| (u128::from(number) + unit / 2) / unit;
    let mut size = 1000_u128;
    for name in UNITS {
        let tenths = rounded(size / 10);
        if tenths < 100 {
            return format!("{}.{} {name}", tenths / 10, tenths % 10);
        }
        if rounded(size) < 1000 {
            return format!("{} {name}", rounded(size));
        }
        size *= 1000;
    }
    // Not reached: the largest number of 64 bits is 18 EB.
    number.to_string()
}

/// A span of time, rounded, in at most two units: `0`, `850 µs`, `8.2 ms`, `12 ms`, `1.25 s`, `5m 03s`, `2h 05m`,
/// `3d 04h`.
#[must_use]
pub fn duration(nanos: u64) -> String {
    const SECOND: u64 = 1_000_000_000;
    // Rounded before the unit is chosen: 999.6 ms are a second, not a thousand milliseconds.
    let rounded = |unit: u64| nanos.saturating_add(unit / 2) / unit;
    let tenths = |tenths: u64, unit: &str| format!("{}.{} {unit}", tenths / 10, tenths % 10);
    let hundredths = rounded(SECOND / 100);
    let (seconds, minutes, hours) = (rounded(SECOND), rounded(60 * SECOND), rounded(3600 * SECOND));
    match nanos {
        0 => "0".into(),
        1..1_000 => format!("{nanos} ns"),
        _ if rounded(1_000) < 1000 => format!("{} µs", rounded(1_000)),
        _ if rounded(100_000) < 100 => tenths(rounded(100_000), "ms"),
        _ if rounded(1_000_000) < 1000 => format!("{} ms", rounded(1_000_000)),
        _ if hundredths < 1000 => format!("{}.{:02} s", hundredths / 100, hundredths % 100),
        _ if rounded(SECOND / 10) < 600 => tenths(rounded(SECOND / 10), "s"),
        _ if seconds < 3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        _ if minutes < 24 * 60 => format!("{}h {:02}m", minutes / 60, minutes % 60),
        _ => format!("{}d {:02}h", hours / 24, hours % 24),
    }
}

/// A part of a whole in percent, with one decimal; what is little but not nothing stays visible.
#[must_use]
pub fn share(part: u64, whole: u64) -> String {
    let mut shown = String::new();
    let tenths =
        (u128::from(part) * 1000 + u128::from(whole) / 2).checked_div(u128::from(whole)).unwrap_or(0);
    // Writing to a string cannot fail.
    let _ = match tenths {
        0 if part > 0 => shown.write_str("<0.1 %"),
        _ => write!(shown, "{}.{} %", tenths / 10, tenths % 10),
    };
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_would_obey_is_left() {
        assert_eq!(printable("plain \"text\" \\"), "plain \"text\" \\");
        assert_eq!(printable("\x1b[31mred\x07\r\n"), "\\u{1b}[31mred\\u{7}\\r\\n");
        assert_eq!(printable("a\u{202e}b\u{200b}c\u{9b}d"), "a\\u{202e}b\\u{200b}c\\u{9b}d");
        assert_eq!(printable("größe 大"), "größe 大");
    }

    #[test]
    fn what_is_cut_fits_and_says_so() {
        assert_eq!(cut("short", 5), "short");
        assert_eq!(cut("a longer one", 9), "a longer…");
        assert_eq!(cut("大大大", 4), "大…");
        assert_eq!(cut_middle("2001:db8::1234:5678", 11), "2001:…:5678");
        for width in 0..24 {
            assert!(columns(&cut("大a大b 大c大d", width)) <= width);
            assert!(columns(&cut_middle("大a大b 大c大d", width.max(1))) <= width.max(1));
        }
    }

    #[test]
    fn byte_counts_have_two_or_three_digits_and_never_a_thousand_of_a_unit() {
        let shown = [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (9_949, "9.9 kB"),
            (9_950, "10 kB"),
            (123_456, "123 kB"),
            (999_499, "999 kB"),
            (999_500, "1.0 MB"),
            (1_234_567_890, "1.2 GB"),
            (u64::MAX, "18 EB"),
        ];
        for (number, expected) in shown {
            assert_eq!(bytes(number), expected, "{number}");
        }
    }

    #[test]
    fn times_have_the_unit_that_suits_them() {
        const SECOND: u64 = 1_000_000_000;
        let shown = [
            (0, "0"),
            (850_000, "850 µs"),
            (8_240_000, "8.2 ms"),
            (12_900_000, "13 ms"),
            (991_600_000, "992 ms"),
            (999_600_000, "1.00 s"),
            (1_250_000_000, "1.25 s"),
            (59_990_000_000, "1m 00s"),
            (303 * SECOND, "5m 03s"),
            (7_500 * SECOND, "2h 05m"),
            (100 * 3600 * SECOND, "4d 04h"),
            (3_071_344 * 60 * SECOND, "2132d 21h"),
            (u64::MAX, "213503d 23h"),
        ];
        for (nanos, expected) in shown {
            assert_eq!(duration(nanos), expected, "{nanos}");
        }
    }

    #[test]
    fn counts_and_shares_are_readable() {
        assert_eq!(
            (count(999), count(1_000), count(1_234_567)),
            ("999".into(), "1,000".into(), "1,234,567".into())
        );
        assert_eq!((counted(1, "flow"), counted(0, "flow")), ("1 flow".into(), "0 flows".into()));
        assert_eq!((share(1, 3), share(1, 1_000_000)), ("33.3 %".into(), "<0.1 %".into()));
        assert_eq!((share(0, 0), share(7, 7)), ("0.0 %".into(), "100.0 %".into()));
    }
}
