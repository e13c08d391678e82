//! Firebird and InterBase: the connect request of their remote protocol, in XDR.
//!
//! ```text
//! initiator   00000001 connect | operation | version 2 or 3 | architecture | file name | count | user data | protocols
//! responder   00000003 accept, 0000005E accept with data, 00000062 accept on condition | version | architecture | type
//!             00000004 reject, 00000009 response
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Firebird.
pub const INSPECTOR: Inspector = Inspector {
    name: "firebird",
    title: "Firebird and InterBase remote protocol",
    specification: "Firebird wire protocol documentation: op_connect, op_accept",
    ports: &[3050],
    initiator_first: ByteSet::of(&[0]),
    responder_first: ByteSet::of(&[0]),
    inspect,
    describe: Some(describe),
    attributes: &[("firebird.database", "file name or alias of the database that the client asks for")],
    confused_with: "other XDR: the connect request's first four words are fixed but for small choices",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Reads a string with four bytes of length, padded to four.
fn string<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    let len = cursor.u32()? as usize;
    require(len <= 4096)?;
    let text = cursor.take(len)?;
    cursor.skip(len.next_multiple_of(4) - len)?;
    Ok(text)
}

/// Reads a connect request, and gives the database.
fn connect(mut cursor: Cursor<'_>) -> Result<&[u8], Reject> {
    cursor.tag(&[0, 0, 0, 1])?;
    // The operation to come: none, attach, create, service.
    require(matches!(cursor.u32()?, 0 | 19 | 20 | 82))?;
    require(matches!(cursor.u32()?, 2 | 3))?;
    require(cursor.u32()? <= 64)?;
    let database = string(&mut cursor)?;
    require((1..=16).contains(&cursor.u32()?))?;
    Ok(database)
}

fn answer(mut cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    require(matches!(cursor.u32()?, 3 | 4 | 9 | 0x5e | 0x62))?;
    Ok(Confidence::Message)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    connect(opening.request())?;
    Evidence::of(
        Ok(Confidence::Message),
        answer(opening.reply()),
        "connect: operation, version, architecture, database and protocols (Firebird wire protocol, op_connect)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("firebird.database", connect(opening.request()).ok());
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a database is asked for",
        &[b"\x00\x00\x00\x01\x00\x00\x00\x13\x00\x00\x00\x03\x00\x00\x00\x01\x00\x00\x00\x08/db/shop\x00\x00\x00\x02\x00\x00\x00\x00"],
        &[b"\x00\x00\x00\x03\xff\xff\x80\x0d\x00\x00\x00\x01\x00\x00\x00\x05"],
    ),
    Example::not(
        Transport::Tcp,
        "another version",
        &[b"\x00\x00\x00\x01\x00\x00\x00\x13\x00\x00\x00\x07\x00\x00\x00\x01\x00\x00\x00\x08/db/shop\x00\x00\x00\x02"],
        &[],
    ),
];
