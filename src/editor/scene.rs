//! What moves on the stage, as plain drawing commands in world coordinates: no browser, tested as text.
//!
//! A dot is one sampled traversal ([`Hop`]) of an edge; it goes out and back on the edge's own curve. Painting never
//! advances the simulation: dots are placed by simulated time.

use std::collections::BTreeMap;
use std::fmt;

use super::geometry::{Curve, distance, moved};
use crate::model::outcome::Outcome;
use crate::protocol::Hop;
use crate::topology::document::{EdgeId, NodeId, Point};

/// Shortest time that a dot is under way on the screen [s of wall time].
///
/// A hop of 1 ms at normal speed would be over before a single picture was painted. So that flow can be seen, a
/// shorter hop is drawn over this span: its start is true, its arrival is drawn late. Said on the help page.
pub const MIN_TRAVEL_SECS: f64 = 0.35;
/// How far beside the curve's middle a dot travels, so that both directions can be told apart [world units].
const LANE: f64 = 3.5;
/// Half the size of a dot [world units].
pub const DOT_RADIUS: f64 = 3.0;

/// What a dot tells: on the way out nothing yet, on the way back how it went. Each has its own shape as well as color.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DotStyle {
    Outbound,
    Back(Outcome),
}

/// The form of a dot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Small and filled.
    Point,
    Circle,
    Ring,
    Square,
    Diamond,
    Triangle,
    Cross,
}

impl DotStyle {
    /// All, in the order in which they are painted: what went wrong lies on top.
    pub const ALL: [Self; 7] = [
        Self::Outbound,
        Self::Back(Outcome::Completed),
        Self::Back(Outcome::Abandoned),
        Self::Back(Outcome::Shed),
        Self::Back(Outcome::Rejected),
        Self::Back(Outcome::TimedOut),
        Self::Back(Outcome::Failed),
    ];

    #[must_use]
    pub const fn shape(self) -> Shape {
        match self {
            Self::Outbound => Shape::Point,
            Self::Back(Outcome::Completed) => Shape::Circle,
            Self::Back(Outcome::TimedOut) => Shape::Ring,
            Self::Back(Outcome::Rejected) => Shape::Square,
            Self::Back(Outcome::Failed) => Shape::Cross,
            Self::Back(Outcome::Shed) => Shape::Diamond,
            Self::Back(Outcome::Abandoned) => Shape::Triangle,
        }
    }

    /// The design token that colors it.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::Outbound => "--out-pending",
            Self::Back(Outcome::Completed) => "--out-completed",
            Self::Back(Outcome::TimedOut) => "--out-timed-out",
            Self::Back(Outcome::Rejected) => "--out-rejected",
            Self::Back(Outcome::Shed) => "--out-shed",
            Self::Back(Outcome::Abandoned) => "--out-abandoned",
            Self::Back(Outcome::Failed) => "--out-failed",
        }
    }

    /// Its place in [`DotStyle::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Outbound => 0,
            Self::Back(Outcome::Completed) => 1,
            Self::Back(Outcome::Abandoned) => 2,
            Self::Back(Outcome::Shed) => 3,
            Self::Back(Outcome::Rejected) => 4,
            Self::Back(Outcome::TimedOut) => 5,
            Self::Back(Outcome::Failed) => 6,
        }
    }

    fn of(hop: &Hop) -> Self {
        if !hop.back {
            return Self::Outbound;
        }
        Self::Back(Outcome::ALL.get(usize::from(hop.outcome)).copied().unwrap_or(Outcome::Failed))
    }
}

/// A request by its source and the number that it has there, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestName {
    pub source: NodeId,
    pub ordinal: u64,
}

/// A dot on its way. Times are in nanoseconds as floats: exact for the first hundred days of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Dot {
    edge: EdgeId,
    /// Whose it is.
    request: RequestName,
    style: DotStyle,
    /// How long the hop truly takes.
    true_ns: f64,
    start_ns: f64,
    /// When it is drawn to arrive.
    end_ns: f64,
}

impl Dot {
    /// How far it is, 0..1; beyond where it has not started or has arrived.
    fn progress(&self, now_ns: f64) -> f64 {
        (now_ns - self.start_ns) / (self.end_ns - self.start_ns)
    }

    /// Where it is drawn.
    fn place(&self, curve: &Curve, now_ns: f64) -> Point {
        let t = self.progress(now_ns);
        match self.style {
            DotStyle::Outbound => beside(curve, t, LANE),
            DotStyle::Back(_) => beside(curve, 1.0 - t, -LANE),
        }
    }
}

