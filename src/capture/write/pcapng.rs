//! The pcapng file format, written: one section in little-endian order (draft-ietf-opsawg-pcapng, sections 4.1 to 4.3).

use super::Written;
use crate::capture::Interface;
use crate::capture::origin::push;

/// Options: a comment of any block, and the program that wrote a section.
const COMMENT: u16 = 1;
const APPLICATION: u16 = 4;
/// Closes a block's options: code and length are zero.
const END_OF_OPTIONS: [u8; 4] = [0; 4];

/// Appends a section header whose length is not told.
pub(super) fn section(out: &mut Vec<u8>) {
    block(0x0a0d_0d0a, out, |out| {
        out.extend(0x1a2b_3c4d_u32.to_le_bytes());
        out.extend([1, 0, 0, 0]);
        out.extend([0xff; 8]);
        push(out, APPLICATION, concat!("wiretell ", env!("CARGO_PKG_VERSION")).as_bytes());
        out.extend(END_OF_OPTIONS);
    });
}

/// Appends an interface description.
pub(super) fn interface(interface: &Interface, out: &mut Vec<u8>) {
    block(1, out, |out| {
        out.extend(interface.link.to_le_bytes());
        out.extend([0, 0]);
        out.extend(interface.snaplen.to_le_bytes());
        out.extend_from_slice(interface.options());
        if !interface.options().is_empty() {
            out.extend(END_OF_OPTIONS);
        }
    });
}

/// Appends an enhanced packet, captured on the section's interface with a number.
pub(super) fn frame(interface: u32, written: &Written<'_>, out: &mut Vec<u8>) {
    block(6, out, |out| {
        // The time's upper half goes first in either order of bytes.
        let [high, low] = [written.units >> 32, written.units & 0xffff_ffff];
        let captured = written.bytes.len() as u64;
        for word in [u64::from(interface), high, low, captured, u64::from(written.frame.wire)] {
            out.extend(u32::try_from(word).unwrap_or(u32::MAX).to_le_bytes());
        }
        out.extend_from_slice(written.bytes);
        out.resize(out.len() + written.bytes.len().next_multiple_of(4) - written.bytes.len(), 0);
        if !written.comment.is_empty() {
            push(out, COMMENT, written.comment.as_bytes());
            out.extend(END_OF_OPTIONS);
        }
    });
}

/// Appends a block whose body `write` appends, a multiple of four bytes.
fn block(kind: u32, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let begin = out.len();
    out.extend(kind.to_le_bytes());
    out.extend([0; 4]);
    write(out);
    let length = u32::try_from(out.len() - begin + 4).unwrap_or(u32::MAX).to_le_bytes();
    if let Some(place) = out.get_mut(begin + 4..begin + 8) {
        place.copy_from_slice(&length);
    }
    out.extend(length);
}
