//! Oracle's Transparent Network Substrate (TNS), which carries Net Services: Oracle has not published it; the
//! packet is common knowledge.
//!
//! ```text
//! length | checksum 0 | type | flags | header checksum 0 | ...
//!          1 connect, 2 accept, 4 refuse, 5 redirect, 6 data, 11 resend, 12 marker ...
//! initiator   1: version, compatible version ... length and offset of the connect data, "(DESCRIPTION=..."
//! responder   2: version, ...   4: reason, "(ERR=..."   5: "(ADDRESS=..."   11: nothing
//! ```
//!
//! Between versions from 315 on, packets after the accept have a length of 32 bits.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, decimal, require};
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Oracle TNS.
pub const INSPECTOR: Inspector = Inspector {
    name: "oracle-tns",
    title: "Oracle Net (TNS)",
    specification: "Oracle Net Services: TNS packet header, connect, accept, refuse, redirect, as documented by open implementations",
    ports: &[1521, 1526, 2483],
    initiator_first: ByteSet::range(0x00, 0x20),
    responder_first: ByteSet::range(0x00, 0x20),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("oracle-tns.service", "service or instance that the client asks for"),
        ("oracle-tns.program", "program that the client says it is"),
        ("oracle-tns.client_host", "host that the client says it is"),
        ("oracle-tns.answer", "type of the listener's answer (2 accept, 4 refuse, 5 redirect, 11 resend)"),
        ("oracle-tns.version", "TNS version that the client offers"),
        ("oracle-tns.server_version", "the server's version, as a listener that refuses says it"),
    ],
    confused_with: "other protocols with two bytes of length in front: the offset and length of the connect data fit only here",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const CONNECT: u8 = 1;
const DATA: u8 = 6;

/// A packet: its type and its body. `long` is how packets begin after an accept between new versions.
fn packet<'a>(cursor: &mut Cursor<'a>, long: bool) -> Result<(u8, Cursor<'a>), Reject> {
    let len = if long {
        cursor.u32()?
    } else {
        let len = cursor.u16()?;
        // The packet's checksum is never used.
        cursor.tag(&[0, 0])?;
        u32::from(len)
    };
    require((8..=0x20_0000).contains(&len))?;
    let kind = cursor.u8()?;
    require(matches!(kind, 1..=7 | 9 | 11..=15))?;
    // Bits of the flags that exist.
    require(cursor.u8()? & 0xc0 == 0)?;
    cursor.tag(&[0, 0])?;
    Ok((kind, cursor.within(len as usize - 8)?))
}

/// The connect data, "(DESCRIPTION=...", and the version.
fn connect<'a>(cursor: &mut Cursor<'a>) -> Result<(u16, &'a [u8]), Reject> {
    let (kind, mut body) = packet(cursor, false)?;
    require(kind == CONNECT)?;
    let whole = body;
    let version = body.u16()?;
    // 300 is version 8, 319 version 21.
    require((300..=340).contains(&version) && body.u16()? <= version)?;
    body.skip(12)?;
    let (len, offset) = (usize::from(body.u16()?), usize::from(body.u16()?));
    let mut data = whole;
    data.skip(offset.checked_sub(8).ok_or(Reject::Mismatch)?)?;
    if data.is_empty() && !data.is_open() {
        // Connect data that are too long for this packet come in the next.
        let (kind, mut next) = packet(cursor, false)?;
        require(kind == DATA)?;
        next.skip(2)?;
        data = next;
    }
    let mut ahead = data;
    ahead.tag(b"(")?;
    require(data.is_open() || data.len() == len)?;
    if data.is_open() { Err(Reject::Incomplete) } else { Ok((version, data.rest())) }
}

/// Judges the listener's first packet.
fn answer(cursor: &mut Cursor<'_>) -> Result<u8, Reject> {
    let (kind, mut body) = packet(cursor, false)?;
    match kind {
        2 => {
            require((300..=340).contains(&body.u16()?))?;
            body.skip(14)?;
        }
        // Reasons, or nothing, and a text in brackets.
        4 => {
            body.skip(4)?;
            require(body.rest().first().is_none_or(|&byte| byte == b'('))?;
        }
        5 => {
            body.skip(2)?;
            require(body.rest().first().is_none_or(|&byte| byte == b'('))?;
        }
        11 => body.end()?,
        _ => return Err(Reject::Mismatch),
    }
    Ok(kind)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let request = connect(&mut opening.request()).map(drop);
    let reply = answer(&mut opening.reply());
    if request == Err(Reject::Mismatch) || reply == Err(Reject::Mismatch) {
        return inspect_middle(opening);
    }
    // A resend is eight bytes, a refusal little more: alone they tell too little.
    let reply = reply.and_then(|kind| {
        if kind == 2 || request.is_ok() { Ok(Confidence::Message) } else { Err(Reject::Incomplete) }
    });
    Evidence::of(
        request.map(|()| Confidence::Message),
        reply,
        "connect: connect data at their offset, and the listener's answer (TNS packets 1, 2, 4, 5, 11)",
    )
}

