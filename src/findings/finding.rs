//! A finding: what is wrong, with whom, how that is known, and what to do about it.

use super::ledger::Line;
use crate::key::{Endpoint, Transport};
use crate::packet::Timestamp;
use crate::report::{Moment, Run};
use crate::summary::Summary;
use std::net::IpAddr;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Unusual.
    Notice,
    /// Something does not work as it should.
    Warning,
    /// Something is broken.
    Critical,
}

impl Severity {
    /// All of them, the mildest first.
    pub const ALL: [Self; 4] = [Self::Info, Self::Notice, Self::Warning, Self::Critical];

    /// The name that records use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// One step milder: for what the capture does not fully support.
    #[must_use]
    pub const fn milder(self) -> Self {
        match self {
            Self::Info | Self::Notice => Self::Info,
            Self::Warning => Self::Notice,
            Self::Critical => Self::Warning,
        }
    }
}

/// One thing that can be said: a value in the list.
#[derive(Debug)]
pub struct Diagnosis {
    /// Its stable, kebab-case name.
    pub id: &'static str,
    /// How bad it is at its usual; what was seen may make it milder or worse.
    pub severity: Severity,
    /// What is wrong, in a few words.
    pub title: &'static str,
    /// What it means for those who use the system.
    pub meaning: &'static str,
    /// What has to be seen for it.
    pub evidence: &'static str,
    /// What else could look the same.
    pub caveats: &'static [&'static str],
    /// What to check or run, and where.
    pub advice: &'static [&'static str],
}

/// Whom a finding is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// The hosts, the one that asked first.
    pub hosts: Vec<IpAddr>,
    /// The listening ports.
    pub ports: Vec<(Option<Transport>, u16)>,
}

/// Most faults by which an outage is known again.
const MAX_FAULTS: usize = 256;

/// An outage that a finding is about, to know it again while live.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Episode {
    /// Who is not answered by whom, and since when.
    pub faults: Vec<(Endpoint, Endpoint, Timestamp)>,
    /// When all of it was over, if it is.
    pub end: Option<Timestamp>,
}

impl Episode {
    /// Of runs of missed heartbeats; `ends` says whether they are all that there is.
    #[must_use]
    pub fn of<'a>(runs: impl Iterator<Item = (&'a Line, &'a Run)>, ends: bool) -> Option<Self> {
        let mut episode = Self::default();
        let mut over = ends;
        for (line, run) in runs {
            episode.faults.push((line.from, line.to, run.start.time));
            over &= run.end.is_some();
            episode.end = episode.end.max(run.end.map(|end| end.time));
        }
        episode.end = episode.end.filter(|_| over);
        (!episode.faults.is_empty()).then_some(episode)
    }

    /// Both together: over when both are.
    #[must_use]
    pub fn with(mut self, other: &Self) -> Self {
        self.end = self.end.zip(other.end).map(|(mine, theirs)| mine.max(theirs));
        self.add(other);
        self
    }

    /// Whether both tell of one outage: of the same faults, or of some on one route that both go on.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let both = self.end.is_none() && other.end.is_none();
        self.faults.iter().any(|(from, to, since)| {
            other.faults.iter().any(|(a, b, other)| (a, b) == (from, to) && (since == other || both))
        })
    }

    /// Takes in the faults of another.
    pub fn add(&mut self, other: &Self) {
        let new =
            other.faults.iter().filter(|fault| !self.faults.contains(fault)).copied().collect::<Vec<_>>();
        self.faults.extend(new.into_iter().take(MAX_FAULTS.saturating_sub(self.faults.len())));
    }
}

/// Most sentences of evidence, flows and hosts that one finding names; what is beyond is counted in a sentence.
const MAX_NAMED: usize = 12;

