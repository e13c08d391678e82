//! Options that are set by variables and by a configuration file: what outranks what, and what is said of mistakes.

use super::{Files, ended, records, run, small, wiretell};

const HOME: &str = "XDG_CONFIG_HOME";

/// A directory for configuration, with this file in it.
fn home(name: &str, text: &str) -> Files {
    let files = Files::new(name);
    std::fs::create_dir_all(files.path("wiretell")).unwrap();
    files.write("wiretell/config.toml", text.as_bytes());
    files
}

/// Runs with a directory for configuration and with variables.
fn with(files: &Files, variables: &[(&str, &str)], arguments: &[&str]) -> (i32, String, String) {
    let mut command = wiretell(arguments);
    command.env(HOME, &files.0).envs(variables.iter().copied());
    ended(&command.output().unwrap())
}

/// The line of an option in what `--dump-config` prints: value and origin.
fn line(dump: &str, option: &str) -> (String, String) {
    let line = dump.lines().find(|line| line.starts_with(&format!("{option} = "))).unwrap_or_default();
    let (setting, origin) = line.rsplit_once(" # ").unwrap_or_default();
    (setting.trim().to_owned(), origin.to_owned())
}

#[test]
fn the_command_line_outranks_variables_those_the_file_and_a_commands_section_the_common_one() {
    let text = "[common]\nmax-flows = 1\ncount = 1\nidle-timeout = \"1s\"\nthreads = 0\nquiet = true\n\n\
                [read]\nmax-flows = 2\ncount = 2\nidle-timeout = \"2s\"\n";
    let files = home("precedence", text);
    let file = files.path("wiretell/config.toml");
    let variables = [("WIRETELL_COUNT", "3"), ("WIRETELL_MAX_FLOWS", "3"), ("WIRETELL_QUIET", "no")];
    let (code, out, err) = with(&files, &variables, &["read", "--dump-config", "--max-flows", "4"]);
    assert_eq!((code, err.as_str()), (0, ""));
    for (option, setting, origin) in [
        ("max-flows", "max-flows = 4", "command line"),
        ("count", "count = 3", "WIRETELL_COUNT"),
        ("idle-timeout", "idle-timeout = \"2s\"", &format!("{file}:11")),
        ("threads", "threads = 0", &format!("{file}:5")),
        ("quiet", "quiet = false", "WIRETELL_QUIET"),
        ("format", "format = \"table\"", "default"),
    ] {
        assert_eq!(line(&out, option), (setting.to_owned(), origin.to_owned()), "{out}");
    }
    assert!(out.starts_with("[read]\n") && out.contains("# filter is not set\n"), "{out}");
    let (_, out, _) = with(&files, &[], &["live", "--dump-config"]);
    assert_eq!(line(&out, "max-flows").0, "max-flows = 1");
    let (_, out, _) = with(&files, &[], &["read", "--dump-config", "--no-config"]);
    assert!(!out.contains("config.toml"), "{out}");
}

#[test]
fn what_is_set_counts_when_it_runs() {
    let text = "[common]\nformat = \"jsonl\"\nwhere = 'app_proto == \"dns\"'\ninterface = \"none\"\n[extract]\nthreads = 0\n";
    let files = home("counts", text);
    let capture = files.write("small.pcap", &small().pcap());
    let (code, out, err) = with(&files, &[], &["read", &capture]);
    assert_eq!((code, err.as_str(), records(&out).len()), (0, "", 2));
    let (_, out, _) = with(&files, &[("WIRETELL_WHERE", "")], &["read", "--no-config", &capture]);
    assert!(!out.starts_with('{'), "{out}");
    let (_, out, _) = with(&files, &[("WIRETELL_WHERE", "app_proto == http")], &["read", &capture]);
    assert!(records(&out)[0]["app_proto"] == "http", "{out}");
    // A repeated option is replaced, not added to.
    let other = files
        .write("other.toml", b"[read]\ndecode-as = ['udp.port==1,dns', 'udp.port==2,dns']\nall = true\n");
    for (variables, arguments) in
        [(&[][..], &["--config", &other][..]), (&[("WIRETELL_CONFIG", other.as_str())], &[])]
    {
        let (_, out, err) = with(&files, variables, &[&["read", "--dump-config"], arguments].concat());
        let (setting, origin) = line(&out, "decode-as");
        assert_eq!(setting, "decode-as = [\"udp.port==1,dns\", \"udp.port==2,dns\"]", "{err}");
        assert_eq!(origin, format!("{other}:2"));
        assert!(out.contains("all = true") && out.contains("format = \"table\""), "{out}");
    }
    let (_, out, _) =
        with(&files, &[], &["read", "--dump-config", "--config", &other, "-d", "udp.port==3,dns"]);
    assert_eq!(line(&out, "decode-as").0, "decode-as = [\"udp.port==3,dns\"]");
}

