//! uTP, BitTorrent's transport over UDP: its header, BEP 29.
//!
//! ```text
//!  0       4       8               16                              31
//! +-------+-------+---------------+-------------------------------+
//! | type  | ver 1 | extension     | connection id                 |
//! +-------+-------+---------------+-------------------------------+
//! | time stamp in microseconds                                    |
//! | difference of time stamps                                     |
//! | window                                                        |
//! +-------------------------------+-------------------------------+
//! | sequence number               | acknowledged number           |
//! +-------------------------------+-------------------------------+
//! ```
//!
//! A single header binds some twelve bits. So it needs either both sides (the connection ids differ by one, an
//! acknowledged number was sent: 32 bits), or three datagrams with the same id whose time runs forward by
//! less than a minute (60 bits).

use crate::cursor::{Cursor, require};
use crate::inspect::{Evidence, Opening, Reject, Said, Side, Verdict};

/// Types (BEP 29 "type").
const DATA: u8 = 0;
const STATE: u8 = 2;
const SYN: u8 = 4;

/// Datagrams of one side that are believed without the other's.
const MIN_DATAGRAMS: usize = 3;

/// Most microseconds between two datagrams that are compared: a minute.
const MAX_STEP: u32 = 60_000_000;

/// Extensions in one header that are followed.
const MAX_EXTENSIONS: usize = 4;

#[derive(Clone, Copy)]
struct Header {
    kind: u8,
    connection: u16,
    time: u32,
    window: u32,
    sequence: u16,
    acknowledged: u16,
}

/// Judges a flow of datagrams.
pub(super) fn judge(opening: &Opening<'_>) -> Verdict {
    let opened = headers(opening.initiator).next();
    let answered = headers(opening.responder).next();
    match (opened, answered) {
        (Some(Ok(syn)), Some(Ok(state))) if syn.kind == SYN && state.kind == STATE => {
            require(state.connection == syn.connection && state.acknowledged == syn.sequence)?;
            Ok(Evidence::dialogue("utp-handshake: uTP's SYN and its acknowledgement (BEP 29)"))
        }
        (Some(Ok(first)), Some(Ok(other))) if first.connection.abs_diff(other.connection) == 1 => {
            let sent = |said| headers(said).flatten().map(|header: Header| header.sequence).collect::<Vec<_>>();
            let known = |said, sent: &[u16]| {
                headers(said).flatten().any(|header| sent.iter().any(|sequence| sequence.abs_diff(header.acknowledged) <= 1))
            };
            let fits = known(opening.responder, &sent(opening.initiator)) || known(opening.initiator, &sent(opening.responder));
            if fits {
                Ok(Evidence::message("utp-both-sides: uTP headers whose connection ids and numbers agree (BEP 29)"))
            } else {
                Err(Reject::Incomplete)
            }
        }
        (Some(Ok(_)), None) => steady(opening.initiator, Side::Initiator),
        (None, Some(Ok(_))) => steady(opening.responder, Side::Responder),
        (None, None) => Err(Reject::Incomplete),
        _ => Err(Reject::Mismatch),
    }
}

/// Datagrams of one connection whose time runs forward.
fn steady(said: Said<'_>, side: Side) -> Verdict {
    let mut before: Option<Header> = None;
    let (mut count, mut open) = (0, false);
    for header in headers(said) {
        let header = header?;
        if let Some(before) = before {
            require(before.connection == header.connection)?;
            // A clock in microseconds does not stand still between two datagrams; a repeated pattern does.
            require((1..MAX_STEP).contains(&header.time.wrapping_sub(before.time)))?;
        }
        before = Some(header);
        count += 1;
        open |= header.window > 0;
    }
    // Who never has room for an answer is filling, not a sender.
    if count >= MIN_DATAGRAMS && open {
        Ok(Evidence::signature("utp-one-side: uTP headers of one connection (BEP 29)").from(side))
    } else {
        Err(Reject::Incomplete)
    }
}

fn headers(said: Said<'_>) -> impl Iterator<Item = Result<Header, Reject>> {
    said.datagrams().map(|datagram| header(datagram.cursor()))
}

fn header(mut cursor: Cursor<'_>) -> Result<Header, Reject> {
    let first = cursor.u8()?;
    let (kind, version) = (first >> 4, first & 0x0f);
    require(version == 1 && kind <= SYN)?;
    let mut extension = cursor.u8()?;
    let connection = cursor.u16()?;
    let time = cursor.u32()?;
    let (difference, window) = (cursor.u32()?, cursor.u32()?);
    let (sequence, acknowledged) = (cursor.u16()?, cursor.u16()?);
    // 0 is never drawn for a connection, and would let WireGuard's type and reserved bytes pass.
    require(connection != 0)?;
    require(kind != SYN || difference == 0 && acknowledged == 0)?;
    for _ in 0..MAX_EXTENSIONS {
        if extension == 0 {
            break;
        }
        // 1 selective acknowledgements, 2 extension bits, 3 close reason.
        require(extension <= 3)?;
        extension = cursor.u8()?;
        let len = cursor.u8()?;
        require((1..=64).contains(&len))?;
        cursor.skip(len.into())?;
    }
    // Only data has a payload, and data has one.
    require((kind == DATA) != cursor.is_empty() || window == 0)?;
    Ok(Header { kind, connection, time, window, sequence, acknowledged })
}
