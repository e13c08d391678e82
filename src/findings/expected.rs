//! What the user expects: which protocols belong on which ports, and between which hosts.

use crate::flow::Direction;
use crate::inspect::Confidence;
use crate::key::{Endpoint, Transport, protocol};
use crate::protocols::{self, INSPECTORS};
use crate::summary::Summary;
use crate::verdict::Verdict;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Hosts whose addresses begin alike: `10.0.0.0/8`, or one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// The network that has the first `bits` bits of an address; at most as many as there are.
    #[must_use]
    pub fn of(address: IpAddr, bits: u8) -> Self {
        match address {
            IpAddr::V4(v4) => {
                let bits = bits.min(32);
                let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
                Self { address: std::net::Ipv4Addr::from_bits(v4.to_bits() & mask).into(), bits }
            }
            IpAddr::V6(v6) => {
                let bits = bits.min(128);
                let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
                Self { address: std::net::Ipv6Addr::from_bits(v6.to_bits() & mask).into(), bits }
            }
        }
    }

    /// Whether some host is in both.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.contains(other.address) || other.contains(self.address)
    }

    /// Whether a host is in it; none of IPv4 is in one of IPv6.
    #[must_use]
    pub fn contains(&self, host: IpAddr) -> bool {
        host.is_ipv4() == self.address.is_ipv4() && Self::of(host, self.bits) == *self
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || format!("`{text}` is no address and no network; write it like 10.0.0.1 or 10.0.0.0/8");
        let (address, bits) = text.split_once('/').map_or((text, None), |(host, bits)| (host, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| form())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(width), |bits| bits.parse().map_err(|_| form()))?;
        if bits > width {
            return Err(format!("`{text}` has more bits than the {width} of an address"));
        }
        let network = Self::of(address, bits);
        if network.address != address {
            return Err(format!("`{text}` is a host, and no network; write {network}, or {address} alone"));
        }
        Ok(network)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = if self.address.is_ipv4() { 32 } else { 128 };
        if self.bits == width { self.address.fmt(f) } else { write!(f, "{}/{}", self.address, self.bits) }
    }
}

/// Listening ports: `3343`, `3224-3324`, `3343/udp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ports {
    /// The first.
    pub first: u16,
    /// The last; the same as the first for a single one.
    pub last: u16,
    /// Over what; none: over anything.
    pub transport: Option<Transport>,
}

impl Ports {
    /// Whether a listening port is among them.
    #[must_use]
    pub fn contain(self, transport: Transport, port: u16) -> bool {
        self.transport.is_none_or(|own| own == transport) && (self.first..=self.last).contains(&port)
    }
}

impl FromStr for Ports {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || format!("`{text}` is no port; write it like 3343, \"3224-3324\" or \"3343/udp\"");
        let (ports, transport) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let transport = match transport {
            None => None,
            Some("tcp") => Some(Transport::Tcp),
            Some("udp") => Some(Transport::Udp),
            Some("sctp") => Some(Transport::Sctp),
            Some(other) => return Err(format!("`{other}` is not tcp, udp or sctp")),
        };
        let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
        let port = |text: &str| {
            let number: u64 = text.parse().map_err(|_| form())?;
            u16::try_from(number).map_err(|_| format!("there is no port {number}; ports end at 65535"))
        };
        let (first, last) = (port(first)?, port(last)?);
        if first > last {
            return Err(format!("the range {first}-{last} is empty; write the lower port first"));
        }
        Ok(Self { first, last, transport })
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        if self.last != self.first {
            write!(f, "-{}", self.last)?;
        }
        self.transport.map_or(Ok(()), |transport| write!(f, "/{}", transport.name()))
    }
}

/// One thing that is expected. Where a list is empty, it does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectation {
    /// The line at which it stands in its file, counted from 1.
    pub line: usize,
    /// The listening ports; none: any, and then only [`only`](Self::only) can be broken.
    pub ports: Vec<Ports>,
    /// What is spoken there: canonical names of protocols; none: anything, and only the hosts matter.
    pub protocols: Vec<&'static str>,
    /// Who listens.
    pub servers: Vec<Network>,
    /// Who asks.
    pub clients: Vec<Network>,
    /// Where both are.
    pub between: Vec<Network>,
    /// Whether these protocols are expected nowhere else, and nobody else on these ports.
    pub only: bool,
    /// What the user says about it.
    pub note: Option<String>,
}

impl Expectation {
    /// Whether it speaks of what goes on between these two, the first asking.
    fn is_about(&self, transport: Transport, [from, to]: [Endpoint; 2]) -> bool {
        (self.ports.is_empty() || self.names(transport, to.port)) && self.is_of([from, to])
    }

