//! Choosing flows by an expression over their records' fields: what stands behind `--where`.
//!
//! ```text
//! app_proto == "netft" and verdict != "confirmed"
//! dst_port in 3224..3324 or (ip in 10.0.0.0/8 and bytes > 1M)
//! attributes["tls.sni"] matches "\\.example$"
//! udp.port == 3343 && !(ip.addr == 10.0.0.1)
//! tls or proto == icmp
//! ```
//!
//! The manner is that of Wireshark's display filters: words or signs for operators, sets in braces, a field by
//! itself asks whether it is there, and Wireshark's own names of what records have are taken. A label by itself asks
//! for the label and its special kinds. A field with several values (`ip`, `port`, `vlan`) fits if one of them does.
//! Unlike there, `!=` is always the opposite of `==`, so that a flow without a label is not `dns` either.
//! What an attribute is compared with may be a number or the text that it is written as, whichever the attribute is.

use crate::inspect::Confidence;
use crate::summary::Summary;
use field::{Field, Value};
use std::net::IpAddr;
use std::str::FromStr;

pub use field::fields;
pub use wireshark::fields as wireshark_fields;

pub mod label;

mod field;
mod names;
mod operand;
mod parse;
mod token;
mod unexpected;
mod wireshark;

/// An expression that flows fit or do not.
#[derive(Clone, Debug)]
pub struct Selection {
    text: String,
    expression: Box<Expression>,
    labels: Vec<(usize, String)>,
}

/// What is wrong with an expression, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {what}")]
pub struct SelectError {
    /// The column, in characters, from 1.
    pub column: usize,
    /// What is wrong there, and what would be right.
    pub what: String,
}

#[derive(Clone, Debug)]
enum Expression {
    Any(Vec<Self>),
    All(Vec<Self>),
    Not(Box<Self>),
    /// One of both, and not the other.
    Either(Box<[Self; 2]>),
    Test(Test),
}

/// One field compared with something.
#[derive(Clone, Debug)]
struct Test {
    field: &'static Field,
    /// The attribute, where the field is `attributes`.
    key: Option<String>,
    check: Check,
}

#[derive(Clone, Debug)]
enum Check {
    /// There is a value, and it is not `false`.
    Present,
    /// There is a value, whatever it is.
    Given,
    Equal(Operand),
    Contains(String),
    Matches(regex::Regex),
    In(Vec<Operand>),
    Order {
        greater: bool,
        or_equal: bool,
        than: Operand,
    },
}

/// What a field is compared with.
#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Text(String),
    Flag(bool),
    Number(f64),
    /// From the first to the second, both included.
    Range(f64, f64),
    Confidence(Confidence),
    /// A network: its address, and how many bits of it count.
    Network(IpAddr, u8),
    /// From the first address to the last of the same version of IP, both included.
    Addresses(IpAddr, IpAddr),
    /// A text as it was written, or what else it means: attributes may be of any kind.
    Written(String, Box<Self>),
}

impl FromStr for Selection {
    type Err = SelectError;

    fn from_str(text: &str) -> Result<Self, SelectError> {
        let (expression, labels) = parse::expression(text)?;
        Ok(Self { text: text.to_owned(), expression: Box::new(expression), labels })
    }
}

impl Selection {
    /// The expression as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The labels that `app_proto` is compared with as a whole, each with its column, in characters, from 1. Which labels there
    /// can be depends on the user's own rules, so that nothing is said of them here.
    pub fn labels(&self) -> impl Iterator<Item = (usize, &str)> {
        self.labels.iter().map(|(column, label)| (*column, label.as_str()))
    }

    /// Whether a flow fits; `file` is the name of the capture that it came from.
    #[must_use]
    pub fn selects(&self, summary: &Summary, file: Option<&str>) -> bool {
        self.expression.fits(summary, file)
    }
}

