//! Replicas that turn slow, freeze, leave the rotation, die, and come back.

use crate::engine::time::SimTime;
use crate::model::outcome::{Outcome, Reason};
use crate::model::system::System;
use crate::model::system::attempt::Phase;
use crate::model::system::pool::replica::Parked;

impl System {
    /// The replica leaves: it takes nothing new and ends what it holds; tells whether it holds nothing, and is gone.
    pub(in crate::model::system) fn dismiss_replica(&mut self, replica_ix: u32) -> bool {
        let now = self.now;
        let replica = &mut self.replicas[replica_ix as usize];
        replica.draining = true;
        replica.removed = replica.dead || (replica.busy == 0 && replica.queue.is_empty());
        let (station, dead, removed, slots) = (replica.station, replica.dead, replica.removed, replica.slots);
        self.pool_mut(station).replicas.retain(|other| *other != replica_ix);
        if !dead {
            self.stations[station as usize].meter.slots(now, -(slots as i32));
        }
        removed
    }

    /// Changes how long work takes, including work already begun; frozen, it takes for ever.
    pub(in crate::model::system) fn set_pace(&mut self, replica_ix: u32, slow: f64, frozen: bool) {
        let now = self.now;
        let replica = &mut self.replicas[replica_ix as usize];
        if replica.slow == slow && replica.frozen == frozen {
            return;
        }
        self.before_pace(replica_ix);
        let replica = &mut self.replicas[replica_ix as usize];
        replica.sync(now);
        (replica.slow, replica.frozen) = (slow, frozen);
        self.after_pace(replica_ix);
        self.share_out(replica_ix);
        if frozen {
            return;
        }
        // What was answered meanwhile is heard now, in the order in which it came.
        for Parked { caller, outcome, reason, found } in std::mem::take(&mut self.replicas[replica_ix as usize].parked)
        {
            if self.attempts.get(caller).is_some_and(|caller| caller.phase == Phase::Waiting) {
                self.call_answered(caller.ix, outcome, reason, found);
            }
        }
    }

    /// The replica loses its way to the others of its station, but not to a share of the clients, or finds it again.
    pub(in crate::model::system) fn set_cut(&mut self, replica_ix: u32, cut: Option<f64>) {
        if self.replicas[replica_ix as usize].cut != cut {
            self.before_pace(replica_ix);
            self.replicas[replica_ix as usize].cut = cut;
            self.after_pace(replica_ix);
        }
    }

    /// An operator takes the replica out of rotation, or puts it back.
    pub(in crate::model::system) fn set_drained(&mut self, replica_ix: u32, drained: bool) {
        if std::mem::replace(&mut self.replicas[replica_ix as usize].drained, drained) != drained {
            let station = self.replicas[replica_ix as usize].station;
            self.pull_all(station);
            self.consumers_changed(station);
        }
    }

    /// The replica dies: all that it holds is lost, callers see a broken connection.
    pub(in crate::model::system) fn kill_replica(&mut self, replica_ix: u32) {
        let now = self.now;
        self.drop_heap(replica_ix);
        self.before_pace(replica_ix);
        let replica = &mut self.replicas[replica_ix as usize];
        replica.dead = true;
        (replica.cold, replica.warm_at) = (0, SimTime::ZERO);
        replica.sync(now);
        replica.generation = replica.generation.wrapping_add(1);
        replica.jobs.clear();
        replica.parked.clear();
        let waiting = replica.queue.take_all().len() as u32;
        let (busy, waiting) = (replica.busy - replica.beyond, waiting + replica.beyond);
        (replica.busy, replica.beyond) = (0, 0);
        let station_ix = replica.station;
        // The slots of one that was draining had left the count already; dead, it will never be back.
        replica.removed |= replica.draining;
        let slots = if replica.draining { 0 } else { replica.slots };
        if self.values.is_some() {
            self.drop_flights(replica_ix);
            self.lose_writes(station_ix, replica_ix);
        }
        let meter = &mut self.stations[station_ix as usize].meter;
        meter.level(now, -(busy as i32), -(waiting as i32));
        meter.slots(now, -(slots as i32));
        let pool = self.pool_mut(station_ix);
        pool.data.clear(Some(replica_ix));
        if let (1, Some(caching)) = (pool.replicas.len(), &mut pool.caching) {
            caching.clear();
        }
        if let Some(results) = &mut pool.query_cache {
            results.clear(Some(replica_ix));
        }
        let all_dead = pool.replicas.clone().iter().all(|&other| !self.replicas[other as usize].open());
        let mut victims = self.held_by(|attempt| attempt.replica == replica_ix && attempt.station == station_ix);
        if all_dead {
            // Nobody is left to serve the shared queue.
            let shared = self.pool_mut(station_ix).shared.take_all();
            self.stations[station_ix as usize].meter.level(now, 0, -(shared.len() as i32));
            victims.extend(shared);
        }
        for ix in victims {
            self.respond(ix, Outcome::Failed, Reason::ReplicaDied);
        }
        self.after_pace(replica_ix);
        self.replica_died(replica_ix);
        self.pull_all(station_ix);
        self.consumers_changed(station_ix);
    }

    /// The replica comes back, empty.
    pub(in crate::model::system) fn revive_replica(&mut self, replica_ix: u32) {
        let now = self.now;
        self.before_pace(replica_ix);
        let replica = &mut self.replicas[replica_ix as usize];
        replica.dead = false;
        replica.sync(now);
        let (station, slots) = (replica.station, replica.slots);
        if let Some(pool) = self.stations[station as usize].pool() {
            self.replicas[replica_ix as usize].start_cold(&pool.config, now);
        }
        self.stations[station as usize].meter.slots(now, slots as i32);
        self.after_pace(replica_ix);
        self.replica_revived(replica_ix);
        self.pull(replica_ix);
        self.consumers_changed(station);
    }
}
