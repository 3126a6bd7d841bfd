//! A look-up table of prime size, filled by turns: every backend has its own order of all places and takes the next free
//! one, in proportion to weights. Evener than a ring, and nearly as steady when somebody leaves.
//!
//! Source: Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016; the table as
//! envoyproxy/envoy fills it (`source/extensions/load_balancing_policies/maglev/`), with XXH64 of the backends' names and
//! weights; vectors in `tests/vectors/lb_envoy.json`.

use std::rc::Rc;

use super::hashing::{Fate, HASH_ON, HashOn, Text, Walk, anybody, judge, listed, xxh64};
use super::{Descriptor, Explanation, Needs, PickContext, Picture, Reads, Strategy, eligible, nobody};
use crate::engine::sort;
use crate::model::params::{Entry, ParamSpec, Params};
use crate::model::read::Reader;

/// So many hashes are looked up for one request; then the table is walked through place by place.
const HASHES: u64 = 32;

const RULE: &str = "The owner of the table's place that the request's hash points at.";

const ENTRY: Entry = Entry {
    id: "maglev",
    name: "Maglev",
    summary: "Requests for the same item go to the same backend, by a table that shares evenly; when one leaves, few others move.",
    source: "Eisenbud et al., NSDI 2016; table and its default size: Envoy.",
    params: &[
        HASH_ON,
        ParamSpec::count(
            "table_size",
            "Table size",
            65_537.0,
            2.0,
            655_373.0,
            "Places in the table: a prime number, at least a hundred times the number of backends to share evenly.",
        ),
    ],
    defect: false,
};

pub(super) const DESCRIPTOR: Descriptor = Descriptor {
    entry: ENTRY,
    needs: Needs::Request { weights: true },
    check,
    build: |params| Box::new(Maglev::new(params)),
};

#[derive(Clone, Debug)]
struct Maglev {
    hash_on: HashOn,
    size: u32,
    /// Owner of each place; empty before anybody was eligible. Shared with checkpoints, as long as nobody comes or goes.
    table: Rc<Vec<u32>>,
    /// The list of backends that the table was made for.
    version: Option<u64>,
}

fn is_prime(number: u32) -> bool {
    number >= 2 && (2..).take_while(|factor| factor * factor <= number).all(|factor| !number.is_multiple_of(factor))
}

/// A backend while the table is filled.
struct Filler {
    index: u32,
    name: Text,
    weight: f64,
    offset: u64,
    skip: u64,
    /// How many places of its own order it has looked at.
    looked_at: u64,
    /// What its weight times the turn must reach for its next place.
    target: f64,
}

/// The table of backends given as (index, name, weight); `size` is a prime.
pub(super) fn table_of(backends: &[(u32, Text, u32)], size: u32) -> Vec<u32> {
    const FREE: u32 = u32::MAX;
    let total: f64 = backends.iter().map(|(_, _, weight)| f64::from(*weight)).sum();
    let places = u64::from(size);
    let mut fillers: Vec<Filler> = backends
        .iter()
        .map(|(index, name, weight)| Filler {
            index: *index,
            name: *name,
            weight: f64::from(*weight) / total,
            offset: xxh64(0, name.as_bytes()) % places,
            skip: xxh64(1, name.as_bytes()) % (places - 1) + 1,
            looked_at: 0,
            target: 0.0,
        })
        .collect();
    // By name: the same backends in another order make the same table.
    sort::few_by(&mut fillers, |a, b| a.name.as_bytes().cmp(b.name.as_bytes()).then(a.index.cmp(&b.index)));
    let Some(most) = fillers.iter().map(|filler| filler.weight).reduce(f64::max) else { return Vec::new() };
    let mut table = vec![FREE; size as usize];
    let mut free = size;
    let mut turn = 0.0;
    loop {
        turn += 1.0;
        for filler in &mut fillers {
            // The largest weight takes a place every turn, half of it every second turn.
            if turn * filler.weight < filler.target {
                continue;
            }
            filler.target += most;
            loop {
                let place = ((filler.offset + filler.skip * filler.looked_at) % places) as usize;
                filler.looked_at += 1;
                if table[place] == FREE {
                    table[place] = filler.index;
                    break;
                }
            }
            free -= 1;
            if free == 0 {
                return table;
            }
        }
    }
}

