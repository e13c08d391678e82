//! ANSI C12.22, by which electricity meters are read over IP: IEEE 1703.
//!
//! An ACSE association PDU in BER whose elements come in order, one inside the other to the datagram's end:
//!
//! ```text
//! 60 len  A2 called title  A4 ..  A6 calling title  A7 ..  A8 04 02 02 invocation  ...  BE len 28 len 81 len  EPSEM
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::formats::ber;
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;
use crate::sequence::of_said;

/// ANSI C12.22.
pub const INSPECTOR: Inspector = Inspector {
    name: "c1222",
    title: "ANSI C12.22 meter reading",
    specification: "ANSI C12.22-2012 section 5.3.2 (ACSE PDU), annex on IP transport (RFC 6142)",
    carriers: Carriers::TCP_UDP,
    ports: &[1153],
    initiator_first: ByteSet::of(&[0x60]),
    responder_first: ByteSet::of(&[0x60]),
    inspect,
    confused_with: "SNMP, Kerberos and GSS-API, which are BER too: GSS-API's 60 is followed by an object identifier; \
        DLMS, whose association names another application context",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Most elements of an ACSE PDU.
const MAX_ELEMENTS: usize = 12;

fn message(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
    let mut elements = ber::expect(cursor, 0x60)?;
    let (mut last, mut is_called, mut is_invoked, mut carries) = (0, false, false, false);
    for _ in 0..MAX_ELEMENTS {
        if elements.is_empty() && !elements.is_open() {
            break;
        }
        let element = ber::element(&mut elements)?;
        let first = element.tag.first;
        require(matches!(first, 0xa1..=0xac | 0x8b | 0xbe) && (first == 0xbe || first & 0x1f > last))?;
        last = first & 0x1f;
        is_called |= matches!(first, 0xa2 | 0xa4 | 0xa6);
        let mut inside = element.contents;
        match first {
            // Titles are object identifiers, absolute or relative.
            0xa2 | 0xa6 => {
                require(matches!(inside.u8()?, 0x06 | 0x0d | 0x80))?;
            }
            0xa4 | 0xa8 => {
                ber::number(&mut inside, 0x02)?;
                is_invoked |= first == 0xa8;
            }
            0xbe => {
                let mut external = ber::expect(&mut inside, 0x28)?;
                // An indirect reference may come first when the EPSEM is in the clear.
                if external.rest().first() != Some(&0x81) {
                    ber::element(&mut external)?;
                }
                ber::octets(&mut external, 0x81)?;
                carries = true;
            }
            _ => {}
        }
    }
    require(is_called && is_invoked && carries)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judged = |said: Said<'_>| {
        of_said(&said, opening.transport, message).map(|_| Confidence::Message)
    };
    Evidence::of(
        judged(opening.initiator),
        judged(opening.responder),
        "acse-pdu: titles, invocation and EPSEM nested to the end (ANSI C12.22 section 5.3.2)",
    )
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Message,
        "a meter answers",
        &[b"\x60\x18\xa2\x04\x06\x02\x60\x7c\xa6\x04\x06\x02\x60\x7d\xa8\x03\x02\x01\x05\xbe\x05\x28\x03\x81\x01\x80"],
        &[],
    ),
    Example::tcp(
        Confidence::Dialogue,
        "both sides",
        &[b"\x60\x18\xa2\x04\x06\x02\x60\x7c\xa6\x04\x06\x02\x60\x7d\xa8\x03\x02\x01\x05\xbe\x05\x28\x03\x81\x01\x80"],
        &[b"\x60\x18\xa2\x04\x06\x02\x60\x7d\xa6\x04\x06\x02\x60\x7c\xa8\x03\x02\x01\x06\xbe\x05\x28\x03\x81\x01\x00"],
    ),
    Example::not(
        Transport::Tcp,
        "GSS-API",
        &[b"\x60\x0d\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x01\x00"],
        &[],
    ),
];
