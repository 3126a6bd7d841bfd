//! Kubernetes' horizontal pod autoscaler, `autoscaling/v2`, as the controller computes it.
//!
//! Source: kubernetes `pkg/controller/podautoscaler` (the behavior of the 2026 main branch: tolerance by comparing
//! floats, stabilization in both directions). Its float quirks are kept, because Kubernetes has them.
//! Times are nanoseconds on any one clock, quantities are thousandths, as the controller has them.
//!
//! [`calculator`] proposes a number for one metric, [`behavior`] says how fast it may be reached, [`Hpa`] is the loop.

pub mod behavior;
pub mod calculator;

use serde::{Deserialize, Serialize};

use behavior::{Asked, Behavior, Log, Rules, Step};
use calculator::{Failure, Metric, Pod, Proposal, Reading, Timing};

/// Nanoseconds on the caller's clock.
pub type Nanos = i64;

/// Nanoseconds in a second.
pub const SECOND: Nanos = 1_000_000_000;

/// What an autoscaler is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub min: i32,
    pub max: i32,
    /// At least one; see [`Settings::default_metric`].
    pub metrics: Vec<Metric>,
    /// `None`: the manifest has no `behavior` at all, which is not the same as one full of defaults.
    pub behavior: Option<Behavior>,
    pub timing: Timing,
    /// How far back a scale-down looks for a larger recommendation where no behavior says otherwise.
    pub downscale_window: Nanos,
    /// Without `behavior`, one step goes up to the current number times this, or to the minimum below.
    pub scale_up_factor: f64,
    pub scale_up_minimum: f64,
}

impl Settings {
    /// The controller's defaults for `metrics` between `min` and `max` replicas.
    #[must_use]
    pub fn new(min: i32, max: i32, metrics: Vec<Metric>) -> Self {
        Self {
            min,
            max,
            metrics,
            behavior: None,
            timing: Timing::default(),
            downscale_window: 300 * SECOND,
            scale_up_factor: 2.0,
            scale_up_minimum: 4.0,
        }
    }

    /// What a manifest without metrics means: 80 % of the CPU that the pods request.
    #[must_use]
    pub const fn default_metric() -> Metric {
        Metric::Utilization { resource: calculator::Resource::Cpu, percent: 80 }
    }
}

/// Why a number was not what the metrics asked for; the names are the controller's conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Limit {
    /// Nothing limited it.
    DesiredWithinRange,
    ScaleUpLimit,
    ScaleDownLimit,
    TooManyReplicas,
    TooFewReplicas,
    /// There were more than the maximum: metrics were not looked at.
    AboveMax,
    /// There were fewer than the minimum: metrics were not looked at.
    BelowMin,
    /// At zero replicas with a minimum above: switched off until somebody scales it.
    Disabled,
    /// No metric could be read, or too few to scale down on.
    NoMetrics,
}

impl Limit {
    /// The controller's own name for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DesiredWithinRange => "DesiredWithinRange",
            Self::ScaleUpLimit => "ScaleUpLimit",
            Self::ScaleDownLimit => "ScaleDownLimit",
            Self::TooManyReplicas => "TooManyReplicas",
            Self::TooFewReplicas => "TooFewReplicas",
            Self::AboveMax => "AboveMax",
            Self::BelowMin => "BelowMin",
            Self::Disabled => "ScalingDisabled",
            Self::NoMetrics => "FailedGetMetrics",
        }
    }
}

/// One pass of the loop.
#[derive(Clone, Debug, PartialEq)]
pub struct Sync {
    pub at: Nanos,
    pub current: i32,
    /// One for each metric, in their order; empty where metrics were not looked at.
    pub proposals: Vec<Result<Proposal, Failure>>,
    /// The largest of them, and which metric it came from.
    pub proposed: Option<(i32, usize)>,
    /// What was left of it after stabilization; equal to it where nothing held it.
    pub stabilized: Option<i32>,
    /// What the autoscaler sets.
    pub desired: i32,
    pub limit: Limit,
}

/// An autoscaler at work.
#[derive(Clone, Debug)]
pub struct Hpa {
    settings: Settings,
    log: Log,
    /// Whether the number of replicas that it found has been put into the log.
    begun: bool,
}