#[test]
fn what_was_dumped_is_a_file_that_sets_the_same() {
    let files = home("dumped", "");
    let arguments = ["-f", "tcp or \"x\" \\ \u{e9}\t'", "-d", "udp.port==1,dns", "--all", "--threads", "2"];
    let settings = |dump: &str| -> Vec<String> {
        dump.lines()
            .map(|line| line.rsplit_once(" # ").map_or(line, |(setting, _)| setting).to_owned())
            .collect()
    };
    for command in ["read", "live", "extract", "view"] {
        let only = if ["extract", "view"].contains(&command) {
            [&arguments[..4], &arguments[5..]].concat()
        } else {
            arguments.to_vec()
        };
        let (code, dumped, err) = with(&files, &[], &[&[command, "--dump-config"], &only[..]].concat());
        assert_eq!(code, 0, "{err}");
        let file = files.write("dumped.toml", dumped.as_bytes());
        let (code, again, err) = with(&files, &[], &[command, "--dump-config", "--config", &file]);
        assert_eq!((code, settings(&again)), (0, settings(&dumped)), "{err}");
        assert!(again.starts_with(&format!("[{command}]")) && again.contains("dumped.toml:"), "{again}");
    }
}

#[test]
fn a_mistake_in_the_file_is_told_with_its_place_and_nothing_is_read() {
    for (text, says) in [
        ("[read]\nfromat = 'csv'\n", ":2:1: `fromat` is no option of `read`; is `format` meant?"),
        ("\n\n  [reed]\n", ":3:4: `reed` is no section"),
        ("format = 'csv'\n", ":1:1: `format` is no section"),
        ("[read]\nformat = 'cvs'\n", ":2:10: invalid value 'cvs'"),
        ("[read]\nall = 1\n", ":2:7: `all` takes true or false"),
        ("[read]\nduration = 1.5\n", ":2:12: `duration` takes text in quotes, or a whole number"),
        ("[common]\ndecode-as = ['udp.port==1,dns', 7]\n", ":2:33: `decode-as` takes text in quotes"),
        ("[common]\ndecode-as = ['udp.port==1,nosuch']\n", "`nosuch` is no protocol"),
        ("[common]\nwhere = 'a'\n", "column 1"),
        ("[live]\ninterface = 'lo'\ninterface = 'lo'\n", ":3:1: duplicate key"),
        ("[live]\nwrite = 'x'\n", ":2:1: `write` can be given on the command line only"),
        ("[common]\nconfig = 'x'\n", "on the command line only"),
        ("[extract]\ninterface = 'lo'\n", ":2:1: `interface` is no option of `extract`"),
        ("[common]\nxyz = 'lo'\n", ":2:1: `xyz` is no option of any command"),
        ("[read]\nformat = 'csv\n", ":2:"),
        ("read = 1\n", "write [read]"),
    ] {
        let files = home("mistakes", text);
        let file = files.path("wiretell/config.toml");
        let (code, out, err) = with(&files, &[], &["read", "nosuch.pcap"]);
        assert_eq!((code, out.as_str()), (2, ""), "{text}: {err}");
        assert!(err.starts_with(&format!("wiretell: {file}:")) && err.contains(says), "{text}: {err}");
        assert!(!err.contains("nosuch.pcap"), "{err}");
    }
    let files = home("missing-config", "");
    let (code, _, err) = with(&files, &[], &["read", "--config", "/nonexistent.toml", "x"]);
    assert!(code == 2 && err.contains("/nonexistent.toml: ") && err.contains("--no-config"), "{err}");
    let (code, _, err) = with(&files, &[("WIRETELL_FORMAT", "cvs")], &["read", "x"]);
    assert!(code == 2 && err.contains("WIRETELL_FORMAT") && err.contains("jsonl"), "{err}");
}

#[test]
fn a_variable_that_is_misspelt_is_told() {
    let files = home("misspelt", "");
    let (code, _, err) = with(&files, &[("WIRETELL_FROMAT", "jsonl")], &["read", "--dump-config"]);
    assert_eq!(
        (code, err.as_str()),
        (0, "wiretell: the variable WIRETELL_FROMAT sets nothing; is WIRETELL_FORMAT meant?\n")
    );
    let (_, _, err) = with(&files, &[("WIRETELL_FORMAT", "jsonl")], &["read", "--dump-config"]);
    assert_eq!(err, "");
}

#[test]
fn a_label_that_is_misspelt_is_told_with_the_one_that_is_meant() {
    for (given, meant) in [("tlss", "tls"), ("TLS", "tls"), ("netfd", "netft")] {
        let (code, _, err) = run(&["read", "-d", &format!("tcp.port==8443,{given}"), "captures/tour.pcapng"]);
        assert!(code == 2 && err.contains(&format!("(is `{meant}` meant?)")), "{err}");
    }
}
