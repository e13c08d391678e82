//! CUPS' browsing: printers are told in datagrams to port 631, the CUPS "Implementation of IPP", section "CUPS Browse Protocol".
//!
//! ```text
//! 6 3 ipp://host.example:631/printers/a "location" "information" "make and model"␊       type and state in hexadecimal
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// CUPS' browsing.
pub const INSPECTOR: Inspector = Inspector {
    name: "cups",
    title: "CUPS browsing",
    specification: "CUPS Implementation of IPP, CUPS Browse Protocol",
    carriers: Carriers::UDP,
    ports: &[631],
    initiator_first: ByteSet::range(b'0', b'9').or(ByteSet::range(b'a', b'f')),
    responder_first: ByteSet::NONE,
    inspect,
    describe: Some(describe),
    attributes: &[("cups.printer", "the printer's address")],
    confused_with: "IPP, which is HTTP on the same port number",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn inspect(opening: &Opening<'_>) -> Verdict {
    printer(opening.request())?;
    Ok(Evidence::message("browse-packet: type, state and a printer's URI (CUPS Browse Protocol)"))
}

fn printer(mut cursor: Cursor<'_>) -> Result<&[u8], Reject> {
    for _ in 0..2 {
        let word = cursor.until(b' ', 8)?;
        require(!word.is_empty() && word.iter().all(u8::is_ascii_hexdigit))?;
    }
    let rest = cursor.rest();
    let uri = rest.split(|byte| matches!(byte, b' ' | b'\n')).next().unwrap_or_default();
    require((uri.starts_with(b"ipp://") || uri.starts_with(b"ipps://")) && is_text(uri))?;
    Ok(uri)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("cups.printer", printer(opening.request()).ok());
}

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Message, "a printer is told", &[b"6 3 ipp://host:631/printers/a \"hall\" \"a\" \"make\"\n"], &[]),
    Example::not(Transport::Udp, "another URI", &[b"6 3 http://host/\n"], &[]),
];
