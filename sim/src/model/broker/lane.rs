//! One partition as one consumer group sees it: which messages wait, which are being processed, which are done but not
//! committed yet. It knows no clock and no network; its driver tells it what happened.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::engine::ordered::Ordered;
use crate::engine::time::SimTime;

/// How it stands with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It can be delivered.
    Waiting,
    /// It waits for its redelivery, until then.
    Deferred(SimTime),
    /// A consumer has it.
    InFlight,
    /// A consumer has acknowledged it, but the offset is not committed: a crash would bring it back.
    Done,
    /// Nothing is owed any more; it only keeps its place until those before it are gone.
    Gone,
}

/// A message in its partition.
#[derive(Clone, Debug)]
pub struct Entry<M> {
    /// Its place in the partition, counted from 0.
    pub offset: u64,
    pub message: M,
    pub state: State,
    /// Deliveries so far, and those of them that failed.
    pub deliveries: u32,
    pub failures: u32,
    /// Somebody has processed it.
    pub processed: bool,
    /// Deliveries that are still under way, those that nobody waits for included.
    pub under_way: u32,
}

/// How many messages stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Levels {
    /// Waiting, for any cause.
    pub waiting: u32,
    pub in_flight: u32,
    /// Acknowledged, not committed.
    pub done: u32,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Lane<M> {
    entries: VecDeque<Entry<M>>,
    /// Nothing with a lower offset is [`State::Waiting`].
    next: u64,
    deferred: Ordered<(SimTime, u64), ()>,
    levels: Levels,
    /// Offset up to which all is committed.
    committed: u64,
}

impl<M> Default for Lane<M> {
    fn default() -> Self {
        Self { entries: VecDeque::new(), next: 0, deferred: Ordered::new(), levels: Levels::default(), committed: 0 }
    }
}

impl<M: Clone> Lane<M> {
    #[must_use]
    pub const fn levels(&self) -> Levels {
        self.levels
    }

    /// Messages held, in any state.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Every message before this offset is done with for good.
    #[must_use]
    pub fn committed(&self) -> u64 {
        self.entries.front().map_or(self.committed, |entry| entry.offset)
    }

    pub fn entries(&self) -> impl Iterator<Item = &Entry<M>> {
        self.entries.iter()
    }

    /// The oldest message that somebody still owes work.
    pub fn first_open(&self) -> Option<&Entry<M>> {
        self.entries.iter().find(|entry| !matches!(entry.state, State::Done | State::Gone))
    }

    fn place(&self, offset: u64) -> Option<usize> {
        self.entries.binary_search_by_key(&offset, |entry| entry.offset).ok()
    }

    #[must_use]
    pub fn get(&self, offset: u64) -> Option<&Entry<M>> {
        Some(&self.entries[self.place(offset)?])
    }

    pub fn get_mut(&mut self, offset: u64) -> Option<&mut Entry<M>> {
        let place = self.place(offset)?;
        Some(&mut self.entries[place])
    }

    /// A message is appended; offsets rise, and may leave some out.
    pub fn push(&mut self, offset: u64, message: M) {
        let state = State::Waiting;
        self.entries.push_back(Entry {
            offset,
            message,
            state,
            deliveries: 0,
            failures: 0,
            processed: false,
            under_way: 0,
        });
        self.levels.waiting += 1;
    }

    fn count(&mut self, state: State, change: i32) {
        let level = match state {
            State::Waiting | State::Deferred(_) => &mut self.levels.waiting,
            State::InFlight => &mut self.levels.in_flight,
            State::Done => &mut self.levels.done,
            State::Gone => return,
        };
        *level = level.wrapping_add_signed(change);
    }

