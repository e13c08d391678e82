//! Media control: the messages of H.245 that are known by themselves, and the addresses of media in them, ITU-T H.245 annex A.
//!
//! ```text
//! request    01 masterSlaveDetermination: 00, terminalType u8, length 2 bits, number of 1 to 3 octets
//!            02 terminalCapabilitySet: names the protocol
//! response   20 80 or 20 A0 masterSlaveDeterminationAck; 21 80 n terminalCapabilitySetAck
//!            22 .. openLogicalChannelAck: channel u16; where media and its control are awaited, among the additions
//! ```

use super::called::non_standard;
use crate::formats::per::Per;

/// What a message shows by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shows {
    /// A request in which all lengths agree.
    Request,
    /// An answer of two or three fixed octets.
    Answer,
}

/// Recognises the messages with which both ends begin besides the capability set.
pub(super) fn shows(message: &[u8]) -> Option<Shows> {
    match *message {
        // The number takes as few octets as it needs (X.691 section 11.5.7.4), and ends the message.
        [1, 0, _terminal, len @ (0x00 | 0x40 | 0x80), ref number @ ..] => {
            let fits = number.len() == usize::from(len >> 6) + 1 && (number.len() == 1 || number.first() != Some(&0));
            fits.then_some(Shows::Request)
        }
        [0x20, 0x80 | 0xa0] | [0x21, 0x80, _] => Some(Shows::Answer),
        _ => None,
    }
}

/// Where the sender of an openLogicalChannelAck awaits media, and its control.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Channel {
    /// The port for RTP.
    pub(super) media: Option<u16>,
    /// The port for RTCP.
    pub(super) control: Option<u16>,
}

/// Reads an openLogicalChannelAck. One whose reverse direction is described too is not read.
pub(super) fn acknowledged(message: &[u8]) -> Option<Channel> {
    let mut per = Per::new(message);
    // MultimediaSystemControlMessage: response. ResponseMessage: the sixth of 19.
    if per.bits(3)? != 1 || per.bits(6)? != 5 {
        return None;
    }
    let [extended, reverse] = [per.bit()?, per.bit()?];
    per.u16()?;
    if !extended || reverse {
        return None;
    }
    // forwardMultiplexAckParameters, of which only those of H.225.0 exist.
    let mut per = per.additions(1)??;
    if per.bit()? {
        return None;
    }
    per.bit()?;
    let [non_standards, session, media, control, _payload_type] = [per.bit()?, per.bit()?, per.bit()?, per.bit()?, per.bit()?];
    if non_standards {
        let count = *per.octets(1)?.first()?;
        for _ in 0..count {
            non_standard(&mut per)?;
        }
    }
    if session {
        per.bits(8)?;
    }
    let mut channel = Channel::default();
    if media {
        channel.media = Some(unicast(&mut per)?);
    }
    if control {
        channel.control = Some(unicast(&mut per)?);
    }
    Some(channel)
}

/// The port of a TransportAddress that is a unicast one of IP.
fn unicast(per: &mut Per<'_>) -> Option<u16> {
    // TransportAddress: unicastAddress. UnicastAddress: one of five.
    if per.bits(3)? != 0 {
        return None;
    }
    let len = match per.bits(3)? {
        0 => 4,
        2 => 16,
        _ => return None,
    };
    let extended = per.bit()?;
    per.octets(len)?;
    let port = per.u16()?;
    per.skip_additions(extended)?;
    Some(port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_length_ends_the_message() {
        assert_eq!(shows(b"\x01\x00\x32\x80\xa1\xb2\xc3"), Some(Shows::Request));
        assert_eq!(shows(b"\x01\x00\x32\x00\x00"), Some(Shows::Request));
        for other in [&b"\x01\x00\x32\x80\xa1\xb2"[..], b"\x01\x00\x32\x40\x00\xb2", b"\x01\x00\x32\xc0\xa1\xb2\xc3\xd4", b"\x20\x81", b""] {
            assert_eq!(shows(other), None, "{other:?}");
        }
    }

    const ACK: &[u8] = b"\x22\xc0\x00\x3c\x02\x80\x13\x5c\0\0\x0a\x01\x03\x8f\x13\x88\0\x0a\x01\x03\x8f\x13\x89\x01\x01\x00";

    #[test]
    fn an_opened_channel_tells_both_ports() {
        assert_eq!(acknowledged(ACK), Some(Channel { media: Some(5000), control: Some(5001) }));
        for len in 0..ACK.len() - 3 {
            assert_eq!(acknowledged(&ACK[..len]), None, "{len}");
        }
        assert_eq!(acknowledged(b"\x21\x80\x01"), None);
    }
}
