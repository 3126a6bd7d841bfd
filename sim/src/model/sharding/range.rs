//! Ranges: keys in their order, cut into stretches that split, merge and move as they fill and as they are asked for.
//!
//! A range with too many rows splits in the middle; one that is asked for too much, for long enough, splits where that
//! balances its load best, and one key alone cannot be split; small cold neighbors merge after a while; and once a second a
//! range moves from the shard with the most ranges to the one with the fewest. A move costs nothing here.
//!
//! Pure: knows seconds, no clock. Source: TiKV with PD (size split, load-based split after 10 s, merge after a wait), and
//! MongoDB's balancer (no move below a difference), scaled down. Courses in `tests/vectors/range_split.json`.

use crate::engine::ordered::Ordered;
use std::fmt;
use std::rc::Rc;

use super::{Placement, SHARDS, Scheme};
use crate::model::params::{Entry, ParamSpec, Unit, told};
use crate::model::read::Reader;

pub(super) const SCHEME: Scheme = Scheme {
    entry: Entry {
        id: "range",
        name: "Ranges that split and merge",
        summary: told(
            "Keys in their order, cut into ranges: a full or a busy one splits, small neighbors merge, and shards even out their number.",
        ),
        source: told("TiKV with PD, and MongoDB's balancer, scaled down."),
        params: &[
            SHARDS,
            ParamSpec::count(
                "split_above",
                "Splits above, rows",
                5_000.0,
                1.0,
                10_000_000.0,
                "A range with more rows than this splits in the middle. A row is known once it was read or written.",
            ),
            ParamSpec::count(
                "merge_below",
                "Merges up to, rows",
                1_000.0,
                0.0,
                10_000_000.0,
                "Two neighbors with so many rows together become one, if neither is busy.",
            ),
            ParamSpec::number(
                "merge_wait",
                "Merges after",
                Unit::Seconds,
                60.0,
                0.0,
                86_400.0,
                "No sooner after a split or a merge than this. Too short, and ranges split and merge for ever.",
            ),
            ParamSpec::count(
                "load_above",
                "Busy above, per second",
                3_000.0,
                1.0,
                10_000_000.0,
                "A range that is asked for more often than this splits by its load.",
            ),
            ParamSpec::count(
                "hold",
                "For so many seconds",
                10.0,
                1.0,
                3_600.0,
                "So long in a row it has to be that busy.",
            ),
            ParamSpec::flag(
                "ascending",
                "New rows ascend",
                false,
                "Every write inserts a row behind all others, as with ids or times that count up: the last range gets all writes.",
            ),
        ],
        defect: false,
    },
    build: |reader, numbers| Box::new(Spread::of(reader, numbers)),
};

/// When ranges split, merge and move.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    pub split_above: usize,
    pub merge_at_or_below: usize,
    /// [s]
    pub merge_wait: u64,
    /// [1/s]; `None`: load splits nothing.
    pub load_above: Option<u64>,
    /// [s]
    pub hold: u32,
    /// A shard with so many ranges more than another one gives it one.
    pub difference: usize,
}

/// What happened to ranges, by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Split { by_load: bool, left: u32, right: u32, at: u64 },
    Merge { left: u32, right: u32 },
    Move { range: u32, from: u32, to: u32, before_merge: bool },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Split { by_load, left, right, .. } => {
                let why = if *by_load { "busy" } else { "full" };
                write!(f, "range {left} was {why}: it split, and its upper part is range {right}")
            }
            Self::Merge { left, right } => write!(f, "range {right} was small and cold: it merged into range {left}"),
            Self::Move { range, from, to, .. } => {
                write!(f, "range {range} moved from shard {} to shard {}", from + 1, to + 1)
            }
        }
    }
}

/// One range: from its first key to the next one's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub id: u32,
    pub from: u64,
    /// The number of the shard that has it.
    pub node: u32,
    pub rows: usize,
    /// Second of its last split or merge; `None`: long ago.
    born: Option<u64>,
    /// Seconds in a row that it has been busy.
    busy: u32,
}

