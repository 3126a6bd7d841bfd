//! What comes seldom: turns of balancers, brokers, fleets, heaps and faults.
//!
//! They lie in a slab beside the queue, so that an event stays small and the way of a request meets none of them. A new
//! sort of turn is a variant here and an arm in `timer_due`.

use super::System;
use super::caching::CachingTurn;
use super::data::EdgeTurn;
use super::data::{quorum, read_replicas, shards};
use super::event::Event;
use super::slab::{Key, Slab};
use crate::engine::event_queue::EventQueue;
use crate::engine::time::SimTime;

/// Something that is due at a time of its own.
#[derive(Clone, Copy, Debug)]
pub(super) enum Timer {
    Balancer {
        station: u32,
        turn: BalancerTurn,
    },
    Broker {
        station: u32,
        turn: BrokerTurn,
    },
    Fleet {
        station: u32,
        turn: FleetTurn,
    },
    Heap {
        replica: u32,
        turn: HeapTurn,
    },
    Fault(FaultTurn),
    Caching {
        station: u32,
        turn: CachingTurn,
    },
    /// A round of copying keys to other shards is over.
    Shards {
        station: u32,
        turn: shards::Turn,
    },
    /// A database's replication: a replica's word, a probe, a promotion.
    Replication {
        station: u32,
        turn: read_replicas::Turn,
    },
    /// Something happens between the nodes of a quorum store.
    Quorum {
        station: u32,
        turn: quorum::Turn,
    },
    /// A write has waited long for its row; `again`: what happened at that very moment is done.
    Row {
        attempt: Key,
        again: bool,
    },
    /// A fetch of an edge cache that goes by the shield.
    Edge {
        attempt: Key,
        turn: EdgeTurn,
    },
    /// A member of a store says that it has the write for which an answer is held; `None`: the wait is over.
    Held {
        station: u32,
        attempt: Key,
        word_of: Option<u32>,
    },
}

/// A turn of a balancer; stale when `generation` is not the balancer's.
#[derive(Clone, Copy, Debug)]
pub(super) enum BalancerTurn {
    /// A caller asks the registry who is there.
    Poll { caller: u32, generation: u32 },
    /// It asks its backends how they are.
    Check { generation: u32 },
    /// An interval of its outlier detection ends.
    Sweep { generation: u32 },
}

/// A turn of a broker; stale when `generation` is not the broker's.
#[derive(Clone, Copy, Debug)]
pub(super) enum BrokerTurn {
    /// It writes to disk what is only in memory.
    Flush { generation: u32 },
    /// Its consumers commit their offsets.
    Commit { generation: u32 },
    /// A consumer group may have something to do.
    Consumers { group: u32 },
}

/// A turn of those who come and go at a station.
#[derive(Clone, Copy, Debug)]
pub(super) enum FleetTurn {
    /// What decides how many there are looks; stale when `generation` is not the fleet's.
    Look { generation: u32 },
    /// A metrics server asks the replicas; stale likewise.
    Scrape { generation: u32 },
    /// A stage of a member's life is over; stale when `generation` is not the member's.
    Member { number: u32, generation: u32 },
    /// A rollout may have something to do.
    Roll,
    /// A spot machine is about to be taken away.
    Interrupt { number: u32 },
}

/// A turn of a replica's memory.
#[derive(Clone, Copy, Debug)]
pub(super) enum HeapTurn {
    /// Its garbage is collected; stale when `generation` is not its memory's.
    Collected { generation: u32 },
    /// It has taken more memory than it may.
    OutOfMemory,
}

/// A turn of a fault.
#[derive(Clone, Copy, Debug)]
pub(super) enum FaultTurn {
    /// One of the timetable begins, or ends.
    Begins {
        index: u32,
    },
    Ends {
        index: u32,
    },
    /// One with a course of its own goes on; stale once it is lifted.
    Steps {
        serial: u32,
    },
}

/// Has `timer` come due at `at`: for callers that hold another part of the system.
pub(super) fn schedule(queue: &mut EventQueue<Event>, timers: &mut Slab<Timer>, at: SimTime, timer: Timer) {
    let timer = timers.insert(timer);
    queue.push(at, Event::Timer { timer });
}

impl System {
    /// Has `timer` come due at `at`.
    pub(super) fn schedule(&mut self, at: SimTime, timer: Timer) {
        schedule(&mut self.queue, &mut self.timers, at, timer);
    }

    #[cold]
    pub(super) fn timer_due(&mut self, timer: Key) {
        let due = self.timers[timer.ix];
        self.timers.remove(timer.ix);
        match due {
            Timer::Balancer { station, turn } => match turn {
                BalancerTurn::Poll { caller, generation } => self.poll_registry(station, caller, generation),
                BalancerTurn::Check { generation } => self.check_backends(station, generation),
                BalancerTurn::Sweep { generation } => self.sweep_outliers(station, generation),
            },
            Timer::Broker { station, turn } => match turn {
                BrokerTurn::Flush { generation } => self.flush(station, generation),
                BrokerTurn::Commit { generation } => self.commit(station, generation),
                BrokerTurn::Consumers { group } => self.consumers_due(station, group),
            },
            Timer::Fleet { station, turn } => match turn {
                FleetTurn::Look { generation } => self.look_due(station, generation),
                FleetTurn::Scrape { generation } => self.scrape(station, generation),
                FleetTurn::Member { number, generation } => self.stage_over(station, number, generation),
                FleetTurn::Roll => self.roll(station),
                FleetTurn::Interrupt { number } => self.lose_machine(station, number),
            },
            Timer::Heap { replica, turn } => match turn {
                HeapTurn::Collected { generation } => self.collected(replica, generation),
                HeapTurn::OutOfMemory => self.out_of_memory(replica),
            },
            Timer::Shards { station, turn } => self.shards_due(station, turn),
            Timer::Replication { station, turn } => self.replication_due(station, turn),
            Timer::Quorum { station, turn } => self.quorum_due(station, turn),
            Timer::Row { attempt, again } => self.row_due(attempt, again),
            Timer::Edge { attempt, turn } => self.edge_due(attempt, turn),
            Timer::Held { station, attempt, word_of } => self.held_due(station, attempt, word_of),
            Timer::Caching { station, turn } => self.caching_due(station, turn),
            Timer::Fault(turn) => match turn {
                FaultTurn::Begins { index } => self.start_timetabled(index),
                FaultTurn::Ends { index } => self.end_timetabled(index),
                FaultTurn::Steps { serial } => self.step_fault(serial),
            },
        }
    }
}
