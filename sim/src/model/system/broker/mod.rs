//! Brokers: producers publish over edges that lead in, consumer groups get messages over edges that lead out.
//!
//! A topic is a path; each has its own partitions. An edge that leads out is a consumer group: it subscribes to the
//! topics that its path begins, and each replica of the service at its end is a member. Every message is owed to every
//! group that subscribes to it: that is a *copy*, and copies are what the ledger counts.
//!
//! The ledger of a group, always: published = processed + dead letters + lost + waiting + in flight + done but not
//! committed.
//!
//! A key's partition is its murmur2 modulo the number of partitions, as with Kafka's default partitioner. The user's request
//! ends when the publication is acknowledged. A delivery is an attempt of its own over the group's edge, with a request that no
//! user waits for; it is in no total, no percentile and not in the trace. A broker keeps plain data of a message, never a
//! request. Consumers fetch: a dead one gets nothing, at once; that its partitions go to others takes the session time-out and
//! the rebalance. What a message did is the truth of its consumer's work, not what the broker heard of it: work that finishes
//! after the broker has given up has processed the message all the same. Deliveries = acknowledged + failed + cut off by a crash + under
//! way. What a crash may cost follows from the settings, and is proved over random crashes: acknowledged before the
//! work, never twice; flushed and acknowledged after it, never lost; with idempotency keys besides, exactly once.

mod crash;
mod delivery;
mod groups;
mod tally;
#[cfg(test)]
pub(super) mod tests;

use std::collections::VecDeque;

pub use self::delivery::Delivery;
pub use self::groups::{Group, Ledger};
pub use self::tally::DeliveryTally;
use super::System;
use super::attempt::{Phase, Verb};
use super::event::Event;
use super::meter::Meter;
use super::plan::Operation;
use super::slab::Key;
use super::spans::Spans;
use super::trail::Mark;
use crate::engine::ordered::Ordered;
use crate::engine::rng::{DrawKey, mix};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::broker::lane::Levels;
use crate::model::broker::murmur2::partition_of;
use crate::model::broker::{Acks, Guarantee, Settings};
use crate::model::outcome::{Outcome, Reason};
use crate::model::priority::Priority;
use crate::model::system::timer::{BrokerTurn, Timer};

/// Dead letters that are kept to be shown.
const DEAD_LETTERS_SHOWN: usize = 12;

/// Label of the draw whether a request's message is poison, among the request's own draws.
const POISON: u64 = 64;

/// What a broker keeps of a message. Plain data: no request is held for it.
#[derive(Clone, Copy, Debug)]
pub struct Message {
    /// The request's draws: key, path and client follow from them.
    pub(super) draws: DrawKey,
    pub ordinal: u64,
    /// Names the message: equal for a second try of the same publication.
    pub(super) id: u64,
    pub(super) published: SimTime,
    /// Index of the source's station.
    pub source: u32,
    pub(super) operation: Operation,
    pub(super) spot: u8,
    /// Its producer was told that it is safe.
    pub(super) told: bool,
    pub(super) hot: bool,
    pub(super) priority: Priority,
    /// Every consumer fails on it.
    pub(super) poison: bool,
}

/// How a copy of a message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Processed,
    Lost,
    /// Put aside after too many failed deliveries.
    Dead,
    /// Lost, too: dropped to make room before any consumer had it, or because its group is gone.
    Expired,
}

/// A message on its way into a partition.
#[derive(Clone, Debug)]
pub(super) struct Appending {
    message: Message,
    /// Who waits to hear of it.
    attempt: Option<Key>,
}

#[derive(Clone, Debug)]
pub struct Partition {
    pub topic: u32,
    /// Counted from 0 within its topic.
    pub number: u32,
    /// It takes nothing new: there are fewer partitions now.
    pub closed: bool,
    pub(super) appending: VecDeque<Appending>,
    /// When the last append will be done.
    pub(super) free_at: SimTime,
    pub(super) generation: u32,
    pub next_offset: u64,
    /// What is before this offset survives a crash.
    pub flushed: u64,
}

/// A message that was put aside.
#[derive(Clone, Copy, Debug)]
pub struct DeadLetter {
    pub at: SimTime,
    pub message: Message,
    pub group: u32,
    pub partition: u32,
    pub offset: u64,
    pub failures: u32,
    pub reason: Reason,
}

