//! Anything In Anything (AYIYA), a tunnel that tells who sends, mostly for IPv6 behind address translation.
//!
//! ```text
//! identity length (4 bits, 2^n bytes), type   signature length (4 bits, in words), hash   authentication, operation (4 bits each)
//! next header (1)   time (4)   identity   signature   packet
//! ```
//!
//! IETF draft "AYIYA: Anything In Anything" section 3. What is forwarded must be a packet that fits.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Shape, Side, Verdict};
use crate::formats::ip_packet;
use crate::key::Transport;
use crate::layout::laid_out;
use crate::sequence::in_datagrams;

/// Anything In Anything.
pub const INSPECTOR: Inspector = Inspector {
    name: "ayiya",
    title: "Anything In Anything",
    specification: "AYIYA: Anything In Anything (IETF draft), section 3",
    carriers: Carriers::UDP,
    ports: PORTS,
    initiator_first: ByteSet::range(0x20, 0x8f),
    responder_first: ByteSet::range(0x20, 0x8f),
    datagram: Shape::of(8, &[(3, NEXT)]),
    inspect,
    confused_with: "nothing whose packet fits behind such a header",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[5072];
/// Operations: nothing, forward, echo, echo and forward, their answers, information.
const LAST_OPERATION: u8 = 8;
const FORWARD: u8 = 1;
/// What may follow the header: nothing that is told, IPv4, IPv6, nothing at all.
const NEXT: ByteSet = ByteSet::of(&[0, 4, 41, 59]);
/// Hash methods: none, MD5, SHA-1, SHA-2; authentication methods: none, shared secret, public key.
const LAST_HASH: u8 = 3;
const LAST_AUTHENTICATION: u8 = 2;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side| -> Result<Confidence, Reject> {
        let mut forwards = false;
        in_datagrams(&opening.said(side), |cursor| {
            forwards |= message(*cursor)?;
            Ok(())
        })?;
        match (forwards, opening.is_on(PORTS)) {
            (true, _) => Ok(Confidence::Message),
            (false, true) => Ok(Confidence::Signature),
            (false, false) => Err(Reject::Incomplete),
        }
    };
    let rule = "header: identity, signature, and a packet that fits (AYIYA draft section 3)";
    Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)
}

/// Reads a datagram: whether it forwards a packet.
fn message(mut cursor: Cursor<'_>) -> Result<bool, Reject> {
    let [identity, signature, operation, next] = cursor.array()?;
    require((1..=2).contains(&(identity & 0xf)) && (2..=8).contains(&(identity >> 4)) && signature & 0xf <= LAST_HASH)?;
    require(operation >> 4 <= LAST_AUTHENTICATION && operation & 0xf <= LAST_OPERATION)?;
    require((signature >> 4 != 0) == (operation >> 4 != 0) && NEXT.contains(next))?;
    cursor.skip(4 + (1 << (identity >> 4)) + usize::from(signature >> 4) * 4)?;
    if operation & 0xf != FORWARD || next == 59 {
        return Ok(false);
    }
    ip_packet::packet(cursor)?;
    Ok(true)
}

const FORWARDED: &[u8] = &laid_out::<84>(&[
    (0, &[0x41, 0x52, 0x11, 41, 0x69, 0x55, 0, 0, 0x20, 0x01]),
    (44, &[0x60, 0, 0, 0, 0, 0, 59, 64, 0xfe, 0x80]),
]);
const HEARTBEAT: &[u8] = &laid_out::<44>(&[(0, &[0x41, 0x52, 0x10, 59, 0x69, 0x55, 0, 0, 0x20, 0x01])]);

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a packet is forwarded", &[FORWARDED], &[]),
    Example::udp(Confidence::Signature, "a heartbeat on its port", &[HEARTBEAT], &[]).on(5072),
    Example::not(Transport::Udp, "a heartbeat on another port", &[HEARTBEAT], &[]),
    Example::not(Transport::Udp, "a packet that does not fit", &[&laid_out::<85>(&[(0, FORWARDED)])], &[]),
];
