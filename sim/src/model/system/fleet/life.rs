//! From order to end.

use std::cmp::Reverse;

use super::{Fleet, Kin, Member, Next, Upbringing};
use crate::engine::sort;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::system::System;
use crate::model::system::pool::replica::Replica;
use crate::model::system::scaling::Body;
use crate::model::system::slab::NONE;
use crate::model::system::timer::{FleetTurn, Timer};

impl System {
    pub(in crate::model::system) fn fleet<T: Upbringing>(&mut self, station: u32) -> Option<&mut Fleet<T>> {
        self.stations[station as usize].pool_mut().and_then(|pool| T::fleet(pool))
    }

    pub(in crate::model::system) fn member<T: Upbringing>(
        &mut self,
        station: u32,
        number: u32,
    ) -> Option<&mut Member<T>> {
        self.fleet::<T>(station)?.numbered_mut(number)
    }

    /// Orders members, or lets some go: first those of a lower class, then as `leaves_first` says, then the newest.
    pub(in crate::model::system) fn scale<T: Upbringing>(&mut self, station: u32, wanted: u32, leaves_first: &[u32]) {
        let Some(fleet) = self.fleet::<T>(station) else { return };
        fleet.wanted = wanted;
        if T::is_led(self, station) {
            return;
        }
        let Some(fleet) = self.fleet::<T>(station) else { return };
        let staying = fleet.staying().count() as u32;
        let order = |member: &Member<T>| {
            let first = leaves_first.iter().position(|number| *number == member.number).unwrap_or(usize::MAX);
            (T::class(member.stage), first, Reverse(member.number))
        };
        let mut leaving: Vec<_> = fleet.staying().map(order).collect();
        sort::few(&mut leaving);
        leaving.truncate(staying.saturating_sub(wanted) as usize);
        for _ in staying..wanted {
            self.order::<T>(station);
        }
        if !leaving.is_empty() {
            let leaving: Vec<u32> = leaving.into_iter().map(|(_, _, number)| number.0).collect();
            self.dismiss::<T>(station, &leaving, None);
            self.farewell(station);
        }
        self.rebill(station);
    }

    /// Orders one more.
    pub(in crate::model::system) fn order<T: Upbringing>(&mut self, station: u32) {
        let now = self.now;
        let Some(own) = T::ordered(self, station) else { return };
        let number = self.next_number(station);
        if let Some(fleet) = self.fleet::<T>(station) {
            fleet.members.push(Member::new(number, own, now));
            T::begin(self, station, number);
        }
    }

    /// The number of a pool's next replica.
    pub(in crate::model::system) fn next_number(&mut self, station: u32) -> u32 {
        let pool = self.pool_mut(station);
        pool.next_number += 1;
        pool.next_number - 1
    }

    /// Plans the end of a member's stage.
    pub(in crate::model::system) fn later<T: Upbringing>(&mut self, station: u32, number: u32, after: SimDuration) {
        let now = self.now;
        let Some(member) = self.member::<T>(station, number) else { return };
        member.generation = member.generation.wrapping_add(1);
        let generation = member.generation;
        self.schedule(now + after, Timer::Fleet { station, turn: FleetTurn::Member { number, generation } });
    }

    /// A stage of a member's life is over, unless the plan is stale.
    pub(super) fn member_due<T: Upbringing>(&mut self, station: u32, number: u32, generation: u32) {
        if self.member::<T>(station, number).is_some_and(|member| member.generation == generation) {
            self.next_stage::<T>(station, number);
        } else {
            self.quiet = true;
        }
    }

    /// Goes through the stages that take no time.
    pub(in crate::model::system) fn next_stage<T: Upbringing>(&mut self, station: u32, number: u32) {
        loop {
            match T::next(self, station, number) {
                Next::After(SimDuration::ZERO) => {}
                Next::After(after) => return self.later::<T>(station, number, after),
                Next::Serve => return self.serve::<T>(station, number),
                Next::Nothing => return,
            }
        }
    }

    /// A member is ready: from now on it is one of the replicas.
    pub(in crate::model::system) fn serve<T: Upbringing>(&mut self, station: u32, number: u32) {
        let now = self.now;
        let Some(member) = self.member::<T>(station, number) else { return };
        member.enter(T::SERVES, now);
        let mut replica = member.replica;
        if replica == NONE {
            let body = T::body(self, station, number);
            replica = self.join_pool(station, number, body);
            if let Some(member) = self.member::<T>(station, number) {
                member.replica = replica;
            }
            T::joined(self, station, number);
        } else {
            T::again(self, station, number);
        }
        self.welcome(station, replica);
        T::welcomed(self, station);
    }

