//! NoMachine's NX, as far as its greeting is seen on the wire.
//!
//! ```text
//! client  NXSH-8.10.1␊        server  NXD-8.10.1␊        then TLS in the same connection
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::formats::tls_records::Flight;
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// NX.
pub const INSPECTOR: Inspector = Inspector {
    name: "nx",
    title: "NoMachine NX",
    specification: "greeting as observed; the maker publishes none",
    ports: &[4000],
    initiator_first: ByteSet::of(b"N"),
    responder_first: ByteSet::of(b"N"),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("nx.client_version", "the client's version"),
        ("nx.server_version", "the server's version"),
        ("nx.tls", "whether TLS follows"),
    ],
    confused_with: "nothing: no other protocol begins with its words and a version",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Longest version in characters.
const MAX_VERSION: usize = 32;

fn greeting<'a>(stream: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    stream.one_of(&[b"NXSH-", b"NXD-"])?;
    let version = stream.line(MAX_VERSION)?;
    let numbers = !version.is_empty() && version.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    require(numbers)?;
    Ok(version)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |mut cursor: Cursor<'_>| greeting(&mut cursor).map(|_| Confidence::Message);
    Evidence::of(judge(opening.request()), judge(opening.reply()), "greeting: NX's word and a version")
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let (mut request, mut reply) = (opening.request(), opening.reply());
    attributes.set_some("nx.client_version", greeting(&mut request).ok());
    attributes.set_some("nx.server_version", greeting(&mut reply).ok());
    if let Ok(flight) = Flight::read(request) {
        attributes.set("nx.tls", flight.client_hello().is_ok());
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "both sides greet", &[b"NXSH-8.10.1\n"], &[b"NXD-8.10.1\n"]),
    Example::tcp(Confidence::Message, "nobody answers", &[b"NXSH-8.10.1\n"], &[]),
    Example::not(Transport::Tcp, "a word that begins alike", &[b"NXSH-test\n"], &[]),
];
