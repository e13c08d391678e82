//! FINS, which Omron's controllers speak over UDP and TCP: Omron W342, the FINS commands reference.
//!
//! ```text
//! UDP   ICF | RSV 00 | GCT | destination net, node, unit | source net, node, unit | SID | command | ...
//!       80 command, C0 response (bit 0: no response wanted)
//! TCP   "FINS" | length of the rest | 0 1 node address, 2 frame, 3 error, 6 full | error code | ...
//! ```
//!
//! The UDP header alone is some 25 bits, so a datagram away from the port needs its answer or more like it.

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{
    Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Side, Verdict,
};
use crate::key::Transport;
use crate::sequence::of_said;

/// FINS.
pub const INSPECTOR: Inspector = Inspector {
    name: "fins",
    title: "Omron FINS",
    specification: "Omron W342 section 3 (FINS header and commands); Omron W421 section 7-4 (FINS/TCP)",
    carriers: Carriers::TCP_UDP,
    ports: &[9600],
    initiator_first: ByteSet::of(&[0x80, 0x81, 0xc0, 0xc1, b'F']),
    responder_first: ByteSet::of(&[0x80, 0x81, 0xc0, 0xc1, b'F']),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("fins.command", "code of the first command (0x0101 memory read, 0x0501 controller data ...)"),
        ("fins.controller", "model that the controller names in its data"),
    ],
    confused_with: "RTP, whose first byte can be 80 too; its second is not 0",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Messages read of a stream.
const MAX_MESSAGES: usize = 8;

/// A FINS frame's header.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Frame<'a> {
    is_response: bool,
    destination: [u8; 3],
    source: [u8; 3],
    sid: u8,
    command: u16,
    data: &'a [u8],
}

fn frame<'a>(cursor: &mut Cursor<'a>) -> Result<Frame<'a>, Reject> {
    let icf = cursor.u8()?;
    require(matches!(icf, 0x80 | 0x81 | 0xc0 | 0xc1))?;
    cursor.tag(&[0])?;
    // Gateways that may still be passed: 2, or 7 with newer units, less those passed.
    require(cursor.u8()? <= 7)?;
    let (destination, source) = (cursor.array()?, cursor.array()?);
    let [destination_net, source_net] = [destination, source].map(|[net, ..]: [u8; 3]| net);
    require(destination_net <= 127 && source_net <= 127)?;
    let sid = cursor.u8()?;
    let command = cursor.u16()?;
    let is_response = icf & 0x40 != 0;
    let [class, code] = command.to_be_bytes();
    require(matches!(class, 0x01..=0x0c | 0x20..=0x23 | 0x26) && code != 0 && code <= 0x40)?;
    let data = cursor.rest();
    // A response has its end code first.
    require(!is_response || data.len() >= 2 || cursor.is_open())?;
    cursor.skip(data.len())?;
    Ok(Frame { is_response, destination, source, sid, command, data })
}

