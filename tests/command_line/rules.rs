//! Rules of the user's own: they name flows, are checked, and are drafted.

use super::{Capture, Files, SECOND, all_records, dns, run};
use serde_json::Value;
use std::path::Path;

const CLIENT: ([u8; 2], u16) = ([0, 1], 50_001);

/// Five datagrams to port 7001, a stream to port 7200, a DNS exchange, and HTTP on port 7300.
fn capture() -> Capture {
    let mut capture = Capture::default();
    for number in 0..5_u8 {
        let payload = [b"ACME\x02\x10\0\x0c\0\0\0".as_slice(), &[number]].concat();
        capture.udp(
            i64::from(number) * SECOND,
            ([0, 1], 50_001 + u16::from(number)),
            ([0, 2], 7001),
            &payload,
        );
    }
    capture.connection(SECOND, CLIENT, ([0, 3], 7200), &[(true, b"HELO 17\r\n"), (false, b"READY 1\r\n")]);
    capture.udp(2 * SECOND, CLIENT, ([0, 4], 53), &dns(0x0100, "www.example", false));
    let (get, ok) =
        (b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    capture.connection(3 * SECOND, CLIENT, ([0, 5], 7300), &[(true, get), (false, ok)]);
    capture
}

/// The flows of the capture to a port, with these rules and options: label, verdict, confidence, and the first reason.
fn told(rules: &str, port: u16, more: &[&str]) -> (String, String, String, String) {
    let files = Files::new(&format!("told-{port}-{}", rules.len()));
    let (rules, trace) =
        (files.write("own.toml", rules.as_bytes()), files.write("a.pcap", &capture().pcap()));
    let (code, out, err) =
        run(&[&["read", "--format", "jsonl", "--rules", &rules], more, &[trace.as_str()]].concat());
    assert_eq!(code, 0, "{err}");
    let records = all_records(&out);
    let flow = records.iter().find(|record| record["dst_port"] == port).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let why = flow["why"].as_array().unwrap().first().map(|reason| text(&reason["detail"]));
    (text(&flow["app_proto"]), text(&flow["verdict"]), text(&flow["confidence"]), why.unwrap_or_default())
}

fn payload(name: &str, more: &str, pattern: &str) -> String {
    format!("[[rule]]\nname = \"{name}\"\n{more}\n[[rule.payload]]\n{pattern}\n")
}

#[test]
fn an_own_rule_names_what_nobody_knows_and_says_so() {
    let rule = payload("acme", "transport = \"udp\"", "bytes = \"41 43 4d 45 0? ??\"");
    let (label, verdict, confidence, why) = told(&rule, 7001, &[]);
    assert_eq!((label.as_str(), confidence.as_str()), ("acme", "signature"));
    assert!(why.starts_with("own rule acme in ") && why.contains("own.toml, line 1"), "{why}");
    // What IANA has for the port is not what the user found there, unless the rule names the port.
    assert_eq!(verdict, "contradicted");
    let on_port = rule.replace("transport", "port = 7001\ntransport");
    assert_eq!(told(&on_port, 7001, &[]).1, "confirmed");
    let length = "bytes = \"41434d45\"\nlength = { at = 6, type = \"u16be\" }";
    assert_eq!(told(&payload("acme", "transport = \"udp\"", length), 7001, &[]).2, "message");
    let both = "regex = '^HELO [0-9]+\\r\\n'\n[[rule.payload]]\nside = \"server\"\nbytes = \"52 45\"";
    let (label, _, confidence, _) = told(&payload("console", "", both), 7200, &[]);
    assert_eq!((label.as_str(), confidence.as_str()), ("console", "dialogue"));
}

#[test]
fn an_own_rule_outranks_what_is_built_in_and_only_where_all_of_it_holds() {
    let get = "bytes = \"47 45 54 20\"";
    assert_eq!(told(&payload("intranet", "", get), 7300, &[]).0, "intranet");
    for elsewhere in [
        "transport = \"udp\"",
        "port = [80, \"7301-7399\", \"7300/udp\"]",
        "servers = \"10.0.0.6\"",
        "clients = \"10.1.0.0/16\"",
        "between = \"10.0.0.4/31\"",
        "hosts = [\"10.0.0.6\", \"2001:db8::/32\"]",
    ] {
        assert_eq!(told(&payload("intranet", elsewhere, get), 7300, &[]).0, "http", "{elsewhere}");
    }
    for here in
        ["port = \"7300/tcp\"", "servers = \"10.0.0.5\"", "hosts = \"10.0.0.1\"", "between = \"10.0.0.0/24\""]
    {
        assert_eq!(told(&payload("intranet", here, get), 7300, &[]).0, "intranet", "{here}");
    }
    // The first rule that fits counts.
    let two = payload("first", "", get) + &payload("second", "", get);
    assert_eq!(told(&two, 7300, &[]).0, "first");
}

#[test]
fn an_own_rule_that_names_a_port_promises_it_and_other_bytes_there_contradict_it() {
    let files = Files::new("rule-promises");
    let mut capture = capture();
    capture.udp(5 * SECOND, ([0, 1], 51_001), ([0, 2], 7001), b"something else\n");
    capture.udp(6 * SECOND, ([0, 1], 51_002), ([0, 2], 7001), &dns(0x0100, "www.example", false));
    capture.udp(7 * SECOND, ([0, 1], 51_003), ([0, 6], 7001), b"something else\n");
    let trace = files.write("a.pcap", &capture.pcap());
    let rule =
        payload("acme", "transport = \"udp\"\nport = 7001\nservers = \"10.0.0.2\"", "bytes = \"41434d45\"");
    let rules = files.write("own.toml", rule.as_bytes());
    let (_, out, _) = run(&["read", "--format", "jsonl", "--rules", &rules, &trace]);
    let of = |port: u16| all_records(&out).into_iter().find(|record| record["src_port"] == port).unwrap();
    let (fits, other, dns, elsewhere) = (of(50_002), of(51_001), of(51_002), of(51_003));
    for flow in [&fits, &other, &dns] {
        let first = &flow["port_claim"][0];
        assert_eq!((&first["name"], &first["basis"]), (&Value::from("acme"), &Value::from("user")), "{flow}");
    }
    assert_eq!((&fits["app_proto"], &fits["verdict"]), (&Value::from("acme"), &Value::from("confirmed")));
    assert!(
        fits["why"][1]["detail"].as_str().unwrap().starts_with("port 7001 is that of own rule acme"),
        "{fits}"
    );
    assert_eq!((&other["app_proto"], &other["verdict"]), (&Value::Null, &Value::from("contradicted")));
    let why = other["why"][0]["detail"].as_str().unwrap();
    assert!(why.starts_with("the first bytes are not what the rule of acme says: "), "{why}");
    assert_eq!((&dns["app_proto"], &dns["verdict"]), (&Value::from("dns"), &Value::from("contradicted")));
    assert_ne!(elsewhere["port_claim"][0]["name"], "acme");
    let (_, out, _) =
        run(&["read", "--format", "jsonl", "--rules", &rules, "--where", "port_claim == acme", &trace]);
    assert_eq!(all_records(&out).iter().filter(|record| record["type"] == "flow").count(), 7);
}

#[test]
fn a_rule_about_ports_alone_is_worth_what_a_port_is() {
    let rule = "[[rule]]\nname = \"acme-port\"\nport = [7001, 7300]\n";
    let (label, verdict, confidence, why) = told(rule, 7001, &[]);
    assert_eq!((label.as_str(), verdict.as_str(), confidence.as_str()), ("acme-port", "plausible", "port"));
    assert!(why.contains("looks at no bytes"), "{why}");
    // Bytes outrank it.
    let (label, verdict, ..) = told(rule, 7300, &[]);
    assert_eq!((label.as_str(), verdict.as_str()), ("http", "contradicted"));
}

#[test]
fn the_listening_side_is_found_by_the_rule_where_nothing_else_tells() {
    let files = Files::new("rule-sides");
    let mut capture = Capture::default();
    capture.udp(0, ([0, 2], 47_001), ([0, 1], 47_002), b"PONG....");
    capture.udp(SECOND, ([0, 1], 47_002), ([0, 2], 47_001), b"PING....");
    let trace = files.write("a.pcap", &capture.pcap());
    let of = |rules: String| {
        let rules = files.write("own.toml", rules.as_bytes());
        let (_, out, _) = run(&["read", "--format", "jsonl", "--rules", &rules, &trace]);
        let flow = all_records(&out).remove(0);
        (flow["app_proto"].clone(), flow["dst_port"].clone())
    };
    let ping = payload("ping", "", "bytes = \"50494e47\"");
    assert_eq!(of(ping), (Value::from("ping"), Value::from(47_001)));
    assert_eq!(
        of("[[rule]]\nname = \"p\"\nport = 47001\n".to_owned()),
        (Value::from("p"), Value::from(47_001))
    );
    assert_eq!(of(payload("none", "port = 47002", "bytes = \"50494e47\"")).0, Value::Null);
}

#[test]
fn a_label_of_ones_own_works_wherever_labels_do() {
    let files = Files::new("rule-labels");
    let hostile = r#"<script>alert(1)</script>,"=1"#;
    let rule = format!("[[rule]]\nname = '{hostile}'\nport = 7001\n[[rule.payload]]\nbytes = \"41434d45\"\n");
    let rules = files.write("own.toml", rule.as_bytes());
    let trace = files.write("a.pcap", &capture().pcap());
    let with = |more: &[&str]| run(&[&["read", "--rules", &rules], more, &[trace.as_str()]].concat());
    let selected =
        with(&["--format", "jsonl", "--where", r#"app_proto == "<script>alert(1)</script>,\"=1""#]).1;
    let flows = all_records(&selected).into_iter().filter(|record| record["type"] == "flow");
    assert_eq!(
        flows.map(|flow| flow["app_proto"].clone()).collect::<Vec<_>>(),
        vec![Value::from(hostile); 5]
    );
    // Quoted, so that it stays one field.
    assert!(with(&["--format", "csv"]).1.contains(r#""<script>alert(1)</script>,""=1""#));
    let page = with(&["--format", "html"]).1;
    assert!(page.contains("alert(1)") && !page.contains("<script>alert"), "a label is data");
    assert!(with(&[]).1.contains("<script>alert(1)"));
    let (code, ..) = with(&["-d", &format!("udp.port==53,{hostile}"), "--format", "jsonl"]);
    assert_eq!(code, 0);
    let (code, _, err) = with(&["-d", "udp.port==53,nobody"]);
    assert_eq!(code, 2);
    assert!(err.contains("`nobody` is no protocol") && err.contains("--rules"), "{err}");
    let entry = |name: &str| {
        files.write("expected.toml", format!("[[expect]]\nport = 7001\nprotocol = '{name}'\n").as_bytes())
    };
    let (code, out, _) = with(&["--expect", &entry(hostile), "--fail-on", "warning"]);
    assert_eq!(code, 0, "{out}");
    assert_eq!(with(&["--expect", &entry("dns"), "--fail-on", "warning"]).0, 1);
    assert_eq!(run(&["expect", "check", &entry(hostile)]).0, 2);
    assert_eq!(run(&["expect", "check", "--rules", &rules, &entry(hostile)]).0, 0);
    // A name of a file is made of it, and nothing else.
    let directory = files.path("flows");
    let done =
        run(&["extract", "--rules", &rules, "--where", "port == 7001", "--per-flow", &directory, &trace]);
    assert_eq!(done.0, 0, "{}", done.2);
    for entry in std::fs::read_dir(Path::new(&directory)).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name.ends_with("-_script_alert_1___script____1.pcapng"), "{name}");
    }
}

#[test]
fn rules_come_from_several_files_from_variables_and_from_the_configuration() {
    let files = Files::new("rule-sources");
    let one = files.write("one.toml", payload("one", "", "bytes = \"41434d45\"").as_bytes());
    let two = files.write("two.toml", payload("two", "", "regex = '^HELO'").as_bytes());
    let trace = files.write("a.pcap", &capture().pcap());
    let config = files.write("config.toml", format!("[common]\nrules = [\"{one}\", \"{two}\"]\n").as_bytes());
    let (_, given, _) = run(&["read", "--format", "jsonl", "--rules", &one, "--rules", &two, &trace]);
    assert!(given.contains("\"app_proto\":\"one\"") && given.contains("\"app_proto\":\"two\""));
    assert_eq!(run(&["read", "--format", "jsonl", "--config", &config, &trace]).1, given);
    // However many threads: the same.
    let sorted = |out: String| {
        let mut lines: Vec<String> =
            out.lines().filter(|line| line.contains("\"flow\"")).map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let threads = run(&["read", "--format", "jsonl", "--threads", "3", "--config", &config, &trace]).1;
    assert_eq!(sorted(threads), sorted(given));
}

#[test]
fn a_mistake_in_a_rule_is_told_with_its_place_and_is_never_passed_over() {
    let files = Files::new("rule-mistakes");
    let trace = files.write("a.pcap", &capture().pcap());
    for (text, line, column, told) in [
        ("[[rules]]\nname = \"a\"\n", 1, 3, "[[rule]]"),
        ("[[rule]]\nport = 1\n", 1, 1, "no `name`"),
        ("[[rule]]\nname = \"a\"\n", 1, 1, "fits every flow"),
        ("[[rule]]\nname = \"a\"\nprot = 1\n", 3, 1, "is `port` meant?"),
        ("[[rule]]\nname = \" a\"\nport = 1\n", 2, 8, "no space"),
        ("[[rule]]\nname = \"a\"\nport = 70000\n", 3, 8, "65535"),
        ("[[rule]]\nname = \"a\"\ntransport = \"ucp\"\n", 3, 13, "tcp, udp or sctp"),
        ("[[rule]]\nname = \"a\"\n[[rule.payload]]\nbytes = \"4\"\n", 4, 9, "no whole bytes"),
        ("[[rule]]\nname = \"a\"\n[[rule.payload]]\nbytes = \"4g\"\n", 4, 9, "`g` at character 2"),
        ("[[rule]]\nname = \"a\"\n[[rule.payload]]\nbytes = \"41\"\nmask = \"ff ff\"\n", 5, 8, "2 bytes"),
        ("[[rule]]\nname = \"a\"\n[[rule.payload]]\noffset = 4\n", 4, 1, "`bytes`"),
        ("[[rule]]\nname = \"a\"\n[[rule.payload]]\nregex = \"(\"\n", 4, 9, "no regular expression"),
        ("[[rule]]\nname = \"a\"\n[[rule.payload]]\nsize = 4\n", 4, 1, "transport = \"udp\""),
        (
            "[[rule]]\nname = \"a\"\n[[rule.payload]]\nside = \"klient\"\nbytes = \"41\"\n",
            4,
            8,
            "client, server",
        ),
        (
            "[[rule]]\nname = \"a\"\n[[rule.payload]]\nlength = { at = 1, typ = \"u8\" }\n",
            4,
            20,
            "is `type` meant?",
        ),
        ("[[rule]]\nname = \"a\"\n[[rule.payload]]\nside = \"client\"\n", 3, 1, "asks for nothing"),
        ("[[rule]]\nname = \"a\"\nport = 1\nmust_match = { where = \"port == 1\" }\n", 4, 14, "`capture`"),
        (
            "[[rule]]\nname = \"a\"\nport = 1\nmust_match = { capture = \"x\", where = \"prt == 1\" }\n",
            4,
            39,
            "prt",
        ),
        (
            "[[rule]]\nname = \"a\"\nport = 1\nmust_match = { capture = \"x\", where = \"app_proto == nettf\" }\n",
            4,
            39,
            "`where`: column 14: `nettf` is no protocol that wiretell knows (is `netft` meant?) without rules of your own",
        ),
        ("[[rule]]\nname = \"a\"\nport = \n", 3, 8, ""),
    ] {
        let file = files.write("own.toml", text.as_bytes());
        for arguments in [&["rules", "check", &file][..], &["read", "--rules", &file, &trace]] {
            let (code, out, err) = run(arguments);
            assert_eq!((code, out.as_str()), (2, ""), "{text}{err}");
            assert!(
                err.contains(&format!("own.toml:{line}:{column}: ")) && err.contains(told),
                "{text}{err}"
            );
        }
    }
}

#[test]
fn check_tries_the_samples_and_tells_strength_and_overlaps() {
    let files = Files::new("rule-check");
    files.write("a.pcap", &capture().pcap());
    let samples = "must_match = [\"41434d45\", { capture = \"a.pcap\", where = \"port == 7001\" }]\n\
                   must_not_match = [\"41434d46\", { capture = \"a.pcap\", where = \"port != 7001\" }]";
    let rule = payload("acme", samples, "bytes = \"41434d45\"");
    let file = files.write("own.toml", rule.as_bytes());
    let (code, out, err) = run(&["rules", "check", &file]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("1 rule, no mistake; 4 samples, all as they must be"), "{out}");
    assert!(out.contains("1 in 2^32 passes (1 in 4.3 billion)") && out.contains("overlaps: none"), "{out}");

    let wrong = rule
        .replace("41434d46", "41434d4546")
        .replace("!= 7001", "== 7001")
        .replace("[\"41434d45\"", "[\"41\"");
    let file = files.write("own.toml", wrong.as_bytes());
    let (code, out, err) = run(&["rules", "check", &file]);
    assert_eq!(code, 2, "{out}");
    assert!(out.contains("3 of 4 samples not as it must be"), "{out}");
    assert!(err.contains("own.toml:3:15: the rule acme: it does not take these bytes"), "{err}");
    assert!(
        err.contains("own.toml:4:19: ") && err.contains("it takes 5 of 5 flows that it must not"),
        "{err}"
    );

    let file = files.write("own.toml", payload("web", "", "bytes = \"47 45 54 20\"").as_bytes());
    let (code, out, _) = run(&["rules", "check", &file]);
    assert_eq!(code, 0);
    assert!(out.contains("overlaps: takes what is recognised as ") && out.contains("http ("), "{out}");
    let file = files.write("own.toml", payload("any", "", "regex = '.*'").as_bytes());
    let (_, out, _) = run(&["rules", "check", &file]);
    assert!(out.contains("every random payload may pass") && out.contains("that is weak"), "{out}");
}

#[test]
fn check_tells_rules_of_one_name_and_those_that_another_keeps_from_being_heard() {
    let files = Files::new("rule-beside");
    let one = "[[rule]]\nname = \"a\"\ntransport = \"tcp\"\nport = \"7000-7010\"\nservers = \"10.0.0.0/8\"\n";
    let other = "[[rule]]\nname = \"b\"\nport = [80, \"7005/tcp\"]\n";
    let check = |rules: &[&str]| {
        let rules = rules.iter().enumerate();
        let paths: Vec<String> =
            rules.map(|(at, text)| files.write(&format!("{at}.toml"), text.as_bytes())).collect();
        let paths = paths.iter().map(String::as_str);
        let (code, out, err) = run(&["rules", "check"].into_iter().chain(paths).collect::<Vec<_>>());
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        out
    };
    let out = check(&[one, other]);
    assert!(
        out.contains("overlaps: the rule a in ")
            && out.contains("0.toml, line 1 comes first on port 7005/tcp, and"),
        "{out}"
    );
    // On other ports, over something else, on other hosts.
    for apart in [
        other.replace("7005", "7011"),
        other.replace("7005/tcp", "7005/udp"),
        format!("{other}servers = \"192.168.0.0/16\"\n"),
    ] {
        let out = check(&[&format!("{one}{apart}")]);
        assert!(!out.contains("comes first"), "{apart}: {out}");
    }
    let out = check(&[&one.replace("\"a\"", "\"b\"").replace("7010", "7004"), other]);
    assert!(out.contains("same name: the rule in ") && !out.contains("comes first"), "{out}");
    // Of those that look at bytes, samples tell.
    let first = payload("first", "", "bytes = \"41 43\"");
    let later = payload("later", "must_match = [\"41 43 4d\", \"41 44\"]", "bytes = \"41 4?\"");
    let out = check(&[&first, &later]);
    assert!(out.contains("comes first, and takes 1 of 2 samples that this one must take"), "{out}");
    // Whose bytes all begin with another's is never heard; elsewhere, over something else, or with one byte not asked for it is.
    let short = payload("short", "transport = \"udp\"", "offset = 1\nbytes = \"43 4?\"");
    let long = payload("long", "transport = \"udp\"\nport = 7001", "bytes = \"41 43 4d 45\"");
    assert!(check(&[&short, &long]).contains("never heard: the rule short in "));
    for other in [
        check(&[&long, &short]),
        check(&[&short.replace("[[rule]]", "[[rule]]\nport = 7001"), &long]),
        check(&[&short, &long.replace("transport = \"udp\"", "")]),
        check(&[&short, &long.replace("4d", "5d")]),
        check(&[&short, &long.replace("4d", "??")]),
    ] {
        assert!(!other.contains("never heard"), "{other}");
    }
    // Bytes outrank ports.
    assert!(!check(&[one, &later.replace("[[rule]]", "[[rule]]\nport = 7005")]).contains("comes first"));
}

#[test]
fn what_is_suggested_passes_its_own_check_and_names_the_flows_that_it_was_drafted_from() {
    let files = Files::new("rule-suggest");
    let mut unknown = capture();
    for number in 0..24_u8 {
        let mut payload = vec![0x9a, number, 0, 8 + number % 3 * 4, 7, 7];
        payload.resize(payload[3].into(), number ^ 0x5a);
        let at = 10 * SECOND + i64::from(number) * SECOND;
        unknown.udp(at, ([0, 1], 50_100 + u16::from(number / 8)), ([0, 2], 47_100), &payload);
    }
    let trace = files.write("a.pcap", &unknown.pcap());
    let (code, draft, err) = run(&["rules", "suggest", &trace]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(
        draft.contains("length = { at = 2, type = \"u16be\", plus = 0 }")
            && draft.contains("a packet every 1000 ms; first payload 8 to 16 bytes; by its port jvl-mactalk"),
        "{draft}"
    );
    let file = files.path("own.toml");
    let (code, out, err) = run(&["rules", "suggest", "-o", &file, &trace]);
    assert_eq!((code, out.as_str()), (0, ""));
    assert!(err.contains("drafted"), "{err}");
    let (code, out, err) = run(&["rules", "check", &file]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}{draft}");
    let labels = |rules: &[&str]| {
        let out = run(&[&["read", "--format", "jsonl"], rules, &[trace.as_str()]].concat()).1;
        all_records(&out)
            .into_iter()
            .filter(|r| r["type"] == "flow" && (r["confidence"].is_null() || r["confidence"] == "port"))
            .count()
    };
    assert!(labels(&[]) > 0);
    assert_eq!(labels(&["--rules", &file]), 0, "{draft}");
    // Only what fits.
    let (_, draft, _) = run(&["rules", "suggest", "--where", "port == 47100", &trace]);
    assert_eq!(draft.matches("[[rule]]").count(), 1, "{draft}");
    assert!(run(&["rules", "suggest", "-f", "tcp port 1", &trace]).1.contains("# Nothing was found"));
}

#[test]
fn the_documented_example_is_without_mistake() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules.toml");
    let (code, out, err) = run(&["rules", "check", file.to_str().unwrap()]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("3 rules, no mistake; 4 samples, all as they must be"), "{out}");
}
