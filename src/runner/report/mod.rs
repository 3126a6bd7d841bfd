//! What came out of a run, as data and as JSON: the same report on the page, in `headroom run --json` and for programs.
//!
//! The JSON has the fields below under their own names. Times are seconds, rates per second, shares 0..1, counts whole.
//! `null` stands where there is nothing to tell (no request, no slots); the text `"infinite"` stands for a percentile
//! that falls on an unanswered request. Within [`VERSION`], fields are only ever added. What is measured of a
//! station is an entry of [`crate::figure`]; another field gets a line in [`fields`], and where a person should see it, in
//! [`text`].

mod field;
pub mod fields;
mod figures;
pub mod text;

pub use figures::{Figures, Told};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::engine::stats::WindowHistogram;
use crate::figure::Reported;
use crate::model::ids::{EdgeId, NodeId};
use crate::model::outcome::Outcome;

/// Version of the report's shape.
pub const VERSION: u32 = 1;

/// A number that may be absent (NaN, `null` in JSON) or infinite (`"infinite"` in JSON).
#[derive(Clone, Copy, Debug)]
pub struct Figure(pub f64);

impl Figure {
    /// Nothing to tell.
    pub const NONE: Self = Self(f64::NAN);

    /// The number, if there is one; infinity included.
    #[must_use]
    pub fn get(self) -> Option<f64> {
        (!self.0.is_nan()).then_some(self.0)
    }
}

impl From<Option<f64>> for Figure {
    fn from(value: Option<f64>) -> Self {
        value.map_or(Self::NONE, Self)
    }
}

/// Two absent figures are equal.
impl PartialEq for Figure {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.get() {
            None => serializer.serialize_none(),
            Some(number) if number.is_finite() => serializer.serialize_f64(number),
            Some(_) => serializer.serialize_str("infinite"),
        }
    }
}

impl<'de> Deserialize<'de> for Figure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Number(f64),
            Text(String),
            Absent(()),
        }
        match Form::deserialize(deserializer)? {
            Form::Number(number) => Ok(Self(number)),
            Form::Text(text) if text == "infinite" => Ok(Self(f64::INFINITY)),
            Form::Text(text) => Err(serde::de::Error::custom(format_args!("\"{text}\" is no figure"))),
            Form::Absent(()) => Ok(Self::NONE),
        }
    }
}

/// The report of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`VERSION`].
    pub report: u32,
    /// Version of the engine.
    pub engine: String,
    pub title: String,
    /// As text: a seed may be larger than the whole numbers that JSON readers keep exactly.
    pub seed: String,
    /// Sixteen hexadecimal digits; equal for equal runs.
    pub trace_hash: String,
    /// How long sources sent [s].
    pub run_length_secs: f64,
    /// Left out of everything below [s].
    pub warm_up_secs: f64,
    /// Where the run stood when this was written [s].
    pub now_secs: f64,
    /// Whether the run had ended and drained.
    pub finished: bool,
    /// Why it was stopped before its end, in words; `null` where it was not.
    #[serde(default)]
    pub stopped: Option<String>,
    /// Events processed.
    pub events: u64,
    /// Changes applied while it ran.
    pub inputs: u64,
    /// How long requests in flight were waited for after the run's length [s]. Of what stations did and cost meanwhile
    /// nothing stands in the figures below; requests that came in time count, however late they ended.
    #[serde(default)]
    pub drain_secs: f64,
    /// What all stations cost meanwhile [USD]; absent where nothing has a price.
    #[serde(default, skip_serializing_if = "absent")]
    pub drain_cost: Figure,
    /// From the end of the warm-up to the run's length.
    #[serde(flatten)]
    pub whole: Span,
    /// The document's windows, in its order.
    pub windows: Vec<WindowReport>,
}

/// A named window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowReport {
    pub name: String,
    pub from_secs: f64,
    pub to_secs: f64,
    #[serde(flatten)]
    pub span: Span,
}

