//! Telnet: options negotiated with commands inside the text, [RFC 854] and [RFC 855].
//!
//! ```text
//! responder   FF FD 18  FF FD 20  FF FD 23           IAC DO terminal-type, IAC DO speed, …
//! initiator   FF FB 18  FF FC 20  FF FA 18 00 … FF F0   IAC WILL, IAC WON'T, a subnegotiation
//! ```
//!
//! IAC is 255, then WILL, WONT, DO or DONT (251 to 254) and an option. Two such commands in a row are 32 bits with
//! assigned options only; one random stream in 2^26 begins so. A Telnet session without any option negotiated has no
//! form at all.
//!
//! [RFC 854]: https://www.rfc-editor.org/rfc/rfc854
//! [RFC 855]: https://www.rfc-editor.org/rfc/rfc855

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// Telnet.
pub const INSPECTOR: Inspector = Inspector {
    name: "telnet",
    title: "Telnet",
    specification: "RFC 854, RFC 855",
    ports: &[23, 2323, 992],
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    inspect,
    describe: Some(describe),
    attributes: &[("telnet.options", "the options that either side named, by number or name")],
    confused_with: "RTMP and raw text on port 23, which negotiate nothing; TN3270 is Telnet with a binary option",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const IAC: u8 = 255;
/// Begins a subnegotiation, which SE ends.
const SB: u8 = 250;
const SE: u8 = 240;

/// Longest subnegotiation in bytes that is believed; environment variables are the longest.
const MAX_SUBNEGOTIATION: usize = 1024;

/// What one side's commands amount to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Seen {
    /// Text, no command.
    Text,
    One,
    Several,
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let both = [negotiated(opening.request()), negotiated(opening.reply())];
    match both {
        [Err(Reject::Mismatch), _] | [_, Err(Reject::Mismatch)] | [Ok(Seen::Text), Ok(Seen::Text)] => {
            Err(Reject::Mismatch)
        }
        [Ok(Seen::One | Seen::Several), Ok(Seen::One | Seen::Several)] => {
            Ok(Evidence::dialogue("both-negotiate: both sides begin with option commands (RFC 854, RFC 855)"))
        }
        [Ok(Seen::Several), _] => {
            Ok(Evidence::message("options: several option commands in a row (RFC 854, RFC 855)"))
        }
        [_, Ok(Seen::Several)] => {
            Ok(Evidence::message("options: several option commands in a row (RFC 854, RFC 855)").from(Side::Responder))
        }
        [Ok(Seen::One), _] if opening.is_on(INSPECTOR.ports) => {
            Ok(Evidence::signature("option-on-port: an option command on Telnet's port (RFC 854)"))
        }
        [_, Ok(Seen::One)] if opening.is_on(INSPECTOR.ports) => {
            Ok(Evidence::signature("option-on-port: an option command on Telnet's port (RFC 854)").from(Side::Responder))
        }
        _ => Err(Reject::Incomplete),
    }
}

/// Reads the commands that a side begins with, up to its first text.
fn negotiated(mut cursor: Cursor<'_>) -> Result<Seen, Reject> {
    let mut seen = Seen::Text;
    // A banner may come first, but it is text.
    if let Some(&first) = cursor.rest().first()
        && first != IAC
    {
        let text = |byte: &u8| matches!(byte, 7..=13 | 27 | 32..=126 | 160..);
        require(cursor.rest().iter().take(16).take_while(|&&byte| byte != IAC).all(text))?;
        return Ok(Seen::Text);
    }
    loop {
        match command(&mut cursor) {
            Ok(true) => seen = if seen == Seen::Text { Seen::One } else { Seen::Several },
            Ok(false) => return Ok(seen),
            Err(Reject::Incomplete) if seen > Seen::Text => return Ok(seen),
            Err(reject) => return Err(reject),
        }
    }
}

/// Reads one command; `false` when the next byte begins none.
fn command(cursor: &mut Cursor<'_>) -> Result<bool, Reject> {
    if cursor.rest().first().is_some_and(|&byte| byte != IAC) {
        return Ok(false);
    }
    cursor.tag(&[IAC])?;
    match cursor.u8()? {
        251..=254 => require(is_option(cursor.u8()?))?,
        SB => {
            require(is_option(cursor.u8()?))?;
            let len = cursor.rest().windows(2).take(MAX_SUBNEGOTIATION).position(|pair| pair == [IAC, SE]);
            cursor.skip(len.map_or(MAX_SUBNEGOTIATION, |len| len + 2))?;
        }
        // No operation, data mark, break, interrupt and the like (RFC 854, "TELNET COMMANDS"); end of record (RFC 885).
        239..=249 => {}
        _ => return Err(Reject::Mismatch),
    }
    Ok(true)
}

/// IANA "Telnet Options": 0 to 49, 138 to 140, and the extended list. MUD servers use 69 to 93 and 200 to 201.
const fn is_option(option: u8) -> bool {
    matches!(option, 0..=49 | 69..=93 | 138..=140 | 200..=201 | 255)
}

fn option_name(option: u8) -> Option<&'static str> {
    Some(match option {
        0 => "binary",
        1 => "echo",
        3 => "suppress-go-ahead",
        5 => "status",
        24 => "terminal-type",
        25 => "end-of-record",
        31 => "window-size",
        32 => "terminal-speed",
        33 => "flow-control",
        34 => "linemode",
        35 => "x-display",
        36 | 39 => "environment",
        37 => "authentication",
        38 => "encryption",
        40 => "tn3270e",
        44 => "com-port",
        46 => "start-tls",
        _ => return None,
    })
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut options: Vec<String> = Vec::new();
    for bytes in [opening.initiator.bytes(), opening.responder.bytes()] {
        for window in bytes.windows(3) {
            if let [IAC, 251..=254, option] = *window {
                let name = option_name(option).map_or_else(|| option.to_string(), str::to_owned);
                if !options.contains(&name) && options.len() < crate::attributes::MAX_LIST {
                    options.push(name);
                }
            }
        }
    }
    let open = opening.initiator.is_cut() || opening.responder.is_cut();
    attributes.set_list("telnet.options", options, open);
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "both sides negotiate",
        &[&[255, 251, 24, 255, 252, 32]],
        &[&[255, 253, 24, 255, 253, 32, 255, 250, 24, 1, 255, 240]],
    ),
    Example::tcp(Confidence::Message, "the server negotiates, the client types", &[b"root\r\n"], &[&[255, 253, 1, 255, 251, 3]]),
    Example::tcp(Confidence::Signature, "one option, on Telnet's port", &[], &[&[255, 251, 1]]).on(23),
    Example::not(Transport::Tcp, "text without options", &[b"root\r\n"], &[b"login: "]),
    Example::not(Transport::Tcp, "an option that is not assigned", &[&[255, 251, 120]], &[&[255, 253, 120]]),
    Example::not(Transport::Tcp, "RTMP", &[&[3, 0, 0, 0, 0, 0, 0, 0, 0, 1]], &[]),
];
