//! The bytes of one layer: those that were captured, where they lie, and how many the capture left out.

use super::Skip;

/// A layer's bytes, from its header to its end.
///
/// Reading past what was captured fails with [`Skip::TruncatedHeaders`] where the wire had more bytes, and with
/// [`Skip::Malformed`] where it had not.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    bytes: &'a [u8],
    /// Offset of the first byte, in the frame or in the reassembled datagram.
    start: u32,
    /// How many bytes follow on the wire that were not captured.
    missing: u32,
}

impl<'a> View<'a> {
    /// Over a whole frame or datagram, of which `missing` bytes were not captured.
    pub(super) const fn new(bytes: &'a [u8], missing: u32) -> Self {
        Self { bytes, start: 0, missing }
    }

    /// The captured bytes.
    pub(super) const fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// How many bytes were captured.
    pub(super) const fn len(self) -> usize {
        self.bytes.len()
    }

    /// How many bytes the wire had.
    pub(super) const fn wire(self) -> usize {
        self.bytes.len().saturating_add(self.missing as usize)
    }

    /// Offset of the first byte.
    pub(super) const fn start(self) -> u32 {
        self.start
    }

    /// How many bytes at the end were not captured.
    pub(super) const fn missing(self) -> u32 {
        self.missing
    }

    /// Why bytes up to `end` cannot be read.
    const fn short(self, end: usize) -> Skip {
        if end <= self.wire() { Skip::TruncatedHeaders } else { Skip::Malformed }
    }

    /// What comes after the first `n` bytes.
    pub(super) fn after(self, n: usize) -> Result<Self, Skip> {
        let bytes = self.bytes.get(n..).ok_or(self.short(n))?;
        // A frame longer than 4 GiB does not exist: lengths are 32 bits in every capture format.
        let start = self.start.saturating_add(u32::try_from(n).unwrap_or(u32::MAX));
        Ok(Self { bytes, start, missing: self.missing })
    }

    /// What comes after the first `n` bytes, or nothing where they were not all captured.
    pub(super) fn after_or_empty(self, n: usize) -> Self {
        self.after(n).unwrap_or_else(|_| {
            let missing = self.wire().saturating_sub(n);
            Self { bytes: &[], start: self.start, missing: u32::try_from(missing).unwrap_or(u32::MAX) }
        })
    }

    /// The first `n` bytes, as a length field bounds the layer. Where the wire had fewer, the rest counts as missing:
    /// the field tells what was sent, and the capture what is left of it.
    pub(super) fn bounded(self, n: usize) -> Self {
        if let Some(bytes) = self.bytes.get(..n) {
            return Self { bytes, missing: 0, ..self };
        }
        let missing = u32::try_from(n - self.bytes.len()).unwrap_or(u32::MAX);
        Self { missing, ..self }
    }

    /// The first `n` bytes, or all where there are fewer.
    pub(super) fn at_most(self, n: usize) -> Self {
        if n < self.wire() { self.bounded(n) } else { self }
    }

    /// `N` bytes from offset `at` on.
    pub(super) fn array<const N: usize>(self, at: usize) -> Result<[u8; N], Skip> {
        let found = self.bytes.get(at..).and_then(|rest| rest.first_chunk());
        found.copied().ok_or(self.short(at.saturating_add(N)))
    }

    /// The byte at offset `at`.
    pub(super) fn u8(self, at: usize) -> Result<u8, Skip> {
        self.bytes.get(at).copied().ok_or(self.short(at.saturating_add(1)))
    }

    /// Two bytes at offset `at`, big-endian.
    pub(super) fn u16(self, at: usize) -> Result<u16, Skip> {
        self.array(at).map(u16::from_be_bytes)
    }

    /// Three bytes at offset `at`, big-endian.
    pub(super) fn u24(self, at: usize) -> Result<u32, Skip> {
        self.array(at).map(|[a, b, c]| u32::from_be_bytes([0, a, b, c]))
    }

    /// Four bytes at offset `at`, big-endian.
    pub(super) fn u32(self, at: usize) -> Result<u32, Skip> {
        self.array(at).map(u32::from_be_bytes)
    }
}
