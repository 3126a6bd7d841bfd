//! Stations that work: who is let in, who is next, and demands served through virtual time.
//!
//! A replica has a virtual clock that runs at 1/factor of real time. A demand is due at "virtual now + demand", and one event
//! stands for the demand that is due first. So a slow-down acts on work already begun by moving one event, whatever the number
//! of slots, and lifting it does the same.

use super::System;
use super::attempt::{Caller, Phase, Verb};
use super::discipline::Line;
use super::event::Event;
use super::flow::purpose;
use super::plan::Operation;
use super::pool::jobs::Job;
use super::pool::state::Pool;
use super::slab::NONE;
use super::trail::Mark;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::discipline::Waiting;
use crate::model::outcome::{Outcome, Reason};

mod handler;
pub mod jobs;
mod life;
pub mod replica;
pub(in crate::model::system) mod rows;
pub mod state;

pub(super) use handler::TargetKind;

impl System {
    pub(super) fn pool(&self, station: u32) -> &Pool {
        let Some(pool) = self.stations[station as usize].pool() else { unreachable!("only pools admit work") };
        pool
    }

    pub(super) fn pool_mut(&mut self, station: u32) -> &mut Pool {
        let Some(pool) = self.stations[station as usize].pool_mut() else { unreachable!("only pools admit work") };
        pool
    }

    /// A slot, a waiting place, or a refusal.
    pub(super) fn admit(&mut self, ix: u32) {
        let attempt = &self.attempts[ix];
        let (station_ix, chosen, probe) = (attempt.station, attempt.replica, attempt.verb == Verb::Probe);
        let Some(pool) = self.stations[station_ix as usize].pool_mut() else { unreachable!("only pools admit work") };
        if pool.config.shared_queue {
            self.admit_shared(ix, station_ix);
            return;
        }
        let limit = pool.config.queue_limit as usize;
        let replica_ix = if chosen != NONE {
            chosen
        } else if pool.replicas.len() == 1 && !pool.data.is_one_address() {
            pool.replicas[0]
        } else if pool.replicas.is_empty() {
            self.respond(ix, Outcome::Failed, Reason::ConnectionRefused);
            return;
        } else if pool.config.quorum.is_some() {
            if attempt.verb == Verb::Request {
                self.coordinate(ix);
                return;
            }
            self.any_node(station_ix)
        } else if pool.data.is_one_address() {
            if pool.config.scatter.is_some() && self.scatters(ix) {
                return;
            }
            match self.owner_of(ix, station_ix) {
                Ok(replica_ix) => replica_ix,
                Err(reason) => {
                    self.respond(ix, Outcome::Rejected, reason);
                    return;
                }
            }
        } else {
            // No balancer on this edge: any replica, at random, dead or alive, but none that is being drained.
            let n = pool.stream.below(pool.replicas.len() as u32) as usize;
            let from_there = pool.replicas[n..].iter().chain(&pool.replicas[..n]).copied();
            let replicas = &self.replicas;
            let taken = from_there.into_iter().find(|ix| !replicas[*ix as usize].drained);
            taken.unwrap_or(pool.replicas[n])
        };
        self.attempts[ix].replica = replica_ix;
        let replica = &mut self.replicas[replica_ix as usize];
        if replica.dead || replica.removed {
            let reason = replica.refusal();
            self.respond(ix, Outcome::Failed, reason);
        } else if chosen == NONE && replica.drained && !probe {
            // An attempt that was sent here on purpose, over an open connection, still gets an answer.
            self.respond(ix, Outcome::Rejected, Reason::Draining);
        } else if replica.busy < replica.takes {
            self.start(ix, replica_ix);
        } else if !matches!(replica.queue, Waiting::Fifo(_)) {
            self.line_up(ix, Line::Of(replica_ix), limit);
        } else if replica.queue.len() < limit {
            let behind = replica.queue.len() as u32;
            if let Waiting::Fifo(queue) = &mut replica.queue {
                queue.push_back(ix);
            }
            self.attempts[ix].phase = Phase::Queued;
            self.note(ix, Mark::Queued { behind });
            self.stations[station_ix as usize].meter.level(self.now, 0, 1);
            if self.replicas[replica_ix as usize].body.is_some() {
                self.weigh(replica_ix);
            }
        } else {
            self.respond(ix, Outcome::Rejected, Reason::QueueFull);
        }
    }

