//! VMware's authentication daemon on ESXi hosts, TCP 902: the greeting before TLS.
//!
//! ```text
//! server   220 VMware Authentication Daemon Version 1.10: SSL Required, ServerDaemonProtocol:SOAP, ...␍␊
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// VMware's authentication daemon.
pub const INSPECTOR: Inspector = Inspector {
    name: "vmware-auth",
    title: "VMware Authentication Daemon",
    specification: "VMware: ports and protocols of ESXi; greeting as seen on the wire",
    ports: &[902],
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::of(b"2"),
    inspect,
    describe: Some(describe),
    attributes: &[("vmware-auth.greeting", "the daemon's greeting")],
    confused_with: "FTP and SMTP, whose greetings begin with 220 as well",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const GREETING: &[u8] = b"220 VMware Authentication Daemon";
/// Longest greeting in bytes.
const MAX_LINE: usize = 512;

fn greeting(mut cursor: Cursor<'_>) -> Result<&[u8], Reject> {
    let mut start = cursor;
    start.tag(GREETING)?;
    let line = cursor.line(MAX_LINE)?;
    require(is_text(line))?;
    Ok(line)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    greeting(opening.reply())?;
    Ok(Evidence::message("greeting: the daemon's greeting").from(Side::Responder))
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("vmware-auth.greeting", greeting(opening.reply()).ok());
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Message,
        "the greeting",
        &[],
        &[b"220 VMware Authentication Daemon Version 1.10: SSL Required\r\n"],
    ),
    Example::not(Transport::Tcp, "an FTP server", &[], &[b"220 ProFTPD Server ready\r\n"]).on(902),
];
