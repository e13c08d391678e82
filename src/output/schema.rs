//! The JSON Schema (2020-12) of every record, with a description of every field.

use crate::flow::EndReason;
use crate::output::record::SCHEMA;
use crate::protocols::INSPECTORS;
use crate::verdict::Verdict;
use crate::wire::Skip;
use serde_json::{Map, Value, json};

/// The schema of a line, as indented JSON that ends with a line feed.
#[must_use]
pub fn text() -> String {
    format!("{:#}\n", schema())
}

/// Every kind of record, by the name in its field `type`.
fn records() -> [(&'static str, Value); 5] {
    [
        ("flow", flow()),
        ("label", label()),
        ("heartbeat", heartbeat()),
        ("finding", finding()),
        ("stats", stats()),
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

/// Between whom, in flow and label records.
fn ends() -> [Field; 5] {
    [
        always(
            "proto",
            text_of("The transport or other protocol above IP: a name, or the IP protocol number"),
        ),
        always("src_ip", address("The initiator: who opened the flow, or who was seen first")),
        maybe("src_port", port("Its port; absent where the protocol has none")),
        always("dst_ip", address("The other side")),
        maybe("dst_port", port("Its port; absent where the protocol has none")),
    ]
}

/// What the flow is and why, in flow and label records.
fn verdict() -> [Field; 5] {
    let confidence =
        "What was seen: `port` < `behaviour` < `signature` < `message` < `dialogue`; null without a label";
    let claim = object(
        "A promise",
        [
            always("name", text_of("The registered service or the protocol in use")),
            always("basis", one_of("Who makes the promise", &["user", "practice", "registered", "range"])),
        ],
    );
    let why = object(
        "A piece of evidence",
        [
            always("kind", one_of("What it rests on", &["payload", "behaviour", "context", "port", "user"])),
            always("rule", text_of("The rule's name")),
            always("detail", text_of("What was seen, in words")),
            maybe("frame", count("Number of the packet in its file, as Wireshark shows it")),
            maybe("side", one_of("Whose bytes", &["initiator", "responder"])),
        ],
    );
    [
        always("app_proto", text_or_null("The label: a canonical name; null when nothing says what it is")),
        always("verdict", one_of("How port and bytes relate", &Verdict::ALL.map(Verdict::name))),
        always(
            "confidence",
            json!({
                "description": confidence,
                "enum": ["port", "behaviour", "signature", "message", "dialogue", null],
            }),
        ),
        always("port_claim", list("What the listening port promises, the best promise first", &claim)),
        always("why", list("The evidence, the strongest first", &why)),
    ]
}

fn flow() -> Value {
    let mut fields = Vec::from(head("flow"));
    fields.extend([
        always("ts", time("The first packet's time")),
        always("ts_end", time("The last packet's time")),
        always("duration", number("Seconds from the first to the last packet")),
        always("flow_id", text_of("The same for the same input, in every run")),
        always("community_id", text_of("Community ID version 1, seed 0")),
        maybe("file", text_of("The capture that the first packet came from, as it was named")),
    ]);
    fields.extend(ends());
    fields.extend([
        always(
            "direction",
            one_of("Why the source is the source", &["syn", "synack", "protocol", "port", "first-packet"]),
        ),
        maybe("vlan", list("VLAN identifiers, outermost first", &count("A VLAN identifier"))),
        maybe("tunnel", list("Tunnels that the flow is inside of, outermost first", &tunnel())),
    ]);
    fields.extend(verdict());
    fields.extend([
        always("packets_fwd", count("Packets from the source")),
        always("packets_rev", count("Packets to the source")),
        always("bytes_fwd", count("Bytes on the wire from the source, link layer included")),
        always("bytes_rev", count("Bytes on the wire to the source, link layer included")),
        always("payload_bytes_fwd", count("Bytes of transport payload from the source")),
        always("payload_bytes_rev", count("Bytes of transport payload to the source")),
        maybe("tcp", tcp()),
        maybe("icmp_error", icmp_error()),
        maybe("continued", flag("Whether it continues a flow recorded at the active time-out")),
        maybe("truncated", flag("Whether the capture cut payload off")),
        always("end_reason", one_of("Why the record was made", &EndReason::ALL.map(EndReason::name))),
        always("attributes", attributes()),
    ]);
    object("A flow that has ended, or its part until the active time-out", fields)
}

fn tunnel() -> Value {
    object(
        "A tunnel",
        [
            always("kind", text_of("The tunnel's protocol")),
            maybe("src_ip", address("The outer source, of the flow's first packet")),
            maybe("dst_ip", address("The outer destination, of the flow's first packet")),
            maybe("id", count("Its identifier: VNI, key, TEID, label, session")),
        ],
    )
}

fn tcp() -> Value {
    let flags = "in Wireshark's letters: FIN, SYN, RST, PSH, ACK, URG, ECE, CWR";
    object(
        "What TCP's headers told; absent for other transports",
        [
            always("flags_fwd", text_of(&format!("All flags that the source sent, {flags}"))),
            always("flags_rev", text_of(&format!("All flags that the other side sent, {flags}"))),
            always("retransmitted_fwd", count("Segments that the source sent again")),
            always("retransmitted_rev", count("Segments that the other side sent again")),
            always("out_of_order_fwd", count("Segments of the source that came late")),
            always("out_of_order_rev", count("Segments of the other side that came late")),
            maybe(
                "rtt_ms",
                number("Milliseconds from the SYN to the acknowledgement that ends the handshake"),
            ),
        ],
    )
}

fn icmp_error() -> Value {
    object(
        "The first ICMP error about a packet of this flow",
        [
            always("ts", time("When it came")),
            always("frame", count("Its number in its file")),
            always("reporter", address("Who sent it")),
            always("type", count("ICMP or ICMPv6 type")),
            always("code", count("ICMP or ICMPv6 code")),
            always("count", count("How many such errors there were")),
        ],
    )
}

/// What protocols tell: the keys are those that inspectors declare.
fn attributes() -> Value {
    let declared = INSPECTORS.iter().flat_map(|inspector| inspector.attributes);
    let value = |meaning: &str| {
        json!({
            "description": meaning,
            "type": ["integer", "number", "boolean", "string", "array"],
            "items": { "type": "string" },
        })
    };
    object("What the protocol told", declared.map(|(key, meaning)| maybe(key, value(meaning))))
}

fn label() -> Value {
    let mut fields = Vec::from(head("label"));
    fields.extend([
        always("ts", time("When it was recognised")),
        always("flow_id", text_of("The identifier that the flow's record will have")),
    ]);
    fields.extend(ends());
    fields.extend(verdict());
    object("While live: a flow has got a label, or another one, and goes on", fields)
}

/// An object of counts, each by its name.
fn counts(description: &str, names: &[&str], all: bool) -> Value {
    let properties: Map<String, Value> =
        names.iter().map(|name| ((*name).to_owned(), count("How many"))).collect();
    json!({
        "description": description,
        "type": "object",
        "properties": properties,
        "required": if all { names } else { &[] },
        "additionalProperties": false,
    })
}

fn finding() -> Value {
    let ids: Vec<&str> = crate::findings::diagnoses().map(|diagnosis| diagnosis.id).collect();
    let port_of = object(
        "A listening port",
        [
            maybe("proto", one_of("Its transport", &["tcp", "udp", "sctp"])),
            always("port", port("Its number")),
        ],
    );
    let subject = object(
        "Whom it is about",
        [
            always("hosts", list("The hosts, the one that asked first", &address("A host"))),
            always("ports", list("The listening ports", &port_of)),
        ],
    );
    let severities = crate::findings::Severity::ALL.map(crate::findings::Severity::name);
    let mut fields = Vec::from(head("finding"));
    fields.extend([
        always("ts", time("When it began, or was first seen")),
        always("id", one_of("Which diagnosis: see `wiretell explain ID`", &ids)),
        always("severity", one_of("How bad it is", &severities)),
        always("subject", subject),
        always("flows", list("Identifiers of flows that show it, a dozen at most", &text_of("A `flow_id`"))),
        always("title", text_of("What is wrong, with names")),
        always("evidence", list("How that is known, with frames and times in UTC", &text_of("A sentence"))),
        always("caveats", list("What else could look the same", &text_of("A sentence"))),
        always("advice", list("What to check or run, and where", &text_of("A sentence"))),
        always("filter", text_of("A Wireshark display filter that shows the packets; empty if none does")),
    ]);
    object("Something that is wrong, or good to know", fields)
}

fn heartbeat() -> Value {
    let spread = |description: &str| {
        object(
            description,
            [
                always("median", number("The median")),
                always("p99", number("The 99th percentile")),
                always("max", number("The largest")),
            ],
        )
    };
    let jitter = object(
        "How much later than the median, in milliseconds",
        [always("p99", number("The 99th percentile")), always("max", number("The largest"))],
    );
    let run = object(
        "Consecutive requests without an answer",
        [
            always("count", count("How many")),
            always("ts", time("When the first of them was sent")),
            always("frame", count("Its number in its file")),
            maybe("ts_end", time("When the answer came that ended it; absent if none came")),
            maybe("frame_end", count("That answer's number in its file")),
        ],
    );
    let share = object(
        "A threshold of missed heartbeats",
        [
            always("threshold", count("Missed heartbeats in a row")),
            always("share", number("The longest run as a part of it")),
        ],
    );
    let mut fields = Vec::from(head("heartbeat"));
    fields.extend([
        always("ts", time("The asking node's first packet")),
        always("ts_end", time("Its last packet")),
        always("src_ip", address("The asking node")),
        always("src_port", port("Its port")),
        always("dst_ip", address("The asked node")),
        always("dst_port", port("Its port")),
        always("flows", list("Identifiers of the route's flows, a dozen at most", &text_of("A `flow_id`"))),
        always("requests", count("Requests sent")),
        always("answered", count("Requests that were answered")),
        always("late", count("Answers that came after the next request")),
        always("missed", count("Requests without answer, but for those that the end may have overtaken")),
        maybe("interval_ms", spread("Time between requests, in milliseconds")),
        maybe("jitter_ms", jitter),
        maybe("round_trip_ms", spread("Time from a request to its answer, in milliseconds")),
        maybe("longest_miss", run.clone()),
        always("misses", list("Runs of two or more, the earliest first", &run)),
        always("misses_not_listed", count("Further runs")),
        always("threshold_share", list("The longest run in the cluster's own terms", &share)),
        always("counter_restarts", count("How often the node's counter began anew")),
        always("tunnelled_frames", count("Frames of the virtual adapter on this route, both ways")),
        always("largest_tunnelled_bytes", count("The largest datagram that carried one")),
    ]);
    object("One node's heartbeats to another over one route, when the run ends", fields)
}

fn stats() -> Value {
    let mut fields = Vec::from(head("stats"));
    let bounds = json!({
        "description": "How often a bound was hit, by its name; those never hit are absent",
        "type": "object",
        "additionalProperties": { "type": "integer", "minimum": 1 },
    });
    fields.extend([
        always("packets_read", count("Packets read: those in flows and those skipped")),
        always("bytes_read", count("Their bytes on the wire")),
        always("packets_in_flows", count("Packets that belong to a flow")),
        always(
            "packets_skipped",
            counts(
                "Packets in no flow, by reason; reasons that did not occur are absent",
                &Skip::ALL.map(Skip::name),
                false,
            ),
        ),
        always("packets_truncated", count("Packets of which the capture kept only a part")),
        always("kernel_drops", count("Packets that the kernel dropped before they were captured")),
        always("interface_drops", count("Packets that the interface dropped before they were captured")),
        always(
            "classifier_drops",
            count("Packets captured live and not looked at because classifying was behind"),
        ),
        always("flows", count("Flow records")),
        always(
            "flows_by_end_reason",
            counts("Flow records by `end_reason`", &EndReason::ALL.map(EndReason::name), true),
        ),
        always(
            "flows_by_verdict",
            counts("Flow records by `verdict`", &Verdict::ALL.map(Verdict::name), true),
        ),
        always("evicted", count("Flows ended early because there were too many")),
        always("bounds_hit", bounds),
        always("elapsed", number("Seconds of packet time from the first to the last packet")),
    ]);
    object("The last line: every packet is accounted for", fields)
}

#[cfg(test)]
mod tests;
