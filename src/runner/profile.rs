//! Where the time went, packed for the page, and as a report of its own.

use serde::Serialize;

use super::session::Session;
use crate::engine::time::SimTime;
use crate::model::ids::NodeId;
use crate::model::profiler::{Example, Part, Spread};
use crate::model::system::System;
use crate::protocol::profile::{ExampleFrame, ProfileFrame, StationProfileFrame, TimesFrame};
use crate::topology::document::Diagnostic;
use crate::topology::format::Run;

/// Requests that are looked at in a simulated second at most, while a page is there.
pub const PER_SECOND: f64 = 250.0;

fn times(spread: &Spread) -> TimesFrame {
    TimesFrame { mean: spread.mean(), p99: spread.percentile(99.0) }
}

fn example(one: Example) -> ExampleFrame {
    ExampleFrame { source: one.source.0, ordinal: one.ordinal, took_ns: one.took }
}

/// What the profiler of a system knows; `None` where there is none.
#[must_use]
pub fn frame(system: &System) -> Option<ProfileFrame> {
    let profile = system.profile()?;
    let stations = profile.ranking().into_iter().map(|(node, station)| StationProfileFrame {
        node: node.0,
        share: profile.share(&station.own),
        shares: Part::ALL.map(|part| profile.share(&station.parts[part as usize])),
        parts: Part::ALL.map(|part| times(&station.parts[part as usize])),
        own: times(&station.own),
        behind: times(&station.behind),
        worst: station.worst.map(example),
    });
    Some(ProfileFrame {
        looked_at: profile.looked_at,
        stands_for: profile.stands_for(),
        every: system.profile_every(),
        left_out: profile.left_out,
        sojourn: times(&profile.sojourn),
        slowest: profile.slowest.map(example),
        stations: stations.collect(),
    })
}

/// The same for programs: times in seconds, shares 0 to 1.
#[derive(Clone, Debug, Serialize)]
pub struct ProfileReport {
    /// Requests looked at: all that arrived after the warm-up.
    pub requests: u64,
    pub mean: f64,
    pub p99: f64,
    /// By what they took, the most first.
    pub stations: Vec<StationReport>,
}

#[derive(Clone, Debug, Serialize)]
pub struct StationReport {
    pub node: u32,
    pub label: String,
    pub share: f64,
    pub parts: Vec<PartReport>,
    /// Of a request, what others took for this station's sake.
    pub behind_mean: f64,
    pub behind_p99: f64,
}

#[derive(Clone, Debug, Serialize)]
pub struct PartReport {
    pub part: &'static str,
    pub share: f64,
    pub mean: f64,
    pub p99: f64,
}

/// Runs to the end and tells where the time of every request went.
///
/// # Errors
/// The problems that stand in the way, errors first.
pub fn profile(run: &Run) -> Result<ProfileReport, Vec<Diagnostic>> {
    let (session, diagnostics) = Session::open(run);
    let Some(mut session) = session else { return Err(diagnostics) };
    session.system_mut().start_profile(f64::INFINITY);
    session.advance(SimTime::NEVER, u64::MAX);
    let frame = frame(session.system()).expect("it was started");
    let stations = frame.stations.iter().map(|station| {
        let parts = Part::ALL.into_iter().filter(|part| station.shares[*part as usize] > 0.0);
        let of = |part: Part| PartReport {
            part: part.word(),
            share: station.shares[part as usize],
            mean: station.parts[part as usize].mean,
            p99: station.parts[part as usize].p99,
        };
        StationReport {
            node: station.node,
            label: session.document().nodes.get(&NodeId(station.node)).map_or("?", |node| &node.label).to_owned(),
            share: station.share,
            parts: parts.map(of).collect(),
            behind_mean: station.behind.mean,
            behind_p99: station.behind.p99,
        }
    });
    let stations = stations.collect();
    Ok(ProfileReport { requests: frame.looked_at, mean: frame.sojourn.mean, p99: frame.sojourn.p99, stations })
}
