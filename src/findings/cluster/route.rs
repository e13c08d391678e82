//! One route between two nodes: one-way, unanswered, missed, late.

use super::super::finding::Episode;
use super::super::ledger::{Line, Refusal, THRESHOLDS};
use super::super::outage;
use super::super::words::{at, counted, span, stamp};
use super::super::{Diagnosis, Finding, Grounds, Severity, Silence};
use super::of_line;
use super::telling::{in_terms, round_trip, tally, told};
use crate::packet::Timestamp;
use crate::report::{Moment, Run};

pub(super) const ONE_WAY: Diagnosis = Diagnosis {
    id: "netft-one-way",
    severity: Severity::Critical,
    title: "Heartbeats go one way only",
    meaning: "One node asks and nothing comes back from the other. When the threshold is reached the node is removed \
              from the cluster (event 1135), unless another network still works.",
    evidence: "At least three requests over three intervals, and less than half as many of the peer on this route \
               meanwhile.",
    caveats: &["The peer may answer over a path that the capture does not see."],
    advice: &["Check the firewall on the silent host and between the two for UDP 3343, both ports, both directions."],
};

pub(super) const UNANSWERED: Diagnosis = Diagnosis {
    id: "netft-requests-unanswered",
    severity: Severity::Critical,
    title: "A node is heard but does not answer",
    meaning: "The peer sends heartbeats of its own, but no response to those it is sent: they are lost behind the \
              capture point, or a firewall on the peer drops them.",
    evidence: "At least three requests without response, while the peer sends at least three quarters as many.",
    caveats: &["Captured at the peer itself this means that its driver does not see the requests."],
    advice: &["Capture at both nodes at once and compare which requests arrive."],
};

pub(super) const NEITHER: Diagnosis = Diagnosis {
    id: "netft-neither-answers",
    severity: Severity::Critical,
    title: "Both nodes ask and neither answers",
    meaning: "Requests of both pass the capture point and reach nobody: both directions are blocked behind it.",
    evidence: "At least three requests of each node and not one response; or, where there were some, five or more of each in \
               a row without one at the same time, while at least three quarters as many came from the other.",
    caveats: &["A capture between two firewalls sees this when each drops what comes in."],
    advice: &["Check the hosts' own firewalls: Get-NetFirewallRule -DisplayGroup 'Failover Clusters'"],
};

pub(super) const REFUSED: Diagnosis = Diagnosis {
    id: "netft-refused",
    severity: Severity::Warning,
    title: "Heartbeats are refused by ICMP",
    meaning: "A host or a router says that UDP 3343 does not get through.",
    evidence: "An ICMP error (port unreachable, prohibited, host unreachable) that quotes a heartbeat. As bad as the run of \
               missed heartbeats that it falls into (ten critical, five warning, fewer a notice, at least a warning while it \
               goes on); good to know where a host says \"port unreachable\" of itself before anything is heard of it, and then \
               answers: its service was starting. Milder by a step: an error of which the snap length cut off the ports and that came while heartbeats to the same host were missed.",
    caveats: &["Port unreachable is normal for some seconds while the cluster service starts anew."],
    advice: &["On the host that is named: Get-Service ClusSvc; on the router that is named: its filter rules."],
};

pub(super) const MISSED: Diagnosis = Diagnosis {
    id: "netft-heartbeats-missed",
    severity: Severity::Warning,
    title: "Heartbeats were missed",
    meaning: "Requests stayed without response for a while. At 40 % of the threshold the cluster warns in its log, at \
              the threshold it removes the node (event 1135).",
    evidence: "Two or more requests in a row without response (notice), five (warning), ten (critical); or more than \
               one in twenty.",
    caveats: &["Thresholds are settings (5, 10, 20, 40); the capture cannot show which holds."],
    advice: &["In the cluster log (UTC) look for \"Marking Route\" and \"NetftRemoteUnreachable\" at these times."],
};

pub(super) const FLAP: Diagnosis = Diagnosis {
    id: "netft-route-flap",
    severity: Severity::Warning,
    title: "A route fails and comes back again and again",
    meaning: "Each time the cluster marks the route as down and up; nodes may be removed and rejoin.",
    evidence: "At least two runs of five or more missed requests, each ended by a response; from ten in one run on critical.",
    caveats: &["Maintenance with several restarts looks the same."],
    advice: &["Look at link flaps and spanning tree changes of the switches at these times."],
};

