//! Which routes of a cluster fail at the same time, and what that says: one node, one network, two sites, or load.
//!
//! The one decision on which both the findings and the reading of the matrix rest. Runs of missed heartbeats that begin
//! together are one outage; what no pattern explains and yet overlaps is read again as a whole.

mod reader;

use super::ledger::{Line, THRESHOLDS};
use super::matrix::Matrix;
use crate::packet::Timestamp;
use crate::report::{Moment, Run};
use reader::Reader;
use std::collections::{BTreeMap, BTreeSet};

/// Two nodes, the lower first; the network, or the first of several that exchange heartbeats; and the networks of both ends.
pub(super) type Route = (usize, usize, usize, (usize, usize));

/// What an outage comes down to; nodes and networks are places in the matrix.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Pattern {
    /// Nothing is heard of a node on any of its routes; several places are one node's addresses.
    Silent(Vec<usize>),
    /// All routes of a node fail, although it speaks.
    Isolated(usize),
    /// All routes of a node in one of several networks fail.
    Adapter(usize, usize),
    /// All routes in one network fail, and another network works.
    Network(usize),
    /// Two groups of nodes lose each other; one of them.
    Split(BTreeSet<usize>),
    /// No route works.
    Everything,
    /// Losses here and there on routes of at least three nodes.
    Scattered,
    /// Losses on routes of one node to several others, not all of which fail.
    Lossy(usize),
    /// Losses between two nodes only.
    Path(usize, usize),
}

/// Heartbeats missed in a row on one route.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fault<'a> {
    pub(super) line: &'a Line,
    pub(super) run: Run,
}

impl Fault<'_> {
    /// Whether the asked node kept silent meanwhile: fewer than half as many requests came from it as went to it.
    pub(super) const fn is_silent(&self) -> bool {
        self.run.heard * 2 < self.run.missed
    }

    /// Who misses whose answers, and since when: what tells one fault from another.
    fn mark(&self) -> Mark {
        (self.line.from, self.line.to, self.run.start)
    }

    /// The time by which heartbeats were answered again; the end of time if they are not.
    fn until(&self) -> Timestamp {
        match self.run.end {
            Some(end) => end.time,
            None if self.line.beats.open.is_some_and(|open| open.start == self.run.start) => {
                Timestamp(i64::MAX)
            }
            None => later(self.run.start.time, self.run.missed * self.line.interval()),
        }
    }

    /// When it began, and the time until which it is known to have gone on.
    fn span(&self) -> (Timestamp, Timestamp) {
        let start = self.run.start.time;
        let known = later(start, self.run.missed * self.line.interval());
        (start, self.run.end.map_or(known, |end| end.time))
    }

    /// Whether both are one at most of the time: half of the longer one, or as both go on.
    fn coincides(&self, other: &Fault<'_>) -> bool {
        if self.until() == Timestamp(i64::MAX) && other.until() == Timestamp(i64::MAX) {
            return true;
        }
        let ((a, b), (c, d)) = (self.span(), other.span());
        let common = b.min(d).since(a.max(c));
        common * 2 >= b.since(a).max(d.since(c))
    }

    /// Whether requests of the node that is asked are answered meanwhile: one of two directions works.
    fn is_one_way(&self, lines: &[&Line]) -> bool {
        let is_back = |line: &&&Line| {
            (line.from, line.to) == (self.line.to, self.line.from) && line.flows == self.line.flows
        };
        let Some(back) = lines.iter().find(is_back) else { return false };
        let (from, until) = self.span();
        let meets = |run: &&Run| run.start.time <= until && run.end.is_none_or(|end| end.time > from);
        let beats = &back.beats;
        let runs: BTreeMap<Moment, u64> = beats
            .runs
            .iter()
            .chain(&beats.longest)
            .chain(&beats.open)
            .filter(meets)
            .map(|run| (run.start, run.missed))
            .collect();
        let missed: u64 = runs.into_values().sum();
        !self.is_silent() && beats.answered > 0 && missed * 2 < self.run.heard
    }
}

