//! Judging flows by rhythm and context, where bytes have told nothing or only the general kind.

use crate::classify::Claim;
use crate::flow::Flow;
use crate::hosts::Hosts;
use crate::inspect::{Confidence, Inspector};
use crate::key::Transport;
use crate::protocols::INSPECTORS;
use crate::rhythm::Conduct;
use std::sync::LazyLock;

/// Whether an inspector that judges behaviour is usual on this port.
pub(super) fn behaves(transport: Transport, port: u16) -> bool {
    static PORTS: LazyLock<[Vec<bool>; 3]> =
        LazyLock::new(|| [Transport::Tcp, Transport::Udp, Transport::Sctp].map(behaving_ports));
    let [tcp, udp, sctp] = &*PORTS;
    let ports = match transport {
        Transport::Tcp => tcp,
        Transport::Udp => udp,
        Transport::Sctp => sctp,
    };
    ports.get(usize::from(port)).copied().unwrap_or(false)
}

fn behaving_ports(transport: Transport) -> Vec<bool> {
    let mut ports = Vec::new();
    let behaving = INSPECTORS.iter().filter(|i| i.behave.is_some() && i.carriers.contains(transport));
    for &port in behaving.flat_map(|inspector| inspector.ports) {
        let place = usize::from(port);
        ports.resize(ports.len().max(place + 1), false);
        if let Some(slot) = ports.get_mut(place) {
            *slot = true;
        }
    }
    ports
}

/// Whether behaviour may show a special kind of what the inspector at `place` recognises.
pub(super) fn refined_by_behaviour(place: u16) -> bool {
    static REFINED: LazyLock<Vec<bool>> = LazyLock::new(|| {
        let refined = |name| BEHAVING.iter().any(|(_, special)| special.refines == Some(name));
        INSPECTORS.iter().map(|general| refined(general.name)).collect()
    });
    REFINED.get(usize::from(place)).copied().unwrap_or(false)
}

/// The inspectors that judge behaviour, with their places.
static BEHAVING: LazyLock<Vec<(u16, &'static Inspector)>> =
    LazyLock::new(|| (0..).zip(INSPECTORS).filter(|(_, inspector)| inspector.behave.is_some()).collect());

/// Asks those who judge behaviour, where bytes have told nothing or only the general kind.
pub(super) fn judge_behaviour(flow: &mut Flow, frame: u64, hosts: &Hosts) {
    let Some(rhythm) = flow.extra.as_ref().and_then(|extra| extra.rhythm.as_ref()) else { return };
    let claimed = flow.claim.filter(|(claim, _)| claim.evidence.confidence > Confidence::Behaviour);
    let claimed = claimed.and_then(|(claim, _)| claim.by()).map(|by| by.name);
    let Some(transport) = flow.key.transport() else { return };
    let conduct = Conduct {
        transport,
        endpoints: flow.endpoints(),
        rhythm: [rhythm.of(flow.low_initiates), rhythm.of(!flow.low_initiates)],
        context: hosts.context(flow.key.hosts()),
        claimed,
        since: flow.first,
    };
    let [_, port] = flow.ports();
    for &(place, inspector) in &*BEHAVING {
        let Some(behave) = inspector.behave else { continue };
        let asked = match claimed {
            None => inspector.ports.contains(&port),
            Some(name) => inspector.refines == Some(name),
        };
        if !asked || !inspector.carriers.contains(transport) {
            continue;
        }
        if let Ok(evidence) = behave(&conduct) {
            flow.claim = Some((Claim { inspector: place, evidence, swapped: false }, frame));
            return;
        }
    }
}
