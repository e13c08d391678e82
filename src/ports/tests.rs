//! What the registry must say about ports that everybody knows.

use super::*;
use crate::protocols::INSPECTORS;
use Transport::{Sctp, Tcp, Udp};

fn names(transport: Transport, port: u16) -> Vec<(&'static str, Basis)> {
    claims(transport, port).map(|claim| (claim.name, claim.basis)).collect()
}

fn claim(transport: Transport, port: u16, name: &str) -> PortClaim {
    claims(transport, port).find(|claim| claim.name == name).unwrap()
}

#[test]
fn well_known_ports_promise_their_registered_service() {
    for (transport, port, name, protocol) in [
        (Udp, 53, "domain", "dns"),
        (Tcp, 22, "ssh", "ssh"),
        (Tcp, 443, "https", "tls"),
        (Tcp, 445, "microsoft-ds", "smb"),
        (Tcp, 135, "epmap", "dcerpc"),
        (Udp, 67, "bootps", "dhcp"),
        (Udp, 500, "isakmp", "ipsec"),
        (Udp, 123, "ntp", "ntp"),
        (Tcp, 179, "bgp", "bgp"),
        (Sctp, 36_412, "s1-control", "s1ap"),
        (Tcp, 3372, "tip2", "tip"),
        (Udp, 3353, "fatpipe", "fatpipe"),
        (Tcp, 3243, "timelot", "timelot"),
    ] {
        let claim = claims(transport, port).next().unwrap();
        assert_eq!((claim.name, claim.basis), (name, Basis::Registered), "{port}");
        assert_eq!(claim.protocol(), protocol, "{port}");
    }
}

#[test]
fn a_use_in_practice_comes_before_the_registration() {
    assert_eq!(names(Udp, 3343), [("netft", Basis::Practice), ("ms-cluster-net", Basis::Registered)]);
    assert_eq!(names(Udp, 3391), [("rdg-udp", Basis::Practice), ("savant", Basis::Registered)]);
    assert_eq!(names(Tcp, 3391), [("savant", Basis::Registered)]);
    assert_eq!(names(Udp, 443)[0], ("quic", Basis::Practice));
    assert_eq!(names(Udp, 51_820), [("wireguard", Basis::Practice)]);
}

#[test]
fn transports_have_promises_of_their_own() {
    assert_eq!(claims(Tcp, 514).next().unwrap().protocol(), "rsh");
    assert_eq!(claims(Udp, 514).next().unwrap().protocol(), "syslog");
    assert_eq!(claims(Udp, 3389).next().unwrap().protocol(), "rdp-udp");
    assert_eq!(claims(Tcp, 1494).next().unwrap().name, "ica");
    assert_eq!(claims(Udp, 1494).next().unwrap().name, "edt");
}

#[test]
fn ranges_rank_below_single_ports() {
    assert_eq!(names(Udp, 3243), [("timelot", Basis::Registered), ("framehawk", Basis::Range)]);
    assert_eq!(names(Udp, 3323), [("framehawk", Basis::Range), ("active-net", Basis::Range)]);
    assert_eq!(names(Tcp, 3243), [("timelot", Basis::Registered)]);
    assert_eq!(names(Tcp, 6001), [("x11", Basis::Range)]);
    for port in 0..=u16::MAX {
        for transport in [Tcp, Udp, Sctp] {
            assert!(claims(transport, port).is_sorted_by_key(|claim| claim.basis), "{port}");
        }
    }
}

#[test]
fn both_ends_of_framehawks_range_belong_to_it_and_their_neighbours_do_not() {
    let in_range = |port| claims(Udp, port).any(|claim| claim.name == "framehawk");
    assert!(!in_range(3223) && in_range(3224) && in_range(3324) && !in_range(3325));
}

#[test]
fn a_port_that_nobody_uses_promises_nothing() {
    assert_eq!(names(Tcp, 49_999), []);
    assert_eq!(names(Udp, 0), []);
    assert_eq!(names(Tcp, u16::MAX), []);
}

#[test]
fn several_protocols_may_keep_one_promise() {
    assert!(promises(&claim(Tcp, 443, "https"), "tls"));
    assert!(promises(&claim(Udp, 443, "https"), "quic"));
    assert!(!promises(&claim(Tcp, 443, "https"), "http"));
    assert!(promises(&claim(Tcp, 8080, "http-alt"), "http"));
    assert!(!promises(&claim(Tcp, 8080, "http-alt"), "tls"));
    assert!(promises(&claim(Tcp, 1433, "ms-sql-s"), "tds"));
    assert!(!promises(&claim(Tcp, 143, "imap"), "tls"));
    assert!(promises(&claim(Udp, 3391, "rdg-udp"), "dtls"));
    assert!(!promises(&claim(Udp, 3343, "netft"), "dns"));
}

#[test]
fn a_protocol_that_nobody_has_named_keeps_the_promise_of_its_own_name_only() {
    let fatpipe = claim(Udp, 3353, "fatpipe");
    assert!(promises(&fatpipe, "fatpipe"));
    for other in INSPECTORS.iter().filter(|inspector| inspector.name != "fatpipe") {
        assert!(!promises(&fatpipe, other.name), "{}", other.name);
    }
}

#[test]
fn a_description_tells_the_layer_below_where_nothing_else_does() {
    let claim = claim(Tcp, 1129, "saphostctrls");
    assert!(promises(&claim, "tls") && !promises(&claim, "smtp"));
}

/// Which of the layers below other protocols somebody on `port` promises.
fn layers_on(port: u16) -> Vec<&'static str> {
    let layers = ["http", "tls", "ssh"].into_iter();
    layers.filter(|layer| claims(Tcp, port).any(|claim| promises(&claim, layer))).collect()
}

