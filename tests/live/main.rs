//! `wiretell live`, end to end: real traffic between two namespaces, and what is told of it.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod net;
mod recorded;
mod run;

use net::{CLIENT, INTERFACE, Pair, SERVER, has, skip};
use run::Running;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::Duration;

/// Longest wait for anything: generous, as machines that test are busy.
const LIMIT: Duration = Duration::from_secs(50);

/// A question for the address of `example`, or the answer that there is none.
fn dns(id: u16, is_answer: bool) -> Vec<u8> {
    let mut message = id.to_be_bytes().to_vec();
    message.extend(if is_answer { [0x81, 0x83] } else { [0x01, 0x00] });
    message.extend([0, 1, 0, 0, 0, 0, 0, 0]);
    message.extend(b"\x07example\0");
    message.extend([0, 1, 0, 1]);
    message
}

/// A question and its answer.
fn ask(client: &UdpSocket, server: &UdpSocket, id: u16) {
    let mut datagram = [0; 512];
    client.send(&dns(id, false)).unwrap();
    let (_, from) = server.recv_from(&mut datagram).unwrap();
    server.send_to(&dns(id, true), from).unwrap();
    client.recv(&mut datagram).unwrap();
}

/// One side speaks, and the other has heard it.
fn say(from: &mut TcpStream, to: &mut TcpStream, text: &str) {
    from.write_all(text.as_bytes()).unwrap();
    to.read_exact(&mut vec![0; text.len()]).unwrap();
}

