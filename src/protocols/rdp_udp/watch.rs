//! Watching an RDP-UDP flow: what was sent, sent again, and reported missing.

use super::wire::{self, Syn};
use crate::attributes::Attributes;
use crate::cursor::Cursor;
use crate::follow::{Follower, Heard, Told};
use crate::inspect::{Datagram, Opening};
use crate::report::{Channel, Moment, Report};

/// What one side sent.
#[derive(Clone, Copy, Debug, Default)]
struct Sender {
    syns: u64,
    version: Option<u16>,
    data: u64,
    resent: u64,
    losses: u64,
    congestion: u64,
    first_syn: Option<Moment>,
    last_syn: Option<Moment>,
    last: Option<Moment>,
    /// The highest packet number and the highest place in the stream so far; of version 3 in 16 bits.
    highest: Option<(u32, u32)>,
}

impl Sender {
    /// Notes data under its packet number, at its place in the stream. A place that was sent before and comes
    /// under a new number was sent again; one under an old number only came late or twice.
    fn send(&mut self, number: u32, place: u32, bits: u32) {
        self.data += 1;
        // Serial number arithmetic: ahead means less than half of the circle ahead (RFC 1982).
        let ahead = |new: u32, old: u32| {
            let distance = new.wrapping_sub(old) << (32 - bits);
            distance != 0 && distance < 1 << 31
        };
        let Some((top_number, top_place)) = self.highest else {
            self.highest = Some((number, place));
            return;
        };
        let (new_number, new_place) = (ahead(number, top_number), ahead(place, top_place));
        self.resent += u64::from(new_number && !new_place);
        let top = |new, value, old| if new { value } else { old };
        self.highest = Some((top(new_number, number, top_number), top(new_place, place, top_place)));
    }
}

#[derive(Debug, Default)]
struct Watch {
    sides: [Sender; 2],
}

pub(super) fn follow(_: &Opening<'_>) -> Box<dyn Follower> {
    Box::new(Watch::default())
}

impl Follower for Watch {
    fn hear(&mut self, heard: &Heard<'_>, _: &mut Told) {
        let datagram = Datagram { bytes: heard.bytes, wire_len: heard.wire_len, time: heard.time };
        let agreed_3 = self.sides.iter().all(|side| side.version.is_some_and(wire::is_version_3));
        let Some(side) = self.sides.get_mut(heard.side.index()) else { return };
        side.last = Some(heard.at());
        if let Ok(Syn { version, .. }) = wire::syn(&datagram) {
            side.syns += 1;
            side.first_syn.get_or_insert(heard.at());
            side.last_syn = Some(heard.at());
            side.version = version;
            return;
        }
        let cursor = Cursor::new(heard.bytes, datagram.is_cut());
        match (agreed_3, wire::data(cursor)) {
            (false, Ok(packet)) => {
                side.losses += u64::from(packet.reports_loss);
                side.congestion += u64::from(packet.reports_congestion());
                if let Some((coded, start)) = packet.numbers {
                    side.send(coded, start, 32);
                }
            }
            _ => {
                if let Ok(packet) = wire::data2(heard.bytes) {
                    side.losses += u64::from(packet.reports_loss);
                    if let (Some((number, channel)), false) = (packet.numbers, packet.is_dummy) {
                        side.send(number.into(), channel.into(), 16);
                    }
                }
            }
        }
    }

    fn conclude(&self, attributes: &mut Attributes) {
        let [forward, reverse] = self.sides;
        attributes.set("rdp-udp.syns", forward.syns);
        attributes.set("rdp-udp.synacks", reverse.syns);
        attributes.set("rdp-udp.data_fwd", forward.data);
        attributes.set("rdp-udp.data_rev", reverse.data);
        attributes.set("rdp-udp.resent_fwd", forward.resent);
        attributes.set("rdp-udp.resent_rev", reverse.resent);
        attributes.set("rdp-udp.reported_lost_fwd", forward.losses);
        attributes.set("rdp-udp.reported_lost_rev", reverse.losses);
        attributes.set("rdp-udp.congestion_fwd", forward.congestion);
        attributes.set("rdp-udp.congestion_rev", reverse.congestion);
    }

    fn report(&self) -> Option<Report> {
        Some(Report::Channel(Channel {
            syns: self.sides.map(|side| side.syns),
            first_syn: self.sides.map(|side| side.first_syn),
            last_syn: self.sides.map(|side| side.last_syn),
            data: self.sides.map(|side| side.data),
            resent: self.sides.map(|side| side.resent),
            losses: self.sides.map(|side| side.losses),
            last: self.sides.map(|side| side.last),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_under_a_new_number_at_an_old_place_was_sent_again() {
        let mut sender = Sender::default();
        for (number, place) in [(100, 1), (101, 2), (102, 1), (103, 3)] {
            sender.send(number, place, 16);
        }
        assert_eq!((sender.data, sender.resent), (4, 1));
    }

    #[test]
    fn data_that_came_late_or_twice_was_not_sent_again_and_numbers_may_wrap() {
        let mut sender = Sender::default();
        for (number, place) in [(65_534, 10), (65_535, 11), (65_535, 11), (1, 13), (0, 12)] {
            sender.send(number, place, 16);
        }
        assert_eq!(sender.resent, 0);
    }
}
