//! TiVoConnect: discovery of TiVo's recorders, the TiVoConnect Automatic Machine Discovery Protocol, section 3.
//!
//! ```text
//! TiVoConnect=1␊ swversion=1.0␊ method=broadcast␊ identity=…␊ machine=…␊ platform=…␊ services=…␊
//! ```

use crate::byteset::ByteSet;
use crate::formats::lines::mentions;
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// TiVoConnect.
pub const INSPECTOR: Inspector = Inspector {
    name: "tivoconnect",
    title: "TiVoConnect discovery",
    specification: "TiVoConnect Automatic Machine Discovery Protocol 1.5, section 3",
    carriers: Carriers::UDP,
    ports: &[2190],
    initiator_first: ByteSet::of(b"Tt"),
    responder_first: ByteSet::of(b"Tt"),
    inspect,
    describe: Some(describe),
    attributes: &[("tivoconnect.machine", "the machine's name"), ("tivoconnect.platform", "its make")],
    confused_with: "nothing: it begins with its name",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn inspect(opening: &Opening<'_>) -> Verdict {
    for side in [Side::Initiator, Side::Responder] {
        let Some(first) = opening.said(side).datagrams().next() else { continue };
        let mut cursor = first.cursor();
        // Names may be in either case (section 3.1).
        cursor.tag_ignore_case(b"tivoconnect=")?;
        let known = mentions(first.bytes, "method=") || mentions(first.bytes, "identity=");
        let confidence = if known { Confidence::Message } else { Confidence::Signature };
        return Ok(Evidence::new(confidence, "beacon: TiVoConnect and its fields (section 3)").from(side));
    }
    Err(Reject::Incomplete)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let Some(first) = opening.initiator.datagrams().next() else { return };
    for (key, name) in [("tivoconnect.machine", &b"machine="[..]), ("tivoconnect.platform", b"platform=")] {
        let value = first.bytes.split(|&byte| byte == b'\n').find_map(|line| line.strip_prefix(name));
        attributes.set_some(key, value);
    }
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Message,
        "a beacon",
        &[b"TiVoConnect=1\nswversion=1.0\nmethod=broadcast\nidentity=uuid:1\nmachine=den\nplatform=pc\n"],
        &[],
    ),
    Example::udp(Confidence::Signature, "a beacon that is cut short", &[b"tivoconnect=1\nswversion=1.0\n"], &[]),
    Example::not(Transport::Udp, "another name", &[b"TiVoConnection refused\n"], &[]),
];
