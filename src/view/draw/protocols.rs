//! The page of protocols: what there is of each label.

use super::{Theme, bold, chosen, window};
use crate::view::model::Model;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span, Text};
use wiretell::output::text::{bytes, count, cut, share};

/// Widest that the bar of a share is.
const BAR: usize = 24;
/// Columns before the bar.
const BEFORE: usize = 62;

/// Draws the page; gives how many rows it has room for.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) -> usize {
    let rows = usize::from(area.height.saturating_sub(1));
    let heading = format!("{:20} {:>9} {:>10} {:>8} {:>8}", "LABEL", "FLOWS", "PACKETS", "BYTES", "SHARE");
    let live = !model.counts.complete;
    let heading = if live { format!("{heading} {:>9}", "RATE") } else { heading };
    let mut lines = vec![Line::styled(heading, bold())];
    let whole: u64 = model.sums.iter().map(|(_, sum)| sum.bytes).sum();
    let most = model.sums.iter().map(|(_, sum)| sum.bytes).max().unwrap_or(0).max(1);
    let room = usize::from(area.width).saturating_sub(BEFORE + if live { 10 } else { 0 }).min(BAR);
    let cursor = model.cursor();
    let visible = window(cursor, rows, model.sums.len());
    for (place, (group, sum)) in model.sums.iter().enumerate().take(visible.end).skip(visible.start) {
        let mut text = format!(
            "{:20} {:>9} {:>10} {:>8} {:>8}",
            cut(&group.name(), 20),
            count(sum.flows),
            count(sum.packets),
            bytes(sum.bytes),
            share(sum.bytes, whole)
        );
        if live {
            let rate = format!("{}/s", bytes(sum.rate));
            text.extend([" ".repeat(10_usize.saturating_sub(rate.len())), rate]);
        }
        let len = u128::from(sum.bytes) * room as u128 / u128::from(most);
        let bar = "█".repeat(usize::try_from(len).unwrap_or(0));
        let laid = Line::from(vec![Span::raw(text), Span::styled(format!("  {bar}"), theme.trend())]);
        lines.push(if place == cursor { laid.patch_style(chosen()) } else { laid });
    }
    frame.render_widget(Text::from(lines), area);
    rows
}
