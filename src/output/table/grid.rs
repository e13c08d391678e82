//! Rows and columns laid out for a terminal of some width.

use crate::output::text::{columns, cut, cut_middle};
use anstyle::Style;

/// Columns between two columns.
const GAP: usize = 2;
/// What stands before a note below a row.
const NOTE_INDENT: usize = 4;

/// To how many columns of the terminal a text may be cut in its middle, if need be.
const SHORTEST: usize = 12;

/// Columns that a reason needs to stand beside its row where the row insists on it, unless it is shorter.
const BESIDE: usize = 36;

/// What happens to a text that is too long for its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::output) enum Cut {
    /// Its end is left out.
    End,
    /// Its middle is left out.
    Middle,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub(in crate::output) struct Column {
    pub(in crate::output) title: &'static str,
    /// Numbers are aligned on the right.
    pub(in crate::output) right: bool,
    /// Fewest columns of the terminal that it takes.
    pub(in crate::output) least: usize,
    /// Most columns of the terminal that it may take.
    pub(in crate::output) most: usize,
    pub(in crate::output) cut: Cut,
    /// Whether it is left out where no row has anything in it.
    pub(in crate::output) optional: bool,
    /// Where there is no room for all columns, those with the highest rank go first, together; 0 stays.
    pub(in crate::output) rank: u8,
}

impl Column {
    pub(in crate::output) const fn left(title: &'static str) -> Self {
        Self { title, right: false, least: 0, most: usize::MAX, cut: Cut::End, optional: false, rank: 0 }
    }

    pub(in crate::output) const fn right(title: &'static str) -> Self {
        Self { right: true, ..Self::left(title) }
    }

    /// The same, to be left out where room is short.
    pub(in crate::output) const fn rank(self, rank: u8) -> Self {
        Self { rank, ..self }
    }
}

/// A text in a cell.
#[derive(Clone, Debug, Default)]
pub(in crate::output) struct Cell {
    pub(in crate::output) text: String,
    pub(in crate::output) style: Style,
}

impl Cell {
    pub(in crate::output) fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), style: Style::new() }
    }

    pub(in crate::output) fn styled(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style }
    }
}

/// A line of the grid.
#[derive(Clone, Debug)]
enum Line {
    /// One cell per column, and whether the last one's text stands below if it finds no room.
    Row(Vec<Cell>, bool),
    /// A heading across all columns.
    Heading(String),
}

/// Lines of cells below each other.
#[derive(Debug)]
pub(in crate::output) struct Grid {
    columns: Vec<Column>,
    lines: Vec<Line>,
    /// Fewest columns of the terminal that are worth having for the last column, which takes all that is left.
    rest: Option<usize>,
}

impl Grid {
    /// A grid whose columns are as wide as what stands in them.
    pub(in crate::output) fn new(columns: Vec<Column>) -> Self {
        Self { columns, lines: Vec::new(), rest: None }
    }

    /// A grid whose last column takes all that is left, or where that is less than `least`, is left out. In rows that
    /// insist, what stands in it and finds no room becomes a line of its own.
    pub(in crate::output) fn with_rest(columns: Vec<Column>, least: usize) -> Self {
        Self { rest: Some(least), ..Self::new(columns) }
    }

    /// Adds a row; `insist` on its last cell.
    pub(in crate::output) fn row(&mut self, cells: Vec<Cell>, insist: bool) {
        self.lines.push(Line::Row(cells, insist));
    }

    /// Adds a heading.
    pub(in crate::output) fn heading(&mut self, text: impl Into<String>) {
        self.lines.push(Line::Heading(text.into()));
    }

    /// Columns of the terminal that each column takes; `None` for those that are left out.
    fn widths(&self, width: usize) -> Vec<Option<usize>> {
        let mut widths: Vec<usize> =
            self.columns.iter().map(|column| columns(column.title).max(column.least)).collect();
        for line in &self.lines {
            let Line::Row(cells, _) = line else { continue };
            for (width, cell) in widths.iter_mut().zip(cells) {
                *width = (*width).max(columns(&cell.text));
            }
        }
        let last = self.columns.len().saturating_sub(1);
        let mut shown: Vec<Option<usize>> =
            widths.iter().zip(&self.columns).map(|(width, column)| Some((*width).min(column.most))).collect();
        let rows = || {
            self.lines.iter().filter_map(|line| match line {
                Line::Row(cells, _) => Some(cells),
                Line::Heading(_) => None,
            })
        };
        for (place, (column, slot)) in self.columns.iter().zip(&mut shown).enumerate() {
            if column.optional && rows().all(|cells| cells.get(place).is_none_or(|cell| cell.text.is_empty()))
            {
                *slot = None;
            }
        }
        let used = |shown: &[Option<usize>]| -> usize {
            let fixed = shown.iter().enumerate().filter(|&(place, _)| self.rest.is_none() || place != last);
            fixed.filter_map(|(_, width)| *width).map(|width| width + GAP).sum()
        };
        // The rest counts as the rank that its column has: columns of higher rank make room for it.
        loop {
            let rest = match self.rest {
                Some(needed) if shown.last().is_some_and(Option::is_some) => needed,
                _ => 0,
            };
            if used(&shown) + rest <= width + if rest == 0 { GAP } else { 0 } {
                break;
            }
            let ranks = self.columns.iter().zip(&shown).filter(|(_, width)| width.is_some());
            let Some(rank) = ranks.map(|(column, _)| column.rank).max().filter(|&rank| rank > 0) else {
                break;
            };
            for (column, slot) in self.columns.iter().zip(&mut shown) {
                if column.rank == rank {
                    *slot = None;
                }
            }
        }
        // What is cut in its middle still tells something when it is short.
        while used(&shown) > width + GAP {
            let places = self.columns.iter().zip(&mut shown).filter(|(column, _)| column.cut == Cut::Middle);
            let widest = places.filter_map(|(_, width)| width.as_mut()).max();
            let Some(widest) = widest.filter(|width| **width > SHORTEST) else { break };
            *widest -= 1;
        }
        let left = width.saturating_sub(used(&shown));
        if self.rest.is_some()
            && let Some(Some(rest)) = shown.last_mut()
        {
            *rest = (*rest).min(left);
        }
        shown
    }