    /// Whether it names a listening port.
    fn names(&self, transport: Transport, port: u16) -> bool {
        self.ports.iter().any(|own| own.contain(transport, port))
    }

    /// Whether it is about these hosts, the first asking.
    fn is_of(&self, [from, to]: [Endpoint; 2]) -> bool {
        let any = |list: &[Network], host| list.is_empty() || list.iter().any(|known| known.contains(host));
        any(&self.servers, to.address)
            && any(&self.clients, from.address)
            && any(&self.between, from.address)
            && any(&self.between, to.address)
    }

    /// Whether it keeps its ports to its hosts, whatever is spoken there.
    const fn keeps_ports(&self) -> bool {
        self.only || self.protocols.is_empty()
    }

    /// The hosts that it is about, in words.
    #[must_use]
    pub fn hosts(&self) -> String {
        let lists =
            [("servers in", &self.servers), ("clients in", &self.clients), ("both ends in", &self.between)];
        let words = lists.into_iter().filter(|(_, list)| !list.is_empty()).map(|(what, list)| {
            let list: Vec<String> = list.iter().map(Network::to_string).collect();
            format!("{what} {}", list.join(" or "))
        });
        words.collect::<Vec<_>>().join(" and ")
    }

    /// Whether it expects a flow's label. A special kind of a protocol is that protocol; so is what keeps the port's
    /// promise of it: TLS, where a capture begins after a dialogue has gone over to it.
    fn lists(&self, flow: &Summary) -> bool {
        let Some(app) = flow.app else { return false };
        let keeps = |name: &str| {
            flow.verdict == Verdict::Confirmed
                && flow.port_claims.iter().any(|claim| claim.protocol() == name)
        };
        self.protocols.iter().any(|name| is_kind_of(app, name) || keeps(name))
    }
}

/// Whether a protocol is another, or a special kind of it.
fn is_kind_of(name: &str, general: &str) -> bool {
    let refined = |name: &str| protocols::named(name)?.refines;
    std::iter::successors(Some(name), |name| refined(name)).take(INSPECTORS.len()).any(|name| name == general)
}

/// How a flow and what is expected relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing<'a> {
    /// Nothing is said about it.
    Unlisted,
    /// Something is said about it, and its bytes do not tell whether it fits.
    Listed,
    /// It is what is expected.
    Fits,
    /// The bytes are something else than what is expected there.
    Other(&'a Expectation),
    /// It is expected only elsewhere.
    Elsewhere(&'a Expectation),
    /// Only others are expected on the port, whatever the bytes are.
    Outside(&'a Expectation),
}

impl<'a> Standing<'a> {
    /// The entry that is broken, if one is.
    #[must_use]
    pub const fn broken(self) -> Option<&'a Expectation> {
        match self {
            Self::Other(entry) | Self::Elsewhere(entry) | Self::Outside(entry) => Some(entry),
            Self::Unlisted | Self::Listed | Self::Fits => None,
        }
    }
}

/// All that is expected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectations {
    /// One after the other; what one of them allows, no other forbids.
    pub entries: Vec<Expectation>,
}