    /// A newcomer becomes one of a pool's replicas; tells its index.
    ///
    /// It is cold where the pool says so, unless the run has not begun: what is there at the start has been serving for
    /// long.
    pub(in crate::model::system) fn join_pool(&mut self, station: u32, number: u32, body: Option<Box<Body>>) -> u32 {
        let now = self.now;
        let replica_ix = self.replicas.len() as u32;
        let Some(pool) = self.stations[station as usize].pool_mut() else { unreachable!("only pools have replicas") };
        let config = &pool.config;
        let (slots, objects) = (config.slots, config.objects);
        let mut replica =
            Replica { queue: config.discipline.build(), body, ..Replica::new(station, number, slots, now) };
        replica.takes = replica.takes(config);
        if self.events > 0 {
            replica.start_cold(config, now);
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
    fn welcome(&mut self, station: u32, replica_ix: u32) {
        if self.now == SimTime::ZERO && self.events == 0 {
            // The system is only being built.
            return;
        }
        self.tell_balancers(station);
        self.apply_effects();
        self.share_out(replica_ix);
        self.pull(replica_ix);
        self.consumers_changed(station);
        self.rebill(station);
    }

    /// Some have left: those who choose hear of it.
    pub(in crate::model::system) fn farewell(&mut self, station: u32) {
        self.tell_balancers(station);
        self.consumers_changed(station);
    }

    /// Balancers in front of a station hear who its replicas are.
    fn tell_balancers(&mut self, station: u32) {
        let mut callers: Vec<u32> =
            self.edges.iter().filter(|edge| edge.to == station && !edge.removed).map(|edge| edge.from).collect();
        sort::few(&mut callers);
        callers.dedup();
        for caller in callers {
            self.expand_backends(caller);
        }
    }

    /// Members leave: what they hold they may finish, within `grace` if it is given; who chooses is told by the caller.
    pub(in crate::model::system) fn dismiss<T: Upbringing>(
        &mut self,
        station: u32,
        numbers: &[u32],
        grace: Option<SimDuration>,
    ) {
        let now = self.now;
        for number in numbers {
            if let Some(member) = self.member::<T>(station, *number) {
                member.enter(T::LEAVES, now);
                member.generation = member.generation.wrapping_add(1);
            }
        }
        T::leaving(self, station);
        let grace = grace.or_else(|| T::grace(self, station));
        for &number in numbers {
            let Some(member) = self.member::<T>(station, number) else { continue };
            let replica = member.replica;
            if replica == NONE || self.dismiss_replica(replica) {
                self.gone::<T>(station, number);
            } else if let Some(grace) = grace {
                self.later::<T>(station, number, grace);
            }
        }
    }

    pub(super) fn gone<T: Upbringing>(&mut self, station: u32, number: u32) {
        let Some(fleet) = self.fleet::<T>(station) else { return };
        if let Some(at) = fleet.at(number) {
            fleet.members.remove(at);
            T::gone(self, station, number);
        }
    }

    fn kin(&self, station: u32) -> Option<Kin> {
        self.stations[station as usize].pool().and_then(|pool| pool.kin())
    }

    /// A stage of the life of a station's member is over.
    pub(in crate::model::system) fn stage_over(&mut self, station: u32, number: u32, generation: u32) {
        match self.kin(station) {
            Some(kin) => (kin.due)(self, station, number, generation),
            None => self.quiet = true,
        }
    }

    /// The present stage of a station's member ends in so long.
    pub(in crate::model::system) fn stage_later(&mut self, station: u32, number: u32, after: SimDuration) {
        if let Some(kin) = self.kin(station) {
            (kin.later)(self, station, number, after);
        }
    }

    /// What decides how many members a station has looks at it.
    pub(in crate::model::system) fn look_due(&mut self, station: u32, generation: u32) {
        match self.kin(station) {
            Some(kin) => (kin.look)(self, station, generation),
            None => self.quiet = true,
        }
    }

    /// The last that a replica held is done while it leaves.
    #[cold]
    pub(in crate::model::system) fn replica_gone(&mut self, replica_ix: u32) {
        let Replica { station, number, .. } = self.replicas[replica_ix as usize];
        if let Some(kin) = self.kin(station) {
            (kin.gone)(self, station, number);
        }
    }

    /// A replica has died, for any cause.
    #[cold]
    pub(in crate::model::system) fn replica_died(&mut self, replica_ix: u32) {
        let Replica { station, number, removed, .. } = self.replicas[replica_ix as usize];
        if let Some(kin) = self.kin(station) {
            (if removed { kin.gone } else { kin.died })(self, station, number);
        }
    }

    /// A replica is back.
    #[cold]
    pub(in crate::model::system) fn replica_revived(&mut self, replica_ix: u32) {
        let Replica { station, number, .. } = self.replicas[replica_ix as usize];
        if let Some(kin) = self.kin(station) {
            (kin.revived)(self, station, number);
        }
    }
}
