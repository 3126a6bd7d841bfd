//! Values by key, in the keys' order, for all that is not asked at every event.
//!
//! The standard library's map is made anew for every type of key and value, a few kilobytes each. Here one map, of ranks to
//! places, serves all of them; what is made anew is a list of values. Costs are the same, O(log n), and one look further.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;

use super::time::SimTime;

/// A key by whose number keys are put in order: equal numbers are equal keys.
pub trait Rank {
    fn rank(&self) -> u128;
}

impl Rank for u8 {
    fn rank(&self) -> u128 {
        u128::from(*self)
    }
}

impl Rank for u16 {
    fn rank(&self) -> u128 {
        u128::from(*self)
    }
}

impl Rank for u32 {
    fn rank(&self) -> u128 {
        u128::from(*self)
    }
}

impl Rank for u64 {
    fn rank(&self) -> u128 {
        u128::from(*self)
    }
}

impl Rank for usize {
    fn rank(&self) -> u128 {
        *self as u128
    }
}

impl Rank for SimTime {
    fn rank(&self) -> u128 {
        u128::from(self.0)
    }
}

/// Two keys, the first one first; each below 2^64.
impl<A: Rank, B: Rank> Rank for (A, B) {
    fn rank(&self) -> u128 {
        self.0.rank() << 64 | self.1.rank()
    }
}

/// Three keys, each below 2^40.
impl<A: Rank, B: Rank, C: Rank> Rank for (A, B, C) {
    fn rank(&self) -> u128 {
        self.0.rank() << 80 | self.1.rank() << 40 | self.2.rank()
    }
}

/// Where the value of each rank lies, and which places are free.
#[derive(Clone, Debug, Default)]
struct Places {
    of: BTreeMap<u128, u32>,
    free: Vec<u32>,
}

impl Places {
    #[inline(never)]
    fn find(&self, rank: u128) -> Option<usize> {
        self.of.get(&rank).map(|place| *place as usize)
    }

    /// The place that a rank is given; the end of the list if none is free.
    #[inline(never)]
    fn give(&mut self, rank: u128, end: usize) -> usize {
        let place = self.free.pop().unwrap_or(end as u32);
        self.of.insert(rank, place);
        place as usize
    }

    #[inline(never)]
    fn take(&mut self, rank: u128) -> Option<usize> {
        let place = self.of.remove(&rank)?;
        self.free.push(place);
        Some(place as usize)
    }

    #[inline(never)]
    fn within(&self, ranks: RangeInclusive<u128>) -> Vec<u32> {
        self.of.range(ranks).map(|(_, place)| *place).collect()
    }
}

/// Values by key, in the order of the keys' ranks.
#[derive(Clone)]
pub struct Ordered<K, V> {
    places: Places,
    values: Vec<Option<(K, V)>>,
}

impl<K, V> Default for Ordered<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> Ordered<K, V> {
    #[must_use]
    pub const fn new() -> Self {
        Self { places: Places { of: BTreeMap::new(), free: Vec::new() }, values: Vec::new() }
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.places.of.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.of.is_empty()
    }

    pub fn clear(&mut self) {
        *self = Self::new();
    }

    /// Keys and values, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> + Clone {
        self.places.of.values().filter_map(|place| self.at(*place))
    }

    /// Keys, in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    /// Values, in order of their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    /// Keys and values to be changed, in order; a list of all of them is made for it.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        let mut slots: Vec<Option<&mut (K, V)>> = self.values.iter_mut().map(Option::as_mut).collect();
        let slots = self.places.of.values().filter_map(move |place| slots[*place as usize].take());
        slots.map(|(key, value)| (&*key, value))
    }

    /// Values to be changed, in order of their keys.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.iter_mut().map(|(_, value)| value)
    }

    fn at(&self, place: u32) -> Option<(&K, &V)> {
        self.values[place as usize].as_ref().map(|(key, value)| (key, value))
    }
}

