//! Citrix Common Gateway Protocol (CGP): ICA with session reliability, port 2598.
//!
//! ```text
//! client   1A 43 47 50 2F 30 31 ..     a mark, "CGP/01", and a binding request that names a service
//! ```
//!
//! The protocol is not public; these bytes are seen on the wire.

use crate::byteset::ByteSet;
use crate::cursor::Cursor;
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// CGP.
pub const INSPECTOR: Inspector = Inspector {
    name: "cgp",
    title: "Citrix Common Gateway Protocol",
    specification: "not public; greeting as seen on the wire",
    ports: &[2598],
    initiator_first: ByteSet::of(&[0x1a]),
    // How a server answers is not known for certain.
    responder_first: ByteSet::ANY,
    inspect,
    describe: Some(describe),
    attributes: &[("cgp.service", "the service that the client asks for")],
    confused_with: "ICA without session reliability, which begins with 7F 7F",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// 56 bits: a mark and the protocol's name and version.
pub(super) const GREETING: &[u8] = b"\x1aCGP/01";
/// The service in a client's request for a session.
const SERVICE: &[u8] = b"Citrix.TcpProxyService";
/// Bytes of the client's first message in which the service's name is looked for.
const REQUEST_LEN: usize = 512;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "greeting: CGP's greeting, 1A and CGP/01";
    match (greeting(opening.request()), greeting(opening.reply())) {
        (Ok(()), Ok(())) => Ok(Evidence::dialogue(rule)),
        (Ok(()), Err(_)) => Ok(Evidence::message(rule)),
        (Err(_), Ok(())) if opening.initiator.is_silent() => Ok(Evidence::message(rule).from(Side::Responder)),
        (Err(Reject::Incomplete), Err(Reject::Incomplete)) => Err(Reject::Incomplete),
        (Err(Reject::Incomplete), _) if opening.initiator.is_silent() => Err(Reject::Mismatch),
        (Err(reject), _) => Err(reject),
    }
}

fn greeting(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    cursor.tag(GREETING)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let bytes = opening.initiator.bytes();
    let head = bytes.get(..bytes.len().min(REQUEST_LEN)).unwrap_or_default();
    let named = head.windows(SERVICE.len()).any(|window| window == SERVICE);
    attributes.set_some("cgp.service", named.then_some(SERVICE));
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Message,
        "a client's request",
        &[b"\x1aCGP/01\x01\0\0\0\x16Citrix.TcpProxyService"],
        &[],
    ),
    Example::tcp(Confidence::Dialogue, "both sides greet", &[GREETING], &[GREETING]),
    Example::not(Transport::Tcp, "another version", &[b"\x1aCGP/99"], &[]),
];
