//! RTP Control Protocol, in a flow of its own: [RFC 3550] section 6; SRTCP as far as it is in clear (RFC 3711 section 3.4).
//!
//! ```text
//! compound: packets that fill the datagram, the first a sender or receiver report
//! 10 P RC(5)  type u8 (200 SR, 201 RR, 202 SDES ...)  length u16 in words less one   SSRC u32 ...
//! ```
//!
//! A datagram whose packets chain by their lengths to its end has at least 31 bits that agree, a usual compound
//! of report and source description more than 80. SRTCP encrypts all but the first packet's header: there the
//! same source in several datagrams has to agree. A flow with RTP in it is RTP.
//!
//! [RFC 3550]: https://www.rfc-editor.org/rfc/rfc3550

use super::rtp::Media;
use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;

/// RTCP.
pub const INSPECTOR: Inspector = Inspector {
    name: "rtcp",
    title: "RTP Control Protocol",
    specification: "RFC 3550 section 6",
    carriers: Carriers::UDP,
    ports: &[5005],
    initiator_first: ByteSet::range(0x80, 0xbf),
    responder_first: ByteSet::range(0x80, 0xbf),
    inspect,
    nobody_listens: true,
    describe: Some(describe),
    attributes: &[("rtcp.cname", "the canonical name of the first source that told it")],
    confused_with: "RTP with control packets mixed in, which is RTP; RPC whose transaction id begins as RTCP does",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;

/// One packet of a compound.
struct Packet<'a> {
    kind: u8,
    body: Cursor<'a>,
}

/// Reads a packet, and checks its length against its count of blocks.
fn packet<'a>(datagram: &mut Cursor<'a>) -> Result<Packet<'a>, Reject> {
    let first = datagram.u8()?;
    require(first >> 6 == 2)?;
    let count = u16::from(first & 0x1f);
    let kind = datagram.u8()?;
    let words = datagram.u16()?;
    let fits = match kind {
        // SSRC, sender's six words more, and six words a block (section 6.4); profiles may add to that.
        SENDER_REPORT => words >= 6 + 6 * count,
        RECEIVER_REPORT => words > 6 * count,
        // SDES, BYE, APP, feedback, XR and the like; the old FIR and NACK of RFC 2032.
        SOURCE_DESCRIPTION | 192..=195 | 203..=213 => true,
        _ => false,
    };
    require(fits)?;
    Ok(Packet { kind, body: datagram.within(4 * usize::from(words))? })
}

/// The first packet's type and source, and how many packets fill the datagram; `None` where they do not, as in SRTCP.
fn compound(mut datagram: Cursor<'_>) -> Result<(u8, u32, Option<u32>), Reject> {
    let mut ahead = datagram;
    let first = packet(&mut ahead)?;
    let ssrc = first.body.clone().u32()?;
    let mut count = 0;
    while !datagram.is_empty() {
        match packet(&mut datagram) {
            Ok(_) => count += 1,
            Err(Reject::Incomplete) => break,
            Err(Reject::Mismatch) => return Ok((first.kind, ssrc, None)),
        }
    }
    Ok((first.kind, ssrc, Some(count)))
}

fn side(said: Said<'_>) -> Result<Confidence, Reject> {
    let media = Media::of(said);
    require(media.pairs == 0 && media.rtp <= media.rtcp && !media.ice && media.other == 0)?;
    let mut best = Err(Reject::Incomplete);
    let mut before: Option<u32> = None;
    for datagram in said.datagrams().filter(|datagram| datagram.bytes.len() > 4) {
        let (kind, ssrc, packets) = match compound(datagram.cursor()) {
            Err(Reject::Mismatch) if best.is_err() => return Err(Reject::Mismatch),
            Err(_) => continue,
            Ok(found) => found,
        };
        let report = matches!(kind, SENDER_REPORT | RECEIVER_REPORT);
        let again = before == Some(ssrc);
        before = Some(ssrc);
        let found = match packets {
            Some(2..) if report => Confidence::Message,
            Some(_) if again || report => Confidence::Signature,
            None if again && report => Confidence::Signature,
            _ => continue,
        };
        best = Ok(best.map_or(found, |best: Confidence| best.max(found)));
    }
    best
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    Evidence::of(
        side(opening.initiator),
        side(opening.responder),
        "compound: control packets fill the datagram, or tell the same source (RFC 3550 section 6.1)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    for datagram in opening.initiator.datagrams().chain(opening.responder.datagrams()) {
        let mut cursor = datagram.cursor();
        while let Ok(packet) = packet(&mut cursor) {
            if packet.kind == SOURCE_DESCRIPTION
                && let Ok(name) = canonical_name(packet.body)
            {
                attributes.set("rtcp.cname", name);
                return;
            }
        }
    }
}

/// The first item of a source description, which has to be the canonical name (section 6.5.1).
fn canonical_name(mut body: Cursor<'_>) -> Result<&[u8], Reject> {
    body.skip(4)?;
    body.tag(&[1])?;
    let len = body.u8()?;
    body.take(len.into())
}

const REPORT: &[u8] = b"\x80\xc9\x00\x01SRC1\x81\xca\x00\x04SRC1\x01\x06a@host\x00\x00\x00\x00";
/// A receiver report with one block, by itself.
const ALONE: &[u8] = b"\x81\xc9\x00\x07SRC2SRC1\x00\x00\x00\x00\x00\x00\x12\x34\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x00";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "both sides report", &[REPORT], &[ALONE]),
    Example::udp(Confidence::Message, "a report and who sends it", &[REPORT], &[]),
    Example::udp(Confidence::Signature, "a report by itself", &[ALONE], &[]),
    Example::udp(
        Confidence::Signature,
        "SRTCP: only the first eight bytes are in clear",
        &[
            b"\x80\xc9\x00\x01SRC1\x13\x57\x9b\xdf\x80\x00\x00\x01authentica",
            b"\x80\xc9\x00\x01SRC1\x24\x68\xac\xe0\x80\x00\x00\x02authentica",
        ],
        &[],
    ),
    Example::not(Transport::Udp, "lengths that leave the datagram", &[b"\x80\xc9\x00\x09SRC1"], &[]),
    Example::not(
        Transport::Udp,
        "an RPC call whose transaction id begins as RTCP does",
        &[b"\x80\xc9\x00\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01\x86\xa0\x00\x00\x00\x02\x00\x00\x00\x03"],
        &[],
    ),
    Example::not(
        Transport::Udp,
        "RTP with a report among it",
        &[REPORT, b"\x80\x00\x00\x01\x00\x00\x00\xa0SRC1voice", b"\x80\x00\x00\x02\x00\x00\x01\x40SRC1voice"],
        &[],
    ),
];
