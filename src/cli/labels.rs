//! Whether flows can have the labels that an expression asks for: no flow fits one that nobody gives, which is easily
//! taken for an answer.

use super::expect::file::near;
use wiretell::output::select::{SelectError, Selection, label};
use wiretell::protocols::INSPECTORS;
use wiretell::rules::UserRules;

/// Looks for a label that neither wiretell gives nor one of the user's rules, as far as these are used.
///
/// # Errors
/// The label, its column, and what may be meant.
pub(crate) fn check(selection: &Selection, rules: Option<&UserRules>) -> Result<(), SelectError> {
    let own = || rules.into_iter().flat_map(UserRules::rules).map(|rule| rule.name);
    let is_known = |label: &str| label::is_known(label) || own().any(|name| name == label);
    let Some((column, label)) = selection.labels().find(|(_, label)| !is_known(label)) else { return Ok(()) };
    let named = INSPECTORS.iter().map(|inspector| inspector.name).chain(own());
    let besides = if rules.is_some() { ", and no label of --rules" } else { " without rules of your own" };
    let what = format!(
        "`{}` is no protocol that wiretell knows{}{besides}; `wiretell protocols` lists the protocols",
        label.escape_debug(),
        near(&label.to_lowercase(), named)
    );
    Err(SelectError { column, what })
}

/// Takes an expression as it is typed.
///
/// # Errors
/// What is wrong with it, and in which column.
pub(crate) fn parse(text: &str, rules: Option<&UserRules>) -> Result<Selection, SelectError> {
    let selection: Selection = text.parse()?;
    check(&selection, rules).map(|()| selection)
}
