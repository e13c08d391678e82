//! What an administrator must find, and that it fits the screen.

use super::systems::SYSTEMS;
use super::*;
use crate::protocols::INSPECTORS;

fn text(query: &str) -> String {
    // Words only, so that a line's end does not hide a phrase.
    explain(query).unwrap().text(100).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn each_special_system_tells_its_key_facts() {
    for (query, facts) in [
        ("netft", &["ms-cluster-net", "55 55 55 55", "TCP 3343", "1135", "no such network", "UTC"][..]),
        ("3343", &["ms-cluster-net", "netft", "1572", "IP cameras"]),
        ("3391", &["savant", "rdg-udp", "DTLS", "AA 1D", "CVE-2020-0609", "TCP 443", "MS-TSGU"]),
        ("3391/udp", &["savant", "DTLS"]),
        ("rdp-udp", &["1232", "ms-wbt-server", "1260", "lossy"]),
        ("3389/udp", &["rdp-udp", "1280"]),
        ("fatpipe", &["3353", "Wide Area Redundancy Protocol", "contradicted"]),
        ("framehawk", &["3224", "3324", "3283 Apple Remote Desktop", "1903", "/enable_framehawk_port"]),
        ("timelot", &["3243", "Framehawk", "listening"]),
        ("3243", &["timelot", "framehawk"]),
        ("edt", &["citriximaclient", "1494", "2598", "no document says so"]),
        ("tip", &["tip2", "RFC 2371", "IDENTIFY", "source port is not 3372", "explain msdtc"]),
        ("msdtc", &["906b0ce0-c70b-1067-b317-00dd010662da", "135", "ServerTcpPort", "0x16C9A0D6"]),
    ] {
        let text = text(query);
        for fact in facts {
            assert!(text.contains(fact), "{query} does not tell {fact:?}: {text}");
        }
    }
}

#[test]
fn a_service_is_explained_by_the_protocol_that_is_really_spoken() {
    assert!(text("ms-cluster-net").contains("heartbeats"));
    assert!(text("ms_cluster_net").contains("heartbeats"));
    assert!(text("tip2").contains("RFC 2371"));
    assert!(text("savant").contains("RD Gateway's UDP side channel"));
    assert!(text("saprouter").contains("pdrncs") || text("saprouter").contains("3299"));
}

#[test]
fn a_range_lists_what_else_lies_in_it() {
    let range = text("3224-3324");
    for fact in
        ["framehawk", "3243 timelot", "3260 iscsi-target", "3306 mysql", "3322-3325 active-net", "SAProuter"]
    {
        assert!(range.contains(fact), "{fact}: {range}");
    }
    assert!(range.contains("up to behaviour") || range.contains("Raised to behaviour"), "{range}");
    assert!(!range.contains("3225, 3226"), "{range}");
    assert!(text("0-65535").contains("more"));
}

#[test]
fn a_range_that_ends_before_it_begins_is_wrong_and_told_so() {
    for query in ["3324-3224", "3324-3224/udp", "udp:3324-3224"] {
        let said = explain(query).unwrap_err().to_string();
        assert!(said.contains("write 3224-3324"), "{query}: {said}");
    }
}

#[test]
fn what_only_behaves_is_said_to_be_known_by_behaviour_at_best_and_its_ports_are_a_range() {
    let text = text("framehawk");
    assert!(text.contains("up to behaviour") && text.contains("usual on 3224-3324"), "{text}");
}

#[test]
fn a_port_over_one_transport_tells_nothing_of_the_others() {
    let (udp, tcp) = (text("514/udp"), text("tcp:514"));
    assert!(udp.contains("syslog") && !udp.contains("like exec"), "{udp}");
    assert!(tcp.contains("like exec") && !tcp.contains("udp syslog"), "{tcp}");
}

#[test]
fn a_port_that_is_nobodys_says_so() {
    let text = text("49999/tcp");
    assert!(
        text.contains("No service is registered") && text.contains("see which side was listening"),
        "{text}"
    );
}

#[test]
fn every_protocol_is_explained_with_its_rules_and_its_specification() {
    for inspector in INSPECTORS {
        let text = text(inspector.name);
        let specification: Vec<_> = inspector.specification.split_whitespace().collect();
        assert!(text.contains(&specification.join(" ")), "{}: {text}", inspector.name);
    }
    assert!(text("ssh").contains("version-line"));
}

#[test]
fn no_line_is_wider_than_asked_for() {
    let names = SYSTEMS.iter().flat_map(|system| system.protocols.iter().chain(system.also).copied());
    let queries = names.chain(INSPECTORS.iter().map(|inspector| inspector.name));
    for query in queries.chain(["443", "3224-3324", "0-65535", "500/udp", "49999", "8080"]) {
        let explanation = explain(query).unwrap();
        for width in [40, 80, 100] {
            for line in explanation.text(width).lines() {
                assert!(line.chars().count() <= width, "{query} at {width}: {line}");
                assert_eq!(line, line.trim_end(), "{query} at {width}");
            }
        }
    }
}

#[test]
fn what_a_port_leaves_out_of_the_findings_is_under_the_name_that_it_gives() {
    for (port, finding) in [
        ("3343", "netft-tcp-blocked"),
        ("3391", "rdg-udp-self-signed"),
        ("3389", "rdp-udp-works"),
        ("3372", "tip-in-doubt"),
    ] {
        let said = text(port);
        if said.contains(finding) {
            continue;
        }
        let (_, name) = said.split_once("more: see wiretell explain ").unwrap();
        let name = name.split(' ').next().unwrap();
        assert!(text(name).contains(finding), "{port}, {name}");
    }
}

#[test]
fn a_special_system_fits_on_a_tall_screen() {
    for system in SYSTEMS {
        for &(first, last, _) in system.ports.iter().filter(|(first, last, _)| first == last) {
            let lines = explain(&first.to_string()).unwrap().text(110).lines().count();
            assert!(lines <= 60, "{first} to {last} takes {lines} lines");
        }
    }
}

#[test]
fn what_is_told_by_bytes_is_never_said_to_be_known_by_its_port_alone() {
    for reference in cross_references::all() {
        let text = text(reference.name);
        assert!(
            reference.labels().is_empty() || !text.contains("Not by bytes"),
            "{}: {text}",
            reference.name
        );
        let is_told = reference.words().split_whitespace().collect::<Vec<_>>().join(" ");
        let is_system = SYSTEMS.iter().any(|system| text.contains(system.title));
        assert!(is_system || text.contains(&is_told), "{}: {text}", reference.name);
    }
    assert!(text("ipfix").contains("told as netflow"), "{}", text("ipfix"));
    assert!(text("winrm").contains("47001") && text("winrm").contains("http where http.service is winrm"));
}

#[test]
fn names_are_found_as_people_write_them() {
    for query in [
        "MS-SQL browser",
        "ESXi",
        "PROXY",
        "syslog over TLS",
        "H.323",
        "MPEG-TS",
        "S7",
        "KNX",
        "OPC UA",
        "EtherNet/IP",
        "TNS",
        "MSSQL",
        "IKE",
        "ESP",
        "802.1X",
        "LLDP",
        "Modbus TCP",
        "Modbus/TCP",
        "Kubernetes API",
        "HTTP/3",
        "OPC-DA",
    ] {
        assert!(explain(query).is_ok(), "{query}");
    }
    assert!(text("H.323").starts_with("h323: ") && text("EtherNet/IP").starts_with("enip: "));
    assert!(text("PROXY").contains("haproxy") && text("tns").contains("oracle-tns"));
}

#[test]
fn what_is_unknown_is_answered_with_names_that_are_spelt_alike() {
    let unknown = explain("netfd").unwrap_err();
    assert_eq!(unknown.suggestions[0], "netft");
    assert!(unknown.to_string().contains("did you mean netft"), "{unknown}");
    for nonsense in ["", "70000", "3391/icmp", "12-", "-", "tcp/udp", "qqqqqqqqqqqqqqqq"] {
        assert!(explain(nonsense).is_err(), "{nonsense}");
    }
}

#[test]
fn every_fact_of_a_system_is_a_sentence_and_every_source_is_named() {
    for system in SYSTEMS {
        let facts =
            [system.uses, system.recognised, system.confused, system.folklore, system.checks].concat();
        assert!(!system.uses.is_empty() && !system.recognised.is_empty() && !system.checks.is_empty());
        for fact in facts {
            assert!(
                fact.text.ends_with(['.', '"']) || fact.text.contains("wiretell explain"),
                "{}",
                fact.text
            );
            assert!(!fact.text.contains("  "), "{}", fact.text);
            assert!(fact.basis.is_none_or(|(_, source)| !source.is_empty()), "{}", fact.text);
        }
    }
}
