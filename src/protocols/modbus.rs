//! Modbus/TCP, the common language of controllers and meters: [MODBUS Messaging on TCP/IP] section 3.1.3.
//!
//! ```text
//! transaction | 00 00 protocol | length | unit | function | data
//!                                counts unit, function and data
//! initiator   12 34  00 00  00 06  01  03 006b 0003             read three registers
//! responder   12 34  00 00  00 09  01  03 06 022b 0000 0064     as many bytes as were asked for
//! ```
//!
//! The header is mostly zeros, as many headers are. So a request alone tells little except on the
//! protocol's port; what is certain is an answer with the request's transaction, unit, function and amount.
//!
//! [MODBUS Messaging on TCP/IP]: https://modbus.org/docs/Modbus_Messaging_Implementation_Guide_V1_0b.pdf

use crate::byteset::ByteSet;
use crate::cursor::{Cursor, require};
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Said, Shape, Side, Verdict, ZERO};
use crate::key::Transport;
use crate::sequence::of_said;

/// Modbus/TCP.
pub const INSPECTOR: Inspector = Inspector {
    name: "modbus",
    title: "Modbus/TCP",
    specification: "MODBUS Messaging on TCP/IP Implementation Guide V1.0b section 3.1.3; MODBUS Application Protocol V1.1b3",
    carriers: Carriers::TCP_UDP,
    ports: &[502],
    initiator_first: ByteSet::ANY,
    responder_first: ByteSet::ANY,
    datagram: Shape::of(8, &[(2, ZERO), (3, ZERO), (4, ByteSet::range(0x00, 0x01))]),
    inspect,
    describe: Some(describe),
    attributes: &[
        ("modbus.unit", "unit identifier of the first request"),
        ("modbus.function", "function code of the first request (3 read holding registers, 16 write registers ...)"),
        ("modbus.exception", "exception code of the first answer, if it was one"),
    ],
    headline: &["modbus.function", "modbus.exception"],
    confused_with: "other binary protocols whose third and fourth bytes are zero; their answers do not repeat \
        the transaction, the unit and the function",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Most bytes that the length may count. The guide (section 3.1.3) says 254, a PDU of 253 bytes and the
/// unit; Schneider's controllers send somewhat more in their own function 90.
const MAX_LENGTH: u16 = 260;
/// Messages read of a side: enough to meet the answer of one of them.
const MAX_MESSAGES: usize = 12;
/// Set in an answer's function code when it is an exception (application protocol, section 7).
const EXCEPTION: u8 = 0x80;

/// One message.
#[derive(Clone, Copy)]
struct Message<'a> {
    transaction: u16,
    unit: u8,
    function: u8,
    data: &'a [u8],
}

fn message<'a>(cursor: &mut Cursor<'a>) -> Result<Message<'a>, Reject> {
    let transaction = cursor.u16()?;
    cursor.tag(&[0, 0])?;
    let length = cursor.u16()?;
    require((2..=MAX_LENGTH).contains(&length))?;
    let unit = cursor.u8()?;
    let function = cursor.u8()?;
    require(function & !EXCEPTION != 0)?;
    Ok(Message { transaction, unit, function, data: cursor.take(usize::from(length) - 2)? })
}

