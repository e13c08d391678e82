//! Opens what a capture is read from, and tells by its first bytes how to read it.

use super::compressed::{Gzip, Trailing, Zstd};
use super::error::{Packed, Place};
use super::pcapng::{self, Pcapng};
use super::savefile::{self, Savefile};
use super::sniff::{self, Kind, PEEK};
use super::walk::{Found, Walk};
use super::{CaptureError, Drops};
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes read at once of compressed data.
const COMPRESSED: usize = 64 << 10;
/// Room in bytes that the standard library wants to have left in a vector when it looks whether more comes.
pub(super) const PROBE: usize = 64;

/// A source of bytes that a capture is in.
pub(super) struct Input {
    /// The rest of the bytes, decompressed.
    pub(super) source: Box<dyn Read + Send>,
    /// What was read of them already, after the file's header.
    pub(super) head: Vec<u8>,
    /// Where `head` begins, in bytes of the uncompressed capture.
    pub(super) offset: u64,
    /// How to read the records.
    pub(super) format: Format,
    /// Whether the bytes come from somebody who writes them just now.
    pub(super) eager: bool,
    /// How they are compressed, if they are.
    pub(super) packing: Option<Packing>,
}

/// How a capture is compressed, and how much of the compressed data was read.
#[derive(Clone, Debug)]
pub(super) struct Packing {
    kind: &'static str,
    read: Arc<AtomicU64>,
}

impl Packing {
    /// The same for an error; `cut` if it is that the compressed data ends, all of which was read then.
    pub(super) fn said(&self, cut: bool) -> Packed {
        Packed { kind: self.kind, cut: cut.then(|| self.read.load(Ordering::Relaxed)) }
    }
}

/// Counts what is read.
struct Counted<R> {
    source: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// One of the two file formats, with what is known of the file.
#[derive(Debug)]
pub(super) enum Format {
    Savefile(Savefile),
    Pcapng(Pcapng),
}

impl Format {
    pub(super) fn walk(&mut self, bytes: &[u8], at: usize, found: &mut Found<'_>) -> Walk {
        match self {
            Self::Savefile(savefile) => savefile.walk(bytes, at, found),
            Self::Pcapng(pcapng) => pcapng.walk(bytes, at, found),
        }
    }

    /// Whether the file may not end where the last walk ended.
    pub(super) const fn is_inside_block(&self) -> bool {
        matches!(self, Self::Pcapng(pcapng) if pcapng.is_inside_block())
    }

    /// What the format calls its records.
    pub(super) const fn unit(&self) -> &'static str {
        match self {
            Self::Savefile(_) => "record",
            Self::Pcapng(_) => "block",
        }
    }

    pub(super) fn drops(&self) -> Drops {
        match self {
            Self::Savefile(_) => Drops::default(),
            Self::Pcapng(pcapng) => pcapng.drops(),
        }
    }

    pub(super) const fn ignored_interfaces(&self) -> u64 {
        match self {
            Self::Savefile(_) => 0,
            Self::Pcapng(pcapng) => pcapng.ignored(),
        }
    }
}

/// Opens a file, or the standard input for `-`; gives the name that it goes by in errors.
pub(super) fn open(path: &Path) -> Result<(String, File), CaptureError> {
    let (name, file) = if path == Path::new("-") {
        // Reading the descriptor itself saves the copy through the standard library's buffer.
        ("standard input".to_owned(), io::stdin().as_fd().try_clone_to_owned().map(File::from))
    } else {
        (path.display().to_string(), File::open(path))
    };
    match file {
        Ok(file) => Ok((name, file)),
        Err(error) => Err(CaptureError::opening(&name, error)),
    }
}

impl Input {
    pub(super) fn of_file(file: File, name: &str) -> Result<Self, CaptureError> {
        let metadata = file.metadata().map_err(|error| CaptureError::opening(name, error))?;
        if metadata.is_dir() {
            return Err(CaptureError::Directory { name: name.to_owned() });
        }
        Self::begin(Box::new(file), name, !metadata.is_file())
    }

    pub(super) fn begin(source: Box<dyn Read + Send>, name: &str, eager: bool) -> Result<Self, CaptureError> {
        let mut source = source;
        let mut head = peek(&mut source).map_err(|error| CaptureError::opening(name, error))?;
        let mut kind = sniff::kind(&head);
        let packing = match kind {
            Kind::Gzip => Some("gzip"),
            Kind::Zstd => Some("zstd"),
            _ => None,
        }
        .map(|kind| Packing { kind, read: Arc::default() });
        if let Some(packing) = &packing {
            let all = Counted { source: Cursor::new(head).chain(source), read: Arc::clone(&packing.read) };
            let input = BufReader::with_capacity(COMPRESSED, all);
            source = match kind {
                Kind::Gzip => Box::new(Gzip::new(input)),
                _ => Box::new(Zstd::new(input)),
            };
            head = peek(&mut source).map_err(|error| {
                let at =
                    Place { offset: 0, end: 0, frame: 1, packed: Some(packing.said(true)), unit: "record" };
                CaptureError::reading(name.to_owned(), at, error)
            })?;
            kind = sniff::kind(&head);
        }
        let name = || name.to_owned();
        if head.is_empty() {
            return Err(CaptureError::Empty { name: name() });
        }
        let cut = || CaptureError::Cut {
            name: name(),
            offset: 0,
            end: head.len() as u64,
            frame: 1,
            packed: packing.as_ref().map(|packing| packing.said(false)),
            unit: "record",
        };
        let format = match kind {
            Kind::Savefile => match head.first_chunk().map(Savefile::parse) {
                Some(Ok(savefile)) => Format::Savefile(savefile),
                Some(Err(what)) => return Err(CaptureError::Unsupported { name: name(), what }),
                None => return Err(cut()),
            },
            Kind::Pcapng => match pcapng::unknown_version(&head) {
                Some(what) => return Err(CaptureError::Unsupported { name: name(), what }),
                None => Format::Pcapng(Pcapng::new()),
            },
            Kind::Gzip | Kind::Zstd => {
                let looks = "it is compressed twice; decompress it once with gunzip or unzstd".to_owned();
                return Err(CaptureError::Foreign { name: name(), looks });
            }
            Kind::Begun => return Err(cut()),
            Kind::Foreign(looks) if packing.is_some() => {
                // Nothing is lost by reading on in what is no capture.
                let _ = source.by_ref().take(sniff::TAR as u64).read_to_end(&mut head);
                let looks = sniff::tar(&head).unwrap_or(looks);
                let looks = format!("it is compressed, and of what is in it: {looks}");
                return Err(CaptureError::Foreign { name: name(), looks });
            }
            Kind::Foreign(looks) => {
                let _ = source.by_ref().take(sniff::TAR as u64).read_to_end(&mut head);
                let looks = sniff::tar(&head).unwrap_or(looks);
                return Err(CaptureError::Foreign { name: name(), looks: looks.to_owned() });
            }
        };
        let header = if matches!(format, Format::Savefile(_)) { savefile::HEADER } else { 0 };
        head.drain(..header);
        Ok(Self { source, head, offset: header as u64, format, eager, packing })
    }
}

/// Reads a file's first bytes, as many as it takes to tell what it is; fewer where it ends.
fn peek(source: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(PEEK + PROBE);
    match source.take(PEEK as u64).read_to_end(&mut head) {
        // It is told again when all before it has been read.
        Err(error) if head.is_empty() || !Trailing::is(&error) => Err(error),
        _ => Ok(head),
    }
}
