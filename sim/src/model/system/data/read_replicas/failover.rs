//! Who takes over when the primary is gone, and what that loses.
//!
//! What is on its way when the primary dies, or is cut off, never arrives. The freshest replica that can be reached applies
//! what it has received and is the primary then; what it has not received is lost, if it was acknowledged. A primary that
//! is only cut off goes on for the clients on its side, unless something fences it; what it took alone is thrown away when
//! it is back. The old primary follows the new one.

use std::cmp::Reverse;

use super::commit::{Logged, Turn, UNKNOWN, Waiting};
use super::{ReadReplica, ReadReplicaStage, ReadReplicas, applies_in};
use crate::engine::rng::mix;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::fault::Effect;
use crate::model::ids::{FaultTarget, NodeId};
use crate::model::outcome::{Outcome, Reason};
use crate::model::replication::Mode;
use crate::model::replication::failover::Fencing;
use crate::model::system::System;
use crate::model::system::attempt::Phase;
use crate::model::system::data::{Answer, Commit, Done, Site};
use crate::model::system::fleet::Member;
use crate::model::system::log::LogTone;
use crate::model::system::pool::replica::Replica;
use crate::model::system::timer::Timer;
use crate::model::system::trail::Mark;

/// What whoever looks after the primary knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    generation: u32,
    /// Probes in a row without an answer.
    misses: u32,
    /// Until when the primary may serve.
    lease: SimTime,
    /// The replica that is about to take over.
    pub promoting: Option<u32>,
    /// Since when there is no primary that all can reach, and how long there was none before that.
    pub down: Option<SimTime>,
    pub was_down: SimDuration,
    /// Counts primaries.
    pub epoch: u32,
    /// The primary before this one, while it lives on its own.
    pub former: Option<Former>,
    /// Writes that it took while there was another one.
    pub twice: u64,
    /// Some member is cut off.
    split: bool,
}

/// A primary that was replaced while it was cut off.
#[derive(Clone, Debug)]
pub(super) struct Former {
    pub number: u32,
    replica: u32,
    /// What it alone has.
    pub alone: Vec<Logged>,
    /// What it takes waits for replicas, and which writes do.
    waits: bool,
    pub waiting: Vec<Waiting>,
}

/// Stands for the number of a write that only a former primary has.
pub(super) const ALONE: u64 = u64::MAX;

/// What a promotion comes to.
struct Promoted {
    lost: u64,
    /// Writes that wait at the old primary, which is no more.
    failed: Vec<Waiting>,
    /// How long there was no primary.
    without: SimDuration,
}

/// Where a session stands among all, 0..1: the first ones are on the side that is cut off.
pub(super) fn place_of(session: u64) -> f64 {
    (mix(session) >> 11) as f64 / (1u64 << 53) as f64
}

fn lost_words(lost: u64) -> String {
    match lost {
        0 => String::new(),
        1 => "; one acknowledged write is lost".to_owned(),
        _ => format!("; {lost} acknowledged writes are lost"),
    }
}

/// Whether all can reach it.
fn answers(replica: &Replica) -> bool {
    !replica.dead && !replica.frozen && replica.cut.is_none()
}

impl ReadReplicas {
    pub(in crate::model::system) const fn primary_replica(&self) -> u32 {
        self.primary
    }

    pub(super) fn is_split(&self) -> bool {
        self.guarded.as_ref().is_some_and(|guarded| guarded.watch.split)
    }

    fn former(&self) -> Option<&Former> {
        self.guarded.as_ref()?.watch.former.as_ref()
    }

    /// Whether a session's client is on the side of those that are cut off.
    pub(super) fn is_apart(&self, replicas: &[Replica], session: u64) -> bool {
        let first = std::iter::once(self.primary).chain(self.former().map(|former| former.replica));
        let members = self.list.iter().map(|member| member.replica);
        let share = first.chain(members).find_map(|replica| replicas.get(replica as usize)?.cut);
        share.is_some_and(|share| place_of(session) < share)
    }

    /// Whether a primary that is cut off has to stop.
    fn is_fenced(&self, now: SimTime) -> bool {
        let Some(guarded) = &self.guarded else { return false };
        match self.config.failover.map(|failover| failover.fencing) {
            Some(Fencing::Lease(_)) => now >= guarded.watch.lease,
            Some(Fencing::Number) => guarded.watch.former.is_some(),
            Some(Fencing::None) | None => false,
        }
    }

