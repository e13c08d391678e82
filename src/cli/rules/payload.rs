//! What a rule asks of bytes, as it is written: `[[rule.payload]]`.

use super::file::{number, string, unknown};
use crate::cli::config::file::Mistake;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use wiretell::key::Transport;
use wiretell::opening::MAX_STREAM;
use wiretell::rules::pattern::{Length, Masked, Pattern, Test, Whose, regex};

/// Most bytes of a pattern.
const MOST_BYTES: usize = 1024;
/// What a pattern may say.
const KEYS: [&str; 7] = ["side", "offset", "bytes", "mask", "regex", "length", "size"];
/// Kinds of numbers: name, bytes, and whether the most significant comes first.
const KINDS: [(&str, u8, bool); 7] = [
    ("u8", 1, true),
    ("u16be", 2, true),
    ("u16le", 2, false),
    ("u24be", 3, true),
    ("u24le", 3, false),
    ("u32be", 4, true),
    ("u32le", 4, false),
];

/// The patterns of a rule over `transports`; none: over any.
pub(super) fn patterns(
    value: &Spanned<DeValue<'_>>,
    transports: &[Transport],
) -> Result<Vec<Pattern>, Mistake> {
    let form = |at: usize| (at, "write [[rule.payload]] on a line of its own".to_owned());
    let DeValue::Array(several) = value.get_ref() else { return Err(form(value.span().start)) };
    let streams = transports.is_empty() || transports.contains(&Transport::Tcp);
    let mut all = Vec::new();
    for one in several {
        let DeValue::Table(keys) = one.get_ref() else { return Err(form(one.span().start)) };
        all.extend(entry(keys, one.span().start, streams)?);
    }
    Ok(all)
}

fn entry(keys: &DeTable<'_>, at: usize, streams: bool) -> Result<Vec<Pattern>, Mistake> {
    let (mut whose, mut offset, mut bytes, mut mask) = (Whose::Client, None, None, None);
    let mut tests = Vec::new();
    for (key, value) in keys {
        let (name, start): (&str, _) = (key.get_ref(), value.span().start);
        match name {
            "side" => {
                whose = match string(name, value)? {
                    "client" => Whose::Client,
                    "server" => Whose::Server,
                    "either" => Whose::Either,
                    other => return Err((start, format!("`{other}` is not client, server or either"))),
                }
            }
            "offset" => {
                let most = u32::try_from(MAX_STREAM - 1).unwrap_or(u32::MAX);
                offset = Some((number(name, value, most)?, key.span().start));
            }
            "bytes" => bytes = Some((masked(string(name, value)?).map_err(|what| (start, what))?, start)),
            "mask" => mask = Some((plain(string(name, value)?).map_err(|what| (start, what))?, start)),
            "regex" => tests.push(Test::Regex(regex(string(name, value)?).map_err(|what| (start, what))?)),
            "length" => tests.push(Test::Length(length(value)?)),
            "size" if streams => {
                let what = "`size` is that of a datagram, and this rule is about TCP too; give it transport = \"udp\"";
                return Err((key.span().start, what.to_owned()));
            }
            "size" => tests.push(size(value)?),
            _ => return Err(unknown(name, key.span().start, "a pattern says", &KEYS)),
        }
    }
    match (bytes, mask, offset) {
        (Some((mut bytes, _)), mask, offset) => {
            if let Some((mask, start)) = mask {
                if mask.len() != bytes.len() {
                    let what =
                        format!("this mask is for {} bytes, and there are {}", mask.len(), bytes.len());
                    return Err((start, what));
                }
                for (byte, mask) in bytes.iter_mut().zip(mask) {
                    byte.mask &= mask;
                    byte.value &= mask;
                }
            }
            tests.insert(0, Test::Bytes { offset: offset.map_or(0, |(offset, _)| offset), bytes });
        }
        (None, Some((_, start)), _) => {
            return Err((start, "`mask` is for `bytes`, which are missing".to_owned()));
        }
        (None, None, Some((_, start))) => {
            return Err((start, "`offset` is where `bytes` stand, which are missing".to_owned()));
        }
        (None, None, None) => {}
    }
    if tests.is_empty() {
        return Err((at, "this pattern asks for nothing; give it bytes, regex, length or size".to_owned()));
    }
    Ok(tests.into_iter().map(|test| Pattern { whose, test }).collect())
}