/// Reads a FINS/TCP message (W421 section 7-4), and gives its frame, if it carries one.
fn tcp<'a>(cursor: &mut Cursor<'a>) -> Result<Option<Frame<'a>>, Reject> {
    cursor.tag(b"FINS")?;
    let len = cursor.u32()?;
    require((8..=4096).contains(&len))?;
    let mut body = cursor.sub(len as usize)?;
    let command = body.u32()?;
    require(command <= 6)?;
    let error = body.u32()?;
    require(error <= 0x25)?;
    match command {
        0 => require(len == 12).map(|()| None),
        1 => require(len == 16).map(|()| None),
        2 if error == 0 => frame(&mut body).map(Some),
        _ => Ok(None),
    }
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    if opening.transport == Transport::Tcp {
        let judged = |said: Said<'_>| {
            of_said(&said, Transport::Tcp, |cursor| tcp(cursor).map(drop)).map(|_| Confidence::Message)
        };
        return Evidence::of(
            judged(opening.initiator),
            judged(opening.responder),
            "fins-tcp: FINS, a length and a command that fit (Omron W421 section 7-4)",
        );
    }
    let count = |said: Said<'_>| of_said(&said, opening.transport, |cursor| frame(cursor).map(drop));
    let (requests, replies) = (count(opening.initiator), count(opening.responder));
    let rule = "fins-header: ICF, gateways and command fit (Omron W342 section 3)";
    match (requests, replies) {
        (Err(Reject::Mismatch), _) | (_, Err(Reject::Mismatch)) => Err(Reject::Mismatch),
        (Ok(_), Ok(_)) if is_answered(opening) => Ok(Evidence::dialogue(
            "answered-command: node addresses, SID and command of the response fit (Omron W342 section 3)",
        )),
        (Ok(_), Ok(_)) if opening.is_on(INSPECTOR.ports) => Ok(Evidence::signature(rule)),
        (Ok(count), _) if count >= 3 || opening.is_on(INSPECTOR.ports) => Ok(Evidence::signature(rule)),
        (_, Ok(count)) if count >= 3 || opening.is_on(INSPECTOR.ports) => {
            Ok(Evidence::signature(rule).from(Side::Responder))
        }
        _ => Err(Reject::Incomplete),
    }
}

fn frames(said: Said<'_>) -> impl Iterator<Item = Frame<'_>> {
    said.datagrams().filter_map(|datagram| frame(&mut datagram.cursor()).ok())
}

fn is_answered(opening: &Opening<'_>) -> bool {
    frames(opening.responder).any(|answer| {
        frames(opening.initiator).any(|command| {
            !command.is_response
                && answer.is_response
                && (command.sid, command.command) == (answer.sid, answer.command)
                && command.source == answer.destination
                && command.destination == answer.source
        })
    })
}

/// The first frame that a side sends.
fn first<'a>(opening: &Opening<'a>, said: Said<'a>) -> Option<Frame<'a>> {
    if opening.transport != Transport::Tcp {
        return frames(said).next();
    }
    let mut stream = said.stream();
    (0..MAX_MESSAGES).map_while(|_| tcp(&mut stream).ok()).flatten().next()
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let command = first(opening, opening.initiator).map(|frame| frame.command);
    attributes.set_some("fins.command", command.map(|code| format!("0x{code:04x}")));
    // Controller data read: an end code, then the model, padded to 20 bytes.
    let model = first(opening, opening.responder)
        .filter(|frame| frame.command == 0x0501)
        .and_then(|frame| frame.data.get(2..22));
    attributes.set_some("fins.controller", model.and_then(|model| model.split(|&byte| byte == 0).next()).map(<[u8]>::trim_ascii_end));
}

const EXAMPLES: &[Example] = &[
    Example::udp(
        Confidence::Dialogue,
        "the controller's data are read",
        &[b"\x80\x00\x02\x00\x00\x00\x00\x63\x00\xef\x05\x01\x00"],
        &[b"\xc0\x00\x02\x00\x63\x00\x00\x00\x00\xef\x05\x01\x00\x00CP1L-EL20DR-D"],
    ),
    Example::udp(
        Confidence::Signature,
        "only the command was captured, on the port",
        &[b"\x80\x00\x02\x00\x00\x00\x00\x63\x00\xef\x01\x01\x82\x00\x64\x00\x00\x01"],
        &[],
    )
    .on(9600),
    Example::tcp(
        Confidence::Dialogue,
        "a node address is asked for and given",
        &[b"FINS\x00\x00\x00\x0c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"],
        &[b"FINS\x00\x00\x00\x10\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xfb\x00\x00\x00\xc8"],
    ),
    Example::not(
        Transport::Udp,
        "one datagram anywhere",
        &[b"\x80\x00\x02\x00\x00\x00\x00\x63\x00\xef\x05\x01\x00"],
        &[],
    ),
    Example::not(
        Transport::Udp,
        "an RTP packet",
        &[b"\x80\x00\x12\x34\x00\x00\x00\xa0\x11\x22\x33\x44\xff\xff\xff\xff\xff\xff"],
        &[],
    ),
];
