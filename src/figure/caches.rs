//! The figures of copies: how old the answers of caches, read replicas and quorum stores are, and what becomes of writes.

use super::table::{COUNT, MEAN, USUAL, field, goal, ratio};
use super::{Ask, Field, Goal, Group, Spec, Without};
use crate::model::params::Unit;
use crate::model::system::counts::Count;
use crate::model::system::station::Station;

static FRESHNESS: Group = Group {
    name: "freshness",
    interface: "FreshnessReport",
    meaning: "how old a cache's answers were; absent elsewhere, and where nothing is written",
    summary: "how old a cache's answers were",
    at: Station::knows_versions,
};

static WRITES: Group = Group {
    name: "writes",
    interface: "WritesReport",
    meaning: "what became of the writes that a cache acknowledged from memory (write-behind), a quorum store, or a database whose replication waits or that fails over; absent elsewhere",
    summary: "what became of acknowledged writes",
    at: Station::takes_writes,
};

static REPLICATED: Group = Group {
    name: "replicated",
    interface: "ReplicatedReport",
    meaning: "what read replicas of a database answered, or a quorum store; absent elsewhere",
    summary: "reads that read replicas of a database answered, or a quorum store",
    at: Station::is_replicated,
};

static SESSIONS: Group = Group {
    name: "sessions",
    interface: "SessionsReport",
    meaning: "what clients missed when replicas answered their reads, and what guarantees cost; absent unless sessions are watched",
    summary: "what clients missed when replicas answered their reads",
    at: Station::knows_sessions,
};

pub(super) const OWN_WRITES_MISSED: Spec = Spec {
    id: "own_writes_missed",
    unit: Unit::Count,
    read: |bucket| bucket.counts[Count::OwnWritesMissed] as f64,
    field: Some(Field {
        group: Some(&SESSIONS),
        whole: true,
        ..field("missed_own_write", "reads that did not find a write of their own client from before them")
    }),
    goal: Some(goal(COUNT, "Reads that did not find a write of their own client, committed before they came.")),
    ..USUAL
};

pub(super) const READS_GONE_BACK: Spec = Spec {
    id: "reads_gone_back",
    unit: Unit::Count,
    read: |bucket| bucket.counts[Count::ReadsGoneBack] as f64,
    field: Some(Field {
        group: Some(&SESSIONS),
        whole: true,
        ..field("went_back", "reads that found something older than their client had read before")
    }),
    goal: Some(goal(COUNT, "Reads that found something older than their client had read before.")),
    ..USUAL
};

pub(super) const READS_TO_PRIMARY: Spec = Spec {
    id: "reads_to_primary",
    unit: Unit::Count,
    read: |bucket| bucket.counts[Count::ReadsToPrimary] as f64,
    field: Some(Field {
        group: Some(&SESSIONS),
        whole: true,
        ..field("to_primary", "reads that the primary answered for the sake of a guarantee")
    }),
    ..USUAL
};

pub(super) const READS_HELD: Spec = Spec {
    id: "reads_held",
    unit: Unit::Count,
    read: |bucket| bucket.counts[Count::ReadsHeld] as f64,
    field: Some(Field {
        group: Some(&SESSIONS),
        whole: true,
        ..field("held", "reads that waited until their replica had applied enough")
    }),
    ..USUAL
};

pub(super) const STALE_HITS: Spec = Spec {
    id: "stale_hits",
    unit: Unit::Count,
    read: |bucket| bucket.counts[Count::StaleHits] as f64,
    field: Some(Field {
        group: Some(&FRESHNESS),
        whole: true,
        ..field("stale", "hits on an old value: a newer one had been committed before the read came")
    }),
    goal: Some(goal(
        COUNT,
        "Reads that a cache answered with an old value: a newer one had been committed before they came.",
    )),
    ..USUAL
};

pub(super) const STALE_HIT_SHARE: Spec = Spec {
    id: "stale_hit_share",
    unit: Unit::Share,
    read: |bucket| ratio(bucket.counts[Count::StaleHits] as f64, bucket.counts[Count::Hits] as f64),
    field: Some(Field { group: Some(&FRESHNESS), ..field("stale_share", "stale, of all hits") }),
    goal: Some(Goal {
        system: Some(Ask::Of(|report, _| report.most("stale_hit_share"))),
        ..goal(MEAN, "Stale hits over all hits; of the system: its stalest cache's.")
    }),
    ..USUAL
};

