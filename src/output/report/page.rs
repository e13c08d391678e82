//! What the template is filled with: texts as people read them, safe to print.

use super::chart::{self, COLOURED, Chart};
use super::heartbeats::Heartbeats;
use super::kept::Listed;
use super::pairs::Talk;
use super::quality::{self, Check};
use super::rows::Rows;
use super::{Report, Sums, policy};
use crate::findings::{Finding, Severity};
use crate::inspect::Confidence;
use crate::key::Transport;
use crate::output::protocol::Protocol;
use crate::output::record::has_ports;
use crate::output::stats::StatsRecord;
use crate::output::table::groups::{Group, Tally};
use crate::output::table::heading;
use crate::output::table::overview::meaning;
use crate::output::text::{bytes, count, counted, printable, share};
use crate::output::time::Utc;
use crate::place;
use crate::summary::Summary;
use crate::verdict::Verdict;
use askama::Template;
use std::cmp::Reverse;
use std::net::SocketAddr;

/// Most files named.
const FILES: usize = 20;
/// Most protocols listed.
const PROTOCOLS: usize = 40;
/// Most pairs of hosts listed.
const PAIRS: usize = 25;
/// Flows listed for those who read without the script.
const FLOWS: usize = 25;
/// Most findings written out.
const FINDINGS: usize = 1000;
/// Most findings shown unfolded: beyond, titles are what gives an overview.
const UNFOLDED: usize = 12;
/// Units of a bar as long as the whole.
const BAR: u64 = 1000;

