//! What a message broker delivered, for the report.

use super::report::{DeliveryReport, Figure, Percentiles, Times};
use crate::model::outcome::Outcome;
use crate::model::system::broker::{BROKEN_PROMISE, DUPLICATE, Fate};
use crate::model::system::meter::Bucket;

/// What a broker delivered within a span: published and ended within it.
pub(super) fn report(bucket: &Bucket) -> DeliveryReport {
    let count = |outcome: Outcome| bucket.by_outcome[outcome.index()];
    let processed = count(Fate::Processed.outcome());
    let secs = bucket.secs();
    let mean = |integral: f64| if secs > 0.0 { Figure(integral / secs) } else { Figure::NONE };
    // Those published earlier may end within the span, too.
    let unanswered = bucket.arrivals.saturating_sub(processed);
    DeliveryReport {
        published: bucket.arrivals,
        processed,
        duplicates: count(DUPLICATE),
        dead_letters: count(Fate::Dead.outcome()),
        lost: count(Fate::Lost.outcome()),
        lost_though_acknowledged: count(BROKEN_PROMISE),
        expired: count(Fate::Expired.outcome()),
        lag: mean(bucket.queue_secs + bucket.busy_secs),
        time: Times {
            mean: bucket.times.mean().into(),
            percentiles: Percentiles::ask(|p| bucket.times.percentile(p)),
            max: bucket.times.percentile(100.0).into(),
        },
        time_of_all: Percentiles::ask(|p| bucket.times.percentile_with_unanswered(p, unanswered)),
    }
}
