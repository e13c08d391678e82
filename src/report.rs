//! What a follower saw of a flow, as plain data: findings reason about it, so it is no text.
//!
//! Attributes are for people and programs that read records; a report says the same and more in types, with
//! the frame and time of everything that a finding may have to point to.

use crate::inspect::Side;
use crate::packet::Timestamp;
use std::net::IpAddr;

/// When something was seen, and in which frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// When.
    pub time: Timestamp,
    /// The frame's number in its file.
    pub frame: u64,
}

/// A follower's report.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    /// Two nodes that ask each other whether they are alive.
    Heartbeats(Heartbeats),
    /// A handshake over datagrams.
    Handshake(Handshake),
    /// A reliable (or lossy) transport inside datagrams.
    Channel(Channel),
    /// Transactions between their managers.
    Transactions(Transactions),
    /// Remote procedure calls.
    Calls(Calls),
    /// A side that speaks in a steady rhythm, the initiator's first; that of the other is empty.
    Keepalives([Beats; 2]),
    /// Datagrams that nobody but their ends can read.
    Datagrams(Datagrams),
}

/// The median and the 99th percentile of a measured series, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// How many were measured.
    pub count: u64,
    /// The median.
    pub median: u64,
    /// The 99th percentile.
    pub p99: u64,
    /// The largest.
    pub largest: u64,
}

/// Consecutive requests without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// How many.
    pub missed: u64,
    /// The first of them.
    pub start: Moment,
    /// The answer that ended it; `None` if none came while the flow was seen.
    pub end: Option<Moment>,
    /// Requests of the asked side meanwhile.
    pub heard: u64,
}

/// A node's counter that began anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restart {
    /// Its last request before that.
    pub before: Moment,
    /// Its first request after that.
    pub at: Moment,
}

/// Most runs of missed heartbeats, and most restarts, that are told one by one, per node; those beyond are counted.
pub const MAX_RUNS: usize = 16;

/// One node as it asks, and what it answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Beats {
    /// Requests that it sent.
    pub requests: u64,
    /// Responses that it sent.
    pub responses: u64,
    /// Its requests that were answered.
    pub answered: u64,
    /// Its requests that were not, but for those that the end of the flow may have overtaken.
    pub missed: u64,
    /// Its requests that were answered only after it had asked again.
    pub late: u64,
    /// The first response that came late.
    pub first_late: Option<Moment>,
    /// Runs of two or more missed requests, the earliest first.
    pub runs: Vec<Run>,
    /// Runs beyond [`MAX_RUNS`].
    pub more_runs: u64,
    /// The longest run.
    pub longest: Option<Run>,
    /// The run that goes on at the end.
    pub open: Option<Run>,
    /// Where the first request went out that was missed, and the time by which the last one was known to be.
    pub lost: Option<(Moment, Moment)>,
    /// Time between its requests.
    pub interval: Option<Spread>,
    /// Time from its requests to their responses.
    pub round_trip: Option<Spread>,
    /// Its first packet of any kind.
    pub first: Option<Moment>,
    /// Its last packet of any kind.
    pub last: Option<Moment>,
    /// Its last request that could still have been answered and was.
    pub last_answered: Option<Moment>,
    /// Its longest silence: the packets before and after.
    pub silence: Option<(Moment, Moment)>,
    /// How often its counter began anew.
    pub restarts: u64,
    /// The first of these times.
    pub restarted: Vec<Restart>,
    /// Copies of packets, which count for nothing else.
    pub duplicates: u64,
    /// The first of them.
    pub first_duplicate: Option<Moment>,
}

impl Beats {
    /// Requests that were neither answered nor missed: what the end may have overtaken.
    #[must_use]
    pub const fn pending(&self) -> u64 {
        self.requests.saturating_sub(self.answered).saturating_sub(self.missed)
    }

    /// Some were missed between these times.
    pub(crate) fn lose(&mut self, from: Moment, to: Moment) {
        let (first, last) = self.lost.unwrap_or((from, to));
        self.lost = Some((first.min(from), last.max(to)));
    }

    /// One more run of missed requests; the longest is known even where there are more than [`MAX_RUNS`].
    pub(crate) fn note(&mut self, run: Run) {
        if self.longest.is_none_or(|longest| longest.missed < run.missed) {
            self.longest = Some(run);
        }
        if self.runs.len() < MAX_RUNS {
            self.runs.push(run);
        } else {
            self.more_runs += 1;
        }
    }
}

