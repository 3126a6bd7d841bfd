//! A profiler: adds up, over many requests, where their time went, station by station and part by part.
//!
//! What counts is the critical path: at every moment of a request's wait one station is answerable for it, by one part.
//! So the parts of a request, over all stations, are its whole time in the system, to the nanosecond, and shares of
//! different stations may be compared and added. Of calls made side by side only the one that was answered last counts.
//!
//! The way to a station and back, and what a caller waits before or between its tries, stand with the station that
//! is called.

use std::collections::BTreeMap;

use super::ids::NodeId;
use super::journey::{Journey, Kind};
use crate::engine::ordered::Ordered;
use crate::engine::sort;

/// What a station takes a request's time for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// In front of it, before any work.
    Queue,
    /// In a slot, worked on.
    Work,
    /// In a slot, while the replica stands still for its garbage collector.
    Paused,
    /// In a slot, for what no try of its own explains: it is halted between two calls.
    Held,
    /// On the way there and back.
    Network,
    /// Before a try: for a retry's moment, for room among the open calls, for an address.
    Waits,
    /// For an answer that cannot come.
    Lost,
}

impl Part {
    pub const COUNT: usize = 7;
    /// All, in the order in which they are listed and stacked.
    pub const ALL: [Self; Self::COUNT] =
        [Self::Queue, Self::Work, Self::Paused, Self::Held, Self::Network, Self::Waits, Self::Lost];

    /// The part to which a stretch of time belongs.
    #[must_use]
    pub const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Queue => Self::Queue,
            Kind::Work => Self::Work,
            Kind::Paused => Self::Paused,
            Kind::Calls => Self::Held,
            Kind::Network => Self::Network,
            Kind::Backoff | Kind::Held | Kind::Lookup => Self::Waits,
            Kind::Lost => Self::Lost,
        }
    }

    /// The words for it on the page.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Work => "work",
            Self::Paused => "collector",
            Self::Held => "slot held",
            Self::Network => "network",
            Self::Waits => "waits before a try",
            Self::Lost => "lost on the way",
        }
    }

    /// Stable word for classes, tests and saved files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Work => "work",
            Self::Paused => "paused",
            Self::Held => "held",
            Self::Network => "network",
            Self::Waits => "waits",
            Self::Lost => "lost",
        }
    }
}

/// Sub-buckets per power of two: percentiles are good to 1/32, about 3 %.
const PRECISION_BITS: u32 = 5;

/// Weighted distribution of times; sparse, since most stations see few magnitudes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spread {
    weight: u64,
    /// [ns x weight]
    sum: u128,
    buckets: Ordered<u16, u64>,
}

impl Spread {
    fn add(&mut self, ns: u64, weight: u64) {
        self.weight += weight;
        self.sum += u128::from(ns) * u128::from(weight);
        let bucket = if ns < 1 << PRECISION_BITS {
            ns as u16
        } else {
            let shift = ns.ilog2() - PRECISION_BITS;
            ((shift << PRECISION_BITS) + (ns >> shift) as u32) as u16
        };
        *self.buckets.or_default(bucket) += weight;
    }

    /// Sum of all times [s x weight].
    #[must_use]
    pub fn total(&self) -> f64 {
        self.sum as f64 / 1e9
    }

    /// [s]; NaN where nothing was added.
    #[must_use]
    pub fn mean(&self) -> f64 {
        if self.weight == 0 { f64::NAN } else { self.total() / self.weight as f64 }
    }

    /// Percentile `p`, 0..100 [s]: the middle of its bucket; NaN where nothing was added.
    #[must_use]
    pub fn percentile(&self, p: f64) -> f64 {
        let wanted = crate::engine::stats::percentile_rank(p, self.weight);
        let mut below = 0;
        for (bucket, weight) in self.buckets.iter() {
            below += weight;
            if below >= wanted {
                let bucket = u64::from(*bucket);
                let per_octave = 1 << PRECISION_BITS;
                if bucket < 2 * per_octave {
                    return bucket as f64 / 1e9;
                }
                let shift = bucket / per_octave - 1;
                let lowest = (bucket - shift * per_octave) << shift;
                return (lowest as f64 + (1_u64 << shift) as f64 / 2.0) / 1e9;
            }
        }
        f64::NAN
    }
}

/// One request out of many, to ask "Why?" about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    pub source: NodeId,
    /// Counted from 0 by its source.
    pub ordinal: u64,
    /// How long it took there [ns].
    pub took: u64,
}

/// What one station took of the requests that came by it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StationProfile {
    /// Of a request: the time for which this station was answerable, by part. Each has as many entries as there were
    /// requests on whose critical path the station stood.
    pub parts: [Spread; Part::COUNT],
    /// The same, all parts together.
    pub own: Spread,
    /// Of a request: the time for which others were answerable that were called for this station's sake.
    pub behind: Spread,
    /// The request of which it took the most itself.
    pub worst: Option<Example>,
}

