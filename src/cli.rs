//! The command line's words, each with its unit and an example.

mod alive;
mod args;
pub(crate) mod captures;
pub(crate) mod config;
pub(crate) mod expect;
pub(crate) mod extract;
mod fitting;
pub(crate) mod input;
pub(crate) mod labels;
pub(crate) mod lists;
pub(crate) mod live;
pub(crate) mod messages;
pub(crate) mod output;
pub(crate) mod read;
pub(crate) mod rules;
mod screen;
pub(crate) mod units;
pub(crate) mod view;
pub(crate) mod written;

use clap::{Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

pub(crate) use args::{
    CommonArgs, DraftArgs, ExtractArgs, FlowArgs, Format, LiveArgs, ReadArgs, Severity, ViewArgs,
};

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
Options of read, live, view and extract may also be set by variables (WIRETELL_FORMAT=jsonl, WIRETELL_MAX_FLOWS=1000) and
in a configuration file (--config); the command line outranks variables, and those the file. --dump-config shows what \
counts.";

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
    /// /etc/wiretell/config.toml. Options have the same names there, in [common], [read], [view], [live] and [extract].
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
    /// protocols belong nowhere else, and nobody else on these ports whatever is spoken; an entry with port and hosts and no
    /// protocol says just that of the port; note = "..." to be told with the finding. What is listed is silent, what contradicts it is
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
