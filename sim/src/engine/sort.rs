//! One sort for all that is sorted now and then.
//!
//! The standard library's sorts are made anew for every type and every order, a few kilobytes each: right where time
//! counts, too much where a menu's twenty lines are put in order. Here the work is done once, over places in the list;
//! what is made anew is a comparison and a loop of swaps. [`map`] and [`set`] spare the sort that `collect` brings.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Sorts by `compare`; equal items keep their order. Meant for lists that are short or seldom sorted: O(n log n)
/// comparisons, each through a pointer, and memory for two lists of places.
pub fn few_by<T>(items: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    let sorted = &*items;
    let swaps = swaps(sorted.len(), &|a, b| compare(&sorted[a], &sorted[b]));
    for (place, other) in swaps.into_iter().enumerate() {
        items.swap(place, other);
    }
}

/// [`few_by`] the key of each item, which is worked out at every comparison.
pub fn few_by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    few_by(items, |a, b| key(a).cmp(&key(b)));
}

/// [`few_by`] the items' own order.
pub fn few<T: Ord>(items: &mut [T]) {
    few_by(items, Ord::cmp);
}

/// A map of these; of two with the same key the later one stays.
#[must_use]
pub fn map<K: Ord, V>(pairs: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    map.extend(pairs);
    map
}

/// A set of these.
#[must_use]
pub fn set<T: Ord>(items: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    set.extend(items);
    set
}

/// With which later place each place in turn is to be swapped for the list to be sorted. A merge sort from the bottom up.
#[inline(never)]
fn swaps(length: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..length).collect();
    let mut merged = order.clone();
    let mut run = 1;
    while run < length {
        let mut start = 0;
        while start < length {
            let (middle, end) = (length.min(start + run), length.min(start + 2 * run));
            let (mut left, mut right) = (start, middle);
            for slot in &mut merged[start..end] {
                // The right one goes first only if it is smaller: equal items keep their order.
                let from_right = left == middle || (right < end && compare(order[right], order[left]).is_lt());
                let from = if from_right { &mut right } else { &mut left };
                *slot = order[*from];
                *from += 1;
            }
            start = end;
        }
        std::mem::swap(&mut order, &mut merged);
        run *= 2;
    }
    for place in 0..length {
        // What stood in a place already filled was swapped away from there.
        let mut from = order[place];
        while from < place {
            from = order[from];
        }
        order[place] = from;
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::rng::Stream;

    #[test]
    fn lists_of_any_length_come_out_as_from_a_stable_sort() {
        let mut stream = Stream::new(7, 1);
        for length in (0..70).chain([1_000, 4_097]) {
            for kinds in [1, 3, 50, 1_000_000] {
                let items: Vec<(u32, usize)> = (0..length).map(|at| (stream.below(kinds), at)).collect();
                let (mut ours, mut theirs) = (items.clone(), items);
                few_by_key(&mut ours, |item| std::cmp::Reverse(item.0));
                theirs.sort_by_key(|item| std::cmp::Reverse(item.0));
                assert_eq!(ours, theirs, "{length} of {kinds} kinds");
                few(&mut ours);
                theirs.sort_unstable();
                assert_eq!(ours, theirs, "{length} of {kinds} kinds");
            }
        }
    }

    #[test]
    fn maps_and_sets_are_as_collected() {
        let pairs = [(3, 'a'), (1, 'b'), (3, 'c')];
        assert_eq!(map(pairs), pairs.into_iter().collect());
        assert_eq!(set([3, 1, 3]), [3, 1, 3].into_iter().collect());
    }
}
