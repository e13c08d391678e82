//! Another flow that did what one did not: the same client reached the same listening end, later or meanwhile.

use super::words::{self, SECOND, at, end, span, stamp};
use super::{Finding, Grounds};
use crate::attributes::Value;
use crate::packet::{TcpHeader, Timestamp};
use crate::report::{Moment, Report};
use crate::summary::Summary;

/// Packets of each side that make a channel.
const MIN_DATA: u64 = 3;
/// How long both sides have to be heard on another channel, in nanoseconds.
const MIN_LASTED: u64 = SECOND;

/// Whether the client asked for a reliable channel or a lossy one, where the bytes say it.
pub(super) fn mode(flow: &Summary) -> Option<&str> {
    match flow.attributes.value("rdp-udp.mode") {
        Some(Value::Text(mode)) => Some(mode),
        _ => None,
    }
}

/// Until when both sides of a channel were heard, if data went both ways.
fn works_until(flow: &Summary) -> Option<Timestamp> {
    let (data, last, enough) = match flow.report.as_deref() {
        Some(Report::Channel(seen)) => (seen.data, seen.last, 1),
        Some(Report::Handshake(seen)) => (seen.data, seen.last, MIN_DATA),
        Some(Report::Datagrams(seen)) => {
            let established = flow.app != Some("quic") || seen.short.iter().all(|&short| short > 0);
            (seen.count, seen.last, if established { MIN_DATA } else { u64::MAX })
        }
        _ => return None,
    };
    let [Some(one), Some(other)] = last else { return None };
    data.iter().all(|&data| data >= enough).then_some(one.time.min(other.time))
}

/// Adds to a finding about `flow`, which does not work from `since` on, that another channel of the same hosts does: what
/// is wrong is then one step less bad. `what` names the moment.
pub(super) fn told(
    grounds: &Grounds<'_>,
    flow: &Summary,
    since: Timestamp,
    what: &str,
    finding: Finding,
) -> Finding {
    let [client, server] = flow.endpoints;
    let others = grounds.flows.iter().filter(|other| {
        let [from, to] = other.endpoints;
        other.id != flow.id && other.app == flow.app && (from.address, to) == (client.address, server)
    });
    let working = others.filter_map(|other| {
        let until = works_until(other)?;
        let began = other.first.max(since);
        (until.since(began) >= MIN_LASTED).then_some((other, until))
    });
    let Some((other, until)) = working.min_by_key(|(other, _)| (other.first, other.id)) else {
        return finding;
    };
    let [from, _] = other.endpoints;
    let first = Moment { time: other.first, frame: other.first_frame };
    let when = if other.first >= since {
        format!("{} after {what}", span(other.first.since(since)))
    } else {
        format!("{} before {what}", span(since.since(other.first)))
    };
    let mode = mode(other).map(|mode| format!(" ({mode})")).unwrap_or_default();
    let (milder, title) = (finding.severity.milder(), format!("{}; another one works", finding.title));
    finding.graded(milder).titled(title).flow(other.id).also_shown_by(&words::flow_filter(other)).because(
        format!(
            "Another one{mode}, of {} to {}, works: it began {}, {when}, and both sides are heard until {}.",
            end(from),
            end(server),
            at(first, other.digits),
            words::utc(until, other.digits)
        ),
    )
}

/// Adds to a finding about a TCP connection that could not be opened that the same client opened one to the same end later.
pub(super) fn opened(grounds: &Grounds<'_>, flow: &Summary, finding: Finding) -> Finding {
    let [client, server] = flow.endpoints;
    let later = grounds.flows.iter().find(|other| {
        let [from, to] = other.endpoints;
        let answered = other
            .tcp
            .as_ref()
            .is_some_and(|tcp| tcp.sides.iter().all(|side| side.flags & TcpHeader::SYN != 0));
        other.first > flow.last && (from.address, to) == (client.address, server) && answered
    });
    let Some(other) = later else { return finding };
    let [from, _] = other.endpoints;
    let first = Moment { time: other.first, frame: other.first_frame };
    let (milder, title) = (finding.severity.milder(), format!("{}; later it could", finding.title));
    finding.graded(milder).titled(title).flow(other.id).also_shown_by(&words::flow_filter(other)).because(
        format!(
            "{} opened a connection to it from {} on, {} after the first try.",
            end(from),
            stamp(first, other.digits),
            span(other.first.since(flow.first))
        ),
    )
}
