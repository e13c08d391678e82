//! Two hosts on one wire: network namespaces, a pair of virtual interfaces, and sockets inside.

use nix::sched::{CloneFlags, setns};
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// The interface of either host.
pub(crate) const INTERFACE: &str = "eth0";
/// Where `wiretell` listens: the client's host.
pub(crate) const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 1);
/// The other host.
pub(crate) const SERVER: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 2);

static SKIPPED: AtomicU32 = AtomicU32::new(0);

/// Says that a test is not run, even where the output of tests that pass is not shown. Where `WIRETELL_LAB` is set,
/// that is a failure.
pub(crate) fn skip(test: &str, why: &str) {
    let skipped = SKIPPED.fetch_add(1, Ordering::Relaxed) + 1;
    let line = format!("SKIPPED {test}: {why} ({skipped} live tests skipped so far)");
    assert!(std::env::var_os("WIRETELL_LAB").is_none(), "{line}");
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Whether a program is there.
pub(crate) fn has(program: &str) -> bool {
    let asked = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    asked.is_ok()
}

/// The two hosts; they go when this goes.
pub(crate) struct Pair {
    /// The client's namespace.
    pub(crate) client: Namespace,
    /// The server's.
    pub(crate) server: Namespace,
}

impl Pair {
    /// Makes the hosts and the wire. None, and a line that says so, where that cannot be done.
    pub(crate) fn new(test: &str) -> Option<Self> {
        if !nix::unistd::geteuid().is_root() {
            skip(test, "only root can make network namespaces");
            return None;
        }
        match Self::make(test) {
            Ok(pair) => Some(pair),
            Err(error) => {
                skip(test, &error);
                None
            }
        }
    }

    fn make(test: &str) -> Result<Self, String> {
        let client = Namespace::new(test, "c")?;
        let server = Namespace::new(test, "s")?;
        ip(&[
            "link", "add", INTERFACE, "netns", &client.0, "type", "veth", "peer", "name", INTERFACE, "netns",
            &server.0,
        ])?;
        for (host, address) in [(&client, CLIENT), (&server, SERVER)] {
            host.run("sysctl", &["-qw", "net.ipv6.conf.all.disable_ipv6=1"])?;
            host.run("ip", &["address", "add", &format!("{address}/24"), "dev", INTERFACE])?;
            host.run("ip", &["link", "set", INTERFACE, "up"])?;
            host.run("ip", &["link", "set", "lo", "up"])?;
        }
        Ok(Self { client, server })
    }

    /// A UDP socket of the client, connected to a port of the server, and the server's socket.
    pub(crate) fn udp(&self, port: u16) -> (UdpSocket, UdpSocket) {
        let server = self.server.inside(|| UdpSocket::bind((SERVER, port)).unwrap());
        let client = self.client.inside(|| UdpSocket::bind((CLIENT, 0)).unwrap());
        client.connect((SERVER, port)).unwrap();
        for socket in [&client, &server] {
            socket.set_read_timeout(Some(super::LIMIT)).unwrap();
        }
        (client, server)
    }

    /// A TCP connection from the client to a port of the server: both ends.
    pub(crate) fn tcp(&self, port: u16) -> (TcpStream, TcpStream) {
        let listener = self.server.inside(|| TcpListener::bind((SERVER, port)).unwrap());
        let client = self.client.inside(|| TcpStream::connect((SERVER, port)).unwrap());
        let (server, _) = listener.accept().unwrap();
        for stream in [&client, &server] {
            stream.set_read_timeout(Some(super::LIMIT)).unwrap();
        }
        (client, server)
    }
}

/// A network namespace of this process's, deleted with whatever is in it.
pub(crate) struct Namespace(pub(crate) String);

impl Namespace {
    /// Makes one, whose name holds the test's and its end of the wire.
    pub(crate) fn new(test: &str, end: &str) -> Result<Self, String> {
        let name = format!("wiretell-{}-{test}-{end}", std::process::id());
        ip(&["netns", "add", &name])?;
        Ok(Self(name))
    }

    /// Does some work in the namespace; sockets that it opens stay there.
    pub(crate) fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        // A namespace is a thread's: one that ends with the work.
        let enter_and_work = || {
            enter(&self.0);
            work()
        };
        std::thread::scope(|scope| scope.spawn(enter_and_work).join().unwrap())
    }

    /// Runs a program in the namespace to its end.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> Result<(), String> {
        let mut words = vec!["netns", "exec", &self.0, program];
        words.extend(arguments);
        ip(&words)
    }
}

/// Moves the calling thread into a namespace, for as long as it lives.
pub(crate) fn enter(name: &str) {
    let namespace = std::fs::File::open(format!("/var/run/netns/{name}")).unwrap();
    setns(namespace, CloneFlags::CLONE_NEWNET).unwrap();
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = ip(&["netns", "delete", &self.0]);
    }
}

/// Runs `ip`.
pub(crate) fn ip(arguments: &[&str]) -> Result<(), String> {
    let command = || format!("ip {}", arguments.join(" "));
    match Command::new("ip").args(arguments).output() {
        Err(error) => Err(format!("{} cannot be run: {error}", command())),
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!("{}: {}", command(), String::from_utf8_lossy(&output.stderr).trim())),
    }
}
