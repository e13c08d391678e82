//! The command line: parse, run, exit code.

mod cli;

use clap::Parser;
use cli::{Cli, Command};
use std::process::ExitCode;

/// Threads hand summaries and openings to each other: there this allocator costs half of the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match &cli.command {
        Command::Read(args) => cli::read::run(&cli, args),
        Command::Extract(args) => cli::extract::run(&cli, args),
        Command::Live(args) => cli::live::run(&cli, args),
        _ => cli::lists::run(&cli),
    }
}
