//! Queue disciplines: who is next. Pure machines without a clock; one file and one line in the registry each.
//!
//! First come, first served is a plain queue and stands here; processor sharing has no queue at all: it is a way to work,
//! and `system::pool` does it.
//!
//! First come, first served is a plain queue; everything else is a machine behind one pointer, so the common path pays one look
//! at a tag. What a machine gives up (CoDel) or pushes out (a full LIFO) leaves the queue first and is answered afterwards: an
//! answer may bring the next request into the very same queue. With preemption, what is left of interrupted work stands in a
//! table of its own, by attempt. With processor sharing nobody waits: the replica's virtual clock runs slower the more requests
//! there are, and those beyond the slots are counted as waiting, so Little's law holds as it does elsewhere. The discipline can
//! change while requests wait: they go over in the order in which they came.

mod adaptive_lifo;
mod codel;
mod controlled_delay;
mod lifo;
mod priority;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use crate::engine::sort;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::params::{Entry, ParamSpec, Variant, told};
use crate::model::priority::Priority;
use crate::model::read::Reader;
use crate::model::registry::registry;

/// Somebody who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// The keeper of the queue knows them by it.
    pub ticket: u32,
    pub priority: Priority,
    /// When it came.
    pub since: SimTime,
}

/// What there is to see of a discipline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// It does now what sets it apart: serves the newest, drops.
    pub active: bool,
    /// Its state with its numbers, in words.
    pub words: String,
    /// Further numbers by name, in words.
    pub numbers: Vec<(&'static str, String)>,
}

crate::model::registry::told_by_name!(Discipline);

/// Decides who is next.
///
/// Times never go back from call to call. Nobody is lost: who was put in comes out by `pop`, as given up, displaced,
/// removed, or by `take_all`, once.
pub trait Discipline {
    fn push(&mut self, item: Item);

    /// One whose work was interrupted waits again.
    fn put_back(&mut self, item: Item) {
        self.push(item);
    }

    /// Who is served next. Those that it gives up on the way are added to `given_up`.
    fn pop(&mut self, now: SimTime, given_up: &mut Vec<u32>) -> Option<u32>;

    fn len(&self) -> usize;

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All places are taken: who leaves so that `newcomer` may come in; `None`: the newcomer does not.
    fn displaced_by(&mut self, _newcomer: &Item) -> Option<u32> {
        None
    }

    /// Takes somebody out; tells whether they were there.
    fn remove(&mut self, ticket: u32) -> bool;

    /// Everybody who waits.
    fn items(&self) -> Vec<Item>;

    /// Its state at `now`; asking changes nothing.
    fn reading(&self, now: SimTime) -> Reading;

    /// Takes new parameters; who waits and what was learned stays.
    fn retune(&mut self, params: &Reader<'_>);

    fn boxed(&self) -> Box<dyn Discipline>;
}

impl Clone for Box<dyn Discipline> {
    fn clone(&self) -> Self {
        self.boxed()
    }
}

/// How a kind of discipline works.
#[derive(Clone, Copy, Debug)]
pub enum Way {
    /// First come, first served.
    Fifo,
    /// Nobody waits: all share the slots.
    Sharing,
    /// A queue of its own. `preempts`: one that matters more interrupts the work on one that matters less.
    Ordered { build: fn(&Reader<'_>) -> Box<dyn Discipline>, preempts: bool },
}

/// One kind of discipline.
#[derive(Clone, Copy, Debug)]
pub struct DisciplineKind {
    pub entry: Entry,
    pub way: Way,
}

const FIFO: DisciplineKind = DisciplineKind {
    entry: Entry {
        id: "fifo",
        name: "First come, first served",
        summary: told("Everyone waits their turn. Under overload everyone waits for the whole queue."),
        source: "",
        params: &[],
        defect: false,
    },
    way: Way::Fifo,
};

const PROCESSOR_SHARING: DisciplineKind = DisciplineKind {
    entry: Entry {
        id: "processor-sharing",
        name: "Processor sharing",
        summary: told(
            "Nothing waits: all requests are worked on at once and share the slots evenly, as threads share cores.",
        ),
        source: told(
            "Egalitarian processor sharing (Kleinrock, \"Queueing Systems, Volume 2\", 1976, section 4.4). Waiting places count as room for more at a time; each replica shares its own slots.",
        ),
        params: &[],
        defect: false,
    },
    way: Way::Sharing,
};

/// What is known of a discipline without building a queue.
#[derive(Clone, Copy, Debug)]
struct Choice {
    entry: Entry,
    shares: bool,
    preempts: bool,
}

impl Choice {
    const fn of(kind: &DisciplineKind) -> Self {
        Self {
            entry: kind.entry,
            shares: matches!(kind.way, Way::Sharing),
            preempts: matches!(kind.way, Way::Ordered { preempts: true, .. }),
        }
    }
}

registry! {
    /// All kinds, in the order of the menu.
    pub static REGISTRY: [DisciplineKind];
    static CHOICES: [Choice] = Choice::of;
    FIFO,
    lifo::KIND,
    adaptive_lifo::KIND,
    priority::KIND,
    priority::PREEMPTIVE,
    PROCESSOR_SHARING,
    codel::KIND,
    controlled_delay::KIND,
}

/// All kinds, as a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    CHOICES.iter().map(|choice| &choice.entry).collect()
}

/// What happens when one more comes and all places are taken.
const FULL: ParamSpec = ParamSpec::choice(
    "full",
    "When all places are taken",
    &[("displace", "push one out for the newcomer"), ("refuse", "refuse the newcomer")],
    "displace",
    "The request that would be served last is pushed out: the oldest, or the newest of those that matter less.",
);

/// A discipline as the choice says it.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings(Variant);

impl Default for Settings {
    fn default() -> Self {
        Self(Variant::new(FIFO.entry.id, crate::model::params::Params::new()))
    }
}

/// What the choice says; first come, first served where it says nothing known.
#[must_use]
pub fn read(choice: &Variant) -> Settings {
    if CHOICES.iter().any(|known| known.entry.id == choice.id) { Settings(choice.clone()) } else { Settings::default() }
}

impl Settings {
    #[must_use]
    pub fn kind(&self) -> &'static DisciplineKind {
        let kind = REGISTRY.iter().find(|kind| kind.entry.id == self.0.id);
        kind.expect("read() makes settings of known kinds only")
    }

