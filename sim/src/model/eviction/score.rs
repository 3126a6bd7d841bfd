//! Who scores highest: idle, rare, not expected soon, about to expire.
//!
//! The weights are those of the course's score. Its terms were in units that do not mix (seconds beside shares, so that only
//! idleness counted) and its prediction was made once, when the entry came in. Here every term lies between 0 and 1, the
//! prediction is renewed with each request, and a sample is looked at instead of all entries. Entries have one size here, so
//! the fifth that the course gives to size is left out.

use super::account::{Account, COMPETITORS};
use super::cache::{Cache, Policy};
use super::shelf::Shelf;
use super::{EvictionKind, Way, entry};
use crate::engine::rng::Stream;
use crate::engine::sort;
use crate::engine::time::SimTime;
use crate::model::params::{ParamSpec, Unit};

pub(super) const KIND: EvictionKind = EvictionKind {
    entry: entry(
        "score",
        "Score with a forecast",
        "Of a few entries drawn at random, the one with the highest score leaves: idle for long, rarely asked for, not expected soon, about to expire.",
        "The course's eviction score, with terms that mix: 0.3 for idleness, 0.25 for rarity, 0.15 for the forecast, 0.1 for expiry. The forecast is the last request plus the mean gap; with fewer than three requests, an hour.",
        &[
            ParamSpec::number(
                "horizon",
                "Half-way at",
                Unit::Seconds,
                60.0,
                0.001,
                1_000_000.0,
                "So long idle, until the next request or until expiry counts as half of the most.",
            ),
            ParamSpec::count(
                "drawn",
                "Entries drawn",
                16.0,
                1.0,
                1_000.0,
                "How many entries are compared for each eviction.",
            ),
        ],
    ),
    way: Way::Built(|reader, capacity, stream| {
        let (horizon, drawn) = (reader.number("horizon"), reader.count("drawn"));
        let fresh = Score { horizon, drawn, slots: Vec::new(), stream: stream.clone(), now: SimTime::ZERO };
        Box::new(Cache::under(fresh, capacity))
    }),
};

/// Requests that a forecast of its own needs.
const SAMPLES_LEAST: u32 = 3;
/// With fewer, the next request is expected after so long [s].
const EXPECTED_AFTER: f64 = 3_600.0;
/// Weight of the newest gap between two requests in their mean.
const NEWEST: f64 = 0.3;

/// What is known of an entry's requests.
#[derive(Clone, Copy, Debug, Default)]
struct Note {
    /// Its place in `slots`.
    place: u32,
    /// Requests since it came in, that one included.
    count: u32,
    came: SimTime,
    last: SimTime,
    /// Mean gap between two requests, and mean distance of a gap from it [s].
    gap: f32,
    spread: f32,
}

impl Note {
    fn ask(&mut self, now: SimTime) {
        let gap = seconds(self.last, now);
        let (mean, spread) = (f64::from(self.gap), f64::from(self.spread));
        let off = (gap - mean).abs();
        (self.gap, self.spread) = match self.count {
            0 | 1 => (gap as f32, 0.0),
            _ => ((mean + NEWEST * (gap - mean)) as f32, (spread + NEWEST * (off - spread)) as f32),
        };
        self.count = self.count.saturating_add(1);
        self.last = now;
    }

    /// How regular its requests are, 0..1: 1 if all gaps are alike; 0 while too few are known.
    fn regularity(&self) -> f64 {
        if self.count < SAMPLES_LEAST || self.gap <= 0.0 {
            return 0.0;
        }
        1.0 / (1.0 + f64::from(self.spread / self.gap))
    }

    /// How far the expected next request is from now, either way [s]: one that is overdue grows less likely again.
    fn away(&self, now: SimTime) -> f64 {
        let after = if self.count < SAMPLES_LEAST { EXPECTED_AFTER } else { f64::from(self.gap) };
        (after - seconds(self.last, now)).abs()
    }
}

fn seconds(from: SimTime, to: SimTime) -> f64 {
    if to < from { 0.0 } else { to.since(from).as_secs_f64() }
}

#[derive(Clone, Debug)]
struct Score {
    horizon: f64,
    drawn: u32,
    slots: Vec<u32>,
    stream: Stream,
    /// When the cache was last asked for something.
    now: SimTime,
}

impl Score {
    /// A time as a share, 0..1: half at the horizon.
    fn share(&self, secs: f64) -> f64 {
        secs / (secs + self.horizon)
    }

    /// The terms of an entry's score: idle, rare, not expected, expiring; each 0..1.
    fn terms(&self, shelf: &Shelf<Note>, slot: u32) -> [f64; 4] {
        let (note, until) = (shelf.note(slot), shelf.valid_until(slot));
        let rate = f64::from(note.count) / seconds(note.came, self.now).max(1e-9);
        let regular = note.regularity();
        let expected = if note.count < SAMPLES_LEAST { 1.0 } else { regular };
        let away = expected * self.share(note.away(self.now)) + (1.0 - expected) * 0.5;
        let expiring = if until == SimTime::NEVER { 0.0 } else { 1.0 - self.share(seconds(self.now, until)) };
        [self.share(seconds(note.last, self.now)), 1.0 / (1.0 + rate * self.horizon), away, expiring]
    }

    fn score(&self, shelf: &Shelf<Note>, slot: u32) -> f64 {
        let [idle, rare, away, expiring] = self.terms(shelf, slot);
        0.3 * idle + 0.25 * rare + 0.15 * away + 0.1 * expiring
    }

    /// The entries drawn for the next eviction; of few entries all.
    fn draw(&self, stream: &mut Stream) -> Vec<u32> {
        if self.slots.len() <= self.drawn as usize {
            return self.slots.clone();
        }
        (0..self.drawn).map(|_| self.slots[stream.below(self.slots.len() as u32) as usize]).collect()
    }
}

