//! Which scalers race: the present one, and others with settings that follow from it and from the load.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::grouped;
use crate::engine::sort;
use crate::model::distribution;
use crate::model::ids::NodeId;
use crate::model::params::{Entry, Params, Value, Variant};
use crate::model::profile::Profile;
use crate::model::read::Reader;
use crate::model::scaler::calendar::{Calendar, DAY};
use crate::model::scaler::{self, horizontal, instance, kubernetes, manual, predictive, scheduled, start_up};
use crate::model::station;
use crate::topology::document::{Document, Node};

/// Key of the parameter that is varied.
const SCALER: &str = "scaler";
/// Rows of a proposed plan at most.
const ROWS: i64 = 48;
/// Moments at which a load is looked at.
const LOOKS: u32 = 2_000;
/// The target where nobody has said one.
const TARGET: f64 = 0.7;

/// One entrant of a race.
#[derive(Clone, Debug, PartialEq)]
pub struct Variation {
    /// Id of the scaler; the present one has it too.
    pub id: &'static str,
    pub name: String,
    /// What it changes; `None`: nothing, this is the document as it is.
    pub choice: Option<Variant>,
    /// Its settings, in words.
    pub settings: String,
}

/// What can race at a station, and what their settings follow from.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    pub node: NodeId,
    pub label: String,
    /// The present one first.
    pub variations: Vec<Variation>,
    /// What the settings follow from, in words.
    pub basis: Vec<String>,
    /// Whether anything there has a price.
    pub priced: bool,
}

/// What a station is asked to cope with, and what one replica takes.
struct Facts {
    min: u32,
    max: u32,
    target: f64,
    /// Replicas that the load needs at most, if it is known.
    peak: Option<u32>,
    /// Time from the order of a replica to its first request [s].
    start: f64,
    plan: Option<Vec<(String, u32)>>,
}

impl Document {
    /// The same document with another scaler at a station.
    #[must_use]
    pub fn with_scaler(&self, node: NodeId, choice: &Variant) -> Self {
        let mut document = self.clone();
        if let Some(node) = document.nodes.get_mut(&node) {
            std::rc::Rc::make_mut(node).params.set(SCALER, choice.clone());
        }
        document
    }
}

/// Who can race at a station; `None`: nothing there can be scaled.
#[must_use]
pub fn field(document: &Document, node: NodeId) -> Option<Field> {
    let drawn = document.nodes.get(&node)?;
    let kind = station::find(&drawn.kind)?;
    kind.entry.params.iter().find(|spec| spec.key == SCALER)?;
    let reader = Reader::new(&kind.entry, &drawn.params);
    let (entry, present) = reader.variant(SCALER);
    let mut basis = Vec::new();
    let facts = facts(document, node, &reader, (entry, &present), &mut basis);
    let mut variations = vec![Variation {
        id: entry.id,
        name: format!("As it is: {}", entry.name),
        choice: None,
        settings: as_it_is(&reader, entry, &present),
    }];
    for other in scaler::entries().into_iter().filter(|other| other.id != entry.id && other.id != "off") {
        let Some((params, settings)) = proposal(other.id, &facts) else { continue };
        variations.push(Variation {
            id: other.id,
            name: other.name.to_owned(),
            choice: Some(Variant::new(other.id, params)),
            settings,
        });
    }
    let machines = instance::read(&reader.variant("instance").1).is_some_and(|instance| instance.size.is_some());
    let priced = machines || reader.variant("nodes").0.id != "off";
    Some(Field { node, label: drawn.label.clone(), variations, basis, priced })
}

/// What the present scaler is set to, in words.
fn as_it_is(reader: &Reader<'_>, entry: &'static Entry, present: &Variant) -> String {
    let number = |key: &str| entry.number(&present.params, key);
    let has = |key: &str| entry.params.iter().any(|spec| spec.key == key);
    if has("min") && has("max") {
        return format!("{} to {} replicas", number("min"), number("max"));
    }
    if entry.id == manual::ENTRY.id {
        return format!("{} replicas", number("replicas"));
    }
    format!("begins with {} replicas", reader.count("replicas"))
}

