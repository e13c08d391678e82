//! Zabbix, between server, proxies and agents, over TCP.
//!
//! ```text
//! "ZBXD"   flags (1): 1, with 2 compressed, with 4 large   length (4 or 8, little-endian)   reserved (4 or 8)   data
//! ```
//!
//! Zabbix documentation, "Header and data length". Older servers ask agents for an item with a bare line.

use crate::byteset::{ByteSet, LETTERS};
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Zabbix.
pub const INSPECTOR: Inspector = Inspector {
    name: "zabbix",
    title: "Zabbix",
    specification: "Zabbix documentation: header and data length",
    ports: &[10050, 10051],
    initiator_first: ByteSet::of(b"Z").or(LETTERS),
    responder_first: ByteSet::of(b"Z"),
    inspect,
    confused_with: "nothing",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest data in bytes that is believed: 1 GiB is the documented limit.
const MAX_LENGTH: u64 = 1 << 30;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let (asked, answered) = (header(opening.request()), header(opening.reply()));
    let rule = "zbxd: magic, flags and length (Zabbix, header and data length)";
    match (asked, answered) {
        // An item's key in a bare line, as old servers ask.
        (Err(Reject::Mismatch), Ok(())) => {
            let key = opening.request().line(256)?;
            require(is_text(key))?;
            Ok(Evidence::dialogue(rule))
        }
        (asked, answered) => {
            let weigh = |header: Result<(), Reject>| header.map(|()| Confidence::Message);
            match (weigh(asked), weigh(answered)) {
                (Err(Reject::Mismatch), Err(Reject::Incomplete)) => Err(Reject::Incomplete),
                (asked, answered) => Evidence::of(asked, answered, rule),
            }
        }
    }
}

fn header(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    cursor.tag(b"ZBXD")?;
    let flags = cursor.u8()?;
    require(flags & 1 != 0 && flags & !7 == 0)?;
    let len = if flags & 4 == 0 { u64::from(cursor.u32_le()?) } else { cursor.u64_le()? };
    require(len <= MAX_LENGTH)?;
    cursor.skip(if flags & 4 == 0 { 4 } else { 8 })
}

const ACTIVE: &[u8] = b"ZBXD\x01\x1b\0\0\0\0\0\0\0{\"request\":\"active checks\"}";
const RESPONSE: &[u8] = b"ZBXD\x01\x16\0\0\0\0\0\0\0{\"response\":\"success\"}";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "an agent asks what to check", &[ACTIVE], &[RESPONSE]),
    Example::tcp(Confidence::Dialogue, "a server asks for an item", &[b"agent.ping\n"], &[b"ZBXD\x01\x01\0\0\0\0\0\0\x001"]),
    Example::tcp(Confidence::Message, "a server that does not answer", &[ACTIVE], &[]),
    Example::not(Transport::Tcp, "flags that are none", &[b"ZBXD\x08\x1b\0\0\0\0\0\0\0"], &[]),
];
