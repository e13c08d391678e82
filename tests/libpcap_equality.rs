//! Every capture that libpcap reads is read with the same frames, bytes, lengths and times.
//!
//! Compares over `captures/` and over the directory that the environment variable `WIRETELL_CAPTURES` names, and
//! lists what only one of both reads. Differences that are meant are few, and are written down here.

#![allow(clippy::print_stderr, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

use pcap::{Capture, Offline, Precision};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use wiretell::capture::{Block, FileReader, linktype};
use wiretell::packet::Frame;

/// What comparing one capture came to.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// Same frames, and the same end.
    Same,
    /// The same frames as far as libpcap reads; then it refuses what is read here.
    RefusedByLibpcap(String),
    /// Neither of both makes anything of it, or both stop at the same frame.
    RefusedByBoth,
    /// A difference that must not be.
    Different(String),
}

/// Frames of a capture, one by one, out of blocks.
struct Ours {
    reader: FileReader,
    block: Block,
    next: usize,
}

impl Ours {
    fn next(&mut self) -> Result<Option<(Frame, &[u8])>, String> {
        if self.next >= self.block.frames.len() {
            self.next = 0;
            self.reader.read_block(&mut self.block).map_err(|error| error.to_string())?;
        }
        let frame = self.block.frames.get(self.next);
        self.next += 1;
        Ok(frame.map(|frame| (*frame, self.block.bytes_of(frame))))
    }
}

/// A `timeval` of libpcap, which holds nanoseconds here. Files hold unsigned numbers, which libpcap 1.10 takes for
/// signed ones: that is undone, and is the first of the differences that are meant.
fn nanos(seconds: i64, fraction: i64, pcapng: bool, unit: i64) -> i64 {
    if pcapng {
        return seconds.saturating_mul(1_000_000_000).saturating_add(fraction);
    }
    let unsigned = |value: i64| i64::from(value as u32);
    unsigned(seconds) * 1_000_000_000 + unsigned(fraction / unit) * unit
}

/// The first four bytes of a file.
fn magic(path: &Path) -> Option<[u8; 4]> {
    let mut magic = [0; 4];
    std::fs::File::open(path).ok()?.read_exact(&mut magic).ok()?;
    Some(magic)
}

const PCAPNG: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

fn is_plain_capture(path: &Path) -> bool {
    magic(path).is_some_and(|magic| {
        magic == PCAPNG
            || [u32::from_le_bytes(magic), u32::from_be_bytes(magic)]
                .iter()
                .any(|magic| matches!(magic, 0xa1b2c3d4 | 0xa1b23c4d | 0xa1b2cd34))
    })
}

fn compare(path: &Path) -> Outcome {
    let ours = FileReader::open(path);
    let theirs = Capture::from_file_with_precision(path, Precision::Nano);
    let (reader, mut theirs) = match (ours, theirs) {
        (Err(_), Err(_)) => return Outcome::RefusedByBoth,
        (Err(error), Ok(mut theirs)) => {
            return match theirs.next_packet() {
                Ok(_) => Outcome::Different(format!("libpcap reads it: {error}")),
                Err(_) => Outcome::RefusedByBoth,
            };
        }
        (Ok(mut reader), Err(error)) => {
            return match reader.read_block(&mut Block::default()) {
                Ok(_) => Outcome::RefusedByLibpcap(error.to_string()),
                Err(_) => Outcome::RefusedByBoth,
            };
        }
        (Ok(reader), Ok(theirs)) => (reader, theirs),
    };
    let pcapng = magic(path) == Some(PCAPNG);
    frames(Ours { reader, block: Block::default(), next: 0 }, &mut theirs, pcapng)
}

