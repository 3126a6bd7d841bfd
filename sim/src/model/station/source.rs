//! A population of clients that sends requests: open loop (on schedule) or closed loop (after the last answer).

use super::dist;
use super::{Category, Outputs, StationKind};
use crate::model::params::{Entry, ParamKind, ParamSpec, Unit, Value, told};
use crate::model::priority::Priority;
use crate::model::profile::Profile;
use crate::model::read::Reader;
use crate::model::system::plan::{Arrivals, PriorityShare, SourceConfig, StationConfig};

/// Users that a source has at most, faults that bring more included.
pub const USERS_MAX: f64 = 1_000_000.0;

/// Open loop, memoryless.
pub const POISSON: Entry = Entry {
    id: "poisson",
    name: "Poisson (open loop)",
    summary: told("Independent clients: exponential gaps, on schedule no matter how the system is doing."),
    source: told("Poisson process; open-loop load as in wrk2 and k6's arrival-rate executors."),
    params: &[],
    defect: false,
};

/// Open loop, evenly spaced.
pub const REGULAR: Entry = Entry {
    id: "regular",
    name: "Regular (open loop)",
    summary: told("Evenly spaced requests, on schedule no matter how the system is doing."),
    source: told("Deterministic arrivals (D in Kendall's notation)."),
    params: &[],
    defect: false,
};

/// Closed loop.
pub const CLOSED: Entry = Entry {
    id: "closed",
    name: "Users (closed loop)",
    summary: told("A fixed number of users: each waits for the answer, thinks, and asks again."),
    source: told("Closed queueing network with think time (machine-repairman model)."),
    params: &[
        ParamSpec::count("users", "Users", 50.0, 1.0, 100_000.0, "How many users there are."),
        ParamSpec::variant(
            "think_time",
            "Think time",
            crate::model::distribution_entries,
            "exponential",
            "Pause between an answer and the user's next request.",
        ),
    ],
    defect: false,
};

/// How clients decide when to send, as a choice for parameters.
#[must_use]
pub fn arrival_entries() -> Vec<&'static Entry> {
    vec![&POISSON, &REGULAR, &CLOSED]
}

fn default_paths() -> Value {
    Value::List(vec![Value::List(vec![Value::from("/"), Value::Number(1.0)])])
}

fn default_countries() -> Value {
    Value::List(vec![Value::List(vec![Value::from("US"), Value::Number(1.0)])])
}

fn default_priorities() -> Value {
    Value::List(vec![Value::List(vec![Value::from("normal"), Value::Number(1.0), Value::from("")])])
}

