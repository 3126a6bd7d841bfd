//! What every strategy of the registry owes its users, over random situations in which backends come and go.

use std::collections::BTreeSet;

use headroom::engine::rng::Stream;
use headroom::engine::time::{SimDuration, SimTime};
use headroom::model::balancer::{
    self, Answer, BackendView, Descriptor, Explanation, PickContext, REGISTRY, RequestView, Strategy,
};
use headroom::model::geography::{Country, REGIONS, Region};
use headroom::model::params::{ParamKind, Params, Value, Variant};

fn build(id: &str, params: Params) -> Box<dyn Strategy> {
    balancer::build(&Variant::new(id, params)).unwrap_or_else(|error| panic!("{id}: {error}"))
}

/// Backends as a balancer sees them, changing at random as a run goes on.
struct World {
    chance: Stream,
    backends: Vec<BackendView>,
    version: u64,
    now: SimTime,
    request: RequestView,
}

impl World {
    fn new(seed: u64) -> Self {
        let request = RequestView::default();
        let mut world =
            Self { chance: Stream::new(seed, 1), backends: Vec::new(), version: 0, now: SimTime::ZERO, request };
        for _ in 0..5 {
            world.join();
        }
        world
    }

    fn join(&mut self) {
        let host = (3 + self.backends.len() as u64 % 3) << 32 | self.backends.len() as u64;
        let region = (self.chance.below(4) > 0).then(|| Region(self.chance.below(REGIONS.len() as u32) as u8));
        let weight = 1 + self.chance.below(5);
        self.backends.push(BackendView { weight, host, region, ..BackendView::default() });
    }

    /// Lets something happen: somebody falls ill or recovers, comes, goes, changes weight; numbers move; time passes.
    fn go_on(&mut self) {
        let count = self.backends.len() as u32;
        let whom = self.chance.below(count) as usize;
        let changed = match self.chance.below(40) {
            0..4 => {
                // One that has left weighs nothing and stays away.
                let here = self.backends[whom].weight > 0;
                self.backends[whom].listed = here && !self.backends[whom].listed;
                true
            }
            4 => {
                self.backends[whom].weight = 1 + self.chance.below(9);
                true
            }
            5 if count < 12 => {
                self.join();
                true
            }
            6 => {
                (self.backends[whom].listed, self.backends[whom].weight) = (false, 0);
                true
            }
            7 => {
                // Now and then everybody recovers, or nobody is healthy, or all weigh the same.
                let well = self.chance.below(6) > 0;
                let same = self.chance.below(2) > 0;
                for backend in &mut self.backends {
                    backend.weight = if same { 2 } else { backend.weight.max(1) };
                    backend.listed = well;
                }
                true
            }
            _ => false,
        };
        self.version += u64::from(changed);
        let sits_out = self.chance.below(6);
        for backend in &mut self.backends {
            // Now and then some may not be chosen this once, without anybody's place in the list changing.
            backend.eligible = backend.listed && !(sits_out == 0 && self.chance.below(3) == 0);
        }
        self.now += SimDuration(u64::from(self.chance.below(50_000_000)));
        let backend = &mut self.backends[whom];
        backend.outstanding = self.chance.below(6);
        backend.response_time = if self.chance.below(4) == 0 { f64::NAN } else { self.chance.unit() };
        backend.error_rate = self.chance.unit();
        backend.utilization = if self.chance.below(4) == 0 { f64::NAN } else { self.chance.unit() };
        let countries = ["DE", "JP", "US", "ZA", "BR", "AU", "XX", ""];
        self.request = RequestView {
            client_ipv4: self.chance.next_bits() as u32,
            key: if self.chance.below(2) == 0 { self.chance.next_bits() } else { u64::from(self.chance.below(50)) },
            country: Country::from_code(countries[self.chance.below(8) as usize]),
            attempt: if self.chance.below(3) == 0 { self.chance.below(5) } else { 0 },
        };
    }

    fn context<'a>(&'a self, stream: &'a mut Stream) -> PickContext<'a> {
        PickContext { backends: &self.backends, version: self.version, request: self.request, now: self.now, stream }
    }

