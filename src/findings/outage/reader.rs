//! Finds the pattern of faults that came together, from the routes that fail at that moment and those that do not.

use super::super::ledger::{Line, THRESHOLDS};
use super::super::matrix::{Matrix, blocks};
use super::{Fault, Mark, Outage, Pattern, Route, is_lossy, overlapping, runs};
use crate::report::Run;
use std::collections::{BTreeMap, BTreeSet};

/// Runs of one pair of nodes, and its lines with losses all along.
type Losses<'a> = (Vec<Fault<'a>>, Vec<&'a Line>);

/// Reads faults, outage by outage.
pub(super) struct Reader<'r, 'a> {
    pub(super) matrix: &'r Matrix,
    pub(super) lines: &'r [&'a Line],
    pub(super) faults: &'r [Fault<'a>],
    pub(super) outages: Vec<Outage<'a>>,
}

/// Routes at one moment.
#[derive(Clone)]
struct Scene {
    all: BTreeSet<Route>,
    bad: BTreeSet<Route>,
    /// Those of the bad ones that have just failed.
    new: BTreeSet<Route>,
    /// Nodes of which nothing is heard, by route.
    silent: BTreeSet<(usize, Route)>,
    /// Of bad routes of which one direction works: who is asked in the other one.
    half: BTreeMap<Route, usize>,
}

const fn has(route: Route, node: usize) -> bool {
    route.0 == node || route.1 == node
}

impl Scene {
    fn own(&self, node: usize) -> BTreeSet<Route> {
        self.all.iter().copied().filter(|&route| has(route, node)).collect()
    }

    /// Nodes all of whose routes fail, on at least two routes.
    fn lost(&self) -> Vec<usize> {
        let nodes: BTreeSet<usize> = self.new.iter().flat_map(|&(a, b, ..)| [a, b]).collect();
        let is_lost = |node: &usize| {
            let own = self.own(*node);
            own.len() > 1 && own.is_subset(&self.bad)
        };
        nodes.into_iter().filter(is_lost).collect()
    }

    fn is_silent(&self, node: usize) -> bool {
        self.own(node).into_iter().all(|route| self.silent.contains(&(node, route)))
    }

    fn remove(&mut self, node: usize) {
        for set in [&mut self.all, &mut self.bad, &mut self.new] {
            set.retain(|&route| !has(route, node));
        }
        self.half.retain(|&route, _| !has(route, node));
    }

    /// Whether some routes of a node fail in the same way: both directions of each, or the same one of each.
    fn is_even(&self, node: usize, routes: &BTreeSet<Route>) -> bool {
        let half: Vec<usize> =
            self.half.iter().filter(|(route, _)| routes.contains(route)).map(|(_, &asked)| asked).collect();
        let theirs = half.iter().filter(|&&asked| asked == node).count();
        half.is_empty() || (half.len() == routes.len() && (theirs == 0 || theirs == half.len()))
    }

    fn works(&self) -> bool {
        self.all.len() > self.bad.len()
    }
}

