//! Writing frames as a capture: pcapng with their interfaces and comments, or pcap.
//!
//! Everything here turns frames into bytes; where those go is for the caller to say.

mod pcap;
mod pcapng;

use super::{Block, FileReader, Interface};
use crate::packet::Frame;
use std::collections::HashMap;

/// A format of captures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// pcapng: any number of interfaces, comments, every resolution of time.
    Pcapng,
    /// pcap: one link layer for all frames, no comments.
    Pcap {
        /// Whether times have nanoseconds instead of microseconds.
        nanoseconds: bool,
    },
}

/// Why a frame cannot be written in a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Its link layer is another one than that of the frames before.
    #[error(
        "it has link-layer type {this}, those before it have {first}, and a pcap file has one type for all; write pcapng"
    )]
    LinkLayer {
        /// The type of the frames before.
        first: u16,
        /// This frame's.
        this: u16,
    },
    /// Its time is before 1970 or after 2106, or finer than the file's.
    #[error("a pcap file has no room for its time; write pcapng")]
    Time,
}

/// A frame with all that is written of it.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a> {
    /// The frame.
    pub frame: &'a Frame,
    /// Its captured bytes.
    pub bytes: &'a [u8],
    /// Its interface among those of [`Interfaces`].
    pub interface: u32,
    /// Its time in the interface's units.
    pub units: u64,
    /// A comment; none where it is empty.
    pub comment: &'a str,
}

/// The interfaces of the frames that are written, each once, however many files or sections describe it.
#[derive(Clone, Debug, Default)]
pub struct Interfaces {
    all: Vec<Interface>,
    known: HashMap<Interface, u32>,
    /// By file and place in it.
    places: HashMap<(u32, u32), u32>,
}

impl Interfaces {
    /// Most places that are remembered; beyond, interfaces are compared.
    const PLACES: usize = 1 << 16;

    /// The number of an interface, a new one if it was not there.
    pub fn add(&mut self, interface: &Interface) -> u32 {
        if let Some(&number) = self.known.get(interface) {
            return number;
        }
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push(interface.clone());
        self.known.insert(interface.clone(), number);
        number
    }

    /// The interface with a number.
    #[must_use]
    pub fn get(&self, number: u32) -> Option<&Interface> {
        self.all.get(usize::try_from(number).ok()?)
    }

    /// A frame of the block that `reader` has filled last, ready to be written; `file` tells readers apart.
    pub fn written<'a>(
        &mut self,
        file: u32,
        reader: &FileReader,
        block: &'a Block,
        frame: &'a Frame,
        comment: &'a str,
    ) -> Written<'a> {
        let bytes = block.bytes_of(frame);
        let (interface, units) = if let Some((place, interface, units)) = reader.interface_of(frame) {
            let number = if let Some(&number) = self.places.get(&(file, place)) {
                number
            } else {
                let number = self.add(interface);
                if self.places.len() < Self::PLACES {
                    self.places.insert((file, place), number);
                }
                number
            };
            (number, units)
        } else {
            let nanoseconds = Interface::new(frame.link, 0, None, 9);
            (self.add(&nanoseconds), u64::try_from(frame.time.0).unwrap_or(0))
        };
        Written { frame, bytes, interface, units, comment }
    }
}

/// One capture that is being written: what has been said in it so far.
#[derive(Clone, Debug)]
pub struct Encoder {
    format: Format,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    /// Nothing was written.
    Fresh,
    /// A pcap file for one link layer.
    Pcap(u16),
    /// A pcapng file that describes these interfaces, in this order.
    Pcapng(Vec<u32>),
}

impl Encoder {
    /// A capture without a single byte.
    #[must_use]
    pub const fn new(format: Format) -> Self {
        Self { format, state: State::Fresh }
    }

    /// Appends what stands before the first frame, unless that was done; `link` is the link layer of a pcap file.
    pub fn begin(&mut self, link: u16, out: &mut Vec<u8>) {
        if !matches!(self.state, State::Fresh) {
            return;
        }
        self.state = match self.format {
            Format::Pcap { nanoseconds } => {
                pcap::header(link, nanoseconds, out);
                State::Pcap(link)
            }
            Format::Pcapng => {
                pcapng::section(out);
                State::Pcapng(Vec::new())
            }
        };
    }

    /// Appends a frame, and what has to be said before it.
    ///
    /// # Errors
    /// When the format has no way to say it; nothing is appended then.
    pub fn frame(
        &mut self,
        written: &Written<'_>,
        interfaces: &Interfaces,
        out: &mut Vec<u8>,
    ) -> Result<(), Unfit> {
        self.begin(written.frame.link, out);
        match (&mut self.state, self.format) {
            (State::Pcapng(described), _) => {
                let number =
                    if let Some(number) = described.iter().position(|&known| known == written.interface) {
                        number
                    } else {
                        if let Some(interface) = interfaces.get(written.interface) {
                            pcapng::interface(interface, out);
                        }
                        described.push(written.interface);
                        described.len() - 1
                    };
                pcapng::frame(u32::try_from(number).unwrap_or(u32::MAX), written, out);
                Ok(())
            }
            (&mut State::Pcap(first), Format::Pcap { .. }) if first != written.frame.link => {
                Err(Unfit::LinkLayer { first, this: written.frame.link })
            }
            (_, Format::Pcap { nanoseconds }) => pcap::frame(written, nanoseconds, out).ok_or(Unfit::Time),
            (_, Format::Pcapng) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
