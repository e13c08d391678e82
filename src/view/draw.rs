//! Drawing what the model holds: a bar of figures, the page, and a line of keys.

use super::Options;
use super::board::Told;
use super::model::{Cover, Model, Page};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Sparkline, Wrap};
use wiretell::findings::Severity;
use wiretell::output::text::{bytes, count, counted, cut, printable};
use wiretell::verdict::Verdict;

mod details;
mod findings;
mod flows;
mod help;
mod keys;
mod protocols;

/// Least size at which there is anything to see.
const LEAST: (u16, u16) = (40, 8);

/// Least height of the list of flows that leaves room for findings below.
const ROOM_FOR_ALARMS: u16 = 14;
/// Most findings below the flows.
const MOST_ALARMS: usize = 4;

/// How things look: without colours, weight alone tells what matters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Theme {
    color: bool,
}

impl Theme {
    pub(super) const fn new(color: bool) -> Self {
        Self { color }
    }

    fn colored(self, color: Color) -> Style {
        if self.color { Style::new().fg(color) } else { Style::new() }
    }

    /// The same colours as the table's.
    fn verdict(self, verdict: Verdict) -> Style {
        match verdict {
            Verdict::Confirmed => self.colored(Color::Green),
            Verdict::Recognised => self.colored(Color::Cyan),
            Verdict::Contradicted => self.colored(Color::Red).add_modifier(Modifier::BOLD),
            Verdict::Plausible => self.colored(Color::Yellow),
            Verdict::Unverifiable => dim(),
            Verdict::Unknown => self.colored(Color::Magenta),
        }
    }

    fn severity(self, severity: Severity) -> Style {
        match severity {
            Severity::Critical => self.colored(Color::Red).add_modifier(Modifier::BOLD | Modifier::REVERSED),
            Severity::Warning => self.colored(Color::Red).add_modifier(Modifier::BOLD),
            Severity::Notice => self.colored(Color::Yellow),
            Severity::Info => dim(),
        }
    }

    fn trend(self) -> Style {
        self.colored(Color::Blue)
    }
}

fn dim() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}

fn bold() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

fn chosen() -> Style {
    Style::new().add_modifier(Modifier::REVERSED)
}

/// What only drawing knows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Drawn {
    /// How many rows the page has room for.
    pub(super) rows: usize,
    /// Lines that the cover is moved up: no more than it has.
    pub(super) scrolled: usize,
}

/// Draws everything.
pub(super) fn draw(frame: &mut Frame<'_>, model: &Model, options: &Options) -> Drawn {
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let text = format!("needs {} x {} characters", LEAST.0, LEAST.1);
        frame.render_widget(Paragraph::new(text), area);
        return Drawn::default();
    }
    let theme = Theme::new(options.color);
    let [bar, tabs, page, last] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(keys::rows(model, area.width)),
    ])
    .areas(area);
    self::bar(frame, bar, model, options, theme);
    self::tabs(frame, tabs, model, theme);
    let rows = match model.page {
        Page::Flows => {
            let alarms = alarms(model, theme, page);
            let height = u16::try_from(alarms.len()).unwrap_or(0);
            let [flows, below] =
                Layout::vertical([Constraint::Fill(1), Constraint::Length(height)]).areas(page);
            frame.render_widget(ratatui::text::Text::from(alarms), below);
            flows::draw(frame, flows, model, theme)
        }
        Page::Protocols => protocols::draw(frame, page, model, theme),
        Page::Findings => findings::draw(frame, page, model, theme),
    };
    let covered = match &model.cover {
        Some(Cover::Help) => Some(("Help", help::lines(options))),
        Some(Cover::Flow(opened)) => {
            Some(("Flow", details::of_flow(model.current(opened), &options.files, theme)))
        }
        Some(Cover::Finding(told)) => Some(("Finding", details::of_finding(told, &options.files, theme))),
        None => None,
    };
    let scrolled = covered.map_or(0, |(title, lines)| cover(frame, page, title, lines, model.scrolled));
    keys::draw(frame, last, model, options);
    Drawn { rows, scrolled }
}

/// Longest name of a recording, in columns: the figures beside it matter more.
const MAX_NAME: usize = 16;

