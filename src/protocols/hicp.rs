//! Host IP Configuration Protocol (HICP) of HMS Anybus devices, UDP 3250: lines of text.
//!
//! ```text
//! tool     Module scan\0
//! device   Protocol version = 1.10;FB type = ...;Module version = ...;MAC = 00-30-11-..;IP = ...;
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// HICP.
pub const INSPECTOR: Inspector = Inspector {
    name: "hicp",
    title: "Host IP Configuration Protocol",
    specification: "HMS: HICP, as described for Anybus IPconfig",
    carriers: Carriers::UDP,
    ports: &[3250],
    initiator_first: ByteSet::of(b"Mm"),
    responder_first: ByteSet::of(b"Pp"),
    inspect,
    describe: Some(describe),
    attributes: &[("hicp.device", "the device's kind, as it names it"), ("hicp.mac", "its hardware address")],
    confused_with: "Citrix Framehawk, whose range holds 3250",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn inspect(opening: &Opening<'_>) -> Verdict {
    Evidence::of(scan(opening.request()), device(opening.reply()), "scan: HICP's module scan, or a device's settings")
}

/// The question that all devices answer.
fn scan(mut cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    cursor.tag_ignore_case(b"module scan")?;
    require(matches!(cursor.rest(), [] | [0] | [b';', ..]))?;
    Ok(Confidence::Message)
}

/// Settings, the version first.
fn device(mut cursor: Cursor<'_>) -> Result<Confidence, Reject> {
    cursor.tag_ignore_case(b"protocol version")?;
    let settings = cursor.rest();
    require(settings.contains(&b'=') && settings.contains(&b';'))?;
    Ok(Confidence::Message)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    for setting in opening.reply().rest().split(|&byte| byte == b';') {
        let mut parts = setting.splitn(2, |&byte| byte == b'=');
        let (Some(key), Some(value)) = (parts.next(), parts.next()) else { continue };
        match key.trim_ascii() {
            b"FB type" => attributes.set("hicp.device", value.trim_ascii()),
            b"MAC" => attributes.set("hicp.mac", value.trim_ascii()),
            _ => {}
        }
    }
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Dialogue,
        "a scan and a device",
        &[b"Module scan\0"],
        &[b"Protocol version = 1.10;FB type = EtherNet/IP;MAC = 00-30-11-00-00-01;\0"],
    ),
    Example::udp(Confidence::Message, "a scan without answer", &[b"Module Scan"], &[]),
    Example::not(Transport::Udp, "another scan", &[b"Module scanner"], &[]),
];
