//! What a balancer keeps: its backends, what its pickers believe of them, connections, names.

use std::collections::VecDeque;

use crate::engine::ordered::Ordered;
use crate::engine::rng::{DrawKey, Stream};
use crate::engine::time::SimTime;
use crate::model::balancer::{BackendView, Strategy};
use crate::model::geography::Region;
use crate::model::outlier::Detector;
use crate::model::system::plan::BalancerConfig;

/// A backend as its balancer knows it.
#[derive(Clone, Debug)]
pub struct Backend {
    pub edge: u32,
    /// Index of the replica; [`NONE`]: the one that the station chooses.
    pub replica: u32,
    pub host: u64,
    pub region: Option<Region>,
    /// The weight that it was given.
    pub weight: u32,
    pub removed: bool,
    pub healthy: bool,
    pub since: SimTime,
    pub good_run: u32,
    pub bad_run: u32,
    /// An operator takes it out; since when it is so, or not.
    pub draining: bool,
    pub drained_at: SimTime,
    /// By the balancer's own outlier detection.
    pub ejected: bool,
    /// Whether it is in rotation, and when it last came in; at the start of the run: it was there before.
    pub(in crate::model::system) in_rotation: bool,
    pub(in crate::model::system) rotated_in: SimTime,
    pub selections: u64,
    /// Requests sent there and not yet answered, by whomever.
    pub in_flight: u32,
    /// Smoothed over all answers: response time [s], NaN before the first; share of errors 0..1.
    pub response_time: f64,
    pub error_rate: f64,
}

/// What a picker was last told of a backend.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known {
    /// It was told anything at all.
    pub(in crate::model::system) heard: bool,
    /// It belongs to those that the picker chooses among, well or not.
    pub(in crate::model::system) mine: bool,
    /// Believed well besides.
    pub(in crate::model::system) well: bool,
    pub(in crate::model::system) weight: u32,
    /// Since when its share grows in slow start; at the start of the run: it has its share.
    pub(in crate::model::system) rising: SimTime,
}

/// One chooser with its own view: a balancer has one for each route, a balancer in the callers one for each caller.
#[derive(Clone, Debug)]
pub struct Picker {
    pub strategy: Box<dyn Strategy>,
    /// What the strategy sees, parallel to the balancer's `backends`.
    pub views: Vec<BackendView>,
    /// See `PickContext::version`.
    pub version: u64,
    /// Edges that it may use, ascending; `None`: all.
    pub(in crate::model::system) edges: Option<Vec<u32>>,
    /// What the views follow from, parallel to them.
    pub(in crate::model::system) known: Vec<Known>,
    /// Its own outlier detection: every caller has one.
    pub detector: Option<Box<Detector>>,
    /// Its strategy goes by weights.
    pub(in crate::model::system) by_weight: bool,
    /// When weights in slow start are due again; never: nobody is in slow start.
    pub(in crate::model::system) weights_due: SimTime,
    /// Of the backends: how many are its own, and how many of these it would choose.
    pub(in crate::model::system) mine: usize,
    pub(in crate::model::system) well: usize,
}

#[derive(Clone, Debug)]
pub struct Balancer {
    pub config: BalancerConfig,
    pub(in crate::model::system) stream: Stream,
    pub(in crate::model::system) probe_draws: DrawKey,
    pub(in crate::model::system) probes_sent: u64,
    /// Backends still to be asked in this round, where not all are asked at once.
    pub(in crate::model::system) to_check: VecDeque<u32>,
    /// Checks sent and not yet answered or given up.
    pub(in crate::model::system) checks_out: u32,
    pub(in crate::model::system) generation: u32,
    /// Outlier detection over all that it sends; callers have their own.
    pub detector: Option<Box<Detector>>,
    /// So few are believed well that all are used.
    pub panicking: bool,
    /// Its connections tell paths or operations apart.
    pub(in crate::model::system) routed: bool,
    /// Append-only while it runs, so that answers under way find their backend.
    pub backends: Vec<Backend>,
    pub pickers: Vec<Picker>,
    pub memory: Memory,
}

/// What a balancer keeps between requests.
#[derive(Clone, Debug)]
pub enum Memory {
    /// Which picker serves which kind of request (source, path, operation); [`NONE`]: none does.
    Routes(Ordered<(u32, u16, u8), u32>),
    Connections(Connections),
    /// What each resolver was told.
    Names(Ordered<Asker, Told>),
    /// Which picker is whose.
    Callers(Ordered<Asker, u32>),
}

/// Somebody who asks a balancer: station, and which part of it (client group, resolver, replica's number).
pub type Asker = (u32, u32);

#[derive(Clone, Debug, Default)]
pub struct Connections {
    pub by_asker: Ordered<Asker, u32>,
    pub list: Vec<Connection>,
    /// No open connection can end by age or idleness before this.
    pub(in crate::model::system) next_end: SimTime,
}

#[derive(Clone, Copy, Debug)]
pub struct Connection {
    /// [`NONE`]: closed.
    pub backend: u32,
    pub opened: SimTime,
    pub used: SimTime,
    pub requests: u32,
}

/// An answer that a resolver keeps.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    pub backend: u32,
    /// When the answer is there.
    pub ready: SimTime,
    pub expires: SimTime,
}
