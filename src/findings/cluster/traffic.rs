//! What goes besides heartbeats: tunnelled traffic that is too large or can be read, and bulk traffic in the way.

use super::super::ledger::{Line, TooBig, Tunnelled};
use super::super::words::{self, at, counted, end, span, stamp};
use super::super::{Diagnosis, Finding, Grounds, Severity};
use super::of_line;
use crate::key::protocol;
use crate::packet::Timestamp;
use crate::report::Moment;
use crate::summary::Summary;

pub(super) const LARGE: Diagnosis = Diagnosis {
    id: "netft-large-frames",
    severity: Severity::Info,
    title: "Tunnelled cluster traffic is larger than a usual packet",
    meaning: "It goes in fragments unless every device between the nodes takes jumbo frames.",
    evidence: "A tunnelled frame whose datagram has more than 1472 bytes of payload (1452 over IPv6) or came in fragments \
               of IP; fragments that did not come make it a notice. A warning: an ICMP error about the route (fragmentation \
               needed, packet too big), whatever the size; it says what the path takes.",
    caveats: &["With jumbo frames end to end this is as it should be."],
    advice: &["From node to node: ping -f -l 1472, and with the jumbo size if that is configured."],
};

pub(super) const READABLE: Diagnosis = Diagnosis {
    id: "netft-readable",
    severity: Severity::Info,
    title: "What the nodes say to each other can be read",
    meaning: "The cluster's traffic is signed at most, not encrypted (SecurityLevel 0 or 1; 1 is the default): whoever \
              is on the path reads it.",
    evidence: "At least three tunnelled TCP segments whose bytes are far from evenly distributed, as those of encrypted \
               and compressed data are.",
    caveats: &["What is only signed looks the same as what is not protected at all."],
    advice: &["On a node: (Get-Cluster).SecurityLevel; 2 encrypts."],
};

pub(super) const BULK: Diagnosis = Diagnosis {
    id: "netft-behind-bulk",
    severity: Severity::Notice,
    title: "Heartbeats are missed or late while bulk traffic goes between the same nodes",
    meaning: "Heartbeats probably wait behind a copy, a backup or a live migration on the same link.",
    evidence: "Every run of missed heartbeats of a route, and its first late one, begins while a TCP connection of at \
               least 10 MB and 10 Mbit/s goes between the same hosts; heartbeats were also seen for ten intervals outside of it.",
    caveats: &["That both happen at once proves nothing by itself."],
    advice: &["Give live migration and backup a network, a bandwidth limit or a priority of their own."],
};

/// Bytes of a connection that may fill a link for a while.
const BULK_BYTES: u64 = 10_000_000;
/// Bytes a second of one that fills a noticeable part of it: 10 Mbit/s.
const BULK_RATE: u128 = 1_250_000;

/// Whether a flow is large enough to be in the way of others.
pub(super) fn is_bulk(flow: &Summary) -> bool {
    let bytes: u64 = flow.counts.iter().map(|count| count.bytes).sum();
    let nanos = u128::from(flow.last.since(flow.first)).max(1);
    flow.protocol == protocol::TCP && bytes >= BULK_BYTES && u128::from(bytes) * 1_000_000_000 / nanos >= BULK_RATE
}

pub(super) fn large(line: &Line, grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    /// The largest payload of UDP in an Ethernet frame of 1500 bytes, over IPv4 and over IPv6.
    const USUAL: [u32; 2] = [1472, 1452];
    let [v4, v6] = USUAL;
    let usual = if line.from.address.is_ipv4() { v4 } else { v6 };
    let Tunnelled { frames, largest, largest_at, fragmented, unfinished, .. } = line.tunnelled;
    let apart = fragmented.or(unfinished).map(|(_, first)| first);
    if frames == 0 && unfinished.is_none() || largest <= usual && line.too_big.is_none() && apart.is_none() {
        return;
    }
    let too_big = line.too_big.as_ref();
    let first = largest_at.or(line.beats.first).or(apart);
    let Some(when) = too_big.map(|seen| seen.at).or(apart).or(first) else { return };
    let (a, b) = (line.from.address, line.to.address);
    let mut finding = of_line(&LARGE, line, when.time);
    if let Some(first) = largest_at {
        finding = finding.because(format!(
            "Of {} between {a} and {b} the largest came in a datagram of {largest} bytes {}.",
            counted(frames, "tunnelled frame"),
            at(first, line.digits)
        ));
    }
    let named = |(number, first): (u64, Moment), what: &str| {
        format!("{} {what}, the first at {}.", counted(number, "datagram"), stamp(first, line.digits))
    };
    finding = finding
        .because_some(fragmented.map(|seen| named(seen, "of them came in fragments of IP")))
        .because_some(unfinished.map(|seen| named(seen, "could not be put together: fragments did not come")));
    if apart.is_some() {
        finding = finding
            .titled("Tunnelled cluster traffic goes in fragments")
            .also_shown_by(&format!("{} && {}", words::pair_filter(a, b), words::fragment_filter(a)));
    }
    if unfinished.is_some() {
        // What the capture has lost may be these.
        finding = finding.graded(if grounds.losses().is_some() { Severity::Info } else { Severity::Notice });
        finding = finding.but("Fragments that took another path, or that the capture missed, look the same.");
    }
    findings.push(too_big.into_iter().fold(finding, |finding, seen| refused(line, seen, finding)));
}

