//! TCP beside the UDP that was tried: that it works, when it took over, and how long that took.

use super::words::{self, SECOND, at, counted, end, span};
use super::{Diagnosis, Finding, Grounds, unanswered};
use crate::packet::Timestamp;
use crate::report::{Datagrams, Fallen, Moment};
use crate::summary::Summary;

/// Packets of one side alone that make the other one dead.
const MIN_ALONE: u64 = 5;
/// How long TCP that was there before has to go on after the last answer.
const GOES_ON: u64 = 16 * SECOND;

/// What carried the session.
pub(super) struct Beside {
    /// Its name in a sentence.
    name: String,
    first: Moment,
    last: Timestamp,
    /// Bytes of payload, the client's first.
    payload: [u64; 2],
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
            payload: tcp.sent().map(|count| count.payload),
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
            payload: stream.payload,
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
            self.took_over(silence.last.time, unanswered::with_refusal(finding, flow))
        })
    }

    /// Adds to a finding about `flow`, which was not answered, that TCP carried the session instead.
    pub(super) fn instead_of(&self, flow: &Summary, finding: Finding) -> Finding {
        let took_over = if self.first.time >= flow.first {
            format!("TCP took over {} after the first try.", span(self.first.time.since(flow.first)))
        } else {
            format!(
                "The session had begun over TCP {} before the first try and stayed there{}.",
                span(flow.first.since(self.first.time)),
                self.after(flow.last, "the last try")
            )
        };
        self.shown_in(finding.because(format!("{} {took_over}", self.works())))
    }

    /// Adds to a finding about UDP that died, of which the last answer came at `silent`, that TCP took over.
    pub(super) fn took_over(&self, silent: Timestamp, finding: Finding) -> Finding {
        let took_over = if self.first.time >= silent {
            format!("TCP took over {} after the last answer over UDP.", span(self.first.time.since(silent)))
        } else {
            format!("TCP was there before and went on{}.", self.after(silent, "the last answer over UDP"))
        };
        self.shown_in(finding.because(format!("{} {took_over}", self.works())))
    }

    fn after(&self, time: Timestamp, what: &str) -> String {
        match self.last.since(time) {
            0 => String::new(),
            longer => format!(", for {} after {what}", span(longer)),
        }
    }

    fn works(&self) -> String {
        let [up, down] = self.payload;
        format!(
            "{} works: {} up and {} down, from {} to {}.",
            self.name,
            counted(up, "byte"),
            words::count(down),
            words::stamp(self.first, self.digits),
            words::utc(self.last, self.digits)
        )
    }

    /// Shows it beside what a finding shows.
    pub(super) fn shown_in(&self, finding: Finding) -> Finding {
        finding.flow(self.flow).also_shown_by(&self.filter)
    }
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
