//! How a transaction coordinator sets a session up with another: BuildContext and BuildContextW (MS-CMPO).
//!
//! The caller says who it wants, the name of its own host and who it is itself; the identities are identifiers
//! written as text. Only where the call is not encrypted can any of it be read.

/// Authentication level at which arguments are encrypted (MS-RPCE section 2.2.1.1.8).
pub(super) const PRIVACY: u8 = 6;
/// BuildContext with names of 8-bit characters (MS-CMPO section 3.3.4).
const BUILD_CONTEXT: u16 = 1;
/// The same with 16-bit characters.
const BUILD_CONTEXT_W: u16 = 7;
/// Characters of an identifier written as text, with the zero at its end.
const IDENTIFIER: usize = 37;
/// Characters of a host's name, with the zero at its end (MAX_COMPUTERNAME_LENGTH and one).
const NAME: usize = 16;

/// Whether an operation of the coordinator's interface sets a session up.
pub(super) const fn is_setup(operation: u16) -> bool {
    matches!(operation, BUILD_CONTEXT | BUILD_CONTEXT_W)
}

/// What the caller said.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct SetUp {
    /// Its identity.
    pub(super) caller: Option<String>,
    /// Its host's name.
    pub(super) host: Option<String>,
}

/// Reads the arguments: strings in order are the wanted identity, the host's name, the caller's identity.
///
/// A string has the most characters it may have, an offset of zero and the characters it has, each a 32-bit number
/// aligned to four bytes (C706 section 14.3.4), in either order of bytes.
pub(super) fn said(arguments: &[u8]) -> SetUp {
    let mut found = SetUp::default();
    let mut identifiers = 0;
    let mut rest = arguments;
    while let Some((head, tail)) = rest.split_first_chunk::<12>() {
        let Some((text, used)) = string(head, tail) else {
            rest = rest.get(4..).unwrap_or_default();
            continue;
        };
        if is_identifier(&text) {
            identifiers += 1;
            if identifiers == 2 {
                found.caller = Some(text.to_ascii_lowercase());
                return found;
            }
        } else if identifiers == 1 && found.host.is_none() {
            found.host = Some(text);
        }
        rest = tail.get(used.next_multiple_of(4)..).unwrap_or_default();
    }
    found
}

/// A string behind its three numbers, and how many bytes it takes.
fn string(head: &[u8; 12], tail: &[u8]) -> Option<(String, usize)> {
    let ([most, offset, count], _) = head.as_chunks::<4>() else { return None };
    if most != count || *offset != [0; 4] {
        return None;
    }
    let count = u32::from_le_bytes(*count).min(u32::from_be_bytes(*count)) as usize;
    if !(2..=NAME).contains(&count) && count != IDENTIFIER {
        return None;
    }
    let wide = tail.get(..2 * count).and_then(|bytes| {
        let mut units = bytes.chunks_exact(2).map(|unit| match *unit {
            [low, 0] | [0, low] => Some(low),
            _ => None,
        });
        units.by_ref().collect::<Option<Vec<u8>>>().and_then(|bytes| text(&bytes))
    });
    let narrow = || tail.get(..count).and_then(text);
    wide.map(|text| (text, 2 * count)).or_else(|| narrow().map(|text| (text, count)))
}

/// Printable characters, and a zero behind them.
fn text(bytes: &[u8]) -> Option<String> {
    let (&zero, characters) = bytes.split_last()?;
    let printable = characters.iter().all(u8::is_ascii_graphic);
    (zero == 0 && printable).then(|| String::from_utf8_lossy(characters).into_owned())
}

/// Whether a text is an identifier: 8-4-4-4-12 hexadecimal digits.
fn is_identifier(text: &str) -> bool {
    text.len() + 1 == IDENTIFIER
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: &str = "00112233-4455-6677-8899-aabbccddeeff";
    const OWN: &str = "FFEEDDCC-bbaa-9988-7766-554433221100";

    fn push(bytes: &mut Vec<u8>, text: &str, wide: bool) {
        let count = text.len() as u32 + 1;
        for number in [count, 0, count] {
            bytes.extend(number.to_le_bytes());
        }
        for byte in text.bytes().chain([0]) {
            bytes.push(byte);
            if wide {
                bytes.push(0);
            }
        }
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }

    fn arguments(wide: bool) -> Vec<u8> {
        // The rank, and the versions that the caller speaks.
        let mut bytes = vec![1, 0, 0, 0];
        bytes.extend([1, 0, 0, 0].repeat(6));
        for text in [WANTED, "NODE7", OWN, WANTED] {
            push(&mut bytes, text, wide);
        }
        bytes
    }

    #[test]
    fn the_callers_identity_and_host_are_read_from_both_forms() {
        for wide in [false, true] {
            let said = said(&arguments(wide));
            assert_eq!(said.caller.as_deref(), Some("ffeeddcc-bbaa-9988-7766-554433221100"));
            assert_eq!(said.host.as_deref(), Some("NODE7"));
        }
    }

    #[test]
    fn nothing_is_read_from_encrypted_or_cut_arguments() {
        let random: Vec<u8> = (1..400_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        assert_eq!(said(&random), SetUp::default());
        let arguments = arguments(true);
        for len in 0..arguments.len() {
            // Whatever is cut off: no panic, and no identity that is not there.
            let said = said(&arguments[..len]);
            assert!(said.caller.is_none_or(|caller| caller.eq_ignore_ascii_case(OWN)));
        }
    }
}
