//! The page of findings: what holds, and what no longer does.

use super::{Theme, chosen, dim, window};
use crate::view::board::Told;
use crate::view::model::Model;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span, Text};
use wiretell::output::text::{cut, duration, printable};
use wiretell::output::time::Utc;

/// Draws the page; gives how many rows it has room for.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) -> usize {
    let rows = usize::from(area.height);
    let mut lines = Vec::new();
    let cursor = model.cursor();
    let visible = window(cursor, rows, model.findings.len());
    for (place, told) in model.findings.iter().enumerate().take(visible.end).skip(visible.start) {
        let laid = line(told, area.width, theme);
        lines.push(if place == cursor { laid.patch_style(chosen()) } else { laid });
    }
    if lines.is_empty() {
        let nothing = if model.counts.complete { "nothing was found" } else { "nothing found so far" };
        lines.push(Line::styled(format!(" {nothing}"), dim()));
    }
    frame.render_widget(Text::from(lines), area);
    rows
}

/// A finding in one line: when, how bad, what.
pub(super) fn line(told: &Told, width: u16, theme: Theme) -> Line<'static> {
    /// Columns before the title.
    const BEFORE: u16 = 19;
    let finding = &told.finding;
    // Of `1970-01-01T00:00:00Z`.
    let time = Utc { time: finding.at, digits: 0 }.to_string();
    let (style, after) = match told.ended {
        Some(ended) => (dim(), format!(" (over, after {})", duration(ended.since(finding.at)))),
        None => (theme.severity(finding.severity), String::new()),
    };
    let text = format!("{} [{}]{after}", printable(&finding.title), finding.diagnosis.id);
    let text = cut(&text, width.saturating_sub(BEFORE).into()).into_owned();
    Line::from(vec![
        Span::raw(format!("{} ", time.get(11..19).unwrap_or_default())),
        Span::styled(format!("{:8}", finding.severity.name()), style),
        Span::raw("  "),
        Span::styled(text, if told.ended.is_some() { dim() } else { Style::new() }),
    ])
}