/// What happened to the requests that arrived within a span of the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// Length of the span, as far as it has been simulated [s].
    pub secs: f64,
    /// Requests that arrived within it; conserved: the sum of `outcomes` and `in_flight`.
    pub offered: u64,
    pub outcomes: Outcomes,
    /// Completed in time.
    pub good: u64,
    /// Not ended yet.
    pub in_flight: u64,
    /// Completed over offered.
    pub answered_share: Figure,
    /// Ended otherwise than Completed, over all that ended.
    pub error_share: Figure,
    /// [1/s]
    pub arrival_rate: Figure,
    pub throughput: Figure,
    pub goodput: Figure,
    /// Requests looked up in a cache for which no database had to read; absent where nothing is looked up.
    #[serde(default, skip_serializing_if = "absent")]
    pub hit_ratio: Figure,
    /// Over the completed alone.
    pub sojourn_time: Times,
    /// Over all offered: a request without an answer counts as infinite.
    pub sojourn_time_offered: Percentiles,
    /// What all stations cost [USD], and an hour of it; absent where nothing has a price.
    #[serde(default, skip_serializing_if = "absent")]
    pub cost: Figure,
    #[serde(default, skip_serializing_if = "absent")]
    pub cost_per_hour: Figure,
    /// Cost of a million completed requests [USD].
    #[serde(default, skip_serializing_if = "absent")]
    pub cost_per_million: Figure,
    /// Time in which the service-level objective was missed [min]; absent where there is none.
    #[serde(default, skip_serializing_if = "absent")]
    pub slo_minutes_lost: Figure,
    /// Why requests did not complete, most frequent first.
    pub reasons: Vec<ReasonCount>,
    /// By ascending id; sources stand in it with what they sent.
    pub stations: Vec<StationReport>,
    /// By ascending id.
    #[serde(default)]
    pub edges: Vec<EdgeReport>,
}

/// Requests by their fate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcomes {
    pub completed: u64,
    pub timed_out: u64,
    pub rejected: u64,
    pub shed: u64,
    pub abandoned: u64,
    pub failed: u64,
}

impl Outcomes {
    /// From counters in the order of [`Outcome::ALL`].
    #[must_use]
    pub const fn of(counts: [u64; 6]) -> Self {
        let [completed, timed_out, rejected, shed, abandoned, failed] = counts;
        Self { completed, timed_out, rejected, shed, abandoned, failed }
    }

    /// With the name of each, in the order of [`Outcome::ALL`].
    #[must_use]
    pub fn named(&self) -> [(Outcome, u64); 6] {
        let counts = [self.completed, self.timed_out, self.rejected, self.shed, self.abandoned, self.failed];
        let mut index = 0;
        Outcome::ALL.map(|outcome| {
            index += 1;
            (outcome, counts[index - 1])
        })
    }

    /// All that ended.
    #[must_use]
    pub const fn ended(&self) -> u64 {
        self.completed + self.timed_out + self.rejected + self.shed + self.abandoned + self.failed
    }
}

/// Percentiles [s].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Percentiles {
    pub p50: Figure,
    pub p90: Figure,
    pub p95: Figure,
    pub p99: Figure,
    pub p999: Figure,
}

impl Percentiles {
    /// The percentages, in the order of the fields.
    pub const AT: [f64; 5] = [50.0, 90.0, 95.0, 99.0, 99.9];

    /// Asks `percentile` for each of [`Percentiles::AT`].
    #[must_use]
    pub fn ask(percentile: impl Fn(f64) -> Option<f64>) -> Self {
        let [p50, p90, p95, p99, p999] = Self::AT.map(|at| Figure::from(percentile(at)));
        Self { p50, p90, p95, p99, p999 }
    }

    /// The one that goals call so; [`Figure::NONE`] where there is no such.
    #[must_use]
    pub fn named(&self, name: &str) -> Figure {
        match name {
            "p50" => self.p50,
            "p90" => self.p90,
            "p95" => self.p95,
            "p99" => self.p99,
            "p999" => self.p999,
            _ => Figure::NONE,
        }
    }
}

impl Default for Percentiles {
    fn default() -> Self {
        Self::ask(|_| None)
    }
}

/// Times of what was answered [s].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Times {
    pub mean: Figure,
    #[serde(flatten)]
    pub percentiles: Percentiles,
    pub max: Figure,
}

