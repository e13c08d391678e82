//! Bytes over time as a stacked drawing: areas with steps, one per protocol, the largest at the bottom.

use super::series::Series;
use crate::output::table::groups::{Group, Groups, Tally};
use crate::output::text::bytes;
use crate::output::time::Utc;
use crate::packet::Timestamp;
use serde::Serialize;
use std::fmt::Write;

/// Protocols with a colour of their own; the others share one.
pub(super) const COLOURED: usize = 8;
/// Units of the drawing from the bottom to the top.
const HEIGHT: u64 = 1000;

/// The drawing.
#[derive(Debug)]
pub(super) struct Chart {
    /// Its width: one unit per slot.
    pub(super) slots: usize,
    pub(super) areas: Vec<Area>,
    /// What stands at the axis, the top first.
    pub(super) ticks: [String; 3],
    /// When it begins, its middle, and when it ends.
    pub(super) times: [String; 3],
    /// How long a slot is.
    pub(super) slot: String,
    pub(super) data: Data,
}

/// One protocol's area.
#[derive(Debug)]
pub(super) struct Area {
    pub(super) name: String,
    pub(super) class: String,
    pub(super) path: String,
}

/// The numbers behind it, for the page's script.
#[derive(Debug, Serialize)]
pub(super) struct Data {
    /// Nanoseconds since 1970.
    begin: String,
    width: i64,
    slots: usize,
    series: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Line {
    name: String,
    class: String,
    bytes: Vec<u64>,
}

/// The name that a group has in the report, and the colour's class at a place in the order.
pub(super) fn name(group: Group) -> String {
    match group {
        Group::Label(_) => group.name(),
        Group::Unlabelled(_) => format!("({})", group.name()),
    }
}

/// The colour's class of a place in the order by bytes.
pub(super) fn class(place: usize) -> String {
    if place < COLOURED { format!("s{place}") } else { "so".into() }
}

impl Chart {
    /// The drawing, unless everything happened in one moment.
    pub(super) fn new(groups: &Groups, series: &Series) -> Option<Self> {
        let (begin, slots) = series.extent().filter(|(_, slots)| *slots > 1)?;
        let lines = lines(groups, series, slots);
        let highest = (0..slots).map(|slot| lines.iter().map(|line| at(line, slot)).sum()).max().unwrap_or(0);
        let width = series.width();
        let top = nice(per_second(highest, width));
        let most = u128::from(top) * u128::from(width.unsigned_abs()) / 1_000_000_000;
        let scale = |bytes: u64| {
            let units = u128::from(bytes) * u128::from(HEIGHT);
            u64::try_from(units.checked_div(most).unwrap_or(0)).unwrap_or(HEIGHT).min(HEIGHT)
        };
        let mut floor = vec![0_u64; slots];
        let mut areas = Vec::new();
        for line in &lines {
            let ceiling: Vec<u64> =
                floor.iter().zip(&line.bytes).map(|(floor, bytes)| floor + bytes).collect();
            let heights =
                |sums: &[u64]| -> Vec<u64> { sums.iter().map(|&sum| HEIGHT - scale(sum)).collect() };
            let path = path(&heights(&ceiling), &heights(&floor));
            areas.push(Area { name: line.name.clone(), class: line.class.clone(), path });
            floor = ceiling;
        }
        let length = i64::try_from(slots).unwrap_or(0).saturating_mul(width);
        let digits = if width < 1_000_000_000 { 3 } else { 0 };
        let time = |nanos: i64| Utc { time: Timestamp(begin.saturating_add(nanos)), digits }.to_string();
        Some(Self {
            slots,
            areas,
            ticks: [top, top / 2, 0].map(|rate| format!("{}/s", bytes(rate))),
            times: [0, length / 2, length].map(time),
            slot: crate::output::text::duration(width.unsigned_abs()),
            data: Data { begin: begin.to_string(), width, slots, series: lines },
        })
    }
}

fn lines(groups: &Groups, series: &Series, slots: usize) -> Vec<Line> {
    let sorted: Vec<(Group, Tally)> =
        groups.sorted().into_iter().map(|(group, tally, _)| (group, tally)).collect();
    let mut lines: Vec<Line> = Vec::new();
    let mut others = vec![0; slots];
    for (place, (group, _)) in sorted.iter().enumerate() {
        let bytes = series.of(*group);
        if place < COLOURED {
            lines.push(Line { name: name(*group), class: class(place), bytes });
        } else {
            others.iter_mut().zip(bytes).for_each(|(sum, bytes): (&mut u64, u64)| *sum += bytes);
        }
    }
    if let Some(more @ 1..) = sorted.len().checked_sub(COLOURED) {
        lines.push(Line { name: format!("{more} others"), class: class(COLOURED), bytes: others });
    }
    lines
}

fn at(line: &Line, slot: usize) -> u64 {
    line.bytes.get(slot).copied().unwrap_or(0)
}

fn per_second(bytes: u64, width: i64) -> u64 {
    let rate = u128::from(bytes) * 1_000_000_000 / u128::from(width.unsigned_abs().max(1));
    u64::try_from(rate).unwrap_or(u64::MAX)
}

/// The next number above that has one digit, and that is 1, 2 or 5.
fn nice(number: u64) -> u64 {
    let mut unit = 10_u64;
    loop {
        for step in [1, 2, 5] {
            match unit.checked_mul(step) {
                Some(nice) if nice > number => return nice,
                Some(_) => {}
                None => return u64::MAX,
            }
        }
        unit = unit.saturating_mul(10);
    }
}

/// Along the ceiling and back along the floor.
fn path(ceiling: &[u64], floor: &[u64]) -> String {
    let mut path = format!("M0 {HEIGHT}");
    // Writing to a string cannot fail.
    let mut along = |heights: &mut dyn Iterator<Item = (usize, &u64)>, end: usize| {
        let mut last = None;
        for (x, height) in heights {
            if last != Some(height) {
                let _ = write!(path, "H{x}V{height}");
            }
            last = Some(height);
        }
        let _ = write!(path, "H{end}");
    };
    along(&mut ceiling.iter().enumerate(), ceiling.len());
    along(&mut floor.iter().enumerate().map(|(x, height)| (x + 1, height)).rev(), 0);
    path.push('Z');
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_goes_along_its_ceiling_and_back_along_its_floor() {
        assert_eq!(path(&[900, 900, 500], &[1000, 950, 950]), "M0 1000H0V900H2V500H3H3V950H1V1000H0Z");
    }

    #[test]
    fn the_axis_ends_at_a_round_number_above_all() {
        assert_eq!([0, 10, 19, 20, 999, 1000].map(nice), [10, 20, 20, 50, 1000, 2000]);
        assert_eq!(nice(u64::MAX), u64::MAX);
    }
}
