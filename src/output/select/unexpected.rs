//! What is said of a word that an expression has no place for.

use super::names::{self, Meant};
use super::token::Token;

/// That a word is too much behind another one, and what was meant.
pub(super) fn too_much(before: Option<&Token>, token: &Token) -> String {
    const PRIMITIVES: [&str; 6] = ["port", "portrange", "host", "net", "src", "dst"];
    const BPF: &str = "what tcpdump takes goes to --filter";
    let shown = shown(token);
    match (before, token) {
        (Some(Token::Word(before)), Token::Word(word)) if PRIMITIVES.contains(&word.as_str()) => {
            match &**word {
                "port" if ["tcp", "udp", "sctp"].contains(&&**before) => {
                    format!("{shown} is too much here: write {before}.port == with a number; {BPF}")
                }
                _ => format!(
                    "{shown} is too much here: join conditions like port == 443 with `and` or `or`; {BPF}"
                ),
            }
        }
        (Some(_), Token::Word(word)) if word == "not" => {
            format!("{shown} is too much here: it stands before a whole condition: not port in {{80, 443}}")
        }
        (Some(Token::Word(field)), Token::Word(_) | Token::Text(_))
            if matches!(names::meant(field), Some(Meant::Field(_) | Meant::Attribute(_))) =>
        {
            format!("{shown} is too much here: write {field} == {}; {BPF}", shown.trim_matches('`'))
        }
        _ => format!("{shown} is too much here: join conditions with `and` or `or`"),
    }
}

/// A word as it is shown to people.
pub(super) fn shown(token: &Token) -> String {
    match token {
        Token::Word(word) => format!("`{word}`"),
        Token::Text(text) => format!("\"{text}\""),
        Token::Sign(sign) => format!("`{sign}`"),
    }
}
