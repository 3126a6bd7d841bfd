//! The plan of a system: what `topology::compile` makes of a document. Plain, typed, complete; the system is built
//! from it and, while it runs, rebuilt to match a newer one.

use std::collections::BTreeMap;

use crate::engine::dist::Dist;
use crate::engine::time::SimDuration;
use crate::model::admission::Admission;
use crate::model::broker;
use crate::model::discipline;
use crate::model::eviction;
use crate::model::geography::Region;
use crate::model::heap;
use crate::model::ids::{AreaId, EdgeId, NodeId};
use crate::model::level;
use crate::model::money::{Purchase, Tariff};
use crate::model::objective::Objective;
use crate::model::outlier;
use crate::model::params::{Params, Variant};
use crate::model::pattern;
use crate::model::policy::PolicyPlan;
use crate::model::policy::backoff::Backoff;
use crate::model::priority::Priority;
use crate::model::profile::Profile;
use crate::model::scaler::cache_cluster;
use crate::model::scaler::calendar::Calendar;
use crate::model::scaler::instance::Instance;
use crate::model::scaler::nodes;
use crate::model::scaler::read_replicas;
use crate::model::scaler::rollout;
use crate::model::scaler::start_up::StartUp;
use crate::model::sharding;
use crate::model::slow_start::SlowStart;
use crate::model::station::{queries, quorum};

/// Everything that decides a run but for the inputs.
#[derive(Clone, Debug)]
pub struct Plan {
    /// By ascending id.
    pub stations: Vec<StationPlan>,
    /// By ascending id.
    pub edges: Vec<EdgePlan>,
    /// Names of regions and zones, for the log.
    pub areas: BTreeMap<AreaId, String>,
    pub run: RunPlan,
}

/// How long, how measured.
#[derive(Clone, Debug, PartialEq)]
pub struct RunPlan {
    /// Sources send for this long.
    pub run_length: SimDuration,
    /// Requests that arrive earlier are left out of totals and percentiles.
    pub warm_up: SimDuration,
    /// Later answers are Completed but no goodput.
    pub good_within: Option<SimDuration>,
    /// The run ends this long after its length even if requests are still in flight.
    pub drain: SimDuration,
    pub windows: Vec<WindowPlan>,
    /// What the clock on the wall says, for scalers that plan by it.
    pub calendar: Calendar,
    /// What the service is meant to keep; decides nothing.
    pub objective: Objective,
    /// Whether data that crosses a border is paid for.
    pub transfer: bool,
}

/// A named span; requests belong to it by their arrival.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowPlan {
    pub name: String,
    pub from: SimDuration,
    pub to: SimDuration,
}

#[derive(Clone, Debug)]
pub struct StationPlan {
    pub id: NodeId,
    pub label: String,
    /// Where it stands; `None`: nowhere in particular, that is, where its caller stands.
    pub stands: Option<Standing>,
    /// What stands in front of it.
    pub admission: Admission,
    /// What it costs, beside its machines.
    pub tariff: Tariff,
    pub config: StationConfig,
}

/// A station's place in the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub region: Region,
    /// The region on the canvas.
    pub region_area: AreaId,
    /// The zone within it, if any.
    pub zone: Option<AreaId>,
}

impl Standing {
    /// Whether an outage of `area` hits what stands here.
    #[must_use]
    pub fn is_in(&self, area: AreaId) -> bool {
        self.region_area == area || self.zone == Some(area)
    }
}

#[derive(Clone, Debug)]
pub enum StationConfig {
    Source(SourceConfig),
    Balancer(BalancerConfig),
    /// What works: services, caches, databases.
    Pool(Box<PoolConfig>),
    Broker(broker::Settings),
}

#[derive(Clone, Debug)]
pub struct SourceConfig {
    pub arrivals: Arrivals,
    pub write_share: f64,
    pub static_share: f64,
    pub keys: u32,
    pub key_skew: f64,
    pub clients: u32,
    /// Addresses that the clients of a country share; 0 = each has its own.
    pub proxies: u32,
    /// DNS resolvers that the clients of each country share.
    pub resolvers: u32,
    /// Size of a request, and of a good answer to it [kB].
    pub request_kilobytes: f64,
    pub answer_kilobytes: f64,
    /// (path, cumulative share 0..1).
    pub paths: Vec<(String, f64)>,
    /// (ISO code, cumulative share 0..1).
    pub countries: Vec<(String, f64)>,
    /// How much requests matter: of the rows whose path fits best, one by weight.
    pub priorities: Vec<PriorityShare>,
    /// A user leaves after so long without an answer; `None`: never.
    pub patience: Option<Dist>,
}

