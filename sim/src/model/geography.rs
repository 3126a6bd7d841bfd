//! Where things stand: regions, how far apart they are, and which country belongs to which.
//!
//! The figures are measurements of one cloud, taken as typical for all: [`LATENCY_SOURCE`], [`ZONE_SOURCE`].

use super::ids::AreaId;
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

/// Where the way between regions comes from, in words for the page.
pub static LATENCY_SOURCE: &str = "Half the round trip that cloudping.co measured between the cloud's own regions \
     (median, mean of both directions, as kept in the commonware estimator, 2025).";

/// Where the way within a region comes from, in words for the page.
pub static ZONE_SOURCE: &str = "Half the average round trip that IBM Cloud published for 2024: 0.09 ms within a zone, \
     and 1.6 ms between zones as the mean over its ten regions (0.6 to 2.9 ms).";

/// Round trips between regions [tenths of a millisecond], in the order of [`REGIONS`]; only what lies below the
/// diagonal, since both directions are the same.
#[rustfmt::skip]
static ROUND_TRIPS: [&[u32]; 10] = [
    /* us-east-1      */ &[],
    /* us-west-2      */ &[642],
    /* sa-east-1      */ &[1153, 1749],
    /* eu-west-1      */ &[697, 1184, 1784],
    /* eu-central-1   */ &[929, 1426, 2045, 272],
    /* af-south-1     */ &[2269, 2741, 3381, 1594, 1553],
    /* ap-south-1     */ &[1911, 2222, 3014, 1256, 1291, 2728],
    /* ap-southeast-1 */ &[2193, 1606, 3277, 1788, 1608, 3154, 641],
    /* ap-southeast-2 */ &[1997, 1411, 3122, 2557, 2515, 4088, 1548, 948],
    /* ap-northeast-1 */ &[1496, 984, 2586, 2024, 2273, 3573, 1338, 708, 1064],
];

/// How two stations stand to each other within a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nearness {
    SameZone,
    OtherZone,
}

impl Region {
    /// What is known of it.
    ///
    /// # Panics
    ///
    /// Where the index is none of [`REGIONS`]; [`find_region`] gives no such one.
    #[must_use]
    pub fn info(self) -> &'static RegionInfo {
        &REGIONS[usize::from(self.0)]
    }
}

/// One way from region to region; zero from a region to itself: for that see [`within_region`].
///
/// Source: [`LATENCY_SOURCE`].
#[must_use]
pub fn one_way(from: Region, to: Region) -> SimDuration {
    let (low, high) = (from.0.min(to.0), from.0.max(to.0));
    let round_trip = ROUND_TRIPS.get(usize::from(high)).and_then(|row| row.get(usize::from(low)));
    // Half of a tenth of a millisecond is 50 microseconds.
    SimDuration(round_trip.map_or(0, |tenths| u64::from(*tenths) * 50_000))
}

/// One way between two stations of one region.
///
/// Source: [`ZONE_SOURCE`].
#[must_use]
pub fn within_region(nearness: Nearness) -> SimDuration {
    match nearness {
        Nearness::SameZone => SimDuration(45_000),
        Nearness::OtherZone => SimDuration(800_000),
    }
}

/// One way between two stations, each in a region and perhaps in a zone of it.
///
/// Within a region, two stations of the same zone, or both of none, are in one zone; otherwise they are in two.
#[must_use]
pub fn way(from: (Region, Option<AreaId>), to: (Region, Option<AreaId>)) -> SimDuration {
    if from.0 != to.0 {
        one_way(from.0, to.0)
    } else if from.1 == to.1 {
        within_region(Nearness::SameZone)
    } else {
        within_region(Nearness::OtherZone)
    }
}

