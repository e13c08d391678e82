//! The command line: parse, run, exit code.

mod cli;

use clap::Parser;
use cli::{Cli, Command};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match &cli.command {
        Command::Read(args) => cli::read::run(&cli, args),
        Command::Live(args) => cli::live::run(&cli, args),
        _ => cli::lists::run(&cli),
    }
}
