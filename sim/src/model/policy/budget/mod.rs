//! Retry budgets: how many tries beyond the first a connection may send, however many calls fail.
//!
//! One budget for the whole connection. Hedges draw on it like retries. One file and one line of [`REGISTRY`] make another kind.

mod concurrent;
mod tokens;

pub use concurrent::Concurrent;
pub use tokens::Tokens;

use crate::engine::time::SimTime;
use crate::model::params::{Entry, Variant, told};
use crate::model::registry::registry;

crate::model::registry::told_by_name!(Budget);

/// A retry budget.
pub trait Budget: Send {
    /// A call begins.
    fn call(&mut self, now: SimTime);
    /// Whether one try more may be sent, while `open` calls are under way. If so, it is charged.
    fn withdraw(&mut self, open: u32, now: SimTime) -> bool;
    /// A try that was charged is over.
    fn returned(&mut self);
    /// Tries that could be sent now, and how many it would hold at most where that is known.
    fn balance(&self, open: u32, now: SimTime) -> Balance;
    fn box_clone(&self) -> Box<dyn Budget>;
}

/// What is left of a budget.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Balance {
    /// Tries that could be sent now.
    pub left: f64,
    /// Of so many as things are.
    pub of: f64,
}

impl Clone for Box<dyn Budget> {
    fn clone(&self) -> Self {
        self.box_clone()
    }
}

/// A budget as a connection is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings(Variant);

impl Settings {
    /// A budget that nothing was drawn from.
    ///
    /// # Panics
    /// Never: settings are read only from an entry of the registry.
    #[must_use]
    pub fn build(&self, now: SimTime) -> Box<dyn Budget> {
        super::build(REGISTRY, &self.0, now)
    }
}

/// One kind of budget of the registry.
pub type Kind = super::Kind<dyn Budget>;

static OFF: Entry = Entry {
    id: "off",
    name: "Off",
    summary: told("Every failed call may be tried again, as often as retries are set."),
    source: "",
    params: &[],
    defect: false,
};

registry! {
    /// All kinds, in the order of the menu.
    pub static REGISTRY: [Kind];
    static ENTRIES: [&Entry] = Kind::words;
    tokens::KIND,
    concurrent::KIND,
}

/// Off and all kinds, as a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    std::iter::once(&OFF).chain(ENTRIES.iter().copied()).collect()
}

/// What the choice says; `None`: off.
#[must_use]
pub fn read(choice: &Variant) -> Option<Settings> {
    ENTRIES.iter().any(|entry| entry.id == choice.id).then(|| Settings(choice.clone()))
}
