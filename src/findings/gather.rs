//! Gathers what findings need while flows end: per worker, bounded, and the same for any number of workers.
//!
//! What is kept is kept by the flow's shard, whichever worker runs that: so the bounds are met at the same
//! flow whatever the number of threads.

mod bucket;

use super::expected::Expectations;
use super::grounds::{CaptureFacts, Grounds, Silence, Sums};
use super::kept::Flows;
use super::ledger::{self, Line};
use super::{FAMILIES, Family, Finding};
use crate::key::protocol;
use crate::packet::Timestamp;
use crate::place;
use crate::shard::SHARDS;
use crate::summary::Summary;
pub use bucket::Opened;
pub(super) use bucket::{Bucket, Pair};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Most flows kept per family and shard; those beyond are counted as overlooked.
pub const MAX_KEPT: usize = 2048;
/// Most host pairs of which is known who was heard, per shard.
pub const MAX_PAIRS: usize = 16_384;
/// Whether a flow concerns a family, as the user's expectations have it: what breaks them concerns theirs, and of the port of
/// what they speak of nothing else is said.
fn is_concern(family: &Family, summary: &Summary, expectations: &Expectations) -> bool {
    if family.title == super::expectations::FAMILY.title {
        return expectations.judge(summary).broken().is_some();
    }
    let is_ports = family.title == super::ports::FAMILY.title;
    (family.concerns)(summary) && !(is_ports && expectations.quiets(summary))
}

/// What one worker gathers, and in the end what all of them did.
#[derive(Clone, Debug)]
pub struct Examination {
    each: bool,
    expectations: Arc<Expectations>,
    timelines: BTreeMap<u32, Vec<Bucket>>,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Examined {
    /// The findings: what limits the capture first, then the worst first.
    pub findings: Vec<Finding>,
    /// Heartbeats, by requester and route.
    pub heartbeats: Vec<Line>,
    /// The flows that findings name, as far as they were kept.
    pub named: Vec<Summary>,
    /// Flows and host pairs that were not kept for lack of room.
    pub overlooked: u64,
}

impl Examination {
    /// Nothing gathered yet. With `each`, every capture is a timeline of its own.
    #[must_use]
    pub fn new(each: bool) -> Self {
        Self { each, expectations: Arc::default(), timelines: BTreeMap::new() }
    }

    /// The same, of flows of which something is expected.
    #[must_use]
    pub fn expecting(self, expectations: Arc<Expectations>) -> Self {
        Self { expectations, ..self }
    }

    /// Looks at a flow that has ended.
    pub fn observe(&mut self, summary: &Summary) {
        let timeline = if self.each { summary.file } else { 0 };
        let buckets = self.timelines.entry(timeline).or_default();
        if buckets.is_empty() {
            buckets.resize_with(SHARDS, Bucket::default);
        }
        let place = usize::try_from(summary.key.hosts().spread() % SHARDS as u64).unwrap_or(0);
        if let Some(bucket) = buckets.get_mut(place) {
            bucket.observe(summary, &self.expectations);
        }
    }

    /// How many flows are kept, by all families together.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.timelines.values().flatten().flat_map(|bucket| &bucket.kept).map(Vec::len).sum()
    }

    /// Takes what another worker has gathered.
    pub fn merge(&mut self, other: Self) {
        if self.expectations.entries.is_empty() {
            self.expectations = other.expectations;
        }
        for (timeline, theirs) in other.timelines {
            let mine = self.timelines.entry(timeline).or_default();
            if mine.is_empty() {
                *mine = theirs;
                continue;
            }
            for (mine, theirs) in mine.iter_mut().zip(theirs) {
                mine.add(theirs);
            }
        }
    }

    /// Asks every family.
    #[must_use]
    pub fn conclude(self, capture: &CaptureFacts) -> Examined {
        let mut examined = Examined::default();
        let mut capture = capture.clone();
        for (timeline, buckets) in self.timelines {
            let (before, lines) = (examined.findings.len(), examined.heartbeats.len());
            let span = usize::try_from(timeline).ok().and_then(|place| *capture.spans.get(place)?);
            conclude(buckets, (&capture, &self.expectations), span, &mut examined);
            for finding in examined.findings.iter_mut().skip(before).filter(|_| self.each) {
                finding.file = Some(timeline);
            }
            for line in examined.heartbeats.iter_mut().skip(lines).filter(|_| self.each) {
                line.file = Some(timeline);
            }
            // What concerns all captures is said once.
            capture.told = true;
        }
        for sentence in examined.findings.iter_mut().flat_map(|finding| &mut finding.evidence) {
            *sentence = place::told(sentence, &capture.files).into_owned();
        }
        let order = |finding: &Finding| {
            // By name: a constant may be at several places.
            let limits = FAMILIES.first().is_some_and(|family| {
                family.diagnoses.iter().any(|diagnosis| diagnosis.id == finding.diagnosis.id)
            });
            (!limits, std::cmp::Reverse(finding.severity), finding.at, finding.diagnosis.id)
        };
        examined
            .findings
            .sort_by(|a, b| (order(a), &a.subject, &a.flows).cmp(&(order(b), &b.subject, &b.flows)));
        examined
    }
}

fn conclude(
    mut buckets: Vec<Bucket>,
    given: (&CaptureFacts, &Expectations),
    span: Option<(Timestamp, Timestamp)>,
    examined: &mut Examined,
) {
    let Some(sums) = Sums::of(&buckets, span) else { return };
    examined.overlooked += buckets.iter().map(|bucket| bucket.overlooked).sum::<u64>();
    let mut gathered: Vec<(Vec<Arc<Summary>>, Vec<Line>)> = Vec::new();
    for (place, family) in FAMILIES.iter().enumerate() {
        let mut flows: Vec<Arc<Summary>> = buckets
            .iter_mut()
            .filter_map(|bucket| bucket.kept.get_mut(place))
            .flat_map(std::mem::take)
            .collect();
        flows.sort_by_key(|flow| (flow.first, flow.id));
        let kept = Flows::new(&flows);
        let is_any = family.title == super::keepalives::FAMILY.title;
        let mut lines = if is_any { ledger::keepalives(kept) } else { ledger::lines(kept) };
        let grounds = Grounds::new((kept, &[]), &buckets, given, &sums);
        for line in lines.iter_mut().filter(|line| line.is_cluster()) {
            line.miss_fragments(&given.0.unfinished);
            if grounds.silence(line.to.address, line.from.address) == Silence::Unknowable {
                line.withhold();
            }
        }
        super::quiet::note(&mut lines, &grounds);
        gathered.push((flows, lines));
    }
    for (family, (flows, lines)) in FAMILIES.iter().zip(gathered) {
        let kept = Flows::new(&flows);
        let grounds = Grounds::new((kept, &lines), &buckets, given, &sums);
        let before = examined.findings.len();
        (family.examine)(&grounds, &mut examined.findings);
        let findings = examined.findings.iter().skip(before);
        let named: BTreeSet<u64> = findings.flat_map(|finding| &finding.flows).copied().collect();
        examined.named.extend(kept.iter().filter(|flow| named.contains(&flow.id)).cloned());
        examined.heartbeats.extend(lines);
    }
}

/// Whether a TCP flow opened and both sides sent something in it.
pub(super) fn is_two_way_tcp(summary: &Summary) -> bool {
    summary.protocol == protocol::TCP && summary.counts.iter().all(|count| count.payload > 0)
}
