//! Cluster nodes that exchange heartbeats.

use crate::netft;
use crate::stage::{Stage, pause};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

/// Starts nodes that ask each other on these networks, for so many seconds.
fn nodes(stage: &Stage, networks: &[u8], nodes: &[u8], seconds: u64, period: u64) {
    for &node in nodes {
        start(stage, networks, node, nodes, seconds, period, 1_000 * u32::from(node));
    }
}

fn start(stage: &Stage, networks: &[u8], node: u8, nodes: &[u8], seconds: u64, period: u64, first: u32) {
    let mut routes = Vec::new();
    for network in networks {
        for other in nodes.iter().filter(|&&other| other != node) {
            routes.push(format!("10.{network}.0.{node},10.{network}.0.{other},{first}"));
        }
    }
    stage.beside(&format!("n{node}"), move || {
        let routes: Vec<&str> = routes.iter().map(String::as_str).collect();
        netft::run(seconds, period, &routes);
    });
}

/// Milliseconds between two heartbeats: what takes longer than half of it is a finding, and machines that test are busy.
const PERIOD: u64 = 400;

/// Three nodes on two networks for ten seconds; after three seconds something happens.
fn three(stage: &Stage, happens: impl FnOnce()) {
    nodes(stage, &[1, 2], &[1, 2, 3], 12, PERIOD);
    pause(3_000);
    happens();
    // Captured to the end they would all fall silent.
    pause(6_000);
}

pub(super) fn healthy(stage: &Stage) {
    three(stage, || {});
}

pub(super) fn pace(stage: &Stage) {
    nodes(stage, &[1, 2], &[1, 2, 3], 28, 2_000);
    pause(26_000);
}

pub(super) fn tunnel(stage: &Stage) {
    stage.beside("n1", || {
        netft::run(10, PERIOD, &["10.1.0.1,10.1.0.2,1000,tunnel", "10.2.0.1,10.2.0.2,1000"]);
    });
    stage.beside("n2", || netft::run(10, PERIOD, &["10.1.0.2,10.1.0.1,2000", "10.2.0.2,10.2.0.1,2000"]));
    pause(7_000);
}

pub(super) fn one_way(stage: &Stage) {
    three(stage, || stage.drop_out("n2", "ip daddr 10.2.0.1"));
}

pub(super) fn inbound(stage: &Stage) {
    three(stage, || stage.drop_in("n2", "ip saddr 10.2.0.1"));
}

pub(super) fn both(stage: &Stage) {
    for node in ["n1", "n2"] {
        stage.drop_in(node, "udp dport 3343");
    }
    nodes(stage, &[1], &[1, 2], 11, PERIOD);
    pause(6_000);
}

pub(super) fn network(stage: &Stage) {
    three(stage, || {
        for node in ["n1", "n2", "n3"] {
            stage.drop_in(node, "ip saddr 10.2.0.0/24");
        }
    });
}

pub(super) fn short(stage: &Stage) {
    three(stage, || {
        stage.drop_in("n2", "ip saddr 10.2.0.1");
        pause(6 * PERIOD);
        stage.pass("n2");
    });
}

pub(super) fn loss(stage: &Stage) {
    // Three of ten, and never all of one route: chance would now and then make a longer run.
    stage.drop_out("n2", "udp dport 3343 numgen inc mod 10 { 0, 3, 7 }");
    nodes(stage, &[1, 2], &[1, 2, 3], 20, PERIOD);
    pause(17_000);
}

/// Three nodes that ask each other every second; node 2 answers late.
fn slow(stage: &Stage, milliseconds: u64, seconds: u64) {
    for node in [1, 3] {
        start(stage, &[1, 2], node, &[1, 2, 3], seconds, 1_000, 1_000);
    }
    for network in [1, 2] {
        stage.beside("n2", move || {
            let local = IpAddr::from([10, network, 0, 2]);
            let socket = UdpSocket::bind(SocketAddr::new(local, 3343)).unwrap();
            let mut datagram = [0; 512];
            while let Ok((_, from)) = socket.recv_from(&mut datagram) {
                let sequence = u32::from_le_bytes(datagram[12..16].try_into().unwrap());
                let socket = socket.try_clone().unwrap();
                std::thread::spawn(move || {
                    pause(milliseconds);
                    let answer = netft::heartbeat(netft::RESPONSE, sequence, local, from.ip());
                    let _ = socket.send_to(&answer, from);
                });
            }
        });
    }
    pause(1000 * seconds - 2_000);
}

