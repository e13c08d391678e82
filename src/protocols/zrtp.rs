//! ZRTP, the key agreement of encrypted calls, in a flow of its own: [RFC 6189] section 5.
//!
//! ```text
//! 10 00, sequence u16, "ZRTP", SSRC u32, 505A, length u16 in words, type 8 ("Hello   " ...), ..., CRC u32
//! ```
//!
//! Where RTP follows in the same flow, the flow is RTP's.
//!
//! [RFC 6189]: https://www.rfc-editor.org/rfc/rfc6189

use super::rtp::Media;
use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence;

/// ZRTP.
pub const INSPECTOR: Inspector = Inspector {
    name: "zrtp",
    title: "ZRTP: media path key agreement",
    specification: "RFC 6189 section 5",
    carriers: Carriers::UDP,
    initiator_first: ByteSet::of(&[0x10]),
    responder_first: ByteSet::of(&[0x10]),
    inspect,
    describe: Some(describe),
    attributes: &[("zrtp.client", "what the initiator's end was made by")],
    confused_with: "RTP, beside which it is sent: it has a cookie of its own",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Reads a packet; gives its message's type and what follows.
fn packet(mut datagram: Cursor<'_>) -> Result<(&[u8], Cursor<'_>), Reject> {
    datagram.tag(&[0x10, 0])?;
    datagram.skip(2)?;
    datagram.tag(b"ZRTP")?;
    datagram.skip(4)?;
    datagram.tag(&[0x50, 0x5a])?;
    let words = usize::from(datagram.u16()?);
    // Preamble, length and type are three words; the CRC stands behind the message.
    require(words >= 3)?;
    let mut body = datagram.within(4 * words - 4)?;
    let kind = body.take(8)?;
    require(kind.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b' '))?;
    datagram.skip(4)?;
    datagram.end()?;
    Ok((kind, body))
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let media = [opening.initiator, opening.responder].map(Media::of);
    require(media.iter().all(|media| media.pairs == 0))?;
    let judge = |side| {
        let said = opening.said(side);
        sequence::in_datagrams(&said, |datagram| packet(*datagram).map(drop)).map(|_| Confidence::Message)
    };
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), "packet: cookie, preamble and a length that fits (RFC 6189 section 5)")
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    for datagram in opening.initiator.datagrams() {
        if let Ok((b"Hello   ", mut body)) = packet(datagram.cursor()) {
            let client = body.skip(4).and_then(|()| body.take(16));
            attributes.set_some("zrtp.client", client.ok().map(<[u8]>::trim_ascii_end));
            return;
        }
    }
}

const HELLO: &[u8] = b"\x10\x00\x00\x01ZRTPSSRC\x50\x5a\x00\x08Hello   1.10a client's name\0crc!";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "both sides say hello", &[HELLO], &[b"\x10\x00\x00\x01ZRTPSSR2\x50\x5a\x00\x03HelloACKcrc!"]),
    Example::udp(Confidence::Message, "nobody answers", &[HELLO], &[]),
    Example::not(Transport::Udp, "a length that does not fit", &[b"\x10\x00\x00\x01ZRTPSSR2\x50\x5a\x00\x04HelloACKcrc!"], &[]),
];
