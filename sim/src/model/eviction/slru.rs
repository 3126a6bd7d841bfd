//! Segmented LRU: step by step up, step by step down.

use super::account::{Account, COMPETITORS};
use super::cache::{Cache, Policy};
use super::shelf::{List, Shelf};
use super::{EvictionKind, Way, entry};
use crate::model::params::ParamSpec;

pub(super) const KIND: EvictionKind = EvictionKind {
    entry: entry(
        "slru",
        "Segmented LRU",
        "Segments of equal size, each least recently used first. Each request lifts an entry by one segment; what a full segment has no room for sinks by one, and leaves from the lowest.",
        "Karedla, Love, Wherry, \"Caching Strategies to Improve Disk System Performance\", 1994, with four segments as in libCacheSim 0.3.5: while there is room above, a new entry takes the lowest segment that has some.",
        &[ParamSpec::count("segments", "Segments", 4.0, 2.0, 16.0, "Entries rise and sink through so many.")],
    ),
    way: Way::Built(|params, capacity, _| {
        let parts = vec![1.0; params.count("segments") as usize];
        Box::new(Cache::under(Segments::new(parts), capacity))
    }),
};

/// Segments from the lowest to the highest. The note: where an entry stands.
#[derive(Clone, Debug)]
pub(super) struct Segments {
    /// Sizes, relative to one another.
    parts: Vec<f64>,
    segments: Vec<Segment>,
}

#[derive(Clone, Copy, Debug)]
struct Segment {
    list: List,
    most: usize,
}

impl Segments {
    pub(super) fn new(parts: Vec<f64>) -> Self {
        let segments = vec![Segment { list: List::new(), most: 1 }; parts.len()];
        Self { parts, segments }
    }

    pub(super) fn len(&self) -> usize {
        self.segments.iter().map(|segment| segment.list.len()).sum()
    }

    /// Who would leave next.
    pub(super) fn next_victim(&self) -> Option<u32> {
        self.segments.iter().find(|segment| segment.list.len() > 0).map(|segment| segment.list.oldest())
    }

    fn link(&mut self, shelf: &mut Shelf<u8>, slot: u32, segment: usize) {
        *shelf.note_mut(slot) = segment as u8;
        shelf.link(&mut self.segments[segment].list, slot);
    }

    /// What is too much in a segment sinks, and may push out more below; from the lowest it leaves.
    fn sink(&mut self, shelf: &mut Shelf<u8>, from: usize) {
        for segment in (0..=from).rev() {
            if self.segments[segment].list.len() <= self.segments[segment].most {
                return;
            }
            while self.segments[segment].list.len() > self.segments[segment].most {
                let Some(slot) = shelf.pop(&mut self.segments[segment].list) else { break };
                match segment.checked_sub(1) {
                    Some(below) => self.link(shelf, slot, below),
                    None => {
                        shelf.take_out(slot);
                    }
                }
            }
        }
    }
}

impl Policy for Segments {
    type Note = u8;

    fn fresh(&self) -> Self {
        Self::new(self.parts.clone())
    }

    fn resize(&mut self, capacity: usize) {
        let all: f64 = self.parts.iter().sum();
        for (segment, part) in self.segments.iter_mut().zip(&self.parts) {
            segment.most = ((part / all * capacity as f64) as usize).max(1);
        }
    }

    fn hit(&mut self, shelf: &mut Shelf<u8>, slot: u32) {
        let segment = usize::from(shelf.note(slot));
        if segment + 1 == self.segments.len() {
            shelf.renew_place(&mut self.segments[segment].list, slot);
            return;
        }
        shelf.unlink(&mut self.segments[segment].list, slot);
        self.link(shelf, slot, segment + 1);
        self.sink(shelf, segment + 1);
    }

    fn evict(&mut self, shelf: &mut Shelf<u8>) -> Option<u64> {
        let segment = self.segments.iter_mut().find(|segment| segment.list.len() > 0)?;
        shelf.drop_oldest(&mut segment.list)
    }

    fn account(&self, shelf: &Shelf<u8>, _incoming: u64) -> Account {
        let mut account = Account::new("It is the least recently used of the lowest segment.");
        let rising = self.segments.iter().flat_map(|segment| shelf.listed(&segment.list));
        for slot in rising.take(COMPETITORS + 1) {
            account.add(shelf.key(slot), format!("segment {} of {}", shelf.note(slot) + 1, self.segments.len()));
        }
        account
    }

    fn admit(&mut self, shelf: &mut Shelf<u8>, slot: u32) {
        let free = self.segments.iter().position(|segment| segment.list.len() < segment.most);
        self.link(shelf, slot, free.unwrap_or(0));
    }

    fn forget(&mut self, shelf: &mut Shelf<u8>, slot: u32) {
        let segment = usize::from(shelf.note(slot));
        shelf.drop_from(&mut self.segments[segment].list, slot);
    }
}
