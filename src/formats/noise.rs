//! Whether bytes can be what a cipher put out: the little that can be said about what is encrypted.

/// Fewest bytes that are judged: of fewer, any can come from a cipher.
const FEWEST: usize = 16;
/// Most bytes that are looked at: enough for every test below, whatever the datagram's size.
const MOST: usize = 256;

/// Whether `bytes` can be a cipher's output.
///
/// They cannot if all of them are text, which happens to one in 10^6 of 16 random bytes and to none of the usual sizes,
/// or if they hold fewer than half as many different values as random bytes of that number would: zeros,
/// fill patterns, tables. Of random bytes one in more than 10^9 fails here.
#[must_use]
pub fn may_be_encrypted(bytes: &[u8]) -> bool {
    let bytes = bytes.get(..MOST.min(bytes.len())).unwrap_or_default();
    if bytes.len() < FEWEST {
        return true;
    }
    let is_text = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e);
    let mut seen = [false; 256];
    for &byte in bytes {
        if let Some(slot) = seen.get_mut(usize::from(byte)) {
            *slot = true;
        }
    }
    let values = seen.iter().filter(|&&seen| seen).count();
    // 256 random bytes have 162 values, with a deviation of 6; fewer bytes have nearly as many values as bytes.
    let expected = bytes.len() * (1024 - bytes.len()) / 1024;
    values * 2 >= expected && !bytes.iter().all(is_text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_zeros_and_patterns_come_from_no_cipher() {
        for bytes in
            [&b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..], &[0; 40], &[0x55, 0xaa].repeat(20), &[0; 300]]
        {
            assert!(!may_be_encrypted(bytes), "{bytes:?}");
        }
    }

    #[test]
    fn random_bytes_of_every_length_may() {
        let mut state = 1_u64;
        for len in (0..1500).flat_map(|len| [len; 20]) {
            let random = |_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 56) as u8
            };
            let bytes: Vec<u8> = (0..len).map(random).collect();
            assert!(may_be_encrypted(&bytes), "{bytes:?}");
        }
    }
}