type Mark = (crate::key::Endpoint, crate::key::Endpoint, Moment);

/// Faults that have one cause, as far as can be told.
#[derive(Clone, Debug)]
pub(super) struct Outage<'a> {
    pub(super) pattern: Pattern,
    pub(super) faults: Vec<Fault<'a>>,
    /// Lines with losses all along, beyond runs.
    pub(super) lossy: Vec<&'a Line>,
    /// How many routes there are, and how many of them fail.
    pub(super) routes: (usize, usize),
    /// Other networks over which all pairs of nodes that fail here reach each other meanwhile; none if some do not.
    pub(super) carried: BTreeSet<usize>,
}

impl Outage<'_> {
    /// When it began.
    pub(super) fn start(&self) -> Moment {
        let runs = self.faults.iter().map(|fault| fault.run.start);
        let lossy = self.lossy.iter().filter_map(|line| line.beats.lost).map(|(first, _)| first);
        runs.chain(lossy).min().unwrap_or(Moment { time: Timestamp::default(), frame: 0 })
    }

    /// The answer with which the last route came back, if all did.
    pub(super) fn end(&self) -> Option<Moment> {
        let ends: Option<Vec<Moment>> = self.faults.iter().map(|fault| fault.run.end).collect();
        ends.filter(|_| self.lossy.is_empty())?.into_iter().max()
    }

    /// The time in which all of it failed, where that is less than the time in which some of it did.
    pub(super) fn common(&self) -> Option<(Moment, Option<Moment>)> {
        let whole = matches!(
            self.pattern,
            Pattern::Isolated(_)
                | Pattern::Adapter(..)
                | Pattern::Network(_)
                | Pattern::Split(_)
                | Pattern::Everything
        );
        let ends = || self.faults.iter().filter_map(|fault| fault.run.end);
        let start = self.faults.iter().map(|fault| fault.run.start).max()?;
        let reach = TOGETHER * self.faults.first()?.line.interval();
        let (first, last) = (ends().min(), ends().max());
        let apart = first.zip(last).map_or(0, |(first, last)| last.time.since(first.time));
        let uneven = !self.is_at_once() || apart > reach || (first.is_some() && self.end().is_none());
        (whole && uneven && first.is_none_or(|first| start < first)).then_some((start, first))
    }

    /// Whether all routes failed within the time that one cause takes.
    pub(super) fn is_at_once(&self) -> bool {
        let starts = || self.faults.iter().map(|fault| fault.run.start.time);
        let apart = starts().max().unwrap_or_default().since(starts().min().unwrap_or_default());
        let interval = self.faults.first().map_or(0, |fault| fault.line.interval());
        apart <= TOGETHER * interval
    }

    /// The longest run.
    pub(super) fn longest(&self) -> u64 {
        self.faults.iter().map(|fault| fault.run.missed).max().unwrap_or(0)
    }

    /// Of a node whose routes fail on one network, while those on another that failed with them are back long before: that
    /// it is this network's.
    fn narrow(&mut self, matrix: &Matrix, lines: &[&Line]) {
        let Pattern::Isolated(node) = self.pattern else { return };
        let route = |line: &Line| matrix.route(line).filter(|&(a, b, ..)| a == node || b == node);
        let on: BTreeSet<usize> =
            self.faults.iter().filter_map(|fault| route(fault.line)).map(|(_, _, on, _)| on).collect();
        let Some((on, until)) =
            on.first().filter(|_| on.len() == 1).zip(self.faults.iter().map(Fault::until).min())
        else {
            return;
        };
        let is_back = |line: &&&Line| {
            let Some((_, _, other, _)) = route(line) else { return false };
            let since = Timestamp(until.0.saturating_sub_unsigned(BACK * line.interval()));
            let works = line.beats.last_answered.is_some_and(|last| last.time >= since);
            let fails = runs(line).into_values().any(|run| run.end.is_none_or(|end| end.time > since));
            other != *on && works && !fails
        };
        if lines.iter().any(|line| is_back(&line)) {
            self.pattern = Pattern::Adapter(node, *on);
        }
    }

    fn covers(&self, fault: &Fault<'_>) -> bool {
        let until = self.faults.iter().map(Fault::until).max().unwrap_or_default();
        fault.run.start.time <= until && fault.until() >= self.start().time
    }
}