/// The page.
#[derive(Debug, Template)]
#[template(path = "report.html")]
pub(super) struct Page<'a> {
    policy: String,
    style: &'static str,
    script: &'static str,
    version: &'static str,
    title: String,
    files: Vec<String>,
    more_files: usize,
    facts: Vec<(&'static str, String)>,
    selection: Option<String>,
    severities: Vec<(&'static str, usize)>,
    troubles: Vec<String>,
    quality: String,
    checks: Vec<Check>,
    limits: Vec<View>,
    findings: Vec<View>,
    more_findings: usize,
    heartbeats: Option<Heartbeats>,
    chart: Option<Chart>,
    protocols: Vec<Protocols>,
    more_protocols: usize,
    verdicts: Vec<Shares>,
    pairs: Vec<Conversation>,
    pairs_of: String,
    flows: Vec<Flow>,
    listed: String,
    left_out: Option<String>,
    counters: String,
    rows: Rows<'a>,
}

/// A finding.
#[derive(Debug)]
struct View {
    /// Where links lead.
    place: String,
    id: &'static str,
    severity: &'static str,
    open: bool,
    title: String,
    time: String,
    file: Option<String>,
    hosts: String,
    ports: String,
    evidence: Vec<String>,
    caveats: Vec<String>,
    advice: Vec<String>,
    filter: String,
    /// Identifiers of flows, joined by blanks, and how many.
    flows: String,
    flow_count: String,
}

/// A protocol.
#[derive(Debug)]
struct Protocols {
    name: String,
    class: String,
    flows: String,
    packets: String,
    bytes: String,
    share: String,
    bar: u64,
    verdicts: String,
}

/// A verdict.
#[derive(Debug)]
struct Shares {
    name: &'static str,
    meaning: &'static str,
    flows: String,
    share_of_flows: String,
    bytes: String,
    share_of_bytes: String,
    /// Where its part of the bar begins, and how wide it is.
    x: u64,
    width: u64,
}

/// A pair of hosts.
#[derive(Debug)]
struct Conversation {
    hosts: [String; 2],
    labels: String,
    flows: String,
    sent: [String; 2],
    share: String,
    bar: u64,
}

/// A flow, for those who read without the script.
#[derive(Debug)]
struct Flow {
    proto: String,
    source: String,
    destination: String,
    label: String,
    verdict: &'static str,
    confidence: &'static str,
    sent: String,
    received: String,
    why: String,
}

impl<'a> Page<'a> {
    /// The page about what was kept.
    pub(super) fn new(report: &'a Report<'a>, sums: &Sums, listed: &'a Listed) -> Self {
        let (look, outcome) = (report.look, report.outcome);
        let total = sums.groups.total();
        let (limits, findings): (Vec<&Finding>, Vec<&Finding>) =
            report.examined.findings.iter().partition(|finding| quality::limits(finding));
        let checks = quality::checks(report);
        let groups = sums.groups.sorted();
        let (top, known) = sums.pairs.top(PAIRS);
        let chart = Chart::new(&sums.groups, &sums.series);
        let of = |severity| report.examined.findings.iter().filter(|f| f.severity == severity).count();
        let begin = listed.flows.first().map(|flow| flow.first);
        Self {
            policy: policy::policy(),
            style: policy::STYLE,
            script: policy::SCRIPT,
            version: env!("CARGO_PKG_VERSION"),
            title: title(&look.files),
            files: look.files.iter().take(FILES).map(|file| printable(file).into_owned()).collect(),
            more_files: look.files.len().saturating_sub(FILES),
            facts: facts(report, &total),
            selection: look.selection.as_ref().map(|selection| printable(selection.text()).into_owned()),
            severities: Severity::ALL
                .into_iter()
                .rev()
                .map(|s| (s.name(), of(s)))
                .filter(|(_, n)| *n > 0)
                .collect(),
            troubles: report.troubles.iter().map(|trouble| printable(trouble).into_owned()).collect(),
            quality: quality::verdict(&checks, limits.len(), report.troubles.len()),
            checks,
            limits: views("limit", &limits, report),
            more_findings: findings.len().saturating_sub(FINDINGS),
            findings: views("finding", &findings, report),
            heartbeats: Heartbeats::new(report),
            protocols: groups
                .iter()
                .take(PROTOCOLS)
                .enumerate()
                .map(|(place, (group, tally, verdicts))| protocol(place, *group, tally, verdicts, &total))
                .collect(),
            more_protocols: groups.len().saturating_sub(PROTOCOLS),
            verdicts: verdicts(sums, &total),
            pairs: top.iter().map(|(hosts, talk)| conversation(*hosts, talk, &total, &top)).collect(),
            pairs_of: match known {
                Some(number) => format!("{} in all", counted(number as u64, "pair")),
                None => "of more pairs than are counted".into(),
            },
            flows: flows(listed, report),
            listed: count(listed.flows.len() as u64),
            left_out: (listed.left_out > 0).then(|| count(listed.left_out)),
            counters: serde_json::to_string_pretty(&StatsRecord::new(outcome)).unwrap_or_default(),
            rows: Rows {
                flows: &listed.flows,
                files: &look.files,
                begin: begin.or(outcome.intake.first).unwrap_or_default(),
            },
            chart,
        }
    }

    /// The numbers behind the drawing.
    fn chart_data(&self) -> String {
        self.chart.as_ref().map_or_else(|| "null".into(), |chart| super::json::inert(&chart.data))
    }
}

fn title(files: &[String]) -> String {
    match files {
        [] => "live capture".into(),
        [file] if file == "-" => "standard input".into(),
        [file] => printable(file.rsplit('/').next().unwrap_or(file)).into_owned(),
        files => format!("{} capture files", count(files.len() as u64)),
    }
}

fn facts(report: &Report<'_>, total: &Tally) -> Vec<(&'static str, String)> {
    let intake = &report.outcome.intake;
    let mut facts = Vec::new();
    if let (Some(first), Some(last)) = (intake.first, intake.last) {
        facts.push(("Time", heading::span(first, last)));
    }
    facts.push(("Packets", count(intake.packets)));
    facts.push(("Bytes", bytes(intake.bytes)));
    facts.push(("Flows", count(total.flows)));
    facts
}

fn views(kind: &str, findings: &[&Finding], report: &Report<'_>) -> Vec<View> {
    let numbered = findings.iter().take(FINDINGS).zip(1..);
    let view = |(finding, number): (&&Finding, usize)| View {
        open: finding.severity > Severity::Info && number <= UNFOLDED,
        ..view(format!("{kind}-{number}"), finding, report)
    };
    numbered.map(view).collect()
}

fn view(place: String, finding: &Finding, report: &Report<'_>) -> View {
    let safe = |texts: &[String]| texts.iter().map(|text| printable(text).into_owned()).collect();
    let port = |&(transport, port): &(Option<Transport>, u16)| match transport {
        Some(transport) => format!("{port}/{}", transport.name()),
        None => port.to_string(),
    };
    let hosts: Vec<String> = finding.subject.hosts.iter().map(ToString::to_string).collect();
    let ids: Vec<String> = finding.flows.iter().map(|id| format!("{id:016x}")).collect();
    let files = &report.look.files;
    let file = finding.file.and_then(|file| files.get(file as usize)).filter(|_| files.len() > 1);
    View {
        place,
        id: finding.diagnosis.id,
        severity: finding.severity.name(),
        open: false,
        title: printable(&finding.title).into_owned(),
        time: Utc { time: finding.at, digits: finding.digits }.to_string(),
        file: file.map(|file| printable(file).into_owned()),
        hosts: hosts.join(", "),
        ports: finding.subject.ports.iter().map(port).collect::<Vec<_>>().join(", "),
        evidence: safe(&finding.evidence),
        caveats: safe(&finding.caveats),
        advice: safe(&finding.advice),
        filter: printable(&finding.filter).into_owned(),
        flow_count: counted(ids.len() as u64, "flow"),
        flows: ids.join(" "),
    }
}

fn bar(part: u64, whole: u64) -> u64 {
    let units = (u128::from(part) * u128::from(BAR)).checked_div(u128::from(whole)).unwrap_or(0);
    u64::try_from(units).unwrap_or(BAR).min(BAR)
}

fn protocol(
    place: usize,
    group: Group,
    tally: &Tally,
    verdicts: &[u64; Verdict::ALL.len()],
    total: &Tally,
) -> Protocols {
    let said = Verdict::ALL.iter().zip(verdicts).filter(|(_, flows)| **flows > 0);
    let said: Vec<String> =
        said.map(|(verdict, flows)| format!("{} {}", count(*flows), verdict.name())).collect();
    Protocols {
        name: chart::name(group),
        class: if place < COLOURED { chart::class(place) } else { chart::class(COLOURED) },
        flows: count(tally.flows),
        packets: count(tally.packets),
        bytes: bytes(tally.bytes),
        share: share(tally.bytes, total.bytes),
        bar: bar(tally.bytes, total.bytes),
        verdicts: said.join(", "),
    }
}

fn verdicts(sums: &Sums, total: &Tally) -> Vec<Shares> {
    let mut before = 0;
    let mut shares = Vec::new();
    for (verdict, tally) in sums.groups.verdicts().filter(|(_, tally)| tally.flows > 0) {
        let (x, end) = (bar(before, total.flows), bar(before + tally.flows, total.flows));
        before += tally.flows;
        shares.push(Shares {
            name: verdict.name(),
            meaning: meaning(verdict),
            flows: count(tally.flows),
            share_of_flows: share(tally.flows, total.flows),
            bytes: bytes(tally.bytes),
            share_of_bytes: share(tally.bytes, total.bytes),
            x,
            width: end - x,
        });
    }
    shares
}

fn conversation(
    hosts: [std::net::IpAddr; 2],
    talk: &Talk,
    total: &Tally,
    top: &[([std::net::IpAddr; 2], Talk)],
) -> Conversation {
    let most = top.first().map_or(0, |(_, talk)| talk.total());
    let labels: Vec<String> = talk.labels.iter().take(3).map(|(group, _)| chart::name(*group)).collect();
    let more = talk.labels.len().saturating_sub(labels.len());
    Conversation {
        hosts: hosts.map(|host| host.to_string()),
        labels: labels.join(", ") + if more > 0 { " …" } else { "" },
        flows: count(talk.flows),
        sent: talk.bytes.map(bytes),
        share: share(talk.total(), total.bytes),
        bar: bar(talk.total(), most),
    }
}

/// The largest flows.
fn flows(listed: &Listed, report: &Report<'_>) -> Vec<Flow> {
    let size = |flow: &Summary| flow.counts.iter().map(|count| count.bytes).sum::<u64>();
    let mut largest: Vec<&Summary> = listed.flows.iter().collect();
    largest.sort_by_key(|flow| (Reverse(size(flow)), flow.first, flow.id));
    largest.iter().take(FLOWS).map(|flow| row(flow, report)).collect()
}

fn row(flow: &Summary, report: &Report<'_>) -> Flow {
    let end = |end: crate::key::Endpoint| {
        if has_ports(flow) {
            SocketAddr::from((end.address, end.port)).to_string()
        } else {
            end.address.to_string()
        }
    };
    let [source, destination] = flow.endpoints;
    let [sent, received] = flow.counts.map(|count| bytes(count.bytes));
    let reason = flow.why.first().map_or("", |reason| &reason.detail);
    Flow {
        proto: Protocol(flow.protocol).to_string(),
        source: end(source),
        destination: end(destination),
        label: match (flow.app, flow.port_claims.first()) {
            (Some(app), _) => app.into(),
            (None, Some(claim)) if flow.verdict == Verdict::Contradicted => {
                format!("not {}", claim.protocol())
            }
            _ => "–".into(),
        },
        verdict: flow.verdict.name(),
        confidence: flow.confidence.map_or("–", Confidence::name),
        sent,
        received,
        why: printable(&place::told(reason, &report.look.files)).into_owned(),
    }
}
