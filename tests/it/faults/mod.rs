//! Each fault on a small system, at the moments worked out by hand.

mod data;
mod deploy;
mod machine;
mod network;
mod place;
mod routing;
mod traffic;

use headroom::engine::time::SimTime;
use headroom::model::ids::{AreaId, EdgeId, FaultTarget};
use headroom::model::outcome::{Outcome, Reason};
use headroom::model::params::{Params, Value, Variant};
use headroom::model::system::{LiveFault, System};
use headroom::topology::document::{Area, AreaKind, Document, Fault, NodeId, Point, ScheduledFault};

use crate::fixture::{add, constant, end, regular, set, start, system, variant, wire};

/// One end of a request: when [s, to a tenth of a millisecond], how, and why.
type End = (f64, Outcome, Reason);

const fn good(at: f64) -> End {
    (at, Outcome::Completed, Reason::None)
}

/// Clients that send every `1/rate` seconds, the first after that time, for one thing.
fn clients(document: &mut Document, rate: f64) -> NodeId {
    let clients = regular(document, rate);
    set(document, clients, "keys", 1.0);
    clients
}

fn document() -> Document {
    Document { seed: 1, run_length_secs: 1_000.0, ..Document::default() }
}

/// Clients, one service of `slots` slots and one waiting place, no latency; a time-out of 0 is none.
fn shop(rate: f64, secs: f64, slots: f64, timeout: f64) -> (Document, NodeId, EdgeId) {
    let mut document = document();
    let clients = clients(&mut document, rate);
    let settings = [("service_time", constant(secs)), ("slots", Value::from(slots)), ("queue_limit", Value::from(1.0))];
    let service = add(&mut document, "service", "Service", &settings);
    let edge = wire(&mut document, clients, service, &[("latency", constant(0.0)), ("timeout", Value::from(timeout))]);
    (document, service, edge)
}

/// Puts a fault on the timetable. (A live one starts at the event before.)
fn plan(
    document: &mut Document,
    kind: &str,
    target: FaultTarget,
    (at_secs, until_secs): (f64, f64),
    params: &[(&str, f64)],
) {
    let mut all = Params::new();
    for (key, value) in params {
        all.set(key, *value);
    }
    let fault = Fault { kind: kind.to_owned(), target, params: all };
    document.faults.push(ScheduledFault { at_secs, for_secs: Some(until_secs - at_secs), fault });
}

/// Every end of a request until `secs`.
fn ends(system: &mut System, secs: f64) -> Vec<End> {
    let mut found = Vec::new();
    let mut before = system.totals().run.clone();
    while system.advance(SimTime::from_secs_f64(secs), 1) > 0 {
        let now = &system.totals().run;
        let at = (system.now().as_secs_f64() * 1e4).round() / 1e4;
        for outcome in Outcome::ALL {
            for _ in before.by_outcome[outcome.index()]..now.by_outcome[outcome.index()] {
                let grew = |reason: &Reason| now.by_reason[reason.index()] > before.by_reason[reason.index()];
                let reason = if outcome == Outcome::Completed {
                    Reason::None
                } else {
                    Reason::ALL.into_iter().skip(1).find(grew).expect("what failed has a reason")
                };
                found.push((at, outcome, reason));
            }
        }
        before = now.clone();
    }
    found
}
