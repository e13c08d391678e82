//! The pcap file format, written: see `savefile` for its shape.

use super::Written;
use crate::capture::linktype;

/// Time stamps in microseconds, and in nanoseconds.
const MICROSECONDS: u32 = 0xa1b2c3d4;
const NANOSECONDS: u32 = 0xa1b23c4d;

/// Appends the file's header.
pub(super) fn header(link: u16, nanoseconds: bool, out: &mut Vec<u8>) {
    let magic = if nanoseconds { NANOSECONDS } else { MICROSECONDS };
    // No frame is longer than the snap length: readers cut what is.
    let snaplen = linktype::max_captured(link);
    for word in [magic, 0x0004_0002, 0, 0, snaplen, u32::from(link)] {
        out.extend(word.to_le_bytes());
    }
}

/// Appends a record; none if its time does not fit, and nothing is appended then.
pub(super) fn frame(written: &Written<'_>, nanoseconds: bool, out: &mut Vec<u8>) -> Option<()> {
    let nanos = written.frame.time.0;
    let seconds = u32::try_from(nanos.div_euclid(1_000_000_000)).ok()?;
    let fraction = u32::try_from(nanos.rem_euclid(1_000_000_000)).ok()?;
    let fraction = match nanoseconds {
        true => fraction,
        false if fraction % 1000 == 0 => fraction / 1000,
        false => return None,
    };
    let captured = u32::try_from(written.bytes.len()).ok()?;
    for word in [seconds, fraction, captured, written.frame.wire] {
        out.extend(word.to_le_bytes());
    }
    out.extend_from_slice(written.bytes);
    Some(())
}
