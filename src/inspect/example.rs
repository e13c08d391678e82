//! Openings that show what an inspector claims and what it must not: tests, fuzz seeds and documentation at once.

use super::Confidence;
use crate::key::Transport;

/// An opening, and what its inspector must conclude from it.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// What it shows, as a clause: "the responder demands TLS".
    pub shows: &'static str,
    /// What carries it.
    pub transport: Transport,
    /// The responder's port; an unrelated one unless `on` was called.
    pub port: u16,
    /// What the initiator sends: datagrams, or parts of a TCP stream.
    pub initiator: &'static [&'static [u8]],
    /// What the responder sends.
    pub responder: &'static [&'static [u8]],
    /// The confidence to reach, or `None` if the flow is something else.
    pub expect: Option<Confidence>,
}

impl Example {
    /// A responder port that no protocol is usual on.
    pub const UNRELATED_PORT: u16 = 49_999;

    /// A TCP flow that is claimed with this confidence.
    #[must_use]
    pub const fn tcp(
        expect: Confidence,
        shows: &'static str,
        initiator: &'static [&'static [u8]],
        responder: &'static [&'static [u8]],
    ) -> Self {
        let port = Self::UNRELATED_PORT;
        Self { shows, transport: Transport::Tcp, port, initiator, responder, expect: Some(expect) }
    }

    /// A UDP flow that is claimed with this confidence.
    #[must_use]
    pub const fn udp(
        expect: Confidence,
        shows: &'static str,
        initiator: &'static [&'static [u8]],
        responder: &'static [&'static [u8]],
    ) -> Self {
        Self { transport: Transport::Udp, ..Self::tcp(expect, shows, initiator, responder) }
    }

    /// An SCTP flow that is claimed with this confidence.
    #[must_use]
    pub const fn sctp(
        expect: Confidence,
        shows: &'static str,
        initiator: &'static [&'static [u8]],
        responder: &'static [&'static [u8]],
    ) -> Self {
        Self { transport: Transport::Sctp, ..Self::tcp(expect, shows, initiator, responder) }
    }

    /// A flow over `transport` that must not be claimed.
    #[must_use]
    pub const fn not(
        transport: Transport,
        shows: &'static str,
        initiator: &'static [&'static [u8]],
        responder: &'static [&'static [u8]],
    ) -> Self {
        let port = Self::UNRELATED_PORT;
        Self { shows, transport, port, initiator, responder, expect: None }
    }

    /// The same flow towards this responder port.
    #[must_use]
    pub const fn on(self, port: u16) -> Self {
        Self { port, ..self }
    }
}
