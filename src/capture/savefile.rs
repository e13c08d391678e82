//! The pcap file format: one header, then records of one link-layer type.
//!
//! Specification: draft-ietf-opsawg-pcap; what it leaves open is decided as libpcap 1.10 does.
//!
//! ```text
//! header  magic(4) major(2) minor(2) reserved(8) snaplen(4) link(4)
//! record  seconds(4) fraction(4) captured(4) wire(4) [modified: 8 more] bytes(captured)
//! ```

use super::linktype;
use super::origin::{Interface, Origin};
use super::walk::{Fields, Found, Order, Walk, narrow, wide};
use crate::packet::{Frame, Timestamp};

/// Length of the file's header in bytes.
pub(super) const HEADER: usize = 24;

/// Time stamps in microseconds.
const MICROSECONDS: u32 = 0xa1b2c3d4;
/// Time stamps in nanoseconds.
const NANOSECONDS: u32 = 0xa1b23c4d;
/// Alexey Kuznetsov's modified libpcap, as Red Hat shipped it around the year 2000.
const MODIFIED: u32 = 0xa1b2cd34;

/// Length of a record's header in bytes.
const RECORD: usize = 16;
/// What the modified variant adds to it: interface index (4), protocol (2), packet type (1), padding (1).
const MODIFIED_EXTRA: usize = 8;
/// The modified variant counted its snap length without the Ethernet header that it made up for packets of
/// other link layers, so this many bytes more may have been captured.
const COOKED_HEADER: u32 = 14;

/// Which of a record's two lengths comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lengths {
    /// The captured length.
    CapturedFirst,
    /// The wire length: files of versions before 2.3, and DG/UX's 543.0.
    WireFirst,
    /// Version 2.3 was written either way round; the captured length cannot be the larger one.
    SmallerIsCaptured,
}

/// How to read the records of a pcap file.
#[derive(Clone, Debug)]
pub(super) struct Savefile {
    order: Order,
    lengths: Lengths,
    /// Nanoseconds in one unit of a record's second time field.
    unit: i64,
    digits: u8,
    record: usize,
    snaplen: u32,
    link: u16,
}

/// Whether a file that begins like this is a pcap file.
pub(super) fn order(magic: [u8; 4]) -> Option<Order> {
    [Order::Little, Order::Big]
        .into_iter()
        .find(|order| matches!(order.u32(magic), MICROSECONDS | NANOSECONDS | MODIFIED))
}

impl Savefile {
    /// Reads the file's header; an error says in which way the file is of an unknown kind.
    pub(super) fn parse(header: &[u8; HEADER]) -> Result<Self, String> {
        let (magic, rest) = header.split_first_chunk::<4>().ok_or("no header")?;
        let order = order(*magic).ok_or("no pcap file")?;
        Self::parse_fields(order, order.u32(*magic), rest).ok_or("no header")?
    }

    fn parse_fields(order: Order, magic: u32, rest: &[u8]) -> Option<Result<Self, String>> {
        let mut fields = Fields::new(rest, order);
        let (major, minor) = (fields.u16()?, fields.u16()?);
        // Time zone and accuracy: always zero, and without a meaning when they are not.
        let _reserved = fields.u64()?;
        let (snaplen, link) = (fields.u32()?, fields.u32()?);
        let lengths = match (major, minor) {
            (2, 0..=2) | (543, 0) => Lengths::WireFirst,
            (2, 3) => Lengths::SmallerIsCaptured,
            (2, 4) => Lengths::CapturedFirst,
            _ => {
                return Some(Err(format!(
                    "version {major}.{minor} of the pcap format is not known (only 2.0 to 2.4 are)"
                )));
            }
        };
        // The upper six bits tell the length of the frame check sequence; the rest is the link-layer type.
        let link = u16::try_from(link & 0x03ff_ffff).unwrap_or(linktype::UNKNOWN);
        // Writers that did not know the snap length wrote 0 or -1.
        let snaplen = if snaplen == 0 || snaplen > i32::MAX.unsigned_abs() { u32::MAX } else { snaplen };
        let modified = magic == MODIFIED;
        Some(Ok(Self {
            order,
            lengths,
            unit: if magic == NANOSECONDS { 1 } else { 1000 },
            digits: if magic == NANOSECONDS { 9 } else { 6 },
            record: if modified { RECORD + MODIFIED_EXTRA } else { RECORD },
            snaplen: if modified && link == 1 { snaplen.saturating_add(COOKED_HEADER) } else { snaplen },
            link,
        }))
    }

    /// What the file says of the one interface that it has.
    pub(super) fn interface(&self) -> Interface {
        let snaplen = if self.snaplen == u32::MAX { 0 } else { self.snaplen };
        Interface::new(self.link, snaplen, None, self.digits)
    }

    /// Walks over the records of `bytes` from `at` on.
    pub(super) fn walk(&self, bytes: &[u8], mut at: usize, found: &mut Found<'_>) -> Walk {
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let Some(body) = rest.get(self.record..) else {
                return Walk::More { at, need: self.record };
            };
            let Some((time, first, second)) = self.record(rest) else {
                return Walk::More { at, need: self.record };
            };
            let (captured, wire) = match self.lengths {
                Lengths::CapturedFirst => (first, second),
                Lengths::WireFirst => (second, first),
                Lengths::SmallerIsCaptured => (first.min(second), first.max(second)),
            };
            if captured > linktype::max_captured(self.link) {
                return Walk::Damaged { at, what: "the record claims more bytes than a frame can have" };
            }
            if body.len() < wide(captured) {
                return Walk::More { at, need: self.record + wide(captured) };
            }
            // What exceeds the snap length is there, but it is no part of the frame: some writers padded so.
            let kept = captured.min(self.snaplen);
            let frame = Frame {
                time,
                number: 0,
                start: narrow(at + self.record),
                captured: kept,
                wire: wire.max(kept),
                link: self.link,
                digits: self.digits,
            };
            // Seconds have 32 bits without a sign, so that no time is before 1970.
            let units = (time.0 / self.unit).unsigned_abs();
            found.push(frame, || Origin { interface: 0, units });
            at += self.record + wide(captured);
        }
    }

    /// Time and the two lengths, in the order of the file.
    fn record(&self, bytes: &[u8]) -> Option<(Timestamp, u32, u32)> {
        let mut fields = Fields::new(bytes, self.order);
        let (seconds, fraction) = (fields.u32()?, fields.u32()?);
        let nanos = i64::from(seconds) * 1_000_000_000 + i64::from(fraction) * self.unit;
        Some((Timestamp(nanos), fields.u32()?, fields.u32()?))
    }
}
