//! Keepalives of any kind: flows in which a side speaks in a steady rhythm, and whether it is answered.

use super::finding::Episode;
use super::ledger::Line;
use super::words::{at, counted, end, span, stamp};
use super::{Diagnosis, Family, Finding, Grounds, Severity, Silence};
use crate::report::{Report, Run};

pub(super) const FAMILY: Family = Family {
    title: "Steady exchanges of any kind",
    concerns: |flow| matches!(flow.report.as_deref(), Some(Report::Keepalives(_))),
    examine,
    diagnoses: &[UNANSWERED, INTERRUPTED],
};

const UNANSWERED: Diagnosis = Diagnosis {
    id: "keepalive-unanswered",
    severity: Severity::Notice,
    title: "A steady exchange is not answered any more",
    meaning: "One side goes on in its rhythm and the other fell silent: its program, its host or the path to it.",
    evidence: "At least 20 equal packets at equal intervals, at least ten and nine in ten of the earlier ones answered, and \
               the last five or more not, to the end of the flow. An ICMP error that refuses them is told with it.",
    caveats: &["Of an unknown protocol it is only assumed that the one side asks and the other answers."],
    advice: &["Look at the silent host: is the program still there (netstat -ano, ss -lntup)?"],
};

const INTERRUPTED: Diagnosis = Diagnosis {
    id: "keepalive-interrupted",
    severity: Severity::Info,
    title: "A steady exchange was not answered for a while",
    meaning: "One side went on in its rhythm and the other was silent: its program, its host or the path to it failed, and \
              came back.",
    evidence: "At least 20 equal packets at equal intervals, and five or more in a row that were not answered, with an answer \
               after them; at least ten and nine in ten of the others were.",
    caveats: &["Of an unknown protocol it is only assumed that the one side asks and the other answers."],
    advice: &["Compare the time with restarts and with changes of the network."],
};

/// Equal packets that make a rhythm.
const MIN_BEATS: u64 = 20;
/// Answers that make it an exchange.
const MIN_ANSWERED: u64 = 10;
/// Packets in a row without answer that are no accident.
const MIN_RUN: u64 = 5;

fn examine(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    for line in grounds.heartbeats {
        let beats = &line.beats;
        let long: Vec<&Run> = beats.runs.iter().filter(|run| run.missed >= MIN_RUN).collect();
        let outside = beats.requests.saturating_sub(long.iter().map(|run| run.missed).sum());
        if beats.requests < MIN_BEATS || beats.answered < MIN_ANSWERED || beats.answered * 10 < outside * 9 {
            continue;
        }
        // Datagrams go on without their listener; a stream that is sent again says so itself.
        let Silence::Proven(_) = grounds.silence(line.to.address, line.from.address) else { continue };
        let over: Vec<&Run> = long.into_iter().filter(|run| run.end.is_some()).collect();
        if let Some(run) = beats.open.filter(|run| run.missed >= MIN_RUN) {
            findings.push(unanswered(line, &run));
        } else if let Some(first) = over.first() {
            let finding = about(&INTERRUPTED, line, first)
                .titled(format!("{} did not answer {} for a while", end(line.to), end(line.from)));
            let mut finding = over.iter().fold(finding, |finding, run| finding.because_some(interruption(line, run)));
            finding.episode = Episode::of(over.iter().map(|&run| (line, run)), true);
            if let Some(run) = over.iter().find(|run| line.refusal(run).is_some()) {
                finding = refused(line, run, finding);
            }
            findings.push(finding);
        }
    }
}

/// A finding about a run of a line.
fn about(diagnosis: &'static Diagnosis, line: &Line, run: &Run) -> Finding {
    let mut finding = Finding::new(diagnosis, run.start.time, line.digits)
        .between(line.from.address, line.to.address)
        .on(line.transport, line.to.port)
        .shown_by(line.filter.clone());
    finding.episode = Episode::of(std::iter::once((line, run)), true);
    line.flows.iter().fold(finding, |finding, &flow| finding.flow(flow))
}

fn interruption(line: &Line, run: &Run) -> Option<String> {
    let back = run.end?;
    Some(format!(
        "{} of {} from {} on, one every {}, were not answered; the next answer came {}, {} later.",
        counted(run.missed, "packet"),
        end(line.from),
        stamp(run.start, line.digits),
        span(line.interval()),
        at(back, line.digits),
        span(back.time.since(run.start.time))
    ))
}

fn unanswered(line: &Line, run: &Run) -> Finding {
    let beats = &line.beats;
    let last = beats.last_answered.map(|last| format!("The last one that was answered went out {}.", at(last, line.digits)));
    let watched =
        beats.first.map(|first| format!(" Counted from {} on, when its rhythm became clear.", stamp(first, line.digits)));
    let finding = about(&UNANSWERED, line, run)
        .titled(format!("{} does not answer {} any more", end(line.to), end(line.from)))
        .because(format!(
            "{} of {} from {} on, one every {}, were not answered; {} before them were.{}",
            counted(run.missed, "packet"),
            end(line.from),
            stamp(run.start, line.digits),
            span(line.interval()),
            beats.answered,
            watched.unwrap_or_default()
        ))
        .because_some(last);
    refused(line, run, finding)
}

/// Adds who refuses by ICMP while a run goes on, and until when.
fn refused(line: &Line, run: &Run, mut finding: Finding) -> Finding {
    let Some(refusal) = line.refusal(run) else { return finding };
    let silent = run.end.or(line.beats.last).map_or(0, |until| until.time.since(refusal.last.time));
    let until = format!("The last of these errors came {}", at(refusal.last, line.digits));
    finding.advice.clear();
    finding.title = format!("{}: ICMP says \"{}\"", finding.title, refusal.meaning);
    finding
        .because(&*refusal.sentence)
        .because(if silent > 2 * line.interval() {
            format!("{until}; for {} after that there was neither an error nor an answer.", span(silent))
        } else {
            format!("{until}.")
        })
        .advise(refusal.advice(line))
}
