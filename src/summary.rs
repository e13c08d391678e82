//! What a finished flow was: plain data, all that outputs and findings need.

use crate::attributes::Attributes;
use crate::copies::Copied;
use crate::flow::{Count, Direction, EndReason, Flow};
use crate::hosts::Hosts;
use crate::inspect::{Confidence, Side};
use crate::key::{Endpoint, FlowKey, protocol};
use crate::packet::{Enclosure, IcmpError, Timestamp};
use crate::ports::PortClaim;
use crate::ports::book::Book;
use crate::report::{Moment, Report};
use crate::tcp::TcpSide;
use crate::verdict::{self, Reason, Verdict};
use std::sync::Arc;

/// What TCP's headers told of a flow; arrays hold the initiator's first.
#[derive(Clone, Copy, Debug)]
pub struct TcpSummary {
    /// Both sides' flags and irregularities.
    pub sides: [TcpSide; 2],
    /// Nanoseconds of the handshake's round trip.
    pub rtt_nanos: Option<u32>,
}

/// A flow that has ended, or the part of it until the active time-out.
#[derive(Clone, Debug)]
pub struct Summary {
    /// A number that is the same for the same input: of five-tuple, scope, first packet's time and frame.
    pub id: u64,
    /// Between whom.
    pub key: FlowKey,
    /// Both endpoints, the initiator's first.
    pub endpoints: [Endpoint; 2],
    /// The IP protocol's number.
    pub protocol: u8,
    /// Which of the captures the first packet came from.
    pub file: u32,
    /// Time of the first packet.
    pub first: Timestamp,
    /// Time of the last packet.
    pub last: Timestamp,
    /// Digits of a second that the capture's clock has.
    pub digits: u8,
    /// The first packet's frame, as all frames below: see [`place`](crate::place).
    pub first_frame: u64,
    /// VLAN tags and tunnels.
    pub layers: Enclosure,
    /// What was sent, the initiator's first.
    pub counts: [Count; 2],
    /// What of it is there twice.
    pub copies: Option<Box<Copied>>,
    /// Why the initiator is the initiator.
    pub direction: Direction,
    /// TCP's part.
    pub tcp: Option<TcpSummary>,
    /// Why the record was made.
    pub reason: EndReason,
    /// The label.
    pub app: Option<&'static str>,
    /// How port and bytes relate.
    pub verdict: Verdict,
    /// How sure the label is.
    pub confidence: Option<Confidence>,
    /// What the port promises.
    pub port_claims: Arc<[PortClaim]>,
    /// The evidence, strongest first.
    pub why: Vec<Reason>,
    /// What the protocol told.
    pub attributes: Attributes,
    /// What the follower saw, in types.
    pub report: Option<Box<Report>>,
    /// The first ICMP error that quoted the flow, and how many of its type and code came from the same host.
    pub icmp_error: Option<Box<(IcmpError, u32)>>,
    /// The first of each other type, code or host that says so, and how many such came.
    pub icmp_others: Vec<(IcmpError, u32)>,
    /// The last of all of them.
    pub icmp_last: Option<Moment>,
    /// Where nobody answered, or heartbeats were missed: the first ICMP error between the two that may be about the flow, its ports being cut off,
    /// and how many of them there are.
    pub vague_error: Option<Box<(IcmpError, u32)>>,
    /// Whether it continues a record made at the active time-out.
    pub continued: bool,
    /// Whether the capture cut payload off.
    pub truncated: bool,
}

impl Summary {
    /// What was sent, the initiator's first, without what the capture has twice.
    #[must_use]
    pub fn sent(&self) -> [Count; 2] {
        let [up, down] = self.counts;
        match &self.copies {
            Some(copied) => {
                let [up_again, down_again] = copied.counts;
                [up.less(up_again), down.less(down_again)]
            }
            None => [up, down],
        }
    }
}

