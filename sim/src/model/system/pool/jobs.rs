//! The demands that a replica is serving, by when they are done.

use crate::engine::heap::{Entry, Heap};

/// The demands being served, by the virtual time at which they are done and, of one time, in the order of their start.
#[derive(Clone, Debug, Default)]
pub(in crate::model::system) struct Jobs {
    /// All that there is to know of a job is in its key: small entries are what makes it fast.
    heap: Heap<()>,
    /// Wraps: after 2^32 starts two that are done in the same nanosecond may change places.
    started: u32,
}

/// A demand being served.
#[derive(Clone, Copy, Debug)]
pub(in crate::model::system) struct Job {
    /// Virtual time at which it is done [ns].
    pub due: u64,
    /// Greater than those of the jobs that were started before.
    pub started: u32,
    pub attempt: u32,
}

impl Jobs {
    #[inline]
    pub(in crate::model::system) fn push(&mut self, due: u64, attempt: u32) {
        self.started = self.started.wrapping_add(1);
        let key = u128::from(due) << 64 | u128::from(self.started) << 32 | u128::from(attempt);
        self.heap.push(Entry { key, event: () });
    }

    /// When the first is done.
    #[inline]
    pub(in crate::model::system) fn next_due(&self) -> Option<u64> {
        self.heap.first().map(|first| Job::from(first).due)
    }

    #[inline]
    pub(in crate::model::system) fn pop(&mut self) -> Option<Job> {
        self.heap.pop().map(|entry| Job::from(&entry))
    }

    /// Takes out the one of an attempt.
    pub(in crate::model::system) fn remove(&mut self, attempt: u32) -> Option<Job> {
        let job = self.iter().find(|job| job.attempt == attempt)?;
        self.heap.retain(|entry| Job::from(entry).attempt != attempt);
        Some(job)
    }

    /// In no order.
    pub(in crate::model::system) fn iter(&self) -> impl Iterator<Item = Job> {
        self.heap.iter().map(Job::from)
    }

    pub(in crate::model::system) fn clear(&mut self) {
        self.heap.clear();
    }

    pub(in crate::model::system) fn len(&self) -> usize {
        self.heap.len()
    }
}

impl From<&Entry<()>> for Job {
    #[inline]
    fn from(entry: &Entry<()>) -> Self {
        Self { due: (entry.key >> 64) as u64, started: (entry.key >> 32) as u32, attempt: entry.key as u32 }
    }
}
