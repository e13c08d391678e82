//! Reading what an opening told whose end is missing, without telling parts for wholes.
//!
//! Where the capture cut a packet, or a stream ends within a message, a text that runs up to the end is a part of
//! what was sent, and nothing in the text shows it. What does show it: a few more bytes would have made another
//! one of it. So such an opening is read again with a few bytes more, and what that changes is marked or dropped.
//! What missing bytes would have added elsewhere, as an entry to a list, only its reader can know.

use super::{Inspector, Opening, Piece, Said};
use crate::attributes::Attributes;
use crate::key::Transport;

/// What an end is continued with: letters and digits, so that whatever reads text reads on; as many as make a unit
/// of UTF-16 and a group of Base64, where the packet had so many.
const CONTINUATIONS: [&[u8]; 2] = [b"AAAA", b"0000"];

impl Inspector {
    /// What an opening that this inspector claims told. `may_go_on` says whether a stream may end within what is read.
    #[must_use]
    pub fn told(&self, opening: &Opening<'_>, may_go_on: bool) -> Attributes {
        let mut attributes = Attributes::default();
        let Some(describe) = self.describe else { return attributes };
        describe(opening, &mut attributes);
        let tcp = opening.transport == Transport::Tcp;
        let goes_on =
            |said: Said<'_>| !said.is_silent() && (said.is_cut() || may_go_on && tcp && !said.has_ended());
        let doubtful = [opening.initiator, opening.responder].map(goes_on);
        if attributes.is_empty() || doubtful == [false; 2] {
            return attributes;
        }
        for more in CONTINUATIONS {
            let [asks, answers] = [opening.initiator, opening.responder]
                .map(|said| if tcp { Longer::stream(said, more) } else { Longer::datagrams(said, more) });
            let [asks_on, answers_on] = doubtful;
            let longer = Opening {
                initiator: if asks_on { asks.said(opening.initiator) } else { opening.initiator },
                responder: if answers_on { answers.said(opening.responder) } else { opening.responder },
                ..*opening
            };
            let mut told = Attributes::default();
            describe(&longer, &mut told);
            attributes.doubt(&told);
        }
        attributes
    }
}

/// What a side said, with more behind it.
struct Longer {
    bytes: Vec<u8>,
    pieces: Vec<Piece>,
}

impl Longer {
    fn stream(said: Said<'_>, more: &[u8]) -> Self {
        let bytes = [said.bytes(), more].concat();
        let mut pieces = said.pieces().to_vec();
        if let Some(last) = pieces.last_mut() {
            last.end = length(&bytes);
        }
        Self { bytes, pieces }
    }

    /// Each datagram that was cut goes on, but not beyond its length.
    fn datagrams(said: Said<'_>, more: &[u8]) -> Self {
        let mut longer = Self { bytes: Vec::new(), pieces: Vec::new() };
        for (datagram, piece) in said.datagrams().zip(said.pieces()) {
            longer.bytes.extend_from_slice(datagram.bytes);
            let missing = (datagram.wire_len as usize).saturating_sub(datagram.bytes.len());
            longer.bytes.extend(more.iter().take(missing));
            longer.pieces.push(Piece { end: length(&longer.bytes), ..*piece });
        }
        longer
    }

    fn said(&self, shorter: Said<'_>) -> Said<'_> {
        Said::new(&self.bytes, &self.pieces, shorter.has_ended())
    }
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}
