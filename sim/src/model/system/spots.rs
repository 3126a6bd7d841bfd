//! Where things are while the system runs, as small numbers, and how long the way between two of them takes.
//!
//! Spot 0 is nowhere: the way to it takes no time of its own, since what stands nowhere stands where its caller stands.
//! Spots 1 to the number of regions are those regions; zones follow as they come up, and are never reused.
//!
//! A region or a zone is an area of the document, drawn as a frame; a node says which one it stands in, and a zone which region
//! it lies in. The compiler turns areas into a `Standing`; the way between two of them is added to a connection's own latency,
//! and an outage hits everything that stands in its area.

use super::System;
use super::plan::Standing;
use crate::engine::time::SimDuration;
use crate::model::geography::{self, REGIONS, Region};
use crate::model::ids::AreaId;
use crate::model::money::Way;

/// Nowhere in particular.
pub(super) const NOWHERE: u8 = 0;

/// Most zones that have a spot of their own; further ones count as their region.
const ZONES_MAX: usize = 200;

/// Ways between all spots.
#[derive(Clone, Debug, Default)]
pub struct Spots {
    /// Whether anything stands anywhere: if not, nobody needs to ask.
    pub(super) used: bool,
    zones: Vec<(AreaId, Region)>,
    /// One way, from (row) to (column); empty until something stands somewhere.
    ways: Vec<SimDuration>,
}

impl Spots {
    fn count(&self) -> usize {
        1 + REGIONS.len() + self.zones.len()
    }

    /// The spot of a region without a zone.
    pub(super) const fn of_region(region: Region) -> u8 {
        1 + region.0
    }

    /// The spot of the region that a spot lies in.
    pub(super) fn region_spot(&self, spot: u8) -> u8 {
        self.place(spot.into()).map_or(NOWHERE, |(region, _)| Self::of_region(region))
    }

    /// The spot of a station.
    pub(super) fn of(&mut self, stands: Option<Standing>) -> u8 {
        let Some(stands) = stands else { return NOWHERE };
        self.used = true;
        let Some(zone) = stands.zone else { return Self::of_region(stands.region) };
        let at = self.zones.iter().position(|(area, _)| *area == zone).unwrap_or_else(|| {
            if self.zones.len() < ZONES_MAX {
                self.zones.push((zone, stands.region));
            }
            self.zones.len() - 1
        });
        if self.zones[at].0 != zone {
            return Self::of_region(stands.region);
        }
        self.zones[at].1 = stands.region;
        (1 + REGIONS.len() + at) as u8
    }

    /// Works out all ways anew, once every station has its spot.
    pub(super) fn measure(&mut self) {
        let count = self.count();
        let way = |from: usize, to: usize| match (self.place(from), self.place(to)) {
            (Some(from), Some(to)) => geography::way(from, to),
            _ => SimDuration::ZERO,
        };
        self.ways = (0..count * count).map(|at| way(at / count, at % count)).collect();
    }

    /// Region and zone of a spot.
    fn place(&self, spot: usize) -> Option<(Region, Option<AreaId>)> {
        let regions = REGIONS.len();
        match spot {
            0 => None,
            _ if spot <= regions => Some((Region(spot as u8 - 1), None)),
            _ => self.zones.get(spot - 1 - regions).map(|(area, region)| (*region, Some(*area))),
        }
    }

    /// The border between two spots, if data pays for it.
    pub(super) fn border(&self, from: u8, to: u8) -> Option<Way> {
        let ((from, from_zone), (to, to_zone)) = (self.place(from.into())?, self.place(to.into())?);
        if from != to {
            return Some(Way::Regions);
        }
        // Who stands in no zone of its region in particular is in the same one.
        (from_zone? != to_zone?).then_some(Way::Zones)
    }

    /// One way between two spots.
    #[inline]
    pub(super) fn way(&self, from: u8, to: u8) -> SimDuration {
        if from == NOWHERE || to == NOWHERE {
            return SimDuration::ZERO;
        }
        let count = self.count();
        self.ways.get(usize::from(from) * count + usize::from(to)).copied().unwrap_or(SimDuration::ZERO)
    }
}

impl System {
    /// Where the clients of a request are.
    pub(super) fn client_spot(&self, source: u32, request: u32) -> u8 {
        let own = self.stations[source as usize].spot;
        if own != NOWHERE {
            return own;
        }
        geography::region_of(self.request_country(request)).map_or(NOWHERE, Spots::of_region)
    }
}
