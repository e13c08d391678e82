//! What flow and label records have.

use super::{
    Field, address, always, count, flag, head, list, maybe, number, object, one_of, port, text_of,
    text_or_null, time,
};
use crate::flow::EndReason;
use crate::protocols::INSPECTORS;
use crate::verdict::Verdict;
use serde_json::{Value, json};

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
            maybe("file", text_of("That file, where several are read")),
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

pub(super) fn flow() -> Value {
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
        always("vlan", list("VLAN identifiers, outermost first", &count("A VLAN identifier"))),
        always("tunnel", list("Tunnels that the flow is inside of, outermost first", &tunnel())),
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
            maybe("file", text_of("That file, where several are read")),
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
    let told = "What the protocol told: a text, or a list in its last entry, ends in an ellipsis where more was sent than is here";
    object(told, declared.map(|(key, meaning)| maybe(key, value(meaning))))
}

pub(super) fn label() -> Value {
    let mut fields = Vec::from(head("label"));
    fields.extend([
        always("ts", time("When it was recognised")),
        always("flow_id", text_of("The identifier that the flow's record will have")),
    ]);
    fields.extend(ends());
    fields.extend(verdict());
    object("While live: a flow has got a label, or another one, and goes on", fields)
}
