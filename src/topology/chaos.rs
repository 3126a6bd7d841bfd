//! Seeded chaos: composes faults within a budget, as ordinary planned faults that can be seen, moved and removed.
//!
//! Source: Principles of Chaos Engineering (principlesofchaos.org): vary real-world events, minimize the blast radius.
//!
//! Chaos composes ordinary planned faults within a budget, drawn from the document's seed and a number; they stand in the
//! document, so a link replays them.

use super::document::{Document, Fault, FaultTarget, NodeId, ScheduledFault};
use crate::engine::rng::{DrawKey, DrawSeq};
use crate::engine::sort;
use crate::model::fault::{self, FaultKind, Targets};
use crate::model::params::{Entry, ParamKind, ParamSpec, Params, Unit, Value};
use crate::model::read::Reader;
use crate::model::station;

/// Label of chaos among the draws of a document's seed.
const CHAOS: u64 = 0xc4a05;
/// Tries for each fault that is wanted.
const TRIES: u32 = 20;
/// Nothing breaks before this share of the run, nor lasts beyond that one: there is something to compare with, and time
/// to recover.
const FROM: f64 = 0.1;
const UNTIL: f64 = 0.85;
/// Shortest and longest fault, in shares of the run.
const LENGTHS: (f64, f64) = (0.04, 0.2);

/// The budget as parameters.
pub static ENTRY: Entry = Entry {
    id: "chaos",
    name: "Chaos",
    summary: "Plans random faults within a budget, drawn from the seed.",
    source: "Principles of Chaos Engineering; Basiri et al., \"Chaos Engineering\", IEEE Software 2016.",
    params: &[
        ParamSpec::count("faults", "Faults", 4.0, 1.0, 50.0, "At most so many faults are planned."),
        ParamSpec::count("at_once", "At once", 1.0, 1.0, 10.0, "At most so many are in force at a time."),
        ParamSpec::number(
            "share",
            "Share of the run",
            Unit::Share,
            0.5,
            0.0,
            1.0,
            "At most this much of the run has a fault in force.",
        ),
        ParamSpec::choice(
            "radius",
            "Blast radius",
            &[("replica", "one replica or connection"), ("station", "a whole station"), ("place", "a zone or region")],
            "station",
            "The largest thing that one fault may hit.",
        ),
    ],
    defect: false,
};

/// The largest thing that one fault may hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Radius {
    /// One replica of several, or a connection.
    Replica,
    /// A station, clients included.
    Station,
    /// A zone or a region.
    Place,
}

/// What chaos may do at most.
#[derive(Clone, Debug, PartialEq)]
pub struct Budget {
    pub faults: u32,
    pub at_once: u32,
    /// Share of the run with a fault in force, 0..1.
    pub share: f64,
    pub radius: Radius,
    /// Ids of the kinds of fault that it may use; empty: all.
    pub kinds: Vec<String>,
}

impl Budget {
    /// The budget that parameters of [`ENTRY`] say; all kinds of fault.
    #[must_use]
    pub fn read(params: &Params) -> Self {
        let reader = Reader::new(&ENTRY, params);
        Self {
            faults: reader.count("faults"),
            at_once: reader.count("at_once"),
            share: reader.number("share"),
            radius: match reader.choice("radius") {
                "replica" => Radius::Replica,
                "place" => Radius::Place,
                _ => Radius::Station,
            },
            kinds: Vec::new(),
        }
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::read(&Params::new())
    }
}

