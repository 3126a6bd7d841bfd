//! Packs a message broker for the page, and what it delivered for the report.

use super::report::{DeliveryReport, Figure, Percentiles, Times};
use crate::engine::time::SimTime;
use crate::model::outcome::Outcome;
use crate::model::system::System;
use crate::model::system::broker::{BROKEN_PROMISE, Broker, DUPLICATE, Fate, Group};
use crate::model::system::meter::Bucket;
use crate::model::system::slab::NONE;
use crate::model::system::station::Station;
use crate::protocol::broker::{
    BrokerFrame, BrokerInside, DeadLetterFrame, GroupFrame, LaneFrame, LedgerFrame, MemberFrame, PartitionFrame,
};

/// `whole`: with all that the inspector shows.
pub(super) fn frame(system: &System, station: &Station, broker: &Broker, whole: bool) -> BrokerFrame {
    let now = system.now();
    let groups = || broker.groups.iter().filter(|group| !group.closed);
    let capacity = broker.config.capacity.max(1);
    let fullest = groups().flat_map(|group| &group.lanes).map(|lane| lane.queue.len()).max().unwrap_or(0);
    let oldest = groups().flat_map(|group| &group.lanes).filter_map(|lane| lane.oldest()).min_by_key(|at| at.0);
    BrokerFrame {
        lag: broker.deliveries.queue() + broker.deliveries.busy(),
        oldest_ns: oldest.map_or(0, |at| now.since(at).0),
        fullest: fullest as f64 / f64::from(capacity),
        rebalance_left_ns: groups().filter_map(|group| left(group.rebalanced_at, now)).max(),
        dead: broker.groups.iter().map(|group| group.ledger.dead).sum(),
        poison: broker.poison,
        recognized: broker.recognized,
        inside: whole.then(|| inside(system, station, broker)),
    }
}

fn left(until: Option<SimTime>, now: SimTime) -> Option<u64> {
    until.filter(|until| *until > now).map(|until| until.since(now).0)
}

fn inside(system: &System, station: &Station, broker: &Broker) -> BrokerInside {
    let partitions = broker.partitions.iter().map(|partition| PartitionFrame {
        topic: broker.topics[partition.topic as usize].clone(),
        number: partition.number,
        end: partition.next_offset,
        flushed: partition.flushed,
        appending: partition.appending_count() as u32,
        closed: partition.closed,
    });
    let name =
        |at: usize| system.station_index(station.id).map_or_else(String::new, |ix| system.group_name(ix, at as u32));
    let groups = broker.groups.iter().enumerate().filter(|(_, group)| !group.closed);
    let letters = broker.dead_letters.iter().rev().map(|letter| DeadLetterFrame {
        at_ns: letter.at.0,
        source: system.stations[letter.message.source as usize].id.0,
        ordinal: letter.message.ordinal,
        group: name(letter.group as usize),
        partition: letter.partition,
        offset: letter.offset,
        failures: letter.failures,
        reason: letter.reason as u8,
    });
    BrokerInside {
        capacity: broker.config.capacity,
        partitions: partitions.collect(),
        groups: groups.map(|(at, group)| group_frame(system, group, name(at))).collect(),
        dead_letters: letters.collect(),
    }
}

fn group_frame(system: &System, group: &Group, name: String) -> GroupFrame {
    let now = system.now();
    let edge = &system.edges[group.edge as usize];
    let members = group.members.iter().map(|member| MemberFrame {
        replica: (member.replica != NONE).then(|| system.replicas[member.replica as usize].number),
        in_flight: member.in_flight,
        silent_left_ns: member.silent_until.map(|until| until.since(now).0),
    });
    let lanes = group.lanes.iter().map(|lane| {
        let levels = lane.queue.levels();
        let owner = group.members.iter().position(|member| Some(member.replica) == lane.owner);
        LaneFrame {
            subscribed: lane.subscribed,
            owner: owner.map(|at| at as u32),
            moving: lane.moving,
            waiting: levels.waiting,
            in_flight: levels.in_flight,
            done: levels.done,
            committed: lane.queue.committed(),
        }
    });
    let ledger = &group.ledger;
    GroupFrame {
        edge: edge.plan.id.0,
        node: system.stations[edge.to as usize].id.0,
        name,
        members: members.collect(),
        lanes: lanes.collect(),
        rebalance_left_ns: left(group.rebalanced_at, now),
        ledger: LedgerFrame {
            published: ledger.published,
            processed: ledger.processed,
            dead: ledger.dead,
            lost: ledger.lost,
            expired: ledger.expired,
            waiting: u64::from(group.levels.waiting),
            in_flight: u64::from(group.levels.in_flight),
            done: u64::from(group.levels.done),
            deliveries: ledger.deliveries,
            redeliveries: ledger.redeliveries,
            duplicates: ledger.duplicates,
            skipped: ledger.skipped,
            broken_promises: ledger.broken_promises,
            rebalances: ledger.rebalances,
        },
    }
}

/// What a broker delivered within a span: published and ended within it.
pub(super) fn report(bucket: &Bucket) -> DeliveryReport {
    let count = |outcome: Outcome| bucket.by_outcome[outcome.index()];
    let processed = count(Fate::Processed.outcome());
    let secs = bucket.secs();
    let mean = |integral: f64| if secs > 0.0 { Figure(integral / secs) } else { Figure::NONE };
    // Those published earlier may end within the span, too.
    let unanswered = bucket.arrivals.saturating_sub(processed);
    DeliveryReport {
        published: bucket.arrivals,
        processed,
        duplicates: count(DUPLICATE),
        dead_letters: count(Fate::Dead.outcome()),
        lost: count(Fate::Lost.outcome()),
        lost_though_acknowledged: count(BROKEN_PROMISE),
        expired: count(Fate::Expired.outcome()),
        lag: mean(bucket.queue_secs + bucket.busy_secs),
        time: Times {
            mean: bucket.times.mean().into(),
            percentiles: Percentiles::ask(|p| bucket.times.percentile(p)),
            max: bucket.times.percentile(100.0).into(),
        },
        time_of_all: Percentiles::ask(|p| bucket.times.percentile_with_unanswered(p, unanswered)),
    }
}
