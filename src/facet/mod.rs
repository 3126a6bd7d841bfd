//! What a station shows of its inside, a facet each: plain data, how it is read off the running system, and what a card
//! says of it. What a connection shows is [`policy`].
//!
//! A facet is read in two depths. A **glance** is what cards and tables need: it is read of every station and travels
//! with every frame. The **whole** is read of the stations that somebody looks into, a few times a second.
//! Both ends are built from one source (see [`crate::protocol`]), so the data travels as it is; what the model already
//! tells as plain data ([`crate::model::system::ReadReplicasLook`], …) is not told anew.
//!
//! A new one is a file here with [`Show`] and a line in the table below, and a file with a line in
//! `ui/inspector/inside`. It stands on the page in the table's order.

pub mod admission;
pub mod balancer;
pub mod broker;
pub mod cache;
pub mod cache_cluster;
pub mod discipline;
pub mod freshness;
pub mod heap;
pub mod member;
pub mod policy;
pub mod quorum;
pub mod read_replicas;
pub mod replicas;
pub mod rollout;
pub mod rows;
pub mod scaling;
pub mod shards;
pub mod words;

use serde::{Deserialize, Serialize};

use crate::model::ids::NodeId;
use crate::model::system::System;
use crate::model::system::pool::state::Pool;
use crate::model::system::station::Station;

/// One facet.
pub trait Show: Sized {
    /// What there is to see of it; `None`: nothing of the sort here, or nothing at a glance.
    fn read(look: &mut Look<'_>) -> Option<Self>;

    /// What the card says in the place of the setting line, where there is something to say.
    fn state_line(&self) -> Option<StateLine> {
        None
    }

    /// What the card's bar and number show, where that is not utilization.
    fn bar(&self) -> Option<Bar> {
        None
    }
}

macro_rules! facets {
    ($($name:ident($data:ty)),* $(,)?) => {
        /// What a station shows, closed: the page has a view for each of them.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub enum Facet {
            $($name(Box<$data>)),*
        }

        /// How each of them is read.
        const READERS: &[fn(&mut Look<'_>) -> Option<Facet>] =
            &[$(|look| <$data>::read(look).map(|data| Facet::$name(Box::new(data)))),*];

        impl Facet {
            /// See [`Show::state_line`].
            #[must_use]
            pub fn state_line(&self) -> Option<StateLine> {
                match self {
                    $(Self::$name(data) => data.state_line()),*
                }
            }

            /// See [`Show::bar`].
            #[must_use]
            pub fn bar(&self) -> Option<Bar> {
                match self {
                    $(Self::$name(data) => data.bar()),*
                }
            }
        }

        $(
            impl Part for $data {
                fn of(facet: &Facet) -> Option<&Self> {
                    if let Facet::$name(data) = facet { Some(data) } else { None }
                }
            }

            impl From<$data> for Facet {
                fn from(data: $data) -> Self {
                    Self::$name(Box::new(data))
                }
            }
        )*
    };
}

facets! {
    Admission(admission::Admission),
    Discipline(discipline::Queue),
    Rollout(rollout::Rollout),
    Scaling(scaling::Scaling),
    ReadReplicas(read_replicas::ReadReplicas),
    Shards(shards::Shards),
    Quorum(quorum::Quorum),
    Rows(rows::Rows),
    CacheCluster(cache_cluster::CacheCluster),
    Balancer(balancer::Balancer),
    Broker(broker::Broker),
    Replicas(replicas::Replicas),
    Heap(heap::Heap),
    Cache(cache::Cache),
    Freshness(freshness::Freshness),
}

/// Data that is a facet: what [`find`] finds.
pub trait Part: Sized {
    fn of(facet: &Facet) -> Option<&Self>;
}

/// The facet of this type among a station's.
#[must_use]
pub fn find<T: Part>(facets: &[Facet]) -> Option<&T> {
    facets.iter().find_map(T::of)
}

/// What a reader is given.
#[derive(Debug)]
pub struct Look<'a> {
    pub system: &'a System,
    pub station: &'a Station,
    /// The station's index.
    pub at: u32,
    /// Everything, not a glance.
    pub whole: bool,
    pub memory: &'a mut Memory,
}

impl<'a> Look<'a> {
    #[must_use]
    pub const fn node(&self) -> NodeId {
        self.station.id
    }

    /// What works there, where the station is of that sort.
    #[must_use]
    pub fn pool(&self) -> Option<&'a Pool> {
        self.station.pool()
    }
}

/// What is remembered between two looks, since the system itself keeps only what it needs.
#[derive(Debug, Default)]
pub struct Memory {
    balancers: balancer::Memory,
}

impl Memory {
    /// Once for each frame, before anything is read.
    pub fn keep_up(&mut self, system: &System) {
        self.balancers.keep_up(system);
    }
}

/// All facets of a station.
#[must_use]
pub fn read(system: &System, at: u32, whole: bool, memory: &mut Memory) -> Vec<Facet> {
    let mut look = Look { system, station: system.station_at(at), at, whole, memory };
    READERS.iter().filter_map(|reader| reader(&mut look)).collect()
}

/// How much a line on a card weighs: of several the heaviest is shown, of equal ones the first in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// How many there are.
    Number,
    /// Somebody is turned away, or dropped.
    Refusal,
    /// Parts that come and go.
    Parts,
    /// Something is wrong.
    Trouble,
}

/// See [`Show::state_line`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateLine {
    pub weight: Weight,
    pub words: String,
}

/// See [`Show::bar`].
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// The filled share, 0..1.
    pub share: f64,
    /// Being full is bad.
    pub strains: bool,
    /// The number beside the bar.
    pub value: String,
    /// It tells how much waits, so that nothing else need to.
    pub tells_queue: bool,
}

/// The line that a card shows of these.
#[must_use]
pub fn state_line(facets: &[Facet]) -> Option<String> {
    let lines = facets.iter().filter_map(Facet::state_line);
    lines.reduce(|best, line| if line.weight > best.weight { line } else { best }).map(|line| line.words)
}
