//! When a write is answered: at once, or once enough replicas say that they have it.
//!
//! A replica has a write one way after its commit, and says so after its flush, or once it has applied it; its word takes
//! one way back. Writes that wait are answered in the order of their commits, and seen by others only then. With a
//! time-out (semi-synchronous), all that wait are answered when the oldest has waited for so long; from then on nothing
//! waits until enough replicas have everything again.

use std::collections::VecDeque;

use super::failover::{ALONE, Watch};
use super::{ReadReplica, ReadReplicaStage, ReadReplicas, applies_in, receives};
use crate::engine::key_map::KeyMap;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::replication::{Mode, Write};
use crate::model::scaler::read_replicas::Settings;
use crate::model::system::System;
use crate::model::system::attempt::Phase;
use crate::model::system::counts::Count;
use crate::model::system::data::{Answer, Commit, Done, Quorum, Site, Verdict};
use crate::model::system::fleet::Member;
use crate::model::system::flow::purpose;
use crate::model::system::log::LogTone;
use crate::model::system::slab::Key;
use crate::model::system::timer::Timer;
use crate::model::system::trail::Mark;

/// Lost writes that are told one by one.
const TOLD_MAX: usize = 8;

/// A turn of a database's replication.
#[derive(Clone, Copy, Debug)]
pub(in crate::model::system) enum Turn {
    /// A replica's word may be there.
    Word { number: u32 },
    /// A write may have waited for too long.
    Patience,
    /// The primary is probed; stale when `generation` is not the database's.
    Probe { generation: u32 },
    /// So many probes have got no answer; stale likewise.
    Missed { generation: u32 },
    /// A replica is about to become the primary.
    Promote { number: u32 },
    /// A read may be answered that waited for its replica.
    Read { attempt: Key, at_most: SimTime },
}

/// A write that was committed and that some replica may not have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Logged {
    pub key: u64,
    pub at: SimTime,
    pub acknowledged: bool,
}

/// A write that waits for its answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    number: u64,
    pub attempt: Key,
    since: SimTime,
}

/// What is counted of writes: acknowledged = stored + superseded + lost.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    /// In the order of [`TOLD`].
    pub sums: [u64; 5],
    told: [u64; 5],
    /// By key: acknowledged writes that are kept; the newest is stored, the others are superseded.
    kept: KeyMap<u32>,
    /// The last that were lost, newest last.
    pub last_lost: VecDeque<Logged>,
}

pub(super) const ACKNOWLEDGED: usize = 0;
pub(super) const STORED: usize = 1;
pub(super) const SUPERSEDED: usize = 2;
pub(super) const LOST: usize = 3;
pub(super) const UNKNOWN: usize = 4;

/// What the sums are called where they are measured.
const TOLD: [Count; 5] =
    [Count::WritesAcknowledged, Count::WritesStored, Count::WritesSuperseded, Count::WritesLost, Count::WritesUnknown];

impl Ledger {
    pub(super) fn acknowledge(&mut self, key: u64) {
        let kept = self.kept.or_insert_with(key, || 0);
        self.sums[if *kept == 0 { STORED } else { SUPERSEDED }] += 1;
        *kept += 1;
        self.sums[ACKNOWLEDGED] += 1;
    }

    /// Writes are gone; how many of them were acknowledged.
    pub(super) fn lose_all(&mut self, writes: Vec<Logged>) -> u64 {
        let before = self.sums[LOST];
        writes.into_iter().for_each(|write| self.lose(write));
        self.sums[LOST] - before
    }

    /// A write is gone; if it was acknowledged, it is lost, and what it had superseded is there again.
    fn lose(&mut self, write: Logged) {
        if !write.acknowledged {
            return;
        }
        if let Some(kept) = self.kept.get_mut(write.key) {
            *kept -= 1;
            self.sums[if *kept == 0 { STORED } else { SUPERSEDED }] -= 1;
            if *kept == 0 {
                self.kept.remove(write.key);
            }
        }
        self.sums[LOST] += 1;
        if self.last_lost.len() == TOLD_MAX {
            self.last_lost.pop_front();
        }
        self.last_lost.push_back(write);
    }
}

