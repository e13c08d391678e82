//! From the command line's options to the library's settings.

use super::{CommonArgs, Severity};
use std::num::NonZero;
use wiretell::capture::CaptureError;
use wiretell::capture::filter::Filter;
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

    /// How to run; `describe` says whether the output shows attributes.
    pub(crate) fn settings(&self, describe: bool) -> Settings {
        let defaults = Limits::default();
        let idle = |default: u64| self.idle_timeout.map_or(default, |span| span.nanos);
        // One core is the capture thread's.
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let threads = self.threads.unwrap_or_else(|| (cores - 1).min(MAX_DEFAULT_THREADS));
        Settings {
            threads,
            limits: Limits {
                max_flows: self.max_flows,
                tcp_idle: idle(defaults.tcp_idle),
                udp_idle: idle(defaults.udp_idle),
                other_idle: idle(defaults.other_idle),
                active: self.active_timeout.nanos,
            },
            describe,
            decode_as: self.decode_as.iter().map(|rule| rule.0).collect(),
            fragments: fragments::Limits::default(),
        }
    }

    /// The filter, compiled.
    ///
    /// # Errors
    /// When it cannot be.
    pub(crate) fn compiled_filter(&self) -> Result<Option<Filter>, CaptureError> {
        self.filter.as_deref().map(Filter::new).transpose()
    }
}
