//! Rx, the remote procedure calls of the Andrew File System (AFS).
//!
//! ```text
//! epoch (4)  connection (4)  call (4)  sequence (4)  serial (4)  type (1)  flags (1)  status (1)  security (1)
//! checksum (2)  service (2)
//! ```
//!
//! As the Rx protocol specification has it (IETF draft "Rx protocol specification", section 3). Both sides use the same epoch
//! and connection; the initiator, and only it, sets the first flag.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Shape, Side, Verdict};
use crate::key::Transport;
use crate::sequence::{in_datagrams, share};

/// Rx.
pub const INSPECTOR: Inspector = Inspector {
    name: "rx",
    title: "Rx remote procedure call (AFS)",
    specification: "Rx protocol specification (IETF draft), section 3",
    carriers: Carriers::UDP,
    ports: PORTS,
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    datagram: Shape::of(28, &[(8, ByteSet::range(0x00, 0x01))]),
    inspect,
    confused_with: "other datagrams: both sides, or several of one connection, must agree",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Cache manager, file server, database servers.
const PORTS: &[u16] = &[7000, 7001, 7002, 7003, 7004, 7005, 7006, 7007, 7008, 7009];
/// Last packet type: version.
const LAST_TYPE: u8 = 13;
/// Last security index in use.
const LAST_SECURITY: u8 = 6;
/// The flag that the initiator of a connection sets, and those that exist.
const CLIENT_INITIATED: u8 = 0x01;
const FLAGS: u8 = 0x2f;
/// Further than this nobody has counted.
const MAX_COUNT: u32 = 1 << 24;
/// The lower two bits of a connection number count calls in parallel.
const CHANNEL: u32 = 3;

#[derive(Clone, Copy)]
struct Packet {
    epoch: u32,
    connection: u32,
    serial: u32,
    kind: u8,
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let ids = |cursor, initiator| {
        let packet = packet(cursor, initiator)?;
        // A server that probes its client opens a connection of its own; nothing but zeros is no connection.
        require(packet.epoch != 0 && packet.connection != 0)?;
        Ok((packet.epoch, packet.connection))
    };
    if share(opening, |cursor| ids(cursor, true), |cursor| ids(cursor, false)) {
        return Ok(Evidence::dialogue("connection: both sides name epoch and connection (Rx specification section 3)"));
    }
    let judge = |side: Side| -> Result<Confidence, Reject> {
        let initiator = side == Side::Initiator;
        let first = packet(opening.said(side).cursor(Transport::Udp), initiator)?;
        let (mut same, mut last) = (first.connection != 0, None);
        let count = in_datagrams(&opening.said(side), |cursor| {
            let next = packet(*cursor, initiator)?;
            same &= next.epoch == first.epoch && last.is_none_or(|last| next.serial > last) && first.epoch != 0;
            last = Some(next.serial);
            Ok(())
        })?;
        let on_port = opening.is_on(PORTS) && first.kind == 1;
        if same && (count >= 2 || on_port) { Ok(Confidence::Signature) } else { Err(Reject::Incomplete) }
    };
    let rule = "header: calls of one epoch, numbered upwards (Rx specification section 3)";
    let verdict = Evidence::of(judge(Side::Initiator), judge(Side::Responder), rule)?;
    Ok(Evidence { confidence: Confidence::Signature, ..verdict })
}

fn packet(mut cursor: Cursor<'_>, initiator: bool) -> Result<Packet, Reject> {
    let (epoch, connection) = (cursor.u32()?, cursor.u32()? & !CHANNEL);
    let (call, sequence, serial) = (cursor.u32()?, cursor.u32()?, cursor.u32()?);
    let [kind, flags, _status, security] = cursor.array()?;
    cursor.skip(2)?;
    let service = cursor.u16()?;
    // Calls and packets are counted from 1 on, for each connection anew; only probes of versions have no service.
    require(call <= MAX_COUNT && serial <= MAX_COUNT && (service != 0 || kind == LAST_TYPE))?;
    require((1..=LAST_TYPE).contains(&kind) && flags & !FLAGS == 0 && security <= LAST_SECURITY)?;
    require((flags & CLIENT_INITIATED != 0) == initiator && sequence <= serial)?;
    Ok(Packet { epoch, connection, serial, kind })
}

const CALL: &[u8] = b"\x69\x55\0\x01\x12\x34\x56\x78\0\0\0\x01\0\0\0\x01\0\0\0\x01\x01\x05\0\0\0\0\0\x34\0\0\x02\x0f";
const RETURN: &[u8] = b"\x69\x55\0\x01\x12\x34\x56\x78\0\0\0\x01\0\0\0\x01\0\0\0\x01\x01\x04\0\0\0\0\0\x34\0\0\0\0";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "a call and its return", &[CALL], &[RETURN]),
    Example::udp(Confidence::Signature, "a call, on an AFS port", &[CALL], &[]).on(7003),
    Example::not(Transport::Udp, "a call, on another port", &[CALL], &[]),
    Example::not(Transport::Udp, "an answer that claims to open the connection", &[CALL], &[CALL]),
];
