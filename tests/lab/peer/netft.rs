//! A node of a Windows failover cluster, as far as others see it: heartbeats on every route, and frames of the
//! virtual adapter.
//!
//! The route control packet has the layout that is publicly known (16 bytes, little-endian, and an extension with
//! the address pair). Its real composition after that is not public: a signature extension of zeros and a
//! counter fills it here to the 92 bytes that a heartbeat of 134 bytes on Ethernet leaves over IPv4.

use crate::virtual_adapter;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

const PORT: u16 = 3343;
const IDENTIFIER: [u8; 4] = [0x55; 4];
pub(crate) const REQUEST: u16 = 0;
pub(crate) const RESPONSE: u16 = 1;
/// Kinds of extension headers.
const NONE: u16 = 0;
const IPV4_PAIR: u16 = 1;
const IPV6_PAIR: u16 = 2;
const SIGNATURE: u16 = 3;
/// UDP payload of a heartbeat that takes 134 bytes on Ethernet over IPv4.
const HEARTBEAT: usize = 92;

/// One way to another node.
struct Route {
    remote: IpAddr,
    sequence: u32,
    next: Instant,
    /// When to open a connection inside the tunnel, if ever.
    tunnel_at: Option<Instant>,
}

/// Runs a node for so many seconds; its routes are `LOCAL,REMOTE,FIRST_SEQUENCE[,tunnel]`.
pub(crate) fn run(seconds: u64, period_ms: u64, routes: &[&str]) {
    let start = Instant::now();
    let end = start + Duration::from_secs(seconds);
    let period = Duration::from_millis(period_ms);
    let mut by_local: Vec<(IpAddr, Vec<Route>)> = Vec::new();
    for (index, route) in (0_u64..).zip(routes) {
        let words: Vec<&str> = route.split(',').collect();
        let local: IpAddr = words[0].parse().expect("the local address");
        let route = Route {
            remote: words[1].parse().expect("the remote address"),
            sequence: words[2].parse().expect("the first sequence number"),
            // The driver's timers are not in step with each other.
            next: start + Duration::from_millis(100 + 37 * index),
            tunnel_at: (words.get(3) == Some(&"tunnel")).then(|| start + Duration::from_millis(2_500)),
        };
        match by_local.iter_mut().find(|(address, _)| *address == local) {
            Some((_, routes)) => routes.push(route),
            None => by_local.push((local, vec![route])),
        }
    }
    std::thread::scope(|scope| {
        for (local, routes) in by_local {
            scope.spawn(move || serve(local, routes, period, end));
        }
    });
}

/// Sends requests when they are due, and answers what comes in.
fn serve(local: IpAddr, mut routes: Vec<Route>, period: Duration, end: Instant) {
    let socket = UdpSocket::bind(SocketAddr::new(local, PORT)).expect("port 3343 is free");
    let mut datagram = [0; 2_048];
    loop {
        let now = Instant::now();
        if now >= end {
            return;
        }
        for route in &mut routes {
            let to = SocketAddr::new(route.remote, PORT);
            if route.next <= now {
                // A firewall's refusal must not stop a node.
                let _ = socket.send_to(&heartbeat(REQUEST, route.sequence, local, route.remote), to);
                route.sequence = route.sequence.wrapping_add(1);
                route.next += period;
            }
            if route.tunnel_at.is_some_and(|at| at <= now) {
                route.tunnel_at = None;
                let _ = socket.send_to(&virtual_adapter::open(local, route.remote), to);
            }
        }
        let due = routes
            .iter()
            .flat_map(|route| [Some(route.next), route.tunnel_at])
            .flatten()
            .min()
            .unwrap_or(end);
        let wait = due.min(end).saturating_duration_since(now).max(Duration::from_millis(1));
        socket.set_read_timeout(Some(wait)).unwrap();
        let Ok((len, from)) = socket.recv_from(&mut datagram) else {
            continue;
        };
        let said = &datagram[..len];
        let reply = if said.starts_with(&IDENTIFIER) {
            (said[6..8] == REQUEST.to_le_bytes()).then(|| {
                heartbeat(RESPONSE, u32::from_le_bytes(said[12..16].try_into().unwrap()), local, from.ip())
            })
        } else {
            virtual_adapter::reply(said)
        };
        if let Some(reply) = reply {
            let _ = socket.send_to(&reply, from);
        }
    }
}

/// A route control packet between two addresses.
pub(crate) fn heartbeat(kind: u16, sequence: u32, local: IpAddr, remote: IpAddr) -> Vec<u8> {
    let (pair, addresses) = match (local, remote) {
        (IpAddr::V4(local), IpAddr::V4(remote)) => (IPV4_PAIR, [local.octets(), remote.octets()].concat()),
        (IpAddr::V6(local), IpAddr::V6(remote)) => (IPV6_PAIR, [local.octets(), remote.octets()].concat()),
        _ => panic!("both ends of a route are of one family"),
    };
    let mut packet = IDENTIFIER.to_vec();
    packet.extend([1, 0]);
    for word in [kind, pair, u16::try_from(HEARTBEAT).unwrap()] {
        packet.extend(word.to_le_bytes());
    }
    packet.extend(sequence.to_le_bytes());
    packet.extend(SIGNATURE.to_le_bytes());
    packet.extend(u16::try_from(8 + addresses.len()).unwrap().to_le_bytes());
    packet.extend([0; 4]);
    packet.extend(addresses);
    let signature = HEARTBEAT - packet.len();
    packet.extend(NONE.to_le_bytes());
    packet.extend(u16::try_from(signature).unwrap().to_le_bytes());
    packet.extend([0; 4]);
    packet.extend(sequence.wrapping_mul(2_654_435_761).to_le_bytes());
    packet.resize(HEARTBEAT, 0);
    packet
}
