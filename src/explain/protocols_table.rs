//! Every protocol that is recognised, and by what kind of evidence: for `wiretell protocols`.

use super::cross_references;
use super::evidence;
use super::layout::wrap;
use crate::inspect::Confidence;
use crate::key::Transport;
use crate::protocols::INSPECTORS;
use serde::Serialize;

/// One protocol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Its canonical name.
    pub name: &'static str,
    /// Its full name.
    pub title: &'static str,
    /// The transports that carry it.
    pub carriers: Vec<&'static str>,
    /// Ports on which it is usual.
    pub ports: &'static [u16],
    /// The more general protocol that it is a kind of.
    pub refines: Option<&'static str>,
    /// The strongest confidence that its bytes or its behaviour can reach; null where only the port tells it.
    pub confidence: Option<&'static str>,
    /// The kinds of evidence: `payload`, `behaviour` (other flows included), `port`.
    pub evidence: Vec<&'static str>,
    /// The document that its rules are written from.
    pub specification: &'static str,
    /// Other names that people look for, which this label tells, with others or by an attribute.
    pub tells: Vec<&'static str>,
}

/// A row for every protocol, by name.
#[must_use]
pub fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = INSPECTORS
        .iter()
        .map(|inspector| Row {
            name: inspector.name,
            title: inspector.title,
            carriers: evidence::carriers(inspector).map(Transport::name).collect(),
            ports: inspector.ports,
            refines: inspector.refines,
            confidence: evidence::strongest(inspector).map(Confidence::name),
            evidence: evidence::kinds(inspector),
            specification: inspector.specification,
            tells: cross_references::all()
                .filter(|reference| reference.labels().contains(&inspector.name))
                .map(|reference| reference.name)
                .collect(),
        })
        .collect();
    rows.sort_unstable_by_key(|row| row.name);
    rows
}

/// Narrowest column for the last field, in characters; a narrower terminal gets longer lines.
const LAST: usize = 20;

/// The rows as a table with a heading, in lines of at most `width` characters where that is possible.
///
/// The last column is the title, cut where the line ends; the specification is left to the rows and to
/// `wiretell explain`.
#[must_use]
pub fn table(rows: &[Row], width: usize) -> String {
    let cells: Vec<[String; 5]> =
        std::iter::once(HEADING.map(String::from)).chain(rows.iter().map(cells)).collect();
    let mut widths = [0; 4];
    for row in &cells {
        for (column, cell) in widths.iter_mut().zip(row) {
            *column = (*column).max(cell.chars().count());
        }
    }
    let before: usize = widths.iter().map(|column| column + 2).sum();
    let last = width.saturating_sub(before).max(LAST);
    let mut text = String::new();
    for [name, carriers, ports, confidence, title] in cells {
        let [w0, w1, w2, w3] = widths;
        let title = wrap(&title, last).into_iter().next().unwrap_or_default();
        let line = format!("{name:w0$}  {carriers:w1$}  {ports:w2$}  {confidence:w3$}  {title}");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Names that people look for and no label bears, each with what tells it, in lines of at most `width` characters where that
/// is possible.
#[must_use]
pub fn others(width: usize) -> String {
    let column =
        cross_references::all().map(|reference| reference.name.chars().count()).max().unwrap_or(0) + 2;
    let mut text = format!("{:column$}TOLD AS\n", "LOOKED FOR");
    for reference in cross_references::all() {
        let mut name = reference.name;
        for line in wrap(&reference.words(), width.saturating_sub(column).max(LAST)) {
            for part in [&*format!("{name:column$}"), &line, "\n"] {
                text.push_str(part);
            }
            name = "";
        }
    }
    text
}

const HEADING: [&str; 5] = ["PROTOCOL", "OVER", "PORTS", "BEST EVIDENCE", "TITLE"];
/// Most ports shown in the table; `…` stands for the others.
const MAX_PORTS: usize = 3;

fn cells(row: &Row) -> [String; 5] {
    let mut ports: Vec<String> = row.ports.iter().take(MAX_PORTS).map(u16::to_string).collect();
    if row.ports.len() > MAX_PORTS {
        ports.push("…".into());
    }
    // Without bytes, what is left; the strongest kind comes first.
    let evidence = row.confidence.or_else(|| row.evidence.first().copied()).unwrap_or("none");
    [row.name.into(), row.carriers.join(" "), ports.join(" "), evidence.into(), row.title.into()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_protocol_has_a_row_and_the_rows_are_in_order() {
        let rows = rows();
        assert_eq!(rows.len(), INSPECTORS.len());
        assert!(rows.is_sorted_by_key(|row| row.name));
        let ssh = rows.iter().find(|row| row.name == "ssh").unwrap();
        assert_eq!((ssh.carriers.as_slice(), ssh.ports), (["tcp"].as_slice(), [22].as_slice()));
        assert_eq!((ssh.confidence, ssh.evidence.first()), (Some("dialogue"), Some(&"payload")));
    }

    #[test]
    fn what_is_looked_for_stands_on_a_line_with_what_tells_it() {
        let others = others(100);
        let line = others.lines().find(|line| line.starts_with("WinRM ")).unwrap();
        assert!(line.ends_with("http where http.service is winrm"), "{line}");
        assert!(others.lines().all(|line| line.chars().count() <= 100));
        let http = rows().into_iter().find(|row| row.name == "http").unwrap();
        assert!(http.tells.contains(&"WinRM"));
    }

    #[test]
    fn the_tables_columns_are_aligned_and_fit() {
        let table = table(&rows(), 120);
        let heading = table.lines().next().unwrap();
        let column = heading.find("OVER").unwrap();
        for line in table.lines() {
            assert!(line.chars().count() <= 120, "{line}");
            assert_eq!(line.chars().nth(column - 1), Some(' '), "{line}");
            assert_ne!(line.chars().nth(column), Some(' '), "{line}");
        }
        assert_eq!(table.lines().count(), INSPECTORS.len() + 1);
    }
}
