//! What stands in front of a station: a rate limit, then shedding. Nothing here is touched where a station has neither.
//!
//! A rate limit is asked first, then a shedder, both pure machines (`model/admission/`), when an attempt arrives; the shedder
//! is told when it is answered. `respond` is where every stay ends, so nobody is forgotten inside. A shaper makes an attempt
//! wait in front of the station; it is not inside yet and holds no slot. Health checks pass by: admission is about users.

use std::collections::VecDeque;

use super::System;
use super::attempt::Phase;
use super::event::Event;
use super::slab::Key;
use super::trail::Mark;
use crate::engine::ordered::Ordered;
use crate::engine::time::SimTime;
use crate::model::admission::{Admission, Load, Permit, RateLimit, Sample, Shedder};
use crate::model::outcome::{Outcome, Reason};

/// Lets requests in, or not, and keeps count of those inside.
#[derive(Clone, Debug)]
pub struct AdmissionControl {
    config: Admission,
    pub limit: Option<RateLimit>,
    pub shedder: Option<Box<dyn Shedder>>,
    /// Attempts that were let in and are not answered yet: since when, and how many there were then.
    inside: Ordered<u32, (SimTime, u32)>,
    /// Attempts that wait their turn in front of it.
    shaped: Ordered<u32, ()>,
    pub refusals: Refusals,
    /// The shedder's limit at the end of each of the last buckets, oldest first.
    trend: VecDeque<f32>,
}

/// Buckets that the trend reaches back over.
const TREND: usize = 120;

/// How many were turned away, by why.
#[derive(Clone, Copy, Debug, Default)]
pub struct Refusals {
    pub rate: u64,
    pub limit: u64,
    pub priority: u64,
    pub delay: u64,
}

impl AdmissionControl {
    /// `None`: nothing stands there.
    pub(super) fn new(config: &Admission) -> Option<Box<Self>> {
        if config.is_off() {
            return None;
        }
        Some(Box::new(Self {
            config: config.clone(),
            limit: config.rate_limit.as_ref().map(RateLimit::new),
            shedder: config.shedding.as_ref().map(|settings| settings.build()),
            inside: Ordered::new(),
            shaped: Ordered::new(),
            refusals: Refusals::default(),
            trend: VecDeque::new(),
        }))
    }

    /// How many are inside, and how many wait in front of it.
    pub fn counts(&self) -> (u32, u32) {
        (self.inside.len() as u32, self.shaped.len() as u32)
    }

    /// The shedder's limit at the end of each of the last buckets, oldest first.
    pub fn trend(&self) -> impl Iterator<Item = f32> {
        self.trend.iter().copied()
    }

    /// A bucket ends.
    pub(super) fn tick(&mut self, now: SimTime) {
        let load = Load { inside: self.counts().0, waiting: 0 };
        if let Some(limit) = self.shedder.as_ref().and_then(|shedder| shedder.reading(now, load).limit) {
            if self.trend.len() == TREND {
                self.trend.pop_front();
            }
            self.trend.push_back(limit as f32);
        }
    }

    /// Buckets merge in pairs.
    pub(super) fn halve(&mut self) {
        let newest_first = self.trend.iter().rev().step_by(2).copied();
        self.trend = newest_first.collect::<Vec<f32>>().into_iter().rev().collect();
    }

    pub const fn config(&self) -> &Admission {
        &self.config
    }

    fn reconfigure(&mut self, config: &Admission) {
        match (&mut self.limit, &config.rate_limit) {
            (Some(limit), Some(settings)) => limit.reconfigure(settings),
            (limit, settings) => *limit = settings.as_ref().map(RateLimit::new),
        }
        match (&mut self.shedder, &config.shedding, &self.config.shedding) {
            (Some(shedder), Some(settings), Some(before)) => settings.retune(shedder, before),
            (shedder, settings, _) => *shedder = settings.as_ref().map(|settings| settings.build()),
        }
        self.config = config.clone();
    }
}

impl System {
    /// Gives a station the admission that the plan asks for. Who is inside or waits in front stays so.
    pub(super) fn set_admission(&mut self, station: u32, config: &Admission) {
        let entry = &mut self.stations[station as usize];
        match &mut entry.admission {
            // One that lets everybody in stays until those are answered whom it let in.
            Some(admission) => admission.reconfigure(config),
            None => entry.admission = AdmissionControl::new(config),
        }
    }

    fn admission(&mut self, station: u32) -> Option<&mut AdmissionControl> {
        self.stations[station as usize].admission.as_deref_mut()
    }

