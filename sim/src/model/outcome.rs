//! The closed sets of fates and of their reasons.

use serde::{Deserialize, Serialize};

/// The fate of a user request or of an attempt on an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Outcome {
    /// Answered well, in time or late.
    Completed = 0,
    /// The caller stopped waiting.
    TimedOut = 1,
    /// Turned away at the door: no free place in the queue.
    Rejected = 2,
    /// Dropped on purpose to protect the rest.
    Shed = 3,
    /// The client left.
    Abandoned = 4,
    /// Answered with an error, or the connection broke.
    Failed = 5,
}

impl Outcome {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 6] =
        [Self::Completed, Self::TimedOut, Self::Rejected, Self::Shed, Self::Abandoned, Self::Failed];

    /// The words for it on the page.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::TimedOut => "timed out",
            Self::Rejected => "rejected",
            Self::Shed => "shed",
            Self::Abandoned => "abandoned",
            Self::Failed => "failed",
        }
    }

    /// Its place in counters.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// Why a request did not complete: the first cause, carried up through every caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Reason {
    /// Nothing went wrong.
    None = 0,
    /// Every slot was busy and every waiting place taken.
    QueueFull,
    /// Nobody listens: the replica is dead.
    ConnectionRefused,
    /// The replica died while it held the request.
    ReplicaDied,
    /// The balancer believed that no backend was healthy.
    NoHealthyBackend,
    /// A fault made the station answer with an error.
    InjectedError,
    /// No answer within the edge's time-out.
    TimeOut,
    /// The network dropped it and nobody had set a time-out: the operating system gave up.
    Unreachable,
    /// The station was removed from the running system.
    Removed,
    /// The station has nowhere to send it.
    NoRoute,
    /// The station is out of rotation by an operator's hand: it takes nothing new.
    Draining,
    /// The caller's circuit breaker is open: the call was never sent.
    CircuitOpen,
    /// The caller's limit on open calls over the connection, or its pool of connections, is used up.
    BulkheadFull,
    /// No connection within the connect time-out.
    ConnectTimeOut,
    /// The request's deadline had passed: nobody needs the answer any more.
    DeadlinePassed,
    /// The caller does not want the answer any more, and said so.
    Cancelled,
    /// The user's patience was over.
    ClientLeft,
    /// A rate limit had no permit for it.
    RateLimited,
    /// An adaptive limit on requests in flight was reached.
    ConcurrencyLimit,
    /// Dropped because more important requests need the room.
    LowPriority,
    /// Dropped because it, or those before it, had waited too long.
    WaitedTooLong,
    /// Pushed out of a full queue by one that came after it.
    Displaced,
    /// The broker's partition is full and takes nothing more: back-pressure.
    BrokerFull,
    /// The broker or the consumer crashed and the message was gone, as the guarantee admits.
    LostInCrash,
    /// The message makes every consumer fail.
    Poison,
    /// The primary is down and no other has taken over yet.
    NoPrimary,
    /// A release that is being rolled out answers with errors.
    BadVersion,
    /// Keys are moving to other shards, and writes to them stand still for the cut-over.
    WritesStopped,
    /// Another write held the row for longer than this one may wait.
    LockTimeOut,
    /// This primary has been replaced, or its lease has ended.
    Fenced,
    /// Too few of the nodes that keep the item are alive.
    Unavailable,
    /// Too few of the nodes that keep the item answered.
    TooFewAnswers,
}

impl Reason {
    pub const ALL: [Self; 32] = [
        Self::None,
        Self::QueueFull,
        Self::ConnectionRefused,
        Self::ReplicaDied,
        Self::NoHealthyBackend,
        Self::InjectedError,
        Self::TimeOut,
        Self::Unreachable,
        Self::Removed,
        Self::NoRoute,
        Self::Draining,
        Self::CircuitOpen,
        Self::BulkheadFull,
        Self::ConnectTimeOut,
        Self::DeadlinePassed,
        Self::Cancelled,
        Self::ClientLeft,
        Self::RateLimited,
        Self::ConcurrencyLimit,
        Self::LowPriority,
        Self::WaitedTooLong,
        Self::Displaced,
        Self::BrokerFull,
        Self::LostInCrash,
        Self::Poison,
        Self::NoPrimary,
        Self::BadVersion,
        Self::WritesStopped,
        Self::LockTimeOut,
        Self::Fenced,
        Self::Unavailable,
        Self::TooFewAnswers,
    ];

    /// A lesson in one line: what happened.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::None => "nothing went wrong",
            Self::QueueFull => "queue full: every slot busy, every waiting place taken",
            Self::ConnectionRefused => "connection refused: the replica is dead",
            Self::ReplicaDied => "the replica died while it held the request",
            Self::NoHealthyBackend => "the balancer believes that no backend is healthy",
            Self::InjectedError => "the station answered with an error (fault)",
            Self::TimeOut => "no answer within the time-out",
            Self::Unreachable => "lost in the network, and no time-out was set",
            Self::Removed => "the station was removed",
            Self::NoRoute => "nowhere to send it",
            Self::Draining => "draining: it finishes what it has and takes nothing new",
            Self::CircuitOpen => "circuit breaker open: the caller did not even try",
            Self::BulkheadFull => "bulkhead full: the caller has as many calls open as it allows itself",
            Self::ConnectTimeOut => "no connection within the connect time-out",
            Self::DeadlinePassed => "deadline passed before it was done",
            Self::Cancelled => "cancelled: the caller has left, and said so",
            Self::ClientLeft => "the user ran out of patience and left",
            Self::RateLimited => "rate limited: more requests than the limit permits",
            Self::ConcurrencyLimit => "shed: the concurrency limit is reached",
            Self::LowPriority => "shed: too low a priority for the load there is",
            Self::WaitedTooLong => "shed: it had waited too long in the queue",
            Self::Displaced => "pushed out of the queue by a newer or more important request",
            Self::BrokerFull => "back-pressure: the partition is full",
            Self::LostInCrash => "lost in a crash, as this guarantee admits",
            Self::Poison => "poison message: every try to process it fails",
            Self::NoPrimary => "no primary: the failover is under way",
            Self::BadVersion => "the new release answers with errors",
            Self::WritesStopped => "writes stopped: the keys are being moved to another shard",
            Self::LockTimeOut => "lock time-out: other writes held the row for too long",
            Self::Fenced => "fenced: this primary has been replaced, or its lease has ended",
            Self::Unavailable => "unavailable: too few nodes that keep the item are alive",
            Self::TooFewAnswers => "too few nodes that keep the item answered",
        }
    }

    /// Its place in counters.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}
