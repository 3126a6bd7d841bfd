//! What moves: requests of users, and the attempts made for them.

use super::plan::Operation;
use super::slab::Key;
use crate::engine::rng::DrawKey;
use crate::engine::time::SimTime;
use crate::model::outcome::{Outcome, Reason};
use crate::model::priority::Priority;

/// A user's request. What can be derived from its draws (operation, key, client) is, on demand.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub draws: DrawKey,
    pub ordinal: u64,
    pub source: u32,
    /// Closed loop: whose it is.
    pub user: u32,
    pub born: SimTime,
    /// Order-sensitive hash of the stations visited so far.
    pub visited: u64,
    /// Attempts that still refer to it.
    pub refs: u32,
    pub done: bool,
    /// A message that every service fails on.
    pub poison: bool,
    pub operation: Operation,
    pub priority: Priority,
    /// Its newest attempt that its user waits for; [`NONE`] before the first.
    pub attempt: u32,
    /// Where its client is; see [`super::spots`].
    pub spot: u8,
    /// Arrived after the warm-up.
    pub counted: bool,
    /// Asks for the hot key.
    pub hot: bool,
    /// It was looked up in a cache, and a database has read for it.
    pub cacheable: bool,
    pub loaded: bool,
    /// Where its time goes is written down; see [`super::profiler`].
    pub profiled: bool,
}

/// Who waits for an attempt's answer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Caller {
    /// Nobody.
    None,
    /// The user.
    Client,
    /// An attempt that stands at a station and waits.
    Parent(Key),
    /// A broker: what it delivered.
    Delivery(Key),
    /// Nobody: a load in the background, by its index.
    Renewal(u32),
    /// Nobody: a cache stores what it has acknowledged.
    Flush,
    /// A coordinator of a quorum store: for which operation, and its place there.
    Coordinator { operation: Key, at: u8 },
    /// A read that asks all shards of a database.
    Scatter(Key),
    /// A balancer's health check.
    Probe { balancer: u32, backend: u32 },
}

/// What is asked of a station.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Request,
    /// Cache: is it there?
    Get,
    /// Cache: keep this.
    Fill,
    /// Cache: forget this.
    Invalidate,
    /// Are you well?
    Probe,
    /// A message that its consumer has processed before: recognized, and skipped.
    Repeat,
    /// A node of a quorum store, or a shard: its part of an operation.
    Part,
}

/// Where an attempt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Waits to be sent (again).
    Backoff,
    /// Waits at its caller for room among the connection's open calls.
    Held,
    /// On its way to the station.
    Out,
    Queued,
    /// Its demand is being served.
    Working,
    /// Holds its slot (if it has one) and waits for calls of its own.
    Waiting,
    /// On its way back.
    Back,
    /// Swallowed by a partition; only a time-out can end it.
    Lost,
}

/// What a handler waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Calls whose answers only matter by success.
    Plain,
    /// A cache look-up; on a miss the store follows.
    Looking {
        store: u32,
        cache: u32,
    },
    /// The store, to fill the cache with its answer.
    Loading {
        cache: u32,
    },
    /// Another's load of the same key; `cache` as for [`Stage::Loading`].
    Following {
        store: u32,
        cache: u32,
    },
    /// Its turn to write a key that another writes.
    InLine {
        store: u32,
    },
    /// A cache that keeps what was stored, as part of the write.
    Keeping,
    /// Its turn to look again, without a lease; likewise.
    Leasing {
        store: u32,
        cache: u32,
    },
    /// A write that passes through a cache to its store.
    Writing,
    /// The store, to keep its answer in the replica's own cache alone.
    KeepingLocally,
    /// An edge cache: what it does not have, from its origin or its shield; and at the shield, from its origin.
    Fetching {
        origin: u32,
    },
    Shielding {
        origin: u32,
    },
    /// The nodes of a quorum store, or all shards.
    Coordinating,
    /// A write to the store, to invalidate the cache after it.
    Storing {
        cache: u32,
    },
}

impl Stage {
    /// Whoever waits keeps what comes, for no longer than it is valid.
    pub(super) const fn keeps(self) -> bool {
        !matches!(self, Self::Plain | Self::Storing { .. } | Self::Coordinating)
    }
}

/// One try to get an answer over one edge.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    /// Index of the request; [`NONE`] for health checks.
    pub request: u32,
    pub edge: u32,
    pub station: u32,
    /// Index of the replica, [`NONE`] until chosen.
    pub replica: u32,
    /// Index in the calling balancer's table, else [`NONE`].
    pub backend: u32,
    /// By what it was chosen there: the picker; at a balancer of connections, the connection.
    pub via: u32,
    pub caller: Caller,
    /// Draws of this try, and of the call's first try.
    pub draws: DrawKey,
    pub base: DrawKey,
    pub sent_at: SimTime,
    pub reached_at: SimTime,
    pub verb: Verb,
    pub phase: Phase,
    pub stage: Stage,
    pub outcome: Outcome,
    pub reason: Reason,
    /// Where its caller stands, and where it goes; see [`super::spots`].
    pub from_spot: u8,
    pub spot: u8,
    /// The connection for it is opened first: one round trip more.
    pub handshake: bool,
    /// At a balancer of names, waiting for an address: the try to go on with.
    pub try_no_next: u8,
    /// Busy share of the replica's slots as the answer left, for balancers; NaN: nobody said.
    pub load: f32,
    /// Index of its ticket, where policies are at work; see [`super::policy`].
    pub policy: u32,
    /// Standing at a balancer: backends tried, one bit each of the first 64.
    pub tried: u64,
    /// Try number, 0 first.
    pub try_no: u8,
    /// Next step of the handler.
    pub step: u16,
    pub program: u16,
    /// Calls of its own not answered yet.
    pub pending: u16,
    /// A health check that asks what stands behind, too.
    pub deep: bool,
    /// Nobody waits for it any more: zombie work.
    pub detached: bool,
    /// A cache had it.
    pub found: bool,
}
