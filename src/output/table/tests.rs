//! The table as people see it.

use super::*;
use crate::output::samples::{NOON, labelled, registered, unknown};
use crate::output::text::columns;
use crate::verdict::Verdict;

fn look(width: usize) -> Look {
    Look {
        width,
        color: false,
        all: false,
        live: false,
        each: false,
        files: Arc::new(["trace.pcap".to_owned()]),
        selection: None,
        sections: Arc::from([]),
    }
}

fn table(summaries: Vec<Summary>, look: &Look) -> String {
    table_of(Outcome::default(), summaries, look)
}

fn table_of(mut outcome: Outcome, summaries: Vec<Summary>, look: &Look) -> String {
    outcome.intake.packets = summaries.len() as u64 * 6;
    (outcome.intake.first, outcome.intake.last) = (Some(NOON), Some(NOON));
    // As two workers would have it.
    let mut parts = [TablePart::new(look.all), TablePart::new(look.all)];
    for (number, summary) in summaries.into_iter().enumerate() {
        parts[number % 2].flow(summary);
    }
    Table::merge(parts).render(&outcome, look)
}

fn many(number: u16) -> Vec<Summary> {
    let flow = |port: u16| {
        let source = format!("10.0.0.1:{}", 20_000 + port);
        let mut flow = labelled(&source, "10.0.0.2:53", "dns", Verdict::Confirmed);
        flow.counts[0].bytes = u64::from(port) + 1;
        flow
    };
    (0..number).map(flow).collect()
}

#[test]
fn in_a_small_capture_every_flow_has_a_line_and_what_matters_stands_on_top() {
    let ordinary = labelled("10.0.0.1:1000", "10.0.0.2:53", "dns", Verdict::Confirmed);
    let unknown = unknown("10.0.0.1:2000", "10.0.0.2:60000");
    let mut wrong = labelled("10.0.0.1:3000", "10.0.0.2:80", "ssh", Verdict::Contradicted);
    wrong.port_claims = Arc::from([registered("http")]);
    let text = table(vec![ordinary, unknown, wrong], &look(160));
    let ends: Vec<Option<usize>> =
        ["10.0.0.2:80 ", "10.0.0.2:60000 ", "10.0.0.2:53 "].map(|end| text.find(end)).to_vec();
    assert!(ends.iter().all(Option::is_some) && ends.is_sorted(), "{text}");
    assert!(text.contains("not http (port 80); what was seen (frame 7)"), "{text}");
    assert!(text.starts_with("trace.pcap\n18 packets, 0 B, 3 flows, 2026-11-20 12:00:00 "), "{text}");
}

#[test]
fn a_large_capture_is_summed_up_and_the_way_to_see_everything_is_told() {
    let mut flows = many(200);
    // Each to a server of its own.
    flows.extend((0..100).map(|n| unknown("10.0.0.1:1000", &format!("10.1.1.{n}:60000"))));
    let text = table(flows.clone(), &look(100));
    assert!(text.contains("PROTOCOL") && text.contains("210 of 300 flows shown"), "{text}");
    assert!(text.contains("To see each one: --all"), "{text}");
    let all = table(flows, &Look { all: true, ..look(100) });
    assert!(all.contains("10.0.0.1:20000 ") && !all.contains("--all"), "{all}");
}

#[test]
fn flows_to_one_service_are_one_line_of_a_large_capture_with_their_sums() {
    let mut flows = many(100);
    flows.extend(
        (0..100).map(|n| labelled(&format!("10.3.3.{n}:1000"), "10.0.0.9:80", "http", Verdict::Confirmed)),
    );
    let text = table(flows, &look(100));
    let line = |end: &str| text.lines().find(|line| line.contains(end)).unwrap();
    assert!(line("10.0.0.2:53").contains(" 100  udp    10.0.0.1 "), "{text}");
    assert!(
        line("10.0.0.9:80").contains(" 100  udp    several hosts ") && line("10.0.0.9:80").contains("30 kB")
    );
    assert!(text.contains("Flows to one service share a line"), "{text}");
}

#[test]
fn the_order_of_flows_and_the_number_of_workers_change_nothing() {
    let mut flows = many(200);
    let there = table(flows.clone(), &look(100));
    flows.reverse();
    assert_eq!(there, table(flows, &look(100)));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let long = "[2001:db8:1111:2222:3333:4444:5555:6666]:50000";
    let mut flows = many(60);
    flows.push(labelled(
        long,
        "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:3391",
        "rdg-udp",
        Verdict::Confirmed,
    ));
    flows.push(labelled(long, "10.1.1.1:80", "ssh", Verdict::Contradicted));
    for all in [false, true] {
        for width in [80, 100, 140, 200] {
            let mut outcome = Outcome { behind: 9, ..Outcome::default() };
            outcome.intake.skipped = [1_234_567; 8];
            outcome.intake.truncated = 1_234_567;
            outcome.drops.kernel = 1_234_567;
            outcome.totals.ended = [1_234_567; 6];
            outcome.bounds = vec![("fragments-expired", 1_234_567), ("fragments-dropped", 1_234_567)];
            let text = table_of(outcome, flows.clone(), &Look { all, ..look(width) });
            for line in text.lines() {
                assert!(columns(line) <= width && !line.ends_with(' '), "{width}: {line:?}");
            }
        }
    }
}

