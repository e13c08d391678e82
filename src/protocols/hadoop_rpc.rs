//! Hadoop's remote procedure calls, to name nodes and resource managers, and HBase's, which grew out of them.
//!
//! ```text
//! initiator   "hrpc" | version 9 | service class | 00 simple or DF (SASL) | length | header ...
//!             "HBas" | version 0 | 50 simple, 51 Kerberos, 52 token | length | header ...
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Hadoop RPC.
pub const INSPECTOR: Inspector = Inspector {
    name: "hadoop-rpc",
    title: "Hadoop and HBase RPC",
    specification: "Apache Hadoop: RpcHeader.proto and RpcConstants; Apache HBase book, RPC specification",
    ports: &[8020, 9000, 16000, 16020],
    initiator_first: ByteSet::of(b"hH"),
    responder_first: ByteSet::ANY,
    inspect,
    describe: Some(describe),
    attributes: &[
        ("hadoop-rpc.kind", "hadoop or hbase"),
        ("hadoop-rpc.authentication", "simple, sasl, kerberos or token"),
    ],
    confused_with: "text that begins with hrpc: the version behind it does not fit",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Reads the connection header: kind and authentication.
fn preamble(mut cursor: Cursor<'_>) -> Result<(&'static str, &'static str), Reject> {
    if cursor.one_of(&[b"hrpc", b"HBas"])? == 0 {
        require((4..=9).contains(&cursor.u8()?))?;
        cursor.skip(1)?;
        return match cursor.u8()? {
            0 => Ok(("hadoop", "simple")),
            0xdf => Ok(("hadoop", "sasl")),
            _ => Err(Reject::Mismatch),
        };
    }
    require(cursor.u8()? == 0)?;
    match cursor.u8()? {
        0x50 => Ok(("hbase", "simple")),
        0x51 => Ok(("hbase", "kerberos")),
        0x52 => Ok(("hbase", "token")),
        _ => Err(Reject::Mismatch),
    }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    preamble(opening.request())?;
    // An answer is a length and as much; what is in it depends on the call.
    let mut reply = opening.reply();
    let answered = reply.u32().and_then(|len| require((1..1 << 26).contains(&len)));
    Evidence::of(
        Ok(Confidence::Message),
        answered.map(|()| Confidence::Message),
        "connection-header: hrpc or HBas, version and authentication (Hadoop RpcConstants, HBase RPC specification)",
    )
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok((kind, authentication)) = preamble(opening.request()) {
        attributes.set("hadoop-rpc.kind", kind);
        attributes.set("hadoop-rpc.authentication", authentication);
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a client of Hadoop",
        &[b"hrpc\x09\x00\x00\x00\x00\x00\x1e\x10"],
        &[b"\x00\x00\x00\x1c\x19\x08"],
    ),
    Example::tcp(Confidence::Message, "a client of HBase", &[b"HBas\x00\x50\x00\x00\x00\x20"], &[]),
    Example::not(Transport::Tcp, "another version", &[b"hrpc\x2f\x00\x00"], &[]),
];
