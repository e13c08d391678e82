//! ISO transport over TCP, as controllers, X.400 and power stations use it: TPKT of [RFC 1006] around the
//! transport protocol class 0 of ITU-T X.224.
//!
//! ```text
//! TPKT  03 00 length          the length counts these four bytes too
//! TPDU  LI  code ...          LI counts the header without itself, user data follows it
//! initiator  E0 0000 ref 00  C1 .. calling TSAP  C2 .. called TSAP  C0 .. size      connection request
//! responder  D0 ref ref 00  ...                                                     connection confirm
//! both       F0 80 user data                                                        data
//! ```
//!
//! What the user data is names the flow, if it is known (S7, MMS); this inspector names the rest. Remote
//! Desktop begins with a connection request too, but without TSAPs.
//!
//! [RFC 1006]: https://www.rfc-editor.org/rfc/rfc1006

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, is_text, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Verdict};
use crate::key::Transport;
use std::fmt::Write;

/// ISO transport over TCP whose user is not known.
pub const INSPECTOR: Inspector = Inspector {
    name: "cotp",
    title: "ISO transport service on top of TCP (TPKT, COTP)",
    specification: "RFC 1006 section 6; ITU-T X.224 section 13",
    ports: &[102],
    initiator_first: ByteSet::of(&[0x03]),
    responder_first: ByteSet::of(&[0x03]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("cotp.calling_tsap", "transport selector of the side that opens: text, else hexadecimal"),
        ("cotp.called_tsap", "transport selector that is asked for: text, else hexadecimal"),
    ],
    confused_with: "Remote Desktop, whose connection request has no TSAPs; H.323, which has Q.931 right inside TPKT",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Messages read of a side before user data must have come.
const MAX_MESSAGES: usize = 8;

/// The parameters of a connection request or confirm.
#[derive(Clone, Copy, Default)]
pub(super) struct Selectors<'a> {
    /// Who calls (parameter C1).
    pub(super) calling: Option<&'a [u8]>,
    /// Who is called (parameter C2).
    pub(super) called: Option<&'a [u8]>,
}

/// A transport protocol data unit of class 0.
#[derive(Clone, Copy)]
pub(super) enum Unit<'a> {
    /// CR: connection request.
    Request(Selectors<'a>),
    /// CC: connection confirm.
    Confirm(Selectors<'a>),
    /// DT: data, and whether it ends the user's message.
    Data(Cursor<'a>, bool),
    /// DR or ER: the connection is refused or ended.
    Disconnect,
}

/// Reads a TPKT and the unit in it. A data unit may still be coming.
pub(super) fn unit<'a>(cursor: &mut Cursor<'a>) -> Result<Unit<'a>, Reject> {
    cursor.tag(&[3, 0])?;
    let len = usize::from(cursor.u16()?);
    // RFC 1006 section 6: a packet is at least 7 bytes, the smallest unit's 3 and these 4.
    let mut body = cursor.within(len.checked_sub(4).filter(|&rest| rest >= 3).ok_or(Reject::Mismatch)?)?;
    let header_len = usize::from(body.u8()?);
    require((2..=254).contains(&header_len))?;
    let mut ahead = body;
    let code = ahead.u8()?;
    require(matches!(code, 0xe0 | 0xd0 | 0x80 | 0x70 | 0xf0))?;
    require(code != 0xf0 || header_len == 2)?;
    let mut header = body.sub(header_len)?;
    header.skip(1)?;
    match code {
        0xf0 => {
            let number = header.u8()?;
            // Class 0 numbers nothing: only the end mark may be set (X.224 section 13.7).
            require(number & 0x7f == 0)?;
            Ok(Unit::Data(body, number & 0x80 != 0))
        }
        0xe0 | 0xd0 => {
            header.skip(4)?;
            require(header.u8()? & 0xf0 == 0)?;
            let selectors = selectors(header)?;
            Ok(if code == 0xe0 { Unit::Request(selectors) } else { Unit::Confirm(selectors) })
        }
        _ => Ok(Unit::Disconnect),
    }
}

