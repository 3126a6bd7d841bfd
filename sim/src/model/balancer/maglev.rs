//! A look-up table of prime size, filled by turns: every backend has its own order of all places and takes the next free
//! one, in proportion to weights. Evener than a ring, and nearly as steady when somebody leaves.
//!
//! Source: Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016; the table as
//! envoyproxy/envoy fills it (`source/extensions/load_balancing_policies/maglev/`), with XXH64 of the backends' names and
//! weights; vectors in `tests/vectors/lb_envoy.json`.

use super::hashed::{Hashed, Plan};
use super::hashing::{Fate, HASH_ON, HashOn, Text, judge, xxh64};
use super::{Descriptor, Needs, PickContext, Picture, eligible};
use crate::engine::sort;
use crate::model::params::{Entry, ParamSpec, Params, told};
use crate::model::read::Reader;

/// So many hashes are looked up for one request; then the table is walked through place by place.
const HASHES: u64 = 32;

const ENTRY: Entry = Entry {
    id: "maglev",
    name: "Maglev",
    summary: told(
        "Requests for the same item go to the same backend, by a table that shares evenly; when one leaves, few others move.",
    ),
    source: told("Eisenbud et al., NSDI 2016; table and its default size: Envoy."),
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
    build: |params| {
        let reader = Reader::new(&ENTRY, params);
        Box::new(Hashed::<Table>::new(HashOn::read(&reader), reader.count("table_size")))
    },
};

/// Owner of each place.
#[derive(Clone, Debug, Default)]
struct Table(Vec<u32>);

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

/// A look-up is O(1), a retry looks up further hashes; to fill the table takes O(places·log places).
impl Plan for Table {
    /// The table's places: a prime.
    type Sizes = u32;
    const RULE: &'static str = "The owner of the table's place that the request's hash points at.";
    const DEAD_END: &'static str = "No place leads further";

    fn of(backends: &[(u32, Text, u32)], size: u32) -> Self {
        Self(table_of(backends, size))
    }

    /// Looks up hash after hash until a place's owner will do.
    #[inline]
    fn search(&self, cx: &PickContext<'_>, hash: u64, mut see: impl FnMut(u64, u32, Fate)) -> Option<u32> {
        if self.0.is_empty() {
            return None;
        }
        let places = self.0.len() as u64;
        let hashed = (0..HASHES).map(|round| (hash ^ round.wrapping_neg()) % places);
        // Nobody to be found is found out before the whole table is walked through.
        let walk = (0..places).take_while(|place| *place > 0 || eligible(cx.backends).next().is_some());
        for place in hashed.chain(walk) {
            let candidate = self.0[place as usize];
            let fate = judge(cx.backends, candidate);
            see(place, candidate, fate);
            if fate == Fate::Taken {
                return Some(candidate);
            }
        }
        None
    }

    fn step(&self, first: bool, place: u64, name: &str) -> String {
        match first {
            true => format!("Modulo {} that is place {place} of the table; it belongs to {name}.", self.0.len()),
            false => format!("Looked up again, place {place} belongs to {name}."),
        }
    }

    fn picture(&self) -> Picture {
        Picture::Table(self.0.clone())
    }
}
