//! Packets that a capture has twice: seen at two places of a mirrored switch, or by two adapters of one host.

use crate::flow::Count;
use crate::packet::{Packet, TcpHeader, Timestamp};
use crate::report::Moment;

/// The second sight of a packet comes this soon after the first, in nanoseconds; no host repeats itself so soon.
const AT_ONCE: u64 = 1_000_000;
/// Packets that are remembered; a power of two.
const REMEMBERED: usize = 256;
/// Bytes of a payload's beginning and of its end that are compared.
const COMPARED: usize = 32;

/// What a flow has twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The second sights; of the key's low end first while the flow is alive, and of the initiator in its summary.
    pub counts: [Count; 2],
    /// Where the first of these packets was seen first.
    pub original: Moment,
    /// Where it was seen again.
    pub again: Moment,
}

impl Copied {
    /// Of a flow whose first copy `packet` is; it is still to be counted.
    #[must_use]
    pub fn first(original: Moment, packet: &Packet) -> Self {
        let again = Moment { time: packet.time, frame: packet.frame };
        Self { counts: [Count::default(); 2], original, again }
    }

    /// Counts a copy.
    pub fn count(&mut self, packet: &Packet) {
        let [low, high] = &mut self.counts;
        let count = if packet.from_low { low } else { high };
        count.add(packet);
    }
}

/// The packets seen last, to know them again.
#[derive(Debug)]
pub struct Copies {
    seen: Vec<(u64, Moment)>,
}

impl Default for Copies {
    fn default() -> Self {
        let never = Moment { time: Timestamp(i64::MIN), frame: 0 };
        Self { seen: vec![(0, never); REMEMBERED] }
    }
}

impl Copies {
    /// Where a packet was seen already, if this is its second sight; its flow began with frame `since`, and what was
    /// before belongs to another one between the same ends. Nothing here is random: two runs tell the same copies.
    ///
    /// Routers between two places change no more than the hop limit. IPv4's identification tells a copy from what is
    /// sent again; where there is none, the same bytes have to do, and a packet without any has none to compare.
    pub fn original(&mut self, packet: &Packet, payload: &[u8], since: u64) -> Option<Moment> {
        let opens = packet.tcp.has(TcpHeader::SYN);
        if packet.fragment || (packet.ident == 0 && payload.is_empty() && !opens) {
            return None;
        }
        // No host repeats a SYN within 200 ms, whatever the identification says.
        let ident = u64::from(if opens { 0 } else { packet.ident });
        let flags = u64::from(packet.tcp.flags | u8::from(packet.from_low) << 7);
        let tcp = u64::from(packet.tcp.sequence) << 32 | u64::from(packet.tcp.acknowledgement);
        let key = &packet.key;
        let ports =
            u64::from(key.low_port()) << 48 | u64::from(key.high_port()) << 32 | u64::from(key.protocol());
        let header = ident << 40 | flags << 32 | u64::from(packet.payload_wire_len);
        let mut mark = mixed(mixed(key.hosts().spread() ^ key.scope(), ports) ^ header, tcp);
        if let (Some(head), Some(tail)) = (payload.first_chunk(), payload.last_chunk()) {
            mark = with_bytes(with_bytes(mark, head), tail);
        } else {
            let mut padded = [0; COMPARED];
            padded.iter_mut().zip(payload).for_each(|(place, &byte)| *place = byte);
            mark = with_bytes(mark, &padded);
        }
        let place = usize::try_from(mark % REMEMBERED as u64).unwrap_or(0);
        let (known, at) = self.seen.get_mut(place)?;
        let near = packet.time.since(at.time) <= AT_ONCE && at.time.since(packet.time) <= AT_ONCE;
        if *known == mark && near && at.frame >= since {
            return Some(*at);
        }
        (*known, *at) = (mark, Moment { time: packet.time, frame: packet.frame });
        None
    }
}

