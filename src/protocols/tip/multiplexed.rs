//! TMP2.0, which carries several TIP connections in one (RFC 2371 appendix A): flags, identifier (3), unused, length (3).

use crate::cursor::Cursor;

/// Bytes of a packet's header.
const HEADER: usize = 8;

/// One side's packets, however TCP cut them.
#[derive(Debug, Default)]
pub(super) struct Multiplexed {
    /// What has come of a header.
    partial: Vec<u8>,
    /// Bytes of payload still to pass over.
    skip: usize,
}

impl Multiplexed {
    /// How many connections these bytes open; `None` where they are no packets.
    pub(super) fn opened(&mut self, mut bytes: &[u8]) -> Option<u64> {
        let mut opened = 0;
        while !bytes.is_empty() {
            let passed = self.skip.min(bytes.len());
            self.skip -= passed;
            bytes = bytes.get(passed..)?;
            let wanted = HEADER.saturating_sub(self.partial.len()).min(bytes.len());
            let (head, tail) = bytes.split_at_checked(wanted)?;
            self.partial.extend_from_slice(head);
            bytes = tail;
            if self.partial.len() < HEADER {
                break;
            }
            let mut cursor = Cursor::closed(&self.partial);
            let (flags, _, len) = (cursor.u8().ok()?, cursor.u32().ok()?, cursor.u24().ok()?);
            if flags & 0x0f != 0 {
                return None;
            }
            // SYN opens a connection.
            opened += u64::from(flags & 0x80 != 0);
            self.skip = len as usize;
            self.partial.clear();
        }
        Some(opened)
    }
}