/// A flow whose beginning is lost: on Oracle's port, data packets of both sides.
fn inspect_middle(opening: &Opening<'_>) -> Verdict {
    require(!opening.from_start && opening.is_on(INSPECTOR.ports))?;
    let judged = |cursor: Cursor<'_>| {
        let mut result = Err(Reject::Mismatch);
        for long in [false, true] {
            let mut ahead = cursor;
            result = packet(&mut ahead, long).and_then(|(kind, _)| require(matches!(kind, DATA | 12)));
            if result.is_ok() {
                break;
            }
        }
        result
    };
    let rule = "data: TNS packets of both sides on Oracle's port (TNS packet header)";
    judged(opening.request())?;
    judged(opening.reply())?;
    Ok(Evidence::signature(rule))
}

/// The value of `NAME=value` in connect data.
fn value<'a>(data: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let at = data.windows(name.len()).position(|part| part.eq_ignore_ascii_case(name))?;
    let rest = data.get(at + name.len()..)?;
    rest.split(|&byte| byte == b')').next().filter(|value| !value.is_empty())
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    if let Ok((version, data)) = connect(&mut opening.request()) {
        attributes.set("oracle-tns.version", version);
        let service = value(data, b"(SERVICE_NAME=").or_else(|| value(data, b"(SID="));
        attributes.set_some("oracle-tns.service", service);
        attributes.set_some("oracle-tns.program", value(data, b"(PROGRAM="));
        let client = data.windows(5).position(|part| part.eq_ignore_ascii_case(b"(CID="));
        let host = client.and_then(|at| data.get(at..)).and_then(|data| value(data, b"(HOST="));
        attributes.set_some("oracle-tns.client_host", host);
    }
    attributes.set_some("oracle-tns.answer", answer(&mut opening.reply()).ok());
    attributes.set_some("oracle-tns.server_version", refusers_version(opening.responder.bytes()));
}

/// The version in `(VSNNUM=186647552)`, which refusals have: eight bits for the release, then 4, 8, 4 and 8 until 12.2;
/// since 18 what follows the release has another form.
fn refusers_version(answer: &[u8]) -> Option<String> {
    let number = u32::try_from(decimal(value(answer, b"(VSNNUM=")?).ok()?).ok()?;
    let [release, second, third, fourth] = number.to_be_bytes();
    match release {
        8..=12 => Some(format!("{release}.{}.{}.{}.{fourth}", second >> 4, (second & 15) << 4 | third >> 4, third & 15)),
        18..=40 => Some(release.to_string()),
        _ => None,
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "the listener wants the connect packet again",
        &[b"\x00\x57\x00\x00\x01\x00\x00\x00\x01\x39\x01\x2c\x0c\x41\x20\x00\xff\xff\x7f\x08\x00\x00\x01\x00\x00\x1d\x00\x3a\x00\x00\x08\x00\x41\x41\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00(CONNECT_DATA=(SERVICE_NAME=x"],
        &[b"\x00\x08\x00\x00\x0b\x00\x00\x00"],
    ),
    Example::tcp(
        Confidence::Message,
        "only the listener was captured, which accepts",
        &[],
        &[b"\x00\x18\x00\x00\x02\x00\x00\x00\x01\x39\x0c\x41\x20\x00\xff\xff\x01\x00\x00\x00\x00\x18\x41\x41"],
    ),
    Example::not(
        Transport::Tcp,
        "connect data that are not at their offset",
        &[b"\x00\x57\x00\x00\x01\x00\x00\x00\x01\x39\x01\x2c\x0c\x41\x20\x00\xff\xff\x7f\x08\x00\x00\x01\x00\x00\x1d\x00\x38\x00\x00\x08\x00\x41\x41\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00(CONNECT_DATA=(SERVICE_NAME=x"],
        &[],
    ),
    Example::not(Transport::Tcp, "a resend out of nothing", &[], &[b"\x00\x08\x00\x00\x0b\x00\x00\x00"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_tells_the_release() {
        let refused = |number: &str| refusers_version(format!("(DESCRIPTION=(TMP=)(VSNNUM={number})(ERR=12505))").as_bytes());
        assert_eq!(refused("186647552").as_deref(), Some("11.2.0.4.0"));
        assert_eq!(refused("318767104").as_deref(), Some("19"));
        assert_eq!((refused("0"), refused("99999999999")), (None, None));
    }
}
