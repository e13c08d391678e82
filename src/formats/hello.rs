//! ClientHello and ServerHello, the messages with which TLS, DTLS and QUIC begin.
//!
//! ```text
//! ClientHello   version u16, random 32, session id <0..32>, [DTLS: cookie <0..255>],
//!               cipher suites <2..2^16-2>, compression methods <1..255>, [extensions <0..2^16-1>]
//! ServerHello   version u16, random 32, session id <0..32>, cipher suite u16, compression u8, [extensions]
//! extension     type u16, length u16, data
//! ```
//!
//! RFC 8446 section 4.1 (TLS 1.3), RFC 5246 section 7.4.1 (TLS 1.2), RFC 6347 section 4.2.1 (DTLS).

use super::tls_numbers::{extension, is_grease};
use crate::cursor::{Cursor, require};
use crate::inspect::Reject;

/// Longest session id in bytes (RFC 5246 section 7.4.1.2).
const MAX_SESSION_ID: usize = 32;
/// The random of a ServerHello that is a HelloRetryRequest: SHA-256 of that name (RFC 8446 section 4.1.3).
const RETRY_RANDOM: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2,
    0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// Which transport a hello is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// TLS over a stream.
    Tls,
    /// DTLS: the ClientHello has a cookie.
    Dtls,
    /// TLS 1.3 inside QUIC.
    Quic,
}

impl Kind {
    const fn has_version(self, version: u16) -> bool {
        match self {
            Self::Tls | Self::Quic => matches!(version, 0x0300..=0x0304),
            Self::Dtls => matches!(version, 0xfeff | 0xfefd | 0xfefc | 0x0100),
        }
    }
}

/// A ClientHello. Of one that is cut, the extensions as far as they are there.
#[derive(Clone, Copy, Debug)]
pub struct ClientHello<'a> {
    /// What it is made for.
    pub kind: Kind,
    /// The version in its own field: the highest one offered until 1.2, frozen there since.
    pub version: u16,
    /// The client's random.
    pub random: [u8; 32],
    /// The session to resume, or 32 bytes for middleboxes' sake.
    pub session_id: &'a [u8],
    /// DTLS only: the cookie that the server demanded; empty in the first hello.
    pub cookie: &'a [u8],
    ciphers: &'a [u8],
    extensions: Extensions<'a>,
}

impl<'a> ClientHello<'a> {
    /// Reads the message's body.
    ///
    /// # Errors
    /// [`Reject::Mismatch`] where a length or a version cannot be; [`Reject::Incomplete`] when not even the
    /// extensions have begun.
    pub fn parse(mut body: Cursor<'a>, kind: Kind) -> Result<Self, Reject> {
        let version = body.u16()?;
        require(kind.has_version(version))?;
        let random = body.array()?;
        let session_id = short(&mut body, MAX_SESSION_ID)?;
        let cookie = if kind == Kind::Dtls { short(&mut body, 255)? } else { &[] };
        let ciphers_len = usize::from(body.u16()?);
        require(ciphers_len >= 2 && ciphers_len % 2 == 0)?;
        let ciphers = body.take(ciphers_len)?;
        let compressions = short(&mut body, 255)?;
        // "This vector MUST contain ... CompressionMethod.null" (RFC 5246 section 7.4.1.2).
        require(compressions.contains(&0))?;
        let extensions = Extensions::parse(body)?;
        Ok(Self { kind, version, random, session_id, cookie, ciphers, extensions })
    }

