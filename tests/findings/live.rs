//! What is told while a capture goes on: when a finding begins, gets worse and ends.

use super::*;
use wiretell::findings::Survey;
use wiretell::findings::live::{Change, Watch};
use wiretell::shard::Alive;

/// Looks at everything each time it is asked to.
struct Looker {
    ended: Examination,
    watch: Watch,
    told: Vec<(Survey, Change)>,
}

impl Sink for Looker {
    fn flow(&mut self, summary: Summary) {
        self.ended.observe(&summary);
    }

    fn survey(&mut self, survey: &Survey, alive: &mut Alive<'_>) {
        let mut all = self.ended.clone();
        alive(&mut |summary| all.observe(&summary));
        let changes = self.watch.compare(all.conclude(&survey.capture).findings);
        self.told.extend(changes.into_iter().map(|change| (survey.clone(), change)));
    }
}

/// What is told of a capture with a look after each second of it.
pub(super) fn told(capture: &Capture) -> Vec<(i64, Change)> {
    let looker = || Looker { ended: Examination::new(false), watch: Watch::default(), told: Vec::new() };
    let mut pipeline = Pipeline::start(&Settings { threads: 0, ..Settings::default() }, looker).unwrap();
    let mut second = 0;
    for block in capture.blocks(1) {
        let at = block.frames[0].time;
        while NOON + (second + 1) * SECOND <= at.0 {
            second += 1;
            let now = wiretell::packet::Timestamp(NOON + second * SECOND);
            pipeline.tick(now);
            let bounds = pipeline.bounds().collect();
            let outcome = Outcome { intake: *pipeline.intake(), bounds, ..Outcome::default() };
            pipeline.survey(Survey { round: second as u64, now, capture: outcome.facts() });
        }
        pipeline.feed(block);
    }
    let (_, _, sinks) = pipeline.finish();
    let told = sinks.into_iter().flat_map(|sink| sink.told);
    told.map(|(survey, change)| ((survey.now.0 - NOON) / SECOND, change)).collect()
}

/// The same, by second, name and id, of findings of one kind.
pub(super) fn told_of(capture: &Capture, kind: &str) -> Vec<(i64, &'static str, &'static str)> {
    let told = told(capture).into_iter();
    told.map(|(second, change)| (second, change.name(), change.finding().diagnosis.id))
        .filter(|(_, _, id)| id.starts_with(kind))
        .collect()
}

/// The second node refuses from the 15th second on, is silent from the 20th on, and answers again from the 30th on.
fn refused_then_silent() -> Capture {
    use clusters::Fate::{Answered, Gone, Unanswered};
    let mut capture = Capture::default();
    let (one, other) = (([1, 1], 3343), ([1, 2], 3343));
    clusters::beats(
        &mut capture,
        one,
        other,
        50,
        |i| if (15..30).contains(&i) { Unanswered } else { Answered },
    );
    clusters::beats(&mut capture, other, one, 50, |i| if (15..30).contains(&i) { Gone } else { Answered });
    for second in 15..20 {
        let at = NOON + second * SECOND + 40 * MILLISECOND;
        capture.icmp_error(at, [1, 2], (3, 3), one, other, &[0; 20]);
    }
    capture
}

#[test]
fn a_node_that_refuses_is_named_from_the_first_error_to_the_first_answer() {
    let told = told(&refused_then_silent());
    let refused: Vec<_> =
        told.iter().filter(|(_, change)| change.finding().diagnosis.id == "netft-refused").collect();
    let named: Vec<_> = refused.iter().map(|(second, change)| (*second, change.name())).collect();
    assert_eq!(named, [(16, "begun"), (18, "worse"), (26, "worse"), (31, "ended")], "{told:?}");
    for (_, change) in &refused {
        assert_eq!(change.finding().title, "Heartbeats to 10.0.1.2 are refused by ICMP");
    }
    let worse = refused[1].1.finding().evidence.join(" ");
    assert!(
        worse.contains("Told before: info netft-refused (Heartbeats to 10.0.1.2 are refused by ICMP)"),
        "{worse}"
    );
}

#[test]
fn of_two_nodes_that_ask_in_vain_the_one_that_began_is_named_throughout() {
    use clusters::Fate::{Answered, Unanswered};
    let mut capture = Capture::default();
    for (from, to) in [(([1, 1], 3343), ([1, 2], 3343)), (([1, 2], 3343), ([1, 1], 3343))] {
        clusters::beats(&mut capture, from, to, 40, |i| if i >= 15 { Unanswered } else { Answered });
    }
    let told = told(&capture);
    let outage: Vec<_> = told.iter().filter(|(_, change)| change.finding().episode.is_some()).collect();
    assert!(outage.len() >= 3, "{told:?}");
    for (_, change) in outage {
        assert!(change.finding().title.ends_with("10.0.1.1 asks 10.0.1.2"), "{}", change.finding().title);
    }
}

#[test]
fn what_speaks_against_a_port_is_told_at_once_where_one_side_says_it_again_and_again() {
    let mut capture = Capture::default();
    for number in 0..60 {
        let text = format!("hello {number}");
        capture.udp(NOON + number * 100 * MILLISECOND, ([1, 1], 50_001), ([1, 2], 3391), text.as_bytes());
    }
    assert_eq!(told_of(&capture, "port-foreign"), [(1, "begun", "port-foreign-speaker")]);
}
