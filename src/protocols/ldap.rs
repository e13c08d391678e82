//! Lightweight Directory Access Protocol (LDAP, RFC 4511), and CLDAP, its form over UDP (MS-ADTS section 6.3.3).
//!
//! ```text
//! 30 length, 02 length number, operation (application tag) length ..., controls
//!    60 61 bind   42 unbind   63 64 65 73 search   66..6F, 4A modifications   50 abandon   77 78 79 extended
//! ```
//!
//! After a bind that agreed on signing or sealing, messages travel inside a length (4) and a security token.
//!
//! A sequence, a number and an application tag are five bytes that any ASN.1 protocol could have: what an
//! operation begins with is read too, and an unbind, which is seven bytes in all, counts on the port only.

mod message;

use crate::byteset::ByteSet;
use crate::cursor::Cursor;
use crate::formats::ntlm;
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict,
};
use crate::key::Transport;
use message::{Message, Operation};

/// LDAP.
pub const INSPECTOR: Inspector = Inspector {
    name: "ldap",
    title: "Lightweight Directory Access Protocol",
    specification: "RFC 4511 section 4",
    carriers: Carriers::TCP_UDP,
    ports: PORTS,
    initiator_first: FIRST,
    responder_first: FIRST,
    inspect,
    describe: Some(describe),
    attributes: &[
        ("ldap.version", "protocol version of the bind"),
        ("ldap.bind_dn", "the name that the client binds as"),
        ("ldap.authentication", "anonymous, simple, the SASL mechanism, or sicily"),
        ("ldap.result", "result code of the first bind or search (RFC 4511 appendix A)"),
        ("ldap.base", "where the first search begins"),
        ("ldap.operations", "the client's first operations"),
        ("ldap.start_tls", "whether the client asks for TLS"),
        ("ldap.protected", "whether messages go on inside security tokens"),
        ntlm::ATTRIBUTES[0],
        ntlm::ATTRIBUTES[1],
        ntlm::ATTRIBUTES[2],
        ntlm::ATTRIBUTES[3],
    ],
    headline: &["ldap.bind_dn", "ldap.base"],
    confused_with: "SNMP and Kerberos, ASN.1 as well; MQTT, whose first byte a closing LDAP flow's may be",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// LDAP and the global catalogue.
const PORTS: &[u16] = &[389, 3268];
/// A sequence; the length of a protected message, which is below 16 MiB.
const FIRST: ByteSet = ByteSet::of(&[0x30, 0]);
/// Messages of a side that are read.
const MAX_MESSAGES: usize = 8;

/// What a side's first messages are.
#[derive(Debug)]
struct Messages<'a> {
    first: Result<Confidence, Reject>,
    kept: [Option<Message<'a>>; MAX_MESSAGES],
    protected: bool,
}

fn messages<'a>(opening: &Opening<'a>, side: Side) -> Messages<'a> {
    let said: Said<'a> = opening.said(side);
    let mut kept = [None; MAX_MESSAGES];
    let mut first = Err(Reject::Incomplete);
    let mut protected = false;
    // A datagram may hold several messages: a search's entry and its end.
    let mut cursor = said.cursor(opening.transport);
    for (place, slot) in kept.iter_mut().enumerate() {
        if cursor.is_empty() && place > 0 {
            break;
        }
        match message::message(&mut cursor) {
            Ok(message) => {
                if place == 0 {
                    first = if message.is_request == (side == Side::Initiator) {
                        Ok(message.confidence())
                    } else {
                        Err(Reject::Mismatch)
                    };
                }
                *slot = Some(message);
            }
            Err(reject) => {
                protected = is_protected(cursor);
                if place == 0 {
                    first = Err(reject);
                }
                break;
            }
        }
    }
    Messages { first, kept, protected }
}

