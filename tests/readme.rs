//! The README's screen is what the program prints.
//!
//! `WIRETELL_BLESS=1 cargo test --test readme` writes it anew.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::path::Path;
use std::process::Command;

const BEGIN: &str = "<!-- screen -->\n```text\n";
const END: &str = "```\n<!-- /screen -->\n";

#[test]
fn the_readme_shows_what_wiretell_prints_on_the_shipped_capture() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(env!("CARGO_BIN_EXE_wiretell"))
        .args(["read", "captures/tour.pcapng"])
        .current_dir(root)
        .env_remove("COLUMNS")
        .output()
        .unwrap();
    assert!(output.status.success());
    let screen = String::from_utf8(output.stdout).unwrap();
    let path = root.join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (shown, after) = rest.split_once(END).unwrap();
    if std::env::var_os("WIRETELL_BLESS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{screen}{END}{after}")).unwrap();
    } else {
        assert_eq!(shown, screen, "bless it with WIRETELL_BLESS=1, and read the difference");
    }
}
