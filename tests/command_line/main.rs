//! The program as its users run it: what it writes where, and with which exit code it ends.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod config;
mod expect;
mod extract;
mod input;
mod knowledge;
mod output;
mod rules;
#[path = "../support/mod.rs"]
mod support;
mod trouble;

use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use support::{Capture, SECOND, dns};

/// A directory of a test's own, which goes when the test ends.
struct Files(PathBuf);

impl Files {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("wiretell-{}-{test}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn wiretell(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wiretell"));
    // As in a pipe of a script, whatever the terminal of whoever runs the tests is like.
    command.args(arguments).env_remove("NO_COLOR").env_remove("COLUMNS").env_remove("TERM");
    // And whatever configuration they have.
    command.env("XDG_CONFIG_HOME", "/nonexistent");
    command.stdin(Stdio::null());
    command
}

/// Runs to the end: the exit code, standard output, standard error.
fn run(arguments: &[&str]) -> (i32, String, String) {
    ended(&wiretell(arguments).output().unwrap())
}

fn ended(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// A DNS question with its answer, and HTTP on a port that promises something else.
fn small() -> Capture {
    let mut capture = Capture::default();
    let (client, server) = (([1, 1], 40_000), ([2, 2], 53));
    let noon = 1_795_176_000 * SECOND;
    capture.udp(noon, client, server, &dns(7, "host.example", false));
    capture.udp(noon + 1_000_000, server, client, &dns(7, "host.example", true));
    let said: [(bool, &[u8]); 2] = [
        (true, b"GET / HTTP/1.1\r\nHost: www.example\r\n\r\n"),
        (false, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ];
    capture.connection(noon + SECOND, ([1, 1], 40_001), ([2, 2], 22), &said);
    capture
}

/// The records of flows, and the sums.
fn records(text: &str) -> Vec<Value> {
    all_records(text).into_iter().filter(|record| record["type"] != "finding").collect()
}

fn all_records(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
