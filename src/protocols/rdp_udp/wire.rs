//! The datagrams of RDP over UDP, read.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Datagram, Reject, Said};

/// Payload bytes of every SYN and SYN+ACK (MS-RDPEUDP section 3.1.5.1.1).
pub(super) const SYN_LEN: usize = 1232;
/// Bounds of both MTUs in a SYN (MS-RDPEUDP section 2.2.2.5).
const MTU: std::ops::RangeInclusive<u16> = 1132..=1232;
/// A client's SYN acknowledges nothing (MS-RDPEUDP section 3.1.5.1.1).
const NOTHING: u32 = u32::MAX;

/// Bits of uFlags (MS-RDPEUDP section 2.2.2.1).
mod flag {
    pub(super) const SYN: u16 = 0x0001;
    pub(super) const ACK: u16 = 0x0004;
    pub(super) const DATA: u16 = 0x0008;
    pub(super) const FEC: u16 = 0x0010;
    pub(super) const CONGESTION: u16 = 0x0020;
    pub(super) const ACK_OF_ACKS: u16 = 0x0100;
    pub(super) const SYN_LOSSY: u16 = 0x0200;
    pub(super) const CORRELATION_ID: u16 = 0x0800;
    pub(super) const SYN_EX: u16 = 0x1000;
    /// Flags that may stand in a SYN or SYN+ACK.
    pub(super) const IN_SYN: u16 = SYN | ACK | SYN_LOSSY | CORRELATION_ID | SYN_EX;
    /// Flags that may stand in data: neither SYN's own nor the unused FIN (0002) and SACK option (0080).
    pub(super) const IN_DATA: u16 = ACK | DATA | FEC | 0x0020 | 0x0040 | ACK_OF_ACKS | 0x0400;
}

/// A SYN or SYN+ACK.
#[derive(Clone, Copy, Debug)]
pub(super) struct Syn {
    pub(super) acknowledged: u32,
    flags: u16,
    pub(super) initial: u32,
    pub(super) up_mtu: u16,
    pub(super) down_mtu: u16,
    pub(super) correlation: Option<[u8; 16]>,
    /// The version; `None` where the capture cut it off.
    pub(super) version: Option<u16>,
    /// Whether all 1232 bytes were captured.
    pub(super) whole: bool,
}

impl Syn {
    pub(super) const fn is_answer(&self) -> bool {
        self.flags & flag::ACK != 0
    }

    pub(super) const fn is_lossy(&self) -> bool {
        self.flags & flag::SYN_LOSSY != 0
    }
}

/// The eighth byte of any packet: uFlags' low byte in a SYN and in data, or version 3's prefix.
pub(super) const LOW_FLAGS: ByteSet = ByteSet::masked(!low(flag::IN_SYN), 0)
    .or(ByteSet::masked(!low(flag::IN_DATA), 0))
    .or(ByteSet::masked(0x0f, 0));

const fn low(flags: u16) -> u8 {
    let [_, low] = flags.to_be_bytes();
    low
}

/// Reads a SYN or SYN+ACK, of which at least the first 16 bytes must have been captured.
pub(super) fn syn(datagram: &Datagram<'_>) -> Result<Syn, Reject> {
    require(datagram.wire_len as usize == SYN_LEN)?;
    let mut cursor = datagram.cursor();
    let acknowledged = cursor.u32()?;
    cursor.skip(2)?;
    let flags = cursor.u16()?;
    require(flags & flag::SYN != 0 && flags & !flag::IN_SYN == 0)?;
    require((acknowledged == NOTHING) != (flags & flag::ACK != 0))?;
    let initial = cursor.u32()?;
    let (up_mtu, down_mtu) = (cursor.u16()?, cursor.u16()?);
    require(MTU.contains(&up_mtu) && MTU.contains(&down_mtu))?;
    let mut syn = Syn {
        acknowledged,
        flags,
        initial,
        up_mtu,
        down_mtu,
        correlation: None,
        // Who says nothing of versions speaks the first.
        version: (flags & flag::SYN_EX == 0).then_some(1),
        whole: !datagram.is_cut(),
    };
    let zeros = |cursor: Cursor<'_>| require(cursor.rest().iter().all(|&byte| byte == 0));
    if flags & flag::CORRELATION_ID != 0
        && let Ok(id) = cursor.array()
    {
        syn.correlation = Some(id);
        zeros(cursor.within(16)?)?;
    }
    if flags & flag::SYN_EX != 0
        && let (Ok(_), Ok(version)) = (cursor.u16(), cursor.u16())
    {
        syn.version = Some(version);
        // The cookie's hash, which some leave zero and some send with version 2 (section 2.2.2.9).
        cursor.within(32)?;
    }
    zeros(cursor)?;
    Ok(syn)
}