/// Where the time went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// Times in system.
    pub sojourn: Spread,
    /// Requests looked at.
    pub looked_at: u64,
    /// The slowest of them.
    pub slowest: Option<Example>,
    /// Requests with so many tries that they were not followed to the end: in no sum.
    pub left_out: u64,
    /// Time that no part accounts for, or more than one [ns]: 0, always.
    pub unaccounted: u64,
    pub stations: BTreeMap<NodeId, StationProfile>,
}

impl Profile {
    /// Requests that those looked at stand for.
    #[must_use]
    pub const fn stands_for(&self) -> u64 {
        self.sojourn.weight
    }

    /// Share of the whole time in system that a spread makes up, 0..1; NaN while there is none.
    #[must_use]
    pub fn share(&self, of: &Spread) -> f64 {
        if self.sojourn.sum == 0 { f64::NAN } else { of.total() / self.sojourn.total() }
    }

    /// Adds a request that has ended; it stands for `weight` like it.
    pub fn add(&mut self, journey: &Journey, weight: u64) {
        let took = journey.sojourn();
        self.looked_at += 1;
        self.sojourn.add(took, weight);
        let example = |took| Example { source: journey.source, ordinal: journey.ordinal, took };
        if self.slowest.is_none_or(|slowest| took > slowest.took) {
            self.slowest = Some(example(took));
        }
        // Few stations stand on a path: a list is quicker than a tree.
        let mut own: Vec<(NodeId, [u64; Part::COUNT], u64)> = Vec::new();
        let place = |own: &mut Vec<(NodeId, [u64; Part::COUNT], u64)>, node: NodeId| {
            own.iter().position(|(other, ..)| *other == node).unwrap_or_else(|| {
                own.push((node, [0; Part::COUNT], 0));
                own.len() - 1
            })
        };
        let mut accounted = 0;
        for span in journey.critical() {
            let Some(one) = journey.tries.get(span.of as usize) else { continue };
            let lasted = span.to - span.from;
            accounted += lasted;
            let at = place(&mut own, one.to);
            own[at].1[Part::of(span.kind) as usize] += lasted;
            let mut told = vec![one.to];
            let mut above = one.parent;
            while let Some(caller) = above.and_then(|above| journey.tries.get(above as usize)) {
                // A request may come by a station more than once.
                if !told.contains(&caller.to) {
                    told.push(caller.to);
                    let at = place(&mut own, caller.to);
                    own[at].2 += lasted;
                }
                above = caller.parent;
            }
        }
        self.unaccounted += took.abs_diff(accounted);
        for (node, parts, behind) in own {
            let station = self.stations.entry(node).or_default();
            for (spread, ns) in station.parts.iter_mut().zip(parts) {
                spread.add(ns, weight);
            }
            let took = parts.iter().sum();
            station.own.add(took, weight);
            station.behind.add(behind, weight);
            if station.worst.is_none_or(|worst| took > worst.took) {
                station.worst = Some(example(took));
            }
        }
    }

    /// Stations by what they took, the most first.
    #[must_use]
    pub fn ranking(&self) -> Vec<(NodeId, &StationProfile)> {
        let mut ranking: Vec<_> = self.stations.iter().map(|(node, station)| (*node, station)).collect();
        sort::few_by_key(&mut ranking, |(node, station)| (std::cmp::Reverse(station.own.sum), *node));
        ranking
    }