impl Message<'_> {
    /// Whether it is a request of a public function with just the data that the function takes
    /// (application protocol, section 6).
    fn is_known_request(&self) -> bool {
        let amount = |max| match self.data {
            [_, _, high, low] => (1..=max).contains(&u16::from_be_bytes([*high, *low])),
            _ => false,
        };
        match self.function {
            1 | 2 => amount(2000),
            3 | 4 => amount(125),
            5 => matches!(self.data, [_, _, 0 | 0xff, 0]),
            6 => self.data.len() == 4,
            7 | 11 | 12 | 17 => self.data.is_empty(),
            8 => self.data.len() >= 4 && self.data.first() == Some(&0),
            15 | 16 => {
                matches!(self.data, [_, _, _, _, count, values @ ..] if usize::from(*count) == values.len() && *count > 0)
            }
            20 | 21 => matches!(self.data, [count, rest @ ..] if usize::from(*count) == rest.len() && *count >= 7),
            22 => self.data.len() == 6,
            23 => {
                matches!(self.data, [_, _, _, _, _, _, _, _, count, values @ ..] if usize::from(*count) == values.len())
            }
            24 => self.data.len() == 2,
            43 => matches!(self.data, [0x0e, 1..=4, _] | [0x0d, ..]),
            _ => false,
        }
    }

    /// Whether `answer` is the answer to this request.
    fn is_answered_by(&self, answer: &Self) -> bool {
        if (self.transaction, self.unit) != (answer.transaction, answer.unit) {
            return false;
        }
        if answer.function == self.function | EXCEPTION {
            return matches!(answer.data, [1..=0x0b]);
        }
        let amount = match self.data {
            [_, _, high, low, ..] => usize::from(u16::from_be_bytes([*high, *low])),
            _ => 0,
        };
        let counted = |bytes: usize| matches!(answer.data, [count, rest @ ..] if usize::from(*count) == rest.len() && rest.len() == bytes);
        answer.function == self.function
            && match self.function {
                1 | 2 => counted(amount.div_ceil(8)),
                3 | 4 | 23 => counted(amount * 2),
                5 | 6 | 22 => answer.data == self.data,
                15 | 16 => self.data.get(..4) == Some(answer.data),
                43 => answer.data.first() == self.data.first(),
                // Of a maker's own function nothing is known but that an echo is no answer.
                8 => true,
                _ => answer.data != self.data,
            }
    }
}

/// How many answers of the responder fit requests of the initiator.
fn pairs(opening: &Opening<'_>, only_known: bool) -> usize {
    messages(opening.responder, opening.transport)
        .filter(|answer| {
            messages(opening.initiator, opening.transport).any(|request| {
                (request.is_known_request() || !only_known) && request.is_answered_by(answer)
            })
        })
        .count()
}

/// Whether the first messages of both sides are of one unit and reading function, and the answer holds as
/// many bytes as it counts: an answer to a request that was not captured, and the other way round.
fn read_alike(opening: &Opening<'_>) -> bool {
    let first = |said| messages(said, opening.transport).next();
    let (Some(request), Some(answer)) = (first(opening.initiator), first(opening.responder)) else {
        return false;
    };
    (request.unit, request.function) == (answer.unit, answer.function)
        && matches!(request.function, 1..=4)
        && request.data.len() == 4
        && matches!(answer.data, [count, values @ ..] if usize::from(*count) == values.len())
}