fn frames(mut ours: Ours, theirs: &mut Capture<Offline>, pcapng: bool) -> Outcome {
    let dlt = theirs.get_datalink().0;
    for number in 1_u64.. {
        match (ours.next(), theirs.next_packet()) {
            (Ok(Some((frame, bytes))), Ok(packet)) => {
                let header = packet.header;
                let unit = if frame.digits == 9 { 1 } else { 1000 };
                let their_time = nanos(header.ts.tv_sec, header.ts.tv_usec, pcapng, unit);
                let our_link = linktype::to_dlt(frame.link);
                let links_differ = our_link != dlt && frame.link != linktype::UNKNOWN;
                // The second: a frame is never shorter on the wire than what was captured of it.
                let their_wire = header.len.max(header.caplen);
                let differs = if frame.number != number {
                    Some(format!("number {}", frame.number))
                } else if frame.captured != header.caplen || frame.wire != their_wire {
                    let ours = format!("{} of {} bytes", frame.captured, frame.wire);
                    Some(format!("{ours} instead of {} of {their_wire}", header.caplen))
                } else if frame.time.0 != their_time {
                    Some(format!("time {} instead of {their_time}", frame.time.0))
                } else if links_differ {
                    Some(format!("link {our_link} instead of {dlt}"))
                } else if bytes != packet.data {
                    Some("other bytes".to_owned())
                } else {
                    None
                };
                if let Some(difference) = differs {
                    return Outcome::Different(format!("frame {number}: {difference}"));
                }
            }
            (Ok(None), Err(pcap::Error::NoMorePackets)) => return Outcome::Same,
            (Ok(_), Err(pcap::Error::NoMorePackets)) => {
                return Outcome::Different(format!("frame {number} is not there for libpcap"));
            }
            (Ok(_), Err(error)) => return Outcome::RefusedByLibpcap(error.to_string()),
            (Err(_), Err(error)) if error != pcap::Error::NoMorePackets => return Outcome::RefusedByBoth,
            (Err(error), _) => {
                return Outcome::Different(format!("libpcap reads on at frame {number}: {error}"));
            }
            (Ok(None), Ok(_)) => return Outcome::Different(format!("libpcap has a frame {number}")),
        }
    }
    Outcome::Same
}

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            files(&entry.path(), found);
        } else {
            found.push(entry.path());
        }
    }
    found.sort();
}

/// Compares all captures of a directory; gives the differences.
fn compare_all(directory: &Path) -> Vec<String> {
    let (mut found, mut counts, mut different) = (Vec::new(), BTreeMap::<&str, usize>::new(), Vec::new());
    files(directory, &mut found);
    // Compressed captures are none for libpcap, and what is no capture at all is of no interest.
    found.retain(|path| is_plain_capture(path));
    for path in found {
        let name = path.strip_prefix(directory).unwrap_or(&path).display();
        let kind = match compare(&path) {
            Outcome::Same => "same frames and end",
            Outcome::RefusedByBoth => "both stop at the same frame",
            Outcome::RefusedByLibpcap(reason) => {
                eprintln!("only here: {name}: {reason}");
                "read further here than by libpcap"
            }
            Outcome::Different(what) => {
                different.push(format!("{name}: {what}"));
                "different"
            }
        };
        *counts.entry(kind).or_default() += 1;
    }
    eprintln!("{}: {counts:?}", directory.display());
    different
}

#[test]
fn frames_are_those_that_libpcap_reads() {
    let mut different = Vec::new();
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    if own.is_dir() {
        different.extend(compare_all(&own));
    } else {
        eprintln!("SKIPPED: there are no captures in {}", own.display());
    }
    match std::env::var_os("WIRETELL_CAPTURES") {
        Some(directory) => {
            assert!(Path::new(&directory).is_dir(), "WIRETELL_CAPTURES does not name a directory");
            different.extend(compare_all(Path::new(&directory)));
        }
        None => eprintln!("SKIPPED: set WIRETELL_CAPTURES to a directory of captures to compare these too"),
    }
    assert!(different.is_empty(), "{} captures differ:\n{}", different.len(), different.join("\n"));
}
