//! How many transactions came to which end on one TIP connection.

use crate::attributes::Attributes;

/// What became of transactions.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) pulled: u64,
    pub(super) pushed: u64,
    pub(super) begun: u64,
    pub(super) committed: u64,
    pub(super) aborted: u64,
    pub(super) read_only: u64,
    pub(super) refused: u64,
    pub(super) errors: u64,
    pub(super) queries: u64,
    pub(super) reconnects: u64,
    pub(super) unexpected: u64,
    pub(super) connections: u64,
}

impl Counts {
    /// Tells what there is any of.
    pub(super) fn conclude(&self, attributes: &mut Attributes) {
        for (key, count) in [
            ("tip.connections", self.connections),
            ("tip.pulled", self.pulled),
            ("tip.pushed", self.pushed),
            ("tip.begun", self.begun),
            ("tip.committed", self.committed),
            ("tip.aborted", self.aborted),
            ("tip.read_only", self.read_only),
            ("tip.refused", self.refused),
            ("tip.errors", self.errors),
            ("tip.queries", self.queries),
            ("tip.reconnects", self.reconnects),
            ("tip.unexpected", self.unexpected),
        ] {
            attributes.set_some(key, (count > 0).then_some(count));
        }
    }
}
