//! Flow records as comma-separated values (RFC 4180): a header line, then one line per flow.
//!
//! The columns are the fields of the flow record in its order, a part of an object as `object.part`. What is not
//! known is empty; several numbers are joined by `;`; lists of objects, and the attributes, are compact JSON.
//! Lines end with a line feed alone, as Unix tools expect and every reader accepts.

use crate::output::destination::{Collector, Destination};
use crate::output::record::FlowRecord;
use crate::shard::Sink;
use crate::summary::Summary;
use serde::Serialize;
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

/// The cells of a line, written one after the other.
struct Cells<'a> {
    line: &'a mut Vec<u8>,
    begun: bool,
    json: Vec<u8>,
}

impl Cells<'_> {
    fn text(&mut self, text: &str) {
        if self.begun {
            self.line.push(b',');
        }
        self.begun = true;
        write_text(self.line, text);
    }

    fn maybe(&mut self, text: Option<&str>) {
        self.text(text.unwrap_or_default());
    }

    /// What is shown as JSON shows it, or is empty where there is none.
    fn json<T: Serialize>(&mut self, value: Option<&T>) {
        let mut json = std::mem::take(&mut self.json);
        json.clear();
        // No record has map keys that JSON could not hold.
        let written = value.map_or(Ok(()), |value| serde_json::to_writer(&mut json, value));
        let text = std::str::from_utf8(&json).ok().filter(|_| written.is_ok()).unwrap_or_default();
        // A text stands as it is, without JSON's quotes: none of those that come here has anything to escape.
        self.text(text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text));
        self.json = json;
    }

    fn list<T: Serialize>(&mut self, list: &[T]) {
        self.json((!list.is_empty()).then_some(&list));
    }
}

/// The cells, in the order of [`COLUMNS`].
fn write_line(line: &mut Vec<u8>, record: &FlowRecord<'_>) {
    let mut cells = Cells { line, begun: false, json: Vec::new() };
    cells.json(Some(&record.schema));
    cells.json(Some(&record.ts));
    cells.json(Some(&record.ts_end));
    cells.json(Some(&record.duration));
    cells.text(&record.flow_id);
    cells.text(&record.community_id);
    cells.maybe(record.file);
    cells.json(Some(&record.proto));
    cells.json(Some(&record.src_ip));
    cells.json(record.src_port.as_ref());
    cells.json(Some(&record.dst_ip));
    cells.json(record.dst_port.as_ref());
    cells.text(record.direction);
    cells.text(&record.vlan.iter().map(u16::to_string).collect::<Vec<_>>().join(";"));
    cells.list(&record.tunnel);
    cells.maybe(record.app_proto);
    cells.text(record.verdict);
    cells.maybe(record.confidence);
    cells.list(&record.port_claim);
    cells.list(&record.why);
    for count in [
        record.packets_fwd,
        record.packets_rev,
        record.bytes_fwd,
        record.bytes_rev,
        record.payload_bytes_fwd,
        record.payload_bytes_rev,
    ] {
        cells.json(Some(&count));
    }
    let tcp = record.tcp.as_ref();
    cells.maybe(tcp.map(|tcp| tcp.flags_fwd.as_str()));
    cells.maybe(tcp.map(|tcp| tcp.flags_rev.as_str()));
    cells.json(tcp.map(|tcp| &tcp.retransmitted_fwd));
    cells.json(tcp.map(|tcp| &tcp.retransmitted_rev));
    cells.json(tcp.map(|tcp| &tcp.out_of_order_fwd));
    cells.json(tcp.map(|tcp| &tcp.out_of_order_rev));
    cells.json(tcp.and_then(|tcp| tcp.rtt_ms.as_ref()));
    let error = record.icmp_error.as_ref();
    cells.json(error.map(|error| &error.ts));
    cells.json(error.map(|error| &error.frame));
    cells.maybe(error.and_then(|error| error.file));
    cells.json(error.map(|error| &error.reporter));
    cells.json(error.map(|error| &error.r#type));
    cells.json(error.map(|error| &error.code));
    cells.json(error.map(|error| &error.count));
    cells.json(record.continued.then_some(&true));
    cells.json(record.truncated.then_some(&true));
    cells.text(record.end_reason);
    cells.json(record.attributes.0.iter().next().map(|_| &record.attributes));
    line.push(b'\n');
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
    use serde_json::Value;

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
    fn every_cell_is_what_the_record_has_in_its_place() {
        for summary in [full(), unknown("[2001:db8::1]:1", "[2001:db8::2]:2")] {
            let files = ["a.pcap".to_owned()];
            let record = serde_json::to_value(FlowRecord::new(&summary, &files)).unwrap();
            for (name, cell) in COLUMNS.iter().zip(read(&line(&summary, "a.pcap"))) {
                let value = match name.split_once('.') {
                    Some((object, part)) => record.get(object).and_then(|object| object.get(part)),
                    None => record.get(name),
                };
                let told = match value {
                    None | Some(Value::Null) => String::new(),
                    Some(Value::String(text)) => text.clone(),
                    Some(Value::Array(list)) if list.is_empty() => String::new(),
                    Some(Value::Object(object)) if object.is_empty() => String::new(),
                    Some(Value::Array(list)) if list.iter().all(Value::is_number) => {
                        list.iter().map(Value::to_string).collect::<Vec<_>>().join(";")
                    }
                    Some(other) => other.to_string(),
                };
                assert_eq!(cell, told, "{name}");
            }
        }
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