#[derive(Clone, Debug)]
pub struct Broker {
    pub config: Settings,
    /// Timers of an older generation are void.
    pub(super) generation: u32,
    pub slow: f64,
    pub error_share: f64,
    pub poison: f64,
    /// It stands still.
    pub frozen: bool,
    /// It takes nothing new.
    pub drained: bool,
    pub topics: Vec<String>,
    /// Topics of the paths of each source, as far as they have come up.
    topic_of: Ordered<(u32, u16), u32>,
    /// In the order in which they came to be.
    pub partitions: Vec<Partition>,
    /// Messages shared out in turn.
    turn: u32,
    /// Append-only while it runs.
    pub groups: Vec<Group>,
    /// Copies of messages that wait and that are in flight, over time.
    pub deliveries: Meter,
    /// What became of those published: in the run, then in each window.
    pub tallies: Vec<DeliveryTally>,
    /// Messages that would be recognized if they came again, oldest first.
    remembered: VecDeque<(SimTime, u64)>,
    known: Ordered<u64, ()>,
    /// Publications that were recognized as repeated.
    pub recognized: u64,
    pub dead_letters: VecDeque<DeadLetter>,
}

impl Broker {
    pub(super) fn new(config: &Settings, now: SimTime, spans: &Spans) -> Self {
        Self {
            config: *config,
            generation: 0,
            slow: 1.0,
            error_share: 0.0,
            poison: 0.0,
            frozen: false,
            drained: false,
            topics: Vec::new(),
            topic_of: Ordered::new(),
            partitions: Vec::new(),
            turn: 0,
            groups: Vec::new(),
            deliveries: Meter::new(now, spans.open()),
            tallies: spans.arrivals().iter().map(|span| DeliveryTally::new(*span)).collect(),
            remembered: VecDeque::new(),
            known: Ordered::new(),
            recognized: 0,
            dead_letters: VecDeque::new(),
        }
    }

    /// Copies that wait or are in flight.
    pub fn open(&self) -> u64 {
        self.groups.iter().map(|group| u64::from(group.levels.waiting) + u64::from(group.levels.in_flight)).sum()
    }

    /// Publications whose append is under way.
    pub fn appending(&self) -> usize {
        self.partitions.iter().map(|partition| partition.appending.len()).sum()
    }

    /// Memory [bytes], roughly.
    pub fn bytes(&self) -> usize {
        let lanes = self.groups.iter().flat_map(|group| &group.lanes);
        lanes.map(|lane| lane.queue.len() * 120).sum::<usize>() + self.known.len() * 48 + 43_000
    }

    /// How long an append takes now, and the flush that its producer waits for.
    fn append_times(&self) -> (SimDuration, SimDuration) {
        let slow = |time: SimDuration| {
            if self.slow == 1.0 { time } else { SimDuration((time.0 as f64 * self.slow) as u64) }
        };
        let flush = if self.config.acks == Acks::Flushed { self.config.flush } else { SimDuration::ZERO };
        (slow(self.config.append), slow(flush))
    }

    /// Books a change of a group's levels.
    fn level(&mut self, now: SimTime, group: u32, before: Levels, after: Levels) {
        let change = |before: u32, after: u32| after.wrapping_sub(before) as i32;
        let flight = change(before.in_flight, after.in_flight);
        let waiting = change(before.waiting, after.waiting);
        self.deliveries.level(now, flight, waiting);
        let levels = &mut self.groups[group as usize].levels;
        levels.waiting = levels.waiting.wrapping_add_signed(waiting);
        levels.in_flight = levels.in_flight.wrapping_add_signed(flight);
        levels.done = levels.done.wrapping_add_signed(change(before.done, after.done));
    }

    /// The tallies of the spans in which a message was published.
    fn tallies_of(&mut self, message: &Message) -> impl Iterator<Item = &mut DeliveryTally> {
        let published = message.published;
        self.tallies.iter_mut().filter(move |tally| tally.holds(published))
    }

    /// A group is owed a copy of a message.
    fn owed(&mut self, group: u32, message: &Message) {
        self.groups[group as usize].ledger.published += 1;
        self.tallies_of(message).for_each(|tally| tally.published += 1);
    }

    /// Books the end of a copy.
    fn ended(&mut self, group: u32, fate: Fate, message: &Message) {
        let ledger = &mut self.groups[group as usize].ledger;
        match fate {
            Fate::Processed => ledger.processed += 1,
            Fate::Dead => ledger.dead += 1,
            Fate::Lost | Fate::Expired => {
                ledger.lost += 1;
                ledger.expired += u64::from(fate == Fate::Expired);
                ledger.broken_promises += u64::from(fate == Fate::Lost && message.told);
            }
        }
        self.tallies_of(message).for_each(|tally| tally.ended(fate, message.told));
    }

    /// Forgets what has been remembered for long enough.
    fn forget(&mut self, now: SimTime) {
        while let Some((at, id)) = self.remembered.front().copied()
            && now.since(at) > self.config.remember
        {
            self.remembered.pop_front();
            self.known.remove(&id);
        }
    }

