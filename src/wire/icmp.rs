//! ICMP and ICMPv6: types as ports, and the packets that errors quote.
//!
//! A request and its answer are one flow: the type stands where a port would, and the type that answers it in the
//! other port's place, as Community ID v1 has it. Of a type that nothing answers, the code stands there.

use super::fragments::Fragment;
use super::transport::ports;
use super::view::View;
use super::{Ends, Outcome, Skip, Walk};
use crate::key::{Endpoint, FlowKey, protocol};
use crate::packet::IcmpError;
use etherparse::{Ipv4HeaderSlice, Ipv6HeaderSlice};

/// Types of ICMP and what answers them (RFC 792, 950, 1256).
const PAIRS_V4: [(u8, u8); 5] = [(8, 0), (13, 14), (15, 16), (17, 18), (10, 9)];
/// Types of ICMPv6 and what answers them (RFC 4443, 2710, 4861, 4620, 8335).
const PAIRS_V6: [(u8, u8); 6] = [(128, 129), (133, 134), (135, 136), (130, 131), (139, 140), (144, 145)];

/// Bytes before the quoted packet, in either version's errors.
const ERROR_HEADER: usize = 8;

/// The type and code of a message, as a flow's ports from its sender to its receiver.
fn ports_of(pairs: &[(u8, u8)], kind: u8, code: u8) -> (u16, u16) {
    let counterpart = pairs.iter().find_map(|&(ask, answer)| match kind {
        _ if kind == ask => Some(answer),
        _ if kind == answer => Some(ask),
        _ => None,
    });
    (kind.into(), counterpart.unwrap_or(code).into())
}

impl Walk<'_> {
    /// ICMP (RFC 792).
    pub(super) fn icmp(&mut self, ends: Ends, view: View<'_>) -> Outcome {
        let [kind, code] = view.array(0)?;
        // Unreachable, source quench, redirect, time exceeded, parameter problem.
        if matches!(kind, 3 | 4 | 5 | 11 | 12) {
            self.quote(ends, view, (kind, code), false);
        }
        Ok(self.flow(ends, protocol::ICMP, ports_of(&PAIRS_V4, kind, code), view))
    }

    /// ICMPv6 (RFC 4443).
    pub(super) fn icmpv6(&mut self, ends: Ends, view: View<'_>) -> Outcome {
        let [kind, code] = view.array(0)?;
        // Unreachable, packet too big, time exceeded, parameter problem.
        if matches!(kind, 1..=4) {
            self.quote(ends, view, (kind, code), true);
        }
        Ok(self.flow(ends, protocol::ICMPV6, ports_of(&PAIRS_V6, kind, code), view))
    }

    /// Remembers the flow of the packet that an error quotes, where enough of it is there.
    fn quote(&mut self, ends: Ends, view: View<'_>, (kind, code): (u8, u8), v6: bool) {
        let quoted =
            view.after(ERROR_HEADER).and_then(|inner| if v6 { quoted_v6(inner) } else { quoted_v4(inner) });
        let Ok((quoted_ends, protocol, quoted_ports)) = quoted else { return };
        let ports = quoted_ports.unwrap_or_default();
        let source = Endpoint { address: quoted_ends.source, port: ports.0 };
        let destination = Endpoint { address: quoted_ends.destination, port: ports.1 };
        let (key, quoted_from_low) = FlowKey::new(source, destination, protocol, self.scope.number());
        self.decoder.icmp_error = Some(IcmpError {
            time: self.frame.time,
            frame: self.frame.number,
            reporter: ends.source,
            key,
            quoted_from_low,
            kind,
            code,
            v6,
            ports_cut: quoted_ports.is_none(),
            mtu: next_mtu(view, (kind, code), v6),
        });
    }
}

/// What the next hop takes, as the router says that found a packet too big for it; routers before RFC 1191 say 0.
fn next_mtu(view: View<'_>, (kind, code): (u8, u8), v6: bool) -> Option<u32> {
    let mtu = match (v6, kind, code) {
        (false, 3, 4) => view.u16(6).ok().map(u32::from),
        (true, 2, _) => view.array(4).ok().map(u32::from_be_bytes),
        _ => None,
    };
    mtu.filter(|&mtu| mtu > 0)
}

/// Between whom, over what, and the ports, unless the capture cut them off.
type Quoted = (Ends, u8, Option<(u16, u16)>);

/// At least the header and 64 bits of an IPv4 packet are quoted (RFC 792); ports suffice.
fn quoted_v4(view: View<'_>) -> Result<Quoted, Skip> {
    let header = Ipv4HeaderSlice::from_slice(view.bytes()).map_err(|_| Skip::Malformed)?;
    if header.fragments_offset().value() != 0 {
        return Err(Skip::Malformed);
    }
    let ends = Ends { source: header.source().into(), destination: header.destination().into() };
    quoted_ports(ends, header.protocol().0, view.after(header.slice().len()))
}

fn quoted_v6(view: View<'_>) -> Result<Quoted, Skip> {
    let header = Ipv6HeaderSlice::from_slice(view.bytes()).map_err(|_| Skip::Malformed)?;
    let ends = Ends { source: header.source().into(), destination: header.destination().into() };
    let (mut protocol, mut inner) = (header.next_header().0, view.after(40)?);
    // Hop-by-hop, routing and destination options, and a first fragment: RFC 8200 section 4.
    for _ in 0..8 {
        match protocol {
            0 | 43 | 60 => {
                let [next, length] = inner.array(0)?;
                (protocol, inner) = (next, inner.after((usize::from(length) + 1) * 8)?);
            }
            44 if Fragment::is_first(inner.u16(2)?) => (protocol, inner) = (inner.u8(0)?, inner.after(8)?),
            44 => return Err(Skip::Malformed),
            _ => break,
        }
    }
    quoted_ports(ends, protocol, Ok(inner))
}

fn quoted_ports(ends: Ends, protocol: u8, view: Result<View<'_>, Skip>) -> Result<Quoted, Skip> {
    match view.and_then(|view| flow_ports(protocol, view)) {
        Ok(ports) => Ok((ends, protocol, Some(ports))),
        Err(Skip::TruncatedHeaders) => Ok((ends, protocol, None)),
        Err(skip) => Err(skip),
    }
}

/// The ports that a packet of `protocol` beginning with `view` has in its flow's key; 0 where it has none.
pub(super) fn flow_ports(protocol: u8, view: View<'_>) -> Result<(u16, u16), Skip> {
    match protocol {
        protocol::ICMP | protocol::ICMPV6 => {
            let [kind, code] = view.array(0)?;
            let pairs = if protocol == protocol::ICMP { &PAIRS_V4[..] } else { &PAIRS_V6[..] };
            Ok(ports_of(pairs, kind, code))
        }
        _ => Ok(ports(protocol, view)?.unwrap_or_default()),
    }
}
