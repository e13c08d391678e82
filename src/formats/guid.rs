//! Globally unique identifiers in text: `906b0ce0-c70b-1067-b317-00dd010662da` (RFC 9562 section 4).

use std::fmt::Write;

/// Bytes of a GUID.
pub const LEN: usize = 16;

/// A GUID whose bytes lie in the text's order (RFC 9562).
#[must_use]
pub fn in_order(bytes: [u8; LEN]) -> String {
    let mut text = String::with_capacity(36);
    for (place, byte) in bytes.iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A GUID as Windows and DCE RPC with little-endian integers store it: its first three fields are
/// reversed (MS-DTYP section 2.3.4.2, C706 appendix A).
#[must_use]
pub fn little_endian(bytes: [u8; LEN]) -> String {
    in_order(swapped(bytes))
}

/// The same GUID with the bytes of its first three fields reversed.
#[must_use]
pub fn swapped(mut bytes: [u8; LEN]) -> [u8; LEN] {
    for field in [0..4, 4..6, 6..8] {
        if let Some(field) = bytes.get_mut(field) {
            field.reverse();
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_windows_guid_has_its_first_three_fields_reversed() {
        let wire = [0xe0, 0x0c, 0x6b, 0x90, 0x07, 0xc7, 0x67, 0x10, 0xb3, 0x17, 0, 0xdd, 1, 6, 0x62, 0xda];
        assert_eq!(little_endian(wire), "906b0ce0-c707-1067-b317-00dd010662da");
        assert_eq!(in_order(swapped(wire)), little_endian(wire));
        assert_eq!(swapped(swapped(wire)), wire);
    }
}
