//! What a finished run has to answer for: when users suffered, and for which reason most requests failed.

use crate::engine::time::SimTime;
use crate::model::outcome::Reason;
use crate::model::system::System;
use crate::model::system::counts::Count;
use crate::protocol::Trouble;

/// Users suffer from this share of requests on that fail or come too late, 0..1: then the 99th percentile is no longer kept.
pub const SUFFERING: f64 = 0.01;

/// From the first slice of time in which users suffered to the end of the last; `None` if they never did.
#[must_use]
pub fn trouble(system: &System) -> Option<Trouble> {
    let suffered = system.meter().series().iter().filter(|bucket| {
        let ended: u64 = bucket.by_outcome.iter().sum();
        let bad = ended.saturating_sub(bucket.counts[Count::Good]);
        bad as f64 >= SUFFERING * ended as f64 && bad > 0
    });
    let spans = suffered.map(|bucket| (bucket.from, bucket.to));
    spans
        .reduce(|first, last| (first.0, last.1))
        .map(|(from, to)| Trouble { from_secs: SimTime::as_secs_f64(from), to_secs: SimTime::as_secs_f64(to) })
}

/// The most frequent reason for which requests of the run failed, and how many; `None` if none failed.
#[must_use]
pub fn reason(system: &System) -> Option<(Reason, u64)> {
    let counts = &system.totals().run.by_reason;
    let failures = Reason::ALL.into_iter().filter(|reason| *reason != Reason::None);
    let counted = failures.map(|reason| (reason, counts[reason.index()])).filter(|(_, count)| *count > 0);
    // Of several the first, in the order of the list.
    counted.reduce(|most, next| if next.1 > most.1 { next } else { most })
}
