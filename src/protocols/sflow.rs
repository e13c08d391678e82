//! sFlow, versions 2, 4 and 5: samples of frames and counters, sent by switches.
//!
//! ```text
//! version (4)  address type (4): 1 IPv4, 2 IPv6  agent (4 or 16)  [5: sub-agent (4)]  sequence (4)  uptime (4)  samples (4)
//! sample of version 5   enterprise and format (4), length (4), data
//! ```
//!
//! sFlow version 5 section 5, RFC 3176 section 5. The samples of version 5 must fill the datagram. Nobody answers.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// sFlow.
pub const INSPECTOR: Inspector = Inspector {
    name: "sflow",
    title: "sFlow",
    specification: "sFlow version 5 section 5, RFC 3176 section 5",
    carriers: Carriers::UDP,
    ports: PORTS,
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::NONE,
    inspect,
    describe: Some(describe),
    attributes: &[("sflow.version", "2, 4 or 5"), ("sflow.agent", "the agent's IPv4 address")],
    confused_with: "nothing: eleven bytes of the header are fixed",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[6343];
/// Most samples of a datagram: each has at least 8 bytes.
const MAX_SAMPLES: u32 = 512;
/// Highest number of a standard sample's format (sFlow version 5: 1 to 5).
const MAX_FORMAT: u32 = 5;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let mut complete = true;
    in_datagrams(&opening.initiator, |cursor| match samples(*cursor) {
        Err(Reject::Incomplete) => {
            complete = false;
            header(cursor).map(drop)
        }
        other => other,
    })?;
    let rule = "samples: agent, counters, and samples that fill the datagram (sFlow version 5 section 5)";
    Ok(Evidence::new(if complete { Confidence::Message } else { Confidence::Signature }, rule))
}

/// Reads the header: version, IPv4 agent if it is one, number of samples.
fn header(cursor: &mut Cursor<'_>) -> Result<(u32, Option<[u8; 4]>, u32), Reject> {
    let version = cursor.u32()?;
    require(matches!(version, 2 | 4 | 5))?;
    let agent = match cursor.u32()? {
        1 => Some(cursor.array()?),
        2 => {
            cursor.skip(16)?;
            None
        }
        _ => return Err(Reject::Mismatch),
    };
    cursor.skip(if version == 5 { 12 } else { 8 })?;
    let count = cursor.u32()?;
    require(count <= MAX_SAMPLES)?;
    Ok((version, agent, count))
}

fn samples(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    let (version, _, count) = header(&mut cursor)?;
    for place in 0..count {
        let format = cursor.u32()?;
        if version != 5 {
            // Samples have no length here: only the first one's type can be read.
            return require(matches!(format, 1 | 2));
        }
        let (enterprise, format) = (format >> 12, format & 0xfff);
        require(place > 0 || enterprise > 0 || (1..=MAX_FORMAT).contains(&format))?;
        let len = cursor.u32()?;
        require(len % 4 == 0)?;
        cursor.skip(len as usize)?;
    }
    cursor.end()
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok((version, agent, _)) = header(&mut opening.request()) {
        attributes.set("sflow.version", version);
        attributes.set_some("sflow.agent", agent.map(|[a, b, c, d]| format!("{a}.{b}.{c}.{d}")));
    }
}

const ONE: &[u8] = b"\0\0\0\x05\0\0\0\x01\xc0\0\x02\x01\0\0\0\0\0\0\0\x07\0\x01\x02\x03\0\0\0\x01\0\0\0\x02\0\0\0\x04\0\0\0\x01";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "one sample of counters", &[ONE], &[]),
    Example::udp(Confidence::Message, "version 4", &[b"\0\0\0\x04\0\0\0\x01\xc0\0\x02\x01\0\0\0\x07\0\x01\x02\x03\0\0\0\x01\0\0\0\x02\0\0\0\x04"], &[]),
    Example::not(
        Transport::Udp,
        "a sample that is longer than the datagram",
        &[b"\0\0\0\x05\0\0\0\x01\xc0\0\x02\x01\0\0\0\0\0\0\0\x07\0\x01\x02\x03\0\0\0\x01\0\0\0\x02\0\0\0\x08\0\0\0\x01"],
        &[],
    ),
];
