//! Consistent hashing on a ring: each backend owns many points on a circle, and a request goes to the first point at or
//! after its hash. A backend that leaves gives its stretches to those next on the ring; nearly all other keys stay.
//!
//! The points are those of the eligible. As in Envoy their number follows the smallest weight, so that a change of the
//! list also moves a few points of the others: the larger the ring, the closer it comes to the ideal of 1/n.
//!
//! Source: Karger et al., "Consistent Hashing and Random Trees", STOC 1997; the ring as
//! envoyproxy/envoy builds it (`source/extensions/load_balancing_policies/ring_hash/`), with XXH64 of "name_0", "name_1",
//! …; vectors in `tests/vectors/lb_envoy.json`.

use std::rc::Rc;

use super::hashing::{Fate, HASH_ON, HashOn, Text, Walk, anybody, judge, listed, xxh64};
use super::{Descriptor, Explanation, Needs, PickContext, Picture, Reads, RequestView, Strategy, nobody};
use crate::model::params::{Entry, ParamSpec, Params};
use crate::model::read::Reader;

const RULE: &str = "The backend whose point on the ring is the first at or after the request's hash.";

const ENTRY: Entry = Entry {
    id: "ring-hash",
    name: "Ring hash",
    summary: "Requests for the same item go to the same backend; when one leaves, few others move.",
    source: "Karger et al., STOC 1997; ring and default sizes: Envoy.",
    params: &[
        HASH_ON,
        ParamSpec::count(
            "ring_size_min",
            "Smallest ring",
            1024.0,
            1.0,
            65_536.0,
            "At least so many points on the ring, all backends together. More points share more evenly.",
        ),
        ParamSpec::count(
            "ring_size_max",
            "Largest ring",
            8_388_608.0,
            1.0,
            8_388_608.0,
            "At most so many points on the ring, however different the weights.",
        ),
    ],
    defect: false,
};

pub(super) const DESCRIPTOR: Descriptor = Descriptor {
    entry: ENTRY,
    needs: Needs::Request { weights: true },
    check,
    build: |params| Box::new(RingHash::new(params)),
};

#[derive(Clone, Debug)]
struct RingHash {
    hash_on: HashOn,
    size_min: u32,
    size_max: u32,
    /// Shared with checkpoints, as long as nobody comes or goes.
    ring: Rc<Ring>,
    /// The list of backends that the ring was made for.
    version: Option<u64>,
}

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
        points.sort_unstable();
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

impl RingHash {
    fn new(params: &Params) -> Self {
        let reader = Reader::new(&ENTRY, params);
        let (size_min, size_max) = sizes(&reader);
        Self { hash_on: HashOn::read(&reader), size_min, size_max, ring: Rc::default(), version: None }
    }

    /// Makes the ring anew where the list has changed; tells whether it is of use. Without anybody listed it stays as it is: when
    /// everybody is asked in a panic, the ring of everybody is not thrown away in between.
    #[inline]
    fn keep_up(&mut self, cx: &PickContext<'_>) -> bool {
        if self.version == Some(cx.version) {
            return true;
        }
        let backends = listed(cx.backends);
        if backends.is_empty() {
            return false;
        }
        self.ring = Rc::new(Ring::of(&backends, self.size_min, self.size_max));
        self.version = Some(cx.version);
        true
    }

    /// From the hash on along the ring, point by point, until one will do; `see` hears of each point.
    #[inline]
    fn search(&self, cx: &PickContext<'_>, hash: u64, mut see: impl FnMut(u64, u32, Fate)) -> Option<u32> {
        let points = &self.ring.0;
        let start = self.ring.position(hash);
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
}

impl Strategy for RingHash {
    /// O(log points); a retry passes on along the ring. When the list changes the ring is made anew, O(points·log points).
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
            walk.see(candidate, fate, |first, name| {
                let which = if first { "The first point at or after it" } else { "A next one" };
                format!("{which}, {place:#018x}, belongs to {name}.")
            });
        });
        walk.end(found, cx, rule, "No point leads further")
    }

    fn picture(&self, cx: &PickContext<'_>) -> Picture {
        let mut current = self.clone();
        current.keep_up(cx);
        let whole = (1_u128 << 64) as f64;
        Picture::Ring(current.ring.0.iter().map(|(place, backend)| (*place as f64 / whole, *backend)).collect())
    }

    fn place(&self, request: &RequestView) -> Option<f64> {
        Some(xxh64(0, self.hash_on.text(request).as_bytes()) as f64 / (1_u128 << 64) as f64)
    }

    fn box_clone(&self) -> Box<dyn Strategy> {
        Box::new(self.clone())
    }
}
