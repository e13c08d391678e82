//! Sums as the page shows them: by protocol, by verdict, by pair of hosts.

use crate::output::report::Sums;
use crate::output::report::chart::{self, COLOURED};
use crate::output::report::pairs::Talk;
use crate::output::table::groups::{Group, Tally};
use crate::output::table::overview::meaning;
use crate::output::text::{bytes, count, share};
use crate::verdict::Verdict;

/// Units of a bar as long as the whole.
const BAR: u64 = 1000;

/// A protocol.
#[derive(Debug)]
pub(super) struct Protocols {
    pub(super) name: String,
    pub(super) class: String,
    pub(super) flows: String,
    pub(super) packets: String,
    pub(super) bytes: String,
    pub(super) share: String,
    pub(super) bar: u64,
    pub(super) verdicts: String,
}

/// A verdict.
#[derive(Debug)]
pub(super) struct Shares {
    pub(super) name: &'static str,
    pub(super) meaning: &'static str,
    pub(super) flows: String,
    pub(super) share_of_flows: String,
    pub(super) bytes: String,
    pub(super) share_of_bytes: String,
    /// Where its part of the bar begins, and how wide it is.
    pub(super) x: u64,
    pub(super) width: u64,
}

/// A pair of hosts.
#[derive(Debug)]
pub(super) struct Conversation {
    pub(super) hosts: [String; 2],
    pub(super) labels: String,
    pub(super) flows: String,
    pub(super) sent: [String; 2],
    pub(super) share: String,
    pub(super) bar: u64,
}

fn bar(part: u64, whole: u64) -> u64 {
    let units = (u128::from(part) * u128::from(BAR)).checked_div(u128::from(whole)).unwrap_or(0);
    u64::try_from(units).unwrap_or(BAR).min(BAR)
}

pub(super) fn protocol(
    place: usize,
    group: Group,
    tally: &Tally,
    verdicts: &[u64; Verdict::ALL.len()],
    total: &Tally,
) -> Protocols {
    let said = Verdict::ALL.iter().zip(verdicts).filter(|(_, flows)| **flows > 0);
    let said: Vec<String> =
        said.map(|(verdict, flows)| format!("{} {}", count(*flows), verdict.name())).collect();
    Protocols {
        name: chart::name(group),
        class: if place < COLOURED { chart::class(place) } else { chart::class(COLOURED) },
        flows: count(tally.flows),
        packets: count(tally.packets),
        bytes: bytes(tally.bytes),
        share: share(tally.bytes, total.bytes),
        bar: bar(tally.bytes, total.bytes),
        verdicts: said.join(", "),
    }
}

pub(super) fn verdicts(sums: &Sums, total: &Tally) -> Vec<Shares> {
    let mut before = 0;
    let mut shares = Vec::new();
    for (verdict, tally) in sums.groups.verdicts().filter(|(_, tally)| tally.flows > 0) {
        let (x, end) = (bar(before, total.flows), bar(before + tally.flows, total.flows));
        before += tally.flows;
        shares.push(Shares {
            name: verdict.name(),
            meaning: meaning(verdict),
            flows: count(tally.flows),
            share_of_flows: share(tally.flows, total.flows),
            bytes: bytes(tally.bytes),
            share_of_bytes: share(tally.bytes, total.bytes),
            x,
            width: end - x,
        });
    }
    shares
}

pub(super) fn conversation(
    hosts: [std::net::IpAddr; 2],
    talk: &Talk,
    total: &Tally,
    top: &[([std::net::IpAddr; 2], Talk)],
) -> Conversation {
    let most = top.first().map_or(0, |(_, talk)| talk.total());
    let labels: Vec<String> = talk.labels.iter().take(3).map(|(group, _)| chart::name(*group)).collect();
    let more = talk.labels.len().saturating_sub(labels.len());
    Conversation {
        hosts: hosts.map(|host| host.to_string()),
        labels: labels.join(", ") + if more > 0 { " …" } else { "" },
        flows: count(talk.flows),
        sent: talk.bytes.map(bytes),
        share: share(talk.total(), total.bytes),
        bar: bar(talk.total(), most),
    }
}
