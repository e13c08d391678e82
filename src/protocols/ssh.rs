//! Secure Shell (SSH): the version exchange, [RFC 4253] section 4.2.
//!
//! Both sides send a version line at once, whoever comes first; the server may send other lines of text before
//! it, none of which begins with `SSH-`:
//!
//! ```text
//! initiator   SSH-2.0-OpenSSH_9.6␍␊         SSH-protoversion-softwareversion [SP comments]
//! responder   SSH-2.0-dropbear_2022.83␍␊    at most 255 bytes with the line end
//! ```
//!
//! What follows is binary packets, from the key exchange's list of algorithms on (section 7.1), by which a connection is known
//! whose version lines are missing:
//!
//! ```text
//! length:32  padding:8  14  cookie 16  length:32 names of key exchanges, and nine lists more
//! ```
//!
//! [RFC 4253]: https://www.rfc-editor.org/rfc/rfc4253

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::formats::ja::hex;
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict};
use crate::key::Transport;
use md5::{Digest, Md5};

/// SSH.
pub const INSPECTOR: Inspector = Inspector {
    name: "ssh",
    title: "Secure Shell",
    specification: "RFC 4253 section 4.2",
    ports: &[22],
    initiator_first: ByteSet::of(b"S\0"),
    responder_first: TEXT.or(ByteSet::of(&[0])),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("ssh.client", "the client's version line, after SSH-"),
        ("ssh.server", "the server's version line, after SSH-"),
        ("ssh.hassh", "HASSH: MD5 of the algorithms that the client offers"),
        ("ssh.hassh_server", "hasshServer: MD5 of the algorithms that the server offers"),
    ],
    confused_with: "nothing: no other protocol begins with SSH- and a version",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// The version line, or lines of text before it.
const TEXT: ByteSet = ByteSet::range(0x20, 0x7e).or(ByteSet::of(b"\t\r\n")).or(ByteSet::range(0xc2, 0xf4));
/// Most lines before a server's version line, and the longest of them in bytes: clients give up later, but text that
/// goes on so long is something else's.
const MAX_LINES: usize = 64;
const MAX_TEXT_LINE: usize = 1024;
/// Longest version line in bytes, without its CR LF (RFC 4253 section 4.2: 255 with them).
const MAX_LINE: usize = 253;

/// SSH_MSG_KEXINIT, and the beginnings of the key exchanges' names that are in use (RFC 4253 section 8, RFC 5656, 8731, 9941).
const KEXINIT: u8 = 20;
const KEY_EXCHANGES: &[&[u8]] = &[b"diffie-hellman-", b"ecdh-sha2-", b"curve25519-", b"curve448-", b"sntrup761x", b"mlkem"];
/// Longest packet (RFC 4253 section 6.1), and longest list of names that is believed, in bytes.
const MAX_PACKET: u32 = 35_000;
const MAX_NAMES: u32 = 4096;
/// Pieces of a side in which its version line and its lists of algorithms come.
const MAX_PIECES: usize = 6;

