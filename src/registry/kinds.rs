//! The lists that there are: a line for each registry.

use super::{Listed, ListedFigure, listed};
use crate::lesson::catalog::{BuiltInLesson, BuiltInScenario, LESSONS, SCENARIOS};
use crate::lesson::metric;
use crate::model::admission::{limit, shed};
use crate::model::fault::{self, Targets};
use crate::model::geography::{self, LATENCY_SOURCE, REGIONS, Region};
use crate::model::money::{self, DATABASE_SIZES, Purchase, SIZES, SizePrice, TRANSFER, Way};
use crate::model::params::Entry;
use crate::model::policy::{breaker, budget, bulkhead, hedge, sidecar};
use crate::model::scaler::{
    self, cache_cluster, forecast, instance, kubernetes, nodes, read_replicas, rollout, start_up,
};
use crate::model::station::{self, Category, Outputs, queries, source};
use crate::model::{
    balancer, discipline, distribution, edge, eviction, heap, level, outlier, pattern, profile, replication, sharding,
    slow_start,
};
use crate::topology::chaos;

/// What can be listed.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The word for it on the command line.
    pub word: &'static str,
    /// What it lists, without a period.
    pub about: &'static str,
    from: From,
}

/// Where a list comes from.
#[derive(Clone, Copy, Debug)]
enum From {
    /// Entries that parameters choose from, or that have parameters.
    Entries(fn() -> Vec<&'static Entry>),
    /// Things with more to tell than an entry, or less.
    Things(fn() -> Vec<Listed>),
}

const fn entries(word: &'static str, about: &'static str, from: fn() -> Vec<&'static Entry>) -> Kind {
    Kind { word, about, from: From::Entries(from) }
}
const fn things(word: &'static str, about: &'static str, from: fn() -> Vec<Listed>) -> Kind {
    Kind { word, about, from: From::Things(from) }
}

/// All lists. What a parameter chooses from must stand in one of them, which a test looks after.
pub static KINDS: &[Kind] = &[
    things("stations", "what can be placed on the canvas", || station::REGISTRY.iter().map(station).collect()),
    entries("connections", "what a connection can be told", || vec![&edge::EDGE_ENTRY]),
    entries("strategies", "how a balancer chooses", balancer::entries),
    entries("distributions", "how times and sizes vary", distribution::entries),
    entries("profiles", "load over time", profile::entries),
    entries("backoffs", "how long to wait before a retry", edge::backoffs),
    things("faults", "what can break", || fault::REGISTRY.iter().map(fault).collect()),
    things("metrics", "figures that goals and summaries speak of", || metric::REGISTRY.iter().map(metric).collect()),
    things("scenarios", "systems to begin with", || SCENARIOS.iter().filter_map(scenario).collect()),
    things("lessons", "practice questions and labs", || LESSONS.iter().filter_map(lesson).collect()),
    entries("arrivals", "how clients decide when to send", source::arrival_entries),
    entries("patience", "how long users wait", crate::model::patience_entries),
    entries("budgets", "what holds retries in bounds", budget::entries),
    entries("hedging", "when to send a second try beside the first", hedge::entries),
    entries("breakers", "what stops calls to something that fails", || {
        let hidden = breaker::REGISTRY.iter().map(|kind| kind.entry).filter(|entry| entry.defect);
        breaker::entries().into_iter().chain(hidden).collect()
    }),
    entries("bulkheads", "how many calls may be open", bulkhead::entries),
    entries("sidecars", "what a proxy beside each end costs", sidecar::entries),
    entries("limits", "rate limits", limit::entries),
    entries("shedders", "what turns requests away under overload", shed::entries),
    entries("disciplines", "who is next in a queue", discipline::entries),
    entries("outlier-detection", "whether a balancer ejects backends by what comes back from them", outlier::entries),
    entries("success-rates", "whether outlier detection compares success rates", outlier::rate_entries),
    entries("failure-shares", "whether outlier detection ejects from a share of failures on", outlier::failure_entries),
    entries("slow-start", "whether a new backend gets its share at once", slow_start::entries),
    entries("scalers", "what decides on the number or size of replicas", scaler::entries),
    entries("behaviors", "how fast the Kubernetes scaler may go", kubernetes::behaviors),
    entries("forecasts", "how the predictive scaler looks ahead", forecast::entries),
    entries("instances", "what a replica runs on", instance::entries),
    entries("start-ups", "what happens before a replica serves", start_up::entries),
    entries("rollouts", "how a new version replaces the old one", rollout::entries),
    entries("node-pools", "the machines that containers run on", nodes::entries),
    entries("read-replicas", "copies of a database that answer reads", read_replicas::entries),
    entries("replications", "when a database answers a write", replication::entries),
    entries("failovers", "who takes over from a database's primary", replication::failover::entries),
    entries("sessions", "what clients may count on when replicas answer", replication::sessions::entries),
    entries("sharding", "which part of a database has which keys", sharding::entries),
    entries("resharding", "how keys get to other shards", sharding::copy::entries),
    entries("locks", "whether writes of one row wait for each other", queries::lock_entries),
    entries("queries", "what indexes cost, and their lack", queries::entries),
    entries("local-caches", "caches in the replicas of a service", level::local::entries),
    entries("query-caches", "caches of a database's results", level::query::entries),
    entries("origin-shields", "caches between a CDN's edges and the origin", station::cdn::shields),
    entries("evictions", "what leaves a full cache", eviction::entries),
    entries("cache-clusters", "caches of several nodes", cache_cluster::entries),
    entries("writes", "what becomes of a cached entry when its key is written", pattern::write::entries),
    entries("fills", "which values a cache keeps", pattern::fill::entries),
    entries("loads", "who loads a value that a cache lacks", pattern::load::entries),
    entries("negative-caching", "whether a cache remembers that there is no such item", pattern::negative::entries),
    entries("renewals", "when a cached value is loaded anew", pattern::renewal::entries),
    entries("objects", "what requests take of memory", heap::entries),
    entries("object-pools", "what is kept of it for the next request", heap::pool_entries),
    entries("chaos", "the budget of `headroom chaos`", || vec![&chaos::ENTRY]),
    things("instance-types", "machines by size, with their price", || {
        let service = |size| machine(size, "Machine of a service or a node pool", money::SOURCE);
        let database = |size| machine(size, "Machine of a database with MySQL, in one zone", money::DATABASE_SOURCE);
        SIZES.iter().map(service).chain(DATABASE_SIZES.iter().map(database)).collect()
    }),
    things("prices", "ways to pay for a machine, and what data costs", || {
        money::PURCHASE_OPTIONS.iter().map(purchase).chain(TRANSFER.iter().map(transfer)).collect()
    }),
    things("regions", "places in the world, and how far apart they are", || {
        (0..REGIONS.len()).map(|index| region(Region(index as u8))).collect()
    }),
];

impl Kind {
    /// The kind of that name.
    #[must_use]
    pub fn of(word: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.word == word)
    }

