//! Runs of missed heartbeats, and all heartbeats of a route, in sentences.

use super::super::ledger::{Line, THRESHOLDS};
use super::super::words::{self, at, counted, percent, span, stamp};
use crate::report::Run;

/// A run in the cluster's own terms.
pub(super) fn in_terms(missed: u64) -> String {
    let reached: Vec<String> =
        THRESHOLDS.iter().filter(|&&threshold| missed >= threshold).map(u64::to_string).collect();
    let warned: Vec<String> = THRESHOLDS
        .iter()
        .filter(|&&threshold| missed < threshold && missed * 5 >= threshold * 2)
        .map(u64::to_string)
        .collect();
    let removed = (!reached.is_empty()).then(|| format!("for removal at a threshold of {}", reached.join(" or ")));
    let warned = (!warned.is_empty()).then(|| format!("for a warning at {}", warned.join(" or ")));
    match (removed, warned) {
        (Some(removed), Some(warned)) => format!("enough {removed}, and {warned}"),
        (Some(one), None) | (None, Some(one)) => format!("enough {one}"),
        (None, None) => "too few for a warning at any usual threshold".to_owned(),
    }
}

/// A run in a sentence.
pub(super) fn told(line: &Line, run: &Run) -> String {
    let until = match run.end {
        Some(end) => {
            let (took, least) = (end.time.since(run.start.time), run.missed.saturating_sub(1) * line.interval());
            // So many requests, one each interval, do not fit into less time.
            let step = if took < least / 2 {
                format!(" by the capture's clock, which was set back meanwhile: so many requests take {}", span(least))
            } else {
                String::new()
            };
            format!("; the next response came {}, {} later{step}", at(end, line.digits), span(took))
        }
        None => String::new(),
    };
    format!(
        "{} of {} to {} in a row were not answered from {} on{until}; {}.",
        counted(run.missed, "request"),
        line.from.address,
        line.to.address,
        stamp(run.start, line.digits),
        in_terms(run.missed)
    )
}

/// All requests of a line in a sentence.
pub(super) fn tally(line: &Line) -> String {
    let beats = &line.beats;
    if beats.missed == 0 {
        let (asked, answered) = (counted(beats.requests, "request"), words::count(beats.answered));
        return format!("Of {asked} of {} to {}, {answered} were answered and none was missed.", line.from.address, line.to.address);
    }
    format!(
        "Of {} of {} to {}, {} were answered and {} ({}) were not{}.",
        counted(beats.requests, "request"),
        line.from.address,
        line.to.address,
        beats.answered,
        beats.missed,
        percent(beats.missed, beats.requests),
        beats.lost.map(|(first, _)| format!(", the first {}", at(first, line.digits))).unwrap_or_default()
    )
}

/// How long round trips took, in a sentence.
pub(super) fn round_trip(line: &Line) -> Option<String> {
    let trip = line.beats.round_trip?;
    let interval = span(line.interval());
    let first = line.beats.first.map(|first| words::utc(first.time, line.digits)).unwrap_or_default();
    Some(format!(
        "Of {} from {first} on the median took {}, the 99th percentile {}; the interval is {interval}.",
        counted(trip.count, "round trip"),
        span(trip.median),
        span(trip.p99)
    ))
}