#[test]
fn what_came_from_the_wire_or_from_a_files_name_is_never_obeyed_by_the_terminal() {
    let mut flow = labelled("10.0.0.1:1000", "10.0.0.2:80", "http", Verdict::Confirmed);
    flow.attributes.set("http.host", "evil\x1b]0;title\x07\u{202e}\n");
    flow.why[0].detail = "saw \x1b[2J".into();
    let files = Arc::new(["a\x1b[31m\n.pcap".to_owned()]);
    let text = table(vec![flow], &Look { files, ..look(200) });
    assert!(text.chars().all(|c| c == '\n' || (!c.is_control() && c != '\u{202e}')), "{text:?}");
    assert!(text.contains("\\u{1b}]0;title"), "{text}");
}

#[test]
fn an_empty_capture_has_a_heading_and_what_became_of_its_packets() {
    let mut outcome = Outcome::default();
    outcome.intake.packets = 2;
    outcome.intake.skipped[0] = 2;
    let text = Table::merge([]).render(&outcome, &look(80));
    assert!(text.contains("2 packets") && text.contains("In no flow: 2 ARP"), "{text}");
}

#[test]
fn what_a_flow_ran_in_has_a_column_where_there_is_such_a_flow_and_only_there() {
    let plain = labelled("10.0.0.1:1000", "10.0.0.2:53", "dns", Verdict::Confirmed);
    assert!(!table(vec![plain.clone()], &look(160)).contains("WITHIN"));
    let mut tagged = labelled("10.0.0.1:1001", "10.0.0.2:53", "dns", Verdict::Confirmed);
    let mut layers = crate::packet::Layers::default();
    layers.push_vlan(10);
    layers.push_vlan(20);
    layers.push_tunnel(crate::packet::Tunnel { kind: "vxlan", addresses: None, id: Some(42) });
    tagged.layers = crate::packet::Enclosure::of(&layers);
    let text = table(vec![plain.clone(), tagged.clone()], &look(160));
    assert!(text.contains(" WITHIN ") && text.contains(" vlan 10.20 vxlan 42  dns"), "{text}");
    // Of a service whose flows are one line, what differs is not told of one of them.
    let mut flows = many(200);
    flows.push(tagged);
    assert!(table(flows, &look(160)).contains("  several  dns"));
}

#[test]
fn facts_are_told_in_words_and_what_both_sides_did_alike_once() {
    let mut flow = labelled("10.0.0.1:3343", "10.0.0.2:3343", "netft", Verdict::Confirmed);
    flow.attributes.set("netft.missed_run_fwd", 0_u64);
    flow.attributes.set("netft.missed_run_rev", 0_u64);
    assert!(table(vec![flow.clone()], &look(160)).contains("unanswered in a row: 0; what was seen"));
    flow.attributes.set("netft.missed_run_rev", 7_u64);
    let text = table(vec![flow], &look(220));
    assert!(text.contains("unanswered in a row: 0 of the source, 7 of the destination"), "{text}");
    // An empty name says nothing.
    let mut flow = labelled("10.0.0.1:1", "10.0.0.2:1883", "mqtt", Verdict::Confirmed);
    flow.attributes.set("mqtt.client_id", "");
    assert!(table(vec![flow], &look(160)).contains("  what was seen"));
}

#[test]
fn what_is_cut_off_is_marked_and_the_way_to_see_it_is_told() {
    let mut flow = labelled("10.0.0.1:1000", "10.0.0.2:80", "http", Verdict::Confirmed);
    assert!(!table(vec![flow.clone()], &look(160)).contains("cut off"));
    flow.why[0].detail = "so many words that no line has room for them ".repeat(9).into();
    let text = table(vec![flow], &look(160));
    assert!(text.contains("…\n") && text.contains("COLUMNS=200"), "{text}");
    let flow = labelled("10.0.0.1:1000", "10.0.0.2:80", "http", Verdict::Confirmed);
    assert!(table(vec![flow], &look(60)).contains("no room for every reason"), "{text}");
}

/// Bytes that a test can look at afterwards.
#[derive(Clone, Default)]
struct Shared(Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_live_line_has_its_columns_where_the_header_has_them_whatever_the_flow_ran_in() {
    let written = Shared::default();
    let destination = crate::output::destination::Destination::new(Box::new(written.clone()), Arc::default());
    let mut sink = LiveTable::new(look(200), destination);
    let mut flow = labelled("10.0.0.1:1000", "10.0.0.2:53", "dns", Verdict::Confirmed);
    let mut layers = crate::packet::Layers::default();
    layers.push_vlan(10);
    flow.layers = crate::packet::Enclosure::of(&layers);
    sink.flow(flow);
    drop(sink);
    let line = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    assert!(line.contains("vlan 10; what was seen"), "{line}");
    let header = LiveTable::header(&look(200));
    assert_eq!(header.find("LABEL"), line.find("dns "), "{header}{line}");
}

#[test]
fn of_several_captures_that_each_stand_alone_the_flows_say_which() {
    let files: Arc<[String]> = Arc::new(["a.pcap".to_owned(), "b.pcap".to_owned()]);
    let mut flow = labelled("10.0.0.1:40000", "10.0.0.2:53", "dns", Verdict::Confirmed);
    flow.file = 1;
    let each = Look { files: Arc::clone(&files), each: true, ..look(200) };
    let text = table(vec![flow.clone()], &each);
    assert!(text.lines().any(|line| line.contains("b.pcap") && line.contains("10.0.0.2:53")), "{text}");
    let text = table(vec![flow], &Look { files, ..look(200) });
    assert!(!text.contains("b.pcap  "), "{text}");
}
