//! Expressions against a sample flow, and what is said of those that are wrong.

use super::*;
use crate::output::samples;

fn fits(expression: &str) -> bool {
    let flow = samples::full();
    let selection: Selection = expression.parse().unwrap_or_else(|error| panic!("{expression}: {error}"));
    selection.selects(&flow, Some("a.pcap"))
}

#[test]
fn expressions_say_of_a_flow_what_they_say() {
    for yes in [
        "app_proto == \"tls\"",
        "app_proto == tls and verdict != confirmed",
        "dst_port in 8000..9000",
        "dst_port in {443, 8443}",
        "dst_port in {80 8443}",
        "ip in 10.0.0.0/8 and not ip == 10.0.0.3",
        "src_ip == 10.0.0.1 && dst_ip eq 10.0.0.2",
        "bytes < 1k || bytes > 1M",
        "bytes < 5kB and bytes > 10B",
        "bytes >= 600 and bytes <= 600",
        "confidence > signature and confidence <= dialogue",
        "attributes[\"tls.sni\"] contains \"\\\"b\"",
        "attributes[tls.sni] matches \"^A,\"",
        "attributes[\"tls.sni\"]",
        "!attributes[\"http.host\"]",
        "attributes[\"http.host\"] != \"a\"",
        "vlan == 20 and tunnel == gre",
        "icmp_error and truncated == true",
        "duration == 1.25 and rtt_ms == 1.25 and retransmitted == 2",
        "file contains .pcap",
        "proto == tcp",
        "(app_proto == dns or app_proto == tls) and packets == 6",
        "rule == a-rule",
        "port_claim matches pcsync",
        "tcp and tls and gre",
        "ip.addr == 10.0.0.1 && ip.addr == 10.0.0.2 && tcp.port == 8443",
        "ip.src == 10.0.0.1 and ip.dst in 10.0.0.0/24 and ip.proto == 6",
        "tcp.dstport in {443, 8443} and tcp.srcport != 8443",
        "not udp.port and not sctp.port and not ipv6.addr and not ipv6",
        "udp.port != 8443",
        "vlan.id == 20 and tcp.analysis.retransmission",
        "tls.sni contains b and tls.handshake.extensions_server_name contains b",
        "not tls.alpn",
        "bytes < 5 kB and bytes > 10 B and (bytes == 0.6 k)",
        "bytes in {0.6 kB, 1 MB}",
        "bytes < 1 KiB and bytes == 600 and bytes > 0.5 KiB",
        "tcp.port == 0x20fb",
        "tcp.port not in {443, 80}",
        "ip.addr in {10.0.0.2..10.0.0.9}",
        "not ip in 10.0.0.3..10.0.0.9 and ip in 10.0.0.1..10.0.0.1",
        "not ip in ::..ffff::",
        "tcp xor udp",
        "udp xor tcp and tls",
        "tls or udp ^^ icmp",
        "not (tcp xor tls)",
        "udp xor tcp xor icmp",
        "app_proto != null and not app_proto == null",
        "tls.alpn == null and not tls.sni == null",
        "duration == 1.25s and duration < 1 m and duration > 200ms and duration <= 1h",
        "rtt_ms < 1 s and rtt_ms >= 1 ms",
    ] {
        assert!(fits(yes), "{yes}");
        assert!(!fits(&format!("not ({yes})")), "not ({yes})");
    }
}

