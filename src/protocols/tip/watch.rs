//! Following a TIP connection through its states (RFC 2371 section 9).

use super::counts::Counts;
use super::doubt::Doubt;
use super::grammar::{self, Line};
use super::multiplexed::Multiplexed;
use crate::attributes::Attributes;
use crate::follow::{Follower, Heard, Told};
use crate::inspect::{Opening, Side};
use crate::report::{Moment, Report, Transactions};
use std::collections::VecDeque;

/// Commands that may await their replies at a time: pipelining has no bound of its own.
const PIPELINED: usize = 16;
/// Transactions whose identifiers are kept.
const NAMED: usize = 8;

/// What the connection carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layer {
    Lines,
    Multiplexed,
    /// TLS, or bytes that made no sense: nothing more to read.
    Opaque,
}

/// The follower of one connection.
#[derive(Debug)]
struct Connection {
    layer: Layer,
    primary: Side,
    /// What each side has said of a line that has not ended.
    partial: [Vec<u8>; 2],
    /// TMP2.0's packets, by side.
    multiplexed: [Multiplexed; 2],
    awaited: VecDeque<&'static [u8]>,
    state: &'static str,
    counts: Counts,
    doubt: Doubt,
    names: Vec<String>,
    is_windows: bool,
    tls: Option<&'static str>,
    multiplexing: Option<&'static str>,
    seen: Transactions,
}

pub(super) fn follow(_: &Opening<'_>) -> Box<dyn Follower> {
    Box::new(Connection {
        layer: Layer::Lines,
        primary: Side::Initiator,
        partial: [Vec::new(), Vec::new()],
        multiplexed: Default::default(),
        awaited: VecDeque::with_capacity(PIPELINED),
        state: "initial",
        counts: Counts::default(),
        doubt: Doubt::default(),
        names: Vec::new(),
        is_windows: false,
        tls: None,
        multiplexing: None,
        seen: Transactions::default(),
    })
}

impl Follower for Connection {
    fn hear(&mut self, heard: &Heard<'_>, _: &mut Told) {
        let mut bytes = heard.bytes;
        if heard.gap {
            if let Some(partial) = self.partial.get_mut(heard.side.index()) {
                partial.clear();
            }
            // The rest of a line whose beginning is missing.
            let end = bytes.iter().position(|&byte| byte == b'\n' || byte == b'\r');
            bytes = end.and_then(|end| bytes.get(end..)).unwrap_or_default();
        }
        while let (Layer::Lines, Some(end)) =
            (self.layer, bytes.iter().position(|&byte| byte == b'\n' || byte == b'\r'))
        {
            let (before, after) = bytes.split_at(end);
            bytes = after.get(1..).unwrap_or_default();
            let mut line = self.partial.get_mut(heard.side.index()).map(std::mem::take).unwrap_or_default();
            line.extend_from_slice(before.get(..before.len().min(grammar::MAX_LINE)).unwrap_or_default());
            self.line(heard.side, &line, heard.at());
            line.clear();
            if let Some(partial) = self.partial.get_mut(heard.side.index()) {
                *partial = line;
            }
        }
        match self.layer {
            Layer::Multiplexed => self.packets(heard.side, bytes),
            Layer::Lines => {
                if let Some(partial) = self.partial.get_mut(heard.side.index()) {
                    partial.extend_from_slice(bytes);
                    if partial.len() > grammar::MAX_LINE {
                        self.layer = Layer::Opaque;
                    }
                }
            }
            Layer::Opaque => {}
        }
    }

    fn closed(&mut self, side: Side, at: Moment) {
        self.seen.closed.get_or_insert((side, at));
    }

    fn conclude(&self, attributes: &mut Attributes) {
        attributes.set("tip.state", self.state);
        attributes.set_some("tip.tls", self.tls);
        attributes.set_some("tip.multiplexing", self.multiplexing);
        attributes.set_some("tip.implementation", self.is_windows.then_some("windows-msdtc"));
        attributes.set_some("tip.transactions", (!self.names.is_empty()).then(|| self.names.clone()));
        attributes.set_some("tip.in_doubt", (self.state == "prepared").then_some(true));
        self.counts.conclude(attributes);
    }

    fn report(&self) -> Option<Report> {
        let mut seen = self.seen.clone();
        seen.in_doubt = self.doubt.open().filter(|_| self.state == "prepared");
        seen.settled = self.doubt.settled();
        seen.refused = seen.refused.map(|(_, at)| (self.counts.refused, at));
        seen.aborted = seen.aborted.map(|(_, at)| (self.counts.aborted, at));
        Some(Report::Transactions(seen))
    }

    fn is_done(&self) -> bool {
        self.layer == Layer::Opaque
    }
}

