//! Fingerprints of TLS clients: JA4 and its forerunner JA3.
//!
//! ```text
//! JA3   MD5 of  version,ciphers,extensions,groups,point formats   decimal, joined by - and ,
//! JA4   t13d1516h2_8daaf6152771_e5627efa2ab1
//!       |\|||\ |\  |            first 12 digits of SHA-256 of the sorted extensions (without SNI and ALPN),
//!       | || | | | |            `_`, and the signature algorithms as they stand
//!       | || | | | the same of the sorted cipher suites
//!       | || | | first and last character of the first ALPN value
//!       | || | extensions, ciphers: how many
//!       | |d: has a server name, i: has none
//!       | version
//!       t: TCP, q: QUIC, d: DTLS
//! ```
//!
//! Reserved values (RFC 8701) count nowhere. JA4 is the client fingerprint of FoxIO's specification, and the
//! only part of it that is free of patents.

use super::hello::{ClientHello, Kind};
use super::tls_numbers::{extension, is_grease};
use md5::{Digest, Md5};
use sha2::Sha256;

/// JA3 of a whole ClientHello, 32 hexadecimal digits.
#[must_use]
pub fn ja3(hello: &ClientHello<'_>) -> String {
    let mut text = hello.version.to_string();
    list(&mut text, hello.ciphers());
    list(&mut text, hello.extensions().iter().map(|(kind, _)| kind));
    list(&mut text, hello.groups());
    list(&mut text, hello.point_formats().iter().map(|&format| format.into()));
    hex(&Md5::digest(text))
}

/// Appends `,` and the numbers, joined by `-`.
fn list(text: &mut String, numbers: impl Iterator<Item = u16>) {
    let mut separator = ',';
    for number in numbers.filter(|&number| !is_grease(number)) {
        text.push(separator);
        push_decimal(text, number);
        separator = '-';
    }
    if separator == ',' {
        text.push(',');
    }
}

/// JA4 of a whole ClientHello, 36 characters.
#[must_use]
pub fn ja4(hello: &ClientHello<'_>) -> String {
    let transport = match hello.kind {
        Kind::Tls => 't',
        Kind::Dtls => 'd',
        Kind::Quic => 'q',
    };
    let mut ciphers: Vec<u16> = hello.ciphers().filter(|&cipher| !is_grease(cipher)).collect();
    let mut extensions: Vec<u16> =
        hello.extensions().iter().map(|(kind, _)| kind).filter(|&kind| !is_grease(kind)).collect();
    let name = if extensions.contains(&extension::SERVER_NAME) { 'd' } else { 'i' };
    let counts = (ciphers.len().min(99), extensions.len().min(99));
    let [first, last] = ends(hello.alpn().next());

    ciphers.sort_unstable();
    extensions.retain(|&kind| kind != extension::SERVER_NAME && kind != extension::ALPN);
    extensions.sort_unstable();
    let cipher_text = hex_list(&ciphers);
    let mut extension_text = hex_list(&extensions);
    let algorithms: Vec<u16> = hello.signature_algorithms().filter(|&number| !is_grease(number)).collect();
    if !algorithms.is_empty() && !extension_text.is_empty() {
        extension_text.push('_');
        extension_text.push_str(&hex_list(&algorithms));
    }
    format!(
        "{transport}{}{name}{:02}{:02}{first}{last}_{}_{}",
        version(hello.highest_version()),
        counts.0,
        counts.1,
        digest(&cipher_text),
        digest(&extension_text)
    )
}

const fn version(version: u16) -> &'static str {
    match version {
        0x0002 => "s2",
        0x0300 => "s3",
        0x0301 => "10",
        0x0302 => "11",
        0x0303 => "12",
        0x0304 => "13",
        0xfeff => "d1",
        0xfefd => "d2",
        0xfefc => "d3",
        _ => "00",
    }
}

/// First and last character of an ALPN value; of its hexadecimal form where they are no letters or digits.
fn ends(alpn: Option<&[u8]>) -> [char; 2] {
    let Some((&first, &last)) = alpn.and_then(|value| value.first().zip(value.last())) else {
        return ['0', '0'];
    };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        return [first.into(), last.into()];
    }
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('0');
    [digit(first >> 4), digit(last & 0x0f)]
}

/// The first twelve digits of the text's SHA-256; zeros for nothing.
fn digest(text: &str) -> String {
    if text.is_empty() {
        return "0".repeat(12);
    }
    let mut digits = hex(&Sha256::digest(text));
    digits.truncate(12);
    digits
}

fn hex_list(numbers: &[u16]) -> String {
    let mut text = String::with_capacity(numbers.len() * 5);
    for (place, number) in numbers.iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        push_hex(&mut text, &number.to_be_bytes());
    }
    text
}

/// As hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    push_hex(&mut text, bytes);
    text
}

