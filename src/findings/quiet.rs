//! Routes on which both nodes fall silent: what no count of unanswered requests shows.
//!
//! A switch that drops both directions before the capture point, or nodes that cannot ask any more, leave nothing that could
//! stay unanswered. The silence itself is the evidence, in intervals of the heartbeats that went before.

use super::ledger::Line;
use super::{CaptureFacts, Grounds};
use crate::packet::Timestamp;
use crate::report::{Beats, Moment, Run};

/// Fewest heartbeats of each node that do not come: the lowest threshold.
const MIN_MISSING: u64 = 5;
/// Intervals within which silences begin that have one cause.
const TOGETHER: u64 = 3;

/// A time in which neither node of a route sent anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// The last packet before.
    pub from: Moment,
    /// The first packet after; `None` where none came until the capture ended.
    pub until: Option<Moment>,
    /// When it was over, or the capture was.
    pub end: Timestamp,
    /// How many heartbeats of each node should have gone meanwhile.
    pub missing: u64,
    /// Whether heartbeats went on other routes meanwhile.
    pub others: bool,
    /// When something else went between the two hosts, the first and the last of it, if it was about that time.
    pub between: Option<(Timestamp, Timestamp)>,
}

/// Notes on each line of a cluster when its route was silent.
pub(super) fn note(lines: &mut [Line], grounds: &Grounds<'_>) {
    let noted: Vec<Option<Quiet>> = lines.iter().map(|line| find(line, lines, grounds)).collect();
    for (line, quiet) in lines.iter_mut().zip(noted) {
        line.quiet = quiet;
    }
}

fn find(line: &Line, lines: &[Line], grounds: &Grounds<'_>) -> Option<Quiet> {
    if !line.known || !line.is_cluster() {
        return None;
    }
    let interval = line.interval().max(1);
    let last = line.beats.last.max(line.peer.last)?;
    let to_the_end = (last, None, grounds.span.1);
    let within = sides(line).map(|side| side.silence).reduce(common).flatten();
    let spans = within.map(|(from, until)| (from, Some(until), until.time)).into_iter().chain([to_the_end]);
    let quiet = spans.filter_map(|(from, until, end)| {
        let length = end.since(from.time);
        // Of both nodes the silence is shorter than of each, by less than an interval; what ends it misses nothing.
        let missing = match until {
            Some(_) => length.saturating_sub(interval / 10).div_ceil(interval).saturating_sub(1),
            None => length / interval,
        };
        let told = missing < MIN_MISSING || is_pause(grounds.capture, from.time, length);
        if told || sides(line).flat_map(runs).any(|run| covers(run, from.time, end, interval)) {
            return None;
        }
        let is_route =
            |other: &Line| [(line.from, line.to), (line.to, line.from)].contains(&(other.from, other.to));
        let others = lines.iter().any(|other| !is_route(other) && goes_on(other, from.time, end));
        let (a, b) = (line.from.address, line.to.address);
        let between = grounds.besides(a, b).filter(|(first, last)| {
            // What ended with the heartbeats shows nothing.
            *first < end && last.since(from.time) >= 2 * interval
        });
        // What ends for good may have been ended, or the capture of these hosts has: something of them has to go on.
        (until.is_some() || others || between.is_some()).then_some(Quiet {
            from,
            until,
            end,
            missing,
            others,
            between,
        })
    });
    quiet.max_by_key(|quiet| quiet.missing)
}

/// What was seen of the nodes that were seen at all.
fn sides(line: &Line) -> impl Iterator<Item = &Beats> {
    [&line.beats, &line.peer].into_iter().filter(|side| side.first.is_some())
}

fn runs(side: &Beats) -> impl Iterator<Item = &Run> {
    side.runs.iter().chain(&side.longest).chain(&side.open)
}

/// The time that two silences have in common.
fn common(a: Option<(Moment, Moment)>, b: Option<(Moment, Moment)>) -> Option<(Moment, Moment)> {
    let ((from, until), (other_from, other_until)) = a.zip(b)?;
    let both = (from.max(other_from), until.min(other_until));
    (both.0 < both.1).then_some(both)
}

/// Whether it was the capture that paused, for most of that time.
fn is_pause(capture: &CaptureFacts, from: Timestamp, length: u64) -> bool {
    capture.pause.is_some_and(|(nanos, begin, _)| {
        let until = begin.0.saturating_add_unsigned(nanos);
        let begins = begin.0.max(from.0);
        let ends = until.min(from.0.saturating_add_unsigned(length));
        ends > begins && Timestamp(ends).since(Timestamp(begins)) > length / 2
    })
}

/// Whether requests were unanswered before, and heartbeats stopped within that outage: it is told as such.
fn covers(run: &Run, from: Timestamp, end: Timestamp, interval: u64) -> bool {
    let (begins, ends) = (run.start.time, run.end.map(|end| end.time));
    run.missed >= 2
        && begins <= end
        && ends.map_or(run.missed >= 3, |ends| Timestamp(ends.0.saturating_add_unsigned(2 * interval)) >= end)
        && Timestamp(begins.0.saturating_sub_unsigned(2 * interval)) <= from
}

/// Whether heartbeats of a line went at a time when others did not.
fn goes_on(other: &Line, from: Timestamp, end: Timestamp) -> bool {
    let half = end.since(from) / 2;
    sides(other).any(|side| {
        let (Some(first), Some(last)) = (side.first, side.last) else { return false };
        let is_silent = side.silence.is_some_and(|(before, after)| {
            before.time.0.max(from.0) < after.time.0.min(end.0)
                && Timestamp(after.time.0.min(end.0)).since(Timestamp(before.time.0.max(from.0))) > half
        });
        first.time <= from && last.time.since(from) > half && !is_silent
    })
}

/// Silences that began and ended together, the earliest first; of each route one line.
pub(super) fn groups<'a>(lines: impl Iterator<Item = &'a Line>) -> Vec<Vec<(&'a Line, Quiet)>> {
    let mut all: Vec<(&Line, Quiet)> = Vec::new();
    for line in lines {
        let is_known = |(other, _): &(&Line, Quiet)| {
            (other.from, other.to) == (line.to, line.from) && other.flows == line.flows
        };
        if let Some(quiet) = line.quiet.filter(|_| !all.iter().any(is_known)) {
            all.push((line, quiet));
        }
    }
    all.sort_by_key(|(line, quiet)| (quiet.from, line.from, line.to));
    let mut groups: Vec<Vec<(&Line, Quiet)>> = Vec::new();
    for (line, quiet) in all {
        let reach = TOGETHER * line.interval();
        let same = groups.iter_mut().find(|group| {
            group.first().is_some_and(|(_, first)| {
                let apart = first.end.0.abs_diff(quiet.end.0);
                quiet.from.time.since(first.from.time) <= reach
                    && apart <= reach
                    && first.until.is_some() == quiet.until.is_some()
            })
        });
        match same {
            Some(group) => group.push((line, quiet)),
            None => groups.push(vec![(line, quiet)]),
        }
    }
    groups
}
