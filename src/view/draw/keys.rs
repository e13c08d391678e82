//! The last line: what is typed, what was done, or which keys there are.

use super::{Options, bold, dim, flows};
use crate::view::model::{Model, Page, Prompt};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span, Text};
use wiretell::output::text::{columns, cut, printable};

/// The keys of the list of flows, those that give way last first: help has them all.
const FLOWS: [(u8, &str); 9] = [
    (0, "q quit"),
    (1, "? help"),
    (2, "/ filter"),
    (3, "Enter details"),
    (4, "←→ sort"),
    (8, "r reverse"),
    (5, "Space pause"),
    (7, "w write"),
    (6, "Tab page"),
];
const PROTOCOLS: [(u8, &str); 5] =
    [(0, "q quit"), (1, "? help"), (2, "Enter its flows"), (4, "Space pause"), (3, "Tab page")];
const FINDINGS: [(u8, &str); 5] =
    [(0, "q quit"), (1, "? help"), (2, "Enter details"), (4, "Space pause"), (3, "Tab page")];
const COVER: [(u8, &str); 3] = [(1, "↑↓ scroll"), (0, "Esc back"), (2, "q back")];

/// Most lines of a message: one that has a command in it is to be read to its end.
const MOST_LINES: usize = 4;

/// How many lines it takes.
pub(super) fn rows(model: &Model, width: u16) -> u16 {
    let message = model.message.as_ref().filter(|_| model.input.is_none());
    let lines = message.map_or(1, |message| columns(&printable(message)).div_ceil(usize::from(width).max(1)));
    u16::try_from(lines.clamp(1, MOST_LINES)).unwrap_or(1)
}

/// Draws it.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, options: &Options) {
    let width = usize::from(area.width);
    let line = match (&model.input, &model.message) {
        (Some(input), _) => {
            let lead = lead(input.prompt, options);
            // The end of what is typed is seen, and the place of the next character.
            let room = width.saturating_sub(columns(&lead) + 1);
            let typed = printable(&input.text);
            let shown = end(&typed, room);
            let at = columns(&lead) + columns(shown);
            frame.set_cursor_position((area.x + u16::try_from(at.min(width)).unwrap_or(0), area.y));
            Line::from(vec![Span::styled(lead, bold()), Span::raw(shown.to_owned())])
        }
        (None, Some(message)) => {
            let message = cut(&printable(message), width * usize::from(area.height)).into_owned();
            // At any character, as a terminal does: what is a command stays one where it is copied.
            let mut lines = vec![String::new()];
            for character in message.chars() {
                let is_full = lines.last().is_some_and(|line| columns(line) >= width);
                if is_full {
                    lines.push(String::new());
                }
                lines.last_mut().into_iter().for_each(|line| line.push(character));
            }
            let lines: Vec<Line<'_>> = lines.into_iter().map(|line| Line::styled(line, bold())).collect();
            frame.render_widget(Text::from(lines), area);
            return;
        }
        (None, None) => {
            let keys: &[(u8, &str)] = match (&model.cover, model.page) {
                (Some(_), _) => &COVER,
                (None, Page::Flows) => &FLOWS,
                (None, Page::Protocols) => &PROTOCOLS,
                (None, Page::Findings) => &FINDINGS,
            };
            // Where the list is too narrow for the column that it is ordered by, no heading tells the order.
            let order = match (&model.cover, model.page) {
                (None, Page::Flows) => flows::hidden_order(model, width),
                _ => String::new(),
            };
            let keys = that_fit(keys, width.saturating_sub(columns(&order)));
            Line::from(vec![Span::styled(order, bold()), Span::styled(keys, dim())])
        }
    };
    frame.render_widget(line, area);
}

/// As many keys as there is room for, none of them cut.
fn that_fit(keys: &[(u8, &str)], width: usize) -> String {
    let shown = |most: u8| -> String {
        let shown = keys.iter().filter(|(rank, _)| *rank <= most);
        shown.flat_map(|(_, key)| [" ", key, " "]).collect()
    };
    let most = (0..=8).rev().find(|most| columns(shown(*most).trim_end()) <= width);
    most.map_or_else(String::new, |most| shown(most).trim_end().to_owned())
}

/// The last characters of a text, up to so many columns.
fn end(text: &str, room: usize) -> &str {
    let mut from = text.char_indices().map(|(at, _)| at);
    from.find_map(|at| text.get(at..).filter(|rest| columns(rest) <= room)).unwrap_or_default()
}

fn lead(prompt: Prompt, options: &Options) -> String {
    match (prompt, options.given_up) {
        (Prompt::Filter, _) => " filter: ".to_owned(),
        (Prompt::Write, None) => " write these flows to a new file: ".to_owned(),
        (Prompt::Write, Some(user)) => format!(" write these flows, as user {user}, to a new file: "),
    }
}
