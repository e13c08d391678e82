//! The words of an expression, each with the column where it begins.

use super::SelectError;

/// A word.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name, an operator's word, a number, an address: what stands between blanks and signs.
    Word(String),
    /// In quotes.
    Text(String),
    /// `==` `!=` `<` `<=` `>` `>=` `(` `)` `[` `]` `{` `}` `,` `..` `!` `&&` `||` `^^` `~`
    Sign(&'static str),
}

/// The longest signs first, so that `<=` is not read as `<`.
const SIGNS: [&str; 20] = [
    "==", "!=", "<=", ">=", "&&", "||", "^^", "..", "<", ">", "(", ")", "[", "]", "{", "}", ",", "!", "~",
    "=",
];

/// Splits an expression; columns are counted in characters, from 1.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, SelectError> {
    let mut tokens = Vec::new();
    let mut rest = text;
    let mut column = 1;
    let pass = |rest: &mut &str, len: usize, column: &mut usize| {
        let (passed, left) = rest.split_at_checked(len).unwrap_or((rest, ""));
        *column += passed.chars().count();
        *rest = left;
        passed.to_owned()
    };
    loop {
        let blanks = rest.len() - rest.trim_start().len();
        pass(&mut rest, blanks, &mut column);
        let Some(first) = rest.chars().next() else { return Ok(tokens) };
        let begin = column;
        let token = if first == '"' || first == '\'' {
            let (content, len) = quoted(rest, first).ok_or_else(|| SelectError {
                column: begin,
                what: format!("the text that begins with {first} here has no {first} at its end"),
            })?;
            pass(&mut rest, len, &mut column);
            Token::Text(content)
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            pass(&mut rest, sign.len(), &mut column);
            Token::Sign(sign)
        } else {
            let len = word_len(rest);
            Token::Word(pass(&mut rest, len, &mut column))
        };
        tokens.push((begin, token));
    }
}

/// Up to a blank, a quote or a sign; a single dot is part of a word, two are a sign.
fn word_len(text: &str) -> usize {
    let ends = |at: usize, c: char| {
        let after = text.get(at..).unwrap_or_default();
        c.is_whitespace() || c == '"' || SIGNS.iter().any(|sign| after.starts_with(sign))
    };
    text.char_indices().find(|&(at, c)| at > 0 && ends(at, c)).map_or(text.len(), |(at, _)| at)
}

/// What stands between quotes, and how long it is with them. A backslash before the quote or before another
/// backslash takes its meaning away; before anything else it is one, as regular expressions need it.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut content = String::new();
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        if c == quote {
            return Some((content, at + c.len_utf8()));
        }
        if c == '\\'
            && let Some(&(_, next)) = characters.peek()
            && (next == quote || next == '\\')
        {
            characters.next();
            content.push(next);
            continue;
        }
        content.push(c);
    }
    None
}
