//! DTLS records in datagrams, and the handshake messages that they carry in clear.
//!
//! ```text
//! record    type u8, version u16, epoch u16, sequence u48, length u16, content      RFC 6347 section 4.1
//! message   type u8, length u24, message_seq u16, fragment_offset u24,
//!           fragment_length u24, fragment                                           RFC 6347 section 4.2.2
//! DTLS 1.3  encrypted records begin with the bits 001CSLEE and have no version      RFC 9147 section 4
//! ```
//!
//! A datagram holds one or more records. What stands behind them is the datagram's `rest`: RD Gateway's
//! clients append a trailer there that no length counts.

use super::tls_records::content;
use crate::cursor::{Cursor, require};
use crate::inspect::Reject;

/// Content types that only DTLS has.
const TLS12_CID: u8 = 25;
const ACK: u8 = 26;
/// Longest record content in bytes: 2^14, and 2048 for what encryption may add (RFC 6347 section 4.1).
const MAX_RECORD: u16 = (1 << 14) + 2048;
/// Longest handshake message that is put together, in bytes: certificate chains have two to ten thousand.
pub const MAX_MESSAGE: usize = 32 * 1024;
/// Epochs count changes of keys; nobody changes them this often, and the bound makes chance hits rarer.
const MAX_EPOCH: u16 = 0x0fff;

/// A record.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Its content type.
    pub kind: u8,
    /// 0 in clear, then counting changes of keys.
    pub epoch: u16,
    /// Its content: cut where the capture cut the datagram.
    pub body: Cursor<'a>,
}

impl<'a> Record<'a> {
    fn parse(datagram: &mut Cursor<'a>) -> Result<Self, Reject> {
        let kind = datagram.u8()?;
        require(matches!(kind, content::CHANGE_CIPHER_SPEC..=ACK))?;
        // DTLS 1.0, 1.2, and what OpenSSL spoke before 1.0 had its number; 1.3 writes 1.2 here.
        require(matches!(datagram.u16()?, 0xfeff | 0xfefd | 0x0100))?;
        let epoch = datagram.u16()?;
        require(epoch <= MAX_EPOCH)?;
        // What is encrypted has an epoch of its own; application data never goes in clear.
        require(epoch > 0 || !matches!(kind, content::APPLICATION_DATA | TLS12_CID))?;
        datagram.skip(6)?;
        if kind == TLS12_CID {
            // A connection id of unknown length comes before the length (RFC 9146 section 4): nothing to check.
            let body = datagram.within(datagram.len())?;
            return Ok(Self { kind, epoch, body });
        }
        let len = datagram.u16()?;
        let possible = match (kind, epoch) {
            // One byte; OpenSSL's old form has a sequence number behind it.
            (content::CHANGE_CIPHER_SPEC, _) => matches!(len, 1 | 3),
            (content::ALERT, 0) => len == 2,
            (content::HANDSHAKE, 0) => (12..=MAX_RECORD).contains(&len),
            _ => (1..=MAX_RECORD).contains(&len),
        };
        require(possible)?;
        let body = datagram.within(len.into())?;
        let record = Self { kind, epoch, body };
        if kind == content::HANDSHAKE && epoch == 0 {
            record.check_fragments()?;
        }
        Ok(record)
    }

    /// That a handshake record in clear is filled by fragments.
    fn check_fragments(&self) -> Result<(), Reject> {
        let mut rest = self.body;
        while !rest.is_empty() {
            match Fragment::parse(&mut rest) {
                Err(Reject::Mismatch) => return Err(Reject::Mismatch),
                Err(Reject::Incomplete) => break,
                Ok(_) => {}
            }
        }
        Ok(())
    }

    /// The fragments of handshake messages in a record in clear.
    pub fn fragments(&self) -> impl Iterator<Item = Fragment<'a>> + use<'a> {
        let clear = self.kind == content::HANDSHAKE && self.epoch == 0;
        let mut rest = if clear { self.body } else { Cursor::closed(&[]) };
        std::iter::from_fn(move || Fragment::parse(&mut rest).ok())
    }
}

/// A part of a handshake message, often all of it.
#[derive(Clone, Copy, Debug)]
pub struct Fragment<'a> {
    /// The message's type.
    pub kind: u8,
    /// The message's length in bytes.
    pub len: usize,
    /// The message's number; a retransmission keeps it.
    pub sequence: u16,
    /// Where the part begins in the message.
    pub offset: usize,
    /// The part's bytes: cut where the capture cut the datagram.
    pub body: Cursor<'a>,
}

impl<'a> Fragment<'a> {
    fn parse(rest: &mut Cursor<'a>) -> Result<Self, Reject> {
        let kind = rest.u8()?;
        require(matches!(kind, 0..=5 | 8 | 11..=16 | 20..=25 | 67))?;
        let len = rest.u24()? as usize;
        let sequence = rest.u16()?;
        let offset = rest.u24()? as usize;
        let part = rest.u24()? as usize;
        require(len <= 1 << 17 && offset + part <= len)?;
        Ok(Self { kind, len, sequence, offset, body: rest.within(part)? })
    }
}