    /// Memory that a copy takes [bytes], roughly.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let spreads = self.stations.values().flat_map(|station| {
            station.parts.iter().chain([&station.own, &station.behind]).map(|spread| spread.buckets.len() * 16 + 64)
        });
        spreads.sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::EdgeId;
    use crate::model::journey::{Asked, End, Try};
    use crate::model::outcome::{Outcome, Reason};

    const SHOP: NodeId = NodeId(2);
    const LEFT: NodeId = NodeId(3);
    const RIGHT: NodeId = NodeId(4);

    /// A call that is on the way for 1 ms each way, waits, is worked on, and ends.
    fn call(parent: Option<u32>, to: NodeId, made: u64, queued: u64, worked: u64, answered: u64) -> Try {
        let ms = |at: u64| at * 1_000_000;
        let good = |at: u64| Some(End { at: ms(at), outcome: Outcome::Completed, reason: Reason::None });
        Try {
            parent,
            edge: EdgeId(to.0),
            from: NodeId(1),
            from_name: String::new(),
            to,
            to_name: String::new(),
            asked: Asked::Request,
            number: 0,
            made: ms(made),
            only_wait: false,
            hedge: false,
            held: None,
            sent: Some(ms(made)),
            lost: None,
            reached: Some(ms(made + 1)),
            replica: Some(0),
            replicas: 1,
            queued_behind: (queued > 0).then_some(1),
            started: Some(ms(made + 1 + queued)),
            shaped: None,
            interrupted: Vec::new(),
            paused: Vec::new(),
            said: Vec::new(),
            demand: None,
            worked: Some(ms(made + 1 + queued + worked)),
            looked_up: false,
            handshake: false,
            far: 0,
            found: false,
            answered: good(answered),
            heard: good(answered + 1),
        }
    }

    fn journey(tries: Vec<Try>, end: u64) -> Journey {
        Journey {
            source: NodeId(1),
            source_name: String::new(),
            ordinal: 7,
            operation: String::new(),
            client_ipv4: 0,
            born: 0,
            ended: Some(End { at: end * 1_000_000, outcome: Outcome::Completed, reason: Reason::None }),
            until: end * 1_000_000,
            tries,
            decisions: Vec::new(),
        }
    }

    fn ms(spread: &Spread) -> f64 {
        (spread.total() * 1e6).round() / 1e3
    }

    /// The shop waits 2 ms, works 3 ms (until 6), and calls both sides at once: the left is heard at 11, the right at 18.
    /// Worked out by hand: the left explains nothing of the wait.
    #[test]
    fn of_calls_side_by_side_the_one_that_came_last_counts() {
        let tries =
            vec![call(None, SHOP, 0, 2, 3, 18), call(Some(0), LEFT, 6, 0, 3, 10), call(Some(0), RIGHT, 6, 4, 6, 17)];
        let mut profile = Profile::default();
        profile.add(&journey(tries, 19), 1);
        assert_eq!(profile.unaccounted, 0);
        assert!(!profile.stations.contains_key(&LEFT));
        let parts = |node: NodeId| Part::ALL.map(|part| ms(&profile.stations[&node].parts[part as usize]));
        assert_eq!(parts(SHOP), [2.0, 3.0, 0.0, 0.0, 2.0, 0.0, 0.0]);
        assert_eq!(parts(RIGHT), [4.0, 6.0, 0.0, 0.0, 2.0, 0.0, 0.0]);
        assert_eq!((ms(&profile.stations[&SHOP].own), ms(&profile.stations[&SHOP].behind)), (7.0, 12.0));
        assert_eq!(ms(&profile.stations[&RIGHT].behind), 0.0);
        assert_eq!(profile.ranking()[0].0, RIGHT);
        assert!((profile.share(&profile.stations[&RIGHT].own) - 12.0 / 19.0).abs() < 1e-12);
    }

    /// The shop is called at 0 and still silent when, at 10, the same is asked of the left beside it; that one answers at 14.
    /// Until the hedge went out the first try was what was waited for; from then on it is the hedge that counts.
    #[test]
    fn beside_a_hedge_the_first_try_counts_until_the_hedge_went_out() {
        let first = call(None, SHOP, 0, 0, 40, 41);
        let hedge = Try { hedge: true, number: 1, ..call(None, LEFT, 10, 0, 2, 13) };
        let mut profile = Profile::default();
        let told = Some(End { at: 14_000_000, outcome: Outcome::Abandoned, reason: Reason::Cancelled });
        for heard in [None, told] {
            let first = Try { heard, answered: None, worked: None, ..first.clone() };
            profile.add(&journey(vec![first, hedge.clone()], 14), 1);
        }
        assert_eq!(profile.unaccounted, 0);
        assert_eq!((ms(&profile.stations[&SHOP].own), ms(&profile.stations[&LEFT].own)), (20.0, 8.0));
    }

    #[test]
    fn a_request_that_stands_for_many_weighs_as_many() {
        let mut profile = Profile::default();
        profile.add(&journey(vec![call(None, SHOP, 0, 0, 8, 9)], 10), 3);
        profile.add(&journey(vec![call(None, SHOP, 0, 0, 16, 17)], 18), 1);
        assert_eq!((profile.looked_at, profile.stands_for()), (2, 4));
        assert!((profile.sojourn.mean() - 0.012).abs() < 1e-12);
        let work = &profile.stations[&SHOP].parts[Part::Work as usize];
        assert!((work.mean() - 0.010).abs() < 1e-12);
        assert!((work.percentile(50.0) / 0.008 - 1.0).abs() < 0.03);
        assert!((work.percentile(99.0) / 0.016 - 1.0).abs() < 0.03);
    }

    #[test]
    fn percentiles_are_within_a_bucket_of_the_truth() {
        for exponent in 0..40 {
            for times in [1.0, 1.37, 1.99] {
                let ns = ((1_u64 << exponent) as f64 * times) as u64;
                let mut spread = Spread::default();
                spread.add(ns, 1);
                let told = spread.percentile(50.0) * 1e9;
                assert!((told - ns as f64).abs() <= ns as f64 / 32.0 + 1e-6, "{told} for {ns}");
            }
        }
    }
}
