//! What is typed on the last line: a filter that takes effect at once, the name of a file.

use super::{Model, Page, Wish};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What is asked of the user on the last line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::view) enum Prompt {
    /// An expression, which takes effect as it is typed.
    Filter,
    /// The name of a file for the records of the flows that are shown.
    Write,
}

/// Text that is being typed.
#[derive(Clone, Debug)]
pub(in crate::view) struct Input {
    pub(in crate::view) prompt: Prompt,
    pub(in crate::view) text: String,
    /// What the filter was before, for when the user thinks better of it.
    pub(super) before: String,
}

/// A file's name where it can be made: here, or where everybody may, for who was root before.
fn place(name: &str) -> String {
    let is_ours = nix::unistd::access(".", nix::unistd::AccessFlags::W_OK).is_ok();
    if is_ours { name.to_owned() } else { std::env::temp_dir().join(name).display().to_string() }
}

impl Model {
    pub(super) fn ask(&mut self, prompt: Prompt) {
        self.cover = None;
        let text = match prompt {
            Prompt::Filter => {
                self.page = Page::Flows;
                self.filter.clone()
            }
            Prompt::Write => place("wiretell.jsonl"),
        };
        self.input = Some(Input { prompt, text, before: self.filter.clone() });
    }

    pub(super) fn type_in(&mut self, key: KeyEvent) -> Wish {
        let Some(input) = &mut self.input else { return Wish::Nothing };
        let held = key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        match key.code {
            KeyCode::Esc => {
                self.filter.clone_from(&input.before);
                self.input = None;
                self.select();
                return Wish::Nothing;
            }
            KeyCode::Enter => {
                let (prompt, text) = (input.prompt, input.text.trim().to_owned());
                // A filter that is wrong stays on the line until it is mended.
                if prompt == Prompt::Filter && self.mistake.is_some() {
                    return Wish::Nothing;
                }
                self.input = None;
                let is_named = prompt == Prompt::Write && !text.is_empty();
                return if is_named { Wish::Write(text.into()) } else { Wish::Nothing };
            }
            KeyCode::Backspace => {
                input.text.pop();
            }
            KeyCode::Char('u') if held => input.text.clear(),
            KeyCode::Char(c) if !held => input.text.push(c),
            _ => return Wish::Nothing,
        }
        if input.prompt == Prompt::Filter {
            self.filter.clone_from(&input.text);
            self.select();
        }
        Wish::Nothing
    }
}
