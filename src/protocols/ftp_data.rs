//! FTP's data connections, RFC 959 section 3.2: a file or a listing, and nothing else.
//!
//! There is no header to recognise. A flow is called so only where the control connection announced its port.

use crate::byteset::ByteSet;
use crate::inspect::Inspector;

/// FTP's data connections.
pub const INSPECTOR: Inspector = Inspector {
    name: "ftp-data",
    title: "File Transfer Protocol, data connection",
    specification: "RFC 959 section 3.2",
    ports: &[20],
    initiator_first: ByteSet::NONE,
    responder_first: ByteSet::NONE,
    confused_with: "anything: a file has no form of its own, and a source port 20 proves nothing",
    ..Inspector::PLAIN
};
