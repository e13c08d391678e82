//! Flow records as comma-separated values (RFC 4180): a header line, then one line per flow.
//!
//! The columns are the fields of the flow record in its order, a part of an object as `object.part`. What is not
//! known is empty; several numbers are joined by `;`; lists of objects, and the attributes, are compact JSON.
//! Lines end with a line feed alone, as Unix tools expect and every reader accepts.

use crate::output::destination::{Collector, Destination};
use crate::output::record::FlowRecord;
use crate::shard::Sink;
use crate::summary::Summary;
use serde_json::Value;
use std::sync::Arc;

/// The columns, in order.
const COLUMNS: &[&str] = &[
    "schema",
    "ts",
    "ts_end",
    "duration",
    "flow_id",
    "community_id",
    "file",
    "proto",
    "src_ip",
    "src_port",
    "dst_ip",
    "dst_port",
    "direction",
    "vlan",
    "tunnel",
    "app_proto",
    "verdict",
    "confidence",
    "port_claim",
    "why",
    "packets_fwd",
    "packets_rev",
    "bytes_fwd",
    "bytes_rev",
    "payload_bytes_fwd",
    "payload_bytes_rev",
    "tcp.flags_fwd",
    "tcp.flags_rev",
    "tcp.retransmitted_fwd",
    "tcp.retransmitted_rev",
    "tcp.out_of_order_fwd",
    "tcp.out_of_order_rev",
    "tcp.rtt_ms",
    "icmp_error.ts",
    "icmp_error.frame",
    "icmp_error.file",
    "icmp_error.reporter",
    "icmp_error.type",
    "icmp_error.code",
    "icmp_error.count",
    "continued",
    "truncated",
    "end_reason",
    "attributes",
];

/// The header line.
#[must_use]
pub fn header() -> String {
    COLUMNS.join(",") + "\n"
}

/// One worker's part of the output; the header line is written by whoever makes the parts.
pub struct Csv {
    collector: Collector,
    files: Arc<[String]>,
}

impl Csv {
    /// Lines about flows of `files`, to `destination`; each at once if `live`.
    #[must_use]
    pub fn new(files: Arc<[String]>, destination: Arc<Destination>, live: bool) -> Self {
        Self { collector: Collector::new(destination, live), files }
    }
}

impl Sink for Csv {
    fn flow(&mut self, summary: Summary) {
        let record = FlowRecord::new(&summary, &self.files);
        self.collector.collect(|buffer| write_line(buffer, &record));
    }
}

fn write_line(line: &mut Vec<u8>, record: &FlowRecord<'_>) {
    // No record has map keys that JSON could not hold.
    let Ok(record) = serde_json::to_value(record) else { return };
    for (place, column) in COLUMNS.iter().enumerate() {
        if place > 0 {
            line.push(b',');
        }
        let value = match column.split_once('.') {
            Some((object, part)) => record.get(object).and_then(|object| object.get(part)),
            None => record.get(column),
        };
        write_cell(line, value.unwrap_or(&Value::Null));
    }
    line.push(b'\n');
}

fn write_cell(line: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => {}
        Value::String(text) => write_text(line, text),
        Value::Array(list) if list.iter().all(Value::is_number) => {
            let numbers: Vec<String> = list.iter().map(Value::to_string).collect();
            write_text(line, &numbers.join(";"));
        }
        Value::Array(list) if list.is_empty() => {}
        Value::Object(object) if object.is_empty() => {}
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            write_text(line, &value.to_string());
        }
    }
}

/// RFC 4180 section 2, rules 5 to 7: what contains commas, quotes or line breaks stands in quotes, and a quote is doubled.
fn write_text(line: &mut Vec<u8>, text: &str) {
    if text.contains([',', '"', '\r', '\n']) {
        line.push(b'"');
        line.extend(text.replace('"', "\"\"").bytes());
        line.push(b'"');
    } else {
        line.extend(text.bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::samples::{full, unknown};

    fn line(summary: &Summary, file: &str) -> String {
        let mut line = Vec::new();
        write_line(&mut line, &FlowRecord::new(summary, &[file.to_owned()]));
        String::from_utf8(line).unwrap()
    }

    /// Reads one record as RFC 4180 says.
    fn read(line: &str) -> Vec<String> {
        let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
        let mut rest = line.strip_suffix('\n').unwrap().chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '"' if quoted && rest.peek() == Some(&'"') => cell.extend(rest.next()),
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(std::mem::take(&mut cell)),
                _ => cell.push(c),
            }
        }
        cells.push(cell);
        cells
    }

    #[test]
    fn every_field_of_the_flow_record_has_a_column_in_the_records_order() {
        let mut summary = full();
        if let Some((error, _)) = summary.icmp_error.as_deref_mut() {
            error.frame = crate::place::of(0, error.frame);
        }
        let files = ["a.pcap".to_owned()];
        let record = serde_json::to_value(FlowRecord::new(&summary, &files)).unwrap();
        let mut fields = Vec::new();
        for (name, value) in record.as_object().unwrap() {
            match value.as_object().filter(|_| name != "attributes") {
                Some(object) => fields.extend(object.keys().map(|part| format!("{name}.{part}"))),
                None => fields.push(name.clone()),
            }
        }
        fields.retain(|name| name != "type");
        assert_eq!(fields, COLUMNS);
    }

    #[test]
    fn what_is_written_is_read_back_whatever_it_contains() {
        let cells = read(&line(&full(), "a \"quoted\", long\r\nname.pcap"));
        assert_eq!(cells.len(), COLUMNS.len());
        let cell = |name: &str| &cells[COLUMNS.iter().position(|column| *column == name).unwrap()];
        assert_eq!(cell("file"), "a \"quoted\", long\r\nname.pcap");
        assert_eq!(cell("vlan"), "10;20");
        assert_eq!(cell("tcp.flags_fwd"), "SA");
        let attributes: Value = serde_json::from_str(cell("attributes")).unwrap();
        assert_eq!(attributes["tls.sni"], "a,\"b\"");
    }

    #[test]
    fn what_is_not_known_is_empty() {
        let cells = read(&line(&unknown("10.0.0.1:1", "10.0.0.2:2"), "a"));
        assert_eq!(cells.len(), read(&header()).len());
        let empty = ["app_proto", "why", "tcp.rtt_ms", "attributes", "vlan"];
        for (name, cell) in COLUMNS.iter().zip(&cells) {
            assert_eq!(*cell, if empty.contains(name) { "" } else { cell }, "{name}");
        }
    }
}