impl Connection {
    fn line(&mut self, side: Side, line: &[u8], at: Moment) {
        if line.iter().all(|&byte| byte == b' ') {
            return;
        }
        let Ok(line) = grammar::parse(line) else {
            // A line of no known command is answered by ERROR, which is counted when it comes.
            return;
        };
        match line {
            Line::Identify { .. } | Line::Command(..) if side == self.primary => self.command(line, at),
            Line::Identified(_) | Line::Reply(_) | Line::Named(..) if side != self.primary => {
                if side == Side::Responder {
                    self.seen.answered.get_or_insert(at);
                }
                self.reply(line, side, at);
            }
            // ERROR ends the connection, whoever sends it (section 14).
            Line::Reply(b"ERROR") => {
                self.counts.errors += 1;
                self.seen.error.get_or_insert((side, at));
            }
            _ => self.counts.unexpected += 1,
        }
    }

    fn command(&mut self, line: Line<'_>, at: Moment) {
        if let Line::Identify { low, high, .. } = line {
            self.seen.offered.get_or_insert((low, high, at));
        }
        if self.awaited.len() < PIPELINED {
            self.awaited.push_back(line.word());
        }
        if let Line::Command(b"PUSH" | b"PULL" | b"QUERY" | b"RECONNECT", [Some(name), _]) = line {
            self.name(name);
            self.seen.named.get_or_insert(at);
        }
        if let Line::Command(word, operands) = line {
            self.doubt.command(word, operands, at);
        }
    }

    fn reply(&mut self, line: Line<'_>, side: Side, at: Moment) {
        let command = self.awaited.pop_front();
        let counts = &mut self.counts;
        let fits = command.and_then(grammar::command_of).is_some_and(|c| c.replies.contains(&line.word()));
        if line.word() == b"ERROR" {
            counts.errors += 1;
            self.seen.error.get_or_insert((side, at));
            self.state = "error";
            return;
        }
        if !fits {
            counts.unexpected += 1;
            return;
        }
        self.doubt.reply(line.word(), at);
        match line.word() {
            b"IDENTIFIED" => {
                self.state = "idle";
                self.seen.identified.get_or_insert(at);
            }
            b"NEEDTLS" => {
                self.tls = Some("demanded");
                self.seen.needs_tls.get_or_insert(at);
            }
            b"CANTTLS" => {
                self.tls = Some("refused");
                self.seen.refused_layer.get_or_insert(at);
            }
            b"TLSING" => {
                (self.tls, self.state) = (Some("agreed"), "tls");
                self.layer = Layer::Opaque;
            }
            b"CANTMULTIPLEX" => {
                self.multiplexing = Some("refused");
                self.seen.refused_layer.get_or_insert(at);
            }
            b"MULTIPLEXING" => {
                (self.multiplexing, self.state) = (Some("agreed"), "multiplexing");
                self.layer = Layer::Multiplexed;
            }
            b"BEGUN" => {
                counts.begun += 1;
                self.state = "begun";
            }
            b"PUSHED" | b"ALREADYPUSHED" => {
                counts.pushed += 1;
                self.state = "enlisted";
            }
            b"PULLED" => {
                counts.pulled += 1;
                self.state = "enlisted";
                // The superior, from which the transaction was pulled, commands from here on (section 13).
                self.primary = self.primary.other();
                self.awaited.clear();
            }
            b"PREPARED" => {
                self.state = "prepared";
            }
            b"RECONNECTED" => {
                counts.reconnects += 1;
                self.state = "prepared";
            }
            b"COMMITTED" => {
                counts.committed += 1;
                self.state = "idle";
            }
            b"ABORTED" => {
                counts.aborted += 1;
                self.seen.aborted.get_or_insert((0, at));
                self.state = "idle";
            }
            b"READONLY" => {
                counts.read_only += 1;
                self.state = "idle";
            }
            b"QUERIEDEXISTS" | b"QUERIEDNOTFOUND" => counts.queries += 1,
            _ => {
                counts.refused += 1;
                self.seen.refused.get_or_insert((0, at));
            }
        }
        if let Line::Named(_, name) = line {
            self.name(name);
            self.doubt.name(name);
        }
    }

    fn name(&mut self, name: &[u8]) {
        self.is_windows |= name.starts_with(b"OleTx-");
        let name = String::from_utf8_lossy(name);
        if self.names.len() < NAMED && !self.names.iter().any(|known| *known == name) {
            self.names.push(name.into_owned());
        }
    }

