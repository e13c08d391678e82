//! Alerts of TLS and DTLS, as long as they are in clear: RFC 8446 section 6, RFC 5246 section 7.2.

use std::fmt;

/// An alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Whether it ends the connection.
    pub fatal: bool,
    /// What it says.
    pub code: u8,
}

impl Alert {
    /// Reads an alert record's content, if it is in clear: an encrypted one is longer than two bytes.
    #[must_use]
    pub const fn parse(content: &[u8]) -> Option<Self> {
        match content {
            &[level @ 1..=2, code] if name(code).is_some() => Some(Self { fatal: level == 2, code }),
            _ => None,
        }
    }
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = if self.fatal { "fatal" } else { "warning" };
        write!(f, "{level} {}", name(self.code).unwrap_or("unknown"))
    }
}

/// The description's name (IANA "TLS Alerts").
#[must_use]
pub const fn name(code: u8) -> Option<&'static str> {
    Some(match code {
        0 => "close_notify",
        10 => "unexpected_message",
        20 => "bad_record_mac",
        21 => "decryption_failed",
        22 => "record_overflow",
        30 => "decompression_failure",
        40 => "handshake_failure",
        41 => "no_certificate",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        52 => "too_many_cids_requested",
        60 => "export_restriction",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        86 => "inappropriate_fallback",
        90 => "user_canceled",
        100 => "no_renegotiation",
        109 => "missing_extension",
        110 => "unsupported_extension",
        111 => "certificate_unobtainable",
        112 => "unrecognized_name",
        113 => "bad_certificate_status_response",
        114 => "bad_certificate_hash_value",
        115 => "unknown_psk_identity",
        116 => "certificate_required",
        120 => "no_application_protocol",
        121 => "ech_required",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_in_clear_has_two_bytes_a_level_and_a_known_code() {
        assert_eq!(Alert::parse(&[2, 40]).unwrap().to_string(), "fatal handshake_failure");
        assert_eq!(Alert::parse(&[1, 0]).unwrap().to_string(), "warning close_notify");
        for bad in [&[3, 40][..], &[2, 200], &[2], &[2, 40, 0]] {
            assert_eq!(Alert::parse(bad), None);
        }
    }
}
