//! Telegram: MTProto over TCP where it is not obfuscated, and the reflectors of its calls over UDP.
//!
//! ```text
//! TCP   EF | length / 4 | ...                        abridged          then, in the first message, which has no key yet:
//!       EEEEEEEE | length LE | ...                   intermediate      eight zeros | message id | length | req_pq
//!       DDDDDDDD | length LE | ...                   padded
//! UDP   16 bytes of peer tag | 12 times FF | FE FF FF FF or FF ... | ...           both sides with one tag
//! ```
//!
//! Obfuscated MTProto looks random and stays unknown.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict};
use crate::key::Transport;
use crate::sequence::in_datagrams;

/// Telegram.
pub const INSPECTOR: Inspector = Inspector {
    name: "telegram",
    title: "Telegram (MTProto)",
    specification: "Telegram: MTProto transports; Creating an authorization key; reflectors of calls as in libtgvoip",
    carriers: Carriers::TCP_UDP,
    ports: &[443, 5222],
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    inspect,
    confused_with: "nothing; obfuscated MTProto cannot be told from random bytes",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Constructors of the first request: req_pq, req_pq_multi.
const REQUESTS: [u32; 2] = [0x6046_9778, 0xbe7e_8ef1];
/// Bytes of the tag that both sides of a call send to the reflector.
const TAG: usize = 16;

/// Judges the first message of a client over TCP.
fn first_request(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    let first = cursor.u8()?;
    let len = if first == 0xef {
        usize::from(cursor.u8()?) * 4
    } else {
        require(matches!(first, 0xee | 0xdd))?;
        cursor.tag(&[first; 3])?;
        cursor.u32_le()? as usize
    };
    require((40..=56).contains(&len))?;
    // No key yet: zeros; the message's id is a time, its length 20.
    cursor.tag(&[0; 8])?;
    cursor.skip(8)?;
    cursor.tag(&[20, 0, 0, 0])?;
    require(REQUESTS.contains(&cursor.u32_le()?))
}

/// Reads what a client asks a reflector before the media flows, and gives the tag.
fn reflected<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    let tag = cursor.take(TAG)?;
    // Stuffing is FF too, but then so is what should be a tag.
    require(tag.iter().any(|byte| Some(byte) != tag.first()))?;
    cursor.tag(&[0xff; 12])?;
    require(matches!(cursor.u8()?, 0xfd..=0xff))?;
    cursor.tag(&[0xff; 3])?;
    // The query's number is all that follows.
    cursor.skip(8)?;
    cursor.end()?;
    Ok(tag)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    if opening.transport == Transport::Tcp {
        first_request(opening.request())?;
        return Ok(Evidence::message(
            "req-pq: a transport's mark and the request for a key (MTProto, creating an authorization key)",
        ));
    }
    // The media that follow have the tag too, and then bytes that look random.
    let tagged = |said: Said<'_>, tag: &[u8]| in_datagrams(&said, |cursor| cursor.tag(tag));
    let rule = "reflector: one tag in all datagrams and twelve FF behind the first (libtgvoip, reflectors)";
    let tag = reflected(&mut opening.request())?;
    let sent = tagged(opening.initiator, tag)?;
    match tagged(opening.responder, tag) {
        Ok(_) => Ok(Evidence::dialogue(rule)),
        Err(Reject::Incomplete) if sent >= 2 => Ok(Evidence::message(rule)),
        Err(Reject::Incomplete) => Ok(Evidence::signature(rule)),
        Err(Reject::Mismatch) => Err(Reject::Mismatch),
    }
    .map(|evidence| evidence.from(Side::Initiator))
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Message,
        "abridged: a key is asked for",
        &[b"\xef\x0a\x00\x00\x00\x00\x00\x00\x00\x00\x11\x22\x33\x44\x55\x66\x77\x60\x14\x00\x00\x00\xf1\x8e\x7e\xbe0123456789abcdef"],
        &[],
    ),
    Example::udp(
        Confidence::Dialogue,
        "a client and a reflector",
        &[b"0123456789abcdef\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff\x01\x02\x03\x04\x05\x06\x07\x08"],
        &[b"0123456789abcdef\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xc7\x72\x15\xc0\x00\x00\x00\x00"],
    ),
    Example::not(
        Transport::Udp,
        "another tag in the answer",
        &[b"0123456789abcdef\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff\x01\x02\x03\x04\x05\x06\x07\x08"],
        &[b"0123456789abcdeF\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xc7\x72\x15\xc0\x00\x00\x00\x00"],
    ),
];
