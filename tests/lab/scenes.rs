//! The list of scenarios: hosts, what happens, and the findings that must follow.

mod citrix;
mod cluster;
mod coordinator;
mod gateway;
mod ports;
mod remote;
mod transactions;

use crate::stage::Stage;
use std::path::Path;
use std::process::Command;

/// A host, and its addresses.
type Host = (&'static str, &'static [&'static str]);

/// A scenario.
pub(crate) struct Scene {
    pub(crate) name: &'static str,
    /// What happens.
    pub(crate) about: &'static str,
    pub(crate) hosts: &'static [Host],
    /// Findings above `info`: these and no others.
    pub(crate) expected: &'static [&'static str],
    /// Findings of `info` that have to be there too.
    pub(crate) infos: &'static [&'static str],
    /// What is captured.
    pub(crate) filter: &'static str,
    /// How many bytes of each packet.
    pub(crate) snap_len: &'static str,
    /// Whether a port is captured to which all others are mirrored, both ways.
    pub(crate) mirrored: bool,
    pub(crate) play: fn(&Stage),
}

/// Makes the list.
macro_rules! scenes {
    ($($name:literal: $about:literal, $hosts:expr, $play:path => [$($id:literal)*] [$($info:literal)*];)*) => {
        /// All scenarios.
        pub(crate) const SCENES: &[Scene] = &[$(Scene {
            name: $name,
            about: $about,
            hosts: $hosts,
            expected: &[$($id),*],
            infos: &[$($info),*],
            filter: if matches!($name.as_bytes(), b"one-direction") { "src host 10.0.0.1" } else { "ip" },
            snap_len: if matches!($name.as_bytes(), [b's', b'n', b'a', b'p', b'-', ..]) { "64" } else { "262144" },
            mirrored: matches!($name.as_bytes(), [b's', b'p', b'a', b'n', b'-', ..]),
            play: $play,
        }),*];
    };
}

/// Three cluster nodes on two networks.
const NODES: &[Host] = &[
    ("n1", &["10.1.0.1", "10.2.0.1"]),
    ("n2", &["10.1.0.2", "10.2.0.2"]),
    ("n3", &["10.1.0.3", "10.2.0.3"]),
];
/// Four nodes on one network.
const FOUR: &[Host] =
    &[("n1", &["10.1.0.1"]), ("n2", &["10.1.0.2"]), ("n3", &["10.1.0.3"]), ("n4", &["10.1.0.4"])];
/// Two nodes on one network.
const TWO: &[Host] = &[("n1", &["10.1.0.1"]), ("n2", &["10.1.0.2"])];
/// A client and a server of any kind.
const PAIR: &[Host] = &[("client", &["10.0.0.1"]), ("server", &["10.0.0.2"])];
/// A client, a balancer and two gateways behind it.
const BALANCED: &[Host] =
    &[("client", &["10.0.0.1"]), ("server", &["10.0.0.2"]), ("b1", &["10.0.0.3"]), ("b2", &["10.0.0.4"])];
/// A client, a router, and a server that is moved behind it.
const ROUTED: &[Host] = &[("client", &["10.0.0.1"]), ("router", &["10.0.0.254"]), ("server", &["10.9.0.2"])];
/// One host that looks for others.
const SCANNED: &[Host] = &[
    ("client", &["10.0.0.1"]),
    (
        "server",
        &[
            "10.0.0.11",
            "10.0.0.12",
            "10.0.0.13",
            "10.0.0.14",
            "10.0.0.15",
            "10.0.0.16",
            "10.0.0.17",
            "10.0.0.18",
            "10.0.0.19",
            "10.0.0.20",
        ],
    ),
];
/// Three hosts with transaction coordinators.
const MANAGERS: &[Host] = &[("client", &["10.0.0.1"]), ("server", &["10.0.0.2"]), ("third", &["10.0.0.3"])];

