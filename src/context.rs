//! What the flows between two hosts tell about each other.

use crate::key::{Endpoint, Transport};
use crate::packet::Timestamp;

/// Another flow between the same two hosts, once its protocol was recognised by bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Its protocol's canonical name.
    pub name: &'static str,
    /// What carries it.
    pub transport: Transport,
    /// Its listening end.
    pub responder: Endpoint,
    /// Its first packet's time.
    pub since: Timestamp,
    /// The frame in which it was recognised.
    pub frame: u64,
}

/// What a flow said about another one to come: "data will come to this port", "that interface listens there".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// The canonical name of the protocol that will be spoken there.
    pub name: &'static str,
    /// What will carry it.
    pub transport: Transport,
    /// The listening end; a flow to it, from whichever port, is meant.
    pub listener: Endpoint,
    /// The frame that said so.
    pub frame: u64,
    /// What said so, as a clause: "the FTP server's answer to PASV".
    pub said_by: &'static str,
    /// Between whom it was said, the initiator's end first; `None` as long as that is being found out.
    pub by: Option<[Endpoint; 2]>,
}

/// Between the same two hosts: what other flows told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// Flows that were recognised, oldest first.
    pub neighbours: &'a [Neighbour],
}

impl Context<'_> {
    /// The first neighbour of protocol `name` that `listener`'s host serves.
    #[must_use]
    pub fn served(&self, name: &str, listener: Endpoint) -> Option<&Neighbour> {
        self.neighbours.iter().find(|n| n.name == name && n.responder.address == listener.address)
    }
}
