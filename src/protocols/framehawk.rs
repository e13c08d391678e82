//! Citrix Framehawk: a display channel over UDP for lossy lines, until Virtual Apps and Desktops 7 1811.
//!
//! Its bytes are not public. What is: the desktop listens on a port of 3224 to 3324, the channel opens soon
//! after an ICA session between the same two hosts, pictures go one way and short feedback the other.
//! All of that together is behaviour; any part of it alone is nothing.

use crate::byteset::ByteSet;
use crate::context::Neighbour;
use crate::inspect::{Carriers, Confidence, Evidence, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;
use crate::rhythm::Conduct;

/// Framehawk.
pub const INSPECTOR: Inspector = Inspector {
    name: "framehawk",
    title: "Citrix Framehawk display channel",
    specification: "none is public; Citrix names the port range (Framehawk policy settings, CTX205257)",
    carriers: Carriers::UDP,
    ports: &PORTS,
    initiator_first: ByteSet::NONE,
    responder_first: ByteSet::NONE,
    inspect,
    behave: Some(behave),
    neighbours: &["ica", "cgp", "tls"],
    confused_with: "whatever else uses a port of the range: Apple Remote Desktop on 3283, Epson's printers on 3289, \
                    HICP on 3250, old systems' ephemeral ports; any other server-heavy UDP flow",
    ..Inspector::PLAIN
};

const FIRST_PORT: u16 = 3224;
/// The default range of the policy "Framehawk display channel port range": 3224 to 3324.
const PORTS: [u16; 101] = range();

#[expect(clippy::indexing_slicing, reason = "const code; the index is below the length")]
#[expect(clippy::cast_possible_truncation, reason = "an index below 101")]
const fn range() -> [u16; 101] {
    let mut ports = [0; 101];
    let mut at = 0;
    while at < ports.len() {
        ports[at] = FIRST_PORT + at as u16;
        at += 1;
    }
    ports
}

/// No byte can speak for it.
const fn inspect(_: &Opening<'_>) -> Verdict {
    Err(Reject::Mismatch)
}

/// Longest time from the session's first packet to the channel's, in nanoseconds.
const SOON: u64 = 10_000_000_000;
/// Fewest packets from the desktop to judge by.
const MIN_PICTURES: u64 = 50;
/// Fewest packets from the client.
const MIN_FEEDBACK: u64 = 10;
/// Largest mean payload of feedback, in bytes.
const FEEDBACK_SIZE: u64 = 200;
/// Bounds of the desktop's largest payload, in bytes: full packets, but none beyond an Ethernet frame's.
const PICTURE_SIZE: std::ops::RangeInclusive<u32> = 800..=1472;
/// How many times more bytes the desktop sends than it gets, at least.
const HEAVIER: u64 = 4;
/// Longest median gap in the client's feedback, in nanoseconds.
const STEADY: u64 = 1_000_000_000;

fn behave(conduct: &Conduct<'_>) -> Verdict {
    let listener = conduct.responder();
    let [client, desktop] = conduct.rhythm;
    let ephemeral = conduct.endpoints.first().is_some_and(|end| !PORTS.contains(&end.port));
    if conduct.transport != Transport::Udp || !PORTS.contains(&listener.port) || !ephemeral {
        return Err(Reject::Mismatch);
    }
    let is_session = |neighbour: &&Neighbour| {
        neighbour.transport == Transport::Tcp
            && neighbour.responder.address == listener.address
            && match neighbour.name {
                "ica" | "cgp" => true,
                // A session inside TLS goes to the session's own ports or to 443.
                "tls" => matches!(neighbour.responder.port, 443 | 1494 | 2598),
                _ => false,
            }
            && neighbour.since <= conduct.since
            && conduct.since.since(neighbour.since) <= SOON
    };
    if !conduct.context.neighbours.iter().any(|neighbour| is_session(&neighbour)) {
        return Err(Reject::Mismatch);
    }
    if desktop.packets < MIN_PICTURES || client.packets < MIN_FEEDBACK {
        return Err(Reject::Incomplete);
    }
    let pictures = PICTURE_SIZE.contains(&desktop.largest) && desktop.bytes >= client.bytes * HEAVIER;
    let feedback = client.bytes <= client.packets * FEEDBACK_SIZE
        && client.median_gap().is_some_and(|gap| gap <= STEADY);
    if pictures && feedback {
        let rule = "display-channel: server-heavy UDP with steady feedback beside an ICA session";
        Ok(Evidence::new(Confidence::Behaviour, rule))
    } else {
        Err(Reject::Mismatch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Context;
    use crate::key::Endpoint;
    use crate::packet::Timestamp;
    use crate::rhythm::Rhythm;

    const SECOND: i64 = 1_000_000_000;

    fn judge(neighbour: &'static str, after: i64, feedback: u32) -> Verdict {
        let end = |last: u8, port| Endpoint { address: [10, 0, 0, last].into(), port };
        let mut rhythm = Rhythm::default();
        for step in 0..100 {
            let time = Timestamp(after * SECOND + step * SECOND / 50);
            rhythm.observe(false, time, 1200);
            rhythm.observe(true, time, feedback);
        }
        let session = Neighbour {
            name: neighbour,
            transport: Transport::Tcp,
            responder: end(2, 1494),
            since: Timestamp(0),
            frame: 1,
        };
        behave(&Conduct {
            transport: Transport::Udp,
            endpoints: [end(1, 50_000), end(2, 3224)],
            rhythm: [rhythm.of(true), rhythm.of(false)],
            context: Context { neighbours: &[session] },
            claimed: None,
            since: Timestamp(after * SECOND),
        })
    }

    #[test]
    fn a_server_heavy_flow_beside_an_ica_session_is_claimed_by_behaviour_at_most() {
        assert_eq!(judge("ica", 3, 60).map(|evidence| evidence.confidence), Ok(Confidence::Behaviour));
        assert_eq!(judge("cgp", 3, 60).map(|evidence| evidence.confidence), Ok(Confidence::Behaviour));
    }

    #[test]
    fn without_a_session_too_late_or_with_heavy_feedback_there_is_no_claim() {
        assert_eq!(judge("http", 3, 60), Err(Reject::Mismatch));
        assert_eq!(judge("ica", 30, 60), Err(Reject::Mismatch));
        assert_eq!(judge("ica", 3, 900), Err(Reject::Mismatch));
    }
}
