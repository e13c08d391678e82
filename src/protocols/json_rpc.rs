//! JSON-RPC over a bare stream: objects one after the other, or each after a length as language servers send them;
//! the [specification], sections 4 and 5.
//!
//! ```text
//! initiator   {"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":1}
//! responder   {"jsonrpc":"2.0","result":19,"id":1}
//! ```
//!
//! Version 1 has no name in it, and needs both sides: a method, and a result or an error.
//!
//! [specification]: https://www.jsonrpc.org/specification

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::formats::lines::mentions;
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// JSON-RPC.
pub const INSPECTOR: Inspector = Inspector {
    name: "json-rpc",
    title: "JSON remote procedure calls over a stream",
    specification: "JSON-RPC 2.0 sections 4 and 5",
    initiator_first: ByteSet::of(b"{[Cc"),
    responder_first: ByteSet::of(b"{[Cc"),
    inspect,
    describe: Some(describe),
    attributes: &[("json_rpc.method", "the first method that was called"), ("json_rpc.framed", "whether a length comes before each object, as language servers do it")],
    confused_with: "the Debug Adapter Protocol, which has the language servers' header; JSON-RPC over HTTP, which is HTTP",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// How much of an object is looked at, in bytes.
const MAX_BODY: usize = 4096;

/// What an object is.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Object {
    /// It says "jsonrpc".
    is_named: bool,
    has_method: bool,
    has_result: bool,
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let rule = "objects: calls and results (JSON-RPC 2.0 sections 4 and 5)";
    match (object(opening.request()), object(opening.reply())) {
        (Ok(call), Ok(answer)) => {
            // Servers call clients too.
            let pair = call.has_method && (answer.has_result || answer.has_method && answer.is_named);
            require(pair || call.is_named && answer.is_named)?;
            Ok(Evidence::dialogue(rule))
        }
        (Ok(call), Err(Reject::Incomplete)) if call.is_named && call.has_method => Ok(Evidence::message(rule)),
        (Err(Reject::Incomplete), Ok(answer)) if answer.is_named => Ok(Evidence::message(rule).from(Side::Responder)),
        (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) => Err(Reject::Mismatch),
        _ => Err(Reject::Incomplete),
    }
}

/// The beginning of the first object.
pub(super) fn body(mut cursor: Cursor<'_>) -> Result<&[u8], Reject> {
    if cursor.rest().first().is_some_and(|first| first.eq_ignore_ascii_case(&b'c')) {
        return super::dap::framed(cursor);
    }
    let body = cursor.rest();
    // A batch is a list of objects.
    if body.first() == Some(&b'[') {
        cursor.u8()?;
    }
    cursor.tag(b"{")?;
    Ok(body.get(..body.len().min(MAX_BODY)).unwrap_or_default())
}

fn object(cursor: Cursor<'_>) -> Result<Object, Reject> {
    let body = body(cursor)?;
    let next = body.iter().skip(1).find(|byte| !byte.is_ascii_whitespace());
    require(next.is_none_or(|&byte| matches!(byte, b'"' | b'{')))?;
    let object = Object {
        is_named: mentions(body, "\"jsonrpc\""),
        has_method: mentions(body, "\"method\""),
        has_result: mentions(body, "\"result\"") || mentions(body, "\"error\""),
    };
    if !object.has_method && !object.has_result {
        return Err(if body.len() < MAX_BODY { Reject::Incomplete } else { Reject::Mismatch });
    }
    Ok(object)
}

/// The value of `"method"`.
pub(super) fn method(cursor: Cursor<'_>) -> Option<&[u8]> {
    let body = body(cursor).ok()?;
    let key = b"\"method\"";
    let at = body.windows(key.len()).position(|window| window == key)?;
    let rest = body.get(at + key.len()..)?.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    rest.strip_prefix(b"\"")?.split(|&byte| byte == b'"').next()
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("json_rpc.method", method(opening.request()));
    let framed = opening.request().rest().first().is_some_and(|first| first.eq_ignore_ascii_case(&b'c'));
    attributes.set("json_rpc.framed", framed);
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a call and its result",
        &[b"{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"params\":[1],\"id\":1}"],
        &[b"{\"jsonrpc\":\"2.0\",\"result\":1,\"id\":1}"],
    ),
    Example::tcp(
        Confidence::Dialogue,
        "version 1",
        &[b"{\"method\": \"echo\", \"params\": [], \"id\": 1}\n"],
        &[b"{\"result\": 1, \"error\": null, \"id\": 1}\n"],
    ),
    Example::tcp(
        Confidence::Message,
        "a language server's client",
        &[b"Content-Length: 44\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\"}"],
        &[],
    ),
    Example::not(Transport::Tcp, "other JSON", &[b"{\"name\":\"x\",\"value\":1}"], &[b"{\"ok\":true}"]),
    Example::not(Transport::Tcp, "a debug adapter's client", &[b"Content-Length: 30\r\n\r\n{\"seq\": 2, \"type\": \"request\"}"], &[]),
];