#[test]
fn what_crosses_the_wire_is_told_as_it_was() {
    let Some(pair) = Pair::new("told") else { return };
    let running = Running::start(&pair.client, &["-f", "ip"]);
    let (client, server) = pair.udp(53);
    for id in 1..=3 {
        ask(&client, &server, id);
    }
    let client_port = client.local_addr().unwrap().port();

    let (mut here, mut there) = pair.tcp(2222);
    say(&mut there, &mut here, "SSH-2.0-lab_1.0\r\n");
    say(&mut here, &mut there, "SSH-2.0-lab_1.1\r\n");
    drop((here, there));

    let (mut here, mut there) = pair.tcp(3353);
    say(&mut here, &mut there, "GET / HTTP/1.1\r\nHost: lab.example\r\n\r\n");
    say(&mut there, &mut here, "HTTP/1.1 204 No Content\r\nServer: lab\r\n\r\n");
    drop((here, there));

    let (client, server) = pair.udp(3391);
    client.send(b"no DTLS at all").unwrap();
    server.recv(&mut [0; 64]).unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let ended = running.interrupt();

    let flow = ended.flow_to(53);
    assert_eq!(flow["src_ip"], CLIENT.to_string());
    assert_eq!(flow["dst_ip"], SERVER.to_string());
    assert_eq!((&flow["src_port"], &flow["proto"]), (&Value::from(client_port), &Value::from("udp")));
    assert_eq!((&flow["app_proto"], &flow["verdict"]), (&Value::from("dns"), &Value::from("confirmed")));
    assert_eq!((&flow["packets_fwd"], &flow["packets_rev"]), (&Value::from(3), &Value::from(3)));
    let said = 3 * dns(1, false).len();
    assert_eq!(
        (&flow["payload_bytes_fwd"], &flow["payload_bytes_rev"]),
        (&Value::from(said), &Value::from(said))
    );

    let flow = ended.flow_to(2222);
    assert_eq!((&flow["app_proto"], &flow["direction"]), (&Value::from("ssh"), &Value::from("syn")));
    assert_eq!(flow["end_reason"], "fin");

    let flow = ended.flow_to(3353);
    assert_eq!((&flow["app_proto"], &flow["verdict"]), (&Value::from("http"), &Value::from("contradicted")));

    let flow = ended.flow_to(3391);
    assert_eq!((&flow["app_proto"], &flow["verdict"]), (&Value::Null, &Value::from("contradicted")));

    let stats = ended.stats();
    let skipped: u64 = stats["packets_skipped"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert_eq!(
        stats["packets_read"].as_u64().unwrap(),
        stats["packets_in_flows"].as_u64().unwrap() + skipped,
        "{stats}"
    );
}

#[test]
fn a_firewall_between_the_hosts_leaves_a_flow_of_one_direction() {
    let Some(pair) = Pair::new("firewall") else { return };
    if !has("nft") {
        return skip("firewall", "there is no nft");
    }
    let rules = "add table inet lab; add chain inet lab out { type filter hook output priority 0; }; \
                 add rule inet lab out udp sport 53 drop";
    if let Err(error) = pair.server.run("nft", &[rules]) {
        return skip("firewall", &error);
    }
    let running = Running::start(&pair.client, &["-f", "udp"]);
    let (client, server) = pair.udp(53);
    for id in 1..=4 {
        client.send(&dns(id, false)).unwrap();
        let (_, from) = server.recv_from(&mut [0; 512]).unwrap();
        // The firewall may say so to the sender, or not.
        let _ = server.send_to(&dns(id, true), from);
    }
    std::thread::sleep(Duration::from_millis(500));
    let ended = running.interrupt();
    let flow = ended.flow_to(53);
    assert_eq!((&flow["packets_fwd"], &flow["packets_rev"]), (&Value::from(4), &Value::from(0)), "{flow}");
    assert_eq!((&flow["app_proto"], &flow["confidence"]), (&Value::from("dns"), &Value::from("message")));
}

#[test]
fn what_breaks_an_expectation_is_told_and_makes_an_exit_code() {
    let Some(pair) = Pair::new("expect") else { return };
    let path = std::env::temp_dir().join(format!("wiretell-live-expected-{}.toml", std::process::id()));
    let file = path.to_str().unwrap();
    for (protocol, code, broken) in [("netft", 1, true), ("dns", 0, false)] {
        std::fs::write(&path, format!("[[expect]]\nport = 53\nprotocol = \"{protocol}\"\n")).unwrap();
        let arguments = ["-f", "udp", "-c", "6", "--expect", file, "--fail-on", "warning"];
        let running = Running::start(&pair.client, &arguments);
        let (client, server) = pair.udp(53);
        for id in 1..=10 {
            ask(&client, &server, id);
        }
        let ended = running.end();
        assert_eq!(ended.code, Some(code), "{}", ended.errors);
        assert_eq!(ended.records.iter().any(|record| record["id"] == "expectation-broken"), broken);
    }
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn a_rule_of_ones_own_names_flows_as_they_happen() {
    let Some(pair) = Pair::new("rules") else { return };
    let path = std::env::temp_dir().join(format!("wiretell-live-rules-{}.toml", std::process::id()));
    std::fs::write(&path, "[[rule]]\nname = \"own\"\nport = 47001\n[[rule.payload]]\nbytes = \"ee ee\"\n")
        .unwrap();
    let running = Running::start(&pair.client, &["-f", "udp", "-c", "2", "--rules", path.to_str().unwrap()]);
    let (client, _server) = pair.udp(47_001);
    for _ in 0..2 {
        client.send(&[0xee; 8]).unwrap();
    }
    let ended = running.end();
    assert_eq!(
        (ended.code, ended.flow_to(47_001)["app_proto"].as_str()),
        (Some(0), Some("own")),
        "{}",
        ended.errors
    );
    assert!(ended.records.iter().any(|record| record["type"] == "label" && record["app_proto"] == "own"));
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn after_so_many_frames_it_is_done() {
    let Some(pair) = Pair::new("count") else { return };
    let running = Running::start(&pair.client, &["-f", "udp", "-c", "7"]);
    let (client, server) = pair.udp(53);
    for id in 1..=10 {
        ask(&client, &server, id);
    }
    let ended = running.end();
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    assert_eq!(ended.stats()["packets_read"], 7);
    let flow = ended.flow_to(53);
    assert_eq!((&flow["packets_fwd"], &flow["packets_rev"]), (&Value::from(4), &Value::from(3)));
}

#[test]
fn after_so_much_time_it_is_done() {
    let Some(pair) = Pair::new("duration") else { return };
    let running = Running::start(&pair.client, &["-f", "udp", "--duration", "2s"]);
    let (client, server) = pair.udp(53);
    ask(&client, &server, 1);
    let ended = running.end();
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    assert_eq!(ended.flow_to(53)["app_proto"], "dns");
}

#[test]
fn ctrl_c_and_sigterm_tell_all_that_is_known() {
    let Some(pair) = Pair::new("signals") else { return };
    // Whoever manages services takes their end by SIGTERM for success, and expects that of them.
    for (signal, code) in [("INT", 130), ("TERM", 0)] {
        let running = Running::start(&pair.client, &["-f", "udp"]);
        let (client, server) = pair.udp(53);
        ask(&client, &server, 1);
        std::thread::sleep(Duration::from_millis(500));
        running.signal(signal);
        let ended = running.end();
        assert_eq!(ended.code, Some(code), "{signal}: {}", ended.errors);
        assert_eq!(ended.flow_to(53)["packets_rev"], 1, "{signal}");
        assert_eq!(ended.stats()["packets_read"], 2, "{signal}");
    }
}

#[test]
fn a_flow_that_ended_is_told_while_the_capture_goes_on() {
    let Some(pair) = Pair::new("ongoing") else { return };
    let mut running = Running::start(&pair.client, &["-f", "tcp"]);
    let (mut here, mut there) = pair.tcp(8080);
    say(&mut here, &mut there, "GET / HTTP/1.1\r\nHost: lab.example\r\n\r\n");
    say(&mut there, &mut here, "HTTP/1.1 204 No Content\r\nServer: lab\r\n\r\n");
    drop((here, there));
    running.wait_for("the flow's record", |running| running.output().contains("\"fin\""));
    assert_eq!(running.interrupt().flow_to(8080)["app_proto"], "http");
}

#[test]
fn what_the_kernel_drops_is_counted() {
    const SENT: u64 = 20_000;
    let Some(pair) = Pair::new("drops") else { return };
    let running = Running::start(&pair.client, &["-f", "udp dst port 9", "-B", "1"]);
    let (client, _server) = pair.udp(9);
    // Nobody empties the buffer of one MiB.
    running.signal("STOP");
    for _ in 0..SENT {
        client.send(&[0; 1400]).unwrap();
    }
    running.signal("CONT");
    std::thread::sleep(Duration::from_secs(1));
    let ended = running.interrupt();
    let stats = ended.stats();
    let [read, dropped] = ["packets_read", "kernel_drops"].map(|key| stats[key].as_u64().unwrap());
    assert!(dropped > 0 && read > 0, "{stats}");
    assert_eq!(read + dropped, SENT, "every frame is read or counted as lost: {stats}");
    assert!(
        ended.errors.replace(',', "").contains(&dropped.to_string()),
        "the loss is told: {}",
        ended.errors
    );
}

#[test]
fn root_is_given_up_once_the_interface_is_open() {
    let Some(pair) = Pair::new("root") else { return };
    let ids = |running: &Running, field: &str| -> Vec<u32> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", running.process())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap().to_owned();
        line.split_whitespace().map(|id| id.parse().unwrap()).collect()
    };
    let running = Running::start(&pair.client, &[]);
    let users = ids(&running, "Uid:");
    assert!(users.len() == 4 && !users.contains(&0), "{users:?}");
    running.interrupt();

    let sudo = [("SUDO_UID", "4321"), ("SUDO_GID", "4322")];
    let running = Running::start_as(&pair.client, &[], &sudo);
    assert_eq!((ids(&running, "Uid:"), ids(&running, "Gid:")), (vec![4321; 4], vec![4322; 4]));
    assert_eq!(ids(&running, "Groups:"), [4322]);
    running.interrupt();

    let running = Running::start_as(&pair.client, &["--keep-root"], &sudo);
    assert_eq!(ids(&running, "Uid:"), [0; 4]);
    running.interrupt();
}

#[test]
fn an_interface_that_goes_away_ends_the_capture_with_what_was_seen() {
    let Some(pair) = Pair::new("gone") else { return };
    let running = Running::start(&pair.client, &["-f", "udp"]);
    let (client, server) = pair.udp(53);
    ask(&client, &server, 1);
    std::thread::sleep(Duration::from_millis(500));
    pair.client.run("ip", &["link", "delete", INTERFACE]).unwrap();
    let ended = running.end();
    assert_eq!(ended.code, Some(3), "{}", ended.errors);
    assert!(ended.errors.contains(INTERFACE) && ended.errors.contains("went away"), "{}", ended.errors);
    assert_eq!(ended.flow_to(53)["app_proto"], "dns");
}

#[test]
fn an_interface_that_is_down_or_unknown_is_refused_with_a_sentence() {
    let Some(pair) = Pair::new("unknown") else { return };
    let run = |interface: &str| {
        let arguments =
            ["netns", "exec", &pair.client.0, env!("CARGO_BIN_EXE_wiretell"), "live", "-i", interface];
        let output = Command::new("ip").args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, errors) = run("nosuch0");
    assert_eq!(code, Some(2), "{errors}");
    assert!(errors.contains("nosuch0") && errors.contains(INTERFACE), "it names what there is: {errors}");

    pair.client.run("ip", &["link", "set", INTERFACE, "down"]).unwrap();
    let (code, errors) = run(INTERFACE);
    assert_eq!(code, Some(2), "{errors}");
    assert!(errors.contains(INTERFACE), "{errors}");
}

#[test]
fn who_may_not_capture_is_told_how_to_be_allowed_to() {
    // Where nobody can reach it, whoever's directory the tests run in.
    let place = std::env::temp_dir().join(format!("wiretell-live-{}", std::process::id()));
    std::fs::copy(env!("CARGO_BIN_EXE_wiretell"), &place).unwrap();
    std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = if nix::unistd::geteuid().is_root() {
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps=-all"])
            .arg(&place);
        command
    } else {
        Command::new(&place)
    };
    let output = command.args(["live", "-i", "lo"]).output();
    std::fs::remove_file(&place).unwrap();
    let output = output.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.contains("CAP_NET_RAW") && errors.contains("setcap"), "{errors}");
}
