//! `wiretell view`: the flows of capture files on a full screen.

use super::expect;
use super::messages::say;
use super::output::colored;
use super::read::{FAILED, exit_code, listed, on_signals};
use super::screen::{Onlooker, ScreenPart, is_dumb, is_possible};
use super::{Cli, ViewArgs};
use crate::view::board::Board;
use crate::view::{Options, View};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wiretell::analysis::Run;
use wiretell::findings::Examination;
use wiretell::output::text::counted;
use wiretell::shard::Sink;
use wiretell::summary::Summary;

/// Most flows that are listed: a hundred megabytes of them.
const MOST: usize = 100_000;

/// One worker's part.
struct Part {
    screen: ScreenPart,
    examination: Examination,
}

impl Sink for Part {
    fn flow(&mut self, summary: Summary) {
        self.examination.observe(&summary);
        self.screen.flow(summary);
    }
}

/// Runs.
pub(crate) fn run(cli: &Cli, args: &ViewArgs) -> ExitCode {
    match view(cli, args) {
        Ok(code) => code.into(),
        Err(message) => {
            say(&message);
            FAILED.into()
        }
    }
}

fn view(cli: &Cli, args: &ViewArgs) -> Result<u8, String> {
    if is_dumb() {
        return Err(
            "view needs a terminal that can move its cursor, and TERM says that this one cannot (or is not \
                    set); wiretell read does without"
                .to_owned(),
        );
    }
    if !is_possible() {
        return Err("view needs a terminal for its input and output; wiretell read does without".to_owned());
    }
    if args.paths.iter().any(|path| path == Path::new("-")) {
        return Err("view needs standard input for its keys, and cannot read a capture from there".to_owned());
    }
    let own = args.flows.own()?;
    let expectations = expect::file::given(args.expect.as_deref(), &own.rules)?;
    let reading = args.flows.reading().map_err(|error| error.to_string())?;
    let stop = Arc::new(AtomicBool::new(false));
    let signal = on_signals(&stop);
    let (sources, mut messages) = listed(cli, &args.paths);
    if sources.is_empty() {
        return Ok(exit_code(0, &messages, false));
    }
    let files: Arc<[String]> = sources.iter().map(|source| source.path.display().to_string()).collect();
    let title = match &*files {
        [only] => only.clone(),
        several => counted(several.len() as u64, "file"),
    };
    let options = Options {
        title,
        color: colored(cli.color),
        stays: true,
        rules: Arc::clone(&own.rules),
        filter: args.flows.selection.as_ref().map(|selection| selection.text().to_owned()),
        given_up: None,
        recorded: None,
        files,
    };
    let board = Board::new(MOST);
    let screen = View::open(Arc::clone(&board), options, Arc::clone(&stop))
        .map_err(|error| format!("the terminal cannot be used: {error}; wiretell read does without"))?;
    let run = Run {
        sources: &sources,
        each: args.each,
        settings: args.flows.settings(false, &own),
        reading,
        stop: &stop,
    };
    let part = || Part {
        screen: ScreenPart::new(&board),
        examination: Examination::new(args.each).expecting(Arc::clone(&expectations)),
    };
    let mut onlooker = Onlooker { board: Arc::clone(&board), messages: &mut messages };
    let ran = run.run(part, &mut onlooker);
    if let Ok((outcome, parts)) = ran {
        let mut examination = Examination::new(args.each);
        for part in parts {
            examination.merge(part.examination);
            part.screen.finish();
        }
        board.progressed(outcome.intake.packets, outcome.intake.bytes);
        board.conclude(examination.conclude(&outcome.facts()).findings.into_iter());
        screen.close().map_err(|error| format!("the terminal failed: {error}"))?;
    } else {
        stop.store(true, Ordering::Relaxed);
        screen.close().map_err(|error| format!("the terminal failed: {error}"))?;
        return Err("no thread could be started; try --threads 0".to_owned());
    }
    messages.clear();
    messages.say_kept();
    Ok(exit_code(signal.load(Ordering::Relaxed), &messages, false))
}
