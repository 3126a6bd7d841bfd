//! What a document would cost to run: members to keep in memory, events in a simulated second, and whether time passes at
//! all. What no machine can run is an error, what merely takes its time a warning; both say what it would cost.
//!
//! Estimated from the drawing alone: peak rates, mean times, every station healthy. The constants are rounded from
//! native measurements on one core (4 to 9 million events a second, 2 to 9 ns for a look, 0.5 kB for a member), with room
//! for a browser, which was not measured by itself.

#[cfg(test)]
mod tests;
mod traffic;

use std::collections::BTreeMap;

use self::traffic::Traffic;
use super::kinds::members_max;
use super::params::plain;
use super::{Found, kind_of, name_of};
use crate::engine::sort;
use crate::model::read::Reader;
use crate::model::station::Category;
use crate::topology::document::{Document, NodeId, Place};

/// Events that the worker works off in a second.
const EVENTS_PER_SEC: f64 = 1_000_000.0;
/// Events of one call: it arrives, is worked on, its answer comes back.
const EVENTS_PER_CALL: f64 = 3.0;
/// Time in which a strategy looks at one backend [s]: 2 to 9 ns natively, and half as much again in a browser.
const LOOK_SECS: f64 = 8e-9;
/// Strategies that know whom to choose without looking at every backend.
const LOOKS_AT_FEW: [&str; 3] = ["round-robin", "ring-hash", "maglev"];
/// From so many seconds for each simulated one on, nobody waits for a run.
const NEVER: f64 = 300.0;
/// From so many on it is said beforehand.
const SLOW: f64 = 4.0;
/// Memory of a member, of what a caller that chooses for itself knows of one, and what there may be of both [bytes].
const MEMBER_BYTES: f64 = 1_000.0;
const KNOWN_BYTES: f64 = 200.0;
const BYTES_MAX: f64 = 1.5e9;
/// Members that there may be in all, and from how many on it is said beforehand: every picture of the run shows each of
/// them, and every checkpoint keeps them. In Chromium on two cores a run of 50,000 began after about 9 s, one of 100,000 not
/// within 30 s.
pub const MEMBERS_MAX: u32 = 50_000;
const MEMBERS_MANY: u32 = 20_000;
/// Calls that one request makes at most.
const CALLS_MAX: f64 = 100_000.0;

/// Something that costs time: how much, where, in words, and what to do about it.
struct Cost {
    /// For each simulated second [s].
    secs: f64,
    place: Place,
    words: String,
    remedy: String,
}

/// Looks at a document in which nothing else stands in the way of a run.
pub(super) fn check(document: &Document, found: &mut Found) {
    let members = sort::map(document.nodes.keys().map(|id| (*id, members_now(document, *id))));
    if crowded(document, &members, found) {
        return;
    }
    let Some(traffic) = Traffic::of(document, &members) else { return };
    let mut costs = Vec::new();
    for source in traffic.sources() {
        if let Some(idle) = traffic.stands_still(source) {
            stands_still(document, source, idle, found);
            return;
        }
        costs.push(requests(document, &traffic, source, &members, found));
    }
    for id in document.nodes.keys() {
        costs.extend(checks(document, *id, &members));
    }
    told(costs, found);
}

/// Members (replicas, nodes, copies) that a document has when its run begins.
#[must_use]
pub fn members(document: &Document) -> u32 {
    document.nodes.keys().fold(0, |sum: u32, id| sum.saturating_add(members_now(document, *id)))
}

/// Members that a station has when the run begins.
fn members_now(document: &Document, id: NodeId) -> u32 {
    let (Some(kind), Some(node)) = (kind_of(document, id), document.nodes.get(&id)) else { return 0 };
    match kind.category {
        Category::Client | Category::Routing | Category::Messaging => 0,
        _ if kind.entry.params.iter().any(|spec| spec.key == "replicas") => {
            Reader::new(&kind.entry, &node.params).count("replicas")
        }
        _ => members_max(document, id),
    }
}

/// Backends among which a station chooses.
fn backends(document: &Document, id: NodeId, members: &BTreeMap<NodeId, u32>) -> u32 {
    let behind = |to: &NodeId| members.get(to).copied().unwrap_or(0).max(1);
    document.edges_from(id).map(|(_, edge)| behind(&edge.to)).fold(0, u32::saturating_add)
}

