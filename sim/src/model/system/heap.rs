//! Memory at work: requests take objects where they begin, give them back where they end, and a replica stands still while
//! its garbage is collected. See [`crate::model::heap`].
//!
//! Where nothing is said of objects a replica has no [`Allocator`], and the way of a request is one look at a flag longer.
//!
//! `model/object_pool.rs` is a replica's memory: objects in use, in the pool, garbage, and when a collection is due and how long
//! it takes. A collection freezes the replica, as a pause by a fault does.

use super::System;
use super::attempt::Verb;
use super::slab::NONE;
use super::trail::Mark;
use crate::engine::ordered::Ordered;
use crate::engine::time::SimDuration;
use crate::model::heap::{Counts, Heap, Settings};
use crate::model::scaler::instance::Instance;
use crate::model::system::timer::{HeapTurn, Timer};

/// A replica's memory, and who holds what of it.
#[derive(Clone, Debug)]
pub struct Allocator {
    pub heap: Heap,
    /// Objects by the attempt that has taken them.
    held: Ordered<u32, u32>,
    /// The collector runs: everything else stands still.
    pub collecting: bool,
    generation: u32,
}

impl System {
    /// Gives every replica of a pool the memory that its settings ask for.
    pub(super) fn settle_heaps(&mut self, station: u32, settings: Option<Settings>) {
        self.has_heaps |= settings.is_some();
        let pool = self.stations[station as usize].pool().filter(|_| self.has_heaps);
        let Some(replicas) = pool.map(|pool| pool.replicas.clone()) else { return };
        for replica_ix in replicas {
            self.settle_heap(replica_ix, settings);
        }
    }

    pub(super) fn settle_heap(&mut self, replica_ix: u32, settings: Option<Settings>) {
        let replica = &mut self.replicas[replica_ix as usize];
        match (&mut replica.allocator, settings) {
            (None, None) => {}
            (Some(allocator), Some(settings)) => {
                if *allocator.heap.settings() != settings {
                    self.with_heap(replica_ix, |allocator| allocator.heap.adopt(settings));
                }
            }
            (allocator @ None, Some(settings)) => {
                let heap = Heap::new(settings);
                let memory = &mut self.stations[replica.station as usize].meter.memory;
                memory.used += heap.used();
                memory.reserved += heap.reserved();
                memory.allocated += heap.counts().allocated;
                memory.most = memory.most.max(memory.used);
                *allocator = Some(Box::new(Allocator { heap, held: Ordered::new(), collecting: false, generation: 0 }));
            }
            (Some(_), None) => self.end_heap(replica_ix),
        }
    }

    /// The replica's memory is no longer modelled, or its machine is gone.
    pub(super) fn end_heap(&mut self, replica_ix: u32) {
        let replica = &mut self.replicas[replica_ix as usize];
        let Some(ended) = replica.allocator.take() else { return };
        let memory = &mut self.stations[replica.station as usize].meter.memory;
        memory.used = memory.used.saturating_sub(ended.heap.used());
        memory.reserved = memory.reserved.saturating_sub(ended.heap.reserved());
        if ended.collecting {
            self.apply_harm(replica_ix);
        }
    }

    /// An attempt takes a slot: what allocating its objects adds to its work.
    #[cold]
    #[inline(never)]
    pub(super) fn take_objects(&mut self, ix: u32, replica_ix: u32) -> SimDuration {
        let attempt = &self.attempts[ix];
        let checks = matches!(attempt.verb, Verb::Probe | Verb::Part);
        let allocator = self.replicas[replica_ix as usize].allocator.as_ref();
        // Work that was interrupted goes on with what it has.
        if checks || allocator.is_none_or(|allocator| allocator.held.contains_key(&ix)) {
            return SimDuration::ZERO;
        }
        let takes = self.with_heap(replica_ix, |allocator| {
            let (objects, takes) = allocator.heap.take();
            allocator.held.insert(ix, objects);
            takes
        });
        self.collect_if_full(replica_ix);
        takes.unwrap_or_default()
    }

