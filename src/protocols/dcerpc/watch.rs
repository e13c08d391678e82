//! Following a DCE/RPC connection: what is called, what fails, and what the endpoint mapper answers.

use super::interfaces::{self, ENDPOINT_MAPPER, IXN_REMOTE};
use super::pdu::{self, Context, HEADER, Pdu, kind};
use super::setup;
use super::tower;
use crate::attributes::Attributes;
use crate::context::Announcement;
use crate::cursor::Cursor;
use crate::follow::{Follower, Heard, Told};
use crate::formats::frames::{Frames, Framing};
use crate::formats::guid;
use crate::inspect::{Opening, Side};
use crate::key::{Endpoint, Transport};
use crate::report::{self, Moment, Report};
use std::collections::VecDeque;

/// Bytes kept of one fragment: what binds and endpoint mappers send is smaller.
const KEPT: usize = 4096;
/// The fragments of a connection.
const FRAMING: Framing = Framing {
    header: HEADER,
    kept: KEPT,
    begins: |bytes| pdu::pdu(&mut Cursor::open(bytes)).is_ok(),
    length: |header| pdu::pdu(&mut Cursor::open(header)).ok().map(|pdu| pdu.len),
};
/// Contexts, calls, and entries of lists that are remembered.
const REMEMBERED: usize = 16;
/// The endpoint mapper's operation that asks where an interface listens (C706 appendix O: ept_map).
const EPT_MAP: u16 = 3;
/// EPT_S_NOT_REGISTERED: the endpoint mapper knows nobody who serves the interface (C706 appendix N).
const NOT_REGISTERED: u32 = 0x16c9_a0d6;

/// The follower of one connection.
#[derive(Debug)]
struct Connection {
    responder: Endpoint,
    sides: [Frames; 2],
    calls: Calls,
    /// Whether bytes are missing, so that there was more than could be read and counted.
    missed: bool,
}

#[derive(Debug, Default)]
struct Calls {
    contexts: Vec<Context>,
    names: Vec<String>,
    /// Calls to the endpoint mapper that await an answer.
    mapping: VecDeque<u32>,
    mapped: Vec<String>,
    operations: Vec<String>,
    requests: u64,
    responses: u64,
    faults: u64,
    first_fault: Option<u32>,
    refusal: Option<u16>,
    seen: report::Calls,
    /// Those of `mapping` that ask for the coordinator.
    wanted: VecDeque<u32>,
    /// The call that sets a session of the coordinator up.
    setup: Option<u32>,
}

pub(crate) fn follow(opening: &Opening<'_>) -> Box<dyn Follower> {
    let [_, responder] = opening.endpoints;
    Box::new(Connection { responder, sides: Default::default(), calls: Calls::default(), missed: false })
}

impl Follower for Connection {
    fn hear(&mut self, heard: &Heard<'_>, told: &mut Told) {
        let Some(side) = self.sides.get_mut(heard.side.index()) else { return };
        self.missed |= heard.gap || heard.bytes.len() < heard.wire_len as usize;
        let (calls, responder) = (&mut self.calls, self.responder);
        side.push(&FRAMING, heard.bytes, heard.gap, |fragment| {
            let Ok(pdu) = pdu::pdu(&mut Cursor::open(fragment)) else { return };
            if heard.side == Side::Initiator {
                calls.client(&pdu, heard.at());
            } else {
                calls.server(&pdu, responder, heard.at(), told);
            }
        });
    }

    fn conclude(&self, attributes: &mut Attributes) {
        let calls = &self.calls;
        for (key, list) in [
            ("dcerpc.interfaces", &calls.names),
            ("dcerpc.mapped", &calls.mapped),
            ("dcerpc.operations", &calls.operations),
        ] {
            attributes.set_list(key, list.clone(), self.missed);
        }
        for (key, count) in [
            ("dcerpc.requests", calls.requests),
            ("dcerpc.responses", calls.responses),
            ("dcerpc.faults", calls.faults),
        ] {
            attributes.set_some(key, (count > 0 && !self.missed).then_some(count));
        }
        attributes.set_some("dcerpc.first_fault", calls.first_fault.map(|status| format!("{status:08x}")));
        attributes.set_some("dcerpc.bind_refused", calls.refusal);
    }

    fn report(&self) -> Option<Report> {
        let calls = &self.calls;
        Some(Report::Calls(report::Calls {
            interfaces: calls.names.clone(),
            requests: calls.requests,
            responses: calls.responses,
            ..calls.seen.clone()
        }))
    }
}

