//! The flows that matter most, within a bound.

use super::row::{Rank, Row};
use crate::summary::Summary;

/// Rows of one interest: at most twice `limit` while collecting, at most `limit` in the end.
#[derive(Debug)]
pub(super) struct Kept {
    rows: Vec<Row>,
    limit: usize,
    /// From here on a flow matters too little.
    worst: Option<Rank>,
    /// Flows of this interest, kept or not.
    pub(super) seen: u64,
}

impl Kept {
    pub(super) const fn new(limit: usize) -> Self {
        Self { rows: Vec::new(), limit, worst: None, seen: 0 }
    }

    /// Keeps a flow, if it matters enough.
    pub(super) fn offer(&mut self, summary: &Summary) {
        self.seen += 1;
        let rank = Rank::of(summary);
        if self.worst.is_none_or(|worst| rank < worst) {
            self.keep(Row::new(summary, rank));
        }
    }

    fn keep(&mut self, row: Row) {
        self.rows.push(row);
        if self.rows.len() >= self.limit.saturating_mul(2).max(1) {
            self.prune();
        }
    }

    fn prune(&mut self) {
        self.rows.sort_unstable_by_key(|row| row.rank);
        self.rows.truncate(self.limit);
        if self.rows.len() == self.limit {
            self.worst = self.rows.last().map(|row| row.rank);
        }
    }

    /// Adds what another worker kept.
    pub(super) fn add(&mut self, other: Self) {
        self.seen += other.seen;
        for row in other.rows {
            self.keep(row);
        }
    }

    /// What is kept, in order.
    pub(super) fn sorted(mut self) -> Vec<Row> {
        self.prune();
        self.rows
    }
}
