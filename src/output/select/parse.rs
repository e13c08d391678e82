//! From the words of an expression to what they mean; every mistake is named with its column.

use super::field::{Field, Kind};
use super::names::{self, Meant};
use super::operand;
use super::token::{Token, tokens};
use super::unexpected::{shown, too_much};
use super::{Check, Expression, Operand, SelectError, Test};

/// Brackets and negations within each other that are followed: more than anybody writes, and no danger to the stack.
const MAX_DEPTH: usize = 64;

/// Reads a whole expression; with it come the labels that `app_proto` is compared with, each with its column.
pub(super) fn expression(text: &str) -> Result<(Expression, Vec<(usize, String)>), SelectError> {
    let end = text.chars().count() + 1;
    let mut parser = Parser { tokens: tokens(text)?, at: 0, end, depth: 0, labels: Vec::new() };
    let expression = parser.any()?;
    match parser.tokens.get(parser.at) {
        None => Ok((expression, parser.labels)),
        Some((column, token)) => {
            let before =
                parser.at.checked_sub(1).and_then(|at| parser.tokens.get(at)).map(|(_, token)| token);
            Err(SelectError { column: *column, what: too_much(before, token) })
        }
    }
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    at: usize,
    /// The column behind the last character.
    end: usize,
    depth: usize,
    /// What `app_proto` is compared with.
    labels: Vec<(usize, String)>,
}

impl Parser {
    fn column(&self) -> usize {
        self.tokens.get(self.at).map_or(self.end, |(column, _)| *column)
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.at += usize::from(token.is_some());
        token
    }

    fn error<T>(&self, what: impl Into<String>) -> Result<T, SelectError> {
        Err(SelectError { column: self.column(), what: what.into() })
    }

    /// Takes a sign, or one of the words that stand for it.
    fn takes(&mut self, sign: &str, words: &[&str]) -> bool {
        let found = match self.peek() {
            Some(Token::Sign(found)) => *found == sign,
            Some(Token::Word(word)) => words.contains(&word.as_str()),
            _ => false,
        };
        self.at += usize::from(found);
        found
    }

    fn any(&mut self) -> Result<Expression, SelectError> {
        let mut parts = vec![self.either()?];
        while self.takes("||", &["or"]) {
            parts.push(self.either()?);
        }
        Ok(if parts.len() == 1 { parts.swap_remove(0) } else { Expression::Any(parts) })
    }

    /// As in Wireshark: looser than `and`, and tighter than `or`.
    fn either(&mut self) -> Result<Expression, SelectError> {
        let mut expression = self.all()?;
        let mut joined = 0;
        while self.takes("^^", &["xor"]) {
            joined += 1;
            if joined > MAX_DEPTH {
                return self.error("there are too many `xor` in a row");
            }
            expression = Expression::Either(Box::new([expression, self.all()?]));
        }
        Ok(expression)
    }

    fn all(&mut self) -> Result<Expression, SelectError> {
        let mut parts = vec![self.one()?];
        while self.takes("&&", &["and"]) {
            parts.push(self.one()?);
        }
        Ok(if parts.len() == 1 { parts.swap_remove(0) } else { Expression::All(parts) })
    }

