//! HiSLIP, the high-speed LAN instrument protocol: IVI-6.1.
//!
//! ```text
//! "HS" | type | control code | parameter, 4 bytes | payload length, 8 bytes | payload
//! initiator   0 Initialize: version and vendor, subaddress     17 AsyncInitialize: session
//! responder   1 InitializeResponse: version and session        18 AsyncInitializeResponse: vendor
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;
use crate::sequence::of_said;

/// HiSLIP.
pub const INSPECTOR: Inspector = Inspector {
    name: "hislip",
    title: "High-Speed LAN Instrument Protocol",
    specification: "IVI-6.1 section 2.5 (message header), section 6 (transactions)",
    ports: &[4880],
    initiator_first: ByteSet::of(b"H"),
    responder_first: ByteSet::of(b"H"),
    inspect,
    describe: Some(describe),
    attributes: &[("hislip.subaddress", "the instrument that the client asks for")],
    confused_with: "nothing: HS, a small type and eight bytes of length, mostly zero, are rare",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Highest message type that the specification assigns below the vendors' range from 128 on.
const LAST_TYPE: u8 = 38;
/// Longest payload believed, in bytes: the length has 64 bits.
const MAX_PAYLOAD: u64 = 1 << 32;

fn message<'a>(cursor: &mut Cursor<'a>) -> Result<(u8, Cursor<'a>), Reject> {
    cursor.tag(b"HS")?;
    let kind = cursor.u8()?;
    require(kind <= LAST_TYPE || kind >= 128)?;
    cursor.skip(1 + 4)?;
    let len = cursor.u64()?;
    require(len < MAX_PAYLOAD)?;
    // Initialize carries a short name, its response and the asynchronous channel's opening nothing.
    require(match kind {
        0 => len <= 256,
        1 | 17 | 18 => len == 0,
        _ => true,
    })?;
    let payload = cursor.within(usize::try_from(len).map_err(|_| Reject::Mismatch)?)?;
    require(kind != 0 || is_text(payload.rest()))?;
    Ok((kind, payload))
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| {
        of_said(&said, Transport::Tcp, |cursor| message(cursor).map(drop))
            .map(|_| Confidence::Message)
    };
    Evidence::of(
        judged(opening.initiator),
        judged(opening.responder),
        "message: HS, a type and a length that fits (IVI-6.1 section 2.5)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok((0, name)) = message(&mut opening.request()) {
        attributes.set("hislip.subaddress", name.rest());
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "the synchronous channel is opened",
        &[b"HS\x00\x00\x01\x00RS\x00\x00\x00\x00\x00\x00\x00\x07hislip0"],
        &[b"HS\x01\x00\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00"],
    ),
    Example::tcp(
        Confidence::Message,
        "in the middle: a query",
        &[b"HS\x07\x00\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00\x06*IDN?\n"],
        &[],
    ),
    Example::not(Transport::Tcp, "text", &[b"HS is the abbreviation of Hislip\r\n"], &[]),
];
