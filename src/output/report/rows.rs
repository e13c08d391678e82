//! The flows as data for the page's script: the fields of their records, each text once for all flows.
//!
//! A row is a list in the order of [`COLUMNS`]. Times are nanoseconds after the report's beginning. Where a text is
//! likely to come again, its place in the list of texts stands for it.

use super::json::inert;
use crate::output::record::FlowRecord;
use crate::output::text::printable;
use crate::packet::Timestamp;
use crate::summary::Summary;
use hashbrown::HashMap;
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt;

/// What stands where in a row.
const COLUMNS: &[&str] = &[
    "begin",
    "lasted",
    "digits",
    "flow_id",
    "community_id",
    "file",
    "proto",
    "src_ip",
    "src_port",
    "dst_ip",
    "dst_port",
    "direction",
    "app_proto",
    "verdict",
    "confidence",
    "packets_fwd",
    "packets_rev",
    "bytes_fwd",
    "bytes_rev",
    "payload_bytes_fwd",
    "payload_bytes_rev",
    "end_reason",
    "port_claim",
    "why",
    "tcp",
    "attributes",
    "rest",
];
/// Those of them that are places of texts.
const TEXTS: &[&str] =
    &["file", "proto", "src_ip", "dst_ip", "direction", "app_proto", "verdict", "confidence", "end_reason"];
/// Fields that few flows have: written as the record has them.
const REST: &[&str] = &["vlan", "tunnel", "icmp_error", "continued", "truncated"];

/// Writes them, one by one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows<'a> {
    pub(super) flows: &'a [Summary],
    pub(super) files: &'a [String],
    pub(super) begin: Timestamp,
}

impl fmt::Display for Rows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut texts = Texts::default();
        // As text: nanoseconds since 1970 are more than a script's numbers hold.
        write!(f, "{{\"begin\":\"{}\",\"columns\":{},\"rows\":[", self.begin.0, inert(&COLUMNS))?;
        for (place, flow) in self.flows.iter().enumerate() {
            f.write_str(if place > 0 { ",\n" } else { "\n" })?;
            f.write_str(&inert(&self.row(flow, &mut texts)))?;
        }
        write!(f, "],\n\"texts\":{}}}", inert(&texts.list))
    }
}

impl Rows<'_> {
    fn row(&self, flow: &Summary, texts: &mut Texts) -> Vec<Value> {
        // No record has map keys that JSON could not hold.
        let record = serde_json::to_value(FlowRecord::new(flow, self.files)).unwrap_or_default();
        let column = |name: &&str| match *name {
            "begin" => json!(flow.first.0.saturating_sub(self.begin.0)),
            "lasted" => json!(flow.last.since(flow.first)),
            "digits" => json!(flow.digits),
            "port_claim" => objects(&record, name, &["name", "basis"], texts),
            "why" => objects(&record, name, &["kind", "rule", "detail", "frame", "file", "side"], texts),
            "tcp" => match record.get("tcp").and_then(Value::as_object) {
                Some(tcp) => tcp.values().map(|value| texts.place(value)).collect(),
                None => Value::Null,
            },
            "attributes" => attributes(&record, texts),
            "rest" => rest(&record),
            name if TEXTS.contains(&name) => texts.place(field(&record, name)),
            name => shown(field(&record, name)),
        };
        COLUMNS.iter().map(column).collect()
    }
}

fn field<'a>(record: &'a Value, name: &str) -> &'a Value {
    record.get(name).unwrap_or(&Value::Null)
}

/// A list of objects as one list of their parts.
fn objects(record: &Value, name: &str, parts: &[&str], texts: &mut Texts) -> Value {
    let mut list = Vec::new();
    for object in field(record, name).as_array().into_iter().flatten() {
        list.extend(parts.iter().map(|part| texts.place(field(object, part))));
    }
    Value::Array(list)
}

/// Names and values in turn: a number is the place of a text, any other value stands in a list of its own.
fn attributes(record: &Value, texts: &mut Texts) -> Value {
    let mut list = Vec::new();
    for (name, value) in field(record, "attributes").as_object().into_iter().flatten() {
        list.push(texts.of(name));
        list.push(match value {
            Value::String(text) => texts.of(text),
            other => json!([shown(other)]),
        });
    }
    Value::Array(list)
}

fn rest(record: &Value) -> Value {
    let is_there = |value: &&Value| value.as_array().is_none_or(|list| !list.is_empty());
    let fields = REST.iter().filter_map(|name| Some((*name, record.get(*name).filter(is_there)?)));
    let rest: serde_json::Map<String, Value> =
        fields.map(|(name, value)| (name.to_owned(), shown(value))).collect();
    if rest.is_empty() { Value::Null } else { Value::Object(rest) }
}

/// A value whose texts have nothing in them that does not print as itself.
fn shown(value: &Value) -> Value {
    match value {
        Value::String(text) => printable(text).into(),
        Value::Array(list) => list.iter().map(shown).collect(),
        Value::Object(object) => {
            let fields = object.iter().map(|(name, value)| (name.clone(), shown(value)));
            Value::Object(fields.collect())
        }
        other => other.clone(),
    }
}

/// Every text once.
#[derive(Debug, Default, Serialize)]
struct Texts {
    list: Vec<String>,
    #[serde(skip)]
    places: HashMap<String, usize, foldhash::fast::RandomState>,
}

impl Texts {
    /// The place of a text.
    fn of(&mut self, text: &str) -> Value {
        if let Some(place) = self.places.get(text) {
            return json!(place);
        }
        let place = self.list.len();
        self.list.push(printable(text).into_owned());
        self.places.insert(text.to_owned(), place);
        json!(place)
    }

    /// The place of a text; what is none stays as it is.
    fn place(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.of(text),
            other => other.clone(),
        }
    }
}