/// The dots on their way, between frames.
#[derive(Clone, Debug, Default)]
pub struct DotField {
    dots: Vec<Dot>,
    /// Simulated nanoseconds in a second of wall time.
    rate: f64,
}

impl DotField {
    /// Tells how much simulated time passes in one second of wall time, which decides how long [`MIN_TRAVEL_SECS`] is
    /// for the simulation. When it changed a good deal, dots go on from where they are, at the new pace.
    pub fn set_rate(&mut self, now_ns: u64, nanos_per_wall_sec: f64) {
        let rate = if nanos_per_wall_sec.is_finite() { nanos_per_wall_sec.max(0.0) } else { 0.0 };
        // The reached speed trembles; only a real change is worth a new timing.
        if rate > self.rate * 0.75 && rate < self.rate * 1.33 {
            return;
        }
        self.rate = rate;
        let now_ns = now_ns as f64;
        let min_ns = self.min_ns();
        for dot in self.dots.iter_mut().filter(|dot| dot.start_ns <= now_ns) {
            let progress = dot.progress(now_ns);
            let takes = dot.true_ns.max(min_ns);
            dot.start_ns = now_ns - progress * takes;
            dot.end_ns = dot.start_ns + takes;
        }
    }

    fn min_ns(&self) -> f64 {
        (MIN_TRAVEL_SECS * self.rate).max(1.0)
    }

    /// Adds sampled hops.
    pub fn add(&mut self, hops: &[Hop]) {
        let min_ns = self.min_ns();
        self.dots.extend(hops.iter().map(|hop| {
            let start_ns = hop.start_ns as f64;
            let true_ns = hop.end_ns.saturating_sub(hop.start_ns) as f64;
            let end_ns = start_ns + true_ns.max(min_ns);
            let request = RequestName { source: NodeId(hop.source), ordinal: hop.ordinal };
            Dot { edge: hop.edge, request, style: DotStyle::of(hop), true_ns, start_ns, end_ns }
        }));
    }

    /// Forgets the dots that have arrived before `now_ns`.
    pub fn prune(&mut self, now_ns: u64) {
        self.dots.retain(|dot| dot.end_ns > now_ns as f64);
    }

    /// Forgets all: another run begins.
    pub fn clear(&mut self) {
        self.dots.clear();
    }

    /// The request whose dot is nearest to `point`, no further than `within` [world units], as drawn at `now_ns`.
    #[must_use]
    pub fn nearest(
        &self,
        curves: &BTreeMap<EdgeId, Curve>,
        point: Point,
        within: f64,
        now_ns: u64,
    ) -> Option<RequestName> {
        let now_ns = now_ns as f64;
        let under_way = self.dots.iter().filter(|dot| dot.start_ns <= now_ns && now_ns < dot.end_ns);
        under_way
            .filter_map(|dot| Some((distance(dot.place(curves.get(&dot.edge)?, now_ns), point), dot.request)))
            .filter(|(far, _)| *far <= within)
            .min_by(|(a, _), (b, _)| a.total_cmp(b))
            .map(|(_, request)| request)
    }

    /// How many are known, started or not.
    #[must_use]
    pub fn len(&self) -> usize {
        self.dots.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.dots.is_empty()
    }
}

/// What the moving picture depends on, and nothing else.
#[derive(Debug)]
pub struct DynamicInput<'a> {
    pub dots: &'a DotField,
    pub curves: &'a BTreeMap<EdgeId, Curve>,
    /// Simulated time to draw [ns].
    pub now_ns: u64,
    /// False: dots do not move (reduced motion, or animation switched off). Then one mark per edge and fate shows what
    /// flows.
    pub motion: bool,
}

/// One thing to draw, in world coordinates.
#[derive(Clone, Debug, PartialEq)]
pub enum DrawCmd {
    /// Dots of one style, all at once: the painter fills them as one path.
    Dots { style: DotStyle, points: Vec<Point> },
}

/// Everything to draw, from back to front.
pub type Scene = Vec<DrawCmd>;

