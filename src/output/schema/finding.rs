//! What finding and heartbeat records have.

use super::{address, always, count, head, list, maybe, number, object, one_of, port, text_of, time};
use serde_json::Value;

pub(super) fn finding() -> Value {
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
        maybe("file", text_of("With --each, the capture that it is about, where several are read")),
        maybe(
            "state",
            one_of(
                "While live: what has become of it; absent in the full list at the end",
                &["begun", "worse", "changed", "ended"],
            ),
        ),
        maybe("ts_end", time("While live: when it was seen to have ended")),
        always("filter", text_of("A Wireshark display filter that shows the packets; empty if none does")),
    ]);
    object("Something that is wrong, or good to know", fields)
}

pub(super) fn heartbeat() -> Value {
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
            maybe("file", text_of("That file, where several are read")),
            maybe("ts_end", time("When the answer came that ended it; absent if none came")),
            maybe("frame_end", count("That answer's number in its file")),
            maybe("file_end", text_of("That file, where several are read")),
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
        maybe("file", text_of("The capture that its first packet is in, where several are read")),
        always("src_ip", address("The asking node")),
        always("src_port", port("Its port")),
        always("dst_ip", address("The asked node")),
        always("dst_port", port("Its port")),
        maybe("proto", one_of("Its transport", &["tcp", "udp", "sctp"])),
        maybe(
            "app_proto",
            text_of("The flow's label: netft for a cluster's heartbeats; absent where it is not known"),
        ),
        always("flows", list("Identifiers of the route's flows, a dozen at most", &text_of("A `flow_id`"))),
        always("requests", count("Requests sent")),
        always("answered", count("Requests that were answered")),
        always("late", count("Answers that came after the next request")),
        maybe(
            "missed",
            count("Requests without answer, but for those pending; absent where only one direction was captured"),
        ),
        maybe("pending", count("Requests whose answer the end may have overtaken: neither answered nor missed")),
        maybe("interval_ms", spread("Time between requests, in milliseconds")),
        maybe("jitter_ms", jitter),
        maybe("round_trip_ms", spread("Time from a request to its answer, in milliseconds")),
        maybe("longest_miss", run.clone()),
        always("misses", list("Runs of two or more, the earliest first", &run)),
        always("misses_not_listed", count("Further runs")),
        always(
            "threshold_share",
            list(
                "The longest run in the cluster's own terms; empty for keepalives of any other kind",
                &share,
            ),
        ),
        always("counter_restarts", count("How often the node's counter began anew")),
        always("duplicates", count("Copies of the node's packets within a millisecond, which count for nothing else")),
        always("tunnelled_frames", count("Frames of the virtual adapter on this route, both ways")),
        always("largest_tunnelled_bytes", count("The largest datagram that carried one")),
        always("tunnelled_in_fragments", count("Those of the frames that came in fragments of IP")),
        always(
            "tunnelled_unfinished",
            count("Datagrams of the route of which fragments did not come, of the first 64 such datagrams of the capture"),
        ),
    ]);
    object("One node's heartbeats to another over one route, when the run ends", fields)
}
