//! What fields are compared with, from the words that people write.

use super::Operand;
use super::field::{Field, Kind};
use crate::inspect::Confidence;
use std::net::IpAddr;

const CONFIDENCES: [Confidence; 5] = [
    Confidence::Port,
    Confidence::Behaviour,
    Confidence::Signature,
    Confidence::Message,
    Confidence::Dialogue,
];

/// What a field is compared with.
///
/// # Errors
/// What is wrong with the word.
pub(super) fn read(field: &Field, word: &str, is_quoted: bool) -> Result<Operand, String> {
    let text = || Operand::Text(word.to_owned());
    let found = match field.kind {
        Kind::Text => Some(text()),
        Kind::Word(words) => words().contains(&word).then(text),
        Kind::Number => quantity(field, word).map(Operand::Number),
        Kind::Flag => flag(word),
        Kind::Address => network(word),
        Kind::Confidence => {
            let known = CONFIDENCES.into_iter().find(|confidence| confidence.name() == word);
            known.map(Operand::Confidence)
        }
        Kind::Attribute => {
            let flag = || flag(word).filter(|_| !is_quoted);
            let meant = number(word).map(Operand::Number).or_else(flag);
            Some(meant.map_or_else(text, |meant| Operand::Written(word.to_owned(), Box::new(meant))))
        }
    };
    match found {
        Some(Operand::Number(port)) if field.name.ends_with("port") && !(0.0..=65535.0).contains(&port) => {
            Err(format!("`{word}` is no port: they go from 0 to 65535"))
        }
        Some(Operand::Network(IpAddr::V6(_), _)) if field.name.starts_with("ip.") => {
            Err(format!("`{word}` is of IPv6: write {}", field.name.replace("ip.", "ipv6.")))
        }
        Some(Operand::Network(IpAddr::V4(_), _)) if field.name.starts_with("ipv6.") => {
            Err(format!("`{word}` is of IPv4: write {}", field.name.replace("ipv6.", "ip.")))
        }
        Some(operand) => Ok(operand),
        None => {
            let range = word.split_once('-').filter(|_| matches!(field.kind, Kind::Number | Kind::Address));
            let is_end = |end: &str| number(end).is_some() || network(end).is_some();
            Err(match range.filter(|(from, to)| is_end(from) && is_end(to)) {
                Some((from, to)) => format!("`{word}` is not how ranges are written here: {from}..{to}"),
                None => format!("`{word}` is not {}", expected(field)),
            })
        }
    }
}

/// Units of time behind a number, in seconds.
const TIMES: [(&str, f64); 6] =
    [("ms", 1e-3), ("us", 1e-6), ("min", 60.0), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];

/// The unit that a field counts in, in seconds, if it is one of time.
fn second_of(field: &Field) -> Option<f64> {
    match field.name {
        "duration" => Some(1.0),
        "rtt_ms" => Some(1e3),
        _ => None,
    }
}

/// Whether a word is a unit of a field, as it stands behind a number.
pub(super) fn is_unit(field: &Field, word: &str) -> bool {
    match second_of(field) {
        Some(_) => TIMES.iter().any(|(unit, _)| *unit == word),
        None => matches!(word, "B" | "k" | "M" | "G" | "kB" | "MB" | "GB" | "KiB" | "MiB" | "GiB"),
    }
}

/// A number of what a field counts.
fn quantity(field: &Field, word: &str) -> Option<f64> {
    let of_time = || {
        let second = second_of(field)?;
        let (digits, seconds) =
            TIMES.iter().find_map(|(unit, seconds)| Some((word.strip_suffix(unit)?, seconds)))?;
        Some(
            digits.parse::<f64>().ok().filter(|_| digits.starts_with(|c: char| c.is_ascii_digit()))?
                * seconds
                * second,
        )
    };
    // A megasecond is nobody's; without a unit all fields take the same.
    of_time().or_else(|| number(word)).filter(|number| number.is_finite())
}

/// What a kind of field is compared with, in words.
pub(super) fn expected(field: &Field) -> String {
    match field.kind {
        Kind::Number if field.name == "duration" => "a number of seconds: 3, 0.5, 200 ms, 1 m".into(),
        Kind::Number if second_of(field).is_some() => "a number of milliseconds: 30, 0.5, 2 s".into(),
        Kind::Text | Kind::Attribute => "a text, in quotes".into(),
        Kind::Word(words) => format!("one of {}", words().join(", ")),
        Kind::Number => "a number: 443, 0x1bb, 1.5, 10k, 1M, 2 GB, 5 KiB".into(),
        Kind::Flag => "true or false".into(),
        Kind::Address => "an address or a network: 10.0.0.1, 10.0.0.0/8, fe80::/10".into(),
        Kind::Confidence => format!("one of {}", CONFIDENCES.map(Confidence::name).join(", ")),
    }
}

/// A number, hexadecimal behind `0x`; or with a decimal multiple, `k`, `M`, `G`, with `B` behind it, as tables write bytes,
/// or a binary one, `KiB`, `MiB`, `GiB`.
fn number(word: &str) -> Option<f64> {
    if let Some(digits) = word.strip_prefix("0x") {
        return u32::from_str_radix(digits, 16).ok().map(f64::from);
    }
    let word = word.strip_suffix('B').unwrap_or(word);
    let (digits, times) = match word.strip_suffix(['k', 'M', 'G']) {
        _ if word.ends_with("Ki") => (word.strip_suffix("Ki")?, 1024.0),
        _ if word.ends_with("Mi") => (word.strip_suffix("Mi")?, 1024.0 * 1024.0),
        _ if word.ends_with("Gi") => (word.strip_suffix("Gi")?, 1024.0 * 1024.0 * 1024.0),
        Some(digits) if word.ends_with('k') => (digits, 1e3),
        Some(digits) if word.ends_with('M') => (digits, 1e6),
        Some(digits) => (digits, 1e9),
        None => (word, 1.0),
    };
    let plain = digits.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    let number: f64 = digits.parse().ok().filter(|_| plain)?;
    number.is_finite().then_some(number * times)
}

fn flag(word: &str) -> Option<Operand> {
    match word {
        "true" => Some(Operand::Flag(true)),
        "false" => Some(Operand::Flag(false)),
        _ => None,
    }
}

fn network(word: &str) -> Option<Operand> {
    let (address, bits) = match word.split_once('/') {
        Some((address, bits)) => (address, Some(bits.parse::<u8>().ok()?)),
        None => (word, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let width = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.unwrap_or(width);
    (bits <= width).then_some(Operand::Network(address, bits))
}
