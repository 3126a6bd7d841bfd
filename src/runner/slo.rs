//! Minutes in which the service-level objective was missed, read off a run's buckets.

use crate::engine::time::{SimDuration, SimTime};
use crate::model::objective::Objective;
use crate::model::system::System;
use crate::model::system::meter::Bucket;

/// A judged slice of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Slice {
    pub(super) from: SimTime,
    pub(super) to: SimTime,
    /// `None`: there was nothing to judge.
    pub(super) missed: Option<bool>,
}

/// All slices so far, oldest first: after the warm-up, while sources send.
pub(super) fn slices(system: &System) -> Vec<Slice> {
    let run = system.run_plan();
    if !run.objective.is_some() {
        return Vec::new();
    }
    let width = SimDuration::from_secs_f64(Objective::slice_secs(run.run_length)).0;
    let (from, to) = (SimTime::ZERO + run.warm_up, SimTime::ZERO + run.run_length);
    let open = system.meter().open_bucket(system.now());
    let mut slices: Vec<(u64, Bucket)> = Vec::new();
    for bucket in system.meter().series().iter().map(std::rc::Rc::as_ref).chain([&open]) {
        let middle = SimTime(bucket.from.0 / 2 + bucket.to.0 / 2);
        if middle < from || middle >= to || bucket.to <= bucket.from {
            continue;
        }
        let index = middle.0 / width;
        match slices.last_mut() {
            Some((last, sum)) if *last == index => *sum = sum.merge(bucket),
            _ => slices.push((index, bucket.clone())),
        }
    }
    let judged = |(_, sum): &(u64, Bucket)| Slice {
        from: sum.from,
        to: sum.to.min(to),
        missed: run.objective.missed(sum.arrivals(), sum.by_outcome.iter().sum(), sum.by_outcome[0], &sum.times),
    };
    slices.iter().map(judged).collect()
}

/// When the objective was missed: from and to [s], neighbors as one.
pub(super) fn missed(slices: &[Slice]) -> Vec<(f64, f64)> {
    let mut spans: Vec<(f64, f64)> = Vec::new();
    for slice in slices.iter().filter(|slice| slice.missed == Some(true)) {
        let (from, to) = (slice.from.as_secs_f64(), slice.to.as_secs_f64());
        match spans.last_mut() {
            Some(last) if last.1 == from => last.1 = to,
            _ => spans.push((from, to)),
        }
    }
    spans
}

/// Of the slices whose middle lies within a span: time in which the objective was missed, and time that was judged.
pub(super) fn lost(slices: &[Slice], from: SimTime, to: SimTime) -> (SimDuration, SimDuration) {
    let (mut lost, mut judged) = (SimDuration::ZERO, SimDuration::ZERO);
    for slice in slices {
        let middle = SimTime(slice.from.0 / 2 + slice.to.0 / 2);
        let Some(missed) = slice.missed.filter(|_| middle >= from && middle < to) else { continue };
        let secs = slice.to.since(slice.from);
        judged = judged + secs;
        if missed {
            lost = lost + secs;
        }
    }
    (lost, judged)
}
