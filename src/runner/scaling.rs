//! A scaler and its replicas, as the page shows them.

use crate::model::scaler::{Decision, Measured, entries};
use crate::model::system::{ReplicaLook, ScalingLook, Stage};
use crate::protocol::scaling::{LifeFrame, LifeStage, MeasuredFrame, ScalingFrame, SyncFrame};

/// Evaluations that are told with their reasons.
const TOLD: usize = 12;

/// What there is to see; `whole`: with every evaluation.
pub(super) fn frame(look: &ScalingLook, scaler: &str, whole: bool) -> Box<ScalingFrame> {
    let name = entries().into_iter().find(|entry| entry.id == scaler).map_or("", |entry| entry.name);
    let told_from = look.syncs.len().saturating_sub(TOLD);
    let syncs = look.syncs.iter().enumerate().map(|(at, decision)| sync(decision, at >= told_from));
    Box::new(ScalingFrame {
        name: name.to_owned(),
        wanted: look.wanted,
        replicas: look.replicas.iter().map(life).collect(),
        syncs: if whole { syncs.collect() } else { Vec::new() },
        window: if whole { look.window.iter().map(|(number, at)| (*number, at.0)).collect() } else { Vec::new() },
        rate: look.rate.map(measured),
        nodes: look.nodes.iter().map(|(number, at)| (*number, at.0)).collect(),
        size: look.size.to_owned(),
        cost_per_hour: look.cost_per_hour,
        cost_total: look.cost_total,
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
        cpu: replica.cpu.map(measured),
        memory: replica.memory.map(measured),
        requests: replica.requests.map(measured),
    }
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
