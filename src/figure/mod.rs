//! What is measured of a station, or of the whole system, in each bucket of time: **one entry for each figure**.
//!
//! From an entry of [`FIGURES`] come the field of a station in reports (JSON, `headroom help json`, the TypeScript
//! types, the line on a terminal), the goal that lessons and summaries can set, the column that travels to the page,
//! the one in the monitor's files, and the line of a chart. Adding a figure is an entry; where it needs something that
//! is not counted yet, a [`Count`] and the line that counts it; and its term in `www/glossary.toml`.
//!
//! An entry says how a figure is read off a [`Bucket`]. Buckets, windows and whole runs are all one type, and merging them
//! is the meter's business: a figure is read after the merge, so that a ratio is one of sums, never a mean of ratios.
//!
//! In a report a figure is a number, or a table of its own: outcomes, times, percentiles; see [`Read`].

mod caches;
mod table;
pub mod typescript;

use std::sync::LazyLock;

use self::table::TABLE;
pub use self::table::{FIGURES, PERCENTILES};
use crate::engine::sort;
use crate::engine::stats::WindowHistogram;
use crate::model::params::Unit;
use crate::model::system::broker::DeliveryTally;
use crate::model::system::meter::{Bucket, Meter, SpanSum};
use crate::model::system::station::Station;

/// How one figure is measured and where it is seen.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// snake_case, unique; goals and the page know it by this name. Where it is a goal, a term of the glossary.
    pub id: &'static str,
    pub unit: Unit,
    /// Its value over a bucket or a span; NaN where there is nothing to tell.
    pub read: fn(&Bucket) -> f64,
    /// Summed up from the start of the run, bucket after bucket.
    pub so_far: bool,
    pub without: Without,
    /// Which of a station's instruments it is read from, over time.
    pub of: Of,
    /// What the whole system shows of it over time.
    pub system: Whole,
    /// Where it stands in a station's report.
    pub field: Option<Field>,
    /// What goals and summaries can ask of it.
    pub goal: Option<Goal>,
    /// Its column in the monitor's files, with the unit.
    pub column: Option<&'static str>,
    pub line: Option<Line>,
}

/// What stands where there is nothing to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Without {
    /// `null`.
    Null,
    /// Nothing at all.
    Absent,
    /// Nothing at all, where it is zero, too.
    AbsentAtZero,
}

/// Instruments of a station.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Its own.
    Station,
    /// That of its waiting line: what waits at a broker is messages, which are measured apart. Only of what has a line.
    Line,
}

/// How the figures of all stations become one of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whole {
    /// The system has an instrument of its own, which counts requests, not calls.
    Own,
    /// The largest of the stations that are there now.
    Most,
    /// The sum over the stations that are there now.
    Sum,
    /// The sum over all stations that ever were there.
    SumOfAll,
}

/// A field of a station's report.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The object that it stands in; `None`: among the station's own fields.
    pub group: Option<&'static Group>,
    pub name: &'static str,
    /// A sentence without its period.
    pub meaning: &'static str,
    pub read: Read,
    /// A whole number.
    pub whole: bool,
    /// Among a report's fields, ascending; equal ones stand in the registry's order.
    pub place: u8,
    /// What a terminal says before it; empty: nothing is said there.
    pub words: &'static str,
}

