//! Secure Reliable Transport (SRT): the handshake of draft-sharabayko-srt, which grew out of UDT's.
//!
//! ```text
//! caller     induction: as UDT's, version 4, type 2
//! listener   induction: version 5, 16 bits encryption, magic 4A17
//! caller     conclusion: version 5, extensions behind the 64 bytes
//! ```

use super::udt::{self, Handshake};
use crate::byteset::ByteSet;
use crate::inspect::{
    Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict,
};
use crate::key::Transport;

/// SRT.
pub const INSPECTOR: Inspector = Inspector {
    name: "srt",
    title: "Secure Reliable Transport",
    specification: "draft-sharabayko-srt section 3.2.1",
    carriers: Carriers::UDP,
    initiator_first: ByteSet::of(&[0x80]),
    responder_first: ByteSet::of(&[0x80]),
    inspect,
    confused_with: "UDT, whose handshake stays at version 4",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Low half of a listener's type field (section 3.2.1.1).
const MAGIC: u32 = 0x4a17;

/// The first handshake of version 5: a listener's with the magic, or a conclusion with extensions.
fn version_5(said: Said<'_>) -> Option<Handshake> {
    said.datagrams()
        .filter_map(|datagram| udt::handshake(&datagram).ok())
        .find(|shake| shake.version == 5 && (shake.kind & 0xffff == MAGIC || shake.extensions >= 4))
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "handshake: an SRT handshake of version 5 (draft-sharabayko-srt section 3.2.1)";
    let begins = |said: Said<'_>| said.datagrams().next().map(|first| udt::handshake(&first));
    match (begins(opening.initiator), begins(opening.responder)) {
        (Some(Err(reject)), _) | (_, Some(Err(reject))) => return Err(reject),
        (Some(Ok(caller)), Some(Ok(listener)))
            if listener.destination == caller.socket && version_5(opening.responder).is_some() =>
        {
            let rule = "handshakes: both sides' SRT handshakes (draft-sharabayko-srt section 3.2.1)";
            return Ok(Evidence::dialogue(rule));
        }
        _ => {}
    }
    match (version_5(opening.initiator), version_5(opening.responder)) {
        (Some(_), _) => Ok(Evidence::message(rule)),
        (None, Some(_)) => Ok(Evidence::message(rule).from(Side::Responder)),
        (None, None) => Err(Reject::Incomplete),
    }
}

const INDUCTION: &[u8] = b"\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0\x02\x11\x22\x33\x44\0\0\x05\xdc\
    \0\0\x20\0\0\0\0\x01\x0a\x0b\x0c\x0d\0\0\0\0\x02\0\0\x0a\0\0\0\0\0\0\0\0\0\0\0\0";
const ANSWER: &[u8] = b"\x80\0\0\0\0\0\0\0\0\0\0\0\x0a\x0b\x0c\x0d\0\0\0\x05\0\0\x4a\x17\x11\x22\x33\x44\0\0\x05\xdc\
    \0\0\x20\0\0\0\0\x01\x1a\x1b\x1c\x1d\xde\xad\xbe\xef\x01\0\0\x0a\0\0\0\0\0\0\0\0\0\0\0\0";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "induction and its answer", &[INDUCTION], &[ANSWER]),
    Example::udp(Confidence::Message, "only the listener was captured", &[], &[ANSWER]),
    Example::not(Transport::Udp, "an induction alone, which may be UDT's", &[INDUCTION], &[]),
];
