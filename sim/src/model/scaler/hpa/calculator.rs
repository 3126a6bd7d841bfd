//! How many replicas one metric asks for.

use super::{Nanos, SECOND};

/// What a container can be measured and limited by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    Cpu,
    Memory,
}

/// A metric with its target; quantities in thousandths (cores, bytes, or what else the metric counts).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Metric {
    /// `Resource`, `Utilization`: percent of what the pods request.
    Utilization { resource: Resource, percent: i32 },
    /// `Resource`, `AverageValue`: per pod.
    ResourceAverage { resource: Resource, milli: i64 },
    /// `Pods`: per pod, under any name.
    PodsAverage { milli: i64 },
    /// `Object` or `External`, `Value`: one number for all.
    Value { milli: i64 },
    /// `Object` or `External`, `AverageValue`: one number, shared among the pods.
    ValuePerPod { milli: i64 },
}

/// A pod's life so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Not on a node yet, or its containers have not started.
    Pending,
    Running,
    Failed,
}

/// A pod as the controller sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pod {
    pub phase: Phase,
    /// It is being deleted.
    pub deleted: bool,
    /// When a node took it up, before its image is pulled: the pod's `startTime`.
    pub started: Option<Nanos>,
    /// Whether it is ready, and since when that is so.
    pub ready: Option<(bool, Nanos)>,
    /// What it requests of the resource in question.
    pub request_milli: Option<i64>,
}

/// One pod's measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    pub milli: i64,
    pub at: Nanos,
    /// Over how long it was taken.
    pub window: Nanos,
}

/// What the metrics server had to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// One for each pod, in their order; `None`: it had none for that pod.
    Pods(Vec<Option<Sample>>),
    /// One number.
    Total(i64),
    /// Nothing.
    Unavailable,
}

/// When a pod's first measurements count, and how far off a ratio may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timing {
    /// A ratio of at most 1 + this does not scale up, one of at least 1 − the other does not scale down.
    pub tolerance_up: f64,
    pub tolerance_down: f64,
    /// For so long after its start a pod's CPU counts only once it is ready and a whole window was measured since.
    pub cpu_initialization: Nanos,
    /// A pod that turned unready within this time of its start has never been ready.
    pub initial_readiness: Nanos,
}

impl Default for Timing {
    /// The controller's flags: 10 %, 5 min, 30 s.
    fn default() -> Self {
        Self {
            tolerance_up: 0.1,
            tolerance_down: 0.1,
            cpu_initialization: 300 * SECOND,
            initial_readiness: 30 * SECOND,
        }
    }
}

impl Timing {
    fn tolerates(&self, ratio: f64) -> bool {
        1.0 - self.tolerance_down <= ratio && ratio <= 1.0 + self.tolerance_up
    }
}

/// Why a metric says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    NoPods,
    NoMetrics,
    /// A pod states no request: there is nothing that its use could be a share of.
    MissingRequest,
    /// The reading is of another kind than the metric.
    WrongKind,
}

impl Failure {
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::NoPods => "no pods to look at",
            Self::NoMetrics => "no measurements of any pod that counts",
            Self::MissingRequest => "missing request for the resource",
            Self::WrongKind => "the measurement is of another kind",
        }
    }
}

/// Why a proposal is not simply ratio times pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The ratio is close enough to 1.
    Tolerance,
    /// With the pods that say nothing counted in, it would go the other way.
    Flipped,
}

/// What a metric asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Proposal {
    pub replicas: i32,
    /// What was measured: percent for utilization, else thousandths per pod, or in all where the target is in all.
    pub value: i64,
    /// Mean use in thousandths, for metrics of resources.
    pub mean_milli: i64,
    /// Measured over target, before and after pods that say nothing were counted in.
    pub ratio: f64,
    pub adjusted: Option<f64>,
    /// Pods whose measurements count; not ready yet; without a measurement.
    pub ready: u32,
    pub unready: u32,
    pub missing: u32,
    /// What the last ratio was multiplied by.
    pub times: u32,
    pub kept: Option<Kept>,
}

