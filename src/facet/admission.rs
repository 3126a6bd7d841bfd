//! Who is let in at a station: its rate limit, and what sheds load.

use serde::{Deserialize, Serialize};

use super::words::grouped;
use super::{Look, Show, StateLine, Weight};
use crate::model::system::admission::AdmissionControl;

/// What stands in front of a station.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Admission {
    pub limit: Option<RateLimit>,
    pub shedding: Option<Shedding>,
}

/// A rate limit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RateLimit {
    pub name: String,
    /// Clients with a limit of their own; `None`: one limit for all.
    pub clients: Option<u32>,
    /// What is used up of how much, in requests; with clients of their own, by the one that used up most.
    pub used: f64,
    pub of: f64,
    /// The next request would be refused.
    pub full: bool,
    pub words: String,
    pub admitted: u64,
    pub refused: u64,
    /// Requests that wait their turn in front of it.
    pub shaped: u32,
}

/// Load shedding.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shedding {
    pub name: String,
    pub inside: u32,
    /// Most that may be inside, where there is such a number.
    pub limit: Option<f64>,
    /// It turns somebody away now.
    pub sheds: bool,
    pub words: String,
    pub numbers: Vec<(String, String)>,
    /// The limit at the end of each of the last buckets, oldest first; not at a glance.
    pub trend: Vec<f32>,
    /// How long a bucket is [s].
    pub trend_secs: f64,
    /// Turned away since the start: at the limit, for their priority, for the wait.
    pub refused: [u64; 3],
}

impl Show for Admission {
    fn read(look: &mut Look<'_>) -> Option<Self> {
        let admission = look.station.admission.as_ref()?;
        let admission = Self { limit: limit(look, admission), shedding: shedding(look, admission) };
        (admission.limit.is_some() || admission.shedding.is_some()).then_some(admission)
    }

    fn state_line(&self) -> Option<StateLine> {
        let words = if let Some(shedding) = self.shedding.as_ref().filter(|shedding| shedding.sheds) {
            match shedding.limit {
                Some(limit) => format!("shedding at {} of {}", shedding.inside, grouped(limit)),
                None => "shedding".to_owned(),
            }
        } else {
            self.limit.as_ref().filter(|limit| limit.full)?;
            "rate limit reached".to_owned()
        };
        Some(StateLine { weight: Weight::Refusal, words })
    }
}

fn limit(look: &Look<'_>, admission: &AdmissionControl) -> Option<RateLimit> {
    let limit = admission.limit.as_ref()?;
    let (_, reading) = limit.fullest(look.system.now());
    let (admitted, refused) = limit.counts();
    Some(RateLimit {
        name: limit.name().to_owned(),
        clients: limit.settings().per_client().then(|| limit.clients() as u32),
        used: reading.used,
        of: reading.limit,
        full: reading.full,
        words: reading.words,
        admitted,
        refused,
        shaped: admission.counts().1,
    })
}

fn shedding(look: &Look<'_>, admission: &AdmissionControl) -> Option<Shedding> {
    let shedder = admission.shedder.as_ref()?;
    let reading = shedder.reading(look.system.now(), look.system.load_of(look.at));
    let refusals = admission.refusals;
    Some(Shedding {
        name: admission.config().shedding.as_ref()?.kind().entry.name.to_owned(),
        inside: admission.counts().0,
        limit: reading.limit,
        sheds: reading.sheds,
        words: reading.words,
        numbers: owned(reading.numbers),
        trend: if look.whole { admission.trend().collect() } else { Vec::new() },
        trend_secs: look.system.bucket_secs(),
        refused: [refusals.limit, refusals.priority, refusals.delay],
    })
}

pub(super) fn owned(numbers: Vec<(&'static str, String)>) -> Vec<(String, String)> {
    numbers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_tells_who_is_turned_away() {
        let said = |sheds, full| {
            let shedding = Shedding { inside: 40, limit: Some(40.0), sheds, ..Shedding::default() };
            let limit = RateLimit { full, ..RateLimit::default() };
            let admission = Admission { limit: Some(limit), shedding: Some(shedding) };
            admission.state_line().map(|line| line.words)
        };
        assert_eq!(said(false, false), None);
        assert_eq!(said(true, true).as_deref(), Some("shedding at 40 of 40"));
        assert_eq!(said(false, true).as_deref(), Some("rate limit reached"));
        assert_eq!(Admission::default().state_line(), None);
    }
}