    /// The primary that a session's client reaches, or why there is none.
    pub(super) fn primary_at(&self, site: &Site<'_>, session: u64) -> Result<u32, Reason> {
        if !self.is_split() {
            return Ok(self.primary);
        }
        let cut = site.replicas.get(self.primary as usize).is_some_and(|primary| primary.cut.is_some());
        if !self.is_apart(site.replicas, session) {
            return if cut { Err(Reason::NoPrimary) } else { Ok(self.primary) };
        }
        let old = if cut { Some(self.primary) } else { self.former().map(|former| former.replica) };
        match old {
            None => Err(Reason::NoPrimary),
            Some(_) if self.is_fenced(site.now) => Err(Reason::Fenced),
            Some(old) => Ok(old),
        }
    }

    /// A write that is done at a primary which is no more, or which must not take it; `None`: it is the primary's.
    pub(super) fn commit_apart(&mut self, site: &Site<'_>, done: &Done) -> Option<Commit> {
        self.guarded.as_ref()?;
        let own = done.replica == self.primary;
        let cut = site.replicas.get(done.replica as usize).is_some_and(|replica| replica.cut.is_some());
        let refused = Some(Commit { mark: None, answer: Answer::Refused(Reason::Fenced) });
        if own {
            return if cut && self.is_fenced(site.now) { refused } else { None };
        }
        let fenced = self.is_fenced(site.now);
        let guarded = self.guarded.as_mut()?;
        let former = guarded.watch.former.as_mut().filter(|former| former.replica == done.replica);
        let Some(former) = former.filter(|_| cut && !fenced) else { return refused };
        if former.waits {
            // No replica's word gets to it.
            return Some(Commit { mark: None, answer: Answer::InLine(ALONE) });
        }
        let by = former.number;
        former.alone.push(Logged { key: done.key, at: site.now, acknowledged: true });
        guarded.watch.twice += 1;
        guarded.ledger.acknowledge(done.key);
        Some(Commit { mark: Some(Mark::Written { by, replicas: 0, waits: false }), answer: Answer::Now })
    }

    /// Who reaches whom has changed: whether an old primary is back, to be merged.
    fn relink(&mut self, site: &Site<'_>) -> bool {
        let now = site.now;
        let Some(primary) = site.replicas.get(self.primary as usize) else { return false };
        let open = !primary.dead && primary.cut.is_none();
        let (position, settings) = (self.position, self.config.replication);
        let ways: Vec<SimDuration> = self.list.iter().map(|member| self.way_to(member, site)).collect();
        let mut split = primary.cut.is_some();
        for (member, way) in self.list.iter_mut().zip(ways) {
            let replica = site.replicas.get(member.replica as usize);
            split |= replica.is_some_and(|replica| replica.cut.is_some());
            let up = open && replica.is_none_or(answers);
            member.out &= !up;
            if std::mem::replace(&mut member.linked, up) == up {
                continue;
            }
            if !up {
                member.follower.cut(now);
                member.words.clear();
                continue;
            }
            let there = now + way + settings.ship;
            member.follower.resume(there);
            let applies = settings.mode == Mode::RemoteApply;
            let has = if applies { member.follower.applied() } else { member.follower.received(now) };
            member.words.push_back((has, there));
            if !applies {
                member.words.push_back((position, there + settings.flush + way + settings.ship));
            }
        }
        let Some(guarded) = &mut self.guarded else { return false };
        guarded.watch.split = split;
        if !answers(primary) {
            guarded.watch.down.get_or_insert(now);
        }
        if primary.dead {
            // Their clients see a broken connection: kept or not.
            guarded.ledger.sums[UNKNOWN] += guarded.waiting.len() as u64;
            guarded.waiting.clear();
        }
        let old = guarded.watch.former.as_ref().map(|former| former.replica);
        old.and_then(|old| site.replicas.get(old as usize)).is_some_and(|old| old.dead || old.cut.is_none())
    }

    /// The replica that has received most of those that can be reached, and how long it has still to apply.
    fn freshest(&self, site: &Site<'_>) -> Option<(u32, SimDuration)> {
        let up = |member: &&Member<ReadReplica>| {
            site.replicas.get(member.replica as usize).is_some_and(|replica| answers(replica) && !replica.drained)
        };
        let order = |member: &&Member<ReadReplica>| (member.follower.received(site.now), Reverse(member.number));
        let member = self.list.serving().filter(up).max_by_key(order)?;
        let apply = applies_in(self.config.apply, member, site.replicas)?;
        Some((member.number, member.follower.to_apply(site.now, apply)))
    }

