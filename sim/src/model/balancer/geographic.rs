//! Each client goes to the nearest region that has an eligible backend; within it, turns by weight.
//!
//! Nearest is by the way between regions, from the region that the map gives the client's country. A country that the map
//! does not know stands in the default region. Backends that stand in no region come last.
//!
//! Source: the geographic balancer of the Go Coffee tutorial (its map is one of the choices) and what its text means:
//! fail over to the *nearest* other region, by health. Distances: `geography.rs`.

use super::smooth_weighted::SmoothWeighted;
use super::{
    BackendView, Descriptor, Explanation, Needs, PickContext, Reads, Score, Strategy, anything, eligible, nobody,
};
use crate::model::geography::{self, Country, Region};
use crate::model::params::{Entry, ParamSpec, Params, told};
use crate::model::read::Reader;

const ENTRY: Entry = Entry {
    id: "geographic",
    name: "Geographic",
    summary: told(
        "The region nearest to the client's country that has an eligible backend; within it, turns by weight.",
    ),
    source: told("Go Coffee tutorial, geographic load balancing; distances and the full map: see regions."),
    params: &[
        ParamSpec::choice(
            "map",
            "Map",
            &[("full", "All countries"), ("tutorial", "The tutorial's seven")],
            "full",
            "Which countries are known. The tutorial knows US, CA, GB, DE, FR, JP and AU; all others are unknown to it.",
        ),
        ParamSpec::choice(
            "default_region",
            "Default region",
            &[
                ("us-east-1", "Virginia"),
                ("us-west-2", "Oregon"),
                ("sa-east-1", "São Paulo"),
                ("eu-west-1", "Ireland"),
                ("eu-central-1", "Frankfurt"),
                ("af-south-1", "Cape Town"),
                ("ap-south-1", "Mumbai"),
                ("ap-southeast-1", "Singapore"),
                ("ap-southeast-2", "Sydney"),
                ("ap-northeast-1", "Tokyo"),
            ],
            "us-east-1",
            "The region assumed for clients whose country is not known.",
        ),
    ],
    defect: false,
};

pub(super) const DESCRIPTOR: Descriptor = Descriptor {
    entry: ENTRY,
    needs: Needs::Request { weights: true },
    check: anything,
    build: |params| Box::new(Geographic::new(params)),
};

#[derive(Clone, Debug)]
struct Geographic {
    full: bool,
    default: Region,
    turns: SmoothWeighted,
}

/// How far a region is from home, for comparison: its way, then its number; no region is farthest.
#[inline]
fn distance(home: Region, region: Option<Region>) -> (u64, u8) {
    region.map_or((u64::MAX, u8::MAX), |region| (geography::one_way(home, region).0, region.0))
}

impl Geographic {
    fn new(params: &Params) -> Self {
        let reader = Reader::new(&ENTRY, params);
        let default = geography::find_region(reader.choice("default_region")).unwrap_or(Region(0));
        Self { full: reader.choice("map") == "full", default, turns: SmoothWeighted::default() }
    }

    /// The region of a country, if the map knows it.
    fn known(&self, country: Country) -> Option<Region> {
        if self.full { geography::region_of(country) } else { geography::tutorial_region_of(country) }
    }

    /// The nearest region with an eligible backend; `Some(None)` if all of those stand in none. O(n).
    #[inline]
    fn nearest(home: Region, backends: &[BackendView]) -> Option<Option<Region>> {
        // Which regions have somebody: a bit for each, and one beyond the last for those that stand in none.
        let nowhere = geography::REGIONS.len();
        let place = |region: Option<Region>| region.map_or(nowhere, |region| usize::from(region.0));
        let present = eligible(backends).fold(0_u64, |present, (_, backend)| present | 1 << place(backend.region));
        let regions = (0..=nowhere).filter(|at| present >> at & 1 == 1);
        regions.map(|at| (at < nowhere).then_some(Region(at as u8))).min_by_key(|region| distance(home, *region))
    }
}

fn words(region: Region) -> String {
    let info = region.info();
    format!("{} ({})", info.name, info.id)
}

impl Strategy for Geographic {
    /// O(n).
    fn pick(&mut self, cx: &mut PickContext<'_>) -> Option<u32> {
        let home = self.known(cx.request.country).unwrap_or(self.default);
        let nearest = Self::nearest(home, cx.backends)?;
        self.turns.step(cx.backends, |_, backend| backend.eligible && backend.region == nearest)
    }

    fn reads(&self) -> Reads {
        Reads { country: true, ..Reads::default() }
    }

    fn explain(&self, cx: &PickContext<'_>, label: &dyn Fn(u32) -> String) -> Explanation {
        let known = self.known(cx.request.country);
        let home = known.unwrap_or(self.default);
        let placed = eligible(cx.backends).filter_map(|(index, backend)| Some((index, backend.region?)));
        let scores = placed.map(|(index, region)| {
            let value = geography::one_way(home, region).as_secs_f64();
            let formula = format!("{} is {:.1} ms one way from {}", words(region), value * 1e3, words(home));
            Score { backend: index, value, formula }
        });
        let country = std::str::from_utf8(&cx.request.country.0).unwrap_or_default();
        let mut steps = vec![match known {
            Some(_) => format!("The client is in {country}; the region for it is {}.", words(home)),
            None if cx.request.country == Country::default() => {
                format!("The client's country is unknown: the default region, {}, is used instead.", words(home))
            }
            None => format!("The map does not know {country}: the default region, {}, is used instead.", words(home)),
        }];
        let nearest = Self::nearest(home, cx.backends);
        match nearest {
            Some(Some(region)) if region == home => steps.push("An eligible backend stands there.".to_owned()),
            Some(Some(region)) => {
                let way = geography::one_way(home, region).as_secs_f64() * 1e3;
                steps.push(format!(
                    "None of the eligible stands there; the nearest region with one is {}, {way:.1} ms one way.",
                    words(region)
                ));
            }
            Some(None) => steps.push("None of the eligible stands in a region: all of them will do.".to_owned()),
            None => steps = nobody(),
        }
        let gain = |_, backend: &BackendView| {
            (backend.eligible && Some(backend.region) == nearest).then(|| i64::from(backend.weight))
        };
        let (chosen, turn) = self.turns.foretell(cx.backends, gain, label);
        if chosen.is_some() {
            steps.extend(turn);
        }
        Explanation {
            rule: "The nearest region with an eligible backend; within it, turns by weight.",
            scores: scores.collect(),
            steps,
            chosen,
        }
    }

    fn box_clone(&self) -> Box<dyn Strategy> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::params::ParamKind;

    #[test]
    fn every_region_can_be_the_default() {
        let ParamKind::Choice { options, .. } = ENTRY.params[1].kind else { panic!("a choice") };
        let regions: Vec<_> = geography::REGIONS.iter().map(|region| (region.id, region.name)).collect();
        assert_eq!(options, regions);
    }

    #[test]
    fn the_tutorial_knows_seven_countries() {
        let id = |code| geography::tutorial_region_of(Country::from_code(code)).map(|region| region.info().id);
        assert_eq!(["US", "CA", "GB", "DE"].map(id), ["us-east-1", "us-east-1", "eu-west-1", "eu-west-1"].map(Some));
        assert_eq!(["FR", "JP", "AU"].map(id), ["eu-west-1", "ap-northeast-1", "ap-southeast-2"].map(Some));
        assert_eq!(["BR", ""].map(id), [None, None]);
    }
}
