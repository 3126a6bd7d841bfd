//! Turns in proportion to how idle the backends say they are.
//!
//! Every answer reports how busy the slots of its replica are, as load reports ride on responses elsewhere. A backend's
//! share is its weight times its idle share, 1 − utilization; smooth weighted round robin makes turns of that. A full
//! backend keeps one percent, since reports come with answers alone; one that has not reported yet counts as the mean of
//! those that have.
//!
//! Source: the Go Coffee material weighs by CPU, but takes the CPU *used* as the weight, which prefers the busiest; here
//! it is what is left. Reports on answers and the mean for the silent: gRPC's weighted round robin (gRFC A58, ORCA).

use super::smooth_weighted::SmoothWeighted;
use super::{BackendView, Descriptor, Explanation, Needs, PickContext, Score, Strategy, anything, eligible};
use crate::model::params::{Entry, told};

/// What a full backend keeps of its weight.
const IDLE_MIN: f64 = 0.01;

/// Weights are counted in thousandths of one.
const UNIT: f64 = 1_000.0;

pub(super) const DESCRIPTOR: Descriptor = Descriptor {
    entry: Entry {
        id: "cpu-weighted",
        name: "CPU-weighted",
        summary: told("Turns in proportion to weight and to how idle the backends' answers say they are."),
        source: told("Go Coffee material, weights by CPU, turned the right way round; reports as in gRPC, gRFC A58."),
        params: &[],
        defect: false,
    },
    needs: Needs::Answers { weights: true },
    check: anything,
    build: |_| Box::new(CpuWeighted::default()),
};

#[derive(Clone, Debug, Default)]
struct CpuWeighted {
    turns: SmoothWeighted,
}

/// Idle share as reported; `None` before the first report.
#[inline]
fn reported(backend: &BackendView) -> Option<f64> {
    (!backend.utilization.is_nan()).then(|| (1.0 - backend.utilization).clamp(IDLE_MIN, 1.0))
}

/// What those count as that have not reported: the mean of those that have, or idle.
#[inline]
fn silent_share(backends: &[BackendView]) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for share in eligible(backends).filter_map(|(_, backend)| reported(backend)) {
        sum += share;
        count += 1.0;
    }
    if count > 0.0 { sum / count } else { 1.0 }
}

/// What a backend gains in a turn, in thousandths of a weight of one.
#[inline]
fn gain(backend: &BackendView, silent: f64) -> i64 {
    let share = f64::from(backend.weight) * reported(backend).unwrap_or(silent);
    ((share * UNIT + 0.5) as i64).max(1)
}

impl Strategy for CpuWeighted {
    /// Ties go to the first backend. O(n).
    fn pick(&mut self, cx: &mut PickContext<'_>) -> Option<u32> {
        let silent = silent_share(cx.backends);
        self.turns.step_by(cx.backends, |_, backend| backend.eligible.then(|| gain(backend, silent)))
    }

    fn explain(&self, cx: &PickContext<'_>, label: &dyn Fn(u32) -> String) -> Explanation {
        let silent = silent_share(cx.backends);
        let scores = eligible(cx.backends).map(|(index, backend)| {
            let weight = backend.weight;
            let value = f64::from(weight) * reported(backend).unwrap_or(silent);
            let formula = match reported(backend) {
                Some(_) => format!("{weight} × (1 − {:.3}) = {value:.3}", backend.utilization),
                None => format!("{weight} × {silent:.3}, the mean of the others = {value:.3}"),
            };
            Score { backend: index, value, formula }
        });
        let (chosen, turn) =
            self.turns.foretell(cx.backends, |_, backend| backend.eligible.then(|| gain(backend, silent)), label);
        let mut steps = Vec::new();
        if chosen.is_some() {
            steps.push(
                "Each weight is multiplied by the idle share last reported, and counted in thousandths.".to_owned(),
            );
        }
        steps.extend(turn);
        Explanation {
            rule: "Turns by weight times idle share, 1 − utilization as last reported.",
            scores: scores.collect(),
            steps,
            chosen,
        }
    }

    fn box_clone(&self) -> Box<dyn Strategy> {
        Box::new(self.clone())
    }
}
