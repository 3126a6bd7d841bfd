//! One replica: its virtual clock, what it has room for, and how cold it is.

use crate::engine::time::{SimDuration, SimTime};
use crate::model::discipline::Waiting;
use crate::model::outcome::{Outcome, Reason};
use crate::model::system::heap::Allocator;
use crate::model::system::plan::PoolConfig;
use crate::model::system::pool::jobs::Jobs;
use crate::model::system::scaling::Body;
use crate::model::system::slab::Key;

#[derive(Clone, Debug)]
pub struct Replica {
    pub station: u32,
    /// Counted from 0 within its station, never used twice.
    pub number: u32,
    pub dead: bool,
    /// Leaves once what it holds is done.
    pub draining: bool,
    pub removed: bool,
    pub slots: u32,
    /// 1/`slots`.
    pub(in crate::model::system) slot_share: f32,
    pub busy: u32,
    pub queue: Waiting,
    /// Requests that it takes at a time: its slots, or where all share them, more.
    pub(in crate::model::system) takes: u32,
    /// Of those in service, how many are counted as waiting: more than there are slots to share.
    pub beyond: u32,
    /// What it uses of cores and memory; `None`: nobody asks.
    pub body: Option<Box<Body>>,
    /// Its memory; `None`: nobody asks.
    pub allocator: Option<Box<Allocator>>,
    /// Out of rotation by an operator's hand: it finishes what it has.
    pub drained: bool,
    /// Not 0: it is cold; see `Replica::start_cold`.
    pub cold: u32,
    /// It is cold until then, too; zero: not by the clock.
    pub warm_at: SimTime,
    /// Work takes this many times as long.
    pub slow: f64,
    /// The same, also for those who share slots.
    pub(in crate::model::system) pace: f64,
    pub error_share: f64,
    /// Share of errors of a new version.
    pub bad_version: f64,
    /// Nothing that it holds goes on.
    pub frozen: bool,
    /// Dead, and no other has taken over yet.
    pub no_primary: bool,
    /// Cut off from the others of its station, together with this share of the clients, 0..1.
    pub cut: Option<f64>,
    /// Answers that came while it was frozen.
    pub(in crate::model::system) parked: Vec<Parked>,
    pub(in crate::model::system) jobs: Jobs,
    /// Work done per slot so far [ns at normal speed], as of `synced`.
    pub(in crate::model::system) virtual_now: u64,
    pub(in crate::model::system) synced: SimTime,
    pub(in crate::model::system) generation: u32,
}

/// An answer that waits until its caller goes on.
#[derive(Clone, Copy, Debug)]
pub(in crate::model::system) struct Parked {
    pub(in crate::model::system) caller: Key,
    pub(in crate::model::system) outcome: Outcome,
    pub(in crate::model::system) reason: Reason,
    pub(in crate::model::system) found: bool,
}

/// `ns` times `times` over `over`. Out of line, or the compiler computes it also at normal speed, to throw it away.
#[cold]
fn scaled(ns: u64, times: f64, over: f64) -> u64 {
    (ns as f64 * times / over) as u64
}

/// What one of so many slots makes of all.
fn share_of(slots: u32) -> f32 {
    1.0 / slots.max(1) as f32
}

impl Replica {
    pub(in crate::model::system) fn new(station: u32, number: u32, slots: u32, now: SimTime) -> Self {
        Self {
            station,
            number,
            dead: false,
            draining: false,
            removed: false,
            slots,
            slot_share: share_of(slots),
            busy: 0,
            queue: Waiting::Fifo(std::collections::VecDeque::new()),
            takes: slots,
            beyond: 0,
            body: None,
            allocator: None,
            drained: false,
            cold: 0,
            warm_at: SimTime::ZERO,
            slow: 1.0,
            pace: 1.0,
            error_share: 0.0,
            bad_version: 0.0,
            frozen: false,
            no_primary: false,
            cut: None,
            parked: Vec::new(),
            jobs: Jobs::default(),
            virtual_now: 0,
            synced: now,
            generation: 0,
        }
    }