/// Two numbers in one, each bit of which depends on all of theirs. This is done for every packet: a hasher that
/// takes anything costs four times as much.
const fn mixed(a: u64, b: u64) -> u64 {
    // Any odd numbers without a pattern do; these are the golden ratio's and the square root of three's digits.
    let product = (a ^ 0x9e37_79b9_7f4a_7c15) as u128 * (b ^ 0xbb67_ae85_84ca_a73b) as u128;
    #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
    let folded = product as u64 ^ (product >> 64) as u64;
    folded
}

/// A mark with bytes mixed in.
fn with_bytes(mark: u64, bytes: &[u8; COMPARED]) -> u64 {
    let (words, _) = bytes.as_chunks::<8>();
    let (pairs, _) = words.as_chunks::<2>();
    pairs.iter().fold(mark, |mark, &[a, b]| mixed(mark ^ u64::from_ne_bytes(a), u64::from_ne_bytes(b)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{Endpoint, FlowKey, protocol};
    use crate::packet::Span;

    fn packet(nanos: i64, ident: u16) -> Packet {
        let end = |last: u8| Endpoint { address: [10, 0, 0, last].into(), port: 4_000 };
        Packet {
            time: Timestamp(nanos),
            frame: 1,
            key: FlowKey::new(end(1), end(2), protocol::UDP, 0).0,
            from_low: true,
            truncated: false,
            reassembled: false,
            fragmented: false,
            fragment: false,
            digits: 9,
            ident,
            wire_len: 60,
            payload: Span::default(),
            payload_wire_len: 4,
            tcp: TcpHeader::default(),
        }
    }

    fn is_copy(copies: &mut Copies, packet: &Packet, payload: &[u8]) -> bool {
        copies.original(packet, payload, 1).is_some()
    }

    #[test]
    fn the_same_packet_at_once_is_a_copy_and_later_it_is_sent_again() {
        for ident in [0, 9] {
            let mut copies = Copies::default();
            let seen = [0, 300_000, 2_000_000].map(|at| is_copy(&mut copies, &packet(at, ident), b"ping"));
            assert_eq!(seen, [false, true, false]);
        }
    }

    #[test]
    fn other_bytes_or_another_identification_are_another_packet() {
        let mut copies = Copies::default();
        assert!(!is_copy(&mut copies, &packet(0, 9), b"ping"));
        assert!(!is_copy(&mut copies, &packet(1_000, 10), b"ping"));
        assert!(!is_copy(&mut copies, &packet(2_000, 9), b"pong"));
        assert!(is_copy(&mut copies, &packet(3_000, 9), b"ping"));
    }

    #[test]
    fn acknowledgements_that_say_the_same_at_once_are_copies_only_by_their_identification() {
        let mut copies = Copies::default();
        for (ident, expected) in [(0, false), (0, false), (9, false), (9, true)] {
            let tcp = TcpHeader { flags: TcpHeader::ACK, sequence: 5, acknowledgement: 6 };
            let bare = Packet { tcp, payload_wire_len: 0, ..packet(0, ident) };
            assert_eq!(is_copy(&mut copies, &bare, b""), expected);
        }
    }

    #[test]
    fn a_syn_that_comes_at_once_is_a_copy_whatever_its_identification() {
        let mut copies = Copies::default();
        for (at, ident, expected) in [(0, 1, false), (1_000, 2, true), (1_000_000_000, 3, false)] {
            let tcp = TcpHeader { flags: TcpHeader::SYN, sequence: 5, acknowledgement: 0 };
            let syn = Packet { tcp, payload_wire_len: 0, ..packet(at, ident) };
            assert_eq!(is_copy(&mut copies, &syn, b""), expected, "{at}");
        }
    }

    #[test]
    fn what_was_before_the_flow_began_is_no_original() {
        let mut copies = Copies::default();
        assert!(copies.original(&packet(0, 9), b"ping", 1).is_none());
        let next = Packet { frame: 3, ..packet(0, 9) };
        assert!(copies.original(&next, b"ping", 2).is_none());
        assert!(copies.original(&Packet { frame: 4, ..next }, b"ping", 2).is_some());
    }
}
