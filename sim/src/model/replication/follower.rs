//! Asynchronous replication: a replica applies what its primary has committed, one write after the other, some time later.
//!
//! Pure: knows no clock and no network. The caller says when a committed write arrives, and what time it is.
//! When a write is answered is not decided here.
//!
//! Source: MySQL's binary-log replication with one applying thread; lag as its `Seconds_Behind_Source` means it: the age of
//! the oldest write that is not applied yet.

use std::collections::VecDeque;

use crate::engine::ordered::Ordered;
use crate::engine::time::{SimDuration, SimTime};

/// A committed write on its way to a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Write {
    pub committed: SimTime,
    /// When the replica has it; never earlier than that of the write before.
    pub arrives: SimTime,
    pub key: u64,
}

/// How far a replica is behind its primary.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Follower {
    /// Not applied yet, in the order of commits.
    pending: VecDeque<Write>,
    /// The same by item and number in the order of commits: when each was committed.
    by_key: Ordered<(u64, u64), SimTime>,
    /// Writes applied so far: the number of the first that is pending.
    applied: u64,
    /// The applying thread is done with all that it has applied.
    free: SimTime,
}

impl Follower {
    /// One that has everything that was committed until `now`.
    #[must_use]
    pub fn new(now: SimTime) -> Self {
        Self::at(now, 0)
    }

    /// The same, where `position` writes were committed.
    #[must_use]
    pub fn at(now: SimTime, position: u64) -> Self {
        Self { free: now, applied: position, ..Self::default() }
    }

    /// The primary has committed a write.
    pub fn take(&mut self, write: Write) {
        let number = self.applied + self.pending.len() as u64;
        self.by_key.insert((write.key, number), write.committed);
        self.pending.push_back(write);
    }

    /// Applies what can be applied until `now`, each write in `apply`; `None`: it stood still since it was last asked.
    pub fn catch_up(&mut self, now: SimTime, apply: Option<SimDuration>) {
        let Some(apply) = apply else {
            self.free = self.free.max(now);
            return;
        };
        while let Some(write) = self.pending.front() {
            let done = self.free.max(write.arrives) + apply;
            if done > now {
                return;
            }
            self.by_key.remove(&(write.key, self.applied));
            self.free = done;
            self.applied += 1;
            self.pending.pop_front();
        }
    }

    /// Lag and writes left as they would be if it were caught up now; see [`Follower::catch_up`].
    #[must_use]
    pub fn seen(&self, now: SimTime, apply: Option<SimDuration>) -> (SimDuration, usize) {
        let mut free = self.free;
        let applied = apply.map_or(0, |apply| {
            let done = self.pending.iter().take_while(|write| {
                free = free.max(write.arrives) + apply;
                free <= now
            });
            done.count()
        });
        let mut left = self.pending.range(applied..);
        let behind = left.len();
        (left.next().map_or(SimDuration::ZERO, |write| now.since(write.committed)), behind)
    }

    /// Whether it lacks a write to `key` that was committed before `asked`; how old the oldest of those is at `now`.
    #[must_use]
    pub fn lacks(&self, key: u64, asked: SimTime, now: SimTime) -> Option<SimDuration> {
        let (_, committed) = self.by_key.range((key, 0)..=(key, u64::MAX)).next()?;
        (*committed < asked).then(|| now.since(*committed))
    }

    /// How many writes to `key` are not applied yet, and when the first of them was committed.
    #[must_use]
    pub fn lacking(&self, key: u64) -> Option<(u32, SimTime)> {
        let mut pending = self.by_key.range((key, 0)..=(key, u64::MAX));
        let (_, first) = pending.next()?;
        Some((1 + pending.count() as u32, *first))
    }

    /// Age of the oldest write that is not applied yet; zero: it has everything.
    #[must_use]
    pub fn lag(&self, now: SimTime) -> SimDuration {
        self.pending.front().map_or(SimDuration::ZERO, |write| now.since(write.committed))
    }

    /// Writes that it has received, or has applied, counted from the first commit.
    #[must_use]
    pub fn received(&self, now: SimTime) -> u64 {
        self.applied + self.pending.partition_point(|write| write.arrives <= now) as u64
    }

    /// Writes that it has applied, counted likewise.
    #[must_use]
    pub const fn applied(&self) -> u64 {
        self.applied
    }

    /// When the newest write arrives; zero: all have, and are applied.
    #[must_use]
    pub fn last_arrival(&self) -> SimTime {
        self.pending.back().map_or(SimTime::ZERO, |write| write.arrives)
    }

    /// When the next write is applied, if nothing comes between.
    #[must_use]
    pub fn next_applied(&self, apply: SimDuration) -> Option<SimTime> {
        let arrives = self.pending.front()?.arrives;
        (arrives != SimTime::NEVER).then(|| self.free.max(arrives) + apply)
    }