/// All ranges, by ascending key.
#[derive(Clone, Debug)]
pub struct Ranges {
    rules: Rules,
    pub ranges: Vec<Range>,
    nodes: Vec<u32>,
    /// Rows by key.
    rows: Rc<Ordered<u64, u32>>,
    next: u32,
}

impl Ranges {
    /// Ranges that begin at these keys, of which the first is the least of all, on nodes one after the other.
    #[must_use]
    pub fn new(rules: Rules, nodes: &[u32], begins: &[u64]) -> Self {
        let range = |(id, from): (u32, &u64)| {
            let node = nodes[id as usize % nodes.len()];
            Range { id, from: *from, node, rows: 0, born: None, busy: 0 }
        };
        let ranges = (0..).zip(begins).map(range).collect();
        Self { rules, ranges, nodes: nodes.to_vec(), rows: Rc::default(), next: begins.len() as u32 }
    }

    fn at(&self, key: u64) -> usize {
        self.ranges.partition_point(|range| range.from <= key) - 1
    }

    /// The range of a key.
    #[must_use]
    pub fn of(&self, key: u64) -> &Range {
        &self.ranges[self.at(key)]
    }

    /// Whether a row is known.
    #[must_use]
    pub fn knows(&self, key: u64) -> bool {
        self.rows.contains_key(&key)
    }

    /// The last key of a range.
    fn last(&self, at: usize) -> u64 {
        self.ranges.get(at + 1).map_or(u64::MAX, |next| next.from - 1)
    }

    /// A row more; its range splits if it is full.
    pub fn put(&mut self, key: u64, second: u64, told: &mut Vec<Change>) {
        *Rc::make_mut(&mut self.rows).or_default(key) += 1;
        let at = self.at(key);
        self.ranges[at].rows += 1;
        if self.ranges[at].rows > self.rules.split_above
            && let Some(middle) = self.middle(at)
        {
            self.split(at, middle, false, second, told);
        }
    }

    /// A row fewer, if it is there.
    pub fn delete(&mut self, key: u64) {
        let rows = Rc::make_mut(&mut self.rows);
        let Some(count) = rows.get_mut(&key) else { return };
        *count -= 1;
        if *count == 0 {
            rows.remove(&key);
        }
        let at = self.at(key);
        self.ranges[at].rows -= 1;
    }

    /// The key in the middle of a range's rows, or the next greater one; `None`: all of them have one key.
    fn middle(&self, at: usize) -> Option<u64> {
        let half = self.ranges[at].rows / 2;
        let mut before = 0;
        let mut rows = self.rows.range(self.ranges[at].from..=self.last(at));
        let first = *rows.clone().next()?.0;
        let middle = rows.find(|(_, count)| {
            before += **count as usize;
            before > half
        });
        let middle = *middle?.0;
        if middle > first { Some(middle) } else { rows.next().map(|(key, _)| *key) }
    }

    fn split(&mut self, at: usize, key: u64, by_load: bool, second: u64, told: &mut Vec<Change>) {
        let right = self.rows.range(key..=self.last(at)).map(|(_, count)| *count as usize).sum();
        let left = &mut self.ranges[at];
        left.rows -= right;
        (left.born, left.busy) = (Some(second), 0);
        told.push(Change::Split { by_load, left: left.id, right: self.next, at: key });
        let range = Range { id: self.next, from: key, rows: right, ..*left };
        self.ranges.insert(at + 1, range);
        self.next += 1;
    }

    /// A second is over in which keys were asked for so often.
    pub fn second(&mut self, second: u64, loads: &Ordered<u64, u64>, told: &mut Vec<Change>) {
        self.split_by_load(second, loads, told);
        self.merge(second, loads, told);
        self.even_out(self.rules.difference, told);
    }

    fn load(&self, at: usize, loads: &Ordered<u64, u64>) -> u64 {
        loads.range(self.ranges[at].from..=self.last(at)).map(|(_, load)| load).sum()
    }

    fn split_by_load(&mut self, second: u64, loads: &Ordered<u64, u64>, told: &mut Vec<Change>) {
        let Some(above) = self.rules.load_above else { return };
        let mut at = 0;
        while at < self.ranges.len() {
            let load = self.load(at, loads);
            let range = &mut self.ranges[at];
            range.busy = if load > above { range.busy + 1 } else { 0 };
            if range.busy >= self.rules.hold
                && let Some(key) = self.balanced(at, load, loads)
            {
                self.split(at, key, true, second, told);
                // Its upper part was looked at with it.
                at += 1;
            }
            at += 1;
        }
    }

