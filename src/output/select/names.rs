//! What a name means that begins a condition: a field, here or in Wireshark, an attribute, a protocol, a label.

use super::field::{self, Field, fields};
use super::{label, wireshark};
use crate::output::protocol;
use crate::protocols::INSPECTORS;

/// What a name means.
pub(super) enum Meant {
    /// A field.
    Field(&'static Field),
    /// The attribute of this name, of the field `attributes`.
    Attribute(&'static Field),
    /// By itself, that one of these fields has one of these values.
    Alone(Vec<(&'static Field, Vec<String>)>),
}

/// What a name means; fields come first.
pub(super) fn meant(name: &str) -> Option<Meant> {
    if let Some(field) = field::field(name).or_else(|| wireshark::field(name)) {
        return Some(Meant::Field(field));
    }
    if is_attribute(name) {
        return field::field("attributes").map(Meant::Attribute);
    }
    let mut parts = Vec::new();
    if protocol::number(name).is_some() {
        parts.push(("proto", vec![name.to_owned()]));
    }
    if label::is_known(name) {
        parts.push(("app_proto", label::with_kinds(name)));
    }
    if parts.is_empty() {
        return None;
    }
    // What is unpacked is no flow itself, but flows are inside of it.
    parts.push(("tunnel", vec![name.to_owned()]));
    let fields = parts.into_iter().filter_map(|(of, words)| Some((field::field(of)?, words)));
    Some(Meant::Alone(fields.collect()))
}

/// Whether some protocol sets an attribute.
pub(super) fn is_attribute(key: &str) -> bool {
    INSPECTORS.iter().flat_map(|inspector| inspector.attributes).any(|(name, _)| *name == key)
}

/// That there is no such field, and which may have been meant.
pub(super) fn unknown(name: &str) -> String {
    if let Some((_, instead)) = wireshark::OTHERWISE.iter().find(|(there, _)| *there == name) {
        return format!("there is no field `{name}`: {instead}");
    }
    let near = fields()
        .map(|(known, _)| known)
        .filter(|known| known.contains(name) || name.contains(known) || differ_little(known, name));
    let near: Vec<&str> = near.take(3).collect();
    if near.is_empty() {
        let all: Vec<&str> = fields().map(|(known, _)| known).collect();
        let own =
            if name.contains('.') { "" } else { "; a label of your own rules stands behind app_proto ==" };
        format!("there is no field `{name}`; there are {}{own}", all.join(", "))
    } else {
        format!("there is no field `{name}`; did you mean {}?", near.join(" or "))
    }
}

/// Whether two names begin and end alike, but for a letter or two.
fn differ_little(a: &str, b: &str) -> bool {
    let front = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    let back = a.chars().rev().zip(b.chars().rev()).take_while(|(a, b)| a == b).count();
    front + back >= 3 && front + back + 2 >= a.len().max(b.len())
}
