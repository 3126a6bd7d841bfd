//! What the page remembers of the worker it watches.

#[derive(Debug, Default)]
pub(super) struct Watchdog {
    pub(super) next_ping: u32,
    pub(super) unanswered: Option<u32>,
    pub(super) missed: u32,
    /// This worker has announced itself.
    pub(super) ready: bool,
    /// How much longer than usual it may be silent, by what it said it has to do [ms].
    pub(super) patience_ms: u32,
    /// Workers lost since a run last got anywhere.
    pub(super) lost: u32,
}
