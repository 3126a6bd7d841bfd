//! The life of those that come and go at a station: replicas of a service, read replicas, nodes of a cache.
//!
//! Whatever it is, a newcomer begins to serve in one way ([`System::join_pool`], then [`System::welcome`]): with a queue of the
//! station's discipline, cold if the station says that newcomers are, with memory of its own where memory is modeled; and
//! balancers, brokers and faults hear of it. Those that leave are announced in one way, too ([`System::farewell`]).

use super::System;
use super::pool::replica::Replica;
use super::scaling::Body;
use super::station::Kind;

impl System {
    /// The number of a pool's next replica.
    pub(super) fn next_number(&mut self, station: u32) -> u32 {
        let pool = self.pool_mut(station);
        pool.next_number += 1;
        pool.next_number - 1
    }

    /// A newcomer becomes one of a pool's replicas; tells its index.
    ///
    /// It is cold where the pool says so, unless the run has not begun: what is there at the start has been serving
    /// for long.
    pub(super) fn join_pool(&mut self, station: u32, number: u32, body: Option<Box<Body>>) -> u32 {
        let now = self.now;
        let replica_ix = self.replicas.len() as u32;
        let Kind::Pool(pool) = &mut self.stations[station as usize].kind else {
            unreachable!("only pools have replicas")
        };
        let config = &pool.config;
        let (slots, objects) = (config.slots, config.objects);
        let mut replica =
            Replica { queue: config.discipline.build(), body, ..Replica::new(station, number, slots, now) };
        replica.takes = replica.takes(config);
        if self.events > 0 {
            replica.chills(config, now);
        }
        let replicas = &self.replicas;
        let place = pool.replicas.partition_point(|other| replicas[*other as usize].number < number);
        pool.replicas.insert(place, replica_ix);
        self.replicas.push(replica);
        self.has_heaps |= objects.is_some();
        self.settle_heap(replica_ix, objects);
        self.stations[station as usize].meter.slots(now, slots as i32);
        replica_ix
    }

    /// A newcomer serves: those who choose hear of it, faults that hit its station hit it too, and it takes what waits.
    pub(super) fn welcome(&mut self, station: u32, replica_ix: u32) {
        self.tell_balancers(station);
        self.apply_effects();
        self.share_out(replica_ix);
        self.pull(replica_ix);
        self.consumers_changed(station);
        self.rebill(station);
    }

    /// Some have left: those who choose hear of it.
    pub(super) fn farewell(&mut self, station: u32) {
        self.tell_balancers(station);
        self.consumers_changed(station);
    }

    /// Balancers in front of a station hear who its replicas are.
    fn tell_balancers(&mut self, station: u32) {
        let mut callers: Vec<u32> =
            self.edges.iter().filter(|edge| edge.to == station && !edge.removed).map(|edge| edge.from).collect();
        callers.sort_unstable();
        callers.dedup();
        for caller in callers {
            self.expand_backends(caller);
        }
    }
}