pub(super) const LATE: Diagnosis = Diagnosis {
    id: "netft-heartbeats-late",
    severity: Severity::Warning,
    title: "Responses come later than the next heartbeat",
    meaning: "Nothing is lost, but the path or a node is so slow that the cluster may count beats as missed.",
    evidence: "At least three responses after the same node's next request.",
    caveats: &["Captured at the responder round trips look shorter than they are."],
    advice: &["Compare with the load of both hosts (CPU, paused virtual machines) and the path's queues."],
};

pub(super) const SLOW: Diagnosis = Diagnosis {
    id: "netft-slow-path",
    severity: Severity::Notice,
    title: "Round trips take more than half of the heartbeat interval",
    meaning: "There is little room left before responses count as late.",
    evidence: "The 99th percentile of the round trip is above half of the measured interval; of fewer than a hundred round \
               trips, and at least ten, the median.",
    caveats: &["A single burst of load shows up in the 99th percentile too."],
    advice: &["Measure the path, or raise CrossSubnetDelay: Get-Cluster | Format-List *Delay*"],
};

/// What is wrong with a route.
pub(super) struct Trouble<'a> {
    pub(super) diagnosis: &'static Diagnosis,
    pub(super) line: &'a Line,
    pub(super) run: Option<Run>,
    pub(super) severity: Severity,
    /// Since when the asked node was silent, if it was to the end.
    pub(super) silent_since: Option<Moment>,
    pub(super) sentences: Vec<String>,
    pub(super) caveat: Option<String>,
    /// What to check instead of what the diagnosis advises.
    advice: Option<String>,
    episode: Option<Episode>,
}

impl<'a> Trouble<'a> {
    const fn new(diagnosis: &'static Diagnosis, line: &'a Line, severity: Severity, sentences: Vec<String>) -> Self {
        Self { diagnosis, line, run: line.beats.longest, severity, silent_since: None, sentences, caveat: None, advice: None, episode: None }
    }

    /// When it began.
    pub(super) fn start(&self) -> Moment {
        let first = self.line.beats.first.unwrap_or(Moment { time: Timestamp::default(), frame: 0 });
        self.run.map_or(first, |run| run.start)
    }

    /// The outage that it is part of: where no run is known, that of the errors of ICMP, until an answer comes after them.
    pub(super) fn outage(&self) -> Option<Episode> {
        if let Some(run) = &self.run {
            return Episode::of(std::iter::once((self.line, run)), true);
        }
        let refusal = self.line.refused.as_ref()?;
        let answered = self.line.beats.last_answered.filter(|last| last.time > refusal.last.time);
        let faults = vec![(self.line.from, self.line.to, refusal.at.time)];
        Some(Episode { faults, end: answered.map(|_| refusal.last.time) })
    }

    /// Whether heartbeats stayed without response, and not only went on and off or came late.
    pub(super) fn is_outage(&self) -> bool {
        [ONE_WAY.id, UNANSWERED.id, NEITHER.id, REFUSED.id, MISSED.id].contains(&self.diagnosis.id)
    }

    pub(super) fn finding(self, _: &Grounds<'_>) -> Finding {
        let start = self.start();
        let (from, to) = (self.line.from.address, self.line.to.address);
        let mut finding = of_line(self.diagnosis, self.line, start.time)
            .graded(self.severity)
            .titled(format!("{}: {from} asks {to}", self.diagnosis.title));
        finding.episode = self.episode;
        for sentence in self.sentences {
            finding = finding.because(sentence);
        }
        if let Some(caveat) = self.caveat {
            finding = finding.but(caveat);
        }
        if let Some(advice) = self.advice {
            finding.advice.clear();
            finding = finding.advise(advice);
        }
        finding
    }
}

/// Requests before anything is said about a route.
const MIN_REQUESTS: u64 = 3;

