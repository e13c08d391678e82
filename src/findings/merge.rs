//! One finding for each subject: what is wrong with one listening end is told once, however many clients find out.

use super::words::{self, counted, end, span};
use super::{Finding, Grounds};
use crate::key::Endpoint;
use crate::summary::Summary;
use std::collections::{BTreeMap, BTreeSet};

/// Most clients, and most tries, that one sentence names.
const MAX_NAMED: usize = 6;

/// Puts findings of one diagnosis about one listening end together. The earliest of the worst ones speaks for all.
pub(super) fn by_subject(grounds: &Grounds<'_>, findings: Vec<Finding>) -> Vec<Finding> {
    type Key = (&'static str, String, Endpoint, u8);
    let mut groups: BTreeMap<Key, Vec<(&Summary, Finding)>> = BTreeMap::new();
    let mut others = Vec::new();
    for finding in findings {
        let about = finding.flows.first().and_then(|id| grounds.flows.iter().find(|flow| flow.id == *id));
        match about {
            Some(flow) => {
                let [_, to] = flow.endpoints;
                let key = (finding.diagnosis.id, finding.title.clone(), to, flow.protocol);
                groups.entry(key).or_default().push((flow, finding));
            }
            None => others.push(finding),
        }
    }
    others.extend(groups.into_values().filter_map(together));
    others
}

fn together(group: Vec<(&Summary, Finding)>) -> Option<Finding> {
    let mut flows: Vec<&Summary> = group.iter().map(|(flow, _)| *flow).collect();
    flows.sort_by_key(|flow| (flow.first, flow.id));
    flows.dedup_by_key(|flow| flow.id);
    let earliest =
        |(flow, finding): &(&Summary, Finding)| (std::cmp::Reverse(finding.severity), flow.first, flow.id);
    let (first, mut finding) = group.into_iter().min_by_key(earliest)?;
    let ([_, .., last], [_, to]) = (flows.as_slice(), first.endpoints) else { return Some(finding) };
    let clients: BTreeSet<_> =
        flows.iter().filter_map(|flow| flow.endpoints.first()).map(|end| end.address).collect();
    finding = finding.because(format!(
        "It is the same with {} of {} to {} in all, the last of {} at {} (frame {}).",
        counted(flows.len() as u64, "flow"),
        counted(clients.len() as u64, "client"),
        end(to),
        last.endpoints.first().map(|from| end(*from)).unwrap_or_default(),
        words::utc(last.first, last.digits),
        last.first_frame
    ));
    if clients.len() > 1 {
        let names: Vec<String> = clients.iter().take(MAX_NAMED).map(ToString::to_string).collect();
        let more = clients.len().saturating_sub(MAX_NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        finding = finding.because(format!("The clients: {}{more}.", names.join(", ")));
    } else {
        finding = finding.because_some(pace(&flows));
    }
    for flow in &flows {
        finding = finding.flow(flow.id);
    }
    let transport = first.key.transport().map_or("ip", crate::key::Transport::name);
    let all = format!("{} && {transport}.port == {}", words::address_filter(to.address), to.port);
    Some(finding.also_shown_by(&all))
}

/// How far apart one client's tries began, where they were regular.
fn pace(flows: &[&Summary]) -> Option<String> {
    let mut gaps: Vec<u64> = flows
        .windows(2)
        .map(|pair| match pair {
            [one, next] => next.first.since(one.first),
            _ => 0,
        })
        .collect();
    gaps.sort_unstable();
    let (shortest, longest) = (*gaps.first()?, *gaps.last()?);
    let times: Vec<String> = flows
        .iter()
        .take(MAX_NAMED)
        .map(|flow| format!("{} (frame {})", words::utc(flow.first, flow.digits), flow.first_frame))
        .collect();
    let more = if flows.len() > MAX_NAMED { " ..." } else { "" };
    let apart = if longest / 10 >= longest - shortest {
        format!("{} apart", span(*gaps.get(gaps.len() / 2)?))
    } else {
        format!("{} to {} apart", span(shortest), span(longest))
    };
    (longest > 0).then(|| format!("They began at {}{more}, {apart}.", times.join(", ")))
}
