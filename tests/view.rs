//! The full-screen view as a user drives it: the real program in a pseudo-terminal, its screen read by a terminal emulator.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use nix::libc::winsize;
use nix::pty::openpty;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZero;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long something may take to show: long, for machines that are busy.
const PATIENCE: Duration = Duration::from_secs(60);
const ROWS: NonZero<u16> = NonZero::new(24).unwrap();
const COLUMNS: NonZero<u16> = NonZero::new(80).unwrap();

struct Driven {
    child: Child,
    keys: File,
    screen: Arc<Mutex<(vt100::Parser, Vec<u8>)>>,
}

/// The emulator's end of a new terminal, and the program's.
fn terminal() -> (File, File) {
    let size = winsize { ws_row: ROWS.get(), ws_col: COLUMNS.get(), ws_xpixel: 0, ws_ypixel: 0 };
    let pty = openpty(&size, None).unwrap();
    // Copies, because no program that is started inherits those.
    let copy = |end| File::from(end).try_clone().unwrap();
    (copy(pty.master), copy(pty.slave))
}

fn spawn(arguments: &[&str], set: &[(&str, &str)], end: &File) -> Child {
    Command::new(env!("CARGO_BIN_EXE_wiretell"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("TERM", "xterm-256color")
        .env_remove("NO_COLOR")
        .envs(set.iter().copied())
        // As a shell starts it, so that a signal to its group is its own.
        .process_group(0)
        .stdin(end.try_clone().unwrap())
        .stdout(end.try_clone().unwrap())
        .stderr(end.try_clone().unwrap())
        .spawn()
        .unwrap()
}

impl Driven {
    fn start(arguments: &[&str], set: &[(&str, &str)]) -> Self {
        let (keys, end) = terminal();
        let child = spawn(arguments, set, &end);
        let screen = Arc::new(Mutex::new((vt100::Parser::new(ROWS, COLUMNS, 0), Vec::new())));
        let (mut said, shown) = (keys.try_clone().unwrap(), Arc::clone(&screen));
        std::thread::spawn(move || {
            let mut some = [0; 4096];
            while let Ok(len @ 1..) = said.read(&mut some) {
                let mut shown = shown.lock().unwrap();
                let bytes = some.get(..len).unwrap();
                shown.0.process(bytes);
                shown.1.extend_from_slice(bytes);
            }
        });
        Self { child, keys, screen }
    }

    fn text(&self) -> String {
        self.screen.lock().unwrap().0.screen().contents()
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until the screen is as it should be.
    fn until(&self, what: &str, holds: impl Fn(&str) -> bool) -> String {
        let begin = Instant::now();
        loop {
            let text = self.text();
            if holds(&text) {
                return text;
            }
            assert!(begin.elapsed() < PATIENCE, "{what} did not come; the screen:\n{text}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn shows(&self, what: &str) -> String {
        self.until(what, |text| text.contains(what))
    }

    fn ends(&mut self) -> ExitStatus {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                // The rest of what was said.
                std::thread::sleep(Duration::from_millis(200));
                return status;
            }
            assert!(begin.elapsed() < PATIENCE, "it goes on; the screen:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Whether the screen that was there before is back, with its cursor.
    fn is_restored(&self) -> bool {
        let screen = self.screen.lock().unwrap();
        !screen.0.screen().alternate_screen() && !screen.0.screen().hide_cursor()
    }

    fn said(&self) -> Vec<u8> {
        self.screen.lock().unwrap().1.clone()
    }
}

impl Drop for Driven {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_capture_is_filtered_read_closely_and_left() {
    let mut view = Driven::start(&["view", "captures/tour.pcapng"], &[]);
    let text = view.shows("rdg-udp");
    assert!(text.starts_with(" wiretell captures/tour.pcapng"), "{text}");
    view.press("/verdict == contradicte");
    view.shows("column 12");
    view.press("d");
    view.until("the filter", |text| !text.contains("column") && !text.contains("\nrdg-udp"));
    view.press("\r\r");
    view.shows("What the protocol told");
    view.press("\x1b");
    view.shows("LABEL");
    view.press("3\r");
    view.shows("Evidence");
    view.press("q");
    view.shows("q quit");
    view.press("q");
    assert!(view.ends().success());
    assert!(view.is_restored());
}

#[test]
fn what_breaks_an_expectation_is_among_the_findings() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("view-expected.toml");
    std::fs::write(&path, "[[expect]]\nport = 22\nprotocol = \"rdp\"\n").unwrap();
    let mut view = Driven::start(&["view", "--expect", path.to_str().unwrap(), "captures/ssh.pcap"], &[]);
    view.shows("LABEL");
    view.press("3");
    view.shows("ssh on 10.0.0.20:22/tcp, against the expectations");
    view.press("q");
    assert!(view.ends().success());
    std::fs::write(&path, "[[expect]]\nport = 22\nprotocol = \"nobody\"\n").unwrap();
    let mut view = Driven::start(&["view", "--expect", path.to_str().unwrap(), "captures/ssh.pcap"], &[]);
    view.shows(".toml:3:12: `nobody` is no protocol");
    assert_eq!(view.ends().code(), Some(2));
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn a_label_of_ones_own_is_on_the_screen() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("view-rules.toml");
    let rule = "[[rule]]\nname = \"hall-3\"\n[[rule.payload]]\nside = \"either\"\nbytes = \"53 53 48 2d\"\n";
    std::fs::write(&path, rule).unwrap();
    let mut view = Driven::start(&["view", "--rules", path.to_str().unwrap(), "captures/ssh.pcap"], &[]);
    view.shows("hall-3");
    view.press("\r");
    view.shows("own rule hall-3 in ");
    view.press("qq");
    assert!(view.ends().success());
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let mut view = Driven::start(&["view", "captures/ssh.pcap"], &[]);
    view.shows("LABEL");
    assert!(!view.is_restored());
    kill(Pid::from_raw(view.child.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
    assert_eq!(view.ends().code(), Some(143));
    assert!(view.is_restored());
}

#[test]
fn a_terminal_that_goes_away_ends_the_view() {
    let (mut screen, end) = terminal();
    let mut view = spawn(&["view", "captures/ssh.pcap"], &[], &end);
    // As if it were the only one who has the terminal.
    drop(end);
    let (mut said, mut some) = (Vec::new(), [0; 4096]);
    while !said.windows(3).any(|bytes| bytes == b"ssh") {
        let len = screen.read(&mut some).unwrap();
        said.extend_from_slice(some.get(..len).unwrap());
    }
    drop(screen);
    let begin = Instant::now();
    while view.try_wait().unwrap().is_none() {
        let patient = begin.elapsed() < PATIENCE;
        if !patient {
            view.kill().unwrap();
        }
        assert!(patient, "it goes on");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_terminal_that_cannot_is_told_so_and_settings_need_none() {
    let mut view = Driven::start(&["view", "captures/contradicted.pcap"], &[("TERM", "dumb")]);
    assert_eq!(view.ends().code(), Some(2));
    assert!(view.text().contains("TERM says that this one cannot"), "{}", view.text());
    let mut view = Driven::start(&["view", "--dump-config", "--no-config"], &[]);
    assert!(view.ends().success());
    assert!(view.text().contains("[view]") || view.text().contains("# default"), "{}", view.text());
}

#[test]
fn colours_are_left_out_where_nobody_wants_them() {
    for (set, colored) in [(&[][..], true), (&[("NO_COLOR", "1")][..], false)] {
        let mut view = Driven::start(&["view", "captures/contradicted.pcap"], set);
        view.until("the flows", |text| text.contains("\ntls"));
        view.press("q");
        view.ends();
        let said = view.said();
        // SGR 31 or 38;5;1: red in the foreground.
        let red = [b"\x1b[31".as_slice(), b"38;5;1m", b"38;5;1;"];
        let is_red = red.iter().any(|red| said.windows(red.len()).any(|some| some == *red));
        assert_eq!(is_red, colored);
    }
}

#[test]
fn a_capture_that_is_damaged_is_shown_as_far_as_it_goes_and_said_afterwards() {
    let whole = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/captures/ssh.pcap")).unwrap();
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("view-cut.pcap");
    std::fs::write(&path, whole.get(..whole.len() - 5).unwrap()).unwrap();
    let mut view = Driven::start(&["view", path.to_str().unwrap()], &[]);
    view.until("the flow", |text| text.contains("\nssh"));
    view.press("q");
    assert_eq!(view.ends().code(), Some(3));
    assert!(view.text().contains("is cut short"), "{}", view.text());
}

#[test]
fn control_z_gives_the_terminal_back_until_the_shell_says_to_go_on() {
    let mut view = Driven::start(&["view", "captures/tour.pcapng"], &[]);
    view.shows("netft");
    view.press("\x1a");
    let id = i32::try_from(view.child.id()).unwrap();
    let is_stopped = || {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
        stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T'))
    };
    let begin = Instant::now();
    while !is_stopped() {
        assert!(begin.elapsed() < PATIENCE, "it goes on; the screen:\n{}", view.text());
        std::thread::sleep(Duration::from_millis(20));
    }
    view.until("the screen before", |_| view.is_restored());
    kill(Pid::from_raw(-id), Signal::SIGCONT).unwrap();
    view.shows("q quit");
    assert!(!view.is_restored());
    view.press("q");
    assert!(view.ends().success());
    assert!(view.is_restored());
}