    /// A replica is the primary from now on.
    fn promote(&mut self, site: &Site<'_>, number: u32) -> Option<Promoted> {
        let now = site.now;
        let old = site.replicas.get(self.primary as usize)?;
        let member = self.list.take(number)?;
        let position = member.follower.received(now);
        let mut follows = Member::new(self.primary_number, ReadReplica::new(self.primary_region, now, position), now);
        follows.enter(ReadReplicaStage::Serving, now);
        (follows.replica, follows.out) = (self.primary, true);
        self.list.adopt(follows);
        let before = (self.primary_number, self.primary);
        (self.primary, self.primary_number, self.primary_region) = (member.replica, number, member.region);
        self.position = position;
        for member in self.list.iter_mut() {
            member.follower.cut(now);
            member.follower.truncate(position);
            member.words.clear();
            (member.linked, member.heard) = (false, member.heard.min(position));
        }
        let waits = self.config.replication.waits();
        let guarded = self.guarded.as_mut()?;
        let kept = (position.saturating_sub(guarded.base) as usize).min(guarded.log.len());
        let alone: Vec<Logged> = guarded.log.split_off(kept).into();
        let waiting = std::mem::take(&mut guarded.waiting).into();
        let waits = waits && guarded.fallen.take().is_none();
        let watch = &mut guarded.watch;
        (watch.promoting, watch.misses) = (None, 0);
        watch.epoch += 1;
        let without = watch.down.take().map_or(SimDuration::ZERO, |since| now.since(since));
        watch.was_down = watch.was_down + without;
        if !old.dead && old.cut.is_some() {
            watch.former = Some(Former { number: before.0, replica: before.1, alone, waits, waiting });
            return Some(Promoted { lost: 0, failed: Vec::new(), without });
        }
        let lost = guarded.ledger.lose_all(alone);
        Some(Promoted { lost, failed: waiting, without })
    }
}

impl System {
    /// Probes of the primary begin, or end.
    pub(super) fn begin_probes(&mut self, station: u32) {
        let now = self.now;
        let Some(store) = self.store::<ReadReplicas>(station) else { return };
        let failover = store.config.failover;
        let Some(guarded) = &mut store.guarded else { return };
        guarded.watch.generation = guarded.watch.generation.wrapping_add(1);
        (guarded.watch.misses, guarded.watch.promoting) = (0, None);
        let generation = guarded.watch.generation;
        let Some(failover) = failover else { return };
        if let Fencing::Lease(lasts) = failover.fencing {
            guarded.watch.lease = now + lasts;
        }
        self.schedule(now + failover.every, Timer::Replication { station, turn: Turn::Probe { generation } });
    }

    /// The primary is asked whether it lives.
    pub(super) fn probe_due(&mut self, station: u32, generation: u32) {
        let now = self.now;
        self.quiet = true;
        let check = self.stations[station as usize].pool().map_or(SimDuration::ZERO, |pool| pool.config.check_time);
        let replied = self.replicated(station, |store, site| {
            let failover = store.config.failover?;
            let primary = site.replicas.get(store.primary as usize)?;
            let takes = check.as_secs_f64() * primary.slow;
            let up = answers(primary) && takes <= failover.timeout.as_secs_f64();
            let watch = &mut store.guarded.as_mut()?.watch;
            if watch.generation != generation {
                return None;
            }
            if up {
                if let Some(since) = watch.down.take() {
                    watch.was_down = watch.was_down + now.since(since);
                }
                (watch.misses, watch.promoting) = (0, None);
                if let Fencing::Lease(lasts) = failover.fencing {
                    watch.lease = now + lasts;
                }
            } else {
                watch.misses += 1;
            }
            let missed = watch.misses >= failover.misses && watch.promoting.is_none();
            Some((failover, missed))
        });
        let Some((failover, missed)) = replied.flatten() else { return };
        if missed {
            self.schedule(now + failover.timeout, Timer::Replication { station, turn: Turn::Missed { generation } });
        }
        self.schedule(now + failover.every, Timer::Replication { station, turn: Turn::Probe { generation } });
    }

