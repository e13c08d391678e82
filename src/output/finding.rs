//! The records of findings and of heartbeats, with types of their own as flow records have.

use crate::findings::ledger::{Line, THRESHOLDS};
use crate::findings::live::Change;
use crate::findings::{Examined, Finding};
use crate::key::{Endpoint, Transport};
use crate::output::record::{SCHEMA, Text};
use crate::output::time::Utc;
use crate::packet::Timestamp;
use crate::place;
use crate::report::{Moment, Run, Spread};
use serde::Serialize;
use std::net::IpAddr;

/// A finding.
#[derive(Debug, Serialize)]
pub struct FindingRecord<'a> {
    r#type: &'static str,
    schema: u32,
    ts: Text<Utc>,
    id: &'static str,
    severity: &'static str,
    subject: SubjectRecord<'a>,
    flows: Vec<String>,
    title: &'a str,
    evidence: &'a [String],
    caveats: &'a [String],
    advice: &'a [String],
    filter: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ts_end: Option<Text<Utc>>,
}

#[derive(Debug, Serialize)]
struct SubjectRecord<'a> {
    hosts: &'a [IpAddr],
    ports: Vec<PortRecord>,
}

#[derive(Debug, Serialize)]
struct PortRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    proto: Option<&'static str>,
    port: u16,
}

/// As flow records write it.
fn flow_id(id: u64) -> String {
    format!("{id:016x}")
}

impl<'a> FindingRecord<'a> {
    /// The record of a finding; `files` are the captures' names.
    #[must_use]
    pub fn new(finding: &'a Finding, files: &'a [String]) -> Self {
        let port = |&(transport, port): &(Option<Transport>, u16)| PortRecord {
            proto: transport.map(Transport::name),
            port,
        };
        Self {
            r#type: "finding",
            schema: SCHEMA,
            ts: Text(Utc { time: finding.at, digits: finding.digits }),
            id: finding.diagnosis.id,
            severity: finding.severity.name(),
            subject: SubjectRecord {
                hosts: &finding.subject.hosts,
                ports: finding.subject.ports.iter().map(port).collect(),
            },
            flows: finding.flows.iter().copied().map(flow_id).collect(),
            title: &finding.title,
            evidence: &finding.evidence,
            caveats: &finding.caveats,
            advice: &finding.advice,
            filter: &finding.filter,
            file: finding.file.and_then(|file| files.get(file as usize)).map(String::as_str),
            state: None,
            ts_end: None,
        }
    }

    /// The record of a change while live; `now` is when it was seen.
    #[must_use]
    pub fn of_change(change: &'a Change, now: Timestamp) -> Self {
        let finding = change.finding();
        let ended = matches!(change, Change::Ended(_));
        Self {
            state: Some(change.name()),
            ts_end: ended.then_some(Text(Utc { time: change.ended(now), digits: finding.digits })),
            ..Self::new(finding, &[])
        }
    }
}

/// One node's heartbeats to another over one route.
#[derive(Debug, Serialize)]
pub struct HeartbeatRecord<'a> {
    r#type: &'static str,
    schema: u32,
    ts: Text<Utc>,
    ts_end: Text<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    src_ip: IpAddr,
    src_port: u16,
    dst_ip: IpAddr,
    dst_port: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    proto: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_proto: Option<&'static str>,
    flows: Vec<String>,
    requests: u64,
    answered: u64,
    late: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    missed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pending: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval_ms: Option<SpreadRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jitter_ms: Option<JitterRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    round_trip_ms: Option<SpreadRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    longest_miss: Option<RunRecord<'a>>,
    misses: Vec<RunRecord<'a>>,
    misses_not_listed: u64,
    /// The longest run as a share of the thresholds in use.
    threshold_share: Vec<ShareRecord>,
    counter_restarts: u64,
    duplicates: u64,
    tunnelled_frames: u64,
    largest_tunnelled_bytes: u32,
    tunnelled_in_fragments: u64,
    tunnelled_unfinished: u64,
}

#[derive(Debug, Serialize)]
struct SpreadRecord {
    median: f64,
    p99: f64,
    max: f64,
}

#[derive(Debug, Serialize)]
struct JitterRecord {
    p99: f64,
    max: f64,
}

