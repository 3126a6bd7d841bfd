//! What a message broker delivered, for the report.

use super::report::{DeliveryReport, Figure, Percentiles, Times};
use crate::model::system::broker::DeliveryTally;
use crate::model::system::meter::Bucket;

/// What a broker delivered of what was published within a span; `levels`: what waited and was processed during it.
pub(super) fn report(tally: &DeliveryTally, levels: &Bucket) -> DeliveryReport {
    let secs = levels.secs();
    let lag = levels.queue_secs + levels.busy_secs;
    DeliveryReport {
        published: tally.published,
        processed: tally.processed,
        duplicates: tally.duplicates,
        dead_letters: tally.dead,
        lost: tally.lost,
        lost_though_acknowledged: tally.broken_promises,
        expired: tally.expired,
        lag: if secs > 0.0 { Figure(lag / secs) } else { Figure::NONE },
        time: Times::of(&tally.times),
        time_of_all: Percentiles::ask(|p| tally.times.percentile_with_unanswered(p, tally.published - tally.processed)),
    }
}
