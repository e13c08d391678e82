//! Open vSwitch Database management protocol (OVSDB): JSON-RPC over TCP.
//!
//! ```text
//! {"method":"monitor","params":[...],"id":1}      {"result":...,"error":null,"id":1}
//! ```
//!
//! RFC 7047 section 4. The method is one of the few that it has; `echo` others have too.

use crate::byteset::ByteSet;
use crate::cursor::{require};
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// Open vSwitch Database management protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "ovsdb",
    title: "Open vSwitch Database management protocol",
    specification: "RFC 7047 section 4",
    ports: PORTS,
    initiator_first: ByteSet::of(b"{"),
    responder_first: ByteSet::of(b"{"),
    refines: Some("json-rpc"),
    inspect,
    confused_with: "other JSON-RPC, whose methods have other names",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[6640, 6632];
/// The methods that only OVSDB has (RFC 7047 section 4.1, and the server's manual).
const METHODS: [&[u8]; 8] = [
    b"\"list_dbs\"", b"\"get_schema\"", b"\"transact\"", b"\"monitor\"", b"\"monitor_cond\"", b"\"monitor_cond_since\"",
    b"\"get_server_id\"", b"\"set_db_change_aware\"",
];
/// How many bytes of a side are searched: the method stands at the beginning, or behind short parameters.
const SEARCHED: usize = 512;

fn inspect(opening: &Opening<'_>) -> Verdict {
    let judge = |side: Side| -> Result<Confidence, Reject> {
        let bytes = opening.said(side).bytes();
        let near = bytes.get(..SEARCHED).unwrap_or(bytes);
        if near.is_empty() {
            return Err(Reject::Incomplete);
        }
        require(near.starts_with(b"{") && (near.len() < 2 || matches!(near.get(1), Some(b'"' | b' ' | b'\n' | b'\r'))))?;
        let has = |word: &[u8]| near.windows(word.len()).any(|part| part == word);
        let calls = has(b"\"method\"") && has(b"\"params\"") && METHODS.iter().any(|method| has(method));
        let echoes = has(b"\"echo\"") && has(b"\"params\"");
        match (calls, has(b"\"result\"") && has(b"\"id\""), opening.is_on(PORTS)) {
            (true, ..) => Ok(Confidence::Message),
            (_, true, _) => Ok(Confidence::Behaviour),
            (_, _, true) if echoes => Ok(Confidence::Message),
            _ => Err(Reject::Incomplete),
        }
    };
    let rule = "methods: a call of a method that OVSDB has (RFC 7047 section 4.1)";
    match (judge(Side::Initiator), judge(Side::Responder)) {
        (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) => Err(Reject::Mismatch),
        // A result alone could be any remote procedure call's.
        (Ok(Confidence::Behaviour) | Err(_), Ok(Confidence::Behaviour) | Err(_)) => Err(Reject::Incomplete),
        (Ok(_), Ok(_)) => Ok(Evidence::dialogue(rule)),
        (Ok(confidence), Err(_)) | (Err(_), Ok(confidence)) => Ok(Evidence::new(confidence, rule)),
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a call and its result",
        &[b"{\"method\":\"list_dbs\",\"params\":[],\"id\":1}"],
        &[b"{\"id\":1,\"result\":[\"Open_vSwitch\"],\"error\":null}"],
    ),
    Example::tcp(Confidence::Message, "an echo on its port", &[b"{\"method\":\"echo\",\"params\":[],\"id\":\"echo\"}"], &[]).on(6640),
    Example::not(Transport::Tcp, "a call of another interface", &[b"{\"method\":\"eth_call\",\"params\":[],\"id\":1}"], &[]),
];
