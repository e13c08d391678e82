//! The flows that the report lists: within a bound, those that matter most.

use crate::packet::Timestamp;
use crate::summary::Summary;
use crate::verdict::Verdict;
use hashbrown::HashSet;
use std::cmp::Reverse;

/// How much a flow matters, the least first: not what its port promises, then the most bytes, then the earliest. What
/// follows makes the order the same in every run.
type Rank = (bool, Reverse<u64>, Timestamp, u64, Timestamp);

fn rank(flow: &Summary) -> Rank {
    let bytes = flow.counts.iter().map(|count| count.bytes).sum();
    (flow.verdict != Verdict::Contradicted, Reverse(bytes), flow.first, flow.id, flow.last)
}

/// At most twice `limit` flows while collecting, at most `limit` in the end.
#[derive(Debug, Default)]
pub(super) struct Kept {
    flows: Vec<Summary>,
    limit: usize,
    /// From here on a flow matters too little.
    worst: Option<Rank>,
    left_out: u64,
}

/// What is listed, in the order of time, and how many flows are not.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) flows: Vec<Summary>,
    pub(super) left_out: u64,
}

impl Kept {
    pub(super) const fn new(limit: usize) -> Self {
        Self { flows: Vec::new(), limit, worst: None, left_out: 0 }
    }

    /// Keeps a flow, if it matters enough.
    pub(super) fn offer(&mut self, flow: Summary) {
        if self.worst.is_some_and(|worst| rank(&flow) >= worst) {
            self.left_out += 1;
            return;
        }
        self.flows.push(flow);
        if self.flows.len() >= self.limit.saturating_mul(2).max(1) {
            self.prune();
        }
    }

    fn prune(&mut self) {
        if self.flows.len() > self.limit {
            let (_, worst, _) = self.flows.select_nth_unstable_by_key(self.limit, rank);
            self.worst = Some(rank(worst));
            self.left_out += (self.flows.len() - self.limit) as u64;
            self.flows.truncate(self.limit);
        }
    }

    /// Ends collecting; flows that are `named` elsewhere in the report are listed however little they matter.
    pub(super) fn with<'a>(mut self, named: impl Iterator<Item = &'a Summary>) -> Listed {
        self.prune();
        let identity = |flow: &Summary| (flow.id, flow.first, flow.last);
        let mut known: HashSet<_, foldhash::fast::RandomState> = self.flows.iter().map(identity).collect();
        for flow in named {
            // Where none was left out, all are here.
            if self.left_out > 0 && known.insert(identity(flow)) {
                self.flows.push(flow.clone());
                self.left_out -= 1;
            }
        }
        self.flows.sort_unstable_by_key(|flow| (flow.first, flow.id, flow.last));
        Listed { flows: self.flows, left_out: self.left_out }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::samples::{labelled, unknown};

    fn flow(port: u16, bytes: u64) -> Summary {
        let mut flow = unknown(&format!("10.0.0.1:{port}"), "10.0.0.2:53");
        flow.counts = [crate::flow::Count { bytes, ..flow.counts[0] }; 2];
        flow
    }

    fn kept(flows: impl Iterator<Item = Summary>) -> Kept {
        let mut kept = Kept::new(10);
        flows.for_each(|flow| kept.offer(flow));
        kept
    }

    fn ports(listed: &Listed) -> Vec<u16> {
        listed.flows.iter().map(|flow| flow.endpoints[0].port).collect()
    }

    #[test]
    fn beyond_the_bound_the_largest_are_kept_whatever_order_they_come_in_and_the_rest_is_counted() {
        let up = kept((1..=1000).map(|port| flow(port, port.into()))).with([].iter());
        let down = kept((1..=1000).rev().map(|port| flow(port, port.into()))).with([].iter());
        assert_eq!(ports(&up), (991..=1000).collect::<Vec<_>>());
        assert_eq!((ports(&down), down.left_out, up.left_out), (ports(&up), 990, 990));
    }

    #[test]
    fn what_is_not_as_promised_and_what_findings_name_is_kept_however_small() {
        let mut wrong = labelled("10.0.0.1:3000", "10.0.0.2:80", "ssh", Verdict::Contradicted);
        wrong.counts = flow(1, 1).counts;
        let flows = (1..=1000).map(|port| flow(port, port.into())).chain([wrong]);
        let listed = kept(flows).with([flow(5, 5), flow(1000, 1000)].iter());
        assert_eq!(ports(&listed).iter().filter(|port| [5, 1000, 3000].contains(port)).count(), 3);
        assert_eq!((listed.flows.len(), listed.left_out), (11, 990));
    }
}