/// The version's number as people know it: 0x0101 is 3, and so is what is not known yet.
pub(super) const fn version_number(version: u16) -> u16 {
    match version {
        0 | 1 => 1,
        2 => 2,
        _ => 3,
    }
}

/// Whether both sides' versions mean that MS-RDPEUDP2 packets follow.
pub(super) const fn is_version_3(version: u16) -> bool {
    version == 0x0101
}

/// A packet of version 1 or 2 after the handshake.
#[derive(Clone, Copy, Debug)]
pub(super) struct Data<'a> {
    flags: u16,
    /// snCoded and snSourceStart, where there is a source payload.
    pub(super) numbers: Option<(u32, u32)>,
    pub(super) reports_loss: bool,
    payload: &'a [u8],
}

impl Data<'_> {
    pub(super) const fn reports_congestion(&self) -> bool {
        self.flags & flag::CONGESTION != 0
    }

    /// Whether the payload is DTLS's (lossy) or TLS's (reliable), where it begins like a record of one of them.
    pub(super) fn is_lossy(self) -> Option<bool> {
        match self.payload {
            [20..=23, 0xfe, 0xfd | 0xff, ..] => Some(true),
            [20..=23, 3, 0..=4, ..] => Some(false),
            _ => None,
        }
    }
}

/// Longest vector of acknowledgements: its elements have to fit the smallest MTU.
const MAX_VECTOR: u16 = 1024;
/// The state of an element of the vector that says "not received" (MS-RDPEUDP section 2.2.1.1).
const NOT_RECEIVED: u8 = 3;

