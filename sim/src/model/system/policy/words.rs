//! What a breaker does, in words.

use super::super::System;
use super::super::log::LogTone;
use super::super::slab::NONE;
use super::in_words;
use crate::model::policy::breaker::{Breaker, Scope, State};

impl System {
    /// Logs that a breaker turned.
    pub(super) fn tell_turn(&mut self, edge_ix: u32, whose: u32, before: State) {
        let Some(breaker) = self.breaker_at(edge_ix, whose) else { return };
        let (state, why) = (breaker.state(), breaker.why());
        if state == before {
            return;
        }
        let (tone, word) = match state {
            State::Open => (LogTone::Bad, "opened"),
            State::HalfOpen => (LogTone::Info, "is half-open"),
            State::Closed => (LogTone::Good, "closed"),
        };
        let node = self.stations[self.edges[edge_ix as usize].from as usize].id;
        let name = self.breaker_name(edge_ix, whose);
        self.log(tone, Some(node), format!("The circuit breaker {name} {word}: {why}"));
    }

    pub(super) fn breaker_at(&self, edge_ix: u32, whose: u32) -> Option<&dyn Breaker> {
        let state = self.edges[edge_ix as usize].policy.as_ref()?;
        state.breakers.get(&whose).map(|breaker| &**breaker)
    }

    /// "Shop → Stock", with the replica whose breaker it is.
    pub(super) fn breaker_name(&self, edge_ix: u32, whose: u32) -> String {
        let edge = &self.edges[edge_ix as usize];
        let label = |station: u32| self.stations[station as usize].label.as_str();
        let caller = self.whose_is(edge_ix, whose, Scope::Caller);
        let backend = self.whose_is(edge_ix, whose, Scope::Backend);
        format!("{}{caller} → {}{backend}", label(edge.from), label(edge.to))
    }

    /// Whose breaker it is, where there are several: "Shop replica 2 → Stock".
    pub fn whose_breaker(&self, edge_ix: u32, whose: u32) -> String {
        if whose == NONE { String::new() } else { self.breaker_name(edge_ix, whose) }
    }

    /// " replica 2" where it is one of several of that side.
    pub(super) fn whose_is(&self, edge_ix: u32, whose: u32, scope: Scope) -> String {
        let plan = &self.edges[edge_ix as usize].plan;
        let ours = plan.policy.as_ref().and_then(|policy| policy.breaker.as_ref()).map(|settings| settings.scope);
        if ours == Some(scope) { self.replica_suffix(whose) } else { String::new() }
    }

    /// Why a breaker lets nobody through, in words.
    pub(super) fn breaker_words(&self, edge_ix: u32, whose: u32) -> String {
        let Some(breaker) = self.breaker_at(edge_ix, whose) else { return String::new() };
        let look = breaker.look(self.now);
        let since = look.since;
        match (look.state, look.until, look.probes) {
            (State::Open, Some(until), _) => format!(
                "the circuit breaker has been open since {since}, after {}; probes may go in {}",
                look.why,
                in_words(until.since(self.now))
            ),
            (_, _, Some((used, of))) => {
                format!("the circuit breaker is half-open, and {used} of {of} probes are under way or done")
            }
            _ => format!("the circuit breaker has been open since {since}"),
        }
    }
}
