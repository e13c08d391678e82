//! When flows end, and how many there may be.

use super::SHARDS;
use crate::flow::Flow;
use crate::key::protocol;

/// Nanoseconds for which a closed connection is kept, for what still trickles in (as Zeek's tcp_close_delay).
pub(super) const LINGER_NANOS: u64 = 5_000_000_000;
/// When flows end, and how many there may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most flows alive in this shard.
    pub max_flows: usize,
    /// Nanoseconds without a packet after which a TCP flow is over.
    pub tcp_idle: u64,
    /// The same for UDP and other transports with ports.
    pub udp_idle: u64,
    /// The same for ICMP and everything else.
    pub other_idle: u64,
    /// Nanoseconds after which a record is made of a flow that goes on.
    pub active: u64,
}

impl Default for Limits {
    /// Near Zeek's: TCP 5 minutes, UDP and ICMP 1 minute; active 30 minutes.
    fn default() -> Self {
        const MINUTE: u64 = 60_000_000_000;
        Self {
            max_flows: 1 << 16,
            tcp_idle: 5 * MINUTE,
            udp_idle: MINUTE,
            other_idle: MINUTE,
            active: 30 * MINUTE,
        }
    }
}

/// Fewest flows that a bound must allow to be shared out among shards. Below, one shard holds all flows: the bound is
/// exact, whoever they are between, and so small a table needs no more cores.
const SHARED_OUT: usize = 1 << 16;

impl Limits {
    /// Among how many shards flows are dealt out: it depends on the bound only, so that the number of threads
    /// changes no record.
    #[must_use]
    pub const fn shards(&self) -> usize {
        if self.max_flows < SHARED_OUT { 1 } else { SHARDS }
    }

    /// Nanoseconds without a packet after which a flow is over.
    pub(super) fn idle(&self, flow: &Flow) -> u64 {
        match flow.key.protocol() {
            protocol::TCP if flow.tcp.is_closed() => LINGER_NANOS,
            protocol::TCP => self.tcp_idle,
            protocol::ICMP | protocol::ICMPV6 => self.other_idle,
            _ => self.udp_idle,
        }
    }
}