    /// How full it is inside a station that has it.
    pub fn load_of(&self, station: u32) -> Load {
        let entry = &self.stations[station as usize];
        let inside = entry.admission.as_ref().map_or(0, |admission| admission.counts().0);
        // In front of a gateway wait those that are not inside yet.
        let waiting = if entry.pool().is_some() { entry.meter.queue() } else { 0 };
        Load { inside, waiting }
    }

    /// The attempt stands in front of a station with admission control.
    #[inline(never)]
    pub(super) fn enter(&mut self, ix: u32) {
        let now = self.now;
        let attempt = &self.attempts[ix];
        let (station, request) = (attempt.station, attempt.request);
        let client = u64::from(self.request_ipv4(request));
        let permit = match self.admission(station).and_then(|admission| admission.limit.as_mut()) {
            Some(limit) => limit.permit(now, client),
            None => Permit::Go,
        };
        match permit {
            Permit::Go => self.pass(ix),
            Permit::Wait(wait) => {
                self.note(ix, Mark::Shaped { wait });
                self.attempts[ix].phase = Phase::Queued;
                let key = self.attempts.key(ix);
                if let Some(admission) = self.admission(station) {
                    admission.shaped.include(ix);
                }
                self.stations[station as usize].meter.level(now, 0, 1);
                self.queue.push(now + wait, Event::Pass { attempt: key });
            }
            Permit::Refused { .. } => {
                self.note(ix, Mark::RateLimited { client });
                if let Some(admission) = self.admission(station) {
                    admission.refusals.rate += 1;
                }
                self.respond(ix, Outcome::Rejected, Reason::RateLimited);
            }
        }
    }

    /// The attempt has waited its turn.
    pub(super) fn waited_turn(&mut self, key: Key) {
        let station = self.attempts.get(key).map(|attempt| attempt.station);
        let Some(station) = station.filter(|station| self.leave_shaper(*station, key.ix)) else {
            self.quiet = true;
            return;
        };
        debug_assert!(!self.stations[station as usize].removed, "who waits at a station that goes is answered");
        self.pass(key.ix);
    }

    fn leave_shaper(&mut self, station: u32, ix: u32) -> bool {
        let there = self.admission(station).is_some_and(|admission| admission.shaped.remove(&ix).is_some());
        if there {
            self.stations[station as usize].meter.level(self.now, 0, -1);
        }
        there
    }

    /// The rate limit lets the attempt pass: is there room for it?
    fn pass(&mut self, ix: u32) {
        let now = self.now;
        let (station, priority) = (self.attempts[ix].station, self.priority_of(ix));
        let load = self.load_of(station);
        let Some(admission) = self.admission(station) else { unreachable!("it stands in front of one") };
        if let Some(reason) = admission.shedder.as_mut().and_then(|shedder| shedder.refuses(now, priority, load)) {
            match reason {
                Reason::LowPriority => admission.refusals.priority += 1,
                Reason::WaitedTooLong => admission.refusals.delay += 1,
                _ => admission.refusals.limit += 1,
            }
            self.note(ix, Mark::ShedAtDoor);
            self.respond(ix, Outcome::Shed, reason);
            return;
        }
        admission.inside.insert(ix, (now, load.inside + 1));
        self.take_in(ix);
    }

    /// The station is done with an attempt: whom admission control let in, it counts out.
    #[inline(never)]
    pub(super) fn tell_admission(&mut self, ix: u32, outcome: Outcome) {
        let now = self.now;
        let station = self.attempts[ix].station;
        if self.leave_shaper(station, ix) {
            return;
        }
        let Some(admission) = self.admission(station) else { return };
        let Some((since, inside)) = admission.inside.remove(&ix) else { return };
        // An error of the answer's own says nothing of how much fits.
        let dropped = match outcome {
            Outcome::Completed => false,
            Outcome::TimedOut | Outcome::Rejected | Outcome::Shed => true,
            Outcome::Abandoned | Outcome::Failed => return,
        };
        if let Some(shedder) = &mut admission.shedder {
            shedder.answered(&Sample { now, took: now.since(since), inside, dropped });
        }
    }

    /// Somebody who waited in the queue of a station with admission control is started.
    #[inline(never)]
    pub(super) fn tell_wait(&mut self, ix: u32) {
        let now = self.now;
        let (station, since) = (self.attempts[ix].station, self.attempts[ix].reached_at);
        if let Some(shedder) = self.admission(station).and_then(|admission| admission.shedder.as_mut()) {
            shedder.waited(now, now.since(since));
        }
    }
}
