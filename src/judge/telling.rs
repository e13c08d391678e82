//! Telling a new follower what was said before there was reason to follow.

use crate::flow::Flow;
use crate::follow::{Heard, Told};
use crate::inspect::{Piece, Said, Side};
use crate::stream::Watch;

/// Tells a new follower what was said before there was reason to follow, in the order it came.
pub(super) fn tell_opening(watch: &mut Watch, flow: &Flow, low: Said<'_>, high: Said<'_>, told: &mut Told) {
    let both = [(low, flow.side(true)), (high, flow.side(false))];
    let mut at = [0_usize; 2];
    loop {
        let piece = |i: usize| -> Option<(Piece, Side, &[u8])> {
            let (said, side) = both.get(i)?;
            let place = *at.get(i)?;
            let piece = *said.pieces().get(place)?;
            let start = place.checked_sub(1).and_then(|p| said.pieces().get(p)).map_or(0, |p| p.end);
            Some((piece, *side, said.bytes().get(start as usize..piece.end as usize)?))
        };
        let (index, (piece, side, bytes)) = match (piece(0), piece(1)) {
            (Some(a), Some(b)) => {
                if a.0.frame <= b.0.frame {
                    (0, a)
                } else {
                    (1, b)
                }
            }
            (Some(a), None) => (0, a),
            (None, Some(b)) => (1, b),
            (None, None) => return,
        };
        let Piece { time, frame, wire_len, fragmented, .. } = piece;
        watch.hear(&Heard { side, bytes, wire_len, time, frame, gap: false, fragmented }, told);
        if let Some(place) = at.get_mut(index) {
            *place += 1;
        }
    }
}