    /// Paths may mean something else now.
    pub(super) fn forget_paths(&mut self) {
        self.topic_of.clear();
    }
}

impl System {
    pub fn broker(&self, station: u32) -> &Broker {
        let Some(broker) = self.stations[station as usize].broker() else { unreachable!("only brokers keep messages") };
        broker
    }

    pub(super) fn broker_mut(&mut self, station: u32) -> &mut Broker {
        let Some(broker) = self.stations[station as usize].broker_mut() else {
            unreachable!("only brokers keep messages")
        };
        broker
    }

    /// A message comes in: to be refused, or to be appended.
    pub(super) fn publish(&mut self, ix: u32) {
        let now = self.now;
        let attempt = &self.attempts[ix];
        let (station, request_ix, edge, draws) = (attempt.station, attempt.request, attempt.edge, attempt.draws);
        if attempt.verb == Verb::Probe {
            self.respond(ix, Outcome::Completed, Reason::None);
            return;
        }
        if self.broker(station).drained {
            self.respond(ix, Outcome::Rejected, Reason::Draining);
            return;
        }
        let errors = self.broker(station).error_share;
        if errors > 0.0 && draws.child(super::flow::purpose::ERROR).unit(0) < errors {
            self.respond(ix, Outcome::Failed, Reason::InjectedError);
            return;
        }
        let request = &self.requests[request_ix];
        let source_id = self.stations[request.source as usize].id;
        let by = u64::from(self.edges[edge as usize].plan.id.0);
        let station_id = u64::from(self.stations[station as usize].id.0);
        let poison = self.broker(station).poison;
        let mut message = Message {
            draws: request.draws,
            ordinal: request.ordinal,
            id: mix(mix(request.ordinal ^ (u64::from(source_id.0) << 40)) ^ by),
            published: now,
            source: request.source,
            hot: request.hot,
            priority: request.priority,
            operation: request.operation,
            spot: request.spot,
            told: false,
            poison: poison > 0.0 && request.draws.child(POISON).unit(station_id) < poison,
        };
        self.poisoned |= message.poison;
        let topic = self.topic(station, request_ix);
        let key = if self.broker(station).config.by_key { Some(self.request_key(request_ix)) } else { None };
        let waits = self.attempts.key(ix);
        let broker = self.broker_mut(station);
        let config = broker.config;
        if config.guarantee == Guarantee::EffectivelyOnce {
            broker.forget(now);
            if broker.known.contains_key(&message.id) {
                broker.recognized += 1;
                self.note(ix, Mark::Recognized);
                self.respond(ix, Outcome::Completed, Reason::None);
                return;
            }
        }
        let number = match key {
            Some(key) => partition_of(key, config.partitions),
            None => {
                broker.turn = broker.turn.wrapping_add(1);
                broker.turn.wrapping_sub(1) % config.partitions
            }
        };
        let Some(at) = broker.partitions.iter().position(|one| (one.topic, one.number) == (topic, number)) else {
            unreachable!("a topic has all its partitions from its first message on")
        };
        if !config.drop_oldest && broker.is_full(at) {
            self.respond(ix, Outcome::Rejected, Reason::BrokerFull);
            return;
        }
        if config.guarantee == Guarantee::EffectivelyOnce {
            broker.known.include(message.id);
            broker.remembered.push_back((now, message.id));
        }
        let at_once = config.acks == Acks::None && !broker.frozen;
        message.told = at_once;
        let (append, flush) = broker.append_times();
        let partition = &mut broker.partitions[at];
        let attempt = (!at_once).then_some(waits);
        partition.appending.push_back(Appending { message, attempt });
        partition.free_at = partition.free_at.max(now) + append;
        let event = Event::Appended { station, partition: at as u32, generation: partition.generation };
        let done = partition.free_at + flush;
        let frozen = broker.frozen;
        self.stations[station as usize].meter.level(now, 1, 0);
        if !frozen {
            self.queue.push(done, event);
        }
        if at_once {
            self.respond(ix, Outcome::Completed, Reason::None);
        } else {
            self.attempts[ix].phase = Phase::Queued;
        }
    }

    /// The topic of a request: its path, with all its partitions.
    fn topic(&mut self, station: u32, request: u32) -> u32 {
        let (source, path) = (self.requests[request].source, self.request_path(request));
        if let Some(topic) = self.broker(station).topic_of.get(&(source, path)) {
            return *topic;
        }
        let name = self.path_text(source, path).to_owned();
        let broker = self.broker_mut(station);
        let topic = broker.topics.iter().position(|topic| *topic == name).unwrap_or_else(|| {
            broker.topics.push(name);
            broker.topics.len() - 1
        }) as u32;
        broker.topic_of.insert((source, path), topic);
        self.fit_partitions(station);
        topic
    }

