//! Reads capture files and pipes: pcap or pcapng, plain or compressed, in large blocks.

use super::compressed::Trailing;
use super::error::Place;
use super::input::{self, Format, Input, PROBE, Packing};
use super::origin::{Catalog, Interface, Origins};
use super::walk::{Found, Walk};
use super::{Block, CaptureError, Drops};
use crate::packet::Frame;
use crate::place;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// Bytes read at once: large enough that the reads cost next to nothing, small enough for the processor's cache.
const BLOCK: usize = 512 << 10;
/// Most bytes taken at once of what may come slowly, such as a pipe.
const PIPE: usize = 64 << 10;

/// A capture file, or a pipe that brings one.
pub struct FileReader {
    name: String,
    source: Box<dyn Read + Send>,
    format: Format,
    /// Bytes that were read, but not delivered yet: the begin of a record whose end was not there.
    carry: Vec<u8>,
    /// Where `carry` begins, in bytes of the uncompressed capture.
    offset: u64,
    /// Bytes to pass over, at `offset`, before reading on.
    skip: Skip,
    /// The next frame's number.
    frame: u64,
    block_size: usize,
    /// Whether to deliver what is there instead of waiting for a full block.
    eager: bool,
    /// How the capture is compressed, if it is.
    packing: Option<Packing>,
    /// Why the source brings no more.
    ended: Option<End>,
    /// Whether the end, or the error, was told already.
    done: bool,
    /// Where the last block's frames come from, where somebody asked for it.
    origins: Option<Origins>,
    /// What a pcap file says of its interface; pcapng files say it by and by.
    catalog: Catalog,
}

/// A stretch that nobody reads here, which may be longer than any block.
#[derive(Clone, Copy, Debug, Default)]
struct Skip {
    /// How many bytes of it have not been read from the source yet.
    left: u64,
    /// How many bytes it has.
    length: u64,
}

/// How a source ended.
enum End {
    Clean,
    Failed(io::Error),
}

impl std::fmt::Debug for FileReader {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, format, offset, frame, .. } = self;
        formatter
            .debug_struct("FileReader")
            .field("name", name)
            .field("format", format)
            .field("offset", offset)
            .field("frame", frame)
            .finish_non_exhaustive()
    }
}

impl FileReader {
    /// Opens a capture file; `-` is the standard input.
    ///
    /// Reads as much as it takes to know what the file is.
    ///
    /// # Errors
    /// When there is no such file, when it may not be read, is empty, is no capture or one of an unknown version,
    /// or is cut within its first bytes.
    pub fn open(path: &Path) -> Result<Self, CaptureError> {
        let (name, file) = input::open(path)?;
        Ok(Self::read_from(Input::of_file(file, &name)?, name))
    }

    /// Reads a capture from any source of bytes; `name` stands for it in errors.
    ///
    /// # Errors
    /// As [`FileReader::open`].
    pub fn new(source: impl Read + Send + 'static, name: String) -> Result<Self, CaptureError> {
        Ok(Self::read_from(Input::begin(Box::new(source), &name, false)?, name))
    }

    /// Reads `bytes` at once instead of 512 KiB.
    #[must_use]
    pub fn with_block_size(mut self, bytes: usize) -> Self {
        self.block_size = bytes;
        self
    }

    fn read_from(input: Input, name: String) -> Self {
        let Input { source, head, offset, format, eager, packing } = input;
        Self {
            name,
            source,
            format,
            carry: head,
            offset,
            skip: Skip::default(),
            frame: 1,
            block_size: BLOCK,
            eager,
            packing,
            ended: None,
            done: false,
            origins: None,
            catalog: Catalog::default(),
        }
    }

    /// Keeps for each frame what [`FileReader::interface_of`] tells: 16 bytes a frame of a block, and what the capture
    /// says of its interfaces, of which at most 4 MiB and 65 536 interfaces are kept.
    #[must_use]
    pub fn with_origins(mut self) -> Self {
        self.origins = Some(Origins::default());
        match &mut self.format {
            Format::Savefile(savefile) => self.catalog = Catalog::of(savefile.interface()),
            Format::Pcapng(pcapng) => pcapng.keep_catalog(),
        }
        self
    }

    /// The interface of a frame of the last block: its place among all that the capture describes, how it is described,
    /// and the frame's time in its units. None for a reader that keeps no origins, and for interfaces beyond its bounds.
    #[must_use]
    pub fn interface_of(&self, frame: &Frame) -> Option<(u32, &Interface, u64)> {
        let origin = self.origins.as_ref()?.of(place::number(frame.number))?;
        let catalog = match &self.format {
            Format::Savefile(_) => &self.catalog,
            Format::Pcapng(pcapng) => pcapng.catalog()?,
        };
        Some((origin.interface, catalog.get(origin.interface)?, origin.units))
    }

    /// The name that the capture goes by in errors.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Frames lost while capturing, as far as the file tells by now (pcapng only).
    #[must_use]
    pub fn drops(&self) -> Drops {
        self.format.drops()
    }

    /// How many interfaces the file describes beyond those that are remembered (65 536 a section); their frames
    /// are delivered with an unknown link-layer type.
    #[must_use]
    pub const fn ignored_interfaces(&self) -> u64 {
        self.format.ignored_interfaces()
    }

