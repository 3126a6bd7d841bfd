//! What a card shows of the running system, in words, shares and outlines: pure, written to the page by
//! `ui::canvas::gauges` without rendering a component.

use std::fmt::Write;

use super::catalog::{self, Gauges, grouped};
use super::geometry::{REPLICA_ROWS_MAX, REPLICAS_PER_ROW};
use crate::facet::balancer::Backend;
use crate::facet::words::percent;
use crate::facet::{self, Facet};
use crate::model::station::Category;
use crate::protocol::{ReplicaFrame, ReplicaState, StationFrame};
use crate::topology::document::Node;

/// How a station is, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// Every replica is dead.
    Dead,
    /// Some replica is dead.
    Impaired,
    /// Answers with injected errors.
    Faulty,
    Slow,
    /// Some replica is not up yet, or on its way out.
    Changing,
    Normal,
}

impl Condition {
    /// Stable word for CSS classes and tests.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Dead => "dead",
            Self::Impaired => "impaired",
            Self::Faulty => "faulty",
            Self::Slow => "slow",
            Self::Changing => "changing",
            Self::Normal => "normal",
        }
    }
}

/// How full something is; said in a number too, so that the color is never alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Fine,
    High,
    Full,
}

impl Level {
    /// Stable word for CSS classes.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::High => "high",
            Self::Full => "full",
        }
    }

    /// Above 0.8 waiting grows fast, above 0.95 it explodes: the knee of M/M/c.
    #[must_use]
    pub fn of_utilization(share: f64) -> Self {
        if share >= 0.95 {
            Self::Full
        } else if share >= 0.8 {
            Self::High
        } else {
            Self::Fine
        }
    }
}

/// What a card shows while the system runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Gauge {
    pub condition: Condition,
    /// In the place of the setting line where something is out of the ordinary.
    pub state_line: Option<String>,
    /// The bar's filled share, 0..1, and how full that is.
    pub bar: Option<(f64, Level)>,
    /// The number beside the bar.
    pub value: String,
    /// "queue 12" where something waits, "12 left over" once the run has ended.
    pub queue: Option<String>,
    /// Share of the waiting places taken, 0..1; `None` where nothing can wait or places are unlimited.
    pub queue_share: Option<f64>,
    pub squares: Option<Squares>,
    /// Balancers: who got how much lately.
    pub strip: Option<Strip>,
}

/// Replica squares as SVG path data, one path per look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Squares {
    pub ready: String,
    /// The busy part of ready and draining squares, from below.
    pub busy: String,
    pub starting: String,
    pub draining: String,
    pub dead: String,
    /// Replicas beyond what fits.
    pub more: usize,
}

/// A bar for each backend of a balancer, as SVG path data, one path per look: its share of the last seconds' choices.
/// The fair share stands at half the height.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strip {
    /// Believed up, and up.
    pub up: String,
    /// Belief and truth differ.
    pub mistaken: String,
    /// Believed down, and down: a cross as well, so that red is not alone.
    pub down: String,
}

/// Width and height of the strip, and how many backends it can tell apart.
pub const STRIP: (f64, f64) = (100.0, 16.0);
const STRIP_MAX: usize = 33;

/// Size of a replica square and the distance to the next [world units].
pub const SQUARE: f64 = 8.0;
/// See [`SQUARE`].
pub const SQUARE_STEP: f64 = 11.0;

/// What the card of `node` shows of `frame`; `finished`: the run is over, and what waits will never be served.
#[must_use]
pub fn gauge(node: &Node, frame: &StationFrame, finished: bool) -> Gauge {
    let face = catalog::face(&node.kind);
    let condition = condition(&frame.replicas);
    let told = frame.facets.iter().find_map(Facet::bar);
    let waits = frame.queue > 0 && told.as_ref().is_none_or(|bar| !bar.tells_queue);
    let (bar, value) = told.map_or_else(|| bar_and_value(face.category, frame), from_facet);
    let backends = frame.backends();
    Gauge {
        condition,
        state_line: state_line(condition, frame),
        bar,
        value,
        queue: waits.then(|| {
            let waiting = grouped(f64::from(frame.queue));
            if finished { format!("{waiting} left over") } else { format!("queue {waiting}") }
        }),
        queue_share: frame
            .queue_capacity
            .filter(|capacity| *capacity > 0)
            .map(|capacity| (f64::from(frame.queue) / f64::from(capacity)).clamp(0.0, 1.0)),
        squares: (face.gauges == Gauges::Replicas).then(|| squares(&frame.replicas)),
        strip: (!backends.is_empty()).then(|| strip(backends)),
    }
}