/// Faults within the budget, drawn from the document's seed and `id`, by their start. Faults that the document has
/// already count towards how many are in force at once.
#[must_use]
pub fn compose(document: &Document, budget: &Budget, id: u64) -> Vec<ScheduledFault> {
    let choices: Vec<(&FaultKind, Vec<FaultTarget>)> = fault::REGISTRY
        .iter()
        .filter(|kind| !kind.entry.defect)
        .filter(|kind| budget.kinds.is_empty() || budget.kinds.iter().any(|id| id == kind.entry.id))
        .map(|kind| (kind, targets(document, kind, budget.radius)))
        .filter(|(_, targets)| !targets.is_empty())
        .collect();
    let length = document.run_length_secs;
    let mut found: Vec<ScheduledFault> = Vec::new();
    if choices.is_empty() || !(length.is_finite() && length > 0.0) {
        return found;
    }
    let mut draws = DrawKey::new(document.seed).child(CHAOS).child(id).sequence();
    for _ in 0..budget.faults.saturating_mul(TRIES) {
        if found.len() >= budget.faults as usize {
            break;
        }
        let (kind, targets) = &choices[below(&mut draws, choices.len())];
        let target = targets[below(&mut draws, targets.len())];
        let lasts = length * (LENGTHS.0 + (LENGTHS.1 - LENGTHS.0) * draws.next_unit());
        let begins = length * (FROM + (UNTIL - FROM) * draws.next_unit());
        let params = parameters(kind.entry, &mut draws);
        let at_secs = rounded(begins, length);
        let lasts = rounded(lasts.min(length * UNTIL - begins), length);
        let fault = Fault { kind: kind.entry.id.to_owned(), target, params };
        let for_secs = (!kind.once).then_some(lasts);
        let planned = ScheduledFault { at_secs, for_secs, fault };
        if (kind.once || lasts > 0.0) && fits(document, &found, &planned, budget) {
            found.push(planned);
        }
    }
    sort::few_by(&mut found, |a, b| a.at_secs.total_cmp(&b.at_secs));
    found
}

/// What a kind of fault may be aimed at within a radius.
fn targets(document: &Document, kind: &FaultKind, radius: Radius) -> Vec<FaultTarget> {
    match kind.targets {
        Targets::Edges => document.edges.keys().map(|id| FaultTarget::Edge(*id)).collect(),
        Targets::Areas if radius == Radius::Place => {
            let holds = |id| document.nodes.values().any(|node| document.stands_in(node, id));
            document.areas.keys().copied().filter(|id| holds(*id)).map(FaultTarget::Area).collect()
        }
        Targets::Areas => Vec::new(),
        _ => document
            .nodes
            .iter()
            .flat_map(|(id, node)| at_station(*id, &node.kind, &node.params, kind, radius))
            .collect(),
    }
}

/// A station, or where one replica is enough and there are several, each of them.
fn at_station(id: NodeId, station: &str, params: &Params, kind: &FaultKind, radius: Radius) -> Vec<FaultTarget> {
    let Some(station) = station::find(station).filter(|station| kind.targets.include(station)) else {
        return Vec::new();
    };
    let counted = station.entry.params.iter().any(|spec| spec.key == "replicas");
    let replicas = if counted { station.entry.number(params, "replicas") } else { 1.0 };
    if kind.one_replica && replicas >= 2.0 {
        return (0..(replicas as u32).min(200)).map(|replica| FaultTarget::Replica(id, replica)).collect();
    }
    if radius >= Radius::Station { vec![FaultTarget::Node(id)] } else { Vec::new() }
}

/// Whether one more stays within what is in force at once, and within the share of the run.
fn fits(document: &Document, found: &[ScheduledFault], planned: &ScheduledFault, budget: &Budget) -> bool {
    let length = document.run_length_secs;
    let span = |fault: &ScheduledFault| {
        let once = fault::find(&fault.fault.kind).is_some_and(|kind| kind.once);
        let lasts = if once { 0.0 } else { fault.for_secs.unwrap_or(length) };
        (fault.at_secs, (fault.at_secs + lasts).min(length))
    };
    let all: Vec<(f64, f64)> = document.faults.iter().chain(found).chain([planned]).map(span).collect();
    // Only beginnings can be the busiest moments.
    let crowded = all.iter().any(|(at, _)| {
        all.iter().filter(|(from, to)| from <= at && (at < to || from == at)).count() > budget.at_once as usize
    });
    let again =
        found.iter().any(|other| other.fault.kind == planned.fault.kind && other.fault.target == planned.fault.target);
    !crowded && !again && covered(found.iter().chain([planned]).map(span).collect()) <= budget.share * length
}

/// Length of the union of spans.
fn covered(mut spans: Vec<(f64, f64)>) -> f64 {
    sort::few_by(&mut spans, |a, b| a.0.total_cmp(&b.0));
    let (mut sum, mut end) = (0.0, 0.0f64);
    for (from, to) in spans {
        sum += (to - from.max(end)).max(0.0);
        end = end.max(to);
    }
    sum
}