impl Policy for Score {
    type Note = Note;

    fn fresh(&self) -> Self {
        Self { slots: Vec::new(), stream: self.stream.clone(), ..*self }
    }

    fn tick(&mut self, now: SimTime) {
        self.now = now;
    }

    fn hit(&mut self, shelf: &mut Shelf<Note>, slot: u32) {
        shelf.note_mut(slot).ask(self.now);
    }

    fn evict(&mut self, shelf: &mut Shelf<Note>) -> Option<u64> {
        let mut stream = self.stream.clone();
        let drawn = self.draw(&mut stream);
        self.stream = stream;
        let mut most: Option<(f64, u32)> = None;
        for slot in drawn {
            let score = self.score(shelf, slot);
            if most.is_none_or(|(best, _)| score > best) {
                most = Some((score, slot));
            }
        }
        let (_, slot) = most?;
        let key = shelf.key(slot);
        self.forget(shelf, slot);
        Some(key)
    }

    fn account(&self, shelf: &Shelf<Note>, _incoming: u64) -> Account {
        let drawn = self.draw(&mut self.stream.clone());
        let mut scored: Vec<(f64, usize, u32)> =
            drawn.iter().enumerate().map(|(at, slot)| (self.score(shelf, *slot), at, *slot)).collect();
        sort::few_by(&mut scored, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        scored.dedup_by_key(|one| one.2);
        let mut account = Account::new(
            "Of the entries drawn it has the highest score: 0.3 idle + 0.25 rare + 0.15 not expected + 0.1 expiring.",
        );
        for (score, _, slot) in scored.into_iter().take(COMPETITORS + 1) {
            let [idle, rare, away, expiring] = self.terms(shelf, slot);
            account.add(
                shelf.key(slot),
                format!("{score:.3}: idle {idle:.2}, rare {rare:.2}, not expected {away:.2}, expiring {expiring:.2}"),
            );
        }
        account
    }

    fn admit(&mut self, shelf: &mut Shelf<Note>, slot: u32) {
        let place = self.slots.len() as u32;
        *shelf.note_mut(slot) = Note { place, count: 1, came: self.now, last: self.now, ..Note::default() };
        self.slots.push(slot);
    }

    fn forget(&mut self, shelf: &mut Shelf<Note>, slot: u32) {
        let place = shelf.note(slot).place;
        self.slots.swap_remove(place as usize);
        if let Some(&moved) = self.slots.get(place as usize) {
            shelf.note_mut(moved).place = place;
        }
        shelf.take_out(slot);
    }

    fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::eviction::Machine;

    fn at(secs: f64) -> SimTime {
        SimTime::from_secs_f64(secs)
    }

    fn cache(capacity: usize, drawn: u32) -> Cache<Score> {
        let fresh = Score { horizon: 60.0, drawn, slots: Vec::new(), stream: Stream::new(1, 1), now: SimTime::ZERO };
        Cache::under(fresh, capacity)
    }

    /// Worked out by hand: an entry asked for at 0, 10, 20 and 30 s, looked at when 90 s have passed, valid until 150 s.
    #[test]
    fn the_score_is_the_sum_of_its_terms() {
        let mut cache = cache(4, 16);
        let _ = cache.get(1, at(0.0));
        cache.insert(1, at(150.0));
        for secs in [10.0, 20.0, 30.0] {
            let _ = cache.get(1, at(secs));
        }
        let _ = cache.get(2, at(90.0));
        let (shelf, policy) = cache.parts();
        let slot = shelf.slots().next().expect("one entry");
        let terms = policy.terms(shelf, slot);
        // Idle 60 s; 4 requests in 90 s; the next one was due at 40 s, all gaps alike; 60 s left.
        let expected = [0.5, 1.0 / (1.0 + 4.0 / 90.0 * 60.0), 50.0 / 110.0, 0.5];
        for (found, expected) in terms.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{terms:?} instead of {expected:?}");
        }
        let sum = 0.3 * expected[0] + 0.25 * expected[1] + 0.15 * expected[2] + 0.1 * expected[3];
        assert!((policy.score(shelf, slot) - sum).abs() < 1e-6);
    }

    /// Two requests are too few for a forecast: an hour, whatever their gap was.
    #[test]
    fn with_fewer_than_three_requests_the_next_is_expected_in_an_hour() {
        let mut note = Note { count: 1, ..Note::default() };
        note.ask(at(5.0));
        assert!((note.away(at(5.0)) - 3_600.0).abs() < 1e-9 && note.regularity() == 0.0);
        note.ask(at(10.0));
        assert!((note.away(at(10.0)) - 5.0).abs() < 1e-6 && (note.regularity() - 1.0).abs() < 1e-6);
        assert!((note.away(at(25.0)) - 10.0).abs() < 1e-6, "overdue by ten seconds");
    }

    /// What the account says beforehand is what happens, and every entry is compared where there are few.
    #[test]
    fn who_is_told_to_leave_leaves() {
        let mut cache = cache(20, 6);
        let mut stream = Stream::new(3, 3);
        let mut told = 0;
        for step in 0..2_000_u32 {
            let (key, now) = (u64::from(stream.below(60)), at(f64::from(step)));
            if cache.get(key, now) == crate::model::eviction::Lookup::Hit {
                continue;
            }
            let account = Machine::account(&cache, key);
            let left = cache.insert(key, SimTime::NEVER);
            assert_eq!(account.map(|account| account.candidates[0].key), left);
            told += u32::from(left.is_some());
        }
        assert!(told > 500);
    }
}