    /// The front message of a partition is written.
    pub(super) fn appended(&mut self, station: u32, partition_ix: u32, generation: u32) {
        let now = self.now;
        if self.stations[station as usize].removed {
            return;
        }
        let broker = self.broker_mut(station);
        let partition = &mut broker.partitions[partition_ix as usize];
        if partition.generation != generation {
            self.quiet = true;
            return;
        }
        let Some(Appending { mut message, attempt }) = partition.appending.pop_front() else { return };
        let offset = partition.next_offset;
        partition.next_offset += 1;
        if broker.config.acks == Acks::Flushed {
            partition.flushed = partition.next_offset;
        }
        message.told = true;
        self.stations[station as usize].meter.level(now, -1, 0);
        if let Some(key) = attempt.filter(|key| self.attempts.get(*key).is_some()) {
            let lanes = self.broker(station).groups.iter().filter(|group| !group.closed);
            let behind =
                lanes.map(|group| group.lanes[partition_ix as usize].queue.levels().waiting).max().unwrap_or(0);
            self.note(key.ix, Mark::Published { partition: partition_ix, offset, behind });
        }
        self.owe(station, partition_ix, offset, message);
        if let Some(key) = attempt
            && self.attempts.get(key).is_some_and(|attempt| attempt.phase == Phase::Queued)
        {
            self.respond(key.ix, Outcome::Completed, Reason::None);
        }
        for group in 0..self.broker(station).groups.len() as u32 {
            self.pump_lane(station, group, partition_ix);
        }
    }

    /// Every group that subscribes to it gets its copy.
    fn owe(&mut self, station: u32, partition_ix: u32, offset: u64, message: Message) {
        let now = self.now;
        for group_ix in 0..self.broker(station).groups.len() as u32 {
            if !self.is_owed(station, group_ix, partition_ix, message.operation) {
                continue;
            }
            let group = &self.broker(station).groups[group_ix as usize];
            let full = group.lanes[partition_ix as usize].queue.len() >= self.broker(station).config.capacity as usize;
            let broker = self.broker_mut(station);
            broker.owed(group_ix, &message);
            let lane = &mut broker.groups[group_ix as usize].lanes[partition_ix as usize].queue;
            let before = lane.levels();
            lane.push(offset, message);
            let after = lane.levels();
            broker.level(now, group_ix, before, after);
            if full {
                self.drop_oldest(station, group_ix, partition_ix);
            }
        }
    }

    /// Whether a group gets a copy of a message in a partition.
    fn is_owed(&self, station: u32, group: u32, partition: u32, operation: Operation) -> bool {
        let group = &self.broker(station).groups[group as usize];
        !group.closed
            && group.lanes[partition as usize].subscribed
            && self.edges[group.edge as usize].plan.carries.takes(operation)
    }

    /// Makes room in a full partition.
    fn drop_oldest(&mut self, station: u32, group: u32, partition: u32) {
        let taken = self.in_lane(station, group, partition, |lane| lane.take_oldest_waiting());
        if let Some(entry) = taken {
            self.depart(station, group, partition, entry, Fate::Expired);
        }
    }

    /// What is in memory only goes to disk.
    pub(super) fn flush(&mut self, station: u32, generation: u32) {
        self.quiet = true;
        if self.stations[station as usize].removed || self.broker(station).generation != generation {
            return;
        }
        let broker = self.broker_mut(station);
        for partition in &mut broker.partitions {
            partition.flushed = partition.next_offset;
        }
        let every = broker.config.flush_every;
        self.schedule(self.now + every, Timer::Broker { station, turn: BrokerTurn::Flush { generation } });
    }

    /// Whether messages are still to come out of a broker.
    pub(super) fn messages_open(&self) -> bool {
        self.has_brokers
            && self
                .stations
                .iter()
                .filter(|station| !station.removed)
                .filter_map(|station| station.broker())
                .any(|broker| broker.open() > 0 || broker.appending() > 0)
    }
}

impl Broker {
    /// Whether a partition takes no more: some group holds as much of it as it may.
    fn is_full(&self, partition: usize) -> bool {
        let coming = self.partitions[partition].appending.len();
        let open = self.groups.iter().filter(|group| !group.closed && group.lanes[partition].subscribed);
        let held = open.map(|group| group.lanes[partition].queue.len()).max().unwrap_or(0);
        held + coming >= self.config.capacity as usize
    }
}
