//! Versions: every commit of a key at a station that stores it counts one up.
//!
//! A value that is read carries its version along, through caches and services; whoever keeps it can say later whether, and
//! since when, there is a newer one.

use crate::engine::key_map::KeyMap;
use crate::engine::ordered::Ordered;
use crate::engine::time::SimTime;

/// Versions of a key that were read and then replaced, of which it is known when; beyond that many the oldest go, and the
/// staleness of a value still older is told too short.
const KEPT: usize = 64;

/// A version of a key at the station where it was committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// Index of the station that stores the key.
    pub authority: u32,
    /// Number of the commit; 0: as it was before the run.
    pub number: u32,
    /// There is nothing.
    pub absent: bool,
}

/// What was committed, at all stations that store.
#[derive(Clone, Debug, Default)]
pub struct Versions {
    of: Ordered<u32, KeyMap<History>>,
}

#[derive(Clone, Debug, Default)]
struct History {
    newest: u32,
    /// Somebody has read the newest: once it is replaced, its readers hold an old one.
    read: bool,
    /// Versions that were read, and when the next one was committed; ascending.
    replaced: Vec<(u32, SimTime)>,
}

impl History {
    fn replace(&mut self, number: u32, at: SimTime) {
        if let Err(place) = self.replaced.binary_search_by_key(&number, |(number, _)| *number) {
            self.replaced.insert(place, (number, at));
            if self.replaced.len() > KEPT {
                self.replaced.remove(0);
            }
        }
    }
}

impl Versions {
    pub(super) const fn new() -> Self {
        Self { of: Ordered::new() }
    }

    /// Number of the newest version, which somebody reads.
    pub fn read(&mut self, authority: u32, key: u64) -> u32 {
        let history = self.of.get_mut(&authority).and_then(|keys| keys.get_mut(key));
        history.map_or(0, |history| {
            history.read = true;
            history.newest
        })
    }

    /// Somebody reads an older version, by so many commits, the first of which was at `since`: its number.
    pub fn read_behind(&mut self, authority: u32, key: u64, behind: u32, since: SimTime) -> u32 {
        let history = self.of.or_default(authority).or_insert_with(key, History::default);
        let number = history.newest.saturating_sub(behind);
        history.replace(number, since);
        number
    }

    /// A write is committed: the number of its version.
    pub fn commit(&mut self, authority: u32, key: u64, now: SimTime) -> u32 {
        let history = self.of.or_default(authority).or_insert_with(key, History::default);
        // What was there before the run may be held by anybody.
        if history.read || history.newest == 0 {
            history.replace(history.newest, now);
        }
        history.read = false;
        history.newest += 1;
        history.newest
    }

    /// When the first newer version was committed; `None`: it is the newest.
    #[must_use]
    pub fn replaced_at(&self, version: Version, key: u64) -> Option<SimTime> {
        let history = self.of.get(&version.authority)?.get(key)?;
        let from = history.replaced.partition_point(|(number, _)| *number < version.number);
        history.replaced.get(from).filter(|_| version.number < history.newest).map(|(_, at)| *at)
    }

    /// Memory that a checkpoint takes [bytes], roughly.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.of.values().map(|keys| keys.bytes() + keys.len() * 32).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::time::SimDuration;

    fn ms(ms: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_millis(ms)
    }

    #[test]
    fn a_version_is_replaced_by_the_first_commit_after_it() {
        let mut versions = Versions::default();
        let of = |number: u32| Version { authority: 3, number, absent: false };
        assert_eq!(versions.read(3, 7), 0);
        assert_eq!(versions.replaced_at(of(0), 7), None);
        assert_eq!((versions.commit(3, 7, ms(10)), versions.commit(3, 7, ms(20))), (1, 2));
        assert_eq!(versions.read(3, 7), 2);
        assert_eq!(versions.commit(3, 7, ms(30)), 3);
        assert_eq!(versions.replaced_at(of(0), 7), Some(ms(10)), "what was there before the run");
        assert_eq!(versions.replaced_at(of(2), 7), Some(ms(30)));
        assert_eq!(versions.replaced_at(of(3), 7), None, "it is the newest");
        assert_eq!(versions.replaced_at(of(0), 8), None, "another key");
        assert_eq!(versions.replaced_at(Version { authority: 4, ..of(0) }, 7), None, "another store");
        assert_eq!(versions.read_behind(3, 7, 2, ms(20)), 1, "two commits behind");
        assert_eq!(versions.replaced_at(of(1), 7), Some(ms(20)));
    }
}
