//! What ends a run that could never come to its end: a clock that stands still, or more under way than memory holds.
//!
//! Looked at every [`EVERY`] events, by their number: so a run is stopped at the same event at any speed, in any slices.
//! `topology::check` names what is sure to end here before it runs; what only turns out on the way ends here, in words.

use super::System;
use super::log::LogTone;
use crate::engine::time::{SimDuration, SimTime};

/// Events between two looks.
const EVERY: u64 = 1 << 16;
/// Within so little simulated time happen at most [`EVENTS_MAX`] events, and [`EVENTS_FOR_EACH`] for each that was to come.
const INSTANT: SimDuration = SimDuration::from_millis(1);
const EVENTS_MAX: u64 = 5_000_000;
const EVENTS_FOR_EACH: u64 = 200;
/// Calls under way at most, with those that nobody waits for any more: about 1.2 GB, of the 4 GB that a page can have.
pub const CALLS_MAX: usize = 4_000_000;

/// Why a run was stopped before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// So many events happened while the clock hardly moved.
    StandsStill { events: u64 },
    /// So many calls were under way.
    TooManyCalls { calls: u64 },
}

impl Stop {
    /// What happened and what to do about it, in two or three sentences.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::StandsStill { events } => format!(
                "The run was stopped: {:.0} million events happened within one simulated millisecond, and the clock hardly \
                 moved. Somebody asks again and again without any time passing. Give users a think time, connections a \
                 latency or services a service time, or send fewer requests.",
                *events as f64 / 1e6
            ),
            Self::TooManyCalls { calls } => format!(
                "The run was stopped: {:.0} million calls were under way at once, more than memory can hold. Set a time-out \
                 or a queue limit, or send fewer requests.",
                *calls as f64 / 1e6
            ),
        }
    }
}

/// When the next look is due, and what the clock showed when it last moved on.
#[derive(Clone, Debug)]
pub(super) struct Lookout {
    /// Number of the event after which to look.
    pub(super) due: u64,
    moved_at: SimTime,
    moved_event: u64,
    pub(super) events_max: u64,
    /// [`EVENTS_MAX`] and [`CALLS_MAX`], unless a test wants less.
    pub(super) instant_max: u64,
    pub(super) calls_max: usize,
    pub(super) stopped: Option<Stop>,
}

impl Default for Lookout {
    fn default() -> Self {
        Self {
            due: EVERY,
            moved_at: SimTime::ZERO,
            moved_event: 0,
            events_max: EVENTS_MAX,
            instant_max: EVENTS_MAX,
            calls_max: CALLS_MAX,
            stopped: None,
        }
    }
}

impl System {
    /// Why the run was stopped before its end; `None` where it was not.
    #[must_use]
    pub const fn stopped(&self) -> Option<Stop> {
        self.lookout.stopped
    }

    /// Whether the run can go on; ends it where it cannot.
    #[cold]
    #[inline(never)]
    pub(super) fn look_out(&mut self) {
        let (now, events, waiting) = (self.now, self.events, self.queue.len() as u64);
        let calls = self.attempts.len().max(self.requests.len());
        let lookout = &mut self.lookout;
        lookout.due = events + EVERY;
        let since = events - lookout.moved_event;
        if calls > lookout.calls_max {
            self.stop(Stop::TooManyCalls { calls: calls as u64 });
        } else if now.since(lookout.moved_at) >= INSTANT {
            (lookout.moved_at, lookout.moved_event) = (now, events);
            lookout.events_max = lookout.instant_max + EVENTS_FOR_EACH * waiting;
        } else if since > lookout.events_max {
            self.stop(Stop::StandsStill { events: since });
        }
    }

    fn stop(&mut self, why: Stop) {
        self.lookout.stopped = Some(why);
        self.finished = true;
        self.log(LogTone::Bad, None, why.words());
    }
}
