//! What a replica uses: cores, memory; and what a metrics server makes of it.
//!
//! Cores: work gets slower when more of it is under way than there are cores; more cores do less than their number. Memory: above
//! its limit a replica is killed. Both are sampled every 15 s, the first time after 10 s, and each measurement keeps its age and
//! its window (`Measured`):
//!
//! - CPU: mean over 30 s, of what the replica requests, throttled at its limit.
//! - Memory: what the program takes when idle, and a fixed amount for each request that the replica holds (in work, waiting for
//!   others, in its queue), and for its equal share of a queue that all replicas share. Replicas of a service hold no cache of
//!   their own; what a cache's entries take is the cache's.
//! - Requests per second of a replica (Pods): mean over `pods_window`, 30 s unless told otherwise. Requests in flight are those
//!   of that moment.
//! - Object and External: of the service itself, or of a station that the metric names by the number of its node
//!   (`elsewhere.rs`). A station that is gone is a metric that cannot be read.
//! - ContainerResource: all containers of a pod are one here, so it is the pod's.

use std::collections::VecDeque;

use super::life::Stage;
use super::{SCRAPE_EVERY, WINDOW};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::scaler::Measured;
use crate::model::scaler::instance::Instance;
use crate::model::system::System;
use crate::model::system::attempt::Verb;
use crate::model::system::log::LogTone;
use crate::model::system::slab::NONE;
use crate::model::system::timer::{HeapTurn, Timer};

/// Younger than this, a replica has no measurements.
const YOUNGEST: SimDuration = SimDuration::from_secs(10);

/// A replica's use of its instance.
#[derive(Clone, Debug)]
pub struct Body {
    pub instance: Option<Instance>,
    /// Cores' worth of work that it does at most; without an instance, no bound.
    cores: f64,
    /// CPU time used [core x ns].
    used: f64,
    /// Requests begun, checks not counted.
    begun: u64,
    /// Over its memory: it is killed as soon as the present event is over.
    doomed: bool,
    /// Of its version: share of its answers that are errors.
    pub errors: f64,
    /// Restarts: it is dead even if no fault says so.
    pub crashed: bool,
    /// (when, CPU time used, requests begun), newest last.
    scrapes: VecDeque<(SimTime, f64, u64)>,
    /// Since when it serves: requests are counted from then on.
    serves: SimTime,
}

impl Body {
    pub fn new(instance: Option<Instance>, now: SimTime) -> Self {
        Self {
            instance,
            cores: instance.map_or(f64::INFINITY, |instance| instance.effective_cores()),
            used: 0.0,
            begun: 0,
            doomed: false,
            errors: 0.0,
            crashed: false,
            scrapes: VecDeque::from([(now, 0.0, 0)]),
            serves: now,
        }
    }

    /// Of a version that answers this share with errors.
    pub fn of_version(mut self, errors: f64) -> Self {
        self.errors = errors;
        self
    }

    /// Gets another instance; what it used so far stays.
    pub fn embody(&mut self, instance: Option<Instance>) {
        self.cores = instance.map_or(f64::INFINITY, |instance| instance.effective_cores());
        self.instance = instance;
    }

    /// `jobs` requests were computed for `ns`.
    #[inline(never)]
    pub fn use_up(&mut self, ns: u64, jobs: usize) {
        let jobs = jobs as f64;
        // With n cores that do the work of fewer, all n are busy when there is work for those fewer.
        let cores = self.instance.map_or(jobs, |instance| instance.vcpu * (jobs / self.cores).min(1.0));
        self.used += cores * ns as f64;
    }

    /// How many times as long work takes with so many requests computed at a time.
    pub fn crowd(&self, jobs: usize) -> f64 {
        (jobs as f64 / self.cores).max(1.0)
    }

    /// It serves from `now` on. Its container was looked at at these times and did nothing yet; what was measured before
    /// says nothing of what comes.
    pub(super) fn serves_after(&mut self, boot: &Boot, now: SimTime) {
        self.serves = now;
        self.scrapes = boot.seen.iter().copied().chain([now]).map(|at| (at, self.used, self.begun)).collect();
    }

    /// CPU time used so far [core x ns].
    pub const fn used(&self) -> f64 {
        self.used
    }

    pub const fn begins(&mut self) {
        self.begun += 1;
    }
}

