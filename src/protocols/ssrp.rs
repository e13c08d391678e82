//! SQL Server Resolution Protocol (MC-SQLR): which instances a server has, UDP 1434.
//!
//! ```text
//! client   02 or 03                      all instances (to everybody, to one)
//!          04 name 00                    one instance
//!          0F 01 name 00                 its administrator's port
//! server   05 length (2, little-endian)  ServerName;...;InstanceName;...;
//!          05 06 00 01 port (2)
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// SSRP.
pub const INSPECTOR: Inspector = Inspector {
    name: "ssrp",
    title: "SQL Server Resolution Protocol",
    specification: "MC-SQLR section 2.2",
    carriers: Carriers::UDP,
    ports: PORTS,
    initiator_first: ByteSet::of(&[2, 3, 4, 0x0f]),
    responder_first: ByteSet::of(&[5]),
    inspect,
    describe: Some(describe),
    attributes: &[("ssrp.instances", "names of the instances that the server told")],
    confused_with: "a worm's packets of 376 bytes that begin with 04 01: no name is that long",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[1434];
/// Longest instance name in bytes (MC-SQLR section 2.2.3).
const MAX_INSTANCE: usize = 32;
const NAME: &[u8] = b"ServerName;";

fn request(mut cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    match cursor.u8()? {
        2 | 3 => cursor.end()?,
        kind @ (4 | 0x0f) => {
            if kind == 0x0f {
                cursor.tag(&[1])?;
            }
            let name = cursor.until(0, MAX_INSTANCE)?;
            require(!name.is_empty() && is_text(name))?;
            cursor.end()?;
        }
        _ => return Err(Reject::Mismatch),
    }
    Ok(Confidence::Signature)
}

fn reply(mut cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    cursor.tag(&[5])?;
    let len = usize::from(cursor.u16_le()?);
    if len == 6 {
        // The length is the whole answer's here.
        cursor.tag(&[1])?;
        cursor.skip(2)?;
        cursor.end()?;
        return Ok(Confidence::Signature);
    }
    let mut data = cursor.within(len)?;
    cursor.end()?;
    data.tag(NAME).map(|()| Confidence::Message)
}

/// A request is a byte or a name: it takes the port or the answer to count.
fn inspect(opening: &Opening<'_>) -> Verdict {
    let evidence = Evidence::of(
        request(opening.request()),
        reply(opening.reply()),
        "resolution: a question for instances, or their list (MC-SQLR section 2.2)",
    )?;
    let sure = evidence.confidence >= Confidence::Message || opening.is_on(PORTS);
    if sure { Ok(evidence) } else { Err(Reject::Incomplete) }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut words = opening.reply().rest().split(|&byte| byte == b';');
    let mut instances = Vec::new();
    while let Some(word) = words.next() {
        if word == b"InstanceName"
            && let Some(name) = words.next()
        {
            instances.push(String::from_utf8_lossy(name).into_owned());
        }
    }
    attributes.set_some("ssrp.instances", (!instances.is_empty()).then_some(instances));
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Dialogue,
        "a question and the list",
        &[b"\x03"],
        &[b"\x05\x26\0ServerName;S;InstanceName;X;tcp;1433;;"],
    ),
    Example::udp(Confidence::Signature, "a question for one instance", &[b"\x04MSSQLSERVER\0"], &[]).on(1434),
    Example::udp(Confidence::Message, "only the list", &[], &[b"\x05\x0d\0ServerName;S;"]),
    Example::not(Transport::Udp, "a byte that could be anything's", &[b"\x03"], &[]),
    Example::not(Transport::Udp, "a worm", &[&[4; 376]], &[]).on(1434),
];