    /// The titles and the lines, each ended by a line feed.
    pub(in crate::output) fn lay_out(&self, width: usize, color: bool) -> String {
        let mut text = String::new();
        let titles: Vec<Cell> =
            self.columns.iter().map(|column| Cell::styled(column.title, Style::new().dimmed())).collect();
        self.write_row(&mut text, &titles, &self.widths(width), color);
        text + &self.lay_out_lines(width, color)
    }

    /// The lines without the titles.
    pub(in crate::output) fn lay_out_lines(&self, width: usize, color: bool) -> String {
        let widths = self.widths(width);
        let beside = widths.last().copied().flatten();
        let mut text = String::new();
        for (place, line) in self.lines.iter().enumerate() {
            match line {
                Line::Heading(heading) => {
                    if place > 0 {
                        text.push('\n');
                    }
                    paint(&mut text, &cut(heading, width), Style::new().bold(), color);
                    text.push('\n');
                }
                Line::Row(cells, insist) => {
                    let last = cells.last().filter(|last| {
                        *insist && beside.is_none_or(|beside| beside < BESIDE.min(columns(&last.text)))
                    });
                    let shown = cells.get(..cells.len() - usize::from(last.is_some())).unwrap_or(cells);
                    self.write_row(&mut text, shown, &widths, color);
                    if let Some(last) = last.filter(|last| !last.text.is_empty()) {
                        let left = width.saturating_sub(NOTE_INDENT);
                        text.push_str(&" ".repeat(NOTE_INDENT));
                        paint(&mut text, &cut(&last.text, left), last.style, color);
                        text.push('\n');
                    }
                }
            }
        }
        text
    }

    fn write_row(&self, text: &mut String, cells: &[Cell], widths: &[Option<usize>], color: bool) {
        // Blanks are owed until something follows them, so that no line ends in any.
        let (mut owed, mut begun) = (0, false);
        for ((column, cell), width) in self.columns.iter().zip(cells).zip(widths) {
            let Some(width) = *width else { continue };
            let shown = match column.cut {
                Cut::End => cut(&cell.text, width),
                Cut::Middle => cut_middle(&cell.text, width),
            };
            let pad = width.saturating_sub(columns(&shown));
            owed += if begun { GAP } else { 0 } + if column.right { pad } else { 0 };
            begun = true;
            if !shown.is_empty() {
                text.push_str(&" ".repeat(owed));
                owed = 0;
                paint(text, &shown, cell.style, color);
            }
            owed += if column.right { 0 } else { pad };
        }
        text.push('\n');
    }
}

/// Writes `shown`, which is printable, in a style if colours are wanted.
pub(in crate::output) fn paint(text: &mut String, shown: &str, style: Style, color: bool) {
    if color && style != Style::new() {
        text.extend([&style.render().to_string(), shown, &style.render_reset().to_string()]);
    } else {
        text.push_str(shown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(insist: bool) -> Grid {
        let columns = vec![
            Column { most: 6, cut: Cut::Middle, ..Column::left("NAME") },
            Column::right("N").rank(2),
            Column::left("WHY").rank(1),
        ];
        let mut grid = Grid::with_rest(columns, 6);
        grid.row(["one", "1", "a reason that is long"].map(Cell::plain).to_vec(), insist);
        grid.heading("More");
        grid.row(["two-three", "20", ""].map(Cell::plain).to_vec(), insist);
        grid
    }

    #[test]
    fn columns_are_aligned_and_the_last_takes_what_is_left() {
        assert_eq!(
            grid(false).lay_out(26, false),
            "NAME     N  WHY\none      1  a reason that…\n\nMore\ntw…ree  20\n"
        );
    }

    #[test]
    fn where_room_is_short_columns_go_by_rank_and_a_reason_that_matters_gets_its_own_line() {
        assert_eq!(grid(false).lay_out(15, false), "NAME    WHY\none     a reas…\n\nMore\ntw…ree\n");
        assert_eq!(grid(true).lay_out(12, false), "NAME\none\n    a reaso…\n\nMore\ntw…ree\n");
    }

    #[test]
    fn a_reason_that_matters_is_not_cut_where_a_line_of_its_own_holds_it() {
        let text = grid(true).lay_out(26, false);
        assert!(text.contains("one      1\n    a reason that is long\n"), "{text}");
        assert!(grid(true).lay_out(40, false).contains("one      1  a reason that is long\n"));
    }

    #[test]
    fn colours_are_only_there_when_wanted() {
        assert!(grid(true).lay_out(40, true).contains('\x1b'));
        assert!(!grid(true).lay_out(40, false).contains('\x1b'));
    }
}