/// Numbers about their defaults, so that no fault is absurd: half to twice, within range.
fn parameters(entry: &Entry, draws: &mut DrawSeq) -> Params {
    let mut params = Params::new();
    for spec in entry.params {
        match spec.kind {
            ParamKind::Number { unit, min, max, default } => {
                let times = 0.5 + 1.5 * draws.next_unit();
                let value = (default * times).clamp(min, max);
                let value = if unit == Unit::Count { value.round() } else { (value * 100.0).round() / 100.0 };
                params.set(spec.key, value.clamp(min, max));
            }
            ParamKind::Choice { options, .. } => {
                params.set(spec.key, Value::from(options[below(draws, options.len())].0));
            }
            _ => {}
        }
    }
    params
}

fn below(draws: &mut DrawSeq, count: usize) -> usize {
    ((draws.next_unit() * count as f64) as usize).min(count - 1)
}

/// Whole seconds in a run of some length, else hundredths of it.
fn rounded(secs: f64, length: f64) -> f64 {
    if length >= 60.0 { secs.round() } else { (secs * 100.0).round() / 100.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::check::check;
    use crate::topology::document::Severity;
    use crate::topology::format::Run;

    fn scenario(id: &str) -> Document {
        let json = match id {
            "black-friday" => include_str!("../../www/scenarios/black-friday.json"),
            "three-regions" => include_str!("../../www/scenarios/three-regions.json"),
            _ => include_str!("../../www/scenarios/kinds-of-balancer.json"),
        };
        Run::from_json(json).expect("it can be read").document
    }

    #[test]
    fn chaos_stays_within_its_budget() {
        for id in ["black-friday", "three-regions", "kinds-of-balancer"] {
            let mut document = scenario(id);
            document.faults.clear();
            for (number, radius) in
                [Radius::Replica, Radius::Station, Radius::Place].into_iter().cycle().take(60).enumerate()
            {
                let (at_once, share) = (1 + number as u32 % 3, [0.2, 0.5, 0.9][number / 3 % 3]);
                let budget = Budget { faults: 8, at_once, share, radius, kinds: Vec::new() };
                let faults = compose(&document, &budget, number as u64);
                assert!(!faults.is_empty() && faults.len() <= 8, "{id} {number}: {} faults", faults.len());
                let length = document.run_length_secs;
                let span = |fault: &ScheduledFault| (fault.at_secs, fault.at_secs + fault.for_secs.unwrap_or(0.0));
                assert!(covered(faults.iter().map(span).collect()) <= share * length + 1e-9, "{id} {number}");
                for fault in &faults {
                    let (at, _) = span(fault);
                    let during = faults.iter().map(span).filter(|(from, to)| *from <= at && at < *to).count();
                    assert!(during <= at_once as usize, "{id} {number}: {during} at once");
                    assert!(radius == Radius::Place || !matches!(fault.fault.target, FaultTarget::Area(_)));
                    assert!(radius > Radius::Replica || !matches!(fault.fault.target, FaultTarget::Node(_)));
                }
                let mut broken = document.clone();
                broken.faults = faults;
                let problems = check(&broken);
                assert!(problems.iter().all(|problem| problem.severity != Severity::Error), "{problems:#?}");
            }
        }
    }

    #[test]
    fn the_same_seed_and_number_give_the_same_chaos() {
        let mut document = scenario("black-friday");
        let compose = |document: &Document, id| compose(document, &Budget { faults: 6, ..Budget::default() }, id);
        let first = compose(&document, 1);
        assert_eq!(compose(&document, 1), first);
        assert_ne!(compose(&document, 2), first);
        document.seed += 1;
        assert_ne!(compose(&document, 1), first);
    }

    #[test]
    fn only_the_kinds_that_are_wanted_are_used() {
        let document = scenario("black-friday");
        let budget = Budget { faults: 9, at_once: 3, kinds: vec!["kill".to_owned()], ..Budget::default() };
        let faults = compose(&document, &budget, 5);
        assert!(!faults.is_empty() && faults.iter().all(|planned| planned.fault.kind == "kill"));
        assert_eq!(compose(&document, &Budget { kinds: vec!["nothing".to_owned()], ..budget }, 5), []);
    }
}