/// A container that runs and does not serve yet, as a metrics server knows it.
#[derive(Clone, Debug, Default)]
pub(super) struct Boot {
    /// When it was looked at, its start first; as far back as a window.
    seen: VecDeque<SimTime>,
}

impl Boot {
    pub(super) fn new(starts: SimTime) -> Self {
        Self { seen: VecDeque::from([starts]) }
    }

    /// A metrics server looks: it has used nothing so far. `None`: it is too young to say so, or does not run yet.
    pub(super) fn scrape(&mut self, now: SimTime) -> Option<Measured> {
        if now <= *self.seen.front()? {
            return None;
        }
        self.seen.push_back(now);
        while self.seen.len() > 1 && now.since(self.seen[1]) >= WINDOW {
            self.seen.pop_front();
        }
        let window = now.since(self.seen[0]);
        (window >= YOUNGEST).then_some(Measured { value: 0.0, at: now, window })
    }
}

/// Rate over the last `window` of samples (when, count); forgets older ones.
pub(super) fn rate_over(samples: &mut VecDeque<(SimTime, u64)>, now: SimTime, window: SimDuration) -> Option<Measured> {
    while samples.len() > 1 && now.since(samples[1].0) >= window {
        samples.pop_front();
    }
    let ((from, before), (to, after)) = (*samples.front()?, *samples.back()?);
    let window = to.since(from);
    (window > SimDuration::ZERO).then(|| Measured {
        value: (after - before) as f64 / window.as_secs_f64(),
        at: to,
        window,
    })
}

impl System {
    /// Containers that run and do not serve yet are asked what they used.
    pub(super) fn scrape_booting(&mut self, station: u32) {
        let now = self.now;
        let Some(scaling) = self.scaling(station) else { return };
        for pod in scaling.pods.iter_mut() {
            if matches!(pod.stage, Stage::Booting | Stage::Restarting) {
                pod.scrape_boot(now);
            }
        }
    }

    /// A replica is asked what it used.
    pub(super) fn scrape_replica(&mut self, station: u32, replica_ix: u32) {
        let now = self.now;
        let replica = &mut self.replicas[replica_ix as usize];
        if replica.dead || replica.removed {
            // A replica that does not answer has no measurements; a container that starts again was asked beside.
            let number = replica.number;
            if let Some(scaling) = self.scaling(station)
                && let Some(at) = scaling.pods.at(number)
                && scaling.pods[at].stage != Stage::Restarting
            {
                let pod = &mut scaling.pods[at];
                (pod.cpu, pod.memory, pod.requests, pod.in_flight) = (None, None, None, None);
            }
            return;
        }
        replica.sync(now);
        let slots = f64::from(replica.slots);
        let held = replica.busy + replica.queue.len() as u32;
        let number = replica.number;
        let in_memory = self.held_in_memory(replica_ix);
        let wished = self.scaling(station).and_then(|scaling| scaling.scaler.as_ref()?.requests_window());
        let requests_window = wished.unwrap_or(WINDOW);
        let Some(body) = &mut self.replicas[replica_ix as usize].body else { return };
        body.scrapes.push_back((now, body.used, body.begun));
        let longest = WINDOW.max(requests_window);
        while body.scrapes.len() > 1 && now.since(body.scrapes[1].0) >= longest {
            body.scrapes.pop_front();
        }
        // The youngest sample that is at least so old; the oldest since `first` where none is.
        let sample = |window: SimDuration, first: SimTime| {
            let after = body.scrapes.partition_point(|(at, ..)| now.since(*at) >= window);
            body.scrapes[after.saturating_sub(1).max(body.scrapes.partition_point(|(at, ..)| *at < first))]
        };
        let over = |value: f64, from: SimTime| {
            let window = now.since(from);
            let measured = Measured { value: value / window.as_secs_f64(), at: now, window };
            (window >= YOUNGEST).then_some(measured)
        };
        let (from, used, _) = sample(WINDOW, SimTime::ZERO);
        let cpu = over((body.used - used) / 1e9, from);
        let (from, _, begun) = sample(requests_window, body.serves);
        let requests = over((body.begun - begun) as f64, from);
        let at_once = |value: f64| Some(Measured { value, at: now, window: SCRAPE_EVERY });
        let instance = body.instance;
        let memory = instance.and_then(|instance| at_once(self.memory_of(replica_ix, &instance, in_memory)));
        let Some(scaling) = self.scaling(station) else { return };
        let Some(at) = scaling.pods.at(number) else { return };
        let pod = &mut scaling.pods[at];
        (pod.cpu, pod.requests, pod.memory, pod.in_flight) = (cpu, requests, memory, at_once(f64::from(held)));
        // Where nothing is said of its body, a slot is a core.
        pod.cpu_request = Some(instance.map_or(slots, |instance| instance.cpu_request));
        pod.memory_request = instance.map(|instance| instance.memory_request);
    }