impl Calls {
    fn client(&mut self, pdu: &Pdu<'_>, at: Moment) {
        match pdu.kind {
            kind::BIND | kind::ALTER_CONTEXT => {
                for context in pdu.contexts().unwrap_or_default() {
                    remember(&mut self.names, context.label());
                    if context.interface == IXN_REMOTE {
                        self.seen.coordinator.get_or_insert(at);
                    }
                    self.contexts.retain(|known| known.id != context.id);
                    if self.contexts.len() < REMEMBERED {
                        self.contexts.push(context);
                    }
                }
            }
            kind::REQUEST => {
                self.requests += 1;
                let Ok((context, operation, arguments)) = pdu.request() else { return };
                remember(&mut self.operations, format!("{context}:{operation}"));
                let is_to = |interface| self.contexts.iter().any(|c| c.id == context && c.interface == interface);
                if self.setup.is_none() && setup::is_setup(operation) && is_to(IXN_REMOTE) {
                    self.setup = pdu.call;
                    self.seen.setup = Some(at);
                    if pdu.authentication().is_none_or(|(_, level)| level < setup::PRIVACY) {
                        let said = setup::said(arguments.rest());
                        (self.seen.identity, self.seen.host_name) = (said.caller, said.host);
                    }
                }
                let asks_mapper = is_to(ENDPOINT_MAPPER);
                if asks_mapper && operation == EPT_MAP {
                    if self.mapping.len() == REMEMBERED {
                        self.mapping.pop_front();
                    }
                    self.mapping.extend(pdu.call);
                    // A tower's identifiers are little-endian, whatever the call's integers are (C706 appendix L).
                    let identifier = guid::swapped(IXN_REMOTE.to_be_bytes());
                    if memchr::memmem::find(arguments.rest(), &identifier).is_some() {
                        if self.wanted.len() == REMEMBERED {
                            self.wanted.pop_front();
                        }
                        self.wanted.extend(pdu.call);
                        self.seen.asked.get_or_insert(at);
                    }
                }
            }
            kind::CO_CANCEL | kind::ORPHANED if self.setup.is_some() && pdu.call == self.setup => {
                self.seen.setup_cancelled.get_or_insert(at);
            }
            _ => {}
        }
    }

    fn server(&mut self, pdu: &Pdu<'_>, responder: Endpoint, at: Moment, told: &mut Told) {
        let answers = matches!(pdu.kind, kind::RESPONSE | kind::FAULT);
        if answers && self.setup.is_some() && pdu.call == self.setup {
            self.seen.setup_answered.get_or_insert(at);
        }
        match pdu.kind {
            kind::RESPONSE => {
                self.responses += 1;
                if let Some(place) = self.mapping.iter().position(|&call| pdu.call == Some(call)) {
                    self.mapping.remove(place);
                    let results = pdu.results().unwrap_or_default();
                    for tower in tower::towers(results) {
                        self.map(&tower, responder, at, told);
                    }
                    if let Some(place) = self.wanted.iter().position(|&call| pdu.call == Some(call)) {
                        self.wanted.remove(place);
                        // The status comes last (C706 appendix O, ept_map).
                        let status = results.last_chunk::<4>().map(|&bytes| u32::from_le_bytes(bytes));
                        if pdu.little_endian && pdu.is_whole() && status == Some(NOT_REGISTERED) {
                            self.seen.unregistered.get_or_insert(at);
                        }
                    }
                }
            }
            kind::FAULT => {
                self.faults += 1;
                self.first_fault = self.first_fault.or(pdu.fault().ok());
                self.seen.fault = self.seen.fault.or(pdu.fault().ok().map(|status| (status, at)));
            }
            kind::BIND_NAK => {
                self.refusal = self.refusal.or(pdu.refusal().ok());
                self.seen.refused = self.seen.refused.or(pdu.refusal().ok().map(|reason| (reason, at)));
            }
            _ => {}
        }
    }

    fn map(&mut self, tower: &tower::Tower, responder: Endpoint, at: Moment, told: &mut Told) {
        let name = interfaces::name(tower.interface)
            .map_or_else(|| guid::in_order(tower.interface.to_be_bytes()), ToOwned::to_owned);
        let transport = tower.transport;
        remember(&mut self.mapped, format!("{name} {}/{}", transport.name(), tower.port));
        let is_msdtc = tower.interface == IXN_REMOTE && transport == Transport::Tcp;
        if is_msdtc {
            self.seen.mapped.get_or_insert((tower.port, at));
        }
        told.announce(Announcement {
by: None,
            name: if is_msdtc { "msdtc" } else { "dcerpc" },
            transport,
            // The address that the client asked, which is not the one in the tower where it is translated.
            listener: Endpoint { port: tower.port, ..responder },
            frame: at.frame,
            said_by: if is_msdtc {
                "the endpoint mapper's answer for IXnRemote, MSDTC's interface"
            } else {
                "the endpoint mapper's answer"
            },
        });
    }
}