/// Whether a side's lists have a name that only a client, or only a server, puts among the key exchanges (RFC 8308 section
/// 2.1, OpenSSH's PROTOCOL section 1.10).
fn says_it_is(cursor: Cursor<'_>, role: u8) -> bool {
    let lists = algorithms(version(cursor).map_or(cursor, |line| line.after));
    let marks = [&b"ext-info-"[..], b"kex-strict-"];
    let tells = |name: &[u8]| marks.iter().any(|mark| name.strip_prefix(*mark).is_some_and(|rest| rest.first() == Some(&role)));
    lists.is_ok_and(|[kex, ..]| kex.split(|&byte| byte == b',').any(tells))
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    // Where nobody saw who opened the connection, the lists say who listens.
    if !opening.from_start && (says_it_is(opening.request(), b's') || says_it_is(opening.reply(), b'c')) {
        return Err(Reject::Incomplete);
    }
    let begins_with_packet = |said: Said<'_>| said.bytes().first() == Some(&0);
    if begins_with_packet(opening.initiator) || begins_with_packet(opening.responder) {
        let rule = "key-exchange: a list of key exchanges in its packet (RFC 4253 section 7.1)";
        let [first, second] = [opening.request(), opening.reply()].map(key_exchange);
        return match (first, second) {
            // Of the other side more may be missing.
            (Ok(()), Err(Reject::Mismatch)) | (Err(Reject::Mismatch), Ok(())) => Ok(Evidence::signature(rule)),
            (first, second) => Evidence::of(first.map(|()| Confidence::Message), second.map(|()| Confidence::Message), rule),
        };
    }
    let (asked, answered) = (version(opening.request()), announced(opening));
    let confidence = |line: Result<Line<'_>, Reject>| line.map(|_| Confidence::Message);
    if let (Err(Reject::Incomplete), Err(Reject::Incomplete), true) = (asked, answered, is_begun(opening.initiator)) {
        return Ok(Evidence::signature("version-begun: the beginning of an SSH version line (RFC 4253 section 4.2)"));
    }
    let rule = "version-line: an SSH version line (RFC 4253 section 4.2)";
    // The lists of algorithms follow in a packet or two of each side.
    let waits = |said: Said<'_>, line: Result<Line<'_>, Reject>| {
        let lists = line.and_then(|line| algorithms(line.after));
        said.pieces().len() < MAX_PIECES && matches!(lists, Err(Reject::Incomplete))
    };
    let wanting = waits(opening.initiator, asked) || waits(opening.responder, answered);
    Ok(Evidence::of(confidence(asked), confidence(answered), rule)?.wanting_more(wanting))
}

/// Whether a side has said so much of its version line that nothing else begins so, and not its end.
fn is_begun(said: Said<'_>) -> bool {
    let bytes = said.bytes();
    let begun = [&b"SSH-2.0-"[..], b"SSH-1.99-"].iter().any(|begin| bytes.strip_prefix(*begin).is_some_and(|rest| rest.len() >= 4));
    begun && is_text(bytes)
}

/// Reads the packet with the lists of algorithms up to the first list.
fn key_exchange(mut cursor: Cursor<'_>) -> Result<(), Reject> {
    let len = cursor.u32()?;
    require((64..=MAX_PACKET).contains(&len))?;
    require(cursor.u8()? >= 4 && cursor.u8()? == KEXINIT)?;
    cursor.skip(16)?;
    let names = cursor.u32()?;
    require((1..=MAX_NAMES.min(len)).contains(&names))?;
    let names = cursor.take(names as usize)?;
    require(is_text(names) && names.split(|&byte| byte == b',').any(|name| KEY_EXCHANGES.iter().any(|known| name.starts_with(known))))
}

/// A version line: what stands in it after `SSH-`, and what follows it.
#[derive(Clone, Copy)]
struct Line<'a> {
    version: &'a [u8],
    after: Cursor<'a>,
}