    /// Counts the connections that TMP2.0 packets open.
    fn packets(&mut self, side: Side, bytes: &[u8]) {
        let Some(stream) = self.multiplexed.get_mut(side.index()) else { return };
        match stream.opened(bytes) {
            Some(opened) => self.counts.connections += opened,
            None => self.layer = Layer::Opaque,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attributes::Value;
    use crate::inspect::Said;
    use crate::key::{Endpoint, Transport};
    use crate::packet::Timestamp;

    fn concluded(said: &[(Side, &[u8])]) -> Attributes {
        let mut attributes = Attributes::default();
        followed(said).conclude(&mut attributes);
        attributes
    }

    fn followed(said: &[(Side, &[u8])]) -> Box<dyn Follower> {
        let end = |last: u8| Endpoint { address: [10, 0, 0, last].into(), port: 3372 };
        let silent = Said::default();
        let mut connection = follow(&Opening {
            transport: Transport::Tcp,
            initiator: silent,
            responder: silent,
            endpoints: [end(1), end(2)],
            responder_listens: true,
            from_start: true,
        });
        for &(side, bytes) in said {
            let heard =
                Heard { side, bytes, wire_len: bytes.len() as u32, time: Timestamp(0), frame: 1, gap: false, fragmented: false };
            connection.hear(&heard, &mut Told::default());
        }
        connection
    }

    #[test]
    fn a_pulled_transaction_is_followed_through_the_change_of_roles_into_doubt() {
        let attributes = concluded(&[
            (Side::Initiator, b"IDENTIFY 3 3 a:3372/ b:3372/\n"),
            (Side::Responder, b"IDENTIFIED 3\n"),
            (Side::Initiator, b"PULL OleTx-188b0af9-1c81-43cf-8c2a-0e865540f450 x"),
            (Side::Initiator, b"yz\n"),
            (Side::Responder, b"PULLED\n"),
            (Side::Responder, b"PREPARE\n"),
            (Side::Initiator, b"PREPARED\n"),
        ]);
        assert_eq!(attributes.value("tip.state"), Some(&Value::from("prepared")));
        assert_eq!(attributes.value("tip.in_doubt"), Some(&Value::Flag(true)));
        assert_eq!(attributes.value("tip.implementation"), Some(&Value::from("windows-msdtc")));
        assert_eq!(attributes.value("tip.unexpected"), None);
    }

    #[test]
    fn a_transaction_that_is_taken_up_again_is_settled_under_its_id() {
        let report = |said: &[(Side, &[u8])]| match followed(said).report() {
            Some(Report::Transactions(seen)) => seen,
            other => panic!("{other:?}"),
        };
        let opened: [(Side, &[u8]); 2] =
            [(Side::Initiator, b"IDENTIFY 3 3 a/ b/\n"), (Side::Responder, b"IDENTIFIED 3\n")];
        let mut left = opened.to_vec();
        left.extend([
            (Side::Initiator, b"PUSH one\n".as_slice()),
            (Side::Responder, b"PUSHED two\n"),
            (Side::Initiator, b"PREPARE\n"),
            (Side::Responder, b"PREPARED\n"),
            (Side::Initiator, b"COMMIT\n"),
        ]);
        let doubted = report(&left).in_doubt.unwrap();
        assert_eq!((doubted.ids, doubted.decision.map(|(word, _)| word)), (vec!["one".into(), "two".into()], Some("COMMIT")));
        let mut again = opened.to_vec();
        again.extend([
            (Side::Initiator, b"RECONNECT two\n".as_slice()),
            (Side::Responder, b"RECONNECTED\n"),
            (Side::Initiator, b"COMMIT\n"),
            (Side::Responder, b"COMMITTED\n"),
        ]);
        let seen = report(&again);
        let settled: Vec<_> = seen.settled.iter().map(|settled| (settled.ids.clone(), settled.how)).collect();
        assert_eq!((seen.in_doubt, settled), (None, vec![(vec!["two".to_owned()], "COMMITTED")]));
    }

    #[test]
    fn pipelined_commands_meet_their_replies_in_order() {
        let attributes = concluded(&[
            (Side::Initiator, b"IDENTIFY 3 3 - b/\r\nPUSH one\r\nPREPARE\r\nCOMMIT\r\n"),
            (Side::Responder, b"IDENTIFIED 3\r\nPUSHED two\r\nPREPARED\r\nCOMMITTED\r\n"),
        ]);
        assert_eq!(attributes.value("tip.committed"), Some(&Value::Number(1)));
        assert_eq!(attributes.value("tip.state"), Some(&Value::from("idle")));
        let names = Value::List(vec!["one".to_owned(), "two".to_owned()]);
        assert_eq!(attributes.value("tip.transactions"), Some(&names));
    }

    #[test]
    fn multiplexed_connections_are_counted_by_their_first_packets() {
        let attributes = concluded(&[
            (Side::Initiator, b"IDENTIFY 3 3 - b/\nMULTIPLEX TMP2.0\n"),
            (Side::Responder, b"IDENTIFIED 3\nMULTIPLEXING\n"),
            (Side::Initiator, b"\x80\0\0\x02\0\0\0\x06BEG"),
            (Side::Initiator, b"IN\n\xa0\0\0\x04\0\0\0\0"),
        ]);
        assert_eq!(attributes.value("tip.multiplexing"), Some(&Value::from("agreed")));
        assert_eq!(attributes.value("tip.connections"), Some(&Value::Number(2)));
    }
}
