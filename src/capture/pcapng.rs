//! The pcapng file format: sections of blocks, each section with interfaces and an order of bytes of its own.
//!
//! Specification: draft-ietf-opsawg-pcapng; section numbers are its.
//!
//! ```text
//! block      type(4) total length(4) body trailing total length(4)           every length a multiple of 4
//! section    0x0a0d0d0a: byte-order magic(4) major(2) minor(2) section length(8) options
//! interface  1: link(2) reserved(2) snaplen(4) options
//! packet     6: interface(4) time(8) captured(4) wire(4) bytes padding options
//!            3: wire(4) bytes padding
//!            2: interface(2) drops(2) time(8) captured(4) wire(4) bytes padding options
//! statistics 5: interface(4) time(8) options
//! ```

mod interface;

use super::Drops;
use super::linktype;
use super::origin::{Catalog, Origin};
use super::walk::{Fields, Found, Order, Walk, narrow, wide};
use crate::packet::Frame;
use interface::Interface;
pub(super) use interface::options;

/// Type of a section header block (section 4.1); reads the same in either order of bytes.
const SECTION_HEADER: u32 = 0x0a0d_0d0a;
/// Tells the order of bytes in a section.
const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;
/// Types of the other blocks that are read (sections 4.2 to 4.5, and appendix A for the packet block).
const INTERFACE_DESCRIPTION: u32 = 1;
const PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const INTERFACE_STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;

/// Type and length before a block's body, and the length after it, in bytes.
const BLOCK_HEADER: usize = 8;
const BLOCK_TRAILER: usize = 4;
const BLOCK_FRAME: usize = BLOCK_HEADER + BLOCK_TRAILER;
/// Fewest bytes of a section header block.
const SECTION: usize = 28;

/// Longest block in bytes that is read as a whole, apart from what a long frame takes: far more than the options
/// of any block need. What is longer is damage, or is passed over when nobody here reads its type.
const MAX_BLOCK: usize = 16 << 20;
/// Most interfaces remembered per section (each takes 48 bytes); frames of those beyond have an unknown link.
pub(super) const MAX_INTERFACES: usize = 1 << 16;

/// What is known by now of a pcapng file.
#[derive(Clone, Debug)]
pub(super) struct Pcapng {
    order: Order,
    /// Whether there was a section header already.
    began: bool,
    /// Interfaces of this section, by number, up to [`MAX_INTERFACES`].
    interfaces: Vec<Interface>,
    /// How many interfaces this section has described.
    described: usize,
    /// Most bytes that a frame of any interface of this section can have.
    longest: u32,
    /// How many interfaces were beyond the bound, in all sections.
    ignored: u64,
    /// Drops of the sections before, and those that the obsolete packet blocks tell.
    drops: Drops,
    /// The length that the end of a block passed over must repeat.
    trailer: Option<u32>,
    /// All that is said of interfaces, where somebody asked for it.
    catalog: Option<Catalog>,
}

impl Pcapng {
    /// Nothing known yet: the section header comes as the first block.
    pub(super) const fn new() -> Self {
        Self {
            order: Order::Little,
            began: false,
            interfaces: Vec::new(),
            described: 0,
            longest: 0,
            ignored: 0,
            drops: Drops { interface: 0, kernel: 0 },
            trailer: None,
            catalog: None,
        }
    }

    /// Keeps all that is said of interfaces from now on.
    pub(super) fn keep_catalog(&mut self) {
        self.catalog = Some(Catalog::default());
    }

    /// All that was said of interfaces.
    pub(super) const fn catalog(&self) -> Option<&Catalog> {
        self.catalog.as_ref()
    }

    /// Frames that were lost while capturing, as far as the file tells by now.
    pub(super) fn drops(&self) -> Drops {
        self.interfaces.iter().fold(self.drops, |sum, interface| Drops {
            interface: sum.interface.saturating_add(interface.drops.interface),
            kernel: sum.kernel.saturating_add(interface.drops.kernel),
        })
    }

    /// How many interfaces were not remembered for lack of room.
    pub(super) const fn ignored(&self) -> u64 {
        self.ignored
    }

    /// Whether the file may not end here, because a block has not.
    pub(super) const fn is_inside_block(&self) -> bool {
        self.trailer.is_some()
    }

