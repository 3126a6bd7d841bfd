//! What a meter counts. Adding a count: its name below, and `meter.count(Count::Name, 1)` where it happens; buckets and
//! spans merge it, and the registry of figures (`src/figure` of the package above) says how it is shown.

use std::ops::{Index, IndexMut};

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What happens at a station, or in the whole system, and is counted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Count {
            $($(#[$doc])* $name,)*
        }

        impl Count {
            pub const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}

counts! {
    /// What came: calls at a station, requests in the system.
    Arrivals,
    /// Completed in time.
    Good,
    /// Caches: look-ups.
    Lookups,
    /// Of those: the key was there.
    Hits,
    /// Of the hits: a newer value had been committed before they were asked for.
    StaleHits,
    /// Writes that a cache acknowledged from memory, or stored before it did; and that a quorum store acknowledged.
    WritesAcknowledged,
    /// Of those: stored, replaced by a later one before they were, and lost.
    WritesStored,
    WritesSuperseded,
    WritesLost,
    /// Writes whose client never got an answer: kept or not.
    WritesUnknown,
    /// Databases: reads that did not find their client's own write, and that went back to something older than it had read.
    OwnWritesMissed,
    ReadsGoneBack,
    /// Reads that the primary answered for the sake of a guarantee, and that waited for a replica.
    ReadsToPrimary,
    ReadsHeld,
    /// Databases: reads that read replicas answered; quorum stores: all reads answered.
    CopyReads,
    /// Of those: they lacked a write.
    StaleReads,
}

/// A number for each [`Count`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([u64; Count::ALL.len()]);

impl Counts {
    /// Takes in `more`. What is owed (see [`Counts::owed`]) may be among it: sums wrap.
    pub(super) fn absorb(&mut self, more: &Self) {
        for (sum, more) in self.0.iter_mut().zip(more.0) {
            *sum = sum.wrapping_add(more);
        }
    }

    /// What has to be absorbed to have nothing.
    pub(super) fn owed(&self) -> Self {
        Self(self.0.map(u64::wrapping_neg))
    }
}

impl Index<Count> for Counts {
    type Output = u64;

    #[inline]
    fn index(&self, count: Count) -> &u64 {
        &self.0[count as usize]
    }
}

impl IndexMut<Count> for Counts {
    #[inline]
    fn index_mut(&mut self, count: Count) -> &mut u64 {
        &mut self.0[count as usize]
    }
}