fn check(params: &Params) -> Result<(), String> {
    let size = Reader::new(&ENTRY, params).count("table_size");
    if is_prime(size) {
        return Ok(());
    }
    let up = (size..).find(|number| is_prime(*number)).unwrap_or(65_537);
    Err(format!("the table's size, {size}, is no prime number; {up} is one"))
}

impl Maglev {
    fn new(params: &Params) -> Self {
        let reader = Reader::new(&ENTRY, params);
        let size = reader.count("table_size");
        Self { hash_on: HashOn::read(&reader), size, table: Rc::default(), version: None }
    }

    /// Fills the table anew where the list has changed; tells whether it is of use. Without anybody listed it stays as it is: when
    /// everybody is asked in a panic, the table of everybody is not thrown away in between.
    #[inline]
    fn keep_up(&mut self, cx: &PickContext<'_>) -> bool {
        if self.version == Some(cx.version) {
            return true;
        }
        let backends = listed(cx.backends);
        if backends.is_empty() {
            return false;
        }
        self.table = Rc::new(table_of(&backends, self.size));
        self.version = Some(cx.version);
        true
    }

    /// Looks up hash after hash until a place's owner will do; `see` hears of each place.
    #[inline]
    fn search(&self, cx: &PickContext<'_>, hash: u64, mut see: impl FnMut(u64, u32, Fate)) -> Option<u32> {
        if self.table.is_empty() {
            return None;
        }
        let places = self.table.len() as u64;
        let hashed = (0..HASHES).map(|round| (hash ^ round.wrapping_neg()) % places);
        // Nobody to be found is found out before the whole table is walked through.
        let walk = (0..places).take_while(|place| *place > 0 || eligible(cx.backends).next().is_some());
        for place in hashed.chain(walk) {
            let candidate = self.table[place as usize];
            let fate = judge(cx.backends, candidate);
            see(place, candidate, fate);
            if fate == Fate::Taken {
                return Some(candidate);
            }
        }
        None
    }
}

impl Strategy for Maglev {
    /// O(1); a retry looks up further hashes. When the list changes the table is filled anew, O(places·log places).
    fn pick(&mut self, cx: &mut PickContext<'_>) -> Option<u32> {
        if !self.keep_up(cx) {
            return None;
        }
        let hash = xxh64(0, self.hash_on.text(&cx.request).as_bytes());
        self.search(cx, hash, |_, _, _| ()).or_else(|| anybody(cx.backends))
    }

    fn reads(&self) -> Reads {
        self.hash_on.reads()
    }

    fn explain(&self, cx: &PickContext<'_>, label: &dyn Fn(u32) -> String) -> Explanation {
        let rule = RULE;
        let mut current = self.clone();
        if !current.keep_up(cx) {
            return Explanation { rule, steps: nobody(), ..Explanation::default() };
        }
        let hash = xxh64(0, self.hash_on.text(&cx.request).as_bytes());
        let mut walk = Walk::from(self.hash_on, &cx.request, hash, label);
        let found = current.search(cx, hash, |place, candidate, fate| {
            walk.see(candidate, fate, |first, name| match first {
                true => format!("Modulo {} that is place {place} of the table; it belongs to {name}.", self.size),
                false => format!("Looked up again, place {place} belongs to {name}."),
            });
        });
        walk.end(found, cx, rule, "No place leads further")
    }

    fn picture(&self, cx: &PickContext<'_>) -> Picture {
        let mut current = self.clone();
        current.keep_up(cx);
        Picture::Table(current.table.to_vec())
    }

    fn box_clone(&self) -> Box<dyn Strategy> {
        Box::new(self.clone())
    }
}