    /// Puts a message into another state.
    fn turn(&mut self, place: usize, state: State) {
        let entry = &mut self.entries[place];
        let offset = entry.offset;
        let before = std::mem::replace(&mut entry.state, state);
        self.count(before, -1);
        self.count(state, 1);
        if let State::Deferred(until) = before {
            self.deferred.remove(&(until, offset));
        }
        match state {
            State::Waiting => self.next = self.next.min(offset),
            State::Deferred(until) => {
                self.deferred.include((until, offset));
            }
            State::InFlight | State::Done | State::Gone => {}
        }
    }

    /// What is to be delivered next; `ordered`: only when nothing before it is still open.
    pub fn next_due(&mut self, now: SimTime, ordered: bool) -> Option<u64> {
        while let Some((until, offset)) = self.deferred.first().map(|(first, ())| *first)
            && until <= now
        {
            self.deferred.pop_first();
            if let Some(place) = self.place(offset) {
                self.turn(place, State::Waiting);
            }
        }
        if self.levels.waiting == 0 || (ordered && (self.levels.in_flight > 0 || !self.deferred.is_empty())) {
            return None;
        }
        let from = self.entries.partition_point(|entry| entry.offset < self.next);
        let found = self.entries.range(from..).find(|entry| entry.state == State::Waiting)?.offset;
        self.next = found;
        Some(found)
    }

    /// It is handed to a consumer.
    pub fn hand_over(&mut self, offset: u64) {
        if let Some(place) = self.place(offset) {
            self.turn(place, State::InFlight);
            self.entries[place].under_way += 1;
            self.entries[place].deliveries += 1;
        }
    }

    /// A delivery failed: the message waits until `until` and is delivered again.
    pub fn put_back(&mut self, offset: u64, until: SimTime) {
        if let Some(place) = self.place(offset) {
            self.turn(place, State::Deferred(until));
        }
    }

    /// It was acknowledged; the commit comes later.
    pub fn acknowledge(&mut self, offset: u64) {
        if let Some(place) = self.place(offset) {
            self.turn(place, State::Done);
        }
    }

    /// Takes a message out; those that were kept only for their place go with it.
    pub fn take(&mut self, offset: u64) -> Option<Entry<M>> {
        let place = self.place(offset)?;
        let entry = self.entries[place].clone();
        self.turn(place, State::Gone);
        self.trim();
        Some(entry)
    }

    fn trim(&mut self) {
        while self.entries.front().is_some_and(|entry| entry.state == State::Gone) {
            self.drop_front();
        }
    }

    fn drop_front(&mut self) -> Option<Entry<M>> {
        let entry = self.entries.pop_front()?;
        self.committed = entry.offset + 1;
        Some(entry)
    }

    /// Takes the oldest out that no consumer has.
    pub fn take_oldest_waiting(&mut self) -> Option<Entry<M>> {
        let waits = |entry: &&Entry<M>| matches!(entry.state, State::Waiting | State::Deferred(_));
        let offset = self.entries.iter().find(waits)?.offset;
        self.take(offset)
    }

    /// Takes the oldest out, in any state.
    pub fn take_oldest(&mut self) -> Option<Entry<M>> {
        let offset = self.entries.front()?.offset;
        self.take(offset)
    }

    /// Commits the offset: everything that is done, up to the first that is not.
    pub fn commit(&mut self) -> Vec<Entry<M>> {
        let mut committed = Vec::new();
        while self.entries.front().is_some_and(|entry| matches!(entry.state, State::Done | State::Gone)) {
            self.turn_front_gone(&mut committed);
        }
        committed
    }

    fn turn_front_gone(&mut self, committed: &mut Vec<Entry<M>>) {
        let entry = self.entries[0].clone();
        self.turn(0, State::Gone);
        self.drop_front();
        if entry.state == State::Done {
            committed.push(entry);
        }
    }

    /// The consumer is gone and with it what it had not committed: all of that will be delivered again.
    pub fn go_back(&mut self) -> u32 {
        let mut count = 0;
        for place in 0..self.entries.len() {
            if self.entries[place].state == State::Done {
                self.turn(place, State::Waiting);
                count += 1;
            }
        }
        count
    }

