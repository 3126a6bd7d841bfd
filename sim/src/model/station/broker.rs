//! A message broker: takes messages from producers, keeps them in partitions, hands them to consumer groups.

use super::positive;
use super::{Category, Outputs, StationKind};
use crate::engine::time::SimDuration;
use crate::model::broker::{self, Acks, Guarantee};
use crate::model::money::{per_million, prices};
use crate::model::params::{Entry, ParamSpec, Unit, told};
use crate::model::read::Reader;
use crate::model::system::plan::StationConfig;

pub const KIND: StationKind = StationKind {
    entry: Entry {
        id: "broker",
        name: "Message broker",
        summary: told("Takes messages and answers at once; consumers behind it get them when they can."),
        source: told(
            "Partitions, consumer groups, acks, offsets and rebalancing after Apache Kafka; single acknowledgments, redelivery and dead letters after RabbitMQ and Amazon SQS.",
        ),
        params: &[
            ParamSpec::count(
                "partitions",
                "Partitions",
                6.0,
                1.0,
                32.0,
                "How many parts each topic (each path) has. A partition is read by one member of a consumer group at a time, so more members than partitions stand idle.",
            ),
            ParamSpec::choice(
                "guarantee",
                "Delivery",
                &[
                    ("at_least_once", "at least once: acknowledged after the work"),
                    ("at_most_once", "at most once: acknowledged before the work"),
                    ("effectively_once", "effectively once: repeats are recognized"),
                ],
                "at_least_once",
                "What a crash may cost: a message that is acknowledged before it is processed can be lost, one that is acknowledged after it can be processed twice. Effectively once is at least once with an idempotency key that producer and consumer check.",
            ),
            ParamSpec::choice(
                "acks",
                "The producer waits",
                &[
                    ("none", "for nothing"),
                    ("memory", "until it is in the broker's memory"),
                    ("flushed", "until it is on disk, where it survives a crash"),
                ],
                "memory",
                "When the broker says that it has a message. What it has only in memory is gone when it crashes.",
            ),
            ParamSpec::choice(
                "partition_by",
                "Partition by",
                &[("key", "hash of the key (murmur2)"), ("turn", "in turn")],
                "key",
                "All messages with the same key go to the same partition, so they stay in order. In turn spreads them evenly.",
            ),
            ParamSpec::count(
                "capacity",
                "Room per partition",
                10_000.0,
                1.0,
                100_000.0,
                "Messages that a partition holds for each consumer group until they are done with.",
            ),
            ParamSpec::choice(
                "when_full",
                "When it is full",
                &[("refuse", "refuse new messages (back-pressure)"), ("drop_oldest", "drop the oldest message")],
                "refuse",
                "Refusing tells the producer to slow down; dropping loses messages that have not been processed yet.",
            ),
            ParamSpec::flag(
                "ordered",
                "Keep order",
                true,
                "One message of a partition at a time: those of one key are processed in order, and one that fails holds up those behind it.",
            ),
            ParamSpec::count(
                "prefetch",
                "Messages per member",
                10.0,
                1.0,
                10_000.0,
                "How many messages a member of a group has at a time, those waiting in its queue included.",
            ),
            ParamSpec::number(
                "commit_interval",
                "Commit every",
                Unit::Seconds,
                0.0,
                0.0,
                600.0,
                "How often consumers commit their offsets; what was done since is delivered again when one dies. Kafka's default is 5 s. 0 = each message is acknowledged for itself, at once.",
            ),
            ParamSpec::number(
                "session_timeout",
                "Session time-out",
                Unit::Seconds,
                10.0,
                0.0,
                600.0,
                "A member that is silent for this long is out of the group, and others get its partitions. Kafka's default is 45 s, and was 10 s before 3.0.",
            ),
            ParamSpec::number(
                "rebalance_time",
                "Rebalance takes",
                Unit::Seconds,
                3.0,
                0.0,
                600.0,
                "How long partitions stand still when a member comes or goes. Kafka waits 3 s before the first rebalance of a group.",
            ),
            ParamSpec::choice(
                "rebalance",
                "Rebalance",
                &[("eager", "the whole group stands still"), ("cooperative", "only what changes hands stands still")],
                "eager",
                "Eager: every member gives up everything, then all partitions are shared out again. Cooperative: members keep working on partitions that they keep.",
            ),
            ParamSpec::number(
                "redelivery_wait",
                "Wait before a redelivery",
                Unit::Seconds,
                1.0,
                0.001,
                600.0,
                "After a failed delivery; it doubles with each further one, up to a minute. The time-out of the connection to a consumer is how long the broker waits for an acknowledgment.",
            ),
            ParamSpec::count(
                "max_deliveries",
                "Gives up after",
                0.0,
                0.0,
                1_000.0,
                "A message whose delivery has failed this often is set aside as a dead letter; 0 = never: it is tried forever.",
            ),
            ParamSpec::number(
                "append_time",
                "Append",
                Unit::Seconds,
                0.0002,
                0.0,
                10.0,
                "Work of appending one message; each partition appends one after the other.",
            ),
            ParamSpec::number(
                "flush_time",
                "Flush",
                Unit::Seconds,
                0.005,
                0.0,
                10.0,
                "How long the disk takes, where the producer waits for it; many messages share one flush.",
            ),
            ParamSpec::number(
                "flush_interval",
                "Flush every",
                Unit::Seconds,
                1.0,
                0.001,
                600.0,
                "What is only in memory goes to disk this often. A second: Redis's \"appendfsync everysec\".",
            ),
            ParamSpec::number(
                "dedup_time",
                "Recognizing a repeat",
                Unit::Seconds,
                0.001,
                0.0,
                10.0,
                "Effectively once: what it costs a consumer to find that it has processed a message before.",
            ),
            ParamSpec::number(
                "dedup_window",
                "Remembers for",
                Unit::Seconds,
                120.0,
                0.0,
                3_600.0,
                "Effectively once: how long the broker recognizes a message that is published again. NATS JetStream remembers for 2 minutes, Amazon SQS for 5.",
            ),
            per_million(prices::BROKER_REQUESTS_HELP),
        ],
        defect: false,
    },
    category: Category::Messaging,
    icon: "mailbox",
    accepts_input: true,
    outputs: Outputs::Optional,
    groups: &[
        ("", &["partitions", "guarantee", "acks", "capacity", "when_full"]),
        (
            "Consumers",
            &[
                "partition_by",
                "ordered",
                "prefetch",
                "commit_interval",
                "session_timeout",
                "rebalance",
                "rebalance_time",
            ],
        ),
        ("Redelivery", &["redelivery_wait", "max_deliveries", "dedup_time", "dedup_window"]),
        ("Storage", &["append_time", "flush_time", "flush_interval"]),
        ("Price", &["request_price"]),
    ],
    ..StationKind::PLAIN
};

