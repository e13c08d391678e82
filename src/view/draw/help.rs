//! What the keys do.

use super::{Options, bold, dim};
use ratatui::text::{Line, Span};

const KEYS: &[(&str, &str)] = &[
    ("↑ ↓ k j", "one row up, down; PageUp, PageDown, Home and End go further"),
    ("Tab 1 2 3", "flows, protocols, findings"),
    ("Enter", "all that is known of the flow or the finding; of a protocol, its flows"),
    ("Esc", "back; on the list of flows, takes the filter away"),
    ("/", "filter the flows, as you type, in the language of --where"),
    ("← →", "sort by the column to the left, to the right; also < >"),
    ("r", "the other way round"),
];

const FILTERS: &[&str] = &[
    "netft and verdict != confirmed",
    "udp.port == 3343 && ip.addr == 10.0.0.1",
    "dst_port in 3224..3324",
    "ip in 10.0.0.0/8 and bytes > 1M",
    "verdict == \"contradicted\"",
    "tls.sni matches \"\\\\.example$\"",
];

/// The lines.
pub(super) fn lines(options: &Options) -> Vec<Line<'static>> {
    let mut keys: Vec<(&str, String)> = KEYS.iter().map(|(key, what)| (*key, (*what).to_owned())).collect();
    let write = "write the records of the flows that fit the filter to a file, as --format jsonl does";
    // A capture that is read ends without anything more; what is live goes on below, and has a summary.
    let (hold, suspend, leave) = if options.stays {
        ("hold the picture; reading goes on", "stop, until the shell's fg", "leave")
    } else {
        (
            "hold the picture; capturing and counting go on",
            "stop, until the shell's fg; packets are lost meanwhile",
            "leave; a summary follows",
        )
    };
    let write = options.given_up.map_or_else(
        || write.to_owned(),
        |user| {
            format!("{write}; root was given up: where user {user} may write, such as /tmp (or --keep-root)")
        },
    );
    keys.extend([
        ("Space", hold.to_owned()),
        ("w", write),
        ("?", "this".to_owned()),
        ("Ctrl-Z", suspend.to_owned()),
        ("q Ctrl-C", leave.to_owned()),
    ]);
    let mut lines = Vec::new();
    for (key, what) in keys {
        lines.push(Line::from(vec![Span::styled(format!("{key:12} "), bold()), Span::raw(what)]));
    }
    lines.push(Line::default());
    lines.push(Line::styled("Filters look like", bold()));
    lines.extend(FILTERS.iter().map(|filter| Line::raw(format!("  {filter}"))));
    lines.push(Line::default());
    let colours = "green: bytes and port agree; cyan: recognised on a port that promises nothing; red: the bytes are \
                   something else than the port promises; yellow: only the port speaks; magenta: nobody knows";
    lines.push(Line::styled(colours, dim()));
    lines
}
