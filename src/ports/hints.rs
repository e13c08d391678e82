//! What a registration's description says about the layer below: for services of which nothing else is known.

/// What a word of a description promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    /// That all is encrypted, and by what. What is then inside is not seen.
    Encrypted(&'static [&'static str]),
    /// A layer that is sent in the clear.
    Clear(&'static [&'static str]),
    /// What may be sent in the clear or not.
    Either(&'static [&'static str]),
}

use Word::{Clear, Either, Encrypted};

const WEB: Word = Either(&["http", "http2", "tls"]);

/// Whole words in lower case, and what they promise. Those of one kind are promised beside each other.
#[rustfmt::skip]
static WORDS: &[(&str, Word)] = &[
    ("dtls", Encrypted(&["dtls", "tls"])),
    ("https", Encrypted(&["tls"])),
    ("nhttps", Encrypted(&["tls"])),
    ("tls", Encrypted(&["tls", "dtls"])),
    ("ssl", Encrypted(&["tls"])),
    ("ssh", Encrypted(&["ssh"])),
    ("secure", Encrypted(&["tls", "dtls"])),
    ("secured", Encrypted(&["tls", "dtls"])),
    ("http", Clear(&["http", "http2"])),
    ("nhttp", Clear(&["http", "http2"])),
    ("soap", Either(&["http", "tls"])),
    ("web", WEB),
    ("webadmin", WEB),
    ("webdav", WEB),
    ("webmail", WEB),
    ("webserver", WEB),
    ("webservice", WEB),
    ("webservices", WEB),
];

/// Everything that a word can promise.
const PROMISED: &[&str] = &["tls", "http", "http2", "dtls", "ssh"];

/// Whether `description` makes `protocol` (canonical name) what is expected. Allocates nothing.
pub(super) fn expect(description: &str, protocol: &str) -> bool {
    // Most protocols are no layer below anything: for them nothing is read.
    if !PROMISED.contains(&protocol) {
        return false;
    }
    let [mut encrypted, mut clear, mut either] = [None; 3];
    let mut before = "";
    for word in description.split(|c: char| !c.is_ascii_alphanumeric()) {
        let is_denied = before.eq_ignore_ascii_case("non");
        before = word;
        let Some((_, promise)) = WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)) else {
            continue;
        };
        let (promised, names) = match promise {
            Encrypted(_) if is_denied => continue,
            Encrypted(names) => (&mut encrypted, names),
            Clear(names) => (&mut clear, names),
            Either(names) => (&mut either, names),
        };
        *promised = Some(promised.unwrap_or(false) || names.contains(&protocol));
    }
    // Of "HTTP over TLS" the TLS is what is sent; of "SOAP/HTTP" it is HTTP, and without encryption.
    encrypted.or(clear).or(either).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outermost_layer_that_a_description_names_is_expected() {
        for (description, expected) in [
            ("Netmo HTTP", &["http", "http2"][..]),
            ("SAPHostControl over SOAP/HTTP", &["http", "http2"]),
            ("SAPHostControl over SOAP/HTTPS", &["tls"]),
            ("Synapse Non Blocking HTTPS", &["tls"]),
            ("RID over HTTP/TLS", &["tls", "dtls"]),
            ("SIP-TLS", &["tls", "dtls"]),
            ("securitylayer over tls", &["tls", "dtls"]),
            ("TL1 over SSH", &["ssh"]),
            ("Secure SMPP", &["tls", "dtls"]),
            ("Software Essentials Secure HTTP server", &["tls", "dtls"]),
            ("Sun Web Console Admin", &["tls", "http", "http2"]),
            ("IBM WebSphere MQ Everyplace", &[]),
            ("Oracle OMS non-secure", &[]),
            ("SecureNotebook-CLNT", &[]),
            ("", &[]),
        ] {
            for protocol in PROMISED {
                let is_expected = expected.contains(protocol);
                assert_eq!(expect(description, protocol), is_expected, "{description}: {protocol}");
            }
            assert!(!expect(description, "smtp"), "{description}");
        }
    }

    #[test]
    fn whatever_a_word_promises_is_read_for() {
        for (word, promise) in WORDS {
            assert_eq!(*word, word.to_lowercase());
            let (Encrypted(names) | Clear(names) | Either(names)) = promise;
            assert!(names.iter().all(|name| PROMISED.contains(name)), "{word}");
        }
    }
}
