//! NTLM authentication messages (MS-NLMP section 2.2.1), which many Windows protocols carry: the names in them.
//!
//! ```text
//!  0 "NTLMSSP", 0    8 message type (4, little-endian): 1 negotiate, 2 challenge, 3 authenticate
//!    fields of length (2), room (2) and offset from the message's start (4); text is UTF-16LE or OEM
//! ```
//!
//! Names only: challenges and responses stay where they are.

use crate::attributes::Attributes;
use crate::cursor::Cursor;

/// What every message begins with.
const SIGNATURE: &[u8] = b"NTLMSSP\0";
/// NTLMSSP_NEGOTIATE_UNICODE (section 2.2.2.5): names are UTF-16.
const UNICODE: u32 = 1;
/// Longest name read, in bytes: NetBIOS names have 15 characters, user and DNS names are short as well.
const MAX_NAME: u16 = 512;

/// The attribute keys that [`describe`] sets, for an inspector's list.
pub const ATTRIBUTES: [(&str, &str); 4] = [
    ("ntlm.domain", "domain of the user who authenticates"),
    ("ntlm.user", "the user who authenticates"),
    ("ntlm.host", "the client's name for itself"),
    ("ntlm.target", "the server's name for itself or for its domain"),
];

/// Sets the names that the first NTLM messages of both directions tell.
pub fn describe(request: &[u8], reply: &[u8], attributes: &mut Attributes) {
    if let Some(target) = messages(reply).find_map(target) {
        attributes.set("ntlm.target", target);
    }
    for message in messages(request) {
        if let Some([domain, user, host]) = names(message) {
            attributes.set_some("ntlm.domain", Some(domain).filter(|name| !name.is_empty()));
            attributes.set_some("ntlm.user", Some(user).filter(|name| !name.is_empty()));
            attributes.set_some("ntlm.host", Some(host).filter(|name| !name.is_empty()));
        }
    }
}

/// Everything from each signature on.
fn messages(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let starts = memchr::memmem::find_iter(bytes, SIGNATURE);
    starts.take(4).filter_map(|at| bytes.get(at..))
}

/// The target name of a challenge (section 2.2.1.2).
fn target(message: &[u8]) -> Option<String> {
    let mut cursor = Cursor::closed(message);
    cursor.skip(SIGNATURE.len()).ok()?;
    (cursor.u32_le().ok()? == 2).then_some(())?;
    let name = field(message, &mut cursor)?;
    let flags = cursor.u32_le().ok()?;
    Some(text(name, flags & UNICODE != 0)).filter(|name| !name.is_empty())
}

/// Domain, user and workstation of an authentication (section 2.2.1.3).
fn names(message: &[u8]) -> Option<[String; 3]> {
    let mut cursor = Cursor::closed(message);
    cursor.skip(SIGNATURE.len()).ok()?;
    (cursor.u32_le().ok()? == 3).then_some(())?;
    // Both responses come first: 8 bytes of field each.
    cursor.skip(16).ok()?;
    let fields = [field(message, &mut cursor)?, field(message, &mut cursor)?, field(message, &mut cursor)?];
    // The session key's field stands before the flags.
    cursor.skip(8).ok()?;
    let unicode = cursor.u32_le().ok()? & UNICODE != 0;
    Some(fields.map(|name| text(name, unicode)))
}

fn field<'a>(message: &'a [u8], cursor: &mut Cursor<'_>) -> Option<&'a [u8]> {
    let len = cursor.u16_le().ok()?;
    cursor.skip(2).ok()?;
    let offset = cursor.u32_le().ok()? as usize;
    (len <= MAX_NAME).then_some(())?;
    message.get(offset..offset.checked_add(usize::from(len))?)
}

fn text(name: &[u8], unicode: bool) -> String {
    if unicode { utf16_le(name) } else { String::from_utf8_lossy(name).into_owned() }
}

/// Little-endian UTF-16 as text; what is no character becomes U+FFFD.
#[must_use]
pub fn utf16_le(bytes: &[u8]) -> String {
    let (units, _) = bytes.as_chunks::<2>();
    char::decode_utf16(units.iter().map(|&unit| u16::from_le_bytes(unit)))
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attributes::Value;

    #[test]
    fn an_authentication_tells_domain_user_and_host_and_no_secret() {
        let mut message = b"head NTLMSSP\0\x03\0\0\0".to_vec();
        let field = |len: u16, offset: u32| {
            [&len.to_le_bytes()[..], &len.to_le_bytes(), &offset.to_le_bytes()].concat()
        };
        for (len, offset) in [(4, 64), (4, 64), (6, 68), (6, 74), (2, 80), (0, 64)] {
            message.extend(field(len, offset));
        }
        message.extend([1, 0, 0, 0]);
        message.extend(b"\xde\xad\xbe\xefD\0O\0M\0a\0n\0n\0P\0");
        let mut attributes = Attributes::default();
        describe(&message, b"", &mut attributes);
        let all: Vec<_> = attributes.iter().map(|(key, value)| (key, value.clone())).collect();
        let expected = [("ntlm.domain", "DOM"), ("ntlm.user", "ann"), ("ntlm.host", "P")];
        assert_eq!(all, expected.map(|(key, name)| (key, Value::from(name))));
    }

    #[test]
    fn a_challenge_names_the_server_and_a_field_outside_the_message_is_ignored() {
        let challenge = b"NTLMSSP\0\x02\0\0\0\x06\0\x06\0\x18\0\0\0\x01\0\0\0S\0R\0V\0";
        let mut attributes = Attributes::default();
        describe(b"", challenge, &mut attributes);
        assert_eq!(attributes.value("ntlm.target"), Some(&Value::from("SRV")));
        let beyond = b"NTLMSSP\0\x02\0\0\0\x06\0\x06\0\xff\xff\xff\xff\x01\0\0\0";
        describe(b"", beyond, &mut attributes);
        assert_eq!(attributes.iter().count(), 1);
    }
}
