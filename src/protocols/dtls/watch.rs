//! Follows a DTLS handshake: how far it came, what was repeated, what was refused, which certificate was shown.

use super::HELLO;
use crate::attributes::Attributes;
use crate::cursor::Cursor;
use crate::follow::{Follower, Heard, Told};
use crate::formats::alert::Alert;
use crate::formats::certificate::{self, Certificate};
use crate::formats::dtls_records::{Assembler, Fragment, Records, is_unified};
use crate::formats::hello::{ClientHello, Kind, ServerHello};
use crate::formats::tls_records::{content, message};
use crate::inspect::{Reject, Side};
use crate::report::{Handshake, Moment, Report, Shown, Stage, Warned};

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

/// A client's record of more than so many bytes is large: what connects a session is, and keepalives are not.
const LARGE: u32 = 1000;

const fn name(stage: Stage) -> Option<&'static str> {
    Some(match stage {
        Stage::Nothing => return None,
        Stage::ClientHello => "client-hello",
        Stage::HelloVerify => "hello-verify",
        Stage::Cookie => "cookie",
        Stage::ServerHello => "server-hello",
        Stage::Certificate => "certificate",
        Stage::Finished => "finished",
        Stage::Data => "data",
    })
}

#[derive(Debug)]
struct Watch {
    seen: Handshake,
    /// The last hello's random and number: what a retransmission repeats.
    last_hello: Option<([u8; 32], u16)>,
    alerts: Vec<(Side, Alert, Moment)>,
    /// Which sides have encrypted something.
    encrypts: [bool; 2],
    certificate: Assembler,
    certificate_at: Option<Moment>,
    /// What the server chose: it may come after the flow is settled.
    answer: Assembler,
    /// Size of the client's first large datagram of data, and the key that it is told under.
    connects: Option<u32>,
    connects_as: Option<&'static str>,
    /// Which sides sent part of a handshake in clear that the capture cut.
    hidden: [bool; 2],
}

/// Watches the handshake of a DTLS flow; `connects_as` is the key for the size of the client's first large datagram
/// behind it, where that means something.
pub(in crate::protocols) fn watch_for(connects_as: Option<&'static str>) -> Box<dyn Follower> {
    Box::new(Watch {
        seen: Handshake::default(),
        last_hello: None,
        alerts: Vec::new(),
        encrypts: [false; 2],
        certificate: Assembler::new(message::CERTIFICATE),
        certificate_at: None,
        answer: Assembler::new(message::SERVER_HELLO),
        connects: None,
        connects_as,
        hidden: [false; 2],
    })
}

impl Watch {
    fn reach(&mut self, stage: Stage) {
        self.seen.stage = self.seen.stage.max(stage);
    }

    fn encrypted(&mut self, side: Side, at: Moment) {
        if let Some(flag) = self.encrypts.get_mut(side.index()) {
            *flag = true;
        }
        if self.encrypts == [true; 2] {
            self.reach(Stage::Finished);
            self.seen.finished.get_or_insert(at);
        }
    }

    fn fragment(&mut self, fragment: &Fragment<'_>, at: Moment) {
        let seen = &mut self.seen;
        match fragment.kind {
            message::CLIENT_HELLO if fragment.offset == 0 => {
                seen.hellos = seen.hellos.saturating_add(1);
                seen.first_hello.get_or_insert(at);
                seen.last_hello = Some(at);
                if let Ok(hello) = ClientHello::parse(fragment.body, Kind::Dtls) {
                    let this = Some((hello.random, fragment.sequence));
                    seen.repeated = seen.repeated.saturating_add((this == self.last_hello).into());
                    self.last_hello = this;
                    if !hello.cookie.is_empty() {
                        seen.cookies = seen.cookies.saturating_add(1);
                        self.reach(Stage::Cookie);
                    }
                }
                self.reach(Stage::ClientHello);
            }
            message::HELLO_VERIFY_REQUEST => {
                seen.verifies = seen.verifies.saturating_add(1);
                seen.first_verify.get_or_insert(at);
                self.reach(Stage::HelloVerify);
            }
            message::SERVER_HELLO => {
                self.answer.add(fragment);
                if let (0, Ok(version)) = (fragment.offset, fragment.body.clone().u16()) {
                    seen.version.get_or_insert((version, at));
                }
                self.reach(Stage::ServerHello);
            }
            _ => {}
        }
    }

