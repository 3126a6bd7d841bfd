//! Consumer groups: who belongs to one, who owns which partition, and what happens when somebody comes or goes.

use serde::{Deserialize, Serialize};

use super::super::System;
use super::super::log::LogTone;
use super::super::slab::NONE;
use super::delivery::Loose;
use super::{Fate, Message, Partition};
use crate::engine::ordered::Ordered;
use crate::engine::sort;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::broker::assignment;
use crate::model::broker::lane::{Lane, Levels};
use crate::model::system::timer::{BrokerTurn, Timer};

/// What a group was owed and got, in copies of messages; see the module of brokers for what adds up to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    pub published: u64,
    /// Processed, and nothing is owed any more.
    pub processed: u64,
    pub dead: u64,
    /// Gone without having been processed.
    pub lost: u64,
    /// Of those lost: dropped to make room, or with the group.
    pub expired: u64,
    /// Deliveries sent: those acknowledged, failed, and those that the broker did not hear of before it crashed or
    /// still waits for.
    pub deliveries: u64,
    pub redeliveries: u64,
    pub acknowledged: u64,
    pub failed: u64,
    /// Cut off by a crash of the broker.
    pub cut: u64,
    /// Times that a message was processed: the first time and again.
    pub effects: u64,
    pub duplicates: u64,
    /// Processed again, recognized, and of no effect.
    pub skipped: u64,
    /// Of those lost: the producer had been told that they are safe.
    pub broken_promises: u64,
    pub rebalances: u64,
}

/// Somebody who consumes for a group.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Index of the replica; [`NONE`]: the station at the end of the edge, as a whole.
    pub replica: u32,
    /// Deliveries that the broker waits for.
    pub in_flight: u32,
    /// It is silent, and out of the group at this time.
    pub silent_until: Option<SimTime>,
}

/// A partition as a group sees it.
#[derive(Clone, Debug, Default)]
pub struct GroupLane {
    pub queue: Lane<Message>,
    /// The member (its replica) that owns it.
    pub owner: Option<u32>,
    pub subscribed: bool,
    /// It changes hands, and stands still until the rebalance is over.
    pub moving: bool,
}

#[derive(Clone, Debug)]
pub struct Group {
    pub edge: u32,
    /// Its edge or its broker is gone.
    pub closed: bool,
    pub members: Vec<Member>,
    /// Parallel to the broker's partitions.
    pub lanes: Vec<GroupLane>,
    pub levels: Levels,
    pub ledger: Ledger,
    /// Partitions are being shared out anew until then.
    pub rebalanced_at: Option<SimTime>,
    /// Where the next round of deliveries begins.
    pub(super) turn: u32,
    pump_due: bool,
    pub(super) loose: Ordered<(u32, u64), Loose>,
}

impl GroupLane {
    /// When the oldest message that is not done with was published.
    pub fn oldest(&self) -> Option<SimTime> {
        self.queue.first_open().map(|entry| entry.message.published)
    }
}

impl Group {
    fn new(edge: u32) -> Self {
        Self {
            edge,
            closed: false,
            members: Vec::new(),
            lanes: Vec::new(),
            levels: Levels::default(),
            ledger: Ledger::default(),
            rebalanced_at: None,
            turn: 0,
            pump_due: false,
            loose: Ordered::new(),
        }
    }

    /// Whether nothing may be delivered from a lane now.
    pub(super) const fn stands_still(&self, lane: &GroupLane) -> bool {
        lane.moving || !lane.subscribed
    }
}

impl System {
    /// Makes a broker's partitions and groups match what is drawn.
    pub(in crate::model::system) fn fit_broker(&mut self, station: u32) {
        if self.stations[station as usize].broker().is_none() || self.stations[station as usize].removed {
            return;
        }
        self.has_brokers = true;
        let out = self.stations[station as usize].out.clone();
        let broker = self.broker_mut(station);
        broker.forget_paths();
        for &edge in &out {
            if !broker.groups.iter().any(|group| group.edge == edge && !group.closed) {
                broker.groups.push(Group::new(edge));
            }
        }
        for group in 0..self.broker(station).groups.len() as u32 {
            let entry = &self.broker(station).groups[group as usize];
            if !entry.closed && !out.contains(&entry.edge) {
                self.close_group(station, group, Fate::Expired);
            }
        }
        self.fit_partitions(station);
        for group in 0..self.broker(station).groups.len() as u32 {
            self.fit_members(station, group);
        }
    }

