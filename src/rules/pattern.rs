//! What a rule of the user's own asks of one side's first bytes.
//!
//! Over TCP those are the stream from its first byte; over UDP and SCTP the first datagram, by itself.

use crate::inspect::Said;
use crate::key::Transport;
use crate::opening::MAX_STREAM;
use regex::bytes::{Regex, RegexBuilder};
use std::fmt;

/// How many bytes of a side a regular expression is given: what is telling stands in front.
pub const SEARCHED: usize = 4096;
/// Most bytes that a compiled regular expression may take.
const REGEX_SIZE: usize = 1 << 20;

/// Whether bytes fit. Ordered, so that of several that all must fit the least one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// They do not, whatever follows.
    No,
    /// As far as they go.
    More,
    /// They do.
    Yes,
}

/// Whose bytes are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Who asked.
    Client,
    /// Who listened.
    Server,
    /// One of them, whoever it is; all patterns of this kind have to fit the same side.
    Either,
}

impl Whose {
    /// As a sentence begins.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Client => "the client's first bytes",
            Self::Server => "the server's first bytes",
            Self::Either => "one side's first bytes",
        }
    }
}

/// A byte, of which only some bits may count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Masked {
    /// The bits; those that do not count are 0.
    pub value: u8,
    /// Which bits count.
    pub mask: u8,
}

/// A number in the payload that tells the payload's length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// Where it stands, in bytes from the first.
    pub at: u32,
    /// How many bytes it has: 1 to 4.
    pub width: u8,
    /// Whether the most significant byte comes first.
    pub big_endian: bool,
    /// What is to be added to it, for the length of the whole payload in bytes.
    pub plus: i64,
}

impl Length {
    /// The length that the bytes tell, if they go so far.
    fn told(&self, bytes: &[u8]) -> Option<i64> {
        let at = self.at as usize;
        let field = bytes.get(at..at.checked_add(usize::from(self.width))?)?;
        let add = |number: i64, byte: &u8| (number << 8) | i64::from(*byte);
        let number =
            if self.big_endian { field.iter().fold(0, add) } else { field.iter().rev().fold(0, add) };
        number.checked_add(self.plus)
    }
}

/// One thing that is asked of a side's bytes.
#[derive(Clone, Debug)]
pub enum Test {
    /// These bytes stand at this offset.
    Bytes {
        /// Where the first of them stands.
        offset: u32,
        /// The bytes.
        bytes: Vec<Masked>,
    },
    /// A regular expression is found in the first [`SEARCHED`] bytes.
    Regex(Regex),
    /// A number tells the payload's length. Of a stream, that message has to be there; more may follow.
    Length(Length),
    /// A datagram's payload is so long, from the first to the second number of bytes, both included.
    Size(u32, u32),
}

/// Compiles a regular expression on bytes: `\xFF` is a byte, `.` any byte but a line feed.
///
/// # Errors
/// What is wrong with it, in words.
pub fn regex(text: &str) -> Result<Regex, String> {
    let built =
        RegexBuilder::new(text).unicode(false).size_limit(REGEX_SIZE).dfa_size_limit(REGEX_SIZE).build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "this expression becomes too large; make it shorter".to_owned(),
        error => {
            let said = error.to_string();
            let told = said.lines().rev().find_map(|line| line.strip_prefix("error: ")).unwrap_or(&said);
            format!("this is no regular expression: {told}")
        }
    })
}

impl Test {
    /// Where it first looks.
    #[must_use]
    pub const fn offset(&self) -> u32 {
        match self {
            Self::Bytes { offset, .. } => *offset,
            Self::Length(length) => length.at,
            Self::Regex(_) | Self::Size(..) => 0,
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Most bytes that are shown.
        const SHOWN: usize = 16;
        match self {
            Self::Bytes { offset, bytes } => {
                f.write_str("are")?;
                for byte in bytes.iter().take(SHOWN) {
                    match byte.mask {
                        0xFF => write!(f, " {:02X}", byte.value)?,
                        0 => f.write_str(" ??")?,
                        mask => write!(f, " {:02X}&{mask:02X}", byte.value)?,
                    }
                }
                f.write_str(if bytes.len() > SHOWN { " ..." } else { "" })?;
                if *offset > 0 { write!(f, " from offset {offset} on") } else { Ok(()) }
            }
            Self::Regex(regex) => {
                write!(f, "match {}", regex.as_str().escape_debug())
            }
            Self::Length(length) => {
                write!(f, "tell their length at offset {}", length.at)
            }
            Self::Size(first, last) if first == last => write!(f, "are {first} in number"),
            Self::Size(first, last) => write!(f, "are {first} to {last} in number"),
        }
    }
}

/// One thing that a rule asks, and of whom.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// Of whom.
    pub whose: Whose,
    /// What.
    pub test: Test,
}

impl Pattern {
    /// Whether what a side said fits.
    #[must_use]
    pub fn fits(&self, said: Said<'_>, transport: Transport) -> Fit {
        if said.is_silent() {
            return Fit::More;
        }
        if transport == Transport::Tcp {
            return self.test.fits(said.bytes(), None, !said.has_ended());
        }
        let Some(first) = said.datagrams().next() else { return Fit::More };
        self.test.fits(first.bytes, Some(first.wire_len), first.is_cut())
    }
}

impl Test {
    /// Whether bytes fit: those of a datagram of `size` bytes, or of a stream. `open` says that more may follow.
    fn fits(&self, bytes: &[u8], size: Option<u32>, open: bool) -> Fit {
        let unless_more = |more: bool| if open && more { Fit::More } else { Fit::No };
        match self {
            Self::Bytes { offset, bytes: wanted } => {
                let there = bytes.get(*offset as usize..).unwrap_or_default();
                if there.iter().zip(wanted).any(|(byte, wanted)| byte & wanted.mask != wanted.value) {
                    Fit::No
                } else if there.len() >= wanted.len() {
                    Fit::Yes
                } else {
                    unless_more(*offset as usize + wanted.len() <= MAX_STREAM)
                }
            }
            Self::Regex(regex) => {
                let searched = bytes.get(..SEARCHED).unwrap_or(bytes);
                if regex.is_match(searched) { Fit::Yes } else { unless_more(bytes.len() < SEARCHED) }
            }
            Self::Length(length) => {
                let Some(told) = length.told(bytes) else { return unless_more(true) };
                match size {
                    Some(size) if told == i64::from(size) => Fit::Yes,
                    Some(_) => Fit::No,
                    // A message has at least the number that tells its length.
                    None if told < i64::from(length.at) + i64::from(length.width) => Fit::No,
                    None if usize::try_from(told).is_ok_and(|told| told <= bytes.len()) => Fit::Yes,
                    None => unless_more(usize::try_from(told).is_ok_and(|told| told <= MAX_STREAM)),
                }
            }
            Self::Size(first, last) => match size {
                Some(size) if (*first..=*last).contains(&size) => Fit::Yes,
                _ => Fit::No,
            },
        }
    }
}
