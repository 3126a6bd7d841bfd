//! The hash of the request modulo the sum of the weights: the plainest way to keep an item with a backend.
//!
//! As long as the list stays as it is, everything stays where it is; whoever is ill loses only its own. But when the list
//! itself changes, nearly everything moves: with n backends and one more, n of n + 1 requests.
//!
//! Hash: CRC-32 of the text, its bits 16 to 30, modulo the sum of all weights laid end to end. If that backend will not do,
//! the CRC-32 of "1" and the text is added, then of "2" and the text, up to 20 times; then smooth weighted round robin
//! decides.
//!
//! Source: nginx, `src/http/modules/ngx_http_upstream_hash_module.c` (`hash $key` without `consistent`); vectors from the
//! real program in `tests/vectors/lb_nginx.json`.

use super::hashing::{Fate, HASH_ON, HashOn, Text, at, crc32, judge, total_weight, verdict};
use super::smooth_weighted::SmoothWeighted;
use super::{BackendView, Descriptor, Explanation, Needs, PickContext, Reads, Strategy, nobody};
use crate::model::params::Entry;
use crate::model::read::Reader;

/// Rounds of hashing after the first, before round robin takes over.
const TRIES: u64 = 20;

const ENTRY: Entry = Entry {
    id: "key-hash",
    name: "Key hash, modulo",
    summary: "Requests for the same item go to the same backend; when the list changes, nearly everything moves.",
    source: "nginx, ngx_http_upstream_hash_module.c.",
    params: &[HASH_ON],
    defect: false,
};

pub(super) const DESCRIPTOR: Descriptor = Descriptor {
    entry: ENTRY,
    needs: Needs::Request { weights: true },
    build: |params| {
        let hash_on = HashOn::read(&Reader::new(&ENTRY, params));
        Ok(Box::new(KeyHash { hash_on, fallback: SmoothWeighted::default() }))
    },
};

#[derive(Clone, Debug)]
struct KeyHash {
    hash_on: HashOn,
    fallback: SmoothWeighted,
}

/// What is added to the hash in a round; 0 is the first.
pub(super) fn part(round: u64, text: &[u8]) -> u32 {
    let mut number = Text::NONE;
    if round > 0 {
        number.decimal(round);
    }
    crc32(&[number.as_bytes(), text]) >> 16 & 0x7fff
}

/// Hashes until a backend will do; `see` hears of every round: hash, place among the weights, whose, what becomes of it.
#[inline]
fn search(cx: &PickContext<'_>, text: &[u8], mut see: impl FnMut(u32, u32, u32, Fate)) -> Option<u32> {
    // All backends of the list count, eligible or not: who is healthy must not move everybody else's items.
    let total = total_weight(cx.backends);
    let mut hash = 0;
    for round in 0..=TRIES {
        hash += part(round, text);
        let place = hash.checked_rem(total)?;
        let candidate = at(cx.backends, place)?;
        let fate = judge(cx.backends, candidate);
        see(hash, place, candidate, fate);
        if fate == Fate::Taken {
            return Some(candidate);
        }
    }
    None
}

impl Strategy for KeyHash {
    /// O(n) per round.
    fn pick(&mut self, cx: &mut PickContext<'_>) -> Option<u32> {
        let text = self.hash_on.text(&cx.request);
        search(cx, text.as_bytes(), |_, _, _, _| ())
            .or_else(|| self.fallback.step(cx.backends, |_, backend| backend.eligible))
    }

    fn reads(&self) -> Reads {
        self.hash_on.reads()
    }

    fn explain(&self, cx: &PickContext<'_>, label: &dyn Fn(u32) -> String) -> Explanation {
        let text = self.hash_on.text(&cx.request);
        let total = total_weight(cx.backends);
        let mut steps = Vec::new();
        let mut chosen = search(cx, text.as_bytes(), |hash, place, candidate, fate| {
            let who = verdict(&label(candidate), fate);
            let what = match steps.is_empty() {
                true => format!("The {}", self.hash_on.words(&cx.request)),
                false => "Hashed on, it".to_owned(),
            };
            steps.push(format!(
                "{what} hashes to {hash}; modulo {total}, the sum of the weights, that is place {place}: {who}."
            ));
        });
        if chosen.is_none() {
            let gain = |_, backend: &BackendView| backend.eligible.then(|| i64::from(backend.weight));
            let (turn, told) = self.fallback.foretell(cx.backends, gain, label);
            if turn.is_some() {
                steps.push(format!("After {TRIES} more hashes in vain they take turns by weight."));
                steps.extend(told);
            } else {
                steps = nobody();
            }
            chosen = turn;
        }
        Explanation {
            rule: "The hash of the request modulo the sum of the weights, counted along the list.",
            scores: Vec::new(),
            steps,
            chosen,
        }
    }

    fn box_clone(&self) -> Box<dyn Strategy> {
        Box::new(self.clone())
    }
}
