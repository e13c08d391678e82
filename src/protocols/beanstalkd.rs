//! beanstalkd's work queue: text commands and their own answers, beanstalkd's "protocol.txt".
//!
//! ```text
//! put 1024 0 60 5␍␊ hello␍␊      INSERTED 1␍␊
//! use tube␍␊                     USING tube␍␊
//! watch tube␍␊                   WATCHING 2␍␊
//! reserve␍␊                      RESERVED 1 5␍␊ hello␍␊     or TIMED_OUT, DEADLINE_SOON
//! ```
//!
//! Commands that memcached shares (delete, stats, touch) say nothing here.

use crate::byteset::ByteSet;
use crate::cursor::{decimal, require};
use crate::formats::lines;
use crate::inspect::{Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// beanstalkd.
pub const INSPECTOR: Inspector = Inspector {
    name: "beanstalkd",
    title: "beanstalkd work queue",
    specification: "beanstalkd: protocol.txt",
    ports: &[11300],
    initiator_first: ByteSet::of(b"puwrli"),
    responder_first: ByteSet::of(b"IUWRTDBOEJ"),
    inspect,
    confused_with: "memcached, which shares some of the commands",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

/// Commands, each with the words that it can be answered with.
const COMMANDS: &[(&str, &[&str])] = &[
    ("put", &["INSERTED", "BURIED", "EXPECTED_CRLF", "JOB_TOO_BIG", "DRAINING"]),
    ("use", &["USING"]),
    ("watch", &["WATCHING"]),
    ("ignore", &["WATCHING", "NOT_IGNORED"]),
    ("reserve", &["RESERVED", "TIMED_OUT", "DEADLINE_SOON"]),
    ("reserve-with-timeout", &["RESERVED", "TIMED_OUT", "DEADLINE_SOON"]),
    ("list-tube-used", &["USING"]),
];

/// That numbers are all that an answer has behind its word, but for the name of a tube.
fn counts(answer: &[u8]) -> Result<(), Reject> {
    let mut words = answer.split(|&byte| byte == b' ').skip(1);
    require(lines::verb(answer) == b"USING" || words.all(|word| decimal(word).is_ok()))
}

fn inspect(opening: &Opening<'_>) -> Verdict {
    let names: Vec<&str> = COMMANDS.iter().map(|(name, _)| *name).collect();
    let line = lines::command(&mut opening.request(), &names)?;
    let (_, answers) = COMMANDS.iter().find(|(name, _)| name.as_bytes() == lines::verb(line)).ok_or(Reject::Mismatch)?;
    match lines::command(&mut opening.reply(), answers).and_then(counts) {
        Ok(()) => Ok(Evidence::dialogue("command-and-answer: a command and its own answer (protocol.txt)")),
        Err(Reject::Incomplete) if opening.is_on(INSPECTOR.ports) => {
            Ok(Evidence::signature("command-on-port: a command on beanstalkd's port (protocol.txt)"))
        }
        Err(reject) => Err(reject),
    }
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a job is put", &[b"put 1024 0 60 5\r\nhello\r\n"], &[b"INSERTED 1\r\n"]),
    Example::tcp(Confidence::Signature, "only the client was captured", &[b"reserve\r\n"], &[]).on(11300),
    Example::not(Transport::Tcp, "an answer to another command", &[b"use tube\r\n"], &[b"INSERTED 1\r\n"]),
];
