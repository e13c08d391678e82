//! Inter-Asterisk eXchange, version 2: [RFC 5456] section 8.
//!
//! ```text
//! full frame  1 source call 15 bits, retransmission 1 bit, destination call 15 bits, timestamp u32, sent u8,
//!             received u8, type u8, subclass u8, information elements: id u8, length u8, data
//! mini frame  0 source call 15 bits, timestamp u16, voice
//! ```
//!
//! A call begins with full frames: an IAX control frame whose elements fill the datagram, and an answer that
//! names the call of the question.
//!
//! [RFC 5456]: https://www.rfc-editor.org/rfc/rfc5456

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// IAX2.
pub const INSPECTOR: Inspector = Inspector {
    name: "iax",
    title: "Inter-Asterisk eXchange",
    specification: "RFC 5456 section 8",
    carriers: Carriers::UDP,
    ports: &[4569],
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    inspect,
    describe: Some(describe),
    attributes: &[("iax.called_number", "the number that the first frame calls")],
    confused_with: "RTP, whose first byte may be the same: a full frame's type and elements tell it apart",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// The frame type of IAX control frames (section 8.2), and the highest type there is.
const CONTROL: u8 = 6;
const MAX_TYPE: u8 = 12;
/// Subclasses of IAX control frames (section 8.4), and those that begin a call.
const MAX_SUBCLASS: u8 = 40;
const NEW: u8 = 1;
/// REGREQ, REGREL, POKE.
const STARTERS: [u8; 4] = [NEW, 13, 17, 30];
/// Highest element id (section 8.6).
const MAX_ELEMENT: u8 = 61;
const CALLED_NUMBER: u8 = 1;

#[derive(Clone, Copy, Debug)]
struct Frame<'a> {
    source: u16,
    destination: u16,
    kind: u8,
    subclass: u8,
    /// Sequence numbers of both directions.
    first: bool,
    elements: Cursor<'a>,
}

fn frame(mut datagram: Cursor<'_>) -> Result<Frame<'_>, Reject> {
    let source = datagram.u16()?;
    require(source & 0x8000 != 0 && source != 0x8000)?;
    let destination = datagram.u16()? & 0x7fff;
    datagram.skip(4)?;
    let (sent, received) = (datagram.u8()?, datagram.u8()?);
    let (kind, subclass) = (datagram.u8()?, datagram.u8()?);
    require((1..=MAX_TYPE).contains(&kind))?;
    if kind == CONTROL {
        require((1..=MAX_SUBCLASS).contains(&subclass))?;
        let mut rest = datagram;
        while !rest.is_empty() {
            element(&mut rest)?;
        }
    }
    let first = sent == 0 && received == 0 && destination == 0;
    Ok(Frame { source: source & 0x7fff, destination, kind, subclass, first, elements: datagram })
}

fn element<'a>(rest: &mut Cursor<'a>) -> Result<(u8, &'a [u8]), Reject> {
    let id = rest.u8()?;
    require((1..=MAX_ELEMENT).contains(&id))?;
    let len = rest.u8()?;
    Ok((id, rest.take(len.into())?))
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let frames = |side| opening.said(side).datagrams().filter_map(|datagram| frame(datagram.cursor()).ok());
    let (requests, replies): (Vec<_>, Vec<_>) = (frames(Side::Initiator).collect(), frames(Side::Responder).collect());
    let control = |frames: &[Frame<'_>]| frames.iter().any(|frame| frame.kind == CONTROL);
    let answered = requests.iter().any(|request| {
        let names = |reply: &Frame<'_>| reply.destination == request.source && (request.destination == 0 || request.destination == reply.source);
        replies.iter().any(names)
    });
    if answered && control(&requests) && control(&replies) {
        return Ok(Evidence::dialogue("call: full frames that name each other's call (RFC 5456 section 8.1.1)"));
    }
    let rule = "first-frame: a control frame that begins a call, filled by its elements (RFC 5456 section 8.4)";
    // 30 zero bits and the elements' chain.
    let starts = |frame: &Frame<'_>| frame.kind == CONTROL && STARTERS.contains(&frame.subclass) && frame.first;
    if requests.first().is_some_and(|frame| starts(frame) && !frame.elements.is_empty()) {
        return Ok(Evidence::message(rule));
    }
    if requests.first().is_some_and(starts) && opening.is_on(INSPECTOR.ports) {
        return Ok(Evidence::signature(rule));
    }
    let seen = opening.initiator.pieces().len().max(opening.responder.pieces().len());
    Err(if requests.is_empty() && replies.is_empty() && seen > 2 { Reject::Mismatch } else { Reject::Incomplete })
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let first = opening.initiator.datagrams().find_map(|datagram| frame(datagram.cursor()).ok());
    let Some(mut rest) = first.filter(|frame| frame.kind == CONTROL).map(|frame| frame.elements) else { return };
    while let Ok((id, value)) = element(&mut rest) {
        if id == CALLED_NUMBER {
            attributes.set("iax.called_number", value);
        }
    }
}

const CALL: &[u8] = b"\x80\x04\x00\x00\x00\x00\x00\x01\x00\x00\x06\x01\x0b\x02\x00\x02\x01\x03123";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a call is accepted", &[CALL], &[b"\x80\x17\x00\x04\x00\x00\x00\x01\x00\x01\x06\x04"]),
    Example::udp(Confidence::Message, "nobody answers", &[CALL], &[]),
    Example::udp(Confidence::Signature, "a poke on the port", &[b"\x80\x04\x00\x00\x00\x00\x00\x01\x00\x00\x06\x1e"], &[]).on(4569),
    Example::not(Transport::Udp, "an answer to another call", &[b"\x80\x04\x00\x00\x00\x00\x00\x01\x00\x00\x06\x1e"], &[b"\x80\x17\x00\x05\x00\x00\x00\x01\x00\x01\x06\x04"]),
    Example::not(Transport::Udp, "RTP", &[b"\x80\x00\x00\x01\x00\x00\x00\xa0SRC1voice"], &[]),
];
