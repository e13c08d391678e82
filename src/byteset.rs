//! A set of byte values, usable in `const`.

/// A set of byte values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteSet([u64; 4]);

#[expect(clippy::indexing_slicing, reason = "const code; an index is a byte / 64")]
impl ByteSet {
    /// Every byte.
    pub const ANY: Self = Self([u64::MAX; 4]);
    /// No byte.
    pub const NONE: Self = Self([0; 4]);

    /// The bytes in `list`.
    #[must_use]
    pub const fn of(list: &[u8]) -> Self {
        let mut set = [0; 4];
        let mut i = 0;
        while i < list.len() {
            set[(list[i] / 64) as usize] |= 1 << (list[i] % 64);
            i += 1;
        }
        Self(set)
    }

    /// The bytes from `low` to `high`, both included.
    #[must_use]
    pub const fn range(low: u8, high: u8) -> Self {
        let mut set = [0; 4];
        let mut byte = low as u16;
        while byte <= high as u16 {
            set[(byte / 64) as usize] |= 1 << (byte % 64);
            byte += 1;
        }
        Self(set)
    }

    /// The bytes whose bits under `mask` are those of `value`.
    #[must_use]
    pub const fn masked(mask: u8, value: u8) -> Self {
        let mut set = [0; 4];
        let mut byte = 0_u8;
        loop {
            if byte & mask == value {
                set[(byte / 64) as usize] |= 1 << (byte % 64);
            }
            if byte == u8::MAX {
                break;
            }
            byte += 1;
        }
        Self(set)
    }

    /// The bytes in either set.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        let (a, b) = (self.0, other.0);
        Self([a[0] | b[0], a[1] | b[1], a[2] | b[2], a[3] | b[3]])
    }

    /// Whether `byte` is in the set.
    #[must_use]
    pub const fn contains(self, byte: u8) -> bool {
        self.0[(byte / 64) as usize] >> (byte % 64) & 1 == 1
    }
}

/// ASCII letters, with which most text protocols begin.
pub const LETTERS: ByteSet = ByteSet::range(b'a', b'z').or(ByteSet::range(b'A', b'Z'));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_it_was_made_of_and_nothing_else() {
        let set = ByteSet::of(&[0, 63, 64, 255]).or(ByteSet::range(250, 251));
        let held: Vec<u8> = (0..=255).filter(|&byte| set.contains(byte)).collect();
        assert_eq!(held, [0, 63, 64, 250, 251, 255]);
    }
}