    /// Each topic gets the partitions that are set, each group a lane for each of them.
    pub(super) fn fit_partitions(&mut self, station: u32) {
        let broker = self.broker_mut(station);
        let wanted = broker.config.partitions;
        for topic in 0..broker.topics.len() as u32 {
            for number in 0..wanted {
                if !broker.partitions.iter().any(|one| (one.topic, one.number) == (topic, number)) {
                    broker.partitions.push(Partition::new(topic, number));
                }
            }
        }
        for partition in &mut broker.partitions {
            partition.closed = partition.number >= wanted;
        }
        for group in 0..self.broker(station).groups.len() as u32 {
            self.fit_lanes(station, group);
        }
    }

    fn fit_lanes(&mut self, station: u32, group_ix: u32) {
        let broker = self.broker(station);
        let group = &broker.groups[group_ix as usize];
        let path = &self.edges[group.edge as usize].plan.path;
        let subscribed: Vec<bool> = broker
            .partitions
            .iter()
            .map(|partition| !group.closed && broker.topics[partition.topic as usize].starts_with(path.as_str()))
            .collect();
        let mut left = Vec::new();
        let mut changed = false;
        let group = &mut self.broker_mut(station).groups[group_ix as usize];
        for (at, subscribed) in subscribed.into_iter().enumerate() {
            if at == group.lanes.len() {
                group.lanes.push(GroupLane::default());
            }
            let lane = &mut group.lanes[at];
            changed |= lane.subscribed != subscribed;
            if lane.subscribed && !subscribed {
                left.push(at as u32);
            }
            lane.subscribed = subscribed;
        }
        for partition in left {
            self.empty_lane(station, group_ix, partition, Fate::Expired);
        }
        if changed && !self.broker(station).groups[group_ix as usize].members.is_empty() {
            self.reassign(station, group_ix, false);
        }
    }

    /// Nothing more goes to a group.
    pub(super) fn close_group(&mut self, station: u32, group: u32, fate: Fate) {
        let entry = &mut self.broker_mut(station).groups[group as usize];
        entry.closed = true;
        entry.members.clear();
        for partition in 0..entry.lanes.len() as u32 {
            self.broker_mut(station).groups[group as usize].lanes[partition as usize].subscribed = false;
            self.empty_lane(station, group, partition, fate);
        }
    }

    fn empty_lane(&mut self, station: u32, group: u32, partition: u32, fate: Fate) {
        while let Some(entry) = self.in_lane(station, group, partition, Lane::take_oldest) {
            self.depart(station, group, partition, entry, fate);
        }
    }

    /// Whether a consumer is there to take something: consumers fetch, so the dead get nothing.
    pub(super) fn consumer_lives(&self, edge: u32, replica: u32) -> bool {
        if replica != NONE {
            return self.replicas[replica as usize].takes_new();
        }
        let target = &self.stations[self.edges[edge as usize].to as usize];
        if target.removed || target.down {
            return false;
        }
        target.pool().is_none_or(|pool| pool.replicas.iter().any(|ix| self.replicas[*ix as usize].takes_new()))
    }

    /// Who could be a member of a group: each replica, or what stands there as a whole. A database with read replicas, or
    /// a cache of several nodes, knows by itself who is to answer.
    fn candidates(&self, edge: u32) -> Vec<u32> {
        let target = &self.stations[self.edges[edge as usize].to as usize];
        target.addressed().map_or_else(|| vec![NONE], |pool| pool.replicas.clone())
    }