/// The moving picture at one moment.
#[must_use]
pub fn build_dynamic(input: &DynamicInput<'_>) -> Scene {
    let mut by_style: [Vec<Point>; 7] = Default::default();
    let now_ns = input.now_ns as f64;
    let started = input.dots.dots.iter().filter(|dot| dot.start_ns <= now_ns && now_ns < dot.end_ns);
    if input.motion {
        for dot in started {
            let Some(curve) = input.curves.get(&dot.edge) else { continue };
            by_style[dot.style.index()].push(dot.place(curve, now_ns));
        }
    } else {
        let mut flows: BTreeMap<EdgeId, [bool; 7]> = BTreeMap::new();
        for dot in started {
            flows.entry(dot.edge).or_default()[dot.style.index()] = true;
        }
        for (edge, styles) in flows {
            let Some(curve) = input.curves.get(&edge) else { continue };
            for style in DotStyle::ALL {
                if styles[style.index()] {
                    let lane = if style == DotStyle::Outbound { LANE } else { -LANE };
                    // Side by side around the middle, each fate always in the same place.
                    let t = 0.3 + 0.07 * style.index() as f64;
                    by_style[style.index()].push(beside(curve, t, lane));
                }
            }
        }
    }
    DotStyle::ALL
        .into_iter()
        .zip(by_style)
        .filter(|(_, points)| !points.is_empty())
        .map(|(style, points)| DrawCmd::Dots { style, points })
        .collect()
}

/// The point at `t`, `lane` units to the right of the direction of calls.
fn beside(curve: &Curve, t: f64, lane: f64) -> Point {
    let along = curve.direction(t);
    moved(curve.at(t), -along.y * lane, along.x * lane)
}

/// How many dots a scene draws.
#[must_use]
pub fn dots_drawn(scene: &Scene) -> usize {
    scene
        .iter()
        .map(|command| match command {
            DrawCmd::Dots { points, .. } => points.len(),
        })
        .sum()
}

/// The simulated time to paint: behind the newest frame by its own span, so that a dot is seen from its start on, and
/// never going back within a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct PaintClock {
    shown_ns: u64,
    lag_ns: u64,
}

impl PaintClock {
    /// `clock_ns`: simulated time carried on from the newest frame; `span_ns`: what that frame covers.
    pub fn advance(&mut self, clock_ns: u64, span_ns: u64, running: bool) -> u64 {
        // The lag follows long frames at once and short ones slowly: an uneven beat shall not make dots stutter.
        self.lag_ns = if running { span_ns.max(self.lag_ns - self.lag_ns / 32) } else { self.lag_ns };
        let goal = clock_ns.saturating_sub(self.lag_ns);
        self.shown_ns = if running { self.shown_ns.max(goal) } else { self.shown_ns.max(goal).min(clock_ns) };
        self.shown_ns
    }

