//! `wiretell rules`: looks for mistakes in rules of the user's own, and drafts some from captures.

pub(crate) mod file;

mod beside;
mod check;
mod draft;
mod payload;
mod suggest;

use super::expect::file::near;
use super::labels;
use super::messages::say;
use super::read::FAILED;
use super::units::{DecodeRule, is_protocol};
use super::{Cli, FlowArgs, RulesCommand};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use wiretell::output::select::Selection;
use wiretell::ports::DecodeAs;
use wiretell::protocols::INSPECTORS;
use wiretell::rules::UserRules;

/// Runs.
pub(crate) fn run(cli: &Cli, command: &RulesCommand) -> ExitCode {
    let done = match command {
        RulesCommand::Check { files } => check::check(cli, files),
        RulesCommand::Suggest(args) => suggest::suggest(cli, args),
    };
    done.unwrap_or_else(|message| {
        say(&message);
        FAILED.into()
    })
}

/// What the user says about flows: rules, and what ports are used for.
#[derive(Default)]
pub(crate) struct Own {
    /// The rules.
    pub(crate) rules: Arc<UserRules>,
    /// What ports are used for.
    pub(crate) decode_as: Arc<[DecodeAs]>,
}

impl Own {
    /// Reads the rules, and what is said of ports by their labels.
    ///
    /// # Errors
    /// A sentence that names the file, its line and column, or the label that nobody knows.
    pub(crate) fn read(rules: &[PathBuf], decode_as: &[DecodeRule]) -> Result<Self, String> {
        let rules = file::given(rules)?;
        for DecodeRule(said) in decode_as {
            if !is_protocol(said.name) && rules.label(said.name).is_none() {
                let names =
                    INSPECTORS.iter().map(|by| by.name).chain(rules.rules().iter().map(|rule| rule.name));
                return Err(format!(
                    "--decode-as: `{}` is no protocol that wiretell knows, and no label of --rules{}; `wiretell protocols` \
                     lists the protocols",
                    said.name.escape_debug(),
                    near(&said.name.to_lowercase(), names)
                ));
            }
        }
        Ok(Self { rules: Arc::new(rules), decode_as: decode_as.iter().map(|rule| rule.0).collect() })
    }

    /// Looks whether flows can have the labels that `--where` asks for.
    ///
    /// # Errors
    /// A sentence that names the label, its column, and what may be meant.
    pub(crate) fn check(&self, selection: Option<&Selection>) -> Result<(), String> {
        let checked = selection.map_or(Ok(()), |selection| labels::check(selection, Some(&self.rules)));
        checked.map_err(|error| format!("--where: {error}"))
    }
}

impl FlowArgs {
    /// What the user says about flows.
    ///
    /// # Errors
    /// As [`Own::read`] and [`Own::check`].
    pub(crate) fn own(&self) -> Result<Own, String> {
        let own = Own::read(&self.rules, &self.decode_as)?;
        own.check(self.selection.as_ref())?;
        Ok(own)
    }
}
