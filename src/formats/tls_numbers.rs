//! Numbers that TLS, DTLS and QUIC share: extension types, reserved values, versions and their names.

/// Extension types (IANA "TLS ExtensionType Values").
pub mod extension {
    /// RFC 6066 section 3.
    pub const SERVER_NAME: u16 = 0;
    /// RFC 8422 section 5.1.1.
    pub const SUPPORTED_GROUPS: u16 = 10;
    /// RFC 8422 section 5.1.2.
    pub const POINT_FORMATS: u16 = 11;
    /// RFC 8446 section 4.2.3.
    pub const SIGNATURE_ALGORITHMS: u16 = 13;
    /// RFC 7301 section 3.1.
    pub const ALPN: u16 = 16;
    /// RFC 8446 section 4.2.1.
    pub const SUPPORTED_VERSIONS: u16 = 43;
    /// RFC 9146 section 3.
    pub const CONNECTION_ID: u16 = 54;
}

/// Whether `value` is one of the reserved values that clients sprinkle in to keep servers tolerant (RFC 8701).
#[must_use]
pub const fn is_grease(value: u16) -> bool {
    value & 0x0f0f == 0x0a0a && value >> 8 == value & 0xff
}

/// What a version number is called: `1.3`, `ssl3` ...; DTLS has numbers of its own that count downwards.
#[must_use]
pub const fn version_name(version: u16) -> Option<&'static str> {
    Some(match version {
        0x0002 => "ssl2",
        0x0300 => "ssl3",
        // 0100 is what OpenSSL 0.9.8 and old AnyConnect gateways speak: DTLS 1.0 before it had a number.
        0x0301 | 0xfeff | 0x0100 => "1.0",
        0x0302 => "1.1",
        0x0303 | 0xfefd => "1.2",
        // Drafts of 1.3 are 7Fxx (RFC 8446's drafts, section 4.2.1.1).
        0x0304 | 0xfefc | 0x7f00..=0x7fff => "1.3",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grease_is_told_from_what_looks_like_it() {
        assert!(is_grease(0x0a0a) && is_grease(0xfafa));
        assert!(!is_grease(0x0a1a) && !is_grease(0x0b0b));
    }

    #[test]
    fn drafts_and_old_numbers_have_the_names_of_what_they_became() {
        assert_eq!(version_name(0x7f17), Some("1.3"));
        assert_eq!(version_name(0x0100), Some("1.0"));
        assert_eq!(version_name(0x0305), None);
    }
}
