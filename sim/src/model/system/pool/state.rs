//! What a station that works keeps, beside its replicas.

use crate::engine::rng::Stream;
use crate::model::discipline::Waiting;
use crate::model::system::caching::Caching;
use crate::model::system::data::Data;
use crate::model::system::data::query_cache::QueryCache;
use crate::model::system::plan::PoolConfig;
use crate::model::system::scaling::Scaling;

/// One step of a handler.
#[derive(Clone, Debug)]
pub(in crate::model::system) enum Step {
    Call(u32),
    Parallel(Vec<u32>),
    OneOf(Vec<u32>),
    /// Cache first (the replica's own before it; [`super::super::slab::NONE`]: that alone), store on a miss; writes go to the
    /// store, then invalidate.
    Aside {
        cache: u32,
        store: u32,
    },
}

#[derive(Clone, Debug)]
pub struct Pool {
    pub config: PoolConfig,
    /// Indices of its replicas that are not removed, by ascending number.
    pub replicas: Vec<u32>,
    pub(in crate::model::system) next_number: u32,
    pub shared: Waiting,
    pub(in crate::model::system) stream: Stream,
    pub(in crate::model::system) steps: Vec<Step>,
    pub(in crate::model::system) program: u16,
    /// Who decides how many replicas there are; `None`: the drawing does.
    pub scaling: Option<Box<Scaling>>,
    /// Where its data lies.
    pub data: Data,
    /// A cache: what it knows beside its entries; `None`: nobody asks.
    pub caching: Option<Box<Caching>>,
    /// A database's cache of results.
    pub query_cache: Option<Box<QueryCache>>,
}