/// How a field of a station's report is read over a span, and what it is.
#[derive(Clone, Copy, Debug)]
pub enum Read {
    /// A number: [`Spec::read`] of what the station's own instrument has.
    Spec,
    /// A number; NaN where there is nothing to tell.
    Number(fn(&Measured<'_>) -> f64),
    /// How calls ended.
    Outcomes,
    /// How long something took: mean, percentiles, the longest.
    Times(for<'a> fn(&Measured<'a>) -> Option<&'a WindowHistogram>),
    /// Percentiles, with so many that never ended.
    Percentiles(for<'a> fn(&Measured<'a>) -> Option<(&'a WindowHistogram, u64)>),
}

/// What was measured at a station over a span.
#[derive(Clone, Copy, Debug)]
pub struct Measured<'a> {
    pub station: &'a Station,
    /// By its own instrument.
    pub sum: &'a SpanSum,
    /// Of a broker: what its consumers had still to do over time, and what it delivered of what was published.
    pub broker: Option<(&'a Bucket, &'a DeliveryTally)>,
}

/// Fields that belong together, as an object in a station's report.
#[derive(Debug)]
pub struct Group {
    pub name: &'static str,
    /// Name of its TypeScript interface.
    pub interface: &'static str,
    pub meaning: &'static str,
    /// Of the object itself.
    pub summary: &'static str,
    /// Whether a station has it.
    pub at: fn(&Station) -> bool,
}

/// What can be asked of a figure.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    pub statistics: &'static [&'static str],
    /// Exactly how it is measured.
    pub summary: &'static str,
    /// How it is read at a station; `None`: it is none of a station's.
    pub station: Option<Ask>,
    /// How it is read of the whole system; `None`: it is none of the system's.
    pub system: Option<Ask>,
}

/// How a goal is read off a report.
#[derive(Clone, Copy, Debug)]
pub enum Ask {
    /// The statistic of the figure's own field.
    Field,
    /// From the report's numbers, for the statistic that is asked for.
    Of(fn(&dyn Reported, &str) -> f64),
}

/// The numbers of a report, of the whole system or of a station in it, as goals read them.
pub trait Reported {
    /// A number: at a station by its figure's id, of the system by the name of its field; of both `completed`, a count.
    /// NaN where there is none.
    fn number(&self, name: &str) -> f64;

    /// A statistic, such as `p99`, of what has percentiles; of a number the number itself.
    fn statistic(&self, name: &str, statistic: &str) -> f64;

    /// The largest among all stations, by the figure's id; at a station its own.
    fn most(&self, id: &str) -> f64;
}

impl Ask {
    /// The value of the figure `id` in `report`.
    #[must_use]
    pub fn of(self, report: &dyn Reported, id: &str, statistic: &str) -> f64 {
        match self {
            Self::Field => report.statistic(id, statistic),
            Self::Of(read) => read(report, statistic),
        }
    }
}

/// A line of a chart.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    pub chart: &'static Chart,
    /// Its place among the lines of the chart, ascending.
    pub place: u8,
    pub label: &'static str,
    /// A design token.
    pub color: &'static str,
    /// Dash and gap [px]; empty = solid. With the color it tells lines apart.
    pub dash: &'static [u8],
}

/// A chart over time.
#[derive(Debug, PartialEq, Eq)]
pub struct Chart {
    /// Unique.
    pub title: &'static str,
    /// A term of the glossary.
    pub term: &'static str,
    pub scale: Scale,
    /// Its place in the panel "Charts", ascending; `None`: it stands in the monitor alone.
    pub panel: Option<u8>,
    pub monitor: Shown,
    /// What else there is to know, of the whole system and of a single station; may be empty.
    pub note: [&'static str; 2],
}

/// When the performance monitor has a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    Always,
    /// Where memory is modelled.
    WithMemory,
    Never,
}

/// What the numbers of a chart are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    Number,
    PerSecond,
    Seconds,
    Share,
    /// A share of time that may be more than all of it.
    Times,
    Dollars,
    Bytes,
    BytesPerSecond,
}

/// The figure of that name.
#[must_use]
pub fn find(id: &str) -> Option<&'static Spec> {
    FIGURES.iter().find(|spec| spec.id == id)
}

/// The fields of a station's report, in their order.
pub fn fields() -> impl Iterator<Item = (&'static Spec, &'static Field)> {
    static FIELDS: LazyLock<Vec<(&Spec, &Field)>> = LazyLock::new(|| {
        let mut fields: Vec<_> = FIGURES.iter().filter_map(|spec| Some((spec, spec.field.as_ref()?))).collect();
        sort::few_by_key(&mut fields, |(_, field)| field.place);
        fields
    });
    FIELDS.iter().copied()
}

