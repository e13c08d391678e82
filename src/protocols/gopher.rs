//! Gopher, [RFC 1436] section 3: a selector in one line, answered by a menu or a document.
//!
//! ```text
//! responder   1About this server␉/about␉gopher.example.org␉70␍␊ … .␍␊      type name TAB selector TAB host TAB port
//! ```
//!
//! [RFC 1436]: https://www.rfc-editor.org/rfc/rfc1436

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, decimal, require};
use crate::formats::lines;
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// Gopher.
pub const INSPECTOR: Inspector = Inspector {
    name: "gopher",
    title: "Gopher",
    specification: "RFC 1436 section 3",
    ports: &[70],
    initiator_first: ByteSet::range(0x20, 0x7e).or(ByteSet::of(b"\r\n\t")),
    responder_first: ByteSet::range(0x20, 0x7e),
    inspect,
    confused_with: "Finger and WHOIS, which ask in one line too, and are not answered by menus",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Types of a menu's items (RFC 1436 section 3.8; h, i and s in practice).
const TYPES: &[u8] = b"0123456789+gIThis;dPc";

fn inspect(opening: &Opening<'_>) -> Verdict {
    let asked = selector(opening.request());
    match (asked, menu(opening.reply())) {
        (Ok(()), Ok(())) => Ok(Evidence::dialogue("menu: a selector and a menu (RFC 1436 section 3)")),
        (Err(Reject::Incomplete), Ok(())) => {
            Ok(Evidence::signature("menu: a menu (RFC 1436 section 3)").from(Side::Responder))
        }
        (Err(reject), _) | (_, Err(reject)) => Err(reject),
    }
}

fn selector(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    lines::text_line(&mut cursor)?;
    require(cursor.is_empty())
}

fn menu(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    let line = lines::text_line(&mut cursor)?;
    require(line.first().is_some_and(|first| TYPES.contains(first)))?;
    let fields: Vec<&[u8]> = line.split(|&byte| byte == b'\t').collect();
    // Gopher+ adds a fifth field.
    let [_, _, host, port, ..] = fields.as_slice() else { return Err(Reject::Mismatch) };
    require(!host.is_empty() && decimal(port.trim_ascii())? < 65_536)
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a menu", &[b"\r\n"], &[b"1About\t/about\tgopher.example.org\t70\r\n.\r\n"]),
    Example::tcp(Confidence::Signature, "only the server was captured", &[], &[b"iWelcome\t\terror.host\t1\r\n"]),
    Example::not(Transport::Tcp, "a text", &[b"/about\r\n"], &[b"This is a text\r\n"]),
];
