//! Gathers what is known about a port, a range or a name.

use super::body::{Body, add_section};
use super::cross_references;
use super::entries::{bullet, join, labelled, ports_of, registration, transports_of, use_entry};
use super::systems::{SYSTEMS, System};
use super::{Entry, Explanation, Section};
use crate::inspect::Inspector;
use crate::key::Transport;
use crate::ports::practice::{self, Use};
use crate::ports::registered::{self, Service};
use crate::ports::{claims, kept_by};

/// Most registrations listed for a protocol; many services are kept by TLS.
const MAX_SERVICES: usize = 8;
/// Most names listed for a range of ports.
const MAX_NAMES: usize = 250;
/// From here on systems choose clients' ports: Linux from 32768, others from 49152 (RFC 6335 section 6).
const EPHEMERAL: u16 = 32_768;

const REGISTERED: &str = "Registered with IANA";
const IN_PRACTICE: &str = "In practice";
const NOBODY: &str = "No service is registered here.";

/// The transports that were asked for.
#[derive(Clone, Copy)]
struct Scope(Option<Transport>);

impl Scope {
    fn transports(self) -> impl Iterator<Item = Transport> {
        [Transport::Tcp, Transport::Udp, Transport::Sctp]
            .into_iter()
            .filter(move |&of| self.0.is_none_or(|asked| asked == of))
    }

    fn covers_service(self, service: &Service) -> bool {
        self.transports().any(|of| service.is_over(of))
    }

    fn covers_use(self, used: &Use) -> bool {
        self.transports().any(|of| used.carriers.contains(of))
    }

    /// `/udp` and the like, or nothing.
    fn suffix(self) -> String {
        self.0.map_or(String::new(), |transport| format!("/{}", transport.name()))
    }
}

/// What is known about one port, over one transport or any.
pub(super) fn port(port: u16, transport: Option<Transport>) -> Explanation {
    let scope = Scope(transport);
    let registrations: Vec<Entry> = registered::on(port)
        .chain(registered::around(port))
        .filter(|service| scope.covers_service(service))
        .map(|service| labelled(join(service.transports(), ", "), registration(&service)))
        .collect();
    let uses: Vec<Entry> = practice::on(port)
        .chain(practice::around(port))
        .filter(|used| scope.covers_use(used))
        .map(|used| {
            let mut entry = use_entry(used, transports_of(used));
            if used.first != used.last {
                entry.text += &[", anywhere in ", &ports_of(used.first, used.last)].concat();
            }
            entry
        })
        .collect();
    let systems: Vec<&System> = SYSTEMS
        .iter()
        .filter(|system| {
            system.ports.iter().any(|&(first, last, carriers)| {
                (first, last) == (port, port) && scope.transports().any(|of| carriers.contains(of))
            })
        })
        .collect();
    let mut protocols = Vec::new();
    for claim in scope.transports().flat_map(|of| claims(of, port)) {
        let name = claim.protocol();
        if !protocols.contains(&name) {
            protocols.push(name);
        }
    }
    // Of a port over any transport: those that somebody uses, and TCP.
    let matters =
        |&of: &Transport| transport.is_some() || of == Transport::Tcp || claims(of, port).next().is_some();
    let over = scope.transports().filter(matters).collect();

    let about = match systems.as_slice() {
        [system] => format!(": {}", system.title),
        _ if registrations.is_empty() && uses.is_empty() => ": nobody's".into(),
        _ => String::new(),
    };
    let mut sections = Vec::new();
    add_section(&mut sections, REGISTERED, or_nobody(registrations));
    if port >= EPHEMERAL {
        let note = "Systems choose clients' ports from these numbers: see which side was listening.";
        add_section(&mut sections, "Note", vec![bullet(note)]);
    }
    add_section(&mut sections, IN_PRACTICE, uses);
    Body { systems, protocols, over, in_full: false, told: None }.write(&mut sections);
    Explanation { title: format!("Port {port}{}{about}", scope.suffix()), sections }
}

/// What lies in a range of ports, both ends included.
pub(super) fn range(first: u16, last: u16, transport: Option<Transport>) -> Explanation {
    let scope = Scope(transport);
    let within = |from: u16, to: u16| from <= last && to >= first;
    let mut uses: Vec<&Use> =
        practice::all().filter(|used| within(used.first, used.last) && scope.covers_use(used)).collect();
    // The use of exactly this range first.
    uses.sort_by_key(|used| (used.first, used.last) != (first, last));
    let uses = uses.into_iter().map(placed_use).collect();
    let systems: Vec<&System> = SYSTEMS
        .iter()
        .filter(|system| system.ports.iter().any(|&(from, to, _)| (from, to) == (first, last)))
        .collect();
    let mut services: Vec<String> = registered::all()
        .filter(|service| within(service.first, service.last) && scope.covers_service(service))
        .map(|service| format!("{} {}", ports_of(service.first, service.last), service.name))
        .collect();
    if services.len() > MAX_NAMES {
        let more = services.split_off(MAX_NAMES).len();
        services.push(format!("and {more} more"));
    }
    let services = if services.is_empty() { Vec::new() } else { vec![bullet(join(services, ", "))] };

    let about = systems.first().map_or(String::new(), |system| format!(": {}", system.title));
    let mut sections: Vec<Section> = Vec::new();
    add_section(&mut sections, IN_PRACTICE, uses);
    let protocols = systems.iter().flat_map(|system| system.protocols.iter().copied()).collect();
    Body { systems, protocols, over: Vec::new(), in_full: false, told: None }.write(&mut sections);
    add_section(&mut sections, REGISTERED, or_nobody(services));
    Explanation { title: format!("Ports {first}-{last}{}{about}", scope.suffix()), sections }
}

