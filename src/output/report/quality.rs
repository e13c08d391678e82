//! How much of the truth the capture can hold: what was read, what is missing, and which findings limit all others.

use super::Report;
use crate::findings::{FAMILIES, Finding};
use crate::flow::EndReason;
use crate::output::table::heading::words;
use crate::output::text::{bound, count, counted, duration, share};
use crate::output::time::Utc;
use crate::wire::Skip;

/// One line: what was counted, how much, what that means.
#[derive(Debug)]
pub(super) struct Check {
    pub(super) what: String,
    pub(super) value: String,
    pub(super) means: String,
    pub(super) fine: bool,
}

fn check(what: &str, value: String, means: &str, fine: bool) -> Check {
    Check { what: what.into(), value, means: means.into(), fine }
}

/// Whether a finding is about the capture itself.
pub(super) fn limits(finding: &Finding) -> bool {
    FAMILIES.first().is_some_and(|family| {
        // By name: a constant may be at several places.
        family.diagnoses.iter().any(|diagnosis| diagnosis.id == finding.diagnosis.id)
    })
}

/// The lines: what always matters, and what is wrong.
pub(super) fn checks(report: &Report<'_>) -> Vec<Check> {
    let outcome = report.outcome;
    let intake = &outcome.intake;
    let mut checks = Vec::new();
    let of_all = |number: u64| format!("{} ({})", count(number), share(number, intake.packets));
    checks.push(check(
        "Packets in flows",
        of_all(outcome.totals.packets_in_flows),
        "labelled, or shown as unknown, below",
        true,
    ));
    for (skip, number) in Skip::ALL.iter().zip(intake.skipped).filter(|(_, number)| *number > 0) {
        checks.push(check(
            "Packets in no flow",
            of_all(number),
            words(*skip),
            matches!(skip, Skip::Arp | Skip::NonIp | Skip::LinkControl),
        ));
    }
    checks.push(check(
        "Cut by the snap length",
        of_all(intake.truncated),
        "labels rest on what is left of them",
        intake.truncated == 0,
    ));
    let drops = &outcome.drops;
    checks.push(check(
        "Lost by the kernel",
        count(drops.kernel),
        "for lack of room in its buffer",
        drops.kernel == 0,
    ));
    checks.push(check(
        "Lost by the interface",
        count(drops.interface),
        "as far as the capture tells: most files do not",
        drops.interface == 0,
    ));
    if outcome.behind > 0 {
        checks.push(check(
            "Not looked at",
            count(outcome.behind),
            "classifying was behind; narrow the filter down",
            false,
        ));
    }
    if intake.backwards > 0 {
        let means = format!("the largest step is {}", duration(intake.backwards_nanos));
        checks.push(check("Packets before those in front of them", count(intake.backwards), &means, false));
    }
    if intake.oversized > 0 {
        checks.push(check(
            "Larger than the wire carries",
            count(intake.oversized),
            "put together by an adapter: sizes and counts are not the wire's",
            false,
        ));
    }
    if let Some((nanos, from, _)) = intake.pause {
        let means = format!("from {} on", Utc { time: from, digits: 3 });
        checks.push(check("Longest time without a packet", duration(nanos), &means, true));
    }
    let evicted = outcome.totals.ended.get(EndReason::Evicted as usize).copied().unwrap_or(0);
    if evicted > 0 {
        checks.push(check(
            "Flows ended early",
            count(evicted),
            "for lack of room; what came after is in flows of its own, see --max-flows",
            false,
        ));
    }
    for (name, number) in
        outcome.bounds.iter().copied().chain(outcome.totals.bounds()).filter(|(_, n)| *n > 0)
    {
        checks.push(check(
            "A bound was met",
            count(number),
            &bound(name, number),
            name == "openings-exhausted",
        ));
    }
    checks
}

/// What the checks say in one sentence.
pub(super) fn verdict(checks: &[Check], limits: usize, troubles: usize) -> String {
    let bad = checks.iter().filter(|check| !check.fine).count();
    let parts = [(troubles, "input problem"), (limits, "finding"), (bad, "counter")];
    let told = parts.iter().filter(|(number, _)| *number > 0);
    let told: Vec<String> = told.map(|(number, what)| counted(*number as u64, what)).collect();
    if told.is_empty() {
        return "Nothing is known to limit what this capture shows.".into();
    }
    format!("Read everything below with this in mind: {}.", told.join(", "))
}
