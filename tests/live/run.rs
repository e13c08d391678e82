//! A running `wiretell live`, and what it has said when it ended.

use super::LIMIT;
use super::net::{INTERFACE, Namespace};
use serde_json::Value;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often something that takes a while is looked at.
const POLL: Duration = Duration::from_millis(20);

/// `wiretell live` on the wire; ended when this goes.
pub(crate) struct Running {
    child: Child,
    output: Reader,
    errors: Reader,
}

/// What became of it.
pub(crate) struct Ended {
    /// The exit code.
    pub(crate) code: Option<i32>,
    /// The records it wrote.
    pub(crate) records: Vec<Value>,
    /// What it said on standard error.
    pub(crate) errors: String,
}

/// Reads a pipe to its end, beside everything else.
struct Reader {
    text: Arc<Mutex<Vec<u8>>>,
    thread: JoinHandle<()>,
}

impl Reader {
    fn new(mut pipe: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&text);
        let thread = std::thread::spawn(move || {
            let mut some = [0; 4096];
            while let Ok(len @ 1..) = pipe.read(&mut some) {
                shared.lock().unwrap().extend_from_slice(&some[..len]);
            }
        });
        Self { text, thread }
    }

    fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.text.lock().unwrap()).into_owned()
    }
}

impl Running {
    /// Starts it in a namespace, and waits until it listens.
    pub(crate) fn start(host: &Namespace, arguments: &[&str]) -> Self {
        Self::start_as(host, arguments, &[])
    }

    /// The same with variables set.
    pub(crate) fn start_as(host: &Namespace, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &host.0, env!("CARGO_BIN_EXE_wiretell"), "live", "-i", INTERFACE]);
        command.args(["--format", "jsonl"]).args(arguments);
        command.env_remove("SUDO_UID").env_remove("SUDO_GID").envs(variables.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let output = Reader::new(child.stdout.take().unwrap());
        let errors = Reader::new(child.stderr.take().unwrap());
        let mut running = Self { child, output, errors };
        running.wait_for("it to listen", |running| running.errors.so_far().contains("listening on"));
        running
    }

    /// Waits until something holds.
    pub(crate) fn wait_for(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let begin = Instant::now();
        while !holds(self) {
            let ended = self.child.try_wait().unwrap();
            let (errors, spent) = (self.errors.so_far(), begin.elapsed());
            assert!(ended.is_none_or(|_| holds(self)), "it ended before {what}: {errors}");
            assert!(spent < LIMIT, "waited {spent:?} for {what}; it said {errors}");
            std::thread::sleep(POLL);
        }
    }

    /// What it has written so far.
    pub(crate) fn output(&self) -> String {
        self.output.so_far()
    }

    /// What it has said on standard error so far.
    pub(crate) fn errors(&self) -> String {
        self.errors.so_far()
    }

    /// The number of its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, name: &str) {
        let process = self.process().to_string();
        let sent = Command::new("kill").args(["-s", name, &process]).status().unwrap();
        assert!(sent.success());
    }

    /// Interrupts it as Ctrl-C does, and waits for its end.
    pub(crate) fn interrupt(self) -> Ended {
        self.signal("INT");
        self.end()
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Ended {
        let begin = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(begin.elapsed() < LIMIT, "it does not end; it said {}", self.errors.so_far());
            std::thread::sleep(POLL);
        };
        // The pipes are at their end; what is left in them has still to be read.
        while !(self.output.thread.is_finished() && self.errors.thread.is_finished()) {
            assert!(begin.elapsed() < LIMIT, "its output does not end");
            std::thread::sleep(POLL);
        }
        let records = self.output.so_far().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        Ended { code: status.code(), records, errors: self.errors.so_far() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// The one flow to this port of the server, as it was told last.
    pub(crate) fn flow_to(&self, port: u16) -> &Value {
        let is_it = |record: &&Value| record["type"] == "flow" && record["dst_port"] == port;
        let flow = self.records.iter().rfind(is_it);
        flow.unwrap_or_else(|| {
            panic!("no flow to port {port} in {:#?}; it said {}", self.records, self.errors)
        })
    }

    /// The last record, which is that of the counts.
    pub(crate) fn stats(&self) -> &Value {
        let last = self.records.last().unwrap_or_else(|| panic!("no record; it said {}", self.errors));
        assert_eq!(last["type"], "stats", "the last record is that of the counts");
        last
    }
}
