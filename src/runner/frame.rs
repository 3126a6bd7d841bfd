//! Looks at a running system and packs what the page shows into a [`Frame`].
//!
//! A frame travels as postcard bytes in a transferred buffer; at most two are under way, and the next is sent when one was taken.
//! The page keeps the latest in a cell outside Yew, from which the painter reads once per animation frame.
//!
//! **Invariant:** dots are true. A dot is one sampled traversal of a connection, one in k for each direction, with k shown;
//! |dots × k − traversals| < k for every connection and direction since k last changed. A hop says when it starts and ends in
//! simulated time, and the painter interpolates: painting never advances the simulation. A trip that would be over in less than
//! 0.35 s on the screen is drawn over 0.35 s, which the legend says.

use std::collections::{BTreeSet, VecDeque};

use super::{money, profile};
use crate::engine::sort;
use crate::engine::time::{SimDuration, SimTime};
use crate::facet::{self, Memory, policy};
use crate::figure::{self, Whole, Without};
use crate::model::fault::words;
use crate::model::ids::{FaultTarget, NodeId};
use crate::model::system::counts::Count;
use crate::model::system::meter::Meter;
use crate::model::system::pool::replica::Replica;
use crate::model::system::pool::state::Pool;
use crate::model::system::station::{Kind, Station};
use crate::model::system::{LogTone, System};
use crate::protocol::{
    ActiveFault, EdgeFrame, Exemplars, Frame, Hop, Inside, LogLevel, LogLine, Recent, ReplicaFrame, ReplicaState,
    RunId, RunStatus, Series, StationFrame, Totals, Warming,
};

/// "Recent" means this span of simulated time [s], as far as whole buckets allow.
const RECENT_SECS: f64 = 3.0;
/// Dots per wall second that the page can draw without blurring into a line.
const DOTS_WANTED: f64 = 1_000.0;
/// Wall time between two looks at how many dots there should be [ms], and between two sends of the series.
const DOTS_EVERY_MS: f64 = 1_000.0;
const SERIES_EVERY_MS: f64 = 250.0;

/// How a run stands, as far as the system itself does not know.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    pub run: RunId,
    pub status: RunStatus,
    pub jump: u32,
    /// Simulated seconds per wall second as asked for; 0 = as fast as possible.
    pub speed: f64,
    pub speed_reached: f64,
    /// Simulated time that the clock shows: between the last event and the next.
    pub clock: SimTime,
    /// Wall time [ms], from any origin.
    pub wall_ms: f64,
}

/// Makes frames; remembers what the last one told.
#[derive(Debug, Default)]
pub struct FrameBuilder {
    last: SimTime,
    /// Attempts sent by each edge at earlier moments, and how many of them were no call's first; oldest first: for rates.
    sent: VecDeque<(SimTime, Vec<(u64, u64)>)>,
    dots_chosen_ms: f64,
    traversals: u64,
    series_ms: f64,
    /// Send the series with the next frame, due or not.
    series_due: bool,
    /// Whose series are sent; `None` stands for the whole system.
    watched: BTreeSet<Option<NodeId>>,
    /// The stations that are looked into.
    looked_into: BTreeSet<NodeId>,
    /// The frames carry where the time went.
    profiles: bool,
    /// What facets remember from frame to frame.
    memory: Memory,
}

impl FrameBuilder {
    /// A new run begins, or time went backwards.
    pub fn reset(&mut self, now: SimTime) {
        let (watched, looked_into) = (std::mem::take(&mut self.watched), std::mem::take(&mut self.looked_into));
        let profiles = self.profiles;
        *self = Self { last: now, series_due: true, watched, looked_into, profiles, ..Self::default() };
    }

    /// Whose series the frames carry.
    pub fn watch(&mut self, nodes: impl IntoIterator<Item = Option<NodeId>>) {
        self.watched = sort::set(nodes);
        self.series_due = true;
    }

    /// Whose whole insides the frames carry.
    pub fn look_into(&mut self, nodes: impl IntoIterator<Item = NodeId>) {
        self.looked_into = sort::set(nodes);
        self.series_due = true;
    }

