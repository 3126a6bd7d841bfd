//! The miss-ratio curve of a stream of requests: what a cache of each size that evicts the least recently used would miss.
//!
//! An entry is there at size c if fewer than c other keys were asked for since (Mattson's stack distance), so one pass tells
//! all sizes at once. Of many keys a sample is enough: those whose hash falls below a threshold, with all distances divided
//! by the share that is sampled (SHARDS: Waldspurger, Park, Garthwaite, Ahmad, "Efficient MRC Construction with SHARDS",
//! FAST 2015). The sample's own luck, by which it has too many or too few requests, can be evened out (SHARDS-adj).

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
    requests: u64,
    sampled: u64,
    /// When each sampled key was asked for last, as a place in `marks`.
    last: Ordered<u64, usize>,
    /// A Fenwick tree over places: one for each key, at its last place.
    marks: Vec<u32>,
    next: usize,
    /// How often a key came again after so many others.
    distances: Ordered<u64, u64>,
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
            requests: 0,
            sampled: 0,
            last: Ordered::new(),
            marks: vec![0; 65],
            next: 0,
            distances: Ordered::new(),
        }
    }

    /// One request.
    pub fn ask(&mut self, key: u64) {
        self.requests += 1;
        if self.threshold < MODULUS && hash(key) % MODULUS >= self.threshold {
            return;
        }
        self.sampled += 1;
        if self.next + 1 == self.marks.len() {
            self.make_room();
        }
        let place = self.next;
        self.next += 1;
        if let Some(before) = self.last.insert(key, place) {
            let since = (self.last.len() as u32 - self.up_to(before)).into();
            *self.distances.or_default(since) += 1;
            self.mark(before, u32::MAX);
        }
        self.mark(place, 1);
    }

    /// Requests, those of them that were sampled, and distinct sampled keys.
    #[must_use]
    pub fn counts(&self) -> (u64, u64, usize) {
        (self.requests, self.sampled, self.last.len())
    }

    /// What a cache for so many entries would miss, 0..1; `None`: nothing was sampled yet.
    #[must_use]
    pub fn miss_ratio(&self, size: usize) -> Option<f64> {
        if self.sampled == 0 {
            return None;
        }
        let share = self.threshold as f64 / MODULUS as f64;
        let within = self.distances.iter().take_while(|(distance, _)| (**distance as f64) / share < size as f64);
        let hits: u64 = within.map(|(_, count)| count).sum();
        let (mut hits, mut all) = (hits as f64, self.sampled as f64);
        if self.adjusted {
            // Whoever is missing in the sample is taken for a hit of the smallest cache.
            let expected = self.requests as f64 * share;
            (hits, all) = (hits + expected - all, expected);
        }
        Some((1.0 - hits / all).clamp(0.0, 1.0))
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
