//! Where output goes and in which form.

use super::alive::Alive;
use super::messages::{Messages, say};
use super::screen::ScreenPart;
use super::{Cli, CommonArgs, Format, When};
use crate::view::board::Board;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use wiretell::analysis::Outcome;
use wiretell::extract::held::Decision;
use wiretell::findings::expected::Expectations;
use wiretell::findings::{Examination, Severity, Survey};
use wiretell::output::csv::{self, Csv};
use wiretell::output::destination::Destination;
use wiretell::output::finding;
use wiretell::output::jsonl::JsonLines;
use wiretell::output::report::{Largest, Report, ReportPart};
use wiretell::output::stats::StatsRecord;
use wiretell::output::table::{LiveTable, Look, Section, Table, TablePart};
use wiretell::output::text::counted;
use wiretell::shard::{Alive as ShowAlive, Sink};
use wiretell::summary::Summary;

/// One worker's part: what it writes, and what it gathers for findings.
pub(crate) struct Part {
    out: Out,
    look: Look,
    examination: Examination,
    live: Option<Arc<Alive>>,
    /// Whoever has to know which flows fit.
    decided: Option<Sender<Decision>>,
}

impl Part {
    /// Whether the flow is one of those that are to be shown.
    fn selects(&self, summary: &Summary) -> bool {
        let file = || self.look.files.get(summary.file as usize).map(String::as_str);
        self.look.selection.as_ref().is_none_or(|selection| selection.selects(summary, file()))
    }
}

impl Sink for Part {
    fn flow(&mut self, summary: Summary) {
        self.examination.observe(&summary);
        let selects = self.selects(&summary);
        if let Some(decided) = &self.decided {
            // Where nothing is recorded any more, nobody has to know.
            let _ = decided.send(Decision::ended(&summary, selects));
        }
        // A table counts them, and the page and CSV are nothing without.
        let is_shown = self.look.shows(Section::Flows) || !matches!(self.out, Out::Jsonl(_));
        if selects && is_shown {
            self.out.sink().flow(summary);
        }
    }

    fn wants_labels(&self) -> bool {
        self.decided.is_some() || self.out.wants_labels()
    }

    fn relabelled(&mut self, summary: Summary) {
        let selects = self.selects(&summary);
        if let Some(decided) = &self.decided {
            let _ = decided.send(Decision::labelled(&summary, selects));
        }
        if selects && self.out.wants_labels() {
            self.out.sink().relabelled(summary);
        }
    }

    fn survey(&mut self, survey: &Survey, alive: &mut ShowAlive<'_>) {
        let Some(live) = &self.live else { return };
        match &mut self.out {
            Out::Screen(screen) => {
                screen.look(survey, alive, |alive| live.take(survey, &self.examination, alive));
            }
            _ => live.take(survey, &self.examination, alive),
        }
    }
}

/// One worker's part of the output, in the form that was asked for.
enum Out {
    /// Records as JSON.
    Jsonl(JsonLines),
    /// Flow records as comma-separated values.
    Csv(Csv),
    /// A table for people, in the end.
    Table(Box<TablePart>),
    /// A page for a browser, in the end.
    Html(Box<ReportPart>),
    /// A line at a time for people, and a table in the end.
    Live(Box<LiveTable>),
    /// The full-screen view, and a table in the end.
    Screen(Box<ScreenPart>),
}

impl Out {
    fn wants_labels(&self) -> bool {
        match self {
            Self::Jsonl(lines) => lines.wants_labels(),
            Self::Csv(lines) => lines.wants_labels(),
            Self::Table(part) => part.wants_labels(),
            Self::Html(part) => part.wants_labels(),
            Self::Live(live) => live.wants_labels(),
            Self::Screen(screen) => screen.wants_labels(),
        }
    }

    fn sink(&mut self) -> &mut dyn Sink {
        match self {
            Self::Jsonl(lines) => lines,
            Self::Csv(lines) => lines,
            Self::Table(part) => part.as_mut(),
            Self::Html(part) => part.as_mut(),
            Self::Live(live) => live.as_mut(),
            Self::Screen(screen) => screen.as_mut(),
        }
    }
}

/// Columns of a terminal when there is none: wide enough for reasons, narrow enough for a ticket or a mail.
const NO_TERMINAL: usize = 120;

/// Columns that text for people may take on standard output.
pub(crate) fn width() -> usize {
    let terminal = terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| width.0.into());
    let said = || std::env::var("COLUMNS").ok()?.parse().ok();
    terminal.or_else(said).filter(|&columns: &usize| columns > 0).unwrap_or(NO_TERMINAL)
}

/// Whether text on standard output is to have colours. What the command line says outranks the environment:
/// see no-color.org.
pub(crate) fn colored(when: When) -> bool {
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto => {
            let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
            !unwanted && !dumb && std::io::stdout().is_terminal()
        }
    }
}

/// Makes the parts, one per worker, and puts them together at the end.
pub(crate) struct Output {
    destination: Arc<Destination>,
    format: Format,
    look: Look,
    live: bool,
    quiet: bool,
    each: bool,
    alive: Option<Arc<Alive>>,
    largest: Largest,
    board: Option<Arc<Board>>,
    expectations: Arc<Expectations>,
    decided: Option<Sender<Decision>>,
}

