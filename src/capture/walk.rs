//! What the two file formats have in common: they walk over the records in a block, and say how to go on.

use super::origin::Origin;
use crate::packet::Frame;

/// Why a walk over the records in a block ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Walk {
    /// The record at `at` is not all there: it needs `need` bytes, as far as can be told by now.
    More { at: usize, need: usize },
    /// What stands at `at` is to be passed over, unread: `length` bytes.
    Skip { at: usize, length: u64 },
    /// The record at `at` cannot be what it says.
    Damaged { at: usize, what: &'static str },
}

/// The order of bytes in the numbers of a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

impl Order {
    /// Reads a 16-bit number.
    pub(super) const fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        }
    }

    /// Reads a 32-bit number.
    pub(super) const fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        }
    }

    /// Reads a 64-bit number.
    pub(super) const fn u64(self, bytes: [u8; 8]) -> u64 {
        match self {
            Self::Little => u64::from_le_bytes(bytes),
            Self::Big => u64::from_be_bytes(bytes),
        }
    }
}

/// Reads fixed-width numbers one after the other; `None` past the end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a> {
    bytes: &'a [u8],
    order: Order,
}

impl<'a> Fields<'a> {
    pub(super) const fn new(bytes: &'a [u8], order: Order) -> Self {
        Self { bytes, order }
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.bytes.split_first_chunk::<N>()?;
        self.bytes = rest;
        Some(*taken)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.take().map(|bytes| self.order.u16(bytes))
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.take().map(|bytes| self.order.u32(bytes))
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.take().map(|bytes| self.order.u64(bytes))
    }

    /// The next `length` bytes, as fields of their own.
    pub(super) fn split(&mut self, length: usize) -> Option<Self> {
        let (taken, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(Self { bytes: taken, order: self.order })
    }

    /// Passes over `length` bytes, or over all that are left.
    pub(super) fn pass(&mut self, length: usize) {
        self.bytes = self.bytes.get(length..).unwrap_or_default();
    }

    /// The order of bytes that these numbers have.
    pub(super) const fn order(&self) -> Order {
        self.order
    }

    /// What has not been read yet.
    pub(super) const fn rest(self) -> &'a [u8] {
        self.bytes
    }
}

/// Where found frames go, and how they are numbered.
#[derive(Debug)]
pub(super) struct Found<'a> {
    /// The frames of the block.
    pub(super) frames: &'a mut Vec<Frame>,
    /// The number that the next frame gets.
    pub(super) next: &'a mut u64,
    /// Where their origins go, where somebody asked for them.
    pub(super) origins: Option<&'a mut Vec<Origin>>,
}

impl Found<'_> {
    /// Numbers a frame and adds it; `origin` is asked where it is wanted.
    pub(super) fn push(&mut self, frame: Frame, origin: impl FnOnce() -> Origin) {
        if let Some(origins) = &mut self.origins {
            origins.push(origin());
        }
        self.frames.push(Frame { number: *self.next, ..frame });
        *self.next += 1;
    }
}

/// As a file offset or length inside one block; blocks are far smaller than 4 GiB.
pub(super) fn narrow(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// A 32-bit length as an index; the same number wherever there are at least 32-bit addresses.
pub(super) const fn wide(value: u32) -> usize {
    value as usize
}