    /// Fills a block with the next frames; false at the end of the capture.
    ///
    /// # Errors
    /// When the capture is cut short or damaged, after all frames before that were delivered. Every call after
    /// the first error answers false.
    pub fn read_block(&mut self, block: &mut Block) -> Result<bool, CaptureError> {
        block.clear();
        if self.done {
            return Ok(false);
        }
        block.bytes.append(&mut self.carry);
        if let Some(origins) = &mut self.origins {
            origins.first = self.frame;
            origins.each.clear();
        }
        let mut at = 0;
        loop {
            self.pass_over(block);
            let origins = self.origins.as_mut().map(|origins| &mut origins.each);
            let mut found = Found { frames: &mut block.frames, next: &mut self.frame, origins };
            match self.format.walk(&block.bytes, at, &mut found) {
                Walk::More { at: next, need } => {
                    at = next;
                    if self.is_full(block) || self.ended.is_some() {
                        return self.deliver(block, at, None);
                    }
                    at = self.drop_read(block, at);
                    self.fill(block, at, need);
                }
                Walk::Skip { at: next, length } => {
                    let here = (block.bytes.len() - next) as u64;
                    if length <= here {
                        at = next + usize::try_from(length).unwrap_or(usize::MAX);
                        continue;
                    }
                    block.bytes.truncate(next);
                    self.skip = Skip { left: length - here, length };
                    at = next;
                    if !block.frames.is_empty() {
                        return self.deliver(block, at, None);
                    }
                    at = self.drop_read(block, at);
                }
                Walk::Damaged { at, what } => return self.deliver(block, at, Some(what)),
            }
        }
    }

    /// Whether a block is worth delivering: it has frames, and either no room for more or no time to wait.
    fn is_full(&self, block: &Block) -> bool {
        !block.frames.is_empty() && (self.eager || block.bytes.len() >= self.block_size)
    }

    /// Forgets bytes before `at` when no frame is among them, so that what nobody asked for takes no room.
    fn drop_read(&mut self, block: &mut Block, at: usize) -> usize {
        if !block.frames.is_empty() {
            return at;
        }
        block.bytes.drain(..at);
        self.offset += at as u64;
        0
    }

    /// Ends a block before the record at `at`: what is left of it begins the next block, or is the end.
    fn deliver(&mut self, block: &mut Block, at: usize, damage: Option<&str>) -> Result<bool, CaptureError> {
        self.carry.extend_from_slice(block.bytes.get(at..).unwrap_or_default());
        block.bytes.truncate(at);
        self.offset += at as u64;
        if !block.frames.is_empty() {
            return Ok(true);
        }
        self.done = true;
        let (name, offset, frame) = (self.name.clone(), self.offset, self.frame);
        let packed = self.packing.as_ref().map(|packing| packing.said(false));
        if let Some(what) = damage {
            return Err(CaptureError::Damaged { name, offset, frame, packed, what: what.to_owned() });
        }
        // Of what was to be passed over, some may be there too.
        let passed = self.skip.length - self.skip.left;
        let end = offset + self.carry.len() as u64 + passed;
        let unit = self.format.unit();
        let unfinished = self.format.is_inside_block() || !self.carry.is_empty();
        match self.ended.take() {
            Some(End::Failed(error)) if Trailing::is(&error) => {
                // What is not whole is cut, whatever stands behind it.
                let kind = packed.map_or("compressed", |packed| packed.kind);
                Err(if unfinished {
                    CaptureError::Cut { name, offset, end, frame, packed, unit }
                } else {
                    CaptureError::Trailing { name, kind }
                })
            }
            Some(End::Failed(error)) => {
                let packed = self.packing.as_ref().map(|packing| packing.said(true));
                Err(CaptureError::reading(name, Place { offset, end, frame, packed, unit }, error))
            }
            _ if unfinished => Err(CaptureError::Cut { name, offset, end, frame, packed, unit }),
            _ => Ok(false),
        }
    }

    /// Reads and forgets what is to be passed over; the block, empty then, serves as the place to read it into.
    fn pass_over(&mut self, block: &mut Block) {
        let Skip { left, length } = self.skip;
        if length == 0 {
            return;
        }
        let mut left = left;
        while left > 0 && self.ended.is_none() {
            let room = usize::try_from(left).unwrap_or(usize::MAX).min(BLOCK);
            left -= self.read(&mut block.bytes, room) as u64;
            block.bytes.clear();
        }
        self.skip.left = left;
        if left == 0 {
            self.offset += length;
            self.skip = Skip::default();
        }
    }

    /// Reads more into a block whose record at `at` needs `need` bytes: until the block is full or, when that
    /// record is longer than a block, a part of what is missing, so that memory follows what was really read.
    fn fill(&mut self, block: &mut Block, at: usize, need: usize) {
        let filled = block.bytes.len();
        let room = match self.block_size.checked_sub(filled) {
            Some(room) if room > 0 => room,
            _ => need.saturating_sub(filled - at).clamp(1, filled.max(BLOCK)),
        };
        self.read(&mut block.bytes, room);
    }

    /// Appends up to `room` bytes, fewer at the source's end or from a slow source; gives how many.
    fn read(&mut self, bytes: &mut Vec<u8>, room: usize) -> usize {
        let filled = bytes.len();
        if self.eager {
            bytes.resize(filled + room.min(PIPE), 0);
            let read = loop {
                match self.source.read(bytes.get_mut(filled..).unwrap_or_default()) {
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    read => break read,
                }
            };
            bytes.truncate(filled + read.as_ref().map_or(0, |read| *read));
            match read {
                Ok(0) => self.ended = Some(End::Clean),
                Ok(_) => {}
                Err(error) => self.ended = Some(End::Failed(error)),
            }
        } else {
            // Somewhat more than is read, or the vector would be grown to look whether more comes.
            bytes.reserve(room + PROBE);
            match self.source.by_ref().take(room as u64).read_to_end(bytes) {
                Ok(read) if read < room => self.ended = Some(End::Clean),
                Ok(_) => {}
                Err(error) => self.ended = Some(End::Failed(error)),
            }
        }
        bytes.len() - filled
    }
}

#[cfg(test)]
mod differential;
#[cfg(test)]
mod tests;
