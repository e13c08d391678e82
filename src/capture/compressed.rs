//! gzip and zstd as sources of bytes: several members or frames in a row are one stream, and everything that
//! can be decompressed is delivered before the error that says why there is no more.

use flate2::bufread::GzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::io::{self, BufRead, Error, ErrorKind, Read};

/// Most memory in bytes that a zstd frame may ask for as its window: what `zstd` grants without `--long=N`.
const MAX_WINDOW: u64 = 128 << 20;

/// A gzip stream: one or more members (RFC 1952 section 2.2).
pub(super) struct Gzip<R> {
    member: Option<GzDecoder<R>>,
    trailing: bool,
}

impl<R: BufRead> Gzip<R> {
    pub(super) fn new(source: R) -> Self {
        Self { member: Some(GzDecoder::new(source)), trailing: false }
    }
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(mut member) = self.member.take() {
            let read = member.read(buffer).map_err(|error| match error.kind() {
                ErrorKind::InvalidInput => damage(&format!("the gzip data is damaged ({error})")),
                _ => error,
            })?;
            if read > 0 || buffer.is_empty() {
                self.member = Some(member);
                return Ok(read);
            }
            let mut source = member.into_inner();
            if !only_padding(&mut source)? {
                if !begins_member(source.fill_buf()?) {
                    self.trailing = true;
                    break;
                }
                self.member = Some(GzDecoder::new(source));
            }
        }
        if self.trailing { Err(Error::new(ErrorKind::InvalidData, Trailing)) } else { Ok(0) }
    }
}

/// Something follows compressed data that is none; the data itself is whole.
#[derive(Debug, thiserror::Error)]
#[error("something else follows the compressed data")]
pub(super) struct Trailing;

impl Trailing {
    /// Whether an error is this one.
    pub(super) fn is(error: &Error) -> bool {
        matches!(error.get_ref(), Some(inner) if inner.is::<Self>())
    }
}

/// Whether another member may begin so (RFC 1952 section 2.3.1); of a single byte it may be the first.
fn begins_member(bytes: &[u8]) -> bool {
    matches!(bytes, [0x1f] | [0x1f, 0x8b, ..])
}

/// Passes over zeros, with which tapes fill their blocks; whether nothing else is left.
fn only_padding(source: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let bytes = source.fill_buf()?;
        match bytes.iter().position(|byte| *byte != 0) {
            _ if bytes.is_empty() => return Ok(true),
            Some(0) => return Ok(false),
            Some(zeros) => source.consume(zeros),
            None => {
                let zeros = bytes.len();
                source.consume(zeros);
            }
        }
    }
}

/// A zstd stream: one or more frames, some of them perhaps to be skipped (RFC 8878 section 3.1).
///
/// The decoder keeps the last window of a frame to itself until the frame has ended. So blocks are given to it
/// only when they are whole, and where the source ends too early it is given an empty last block.
pub(super) struct Zstd<R> {
    source: R,
    decoder: FrameDecoder,
    block: Vec<u8>,
    state: State,
}

enum State {
    /// Between two frames, or before the first.
    Between,
    /// In a frame whose last block has not been read.
    Inside,
    /// After a frame's last block; its checksum is compared when all its bytes were delivered.
    Finished,
    /// Nothing more to come but this error.
    Failed(Error),
    /// The end.
    Ended,
}

impl<R: BufRead> Zstd<R> {
    pub(super) fn new(source: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(MAX_WINDOW);
        Self { source, decoder, block: Vec::new(), state: State::Between }
    }

    fn next_frame(&mut self) -> io::Result<State> {
        if self.source.fill_buf()?.is_empty() {
            return Ok(State::Ended);
        }
        match self.decoder.reset(&mut self.source) {
            Ok(()) => Ok(State::Inside),
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length, ..
            })) => {
                let length = u64::from(length);
                let skipped = io::copy(&mut self.source.by_ref().take(length), &mut io::sink())?;
                if skipped < length { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(State::Between) }
            }
            Err(FrameDecoderError::WindowSizeTooBig { requested, .. }) => Err(damage(&format!(
                "the zstd frame asks for {} MiB of memory, 128 are granted",
                requested >> 20
            ))),
            Err(FrameDecoderError::DictNotProvided { .. }) => {
                Err(damage("the zstd frame was compressed with a dictionary, which is not at hand"))
            }
            Err(_) if self.source.fill_buf()?.is_empty() => Err(ErrorKind::UnexpectedEof.into()),
            Err(error) => Err(damage(&format!("the zstd data is damaged ({error})"))),
        }
    }

    /// Decodes one block (RFC 8878 section 3.1.1.2): a 24-bit header of last-block flag, type and size.
    fn next_block(&mut self) -> io::Result<State> {
        self.block.clear();
        self.read_exactly(3)?;
        let [a, b, c] = *self.block.first_chunk().ok_or(ErrorKind::UnexpectedEof)?;
        let header = u32::from_le_bytes([a, b, c, 0]);
        let (last, kind, size) = (header & 1 == 1, header >> 1 & 3, u64::from(header >> 3));
        // A block of type 1 is one byte, repeated; no block has more than 128 KiB.
        let length = if kind == 1 { 1 } else { size };
        if kind == 3 || length > 128 << 10 {
            return Err(damage("the zstd data is damaged (impossible block)"));
        }
        self.read_exactly(length)?;
        // The frame's checksum, where it has one, follows the last block.
        let input = self.block.as_slice().chain(&mut self.source);
        match self.decoder.decode_blocks(input, BlockDecodingStrategy::UptoBlocks(1)) {
            Ok(_) if last => Ok(State::Finished),
            Ok(_) => Ok(State::Inside),
            Err(FrameDecoderError::FailedToReadChecksum(error)) => Err(error),
            Err(error) => Err(damage(&format!("the zstd data is damaged ({error})"))),
        }
    }

    fn read_exactly(&mut self, length: u64) -> io::Result<()> {
        let read = self.source.by_ref().take(length).read_to_end(&mut self.block)?;
        if (read as u64) < length { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    /// Makes the decoder hand out what it has of an unfinished frame.
    fn flush(&mut self) {
        // An empty last block, and four bytes in place of a checksum.
        const END: &[u8] = &[1, 0, 0, 0, 0, 0, 0];
        // Fails only without a frame, and then there is nothing to hand out.
        let _ = self.decoder.decode_blocks(END, BlockDecodingStrategy::UptoBlocks(1));
    }

    fn compare_checksum(&self) -> io::Result<State> {
        match self.decoder.get_checksum_from_data() {
            Some(checksum) if self.decoder.get_calculated_checksum() != Some(checksum) => {
                Err(damage("the zstd data is damaged (wrong checksum)"))
            }
            _ => Ok(State::Between),
        }
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if buffer.is_empty() || self.decoder.can_collect() > 0 {
                return self.decoder.read(buffer);
            }
            let next = match std::mem::replace(&mut self.state, State::Ended) {
                State::Between => self.next_frame(),
                State::Inside => self.next_block().inspect_err(|_| self.flush()),
                State::Finished => self.compare_checksum(),
                State::Failed(error) => return Err(error),
                State::Ended => return Ok(0),
            };
            self.state = next.unwrap_or_else(State::Failed);
        }
    }
}

fn damage(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}
