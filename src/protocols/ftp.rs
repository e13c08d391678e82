//! The File Transfer Protocol's control connection, [RFC 959] sections 4.1, 4.2 and 5.4.
//!
//! ```text
//! responder   220 server ready␍␊              greeting (section 5.4)
//! initiator   USER anonymous␍␊                or AUTH TLS (RFC 4217), HOST (RFC 7151), FEAT (RFC 2389) …
//! responder   331 password please␍␊
//! initiator   PASV␍␊
//! responder   227 Entering Passive Mode (192,0,2,1,195,149)␍␊
//! ```
//!
//! A greeting alone begins like SMTP's: it needs the word FTP, the port, or the client's command. The client's
//! USER is POP3's too: it needs the greeting, or a command that POP3 has not.
//!
//! PASV, EPSV, PORT and EPRT name the port of a data connection to come; the follower announces it.
//!
//! [RFC 959]: https://www.rfc-editor.org/rfc/rfc959

mod data_ports;

use crate::byteset::{ByteSet, LETTERS};
use crate::cursor::{Cursor, decimal, is_text, require};
use crate::formats::lines::{self, argument, is_verb, mentions};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;

/// FTP's control connection.
pub const INSPECTOR: Inspector = Inspector {
    name: "ftp",
    title: "File Transfer Protocol",
    specification: "RFC 959 sections 4 and 5, RFC 2228, RFC 2389, RFC 2428",
    ports: PORTS,
    initiator_first: LETTERS.or(ByteSet::of(&[0xff])),
    responder_first: ByteSet::of(b"123456"),
    inspect,
    describe: Some(describe),
    follow: Some(data_ports::follow),
    attributes: &[
        ("ftp.greeting", "the server's first line"),
        ("ftp.user", "the user that logged in"),
        ("ftp.tls", "whether the client asked for TLS"),
        ("ftp.data_connections", "data connections that were announced"),
    ],
    headline: &["ftp.user", "ftp.greeting"],
    confused_with: "SMTP, whose greeting has the same form; POP3, whose client says USER too; NNTP, whose greeting is 200 or 201",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[21, 2121];

/// Commands that FTP clients send first and SMTP clients never (RFC 959 section 4.1, RFC 2228, 2389, 7151; CLNT in practice).
const FIRST: &[&str] = &["USER", "HOST", "FEAT", "OPTS", "CLNT", "SYST", "PBSZ", "PROT", "ACCT", "PASV", "CSID"];

/// Commands that SMTP or POP3 has too.
const SHARED: &[&str] = &["AUTH", "QUIT", "HELP", "NOOP", "PASS", "STAT", "LIST", "ADAT"];

/// Commands that tell FTP from POP3, whose client begins with USER and PASS as well.
const OWN: &[&str] = &[
    "PASV", "EPSV", "PORT", "EPRT", "TYPE", "CWD", "CDUP", "PWD", "XPWD", "SYST", "FEAT", "SIZE", "MDTM", "STOR", "NLST",
    "MLSD", "MKD", "PBSZ", "PROT", "CLNT", "REST", "SITE",
];

/// How much one side told by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    /// FTP's own words.
    Own,
    /// Nothing that speaks against FTP.
    Fitting,
}

/// Replies that may come first (RFC 959 section 5.4: 120, 220, 421), and refusals seen in practice.
const GREETINGS: &[u16] = &[120, 220, 421, 500, 530, 550];

fn inspect(opening: &Opening<'_>) -> Verdict {
    let on_port = opening.is_on(PORTS);
    let asked = client(opening.request());
    match (asked, server(opening.reply())) {
        (Ok(Half::Own), Ok(_)) | (Ok(Half::Fitting), Ok(Half::Own)) => Ok(dialogue(opening)),
        (Err(Reject::Incomplete), Ok(Half::Own)) => {
            Ok(Evidence::signature("greeting: a greeting that names FTP (RFC 959 section 5.4)").from(Side::Responder))
        }
        (Err(Reject::Incomplete), Ok(Half::Fitting)) if on_port => {
            Ok(Evidence::signature("greeting-on-port: a greeting on FTP's port (RFC 959 section 5.4)").from(Side::Responder))
        }
        (Ok(Half::Fitting), Ok(Half::Fitting)) if on_port => Ok(dialogue(opening)),
        (Ok(half), Err(Reject::Incomplete)) if has_own_command(opening.request()) || on_port && half == Half::Own => {
            Ok(Evidence::signature("commands: commands that only FTP has (RFC 959 section 4.1)"))
        }
        (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) => mid_stream(opening),
        (Ok(_), Err(Reject::Incomplete)) if on_port && !opening.from_start => mid_stream(opening),
        _ => Err(Reject::Incomplete),
    }
}

