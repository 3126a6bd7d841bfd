//! Follows a share of all requests and adds up where their time goes; see [`crate::model::profiler`].
//!
//! Nothing is drawn and nothing is scheduled: which requests are followed is a hash of their names, so a profiled run is
//! the same run.
//!
//! A profiled request is followed like one that somebody asks about, and forgotten when its user has heard. Its critical path
//! (`Journey::critical`) gives every moment of its wait to one station and one part: the last answer that was waited for counts,
//! backwards from the end. **Invariant:** the parts of a request, over all stations, are its time in system to the nanosecond.
//!
//! The page's session is always profiled, so that a late question has the whole run, and so are its checkpoints. Nothing else is.

use super::System;
use super::journey::{Recorder, TRIES_MAX, place_of};
use super::trail::{Mark, made, marked};
use crate::engine::ordered::Ordered;
use crate::engine::rng::mix;
use crate::model::journey::{End, Journey};
use crate::model::outcome::{Outcome, Reason};
use crate::model::profiler::Profile;

/// A request on its way.
#[derive(Clone, Debug)]
struct Trail {
    journey: Journey,
    /// Tries that live: index of the attempt, place in the journey.
    live: Vec<(u32, u32)>,
    /// For how many requests it stands.
    weight: u64,
    /// It has too many tries.
    cut: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Profiler {
    profile: Profile,
    /// One in so many is followed; a power of two.
    every: u64,
    /// Requests followed per simulated second at most, as far as the last second tells.
    per_second: f64,
    /// Requests offered when that was last looked at.
    offered: u64,
    /// By index of the request.
    trails: Ordered<u32, Trail>,
}

impl System {
    /// Adds up where time goes from now on, over requests that arrive after the warm-up: about `per_second` of them in
    /// each simulated second, or all if there are no more.
    pub fn start_profile(&mut self, per_second: f64) {
        let offered = self.totals.ever_offered;
        let profiler = Profiler { profile: Profile::default(), every: 1, per_second, offered, trails: Ordered::new() };
        self.recorder.get_or_insert_with(|| Box::new(Recorder::idle())).profiler = Some(profiler);
        self.look_if_plain();
    }

    /// What was added up so far; `None` where nobody asked for it.
    #[must_use]
    pub fn profile(&self) -> Option<&Profile> {
        Some(&self.recorder.as_ref()?.profiler.as_ref()?.profile)
    }

    /// One request in so many is looked at now.
    #[must_use]
    pub fn profile_every(&self) -> u64 {
        self.recorder.as_ref().and_then(|recorder| recorder.profiler.as_ref()).map_or(1, |profiler| profiler.every)
    }

    /// How many requests a second at most are looked at, where any are.
    pub fn profile_rate(&self) -> Option<f64> {
        Some(self.recorder.as_ref()?.profiler.as_ref()?.per_second)
    }

    fn profiler(&mut self) -> Option<&mut Profiler> {
        self.recorder.as_mut()?.profiler.as_mut()
    }

    /// A statistics bucket closes: how many requests should be followed from now on?
    pub(super) fn profile_tick(&mut self) {
        let (offered, secs) = (self.totals.ever_offered, self.bucket.as_secs_f64());
        let Some(profiler) = self.profiler() else { return };
        let rate = (offered - profiler.offered) as f64 / secs;
        profiler.offered = offered;
        profiler.every = 1;
        while rate / profiler.every as f64 > profiler.per_second {
            profiler.every *= 2;
        }
    }

    pub(super) fn profile_birth(&mut self, request_ix: u32) {
        let request = &self.requests[request_ix];
        if !request.counted {
            return;
        }
        let source = self.stations[request.source as usize].id;
        let (ordinal, born) = (request.ordinal, request.born.0);
        let Some(profiler) = self.profiler() else { return };
        if mix(ordinal ^ (u64::from(source.0) << 40)) & (profiler.every - 1) != 0 {
            return;
        }
        let journey = Journey {
            source,
            source_name: String::new(),
            ordinal,
            operation: String::new(),
            client_ipv4: 0,
            born,
            ended: None,
            until: born,
            tries: Vec::new(),
            decisions: Vec::new(),
        };
        let trail = Trail { journey, live: Vec::new(), weight: profiler.every, cut: false };
        profiler.trails.insert(request_ix, trail);
        self.requests[request_ix].profiled = true;
    }

    pub(super) fn profile_mark(&mut self, ix: u32, mark: Mark) {
        let now = self.now.0;
        let attempt = &self.attempts[ix];
        let profiler = self.recorder.as_mut().and_then(|recorder| recorder.profiler.as_mut());
        let Some(trail) = profiler.and_then(|profiler| profiler.trails.get_mut(&attempt.request)) else { return };
        if let Mark::Made = mark {
            if trail.journey.tries.len() >= TRIES_MAX {
                trail.cut = true;
                return;
            }
            let one = made(now, attempt, &self.edges, &self.stations, &trail.live);
            trail.live.push((ix, trail.journey.tries.len() as u32));
            trail.journey.tries.push(one);
            return;
        }
        let Some(place) = place_of(&trail.live, ix) else { return };
        marked(&mut trail.journey.tries[place as usize], now, mark, attempt, &self.replicas, &self.spots);
        if let Mark::Freed = mark {
            trail.live.retain(|(live, _)| *live != ix);
        }
    }

    /// The user has an answer, or never will: what goes on for the request is nobody's wait.
    pub(super) fn profile_end(&mut self, request: u32, outcome: Outcome, reason: Reason) {
        let at = self.now.0;
        self.requests[request].profiled = false;
        let Some(profiler) = self.profiler() else { return };
        let Some(mut trail) = profiler.trails.remove(&request) else { return };
        if trail.cut {
            profiler.profile.left_out += 1;
            return;
        }
        trail.journey.ended = Some(End { at, outcome, reason });
        profiler.profile.add(&trail.journey, trail.weight);
    }

    /// Memory that a copy of the profile takes [bytes], roughly.
    pub(super) fn profile_bytes(&self) -> usize {
        let Some(profiler) = self.recorder.as_ref().and_then(|recorder| recorder.profiler.as_ref()) else { return 0 };
        profiler.profile.bytes() + profiler.trails.len() * 1_000
    }
}
