//! Messages in SCTP's DATA chunks: RFC 9260 section 3.3.1.
//!
//! ```text
//! type u8 (0), flags u8 (01 ends, 02 begins a message), length u16 with the header of 16, TSN u32,
//! stream u16, sequence u16, payload protocol u32, data; chunks are filled up to four bytes
//! ```

use crate::cursor::Cursor;

/// DATA's type, and its flags of a message that is not fragmented.
const DATA: u8 = 0;
const WHOLE: u8 = 3;
/// DATA's header in bytes, of which four are every chunk's.
const DATA_HEADER: usize = 16;
const CHUNK_HEADER: usize = 4;

/// The messages in a packet's chunks, each with its payload protocol identifier (IANA "SCTP Payload Protocol Identifiers").
/// Only the first fragment of a fragmented message is given.
pub fn messages(mut packet: Cursor<'_>) -> impl Iterator<Item = (u32, Cursor<'_>)> {
    std::iter::from_fn(move || {
        loop {
            let (kind, flags) = (packet.u8().ok()?, packet.u8().ok()?);
            let len = usize::from(packet.u16().ok()?);
            let mut chunk = packet.within(len.checked_sub(CHUNK_HEADER)?).ok()?;
            // The last chunk may lack its filling.
            let _ = packet.skip(len.wrapping_neg() % 4);
            if kind == DATA && flags & 2 != 0 && len > DATA_HEADER {
                chunk.skip(8).ok()?;
                let protocol = chunk.u32().ok()?;
                let open = flags & WHOLE != WHOLE || chunk.is_open();
                return Some((protocol, Cursor::new(chunk.rest(), open)));
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_chunks_and_filling_are_passed_over() {
        let packet = b"\x03\x00\x00\x05a\0\0\0\x00\x03\x00\x12\0\0\0\x01\0\0\0\0\0\0\0\x2ehi\0\0\x00\x03\x00\x11\0\0\0\x02\0\0\0\0\0\0\0\x03x";
        let found: Vec<_> = messages(Cursor::closed(packet)).map(|(id, data)| (id, data.rest())).collect();
        assert_eq!(found, [(46, &b"hi"[..]), (3, &b"x"[..])]);
    }

    #[test]
    fn a_chunk_shorter_than_its_header_ends_the_packet() {
        assert_eq!(messages(Cursor::closed(&[0, 3, 0, 3, 0, 0, 0, 0])).count(), 0);
    }
}
