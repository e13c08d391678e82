//! What is on the screen: which flows, in which order, where the cursor is, and what a key changes.

use super::Options;
use super::board::{Board, Counts, Group, Shown, Sight, Sum, Told};
use crate::cli::labels;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use sort::Column;
use std::cmp::Reverse;
use std::path::PathBuf;
use std::sync::Arc;
pub(super) use typing::{Input, Prompt};
use wiretell::output::select::Selection;
use wiretell::rules::UserRules;

pub(super) mod sort;
mod typing;

/// The pages that the view has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    Flows,
    Protocols,
    Findings,
}

impl Page {
    pub(super) const ALL: [Self; 3] = [Self::Flows, Self::Protocols, Self::Findings];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Flows => "Flows",
            Self::Protocols => "Protocols",
            Self::Findings => "Findings",
        }
    }
}

/// What covers the page.
#[derive(Clone, Debug)]
pub(super) enum Cover {
    Help,
    /// All that is known of a flow.
    Flow(Arc<Shown>),
    /// All that is known of a finding.
    Finding(Box<Told>),
}

/// What a key asks of the world.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Nothing,
    Leave,
    /// Stop until the shell says to go on.
    Suspend,
    /// Write the records of the flows that are shown.
    Write(PathBuf),
}

/// What is on the screen.
pub(super) struct Model {
    seen: u64,
    all: Vec<Arc<Shown>>,
    pub(super) flows: Vec<Arc<Shown>>,
    pub(super) sums: Vec<(Group, Sum)>,
    pub(super) findings: Vec<Told>,
    pub(super) counts: Counts,
    pub(super) page: Page,
    /// The row that the cursor is on, of each page.
    cursors: [usize; Page::ALL.len()],
    /// The flow that the cursor is on: it goes where the flow goes.
    chosen: Option<u64>,
    pub(super) sort: Column,
    pub(super) reversed: bool,
    pub(super) filter: String,
    selection: Option<Selection>,
    /// What is wrong with the filter.
    pub(super) mistake: Option<String>,
    pub(super) input: Option<Input>,
    pub(super) cover: Option<Cover>,
    /// Lines that the cover has been moved up.
    pub(super) scrolled: usize,
    pub(super) paused: bool,
    /// What was done, told until the next key.
    pub(super) message: Option<String>,
    files: Arc<[String]>,
    /// Whose labels a filter may ask for.
    rules: Arc<UserRules>,
}

impl Model {
    pub(super) fn new(options: &Options) -> Self {
        let mut model = Self {
            seen: 0,
            all: Vec::new(),
            flows: Vec::new(),
            sums: Vec::new(),
            findings: Vec::new(),
            counts: Counts::default(),
            page: Page::Flows,
            cursors: [0; Page::ALL.len()],
            chosen: None,
            sort: if options.stays { Column::Bytes } else { Column::Rate },
            reversed: false,
            filter: options.filter.clone().unwrap_or_default(),
            selection: None,
            mistake: None,
            input: None,
            cover: None,
            scrolled: 0,
            paused: false,
            message: None,
            files: Arc::clone(&options.files),
            rules: Arc::clone(&options.rules),
        };
        model.select();
        model
    }

    /// Takes what is new on the board. What was lost is told although the view is paused.
    pub(super) fn refresh(&mut self, board: &Board) {
        let Some(sight) = board.sight(self.seen) else { return };
        self.seen = sight.version;
        self.counts = sight.counts.clone();
        if !self.paused {
            self.take(sight);
        }
    }

    fn take(&mut self, sight: Sight) {
        self.all = sight.flows;
        self.sums = sight.sums;
        self.sums.sort_by_key(|(group, sum)| (Reverse(sum.bytes), *group));
        self.findings = sight.findings;
        // What holds, the worst first; then what no longer does.
        let rank = |told: &Told| (told.ended.is_some(), Reverse(told.finding.severity), told.finding.at);
        self.findings.sort_by_key(rank);
        self.arrange();
    }

    /// Chooses and orders the flows; the cursor stays on its flow.
    fn arrange(&mut self) {
        let files = &self.files;
        let file = |shown: &Shown| files.get(shown.summary.file as usize).map(String::as_str);
        let fits = |shown: &&Arc<Shown>| {
            self.selection.as_ref().is_none_or(|wanted| wanted.selects(&shown.summary, file(shown)))
        };
        let mut flows: Vec<_> = self.all.iter().filter(fits).map(Arc::clone).collect();
        flows.sort_by(|a, b| self.sort.compare(a, b, self.reversed));
        self.flows = flows;
        let place = self.chosen.and_then(|id| self.flows.iter().position(|shown| shown.summary.id == id));
        if let (Some(place), Some(cursor)) = (place, self.cursors.first_mut()) {
            *cursor = place;
        }
        for page in Page::ALL {
            let last = self.rows_of(page).saturating_sub(1);
            if let Some(cursor) = self.cursors.get_mut(page as usize) {
                *cursor = (*cursor).min(last);
            }
        }
    }

    /// Takes the filter as it is written now; a wrong one changes nothing but is told.
    fn select(&mut self) {
        if self.filter.trim().is_empty() {
            (self.selection, self.mistake) = (None, None);
        } else {
            match labels::parse(&self.filter, Some(&self.rules)) {
                Ok(selection) => (self.selection, self.mistake) = (Some(selection), None),
                Err(mistake) => self.mistake = Some(format!("{mistake}")),
            }
        }
        self.arrange();
    }

