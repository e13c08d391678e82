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
        Kind::Number => number(word).map(Operand::Number),
        Kind::Flag => flag(word),
        Kind::Address => network(word),
        Kind::Confidence => {
            let known = CONFIDENCES.into_iter().find(|confidence| confidence.name() == word);
            known.map(Operand::Confidence)
        }
        Kind::Attribute if is_quoted => Some(text()),
        Kind::Attribute => {
            let number = number(word).map(Operand::Number);
            Some(number.or_else(|| flag(word)).unwrap_or_else(text))
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
        None => Err(format!("`{word}` is not {}", expected(field.kind))),
    }
}

/// Whether a word is a multiple of bytes, as it stands behind a number.
pub(super) fn is_unit(word: &str) -> bool {
    matches!(word, "B" | "k" | "M" | "G" | "kB" | "MB" | "GB")
}

/// What a kind of field is compared with, in words.
pub(super) fn expected(kind: Kind) -> String {
    match kind {
        Kind::Text | Kind::Attribute => "a text, in quotes".into(),
        Kind::Word(words) => format!("one of {}", words().join(", ")),
        Kind::Number => "a number: 443, 1.5, 10k, 1M, 2 GB".into(),
        Kind::Flag => "true or false".into(),
        Kind::Address => "an address or a network: 10.0.0.1, 10.0.0.0/8, fe80::/10".into(),
        Kind::Confidence => format!("one of {}", CONFIDENCES.map(Confidence::name).join(", ")),
    }
}

/// A number with a decimal multiple: `k`, `M`, `G`; with `B` behind it, as tables write bytes.
fn number(word: &str) -> Option<f64> {
    let word = word.strip_suffix('B').unwrap_or(word);
    let (digits, times) = match word.strip_suffix(['k', 'M', 'G']) {
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