/// Sums a flow up; `book` says what ports promise, `hosts` what else was said between the two.
pub fn summarise(flow: &mut Flow, reason: EndReason, book: &mut Book, hosts: &Hosts) -> Summary {
    let decision = verdict::decide(flow, book);
    let mut attributes = Attributes::default();
    let (mut layers, mut icmp_error, mut report, mut copies) = (Enclosure::default(), None, None, None);
    let (mut icmp_last, mut icmp_others) = (None, Vec::new());
    if let Some(extra) = &mut flow.extra {
        let ends = reason != EndReason::Active;
        attributes = if ends { std::mem::take(&mut extra.attributes) } else { extra.attributes.clone() };
        if let Some(watch) = &extra.watch {
            watch.follower().conclude(&mut attributes);
            report = watch.follower().report().map(Box::new);
        }
        if let (None, Some(pulse)) = (&report, &extra.pulse) {
            report = pulse.beats().map(|[low, high]| {
                let sides = if flow.low_initiates { [low, high] } else { [high, low] };
                Box::new(Report::Keepalives(sides))
            });
        }
        // What is known by its behaviour has no follower; who fell silent is known all the same.
        let behaves = flow.claim.is_some_and(|(claim, _)| claim.evidence.confidence == Confidence::Behaviour);
        if let (None, true, Some(rhythm)) = (&report, behaves, &extra.rhythm) {
            report = Some(Box::new(Report::Datagrams(rhythm.counted().clone())));
        }
        // What was read of a file is the file's, not the connection's.
        let claimed = flow.claim.and_then(|(claim, _)| claim.by());
        if claimed.is_some_and(|by| decision.app.is_some_and(|app| app != by.name)) {
            (attributes, report) = (Attributes::default(), None);
        }
        layers = if ends { std::mem::take(&mut extra.layers) } else { extra.layers.clone() };
        if let Some(errors) = extra.icmp_error.as_deref() {
            icmp_error = Some(Box::new((errors.first, errors.count)));
            (icmp_others, icmp_last) = (errors.others.clone(), Some(errors.last));
        }
        copies.clone_from(&extra.copies);
        if let (Some(copied), false) = (&mut copies, flow.low_initiates) {
            copied.counts.reverse();
        }
    }
    let [low, high] = [flow.tcp.side(true), flow.tcp.side(false)].map(|side| *side);
    let tcp = (flow.key.protocol() == protocol::TCP).then(|| TcpSummary {
        sides: if flow.low_initiates { [low, high] } else { [high, low] },
        rtt_nanos: flow.tcp.rtt_nanos(),
    });
    Summary {
        id: identify(flow),
        key: flow.key,
        endpoints: flow.endpoints(),
        protocol: flow.key.protocol(),
        file: flow.file,
        first: flow.first,
        last: flow.last,
        digits: flow.digits,
        first_frame: flow.first_frame,
        layers,
        counts: [flow.count_of(Side::Initiator), flow.count_of(Side::Responder)],
        copies,
        direction: flow.direction,
        tcp,
        reason,
        app: decision.app,
        verdict: decision.verdict,
        confidence: decision.confidence,
        port_claims: decision.port_claims,
        why: decision.why,
        attributes,
        vague_error: vague_error(flow, icmp_error.is_some(), report.as_deref(), hosts),
        report,
        icmp_error,
        icmp_others,
        icmp_last,
        continued: flow.continued,
        truncated: flow.truncated,
    }
}

fn vague_error(
    flow: &Flow,
    is_known: bool,
    report: Option<&Report>,
    hosts: &Hosts,
) -> Option<Box<(IcmpError, u32)>> {
    let time = (flow.first, flow.last);
    let about = |side| hosts.error_about(&flow.key, flow.is_low(side), time).map(Box::new);
    if is_known {
        None
    } else if let Some(Report::Heartbeats(report)) = report {
        // Both ask, so that either may have been refused.
        let sides = [Side::Initiator, Side::Responder].into_iter().zip(&report.nodes);
        sides.filter(|(_, node)| node.longest.is_some()).find_map(|(side, _)| about(side))
    } else if flow.count_of(Side::Responder).packets == 0 {
        about(Side::Initiator)
    } else {
        None
    }
}

/// FNV-1a (64 bits) over what makes a flow unique in a run; the same on every machine.
fn identify(flow: &Flow) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let mut hash = OFFSET;
    let mut add = |bytes: &[u8]| {
        for &byte in bytes {
            hash = (hash ^ u64::from(byte)).wrapping_mul(PRIME);
        }
    };
    flow.key.write_stable(&mut add);
    add(&flow.first.0.to_le_bytes());
    add(&crate::place::number(flow.first_frame).to_le_bytes());
    add(&flow.file.to_le_bytes());
    hash
}