#[test]
fn mistakes_are_named_with_their_column() {
    for (expression, told) in [
        ("app_prot == tls", "column 1: there is no field `app_prot`; did you mean app_proto?"),
        ("bytes > 1M and verdict == confirmd", "column 27: `confirmd` is not one of"),
        ("ip in 10.0.0.0/33", "column 7: `10.0.0.0/33` is not an address or a network"),
        ("dst_port in 9..3", "column 13: this range ends before it begins"),
        ("dst_port == https", "column 13: `https` is not a number"),
        ("dst_port = 443", "column 10: write == to compare"),
        ("app_proto > tls", "column 13: app_proto has no order"),
        ("app_proto matches \"(\"", "column 19: this is no regular expression"),
        ("bytes contains 1", "column 16: bytes is no text"),
        ("app_proto == \"tls", "column 14: the text that begins with"),
        ("(app_proto == tls", "column 18: a closing bracket is missing"),
        ("app_proto == tls bytes > 1", "column 18: `bytes` is too much here"),
        ("attributes[\"tls.snj\"]", "column 12: no protocol sets an attribute `tls.snj`"),
        ("app_proto in (\"tls\", \"http\")", "column 14: a set stands in braces: in {tls, http}"),
        ("dst_port == 99999", "column 13: `99999` is no port"),
        ("port in {80, 70000}", "column 14: `70000` is no port"),
        ("dst_port in 1..65536", "column 16: `65536` is no port"),
        ("tcp && !tsl", "column 9: there is no field `tsl`"),
        ("tls == 1", "column 1: `tls` stands by itself, or write app_proto == tls"),
        ("udp > 3", "column 1: `udp` stands by itself, or write proto == udp"),
        ("ip.addr == fe80::1", "column 12: `fe80::1` is of IPv6: write ipv6.addr"),
        ("ipv6.src == 10.0.0.1", "column 13: `10.0.0.1` is of IPv4: write ip.src"),
        ("udp.port == 70000", "column 13: `70000` is no port"),
        (
            "tcp and eth.addr == 00:00:5e:00:53:01",
            "column 9: there is no field `eth.addr`: records have no Ethernet",
        ),
        (
            "frame.number == 3",
            "column 1: there is no field `frame.number`: flows have no frames of their own",
        ),
        ("bytes > 5 km", "column 11: `km` is too much here"),
        (
            "tcp.port in {80, 8000-8100}",
            "column 18: `8000-8100` is not how ranges are written here: 8000..8100",
        ),
        (
            "ip in 10.0.0.1-10.0.0.9",
            "column 7: `10.0.0.1-10.0.0.9` is not how ranges are written here: 10.0.0.1..10.0.0.9",
        ),
        ("ip in 10.0.0.9..10.0.0.1", "column 7: this range ends before it begins"),
        (
            "ip in 10.0.0.1..::1",
            "column 7: a range goes from an address to another of the same version of IP",
        ),
        (
            "port 443",
            "column 6: `443` is too much here: write port == 443; what tcpdump takes goes to --filter",
        ),
        ("udp port 3343", "column 5: `port` is too much here: write udp.port == with a number; what tcpdump"),
        ("tcp not tls", "column 5: `not` is too much here: it stands before a whole condition"),
        ("tcp.port == 0xg", "column 13: `0xg` is not a number"),
        ("duration > 3x", "column 12: `3x` is not a number of seconds"),
        ("app_proto in {null, dns}", "column 15: null stands behind == and != only: write not app_proto"),
        ("label == netft", "column 1: there is no field `label`: write app_proto =="),
        ("tls.sni > abc", "column 11: attributes has no order"),
        ("", "column 1: a field's name is expected here"),
        ("ü == 1", "column 1: there is no field `ü`"),
    ] {
        assert!(mistake(expression).starts_with(told), "{expression}: {}", mistake(expression));
    }
    assert!(mistake(&"(".repeat(1000)).contains("too many brackets"));
}