fn bar_and_value(category: Option<Category>, frame: &StationFrame) -> (Option<(f64, Level)>, String) {
    match category {
        Some(Category::Client) => (None, format!("λ {}/s", grouped(frame.arrival_rate))),
        _ if frame.utilization.is_finite() => {
            let share = frame.utilization.clamp(0.0, 1.0);
            (Some((share, Level::of_utilization(share))), percent(share))
        }
        _ => (None, format!("{}/s", grouped(frame.arrival_rate))),
    }
}

/// The bar and number of a facet that has some of its own.
fn from_facet(bar: facet::Bar) -> (Option<(f64, Level)>, String) {
    let level = if bar.strains { Level::of_utilization(bar.share) } else { Level::Fine };
    (Some((bar.share, level)), bar.value)
}

fn condition(replicas: &[ReplicaFrame]) -> Condition {
    let dead = count(replicas, ReplicaState::Dead);
    if !replicas.is_empty() && dead == replicas.len() {
        Condition::Dead
    } else if dead > 0 {
        Condition::Impaired
    } else if replicas.iter().any(|replica| replica.error_rate > 0.0) {
        Condition::Faulty
    } else if replicas.iter().any(|replica| replica.slow_factor > 1.0) {
        Condition::Slow
    } else if replicas.iter().any(|replica| replica.state != ReplicaState::Ready) {
        Condition::Changing
    } else {
        Condition::Normal
    }
}

fn count(replicas: &[ReplicaFrame], state: ReplicaState) -> usize {
    replicas.iter().filter(|replica| replica.state == state).count()
}

fn state_line(condition: Condition, frame: &StationFrame) -> Option<String> {
    let replicas = &frame.replicas;
    let worst = |value: fn(&ReplicaFrame) -> f64| replicas.iter().map(value).fold(0.0, f64::max);
    match condition {
        Condition::Normal => facet::state_line(&frame.facets),
        Condition::Dead => Some("down".to_owned()),
        Condition::Impaired => Some(format!("{} of {} down", count(replicas, ReplicaState::Dead), replicas.len())),
        Condition::Faulty => Some(format!("{:.0} % errors", worst(|replica| replica.error_rate) * 100.0)),
        Condition::Slow => Some(format!("slow ×{}", grouped(worst(|replica| replica.slow_factor)))),
        Condition::Changing => {
            let mut words = format!("{} ready", count(replicas, ReplicaState::Ready));
            for (state, word) in [(ReplicaState::Starting, "starting"), (ReplicaState::Draining, "draining")] {
                let number = count(replicas, state);
                if number > 0 {
                    // Writing into a string cannot fail.
                    let _ = write!(words, " · {number} {word}");
                }
            }
            Some(words)
        }
    }
}

/// The squares of a card's replicas, in rows.
#[must_use]
pub fn squares(replicas: &[ReplicaFrame]) -> Squares {
    let shown = replicas.len().min(REPLICAS_PER_ROW * REPLICA_ROWS_MAX);
    let mut squares = Squares { more: replicas.len() - shown, ..Squares::default() };
    for (place, replica) in replicas.iter().take(shown).enumerate() {
        let x = (place % REPLICAS_PER_ROW) as f64 * SQUARE_STEP;
        let y = (place / REPLICAS_PER_ROW) as f64 * SQUARE_STEP;
        let outline = match replica.state {
            ReplicaState::Ready => &mut squares.ready,
            ReplicaState::Starting => &mut squares.starting,
            ReplicaState::Draining => &mut squares.draining,
            ReplicaState::Dead => &mut squares.dead,
        };
        // Writing into a string cannot fail.
        let _ = write!(outline, "M{x} {y}h{SQUARE}v{SQUARE}h-{SQUARE}z");
        if replica.state == ReplicaState::Dead {
            // A cross as well, so that red is not alone.
            let _ = write!(outline, "m1.5 1.5l5 5m0 -5l-5 5");
        } else if replica.busy > 0 && replica.slots > 0 {
            let full = f64::from(replica.busy.min(replica.slots)) / f64::from(replica.slots);
            // At least a pixel: busy must not look idle.
            let height = ((full * SQUARE * 10.0).round() / 10.0).max(1.0);
            let top = y + SQUARE - height;
            let _ = write!(squares.busy, "M{x} {top}h{SQUARE}v{height}h-{SQUARE}z");
        }
    }
    squares
}

