//! A network of hosts on one wire: namespaces, a bridge, what is broken on it, and two captures of it.

use crate::net::{Namespace, ip};
use crate::scenes::Scene;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longest wait for a program to be ready: machines that test are busy.
const LIMIT: Duration = Duration::from_secs(60);

/// The network of one scenario; it goes when this goes.
pub(crate) struct Stage {
    lan: Namespace,
    hosts: BTreeMap<&'static str, Namespace>,
    /// Where its files are.
    pub(crate) place: PathBuf,
    /// Certificates that all scenarios share.
    pub(crate) certificates: PathBuf,
    programs: std::sync::Mutex<Vec<Child>>,
}

/// Severity and id of what was found.
pub(crate) type Found = Vec<(String, String)>;

/// What became of a scenario.
pub(crate) struct Seen {
    /// Found live, at the end.
    pub(crate) live: Found,
    /// Found while it went on.
    pub(crate) begun: Found,
    /// Found while it went on, and no longer so later.
    pub(crate) ended: Found,
    /// Found in tcpdump's file.
    pub(crate) offline: Found,
}

impl Stage {
    /// Makes the hosts, each with one interface and these addresses, on one wire.
    pub(crate) fn new(
        number: usize,
        hosts: &[(&'static str, &[&str])],
        shared: &Path,
    ) -> Result<Self, String> {
        let lan = Namespace::new(&number.to_string(), "lan")?;
        lan.run(
            "ip",
            &["link", "add", "br0", "type", "bridge", "mcast_snooping", "0", "forward_delay", "0"],
        )?;
        lan.inside(no_ipv6);
        lan.run("ip", &["link", "set", "br0", "up"])?;
        let place = shared.join(number.to_string());
        std::fs::create_dir_all(&place).map_err(|error| error.to_string())?;
        let mut stage = Self {
            lan,
            hosts: BTreeMap::new(),
            place,
            certificates: shared.to_owned(),
            programs: std::sync::Mutex::default(),
        };
        for (index, (name, addresses)) in hosts.iter().enumerate() {
            let host = Namespace::new(&number.to_string(), name)?;
            let port = format!("p{index}");
            ip(&[
                "-n",
                &stage.lan.0,
                "link",
                "add",
                &port,
                "type",
                "veth",
                "peer",
                "name",
                "eth0",
                "netns",
                &host.0,
            ])?;
            host.inside(no_ipv6);
            stage.lan.run("ip", &["link", "set", &port, "master", "br0", "up"])?;
            for address in *addresses {
                ip(&["-n", &host.0, "address", "add", &format!("{address}/24"), "dev", "eth0"])?;
            }
            ip(&["-n", &host.0, "link", "set", "lo", "up"])?;
            ip(&["-n", &host.0, "link", "set", "eth0", "up"])?;
            stage.hosts.insert(name, host);
            stage.nft(
                name,
                "add table inet lab\nadd chain inet lab in { type filter hook input priority 0; }\n\
                add chain inet lab out { type filter hook output priority 0; }\n",
            );
        }
        Ok(stage)
    }

    fn host(&self, name: &str) -> Option<&Namespace> {
        self.hosts.get(name)
    }

    /// Does some work on a host, to its end.
    pub(crate) fn on<T: Send>(&self, host: &str, work: impl FnOnce() -> T + Send) -> T {
        self.host(host).expect("a host of the scene").inside(work)
    }

    /// Does some work on a host, beside everything else. That it fails is what many scenes are about.
    pub(crate) fn beside(&self, host: &str, work: impl FnOnce() + Send + 'static) {
        let namespace = self.host(host).expect("a host of the scene").0.clone();
        std::thread::Builder::new()
            .name("peer".to_owned())
            .spawn(move || {
                crate::net::enter(&namespace);
                work();
            })
            .expect("a thread");
    }

    /// Starts a program on a host; it is ended with the stage.
    pub(crate) fn start(&self, host: &str, program: &str, arguments: &[&str]) -> std::process::ChildStdin {
        let namespace = &self.host(host).expect("a host of the scene").0;
        let log = || File::create(self.place.join(format!("{host}-{program}.log"))).expect("a log");
        let mut child = Command::new("ip")
            .args(["netns", "exec", namespace, program])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(log())
            .stderr(log())
            .spawn()
            .expect("the program starts");
        let input = child.stdin.take().expect("its input");
        self.programs.lock().expect("no panic").push(child);
        input
    }

    /// Gives a host's firewall rules.
    pub(crate) fn nft(&self, host: &str, rules: &str) {
        let Some(namespace) = self.host(host) else { return };
        let mut nft = Command::new("ip")
            .args(["netns", "exec", &namespace.0, "nft", "-f", "-"])
            .stdin(Stdio::piped())
            .spawn()
            .expect("nft starts");
        nft.stdin.take().expect("its input").write_all(rules.as_bytes()).expect("it reads");
        assert!(nft.wait().expect("it ends").success(), "nft refuses {rules}");
    }

    /// Drops what matches on its way into a host, behind the capture.
    pub(crate) fn drop_in(&self, host: &str, what: &str) {
        self.nft(host, &format!("add rule inet lab in {what} drop\n"));
    }

    /// Drops what matches on its way out of a host, before the capture.
    pub(crate) fn drop_out(&self, host: &str, what: &str) {
        self.nft(host, &format!("add rule inet lab out {what} drop\n"));
    }

    /// Lets everything pass again.
    pub(crate) fn pass(&self, host: &str) {
        self.nft(host, "flush chain inet lab in\nflush chain inet lab out\n");
    }

    /// The name of a host's namespace.
    pub(crate) fn namespace(&self, host: &str) -> &str {
        &self.host(host).expect("a host of the scene").0
    }

    /// Any `ip` command on a host.
    pub(crate) fn ip(&self, host: &str, words: &[&str]) {
        self.host(host).expect("a host of the scene").run("ip", words).expect("ip");
    }

    /// Waits until somebody listens on a host.
    pub(crate) fn listening(&self, host: &str, transport: char, port: u16) {
        let begin = Instant::now();
        let asked = format!("-Hln{transport}");
        while begin.elapsed() < LIMIT {
            let namespace = &self.host(host).expect("a host of the scene").0;
            let output = Command::new("ip")
                .args(["netns", "exec", namespace, "ss", &asked, &format!("sport = :{port}")])
                .output()
                .expect("ss");
            if !output.stdout.is_empty() {
                return;
            }
            pause(100);
        }
        panic!("nobody listens on {host} {port}");
    }

    /// Gives a host's adapter another MTU.
    pub(crate) fn narrow(&self, host: &str, mtu: &str) {
        let host = self.host(host).expect("a host of the scene");
        ip(&["-n", &host.0, "link", "set", "eth0", "mtu", mtu]).expect("an MTU");
    }

    /// Mirrors what comes in and goes out at all ports to one more, as a switch does; gives that one's name.
    fn mirror(&self) -> &'static str {
        let run = |program: &str, words: &str| {
            self.lan.run(program, &words.split(' ').collect::<Vec<_>>()).expect("a mirror");
        };
        // What is sent into one end is captured at the other.
        run("ip", "link add span0 type veth peer name span1");
        run("ip", "link set span0 up");
        run("ip", "link set span1 up");
        run("nft", "add table netdev span");
        for (port, way) in (0..self.hosts.len()).flat_map(|port| [(port, "ingress"), (port, "egress")]) {
            let hook = format!("type filter hook {way} device p{port} priority 0 ;");
            run("nft", &format!("add chain netdev span {way}{port} {{ {hook} }}"));
            run("nft", &format!("add rule netdev span {way}{port} dup to span1"));
        }
        "span0"
    }

    /// Captures while a scene is played, with wiretell and with tcpdump, and says what was found.
    pub(crate) fn record(&self, scene: &Scene) -> Seen {
        let Scene { filter, snap_len, mirrored, .. } = scene;
        let interface = if *mirrored { self.mirror() } else { "br0" };
        let file = self.place.join("capture.pcap");
        let records = self.place.join("live.jsonl");
        let mut tcpdump = Command::new("ip");
        tcpdump
            .args(["netns", "exec", &self.lan.0, "tcpdump", "-i", interface, "-U", "-Z", "root", "-w"])
            .arg(&file);
        tcpdump.args(["-s", snap_len, filter]);
        let mut tcpdump = Listening::start(tcpdump, &self.place.join("tcpdump.log"), None);
        let mut wiretell = Command::new("ip");
        wiretell.args([
            "netns",
            "exec",
            &self.lan.0,
            env!("CARGO_BIN_EXE_wiretell"),
            "live",
            "-i",
            interface,
        ]);
        wiretell.args(["--keep-root", "--threads", "2", "--format", "jsonl", "-s", snap_len, "-f", filter]);
        let mut wiretell = Listening::start(wiretell, &self.place.join("wiretell.log"), Some(&records));
        tcpdump.ready();
        wiretell.ready();
        (scene.play)(self);
        // The kernel hands over what it has within a tenth of a second.
        pause(1_500);
        wiretell.interrupt();
        tcpdump.interrupt();
        let output = Command::new(env!("CARGO_BIN_EXE_wiretell"))
            .args(["read", "--format", "jsonl"])
            .arg(&file)
            .output()
            .expect("it reads");
        let live = std::fs::read_to_string(&records).expect("its records");
        Seen {
            live: findings(&live, None),
            begun: ["begun", "worse", "changed"]
                .iter()
                .flat_map(|state| findings(&live, Some(state)))
                .collect(),
            ended: findings(&live, Some("ended")),
            offline: findings(&String::from_utf8_lossy(&output.stdout), None),
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for program in self.programs.lock().expect("no panic").iter_mut() {
            let _ = program.kill();
            let _ = program.wait();
        }
    }
}

fn no_ipv6() {
    std::fs::write("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1").expect("a setting of the namespace");
}

/// Waits.
pub(crate) fn pause(milliseconds: u64) {
    std::thread::sleep(Duration::from_millis(milliseconds));
}

/// Severity and id of the findings in these records: of the full list, or of a state.
fn findings(records: &str, state: Option<&str>) -> Found {
    let mut found: Found = records
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|record| record["type"] == "finding" && record["state"].as_str() == state)
        .map(|record| {
            (record["severity"].as_str().unwrap().to_owned(), record["id"].as_str().unwrap().to_owned())
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

/// A program that captures.
struct Listening {
    child: Child,
    log: PathBuf,
}

impl Listening {
    fn start(mut command: Command, log: &Path, output: Option<&Path>) -> Self {
        command.stdin(Stdio::null()).stderr(File::create(log).expect("a log"));
        command.stdout(output.map_or_else(Stdio::null, |path| File::create(path).expect("a file").into()));
        Self { child: command.spawn().expect("it starts"), log: log.to_owned() }
    }

    fn ready(&mut self) {
        let begin = Instant::now();
        loop {
            let said = std::fs::read_to_string(&self.log).unwrap_or_default();
            if said.contains("listening on") {
                return;
            }
            let ended = self.child.try_wait().expect("its state");
            assert!(ended.is_none() && begin.elapsed() < LIMIT, "it does not listen: {said}");
            pause(20);
        }
    }

    fn interrupt(&mut self) {
        let process = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", "INT", &process]).status().expect("kill");
        assert!(sent.success());
        let begin = Instant::now();
        while self.child.try_wait().expect("its state").is_none() {
            assert!(begin.elapsed() < LIMIT, "it does not end");
            pause(20);
        }
    }
}