    /// Whether the frames carry where the time went.
    pub fn profile(&mut self, on: bool) {
        self.profiles = on;
        self.series_due = true;
    }

    /// The frame since the last one.
    pub fn build(&mut self, system: &mut System, pace: Pace) -> Frame {
        self.choose_dots(system, pace);
        system.look_into(&self.looked_into);
        let now = system.now();
        let clock = pace.clock.max(now);
        let hops = system.take_hops();
        let hops = hops
            .iter()
            .map(|hop| Hop {
                edge: system.edge_at(hop.edge).plan.id,
                source: system.station_at(hop.source).id.0,
                ordinal: hop.ordinal,
                back: hop.back,
                outcome: hop.outcome as u8,
                start_ns: hop.start.0,
                end_ns: hop.end.0,
            })
            .collect();
        let log = system
            .take_log()
            .into_iter()
            .map(|entry| LogLine {
                at_ns: entry.at.0,
                level: match entry.tone {
                    LogTone::Info => LogLevel::Info,
                    LogTone::Good => LogLevel::Good,
                    LogTone::Bad => LogLevel::Bad,
                },
                node: entry.node,
                text: entry.text,
            })
            .collect();
        let ended = pace.status != RunStatus::Running;
        let slow_news = self.series_due || ended || pace.wall_ms - self.series_ms >= SERIES_EVERY_MS;
        if slow_news {
            (self.series_due, self.series_ms) = (false, pace.wall_ms);
        }
        self.memory.keep_up(system);
        let there: Vec<u32> = system.shown_stations().map(|(at, _)| at).collect();
        let stations: Vec<StationFrame> =
            there.into_iter().map(|at| station_frame(system, at, &mut self.memory)).collect();
        let insides = if slow_news { self.insides(system) } else { Vec::new() };
        let frame = Frame {
            run: pace.run,
            status: pace.status,
            jump: pace.jump,
            from_ns: self.last.0.min(clock.0),
            now_ns: clock.0,
            events: system.events(),
            speed: pace.speed,
            speed_reached: pace.speed_reached,
            dots_per: system.dots_per(),
            totals: totals(system),
            recent: recent(system, &stations),
            edges: self.edges(system),
            stations,
            hops,
            log,
            series: self.watched.iter().filter(|_| slow_news).map(|node| series(system, *node)).collect(),
            money: slow_news.then(|| Box::new(money::frame(system, RECENT_SECS))),
            exemplars: slow_news.then(|| exemplars(system)),
            insides,
            profile: if slow_news && self.profiles { profile::frame(system).map(Box::new) } else { None },
            faults: faults(system),
        };
        self.last = clock;
        frame
    }

    /// Keeps the number of dots readable: k from 1, 2, 5, 10, 20, 50 …, changed only when it is clearly off.
    fn choose_dots(&mut self, system: &mut System, pace: Pace) {
        let traversals: u64 =
            system.all_edges().iter().map(|edge| edge.sent + edge.by_outcome.iter().sum::<u64>()).sum();
        let passed = pace.wall_ms - self.dots_chosen_ms;
        if self.dots_chosen_ms == 0.0 {
            (self.dots_chosen_ms, self.traversals) = (pace.wall_ms, traversals);
            system.watch(Some(system.dots_per()));
            return;
        }
        if passed < DOTS_EVERY_MS || pace.status != RunStatus::Running {
            return;
        }
        let per_second = traversals.saturating_sub(self.traversals) as f64 / passed * 1_000.0;
        (self.dots_chosen_ms, self.traversals) = (pace.wall_ms, traversals);
        let now = f64::from(system.dots_per());
        let dots = per_second / now;
        if dots > DOTS_WANTED * 1.5 || (dots < DOTS_WANTED * 0.3 && now > 1.0) {
            system.watch(Some(dots_for(per_second)));
        }
    }

    /// The stations that are looked into.
    fn insides(&mut self, system: &System) -> Vec<Inside> {
        let there = self.looked_into.iter().filter_map(|node| Some((*node, system.shown_station(*node)?.0)));
        there.map(|(node, at)| Inside { node, facets: facet::read(system, at, true, &mut self.memory) }).collect()
    }