/// The bars of a balancer's backends.
#[must_use]
pub fn strip(backends: &[Backend]) -> Strip {
    let (width, height) = STRIP;
    let shown = backends.len().min(STRIP_MAX);
    let step = (width / shown.max(1) as f64).min(14.0);
    let fair = 1.0 / backends.len().max(1) as f64;
    let mut strip = Strip::default();
    for (place, backend) in backends.iter().take(shown).enumerate() {
        let share = if backend.recent_share.is_finite() { backend.recent_share } else { 0.0 };
        // At least a pixel: nothing chosen is to be seen too.
        let tall = ((share / fair / 2.0).min(1.0) * height * 10.0).round().max(10.0) / 10.0;
        let x = (place as f64 * step * 10.0).round() / 10.0;
        let wide = ((step * 0.75) * 10.0).round() / 10.0;
        let path = match (backend.believed_healthy, backend.alive) {
            (true, true) => &mut strip.up,
            (false, false) => &mut strip.down,
            _ => &mut strip.mistaken,
        };
        // Writing into a string cannot fail.
        let _ = write!(path, "M{x} {height}v-{tall}h{wide}v{tall}z");
        if !backend.believed_healthy && !backend.alive {
            let _ = write!(path, "M{x} 4l{wide} 6m0 -6l-{wide} 6");
        }
    }
    strip
}

