//! Future events in the order in which they will happen.

use std::collections::VecDeque;

use crate::engine::heap::{Entry, Heap};
use crate::engine::time::{SimDuration, SimTime};

/// Most delays that have a lane of their own at a time.
const LANES: usize = 8;

/// Later than every event.
const NEVER: u128 = u128::MAX;

/// Events waiting for their time. Events of the same nanosecond come out in the order in which they were pushed.
///
/// Push and pop cost O(log n) and allocate only when the queue grows past its largest size so far. Events at a delay
/// that many others share ([`EventQueue::push_after`]) cost O(1): they come out in the order in which they went in, so
/// they wait in a lane of their own and leave the heap to the others.
/// There is no removal: the scheduler of an event that may become void stamps it with a generation and
/// ignores it on arrival if the generation has moved on.
#[derive(Clone, Debug)]
pub struct EventQueue<E: Copy> {
    heap: Heap<E>,
    lanes: [Lane<E>; LANES],
    /// Key of the first event of each lane, [`NEVER`] where it is empty.
    lane_heads: [u128; LANES],
    /// The least of `lane_heads`, and whose it is.
    lane_next: u128,
    next_lane: usize,
    /// Number of lanes ever in use: the first ones.
    lanes_used: usize,
    /// Number of events in lanes.
    in_lanes: usize,
    /// Number of events pushed so far.
    pushed: u64,
}

/// Events of one delay, in order.
#[derive(Clone, Debug)]
struct Lane<E> {
    delay: SimDuration,
    events: VecDeque<Entry<E>>,
}

#[inline]
fn out<E>(entry: Entry<E>) -> (SimTime, E) {
    (time_of(entry.key), entry.event)
}

#[inline]
const fn time_of(key: u128) -> SimTime {
    SimTime((key >> 64) as u64)
}

impl<E: Copy> Default for EventQueue<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: Copy> EventQueue<E> {
    #[must_use]
    pub fn new() -> Self {
        Self {
            heap: Heap::new(),
            lanes: std::array::from_fn(|_| Lane { delay: SimDuration::ZERO, events: VecDeque::new() }),
            lane_heads: [NEVER; LANES],
            lane_next: NEVER,
            next_lane: 0,
            lanes_used: 0,
            in_lanes: 0,
            pushed: 0,
        }
    }

    /// Schedules `event` for `at`, behind everything already scheduled for the same nanosecond.
    #[inline]
    pub fn push(&mut self, at: SimTime, event: E) {
        let entry = self.entry(at, event);
        self.heap.push(entry);
    }

    /// As [`EventQueue::push`] for `now + delay`, for delays that many events share: constant latencies, time-outs.
    ///
    /// `now` must never fall from one call to the next.
    #[inline]
    pub fn push_after(&mut self, now: SimTime, delay: SimDuration, event: E) {
        let Some(lane) = self.lane_for(delay) else {
            self.push(now + delay, event);
            return;
        };
        let entry = self.entry(now + delay, event);
        let events = &mut self.lanes[lane].events;
        debug_assert!(events.back().is_none_or(|last| last.key < entry.key), "time runs forward");
        if events.is_empty() {
            self.lane_heads[lane] = entry.key;
            if entry.key < self.lane_next {
                (self.lane_next, self.next_lane) = (entry.key, lane);
            }
        }
        events.push_back(entry);
        self.in_lanes += 1;
    }

    #[inline]
    fn entry(&mut self, at: SimTime, event: E) -> Entry<E> {
        let key = u128::from(at.0) << 64 | u128::from(self.pushed);
        self.pushed += 1;
        Entry { key, event }
    }

    /// The lane of a delay, or an empty one that becomes its lane.
    #[inline]
    fn lane_for(&mut self, delay: SimDuration) -> Option<usize> {
        if let Some(lane) = self.lanes[..self.lanes_used].iter().position(|lane| lane.delay == delay) {
            return Some(lane);
        }
        self.claim_lane(delay)
    }

