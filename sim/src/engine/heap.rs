//! A priority queue for small entries: a d-ary min-heap.

/// Children per node of the heap.
///
/// Measured on a mix of constant and exponential delays with 80, 1,000 and 20,000 events waiting: 4 children take 28, 40
/// and 69 ns per pop and push, 2 take 33, 40 and 95, 8 take 31, 44 and 62, the standard library's heap 36, 40 and 99.
const ARITY: usize = 4;

/// What waits in a [`Heap`].
#[derive(Clone, Copy, Debug)]
pub struct Entry<E> {
    /// The least comes out first. No two in a heap may be equal, or their order would depend on its history: as a rule a
    /// time in the upper half and an order in the lower.
    pub key: u128,
    pub event: E,
}

/// Entries of which the least can be taken out. Push and pop cost O(log n).
#[derive(Clone, Debug)]
pub struct Heap<E: Copy> {
    entries: Vec<Entry<E>>,
}

impl<E: Copy> Default for Heap<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: Copy> Heap<E> {
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    #[inline]
    pub fn push(&mut self, entry: Entry<E>) {
        let hole = self.entries.len();
        self.entries.push(entry);
        sift_up(&mut self.entries, hole, entry);
    }

    /// The least.
    #[inline]
    #[must_use]
    pub fn first(&self) -> Option<&Entry<E>> {
        self.entries.first()
    }

    /// Takes out the least.
    #[inline]
    pub fn pop(&mut self) -> Option<Entry<E>> {
        let last = self.entries.pop()?;
        let Some(&top) = self.entries.first() else { return Some(last) };
        sift_down(&mut self.entries, last);
        Some(top)
    }

    /// Keeps those that `keep` says; O(n).
    pub fn retain(&mut self, mut keep: impl FnMut(&Entry<E>) -> bool) {
        self.entries.retain(|entry| keep(entry));
        // A sorted list is a heap.
        self.entries.sort_unstable_by_key(|entry| entry.key);
    }

    /// In no order.
    pub fn iter(&self) -> std::slice::Iter<'_, Entry<E>> {
        self.entries.iter()
    }

    pub fn clear(&mut self) {
        self.entries.clear();
    }

    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// Moves the hole at `hole` up to where `entry` belongs, and fills it.
#[inline]
fn sift_up<E: Copy>(heap: &mut [Entry<E>], mut hole: usize, entry: Entry<E>) {
    while hole > 0 {
        let parent = (hole - 1) / ARITY;
        if entry.key >= heap[parent].key {
            break;
        }
        heap[hole] = heap[parent];
        hole = parent;
    }
    heap[hole] = entry;
}

/// Fills the hole at the root with `entry` and restores the heap.
///
/// The hole first sinks to the bottom, along the least children: `entry` comes from the bottom and mostly belongs there,
/// so comparing it on the way down would be wasted.
#[inline]
fn sift_down<E: Copy>(heap: &mut [Entry<E>], entry: Entry<E>) {
    let mut hole = 0;
    loop {
        let first = hole * ARITY + 1;
        let Some(children) = heap.get(first..first + ARITY) else {
            // The last family may be incomplete.
            if let Some(least) = (first..heap.len()).min_by_key(|child| heap[*child].key) {
                heap[hole] = heap[least];
                hole = least;
            }
            break;
        };
        // Selections instead of jumps: which child is least cannot be predicted.
        let (mut least, mut least_key) = (0, children[0].key);
        for (child, entry) in children.iter().enumerate().skip(1) {
            let less = entry.key < least_key;
            least = if less { child } else { least };
            least_key = if less { entry.key } else { least_key };
        }
        heap[hole] = children[least];
        hole = first + least;
    }
    sift_up(heap, hole, entry);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::engine::rng::Stream;

    #[test]
    fn the_least_comes_out_first_whatever_was_taken_out_between() {
        let mut stream = Stream::new(3, 4);
        let (mut heap, mut oracle) = (Heap::new(), BTreeSet::new());
        for n in 0..5_000_u32 {
            let key = u128::from(stream.below(1_000)) << 64 | u128::from(n);
            match stream.below(20) {
                0 => {
                    let gone = stream.below(7);
                    heap.retain(|entry: &Entry<u32>| entry.event % 7 != gone);
                    oracle.retain(|(_, event)| event % 7 != gone);
                }
                1..9 => assert_eq!(heap.pop().map(|entry| (entry.key, entry.event)), oracle.pop_first()),
                _ => {
                    heap.push(Entry { key, event: n });
                    oracle.insert((key, n));
                }
            }
            assert_eq!(heap.first().map(|entry| entry.event), oracle.first().map(|(_, event)| *event));
            assert_eq!(heap.len(), oracle.len());
        }
    }
}