/// The squares of a node that does not run yet: as many as it is set to have, all ready and idle.
#[must_use]
pub fn resting_squares(node: &Node) -> Squares {
    // One more than what fits tells that there are more; the rest need not be built.
    let count = catalog::replicas(node);
    let fits = REPLICAS_PER_ROW * REPLICA_ROWS_MAX;
    let mut squares = squares(&vec![ReplicaFrame::default(); count.min(fits)]);
    squares.more = count.saturating_sub(fits);
    squares
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facet::balancer::Balancer;
    use crate::facet::cache::Cache;
    use crate::model::params::Params;
    use crate::topology::document::Point;

    fn node(kind: &str) -> Node {
        Node {
            kind: kind.to_owned(),
            label: kind.to_owned(),
            role: None,
            area: None,
            at: Point::default(),
            params: Params::new(),
        }
    }

    fn replica(state: ReplicaState, busy: u32) -> ReplicaFrame {
        ReplicaFrame { state, busy, slots: 8, slow_factor: 1.0, ..ReplicaFrame::default() }
    }

    #[test]
    fn of_all_that_facets_say_a_card_tells_what_weighs_most() {
        use crate::facet::admission::{Admission, RateLimit};
        use crate::facet::broker::Broker;
        use crate::facet::discipline::Queue;
        let said = |facets: Vec<Facet>| {
            let frame = StationFrame { facets, queue: 3, ..StationFrame::default() };
            let gauge = gauge(&node("service"), &frame, false);
            (gauge.state_line, gauge.queue)
        };
        let limit = |full| Admission { limit: Some(RateLimit { full, ..RateLimit::default() }), shedding: None };
        let queue = Queue { name: "Newest first".to_owned(), active: true, ..Queue::default() };
        let waits = Some("queue 3".to_owned());
        assert_eq!(said(vec![limit(false).into()]), (None, waits.clone()));
        let newest = Some("newest first".to_owned());
        assert_eq!(said(vec![limit(false).into(), queue.clone().into()]), (newest, waits.clone()));
        let reached = Some("rate limit reached".to_owned());
        assert_eq!(said(vec![limit(true).into(), queue.into()]), (reached, waits), "the first of equals");
        // What waits at a broker is its lag.
        let broker = Broker { fullest: 1.0, ..Broker::default() };
        assert_eq!(said(vec![limit(true).into(), broker.into()]), (Some("a partition is full".to_owned()), None));
    }

    #[test]
    fn a_service_shows_its_replicas_its_bar_and_its_queue() {
        let frame = StationFrame {
            utilization: 0.93,
            queue: 12,
            queue_capacity: Some(100),
            replicas: vec![replica(ReplicaState::Ready, 4), replica(ReplicaState::Starting, 0)],
            ..StationFrame::default()
        };
        let over = gauge(&node("service"), &frame, true);
        assert_eq!(over.queue.as_deref(), Some("12 left over"));
        let gauge = gauge(&node("service"), &frame, false);
        assert_eq!(gauge.bar, Some((0.93, Level::High)));
        assert_eq!((gauge.value.as_str(), gauge.queue.as_deref()), ("93.0 %", Some("queue 12")));
        assert_eq!(gauge.queue_share, Some(0.12));
        assert_eq!(gauge.state_line.as_deref(), Some("1 ready · 1 starting"));
        let squares = gauge.squares.expect("services have replicas");
        assert_eq!(squares.ready, "M0 0h8v8h-8z");
        assert_eq!(squares.busy, "M0 4h8v4h-8z");
        assert_eq!(squares.starting, "M11 0h8v8h-8z");
    }

    #[test]
    fn a_balancer_shows_who_got_how_much_and_who_is_out() {
        let backend = |share, believed_healthy, alive| Backend {
            recent_share: share,
            believed_healthy,
            alive,
            ..Backend::default()
        };
        let backends = vec![backend(0.5, true, true), backend(0.5, true, false), backend(0.0, false, false)];
        let balancer = Balancer { backends, ..Balancer::default() };
        let frame = StationFrame { facets: vec![balancer.into()], ..StationFrame::default() };
        assert_eq!(gauge(&node("balancer"), &frame, false).state_line.as_deref(), Some("1 of 3 backends out"));
        let strip = gauge(&node("balancer"), &frame, false).strip.expect("it has backends");
        // A fair share is a third: half of all is three quarters of the height.
        assert_eq!(strip.up, "M0 16v-12h10.5v12z");
        assert_eq!(strip.mistaken, "M14 16v-12h10.5v12z");
        assert!(strip.down.starts_with("M28 16v-1h10.5v1z"), "{}", strip.down);
        assert_eq!(gauge(&node("service"), &StationFrame::default(), false).strip, None);
    }

    #[test]
    fn the_condition_tells_the_worst() {
        let (ready, dead) = (replica(ReplicaState::Ready, 0), replica(ReplicaState::Dead, 0));
        assert_eq!(condition(&[ready.clone(), ready.clone()]), Condition::Normal);
        assert_eq!(condition(&[ready.clone(), dead.clone()]), Condition::Impaired);
        assert_eq!(condition(&[dead.clone(), dead]), Condition::Dead);
        assert_eq!(condition(&[ReplicaFrame { slow_factor: 4.0, ..ready.clone() }]), Condition::Slow);
        assert_eq!(condition(&[ReplicaFrame { error_rate: 0.2, ..ready }]), Condition::Faulty);
        assert_eq!(condition(&[]), Condition::Normal);
    }

    #[test]
    fn other_kinds_show_what_they_have() {
        let frame = StationFrame { arrival_rate: 10_000.0, utilization: f64::NAN, ..StationFrame::default() };
        assert_eq!(gauge(&node("source"), &frame, false).value, "λ 10\u{202f}000/s");
        assert_eq!(gauge(&node("balancer"), &frame, false).value, "10\u{202f}000/s");
        let cache = |hit_ratio| Facet::from(Cache { hit_ratio, ..Cache::default() });
        let frame = StationFrame { facets: vec![cache(Some(0.971))], utilization: 0.2, ..StationFrame::default() };
        assert_eq!(gauge(&node("cache"), &frame, false).value, "97.1 % hit");
        let frame = StationFrame { facets: vec![cache(None)], utilization: 0.2, ..StationFrame::default() };
        assert_eq!(gauge(&node("cache"), &frame, false).value, "20 %", "nothing was looked up yet");
    }

    #[test]
    fn more_replicas_than_fit_are_told_as_a_number() {
        let many = vec![replica(ReplicaState::Ready, 0); 30];
        assert_eq!(squares(&many).more, 4);
        let mut set = node("service");
        set.params.set("replicas", 1_000.0);
        assert_eq!(resting_squares(&set).more, 974);
    }
}