pub(super) const WRITES_ACKNOWLEDGED: Spec = Spec {
    id: "writes_acknowledged",
    unit: Unit::Count,
    read: |bucket| bucket.counts[Count::WritesAcknowledged] as f64,
    field: Some(Field {
        group: Some(&WRITES),
        whole: true,
        ..field("acknowledged", "writes acknowledged: stored + superseded + lost + those that wait in a cache")
    }),
    ..USUAL
};

pub(super) const WRITES_STORED: Spec = Spec {
    id: "writes_stored",
    unit: Unit::Count,
    // A write that is lost takes back what it was: within a part of a run that may be more than was stored.
    read: |bucket| bucket.counts[Count::WritesStored] as i64 as f64,
    field: Some(Field { group: Some(&WRITES), whole: true, ..field("stored", "of those: stored") }),
    ..USUAL
};

pub(super) const WRITES_SUPERSEDED: Spec = Spec {
    id: "writes_superseded",
    unit: Unit::Count,
    read: |bucket| bucket.counts[Count::WritesSuperseded] as i64 as f64,
    field: Some(Field {
        group: Some(&WRITES),
        whole: true,
        ..field("superseded", "of those: replaced by a later write of their key, in a cache before they were stored")
    }),
    ..USUAL
};

pub(super) const WRITES_LOST: Spec = Spec {
    id: "writes_lost",
    unit: Unit::Count,
    read: |bucket| bucket.counts[Count::WritesLost] as f64,
    field: Some(Field {
        group: Some(&WRITES),
        whole: true,
        ..field("lost", "of those: lost in a crash of the cache, in a failover of the database, or by a quorum store")
    }),
    goal: Some(goal(
        COUNT,
        "Writes that were acknowledged and lost: by a cache that crashed before they were stored, by a database in a failover, or by a quorum store, in crashes and to a clock that was ahead.",
    )),
    ..USUAL
};

pub(super) const WRITES_UNKNOWN: Spec = Spec {
    id: "writes_unknown",
    unit: Unit::Count,
    read: |bucket| bucket.counts[Count::WritesUnknown] as f64,
    without: Without::AbsentAtZero,
    field: Some(Field {
        whole: true,
        ..field(
            "writes_unknown",
            "clients: writes that timed out or were given up, so kept or not; databases: writes that waited for replicas as the primary died; absent where there are none",
        )
    }),
    goal: Some(goal(COUNT, "Writes whose client never got an answer: kept or not.")),
    ..USUAL
};

pub(super) const READ_REPLICA_READS: Spec = Spec {
    id: "read_replica_reads",
    unit: Unit::Count,
    read: |bucket| bucket.counts[Count::CopyReads] as f64,
    field: Some(Field { group: Some(&REPLICATED), whole: true, ..field("reads", "all of them") }),
    ..USUAL
};

pub(super) const STALE_READS: Spec = Spec {
    id: "stale_reads",
    unit: Unit::Count,
    read: |bucket| bucket.counts[Count::StaleReads] as f64,
    field: Some(Field {
        group: Some(&REPLICATED),
        whole: true,
        ..field("stale", "of those: a write had been committed before the read came, which the answer lacked")
    }),
    goal: Some(goal(
        COUNT,
        "Reads that a read replica or a quorum store answered without a write to the item that had been committed before they came.",
    )),
    ..USUAL
};

pub(super) const STALE_SHARE: Spec = Spec {
    id: "stale_share",
    unit: Unit::Share,
    read: |bucket| ratio(bucket.counts[Count::StaleReads] as f64, bucket.counts[Count::CopyReads] as f64),
    field: Some(Field { group: Some(&REPLICATED), ..field("stale_share", "stale, of all") }),
    goal: Some(goal(MEAN, "Stale reads over all reads that read replicas, or a quorum store, answered.")),
    ..USUAL
};
