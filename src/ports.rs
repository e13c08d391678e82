//! What a port promises: registered names, uses in practice, ranges, and the protocols that keep the promise.
//!
//! Only the port of the side that was listening may be asked for; a client's ephemeral port promises
//! nothing. A promise is a hint with a basis, never a recognition: bytes confirm or contradict it.

use crate::key::Transport;
use crate::protocols;

pub mod book;
mod hints;
pub mod listening;
pub mod practice;
pub mod registered;
mod registered_index;
mod services;

/// What a promise rests on, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// The user said so.
    User,
    /// A known use, whoever registered the port.
    Practice,
    /// IANA's registry.
    Registered,
    /// The port is one of a range, registered or in use.
    Range,
}

impl Basis {
    /// The name that records use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Practice => "practice",
            Self::Registered => "registered",
            Self::Range => "range",
        }
    }
}

/// What a listening port promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortClaim {
    /// The service's name as registered, or the canonical name of the protocol used in practice.
    pub name: &'static str,
    /// What the promise rests on.
    pub basis: Basis,
    /// What the service is, in the words of its registration or of its users; empty if the name says it all.
    pub about: &'static str,
}

impl PortClaim {
    /// A promise that the user made for a port (`--decode-as`).
    #[must_use]
    pub const fn by_user(name: &'static str) -> Self {
        Self { name, basis: Basis::User, about: "" }
    }

    /// The canonical name of the protocol that is meant: the label of a flow of which only the port speaks.
    #[must_use]
    pub fn protocol(&self) -> &'static str {
        kept_by(self.name).and_then(|names| names.first()).unwrap_or(&self.name)
    }

    /// The same over a transport: nobody is meant who is not carried by it.
    #[must_use]
    pub fn protocol_over(&self, transport: Transport) -> &'static str {
        let is_carried =
            |name: &&&str| protocols::named(name).is_none_or(|by| by.carriers.contains(transport));
        kept_by(self.name).and_then(|names| names.iter().find(is_carried)).unwrap_or(&self.name)
    }
}

/// A promise that the user makes for ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeAs {
    /// Over what.
    pub transport: Transport,
    /// The first port.
    pub first: u16,
    /// The last port; the same as the first for a single one.
    pub last: u16,
    /// The canonical name of the protocol.
    pub name: &'static str,
}

impl DecodeAs {
    /// The promise, if it is made for this port.
    #[must_use]
    pub fn claim(&self, transport: Transport, port: u16) -> Option<PortClaim> {
        let meant = self.transport == transport && (self.first..=self.last).contains(&port);
        meant.then_some(PortClaim::by_user(self.name))
    }
}

/// The promises of a listening `port`: uses in practice, then registered names, then ranges; none twice.
///
/// Allocates nothing; fast enough for once per flow.
pub fn claims(transport: Transport, port: u16) -> impl Iterator<Item = PortClaim> {
    let of_use = move |used: &'static practice::Use, basis| {
        let claim = PortClaim { name: used.name, basis, about: used.by };
        used.carriers.contains(transport).then_some(claim)
    };
    let of_service = move |service: registered::Service, basis| {
        let claim = PortClaim { name: service.name, basis, about: service.description };
        service.is_over(transport).then_some(claim)
    };
    let practice = practice::on(port).filter_map(move |used| of_use(used, Basis::Practice));
    let registered = move || {
        registered::on(port)
            // What is also used as registered is one promise, not two.
            .filter(move |service| {
                !practice::on(port).any(|used| used.name == service.name && used.carriers.contains(transport))
            })
            .filter_map(move |service| of_service(service, Basis::Registered))
    };
    // Of several that a port is registered to, that one is meant of which anything is known: nfs on 2049, not shilp.
    let registered = registered().filter(is_known).chain(registered().filter(|claim| !is_known(claim)));
    let ranges = practice::around(port)
        .filter_map(move |used| of_use(used, Basis::Range))
        .chain(registered::around(port).filter_map(move |service| of_service(service, Basis::Range)));
    practice.chain(registered).chain(ranges)
}

/// Whether a flow that speaks `protocol` (canonical name) keeps what `claim` promises.
#[must_use]
pub fn promises(claim: &PortClaim, protocol: &str) -> bool {
    let mut name = protocol;
    // A protocol keeps the promise of whatever it is a kind of. Longer chains of kinds do not exist.
    for _ in 0..4 {
        if keeps(claim, name) {
            return true;
        }
        let Some(general) = protocols::named(name).and_then(|inspector| inspector.refines) else {
            return false;
        };
        name = general;
    }
    false
}

fn keeps(claim: &PortClaim, protocol: &str) -> bool {
    if claim.name == protocol {
        return true;
    }
    match kept_by(claim.name) {
        Some(names) => names.contains(&protocol),
        // A service of which nothing is known but its description: what that says about the layer below.
        None if claim.basis >= Basis::Registered => {
            hints::expect(claim.about, protocol) && protocols::named(claim.name).is_none()
        }
        None => false,
    }
}

/// Whether it is known by what a service's promise is kept.
fn is_known(claim: &PortClaim) -> bool {
    kept_by(claim.name).map_or_else(|| protocols::named(claim.name).is_some(), |names| !names.is_empty())
}

/// The canonical names of the protocols that keep the promise of `service`'s name, the usual one first;
/// `None` if it is kept by the protocol of the same name, if there is one; none if it is known that no other keeps it.
#[must_use]
pub fn kept_by(service: &str) -> Option<&'static [&'static str]> {
    let place = services::SERVICES.binary_search_by_key(&service, |&(name, _)| name);
    place.ok().and_then(|place| services::SERVICES.get(place)).map(|&(_, names)| names)
}

#[cfg(test)]
mod tests;
