//! Following a connection of H.323: what its messages say about flows to come.

use super::{called, control, message_name};
use crate::attributes::Attributes;
use crate::context::Announcement;
use crate::follow::{Follower, Heard, Told};
use crate::formats::frames::{Frames, Framing};
use crate::inspect::{Opening, Side};
use crate::key::{Endpoint, Transport};
use std::net::SocketAddr;

/// A TPKT header: 03 00 and a length that counts it.
const HEADER: usize = 4;
/// Bytes kept of one frame: what is read of a message stands near its beginning.
const KEPT: usize = 2048;
/// TPKT's frames.
const FRAMING: Framing = Framing {
    header: HEADER,
    kept: KEPT,
    begins: |bytes| bytes.starts_with(&[3, 0]),
    length: |header| match header {
        &[3, 0, high, low, ..] => Some(usize::from(u16::from_be_bytes([high, low]))).filter(|&len| len > HEADER),
        _ => None,
    },
};
/// Ports that are remembered for people.
const REMEMBERED: usize = 8;

/// The follower of one connection.
#[derive(Debug)]
struct Watch {
    ends: [Endpoint; 2],
    transport: Transport,
    sides: [Frames; 2],
    control: Option<Endpoint>,
    media: Vec<Endpoint>,
}

pub(crate) fn follow(opening: &Opening<'_>) -> Box<dyn Follower> {
    let (ends, transport) = (opening.endpoints, opening.transport);
    Box::new(Watch { ends, transport, sides: Default::default(), control: None, media: Vec::new() })
}

impl Follower for Watch {
    fn hear(&mut self, heard: &Heard<'_>, told: &mut Told) {
        let [initiator, responder] = self.ends;
        let speaker = if heard.side == Side::Initiator { initiator } else { responder };
        let (known_control, known_media) = (&mut self.control, &mut self.media);
        // The address in a message may be one that NAT has replaced: the speaker's own is right as often as can be.
        let mut announce = |name, transport, port, said_by| {
            let listener = Endpoint { port, ..speaker };
            told.announce(Announcement { by: None, name, transport, listener, frame: heard.frame, said_by });
            listener
        };
        let Some(side) = self.sides.get_mut(heard.side.index()) else { return };
        side.push(&FRAMING, heard.bytes, heard.gap, |frame| {
            let message = frame.get(HEADER..).unwrap_or_default();
            // Port 0 is none.
            let is_port = |port: &u16| *port != 0;
            if let Some((said_by, port)) = elements(message).and_then(called::control_port).filter(|(_, port)| is_port(port)) {
                known_control.get_or_insert(announce("h323", Transport::Tcp, port, said_by));
            }
            if let Some(channel) = control::acknowledged(message) {
                for (name, port) in [("rtp", channel.media), ("rtcp", channel.control)] {
                    let Some(port) = port.filter(is_port) else { continue };
                    let listener = announce(name, Transport::Udp, port, "an H.245 openLogicalChannelAck");
                    if name == "rtp" && known_media.len() < REMEMBERED && !known_media.contains(&listener) {
                        known_media.push(listener);
                    }
                }
            }
        });
    }

    fn conclude(&self, attributes: &mut Attributes) {
        attributes.set_some("h323.h245", self.control.map(written));
        let media: Vec<String> = self.media.iter().copied().map(written).collect();
        attributes.set_some("h323.media", (!media.is_empty()).then_some(media));
    }

    fn is_done(&self) -> bool {
        // Registration is not read.
        self.transport != Transport::Tcp
    }
}

/// An endpoint for people: address and port.
fn written(end: Endpoint) -> String {
    SocketAddr::new(end.address, end.port).to_string()
}

/// The elements of a Q.931 message: what follows its call reference and its type.
fn elements(message: &[u8]) -> Option<&[u8]> {
    let [8, reference @ 1..=2, rest @ ..] = message else { return None };
    let (&kind, elements) = rest.get(usize::from(*reference)..)?.split_first()?;
    message_name(kind).map(|_| elements)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::Said;
    use crate::packet::Timestamp;

    fn end(last: u8, port: u16) -> Endpoint {
        Endpoint { address: [192, 0, 2, last].into(), port }
    }

    fn connection() -> Box<dyn Follower> {
        follow(&Opening {
            transport: Transport::Tcp,
            initiator: Said::default(),
            responder: Said::default(),
            endpoints: [end(1, 40_000), end(2, 1720)],
            responder_listens: true,
            from_start: true,
        })
    }

    fn announced(follower: &mut dyn Follower, pieces: &[(&[u8], bool)]) -> Vec<(&'static str, Endpoint)> {
        let mut told = Told::default();
        for &(bytes, gap) in pieces {
            let (wire_len, time) = (bytes.len() as u32, Timestamp(0));
            follower.hear(&Heard { side: Side::Responder, bytes, wire_len, time, frame: 9, gap, fragmented: false }, &mut told);
        }
        told.drain().map(|told| (told.name, told.listener)).collect()
    }

    const CONNECT: &[u8] = b"\x03\0\0\x1d\x08\x02\x80\x01\x07\x7e\0\x11\x05\x22\xc0\x06\0\x08\x91\x4a\0\x03\0\x0a\x01\x06\x12\x04\xd0";
    const ACK: &[u8] =
        b"\x03\0\0\x1e\x22\xc0\x00\x3c\x02\x80\x13\x5c\0\0\x0a\x01\x03\x8f\x13\x88\0\x0a\x01\x03\x8f\x13\x89\x01\x01\x00";

    #[test]
    fn a_connect_announces_h245_on_its_senders_host_wherever_the_stream_is_cut() {
        for cut in 0..CONNECT.len() {
            let (head, tail) = CONNECT.split_at(cut);
            let mut connection = connection();
            assert_eq!(announced(&mut *connection, &[(head, false), (tail, false)]), [("h323", end(2, 1232))], "{cut}");
        }
        let mut connection = connection();
        announced(&mut *connection, &[(CONNECT, false)]);
        let mut attributes = Attributes::default();
        connection.conclude(&mut attributes);
        assert_eq!(attributes.value("h323.h245").map(ToString::to_string), Some("192.0.2.2:1232".to_owned()));
    }

    #[test]
    fn an_opened_channel_announces_media_and_its_control_after_a_hole_too() {
        let expected = [("rtp", end(2, 5000)), ("rtcp", end(2, 5001))];
        assert_eq!(announced(&mut *connection(), &[(b"\x03\0\0\x30abc", false), (b"xyz", true), (ACK, false)]), expected);
    }
}
