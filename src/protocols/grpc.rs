//! gRPC without TLS: HTTP/2 whose requests have the content type `application/grpc`, the protocol's
//! [description], section "Requests".
//!
//! Header fields are compressed (RFC 7541), but the first request of a connection spells the content type out, in
//! ASCII or in HPACK's Huffman code, where it takes exactly eleven bytes.
//!
//! [description]: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md

use super::http2;
use crate::byteset::ByteSet;
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// gRPC in clear.
pub const INSPECTOR: Inspector = Inspector {
    name: "grpc",
    title: "gRPC",
    specification: "gRPC over HTTP2, section Requests; RFC 7541 appendix B",
    ports: &[50051],
    refines: Some("http2"),
    initiator_first: ByteSet::of(b"P"),
    responder_first: ByteSet::ANY,
    inspect,
    confused_with: "other uses of HTTP/2, whose content type is another",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// How a request spells its content type.
const SPELLINGS: [&[u8]; 2] =
    [b"application/grpc", &[0x1d, 0x75, 0xd0, 0x62, 0x0d, 0x26, 0x3d, 0x4c, 0x4d, 0x65, 0x64]];

fn inspect(opening: &Opening<'_>) -> Verdict {
    let carrier = (http2::INSPECTOR.inspect)(opening)?;
    let bytes = opening.initiator.bytes();
    let spelt = SPELLINGS.iter().any(|spelling| memchr::memmem::find(bytes, spelling).is_some());
    if !spelt {
        return Err(if opening.initiator.has_ended() { Reject::Mismatch } else { Reject::Incomplete });
    }
    Ok(Evidence::new(carrier.confidence, "content-type: HTTP/2 with the content type application/grpc (gRPC over HTTP2, Requests)"))
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "the content type in ASCII",
        &[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\x13\x01\x04\0\0\0\x01\x83\x5f\x10application/grpc"],
        &[b"\0\0\0\x04\0\0\0\0\0"],
    ),
    Example::tcp(
        Confidence::Message,
        "the content type in Huffman's code",
        &[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\x0e\x01\x04\0\0\0\x01\x83\x5f\x8b\x1d\x75\xd0\x62\x0d\x26\x3d\x4c\x4d\x65\x64"],
        &[],
    ),
    Example::not(
        Transport::Tcp,
        "HTTP/2 with another content type",
        &[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"],
        &[b"\0\0\0\x04\0\0\0\0\0"],
    ),
];
