//! TCP beside the UDP that was tried: that it works, when it took over, and how long that took.

use super::grounds::Part;
use super::words::{self, SECOND, at, counted, end, span};
use super::{Diagnosis, Finding, Grounds, unanswered};
use crate::packet::{TcpHeader, Timestamp};
use crate::report::{Datagrams, Fallen, Moment};
use crate::summary::Summary;
use crate::tcp::TcpSide;
use std::net::IpAddr;

/// Packets of one side alone that make the other one dead.
const MIN_ALONE: u64 = 5;
/// How long TCP that was there before has to go on after the last answer.
const GOES_ON: u64 = 16 * SECOND;

/// How long after the last answer over UDP that of a host over TCP may come, and the host have died with both.
const GRACE: u64 = 3 * SECOND;
/// How long after the first try over UDP the last packet of a host over TCP may come, and the host be dead at both.
const AT_ONCE: u64 = SECOND;
/// How long a side sends alone over TCP before the other one counts as gone.
const MIN_VAIN: u64 = 3 * SECOND;

/// What carried the session.
pub(super) struct Beside {
    /// Its name in a sentence.
    name: String,
    first: Moment,
    last: Timestamp,
    /// The last packet of each side, the client's first.
    heard: [Timestamp; 2],
    hosts: [IpAddr; 2],
    /// Bytes of payload, the client's first.
    payload: [u64; 2],
    /// Its connections, where it is more than one.
    parts: Vec<Part>,
    flow: u64,
    filter: String,
    digits: u8,
}

impl Beside {
    /// One connection, of which `what` is spoken.
    pub(super) fn of_flow(tcp: &Summary, what: &str) -> Self {
        let [from, to] = tcp.endpoints;
        Self {
            name: format!("{what} over TCP from {} to {}", end(from), end(to)),
            first: Moment { time: tcp.first, frame: tcp.first_frame },
            last: tcp.last,
            heard: heard(tcp),
            hosts: [from.address, to.address],
            payload: tcp.sent().map(|count| count.payload),
            parts: Vec::new(),
            flow: tcp.id,
            filter: words::flow_filter(tcp),
            digits: tcp.digits,
        }
    }

    /// All TCP to port 443 between the hosts of `flow`, if there was any after it began.
    pub(super) fn of_web(grounds: &Grounds<'_>, flow: &Summary) -> Option<Self> {
        let [client, server] = flow.endpoints.map(|end| end.address);
        let stream = grounds.beside(client, server).filter(|stream| stream.last > flow.first)?;
        Some(Self {
            name: "TCP port 443 between the same hosts".to_owned(),
            first: Moment { time: stream.first, frame: stream.frame },
            last: stream.last,
            heard: stream.heard,
            hosts: [client, server],
            payload: stream.payload,
            parts: stream.parts.clone(),
            flow: stream.flow,
            filter: format!("{} && tcp.port == 443", words::pair_filter(client, server)),
            digits: flow.digits,
        })
    }

    /// That UDP worked and then died while this went on: one side of `flow`, of which `seen` tells, fell silent while the
    /// other one sent on for at least `patience` nanoseconds.
    pub(super) fn outlived(
        &self,
        diagnosis: &'static Diagnosis,
        flow: &Summary,
        seen: &Datagrams,
        patience: u64,
    ) -> Option<Finding> {
        let is_long = |silence: &Fallen| silence.packets >= MIN_ALONE && silence.lasted() >= patience;
        let silence = seen.fell_silent().filter(is_long)?;
        let took_over = self.first.time > silence.last.time || self.last.since(silence.last.time) >= GOES_ON;
        let [mute, left] = silence.ends(flow.endpoints);
        took_over.then(|| {
            let finding = Finding::of_flow(diagnosis, flow, Some(silence.last)).because(format!(
                "The last packet of {} came {}; {} sent {} more, for {}.",
                end(mute),
                at(silence.last, flow.digits),
                end(left),
                silence.packets,
                span(silence.lasted())
            ));
            self.took_over(mute.address, silence.last.time, unanswered::with_refusal(finding, flow))
        })
    }

    /// Adds to a finding about `flow`, which was not answered, that TCP carried the session instead.
    pub(super) fn instead_of(&self, flow: &Summary, finding: Finding) -> Finding {
        let [_, to] = flow.endpoints;
        // Whoever says so by ICMP is there.
        let speaks = words::unreachable(flow).is_some_and(|error| error.reporter == to.address);
        let answered = flow.counts.last().is_some_and(|count| count.packets > 0);
        if !speaks && !answered && self.lost(to.address, flow.first, AT_ONCE) {
            return self.without(to.address, finding);
        }
        let took_over = if self.first.time >= flow.first {
            format!("TCP took over {} after the first try.", span(self.first.time.since(flow.first)))
        } else {
            format!(
                "The session had begun over TCP {} before the first try and went on there{}.",
                span(flow.first.since(self.first.time)),
                self.after(to.address, flow.last, "the last try")
            )
        };
        self.shown_in(finding.because(format!("{} {took_over}", self.works(to.address))))
    }

