//! Following a conversation with a port mapper: which program was asked for, and the port it was told to be on.

use super::message::{self, Body, Call, NFS, PORTMAP};
use crate::attributes::Attributes;
use crate::context::Announcement;
use crate::cursor::Cursor;
use crate::follow::{Follower, Heard, Told};
use crate::inspect::{Opening, Side};
use crate::key::{Endpoint, Transport};
use std::collections::VecDeque;

/// Questions that may await their answers at a time, and answers that are kept.
const REMEMBERED: usize = 16;
/// Procedures of the port mapper (RFC 1833): GETPORT of version 2, GETADDR of versions 3 and 4.
const GETPORT: u32 = 3;

/// A question: where a program listens.
#[derive(Clone, Copy, Debug)]
struct Asked {
    xid: u32,
    program: u32,
    /// Of version 2's question; later versions name the transport in text.
    transport: Option<Transport>,
}

#[derive(Debug)]
struct Conversation {
    transport: Transport,
    responder: Endpoint,
    asked: VecDeque<Asked>,
    programs: Vec<String>,
    mapped: Vec<String>,
}

pub(crate) fn follow(opening: &Opening<'_>) -> Box<dyn Follower> {
    let [_, responder] = opening.endpoints;
    Box::new(Conversation {
        transport: opening.transport,
        responder,
        asked: VecDeque::new(),
        programs: Vec::new(),
        mapped: Vec::new(),
    })
}

impl Follower for Conversation {
    fn hear(&mut self, heard: &Heard<'_>, told: &mut Told) {
        let mut cursor = Cursor::open(heard.bytes);
        // A port mapper's messages are small: over TCP each comes in a segment of its own.
        let message = if self.transport == Transport::Tcp {
            message::record(&mut cursor)
        } else {
            message::message(cursor)
        };
        let Ok(message) = message else { return };
        match (heard.side, message.body) {
            (Side::Initiator, Body::Call(call)) if call.program == PORTMAP && call.procedure == GETPORT => {
                if let Some((program, transport)) = question(&call) {
                    remember(&mut self.programs, message::program(program));
                    if self.asked.len() == REMEMBERED {
                        self.asked.pop_front();
                    }
                    self.asked.push_back(Asked { xid: message.xid, program, transport });
                }
            }
            (Side::Responder, Body::Reply(results)) => {
                let Some(place) = self.asked.iter().position(|asked| asked.xid == message.xid) else { return };
                let Some(asked) = self.asked.remove(place) else { return };
                let transport = asked.transport.unwrap_or(self.transport);
                let Some(port) = answer(results, asked.transport.is_some()).filter(|&port| port != 0) else {
                    return;
                };
                let text = format!("{} {}/{port}", message::program(asked.program), transport.name());
                remember(&mut self.mapped, text);
                told.announce(Announcement {
by: None,
                    name: match asked.program {
                        NFS => "nfs",
                        PORTMAP => "portmap",
                        _ => "rpc",
                    },
                    transport,
                    listener: Endpoint { port, ..self.responder },
                    frame: heard.frame,
                    said_by: "the port mapper's answer",
                });
            }
            _ => {}
        }
    }

    fn conclude(&self, attributes: &mut Attributes) {
        let some = |list: &Vec<String>| (!list.is_empty()).then(|| list.clone());
        attributes.set_some("rpc.asked", some(&self.programs));
        attributes.set_some("rpc.mapped", some(&self.mapped));
    }
}

/// The program that a call asks for, and the transport where a number says it.
fn question(call: &Call<'_>) -> Option<(u32, Option<Transport>)> {
    let mut arguments = Cursor::closed(call.arguments);
    let program = arguments.u32().ok()?;
    arguments.skip(4).ok()?;
    if call.version > 2 {
        return Some((program, None));
    }
    let transport = match arguments.u32().ok()? {
        6 => Transport::Tcp,
        17 => Transport::Udp,
        _ => return None,
    };
    Some((program, Some(transport)))
}

/// The port: a number, or in versions 3 and 4 the end of an address in text, `10.0.0.2.8.1` (RFC 5665 section 5.2.3.3).
fn answer(results: &[u8], is_number: bool) -> Option<u16> {
    let mut results = Cursor::closed(results);
    let first = results.u32().ok()?;
    if is_number {
        return u16::try_from(first).ok();
    }
    let text = std::str::from_utf8(results.take(first as usize).ok()?).ok()?;
    let mut parts = text.rsplit('.');
    let (low, high) = (parts.next()?.parse::<u8>().ok()?, parts.next()?.parse::<u8>().ok()?);
    Some(u16::from_be_bytes([high, low]))
}

fn remember(list: &mut Vec<String>, text: String) {
    if list.len() < REMEMBERED && !list.contains(&text) {
        list.push(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::Said;
    use crate::packet::Timestamp;

    fn announced(version: u8, arguments: &[u8], results: &[u8]) -> Vec<(&'static str, Transport, u16)> {
        let end = |last: u8, port| Endpoint { address: [10, 0, 0, last].into(), port };
        let silent = Said::default();
        let mut conversation = follow(&Opening {
            transport: Transport::Udp,
            initiator: silent,
            responder: silent,
            endpoints: [end(1, 50_000), end(2, 111)],
            from_start: false,
            responder_listens: true,
        });
        let mut told = Told::default();
        let head = [&[0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0x86, 0xa0, 0, 0, 0, version, 0, 0, 0, 3][..], &[0; 16]];
        let call = [&head.concat()[..], arguments].concat();
        let reply = [&[0, 0, 0, 7, 0, 0, 0, 1][..], &[0; 16], results].concat();
        for (side, bytes) in [(Side::Initiator, &call[..]), (Side::Responder, &reply[..])] {
            let wire_len = bytes.len() as u32;
            conversation.hear(&Heard { side, bytes, wire_len, time: Timestamp(0), frame: 1, gap: false, fragmented: false }, &mut told);
        }
        told.drain().map(|a| (a.name, a.transport, a.listener.port)).collect()
    }

    #[test]
    fn a_port_that_is_told_in_numbers_is_announced() {
        let arguments = [0, 1, 0x86, 0xa3, 0, 0, 0, 3, 0, 0, 0, 6, 0, 0, 0, 0];
        assert_eq!(announced(2, &arguments, &[0, 0, 8, 1]), [("nfs", Transport::Tcp, 2049)]);
        assert_eq!(announced(2, &arguments, &[0, 0, 0, 0]), []);
    }

    #[test]
    fn a_port_that_is_told_in_text_is_announced() {
        let arguments = [0, 1, 0x86, 0xa5, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let results = b"\0\0\0\x0c10.0.0.2.8.2";
        assert_eq!(announced(4, &arguments, results), [("rpc", Transport::Udp, 2050)]);
    }
}