/// Countries (ISO 3166-1 alpha-2) by the region nearest to them.
///
/// Our own map: each country belongs to the region nearest to its main city by great-circle distance (cities of the time
/// zone database).
/// Nobody's nearest region is Oregon: a country has one main city, and that of the United States is in the east.
static NEAREST: [(&str, &str); 10] = [
    (
        "us-east-1",
        "AG AI AW BB BL BM BQ BS BZ CA CO CR CU CW DM DO GD GP GT HN HT JM KN KY LC MF MQ MS \
         MX NI PA PM PR SV SX TC TT US VC VE VG VI",
    ),
    ("us-west-2", ""),
    ("sa-east-1", "AR BO BR CL EC FK GF GS GY LR PE PY SR UY"),
    ("eu-west-1", "CV EH FO GB GG GI GL GM GN GW IE IM IS JE MA MR PT SJ SL SN"),
    (
        "eu-central-1",
        "AD AL AM AT AX BA BE BF BG BY CH CY CZ DE DK DZ EE EG ES FI FR GE GR HR HU IL IT JO \
         LB LI LT LU LV LY MC MD ME MK ML MT NE NL NO PL PS RO RS RU SE SI SK SM SY TD TN TR \
         UA VA",
    ),
    (
        "af-south-1",
        "AO BI BJ BV BW CD CF CG CI CM GA GH GQ HM KE KM LS MG MU MW MZ NA NG RE RW SH SS ST \
         SZ TF TG TZ UG YT ZA ZM ZW",
    ),
    (
        "ap-south-1",
        "AE AF AZ BD BH BT DJ ER ET IN IO IQ IR KG KW KZ LK MV NP OM PK QA SA SC SD SO TJ TM \
         UZ YE",
    ),
    ("ap-southeast-1", "BN CC CX HK ID KH LA MM MO MY PH SG TH TL VN"),
    ("ap-southeast-2", "AQ AS AU CK FJ KI NC NF NR NU NZ PF PG PN SB TK TO TV VU WF WS"),
    ("ap-northeast-1", "CN FM GU JP KP KR MH MN MP PW TW UM"),
];

/// The same as a table by letters: the region's index, or [`NOWHERE`].
static BY_LETTERS: [[u8; 26]; 26] = by_letters();

const NOWHERE: u8 = u8::MAX;

const fn by_letters() -> [[u8; 26]; 26] {
    let mut table = [[NOWHERE; 26]; 26];
    let mut region = 0;
    while region < NEAREST.len() {
        let codes = NEAREST[region].1.as_bytes();
        let mut at = 0;
        while at + 1 < codes.len() {
            table[(codes[at] - b'A') as usize][(codes[at + 1] - b'A') as usize] = region as u8;
            at += 3;
        }
        region += 1;
    }
    table
}

/// The region nearest to a country's people; `None` for a country that the map does not know.
///
/// Source: our own map, see `NEAREST`.
#[must_use]
pub fn region_of(country: Country) -> Option<Region> {
    let letter = |byte: u8| usize::from(byte.wrapping_sub(b'A'));
    let index = *BY_LETTERS.get(letter(country.0[0]))?.get(letter(country.0[1]))?;
    (index != NOWHERE).then_some(Region(index))
}