    fn data(&mut self, side: Side, at: Moment, len: u32) {
        self.reach(Stage::Data);
        if side == Side::Initiator && len > LARGE {
            self.seen.large += 1;
            self.connects.get_or_insert(len);
        }
        if let (Some(count), Some(first)) =
            (self.seen.data.get_mut(side.index()), self.seen.first_data.get_mut(side.index()))
        {
            *count += 1;
            first.get_or_insert(at);
        }
    }
}

impl Follower for Watch {
    fn hear(&mut self, heard: &Heard<'_>, _: &mut Told) {
        let cut = heard.bytes.len() < heard.wire_len as usize;
        let at = heard.at();
        if let Some(last) = self.seen.last.get_mut(heard.side.index()) {
            *last = Some(at);
        }
        let Ok(records) = Records::read(Cursor::new(heard.bytes, cut)) else {
            // DTLS 1.3: what is encrypted cannot be told apart any further.
            if self.seen.stage >= Stage::ServerHello && is_unified(heard.bytes) {
                self.encrypted(heard.side, at);
            }
            return;
        };
        for record in records {
            match (record.kind, record.epoch) {
                (content::HANDSHAKE, 0) => {
                    if let (true, Some(hidden)) = (cut, self.hidden.get_mut(heard.side.index())) {
                        *hidden = true;
                    }
                    for fragment in record.fragments() {
                        self.fragment(&fragment, at);
                        // A client's certificate comes in the same kind of message; the server's comes first.
                        if fragment.kind == message::CERTIFICATE && heard.side == Side::Responder {
                            self.certificate.add(&fragment);
                            self.certificate_at.get_or_insert(at);
                            self.reach(Stage::Certificate);
                        }
                    }
                }
                (content::ALERT, 0) => {
                    let alert = Alert::parse(record.body.rest());
                    if let Some(alert) = alert.filter(|_| self.alerts.len() < MAX_ALERTS) {
                        self.alerts.push((heard.side, alert, at));
                    }
                }
                (content::ALERT, _) => {
                    let (count, ..) = self.seen.hidden_alerts.get_or_insert((0, heard.side, at));
                    *count = count.saturating_add(1);
                }
                (content::APPLICATION_DATA, _) => self.data(heard.side, at, heard.wire_len),
                (content::HANDSHAKE, _) => self.encrypted(heard.side, at),
                _ => {}
            }
        }
    }

    fn conclude(&self, attributes: &mut Attributes) {
        let seen = &self.seen;
        if let Ok(hello) = ServerHello::parse(self.answer.body(), Kind::Dtls) {
            HELLO.describe_server(&hello, attributes);
        }
        if let Some(key) = self.connects_as {
            attributes.set_some(key, self.connects);
        }
        let [client_hidden, server_hidden] = self.hidden;
        // A hello that was cut may have had the cookie, and a certificate may stand behind a hello that was.
        let further = match seen.stage {
            Stage::HelloVerify => client_hidden,
            Stage::ServerHello => server_hidden,
            _ => false,
        };
        attributes.set_some("dtls.state", name(seen.stage).filter(|_| !further));
        if seen.hellos > 0 {
            attributes.set("dtls.client_hellos", seen.hellos);
            if seen.repeated > 0 || !client_hidden {
                attributes.set("dtls.hello_retransmissions", seen.repeated);
            }
            attributes.set("dtls.hello_verifies", seen.verifies);
            if seen.cookies > 0 || !client_hidden {
                attributes.set("dtls.cookie", seen.cookies > 0);
            }
        }
        if !self.alerts.is_empty() {
            let alerts: Vec<_> =
                self.alerts.iter().map(|(side, alert, _)| format!("{} {alert}", side.name())).collect();
            attributes.set("dtls.alerts", alerts);
        }
        attributes.set_some("dtls.encrypted_alerts", seen.hidden_alerts.map(|(count, ..)| count));
        if self.certificate.sequence().is_some() {
            let mut body = self.certificate.body();
            if !body.is_open() || !server_hidden {
                attributes.set("dtls.certificate_complete", !body.is_open());
            }
            if let Some(certificate) = leaf(&mut body).ok().and_then(Certificate::parse) {
                certificate.describe(&CERTIFICATE, attributes);
            }
        }
    }

