//! A message broker: partitions, the groups that consume them, dead letters.

use serde::{Deserialize, Serialize};

use super::words::{grouped, percent};
use super::{Bar, Look, Show, StateLine, Weight};
use crate::engine::time::SimTime;
use crate::model::broker::lane::Levels;
use crate::model::ids::NodeId;
use crate::model::outcome::Reason;
use crate::model::system::broker::{Broker as Running, Group as Consumers, Ledger};

/// What its card shows, and the rest of it; a glance has no [`Inside`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Broker {
    /// Copies of messages that are waiting or being processed, over all groups.
    pub lag: u32,
    /// Age of the oldest message that waits [ns].
    pub oldest_ns: u64,
    /// How full the fullest partition is, 0..1.
    pub fullest: f64,
    /// Time left until the last rebalance under way is over [ns].
    pub rebalance_left_ns: Option<u64>,
    /// Dead letters of all groups.
    pub dead: u64,
    /// Share of poison among new messages, 0..1.
    pub poison: f64,
    /// Publications that were recognized as repeated.
    pub recognized: u64,
    pub inside: Option<Inside>,
}

/// See [`Broker`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Inside {
    /// Messages that a partition holds at most, for each group.
    pub capacity: u32,
    pub partitions: Vec<Partition>,
    pub groups: Vec<Group>,
    /// Newest first.
    pub dead_letters: Vec<DeadLetter>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Partition {
    pub topic: String,
    pub number: u32,
    /// Messages appended so far: the next one's offset.
    pub end: u64,
    /// What is before this offset survives a crash.
    pub flushed: u64,
    /// Being appended.
    pub appending: u32,
    /// It takes nothing new.
    pub closed: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The edge that it is, and the node that consumes.
    pub edge: u32,
    pub node: u32,
    pub name: String,
    pub members: Vec<Member>,
    /// Parallel to the broker's partitions.
    pub lanes: Vec<Lane>,
    pub rebalance_left_ns: Option<u64>,
    pub ledger: Ledger,
    /// What of the ledger is still there: published = processed + dead + lost + waiting + in flight + done.
    pub levels: Levels,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// Number of its replica, from 0; `None`: what stands there as a whole.
    pub replica: Option<u32>,
    pub in_flight: u32,
    /// It is dead, and the broker waits this long until it believes so [ns].
    pub silent_left_ns: Option<u64>,
}

/// A partition as one group sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lane {
    pub subscribed: bool,
    /// Index of the member that owns it.
    pub owner: Option<u32>,
    /// It changes hands, and stands still.
    pub moving: bool,
    pub levels: Levels,
    pub committed: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeadLetter {
    pub at: SimTime,
    /// Whose: the source and the number that it gave the request, from 0.
    pub source: NodeId,
    pub ordinal: u64,
    /// Whose consumer gave up.
    pub group: String,
    pub partition: u32,
    pub offset: u64,
    pub failures: u32,
    pub reason: Reason,
}

impl Show for Broker {
    fn read(look: &mut Look<'_>) -> Option<Self> {
        let broker = look.station.broker()?;
        let now = look.system.now();
        let groups = || broker.groups.iter().filter(|group| !group.closed);
        let capacity = broker.config.capacity.max(1);
        let fullest = groups().flat_map(|group| &group.lanes).map(|lane| lane.queue.len()).max().unwrap_or(0);
        let oldest = groups().flat_map(|group| &group.lanes).filter_map(|lane| lane.oldest()).min_by_key(|at| at.0);
        Some(Self {
            lag: broker.deliveries.queue() + broker.deliveries.busy(),
            oldest_ns: oldest.map_or(0, |at| now.since(at).0),
            fullest: fullest as f64 / f64::from(capacity),
            rebalance_left_ns: groups().filter_map(|group| left(group.rebalanced_at, now)).max(),
            dead: broker.groups.iter().map(|group| group.ledger.dead).sum(),
            poison: broker.poison,
            recognized: broker.recognized,
            inside: look.whole.then(|| inside(look, broker)),
        })
    }

