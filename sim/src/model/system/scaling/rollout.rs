//! New versions of a service: replicas of the new one start, those of the old one drain, within the service's limits.
//!
//! Which version is wanted follows from the faults in force; how many replicas of which there are at a time is decided by
//! [`crate::model::scaler::rollout`], whenever one of them becomes ready, dies or is gone.

use serde::{Deserialize, Serialize};

use super::life::Stage;
use super::{Pod, Scaling, System};
use crate::engine::sort;
use crate::engine::time::SimTime;
use crate::model::fault::Effect;
use crate::model::ids::FaultTarget;
use crate::model::scaler::hpa::Nanos;
use crate::model::scaler::rollout::{self, Counts, Settings};
use crate::model::system::log::LogTone;
use crate::model::system::plan::{PoolKind, ScalingConfig};
use crate::model::system::timer::{FleetTurn, Timer, schedule};

/// What a version is like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Version {
    /// 0 is the one that was there first; a later one is named after the fault that brought it.
    pub number: u32,
    /// Share of its answers that are errors.
    pub errors: f64,
    /// Whether it ever becomes ready.
    pub ready: bool,
}

impl Version {
    pub const FIRST: Self = Self { number: 0, errors: 0.0, ready: true };
}

/// A version on its way in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rollout {
    begun: SimTime,
    progressed: SimTime,
    /// New replicas, available ones of them, and old ones, when it last made progress.
    reached: (u32, u32, u32),
    failed: bool,
    /// To a version that was there before.
    back: bool,
}

/// A rollout as there is to see of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RolloutLook {
    pub begun: SimTime,
    /// Without progress for longer than its deadline.
    pub failed: bool,
    /// It goes back to an earlier version.
    pub back: bool,
    /// How many replicas there may be beyond those desired, and how many of those may be missing.
    pub surge: u32,
    pub missing: u32,
    pub counts: Counts,
}

impl Scaling {
    fn counts(&self, settings: &Settings, now: SimTime) -> Counts {
        let number = self.version.number;
        let old_enough = settings.min_ready.0 as Nanos;
        let available = |pod: &&super::Member<Pod>| {
            let (ready, since) = pod.readiness();
            ready && now.0 as Nanos - since >= old_enough
        };
        let is_new = |pod: &&super::Member<Pod>| pod.version.number == number;
        Counts {
            desired: self.pods.wanted,
            old: self.pods.staying().filter(|pod| !is_new(pod)).count() as u32,
            old_available: self.pods.staying().filter(|pod| !is_new(pod)).filter(available).count() as u32,
            new: self.pods.staying().filter(is_new).count() as u32,
            new_available: self.pods.staying().filter(is_new).filter(available).count() as u32,
            old_leaving: self.pods.iter().filter(|pod| pod.stage == Stage::Leaving && !is_new(pod)).count() as u32,
        }
    }

    /// The rollout under way, as there is to see of it.
    pub(super) fn look_at_rollout(&self, settings: &Settings, now: SimTime) -> Option<RolloutLook> {
        let rollout = self.rollout?;
        let (surge, missing) = settings.bounds(self.pods.wanted);
        let Rollout { begun, failed, back, .. } = rollout;
        Some(RolloutLook { begun, failed, back, surge, missing, counts: self.counts(settings, now) })
    }
}

impl System {
    /// Begins to roll out the version that the faults in force bring, unless it is the one that is wanted already.
    pub(in crate::model::system) fn apply_versions(&mut self, station: u32) {
        let now = self.now;
        let entry = &self.stations[station as usize];
        let Some(pool) = entry.pool() else { return };
        if pool.config.kind != PoolKind::Service {
            return;
        }
        let target = FaultTarget::Node(entry.id);
        let brought = self.active.iter().rev().filter(|active| active.target == target).find_map(|active| {
            let Effect::NewVersion { errors, ready } = active.effect else { return None };
            Some(Version { number: active.serial + 1, errors, ready })
        });
        let wanted = brought.unwrap_or(Version::FIRST);
        let present = pool.scaling.as_ref().map_or(Version::FIRST, |scaling| scaling.version);
        if wanted.number == present.number || entry.removed {
            return;
        }
        self.begin_scaling(station);
        let Some(scaling) = self.scaling(station) else { return };
        scaling.version = wanted;
        let back = wanted.number < present.number;
        scaling.rollout = Some(Rollout { begun: now, progressed: now, reached: (0, 0, u32::MAX), failed: false, back });
        self.roll_soon(station);
    }

