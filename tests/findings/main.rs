//! Each finding's examples: synthetic traffic through the real pipeline, and exactly the findings it must give.

#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    reason = "a test may panic; its captures are small"
)]

#[path = "../support/mod.rs"]
mod support;

mod citrix;
mod clusters;
mod coordinator;
mod gateway;
mod keepalives;
mod lines;
mod live;
mod ports;
mod quality;
mod remote;
mod routes;
mod transactions;

use std::sync::Arc;
use support::{Capture, End, SECOND};
use wiretell::analysis::Outcome;
use wiretell::findings::expected::Expectations;
use wiretell::findings::{Examination, Examined, Severity, document};
use wiretell::pipeline::{Pipeline, Settings};
use wiretell::shard::Sink;
use wiretell::summary::Summary;

/// 2026-11-20T12:00:00Z.
const NOON: i64 = 1_795_176_000 * SECOND;
const MILLISECOND: i64 = 1_000_000;

use Severity::{Info, Notice};

struct Gather(Examination);

impl Sink for Gather {
    fn flow(&mut self, summary: Summary) {
        self.0.observe(&summary);
    }
}

fn examine(capture: &Capture, threads: usize) -> Examined {
    examine_expecting(capture, threads, Expectations::default())
}

/// The same, where something is expected.
fn examine_expecting(capture: &Capture, threads: usize, expected: Expectations) -> Examined {
    let expected = Arc::new(expected);
    let settings = Settings { threads, ..Settings::default() };
    let mut pipeline =
        Pipeline::start(&settings, || Gather(Examination::new(false).expecting(Arc::clone(&expected))))
            .unwrap();
    for block in capture.blocks(100) {
        pipeline.feed(block);
    }
    let (bounds, unfinished) = (pipeline.bounds().collect(), pipeline.unfinished());
    let (intake, _, sinks) = pipeline.finish();
    let mut all = Examination::new(false);
    for sink in sinks {
        all.merge(sink.0);
    }
    all.conclude(&Outcome { intake, bounds, unfinished, ..Outcome::default() }.facts())
}

/// The ids and severities of all findings of at least this severity, sorted.
fn found(capture: &Capture, least: Severity) -> Vec<(&'static str, Severity)> {
    let examined = examine(capture, 0);
    let threaded = examine(capture, 3);
    assert_eq!(
        format!("{:?}", examined.findings),
        format!("{:?}", threaded.findings),
        "threads change nothing"
    );
    for finding in &examined.findings {
        assert_is_whole(finding);
    }
    let mut found: Vec<_> = examined
        .findings
        .iter()
        .filter(|finding| finding.severity >= least)
        .inspect(|finding| {
            assert!(!finding.evidence.is_empty(), "{}", finding.diagnosis.id);
            let needs_filter = !finding.diagnosis.id.starts_with("capture-");
            assert!(!needs_filter || !finding.filter.is_empty(), "{}", finding.diagnosis.id);
        })
        .map(|finding| (finding.diagnosis.id, finding.severity))
        .collect();
    found.sort_unstable();
    found
}

/// No part of a title or of a filter may have been left empty.
fn assert_is_whole(finding: &wiretell::findings::Finding) {
    let (title, filter) = (&finding.title, &finding.filter);
    assert!(!title.trim().is_empty() && !title.contains("  ") && !title.contains(" ,"), "{title:?}");
    let mut depth = 0_i32;
    for byte in filter.bytes() {
        depth += i32::from(byte == b'(') - i32::from(byte == b')');
        assert!(depth >= 0, "{filter:?}");
    }
    assert_eq!(depth, 0, "{filter:?}");
    let squeezed = filter.replace(' ', "");
    assert!(
        ["()", "(&&", "(||", "&&)", "||)", "&&&&", "||||"].iter().all(|odd| !squeezed.contains(odd)),
        "{filter:?}"
    );
    let ends = ["&&", "||", "=="];
    assert!(ends.iter().all(|odd| !squeezed.starts_with(odd) && !squeezed.ends_with(odd)), "{filter:?}");
}

fn assert_found(capture: &Capture, expected: &[(&'static str, Severity)]) {
    assert_eq!(found(capture, Notice), expected);
}

/// Whether a finding of this id and severity is among all of them.
fn has(capture: &Capture, id: &'static str, severity: Severity) -> bool {
    found(capture, Info).contains(&(id, severity))
}

/// Whether no finding of this id is there.
fn lacks(capture: &Capture, id: &str) -> bool {
    found(capture, Info).iter().all(|(other, _)| *other != id)
}

/// What each side of a TCP connection says, and when, in milliseconds after [`NOON`].
type Said<'a> = (i64, bool, &'a [u8]);

/// A TCP connection from its first moment on; `closed` says when the client closes it.
fn tcp(capture: &mut Capture, begin: i64, client: End, server: End, said: &[Said<'_>], closed: Option<i64>) {
    let at = |milliseconds: i64| NOON + milliseconds * MILLISECOND;
    let mut next = [1_001_u32, 9_001_u32];
    capture.tcp(at(begin), client, server, 0x02, 1_000, b"");
    capture.tcp(at(begin) + MILLISECOND, server, client, 0x12, 9_000, b"");
    capture.tcp(at(begin) + 2 * MILLISECOND, client, server, 0x10, 1_001, b"");
    for &(when, by_client, bytes) in said {
        let (from, to, side) = if by_client { (client, server, 0) } else { (server, client, 1) };
        capture.tcp(at(when), from, to, 0x18, next[side], bytes);
        next[side] += bytes.len() as u32;
    }
    if let Some(closed) = closed {
        capture.tcp(at(closed), client, server, 0x11, next[0], b"");
        capture.tcp(at(closed) + MILLISECOND, server, client, 0x11, next[1], b"");
    }
}

/// A SYN that is sent again and again without answer.
fn unanswered_syns(capture: &mut Capture, begin: i64, client: End, server: End) {
    for after in [0, 1_000, 3_000, 7_000] {
        capture.tcp(NOON + (begin + after) * MILLISECOND, client, server, 0x02, 5_000, b"");
    }
}

/// Something else that is seen so many seconds after [`NOON`]: the capture goes on.
fn goes_on(capture: &mut Capture, seconds: i64) {
    capture.udp(
        NOON + seconds * SECOND,
        ([7, 7], 40_000),
        ([8, 8], 53),
        &support::dns(1, "a.example", false),
    );
}

#[test]
fn what_limits_the_capture_itself_comes_before_what_is_worse() {
    let mut capture = Capture::default();
    clusters::beats(&mut capture, ([1, 1], 3343), ([1, 2], 3343), 30, |_| clusters::Fate::Unanswered);
    let (client, server) = (([5, 1], 40_000), ([5, 2], 80));
    capture.tcp(NOON + SECOND, client, server, 0x18, 1_000, b"GET / HTTP/1.1\r\n\r\n");
    capture.tcp(NOON + 2 * SECOND, server, client, 0x18, 9_000, b"HTTP/1.1 200 OK\r\n\r\n");
    let examined = examine(&capture, 0);
    let ids: Vec<&str> = examined.findings.iter().map(|finding| finding.diagnosis.id).collect();
    assert_eq!(ids.first(), Some(&"capture-started-midstream"), "{ids:?}");
    assert!(examined.findings[1].severity > examined.findings[0].severity, "{ids:?}");
}

// The document.

#[test]
fn the_document_is_written_from_the_list() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/findings.md");
    let text = document::text();
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/docs")).unwrap();
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), text, "run the tests with BLESS=1 to write it anew");
}