/// The messages of a side, as far as they are whole.
fn messages(said: Said<'_>, transport: Transport) -> impl Iterator<Item = Message<'_>> {
    let mut stream = (transport == Transport::Tcp).then(|| said.stream());
    let mut datagrams = said.datagrams();
    std::iter::from_fn(move || match &mut stream {
        Some(stream) => message(stream).ok(),
        None => datagrams.next().and_then(|datagram| message(&mut datagram.cursor()).ok()),
    })
    .take(MAX_MESSAGES)
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let count = |said: Said<'_>| {
        of_said(&said, opening.transport, |cursor| message(cursor).map(drop))
    };
    let (requests, replies) = (count(opening.initiator), count(opening.responder));
    if requests == Err(Reject::Mismatch) || replies == Err(Reject::Mismatch) {
        return Err(Reject::Mismatch);
    }
    let asked = || messages(opening.initiator, opening.transport);
    let all_known = requests.is_ok() && asked().all(|request| request.is_known_request());
    let at_home = opening.is_on(INSPECTOR.ports);
    // An answer of a vendor's own function proves less: it takes two of them.
    let answered = pairs(opening, !at_home) >= 1 || pairs(opening, false) >= 2;
    match (requests, replies) {
        _ if answered => Ok(Evidence::dialogue(
            "answered-request: transaction, unit, function and amount fit (Modbus Application Protocol section 6)",
        )),
        _ if read_alike(opening) => Ok(Evidence::signature(
            "reading: a request and an answer of one unit and function (Modbus Application Protocol section 6)",
        )),
        (Ok(_), _) if at_home && all_known => Ok(Evidence::message(
            "request: a public function with the data it takes, on Modbus' port (Modbus Application Protocol section 6)",
        )),
        // Off its port: twice the 16 zero bits, a length that fits and a function's own data.
        (Ok(2..), _) if all_known => Ok(Evidence::signature(
            "requests: several of public functions with the data they take (Modbus Application Protocol section 6)",
        )),
        (Ok(_), _) | (_, Ok(_)) if at_home => {
            let side = if requests.is_ok() { Side::Initiator } else { Side::Responder };
            Ok(Evidence::signature(
                "header: protocol 0 and a length that fits, on Modbus' port (Modbus/TCP guide section 3.1.3)",
            )
            .from(side))
        }
        _ => Err(Reject::Incomplete),
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    let first = messages(opening.initiator, opening.transport).next();
    attributes.set_some("modbus.unit", first.map(|request| request.unit));
    attributes.set_some("modbus.function", first.map(|request| request.function));
    let exception = messages(opening.responder, opening.transport)
        .next()
        .filter(|answer| answer.function & EXCEPTION != 0)
        .and_then(|answer| answer.data.first().copied());
    attributes.set_some("modbus.exception", exception);
}

const EXAMPLES: &[Example] = &[
    Example::tcp(
        Confidence::Dialogue,
        "three registers are read",
        &[b"\x12\x34\x00\x00\x00\x06\x01\x03\x00\x6b\x00\x03"],
        &[b"\x12\x34\x00\x00\x00\x09\x01\x03\x06\x02\x2b\x00\x00\x00\x64"],
    ),
    Example::tcp(
        Confidence::Dialogue,
        "a coil that cannot be written",
        &[b"\x00\x01\x00\x00\x00\x06\x11\x05\x00\xac\xff\x00"],
        &[b"\x00\x01\x00\x00\x00\x03\x11\x85\x02"],
    ),
    Example::tcp(
        Confidence::Message,
        "only the client was captured, on the port",
        &[b"\x00\x01\x00\x00\x00\x06\x11\x01\x00\x00\x00\x10"],
        &[],
    )
    .on(502),
    Example::tcp(
        Confidence::Signature,
        "a vendor's function, on the port",
        &[b"\x00\x01\x00\x00\x00\x05\x00\x5a\x00\x01\x00"],
        &[],
    )
    .on(502),
    Example::tcp(
        Confidence::Signature,
        "two requests anywhere",
        &[b"\x00\x01\x00\x00\x00\x06\x11\x01\x00\x00\x00\x10", b"\x00\x02\x00\x00\x00\x06\x11\x01\x00\x00\x00\x10"],
        &[],
    ),
    Example::udp(
        Confidence::Dialogue,
        "two inputs are read over UDP",
        &[b"\x00\x07\x00\x00\x00\x06\x01\x04\x00\x00\x00\x02"],
        &[b"\x00\x07\x00\x00\x00\x07\x01\x04\x04\x00\x00\x00\x01"],
    ),
    Example::tcp(
        Confidence::Signature,
        "an answer of another transaction",
        &[b"\x12\x34\x00\x00\x00\x06\x01\x03\x00\x6b\x00\x03"],
        &[b"\x12\x35\x00\x00\x00\x09\x01\x03\x06\x02\x2b\x00\x00\x00\x64"],
    ),
    Example::not(
        Transport::Tcp,
        "an answer of another unit and amount",
        &[b"\x12\x34\x00\x00\x00\x06\x01\x03\x00\x6b\x00\x03"],
        &[b"\x12\x34\x00\x00\x00\x07\x02\x03\x04\x02\x2b\x00\x00"],
    ),
];
