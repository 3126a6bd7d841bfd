//! What a balancer keeps between requests, as the page shows it: connections, names that resolvers hold, callers' views.

use serde::{Deserialize, Serialize};

use crate::engine::ordered::Ordered;
use crate::engine::time::SimTime;
use crate::model::system::System;
use crate::model::system::balancer::state::{Asker, Balancer, Connections, Memory, Told};

/// Rows sent at most; more are only counted.
const ROWS_MAX: usize = 48;

/// What a balancer keeps between requests; lists parallel to [`super::Balancer::backends`] where so said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Kept {
    /// Parallel to the backends.
    Connections(Vec<Open>),
    /// DNS answers that resolvers hold.
    Names {
        /// How many there are in all.
        held: u32,
        /// Resolvers that hold each backend's address; parallel to the backends.
        holders: Vec<u32>,
        answers: Vec<Answer>,
    },
    /// Callers that choose for themselves.
    Callers {
        /// How many there are in all.
        callers: u32,
        views: Vec<Caller>,
    },
}

/// The connections to one backend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Open {
    pub open: u32,
    /// Requests that came over those now open.
    pub requests: u64,
    /// Age of the oldest [ns].
    pub oldest_ns: u64,
}

/// An answer that a resolver holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Whose resolver, in words.
    pub asker: String,
    /// Index among the backends; `None`: the address of one that is gone.
    pub backend: Option<u32>,
    /// Time to live left [ns].
    pub left_ns: u64,
    /// It is being looked up.
    pub waiting: bool,
}

/// One caller's view of the backends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Caller {
    pub asker: String,
    /// Whether it would use each backend, by what it was told last; parallel to the backends.
    pub uses: Vec<bool>,
    /// Its own requests in flight; parallel to the backends.
    pub outstanding: Vec<u32>,
}

/// The memory of a balancer; `shown` are the indices of the backends in the table, in its order.
pub(super) fn kept(system: &System, station: u32, balancer: &Balancer, shown: &[usize]) -> Option<Kept> {
    match &balancer.memory {
        Memory::Routes(_) => None,
        Memory::Connections(connections) => {
            Some(Kept::Connections(shown.iter().map(|at| open(connections, *at, system.now())).collect()))
        }
        Memory::Names(names) => Some(answers(system, station, names, shown)),
        Memory::Callers(callers) => Some(views(system, balancer, callers, shown)),
    }
}

fn open(connections: &Connections, backend: usize, now: SimTime) -> Open {
    let mut frame = Open::default();
    for connection in connections.list.iter().filter(|connection| connection.backend as usize == backend) {
        frame.open += 1;
        frame.requests += u64::from(connection.requests);
        frame.oldest_ns = frame.oldest_ns.max(now.since(connection.opened).0);
    }
    frame
}

fn answers(system: &System, station: u32, names: &Ordered<Asker, Told>, shown: &[usize]) -> Kept {
    // An answer expires by the clock of the station that keeps it, which a fault may have set wrong.
    let (now, clock) = (system.now(), system.clock(station, system.now()));
    let held = || names.iter().filter(|(_, told)| told.expires >= clock);
    let mut holders = vec![0; shown.len()];
    for (_, told) in held() {
        if let Some(at) = shown.iter().position(|backend| *backend == told.backend as usize) {
            holders[at] += 1;
        }
    }
    let row = |(asker, told): (&Asker, &Told)| Answer {
        asker: resolver(system, *asker),
        backend: shown.iter().position(|backend| *backend == told.backend as usize).map(|at| at as u32),
        left_ns: told.expires.since(clock).0,
        waiting: told.ready > now,
    };
    Kept::Names { held: held().count() as u32, holders, answers: held().take(ROWS_MAX).map(row).collect() }
}

fn views(system: &System, balancer: &Balancer, callers: &Ordered<Asker, u32>, shown: &[usize]) -> Kept {
    let row = |(asker, picker): (&Asker, &u32)| {
        let views = &balancer.pickers[*picker as usize].views;
        Caller {
            asker: name(system, *asker),
            uses: shown.iter().map(|at| views[*at].eligible).collect(),
            outstanding: shown.iter().map(|at| views[*at].outstanding).collect(),
        }
    };
    Kept::Callers { callers: callers.len() as u32, views: callers.iter().take(ROWS_MAX).map(row).collect() }
}

/// Who asks, in words: a replica, or a part of a source's clients.
fn name(system: &System, (station, part): Asker) -> String {
    format!("{} {}", system.station_at(station).label, part + 1)
}

/// Whose resolver, in words: a replica's own, or one of a country's.
fn resolver(system: &System, (station, part): Asker) -> String {
    let Some(source) = system.station_at(station).source() else { return name(system, (station, part)) };
    let resolvers = source.config.resolvers.max(1);
    let country = source.config.countries.get((part / resolvers) as usize).map_or("", |(code, _)| code.as_str());
    format!("{country} resolver {}", part % resolvers + 1)
}