impl Times {
    pub(super) fn of(times: &WindowHistogram) -> Self {
        Self {
            mean: times.mean().into(),
            percentiles: Percentiles::ask(|p| times.percentile(p)),
            max: times.percentile(100.0).into(),
        }
    }
}

impl Default for Times {
    fn default() -> Self {
        Self { mean: Figure::NONE, percentiles: Percentiles::default(), max: Figure::NONE }
    }
}

/// How often a reason ended a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonCount {
    /// snake_case name, stable.
    pub reason: String,
    /// The same in words.
    pub label: String,
    pub count: u64,
}

/// One station within a span.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StationReport {
    pub node: NodeId,
    pub kind: String,
    pub label: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// What the registry of figures says of a station.
    #[serde(flatten)]
    pub figures: Figures,
}

impl StationReport {
    /// The number of a figure by its id; [`Figure::NONE`] where there is none.
    #[must_use]
    pub fn get(&self, id: &str) -> Figure {
        self.figures.get(id)
    }

    /// How calls to it ended.
    #[must_use]
    pub fn outcomes(&self) -> Outcomes {
        self.figures.outcomes()
    }

    /// The times of a figure by its id, `sojourn_time` or what a broker's messages took.
    #[must_use]
    pub fn times(&self, id: &str) -> Times {
        self.figures.times(id)
    }
}

impl Reported for StationReport {
    fn number(&self, name: &str) -> f64 {
        if name == "completed" { self.outcomes().completed as f64 } else { self.get(name).0 }
    }

    fn statistic(&self, name: &str, statistic: &str) -> f64 {
        self.figures.statistic(name, statistic).0
    }

    fn most(&self, id: &str) -> f64 {
        self.get(id).0
    }
}

impl Reported for Span {
    fn number(&self, name: &str) -> f64 {
        let figure = match name {
            "answered_share" => self.answered_share,
            "error_share" => self.error_share,
            "arrival_rate" => self.arrival_rate,
            "throughput" => self.throughput,
            "goodput" => self.goodput,
            "hit_ratio" => self.hit_ratio,
            "cost" => self.cost,
            "cost_per_hour" => self.cost_per_hour,
            "slo_minutes_lost" => self.slo_minutes_lost,
            "completed" => Figure(self.outcomes.completed as f64),
            _ => Figure::NONE,
        };
        figure.0
    }

    fn statistic(&self, name: &str, statistic: &str) -> f64 {
        if name == "sojourn_time_offered" { self.sojourn_time_offered.named(statistic).0 } else { self.number(name) }
    }

    fn most(&self, id: &str) -> f64 {
        self.stations.iter().filter_map(|station| station.get(id).get()).max_by(f64::total_cmp).unwrap_or(f64::NAN)
    }
}

fn absent(figure: &Figure) -> bool {
    figure.get().is_none()
}

impl Default for Figure {
    fn default() -> Self {
        Self::NONE
    }
}

/// Attempts over one edge for requests that arrived within a span, whenever they ended; what belongs to no request (the
/// filling of a cache) counts when it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EdgeReport {
    pub edge: EdgeId,
    pub from: NodeId,
    pub to: NodeId,
    /// Conserved: the sum of `outcomes` and `in_flight`.
    pub sent: u64,
    pub outcomes: Outcomes,
    pub in_flight: u64,
    /// Of those sent, how many were not the first try.
    pub retries: u64,
}

impl Report {
    /// As JSON, on several lines.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a report is plain data")
    }

    /// The window of that name.
    #[must_use]
    pub fn window(&self, name: &str) -> Option<&Span> {
        self.windows.iter().find(|window| window.name == name).map(|window| &window.span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_and_infinite_figures_have_their_own_words() {
        let json = serde_json::to_string(&[Figure::NONE, Figure(f64::INFINITY), Figure(0.25)]).unwrap();
        assert_eq!(json, "[null,\"infinite\",0.25]");
        let back: Vec<Figure> = serde_json::from_str(&json).unwrap();
        assert_eq!(back, [Figure::NONE, Figure(f64::INFINITY), Figure(0.25)]);
        assert!(serde_json::from_str::<Figure>("\"high\"").is_err());
    }
}