/// A length, and a token of Kerberos (RFC 4121 section 4.2.6.2) or NTLM (MS-NLMP section 2.2.2.9).
fn is_protected(mut cursor: Cursor<'_>) -> bool {
    let len = cursor.u32().unwrap_or_default();
    let token = cursor.rest();
    (16..1 << 24).contains(&len)
        && (token.starts_with(&[5, 4]) && token.get(3) == Some(&0xff) || token.starts_with(&[1, 0, 0, 0]))
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let (asked, told) = (messages(opening, Side::Initiator), messages(opening, Side::Responder));
    let rule = "message: an LDAP message whose operation begins as it has to (RFC 4511 section 4)";
    let on_port = opening.is_on(PORTS);
    match (asked.first, told.first) {
        // A connection that was bound before the capture began; both lengths and tokens fit 2^-40 of random bytes.
        (Err(Reject::Mismatch), Err(_) | Ok(_)) | (Err(_), Err(Reject::Mismatch))
            if on_port && !opening.from_start && (asked.protected || told.protected) =>
        {
            Ok(Evidence::signature("token: a security token where LDAP carries one (RFC 4513 section 5.2)"))
        }
        (Ok(_), Ok(_)) => {
            let numbers = |messages: &Messages<'_>| messages.kept.map(|message| message.map(|m| m.number));
            let told_numbers = numbers(&told);
            let answered = numbers(&asked).iter().flatten().any(|number| told_numbers.contains(&Some(*number)));
            let evidence = if answered { Evidence::dialogue(rule) } else { Evidence::message(rule) };
            // Behind a bind comes what it was for.
            Ok(evidence.wanting_more(opening.transport == Transport::Tcp && opening.initiator.pieces().len() < 3))
        }
        // The answer to the bind is missing, and what follows it is protected.
        (Ok(confidence), Err(Reject::Mismatch)) if !opening.from_start && told.protected => {
            Ok(Evidence::new(at_least(confidence), rule))
        }
        (Ok(Confidence::Port), _) | (_, Ok(Confidence::Port)) if !on_port => Err(Reject::Incomplete),
        (Ok(confidence), Err(Reject::Incomplete)) => Ok(Evidence::new(at_least(confidence), rule)),
        (Err(Reject::Incomplete), Ok(confidence)) => {
            Ok(Evidence::new(at_least(confidence), rule).from(Side::Responder))
        }
        (Err(Reject::Incomplete), Err(Reject::Incomplete)) => Err(Reject::Incomplete),
        _ => Err(Reject::Mismatch),
    }
}

/// What only the port makes count is a signature there.
fn at_least(confidence: Confidence) -> Confidence {
    confidence.max(Confidence::Signature)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let (asked, told) = (messages(opening, Side::Initiator), messages(opening, Side::Responder));
    let mut names: Vec<String> = Vec::new();
    for message in asked.kept.iter().flatten() {
        let name = message.operation.name().to_owned();
        if !names.contains(&name) {
            names.push(name);
        }
        match message.operation {
            Operation::Bind { version, name, method } if attributes.value("ldap.version").is_none() => {
                attributes.set("ldap.version", version);
                attributes.set_some("ldap.bind_dn", Some(name).filter(|name| !name.is_empty()));
                attributes.set("ldap.authentication", method);
            }
            Operation::Search { base } if attributes.value("ldap.base").is_none() => {
                attributes.set("ldap.base", base);
            }
            Operation::Extended { name } => {
                attributes.set_some("ldap.start_tls", (name == message::START_TLS).then_some(true));
            }
            _ => {}
        }
    }
    attributes.set_list("ldap.operations", names, opening.initiator.is_cut());
    let result = told.kept.iter().flatten().find_map(|message| match message.operation {
        Operation::Result { code, .. } => Some(code),
        _ => None,
    });
    attributes.set_some("ldap.result", result);
    attributes.set_some("ldap.protected", (asked.protected || told.protected).then_some(true));
    ntlm::describe(opening.initiator.bytes(), opening.responder.bytes(), attributes);
}

const BIND: &[u8] = b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\0\x80\0";
const BIND_RESULT: &[u8] = b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\0\x04\0\x04\0";
const SEARCH: &[u8] = b"\x30\x25\x02\x01\x02\x63\x20\x04\0\x0a\x01\0\x0a\x01\0\x02\x01\0\x02\x01\0\x01\x01\0\
    \x87\x0bobjectClass\x30\0";
const ENTRY_AND_END: &[u8] =
    b"\x30\x09\x02\x01\x02\x64\x04\x04\0\x30\0\x30\x0c\x02\x01\x02\x65\x07\x0a\x01\0\x04\0\x04\0";

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a bind and its result", &[BIND], &[BIND_RESULT]),
    Example::tcp(Confidence::Message, "a bind without answer", &[BIND], &[]),
    Example::udp(Confidence::Dialogue, "a search without connection", &[SEARCH], &[ENTRY_AND_END]),
    Example::tcp(Confidence::Message, "only the server was captured", &[], &[BIND_RESULT]),
    Example::udp(Confidence::Message, "a search without answer", &[SEARCH], &[]),
    Example::tcp(Confidence::Signature, "a search that goes on", &[SEARCH.split_at(9).0], &[]),
    Example::tcp(Confidence::Signature, "a search cut behind its tag", &[SEARCH.split_at(6).0], &[]).on(389),
    Example::tcp(Confidence::Signature, "nothing but the end", &[b"\x30\x05\x02\x01\x09\x42\0"], &[]).on(389),
    Example::not(Transport::Tcp, "the same on another port", &[b"\x30\x05\x02\x01\x09\x42\0"], &[]),
    Example::not(
        Transport::Udp,
        "SNMP",
        &[b"\x30\x26\x02\x01\x01\x04\x06public\xa0\x19\x02\x01\x01\x02\x01\0\x02\x01\0\x30\x0e"],
        &[],
    )
    .on(389),
];
