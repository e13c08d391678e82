//! Protocol towers (C706 appendix L): where an endpoint mapper says that an interface listens.
//!
//! ```text
//! floor count (2, little-endian), then per floor: length, protocol data; length, address data
//!   1  0D interface (16) major (2)      minor (2)         4  07 (TCP) or 08 (UDP)     port (2, big-endian)
//!   2  0D transfer syntax (16) version  minor (2)         5  09 (IP)                  address (4)
//!   3  0B (connections) or 0A           minor (2)
//! ```

use super::pdu;
use crate::cursor::{Cursor, require};
use crate::inspect::Reject;
use crate::key::Transport;

/// A listening end, as a tower tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tower {
    pub(super) interface: u128,
    pub(super) transport: Transport,
    pub(super) port: u16,
}

/// How the first floor of five begins: the count, the length 19 and the identifier of "interface".
const START: [u8; 5] = [5, 0, 19, 0, 0x0d];
/// Most towers read from one answer.
const MAX_TOWERS: usize = 8;

/// The towers anywhere in an answer's results.
///
/// The results' layout differs between the 32-bit and the 64-bit transfer syntax; a tower is the same in both, and
/// its 45 fixed bytes are not found by chance.
pub(super) fn towers(results: &[u8]) -> Vec<Tower> {
    let starts = memchr::memmem::find_iter(results, &START);
    starts
        .filter_map(|at| tower(Cursor::closed(results.get(at..)?)).ok())
        .filter(|tower| tower.port != 0)
        .take(MAX_TOWERS)
        .collect()
}

fn tower(mut cursor: Cursor<'_>) -> Result<Tower, Reject> {
    cursor.skip(START.len())?;
    let interface = pdu::uuid(&mut cursor, true)?;
    cursor.skip(2)?;
    cursor.tag(&[2, 0])?;
    cursor.skip(2)?;
    cursor.tag(&[19, 0, 0x0d])?;
    cursor.skip(18)?;
    cursor.tag(&[2, 0])?;
    cursor.skip(2)?;
    cursor.tag(&[1, 0])?;
    let connections = cursor.u8()?;
    cursor.tag(&[2, 0])?;
    cursor.skip(2)?;
    cursor.tag(&[1, 0])?;
    let transport = match (connections, cursor.u8()?) {
        (0x0b, 0x07) => Transport::Tcp,
        (0x0a, 0x08) => Transport::Udp,
        _ => return Err(Reject::Mismatch),
    };
    cursor.tag(&[2, 0])?;
    let port = cursor.u16()?;
    cursor.tag(&[1, 0, 0x09])?;
    require(cursor.u16_le()? == 4)?;
    Ok(Tower { interface, transport, port })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::dcerpc::interfaces::IXN_REMOTE;

    #[test]
    fn a_tower_is_found_wherever_the_transfer_syntax_puts_it() {
        let mut results = vec![0; 40];
        results.extend(START);
        results.extend(b"\xe0\x0c\x6b\x90\x0b\xc7\x67\x10\xb3\x17\0\xdd\x01\x06\x62\xda\x01\0\x02\0\0\0");
        results.extend(b"\x13\0\x0d\x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\0\x2b\x10\x48\x60\x02\0\x02\0\0\0");
        results.extend(b"\x01\0\x0b\x02\0\0\0\x01\0\x07\x02\0\xc0\x03\x01\0\x09\x04\0\x0a\0\0\x02\0\0\0\0");
        let expected = Tower { interface: IXN_REMOTE, transport: Transport::Tcp, port: 0xc003 };
        assert_eq!(towers(&results), [expected]);
        assert_eq!(towers(&results[..100]), []);
    }
}
