//! The lab: real packets through the kernel, one thing broken at a time, and exactly the findings that must follow.
//!
//! Each scenario has a network of its own, and all are played side by side. What crosses the wire is captured live by
//! wiretell and by tcpdump; both have to tell the same. The emulators are those that record the shipped captures.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::needless_pass_by_value,
    reason = "a test may panic"
)]

#[allow(unreachable_pub, reason = "the tests of findings use it too")]
#[path = "../support/coordinator.rs"]
mod coordinator;
#[path = "peer/dialogue.rs"]
mod dialogue;
#[path = "peer/framehawk.rs"]
mod framehawk;
#[allow(dead_code, reason = "the live tests use the rest")]
#[path = "../live/net.rs"]
mod net;
#[path = "peer/netft.rs"]
mod netft;
#[path = "peer/rdg.rs"]
mod rdg;
mod scenes;
mod stage;
#[path = "peer/virtual_adapter.rs"]
mod virtual_adapter;

use scenes::{SCENES, Scene};
use stage::{Found, Stage};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Longest wait for anything.
const LIMIT: Duration = Duration::from_secs(60);
/// Scenarios that are played at a time: mostly they wait.
const AT_ONCE: usize = 24;

/// Scenarios in which what went wrong is over before the end, and that is told.
const ENDING: &[&str] =
    &["cluster-isolated", "cluster-split", "cluster-node-rebooted", "cluster-route-restored"];

/// Names of one thing: while requests of one side go unanswered, how much is heard of the other side decides which it is,
/// and that may come out otherwise once they are answered again.
const ONE_OUTAGE: &[&str] = &["netft-heartbeats-missed", "netft-one-way", "netft-requests-unanswered"];

/// A directory that goes when this goes.
struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        if std::env::var_os("WIRETELL_KEEP").is_none() {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

/// Says something even where the output of tests that pass is not shown.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Findings above `info`, and those of this severity.
fn split(found: &Found) -> (Vec<&str>, Vec<&str>) {
    let (infos, others): (Vec<_>, Vec<_>) = found.iter().partition(|(severity, _)| severity == "info");
    let mut others: Vec<&str> = others.into_iter().map(|(_, id)| id.as_str()).collect();
    others.sort_unstable();
    others.dedup();
    (others, infos.into_iter().map(|(_, id)| id.as_str()).collect())
}

/// Plays one scenario; what is wrong with what was found.
fn play(number: usize, scene: &Scene, place: &std::path::Path) -> Vec<String> {
    let mut wrong = Vec::new();
    let stage = match Stage::new(number, scene.hosts, place) {
        Ok(stage) => stage,
        Err(error) => return vec![format!("{}: the network cannot be made: {error}", scene.name)],
    };
    let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| stage.record(scene)));
    let Ok(seen) = played else { return vec![format!("{}: it cannot be played", scene.name)] };
    let mut expected = scene.expected.to_vec();
    expected.sort_unstable();
    for (where_from, found) in [("live", &seen.live), ("offline", &seen.offline)] {
        let (others, infos) = split(found);
        if others != expected {
            wrong.push(format!("{}: {where_from} {others:?} instead of {expected:?}", scene.name));
        }
        if let Some(missing) = scene.infos.iter().find(|id| !infos.contains(*id)) {
            wrong.push(format!("{}: {where_from} without {missing}, only {infos:?}", scene.name));
        }
    }
    let begun: Vec<&str> = seen.begun.iter().map(|(_, id)| id.as_str()).collect();
    let is_told = |id: &&str| {
        begun.contains(id) || ONE_OUTAGE.contains(id) && begun.iter().any(|id| ONE_OUTAGE.contains(id))
    };
    if let Some(missing) = expected.iter().find(|id| !is_told(id)) {
        wrong.push(format!("{}: {missing} was not told while it went on, only {begun:?}", scene.name));
    }
    if ENDING.contains(&scene.name) && seen.ended.is_empty() {
        wrong.push(format!("{}: nothing was told to have ended", scene.name));
    }
    wrong
}

#[test]
fn every_scenario_yields_its_findings_and_no_others() {
    let test = "the lab";
    if !nix::unistd::geteuid().is_root() {
        return net::skip(test, "only root can make network namespaces");
    }
    for program in ["nft", "tcpdump", "openssl", "ss"] {
        let asked = Command::new("sh").args(["-c", &format!("command -v {program}")]).output();
        if !asked.is_ok_and(|asked| asked.status.success()) {
            return net::skip(test, &format!("{program} is missing"));
        }
    }
    if let Err(error) = net::Namespace::new("lab", "try") {
        return net::skip(test, &error);
    }
    // Peers whose partner is cut off end with a panic: that is what their scenes are about.
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().name() != Some("peer") {
            usual(info);
        }
    }));
    let place = Place(std::env::temp_dir().join(format!("wiretell-lab-{}", std::process::id())));
    std::fs::create_dir_all(&place.0).unwrap();
    scenes::certificates(&place.0);
    let only = std::env::var("WIRETELL_SCENE").unwrap_or_default();
    let queue: Mutex<VecDeque<(usize, &Scene)>> =
        Mutex::new(SCENES.iter().enumerate().filter(|(_, scene)| scene.name.contains(&only)).collect());
    let wrong = Mutex::new(Vec::new());
    let begin = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some((number, scene)) = queue.lock().unwrap().pop_front() else { return };
                    let first = play(number, scene, &place.0);
                    // A machine that is too busy for the timers gets a second chance; a wrong finding stays wrong.
                    if first.is_empty() {
                        continue;
                    }
                    say(&format!("played again: {}", first.join("; ")));
                    let found = play(number + SCENES.len(), scene, &place.0);
                    wrong.lock().unwrap().extend(found);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    say(&format!("{} scenarios in {:.0} s", SCENES.len(), begin.elapsed().as_secs_f64()));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The table of all scenarios.
fn table() -> String {
    let mut text = String::from(
        "# The lab\n\nWhat `cargo test --test lab` plays in network namespaces, one thing broken at a time, and what wiretell has to say\n\
         of it, live and from tcpdump's file: these findings and no other above `info`. Written from the list in\n\
         `tests/lab/scenes.rs`.\n\n| scenario | what happens | findings |\n|---|---|---|\n",
    );
    for scene in SCENES {
        let ids: Vec<String> = scene.expected.iter().map(|id| format!("`{id}`")).collect();
        let infos: Vec<String> = scene.infos.iter().map(|id| format!("(`{id}`)")).collect();
        let all = [ids, infos].concat().join(", ");
        writeln!(
            text,
            "| {} | {} | {} |",
            scene.name,
            scene.about,
            if all.is_empty() { "none" } else { &all }
        )
        .unwrap();
    }
    text
}

#[test]
fn the_table_of_scenarios_is_written_from_the_list() {
    assert!(SCENES.len() >= 40, "{} scenarios", SCENES.len());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/lab.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, table()).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(path).unwrap_or_default(),
        table(),
        "run the tests with BLESS=1 to write it anew"
    );
}
