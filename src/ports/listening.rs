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
}

/// First port that is no system port.
const FIRST_USER_PORT: u16 = 1024;

/// How likely `port` is a listening one.
#[must_use]
pub fn listens(transport: Transport, port: u16) -> Listens {
    static TCP: LazyLock<Vec<bool>> = LazyLock::new(|| usual_ports(Transport::Tcp));
    static UDP: LazyLock<Vec<bool>> = LazyLock::new(|| usual_ports(Transport::Udp));
    static SCTP: LazyLock<Vec<bool>> = LazyLock::new(|| usual_ports(Transport::Sctp));
    let usual = match transport {
        Transport::Tcp => &TCP,
        Transport::Udp => &UDP,
        Transport::Sctp => &SCTP,
    };
    if usual.get(usize::from(port)).copied().unwrap_or(false) { Listens::Usual } else { Listens::Anyone }
}

fn usual_ports(transport: Transport) -> Vec<bool> {
    let mut usual = vec![false; 1 << 16];
    let of_inspectors = INSPECTORS.iter().filter(|i| i.carriers.contains(transport)).flat_map(|i| i.ports);
    let in_practice =
        practice::single().filter(|used| used.carriers.contains(transport)).map(|used| &used.first);
    for &port in of_inspectors.chain(in_practice) {
        if let Some(slot) = usual.get_mut(usize::from(port)) {
            *slot = true;
        }
    }
    for slot in usual.iter_mut().take(usize::from(FIRST_USER_PORT)).skip(1) {
        *slot = true;
    }
    usual
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_listen_on_system_ports_and_on_those_in_use_and_clients_on_the_rest() {
        assert_eq!(listens(Transport::Tcp, 22), Listens::Usual);
        assert_eq!(listens(Transport::Udp, 3391), Listens::Usual);
        assert_eq!(listens(Transport::Tcp, 51_234), Listens::Anyone);
        assert_eq!(listens(Transport::Udp, 0), Listens::Anyone);
    }
}
