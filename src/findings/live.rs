//! Findings while the capture goes on: what has begun, got worse or ended since the last look.
//!
//! Everything is examined anew each time, as at the end: so nothing is said live that the end would not say of the same
//! packets. What is compared is only who is concerned by what; of outages, which heartbeats are not answered since when:
//! so one outage stays one, whatever is known of it as it goes on, and ends when the heartbeats are answered again.

use super::{CaptureFacts, Episode, Finding, Severity, Subject};
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
    /// It was there, and more is known of it now: it has another name.
    Changed(Finding),
    /// It is no longer so; the finding as it was last.
    Ended(Finding),
}

impl Change {
    /// The finding.
    #[must_use]
    pub const fn finding(&self) -> &Finding {
        let (Self::Begun(finding) | Self::Worse(finding) | Self::Changed(finding) | Self::Ended(finding)) =
            self;
        finding
    }

    /// When it ended, if that is known better than by having been looked at `now`.
    #[must_use]
    pub fn ended(&self, now: Timestamp) -> Timestamp {
        self.finding().episode.as_ref().and_then(|episode| episode.end).unwrap_or(now)
    }

    /// The name that records use.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Begun(_) => "begun",
            Self::Worse(_) => "worse",
            Self::Changed(_) => "changed",
            Self::Ended(_) => "ended",
        }
    }
}

/// An outage that was told.
#[derive(Debug)]
struct Outage {
    episode: Episode,
    finding: Finding,
    /// As bad as it was at its worst.
    told: Severity,
    ended: bool,
}

impl Outage {
    /// As what it was told: `notice netft-heartbeats-missed (Heartbeats were missed: A asks B)`.
    fn name(&self) -> String {
        let known = &self.finding;
        format!("{} {} ({})", self.told.name(), known.diagnosis.id, known.title)
    }
}

/// Most findings that one is said to take the place of.
const MAX_NAMED: usize = 6;

