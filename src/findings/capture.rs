//! What the capture itself lacks: the limits of everything that is said about its flows.

mod fragments;

use super::words::{self, counted, percent, span, stamp};
use super::{Diagnosis, Family, Finding, Grounds, Severity};
use crate::place;
use crate::report::Moment;

pub(super) const FAMILY: Family = Family {
    title: "The capture itself",
    concerns: |_| false,
    examine,
    diagnoses: &[ONE_WAY, PARTLY_ONE_WAY, LOST, CUT, BACKWARDS, PAUSED, MIDSTREAM, DOUBLED, OVERSIZED, fragments::MISSING],
};

const ONE_WAY: Diagnosis = Diagnosis {
    id: "capture-one-direction",
    severity: Severity::Warning,
    title: "The capture has one direction of the traffic only",
    meaning: "Packets of one direction are acknowledged by the other and are not in the capture. Nothing can be said \
              about who did not answer; such findings are withheld.",
    evidence: "TCP data from a host whose peer sent no packet, or answers to heartbeats that nobody asked for, and no pair of hosts was heard \
               both ways. From 20 packets a warning, from 6 a notice.",
    caveats: &["Asymmetric routes look the same: the other direction may pass elsewhere."],
    advice: &["Mirror both directions (SPAN source \"both\"), and every link of a port channel."],
};

const PARTLY_ONE_WAY: Diagnosis = Diagnosis {
    id: "capture-partly-one-direction",
    severity: Severity::Info,
    title: "Of some host pairs only one direction was captured",
    meaning: "Between these hosts nothing can be said about who did not answer.",
    evidence: "TCP data from a host whose peer sent no packet at all in the capture.",
    caveats: &["Asymmetric routes, or several links of which not all were captured."],
    advice: &["Capture at a point that both directions pass, or at the end host."],
};

const LOST: Diagnosis = Diagnosis {
    id: "capture-packets-lost",
    severity: Severity::Notice,
    title: "Packets were lost before they were captured",
    meaning: "What seems to be missing from the traffic may be missing from the capture only.",
    evidence: "The counters that the capture file or the kernel gives.",
    caveats: &["The counters do not say which packets, or when."],
    advice: &["Raise the capture buffer (-B), narrow the filter (-f), or shorten the snap length (-s)."],
};

const CUT: Diagnosis = Diagnosis {
    id: "capture-cut-by-snap-length",
    severity: Severity::Info,
    title: "Packets were cut by the snap length",
    meaning: "Labels and findings rest on the part that is left: certificates and names may be missing.",
    evidence: "Frames of which fewer bytes were captured than were on the wire.",
    caveats: &[],
    advice: &["Capture whole packets: tcpdump -s 0, dumpcap -s 0."],
};

const BACKWARDS: Diagnosis = Diagnosis {
    id: "capture-time-backwards",
    severity: Severity::Info,
    title: "Time goes backwards in the capture",
    meaning: "Intervals and round trips around these places are not to be trusted.",
    evidence: "A frame more than 1 ms earlier than the one in front of it.",
    caveats: &["Files merged without sorting, or read in the wrong order, look the same."],
    advice: &["Sort it with reordercap, or give the files in the order of their time."],
};

const PAUSED: Diagnosis = Diagnosis {
    id: "capture-paused",
    severity: Severity::Info,
    title: "The capture has a gap",
    meaning: "For a long time there is no packet at all: either nobody spoke, or the capture stopped.",
    evidence: "No frame for at least a minute and a fifth of the whole time.",
    caveats: &["A quiet network, or a narrow filter, has such gaps without any fault."],
    advice: &["Check whether the files are consecutive."],
};

const MIDSTREAM: Diagnosis = Diagnosis {
    id: "capture-started-midstream",
    severity: Severity::Info,
    title: "Connections were open before the capture began",
    meaning: "What they spoke first is not in the capture; who opened them is a guess.",
    evidence: "TCP connections of which the first packet in the capture, and every one after it, is no SYN; not what goes on \
               after a time-out, nor packets whose flags were cut off.",
    caveats: &[],
    advice: &["Start the capture before the session that is to be looked at."],
};

const DOUBLED: Diagnosis = Diagnosis {
    id: "capture-duplicates",
    severity: Severity::Info,
    title: "Packets are in the capture twice",
    meaning: "Each packet was seen at two places: the counts of flows are too high, and what looks sent again was not.",
    evidence: "The same packet of the same flow again within a millisecond: by IPv4's identification and its bytes, or, \
               without identification, by its bytes alone.",
    caveats: &[],
    advice: &["Mirror one place only (SPAN \"rx\" on all ports, or \"both\" on one), or remove duplicates with editcap -d."],
};

const OVERSIZED: Diagnosis = Diagnosis {
    id: "capture-offloaded",
    severity: Severity::Info,
    title: "Frames are larger than any wire carries",
    meaning: "The adapter put segments together, or had not yet cut them: sizes and counts are not those of the wire.",
    evidence: "Frames of more than 9300 bytes.",
    caveats: &[],
    advice: &["Turn segmentation offload off while capturing, or capture outside of the host."],
};

/// Packets of one direction that are no accident of where the capture began or what was cut out of it.
const MANY: u64 = 20;
/// Fewer are an excerpt, or the end of something.
const SOME: u64 = 6;
/// A gap is worth telling from here on, in nanoseconds.
const MIN_PAUSE: u64 = 60 * words::SECOND;

fn examine(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    directions(grounds, findings);
    flows(grounds, findings);
    frames(grounds, findings);
}