/// What went over one route between two nodes; arrays hold the initiator's first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heartbeats {
    /// Both nodes.
    pub nodes: [Beats; 2],
    /// The addresses that a packet names where they are not its own.
    pub mismatch: Option<((IpAddr, IpAddr), Moment)>,
    /// Tunnelled frames.
    pub frames: u64,
    /// Their bytes.
    pub frame_bytes: u64,
    /// The largest datagram that carried one, in bytes of payload.
    pub largest_frame: u32,
    /// Where that was.
    pub largest_at: Option<Moment>,
    /// Those that came in fragments of IP, and the first of them.
    pub fragmented: Option<(u64, Moment)>,
    /// Tunnelled frames whose content is not random, so neither encrypted nor compressed, and the first of them.
    pub readable: Option<(u64, Moment)>,
    /// The first datagram that is neither.
    pub foreign: Option<Moment>,
    /// How many are neither.
    pub foreign_count: u64,
}

/// How far a handshake came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Nothing of it was seen.
    #[default]
    Nothing,
    /// The client asked.
    ClientHello,
    /// The server demanded a cookie.
    HelloVerify,
    /// The client repeated its hello with the cookie.
    Cookie,
    /// The server answered.
    ServerHello,
    /// The server showed its certificate.
    Certificate,
    /// Both sides encrypt.
    Finished,
    /// Data is exchanged.
    Data,
}

/// An alert in clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warned {
    /// Who sent it.
    pub side: Side,
    /// What it says: IANA "TLS Alerts".
    pub code: u8,
    /// Its name.
    pub name: &'static str,
    /// Whether it ends the connection.
    pub fatal: bool,
    /// When.
    pub at: Moment,
}

/// What a server showed about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Whom the certificate names.
    pub subject: String,
    /// The alternative names.
    pub names: Vec<String>,
    /// First moment of its validity: RFC 3339, UTC.
    pub not_before: String,
    /// Last moment of its validity.
    pub not_after: String,
    /// Whether subject and issuer are the same name.
    pub self_signed: bool,
    /// When its first part was seen.
    pub at: Moment,
}

/// A handshake and what came after it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Handshake {
    /// How far it came.
    pub stage: Stage,
    /// Client hellos.
    pub hellos: u32,
    /// Those that repeat the one before.
    pub repeated: u32,
    /// The first hello.
    pub first_hello: Option<Moment>,
    /// The last one.
    pub last_hello: Option<Moment>,
    /// Hellos with the cookie.
    pub cookies: u32,
    /// The server's demands for a cookie.
    pub verifies: u32,
    /// The first of them.
    pub first_verify: Option<Moment>,
    /// The version that the server chose, as on the wire, and when.
    pub version: Option<(u16, Moment)>,
    /// The first encrypted data.
    pub finished: Option<Moment>,
    /// Alerts in clear, the first few.
    pub alerts: Vec<Warned>,
    /// Alerts whose content is encrypted: how many, and the first.
    pub hidden_alerts: Option<(u32, Side, Moment)>,
    /// The server's certificate.
    pub certificate: Option<Shown>,
    /// Whether the server began a certificate that was never complete.
    pub certificate_cut: Option<Moment>,
    /// Records with data, by side, the initiator's first.
    pub data: [u64; 2],
    /// Records of the initiator with more than 1000 bytes.
    pub large: u64,
    /// The first datagram with data of each side.
    pub first_data: [Option<Moment>; 2],
    /// The last datagram of each side.
    pub last: [Option<Moment>; 2],
}

/// A transport inside datagrams; arrays hold the initiator's first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Channel {
    /// Packets that open it.
    pub syns: [u64; 2],
    /// The first of them.
    pub first_syn: [Option<Moment>; 2],
    /// The last of them.
    pub last_syn: [Option<Moment>; 2],
    /// Packets with data.
    pub data: [u64; 2],
    /// Data that was sent again.
    pub resent: [u64; 2],
    /// Acknowledgements that report a loss.
    pub losses: [u64; 2],
    /// The last packet of each side.
    pub last: [Option<Moment>; 2],
}

/// A transaction that is prepared and has not ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Doubted {
    /// When it was prepared, or taken up again.
    pub at: Moment,
    /// Its identifiers, the superior's and the subordinate's, as far as they were seen.
    pub ids: Vec<String>,
    /// What was decided about it without an answer, and when.
    pub decision: Option<(&'static str, Moment)>,
}

/// A transaction of an earlier connection that has ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// Its identifiers, as far as they were seen.
    pub ids: Vec<String>,
    /// The reply that says so.
    pub how: &'static str,
    /// When that came.
    pub at: Moment,
}

/// What happened to transactions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transactions {
    /// The versions that the client offers, lowest and highest.
    pub offered: Option<(u64, u64, Moment)>,
    /// Whether the server accepted one.
    pub identified: Option<Moment>,
    /// Any line of the server.
    pub answered: Option<Moment>,
    /// The first error.
    pub error: Option<(Side, Moment)>,
    /// Who closed or reset the connection first, and when.
    pub closed: Option<(Side, Moment)>,
    /// TLS was demanded.
    pub needs_tls: Option<Moment>,
    /// TLS or multiplexing was refused.
    pub refused_layer: Option<Moment>,
    /// Identifiers that were sent in clear, and where the first was.
    pub named: Option<Moment>,
    /// The transaction is prepared and nobody said how it ends.
    pub in_doubt: Option<Doubted>,
    /// Transactions of earlier connections that were taken up again and ended, the first few.
    pub settled: Vec<Settled>,
    /// Transactions refused: how many, and the first.
    pub refused: Option<(u64, Moment)>,
    /// Transactions aborted: how many, and the first.
    pub aborted: Option<(u64, Moment)>,
}

