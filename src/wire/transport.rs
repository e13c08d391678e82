//! What IP carries: ports, TCP's header, and where the payload begins and ends.

use super::datagram::suspect;
use super::view::View;
use super::{Ends, Outcome, Skip, Walk};
use crate::key::{Endpoint, FlowKey, protocol};
use crate::packet::{Packet, Span, TcpHeader};
use etherparse::{TcpHeaderSlice, UdpHeaderSlice};

/// Bytes of SCTP's common header (RFC 9260 section 3.1); chunks follow.
const SCTP_HEADER: usize = 12;
/// Bytes of UDP's header (RFC 768).
const UDP_HEADER: usize = 8;
/// Bytes of TCP's header without options (RFC 9293 section 3.1).
const TCP_HEADER: usize = 20;
/// Longest Ethernet padding that IP's length may wrongly include, in bytes: 46 less two headers of 20.
const MAX_PADDING: usize = 6;
/// Datagram Congestion Control Protocol.
const DCCP: u8 = 33;

impl Walk<'_> {
    /// What the protocol number announces.
    #[inline]
    pub(super) fn upper(&mut self, ends: Ends, protocol: u8, view: View<'_>) -> Outcome {
        match protocol {
            protocol::TCP => self.tcp(ends, view),
            protocol::UDP => self.udp(ends, view),
            other => self.other_upper(ends, other, view),
        }
    }

    fn other_upper(&mut self, ends: Ends, protocol: u8, view: View<'_>) -> Outcome {
        match protocol {
            protocol::SCTP => self.ported(ends, protocol, view, SCTP_HEADER),
            // Bytes 4 and 5 are the checksum's coverage instead of a length (RFC 3828 section 3.1).
            protocol::UDP_LITE => self.ported(ends, protocol, view, UDP_HEADER),
            // The header's length in words is at byte 4 (RFC 4340 section 5.1).
            DCCP => self.ported(ends, protocol, view, usize::from(view.u8(4)?) * 4),
            protocol::ICMP if ends.source.is_ipv4() => self.icmp(ends, view),
            protocol::ICMPV6 => self.icmpv6(ends, view),
            _ => match self.tunnel(ends, protocol, view) {
                Some(outcome) => outcome,
                None => Ok(self.flow(ends, protocol, (0, 0), view)),
            },
        }
    }

    #[inline]
    fn tcp(&mut self, ends: Ends, view: View<'_>) -> Outcome {
        let Ok(header) = TcpHeaderSlice::from_slice(view.bytes()) else {
            return self.broken_tcp(ends, view);
        };
        let ports = (header.source_port(), header.destination_port());
        let flags = view.u8(13)?;
        let mut payload = view.after(header.slice().len())?;
        // Some middleboxes count the padding of a bare acknowledgement into IP's length. Taken for data, the zeros
        // would stand in the stream where the next segment belongs.
        if flags == TcpHeader::ACK
            && payload.wire() <= MAX_PADDING
            && payload.bytes().iter().all(|&byte| byte == 0)
        {
            payload = payload.at_most(0);
        }
        let mut packet = self.flow(ends, protocol::TCP, ports, payload);
        packet.tcp = TcpHeader {
            flags,
            sequence: header.sequence_number(),
            acknowledgement: header.acknowledgment_number(),
        };
        Ok(packet)
    }

    /// A header that the capture cut, or whose length is wrong: the ports still tell the flow.
    #[cold]
    fn broken_tcp(&mut self, ends: Ends, view: View<'_>) -> Outcome {
        let ports = (view.u16(0)?, view.u16(2)?);
        if self.strict && view.u8(12).is_ok_and(|byte| byte >> 4 < 5) {
            return Err(Skip::Malformed);
        }
        let header = view.u8(12).map_or(TCP_HEADER, |byte| usize::from(byte >> 4) * 4);
        let payload = if header < TCP_HEADER { view.at_most(0) } else { view.after_or_empty(header) };
        let mut packet = self.flow(ends, protocol::TCP, ports, payload);
        if let (Ok(sequence), Ok(acknowledgement), Ok(flags)) = (view.u32(4), view.u32(8), view.u8(13)) {
            packet.tcp = TcpHeader { flags, sequence, acknowledgement };
        }
        Ok(packet)
    }

    #[inline]
    fn udp(&mut self, ends: Ends, view: View<'_>) -> Outcome {
        let Ok(header) = UdpHeaderSlice::from_slice(view.bytes()) else {
            return self.ported(ends, protocol::UDP, view, UDP_HEADER);
        };
        let ports = (header.source_port(), header.destination_port());
        // 0 is a jumbogram's (RFC 2675 section 4) or what offloading left to the network card.
        let datagram = match usize::from(header.length()) {
            0 => view,
            length if self.strict && !(UDP_HEADER..=view.wire()).contains(&length) => {
                return Err(Skip::Malformed);
            }
            length if length < UDP_HEADER => view.at_most(UDP_HEADER),
            length => view.at_most(length),
        };
        let payload = datagram.after(UDP_HEADER)?;
        match suspect(ports, payload) {
            None => Ok(self.flow(ends, protocol::UDP, ports, payload)),
            Some(dialect) => {
                let inside = self.tunnelled(dialect, ends, payload);
                self.or_flow(inside, |walk| walk.flow(ends, protocol::UDP, ports, payload))
            }
        }
    }

    /// A transport whose header begins with two ports and is `header` bytes long.
    fn ported(&mut self, ends: Ends, protocol: u8, view: View<'_>, header: usize) -> Outcome {
        let ports = (view.u16(0)?, view.u16(2)?);
        Ok(self.flow(ends, protocol, ports, view.after_or_empty(header)))
    }

    /// The packet of the flow between `ends`.
    #[inline]
    pub(super) fn flow(&self, ends: Ends, protocol: u8, ports: (u16, u16), payload: View<'_>) -> Packet {
        let source = Endpoint { address: ends.source, port: ports.0 };
        let destination = Endpoint { address: ends.destination, port: ports.1 };
        let (key, from_low) = FlowKey::new(source, destination, protocol, self.scope.number());
        let captured = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        Packet {
            time: self.frame.time,
            frame: self.frame.number,
            key,
            from_low,
            truncated: payload.missing() > 0,
            reassembled: false,
            fragmented: false,
            fragment: false,
            digits: self.frame.digits,
            ident: self.ident,
            wire_len: self.frame.wire,
            payload: Span { start: payload.start(), len: captured },
            payload_wire_len: captured.saturating_add(payload.missing()),
            tcp: TcpHeader::default(),
        }
    }
}

/// The ports that begin a transport's header, where that transport has ports.
pub(super) fn ports(protocol: u8, view: View<'_>) -> Result<Option<(u16, u16)>, Skip> {
    match protocol {
        protocol::TCP | protocol::UDP | protocol::SCTP | protocol::UDP_LITE | DCCP => {
            Ok(Some((view.u16(0)?, view.u16(2)?)))
        }
        _ => Ok(None),
    }
}
