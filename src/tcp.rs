//! What a TCP connection's headers tell: who opened it, how it ended, what was sent twice or out of order.

use crate::packet::{TcpHeader, Timestamp};

/// A segment that fills a hole this soon after the hole was seen, or within the handshake's round trip, was reordered on
/// the way; later, it was sent again. 3 ms is what Wireshark users know.
const REORDERING_NANOS: u64 = 3_000_000;

/// What was seen of one side.
#[derive(Clone, Copy, Debug, Default)]
pub struct TcpSide {
    /// All flags seen, or-ed.
    pub flags: u8,
    /// Segments whose bytes had been seen before.
    pub retransmitted: u32,
    /// Segments that came shortly after ones that should have followed them.
    pub out_of_order: u32,
    /// Whether `next` means anything.
    started: bool,
    /// The sequence number after the highest byte seen.
    next: u32,
    /// Time of the latest segment.
    pub last: Option<Timestamp>,
    /// The sequence number of the SYN.
    pub initial: Option<u32>,
    /// Where the latest hole begins, and when it was seen.
    hole: Option<(u32, Timestamp)>,
}

impl TcpSide {
    /// The sequence number after the highest byte seen, if any was.
    #[must_use]
    pub const fn reached(&self) -> Option<u32> {
        if self.started { Some(self.next) } else { None }
    }
}

/// What was seen of a connection; the low end of the key's side first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tcp {
    sides: [TcpSide; 2],
    handshake: Handshake,
    /// Nanoseconds from the SYN to the initiator's acknowledgement of the SYN+ACK.
    rtt_nanos: Option<u32>,
}

/// What was seen of a flow's connection, in the space of a pointer: flows of other transports have none.
#[derive(Debug, Default)]
pub struct Connection(Option<Box<Tcp>>);

impl Connection {
    /// What was seen, to be added to.
    pub fn seen(&mut self) -> &mut Tcp {
        self.0.get_or_insert_default()
    }
}

impl std::ops::Deref for Connection {
    type Target = Tcp;

    fn deref(&self) -> &Tcp {
        const UNSEEN: TcpSide = TcpSide {
            flags: 0,
            retransmitted: 0,
            out_of_order: 0,
            started: false,
            next: 0,
            last: None,
            initial: None,
            hole: None,
        };
        static NOTHING: Tcp = Tcp { sides: [UNSEEN; 2], handshake: Handshake::None, rtt_nanos: None };
        self.0.as_deref().unwrap_or(&NOTHING)
    }
}

/// How far the three-way handshake was seen, with the SYN's time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Handshake {
    #[default]
    None,
    Syn(Timestamp),
    SynAck(Timestamp),
    Done,
}

impl Tcp {
    /// What was seen of the low end (or of the high one).
    #[must_use]
    pub const fn side(&self, low: bool) -> &TcpSide {
        let [first, second] = &self.sides;
        if low { first } else { second }
    }

    fn sides_mut(&mut self, low: bool) -> (&mut TcpSide, &mut TcpSide) {
        let [first, second] = &mut self.sides;
        if low { (first, second) } else { (second, first) }
    }

    /// Nanoseconds from the SYN to the initiator's acknowledgement of the SYN+ACK, as the capture point saw them.
    #[must_use]
    pub const fn rtt_nanos(&self) -> Option<u32> {
        self.rtt_nanos
    }

    /// Forgets what was counted, for a record that goes on with the same connection.
    pub fn restart_counts(&mut self) {
        for side in &mut self.sides {
            side.retransmitted = 0;
            side.out_of_order = 0;
        }
    }

    /// Whether either side has sent a SYN.
    #[must_use]
    pub const fn saw_syn(&self) -> bool {
        (self.side(true).flags | self.side(false).flags) & TcpHeader::SYN != 0
    }

    /// Whether a reset was seen.
    #[must_use]
    pub const fn was_reset(&self) -> bool {
        (self.side(true).flags | self.side(false).flags) & TcpHeader::RST != 0
    }

    /// Whether both sides have finished.
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        self.side(true).flags & self.side(false).flags & TcpHeader::FIN != 0
    }

    /// Whether no more data is to come.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.was_reset() || self.is_finished()
    }

    /// Whether `header` from the low end (or the high one) opens another connection than the one seen so far.
    #[must_use]
    pub fn is_new_connection(&self, low: bool, header: TcpHeader) -> bool {
        let is_syn = header.has(TcpHeader::SYN) && !header.has(TcpHeader::ACK);
        let same = self.side(low).initial == Some(header.sequence);
        let finishing = (self.side(true).flags | self.side(false).flags) & TcpHeader::FIN != 0;
        is_syn && !same && (self.is_closed() || finishing)
    }

    /// Notes a segment with `len` bytes of payload on the wire.
    pub fn observe(&mut self, low: bool, header: TcpHeader, len: u32, time: Timestamp) {
        self.observe_handshake(header, time);
        let reordering = REORDERING_NANOS.max(self.rtt_nanos.unwrap_or(0).into());
        let (side, _) = self.sides_mut(low);
        side.flags |= header.flags;
        side.last = side.last.max(Some(time));
        if header.has(TcpHeader::SYN) {
            side.initial.get_or_insert(header.sequence);
        }
        let occupied = len
            .wrapping_add(u32::from(header.has(TcpHeader::SYN)))
            .wrapping_add(u32::from(header.has(TcpHeader::FIN)));
        if occupied == 0 || header.has(TcpHeader::RST) {
            return;
        }
        let end = header.sequence.wrapping_add(occupied);
        if !side.started {
            side.started = true;
            side.next = end;
            return;
        }
        let ahead = distance(side.next, header.sequence);
        if ahead > 0 {
            side.hole = Some((side.next, time));
            side.next = end;
        } else if distance(side.next, end) > 0 {
            side.next = end;
        } else if header.has(TcpHeader::SYN) || len == 0 {
            side.retransmitted = side.retransmitted.saturating_add(1);
        } else {
            side.observe_old(header.sequence, len, time, reordering);
        }
    }

    fn observe_handshake(&mut self, header: TcpHeader, time: Timestamp) {
        let flags = header.flags & (TcpHeader::SYN | TcpHeader::ACK | TcpHeader::RST);
        self.handshake = match (self.handshake, flags) {
            (Handshake::None, TcpHeader::SYN) => Handshake::Syn(time),
            (Handshake::Syn(at), both) if both == TcpHeader::SYN | TcpHeader::ACK => Handshake::SynAck(at),
            (Handshake::SynAck(at), TcpHeader::ACK) => {
                self.rtt_nanos = u32::try_from(time.since(at)).ok();
                Handshake::Done
            }
            (state, _) => state,
        };
    }
}

