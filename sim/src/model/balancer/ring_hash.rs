//! Consistent hashing on a ring: each backend owns many points on a circle, and a request goes to the first point at or
//! after its hash. A backend that leaves gives its stretches to those next on the ring; nearly all other keys stay.
//!
//! The points are those of the eligible. As in Envoy their number follows the smallest weight, so that a change of the
//! list also moves a few points of the others: the larger the ring, the closer it comes to the ideal of 1/n.
//!
//! Source: Karger et al., "Consistent Hashing and Random Trees", STOC 1997; the ring as
//! envoyproxy/envoy builds it (`source/extensions/load_balancing_policies/ring_hash/`), with XXH64 of "name_0", "name_1",
//! …; vectors in `tests/vectors/lb_envoy.json`.

use super::hashed::{Hashed, Plan};
use super::hashing::{Fate, HASH_ON, HashOn, Text, judge, xxh64};
use super::{Descriptor, Needs, PickContext, Picture};
use crate::engine::sort;
use crate::model::params::{Entry, ParamSpec, Params, told};
use crate::model::read::Reader;

const ENTRY: Entry = Entry {
    id: "ring-hash",
    name: "Ring hash",
    summary: told("Requests for the same item go to the same backend; when one leaves, few others move."),
    source: told("Karger et al., STOC 1997; ring and default sizes: Envoy."),
    params: &[
        HASH_ON,
        ParamSpec::count(
            "ring_size_min",
            "Smallest ring",
            1024.0,
            1.0,
            65_536.0,
            "The fewest points on the ring, over all backends. More points share more evenly.",
        ),
        ParamSpec::count(
            "ring_size_max",
            "Largest ring",
            8_388_608.0,
            1.0,
            8_388_608.0,
            "The most points on the ring, however different the weights.",
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
        Box::new(Hashed::<Ring>::new(HashOn::read(&reader), sizes(&reader)))
    },
};

/// Points ascending by their place.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Ring(pub(super) Vec<(u64, u32)>);

impl Ring {
    /// Points of backends given as (index, name, weight), in the order of the list.
    pub(super) fn of(backends: &[(u32, Text, u32)], size_min: u32, size_max: u32) -> Self {
        let total: f64 = backends.iter().map(|(_, _, weight)| f64::from(*weight)).sum();
        let Some(least) = backends.iter().map(|(_, _, weight)| f64::from(*weight) / total).reduce(f64::min) else {
            return Self::default();
        };
        // So many points in all that the smallest weight has a whole number of them.
        let scale = ((least * f64::from(size_min)).ceil() / least).min(f64::from(size_max));
        let mut points = Vec::with_capacity(scale.ceil() as usize + 1);
        // Running sums, so that rounding never adds up.
        let (mut made, mut due) = (0.0, 0.0);
        for (index, name, weight) in backends {
            due += scale * (f64::from(*weight) / total);
            let mut number = 0;
            while made < due {
                let mut text = *name;
                text.sign(b'_');
                text.decimal(number);
                points.push((xxh64(0, text.as_bytes()), *index));
                number += 1;
                made += 1.0;
            }
        }
        sort::few(&mut points);
        Self(points)
    }

    /// Where the first point at or after `hash` lies; past the last it is the first.
    #[inline]
    pub(super) fn position(&self, hash: u64) -> usize {
        let position = self.0.partition_point(|(place, _)| *place < hash);
        if position < self.0.len() { position } else { 0 }
    }
}

/// The least and the most points.
fn sizes(reader: &Reader<'_>) -> (u32, u32) {
    (reader.count("ring_size_min"), reader.count("ring_size_max"))
}

fn check(params: &Params) -> Result<(), String> {
    let (size_min, size_max) = sizes(&Reader::new(&ENTRY, params));
    if size_min > size_max {
        return Err(format!("the smallest ring, {size_min} points, is larger than the largest, {size_max}"));
    }
    Ok(())
}

/// A look-up is O(log points), a retry passes on along the ring; to make it takes O(points·log points).
impl Plan for Ring {
    /// The least and the most points.
    type Sizes = (u32, u32);
    const RULE: &'static str = "The backend whose point on the ring is the first at or after the request's hash.";
    const DEAD_END: &'static str = "No point leads further";

    fn of(backends: &[(u32, Text, u32)], (least, most): (u32, u32)) -> Self {
        Self::of(backends, least, most)
    }

    /// From the hash on along the ring, point by point, until one will do.
    #[inline]
    fn search(&self, cx: &PickContext<'_>, hash: u64, mut see: impl FnMut(u64, u32, Fate)) -> Option<u32> {
        let points = &self.0;
        let start = self.position(hash);
        let along = points.get(start..)?.iter().chain(&points[..start]);
        for (place, candidate) in along {
            let fate = judge(cx.backends, *candidate);
            see(*place, *candidate, fate);
            if fate == Fate::Taken {
                return Some(*candidate);
            }
        }
        None
    }

    fn step(&self, first: bool, place: u64, name: &str) -> String {
        let which = if first { "The first point at or after it" } else { "A next one" };
        format!("{which}, {place:#018x}, belongs to {name}.")
    }

    fn picture(&self) -> Picture {
        let points = self.0.iter().filter_map(|(place, backend)| Some((Self::place_of(*place)?, *backend)));
        Picture::Ring(points.collect())
    }

    fn place_of(hash: u64) -> Option<f64> {
        Some(hash as f64 / (1_u128 << 64) as f64)
    }
}