#[test]
fn the_secure_shell_is_no_other_secure_layer_and_no_word_of_it_is_anybody_elses() {
    for (port, layers) in [(22, &["ssh"][..]), (257, &[]), (3550, &["tls"]), (5161, &["ssh"]), (23, &[])] {
        assert_eq!(layers_on(port), layers, "{port}");
    }
}

#[test]
fn whoever_has_https_registered_is_not_promised_http_nor_the_other_way_round() {
    for port in [443, 1129, 2381, 4849, 5986, 5989, 8243, 8443] {
        assert_eq!(layers_on(port), ["tls"], "{port}");
    }
    for port in [80, 4848, 5985, 5988, 8280, 47_001] {
        assert_eq!(layers_on(port), ["http"], "{port}");
    }
    for port in [1881, 3427, 32_635] {
        assert_eq!(layers_on(port), [""; 0], "{port}");
    }
}

#[test]
fn ftp_in_the_clear_breaks_the_promise_of_ftp_over_tls() {
    let claim = claim(Tcp, 990, "ftps");
    assert!(promises(&claim, "tls") && !promises(&claim, "ftp"));
}

#[test]
fn whoever_is_a_kind_of_a_protocol_keeps_its_promise() {
    for inspector in INSPECTORS {
        let Some(general) = inspector.refines else { continue };
        assert!(promises(&PortClaim::by_user(general), inspector.name), "{}", inspector.name);
    }
}

#[test]
fn the_table_of_services_is_in_order_and_knows_no_service_that_does_not_exist() {
    assert!(services::SERVICES.is_sorted_by_key(|(name, _)| name));
    let known: std::collections::BTreeSet<_> =
        registered::all().map(|service| service.name).chain(practice::all().map(|used| used.name)).collect();
    for (name, protocols) in services::SERVICES {
        assert!(known.contains(name), "{name}");
        assert_ne!(*protocols, [*name]);
        // Without protocols a row only says that its description misleads.
        let misleads =
            || registered::all().any(|of| of.name == *name && hints::expect(of.description, "tls"));
        assert!(!protocols.is_empty() || misleads(), "{name}");
    }
}

/// Names that services and uses are mapped to and that no inspector recognises by bytes.
#[rustfmt::skip]
const NOT_RECOGNISED: &[&str] = &[
    "adb", "afp", "ajp13", "ams", "anydesk", "ard", "asterisk-ami", "bfd", "bitcoin", "bittorrent",
    "bjnp", "c1222", "capwap", "cassandra", "cgp", "clamav", "cldap", "clickhouse", "collectd", "consul",
    "corosync", "cotp", "cpha", "crimson", "dahua", "dcerpc", "dhcp", "dhcpv6", "dicom", "dnp3", "dns",
    "doip", "drda", "dropbox", "dtls", "edonkey", "edt", "egd", "elasticsearch", "enip", "erlang-dist",
    "ethereum", "fins", "firebird", "fluentd", "fox", "framehawk", "ftp", "ge-srtp", "gelf", "gnutella",
    "gtp", "h323", "hazelcast", "hsrp", "http", "http2", "ica", "iec104", "imap", "iperf", "iperf3",
    "ipfix", "ipmi", "ipp", "ipsec", "irc", "iscsi", "java-rmi", "jetdirect", "kafka", "kerberos",
    "l2tp", "ldap", "ldp", "lisp", "lpd", "lumberjack", "lwapp", "mac-telnet", "megaco", "melsec",
    "memcached", "mgcp", "minecraft", "mms", "mndp", "modbus", "mongodb", "nat-pmp", "nats",
    "netbios-ssn", "netflow", "netft", "nfs", "nmdc", "nmf", "opcua", "openflow", "openwire",
    "oracle-tns", "pcp", "pcworx", "portmap", "postgresql", "proconos", "ptp", "pulsar", "quic",
    "radius", "raknet", "rdg-udp", "rdp", "rdp-udp", "redis", "redis-bus", "rexec", "rip", "rlogin",
    "rmcp", "routeros-api", "rpc", "rsh", "rtcp", "rtmp", "rtp", "rtps", "rtsp", "rustdesk", "rx",
    "s1ap", "s7comm", "s7comm-plus", "sap-diag", "sap-gateway", "sap-ms", "saprouter", "sccp-skinny",
    "serf", "slp", "smb", "smtp", "snmp", "socks", "source-engine", "splunk", "ssrp", "statsd", "steam",
    "stomp", "stun", "syncthing-discovery", "syslog", "tacacs", "tacacs-plus", "tdp", "tds",
    "teamviewer", "telnet", "thrift", "tip", "tivoconnect", "tls", "tpkt", "tplink-smarthome",
    "traceroute", "turn", "ubiquiti-discovery", "udt", "vmware-auth", "vmware-heartbeat", "vnc", "vxlan",
    "winbox", "wireguard", "wow", "xmeye", "xmpp", "zabbix", "zookeeper",
];

#[test]
fn every_protocol_that_a_service_maps_to_is_recognised_or_listed_as_not() {
    let recognised = |name: &str| INSPECTORS.iter().any(|inspector| inspector.name == name);
    let mapped = services::SERVICES.iter().flat_map(|(_, protocols)| protocols.iter());
    let mut missing: Vec<&str> = mapped
        .copied()
        .chain(practice::all().map(|used| used.name))
        .filter(|name| !recognised(name) && !NOT_RECOGNISED.contains(name))
        .collect();
    missing.sort_unstable();
    missing.dedup();
    assert!(missing.is_empty(), "{missing:?}");
}
