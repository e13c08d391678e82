//! What the datagram with which a side begins has to be like.

use crate::byteset::ByteSet;

/// Zero.
pub const ZERO: ByteSet = ByteSet::range(0, 0);

/// The form of the datagram with which a side begins: whatever has another one is ruled out without asking the
/// inspector, all inspectors at once. On a protocol's own ports every datagram is shown to it, since there it may
/// know what is damaged, encrypted, or no message at all.
///
/// It says nothing that the inspector does not: it refuses only what the inspector would refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Fewest bytes, as sent.
    pub shortest: u16,
    /// Bytes that are bound, each with its offset, which is below [`Shape::PLACES`].
    pub bytes: &'static [(u8, ByteSet)],
    /// Whether the protocol is recognised off its own ports at all.
    pub anywhere: bool,
}

impl Shape {
    /// How many bytes from the first on can be bound.
    pub const PLACES: usize = 16;
    /// Lengths up to here are told apart.
    pub const LONGEST: u16 = 63;

    /// Any datagram.
    pub const ANY: Self = Self::of(0, &[]);
    /// None: the protocol is recognised on its own ports only.
    pub const OWN_PORTS: Self = Self { anywhere: false, ..Self::ANY };

    /// Datagrams of at least so many bytes ([`Shape::LONGEST`] at the most), some of which are bound.
    #[must_use]
    pub const fn of(shortest: u16, bytes: &'static [(u8, ByteSet)]) -> Self {
        let shortest = if shortest < Self::LONGEST { shortest } else { Self::LONGEST };
        Self { shortest, bytes, anywhere: true }
    }
}