    /// Adds to a finding about UDP that died, of which the last packet of `mute` came at `silent`, that TCP took over.
    pub(super) fn took_over(&self, mute: IpAddr, silent: Timestamp, finding: Finding) -> Finding {
        if self.lost(mute, silent, GRACE) {
            return self.without(mute, finding);
        }
        let took_over = if self.first.time >= silent {
            format!("TCP took over {} after the last answer over UDP.", span(self.first.time.since(silent)))
        } else if let Some(new) = self.anew(mute, silent) {
            format!(
                "TCP was there before, and what goes on is a new connection, of {}: it took over {}, {} after the last answer over UDP.",
                end(new.client),
                at(new.first, self.digits),
                span(new.first.time.since(silent))
            )
        } else {
            format!(
                "TCP was there before and went on{}.",
                self.after(mute, silent, "the last answer over UDP")
            )
        };
        self.shown_in(finding.because(format!("{} {took_over}", self.works(mute))))
    }

    /// The connection that took over: the first one that began after a time, where none from before goes on.
    fn anew(&self, host: IpAddr, time: Timestamp) -> Option<&Part> {
        let [_, asked] = self.hosts;
        let lived = |part: &Part| {
            let [client, server] = part.heard;
            if host == asked { server } else { client }
        };
        let goes_on = |part: &&Part| part.first.time < time && lived(part).since(time) >= GRACE;
        let new = self.parts.iter().filter(|part| part.first.time >= time);
        new.min_by_key(|part| part.first).filter(|_| !self.parts.iter().any(|part| goes_on(&part)))
    }

    /// Until when a host is heard: what is sent to it again and again is no life.
    fn lived(&self, host: IpAddr) -> Timestamp {
        let ([client, server], [_, asked]) = (self.heard, self.hosts);
        if host == asked { server } else { client }
    }

    /// Whether a host is heard over TCP for so long after a time.
    pub(super) fn goes_on(&self, host: IpAddr, after: Timestamp, nanos: u64) -> bool {
        self.lived(host).since(after) >= nanos
    }

    /// Whether a host is not heard over TCP either after `time` and `grace` nanoseconds, while the other one sends on.
    fn lost(&self, host: IpAddr, time: Timestamp, grace: u64) -> bool {
        let lived = self.lived(host);
        self.last.since(lived) >= MIN_VAIN && lived.since(time) <= grace
    }

    /// Says of a finding that the host itself is gone, TCP and all: no fault of UDP's.
    fn without(&self, mute: IpAddr, finding: Finding) -> Finding {
        let milder = finding.severity.milder();
        let mut finding = finding
            .graded(milder)
            .titled(format!("{mute} is not heard any more, neither over UDP nor over TCP"));
        finding.advice.clear();
        self.shown_in(finding.because(format!(
            "{} is not answered either: the last packet of {mute} came at {}, and the other side sent on until {}.",
            self.name,
            words::utc(self.lived(mute), self.digits),
            words::utc(self.last, self.digits)
        )))
        .advise(format!("Whether {mute} is up and reachable at all, before anything about UDP."))
    }

    fn after(&self, host: IpAddr, time: Timestamp, what: &str) -> String {
        match self.lived(host).since(time) {
            0 => String::new(),
            longer => format!(", for {} after {what}", span(longer)),
        }
    }

    fn works(&self, host: IpAddr) -> String {
        let [up, down] = self.payload;
        format!(
            "{} works: {} up and {} down, from {} to {}.",
            self.name,
            counted(up, "byte"),
            words::count(down),
            words::stamp(self.first, self.digits),
            words::utc(self.lived(host), self.digits)
        )
    }

    /// Shows it beside what a finding shows.
    pub(super) fn shown_in(&self, finding: Finding) -> Finding {
        finding.flow(self.flow).also_shown_by(&self.filter)
    }
}

/// The last packet of each side, the client's first; of both the connection's last where nobody sent in vain.
pub(super) fn heard(tcp: &Summary) -> [Timestamp; 2] {
    let Some(seen) = &tcp.tcp else { return [tcp.last; 2] };
    // What was idle and is reset was not tried again: that says nothing about the other side.
    let dropped = |side: &TcpSide| side.flags & TcpHeader::RST != 0 && side.retransmitted == 0;
    if seen.sides.iter().any(dropped) {
        return [tcp.last; 2];
    }
    seen.sides.map(|side| side.last.unwrap_or(tcp.first))
}

/// How often UDP was tried, of whom, since when: `3 SYNs of A to B from T (frame 1) on, over 6.2 s`.
pub(super) fn tries(flow: &Summary, what: &str) -> String {
    let [from, to] = flow.endpoints;
    let [asked, _] = flow.sent();
    let first = Moment { time: flow.first, frame: flow.first_frame };
    let lasted = flow.last.since(flow.first);
    let over = if asked.packets > 1 { format!(" on, over {}", span(lasted)) } else { String::new() };
    format!(
        "{} of {} to {} from {}{over}",
        counted(asked.packets, what),
        end(from),
        end(to),
        words::stamp(first, flow.digits)
    )
}