    /// Where a split balances a range's load best; `None`: one key has all of it.
    fn balanced(&self, at: usize, load: u64, loads: &Ordered<u64, u64>) -> Option<u64> {
        let mut best: Option<(u64, u64)> = None;
        let mut left = 0;
        for (key, own) in loads.range(self.ranges[at].from..=self.last(at)) {
            let uneven = load.abs_diff(2 * left);
            if left > 0 && best.is_none_or(|(least, _)| uneven < least) {
                best = Some((uneven, *key));
            }
            left += own;
        }
        best.map(|(_, key)| key)
    }

    fn merge(&mut self, second: u64, loads: &Ordered<u64, u64>, told: &mut Vec<Change>) {
        let settled = |range: &Range| range.born.is_none_or(|born| second >= born + self.rules.merge_wait);
        let small = |at: &usize| {
            let (left, right) = (&self.ranges[*at], &self.ranges[*at + 1]);
            left.rows + right.rows <= self.rules.merge_at_or_below && settled(left) && settled(right)
        };
        let cold = |at: &usize| {
            self.rules.load_above.is_none_or(|above| 2 * (self.load(*at, loads) + self.load(*at + 1, loads)) <= above)
        };
        let Some(at) = (0..self.ranges.len() - 1).find(|at| small(at) && cold(at)) else { return };
        let right = self.ranges.remove(at + 1);
        let left = &mut self.ranges[at];
        left.rows += right.rows;
        (left.born, left.busy) = (Some(second), 0);
        told.push(Change::Merge { left: left.id, right: right.id });
        if left.node != right.node {
            told.push(Change::Move { range: right.id, from: right.node, to: left.node, before_merge: true });
        }
    }

    /// One range moves from the node with the most to the one with the fewest; tells whether one did.
    fn even_out(&mut self, difference: usize, told: &mut Vec<Change>) -> bool {
        let count = |node: u32| self.ranges.iter().filter(|range| range.node == node).count();
        let counts: Vec<(usize, u32)> = self.nodes.iter().map(|node| (count(*node), *node)).collect();
        // The first of equals, either way.
        let Some(&(most, from)) = counts.iter().rev().max_by_key(|(count, _)| *count) else { return false };
        let Some(&(least, to)) = counts.iter().min_by_key(|(count, _)| *count) else { return false };
        if most < least + difference.max(1) {
            return false;
        }
        let newest = self.ranges.iter_mut().filter(|range| range.node == from).max_by_key(|range| range.id);
        let Some(range) = newest else { return false };
        range.node = to;
        told.push(Change::Move { range: range.id, from, to, before_merge: false });
        true
    }

    /// The same ranges over other nodes: those of nodes that leave go to the others, and each has one at least.
    fn over(&self, nodes: &[u32]) -> Self {
        let mut next = Self { nodes: nodes.to_vec(), ..self.clone() };
        let mut told = Vec::new();
        while next.ranges.len() < nodes.len() {
            let width = |at: usize| next.last(at) - next.ranges[at].from;
            let Some(widest) = (0..next.ranges.len()).max_by_key(|at| width(*at)) else { break };
            let middle = next.ranges[widest].from + width(widest) / 2 + 1;
            next.split(widest, middle, false, 0, &mut told);
        }
        for at in 0..next.ranges.len() {
            if !nodes.contains(&next.ranges[at].node) {
                let count = |node: &u32| next.ranges.iter().filter(|range| range.node == *node).count();
                if let Some(fewest) = nodes.iter().copied().min_by_key(count) {
                    next.ranges[at].node = fewest;
                }
            }
        }
        while next.even_out(2, &mut told) {}
        next
    }
}

/// Keys that are there come before keys that are inserted while it runs, where those ascend.
const INSERTED: u64 = 1 << 63;

