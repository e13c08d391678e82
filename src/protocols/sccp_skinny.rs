//! Cisco's Skinny Client Control Protocol, as Cisco's and Asterisk's documentation of SCCP describe it.
//!
//! ```text
//! length u32 of what follows the first eight bytes, header version u32 (0, or 0x11 and up), message id u32, data     little-endian
//! phone   0000 KeepAlive, 0001 Register, 0006 OffHook ...         server  0081 RegisterAck, 0085 SetLamp, 0100 KeepAliveAck ...
//! ```
//!
//! Messages chain by their lengths, and ids are small numbers in a known range: 60 bits in each that agree.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::sequence;

/// Skinny.
pub const INSPECTOR: Inspector = Inspector {
    name: "sccp-skinny",
    title: "Skinny Client Control Protocol",
    specification: "Cisco SCCP, message header",
    ports: &[2000, 2443],
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    inspect,
    describe: Some(describe),
    attributes: &[("sccp-skinny.device", "the device name that the phone registers")],
    confused_with: "other protocols of little-endian lengths: version 0 is believed on its port, or with registration only",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest message in bytes: a button template has about a thousand.
const MAX_LEN: u32 = 4096;
const KEEP_ALIVE: u32 = 0;
const REGISTER: u32 = 1;

/// Reads a message; gives header version, id and data.
///
/// Phones send the ids up to 0x80, and servers those from 0x81 on; tokens are asked for with 0x8000.
fn message<'a>(stream: &mut Cursor<'a>) -> Result<(u32, u32, Cursor<'a>), Reject> {
    let len = stream.u32_le()?;
    require((4..=MAX_LEN).contains(&len))?;
    let version = stream.u32_le()?;
    require(matches!(version, 0 | 0x0a..=0x20))?;
    let mut body = stream.within(len as usize)?;
    let id = body.u32_le()?;
    require(matches!(id, 0x0000..=0x005f | 0x0081..=0x0160 | 0x8000..=0x8003))?;
    // A KeepAlive says nothing more.
    require(id != KEEP_ALIVE || len <= 8)?;
    Ok((version, id, body))
}

fn side(opening: &Opening<'_>, side: Side) -> Result<Confidence, Reject> {
    let (mut versioned, mut registers) = (false, false);
    let count = sequence::of_side(opening, side, |stream| {
        let (version, id, body) = message(stream)?;
        if body.is_open() {
            return Err(Reject::Incomplete);
        }
        require((id <= 0x80 || id >= 0x8000) == (side == Side::Initiator) || id > 0x8000)?;
        versioned |= version != 0;
        registers |= id == REGISTER && body.rest().starts_with(b"SEP");
        Ok(())
    })?;
    if versioned || registers {
        return Ok(Confidence::Message);
    }
    // A KeepAlive of version 0 is twelve bytes of which eleven are zero: not by itself, and not anywhere.
    if opening.is_on(INSPECTOR.ports) && count >= 2 { Ok(Confidence::Signature) } else { Err(Reject::Incomplete) }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    Evidence::of(
        side(opening, Side::Initiator),
        side(opening, Side::Responder),
        "messages: lengths that chain, with header versions and ids of SCCP",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut stream = opening.request();
    while let Ok((_, id, mut body)) = message(&mut stream) {
        if id == REGISTER {
            attributes.set_some("sccp-skinny.device", body.until(0, 16).ok());
            return;
        }
    }
}

const OFF_HOOK: &[u8] = b"\x0c\x00\x00\x00\x14\x00\x00\x00\x06\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00";
const LAMP: &[u8] = b"\x08\x00\x00\x00\x14\x00\x00\x00\x88\x00\x00\x00\x01\x00\x00\x00";

const EXAMPLES: &[Example] = &[
    Example::not(
        Transport::Tcp,
        "a length, a kind and two counters, the same way from both sides",
        &[b"\x08\0\0\0\x0a\0\0\0\x01\0\0\0\x01\0\0\0\x08\0\0\0\x0a\0\0\0\x02\0\0\0\x02\0\0\0"],
        &[b"\x08\0\0\0\x0a\0\0\0\x01\0\0\0\x01\0\0\0\x08\0\0\0\x0a\0\0\0\x02\0\0\0\x02\0\0\0"],
    ),
    Example::tcp(Confidence::Dialogue, "a phone goes off hook", &[OFF_HOOK], &[LAMP, LAMP]),
    Example::tcp(Confidence::Message, "only the server was captured", &[], &[LAMP]),
    Example::tcp(
        Confidence::Message,
        "a phone of the first version registers",
        &[b"\x18\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00SEP001122334455\0\0\0\0\0"],
        &[],
    ),
    Example::not(Transport::Tcp, "twelve bytes that are nearly all zero", &[b"\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"], &[]),
    Example::not(Transport::Tcp, "an id that does not exist", &[b"\x08\x00\x00\x00\x14\x00\x00\x00\x88\x99\x00\x00\x01\x00\x00\x00"], &[]),
];