impl Expression {
    fn fits(&self, summary: &Summary, file: Option<&str>) -> bool {
        match self {
            Self::Any(parts) => parts.iter().any(|part| part.fits(summary, file)),
            Self::All(parts) => parts.iter().all(|part| part.fits(summary, file)),
            Self::Not(part) => !part.fits(summary, file),
            Self::Either(both) => both.iter().filter(|part| part.fits(summary, file)).count() == 1,
            Self::Test(test) => test.fits(summary, file),
        }
    }
}

impl Test {
    fn fits(&self, summary: &Summary, file: Option<&str>) -> bool {
        let mut fits = false;
        let mut see = |value: Value<'_>| fits |= self.check.fits(&value);
        match &self.key {
            Some(key) => field::attribute(summary, key, &mut see),
            None => (self.field.values)(summary, file, &mut see),
        }
        fits
    }
}

impl Check {
    fn fits(&self, value: &Value<'_>) -> bool {
        let text = |check: &dyn Fn(&str) -> bool| matches!(value, Value::Text(text) if check(text));
        match self {
            Self::Present => !matches!(value, Value::Flag(false)),
            Self::Given => true,
            Self::Equal(operand) => operand.holds(value),
            Self::In(operands) => operands.iter().any(|operand| operand.holds(value)),
            Self::Contains(part) => text(&|text| text.contains(part.as_str())),
            Self::Matches(pattern) => text(&|text| pattern.is_match(text)),
            Self::Order { greater, or_equal, than } => {
                let order = match (value, than) {
                    (Value::Number(a), _) => than.number().and_then(|b| a.partial_cmp(&b)),
                    (Value::Text(a), Operand::Written(b, _)) => {
                        version(a).zip(version(b)).map(|(a, b)| a.cmp(&b))
                    }
                    (Value::Confidence(a), Operand::Confidence(b)) => Some(a.cmp(b)),
                    _ => None,
                };
                order.is_some_and(|order| {
                    (*or_equal && order.is_eq()) || (if *greater { order.is_gt() } else { order.is_lt() })
                })
            }
        }
    }
}

/// The numbers of a text like `1.3`, which is what texts with an order are: 1.10 comes after 1.9.
fn version(text: &str) -> Option<Vec<u64>> {
    text.split('.').map(|part| part.parse().ok()).collect()
}

impl Operand {
    /// The number that it is, or may mean.
    const fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Written(_, meant) => meant.number(),
            _ => None,
        }
    }

    fn holds(&self, value: &Value<'_>) -> bool {
        match (self, value) {
            (Self::Text(a), Value::Text(b)) => a == b,
            (Self::Flag(a), Value::Flag(b)) => a == b,
            #[expect(
                clippy::float_cmp,
                reason = "whole numbers far below 2^53, or what a person has written"
            )]
            (Self::Number(a), Value::Number(b)) => a == b,
            (Self::Range(from, to), Value::Number(b)) => (from..=to).contains(&b),
            (Self::Range(from, to), Value::Text(b)) => {
                b.parse().is_ok_and(|b: f64| (*from..=*to).contains(&b))
            }
            (Self::Confidence(a), Value::Confidence(b)) => a == b,
            (Self::Network(network, bits), Value::Address(address)) => covers(*network, *bits, *address),
            (Self::Addresses(from, to), Value::Address(address)) => {
                from.is_ipv4() == address.is_ipv4() && (from..=to).contains(&address)
            }
            (Self::Written(a, meant), _) => matches!(value, Value::Text(b) if a == b) || meant.holds(value),
            _ => false,
        }
    }
}

/// Whether the first `bits` of both addresses are equal; IPv4 and IPv6 never are.
fn covers(network: IpAddr, bits: u8, address: IpAddr) -> bool {
    let kept = |width: u32| width.saturating_sub(u32::from(bits));
    match (network, address) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()).checked_shr(kept(32)).unwrap_or(0) == 0,
        (IpAddr::V6(a), IpAddr::V6(b)) => {
            (a.to_bits() ^ b.to_bits()).checked_shr(kept(128)).unwrap_or(0) == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
