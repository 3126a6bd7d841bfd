//! The least busy of a few drawn at random; where weights differ, turns in proportion to weight over busyness.
//!
//! All weights equal: a few backends are drawn, with replacement, and the one with the fewest outstanding requests wins,
//! the first drawn of equals (or all are looked at, and one of the equals is drawn).
//! Weights differ: every backend has a time at which it is due; the earliest is chosen, and is due again
//! 1/(weight/(outstanding + 1)^bias) later. So a busy backend's turn comes later, but it comes.
//!
//! Unlike Envoy, which begins the schedule anew whenever the list changes, those that stay keep their turns.
//!
//! Source: envoyproxy/envoy, `source/extensions/load_balancing_policies/least_request/` and
//! `source/common/upstream/edf_scheduler.h`; vectors in `tests/vectors/lb_envoy.json`.

use super::{
    BackendView, Descriptor, Explanation, Needs, PickContext, Score, Strategy, anything, eligible, listing, nobody,
};
use crate::engine::math;
use crate::model::params::{Entry, ParamSpec, Params, Unit, told};
use crate::model::read::Reader;

const ENTRY: Entry = Entry {
    id: "weighted-least-request",
    name: "Weighted least request",
    summary: told(
        "The less busy of a few random backends; where weights differ, turns by weight over outstanding requests.",
    ),
    source: told("Envoy, least request: 2 choices, bias 1."),
    params: &[
        ParamSpec::choice(
            "selection",
            "With equal weights, look at",
            &[("choices", "A few at random"), ("all", "All")],
            "choices",
            "With equal weights: whether a few random backends are compared, or all of them.",
        ),
        ParamSpec::count(
            "choices",
            "Choices",
            2.0,
            1.0,
            64.0,
            "With equal weights: how many are drawn for each request. The same one may be drawn twice.",
        ),
        ParamSpec::number(
            "active_request_bias",
            "Bias against the busy",
            Unit::Plain,
            1.0,
            0.0,
            10.0,
            "With different weights: how strongly outstanding requests delay a backend's turn. 0 looks at weights alone.",
        ),
    ],
    defect: false,
};

pub(super) const DESCRIPTOR: Descriptor = Descriptor {
    entry: ENTRY,
    needs: Needs::Answers { weights: true },
    check: anything,
    build: |params| Box::new(WeightedLeastRequest::new(params)),
};

#[derive(Clone, Debug)]
struct WeightedLeastRequest {
    choices: u32,
    all: bool,
    bias: f64,
    turns: Deadlines,
    /// Scratch: who is eligible.
    candidates: Vec<u32>,
}

/// Weight over busyness: what a backend's turns are in proportion to.
#[inline]
pub(super) fn dynamic_weight(backend: &BackendView, bias: f64) -> f64 {
    let (weight, busy) = (f64::from(backend.weight), f64::from(backend.outstanding) + 1.0);
    if bias == 1.0 {
        weight / busy
    } else if bias == 0.0 {
        weight
    } else {
        weight / math::pow(busy, bias)
    }
}

/// Earliest deadline first: who is due when. The time is one of turns, not of the clock.
#[derive(Clone, Debug, Default)]
pub(super) struct Deadlines {
    now: f64,
    /// (When it is due, which entry that was), by index; nothing for those that are not listed.
    due: Vec<Option<(f64, u64)>>,
    entries: u64,
}

impl Deadlines {
    fn enter(&mut self, index: usize, weight: f64) {
        self.due[index] = Some((self.now + 1.0 / weight, self.entries));
        self.entries += 1;
    }

    /// Gives everybody who is listed a turn, and takes it from those who are not. O(n).
    pub(super) fn keep_up(&mut self, backends: &[BackendView], weight: impl Fn(&BackendView) -> f64) {
        self.due.resize(backends.len(), None);
        for (index, backend) in backends.iter().enumerate() {
            // Somebody eligible has a weight; one without would never be due.
            if !backend.listed || backend.weight == 0 {
                self.due[index] = None;
            } else if self.due[index].is_none() {
                self.enter(index, weight(backend));
            }
        }
    }

