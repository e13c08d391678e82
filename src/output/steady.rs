//! Which lines of the ledger people are shown: all of clusters, those in trouble, and a few of the others.

use crate::findings::ledger::Line;

/// Packets in a row without answer that make a steady exchange of any kind worth a line.
const UNANSWERED: u64 = 3;
/// Exchanges that are answered and shown all the same, the longest: that they are is worth knowing.
const ANSWERED: usize = 3;

/// Those to show, clusters' and those in trouble in their order and then the longest others; and how many are left out.
#[must_use]
pub fn chosen(lines: &[Line], all: bool) -> (Vec<&Line>, u64) {
    let told = |line: &&Line| all || line.is_cluster() || line.longest() >= UNANSWERED;
    let (mut shown, mut quiet): (Vec<&Line>, Vec<&Line>) = lines.iter().partition(told);
    quiet.sort_by_key(|line| std::cmp::Reverse(line.beats.requests));
    let left = quiet.len().saturating_sub(ANSWERED) as u64;
    shown.extend(quiet.into_iter().take(ANSWERED));
    (shown, left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Endpoint;
    use crate::report::{Beats, Moment, Run};

    fn line(host: u8, requests: u64, missed: u64) -> Line {
        let end = |last: u8| Endpoint { address: [10, 0, 0, last].into(), port: 500 };
        let mut beats = Beats { requests, ..Beats::default() };
        let start = Moment { time: crate::packet::Timestamp(0), frame: 1 };
        beats.note(Run { missed, start, end: None, heard: 0 });
        let mut line = Line::between(end(host), end(200), beats);
        line.app = None;
        line
    }

    #[test]
    fn the_longest_healthy_exchanges_follow_those_in_trouble_and_the_rest_is_counted() {
        let lines =
            [line(1, 10, 0), line(2, 30, 0), line(3, 20, 3), line(4, 50, 0), line(5, 40, 0), line(6, 5, 1)];
        let (shown, left) = chosen(&lines, false);
        let asked: Vec<u64> = shown.iter().map(|line| line.beats.requests).collect();
        assert_eq!((asked, left), (vec![20, 50, 40, 30], 2));
        let (shown, left) = chosen(&lines, true);
        assert_eq!((shown.len(), shown[0].beats.requests, left), (6, 10, 0));
    }
}