    /// An attempt is done with its objects, if it has any.
    #[cold]
    #[inline(never)]
    pub(super) fn return_objects(&mut self, ix: u32) {
        let replica_ix = self.attempts[ix].replica;
        if replica_ix == NONE {
            return;
        }
        let given = self.with_heap(replica_ix, |allocator| {
            let objects = allocator.held.remove(&ix)?;
            allocator.heap.give_back(objects);
            Some(())
        });
        if given.flatten().is_some() {
            self.collect_if_full(replica_ix);
        }
    }

    /// Does something with a replica's memory, and tells its station's instruments what that changed.
    fn with_heap<T>(&mut self, replica_ix: u32, act: impl FnOnce(&mut Allocator) -> T) -> Option<T> {
        let replica = &mut self.replicas[replica_ix as usize];
        let station = replica.station;
        let allocator = replica.allocator.as_mut()?;
        let (used, reserved, counts) = (allocator.heap.used(), allocator.heap.reserved(), *allocator.heap.counts());
        let done = act(allocator);
        let heap = &allocator.heap;
        let memory = &mut self.stations[station as usize].meter.memory;
        memory.used = (memory.used + heap.used()).saturating_sub(used);
        memory.reserved = (memory.reserved + heap.reserved()).saturating_sub(reserved);
        memory.most = memory.most.max(memory.used);
        memory.allocated += heap.counts().allocated - counts.allocated;
        memory.collections += heap.counts().collections - counts.collections;
        memory.paused_ns += heap.counts().paused.0 - counts.paused.0;
        Some(done)
    }

    fn collect_if_full(&mut self, replica_ix: u32) {
        let now = self.now;
        let allocator = self.replicas[replica_ix as usize].allocator.as_ref();
        if !allocator.is_some_and(|allocator| !allocator.collecting && allocator.heap.is_full()) {
            return;
        }
        let begun = self.with_heap(replica_ix, |allocator| {
            allocator.collecting = true;
            allocator.generation = allocator.generation.wrapping_add(1);
            (allocator.heap.collect(), allocator.generation)
        });
        let Some((takes, generation)) = begun else { return };
        self.schedule(now + takes, Timer::Heap { replica: replica_ix, turn: HeapTurn::Collected { generation } });
        self.note_pause(replica_ix, Mark::Paused);
        self.apply_harm(replica_ix);
    }

    /// The collector is done: everything goes on.
    pub(super) fn collected(&mut self, replica_ix: u32, generation: u32) {
        let allocator = self.replicas[replica_ix as usize].allocator.as_mut();
        let Some(allocator) = allocator.filter(|it| it.collecting && it.generation == generation) else {
            self.quiet = true;
            return;
        };
        allocator.collecting = false;
        self.note_pause(replica_ix, Mark::Resumed);
        self.apply_harm(replica_ix);
    }

    /// Tells those whose work a collection stops, or lets go on.
    fn note_pause(&mut self, replica_ix: u32, mark: Mark) {
        if self.recorder.is_none() {
            return;
        }
        let jobs: Vec<u32> = self.replicas[replica_ix as usize].jobs.iter().map(|job| job.attempt).collect();
        for ix in jobs {
            self.note(ix, mark);
        }
    }

    /// Work begins on a replica whose garbage is being collected: it stands still at once.
    #[cold]
    pub(super) fn note_if_paused(&mut self, ix: u32, replica_ix: u32) {
        let allocator = &self.replicas[replica_ix as usize].allocator;
        if allocator.as_ref().is_some_and(|allocator| allocator.collecting) {
            self.note(ix, Mark::Paused);
        }
    }

    /// What a replica's own cache takes of its memory has changed.
    pub(super) fn weigh_locally(&mut self, replica_ix: u32) {
        let bytes = self.local_bytes(replica_ix);
        self.with_heap(replica_ix, |allocator| allocator.heap.set_kept(bytes));
        self.weigh(replica_ix);
    }

    /// The replica is dead: its memory is gone.
    pub(super) fn drop_heap(&mut self, replica_ix: u32) {
        self.with_heap(replica_ix, |allocator| {
            allocator.held.clear();
            allocator.collecting = false;
            allocator.generation = allocator.generation.wrapping_add(1);
            allocator.heap.restart();
        });
    }

