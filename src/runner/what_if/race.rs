//! One entrant of a race: a run from beginning to end, its figures, and its course.

use serde::{Deserialize, Serialize};

use crate::engine::time::{SimDuration, SimTime};
use crate::model::ids::NodeId;
use crate::model::objective::Objective;
use crate::model::system::System;
use crate::model::system::meter::Bucket;
use crate::model::system::station::Kind;
use crate::runner::report::{Figure, Report};
use crate::runner::session::Session;
use crate::topology::document::{Diagnostic, Document};
use crate::topology::format::Run;

/// What a race compares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Of those answered [s].
    pub p99: Figure,
    /// 0..1
    pub answered_share: Figure,
    /// [min]
    pub slo_minutes_lost: Figure,
    /// [USD], of the whole document; absent where nothing has a price.
    pub cost: Figure,
    pub cost_per_million: Figure,
    /// Of the station: replicas held, from their order to their end [h].
    pub replica_hours: Figure,
    pub replicas_max: u32,
}

/// How it went, slice by slice.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Curves {
    /// End of each slice [s].
    pub at_secs: Vec<f64>,
    /// Requests that came in each.
    pub arrivals: Vec<u64>,
    /// Replicas held at its end.
    pub replicas: Vec<u32>,
    /// [s]; absent where nothing was answered.
    pub p99: Vec<Figure>,
    /// [USD] so far, the warm-up included.
    pub cost: Vec<f64>,
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finish {
    pub figures: Figures,
    pub curves: Curves,
    /// Requests after the warm-up.
    pub offered: u64,
    /// Sixteen hexadecimal digits: the same run again has the same.
    pub trace_hash: String,
}

/// A run under way.
#[derive(Debug)]
pub struct Entrant {
    session: Session,
    node: NodeId,
    slice: SimDuration,
    replicas: Vec<(SimTime, u32)>,
}

impl Entrant {
    /// Stands at the start, with `node` watched.
    ///
    /// # Errors
    /// The problems that stand in the way.
    pub fn open(document: &Document, node: NodeId) -> Result<Self, Vec<Diagnostic>> {
        let (session, problems) = Session::open(&Run::new(document.clone()));
        let session = session.ok_or(problems)?;
        let slice = SimDuration::from_secs_f64(Objective::slice_secs(session.system().run_plan().run_length));
        Ok(Self { session, node, slice, replicas: Vec::new() })
    }

    /// How far it is, 0..1.
    #[must_use]
    pub fn share(&self) -> f64 {
        let system = self.session.system();
        let length = system.run_plan().run_length.as_secs_f64();
        if system.finished() { 1.0 } else { (system.now().as_secs_f64() / length).min(1.0) }
    }

    /// Goes on by at most `events_max` events; the outcome, once it is over.
    pub fn advance(&mut self, events_max: u64) -> Option<Finish> {
        let mut left = events_max;
        loop {
            let end = SimTime::ZERO + self.session.system().run_plan().run_length;
            let last = self.replicas.last().map_or(SimTime::ZERO, |(at, _)| *at);
            let next = (last + self.slice).min(end);
            let until = if last < end { next } else { SimTime::NEVER };
            let done = self.session.advance(until, left).events;
            if self.session.system().finished() {
                return Some(self.finish());
            }
            if until == SimTime::NEVER && done < left {
                return Some(self.finish());
            }
            left -= done;
            if left == 0 {
                return None;
            }
            self.replicas.push((next, held(self.session.system(), self.node).0));
        }
    }

    fn finish(&mut self) -> Finish {
        let end = SimTime::ZERO + self.session.system().run_plan().run_length;
        if self.replicas.last().is_none_or(|(at, _)| *at < end) {
            self.replicas.push((end, held(self.session.system(), self.node).0));
        }
        let system = self.session.system();
        let report = Report::of(system, self.session.document(), 0);
        let (_, most, hours) = held_since(system, self.node);
        Finish {
            figures: Figures {
                p99: report.whole.sojourn_time.percentiles.p99,
                answered_share: report.whole.answered_share,
                slo_minutes_lost: report.whole.slo_minutes_lost,
                cost: report.whole.cost,
                cost_per_million: report.whole.cost_per_million,
                replica_hours: Figure(hours),
                replicas_max: most,
            },
            curves: self.curves(),
            offered: report.whole.offered,
            trace_hash: report.trace_hash,
        }
    }

    fn curves(&self) -> Curves {
        let system = self.session.system();
        let width = self.slice.0;
        let count = self.replicas.len();
        let mut slices = vec![Bucket::default(); count];
        let slice_of = |bucket: &Bucket| ((bucket.from.0 / 2 + bucket.to.0 / 2) / width) as usize;
        for bucket in
            system.meter().series().iter().map(std::rc::Rc::as_ref).chain([&system.meter().open_bucket(system.now())])
        {
            if let Some(slice) = slices.get_mut(slice_of(bucket)) {
                *slice = slice.merge(bucket);
            }
        }
        let mut cost = vec![0.0; count];
        for station in system.all_stations() {
            let open = station.meter.open_bucket(system.now());
            for bucket in station.meter.series().iter().map(std::rc::Rc::as_ref).chain([&open]) {
                if let Some(sum) = cost.get_mut(slice_of(bucket)) {
                    *sum += bucket.cost;
                }
            }
        }
        let mut so_far = 0.0;
        for cost in &mut cost {
            so_far += *cost;
            *cost = so_far;
        }
        Curves {
            at_secs: self.replicas.iter().map(|(at, _)| at.as_secs_f64()).collect(),
            arrivals: slices.iter().map(|slice| slice.arrivals()).collect(),
            replicas: self.replicas.iter().map(|(_, count)| *count).collect(),
            p99: slices.iter().map(|slice| slice.times.percentile(99.0).into()).collect(),
            cost,
        }
    }
}

