//! The lab's emulators: programs that send, through the kernel, what cannot be had as a real program.
//!
//! `tests/lab/record` runs them in network namespaces beside real programs. They know nothing of wiretell: what
//! they send follows the public facts about the protocols, and a guess is marked as such where it is made.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a peer may panic"
)]
#![allow(clippy::print_stderr, reason = "a peer's usage")]

#[path = "peer/dialogue.rs"]
mod dialogue;
#[path = "peer/framehawk.rs"]
mod framehawk;
#[path = "peer/netft.rs"]
mod netft;
#[path = "peer/rdg.rs"]
mod rdg;
#[path = "peer/virtual_adapter.rs"]
mod virtual_adapter;

use std::process::ExitCode;

const USAGE: &str = "\
lab_peer dialogue tcp|udp listen ADDRESS FILE      plays the S lines of a dialogue
lab_peer dialogue tcp|udp connect ADDRESS FILE     plays the C lines
lab_peer netft SECONDS PERIOD_MS ROUTE...          a cluster node; ROUTE is LOCAL,REMOTE,FIRST_SEQUENCE[,tunnel]
lab_peer framehawk-desktop ADDRESS PICTURES        sends so many full datagrams to whoever speaks first
lab_peer framehawk-client ADDRESS SECONDS          opens the channel and sends feedback
lab_peer rdg-relay LISTEN GATEWAY GUID             relays DTLS, with the correlation trailer behind each ClientHello";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["dialogue", transport, "listen", address, file] => {
            dialogue::play(transport, dialogue::Part::Server, address, file);
        }
        ["dialogue", transport, "connect", address, file] => {
            dialogue::play(transport, dialogue::Part::Client, address, file);
        }
        ["netft", seconds, period, routes @ ..] => {
            netft::run(seconds.parse().unwrap(), period.parse().unwrap(), routes);
        }
        ["framehawk-desktop", address, pictures] => framehawk::desktop(address, pictures.parse().unwrap()),
        ["framehawk-client", address, seconds] => framehawk::client(address, seconds.parse().unwrap()),
        ["rdg-relay", listen, gateway, guid] => rdg::relay(listen, gateway, guid),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
