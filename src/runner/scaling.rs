//! A scaler and its replicas, as the page shows them.

use crate::model::scaler::{Decision, Measured, entries};
use crate::model::system::{ReplicaLook, ScalingLook, Stage};
use crate::protocol::scaling::{LifeFrame, LifeStage, MeasuredFrame, RolloutFrame, ScalingFrame, SyncFrame};

/// Evaluations that are told with their reasons.
const TOLD: usize = 12;

/// What there is to see; `whole`: with every evaluation.
pub(super) fn frame(look: &ScalingLook, scaler: &str, whole: bool) -> Box<ScalingFrame> {
    let name = entries().into_iter().find(|entry| entry.id == scaler).map_or("", |entry| entry.name);
    Box::new(ScalingFrame {
        name: name.to_owned(),
        wanted: look.wanted,
        replicas: look.replicas.iter().map(life).collect(),
        syncs: if whole { syncs(&look.syncs) } else { Vec::new() },
        window: if whole { look.window.iter().map(|(number, at)| (*number, at.0)).collect() } else { Vec::new() },
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

/// Evaluations, the newest ones with their reasons.
pub(super) fn syncs(decisions: &[Decision]) -> Vec<SyncFrame> {
    let told_from = decisions.len().saturating_sub(TOLD);
    decisions.iter().enumerate().map(|(at, decision)| sync(decision, at >= told_from)).collect()
}

fn sync(decision: &Decision, told: bool) -> SyncFrame {
    SyncFrame {
        at_ns: decision.at.0,
        current: decision.current,
        proposed: decision.proposed,
        stabilized: decision.stabilized,
        desired: decision.desired,
        limit: decision.limit.label().to_owned(),
        why: if told { decision.why.clone() } else { Vec::new() },
    }
}