    /// Everything of this kind, in the order of its registry.
    #[must_use]
    pub fn list(&self) -> Vec<Listed> {
        match self.from {
            From::Entries(entries) => entries().into_iter().map(listed).collect(),
            From::Things(things) => things(),
        }
    }

    /// The kind that lists all of `entries`; of several, the shortest list.
    #[must_use]
    pub fn holding(entries: &[&'static Entry]) -> Option<&'static Self> {
        // Many registries have an "off": what it says tells them apart.
        let same = |one: &Entry, other: &Entry| one.id == other.id && one.summary == other.summary;
        let length = |kind: &Self| match kind.from {
            From::Entries(list) => {
                let list = list();
                entries.iter().all(|entry| list.iter().any(|other| same(entry, other))).then_some(list.len())
            }
            From::Things(_) => None,
        };
        let kinds = KINDS.iter().filter_map(|kind| Some((length(kind)?, kind)));
        kinds.min_by_key(|(length, _)| *length).map(|(_, kind)| kind)
    }
}

fn station(kind: &'static station::StationKind) -> Listed {
    Listed {
        category: Some(match kind.category {
            Category::Client => "client",
            Category::Routing => "routing",
            Category::Compute => "compute",
            Category::Cache => "cache",
            Category::Data => "data",
            Category::Messaging => "messaging",
        }),
        accepts_input: Some(kind.accepts_input),
        outputs: Some(match kind.outputs {
            Outputs::None => "none",
            Outputs::Optional => "optional",
            Outputs::Required => "required",
        }),
        ..listed(&kind.entry)
    }
}

fn fault(kind: &'static fault::FaultKind) -> Listed {
    Listed {
        targets: Some(match kind.targets {
            Targets::Stations => "stations",
            Targets::Servers => "stations, balancers too",
            Targets::Services => "services",
            Targets::Caches => "caches",
            Targets::Databases => "databases",
            Targets::Stores => "databases, quorum stores",
            Targets::Clocks => "caches and DNS",
            Targets::Edges => "connections",
            Targets::Sources => "clients",
            Targets::Areas => "areas",
            Targets::Brokers => "brokers",
        }),
        ..listed(kind.entry)
    }
}

fn metric(metric: &'static metric::Metric) -> Listed {
    let name = crate::glossary::GLOSSARY.find(metric.name).map_or(metric.name, |term| &term.name);
    Listed {
        id: metric.name.to_owned(),
        name: name.to_owned(),
        summary: metric.summary.to_owned(),
        unit: Some(metric.unit.symbol()),
        statistics: metric.statistics.to_vec(),
        ..Listed::default()
    }
}

fn scenario(scenario: &BuiltInScenario) -> Option<Listed> {
    let document = scenario.run().ok()?.document;
    Some(Listed { id: scenario.id.to_owned(), name: document.title, summary: document.notes, ..Listed::default() })
}

fn lesson(files: &BuiltInLesson) -> Option<Listed> {
    let lesson = files.lesson().ok()?;
    Some(Listed {
        id: lesson.slug,
        name: format!("{} {}", files.listing.number, lesson.title),
        summary: lesson.summary,
        source: lesson.source,
        ..Listed::default()
    })
}

fn figure(name: &str, value: f64, unit: &'static str) -> ListedFigure {
    ListedFigure { name: name.to_owned(), value, unit }
}

fn machine(size: &SizePrice, what: &str, source: &str) -> Listed {
    Listed {
        id: size.name.to_owned(),
        name: size.name.to_owned(),
        summary: format!("{what}: {} vCPU, {} GiB of memory.", size.vcpu, size.memory_gib),
        source: source.to_owned(),
        figures: vec![
            figure("vcpu", size.vcpu, ""),
            figure("memory", size.memory_gib, "GiB"),
            figure("per_hour", size.per_hour, "USD"),
        ],
        ..Listed::default()
    }
}

fn purchase((id, name): &(&str, &str)) -> Listed {
    Listed {
        id: (*id).to_owned(),
        name: (*name).to_owned(),
        summary: "A way to pay for a machine: this share of its price on demand.".to_owned(),
        source: money::SOURCE.to_owned(),
        figures: vec![figure("share", Purchase::of(id).share(), "")],
        ..Listed::default()
    }
}

fn transfer(price: &money::TransferPrice) -> Listed {
    let id = match price.way {
        Way::Zones => "data-between-zones",
        Way::Regions => "data-between-regions",
        Way::Internet => "data-to-clients",
    };
    Listed {
        id: id.to_owned(),
        name: price.way.label().to_owned(),
        summary: "What a GB of 1,000,000,000 bytes costs on this way.".to_owned(),
        source: money::TRANSFER_SOURCE.to_owned(),
        figures: vec![figure("per_gb", price.per_gb, "USD")],
        ..Listed::default()
    }
}

fn region(region: Region) -> Listed {
    let info = region.info();
    let others = (0..REGIONS.len()).map(|index| Region(index as u8)).filter(|other| *other != region);
    Listed {
        id: info.id.to_owned(),
        name: info.name.to_owned(),
        summary: "A region; the figures are the one-way latencies to the others.".to_owned(),
        source: LATENCY_SOURCE.to_owned(),
        figures: others
            .map(|other| figure(other.info().id, geography::one_way(region, other).as_secs_f64(), "s"))
            .collect(),
        ..Listed::default()
    }
}
