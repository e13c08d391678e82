//! Connectionless PDUs (C706 section 12.5): an 80-byte header, then as many bytes as it says.
//!
//! ```text
//!  0 version 4   1 type   2 flags (2)   4 data representation (3)   7 serial number, high byte
//!  8 object (16)   24 interface (16)   40 activity (16)   56 server boot time (4)   60 interface version (4)
//! 64 sequence (4)  68 operation (2)  70 hints (4)  74 body length (2)  76 fragment (2)  78 authentication  79 serial
//! ```

use super::pdu;
use crate::cursor::require;
use crate::inspect::{Datagram, Reject};

/// Types: request, ping, response, fault, working, nocall, reject, ack, cl_cancel, fack, cancel_ack.
const LAST_KIND: u8 = 10;

/// What a datagram says about its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) kind: u8,
    pub(super) interface: u128,
    pub(super) version: u32,
    pub(super) activity: u128,
    pub(super) sequence: u32,
    pub(super) operation: u16,
}

impl Call {
    /// Whether a client sends it: requests, pings, acknowledgements and cancels.
    pub(super) const fn is_from_client(&self) -> bool {
        matches!(self.kind, 0 | 1 | 7 | 8)
    }
}

/// Reads a datagram. Reserved bits, data representation and the body's length agree in one of 2^48 random ones; a
/// worm's packet that begins with 4 and 1 has a reserved bit set.
pub(super) fn call(datagram: &Datagram<'_>) -> Result<Call, Reject> {
    let mut cursor = datagram.cursor();
    require(cursor.u8()? == 4)?;
    let kind = cursor.u8()?;
    require(kind <= LAST_KIND)?;
    // Bits 0x01 and 0x80 of the first flags are for the implementation; of the second only 0x02 means something.
    require(cursor.u8()? & 0x81 == 0 && cursor.u8()? & !0x02 == 0)?;
    let little_endian = pdu::representation(&mut cursor)?;
    cursor.skip(1 + 16)?;
    let interface = pdu::uuid(&mut cursor, little_endian)?;
    let activity = pdu::uuid(&mut cursor, little_endian)?;
    require(interface != 0 && activity != 0)?;
    cursor.skip(4)?;
    let mut u32 = || if little_endian { cursor.u32_le() } else { cursor.u32() };
    let (version, sequence) = (u32()?, u32()?);
    let mut u16 = || if little_endian { cursor.u16_le() } else { cursor.u16() };
    let (operation, _, _, len, _) = (u16()?, u16()?, u16()?, u16()?, u16()?);
    let authenticated = cursor.u8()? != 0;
    cursor.skip(1)?;
    let rest = datagram.wire_len.saturating_sub(80);
    // An authentication verifier comes behind the body.
    require(rest == u32::from(len) || (authenticated && rest > u32::from(len)))?;
    Ok(Call { kind, interface, version, activity, sequence, operation })
}
