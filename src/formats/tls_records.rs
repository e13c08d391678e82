//! TLS records, and the handshake messages that they carry in clear.
//!
//! ```text
//! record   content type u8, version u16, length u16, content     RFC 8446 section 5.1, RFC 5246 section 6.2
//! message  type u8, length u24, body                             a message may span records, a record may
//!                                                                hold several messages
//! ```

use super::alert::Alert;
use super::hello::{ClientHello, Kind, ServerHello};
use crate::cursor::{Cursor, require};
use crate::inspect::Reject;
use std::borrow::Cow;

/// Content types (RFC 8446 appendix B.1, RFC 6520).
pub mod content {
    /// The sender encrypts from here on; in TLS 1.3 for middleboxes' sake only.
    pub const CHANGE_CIPHER_SPEC: u8 = 20;
    /// An alert.
    pub const ALERT: u8 = 21;
    /// Handshake messages.
    pub const HANDSHAKE: u8 = 22;
    /// Application data, and since 1.3 everything that is encrypted.
    pub const APPLICATION_DATA: u8 = 23;
    /// RFC 6520.
    pub const HEARTBEAT: u8 = 24;
}

/// Handshake message types (RFC 8446 section 4, RFC 5246 section 7.4).
pub mod message {
    /// Asks the client to negotiate again.
    pub const HELLO_REQUEST: u8 = 0;
    /// The client's first.
    pub const CLIENT_HELLO: u8 = 1;
    /// The server's answer.
    pub const SERVER_HELLO: u8 = 2;
    /// DTLS: the server demands a cookie (RFC 6347 section 4.2.1).
    pub const HELLO_VERIFY_REQUEST: u8 = 3;
    /// The sender's certificates.
    pub const CERTIFICATE: u8 = 11;
    /// The server has said all of its first flight, until 1.2.
    pub const SERVER_HELLO_DONE: u8 = 14;
}

/// Shortest hello in bytes: version, random, and three empty fields.
const MIN_HELLO: usize = 38;
/// Longest record content in bytes: 2^14, and 2048 for what encryption and compression may add until 1.2.
const MAX_RECORD: u16 = (1 << 14) + 2048;

/// What one side's records hold, up to where encryption begins.
#[derive(Clone, Debug)]
pub struct Flight<'a> {
    /// Content type of the first record.
    pub first: u8,
    /// Length of the first record's content in bytes.
    first_len: usize,
    /// How many records came whole.
    pub records: u32,
    /// Where the last whole record ends, in bytes from the first.
    pub end: usize,
    /// Whether the bytes behind that begin as a record does.
    pub continues: bool,
    /// Whether the sender encrypts from some point on.
    pub encrypted: bool,
    /// Alerts in clear, the first two.
    pub alerts: [Option<Alert>; 2],
    handshake: Cow<'a, [u8]>,
    /// Whether more bytes of the handshake may come.
    open: bool,
}

impl<'a> Flight<'a> {
    /// Reads a stream of records.
    ///
    /// Bytes that are no record end it, unless they are the first: a broken tail does not unsay what came before.
    ///
    /// # Errors
    /// [`Reject::Mismatch`] when the first bytes are no record header, [`Reject::Incomplete`] when they are too few to say.
    pub fn read(mut stream: Cursor<'a>) -> Result<Self, Reject> {
        let whole = stream.len();
        let mut ahead = stream;
        let (first, first_len) = header(&mut ahead)?;
        let mut flight = Self {
            first,
            first_len,
            records: 0,
            end: 0,
            continues: false,
            encrypted: false,
            alerts: [None; 2],
            handshake: Cow::Borrowed(&[]),
            open: stream.is_open(),
        };
        loop {
            let before = stream;
            let (kind, len) = match header(&mut stream) {
                Ok(header) => header,
                Err(Reject::Incomplete) => break,
                Err(Reject::Mismatch) => {
                    flight.open = false;
                    break;
                }
            };
            flight.continues = flight.records > 0;
            let Ok(body) = stream.within(len) else {
                flight.open = false;
                break;
            };
            flight.add(kind, body.rest());
            if body.is_open() {
                break;
            }
            flight.records += 1;
            flight.end = whole - stream.len();
            flight.continues = false;
            if stream.len() == before.len() {
                break;
            }
        }
        Ok(flight)
    }

    fn add(&mut self, kind: u8, body: &'a [u8]) {
        match kind {
            content::HANDSHAKE if !self.encrypted => {
                if self.handshake.is_empty() {
                    self.handshake = Cow::Borrowed(body);
                } else {
                    // Only a message that spans records is copied, once per look.
                    self.handshake.to_mut().extend_from_slice(body);
                }
            }
            content::ALERT if !self.encrypted => {
                if let Some(slot) = self.alerts.iter_mut().find(|slot| slot.is_none()) {
                    *slot = Alert::parse(body);
                }
            }
            content::CHANGE_CIPHER_SPEC | content::APPLICATION_DATA => self.encrypted = true,
            _ => {}
        }
    }

    /// The handshake messages in clear, the last one as far as it came.
    pub fn messages(&self) -> impl Iterator<Item = (u8, Cursor<'_>)> {
        let mut rest = Cursor::new(&self.handshake, self.open && !self.encrypted);
        std::iter::from_fn(move || {
            let kind = rest.u8().ok()?;
            let len = rest.u24().ok()?;
            Some((kind, rest.within(len as usize).ok()?))
        })
    }

    /// The type of the first handshake message.
    #[must_use]
    pub fn first_message(&self) -> Option<u8> {
        if self.first == content::HANDSHAKE { self.handshake.first().copied() } else { None }
    }