    fn edges(&mut self, system: &System) -> Vec<EdgeFrame> {
        let now = system.now();
        let recent = SimDuration::from_secs_f64(RECENT_SECS);
        while self.sent.get(1).is_some_and(|(at, _)| now.since(*at) >= recent) {
            self.sent.pop_front();
        }
        let (since, before) = self.sent.front().map_or((SimTime::ZERO, &[][..]), |(at, sent)| (*at, sent.as_slice()));
        let span = now.since(since).as_secs_f64();
        let rate = |ix: usize, sent: u64| {
            let before = before.get(ix).map_or(0, |(sent, _)| *sent);
            if span > 0.0 { sent.saturating_sub(before) as f64 / span } else { 0.0 }
        };
        let amplification = |ix: usize, (sent, again): (u64, u64)| {
            let (sent_before, again_before) = before.get(ix).copied().unwrap_or_default();
            let (sent, again) = (sent.saturating_sub(sent_before), again.saturating_sub(again_before));
            if sent > again { sent as f64 / (sent - again) as f64 } else { f64::NAN }
        };
        let frames = system
            .shown_edges()
            .map(|(at, edge)| (at as usize, edge))
            .map(|(ix, edge)| EdgeFrame {
                edge: edge.plan.id.0,
                sent: edge.sent,
                by_outcome: edge.by_outcome,
                in_flight: edge.in_flight,
                retries: edge.retries,
                rate: rate(ix, edge.sent),
                amplification: amplification(ix, (edge.sent, edge.retries)),
                zombies: edge.zombies,
                policy: policy::read(system, ix as u32),
                partitioned: edge.partitioned(),
                extra_latency: edge.extra().as_secs_f64(),
                out_since: edge.out_since,
                out_dots: edge.out_dots,
                back_since: edge.back_since,
                back_dots: edge.back_dots,
            })
            .collect();
        let quarter = SimDuration::from_millis(250);
        if self.sent.back().is_none_or(|(at, _)| now.since(*at) >= quarter) {
            self.sent.push_back((now, system.all_edges().iter().map(|edge| (edge.sent, edge.retries)).collect()));
        }
        frames
    }
}

/// The smallest k of 1, 2, 5, 10 … at which `per_second` traversals make no more dots than wanted.
fn dots_for(per_second: f64) -> u32 {
    let mut decade = 1;
    loop {
        for step in [1, 2, 5] {
            let k = decade * step;
            if per_second / f64::from(k) <= DOTS_WANTED || k >= 500_000_000 {
                return k;
            }
        }
        decade *= 10;
    }
}

fn or_nan(value: Option<f64>) -> f64 {
    value.unwrap_or(f64::NAN)
}

/// Requests worth asking about.
fn exemplars(system: &System) -> Exemplars {
    Exemplars { slow: system.slowest_lately(), failed: system.failed_lately().copied().collect() }
}

fn ended(by_outcome: &[u64]) -> u64 {
    by_outcome.iter().sum()
}

fn totals(system: &System) -> Totals {
    let run = &system.totals().run;
    Totals {
        offered: run.offered,
        by_outcome: run.by_outcome,
        good: run.good,
        in_flight: run.in_flight(),
        sojourn_mean: or_nan(run.times.mean()),
        sojourn_p50: or_nan(run.times.percentile(50.0)),
        sojourn_p99: or_nan(run.times.percentile(99.0)),
        p99_offered: or_nan(run.times.percentile_with_unanswered(99.0, ended(&run.by_outcome) - run.completed())),
    }
}

fn recent(system: &System, stations: &[StationFrame]) -> Recent {
    let bucket = system.meter().recent(system.now(), RECENT_SECS);
    let secs = bucket.secs();
    let per_sec = |count: u64| if secs > 0.0 { count as f64 / secs } else { 0.0 };
    let ended = ended(&bucket.by_outcome);
    let busiest = stations
        .iter()
        .filter(|station| !station.utilization.is_nan())
        .max_by(|a, b| a.utilization.total_cmp(&b.utilization));
    Recent {
        span_secs: secs,
        arrival_rate: per_sec(bucket.arrivals()),
        throughput: per_sec(bucket.by_outcome[0]),
        goodput: per_sec(bucket.counts[Count::Good]),
        error_share: if ended > 0 { 1.0 - bucket.by_outcome[0] as f64 / ended as f64 } else { f64::NAN },
        p50: or_nan(bucket.times.percentile(50.0)),
        p99: or_nan(bucket.times.percentile(99.0)),
        p99_offered: or_nan(bucket.times.percentile_with_unanswered(99.0, ended - bucket.by_outcome[0])),
        utilization: busiest.map_or(f64::NAN, |station| station.utilization),
        busiest: busiest.map(|station| NodeId(station.node)),
    }
}

