//! Trying a rule on bytes that are at hand, wherever they would go.

use super::Rule;
use super::pattern::Fit;
use crate::inspect::{Opening, Piece, Said};
use crate::key::{Endpoint, Transport};
use crate::packet::Timestamp;
use std::net::{IpAddr, Ipv4Addr};

/// What one side says: datagrams, or parts of a stream, which is over after them.
struct Side {
    bytes: Vec<u8>,
    pieces: Vec<Piece>,
}

impl Side {
    fn of(parts: &[&[u8]]) -> Self {
        let (mut bytes, mut pieces) = (Vec::new(), Vec::new());
        for (frame, part) in (1..).zip(parts) {
            bytes.extend_from_slice(part);
            let [end, wire_len] = [bytes.len(), part.len()].map(|len| u32::try_from(len).unwrap_or(u32::MAX));
            pieces.push(Piece { time: Timestamp(0), frame, end, wire_len, fragmented: false });
        }
        Self { bytes, pieces }
    }

    fn said(&self) -> Said<'_> {
        Said::new(&self.bytes, &self.pieces, true)
    }
}

/// Whether a rule's patterns fit what a client and a server say over `transport`; ports and hosts are not looked at.
#[must_use]
pub fn takes(rule: &Rule, transport: Transport, client: &[&[u8]], server: &[&[u8]]) -> bool {
    let carried = rule.transports.is_empty() || rule.transports.contains(&transport);
    let (client, server) = (Side::of(client), Side::of(server));
    let end = |port| Endpoint { address: IpAddr::V4(Ipv4Addr::UNSPECIFIED), port };
    let opening = Opening {
        transport,
        initiator: client.said(),
        responder: server.said(),
        endpoints: [end(0), end(0)],
        responder_listens: true,
        from_start: true,
    };
    carried && rule.judge(&opening).0 == Fit::Yes
}