    fn state_line(&self) -> Option<StateLine> {
        let words = if let Some(left) = self.rebalance_left_ns {
            format!("rebalancing {:.1} s", left as f64 / 1e9)
        } else if self.fullest >= 1.0 {
            "a partition is full".to_owned()
        } else if self.dead > 0 {
            let letters = if self.dead == 1 { "dead letter" } else { "dead letters" };
            format!("{} {letters}", grouped(self.dead as f64))
        } else if self.poison > 0.0 {
            format!("{} poison", percent(self.poison))
        } else {
            return None;
        };
        Some(StateLine { weight: Weight::Trouble, words })
    }

    fn bar(&self) -> Option<Bar> {
        let value = format!("lag {}", grouped(f64::from(self.lag)));
        Some(Bar { share: self.fullest.clamp(0.0, 1.0), strains: true, value, tells_queue: true })
    }
}

fn left(until: Option<SimTime>, now: SimTime) -> Option<u64> {
    until.filter(|until| *until > now).map(|until| until.since(now).0)
}

fn inside(look: &Look<'_>, broker: &Running) -> Inside {
    let partitions = broker.partitions.iter().map(|partition| Partition {
        topic: broker.topics[partition.topic as usize].clone(),
        number: partition.number,
        end: partition.next_offset,
        flushed: partition.flushed,
        appending: partition.appending_count() as u32,
        closed: partition.closed,
    });
    let name = |group: usize| look.system.group_name(look.at, group as u32);
    let groups = broker.groups.iter().enumerate().filter(|(_, group)| !group.closed);
    let letters = broker.dead_letters.iter().rev().map(|letter| DeadLetter {
        at: letter.at,
        source: look.system.station_at(letter.message.source).id,
        ordinal: letter.message.ordinal,
        group: name(letter.group as usize),
        partition: letter.partition,
        offset: letter.offset,
        failures: letter.failures,
        reason: letter.reason,
    });
    Inside {
        capacity: broker.config.capacity,
        partitions: partitions.collect(),
        groups: groups.map(|(at, consumers)| group(look, consumers, name(at))).collect(),
        dead_letters: letters.collect(),
    }
}

fn group(look: &Look<'_>, group: &Consumers, name: String) -> Group {
    let (system, now) = (look.system, look.system.now());
    let edge = system.edge_at(group.edge);
    let members = group.members.iter().map(|member| Member {
        replica: system.replica_at(member.replica).map(|replica| replica.number),
        in_flight: member.in_flight,
        silent_left_ns: member.silent_until.map(|until| until.since(now).0),
    });
    let lanes = group.lanes.iter().map(|lane| {
        let owner = group.members.iter().position(|member| Some(member.replica) == lane.owner);
        Lane {
            subscribed: lane.subscribed,
            owner: owner.map(|at| at as u32),
            moving: lane.moving,
            levels: lane.queue.levels(),
            committed: lane.queue.committed(),
        }
    });
    Group {
        edge: edge.plan.id.0,
        node: system.station_at(edge.to).id.0,
        name,
        members: members.collect(),
        lanes: lanes.collect(),
        rebalance_left_ns: left(group.rebalanced_at, now),
        ledger: group.ledger,
        levels: group.levels,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_tells_the_worst_of_a_broker_and_how_much_it_owes() {
        let said = |broker: &Broker| broker.state_line().map(|line| line.words);
        let mut broker = Broker { lag: 12_000, fullest: 0.4, ..Broker::default() };
        assert_eq!(said(&broker), None);
        broker.poison = 0.05;
        assert_eq!(said(&broker).as_deref(), Some("5 % poison"));
        broker.dead = 1;
        assert_eq!(said(&broker).as_deref(), Some("1 dead letter"));
        broker.fullest = 1.0;
        assert_eq!(said(&broker).as_deref(), Some("a partition is full"));
        broker.rebalance_left_ns = Some(1_500_000_000);
        assert_eq!(said(&broker).as_deref(), Some("rebalancing 1.5 s"));
        let bar = broker.bar().expect("brokers have one");
        assert_eq!((bar.share, bar.value.as_str()), (1.0, "lag 12\u{202f}000"));
    }
}