#[test]
fn an_attribute_is_compared_as_it_is_written_whether_it_is_a_text_or_a_number() {
    let mut flow = samples::full();
    let mut attributes = crate::attributes::Attributes::default();
    attributes.set("tls.version", "1.3");
    attributes.set("http.status", 200_u16);
    flow.attributes = attributes;
    let fits = |expression: &str| expression.parse::<Selection>().unwrap().selects(&flow, None);
    for yes in [
        "tls.version == 1.3",
        "tls.version == \"1.3\"",
        "tls.version in {1.2, 1.3}",
        "tls.version in 1.2..1.3",
        "tls.version >= 1.3 and tls.version > \"1.2\" and tls.version < 1.10",
        "http.status == 200 and http.status == \"200\" and http.status == 0xc8",
        "http.status >= 200 and http.status < \"300\" and http.status in 200..299",
    ] {
        assert!(fits(yes), "{yes}");
    }
    for no in [
        "tls.version == 1.30",
        "tls.version > 1.3",
        "tls.version != 1.3",
        "http.status == \"0200a\"",
        "http.status > 200",
    ] {
        assert!(!fits(no), "{no}");
    }
}

#[test]
fn networks_hold_their_addresses_and_no_others() {
    let holds = |network: &str, address: &str| {
        let expression = format!("src_ip in {network}");
        let selection: Selection = expression.parse().unwrap();
        let mut flow = samples::full();
        flow.endpoints[0].address = address.parse().unwrap();
        selection.selects(&flow, None)
    };
    assert!(
        holds("0.0.0.0/0", "255.1.2.3") && holds("10.1.2.3", "10.1.2.3") && holds("fe80::/10", "febf::1")
    );
    assert!(!holds("10.1.2.3", "10.1.2.4") && !holds("fe80::/10", "fec0::1") && !holds("::/0", "1.2.3.4"));
    assert!(holds("{10.0.0.0/8, 192.168.0.0/16}", "192.168.3.4"));
}

#[test]
fn a_label_by_itself_takes_its_special_kinds_and_flows_that_only_the_port_names() {
    let holds = |expression: &str, label: &'static str| {
        let selection: Selection = expression.parse().unwrap_or_else(|error| panic!("{expression}: {error}"));
        let verdict = crate::verdict::Verdict::Confirmed;
        selection.selects(&samples::labelled("10.0.0.1:40000", "10.0.0.2:99", label, verdict), None)
    };
    assert!(holds("dtls", "dtls") && holds("dtls", "rdg-udp") && holds("http", "grpc"));
    assert!(!holds("rdg-udp", "dtls") && !holds("tls", "dtls") && !holds("app_proto == dtls", "rdg-udp"));
    assert!(holds("timelot", "timelot") && !holds("timelot", "tls"));
}

#[test]
fn addresses_of_tunnels_are_wireshark_s_addresses_too_and_no_others() {
    let mut flow = samples::full();
    let mut layers = crate::packet::Layers::default();
    let addresses = Some(("192.0.2.1".parse().unwrap(), "2001:db8::2".parse().unwrap()));
    layers.push_tunnel(crate::packet::Tunnel { kind: "vxlan", addresses, id: None });
    flow.layers = crate::packet::Enclosure::of(&layers);
    let fits = |expression: &str| expression.parse::<Selection>().unwrap().selects(&flow, None);
    assert!(fits("ip.addr == 192.0.2.1 and ipv6.dst == 2001:db8::2 and vxlan and ip.addr == 10.0.0.1"));
    assert!(!fits("ip == 192.0.2.1") && !fits("ipv6.src") && !fits("ip.dst == 192.0.2.1") && !fits("gre"));
}

#[test]
fn what_findings_show_their_packets_by_chooses_flows_too() {
    for filter in [
        "ip.addr == 10.2.0.1 && ip.addr == 10.2.0.2 && udp.port == 3343",
        "udp.port == 3343 && (ip.addr == 10.1.0.3 || ip.addr == 10.2.0.3)",
        "(ip.addr == 10.0.0.10 && udp.port == 46747) || (ipv6.addr == fe80::1 && icmp && tcp.port == 443)",
    ] {
        assert!(filter.parse::<Selection>().is_ok(), "{filter}");
    }
}

fn mistake(expression: &str) -> String {
    let parsed: Result<Selection, SelectError> = expression.parse();
    parsed.err().unwrap_or_else(|| panic!("{expression} is taken")).to_string()
}