/// A share of the requests under a path, and how much they matter.
#[derive(Clone, Debug, PartialEq)]
pub struct PriorityShare {
    pub priority: Priority,
    /// Relative to the others under the same path.
    pub weight: f64,
    /// Requests whose path begins so; empty = all.
    pub path: String,
}

#[derive(Clone, Debug)]
pub enum Arrivals {
    Poisson(Profile),
    Regular(Profile),
    Closed { users: u32, think_time: Dist },
}

#[derive(Clone, Debug)]
pub struct BalancerConfig {
    pub layer: Layer,
    pub strategy: Variant,
    pub checks: Option<CheckConfig>,
    pub outliers: Option<outlier::Settings>,
    pub slow_start: Option<SlowStart>,
    /// With nobody believed well, all are used.
    pub panic_mode: bool,
    /// With a smaller share than this believed well, all are used, 0..1.
    pub panic_threshold: f64,
}

/// What a balancer chooses a backend for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Layer {
    /// For each request (L7). `elsewhere`: a retry goes to a backend not tried before.
    Requests { elsewhere: bool },
    /// For each connection (L4): all that comes over it goes where it leads.
    Connections(ConnectionConfig),
    /// For each answer to "what is the address?" (DNS), which resolvers keep.
    Names(NameConfig),
    /// In every caller on its own, by what a registry has told it.
    Callers(CallerConfig),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConnectionConfig {
    /// Connections that each caller keeps: all clients of a source together, or each replica of a service.
    pub per_caller: u32,
    /// Closed when it is older than this.
    pub lifetime: Option<SimDuration>,
    /// Closed when nothing came over it for this long.
    pub idle: Option<SimDuration>,
    /// Closed after so many requests; 0 = never.
    pub requests: u32,
    /// Closed as soon as the backend is believed dead.
    pub cut_when_down: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NameConfig {
    /// How long a resolver keeps an answer.
    pub ttl: SimDuration,
    /// How long it takes to get one.
    pub lookup: SimDuration,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CallerConfig {
    /// Callers that the clients of a source make; the replicas of a service are one caller each.
    pub clients: u32,
    /// Each caller asks the registry this often.
    pub refresh: SimDuration,
    /// Backends that each caller uses; 0 = all.
    pub subset: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CheckConfig {
    pub interval: SimDuration,
    pub timeout: SimDuration,
    pub rise: u32,
    pub fall: u32,
    /// A check also asks what stands behind the backend.
    pub deep: bool,
    /// Most checks under way at a time; 0: as many as there are backends.
    pub concurrent: u32,
}

#[derive(Clone, Debug)]
pub struct PoolConfig {
    pub kind: PoolKind,
    pub replicas: u32,
    pub slots: u32,
    /// Waiting places: per replica, or in all where the queue is shared.
    pub queue_limit: u32,
    pub shared_queue: bool,
    /// Who is next.
    pub discipline: discipline::Settings,
    pub read_time: Dist,
    pub write_time: Dist,
    pub check_time: SimDuration,
    pub calls: CallMode,
    /// Requests that a replica serves more slowly after it was added or revived; 0: none.
    pub warm_up_requests: u32,
    /// Likewise, for so long after it began to serve.
    pub warm_up: SimDuration,
    /// How many times as long the first of them takes, at least 1.
    pub cold_factor: f64,
    /// Who decides how many replicas there are, and what they are made of; `None`: the drawing, and nobody asks.
    pub scaling: Option<Box<ScalingConfig>>,
    /// What its requests take of memory; `None`: nobody asks.
    pub objects: Option<heap::Settings>,
    /// How a new version replaces the old one.
    pub rollout: rollout::Settings,
    /// Databases: replicas that answer reads; `None`: the primary answers all.
    pub read_replicas: Option<Box<read_replicas::Settings>>,
    /// Services: a cache in each replica; `None`: there is none.
    pub local_cache: Option<Box<level::local::Settings>>,
    /// Databases: a cache of results; `None`: there is none.
    pub query_cache: Option<level::query::Settings>,
    /// A CDN: what its edge caches do; `None`: it is none.
    pub edge_caches: Option<Box<EdgeCaches>>,
    /// Caches: what leaves when one is full.
    pub eviction: eviction::Settings,
    /// Databases: shards that share the keys; `None`: it has all of them.
    pub sharding: Option<Box<sharding::Settings>>,
    /// Sharded databases: reads that ask all shards; `None`: there are none.
    pub scatter: Option<sharding::Scatter>,
    /// Databases: how long a write waits for a row that another one has locked; `None`: rows are not locked.
    pub row_locks: Option<SimDuration>,
    /// Databases: what rows and indexes cost; `None`: queries take their plain times.
    pub queries: Option<queries::Settings>,
    /// A quorum store: its nodes and what they agree on; `None`: it is none.
    pub quorum: Option<Box<quorum::Settings>>,
    /// Caches: nodes among which keys are shared out; `None`: it is one.
    pub cache_cluster: Option<cache_cluster::Settings>,
    /// Databases: share of the items that do not exist until they are written, 0..1.
    pub missing: f64,
    /// Caches: how they are used; `None`: everything goes in, and a write deletes.
    pub caching: Option<Box<pattern::Settings>>,
    /// What the station costs where nothing is said of its replicas [USD/h].
    pub price: f64,
}

impl PoolConfig {
    /// One replica that takes one request at a time and has no queue; everything else is off.
    #[must_use]
    pub fn new(kind: PoolKind, read_time: Dist, write_time: Dist) -> Self {
        Self {
            kind,
            replicas: 1,
            slots: 1,
            queue_limit: 0,
            shared_queue: false,
            discipline: discipline::Settings::default(),
            read_time,
            write_time,
            check_time: SimDuration::ZERO,
            calls: CallMode::Sequence,
            warm_up_requests: 0,
            warm_up: SimDuration::ZERO,
            cold_factor: 1.0,
            scaling: None,
            objects: None,
            rollout: rollout::Settings::default(),
            read_replicas: None,
            local_cache: None,
            query_cache: None,
            edge_caches: None,
            eviction: eviction::Settings::default(),
            sharding: None,
            scatter: None,
            row_locks: None,
            queries: None,
            quorum: None,
            cache_cluster: None,
            missing: 0.0,
            caching: None,
            price: 0.0,
        }
    }
}

/// How replicas come, go, and what they use.
#[derive(Clone, Debug)]
pub struct ScalingConfig {
    /// A choice among the scalers, or none.
    pub scaler: Variant,
    /// `None`: a slot is a core, and memory never runs out.
    pub instance: Option<Instance>,
    /// `None`: a replica is there at once.
    pub start_up: Option<StartUp>,
    /// `None`: there is room for every replica.
    pub nodes: Option<nodes::Settings>,
    /// Index of the nodes' size on the price list, and how they are paid.
    pub node_size: Option<(usize, Purchase)>,
}

impl ScalingConfig {
    /// Nobody scales, and replicas come at once.
    #[must_use]
    pub fn plain() -> Self {
        let scaler = Variant::new("off", Params::new());
        Self { scaler, instance: None, start_up: None, nodes: None, node_size: None }
    }
}

/// What the edge caches of a CDN do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EdgeCaches {
    /// All reads are cached, not static content alone.
    pub all_reads: bool,
    /// Where the cache between them and the origin stands.
    pub shield: Option<Region>,
    /// An error of the origin is answered again for so long.
    pub error_ttl: Option<SimDuration>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PoolKind {
    Service,
    Cache { capacity: u32, ttl: Option<SimDuration> },
    Database,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallMode {
    Sequence,
    Parallel,
    OneOf,
}

#[derive(Clone, Debug)]
pub struct EdgePlan {
    pub id: EdgeId,
    pub from: NodeId,
    pub to: NodeId,
    pub latency: Dist,
    pub timeout: Option<SimDuration>,
    pub retries: u8,
    pub backoff: Backoff,
    pub weight: u32,
    pub carries: Carries,
    /// Only requests whose path begins so; empty = all.
    pub path: String,
    pub probability: f64,
    /// Further policies; `None`: none.
    pub policy: Option<Box<PolicyPlan>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carries {
    All,
    Reads,
    Writes,
    Static,
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Read,
    Write,
    /// Images, scripts: read, never written.
    Static,
}
