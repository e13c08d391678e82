//! Where frames come from: capture files, pipes and live interfaces, all of them as blocks of bytes with
//! frames that point into them.

mod compressed;
pub mod error;
pub mod file;
pub mod filter;
mod input;
pub mod interfaces;
pub mod linktype;
pub mod list;
pub mod live;
mod origin;
mod pcapng;
pub mod privileges;
#[cfg(test)]
mod samples;
mod savefile;
mod sniff;
mod walk;
pub mod write;

pub use error::CaptureError;
pub use file::FileReader;
pub use filter::Filter;
pub use interfaces::interfaces;
pub use list::{Source, list};
pub use live::{Live, LiveOptions, Polled};
pub use origin::Interface;

use crate::packet::Frame;

/// One large read of a capture and the frames in it.
///
/// Whoever is done with a block hands it back to be filled again: the room that it has grown to is kept.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// The bytes as they were read: records with their headers, as [`Frame::start`] counts them.
    pub bytes: Vec<u8>,
    /// The frames whose bytes are here, in the order of the capture.
    pub frames: Vec<Frame>,
}

impl Block {
    /// Forgets bytes and frames, and keeps the room for the next ones.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.frames.clear();
    }

    /// The captured bytes of one of this block's frames; empty for a frame of another block.
    #[must_use]
    pub fn bytes_of(&self, frame: &Frame) -> &[u8] {
        let start = usize::try_from(frame.start).unwrap_or(usize::MAX);
        let captured = usize::try_from(frame.captured).unwrap_or(usize::MAX);
        self.bytes.get(start..).and_then(|rest| rest.get(..captured)).unwrap_or_default()
    }
}

/// Frames that somebody lost before they could be read, as counted where they were captured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drops {
    /// Frames that the network interface or its driver dropped.
    pub interface: u64,
    /// Frames that the operating system dropped for lack of room in the capture's buffer.
    pub kernel: u64,
}