    /// Whether all of it is there.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.extensions.whole
    }

    /// The offered cipher suites, in the client's order.
    pub fn ciphers(&self) -> impl Iterator<Item = u16> + use<'a> {
        numbers(self.ciphers)
    }

    /// All extensions, in the client's order.
    #[must_use]
    pub const fn extensions(&self) -> Extensions<'a> {
        self.extensions
    }

    /// The server's name that the client asks for (RFC 6066 section 3).
    #[must_use]
    pub fn server_name(&self) -> Option<&'a [u8]> {
        let mut list = Cursor::closed(self.extensions.of(extension::SERVER_NAME)?);
        list.u16().ok()?;
        // host_name is the only type there ever was.
        list.tag(&[0]).ok()?;
        let len = list.u16().ok()?;
        list.take(len.into()).ok().filter(|name| !name.is_empty())
    }

    /// The application protocols that the client offers (RFC 7301 section 3.1).
    pub fn alpn(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        alpn(self.extensions)
    }

    /// The versions that the client offers in the extension made for it; none before 1.3.
    pub fn supported_versions(&self) -> impl Iterator<Item = u16> + use<'a> {
        numbers(
            self.extensions.of(extension::SUPPORTED_VERSIONS).and_then(|list| list.get(1..)).unwrap_or(&[]),
        )
    }

    /// Whether what is here says which version is the highest: where extensions were cut off, they may have.
    #[must_use]
    pub fn tells_version(&self) -> bool {
        self.is_whole() || self.extensions.of(extension::SUPPORTED_VERSIONS).is_some()
    }

    /// The highest version that the client offers.
    #[must_use]
    pub fn highest_version(&self) -> u16 {
        // Drafts of 1.3 (7Fxx) rank as numbers do; DTLS counts downwards.
        let offered = self.supported_versions().filter(|&version| !is_grease(version));
        let highest = if self.kind == Kind::Dtls { offered.min() } else { offered.max() };
        highest.unwrap_or(self.version)
    }

    /// Elliptic curves and other groups.
    pub fn groups(&self) -> impl Iterator<Item = u16> + use<'a> {
        self.listed(extension::SUPPORTED_GROUPS)
    }

    /// Signature algorithms.
    pub fn signature_algorithms(&self) -> impl Iterator<Item = u16> + use<'a> {
        self.listed(extension::SIGNATURE_ALGORITHMS)
    }

    /// Formats of elliptic curve points.
    #[must_use]
    pub fn point_formats(&self) -> &'a [u8] {
        self.extensions.of(extension::POINT_FORMATS).and_then(|list| list.get(1..)).unwrap_or(&[])
    }

    /// The numbers of an extension that is a list with its length in front.
    fn listed(&self, kind: u16) -> impl Iterator<Item = u16> + use<'a> {
        numbers(self.extensions.of(kind).and_then(|list| list.get(2..)).unwrap_or(&[]))
    }
}

/// A ServerHello, or the HelloRetryRequest that has its shape.
#[derive(Clone, Copy, Debug)]
pub struct ServerHello<'a> {
    /// The version in its own field: the chosen one until 1.2, frozen there since.
    pub version: u16,
    /// The server's random.
    pub random: [u8; 32],
    /// The session, or the client's value given back.
    pub session_id: &'a [u8],
    /// The chosen cipher suite.
    pub cipher: u16,
    extensions: Extensions<'a>,
}

impl<'a> ServerHello<'a> {
    /// Reads the message's body.
    ///
    /// # Errors
    /// As [`ClientHello::parse`].
    pub fn parse(mut body: Cursor<'a>, kind: Kind) -> Result<Self, Reject> {
        let version = body.u16()?;
        // Drafts 18 to 21 of TLS 1.3 wrote 7Fxx here, and had no session id.
        let draft = kind == Kind::Tls && version >> 8 == 0x7f;
        require(draft || kind.has_version(version))?;
        let random = body.array()?;
        let session_id = if draft { &[] } else { short(&mut body, MAX_SESSION_ID)? };
        let cipher = body.u16()?;
        if !draft {
            body.u8()?;
        }
        Ok(Self { version, random, session_id, cipher, extensions: Extensions::parse(body)? })
    }

    /// Whether all of it is there.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.extensions.whole
    }

    /// Whether it asks for another ClientHello (RFC 8446 section 4.1.4).
    #[must_use]
    pub fn is_retry(&self) -> bool {
        self.random == RETRY_RANDOM
    }

    /// Whether what is here says which version was chosen, as [`ClientHello::tells_version`].
    #[must_use]
    pub fn tells_version(&self) -> bool {
        self.is_whole() || self.extensions.of(extension::SUPPORTED_VERSIONS).is_some()
    }

    /// The chosen version, wherever it stands.
    #[must_use]
    pub fn chosen_version(&self) -> u16 {
        let extension = self.extensions.of(extension::SUPPORTED_VERSIONS);
        extension.and_then(|data| numbers(data).next()).unwrap_or(self.version)
    }

    /// The chosen application protocol; encrypted since 1.3.
    #[must_use]
    pub fn alpn(&self) -> Option<&'a [u8]> {
        alpn(self.extensions).next()
    }

    /// All extensions, in the server's order.
    #[must_use]
    pub const fn extensions(&self) -> Extensions<'a> {
        self.extensions
    }
}

