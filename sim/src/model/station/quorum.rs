//! A quorum store: several nodes, each item on some of them, and an answer as soon as enough of those have answered.

use super::{Category, Outputs, StationKind};
use super::{Concern, Resource, Setting, Spend};
use super::{check_time, dist, positive};
use crate::engine::dist::Dist;
use crate::engine::time::SimDuration;
use crate::model::money::{hourly, per_million, prices};
use crate::model::params::{Entry, ParamSpec, Unit, told};
use crate::model::read::Reader;
use crate::model::system::plan::{PoolConfig, PoolKind, StationConfig};

pub const KIND: StationKind = StationKind {
    entry: Entry {
        id: "quorum",
        name: "Quorum store",
        summary: told(
            "Keeps each item on N nodes. A write is answered once W of them have it, a read once R have answered; the newest timestamp wins.",
        ),
        source: told(
            "Dynamo (SOSP 2007) and Apache Cassandra: any node coordinates, the last write wins by the coordinator's clock. Staleness as in Bailis et al., \"Probabilistically Bounded Staleness\", VLDB 2012.",
        ),
        params: &[
            ParamSpec::count(
                "nodes",
                "Nodes",
                5.0,
                1.0,
                50.0,
                "Nodes that share the items. When this changes while it runs, items are on their new nodes at once: the copying is not modeled.",
            ),
            ParamSpec::count("copies", "Copies (N)", 3.0, 1.0, 9.0, "How many nodes keep each item."),
            ParamSpec::count(
                "write_answers",
                "Answers to a write (W)",
                2.0,
                1.0,
                9.0,
                "A write is acknowledged once this many nodes have it.",
            ),
            ParamSpec::count(
                "read_answers",
                "Answers to a read (R)",
                2.0,
                1.0,
                9.0,
                "A read is answered with the newest of this many answers. With R + W > N and a strict quorum, each read meets the last write.",
            ),
            ParamSpec::choice(
                "quorum",
                "Quorum",
                &[("strict", "strict: the item's own nodes"), ("sloppy", "sloppy: the first healthy nodes")],
                "strict",
                "Whether another node may stand in for one that is down. It keeps the store writable, but a read may then miss the write.",
            ),
            ParamSpec::choice(
                "asks",
                "A read asks",
                &[("all", "all copies"), ("enough", "R of them")],
                "all",
                "All copies: the fastest answer, and more work. R of them: a slow one makes the read slow.",
            ),
            ParamSpec::choice(
                "repair",
                "Read repair",
                &[("blocking", "before the answer"), ("after", "after the answer"), ("off", "off")],
                "blocking",
                "Whether a node that answered a read with an old value gets the newest. Before the answer: those among the R; after it: all that answered.",
            ),
            ParamSpec::flag(
                "hints",
                "Hinted handoff",
                true,
                "A write that a node missed is kept as a hint, and handed to it when it is back. A hint is no answer; a node that stands in answers, and hands the write back.",
            ),
            ParamSpec::number(
                "hint_window",
                "Hints for at most",
                Unit::Seconds,
                10_800.0,
                0.0,
                1_000_000.0,
                "A node that has been away for longer gets no more hints. After that, only read repair brings it what it missed.",
            ),
            ParamSpec::number(
                "hint_interval",
                "Hints are handed over every",
                Unit::Seconds,
                10.0,
                0.1,
                3_600.0,
                "How often a node looks whether those it keeps hints for are back.",
            ),
            ParamSpec::count(
                "slots",
                "Slots per node",
                32.0,
                1.0,
                10_000.0,
                "Reads and writes that a node works on at the same time.",
            ),
            ParamSpec::count(
                "queue_limit",
                "Waiting places per node",
                1_000.0,
                0.0,
                1_000_000.0,
                "Reads and writes that may wait at a node; it refuses more.",
            ),
            ParamSpec::variant(
                "read_time",
                "Read time",
                crate::model::distribution_entries,
                "deterministic",
                "Work of one read at a node.",
            ),
            ParamSpec::variant(
                "write_time",
                "Write time",
                crate::model::distribution_entries,
                "deterministic",
                "Work of one write at a node.",
            ),
            ParamSpec::variant(
                "write_delay",
                "Way of a write to a node",
                crate::model::distribution_entries,
                "exponential",
                "Time until a write is at a node, drawn for each copy. The coordinator's own copy takes as long.",
            ),
            ParamSpec::variant(
                "delay",
                "Way of everything else",
                crate::model::distribution_entries,
                "deterministic",
                "Time until a read is at a node, and until an answer is at the coordinator; drawn each time.",
            ),
            ParamSpec::number(
                "write_timeout",
                "Time-out of a write",
                Unit::Seconds,
                2.0,
                0.001,
                3_600.0,
                "When too few answers are in by then, the write times out. Some nodes may have it all the same.",
            ),
            ParamSpec::number(
                "read_timeout",
                "Time-out of a read",
                Unit::Seconds,
                5.0,
                0.001,
                3_600.0,
                "When too few answers are in by then, the read times out.",
            ),
            ParamSpec::number(
                "detection",
                "Silence until taken for dead",
                Unit::Seconds,
                10.0,
                0.0,
                3_600.0,
                "A node that hangs or is cut off is asked for so long; then it counts as dead. 0 = it is asked forever. A crash is noticed at once.",
            ),
            ParamSpec::number(
                "clock_ahead",
                "Clock of node 1 ahead by",
                Unit::Seconds,
                0.0,
                0.0,
                3_600.0,
                "What node 1 coordinates gets timestamps from the future: for so long, later writes through other nodes are acknowledged and lost.",
            ),
            ParamSpec::number(
                "flush_interval",
                "Flush to disk every",
                Unit::Seconds,
                10.0,
                0.0,
                3_600.0,
                "A node that crashes loses what it took since its last flush. 0 = every write is on disk before its answer.",
            ),
            hourly(prices::DATABASE_HELP),
            per_million(prices::DATABASE_REQUESTS_HELP),
            check_time(0.0005),
        ],
        defect: false,
    },
    category: Category::Data,
    icon: "boxes",
    outputs: Outputs::None,
    members_max: |reader| reader.count("nodes"),
    member: |_, number| format!("node {}", number + 1),
    concerns,
    spends: &[Spend {
        of: Resource::Connections,
        amount: |reader| reader.count("nodes").saturating_mul(reader.count("slots")),
    }],
    groups: &[
        ("", &["nodes", "copies", "write_answers", "read_answers"]),
        ("Consistency", &["quorum", "asks", "repair"]),
        ("Handoff", &["hints", "hint_window", "hint_interval"]),
        ("Each node", &["slots", "queue_limit", "read_time", "write_time"]),
        ("Between nodes", &["write_delay", "delay", "write_timeout", "read_timeout", "detection"]),
        ("Clocks and disks", &["clock_ahead", "flush_interval"]),
        ("Health checks", &["check_time"]),
        ("Price", &["price", "request_price"]),
    ],
    ..StationKind::PLAIN
};

