//! Heartbeats: the ledger with a timeline per direction, the gaps one by one, and the matrix of nodes.

use super::Report;
use crate::findings::ledger::{Line, THRESHOLDS};
use crate::findings::matrix::{Matrix, UNKNOWN};
use crate::key::Endpoint;
use crate::output::steady;
use crate::output::text::{count, counted, duration, printable};
use crate::output::time::Utc;
use crate::packet::Timestamp;
use crate::place;
use crate::report::{Moment, Spread};

/// Most routes listed: those that miss most come first where there are more.
const ROUTES: usize = 200;
/// Most gaps listed one by one.
const GAPS: usize = 200;
/// Most nodes of a matrix.
const NODES: usize = 32;
/// Units of a timeline from the capture's first packet to its last.
const WIDTH: u64 = 10_000;
/// Narrowest mark, in these units: two pixels of a timeline that is 300 wide.
const NARROWEST: u64 = 70;

/// Everything about heartbeats.
#[derive(Debug)]
pub(super) struct Heartbeats {
    pub(super) routes: Vec<Route>,
    /// Routes that are not listed.
    pub(super) more: u64,
    /// Steady exchanges that are answered and not listed.
    pub(super) quiet: u64,
    pub(super) gaps: Vec<Gap>,
    pub(super) more_gaps: u64,
    pub(super) matrix: Option<Nodes>,
    /// First and last moment of the timelines.
    pub(super) span: [String; 2],
}

/// One direction of a route.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) asked: String,
    pub(super) answered: String,
    pub(super) late: String,
    pub(super) missed: String,
    pub(super) longest: String,
    pub(super) interval: String,
    pub(super) trip: String,
    pub(super) bad: bool,
    pub(super) marks: Vec<Mark>,
    /// What the timeline shows, in words.
    pub(super) told: String,
}

/// A stretch of a timeline.
#[derive(Debug)]
pub(super) struct Mark {
    pub(super) x: u64,
    pub(super) width: u64,
    pub(super) class: &'static str,
    pub(super) title: String,
}

/// Missed heartbeats in a row.
#[derive(Debug)]
pub(super) struct Gap {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) missed: String,
    pub(super) begins: String,
    pub(super) begin_frame: String,
    pub(super) ends: String,
    pub(super) end_frame: String,
    pub(super) lasted: String,
}

/// The matrix.
#[derive(Debug)]
pub(super) struct Nodes {
    pub(super) names: Vec<String>,
    /// By who asks: what each is asked came to.
    pub(super) rows: Vec<(String, Vec<(String, &'static str)>)>,
    pub(super) networks: String,
    pub(super) reading: String,
    pub(super) hidden: usize,
}

impl Heartbeats {
    /// What there is to tell.
    pub(super) fn new(report: &Report<'_>) -> Option<Self> {
        let all = &report.examined.heartbeats;
        if all.is_empty() {
            return None;
        }
        let (mut told, quiet) = steady::chosen(all, false);
        let more = told.len().saturating_sub(ROUTES) as u64;
        if more > 0 {
            told.sort_by_key(|line| std::cmp::Reverse((line.longest(), line.beats.missed, line.beats.late)));
            told.truncate(ROUTES);
        }
        let intake = &report.outcome.intake;
        let scale = Scale {
            first: intake.first.unwrap_or_default(),
            last: intake.last.unwrap_or_default(),
            files: &report.look.files,
        };
        let mut gaps: Vec<Gap> = told.iter().flat_map(|line| scale.gaps(line)).collect();
        let listed = gaps.len().min(GAPS);
        let beyond: u64 = told.iter().map(|line| line.beats.more_runs).sum();
        let more_gaps = beyond + (gaps.len() - listed) as u64;
        gaps.truncate(listed);
        let cluster: Vec<Line> = all.iter().filter(|line| line.is_cluster()).cloned().collect();
        let digits = told.first().map_or(6, |line| line.digits.min(3));
        Some(Self {
            routes: told.iter().map(|line| scale.route(line)).collect(),
            more,
            quiet,
            gaps,
            more_gaps,
            matrix: nodes(&cluster),
            span: [scale.first, scale.last].map(|time| Utc { time, digits }.to_string()),
        })
    }
}

fn end(line: &Line, end: Endpoint) -> String {
    if line.is_cluster() {
        end.address.to_string()
    } else {
        std::net::SocketAddr::from((end.address, end.port)).to_string()
    }
}

/// From time to place.
struct Scale<'a> {
    first: Timestamp,
    last: Timestamp,
    files: &'a [String],
}

impl Scale<'_> {
    fn x(&self, time: Timestamp) -> u64 {
        let (at, whole) = (u128::from(time.since(self.first)), u128::from(self.last.since(self.first)));
        let x = (at * u128::from(WIDTH)).checked_div(whole).unwrap_or(0);
        u64::try_from(x).unwrap_or(WIDTH).min(WIDTH)
    }

    fn mark(&self, class: &'static str, from: Timestamp, to: Timestamp, title: String) -> Mark {
        let width = self.x(to).saturating_sub(self.x(from)).max(NARROWEST);
        Mark { x: self.x(from).min(WIDTH - width), width, class, title }
    }

