//! A scaler and its replicas, as the page shows them.

use crate::model::scaler::{Decision, Measured, MetricSeen, entries};
use crate::model::system::{ReplicaLook, ScalingLook, Stage};
use crate::protocol::scaling::{
    CourseFrame, LifeFrame, LifeStage, MeasuredFrame, MetricFrame, MovedFrame, RolloutFrame, ScalerInside,
    ScalingFrame, SyncFrame,
};

/// What there is to see at a glance.
pub(super) fn frame(look: &ScalingLook, scaler: &str) -> Box<ScalingFrame> {
    let name = entries().into_iter().find(|entry| entry.id == scaler).map_or("", |entry| entry.name);
    let moved = look.syncs.iter().rev().find(|sync| sync.desired != sync.current);
    let gone = look.gone.iter().map(|(number, at)| LifeFrame {
        number: *number,
        stage: LifeStage::Terminated,
        since_ns: at.0,
        ..LifeFrame::default()
    });
    let mut replicas: Vec<LifeFrame> = look.replicas.iter().map(life).chain(gone).collect();
    replicas.sort_by_key(|replica| replica.number);
    Box::new(ScalingFrame {
        name: name.to_owned(),
        wanted: look.wanted,
        replicas,
        moved: moved.map(|sync| MovedFrame { at_ns: sync.at.0, from: sync.current, to: sync.desired }),
        rate: look.rate.map(measured),
        nodes: look.nodes.iter().map(|(number, at)| (*number, at.0)).collect(),
        size: look.size.to_owned(),
        cost_per_hour: look.cost_per_hour,
        cost_total: look.cost_total,
        rollout: look.rollout.map(|rollout| RolloutFrame {
            begun_ns: rollout.begun.0,
            failed: rollout.failed,
            back: rollout.back,
            surge: rollout.surge,
            missing: rollout.missing,
            desired: rollout.counts.desired,
            new: rollout.counts.new,
            new_available: rollout.counts.new_available,
            old: rollout.counts.old,
            old_available: rollout.counts.old_available,
        }),
    })
}

/// Everything: each evaluation with its reasons, the window, the course.
pub(super) fn inside(look: &ScalingLook, node: u32) -> ScalerInside {
    ScalerInside {
        node,
        syncs: look.syncs.iter().map(sync).collect(),
        window: look.window.iter().map(|(number, at)| (*number, at.0)).collect(),
        up_ns: look.looks_back.up.0,
        down_ns: look.looks_back.down.0,
        course: look
            .course
            .iter()
            .map(|point| CourseFrame {
                at_ns: point.at.0,
                wanted: point.wanted,
                ready: point.ready,
                all: point.all,
                rate: point.rate.map_or(f32::NAN, |rate| rate as f32),
            })
            .collect(),
    }
}

const fn measured(measured: Measured) -> MeasuredFrame {
    MeasuredFrame { value: measured.value, at_ns: measured.at.0 }
}

fn life(replica: &ReplicaLook) -> LifeFrame {
    LifeFrame {
        number: replica.number,
        stage: match replica.stage {
            Stage::Pending => LifeStage::Pending,
            Stage::Pulling => LifeStage::Pulling,
            Stage::Booting => LifeStage::Booting,
            Stage::Restarting => LifeStage::Restarting,
            Stage::Leaving if replica.interrupted => LifeStage::Interrupted,
            Stage::Leaving => LifeStage::Leaving,
            Stage::Ready if replica.dead => LifeStage::Dead,
            Stage::Ready if replica.cold => LifeStage::Warming,
            Stage::Ready => LifeStage::Ready,
        },
        since_ns: replica.since.0,
        restarts: replica.restarts,
        node: replica.node,
        is_new: replica.is_new,
        cpu: replica.cpu.map(measured),
        memory: replica.memory.map(measured),
        requests: replica.requests.map(measured),
    }
}

/// Evaluations with their reasons.
pub(super) fn syncs(decisions: &[Decision]) -> Vec<SyncFrame> {
    decisions.iter().map(sync).collect()
}

fn sync(decision: &Decision) -> SyncFrame {
    let metric = |metric: &MetricSeen| MetricFrame {
        name: metric.name.clone(),
        value: metric.value,
        target: metric.target,
        age_ns: metric.measured.map(|(at, _)| decision.at.since(at).0),
        window_ns: metric.measured.map_or(0, |(_, window)| window.0),
        asks: metric.asks,
    };
    SyncFrame {
        at_ns: decision.at.0,
        current: decision.current,
        proposed: decision.proposed,
        stabilized: decision.stabilized,
        desired: decision.desired,
        limit: decision.limit.label().to_owned(),
        why: decision.why.clone(),
        metrics: decision.metrics.iter().map(metric).collect(),
    }
}
