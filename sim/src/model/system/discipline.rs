//! Lines other than first come, first served: who joins, who is pushed out or given up, whose work is interrupted, and how
//! those who share slots share them. `pool` comes here only where a station has another discipline.

use super::System;
use super::attempt::{Caller, Phase, Verb};
use super::plan::PoolConfig;
use super::pool::replica::Replica;
use super::slab::NONE;
use super::trail::Mark;
use crate::engine::time::SimDuration;
use crate::model::discipline::{self, Discipline, Item, Waiting};
use crate::model::outcome::{Outcome, Reason};
use crate::model::priority::Priority;

/// A queue of a station.
#[derive(Clone, Copy, Debug)]
pub(super) enum Line {
    /// A replica's own.
    Of(u32),
    /// The one that the replicas of a station share.
    Shared(u32),
}

impl Replica {
    /// How many requests it takes at a time.
    pub(super) fn takes(&self, config: &PoolConfig) -> u32 {
        if config.discipline.is_sharing() { self.slots.saturating_add(config.queue_limit) } else { self.slots }
    }
}

impl System {
    /// How much the request of an attempt matters; health checks matter most.
    pub(super) fn priority_of(&self, ix: u32) -> Priority {
        let attempt = &self.attempts[ix];
        match (attempt.verb, attempt.caller) {
            (Verb::Probe, _) => Priority::High,
            // A part matters as much as the whole, if somebody still waits for that.
            (Verb::Part, Caller::Scatter(read)) => {
                self.attempts.get(read).map_or(Priority::Normal, |read| self.requests[read.request].priority)
            }
            (Verb::Part, _) => Priority::Normal,
            _ => self.requests[attempt.request].priority,
        }
    }

    fn item(&self, ix: u32) -> Item {
        Item { ticket: ix, priority: self.priority_of(ix), since: self.attempts[ix].reached_at }
    }

    fn line_mut(&mut self, line: Line) -> &mut Waiting {
        match line {
            Line::Of(replica) => &mut self.replicas[replica as usize].queue,
            Line::Shared(station) => &mut self.pool_mut(station).shared,
        }
    }

    /// All slots are busy: the attempt interrupts somebody, waits, pushes somebody out, or is refused.
    #[inline(never)]
    pub(super) fn line_up(&mut self, ix: u32, line: Line, limit: usize) {
        let station_ix = self.attempts[ix].station;
        if self.pool(station_ix).config.discipline.preempts()
            && let Some((victim, replica_ix)) = self.least_important(ix, line)
        {
            self.interrupt(victim, replica_ix, line);
            self.start(ix, replica_ix);
            return;
        }
        let item = self.item(ix);
        let Waiting::Ordered(queue) = self.line_mut(line) else {
            // All share the slots, and no more fit in.
            self.respond(ix, Outcome::Rejected, Reason::QueueFull);
            return;
        };
        let behind = queue.len();
        let loser = if behind < limit { None } else { queue.displaced_by(&item) };
        if behind >= limit && loser.is_none() {
            self.respond(ix, Outcome::Rejected, Reason::QueueFull);
            return;
        }
        queue.push(item);
        self.attempts[ix].phase = Phase::Queued;
        self.note(ix, Mark::Queued { behind: behind as u32 });
        self.stations[station_ix as usize].meter.level(self.now, 0, 1);
        if self.pool(station_ix).scaling.is_some() {
            match line {
                Line::Of(replica_ix) => self.weigh(replica_ix),
                Line::Shared(_) => self.weigh_all(station_ix),
            }
        }
        if let Some(loser) = loser {
            self.give_up(&[loser], Reason::Displaced);
        }
    }

    /// These have left their queue without being served.
    #[inline(never)]
    pub(super) fn give_up(&mut self, tickets: &[u32], reason: Reason) {
        let station_ix = self.attempts[tickets[0]].station;
        self.stations[station_ix as usize].meter.level(self.now, 0, -(tickets.len() as i32));
        // Out of the queue, all of them, before anybody hears: an answer may bring the next request.
        for &ix in tickets {
            self.note(ix, Mark::GivenUp);
            self.respond(ix, Outcome::Shed, reason);
        }
    }

    /// Who is being worked on, matters less than the newcomer, and least of all; of equals the one that came last.
    fn least_important(&self, newcomer: u32, line: Line) -> Option<(u32, u32)> {
        let important = self.priority_of(newcomer);
        let replicas: &[u32] = match &line {
            Line::Of(replica) => std::slice::from_ref(replica),
            Line::Shared(station) => &self.pool(*station).replicas,
        };
        let open = replicas.iter().filter(|ix| self.replicas[**ix as usize].takes_new() || matches!(line, Line::Of(_)));
        let worked_on = open.flat_map(|replica_ix| {
            let jobs = self.replicas[*replica_ix as usize].jobs.iter();
            jobs.map(move |job| (job.attempt, *replica_ix, job.started))
        });
        worked_on
            .map(|(ix, replica_ix, seq)| (self.priority_of(ix), self.attempts[ix].reached_at, seq, ix, replica_ix))
            .filter(|(priority, ..)| *priority > important)
            .max()
            .map(|(.., ix, replica_ix)| (ix, replica_ix))
    }