    /// When it has applied so many writes, counted from the first commit, if nothing comes between.
    #[must_use]
    pub fn applied_at(&self, position: u64, apply: SimDuration) -> Option<SimTime> {
        let mut free = self.free;
        for write in self.pending.iter().take((position.saturating_sub(self.applied)) as usize) {
            if write.arrives == SimTime::NEVER {
                return None;
            }
            free = free.max(write.arrives) + apply;
        }
        Some(free)
    }

    /// The number of the first write to `key` that is not applied yet.
    #[must_use]
    pub fn first_lacking(&self, key: u64) -> Option<u64> {
        self.by_key.range((key, 0)..=(key, u64::MAX)).next().map(|((_, number), _)| *number)
    }

    /// Until it has applied all that it has received.
    #[must_use]
    pub fn to_apply(&self, now: SimTime, apply: SimDuration) -> SimDuration {
        let received = self.received(now) - self.applied;
        SimDuration(apply.0.saturating_mul(received)) + self.free.since(now)
    }

    /// Its link is cut: what is on its way never arrives.
    pub fn cut(&mut self, now: SimTime) {
        for write in self.pending.iter_mut().rev().take_while(|write| write.arrives > now) {
            write.arrives = SimTime::NEVER;
        }
    }

    /// Its link is whole again: what had not arrived does then.
    pub fn resume(&mut self, arrives: SimTime) {
        for write in self.pending.iter_mut().rev().take_while(|write| write.arrives == SimTime::NEVER) {
            write.arrives = arrives;
        }
    }

    /// Writes from that position on are no more: another history goes on from there.
    pub fn truncate(&mut self, position: u64) {
        while self.applied + self.pending.len() as u64 > position
            && let Some(write) = self.pending.pop_back()
        {
            self.by_key.remove(&(write.key, self.applied + self.pending.len() as u64));
        }
        self.applied = self.applied.min(position);
    }

    /// A write that others could not see until now is committed.
    pub fn publish(&mut self, position: u64, now: SimTime) {
        let Some(at) = position.checked_sub(self.applied) else { return };
        if let Some(write) = self.pending.get_mut(at as usize) {
            write.committed = now;
            self.by_key.insert((write.key, position), now);
        }
    }

    /// Writes that are not applied yet.
    #[must_use]
    pub fn behind(&self) -> usize {
        self.pending.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_millis(ms)
    }

    const APPLY: Option<SimDuration> = Some(SimDuration::from_millis(10));

    /// Commits at these times, 5 ms away, by item.
    fn follower(writes: &[(u64, u64)]) -> Follower {
        let mut follower = Follower::new(SimTime::ZERO);
        for (at, key) in writes {
            follower.take(Write { committed: ms(*at), arrives: ms(at + 5), key: *key });
        }
        follower
    }

    /// Three commits in a row queue up at the one applying thread: done at 15, 25 and 35 ms.
    #[test]
    fn one_thread_applies_one_write_after_the_other() {
        let mut follower = follower(&[(0, 1), (2, 2), (4, 3)]);
        let mut course = Vec::new();
        for now in [5, 14, 15, 24, 25, 34, 35] {
            let told = follower.seen(ms(now), APPLY);
            follower.catch_up(ms(now), APPLY);
            assert_eq!(told, (follower.lag(ms(now)), follower.behind()), "looking ahead is catching up");
            course.push((follower.behind(), follower.lag(ms(now)).as_secs_f64() * 1e3));
        }
        let expected = [(3, 5.0), (3, 14.0), (2, 13.0), (2, 22.0), (1, 21.0), (1, 30.0), (0, 0.0)];
        assert_eq!(course.len(), expected.len());
        for ((behind, lag), (more, ms)) in course.into_iter().zip(expected) {
            assert!(behind == more && (lag - ms).abs() < 1e-9, "{behind} {lag} of {more} {ms}");
        }
    }

    #[test]
    fn a_read_is_stale_only_by_writes_to_its_item_from_before_it() {
        let mut follower = follower(&[(0, 7), (30, 7)]);
        follower.catch_up(ms(14), APPLY);
        assert_eq!(follower.lacks(7, ms(10), ms(14)), Some(SimDuration::from_millis(14)));
        assert_eq!(follower.lacks(8, ms(10), ms(14)), None, "another item");
        follower.catch_up(ms(31), APPLY);
        assert_eq!(follower.lacks(7, ms(30), ms(31)), None, "the write came with the read, not before it");
        assert_eq!(follower.lacks(7, ms(31), ms(31)), Some(SimDuration::from_millis(1)));
    }

    /// Frozen from 12 to 100 ms: the write under way starts over.
    #[test]
    fn what_stands_still_applies_nothing_and_then_catches_up() {
        let mut follower = follower(&[(0, 1), (1, 2)]);
        follower.catch_up(ms(12), APPLY);
        follower.catch_up(ms(100), None);
        assert_eq!((follower.behind(), follower.lag(ms(100))), (2, SimDuration::from_millis(100)));
        follower.catch_up(ms(110), APPLY);
        assert_eq!(follower.behind(), 1);
        follower.catch_up(ms(120), APPLY);
        assert_eq!(follower.behind(), 0);
    }
}