scenes! {
    "cluster-healthy": "three nodes on two networks, all is well", NODES, cluster::healthy => [] [];
    "cluster-slow-pace": "heartbeats every two seconds", NODES, cluster::pace => [] ["netft-interval"];
    "cluster-tunnel": "small frames of the virtual adapter in the tunnel", NODES, cluster::tunnel => [] [];
    "cluster-one-way": "node 2 sends nothing to node 1 on the second network", NODES, cluster::one_way => ["netft-one-way"] [];
    "cluster-inbound-dropped": "node 2's firewall drops what node 1 sends on the second network", NODES, cluster::inbound => ["netft-requests-unanswered"] [];
    "cluster-both-dropped": "both firewalls of two nodes drop what comes in", TWO, cluster::both => ["netft-neither-answers"] [];
    "cluster-network-dropped": "nothing arrives on the second network any more", NODES, cluster::network => ["netft-network-failed"] [];
    "cluster-route-restored": "one route is dropped for six heartbeats", NODES, cluster::short => ["netft-heartbeats-missed"] [];
    "cluster-loss": "30 % of what node 2 sends is lost", NODES, cluster::loss => ["netft-heartbeats-missed"] [];
    "cluster-delay": "node 2 takes 800 ms for its answers", NODES, cluster::delay => ["netft-slow-path"] [];
    "cluster-late": "node 2 takes 1300 ms for its answers", NODES, cluster::late => ["netft-heartbeats-late"] [];
    "cluster-rejected": "node 2's firewall rejects node 1's heartbeats by ICMP", NODES, cluster::rejected => ["netft-refused"] [];
    "cluster-service-stopped": "the service of node 3 stops: its host refuses by ICMP", NODES, cluster::stopped => ["netft-node-silent"] [];
    "cluster-node-killed": "node 3 loses its link", NODES, cluster::killed => ["netft-node-silent"] [];
    "cluster-node-restarted": "node 3 begins anew with its counter", NODES, cluster::restarted => ["netft-node-restarted"] [];
    "cluster-node-rebooted": "node 3 is silent for ten heartbeats and comes back with a new counter", NODES, cluster::rebooted => ["netft-node-restarted" "netft-node-silent"] [];
    "cluster-flap": "a route fails and comes back, twice", TWO, cluster::flap => ["netft-route-flap"] [];
    "cluster-isolated": "node 2 of four is cut off for three seconds", FOUR, cluster::isolated => ["netft-node-isolated"] [];
    "cluster-split": "two of four nodes lose the other two for three seconds", FOUR, cluster::split => ["netft-site-split"] [];
    "cluster-translated": "heartbeats name another address than they come from", TWO, cluster::translated => ["netft-translated"] [];
    "cluster-join-blocked": "a node joins over TCP, and no heartbeat is answered", TWO, cluster::join_blocked => ["netft-join-blocked"] [];
    "cluster-tcp-dropped": "TCP 3343 is dropped beside healthy heartbeats", TWO, cluster::tcp_dropped => ["netft-tcp-blocked"] [];
    "cluster-tcp-refused": "nobody listens on TCP 3343 beside healthy heartbeats", TWO, cluster::tcp_refused => ["netft-tcp-blocked"] [];
    "cluster-mtu-1280": "a router with an MTU of 1280 between two nodes, and larger frames in the tunnel", ROUTED, cluster::narrow => ["netft-large-frames"] [];
    "cluster-fragments": "a node's adapter has an MTU of 1280, and its larger frames go in fragments", TWO, cluster::fragments => [] ["netft-large-frames"];
    "gateway-healthy": "TLS on 443, DTLS on 3391, data both ways", PAIR, gateway::healthy => [] ["rdg-udp-works"];
    "gateway-dropped": "UDP 3391 is dropped at the gateway", PAIR, gateway::dropped => ["rdg-udp-unanswered"] [];
    "gateway-not-listening": "nobody listens on UDP 3391", PAIR, gateway::nobody => ["rdg-udp-refused"] [];
    "gateway-prohibited": "UDP 3391 is rejected as prohibited", PAIR, gateway::prohibited => ["rdg-udp-refused"] [];
    "gateway-certificate-expired": "the certificate has expired", PAIR, gateway::expired => ["rdg-udp-certificate"] [];
    "gateway-certificate-early": "the certificate is not valid yet", PAIR, gateway::early => ["rdg-udp-certificate"] [];
    "gateway-old-version": "both speak DTLS 1.0 only", PAIR, gateway::old => ["rdg-udp-old-version"] [];
    "gateway-wrong-version": "the client has DTLS 1.2 only, the gateway 1.0", PAIR, gateway::wrong_version => ["rdg-udp-alert" "rdg-udp-old-version"] [];
    "gateway-cookie-lost": "the hello with the cookie never arrives", PAIR, gateway::cookie => ["rdg-udp-cookie-lost"] [];
    "gateway-flight-lost": "the gateway's certificate never arrives", PAIR, gateway::flight => ["rdg-udp-server-flight-lost"] [];
    "gateway-connect-refused": "one small answer to the connection request, then nothing", PAIR, gateway::connect_refused => ["rdg-udp-connect-refused"] [];
    "gateway-connect-unanswered": "no answer to the connection request", PAIR, gateway::connect_unanswered => ["rdg-udp-connect-unanswered"] [];
    "gateway-died": "the gateway falls silent after the session came up", PAIR, gateway::died => ["rdg-udp-died"] [];
    "gateway-balancer": "a load balancer forwards TCP 443 only", BALANCED, gateway::balancer => ["rdg-udp-balancer"] [];
    "gateway-probed": "hellos to ten hosts, none of which is asked over TCP", SCANNED, gateway::probed => ["rdg-udp-probed"] [];
    "rdp-healthy": "RDP over TCP and UDP", PAIR, remote::healthy => [] ["rdp-udp-works" "remote-session-joined"];
    "rdp-tcp-only": "RDP over TCP alone", PAIR, remote::tcp_only => [] [];
    "rdp-udp-dropped": "UDP 3389 is dropped at the target", PAIR, remote::dropped => ["rdp-udp-unanswered"] [];
    "rdp-udp-refused": "nobody listens on UDP 3389", PAIR, remote::refused => ["rdp-udp-refused"] [];
    "rdp-udp-answer-lost": "the target's SYN+ACK is dropped at the client", PAIR, remote::answer_lost => ["rdp-udp-answer-lost"] [];
    "rdp-udp-narrow": "a router with an MTU of 1200 in between", ROUTED, remote::narrow => ["rdp-udp-too-big"] [];
    "rdp-refused": "the server demands network level authentication", PAIR, remote::negotiation => ["rdp-negotiation-refused"] [];
    "tip-healthy": "a transaction is prepared and committed", PAIR, transactions::healthy => [] ["tip-listener"];
    "tip-in-doubt": "the connection ends after PREPARED", PAIR, transactions::in_doubt => ["tip-in-doubt"] [];
    "tip-tls": "the manager demands TLS", PAIR, transactions::tls => ["tip-tls-demanded"] [];
    "tip-version": "no version in common", PAIR, transactions::version => ["tip-version-mismatch"] [];
    "tip-source-port": "the manager drops a client that does not come from 3372", PAIR, transactions::source_port => ["tip-dropped"] [];
    "tip-refused": "a transaction is not known", PAIR, transactions::refused => ["tip-transactions-refused"] [];
    "msdtc-healthy": "two coordinators, a connection in each direction", MANAGERS, coordinator::healthy => [] [];
    "msdtc-callback-dropped": "the connection back is dropped at the endpoint mapper", MANAGERS, coordinator::callback_dropped => ["msdtc-callback-blocked"] [];
    "msdtc-callback-refused": "nobody listens where the connection back goes", MANAGERS, coordinator::callback_refused => ["msdtc-callback-blocked"] [];
    "msdtc-port-dropped": "the endpoint mapper answers, the dynamic port is dropped", MANAGERS, coordinator::port_dropped => ["msdtc-port-blocked"] [];
    "msdtc-not-registered": "the endpoint mapper does not know the coordinator", MANAGERS, coordinator::not_registered => ["msdtc-not-registered"] [];
    "msdtc-denied": "the coordinator denies access", MANAGERS, coordinator::denied => ["msdtc-access-denied"] [];
    "msdtc-timeout": "a session's set-up is given up after six seconds", MANAGERS, coordinator::timeout => ["msdtc-setup-timeout"] [];
    "msdtc-cloned": "two hosts with one identity", MANAGERS, coordinator::cloned => ["msdtc-duplicate-identity"] [];
    "citrix-healthy": "ICA, and a display channel over UDP", PAIR, citrix::healthy => [] ["ica-without-session-reliability"];
    "citrix-edt-dropped": "EDT is dropped beside CGP", PAIR, citrix::edt_dropped => ["edt-unanswered"] [];
    "citrix-edt-refused": "nobody listens for EDT beside CGP", PAIR, citrix::edt_refused => ["edt-refused"] [];
    "citrix-edt-healthy": "EDT beside CGP works", PAIR, citrix::edt_healthy => [] ["edt-works"];
    "citrix-edt-died": "the server's EDT falls silent, and the session goes on over TCP", PAIR, citrix::edt_died => ["edt-died"] [];
    "citrix-framehawk-dropped": "the display channel is dropped beside ICA", PAIR, citrix::framehawk_dropped => ["framehawk-unanswered"] [];
    "citrix-gateway-dtls": "DTLS to UDP 443 is dropped beside TLS", PAIR, citrix::gateway_dtls => ["dtls-gateway-unanswered"] [];
    "quic-dropped": "QUIC is dropped beside TLS", PAIR, citrix::quic_dropped => ["quic-unanswered"] [];
    "quic-healthy": "QUIC works beside TLS", PAIR, citrix::quic_healthy => [] ["quic-works"];
    "quic-died": "the server's QUIC falls silent, and TLS takes over", PAIR, citrix::quic_died => ["quic-died"] [];
    "http-on-3353": "HTTP on FatPipe's port", PAIR, ports::http => [] ["port-contradicted"];
    "rdp-on-8443": "RDP on a port that is not its own", PAIR, ports::rdp_elsewhere => ["port-guarded-protocol-elsewhere"] [];
    "scan": "one host looks for TIP on ten addresses", SCANNED, ports::scan => ["port-scanned"] [];
    "snap-cluster-rejected": "node 2's firewall rejects node 1's heartbeats by ICMP, and 64 bytes of each packet are captured", NODES, cluster::rejected => ["netft-refused"] ["capture-cut-by-snap-length"];
    "snap-rdp-udp-refused": "nobody listens on UDP 3389, and 64 bytes of each packet are captured", PAIR, remote::refused => ["rdp-udp-refused"] ["capture-cut-by-snap-length"];
    "span-cluster-healthy": "three nodes on two networks, and each packet is mirrored where it comes in and where it goes out", NODES, cluster::healthy => [] ["capture-duplicates"];
    "span-rdp-udp-dropped": "UDP 3389 is dropped at the target, and each packet is mirrored twice", PAIR, remote::dropped => ["rdp-udp-unanswered"] ["capture-duplicates"];
    "one-direction": "only what one host sends is captured", PAIR, ports::one_direction => ["capture-one-direction"] [];
}