impl Output {
    /// Output about flows of `files`; record by record if `live`, or on the `board` of a full-screen view.
    pub(crate) fn new(
        cli: &Cli,
        args: &CommonArgs,
        destination: Arc<Destination>,
        files: Arc<[String]>,
        live: bool,
        board: Option<Arc<Board>>,
    ) -> Self {
        let to_file = args.output.as_deref().is_some_and(|path| path != Path::new("-"));
        let color = colored(cli.color) && (!to_file || cli.color == When::Always);
        let width = if to_file { NO_TERMINAL } else { width() };
        let selection = args.flows.selection.clone().map(Arc::new);
        let sections = Arc::from([]);
        let look = Look { width, color, all: args.all, live, each: false, files, selection, sections };
        let alive =
            live.then(|| Alive::new(args.format, look.clone(), Arc::clone(&destination), board.clone()));
        let (format, quiet, largest) = (args.format, cli.quiet, Largest::default());
        Self {
            destination,
            format,
            look,
            live,
            quiet,
            each: false,
            alive,
            largest,
            board,
            expectations: Arc::default(),
            decided: None,
        }
    }

    /// The same, with every capture a timeline of its own.
    pub(crate) fn each(self, each: bool) -> Self {
        Self { each, look: Look { each, ..self.look }, ..self }
    }

    /// The same, with these parts only, if any are named.
    pub(crate) fn showing(self, sections: &[Section]) -> Self {
        Self { look: Look { sections: sections.into(), ..self.look }, ..self }
    }

    /// The same, where something is expected.
    pub(crate) fn expecting(self, expectations: Arc<Expectations>) -> Self {
        Self { expectations, ..self }
    }

    /// The same, where somebody has to know which flows fit.
    pub(crate) fn telling(self, decided: Option<Sender<Decision>>) -> Self {
        Self { decided, ..self }
    }

    /// What stands before all records.
    pub(crate) fn begin(&self) {
        let head = match self.format {
            Format::Csv => csv::header(),
            Format::Table if self.board.is_some() => return,
            Format::Table if self.live => LiveTable::header(&self.look),
            Format::Table | Format::Jsonl | Format::Html => return,
        };
        self.destination.write(head.as_bytes());
    }

    /// One worker's part.
    pub(crate) fn part(&self) -> Part {
        if let Some(alive) = &self.alive {
            alive.join();
        }
        let look = self.look.clone();
        let examination = Examination::new(self.each).expecting(Arc::clone(&self.expectations));
        Part { out: self.out(), look, examination, live: self.alive.clone(), decided: self.decided.clone() }
    }

    fn out(&self) -> Out {
        let (files, destination) = (Arc::clone(&self.look.files), Arc::clone(&self.destination));
        if let Some(board) = &self.board {
            return Out::Screen(Box::new(ScreenPart::new(board).with_table()));
        }
        match self.format {
            Format::Table if self.live => Out::Live(Box::new(LiveTable::new(self.look.clone(), destination))),
            Format::Table => Out::Table(Box::new(TablePart::new(self.look.all))),
            Format::Jsonl => Out::Jsonl(JsonLines::new(files, destination, self.live)),
            Format::Html => Out::Html(Box::new(ReportPart::new(&self.largest))),
            Format::Csv => Out::Csv(Csv::new(files, destination, self.live)),
        }
    }

    /// Ends the output, and tells the worst that was found. Where an input could not be opened and nothing at all was read, there
    /// is no table about nothing; records still end with their sums.
    ///
    /// # Errors
    /// The first failure to write anything.
    pub(crate) fn finish(
        &self,
        parts: Vec<Part>,
        outcome: &mut Outcome,
        messages: &Messages,
    ) -> std::io::Result<Option<Severity>> {
        let (mut tables, mut reports) = (Vec::new(), Vec::new());
        let mut examination = Examination::new(self.each);
        for part in parts {
            examination.merge(part.examination);
            match part.out {
                Out::Table(part) => tables.push(*part),
                Out::Live(live) => tables.push(live.finish()),
                Out::Html(part) => reports.push(*part),
                Out::Screen(screen) => tables.extend(screen.finish()),
                // Writes what it has collected, now that it goes.
                Out::Jsonl(_) | Out::Csv(_) => {}
            }
        }
        let examined = examination.conclude(&outcome.facts());
        let worst = examined.findings.iter().map(|finding| finding.severity).max();
        if examined.overlooked > 0 {
            outcome.bounds.push(("findings-overlooked", examined.overlooked));
        }
        let examined = self.look.shown(examined);
        match self.format {
            Format::Table if messages.unopened && outcome.intake.packets == 0 => {}
            Format::Table => {
                let table = Table::merge(tables).with(examined).render(outcome, &self.look);
                self.destination.write(table.as_bytes());
            }
            Format::Jsonl => {
                let (files, destination) = (Arc::clone(&self.look.files), Arc::clone(&self.destination));
                let mut lines = JsonLines::new(files, destination, false);
                finding::write(&examined, &self.look.files, &mut lines);
                lines.write(&StatsRecord::new(outcome));
            }
            Format::Html => {
                let troubles = &messages.troubles;
                let report = Report { outcome, examined: &examined, look: &self.look, troubles };
                report.write(reports, &self.largest, &self.destination);
            }
            Format::Csv if self.quiet || examined.findings.is_empty() => {}
            Format::Csv => say(&format!(
                "CSV has the flows only; {} and the sums are in the table and in --format jsonl",
                counted(examined.findings.len() as u64, "finding")
            )),
        }
        self.destination.outcome().map(|()| worst)
    }
}