/// Ranges as a placement.
#[derive(Clone, Debug)]
struct Spread {
    numbers: Vec<u32>,
    ranges: Ranges,
    ascending: bool,
    /// The next row that is inserted where they ascend.
    serial: u64,
    /// How often keys were asked for in this second.
    loads: Ordered<u64, u64>,
}

impl Spread {
    fn of(reader: &Reader<'_>, numbers: &[u32]) -> Self {
        let rules = Rules {
            split_above: reader.count("split_above") as usize,
            merge_at_or_below: reader.count("merge_below") as usize,
            merge_wait: reader.number("merge_wait") as u64,
            load_above: Some(u64::from(reader.count("load_above"))),
            hold: reader.count("hold"),
            difference: 2,
        };
        let ascending = reader.flag("ascending");
        let count = numbers.len() as u64;
        let all = if ascending { INSERTED } else { u64::MAX };
        let begins: Vec<u64> = (0..count).map(|at| all / count * at).collect();
        let ranges = Ranges::new(rules, numbers, &begins);
        Self { numbers: numbers.to_vec(), ranges, ascending, serial: INSERTED, loads: Ordered::new() }
    }

    /// Where a key lies in the order.
    const fn place(&self, key: u64, writes: bool) -> u64 {
        match (self.ascending, writes) {
            (false, _) => key,
            (true, false) => key >> 1,
            (true, true) => self.serial,
        }
    }
}

impl Placement for Spread {
    fn owner(&self, key: u64) -> u32 {
        self.ranges.of(self.place(key, false)).node
    }

    fn owner_of_write(&self, key: u64) -> u32 {
        self.ranges.of(self.place(key, true)).node
    }

    fn numbers(&self) -> &[u32] {
        &self.numbers
    }

    fn with(&self, numbers: &[u32]) -> Box<dyn Placement> {
        Box::new(Self { numbers: numbers.to_vec(), ranges: self.ranges.over(numbers), ..self.clone() })
    }

    fn explain(&self, key: u64) -> String {
        let range = self.ranges.of(self.place(key, false));
        let count = self.ranges.ranges.len();
        format!(
            "key {key} lies in range {} of {count}, which begins at {} and has {} known rows",
            range.id, range.from, range.rows
        )
    }

    fn shares(&self) -> Vec<(u32, f64)> {
        let all = if self.ascending { INSERTED as f64 } else { u64::MAX as f64 };
        let width = |at: usize| {
            let (from, last) = (self.ranges.ranges[at].from, self.ranges.last(at));
            let last = if self.ascending { last.min(INSERTED) } else { last };
            last.saturating_sub(from) as f64 / all
        };
        let ranges = || self.ranges.ranges.iter().enumerate();
        let share = |number: u32| ranges().filter(|(_, range)| range.node == number).map(|(at, _)| width(at)).sum();
        self.numbers.iter().map(|number| (*number, share(*number))).collect()
    }

    /// What moves is what is chosen to.
    fn expected_to_move(&self, _from: u32, _to: u32) -> f64 {
        f64::NAN
    }

    fn asked(&mut self, key: u64, writes: bool, second: u64, told: &mut Vec<String>) {
        let place = self.place(key, writes);
        *self.loads.or_default(place) += 1;
        if self.ascending && writes {
            self.serial += 1;
        }
        if !self.ranges.knows(place) {
            let mut changes = Vec::new();
            self.ranges.put(place, second, &mut changes);
            told.extend(changes.iter().map(Change::to_string));
        }
    }

    fn second(&mut self, second: u64) -> Option<Vec<String>> {
        let mut changes = Vec::new();
        let loads = std::mem::take(&mut self.loads);
        self.ranges.second(second, &loads, &mut changes);
        Some(changes.iter().map(Change::to_string).collect())
    }

    fn parts(&self) -> Option<Vec<(u32, u32)>> {
        let count = |number: &u32| self.ranges.ranges.iter().filter(|range| range.node == *number).count() as u32;
        Some(self.numbers.iter().map(|number| (*number, count(number))).collect())
    }

    fn bytes(&self) -> usize {
        self.ranges.rows.len() * 24 + self.loads.len() * 32
    }

    fn boxed(&self) -> Box<dyn Placement> {
        Box::new(self.clone())
    }
}