/// How many replicas a metric asks for.
///
/// # Errors
/// Says why where it can ask for none.
pub fn propose(
    metric: &Metric,
    reading: &Reading,
    pods: &[Pod],
    current: i32,
    timing: &Timing,
    now: Nanos,
) -> Result<Proposal, Failure> {
    match (metric, reading) {
        (_, Reading::Unavailable) => Err(Failure::NoMetrics),
        (Metric::Utilization { resource, percent }, Reading::Pods(samples)) => {
            let target = Target::Percent { percent: i64::from(*percent) };
            by_pods(target, Some(*resource), samples, pods, current, timing, now)
        }
        (Metric::ResourceAverage { resource, milli }, Reading::Pods(samples)) => {
            by_pods(Target::Mean { milli: *milli }, Some(*resource), samples, pods, current, timing, now)
        }
        (Metric::PodsAverage { milli }, Reading::Pods(samples)) => {
            by_pods(Target::Mean { milli: *milli }, None, samples, pods, current, timing, now)
        }
        (Metric::Value { milli }, Reading::Total(total)) => {
            let ratio = *total as f64 / *milli as f64;
            let ready = pods.iter().filter(|pod| pod.phase == Phase::Running && matches!(pod.ready, Some((true, _))));
            let ready = ready.count() as u32;
            let kept = (current != 0 && timing.tolerates(ratio)).then_some(Kept::Tolerance);
            // From nothing there is no pod to multiply by.
            let times = if current == 0 { 1 } else { ready };
            let replicas = if kept.is_some() { current } else { (ratio * f64::from(times)).ceil() as i32 };
            Ok(Proposal { replicas, value: *total, ratio, ready, times, kept, ..NOTHING })
        }
        (Metric::ValuePerPod { milli }, Reading::Total(total)) => {
            let ratio = *total as f64 / (*milli as f64 * f64::from(current));
            let kept = timing.tolerates(ratio).then_some(Kept::Tolerance);
            let replicas = if kept.is_some() { current } else { (*total as f64 / *milli as f64).ceil() as i32 };
            let value = (*total as f64 / f64::from(current)).ceil() as i64;
            Ok(Proposal { replicas, value, ratio, times: current.max(0) as u32, kept, ..NOTHING })
        }
        _ => Err(Failure::WrongKind),
    }
}

const NOTHING: Proposal = Proposal {
    replicas: 0,
    value: 0,
    mean_milli: 0,
    ratio: 0.0,
    adjusted: None,
    ready: 0,
    unready: 0,
    missing: 0,
    times: 0,
    kept: None,
};

/// What each pod is held against.
#[derive(Clone, Copy, Debug)]
enum Target {
    /// Percent of its request.
    Percent { percent: i64 },
    /// So much per pod.
    Mean { milli: i64 },
}

/// How a pod counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    Ready,
    Unready,
    Missing,
    Ignored,
}

fn group(pod: &Pod, sample: Option<&Sample>, resource: Option<Resource>, timing: &Timing, now: Nanos) -> Group {
    if pod.deleted || pod.phase == Phase::Failed {
        return Group::Ignored;
    }
    if pod.phase == Phase::Pending {
        return Group::Unready;
    }
    let Some(sample) = sample else { return Group::Missing };
    if resource != Some(Resource::Cpu) {
        return Group::Ready;
    }
    let (Some((ready, since)), Some(started)) = (pod.ready, pod.started) else { return Group::Unready };
    let unready = if started + timing.cpu_initialization > now {
        !ready || sample.at < since + sample.window
    } else {
        !ready && started + timing.initial_readiness > since
    };
    if unready { Group::Unready } else { Group::Ready }
}

