//! Ethernet Global Data, by which GE's controllers publish values: GFK-2224.
//!
//! ```text
//! 0D 01 | request id LE | producer's address | exchange LE | time, 8 | status LE | signature LE | reserved | data
//! type, version                                                                                      32 bytes so far
//! ```
//!
//! The producer's address is the sender's, which makes 48 bits; behind a translator only the port helps.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict,
};
use crate::key::{Endpoint, Transport};
use crate::sequence::of_said;
use std::net::IpAddr;

/// Ethernet Global Data.
pub const INSPECTOR: Inspector = Inspector {
    name: "egd",
    title: "GE Ethernet Global Data",
    specification: "GE Fanuc GFK-2224, Ethernet Global Data: data message",
    carriers: Carriers::UDP,
    ports: &[18246, 7937],
    initiator_first: ByteSet::of(&[0x0d]),
    responder_first: ByteSet::of(&[0x0d]),
    inspect,
    describe: Some(describe),
    attributes: &[("egd.exchange", "number of the first exchange")],
    confused_with: "nothing where the producer's address is the sender's",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Bytes of the header after its first four.
const REST_OF_HEADER: usize = 28;

/// Reads a message, and gives the producer's address and the exchange.
fn message(cursor: &mut Cursor<'_>) -> Result<([u8; 4], u32), Reject> {
    cursor.tag(&[0x0d, 0x01])?;
    cursor.skip(2)?;
    let mut header = cursor.sub(REST_OF_HEADER)?;
    let producer = header.array()?;
    let exchange = header.u32_le()?;
    header.skip(8)?;
    // Nanoseconds are below a second, and the status is a small number.
    require(header.u32_le()? <= 0xff)?;
    header.skip(4)?;
    header.tag(&[0; 4])?;
    cursor.skip(cursor.len())?;
    Ok((producer, exchange))
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let [initiator, responder] = opening.endpoints;
    let judged = |said: Said<'_>, sender: Endpoint| {
        let mut is_own = false;
        of_said(&said, opening.transport, |cursor| {
            let (producer, _) = message(cursor)?;
            is_own |= IpAddr::from(producer) == sender.address;
            Ok(())
        })?;
        if is_own {
            Ok(Confidence::Message)
        } else if opening.is_on(INSPECTOR.ports) {
            Ok(Confidence::Signature)
        } else {
            Err(Reject::Incomplete)
        }
    };
    Evidence::of(
        judged(opening.initiator, initiator),
        judged(opening.responder, responder),
        "data-message: type 13, version 1 and the producer's address (GFK-2224, data message)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let exchange = message(&mut opening.request()).ok().map(|(_, exchange)| exchange);
    attributes.set_some("egd.exchange", exchange);
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Message,
        "values from the sender itself",
        &[b"\x0d\x01\xd4\xf0\x0a\x00\x00\x01\x7b\x00\x00\x00\xbe\x8a\x7e\x38\x00\x81\x1b\x2c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x02"],
        &[],
    ),
    Example::udp(
        Confidence::Signature,
        "values from behind a translator, on the port",
        &[b"\x0d\x01\xd4\xf0\xc0\xa8\x00\x01\x7b\x00\x00\x00\xbe\x8a\x7e\x38\x00\x81\x1b\x2c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x02"],
        &[],
    )
    .on(18246),
    Example::not(
        Transport::Udp,
        "another producer anywhere",
        &[b"\x0d\x01\xd4\xf0\xc0\xa8\x00\x01\x7b\x00\x00\x00\xbe\x8a\x7e\x38\x00\x81\x1b\x2c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x02"],
        &[],
    ),
];