/// What is known where writes wait for replicas, or one of them may take over.
#[derive(Clone, Debug)]
pub(in crate::model::system) struct Guarded {
    /// Writes that some replica may not have, and the number of the first.
    pub(super) log: VecDeque<Logged>,
    pub(super) base: u64,
    pub(super) waiting: VecDeque<Waiting>,
    /// Nothing waits: it has timed out, then.
    pub(super) fallen: Option<SimTime>,
    /// When somebody looks whether a write has waited for too long.
    patience: SimTime,
    pub(super) ledger: Ledger,
    pub(super) watch: Watch,
}

impl Guarded {
    fn new(position: u64) -> Self {
        Self {
            log: VecDeque::new(),
            base: position,
            waiting: VecDeque::new(),
            fallen: None,
            patience: SimTime::NEVER,
            ledger: Ledger::default(),
            watch: Watch::default(),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        (self.log.len() + self.waiting.len()) * size_of::<Logged>() + self.ledger.kept.bytes()
    }

    /// A write is answered.
    fn acknowledge(&mut self, number: u64, key: u64) {
        if let Some(at) = number.checked_sub(self.base)
            && let Some(write) = self.log.get_mut(at as usize)
        {
            write.acknowledged = true;
        }
        self.ledger.acknowledge(key);
    }
}

impl ReadReplicas {
    /// Whether it is known what becomes of each write.
    pub(in crate::model::system) const fn keeps_ledger(&self) -> bool {
        self.guarded.is_some()
    }

    /// Whether replicas say what they have.
    fn is_told(&self) -> bool {
        self.guarded.is_some() && self.config.replication.waits()
    }

    /// A write is done at a primary.
    pub(super) fn commit_write(&mut self, site: &Site<'_>, done: &Done) -> Commit {
        if let Some(commit) = self.commit_apart(site, done) {
            return commit;
        }
        let (now, settings) = (site.now, self.config.replication);
        let (number, told) = (self.position, self.is_told());
        let waits = told && self.guarded.as_ref().is_some_and(|guarded| guarded.fallen.is_none());
        self.position += 1;
        let mut words = Vec::new();
        let ways: Vec<SimDuration> = self.list.iter().map(|member| self.way_to(member, site)).collect();
        for (member, way) in self.list.iter_mut().zip(ways) {
            if member.stage == ReadReplicaStage::Leaving {
                continue;
            }
            let draws = || done.draws.child(purpose::SHIP).child(u64::from(member.number));
            let takes = |mean, nth| settings.time(mean, || draws().unit(nth));
            let arrives = if member.linked {
                (now + way + takes(settings.ship, 0)).max(member.follower.last_arrival())
            } else {
                SimTime::NEVER
            };
            if told && member.linked && settings.mode != Mode::RemoteApply {
                let word = arrives + takes(settings.flush, 1) + way + takes(settings.ship, 2);
                let word = member.words.back().map_or(word, |(_, before)| word.max(*before));
                member.words.push_back((number + 1, word));
            }
            let committed = if waits { SimTime::NEVER } else { now };
            member.follower.take(Write { committed, arrives, key: done.key });
            if self.config.wait_for > 0 && !settings.waits() && receives(member, site.replicas) {
                words.push((member.number, now + way + way));
            }
        }
        let by = self.primary_number;
        let mark = Some(Mark::Written { by, replicas: self.list.serving().count() as u32, waits });
        let Some(guarded) = &mut self.guarded else {
            let answer = match self.config.wait_for {
                0 => Answer::Now,
                needed => Answer::HeldUntil(Quorum { needed, words, at_most: self.config.wait_at_most }),
            };
            return Commit { mark: None, answer };
        };
        guarded.log.push_back(Logged { key: done.key, at: now, acknowledged: false });
        let everywhere = self.list.staying().map(|member| member.follower.received(now)).min().unwrap_or(u64::MAX);
        while guarded.base < everywhere.min(guarded.waiting.front().map_or(u64::MAX, |first| first.number))
            && guarded.log.len() > 1
        {
            guarded.log.pop_front();
            guarded.base += 1;
        }
        if told {
            return Commit { mark, answer: Answer::InLine(number) };
        }
        guarded.acknowledge(number, done.key);
        let answer = match self.config.wait_for {
            0 => Answer::Now,
            needed => Answer::HeldUntil(Quorum { needed, words, at_most: self.config.wait_at_most }),
        };
        Commit { mark, answer }
    }

    /// Writes (from the first on) that enough replicas say they have.
    fn safe(&self) -> u64 {
        let mut heard: Vec<u64> = self.list.serving().map(|member| member.heard).collect();
        crate::engine::sort::few(&mut heard);
        heard.len().checked_sub(self.config.replication.needed.max(1) as usize).map_or(0, |at| heard[at])
    }