/// `{ at = 2, type = "u16be", plus = 4 }`.
fn length(value: &Spanned<DeValue<'_>>) -> Result<Length, Mistake> {
    const KEYS: [&str; 3] = ["at", "type", "plus"];
    let start = value.span().start;
    let DeValue::Table(keys) = value.get_ref() else {
        return Err((start, "`length` is written like { at = 2, type = \"u16be\", plus = 4 }".to_owned()));
    };
    let (mut at, mut kind, mut plus) = (None, None, 0);
    for (key, value) in keys {
        let name: &str = key.get_ref();
        match name {
            "at" => at = Some(number(name, value, 1024)?),
            "type" => {
                let said = string(name, value)?;
                let known = KINDS.iter().find(|(known, ..)| *known == said);
                let known = known.ok_or_else(|| {
                    let names = KINDS.map(|(name, ..)| name).join(", ");
                    (value.span().start, format!("`{said}` is none of {names}"))
                })?;
                kind = Some(*known);
            }
            "plus" => {
                plus = integer(name, value)?;
                if plus.abs() > 65_536 {
                    return Err((
                        value.span().start,
                        "`plus` takes a whole number from -65536 to 65536".to_owned(),
                    ));
                }
            }
            _ => return Err(unknown(name, key.span().start, "a length says", &KEYS)),
        }
    }
    match (at, kind) {
        (Some(at), Some((_, width, big_endian))) => Ok(Length { at, width, big_endian, plus }),
        _ => {
            Err((start, "`length` needs `at` and `type`: { at = 2, type = \"u16be\", plus = 4 }".to_owned()))
        }
    }
}

/// `48`, or `"40-60"`.
fn size(value: &Spanned<DeValue<'_>>) -> Result<Test, Mistake> {
    if let DeValue::Integer(_) = value.get_ref() {
        let size = number("size", value, 65_535)?;
        return Ok(Test::Size(size, size));
    }
    let form = || (value.span().start, "`size` takes a number of bytes, or two: 48 or \"40-60\"".to_owned());
    let DeValue::String(text) = value.get_ref() else { return Err(form()) };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.trim().parse::<u16>(), last.trim().parse::<u16>()) {
        (Ok(first), Ok(last)) if first <= last => Ok(Test::Size(first.into(), last.into())),
        _ => Err(form()),
    }
}

/// A whole number.
pub(super) fn integer(name: &str, value: &Spanned<DeValue<'_>>) -> Result<i64, Mistake> {
    let wrong = || (value.span().start, format!("`{name}` takes a whole number"));
    match value.get_ref() {
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).map_err(|_| wrong()),
        _ => Err(wrong()),
    }
}

/// Bytes in hexadecimal; `?` stands for four bits that do not matter.
pub(super) fn masked(text: &str) -> Result<Vec<Masked>, String> {
    let mut halves = Vec::new();
    for (place, c) in text.chars().enumerate().filter(|(_, c)| !c.is_whitespace()) {
        let half = match c {
            '?' => (0, 0),
            _ => match c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()) {
                Some(digit) => (digit, 0xF),
                None => {
                    return Err(format!(
                        "`{}` at character {} is no hexadecimal digit",
                        c.escape_debug(),
                        place + 1
                    ));
                }
            },
        };
        halves.push(half);
    }
    let (pairs, rest) = halves.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(format!("{} hexadecimal digits are no whole bytes", halves.len()));
    }
    match pairs.len() {
        0 => Err("there are no bytes; write them in hexadecimal: \"41 43 ?? 4?\"".to_owned()),
        1..=MOST_BYTES => Ok(pairs
            .iter()
            .map(|[(high, high_mask), (low, low_mask)]| Masked {
                value: high << 4 | low,
                mask: high_mask << 4 | low_mask,
            })
            .collect()),
        many => Err(format!("{many} bytes are more than the {MOST_BYTES} that a pattern may have")),
    }
}

/// Bytes in hexadecimal, all of which are known.
pub(super) fn plain(text: &str) -> Result<Vec<u8>, String> {
    let bytes = masked(text)?;
    if bytes.iter().any(|byte| byte.mask != u8::MAX) {
        return Err("`?` stands for nothing here; write the bytes as they are".to_owned());
    }
    Ok(bytes.into_iter().map(|byte| byte.value).collect())
}
