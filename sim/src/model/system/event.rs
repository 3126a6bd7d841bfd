//! What can happen: the events of the queue.

use super::slab::Key;

/// What can happen. Small and plain: it travels through the event queue by value.
///
/// The tag fills a word: next to a smaller one the compiler packs a flag, and moves the rest in two overlapping parts,
/// which the processor cannot read back as fast (4 % of a run).
#[repr(u32)]
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    /// An open-loop source sends; stale when `generation` is not the source's.
    Arrive {
        source: u32,
        generation: u32,
    },
    /// A closed-loop user has thought enough.
    UserReady {
        source: u32,
        user: u32,
    },
    /// An attempt reaches its station.
    Reach {
        attempt: u32,
    },
    /// The next demand of a replica is served; stale when `generation` is not the replica's.
    Work {
        replica: u32,
        generation: u32,
    },
    /// An answer reaches the caller.
    Answer {
        attempt: u32,
    },
    /// The caller stops waiting; stale once the attempt is freed.
    TimeOut {
        attempt: Key,
    },
    /// A user's patience is over; stale once the request is answered.
    Leave {
        request: Key,
    },
    /// The attempt has waited its turn in front of its station.
    Pass {
        attempt: Key,
    },
    /// A resolver has the address that the attempt waits for.
    Resolved {
        attempt: Key,
    },
    /// The wait before a retry is over.
    Retry {
        attempt: u32,
    },
    /// A try has not got through within the connect time-out; stale once it has, or is freed.
    ConnectTimeOut {
        attempt: Key,
    },
    /// The caller gives up on a call with all its tries; stale once the call is done.
    GiveUp {
        call: Key,
    },
    /// A call has been out for longer than usual; stale likewise.
    Hedge {
        call: Key,
    },
    /// A station hears that nobody wants the answer; stale once the attempt is freed.
    Cancel {
        attempt: Key,
    },
    /// A place may be free at the gate of a connection.
    Room {
        edge: u32,
        whose: u32,
    },
    /// A try has stood before a gate for as long as it may; stale once it has gone.
    Waited {
        attempt: Key,
    },
    /// The gate before which a try stands is no more; stale likewise.
    Released {
        attempt: Key,
    },
    /// The oldest append of a broker's partition is done; stale when `generation` is not the partition's.
    Appended {
        station: u32,
        partition: u32,
        generation: u32,
    },
    /// Something that comes seldom is due: what it is lies beside the queue (see [`super::timer`]).
    Timer {
        timer: Key,
    },
    /// A statistics bucket closes.
    Tick,
    WarmUpEnds,
    SourcesStop,
    DrainEnds,
}
