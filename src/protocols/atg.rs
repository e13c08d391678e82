//! Automatic tank gauges of petrol stations: Veeder-Root's serial interface, put onto TCP 10001.
//!
//! ```text
//! initiator   01 | "I" or "i" 3 digits | tank, 2 digits        inquiry, "S" "s" to set
//! responder   01 | CR LF | the same code ...  03
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Veeder-Root tank gauges.
pub const INSPECTOR: Inspector = Inspector {
    name: "atg",
    title: "Automatic tank gauge (Veeder-Root TLS)",
    specification: "Veeder-Root 576013-635, serial interface manual: command format",
    ports: &[10001],
    initiator_first: ByteSet::of(&[0x01]),
    responder_first: ByteSet::of(&[0x01]),
    inspect,
    describe: Some(describe),
    attributes: &[("atg.function", "first function that is asked for, with its tank (I20100 inventory ...)")],
    confused_with: "nothing where the answer repeats the code",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// A function and a tank.
fn code(cursor: &mut Cursor<'_>) -> Result<[u8; 6], Reject> {
    let code: [u8; 6] = cursor.array()?;
    // A letter, three digits of which some functions have letters, and two digits of the tank.
    let [kind, group, function @ .., tens, ones] = code;
    require(b"IiSs".contains(&kind) && [group, tens, ones].iter().all(u8::is_ascii_digit))?;
    require(function.iter().all(u8::is_ascii_alphanumeric))?;
    Ok(code)
}

fn inquiry(mut cursor: Cursor<'_>) -> Result<[u8; 6], Reject> {
    cursor.tag(&[1])?;
    code(&mut cursor)
}

fn report(mut cursor: Cursor<'_>) -> Result<[u8; 6], Reject> {
    cursor.tag(&[1])?;
    while matches!(cursor.rest().first(), Some(b'\r' | b'\n')) {
        cursor.skip(1)?;
    }
    code(&mut cursor)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let asked = inquiry(opening.request())?;
    match report(opening.reply()) {
        Ok(answered) if answered == asked => Ok(Evidence::dialogue(
            "report: the answer repeats function and tank (Veeder-Root serial interface, command format)",
        )),
        Ok(_) | Err(Reject::Mismatch) => Err(Reject::Mismatch),
        Err(Reject::Incomplete) if opening.is_on(INSPECTOR.ports) => Ok(Evidence::signature(
            "inquiry: SOH, function and tank on the gauges' port (Veeder-Root serial interface, command format)",
        )),
        Err(reject) => Err(reject),
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let asked = inquiry(opening.request()).ok();
    attributes.set_some("atg.function", asked.as_ref().map(<[u8; 6]>::as_slice));
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "an inventory is asked for",
        &[b"\x01I20100\n"],
        &[b"\x01\r\nI20100\r\nNOV 20, 2026 12:00 PM\r\n\r\nSTATION\r\n\x03"],
    ),
    Example::tcp(Confidence::Signature, "only the inquiry, on the port", &[b"\x01I20100\n"], &[]).on(10001),
    Example::not(Transport::Tcp, "an inquiry anywhere", &[b"\x01I20100\n"], &[]),
];