fn dialogue(opening: &Opening<'_>) -> Evidence {
    Evidence::dialogue("greeting-and-command: a greeting and an FTP command (RFC 959 sections 4.1 and 4.2)")
        .wanting_more(opening.initiator.pieces().len() < 2)
}

fn client(mut cursor: Cursor<'_>) -> Result<Half, Reject> {
    // Clients that keep to Telnet's rules may send an interrupt first (RFC 959 section 4.1.3).
    if cursor.rest().first() == Some(&0xff) {
        cursor.tag(&[0xff, 0xf4])?;
        cursor.tag(&[0xff, 0xf2])?;
    }
    let line = lines::command(&mut cursor, &[FIRST, OWN, SHARED].concat())?;
    let own = is_verb(line, FIRST)
        || is_verb(line, OWN)
        || is_verb(line, &["AUTH"]) && is_verb(argument(line), &["TLS", "SSL", "TLS-C", "TLS-P", "GSSAPI", "KERBEROS_V4"]);
    Ok(if own { Half::Own } else { Half::Fitting })
}

fn server(mut cursor: Cursor<'_>) -> Result<Half, Reject> {
    let begun = cursor.rest();
    let line = match lines::reply_line(&mut cursor) {
        // The capture cut the line behind the protocol's name.
        Err(Reject::Incomplete) if begun.starts_with(b"220") && is_text(begun) && mentions(begun, "FTP") => {
            return if mentions(begun, "SMTP") { Err(Reject::Mismatch) } else { Ok(Half::Own) };
        }
        line => line?,
    };
    require(GREETINGS.contains(&line.code) && !mentions(line.text, "SMTP"))?;
    Ok(if mentions(line.text, "FTP") { Half::Own } else { Half::Fitting })
}

fn has_own_command(mut cursor: Cursor<'_>) -> bool {
    std::iter::from_fn(|| lines::text_line(&mut cursor).ok()).take(12).any(|line| is_verb(line, OWN))
}

/// Without the beginning: on FTP's port a whole command or a reply; elsewhere what FTP alone says.
fn mid_stream(opening: &Opening<'_>) -> Verdict {
    require(!opening.from_start)?;
    if names_data_port(opening.reply()) {
        let rule = "later-port: a reply that names a port for data (RFC 959 section 4.1.2, RFC 2428 section 3)";
        return Ok(Evidence::signature(rule).from(Side::Responder));
    }
    let mut request = opening.request();
    let known = |line: &[u8]| [OWN, FIRST, SHARED, &["RETR", "DELE", "RNFR", "RNTO", "ABOR"]].iter().any(|verbs| is_verb(line, verbs));
    let asked = lines::text_line(&mut request).is_ok_and(known);
    let mut reply = opening.reply();
    let answer = lines::reply_line(&mut reply);
    let answered = answer.as_ref().is_ok_and(|line| !line.text.is_empty());
    if !opening.is_on(PORTS) {
        // Commands of its own and replies of three digits: the one alone is worth waiting for.
        return match (asked && has_own_command(opening.request()), answered) {
            (true, true) => Ok(Evidence::signature("later-dialogue: commands that only FTP has, and replies (RFC 959 section 4)")),
            _ if matches!(answer, Err(Reject::Mismatch)) => Err(Reject::Mismatch),
            _ if !asked && !opening.initiator.is_silent() => Err(Reject::Mismatch),
            _ => Err(Reject::Incomplete),
        };
    }
    match (asked, answered) {
        (true, _) => Ok(Evidence::signature("later-command: an FTP command on FTP's port (RFC 959 section 4.1)")),
        (false, true) => {
            Ok(Evidence::signature("later-reply: a reply on FTP's port (RFC 959 section 4.2)").from(Side::Responder))
        }
        _ => Err(Reject::Incomplete),
    }
}

