//! `wiretell rules check`: mistakes, samples, strength, and what built-in recognition a rule overrules.

use super::beside;
use super::file::{Sample, What, Written, read};
use crate::cli::Cli;
use crate::cli::lists::show;
use crate::cli::messages::{Messages, say};
use crate::cli::read::{DONE, FAILED, exit_code, listed, on_signals};
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wiretell::analysis::{Reading, Run};
use wiretell::key::Transport;
use wiretell::output::select::Selection;
use wiretell::output::text::counted;
use wiretell::pipeline::Settings;
use wiretell::protocols::INSPECTORS;
use wiretell::rules::pattern::Whose;
use wiretell::rules::sample::takes;
use wiretell::rules::strength::{Strength, strength};
use wiretell::rules::{Rule, UserRules};
use wiretell::shard::Sink;
use wiretell::summary::Summary;
use wiretell::verdict::ReasonKind;

/// Fewer fixed bits than these are met by chance in a day's traffic.
const WEAK: f64 = 16.0;
/// Built-in protocols that are named one by one.
const MOST_NAMED: usize = 8;

/// Checks files.
///
/// # Errors
/// A sentence about what is wrong in a file.
pub(super) fn check(cli: &Cli, files: &[PathBuf]) -> Result<ExitCode, String> {
    let mut text = String::new();
    let mut code = DONE;
    let stop = Arc::new(AtomicBool::new(false));
    let signal = on_signals(&stop);
    let read: Vec<Vec<Written>> = files.iter().map(|file| read(file)).collect::<Result<_, _>>()?;
    // As `--rules` takes them: those of the first file come first.
    let mut before: Vec<&Written> = Vec::new();
    for (file, rules) in files.iter().zip(&read) {
        let mut trial = Trial { cli, file, stop: &stop, wrong: Vec::new(), code: DONE, tried: 0 };
        let mut parts = String::new();
        for written in rules {
            trial.samples(written);
            let _ =
                write!(parts, "\n{} (line {})\n{}", written.rule.name, written.line, about(&written.rule));
            parts.push_str(&beside::told(written, &before));
            before.push(written);
        }
        for wrong in &trial.wrong {
            say(wrong);
        }
        code = code.max(trial.code).max(if trial.wrong.is_empty() { DONE } else { FAILED });
        let samples = match (trial.tried, trial.wrong.len()) {
            (0, _) => "no samples: give each rule some must_match and must_not_match".to_owned(),
            (1, 0) => "1 sample, which is as it must be".to_owned(),
            (tried, 0) => format!("{tried} samples, all as they must be"),
            (tried, wrong) => format!("{} of {} not as it must be", wrong, counted(tried, "sample")),
        };
        let _ = write!(
            text,
            "{}{}: {}, no mistake; {samples}\n{parts}",
            if text.is_empty() { "" } else { "\n" },
            file.display(),
            counted(rules.len() as u64, "rule")
        );
    }
    if cli.quiet {
        text.clear();
    }
    let signalled = exit_code(signal.load(Ordering::Relaxed), &Messages::new(cli, None), false);
    Ok(show(&text, if signalled == DONE { code } else { signalled }))
}

/// Strength and overlaps.
fn about(rule: &Rule) -> String {
    if !rule.looks_at_bytes() {
        return "  looks at no bytes: its label is worth what a port is worth, and bytes outrank it\n"
            .to_owned();
    }
    let Strength { bits, is_exact } = strength(rule);
    let most = if is_exact { "" } else { "at most " };
    let mut text = match bits {
        ..0.5 => "  strength: every random payload may pass".to_owned(),
        0.5..1022.0 => {
            format!("  strength: of random payloads {most}1 in 2^{bits:.0} passes{}", in_digits(bits))
        }
        _ => "  strength: no random payload passes that has fewer than 512 bytes".to_owned(),
    };
    if bits < WEAK {
        text.push_str("; that is weak: ask for more bytes, or name the ports");
    }
    text.push('\n');
    let taken = overlaps(rule);
    if taken.is_empty() {
        text.push_str("  overlaps: none of the built-in protocols' examples\n");
        return text;
    }
    let shown: Vec<String> = taken
        .iter()
        .take(MOST_NAMED)
        .map(|(name, (taken, all))| format!("{name} ({taken} of {})", counted(*all, "example")))
        .collect();
    let more = match taken.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let limited = if rule.ports.is_empty() { "" } else { ", where they come on its ports" };
    let _ = writeln!(text, "  overlaps: takes what is recognised as {}{more}{limited}", shown.join(", "));
    text
}

/// A power of two as people say it, while they can.
fn in_digits(bits: f64) -> String {
    let number = bits.exp2();
    let units = [(1e12, "trillion"), (1e9, "billion"), (1e6, "million"), (1e3, "thousand")];
    match units.iter().find(|(unit, _)| number >= *unit) {
        _ if number >= 1e15 => String::new(),
        Some((unit, name)) => format!(" (1 in {:.1} {name})", number / unit),
        None => format!(" (1 in {number:.0})"),
    }
}

