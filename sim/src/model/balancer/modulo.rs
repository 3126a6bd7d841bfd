//! What the plain hashing strategies share: hash after hash modulo the sum of the weights, until a backend will do.

use super::hashing::{Fate, at, judge, total_weight, verdict};
use super::smooth_weighted::SmoothWeighted;
use super::{BackendView, Explanation, PickContext, nobody};

/// Rounds of hashing after the first, before round robin takes over.
pub(super) const TRIES: u32 = 20;

/// One round of hashing: the hash, the place among the weights that it points at, and whose that is.
#[derive(Clone, Copy, Debug)]
struct Round {
    hash: u32,
    place: u32,
    candidate: u32,
    fate: Fate,
}

/// Hashes until a backend will do; `next` makes the hash of a round from that of the one before, `see` hears of each.
#[inline]
fn search(cx: &PickContext<'_>, next: impl Fn(u32, u32) -> u32, mut see: impl FnMut(Round)) -> Option<u32> {
    // All backends of the list count, eligible or not: who is healthy must not move everybody else's requests.
    let total = total_weight(cx.backends);
    let mut hash = 0;
    for round in 0..=TRIES {
        hash = next(round, hash);
        let place = hash.checked_rem(total)?;
        let candidate = at(cx.backends, place)?;
        let fate = judge(cx.backends, candidate);
        see(Round { hash, place, candidate, fate });
        if fate == Fate::Taken {
            return Some(candidate);
        }
    }
    None
}

/// The choice: by hash, and by turns if no hash leads anywhere. O(n) per round.
#[inline]
pub(super) fn pick(cx: &PickContext<'_>, fallback: &mut SmoothWeighted, next: impl Fn(u32, u32) -> u32) -> Option<u32> {
    search(cx, next, |_| ()).or_else(|| fallback.step(cx.backends, |_, backend| backend.eligible))
}

/// The same in words; `what` is hashed.
pub(super) fn explain(
    cx: &PickContext<'_>,
    fallback: &SmoothWeighted,
    next: impl Fn(u32, u32) -> u32,
    what: &str,
    rule: &'static str,
    label: &dyn Fn(u32) -> String,
) -> Explanation {
    let total = total_weight(cx.backends);
    let mut steps = Vec::new();
    let mut chosen = search(cx, next, |Round { hash, place, candidate, fate }| {
        let who = verdict(&label(candidate), fate);
        let what = if steps.is_empty() { format!("The {what}") } else { "Hashed on, it".to_owned() };
        steps.push(format!(
            "{what} hashes to {hash}; modulo {total}, the sum of the weights, that is place {place}: {who}."
        ));
    });
    if chosen.is_none() {
        let gain = |_, backend: &BackendView| backend.eligible.then(|| i64::from(backend.weight));
        let (turn, told) = fallback.foretell(cx.backends, gain, label);
        if turn.is_some() {
            steps.push(format!("After {TRIES} more hashes in vain they take turns by weight."));
            steps.extend(told);
        } else {
            steps = nobody();
        }
        chosen = turn;
    }
    Explanation { rule, scores: Vec::new(), steps, chosen }
}