/// Appends two hexadecimal digits a byte. Every hello is read into hundreds of digits: `write!` takes ten times as long.
fn push_hex(text: &mut String, bytes: &[u8]) {
    let digit = |nibble: u8| char::from(if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 });
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 0xf));
    }
}

/// Appends a number in decimal digits.
fn push_decimal(text: &mut String, number: u16) {
    let mut above = false;
    for power in [10_000, 1_000, 100, 10, 1] {
        let digit = u8::try_from(number / power % 10).unwrap_or_default();
        above |= digit > 0 || power == 1;
        if above {
            text.push(char::from(b'0' + digit));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cursor::Cursor;

    /// A hello of the given suites and extensions.
    fn hello(version: u16, ciphers: &[u16], extensions: &[(u16, Vec<u8>)]) -> Vec<u8> {
        let mut bytes = version.to_be_bytes().to_vec();
        bytes.extend([7; 32]);
        bytes.push(0);
        bytes.extend((ciphers.len() as u16 * 2).to_be_bytes());
        bytes.extend(ciphers.iter().flat_map(|cipher| cipher.to_be_bytes()));
        bytes.extend([1, 0]);
        let mut list = Vec::new();
        for (kind, data) in extensions {
            list.extend(kind.to_be_bytes());
            list.extend((data.len() as u16).to_be_bytes());
            list.extend(data);
        }
        if !list.is_empty() {
            bytes.extend((list.len() as u16).to_be_bytes());
            bytes.extend(list);
        }
        bytes
    }

    fn numbers(list: &[u16]) -> Vec<u8> {
        let mut bytes = (list.len() as u16 * 2).to_be_bytes().to_vec();
        bytes.extend(list.iter().flat_map(|number| number.to_be_bytes()));
        bytes
    }

    #[test]
    fn ja4_of_the_published_example() {
        // The suites and extensions of the example in FoxIO's JA4 specification.
        let ciphers = [
            0x5a5a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014,
            0x009c, 0x009d, 0x002f, 0x0035,
        ];
        let algorithms = numbers(&[0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601]);
        let extensions = [
            (0x001b, vec![]),
            (0x0000, vec![]),
            (0x0033, vec![]),
            (0x0010, b"\x00\x0c\x02h2\x08http/1.1".to_vec()),
            (0x4469, vec![]),
            (0x0017, vec![]),
            (0x002d, vec![]),
            (0x000d, algorithms),
            (0x0005, vec![]),
            (0x0023, vec![]),
            (0x0012, vec![]),
            (0x002b, b"\x06\x0a\x0a\x03\x04\x03\x03".to_vec()),
            (0xff01, vec![]),
            (0x000b, vec![]),
            (0x000a, vec![]),
            (0x0015, vec![]),
            (0x1a1a, vec![]),
        ];
        let bytes = hello(0x0303, &ciphers, &extensions);
        let hello = ClientHello::parse(Cursor::closed(&bytes), Kind::Tls).unwrap();
        assert_eq!(ja4(&hello), "t13d1516h2_8daaf6152771_e5627efa2ab1");
    }

    #[test]
    fn ja3_of_the_published_examples() {
        let ciphers = [47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4];
        let extensions = [(0, vec![]), (10, numbers(&[23, 24, 25])), (11, vec![1, 0])];
        let bytes = hello(769, &ciphers, &extensions);
        let parsed = ClientHello::parse(Cursor::closed(&bytes), Kind::Tls).unwrap();
        assert_eq!(ja3(&parsed), "ada70206e40642a3e4461f35503241d5");

        let bytes = hello(769, &[4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99], &[]);
        let parsed = ClientHello::parse(Cursor::closed(&bytes), Kind::Tls).unwrap();
        assert_eq!(ja3(&parsed), "de350869b8c85de67a350c8d186f11e6");
    }

    #[test]
    fn what_is_missing_is_zeros() {
        let bytes = hello(0x0301, &[0x0a0a], &[]);
        let parsed = ClientHello::parse(Cursor::closed(&bytes), Kind::Tls).unwrap();
        assert_eq!(ja4(&parsed), "t10i000000_000000000000_000000000000");
    }

    #[test]
    fn the_transport_leads() {
        let bytes = hello(0x0303, &[0x1301], &[]);
        let parsed = ClientHello::parse(Cursor::closed(&bytes), Kind::Quic).unwrap();
        assert!(ja4(&parsed).starts_with("q12i010000_"));
    }

    #[test]
    fn alpn_that_is_no_text_is_shown_as_digits() {
        assert_eq!(ends(Some(b"http/1.1")), ['h', '1']);
        assert_eq!(ends(Some(&[0xab, 0xcd])), ['a', 'd']);
        assert_eq!(ends(Some(b"h\xff")), ['6', 'f']);
        assert_eq!(ends(None), ['0', '0']);
    }
}
