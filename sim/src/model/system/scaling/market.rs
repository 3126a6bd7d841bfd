//! The market for spot machines: in a shortage it takes back what it has lent, and lends nothing.

use super::life::Stage;
use super::{Pod, System};
use crate::engine::time::SimDuration;
use crate::model::fault::Effect;
use crate::model::ids::FaultTarget;
use crate::model::money::Purchase;
use crate::model::system::log::LogTone;

impl Pod {
    fn is_spot(&self) -> bool {
        let size = self.instance.and_then(|instance| instance.size);
        matches!(size, Some((_, Purchase::Spot)))
    }
}

impl System {
    /// Whether a station buys where `target` is; one that stands nowhere buys everywhere.
    fn buys_at(&self, station: u32, target: FaultTarget) -> bool {
        let FaultTarget::Area(area) = target else { return false };
        let station = &self.stations[station as usize];
        !station.removed && station.stands.is_none_or(|stands| stands.is_in(area))
    }

    /// Whether a pod's machine cannot be had now: it stays Pending.
    pub(super) fn finds_no_machine(&mut self, station: u32, number: u32) -> bool {
        let short =
            |active: &&crate::model::system::faults::ActiveFault| matches!(active.effect, Effect::Shortage { .. });
        if !self.active.iter().filter(short).any(|active| self.buys_at(station, active.target)) {
            return false;
        }
        let Some(scaling) = self.scaling(station) else { return false };
        scaling.pods.at(number).is_some_and(|at| scaling.pods[at].is_spot())
    }

    /// A shortage begins: who has a spot machine orders another at once, and loses it after the notice [s].
    pub(in crate::model::system) fn recall_spot_machines(&mut self, target: FaultTarget, notice: f64) {
        for station in 0..self.stations.len() as u32 {
            if !self.buys_at(station, target) {
                continue;
            }
            let Some(scaling) = self.scaling(station) else { continue };
            let had = scaling.pods.staying().filter(|pod| pod.is_spot() && pod.stage != Stage::Pending);
            let had: Vec<u32> = had.map(|pod| pod.number).collect();
            for &number in &had {
                if let Some(scaling) = self.scaling(station)
                    && let Some(at) = scaling.pods.at(number)
                {
                    scaling.pods[at].interrupted = true;
                }
                self.order::<Pod>(station);
                self.dismiss::<Pod>(station, &[number], Some(SimDuration::from_secs_f64(notice)));
            }
            if had.is_empty() {
                continue;
            }
            let (id, label) = (self.stations[station as usize].id, self.stations[station as usize].label.clone());
            let text = format!("{label} loses {} spot machines in {notice:.0} s, and there are no others", had.len());
            self.log(LogTone::Bad, Some(id), text);
            self.farewell(station);
            self.rebill(station);
        }
    }

    /// A shortage is over: who waits gets a machine.
    pub(in crate::model::system) fn hand_out_spot_machines(&mut self) {
        for station in 0..self.stations.len() as u32 {
            let Some(scaling) = self.scaling(station) else { continue };
            if scaling.nodes.is_some() {
                continue;
            }
            let waiting = scaling.pods.iter().filter(|pod| pod.is_spot() && pod.stage == Stage::Pending);
            let waiting: Vec<u32> = waiting.map(|pod| pod.number).collect();
            for number in waiting {
                self.place(station, number);
            }
            self.rebill(station);
        }
    }
}