impl Hpa {
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { settings, log: Log::default(), begun: false }
    }

    /// One that has made these recommendations (replicas, time), oldest first, and nothing else.
    #[must_use]
    pub fn with_recommendations(settings: Settings, recommendations: &[(i32, Nanos)]) -> Self {
        Self { settings, log: Log::of(recommendations), begun: true }
    }

    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Goes by other settings from now on; what it remembers stays.
    pub fn set(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// What it remembers.
    #[must_use]
    pub const fn log(&self) -> &Log {
        &self.log
    }

    /// One pass: what there is, what was measured, and what there should be. `readings` go with the settings' metrics.
    pub fn sync(&mut self, now: Nanos, current: i32, pods: &[Pod], readings: &[Reading]) -> Sync {
        self.sync_each(now, current, &vec![pods; readings.len()], readings)
    }

    /// The same with pods for each metric: what they request depends on the resource in question.
    pub fn sync_each(&mut self, now: Nanos, current: i32, pods: &[&[Pod]], readings: &[Reading]) -> Sync {
        if !self.begun {
            self.begun = true;
            self.log.recommended(current, now, None);
        }
        let mut sync = Sync {
            at: now,
            current,
            proposals: Vec::new(),
            proposed: None,
            stabilized: None,
            desired: current,
            limit: Limit::DesiredWithinRange,
        };
        let Settings { min, max, .. } = self.settings;
        if current == 0 && min != 0 {
            sync.limit = Limit::Disabled;
        } else if current > max {
            (sync.desired, sync.limit) = (max, Limit::AboveMax);
        } else if current < min {
            (sync.desired, sync.limit) = (min, Limit::BelowMin);
        } else {
            self.ask_metrics(&mut sync, pods, readings);
        }
        if sync.desired != current {
            self.log.scaled(self.settings.behavior.as_ref(), current, sync.desired, now);
        }
        sync
    }

    fn ask_metrics(&mut self, sync: &mut Sync, pods: &[&[Pod]], readings: &[Reading]) {
        let Settings { metrics, timing, .. } = &self.settings;
        sync.proposals = metrics
            .iter()
            .zip(readings)
            .zip(pods)
            .map(|((metric, reading), pods)| calculator::propose(metric, reading, pods, sync.current, timing, sync.at))
            .collect();
        for (index, proposal) in sync.proposals.iter().enumerate() {
            if let Ok(proposal) = proposal
                && sync.proposed.is_none_or(|(replicas, _)| replicas == 0 || proposal.replicas > replicas)
            {
                sync.proposed = Some((proposal.replicas, index));
            }
        }
        let failed = sync.proposals.iter().filter(|proposal| proposal.is_err()).count();
        // With some metrics gone it may scale up on the others, never down.
        let Some((proposed, _)) = sync.proposed.filter(|(replicas, _)| failed == 0 || *replicas >= sync.current) else {
            sync.limit = Limit::NoMetrics;
            return;
        };
        let asked = Asked { current: sync.current, desired: proposed, min: self.settings.min, max: self.settings.max };
        (sync.stabilized, sync.desired, sync.limit) = match &self.settings.behavior {
            None => {
                let stabilized = self.log.stabilize_down(proposed, sync.at, self.settings.downscale_window);
                let asked = Asked { desired: stabilized, ..asked };
                let Step { replicas, limit } =
                    behavior::by_factor(asked, self.settings.scale_up_factor, self.settings.scale_up_minimum);
                (Some(stabilized), replicas, limit)
            }
            Some(behavior) => {
                let window = |rules: &Rules| rules.window.unwrap_or(self.settings.downscale_window);
                let (up, down) = (window(&behavior.up), window(&behavior.down));
                let stabilized = self.log.stabilize(asked.current, proposed, sync.at, up, down);
                let asked = Asked { desired: stabilized, ..asked };
                let Step { replicas, limit } = behavior::by_rates(asked, behavior, &self.log, sync.at);
                (Some(stabilized), replicas, limit)
            }
        };
    }
}