    fn one(&mut self) -> Result<Expression, SelectError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.error("there are too many brackets within each other");
        }
        let expression = if self.takes("!", &["not"]) {
            Expression::Not(Box::new(self.one()?))
        } else if self.takes("(", &[]) {
            let inner = self.any()?;
            if !self.takes(")", &[]) {
                return self.error("a closing bracket is missing here");
            }
            inner
        } else {
            self.test()?
        };
        self.depth -= 1;
        Ok(expression)
    }

    fn test(&mut self) -> Result<Expression, SelectError> {
        let column = self.column();
        let name = match self.next() {
            Some(Token::Word(name)) => name,
            Some(token) => {
                let what = format!("a field's name is expected here, not {}", shown(&token));
                return Err(SelectError { column, what });
            }
            None => return self.error("a field's name is expected here"),
        };
        let (field, key) = match names::meant(&name) {
            Some(Meant::Field(field)) if matches!(field.kind, Kind::Attribute) => (field, Some(self.key()?)),
            Some(Meant::Field(field)) => (field, None),
            Some(Meant::Attribute(field)) => (field, Some(name)),
            Some(Meant::Alone(parts)) if !self.compares() => {
                let test = |(field, words): (&'static Field, Vec<String>)| {
                    let check = Check::In(words.into_iter().map(Operand::Text).collect());
                    Expression::Test(Test { field, key: None, check })
                };
                return Ok(Expression::Any(parts.into_iter().map(test).collect()));
            }
            Some(Meant::Alone(parts)) => {
                let field = parts.first().map_or("app_proto", |(field, _)| field.name);
                let what = format!("`{name}` stands by itself, or write {field} == {name}");
                return Err(SelectError { column, what });
            }
            None => return Err(SelectError { column, what: names::unknown(&name) }),
        };
        let test = |check| Test { field, key: key.clone(), check };
        let is_not = |expression| Expression::Not(Box::new(expression));
        Ok(if self.takes("==", &["eq"]) {
            // Records have `null` for what is not there.
            if self.takes("", &["null"]) {
                is_not(Expression::Test(test(Check::Given)))
            } else {
                Expression::Test(test(Check::Equal(self.operand(field)?)))
            }
        } else if self.takes("!=", &["ne"]) {
            if self.takes("", &["null"]) {
                Expression::Test(test(Check::Given))
            } else {
                is_not(Expression::Test(test(Check::Equal(self.operand(field)?))))
            }
        } else if self.takes(">=", &["ge"]) {
            Expression::Test(test(self.order(field, true, true)?))
        } else if self.takes("<=", &["le"]) {
            Expression::Test(test(self.order(field, false, true)?))
        } else if self.takes(">", &["gt"]) {
            Expression::Test(test(self.order(field, true, false)?))
        } else if self.takes("<", &["lt"]) {
            Expression::Test(test(self.order(field, false, false)?))
        } else if self.takes("~", &["matches"]) {
            Expression::Test(test(self.pattern(field)?))
        } else if self.takes("", &["contains"]) {
            Expression::Test(test(Check::Contains(self.text(field, "contains")?)))
        } else if self.takes("", &["in"]) {
            Expression::Test(test(Check::In(self.set(field)?)))
        } else if self.takes_not_in() {
            is_not(Expression::Test(test(Check::In(self.set(field)?))))
        } else if self.peek() == Some(&Token::Sign("=")) {
            return self.error("write == to compare");
        } else {
            Expression::Test(test(Check::Present))
        })
    }

    /// Takes `not in`.
    fn takes_not_in(&mut self) -> bool {
        let is = |token: Option<&(usize, Token)>, text: &str| matches!(token, Some((_, Token::Word(word))) if word == text);
        let found = is(self.tokens.get(self.at), "not") && is(self.tokens.get(self.at + 1), "in");
        self.at += if found { 2 } else { 0 };
        found
    }

    /// Whether what follows compares what came before.
    fn compares(&self) -> bool {
        const WORDS: [&str; 9] = ["eq", "ne", "lt", "le", "gt", "ge", "in", "contains", "matches"];
        match self.peek() {
            Some(Token::Sign(sign)) => ["==", "!=", "<", "<=", ">", ">=", "~", "="].contains(sign),
            Some(Token::Word(word)) => WORDS.contains(&word.as_str()),
            _ => false,
        }
    }

    /// `["name.of_attribute"]`
    fn key(&mut self) -> Result<String, SelectError> {
        if !self.takes("[", &[]) {
            return self.error("an attribute's name is expected here, as in attributes[\"tls.sni\"]");
        }
        let column = self.column();
        let Some(Token::Word(key) | Token::Text(key)) = self.next() else {
            return Err(SelectError { column, what: "an attribute's name is expected here".into() });
        };
        if !names::is_attribute(&key) {
            let what = format!("no protocol sets an attribute `{key}`; JSON lines show those that are set");
            return Err(SelectError { column, what });
        }
        if !self.takes("]", &[]) {
            return self.error("a closing bracket ] is missing here");
        }
        Ok(key)
    }

    fn order(&mut self, field: &Field, greater: bool, or_equal: bool) -> Result<Check, SelectError> {
        let column = self.column();
        match self.operand(field)? {
            than if than.number().is_some() || matches!(than, Operand::Confidence(_)) => {
                Ok(Check::Order { greater, or_equal, than })
            }
            _ => Err(SelectError {
                column,
                what: format!("{} has no order; compare it with == or !=", field.name),
            }),
        }
    }

    fn pattern(&mut self, field: &Field) -> Result<Check, SelectError> {
        let column = self.column();
        let pattern = self.text(field, "matches")?;
        let built = regex::RegexBuilder::new(&pattern).case_insensitive(true).size_limit(1 << 20).build();
        let what = |error: regex::Error| match error {
            regex::Error::CompiledTooBig(_) => "this regular expression is too large".to_owned(),
            // The last line of the explanation says what is wrong; those before it draw a picture.
            other => {
                let text = other.to_string();
                let last = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                format!("this is no regular expression: {last}")
            }
        };
        built.map(Check::Matches).map_err(|error| SelectError { column, what: what(error) })
    }

    /// The text that a field is searched for.
    fn text(&mut self, field: &Field, operator: &str) -> Result<String, SelectError> {
        if !matches!(field.kind, Kind::Text | Kind::Word(_) | Kind::Attribute) {
            return self.error(format!("{} is no text, which `{operator}` looks into", field.name));
        }
        let column = self.column();
        match self.next() {
            Some(Token::Text(text) | Token::Word(text)) => Ok(text),
            _ => {
                Err(SelectError { column, what: format!("a text is expected after `{operator}`, in quotes") })
            }
        }
    }

    /// `{a, b, c..d}`, or one of them without braces.
    fn set(&mut self, field: &Field) -> Result<Vec<Operand>, SelectError> {
        if !self.takes("{", &[]) {
            if self.peek() == Some(&Token::Sign("(")) {
                return self.error("a set stands in braces: in {tls, http}");
            }
            return Ok(vec![self.member(field)?]);
        }
        let mut members = vec![self.member(field)?];
        while !self.takes("}", &[]) {
            // Wireshark's older sets have blanks between their members.
            self.takes(",", &[]);
            if self.peek().is_none() {
                return self.error("a closing brace } is missing here");
            }
            members.push(self.member(field)?);
        }
        Ok(members)
    }

    fn member(&mut self, field: &Field) -> Result<Operand, SelectError> {
        let column = self.column();
        let first = self.operand(field)?;
        if !self.takes("..", &[]) {
            return Ok(first);
        }
        let last = self.operand(field)?;
        let error = |what: &str| Err(SelectError { column, what: what.into() });
        if let (Some(from), Some(to)) = (first.number(), last.number()) {
            return if from <= to {
                Ok(Operand::Range(from, to))
            } else {
                error("this range ends before it begins")
            };
        }
        match (first, last) {
            (Operand::Network(from, a), Operand::Network(to, b))
                if from.is_ipv4() == to.is_ipv4() && is_host(from, a) && is_host(to, b) =>
            {
                if from <= to {
                    Ok(Operand::Addresses(from, to))
                } else {
                    error("this range ends before it begins")
                }
            }
            (Operand::Network(..), Operand::Network(..)) => {
                error("a range goes from an address to another of the same version of IP")
            }
            _ => error("a range goes from a number to a number, or from an address to an address"),
        }
    }

    fn operand(&mut self, field: &Field) -> Result<Operand, SelectError> {
        let column = self.column();
        let token = self.next();
        let error = |what: String| Err(SelectError { column, what });
        let (word, is_quoted) = match token {
            Some(Token::Word(word)) => (word, false),
            Some(Token::Text(text)) => (text, true),
            _ => {
                return error(format!("{} is compared with {} here", field.name, operand::expected(field)));
            }
        };
        if word == "null" && !is_quoted {
            return error(format!("null stands behind == and != only: write not {}", field.name));
        }
        if field.name == "app_proto" {
            self.labels.push((column, word.clone()));
        }
        let word = if is_quoted { word } else { self.unit(field, word) };
        operand::read(field, &word, is_quoted).map_err(|what| SelectError { column, what })
    }

    /// A number with the unit behind it that stands apart, as tables write it: `5.4 kB`.
    fn unit(&mut self, field: &Field, number: String) -> String {
        match self.peek() {
            Some(Token::Word(unit))
                if matches!(field.kind, Kind::Number) && operand::is_unit(field, unit) =>
            {
                let joined = number + unit;
                self.at += 1;
                joined
            }
            _ => number,
        }
    }
}

/// Whether all bits of an address count, so that it is one and no network.
const fn is_host(address: std::net::IpAddr, bits: u8) -> bool {
    bits == if address.is_ipv4() { 32 } else { 128 }
}