    /// Work on an attempt stops; it waits to go on where it stopped.
    fn interrupt(&mut self, ix: u32, replica_ix: u32, line: Line) {
        let now = self.now;
        let replica = &mut self.replicas[replica_ix as usize];
        replica.sync(now);
        let left = replica.jobs.remove(ix).map_or(0, |job| job.due.saturating_sub(replica.virtual_now));
        replica.busy -= 1;
        let station = replica.station;
        self.schedule_work(replica_ix);
        self.interrupted.insert(ix, SimDuration(left));
        self.attempts[ix].phase = Phase::Queued;
        if let Line::Shared(_) = line {
            if self.has_heaps {
                self.return_objects(ix);
            }
            // The first free replica goes on with it.
            self.attempts[ix].replica = NONE;
        }
        let item = self.item(ix);
        if let Waiting::Ordered(queue) = self.line_mut(line) {
            queue.put_back(item);
        }
        self.note(ix, Mark::Interrupted);
        self.stations[station as usize].meter.level(now, -1, 1);
    }

    /// The demand of an attempt, or what is left of it.
    #[inline(never)]
    pub(super) fn demand_left(&mut self, ix: u32, replica_ix: u32) -> SimDuration {
        match self.interrupted.remove(&ix) {
            Some(left) => left,
            None => self.demand(ix, replica_ix),
        }
    }

    /// Somebody began or ended work, or work got slower: those who share slots are as fast as the slots admit.
    #[inline(never)]
    pub(super) fn share_out(&mut self, replica_ix: u32) {
        let now = self.now;
        let replica = &mut self.replicas[replica_ix as usize];
        replica.sync(now);
        let crowd = replica.jobs.len() as f64 / f64::from(replica.slots.max(1));
        let shares = matches!(replica.queue, Waiting::Nobody) && crowd > 1.0;
        let cores = replica.body.as_ref().map_or(1.0, |body| body.crowd(replica.jobs.len()));
        replica.pace = replica.slow * if shares { crowd.max(cores) } else { cores };
        self.schedule_work(replica_ix);
        self.count_beyond(replica_ix);
    }

    /// Counts those who share slots as busy slots and, beyond those, as waiting.
    #[inline(never)]
    pub(super) fn count_beyond(&mut self, replica_ix: u32) {
        let replica = &mut self.replicas[replica_ix as usize];
        let shares = matches!(replica.queue, Waiting::Nobody);
        let beyond = if shares { replica.busy.saturating_sub(replica.slots) } else { 0 };
        let more = beyond as i32 - std::mem::replace(&mut replica.beyond, beyond) as i32;
        if more != 0 {
            let station = replica.station;
            self.stations[station as usize].meter.level(self.now, -more, more);
        }
    }

    /// The discipline of the queue that an attempt waits in, or waited in until now.
    pub(super) fn line_of(&self, ix: u32) -> Option<&dyn Discipline> {
        let attempt = &self.attempts[ix];
        let own = self.replicas.get(attempt.replica as usize).map(|replica| &replica.queue);
        match own.unwrap_or(&self.pool(attempt.station).shared) {
            Waiting::Ordered(queue) => Some(&**queue),
            Waiting::Fifo(_) | Waiting::Nobody => None,
        }
    }

    /// Gives the queues of a pool the discipline that its configuration asks for; `before` is what they had.
    pub(super) fn set_discipline(&mut self, station_ix: u32, before: &discipline::Settings) {
        let Some(pool) = self.stations[station_ix as usize].pool_mut() else { return };
        let settings = pool.config.discipline.clone();
        let replicas: Vec<u32> =
            (0..self.replicas.len() as u32).filter(|ix| self.replicas[*ix as usize].station == station_ix).collect();
        if !settings.retune(&mut pool.shared, before) {
            let waiting = pool.shared.take_all();
            // Where nobody waits any more, those who did in the shared queue are the last who do.
            pool.shared = if settings.is_sharing() { Waiting::Fifo(Default::default()) } else { settings.build() };
            self.refill(Line::Shared(station_ix), waiting);
            for &replica_ix in &replicas {
                let waiting = self.replicas[replica_ix as usize].queue.take_all();
                self.replicas[replica_ix as usize].queue = settings.build();
                if settings.is_sharing() {
                    self.stations[station_ix as usize].meter.level(self.now, 0, -(waiting.len() as i32));
                    for ix in waiting {
                        self.start(ix, replica_ix);
                    }
                } else {
                    self.refill(Line::Of(replica_ix), waiting);
                }
            }
        } else {
            for &replica_ix in &replicas {
                settings.retune(&mut self.replicas[replica_ix as usize].queue, before);
            }
        }
        for replica_ix in replicas {
            let Some(pool) = self.stations[station_ix as usize].pool() else { return };
            let replica = &mut self.replicas[replica_ix as usize];
            replica.takes = replica.takes(&pool.config);
            if settings.is_sharing() || before.is_sharing() {
                self.share_out(replica_ix);
            }
        }
    }

    fn refill(&mut self, line: Line, waiting: Vec<u32>) {
        for ix in waiting {
            let item = self.item(ix);
            self.line_mut(line).push(item);
        }
    }
}
