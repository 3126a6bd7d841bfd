//! The moments of a try as they are told, and how they are written down: for the one request that somebody asks about
//! ([`super::journey`]) and for the many that are profiled ([`super::profiler`]).

use super::attempt::{Attempt, Caller, Verb};
use super::edge::Edge;
use super::journey::place_of;
use super::pool::replica::Replica;
use super::slab::NONE;
use super::spots::Spots;
use super::station::Station;
use crate::engine::time::SimDuration;
use crate::model::journey::{Asked, End, Lost, Try};
use crate::model::outcome::{Outcome, Reason};
use crate::model::replication::Mode;

/// A moment of a try.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mark {
    Made,
    Sent {
        lost: bool,
    },
    Reached,
    /// It waits for the address that a name stands for.
    LookedUp,
    Queued {
        behind: u32,
    },
    Started {
        replica: u32,
        demand: SimDuration,
    },
    /// Somebody who matters more took its slot.
    Interrupted,
    /// The collector stops its replica, and is done.
    Paused,
    Resumed,
    /// It waits its turn in front of the station.
    Shaped {
        wait: SimDuration,
    },
    /// The rate limit in front of the station refuses it.
    RateLimited {
        client: u64,
    },
    /// It is turned away for what goes on inside.
    ShedAtDoor,
    /// Its queue gives it up.
    GivenUp,
    Worked,
    /// A broker has its message at this place, behind so many that wait there.
    Published {
        partition: u32,
        offset: u64,
        behind: u32,
    },
    /// A broker knows its message already.
    Recognized,
    /// A read replica answers it; how old the oldest write to its item is that it lacks.
    FromReadReplica {
        lacks: Option<SimDuration>,
    },
    /// Enough read replicas have its write, or too few said so in time: so many words were missing.
    Released {
        after: SimDuration,
        missing: u32,
        mode: Mode,
    },
    /// A primary commits its write; whether it waits for some of so many replicas.
    Written {
        by: u32,
        replicas: u32,
        waits: bool,
    },
    /// A cache answers it with an old value; how long there has been a newer one.
    StaleHit {
        age: SimDuration,
    },
    /// The shard of its key answers it.
    FromShard,
    /// Its replica's own cache was asked: whether it has the answer.
    AskedLocally {
        hit: bool,
    },
    /// Its replica keeps the answer for so long; whether its own time to live says so, not what was left of the answer's.
    KeptLocally {
        left: SimDuration,
        own: bool,
    },
    /// An edge cache was asked: whether it has the object, or answers with an error of a while ago.
    AtEdge {
        hit: bool,
        cached_error: bool,
    },
    /// A database's cache of results was asked: how long ago the table was written to.
    AskedQueryCache {
        hit: bool,
        table: u32,
        written: Option<SimDuration>,
    },
    /// Its key was held when it moved to another node of the cache.
    KeyMoved,
    Answered(Outcome, Reason),
    LostBack,
    Heard(Outcome, Reason),
    /// It is sent beside a try that is still out.
    Hedge,
    /// It waits at its caller for room among the open calls.
    Held {
        behind: u32,
    },
    Freed,
}

/// The stations at the ends of an attempt's connection.
pub(super) fn ends<'a>(attempt: &Attempt, edges: &[Edge], stations: &'a [Station]) -> (&'a Station, &'a Station) {
    let edge = &edges[attempt.edge as usize];
    (&stations[edge.from as usize], &stations[edge.to as usize])
}