    fn choice(&self) -> &'static Choice {
        let choice = CHOICES.iter().find(|choice| choice.entry.id == self.0.id);
        choice.expect("read() makes settings of known kinds only")
    }

    /// Whether all work is done at once.
    #[must_use]
    pub fn is_sharing(&self) -> bool {
        self.choice().shares
    }

    /// Whether one that matters more interrupts the work on one that matters less.
    #[must_use]
    pub fn preempts(&self) -> bool {
        self.choice().preempts
    }

    /// An empty queue.
    #[must_use]
    pub fn build(&self) -> Waiting {
        let kind = self.kind();
        match kind.way {
            Way::Fifo => Waiting::Fifo(VecDeque::new()),
            Way::Sharing => Waiting::Nobody,
            Way::Ordered { build, .. } => Waiting::Ordered(build(&Reader::new(&kind.entry, &self.0.params))),
        }
    }

    /// Gives a queue made by `before` these settings; `false`: it is of another kind and must be made anew.
    pub fn retune(&self, queue: &mut Waiting, before: &Self) -> bool {
        if self.0.id != before.0.id {
            return false;
        }
        if let Waiting::Ordered(queue) = queue {
            queue.retune(&Reader::new(&self.kind().entry, &self.0.params));
        }
        true
    }
}

/// Those who wait.
#[derive(Clone, Debug)]
pub enum Waiting {
    /// First come, first served: nothing but the queue.
    Fifo(VecDeque<u32>),
    /// Everybody is being worked on.
    Nobody,
    Ordered(Box<dyn Discipline>),
}

impl Waiting {
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Fifo(queue) => queue.len(),
            Self::Nobody => 0,
            Self::Ordered(queue) => queue.len(),
        }
    }

    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Who is served next; see [`Discipline::pop`].
    #[inline]
    pub fn pop(&mut self, now: SimTime, given_up: &mut Vec<u32>) -> Option<u32> {
        match self {
            Self::Fifo(queue) => queue.pop_front(),
            Self::Nobody => None,
            Self::Ordered(queue) => queue.pop(now, given_up),
        }
    }

    /// Puts somebody in, past the limit if need be.
    ///
    /// # Panics
    /// Where nobody waits: all are worked on.
    pub fn push(&mut self, item: Item) {
        match self {
            Self::Fifo(queue) => queue.push_back(item.ticket),
            Self::Nobody => unreachable!("where all share, nobody waits"),
            Self::Ordered(queue) => queue.push(item),
        }
    }

    /// Takes somebody out; tells whether they were there.
    pub fn remove(&mut self, ticket: u32) -> bool {
        match self {
            Self::Fifo(queue) => take(queue, |waiting| *waiting == ticket).is_some(),
            Self::Nobody => false,
            Self::Ordered(queue) => queue.remove(ticket),
        }
    }

    /// Empties it: everybody, in the order in which they came.
    pub fn take_all(&mut self) -> Vec<u32> {
        match self {
            Self::Fifo(queue) => queue.drain(..).collect(),
            Self::Nobody => Vec::new(),
            Self::Ordered(queue) => {
                let mut items = queue.items();
                // Stable: of those who came at once, as the queue has them.
                sort::few_by_key(&mut items, |item| item.since);
                for item in &items {
                    queue.remove(item.ticket);
                }
                items.into_iter().map(|item| item.ticket).collect()
            }
        }
    }
}

/// Takes the first that matches out of a queue.
fn take<T>(queue: &mut VecDeque<T>, matches: impl Fn(&T) -> bool) -> Option<T> {
    let at = queue.iter().position(matches)?;
    queue.remove(at)
}

/// A time in milliseconds, in words.
fn millis(time: SimDuration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}