    /// Members come, go, fall silent or are heard again.
    fn fit_members(&mut self, station: u32, group_ix: u32) {
        let now = self.now;
        let group = &self.broker(station).groups[group_ix as usize];
        if group.closed {
            return;
        }
        let edge = group.edge;
        let session = self.broker(station).config.session;
        let candidates = self.candidates(edge);
        let mut members = std::mem::take(&mut self.broker_mut(station).groups[group_ix as usize].members);
        let before = members.len();
        // Who leaves in good order says so: it is out at once.
        members.retain(|member| {
            candidates.contains(&member.replica)
                && (member.replica == NONE || {
                    let replica = &self.replicas[member.replica as usize];
                    replica.dead || replica.takes_new()
                })
        });
        let mut changed = members.len() != before;
        let mut silent = Vec::new();
        for member in members.iter_mut().filter(|member| member.replica != NONE) {
            let dead = self.replicas[member.replica as usize].dead;
            if dead && member.silent_until.is_none() {
                member.silent_until = Some(now + session);
                silent.push(member.replica);
            } else if !dead {
                member.silent_until = None;
            }
        }
        if session == SimDuration::ZERO {
            let before = members.len();
            members.retain(|member| member.silent_until.is_none());
            changed |= members.len() != before;
        }
        for replica in candidates {
            let there = replica == NONE || self.replicas[replica as usize].takes_new();
            if there && !members.iter().any(|member| member.replica == replica) {
                members.push(Member { replica, in_flight: 0, silent_until: None });
                changed = true;
            }
        }
        self.broker_mut(station).groups[group_ix as usize].members = members;
        for replica in silent {
            self.forget_uncommitted(station, group_ix, replica);
            if session > SimDuration::ZERO {
                self.schedule(
                    now + session,
                    Timer::Broker { station, turn: BrokerTurn::Consumers { group: group_ix } },
                );
            }
        }
        if changed {
            self.reassign(station, group_ix, true);
        }
        self.pump_soon(station, group_ix);
    }

    /// A consumer died with offsets that it had not committed.
    fn forget_uncommitted(&mut self, station: u32, group: u32, replica: u32) {
        for partition in 0..self.broker(station).groups[group as usize].lanes.len() as u32 {
            if self.broker(station).groups[group as usize].lanes[partition as usize].owner == Some(replica) {
                self.in_lane(station, group, partition, Lane::go_back);
            }
        }
    }

    /// Shares the partitions out anew; `pause`: the group stands still meanwhile.
    fn reassign(&mut self, station: u32, group_ix: u32, pause: bool) {
        let now = self.now;
        let config = self.broker(station).config;
        // A member that gives up a partition commits first.
        let group = &mut self.broker_mut(station).groups[group_ix as usize];
        let owned = group.lanes.iter().any(|lane| lane.owner.is_some());
        if !pause || now == SimTime::ZERO || config.rebalance == SimDuration::ZERO || group.lanes.is_empty() {
            group.rebalanced_at = group.rebalanced_at.filter(|_| !pause);
            if group.rebalanced_at.is_none() {
                self.settle_owners(station, group_ix);
            }
            return;
        }
        let until = now + config.rebalance;
        group.rebalanced_at = Some(until);
        group.ledger.rebalances += 1;
        let planned = group.plan(config.cooperative);
        for (lane, owner) in group.lanes.iter_mut().zip(planned) {
            lane.moving = !config.cooperative || lane.owner != owner;
        }
        if owned {
            self.commit_group(station, group_ix);
        }
        self.schedule(until, Timer::Broker { station, turn: BrokerTurn::Consumers { group: group_ix } });
        let name = self.group_name(station, group_ix);
        let id = self.stations[station as usize].id;
        let how =
            if config.cooperative { "partitions that change hands stand still" } else { "all of it stands still" };
        let text = format!("{name} rebalances for {} s: {how}", config.rebalance.as_secs_f64());
        self.log(LogTone::Info, Some(id), text);
    }