    fn report(&self) -> Option<Report> {
        let mut seen = self.seen.clone();
        seen.alerts.extend(self.alerts.iter().map(|&(side, alert, at)| Warned {
            side,
            code: alert.code,
            name: crate::formats::alert::name(alert.code).unwrap_or("unknown"),
            fatal: alert.fatal,
            at,
        }));
        if let (Some(at), Some(_)) = (self.certificate_at, self.certificate.sequence()) {
            let mut body = self.certificate.body();
            if body.is_open() {
                seen.certificate_cut = Some(at);
            } else if let Some(shown) = leaf(&mut body).ok().and_then(Certificate::parse) {
                let Certificate { subject, names, not_before, not_after, self_signed, .. } = shown;
                seen.certificate = Some(Shown { subject, names, not_before, not_after, self_signed, at });
            }
        }
        Some(Report::Handshake(seen))
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
    use super::super::{CLIENT, SERVER, VERIFY};
    use super::*;
    use crate::attributes::Value;
    use crate::packet::Timestamp;

    fn hear(watch: &mut dyn Follower, side: Side, bytes: &[u8]) {
        let wire_len = bytes.len() as u32;
        let heard = Heard { side, bytes, wire_len, time: Timestamp(0), frame: 1, gap: false, fragmented: false };
        watch.hear(&heard, &mut Told::default());
    }

    #[test]
    fn a_hello_that_nobody_answers_is_counted_each_time_it_comes() {
        let mut watch = watch_for(None);
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
        let mut watch = watch_for(None);
        hear(&mut *watch, Side::Initiator, CLIENT);
        hear(&mut *watch, Side::Responder, VERIFY);
        let mut attributes = Attributes::default();
        watch.conclude(&mut attributes);
        assert_eq!(attributes.value("dtls.state"), Some(&Value::from("hello-verify")));
        assert_eq!(attributes.value("dtls.cookie"), Some(&Value::Flag(false)));
    }

    #[test]
    fn what_the_server_chose_is_told_although_its_hello_came_after_the_demand_for_a_cookie() {
        let mut watch = watch_for(None);
        for (side, bytes) in [(Side::Initiator, CLIENT), (Side::Responder, VERIFY), (Side::Responder, SERVER)] {
            hear(&mut *watch, side, bytes);
        }
        let mut attributes = Attributes::default();
        watch.conclude(&mut attributes);
        assert_eq!(
            attributes.value("dtls.cipher"),
            Some(&Value::from("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"))
        );
        assert_eq!(attributes.value("dtls.version"), Some(&Value::from("1.2")));
    }

    #[test]
    fn the_first_large_datagram_of_data_is_told_where_it_means_something() {
        let datagram = [&b"\x17\xfe\xfd\0\x01\0\0\0\0\0\x05\x04\xb0"[..], &[7; 1200]].concat();
        for (key, told) in [(None, None), (Some("test.bytes"), Some(&Value::Number(1213)))] {
            let mut watch = watch_for(key);
            hear(&mut *watch, Side::Initiator, &datagram);
            let mut attributes = Attributes::default();
            watch.conclude(&mut attributes);
            assert_eq!(attributes.value("test.bytes"), told);
        }
    }
}