    /// When the next word of a replica is to be looked for.
    fn next_word(&self, member: &Member<ReadReplica>, site: &Site<'_>) -> Option<SimTime> {
        let word = member.words.front().map(|(_, at)| *at);
        if self.config.replication.mode != Mode::RemoteApply || !member.linked {
            return word;
        }
        let apply = applies_in(self.config.apply, member, site.replicas);
        let applied = apply.and_then(|apply| member.follower.next_applied(apply));
        word.into_iter().chain(applied).min()
    }

    /// Notes words that have come, and tells when to look for the next ones.
    fn hear(&mut self, site: &Site<'_>) -> Vec<(u32, SimTime)> {
        let mut next = Vec::new();
        for at in 0..self.list.len() {
            let due = self.next_word(&self.list[at], site);
            let member = &mut self.list[at];
            if let Some(due) = due.map(|due| due.max(site.now)).filter(|due| *due < member.word_at) {
                member.word_at = due;
                next.push((member.number, due));
            }
        }
        next
    }
}

impl System {
    pub(super) fn replicated<T>(
        &mut self,
        station: u32,
        ask: impl FnOnce(&mut ReadReplicas, &Site<'_>) -> T,
    ) -> Option<T> {
        let now = self.now;
        let entry = &mut self.stations[station as usize];
        let spot = entry.spot;
        let store = entry.pool_mut()?.data.of_mut::<ReadReplicas>()?;
        Some(ask(store, &Site { now, spot, spots: &self.spots, replicas: &self.replicas }))
    }

    fn guarded(&mut self, station: u32) -> Option<&mut Guarded> {
        self.store::<ReadReplicas>(station)?.guarded.as_deref_mut()
    }

    /// Begins to look after writes if a database is told to, or goes on by other settings.
    pub(super) fn guard(&mut self, station: u32, before: Option<&Settings>) {
        let Some(store) = self.store::<ReadReplicas>(station) else { return };
        let (settings, failover) = (store.config.replication, store.config.failover);
        if settings.waits() || failover.is_some() {
            let position = store.position;
            store.guarded.get_or_insert_with(|| Box::new(Guarded::new(position)));
        }
        if before.is_some_and(|before| before.replication != settings) {
            // Who waits has waited for what another setting asked for.
            self.answer_all(station);
            self.relink(station);
        }
        if before.and_then(|before| before.failover) != failover {
            self.begin_probes(station);
        }
    }

    /// A write is committed at its primary: does its answer wait?
    pub(in crate::model::system::data) fn hold_in_line(&mut self, ix: u32, number: u64) -> Verdict {
        let (station, key) = (self.attempts[ix].station, self.request_key(self.attempts[ix].request));
        let (now, attempt) = (self.now, self.attempts.key(ix));
        let Some(guarded) = self.guarded(station) else { return Verdict::Answer };
        if number == ALONE {
            if let Some(former) = &mut guarded.watch.former {
                former.waiting.push(Waiting { number, attempt, since: now });
            }
            self.attempts[ix].phase = Phase::Waiting;
            return Verdict::Held;
        }
        if guarded.fallen.is_some() {
            guarded.acknowledge(number, key);
            self.listen(station);
            return Verdict::Answer;
        }
        guarded.waiting.push_back(Waiting { number, attempt, since: now });
        self.attempts[ix].phase = Phase::Waiting;
        self.plan_patience(station);
        self.listen(station);
        Verdict::Held
    }

    /// Somebody looks when the write that has waited longest runs out of patience.
    fn plan_patience(&mut self, station: u32) {
        let Some(store) = self.store::<ReadReplicas>(station) else { return };
        let Mode::SemiSynchronous { timeout } = store.config.replication.mode else { return };
        let Some(guarded) = &mut store.guarded else { return };
        let Some(due) = guarded.waiting.front().map(|first| first.since + timeout) else { return };
        if due < guarded.patience {
            guarded.patience = due;
            self.schedule(due, Timer::Replication { station, turn: Turn::Patience });
        }
    }

    /// Words that are on their way will be heard; what is counted is told.
    pub(in crate::model::system::data) fn listen(&mut self, station: u32) {
        for (number, due) in self.replicated(station, |store, site| store.hear(site)).unwrap_or_default() {
            self.schedule(due, Timer::Replication { station, turn: Turn::Word { number } });
        }
        let Some(ledger) = self.guarded(station).map(|guarded| &mut guarded.ledger) else { return };
        let (sums, told) = (ledger.sums, std::mem::replace(&mut ledger.told, ledger.sums));
        for (at, count) in TOLD.into_iter().enumerate().filter(|(at, _)| sums[*at] != told[*at]) {
            self.stations[station as usize].meter.count(count, sums[at].wrapping_sub(told[at]));
        }
    }

    /// A turn of a database's replication.
    pub(in crate::model::system) fn replication_due(&mut self, station: u32, turn: Turn) {
        match turn {
            Turn::Word { number } => self.word_due(station, number),
            Turn::Patience => self.patience_due(station),
            Turn::Probe { generation } => self.probe_due(station, generation),
            Turn::Missed { generation } => self.missed(station, generation),
            Turn::Promote { number } => self.promote_due(station, number),
            Turn::Read { attempt, at_most } => self.read_due(station, attempt, at_most),
        }
    }

    fn word_due(&mut self, station: u32, number: u32) {
        self.keep_up(station);
        let heard = self.replicated(station, |store, site| {
            let member = store.list.numbered_mut(number)?;
            if member.word_at != site.now {
                return None;
            }
            member.word_at = SimTime::NEVER;
            while member.words.front().is_some_and(|(_, at)| *at <= site.now)
                && let Some((position, _)) = member.words.pop_front()
            {
                member.heard = member.heard.max(position);
            }
            Some(())
        });
        if heard.flatten().is_none() {
            self.quiet = true;
            return;
        }
        let Some(store) = self.store::<ReadReplicas>(station) else { return };
        let (safe, position) = (store.safe(), store.position);
        if let Some(guarded) = &mut store.guarded
            && guarded.fallen.is_some()
            && safe >= position
        {
            guarded.fallen = None;
            let text = format!("{}: the replicas have everything again: writes wait for them", self.label_of(station));
            self.log(LogTone::Good, Some(self.stations[station as usize].id), text);
        }
        self.release_below(station, safe, 0);
        self.listen(station);
    }

    /// Answers the writes that wait with a number below that.
    fn release_below(&mut self, station: u32, below: u64, missing: u32) {
        while let Some(guarded) = self.guarded(station) {
            let Some(first) = guarded.waiting.front().copied().filter(|first| first.number < below) else { return };
            guarded.waiting.pop_front();
            self.release_write(station, first, missing);
        }
    }

    /// Answers a write that has waited, if it is still there.
    fn release_write(&mut self, station: u32, write: Waiting, missing: u32) {
        let (now, ix) = (self.now, write.attempt.ix);
        let there = self.attempts.get(write.attempt).is_some_and(|attempt| attempt.phase == Phase::Waiting);
        let key = if there { self.request_key(self.attempts[ix].request) } else { 0 };
        let Some(store) = self.store::<ReadReplicas>(station) else { return };
        for member in store.list.iter_mut() {
            member.follower.publish(write.number, now);
        }
        let mode = store.config.replication.mode;
        if there {
            if let Some(guarded) = &mut store.guarded {
                guarded.acknowledge(write.number, key);
            }
            self.note(ix, Mark::Released { after: now.since(write.since), missing, mode });
            self.finish_held(ix);
        }
    }

    /// Answers all that wait.
    pub(super) fn answer_all(&mut self, station: u32) {
        self.release_below(station, u64::MAX, 1);
        self.listen(station);
    }

    fn patience_due(&mut self, station: u32) {
        let now = self.now;
        let Some(store) = self.store::<ReadReplicas>(station) else { return };
        let (mode, needed) = (store.config.replication.mode, store.config.replication.needed);
        let Some(guarded) = &mut store.guarded else { return };
        guarded.patience = SimTime::NEVER;
        let Mode::SemiSynchronous { timeout } = mode else { return };
        if guarded.waiting.front().is_none_or(|first| first.since + timeout > now) {
            self.quiet = true;
            self.plan_patience(station);
            return;
        }
        guarded.fallen = Some(now);
        let text = format!(
            "{}: no word from the replicas for {} s: replication is asynchronous now",
            self.label_of(station),
            timeout.as_secs_f64()
        );
        self.log(LogTone::Bad, Some(self.stations[station as usize].id), text);
        self.release_below(station, u64::MAX, needed);
        self.listen(station);
    }

    pub(super) fn label_of(&self, station: u32) -> &str {
        &self.stations[station as usize].label
    }
}