    fn admit_shared(&mut self, ix: u32, station_ix: u32) {
        let pool = self.pool(station_ix);
        let (limit, waiting) = (pool.config.queue_limit as usize, pool.shared.len());
        let (mut any_open, mut any_new) = (false, false);
        let mut free = None;
        for &replica_ix in &pool.replicas {
            let replica = &self.replicas[replica_ix as usize];
            any_open |= replica.open();
            any_new |= replica.takes_new();
            if replica.takes_new() && replica.busy < replica.takes {
                free = Some(replica_ix);
                break;
            }
        }
        if let Some(replica_ix) = free {
            self.start(ix, replica_ix);
        } else if !any_open {
            let first = self.pool(station_ix).replicas.first();
            let reason = first.map_or(Reason::ConnectionRefused, |ix| self.replicas[*ix as usize].refusal());
            self.respond(ix, Outcome::Failed, reason);
        } else if !any_new {
            self.respond(ix, Outcome::Rejected, Reason::Draining);
        } else if !matches!(self.pool(station_ix).shared, Waiting::Fifo(_)) {
            self.line_up(ix, Line::Shared(station_ix), limit);
        } else if waiting < limit {
            if let Waiting::Fifo(queue) = &mut self.pool_mut(station_ix).shared {
                queue.push_back(ix);
            }
            self.attempts[ix].phase = Phase::Queued;
            self.note(ix, Mark::Queued { behind: waiting as u32 });
            self.stations[station_ix as usize].meter.level(self.now, 0, 1);
            if self.pool(station_ix).scaling.is_some() {
                self.weigh_all(station_ix);
            }
        } else {
            self.respond(ix, Outcome::Rejected, Reason::QueueFull);
        }
    }

    /// The attempt takes a slot and its demand is served.
    pub(super) fn start(&mut self, ix: u32, replica_ix: u32) {
        let now = self.now;
        let resumed = !self.interrupted.is_empty() && self.interrupted.contains_key(&ix);
        let demand =
            if self.interrupted.is_empty() { self.demand(ix, replica_ix) } else { self.demand_left(ix, replica_ix) };
        let demand = if self.has_query_caches && !resumed {
            self.time_from_query_cache(ix, replica_ix).unwrap_or(demand)
        } else {
            demand
        };
        let demand = if self.has_heaps { SimDuration(demand.0 + self.take_objects(ix, replica_ix).0) } else { demand };
        let attempt = &mut self.attempts[ix];
        attempt.replica = replica_ix;
        let station = attempt.station;
        self.stations[station as usize].meter.level(now, 1, 0);
        self.replicas[replica_ix as usize].busy += 1;
        if self.has_rows {
            self.tell_query(ix);
            if self.waits_for_row(ix, demand) {
                return;
            }
        }
        self.begin_work(ix, replica_ix, demand);
    }

    /// The attempt has all that it needs: its demand is served.
    #[inline]
    fn begin_work(&mut self, ix: u32, replica_ix: u32, demand: SimDuration) {
        self.note(ix, Mark::Started { replica: replica_ix, demand });
        if self.has_heaps {
            self.note_if_paused(ix, replica_ix);
        }
        self.attempts[ix].phase = Phase::Working;
        if self.values.is_some() {
            self.take_snapshot(ix);
        }
        let replica = &mut self.replicas[replica_ix as usize];
        replica.sync(self.now);
        let due = replica.virtual_now + demand.0;
        let first = replica.jobs.next_due().is_none_or(|next| due < next);
        replica.jobs.push(due, ix);
        if replica.body.is_some() {
            self.begin_in_body(ix, replica_ix);
        } else if matches!(replica.queue, Waiting::Nobody) {
            self.share_out(replica_ix);
        } else if first {
            self.schedule_work(replica_ix);
        }
    }

    /// CPU demand of the attempt at its station, on a replica that may still be cold.
    pub(super) fn demand(&self, ix: u32, replica_ix: u32) -> SimDuration {
        let attempt = &self.attempts[ix];
        let config = &self.pool(attempt.station).config;
        match (attempt.verb, attempt.caller) {
            (Verb::Probe, _) => return config.check_time,
            (Verb::Part, _) => return SimDuration::from_secs_f64(self.part_time(ix)),
            (Verb::Repeat, Caller::Delivery(delivery)) => return self.recognition_time(delivery),
            _ => {}
        }
        let dist = if self.requests[attempt.request].operation == Operation::Write {
            &config.write_time
        } else {
            &config.read_time
        };
        let secs = dist.sample(&mut attempt.draws.child(purpose::DEMAND).sequence());
        let secs = if self.has_rows { self.query_time(ix, secs) } else { secs };
        let replica = &self.replicas[replica_ix as usize];
        let demand = SimDuration::from_secs_f64(if replica.cold == 0 {
            secs
        } else {
            secs * replica.cold_factor(config, self.now)
        });
        if attempt.policy == NONE { demand } else { SimDuration(demand.0 + self.proxy_work(ix).0) }
    }

    pub(super) fn schedule_work(&mut self, replica_ix: u32) {
        let replica = &mut self.replicas[replica_ix as usize];
        replica.generation = replica.generation.wrapping_add(1);
        if let Some(due) = replica.next_due() {
            self.queue.push(due, Event::Work { replica: replica_ix, generation: replica.generation });
        }
    }

