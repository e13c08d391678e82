//! Judging several messages of one side by one rule: its datagrams, or what follows each other in its stream.

use crate::cursor::Cursor;
use crate::inspect::{Opening, Reject, Said, Side};
use crate::key::Transport;

/// Most messages that are judged of one side: enough to agree on, few enough to judge again as it grows.
const MAX_MESSAGES: u32 = 32;

/// How many messages `next` reads one after the other from `cursor`, the last of which may be unfinished.
///
/// # Errors
/// [`Reject::Mismatch`] when one of them is something else, [`Reject::Incomplete`] when none was whole.
pub fn in_stream<'a>(
    mut cursor: Cursor<'a>,
    mut next: impl FnMut(&mut Cursor<'a>) -> Result<(), Reject>,
) -> Result<u32, Reject> {
    let mut count = 0;
    while count < MAX_MESSAGES && !cursor.is_empty() {
        let before = cursor.len();
        match next(&mut cursor) {
            Ok(()) if cursor.len() < before => count += 1,
            Ok(()) | Err(Reject::Incomplete) => break,
            Err(Reject::Mismatch) => return Err(Reject::Mismatch),
        }
    }
    if count > 0 { Ok(count) } else { Err(Reject::Incomplete) }
}

/// How many of a side's datagrams `judge` accepts, when it rejects none that has bytes.
///
/// # Errors
/// [`Reject::Mismatch`] when one of them is something else, [`Reject::Incomplete`] when none was accepted.
pub fn in_datagrams<'a>(
    said: &Said<'a>,
    mut judge: impl FnMut(&mut Cursor<'a>) -> Result<(), Reject>,
) -> Result<u32, Reject> {
    let mut count = 0;
    for datagram in said.datagrams().filter(|datagram| !datagram.bytes.is_empty()) {
        match judge(&mut datagram.cursor()) {
            Ok(()) => count += 1,
            Err(Reject::Incomplete) => {}
            Err(Reject::Mismatch) => return Err(Reject::Mismatch),
        }
    }
    if count > 0 { Ok(count) } else { Err(Reject::Incomplete) }
}

/// How many of a side's datagrams `judge` accepts, when it accepts most: for protocols whose messages are so telling that a
/// damaged one among them means nothing.
///
/// # Errors
/// [`Reject::Mismatch`] when it rejects as many as it accepts, [`Reject::Incomplete`] when none was accepted.
pub fn in_most_datagrams<'a>(
    said: &Said<'a>,
    mut judge: impl FnMut(&mut Cursor<'a>) -> Result<(), Reject>,
) -> Result<u32, Reject> {
    let (mut accepted, mut rejected) = (0, 0);
    for datagram in said.datagrams().filter(|datagram| !datagram.bytes.is_empty()) {
        match judge(&mut datagram.cursor()) {
            Ok(()) => accepted += 1,
            Err(Reject::Incomplete) => {}
            Err(Reject::Mismatch) => rejected += 1,
        }
    }
    if rejected > 0 && rejected >= accepted {
        return Err(Reject::Mismatch);
    }
    if accepted > 0 { Ok(accepted) } else { Err(Reject::Incomplete) }
}

/// How many messages `side` sent: one after the other in a stream, or one or several in each datagram.
///
/// # Errors
/// As [`in_stream`] and [`in_datagrams`].
pub fn of_side<'a>(
    opening: &Opening<'a>,
    side: Side,
    next: impl FnMut(&mut Cursor<'a>) -> Result<(), Reject>,
) -> Result<u32, Reject> {
    of_said(&opening.said(side), opening.transport, next)
}

/// How many messages a side said: one after the other in a stream, or one or several in each datagram.
///
/// # Errors
/// As [`in_stream`] and [`in_datagrams`].
pub fn of_said<'a>(
    said: &Said<'a>,
    transport: Transport,
    mut next: impl FnMut(&mut Cursor<'a>) -> Result<(), Reject>,
) -> Result<u32, Reject> {
    match transport {
        Transport::Tcp => in_stream(said.stream(), next),
        Transport::Udp | Transport::Sctp => {
            in_datagrams(said, |cursor| in_stream(*cursor, &mut next).map(drop))
        }
    }
}

/// Whether `key` reads the same from a datagram of the initiator and from one of the responder.
pub fn share<'a, K: PartialEq>(
    opening: &Opening<'a>,
    request: impl Fn(Cursor<'a>) -> Result<K, Reject>,
    reply: impl Fn(Cursor<'a>) -> Result<K, Reject>,
) -> bool {
    opening.initiator.datagrams().filter_map(|datagram| request(datagram.cursor()).ok()).any(|asked| {
        opening.responder.datagrams().any(|datagram| reply(datagram.cursor()).is_ok_and(|key| key == asked))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cursor::require;

    /// A message: its length in one byte, and that many zeros.
    fn zeros(cursor: &mut Cursor<'_>) -> Result<(), Reject> {
        let len = usize::from(cursor.u8()?);
        require(cursor.take(len)?.iter().all(|&byte| byte == 0))
    }

    #[test]
    fn messages_are_counted_until_one_is_unfinished_or_wrong() {
        assert_eq!(in_stream(Cursor::open(&[1, 0, 2, 0, 0, 3, 0]), zeros), Ok(2));
        assert_eq!(in_stream(Cursor::open(&[1, 0, 2, 0, 9]), zeros), Err(Reject::Mismatch));
        assert_eq!(in_stream(Cursor::open(&[3, 0]), zeros), Err(Reject::Incomplete));
        assert_eq!(in_stream(Cursor::closed(&[1, 0, 3, 0]), zeros), Err(Reject::Mismatch));
    }

    #[test]
    fn a_rule_that_consumes_nothing_does_not_go_on_for_ever() {
        assert_eq!(in_stream(Cursor::open(&[1]), |_| Ok(())), Err(Reject::Incomplete));
    }
}
