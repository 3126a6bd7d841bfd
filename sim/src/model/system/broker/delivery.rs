//! Deliveries: a message goes out to a member of a group as an attempt over the group's edge, and something comes back,
//! or nothing does.

use super::super::System;
use super::super::attempt::{Caller, Request, Verb};
use super::super::flow::purpose;
use super::super::plan::PoolKind;
use super::super::slab::Key;
use super::super::slab::NONE;
use super::{Broker, DEAD_LETTERS_SHOWN, DeadLetter, Fate, Message};
use crate::engine::time::SimDuration;
use crate::model::broker::lane::{Entry, Lane};
use crate::model::broker::{Guarantee, Settings};
use crate::model::outcome::{Outcome, Reason};
use crate::model::system::timer::{BrokerTurn, Timer};

/// A delivery under way, as long as its attempt lives.
#[derive(Clone, Copy, Debug)]
pub struct Delivery {
    pub(super) station: u32,
    pub(super) group: u32,
    pub(super) partition: u32,
    pub(super) offset: u64,
    /// The member that got it: its replica, or [`NONE`].
    pub(super) replica: u32,
    /// The broker does not wait for it any more.
    pub(super) over: bool,
}

/// A copy that has left its partition while deliveries of it are still under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loose {
    pub(super) message: Message,
    pub(super) under_way: u32,
    pub(super) processed: bool,
    /// What becomes of it unless one of them processes it; `None`: that is settled.
    pub(super) else_fate: Option<Fate>,
}

impl System {
    /// Does something to a lane and books what it changes.
    pub(super) fn in_lane<R>(
        &mut self,
        station: u32,
        group: u32,
        partition: u32,
        act: impl FnOnce(&mut Lane<Message>) -> R,
    ) -> R {
        let now = self.now;
        let broker = self.broker_mut(station);
        let lane = &mut broker.groups[group as usize].lanes[partition as usize].queue;
        let before = lane.levels();
        let result = act(lane);
        let after = lane.levels();
        broker.level(now, group, before, after);
        result
    }

    /// Delivers from a partition all that may go.
    pub(super) fn pump_lane(&mut self, station: u32, group: u32, partition: u32) {
        while let Some((offset, replica)) = self.next_delivery(station, group, partition) {
            self.deliver(station, group, partition, offset, replica);
        }
    }

    /// Delivers from all partitions of a group, one each in turn.
    pub(super) fn pump(&mut self, station: u32, group: u32) {
        let lanes = self.broker(station).groups[group as usize].lanes.len() as u32;
        loop {
            let mut any = false;
            let first = self.broker(station).groups[group as usize].turn;
            for step in 0..lanes {
                let partition = (first + step) % lanes;
                if let Some((offset, replica)) = self.next_delivery(station, group, partition) {
                    self.deliver(station, group, partition, offset, replica);
                    self.broker_mut(station).groups[group as usize].turn = (partition + 1) % lanes;
                    any = true;
                }
            }
            if !any {
                return;
            }
        }
    }

    /// What may go next from a partition, and to whom.
    fn next_delivery(&mut self, station: u32, group_ix: u32, partition: u32) -> Option<(u64, u32)> {
        let now = self.now;
        let host = &self.stations[station as usize];
        if host.down || host.removed || self.broker(station).frozen {
            return None;
        }
        let group = &self.broker(station).groups[group_ix as usize];
        let lane = &group.lanes[partition as usize];
        if group.closed || lane.queue.levels().waiting == 0 || group.stands_still(lane) {
            return None;
        }
        let owner = lane.owner?;
        let Settings { prefetch, ordered, .. } = self.broker(station).config;
        let member = group.members.iter().find(|member| member.replica == owner)?;
        if member.in_flight >= prefetch || !self.consumer_lives(group.edge, owner) {
            return None;
        }
        let lane = &mut self.broker_mut(station).groups[group_ix as usize].lanes[partition as usize];
        lane.queue.next_due(now, ordered).map(|offset| (offset, owner))
    }

