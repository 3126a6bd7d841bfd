//! Write-behind: writes are acknowledged from memory, and go to the store later, many at once.
//!
//! Pure: knows no clock and no store. A later write of a key that waits replaces the earlier one and keeps its place and
//! its time. A flush begins when enough keys wait or the oldest has waited long enough, one at a time; what it carries is
//! durable at its end. A crash loses what waits and what is being flushed.

use std::collections::VecDeque;

use crate::engine::key_map::KeyMap;
use crate::engine::time::{SimDuration, SimTime};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Keys that make a flush begin, and the most that one carries; at least 1.
    pub batch: u32,
    /// The longest that a key waits for a flush to begin.
    pub delay: SimDuration,
    /// Keys that there is room for, those being flushed included.
    pub room: u32,
}

/// A key that waits, with its newest value.
#[derive(Clone, Debug)]
pub struct Waiting<T> {
    pub key: u64,
    /// When the first of the writes came that it stands for.
    pub since: SimTime,
    pub value: T,
}

/// What became of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It waits.
    Waits,
    /// It waits in the place of an earlier one, which is superseded.
    Replaces,
    /// There is no room: it has to go to the store by itself.
    Full,
}

/// Writes that wait.
#[derive(Clone, Debug)]
pub struct Buffer<T> {
    waiting: VecDeque<Waiting<T>>,
    /// By key that waits: its number in the order of arrival.
    places: KeyMap<u64>,
    /// Number of the first that waits.
    first: u64,
    flushing: Vec<Waiting<T>>,
    /// No flush begins before then: the last one has failed.
    rests_until: SimTime,
}

impl<T> Default for Buffer<T> {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            places: KeyMap::default(),
            first: 0,
            flushing: Vec::new(),
            rests_until: SimTime::ZERO,
        }
    }
}

impl<T> Buffer<T> {
    /// Takes a write, if there is room.
    pub fn write(&mut self, key: u64, value: T, now: SimTime, settings: Settings) -> Taken {
        if let Some(number) = self.places.get(key) {
            let place = (number - self.first) as usize;
            self.waiting[place].value = value;
            return Taken::Replaces;
        }
        if self.len() >= settings.room as usize {
            return Taken::Full;
        }
        self.places.insert(key, self.first + self.waiting.len() as u64);
        self.waiting.push_back(Waiting { key, since: now, value });
        Taken::Waits
    }

    /// When the next flush is to begin; `None`: nothing waits, or one is under way.
    #[must_use]
    pub fn due(&self, settings: Settings) -> Option<SimTime> {
        let oldest = self.waiting.front().filter(|_| self.flushing.is_empty())?;
        let enough = self.waiting.len() >= settings.batch as usize;
        Some(if enough { SimTime::ZERO } else { oldest.since + settings.delay }.max(self.rests_until))
    }

    /// Begins a flush, if it is time: what it carries, oldest first; nothing: it is not time.
    pub fn begin(&mut self, now: SimTime, settings: Settings) -> &[Waiting<T>] {
        if self.due(settings).is_none_or(|due| now < due) {
            return &[];
        }
        for _ in 0..settings.batch.max(1) {
            let Some(one) = self.waiting.pop_front() else { break };
            self.places.remove(one.key);
            self.first += 1;
            self.flushing.push(one);
        }
        &self.flushing
    }

    /// The flush under way is durable: what it carried.
    pub fn stored(&mut self) -> Vec<Waiting<T>> {
        std::mem::take(&mut self.flushing)
    }

    /// The flush under way has failed. What it carried waits again, in front, until `rests_until`; returned are those
    /// that a later write has replaced meanwhile.
    pub fn failed(&mut self, rests_until: SimTime) -> Vec<Waiting<T>> {
        self.rests_until = rests_until;
        let mut replaced = Vec::new();
        let mut again = Vec::new();
        for mut one in std::mem::take(&mut self.flushing) {
            let Some(number) = self.places.remove(one.key) else {
                again.push(one);
                continue;
            };
            let place = (number - self.first) as usize;
            // The newer value takes the older one's place, and its time.
            if let Some(newer) = self.waiting.get_mut(place) {
                std::mem::swap(&mut one.value, &mut newer.value);
                let newer = Waiting { key: one.key, since: one.since, value: one.value };
                again.push(newer);
                replaced.push(place);
            }
        }
        let mut superseded = Vec::new();
        for (place, one) in std::mem::take(&mut self.waiting).into_iter().enumerate() {
            if replaced.contains(&place) { superseded.push(one) } else { again.push(one) }
        }
        self.waiting = again.into();
        self.first = 0;
        self.places.clear();
        for (number, one) in self.waiting.iter().enumerate() {
            self.places.insert(one.key, number as u64);
        }
        superseded
    }

    /// Everything is lost: what waited and what was being flushed.
    pub fn crash(&mut self) -> (Vec<Waiting<T>>, Vec<Waiting<T>>) {
        let waiting = std::mem::take(&mut self.waiting);
        let flushing = std::mem::take(&mut self.flushing);
        *self = Self::default();
        (waiting.into(), flushing)
    }

    /// Whether a key waits or is being flushed.
    #[must_use]
    pub fn holds(&self, key: u64) -> bool {
        self.waits(key) || self.flushing.iter().any(|one| one.key == key)
    }

    /// Whether a key waits for a flush to begin.
    #[must_use]
    pub fn waits(&self, key: u64) -> bool {
        self.places.get(key).is_some()
    }

    /// Keys that wait or are being flushed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len() + self.flushing.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Since when the oldest write is not stored.
    #[must_use]
    pub fn oldest(&self) -> Option<SimTime> {
        self.flushing.iter().chain(&self.waiting).map(|one| one.since).min()
    }

