//! What the last record, the sums, has.

use super::{always, count, head, number, object};
use crate::flow::EndReason;
use crate::verdict::Verdict;
use crate::wire::Skip;
use serde_json::{Map, Value, json};

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

pub(super) fn stats() -> Value {
    let mut fields = Vec::from(head("stats"));
    let bounds = json!({
        "description": "How often a bound was hit, by its name (-v says in words what each means); those never hit are absent",
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