/// A finding about the capture from its beginning on.
fn new(grounds: &Grounds<'_>, diagnosis: &'static Diagnosis) -> Finding {
    let (begin, _) = grounds.span;
    Finding::new(diagnosis, begin, grounds.digits)
}

/// Whether both directions are there.
fn directions(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    let ways = grounds.ways();
    if ways.one > 0 {
        let diagnosis = if ways.both == 0 { &ONE_WAY } else { &PARTLY_ONE_WAY };
        let severity = match ways.packets {
            MANY.. => diagnosis.severity,
            SOME.. => diagnosis.severity.milder(),
            _ => Severity::Info,
        };
        let sentence = format!(
            "Of {}, {} of one side, TCP data or answers among them, are in the capture and no packet of the other; {} heard both ways.",
            counted(ways.one, "host pair"),
            counted(ways.packets, "packet"),
            match ways.both {
                1 => "1 was".to_owned(),
                both => format!("{} were", words::count(both)),
            }
        );
        let mut finding = new(grounds, diagnosis).graded(severity).because(sentence);
        for shown in grounds.alone {
            let [from, to] = shown.hosts;
            finding = finding.flow(shown.flow).also_shown_by(&words::pair_filter(from, to)).because(format!(
                "Between {from} and {to} the first of these packets is of {}.",
                stamp(shown.at, grounds.digits)
            ));
        }
        findings.push(finding);
    }
}

/// What flows show: connections that were open, and packets that are there twice.
fn flows(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    let [tcp, midway] = grounds.tcp;
    if midway > 0 {
        let sentence =
            format!("{midway} of {} {} no handshake in the capture.", counted(tcp, "TCP connection"), if midway == 1 { "has" } else { "have" });
        let mut finding = new(grounds, &MIDSTREAM).because(sentence).shown_by("tcp && !tcp.flags.syn".to_owned());
        if let Some(shown) = grounds.midway {
            let [from, to] = shown.hosts;
            finding = finding.flow(shown.flow).because(format!(
                "The first is between {from} and {to}, seen from {} on.",
                stamp(shown.at, grounds.digits)
            ));
        }
        findings.push(finding);
    }
    if let Some(twice) = grounds.copied {
        let (original, again) = twice.first;
        let sentence = format!(
            "{} of {} in flows ({}) came again within a millisecond, the first of them at {} after {}.",
            words::count(twice.packets),
            counted(grounds.packets, "packet"),
            percent(twice.packets, grounds.packets),
            stamp(again, grounds.digits),
            span(again.time.since(original.time)),
        );
        let shown = [original, again].map(|at| format!("frame.number == {}", place::number(at.frame)));
        findings.push(
            Finding::new(&DOUBLED, again.time, grounds.digits)
                .flow(twice.flow)
                .because(sentence)
                .because("Each is counted once in all findings; the table of flows counts them twice.")
                .shown_by(shown.join(" || ")),
        );
    }
}

/// What the frames themselves show.
fn frames(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    let (begin, last) = grounds.span;
    let capture = grounds.capture;
    if capture.told {
        return;
    }
    let first = |moment: Option<Moment>| {
        moment.map(|at| format!(", the first at {}", stamp(at, grounds.digits))).unwrap_or_default()
    };
    let missing = capture.lost + capture.behind;
    if missing > 0 {
        let share = percent(missing, capture.packets + missing);
        // One in a thousand is lost on any busy link; one in a hundred changes what can be said.
        let severity = match (missing * 100 > capture.packets, missing * 1000 > capture.packets) {
            (true, _) => Severity::Warning,
            (false, true) => Severity::Notice,
            (false, false) => Severity::Info,
        };
        let sentence = format!("{} ({share}) were lost before or while they were captured.", counted(missing, "packet"));
        // Which they were nobody knows; Wireshark sees where a TCP stream misses bytes that were acknowledged.
        let filter = "tcp.analysis.ack_lost_segment || tcp.analysis.lost_segment".to_owned();
        findings.push(new(grounds, &LOST).graded(severity).because(sentence).shown_by(filter));
    }
    if capture.truncated > 0 {
        let share = percent(capture.truncated, capture.packets);
        let first = first(capture.firsts.truncated);
        let sentence = format!("{} ({share}) were cut{first}.", counted(capture.truncated, "packet"));
        findings.push(new(grounds, &CUT).because(sentence).shown_by("frame.cap_len < frame.len".to_owned()));
    }
    let (times, largest) = capture.backwards;
    if times > 0 {
        let first = first(capture.firsts.backwards);
        let sentence = format!("{}, by {} at most{first}.", counted(times, "time"), span(largest));
        findings.push(new(grounds, &BACKWARDS).because(sentence).shown_by("frame.time_delta < 0".to_owned()));
    }
    if let Some((pause, start, frame)) = capture.pause
        && pause >= MIN_PAUSE
        && pause >= last.since(begin) / 5
    {
        let sentence = format!(
            "No frame for {} from {} on, until frame {frame}.",
            span(pause),
            words::utc(start, grounds.digits)
        );
        findings.push(new(grounds, &PAUSED).because(sentence).shown_by(format!("frame.number == {}", place::number(frame))));
    }
    if capture.oversized > 0 {
        let first = first(capture.firsts.oversized);
        let sentence = format!("{} of more than 9300 bytes{first}.", counted(capture.oversized, "frame"));
        findings.push(new(grounds, &OVERSIZED).because(sentence).shown_by("frame.len > 9300".to_owned()));
    }
    if capture.fragments > 0 {
        findings.push(fragments::missing(grounds));
    }
}
