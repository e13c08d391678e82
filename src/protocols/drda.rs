//! DRDA, which Db2, Derby and Informix speak: DDM messages in data stream structures, The Open Group C066.
//!
//! ```text
//! length of the whole | D0 | format | correlation | length without these 6 | code point | parameters
//! initiator   EXCSAT 1041, ACCSEC 106D, SECCHK 106E, ACCRDB 2001, EXCSQLSTT 200B ...
//! responder   EXCSATRD 1443, ACCSECRD 14AC, SECCHKRM 1219, ACCRDBRM 2201 ...
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;
use crate::sequence::of_said;

/// DRDA.
pub const INSPECTOR: Inspector = Inspector {
    name: "drda",
    title: "Distributed Relational Database Architecture (Db2)",
    specification: "The Open Group C066 (DRDA 5, DDM reference): DSS, OBJDSS, EXCSAT",
    ports: &[446, 447, 448, 50000, 1527],
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    inspect,
    describe: Some(describe),
    attributes: &[("drda.code_point", "code point of the client's first command, as hexadecimal")],
    confused_with: "nothing: D0 as third byte, two lengths that differ by six, and a known code point",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Bytes of the header, which the first length counts and the second does not.
const HEADER: u16 = 6;

/// Reads a structure, and gives its code point.
fn structure(cursor: &mut Cursor<'_>) -> Result<u16, Reject> {
    let len = cursor.u16()?;
    require((HEADER + 4..0x8000).contains(&len))?;
    cursor.tag(&[0xd0])?;
    let format = cursor.u8()?;
    // Bit 7 is reserved, bit 3 too; the type is request, reply, object, communication or request without reply.
    require(format & 0x88 == 0 && matches!(format & 7, 1..=5))?;
    cursor.skip(2)?;
    require(cursor.u16()? == len - HEADER)?;
    let code_point = cursor.u16()?;
    require(matches!(code_point >> 8, 0x10..=0x24))?;
    cursor.skip(usize::from(len - HEADER) - 4)?;
    Ok(code_point)
}

fn judged(said: Said<'_>) -> Result<Confidence, Reject> {
    // Data that are longer than a structure holds go on in another form, so the first ones decide.
    let first = structure(&mut said.cursor(Transport::Tcp))?;
    let known = matches!(first, 0x1041 | 0x106d | 0x106e | 0x2001 | 0x1443 | 0x14ac | 0x1219 | 0x2201);
    let count = of_said(&said, Transport::Tcp, |cursor| structure(cursor).map(drop)).unwrap_or(1);
    Ok(if known || count > 1 { Confidence::Message } else { Confidence::Signature })
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    Evidence::of(
        judged(opening.initiator),
        judged(opening.responder),
        "dss: D0, two lengths that agree and a code point (DRDA, data stream structures)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let code_point = structure(&mut opening.request()).ok();
    attributes.set_some("drda.code_point", code_point.map(|code| format!("0x{code:04x}")));
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "attributes are exchanged",
        &[b"\x00\x10\xd0\x41\x00\x01\x00\x0a\x10\x41\x00\x06\x11\x47\xd8\xc4"],
        &[b"\x00\x10\xd0\x43\x00\x01\x00\x0a\x14\x43\x00\x06\x11\x47\xd8\xc4"],
    ),
    Example::tcp(
        Confidence::Signature,
        "in the middle: a commit",
        &[b"\x00\x0a\xd0\x01\x00\x01\x00\x04\x20\x0e"],
        &[],
    ),
    Example::not(
        Transport::Tcp,
        "lengths that do not agree",
        &[b"\x00\x10\xd0\x41\x00\x01\x00\x0b\x10\x41\x00\x06\x11\x47\xd8\xc4"],
        &[],
    ),
];
