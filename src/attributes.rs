//! Facts for people: what a protocol told about itself, bounded in number and in length.

use std::fmt;

/// Most attributes kept of one flow.
pub const MAX_ATTRIBUTES: usize = 40;
/// Longest text kept, in bytes of UTF-8; the rest is cut and marked with an ellipsis.
pub const MAX_TEXT: usize = 256;
/// Most entries kept of one list.
pub const MAX_LIST: usize = 16;

/// The value of one attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A count, a version, a code.
    Number(u64),
    /// A measured quantity; the key names its unit.
    Decimal(f64),
    /// Yes or no.
    Flag(bool),
    /// Text; what was not UTF-8 on the wire has been replaced, control characters are escaped on output.
    Text(String),
    /// Several texts.
    List(Vec<String>),
}

/// As people read it: a quantity with one decimal, a list with commas.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Decimal(number) => write!(f, "{number:.1}"),
            Self::Flag(flag) => f.write_str(if *flag { "yes" } else { "no" }),
            Self::Text(text) => f.write_str(text),
            Self::List(list) => f.write_str(&list.join(", ")),
        }
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

impl From<u8> for Value {
    fn from(number: u8) -> Self {
        Self::Number(number.into())
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Number(number as u64)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Decimal(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Text(bounded(&String::from_utf8_lossy(bytes)))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(bounded(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(if text.len() > MAX_TEXT { bounded(&text) } else { text })
    }
}

impl From<Vec<String>> for Value {
    fn from(mut list: Vec<String>) -> Self {
        list.truncate(MAX_LIST);
        for text in &mut list {
            if text.len() > MAX_TEXT {
                *text = bounded(text);
            }
        }
        Self::List(list)
    }
}

/// What stands for the rest of a text, or of a list as its last entry.
pub const ELLIPSIS: &str = "…";

impl Value {
    /// Marks a value of which `longer` has become as cut, if it has; false if it has become something else.
    fn survives(&mut self, longer: &Self) -> bool {
        match (&mut *self, longer) {
            (old, longer) if old == longer => true,
            (Self::Text(text), Self::Text(longer)) => mark(text, longer),
            (Self::List(entries), Self::List(longer)) => {
                let same = entries.iter().zip(longer).take_while(|(a, b)| a == b).count();
                match (entries.get_mut(same..), longer.get(same)) {
                    // That it may go on is all that has become of it.
                    (Some([]), Some(next)) if next == ELLIPSIS => {}
                    (Some([]), _) => entries.push(ELLIPSIS.to_owned()),
                    (Some([last]), _) if last == ELLIPSIS => {}
                    (Some([last]), Some(longer)) => {
                        if !mark(last, longer) {
                            ELLIPSIS.clone_into(last);
                        }
                    }
                    _ => return false,
                }
                true
            }
            _ => false,
        }
    }
}

/// Marks `text` as cut if `longer` begins with it.
fn mark(text: &mut String, longer: &str) -> bool {
    if text.ends_with(ELLIPSIS) {
        return true;
    }
    // A character of several bytes that was cut is none.
    let kept = text.trim_end_matches(char::REPLACEMENT_CHARACTER);
    let begins = longer.starts_with(kept) && !kept.is_empty();
    text.truncate(kept.len());
    text.push_str(ELLIPSIS);
    begins
}

fn bounded(text: &str) -> String {
    if text.len() <= MAX_TEXT {
        return text.to_owned();
    }
    let end = (0..=MAX_TEXT - ELLIPSIS.len()).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    format!("{}{ELLIPSIS}", text.get(..end).unwrap_or_default())
}

/// The attributes of one flow, in the order they were first set; a key occurs once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes(Vec<(&'static str, Value)>);

impl Attributes {
    /// Sets `key` (`protocol.snake_case`, the unit in its name) to `value`; a later value replaces an earlier one.
    pub fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        let value = value.into();
        if let Some((_, old)) = self.0.iter_mut().find(|(name, _)| *name == key) {
            *old = value;
        } else if self.0.len() < MAX_ATTRIBUTES {
            self.0.push((key, value));
        }
    }

    /// Sets `key` if there is a value.
    pub fn set_some(&mut self, key: &'static str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.set(key, value);
        }
    }

    /// Takes back what was set.
    pub fn forget(&mut self, key: &'static str) {
        self.0.retain(|(name, _)| *name != key);
    }

    /// Sets `key` to a list if there is an entry; `open` says that more were sent than could be read.
    pub fn set_list(&mut self, key: &'static str, mut list: Vec<String>, open: bool) {
        if list.is_empty() {
            return;
        }
        list.truncate(MAX_LIST - usize::from(open));
        if open && list.last().is_none_or(|last| last != ELLIPSIS) {
            list.push(ELLIPSIS.to_owned());
        }
        self.set(key, list);
    }

    /// Doubts what `longer` says otherwise, which was read from the same bytes with more behind them: a text or a list
    /// that has become longer is marked as cut with an ellipsis, any other value that has become another one is dropped.
    pub fn doubt(&mut self, longer: &Self) {
        self.0.retain_mut(|(key, value)| longer.value(key).is_none_or(|other| value.survives(other)));
    }

    /// The value of `key`.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(key, value)| (*key, value))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_at_a_character_and_marked() {
        let mut attributes = Attributes::default();
        attributes.set("test.text", "ä".repeat(500).as_str());
        let Some(Value::Text(text)) = attributes.value("test.text") else { panic!("no text") };
        assert!(text.len() <= MAX_TEXT && text.ends_with('…'));
    }

    #[test]
    fn what_reads_on_is_marked_and_what_reads_otherwise_is_dropped() {
        let told = |host: &str, list: &[&str], count: u64| {
            let mut attributes = Attributes::default();
            attributes.set("test.host", host);
            attributes.set("test.list", list.iter().map(|&entry| entry.to_owned()).collect::<Vec<_>>());
            attributes.set("test.count", count);
            attributes.set("test.same", "same");
            attributes
        };
        let mut doubted = told("exam", &["a", "b"], 7);
        doubted.doubt(&told("example", &["a", "bc"], 8));
        let list = Value::List(vec!["a".to_owned(), "b…".to_owned()]);
        let expected =
            [("test.host", Value::from("exam…")), ("test.list", list), ("test.same", Value::from("same"))];
        assert_eq!(doubted.iter().map(|(key, value)| (key, value.clone())).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_later_value_replaces_an_earlier_one() {
        let mut attributes = Attributes::default();
        attributes.set("test.n", 1_u64);
        attributes.set("test.n", 2_u64);
        assert_eq!(attributes.iter().collect::<Vec<_>>(), [("test.n", &Value::Number(2))]);
    }
}
