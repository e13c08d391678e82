//! Stratum and its relatives, by which miners get their work: JSON-RPC with mining's own methods.
//!
//! ```text
//! initiator   {"id":1,"method":"mining.subscribe","params":["miner/1.0"]}␊
//!             {"id":1,"method":"login","params":{"login":"…","pass":"x","agent":"…"}}␊         (Monero)
//!             {"id":1,"jsonrpc":"2.0","method":"eth_submitLogin","params":["0x…"]}␊             (Ethereum)
//! responder   {"id":1,"result":[[["mining.set_difficulty","1"]],…],"error":null}␊
//! ```

use super::json_rpc;
use crate::byteset::ByteSet;
use crate::cursor::Cursor;
use crate::formats::lines::mentions;
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Stratum.
pub const INSPECTOR: Inspector = Inspector {
    name: "stratum",
    title: "Stratum mining protocol",
    specification: "Stratum mining protocol (Slush Pool); EthereumStratum; the pools' Monero protocol",
    ports: &[3333, 4444, 5555, 7777, 14444],
    refines: Some("json-rpc"),
    initiator_first: ByteSet::of(b"{"),
    responder_first: ByteSet::of(b"{"),
    inspect,
    describe: Some(describe),
    attributes: &[("stratum.method", "the first method that was called"), ("stratum.agent", "the mining program")],
    confused_with: "other JSON-RPC, whose methods are others",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Methods that only miners call.
const METHODS: &[&[u8]] = &[
    b"mining.subscribe", b"mining.authorize", b"mining.configure", b"mining.extranonce.subscribe", b"eth_submitLogin", b"eth_login",
    b"eth_submitWork", b"eth_getWork", b"eth_submitHashrate", b"keepalived",
];

fn inspect(opening: &Opening<'_>) -> Verdict {
    let called = mining(opening.request())?;
    let mut reply = opening.reply();
    match reply.tag(b"{") {
        Ok(()) if called => Ok(Evidence::dialogue("mining-method: a miner's method, and an object (Stratum)")),
        Err(Reject::Incomplete) if called => Ok(Evidence::message("mining-method: a miner's method (Stratum)")),
        _ => Err(Reject::Mismatch),
    }
}

fn mining(cursor: Cursor<'_>) -> Result<bool, Reject> {
    let body = json_rpc::body(cursor)?;
    let Some(method) = json_rpc::method(cursor) else { return Err(Reject::Incomplete) };
    // Monero's pools call it login, and pass the address and the program's name.
    let login = method == b"login" && mentions(body, "\"login\"") && mentions(body, "\"pass\"");
    if METHODS.contains(&method) || login {
        return Ok(true);
    }
    let goes_on = METHODS.iter().any(|known| known.starts_with(method)) || b"login".starts_with(method);
    Err(if goes_on { Reject::Incomplete } else { Reject::Mismatch })
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("stratum.method", json_rpc::method(opening.request()));
    let body = json_rpc::body(opening.request()).unwrap_or_default();
    let key = b"\"agent\":\"";
    let at = body.windows(key.len()).position(|window| window == key);
    let rest = at.and_then(|at| body.get(at + key.len()..));
    attributes.set_some("stratum.agent", rest.and_then(|rest| rest.split(|&byte| byte == b'"').next()));
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a miner subscribes",
        &[b"{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[\"miner/1.0\"]}\n"],
        &[b"{\"id\":1,\"result\":[\"1\"],\"error\":null}\n"],
    ),
    Example::tcp(
        Confidence::Message,
        "a miner of Monero",
        &[b"{\"method\":\"login\",\"params\":{\"login\":\"4\",\"pass\":\"x\",\"agent\":\"m/1\"},\"id\":1}\n"],
        &[],
    ),
    Example::not(Transport::Tcp, "another method", &[b"{\"id\":1,\"method\":\"echo\",\"params\":[]}\n"], &[]),
];
