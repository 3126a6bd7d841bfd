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
    /// A caller asks the registry who is there; stale when `generation` is not the balancer's.
    Poll {
        station: u32,
        caller: u32,
        generation: u32,
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
    /// A balancer asks its backends how they are.
    Check {
        station: u32,
        generation: u32,
    },
    /// What decides how many members a station has looks; stale when `generation` is not the fleet's.
    Look {
        station: u32,
        generation: u32,
    },
    /// A metrics server asks the replicas of a pool; stale likewise.
    Scrape {
        station: u32,
        generation: u32,
    },
    /// A stage of the life of a station's member is over; stale when `generation` is not the member's.
    Member {
        station: u32,
        number: u32,
        generation: u32,
    },
    /// A service's rollout may have something to do.
    Roll {
        station: u32,
    },
    /// A spot machine is about to be taken away.
    Interrupt {
        station: u32,
        number: u32,
    },
    /// A replica's garbage is collected; stale when `generation` is not its memory's.
    Collected {
        replica: u32,
        generation: u32,
    },
    /// A replica has taken more memory than it may.
    OutOfMemory {
        replica: u32,
    },
    /// An interval of a balancer's outlier detection ends.
    Sweep {
        station: u32,
        generation: u32,
    },
    /// The oldest append of a broker's partition is done; stale when `generation` is not the partition's.
    Appended {
        station: u32,
        partition: u32,
        generation: u32,
    },
    /// A broker writes to disk what is only in memory; stale when `generation` is not the broker's.
    Flush {
        station: u32,
        generation: u32,
    },
    /// Consumers commit their offsets; stale likewise.
    Commit {
        station: u32,
        generation: u32,
    },
    /// A consumer group may have something to do.
    Consumers {
        station: u32,
        group: u32,
    },
    /// A timetabled fault starts or ends.
    Fault {
        index: u32,
        starts: bool,
    },
    /// A fault with a course of its own goes on; stale once it is lifted.
    FaultStep {
        serial: u32,
    },
    /// A statistics bucket closes.
    Tick,
    WarmUpEnds,
    SourcesStop,
    DrainEnds,
}
