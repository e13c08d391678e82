//! What contradicts the user's expectations.

use super::expected::{Expectation, Standing, said};
use super::words::{self, counted, end};
use super::{Diagnosis, Family, Finding, Grounds, Severity};
use crate::key::{Endpoint, Transport};
use crate::summary::Summary;
use crate::verdict::ReasonKind;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const FAMILY: Family = Family {
    title: "What was expected",
    // Which flows break an expectation is judged before they are kept: see `gather`.
    concerns: |_| false,
    examine,
    diagnoses: &[BROKEN],
};

const BROKEN: Diagnosis = Diagnosis {
    id: "expectation-broken",
    severity: Severity::Warning,
    title: "Something is not as the expectations say",
    meaning: "The file of --expect says which protocols belong on which ports and between which hosts, and here another one is \
              spoken, or one that belongs elsewhere, or the port was used by hosts that are not among those it is kept to.",
    evidence: "Bytes that tell a protocol (a signature, a message or a dialogue), or that are not what is expected; flows whose \
               bytes say nothing break no expectation but that of who may use a port, which an accepted connection breaks.",
    caveats: &["The expectations may be incomplete or out of date."],
    advice: &[
        "Ask the owner of the listening host; where it is as it should be, add it to the file: wiretell expect init drafts \
         such entries.",
    ],
};

/// Most flows of which a sentence is said, per listening end.
const MAX_TOLD: usize = 3;

/// One finding per listening end.
fn examine(grounds: &Grounds<'_>, findings: &mut Vec<Finding>) {
    type End = (Option<Transport>, Endpoint);
    let mut ends: BTreeMap<End, Vec<(&Summary, Standing<'_>)>> = BTreeMap::new();
    for flow in grounds.flows {
        let [_, to] = flow.endpoints;
        let standing = grounds.expectations.judge(flow);
        if standing.broken().is_some() {
            ends.entry((flow.key.transport(), to)).or_default().push((flow, standing));
        }
    }
    for ((transport, to), broken) in ends {
        let Some((first, _)) = broken.first() else { continue };
        let name = transport.map_or("ip", Transport::name);
        let seen: BTreeSet<&str> = broken.iter().map(|(flow, standing)| label(flow, *standing)).collect();
        let seen: Vec<&str> = seen.into_iter().collect();
        let mut finding = Finding::new(&BROKEN, first.first, first.digits)
            .host(to.address)
            .on(transport, to.port)
            .titled(format!("{} on {}/{name}, against the expectations", seen.join(", "), end(to)))
            .shown_by(format!("{} && {name}.port == {}", words::address_filter(to.address), to.port));
        let mut told = BTreeSet::new();
        for (flow, standing) in &broken {
            let Some(entry) = standing.broken() else { continue };
            finding = finding.flow(flow.id);
            if told.len() < MAX_TOLD && told.insert((label(flow, *standing), entry.line)) {
                finding = finding.because(sentence(flow, *standing, entry));
            }
        }
        if broken.len() > told.len() {
            let clients: BTreeSet<_> =
                broken.iter().filter_map(|(flow, _)| flow.endpoints.first().map(|from| from.address)).collect();
            finding = finding.because(format!(
                "In all {} of {}.",
                counted(broken.len() as u64, "flow"),
                counted(clients.len() as u64, "host")
            ));
        }
        findings.push(finding);
    }
}

/// What a flow is, or that it is not known.
fn label(flow: &Summary, standing: Standing<'_>) -> &'static str {
    let silent = || flow.counts.iter().all(|count| count.payload == 0);
    said(flow).unwrap_or_else(|| match standing {
        Standing::Outside(_) if silent() => "a connection",
        Standing::Outside(_) => "something",
        _ => "something else",
    })
}

fn sentence(flow: &Summary, standing: Standing<'_>, entry: &Expectation) -> String {
    let [from, to] = flow.endpoints;
    let expected = entry.protocols.join(" or ");
    let what = match standing {
        Standing::Elsewhere(_) => format!("expects {expected} only where it says"),
        Standing::Outside(_) => format!("has this port only with {}", entry.hosts()),
        _ => format!("expects {expected} there"),
    };
    let note = entry.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
    let told = flow.why.first().filter(|reason| {
        !matches!(standing, Standing::Outside(_)) || !matches!(reason.kind, ReasonKind::Port)
    });
    let reason = told.map(|reason| {
        let frame = reason.frame.map(|frame| format!(" (frame {frame})")).unwrap_or_default();
        format!(" The bytes: {}{frame}.", &*reason.detail)
    });
    format!(
        "{} from {} to {} at {} (frame {}); line {} of the expectations {what}{note}.{}",
        label(flow, standing),
        end(from),
        end(to),
        words::utc(flow.first, flow.digits),
        flow.first_frame,
        entry.line,
        reason.unwrap_or_default()
    )
}
