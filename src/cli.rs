//! The command line's words, each with its unit and an example.

mod alive;
pub(crate) mod captures;
pub(crate) mod config;
pub(crate) mod expect;
pub(crate) mod extract;
mod fitting;
pub(crate) mod input;
pub(crate) mod lists;
pub(crate) mod live;
pub(crate) mod messages;
pub(crate) mod output;
pub(crate) mod read;
pub(crate) mod rules;
mod screen;
pub(crate) mod units;
pub(crate) mod view;

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use units::{DecodeRule, Span};
use wiretell::output::select::{self, Selection};

/// The heading of the options that every command has.
const GENERAL: &str = "General options";

const EXAMPLES: &str = "\
Examples:
  wiretell read trace.pcapng               every flow, what matters on top
  wiretell read --format jsonl a.pcap | jq .app_proto
  sudo wiretell live -i eth0               flows as they happen
  wiretell extract --where 'verdict == contradicted' -w odd.pcapng trace.pcapng
  wiretell explain 3391                    whose port that is, and what to check when it fails";

const SETTINGS: &str = "\
Options of read, live and extract may also be set by variables (WIRETELL_FORMAT=jsonl, WIRETELL_MAX_FLOWS=1000) and in a
configuration file (--config); the command line outranks variables, and those the file. --dump-config shows what counts.";

const EXIT_CODES: &str = "\
Exit codes:
  0    done; also when whoever read the output has seen enough
  1    done, and a finding was at least as severe as --fail-on says
  2    wrong usage, or something could not be opened, read or written; the rest was done
  3    done, but an input was cut short or damaged: everything before the damage is in the output
  130  ended by Ctrl-C, after telling what was known (SIGTERM: 143; live: as if it were done)";

