//! What several fuzz targets do alike: reading any bytes as a capture file, and checking all that is delivered.

use std::io::Cursor;
use wiretell::capture::{Block, FileReader};
use wiretell::packet::Frame;

/// Most bytes that a short input may unfold to: some compressed inputs are bombs.
const MAX_BYTES: usize = 64 << 20;
/// Most frames of an input: zeros are frames of no length, and unfold to millions.
const MAX_FRAMES: usize = 100_000;
/// Bytes of a block as the program reads them.
const LARGE: usize = 512 << 10;
/// So few that most records lie across two reads.
const SMALL: usize = 61;

/// Frames with their bytes, and the error at the end; `None` for a bomb.
fn frames(data: &[u8], block_size: usize) -> Option<(Vec<(Frame, Vec<u8>)>, Option<String>)> {
    let mut frames = Vec::new();
    let reader = FileReader::new(Cursor::new(data.to_vec()), "fuzz".to_owned());
    let mut reader = match reader {
        Ok(reader) => reader.with_block_size(block_size),
        Err(error) => return Some((frames, Some(error.to_string()))),
    };
    let mut block = Block::default();
    let mut read = 0;
    loop {
        match reader.read_block(&mut block) {
            Ok(true) => {}
            Ok(false) => return Some((frames, None)),
            Err(error) => {
                assert!(!reader.read_block(&mut block).expect("the error is told once"));
                return Some((frames, Some(error.to_string())));
            }
        }
        assert!(!block.frames.is_empty());
        for frame in &block.frames {
            let bytes = block.bytes_of(frame);
            assert_eq!(bytes.len(), frame.captured as usize);
            assert!(frame.captured <= frame.wire && frame.digits <= 9);
            assert_eq!(frame.number, frames.len() as u64 + 1);
            frames.push((Frame { start: 0, ..*frame }, bytes.to_vec()));
        }
        read += block.bytes.len();
        if read > MAX_BYTES || frames.len() > MAX_FRAMES {
            return None;
        }
    }
}

/// Reads `data` as a capture file to the end or to the damage: frames that lie in their blocks, and the same
/// frames and the same end whatever the size of blocks.
pub fn read_as_capture(data: &[u8]) {
    if let Some(whole) = frames(data, LARGE) {
        assert_eq!(Some(whole), frames(data, SMALL));
    }
}
