//! Many runs on all cores.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Args;

#[derive(Args, Debug)]
pub struct Jobs {
    /// Runs at a time, which changes no result; otherwise as many as there are cores
    #[arg(long, value_name = "N")]
    jobs: Option<NonZero<usize>>,
}

impl Jobs {
    /// What `job` makes of every item, in the order of the items, however the threads come to it.
    /// `open` gives each thread what it keeps to itself.
    pub fn map<Item: Sync, Own, Made: Send>(
        &self,
        items: &[Item],
        open: impl Fn() -> Own + Sync,
        job: impl Fn(&Own, &Item) -> Made + Sync,
    ) -> Vec<Made> {
        let cores = || std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
        let threads = self.jobs.unwrap_or_else(cores).get().min(items.len());
        let next = AtomicUsize::new(0);
        let work = || {
            let own = open();
            let mut made = Vec::new();
            // Each takes the next that nobody has: runs differ in length.
            while let Some((index, item)) = {
                let index = next.fetch_add(1, Ordering::Relaxed);
                items.get(index).map(|item| (index, item))
            } {
                made.push((index, job(&own, item)));
            }
            made
        };
        let mut made: Vec<(usize, Made)> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            let joined =
                threads.into_iter().map(|thread| thread.join().unwrap_or_else(|bug| std::panic::resume_unwind(bug)));
            joined.flatten().collect()
        });
        made.sort_by_key(|(index, _)| *index);
        made.into_iter().map(|(_, made)| made).collect()
    }
}
