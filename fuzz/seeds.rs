//! Makes the seeds that fuzzing begins with, from the shipped captures and the inspectors' examples:
//! `cargo run --example seeds -- CAPTURES CORPUS`.

use std::fs;
use std::path::Path;
use wiretell::capture::{Block, FileReader};
use wiretell::inspect::Example;
use wiretell::key::Transport;
use wiretell::protocols::INSPECTORS;

/// Most bytes of a capture that is a seed as it is: long ones are cut.
const MAX_SEED: usize = 16 << 10;
/// Most frames that are seeds, of each capture.
const MAX_FRAMES: usize = 40;

fn main() -> std::io::Result<()> {
    let [captures, corpus] = &std::env::args().skip(1).collect::<Vec<_>>()[..] else {
        panic!("usage: seeds CAPTURES CORPUS");
    };
    let corpus = Path::new(corpus);
    let seed = |target: &str, name: &str, bytes: &[u8]| {
        let folder = corpus.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name), bytes)
    };
    for entry in fs::read_dir(captures)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !(name.ends_with(".pcap") || name.ends_with(".pcapng")) {
            continue;
        }
        let bytes = fs::read(&path)?;
        let begin = &bytes[..bytes.len().min(MAX_SEED)];
        for target in ["capture_file", "run"] {
            seed(target, &name, begin)?;
        }
        seed("compressed", &name, &[&[0, 0, 1, 0, 0xff, 0xff], &begin[begin.len().min(24)..]].concat())?;
        seed("frame", &name, &frames(&path))?;
        if name.ends_with(".pcapng") {
            seed("pcapng", &name, &blocks(begin))?;
        }
    }
    for (place, inspector) in INSPECTORS.iter().enumerate() {
        for (number, example) in inspector.examples.iter().enumerate() {
            let name = format!("{}-{number}", inspector.name);
            seed("opening", &name, &opening(example))?;
            if inspector.follow.is_some() {
                let following = INSPECTORS[..place].iter().filter(|other| other.follow.is_some()).count();
                let mut bytes = opening(example);
                bytes[0] = u8::try_from(following).unwrap_or(0);
                seed("follower", &name, &bytes)?;
            }
        }
    }
    let streams = INSPECTORS.iter().flat_map(|inspector| inspector.examples);
    let streams = streams.filter(|example| example.transport == Transport::Tcp).count();
    for place in 0..u16::try_from(streams).unwrap_or(0) {
        // Both sides in pieces of 30 bytes, and one piece again.
        let turns = [[0, 30], [1, 30], [0, 30], [0x0c, 30], [1, 30], [0, 64], [1, 64]].concat();
        seed("segments", &place.to_string(), &[&place.to_be_bytes()[..], &[0], &turns].concat())?;
    }
    Ok(())
}

/// Frames as the target of that name takes them: link type, length in words of four bytes, bytes not captured.
fn frames(path: &Path) -> Vec<u8> {
    let mut made = Vec::new();
    let Ok(mut reader) = FileReader::open(path) else { return made };
    let mut block = Block::default();
    while matches!(reader.read_block(&mut block), Ok(true)) {
        for frame in block.frames.iter().take(MAX_FRAMES) {
            let bytes = block.bytes_of(frame);
            let words = (bytes.len() / 4).min(255);
            made.extend(frame.link.to_be_bytes());
            made.extend([u8::try_from(words).unwrap_or(0), u8::try_from(bytes.len() % 4).unwrap_or(0)]);
            made.extend(&bytes[..words * 4]);
        }
    }
    made
}

/// The blocks of a little-endian pcapng file as the target of that name takes them: type, length, what is within.
fn blocks(mut file: &[u8]) -> Vec<u8> {
    let mut made = vec![0];
    while let Some((head, rest)) = file.split_first_chunk::<8>() {
        let [kind @ .., _, _, _] = head;
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let Some(body) = rest.get(..length.saturating_sub(12)) else { break };
        let kind = match kind[0] {
            kind @ 1..=6 => [0, 1, 4, 3, 0, 5, 2][usize::from(kind)],
            _ => 0,
        };
        if let (1.., Ok(length)) = (kind, u8::try_from(body.len())) {
            made.extend([kind, length]);
            made.extend(body);
        }
        file = file.get(length..).unwrap_or_default();
    }
    made
}

/// An example as the target `opening` takes it: transport and handshake, port; then direction, length and bytes.
fn opening(example: &Example) -> Vec<u8> {
    let transport = match example.transport {
        Transport::Tcp => 0,
        Transport::Udp => 1,
        Transport::Sctp => 2,
    };
    let mut made = vec![transport];
    made.extend(example.port.to_be_bytes());
    let turns = example.initiator.len().max(example.responder.len());
    for turn in 0..turns {
        for (side, said) in [(0, example.initiator), (1, example.responder)] {
            for part in said.get(turn).into_iter().flat_map(|said| said.chunks(255)) {
                made.extend([side, u8::try_from(part.len()).unwrap_or(0)]);
                made.extend(part);
            }
        }
    }
    made
}
