//! Kerberos messages (RFC 4120 section 5), as far as they are in clear.

use crate::cursor::{Cursor, require};
use crate::formats::ber::{self, tag};
use crate::inspect::Reject;

/// A message's type, and what comes behind version and type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'a> {
    /// The type, which is the application tag's number (section 5.10).
    pub(super) kind: u8,
    /// Whether all of it is here.
    pub(super) whole: bool,
    rest: Cursor<'a>,
}

/// AS and TGS requests and replies, AP request and reply.
const AS_REQ: u8 = 10;
const AS_REP: u8 = 11;
const TGS_REQ: u8 = 12;
const TGS_REP: u8 = 13;
const AP_REQ: u8 = 14;
const AP_REP: u8 = 15;
const ERROR: u8 = 30;
/// Longest name kept, in bytes.
const MAX_NAME: usize = 256;

/// Reads a message that has to fill `cursor`: at least 80 bits are fixed.
pub(super) fn message(mut cursor: Cursor<'_>) -> Result<Message<'_>, Reject> {
    let (outer, len) = ber::header(&mut cursor)?;
    let kind = outer.first.wrapping_sub(tag::application(0));
    require(matches!(kind, AS_REQ..=AP_REP | 20..=22 | ERROR))?;
    // In a datagram or behind TCP's length nothing follows the message.
    require(len == cursor.len() || (cursor.is_open() && len > cursor.len()))?;
    let whole = !cursor.is_open();
    let (sequence, inner) = ber::header(&mut cursor)?;
    require(sequence.first == tag::SEQUENCE && inner <= len && len - inner <= 6)?;
    // Requests to a KDC count their fields from 1, everything else from 0.
    let base = u8::from(matches!(kind, AS_REQ | TGS_REQ));
    for (number, expected) in [(0, 5), (1, i64::from(kind))] {
        let field = ber::expect(&mut cursor, tag::context(base + number))
            .and_then(|mut contents| ber::integer(&mut contents));
        match field {
            Ok(value) => require(value == expected)?,
            // Cut by the capture behind two headers whose lengths agree.
            Err(Reject::Incomplete) => break,
            Err(Reject::Mismatch) => return Err(Reject::Mismatch),
        }
    }
    Ok(Message { kind, whole, rest: cursor })
}

/// Whether a server sends messages of this type.
pub(super) const fn is_reply(kind: u8) -> bool {
    matches!(kind, AS_REP | TGS_REP | AP_REP | ERROR)
}

/// Whether `reply` answers `request`.
pub(super) const fn answers(request: u8, reply: u8) -> bool {
    !is_reply(request) && (reply == ERROR || reply == request + 1)
}

/// The type's name.
pub(super) const fn name(kind: u8) -> &'static str {
    match kind {
        AS_REQ => "AS-REQ",
        AS_REP => "AS-REP",
        TGS_REQ => "TGS-REQ",
        TGS_REP => "TGS-REP",
        AP_REQ => "AP-REQ",
        AP_REP => "AP-REP",
        20 => "KRB-SAFE",
        21 => "KRB-PRIV",
        22 => "KRB-CRED",
        _ => "KRB-ERROR",
    }
}

/// What a message tells in clear.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) realm: Option<String>,
    pub(super) client: Option<String>,
    pub(super) service: Option<String>,
    pub(super) error: Option<u64>,
}

impl Message<'_> {
    /// The names in a request's body, a reply's head or an error.
    pub(super) fn names(&self) -> Names {
        let mut names = Names::default();
        let mut fields = self.rest;
        if matches!(self.kind, AS_REQ | TGS_REQ) {
            // Behind the preauthentication data: KDC-REQ-BODY, field 4.
            while let Ok(field) = ber::element(&mut fields) {
                if field.tag.first == tag::context(4) {
                    let mut body = field.contents;
                    fields = ber::expect(&mut body, tag::SEQUENCE).unwrap_or(Cursor::closed(&[]));
                    break;
                }
            }
        }
        // Where client, realm, service and error code stand (sections 5.4.1, 5.4.2 and 5.9.1).
        let (client, realm, service, error) = match self.kind {
            AS_REQ | TGS_REQ => (1, 2, 3, None),
            AS_REP | TGS_REP => (4, 3, 31, None),
            ERROR => (8, 9, 10, Some(6)),
            _ => return names,
        };
        while let Ok(field) = ber::element(&mut fields) {
            let Some(number) = field.tag.first.checked_sub(tag::context(0)) else { continue };
            let mut contents = field.contents;
            if number == client {
                names.client = principal(contents);
            } else if number == realm {
                names.realm = ber::octets(&mut contents, tag::GENERAL_STRING).ok().map(text);
            } else if number == service {
                names.service = principal(contents);
            } else if Some(number) == error {
                names.error = ber::integer(&mut contents).ok().and_then(|code| u64::try_from(code).ok());
            }
        }
        names
    }
}

/// A PrincipalName (section 5.2.2): its parts, joined by slashes.
fn principal(mut contents: Cursor<'_>) -> Option<String> {
    let mut name = ber::expect(&mut contents, tag::SEQUENCE).ok()?;
    ber::element(&mut name).ok()?;
    let mut strings = ber::expect(&mut name, tag::context(1)).ok()?;
    let mut parts = ber::expect(&mut strings, tag::SEQUENCE).ok()?;
    let mut joined = String::new();
    while let Ok(part) = ber::octets(&mut parts, tag::GENERAL_STRING) {
        if !joined.is_empty() {
            joined.push('/');
        }
        joined.push_str(&text(part));
        if joined.len() > MAX_NAME {
            break;
        }
    }
    if parts.is_open() {
        // More parts were cut off.
        return (!joined.is_empty()).then(|| joined + "/…");
    }
    Some(joined)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.get(..bytes.len().min(MAX_NAME)).unwrap_or_default()).into_owned()
}
