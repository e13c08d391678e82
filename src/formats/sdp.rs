//! Session descriptions: where media will be received, RFC 8866 sections 5.7 and 5.14.
//!
//! ```text
//! c=IN IP4 192.0.2.1          m=audio 49170 RTP/AVP 0
//! ```

use crate::cursor::{Cursor, decimal};
use crate::formats::lines::MAX_LINE;

/// Most lines of a description that are read.
const MAX_LINES: usize = 256;

/// A medium that a description offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Medium<'a> {
    /// `audio`, `video`, `image` ...
    pub kind: &'a [u8],
    /// The port on which it will be received; 0 refuses it.
    pub port: u16,
    /// `RTP/AVP`, `RTP/SAVPF`, `udptl` ...
    pub transport: &'a [u8],
}

/// The media that a description within `text` offers.
pub fn media(text: &[u8]) -> impl Iterator<Item = Medium<'_>> {
    let mut rest = Cursor::closed(text);
    let lines = std::iter::from_fn(move || rest.line(MAX_LINE).ok()).take(MAX_LINES);
    lines.filter_map(|line| {
        let mut words = line.strip_prefix(b"m=")?.split(|&byte| byte == b' ');
        let kind = words.next()?;
        // A count of ports may follow the port.
        let port = words.next()?.split(|&byte| byte == b'/').next()?;
        Some(Medium { kind, port: u16::try_from(decimal(port).ok()?).ok()?, transport: words.next()? })
    })
}

impl Medium<'_> {
    /// Whether it comes over RTP to a port.
    #[must_use]
    pub fn is_rtp(&self) -> bool {
        self.port != 0 && self.transport.windows(4).any(|part| part == b"RTP/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_tell_their_ports_and_transports() {
        let text = b"v=0\r\nm=audio 49170/2 RTP/AVP 0\r\nm=image 0 udptl t38\r\nm=broken\r\n";
        let media: Vec<_> = media(text).collect();
        assert_eq!(media.len(), 2);
        assert!(media[0].is_rtp() && media[0].port == 49170);
        assert!(!media[1].is_rtp());
    }
}
