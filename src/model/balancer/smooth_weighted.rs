//! The step of nginx's smooth weighted round robin, shared by the strategies that break their ties with it.

use super::BackendView;

/// How far each backend is ahead of its share, by index.
#[derive(Clone, Debug, Default)]
pub(super) struct SmoothWeighted {
    current: Vec<i64>,
}

impl SmoothWeighted {
    /// One step among the backends that `takes_part` names: each gains its weight, the first of those furthest ahead is
    /// chosen and pays the sum of all weights. O(n).
    pub(super) fn step(
        &mut self,
        backends: &[BackendView],
        takes_part: impl Fn(usize, &BackendView) -> bool,
    ) -> Option<u32> {
        // Backends come and go while a run goes on; a new one starts even.
        self.current.resize(backends.len(), 0);
        let mut total = 0;
        let mut best: Option<usize> = None;
        for (index, backend) in backends.iter().enumerate() {
            if !takes_part(index, backend) {
                continue;
            }
            let weight = i64::from(backend.weight);
            total += weight;
            self.current[index] += weight;
            if best.is_none_or(|best| self.current[index] > self.current[best]) {
                best = Some(index);
            }
        }
        let best = best?;
        self.current[best] -= total;
        Some(best as u32)
    }

    /// How far a backend is ahead of its share.
    pub(super) fn current(&self, index: u32) -> i64 {
        self.current.get(index as usize).copied().unwrap_or(0)
    }
}