/// Makes the certificates of the gateways: one that is valid, one that has expired and one that is for later.
pub(crate) fn certificates(place: &Path) {
    let config = "[ca]\ndefault_ca=lab\n[lab]\ndatabase=index\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=any\n\
        unique_subject=no\nrand_serial=yes\n[any]\ncommonName=supplied\n";
    std::fs::write(place.join("ca.conf"), config).expect("a file");
    std::fs::write(place.join("index"), "").expect("a file");
    let openssl = |words: &[&str]| {
        let output = Command::new("openssl").args(words).current_dir(place).output().expect("openssl");
        assert!(output.status.success(), "openssl {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    let curve = "ec_paramgen_curve:P-256";
    openssl(&[
        "req",
        "-new",
        "-newkey",
        "ec",
        "-pkeyopt",
        curve,
        "-nodes",
        "-subj",
        "/CN=gateway.example",
        "-keyout",
        "key.pem",
        "-out",
        "request",
    ]);
    for (name, from, to) in [
        ("valid", "20200101000000Z", "20400101000000Z"),
        ("expired", "20200101000000Z", "20210101000000Z"),
        ("early", "20390101000000Z", "20400101000000Z"),
    ] {
        let out = format!("{name}.pem");
        openssl(&[
            "ca",
            "-batch",
            "-selfsign",
            "-config",
            "ca.conf",
            "-in",
            "request",
            "-keyfile",
            "key.pem",
            "-startdate",
            from,
            "-enddate",
            to,
            "-notext",
            "-out",
            &out,
        ]);
    }
}
