//! An explanation as lines of text.

use super::{Entry, Explanation, Section};

/// The narrowest text that is laid out, in characters.
const NARROWEST: usize = 40;
/// The widest: longer lines are hard to read.
const WIDEST: usize = 110;
/// Labels up to this length share a column; longer ones stand on a line of their own.
const LABEL: usize = 24;
/// What stands before a section's entries.
const INDENT: usize = 2;

/// The explanation's title, then its sections, one below the other.
pub(super) fn lay_out(explanation: &Explanation, width: usize) -> String {
    let width = width.clamp(NARROWEST, WIDEST);
    let mut text = String::new();
    write_lines(&mut text, "", wrap(&explanation.title, width));
    for section in &explanation.sections {
        text.push('\n');
        text.push_str(section.heading);
        text.push('\n');
        write_section(&mut text, section, width);
    }
    text
}

fn write_section(text: &mut String, section: &Section, width: usize) {
    let label_len = |entry: &Entry| entry.label.as_ref().map_or(0, |label| label.chars().count());
    let column =
        section.entries.iter().map(label_len).filter(|&len| len <= LABEL.min(width / 3)).max().unwrap_or(0);
    for entry in &section.entries {
        let body = match entry.basis {
            Some((certainty, source)) => format!("{} [{}: {source}]", entry.text, certainty.name()),
            None => entry.text.clone(),
        };
        let len = label_len(entry);
        match &entry.label {
            Some(label) if len <= column => {
                let hang = INDENT + column + 2;
                let mut lines = wrap(&body, width - hang).into_iter();
                let first = lines.next().unwrap_or_default();
                let gap = " ".repeat(column - len);
                text.push_str(format!("{:INDENT$}{label}{gap}  {first}", "").trim_end());
                text.push('\n');
                write_lines(text, &" ".repeat(hang), lines);
            }
            Some(label) => {
                write_lines(text, &" ".repeat(INDENT), wrap(label, width - INDENT));
                write_lines(text, &" ".repeat(2 * INDENT), wrap(&body, width - 2 * INDENT));
            }
            None => {
                let mut lines = wrap(&body, width - INDENT - 2).into_iter();
                let first = lines.next().unwrap_or_default();
                text.extend([" ".repeat(INDENT).as_str(), "- ", &first, "\n"]);
                write_lines(text, &" ".repeat(INDENT + 2), lines);
            }
        }
    }
}

fn write_lines(text: &mut String, indent: &str, lines: impl IntoIterator<Item = String>) {
    for line in lines {
        text.push_str(indent);
        text.push_str(&line);
        text.push('\n');
    }
}

/// Breaks `text` between words into lines of at most `width` characters; a longer word is cut.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let (mut lines, mut line, mut len) = (Vec::new(), String::new(), 0);
    for word in text.split_whitespace() {
        let mut rest: Vec<char> = word.chars().collect();
        if len > 0 && len + 1 + rest.len() <= width {
            line.push(' ');
            len += 1;
        } else if len > 0 {
            lines.push(std::mem::take(&mut line));
            len = 0;
        }
        while rest.len() > width {
            let tail = rest.split_off(width);
            lines.push(rest.into_iter().collect());
            rest = tail;
        }
        len += rest.len();
        line.extend(rest);
    }
    if len > 0 {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_long_words_are_cut() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a abcdefgh b", 3), ["a", "abc", "def", "gh", "b"]);
        assert_eq!(wrap("ää ö ü", 4), ["ää ö", "ü"]);
        assert!(wrap("  ", 4).is_empty());
    }
}
