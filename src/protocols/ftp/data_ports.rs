//! Which data connections an FTP session announces: PORT and PASV (RFC 959), EPRT and EPSV (RFC 2428).
//!
//! Only the port is taken from the text. The address is the flow's own, for behind a translating router the one
//! in the text is another.

use crate::attributes::Attributes;
use crate::context::Announcement;
use crate::cursor::decimal;
use crate::follow::{Follower, Heard, Told};
use crate::formats::lines::{argument, is_verb};
use crate::inspect::{Opening, Side};
use crate::key::{Endpoint, Transport};

/// Longest line kept while its end has not come, in bytes; an announcement is shorter than 80.
const MAX_LINE: usize = 512;

/// Follows a control connection.
pub(super) fn follow(opening: &Opening<'_>) -> Box<dyn Follower> {
    Box::new(Session { endpoints: opening.endpoints, lines: [Line::default(), Line::default()], announced: 0 })
}

/// What came of a line so far.
#[derive(Debug, Default)]
struct Line {
    bytes: Vec<u8>,
    /// The line is too long to matter, or began in a gap: passed over to its end.
    lost: bool,
}

/// A control connection.
#[derive(Debug)]
struct Session {
    endpoints: [Endpoint; 2],
    lines: [Line; 2],
    announced: u64,
}

impl Follower for Session {
    fn hear(&mut self, heard: &Heard<'_>, told: &mut Told) {
        let [initiator, responder] = self.endpoints;
        let [first, second] = &mut self.lines;
        // The side that announces is the one that listens.
        let (line, speaker) = match heard.side {
            Side::Initiator => (first, initiator),
            Side::Responder => (second, responder),
        };
        if heard.gap {
            line.lost = true;
            line.bytes.clear();
        }
        for part in heard.bytes.split_inclusive(|&byte| byte == b'\n') {
            if line.bytes.len() + part.len() > MAX_LINE {
                line.lost = true;
                line.bytes.clear();
            }
            if !line.lost {
                line.bytes.extend_from_slice(part);
            }
            if !part.ends_with(b"\n") {
                continue;
            }
            if let Some((port, said_by)) = announced_port(line.bytes.trim_ascii(), heard.side) {
                self.announced += 1;
                told.announce(Announcement {
by: None,
                    name: super::super::ftp_data::INSPECTOR.name,
                    transport: Transport::Tcp,
                    listener: Endpoint { port, ..speaker },
                    frame: heard.frame,
                    said_by,
                });
            }
            line.bytes.clear();
            line.lost = false;
        }
    }

    fn conclude(&self, attributes: &mut Attributes) {
        if self.announced > 0 {
            attributes.set("ftp.data_connections", self.announced);
        }
    }
}

/// The port that a line announces, and what the line is.
fn announced_port(line: &[u8], side: Side) -> Option<(u16, &'static str)> {
    match side {
        Side::Initiator if is_verb(line, &["PORT"]) => Some((host_port(argument(line))?, "the FTP client's PORT")),
        Side::Initiator if is_verb(line, &["EPRT"]) => Some((delimited(argument(line), 3)?, "the FTP client's EPRT")),
        Side::Responder if line.starts_with(b"227") => {
            // The parentheses are not mandatory (RFC 1123 section 4.1.2.6): the numbers begin at the first digit.
            let text = line.get(3..)?;
            let first = text.iter().position(u8::is_ascii_digit)?;
            Some((host_port(text.get(first..)?)?, "the FTP server's answer to PASV"))
        }
        Side::Responder if line.starts_with(b"229") => {
            let open = line.iter().position(|&byte| byte == b'(')?;
            Some((delimited(line.get(open + 1..)?, 3)?, "the FTP server's answer to EPSV"))
        }
        _ => None,
    }
}

/// `h1,h2,h3,h4,p1,p2` (RFC 959 section 4.1.2): gives the port.
fn host_port(text: &[u8]) -> Option<u16> {
    let end = text.iter().position(|&byte| !byte.is_ascii_digit() && byte != b',').unwrap_or(text.len());
    let mut numbers = text.get(..end)?.split(|&byte| byte == b',').map(|word| decimal(word).ok().and_then(|n| u8::try_from(n).ok()));
    let address_is_whole = (0..4).all(|_| matches!(numbers.next(), Some(Some(_))));
    let (high, low) = (numbers.next()??, numbers.next()??);
    (address_is_whole && numbers.next().is_none()).then_some(u16::from_be_bytes([high, low])).filter(|&port| port != 0)
}

/// `|family|address|port|` with any delimiter (RFC 2428 section 2): gives the field at `place`.
fn delimited(text: &[u8], place: usize) -> Option<u16> {
    let delimiter = *text.first()?;
    let word = text.split(|&byte| byte == delimiter).nth(place)?;
    decimal(word).ok().and_then(|port| u16::try_from(port).ok()).filter(|&port| port != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Timestamp;

    #[test]
    fn each_form_of_announcement_gives_its_port() {
        let port = |line: &[u8], side| announced_port(line, side).map(|(port, _)| port);
        assert_eq!(port(b"PORT 192,0,2,1,195,149", Side::Initiator), Some(50069));
        assert_eq!(port(b"eprt |2|2001:db8::1|5282|", Side::Initiator), Some(5282));
        assert_eq!(port(b"227 Entering Passive Mode (192,0,2,1,4,1).", Side::Responder), Some(1025));
        assert_eq!(port(b"227 =192,0,2,1,4,1", Side::Responder), Some(1025));
        assert_eq!(port(b"229 Extended (|||6446|)", Side::Responder), Some(6446));
        assert_eq!(port(b"227 no numbers", Side::Responder), None);
        assert_eq!(port(b"PORT 192,0,2,1,300,1", Side::Initiator), None);
        assert_eq!(port(b"PORT 192,0,2,1,4,1", Side::Responder), None);
    }

    #[test]
    fn an_announcement_is_heard_though_segments_split_its_line() {
        let end = |last: u8, port| Endpoint { address: [192, 0, 2, last].into(), port };
        let mut session = Session { endpoints: [end(1, 50000), end(2, 21)], lines: Default::default(), announced: 0 };
        let mut told = Told::default();
        for (frame, bytes) in [(7, &b"227 ok (10,0,0,9"[..]), (8, b",4,1)\r\n226 done\r\n")] {
            let wire_len = bytes.len() as u32;
            let heard = Heard { side: Side::Responder, bytes, wire_len, time: Timestamp(0), frame, gap: false, fragmented: false };
            session.hear(&heard, &mut told);
        }
        let announced: Vec<_> = told.drain().map(|a| (a.listener, a.frame)).collect();
        assert_eq!(announced, [(end(2, 1025), 8)]);
    }
}
