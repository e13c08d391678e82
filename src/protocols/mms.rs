//! MMS, the Manufacturing Message Specification (ISO 9506), which substations speak under IEC 61850 and
//! control centres under ICCP, on the ISO stack over TCP.
//!
//! ```text
//! TPKT, COTP data | session              | presentation                        | ACSE, MMS
//! association       0D or 0E, length ...   31 ... abstract syntaxes ...          06 05 28 CA 22 02 xx
//! data              01 00 01 00            61 len 30 len 02 01 context A0 len    A0 .. AD len ...
//! right in COTP     A8 len 80 .. 81 .. 82 ..    (initiate), in small stacks
//! ```
//!
//! An association names MMS by an object identifier below 1.0.9506; in data the lengths of four nested
//! BER elements must agree with TPKT's.

use super::cotp;
use crate::byteset::ByteSet;
use crate::cursor::require;
use crate::formats::ber;
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;

/// MMS.
pub const INSPECTOR: Inspector = Inspector {
    name: "mms",
    title: "Manufacturing Message Specification (IEC 61850, ICCP)",
    specification: "ISO 9506-2; IEC 61850-8-1; ITU-T X.225 section 8, X.226 section 8, X.227 section 9; RFC 1006",
    ports: &[102],
    refines: Some("cotp"),
    initiator_first: ByteSet::of(&[0x03]),
    responder_first: ByteSet::of(&[0x03]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("mms.calling_tsap", "transport selector of the side that opens: text, else hexadecimal"),
        ("mms.called_tsap", "transport selector that is asked for: text, else hexadecimal"),
    ],
    confused_with: "S7comm on the same port and transport; X.400 on the same session layer",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// CONNECT and ACCEPT of the session layer (X.225 sections 8.3.1 and 8.3.3).
const CONNECT: u8 = 0x0d;
const ACCEPT: u8 = 0x0e;
/// Initiate of MMS itself (ISO 9506-2 section 8): `[8]` and `[9]` of MMSpdu.
const INITIATE_REQUEST: u8 = 0xa8;
const INITIATE_RESPONSE: u8 = 0xa9;
/// An object identifier of five bytes below 1.0.9506: MMS' syntaxes and application contexts.
const MMS_IDENTIFIER: &[u8] = b"\x06\x05\x28\xca\x22";

/// Judges a side's first user message.
fn message(said: Said<'_>, on_port: bool) -> Result<Confidence, Reject> {
    let cut_on_port = on_port && said.is_cut();
    let (mut data, _) = cotp::user_data(said)?;
    let mut parameters = data;
    if matches!(parameters.u8()?, CONNECT | ACCEPT) {
        // The length: one byte, or FF and two. Servers are known to count wrong, and TPKT bounds all of it.
        if parameters.u8()? == 0xff {
            parameters.skip(2)?;
        }
        // X.225 section 8.3.1: identifiers, connect accept item or user requirements come first.
        require(matches!(parameters.u8()?, 0x01 | 0x05 | 0x14 | 0x33 | 0x34))?;
        let named = parameters.rest().windows(MMS_IDENTIFIER.len()).any(|part| part == MMS_IDENTIFIER);
        return match named {
            true => Ok(Confidence::Message),
            // On the port other users of the session layer are rare: what the capture cut off is taken for MMS.
            false if parameters.is_open() && cut_on_port => Ok(Confidence::Signature),
            false if parameters.is_open() => Err(Reject::Incomplete),
            false => Err(Reject::Mismatch),
        };
    }
    if matches!(data.rest().first(), Some(&(INITIATE_REQUEST | INITIATE_RESPONSE))) {
        // Small stacks leave session and presentation out.
        let (_, len) = ber::header(&mut data)?;
        require(data.is_open() || data.len() == len)?;
        // localDetailCalling is a number, and what follows it are numbers in order (ISO 9506-2 section 8).
        ber::octets(&mut data, 0x80)?;
        ber::octets(&mut data, 0x81)?;
        ber::octets(&mut data, 0x82)?;
        return Ok(Confidence::Message);
    }
    // GIVE TOKENS and DATA TRANSFER, both without parameters (X.225 section 8.3.7).
    data.tag(&[1, 0, 1, 0])?;
    let mut user_data = ber::expect(&mut data, 0x61)?;
    let mut list = ber::expect(&mut user_data, 0x30)?;
    require((1..=127).contains(&ber::number(&mut list, 0x02)?))?;
    let mut value = ber::expect(&mut list, 0xa0)?;
    let (tag, len) = ber::header(&mut value)?;
    // ISO 9506-2 section 7: MMSpdu is a choice of [0] to [13].
    require(matches!(tag.first, 0xa0..=0xad | 0x8b | 0x8c))?;
    require(value.is_open() || value.len() == len)?;
    Ok(Confidence::Message)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "mms-pdu: MMS in ISO session and presentation, or right in COTP (ISO 9506-2, IEC 61850-8-1)";
    let on_port = opening.is_on(INSPECTOR.ports);
    let request = message(opening.initiator, on_port);
    let reply = message(opening.responder, on_port);
    if request.is_ok() && reply == Err(Reject::Mismatch) {
        // A name of MMS in a request proves itself, whatever a faulty server frames its answer in.
        return Ok(Evidence::new(Confidence::Message, rule));
    }
    if request == Err(Reject::Incomplete) && reply == Err(Reject::Mismatch) {
        // Until then the set-up alone, which other users of the transport have too, cannot excuse it.
        return Err(Reject::Incomplete);
    }
    Evidence::of(request, reply, rule)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    cotp::describe_selectors(opening, attributes, ["mms.calling_tsap", "mms.called_tsap"]);
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a name list is asked for in an association that stands",
        &[b"\x03\x00\x00\x25\x02\xf0\x80\x01\x00\x01\x00\x61\x18\x30\x16\x02\x01\x03\xa0\x11\xa0\x0f\x02\x01\x01\xa1\x0a\xa0\x03\x80\x01\x09\xa1\x03\x80\x01\x00"],
        &[b"\x03\x00\x00\x1f\x02\xf0\x80\x01\x00\x01\x00\x61\x12\x30\x10\x02\x01\x03\xa0\x0b\xa1\x09\x02\x01\x01\xa1\x04\xa0\x02\x1a\x00"],
    ),
    Example::tcp(
        Confidence::Message,
        "an association names MMS' abstract syntax",
        &[b"\x03\x00\x00\x25\x02\xf0\x80\x0d\x1c\x05\x06\x13\x01\x00\x16\x01\x02\xc1\x12\x31\x10\xa2\x0e\xa4\x0c\x30\x0a\x02\x01\x03\x06\x05\x28\xca\x22\x02\x01"],
        &[],
    ),
    Example::tcp(
        Confidence::Message,
        "an initiate right in COTP",
        &[b"\x03\x00\x00\x14\x02\xf0\x80\xa8\x0b\x80\x03\x00\xfd\xe8\x81\x01\x03\x82\x01\x03"],
        &[],
    ),
    Example::not(
        Transport::Tcp,
        "session data with another length inside",
        &[b"\x03\x00\x00\x1f\x02\xf0\x80\x01\x00\x01\x00\x61\x12\x30\x10\x02\x01\x03\xa0\x0b\xa1\x08\x02\x01\x01\xa1\x04\xa0\x02\x1a\x00"],
        &[],
    ),
];