/// A diagnosis made.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Which.
    pub diagnosis: &'static Diagnosis,
    /// How bad it is here.
    pub severity: Severity,
    /// When it began, or was first seen.
    pub at: Timestamp,
    /// Digits of a second that the capture's clock has.
    pub digits: u8,
    /// With whom.
    pub subject: Subject,
    /// Identifiers of the flows that show it.
    pub flows: Vec<u64>,
    /// What is wrong, with names.
    pub title: String,
    /// How that is known: sentences with frames and times.
    pub evidence: Vec<String>,
    /// What else could look the same.
    pub caveats: Vec<String>,
    /// What to check or run.
    pub advice: Vec<String>,
    /// A Wireshark display filter that shows the packets.
    pub filter: String,
    /// Which of the captures it is about, where each is a timeline of its own.
    pub file: Option<u32>,
    /// The outage that it tells of.
    pub episode: Option<Episode>,
}

impl Finding {
    /// A finding as its diagnosis has it, about a time.
    #[must_use]
    pub fn new(diagnosis: &'static Diagnosis, at: Timestamp, digits: u8) -> Self {
        let owned = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
        Self {
            diagnosis,
            severity: diagnosis.severity,
            at,
            digits,
            subject: Subject::default(),
            flows: Vec::new(),
            title: diagnosis.title.to_owned(),
            evidence: Vec::new(),
            caveats: owned(diagnosis.caveats),
            advice: owned(diagnosis.advice),
            filter: String::new(),
            file: None,
            episode: None,
        }
    }

    /// A finding about one flow from the moment on, with its hosts, its listening port and a filter for it.
    #[must_use]
    pub fn of_flow(diagnosis: &'static Diagnosis, flow: &Summary, at: Option<Moment>) -> Self {
        let time = at.map_or(flow.first, |at| at.time);
        let [from, to] = flow.endpoints;
        Self::new(diagnosis, time, flow.digits)
            .between(from.address, to.address)
            .on(flow.key.transport(), to.port)
            .flow(flow.id)
            .shown_by(super::words::flow_filter(flow))
    }

    /// About two hosts, the asking one first.
    #[must_use]
    pub fn between(mut self, from: IpAddr, to: IpAddr) -> Self {
        self.subject.hosts = vec![from, to];
        self
    }

    /// About one more host.
    #[must_use]
    pub fn host(mut self, host: IpAddr) -> Self {
        if self.subject.hosts.len() < MAX_NAMED && !self.subject.hosts.contains(&host) {
            self.subject.hosts.push(host);
        }
        self
    }

    /// About one more listening port.
    #[must_use]
    pub fn on(mut self, transport: Option<Transport>, port: u16) -> Self {
        if self.subject.ports.len() < MAX_NAMED && !self.subject.ports.contains(&(transport, port)) {
            self.subject.ports.push((transport, port));
        }
        self
    }

    /// Shown by one more flow.
    #[must_use]
    pub fn flow(mut self, id: u64) -> Self {
        if self.flows.len() < MAX_NAMED && !self.flows.contains(&id) {
            self.flows.push(id);
        }
        self
    }

    /// With a title of its own.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// With one more sentence of evidence.
    #[must_use]
    pub fn because(mut self, sentence: impl Into<String>) -> Self {
        if self.evidence.len() < MAX_NAMED {
            self.evidence.push(sentence.into());
        }
        self
    }

    /// With one more sentence of evidence, if there is one.
    #[must_use]
    pub fn because_some(self, sentence: Option<String>) -> Self {
        match sentence {
            Some(sentence) => self.because(sentence),
            None => self,
        }
    }

    /// With one more caveat.
    #[must_use]
    pub fn but(mut self, caveat: impl Into<String>) -> Self {
        self.caveats.push(caveat.into());
        self
    }

    /// With advice that names hosts, before that of the diagnosis.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice.insert(0, advice.into());
        self
    }

    /// As bad as this.
    #[must_use]
    pub fn graded(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// With what another display filter shows, too.
    #[must_use]
    pub fn also_shown_by(mut self, filter: &str) -> Self {
        if self.filter.contains(filter) {
            return self;
        }
        self.filter = match (self.filter.is_empty(), self.filter.starts_with('(')) {
            (true, _) => filter.to_owned(),
            (false, true) => format!("{} || ({filter})", self.filter),
            (false, false) => format!("({}) || ({filter})", self.filter),
        };
        self
    }

    /// With a display filter.
    #[must_use]
    pub fn shown_by(mut self, filter: String) -> Self {
        self.filter = filter;
        self
    }
}