pub const KIND: StationKind = StationKind {
    entry: Entry {
        id: "source",
        name: "Clients",
        summary: told("Sends requests into the system."),
        source: told(
            "Open and closed arrival models, Schroeder et al., \"Open Versus Closed: A Cautionary Tale\", NSDI 2006.",
        ),
        params: &[
            ParamSpec::variant("arrivals", "Arrivals", arrival_entries, "poisson", "How clients decide when to send."),
            ParamSpec::variant(
                "profile",
                "Load profile",
                crate::model::profile::entries,
                "constant",
                "How the arrival rate changes over the run (open loop only).",
            ),
            ParamSpec::number("write_share", "Writes", Unit::Share, 0.0, 0.0, 1.0, "Share of requests that write."),
            ParamSpec::number(
                "static_share",
                "Static content",
                Unit::Share,
                0.0,
                0.0,
                1.0,
                "Share of requests for static content (images, scripts); the rest are reads.",
            ),
            ParamSpec::count("keys", "Keys", 10_000.0, 1.0, 1_000_000.0, "How many different items are asked for."),
            ParamSpec::number(
                "key_skew",
                "Skew of keys",
                Unit::Plain,
                0.9,
                0.0,
                2.0,
                "Zipf exponent: 0 = all keys alike, 1 = few keys get most requests.",
            ),
            ParamSpec::number(
                "request_kilobytes",
                "Size of a request, kB",
                Unit::Plain,
                1.0,
                0.0,
                1_000_000.0,
                "What a request weighs on every connection that it goes over. It matters only where bandwidth is short.",
            ),
            ParamSpec::number(
                "answer_kilobytes",
                "Size of an answer, kB",
                Unit::Plain,
                10.0,
                0.0,
                1_000_000.0,
                "What a good answer weighs; an error weighs as much as a request.",
            ),
            ParamSpec::count(
                "clients",
                "Client addresses",
                1_000.0,
                1.0,
                100_000.0,
                "How many IPv4 addresses the clients have.",
            ),
            ParamSpec::count(
                "proxies",
                "Proxies",
                0.0,
                0.0,
                100_000.0,
                "0 = clients come directly. Otherwise all clients of a country share this many addresses, as behind a company's or a mobile network's gateways.",
            ),
            ParamSpec::count(
                "resolvers",
                "DNS resolvers",
                5.0,
                1.0,
                200.0,
                "How many resolvers the clients of each country share; each keeps DNS answers for all of its clients.",
            ),
            ParamSpec {
                key: "paths",
                label: "Paths",
                help: told(
                    "What is asked for: paths and how often relative to each other. Balancers and handlers can route by them.",
                ),
                kind: ParamKind::Table {
                    columns: &[
                        ParamSpec {
                            key: "path",
                            label: "Path",
                            help: told("Begins with a slash."),
                            kind: ParamKind::Text { default: "/" },
                        },
                        ParamSpec::number("weight", "Weight", Unit::Plain, 1.0, 0.0, 1_000_000.0, "Relative share."),
                    ],
                    default: default_paths,
                    rows_max: 50,
                },
            },
            ParamSpec {
                key: "countries",
                label: "Countries",
                help: told("Where the clients are: ISO code and relative weight."),
                kind: ParamKind::Table {
                    columns: &[
                        ParamSpec {
                            key: "country",
                            label: "Country",
                            help: told("ISO 3166 code."),
                            kind: ParamKind::Text { default: "US" },
                        },
                        ParamSpec::number("weight", "Weight", Unit::Plain, 1.0, 0.0, 1_000_000.0, "Relative share."),
                    ],
                    default: default_countries,
                    rows_max: 50,
                },
            },
            ParamSpec {
                key: "priorities",
                label: "Priorities",
                help: told(
                    "How much requests matter, to queues and shedders that go by it: priority, relative weight, and for which path; an empty path matches everything no longer path matches.",
                ),
                kind: ParamKind::Table {
                    columns: &[
                        ParamSpec::choice("priority", "Priority", Priority::OPTIONS, "normal", "high, normal or low."),
                        ParamSpec::number("weight", "Weight", Unit::Plain, 1.0, 0.0, 1_000_000.0, "Relative share."),
                        ParamSpec {
                            key: "path",
                            label: "Path",
                            help: told("Requests whose path begins with this; empty = all."),
                            kind: ParamKind::Text { default: "" },
                        },
                    ],
                    default: default_priorities,
                    rows_max: 50,
                },
            },
            ParamSpec::variant(
                "patience",
                "Patience",
                crate::model::patience_entries,
                "endless",
                "How long a user waits for an answer before leaving. Work begun for them goes on.",
            ),
        ],
        defect: false,
    },
    category: Category::Client,
    icon: "users",
    accepts_input: false,
    outputs: Outputs::Required,
    groups: &[
        ("", &["profile", "arrivals", "write_share", "patience"]),
        (
            "What they ask for",
            &["keys", "key_skew", "paths", "static_share", "priorities", "request_kilobytes", "answer_kilobytes"],
        ),
        ("Who they are", &["clients", "countries", "proxies", "resolvers"]),
    ],
    ..StationKind::PLAIN
};

/// What runs: a source.
pub(super) fn plan(reader: &Reader<'_>) -> StationConfig {
    let profile = || {
        let (entry, variant) = reader.variant("profile");
        Profile::build(entry, &variant.params)
    };
    let (entry, variant) = reader.variant("arrivals");
    let arrivals = match entry.id {
        "closed" => {
            let closed = Reader::new(entry, &variant.params);
            Arrivals::Closed { users: closed.count("users"), think_time: dist(&closed, "think_time") }
        }
        "regular" => Arrivals::Regular(profile()),
        _ => Arrivals::Poisson(profile()),
    };
    StationConfig::Source(SourceConfig {
        arrivals,
        write_share: reader.number("write_share"),
        static_share: reader.number("static_share"),
        keys: reader.count("keys"),
        key_skew: reader.number("key_skew"),
        clients: reader.count("clients"),
        proxies: reader.count("proxies"),
        resolvers: reader.count("resolvers"),
        paths: shares(reader, "paths"),
        countries: shares(reader, "countries"),
        request_kilobytes: reader.number("request_kilobytes"),
        answer_kilobytes: reader.number("answer_kilobytes"),
        priorities: priorities(reader),
        patience: (reader.variant("patience").0.id != "endless").then(|| dist(reader, "patience")),
    })
}

/// Rows (priority, weight, path) of the table.
fn priorities(reader: &Reader<'_>) -> Vec<PriorityShare> {
    let row = |row: Vec<Value>| match row.as_slice() {
        [Value::Text(word), Value::Number(weight), Value::Text(path)] => {
            let priority = Priority::of(word).unwrap_or_default();
            Some(PriorityShare { priority, weight: weight.max(0.0), path: path.clone() })
        }
        _ => None,
    };
    reader.rows("priorities").into_iter().filter_map(row).collect()
}

/// Names and their cumulative shares 0..1, from the rows (name, weight) of a table.
fn shares(reader: &Reader<'_>, key: &str) -> Vec<(String, f64)> {
    let rows: Vec<(String, f64)> = reader
        .rows(key)
        .into_iter()
        .filter_map(|row| match row.as_slice() {
            [Value::Text(name), Value::Number(weight)] => Some((name.clone(), weight.max(0.0))),
            _ => None,
        })
        .collect();
    let total: f64 = rows.iter().map(|(_, weight)| weight).sum();
    let mut sum = 0.0;
    rows.into_iter()
        .map(|(name, weight)| {
            sum += weight / total;
            (name, sum)
        })
        .collect()
}
