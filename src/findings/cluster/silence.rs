//! Routes on which no heartbeat goes at all for a while, told together where they fall silent together.

use super::super::finding::Episode;
use super::super::ledger::Line;
use super::super::matrix::Network;
use super::super::quiet::{self, Quiet};
use super::super::words::{self, at, counted, span, stamp};
use super::super::{Diagnosis, Finding, Grounds, Severity};
use super::route::by_run;
use super::telling::in_terms;
use super::{PORT, of_line};
use std::collections::BTreeSet;
use std::net::IpAddr;

pub(super) const SILENT: Diagnosis = Diagnosis {
    id: "netft-route-silent",
    severity: Severity::Critical,
    title: "No heartbeat at all goes on a route",
    meaning: "Neither node sends anything on this route, or nothing of either reaches the capture point: what lasts longer \
              than the threshold takes the route down on both (event 1135 if it is the only one).",
    evidence: "Both nodes of a route send nothing for five intervals or more (warning; from ten on critical), and go on \
               afterwards; or until the capture ends, while other routes go on or something else goes between the two hosts. \
               Milder by a step where nothing else went meanwhile. Not where the capture as a whole paused.",
    caveats: &[
        "A mirror port that lost these packets looks the same, and so does a node that was taken out of the cluster, or a \
         service that was stopped on purpose.",
    ],
    advice: &["Compare with the cluster logs of both nodes at that time, and check the mirror port of the capture."],
};

/// Most routes told one by one.
const MAX_TOLD: usize = 6;

pub(super) fn tell(grounds: &Grounds<'_>, lines: &[&Line], findings: &mut Vec<Finding>) {
    for group in quiet::groups(lines.iter().copied()) {
        findings.extend(finding(grounds, &group));
    }
}

fn finding(grounds: &Grounds<'_>, group: &[(&Line, Quiet)]) -> Option<Finding> {
    let (first, quiet) = group.first()?;
    let networks: BTreeSet<Network> = group.iter().map(|(line, _)| Network::of(line.from.address)).collect();
    let title = match (group, networks.first()) {
        ([_], _) => format!("No heartbeat at all goes between {} and {}", first.from.address, first.to.address),
        (_, Some(network)) if networks.len() == 1 => format!("No heartbeat at all goes on {} of {network}", counted(group.len() as u64, "route")),
        _ => format!("No heartbeat at all goes on {}", counted(group.len() as u64, "route")),
    };
    let back = if quiet.until.is_some() { " for a while" } else { " any more" };
    let missing = group.iter().map(|(_, quiet)| quiet.missing).max().unwrap_or(0);
    let mut finding = of_line(&SILENT, first, quiet.from.time).titled(format!("{title}{back}")).graded(by_run(missing));
    finding.subject.hosts.clear();
    for (line, _) in group {
        finding = finding.host(line.from.address).host(line.to.address);
        finding = line.flows.iter().fold(finding, |finding, &flow| finding.flow(flow));
    }
    for (line, quiet) in group.iter().take(MAX_TOLD) {
        finding = finding.because(told(line, quiet));
    }
    if group.len() > MAX_TOLD {
        finding = finding.because(format!("The same on {}.", counted((group.len() - MAX_TOLD) as u64, "further route")));
    }
    let others = group.iter().any(|(_, quiet)| quiet.others);
    if others {
        finding = finding.because(format!(
            "Heartbeats on other routes went on at that time, from {} on, so the capture did.",
            words::utc(quiet.from.time, first.digits)
        ));
    }
    let between = group.iter().find_map(|(line, quiet)| Some((line, quiet.between?)));
    if let Some((line, (from, until))) = between {
        finding = finding.because(format!(
            "Something else went between {} and {}: from {} to {}.",
            line.from.address,
            line.to.address,
            words::utc(from, line.digits),
            words::utc(until, line.digits)
        ));
    }
    if !others && between.is_none() {
        let milder = finding.severity.milder();
        finding = finding.but("Nothing else of these hosts was seen meanwhile: the capture may lack that time.").graded(milder);
    }
    if let Some(caveat) = grounds.losses() {
        let milder = finding.severity.milder();
        finding = finding.but(caveat).graded(milder);
    }
    let hosts: BTreeSet<IpAddr> = group.iter().flat_map(|(line, _)| [line.from.address, line.to.address]).collect();
    let filters: Vec<String> = hosts.into_iter().map(words::address_filter).collect();
    let shown = if let [(line, _)] = group { line.filter.clone() } else { format!("udp.port == {PORT} && ({})", filters.join(" || ")) };
    let mut finding = finding.shown_by(shown);
    let ends: Option<Vec<_>> = group.iter().map(|(_, quiet)| quiet.until.map(|until| until.time)).collect();
    finding.episode = Some(Episode {
        faults: group.iter().map(|(line, quiet)| (line.from, line.to, quiet.from.time)).collect(),
        end: ends.and_then(|ends| ends.into_iter().max()),
    });
    Some(finding)
}

fn told(line: &Line, quiet: &Quiet) -> String {
    let until = match quiet.until {
        Some(until) => format!("to {}", stamp(until, line.digits)),
        None => format!("to the end of the capture at {}", words::utc(quiet.end, line.digits)),
    };
    format!(
        "Neither {} nor {} sent anything to the other on this route from the packet {} {until}: {}, in which {} of each should \
         have come, one every {}; {}.",
        line.from.address,
        line.to.address,
        at(quiet.from, line.digits),
        span(quiet.end.since(quiet.from.time)),
        counted(quiet.missing, "heartbeat"),
        span(line.interval()),
        in_terms(quiet.missing)
    )
}
