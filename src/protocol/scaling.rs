//! What is sent of a scaler, and of the replicas that come and go.

use serde::{Deserialize, Serialize};

/// A scaler with its replicas.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScalingFrame {
    /// Name of the kind of scaler.
    pub name: String,
    /// Replicas there shall be.
    pub wanted: u32,
    /// By ascending number, those that start or leave among them, and those that ended lately.
    pub replicas: Vec<LifeFrame>,
    /// How the number came to be what it is: the latest evaluation that changed it.
    pub moved: Option<MovedFrame>,
    /// Requests per second of the whole station, as its scaler knows them.
    pub rate: Option<MeasuredFrame>,
    /// Numbers of the nodes, and from when on each is there [ns].
    pub nodes: Vec<(u32, u64)>,
    /// Name of the instances' size; empty: none is named.
    pub size: String,
    /// [USD/h] now, and [USD] since the warm-up.
    pub cost_per_hour: f64,
    pub cost_total: f64,
    /// A new version on its way in.
    pub rollout: Option<RolloutFrame>,
}

/// A new version on its way in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RolloutFrame {
    pub begun_ns: u64,
    /// It has made no progress for longer than its deadline.
    pub failed: bool,
    /// It goes back to an earlier version.
    pub back: bool,
    /// How many there may be beyond those desired, and how many of those may be missing.
    pub surge: u32,
    pub missing: u32,
    pub desired: u32,
    pub new: u32,
    pub new_available: u32,
    pub old: u32,
    pub old_available: u32,
}

/// An evaluation that changed the number.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MovedFrame {
    pub at_ns: u64,
    pub from: u32,
    pub to: u32,
}

/// The inside of the one scaler that somebody looks into, a few times a second.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScalerInside {
    pub node: u32,
    /// Evaluations, oldest first.
    pub syncs: Vec<SyncFrame>,
    /// Earlier numbers that still count (number, when [ns]), oldest first.
    pub window: Vec<(u32, u64)>,
    /// How far back they count, for more replicas and for fewer [ns].
    pub up_ns: u64,
    pub down_ns: u64,
    /// Oldest first.
    pub course: Vec<CourseFrame>,
}

/// A moment of a pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CourseFrame {
    pub at_ns: u64,
    /// Replicas that there shall be, that take requests, and that are not gone.
    pub wanted: u32,
    pub ready: u32,
    pub all: u32,
    /// Requests per second; NaN: not measured yet.
    pub rate: f32,
}

/// What one metric said in an evaluation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MetricFrame {
    pub name: String,
    pub value: Option<f64>,
    pub target: f64,
    /// Age of the oldest measurement that went in, and over how long it was taken [ns].
    pub age_ns: Option<u64>,
    pub window_ns: u64,
    /// How many replicas it asks for by itself.
    pub asks: Option<u32>,
}

/// A measurement, and when it was taken [ns].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MeasuredFrame {
    pub value: f64,
    pub at_ns: u64,
}

/// Where a replica is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LifeStage {
    /// No node has room for it yet.
    Pending,
    /// It fetches its image.
    Pulling,
    /// It boots, and waits for its probe.
    Booting,
    /// It serves, slowly.
    Warming,
    #[default]
    Ready,
    /// It died, or gets another size.
    Restarting,
    /// A fault holds it down.
    Dead,
    /// It ends what it holds.
    Leaving,
    /// Its spot machine is being taken away.
    Interrupted,
    /// It ended, a moment ago.
    Terminated,
}

impl LifeStage {
    pub const ALL: [Self; 10] = [
        Self::Pending,
        Self::Pulling,
        Self::Booting,
        Self::Warming,
        Self::Ready,
        Self::Restarting,
        Self::Dead,
        Self::Leaving,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// In words; also the name of its color.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Pulling => "pulling",
            Self::Booting => "booting",
            Self::Warming => "warming",
            Self::Ready => "ready",
            Self::Restarting => "restarting",
            Self::Dead => "dead",
            Self::Leaving => "draining",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
        }
    }
}

/// A replica's life.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LifeFrame {
    pub number: u32,
    pub stage: LifeStage,
    pub since_ns: u64,
    pub restarts: u32,
    pub node: Option<u32>,
    /// Of a version that came while it ran.
    pub is_new: bool,
    /// [cores], [bytes], [1/s]
    pub cpu: Option<MeasuredFrame>,
    pub memory: Option<MeasuredFrame>,
    pub requests: Option<MeasuredFrame>,
}

/// One evaluation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SyncFrame {
    pub at_ns: u64,
    pub current: u32,
    pub proposed: Option<u32>,
    pub stabilized: Option<u32>,
    pub desired: u32,
    /// What limited it; empty: nothing did.
    pub limit: String,
    /// How it came about, with the numbers put in.
    pub why: Vec<String>,
    pub metrics: Vec<MetricFrame>,
}
