//! The JSON Schema (2020-12) of every record, with a description of every field.

use crate::output::record::SCHEMA;
use serde_json::{Map, Value, json};

/// The schema of a line, as indented JSON that ends with a line feed.
#[must_use]
pub fn text() -> String {
    format!("{:#}\n", schema())
}

/// Every kind of record, by the name in its field `type`.
fn records() -> [(&'static str, Value); 5] {
    [
        ("flow", flow::flow()),
        ("label", flow::label()),
        ("heartbeat", finding::heartbeat()),
        ("finding", finding::finding()),
        ("stats", stats::stats()),
    ]
}

fn schema() -> Value {
    let kinds = records().map(|(name, _)| json!({ "$ref": format!("#/$defs/{name}") }));
    let definitions: Map<String, Value> =
        records().into_iter().map(|(name, record)| (name.to_owned(), record)).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A record of wiretell",
        "description": "One line of `--format jsonl`. What is not known is absent or null.",
        "oneOf": kinds,
        "$defs": definitions,
    })
}

/// A field: its name, what it may be, and whether every record has it.
type Field = (&'static str, Value, bool);

/// Always there.
fn always(name: &'static str, what: Value) -> Field {
    (name, what, true)
}

/// Absent where it is not known or says nothing.
fn maybe(name: &'static str, what: Value) -> Field {
    (name, what, false)
}

/// An object that has these fields and no others.
fn object(description: &str, fields: impl IntoIterator<Item = Field>) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for (name, what, is_required) in fields {
        properties.insert(name.to_owned(), what);
        if is_required {
            required.push(name);
        }
    }
    json!({
        "description": description,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn text_of(description: &str) -> Value {
    json!({ "description": description, "type": "string" })
}

fn text_or_null(description: &str) -> Value {
    json!({ "description": description, "type": ["string", "null"] })
}

fn one_of(description: &str, names: &[&str]) -> Value {
    json!({ "description": description, "type": "string", "enum": names })
}

fn count(description: &str) -> Value {
    json!({ "description": description, "type": "integer", "minimum": 0 })
}

fn number(description: &str) -> Value {
    json!({ "description": description, "type": "number", "minimum": 0 })
}

fn port(description: &str) -> Value {
    json!({ "description": description, "type": "integer", "minimum": 0, "maximum": 65_535 })
}

fn flag(description: &str) -> Value {
    json!({ "description": description, "type": "boolean" })
}

fn list(description: &str, of: &Value) -> Value {
    json!({ "description": description, "type": "array", "items": of })
}

fn time(description: &str) -> Value {
    json!({
        "description": format!("{description}: RFC 3339 in UTC, with as many digits as the capture has"),
        "type": "string",
        "format": "date-time",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?Z$",
    })
}

fn address(description: &str) -> Value {
    json!({
        "description": description,
        "type": "string",
        "anyOf": [{ "format": "ipv4" }, { "format": "ipv6" }],
    })
}

/// The beginning of every record.
fn head(kind: &str) -> [Field; 2] {
    [
        always("type", json!({ "description": "Which kind of record it is", "const": kind })),
        always("schema", json!({ "description": "Version of the records' layout", "const": SCHEMA })),
    ]
}

mod finding;
mod flow;
mod stats;

#[cfg(test)]
mod tests;