/// What is wrong with the lines, once per route: the worse of its two directions.
pub(super) fn troubles<'a>(grounds: &Grounds<'_>, lines: &'a [Line]) -> Vec<Trouble<'a>> {
    let mut all = Vec::new();
    for line in lines {
        // The same route asked from the other end.
        let back = lines.iter().find(|other| {
            (other.from, other.to) == (line.to, line.from) && other.flows == line.flows
        });
        let mine = trouble(grounds, line, back);
        let theirs = back.and_then(|back| trouble(grounds, back, Some(line)));
        let weight = |trouble: &Trouble<'_>| {
            let run = trouble.run.map_or(0, |run| run.missed);
            (trouble.severity, run, trouble.line.beats.missed, trouble.line.from)
        };
        let worse = match (mine, theirs) {
            (Some(mine), None) => mine,
            (Some(mine), Some(theirs)) => match begun_first(&mine, &theirs) {
                // Both count on, each in its turn: the one that began first speaks for both.
                Some(true) => Trouble { severity: mine.severity.max(theirs.severity), ..mine },
                None if weight(&mine) > weight(&theirs) => mine,
                _ => continue,
            },
            _ => continue,
        };
        // What goes on is told besides what went on and off before.
        let again = (worse.diagnosis.id != FLAP.id).then(|| flap(worse.line)).flatten();
        let other = if worse.line.from == line.from { back } else { Some(line) };
        let other = other.and_then(flap);
        let both_ways = |mut flap: Trouble<'a>| {
            flap.sentences.extend(other.iter().flat_map(|other| other.sentences.iter().cloned()));
            flap
        };
        all.extend(again.map(|again| both_ways(doubt(grounds, again))));
        let worse = if worse.diagnosis.id == FLAP.id { both_ways(worse) } else { worse };
        let is_outage = worse.is_outage();
        let both = [Some(line), back].into_iter().flatten();
        let runs = both.flat_map(|line| line.beats.runs.iter().map(move |run| (line, run)));
        let episode = Episode::of(runs, true).filter(|_| is_outage);
        all.push(Trouble { episode, ..worse });
    }
    all
}

/// Of two directions that fail together to the end in the same way, whether the first one began to.
fn begun_first(mine: &Trouble<'_>, theirs: &Trouble<'_>) -> Option<bool> {
    let (ours, other) = (mine.run?, theirs.run?);
    let going = ours.end.is_none() && other.end.is_none() && mine.diagnosis.id == theirs.diagnosis.id;
    let (first, second) = (ours.start.time, other.start.time);
    let apart = first.since(second).max(second.since(first));
    (going && apart <= MIN_REQUESTS * mine.line.interval())
        .then_some((first, mine.line.from) < (second, theirs.line.from))
}

/// A route that failed and came back at least twice.
fn flap(line: &Line) -> Option<Trouble<'_>> {
    let [lowest, ..] = THRESHOLDS;
    let is_over = |run: &&Run| run.missed >= lowest && run.end.is_some() && !line.is_start(run);
    let failures: Vec<&Run> = line.beats.runs.iter().filter(is_over).collect();
    (failures.len() >= 2).then(|| {
        let worst = failures.iter().map(|run| run.missed).max().unwrap_or(0);
        let refusal = failures.iter().find_map(|run| line.refusal(run));
        let said = refusal.map(|refusal| refusal.sentence.clone());
        let sentences = failures.into_iter().map(|run| told(line, run)).chain(said).collect();
        let advice = refusal.map(|refusal| refusal.advice(line));
        Trouble { advice, ..Trouble::new(&FLAP, line, by_run(worst).max(Severity::Warning), sentences) }
    })
}

fn trouble<'a>(grounds: &Grounds<'_>, line: &'a Line, back: Option<&Line>) -> Option<Trouble<'a>> {
    let beats = &line.beats;
    if beats.requests < MIN_REQUESTS {
        return None;
    }
    let Some(refusal) = &line.refused else { return unrefused(grounds, line, back) };
    // A service that was just starting explains nothing that went wrong later.
    let explained = beats.runs.iter().chain(&beats.longest).chain(&beats.open).filter(|run| refusal.falls_into(run));
    let worst = explained.max_by_key(|run| (!line.is_start(run), run.missed)).copied();
    // An error that may be about something else explains what it falls into, and nothing else.
    if worst.is_none() && (refusal.vague || beats.longest.is_some())
        && let Some(mut other) = unrefused(grounds, line, back)
    {
        if !refusal.vague {
            other.sentences.push(refusal.sentence.clone());
        }
        return Some(other);
    }
    if worst.is_none() && refusal.vague {
        return None;
    }
    let severity = match worst {
        Some(run) if line.is_start(&run) => Severity::Info,
        Some(run) if run.end.is_none() => by_run(run.missed).max(Severity::Warning),
        Some(run) => by_run(run.missed),
        None if beats.answered > 0 => Severity::Info,
        None => Severity::Warning,
    };
    let told = worst.map_or_else(|| tally(line), |run| told(line, &run));
    let mut trouble = Trouble::new(&REFUSED, line, severity, vec![refusal.sentence.clone(), told]);
    trouble.run = worst;
    trouble.sentences.extend(worst.and_then(|run| no_longer(line, refusal, &run)));
    if refusal.vague {
        trouble.severity = severity.milder();
        trouble.caveat = Some(format!(
            "The error may be about another packet to {}: its ports are not in the capture.",
            line.to.address
        ));
    }
    trouble.silent_since = open(line).filter(|run| is_silent(line, *run)).and(line.peer.last);
    Some(trouble)
}

