//! Direct Connect: the Neo-Modus protocol's locks and ADC's feature negotiation, the NMDC documentation and [ADC] section 5.
//!
//! ```text
//! NMDC   responder   $Lock EXTENDEDPROTOCOL… Pk=…|        initiator   $Supports …|$Key …|   or $MyNick nick|$Lock …|
//! ADC    initiator   HSUP ADBASE ADTIGR␊                  responder   ISUP ADBASE …␊ ISID AAAA␊
//! ```
//!
//! [ADC]: https://adc.sourceforge.io/ADC.html

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Direct Connect.
pub const INSPECTOR: Inspector = Inspector {
    name: "directconnect",
    title: "Direct Connect (NMDC and ADC)",
    specification: "NMDC protocol, $Lock; ADC 1.0 section 5",
    ports: &[411, 412, 1511],
    initiator_first: ByteSet::of(b"$HC"),
    responder_first: ByteSet::of(b"$IC"),
    inspect,
    describe: Some(describe),
    attributes: &[("directconnect.dialect", "nmdc or adc")],
    confused_with: "nothing: both dialects begin with words of their own",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest command in bytes.
const MAX_COMMAND: usize = 2048;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let confidence = |result: Result<(), Reject>| result.map(|()| Confidence::Message);
    Evidence::of(
        confidence(hello(opening.request())),
        confidence(hello(opening.reply())),
        "hello: a lock, a nick or base features (NMDC, ADC section 5)",
    )
}

fn hello(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    let place = cursor.one_of(&[b"$Lock ", b"$MyNick ", b"$Supports ", b"$Key ", b"HSUP ", b"ISUP ", b"CSUP "])?;
    if place < 4 {
        let command = cursor.until(b'|', MAX_COMMAND)?;
        return require(place != 0 || command.windows(4).any(|window| window == b" Pk="));
    }
    let features = cursor.line(MAX_COMMAND)?;
    require(features.windows(6).any(|window| window == b"ADBAS0" || window == b"ADBASE"))
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let first = if opening.initiator.is_silent() { opening.responder } else { opening.initiator };
    let dialect = if first.bytes().first() == Some(&b'$') { "nmdc" } else { "adc" };
    attributes.set("directconnect.dialect", dialect);
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a hub of the old protocol", &[b"$Supports NoHello |$Key x|"], &[b"$Lock EXTENDEDPROTOCOLabc Pk=hub|"]),
    Example::tcp(Confidence::Dialogue, "a hub of ADC", &[b"HSUP ADBASE ADTIGR\n"], &[b"ISUP ADBASE ADTIGR\nISID AAAA\n"]),
    Example::tcp(Confidence::Message, "only the hub was captured", &[], &[b"$Lock EXTENDEDPROTOCOLabc Pk=hub|"]),
    Example::not(Transport::Tcp, "another use of the dollar", &[b"$Lock the door|"], &[]),
];
