//! Splunk's forwarder protocol (S2S), to indexers over TCP.
//!
//! ```text
//! initiator   "--splunk-cooked-mode-v3--", zeros to 128 bytes   server's name (256)   port (16)   then events
//! ```
//!
//! As Splunk's forwarders send it, versions 1 to 3. Indexers may acknowledge.

use crate::byteset::ByteSet;
use crate::cursor::{require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Verdict};
use crate::key::Transport;

/// Splunk forwarder (S2S).
pub const INSPECTOR: Inspector = Inspector {
    name: "splunk-s2s",
    title: "Splunk forwarder (S2S)",
    specification: "the behaviour of Splunk forwarders; no public specification",
    ports: &[9997],
    initiator_first: ByteSet::of(b"-"),
    responder_first: ByteSet::ANY,
    inspect,
    confused_with: "nothing: the signature names it",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn inspect(opening: &Opening<'_>) -> Verdict {
    let mut request = opening.request();
    request.tag(b"--splunk-cooked-mode")?;
    let rest = request.until(0, 107)?;
    require(rest.is_empty() || rest.starts_with(b"-v") && rest.ends_with(b"--") || rest == b"--")?;
    Ok(Evidence::message("signature: the forwarder says that it sends cooked data (Splunk)"))
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Message, "a forwarder begins", &[b"--splunk-cooked-mode-v3--\0\0\0\0"], &[]),
    Example::not(Transport::Tcp, "another signature", &[b"--splunk-raw-mode--\0\0\0\0"], &[]),
];