    fn deliver(&mut self, station: u32, group_ix: u32, partition: u32, offset: u64, replica: u32) {
        let now = self.now;
        self.in_lane(station, group_ix, partition, |lane| lane.hand_over(offset));
        let guarantee = self.broker(station).config.guarantee;
        let group = &mut self.broker_mut(station).groups[group_ix as usize];
        group.ledger.deliveries += 1;
        if let Some(member) = group.members.iter_mut().find(|member| member.replica == replica) {
            member.in_flight += 1;
        }
        let edge = group.edge;
        let Some(entry) = group.lanes[partition as usize].queue.get(offset) else { return };
        let (message, processed, times) = (entry.message, entry.processed, entry.deliveries - 1);
        group.ledger.redeliveries += u64::from(times > 0);
        let delivery = Delivery { station, group: group_ix, partition, offset, replica, over: false };
        let delivery = self.deliveries.insert(delivery);
        let repeat = guarantee == Guarantee::EffectivelyOnce && processed;
        if guarantee == Guarantee::AtMostOnce {
            // Acknowledged before anybody has begun: from here on it depends on this delivery alone.
            self.let_go(station, group_ix, partition, offset);
        }
        let request = self.requests.insert(Request {
            draws: message.draws,
            ordinal: message.ordinal,
            source: message.source,
            user: NONE,
            born: now,
            visited: 0,
            refs: 0,
            // No user waits for it: it ends with its last attempt.
            done: true,
            poison: message.poison,
            hot: message.hot,
            priority: message.priority,
            attempt: NONE,
            operation: message.operation,
            spot: message.spot,
            counted: false,
            cacheable: false,
            loaded: false,
            profiled: false,
        });
        self.note_delivery(request.ix);
        let edge_id = u64::from(self.edges[edge as usize].plan.id.0);
        let base = message.draws.child(purpose::DELIVERY).child(edge_id);
        let verb = if repeat { Verb::Repeat } else { Verb::Request };
        let attempt = self.new_attempt(request.ix, edge, Caller::Delivery(delivery), verb, base);
        let entry = &mut self.attempts[attempt];
        entry.replica = replica;
        if times > 0 {
            entry.draws = base.child(purpose::RETRY).child(u64::from(times));
            entry.try_no = times.min(250) as u8;
        }
        self.send(attempt);
    }

    /// A copy leaves its partition though a delivery of it is under way: that delivery decides.
    fn let_go(&mut self, station: u32, group: u32, partition: u32, offset: u64) {
        let taken = self.in_lane(station, group, partition, |lane| lane.take(offset));
        if let Some(entry) = taken {
            self.depart(station, group, partition, entry, Fate::Lost);
        }
    }

    /// A copy has left its partition; it ends with `fate`, unless somebody has processed it or still may.
    pub(super) fn depart(&mut self, station: u32, group: u32, partition: u32, entry: Entry<Message>, fate: Fate) {
        let now = self.now;
        let broker = self.broker_mut(station);
        let Entry { message, processed, under_way, offset, .. } = entry;
        let settled = processed || under_way == 0 || fate == Fate::Dead || fate == Fate::Processed;
        if under_way > 0 {
            let else_fate = (!settled).then_some(fate);
            let loose = Loose { message, under_way, processed, else_fate };
            broker.groups[group as usize].loose.insert((partition, offset), loose);
        }
        if settled {
            let fate = if processed && fate != Fate::Dead { Fate::Processed } else { fate };
            broker.ended(group, fate, &message);
        } else {
            // It counts as in flight until it is settled.
            broker.groups[group as usize].levels.in_flight += 1;
            broker.deliveries.level(now, 1, 0);
        }
    }

    /// A consumer has done its work well, whether or not anybody still waits for it.
    #[cold]
    pub(in crate::model::system) fn processed(&mut self, key: Key) {
        let now = self.now;
        let Some(Delivery { station, group: group_ix, partition, offset, .. }) = self.deliveries.get(key).copied()
        else {
            return;
        };
        let broker = self.broker_mut(station);
        let once = broker.config.guarantee == Guarantee::EffectivelyOnce;
        let group = &mut broker.groups[group_ix as usize];
        let (message, processed) = if let Some(entry) = group.lanes[partition as usize].queue.get_mut(offset) {
            (entry.message, &mut entry.processed)
        } else if let Some(loose) = group.loose.get_mut(&(partition, offset)) {
            (loose.message, &mut loose.processed)
        } else {
            return;
        };
        let again = std::mem::replace(processed, true);
        if again && once {
            group.ledger.skipped += 1;
            return;
        }
        group.ledger.effects += 1;
        if again {
            group.ledger.duplicates += 1;
        }
        broker.tallies_of(&message).for_each(|tally| tally.processed(again, now.since(message.published)));
        #[cfg(test)]
        self.effects.push((group_ix, message.id, partition, offset));
    }

