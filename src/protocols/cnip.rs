//! CN/IP, by which LonWorks' packets (LonTalk) travel over IP: ANSI/CTA-852.
//!
//! ```text
//! length of the whole | version 1 | type | extended header | flags | vendor | session, 4 | sequence, 4 | time, 4
//!                                   01 data, 03 to 08 configuration, 60 to 7F requests and responses
//! ```
//!
//! Length, version and type are some 28 bits; the port, an answer, or a session that goes on make it enough.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;
use crate::sequence::of_said;

/// CN/IP.
pub const INSPECTOR: Inspector = Inspector {
    name: "cnip",
    title: "LonTalk over IP (CN/IP)",
    specification: "ANSI/CTA-852.1 (EIA-852) section 8, common packet header",
    carriers: Carriers::TCP_UDP,
    ports: &[1628, 1629],
    initiator_first: ByteSet::range(0x00, 0x05),
    responder_first: ByteSet::range(0x00, 0x05),
    inspect,
    confused_with: "other headers with a length in front: version and reserved bytes must fit, and the session stay",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Bytes of the header, without its extension.
const HEADER: usize = 20;

/// Reads a packet, and gives its session.
fn packet(cursor: &mut Cursor<'_>) -> Result<u32, Reject> {
    let len = usize::from(cursor.u16()?);
    cursor.tag(&[1])?;
    let kind = cursor.u8()?;
    require(matches!(kind, 0x01 | 0x03..=0x08 | 0x60..=0x7f))?;
    let extension = usize::from(cursor.u8()?);
    let rest = len.checked_sub(HEADER + 4 * extension).ok_or(Reject::Mismatch)?;
    require(extension <= 4)?;
    // Flags: of the four low bits one is the security mark; two bytes of vendor.
    require(cursor.u8()? & 0x1f == 0)?;
    cursor.skip(2)?;
    let session = cursor.u32()?;
    cursor.skip(4 + 4 + 4 * extension)?;
    cursor.skip(rest)?;
    Ok(session)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| {
        let mut session = None;
        let count = of_said(&said, opening.transport, |cursor| {
            let own = packet(cursor)?;
            require(*session.get_or_insert(own) == own)
        })?;
        Ok((count, session.is_some_and(|session| session != 0)))
    };
    let weigh = |side: Result<(u32, bool), Reject>| {
        side.map(|(count, has_session)| {
            if count > 1 && has_session { Confidence::Message } else { Confidence::Signature }
        })
    };
    let (request, reply) = (weigh(judged(opening.initiator)), weigh(judged(opening.responder)));
    let rule = "packet: length, version 1, type and session (CTA-852 section 8)";
    let evidence = Evidence::of(request, reply, rule)?;
    if evidence.confidence == Confidence::Signature && !opening.is_on(INSPECTOR.ports) {
        return Err(Reject::Incomplete);
    }
    Ok(evidence)
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Message,
        "two packets of one session",
        &[
            b"\x00\x18\x01\x01\x00\x00\x00\x00\x11\x22\x33\x44\x00\x00\x00\x00\x00\x00\x00\x00\x01\x09\x01\xaa",
            b"\x00\x18\x01\x01\x00\x00\x00\x00\x11\x22\x33\x44\x00\x00\x00\x01\x00\x00\x00\x05\x01\x09\x01\xaa",
        ],
        &[],
    ),
    Example::udp(
        Confidence::Signature,
        "one packet, on the port",
        &[b"\x00\x18\x01\x01\x00\x00\x00\x00\x11\x22\x33\x44\x00\x00\x00\x00\x00\x00\x00\x00\x01\x09\x01\xaa"],
        &[],
    )
    .on(1628),
    Example::not(
        Transport::Udp,
        "one packet anywhere",
        &[b"\x00\x18\x01\x01\x00\x00\x00\x00\x11\x22\x33\x44\x00\x00\x00\x00\x00\x00\x00\x00\x01\x09\x01\xaa"],
        &[],
    ),
];