    /// Walks over the blocks of `bytes` from `at` on.
    pub(super) fn walk(&mut self, bytes: &[u8], mut at: usize, found: &mut Found<'_>) -> Walk {
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let step =
                if self.trailer.is_some() { self.passed_over(rest) } else { self.block(rest, at, found) };
            match step {
                Ok(length) => at += length,
                Err(Stop::More(need)) => return Walk::More { at, need },
                Err(Stop::Skip(length)) => return Walk::Skip { at, length },
                Err(Stop::Damaged(what)) => return Walk::Damaged { at, what },
            }
        }
    }

    /// Reads the end of a block whose body was passed over.
    fn passed_over(&mut self, rest: &[u8]) -> Result<usize, Stop> {
        let trailer = rest.first_chunk::<BLOCK_TRAILER>().ok_or(Stop::More(BLOCK_TRAILER))?;
        if self.trailer != Some(self.order.u32(*trailer)) {
            return Err(Stop::Damaged(LENGTHS_DIFFER));
        }
        self.trailer = None;
        Ok(BLOCK_TRAILER)
    }

    /// Reads the block that `rest` begins with, which stands at `at` in the bytes; gives its length.
    fn block(&mut self, rest: &[u8], at: usize, found: &mut Found<'_>) -> Result<usize, Stop> {
        let need = Stop::More(BLOCK_FRAME);
        let Some((kind, magic)) =
            rest.first_chunk::<4>().zip(rest.get(8..).and_then(<[u8]>::first_chunk::<4>))
        else {
            return Err(need);
        };
        let section = u32::from_le_bytes(*kind) == SECTION_HEADER;
        // A section header tells its order of bytes before its length can be read.
        let order = if section { byte_order(*magic)? } else { self.order };
        let mut fields = Fields::new(rest, order);
        let (Some(kind), Some(total)) = (fields.u32(), fields.u32()) else { return Err(need) };
        let least = if section { SECTION } else { BLOCK_FRAME };
        if wide(total) < least || !total.is_multiple_of(4) {
            return Err(Stop::Damaged("the block's length is impossible"));
        }
        let body = wide(total) - BLOCK_FRAME;
        let known = match kind {
            SECTION_HEADER | INTERFACE_DESCRIPTION | INTERFACE_STATISTICS => wide(total) <= MAX_BLOCK,
            PACKET | SIMPLE_PACKET | ENHANCED_PACKET => wide(total) <= MAX_BLOCK + wide(self.longest),
            _ => {
                self.trailer = Some(total);
                return Err(Stop::Skip(u64::from(total) - BLOCK_TRAILER as u64));
            }
        };
        if !known {
            return Err(Stop::Damaged("the block claims to be longer than any such block can be"));
        }
        let Some((body, trailer)) = fields.rest().split_at_checked(body) else {
            return Err(Stop::More(wide(total)));
        };
        let trailer = trailer.first_chunk::<BLOCK_TRAILER>().ok_or(Stop::More(wide(total)))?;
        // libpcap does not look at the second length of a file's first block, so writers can have it wrong.
        if order.u32(*trailer) != total && self.began {
            return Err(Stop::Damaged(LENGTHS_DIFFER));
        }
        let fields = Fields::new(body, order);
        let start = at + BLOCK_HEADER;
        match kind {
            SECTION_HEADER => self.section(fields)?,
            INTERFACE_DESCRIPTION => self.interface(fields).ok_or(TOO_SHORT)?,
            INTERFACE_STATISTICS => self.statistics(fields).ok_or(TOO_SHORT)?,
            SIMPLE_PACKET => {
                let frame = self.simple_packet(fields, start)?;
                found.push(frame, || self.origin(0, 0));
            }
            PACKET => {
                let (number, units, frame) = self.packet(fields, start)?;
                found.push(frame, || self.origin(number, units));
            }
            _ => {
                let (number, units, frame) = self.enhanced_packet(fields, start)?;
                found.push(frame, || self.origin(number, units));
            }
        }
        Ok(wide(total))
    }

    /// A section begins: its interfaces are numbered from 0 again.
    fn section(&mut self, mut fields: Fields<'_>) -> Result<(), Stop> {
        self.order = fields.order();
        self.began = true;
        let version = fields.u32().and_then(|_magic| fields.u16().zip(fields.u16()));
        // 1.2 was written by mistake and is the same as 1.0 (section 4.1).
        if !matches!(version, Some((1, 0 | 2))) {
            return Err(Stop::Damaged("the section has a version of the format that is not known"));
        }
        self.drops = self.drops();
        self.interfaces.clear();
        self.described = 0;
        self.longest = 0;
        if let Some(catalog) = &mut self.catalog {
            catalog.begin_section();
        }
        Ok(())
    }

    fn interface(&mut self, fields: Fields<'_>) -> Option<()> {
        if let Some(catalog) = &mut self.catalog {
            catalog.describe(fields);
        }
        let interface = Interface::parse(fields)?;
        self.described += 1;
        self.longest = self.longest.max(linktype::max_captured(interface.link));
        if self.interfaces.len() < MAX_INTERFACES {
            self.interfaces.push(interface);
        } else {
            self.ignored += 1;
        }
        Some(())
    }

    fn statistics(&mut self, mut fields: Fields<'_>) -> Option<()> {
        let number = fields.u32()?;
        let _time = fields.u64()?;
        if let Some(interface) = self.interfaces.get_mut(wide(number)) {
            interface.count(fields);
        }
        Some(())
    }

    /// The interface with a number, or why there is none.
    fn interface_of(&self, number: u32) -> Result<Interface, Stop> {
        match self.interfaces.get(wide(number)) {
            Some(interface) => Ok(*interface),
            None if wide(number) < self.described => Ok(Interface::UNKNOWN),
            None => Err(Stop::Damaged("the frame is of an interface that the file does not describe")),
        }
    }

    /// Where a frame of the section's interface with a number comes from.
    fn origin(&self, number: u32, units: u64) -> Origin {
        Origin { interface: self.catalog.as_ref().map_or(number, |catalog| catalog.place(number)), units }
    }

    fn enhanced_packet(&self, mut fields: Fields<'_>, start: usize) -> Result<(u32, u64, Frame), Stop> {
        let number = fields.u32().ok_or(TOO_SHORT)?;
        let (units, frame) = frame(&self.interface_of(number)?, fields, start + 4)?;
        Ok((number, units, frame))
    }

    fn packet(&mut self, mut fields: Fields<'_>, start: usize) -> Result<(u32, u64, Frame), Stop> {
        let (number, drops) = fields.u16().zip(fields.u16()).ok_or(TOO_SHORT)?;
        let number = u32::from(number);
        let (units, frame) = frame(&self.interface_of(number)?, fields, start + 4)?;
        // All bits set: the writer did not count (appendix A).
        if drops != u16::MAX {
            self.drops.interface = self.drops.interface.saturating_add(u64::from(drops));
        }
        Ok((number, units, frame))
    }

    /// A frame without a time, of the section's first interface, as long as its snap length allows (section 4.4).
    fn simple_packet(&self, mut fields: Fields<'_>, start: usize) -> Result<Frame, Stop> {
        let wire = fields.u32().ok_or(TOO_SHORT)?;
        let interface = self.interface_of(0)?;
        let captured = wire.min(interface.snaplen).min(narrow(fields.rest().len()));
        Ok(interface.frame(0, start + 4, captured, wire))
    }
}

