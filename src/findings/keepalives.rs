//! Keepalives of any kind: flows in which a side speaks in a steady rhythm, and whether it is answered.

use super::words::{at, counted, end, span, stamp};
use super::{Diagnosis, Family, Finding, Grounds, Severity, Silence};
use crate::report::Report;

pub(super) const FAMILY: Family = Family {
    title: "Steady exchanges of any kind",
    concerns: |flow| matches!(flow.report.as_deref(), Some(Report::Keepalives(_))),
    examine,
    diagnoses: &[UNANSWERED],
};

const UNANSWERED: Diagnosis = Diagnosis {
    id: "keepalive-unanswered",
    severity: Severity::Notice,
    title: "A steady exchange is not answered any more",
    meaning: "One side goes on in its rhythm and the other fell silent: its program, its host or the path to it.",
    evidence: "At least 20 equal packets at equal intervals, nine in ten of the earlier ones answered, and the last five \
               or more not, to the end of the flow.",
    caveats: &["Of an unknown protocol it is only assumed that the one side asks and the other answers."],
    advice: &["Look at the silent host: is the program still there (netstat -ano, ss -lntup)?"],
};

fn examine(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    for line in grounds.heartbeats {
        let beats = &line.beats;
        let Some(run) = beats.longest.filter(|run| run.end.is_none() && run.missed >= 5) else { continue };
        let earlier = beats.requests.saturating_sub(run.missed);
        if beats.answered < 20 || beats.answered * 10 < earlier * 9 {
            continue;
        }
        // Datagrams go on without their listener; a stream that is sent again says so itself.
        let Silence::Proven(_) = grounds.silence(line.to.address, line.from.address) else { continue };
        let last = beats.last_answered.map(|last| format!("The last one that was answered went out {}.", at(last, line.digits)));
        let finding = Finding::new(&UNANSWERED, run.start.time, line.digits)
            .between(line.from.address, line.to.address)
            .on(line.transport, line.to.port)
            .titled(format!("{} does not answer {} any more", end(line.to), end(line.from)))
            .because(format!(
                "{} of {} from {} on, one every {}, were not answered; {} before them were.",
                counted(run.missed, "packet"),
                end(line.from),
                stamp(run.start, line.digits),
                span(line.interval()),
                beats.answered
            ))
            .because_some(last)
            .shown_by(line.filter.clone());
        findings.push(line.flows.iter().fold(finding, |finding, &flow| finding.flow(flow)));
    }
}
