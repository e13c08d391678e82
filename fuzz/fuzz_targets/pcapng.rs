//! Any bytes as the blocks of a pcapng file, whose lengths are right: what is within them is read to its end.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wiretell_fuzz::read_as_capture;

/// The types of blocks that are read, and one that is passed over.
const KINDS: [u32; 7] = [0x0a0d_0d0a, 1, 6, 3, 2, 5, 0x0bad];

fuzz_target!(|data: &[u8]| {
    let Some((&flags, mut rest)) = data.split_first() else { return };
    let is_big = flags & 1 != 0;
    let word = |value: u32| if is_big { value.to_be_bytes() } else { value.to_le_bytes() };
    let mut file = Vec::new();
    let mut block = |kind: u32, parts: &[&[u8]]| {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let padding = length.next_multiple_of(4) - length;
        let total = word(u32::try_from(length + padding + 12).unwrap_or(0));
        file.extend(word(kind));
        file.extend(total);
        parts.iter().for_each(|part| file.extend(*part));
        file.extend(&[0; 3][..padding]);
        file.extend(total);
    };
    let version: [u8; 4] = if is_big { [0, 1, 0, 0] } else { [1, 0, 0, 0] };
    let section = [&word(0x1a2b_3c4d)[..], &version, &[0xff; 8]].concat();
    block(0x0a0d_0d0a, &[&section]);
    // Of each block its type and length, then the bytes.
    while let Some(([kind, length], after)) = rest.split_first_chunk() {
        let (body, after) = after.split_at(usize::from(*length).min(after.len()));
        rest = after;
        match KINDS[usize::from(*kind) % KINDS.len()] {
            0x0a0d_0d0a => block(0x0a0d_0d0a, &[&section, body]),
            // Half of the frames say themselves how long they are.
            kind @ (2 | 6) if flags & 2 != 0 && body.len() > 12 => {
                let (head, bytes) = body.split_at(12);
                let length = word(u32::try_from(bytes.len()).unwrap_or(0));
                block(kind, &[head, &length, &length, bytes]);
            }
            kind => block(kind, &[body]),
        }
    }
    read_as_capture(&file);
});
