//! What IANA registered: looked up in the text of the registry, of which only the ranges are ever parsed as a whole.

use super::registered_index::{RANGES, STARTS};
use crate::key::Transport;
use std::sync::LazyLock;

/// A line a service: `port<TAB>transports<TAB>name<TAB>description`; single ports ascending, then ranges.
static TEXT: &str = include_str!("registered.txt");

/// One registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service {
    /// The first port.
    pub first: u16,
    /// The last port; the same as the first unless a range was registered.
    pub last: u16,
    /// The service's name.
    pub name: &'static str,
    /// IANA's description; empty where it says no more than the name.
    pub description: &'static str,
    /// Whether IANA's own notes say that others use the port too.
    pub contested: bool,
    transports: &'static str,
}

impl Service {
    /// Reads a line.
    fn parse(line: &'static str) -> Option<Self> {
        let mut fields = line.splitn(4, '\t');
        let ports = fields.next()?;
        let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
        let transports = fields.next()?;
        Some(Self {
            first: first.parse().ok()?,
            last: last.parse().ok()?,
            name: fields.next()?,
            description: fields.next()?,
            contested: transports.ends_with('!'),
            transports,
        })
    }

    /// Whether it is registered for `transport`.
    #[must_use]
    pub fn is_over(&self, transport: Transport) -> bool {
        self.transports.contains(match transport {
            Transport::Tcp => 't',
            Transport::Udp => 'u',
            Transport::Sctp => 's',
        })
    }

    /// The transports that it is registered for, as records name them.
    pub fn transports(&self) -> impl Iterator<Item = &'static str> + use<> {
        let letters = self.transports;
        [('t', "tcp"), ('u', "udp"), ('s', "sctp"), ('d', "dccp")]
            .into_iter()
            .filter_map(move |(letter, name)| letters.contains(letter).then_some(name))
    }
}

/// The services from byte `offset` of the text on, which is where a line begins.
fn from_offset(offset: u32) -> impl Iterator<Item = Service> {
    TEXT.get(offset as usize..).unwrap_or_default().lines().filter_map(Service::parse)
}

/// The services whose registration is for `port` alone, the principal one first.
pub fn on(port: u16) -> impl Iterator<Item = Service> {
    let place = STARTS.binary_search_by_key(&port, |&(start, _)| start);
    let start = place.ok().and_then(|place| STARTS.get(place));
    start
        .into_iter()
        .flat_map(|&(_, offset)| from_offset(offset))
        .take_while(move |service| service.first == port && service.last == port)
}

/// The services that have `port` within a registered range.
pub fn around(port: u16) -> impl Iterator<Item = Service> {
    static ALL: LazyLock<Vec<Service>> = LazyLock::new(|| from_offset(RANGES).collect());
    ALL.iter().filter(move |service| (service.first..=service.last).contains(&port)).copied()
}

/// Every service, by port, those of a single port before the ranges.
pub fn all() -> impl Iterator<Item = Service> {
    from_offset(0)
}

#[cfg(test)]
mod tests {
    use super::super::registered_index::{CHECKSUM, SERVICES};
    use super::*;

    #[test]
    fn the_text_is_what_the_generator_wrote() {
        let sum = |sum: u64, (place, byte): (u64, u8)| sum.wrapping_add(place.wrapping_mul(byte.into()));
        assert_eq!((1..).zip(TEXT.bytes()).fold(0, sum), CHECKSUM, "edited by hand? run .ci/port-registry");
    }

    #[test]
    fn every_line_is_read_and_found_again_by_its_port() {
        assert_eq!(all().count(), SERVICES);
        for service in all() {
            assert!(service.transports().count() > 0, "{service:?}");
            let found = if service.first == service.last {
                on(service.first).any(|other| other == service)
            } else {
                around(service.last).any(|other| other == service)
            };
            assert!(found, "{service:?}");
        }
    }

    #[test]
    fn registrations_keep_their_transports() {
        let service = |port| on(port).next().unwrap();
        assert_eq!(service(514).name, "shell");
        assert!(service(514).is_over(Transport::Tcp) && !service(514).is_over(Transport::Udp));
        assert_eq!(service(80).transports().collect::<Vec<_>>(), ["tcp", "udp", "sctp"]);
        assert!(on(61_616).next().is_none());
        assert!(on(4045).next().unwrap().contested);
    }
}
