//! The user guide's commands print what the guide shows.
//!
//! `WIRETELL_BLESS=1 cargo test --test guide` writes their output anew.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const FENCE: &str = "```";
const SESSION: &str = "```console";
const SCREEN: &str = "```sh";

/// A directory with the shipped captures in it, for what the guide's commands write.
fn desk() -> tempfile::TempDir {
    let desk = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(root().join("captures"), desk.path().join("captures")).unwrap();
    desk
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// What a line for the shell prints, to either output, in the desk's directory.
fn printed(line: &str, desk: &Path) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_wiretell"));
    let path = std::env::join_paths(
        std::iter::once(program.parent().unwrap().to_owned())
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    )
    .unwrap();
    let output = Command::new("sh")
        .args(["-c", &format!("{{ {line}\n}} 2>&1")])
        .current_dir(desk)
        .env("PATH", path)
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .env_remove("COLUMNS")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{line}: {}\n{text}", output.status);
    text
}

/// The guide, with each session's output as it is now.
fn retold(guide: &str, desk: &Path) -> String {
    let mut text = String::new();
    let mut in_session = false;
    for line in guide.lines() {
        match (in_session, line) {
            (false, SESSION) => in_session = true,
            (true, FENCE) => in_session = false,
            (true, line) => {
                let Some(command) = line.strip_prefix("$ ") else { continue };
                write!(text, "{line}\n{}", printed(command, desk)).unwrap();
                continue;
            }
            (false, _) => {}
        }
        text.push_str(line);
        text.push('\n');
    }
    text
}

#[test]
fn every_command_of_the_guide_prints_what_the_guide_shows() {
    let path = root().join("docs/guide.md");
    let guide = std::fs::read_to_string(&path).unwrap();
    let desk = desk();
    let retold = retold(&guide, desk.path());
    assert!(guide.matches("\n$ wiretell").count() > 9, "the guide's sessions were not found");
    if std::env::var_os("WIRETELL_BLESS").is_some() {
        std::fs::write(&path, retold).unwrap();
    } else {
        assert_eq!(guide, retold, "bless it with WIRETELL_BLESS=1, and read the difference");
    }
}

/// A full screen needs a terminal; what it is asked to show must be there all the same.
#[test]
fn what_the_guide_shows_on_a_full_screen_is_there() {
    let guide = std::fs::read_to_string(root().join("docs/guide.md")).unwrap();
    let desk = desk();
    let mut views = 0;
    let mut in_screen = false;
    for line in guide.lines() {
        in_screen = line == SCREEN || (in_screen && line != FENCE);
        if let Some(options) = line.strip_prefix("wiretell view ").filter(|_| in_screen) {
            let flows = printed(&format!("wiretell read --format jsonl {options}"), desk.path());
            assert!(flows.contains(r#""type":"flow""#), "wiretell view {options}: shows no flow");
            views += 1;
        }
    }
    assert!(views > 0, "the guide opens no full screen");
}
