//! Names that are spelt like one that does not exist.

use super::systems::SYSTEMS;
use crate::ports::{practice, registered};
use crate::protocols::INSPECTORS;

/// Most names suggested.
const MAX_SUGGESTIONS: usize = 3;
/// Longest name that is compared, in bytes; no service's name is longer.
const MAX_NAME: usize = 32;

/// The known names nearest to `query`, protocols that are recognised before mere services.
pub(super) fn alike(query: &str) -> Vec<String> {
    if query.is_empty() || query.len() > MAX_NAME {
        return Vec::new();
    }
    // One slip of the pen in three letters, at cost one and at most three in all.
    let tolerance = (query.chars().count() / 3).clamp(1, 3);
    let systems = SYSTEMS.iter().flat_map(|system| system.protocols.iter().chain(system.also).copied());
    let ours = systems.chain(INSPECTORS.iter().map(|inspector| inspector.name));
    let theirs = practice::all().map(|used| used.name).chain(registered::all().map(|service| service.name));
    let mut near: Vec<(usize, bool, &str)> = ours
        .map(|name| (false, name))
        .chain(theirs.map(|name| (true, name)))
        .filter_map(|(foreign, name)| Some((likeness(query, name, tolerance)?, foreign, name)))
        .collect();
    near.sort_unstable();
    let mut names: Vec<String> = Vec::new();
    for (_, _, name) in near {
        if names.len() < MAX_SUGGESTIONS && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// How far `name` is from `query`, if near enough; a name that contains the query is near, but not nearest.
fn likeness(query: &str, name: &str, tolerance: usize) -> Option<usize> {
    let distance = distance(query, name);
    if distance <= tolerance {
        Some(distance)
    } else {
        // Three letters are found in too many names to mean anything.
        (query.len() > 3 && name.contains(query)).then_some(tolerance + 1)
    }
}

/// The number of letters to insert, leave out, exchange, or swap with their neighbour to make `b` of `a`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let at = |row: &[usize], place: usize| row.get(place).copied().unwrap_or(usize::MAX / 2);
    let (mut before, mut last): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=b.len()).collect());
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let exchanged = at(&last, j) + usize::from(x != y);
            let mut cost = exchanged.min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let previous =
                |letters: &[char], place: usize| place.checked_sub(1).and_then(|p| letters.get(p).copied());
            if previous(&a, i) == Some(*y) && previous(&b, j) == Some(*x) {
                cost = cost.min(at(&before, j.wrapping_sub(1)) + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut last, row);
    }
    at(&last, b.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_one_whether_a_letter_is_missing_wrong_or_swapped() {
        for (query, name, expected) in [
            ("netft", "netft", 0),
            ("netf", "netft", 1),
            ("nteft", "netft", 1),
            ("nexft", "netft", 1),
            ("", "tip", 3),
        ] {
            assert_eq!(distance(query, name), expected, "{query}");
        }
    }

    #[test]
    fn protocols_come_before_services_and_nonsense_suggests_nothing() {
        assert_eq!(alike("netfd")[0], "netft");
        assert_eq!(alike("framehwak")[0], "framehawk");
        assert!(alike("xqzjkvwpq").is_empty());
        assert!(alike(&"x".repeat(1000)).is_empty());
    }
}