    #[cold]
    fn claim_lane(&mut self, delay: SimDuration) -> Option<usize> {
        let lane = self.lanes.iter().position(|lane| lane.events.is_empty())?;
        self.lanes[lane].delay = delay;
        self.lanes_used = self.lanes_used.max(lane + 1);
        Some(lane)
    }

    /// Takes out the next event.
    #[inline]
    pub fn pop(&mut self) -> Option<(SimTime, E)> {
        match self.heap.first() {
            Some(top) if top.key < self.lane_next => self.heap.pop().map(out),
            _ => self.pop_from_lane(),
        }
    }

    /// Takes out the next event if it happens no later than `until`.
    #[inline]
    pub fn pop_until(&mut self, until: SimTime) -> Option<(SimTime, E)> {
        if self.peek_time()? <= until { self.pop() } else { None }
    }

    #[inline]
    fn pop_from_lane(&mut self) -> Option<(SimTime, E)> {
        let events = &mut self.lanes[self.next_lane].events;
        let first = events.pop_front()?;
        self.lane_heads[self.next_lane] = events.front().map_or(NEVER, |next| next.key);
        self.lane_next = NEVER;
        for (lane, &head) in self.lane_heads[..self.lanes_used].iter().enumerate() {
            if head < self.lane_next {
                (self.lane_next, self.next_lane) = (head, lane);
            }
        }
        self.in_lanes -= 1;
        Some(out(first))
    }

    /// When the next event happens.
    #[inline]
    #[must_use]
    pub fn peek_time(&self) -> Option<SimTime> {
        let next = self.heap.first().map_or(NEVER, |entry| entry.key).min(self.lane_next);
        (next != NEVER).then(|| time_of(next))
    }

    /// Number of events waiting.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.heap.len() + self.in_lanes
    }

    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::engine::rng::Stream;

    #[test]
    fn events_of_the_same_nanosecond_come_out_in_the_order_they_were_pushed() {
        let mut queue = EventQueue::new();
        for n in 0..100_u32 {
            queue.push(SimTime(u64::from(n % 3)), n);
        }
        let mut expected: Vec<u32> = (0..100).collect();
        expected.sort_by_key(|n| n % 3); // a stable sort keeps the pushing order within one time
        let popped: Vec<u32> = std::iter::from_fn(|| queue.pop().map(|(_, n)| n)).collect();
        assert_eq!(popped, expected);
    }

    /// Random pushes and pops against an ordered set of (time, sequence number), with more shared delays than lanes, and
    /// few enough different times that many events tie.
    #[test]
    fn pushes_and_pops_in_any_mixture_keep_the_order() {
        let mut stream = Stream::new(1, 2);
        for pushing in [0.45, 0.55] {
            let mut queue = EventQueue::new();
            let mut oracle = BTreeSet::new();
            let mut now = 0;
            for n in 0..20_000_u64 {
                if stream.unit() < pushing {
                    let delay = u64::from(stream.below(12)) * 7;
                    if stream.unit() < 0.5 {
                        queue.push_after(SimTime(now), SimDuration(delay), n);
                        oracle.insert((now + delay, n));
                    } else {
                        // Without a lane, any time will do, also one before others already popped.
                        queue.push(SimTime(delay), n);
                        oracle.insert((delay, n));
                    }
                } else {
                    assert_eq!(queue.peek_time(), oracle.first().map(|(at, _)| SimTime(*at)));
                    let popped = oracle.pop_first().map(|(at, n)| (SimTime(at), n));
                    assert_eq!(queue.pop(), popped);
                    now = popped.map_or(now, |(at, _)| at.0.max(now));
                }
                assert_eq!((queue.len(), queue.is_empty()), (oracle.len(), oracle.is_empty()));
            }
        }
    }

    #[test]
    fn a_clone_goes_on_by_itself() {
        let mut queue = EventQueue::new();
        queue.push(SimTime(5), 'a');
        let mut copy = queue.clone();
        copy.push(SimTime(1), 'b');
        assert_eq!(queue.pop(), Some((SimTime(5), 'a')));
        assert_eq!(copy.pop(), Some((SimTime(1), 'b')));
        assert_eq!(queue.pop(), None);
    }
}