impl<'a> Reader<'_, 'a> {
    /// The routes at the moment by which all of a group have failed.
    fn scene(&self, group: &[Fault<'a>]) -> Scene {
        let when = group.iter().map(|fault| fault.run.start.time).max().unwrap_or_default();
        let route = |fault: &Fault<'_>| self.matrix.route(fault.line);
        let marks: BTreeSet<Mark> = group.iter().map(Fault::mark).collect();
        let down = self.faults.iter().filter(|fault| {
            let meets = fault.run.start.time <= when && fault.until() > when;
            // What only happens to be down for a part of the time has a cause of its own.
            marks.contains(&fault.mark()) || (meets && group.iter().any(|own| own.coincides(fault)))
        });
        let (mut bad, mut silent) = (BTreeSet::new(), BTreeSet::new());
        let mut asked_by_route: BTreeMap<Route, Vec<&Fault<'_>>> = BTreeMap::new();
        for fault in down {
            let Some(route) = route(fault) else { continue };
            bad.insert(route);
            asked_by_route.entry(route).or_default().push(fault);
            if let Some(asked) = self.matrix.place(fault.line.to.address).filter(|_| fault.is_silent()) {
                silent.insert((asked, route));
            }
        }
        let half = asked_by_route.into_iter().filter_map(|(route, faults)| {
            let asked = faults.first()?.line.to;
            let one_way = faults.iter().all(|fault| fault.line.to == asked && fault.is_one_way(self.lines));
            Some((route, self.matrix.place(asked.address).filter(|_| one_way)?))
        });
        let half = half.collect();
        // A route between two nodes that both fell silent is neither good nor bad.
        let speaks = |line: &&&Line| {
            let (own, peer) = (&line.beats, &line.peer);
            let first = own.first.min(peer.first.or(own.first));
            let last = own.last.max(peer.last);
            first.is_none_or(|first| first.time <= when)
                && last.is_none_or(|last| last.time >= when)
                && line.quiet.is_none_or(|quiet| when < quiet.from.time || quiet.end < when)
        };
        let mut all: BTreeSet<Route> =
            self.lines.iter().filter(speaks).filter_map(|line| self.matrix.route(line)).collect();
        all.extend(&bad);
        Scene { all, bad, new: group.iter().filter_map(route).collect(), silent, half }
    }

    /// Finds the patterns of faults that came together; gives back what none explains.
    pub(super) fn explain(&mut self, group: Vec<Fault<'a>>) -> Vec<Fault<'a>> {
        if group.is_empty() {
            return group;
        }
        let mut scene = self.scene(&group);
        let whole = scene.clone();
        let mut group = group;
        let lost = scene.lost();
        let silent: Vec<usize> = lost.iter().copied().filter(|&node| scene.is_silent(node)).collect();
        let center = Self::center(&scene.bad).filter(|node| !scene.works() && !silent.contains(node));
        if let Some(center) = center {
            // All others at once: it is the one that hears none of them.
            self.tell(Pattern::Isolated(center), &mut group, |route| has(route, center), &whole);
            return group;
        }
        for (pattern, nodes) in self.silences(&scene, silent) {
            let nodes: BTreeSet<usize> = nodes.into_iter().collect();
            let own = |route: Route| nodes.contains(&route.0) || nodes.contains(&route.1);
            self.tell(pattern, &mut group, own, &whole);
            for &node in &nodes {
                scene.remove(node);
            }
        }
        let is_even = |scene: &Scene, node| scene.is_even(node, &scene.own(node));
        while let Some(node) = scene.lost().into_iter().find(|&node| scene.works() && is_even(&scene, node)) {
            self.tell(Pattern::Isolated(node), &mut group, |route| has(route, node), &whole);
            scene.remove(node);
        }
        if let Some(pattern) = Self::wide(&scene) {
            let new = scene.new.clone();
            self.tell(pattern, &mut group, |route| new.contains(&route), &whole);
        }
        group
    }

    /// What the silence of some nodes comes down to.
    fn silences(&self, scene: &Scene, silent: Vec<usize>) -> Vec<(Pattern, Vec<usize>)> {
        let of = |node: usize| self.matrix.network_of(node);
        let networks: BTreeSet<usize> = scene.all.iter().map(|route| route.2).collect();
        let theirs: BTreeSet<usize> = silent.iter().filter_map(|&node| of(node)).collect();
        // Where addresses cannot be put together, one that is silent in each network is one node's.
        if self.matrix.is_apart() && silent.len() > 1 && silent.len() == theirs.len() && theirs == networks {
            return vec![(Pattern::Silent(silent.clone()), silent)];
        }
        let size = |network: usize| {
            let nodes = scene.all.iter().filter(|route| route.2 == network).flat_map(|&(a, b, ..)| [a, b]);
            nodes.collect::<BTreeSet<_>>().len()
        };
        let tell = |node: usize| {
            let own = of(node).filter(|_| self.matrix.is_apart());
            // Where another network has as many nodes and all live, the node lives too.
            let lives = own.filter(|&own| {
                networks.iter().any(|&other| !theirs.contains(&other) && size(other) >= size(own))
            });
            lives.map_or_else(|| Pattern::Silent(vec![node]), |network| Pattern::Adapter(node, network))
        };
        silent.into_iter().map(|node| (tell(node), vec![node])).collect()
    }

    /// The node that all routes have in common, with at least two others.
    fn center(routes: &BTreeSet<Route>) -> Option<usize> {
        let pairs: BTreeSet<(usize, usize)> = routes.iter().map(|&(a, b, ..)| (a, b)).collect();
        let &(a, b) = pairs.first().filter(|_| pairs.len() > 1)?;
        [a, b].into_iter().find(|&node| pairs.iter().all(|&(a, b)| a == node || b == node))
    }

    /// A pattern of more than one node.
    fn wide(scene: &Scene) -> Option<Pattern> {
        scene.new.first()?;
        let pairs =
            |routes: &BTreeSet<Route>| routes.iter().map(|&(a, b, ..)| (a, b)).collect::<BTreeSet<_>>();
        let failing: BTreeSet<usize> = scene.bad.iter().map(|route| route.2).collect();
        let here: BTreeSet<Route> =
            scene.all.iter().copied().filter(|route| failing.contains(&route.2)).collect();
        let elsewhere = here.len() < scene.all.len();
        if let ([network], true) = (failing.iter().copied().collect::<Vec<_>>().as_slice(), elsewhere) {
            if here.len() > 1 && here == scene.bad && scene.half.is_empty() {
                return Some(Pattern::Network(*network));
            }
            let own = |node: usize| here.iter().filter(|&&route| has(route, node)).count();
            let center = Self::center(&scene.bad)
                .filter(|&node| own(node) == scene.bad.len() && scene.is_even(node, &scene.bad));
            if let Some(node) = center {
                return Some(Pattern::Adapter(node, *network));
            }
        }
        let (all, bad) = (pairs(&here), pairs(&scene.bad));
        let mixed = here.iter().any(|route| !scene.bad.contains(route) && bad.contains(&(route.0, route.1)));
        if let Some(group) = blocks(&all, &bad).filter(|_| !mixed) {
            // Where one direction works of some routes only, or now this one and now that one, nobody has lost anybody.
            let theirs = scene.half.values().filter(|asked| group.contains(asked)).count();
            let half = scene.half.len();
            let is_even = half == 0 || (half == scene.bad.len() && (theirs == 0 || theirs == half));
            return is_even.then_some(Pattern::Split(group));
        }
        (here == scene.bad && !elsewhere && bad.len() > 1 && scene.half.is_empty())
            .then_some(Pattern::Everything)
    }

    /// Takes the faults on some routes out of a group, as an outage or a part of one that is known.
    fn tell(
        &mut self,
        pattern: Pattern,
        group: &mut Vec<Fault<'a>>,
        is_of: impl Fn(Route) -> bool,
        scene: &Scene,
    ) {
        let routes = (scene.all.len(), scene.bad.len());
        let carried = self.carried(scene, &scene.bad.iter().copied().filter(|&route| is_of(route)).collect());
        let (faults, rest): (Vec<_>, Vec<_>) =
            group.drain(..).partition(|fault| self.matrix.route(fault.line).is_some_and(&is_of));
        *group = rest;
        let Some(first) = faults.first() else { return };
        match self.outages.iter_mut().find(|outage| outage.pattern == pattern && outage.covers(first)) {
            Some(known) => {
                known.faults.extend(faults);
                known.routes.1 = known.routes.1.max(routes.1);
                known.carried = known.carried.intersection(&carried).copied().collect();
            }
            None => self.outages.push(Outage { pattern, faults, lossy: Vec::new(), routes, carried }),
        }
    }

    /// Other networks over which all pairs of nodes reach each other whose routes fail.
    fn carried(&self, scene: &Scene, failing: &BTreeSet<Route>) -> BTreeSet<usize> {
        let planes: BTreeSet<usize> = failing.iter().map(|route| route.2).collect();
        let good: BTreeSet<Route> = scene.all.difference(&scene.bad).copied().collect();
        if self.matrix.is_apart() {
            // Whose addresses those of another network are is not known: there have to be as many, and all have to live.
            let nodes = |plane: usize| {
                let own = scene.all.iter().filter(|route| route.2 == plane).flat_map(|&(a, b, ..)| [a, b]);
                own.collect::<BTreeSet<_>>().len()
            };
            let needed = planes.iter().map(|&plane| nodes(plane)).max().unwrap_or(0);
            let sound =
                |plane: &usize| !scene.bad.iter().any(|route| route.2 == *plane) && nodes(*plane) >= needed;
            return good.iter().map(|route| route.2).filter(sound).collect();
        }
        let over = |&(a, b, plane, _): &Route| -> BTreeSet<usize> {
            let same = good.iter().filter(|other| (other.0, other.1) == (a, b) && other.2 != plane);
            same.map(|other| other.2).collect()
        };
        let all: Vec<BTreeSet<usize>> = failing.iter().map(over).collect();
        if all.iter().any(BTreeSet::is_empty) { BTreeSet::new() } else { all.into_iter().flatten().collect() }
    }

    /// Adds to outages what began a little earlier or later on their routes.
    pub(super) fn absorb(&mut self, left: Vec<Fault<'a>>) -> Vec<Fault<'a>> {
        let (mut rest, matrix) = (Vec::new(), self.matrix);
        for fault in left {
            let Some(route) = matrix.route(fault.line) else { continue };
            let is_of = |pattern: &Pattern| match pattern {
                Pattern::Silent(nodes) => nodes.iter().any(|&node| has(route, node)),
                Pattern::Isolated(node) => has(route, *node),
                Pattern::Adapter(node, network) => has(route, *node) && route.2 == *network,
                Pattern::Network(network) => route.2 == *network,
                Pattern::Split(group) => group.contains(&route.0) != group.contains(&route.1),
                Pattern::Everything => true,
                Pattern::Scattered | Pattern::Lossy(_) | Pattern::Path(..) => false,
            };
            let joins = |outage: &Outage<'_>| {
                let is_silent = matches!(outage.pattern, Pattern::Silent(_));
                is_of(&outage.pattern)
                    && outage.covers(&fault)
                    && (is_silent || outage.faults.iter().any(|own| own.coincides(&fault)))
            };
            match self.outages.iter_mut().find(|outage| joins(outage)) {
                Some(outage) => outage.faults.push(fault),
                None => rest.push(fault),
            }
        }
        rest
    }

    /// Reads what no outage explains, short runs and steady losses too.
    pub(super) fn losses(&mut self) {
        let told: BTreeSet<Mark> =
            self.outages.iter().flat_map(|outage| &outage.faults).map(Fault::mark).collect();
        let mut all: Vec<(Fault<'a>, bool)> = Vec::new();
        for line in self.lines.iter().copied().filter(|line| self.matrix.route(line).is_some()) {
            let beats = &line.beats;
            let mut known = runs(line);
            // Of one that goes on it is not known yet what it becomes.
            let short = beats.runs.iter().filter(|run| run.end.is_some());
            known.extend(short.map(|run| (run.start, *run)));
            let (mine, others): (Vec<_>, Vec<_>) = known
                .into_values()
                .map(|run| Fault { line, run })
                .partition(|fault| !told.contains(&fault.mark()));
            let [lowest, ..] = THRESHOLDS;
            let long = mine.iter().filter(|fault| fault.run.missed >= lowest);
            let explained: u64 = others.iter().chain(long).map(|fault| fault.run.missed).sum();
            if let Some((from, to)) = beats.lost.filter(|_| is_lossy(line, explained)) {
                let run = Run { missed: 0, start: from, end: Some(to), heard: 0 };
                all.push((Fault { line, run }, true));
            }
            all.extend(mine.into_iter().map(|fault| (fault, false)));
        }
        for group in overlapping(all, |(fault, _)| (fault.run.start.time, fault.until())) {
            let (lossy, runs): (Vec<_>, Vec<_>) = group.into_iter().partition(|(_, lossy)| *lossy);
            let faults: Vec<Fault<'a>> = runs.into_iter().map(|(fault, _)| fault).collect();
            let lossy: Vec<&'a Line> = lossy.into_iter().map(|(fault, _)| fault.line).collect();
            self.loss(faults, lossy);
        }
    }

    fn loss(&mut self, faults: Vec<Fault<'a>>, lossy: Vec<&'a Line>) {
        let lines = faults.iter().map(|fault| fault.line).chain(lossy.iter().copied());
        let routes: BTreeSet<Route> = lines.filter_map(|line| self.matrix.route(line)).collect();
        let nodes: BTreeSet<usize> = routes.iter().flat_map(|&(a, b, ..)| [a, b]).collect();
        let all: BTreeSet<Route> = self.lines.iter().filter_map(|line| self.matrix.route(line)).collect();
        let count = (all.len(), routes.len());
        let [lowest, ..] = THRESHOLDS;
        let long = faults.iter().any(|fault| fault.run.missed >= lowest || fault.run.end.is_none());
        let pattern = match (nodes.len(), Self::center(&routes)) {
            (3.., None) => Some(Pattern::Scattered),
            (3.., Some(node)) if !long => Some(Pattern::Lossy(node)),
            _ => None,
        };
        if let Some(pattern) = pattern {
            self.outages.push(Outage { pattern, faults, lossy, routes: count, carried: BTreeSet::new() });
            return;
        }
        // Each pair for itself.
        let pair = |line: &Line| self.matrix.route(line).map_or((0, 0), |(a, b, ..)| (a, b));
        let mut pairs: BTreeMap<(usize, usize), Losses<'a>> = BTreeMap::new();
        for fault in faults {
            pairs.entry(pair(fault.line)).or_default().0.push(fault);
        }
        for line in lossy {
            pairs.entry(pair(line)).or_default().1.push(line);
        }
        for ((a, b), (faults, lossy)) in pairs {
            self.outages.push(Outage {
                pattern: Pattern::Path(a, b),
                faults,
                lossy,
                routes: count,
                carried: BTreeSet::new(),
            });
        }
    }
}
