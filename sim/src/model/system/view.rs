//! What there is to read of a running system, to show or measure it: frames, facets and reports come in here.
//!
//! Nothing here changes a result, and nothing of it stands on the way of a request. Stations, connections and replicas have
//! an index each that stays theirs for the whole run; what was taken off the drawing keeps its index and is left out of
//! what is shown.

use super::System;
use super::edge::{Edge, HopSample};
use super::exemplars::Exemplar;
use super::faults::ActiveFault;
use super::meter::Meter;
use super::pool::replica::Replica;
use super::pool::state::Pool;
use super::station::Station;
use crate::model::ids::NodeId;

impl System {
    /// The stations on the drawing with their indices, by ascending index.
    pub fn shown_stations(&self) -> impl Iterator<Item = (u32, &Station)> {
        (0..).zip(&self.stations).filter(|(_, station)| !station.removed)
    }

    /// All stations that there ever were, by index: what was taken off the drawing has measurements and a bill, too.
    #[must_use]
    pub fn all_stations(&self) -> &[Station] {
        &self.stations
    }

    /// A station on the drawing with its index; `None`: there is none of this number, or it was taken off.
    #[must_use]
    pub fn shown_station(&self, node: NodeId) -> Option<(u32, &Station)> {
        let at = self.station_index(node)?;
        Some((at, self.station_at(at))).filter(|(_, station)| !station.removed)
    }

    /// # Panics
    /// There is no station of this index.
    #[must_use]
    pub fn station_at(&self, at: u32) -> &Station {
        &self.stations[at as usize]
    }

    /// The connections on the drawing with their indices, by ascending index.
    pub fn shown_edges(&self) -> impl Iterator<Item = (u32, &Edge)> {
        (0..).zip(&self.edges).filter(|(_, edge)| !edge.removed)
    }

    /// All connections that there ever were, by index.
    #[must_use]
    pub fn all_edges(&self) -> &[Edge] {
        &self.edges
    }

    /// # Panics
    /// There is no connection of this index.
    #[must_use]
    pub fn edge_at(&self, at: u32) -> &Edge {
        &self.edges[at as usize]
    }

    /// A replica by its index; `None` for [`super::slab::NONE`], which stands where there is none.
    #[must_use]
    pub fn replica_at(&self, at: u32) -> Option<&Replica> {
        self.replicas.get(at as usize)
    }

    /// The replicas that work in a pool, by ascending number.
    pub fn replicas_of<'a>(&'a self, pool: &'a Pool) -> impl Iterator<Item = &'a Replica> {
        pool.replicas.iter().map(|at| &self.replicas[*at as usize])
    }

    /// The measurements of the system as a whole: arrivals at sources, ends of user requests.
    #[must_use]
    pub const fn meter(&self) -> &Meter {
        &self.meter
    }

    /// The faults in force, in the order in which they began.
    #[must_use]
    pub fn active_faults(&self) -> &[ActiveFault] {
        &self.active
    }

    /// The hops that were sampled since they were taken last.
    pub fn take_hops(&mut self) -> Vec<HopSample> {
        std::mem::take(&mut self.hops)
    }

    /// The slowest requests of the last moments, slowest first.
    #[must_use]
    pub fn slowest_lately(&self) -> Vec<Exemplar> {
        self.exemplars.slowest()
    }

    /// The first request that failed since a page watches.
    pub const fn first_failed(&self) -> Option<Exemplar> {
        self.exemplars.first_failed
    }

    /// The latest requests that failed, newest first.
    pub fn failed_lately(&self) -> impl Iterator<Item = &Exemplar> {
        self.exemplars.failed.iter().rev()
    }
}
