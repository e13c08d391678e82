//! What the view knows: put down by the workers, read by whoever draws.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wiretell::capture::Drops;
use wiretell::findings::Finding;
use wiretell::findings::live::Change;
use wiretell::output::protocol::Protocol;
use wiretell::packet::Timestamp;
use wiretell::summary::Summary;

/// Most flows that go on which are kept of each worker: many more than anybody reads, and what looking costs stays small.
pub(crate) const MAX_ALIVE: usize = 20_000;
/// Figures that a flow's trend has.
pub(super) const TREND: usize = 12;
/// Seconds that the whole capture's trend has.
const HISTORY: usize = 240;
/// Most findings that are kept.
const MAX_FINDINGS: usize = 1000;

/// A flow as it is shown.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) summary: Summary,
    /// Whether it goes on.
    pub(super) goes_on: bool,
    /// Bytes a second since the last look.
    pub(super) rate: u64,
    /// The rates before, the latest last.
    pub(super) trend: Vec<u64>,
}

impl Shown {
    pub(super) fn bytes(&self) -> u64 {
        self.summary.counts.iter().map(|count| count.bytes).sum()
    }

    pub(super) fn packets(&self) -> u64 {
        self.summary.counts.iter().map(|count| count.packets).sum()
    }
}

/// The sum over flows of one label.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    pub(super) flows: u64,
    pub(super) packets: u64,
    pub(super) bytes: u64,
    /// Bytes a second.
    pub(super) rate: u64,
}

impl Sum {
    fn count(&mut self, shown: &Summary, rate: u64) {
        self.flows += 1;
        self.packets += shown.counts.iter().map(|count| count.packets).sum::<u64>();
        self.bytes += shown.counts.iter().map(|count| count.bytes).sum::<u64>();
        self.rate += rate;
    }
}

/// A finding, and whether it still holds.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) finding: Finding,
    /// When it no longer held.
    pub(super) ended: Option<Timestamp>,
}

/// What was counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    pub(super) packets: u64,
    pub(super) bytes: u64,
    pub(super) drops: Drops,
    pub(super) behind: u64,
    /// Bytes a second, the latest last.
    pub(super) history: VecDeque<u64>,
    /// Packets in the last second.
    pub(super) packet_rate: u64,
    /// Flows that ended and are no longer shown.
    pub(super) left_out: u64,
    /// What went wrong with the input.
    pub(super) trouble: Option<String>,
    /// All has been read.
    pub(super) complete: bool,
}

impl Counts {
    pub(super) const fn lost(&self) -> u64 {
        self.drops.kernel + self.drops.interface + self.behind
    }
}

#[derive(Default)]
struct Worker {
    alive: HashMap<u64, Arc<Shown>>,
    looked: Option<Timestamp>,
}

#[derive(Default)]
struct State {
    version: u64,
    workers: Vec<Worker>,
    ended: VecDeque<Arc<Shown>>,
    /// The sums of what has ended, by label.
    sums: BTreeMap<Group, Sum>,
    findings: Vec<Told>,
    counts: Counts,
    /// The counts one second ago, and the time then.
    before: Option<(std::time::Instant, u64, u64)>,
}

/// All that there is to show.
#[derive(Default)]
pub(super) struct Sight {
    pub(super) version: u64,
    pub(super) flows: Vec<Arc<Shown>>,
    pub(super) sums: Vec<(Group, Sum)>,
    pub(super) findings: Vec<Told>,
    pub(super) counts: Counts,
}

/// Shared by workers, the run's watcher and the view.
pub(crate) struct Board {
    state: Mutex<State>,
    /// Most flows kept that have ended.
    most: usize,
}

/// What flows are added up by: their label, or for want of one the IP protocol's number, as in the table and the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    Label(&'static str),
    Unlabelled(u8),
}

impl Group {
    fn of(summary: &Summary) -> Self {
        summary.app.map_or(Self::Unlabelled(summary.protocol), Self::Label)
    }