    /// The broker crashed: what was under way waits again; what was not flushed is taken out and given back.
    pub fn crash(&mut self, flushed: u64) -> Vec<Entry<M>> {
        let mut lost = Vec::new();
        for place in 0..self.entries.len() {
            let entry = &self.entries[place];
            match entry.state {
                State::Gone => {}
                _ if entry.offset >= flushed => {
                    lost.push(entry.clone());
                    self.turn(place, State::Gone);
                }
                State::InFlight | State::Deferred(_) => {
                    self.turn(place, State::Waiting);
                }
                State::Waiting | State::Done => {}
            }
        }
        self.trim();
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> SimTime {
        SimTime(secs * 1_000_000_000)
    }

    fn lane(messages: u64) -> Lane<u64> {
        let mut lane = Lane::default();
        for offset in 0..messages {
            lane.push(offset, offset);
        }
        lane
    }

    fn deliver(lane: &mut Lane<u64>, now: SimTime, ordered: bool) -> Option<u64> {
        let offset = lane.next_due(now, ordered)?;
        lane.hand_over(offset);
        Some(offset)
    }

    #[test]
    fn in_order_one_is_open_at_a_time_and_a_failed_one_holds_up_the_rest() {
        let mut lane = lane(3);
        assert_eq!(deliver(&mut lane, at(0), true), Some(0));
        assert_eq!(deliver(&mut lane, at(0), true), None, "the first is still open");
        lane.put_back(0, at(5));
        assert_eq!(deliver(&mut lane, at(4), true), None, "it holds up those behind it");
        assert_eq!(deliver(&mut lane, at(5), true), Some(0));
        lane.take(0);
        assert_eq!(lane.committed(), 1);
        assert_eq!(deliver(&mut lane, at(5), true), Some(1));
    }

    #[test]
    fn out_of_order_a_failed_one_is_passed_by() {
        let mut lane = lane(3);
        assert_eq!(deliver(&mut lane, at(0), false), Some(0));
        assert_eq!(deliver(&mut lane, at(0), false), Some(1));
        lane.put_back(0, at(5));
        assert_eq!(deliver(&mut lane, at(1), false), Some(2));
        assert_eq!(deliver(&mut lane, at(1), false), None);
        lane.take(1);
        assert_eq!(lane.committed(), 0, "nothing is committed past one that is open");
        assert_eq!(deliver(&mut lane, at(6), false), Some(0));
        lane.take(0);
        assert_eq!((lane.committed(), lane.len()), (2, 1));
    }

    #[test]
    fn a_commit_goes_up_to_the_first_that_is_open_and_what_is_not_committed_comes_back() {
        let mut lane = lane(4);
        for offset in 0..4 {
            assert_eq!(deliver(&mut lane, at(0), false), Some(offset));
        }
        lane.acknowledge(0);
        lane.acknowledge(2);
        assert_eq!(lane.levels(), Levels { waiting: 0, in_flight: 2, done: 2 });
        assert_eq!(lane.commit().iter().map(|entry| entry.offset).collect::<Vec<_>>(), [0]);
        assert_eq!(lane.go_back(), 1, "the third was done, but not committed");
        assert_eq!(deliver(&mut lane, at(1), false), Some(2));
    }

    #[test]
    fn a_crash_takes_what_was_not_flushed() {
        let mut lane = lane(4);
        assert_eq!(deliver(&mut lane, at(0), false), Some(0));
        let lost: Vec<u64> = lane.crash(2).iter().map(|entry| entry.offset).collect();
        assert_eq!(lost, [2, 3]);
        assert_eq!(lane.levels(), Levels { waiting: 2, in_flight: 0, done: 0 });
        assert_eq!(
            deliver(&mut lane, at(1), false),
            Some(0),
            "the broker does not know any more that it was delivered"
        );
    }
}
