//! The life of those that come and go at a station: replicas of a service, read replicas, nodes of a cache.
//!
//! A [`Fleet`] is all of one station, by ascending number; a [`Member`] is one from its order to its end. What every
//! member goes through is told once, in `life`: it is ordered, passes stages, serves, leaves, is gone. What decides how
//! many there are is asked in `rule`. What differs from kind to kind is its [`Upbringing`].
//!
//! A newcomer of any kind begins to serve in one way: with a queue of the station's discipline, cold if the station says
//! that newcomers are, with memory of its own where memory is modeled; and balancers, brokers and faults hear of it.

mod life;
mod rule;

use std::collections::VecDeque;
use std::fmt;
use std::ops::{Deref, DerefMut};

use super::System;
use super::pool::state::Pool;
use super::scaling::{Body, Pod};
use super::slab::NONE;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::scaler::Decision;

/// Looks of a rule that are kept.
const DECISIONS_MAX: usize = 240;

/// One that comes and goes, from its order to its end; what only its kind has is read as if it were its own.
#[derive(Clone, Debug)]
pub struct Member<T: Upbringing> {
    /// Counted from 0 within its station, never used twice.
    pub number: u32,
    pub stage: T::Stage,
    /// When its stage began.
    pub since: SimTime,
    /// Index of the replica that it is; [`NONE`]: not yet.
    pub replica: u32,
    /// Counts what was planned for it; a plan is stale once there is a newer one.
    generation: u32,
    own: T,
}

impl<T: Upbringing> Member<T> {
    /// One that has just been ordered.
    pub(super) const fn new(number: u32, own: T, now: SimTime) -> Self {
        Self { number, stage: T::ORDERED, since: now, replica: NONE, generation: 0, own }
    }

    /// A stage begins.
    pub(super) fn enter(&mut self, stage: T::Stage, now: SimTime) {
        (self.stage, self.since) = (stage, now);
        self.own.entered(stage, now);
    }
}

impl<T: Upbringing> Deref for Member<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.own
    }
}

impl<T: Upbringing> DerefMut for Member<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.own
    }
}

/// All of a station that are not gone yet, by ascending number, and how many there shall be.
#[derive(Clone, Debug)]
pub struct Fleet<T: Upbringing> {
    pub wanted: u32,
    members: Vec<Member<T>>,
    /// Looks of the rule, newest last.
    pub decisions: VecDeque<Decision>,
    /// Counts the rules; what was planned for an earlier one is stale.
    pub(super) generation: u32,
    /// When the rule last looked.
    pub(super) looked: SimTime,
}

impl<T: Upbringing> Fleet<T> {
    pub(super) const fn new(wanted: u32, now: SimTime) -> Self {
        Self { wanted, members: Vec::new(), decisions: VecDeque::new(), generation: 0, looked: now }
    }

    /// Those that are wanted: on their way or serving, not leaving.
    pub fn staying(&self) -> impl Iterator<Item = &Member<T>> {
        self.iter().filter(|member| member.stage != T::LEAVES)
    }

    pub fn serving(&self) -> impl Iterator<Item = &Member<T>> {
        self.iter().filter(|member| member.stage == T::SERVES)
    }

    /// Place of the one with a number.
    pub(super) fn at(&self, number: u32) -> Option<usize> {
        self.binary_search_by_key(&number, |member| member.number).ok()
    }

    pub(super) fn numbered(&self, number: u32) -> Option<&Member<T>> {
        self.at(number).map(|at| &self.members[at])
    }

    pub(super) fn numbered_mut(&mut self, number: u32) -> Option<&mut Member<T>> {
        self.at(number).map(|at| &mut self.members[at])
    }

    /// The one that is a replica.
    pub(super) fn of_replica(&mut self, replica: u32) -> Option<&mut Member<T>> {
        self.members.iter_mut().find(|member| member.replica == replica)
    }

    /// Takes one in that was there before there was a fleet.
    pub(super) fn adopt(&mut self, member: Member<T>) {
        let at = self.partition_point(|other| other.number < member.number);
        self.members.insert(at, member);
    }

    /// Takes one out that goes on in another part.
    pub(super) fn take(&mut self, number: u32) -> Option<Member<T>> {
        self.at(number).map(|at| self.members.remove(at))
    }

