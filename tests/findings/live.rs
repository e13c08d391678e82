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
