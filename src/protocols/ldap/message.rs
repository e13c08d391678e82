//! LDAP messages (RFC 4511 section 4.1.1): number, operation, and what an operation begins with.

use crate::cursor::{Cursor, require};
use crate::formats::ber::{self, tag};
use crate::inspect::{Confidence, Reject};

/// The extended operation that asks for TLS (section 4.14.1).
pub(super) const START_TLS: &[u8] = b"1.3.6.1.4.1.1466.20037";
/// Highest message number (section 4.1.1.1).
const MAX_NUMBER: i64 = i32::MAX as i64;
/// Result codes end below this (IANA "LDAP Parameters"; 4096 is e-syncRefreshRequired).
const MAX_RESULT: i64 = 4096;

/// What a message does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Operation<'a> {
    Bind { version: u64, name: &'a [u8], method: &'a [u8] },
    Search { base: &'a [u8] },
    Extended { name: &'a [u8] },
    Result { name: &'static str, code: u64 },
    Other(&'static str),
}

impl Operation<'_> {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Bind { .. } => "bind",
            Self::Search { .. } => "search",
            Self::Extended { .. } => "extended",
            Self::Result { name, .. } | Self::Other(name) => name,
        }
    }
}

/// A message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'a> {
    pub(super) number: i64,
    pub(super) is_request: bool,
    pub(super) operation: Operation<'a>,
    whole: bool,
    /// Whether it is so short that other protocols could send the same bytes.
    slight: bool,
}

impl Message<'_> {
    /// What it is worth alone; [`Confidence::Port`] if it takes the port to be worth anything.
    pub(super) const fn confidence(&self) -> Confidence {
        match (self.slight, self.whole) {
            (true, _) => Confidence::Port,
            (false, false) => Confidence::Signature,
            (false, true) => Confidence::Message,
        }
    }
}

/// Reads the next message.
pub(super) fn message<'a>(cursor: &mut Cursor<'a>) -> Result<Message<'a>, Reject> {
    // Looked at before it is consumed: a security token may stand here instead.
    require(cursor.rest().first().is_none_or(|&first| first == tag::SEQUENCE))?;
    let sequence = ber::element(cursor)?;
    let mut contents = sequence.contents;
    let (whole, available) = (!contents.is_open(), contents.len());
    let number = ber::integer(&mut contents)?;
    require((0..=MAX_NUMBER).contains(&number))?;
    let next = contents.rest().first().copied();
    let (tag, len) = match (ber::header(&mut contents), next) {
        // Cut by the capture right behind the operation's tag: that much counts on the port.
        (Err(Reject::Incomplete), Some(tag)) => {
            let operation = Operation::Other(name(tag));
            // Of the short operations too little is here to say anything.
            let is_request = is_request(tag).map_err(|_| Reject::Incomplete)?;
            return Ok(Message { number, is_request, operation, whole: false, slight: true });
        }
        (header, _) => header?,
    };
    // How far the operation reaches into the message: to its end, where there are no controls.
    let fills = available - contents.len() + len == sequence.len;
    let mut body = contents.within(len)?;
    if whole && !contents.is_empty() {
        // Controls (section 4.1.11), and nothing behind them.
        ber::expect(&mut contents, tag::context(0))?;
        contents.end()?;
    }
    let slight = matches!(tag.first, 0x42 | 0x4a | 0x50 | 0x79);
    let (is_request, operation) = match operation(tag.first, len, &mut body) {
        Ok(known) => known,
        // The rest is still to come; that both lengths agree says enough of such a message.
        Err(Reject::Incomplete) if fills && !slight => (is_request(tag.first)?, Operation::Other(name(tag.first))),
        Err(reject) => return Err(reject),
    };
    Ok(Message { number, is_request, operation, whole, slight })
}

/// What is asked for or answered, where no more than the operation's tag is here.
const fn name(tag: u8) -> &'static str {
    match tag {
        0x60 | 0x61 => "bind",
        0x42 => "unbind",
        0x63 | 0x65 => "search",
        0x64 => "entry",
        0x66 | 0x67 => "modify",
        0x68 | 0x69 => "add",
        0x4a | 0x6b => "delete",
        0x6c | 0x6d => "rename",
        0x6e | 0x6f => "compare",
        0x50 => "abandon",
        0x73 => "reference",
        0x77 | 0x78 => "extended",
        _ => "intermediate",
    }
}

/// Whether a client sends the operation; the others are a server's.
fn is_request(tag: u8) -> Result<bool, Reject> {
    match tag {
        0x60 | 0x63 | 0x66 | 0x68 | 0x6c | 0x6e | 0x77 => Ok(true),
        0x61 | 0x64 | 0x65 | 0x67 | 0x69 | 0x6b | 0x6d | 0x6f | 0x73 | 0x78 => Ok(false),
        _ => Err(Reject::Mismatch),
    }
}

