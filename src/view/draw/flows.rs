//! The page of flows: as many columns as there is room for.

use super::{Theme, bold, chosen, dim, window};
use crate::view::board::{Shown, TREND};
use crate::view::model::Model;
use crate::view::model::sort::Column;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use wiretell::output::protocol::Protocol;
use wiretell::output::record::has_ports;
use wiretell::output::table::why;
use wiretell::output::text::{bytes, columns, count, cut, cut_middle, duration, endpoint, printable};
use wiretell::output::time::Utc;
use wiretell::verdict::Verdict;

/// The columns, each with its width, the ones that give way first last.
const WIDTHS: [(Column, usize); 10] = [
    (Column::Label, 14),
    (Column::Destination, 21),
    (Column::Source, 21),
    (Column::Bytes, 7),
    (Column::Verdict, 12),
    (Column::Rate, 9),
    (Column::Protocol, 6),
    (Column::Packets, 9),
    (Column::Lasted, 8),
    (Column::Start, 8),
];
/// The first columns of live flows; the trend follows.
const LIVE: [Column; 5] = [Column::Label, Column::Destination, Column::Source, Column::Verdict, Column::Rate];
/// Width of the least that an address shrinks to.
const SHORT: usize = 15;
/// What stands beside addresses on a terminal of 80 columns: label, verdict, bytes, or live rate and trend.
const BESIDE: usize = 49;
/// Fewest bars that show a trend.
const LEAST_TREND: usize = 6;
/// Fewest characters that are worth having for reasons.
const REASON: usize = 24;

/// Bars of a trend, from nothing to most.
const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// What there is room for.
struct Plan {
    columns: Vec<(Column, usize)>,
    /// Width of the trend, if there is any.
    trend: usize,
    /// Width for the reason.
    why: usize,
}

fn plan(width: usize, live: bool) -> Plan {
    let mut left = width;
    let mut wanted: Vec<(Column, usize)> = Vec::new();
    let mut trend = 0;
    // What happens now is what a narrow screen has to show of live flows; how much there was, their details tell.
    let order: &[Column] = if live { &LIVE } else { &[] };
    let first = order.iter().filter_map(|first| WIDTHS.iter().find(|(column, _)| column == first));
    let then =
        WIDTHS.iter().filter(|(column, _)| !order.contains(column) && (live || *column != Column::Rate));
    for (at, &(column, mut size)) in first.chain(then).enumerate() {
        if live && at == LIVE.len() && left > LEAST_TREND {
            trend = LEAST_TREND;
            left -= trend + 1;
        }
        if width < 100 && matches!(column, Column::Source | Column::Destination) {
            size = SHORT.max(width.saturating_sub(BESIDE) / 2).min(size);
        }
        if left > size {
            left -= size + 1;
            wanted.push((column, size));
        } else {
            break;
        }
    }
    let more = if trend > 0 { left.min(TREND - trend) } else { 0 };
    trend += more;
    left -= more;
    wanted.sort_by_key(|(column, _)| *column as usize);
    Plan { columns: wanted, trend, why: if left >= REASON { left } else { 0 } }
}

/// Draws the page; gives how many rows it has room for.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) -> usize {
    let rows = usize::from(area.height.saturating_sub(1));
    let plan = plan(area.width.into(), is_live(model));
    let mut lines = vec![heading(&plan, model)];
    let cursor = model.cursor();
    let visible = window(cursor, rows, model.flows.len());
    for (place, shown) in model.flows.iter().enumerate().take(visible.end).skip(visible.start) {
        let laid = row(shown, &plan, theme);
        lines.push(if place == cursor { laid.patch_style(chosen()) } else { laid });
    }
    if model.flows.is_empty() {
        let nothing = if model.flows_in_all() > 0 { "no flow fits the filter" } else { "no flow yet" };
        lines.push(Line::styled(format!(" {nothing}"), dim()));
    }
    frame.render_widget(ratatui::text::Text::from(lines), area);
    rows
}

fn is_live(model: &Model) -> bool {
    model.flows.iter().any(|shown| shown.goes_on) || !model.counts.complete
}

