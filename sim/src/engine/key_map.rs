//! Values by 64-bit key: open addressing with a fixed hash, so that it is the same in every run (`HashMap` seeds its hash
//! from entropy).

use super::rng::mix;

/// Fewest places of a table that holds anything.
const LEAST: usize = 16;

/// Values by key. Looking one up costs one probe on the average; memory grows with the values held.
#[derive(Clone, Debug)]
pub struct KeyMap<T> {
    /// By hash of key, linear probing; length a power of two, or empty.
    places: Vec<Option<(u64, T)>>,
    len: usize,
}

impl<T> Default for KeyMap<T> {
    fn default() -> Self {
        Self { places: Vec::new(), len: 0 }
    }
}

impl<T> KeyMap<T> {
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Memory taken [bytes], without what values own elsewhere.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.places.capacity() * size_of::<Option<(u64, T)>>()
    }

    #[must_use]
    pub fn get(&self, key: u64) -> Option<&T> {
        let place = self.place_of(key)?;
        self.places[place].as_ref().map(|(_, value)| value)
    }

    pub fn get_mut(&mut self, key: u64) -> Option<&mut T> {
        let place = self.place_of(key)?;
        self.places[place].as_mut().map(|(_, value)| value)
    }

    /// Puts a value in; returns the one that it replaces.
    pub fn insert(&mut self, key: u64, value: T) -> Option<T> {
        if let Some(held) = self.get_mut(key) {
            return Some(std::mem::replace(held, value));
        }
        if (self.len + 1) * 4 > self.places.len() * 3 {
            self.grow();
        }
        let mut place = self.home(key);
        while self.places[place].is_some() {
            place = self.next(place);
        }
        self.places[place] = Some((key, value));
        self.len += 1;
        None
    }

    /// The value of a key, put in where it is missing.
    ///
    /// # Panics
    /// Never: what was just put in is there.
    pub fn or_insert_with(&mut self, key: u64, make: impl FnOnce() -> T) -> &mut T {
        if self.place_of(key).is_none() {
            self.insert(key, make());
        }
        self.get_mut(key).expect("it is there, or was just put in")
    }

    /// Takes a value out; those behind it move up, so that no gap breaks a chain.
    pub fn remove(&mut self, key: u64) -> Option<T> {
        let mut gap = self.place_of(key)?;
        let taken = self.places[gap].take();
        self.len -= 1;
        let mut place = self.next(gap);
        while let Some((moving, _)) = &self.places[place] {
            let home = self.home(*moving);
            // It may fill the gap unless its home lies behind it, around the end of the table.
            let mask = self.places.len() - 1;
            if place.wrapping_sub(home) & mask >= place.wrapping_sub(gap) & mask {
                self.places.swap(gap, place);
                gap = place;
            }
            place = self.next(place);
        }
        taken.map(|(_, value)| value)
    }

    /// Keys and values, in an order that depends on nothing but what was done with it.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.places.iter().flatten().map(|(key, value)| (*key, value))
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }

    fn home(&self, key: u64) -> usize {
        mix(key) as usize & (self.places.len() - 1)
    }

    fn next(&self, place: usize) -> usize {
        (place + 1) & (self.places.len() - 1)
    }

    fn place_of(&self, key: u64) -> Option<usize> {
        if self.places.is_empty() {
            return None;
        }
        let mut place = self.home(key);
        while let Some((held, _)) = &self.places[place] {
            if *held == key {
                return Some(place);
            }
            place = self.next(place);
        }
        None
    }

    fn grow(&mut self) {
        let wider = (self.places.len() * 2).max(LEAST);
        let held = std::mem::take(&mut self.places);
        self.places.resize_with(wider, || None);
        for (key, value) in held.into_iter().flatten() {
            let mut place = self.home(key);
            while self.places[place].is_some() {
                place = self.next(place);
            }
            self.places[place] = Some((key, value));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::engine::rng::Stream;

    /// Twenty thousand random steps over few keys, so that chains form, wrap around and are broken into.
    #[test]
    fn it_holds_what_a_sorted_map_holds() {
        let mut stream = Stream::new(7, 7);
        let (mut map, mut sorted) = (KeyMap::default(), BTreeMap::new());
        for step in 0..20_000_u64 {
            let key = u64::from(stream.below(300));
            match stream.below(3) {
                0 => assert_eq!(map.remove(key), sorted.remove(&key)),
                1 => assert_eq!(map.insert(key, step), sorted.insert(key, step)),
                _ => assert_eq!(map.get(key), sorted.get(&key)),
            }
            assert_eq!(map.len(), sorted.len());
        }
        let mut held: Vec<(u64, u64)> = map.iter().map(|(key, value)| (key, *value)).collect();
        held.sort_unstable();
        assert_eq!(held, sorted.into_iter().collect::<Vec<_>>());
        assert_eq!(*map.or_insert_with(1_000, || 5), 5);
        assert_eq!(map.remove(1_000), Some(5));
        map.clear();
        assert!(map.is_empty() && map.get(1).is_none());
    }
}