/// The same finding where a router says that the path does not take such frames: nothing that jumbo frames excuse.
fn refused(line: &Line, seen: &TooBig, finding: Finding) -> Finding {
    let (a, b) = (line.from.address, line.to.address);
    let mut finding = finding.graded(Severity::Warning).because(&*seen.sentence);
    finding.caveats.clear();
    let Some(mtu) = seen.mtu else { return finding.titled(format!("Tunnelled cluster traffic is too big for the path between {a} and {b}")) };
    // What `ping -l` counts comes behind the headers of IP and of ICMP: 20 or 40 bytes, and 8.
    let (headers, test) = if a.is_ipv4() { (28, "ping -f -l") } else { (48, "ping -6 -l") };
    finding.advice.clear();
    finding
        .titled(format!("The path between {a} and {b} takes packets of {mtu} bytes, and tunnelled cluster traffic is larger"))
        .because("What is larger is lost there, until the sender sends smaller packets.")
        .advise(format!("From node to node: {test} {}, which should pass, and one byte more, which should not.", mtu.saturating_sub(headers)))
        .advise("Give the path the MTU that the nodes have, or the nodes' adapters that of the path; let the ICMP errors reach them.")
}

pub(super) fn readable(line: &Line, findings: &mut Vec<Finding>) {
    /// One might be anything.
    const MIN_SEGMENTS: u64 = 3;
    let Some((count, first)) = line.tunnelled.readable.filter(|(count, _)| *count >= MIN_SEGMENTS) else { return };
    findings.push(of_line(&READABLE, line, first.time).because(format!(
        "{} between {} and {} can be read, the first {}.",
        counted(count, "tunnelled segment"),
        line.from.address,
        line.to.address,
        stamp(first, line.digits)
    )));
}

/// Tells of routes whose troubles all fall into the time of one large connection between the same hosts.
pub(super) fn behind_bulk(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    for line in grounds.heartbeats {
        let beats = &line.beats;
        let times: Vec<Timestamp> = beats
            .runs
            .iter()
            .map(|run| run.start.time)
            .chain(beats.first_late.map(|late| late.time))
            .collect();
        let (Some(first), Some(last), [_, ..]) = (beats.first, beats.last, times.as_slice()) else { continue };
        // What never came back is no delay.
        if beats.longest.is_some_and(|run| run.end.is_none()) {
            continue;
        }
        let outside = 10 * line.interval();
        let bulk = grounds.flows.iter().filter(|flow| is_bulk(flow)).find(|flow| {
            let [a, b] = flow.endpoints.map(|end| end.address);
            let same = [(a, b), (b, a)].contains(&(line.from.address, line.to.address));
            same && times.iter().all(|&time| time >= flow.first && time <= flow.last)
                && (flow.first.since(first.time) >= outside || last.time.since(flow.last) >= outside)
        });
        let Some(bulk) = bulk else { continue };
        let [from, to] = bulk.endpoints;
        let bytes: u64 = bulk.counts.iter().map(|count| count.bytes).sum();
        let start = beats.runs.first().map(|run| run.start).or(beats.first_late);
        findings.push(
            of_line(&BULK, line, bulk.first)
                .flow(bulk.id)
                .because(format!(
                    "{} from {} to {} moved {} MB in {} from {} (frame {}) on.",
                    bulk.app.unwrap_or("A TCP connection"),
                    end(from),
                    end(to),
                    bytes / 1_000_000,
                    span(bulk.last.since(bulk.first)),
                    words::utc(bulk.first, bulk.digits),
                    bulk.first_frame
                ))
                .because(format!(
                    "Meanwhile {} of {} to {} were not answered and {} came late, the first {}; there were none at other times.",
                    counted(beats.missed, "heartbeat"),
                    line.from.address,
                    line.to.address,
                    beats.late,
                    start.map(|start| at(start, line.digits)).unwrap_or_default()
                ))
                .shown_by(words::pair_filter(line.from.address, line.to.address)),
        );
    }
}