/// When nodes that answered a read with an old value get the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair {
    Off,
    /// Before the answer, those among the first R.
    Blocking,
    /// After it, all that answered.
    After,
}

/// How a quorum store is set.
#[derive(Clone, Debug)]
pub struct Settings {
    pub nodes: u32,
    /// N, at most as many as there are nodes.
    pub copies: u32,
    /// W and R, at most N.
    pub write_answers: u32,
    pub read_answers: u32,
    /// Others stand in for nodes that are down.
    pub sloppy: bool,
    /// A read asks all copies, not R.
    pub asks_all: bool,
    pub repair: Repair,
    /// For how long a node that is away gets hints; `None`: there are none.
    pub hint_window: Option<SimDuration>,
    pub hint_interval: SimDuration,
    pub write_delay: Dist,
    pub delay: Dist,
    pub write_timeout: SimDuration,
    pub read_timeout: SimDuration,
    /// A silent node is asked for so long; `None`: forever.
    pub detection: Option<SimDuration>,
    /// Of the first node's clock [ns].
    pub clock_ahead: u64,
    /// `None`: before every answer.
    pub flush_interval: Option<SimDuration>,
}

fn concerns(setting: &Setting<'_>) -> Vec<Concern> {
    let count = |key| setting.reader.count(key);
    let copies = count("copies");
    if copies > count("nodes") {
        return vec![Concern {
            code: "more-copies-than-nodes",
            words: "it has more copies than nodes: each node keeps every item once.",
            remedy: "Add nodes, or keep fewer copies.",
        }];
    }
    if count("write_answers").max(count("read_answers")) > copies {
        return vec![Concern {
            code: "more-answers-than-copies",
            words: "it waits for more answers than there are copies: it waits for all of them.",
            remedy: "Lower W and R to N at most.",
        }];
    }
    Vec::new()
}

/// What runs: a pool of nodes behind one address.
pub(super) fn plan(reader: &Reader<'_>) -> StationConfig {
    let secs = |key| SimDuration::from_secs_f64(reader.number(key));
    let nodes = reader.count("nodes");
    let copies = reader.count("copies").min(nodes);
    let settings = Settings {
        nodes,
        copies,
        write_answers: reader.count("write_answers").min(copies),
        read_answers: reader.count("read_answers").min(copies),
        sloppy: reader.choice("quorum") == "sloppy",
        asks_all: reader.choice("asks") == "all",
        repair: match reader.choice("repair") {
            "blocking" => Repair::Blocking,
            "after" => Repair::After,
            _ => Repair::Off,
        },
        hint_window: reader.flag("hints").then(|| secs("hint_window")),
        hint_interval: secs("hint_interval"),
        write_delay: dist(reader, "write_delay"),
        delay: dist(reader, "delay"),
        write_timeout: secs("write_timeout"),
        read_timeout: secs("read_timeout"),
        detection: positive(reader.number("detection")),
        clock_ahead: secs("clock_ahead").0,
        flush_interval: positive(reader.number("flush_interval")),
    };
    StationConfig::Pool(Box::new(PoolConfig {
        slots: reader.count("slots"),
        queue_limit: reader.count("queue_limit"),
        check_time: secs("check_time"),
        quorum: Some(Box::new(settings)),
        price: reader.number("price"),
        ..PoolConfig::new(PoolKind::Database, dist(reader, "read_time"), dist(reader, "write_time"))
    }))
}