/// Why there is no whole block to go on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    More(usize),
    Skip(u64),
    Damaged(&'static str),
}

const LENGTHS_DIFFER: &str = "the block's two lengths differ";
const TOO_SHORT: Stop = Stop::Damaged("the block is too short for what it holds");

/// What a section header's block type looks like in a file, whatever the order of bytes.
pub(super) const TYPE: [u8; 4] = *b"\n\r\r\n";

/// Whether a file that begins like this is a pcapng file.
pub(super) fn begins(header: &[u8]) -> bool {
    let kind = header.first_chunk::<4>().is_some_and(|kind| u32::from_le_bytes(*kind) == SECTION_HEADER);
    kind && header.get(8..).and_then(<[u8]>::first_chunk).is_some_and(|magic| byte_order(*magic).is_ok())
}

/// Tells the order of bytes by the magic of a section header.
fn byte_order(magic: [u8; 4]) -> Result<Order, Stop> {
    [Order::Little, Order::Big]
        .into_iter()
        .find(|order| order.u32(magic) == BYTE_ORDER_MAGIC)
        .ok_or(Stop::Damaged("the section does not tell its order of bytes"))
}

/// The version of a file whose first bytes these are, unless it is one that is read.
pub(super) fn unknown_version(header: &[u8]) -> Option<String> {
    let order = byte_order(*header.get(8..)?.first_chunk()?).ok()?;
    let mut fields = Fields::new(header.get(12..)?, order);
    let version = (fields.u16()?, fields.u16()?);
    let (major, minor) = version;
    (!matches!(version, (1, 0 | 2)))
        .then(|| format!("version {major}.{minor} of the pcapng format is not known (only 1.0 and 1.2 are)"))
}

/// Time, lengths and bytes, as enhanced and obsolete packet blocks have them alike; the time also in its own units.
fn frame(interface: &Interface, mut fields: Fields<'_>, start: usize) -> Result<(u64, Frame), Stop> {
    let (high, low) = fields.u32().zip(fields.u32()).ok_or(TOO_SHORT)?;
    let (captured, wire) = fields.u32().zip(fields.u32()).ok_or(TOO_SHORT)?;
    if wide(captured) > fields.rest().len() {
        return Err(Stop::Damaged("the frame claims more bytes than its block has"));
    }
    let units = u64::from(high) << 32 | u64::from(low);
    Ok((units, interface.frame(units, start + 16, captured, wire)))
}