    /// The next demand of a replica is served.
    pub(super) fn work(&mut self, replica_ix: u32, generation: u32) {
        let now = self.now;
        let replica = &mut self.replicas[replica_ix as usize];
        if replica.generation != generation {
            self.quiet = true;
            return;
        }
        replica.sync(now);
        let Some(Job { due, attempt: ix, .. }) = replica.jobs.pop() else { return };
        // Rounding at changed speeds may leave the clock a nanosecond short.
        replica.virtual_now = replica.virtual_now.max(due);
        if replica.body.is_some() || matches!(replica.queue, Waiting::Nobody) {
            self.share_out(replica_ix);
        } else {
            self.schedule_work(replica_ix);
        }
        self.worked(ix);
    }

    /// What a station's clock shows at a moment.
    pub fn clock(&self, station: u32, at: SimTime) -> SimTime {
        // Clocks do not begin at zero, or they could not be behind at the start.
        const EPOCH: u64 = 1 << 60;
        SimTime((at.0.saturating_add(EPOCH)).saturating_add_signed(self.stations[station as usize].clock_ahead))
    }

    /// Frees a slot and starts the one that waited longest.
    fn release(&mut self, replica_ix: u32) {
        let replica = &mut self.replicas[replica_ix as usize];
        replica.busy -= 1;
        let station = replica.station;
        self.stations[station as usize].meter.level(self.now, -1, 0);
        if self.replicas[replica_ix as usize].beyond > 0 {
            self.count_beyond(replica_ix);
        }
        self.pull(replica_ix);
    }

    /// Starts waiting requests while slots are free.
    pub(super) fn pull(&mut self, replica_ix: u32) {
        let mut given_up = Vec::new();
        self.pull_next(replica_ix, &mut given_up);
        if !given_up.is_empty() {
            self.give_up(&given_up, Reason::WaitedTooLong);
        }
    }

    fn pull_next(&mut self, replica_ix: u32, given_up: &mut Vec<u32>) {
        let now = self.now;
        loop {
            let replica = &mut self.replicas[replica_ix as usize];
            if replica.dead || replica.busy >= replica.takes {
                return;
            }
            let station = replica.station;
            let next = match replica.queue.pop(now, given_up) {
                Some(next) => next,
                None if replica.draining => {
                    if replica.busy == 0 && !std::mem::replace(&mut replica.removed, true) {
                        self.replica_gone(replica_ix);
                    }
                    return;
                }
                // The shared queue is for those in rotation, as long as there are some.
                None if replica.drained && self.anybody_takes_new(station) => return,
                None => match self.pool_mut(station).shared.pop(now, given_up) {
                    Some(next) => next,
                    None => return,
                },
            };
            let entry = &mut self.stations[station as usize];
            entry.meter.level(now, 0, -1);
            if entry.admission.is_some() {
                self.tell_wait(next);
            }
            if self.attempts[next].policy != NONE
                && let Some((outcome, reason)) = self.useless(next)
            {
                // Nobody needs it any more: no work for it.
                self.respond(next, outcome, reason);
                continue;
            }
            self.start(next, replica_ix);
        }
    }

    /// Takes an attempt out of the station where it waits, is worked on, or waits for its calls.
    pub(super) fn withdraw_from_station(&mut self, ix: u32) {
        let now = self.now;
        let attempt = &self.attempts[ix];
        let (station_ix, replica_ix, phase) = (attempt.station, attempt.replica, attempt.phase);
        let Some(pool) = self.stations[station_ix as usize].pool_mut() else { return };
        if phase == Phase::Queued {
            let own = self.replicas.get_mut(replica_ix as usize).is_some_and(|replica| replica.queue.remove(ix));
            if own || pool.shared.remove(ix) {
                self.stations[station_ix as usize].meter.level(now, 0, -1);
            }
            return;
        }
        if phase == Phase::Working {
            let replica = &mut self.replicas[replica_ix as usize];
            replica.sync(now);
            replica.jobs.remove(ix);
            if replica.body.is_some() || matches!(replica.queue, Waiting::Nobody) {
                self.share_out(replica_ix);
            } else {
                self.schedule_work(replica_ix);
            }
        }
        // The answer must not find it here when the slot goes to the next.
        self.attempts[ix].phase = Phase::Back;
        if replica_ix == NONE {
            // Nodes work for it, each with a slot of its own.
            return;
        }
        if self.has_heaps {
            self.return_objects(ix);
        }
        self.release(replica_ix);
    }

    fn anybody_takes_new(&self, station: u32) -> bool {
        self.pool(station).replicas.iter().any(|ix| self.replicas[*ix as usize].takes_new())
    }

    /// Starts what waits in a shared queue wherever it now may.
    fn pull_all(&mut self, station: u32) {
        if !self.pool(station).shared.is_empty() {
            for replica_ix in self.pool(station).replicas.clone() {
                self.pull(replica_ix);
            }
        }
    }

    /// Attempts that stand at a station (queued, working or waiting) and match, in order of their slots.
    pub(super) fn held_by(&self, matches: impl Fn(&super::attempt::Attempt) -> bool) -> Vec<u32> {
        self.attempts
            .indices()
            .filter(|&ix| {
                let attempt = &self.attempts[ix];
                matches!(attempt.phase, Phase::Queued | Phase::Working | Phase::Waiting) && matches(attempt)
            })
            .collect()
    }
}