    /// Nobody is left.
    pub(super) fn clear(&mut self) {
        self.members.clear();
    }
}

impl<T: Upbringing> Deref for Fleet<T> {
    type Target = [Member<T>];

    fn deref(&self) -> &[Member<T>] {
        &self.members
    }
}

impl<T: Upbringing> DerefMut for Fleet<T> {
    fn deref_mut(&mut self) -> &mut [Member<T>] {
        &mut self.members
    }
}

/// What follows when a stage is over.
#[derive(Clone, Copy, Debug)]
pub enum Next {
    /// The stage that was entered lasts so long.
    After(SimDuration),
    Serve,
    /// Nothing is planned.
    Nothing,
}

/// What makes one kind of member different from the others.
pub trait Upbringing: Clone + fmt::Debug + Sized {
    type Stage: Copy + Eq + fmt::Debug;
    const ORDERED: Self::Stage;
    const SERVES: Self::Stage;
    const LEAVES: Self::Stage;
    /// What several of them are called.
    const NOUN: &'static str;

    /// Where a pool keeps those of this kind.
    fn fleet(pool: &mut Pool) -> Option<&mut Fleet<Self>>;
    /// One that is about to be ordered.
    fn ordered(system: &mut System, station: u32) -> Option<Self>;
    /// It has been ordered: its first stage begins.
    fn begin(system: &mut System, station: u32, number: u32);
    /// Its stage is over.
    fn next(system: &mut System, station: u32, number: u32) -> Next;
    /// What it uses of cores and memory; `None`: nobody asks.
    fn body(system: &mut System, station: u32, number: u32) -> Option<Box<Body>>;
    /// It has become a replica, which nobody has heard of yet.
    fn joined(_system: &mut System, _station: u32, _number: u32) {}
    /// What a look at how many there are says; `None`: no rule looks.
    fn look(system: &mut System, station: u32) -> Option<(Decision, SimDuration)>;

    /// It enters a stage.
    fn entered(&mut self, _stage: Self::Stage, _now: SimTime) {}
    /// Those of a lower class leave first.
    fn class(stage: Self::Stage) -> u8;
    /// Something else than the number decides who comes and goes.
    fn is_led(_system: &mut System, _station: u32) -> bool {
        false
    }
    /// A replica that was there before serves again.
    fn again(_system: &mut System, _station: u32, _number: u32) {}
    /// All have heard that it serves.
    fn welcomed(_system: &mut System, _station: u32) {}
    /// Some have been told to leave.
    fn leaving(_system: &mut System, _station: u32) {}
    /// How long one that leaves may take to finish; `None`: as long as it needs.
    fn grace(_system: &mut System, _station: u32) -> Option<SimDuration> {
        None
    }
    /// One is gone.
    fn gone(_system: &mut System, _station: u32, _number: u32) {}
    /// The replica that it is has died, and has not left.
    fn died(_system: &mut System, _station: u32, _number: u32) {}
    fn revived(_system: &mut System, _station: u32, _number: u32) {}
    /// What a line in the log says of a decision.
    fn line(decision: &Decision) -> String {
        decision.why.join(" ")
    }
    /// A look's number has been followed.
    fn followed(_system: &mut System, _station: u32) {}
    /// All get another size.
    fn resize(_system: &mut System, _station: u32, _to: usize, _takes: SimDuration, _why: &str) {}
}

/// Whose life is led at a station: what can happen to a member without anybody asking which kind it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kin {
    due: fn(&mut System, u32, u32, u32),
    later: fn(&mut System, u32, u32, SimDuration),
    look: fn(&mut System, u32, u32),
    gone: fn(&mut System, u32, u32),
    died: fn(&mut System, u32, u32),
    revived: fn(&mut System, u32, u32),
}

impl Kin {
    pub(super) const fn of<T: Upbringing>() -> Self {
        Self {
            due: System::member_due::<T>,
            later: System::later::<T>,
            look: System::rule_looks::<T>,
            gone: System::gone::<T>,
            died: T::died,
            revived: T::revived,
        }
    }
}

impl Pool {
    fn kin(&self) -> Option<Kin> {
        if self.scaling.is_some() { Some(Kin::of::<Pod>()) } else { self.data.kin() }
    }
}