    /// The primary counts as dead: the freshest replica is to take over.
    pub(super) fn missed(&mut self, station: u32, generation: u32) {
        let now = self.now;
        self.keep_up(station);
        let chosen = self.replicated(station, |store, site| {
            let failover = store.config.failover?;
            let chosen = store.freshest(site);
            let watch = &mut store.guarded.as_mut()?.watch;
            if watch.generation != generation || watch.misses < failover.misses || watch.promoting.is_some() {
                return None;
            }
            let (number, applying) = chosen?;
            watch.promoting = Some(number);
            let ready = now + applying + failover.promotion;
            let at = if let Fencing::Lease(_) = failover.fencing { ready.max(watch.lease) } else { ready };
            Some((number, at))
        });
        let Some((number, at)) = chosen.flatten() else {
            self.quiet = true;
            return;
        };
        let text = format!("{}: the primary does not answer: replica {number} is to take over", self.label_of(station));
        self.log(LogTone::Bad, Some(self.stations[station as usize].id), text);
        self.schedule(at, Timer::Replication { station, turn: Turn::Promote { number } });
    }

    /// A replica is ready to take over, if the primary is still away and the replica there.
    pub(super) fn promote_due(&mut self, station: u32, number: u32) {
        self.keep_up(station);
        let promoted = self.replicated(station, |store, site| {
            let watch = &mut store.guarded.as_mut()?.watch;
            if watch.promoting != Some(number) {
                return None;
            }
            watch.promoting = None;
            let replica = store.list.numbered(number).and_then(|member| site.replicas.get(member.replica as usize));
            if !replica.is_some_and(answers) {
                return None;
            }
            store.promote(site, number)
        });
        let Some(Promoted { lost, failed, without }) = promoted.flatten() else {
            self.quiet = true;
            return;
        };
        self.fail_waiting(failed);
        let mut text = format!(
            "{}: replica {number} is the primary, after {:.1} s without one",
            self.label_of(station),
            without.as_secs_f64()
        );
        text += &lost_words(lost);
        self.log(if lost > 0 { LogTone::Bad } else { LogTone::Good }, Some(self.stations[station as usize].id), text);
        self.relink(station);
        self.apply_effects();
        self.rebill(station);
    }

    /// Writes that wait at a primary that is no more are answered with an error.
    fn fail_waiting(&mut self, waiting: Vec<Waiting>) {
        for Waiting { attempt, .. } in waiting {
            if self.attempts.get(attempt).is_some_and(|attempt| attempt.phase == Phase::Waiting) {
                self.withdraw_from_station(attempt.ix);
                self.respond(attempt.ix, Outcome::Failed, Reason::Fenced);
            }
        }
    }

    /// Who reaches whom at a database may have changed.
    pub(in crate::model::system::data) fn relink(&mut self, station: u32) {
        if self.stations[station as usize].removed
            || !self.store::<ReadReplicas>(station).is_some_and(|store| store.keeps_ledger())
        {
            return;
        }
        let merges = self.replicated(station, |store, site| store.relink(site));
        if merges == Some(true) {
            self.merge(station);
        }
        self.listen(station);
    }

    /// An old primary is back: what it took alone is thrown away.
    fn merge(&mut self, station: u32) {
        let Some(store) = self.store::<ReadReplicas>(station) else { return };
        let Some(guarded) = &mut store.guarded else { return };
        let Some(former) = guarded.watch.former.take() else { return };
        let lost = guarded.ledger.lose_all(former.alone);
        self.fail_waiting(former.waiting);
        let mut text = format!("{}: replica {}, the old primary, follows now", self.label_of(station), former.number);
        text += &lost_words(lost);
        self.log(if lost > 0 { LogTone::Bad } else { LogTone::Info }, Some(self.stations[station as usize].id), text);
    }

    /// What a fault that is aimed at a database's primary really hits: the replica that is the primary now.
    pub(in crate::model::system) fn aim_at_primary(&self, effect: Effect, target: FaultTarget) -> FaultTarget {
        let FaultTarget::Node(node) = target else { return target };
        let number = |node: NodeId| {
            let pool = self.stations[self.station_index(node)? as usize].pool()?;
            let store = pool.data.of::<ReadReplicas>();
            let moves = store.is_some_and(|store| store.config.failover.is_some());
            match effect {
                Effect::Isolate { .. } => Some(store.map_or(0, |store| store.primary_number)),
                Effect::Failover { .. } if moves => store.map(|store| store.primary_number),
                _ => None,
            }
        };
        number(node).map_or(target, |number| FaultTarget::Replica(node, number))
    }
}
