//! IPv4 and IPv6: addresses, extension headers, fragments, and how long the payload really is.

use super::fragments::{Fragment, Progress};
use super::view::View;
use super::{Ends, Outcome, Skip, Walk};
use crate::report::Moment;
use etherparse::{Ipv4HeaderSlice, Ipv6HeaderSlice};
use std::net::IpAddr;

/// IPv6 extension headers (RFC 8200 section 4), and others with the same layout that a transport may follow.
mod extension {
    pub(super) const HOP_BY_HOP: u8 = 0;
    pub(super) const ROUTING: u8 = 43;
    pub(super) const FRAGMENT: u8 = 44;
    pub(super) const DESTINATION: u8 = 60;
    /// RFC 5533.
    pub(super) const SHIM6: u8 = 140;
}

/// Most extension headers of a packet that are passed over; RFC 8200 knows seven, and each at most twice.
const MAX_EXTENSIONS: usize = 16;

/// Bytes of IPv6's fixed header.
const IPV6_HEADER: usize = 40;

impl Walk<'_> {
    /// An IPv4 packet (RFC 791 section 3.1).
    #[inline]
    pub(super) fn ipv4(&mut self, view: View<'_>) -> Outcome {
        let header = Ipv4HeaderSlice::from_slice(view.bytes()).map_err(|error| {
            use etherparse::err::ipv4::HeaderSliceError::{Content, Len};
            match error {
                Len(lengths) if lengths.required_len <= view.wire() => Skip::TruncatedHeaders,
                Len(_) | Content(_) => Skip::Malformed,
            }
        })?;
        let header_len = header.slice().len();
        let total = usize::from(header.total_len());
        // 0: the network card was to fill it in (segmentation offload); the frame tells then.
        let whole = if total == 0 { view } else { view.bounded(total) };
        if total < header_len && total != 0 || self.strict && (total == 0 || total > view.wire()) {
            return Err(Skip::Malformed);
        }
        let payload = whole.after(header_len)?;
        let ends =
            Ends { source: IpAddr::from(header.source()), destination: IpAddr::from(header.destination()) };
        let protocol = header.protocol().0;
        self.ident = header.identification();
        if header.is_fragmenting_payload() {
            let fragment = Fragment {
                id: header.identification().into(),
                offset: usize::from(header.fragments_offset().value()) * 8,
                more: header.more_fragments(),
                protocol,
                ends,
            };
            return self.fragment(&fragment, payload);
        }
        self.upper(ends, protocol, payload)
    }

    /// An IPv6 packet (RFC 8200 section 3).
    #[inline]
    pub(super) fn ipv6(&mut self, view: View<'_>) -> Outcome {
        let header = Ipv6HeaderSlice::from_slice(view.bytes()).map_err(|_| {
            // Too short, or not version 6.
            if view.len() >= IPV6_HEADER {
                Skip::Malformed
            } else {
                view.after(IPV6_HEADER).err().unwrap_or(Skip::Malformed)
            }
        })?;
        let ends =
            Ends { source: IpAddr::from(header.source()), destination: IpAddr::from(header.destination()) };
        let length = usize::from(header.payload_length());
        let payload = view.after(IPV6_HEADER)?;
        let protocol = header.next_header().0;
        self.ident = 0;
        // In a guessed tunnel nothing may be left open: not the length, nor what a packet without contents is for.
        if self.strict && (length == 0 || protocol == 59 || length > payload.wire()) {
            return Err(Skip::Malformed);
        }
        // 0: a jumbogram (RFC 2675), or the network card was to fill it in; 59 is the one that has nothing.
        let payload = if length == 0 && protocol != 59 { payload } else { payload.bounded(length) };
        match protocol {
            extension::HOP_BY_HOP
            | extension::ROUTING
            | extension::FRAGMENT
            | extension::DESTINATION
            | extension::SHIM6 => self.extensions(ends, protocol, payload),
            _ => self.upper(ends, protocol, payload),
        }
    }

    fn extensions(&mut self, ends: Ends, first: u8, first_view: View<'_>) -> Outcome {
        let (mut protocol, mut view) = (first, first_view);
        for _ in 0..MAX_EXTENSIONS {
            match protocol {
                extension::HOP_BY_HOP | extension::ROUTING | extension::DESTINATION | extension::SHIM6 => {
                    let [next, length] = view.array(0)?;
                    view = view.after((usize::from(length) + 1) * 8)?;
                    protocol = next;
                }
                extension::FRAGMENT => {
                    let [next, _, high, low, id @ ..] = view.array::<8>(0)?;
                    let field = u16::from_be_bytes([high, low]);
                    let payload = view.after(8)?;
                    let fragment = Fragment {
                        id: u32::from_be_bytes(id),
                        offset: usize::from(field & 0xfff8),
                        more: field & 1 != 0,
                        protocol: next,
                        ends,
                    };
                    // A packet in a single fragment waits for no other (RFC 6946).
                    if fragment.offset != 0 || fragment.more {
                        return self.fragment(&fragment, payload);
                    }
                    (protocol, view) = (next, payload);
                }
                _ => return self.upper(ends, protocol, view),
            }
        }
        Err(Skip::Malformed)
    }

    /// A fragment: counts at once in its datagram's flow, and yields the whole datagram when it is the last one missing.
    #[cold]
    fn fragment(&mut self, fragment: &Fragment, view: View<'_>) -> Outcome {
        let scope = self.scope.number();
        let ports = if fragment.offset == 0 { first_ports(fragment.protocol, view) } else { None };
        let at = Moment { time: self.frame.time, frame: self.frame.number };
        match self.decoder.fragments.add(fragment, scope, at, view, ports) {
            Progress::Waiting { ports } => {
                let mut packet = self.flow(fragment.ends, fragment.protocol, ports, view.at_most(0));
                packet.fragment = true;
                Ok(packet)
            }
            Progress::Cut => {
                let mut packet = self.upper(fragment.ends, fragment.protocol, view)?;
                packet.fragmented = true;
                Ok(packet)
            }
            Progress::Complete { protocol, datagram } => {
                self.reassembled(datagram, |walk, view| walk.datagram(fragment.ends, protocol, view))
            }
        }
    }

    /// Looks for the packet in a datagram that was put together; the decoder keeps it while the packet's payload lies in it.
    pub(super) fn reassembled(
        &mut self,
        datagram: Vec<u8>,
        inner: impl FnOnce(&mut Self, View<'_>) -> Outcome,
    ) -> Outcome {
        let outcome = self.deeper().and_then(|()| inner(self, View::new(&datagram, 0)));
        match outcome {
            Ok(mut packet) if !packet.reassembled => {
                (packet.reassembled, packet.fragmented) = (true, true);
                let old = std::mem::replace(&mut self.decoder.arena, datagram);
                self.decoder.fragments.recycle(old);
                Ok(packet)
            }
            // There is none, or it lies in a datagram that came in fragments inside this one.
            other => {
                self.decoder.fragments.recycle(datagram);
                other
            }
        }
    }

    /// A reassembled datagram's payload, which may begin with extension headers.
    fn datagram(&mut self, ends: Ends, protocol: u8, view: View<'_>) -> Outcome {
        if ends.source.is_ipv6() {
            self.extensions(ends, protocol, view)
        } else {
            self.upper(ends, protocol, view)
        }
    }
}

/// The ports, or what stands in their place, that a first fragment begins with.
fn first_ports(protocol: u8, view: View<'_>) -> Option<(u16, u16)> {
    super::icmp::flow_ports(protocol, view).ok()
}
