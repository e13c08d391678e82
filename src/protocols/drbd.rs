//! DRBD, block devices that two nodes keep alike, over TCP.
//!
//! ```text
//! 83 74 02 67 | command | length | ...                        protocol 8: first feature packet FFFE
//! 86 20 EC 20 | volume | command | length | padding | ...     protocol 100 on
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// DRBD.
pub const INSPECTOR: Inspector = Inspector {
    name: "drbd",
    title: "Distributed Replicated Block Device",
    specification: "LINBIT: DRBD's protocol headers p_header80 and p_header100",
    ports: &[7788, 7789, 7790],
    initiator_first: ByteSet::of(&[0x83, 0x86]),
    responder_first: ByteSet::of(&[0x83, 0x86]),
    inspect,
    confused_with: "nothing: a magic number, a command and a length",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn header(mut cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    if cursor.one_of(&[b"\x83\x74\x02\x67", b"\x86\x20\xec\x20"])? == 0 {
        let command = cursor.u16()?;
        require(command <= 0x60 || command >= 0xfff0)?;
        cursor.skip(2)?;
    } else {
        cursor.skip(2)?;
        let command = cursor.u16()?;
        require(command <= 0x80 || command >= 0xfff0)?;
        require(cursor.u32()? < 1 << 25)?;
    }
    Ok(Confidence::Message)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    Evidence::of(header(opening.request()), header(opening.reply()), "header: magic number, command and length (DRBD packet headers)")
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "features are exchanged",
        &[b"\x83\x74\x02\x67\xff\xfe\x00\x50\x00\x00\x00\x56"],
        &[b"\x83\x74\x02\x67\xff\xfe\x00\x50\x00\x00\x00\x56"],
    ),
    Example::not(Transport::Tcp, "another number", &[b"\x83\x74\x02\x68\xff\xfe\x00\x50"], &[]),
];
