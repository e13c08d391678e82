//! How findings name times, spans, ends and packets.

use super::Finding;
use crate::key::{Endpoint, protocol};
use crate::output::text;
use crate::output::time::Utc;
use crate::packet::{IcmpError, Timestamp};
use crate::report::Moment;
use crate::summary::Summary;
use std::net::IpAddr;

pub(super) use crate::output::text::{count, counted};

/// Nanoseconds of a second.
pub(super) const SECOND: u64 = 1_000_000_000;

/// A time in UTC.
pub(super) fn utc(time: Timestamp, digits: u8) -> String {
    // Beyond a millisecond nobody compares with a log.
    Utc { time, digits: digits.min(3) }.to_string()
}

/// `2026-11-20T12:00:03.250Z (frame 17)`.
pub(super) fn stamp(moment: Moment, digits: u8) -> String {
    format!("{} (frame {})", utc(moment.time, digits), moment.frame)
}

/// `at 2026-11-20T12:00:03.250Z (frame 17)`.
pub(super) fn at(moment: Moment, digits: u8) -> String {
    format!("at {}", stamp(moment, digits))
}

/// A span of time as people say it, the same figure that tables have: `8.2 s`, `450 ms`, `12m 00s`, `35d 13h`.
pub(super) fn span(nanos: u64) -> String {
    let shown = text::duration(nanos);
    // A sentence says `1 s` where a column of numbers says `1.00 s`.
    match shown.split_once(' ').filter(|(number, _)| number.contains('.')) {
        Some((number, unit)) => format!("{} {unit}", number.trim_end_matches('0').trim_end_matches('.')),
        None => shown,
    }
}

/// A part of a whole in percent: `12.5 %`.
pub(super) fn percent(part: u64, whole: u64) -> String {
    let thousandths = (u128::from(part) * 1000).checked_div(u128::from(whole)).unwrap_or(0);
    format!("{}.{} %", thousandths / 10, thousandths % 10)
}

/// An end as people write it.
pub(super) fn end(end: Endpoint) -> String {
    std::net::SocketAddr::from((end.address, end.port)).to_string()
}

/// `ip.addr == A`, or `ipv6.addr == A`.
pub(super) fn address_filter(address: IpAddr) -> String {
    let field = if address.is_ipv4() { "ip.addr" } else { "ipv6.addr" };
    format!("{field} == {address}")
}

/// Shows the packets of a flow, and the ICMP errors that quote it.
pub(super) fn flow_filter(flow: &Summary) -> String {
    let [from, to] = flow.endpoints;
    let name = match flow.protocol {
        protocol::TCP => "tcp",
        protocol::UDP | protocol::UDP_LITE => "udp",
        protocol::SCTP => "sctp",
        _ => return pair_filter(from.address, to.address),
    };
    let pair = pair_filter(from.address, to.address);
    if from.port == to.port {
        return format!("{pair} && {name}.port == {}", to.port);
    }
    format!("{pair} && {name}.port == {} && {name}.port == {}", from.port, to.port)
}

/// Shows what goes between two hosts.
pub(super) fn pair_filter(a: IpAddr, b: IpAddr) -> String {
    format!("{} && {}", address_filter(a), address_filter(b))
}

/// Shows fragments of datagrams, of the same version of IP as the address.
pub(super) const fn fragment_filter(address: IpAddr) -> &'static str {
    if address.is_ipv4() { "(ip.flags.mf == 1 || ip.frag_offset > 0)" } else { "ipv6.fraghdr" }
}

/// The same finding with advice about the port that is really used, where it is not the usual one.
pub(super) fn on_port(mut finding: Finding, usual: u16, flow: &Summary) -> Finding {
    let [_, to] = flow.endpoints;
    for advice in &mut finding.advice {
        *advice = advice.replace(&usual.to_string(), &to.port.to_string());
    }
    finding
}

/// Nobody listens.
pub(super) const NO_LISTENER: &str = "port unreachable";

