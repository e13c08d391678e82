//! The flows that matter most, within a bound.

use super::interest::Rank;
use super::row::Row;
use crate::summary::Summary;

/// Rows of one interest: at most twice `limit` while collecting, at most `limit` in the end.
#[derive(Debug)]
pub(super) struct Kept {
    rows: Vec<Row>,
    limit: usize,
    /// From here on a flow matters too little.
    worst: Option<Rank>,
}

impl Kept {
    pub(super) const fn new(limit: usize) -> Self {
        Self { rows: Vec::new(), limit, worst: None }
    }

    /// Keeps a flow, if it matters enough.
    pub(super) fn offer(&mut self, summary: &Summary) {
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
        self.rows.sort_unstable_by_key(Row::rank);
        self.rows.truncate(self.limit);
        if self.rows.len() == self.limit {
            self.worst = self.rows.last().map(Row::rank);
        }
    }

    /// Adds what another worker kept.
    pub(super) fn add(&mut self, other: Self) {
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