/// What runs: a broker.
pub(super) fn plan(reader: &Reader<'_>) -> StationConfig {
    let secs = |key| SimDuration::from_secs_f64(reader.number(key));
    let gives_up = reader.count("max_deliveries");
    StationConfig::Broker(broker::Settings {
        partitions: reader.count("partitions"),
        by_key: reader.choice("partition_by") == "key",
        capacity: reader.count("capacity"),
        drop_oldest: reader.choice("when_full") == "drop_oldest",
        acks: match reader.choice("acks") {
            "none" => Acks::None,
            "flushed" => Acks::Flushed,
            _ => Acks::Memory,
        },
        append: secs("append_time"),
        flush: secs("flush_time"),
        flush_every: secs("flush_interval"),
        guarantee: match reader.choice("guarantee") {
            "at_most_once" => Guarantee::AtMostOnce,
            "effectively_once" => Guarantee::EffectivelyOnce,
            _ => Guarantee::AtLeastOnce,
        },
        ordered: reader.flag("ordered"),
        prefetch: reader.count("prefetch"),
        commit_every: positive(reader.number("commit_interval")),
        session: secs("session_timeout"),
        rebalance: secs("rebalance_time"),
        cooperative: reader.choice("rebalance") == "cooperative",
        redelivery: secs("redelivery_wait"),
        deliveries_max: (gives_up > 0).then_some(gives_up),
        recognize: secs("dedup_time"),
        remember: secs("dedup_window"),
    })
}
