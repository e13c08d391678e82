//! Which packets belong to flows that were chosen: a capture is read once for the labels, and once more for the packets.
//!
//! A flow's packets are told by its key, the frame of its first packet, and how many there were: between two endpoints
//! (in one scope of tags and tunnels) no flow begins before the one in front of it has ended. So only what was chosen is
//! kept between the two readings, some 200 bytes a flow, and frames before the label was known are found as all others.

use crate::key::FlowKey;
use crate::packet::Frame;
use crate::summary::Summary;
use crate::verdict::Verdict;
use crate::wire::fragments::Limits;
use crate::wire::{Decoded, Decoder};
use std::collections::HashMap;

pub mod held;

/// A flow that was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The flow's number: see [`Summary::id`].
    pub id: u64,
    /// Its label.
    pub app: Option<&'static str>,
    /// How port and bytes relate.
    pub verdict: Verdict,
    /// Digits of a second that the capture's clock has.
    pub digits: u8,
    key: FlowKey,
    first_frame: u64,
    packets: u64,
}

impl Chosen {
    /// A flow of which the record was made just now.
    #[must_use]
    pub fn of(summary: &Summary) -> Self {
        Self {
            id: summary.id,
            app: summary.app,
            verdict: summary.verdict,
            digits: summary.digits,
            key: summary.key,
            first_frame: summary.first_frame,
            packets: summary.counts.iter().map(|count| count.packets).sum(),
        }
    }

    /// Label, verdict and number, as packets are commented: `netft, confirmed, flow 0123456789abcdef`.
    #[must_use]
    pub fn comment(&self) -> String {
        format!("{}, {}, flow {:016x}", self.app.unwrap_or("no label"), self.verdict.name(), self.id)
    }
}

/// Flows that were chosen, with what is still to come of each.
#[derive(Debug, Default)]
pub struct Selected {
    /// In the order of their first frames.
    flows: Vec<Flow>,
    /// The flow of each key that is on, or comes next.
    current: HashMap<FlowKey, usize>,
}

#[derive(Debug)]
struct Flow {
    chosen: Chosen,
    /// Packets that have not been met.
    left: u64,
    /// The next flow of the same key.
    next: Option<usize>,
}

impl FromIterator<Chosen> for Selected {
    fn from_iter<I: IntoIterator<Item = Chosen>>(chosen: I) -> Self {
        let mut flows: Vec<_> =
            chosen.into_iter().map(|chosen| Flow { left: chosen.packets, chosen, next: None }).collect();
        flows.sort_unstable_by_key(|flow| (flow.chosen.first_frame, flow.chosen.id));
        let mut current = HashMap::new();
        for (place, flow) in flows.iter_mut().enumerate().rev() {
            flow.next = current.insert(flow.chosen.key, place);
        }
        Self { flows, current }
    }
}

impl Selected {
    /// How many flows were chosen.
    #[must_use]
    pub fn len(&self) -> usize {
        self.flows.len()
    }

    /// Whether none was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.flows.is_empty()
    }

    /// The finest digits of a second that the clock of a flow has.
    #[must_use]
    pub fn digits(&self) -> u8 {
        self.flows.iter().map(|flow| flow.chosen.digits).max().unwrap_or_default()
    }

    /// Packets that have not been met: none after a whole second reading of the same bytes.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.flows.iter().map(|flow| flow.left).sum()
    }

    /// The flow that a packet belongs to, by its place among the flows; each packet of the capture is to be asked for
    /// once, in the order of the first reading.
    pub fn take(&mut self, key: &FlowKey, frame: u64) -> Option<(usize, &Chosen)> {
        let current = self.current.get_mut(key)?;
        if self.flows.get(*current)?.left == 0 {
            *current = self.flows.get(*current)?.next?;
        }
        let place = *current;
        let flow = self.flows.get_mut(place)?;
        if frame < flow.chosen.first_frame {
            return None;
        }
        flow.left -= 1;
        Some((place, &flow.chosen))
    }
}

/// The second reading of a capture.
#[derive(Debug)]
pub struct Extraction {
    decoder: Decoder,
    fragments: Limits,
    /// What is looked for.
    pub selected: Selected,
}

impl Extraction {
    /// Looks for the packets of `selected`; `fragments` are the bounds of the first reading.
    #[must_use]
    pub fn new(selected: Selected, fragments: Limits) -> Self {
        Self { decoder: Decoder::new(fragments), fragments, selected }
    }

    /// A timeline begins: fragments of the one before do not count.
    pub fn begin_timeline(&mut self) {
        self.decoder = Decoder::new(self.fragments);
    }

    /// The chosen flow that a frame was counted for: its place among the flows, and the flow.
    pub fn flow_of(&mut self, frame: &Frame, bytes: &[u8]) -> Option<(usize, &Chosen)> {
        match self.decoder.decode(frame, bytes) {
            Decoded::Packet { packet, .. } => self.selected.take(&packet.key, frame.number),
            Decoded::Skipped(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Endpoint;

    fn key(port: u16) -> FlowKey {
        let end = |last, port| Endpoint { address: [10, 0, 0, last].into(), port };
        FlowKey::new(end(1, port), end(2, 53), 17, 0).0
    }

    fn chosen(id: u64, port: u16, first_frame: u64, packets: u64) -> Chosen {
        let (app, verdict) = (Some("dns"), Verdict::Confirmed);
        Chosen { id, app, verdict, digits: 6, key: key(port), first_frame, packets }
    }

    #[test]
    fn flows_between_the_same_ends_follow_each_other_and_what_lies_between_is_of_neither() {
        // Frames 3 to 5, and 9; 6 to 8 were a flow that was not chosen.
        let mut selected: Selected =
            [chosen(2, 1000, 9, 1), chosen(1, 1000, 3, 3), chosen(3, 1001, 4, 2)].into_iter().collect();
        let mut flow = |port, frame| selected.take(&key(port), frame).map(|(_, chosen)| chosen.id);
        let met: Vec<_> = (1..=10).map(|frame| flow(1000, frame)).collect();
        let wanted = [None, None, Some(1), Some(1), Some(1), None, None, None, Some(2), None];
        assert_eq!(met, wanted);
        assert_eq!((flow(1001, 11), flow(1002, 11)), (Some(3), None));
        assert_eq!(selected.missing(), 1);
    }

    #[test]
    fn a_comment_says_label_verdict_and_number() {
        let mut flow = chosen(0xabc, 1, 1, 1);
        assert_eq!(flow.comment(), "dns, confirmed, flow 0000000000000abc");
        (flow.app, flow.verdict) = (None, Verdict::Unknown);
        assert_eq!(flow.comment(), "no label, unknown, flow 0000000000000abc");
    }
}
