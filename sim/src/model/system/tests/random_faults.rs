//! A thousand topologies out of the registries, each with faults: the ledgers hold at every look, the same seed gives the
//! same run, in one slice or in many, and from a checkpoint in its middle.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::super::System;
use super::check::{check_ledgers, check_profile};
use crate::engine::time::SimTime;
use crate::model::params::{ParamKind, Value};
use crate::model::{eviction, fault, station};
use crate::topology::chaos::{Budget, Radius, compose};
use crate::topology::compile::compile;
use crate::topology::document::Document;
use crate::topology::format::Run;
use crate::topology::link;

#[path = "../../../../../tests/it/any.rs"]
mod any;

const TOPOLOGIES: u64 = 1_000;
/// Simulated time of each, and most events of it; thrice as many of a long one.
const SECS: f64 = 4.0;
const EVENTS: u64 = 8_000;
/// Every so many runs for so long, so that what looks every 15 s has something to look at.
const LONG_EVERY: u64 = 4;
const LONG_SECS: f64 = 60.0;
/// Looks into the ledgers of each run.
const LOOKS: u64 = 4;

/// The topology of a seed; `None`: what was drawn makes no sense at all.
fn topology(seed: u64) -> Option<Document> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut document = any::any_document().new_tree(&mut runner).expect("nothing is filtered").current();
    let secs = if seed.is_multiple_of(LONG_EVERY) { LONG_SECS } else { SECS };
    document.run_length_secs = secs;
    for planned in &mut document.faults {
        planned.at_secs *= secs / 20.0;
        planned.for_secs = planned.for_secs.map(|drawn| drawn * secs / 20.0);
    }
    let mut document = any::mended(any::hastened(document))?;
    let budget = Budget { faults: 4, at_once: 10, share: 1.0, radius: Radius::Place, kinds: Vec::new() };
    let more = compose(&document, &budget, seed);
    document.faults.extend(more);
    // Two of them at once may ask for more than can be simulated.
    any::mended(document)
}

fn built(document: &Document) -> System {
    let (system, problems) = compile(document);
    system.unwrap_or_else(|| panic!("{problems:#?}"))
}

fn live_through(document: &Document) {
    let events = if document.run_length_secs > SECS { 3 * EVENTS } else { EVENTS };
    let mut system = built(document);
    let mut checkpoint = None;
    for look in 1..=LOOKS {
        system.advance(SimTime::NEVER, events / LOOKS);
        check_ledgers(&system);
        if look == LOOKS / 2 {
            checkpoint = Some(system.clone());
        }
    }
    let whole = (system.trace_hash(), system.events(), system.now());
    let same = |system: &System| (system.trace_hash(), system.events(), system.now());
    let mut again = built(document);
    again.advance(SimTime::NEVER, events);
    assert_eq!(same(&again), whole, "in one slice");
    let mut profiled = built(document);
    profiled.start_profile(f64::INFINITY);
    profiled.advance(SimTime::NEVER, events);
    assert_eq!(same(&profiled), whole, "a profiler changes nothing");
    check_profile(&profiled);
    let mut rest = checkpoint.expect("half of the looks came");
    rest.advance(SimTime::NEVER, events / 2);
    assert_eq!(same(&rest), whole, "from the checkpoint");
}

#[test]
fn a_thousand_topologies_with_faults_conserve_their_ledgers() {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut lived = 0;
    for seed in 0.. {
        if lived == TOPOLOGIES {
            break;
        }
        let Some(document) = topology(seed) else { continue };
        lived += 1;
        for planned in &document.faults {
            *seen.entry(planned.fault.kind.clone()).or_default() += 1;
        }
        for node in document.nodes.values() {
            *seen.entry(node.kind.clone()).or_default() += 1;
            for key in any::SCALING.into_iter().chain(["eviction"]) {
                if let Some(Value::Variant(choice)) = node.params.get(key) {
                    *seen.entry(format!("{key}: {}", choice.id)).or_default() += 1;
                }
            }
        }
        // The cause has been printed when it came up.
        if catch_unwind(AssertUnwindSafe(|| live_through(&document))).is_err() {
            let run = Run::new(document);
            let shared = link::encode(&run).unwrap_or_else(|_| run.to_json());
            panic!("topology {seed} fails; to look at it: {shared}");
        }
    }
    let kinds =
        station::REGISTRY.iter().map(|kind| kind.entry.id).chain(fault::REGISTRY.iter().map(|kind| kind.entry.id));
    let mut wanted: Vec<String> = kinds.map(str::to_owned).collect();
    for spec in
        station::REGISTRY.iter().flat_map(|kind| kind.entry.params).filter(|spec| any::SCALING.contains(&spec.key))
    {
        let ParamKind::Variant { registry, .. } = spec.kind else { continue };
        let told = registry().into_iter().filter(|entry| !entry.params.is_empty());
        wanted.extend(told.map(|entry| format!("{}: {}", spec.key, entry.id)));
    }
    wanted.extend(eviction::entries().iter().map(|entry| format!("eviction: {}", entry.id)));
    for kind in wanted {
        let times = seen.get(&kind).copied().unwrap_or(0);
        assert!(times >= 10, "{kind} came up {times} times only");
    }
}
