//! Git's own protocol: a request in a pkt-line, answered by the references, Git's documentation "pack-protocol".
//!
//! ```text
//! initiator   0033git-upload-pack /project.git␀host=example.org␀     four hexadecimal digits: the length with them
//! responder   00e0(object id) HEAD␀multi_ack …                       or 000eversion 2␊, ERR
//! ```

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// Git's own protocol.
pub const INSPECTOR: Inspector = Inspector {
    name: "git",
    title: "Git transfer protocol",
    specification: "Git: gitprotocol-pack(5), gitprotocol-common(5)",
    ports: &[9418],
    initiator_first: HEX,
    responder_first: HEX,
    inspect,
    describe: Some(describe),
    attributes: &[("git.service", "git-upload-pack for fetching, git-receive-pack for pushing"), ("git.repository", "its path"), ("git.host", "the host that was asked for")],
    confused_with: "Git over SSH or HTTP, which are those protocols",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const HEX: ByteSet = ByteSet::range(b'0', b'9').or(ByteSet::range(b'a', b'f'));

/// Largest pkt-line in bytes (gitprotocol-common(5)).
const MAX_LINE: usize = 65_520;

const SERVICES: &[&[u8]] = &[b"git-upload-pack ", b"git-receive-pack ", b"git-upload-archive "];

fn inspect(opening: &Opening<'_>) -> Verdict {
    let asked = service(opening.request());
    let answered = references(opening.reply());
    match (asked, answered) {
        (Ok(_), Ok(())) => Ok(Evidence::dialogue("request-and-references: a request and the first reference (gitprotocol-pack(5))")),
        (Ok(_), Err(Reject::Incomplete)) => Ok(Evidence::message("request: a request for a service (gitprotocol-pack(5))")),
        (Err(Reject::Incomplete), Ok(())) => {
            Ok(Evidence::signature("references: an object id in a pkt-line (gitprotocol-pack(5))").from(Side::Responder))
        }
        (Err(reject), _) | (_, Err(reject)) => Err(reject),
    }
}

/// A pkt-line: four hexadecimal digits count it and themselves.
fn packet<'a>(cursor: &mut Cursor<'a>) -> Result<Cursor<'a>, Reject> {
    require(cursor.rest().iter().take(4).all(|&byte| HEX.contains(byte)))?;
    let digits = cursor.array::<4>()?;
    let len = digits.iter().fold(0, |len, &digit| len * 16 + char::from(digit).to_digit(16).unwrap_or_default() as usize);
    require((4..=MAX_LINE).contains(&len))?;
    cursor.within(len - 4)
}

/// What a client asked for.
struct Asked<'a> {
    service: &'a [u8],
    path: &'a [u8],
    /// The parameters after the path.
    rest: &'a [u8],
}

fn service(mut cursor: Cursor<'_>) -> Result<Asked<'_>, Reject> {
    let mut line = packet(&mut cursor)?;
    let place = line.one_of(SERVICES)?;
    let path = line.until(0, 4096)?;
    require(path.starts_with(b"/") && is_text(path))?;
    Ok(Asked { service: SERVICES.get(place).copied().unwrap_or_default(), path, rest: line.rest() })
}

fn references(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    let mut line = packet(&mut cursor)?;
    match line.one_of(&[b"version ", b"ERR "]) {
        Err(Reject::Mismatch) => {}
        decided => return decided.map(drop),
    }
    let id = line.take(40)?;
    require(id.iter().all(|&byte| HEX.contains(byte)))?;
    // SHA-256 repositories have ids of 64 digits.
    require(line.rest().first().is_none_or(|&byte| byte == b' ' || HEX.contains(byte)))
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok(Asked { service, path, rest }) = service(opening.request()) {
        attributes.set("git.service", service.trim_ascii());
        attributes.set("git.repository", path);
        let host = rest.split(|&byte| byte == 0).find_map(|word| word.strip_prefix(b"host="));
        attributes.set_some("git.host", host);
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a fetch",
        &[b"0032git-upload-pack /project.git\0host=example.org\0"],
        &[b"003f0123456789012345678901234567890123456789 refs/heads/master\n"],
    ),
    Example::tcp(Confidence::Dialogue, "an error", &[b"001dgit-receive-pack /x\0host=a\0"], &[b"000fERR denied\n"]),
    Example::tcp(Confidence::Message, "only the client was captured", &[b"001cgit-upload-pack /x\0host=a\0"], &[]),
    Example::tcp(Confidence::Signature, "only the server was captured", &[], &[b"00320123456789012345678901234567890123456789 HEAD\0"]),
    Example::not(Transport::Tcp, "a pkt-line of something else", &[b"000chello wo"], &[]),
];
