//! The heartbeats of a cluster as a matrix of nodes, for people.

use super::Look;
use super::grid::{Cell, Column, Grid, paint};
use crate::findings::ledger::{Line, THRESHOLDS};
use crate::findings::matrix::{Matrix, UNKNOWN};
use crate::output::text::{count, printable};
use anstyle::{AnsiColor, Style};
use std::collections::BTreeSet;

/// Most nodes that are all shown.
const ALL: usize = 16;
/// Titles of the columns: numbers of nodes.
const NUMBERS: [&str; ALL] =
    ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16"];

/// Writes the matrix and what it says, where there are three nodes or more, or two on several networks.
pub(super) fn write(text: &mut String, lines: &[Line], file: Option<&str>, look: &Look) {
    let matrix = Matrix::of(lines);
    if matrix.nodes.len() < 2 || (matrix.nodes.len() == 2 && matrix.networks.len() < 2) {
        return;
    }
    let troubled = matrix.troubled();
    let every: BTreeSet<usize> = (0..matrix.nodes.len()).collect();
    let shown: Vec<usize> = if every.len() <= ALL {
        every.iter().copied().collect()
    } else {
        troubled.iter().copied().take(ALL).collect()
    };
    text.push('\n');
    if let Some(file) = file {
        paint(text, &printable(file), Style::new().bold(), look.color);
        text.push('\n');
    }
    if !shown.is_empty() {
        text.push_str(&grid(&matrix, &shown).lay_out(look.width, look.color));
        let networks: Vec<String> = matrix.networks.iter().map(ToString::to_string).collect();
        let legend = format!(
            "Most heartbeats missed in a row, or not seen of who asks, on {}: . none, - none goes.",
            networks.join(" / ")
        );
        super::findings::wrap(text, &legend, look.width, 0, "");
    }
    let hidden = every.len() - shown.len();
    if hidden > 0 {
        let line =
            format!("{} more nodes without trouble, or beyond {ALL}: --format jsonl", count(hidden as u64));
        paint(text, &line, Style::new().dimmed(), look.color);
        text.push('\n');
    }
    super::findings::wrap(text, &matrix.reading(), look.width, 0, "");
}

fn grid(matrix: &Matrix, shown: &[usize]) -> Grid {
    let mut columns = vec![Column::right("NODE"), Column::left("ASKS")];
    columns.extend(NUMBERS.iter().take(shown.len()).map(|title| Column::right(title)));
    let mut grid = Grid::new(columns);
    for (row, &asks) in shown.iter().enumerate() {
        let number = NUMBERS.get(row).copied().unwrap_or_default();
        let mut cells = vec![Cell::plain(number), Cell::plain(matrix.name(asks))];
        cells.extend(shown.iter().map(|&asked| cell(matrix, asks, asked)));
        grid.row(cells, false);
    }
    grid
}

fn cell(matrix: &Matrix, asks: usize, asked: usize) -> Cell {
    let Some(missed) = matrix.cell(asks, asked) else { return Cell::plain("") };
    let [lowest, ..] = THRESHOLDS;
    let mut texts: Vec<String> = missed
        .iter()
        .map(|missed| {
            missed.map_or_else(
                || "-".to_owned(),
                |missed| match missed {
                    0 => ".".to_owned(),
                    UNKNOWN => "?".to_owned(),
                    missed => count(missed),
                },
            )
        })
        .collect();
    // Where all networks agree, one says it.
    if texts.windows(2).all(|pair| matches!(pair, [one, other] if one == other)) {
        texts.truncate(1);
    }
    let worst = missed.iter().flatten().filter(|&&missed| missed != UNKNOWN).max().copied().unwrap_or(0);
    let style = if worst >= lowest { AnsiColor::Red.on_default().bold() } else { Style::new() };
    Cell::styled(texts.join("/"), style)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Endpoint;
    use crate::packet::Timestamp;
    use crate::report::{Beats, Moment, Run};
    use std::sync::Arc;

    fn shown(nodes: u8, networks: u8, width: usize, missed: impl Fn(u8, u8, u8) -> u64) -> String {
        let mut lines = Vec::new();
        for network in 1..=networks {
            for from in 1..=nodes {
                for to in (1..=nodes).filter(|&to| to != from) {
                    let end = |node| Endpoint { address: [10, network, 0, node].into(), port: 3343 };
                    let missed = missed(network, from, to);
                    let start = Moment { time: Timestamp(0), frame: 1 };
                    let longest = (missed > 0).then_some(Run { missed, start, end: None, heard: missed });
                    let beats = Beats { requests: 50, missed, longest, open: longest, ..Beats::default() };
                    lines.push(Line::between(end(from), end(to), beats));
                }
            }
        }
        let files = Arc::new([]);
        let look = Look {
            width,
            color: false,
            all: false,
            live: false,
            each: false,
            files,
            selection: None,
            sections: Arc::from([]),
        };
        let mut text = String::new();
        write(&mut text, &lines, None, &look);
        text
    }

    #[test]
    fn three_nodes_on_two_networks_have_a_row_each() {
        let text =
            shown(3, 2, 100, |network, from, to| if network == 2 && from == 3 && to == 1 { 12 } else { 0 });
        let expected = "NODE ASKS 1 2 3 1 10.1.0.1 . . 2 10.1.0.2 . . 3 10.1.0.3 ./12 .";
        let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(squeeze(&text).starts_with(&squeeze(expected)), "{text}");
        assert!(text.contains("on 10.1.0.0/24 / 10.2.0.0/24"), "{text}");
    }

    #[test]
    fn a_matrix_of_sixteen_nodes_keeps_within_120_columns_and_larger_ones_show_what_matters() {
        let text = shown(16, 2, 120, |_, from, _| if from == 7 { 40 } else { 0 });
        assert_eq!(text.lines().filter(|line| line.contains("10.1.0.")).count(), 18, "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 120), "{text}");
        let text = shown(20, 1, 120, |_, from, to| if from == 7 && to == 8 { 40 } else { 0 });
        assert_eq!(text.lines().filter(|line| line.contains("40")).count(), 1, "{text}");
        assert!(text.contains("18 more nodes") && text.contains("the path between these two"), "{text}");
    }

    #[test]
    fn two_nodes_on_one_network_need_no_matrix() {
        assert_eq!(shown(2, 1, 100, |_, _, _| 0), "");
    }
}