    /// As people are told: `dns`, `(udp)`.
    pub(super) fn name(self) -> String {
        match self {
            Self::Label(label) => label.to_owned(),
            Self::Unlabelled(number) => format!("({})", Protocol(number)),
        }
    }

    /// The expression that its flows fit.
    pub(super) fn filter(self) -> String {
        match self {
            Self::Label(label) => format!("app_proto == {label:?}"),
            Self::Unlabelled(number) => format!("not app_proto and proto == {}", Protocol(number)),
        }
    }
}

impl Board {
    /// A board that keeps so many flows that have ended.
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), most })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.version += 1;
        state
    }

    /// One more worker takes part: its number.
    pub(crate) fn join(&self) -> usize {
        let mut state = self.lock();
        state.workers.push(Worker::default());
        state.workers.len() - 1
    }

    /// Flows of a worker have ended.
    pub(crate) fn end(&self, worker: usize, flows: impl Iterator<Item = Summary>) {
        let mut state = self.lock();
        for summary in flows {
            let before = state.workers.get_mut(worker).and_then(|worker| worker.alive.remove(&summary.id));
            state.sums.entry(Group::of(&summary)).or_default().count(&summary, 0);
            let trend = before.map(|before| before.trend.clone()).unwrap_or_default();
            state.ended.push_back(Arc::new(Shown { summary, goes_on: false, rate: 0, trend }));
        }
        while state.ended.len() > self.most {
            state.ended.pop_front();
            state.counts.left_out += 1;
        }
    }

    /// The flows of a worker that go on, at a time: no more than [`MAX_ALIVE`].
    pub(crate) fn look(&self, worker: usize, now: Timestamp, flows: Vec<Summary>) {
        let mut state = self.lock();
        let Some(worker) = state.workers.get_mut(worker) else { return };
        let passed = worker.looked.map(|looked| now.since(looked)).filter(|&nanos| nanos > 0);
        let mut alive = HashMap::with_capacity(flows.len());
        for summary in flows {
            let before = worker.alive.get(&summary.id);
            let mut shown = Shown { summary, goes_on: true, rate: 0, trend: Vec::new() };
            let gained = shown.bytes() - before.map_or(0, |before| before.bytes()).min(shown.bytes());
            let gained = u128::from(gained) * 1_000_000_000;
            if let Some(passed) = passed {
                shown.rate = u64::try_from(gained / u128::from(passed)).unwrap_or(u64::MAX);
            }
            if let Some(before) = before {
                let skipped = (before.trend.len() + 1).saturating_sub(TREND);
                shown.trend = before.trend.iter().skip(skipped).copied().collect();
            }
            shown.trend.push(shown.rate);
            alive.insert(shown.summary.id, Arc::new(shown));
        }
        worker.alive = alive;
        worker.looked = Some(now);
    }

    /// A finding begins, gets worse or ends.
    pub(crate) fn tell(&self, change: &Change, now: Timestamp) {
        let mut state = self.lock();
        let finding = change.finding().clone();
        let same = |told: &&mut Told| {
            // An outage is one, whatever is known of it.
            let episodes = told.finding.episode.as_ref().zip(finding.episode.as_ref());
            episodes.map_or_else(
                || {
                    told.finding.diagnosis.id == finding.diagnosis.id
                        && told.finding.subject == finding.subject
                },
                |(told, now)| told.overlaps(now),
            )
        };
        let ended = matches!(change, Change::Ended(_)).then(|| change.ended(now));
        let known = state.findings.len();
        if let Some(told) = state.findings.iter_mut().find(same) {
            *told = Told { finding, ended };
        } else if known < MAX_FINDINGS {
            state.findings.push(Told { finding, ended });
        }
    }

    /// All findings, now that there is nothing more to come.
    pub(crate) fn conclude(&self, findings: impl Iterator<Item = Finding>) {
        let mut state = self.lock();
        let told = findings.take(MAX_FINDINGS).map(|finding| Told { finding, ended: None });
        state.findings = told.collect();
        state.counts.complete = true;
    }

    /// So much was read in all.
    pub(crate) fn progressed(&self, packets: u64, bytes: u64) {
        let mut state = self.lock();
        (state.counts.packets, state.counts.bytes) = (packets, bytes);
        let Some((time, packets_before, bytes_before)) = state.before else {
            state.before = Some((std::time::Instant::now(), packets, bytes));
            return;
        };
        let passed = u64::try_from(time.elapsed().as_millis()).unwrap_or(u64::MAX);
        if passed >= 1000 {
            let a_second = |gained: u64| gained.saturating_mul(1000) / passed;
            state.counts.packet_rate = a_second(packets.saturating_sub(packets_before));
            state.counts.history.push_back(a_second(bytes.saturating_sub(bytes_before)));
            if state.counts.history.len() > HISTORY {
                state.counts.history.pop_front();
            }
            state.before = Some((std::time::Instant::now(), packets, bytes));
        }
    }

    /// So much was lost in all.
    pub(crate) fn lost(&self, drops: Drops, behind: u64) {
        let mut state = self.lock();
        (state.counts.drops, state.counts.behind) = (drops, behind);
    }

    /// Something went wrong with the input.
    pub(crate) fn fail(&self, what: String) {
        self.lock().counts.trouble = Some(what);
    }

    /// All that there is, if it has changed since the `version` that was seen last.
    pub(super) fn sight(&self, version: u64) -> Option<Sight> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.version == version {
            return None;
        }
        let alive = state.workers.iter().flat_map(|worker| worker.alive.values());
        let flows: Vec<_> = alive.chain(&state.ended).map(Arc::clone).collect();
        let mut sums = state.sums.clone();
        let (version, findings, counts) = (state.version, state.findings.clone(), state.counts.clone());
        drop(state);
        for shown in flows.iter().filter(|shown| shown.goes_on) {
            sums.entry(Group::of(&shown.summary)).or_default().count(&shown.summary, shown.rate);
        }
        Some(Sight { version, flows, sums: sums.into_iter().collect(), findings, counts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::samples::flows;

    fn grown(summary: &Summary, by: u64) -> Summary {
        let mut summary = summary.clone();
        for count in summary.counts.iter_mut().take(1) {
            count.bytes += by;
        }
        summary
    }

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn a_rate_is_what_was_gained_since_the_last_look() {
        let flow = flows("ssh.pcap").remove(0);
        let board = Board::new(10);
        let worker = board.join();
        for (second, gained) in [(0, 0), (1, 500), (3, 2500), (4, 2500)] {
            board.look(worker, Timestamp(second * SECOND), vec![grown(&flow, gained)]);
        }
        let sight = board.sight(0).unwrap();
        let [shown] = &*sight.flows else { panic!("one flow") };
        assert_eq!((shown.rate, &*shown.trend), (0, &[0, 500, 1000, 0][..]));
        assert!(shown.goes_on);
    }

    #[test]
    fn a_flow_that_ends_is_shown_once_and_the_oldest_give_way() {
        let flow = flows("ssh.pcap").remove(0);
        let board = Board::new(2);
        let worker = board.join();
        board.look(worker, Timestamp(0), vec![flow.clone()]);
        board.end(worker, [flow.clone()].into_iter());
        let sight = board.sight(0).unwrap();
        assert_eq!((sight.flows.len(), sight.counts.left_out), (1, 0));
        assert!(!sight.flows.iter().any(|shown| shown.goes_on));
        board.end(worker, std::iter::repeat_n(flow, 4));
        let sight = board.sight(0).unwrap();
        assert_eq!((sight.flows.len(), sight.counts.left_out), (2, 3));
        // Sums are of all.
        assert_eq!(sight.sums.iter().map(|(_, sum)| sum.flows).sum::<u64>(), 5);
    }

    #[test]
    fn nothing_is_told_twice() {
        let board = Board::new(2);
        board.join();
        let version = board.sight(0).unwrap().version;
        assert!(board.sight(version).is_none());
        board.lost(Drops::default(), 1);
        assert_eq!(board.sight(version).unwrap().counts.lost(), 1);
    }
}
