//! Every backend draws a number from the request's hash and its own name; the highest one wins. Who leaves gives up its
//! requests, each to its own runner-up, and nobody else moves: the ideal, at the price of looking at every backend.
//!
//! The number is XXH64(key) xor XXH64(name), mixed by xorshift* (12, 25, 27). With weights the score is weight/−ln(u),
//! where u is the number's upper 53 bits as a share of 1: that gives shares in proportion to weights and moves no more than
//! it must. (Envoy's newer strategy takes the lower 53 bits and an approximation of the logarithm.)
//!
//! Source: Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", IEEE/ACM ToN 6(1), 1998; the mixing
//! as in dgryski/go-rendezvous; weights: Schindelhauer and Schomaker, "Weighted Distributed Hash Tables", SPAA 2005.
//! Vectors in `tests/vectors/hashing.json`.

use super::hashing::{HASH_ON, HashOn, Text, xxh64};
use super::{
    BackendView, Descriptor, Explanation, Needs, PickContext, Reads, Score, Strategy, anything, eligible, nobody,
};
use crate::engine::math;
use crate::model::params::{Entry, Params, told};
use crate::model::read::Reader;

const ENTRY: Entry = Entry {
    id: "rendezvous",
    name: "Rendezvous hash",
    summary: told("Requests for the same item go to the same backend; when one leaves, only its own requests move."),
    source: told("Thaler and Ravishankar, 1998; weights: Schindelhauer and Schomaker, 2005."),
    params: &[HASH_ON],
    defect: false,
};

pub(super) const DESCRIPTOR: Descriptor = Descriptor {
    entry: ENTRY,
    needs: Needs::Request { weights: true },
    check: anything,
    build: |params| Box::new(Rendezvous::new(params)),
};

#[derive(Clone, Debug)]
struct Rendezvous {
    hash_on: HashOn,
    /// Hashes of the backends' names, by index.
    hosts: Vec<u64>,
    /// The list of backends that they were made for.
    version: Option<u64>,
}

/// What a backend draws for a request.
#[inline]
pub(super) fn draw(key_hash: u64, host_hash: u64) -> u64 {
    let mut x = key_hash ^ host_hash;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    x.wrapping_mul(0x2545_f491_4f6c_dd1d)
}

/// The upper 53 bits as a share of 1, never 0 or 1.
#[inline]
fn share_of(drawn: u64) -> f64 {
    // The last half step would round up to 1.
    ((drawn >> 11) as f64 + 0.5).min((1_u64 << 53) as f64 - 1.0) / (1_u64 << 53) as f64
}

/// weight/−ln(u).
#[inline]
pub(super) fn score(drawn: u64, weight: u32) -> f64 {
    f64::from(weight) / -math::ln(share_of(drawn))
}

impl Rendezvous {
    fn new(params: &Params) -> Self {
        let hash_on = HashOn::read(&Reader::new(&ENTRY, params));
        Self { hash_on, hosts: Vec::new(), version: None }
    }

    fn keep_up(&mut self, cx: &PickContext<'_>) {
        if self.version != Some(cx.version) || self.hosts.len() != cx.backends.len() {
            self.hosts.clear();
            self.hosts.extend(cx.backends.iter().map(|view| xxh64(0, Text::of_host(view.host).as_bytes())));
            self.version = Some(cx.version);
        }
    }

    /// The best by score that is eligible; the first of equals.
    #[inline]
    fn best(&self, cx: &PickContext<'_>, hash: u64) -> Option<u32> {
        let candidates = || eligible(cx.backends);
        let (first, BackendView { weight, .. }) = candidates().next()?;
        let drawn = |index: u32| draw(hash, self.hosts[index as usize]);
        if candidates().all(|(_, backend)| backend.weight == *weight) {
            // The same order without logarithms.
            let mut best = (first, drawn(first));
            for (index, _) in candidates() {
                let drawn = drawn(index);
                if drawn > best.1 {
                    best = (index, drawn);
                }
            }
            return Some(best.0);
        }
        let mut best: Option<(u32, f64)> = None;
        for (index, backend) in candidates() {
            let score = score(drawn(index), backend.weight);
            if best.is_none_or(|(_, highest)| score > highest) {
                best = Some((index, score));
            }
        }
        best.map(|(index, _)| index)
    }
}

impl Strategy for Rendezvous {
    /// O(n).
    fn pick(&mut self, cx: &mut PickContext<'_>) -> Option<u32> {
        self.keep_up(cx);
        let hash = xxh64(0, self.hash_on.text(&cx.request).as_bytes());
        self.best(cx, hash)
    }

    fn reads(&self) -> Reads {
        self.hash_on.reads()
    }

    fn explain(&self, cx: &PickContext<'_>, label: &dyn Fn(u32) -> String) -> Explanation {
        let mut current = self.clone();
        current.keep_up(cx);
        let hash = xxh64(0, self.hash_on.text(&cx.request).as_bytes());
        let score_of =
            |index: u32| score(draw(hash, current.hosts[index as usize]), cx.backends[index as usize].weight);
        let scores = eligible(cx.backends).map(|(index, backend)| {
            let (value, weight) = (score_of(index), backend.weight);
            let share = share_of(draw(hash, current.hosts[index as usize]));
            Score { backend: index, value, formula: format!("{weight}/−ln({share:.6}) = {value:.4}") }
        });
        let scores: Vec<Score> = scores.collect();
        let chosen = current.best(cx, hash);
        let steps = chosen.map_or_else(nobody, |chosen| {
            let (words, best) = (self.hash_on.words(&cx.request), score_of(chosen));
            vec![
                format!("The {words} hashes to {hash:#018x}; every backend draws a number from that and its own name."),
                format!("The highest score, {best:.4}, is that of {}.", label(chosen)),
            ]
        });
        Explanation {
            rule: "The highest score: weight/−ln(u), with u drawn from the hashes of request and backend.",
            scores,
            steps,
            chosen,
        }
    }

    fn box_clone(&self) -> Box<dyn Strategy> {
        Box::new(self.clone())
    }
}