/// The built-in protocols of whose examples a rule takes some: how many, of how many.
fn overlaps(rule: &Rule) -> BTreeMap<&'static str, (u64, u64)> {
    let mut taken = BTreeMap::new();
    for inspector in INSPECTORS {
        let examples = inspector.examples.iter().filter(|example| example.expect.is_some());
        let (mut some, mut all) = (0, 0);
        for example in examples {
            all += 1;
            some += u64::from(takes(rule, example.transport, example.initiator, example.responder));
        }
        if some > 0 && inspector.name != rule.name {
            taken.insert(inspector.name, (some, all));
        }
    }
    taken
}

/// Samples being tried.
struct Trial<'a> {
    cli: &'a Cli,
    file: &'a Path,
    stop: &'a AtomicBool,
    wrong: Vec<String>,
    code: u8,
    tried: u64,
}

impl Trial<'_> {
    fn samples(&mut self, written: &Written) {
        for sample in &written.samples {
            self.tried += 1;
            let wrong = match &sample.what {
                What::Bytes { client, server, transport } => {
                    let takes = takes_bytes(&written.rule, client, server, *transport);
                    let what = if takes {
                        "it takes these bytes, though it must not"
                    } else {
                        "it does not take these bytes, though it must"
                    };
                    (takes != sample.must_match).then(|| what.to_owned())
                }
                What::Capture { path, selection } => {
                    self.capture(&written.rule, sample, path, selection.as_deref())
                }
            };
            if let Some(what) = wrong {
                let (line, column) = sample.at;
                let (file, name) = (self.file.display(), written.rule.name);
                self.wrong.push(format!("{file}:{line}:{column}: the rule {name}: {what}"));
            }
        }
    }

    /// What is wrong with a sample from a capture: a flow that fits the expression without this rule is taken by it, or not.
    fn capture(
        &mut self,
        rule: &Rule,
        sample: &Sample,
        path: &Path,
        selection: Option<&Selection>,
    ) -> Option<String> {
        let chosen = self.flows(path, UserRules::default(), &|flow| {
            selection.is_none_or(|selection| selection.selects(flow, path.to_str()))
        });
        let chosen = match chosen {
            Ok(chosen) => chosen,
            Err(what) => return Some(what),
        };
        if chosen.is_empty() {
            return Some(format!("no flow of {} fits", path.display()));
        }
        let taken = self.flows(path, UserRules::new(vec![rule.clone()]), &|flow| is_taken(rule, flow));
        let taken = match taken {
            Ok(taken) => taken,
            Err(what) => return Some(what),
        };
        let odd: Vec<u64> =
            chosen.iter().filter(|id| taken.contains(id) != sample.must_match).copied().collect();
        let first = odd.iter().min()?;
        let (of, whole) = (odd.len(), counted(chosen.len() as u64, "flow"));
        let (does, must) = if sample.must_match { ("does not take", "must") } else { ("takes", "must not") };
        Some(format!("it {does} {of} of {whole} that it {must}, such as {first:016x}"))
    }

    /// The flows of a capture of which something holds.
    fn flows(
        &mut self,
        path: &Path,
        rules: UserRules,
        holds: &(dyn Fn(&Summary) -> bool + Sync),
    ) -> Result<HashSet<u64>, String> {
        let (sources, mut messages) = listed(self.cli, &[path.to_owned()]);
        let settings = Settings { rules: Arc::new(rules), ..Settings::default() };
        let run =
            Run { sources: &sources, each: false, settings, reading: Reading::default(), stop: self.stop };
        let (_, parts) = run
            .run(Keep::default, &mut messages)
            .map_err(|error| format!("no thread could be started: {error}"))?;
        messages.clear();
        self.code = self.code.max(exit_code(0, &messages, false));
        let flows = parts.into_iter().flat_map(|part| part.0);
        Ok(flows.filter(|flow| holds(flow)).map(|flow| flow.id).collect())
    }
}

/// Keeps what ended.
#[derive(Default)]
struct Keep(Vec<Summary>);

impl Sink for Keep {
    fn flow(&mut self, summary: Summary) {
        self.0.push(summary);
    }
}

/// Whether a flow is what a rule says it is.
fn is_taken(rule: &Rule, flow: &Summary) -> bool {
    if rule.looks_at_bytes() {
        return flow.why.iter().any(|reason| reason.kind == ReasonKind::User && reason.rule == "own-rule");
    }
    flow.key.transport().is_some_and(|transport| rule.is_about(transport, flow.endpoints))
}

/// Whether a rule takes bytes, over what they were said to come or over anything that it is about.
pub(super) fn takes_bytes(rule: &Rule, client: &[u8], server: &[u8], transport: Option<Transport>) -> bool {
    let all = [Transport::Tcp, Transport::Udp, Transport::Sctp];
    let over: Vec<Transport> = transport.map_or_else(|| all.to_vec(), |one| vec![one]);
    // Bytes by themselves are of whom the rule looks at.
    let of_server = server.is_empty() && rule.patterns.iter().all(|pattern| pattern.whose == Whose::Server);
    let (client, server) = if of_server { (server, client) } else { (client, server) };
    let client: &[&[u8]] = if client.is_empty() { &[] } else { &[client] };
    let server: &[&[u8]] = if server.is_empty() { &[] } else { &[server] };
    over.into_iter().any(|transport| takes(rule, transport, client, server))
}