/// Says what each network flow really is, how sure it is, and why.
///
/// wiretell reads capture files or listens on an interface, groups packets into two-way flows and labels each by
/// its bytes, its behaviour, its context, and only last by its port.
#[derive(Debug, Parser)]
#[command(version, about, long_about, max_term_width = 100, arg_required_else_help = true)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{SETTINGS}\n\n{EXIT_CODES}"))]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Say less: no progress, no summary on standard error.
    #[arg(short, long, global = true, help_heading = GENERAL)]
    pub(crate) quiet: bool,
    /// Say more: what was skipped and which bounds were hit.
    #[arg(short, long, global = true, help_heading = GENERAL)]
    pub(crate) verbose: bool,
    /// Colours in tables; NO_COLOR is respected.
    #[arg(long, global = true, help_heading = GENERAL, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: When,
    /// No progress on standard error.
    #[arg(long, global = true, help_heading = GENERAL)]
    pub(crate) no_progress: bool,
    /// The configuration file; default: $XDG_CONFIG_HOME/wiretell/config.toml (~/.config/...), else
    /// /etc/wiretell/config.toml. Options have the same names there, in [common], [read], [live] and [extract].
    #[arg(long, global = true, help_heading = GENERAL, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Read no configuration file, not even that of --config.
    #[arg(long, global = true, help_heading = GENERAL)]
    pub(crate) no_config: bool,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// If standard output is a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Label the flows in capture files (pcap, pcapng; plain, gzip, zstd).
    ///
    /// Several files and directories are one timeline, as rotated captures are; see --each. `-` is standard input.
    #[command(
        override_usage = "wiretell read [OPTIONS] <FILE|DIR|->...",
        after_help = "Examples:\n  wiretell read trace.pcapng\n  wiretell read --format jsonl -o flows.jsonl /captures\n  wiretell read --format html -o report.html trace.pcapng\n  tcpdump -w - | wiretell read -"
    )]
    Read(ReadArgs),
    /// Label flows as they happen on an interface.
    #[command(
        after_help = "Examples:\n  sudo wiretell live -i eth0 -f 'udp port 3343'\n  wiretell live --duration 5m --format jsonl\n  sudo wiretell live -i eth0 -w all.pcapng          # and keep the packets"
    )]
    Live(LiveArgs),
    /// Look at the flows of capture files on a full screen: sort, filter as you type, read the evidence.
    ///
    /// Of more than 100000 flows the latest are listed; sums and findings are of all. `?` shows the keys.
    #[command(
        after_help = "Examples:\n  wiretell view trace.pcapng\n  wiretell view --where 'verdict == contradicted' /captures"
    )]
    View(ViewArgs),
    /// Write the packets of some flows into a capture of their own.
    ///
    /// All packets of the flows that fit --where, those from before the label was known included, in the order of the
    /// capture. The input is read twice, once for the labels and once for the packets; standard input and pipes are kept
    /// in a temporary file (in $TMPDIR) in between. Where a flow is recorded in parts, only the parts that fit are written.
    ///
    /// pcapng keeps interfaces, times and lengths as they were, and comments each packet with label, verdict and flow_id;
    /// comments and statistics that were there before are not kept.
    #[command(
        override_usage = "wiretell extract [OPTIONS] <-w FILE|--per-flow DIR> <FILE|DIR|->...",
        after_help = "Examples:\n  wiretell extract --where 'app_proto == netft' -w netft.pcapng trace.pcapng\n  wiretell extract --where 'verdict == contradicted' --per-flow suspects /captures\n  wiretell extract --where 'port == 3391' -w - trace.pcap | tshark -r -"
    )]
    Extract(ExtractArgs),
    /// Draft or check a file that says which protocols belong on which ports, for --expect.
    ///
    /// An entry is: [[expect]], port = 3343 (or "3224-3324", or ["3343/udp", 8443]), protocol = "netft" (or several), and as far
    /// as it matters servers, clients, between (both ends): addresses or networks, such as "10.0.0.0/8"; only = true where these
    /// protocols belong nowhere else; note = "..." to be told with the finding. What is listed is silent, what contradicts it is
    /// the finding expectation-broken, a warning.
    #[command(
        after_help = "Examples:\n  wiretell expect init -o expected.toml monday.pcapng\n  wiretell expect check expected.toml\n  wiretell read --expect expected.toml --fail-on warning tuesday.pcapng"
    )]
    Expect {
        /// What to do.
        #[command(subcommand)]
        command: ExpectCommand,
    },
    /// Check rules of your own, or draft some for flows whose bytes nobody knows; for --rules.
    ///
    /// A rule is: [[rule]] with a name (the label it gives), and as far as it matters transport, port (the listening side's), servers,
    /// clients, between, hosts; [[rule.payload]] with side (client, server, either), offset and bytes ("41 43 ?? 4?"), mask, regex,
    /// length (a number that tells the payload's length) or size (bytes of a datagram); must_match and must_not_match with samples.
    /// docs/rules.toml shows all of it.
    #[command(
        after_help = "Examples:\n  wiretell rules suggest -o own.toml trace.pcapng\n  wiretell rules check own.toml\n  wiretell read --rules own.toml trace.pcapng"
    )]
    Rules {
        /// What to do.
        #[command(subcommand)]
        command: RulesCommand,
    },
    /// List what can be captured on.
    #[command(after_help = "Example:\n  wiretell interfaces")]
    Interfaces,
    /// Tell what is known about ports, protocols or services.
    #[command(
        after_help = "Examples:\n  wiretell explain 3391\n  wiretell explain 3224-3324\n  wiretell explain netft tip"
    )]
    Explain {
        /// A port (`3391`, `3391/udp`), a range of ports, a protocol's or a service's name.
        #[arg(required = true, value_name = "PORT|NAME")]
        topics: Vec<String>,
    },
    /// List every protocol that is recognised, and by what kind of evidence.
    #[command(after_help = "Examples:\n  wiretell protocols\n  wiretell protocols --json | jq -r '.[].name'")]
    Protocols {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print the JSON Schema of every record.
    #[command(after_help = "Example:\n  wiretell schema > wiretell.schema.json")]
    Schema,
    /// Print completions for a shell.
    #[command(
        after_help = "Examples:\n  wiretell completions bash > ~/.local/share/bash-completion/completions/wiretell\n  wiretell completions fish > ~/.config/fish/completions/wiretell.fish"
    )]
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page, of everything or of one command.
    #[command(
        after_help = "Examples:\n  wiretell man | man -l -\n  wiretell man live | man -l -\n  wiretell man rules check | man -l -"
    )]
    Man {
        /// The command whose page is wanted, such as live, or expect init; default: all of them on one page.
        #[arg(value_name = "COMMAND")]
        command: Vec<String>,
    },
}

/// What can be done with expectations.
#[derive(Debug, Subcommand)]
pub(crate) enum ExpectCommand {
    /// Draft the file from captures: every listening service whose bytes tell what it is.
    #[command(
        after_help = "Examples:\n  wiretell expect init -o expected.toml monday.pcapng\n  wiretell expect init --where 'ip in 10.1.0.0/16' monday.pcapng"
    )]
    Init(DraftArgs),
    /// Look for mistakes in a file.
    #[command(after_help = "Example:\n  wiretell expect check expected.toml")]
    Check {
        /// The file.
        file: PathBuf,
        /// Rules of your own, whose labels the file may name; repeatable.
        #[arg(long, value_name = "FILE")]
        rules: Vec<PathBuf>,
    },
}