/// What is captured, how much, how fast, and what was lost of it.
fn bar(frame: &mut Frame<'_>, area: Rect, model: &Model, options: &Options, theme: Theme) {
    let counts = &model.counts;
    let mut parts = vec![Span::styled(format!(" wiretell {} ", printable(&options.title)), chosen())];
    if model.paused {
        parts.push(Span::styled(" PAUSED ", theme.colored(Color::Yellow).add_modifier(Modifier::BOLD)));
    }
    // What is lost matters more than how much there was.
    if options.stays || area.width >= 80 {
        parts.push(Span::raw(format!(" {}", counted(counts.packets, "packet"))));
    }
    let rate = counts.history.back().copied().unwrap_or(0);
    if options.stays {
        let state = if counts.complete { "" } else { ", reading" };
        parts.push(Span::raw(format!(", {}{state}", bytes(counts.bytes))));
    } else {
        parts.push(Span::raw(format!("  {} packets/s  {}/s", count(counts.packet_rate), bytes(rate))));
        let lost = Span::raw(format!("  lost {}", count(counts.lost())));
        parts.push(if counts.lost() > 0 { lost.style(theme.severity(Severity::Warning)) } else { lost });
    }
    if let Some(recorded) = &options.recorded {
        let name = printable(&recorded.name);
        let text = format!("  rec {} {}", cut(&name, MAX_NAME), count(recorded.count()));
        parts.push(Span::styled(text, theme.colored(Color::Red)));
    }
    if let Some(trouble) = &counts.trouble {
        let style = theme.severity(Severity::Warning);
        parts.push(Span::styled(format!("  {}", printable(trouble)), style));
    }
    let line = Line::from(parts);
    let used = u16::try_from(line.width()).unwrap_or(u16::MAX);
    frame.render_widget(line, area);
    let left = area.width.saturating_sub(used + 1);
    if left >= 8 && !counts.history.is_empty() {
        let shown: Vec<u64> = counts.history.iter().rev().take(left.into()).rev().copied().collect();
        let [_, place] = Layout::horizontal([
            Constraint::Fill(1),
            Constraint::Length(u16::try_from(shown.len()).unwrap_or(left)),
        ])
        .areas(area);
        frame.render_widget(Sparkline::default().data(shown).style(theme.trend()), place);
    }
}

fn tabs(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) {
    let mut parts = Vec::new();
    for (place, page) in Page::ALL.into_iter().enumerate() {
        let number = match page {
            Page::Flows => model.flows.len(),
            Page::Protocols => model.sums.len(),
            Page::Findings => model.findings.iter().filter(|told| told.ended.is_none()).count(),
        };
        let style = if page == model.page { bold().add_modifier(Modifier::UNDERLINED) } else { Style::new() };
        let worst =
            model.findings.iter().filter(|told| told.ended.is_none()).map(|told| told.finding.severity);
        let style = match worst.max() {
            Some(worst) if page == Page::Findings && worst > Severity::Info => {
                style.patch(theme.severity(worst).remove_modifier(Modifier::REVERSED))
            }
            _ => style,
        };
        parts.push(Span::raw(" "));
        parts.push(Span::styled(format!("{} {} ({})", place + 1, page.name(), count(number as u64)), style));
        parts.push(Span::raw(" "));
    }
    if let Some(mistake) = model.mistake.as_deref() {
        // Where it is typed there may be no room for what is wrong with it.
        let style = theme.severity(Severity::Warning);
        parts = vec![Span::styled(format!(" {}", printable(mistake)), style)];
    } else if !model.filter.trim().is_empty() {
        let of = format!(
            " {} of {} listed fit  ",
            count(model.flows.len() as u64),
            count(model.flows_in_all() as u64)
        );
        parts.push(Span::raw(of));
        let used: usize = parts.iter().map(Span::width).sum();
        let room = usize::from(area.width).saturating_sub(used);
        let filter = cut(&printable(&model.filter), room).into_owned();
        parts.push(Span::styled(filter, theme.colored(Color::Cyan)));
    }
    if model.counts.left_out > 0 {
        let left_out = counted(model.counts.left_out, "ended flow");
        parts.push(Span::styled(format!("  {left_out} no longer listed"), dim()));
    }
    frame.render_widget(Line::from(parts), area);
}

/// The worst that holds now, below the flows where there is room for it.
fn alarms(model: &Model, theme: Theme, area: Rect) -> Vec<Line<'static>> {
    if area.height < ROOM_FOR_ALARMS {
        return Vec::new();
    }
    let holds = |told: &&Told| told.ended.is_none() && told.finding.severity > Severity::Info;
    let line = |told: &Told| findings::line(told, area.width, theme);
    model.findings.iter().filter(holds).take(MOST_ALARMS).map(line).collect()
}

/// Lays lines over the page, from the one that was scrolled to; gives the first that is shown.
fn cover(
    frame: &mut Frame<'_>,
    area: Rect,
    title: &str,
    lines: Vec<Line<'static>>,
    scrolled: usize,
) -> usize {
    frame.render_widget(Clear, area);
    let text = Paragraph::new(lines).wrap(Wrap { trim: false });
    let inside = area.height.saturating_sub(2);
    let height = u16::try_from(text.line_count(area.width.saturating_sub(2))).unwrap_or(u16::MAX);
    let scrolled = u16::try_from(scrolled).unwrap_or(u16::MAX).min(height.saturating_sub(inside));
    let block = Block::bordered().title(format!(" {title} "));
    frame.render_widget(text.scroll((scrolled, 0)).block(block), area);
    scrolled.into()
}

/// The rows that are visible around the cursor: from which, and how many.
fn window(cursor: usize, rows: usize, of: usize) -> std::ops::Range<usize> {
    // The cursor stays in the middle, but for both ends.
    let first = cursor.saturating_sub(rows / 2).min(of.saturating_sub(rows));
    first..(first + rows).min(of)
}

#[cfg(test)]
mod tests;
