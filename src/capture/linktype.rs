//! Link-layer types: how files number them, how the running system does, and how long their frames can be.

/// Stands for a link-layer type that a capture does not tell, or tells with a number that no `LINKTYPE_` can
/// have. Never assigned, and skipped by the decoder as any other unknown type.
pub const UNKNOWN: u16 = u16::MAX;

/// Link-layer types whose number in files (`LINKTYPE_`) is not the one that programs use on Linux (`DLT_`):
/// the numbers that systems had given differently when the files' were fixed. File's number first.
const RENUMBERED: &[(u16, i32)] = &[(100, 11), (101, 12), (102, 15), (103, 16), (106, 19)];

/// The number that libpcap's functions use for a link-layer type of a file.
#[must_use]
pub fn to_dlt(link: u16) -> i32 {
    RENUMBERED.iter().find(|(file, _)| *file == link).map_or(i32::from(link), |(_, dlt)| *dlt)
}

/// The number that files have for a link-layer type of libpcap's functions.
#[must_use]
pub fn from_dlt(dlt: i32) -> u16 {
    let renumbered = RENUMBERED.iter().find(|(_, own)| *own == dlt).map(|(file, _)| *file);
    renumbered.or_else(|| u16::try_from(dlt).ok()).unwrap_or(UNKNOWN)
}

/// Most captured bytes that a frame can have: what claims more is damage. The bounds are libpcap's: 256 KiB,
/// but for link layers that carry messages instead of frames.
#[must_use]
pub const fn max_captured(link: u16) -> u32 {
    match link {
        // D-Bus messages (LINKTYPE_DBUS).
        231 => 128 << 20,
        // USB transfers as Windows records them (LINKTYPE_USBPCAP).
        249 => 1 << 20,
        // Elektrobit's high speed capture and replay (LINKTYPE_EBHSCR).
        279 => 8 << 20,
        _ => 256 << 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_ip_has_different_numbers_in_files_and_in_programs() {
        assert_eq!(to_dlt(101), 12);
        assert_eq!(from_dlt(12), 101);
    }

    #[test]
    fn all_other_numbers_are_the_same_in_both() {
        for link in (0..=10).chain(104..=105).chain(107..=300) {
            assert_eq!(to_dlt(link), i32::from(link));
            assert_eq!(from_dlt(i32::from(link)), link);
        }
    }

    #[test]
    fn a_number_beyond_16_bits_is_unknown() {
        assert_eq!(from_dlt(65537), UNKNOWN);
        assert_eq!(from_dlt(-1), UNKNOWN);
    }
}
