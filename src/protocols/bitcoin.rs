//! Bitcoin and the currencies that took over its peer protocol: the [developer reference], section "Message headers".
//!
//! ```text
//!  network:32   command, 12 bytes of ASCII filled with zeros   length:32 little-endian   check sum:32   payload
//! ```
//!
//! Versions before 209 sent no check sum with `version` and `verack`; it is not looked at.
//!
//! [developer reference]: https://developer.bitcoin.org/reference/p2p_networking.html

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Bitcoin.
pub const INSPECTOR: Inspector = Inspector {
    name: "bitcoin",
    title: "Bitcoin peer protocol",
    specification: "Bitcoin developer reference, P2P network, Message headers",
    ports: &[8333, 18333, 18444, 38333, 9333, 22556],
    initiator_first: FIRST,
    responder_first: FIRST,
    inspect,
    describe: Some(describe),
    attributes: &[("bitcoin.network", "which currency's network"), ("bitcoin.command", "the first command")],
    confused_with: "nothing: the network's number and a command's padding are 80 bound bits or more",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const FIRST: ByteSet = ByteSet::of(&[0xf9, 0x0b, 0x1c, 0xfa, 0x0a, 0xfb, 0xfc, 0xc0, 0xbf, 0xe3, 0x24, 0xcd]);

/// The numbers that networks begin their messages with, in the order of the wire.
const NETWORKS: &[([u8; 4], &str)] = &[
    ([0xf9, 0xbe, 0xb4, 0xd9], "bitcoin"),
    ([0x0b, 0x11, 0x09, 0x07], "bitcoin-testnet3"),
    ([0x1c, 0x16, 0x3f, 0x28], "bitcoin-testnet4"),
    ([0x0a, 0x03, 0xcf, 0x40], "bitcoin-signet"),
    ([0xfa, 0xbf, 0xb5, 0xda], "bitcoin-regtest"),
    ([0xf9, 0xbe, 0xb4, 0xfe], "namecoin"),
    ([0xe3, 0xe1, 0xf3, 0xe8], "bitcoin-cash"),
    ([0xfb, 0xc0, 0xb6, 0xdb], "litecoin"),
    ([0xfc, 0xc1, 0xb7, 0xdc], "dogecoin-testnet"),
    ([0xc0, 0xc0, 0xc0, 0xc0], "dogecoin"),
    ([0xbf, 0x0c, 0x6b, 0xbd], "dash"),
    ([0x24, 0xe9, 0x27, 0x64], "zcash"),
];

/// Largest payload in bytes (MAX_SIZE of the reference implementation is 32 MiB).
const MAX_LEN: u32 = 32 << 20;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let confidence = |message: Result<_, Reject>| message.map(|_: (&str, &[u8])| Confidence::Message);
    Evidence::of(
        confidence(header(opening.request())),
        confidence(header(opening.reply())),
        "header: a network's number and a command (Bitcoin developer reference, Message headers)",
    )
}

/// Network and command.
fn header(mut cursor: Cursor<'_>) -> Result<(&'static str, &[u8]), Reject> {
    let mut magic = cursor;
    let numbers: Vec<&[u8]> = NETWORKS.iter().map(|(number, _)| number.as_slice()).collect();
    let place = magic.one_of(&numbers)?;
    cursor.skip(4)?;
    let (_, network) = NETWORKS.get(place).ok_or(Reject::Mismatch)?;
    let field = cursor.take(12)?;
    let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
    let (command, padding) = field.split_at(end);
    require(command.len() >= 2 && command.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()))?;
    require(padding.iter().all(|&byte| byte == 0))?;
    require(cursor.u32_le()? <= MAX_LEN)?;
    Ok((network, command))
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok((network, command)) = header(opening.request()).or_else(|_| header(opening.reply())) {
        attributes.set("bitcoin.network", network);
        attributes.set("bitcoin.command", command);
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "both sides tell their version",
        &[b"\xf9\xbe\xb4\xd9version\0\0\0\0\0\x56\0\0\0abcd"],
        &[b"\xf9\xbe\xb4\xd9version\0\0\0\0\0\x56\0\0\0efgh"],
    ),
    Example::tcp(Confidence::Message, "a test network", &[b"\x0b\x11\x09\x07ping\0\0\0\0\0\0\0\0\x08\0\0\0abcd"], &[]),
    Example::not(Transport::Tcp, "a command that is not filled with zeros", &[b"\xf9\xbe\xb4\xd9ab\0cd\0\0\0\0\0\0\0\x08\0\0\0abcd"], &[]),
];
