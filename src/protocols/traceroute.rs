//! Traceroute's probes over UDP: datagrams that nobody wants, to rising ports, so that routers tell where they expire.
//!
//! ```text
//! port 33434 + n   Linux: @ABC... rising from 40   BSD: n (1), hops (1), 0 0, time (8 or 16)   others: zeros
//! ```
//!
//! The payload is the program's own choice (the port is what the answer is known by), so that only these usual ones are known,
//! and only on the usual ports. Each probe is mostly a flow of its own.

use crate::byteset::ByteSet;
use crate::cursor::{require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// traceroute probe.
pub const INSPECTOR: Inspector = Inspector {
    name: "traceroute",
    title: "traceroute probe",
    specification: "traceroute(8) of Linux and BSD",
    carriers: Carriers::UDP,
    ports: &[33434],
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::NONE,
    inspect,
    confused_with: "anything on these ports whose bytes rise or are zero",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// First port, and how many after it: thirty hops of three probes, and some room.
const FIRST_PORT: u16 = 33_434;
const RANGE: u16 = 128;
/// Fewest bytes of which zeros or a rising sequence say something, and the most that are zeros.
const MIN_LENGTH: usize = 12;
const MAX_ZEROS: usize = 60;
/// The byte with which Linux' sequence begins, and its period.
const RISING_FROM: u8 = 0x40;
const PERIOD: usize = 0x40;
/// Most hops that are tried.
const MAX_HOPS: u8 = 64;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let probe = opening.port().wrapping_sub(FIRST_PORT);
    require(probe < RANGE && opening.responder.is_silent())?;
    in_datagrams(&opening.initiator, |cursor| judge(cursor.rest(), probe))?;
    Ok(Evidence::signature("probe: what traceroute sends, on the port that it sends it to (traceroute(8))"))
}

fn judge(payload: &[u8], probe: u16) -> Result<(), Reject> {
    require(payload.len() >= MIN_LENGTH)?;
    let rising = payload.iter().zip((0..PERIOD).cycle()).all(|(&byte, place)| usize::from(byte) == usize::from(RISING_FROM) + place);
    let zeros = payload.len() <= MAX_ZEROS && payload.iter().all(|&byte| byte == 0);
    // The number of the probe is in the port, too: with hops and zeros 26 bits, behind a port of a hundred.
    let numbered = match payload {
        [number, hops, 0, 0, ..] => u16::from(*number) == probe && (1..=MAX_HOPS).contains(hops) && payload.len() <= 28,
        _ => false,
    };
    require(rising || zeros || numbered)
}

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Signature, "Linux", &[b"@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_"], &[]).on(33_440),
    Example::udp(Confidence::Signature, "BSD", &[b"\x06\x02\0\0\xf9\xc8\xe7\x36\xf5\xed\x08\0"], &[]).on(33_440),
    Example::not(Transport::Udp, "another port", &[b"@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_"], &[]),
    Example::not(Transport::Udp, "a number that is not the port's", &[b"\x07\x02\0\0\xf9\xc8\xe7\x36\xf5\xed\x08\0"], &[]).on(33_440),
];
