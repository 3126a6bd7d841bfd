//! What decides how many members there are, at work: it looks, says a number and why, and its number is followed.

use super::{DECISIONS_MAX, Fleet, Upbringing};
use crate::engine::time::SimDuration;
use crate::model::scaler::Decision;
use crate::model::system::System;
use crate::model::system::log::LogTone;
use crate::model::system::timer::{FleetTurn, Timer};

impl<T: Upbringing> Fleet<T> {
    fn keep(&mut self, decision: Decision) {
        if self.decisions.len() == DECISIONS_MAX {
            self.decisions.pop_front();
        }
        self.decisions.push_back(decision);
    }
}

impl System {
    /// A rule begins to look at a station's members, every so often; what an earlier one had planned is stale.
    pub(in crate::model::system) fn begin_looks<T: Upbringing>(&mut self, station: u32, every: SimDuration) {
        let now = self.now;
        let Some(fleet) = self.fleet::<T>(station) else { return };
        fleet.generation = fleet.generation.wrapping_add(1);
        fleet.looked = now;
        let generation = fleet.generation;
        self.schedule(now + every, Timer::Fleet { station, turn: FleetTurn::Look { generation } });
    }

    /// The rule looks, unless it is no more.
    pub(super) fn rule_looks<T: Upbringing>(&mut self, station: u32, generation: u32) {
        let now = self.now;
        let removed = self.stations[station as usize].removed;
        if removed || self.fleet::<T>(station).is_none_or(|fleet| fleet.generation != generation) {
            self.quiet = true;
            return;
        }
        let Some((decision, every)) = T::look(self, station) else { return };
        let Some(fleet) = self.fleet::<T>(station) else { return };
        fleet.looked = now;
        let (before, wanted, resize) = (fleet.wanted, decision.desired, decision.size);
        let (leaves_first, line) = (decision.leaves_first.clone(), T::line(&decision));
        fleet.keep(decision);
        self.schedule(now + every, Timer::Fleet { station, turn: FleetTurn::Look { generation } });
        if wanted != before {
            let entry = &self.stations[station as usize];
            let (id, text) = (entry.id, format!("{}: {before} → {wanted} {}. {line}", entry.label, T::NOUN));
            self.log(LogTone::Info, Some(id), text);
            self.scale::<T>(station, wanted, &leaves_first);
        } else {
            self.quiet = resize.is_none();
        }
        if let Some((to, takes)) = resize {
            T::resize(self, station, to, takes, &line);
        }
        T::followed(self, station);
    }
}
