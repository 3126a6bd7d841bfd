//! Where things stand: regions, how far apart they are, and which country belongs to which.

use crate::engine::time::SimDuration;

/// A region of the world where stations can stand; index into [`REGIONS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Region(pub u8);

/// What is known of a region.
#[derive(Clone, Copy, Debug)]
pub struct RegionInfo {
    /// Stable id, as the cloud provider names it.
    pub id: &'static str,
    /// Its place in plain words.
    pub name: &'static str,
}

/// A country by its ISO 3166-1 alpha-2 code in capitals; two zero bytes where it is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Country(pub [u8; 2]);

impl Country {
    /// The country of a code of two letters; unknown for anything else.
    #[must_use]
    pub fn from_code(code: &str) -> Self {
        match code.trim().as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Self([a.to_ascii_uppercase(), b.to_ascii_uppercase()])
            }
            _ => Self::default(),
        }
    }
}

/// All regions.
pub static REGIONS: &[RegionInfo] = &[
    RegionInfo { id: "us-east-1", name: "Virginia" },
    RegionInfo { id: "us-west-2", name: "Oregon" },
    RegionInfo { id: "sa-east-1", name: "São Paulo" },
    RegionInfo { id: "eu-west-1", name: "Ireland" },
    RegionInfo { id: "eu-central-1", name: "Frankfurt" },
    RegionInfo { id: "af-south-1", name: "Cape Town" },
    RegionInfo { id: "ap-south-1", name: "Mumbai" },
    RegionInfo { id: "ap-southeast-1", name: "Singapore" },
    RegionInfo { id: "ap-southeast-2", name: "Sydney" },
    RegionInfo { id: "ap-northeast-1", name: "Tokyo" },
];

/// Finds a region by id.
#[must_use]
pub fn find_region(id: &str) -> Option<Region> {
    REGIONS.iter().position(|region| region.id == id).map(|at| Region(at as u8))
}

/// How two stations stand to each other within a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nearness {
    SameZone,
    OtherZone,
}

/// One way from region to region; between zones of one region see [`within_region`].
#[must_use]
pub fn one_way(_from: Region, _to: Region) -> SimDuration {
    todo!("matrix")
}

/// One way between two stations of one region.
#[must_use]
pub fn within_region(_nearness: Nearness) -> SimDuration {
    todo!("matrix")
}

/// The region nearest to a country's people; `None` for a country that the map does not know.
#[must_use]
pub fn region_of(_country: Country) -> Option<Region> {
    todo!("map")
}