/// Measured over target, and what was measured: (ratio, value, mean).
fn ratio_of(target: Target, counted: &[(usize, i64)], pods: &[Pod]) -> Result<(f64, i64, i64), Failure> {
    match target {
        Target::Percent { percent } => {
            let (mut used, mut requested, mut count) = (0, 0, 0);
            for (pod, milli) in counted {
                if let Some(request) = pods[*pod].request_milli {
                    used += milli;
                    requested += request;
                    count += 1;
                }
            }
            if requested == 0 {
                return Err(Failure::NoMetrics);
            }
            // Whole percents, rounded down, as the controller has them.
            let value = used * 100 / requested;
            Ok((value as f64 / percent as f64, value, used / count))
        }
        Target::Mean { milli } => {
            let mean = counted.iter().map(|(_, milli)| milli).sum::<i64>() / counted.len() as i64;
            Ok((mean as f64 / milli as f64, mean, mean))
        }
    }
}

fn by_pods(
    target: Target,
    resource: Option<Resource>,
    samples: &[Option<Sample>],
    pods: &[Pod],
    current: i32,
    timing: &Timing,
    now: Nanos,
) -> Result<Proposal, Failure> {
    if pods.is_empty() {
        return Err(Failure::NoPods);
    }
    let sample = |pod: usize| samples.get(pod).and_then(Option::as_ref);
    let groups: Vec<Group> =
        pods.iter().enumerate().map(|(ix, pod)| group(pod, sample(ix), resource, timing, now)).collect();
    let of = |wanted: Group| (0..pods.len()).filter(|ix| groups[*ix] == wanted).collect::<Vec<_>>();
    let (ready, unready, missing) = (of(Group::Ready), of(Group::Unready), of(Group::Missing));
    let mut counted: Vec<(usize, i64)> =
        ready.iter().filter_map(|pod| sample(*pod).map(|sample| (*pod, sample.milli))).collect();
    if counted.is_empty() {
        return Err(Failure::NoMetrics);
    }
    if matches!(target, Target::Percent { .. }) && pods.iter().any(|pod| pod.request_milli.is_none()) {
        return Err(Failure::MissingRequest);
    }
    let (ratio, value, mean_milli) = ratio_of(target, &counted, pods)?;
    let proposal = Proposal {
        replicas: current,
        value,
        mean_milli,
        ratio,
        adjusted: None,
        ready: ready.len() as u32,
        unready: unready.len() as u32,
        missing: missing.len() as u32,
        times: ready.len() as u32,
        kept: None,
    };
    let up_with_unready = !unready.is_empty() && ratio > 1.0;
    if missing.is_empty() && !up_with_unready {
        return Ok(if timing.tolerates(ratio) {
            Proposal { kept: Some(Kept::Tolerance), ..proposal }
        } else {
            Proposal { replicas: (ratio * ready.len() as f64).ceil() as i32, ..proposal }
        });
    }
    // A pod that says nothing is taken to argue against the change.
    if ratio < 1.0 {
        counted.extend(missing.iter().map(|pod| (*pod, fallback(target, &pods[*pod]))));
    } else if ratio > 1.0 || matches!(target, Target::Mean { .. }) {
        counted.extend(missing.iter().map(|pod| (*pod, 0)));
    }
    if up_with_unready {
        counted.extend(unready.iter().map(|pod| (*pod, 0)));
    }
    let (adjusted, ..) = ratio_of(target, &counted, pods)?;
    let proposal = Proposal { adjusted: Some(adjusted), times: counted.len() as u32, ..proposal };
    if timing.tolerates(adjusted) {
        return Ok(Proposal { kept: Some(Kept::Tolerance), ..proposal });
    }
    let replicas = (adjusted * counted.len() as f64).ceil() as i32;
    let flipped = (ratio < 1.0 && adjusted > 1.0)
        || (ratio > 1.0 && adjusted < 1.0)
        || (adjusted < 1.0 && replicas > current)
        || (adjusted > 1.0 && replicas < current);
    Ok(if flipped { Proposal { kept: Some(Kept::Flipped), ..proposal } } else { Proposal { replicas, ..proposal } })
}

/// What a pod without a measurement is taken to use when the others ask for fewer.
fn fallback(target: Target, pod: &Pod) -> i64 {
    match target {
        Target::Percent { percent } => pod.request_milli.unwrap_or(0) * percent.max(100) / 100,
        Target::Mean { milli } => milli,
    }
}
