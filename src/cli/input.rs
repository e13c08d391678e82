//! From the command line's options to the library's settings.

use super::rules::Own;
use super::written::is_same;
use super::{CommonArgs, DraftArgs, FlowArgs, Severity};
use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use wiretell::analysis::Reading;
use wiretell::capture::CaptureError;
use wiretell::capture::filter::Filter;
use wiretell::capture::list::Source;
use wiretell::findings;
use wiretell::pipeline::Settings;
use wiretell::shard::Limits;
use wiretell::wire::fragments;

/// Most classifier threads by default: beyond, the capture thread is what everything waits for.
const MAX_DEFAULT_THREADS: usize = 4;

impl CommonArgs {
    /// Whether the worst of the findings is what `--fail-on` waits for.
    pub(crate) fn is_failed_by(&self, worst: Option<findings::Severity>) -> bool {
        let limit = self.fail_on.map(|limit| match limit {
            Severity::Info => findings::Severity::Info,
            Severity::Notice => findings::Severity::Notice,
            Severity::Warning => findings::Severity::Warning,
            Severity::Critical => findings::Severity::Critical,
        });
        limit.zip(worst).is_some_and(|(limit, worst)| worst >= limit)
    }
}

impl FlowArgs {
    /// How to run, with what the user says about flows. `live` says whether the capture thread must never wait for a core.
    pub(crate) fn settings(&self, live: bool, own: &Own) -> Settings {
        let defaults = Limits::default();
        let idle = |default: u64| self.idle_timeout.map_or(default, |span| span.nanos);
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        // Live, one core is the capture thread's. Reading a file and parsing it takes a fifth of one at most: there
        // a worker on every core keeps them all busy.
        let workers = if live || cores == 1 { cores - 1 } else { cores };
        let threads = self.threads.unwrap_or_else(|| workers.min(MAX_DEFAULT_THREADS));
        Settings {
            threads,
            limits: Limits {
                max_flows: self.max_flows,
                tcp_idle: idle(defaults.tcp_idle),
                udp_idle: idle(defaults.udp_idle),
                other_idle: idle(defaults.other_idle),
                active: self.active_timeout.nanos,
            },
            describe: true,
            decode_as: Arc::clone(&own.decode_as),
            rules: Arc::clone(&own.rules),
            fragments: fragments::Limits::default(),
        }
    }

    /// What to read of captures.
    ///
    /// # Errors
    /// When the filter cannot be compiled.
    pub(crate) fn reading(&self) -> Result<Reading, CaptureError> {
        Ok(Reading {
            filter: self.filter.as_deref().map(Filter::new).transpose()?,
            count: self.count,
            duration_nanos: self.duration.map(|span| span.nanos),
        })
    }
}

impl DraftArgs {
    /// What to read of captures.
    ///
    /// # Errors
    /// When the filter cannot be compiled.
    pub(crate) fn reading(&self) -> Result<Reading, String> {
        let filter = self.filter.as_deref().map(Filter::new).transpose();
        Ok(Reading { filter: filter.map_err(|error| error.to_string())?, ..Reading::default() })
    }

    /// The file that the draft goes to, if it is not standard output.
    ///
    /// # Errors
    /// When that is read from.
    pub(crate) fn output(&self, sources: &[Source]) -> Result<Option<&Path>, String> {
        let output = self.output.as_deref().filter(|path| *path != Path::new("-"));
        match output.filter(|path| sources.iter().any(|source| is_same(path, &source.path))) {
            Some(path) => Err(format!(
                "{}: cannot be written, because it is read from; name another file after -o",
                path.display()
            )),
            None => Ok(output),
        }
    }
}
