//! The document of all findings, written from the list: what docs/findings.md holds.

use super::FAMILIES;
use super::catalogue::CATALOGUE;
use std::fmt::Write;

/// The document, as Markdown.
#[must_use]
pub fn text() -> String {
    let mut text = String::from(
        "# Findings\n\n\
         What wiretell can say is wrong, how it knows, and what to do. This page is written from the list in\n\
         `src/findings.rs`; `wiretell explain ID` tells the same. The severity is the usual one: what the capture does\n\
         not fully support is worded down by a step, and what it cannot show is withheld. What fails between two hosts and\n\
         works between them over another connection is a step less bad, too.\n",
    );
    for family in FAMILIES {
        // Writing to memory cannot fail.
        let _ = write!(text, "\n## {}\n", family.title);
        let _ = write!(
            text,
            "\n| id | severity | what it means | evidence | caveats | advice |\n|---|---|---|---|---|---|\n"
        );
        for diagnosis in family.diagnoses {
            let _ = writeln!(
                text,
                "| `{}` | {} | **{}.** {} | {} | {} | {} |",
                diagnosis.id,
                diagnosis.severity.name(),
                cell(diagnosis.title),
                cell(diagnosis.meaning),
                cell(diagnosis.evidence),
                cell(&diagnosis.caveats.join(" ")),
                cell(&diagnosis.advice.join(" "))
            );
        }
    }
    text.push_str(
        "\n## What is looked for, and what it is called\n\n\
         The catalogue of what goes wrong with these systems, and the findings that tell of it.\n\n\
         | | what goes wrong | findings |\n|---|---|---|\n",
    );
    for (code, what, ids) in CATALOGUE {
        let ids: Vec<String> = ids.iter().map(|id| format!("`{id}`")).collect();
        let _ = writeln!(text, "| {code} | {what} | {} |", ids.join(", "));
    }
    text
}

/// A bar would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