impl TcpSide {
    /// The sequence number of the first byte after the SYN, where one was seen.
    #[must_use]
    pub fn first_byte(&self) -> Option<u32> {
        self.initial.map(|initial| initial.wrapping_add(1))
    }

    /// Notes a segment all of whose bytes lie before the highest seen.
    fn observe_old(&mut self, sequence: u32, len: u32, time: Timestamp, reordering: u64) {
        // A keepalive probe repeats the last byte (RFC 9293 section 3.8.4).
        if len == 1 && sequence.wrapping_add(1) == self.next {
            return;
        }
        match self.hole {
            Some((start, seen)) if distance(start, sequence) >= 0 && time.since(seen) < reordering => {
                self.out_of_order = self.out_of_order.saturating_add(1);
            }
            _ => self.retransmitted = self.retransmitted.saturating_add(1),
        }
    }
}

/// How far `to` lies after `from` in the sequence space, negative if before (RFC 9293 section 3.4).
fn distance(from: u32, to: u32) -> i32 {
    to.wrapping_sub(from).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYN: u8 = TcpHeader::SYN;
    const ACK: u8 = TcpHeader::ACK;

    fn header(flags: u8, sequence: u32) -> TcpHeader {
        TcpHeader { flags, sequence, acknowledgement: 0 }
    }

    #[test]
    fn a_handshake_gives_the_round_trip_time() {
        let mut tcp = Tcp::default();
        tcp.observe(true, header(SYN, 1), 0, Timestamp(1_000));
        tcp.observe(false, header(SYN | ACK, 9), 0, Timestamp(3_000));
        tcp.observe(true, header(ACK, 2), 0, Timestamp(5_000));
        assert_eq!(tcp.rtt_nanos(), Some(4_000));
    }

    #[test]
    fn bytes_seen_before_are_retransmitted_and_late_ones_soon_after_are_out_of_order() {
        let mut tcp = Tcp::default();
        for (sequence, at) in [(100, 0), (120, 10), (110, 20), (100, 50_000_000)] {
            tcp.observe(true, header(ACK, sequence), 10, Timestamp(at));
        }
        assert_eq!((tcp.side(true).out_of_order, tcp.side(true).retransmitted), (1, 1));
    }

    #[test]
    fn what_fills_a_hole_within_the_round_trip_time_is_out_of_order() {
        let mut tcp = Tcp::default();
        tcp.observe(true, header(SYN, 99), 0, Timestamp(0));
        tcp.observe(false, header(SYN | ACK, 9), 0, Timestamp(20_000_000));
        tcp.observe(true, header(ACK, 100), 0, Timestamp(20_000_001));
        for (sequence, at) in [(100, 30), (120, 31), (110, 45)] {
            tcp.observe(true, header(ACK, sequence), 10, Timestamp(at * 1_000_000));
        }
        assert_eq!((tcp.side(true).out_of_order, tcp.side(true).retransmitted), (1, 0));
    }

    #[test]
    fn a_syn_and_a_fin_that_come_again_are_retransmitted() {
        let mut tcp = Tcp::default();
        for at in [0, 1_000_000_000, 3_000_000_000] {
            tcp.observe(true, header(SYN, 1), 0, Timestamp(at));
        }
        assert_eq!(tcp.side(true).retransmitted, 2);
        for at in [4_000_000_000, 5_000_000_000] {
            tcp.observe(true, header(ACK | TcpHeader::FIN, 2), 0, Timestamp(at));
        }
        assert_eq!(tcp.side(true).retransmitted, 3);
    }

    #[test]
    fn a_new_syn_after_close_is_a_new_connection_and_the_same_one_again_is_not() {
        let mut tcp = Tcp::default();
        tcp.observe(true, header(SYN, 1), 0, Timestamp(0));
        assert!(!tcp.is_new_connection(true, header(SYN, 1)));
        assert!(!tcp.is_new_connection(true, header(SYN, 77)));
        tcp.observe(false, header(TcpHeader::RST, 0), 0, Timestamp(0));
        assert!(tcp.is_new_connection(true, header(SYN, 77)));
        assert!(!tcp.is_new_connection(true, header(SYN, 1)));
    }
}
