//! TIP's lines: RFC 2371 sections 11 and 13.

use crate::cursor::{Cursor, require};
use crate::inspect::{Reject, Said};

/// Longest line in bytes; MS-TIPP section 2.1 sets it, RFC 2371 sets none.
pub(super) const MAX_LINE: usize = 1024;

/// A command, how many words follow it, and the replies that fit it besides ERROR.
pub(super) struct Command {
    pub(super) word: &'static [u8],
    pub(super) operands: usize,
    pub(super) replies: &'static [&'static [u8]],
}

const fn command(word: &'static [u8], operands: usize, replies: &'static [&'static [u8]]) -> Command {
    Command { word, operands, replies }
}

/// Section 13.
pub(super) const COMMANDS: [Command; 11] = [
    command(b"IDENTIFY", 4, &[b"IDENTIFIED", b"NEEDTLS"]),
    command(b"TLS", 0, &[b"TLSING", b"CANTTLS"]),
    command(b"MULTIPLEX", 1, &[b"MULTIPLEXING", b"CANTMULTIPLEX"]),
    command(b"BEGIN", 0, &[b"BEGUN", b"NOTBEGUN"]),
    command(b"PUSH", 1, &[b"PUSHED", b"ALREADYPUSHED", b"NOTPUSHED"]),
    command(b"PULL", 2, &[b"PULLED", b"NOTPULLED"]),
    command(b"PREPARE", 0, &[b"PREPARED", b"ABORTED", b"READONLY"]),
    command(b"COMMIT", 0, &[b"COMMITTED", b"ABORTED"]),
    command(b"ABORT", 0, &[b"ABORTED"]),
    command(b"QUERY", 1, &[b"QUERIEDEXISTS", b"QUERIEDNOTFOUND"]),
    command(b"RECONNECT", 1, &[b"RECONNECTED", b"NOTRECONNECTED"]),
];

/// Replies that carry a word: a version, or the identifier that the secondary gave.
const WITH_OPERAND: [&[u8]; 4] = [b"IDENTIFIED", b"BEGUN", b"PUSHED", b"ALREADYPUSHED"];

/// A line, understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// `IDENTIFY low high primary secondary`.
    Identify { low: u64, high: u64, primary: &'a [u8], secondary: &'a [u8] },
    /// `IDENTIFIED version`.
    Identified(u64),
    /// Another command, and its operands.
    Command(&'static [u8], [Option<&'a [u8]>; 2]),
    /// A reply without an operand.
    Reply(&'static [u8]),
    /// A reply with an identifier.
    Named(&'static [u8], &'a [u8]),
}

impl Line<'_> {
    /// The keyword of a command or reply.
    pub(super) const fn word(&self) -> &'static [u8] {
        match self {
            Self::Identify { .. } => b"IDENTIFY",
            Self::Identified(_) => b"IDENTIFIED",
            Self::Command(word, _) | Self::Reply(word) | Self::Named(word, _) => word,
        }
    }
}

/// The command whose keyword is `word`.
pub(super) fn command_of(word: &[u8]) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.word == word)
}

fn reply_of(word: &[u8]) -> Option<&'static [u8]> {
    let known = COMMANDS.iter().flat_map(|command| command.replies).copied();
    known.chain([&b"ERROR"[..]]).find(|&reply| reply == word)
}

/// Understands a line without its end.
pub(super) fn parse(line: &[u8]) -> Result<Line<'_>, Reject> {
    require(line.iter().all(|byte| (b' '..=b'~').contains(byte)))?;
    let mut words = line.split(|&byte| byte == b' ').filter(|word| !word.is_empty());
    let mut next = || words.next().ok_or(Reject::Mismatch);
    let word = next()?;
    if let Some(command) = command_of(word) {
        if command.word == b"IDENTIFY" {
            let (low, high) = (super::version(next()?)?, super::version(next()?)?);
            require(low <= high)?;
            return Ok(Line::Identify { low, high, primary: next()?, secondary: next()? });
        }
        // Surplus words are ignored, as section 11 asks.
        let mut operands = [None; 2];
        for operand in operands.iter_mut().take(command.operands) {
            *operand = Some(next()?);
        }
        return Ok(Line::Command(command.word, operands));
    }
    let reply = reply_of(word).ok_or(Reject::Mismatch)?;
    if reply == b"IDENTIFIED" {
        return Ok(Line::Identified(super::version(next()?)?));
    }
    if WITH_OPERAND.contains(&reply) { Ok(Line::Named(reply, next()?)) } else { Ok(Line::Reply(reply)) }
}

