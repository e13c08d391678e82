//! Port honesty: bytes that are not what the port promises, guarded protocols elsewhere, half-forgotten ports.

mod elsewhere;
mod special;

use super::{Family, Finding, Grounds};
use crate::inspect::Confidence;
use crate::key::{Endpoint, protocol};
use crate::packet::TcpHeader;
use crate::summary::Summary;
use crate::verdict::Verdict;
use elsewhere::{is_by_custom, is_guarded, is_mobile};

pub(super) const FAMILY: Family = Family {
    title: "Ports and what is behind them",
    concerns,
    examine,
    diagnoses: &[
        elsewhere::GUARDED,
        elsewhere::MOBILE,
        elsewhere::UNCLAIMED,
        special::FOREIGN,
        special::FORGOTTEN,
        special::SCANNED,
        special::ANSWERED,
        special::REFUSED,
    ],
};

/// Ports of clusters, gateways and transaction managers.
fn is_special(port: u16) -> bool {
    matches!(port, 3243 | 3343 | 3353 | 3372 | 3391)
}

fn responder(flow: &Summary) -> Endpoint {
    let [_, to] = flow.endpoints;
    to
}

/// Whether bytes, and enough of them, say what the flow is.
fn is_sure(flow: &Summary) -> bool {
    flow.confidence.is_some_and(|confidence| confidence >= Confidence::Message)
}

/// Whether the responder is known to be the one that listens.
fn opened(flow: &Summary) -> Option<(u8, u8)> {
    let [client, server] = flow.tcp.as_ref().map(|tcp| &tcp.sides)?;
    (client.flags & TcpHeader::SYN != 0).then_some((client.flags, server.flags))
}

fn concerns(flow: &Summary) -> bool {
    match flow.verdict {
        Verdict::Contradicted => is_sure(flow) || is_special(responder(flow).port),
        Verdict::Recognised if is_sure(flow) && (is_guarded(flow) || is_mobile(flow)) => true,
        Verdict::Confirmed if is_sure(flow) && is_mobile(flow) => is_by_custom(flow),
        // Its own family tells of it.
        Verdict::Confirmed => false,
        _ => is_special(responder(flow).port) && matches!(flow.protocol, protocol::TCP | protocol::UDP),
    }
}

fn examine(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    elsewhere::contradicted(grounds, findings);
    elsewhere::unclaimed(grounds, findings);
    special::foreign(grounds, findings);
    special::forgotten(grounds, findings);
    let scanners = special::scanned(grounds, findings);
    special::listeners(grounds, &scanners, findings);
}

