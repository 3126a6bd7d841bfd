//! Shedding: who is turned away on purpose, so that the rest is served well. Pure machines that are asked for every request
//! and told of every end; one file and one line in the registry each.

mod aimd;
mod gradient;
mod priority;
mod queue_delay;
#[cfg(test)]
mod tests;

use crate::engine::time::{SimDuration, SimTime};
use crate::model::outcome::Reason;
use crate::model::params::{Entry, ParamSpec, Variant, told};
use crate::model::priority::Priority;
use crate::model::read::Reader;
use crate::model::registry::registry;

/// How full it is inside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Requests that were let in and are not answered yet.
    pub inside: u32,
    /// Of those, waiting in the station's queue.
    pub waiting: u32,
}

/// A request that was let in has been answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    pub now: SimTime,
    /// From being let in to the answer.
    pub took: SimDuration,
    /// How many were inside when it was let in, itself included.
    pub inside: u32,
    /// It timed out, or was refused or shed further down: there is too much.
    pub dropped: bool,
}

/// What there is to see of a shedder.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// Most requests that may be inside, where there is such a number.
    pub limit: Option<f64>,
    /// It turns somebody away now.
    pub sheds: bool,
    /// What it goes by, with its numbers.
    pub words: String,
    /// Further numbers by name, in words.
    pub numbers: Vec<(&'static str, String)>,
}

crate::model::registry::told_by_name!(Shedder);

/// Decides who is turned away.
///
/// Times never go back from call to call.
pub trait Shedder {
    /// Why a request is turned away; `None`: it is let in.
    fn refuses(&mut self, now: SimTime, priority: Priority, load: Load) -> Option<Reason>;

    /// One that was let in has its answer.
    fn answered(&mut self, sample: &Sample);

    /// One that had waited in the station's queue was started.
    fn waited(&mut self, _now: SimTime, _wait: SimDuration) {}

    /// What it goes by at `now`; asking changes nothing.
    fn reading(&self, now: SimTime, load: Load) -> Reading;

    /// Takes new parameters; what was learned stays.
    fn retune(&mut self, params: &Reader<'_>);

    fn boxed(&self) -> Box<dyn Shedder>;
}

impl Clone for Box<dyn Shedder> {
    fn clone(&self) -> Self {
        self.boxed()
    }
}

/// One kind of shedder.
#[derive(Clone, Copy, Debug)]
pub struct ShedderKind {
    pub entry: Entry,
    /// A fresh one.
    pub build: fn(&Reader<'_>) -> Box<dyn Shedder>,
    /// It goes by a queue, so it needs a station that has one.
    pub needs_queue: bool,
}

/// What is known of a shedder without building one.
#[derive(Clone, Copy, Debug)]
struct Choice {
    entry: Entry,
    needs_queue: bool,
}

impl Choice {
    const fn of(kind: &ShedderKind) -> Self {
        Self { entry: kind.entry, needs_queue: kind.needs_queue }
    }
}

registry! {
    /// All kinds, in the order of the menu.
    pub static REGISTRY: [ShedderKind];
    static CHOICES: [Choice] = Choice::of;
    queue_delay::KIND,
    priority::KIND,
    aimd::KIND,
    gradient::KIND,
}

static OFF: Entry = Entry {
    id: "off",
    name: "Off",
    summary: told("Nobody is turned away on purpose."),
    source: "",
    params: &[],
    defect: false,
};

/// Off and all kinds, as a choice for stations that have a queue.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    std::iter::once(&OFF).chain(CHOICES.iter().map(|choice| &choice.entry)).collect()
}

/// Off and those that need no queue, as a choice for a gateway.
#[must_use]
pub fn gateway_entries() -> Vec<&'static Entry> {
    let choices = CHOICES.iter().filter(|choice| !choice.needs_queue);
    std::iter::once(&OFF).chain(choices.map(|choice| &choice.entry)).collect()
}

const LEAST: ParamSpec =
    ParamSpec::count("least", "Never below", 20.0, 1.0, 100_000.0, "The limit never falls below this.");

const MOST: ParamSpec =
    ParamSpec::count("most", "Never above", 200.0, 1.0, 100_000.0, "The limit never rises above this.");

/// Shedding as the choice says it.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings(Variant);

/// What the choice says; `None`: off.
#[must_use]
pub fn read(choice: &Variant) -> Option<Settings> {
    is_kind(&choice.id).then(|| Settings(choice.clone()))
}

/// Whether there is a kind of that id.
#[must_use]
pub fn is_kind(id: &str) -> bool {
    CHOICES.iter().any(|choice| choice.entry.id == id)
}

impl Settings {
    #[must_use]
    pub fn kind(&self) -> &'static ShedderKind {
        let kind = REGISTRY.iter().find(|kind| kind.entry.id == self.0.id);
        kind.expect("read() makes settings of known kinds only")
    }

    fn reader(&self) -> Reader<'_> {
        Reader::new(&self.kind().entry, &self.0.params)
    }

    /// A fresh shedder.
    #[must_use]
    pub fn build(&self) -> Box<dyn Shedder> {
        (self.kind().build)(&self.reader())
    }

    /// Gives a shedder made by `before` these settings: one of the same kind keeps what it learned.
    pub fn retune(&self, shedder: &mut Box<dyn Shedder>, before: &Self) {
        if self.0.id == before.0.id {
            shedder.retune(&self.reader());
        } else {
            *shedder = self.build();
        }
    }
}

/// A time in milliseconds, in words.
fn millis(time: SimDuration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}