/// More members than can be kept; or many. Whether they stand in the way.
fn crowded(document: &Document, members: &BTreeMap<NodeId, u32>, found: &mut Found) -> bool {
    let all = members.values().fold(0, |sum: u32, more| sum.saturating_add(*more));
    let Some((most, _)) = members.iter().max_by_key(|(id, count)| (**count, std::cmp::Reverse(**id))) else {
        return false;
    };
    let known: f64 = document
        .nodes
        .keys()
        .map(|id| f64::from(callers(document, *id, members)) * f64::from(backends(document, *id, members)))
        .sum();
    let bytes = f64::from(all) * MEMBER_BYTES + known * KNOWN_BYTES;
    let cost = format!("about {} MB of memory", plain((bytes / 1e6).ceil()));
    let (place, name) = (Place::Node(*most), name_of(document, *most));
    let stations = members.values().filter(|count| **count > 0).count();
    let crowd = format!("{} members at {stations} stations", plain(f64::from(all)));
    if all > MEMBERS_MAX {
        found.error(
            place,
            "too-many-members",
            format!(
                "The drawing has {crowd}, {name} among them: {cost}. At most {} can be simulated.",
                plain(f64::from(MEMBERS_MAX))
            ),
            "Give the stations fewer replicas; a tenth of everything, load included, mostly shows the same.",
        );
        return true;
    }
    if bytes > BYTES_MAX {
        found.error(
            place,
            "too-much-memory",
            format!("Callers would keep {} views of backends: {cost}, more than a page can have.", plain(known)),
            "Have fewer callers or backends, or give each caller a subset.",
        );
        return true;
    }
    if all > MEMBERS_MANY {
        found.warn(
            place,
            "many-members",
            format!("The drawing has {crowd}, {name} among them: {cost}, and pictures of the run come slowly."),
            "Give the stations fewer replicas; a tenth of everything, load included, mostly shows the same.",
        );
    }
    false
}

/// Callers that choose for themselves, each with a view of its own on all backends.
fn callers(document: &Document, id: NodeId, members: &BTreeMap<NodeId, u32>) -> u32 {
    let (Some(kind), Some(node)) = (kind_of(document, id), document.nodes.get(&id)) else { return 0 };
    if !kind.entry.params.iter().any(|spec| spec.key == "callers") {
        return 0;
    }
    let clients = Reader::new(&kind.entry, &node.params).count("callers");
    let into = document.edges.values().filter(|edge| edge.to == id);
    into.map(|edge| members.get(&edge.from).copied().filter(|count| *count > 0).unwrap_or(clients))
        .fold(0, u32::saturating_add)
}

fn stands_still(document: &Document, source: NodeId, idle: NodeId, found: &mut Found) {
    let name = name_of(document, source);
    found.error(
        Place::Node(source),
        "stands-still",
        format!(
            "The clock would stand still: the users of {name} ask again at once, and nothing on the way to {} and back \
             takes any time.",
            name_of(document, idle)
        ),
        format!("Give {name} a think time, the connections a latency, or {} a service time.", name_of(document, idle)),
    );
}

/// What the requests of a source cost.
fn requests(
    document: &Document,
    traffic: &Traffic,
    source: NodeId,
    members: &BTreeMap<NodeId, u32>,
    found: &mut Found,
) -> Cost {
    let (rate, users) = traffic.rate(source);
    let calls = traffic.calls(source);
    let all: f64 = calls.values().sum();
    let looks: f64 = calls.iter().map(|(id, calls)| calls * f64::from(looked_at(document, *id, members))).sum();
    let (place, name) = (Place::Node(source), name_of(document, source));
    if all > CALLS_MAX {
        // Where they multiply: the station that is called most.
        let most = calls.iter().max_by(|a, b| a.1.total_cmp(b.1)).map_or(source, |(id, _)| *id);
        found.error(
            place,
            "too-many-calls",
            format!(
                "One request of {name} makes {} calls, most of them to {}: ways that part and meet again multiply.",
                rough(all),
                name_of(document, most)
            ),
            "Have services call one of them instead of all, or take connections away.",
        );
        return Cost { secs: 0.0, place, words: String::new(), remedy: String::new() };
    }
    let each = if all >= 1.5 { format!(", each of which makes {} calls", rough(all)) } else { String::new() };
    let words = match users {
        Some(users) => {
            format!("the {} users of {name} send about {} requests/s{each}", plain(f64::from(users)), rough(rate))
        }
        None => format!("{name} sends up to {} requests/s{each}", rough(rate)),
    };
    let remedy = match users {
        Some(_) => "Have fewer users, or let them think longer.",
        None => "Send fewer requests; a tenth of the rate with a tenth of the capacity mostly shows the same.",
    };
    let secs = rate * (all * EVENTS_PER_CALL / EVENTS_PER_SEC + looks * LOOK_SECS);
    Cost { secs, place, words, remedy: remedy.to_owned() }
}

