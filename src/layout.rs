//! Messages of fixed layout, written down at compile time: for the examples of protocols.

/// `N` bytes, zero but for `parts`, each of which begins at its offset.
///
/// A part that does not fit does not compile.
#[expect(clippy::indexing_slicing, reason = "const code: an index out of bounds does not compile")]
#[must_use]
pub const fn laid_out<const N: usize>(parts: &[(usize, &[u8])]) -> [u8; N] {
    let mut bytes = [0; N];
    let mut part = 0;
    while part < parts.len() {
        let (at, content) = parts[part];
        let mut i = 0;
        while i < content.len() {
            bytes[at + i] = content[i];
            i += 1;
        }
        part += 1;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::laid_out;

    #[test]
    fn parts_stand_at_their_offsets_and_zeros_between_them() {
        assert_eq!(laid_out::<6>(&[(1, b"ab"), (5, b"c")]), *b"\0ab\0\0c");
    }
}