    fn rows_of(&self, page: Page) -> usize {
        match page {
            Page::Flows => self.flows.len(),
            Page::Protocols => self.sums.len(),
            Page::Findings => self.findings.len(),
        }
    }

    /// Flows that there are, with those that do not fit the filter.
    pub(super) fn flows_in_all(&self) -> usize {
        self.all.len()
    }

    /// The row that the cursor is on.
    pub(super) fn cursor(&self) -> usize {
        self.cursors.get(self.page as usize).copied().unwrap_or(0)
    }

    /// Moves the cursor by so many rows, or what covers the page by so many lines.
    fn go(&mut self, by: isize) {
        if self.cover.is_some() {
            self.scrolled = self.scrolled.saturating_add_signed(by);
            return;
        }
        let last = self.rows_of(self.page).saturating_sub(1);
        let to = self.cursor().saturating_add_signed(by).min(last);
        if let Some(cursor) = self.cursors.get_mut(self.page as usize) {
            *cursor = to;
        }
        if self.page == Page::Flows {
            // At the top it stays at the top, whatever comes there.
            self.chosen = self.flows.get(to).filter(|_| to > 0).map(|shown| shown.summary.id);
        }
    }

    /// What a key does. `rows` is how many rows the page shows.
    pub(super) fn key(&mut self, key: KeyEvent, rows: usize) -> Wish {
        self.message = None;
        if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c') {
            return Wish::Leave;
        }
        if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('z') {
            return Wish::Suspend;
        }
        if self.input.is_some() {
            return self.type_in(key);
        }
        if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
            return Wish::Nothing;
        }
        let screenful = isize::try_from(rows.saturating_sub(1).max(1)).unwrap_or(1);
        match key.code {
            KeyCode::Char('q') | KeyCode::Esc if self.cover.is_some() => self.cover = None,
            KeyCode::Char('q') => return Wish::Leave,
            KeyCode::Esc if !self.filter.is_empty() => {
                self.filter.clear();
                self.select();
            }
            KeyCode::Char('?') | KeyCode::F(1) => {
                let is_help = matches!(self.cover, Some(Cover::Help));
                self.cover = (!is_help).then_some(Cover::Help);
                self.scrolled = 0;
            }
            KeyCode::Down | KeyCode::Char('j') => self.go(1),
            KeyCode::Up | KeyCode::Char('k') => self.go(-1),
            KeyCode::PageDown => self.go(screenful),
            KeyCode::PageUp => self.go(-screenful),
            KeyCode::Home | KeyCode::Char('g') => self.go(isize::MIN),
            KeyCode::End | KeyCode::Char('G') if self.cover.is_none() => self.go(isize::MAX),
            _ if matches!(self.cover, Some(Cover::Help)) => {}
            KeyCode::Tab => {
                self.turn_to(Page::ALL.iter().map(|page| *page as usize + 1).nth(self.page as usize));
            }
            KeyCode::BackTab => {
                self.turn_to((self.page as usize).checked_sub(1).or(Some(Page::ALL.len() - 1)));
            }
            KeyCode::Char('1') => self.turn_to(Some(0)),
            KeyCode::Char('2') => self.turn_to(Some(1)),
            KeyCode::Char('3') => self.turn_to(Some(2)),
            KeyCode::Char('/') => self.ask(Prompt::Filter),
            KeyCode::Char('w') => self.ask(Prompt::Write),
            KeyCode::Char(' ' | 'p') => self.pause(),
            KeyCode::Right | KeyCode::Char('>' | 's') => self.sort_by(self.sort.next(1)),
            KeyCode::Left | KeyCode::Char('<' | 'S') => self.sort_by(self.sort.next(Column::ALL.len() - 1)),
            KeyCode::Char('r') => {
                self.reversed = !self.reversed;
                self.arrange();
            }
            KeyCode::Enter => self.open(),
            _ => {}
        }
        Wish::Nothing
    }

    fn sort_by(&mut self, column: Column) {
        self.page = Page::Flows;
        (self.sort, self.reversed) = (column, false);
        self.arrange();
    }

    fn pause(&mut self) {
        self.paused = !self.paused;
        // Whatever came meanwhile is taken at the next look.
        self.seen = 0;
    }

    fn turn_to(&mut self, place: Option<usize>) {
        self.cover = None;
        self.page = place.and_then(|place| Page::ALL.get(place)).copied().unwrap_or(Page::Flows);
    }

    /// Opens what the cursor is on.
    fn open(&mut self) {
        if self.cover.take().is_some() {
            return;
        }
        self.scrolled = 0;
        match self.page {
            Page::Flows => {
                self.cover = self.flows.get(self.cursor()).map(|flow| Cover::Flow(Arc::clone(flow)));
            }
            Page::Findings => {
                self.cover =
                    self.findings.get(self.cursor()).map(|told| Cover::Finding(Box::new(told.clone())));
            }
            Page::Protocols => {
                let Some((group, _)) = self.sums.get(self.cursor()) else { return };
                self.filter = group.filter();
                self.page = Page::Flows;
                self.select();
            }
        }
    }

    /// The flow that is open as it is now: it may have gone on.
    pub(super) fn current<'a>(&'a self, opened: &'a Arc<Shown>) -> &'a Arc<Shown> {
        self.all.iter().find(|shown| shown.summary.id == opened.summary.id).unwrap_or(opened)
    }
}

#[cfg(test)]
mod tests;