/// The records of a datagram.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    rest: Cursor<'a>,
}

impl<'a> Records<'a> {
    /// Reads a datagram's records.
    ///
    /// # Errors
    /// [`Reject::Mismatch`] when the datagram does not begin with one, [`Reject::Incomplete`] when it was cut before that shows.
    pub fn read(datagram: Cursor<'a>) -> Result<Self, Reject> {
        Record::parse(&mut datagram.clone())?;
        Ok(Self { rest: datagram })
    }

    /// What is left: behind the last record once all have been taken.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest.rest()
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut ahead = self.rest;
        let record = Record::parse(&mut ahead).ok()?;
        self.rest = ahead;
        Some(record)
    }
}

/// Whether a datagram can be an encrypted record of DTLS 1.3: the bits 001CSLEE (RFC 9147 section 4).
#[must_use]
pub fn is_unified(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|first| first & 0xe0 == 0x20) && datagram.len() > 16
}

/// Puts one handshake message together from its fragments. Bounded by [`MAX_MESSAGE`].
#[derive(Clone, Debug)]
pub struct Assembler {
    kind: u8,
    /// The message's number and length, once a fragment told them.
    message: Option<(u16, usize)>,
    bytes: Vec<u8>,
}

impl Assembler {
    /// For the first message of type `kind`.
    #[must_use]
    pub const fn new(kind: u8) -> Self {
        Self { kind, message: None, bytes: Vec::new() }
    }

    /// Adds a fragment, if it is one of the message's. One that leaves a hole waits for its retransmission.
    pub fn add(&mut self, fragment: &Fragment<'_>) {
        let named = *self.message.get_or_insert((fragment.sequence, fragment.len));
        if fragment.kind != self.kind || named != (fragment.sequence, fragment.len) {
            if self.bytes.is_empty() {
                self.message = None;
            }
            return;
        }
        let known = self.bytes.len();
        let new = known.checked_sub(fragment.offset).and_then(|skip| fragment.body.rest().get(skip..));
        if let Some(new) = new.filter(|_| fragment.len <= MAX_MESSAGE) {
            self.bytes.extend_from_slice(new);
        }
    }

    /// The message's number, once anything of it came.
    #[must_use]
    pub fn sequence(&self) -> Option<u16> {
        self.message.map(|(sequence, _)| sequence)
    }

    /// The message's body, which stays open while some of it is missing.
    #[must_use]
    pub fn body(&self) -> Cursor<'_> {
        let whole = self.message.is_some_and(|(_, len)| self.bytes.len() == len);
        Cursor::new(&self.bytes, !whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handshake(kind: u8, len: u8, offset: u8, part: &[u8]) -> Vec<u8> {
        let message = [&[kind, 0, 0, len, 0, 0, 0, 0, offset, 0, 0, part.len() as u8], part].concat();
        [&[22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, message.len() as u8], &message[..]].concat()
    }

    #[test]
    fn what_stands_behind_the_records_is_their_rest() {
        let datagram = [handshake(14, 0, 0, &[]), handshake(14, 0, 0, &[]), b"trailer".to_vec()].concat();
        let mut records = Records::read(Cursor::closed(&datagram)).unwrap();
        assert_eq!(records.by_ref().count(), 2);
        assert_eq!(records.rest(), b"trailer");
    }

    #[test]
    fn a_message_is_put_together_from_fragments_that_come_again_and_out_of_order() {
        let mut assembler = Assembler::new(11);
        for (offset, part) in [(3, &b"def"[..]), (0, b"abc"), (2, b"cd"), (3, b"def")] {
            let datagram = handshake(11, 6, offset, part);
            for record in Records::read(Cursor::closed(&datagram)).unwrap() {
                record.fragments().for_each(|fragment| assembler.add(&fragment));
            }
        }
        let mut body = assembler.body();
        assert_eq!((body.take(6), body.end()), (Ok(&b"abcdef"[..]), Ok(())));
    }

    #[test]
    fn a_fragment_that_leaves_its_message_is_no_record() {
        let datagram = handshake(11, 2, 0, b"abc");
        assert!(Records::read(Cursor::closed(&datagram)).is_err());
    }

    #[test]
    fn application_data_in_clear_does_not_exist() {
        let bytes = b"\x17\xfe\xfd\x00\x00\x00\x00\x00\x00\x00\x01\x00\x01a";
        assert!(Records::read(Cursor::closed(bytes)).is_err());
        let bytes = b"\x17\xfe\xfd\x00\x01\x00\x00\x00\x00\x00\x01\x00\x01a";
        assert!(Records::read(Cursor::closed(bytes)).is_ok());
    }
}