/// Reads a packet of version 1 or 2 (MS-RDPEUDP section 2.2.2).
pub(super) fn data(mut cursor: Cursor<'_>) -> Result<Data<'_>, Reject> {
    cursor.skip(6)?;
    let flags = cursor.u16()?;
    require(flags & !flag::IN_DATA == 0 && flags & flag::ACK != 0)?;
    let count = cursor.u16()?;
    require(count <= MAX_VECTOR)?;
    let elements = cursor.take(usize::from(count))?;
    let reports_loss = elements.iter().any(|element| element >> 6 == NOT_RECEIVED);
    // Count and elements are padded to a multiple of four, with bytes of any value.
    cursor.skip((2 + usize::from(count)).wrapping_neg() % 4)?;
    if flags & flag::ACK_OF_ACKS != 0 {
        cursor.skip(4)?;
    }
    let mut numbers = None;
    if flags & flag::FEC == 0 && flags & flag::DATA != 0 {
        numbers = Some((cursor.u32()?, cursor.u32()?));
        require(!cursor.is_empty())?;
    }
    Ok(Data { flags, numbers, reports_loss, payload: cursor.rest() })
}

/// Most retransmissions by which the numbers of a flow that is met midway may have drifted apart.
const MAX_DRIFT: u32 = 4096;

/// How many source packets in a row are each the successor of the one before, in both their numbers.
pub(super) fn consecutive_data(said: Said<'_>) -> usize {
    let (mut longest, mut run, mut expected) = (0, 0, None);
    for datagram in said.datagrams() {
        let Ok(data) = data(datagram.cursor()) else { return longest };
        if let Some((coded, start)) = data.numbers {
            if coded.wrapping_sub(start) > MAX_DRIFT {
                return longest;
            }
            run = if expected == Some((coded, start)) { run + 1 } else { 1 };
            longest = longest.max(run);
            expected = Some((coded.wrapping_add(1), start.wrapping_add(1)));
        }
    }
    longest
}

/// Flags of version 3 (MS-RDPEUDP2 section 2.2.1).
mod flag2 {
    pub(super) const ACK: u16 = 0x001;
    pub(super) const DATA: u16 = 0x004;
    pub(super) const ACK_VECTOR: u16 = 0x008;
    pub(super) const ACK_OF_ACKS: u16 = 0x010;
    pub(super) const OVERHEAD: u16 = 0x040;
    pub(super) const DELAY_ACK: u16 = 0x100;
    pub(super) const LEGAL: u16 = ACK | DATA | ACK_VECTOR | ACK_OF_ACKS | OVERHEAD | DELAY_ACK;
}

/// A packet of version 3.
#[derive(Clone, Copy, Debug)]
pub(super) struct Data2 {
    /// Whether it says to be of 7 bytes or more, as all but the smallest do.
    is_long: bool,
    /// Whether it only probes the path: its channel number means nothing.
    pub(super) is_dummy: bool,
    /// Its data's number, and the number within the channel, where it carries data.
    pub(super) numbers: Option<(u16, u16)>,
    pub(super) reports_loss: bool,
}

/// Offset of the byte that is exchanged with the first one on the wire (MS-RDPEUDP2 section 2.2.1.1).
const SWAPPED: usize = 7;
/// Longest header: a vector of 127 acknowledgements and everything else.
const MAX_HEAD: usize = 192;

/// Reads a packet of version 3 (MS-RDPEUDP2 section 2.2), as far as its numbers go.
pub(super) fn data2(bytes: &[u8]) -> Result<Data2, Reject> {
    // Most datagrams of other protocols fail here already: at the prefix, flags or window as they lie on the wire.
    let (Some(&prefix), Some(&low), Some(&high)) = (bytes.get(SWAPPED), bytes.get(1), bytes.get(2)) else {
        return Err(Reject::Mismatch);
    };
    let word = u16::from_le_bytes([low, high]);
    require(matches!(prefix & 0x1f, 0x00 | 0x10) && word & 0x0fff & !flag2::LEGAL == 0)?;
    let mut head = [0_u8; MAX_HEAD];
    let kept = bytes.len().min(MAX_HEAD);
    for (slot, &byte) in head.iter_mut().zip(bytes) {
        *slot = byte;
    }
    // The smallest packet is 8 bytes: shorter ones are padded so that there is a byte to exchange.
    head.swap(0, SWAPPED);
    let mut cursor = Cursor::closed(head.get(..kept).unwrap_or_default());
    // Bit 0 is zero; packet types are data (0) and dummy (8); bits 5 to 7 are the length of a packet below 7 bytes.
    cursor.skip(3)?;
    let (flags, window) = (word & 0x0fff, word >> 12);
    let has = |bit| flags & bit != 0;
    // A window's logarithm of 0 would leave nothing to send.
    require(flags != 0 && window != 0)?;
    require(!(has(flag2::ACK) && has(flag2::ACK_VECTOR)))?;
    if has(flag2::ACK) {
        cursor.skip(6)?;
        let delayed = cursor.u8()? & 0x0f;
        cursor.skip(usize::from(delayed))?;
    }
    if has(flag2::OVERHEAD) {
        cursor.skip(1)?;
    }
    if has(flag2::DELAY_ACK) {
        cursor.skip(3)?;
    }
    if has(flag2::ACK_OF_ACKS) {
        cursor.skip(2)?;
    }
    if has(flag2::ACK_VECTOR) {
        cursor.skip(2)?;
        let size = cursor.u8()?;
        cursor.skip(if size & 0x80 != 0 { 4 } else { 0 })?;
        cursor.skip(usize::from(size & 0x7f))?;
    }
    let numbers = if has(flag2::DATA) { Some((cursor.u16_le()?, cursor.u16_le()?)) } else { None };
    // A vector instead of a plain acknowledgement is sent when something is missing.
    Ok(Data2 { is_long: prefix >> 5 == 7, is_dummy: prefix & 0x10 != 0, numbers, reports_loss: has(flag2::ACK_VECTOR) })
}

/// How many packets of version 3 a side begins with, and how many of their data numbers rise by a little.
pub(super) fn data2_run(said: Said<'_>) -> (usize, usize) {
    let (mut legal, mut rising, mut last) = (0, 0, None::<u16>);
    for datagram in said.datagrams() {
        let Ok(packet) = data2(datagram.bytes) else { return (0, 0) };
        if !packet.is_long {
            return (0, 0);
        }
        legal += 1;
        if let Some((number, _)) = packet.numbers {
            // Dummies and lost packets use numbers up too.
            if last.is_some_and(|last| (1..=8).contains(&number.wrapping_sub(last))) {
                rising += 1;
            } else if last.is_some() {
                return (0, 0);
            }
            last = Some(number);
        }
    }
    (legal, rising)
}

/// Whether what a side said, if anything, could be the middle of a flow.
pub(super) fn may_go_on(said: Said<'_>) -> bool {
    let fits = |datagram: &Datagram<'_>| data(datagram.cursor()).err() != Some(Reject::Mismatch);
    // Version 3 exchanges bytes across the header: what is cut within it cannot be judged.
    let fits2 = |datagram: &Datagram<'_>| {
        data2(datagram.bytes).is_ok() || datagram.is_cut() && datagram.bytes.len() < MAX_HEAD
    };
    said.datagrams().all(|datagram| fits(&datagram)) || said.datagrams().all(|datagram| fits2(&datagram))
}

/// `start` and zeros up to a SYN's length.
#[expect(clippy::indexing_slicing, reason = "const code for examples; an index is below both lengths")]
pub(super) const fn padded(start: &[u8]) -> [u8; SYN_LEN] {
    let mut bytes = [0; SYN_LEN];
    let mut at = 0;
    while at < start.len() {
        bytes[at] = start[at];
        at += 1;
    }
    bytes
}