/// The next line that is not blank.
fn next_line<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    while let Some(b' ' | b'\r' | b'\n') = cursor.rest().first() {
        cursor.skip(1)?;
    }
    // A keyword is capital letters and a digit; what begins otherwise need not be waited for.
    let head = cursor.rest().iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let could = |word: &[u8]| word.starts_with(cursor.rest().get(..head).unwrap_or_default());
    let known = COMMANDS.iter().any(|command| could(command.word) || command.replies.iter().any(|r| could(r)));
    require(known || could(b"ERROR"))?;
    let ended = cursor.rest().get(head).is_none_or(|byte| matches!(byte, b' ' | b'\r' | b'\n'));
    require(ended)?;
    cursor.line(MAX_LINE)
}

/// The first line that a side sent.
pub(super) fn first(mut cursor: Cursor<'_>) -> Result<Line<'_>, Reject> {
    next_line(&mut cursor).and_then(parse)
}

/// Most lines of a side that are paired.
const MAX_LINES: usize = 16;

/// What pairing found.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pairs {
    /// Commands whose reply fits.
    pub(super) pairs: usize,
    /// Whether one of the pairs is of a command that names a transaction.
    pub(super) named: bool,
}

/// The next line, understood; none where what came has no further one, be the stream closed or not.
fn line_or_end<'a>(cursor: &mut Cursor<'a>) -> Result<Option<Line<'a>>, Reject> {
    if cursor.rest().iter().all(|byte| matches!(byte, b' ' | b'\r' | b'\n')) {
        return Ok(None);
    }
    match next_line(cursor) {
        Ok(line) => parse(line).map(Some),
        Err(Reject::Incomplete) => Ok(None),
        Err(Reject::Mismatch) => Err(Reject::Mismatch),
    }
}

/// Pairs the commands of one side with the replies of the other, in order, until the roles change.
pub(super) fn pairs(primary: Said<'_>, secondary: Said<'_>) -> Result<Pairs, Reject> {
    let (mut commands, mut replies) = (primary.stream(), secondary.stream());
    let mut found = Pairs::default();
    for _ in 0..MAX_LINES {
        let Some(line) = line_or_end(&mut commands)? else { break };
        let command = command_of(line.word()).ok_or(Reject::Mismatch)?;
        let Some(reply) = line_or_end(&mut replies)? else { break };
        require(reply.word() == b"ERROR" || command.replies.contains(&reply.word()))?;
        found.pairs += 1;
        found.named |= command.operands > 0;
        if matches!(reply.word(), b"PULLED" | b"TLSING" | b"MULTIPLEXING") {
            break;
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_needs_its_operands_and_ignores_surplus_words() {
        assert_eq!(parse(b"PULL one two three"), Ok(Line::Command(b"PULL", [Some(b"one"), Some(b"two")])));
        assert_eq!(parse(b"PULL one"), Err(Reject::Mismatch));
        assert_eq!(parse(b"  PREPARED  "), Ok(Line::Reply(b"PREPARED")));
        assert_eq!(parse(b"PUSHED OleTx-1"), Ok(Line::Named(b"PUSHED", b"OleTx-1")));
        assert_eq!(parse(b"identify 3 3 - a/"), Err(Reject::Mismatch));
    }

    #[test]
    fn commands_and_replies_are_paired_until_the_roles_change() {
        let stream = |bytes| Said::new(bytes, &[], false);
        let found = pairs(
            stream(b"QUERY 5f\nPULL OleTx-1 2\nPREPARED\n"),
            stream(b"QUERIEDEXISTS\nPULLED\nPREPARE\n"),
        );
        assert_eq!(found.map(|found| (found.pairs, found.named)), Ok((2, true)));
        let closed = |bytes| Said::new(bytes, &[], true);
        let found = pairs(closed(b"PUSH OleTx-1\nPREPARE\n"), closed(b"PUSHED OleTx-2\nPREPARED\n\n"));
        assert_eq!(found.map(|found| (found.pairs, found.named)), Ok((2, true)), "both sides have closed");
        let wrong = pairs(stream(b"PREPARE\n"), stream(b"PULLED\n"));
        assert_eq!(wrong.map(|found| found.pairs), Err(Reject::Mismatch));
    }
}