/// Says that a run outlasted the errors, of which the last is known.
fn no_longer(line: &Line, refusal: &Refusal, run: &Run) -> Option<String> {
    let until = run.end.or(line.beats.last).filter(|_| !refusal.vague)?;
    let after = until.time.since(refusal.last.time);
    (after >= MIN_REQUESTS * line.interval()).then(|| {
        format!(
            "The last of these errors came {}; for {} after that there was neither an error nor an answer.",
            at(refusal.last, line.digits),
            span(after)
        )
    })
}

/// The run of missed heartbeats that goes on to the end, if it is long enough to speak of.
fn open(line: &Line) -> Option<Run> {
    line.beats.open.filter(|run| run.missed >= MIN_REQUESTS)
}

/// What is wrong with a route about which ICMP says nothing, or nothing that explains it.
fn unrefused<'a>(grounds: &Grounds<'_>, line: &'a Line, back: Option<&Line>) -> Option<Trouble<'a>> {
    let beats = &line.beats;
    let (from, to) = (line.from.address, line.to.address);
    let new = |diagnosis, severity, sentences| Trouble::new(diagnosis, line, severity, sentences);
    let open = open(line);
    let interval = line.interval();
    if let Some(run) = open {
        let sentence = format!(
            "{} of {from} to {to} from {} on, one every {}, were not answered: {}.",
            counted(run.missed, "request"),
            stamp(run.start, line.digits),
            span(interval),
            in_terms(run.missed)
        );
        let heard = format!("Meanwhile {to} sent {} of its own.", counted(run.heard, "request"));
        if is_silent(line, run) {
            let silence = grounds.silence(to, from);
            if silence == Silence::Unknowable {
                return None;
            }
            let last = match line.peer.last {
                Some(last) if run.heard > 0 => {
                    let heard = counted(run.heard, "request");
                    format!("Meanwhile {to} sent {heard} of its own; its last packet on this route came {}.", at(last, line.digits))
                }
                Some(last) => format!("The last packet of {to} on this route came {}.", at(last, line.digits)),
                None => format!("No packet of {to} is on this route."),
            };
            let severity = by_run(run.missed);
            let mut trouble = new(&ONE_WAY, severity, vec![sentence, last]);
            match silence {
                Silence::Proven(proof) => trouble.sentences.push(proof),
                Silence::Doubtful(caveat) => {
                    trouble.severity = severity.milder();
                    trouble.caveat = Some(caveat);
                }
                Silence::Unknowable => {}
            }
            trouble.run = Some(run);
            trouble.silent_since = Some(line.peer.last.unwrap_or(run.start));
            return Some(trouble);
        }
        if run.heard * 4 < run.missed * 3 {
            // It may fall silent yet, or lose some of both.
            let mut trouble = new(&MISSED, by_run(run.missed), vec![sentence, heard, tally(line)]);
            trouble.run = Some(run);
            return Some(doubt(grounds, trouble));
        }
        let never = beats.responses + line.peer.responses == 0
            && back.is_some_and(|back| back.beats.requests >= MIN_REQUESTS);
        let neither = never || back.is_some_and(|back| are_both_unanswered(back, &run));
        let diagnosis = if neither { &NEITHER } else { &UNANSWERED };
        let mut trouble = new(diagnosis, by_run(run.missed), vec![sentence, heard]);
        trouble.run = Some(run);
        return Some(doubt(grounds, trouble));
    }
    if let Some(flap) = flap(line) {
        return Some(doubt(grounds, flap));
    }
    if beats.late >= MIN_REQUESTS {
        let late = beats.first_late.map(|first| {
            format!(
                "{} of {} to {from} came after its next request, the first {}.",
                counted(beats.late, "response"),
                beats.answered,
                at(first, line.digits)
            )
        });
        let sentences = late.into_iter().chain(round_trip(line)).chain([tally(line)]).collect();
        return Some(new(&LATE, Severity::Warning, sentences));
    }
    let longest = line.longest();
    if longest >= 2 || outage::is_lossy(line, line.explained) {
        let severity = if longest >= 2 { by_run(longest) } else { Severity::Notice };
        let mut sentences: Vec<String> = beats.longest.iter().map(|run| told(line, run)).collect();
        let neither = beats.longest.and_then(|run| Some((run, back.filter(|back| are_both_unanswered(back, &run))?)));
        if let Some((run, back)) = neither {
            sentences.extend(overlapping(back, &run).map(|run| told(back, run)));
            sentences.push(tally(line));
            return Some(doubt(grounds, new(&NEITHER, by_run(run.missed), sentences)));
        }
        sentences.extend(beats.longest.filter(|run| run.missed >= MIN_REQUESTS).map(|run| meanwhile(line, &run)));
        sentences.push(tally(line));
        return Some(doubt(grounds, new(&MISSED, severity, sentences)));
    }
    // Of fewer than a hundred the 99th percentile is the largest: one hiccup of a host.
    beats.round_trip.filter(|trip| {
        let telling = if trip.count >= 100 { trip.p99 } else { trip.median };
        trip.count >= 10 && telling > interval / 2
    })?;
    Some(new(&SLOW, Severity::Notice, round_trip(line).into_iter().collect()))
}