/// Reads the variable part of a connection request or confirm (X.224 section 13.3.4).
fn selectors(mut header: Cursor<'_>) -> Result<Selectors<'_>, Reject> {
    let mut selectors = Selectors::default();
    while !header.is_empty() {
        let code = header.u8()?;
        let len = usize::from(header.u8()?);
        let value = header.take(len)?;
        match code {
            0xc1 => selectors.calling = Some(value),
            0xc2 => selectors.called = Some(value),
            0x85..=0x8b | 0xc0 | 0xc3..=0xc7 | 0xf0 => {}
            _ => return Err(Reject::Mismatch),
        }
    }
    Ok(selectors)
}

/// The beginning of the first user message of a side, and whether it is all in one unit; what comes
/// before it must be the set-up of the connection.
pub(super) fn user_data(said: Said<'_>) -> Result<(Cursor<'_>, bool), Reject> {
    let mut stream = said.cursor(Transport::Tcp);
    for _ in 0..MAX_MESSAGES {
        match unit(&mut stream)? {
            Unit::Data(data, ends) if !data.is_empty() || data.is_open() => return Ok((data, ends)),
            _ => {}
        }
    }
    Err(Reject::Mismatch)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let named = |selectors: Selectors<'_>| selectors.calling.is_some() || selectors.called.is_some();
    let users_follow = user_data(opening.initiator).is_ok() && user_data(opening.responder).is_ok();
    let set_up = "connection-request: TPKT and X.224 with transport selectors (RFC 1006 section 6, X.224 section 13.3)";
    let request = match unit(&mut opening.request()) {
        Ok(Unit::Request(selectors)) => require(named(selectors)).map(|()| Confidence::Message),
        Ok(Unit::Data(..)) if opening.is_on(INSPECTOR.ports) => Ok(Confidence::Signature),
        Ok(Unit::Data(..)) => Err(Reject::Incomplete),
        Ok(_) => Err(Reject::Mismatch),
        Err(reject) => Err(reject),
    };
    let reply = match unit(&mut opening.reply()) {
        Ok(Unit::Confirm(_) | Unit::Disconnect) if request.is_ok() => Ok(Confidence::Message),
        Ok(Unit::Confirm(selectors)) if named(selectors) => Ok(Confidence::Message),
        Ok(Unit::Data(..)) if opening.is_on(INSPECTOR.ports) => Ok(Confidence::Signature),
        Ok(Unit::Confirm(_) | Unit::Disconnect | Unit::Data(..)) => Err(Reject::Incomplete),
        Ok(Unit::Request(_)) => Err(Reject::Mismatch),
        Err(reject) => Err(reject),
    };
    let evidence = Evidence::of(request, reply, set_up)?;
    let in_the_middle = request == Ok(Confidence::Signature) || reply == Ok(Confidence::Signature);
    if in_the_middle {
        // The same header carries T.125 in Remote Desktop, so beyond a signature it proves nothing.
        let rule = "data: TPKT and X.224 data on the ISO transport's port (RFC 1006 section 6)";
        return Ok(Evidence { confidence: Confidence::Signature, rule, ..evidence }.wanting_more(true));
    }
    // The capture cut off what the users say: what is left is how all of them begin.
    if !users_follow && (opening.initiator.is_cut() || opening.responder.is_cut()) {
        return Err(Reject::Incomplete);
    }
    // What the users say decides whose flow it is: wait for both.
    Ok(evidence.wanting_more(!users_follow))
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    describe_selectors(opening, attributes, ["cotp.calling_tsap", "cotp.called_tsap"]);
}

/// Sets the transport selectors of the connection request.
pub(super) fn describe_selectors(opening: &Opening<'_>, attributes: &mut Attributes, keys: [&'static str; 2]) {
    let [calling, called] = keys;
    if let Ok(Unit::Request(selectors)) = unit(&mut opening.request()) {
        attributes.set_some(calling, selectors.calling.map(printed));
        attributes.set_some(called, selectors.called.map(printed));
    }
}

fn printed(selector: &[u8]) -> String {
    if is_text(selector) {
        String::from_utf8_lossy(selector).into_owned()
    } else {
        selector.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "a connection between named selectors",
        &[b"\x03\x00\x00\x16\x11\xe0\x00\x00\x00\x01\x00\xc1\x02\x01\x00\xc2\x02\x01\x02\xc0\x01\x0a"],
        &[b"\x03\x00\x00\x16\x11\xd0\x00\x01\x00\x02\x00\xc0\x01\x0a\xc1\x02\x01\x00\xc2\x02\x01\x02"],
    ),
    Example::tcp(
        Confidence::Message,
        "only the request was captured",
        &[b"\x03\x00\x00\x16\x11\xe0\x00\x00\x00\x01\x00\xc1\x02\x01\x00\xc2\x02\x01\x02\xc0\x01\x0a"],
        &[],
    ),
    Example::tcp(
        Confidence::Signature,
        "in the middle, on the port",
        &[b"\x03\x00\x00\x0b\x02\xf0\x80\x99\x98\x97\x96"],
        &[],
    )
    .on(102),
    Example::not(
        Transport::Tcp,
        "Remote Desktop asks for its security protocols",
        &[b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x0b\x00\x00\x00"],
        &[],
    ),
    Example::not(
        Transport::Tcp,
        "H.225 call signalling in TPKT",
        &[b"\x03\x00\x00\x0e\x08\x02\x00\x01\x05\x04\x03\x88\x93\xa5"],
        &[],
    ),
];
