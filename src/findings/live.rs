//! Findings while the capture goes on: what has begun, got worse or ended since the last look.
//!
//! Everything is examined anew each time, as at the end: so nothing is said live that the end would not say of the same
//! packets. What is compared is only who is concerned by what.

use super::{CaptureFacts, Finding, Severity, Subject};
use crate::packet::Timestamp;
use std::collections::BTreeMap;

/// A look at everything while it goes on.
#[derive(Clone, Debug)]
pub struct Survey {
    /// Its number, counted from 1.
    pub round: u64,
    /// The time at which it was asked for.
    pub now: Timestamp,
    /// What is known about the capture.
    pub capture: CaptureFacts,
}

/// Most findings that are remembered; those beyond are told at the end only.
pub const MAX_REMEMBERED: usize = 1000;

/// What has changed.
#[derive(Clone, Debug)]
pub enum Change {
    /// It was not there before.
    Begun(Finding),
    /// It was there, and is worse now.
    Worse(Finding),
    /// It is no longer so; the finding as it was last.
    Ended(Finding),
}

impl Change {
    /// The finding.
    #[must_use]
    pub const fn finding(&self) -> &Finding {
        let (Self::Begun(finding) | Self::Worse(finding) | Self::Ended(finding)) = self;
        finding
    }

    /// The name that records use.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Begun(_) => "begun",
            Self::Worse(_) => "worse",
            Self::Ended(_) => "ended",
        }
    }
}

/// What was found so far, to tell what changes.
#[derive(Debug, Default)]
pub struct Watch {
    known: BTreeMap<(&'static str, Subject), (Finding, Severity)>,
}

impl Watch {
    /// Takes all findings of a look, and says what has changed since the one before.
    pub fn compare(&mut self, findings: Vec<Finding>) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut before = std::mem::take(&mut self.known);
        for finding in findings {
            let key = (finding.diagnosis.id, finding.subject.clone());
            let told = before.remove(&key).map(|(_, told)| told);
            // Twice in one look: the first is the worst.
            if self.known.len() >= MAX_REMEMBERED || self.known.contains_key(&key) {
                continue;
            }
            let severity = finding.severity;
            match told {
                None => changes.push(Change::Begun(finding.clone())),
                Some(told) if severity > told => changes.push(Change::Worse(finding.clone())),
                Some(_) => {}
            }
            // What gets better and then worse again is nothing new.
            self.known.insert(key, (finding, told.map_or(severity, |told| told.max(severity))));
        }
        changes.extend(before.into_values().map(|(finding, _)| Change::Ended(finding)));
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::diagnoses;

    fn finding(host: u8, severity: Severity) -> Finding {
        let diagnosis = diagnoses().next().unwrap();
        Finding::new(diagnosis, Timestamp(0), 6).host([10, 0, 0, host].into()).graded(severity)
    }

    fn names(changes: &[Change]) -> Vec<&'static str> {
        changes.iter().map(Change::name).collect()
    }

    #[test]
    fn a_finding_is_told_once_and_again_when_it_is_worse_and_when_it_ends() {
        let mut watch = Watch::default();
        assert_eq!(names(&watch.compare(vec![finding(1, Severity::Notice)])), ["begun"]);
        assert!(watch.compare(vec![finding(1, Severity::Notice)]).is_empty());
        assert_eq!(names(&watch.compare(vec![finding(1, Severity::Critical)])), ["worse"]);
        assert!(watch.compare(vec![finding(1, Severity::Warning)]).is_empty());
        assert!(watch.compare(vec![finding(1, Severity::Critical)]).is_empty());
        assert_eq!(names(&watch.compare(vec![finding(2, Severity::Notice)])), ["begun", "ended"]);
        assert_eq!(names(&watch.compare(Vec::new())), ["ended"]);
        assert_eq!(names(&watch.compare(vec![finding(2, Severity::Notice)])), ["begun"]);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut watch = Watch::default();
        let many = |offset: u32| {
            let with = |number: u32| {
                let mut finding = finding(1, Severity::Info);
                finding.subject.hosts = vec![std::net::Ipv4Addr::from_bits(number + offset).into()];
                finding
            };
            (0..2_000).map(with).collect::<Vec<_>>()
        };
        assert_eq!(watch.compare(many(0)).len(), MAX_REMEMBERED);
        assert_eq!(watch.compare(many(5_000)).len(), 2 * MAX_REMEMBERED);
    }
}
