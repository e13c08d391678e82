//! Follows a DTLS handshake: how far it came, what was repeated, what was refused, which certificate was shown.

use crate::attributes::Attributes;
use crate::cursor::Cursor;
use crate::follow::{Follower, Heard, Told};
use crate::formats::alert::Alert;
use crate::formats::certificate::{self, Certificate};
use crate::formats::dtls_records::{Assembler, Fragment, Records, is_unified};
use crate::formats::hello::{ClientHello, Kind};
use crate::formats::tls_records::{content, message};
use crate::inspect::{Opening, Reject, Side};

const CERTIFICATE: certificate::Keys = certificate::Keys {
    subject: "dtls.certificate_subject",
    issuer: "dtls.certificate_issuer",
    names: "dtls.certificate_sans",
    not_before: "dtls.certificate_not_before",
    not_after: "dtls.certificate_not_after",
    self_signed: "dtls.certificate_self_signed",
};

/// Most alerts that are told one by one.
const MAX_ALERTS: usize = 4;

/// How far a handshake came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    #[default]
    Nothing,
    ClientHello,
    HelloVerify,
    Cookie,
    ServerHello,
    Certificate,
    /// Both sides encrypt.
    Finished,
    Data,
}

impl State {
    const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::Nothing => return None,
            Self::ClientHello => "client-hello",
            Self::HelloVerify => "hello-verify",
            Self::Cookie => "cookie",
            Self::ServerHello => "server-hello",
            Self::Certificate => "certificate",
            Self::Finished => "finished",
            Self::Data => "data",
        })
    }
}

#[derive(Debug)]
struct Watch {
    state: State,
    client_hellos: u32,
    retransmissions: u32,
    verifies: u32,
    cookie: bool,
    /// The last hello's random and number: what a retransmission repeats.
    last_hello: Option<([u8; 32], u16)>,
    alerts: Vec<(Side, Alert)>,
    encrypted_alerts: u32,
    /// Which sides have encrypted something.
    encrypts: [bool; 2],
    certificate: Assembler,
}

/// Watches the handshake of a DTLS flow.
pub(in crate::protocols) fn watch(_: &Opening<'_>) -> Box<dyn Follower> {
    Box::new(Watch {
        state: State::default(),
        client_hellos: 0,
        retransmissions: 0,
        verifies: 0,
        cookie: false,
        last_hello: None,
        alerts: Vec::new(),
        encrypted_alerts: 0,
        encrypts: [false; 2],
        certificate: Assembler::new(message::CERTIFICATE),
    })
}

impl Watch {
    fn reach(&mut self, state: State) {
        self.state = self.state.max(state);
    }

    fn encrypted(&mut self, side: Side) {
        if let Some(flag) = self.encrypts.get_mut(side.index()) {
            *flag = true;
        }
        if self.encrypts == [true; 2] {
            self.reach(State::Finished);
        }
    }

    fn fragment(&mut self, fragment: &Fragment<'_>) {
        match fragment.kind {
            message::CLIENT_HELLO if fragment.offset == 0 => {
                self.client_hellos = self.client_hellos.saturating_add(1);
                self.reach(State::ClientHello);
                if let Ok(hello) = ClientHello::parse(fragment.body, Kind::Dtls) {
                    if !hello.cookie.is_empty() {
                        self.cookie = true;
                        self.reach(State::Cookie);
                    }
                    let this = Some((hello.random, fragment.sequence));
                    self.retransmissions = self.retransmissions.saturating_add((this == self.last_hello).into());
                    self.last_hello = this;
                }
            }
            message::HELLO_VERIFY_REQUEST => {
                self.verifies = self.verifies.saturating_add(1);
                self.reach(State::HelloVerify);
            }
            message::SERVER_HELLO => self.reach(State::ServerHello),
            _ => {}
        }
    }
}