fn station_frame(system: &System, at: u32, memory: &mut Memory) -> StationFrame {
    let station = system.station_at(at);
    let bucket = station.meter.recent(system.now(), RECENT_SECS);
    let secs = bucket.secs();
    let per_sec = |count: u64| if secs > 0.0 { count as f64 / secs } else { 0.0 };
    let mut frame = StationFrame {
        node: station.id.0,
        busy: station.meter.busy(),
        slots: station.meter.slot_count(),
        queue: station.meter.queue(),
        utilization: bucket.utilization(),
        arrival_rate: per_sec(bucket.arrivals()),
        throughput: per_sec(bucket.by_outcome[0]),
        p50: or_nan(bucket.times.percentile(50.0)),
        p99: or_nan(bucket.times.percentile(99.0)),
        facets: facet::read(system, at, false, memory),
        ..StationFrame::default()
    };
    match &station.kind {
        Kind::Source(_) | Kind::Balancer(_) => {}
        Kind::Broker(broker) => {
            frame.busy = broker.deliveries.busy();
            frame.queue = broker.deliveries.queue();
            frame.replicas = vec![ReplicaFrame {
                state: if station.down {
                    ReplicaState::Dead
                } else if broker.drained {
                    ReplicaState::Draining
                } else {
                    ReplicaState::Ready
                },
                slow_factor: broker.slow,
                error_rate: broker.error_share,
                ..ReplicaFrame::default()
            }];
        }
        Kind::Pool(pool) => {
            let limit = pool.config.queue_limit;
            let places =
                if pool.config.shared_queue { limit } else { limit.saturating_mul(pool.replicas.len() as u32) };
            frame.queue_capacity = Some(places);
            let replicas = system.replicas_of(pool);
            frame.replicas = replicas.map(|replica| replica_frame(system, pool, replica)).collect();
        }
    }
    frame
}

fn replica_frame(system: &System, pool: &Pool, replica: &Replica) -> ReplicaFrame {
    let now = system.now();
    ReplicaFrame {
        state: if replica.dead {
            ReplicaState::Dead
        } else if replica.draining || replica.drained {
            ReplicaState::Draining
        } else {
            ReplicaState::Ready
        },
        busy: replica.busy - replica.beyond,
        slots: replica.slots,
        queue: replica.queue.len() as u32 + replica.beyond,
        slow_factor: replica.slow,
        error_rate: replica.error_share,
        warming: replica.is_cold(now).then(|| Warming {
            factor: replica.cold_factor(&pool.config, now),
            left: replica.cold_requests(),
            secs: replica.warm_at.since(now).as_secs_f64(),
        }),
    }
}

fn faults(system: &System) -> Vec<ActiveFault> {
    let active = system.active_faults().iter();
    active
        .map(|active| ActiveFault {
            kind: active.kind.entry.id.to_owned(),
            target_json: serde_json::to_string(&active.target).expect("a target is plain data"),
            since_ns: active.since.0,
            text: words::struck(
                active.effect,
                &system.target_name(active.target),
                matches!(active.target, FaultTarget::Area(_)),
            ),
            scheduled: active.scheduled,
        })
        .collect()
}

/// Every figure that has a column, over time: of the whole system or of one node.
fn series(system: &System, node: Option<NodeId>) -> Series {
    let watched = node.and_then(|node| system.shown_station(node)).map(|(_, station)| station);
    let buckets = watched.map_or(system.meter(), |station| &station.meter).series();
    Series {
        node: watched.map(|station| station.id.0),
        bucket_secs: buckets.last().map_or(1.0, |bucket| bucket.secs()),
        at_secs: buckets.iter().map(|bucket| bucket.from.as_secs_f64()).collect(),
        columns: figure::charted().map(|spec| column(system, watched, spec, buckets.len())).collect(),
    }
}

