//! Munin, between master and nodes, over TCP.
//!
//! ```text
//! responder   # munin node at HOST␊
//! initiator   cap | nodes | list | config | fetch | version | quit ...␊
//! ```
//!
//! Munin documentation, "Data exchange between master and node".

use crate::byteset::{ByteSet, LETTERS};
use crate::cursor::{require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Verdict};
use crate::key::Transport;

/// Munin.
pub const INSPECTOR: Inspector = Inspector {
    name: "munin",
    title: "Munin",
    specification: "Munin documentation, network protocol",
    ports: &[4949],
    initiator_first: LETTERS,
    responder_first: ByteSet::of(b"#"),
    inspect,
    confused_with: "nothing: the banner names it",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest line in bytes.
const MAX_LINE: usize = 256;
/// The commands that a node knows.
const COMMANDS: [&[u8]; 9] =
    [b"cap", b"nodes", b"list", b"config", b"fetch", b"version", b"quit", b"spoolfetch", b"starttls"];

fn inspect(opening: &Opening<'_>) -> Verdict {
    let mut reply = opening.reply();
    let banner = reply.tag(b"# munin node at ").and_then(|()| reply.line(MAX_LINE));
    let command = opening.request().line(MAX_LINE).and_then(|line| {
        let word = line.split(|&byte| byte == b' ').next().unwrap_or_default();
        require(COMMANDS.iter().any(|known| word.eq_ignore_ascii_case(known)))
    });
    let rule = "banner: a Munin node introduces itself (Munin, network protocol)";
    // A command alone is any word.
    banner?;
    Evidence::of(command.map(|()| Confidence::Message), Ok(Confidence::Message), rule)
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a master asks", &[b"list\n"], &[b"# munin node at web1\n"]),
    Example::tcp(Confidence::Message, "a node that nobody asks", &[], &[b"# munin node at web1\n"]),
    Example::not(Transport::Tcp, "a command alone", &[b"list\n"], &[]),
    Example::not(Transport::Tcp, "another banner", &[b"list\n"], &[b"# nagios node at web1\n"]),
];