impl Expectations {
    /// How a flow stands.
    #[must_use]
    pub fn judge(&self, flow: &Summary) -> Standing<'_> {
        let Some(transport) = flow.key.transport().filter(|_| !self.entries.is_empty()) else {
            return Standing::Unlisted;
        };
        let [from, to] = flow.endpoints;
        // Where nothing but the first packet says who asked, it may have been the other one.
        let is_guess = flow.direction == Direction::FirstPacket;
        let telling = || self.entries.iter().filter(|entry| !entry.protocols.is_empty());
        let about: Vec<&Expectation> =
            telling().filter(|entry| entry.is_about(transport, [from, to])).collect();
        let turned = telling().filter(|entry| is_guess && entry.is_about(transport, [to, from]));
        if about.iter().copied().chain(turned).any(|entry| entry.lists(flow)) {
            return Standing::Fits;
        }
        let known = flow.protocol != protocol::TCP || !is_guess;
        if let Some(entry) = self.keeps_out(transport, flow.endpoints).filter(|_| known && is_reached(flow)) {
            return Standing::Outside(entry);
        }
        let Some(app) = said(flow).filter(|_| known) else {
            let refuted = about.iter().find(|entry| known && is_refuted(flow, entry));
            return match (refuted, about.is_empty()) {
                (Some(entry), _) => Standing::Other(entry),
                (None, true) => Standing::Unlisted,
                (None, false) => Standing::Listed,
            };
        };
        let elsewhere = self
            .entries
            .iter()
            .find(|entry| entry.only && entry.protocols.iter().any(|name| is_kind_of(app, name)));
        // What was said in general only may still be the special kind that is expected.
        let general = |entry: &Expectation| entry.protocols.iter().any(|name| is_kind_of(name, app));
        let of_ports = about.iter().filter(|entry| !entry.ports.is_empty());
        match (of_ports.clone().next(), elsewhere) {
            (Some(_), _) if of_ports.clone().any(|entry| general(entry)) => Standing::Listed,
            (Some(entry), _) => Standing::Other(entry),
            (None, Some(entry)) => Standing::Elsewhere(entry),
            (None, None) => Standing::Unlisted,
        }
    }

    /// The entry that keeps a port to other hosts than these, if one does and no other lets them.
    fn keeps_out(&self, transport: Transport, ends: [Endpoint; 2]) -> Option<&Expectation> {
        let [_, to] = ends;
        let of_port = || self.entries.iter().filter(|entry| entry.names(transport, to.port));
        let keeper = of_port().find(|entry| entry.keeps_ports() && !entry.is_of(ends))?;
        (!of_port().any(|entry| entry.is_of(ends))).then_some(keeper)
    }

    /// Whether nothing needs to be said about a flow's port: it is what is expected there, or its bytes say nothing against
    /// that and it was let in.
    pub(super) fn quiets(&self, flow: &Summary) -> bool {
        match self.judge(flow) {
            Standing::Fits | Standing::Other(_) | Standing::Elsewhere(_) | Standing::Outside(_) => true,
            Standing::Listed if is_contradiction(flow) => false,
            Standing::Listed => flow.counts.iter().all(|count| count.payload > 0) || is_accepted(flow),
            Standing::Unlisted => false,
        }
    }
}

/// Whether the listening side took a connection.
fn is_accepted(flow: &Summary) -> bool {
    use crate::packet::TcpHeader;
    flow.tcp.as_ref().is_some_and(|tcp| tcp.sides.iter().all(|side| side.flags & TcpHeader::SYN != 0))
}

/// Whether somebody said something, or was let in: who only knocks has not come.
fn is_reached(flow: &Summary) -> bool {
    flow.counts.iter().any(|count| count.payload > 0) || is_accepted(flow)
}

/// What a flow is by its bytes.
#[must_use]
pub fn said(flow: &Summary) -> Option<&'static str> {
    flow.app.filter(|_| flow.confidence.is_some_and(|confidence| confidence >= Confidence::Signature))
}

/// Whether the bytes are known not to be what is expected, although it is not known what they are.
fn is_refuted(flow: &Summary, entry: &Expectation) -> bool {
    let promised = |name: &&'static str| flow.port_claims.iter().any(|claim| claim.protocol() == *name);
    // Which is what the verdict says of what the port promises; of all else the bytes say nothing.
    is_contradiction(flow) && entry.protocols.iter().all(promised)
}

/// Whether the bytes are not what the port promises, and nothing else that is known.
#[must_use]
pub fn is_contradiction(flow: &Summary) -> bool {
    flow.verdict == Verdict::Contradicted && flow.app.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_and_ports_are_read_as_they_are_written_and_nothing_is_guessed() {
        for text in ["10.0.0.0/8", "10.0.0.1", "2001:db8::/32", "::1", "0.0.0.0/0", "::/0"] {
            assert_eq!(text.parse::<Network>().map(|network| network.to_string()).as_deref(), Ok(text));
        }
        for text in ["", "10.0.0.1/8", "10.0.0.0/33", "10.0.0", "host", "10.0.0.0/", "2001:db8::1/32"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
        for text in ["3343", "3224-3324", "3343/udp", "1-2/sctp"] {
            assert_eq!(text.parse::<Ports>().map(|ports| ports.to_string()).as_deref(), Ok(text));
        }
        for text in ["", "65536", "9-2", "1/icmp", "1-", "-1", "a"] {
            assert!(text.parse::<Ports>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_network_has_the_hosts_that_begin_alike_and_no_other() {
        let net: Network = "10.0.0.0/8".parse().unwrap();
        let has = |host: &str| net.contains(host.parse().unwrap());
        assert!(has("10.255.0.1") && !has("11.0.0.1") && !has("::ffff:10.0.0.1"));
        let all: Network = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("255.1.2.3".parse().unwrap()) && !all.contains("::1".parse().unwrap()));
    }
}
