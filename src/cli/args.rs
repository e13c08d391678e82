//! What the commands that read packets are told, each with its unit.

use super::units::{self, DecodeRule, Span};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use wiretell::output::select::{self, Selection};
use wiretell::output::table::Section;

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
    /// Only these parts of the table, or of JSON lines: 'flows', 'findings,heartbeats'. The sums at the end of JSON lines stay.
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    pub(crate) show: Vec<Part>,
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
    /// Capture files, or directories of them; standard input is for the keys.
    #[arg(required_unless_present = "dump_config", value_name = "FILE|DIR")]
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
    /// Write every flow into a pcapng file of its own in this directory, new or empty, named by its flow_id and label.
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
    let mut help = "Only flows whose record fits; where there are findings and sums, they are those of the whole capture.\n\n  \
        --where 'app_proto == \"netft\" and verdict != \"confirmed\"'\n  \
        --where 'udp.port == 3343 && ip.addr == 10.1.0.1', or: netft and not ip.addr == 10.1.0.1\n  \
        --where 'dst_port in 3224..3324 or (ip in 10.0.0.0/8 and bytes > 1M)'\n\n\
        As in Wireshark's display filters: == != < <= > >= (or eq ne lt le gt ge), in, contains, matches (a regular \
        expression, in either case), and or xor not (or && || ^^ !), brackets; sets are {80, 443, 8000..8100}. An attribute \
        is compared as it is written: tls.version == 1.3. A field by itself \
        asks whether it is there. A label by itself asks for it and its special kinds (dtls: rdg-udp too), tcp, udp, icmp ... \
        for that protocol, and an attribute is a field: tls.sni contains example. Unlike there, != is always the opposite \
        of ==. Bytes may be written as tables do: bytes > 5 kB; times as \
        duration > 3 s.\n"
        .to_owned();
    let line = |(name, meaning): (&str, &str)| format!("\n  {name:<14}{meaning}");
    help.extend(select::fields().map(line));
    help.push_str("\n\nFields as Wireshark names them, and what of a flow they are:\n");
    let line = |(name, meaning): (&str, &str)| format!("\n  {name:<38}{meaning}");
    help.extend(select::wireshark_fields().map(line));
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
    /// Threads that classify; 0: everything on one. The records are the same for every number, but with two and more they may
    /// come in another order.
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Only print what every option is set to, and by what, as a section of a configuration file.
    #[arg(long)]
    pub(crate) dump_config: bool,
}

/// A part of the table, and of JSON lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// What was read, and what was lost of it.
    Capture,
    /// Findings.
    Findings,
    /// Heartbeats and other steady exchanges.
    Heartbeats,
    /// Flows, or their sums.
    Flows,
}

impl From<Part> for Section {
    fn from(part: Part) -> Self {
        match part {
            Part::Capture => Self::Capture,
            Part::Findings => Self::Findings,
            Part::Heartbeats => Self::Heartbeats,
            Part::Flows => Self::Flows,
        }
    }
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