pub(super) fn delay(stage: &Stage) {
    slow(stage, 800, 18);
}

pub(super) fn late(stage: &Stage) {
    slow(stage, 1_300, 14);
}

pub(super) fn rejected(stage: &Stage) {
    three(stage, || stage.nft("n2", "add rule inet lab in ip saddr 10.2.0.1 reject\n"));
}

pub(super) fn stopped(stage: &Stage) {
    for node in [1, 2] {
        start(stage, &[1, 2], node, &[1, 2, 3], 12, PERIOD, 1_000);
    }
    start(stage, &[1, 2], 3, &[1, 2, 3], 4, PERIOD, 3_000);
    pause(9_000);
}

pub(super) fn killed(stage: &Stage) {
    three(stage, || stage.ip("n3", &["link", "set", "eth0", "down"]));
}

pub(super) fn restarted(stage: &Stage) {
    for node in [1, 2] {
        start(stage, &[1, 2], node, &[1, 2, 3], 12, PERIOD, 1_000);
    }
    start(stage, &[1, 2], 3, &[1, 2, 3], 4, PERIOD, 500_000);
    pause(4_200);
    start(stage, &[1, 2], 3, &[1, 2, 3], 8, PERIOD, 1);
    pause(5_000);
}

pub(super) fn rebooted(stage: &Stage) {
    for node in [1, 2] {
        start(stage, &[1, 2], node, &[1, 2, 3], 15, PERIOD, 1_000);
    }
    start(stage, &[1, 2], 3, &[1, 2, 3], 4, PERIOD, 500_000);
    stage.listening("n3", 'u', 3343);
    pause(3_500);
    // Its host is there no more: nothing refuses by ICMP.
    stage.ip("n3", &["link", "set", "eth0", "down"]);
    pause(4_000);
    stage.ip("n3", &["link", "set", "eth0", "up"]);
    start(stage, &[1, 2], 3, &[1, 2, 3], 7, PERIOD, 1);
    pause(4_000);
}

pub(super) fn flap(stage: &Stage) {
    nodes(stage, &[1], &[1, 2], 14, PERIOD);
    for _ in 0..2 {
        pause(2_000);
        stage.drop_in("n2", "ip saddr 10.1.0.1");
        pause(7 * PERIOD);
        stage.pass("n2");
    }
    pause(2_000);
}

/// Four nodes; what is done to some of them lasts for twelve heartbeats.
fn outage(stage: &Stage, on: &[&str], what: impl Fn(&str) -> String) {
    nodes(stage, &[1], &[1, 2, 3, 4], 14, PERIOD);
    pause(3_000);
    for node in on {
        stage.drop_in(node, &what(node));
    }
    pause(12 * PERIOD);
    for node in on {
        stage.pass(node);
    }
    pause(3_000);
}

pub(super) fn isolated(stage: &Stage) {
    outage(stage, &["n2"], |_| "udp dport 3343".to_owned());
}

pub(super) fn split(stage: &Stage) {
    outage(stage, &["n1", "n2"], |_| "ip saddr { 10.1.0.3, 10.1.0.4 }".to_owned());
}

pub(super) fn translated(stage: &Stage) {
    stage.beside("n2", || netft::run(9, PERIOD, &["10.1.0.2,10.1.0.1,2000"]));
    stage.beside("n1", || {
        let socket = UdpSocket::bind("10.1.0.1:3343").unwrap();
        let inside: IpAddr = [192, 168, 7, 1].into();
        let remote: IpAddr = [10, 1, 0, 2].into();
        for sequence in 0..34 {
            let request = netft::heartbeat(netft::REQUEST, sequence, inside, remote);
            socket.send_to(&request, SocketAddr::new(remote, 3343)).unwrap();
            socket.set_read_timeout(Some(Duration::from_millis(PERIOD))).unwrap();
            let end = std::time::Instant::now() + Duration::from_millis(PERIOD);
            let mut datagram = [0; 512];
            while std::time::Instant::now() < end {
                let Ok((len, from)) = socket.recv_from(&mut datagram) else { break };
                if datagram[6] == 0 && len >= 16 {
                    let asked = u32::from_le_bytes(datagram[12..16].try_into().unwrap());
                    let answer = netft::heartbeat(netft::RESPONSE, asked, inside, remote);
                    socket.send_to(&answer, from).unwrap();
                }
            }
        }
    });
    pause(6_000);
}