    /// An attempt is computed on a replica with a body.
    #[inline(never)]
    pub(in crate::model::system) fn begin_in_body(&mut self, ix: u32, replica_ix: u32) {
        let probe = self.attempts[ix].verb == Verb::Probe;
        if let Some(body) = self.replicas[replica_ix as usize].body.as_mut().filter(|_| !probe) {
            body.begins();
        }
        self.share_out(replica_ix);
        self.weigh(replica_ix);
    }

    /// Requests that lie in a replica's memory: in work, in its own queue, and its share of a queue that it has with
    /// others.
    pub(in crate::model::system) fn held_in_memory(&self, replica_ix: u32) -> u32 {
        let replica = &self.replicas[replica_ix as usize];
        let own = replica.busy + replica.queue.len() as u32;
        let pool = self.pool(replica.station);
        if pool.shared.is_empty() || !pool.replicas.contains(&replica_ix) {
            return own;
        }
        let alive = pool.replicas.iter().filter(|ix| !self.replicas[**ix as usize].dead).count();
        own + pool.shared.len().div_ceil(alive.max(1)) as u32
    }

    /// A request more waits in a queue that all share: have all of them memory for it?
    #[cold]
    pub(in crate::model::system) fn weigh_all(&mut self, station: u32) {
        let replicas = self.pool(station).replicas.clone();
        for replica in replicas {
            self.weigh(replica);
        }
    }

    /// A request more is held: is there memory for it?
    #[inline(never)]
    pub(in crate::model::system) fn weigh(&mut self, replica_ix: u32) {
        let held = self.held_in_memory(replica_ix);
        let instance = self.replicas[replica_ix as usize].body.as_ref().and_then(|body| body.instance);
        let Some(instance) = instance else { return };
        let too_much = self.memory_of(replica_ix, &instance, held) > instance.memory;
        let Some(body) = &mut self.replicas[replica_ix as usize].body else { return };
        if !body.doomed && too_much {
            body.doomed = true;
            self.schedule(self.now, Timer::Heap { replica: replica_ix, turn: HeapTurn::OutOfMemory });
        }
    }

    /// The replica has taken more memory than it may.
    pub(in crate::model::system) fn out_of_memory(&mut self, replica_ix: u32) {
        let replica = &mut self.replicas[replica_ix as usize];
        let (station, number, gone) = (replica.station, replica.number, replica.dead || replica.removed);
        let Some(body) = &mut replica.body else { return };
        body.doomed = false;
        if gone {
            self.quiet = true;
            return;
        }
        let (id, label) = {
            let station = &self.stations[station as usize];
            (station.id, station.label.clone())
        };
        let text = format!("{label} replica {} ran out of memory and was killed", number + 1);
        self.log(LogTone::Bad, Some(id), text);
        self.restart_replica(station, replica_ix, None);
    }

    /// Gives every replica the instance that the settings now name.
    pub(super) fn reembody(&mut self, station: u32) {
        let Some(scaling) = self.scaling(station) else { return };
        let instance = scaling.config.instance;
        let mut changed = Vec::new();
        for pod in scaling.pods.iter_mut() {
            if pod.instance != instance && pod.stage != Stage::Leaving {
                pod.instance = instance;
                changed.push(pod.replica);
            }
        }
        for replica_ix in changed.into_iter().filter(|replica| *replica != NONE) {
            let now = self.now;
            let replica = &mut self.replicas[replica_ix as usize];
            replica.sync(now);
            if let Some(body) = &mut replica.body {
                body.embody(instance);
            }
            if !replica.dead {
                self.share_out(replica_ix);
            }
        }
    }
}
