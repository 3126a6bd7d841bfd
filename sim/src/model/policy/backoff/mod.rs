//! How long a caller waits before it tries again. One file and one line of [`REGISTRY`] make another way.

mod decorrelated;
mod equal_jitter;
mod full_jitter;
mod linear;
mod none;

use crate::model::params::{Entry, ParamSpec, Unit, Variant};
use crate::model::read::Reader;

/// A way to wait, with its numbers.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    kind: &'static Kind,
    terms: Terms,
}

/// Shortest and longest wait as each way understands them [s].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    pub base: f64,
    pub cap: f64,
}

/// One way of the registry.
#[derive(Debug)]
pub struct Kind {
    pub entry: &'static Entry,
    /// Wait [s] before retry number `retry` (1, 2, …), given the wait before the last one and a number in 0..1.
    wait: fn(Terms, retry: u32, previous: f64, unit: f64) -> f64,
    /// Goes by the wait before the last one.
    chained: bool,
}

/// All ways, in the order of the menu.
pub static REGISTRY: &[&Kind] =
    &[&none::KIND, &linear::KIND, &full_jitter::KIND, &equal_jitter::KIND, &decorrelated::KIND];

/// All ways, as a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    REGISTRY.iter().map(|kind| kind.entry).collect()
}

impl Backoff {
    /// No wait at all.
    pub const NONE: Self = Self { kind: &none::KIND, terms: Terms { base: 0.0, cap: 0.0 } };

    /// What the choice says; an unknown one: no wait.
    #[must_use]
    pub fn read(choice: &Variant) -> Self {
        let Some(kind) = REGISTRY.iter().find(|kind| kind.entry.id == choice.id) else { return Self::NONE };
        let reader = Reader::new(kind.entry, &choice.params);
        let number = |key: &str| if kind.entry.params.is_empty() { 0.0 } else { reader.number(key) };
        Self { kind, terms: Terms { base: number("base"), cap: number("cap") } }
    }

    /// Wait before retry number `retry` (1, 2, …) [s]; `unit` gives the number in 0..1 that belongs to each retry.
    #[must_use]
    pub fn wait(&self, retry: u32, unit: impl Fn(u32) -> f64) -> f64 {
        let first = if self.kind.chained { 1 } else { retry };
        (first..=retry).fold(self.terms.base, |previous, at| (self.kind.wait)(self.terms, at, previous, unit(at)))
    }
}

impl PartialEq for Backoff {
    fn eq(&self, other: &Self) -> bool {
        (self.kind.entry.id, self.terms) == (other.kind.entry.id, other.terms)
    }
}

/// `base` x 2^(`retry` - 1), at most `cap`.
fn doubled(terms: Terms, retry: u32) -> f64 {
    (terms.base * f64::from(1u32 << retry.saturating_sub(1).min(30))).min(terms.cap)
}

const fn base(help: &'static str) -> ParamSpec {
    ParamSpec::number("base", "Base", Unit::Seconds, 0.1, 0.0, 60.0, help)
}

const fn cap(help: &'static str) -> ParamSpec {
    ParamSpec::number("cap", "Cap", Unit::Seconds, 5.0, 0.0, 600.0, help)
}