/// Node 2 takes the join's connection.
fn join(stage: &Stage) {
    stage.beside("n2", || {
        let listener = TcpListener::bind("10.1.0.2:3343").unwrap();
        let _stream = listener.accept();
        pause(20_000);
    });
    stage.listening("n2", 't', 3343);
    stage.beside("n1", || {
        use std::io::Write;
        let mut stream = TcpStream::connect("10.1.0.2:3343").unwrap();
        stream.write_all(b"\xeb\xc4\xe6\x11\x01\0\0\0\x40\0\0\0").unwrap();
        pause(20_000);
    });
}

pub(super) fn join_blocked(stage: &Stage) {
    stage.drop_in("n2", "udp dport 3343");
    join(stage);
    stage.beside("n1", || netft::run(14, PERIOD, &["10.1.0.1,10.1.0.2,1000"]));
    pause(9_500);
}

pub(super) fn tcp_dropped(stage: &Stage) {
    stage.drop_in("n2", "tcp dport 3343");
    nodes(stage, &[1], &[1, 2], 16, PERIOD);
    stage.beside("n1", || {
        let _ = TcpStream::connect("10.1.0.2:3343");
    });
    pause(12_000);
}

pub(super) fn tcp_refused(stage: &Stage) {
    nodes(stage, &[1], &[1, 2], 11, PERIOD);
    pause(1_000);
    stage.on("n1", || {
        let _ = TcpStream::connect("10.1.0.2:3343");
    });
    pause(4_000);
}

/// A frame of the virtual adapter that fills 1400 bytes.
fn large_frame() -> Vec<u8> {
    let mut frame = b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x86\xdd\x60\0\0\0".to_vec();
    frame.extend(1346_u16.to_be_bytes());
    frame.extend(b"\x06\x40\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x02");
    frame.extend(b"\xc0\x1d\x0d\x0f\0\0\0\x01\0\0\0\x01\x50\x18\xff\xff\0\0\0\0");
    frame.extend((1..).map(|at: u32| (at.wrapping_mul(2_654_435_761) >> 24) as u8).take(1400 - frame.len()));
    frame
}

/// A node that asks another, answers it, and sends a large frame through the tunnel with its tenth heartbeat.
fn ask_and_tunnel(local: [u8; 4], remote: [u8; 4]) {
    let (local, remote): (IpAddr, IpAddr) = (local.into(), remote.into());
    let socket = UdpSocket::bind((local, 3343)).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let mut datagram = [0; 512];
    // The other one listens by then.
    let mut next = std::time::Instant::now() + Duration::from_millis(2_500);
    for sequence in 0.. {
        while std::time::Instant::now() < next {
            let Ok((16.., from)) = socket.recv_from(&mut datagram) else { continue };
            if datagram[6] == 0 {
                let asked = u32::from_le_bytes(datagram[12..16].try_into().unwrap());
                let _ = socket.send_to(&netft::heartbeat(netft::RESPONSE, asked, local, remote), from);
            }
        }
        let _ = socket.send_to(&netft::heartbeat(netft::REQUEST, sequence, local, remote), (remote, 3343));
        if sequence == 8 {
            // The kernel learns from a router's answer, and would not send the next one whole.
            let _ = socket.send_to(&large_frame(), (remote, 3343));
        }
        next += Duration::from_millis(PERIOD);
    }
}

pub(super) fn narrow(stage: &Stage) {
    super::remote::behind_router(stage, "1280");
    stage.beside("client", || ask_and_tunnel([10, 0, 0, 1], [10, 3, 0, 1]));
    stage.listening("client", 'u', 3343);
    stage.beside("server", || netft::run(14, PERIOD, &["10.3.0.1,10.0.0.1,2000"]));
    pause(9_000);
}

pub(super) fn fragments(stage: &Stage) {
    stage.narrow("n1", "1280");
    stage.beside("n1", || ask_and_tunnel([10, 1, 0, 1], [10, 1, 0, 2]));
    stage.listening("n1", 'u', 3343);
    stage.beside("n2", || netft::run(14, PERIOD, &["10.1.0.2,10.1.0.1,2000"]));
    pause(9_000);
}