#[derive(Debug, Serialize)]
struct RunRecord<'a> {
    count: u64,
    ts: Text<Utc>,
    frame: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ts_end: Option<Text<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frame_end: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_end: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct ShareRecord {
    threshold: u64,
    share: f64,
}

/// Microseconds are what captures resolve.
#[expect(clippy::cast_precision_loss, reason = "nanoseconds below 2^53 are 104 days")]
fn milliseconds(nanos: u64) -> f64 {
    (nanos / 1_000) as f64 / 1_000.0
}

impl From<Spread> for SpreadRecord {
    fn from(spread: Spread) -> Self {
        Self {
            median: milliseconds(spread.median),
            p99: milliseconds(spread.p99),
            max: milliseconds(spread.largest),
        }
    }
}

impl<'a> HeartbeatRecord<'a> {
    /// The record of a line; `files` are the captures' names.
    #[must_use]
    pub fn new(line: &Line, files: &'a [String]) -> Self {
        let Line { from, to, beats, digits, .. } = line;
        let utc = |moment: Moment| Text(Utc { time: moment.time, digits: *digits });
        let run = |run: &Run| RunRecord {
            count: run.missed,
            ts: utc(run.start),
            frame: place::number(run.start.frame),
            file: place::file_of(run.start.frame, files),
            ts_end: run.end.map(utc),
            frame_end: run.end.map(|end| place::number(end.frame)),
            file_end: run.end.and_then(|end| place::file_of(end.frame, files)),
        };
        let [Endpoint { address: src_ip, port: src_port }, Endpoint { address: dst_ip, port: dst_port }] =
            [*from, *to];
        let nothing = Moment { time: Timestamp(0), frame: 0 };
        let longest = line.longest();
        let tunnelled = line.tunnelled;
        let number = |seen: Option<(u64, Moment)>| seen.map_or(0, |(count, _)| count);
        Self {
            r#type: "heartbeat",
            schema: SCHEMA,
            ts: utc(beats.first.unwrap_or(nothing)),
            ts_end: utc(beats.last.unwrap_or(nothing)),
            file: beats.first.and_then(|first| place::file_of(first.frame, files)),
            src_ip,
            src_port,
            dst_ip,
            dst_port,
            proto: line.transport.map(Transport::name),
            app_proto: line.app,
            flows: line.flows.iter().copied().map(flow_id).collect(),
            requests: beats.requests,
            answered: beats.answered,
            late: beats.late,
            missed: line.known.then_some(beats.missed),
            pending: line.known.then_some(beats.pending()),
            interval_ms: beats.interval.map(SpreadRecord::from),
            jitter_ms: beats.interval.map(|interval| JitterRecord {
                p99: milliseconds(interval.p99.saturating_sub(interval.median)),
                max: milliseconds(interval.largest.saturating_sub(interval.median)),
            }),
            round_trip_ms: beats.round_trip.map(SpreadRecord::from),
            longest_miss: beats.longest.as_ref().map(run),
            misses: beats.runs.iter().map(run).collect(),
            misses_not_listed: beats.more_runs,
            threshold_share: THRESHOLDS
                .iter()
                .filter(|_| line.is_cluster() && line.known)
                .map(|&threshold| ShareRecord { threshold, share: share(longest, threshold) })
                .collect(),
            counter_restarts: beats.restarts,
            duplicates: beats.duplicates,
            tunnelled_frames: tunnelled.frames,
            largest_tunnelled_bytes: tunnelled.largest,
            tunnelled_in_fragments: number(tunnelled.fragmented),
            tunnelled_unfinished: number(tunnelled.unfinished),
        }
    }
}

/// A share with two decimals.
#[expect(clippy::cast_precision_loss, reason = "runs of missed heartbeats are short")]
fn share(part: u64, whole: u64) -> f64 {
    (part * 100 / whole.max(1)) as f64 / 100.0
}

/// Writes all findings and heartbeats as records; `files` are the captures' names.
pub fn write(examined: &Examined, files: &[String], lines: &mut super::jsonl::JsonLines) {
    for line in &examined.heartbeats {
        lines.write(&HeartbeatRecord::new(line, files));
    }
    for finding in &examined.findings {
        lines.write(&FindingRecord::new(finding, files));
    }
}