    /// The broker hears how a delivery went, or stops waiting for it.
    pub(in crate::model::system) fn delivery_answered(&mut self, key: Key, outcome: Outcome, reason: Reason) {
        let now = self.now;
        let Some(delivery) = self.deliveries.get(key).copied() else { return };
        let Delivery { station, group: group_ix, partition, offset, replica, over } = delivery;
        if over {
            return;
        }
        self.deliveries[key.ix].over = true;
        let broker = self.broker_mut(station);
        let config = broker.config;
        let group = &mut broker.groups[group_ix as usize];
        if let Some(member) = group.members.iter_mut().find(|member| member.replica == replica) {
            member.in_flight = member.in_flight.saturating_sub(1);
        }
        let good = outcome == Outcome::Completed;
        if good {
            group.ledger.acknowledged += 1;
        } else {
            group.ledger.failed += 1;
        }
        self.pump_soon(station, group_ix);
        let Some(entry) =
            self.broker_mut(station).groups[group_ix as usize].lanes[partition as usize].queue.get_mut(offset)
        else {
            return;
        };
        if good {
            if config.commit_every.is_some() {
                self.in_lane(station, group_ix, partition, |lane| lane.acknowledge(offset));
            } else if let Some(entry) = self.in_lane(station, group_ix, partition, |lane| lane.take(offset)) {
                self.depart(station, group_ix, partition, entry, Fate::Processed);
            }
            return;
        }
        entry.failures += 1;
        let failures = entry.failures;
        if config.deliveries_max.is_some_and(|most| failures >= most) {
            if let Some(entry) = self.in_lane(station, group_ix, partition, |lane| lane.take(offset)) {
                let letter = DeadLetter {
                    at: now,
                    message: entry.message,
                    group: group_ix,
                    partition,
                    offset,
                    failures,
                    reason,
                };
                self.broker_mut(station).put_aside(letter);
                self.depart(station, group_ix, partition, entry, Fate::Dead);
            }
            return;
        }
        let until = now + config.wait(failures);
        self.in_lane(station, group_ix, partition, |lane| lane.put_back(offset, until));
        self.schedule(until, Timer::Broker { station, turn: BrokerTurn::Consumers { group: group_ix } });
    }

    /// An attempt of a delivery is over for good.
    #[cold]
    pub(in crate::model::system) fn delivery_freed(&mut self, key: Key) {
        let now = self.now;
        let Some(delivery) = self.deliveries.get(key).copied() else { return };
        self.deliveries.remove(key.ix);
        let Delivery { station, group: group_ix, partition, offset, .. } = delivery;
        let broker = self.broker_mut(station);
        let group = &mut broker.groups[group_ix as usize];
        if let Some(entry) = group.lanes[partition as usize].queue.get_mut(offset) {
            entry.under_way -= 1;
            return;
        }
        let Some(loose) = group.loose.get_mut(&(partition, offset)) else { return };
        loose.under_way -= 1;
        let Loose { message, processed, under_way, else_fate } = *loose;
        if under_way == 0 {
            group.loose.remove(&(partition, offset));
        }
        if let Some(fate) = else_fate
            && (processed || under_way == 0)
        {
            if let Some(loose) = group.loose.get_mut(&(partition, offset)) {
                loose.else_fate = None;
            }
            group.levels.in_flight -= 1;
            broker.deliveries.level(now, -1, 0);
            broker.ended(group_ix, if processed { Fate::Processed } else { fate }, &message);
        }
    }

    /// What it costs a consumer to find that it knows a message already.
    pub(in crate::model::system) fn recognition_time(&self, key: Key) -> SimDuration {
        let station = self.deliveries.get(key).map(|delivery| delivery.station);
        station.map_or(SimDuration::ZERO, |station| self.broker(station).config.recognize)
    }

    /// Whether the work of a service fails because of the message that caused it.
    #[cold]
    pub(in crate::model::system) fn is_poison(&self, ix: u32) -> bool {
        let attempt = &self.attempts[ix];
        attempt.request != NONE
            && self.requests[attempt.request].poison
            && self.stations[attempt.station as usize].pool().is_some_and(|pool| pool.config.kind == PoolKind::Service)
    }

    /// The offsets of all that is done are committed.
    pub(in crate::model::system) fn commit(&mut self, station: u32, generation: u32) {
        self.quiet = true;
        if self.stations[station as usize].removed || self.broker(station).generation != generation {
            return;
        }
        if !self.stations[station as usize].down {
            for group in 0..self.broker(station).groups.len() as u32 {
                self.commit_group(station, group);
            }
        }
        if let Some(every) = self.broker(station).config.commit_every {
            self.schedule(self.now + every, Timer::Broker { station, turn: BrokerTurn::Commit { generation } });
        }
    }

    pub(super) fn commit_group(&mut self, station: u32, group: u32) {
        for partition in 0..self.broker(station).groups[group as usize].lanes.len() as u32 {
            for entry in self.in_lane(station, group, partition, Lane::commit) {
                self.depart(station, group, partition, entry, Fate::Processed);
            }
        }
    }
}

impl Broker {
    fn put_aside(&mut self, letter: DeadLetter) {
        if self.dead_letters.len() == DEAD_LETTERS_SHOWN {
            self.dead_letters.pop_front();
        }
        self.dead_letters.push_back(letter);
    }
}