    /// A statistics bucket closes: how many requests are where, and how much memory is in use.
    pub(super) fn gauge(&mut self) {
        self.meter.in_flight = self.in_flight();
        if self.has_local_caches {
            self.sweep_local_caches();
        }
        if self.has_heaps {
            for replica_ix in 0..self.replicas.len() as u32 {
                if self.replicas[replica_ix as usize].removed {
                    self.end_heap(replica_ix);
                }
            }
        }
        for station in 0..self.stations.len() as u32 {
            self.stations[station as usize].meter.in_flight = 0;
            if let Some((used, reserved)) = self.memory_of_instances(station) {
                let memory = &mut self.stations[station as usize].meter.memory;
                (memory.used, memory.reserved) = (used, reserved);
                memory.most = memory.most.max(used);
            }
        }
        for edge in &self.edges {
            let to = &mut self.stations[edge.to as usize];
            to.meter.in_flight += edge.in_flight;
            // What clients wait for is on their connections.
            let from = &mut self.stations[edge.from as usize];
            if from.source().is_some() {
                from.meter.in_flight += edge.in_flight;
            }
        }
        let mut memory = self.meter.memory;
        memory.used = self.stations.iter().map(|station| station.meter.memory.used).sum();
        memory.reserved = self.stations.iter().map(|station| station.meter.memory.reserved).sum();
        memory.most = memory.most.max(memory.used);
        let sum = |of: fn(&super::meter::MemoryUse) -> u64| -> u64 {
            self.stations.iter().map(|station| of(&station.meter.memory)).sum()
        };
        memory.allocated = sum(|memory| memory.allocated);
        memory.collections = sum(|memory| memory.collections);
        memory.paused_ns = sum(|memory| memory.paused_ns);
        self.meter.memory = memory;
    }

    /// A replica's memory [bytes]: where objects are modelled, they and what is alive besides take the place of what its
    /// instance takes when idle.
    pub(super) fn memory_of(&self, replica_ix: u32, instance: &Instance, held: u32) -> f64 {
        match &self.replicas[replica_ix as usize].allocator {
            Some(allocator) => allocator.heap.used() as f64 + instance.per_request * f64::from(held),
            None => instance.memory_with(held) + self.local_bytes(replica_ix) as f64,
        }
    }

    /// What the replicas of a station use of their instances' memory, and what they have requested of it [bytes]; `None`
    /// where nothing is said of their instances, or objects tell more.
    fn memory_of_instances(&self, station: u32) -> Option<(u64, u64)> {
        let pool = self.stations[station as usize].pool()?;
        if pool.config.objects.is_some() {
            return None;
        }
        pool.scaling.as_ref()?.config.instance?;
        let mut sum = (0.0, 0.0);
        for &replica_ix in &pool.replicas {
            let replica = &self.replicas[replica_ix as usize];
            let Some(instance) = replica.body.as_ref().and_then(|body| body.instance) else { continue };
            if !replica.dead {
                sum.0 += self.memory_of(replica_ix, &instance, self.held_in_memory(replica_ix));
                sum.1 += instance.memory_request;
            }
        }
        Some((sum.0 as u64, (sum.0.max(sum.1)) as u64))
    }

    /// The memory of each of a station's replicas, by ascending number; of those whose memory is modelled.
    pub fn heaps(&self, station: u32) -> Vec<(u32, &Allocator)> {
        let Some(pool) = self.stations[station as usize].pool() else { return Vec::new() };
        let replicas = pool.replicas.iter().map(|ix| &self.replicas[*ix as usize]);
        replicas.filter_map(|replica| Some((replica.number, replica.allocator.as_deref()?))).collect()
    }
}

/// What was counted in several replicas.
pub fn counts<'a>(of: impl Iterator<Item = &'a Allocator>) -> Counts {
    let mut all = Counts::default();
    for allocator in of {
        all.absorb(allocator.heap.counts());
    }
    all
}
