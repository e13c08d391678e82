//! HTTP's start lines and fields: RFC 9112 sections 3 to 5, RFC 9110 section 5.

use crate::cursor::{Cursor, decimal, require};
use crate::formats::lines::contains_ignore_case;
use crate::inspect::Reject;

/// Longest start line in bytes: RFC 9112 section 3 recommends that at least 8000 are supported.
pub(super) const MAX_LINE: usize = 12_000;

/// Longest method in bytes; the longest that is registered, `UPDATEREDIRECTREF`, has 17.
pub(super) const MAX_METHOD: usize = 24;

/// The head of an HTTP message: its start line and its field lines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head<'a> {
    /// The start line, without its end.
    pub(crate) start: &'a [u8],
    fields: &'a [u8],
    /// Whether the empty line after the fields was seen.
    pub(crate) is_whole: bool,
    /// What comes after that line.
    pub(crate) body: &'a [u8],
}

impl<'a> Head<'a> {
    /// Reads the head of the message that `cursor` begins with: a start line, and as many field lines as are here.
    pub(crate) fn parse(mut cursor: Cursor<'a>) -> Result<Self, Reject> {
        let start = cursor.line(MAX_LINE)?;
        let fields = cursor.rest();
        while let Ok(line) = cursor.line(MAX_LINE) {
            if line.is_empty() || line == b"\n" {
                let body = cursor.rest();
                let fields = fields.get(..fields.len() - body.len()).unwrap_or_default();
                return Ok(Self { start, fields, is_whole: true, body });
            }
        }
        Ok(Self { start, fields, is_whole: false, body: &[] })
    }

    /// The value of the first field called `name`, in either case.
    pub(crate) fn field(&self, name: &str) -> Option<&'a [u8]> {
        values(self.fields, name).next()
    }

    /// The values of all fields called `name`, in either case.
    pub(crate) fn fields_called(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        values(self.fields, name)
    }

    /// Whether the field called `name` contains `word`, in either case.
    pub(crate) fn says(&self, name: &str, word: &str) -> bool {
        self.field(name).is_some_and(|value| contains_ignore_case(value, word.as_bytes()))
    }
}

/// The values of the fields called `name`, in either case, among `lines`.
pub(super) fn values<'a>(lines: &'a [u8], name: &str) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = lines;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let line = rest.get(..end).unwrap_or_default();
            rest = rest.get(end + 1..).unwrap_or_default();
            if let Some((key, [b':', value @ ..])) = line.split_at_checked(name.len())
                && key.eq_ignore_ascii_case(name.as_bytes())
            {
                return Some(value.trim_ascii());
            }
        }
        None
    })
}

/// A request line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'a [u8],
    pub(crate) target: &'a [u8],
    /// `1.1` and the like; empty for HTTP/0.9's simple request, which names none.
    pub(crate) version: &'a [u8],
}

impl<'a> Request<'a> {
    /// Reads `method SP target SP HTTP/x.y`.
    pub(crate) fn parse(line: &'a [u8]) -> Result<Self, Reject> {
        let method = method(line)?;
        let rest = line.get(method.len() + 1..).unwrap_or_default().trim_ascii();
        let last = rest.iter().rposition(|&byte| byte == b' ').ok_or(Reject::Mismatch)?;
        let (target, version) = rest.split_at_checked(last).ok_or(Reject::Mismatch)?;
        let version = self::version(version.trim_ascii())?;
        require(!target.is_empty())?;
        Ok(Self { method, target: target.trim_ascii(), version })
    }
}

/// The token before the first space.
pub(super) fn method(line: &[u8]) -> Result<&[u8], Reject> {
    let end = line.iter().take(MAX_METHOD + 1).position(|&byte| byte == b' ').ok_or(Reject::Mismatch)?;
    let method = line.get(..end).unwrap_or_default();
    require(!method.is_empty() && method.iter().copied().all(is_token))?;
    Ok(method)
}

/// RFC 9110 section 5.6.2: what a method consists of; only the special characters that some method has.
pub(super) const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'$' | b'!')
}

/// Reads `HTTP/x.y` and gives `x.y`; `PRI * HTTP/2.0` is HTTP/2's preface, not a request.
fn version(word: &[u8]) -> Result<&[u8], Reject> {
    let version = word.strip_prefix(b"HTTP/").ok_or(Reject::Mismatch)?;
    match version {
        [b'0' | b'1', b'.', b'0'..=b'9'] => Ok(version),
        _ => Err(Reject::Mismatch),
    }
}

/// Reads `HTTP/x.y SP status [SP reason]`, and gives version and status.
pub(crate) fn status(line: &[u8]) -> Result<(&[u8], u64), Reject> {
    let (version, rest) = line.split_at_checked(b"HTTP/1.1".len()).ok_or(Reject::Mismatch)?;
    let rest = rest.strip_prefix(b" ").ok_or(Reject::Mismatch)?.trim_ascii_start();
    let (code, reason) = rest.split_at_checked(3).ok_or(Reject::Mismatch)?;
    require(reason.is_empty() || reason.starts_with(b" "))?;
    let code = decimal(code)?;
    require((100..1000).contains(&code))?;
    Ok((self::version(version)?, code))
}

/// The target without its query, and without the user name and password that an absolute one may hold.
pub(super) fn public_part(target: &[u8]) -> Vec<u8> {
    let path = target.split(|&byte| byte == b'?').next().unwrap_or_default();
    let Some(scheme) = path.windows(3).position(|window| window == b"://") else { return path.to_vec() };
    let (scheme, rest) = path.split_at_checked(scheme + 3).unwrap_or((path, &[]));
    let authority = rest.iter().position(|&byte| byte == b'/').unwrap_or(rest.len());
    let user = rest.iter().take(authority).rposition(|&byte| byte == b'@').map_or(0, |at| at + 1);
    [scheme, rest.get(user..).unwrap_or_default()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_secret_is_left_out_of_the_target() {
        assert_eq!(public_part(b"/a/b?token=secret"), b"/a/b");
        assert_eq!(public_part(b"http://user:word@host/a?b"), b"http://host/a");
        assert_eq!(public_part(b"host:443"), b"host:443");
    }

    #[test]
    fn fields_are_found_in_either_case_and_trimmed() {
        let head = Head::parse(Cursor::open(b"GET / HTTP/1.1\r\nHOST:  a.example \r\nhosts: b\r\n\r\nrest")).unwrap();
        assert_eq!(head.field("Host"), Some(&b"a.example"[..]));
        assert_eq!((head.is_whole, head.body), (true, &b"rest"[..]));
        assert_eq!(head.field("Absent"), None);
    }
}