    /// Gives it another number of slots.
    pub(in crate::model::system) fn set_slots(&mut self, slots: u32) {
        (self.slots, self.slot_share) = (slots, share_of(slots));
    }

    /// Busy share of its slots, 0..1.
    #[inline]
    pub(in crate::model::system) fn load(&self) -> f32 {
        self.busy.min(self.slots) as f32 * self.slot_share
    }

    /// Whether new work may go there, in truth.
    pub const fn open(&self) -> bool {
        !self.dead && !self.draining && !self.removed
    }

    /// Whether a free choice may fall on it: open, and nobody takes it out of rotation.
    pub const fn takes_new(&self) -> bool {
        self.open() && !self.drained
    }

    /// Why a dead replica takes nothing.
    pub(super) const fn refusal(&self) -> Reason {
        if self.no_primary { Reason::NoPrimary } else { Reason::ConnectionRefused }
    }

    /// Brings the virtual clock up to `now`.
    pub(in crate::model::system) fn sync(&mut self, now: SimTime) {
        let passed = if self.frozen { 0 } else { now.since(self.synced).0 };
        if let Some(body) = &mut self.body {
            body.use_up(passed, self.jobs.len());
        }
        self.virtual_now += if self.pace == 1.0 { passed } else { scaled(passed, 1.0, self.pace) };
        self.synced = now;
    }

    /// When the demand that is done first will be done.
    pub(super) fn next_due(&self) -> Option<SimTime> {
        if self.frozen {
            return None;
        }
        let left = self.jobs.next_due()?.saturating_sub(self.virtual_now);
        let left = if self.pace == 1.0 { left } else { scaled(left, self.pace, 1.0) + 1 };
        Some(self.synced + SimDuration(left))
    }
}

/// Cold replicas. While one is cold by the clock, its count is one more than the requests that it has to serve: so that
/// the one look at the count tells whether it is cold at all.
impl Replica {
    /// It begins to serve, cold.
    pub(in crate::model::system) fn start_cold(&mut self, config: &PoolConfig, now: SimTime) {
        let by_time = config.warm_up > SimDuration::ZERO;
        self.warm_at = if by_time { now + config.warm_up } else { SimTime::ZERO };
        self.cold = config.warm_up_requests + u32::from(by_time);
    }

    /// The numbers may have been lowered.
    pub(in crate::model::system) fn cap_cold_start(&mut self, config: &PoolConfig, now: SimTime) {
        let requests = self.cold_requests().min(config.warm_up_requests);
        let until = now + config.warm_up;
        self.warm_at = if until > now { self.warm_at.min(until) } else { SimTime::ZERO };
        self.cold = requests + u32::from(self.warm_at > SimTime::ZERO);
    }

    /// Requests that it has to serve until it is warm by their number.
    pub const fn cold_requests(&self) -> u32 {
        self.cold - (self.warm_at.0 > 0) as u32
    }

    /// Whether the next request takes longer there than it will some day.
    pub fn is_cold(&self, now: SimTime) -> bool {
        self.cold_requests() > 0 || self.warm_at > now
    }

    /// It has served one more.
    #[cold]
    #[inline(never)]
    pub(super) fn warm_up(&mut self, now: SimTime) {
        let requests = self.cold_requests().saturating_sub(1);
        if self.warm_at <= now {
            self.warm_at = SimTime::ZERO;
        }
        self.cold = requests + u32::from(self.warm_at > SimTime::ZERO);
    }

    /// How many times as long a request takes there.
    #[cold]
    #[inline(never)]
    pub fn cold_factor(&self, config: &PoolConfig, now: SimTime) -> f64 {
        let share = |left: f64, all: f64| if all > 0.0 { (left / all).min(1.0) } else { 0.0 };
        let by_requests = share(f64::from(self.cold_requests()), f64::from(config.warm_up_requests));
        let by_time = share(self.warm_at.since(now).as_secs_f64(), config.warm_up.as_secs_f64());
        1.0 + (config.cold_factor - 1.0) * by_requests.max(by_time)
    }
}
