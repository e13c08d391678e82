//! libp2p, under IPFS, Ethereum's consensus layer and Polkadot: multistream-select over TCP.
//!
//! ```text
//! both   length | "/multistream/1.0.0" LF | length | "/noise" LF ...
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// libp2p.
pub const INSPECTOR: Inspector = Inspector {
    name: "libp2p",
    title: "libp2p (multistream-select)",
    specification: "multistream-select 1.0.0, message format; libp2p connection establishment",
    ports: &[4001],
    initiator_first: ByteSet::of(&[0x13, 0x14]),
    responder_first: ByteSet::of(&[0x13, 0x14]),
    inspect,
    describe: Some(describe),
    attributes: &[("libp2p.security", "protocol that is asked for first: /noise, /tls/1.0.0 ...")],
    confused_with: "nothing: a length and the protocol's name",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

fn name<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    let len = usize::from(cursor.u8()?);
    require((2..0x80).contains(&len))?;
    let line = cursor.take(len)?;
    let name = line.strip_suffix(b"\n").ok_or(Reject::Mismatch)?;
    require(is_text(name))?;
    Ok(name)
}

fn multistream(cursor: &mut Cursor<'_>) -> Result<Confidence, Reject> {
    cursor.one_of(&[b"\x13/multistream/1.0.0\n", b"\x14/multistream/1.0.0\n"])?;
    Ok(Confidence::Message)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    Evidence::of(
        multistream(&mut opening.request()),
        multistream(&mut opening.reply()),
        "multistream: its name with a length in front (multistream-select, message format)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let mut request = opening.request();
    let asked = multistream(&mut request).and_then(|_| name(&mut request)).ok();
    attributes.set_some("libp2p.security", asked);
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "noise is agreed on",
        &[b"\x13/multistream/1.0.0\n\x07/noise\n"],
        &[b"\x13/multistream/1.0.0\n\x07/noise\n"],
    ),
    Example::not(Transport::Tcp, "another name", &[b"\x13/multistream/2.0.0\n"], &[]),
];
