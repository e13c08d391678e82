//! NTLM inside HTTP: who authenticates, in fields of base64, MS-NTHT sections 2.2 and 3, RFC 4559 section 4.
//!
//! ```text
//! initiator   Authorization: NTLM TlRMTVNTUAAB…        1 negotiate; or Proxy-Authorization
//! responder   WWW-Authenticate: NTLM TlRMTVNTUAAC…     2 challenge; or Proxy-Authenticate
//! initiator   Authorization: NTLM TlRMTVNTUAAD…        3 authenticate: domain, user, workstation
//!             … Negotiate …                            the same, by itself or inside SPNEGO; or Kerberos
//! ```

use super::head::{Head, values};
use crate::formats::ntlm;
use crate::inspect::{Attributes, Opening};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What either side calls the field: towards the server itself, and towards a proxy.
const ASKED: [&str; 2] = ["authorization", "proxy-authorization"];
const ANSWERED: [&str; 2] = ["www-authenticate", "proxy-authenticate"];
const SCHEMES: [&[u8]; 2] = [b"NTLM", b"Negotiate"];
/// Most fields of either side that are read, and most bytes of one: messages have some hundred, Kerberos' tickets more.
const MAX_FIELDS: usize = 4;
const MAX_FIELD: usize = 8192;
/// Packets of the initiator in which the third message is awaited.
const MAX_PIECES: usize = 8;

/// What stands behind the name of a scheme that may carry NTLM.
fn token(value: &[u8]) -> Option<&[u8]> {
    SCHEMES.iter().find_map(|scheme| {
        let (name, rest) = value.split_at_checked(scheme.len())?;
        (name.eq_ignore_ascii_case(scheme) && rest.first().is_none_or(|&byte| byte == b' ')).then_some(rest.trim_ascii())
    })
}

/// The tokens of the fields called so, decoded; what is not base64 is left out.
fn tokens(lines: &[u8], names: [&'static str; 2]) -> impl Iterator<Item = Vec<u8>> {
    let values = names.into_iter().flat_map(move |name| values(lines, name));
    let tokens = values.filter_map(token).filter(|token| !token.is_empty() && token.len() <= MAX_FIELD);
    tokens.take(MAX_FIELDS).filter_map(|token| STANDARD.decode(token).ok())
}

/// Whether the answer asks for NTLM, and who authenticates is still to come.
pub(super) fn is_pending(opening: &Opening<'_>, answer: Head<'_>) -> bool {
    let asks = || ANSWERED.iter().any(|name| answer.fields_called(name).any(|value| token(value).is_some()));
    // An authentication is the third message, or something else than NTLM.
    let is_last = |token: Vec<u8>| memchr::memmem::find(&token, b"NTLMSSP\0").is_none_or(|at| token.get(at + 8) == Some(&3));
    opening.initiator.pieces().len() < MAX_PIECES
        && !opening.initiator.has_ended()
        && asks()
        && !tokens(opening.initiator.bytes(), ASKED).any(is_last)
}

/// Sets the names in the first messages of both sides.
pub(super) fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    for token in tokens(opening.responder.bytes(), ANSWERED) {
        ntlm::describe(&[], &token, attributes);
    }
    for token in tokens(opening.initiator.bytes(), ASKED) {
        ntlm::describe(&token, &[], attributes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cursor::Cursor;
    use crate::inspect::Said;
    use crate::key::{Endpoint, Transport};

    fn opening<'a>(asked: &'a [u8], answered: &'a [u8]) -> Opening<'a> {
        let end = |last: u8, port| Endpoint { address: [192, 0, 2, last].into(), port };
        Opening {
            transport: Transport::Tcp,
            initiator: Said::new(asked, &[], false),
            responder: Said::new(answered, &[], false),
            endpoints: [end(1, 51_000), end(2, 5985)],
            responder_listens: true,
            from_start: true,
        }
    }

    /// A third message: fields of length, room and offset, flags, and the texts.
    fn authenticate() -> Vec<u8> {
        let mut message = b"NTLMSSP\0\x03\0\0\0".to_vec();
        for (len, offset) in [(0_u16, 64_u32), (0, 64), (6, 64), (6, 70), (4, 76), (0, 64)] {
            message.extend([len.to_le_bytes(), len.to_le_bytes()].concat());
            message.extend(offset.to_le_bytes());
        }
        [&message[..], &[1, 0, 0, 0], b"D\0O\0M\0a\0n\0n\0P\0C\0"].concat()
    }

    const CHALLENGE: &[u8] = b"NTLMSSP\0\x02\0\0\0\x06\0\x06\0\x18\0\0\0\x01\0\0\0S\0R\0V\0";

    #[test]
    fn names_are_read_from_ntlm_and_from_what_negotiate_wraps() {
        let wrapped = [b"\xa1\x81\x60\x30\x81\x5d\xa2\x81\x5a\x04\x58", &authenticate()[..]].concat();
        for (scheme, token) in [("NTLM", authenticate()), ("negotiate", authenticate()), ("Negotiate", wrapped)] {
            let asked = format!("POST /wsman HTTP/1.1\r\nAuthorization: {scheme} {}\r\n\r\n", STANDARD.encode(token));
            let answered = format!("HTTP/1.1 401 \r\nWWW-Authenticate: Basic x\r\nWWW-Authenticate: {scheme} {}\r\n\r\n", STANDARD.encode(CHALLENGE));
            let opening = opening(asked.as_bytes(), answered.as_bytes());
            let mut attributes = Attributes::default();
            describe(&opening, &mut attributes);
            let told: Vec<_> = attributes.iter().map(|(key, value)| (key, value.to_string())).collect();
            let expected = [("ntlm.target", "SRV"), ("ntlm.domain", "DOM"), ("ntlm.user", "ann"), ("ntlm.host", "PC")];
            assert_eq!(told, expected.map(|(key, value)| (key, value.to_owned())));
        }
    }

    #[test]
    fn the_third_message_is_awaited_once_it_was_asked_for() {
        let pending = |asked: &[u8], answered: &[u8]| is_pending(&opening(asked, answered), Head::parse(Cursor::open(answered)).unwrap());
        let asks = b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\n\r\n";
        let asked = |token: &[u8]| format!("GET / HTTP/1.1\r\nAuthorization: NTLM {}\r\n\r\n", STANDARD.encode(token)).into_bytes();
        assert!(pending(b"GET / HTTP/1.1\r\n\r\n", asks));
        assert!(pending(&asked(b"NTLMSSP\0\x01\0\0\0"), asks));
        assert!(!pending(&asked(&authenticate()), asks));
        assert!(!pending(&asked(b"a ticket of Kerberos"), asks));
        assert!(!pending(b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 401 \r\nWWW-Authenticate: Basic realm=NTLM\r\n\r\n"));
    }
}
