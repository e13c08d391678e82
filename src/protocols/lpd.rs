//! The Line Printer Daemon protocol, [RFC 1179] sections 5 and 6.
//!
//! ```text
//! initiator   02 queue LF                    receive a job; 01 print, 03 and 04 show the queue, 05 remove jobs
//! responder   00
//! initiator   02 count SP cfA001host LF      the control file comes; 03 the data file
//! ```
//!
//! A small number and a name are not much, so what follows must fit, or the port be the printer's.
//!
//! [RFC 1179]: https://www.rfc-editor.org/rfc/rfc1179

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, decimal, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// LPD.
pub const INSPECTOR: Inspector = Inspector {
    name: "lpd",
    title: "Line Printer Daemon protocol",
    specification: "RFC 1179 sections 5 and 6",
    ports: &[515],
    initiator_first: ByteSet::range(1, 5),
    responder_first: ByteSet::ANY,
    inspect,
    describe: Some(describe),
    attributes: &[("lpd.queue", "the printer queue")],
    confused_with: "binary protocols that begin with a small number and text",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest queue name in bytes.
const MAX_QUEUE: usize = 128;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let mut request = opening.request();
    let (command, _) = queue(&mut request)?;
    let acknowledged = opening.reply().rest().first() == Some(&0);
    if command == 2 && subcommand(request).is_ok() {
        let rule = "job: a queue and a job's file (RFC 1179 sections 5.2 and 6)";
        return Ok(if acknowledged { Evidence::dialogue(rule) } else { Evidence::message(rule) });
    }
    if !opening.is_on(INSPECTOR.ports) {
        return Err(Reject::Incomplete);
    }
    Ok(Evidence::signature("command-on-port: a command and a queue on the printer's port (RFC 1179 section 5)"))
}

fn queue<'a>(cursor: &mut Cursor<'a>) -> Result<(u8, &'a [u8]), Reject> {
    let command = cursor.u8()?;
    require((1..=5).contains(&command))?;
    let name = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    require(cursor.rest().iter().take_while(|&&byte| byte != b'\n').take(MAX_QUEUE).all(name))?;
    let line = cursor.until(b'\n', MAX_QUEUE)?;
    // Only showing and removing take more than the queue's name.
    let queue = line.split(|&byte| byte == b' ').next().unwrap_or_default();
    require(!queue.is_empty() && (command > 2 || queue.len() == line.len()))?;
    Ok((command, queue))
}

/// A file's size and name, which begins cf or df.
fn subcommand(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    require(matches!(cursor.u8()?, 2 | 3))?;
    decimal(cursor.until(b' ', 12)?)?;
    let name = cursor.until(b'\n', MAX_QUEUE)?;
    require(name.starts_with(b"cf") || name.starts_with(b"df"))
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("lpd.queue", queue(&mut opening.request()).ok().map(|(_, queue)| queue));
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a job", &[b"\x02lp\n", b"\x0258 cfA001host\n"], &[b"\0"]),
    Example::tcp(Confidence::Message, "only the client was captured", &[b"\x02lp\n\x03100 dfA001host\n"], &[]),
    Example::tcp(Confidence::Signature, "the queue is asked for", &[b"\x04lp\n"], &[]).on(515),
    Example::not(Transport::Tcp, "a number and text elsewhere", &[b"\x04lp\n"], &[b"x"]),
];