/// The small map that load balancing tutorials print: seven countries, four regions, and nothing else.
#[must_use]
pub fn tutorial_region_of(country: Country) -> Option<Region> {
    find_region(match &country.0 {
        b"US" | b"CA" => "us-east-1",
        b"GB" | b"DE" | b"FR" => "eu-west-1",
        b"JP" => "ap-northeast-1",
        b"AU" => "ap-southeast-2",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = Region> {
        (0..REGIONS.len() as u8).map(Region)
    }

    fn region(id: &str) -> Region {
        find_region(id).expect("a region of the table")
    }

    #[test]
    fn the_way_there_is_as_long_as_the_way_back_and_none_to_oneself() {
        for a in all() {
            assert_eq!(one_way(a, a), SimDuration::ZERO);
            for b in all().filter(|b| *b != a) {
                assert_eq!(one_way(a, b), one_way(b, a));
                assert!(one_way(a, b) > within_region(Nearness::OtherZone), "{a:?} {b:?}");
            }
        }
        assert_eq!(one_way(region("eu-west-1"), region("us-east-1")), SimDuration(34_850_000));
        assert!(within_region(Nearness::SameZone) < within_region(Nearness::OtherZone));
    }

    #[test]
    fn no_detour_over_a_third_region_saves_much() {
        // Real routes do make detours; ten percent is what the measured ones allow.
        for (a, b, c) in all().flat_map(|a| all().flat_map(move |b| all().map(move |c| (a, b, c)))) {
            if a != b && b != c && a != c {
                let (direct, over) = (one_way(a, c).0, one_way(a, b).0 + one_way(b, c).0);
                assert!(direct * 10 <= over * 11, "{} to {} over {}", a.info().id, c.info().id, b.info().id);
            }
        }
    }

    #[test]
    fn nothing_is_faster_than_light_in_fiber() {
        // Great-circle distances [km]; light in fiber makes 200 km in a millisecond.
        let far = [
            ("us-east-1", "us-west-2", 3503),
            ("us-east-1", "eu-west-1", 5462),
            ("us-east-1", "sa-east-1", 7664),
            ("eu-west-1", "eu-central-1", 1088),
            ("eu-central-1", "af-south-1", 9394),
            ("eu-west-1", "ap-south-1", 7603),
            ("ap-south-1", "ap-southeast-1", 3904),
            ("ap-southeast-1", "ap-southeast-2", 6306),
            ("ap-southeast-2", "ap-northeast-1", 7826),
            ("us-west-2", "ap-northeast-1", 7971),
            ("us-west-2", "ap-southeast-2", 12564),
        ];
        for (a, b, km) in far {
            let way = one_way(region(a), region(b));
            assert!(way.0 >= km * 5_000, "{a} to {b}: {way:?}");
            assert!(way.0 <= km * 5_000 * 3, "{a} to {b}: {way:?}");
        }
    }

    #[test]
    fn the_map_knows_every_country_once() {
        let listed: Vec<&str> =
            NEAREST.iter().flat_map(|(_, codes)| codes.split(' ')).filter(|c| !c.is_empty()).collect();
        assert_eq!(listed.len(), 249, "ISO 3166-1 has 249 codes");
        let unique: std::collections::BTreeSet<&&str> = listed.iter().collect();
        assert_eq!(unique.len(), 249);
        for ((id, codes), info) in NEAREST.iter().zip(REGIONS) {
            assert_eq!(*id, info.id, "the map is in the order of the regions");
            for code in codes.split(' ').filter(|code| !code.is_empty()) {
                assert_eq!(region_of(Country::from_code(code)).map(|region| region.info().id), Some(*id), "{code}");
            }
            assert_eq!(codes.is_empty(), *id == "us-west-2", "{id}");
        }
        for code in ["", "ZZ", "de-DE", "1A", "ßA"] {
            assert_eq!(region_of(Country::from_code(code)), None, "{code}");
        }
        assert_eq!(region_of(Country::from_code("de")), find_region("eu-central-1"));
    }

    #[test]
    fn the_tutorials_map_knows_seven_countries() {
        let known = NEAREST.iter().flat_map(|(_, codes)| codes.split(' '));
        assert_eq!(known.filter(|code| tutorial_region_of(Country::from_code(code)).is_some()).count(), 7);
        assert_eq!(tutorial_region_of(Country::from_code("de")), find_region("eu-west-1"));
    }

    #[test]
    fn zones_decide_within_a_region_and_regions_between_them() {
        let (dublin, tokyo) = (region("eu-west-1"), region("ap-northeast-1"));
        let (a, b) = (Some(AreaId(1)), Some(AreaId(2)));
        assert_eq!(way((dublin, a), (dublin, a)), within_region(Nearness::SameZone));
        assert_eq!(way((dublin, None), (dublin, None)), within_region(Nearness::SameZone));
        assert_eq!(way((dublin, a), (dublin, b)), within_region(Nearness::OtherZone));
        assert_eq!(way((dublin, a), (dublin, None)), within_region(Nearness::OtherZone));
        assert_eq!(way((dublin, a), (tokyo, a)), one_way(dublin, tokyo));
    }
}
