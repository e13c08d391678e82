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
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;

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

fn inspect(opening: &Opening<'_>) -> Verdict {
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
    let confidence = |line: Result<&[u8], Reject>| line.map(|_| Confidence::Message);
    Evidence::of(
        confidence(version(opening.request())),
        confidence(announced(opening)),
        "version-line: an SSH version line (RFC 4253 section 4.2)",
    )
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

/// Reads `SSH-protoversion-softwareversion`, and gives what stands after `SSH-`.
fn version(mut cursor: Cursor<'_>) -> Result<&[u8], Reject> {
    cursor.tag(b"SSH-")?;
    let line = cursor.line(MAX_LINE)?;
    // Versions 1.x and 2.0 exist; 1.99 is a server that speaks both (section 5.1).
    let known = line.starts_with(b"2.0-") || line.starts_with(b"1.");
    require(known && is_text(line))?;
    Ok(line)
}

/// Reads the server's version line behind the lines that may come before it. Where the client has not said `SSH-`
/// yet, nothing but the port makes other lines worth waiting for.
fn announced<'a>(opening: &Opening<'a>) -> Result<&'a [u8], Reject> {
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
    attributes.set_some("ssh.client", version(opening.request()).ok());
    attributes.set_some("ssh.server", announced(opening).ok());
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