impl<K: Rank, V> Ordered<K, V> {
    #[must_use]
    pub fn get(&self, key: &K) -> Option<&V> {
        let place = self.places.find(key.rank())?;
        self.values[place].as_ref().map(|(_, value)| value)
    }

    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let place = self.places.find(key.rank())?;
        self.values[place].as_mut().map(|(_, value)| value)
    }

    #[must_use]
    pub fn contains_key(&self, key: &K) -> bool {
        self.places.find(key.rank()).is_some()
    }

    /// Puts a value in; returns the one that it replaces.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        if let Some(held) = self.get_mut(&key) {
            return Some(std::mem::replace(held, value));
        }
        self.add(key, value);
        None
    }

    /// Takes a value out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let place = self.places.take(key.rank())?;
        self.values[place].take().map(|(_, value)| value)
    }

    /// The value of a key, put in where it is missing.
    ///
    /// # Panics
    /// Never: what was just put in is there.
    pub fn or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let place = match self.places.find(key.rank()) {
            Some(place) => place,
            None => self.add(key, make()),
        };
        self.values[place].as_mut().map(|(_, value)| value).expect("it is there, or was just put in")
    }

    /// [`Ordered::or_insert_with`] what a type begins with.
    pub fn or_default(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        self.or_insert_with(key, V::default)
    }

    /// Takes the first key and its value out.
    pub fn pop_first(&mut self) -> Option<(K, V)> {
        let (_, place) = self.places.of.pop_first()?;
        self.places.free.push(place);
        self.values[place as usize].take()
    }

    /// Keys and values between two keys, both included, in order.
    pub fn range(&self, keys: RangeInclusive<K>) -> impl DoubleEndedIterator<Item = (&K, &V)> + Clone {
        let places = self.places.within(keys.start().rank()..=keys.end().rank());
        places.into_iter().filter_map(|place| self.at(place))
    }

    /// The first key and its value.
    #[must_use]
    pub fn first(&self) -> Option<(&K, &V)> {
        self.iter().next()
    }

    /// Keeps what `keep` says, asked in no order that means anything.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        for slot in &mut self.values {
            if let Some((key, value)) = slot
                && !keep(key, value)
            {
                self.places.take(key.rank());
                *slot = None;
            }
        }
    }

    fn add(&mut self, key: K, value: V) -> usize {
        let place = self.places.give(key.rank(), self.values.len());
        if place == self.values.len() {
            self.values.push(Some((key, value)));
        } else {
            self.values[place] = Some((key, value));
        }
        place
    }
}

/// A set of keys.
impl<K: Rank> Ordered<K, ()> {
    /// Puts a key in; whether it was missing.
    pub fn include(&mut self, key: K) -> bool {
        self.insert(key, ()).is_none()
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for Ordered<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<K: Rank, V> Extend<(K, V)> for Ordered<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, pairs: I) {
        for (key, value) in pairs {
            self.insert(key, value);
        }
    }
}

impl<K: Rank, V> FromIterator<(K, V)> for Ordered<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut map = Self::new();
        map.extend(pairs);
        map
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for Ordered<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::rng::Stream;

    /// Twenty thousand random steps over few keys, beside the standard library's map.
    #[test]
    fn it_holds_what_a_sorted_map_holds_in_its_order() {
        let mut stream = Stream::new(7, 8);
        let (mut map, mut sorted) = (Ordered::new(), BTreeMap::new());
        for step in 0..20_000_u64 {
            let key = (stream.below(20), u64::from(stream.below(20)) << 40);
            match stream.below(5) {
                0 => assert_eq!(map.remove(&key), sorted.remove(&key)),
                1 => assert_eq!(map.insert(key, step), sorted.insert(key, step)),
                2 => assert_eq!(map.get(&key), sorted.get(&key)),
                3 => {
                    let to = (key.0 + 3, key.1);
                    assert!(map.range(key..=to).eq(sorted.range(key..=to)));
                }
                _ => assert_eq!(*map.or_insert_with(key, || step), *sorted.entry(key).or_insert(step)),
            }
            assert_eq!(map.len(), sorted.len());
            assert_eq!(map.first(), sorted.first_key_value());
            assert_eq!(map.contains_key(&key), sorted.contains_key(&key));
        }
        map.retain(|key, _| key.0 % 2 == 0);
        sorted.retain(|key, _| key.0 % 2 == 0);
        assert!(map.iter().eq(&sorted) && map.iter().rev().eq(sorted.iter().rev()));
        assert_eq!(map.clone().into_pairs(), sorted.into_iter().collect::<Vec<_>>());
        map.clear();
        assert!(map.is_empty());
    }

    impl<K: Copy, V: Copy> Ordered<K, V> {
        fn into_pairs(self) -> Vec<(K, V)> {
            self.iter().map(|(key, value)| (*key, *value)).collect()
        }
    }

    #[test]
    fn keys_of_parts_are_in_the_order_of_their_parts() {
        let keys = [(0, 0, 9), (0, 1, 0), (0, 7, 255), (1, 0, 0), (u32::MAX, u16::MAX, u8::MAX)];
        let map: Ordered<(u32, u16, u8), usize> = keys.into_iter().rev().zip(0..).collect();
        assert!(map.keys().eq(keys.iter()));
        assert!((SimTime::ZERO, 9_u64).rank() < (SimTime::NEVER, 0_u64).rank());
    }
}