/// One figure over time, in `rows` rows.
fn column(system: &System, watched: Option<&Station>, spec: &figure::Spec, rows: usize) -> Vec<f32> {
    let own = |meter: &Meter| meter.series().iter().map(|bucket| (spec.read)(bucket)).collect();
    let values: Vec<f64> = match (watched, spec.system) {
        (Some(station), _) => own(spec.meter(station).unwrap_or(&station.meter)),
        (None, Whole::Own) => own(system.meter()),
        (None, whole) => {
            let there = system.all_stations().iter().filter(|station| whole == Whole::SumOfAll || !station.removed);
            let meters: Vec<&Meter> = there.filter_map(|station| spec.meter(station)).collect();
            let join = if whole == Whole::Most { f64::max } else { |sum, more| sum + more };
            // Meters that started later are shorter; all end at the same bucket.
            let row = |from_end: usize| {
                let buckets = meters.iter().filter_map(|meter| meter.series().iter().nth_back(from_end));
                let values = buckets.map(|bucket| (spec.read)(bucket)).filter(|value| !value.is_nan());
                values.reduce(join).unwrap_or(f64::NAN)
            };
            (0..rows).rev().map(row).collect()
        }
    };
    if spec.without == Without::AbsentAtZero && !values.iter().any(|value| *value > 0.0) {
        return Vec::new();
    }
    let mut sum = 0.0;
    let so_far = |value: f64| {
        sum += value;
        if spec.so_far { sum } else { value }
    };
    values.into_iter().map(so_far).map(|value| value as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facet::balancer::Balancer;
    use crate::facet::replicas::Replicas;
    use crate::lesson::catalog::SCENARIOS;
    use crate::runner::session::Session;

    fn pace(wall_ms: f64) -> Pace {
        Pace {
            run: RunId(1),
            status: RunStatus::Running,
            jump: 0,
            speed: 1.0,
            speed_reached: 1.0,
            clock: SimTime::ZERO,
            wall_ms,
        }
    }

    /// Goal: the drawn dots are true to the counters. Every scenario of the gallery is run with frames as the page asks for
    /// them, while k changes with the load: in each frame, for each direction of each edge, dots times k is less than k off
    /// the traversals since k last changed; and the dots in the frames are exactly the dots that were counted.
    #[test]
    fn dots_times_k_are_the_traversals() {
        let (mut changes, mut most_per_dot) = (0, 0);
        for scenario in SCENARIOS.iter() {
            let run = scenario.run().expect("a built-in scenario can be read");
            let (session, problems) = Session::open(&run);
            let mut session = session.unwrap_or_else(|| panic!("{}: {problems:#?}", scenario.id));
            let mut builder = FrameBuilder::default();
            builder.reset(SimTime::ZERO);
            let mut drawn: Vec<(u32, bool)> = Vec::new();
            let (mut dots_per, mut most) = (0, 0);
            for step in 1..2_000_u32 {
                // Twenty frames a second of wall time, at four times real time.
                session.advance(SimTime(u64::from(step) * 200_000_000), u64::MAX);
                let frame = builder.build(session.system_mut(), pace(f64::from(step) * 50.0));
                if frame.dots_per != dots_per {
                    (dots_per, changes) = (frame.dots_per, changes + 1);
                    // The hops of this frame were drawn with the k before.
                    drawn.clear();
                } else {
                    drawn.extend(frame.hops.iter().map(|hop| (hop.edge.0, hop.back)));
                }
                let k = u64::from(frame.dots_per);
                most_per_dot = most_per_dot.max(k);
                for edge in &frame.edges {
                    for (back, since, dots) in
                        [(false, edge.out_since, edge.out_dots), (true, edge.back_since, edge.back_dots)]
                    {
                        assert!(since - dots * k < k, "{}: {since} traversals, {dots} dots of {k}", scenario.id);
                        let shown = drawn.iter().filter(|hop| **hop == (edge.edge, back)).count();
                        assert_eq!(shown as u64, dots, "{}: edge {} back {back}", scenario.id, edge.edge);
                        most = most.max(dots);
                    }
                }
                if session.system().finished() {
                    break;
                }
            }
            assert!(most > 100, "{}: {most} dots are too few to prove it", scenario.id);
        }
        assert!(
            changes > SCENARIOS.len() && most_per_dot > 1,
            "k never changed: {changes} values, {most_per_dot} at most"
        );
    }

    #[test]
    fn one_dot_is_a_round_number_of_requests() {
        assert_eq!([0.0, 900.0, 1_100.0, 4_000.0, 9_900.0, 140_000.0].map(dots_for), [1, 1, 2, 5, 10, 200]);
    }

    /// Goal: what a frame tells of requests and attempts adds up, and its series is the same story.
    #[test]
    fn a_frame_tells_what_the_ledger_knows() {
        let run = SCENARIOS[0].run().expect("a built-in scenario can be read");
        let mut session = Session::open(&run).0.expect("a built-in scenario runs");
        session.advance(SimTime::from_secs_f64(20.0), u64::MAX);
        let mut builder = FrameBuilder::default();
        builder.reset(SimTime::ZERO);
        let source = run.document.nodes.keys().copied().next();
        builder.watch([None, source]);
        let frame = builder.build(session.system_mut(), pace(1.0));
        let totals = &frame.totals;
        assert_eq!(totals.offered, totals.by_outcome.iter().sum::<u64>() + totals.in_flight);
        for edge in &frame.edges {
            assert_eq!(edge.sent, edge.by_outcome.iter().sum::<u64>() + edge.in_flight);
        }
        let [series, of_source] = &frame.series[..] else { panic!("two are watched") };
        assert_eq!((series.node, of_source.node), (None, source.map(|node| node.0)));
        assert_eq!(series.columns.len(), figure::charted().count());
        assert_eq!(series.at_secs.len(), series.column("p99").len());
        let arrived: f32 = series.column("arrival_rate").iter().sum::<f32>() * series.bucket_secs as f32;
        assert!((f64::from(arrived) - totals.offered as f64).abs() <= 1.0, "{arrived} against {}", totals.offered);
    }

    /// Several stations can be looked into at once: each is sent whole, with what its balancer chose.
    #[test]
    fn several_stations_are_looked_into_at_once() {
        let run = SCENARIOS[0].run().expect("a built-in scenario can be read");
        let mut session = Session::open(&run).0.expect("a built-in scenario runs");
        let nodes: Vec<NodeId> = run.document.nodes.keys().copied().collect();
        let mut builder = FrameBuilder::default();
        builder.reset(SimTime::ZERO);
        builder.look_into(nodes.iter().copied());
        builder.build(session.system_mut(), pace(1.0));
        session.advance(SimTime::from_secs_f64(20.0), u64::MAX);
        let frame = builder.build(session.system_mut(), pace(1_000.0));
        assert_eq!(frame.insides.iter().map(|inside| inside.node).collect::<Vec<_>>(), nodes);
        let (mut choosers, mut workers) = (0, 0);
        for inside in &frame.insides {
            if let Some(balancer) = facet::find::<Balancer>(&inside.facets) {
                let strategy = balancer.strategy.as_ref().expect("it has chosen");
                assert!(!strategy.choices.is_empty() && !strategy.rule.is_empty());
                assert!(strategy.choices.iter().all(|choice| choice.backend < balancer.backends.len() as u32));
                choosers += 1;
            }
            workers += usize::from(facet::find::<Replicas>(&inside.facets).is_some());
        }
        assert!(choosers > 0 && workers > 1, "{choosers} choose, {workers} work");
        let glance = frame.stations.iter().filter_map(|station| station.facet::<Balancer>());
        assert!(glance.clone().count() == choosers && glance.clone().all(|balancer| balancer.strategy.is_none()));
        builder.look_into([nodes[0]]);
        let frame = builder.build(session.system_mut(), pace(1_001.0));
        assert_eq!(frame.insides.len(), 1, "nobody looks into the others any more");
        assert!(builder.build(session.system_mut(), pace(1_002.0)).insides.is_empty(), "a few times a second only");
    }
}
