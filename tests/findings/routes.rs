//! Clusters: which routes fail together, what carries heartbeats meanwhile, and what only happens at the same time.

use super::*;
use crate::clusters::Fate::{self, Answered, Gone, Unanswered};
use crate::clusters::{beats, node};
use crate::quality::one;
use wiretell::findings::Severity::{Critical, Warning};
use wiretell::findings::matrix::Matrix;

/// All these nodes ask each other; `fate` knows who asks whom, and the beat.
fn among(capture: &mut Capture, nodes: &[End], fate: impl Fn(End, End, u32) -> Fate) {
    for &from in nodes {
        for &to in nodes.iter().filter(|&&to| to != from) {
            beats(capture, from, to, 50, |i| fate(from, to, i));
        }
    }
}

fn reading(capture: &Capture) -> String {
    Matrix::of(&examine(capture, 0).heartbeats).reading()
}

#[test]
fn a_node_in_another_subnet_that_falls_silent_is_named_and_its_routes_are_counted_once() {
    let (far, mut capture) = (node(9, 3), Capture::default());
    among(&mut capture, &[node(1, 1), node(1, 2), far], |from, to, i| match i {
        15..40 if from == far => Gone,
        15..40 if to == far => Unanswered,
        _ => Answered,
    });
    let silent = one(&capture, "netft-node-silent");
    assert_eq!(silent.severity, Critical);
    assert!(silent.title.starts_with("The node at 10.0.9.3 fell silent"), "{}", silent.title);
    assert_eq!(silent.filter, "udp.port == 3343 && ip.addr == 10.0.9.3");
}

#[test]
fn two_sites_in_two_subnets_that_lose_each_other_are_split_on_four_of_six_routes() {
    let mut capture = Capture::default();
    among(&mut capture, &[node(1, 1), node(1, 2), node(9, 1), node(9, 2)], |from, to, i| {
        if from.0[0] != to.0[0] && (20..35).contains(&i) { Unanswered } else { Answered }
    });
    assert_found(&capture, &[("netft-site-split", Critical)]);
    let said = one(&capture, "netft-site-split").evidence.join(" ");
    assert!(said.contains("Of 6 routes between nodes, 4 miss"), "{said}");
}

#[test]
fn groups_that_lose_each_other_on_one_of_two_networks_lose_redundancy_only() {
    let mut capture = Capture::default();
    let of = |network| [1, 2, 3, 4].map(|host| node(network, host));
    among(&mut capture, &of(1), |from, to, i| {
        if (from.0[1] <= 2) != (to.0[1] <= 2) && (20..35).contains(&i) { Unanswered } else { Answered }
    });
    among(&mut capture, &of(2), |_, _, _| Answered);
    assert_found(&capture, &[("netft-network-failed", Warning)]);
    let finding = one(&capture, "netft-network-failed");
    assert!(finding.title.starts_with("On 10.0.1.0/24 two groups of nodes"), "{}", finding.title);
    let said = finding.evidence.join(" ");
    assert!(said.contains("Over 10.0.2.0/24 heartbeats of the same nodes are answered"), "{said}");
    assert!(reading(&capture).contains("All reach each other over 10.0.2.0/24"), "{}", reading(&capture));
}

#[test]
fn a_node_cut_off_on_one_of_two_networks_is_a_step_milder_and_on_both_is_not() {
    for (networks, expected) in [(1, Warning), (2, Critical)] {
        let mut capture = Capture::default();
        for network in [1, 2] {
            among(&mut capture, &[1, 2, 3].map(|host| node(network, host)), |from, to, i| {
                let cut = from.0[1] == 3 || to.0[1] == 3;
                if cut && network <= networks && (20..35).contains(&i) { Unanswered } else { Answered }
            });
        }
        assert_found(&capture, &[("netft-node-isolated", expected)]);
    }
}

/// Nodes 1 and 2 lose each other for 18 s, and within that time 3 stops answering 1 for 6 s, and goes on being answered.
fn two_faults(third: bool) -> Capture {
    let mut capture = Capture::default();
    let fate = |from: End, to: End, i: u32| match (from.0, to.0) {
        ([1, 1], [1, 2]) | ([1, 2], [1, 1]) if (12..30).contains(&i) => Unanswered,
        ([1, 1], [1, 3]) if (20..26).contains(&i) => Unanswered,
        _ => Answered,
    };
    for network in [1, 2] {
        let hosts = [1, 2, 3].map(|host| node(network, host));
        let [one, two, three] = hosts;
        among(&mut capture, &[one, two], fate);
        among(&mut capture, &[one, three], fate);
        if third {
            among(&mut capture, &[two, three], fate);
        }
    }
    capture
}

#[test]
fn two_faults_that_only_overlap_are_two_paths_with_their_own_times() {
    for third in [false, true] {
        let capture = two_faults(third);
        let expected = [("netft-heartbeats-missed", Warning), ("netft-neither-answers", Critical)];
        assert_found(&capture, &expected);
        let reading = reading(&capture);
        assert!(reading.contains("for 18 s: What fails is between 10.0.1.1 and 10.0.1.2"), "{reading}");
        assert!(reading.contains("for 6 s: What fails is between 10.0.1.1 and 10.0.1.3"), "{reading}");
    }
}

#[test]
fn one_group_that_drops_what_comes_from_the_other_is_a_split_although_its_own_requests_are_answered() {
    let mut capture = Capture::default();
    among(&mut capture, &[1, 2, 3, 4].map(|host| node(1, host)), |from, to, i| {
        if from.0[1] > 2 && to.0[1] <= 2 && (20..35).contains(&i) { Unanswered } else { Answered }
    });
    assert_found(&capture, &[("netft-site-split", Critical)]);
}
