//! The miss-ratio curve of a stream of requests: what a cache of each size that evicts the least recently used would miss.
//!
//! An entry is there at size c if fewer than c other keys were asked for since (Mattson's stack distance), so one pass tells
//! all sizes at once. Of many keys a sample is enough: those whose hash falls below a threshold, with all distances divided
//! by the share that is sampled (SHARDS: Waldspurger, Park, Garthwaite, Ahmad, "Efficient MRC Construction with SHARDS",
//! FAST 2015). The sample's own luck, by which it has too many or too few requests, can be evened out (SHARDS-adj). A curve
//! of limited size begins exact and halves its sample whenever there are too many keys, as their fixed-size variant does.

use crate::engine::ordered::Ordered;
use twox_hash::XxHash64;

/// Hashes are taken modulo this.
const MODULUS: u64 = 1 << 24;

/// Sampled keys below which a curve says too little to be drawn.
pub const KEYS_LEAST: usize = 1_000;

/// A curve as it grows.
#[derive(Clone, Debug)]
pub struct Curve {
    threshold: u64,
    adjusted: bool,
    /// Most keys that are sampled.
    most: usize,
    requests: u64,
    /// Requests of sampled keys; where the sample was halved, weighed as if it had been as small from the start.
    sampled: f64,
    /// When each sampled key was asked for last, as a place in `marks`.
    last: Ordered<u64, usize>,
    /// A Fenwick tree over places: one for each key, at its last place.
    marks: Vec<u32>,
    next: usize,
    /// How often a key came again after so many others.
    distances: Ordered<u64, f64>,
}

impl Curve {
    /// Takes every request.
    #[must_use]
    pub fn exact() -> Self {
        Self::sampled(1.0, false)
    }

    /// Takes this share of the keys, 0..1, rounded down to 1 in 2^24 parts; `adjusted`: evens the sample's luck out.
    #[must_use]
    pub fn sampled(share: f64, adjusted: bool) -> Self {
        let threshold = (MODULUS as f64 * share.clamp(0.0, 1.0)) as u64;
        Self {
            threshold,
            adjusted,
            most: usize::MAX,
            requests: 0,
            sampled: 0.0,
            last: Ordered::new(),
            marks: vec![0; 65],
            next: 0,
            distances: Ordered::new(),
        }
    }

    /// Exact up to so many keys; of more it samples between half of that and all of it.
    #[must_use]
    pub fn limited(most: usize) -> Self {
        Self { most: most.max(2), ..Self::exact() }
    }

    /// One request.
    pub fn ask(&mut self, key: u64) {
        self.requests += 1;
        if self.threshold < MODULUS && hash(key) % MODULUS >= self.threshold {
            return;
        }
        self.sampled += 1.0;
        if self.next + 1 == self.marks.len() {
            self.make_room();
        }
        let place = self.next;
        self.next += 1;
        if let Some(before) = self.last.insert(key, place) {
            let since = (self.last.len() as u32 - self.up_to(before)).into();
            *self.distances.or_default(since) += 1.0;
            self.mark(before, u32::MAX);
        }
        self.mark(place, 1);
        if self.last.len() > self.most {
            self.halve();
        }
    }

    /// Goes on with half of the keys: distances count half as many others, and what was counted weighs half.
    fn halve(&mut self) {
        self.threshold = (self.threshold / 2).max(1);
        let threshold = self.threshold;
        self.last.retain(|key, _| hash(*key) % MODULUS < threshold);
        let before = std::mem::take(&mut self.distances);
        for (distance, count) in before.iter() {
            *self.distances.or_default(distance / 2) += count / 2.0;
        }
        self.sampled /= 2.0;
        self.make_room();
    }

    /// Requests, those of them that were sampled, and distinct sampled keys.
    #[must_use]
    pub fn counts(&self) -> (u64, f64, usize) {
        (self.requests, self.sampled, self.last.len())
    }

    /// Distinct keys asked for: all of them, or as the sample tells.
    #[must_use]
    pub fn keys(&self) -> f64 {
        self.last.len() as f64 / self.share()
    }

    /// Whether it tells enough to be drawn: all keys, or [`KEYS_LEAST`] of them.
    #[must_use]
    pub fn tells(&self) -> bool {
        self.sampled > 0.0 && (self.threshold == MODULUS || self.last.len() >= KEYS_LEAST)
    }

    /// What a cache for so many entries would miss, 0..1; `None`: nothing was sampled yet.
    #[must_use]
    pub fn miss_ratio(&self, size: usize) -> Option<f64> {
        self.miss_ratios(&[size]).first().copied()
    }

    /// [`Curve::miss_ratio`] of sizes in ascending order; empty: nothing was sampled yet.
    #[must_use]
    pub fn miss_ratios(&self, sizes: &[usize]) -> Vec<f64> {
        if self.sampled == 0.0 {
            return Vec::new();
        }
        let share = self.share();
        // Requests that are missing in the sample are taken for hits of the smallest cache.
        let all = if self.adjusted { self.requests as f64 * share } else { self.sampled };
        let mut hits = all - self.sampled;
        let mut counted = self.distances.iter().peekable();
        let ratio = |size: &usize| {
            while let Some((_, count)) = counted.next_if(|(distance, _)| (**distance as f64) / share < *size as f64) {
                hits += count;
            }
            (1.0 - hits / all).clamp(0.0, 1.0)
        };
        sizes.iter().map(ratio).collect()
    }

    /// Memory taken [bytes], roughly.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.marks.len() * size_of::<u32>() + (self.last.len() + self.distances.len()) * 72
    }

    fn share(&self) -> f64 {
        self.threshold as f64 / MODULUS as f64
    }

    /// Keys whose last place is `place` or before it.
    fn up_to(&self, place: usize) -> u32 {
        let (mut at, mut sum) = (place + 1, 0_u32);
        while at > 0 {
            sum = sum.wrapping_add(self.marks[at]);
            at &= at - 1;
        }
        sum
    }

    fn mark(&mut self, place: usize, by: u32) {
        let mut at = place + 1;
        while at < self.marks.len() {
            self.marks[at] = self.marks[at].wrapping_add(by);
            at += at & at.wrapping_neg();
        }
    }

    /// Places anew, close together: at most as many again are left free.
    fn make_room(&mut self) {
        let by_place: Ordered<usize, u64> = self.last.iter().map(|(key, place)| (*place, *key)).collect();
        self.marks = vec![0; (by_place.len() * 2).max(64) + 1];
        self.next = by_place.len();
        for (place, key) in by_place.values().enumerate() {
            self.last.insert(*key, place);
            self.mark(place, 1);
        }
    }
}

/// A fixed hash of the key's decimal digits.
fn hash(key: u64) -> u64 {
    let (mut digits, mut at, mut rest) = ([0_u8; 20], 20, key);
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            return XxHash64::oneshot(0, &digits[at..]);
        }
    }
}