fn facts(
    document: &Document,
    node: NodeId,
    reader: &Reader<'_>,
    (entry, present): (&'static Entry, &Variant),
    basis: &mut Vec<String>,
) -> Facts {
    let has = |key: &str| entry.params.iter().any(|spec| spec.key == key);
    let number = |key: &str| entry.number(&present.params, key);
    let target = if has("target") {
        number("target")
    } else if has("cpu") {
        number("cpu")
    } else {
        cpu_target(entry, present).unwrap_or(TARGET)
    };
    let takes = capacity(reader, target, basis);
    let loads = loads(document, node);
    if loads.is_none() {
        basis.push(
            "How much will come is not known beforehand: users wait for answers before they ask again.".to_owned(),
        );
    }
    let need = |rate: f64| (rate / takes - 1e-9).ceil().max(1.0) as u32;
    let replicas = reader.count("replicas");
    let peak = loads.as_ref().map(|loads| loads.iter().map(|(_, rate)| *rate).fold(0.0, f64::max));
    if let Some(peak) = peak {
        basis.push(format!(
            "At most {}/s come, as if all that the clients in front send came here: {} ÷ {} = {} replicas.",
            grouped(peak),
            grouped(peak),
            grouped(takes),
            need(peak)
        ));
    }
    let peak = peak.map(need);
    let (min, max) = if has("min") && has("max") {
        (number("min") as u32, number("max") as u32)
    } else {
        let most = peak.unwrap_or(replicas * 3);
        (replicas.clamp(1, most.max(1)).min(2), most.max(replicas) + most.div_ceil(3))
    };
    basis.push(format!(
        "Between {min} and {max} replicas, {} % CPU{}.",
        grouped(target * 100.0),
        match entry.id {
            "off" => ", since nothing is said yet",
            _ if has("min") => ", as the present scaler has it",
            _ => "",
        }
    ));
    let start = start_up::read(&reader.variant("start_up").1).map_or(0.0, |start| {
        let boot = crate::engine::time::SimDuration::from_secs_f64(start.boot.mean());
        start.pull.mean() + start.ready_after(boot).as_secs_f64()
    });
    let lead = start + 30.0;
    let plan = loads.map(|loads| plan(document, &loads, lead, |rate| need(rate).clamp(min, max)));
    Facts { min, max, target, peak, start, plan }
}

/// The CPU that a table of metrics aims at, 0..1.
fn cpu_target(entry: &'static Entry, present: &Variant) -> Option<f64> {
    entry.params.iter().find(|spec| spec.key == "metrics")?;
    let rows = Reader::new(entry, &present.params).rows("metrics");
    rows.iter().find_map(|row| match row.as_slice() {
        [Value::Text(metric), Value::Number(percent)] if metric == "cpu_percent" => Some(percent / 100.0),
        _ => None,
    })
}

/// What a replica takes at the target [1/s].
fn capacity(reader: &Reader<'_>, target: f64, basis: &mut Vec<String>) -> f64 {
    let demand = distribution::build(&reader.variant("service_time").1).map_or(0.01, |dist| dist.mean()).max(1e-9);
    let slots = f64::from(reader.count("slots"));
    let cores = instance::read(&reader.variant("instance").1).map_or(slots, |has| has.effective_cores().min(slots));
    let takes = (cores / demand * target).max(1e-9);
    basis.push(format!(
        "One replica takes {} ÷ {} s · {} % = {}/s.",
        grouped(cores),
        grouped(demand),
        grouped(target * 100.0),
        grouped(takes)
    ));
    takes
}

/// The load that may come to a station (time [s], rate [1/s]); `None`: it depends on the answers.
fn loads(document: &Document, node: NodeId) -> Option<Vec<(f64, f64)>> {
    let mut found = vec![node];
    let mut at = 0;
    while let Some(&to) = found.get(at) {
        for (_, edge) in document.edges_to(to) {
            if !found.contains(&edge.from) {
                found.push(edge.from);
            }
        }
        at += 1;
    }
    let mut profiles = Vec::new();
    for source in found.iter().filter_map(|id| document.nodes.get(id)).filter(|node| node.kind == "source") {
        profiles.push(profile(source)?);
    }
    if profiles.is_empty() {
        return None;
    }
    let step = document.run_length_secs / f64::from(LOOKS);
    let looks = (0..=LOOKS).map(|look| f64::from(look) * step);
    Some(looks.map(|at| (at, profiles.iter().map(|profile| profile.rate(at)).sum())).collect())
}

fn profile(source: &Node) -> Option<Profile> {
    let kind = station::find(&source.kind)?;
    let reader = Reader::new(&kind.entry, &source.params);
    if reader.variant("arrivals").0.id == "closed" {
        return None;
    }
    let (entry, variant) = reader.variant("profile");
    Some(Profile::build(entry, &variant.params))
}

/// Times of day and the replicas from then on: for each stretch what it needs at most, ordered `lead` [s] ahead.
fn plan(document: &Document, loads: &[(f64, f64)], lead: f64, need: impl Fn(f64) -> u32) -> Vec<(String, u32)> {
    let calendar = document.day_secs.map_or_else(Calendar::default, Calendar::with_day);
    let minute_secs = calendar.day.as_secs_f64() / DAY as f64;
    let minutes = ((document.run_length_secs / minute_secs).ceil() as i64).clamp(1, DAY);
    let step = (minutes + ROWS - 1) / ROWS;
    let mut rows: Vec<(String, u32)> = Vec::new();
    for slot in 0..(minutes + step - 1) / step {
        let begin = slot * step;
        let (from, to) = (begin as f64 * minute_secs, (begin + step) as f64 * minute_secs + lead);
        // Each day of the run asks for its own: the most of all counts.
        let within = |at: f64| {
            let of_day = at % calendar.day.as_secs_f64();
            (of_day >= from && of_day < to) || of_day + calendar.day.as_secs_f64() < to
        };
        let most = loads.iter().filter(|(at, _)| within(*at)).map(|(_, rate)| *rate).fold(0.0, f64::max);
        let replicas = need(most);
        let begins = calendar.begins.rem_euclid(DAY) + begin;
        if rows.last().is_none_or(|(_, last)| *last != replicas) {
            rows.push((format!("{} {} * * *", begins % 60, begins / 60 % 24), replicas));
        }
    }
    rows
}

fn proposal(id: &str, facts: &Facts) -> Option<(Params, String)> {
    let Facts { min, max, target, .. } = *facts;
    let range = || Params::new().with("min", f64::from(min)).with("max", f64::from(max));
    let percent = grouped(target * 100.0);
    if id == manual::ENTRY.id {
        let replicas = facts.peak.unwrap_or(max).clamp(min, max);
        let why = if facts.peak.is_some() { "bought for the peak" } else { "the most that are allowed" };
        return Some((Params::new().with("replicas", f64::from(replicas)), format!("{replicas} replicas, {why}")));
    }
    if id == horizontal::ENTRY.id {
        let settings = format!("{min} to {max}, one at a time, target {percent} %");
        return Some((range().with("target", target), settings));
    }
    if id == kubernetes::ENTRY.id {
        let metrics = Value::List(vec![kubernetes::metric_row("cpu_percent", (target * 100.0).round().max(1.0))]);
        return Some((range().with("metrics", metrics), format!("{min} to {max}, target {percent} % CPU")));
    }
    if id == predictive::ENTRY.id {
        // Until a forecast has been acted upon: a step of it, the start, and half a minute to spare.
        let look_ahead = ((facts.start * 2.0 + 45.0) / 15.0).ceil() * 15.0;
        let params = range().with("cpu", target).with("requests", 0.0).with("look_ahead", look_ahead);
        return Some((params, format!("{min} to {max}, looks {look_ahead} s ahead, target {percent} %")));
    }
    if id == scheduled::ENTRY.id {
        let rows = facts.plan.as_ref()?;
        let row = |(when, replicas): &(String, u32)| {
            Value::List(vec![Value::from(when.as_str()), Value::from(f64::from(*replicas))])
        };
        let plan = Value::List(rows.iter().map(row).collect());
        let numbers: BTreeSet<u32> = sort::set(rows.iter().map(|(_, replicas)| *replicas));
        let mut settings = format!("{} rows drawn up from the load:", rows.len());
        if let (Some(least), Some(most)) = (numbers.first(), numbers.last()) {
            let _ = write!(settings, " {least} to {most} replicas");
        }
        return Some((Params::new().with("plan", plan), settings));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::catalog::SCENARIOS;
    use crate::topology::check::check;
    use crate::topology::document::Severity;

    fn scenario(id: &str) -> Document {
        let scenario = SCENARIOS.iter().find(|scenario| scenario.id == id).expect("it is in the gallery");
        scenario.run().expect("it can be read").document
    }

    /// Goal: every proposal can run. Every station of every scenario that can be scaled.
    #[test]
    fn every_proposal_is_a_sound_document() {
        let mut proposed = 0;
        for scenario in SCENARIOS.iter() {
            let document = scenario.run().expect("it can be read").document;
            for node in document.nodes.keys() {
                let Some(field) = field(&document, *node) else { continue };
                assert!(field.variations[0].choice.is_none(), "the present one is first");
                for variation in &field.variations {
                    let Some(choice) = &variation.choice else { continue };
                    let errors: Vec<_> = check(&document.with_scaler(*node, choice))
                        .into_iter()
                        .filter(|problem| problem.severity == Severity::Error)
                        .collect();
                    assert!(errors.is_empty(), "{}: {}: {errors:?}", scenario.id, variation.name);
                    assert!(!variation.settings.is_empty());
                    proposed += 1;
                }
            }
        }
        assert!(proposed > 20, "{proposed}");
    }

    /// Goal: settings follow from the present scaler and from the load, by sums that can be done by hand.
    #[test]
    fn settings_follow_from_the_present_scaler_and_from_the_load() {
        let document = scenario("scalers");
        let field = field(&document, NodeId(2)).expect("a service");
        let ids: Vec<&str> = field.variations.iter().map(|variation| variation.id).collect();
        assert_eq!(ids, ["horizontal", "manual", "hpa", "predictive", "scheduled"]);
        let choice = |id: &str| {
            let found = field.variations.iter().find(|variation| variation.id == id).expect("it is there");
            found.choice.clone().expect("not the present one")
        };
        // 2 cores by the Universal Scalability Law are 2 / (1 + 0.03 + 0.0005 · 2) = 1.94; at 70 % and 40 ms a request
        // that makes 33.9 a second; 200 a second need 5.9.
        assert_eq!(choice("manual").params.get("replicas"), Some(&Value::from(6.0)));
        let hpa = choice("hpa").params;
        assert_eq!((hpa.get("min"), hpa.get("max")), (Some(&Value::from(2.0)), Some(&Value::from(12.0))));
        // 10 s to pull, 20 s to boot: twice that and 45 s are 105 s.
        assert_eq!(choice("predictive").params.get("look_ahead"), Some(&Value::from(105.0)));
        let Some(Value::List(rows)) = choice("scheduled").params.get("plan").cloned() else { panic!("a plan") };
        let rows: Vec<(String, f64)> = rows
            .into_iter()
            .map(|row| match row {
                Value::List(cells) => match cells.as_slice() {
                    [Value::Text(when), Value::Number(count)] => (when.clone(), *count),
                    _ => panic!("two cells"),
                },
                _ => panic!("a row"),
            })
            .collect();
        assert_eq!(rows.first().map(|(when, count)| (when.as_str(), *count)), Some(("0 0 * * *", 2.0)));
        let full = rows.iter().find(|(_, count)| *count == 6.0).expect("the rush");
        assert_eq!(full.0, "30 9 * * *", "before 10:00, by a start and half a minute: {rows:?}");
        assert_eq!(rows.last().map(|(_, count)| *count), Some(2.0));
    }

    #[test]
    fn where_nothing_scales_nothing_races() {
        let document = scenario("scalers");
        assert_eq!(field(&document, NodeId(1)), None, "a source");
        assert_eq!(field(&document, NodeId(99)), None);
    }
}
