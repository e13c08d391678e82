//! IEEE 802.11 frames, and the headers that monitors put before them.
//!
//! Only data frames carry packets. Of several packets aggregated in one frame (A-MSDU) the first is taken: a frame gives
//! one packet.

use super::view::View;
use super::{Outcome, Skip, Walk};

/// Bits of frame control's second byte (IEEE 802.11 section 9.2.4.1).
mod control {
    pub(super) const TO_DS: u8 = 0x01;
    pub(super) const FROM_DS: u8 = 0x02;
    pub(super) const PROTECTED: u8 = 0x40;
    pub(super) const HTC: u8 = 0x80;
}

impl Walk<'_> {
    /// Radiotap (radiotap.org): a version, a length, and fields of which only the flags matter here.
    pub(super) fn radiotap(&mut self, view: View<'_>) -> Outcome {
        /// The header is padded to a multiple of four bytes.
        const PADDED: u8 = 0x20;
        let [version, _, low, high] = view.array(0)?;
        if version != 0 {
            return Err(Skip::Malformed);
        }
        let frame = view.after(u16::from_le_bytes([low, high]).into())?;
        self.wlan_padded(frame, radiotap_flags(view).is_ok_and(|flags| flags & PADDED != 0))
    }

    /// Prism's header (its length at byte 4), or AVS's where its magic number stands instead.
    pub(super) fn prism(&mut self, view: View<'_>) -> Outcome {
        if view.u32(0)? >> 12 == AVS_MAGIC {
            return self.avs(view);
        }
        let bytes = view.array(4)?;
        let len = match u32::from_le_bytes(bytes) {
            0x1_0000.. => u32::from_be_bytes(bytes),
            len => len,
        };
        self.wlan(view.after(len as usize)?)
    }

    /// AVS's header: a version and its own length.
    pub(super) fn avs(&mut self, view: View<'_>) -> Outcome {
        if view.u32(0)? >> 12 != AVS_MAGIC {
            return Err(Skip::Malformed);
        }
        self.wlan(view.after(view.u32(4)? as usize)?)
    }

    /// An 802.11 frame.
    pub(super) fn wlan(&mut self, view: View<'_>) -> Outcome {
        self.wlan_padded(view, false)
    }

    fn wlan_padded(&mut self, view: View<'_>, padded: bool) -> Outcome {
        self.deeper()?;
        let [first, second] = view.array(0)?;
        // Some controllers hand frames on with the bytes of frame control and of sequence control swapped.
        let swapped = !is_data(first) && is_data(second);
        let (first, flags) = if swapped { (second, first) } else { (first, second) };
        if !is_data(first) {
            return Err(if first % 4 == 0 { Skip::LinkControl } else { Skip::Malformed });
        }
        let (null, qos) = (first & 0x40 != 0, first & 0x80 != 0);
        let fragment = view.u8(if swapped { 23 } else { 22 })? & 0x0f;
        // Without data, or a fragment other than the first, which has no headers.
        if null || fragment != 0 {
            return Err(Skip::LinkControl);
        }
        let four_addresses = flags & (control::TO_DS | control::FROM_DS) == control::TO_DS | control::FROM_DS;
        let base = if four_addresses { 30 } else { 24 };
        let aggregate = qos && view.u8(base)? & 0x80 != 0;
        let mut header = base + 2 * usize::from(qos) + 4 * usize::from(qos && flags & control::HTC != 0);
        if padded {
            header = header.next_multiple_of(4);
        }
        let body = view.after(header)?;
        if flags & control::PROTECTED != 0 {
            return self.unprotected(body);
        }
        // A subframe begins with two addresses and a length.
        self.llc(if aggregate { body.after(14)? } else { body })
    }

    /// The bit says "protected", yet some monitors hand over what they have decrypted, with or without the eight bytes
    /// of initialisation vector before it: SNAP in the clear shows it.
    fn unprotected(&mut self, body: View<'_>) -> Outcome {
        let clear = [0, 8].into_iter().find(|&at| body.array(at) == Ok([0xaa, 0xaa, 0x03, 0, 0, 0]));
        self.llc(body.after(clear.ok_or(Skip::Encrypted)?)?)
    }
}

/// Whether frame control's first byte tells of version 0 and of data (section 9.2.4.1.3).
const fn is_data(control: u8) -> bool {
    control & 0x0f == 0x08
}

/// The upper 20 bits of AVS's version number.
const AVS_MAGIC: u32 = 0x80211;

/// Radiotap's flags, which come first but for a time stamp that is aligned to its own eight bytes.
fn radiotap_flags(view: View<'_>) -> Result<u8, Skip> {
    /// Bits of the words that tell which fields are present.
    const TIME: u32 = 1;
    const FLAGS: u32 = 1 << 1;
    const MORE: u32 = 1 << 31;
    /// Most such words that are passed over; drivers write three or four.
    const MAX_WORDS: usize = 16;
    let present = view.array(4).map(u32::from_le_bytes)?;
    let mut at = 8;
    let mut word = present;
    while word & MORE != 0 && at < 4 + 4 * MAX_WORDS {
        word = view.array(at).map(u32::from_le_bytes)?;
        at += 4;
    }
    if present & FLAGS == 0 {
        return Ok(0);
    }
    if present & TIME != 0 {
        at = at.next_multiple_of(8) + 8;
    }
    view.u8(at)
}