/// What travels to the page bucket by bucket, in the order of the columns of its series.
pub fn charted() -> impl Iterator<Item = &'static Spec> {
    FIGURES.iter().filter(|spec| spec.column.is_some() || spec.line.is_some())
}

/// All charts, in the monitor's order.
#[must_use]
pub fn charts() -> Vec<&'static Chart> {
    let mut charts: Vec<&Chart> = Vec::new();
    for line in FIGURES.iter().filter_map(|spec| spec.line) {
        if charts.iter().all(|chart| chart.title != line.chart.title) {
            charts.push(line.chart);
        }
    }
    charts
}

impl Chart {
    /// Its lines with the figures that they draw.
    #[must_use]
    pub fn lines(&self) -> Vec<(&'static Spec, Line)> {
        let lines = FIGURES.iter().filter_map(|spec| Some((spec, spec.line?)));
        let mut lines: Vec<_> = lines.filter(|(_, line)| line.chart.title == self.title).collect();
        sort::few_by_key(&mut lines, |(_, line)| line.place);
        lines
    }
}

impl Spec {
    /// The instrument of `station` that it is read from.
    #[must_use]
    pub fn meter<'a>(&self, station: &'a Station) -> Option<&'a Meter> {
        match self.of {
            Of::Station => Some(&station.meter),
            Of::Line => station.line(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn an_entry_is_whole_and_its_names_are_its_own() {
        let ids: BTreeSet<&str> = FIGURES.iter().map(|spec| spec.id).collect();
        assert_eq!(ids.len(), FIGURES.len());
        let columns: Vec<&str> = FIGURES.iter().filter_map(|spec| spec.column).collect();
        assert_eq!(columns.iter().collect::<BTreeSet<_>>().len(), columns.len());
        for spec in FIGURES {
            let shown = spec.field.is_some() || spec.column.is_some() || spec.line.is_some();
            assert!(shown || spec.goal.is_some(), "{}: seen nowhere", spec.id);
            if let Some(goal) = spec.goal {
                assert!(crate::glossary::GLOSSARY.find(spec.id).is_some(), "{} is no term", spec.id);
                assert!(goal.station.or(goal.system).is_some(), "{}: a goal is read from a report", spec.id);
                let own = matches!(goal.station, Some(Ask::Field));
                assert!(!own || spec.field.is_some(), "{}: a station's report has no such field", spec.id);
                assert!(goal.summary.ends_with('.') && !goal.statistics.is_empty(), "{}", spec.id);
            }
            if let Some(field) = spec.field {
                assert!(!field.meaning.is_empty() && !field.meaning.ends_with('.'), "{}", spec.id);
            }
        }
    }

    #[test]
    fn a_group_of_fields_stands_together() {
        let groups: Vec<&str> = fields().map(|(_, field)| field.group.map_or("", |group| group.name)).collect();
        let runs: Vec<&str> = groups.chunk_by(|one, two| one == two).map(|run| run[0]).collect();
        let named: Vec<&str> = runs.into_iter().filter(|name| !name.is_empty()).collect();
        assert_eq!(named.iter().collect::<BTreeSet<_>>().len(), named.len(), "{groups:?}");
    }

    #[test]
    fn every_chart_has_a_term_and_lines_that_differ() {
        for chart in charts() {
            assert!(crate::glossary::GLOSSARY.find(chart.term).is_some(), "{}", chart.title);
            let lines = chart.lines();
            let places: BTreeSet<u8> = lines.iter().map(|(_, line)| line.place).collect();
            let looks: BTreeSet<_> = lines.iter().map(|(_, line)| (line.color, line.dash)).collect();
            assert_eq!((places.len(), looks.len()), (lines.len(), lines.len()), "{}", chart.title);
        }
    }
}