/// The extensions of a hello, each with its type, in their order.
#[derive(Clone, Copy, Debug)]
pub struct Extensions<'a> {
    list: Cursor<'a>,
    whole: bool,
}

impl<'a> Extensions<'a> {
    /// Reads the rest of a hello, which ends with them or, in old ones, before them.
    fn parse(mut body: Cursor<'a>) -> Result<Self, Reject> {
        if body.is_empty() {
            return Ok(Self { list: body, whole: !body.is_open() });
        }
        let len = match body.u16() {
            Err(Reject::Incomplete) => return Ok(Self { list: Cursor::open(&[]), whole: false }),
            len => len?,
        };
        let list = body.within(len.into())?;
        body.end()?;
        let mut ahead = list;
        let whole = loop {
            if ahead.is_empty() {
                break !ahead.is_open();
            }
            match extension_of(&mut ahead) {
                Ok(_) => {}
                Err(Reject::Incomplete) => break false,
                Err(Reject::Mismatch) => return Err(Reject::Mismatch),
            }
        };
        Ok(Self { list, whole })
    }

    /// The data of the first extension of type `kind`.
    #[must_use]
    pub fn of(self, kind: u16) -> Option<&'a [u8]> {
        self.iter().find(|&(found, _)| found == kind).map(|(_, data)| data)
    }

    /// All of them: type and data.
    pub fn iter(self) -> impl Iterator<Item = (u16, &'a [u8])> {
        let mut list = self.list;
        std::iter::from_fn(move || extension_of(&mut list).ok())
    }
}

fn extension_of<'a>(list: &mut Cursor<'a>) -> Result<(u16, &'a [u8]), Reject> {
    let kind = list.u16()?;
    let len = list.u16()?;
    Ok((kind, list.take(len.into())?))
}

/// A vector with its length in one byte.
fn short<'a>(body: &mut Cursor<'a>, max: usize) -> Result<&'a [u8], Reject> {
    let len = usize::from(body.u8()?);
    require(len <= max)?;
    body.take(len)
}

fn numbers(list: &[u8]) -> impl Iterator<Item = u16> + use<'_> {
    list.as_chunks().0.iter().map(|&pair| u16::from_be_bytes(pair))
}

fn alpn(extensions: Extensions<'_>) -> impl Iterator<Item = &[u8]> {
    let mut list =
        Cursor::closed(extensions.of(extension::ALPN).and_then(|data| data.get(2..)).unwrap_or(&[]));
    std::iter::from_fn(move || short(&mut list, 255).ok())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// TLS 1.2, session id empty, two suites, one compression, SNI `a.example`, ALPN `h2`.
    pub(crate) const CLIENT: &[u8] = b"\x03\x03\
        \x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\
        \x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x20\
        \x00\x00\x04\xc0\x2f\x13\x01\x01\x00\
        \x00\x1b\x00\x00\x00\x0e\x00\x0c\x00\x00\x09a.example\x00\x10\x00\x05\x00\x03\x02h2";

    #[test]
    fn a_client_hello_tells_name_protocols_and_suites() {
        let hello = ClientHello::parse(Cursor::closed(CLIENT), Kind::Tls).unwrap();
        assert!(hello.is_whole());
        assert_eq!(hello.server_name(), Some(&b"a.example"[..]));
        assert_eq!(hello.alpn().collect::<Vec<_>>(), [b"h2"]);
        assert_eq!(hello.ciphers().collect::<Vec<_>>(), [0xc02f, 0x1301]);
    }

    #[test]
    fn a_cut_client_hello_tells_what_came() {
        for cut in 0..CLIENT.len() {
            match ClientHello::parse(Cursor::open(&CLIENT[..cut]), Kind::Tls) {
                Ok(hello) => assert!(!hello.is_whole(), "{cut}"),
                Err(reject) => assert_eq!(reject, Reject::Incomplete, "{cut}"),
            }
        }
        let cut = ClientHello::parse(Cursor::open(&CLIENT[..CLIENT.len() - 4]), Kind::Tls).unwrap();
        assert_eq!(cut.server_name(), Some(&b"a.example"[..]));
    }

    #[test]
    fn lengths_that_disagree_are_no_hello() {
        for (at, byte) in [(0, 2), (34, 33), (36, 3), (41, 2), (44, 0x1c)] {
            let mut bad = CLIENT.to_vec();
            bad[at] = byte;
            assert!(ClientHello::parse(Cursor::closed(&bad), Kind::Tls).is_err(), "byte {at}");
        }
    }
}