/// What the flows are ordered by, where its column has no room; else nothing.
pub(super) fn hidden_order(model: &Model, width: usize) -> String {
    if plan(width, is_live(model)).columns.iter().any(|(column, _)| *column == model.sort) {
        return String::new();
    }
    format!(" sorted by {}{} ", model.sort.title(), if model.reversed { '▴' } else { '▾' })
}

fn is_number(column: Column) -> bool {
    matches!(column, Column::Packets | Column::Bytes | Column::Rate | Column::Lasted)
}

/// Text in a column, numbers to the right.
fn place(text: &str, column: Column, size: usize) -> String {
    let text = match column {
        Column::Source | Column::Destination => cut_middle(text, size),
        _ => cut(text, size),
    };
    let rest = " ".repeat(size.saturating_sub(columns(&text)));
    if is_number(column) {
        [&rest, text.as_ref(), " "].concat()
    } else {
        [text.as_ref(), &rest, " "].concat()
    }
}

fn heading(plan: &Plan, model: &Model) -> Line<'static> {
    let mut parts = Vec::new();
    for &(column, size) in &plan.columns {
        let sorts = column == model.sort;
        let arrow = match (sorts, model.reversed) {
            (false, _) => "",
            (true, false) => "▾",
            (true, true) => "▴",
        };
        let title = [column.title(), arrow].concat();
        let style = if sorts { bold().add_modifier(Modifier::UNDERLINED) } else { bold() };
        parts.push(Span::styled(place(&title, column, size), style));
    }
    if plan.trend > 0 {
        parts.push(Span::styled(format!("{:1$} ", "TREND", plan.trend), bold()));
    }
    if plan.why > 0 {
        parts.push(Span::styled("WHY", bold()));
    }
    Line::from(parts)
}

fn row(shown: &Shown, plan: &Plan, theme: Theme) -> Line<'static> {
    let summary = &shown.summary;
    let ported = has_ports(summary);
    let [source, destination] = summary.endpoints;
    let style = theme.verdict(summary.verdict);
    let mut spans = Vec::new();
    for &(column, size) in &plan.columns {
        let (text, style) = match column {
            Column::Label => match (summary.app, summary.port_claims.first(), summary.verdict) {
                (Some(app), ..) => (app.to_owned(), style.add_modifier(Modifier::BOLD)),
                (None, Some(claim), Verdict::Contradicted) => (format!("not {}", claim.protocol()), style),
                _ => ("-".to_owned(), dim()),
            },
            Column::Verdict => (summary.verdict.name().to_owned(), style),
            Column::Protocol => (Protocol(summary.protocol).to_string(), Style::new()),
            Column::Source => (endpoint(source, ported), Style::new()),
            Column::Destination => (endpoint(destination, ported), Style::new()),
            Column::Packets => (count(shown.packets()), Style::new()),
            Column::Bytes => (bytes(shown.bytes()), Style::new()),
            Column::Rate if shown.goes_on => (format!("{}/s", bytes(shown.rate)), Style::new()),
            Column::Rate => (summary.reason.name().to_owned(), dim()),
            Column::Start => {
                // Of `1970-01-01T00:00:00Z`.
                let time = Utc { time: summary.first, digits: 0 }.to_string();
                (time.get(11..19).unwrap_or_default().to_owned(), dim())
            }
            Column::Lasted => (duration(summary.last.since(summary.first)), dim()),
        };
        spans.push(Span::styled(place(&text, column, size), style));
    }
    if plan.trend > 0 {
        spans.push(Span::styled(format!("{} ", bars(&shown.trend, plan.trend)), theme.trend()));
    }
    if plan.why > 0 {
        spans.push(Span::raw(cut(&printable(&why(summary)), plan.why).into_owned()));
    }
    Line::from(spans)
}

/// The last figures as bars, the largest the highest.
fn bars(figures: &[u64], width: usize) -> String {
    let figures = figures.get(figures.len().saturating_sub(width)..).unwrap_or_default();
    let most = figures.iter().copied().max().unwrap_or(0).max(1);
    let bar = |figure: u64| {
        let height = u128::from(figure) * (BARS.len() as u128 - 1);
        let height = usize::try_from(height.div_ceil(u128::from(most))).unwrap_or(0);
        BARS.get(height).copied().unwrap_or('█')
    };
    let bars: String = figures.iter().map(|&figure| bar(figure)).collect();
    format!("{bars:>width$}")
}
