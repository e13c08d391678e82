//! The Identification Protocol, [RFC 1413] sections 4 and 5: a pair of ports is asked, and repeated in the answer.
//!
//! ```text
//! initiator   6193, 23␍␊
//! responder   6193, 23 : USERID : UNIX : stjohns␍␊      or : ERROR : NO-USER
//! ```
//!
//! [RFC 1413]: https://www.rfc-editor.org/rfc/rfc1413

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, decimal, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Ident.
pub const INSPECTOR: Inspector = Inspector {
    name: "ident",
    title: "Identification Protocol",
    specification: "RFC 1413 sections 4 and 5",
    ports: &[113],
    initiator_first: ByteSet::range(b'0', b'9').or(ByteSet::of(b" ")),
    responder_first: ByteSet::range(b'0', b'9').or(ByteSet::of(b" ")),
    inspect,
    describe: Some(describe),
    attributes: &[("ident.answer", "USERID or ERROR, and what follows")],
    confused_with: "nothing once the answer repeats the pair",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest line in bytes (RFC 1413 section 5: 1000 characters).
const MAX_LINE: usize = 1000;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let asked = pair(&mut opening.request())?;
    match answer(opening.reply()) {
        Ok((repeated, _)) => {
            require(repeated == asked)?;
            Ok(Evidence::dialogue("pair-repeated: a pair of ports, repeated in the answer (RFC 1413)"))
        }
        Err(Reject::Incomplete) if opening.is_on(INSPECTOR.ports) => {
            Ok(Evidence::signature("pair-on-port: a pair of ports on Ident's port (RFC 1413)"))
        }
        Err(reject) => Err(reject),
    }
}

fn pair(cursor: &mut Cursor<'_>) -> Result<(u16, u16), Reject> {
    let text = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b' ' | b',');
    require(cursor.rest().iter().take_while(|byte| !matches!(byte, b'\r' | b'\n' | b':')).take(20).all(text))?;
    let line = cursor.line(24)?;
    ports(line)
}

fn ports(text: &[u8]) -> Result<(u16, u16), Reject> {
    let mut words = text.split(|&byte| byte == b',');
    let mut port = || {
        let word = words.next().ok_or(Reject::Mismatch)?;
        u16::try_from(decimal(word.trim_ascii())?).map_err(|_| Reject::Mismatch)
    };
    Ok((port()?, port()?))
}

fn answer(mut cursor: Cursor<'_>) -> Result<((u16, u16), &[u8]), Reject> {
    let text = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b' ' | b',');
    require(cursor.rest().iter().take_while(|&&byte| byte != b':').take(20).all(text))?;
    let pair = ports(cursor.until(b':', 24)?)?;
    let line = cursor.line(MAX_LINE)?.trim_ascii();
    require(line.starts_with(b"USERID") || line.starts_with(b"ERROR"))?;
    Ok((pair, line))
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("ident.answer", answer(opening.reply()).ok().map(|(_, line)| line));
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a user is told", &[b"6193, 23\r\n"], &[b"6193 , 23 : USERID : UNIX : stjohns\r\n"]),
    Example::tcp(Confidence::Signature, "only the client was captured", &[b"6193,23\r\n"], &[]).on(113),
    Example::not(Transport::Tcp, "another pair", &[b"6193, 23\r\n"], &[b"6193, 24 : ERROR : NO-USER\r\n"]),
];
