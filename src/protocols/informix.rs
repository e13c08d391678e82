//! Informix' SQLI protocol: the client's first message.
//!
//! ```text
//! initiator   "sq" | length and options in letters | "sqlexec " user "-p" password "9.280 ..." "-d" database ...
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Informix.
pub const INSPECTOR: Inspector = Inspector {
    name: "informix",
    title: "IBM Informix SQLI",
    specification: "Informix SQLI: connection message as seen from its clients",
    ports: &[9088, 9089, 1526],
    initiator_first: ByteSet::of(b"s"),
    responder_first: ByteSet::ANY,
    inspect,
    confused_with: "nothing: sq, letters, and sqlexec or sqlturbo",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn connection(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    cursor.tag(b"sq")?;
    // The message's length and options, written in letters and digits, at times with a byte in between.
    let options = cursor.take(8)?;
    require(options.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte)))?;
    cursor.one_of(&[b"sqlexec ", b"sqlturbo ", b"ASF "])?;
    Ok(())
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    connection(opening.request())?;
    Ok(Evidence::new(Confidence::Message, "connection: sq, options and the service's name (Informix SQLI)"))
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Message, "a client connects", &[b"sqAXABPQAAsqlexec bob -psecret 9.280  RDS#R000000"], &[]),
    Example::not(Transport::Tcp, "text", &[b"sqABCDEFGHsomething else"], &[]),
];