/// Backends that a station looks at for each request.
fn looked_at(document: &Document, id: NodeId, members: &BTreeMap<NodeId, u32>) -> u32 {
    let (Some(kind), Some(node)) = (kind_of(document, id), document.nodes.get(&id)) else { return 0 };
    let strategy = kind.entry.params.iter().any(|spec| spec.key == "strategy");
    if strategy && !LOOKS_AT_FEW.contains(&Reader::new(&kind.entry, &node.params).variant("strategy").0.id) {
        backends(document, id, members)
    } else {
        0
    }
}

/// What a station's checks of its backends cost, and those by which callers learn of them.
fn checks(document: &Document, id: NodeId, members: &BTreeMap<NodeId, u32>) -> Option<Cost> {
    let (kind, node) = (kind_of(document, id)?, document.nodes.get(&id)?);
    let has = |key: &str| kind.entry.params.iter().any(|spec| spec.key == key);
    if !has("check_interval") {
        return None;
    }
    let reader = Reader::new(&kind.entry, &node.params);
    let backends = f64::from(backends(document, id, members));
    let polls = if has("refresh") {
        f64::from(callers(document, id, members)) / reader.number("refresh") * backends * LOOK_SECS * 10.0
    } else {
        0.0
    };
    let every = reader.number("check_interval");
    let on = reader.flag("health_checks");
    let deep = if has("check") && reader.choice("check") == "deep" { 3.0 } else { 1.0 };
    let events = if on { backends / every * EVENTS_PER_CALL * deep } else { 0.0 };
    let name = name_of(document, id);
    Some(Cost {
        secs: events / EVENTS_PER_SEC + polls,
        place: Place::Node(id),
        words: format!("{name} checks {} backends every {} s", plain(backends), plain(every)),
        remedy: "Check less often, or have fewer backends.".to_owned(),
    })
}

/// Says what it costs in all, where most of it comes from.
fn told(mut costs: Vec<Cost>, found: &mut Found) {
    let secs: f64 = costs.iter().map(|cost| cost.secs).sum();
    sort::few_by(&mut costs, |a, b| b.secs.total_cmp(&a.secs));
    let Some(most) = costs.into_iter().next().filter(|_| secs >= SLOW) else { return };
    let takes = duration(secs);
    if secs >= NEVER {
        let message = format!("One simulated second would take about {takes}: {}.", most.words);
        found.error(most.place, "too-much-work", message, most.remedy);
    } else {
        let message = format!("One simulated second may take about {takes} here: {}.", most.words);
        found.warn(most.place, "much-work", message, most.remedy);
    }
}

/// A number of which only the size is known: one or two digits, then zeros; powers of ten where there are too many.
fn rough(number: f64) -> String {
    if number >= 1e12 {
        return format!("{number:.0e}");
    }
    let size = 10f64.powf((number.max(1.0).log10() - 1.0).floor().max(0.0));
    plain((number / size).round() * size)
}

/// A time of which only the size is known.
fn duration(secs: f64) -> String {
    match secs {
        _ if secs >= 31_557_600.0 => format!("{} years", rough(secs / 31_557_600.0)),
        _ if secs >= 172_800.0 => format!("{} days", rough(secs / 86_400.0)),
        _ if secs >= 7_200.0 => format!("{} hours", rough(secs / 3_600.0)),
        _ if secs >= 120.0 => format!("{} minutes", rough(secs / 60.0)),
        _ => format!("{} seconds", rough(secs)),
    }
}
