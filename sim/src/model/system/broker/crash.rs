//! A broker that dies, comes back, or is taken out.

use super::super::System;
use super::super::event::Event;
use super::Fate;
use crate::model::broker::Settings;
use crate::model::fault::Effect;
use crate::model::fault::harm::Harm;
use crate::model::outcome::{Outcome, Reason};
use crate::model::system::timer::{BrokerTurn, Timer};

impl System {
    /// The broker dies: what was not flushed is gone, and callers that wait for an answer see a broken connection.
    pub(in crate::model::system) fn crash_broker(&mut self, station: u32) {
        self.cut_deliveries(station);
        let broker = self.broker_mut(station);
        broker.generation = broker.generation.wrapping_add(1);
        let appending = self.break_appends(station, Reason::ReplicaDied);
        let count = self.broker(station).groups.len() as u32;
        for (partition, message) in appending {
            // Its producer was told before it was written.
            self.broker_mut(station).unremember(message.id);
            if !message.told {
                continue;
            }
            for group in 0..count {
                if !self.is_owed(station, group, partition, message.operation) {
                    continue;
                }
                let broker = self.broker_mut(station);
                broker.owed(group, &message);
                broker.ended(group, Fate::Lost, &message);
            }
        }
        for group in 0..count {
            for partition in 0..self.broker(station).partitions.len() as u32 {
                let flushed = self.broker(station).partitions[partition as usize].flushed;
                for entry in self.in_lane(station, group, partition, |lane| lane.crash(flushed)) {
                    self.broker_mut(station).unremember(entry.message.id);
                    self.depart(station, group, partition, entry, Fate::Lost);
                }
            }
        }
    }

    /// The broker is back, with what was on disk.
    pub(in crate::model::system) fn revive_broker(&mut self, station: u32) {
        self.start_broker(station);
        for group in 0..self.broker(station).groups.len() as u32 {
            self.pump_soon(station, group);
        }
    }

    /// Nothing goes on: appends under way wait.
    fn freeze_broker(&mut self, station: u32) {
        for partition in &mut self.broker_mut(station).partitions {
            partition.generation = partition.generation.wrapping_add(1);
        }
    }

    /// It goes on where it stood; appends that were under way begin again.
    fn thaw_broker(&mut self, station: u32) {
        let now = self.now;
        let (append, flush) = self.broker(station).append_times();
        let mut due = Vec::new();
        for (at, partition) in (0..).zip(&mut self.broker_mut(station).partitions) {
            partition.free_at = now;
            for _ in 0..partition.appending.len() {
                partition.free_at += append;
                due.push((partition.free_at + flush, at, partition.generation));
            }
        }
        for (at, partition, generation) in due {
            self.queue.push(at, Event::Appended { station, partition, generation });
        }
        for group in 0..self.broker(station).groups.len() as u32 {
            self.pump_soon(station, group);
        }
    }

    /// Its timers begin (again).
    pub(in crate::model::system) fn start_broker(&mut self, station: u32) {
        let now = self.now;
        let broker = self.broker_mut(station);
        broker.generation = broker.generation.wrapping_add(1);
        let generation = broker.generation;
        let Settings { flush_every, commit_every, .. } = broker.config;
        self.schedule(now + flush_every, Timer::Broker { station, turn: BrokerTurn::Flush { generation } });
        if let Some(every) = commit_every {
            self.schedule(now + every, Timer::Broker { station, turn: BrokerTurn::Commit { generation } });
        }
    }

    /// New settings, from now on.
    pub(in crate::model::system) fn reconfigure_broker(&mut self, station: u32, config: &Settings) {
        let broker = self.broker_mut(station);
        let before = std::mem::replace(&mut broker.config, *config);
        if (before.flush_every, before.commit_every) != (config.flush_every, config.commit_every) {
            if config.commit_every.is_none() {
                // What is done is done: from now on each is committed for itself.
                for group in 0..self.broker(station).groups.len() as u32 {
                    self.commit_group(station, group);
                }
            }
            if !self.stations[station as usize].down {
                self.start_broker(station);
            }
        }
        if before.remember != config.remember || before.guarantee != config.guarantee {
            let now = self.now;
            self.broker_mut(station).forget(now);
        }
    }

    /// The broker is taken out with all that it holds.
    pub(in crate::model::system) fn remove_broker(&mut self, station: u32) {
        self.cut_deliveries(station);
        self.break_appends(station, Reason::Removed);
        for group in 0..self.broker(station).groups.len() as u32 {
            self.close_group(station, group, Fate::Lost);
        }
        let broker = self.broker_mut(station);
        broker.generation = broker.generation.wrapping_add(1);
    }

    /// The broker will not hear how the deliveries went that are under way.
    fn cut_deliveries(&mut self, station: u32) {
        let cut: Vec<u32> = self
            .deliveries
            .indices()
            .filter(|ix| self.deliveries[*ix].station == station && !self.deliveries[*ix].over)
            .collect();
        for ix in cut {
            self.deliveries[ix].over = true;
            let group = self.deliveries[ix].group;
            self.broker_mut(station).groups[group as usize].ledger.cut += 1;
        }
        for group in &mut self.broker_mut(station).groups {
            for member in &mut group.members {
                member.in_flight = 0;
            }
        }
    }

    /// Appends that will never be done; gives back their messages.
    fn break_appends(&mut self, station: u32, reason: Reason) -> Vec<(u32, super::Message)> {
        let now = self.now;
        let mut messages = Vec::new();
        let mut waiting = Vec::new();
        for (at, partition) in (0..).zip(&mut self.broker_mut(station).partitions) {
            partition.generation = partition.generation.wrapping_add(1);
            partition.free_at = now;
            for append in partition.appending.drain(..) {
                messages.push((at, append.message));
                waiting.extend(append.attempt);
            }
        }
        self.stations[station as usize].meter.level(now, -(messages.len() as i32), 0);
        for key in waiting {
            if self.attempts.get(key).is_some_and(|attempt| attempt.phase == super::Phase::Queued) {
                self.respond(key.ix, Outcome::Failed, reason);
            }
        }
        messages
    }

    /// Makes a broker be as the faults in force say.
    pub(in crate::model::system) fn apply_to_broker(&mut self, ix: u32) {
        let station = &self.stations[ix as usize];
        if station.removed || station.broker().is_none() {
            return;
        }
        let (id, stands) = (station.id, station.stands);
        let mut harm = Harm::NONE;
        let mut poison = 0.0f64;
        for active in self.active.iter().filter(|active| active.hits(id, 0, stands)) {
            harm.add(active.effect, self.now.since(active.since), 0, active.level);
            if let Effect::Poison { share } = active.effect {
                poison = poison.max(share);
            }
        }
        let down = harm.down;
        let was_down = std::mem::replace(&mut self.stations[ix as usize].down, down);
        let broker = self.broker_mut(ix);
        (broker.slow, broker.error_share, broker.poison) = (harm.slow, harm.errors, poison);
        broker.drained = harm.drained;
        let was_frozen = std::mem::replace(&mut broker.frozen, harm.frozen);
        if harm.frozen && !was_frozen {
            self.freeze_broker(ix);
        }
        if down && !was_down {
            self.crash_broker(ix);
        } else if !down && was_down {
            self.revive_broker(ix);
        }
        if was_frozen && !harm.frozen {
            self.thaw_broker(ix);
        }
    }
}

impl super::Broker {
    /// A message that is gone must be taken when it comes again.
    fn unremember(&mut self, id: u64) {
        self.known.remove(&id);
    }
}