    /// Whether the first record is filled by one message of the handshake that says so itself: 13 bits for the
    /// type and the lengths beside the record's own.
    #[must_use]
    pub fn is_filled_by_message(&self) -> bool {
        let known = matches!(self.first_message(), Some(4 | 11..=16 | 20 | 22));
        let len = Cursor::closed(self.handshake.get(1..).unwrap_or_default()).u24();
        known && len.is_ok_and(|len| len as usize + 4 == self.first_len && len >= 256)
    }

    /// Whether the first record begins with a hello that fills it: 39 bits that agree before the hello itself.
    #[must_use]
    pub fn is_filled_by_hello(&self) -> bool {
        let hello = matches!(self.first_message(), Some(message::CLIENT_HELLO | message::SERVER_HELLO));
        let len = Cursor::closed(self.handshake.get(1..).unwrap_or_default()).u24();
        hello && len.is_ok_and(|len| len as usize + 4 == self.first_len && len as usize >= MIN_HELLO)
    }

    /// How many bytes of handshake messages came in clear.
    #[must_use]
    pub fn handshake_len(&self) -> usize {
        self.handshake.len()
    }

    /// The ClientHello that it begins with.
    ///
    /// # Errors
    /// [`Reject::Mismatch`] when it begins with something else, [`Reject::Incomplete`] when it is too short.
    pub fn client_hello(&self) -> Result<ClientHello<'_>, Reject> {
        ClientHello::parse(self.first_body(message::CLIENT_HELLO)?, Kind::Tls)
    }

    /// The ServerHello that it begins with.
    ///
    /// # Errors
    /// As [`Flight::client_hello`].
    pub fn server_hello(&self) -> Result<ServerHello<'_>, Reject> {
        ServerHello::parse(self.first_body(message::SERVER_HELLO)?, Kind::Tls)
    }

    fn first_body(&self, expected: u8) -> Result<Cursor<'_>, Reject> {
        let mut rest = Cursor::new(&self.handshake, self.open && !self.encrypted);
        require(self.first == content::HANDSHAKE)?;
        rest.tag(&[expected])?;
        let len = rest.u24()?;
        rest.within(len as usize)
    }

    /// The server's own certificate, the first of its chain, in DER (RFC 5246 section 7.4.2).
    ///
    /// # Errors
    /// [`Reject::Mismatch`] when none will come any more, [`Reject::Incomplete`] while it may.
    pub fn certificate(&self) -> Result<&[u8], Reject> {
        for (kind, mut body) in self.messages() {
            match kind {
                message::CERTIFICATE => {
                    body.skip(3)?;
                    let len = body.u24()?;
                    return body.take(len as usize);
                }
                message::SERVER_HELLO_DONE => return Err(Reject::Mismatch),
                _ => {}
            }
        }
        Err(if self.open && !self.encrypted { Reject::Incomplete } else { Reject::Mismatch })
    }
}

/// Reads a record's header: its content type and length.
fn header(stream: &mut Cursor<'_>) -> Result<(u8, usize), Reject> {
    let kind = stream.u8()?;
    require(matches!(kind, content::CHANGE_CIPHER_SPEC..=content::HEARTBEAT))?;
    stream.tag(&[3])?;
    require(stream.u8()? <= 4)?;
    let len = stream.u16()?;
    let possible = match kind {
        content::CHANGE_CIPHER_SPEC => len == 1,
        // In clear two bytes; encrypted at least a tag or a block more.
        content::ALERT => len == 2 || (16..=1024).contains(&len),
        content::APPLICATION_DATA => len <= MAX_RECORD,
        _ => (1..=MAX_RECORD).contains(&len),
    };
    require(possible)?;
    Ok((kind, len.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::hello::tests::CLIENT;

    fn record(kind: u8, body: &[u8]) -> Vec<u8> {
        [&[kind, 3, 1, (body.len() >> 8) as u8, body.len() as u8], body].concat()
    }

    #[test]
    fn a_message_that_spans_records_is_put_together() {
        let message = [&[1, 0, 0, CLIENT.len() as u8], CLIENT].concat();
        let (head, tail) = message.split_at(3);
        let stream = [record(22, head), record(22, tail)].concat();
        let flight = Flight::read(Cursor::open(&stream)).unwrap();
        assert_eq!((flight.records, flight.end), (2, stream.len()));
        assert_eq!(flight.client_hello().unwrap().server_name(), Some(&b"a.example"[..]));
    }

    #[test]
    fn what_follows_the_change_of_ciphers_is_not_read_as_clear() {
        let stream = [record(20, &[1]), record(22, &[1; 40])].concat();
        let flight = Flight::read(Cursor::open(&stream)).unwrap();
        assert!(flight.encrypted && flight.messages().next().is_none());
    }

    #[test]
    fn bytes_that_are_no_record_are_a_mismatch_at_the_first_wrong_byte() {
        for bad in
            [&b"\x16\x04"[..], b"\x19", b"\x16\x03\x05", b"\x14\x03\x01\x00\x02", b"\x17\x03\x03\x50\x00"]
        {
            assert_eq!(Flight::read(Cursor::open(bad)).err(), Some(Reject::Mismatch), "{bad:?}");
        }
        assert_eq!(Flight::read(Cursor::open(b"\x16\x03")).err(), Some(Reject::Incomplete));
    }

    #[test]
    fn a_broken_tail_does_not_unsay_what_came_before() {
        let stream = [&record(21, &[2, 40])[..], b"GET / HTTP/1.1"].concat();
        let flight = Flight::read(Cursor::open(&stream)).unwrap();
        assert_eq!((flight.records, flight.alerts[0].unwrap().code), (1, 40));
    }
}