/// Whether one of the first replies is `227` with six numbers in brackets, or `229` with a port between bars.
fn names_data_port(mut cursor: Cursor<'_>) -> bool {
    std::iter::from_fn(|| lines::reply_line(&mut cursor).ok()).take(8).any(|line| {
        let inside = || line.text.split(|&byte| byte == b'(').nth(1)?.split(|&byte| byte == b')').next();
        match line.code {
            227 => inside().is_some_and(|text| {
                let numbers = text.split(|&byte| byte == b',');
                numbers.clone().count() == 6 && numbers.clone().all(|number| decimal(number).is_ok_and(|number| number <= 255))
            }),
            229 => inside().is_some_and(|text| {
                let port = text.strip_prefix(b"|||").and_then(|text| text.strip_suffix(b"|"));
                port.is_some_and(|port| decimal(port).is_ok_and(|port| port <= 65_535))
            }),
            _ => false,
        }
    })
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    // Who joins later sees the answer to some command first; of 120, 220 and 421 (section 5.4) each may be a greeting.
    let first = lines::reply_line(&mut opening.reply()).ok();
    let greeting = first.filter(|line| matches!(line.code, 120 | 220 | 421));
    attributes.set_some("ftp.greeting", greeting.map(|line| line.text));
    let mut request = opening.request();
    for line in std::iter::from_fn(|| lines::text_line(&mut request).ok()).take(8) {
        if is_verb(line, &["USER"]) {
            attributes.set("ftp.user", argument(line));
        } else if is_verb(line, &["AUTH"]) {
            attributes.set("ftp.tls", true);
        }
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Signature, "only the client was captured", &[b"USER bob\r\nPASS x\r\nSYST\r\nRETR f\r\n"], &[]),
    Example::tcp(Confidence::Signature, "a greeting that the capture cut", &[], &[b"220 ProFTPD Serv"]),
    Example::not(Transport::Tcp, "a greeting cut before it names anything", &[], &[b"220 welco"]),
    Example::tcp(Confidence::Dialogue, "a greeting and a user", &[b"USER anonymous\r\n"], &[b"220-hello\r\n220 ready\r\n"]),
    Example::tcp(Confidence::Dialogue, "TLS is asked for", &[b"AUTH TLS\r\n"], &[b"220 ready\r\n", b"234 go\r\n"]),
    Example::tcp(Confidence::Dialogue, "a client that leaves", &[b"QUIT\r\n"], &[b"220 the FTP server\r\n"]),
    Example::tcp(Confidence::Signature, "a greeting that names FTP", &[], &[b"220 (vsFTPd 3.0.3)\r\n"]),
    Example::tcp(Confidence::Signature, "a greeting on FTP's port", &[], &[b"220 ready\r\n"]).on(21),
    Example::tcp(Confidence::Dialogue, "a client that does not log in first", &[b"PORT 10,0,0,1,200,78\r\n"], &[b"220 ready\r\n"]),
    Example::tcp(Confidence::Signature, "only the client was captured", &[b"USER a\r\nPASS b\r\nPASV\r\n"], &[]),
    Example::not(Transport::Tcp, "SMTP", &[b"EHLO client\r\n"], &[b"220 server ready\r\n"]),
    Example::not(Transport::Tcp, "a greeting that names SMTP", &[], &[b"220 ftp.example ESMTP\r\n"]),
    Example::not(Transport::Tcp, "POP3", &[b"USER a\r\n"], &[b"+OK ready\r\n"]),
    Example::not(Transport::Tcp, "a greeting that could be SMTP's", &[], &[b"220 ready\r\n"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::Said;
    use crate::key::Endpoint;

    #[test]
    fn the_later_half_of_a_session_on_another_port_is_known_by_what_only_ftp_says() {
        let judged = |asked: &[u8], answered: &[u8]| {
            let opening = Opening {
                transport: Transport::Tcp,
                initiator: Said::new(asked, &[], false),
                responder: Said::new(answered, &[], false),
                endpoints: [40_000, 2221].map(|port| Endpoint { address: [192, 0, 2, 1].into(), port }),
                responder_listens: true,
                from_start: false,
            };
            inspect(&opening).map(|evidence| evidence.rule_name())
        };
        assert_eq!(judged(b"TYPE I\r\nPASV\r\n", b"200 Switching to Binary mode.\r\n"), Ok("later-dialogue"));
        assert_eq!(judged(b"", b"227 Entering Passive Mode (192,0,2,1,195,80).\r\n150 Here\r\n"), Ok("later-port"));
        assert_eq!(judged(b"RETR a\r\n", b"229 Entering Extended Passive Mode (|||50000|)\r\n"), Ok("later-port"));
        // Mail's commands and replies are not FTP's, and six numbers have to be bytes.
        assert_eq!(judged(b"NOOP\r\n", b"250 ok\r\n"), Err(Reject::Incomplete));
        assert_eq!(judged(b"MAIL FROM:<a>\r\n", b"250 ok\r\n"), Err(Reject::Mismatch));
        assert_eq!(judged(b"", b"227 none (1,2,3,4,5,600)\r\n"), Err(Reject::Incomplete));
    }
}
