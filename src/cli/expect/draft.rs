//! An expectations file that says of a capture what was there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::net::IpAddr;
use std::sync::Arc;
use wiretell::findings::expected::{Network, Ports, is_contradiction, said};
use wiretell::flow::Direction;
use wiretell::key::{Transport, protocol};
use wiretell::output::select::Selection;
use wiretell::shard::Sink;
use wiretell::summary::Summary;
use wiretell::verdict::Verdict;

/// Most listening ends that one worker remembers.
const MOST: usize = 65_536;
/// Most hosts that are listed one by one.
const MOST_HOSTS: usize = 8;
/// Networks larger than these say nothing: a tenth of the Internet, or a provider.
const LEAST_BITS: (u8, u8) = (8, 32);

/// Who listens on which port with which protocol; no protocol: bytes that are not what the port promises.
type Services = BTreeMap<(Transport, u16, Option<&'static str>), BTreeSet<IpAddr>>;

/// What was seen.
#[derive(Default)]
pub(super) struct Seen {
    /// Which flows count; none: all.
    selection: Option<Arc<Selection>>,
    /// The captures' names.
    files: Arc<[String]>,
    services: Services,
    /// What listens on a port that promises something else, which is that.
    against: BTreeMap<(Transport, u16, &'static str), &'static str>,
    ends: usize,
    /// Whether there was more than there is room for.
    pub(super) is_full: bool,
}

impl Sink for Seen {
    fn flow(&mut self, flow: Summary) {
        let file = self.files.get(flow.file as usize).map(String::as_str);
        if self.selection.as_ref().is_some_and(|selection| !selection.selects(&flow, file)) {
            return;
        }
        let [_, to] = flow.endpoints;
        let app = said(&flow);
        // Of TCP that was joined in the middle it is not known who listens.
        let known = flow.protocol != protocol::TCP || flow.direction != Direction::FirstPacket;
        let Some(transport) =
            flow.key.transport().filter(|_| known && (app.is_some() || is_contradiction(&flow)))
        else {
            return;
        };
        self.add(transport, to.port, app, to.address);
        let promised = flow.port_claims.first().filter(|_| flow.verdict == Verdict::Contradicted);
        if let (Some(app), Some(promised)) = (app, promised)
            && self.services.contains_key(&(transport, to.port, Some(app)))
        {
            self.against.insert((transport, to.port, app), promised.protocol());
        }
    }
}

impl Seen {
    /// Nothing yet of flows that fit, if only some count; `files` are the captures' names.
    pub(super) fn of(selection: Option<Arc<Selection>>, files: Arc<[String]>) -> Self {
        Self { selection, files, ..Self::default() }
    }

    fn add(&mut self, transport: Transport, port: u16, app: Option<&'static str>, server: IpAddr) {
        let is_known =
            self.services.get(&(transport, port, app)).is_some_and(|known| known.contains(&server));
        if is_known {
            return;
        }
        if self.ends >= MOST {
            self.is_full = true;
            return;
        }
        self.ends += 1;
        self.services.entry((transport, port, app)).or_default().insert(server);
    }

    /// Takes what another worker has seen.
    pub(super) fn merge(&mut self, other: Self) {
        self.is_full |= other.is_full;
        self.against.extend(other.against);
        for ((transport, port, app), servers) in other.services {
            for server in servers {
                self.add(transport, port, app, server);
            }
        }
    }

    /// The file.
    pub(super) fn text(&self, captures: usize) -> String {
        let files = if captures == 1 { "a capture".to_owned() } else { format!("{captures} captures") };
        let mut text = format!(
            "# What belongs on which ports, drafted by wiretell from {files}: look at each entry, and strike out what\n\
             # should not be there. Use it with: wiretell read --expect FILE --fail-on warning CAPTURE\n"
        );
        let mut entries: BTreeMap<(&str, Vec<String>), Vec<Ports>> = BTreeMap::new();
        for ((transport, port, app), servers) in &self.services {
            let Some(app) = app else { continue };
            // Where something else was spoken by the same host, or by one of the same network, that cannot be listed.
            let odd = self.services.get(&(*transport, *port, None));
            let mut fine = servers.clone();
            fine.retain(|server| odd.is_none_or(|odd| !odd.contains(server)));
            let ports = Ports { first: *port, last: *port, transport: Some(*transport) };
            if fine.len() < servers.len() {
                let _ = writeln!(
                    text,
                    "\n# Not listed: {app} on {ports} of hosts that speak something else there, too."
                );
            }
            if !fine.is_empty() {
                let hosts = hosts(&fine, odd);
                entries.entry((app, hosts)).or_default().push(ports);
            }
        }
        for ((app, servers), ports) in entries {
            let mut odd = Vec::new();
            for own in &ports {
                let promised = own.transport.and_then(|over| self.against.get(&(over, own.first, app)));
                odd.extend(promised.map(|promised| format!("{own} promises {promised}")));
            }
            let ports: Vec<String> = ports.iter().map(|ports| format!("\"{ports}\"")).collect();
            text.push('\n');
            if !odd.is_empty() {
                let _ = writeln!(text, "# Is that meant to be so? {}.", odd.join(", "));
            }
            let _ = writeln!(text, "[[expect]]\nport = {}\nprotocol = \"{app}\"", several(&ports));
            if !servers.is_empty() {
                let _ = writeln!(text, "servers = [{}]", servers.join(", "));
            }
        }
        text
    }
}

/// One value, or several in brackets.
fn several(values: &[String]) -> String {
    match values {
        [one] => one.clone(),
        more => format!("[{}]", more.join(", ")),
    }
}

/// The servers, one by one where they are few, else the smallest network that has all of them, if that is no more than a site;
/// nothing where they are all over the world. None of `odd` is among them.
fn hosts(servers: &BTreeSet<IpAddr>, odd: Option<&BTreeSet<IpAddr>>) -> Vec<String> {
    let one_by_one = || servers.iter().map(|server| format!("\"{server}\"")).collect();
    if servers.len() <= MOST_HOSTS {
        return one_by_one();
    }
    let (v4, v6): (BTreeSet<IpAddr>, BTreeSet<IpAddr>) = servers.iter().partition(|server| server.is_ipv4());
    let mut networks = Vec::new();
    let mut wide = false;
    for (family, least) in [(v4, LEAST_BITS.0), (v6, LEAST_BITS.1)] {
        let (Some(first), Some(last)) = (family.first(), family.last()) else { continue };
        // The lowest and the highest address have in common what all have.
        let width = if first.is_ipv4() { 32 } else { 128 };
        let bits = (0..=width).rev().find(|&bits| Network::of(*first, bits).contains(*last)).unwrap_or(0);
        wide |= bits < least;
        networks.push(Network::of(*first, bits));
    }
    let is_odd = |host: &IpAddr| wide || networks.iter().any(|network| network.contains(*host));
    if odd.is_some_and(|odd| odd.iter().any(is_odd)) {
        return one_by_one();
    }
    if wide { Vec::new() } else { networks.iter().map(|network| format!("\"{network}\"")).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(hosts: &[&str]) -> BTreeSet<IpAddr> {
        hosts.iter().map(|host| host.parse().unwrap()).collect()
    }

    #[test]
    fn few_hosts_are_listed_many_are_a_network_and_those_all_over_the_world_are_not_told() {
        assert_eq!(hosts(&of(&["10.0.0.1", "192.0.2.1"]), None), ["\"10.0.0.1\"", "\"192.0.2.1\""]);
        let many: BTreeSet<IpAddr> = (1..20).map(|host| IpAddr::from([10, 0, 0, host])).collect();
        assert_eq!(hosts(&many, None), ["\"10.0.0.0/27\""]);
        assert_eq!(hosts(&many, Some(&of(&["10.0.0.25"]))).len(), 19);
        assert_eq!(hosts(&many, Some(&of(&["10.0.0.35"]))).len(), 1);
        let wide: BTreeSet<IpAddr> = (1..20).map(|net| IpAddr::from([net * 10, 0, 0, 1])).collect();
        assert!(hosts(&wide, None).is_empty());
    }
}