/// Reads `SSH-protoversion-softwareversion`.
fn version(mut cursor: Cursor<'_>) -> Result<Line<'_>, Reject> {
    cursor.tag(b"SSH-")?;
    let line = cursor.line(MAX_LINE)?;
    // Versions 1.x and 2.0 exist; 1.99 is a server that speaks both (section 5.1).
    let known = line.starts_with(b"2.0-") || line.starts_with(b"1.");
    require(known && is_text(line))?;
    Ok(Line { version: line, after: cursor })
}

/// The lists of algorithms that come first in their packet (RFC 4253 section 7.1): key exchanges, host keys, and in pairs, the
/// client's direction first, ciphers, MACs and compressions.
fn algorithms(mut cursor: Cursor<'_>) -> Result<[&[u8]; 8], Reject> {
    let len = cursor.u32()?;
    require((64..=MAX_PACKET).contains(&len))?;
    require(cursor.u8()? >= 4 && cursor.u8()? == KEXINIT)?;
    cursor.skip(16)?;
    let mut lists = [&[][..]; 8];
    for list in &mut lists {
        let names = cursor.u32()?;
        require(names <= MAX_NAMES.min(len))?;
        *list = cursor.take(names as usize)?;
    }
    Ok(lists)
}

/// HASSH, or hasshServer: MD5 of the key exchanges, ciphers, MACs and compressions that a side would send by, separated by
/// semicolons.
fn fingerprint(cursor: Cursor<'_>, side: Side) -> Result<String, Reject> {
    let [exchange, _, cipher_out, cipher_in, mac_out, mac_in, compression_out, compression_in] = algorithms(cursor)?;
    let own = match side {
        Side::Initiator => [exchange, cipher_out, mac_out, compression_out],
        Side::Responder => [exchange, cipher_in, mac_in, compression_in],
    };
    Ok(hex(&Md5::digest(own.join(&b';'))))
}

/// Reads the server's version line behind the lines that may come before it. Where the client has not said `SSH-`
/// yet, nothing but the port makes other lines worth waiting for.
fn announced<'a>(opening: &Opening<'a>) -> Result<Line<'a>, Reject> {
    let mut reply = opening.reply();
    let expected = opening.initiator.bytes().starts_with(b"SSH-") || opening.is_on(&[22]);
    for _ in 0..MAX_LINES {
        match version(reply) {
            Err(Reject::Mismatch) if expected => {}
            Err(Reject::Mismatch) if b"SSH-".starts_with(opening.initiator.bytes()) => return Err(Reject::Incomplete),
            decided => return decided,
        }
        let line = reply.line(MAX_TEXT_LINE)?;
        // A web server that is addressed by mistake answers in lines of text too.
        require(!line.starts_with(b"SSH-") && !line.starts_with(b"HTTP/") && std::str::from_utf8(line).is_ok_and(|line| !line.contains('\0')))?;
    }
    Err(Reject::Mismatch)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok(line) = version(opening.request()) {
        attributes.set("ssh.client", line.version);
        attributes.set_some("ssh.hassh", fingerprint(line.after, Side::Initiator).ok());
    }
    if let Ok(line) = announced(opening) {
        attributes.set("ssh.server", line.version);
        attributes.set_some("ssh.hassh_server", fingerprint(line.after, Side::Responder).ok());
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "both sides send a version line",
        &[b"SSH-2.0-OpenSSH_9.6\r\n"],
        &[b"SSH-2.0-dropbear_2022.83\r\n"],
    ),
    Example::tcp(Confidence::Message, "only the server was captured", &[], &[b"SSH-1.99-Cisco-1.25\n"]),
    Example::tcp(
        Confidence::Dialogue,
        "the server sends other lines first",
        &[b"SSH-2.0-OpenSSH_9.6\r\n"],
        &[b"This is a private system.\r\nGo away.\r\n", b"SSH-2.0-OpenSSH_9.6\r\n"],
    ),
    Example::tcp(
        Confidence::Message,
        "lines before the banner on its port, from a server that speaks first",
        &[],
        &[b"Welcome\r\nSSH-2.0-x\r\n"],
    )
    .on(22),
    Example::tcp(Confidence::Signature, "a version line that the capture cuts", &[b"SSH-2.0-OpenSSH_9.2"], &[]),
    Example::tcp(
        Confidence::Message,
        "the version lines are missing",
        &[b"\0\0\x03\x14\x08\x14cookiecookiecook\0\0\0\x26curve25519-sha256,ecdh-sha2-nistp256,x@a"],
        &[],
    ),
    Example::not(
        Transport::Tcp,
        "a packet with other names",
        &[b"\0\0\x03\x14\x08\x14cookiecookiecook\0\0\0\x06banana"],
        &[],
    ),
    Example::not(Transport::Tcp, "lines of another server", &[], &[b"220 mail.example ESMTP\r\nSSH-2.0-x\r\n"]),
    Example::not(Transport::Tcp, "a version that never was", &[b"SSH-7.0-x\r\n"], &[]),
    Example::not(Transport::Tcp, "another protocol that answers", &[b"SSH-2.0-x\r\n"], &[b"HTTP/1.1 400 Bad\r\n"]),
];