    fn route(&self, line: &Line) -> Route {
        let beats = &line.beats;
        let time = |spread: Option<Spread>| spread.map_or_else(String::new, |spread| duration(spread.median));
        let seen = beats.first.zip(beats.last);
        let mut marks = Vec::new();
        let utc = |time| Utc { time, digits: line.digits };
        if let Some((first, last)) = seen {
            let title = format!("seen from {} to {}", utc(first.time), utc(last.time));
            marks.push(self.mark("seen", first.time, last.time, title));
        }
        if let Some((from, to)) = beats.silence
            && to.time.since(from.time) > line.interval().saturating_mul(3)
        {
            let title = format!("sends nothing for {}", duration(to.time.since(from.time)));
            marks.push(self.mark("silent", from.time, to.time, title));
        }
        for run in &beats.runs {
            let until = run.end.or(beats.last).map_or(run.start.time, |end| end.time);
            let title =
                format!("{} from {} on", counted(run.missed, "missed heartbeat"), utc(run.start.time));
            let [lowest, ..] = THRESHOLDS;
            let class = if run.missed >= lowest { "gap bad" } else { "gap" };
            marks.push(self.mark(class, run.start.time, until, title));
        }
        let gaps = beats.runs.len() as u64 + beats.more_runs;
        // What the capture cannot show is no number.
        let known = |number: u64| if line.known { count(number) } else { "?".to_owned() };
        let [lowest, ..] = THRESHOLDS;
        Route {
            from: end(line, line.from),
            to: end(line, line.to),
            asked: count(beats.requests),
            answered: count(beats.answered),
            late: count(beats.late),
            missed: known(beats.missed),
            longest: known(line.longest()),
            interval: time(beats.interval),
            trip: time(beats.round_trip),
            bad: line.longest() >= lowest,
            told: match gaps {
                _ if !line.known => "one direction only was captured".into(),
                0 => "no gap".into(),
                _ => format!("{}, the longest of {} missed", counted(gaps, "gap"), count(line.longest())),
            },
            marks,
        }
    }

    fn gaps(&self, line: &Line) -> Vec<Gap> {
        let frame = |at: Moment| match place::file_of(at.frame, self.files) {
            Some(file) => format!("frame {} of {}", place::number(at.frame), printable(file)),
            None => format!("frame {}", place::number(at.frame)),
        };
        let utc = |at: Moment| Utc { time: at.time, digits: line.digits }.to_string();
        let gap = |run: &crate::report::Run| Gap {
            from: end(line, line.from),
            to: end(line, line.to),
            missed: count(run.missed),
            begins: utc(run.start),
            begin_frame: frame(run.start),
            ends: run.end.map_or_else(|| "not until the end".into(), utc),
            end_frame: run.end.map_or_else(String::new, frame),
            lasted: run.end.map_or_else(String::new, |end| duration(end.time.since(run.start.time))),
        };
        line.beats.runs.iter().map(gap).collect()
    }
}

/// The matrix, where there are three nodes or more, or two on several networks.
fn nodes(lines: &[Line]) -> Option<Nodes> {
    let matrix = Matrix::of(lines);
    if matrix.nodes.len() < 2 || (matrix.nodes.len() == 2 && matrix.networks.len() < 2) {
        return None;
    }
    let all = matrix.nodes.len();
    let shown: Vec<usize> =
        if all <= NODES { (0..all).collect() } else { matrix.troubled().into_iter().take(NODES).collect() };
    let row = |&asks: &usize| {
        let cells = shown.iter().map(|&asked| cell(&matrix, asks, asked)).collect();
        (matrix.name(asks), cells)
    };
    let networks: Vec<String> = matrix.networks.iter().map(ToString::to_string).collect();
    Some(Nodes {
        names: shown.iter().map(|&node| matrix.name(node)).collect(),
        rows: shown.iter().map(row).collect(),
        networks: networks.join(" / "),
        reading: matrix.reading(),
        hidden: all - shown.len(),
    })
}

/// The most missed in a row on each network, and how bad that is.
fn cell(matrix: &Matrix, asks: usize, asked: usize) -> (String, &'static str) {
    let Some(missed) = matrix.cell(asks, asked) else { return (String::new(), "none") };
    let number = |missed: u64| if missed == UNKNOWN { "?".to_owned() } else { count(missed) };
    let text = |missed: &Option<u64>| missed.map_or_else(|| "–".to_owned(), number);
    let mut texts: Vec<String> = missed.iter().map(text).collect();
    // Where all networks agree, one says it.
    if texts.windows(2).all(|pair| matches!(pair, [one, other] if one == other)) {
        texts.truncate(1);
    }
    let [lowest, ..] = THRESHOLDS;
    let class = match missed.iter().flatten().filter(|&&missed| missed != UNKNOWN).max().copied() {
        Some(worst) if worst >= lowest => "bad",
        Some(1..) => "some",
        Some(0) => "good",
        None => "none",
    };
    (texts.join(" / "), class)
}