    /// Another run, or a jump in time.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

/// For tests: one line per command.
impl fmt::Display for DrawCmd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dots { style, points } => {
                write!(f, "{style:?} {:?}", style.shape())?;
                for point in points {
                    write!(f, " ({:.1},{:.1})", point.x, point.y)?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn curves() -> BTreeMap<EdgeId, Curve> {
        let p = |x| Point { x, y: 0.0 };
        [(EdgeId(1), Curve { p0: p(0.0), p1: p(100.0), p2: p(200.0), p3: p(300.0) })].into()
    }

    fn hop(back: bool, outcome: Outcome, start_ns: u64, end_ns: u64) -> Hop {
        Hop { edge: EdgeId(1), source: 9, ordinal: start_ns, back, outcome: outcome as u8, start_ns, end_ns }
    }

    #[track_caller]
    fn check(hops: &[Hop], nanos_per_wall_sec: f64, now_ns: u64, motion: bool, expected: Expect) {
        let mut dots = DotField::default();
        dots.set_rate(0, nanos_per_wall_sec);
        dots.add(hops);
        let scene = build_dynamic(&DynamicInput { dots: &dots, curves: &curves(), now_ns, motion });
        let lines: Vec<String> = scene.iter().map(ToString::to_string).collect();
        expected.assert_eq(&lines.join("\n"));
    }

    #[test]
    fn dots_travel_out_and_back_by_simulated_time_each_fate_with_its_shape() {
        let mut hops = vec![hop(false, Outcome::Completed, 0, 1_000), hop(false, Outcome::Completed, 500, 1_500)];
        hops.extend(Outcome::ALL.map(|outcome| hop(true, outcome, 600, 1_000)));
        check(
            &hops,
            0.0,
            750,
            true,
            expect![[r#"
                Outbound Point (225.0,3.5) (75.0,3.5)
                Back(Completed) Circle (187.5,-3.5)
                Back(Abandoned) Triangle (187.5,-3.5)
                Back(Shed) Diamond (187.5,-3.5)
                Back(Rejected) Square (187.5,-3.5)
                Back(TimedOut) Ring (187.5,-3.5)
                Back(Failed) Cross (187.5,-3.5)"#]],
        );
    }

    #[test]
    fn a_short_hop_is_drawn_over_the_stated_minimum() {
        // 1 ms at normal speed, seen half of the minimum later: half way.
        let seen = (MIN_TRAVEL_SECS * 0.5e9) as u64;
        let short = [hop(false, Outcome::Completed, 0, 1_000_000)];
        check(&short, 1e9, seen, true, expect!["Outbound Point (150.0,3.5)"]);
        // In slow motion (1/100) the same hop takes longer than the minimum: it is drawn as it is.
        check(&short, 1e7, 3_500_000 - 1, true, expect!["Outbound Point (300.0,3.5)"]);
    }

    #[test]
    fn when_the_pace_changes_dots_go_on_from_where_they_are() {
        let mut dots = DotField::default();
        dots.set_rate(0, 1e9);
        dots.add(&[hop(false, Outcome::Completed, 0, 1_000_000)]);
        let half = (MIN_TRAVEL_SECS * 0.5e9) as u64;
        let places = |dots: &DotField, now_ns| {
            let scene = build_dynamic(&DynamicInput { dots, curves: &curves(), now_ns, motion: true });
            scene.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let before = places(&dots, half);
        dots.set_rate(half, 1e7);
        assert_eq!(places(&dots, half), before);
        // A hundredth of the speed: the rest of the way takes a hundredth of the simulated time.
        let rest = (MIN_TRAVEL_SECS * 0.5e7) as u64;
        assert_eq!(places(&dots, half + rest / 2), ["Outbound Point (225.0,3.5)"]);
        dots.prune(half + rest + 1);
        assert!(dots.is_empty());
    }

    #[test]
    fn dots_are_seen_only_between_start_and_arrival_and_only_on_edges_that_exist() {
        let gone = Hop { edge: EdgeId(9), ..hop(false, Outcome::Completed, 0, 1_000) };
        check(&[hop(false, Outcome::Completed, 100, 200), gone], 0.0, 50, true, expect![""]);
        check(&[hop(false, Outcome::Completed, 100, 200), gone], 0.0, 200, true, expect![""]);
    }

    #[test]
    fn without_motion_one_resting_mark_per_fate_shows_what_flows() {
        let hops = [
            hop(false, Outcome::Completed, 0, 1_000),
            hop(false, Outcome::Completed, 10, 1_000),
            hop(true, Outcome::Failed, 0, 1_000),
        ];
        let expected = expect![[r#"
            Outbound Point (90.0,3.5)
            Back(Failed) Cross (216.0,-3.5)"#]];
        check(&hops, 0.0, 300, false, expected);
    }

    #[test]
    fn the_dot_under_the_pointer_tells_whose_it_is() {
        let mut dots = DotField::default();
        dots.add(&[hop(false, Outcome::Completed, 0, 1_000), hop(false, Outcome::Completed, 500, 1_500)]);
        let near = |x, within| dots.nearest(&curves(), Point { x, y: 3.0 }, within, 750).map(|request| request.ordinal);
        assert_eq!(near(222.0, 8.0), Some(0));
        assert_eq!(near(80.0, 8.0), Some(500));
        assert_eq!(near(150.0, 8.0), None);
    }

    #[test]
    fn arrived_dots_are_forgotten() {
        let mut dots = DotField::default();
        dots.add(&[hop(false, Outcome::Completed, 0, 10), hop(false, Outcome::Completed, 0, 20)]);
        dots.prune(10);
        assert_eq!(dots.len(), 1);
        dots.clear();
        assert!(dots.is_empty());
    }

    #[test]
    fn styles_stand_at_their_index() {
        for (place, style) in DotStyle::ALL.into_iter().enumerate() {
            assert_eq!(style.index(), place);
        }
    }

    #[test]
    fn the_paint_clock_shows_the_span_of_the_frame_and_never_goes_back() {
        let mut clock = PaintClock::default();
        assert_eq!(clock.advance(1_000, 100, true), 900);
        assert_eq!(clock.advance(1_050, 100, true), 950);
        // A long frame: the clock waits rather than going back.
        assert_eq!(clock.advance(1_060, 400, true), 950);
        assert_eq!(clock.advance(1_500, 400, true), 1_100);
        // Paused: it stands.
        let stands = clock.advance(1_500, 400, false);
        assert_eq!(clock.advance(1_500, 400, false), stands);
        clock.reset();
        assert_eq!(clock.advance(10, 0, true), 10);
    }
}
