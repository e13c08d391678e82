//! What a capture says of its frames beyond what labelling needs, for whoever writes them elsewhere: on which interface
//! each was captured, and when, in the interface's own units.

use super::pcapng::MAX_INTERFACES;
use super::walk::{Fields, Order};

/// Most bytes kept of all options of a capture's interfaces: far more than real ones have.
const MAX_OPTIONS: usize = 4 << 20;
/// Stands for an interface that is not remembered.
const FORGOTTEN: u32 = u32::MAX;

/// Options of an interface description (draft-ietf-opsawg-pcapng, section 4.2) that are numbers of 64 bits; numbers of
/// other widths among them have four bytes, or one.
const SPEEDS_AND_OFFSET: [u16; 4] = [8, 14, 16, 17];
/// `if_tzone`, which has 32 bits.
const TIME_ZONE: u16 = 10;
/// The last option that is known; those above are of later versions, of which nobody can tell what is a number.
const LAST: u16 = 17;
/// Comments, which any block can have.
const COMMENT: u16 = 1;
/// `if_tsresol`: a power of ten, or with the upper bit of two.
pub(crate) const TIME_RESOLUTION: u16 = 9;
/// `if_name`.
const NAME: u16 = 2;

/// On which interface a frame was captured, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// The interface's place among all that the capture describes.
    pub(super) interface: u32,
    /// The time in the interface's units.
    pub(super) units: u64,
}

/// An interface as a capture describes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Interface {
    /// Its number in its section, from 0: two that are described alike are still two.
    number: u32,
    /// The link layer's type, a `LINKTYPE_` value.
    pub link: u16,
    /// Most bytes captured of a frame; 0 for no bound.
    pub snaplen: u32,
    /// Its options as a pcapng file in little-endian order has them, each padded, without the end of options.
    options: Vec<u8>,
}

impl Interface {
    /// An interface whose times count units of a second divided by ten to the power of `digits`.
    #[must_use]
    pub fn new(link: u16, snaplen: u32, name: Option<&str>, digits: u8) -> Self {
        let mut options = Vec::new();
        if let Some(name) = name {
            push(&mut options, NAME, name.as_bytes());
        }
        push(&mut options, TIME_RESOLUTION, &[digits]);
        Self { number: 0, link, snaplen, options }
    }

    /// Its options as a pcapng file in little-endian order has them, without the end of options.
    #[must_use]
    pub fn options(&self) -> &[u8] {
        &self.options
    }

    /// Reads the body of the interface description block with a number, keeping at most `room` bytes of options.
    fn parse(number: u32, mut fields: Fields<'_>, room: usize) -> Option<Self> {
        let (link, _reserved, snaplen) = (fields.u16()?, fields.u16()?, fields.u32()?);
        let order = fields.order();
        let mut options = Vec::new();
        for (code, value) in super::pcapng::options(fields) {
            let value = value.rest();
            let fits = options.len() + value.len() + 8 <= room;
            // Times mean nothing without these two, which take next to no room.
            let needed =
                matches!(code, TIME_RESOLUTION | 14) && value.len() <= 8 && options.len() <= room + 64;
            if !(COMMENT..=LAST).contains(&code) || !(fits || needed) {
                continue;
            }
            let mut value = value.to_vec();
            let numbers = (SPEEDS_AND_OFFSET.contains(&code) && value.len() == 8)
                || (code == TIME_ZONE && value.len() == 4);
            if numbers && order == Order::Big {
                value.reverse();
            }
            push(&mut options, code, &value);
        }
        Some(Self { number, link, snaplen, options })
    }
}

/// Appends an option in little-endian order; what is longer than one can be is cut.
pub(crate) fn push(options: &mut Vec<u8>, code: u16, value: &[u8]) {
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    let value = value.get(..usize::from(length)).unwrap_or_default();
    options.extend(code.to_le_bytes());
    options.extend(length.to_le_bytes());
    options.extend_from_slice(value);
    options.resize(options.len() + value.len().next_multiple_of(4) - value.len(), 0);
}

/// All interfaces that a capture describes, over all its sections.
#[derive(Clone, Debug, Default)]
pub(super) struct Catalog {
    interfaces: Vec<Interface>,
    /// Where those of the section that is read begin.
    section: usize,
    /// How many of the section were described.
    described: usize,
    /// Bytes of options that are kept.
    kept: usize,
}

impl Catalog {
    /// The one interface of a pcap file.
    pub(super) fn of(interface: Interface) -> Self {
        Self { interfaces: vec![interface], ..Self::default() }
    }

    /// A section begins: its interfaces are numbered from 0 again.
    pub(super) const fn begin_section(&mut self) {
        self.section += self.described;
        self.described = 0;
    }

    /// Takes the body of an interface description block.
    pub(super) fn describe(&mut self, fields: Fields<'_>) {
        // Beyond the bound every interface is forgotten, so that places stay true.
        let number = u32::try_from(self.described).unwrap_or(u32::MAX);
        self.described += 1;
        if self.interfaces.len() < MAX_INTERFACES
            && self.section + self.described == self.interfaces.len() + 1
            && let Some(interface) = Interface::parse(number, fields, MAX_OPTIONS.saturating_sub(self.kept))
        {
            self.kept += interface.options.len();
            self.interfaces.push(interface);
        }
    }

    /// The place of the section's interface with a number.
    pub(super) fn place(&self, number: u32) -> u32 {
        let place = usize::try_from(number).ok().and_then(|number| number.checked_add(self.section));
        place
            .filter(|&place| place < self.interfaces.len())
            .and_then(|place| u32::try_from(place).ok())
            .unwrap_or(FORGOTTEN)
    }

    /// The interface at a place; none if it is not remembered.
    pub(super) fn get(&self, place: u32) -> Option<&Interface> {
        self.interfaces.get(usize::try_from(place).ok()?)
    }
}

/// The origins of a block's frames, for a reader that was asked to keep them.
#[derive(Clone, Debug, Default)]
pub(super) struct Origins {
    /// The number of the block's first frame.
    pub(super) first: u64,
    /// One for each frame.
    pub(super) each: Vec<Origin>,
}

impl Origins {
    /// The origin of the frame with a number in its file.
    pub(super) fn of(&self, number: u64) -> Option<Origin> {
        self.each.get(usize::try_from(number.checked_sub(self.first)?).ok()?).copied()
    }
}