/// Says of a finding what was told before of the same.
fn than(mut finding: Finding, mut was: Vec<String>) -> Finding {
    let more = was.len().saturating_sub(MAX_NAMED);
    was.truncate(MAX_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    if !was.is_empty() {
        finding.evidence.push(format!("Told before: {}{more}.", was.join("; ")));
    }
    finding
}

/// What was found so far, to tell what changes.
#[derive(Debug, Default)]
pub struct Watch {
    known: BTreeMap<(&'static str, Subject), (Finding, Severity)>,
    outages: Vec<Outage>,
}

impl Watch {
    /// Takes all findings of a look, and says what has changed since the one before.
    pub fn compare(&mut self, findings: Vec<Finding>) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut before = std::mem::take(&mut self.known);
        let mut outages = std::mem::take(&mut self.outages);
        for finding in findings {
            if let Some(episode) = finding.episode.clone() {
                self.follow(finding, episode, &mut outages, &mut changes);
                continue;
            }
            let key = (finding.diagnosis.id, finding.subject.clone());
            let told = before.remove(&key).map(|(_, told)| told);
            // Twice in one look: the first is the worst.
            if self.known.len() >= MAX_REMEMBERED || self.known.contains_key(&key) {
                continue;
            }
            let severity = finding.severity;
            match told {
                None => changes.push(Change::Begun(finding.clone())),
                Some(told) if severity > told => {
                    let was = vec![format!("{} {}", told.name(), finding.diagnosis.id)];
                    changes.push(Change::Worse(than(finding.clone(), was)));
                }
                Some(_) => {}
            }
            // What gets better and then worse again is nothing new.
            self.known.insert(key, (finding, told.map_or(severity, |told| told.max(severity))));
        }
        changes.extend(before.into_values().map(|(finding, _)| Change::Ended(finding)));
        let gone = outages.into_iter().filter(|outage| !outage.ended);
        changes.extend(gone.map(|outage| Change::Ended(outage.finding)));
        changes
    }

    /// Finds an outage among those that were told before, and says what is new about it.
    fn follow(
        &mut self,
        finding: Finding,
        mut episode: Episode,
        outages: &mut Vec<Outage>,
        changes: &mut Vec<Change>,
    ) {
        if self.known.len() + self.outages.len() >= MAX_REMEMBERED {
            return;
        }
        // The same faults may be told by two findings of one look.
        let is_same = |outage: &mut Outage| outage.episode.overlaps(&episode);
        let mut same: Vec<Outage> = outages.extract_if(.., is_same).collect();
        let told = same.iter().map(|outage| outage.told).max();
        let going = same.iter().position(|outage| !outage.ended);
        let over = episode.end.is_some();
        let was: Vec<String> = same.iter().filter(|outage| !outage.ended).map(Outage::name).collect();
        let mut finding = finding;
        match (going, told) {
            (Some(going), Some(told)) if over => {
                // It ends under the name by which it was told last.
                let known = same.swap_remove(going).finding;
                let mut known = Finding { evidence: finding.evidence.clone(), ..known };
                known.episode.clone_from(&finding.episode);
                if finding.severity > told {
                    let worse = Finding { severity: finding.severity, ..known.clone() };
                    changes.push(Change::Worse(than(worse, was)));
                }
                changes.push(Change::Ended(known));
            }
            (Some(going), Some(told)) => {
                let id = same.get(going).map(|outage| outage.finding.diagnosis.id);
                // It keeps its beginning, and with it its name as an outage.
                if let Some(first) =
                    same.iter().filter(|outage| !outage.ended).map(|outage| outage.finding.at).min()
                {
                    finding.at = finding.at.min(first);
                }
                if finding.severity > told {
                    changes.push(Change::Worse(than(finding.clone(), was)));
                } else if id != Some(finding.diagnosis.id) {
                    changes.push(Change::Changed(than(finding.clone(), was)));
                }
            }
            (None, Some(told)) if over && finding.severity <= told => {}
            (None, _) => {
                changes.push(Change::Begun(finding.clone()));
                changes.extend(over.then(|| Change::Ended(finding.clone())));
            }
            (Some(_), None) => {}
        }
        for known in same {
            episode.add(&known.episode);
        }
        let severity = finding.severity;
        self.outages.push(Outage {
            episode,
            told: told.map_or(severity, |told| told.max(severity)),
            finding,
            ended: over,
        });
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

    /// An outage between hosts 1 and 2 since so many seconds, which ended at a time if it did.
    fn outage(id: &str, since: i64, end: Option<i64>, severity: Severity) -> Finding {
        let diagnosis = crate::findings::named(id).unwrap();
        let second = |second: i64| Timestamp(second * 1_000_000_000);
        let node = |host: u8| crate::key::Endpoint { address: [10, 0, 0, host].into(), port: 3343 };
        let mut finding = Finding::new(diagnosis, second(since), 6).graded(severity);
        finding.episode =
            Some(Episode { faults: vec![(node(1), node(2), second(since))], end: end.map(second) });
        finding
    }

    #[test]
    fn an_outage_is_one_whatever_it_is_called_and_ends_when_it_is_answered() {
        let mut watch = Watch::default();
        let (missed, one_way) = ("netft-heartbeats-missed", "netft-one-way");
        assert_eq!(names(&watch.compare(vec![outage(missed, 10, None, Severity::Notice)])), ["begun"]);
        assert_eq!(names(&watch.compare(vec![outage(one_way, 10, None, Severity::Notice)])), ["changed"]);
        assert_eq!(names(&watch.compare(vec![outage(one_way, 10, None, Severity::Warning)])), ["worse"]);
        assert!(watch.compare(vec![outage(one_way, 10, None, Severity::Warning)]).is_empty());
        let ended = watch.compare(vec![outage(missed, 10, Some(19), Severity::Warning)]);
        assert_eq!(names(&ended), ["ended"]);
        assert_eq!(ended[0].finding().diagnosis.id, one_way, "by the name that it had");
        assert!(watch.compare(vec![outage(missed, 10, Some(19), Severity::Warning)]).is_empty());
        assert_eq!(names(&watch.compare(vec![outage(missed, 30, None, Severity::Notice)])), ["begun"]);
        assert_eq!(names(&watch.compare(Vec::new())), ["ended"]);
    }

    #[test]
    fn what_is_over_when_it_is_seen_begins_and_ends_at_once() {
        let mut watch = Watch::default();
        let changes = watch.compare(vec![outage("netft-heartbeats-missed", 10, Some(19), Severity::Warning)]);
        assert_eq!(names(&changes), ["begun", "ended"]);
    }

    #[test]
    fn outages_of_routes_become_one_of_their_node() {
        let mut watch = Watch::default();
        let mut other = outage("netft-one-way", 10, None, Severity::Notice);
        other.episode.as_mut().unwrap().faults[0].0.port = 1;
        let one = outage("netft-one-way", 10, None, Severity::Notice);
        assert_eq!(names(&watch.compare(vec![one.clone(), other.clone()])), ["begun", "begun"]);
        let mut node = outage("netft-node-silent", 10, None, Severity::Critical);
        let faults = other.episode.unwrap().faults;
        node.episode.as_mut().unwrap().faults.extend(faults);
        let changes = watch.compare(vec![node.clone()]);
        assert_eq!(names(&changes), ["worse"]);
        let said = changes[0].finding().evidence.join(" ");
        assert_eq!(said.matches("notice netft-one-way").count(), 2, "{said}");
        node.episode.as_mut().unwrap().end = Some(Timestamp(20_000_000_000));
        assert_eq!(names(&watch.compare(vec![node])), ["ended"]);
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