    /// Now and then somebody answers: which one, and when, does not depend on the strategy.
    fn answer(&mut self) -> Option<Answer> {
        let backend = self.chance.below(self.backends.len() as u32);
        let took = SimDuration(u64::from(self.chance.below(400_000_000)));
        let good = self.chance.below(9) > 0;
        (self.chance.below(3) == 0).then_some(Answer { backend, took, good, now: self.now })
    }
}

fn label(backend: u32) -> String {
    format!("backend {backend}!")
}

/// Every strategy with its defaults, and with each option of each of its choices and both ends of each of its numbers,
/// but for values that exclude another's default.
fn variants() -> Vec<(&'static Descriptor, Params)> {
    let mut all = Vec::new();
    for descriptor in REGISTRY {
        all.push((descriptor, Params::new()));
        for spec in descriptor.entry.params {
            let values: Vec<Value> = match spec.kind {
                ParamKind::Choice { options, .. } => options.iter().map(|(id, _)| Value::from(*id)).collect(),
                ParamKind::Number { min, max, .. } => vec![min.into(), max.into()],
                ParamKind::Bool { default } => vec![(!default).into()],
                _ => Vec::new(),
            };
            let params = values.into_iter().map(|value| Params::new().with(spec.key, value));
            let possible = params.filter(|params| (descriptor.check)(params).is_ok());
            all.extend(possible.map(|params| (descriptor, params)));
        }
    }
    all
}

/// Never a backend that is not eligible, never nobody while somebody is; the same stream gives the same picks, with or
/// without explanations and a checkpoint in between; and what was explained is what happens.
#[test]
fn every_strategy_keeps_its_word() {
    for (descriptor, params) in variants() {
        let id = descriptor.entry.id;
        let mut world = World::new(6);
        let (mut explained, mut stream) = (build(id, params.clone()), Stream::new(5, 1));
        let (mut silent, mut silent_stream) = (build(id, params.clone()), Stream::new(5, 1));
        let mut picked_somebody = 0;
        // The largest tables are made anew for every change: fewer rounds where it is not about the strategy's usual self.
        let rounds = if params.0.is_empty() { 1_500 } else { 40 };
        for round in 0..rounds {
            world.go_on();
            if let Some(answer) = world.answer() {
                explained.answered(&answer);
                silent.answered(&answer);
            }
            if round % 100 == 50 {
                silent = silent.box_clone();
            }
            let explanation = explained.explain(&world.context(&mut stream), &label);
            let picked = explained.pick(&mut world.context(&mut stream));
            let silently = silent.pick(&mut world.context(&mut silent_stream));
            assert_eq!(picked, silently, "{id} {params:?}, round {round}: neither asking nor copying changes a pick");
            match picked {
                Some(index) => assert!(world.backends[index as usize].eligible, "{id} picked an ineligible backend"),
                None => assert!(world.backends.iter().all(|backend| !backend.eligible), "{id} left somebody idle"),
            }
            check_explanation(id, &world, &explanation, picked);
            picked_somebody += u32::from(picked.is_some());
        }
        assert!(3 * picked_somebody > 2 * rounds, "{id}: the situations are too bleak to show anything");
        assert_eq!(explained.pick(&mut PickContext { backends: &[], ..world.context(&mut stream) }), None, "{id}");
    }
}

#[track_caller]
fn check_explanation(id: &str, world: &World, explanation: &Explanation, picked: Option<u32>) {
    assert!(!explanation.rule.is_empty(), "{id}");
    assert_eq!(explanation.chosen, picked, "{id}: what was explained is what happens: {explanation:#?}");
    let last = explanation.steps.last().unwrap_or_else(|| panic!("{id} says nothing"));
    if let Some(picked) = picked {
        assert!(last.contains(&label(picked)), "{id} names whom it chose: {explanation:#?}");
    }
    assert!(explanation.steps.iter().all(|step| step.ends_with('.')), "{id} speaks in sentences: {explanation:#?}");
    let scored: Vec<u32> = explanation.scores.iter().map(|score| score.backend).collect();
    assert!(scored.is_sorted(), "{id}");
    assert!(scored.iter().all(|index| world.backends[*index as usize].eligible), "{id} scores the eligible alone");
}

