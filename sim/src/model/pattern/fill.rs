//! Which fills a cache takes.
//!
//! A miss reads the store, a write commits and deletes the entry, and only then the value that was read arrives: it is old,
//! and stays until its time is over. That is the stale fill of cache-aside.

use super::{Way, chosen, words};
use crate::engine::key_map::KeyMap;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::params::{Entry, Variant, told};

const ANY: Entry = Entry {
    id: "any",
    name: "Any",
    summary: told("Keeps every value that is put in."),
    source: told(
        "memcached's set. A value that was read before a write, and put in after the write had deleted the entry, stays: the stale fill of cache-aside.",
    ),
    params: &[],
    defect: false,
};

const NEWER: Entry = Entry {
    id: "newer",
    name: "Not older",
    summary: told(
        "Compares versions: a value older than the entry, or than the write that last deleted it, is refused.",
    ),
    source: told(
        "Version stamps on entries and tombstones. A tombstone is kept for 10 s: a load that takes longer still gets through.",
    ),
    params: &[],
    defect: false,
};

/// How long a deletion is remembered.
pub const TOMBSTONES_LIVE: SimDuration = SimDuration::from_secs(10);

/// Tombstones beyond which those that are over are looked for.
const SWEEP_ABOVE: usize = 1_024;

/// All ways: a new one is a line here.
static WAYS: &[Way<Settings>] =
    &[Way { entry: ANY, read: |_| Settings::Any }, Way { entry: NEWER, read: |_| Settings::Newer }];

/// All of them, as a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    words(WAYS)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settings {
    Any,
    /// Values that are not older than what the cache knows of.
    Newer,
}

/// What the choice says.
#[must_use]
pub fn read(choice: &Variant) -> Settings {
    chosen(WAYS, choice)
}

/// Deletions that are remembered: which version made them.
#[derive(Clone, Debug, Default)]
pub struct Tombstones {
    by_key: KeyMap<(u32, SimTime)>,
    sweep_at: usize,
}

impl Tombstones {
    /// An entry is deleted by the write with this version number.
    pub fn put(&mut self, key: u64, version: u32, now: SimTime) {
        if self.by_key.len() >= self.sweep_at.max(SWEEP_ABOVE) {
            let over: Vec<u64> =
                self.by_key.iter().filter(|(_, (_, until))| *until < now).map(|(key, _)| key).collect();
            for key in over {
                self.by_key.remove(key);
            }
            self.sweep_at = 2 * self.by_key.len();
        }
        let known = self.known(key, now).unwrap_or(0);
        self.by_key.insert(key, (known.max(version), now + TOMBSTONES_LIVE));
    }

    /// The version that deleted the key, while it is remembered.
    #[must_use]
    pub fn known(&self, key: u64, now: SimTime) -> Option<u32> {
        self.by_key.get(key).filter(|(_, until)| now <= *until).map(|(version, _)| *version)
    }

    /// Nothing was ever deleted.
    pub fn clear(&mut self) {
        self.by_key.clear();
    }

    /// Memory taken [bytes].
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.by_key.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deletion_is_remembered_with_its_newest_version_for_ten_seconds() {
        let secs = |secs: u64| SimTime::ZERO + SimDuration::from_secs(secs);
        let mut tombstones = Tombstones::default();
        tombstones.put(7, 3, secs(1));
        tombstones.put(7, 2, secs(2));
        assert_eq!((tombstones.known(7, secs(12)), tombstones.known(8, secs(2))), (Some(3), None));
        assert_eq!(tombstones.known(7, secs(13)), None, "strictly after");
        for key in 0..3_000 {
            tombstones.put(key, 1, secs(20 + key));
        }
        assert!(tombstones.by_key.len() < 2_100, "what is over goes: {}", tombstones.by_key.len());
    }
}