/// What was called, and what failed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calls {
    /// The interfaces that were bound, by name or identifier.
    pub interfaces: Vec<String>,
    /// Whether the distributed transaction coordinator's interface is among them, and when.
    pub coordinator: Option<Moment>,
    /// Requests.
    pub requests: u64,
    /// Responses.
    pub responses: u64,
    /// The reason for which a bind was refused.
    pub refused: Option<(u16, Moment)>,
    /// The first fault's status.
    pub fault: Option<(u32, Moment)>,
    /// The port on which the endpoint mapper says the coordinator listens.
    pub mapped: Option<(u16, Moment)>,
    /// The endpoint mapper was asked for the coordinator.
    pub asked: Option<Moment>,
    /// The endpoint mapper does not know the coordinator.
    pub unregistered: Option<Moment>,
    /// The first call of the coordinator's interface that sets a session up.
    pub setup: Option<Moment>,
    /// The answer to it.
    pub setup_answered: Option<Moment>,
    /// Its being given up by the client.
    pub setup_cancelled: Option<Moment>,
    /// The identity that the caller gave itself in it, where that is in clear.
    pub identity: Option<String>,
    /// The name that the caller gave its host in it, where that is in clear.
    pub host_name: Option<String>,
}

/// Datagrams of which nothing but the sizes can be read; arrays hold the initiator's first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Datagrams {
    /// All of them.
    pub count: [u64; 2],
    /// Those of more than 1200 bytes.
    pub large: [u64; 2],
    /// Those whose first bit is clear: in QUIC, packets of an established connection (RFC 9000 section 17.3).
    pub short: [u64; 2],
    /// The first large one of each side.
    pub first_large: [Option<Moment>; 2],
    /// The last one of each side.
    pub last: [Option<Moment>; 2],
    /// Those of each side after the other's last one.
    pub alone: [u64; 2],
    /// Those of the initiator before the responder's first one.
    pub vain: u64,
    /// The responder's first one.
    pub answered: Option<Moment>,
}

/// One side's silence while the other goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fallen {
    /// Whether it is the initiator's.
    pub initiators: bool,
    /// Its last packet.
    pub last: Moment,
    /// The other's last packet.
    pub until: Moment,
    /// The other's packets after its last one.
    pub packets: u64,
}

impl Fallen {
    /// How long the other went on, in nanoseconds.
    #[must_use]
    pub const fn lasted(&self) -> u64 {
        self.until.time.since(self.last.time)
    }

    /// Who fell silent, and who went on, of the initiator and the responder.
    #[must_use]
    pub const fn ends<T: Copy>(&self, [initiator, responder]: [T; 2]) -> [T; 2] {
        if self.initiators { [initiator, responder] } else { [responder, initiator] }
    }
}

impl Datagrams {
    /// Counts one with payload, of so many bytes on the wire, and its first byte as far as that is captured.
    pub(crate) fn take(&mut self, side: Side, at: Moment, wire_len: u32, first: Option<u8>) {
        /// Payloads above this take a packet of more than 1228 bytes: tunnels are most often narrower than 1500 by less.
        const LARGE: u32 = 1200;
        let index = side.index();
        let add = |counts: &mut [u64; 2]| {
            if let Some(count) = counts.get_mut(index) {
                *count += 1;
            }
        };
        add(&mut self.count);
        add(&mut self.alone);
        if side == Side::Responder {
            self.answered.get_or_insert(at);
        } else if self.answered.is_none() {
            self.vain += 1;
        }
        if let Some(peer) = self.alone.get_mut(1 - index) {
            *peer = 0;
        }
        if first.is_some_and(|first| first & 0x80 == 0) {
            add(&mut self.short);
        }
        if wire_len > LARGE {
            add(&mut self.large);
            if let Some(first) = self.first_large.get_mut(index) {
                first.get_or_insert(at);
            }
        }
        if let Some(last) = self.last.get_mut(index) {
            *last = Some(at);
        }
    }

    /// Which side fell silent first, if both said something.
    #[must_use]
    pub fn fell_silent(&self) -> Option<Fallen> {
        let ([up, down], [Some(mine), Some(theirs)]) = (self.alone, self.last) else { return None };
        Some(if down > 0 {
            Fallen { initiators: true, last: mine, until: theirs, packets: down }
        } else {
            Fallen { initiators: false, last: theirs, until: mine, packets: up }
        })
    }
}