/// A try as it begins, but for the names of its ends. `live`: the tries of its request that live.
pub(super) fn made(now: u64, attempt: &Attempt, edges: &[Edge], stations: &[Station], live: &[(u32, u32)]) -> Try {
    let (from, to) = ends(attempt, edges, stations);
    let parent = match attempt.caller {
        Caller::Parent(parent) => place_of(live, parent.ix),
        _ => None,
    };
    Try {
        parent,
        edge: edges[attempt.edge as usize].plan.id,
        from: from.id,
        from_name: String::new(),
        to: to.id,
        to_name: String::new(),
        asked: match attempt.verb {
            _ if matches!(attempt.caller, Caller::Delivery(_)) => Asked::Message,
            Verb::Get => Asked::Get,
            Verb::Fill => Asked::Fill,
            Verb::Invalidate => Asked::Invalidate,
            Verb::Request | Verb::Probe | Verb::Repeat | Verb::Part => Asked::Request,
        },
        number: attempt.try_no,
        made: now,
        only_wait: false,
        sent: None,
        lost: None,
        reached: None,
        replica: None,
        replicas: to.pool().map_or(0, |pool| pool.replicas.len() as u32),
        hedge: false,
        held: None,
        queued_behind: None,
        started: None,
        shaped: None,
        interrupted: Vec::new(),
        paused: Vec::new(),
        said: Vec::new(),
        demand: None,
        worked: None,
        looked_up: false,
        handshake: false,
        far: 0,
        found: false,
        answered: None,
        heard: None,
    }
}

/// Writes down what happened to a try.
pub(super) fn marked(one: &mut Try, now: u64, mark: Mark, attempt: &Attempt, replicas: &[Replica], spots: &Spots) {
    one.number = attempt.try_no;
    let number_of = |replica: u32| replicas[replica as usize].number;
    match mark {
        Mark::Made | Mark::Published { .. } | Mark::Recognized => {}
        Mark::Sent { lost } => {
            one.sent = Some(now);
            one.handshake = attempt.handshake;
            one.far = spots.way(attempt.from_spot, attempt.spot).0;
            one.replica = (attempt.replica != NONE).then(|| number_of(attempt.replica));
            one.lost = lost.then_some(Lost::Out);
        }
        Mark::Reached => one.reached = Some(now),
        Mark::LookedUp => one.looked_up = true,
        Mark::Queued { behind } => {
            one.queued_behind = Some(behind);
            one.replica = (attempt.replica != NONE).then(|| number_of(attempt.replica));
        }
        Mark::Started { replica, demand } => {
            one.replica = Some(number_of(replica));
            if let Some((_, went_on @ None)) = one.interrupted.last_mut() {
                *went_on = Some(now);
            } else {
                one.started = Some(now);
                one.demand = Some(demand.0);
            }
        }
        Mark::Interrupted => {
            one.interrupted.push((now, None));
            go_on(&mut one.paused, now);
        }
        Mark::Paused => one.paused.push((now, None)),
        Mark::Resumed => go_on(&mut one.paused, now),
        Mark::Shaped { wait } => one.shaped = Some(now + wait.0),
        Mark::RateLimited { .. } | Mark::ShedAtDoor | Mark::GivenUp => {}
        Mark::FromReadReplica { .. }
        | Mark::Released { .. }
        | Mark::Written { .. }
        | Mark::FromShard
        | Mark::KeyMoved
        | Mark::StaleHit { .. } => {}
        Mark::AtEdge { .. } | Mark::AskedQueryCache { .. } | Mark::AskedLocally { .. } | Mark::KeptLocally { .. } => {}
        Mark::Worked => one.worked = Some(now),
        Mark::Answered(outcome, reason) => {
            go_on(&mut one.paused, now);
            one.found = attempt.found;
            one.answered = Some(End { at: now, outcome, reason });
            if attempt.replica != NONE {
                one.replica = Some(number_of(attempt.replica));
            }
        }
        Mark::LostBack => one.lost = Some(Lost::Back),
        Mark::Hedge => one.hedge = true,
        Mark::Held { behind } => one.held = Some((now, behind)),
        Mark::Heard(outcome, reason) => one.heard = Some(End { at: now, outcome, reason }),
        // A balancer's retry waits as an attempt that is never sent: the wait is told, then another one goes.
        Mark::Freed if one.sent.is_none() && one.heard.is_none() => {
            one.only_wait = true;
            one.heard = Some(End { at: now, outcome: attempt.outcome, reason: attempt.reason });
        }
        Mark::Freed => {}
    }
}

/// All that is stopped goes on.
fn go_on(stops: &mut [(u64, Option<u64>)], now: u64) {
    if let Some((_, went_on @ None)) = stops.last_mut() {
        *went_on = Some(now);
    }
}