impl Follower for Watch {
    fn hear(&mut self, heard: &Heard<'_>, _: &mut Told) {
        let cut = heard.bytes.len() < heard.wire_len as usize;
        let Ok(records) = Records::read(Cursor::new(heard.bytes, cut)) else {
            // DTLS 1.3: what is encrypted cannot be told apart any further.
            if self.state >= State::ServerHello && is_unified(heard.bytes) {
                self.encrypted(heard.side);
            }
            return;
        };
        for record in records {
            match (record.kind, record.epoch) {
                (content::HANDSHAKE, 0) => {
                    for fragment in record.fragments() {
                        self.fragment(&fragment);
                        // A client's certificate comes in the same kind of message; the server's comes first.
                        if fragment.kind == message::CERTIFICATE && heard.side == Side::Responder {
                            self.certificate.add(&fragment);
                            self.reach(State::Certificate);
                        }
                    }
                }
                (content::ALERT, 0) => {
                    let alert = Alert::parse(record.body.rest());
                    if let Some(alert) = alert.filter(|_| self.alerts.len() < MAX_ALERTS) {
                        self.alerts.push((heard.side, alert));
                    }
                }
                (content::ALERT, _) => self.encrypted_alerts = self.encrypted_alerts.saturating_add(1),
                (content::APPLICATION_DATA, _) => self.reach(State::Data),
                (content::HANDSHAKE, _) => self.encrypted(heard.side),
                _ => {}
            }
        }
    }

    fn conclude(&self, attributes: &mut Attributes) {
        attributes.set_some("dtls.state", self.state.name());
        if self.client_hellos > 0 {
            attributes.set("dtls.client_hellos", self.client_hellos);
            attributes.set("dtls.hello_retransmissions", self.retransmissions);
            attributes.set("dtls.hello_verifies", self.verifies);
            attributes.set("dtls.cookie", self.cookie);
        }
        if !self.alerts.is_empty() {
            let alerts: Vec<_> = self.alerts.iter().map(|(side, alert)| format!("{} {alert}", side.name())).collect();
            attributes.set("dtls.alerts", alerts);
        }
        if self.encrypted_alerts > 0 {
            attributes.set("dtls.encrypted_alerts", self.encrypted_alerts);
        }
        if self.certificate.sequence().is_some() {
            let mut body = self.certificate.body();
            attributes.set("dtls.certificate_complete", !body.is_open());
            if let Some(certificate) = leaf(&mut body).ok().and_then(Certificate::parse) {
                certificate.describe(&CERTIFICATE, attributes);
            }
        }
    }
}

/// The first certificate of a Certificate message (RFC 5246 section 7.4.2).
fn leaf<'a>(body: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    body.skip(3)?;
    let len = body.u24()?;
    body.take(len as usize)
}

#[cfg(test)]
mod tests {
    use super::super::{CLIENT, VERIFY};
    use super::*;
    use crate::attributes::Value;
    use crate::packet::Timestamp;

    fn hear(watch: &mut dyn Follower, side: Side, bytes: &[u8]) {
        let wire_len = bytes.len() as u32;
        let heard = Heard { side, bytes, wire_len, time: Timestamp(0), frame: 1, gap: false };
        watch.hear(&heard, &mut Told::default());
    }

    fn new() -> Box<dyn Follower> {
        let end = crate::key::Endpoint { address: [192, 0, 2, 1].into(), port: 1 };
        watch(&Opening {
            transport: crate::key::Transport::Udp,
            initiator: crate::inspect::Said::default(),
            responder: crate::inspect::Said::default(),
            endpoints: [end; 2],
            responder_listens: true,
            from_start: true,
        })
    }

    #[test]
    fn a_hello_that_nobody_answers_is_counted_each_time_it_comes() {
        let mut watch = new();
        for _ in 0..3 {
            hear(&mut *watch, Side::Initiator, CLIENT);
        }
        let mut attributes = Attributes::default();
        watch.conclude(&mut attributes);
        assert_eq!(attributes.value("dtls.client_hellos"), Some(&Value::Number(3)));
        assert_eq!(attributes.value("dtls.hello_retransmissions"), Some(&Value::Number(2)));
        assert_eq!(attributes.value("dtls.state"), Some(&Value::from("client-hello")));
    }

    #[test]
    fn a_demanded_cookie_that_does_not_come_back_leaves_the_handshake_there() {
        let mut watch = new();
        hear(&mut *watch, Side::Initiator, CLIENT);
        hear(&mut *watch, Side::Responder, VERIFY);
        let mut attributes = Attributes::default();
        watch.conclude(&mut attributes);
        assert_eq!(attributes.value("dtls.state"), Some(&Value::from("hello-verify")));
        assert_eq!(attributes.value("dtls.cookie"), Some(&Value::Flag(false)));
    }
}