/// Replicas that a station holds now, ordered ones among them, and the most that it has held since the warm-up.
fn held(system: &System, node: NodeId) -> (u32, u32) {
    let (now, most, _) = held_since(system, node);
    (now, most)
}

/// The same, with replica-hours within the run, warm-up and drain left out.
fn held_since(system: &System, node: NodeId) -> (u32, u32, f64) {
    let station = system.station_index(node).map(|ix| system.station_at(ix));
    let Some(Kind::Pool(pool)) = station.map(|station| &station.kind) else { return (0, 0, 0.0) };
    if let Some(scaling) = &pool.scaling {
        let (now, most) = scaling.held.count();
        return (now, most, scaling.held.hours(system.now()));
    }
    let count = pool.replicas.len() as u32;
    let run = system.run_plan();
    let (since, until) = (SimTime::ZERO + run.warm_up, system.now().min(SimTime::ZERO + run.run_length));
    (count, count, f64::from(count) * until.since(since).as_secs_f64() / 3_600.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::catalog::SCENARIOS;
    use crate::runner::simulate;
    use crate::runner::what_if::field;

    fn race() -> Document {
        let scenario = SCENARIOS.iter().find(|scenario| scenario.id == "scaler-race").expect("it is in the gallery");
        scenario.run().expect("it can be read").document
    }

    fn run(document: &Document, node: NodeId, slice: u64) -> Finish {
        let mut entrant = Entrant::open(document, node).unwrap_or_else(|problems| panic!("{problems:#?}"));
        loop {
            if let Some(finish) = entrant.advance(slice) {
                return finish;
            }
        }
    }

    /// Goal: the variants differ by their scaler alone. Every one is offered the same requests in every slice, and its
    /// figures are those of a plain run of that document, however it is sliced.
    #[test]
    fn variants_have_the_same_arrivals_and_the_figures_of_a_plain_run() {
        let mut document = race();
        document.run_length_secs = 680.0;
        let node = document.node_by_role("Shop").expect("the service");
        let field = field(&document, node).expect("it can be scaled");
        assert_eq!(field.variations.len(), 5, "as it is, and four others");
        let mut first: Option<Finish> = None;
        let mut hashes = std::collections::BTreeSet::new();
        for variation in &field.variations {
            let variant =
                variation.choice.as_ref().map_or_else(|| document.clone(), |to| document.with_scaler(node, to));
            let finish = run(&variant, node, 7_001);
            let report = simulate(&variant).unwrap_or_else(|problems| panic!("{problems:#?}"));
            assert_eq!(finish.trace_hash, report.trace_hash, "{}", variation.name);
            assert_eq!(finish.figures.p99, report.whole.sojourn_time.percentiles.p99);
            assert_eq!(finish.figures.answered_share, report.whole.answered_share);
            assert_eq!(finish.figures.slo_minutes_lost, report.whole.slo_minutes_lost);
            assert_eq!(finish.figures.cost, report.whole.cost);
            assert!(finish.figures.cost.get().is_some_and(|cost| cost > 0.0));
            let came: u64 = finish.curves.arrivals.iter().sum();
            assert_eq!(came, finish.offered, "no warm-up: all that came stands in the curve");
            if let Some(first) = &first {
                assert_eq!(finish.curves.arrivals, first.curves.arrivals, "{}: common random numbers", variation.name);
            }
            hashes.insert(finish.trace_hash.clone());
            first.get_or_insert(finish);
        }
        // Two that have not scaled yet are alike so far; who had bought for the peak is not.
        assert!(hashes.len() > 1, "the scaler makes a difference");
    }

    /// Goal: replica-hours are those of the curve, and money is machine-hours times their price.
    #[test]
    fn replica_hours_and_cost_belong_together() {
        let mut document = race();
        document.run_length_secs = 800.0;
        let node = document.node_by_role("Shop").expect("the service");
        let finish = run(&document, node, u64::MAX);
        let hours = finish.figures.replica_hours.get().expect("there are replicas");
        let cost = finish.figures.cost.get().expect("they have a price");
        assert!((cost - hours * 0.096).abs() < 1e-9, "{cost} for {hours} h");
        let held: f64 = finish.curves.replicas.iter().map(|count| f64::from(*count) * 8.0 / 3_600.0).sum();
        assert!((held - hours).abs() < 0.05 * hours, "{held} h on the curve, {hours} h in the books");
        assert_eq!(finish.figures.replicas_max, *finish.curves.replicas.iter().max().expect("a curve"));
        let last = finish.curves.cost.last().copied().expect("a curve");
        // Sums of the same in another order.
        assert!(last <= cost * (1.0 + 1e-12) && last > 0.98 * cost, "{last} of {cost}");
    }
}
