//! The step of nginx's smooth weighted round robin, shared by the strategies that break their ties with it.

use super::{BackendView, listing, nobody, signed};

/// How far each backend is ahead of its share, by index.
#[derive(Clone, Debug, Default)]
pub(super) struct SmoothWeighted {
    current: Vec<i64>,
}

impl SmoothWeighted {
    /// One step among the backends that `takes_part` names: each gains its weight, the first of those furthest ahead is
    /// chosen and pays the sum of all weights. O(n).
    #[inline]
    pub(super) fn step(
        &mut self,
        backends: &[BackendView],
        takes_part: impl Fn(usize, &BackendView) -> bool,
    ) -> Option<u32> {
        self.step_by(backends, |index, backend| takes_part(index, backend).then(|| i64::from(backend.weight)))
    }

    /// One step in which a backend gains what `gain` says; those without a gain take no part. O(n).
    #[inline]
    pub(super) fn step_by(
        &mut self,
        backends: &[BackendView],
        gain: impl Fn(usize, &BackendView) -> Option<i64>,
    ) -> Option<u32> {
        // Backends come and go while a run goes on; a new one starts even.
        self.current.resize(backends.len(), 0);
        let mut total = 0;
        let mut best: Option<usize> = None;
        for (index, backend) in backends.iter().enumerate() {
            let Some(gain) = gain(index, backend) else { continue };
            total += gain;
            self.current[index] += gain;
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

    /// Whom [`SmoothWeighted::step_by`] will choose, and its numbers in words.
    pub(super) fn foretell(
        &self,
        backends: &[BackendView],
        gain: impl Fn(usize, &BackendView) -> Option<i64>,
        label: &dyn Fn(u32) -> String,
    ) -> (Option<u32>, Vec<String>) {
        let gains: Vec<(u32, i64)> = (0..)
            .zip(backends)
            .filter_map(|(index, backend)| gain(index as usize, backend).map(|gain| (index, gain)))
            .collect();
        let ahead = |(index, gain): &(u32, i64)| self.current(*index) + gain;
        let total: i64 = gains.iter().map(|(_, gain)| gain).sum();
        let Some(most) = gains.iter().map(ahead).max() else { return (None, nobody()) };
        let mut first = gains.iter().filter(|entry| ahead(entry) == most).map(|(index, _)| *index);
        let chosen = first.next().expect("the largest is among them");
        let tied = first.count();
        let name = label(chosen);
        if gains.len() == 1 {
            return (Some(chosen), vec![format!("{name} is the only one to choose.")]);
        }
        let sums = gains.iter().map(|entry| {
            let (index, gain) = *entry;
            format!("{}: {} + {gain} = {}", label(index), signed(self.current(index)), signed(ahead(entry)))
        });
        let why = match tied {
            0 => format!("{name} is furthest ahead"),
            _ => format!("{name} is the first of the {} furthest ahead", tied + 1),
        };
        let steps = vec![
            format!("Each gains its weight: {}.", listing(sums)),
            format!(
                "{why}: it is chosen and pays the sum of all weights, {} − {total} = {}.",
                signed(most),
                signed(most - total)
            ),
        ];
        (Some(chosen), steps)
    }
}