fn remember(list: &mut Vec<String>, text: String) {
    if list.len() < REMEMBERED && !list.contains(&text) {
        list.push(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attributes::Value;
    use crate::inspect::Said;
    use crate::packet::Timestamp;

    fn connection() -> Box<dyn Follower> {
        let end = |last: u8, port| Endpoint { address: [10, 0, 0, last].into(), port };
        let silent = Said::default();
        follow(&Opening {
            transport: Transport::Tcp,
            initiator: silent,
            responder: silent,
            endpoints: [end(1, 50_000), end(2, 135)],
            responder_listens: true,
            from_start: true,
        })
    }

    fn hear(connection: &mut dyn Follower, side: Side, bytes: &[u8], gap: bool, told: &mut Told) {
        let wire_len = bytes.len() as u32;
        connection.hear(&Heard { side, bytes, wire_len, time: Timestamp(0), frame: 9, gap, fragmented: false }, told);
    }

    fn response() -> Vec<u8> {
        let mut stub = b"\0\0\0\0\0\0\0\0\x05\0\x13\0\x0d".to_vec();
        stub.extend(b"\xe0\x0c\x6b\x90\x0b\xc7\x67\x10\xb3\x17\0\xdd\x01\x06\x62\xda\x01\0\x02\0\0\0");
        stub.extend(b"\x13\0\x0d\x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\0\x2b\x10\x48\x60\x02\0\x02\0\0\0");
        stub.extend(b"\x01\0\x0b\x02\0\0\0\x01\0\x07\x02\0\xc0\x03\x01\0\x09\x04\0\x0a\0\0\x02");
        let len = (HEADER + stub.len()) as u16;
        let mut bytes = b"\x05\0\x02\x03\x10\0\0\0".to_vec();
        bytes.extend(len.to_le_bytes());
        bytes.extend(b"\0\0\x02\0\0\0");
        bytes.extend(stub);
        bytes
    }

    #[test]
    fn an_endpoint_mappers_answer_announces_the_port_under_the_interfaces_name() {
        let mut connection = connection();
        let mut told = Told::default();
        hear(&mut *connection, Side::Initiator, super::super::BIND, false, &mut told);
        let request = b"\x05\0\0\x03\x10\0\0\0\x18\0\0\0\x02\0\0\0\0\0\0\0\0\0\x03\0";
        hear(&mut *connection, Side::Initiator, request, false, &mut told);
        let response = response();
        let (first, second) = response.split_at(50);
        hear(&mut *connection, Side::Responder, first, false, &mut told);
        assert!(told.is_empty());
        hear(&mut *connection, Side::Responder, second, false, &mut told);
        let announced: Vec<_> = told.drain().collect();
        assert_eq!(announced.iter().map(|a| (a.name, a.listener.port)).collect::<Vec<_>>(), [("msdtc", 0xc003)]);
        let mut attributes = Attributes::default();
        connection.conclude(&mut attributes);
        let mapped = Value::List(vec!["IXnRemote tcp/49155".to_owned()]);
        assert_eq!(attributes.value("dcerpc.mapped"), Some(&mapped));
    }

    #[test]
    fn fragments_are_found_again_after_a_hole_and_not_counted_as_if_there_were_none() {
        let mut connection = connection();
        let mut told = Told::default();
        let request = b"\x05\0\0\x03\x10\0\0\0\x18\0\0\0\x02\0\0\0\0\0\0\0\0\0\x07\0";
        hear(&mut *connection, Side::Initiator, &request[..10], false, &mut told);
        hear(&mut *connection, Side::Initiator, b"in the middle", true, &mut told);
        hear(&mut *connection, Side::Initiator, request, false, &mut told);
        let mut attributes = Attributes::default();
        connection.conclude(&mut attributes);
        let operations = Value::List(vec!["0:7".to_owned(), "…".to_owned()]);
        assert_eq!(attributes.value("dcerpc.operations"), Some(&operations));
        assert_eq!(attributes.value("dcerpc.requests"), None);
    }
}
