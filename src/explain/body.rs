//! What an explanation says beside ports: the systems' facts, or what the inspectors know.

use super::cross_references::CrossReference;
use super::entries::{bullet, fact, join, labelled, ports_of};
use super::evidence;
use super::systems::{Fact, System};
use super::{Entry, Section};
use crate::findings;
use crate::inspect::{Confidence, Inspector};
use crate::key::Transport;
use crate::protocols::INSPECTORS;

/// Most findings named beside what is told of a port.
const MAX_IDS: usize = 3;

/// What to write about.
pub(super) struct Body {
    /// The systems of which facts are written down; theirs replace what can be generated.
    pub(super) systems: Vec<&'static System>,
    /// The protocols, by canonical name.
    pub(super) protocols: Vec<&'static str>,
    /// The transports to say something about when it fails.
    pub(super) over: Vec<Transport>,
    /// Whether to list rules and attributes too.
    pub(super) in_full: bool,
    /// What tells the name that is asked for, where that is said.
    pub(super) told: Option<CrossReference>,
}

impl Body {
    /// Adds the sections, in the order in which somebody in an outage wants them.
    pub(super) fn write(&self, sections: &mut Vec<Section>) {
        add_section(sections, "What it does", self.facts(|system| system.uses));
        add_section(sections, "When it fails", self.checks());
        add_section(sections, "Findings", self.findings());
        add_section(sections, "Recognised", self.recognised());
        add_section(sections, "Confused with", self.confused());
        add_section(sections, "Often said, and wrong", self.facts(|system| system.folklore));
        if self.in_full {
            let attributes = self.inspectors().flat_map(|inspector| inspector.attributes);
            let entries = attributes.map(|(key, meaning)| labelled((*key).into(), (*meaning).into()));
            add_section(sections, "Attributes", entries.collect());
        }
    }

    /// What `read` and `live` may say is wrong with these protocols; a finding's id begins with its protocol's name.
    fn findings(&self) -> Vec<Entry> {
        let about = |id: &str| {
            let of = |name: &&str| id.strip_prefix(*name).is_some_and(|rest| rest.starts_with('-'));
            self.protocols.iter().any(of)
        };
        let ids: Vec<&str> =
            findings::diagnoses().map(|diagnosis| diagnosis.id).filter(|id| about(id)).collect();
        if ids.is_empty() {
            return Vec::new();
        }
        // Names only: each can be explained by itself. Beside all that a port has to tell, not even all names fit.
        if !self.in_full && ids.len() > MAX_IDS {
            // Any name of a system tells all about it.
            let named = |name: &&&str| ids.iter().any(|id| id.starts_with(**name));
            let name = self.protocols.iter().find(named).copied().unwrap_or_default();
            let listed = ids.iter().take(MAX_IDS).copied().collect::<Vec<_>>().join(", ");
            let more = ids.len() - MAX_IDS;
            return vec![bullet(format!("{listed} and {more} more: see wiretell explain {name}"))];
        }
        vec![bullet(ids.join(", "))]
    }

    fn facts(&self, of: fn(&System) -> &'static [Fact]) -> Vec<Entry> {
        self.systems.iter().flat_map(|system| of(system)).map(fact).collect()
    }

    fn inspectors(&self) -> impl Iterator<Item = &'static Inspector> {
        INSPECTORS.iter().filter(|inspector| self.protocols.contains(&inspector.name))
    }

    fn recognised(&self) -> Vec<Entry> {
        let mut entries = self.facts(|system| system.recognised);
        entries.extend(self.told.map(|told| labelled("told as".into(), told.words())));
        // The facts say it better; what else there is, the protocol's own page tells.
        let told = |inspector: &&Inspector| {
            !self.in_full && self.systems.iter().any(|system| system.protocols.contains(&inspector.name))
        };
        for inspector in self.inspectors().filter(|inspector| !told(inspector)) {
            entries.push(labelled(inspector.name.into(), summary(inspector)));
            if self.in_full && self.systems.is_empty() {
                let rules = evidence::rules(inspector).into_iter();
                entries.extend(rules.map(|rule| {
                    labelled(format!("  {}", rule.name), format!("{}: {}", rule.confidence.name(), rule.seen))
                }));
            }
        }
        if entries.is_empty() && !self.protocols.is_empty() {
            let names = join(&self.protocols, " or ");
            entries.push(bullet(format!(
                "Not by bytes: of {names} the port alone is known, so a flow is plausible at best. Whatever known \
                 protocol is spoken instead is named, and contradicts the port."
            )));
        }
        entries
    }

    fn confused(&self) -> Vec<Entry> {
        if !self.systems.is_empty() {
            return self.facts(|system| system.confused);
        }
        let told: Vec<&Inspector> =
            self.inspectors().filter(|inspector| !inspector.confused_with.is_empty()).collect();
        let entry = |inspector: &&Inspector| Entry {
            label: (told.len() > 1).then(|| inspector.name.into()),
            text: inspector.confused_with.into(),
            basis: None,
        };
        told.iter().map(entry).collect()
    }

    fn checks(&self) -> Vec<Entry> {
        if !self.systems.is_empty() {
            return self.facts(|system| system.checks);
        }
        let mut checks: Vec<Entry> = self.over.iter().map(|&transport| bullet(silence(transport))).collect();
        if !checks.is_empty() {
            checks.push(bullet(
                "Which program holds the port: ss -lntup on Linux, netstat -abn on Windows. A flow that is reported as \
                 contradicted reached another one than expected.",
            ));
        }
        checks
    }
}

/// What the lack of an answer means, whatever the service is.
const fn silence(transport: Transport) -> &'static str {
    match transport {
        Transport::Tcp => {
            "TCP: SYN unanswered, filtered on the way or the host is down. RST at once, nothing listens. Accepted and \
             closed without a word, a proxy or load balancer without its backend, or an access list of the service."
        }
        Transport::Udp => {
            "UDP: ICMP port unreachable, nothing listens. Nothing at all, filtered, or the service keeps silent to what it \
             does not like; see whether the capture shows anything from that host."
        }
        Transport::Sctp => {
            "SCTP: INIT unanswered, filtered (many firewalls drop SCTP). ABORT, nothing listens."
        }
    }
}

/// An inspector in one line or two.
fn summary(inspector: &Inspector) -> String {
    let over = join(evidence::carriers(inspector).map(|transport| transport.name().to_uppercase()), ", ");
    let best = evidence::strongest(inspector).map_or("port", Confidence::name);
    let mut text = format!("{}; over {over}; up to {best}; {}", inspector.title, inspector.specification);
    if !inspector.ports.is_empty() {
        text += &["; usual on ", &join(runs(inspector.ports), ", ")].concat();
    }
    if let Some(general) = inspector.refines {
        text += &["; a kind of ", general].concat();
    }
    text
}

/// Ports, those without a gap between them as ranges.
fn runs(ports: &[u16]) -> Vec<String> {
    let mut sorted = ports.to_vec();
    sorted.sort_unstable();
    let follows = |last: &u16, next: &u16| next.saturating_sub(*last) <= 1;
    let runs = sorted.chunk_by(follows).filter_map(|run| run.first().zip(run.last()));
    runs.map(|(&first, &last)| ports_of(first, last)).collect()
}

/// Adds a section, unless it would be empty.
pub(super) fn add_section(sections: &mut Vec<Section>, heading: &'static str, entries: Vec<Entry>) {
    if !entries.is_empty() {
        sections.push(Section { heading, entries });
    }
}
