//! The command line: parse, run, exit code.

mod cli;
mod view;

use cli::Command;
use cli::config::{self, Asked};
use cli::messages::say;
use cli::read::{DONE, FAILED};
use std::process::ExitCode;

/// Threads hand summaries and openings to each other: there this allocator costs half of the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match config::parse() {
        Ok(Asked::Run(cli)) => cli,
        Ok(Asked::Show(text)) => return cli::lists::show(&text, DONE),
        Err(message) => {
            say(&message);
            return FAILED.into();
        }
    };
    match &cli.command {
        Command::Read(args) => cli::read::run(&cli, args),
        Command::Extract(args) => cli::extract::run(&cli, args),
        Command::Live(args) => cli::live::run(&cli, args),
        Command::View(args) => cli::view::run(&cli, args),
        Command::Expect { command } => cli::expect::run(&cli, command),
        Command::Rules { command } => cli::rules::run(&cli, command),
        _ => cli::lists::run(&cli),
    }
}
