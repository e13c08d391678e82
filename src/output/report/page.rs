//! What the template is filled with: texts as people read them, safe to print.

use super::chart::Chart;
use super::heartbeats::Heartbeats;
use super::kept::Listed;
use super::quality::{self, Check};
use super::rows::Rows;
use super::{Report, Sums, policy};
use crate::findings::{Finding, Severity};
use crate::output::stats::StatsRecord;
use crate::output::table::groups::Tally;
use crate::output::table::heading;
use crate::output::text::{bytes, count, counted, printable};
use askama::Template;

mod findings;
mod flows;
mod sums;

/// Most files named.
const FILES: usize = 20;

/// Most protocols listed.
const PROTOCOLS: usize = 40;
/// Most pairs of hosts listed.
const PAIRS: usize = 25;

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
    limits: Vec<findings::View>,
    findings: Vec<findings::View>,
    more_findings: usize,
    heartbeats: Option<Heartbeats>,
    chart: Option<Chart>,
    protocols: Vec<sums::Protocols>,
    more_protocols: usize,
    verdicts: Vec<sums::Shares>,
    pairs: Vec<sums::Conversation>,
    pairs_of: String,
    flows: Vec<flows::Flow>,
    listed: String,
    left_out: Option<String>,
    counters: String,
    rows: Rows<'a>,
}

impl<'a> Page<'a> {
    /// The page about what was kept.
    pub(super) fn new(report: &'a Report<'a>, totals: &Sums, listed: &'a Listed) -> Self {
        let (look, outcome) = (report.look, report.outcome);
        let total = totals.groups.total();
        let (limits, findings): (Vec<&Finding>, Vec<&Finding>) =
            report.examined.findings.iter().partition(|finding| quality::limits(finding));
        let checks = quality::checks(report);
        let groups = totals.groups.sorted();
        let (top, known) = totals.pairs.top(PAIRS);
        let chart = Chart::new(&totals.groups, &totals.series);
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
            limits: findings::views("limit", &limits, listed, report),
            more_findings: findings.len().saturating_sub(findings::FINDINGS),
            findings: findings::views("finding", &findings, listed, report),
            heartbeats: Heartbeats::new(report),
            protocols: groups
                .iter()
                .take(PROTOCOLS)
                .enumerate()
                .map(|(place, (group, tally, verdicts))| {
                    sums::protocol(place, *group, tally, verdicts, &total)
                })
                .collect(),
            more_protocols: groups.len().saturating_sub(PROTOCOLS),
            verdicts: sums::verdicts(totals, &total),
            pairs: top.iter().map(|(hosts, talk)| sums::conversation(*hosts, talk, &total, &top)).collect(),
            pairs_of: match known {
                Some(number) => format!("{} in all", counted(number as u64, "pair")),
                None => "of more pairs than are counted".into(),
            },
            flows: flows::flows(listed, report),
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