/// What can be done with rules of one's own.
#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Look for mistakes, try the samples, tell how strong each rule is and which built-in protocols it overrules.
    ///
    /// Strength is how many payloads of random bytes would pass: 1 in 2^32 is four whole bytes. Below 2^16 a rule is weak.
    /// Exit code 2: there is a mistake, or a sample is not as it must be.
    #[command(after_help = "Example:\n  wiretell rules check own.toml")]
    Check {
        /// The files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Group the flows whose bytes nobody knows (no label, or the port's) by their first bytes, sizes and period, and draft a rule for each group.
    ///
    /// The input is read twice; standard input and pipes are kept in a temporary file (in $TMPDIR) in between.
    #[command(
        after_help = "Examples:\n  wiretell rules suggest trace.pcapng\n  wiretell rules suggest --where 'port == 7001' -o own.toml /captures"
    )]
    Suggest(DraftArgs),
}

/// Options of `expect init` and `rules suggest`.
#[derive(Debug, Args)]
pub(crate) struct DraftArgs {
    /// Capture files, directories of them, or `-` for standard input.
    #[arg(required = true, value_name = "FILE|DIR|-")]
    pub(crate) paths: Vec<PathBuf>,
    /// Where the draft goes; default: standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Take every file as a capture of its own: no flow spans files.
    #[arg(long)]
    pub(crate) each: bool,
    /// Only frames that pass this BPF filter, as in tcpdump: 'udp port 3391'.
    #[arg(short, long, value_name = "EXPR")]
    pub(crate) filter: Option<String>,
    /// Only flows whose record fits: 'ip in 10.0.0.0/8 and packets > 3'; --help lists the fields.
    #[arg(long = "where", value_name = "EXPR", long_help = selection_help())]
    pub(crate) selection: Option<Selection>,
    /// Rules of your own, which come before what is built in; repeatable. See `wiretell rules --help`.
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Vec<PathBuf>,
}

