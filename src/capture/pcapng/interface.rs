//! An interface as a pcapng file describes it: link layer, snap length and what its time stamps count.

use crate::capture::walk::{Fields, narrow};
use crate::capture::{Drops, linktype};
use crate::packet::{Frame, Timestamp};

/// Options of an interface description (draft-ietf-opsawg-pcapng, section 4.2) that are read.
const END_OF_OPTIONS: u16 = 0;
const TIME_RESOLUTION: u16 = 9;
const TIME_OFFSET: u16 = 14;
/// Options of interface statistics (section 4.6) that are read.
const INTERFACE_DROPS: u16 = 5;
const KERNEL_DROPS: u16 = 7;

const NANOS_PER_SECOND: i128 = 1_000_000_000;

/// How a count of time units becomes nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    /// Units of nanoseconds or more: this many nanoseconds each.
    Multiply(u64),
    /// Units of less than nanoseconds: this many a nanosecond.
    Divide(u64),
    /// Units of a second divided by two to this power.
    Binary(u8),
    /// Units so small that 64 bits of them are less than a nanosecond.
    Nothing,
}

/// One interface of a section.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interface {
    /// The link-layer type.
    pub(super) link: u16,
    /// Most bytes captured of a frame.
    pub(super) snaplen: u32,
    /// Frames lost, as the last statistics said: they count from the capture's begin.
    pub(super) drops: Drops,
    scale: Scale,
    digits: u8,
    offset_secs: i64,
}

impl Interface {
    /// An interface that is not remembered: link layer unknown, times in microseconds.
    pub(super) const UNKNOWN: Self = Self {
        link: linktype::UNKNOWN,
        snaplen: u32::MAX,
        drops: Drops { interface: 0, kernel: 0 },
        scale: Scale::Multiply(1000),
        digits: 6,
        offset_secs: 0,
    };

    /// Reads the body of an interface description block.
    pub(super) fn parse(mut fields: Fields<'_>) -> Option<Self> {
        let (link, _reserved) = (fields.u16()?, fields.u16()?);
        let snaplen = match fields.u32()? {
            0 => u32::MAX,
            snaplen => snaplen,
        };
        let mut interface = Self { link, snaplen, ..Self::UNKNOWN };
        for (code, value) in options(fields) {
            match (code, value.rest()) {
                (TIME_RESOLUTION, [resolution]) => {
                    (interface.scale, interface.digits) = scale(*resolution);
                }
                (TIME_OFFSET, rest) if rest.len() == 8 => {
                    interface.offset_secs = { value }.u64().map_or(0, u64::cast_signed);
                }
                _ => {}
            }
        }
        Some(interface)
    }

    /// Reads the counters of interface statistics, whose options `fields` begins with.
    pub(super) fn count(&mut self, fields: Fields<'_>) {
        for (code, mut value) in options(fields) {
            match (code, value.u64()) {
                (INTERFACE_DROPS, Some(drops)) => self.drops.interface = drops,
                (KERNEL_DROPS, Some(drops)) => self.drops.kernel = drops,
                _ => {}
            }
        }
    }

    /// A frame of this interface; its number is given later.
    pub(super) fn frame(&self, time: u64, start: usize, captured: u32, wire: u32) -> Frame {
        Frame {
            time: self.time(time),
            number: 0,
            start: narrow(start),
            captured,
            wire: wire.max(captured),
            link: self.link,
            digits: self.digits,
        }
    }

    /// Nanoseconds of a count of this interface's time units; what 64 bits cannot hold stays at their end.
    fn time(&self, units: u64) -> Timestamp {
        if let (Scale::Multiply(factor), 0) = (self.scale, self.offset_secs)
            && let Some(nanos) = units.checked_mul(factor).and_then(|nanos| i64::try_from(nanos).ok())
        {
            return Timestamp(nanos);
        }
        let units = i128::from(units);
        let nanos = match self.scale {
            Scale::Multiply(factor) => units * i128::from(factor),
            Scale::Divide(divisor) => units / i128::from(divisor),
            Scale::Binary(power) => (units * NANOS_PER_SECOND) >> power,
            Scale::Nothing => 0,
        } + i128::from(self.offset_secs) * NANOS_PER_SECOND;
        Timestamp(i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX }))
    }
}

/// Reads `if_tsresol`: with the upper bit a negative power of 2, without it one of 10 (section 4.2). Gives also
/// the digits of a second that such a clock has, of which nine are kept: as many as the power, for either base.
fn scale(resolution: u8) -> (Scale, u8) {
    let power = resolution & 0x7f;
    if resolution & 0x80 != 0 {
        return (Scale::Binary(power), power.min(9));
    }
    let scale = match power.checked_sub(9) {
        None => Scale::Multiply(10_u64.pow(u32::from(9 - power))),
        Some(finer) => 10_u64.checked_pow(u32::from(finer)).map_or(Scale::Nothing, Scale::Divide),
    };
    (scale, power.min(9))
}

/// The options of a block, up to the end or to the first that is not whole.
pub(in crate::capture) fn options(mut fields: Fields<'_>) -> impl Iterator<Item = (u16, Fields<'_>)> {
    std::iter::from_fn(move || {
        let (code, length) = (fields.u16()?, fields.u16()?);
        let value = fields.split(usize::from(length))?;
        // Values are padded to a multiple of four bytes (section 3.5).
        fields.pass(usize::from(length).next_multiple_of(4) - usize::from(length));
        (code != END_OF_OPTIONS).then_some((code, value))
    })
}
