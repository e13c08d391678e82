//! Which transaction a connection is about, and whether it is known how it ends (RFC 2371 sections 6 and 10).

use crate::report::{Doubted, Moment, Settled};

/// Identifiers of one transaction that are kept: the superior's and the subordinate's.
const IDS: usize = 2;
/// Transactions whose recovery is kept.
const SETTLED: usize = 8;

/// The transaction that the connection is about.
#[derive(Debug, Default)]
pub(super) struct Doubt {
    ids: Vec<String>,
    /// Whether it is an earlier connection's that is taken up again.
    recovered: bool,
    prepared: Option<Moment>,
    decision: Option<(&'static str, Moment)>,
    settled: Vec<Settled>,
}

impl Doubt {
    /// A command and its operands.
    pub(super) fn command(&mut self, word: &[u8], operands: [Option<&[u8]>; 2], at: Moment) {
        match word {
            b"BEGIN" | b"PUSH" | b"PULL" | b"QUERY" | b"RECONNECT" => {
                self.ids.clear();
                self.recovered = matches!(word, b"QUERY" | b"RECONNECT");
                operands.into_iter().flatten().for_each(|id| self.name(id));
            }
            b"COMMIT" => self.decide("COMMIT", at),
            b"ABORT" => self.decide("ABORT", at),
            _ => {}
        }
    }

    fn decide(&mut self, word: &'static str, at: Moment) {
        if self.prepared.is_some() {
            self.decision.get_or_insert((word, at));
        }
    }

    /// An identifier of the transaction.
    pub(super) fn name(&mut self, id: &[u8]) {
        if self.ids.len() < IDS {
            self.ids.push(String::from_utf8_lossy(id).into_owned());
        }
    }

    /// A reply that fits.
    pub(super) fn reply(&mut self, word: &[u8], at: Moment) {
        let how = match word {
            b"PREPARED" | b"RECONNECTED" => {
                (self.prepared, self.decision) = (Some(at), None);
                return;
            }
            b"COMMITTED" => "COMMITTED",
            b"ABORTED" => "ABORTED",
            b"READONLY" => "READONLY",
            // Who has forgotten a transaction has ended it, or never prepared it.
            b"QUERIEDNOTFOUND" => "QUERIEDNOTFOUND",
            b"NOTRECONNECTED" => "NOTRECONNECTED",
            _ => return,
        };
        self.prepared = None;
        if self.recovered && self.settled.len() < SETTLED {
            self.settled.push(Settled { ids: self.ids.clone(), how, at });
        }
    }

    /// What is prepared and has not ended.
    pub(super) fn open(&self) -> Option<Doubted> {
        let at = self.prepared?;
        Some(Doubted { at, ids: self.ids.clone(), decision: self.decision })
    }

    /// What earlier connections had left.
    pub(super) fn settled(&self) -> Vec<Settled> {
        self.settled.clone()
    }
}