/// Options of `read`.
#[derive(Debug, Args)]
pub(crate) struct ReadArgs {
    /// Capture files, directories of them, or `-` for standard input.
    #[arg(required_unless_present = "dump_config", value_name = "FILE|DIR|-")]
    pub(crate) paths: Vec<PathBuf>,
    /// Take every file as a capture of its own: no flow spans files.
    #[arg(long)]
    pub(crate) each: bool,
    /// Options that `live` has too.
    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

/// Options of `live`.
#[derive(Debug, Args)]
pub(crate) struct LiveArgs {
    /// The interface to listen on; default: that of the default route. See `wiretell interfaces`.
    #[arg(short, long, value_name = "IFACE")]
    pub(crate) interface: Option<String>,
    /// Bytes kept of each frame; 0: as much as by default, which is all.
    #[arg(short, long, value_name = "BYTES", default_value_t = units::WHOLE, value_parser = units::snaplen)]
    pub(crate) snaplen: u32,
    /// Do not put the interface into promiscuous mode.
    #[arg(short = 'p', long)]
    pub(crate) no_promisc: bool,
    /// Size of the kernel's capture buffer, in MiB.
    #[arg(short = 'B', long, value_name = "MIB", default_value_t = 64, value_parser = units::buffer)]
    pub(crate) buffer_size: u32,
    /// Stay root after the interface is open, instead of becoming the user who called sudo (or nobody).
    #[arg(long)]
    pub(crate) keep_root: bool,
    /// Record packets, too: pcapng, or pcap where the name ends with .pcap or .cap; `-` is standard output. All of them, or with
    /// --where those of flows that fit, from before the label was known on.
    ///
    /// With --where a flow is decided when its label becomes known or another one, and when it ends: one that fits then is
    /// recorded from its first packet on, to its end. Until then its packets are held back, up to 4 MiB of a flow and 64 MiB of
    /// all; what does not fit in there is not recorded, and counted (recorder-held-drops). Packets are written in the order in
    /// which they came, so that the file lags behind while a flow before them is undecided. In pcapng each has a comment with
    /// label, verdict and flow_id.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) write: Option<PathBuf>,
    /// One line per event instead of the full-screen view, as where there is no terminal.
    #[arg(long)]
    pub(crate) plain: bool,
    /// Options that `read` has too.
    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

/// Options of `view`.
#[derive(Debug, Args)]
pub(crate) struct ViewArgs {
    /// Capture files, directories of them, or `-` for standard input.
    #[arg(required = true, value_name = "FILE|DIR")]
    pub(crate) paths: Vec<PathBuf>,
    /// Take every file as a capture of its own: no flow spans files.
    #[arg(long)]
    pub(crate) each: bool,
    /// Which protocols belong where; what contradicts that is a finding. See `wiretell expect --help`.
    #[arg(long, value_name = "FILE")]
    pub(crate) expect: Option<PathBuf>,
    /// Options that `read` and `live` have too.
    #[command(flatten)]
    pub(crate) flows: FlowArgs,
}

/// Options of `extract`.
#[derive(Debug, Args)]
pub(crate) struct ExtractArgs {
    /// Capture files, directories of them, or `-` for standard input.
    #[arg(required_unless_present = "dump_config", value_name = "FILE|DIR|-")]
    pub(crate) paths: Vec<PathBuf>,
    /// The capture to write (this, or --per-flow): pcapng, or pcap (without comments) where its name ends with .pcap or .cap; `-` is standard
    /// output.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) write: Option<PathBuf>,
    /// Write every flow into a pcapng file of its own in this directory, named by its flow_id and label.
    #[arg(long, value_name = "DIR", conflicts_with = "write")]
    pub(crate) per_flow: Option<PathBuf>,
    /// Take every file as a capture of its own: no flow spans files.
    #[arg(long)]
    pub(crate) each: bool,
    /// Options that `read` and `live` have too.
    #[command(flatten)]
    pub(crate) flows: FlowArgs,
}

/// What `--where` takes, with every field.
fn selection_help() -> String {
    let mut help = "Only flows whose record fits; findings and the sums above the flows are those of the whole capture.\n\n  \
        --where 'app_proto == \"netft\" and verdict != \"confirmed\"'\n  \
        --where 'dst_port in 3224..3324 or (ip in 10.0.0.0/8 and bytes > 1M)'\n  \
        --where 'attributes[\"tls.sni\"] matches \"\\.example$\"'\n\n\
        As in Wireshark's display filters: == != < <= > >= (or eq ne lt le gt ge), in, contains, matches (a regular \
        expression, in either case), and or not, brackets. A field by itself asks whether it is there.\n"
        .to_owned();
    let fields = select::fields().map(|(name, meaning)| format!("\n  {name:<14}{meaning}"));
    help.extend(fields);
    help
}

/// Options of `read` and `live`.
#[derive(Debug, Args)]
pub(crate) struct CommonArgs {
    /// Which flows, and when they end.
    #[command(flatten)]
    pub(crate) flows: FlowArgs,
    /// Where records go; default: standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// How records are written.
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: Format,
    /// Show every flow in the table, not only those that matter.
    #[arg(short, long)]
    pub(crate) all: bool,
    /// Which protocols belong where; what contradicts that is a finding. See `wiretell expect --help`.
    #[arg(long, value_name = "FILE")]
    pub(crate) expect: Option<PathBuf>,
    /// Exit with 1 when a finding of at least this severity was made.
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<Severity>,
}

/// Options of `read`, `live` and `extract`: what is read, and when flows end.
#[derive(Debug, Args)]
pub(crate) struct FlowArgs {
    /// Only frames that pass this BPF filter, as in tcpdump: 'udp port 3391'.
    #[arg(short, long, value_name = "EXPR")]
    pub(crate) filter: Option<String>,
    /// Only flows whose record fits: 'app_proto == netft and verdict != confirmed'; --help lists the fields.
    #[arg(long = "where", value_name = "EXPR", long_help = selection_help())]
    pub(crate) selection: Option<Selection>,
    /// Stop after so many frames.
    #[arg(short, long, value_name = "N", value_parser = units::at_least_one::<u64>)]
    pub(crate) count: Option<u64>,
    /// Stop after so much time: of the capture when reading, of the clock when live. 90s, 5m, 1h.
    #[arg(long, value_name = "T")]
    pub(crate) duration: Option<Span>,
    /// Take a port as used for a protocol: tcp.port==8443,tls. Repeatable; bytes still outrank it.
    #[arg(short, long, value_name = "RULE")]
    pub(crate) decode_as: Vec<DecodeRule>,
    /// Rules of your own, which come before what is built in; the first that fits names the flow. Repeatable; see `wiretell
    /// rules --help`.
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Vec<PathBuf>,
    /// A flow without packets for so long is over; default: 5m for TCP, 1m for all others.
    #[arg(long, value_name = "T")]
    pub(crate) idle_timeout: Option<Span>,
    /// A flow that lasts longer is recorded in parts.
    #[arg(long, value_name = "T", default_value = "30m")]
    pub(crate) active_timeout: Span,
    /// Most flows kept at a time; beyond, those idle longest are ended and counted as evicted. From 65536 on, each of 16
    /// parts of the hosts has a sixteenth of it.
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = units::at_least_one::<usize>)]
    pub(crate) max_flows: usize,
    /// Threads that classify; 0: everything on one. The records are the same for every number.
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Only print what every option is set to, and by what, as a section of a configuration file.
    #[arg(long)]
    pub(crate) dump_config: bool,
}

/// How records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values, with a header line.
    Csv,
    /// One page for a browser, with everything in it: name a file with -o.
    Html,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Severity {
    /// Good to know.
    Info,
    /// Unusual.
    Notice,
    /// Something does not work as it should.
    Warning,
    /// Something is broken.
    Critical,
}
