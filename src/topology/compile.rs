//! From a document to a plan: checks it, then reads every parameter into its typed form.

use super::check::check;
use super::document::{Change, Diagnostic, Document, Edge, EdgeId, Node, NodeId, Severity};
use crate::engine::sort;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::admission::{Admission, limit, shed};
use crate::model::edge::EDGE_ENTRY;
use crate::model::geography::find_region;
use crate::model::money::Tariff;
use crate::model::policy::PolicyPlan;
use crate::model::policy::backoff::Backoff;
use crate::model::read::Reader;
use crate::model::scaler::calendar::Calendar;
use crate::model::station::{self, StationKind};
use crate::model::system::plan::{Carries, EdgePlan, Plan, RunPlan, Standing, StationPlan, WindowPlan};
use crate::model::system::{LiveFault, System, TimedFault};

/// A run ends this long after its length at the latest, even if requests are still in flight.
pub const DRAIN: SimDuration = SimDuration::from_secs(60);

/// A system at time zero, unless an error stands in the way; and all problems found, errors first.
#[must_use]
pub fn compile(document: &Document) -> (Option<System>, Vec<Diagnostic>) {
    let (plan, diagnostics) = plan(document);
    (plan.map(|plan| System::new(&plan, timetable(document), document.seed)), diagnostics)
}

/// The plan alone; see [`compile`].
#[must_use]
pub fn plan(document: &Document) -> (Option<Plan>, Vec<Diagnostic>) {
    let diagnostics = check(document);
    if diagnostics.iter().any(|problem| problem.severity == Severity::Error) {
        return (None, diagnostics);
    }
    let stations: Vec<StationPlan> =
        document.nodes.iter().filter_map(|(id, node)| station_plan(document, *id, node)).collect();
    let edges = document.edges.iter().map(|(id, edge)| edge_plan(*id, edge)).collect();
    let areas = sort::map(document.areas.iter().map(|(id, area)| (*id, area.label.clone())));
    (Some(Plan { stations, edges, areas, run: run_plan(document) }), diagnostics)
}

/// The faults on the document's timetable.
#[must_use]
pub fn timetable(document: &Document) -> Vec<TimedFault> {
    let fault = |scheduled: &super::document::ScheduledFault| TimedFault {
        at: SimTime::from_secs_f64(scheduled.at_secs),
        lasts: scheduled.for_secs.map(SimDuration::from_secs_f64),
        kind: scheduled.fault.kind.clone(),
        target: scheduled.fault.target,
        params: scheduled.fault.params.clone(),
    };
    document.faults.iter().map(fault).collect()
}

/// A live change as the system takes it; `None` for edits, which go through a new plan.
#[must_use]
pub fn live_fault(change: &Change) -> Option<LiveFault> {
    match change {
        Change::Edit(_) => None,
        Change::Inject(fault) => {
            Some(LiveFault::Start { kind: fault.kind.clone(), target: fault.target, params: fault.params.clone() })
        }
        Change::Lift { kind, target } => Some(LiveFault::End { kind: kind.clone(), target: *target }),
    }
}

fn run_plan(document: &Document) -> RunPlan {
    let secs = SimDuration::from_secs_f64;
    RunPlan {
        run_length: secs(document.run_length_secs),
        warm_up: secs(document.warm_up_secs),
        good_within: document.good_within_secs.map(secs),
        drain: DRAIN,
        windows: document
            .windows
            .iter()
            .map(|window| WindowPlan {
                name: window.name.clone(),
                from: secs(window.from_secs),
                to: secs(window.to_secs),
            })
            .collect(),
        objective: document.objective(),
        transfer: document.transfer_costs,
        calendar: document.day_secs.map_or_else(Calendar::default, Calendar::with_day),
    }
}

fn station_plan(document: &Document, id: NodeId, node: &Node) -> Option<StationPlan> {
    let kind = station::find(&node.kind)?;
    let reader = Reader::new(&kind.entry, &node.params);
    let config = station::plan(kind, &reader);
    let admission = admission_of(kind, &reader);
    let tariff = Tariff::read(&kind.entry, &reader);
    Some(StationPlan { id, label: node.label.clone(), stands: standing(document, node), admission, tariff, config })
}

/// What stands in front of a station of this kind: what it can be told.
fn admission_of(kind: &StationKind, reader: &Reader<'_>) -> Admission {
    let has = |key: &str| kind.entry.params.iter().any(|spec| spec.key == key);
    Admission {
        rate_limit: has("rate_limit").then(|| limit::read(&reader.variant("rate_limit").1)).flatten(),
        shedding: has("shedding").then(|| shed::read(&reader.variant("shedding").1)).flatten(),
    }
}

/// Where a node stands; `None` for one in no area. (An area that is nowhere has been refused by `check`.)
fn standing(document: &Document, node: &Node) -> Option<Standing> {
    let (region_area, region, zone) = document.region_around(node.area?)?;
    Some(Standing { region: find_region(region)?, region_area, zone })
}

fn edge_plan(id: EdgeId, edge: &Edge) -> EdgePlan {
    let reader = Reader::new(&EDGE_ENTRY, &edge.params);
    EdgePlan {
        id,
        from: edge.from,
        to: edge.to,
        latency: station::dist(&reader, "latency"),
        timeout: station::positive(reader.number("timeout")),
        retries: reader.count("retries") as u8,
        backoff: Backoff::read(&reader.variant("backoff").1),
        weight: reader.count("weight"),
        carries: match reader.choice("operations") {
            "reads" => Carries::Reads,
            "writes" => Carries::Writes,
            "static" => Carries::Static,
            _ => Carries::All,
        },
        path: reader.text("path"),
        probability: reader.number("probability"),
        policy: PolicyPlan::read(&reader),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::AreaId;
    use crate::model::params::Params;
    use crate::topology::document::{Area, AreaKind, Point};

    #[test]
    fn a_station_stands_in_its_region_and_perhaps_in_a_zone_of_it() {
        let mut document = Document::default();
        let area = |kind: AreaKind| Area { kind, label: String::new(), at: Point::default(), size: Point::default() };
        let region = document.add_area(area(AreaKind::Region { region: "ap-south-1".to_owned() }));
        let zone = document.add_area(area(AreaKind::Zone { within: region }));
        for (kind, stands) in [("source", None), ("service", Some(region)), ("service", Some(zone))] {
            let label = kind.to_owned();
            let (at, params) = (Point::default(), Params::new());
            document.add_node(Node { kind: label.clone(), label, role: None, at, area: stands, params });
        }
        for to in [2, 3] {
            document.add_edge(Edge { from: NodeId(1), to: NodeId(to), params: Params::new() });
        }
        let (plan, problems) = plan(&document);
        let plan = plan.unwrap_or_else(|| panic!("{problems:#?}"));
        let stands: Vec<_> = plan.stations.iter().map(|station| station.stands).collect();
        let mumbai = find_region("ap-south-1").expect("a region of the table");
        let standing = |zone: Option<AreaId>| Some(Standing { region: mumbai, region_area: region, zone });
        assert_eq!(stands, [None, standing(None), standing(Some(zone))]);
        assert_eq!(plan.areas.len(), 2);
    }
}