    /// Memory taken [bytes], roughly.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.len() * size_of::<Waiting<T>>() + self.places.bytes()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;

    fn at(ms: f64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs_f64(ms / 1e3)
    }

    /// What becomes of the writes of a case, by their place in it; flushes as [start, end] in ms with their keys.
    #[derive(Debug)]
    struct Fate {
        of: Vec<&'static str>,
        flushes: Vec<(f64, f64, Vec<u64>)>,
    }

    /// Order at one time: end of a flush, crash, write, timer.
    fn live(writes: &[(f64, u64)], settings: Settings, store: f64, crash: Option<f64>) -> Fate {
        let mut buffer: Buffer<usize> = Buffer::default();
        let mut fate = Fate { of: vec!["refused"; writes.len()], flushes: Vec::new() };
        let (mut next, mut ends, mut last): (usize, Option<f64>, f64) = (0, None, 0.0);
        loop {
            let timer = buffer.due(settings).map(|due| (due.0 as f64 / 1e6).max(last));
            let write = writes.get(next).map(|(ms, _)| *ms);
            let now = [ends, crash, write, timer].into_iter().flatten().fold(f64::INFINITY, f64::min);
            if now == f64::INFINITY {
                return fate;
            }
            last = now;
            if ends == Some(now) {
                for one in buffer.stored() {
                    fate.of[one.value] = "stored";
                }
                ends = None;
            } else if crash == Some(now) {
                let (waiting, flushing) = buffer.crash();
                for one in waiting.into_iter().chain(flushing) {
                    fate.of[one.value] = "lost";
                }
                return fate;
            } else if write == Some(now) {
                let held = buffer.waiting.iter().find(|one| one.key == writes[next].1).map(|one| one.value);
                match buffer.write(writes[next].1, next, at(now), settings) {
                    Taken::Replaces => fate.of[held.unwrap()] = "coalesced",
                    Taken::Waits => {}
                    Taken::Full => panic!("there is room"),
                }
                fate.of[next] = "waits";
                next += 1;
            }
            // A full batch is due at once; what waits for its time, once all else of that time is done.
            let more = writes.get(next).is_some_and(|(ms, _)| *ms == now);
            if !more && ends.is_none() {
                let keys: Vec<u64> = buffer.begin(at(now), settings).iter().map(|one| one.key).collect();
                if !keys.is_empty() {
                    ends = Some(now + store);
                    fate.flushes.push((now, now + store, keys));
                }
            }
        }
    }

    #[test]
    fn writes_are_stored_coalesced_or_lost_as_in_the_reference_model() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/cache_timelines.json");
        let vectors: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let cases = vectors["cases"].as_array().unwrap();
        let cases: Vec<&Json> = cases.iter().filter(|case| case["kind"] == "write-behind").collect();
        assert!(cases.len() > 4);
        let key = |word: &Json| word.as_str().unwrap().bytes().fold(0, |key, byte| key << 8 | u64::from(byte));
        for case in cases {
            let of = |name: &str| case["params"][name].as_f64().unwrap();
            let delay = SimDuration::from_secs_f64(of("delay_ms") / 1e3);
            let settings = Settings { batch: of("batch_keys") as u32, delay, room: 1_000 };
            let writes: Vec<(f64, u64)> = case["inputs"]["writes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|write| (write[0].as_f64().unwrap(), key(&write[1])))
                .collect();
            let fate = live(&writes, settings, of("store_ms"), case["inputs"]["crash_at_ms"].as_f64());
            let expected: Vec<&str> =
                case["expect"]["writes"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
            assert_eq!(fate.of, expected, "{case}");
            let flushes = case["expect"]["flushes"].as_array().unwrap();
            assert_eq!(fate.flushes.len(), flushes.len(), "{case}");
            for ((start, end, keys), flush) in fate.flushes.iter().zip(flushes) {
                let expected: Vec<u64> = flush["keys"].as_array().unwrap().iter().map(key).collect();
                assert_eq!(
                    (Some(*start), Some(*end), keys),
                    (flush["start"].as_f64(), flush["end"].as_f64(), &expected),
                    "{case}"
                );
            }
        }
    }

    /// Keys 1 and 2 are being flushed, and 1 is written again, when the store fails: the newer value of 1 takes the place
    /// and the time of the older one, which is superseded.
    #[test]
    fn what_a_failed_flush_carried_waits_again_in_its_place() {
        let settings = Settings { batch: 2, delay: SimDuration::from_millis(100), room: 3 };
        let mut buffer = Buffer::default();
        assert_eq!(buffer.write(1, "a", at(0.0), settings), Taken::Waits);
        assert_eq!(buffer.write(2, "b", at(5.0), settings), Taken::Waits);
        assert_eq!(buffer.begin(at(5.0), settings).len(), 2);
        assert_eq!(buffer.write(1, "c", at(6.0), settings), Taken::Waits);
        assert_eq!(buffer.write(3, "d", at(6.0), settings), Taken::Full, "what is being flushed takes room, too");
        assert!(buffer.holds(2) && buffer.waits(1) && !buffer.waits(2));
        let superseded: Vec<&str> = buffer.failed(at(50.0)).into_iter().map(|one| one.value).collect();
        assert_eq!((superseded, buffer.len(), buffer.oldest()), (vec!["a"], 2, Some(at(0.0))));
        assert_eq!(buffer.due(settings), Some(at(50.0)), "it rests");
        let carried: Vec<(u64, &str)> =
            buffer.begin(at(50.0), settings).iter().map(|one| (one.key, one.value)).collect();
        assert_eq!(carried, [(1, "c"), (2, "b")]);
        assert_eq!(buffer.stored().len(), 2);
        assert!(buffer.is_empty() && buffer.due(settings).is_none());
    }
}