/// Reads an operation's beginning, and says whether a client sends it.
fn operation<'a>(tag: u8, len: usize, body: &mut Cursor<'a>) -> Result<(bool, Operation<'a>), Reject> {
    Ok(match tag {
        0x60 => (true, bind(body)?),
        0x42 => {
            require(len == 0)?;
            (true, Operation::Other("unbind"))
        }
        0x63 => (true, search(body)?),
        0x66 => (true, modification(body, "modify", &[tag::SEQUENCE])?),
        0x68 => (true, modification(body, "add", &[tag::SEQUENCE])?),
        0x6c => (true, modification(body, "rename", &[tag::OCTET_STRING])?),
        0x6e => (true, modification(body, "compare", &[tag::SEQUENCE])?),
        0x4a => {
            // A distinguished name: `attribute=value`.
            require(body.is_open() || body.rest().contains(&b'='))?;
            (true, Operation::Other("delete"))
        }
        0x50 => {
            require((1..=4).contains(&len))?;
            (true, Operation::Other("abandon"))
        }
        0x77 => (true, extended(body)?),
        0x64 => {
            ber::octets(body, tag::OCTET_STRING)?;
            ber::expect(body, tag::SEQUENCE)?;
            (false, Operation::Other("entry"))
        }
        0x73 => {
            ber::octets(body, tag::OCTET_STRING)?;
            (false, Operation::Other("reference"))
        }
        0x61 => (false, result(body, "bind")?),
        0x65 => (false, result(body, "search")?),
        0x67 => (false, result(body, "modify")?),
        0x69 => (false, result(body, "add")?),
        0x6b => (false, result(body, "delete")?),
        0x6d => (false, result(body, "rename")?),
        0x6f => (false, result(body, "compare")?),
        0x78 => (false, result(body, "extended")?),
        0x79 => (false, Operation::Other("intermediate")),
        _ => return Err(Reject::Mismatch),
    })
}

/// Version, name, and a choice of authentications (section 4.2); Microsoft adds three (MS-ADTS section 5.1.1.1.3).
fn bind<'a>(body: &mut Cursor<'a>) -> Result<Operation<'a>, Reject> {
    let version = ber::integer(body)?;
    require((1..=3).contains(&version))?;
    let name = ber::octets(body, tag::OCTET_STRING)?;
    let choice = ber::element(body)?;
    let method: &[u8] = match choice.tag.first {
        0x80 if choice.len == 0 => b"anonymous",
        0x80 => b"simple",
        0xa3 => {
            let mut sasl = choice.contents;
            ber::octets(&mut sasl, tag::OCTET_STRING).unwrap_or(b"sasl")
        }
        0x89..=0x8b => b"sicily",
        _ => return Err(Reject::Mismatch),
    };
    Ok(Operation::Bind { version: version.unsigned_abs(), name, method })
}

/// Base, scope, aliases, both limits, types only, filter (section 4.5.1).
fn search<'a>(body: &mut Cursor<'a>) -> Result<Operation<'a>, Reject> {
    let base = ber::octets(body, tag::OCTET_STRING)?;
    for _ in 0..2 {
        // Scopes end at 3 (subordinates), alias rules as well.
        require((0..=3).contains(&ber::number(body, tag::ENUMERATED)?))?;
    }
    for _ in 0..2 {
        require(ber::integer(body)? >= 0)?;
    }
    ber::octets(body, tag::BOOLEAN)?;
    let filter = body.u8()?;
    require(matches!(filter, 0xa0..=0xa9 | 0x87))?;
    Ok(Operation::Search { base })
}

/// A name, and then an element of one of `next`.
fn modification<'a>(body: &mut Cursor<'a>, name: &'static str, next: &[u8]) -> Result<Operation<'a>, Reject> {
    ber::octets(body, tag::OCTET_STRING)?;
    require(next.contains(&body.u8()?))?;
    Ok(Operation::Other(name))
}

/// A dotted identifier in `[0]` (section 4.12).
fn extended<'a>(body: &mut Cursor<'a>) -> Result<Operation<'a>, Reject> {
    let name = ber::octets(body, tag::primitive(0))?;
    require(name.len() > 2 && name.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.'))?;
    Ok(Operation::Extended { name })
}

/// A result code, and two strings (section 4.1.9).
fn result<'a>(body: &mut Cursor<'a>, name: &'static str) -> Result<Operation<'a>, Reject> {
    let code = ber::number(body, tag::ENUMERATED)?;
    require((0..=MAX_RESULT).contains(&code))?;
    for _ in 0..2 {
        ber::octets(body, tag::OCTET_STRING)?;
    }
    Ok(Operation::Result { name, code: code.unsigned_abs() })
}