/// What the asked node sent while it did not answer: whether it is heard tells which direction fails.
fn meanwhile(line: &Line, run: &Run) -> String {
    let what = if (outage::Fault { line, run: *run }).is_silent() {
        ": it was hardly heard itself"
    } else if is_heard(run) {
        ": it was heard, and did not answer or was not reached"
    } else {
        ""
    };
    format!("Meanwhile {} sent {} of its own{what}.", line.to.address, counted(run.heard, "request"))
}

/// Whether the asked node sent about as many requests as it did not answer.
const fn is_heard(run: &Run) -> bool {
    run.heard * 4 >= run.missed * 3
}

/// The longest of the runs of the other direction that were going on at the same time.
fn overlapping<'a>(back: &'a Line, run: &Run) -> Option<&'a Run> {
    let beats = &back.beats;
    let all = beats.runs.iter().chain(&beats.longest).chain(&beats.open);
    let meets = |other: &&Run| {
        run.end.is_none_or(|end| other.start.time < end.time) && other.end.is_none_or(|end| run.start.time < end.time)
    };
    all.filter(meets).max_by_key(|run| run.missed)
}

/// Whether the other direction was not answered at the same time either, although both nodes were heard.
fn are_both_unanswered(back: &Line, run: &Run) -> bool {
    let [lowest, ..] = THRESHOLDS;
    let fails = |run: &Run| run.missed >= lowest && is_heard(run);
    fails(run) && overlapping(back, run).is_some_and(fails)
}

/// Whether the asked node keeps silent while the run goes on: nothing came, or hardly anything at its beginning.
fn is_silent(line: &Line, run: Run) -> bool {
    line.peer.last.is_none_or(|last| last.time < run.start.time || last.frame == run.start.frame)
        || outage::Fault { line, run }.is_silent()
}

/// Words a trouble down where the capture itself lost packets.
fn doubt<'a>(grounds: &Grounds<'_>, mut trouble: Trouble<'a>) -> Trouble<'a> {
    if let Silence::Doubtful(caveat) = grounds.silence(trouble.line.to.address, trouble.line.from.address) {
        trouble.severity = trouble.severity.milder();
        trouble.caveat = Some(caveat);
    }
    trouble
}

/// How bad a run is: the lowest threshold that any version has by default is 5, that of current ones 10.
pub(super) const fn by_run(missed: u64) -> Severity {
    match missed {
        0..5 => Severity::Notice,
        5..10 => Severity::Warning,
        _ => Severity::Critical,
    }
}
