//! RakNet: the offline messages that begin a connection, found by their mark of sixteen bytes, RakNet's sources
//! (MessageIdentifiers.h) and the description by Minecraft's developers.
//!
//! ```text
//! ping 01, 02   time:64  mark  id:64                 answered by  pong 1C  time:64  id:64  mark  length:16 text
//! open 05       mark  version  padding               answered by  06  mark  id:64  security  size:16
//! open 07       mark  address  size:16  id:64        answered by  08  mark  id:64  address  size:16  encryption
//! refusals      11, 12, 14, 17, 19, 1A               with the mark
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict,
};
use crate::key::Transport;

/// RakNet.
pub const INSPECTOR: Inspector = Inspector {
    name: "raknet",
    title: "RakNet game transport",
    specification: "RakNet: MessageIdentifiers.h, offline messages",
    carriers: Carriers::UDP,
    ports: &[19132, 19133],
    initiator_first: FIRST,
    responder_first: FIRST,
    inspect,
    describe: Some(describe),
    attributes: &[("raknet.server", "what the server said of itself")],
    confused_with: "nothing: the mark has sixteen bytes",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const FIRST: ByteSet = ByteSet::of(&[1, 2, 5, 6, 7, 8, 0x10, 0x11, 0x12, 0x14, 0x17, 0x19, 0x1a, 0x1c, 0x1d]);

/// OFFLINE_MESSAGE_DATA_ID.
const MARK: &[u8] = b"\x00\xff\xff\x00\xfe\xfe\xfe\xfe\xfd\xfd\xfd\xfd\x12\x34\x56\x78";

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "offline-message: RakNet's mark where its message has it (RakNet, offline messages)";
    match (first_kind(opening.initiator), first_kind(opening.responder)) {
        (Some(_), Some(_)) => Ok(Evidence::dialogue(rule)),
        (Some(_), None) => Ok(Evidence::message(rule)),
        (None, Some(_)) => Ok(Evidence::message(rule).from(Side::Responder)),
        (None, None) => Err(Reject::Mismatch),
    }
}

fn first_kind(said: Said<'_>) -> Option<u8> {
    said.datagrams().find_map(|datagram| offline(Cursor::closed(datagram.bytes)).ok())
}

fn offline(mut cursor: Cursor<'_>) -> Result<u8, Reject> {
    let kind = cursor.u8()?;
    // How many bytes stand before the mark.
    let before = match kind {
        1 | 2 => 8,
        0x1c => 16,
        5..=8 | 0x11 | 0x12 | 0x14 | 0x17 | 0x1a => 0,
        // The refusal of another version tells its own first.
        0x19 => 1,
        _ => return Err(Reject::Mismatch),
    };
    cursor.skip(before)?;
    cursor.tag(MARK)?;
    Ok(kind)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let pong = |bytes| {
        let mut cursor = Cursor::closed(bytes);
        require(cursor.u8()? == 0x1c)?;
        cursor.skip(16)?;
        cursor.tag(MARK)?;
        let len = cursor.u16()?;
        cursor.take(len.into())
    };
    let text = opening.responder.datagrams().find_map(|datagram| pong(datagram.bytes).ok());
    attributes.set_some("raknet.server", text);
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Dialogue,
        "a connection is opened",
        &[b"\x05\x00\xff\xff\x00\xfe\xfe\xfe\xfe\xfd\xfd\xfd\xfd\x12\x34\x56\x78\x06\0\0\0\0"],
        &[b"\x06\x00\xff\xff\x00\xfe\xfe\xfe\xfe\xfd\xfd\xfd\xfd\x12\x34\x56\x78\0\0\0\0\0\0\0\x01\0\x05\xd4"],
    ),
    Example::udp(
        Confidence::Message,
        "a ping",
        &[b"\x01\0\0\0\0\0\0\0\x01\x00\xff\xff\x00\xfe\xfe\xfe\xfe\xfd\xfd\xfd\xfd\x12\x34\x56\x78\0\0\0\0\0\0\0\x01"],
        &[],
    ),
    Example::not(Transport::Udp, "the mark in another place", &[b"\x05\x01\x00\xff\xff\x00\xfe\xfe\xfe\xfe\xfd\xfd\xfd\xfd\x12\x34\x56\x78"], &[]),
];