    /// The eligible one that is due first; of equals the one that was entered first. O(n).
    pub(super) fn first(&self, backends: &[BackendView]) -> Option<(u32, f64)> {
        let mut first: Option<(u32, (f64, u64))> = None;
        for (index, _) in eligible(backends) {
            let Some(due) = self.due[index as usize] else { continue };
            if first.is_none_or(|(_, earliest)| due < earliest) {
                first = Some((index, due));
            }
        }
        first.map(|(index, (due, _))| (index, due))
    }

    /// Chooses, and enters the chosen one anew. O(n).
    pub(super) fn pick(&mut self, backends: &[BackendView], weight: impl Fn(&BackendView) -> f64) -> Option<u32> {
        self.keep_up(backends, &weight);
        let (chosen, due) = self.first(backends)?;
        self.now = self.now.max(due);
        self.enter(chosen as usize, weight(&backends[chosen as usize]));
        Some(chosen)
    }
}

/// The least busy of as many draws as `choices`; the first drawn of equals.
#[inline]
pub(super) fn least_of_drawn(
    backends: &[BackendView],
    candidates: &[u32],
    choices: u32,
    mut draw: impl FnMut(u32) -> u32,
) -> Option<u32> {
    let count = candidates.len() as u32;
    if count == 0 {
        return None;
    }
    let open = |index: u32| backends[index as usize].outstanding;
    let mut best: Option<u32> = None;
    for _ in 0..choices {
        let candidate = candidates[draw(count) as usize];
        if best.is_none_or(|best| open(candidate) < open(best)) {
            best = Some(candidate);
        }
    }
    best
}

/// The least busy of all; each of equals with the same chance.
#[inline]
pub(super) fn least_of_all(
    backends: &[BackendView],
    candidates: &[u32],
    mut draw: impl FnMut(u32) -> u32,
) -> Option<u32> {
    let open = |index: u32| backends[index as usize].outstanding;
    let mut best = *candidates.first()?;
    let mut tied = 1;
    for candidate in &candidates[1..] {
        if open(*candidate) < open(best) {
            (best, tied) = (*candidate, 1);
        } else if open(*candidate) == open(best) {
            tied += 1;
            // The k-th of equals takes over with a chance of 1/k: in the end all had the same.
            if draw(tied) == 0 {
                best = *candidate;
            }
        }
    }
    Some(best)
}

/// Whether all who are listed weigh the same.
#[inline]
fn weights_are_equal(backends: &[BackendView]) -> bool {
    let mut weights = backends.iter().filter(|backend| backend.listed && backend.weight > 0).map(|view| view.weight);
    let first = weights.next();
    weights.all(|weight| Some(weight) == first)
}

impl WeightedLeastRequest {
    fn new(params: &Params) -> Self {
        let reader = Reader::new(&ENTRY, params);
        Self {
            choices: reader.count("choices"),
            all: reader.choice("selection") == "all",
            bias: reader.number("active_request_bias"),
            turns: Deadlines::default(),
            candidates: Vec::new(),
        }
    }

    fn explain_turns(&self, cx: &PickContext<'_>, label: &dyn Fn(u32) -> String) -> Explanation {
        let weight = |backend: &BackendView| dynamic_weight(backend, self.bias);
        let mut turns = self.turns.clone();
        turns.keep_up(cx.backends, weight);
        let first = turns.first(cx.backends);
        let due = |index: u32| turns.due[index as usize].map_or(f64::INFINITY, |(due, _)| due);
        let scores = eligible(cx.backends).map(|(index, backend)| {
            let BackendView { weight, outstanding, .. } = *backend;
            let value = due(index);
            let formula = format!("due at {value:.3}; weight {weight}, {outstanding} outstanding");
            Score { backend: index, value, formula }
        });
        let scores: Vec<Score> = scores.collect();
        let steps = first.map_or_else(nobody, |(chosen, at)| {
            let BackendView { weight: share, outstanding, .. } = cx.backends[chosen as usize];
            let next = turns.now.max(at) + 1.0 / weight(&cx.backends[chosen as usize]);
            let tied = scores.iter().filter(|score| score.value == at).count();
            let name = label(chosen);
            let why =
                if tied > 1 { format!("is the first of {tied} that are due first") } else { "is due first".to_owned() };
            let bias = if self.bias == 1.0 { String::new() } else { format!("^{}", self.bias) };
            let all = listing(scores.iter().map(|score| format!("{} at {:.3}", label(score.backend), score.value)));
            let formula = format!("1/({share}/({outstanding} + 1){bias})");
            vec![
                format!("The weights differ, so each backend is due at its own time: {all}."),
                format!("{name} {why}; chosen, it is due again {formula} later, at {next:.3}."),
            ]
        });
        let chosen = first.map(|(chosen, _)| chosen);
        Explanation { rule: "Due first; then due again 1/(weight/(outstanding + 1)) later.", scores, steps, chosen }
    }

