//! The Checkmk agent's output in clear, over TCP.
//!
//! ```text
//! responder   <<<check_mk>>>␊Version: 2.2.0␊AgentOS: linux␊...
//! ```
//!
//! Checkmk documentation, "The agent output". The agent speaks first and nobody answers; newer ones use TLS.

use crate::byteset::ByteSet;
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Side, Verdict};
use crate::key::Transport;

/// Checkmk agent.
pub const INSPECTOR: Inspector = Inspector {
    name: "check-mk",
    title: "Checkmk agent",
    specification: "Checkmk documentation, agent output format",
    ports: &[6556],
    initiator_first: ByteSet::NONE,
    responder_first: ByteSet::of(b"<"),
    inspect,
    confused_with: "nothing",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn inspect(opening: &Opening<'_>) -> Verdict {
    let mut reply = opening.reply();
    reply.tag(b"<<<check_mk>>>")?;
    let _line = reply.line(16)?;
    reply.tag(b"Version:")?;
    Ok(Evidence::message("sections: the agent's first section with its version (Checkmk)").from(Side::Responder))
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Message, "an agent's output", &[], &[b"<<<check_mk>>>\nVersion: 2.2.0p1\nAgentOS: linux\n"]),
    Example::not(Transport::Tcp, "another section first", &[], &[b"<<<uptime>>>\n1 2\n"]),
];
