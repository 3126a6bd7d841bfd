//! Planning on the timeline: where a fault that is dropped or pulled there begins, how long it lasts, what it hits.

use super::faults::{targets, whole};
use super::geometry::{DRAG_THRESHOLD, DRAG_THRESHOLD_TOUCH};
use super::session::Target;
use crate::model::fault::FaultKind;
use crate::model::params::Params;
use crate::topology::document::{Document, Fault, ScheduledFault};

/// Runs up to this length [s] are planned in hundredths of a second, longer ones in whole seconds.
const FINE_UP_TO: f64 = 20.0;
/// What a dropped fault lasts, as a share of the run; and the least [s].
const SHARE_OF_RUN: f64 = 0.1;
const LEAST_SECS: f64 = 0.01;
/// A fault that is planned without a place on the timeline begins this much later than now and lasts this long [s], so
/// that it can be seen there and moved.
const SOON_SECS: f64 = 10.0;
const SOON_LASTS: f64 = 30.0;
/// It begins within this share of the run.
const SOON_WITHIN: f64 = 0.9;
/// A step of the arrow keys [s], alone and with shift.
const STEP: f64 = 1.0;
const LONG_STEP: f64 = 10.0;

/// The nearest moment that can be planned in a run of this length [s].
#[must_use]
pub fn moment(at_secs: f64, length_secs: f64) -> f64 {
    let at_secs = at_secs.clamp(0.0, length_secs.max(0.0));
    if length_secs > FINE_UP_TO { at_secs.round() } else { (at_secs * 100.0).round() / 100.0 }
}

/// A step by arrow key [s].
#[must_use]
pub const fn step(long: bool) -> f64 {
    if long { LONG_STEP } else { STEP }
}

/// A fault that is dropped at a share of the timeline, from 0 to 1. It hits what is selected, if it can, else the first
/// that it can; `None`: there is none.
#[must_use]
pub fn dropped(document: &Document, selected: Option<Target>, kind: &FaultKind, share: f64) -> Option<ScheduledFault> {
    let all = targets(document, kind);
    let target = selected.filter(|target| all.contains(target)).or_else(|| all.first().copied())?;
    let length = document.run_length_secs;
    Some(ScheduledFault {
        at_secs: moment(share.clamp(0.0, 1.0) * length, length),
        for_secs: (!kind.once).then_some((length * SHARE_OF_RUN).max(LEAST_SECS)),
        fault: Fault { kind: kind.entry.id.to_owned(), target: whole(target), params: Params::new() },
    })
}

/// A fault that is planned from where it is described, `now_secs` into the run.
#[must_use]
pub fn soon(document: &Document, kind: &FaultKind, fault: Fault, now_secs: f64) -> ScheduledFault {
    let at_secs = (now_secs + SOON_SECS).min(document.run_length_secs * SOON_WITHIN).floor().max(0.0);
    ScheduledFault { at_secs, for_secs: (!kind.once).then_some(SOON_LASTS), fault }
}

/// A mark under the pointer: a click until it has moved far enough, then a pull.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pull {
    from_x: f64,
    from_secs: f64,
    touch: bool,
    pulled: bool,
}

impl Pull {
    /// Pressed at `x` [px] on a mark that stands at `at_secs`.
    #[must_use]
    pub const fn begin(x: f64, at_secs: f64, touch: bool) -> Self {
        Self { from_x: x, from_secs: at_secs, touch, pulled: false }
    }

    /// The pointer is at `x` now, on a track of this width [px] and run of this length [s]: where the mark goes, or
    /// `None` while it stays where it is.
    pub fn moved(&mut self, x: f64, track_px: f64, length_secs: f64) -> Option<f64> {
        let by = x - self.from_x;
        let threshold = if self.touch { DRAG_THRESHOLD_TOUCH } else { DRAG_THRESHOLD };
        self.pulled |= by.abs() > threshold;
        self.pulled.then(|| moment(self.from_secs + by / track_px.max(1.0) * length_secs, length_secs))
    }

    /// Whether the release ends a pull; else it is a click.
    #[must_use]
    pub const fn is_pull(&self) -> bool {
        self.pulled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editor::testing::document;
    use crate::model::fault;
    use crate::topology::document::{FaultTarget, NodeId};

    #[test]
    fn moments_are_whole_seconds_but_in_short_runs() {
        assert_eq!([59.4, 59.5, -3.0, 700.0].map(|secs| moment(secs, 600.0)), [59.0, 60.0, 0.0, 600.0]);
        assert_eq!(moment(1.234, 20.0), 1.23);
        assert_eq!(moment(1.235_1, 20.0), 1.24);
        assert_eq!(moment(5.0, 0.0), 0.0);
    }

    #[test]
    fn a_mark_is_pulled_only_once_the_pointer_has_gone_far_enough() {
        let mut pull = Pull::begin(100.0, 60.0, false);
        assert_eq!(pull.moved(100.0 + DRAG_THRESHOLD, 600.0, 600.0), None);
        assert!(!pull.is_pull(), "still a click");
        assert_eq!(pull.moved(105.0, 600.0, 600.0), Some(65.0));
        assert_eq!(pull.moved(101.0, 600.0, 600.0), Some(61.0), "once pulled it follows, also over a short way back");
        assert!(pull.is_pull());
        let mut finger = Pull::begin(100.0, 60.0, true);
        assert_eq!(finger.moved(108.0, 600.0, 600.0), None, "a finger trembles more");
    }

    fn kind(id: &str) -> &'static FaultKind {
        fault::find(id).expect("is registered")
    }

    #[test]
    fn a_dropped_fault_hits_the_selection_or_the_first_that_it_can() {
        let mut document = document("src -> lb; lb -> a; lb -> b");
        document.run_length_secs = 600.0;
        let [a, b] = [NodeId(3), NodeId(4)];
        let hits = |selected: Option<Target>, share: f64| {
            let planned = dropped(&document, selected, kind("slow"), share).expect("a service can be slowed down");
            (planned.fault.target, planned.at_secs, planned.for_secs)
        };
        assert_eq!(hits(Some(Target::Node(b)), 0.5), (FaultTarget::Node(b), 300.0, Some(60.0)));
        assert_eq!(hits(None, 0.0), (FaultTarget::Node(a), 0.0, Some(60.0)));
        assert_eq!(hits(Some(Target::Node(NodeId(1))), 1.7).0, FaultTarget::Node(a), "clients cannot be slowed down");
        assert_eq!(hits(None, 1.7).1, 600.0, "beside the track is at its end");
        assert!(dropped(&document, None, kind("cache-flush"), 0.5).is_none(), "there is no cache");
        let once = dropped(&self::document("cache"), None, kind("cache-flush"), 0.5).expect("there is a cache");
        assert_eq!(once.for_secs, None, "over as soon as it has happened");
    }

    #[test]
    fn a_fault_planned_soon_begins_within_the_run() {
        let mut document = document("a");
        document.run_length_secs = 600.0;
        let fault = Fault { kind: "slow".to_owned(), target: FaultTarget::Node(NodeId(1)), params: Params::new() };
        let at = |now: f64| soon(&document, kind("slow"), fault.clone(), now).at_secs;
        assert_eq!([0.0, 59.7, 595.0].map(at), [10.0, 69.0, 540.0]);
    }
}