    /// Who has no scaler gets what a rollout needs: replicas that come and go.
    fn begin_scaling(&mut self, station: u32) {
        let (now, seed) = (self.now, self.seed);
        let id = self.stations[station as usize].id.0;
        let Some(pool) = self.stations[station as usize].pool_mut() else { return };
        if pool.scaling.is_some() {
            return;
        }
        let replicas = pool.replicas.clone();
        let scaling = Scaling::new(&ScalingConfig::plain(), pool.config.replicas, id, seed, now);
        pool.scaling = Some(Box::new(scaling));
        self.schedule(now + super::SCRAPE_FIRST, Timer::Fleet { station, turn: FleetTurn::Scrape { generation: 0 } });
        for replica in replicas {
            self.adopt_replica(station, replica);
        }
    }

    /// The rollout of a station may have something to do, once the present event is over.
    pub(in crate::model::system) fn roll_soon(&mut self, station: u32) {
        let now = self.now;
        if let Some(scaling) = self.scaling(station).filter(|scaling| scaling.rollout.is_some())
            && !std::mem::replace(&mut scaling.roll_due, true)
        {
            self.schedule(now, Timer::Fleet { station, turn: FleetTurn::Roll });
        }
    }

    /// The next step of a rollout.
    pub(in crate::model::system) fn roll(&mut self, station: u32) {
        let now = self.now;
        let removed = self.stations[station as usize].removed;
        let Some(pool) = self.stations[station as usize].pool_mut() else { return };
        let settings = pool.config.rollout;
        let Some(scaling) = pool.scaling.as_deref_mut() else { return };
        scaling.roll_due = false;
        let counts = scaling.counts(&settings, now);
        let Some(rollout) = scaling.rollout.as_mut().filter(|_| !removed) else {
            self.quiet = true;
            return;
        };
        let (new, available, old) = rollout.reached;
        if counts.new > new || counts.new_available > available || counts.old < old {
            rollout.reached = (counts.new.max(new), counts.new_available.max(available), counts.old.min(old));
            rollout.progressed = now;
            schedule(
                &mut self.queue,
                &mut self.timers,
                now + settings.deadline,
                Timer::Fleet { station, turn: FleetTurn::Roll },
            );
        }
        let overdue = now.since(rollout.progressed) >= settings.deadline;
        let fails = overdue && !std::mem::replace(&mut rollout.failed, overdue);
        let (begun, back) = (rollout.begun, rollout.back);
        let (id, label) = {
            let entry = &self.stations[station as usize];
            (entry.id, entry.label.clone())
        };
        if fails {
            let text = format!(
                "{label} made no progress with the new version for {:.0} s: {} of {} new replicas are ready",
                settings.deadline.as_secs_f64(),
                counts.new_available,
                counts.desired
            );
            self.log(LogTone::Bad, Some(id), text);
        }
        if counts.complete() {
            if let Some(scaling) = self.scaling(station) {
                scaling.rollout = None;
            }
            let what = if back { "is rolled back" } else { "runs the new version everywhere" };
            let text = format!("{label} {what}, after {:.1} s", now.since(begun).as_secs_f64());
            self.log(LogTone::Good, Some(id), text);
            return;
        }
        let step = rollout::step(&settings, counts);
        self.quiet = step == rollout::Step::default() && !fails;
        for _ in 0..step.start {
            self.order::<Pod>(station);
        }
        self.stop_some(station, step.stop_old, false);
        self.stop_some(station, step.stop_new, true);
        if step.stop_old + step.stop_new > 0 {
            self.farewell(station);
        }
        if step != rollout::Step::default() {
            self.rebill(station);
            // What starts or ends at once counts at once.
            self.roll_soon(station);
        }
    }

    /// Lets so many of the new or of the old ones go: first those that do not serve, then the oldest.
    fn stop_some(&mut self, station: u32, count: u32, new: bool) {
        let Some(scaling) = self.scaling(station) else { return };
        let number = scaling.version.number;
        let of = scaling.pods.staying().filter(|pod| (pod.version.number == number) == new);
        let mut order: Vec<(bool, u32)> = of.map(|pod| (pod.readiness().0, pod.number)).collect();
        sort::few(&mut order);
        let leaving: Vec<u32> = order.into_iter().take(count as usize).map(|(_, number)| number).collect();
        for number in leaving {
            self.dismiss::<Pod>(station, &[number], None);
        }
    }
}
