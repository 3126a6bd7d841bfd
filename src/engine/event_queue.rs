//! Future events in the order in which they will happen.

use crate::engine::time::SimTime;

/// Children per node of the heap.
///
/// Four, not two: half as many levels, and the four children lie next to each other in memory.
const ARITY: usize = 4;

/// Events waiting for their time. Events of the same nanosecond come out in the order in which they were pushed.
///
/// Push and pop cost O(log n) and allocate only when the queue grows past its largest size so far.
/// There is no removal: whoever schedules an event that may become void stamps it with a generation and
/// ignores it on arrival if the generation has moved on.
#[derive(Clone, Debug)]
pub struct EventQueue<E: Copy> {
    /// A d-ary min-heap by `key`.
    heap: Vec<Entry<E>>,
    /// Number of events pushed so far.
    pushed: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry<E> {
    at: u64,
    seq: u64,
    event: E,
}

impl<E> Entry<E> {
    #[inline]
    fn before(&self, other: &Self) -> bool {
        self.at < other.at || (self.at == other.at && self.seq < other.seq)
    }
}

impl<E: Copy> Default for EventQueue<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: Copy> EventQueue<E> {
    #[must_use]
    pub fn new() -> Self {
        Self { heap: Vec::new(), pushed: 0 }
    }

    /// Schedules `event` for `at`, behind everything already scheduled for the same nanosecond.
    #[inline]
    pub fn push(&mut self, at: SimTime, event: E) {
        let entry = Entry { at: at.0, seq: self.pushed, event };
        self.pushed += 1;
        let mut hole = self.heap.len();
        self.heap.push(entry);
        while hole > 0 {
            let parent = (hole - 1) / ARITY;
            if !entry.before(&self.heap[parent]) {
                break;
            }
            self.heap[hole] = self.heap[parent];
            hole = parent;
        }
        self.heap[hole] = entry;
    }

    /// Takes out the next event.
    #[inline]
    pub fn pop(&mut self) -> Option<(SimTime, E)> {
        let last = self.heap.pop()?;
        let Some(&top) = self.heap.first() else {
            return Some((SimTime(last.at), last.event));
        };
        self.sift_down(last);
        Some((SimTime(top.at), top.event))
    }

    /// Fills the hole at the root with `entry` and restores the heap.
    #[inline]
    fn sift_down(&mut self, entry: Entry<E>) {
        let heap = self.heap.as_mut_slice();
        let mut hole = 0;
        loop {
            let first = hole * ARITY + 1;
            if first >= heap.len() {
                break;
            }
            let mut least = first;
            for child in first + 1..heap.len().min(first + ARITY) {
                if heap[child].before(&heap[least]) {
                    least = child;
                }
            }
            if !heap[least].before(&entry) {
                break;
            }
            heap[hole] = heap[least];
            hole = least;
        }
        heap[hole] = entry;
    }

    /// When the next event happens.
    #[inline]
    #[must_use]
    pub fn peek_time(&self) -> Option<SimTime> {
        self.heap.first().map(|entry| SimTime(entry.at))
    }

    /// Number of events waiting.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
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

    /// Random pushes and pops against an ordered set of (time, sequence number).
    #[test]
    fn pushes_and_pops_in_any_mixture_keep_the_order() {
        let mut stream = Stream::new(1, 2);
        let mut queue = EventQueue::new();
        let mut oracle = BTreeSet::new();
        for n in 0..20_000_u64 {
            if stream.unit() < 0.55 {
                let at = u64::from(stream.below(500));
                queue.push(SimTime(at), n);
                oracle.insert((at, n));
            } else {
                assert_eq!(queue.peek_time(), oracle.first().map(|(at, _)| SimTime(*at)));
                assert_eq!(queue.pop(), oracle.pop_first().map(|(at, n)| (SimTime(at), n)));
            }
            assert_eq!(queue.len(), oracle.len());
        }
        assert!(!queue.is_empty());
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