fn later(time: Timestamp, nanos: u64) -> Timestamp {
    Timestamp(time.0.saturating_add_unsigned(nanos))
}

/// Fewest missed heartbeats of a run that goes on.
const OPEN: u64 = 3;
/// Intervals by which a route is back before another one.
const BACK: u64 = 5;
/// Intervals within which all routes fail that fail for one cause.
const TOGETHER: u64 = 3;

/// Runs that make a route fail: as long as the lowest threshold, or not yet.
pub(super) fn runs(line: &Line) -> BTreeMap<Moment, Run> {
    let [lowest, ..] = THRESHOLDS;
    let beats = &line.beats;
    let is_open = |run: &Run| beats.open.is_some_and(|open| open.start == run.start);
    let all = beats.runs.iter().chain(&beats.longest).chain(&beats.open);
    all.filter(|run| run.missed >= lowest || (is_open(run) && run.missed >= OPEN))
        .map(|run| (run.start, *run))
        .collect()
}

/// Reads all faults together.
pub(super) fn read<'a>(matrix: &Matrix, lines: &[&'a Line]) -> Vec<Outage<'a>> {
    let mut faults: Vec<Fault<'a>> = Vec::new();
    for line in lines.iter().copied().filter(|line| matrix.route(line).is_some()) {
        faults.extend(runs(line).into_values().map(|run| Fault { line, run }));
    }
    faults.sort_by_key(|fault| (fault.run.start, fault.line.from, fault.line.to));
    let mut reader = Reader { matrix, lines, faults: &faults, outages: Vec::new() };
    let mut left = Vec::new();
    let mut group: Vec<Fault<'a>> = Vec::new();
    for fault in &faults {
        let is_new = group.first().is_some_and(|first| {
            fault.run.start.time > later(first.run.start.time, TOGETHER * first.line.interval())
        });
        if is_new {
            left.extend(reader.explain(std::mem::take(&mut group)));
        }
        group.push(*fault);
    }
    left.extend(reader.explain(group));
    // What began at another time, and yet was down with the rest.
    let left = reader.absorb(left);
    let mut groups: Vec<Vec<Fault<'a>>> = Vec::new();
    for fault in left {
        let same = groups.iter_mut().find(|group| group.iter().all(|other| other.coincides(&fault)));
        match same {
            Some(group) => group.push(fault),
            None => groups.push(vec![fault]),
        }
    }
    for group in groups {
        reader.explain(group);
    }
    for outage in &mut reader.outages {
        outage.narrow(matrix, lines);
    }
    reader.losses();
    reader.outages
}

/// Groups things whose spans overlap, the earliest first.
fn overlapping<T>(mut all: Vec<T>, span: impl Fn(&T) -> (Timestamp, Timestamp)) -> Vec<Vec<T>> {
    all.sort_by_key(|one| span(one));
    let mut groups: Vec<(Timestamp, Vec<T>)> = Vec::new();
    for one in all {
        let (from, until) = span(&one);
        match groups.last_mut().filter(|(end, _)| from <= *end) {
            Some((end, group)) => {
                *end = (*end).max(until);
                group.push(one);
            }
            None => groups.push((until, vec![one])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// Whether more than one in twenty was missed, beyond so many that are explained.
pub(super) fn is_lossy(line: &Line, explained: u64) -> bool {
    let missed = line.beats.missed.saturating_sub(explained);
    missed >= OPEN && missed * 20 > line.beats.requests
}