/// The scores decide: the chosen backend has the best one (the lowest, or the highest), where scores are compared.
#[test]
fn the_chosen_has_the_best_score() {
    let lowest: fn(f64, f64) -> f64 = f64::min;
    let highest: fn(f64, f64) -> f64 = f64::max;
    for (id, best) in [
        ("smooth-weighted-round-robin", highest),
        ("weighted-round-robin", highest),
        ("least-connections", lowest),
        ("adaptive", highest),
        ("rendezvous", highest),
        ("geographic", lowest),
    ] {
        let (mut world, mut strategy, mut stream) = (World::new(9), build(id, Params::new()), Stream::new(5, 1));
        for _ in 0..2_000 {
            world.go_on();
            let scores = strategy.explain(&world.context(&mut stream), &label).scores;
            let Some(picked) = strategy.pick(&mut world.context(&mut stream)) else { continue };
            if scores.is_empty() {
                continue; // nobody to compare: all of them stand nowhere
            }
            let of_picked = scores.iter().find(|score| score.backend == picked).expect("a score").value;
            let expected = scores.iter().map(|score| score.value).reduce(best).expect("scores");
            assert!((of_picked - expected).abs() < 1e-12, "{id}: {scores:?}, picked {picked}");
        }
    }
}

/// Who is passed over for one request loses that request alone: it goes to somebody else, and the next one for the same
/// item or of the same client finds its way back, even if the list had just changed.
#[test]
fn passing_over_a_backend_moves_nothing_else() {
    for descriptor in REGISTRY {
        let mut strategy = build(descriptor.entry.id, Params::new());
        let reads = strategy.reads();
        if !reads.key && !reads.client {
            continue;
        }
        let id = descriptor.entry.id;
        let mut backends: Vec<BackendView> =
            (0..6).map(|n| BackendView { host: 7 << 32 | n, ..BackendView::default() }).collect();
        let (mut stream, now) = (Stream::new(1, 1), SimTime::ZERO);
        for key in 0..500_u32 {
            let version = u64::from(key);
            let request = RequestView { key: key.into(), client_ipv4: key << 8, ..RequestView::default() };
            let mut pick = |backends: &[BackendView]| {
                let mut cx = PickContext { backends, version, request, now, stream: &mut stream };
                strategy.pick(&mut cx).expect("some are eligible")
            };
            // The first pick with a new version is one that passes somebody over.
            backends[key as usize % 6].eligible = false;
            let first = pick(&backends);
            backends[key as usize % 6].eligible = true;
            let home = pick(&backends);
            assert!(first == home || home == key % 6, "{id}, key {key}: {first}, then {home}");
            backends[home as usize].eligible = false;
            assert_ne!(pick(&backends), home, "{id}, key {key}");
            backends[home as usize].eligible = true;
            assert_eq!(pick(&backends), home, "{id}, key {key}");
        }
    }
}

#[test]
fn every_strategy_is_described_and_builds_from_its_parameters() {
    let mut ids = BTreeSet::new();
    for descriptor in REGISTRY {
        let entry = &descriptor.entry;
        assert!(ids.insert(entry.id), "{} twice", entry.id);
        assert!(entry.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{}", entry.id);
        assert!(!entry.name.is_empty() && !entry.summary.is_empty() && !entry.source.is_empty(), "{}", entry.id);
        let mut params = Params::new();
        for spec in entry.params {
            assert!(!spec.label.is_empty() && !spec.help.is_empty(), "{}.{}", entry.id, spec.key);
            params.set(spec.key, spec.default_value());
        }
        // Through the saved form and back.
        let text = serde_json::to_string(&Variant::new(entry.id, params)).expect("plain data");
        let variant: Variant = serde_json::from_str(&text).expect("what was written can be read");
        let (mut explicit, mut implied) = (build(&variant.id, variant.params), build(entry.id, Params::new()));
        let mut world = World::new(3);
        for _ in 0..50 {
            world.go_on();
            let one = explicit.pick(&mut world.context(&mut Stream::new(1, 1)));
            assert_eq!(one, implied.pick(&mut world.context(&mut Stream::new(1, 1))), "{}", entry.id);
        }
    }
    assert!(balancer::build(&Variant::new("no-such-strategy", Params::new())).is_err());
}