/// What is known under a lower-case name; `None` if nothing is.
pub(super) fn name(name: &str) -> Option<Explanation> {
    let own: Vec<Service> = registered::all().filter(|service| service.name == name).collect();
    let used = practice::all().find(|used| used.name == name);
    // A service is explained by the protocol that keeps its promise.
    let kept =
        own.first().and_then(|_| kept_by(name)).and_then(|names| names.first()).copied().unwrap_or(name);
    let system = [name, kept].into_iter().find_map(system_of);
    let inspector = [name, kept].into_iter().find_map(inspector_of);
    let protocols: Vec<&'static str> = match (system, inspector, used, own.first()) {
        (Some(system), ..) => system.protocols.to_vec(),
        (None, Some(inspector), ..) => vec![inspector.name],
        (None, None, Some(used), _) => vec![used.name],
        (None, None, None, Some(service)) => vec![service.name],
        (None, None, None, None) => return None,
    };
    let about = match (system, inspector, used) {
        (Some(system), ..) => system.title.to_owned(),
        (None, Some(inspector), _) if inspector.name == name => inspector.title.to_owned(),
        (None, Some(inspector), _) => format!("{} ({})", inspector.title, inspector.name),
        (None, None, Some(used)) => used.by.to_owned(),
        (None, None, None) => "a registered service".into(),
    };
    let over = Scope(None)
        .transports()
        .filter(|&of| match inspector {
            Some(inspector) => inspector.carriers.contains(of),
            None => {
                own.iter().any(|service| service.is_over(of))
                    || used.is_some_and(|used| used.carriers.contains(of))
            }
        })
        .collect();
    let on_own_port =
        |used: &Use| own.iter().any(|service| (service.first, service.last) == (used.first, used.last));
    let in_practice: Vec<Entry> = practice::all()
        .filter(|used| protocols.contains(&used.name) || on_own_port(used))
        .map(placed_use)
        .collect();
    // Of a service that somebody else's protocol displaces, more is known under its port.
    let see_also = match (system, inspector, own.first()) {
        (None, None, Some(service)) if !in_practice.is_empty() => {
            vec![bullet(format!("wiretell explain {}", ports_of(service.first, service.last)))]
        }
        _ => Vec::new(),
    };

    let mut sections = Vec::new();
    add_section(&mut sections, REGISTERED, registrations(name, &protocols));
    add_section(&mut sections, IN_PRACTICE, in_practice);
    let systems: Vec<&System> = system.into_iter().collect();
    // What is written of a system says it better.
    let told = if systems.is_empty() { cross_references::named(name) } else { None };
    Body { systems, protocols, over, in_full: true, told }.write(&mut sections);
    add_section(&mut sections, "See also", see_also);
    Some(Explanation { title: format!("{name}: {about}"), sections })
}

fn system_of(name: &str) -> Option<&'static System> {
    SYSTEMS.iter().find(|system| system.protocols.contains(&name) || system.also.contains(&name))
}

fn inspector_of(name: &str) -> Option<&'static Inspector> {
    crate::protocols::named(name)
}

/// The services of that name, then those that one of `protocols` is usually behind.
fn registrations(name: &str, protocols: &[&str]) -> Vec<Entry> {
    let is_meant = |service: &Service| match kept_by(service.name).and_then(|names| names.first()) {
        Some(usual) => protocols.contains(usual),
        None => protocols.contains(&service.name),
    };
    let mut services: Vec<Service> =
        registered::all().filter(|service| service.name == name || is_meant(service)).collect();
    services.sort_by_key(|service| service.name != name);
    let more = services.len().saturating_sub(MAX_SERVICES);
    let listed = services.iter().take(MAX_SERVICES).map(|service| {
        let ports = ports_of(service.first, service.last);
        labelled(format!("{ports} {}", join(service.transports(), ", ")), registration(service))
    });
    let rest = (more > 0).then(|| bullet(format!("{more} more services are expected to speak it.")));
    listed.chain(rest).collect()
}

/// A use with its ports and transports.
fn placed_use(used: &'static Use) -> Entry {
    use_entry(used, format!("{} {}", ports_of(used.first, used.last), transports_of(used)))
}

fn or_nobody(entries: Vec<Entry>) -> Vec<Entry> {
    if entries.is_empty() { vec![bullet(NOBODY)] } else { entries }
}