    /// The rebalance is over: everybody has its partitions.
    fn settle_owners(&mut self, station: u32, group_ix: u32) {
        let cooperative = self.broker(station).config.cooperative;
        let group = &mut self.broker_mut(station).groups[group_ix as usize];
        group.rebalanced_at = None;
        let planned = group.plan(cooperative);
        for (lane, owner) in group.lanes.iter_mut().zip(planned) {
            lane.owner = owner;
            lane.moving = false;
        }
    }

    /// A moment that a group has waited for: sessions end, rebalances end, redeliveries are due.
    pub(in crate::model::system) fn consumers_due(&mut self, station: u32, group_ix: u32) {
        let now = self.now;
        if self.stations[station as usize].removed {
            return;
        }
        let group = &mut self.broker_mut(station).groups[group_ix as usize];
        group.pump_due = false;
        if group.closed {
            return;
        }
        let members = group.members.len();
        group.members.retain(|member| member.silent_until.is_none_or(|until| until > now));
        let left = members - group.members.len();
        let over = group.rebalanced_at.is_some_and(|until| until <= now);
        if left > 0 {
            let name = self.group_name(station, group_ix);
            let id = self.stations[station as usize].id;
            self.log(LogTone::Bad, Some(id), format!("{name} lost a member that was silent for too long"));
            self.reassign(station, group_ix, true);
        } else if over {
            self.settle_owners(station, group_ix);
        }
        self.pump(station, group_ix);
    }

    /// Deliveries go on as soon as what is happening now is over.
    pub(super) fn pump_soon(&mut self, station: u32, group: u32) {
        let now = self.now;
        let entry = &mut self.broker_mut(station).groups[group as usize];
        if !std::mem::replace(&mut entry.pump_due, true) {
            self.schedule(now, Timer::Broker { station, turn: BrokerTurn::Consumers { group } });
        }
    }

    /// Replicas of a station died, came back, or are being drained: do brokers deliver there?
    pub(in crate::model::system) fn consumers_changed(&mut self, consumer: u32) {
        if self.has_brokers {
            self.tell_brokers(consumer);
        }
    }

    #[cold]
    fn tell_brokers(&mut self, consumer: u32) {
        for station in 0..self.stations.len() as u32 {
            let host = &self.stations[station as usize];
            let Some(broker) = host.broker() else { continue };
            if host.removed {
                continue;
            }
            for group in 0..broker.groups.len() as u32 {
                let entry = &self.broker(station).groups[group as usize];
                if !entry.closed && self.edges[entry.edge as usize].to == consumer {
                    self.fit_members(station, group);
                }
            }
        }
    }

    /// What a group is called: as the station that consumes.
    pub fn group_name(&self, station: u32, group: u32) -> String {
        let edge = self.broker(station).groups[group as usize].edge;
        self.stations[self.edges[edge as usize].to as usize].label.clone()
    }
}

impl Group {
    /// Who is to own what, by who is a member now.
    fn plan(&self, cooperative: bool) -> Vec<Option<u32>> {
        let mut members: Vec<u32> = self.members.iter().map(|member| member.replica).collect();
        sort::few(&mut members);
        let subscribed: Vec<usize> = (0..self.lanes.len()).filter(|at| self.lanes[*at].subscribed).collect();
        let owners = if cooperative {
            let before: Vec<Option<u32>> = subscribed.iter().map(|at| self.lanes[*at].owner).collect();
            assignment::sticky(&before, &members)
        } else {
            assignment::round_robin(subscribed.len(), &members)
        };
        let mut plan = vec![None; self.lanes.len()];
        for (at, owner) in subscribed.into_iter().zip(owners) {
            plan[at] = owner;
        }
        plan
    }
}

impl Partition {
    pub fn appending_count(&self) -> usize {
        self.appending.len()
    }

    pub(super) const fn new(topic: u32, number: u32) -> Self {
        Self {
            topic,
            number,
            closed: false,
            appending: std::collections::VecDeque::new(),
            free_at: SimTime::ZERO,
            generation: 0,
            next_offset: 0,
            flushed: 0,
        }
    }
}