/// A filter on the way.
pub(super) const PROHIBITED: &str = "administratively prohibited";

/// An ICMP error that explains why nothing comes back.
pub(super) struct Unreachable {
    /// What it means.
    pub(super) meaning: &'static str,
    /// Whether the packet was too big.
    pub(super) too_big: bool,
    /// The largest packet in bytes that the path takes, where the error says so.
    pub(super) mtu: Option<u32>,
    /// Who sent it.
    pub(super) reporter: IpAddr,
    /// All of that as a sentence.
    pub(super) sentence: String,
    /// When.
    pub(super) at: Moment,
}

/// What the type and code of an ICMP error mean, and whether a packet was too big, if it explains why nothing comes back.
fn meaning(error: &IcmpError) -> Option<(&'static str, bool)> {
    // RFC 792 and RFC 1812 section 5.2.7.1; RFC 4443 section 3.1 and 3.2.
    Some(match (error.v6, error.kind, error.code) {
        (false, 3, 0) | (true, 1, 0) => ("no route to the network", false),
        (false, 3, 1) | (true, 1, 3) => ("host unreachable", false),
        (false, 3, 3) | (true, 1, 4) => (NO_LISTENER, false),
        (false, 3, 4) | (true, 2, 0) => ("packet too big for the path", true),
        (false, 3, 9 | 10 | 13) | (true, 1, 1 | 5 | 6) => (PROHIBITED, false),
        _ => return None,
    })
}

/// What else came by ICMP besides the first kind of errors: ` Other errors came too: 10.0.9.9 said "host unreachable" 3
/// times, first at ...`.
fn others(flow: &Summary) -> Option<String> {
    let told = flow.icmp_others.iter().filter_map(|(error, count)| {
        let (meaning, _) = meaning(error)?;
        let first = at(Moment { time: error.time, frame: error.frame }, flow.digits);
        let times =
            if *count > 1 { format!("{}, first ", counted((*count).into(), "time")) } else { String::new() };
        Some(format!("{} said \"{meaning}\" {times}{first}", error.reporter))
    });
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| format!(" Other errors came too: {}.", told.join("; ")))
}

/// What an ICMP error says, if it is one that explains why nothing comes back.
pub(super) fn unreachable(flow: &Summary) -> Option<Unreachable> {
    let &(error, count) = flow.icmp_error.as_deref().or(flow.vague_error.as_deref())?;
    let (meaning, too_big) = meaning(&error)?;
    let moment = Moment { time: error.time, frame: error.frame };
    let times = if count > 1 { format!(", {} in all", counted(count.into(), "time")) } else { String::new() };
    // Where an end of the flow says so itself, it says it to the other one.
    let [from, to] = flow.endpoints.map(|end| end.address);
    let told = [(from, to), (to, from)].into_iter().find(|(by, _)| *by == error.reporter);
    let to = told.map_or_else(String::new, |(_, other)| format!(" to {other}"));
    let takes =
        error.mtu.map(|mtu| format!("; its next hop takes packets of {mtu} bytes")).unwrap_or_default();
    let which = if error.ports_cut { "; the snap length cut off which port that is about" } else { "" };
    let sentence = format!(
        "{} said \"{meaning}\"{to} by ICMP {}{times}{takes}{which}.{}",
        error.reporter,
        at(moment, flow.digits),
        others(flow).unwrap_or_default()
    );
    Some(Unreachable { meaning, too_big, mtu: error.mtu, reporter: error.reporter, sentence, at: moment })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_shares_are_said_in_the_unit_that_fits() {
        assert_eq!([span(450), span(8_200_000_000), span(1_000_000_000)], ["450 ns", "8.2 s", "1 s"]);
        assert_eq!([span(450_000_000), span(720_000_000_000)], ["450 ms", "12m 00s"]);
        assert_eq!(span(3_071_344 * 60 * SECOND), "2132d 21h");
        assert_eq!((percent(1, 8), percent(0, 0)), ("12.5 %".to_owned(), "0.0 %".to_owned()));
    }
}
