//! Whether servers listen on a port: for guessing who opened a flow whose beginning was not captured.

use super::practice;
use crate::key::Transport;
use crate::protocols::INSPECTORS;
use std::sync::LazyLock;

/// How likely a port is a listening one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Listens {
    /// Any client may have it as its ephemeral port.
    Anyone,
    /// Some protocol is usual on it, or it is a system port (RFC 6335 section 6: below 1024).
    Usual,
    /// Some protocol is usual on it, and it is too low for any client: those that want a privileged port take
    /// theirs from 512 to 1023, as rcp and NFS do.
    Servers,
}

/// First port that is no system port.
const FIRST_USER_PORT: u16 = 1024;

/// First port that systems of old give to privileged clients.
const FIRST_PRIVILEGED_CLIENT: u16 = 512;

/// Whether systems give the port to clients that ask for none: old ones give 1024 to 5000, all others such above 32767.
#[must_use]
pub const fn is_clients(port: u16) -> bool {
    /// Last port that Windows XP and its forerunners give to clients.
    const LAST_OF_OLD: u16 = 5000;
    /// First port that Linux gives to clients; RFC 6335 begins at 49152.
    const FIRST: u16 = 32_768;
    matches!(port, FIRST_USER_PORT..=LAST_OF_OLD | FIRST..)
}

/// How likely `port` is a listening one.
#[must_use]
pub fn listens(transport: Transport, port: u16) -> Listens {
    static TCP: LazyLock<Vec<Listens>> = LazyLock::new(|| usual_ports(Transport::Tcp));
    static UDP: LazyLock<Vec<Listens>> = LazyLock::new(|| usual_ports(Transport::Udp));
    static SCTP: LazyLock<Vec<Listens>> = LazyLock::new(|| usual_ports(Transport::Sctp));
    let usual = match transport {
        Transport::Tcp => &TCP,
        Transport::Udp => &UDP,
        Transport::Sctp => &SCTP,
    };
    usual.get(usize::from(port)).copied().unwrap_or(Listens::Anyone)
}

fn usual_ports(transport: Transport) -> Vec<Listens> {
    let mut usual = vec![Listens::Anyone; 1 << 16];
    let of_inspectors = INSPECTORS.iter().filter(|i| i.carriers.contains(transport)).flat_map(|i| i.ports);
    let in_practice =
        practice::single().filter(|used| used.carriers.contains(transport)).map(|used| &used.first);
    for &port in of_inspectors.chain(in_practice) {
        if let Some(slot) = usual.get_mut(usize::from(port)) {
            *slot = if port < FIRST_PRIVILEGED_CLIENT { Listens::Servers } else { Listens::Usual };
        }
    }
    for slot in usual.iter_mut().take(usize::from(FIRST_USER_PORT)).skip(1) {
        *slot = (*slot).max(Listens::Usual);
    }
    usual
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_listen_on_system_ports_and_on_those_in_use_and_clients_on_the_rest() {
        assert_eq!(listens(Transport::Tcp, 22), Listens::Servers);
        assert_eq!(listens(Transport::Tcp, 1), Listens::Usual);
        assert_eq!(listens(Transport::Tcp, 873), Listens::Usual);
        assert_eq!(listens(Transport::Udp, 3391), Listens::Usual);
        assert_eq!(listens(Transport::Tcp, 51_234), Listens::Anyone);
        assert_eq!(listens(Transport::Udp, 0), Listens::Anyone);
    }
}
