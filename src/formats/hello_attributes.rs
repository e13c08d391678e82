//! What two hellos tell people: name, application protocols, version, suite, fingerprints.

use super::hello::{ClientHello, ServerHello};
use super::tls_numbers::version_name;
use super::{cipher_suites, ja};
use crate::attributes::Attributes;

/// The attribute keys of a hello.
#[derive(Clone, Copy, Debug)]
pub struct Keys {
    /// The name that the client asks for.
    pub sni: &'static str,
    /// The chosen application protocol, or the offered ones while none is known to be chosen.
    pub alpn: &'static str,
    /// The version: the chosen one, or the highest offered while none is known to be chosen.
    pub version: &'static str,
    /// The chosen cipher suite.
    pub cipher: &'static str,
    /// The client's JA3, where it is in use.
    pub ja3: Option<&'static str>,
    /// The client's JA4.
    pub ja4: &'static str,
}

impl Keys {
    /// Tells what the client said.
    pub fn describe_client(&self, hello: &ClientHello<'_>, attributes: &mut Attributes) {
        attributes.set_some(self.sni, hello.server_name());
        let alpn: Vec<String> = hello.alpn().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        if !alpn.is_empty() {
            attributes.set(self.alpn, alpn);
        }
        let version = version_name(hello.highest_version()).filter(|_| hello.tells_version());
        attributes.set_some(self.version, version);
        if hello.is_whole() {
            if let Some(key) = self.ja3 {
                attributes.set(key, ja::ja3(hello));
            }
            attributes.set(self.ja4, ja::ja4(hello));
        }
    }

    /// Tells what the server answered, which replaces what was only offered.
    pub fn describe_server(&self, hello: &ServerHello<'_>, attributes: &mut Attributes) {
        // What the client offers is not what was chosen.
        if hello.tells_version() {
            attributes.set_some(self.version, version_name(hello.chosen_version()));
        } else {
            attributes.forget(self.version);
        }
        attributes.set(self.cipher, cipher_suites::name(hello.cipher));
        if let Some(chosen) = hello.alpn() {
            attributes.set(self.alpn, vec![String::from_utf8_lossy(chosen).into_owned()]);
        }
    }
}