    fn explain_draws(&self, cx: &PickContext<'_>, label: &dyn Fn(u32) -> String) -> Explanation {
        let candidates: Vec<u32> = eligible(cx.backends).map(|(index, _)| index).collect();
        let open = |index: u32| cx.backends[index as usize].outstanding;
        let (mut stream, mut drawn) = (cx.stream.clone(), Vec::new());
        let chosen = if self.all {
            least_of_all(cx.backends, &candidates, |n| stream.below(n))
        } else {
            least_of_drawn(cx.backends, &candidates, self.choices, |n| {
                let draw = stream.below(n);
                drawn.push(candidates[draw as usize]);
                draw
            })
        };
        let scores = candidates.iter().map(|index| {
            let open = open(*index);
            Score { backend: *index, value: f64::from(open), formula: format!("{open} outstanding") }
        });
        let steps = chosen.map_or_else(nobody, |chosen| {
            let (name, least) = (label(chosen), open(chosen));
            if self.all {
                let tied: Vec<u32> = candidates.iter().copied().filter(|index| open(*index) == least).collect();
                if tied.len() == 1 {
                    return vec![format!("The fewest outstanding requests of all, {least}, has {name}.")];
                }
                let names = listing(tied.iter().map(|index| label(*index)));
                return vec![
                    format!("The fewest outstanding requests, {least}, have {names}."),
                    format!("One of them is drawn: {name}."),
                ];
            }
            let looks =
                listing(drawn.iter().map(|index| format!("{} with {} outstanding", label(*index), open(*index))));
            let others = drawn.iter().any(|index| *index != chosen && open(*index) == least);
            let last = match () {
                () if drawn.iter().all(|index| *index == chosen) => format!("Every draw is {name}."),
                () if others => format!("Several have as few; {name} was drawn first."),
                () => format!("{name} has the fewest."),
            };
            vec![format!("Drawn, in this order, where the same may come twice: {looks}."), last]
        });
        let rule = if self.all {
            "The fewest outstanding requests of all; of the tied, one at random."
        } else {
            "The fewest outstanding requests among a few drawn at random; a tie goes to the one drawn first."
        };
        Explanation { rule, scores: scores.collect(), steps, chosen }
    }
}

impl Strategy for WeightedLeastRequest {
    /// O(n).
    fn pick(&mut self, cx: &mut PickContext<'_>) -> Option<u32> {
        if !weights_are_equal(cx.backends) {
            return self.turns.pick(cx.backends, |backend| dynamic_weight(backend, self.bias));
        }
        // Who is due when is forgotten: when weights differ again it begins anew.
        self.turns.due.clear();
        self.candidates.clear();
        self.candidates.extend(eligible(cx.backends).map(|(index, _)| index));
        if self.all {
            least_of_all(cx.backends, &self.candidates, |n| cx.stream.below(n))
        } else {
            least_of_drawn(cx.backends, &self.candidates, self.choices, |n| cx.stream.below(n))
        }
    }

    fn explain(&self, cx: &PickContext<'_>, label: &dyn Fn(u32) -> String) -> Explanation {
        if weights_are_equal(cx.backends) { self.explain_draws(cx, label) } else { self.explain_turns(cx, label) }
    }

    fn box_clone(&self) -> Box<dyn Strategy> {
        Box::new(self.clone())
    }
}
