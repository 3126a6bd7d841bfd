//! The timeline: the part of the run on its axis, what stands on it, where keys and the pointer lead; and planning there:
//! where a fault that is dropped or pulled begins, how long it lasts, what it hits.

use super::faults::{sentence, struck, targets, whole};
use super::geometry::{DRAG_THRESHOLD, DRAG_THRESHOLD_TOUCH};
use super::session::Target;
use crate::conversation::Hand;
use crate::engine::sort;
use crate::model::fault::{self, FaultKind};
use crate::model::params::Params;
use crate::protocol::{LogLine, Series};
use crate::topology::document::{Change, Document, Fault, FaultTarget, ScheduledFault};

/// Runs up to this length [s] are planned in hundredths of a second, longer ones in whole seconds.
const FINE_UP_TO: f64 = 20.0;
/// What a dropped fault lasts, as a share of the run; and the least [s].
const SHARE_OF_RUN: f64 = 0.1;
const LEAST_SECS: f64 = 0.01;
/// A fault that is planned without a place on the timeline begins this much later than now and lasts this long [s], so
/// that it can be seen there and moved.
const SOON_SECS: f64 = 10.0;
const SOON_LASTS: f64 = 30.0;
/// It begins within this share of the run.
const SOON_WITHIN: f64 = 0.9;
/// A step of the arrow keys [s], alone and with shift.
const STEP: f64 = 1.0;
const LONG_STEP: f64 = 10.0;

/// The nearest moment that can be planned in a run of this length [s].
#[must_use]
pub fn moment(at_secs: f64, length_secs: f64) -> f64 {
    let at_secs = at_secs.clamp(0.0, length_secs.max(0.0));
    if length_secs > FINE_UP_TO { at_secs.round() } else { (at_secs * 100.0).round() / 100.0 }
}

/// A step by arrow key [s].
#[must_use]
pub const fn step(long: bool) -> f64 {
    if long { LONG_STEP } else { STEP }
}

/// A fault that is dropped at a share of the timeline, from 0 to 1. It hits what is selected, if it can, else the first
/// that it can; `None`: there is none.
#[must_use]
pub fn dropped(document: &Document, selected: Option<Target>, kind: &FaultKind, share: f64) -> Option<ScheduledFault> {
    let all = targets(document, kind);
    let target = selected.filter(|target| all.contains(target)).or_else(|| all.first().copied())?;
    let length = document.run_length_secs;
    Some(ScheduledFault {
        at_secs: moment(share.clamp(0.0, 1.0) * length, length),
        for_secs: (!kind.once).then_some((length * SHARE_OF_RUN).max(LEAST_SECS)),
        fault: Fault { kind: kind.entry.id.to_owned(), target: whole(target), params: Params::new() },
    })
}

/// A fault that is planned from where it is described, `now_secs` into the run.
#[must_use]
pub fn soon(document: &Document, kind: &FaultKind, fault: Fault, now_secs: f64) -> ScheduledFault {
    let at_secs = (now_secs + SOON_SECS).min(document.run_length_secs * SOON_WITHIN).floor().max(0.0);
    ScheduledFault { at_secs, for_secs: (!kind.once).then_some(SOON_LASTS), fault }
}

/// The part of the run that is on the axis [s].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    pub from: f64,
    pub to: f64,
}

/// Zoomed in, at least this share of the run is left.
const SPAN_LEAST: f64 = 0.002;

impl Span {
    /// All of a run of this length [s].
    #[must_use]
    pub const fn whole(length_secs: f64) -> Self {
        Self { from: 0.0, to: if length_secs > 0.0 { length_secs } else { 1e-9 } }
    }

    /// Where a moment lies: 0 is the left edge, 1 the right one.
    #[must_use]
    pub fn share(self, secs: f64) -> f64 {
        (secs - self.from) / (self.to - self.from)
    }

    /// The moment there.
    #[must_use]
    pub fn at(self, share: f64) -> f64 {
        self.from + share * (self.to - self.from)
    }

    /// Between two moments, in either order, within a run of this length.
    #[must_use]
    pub fn between(a: f64, b: f64, length_secs: f64) -> Self {
        let least = length_secs * SPAN_LEAST;
        let width = (b - a).abs().clamp(least, length_secs);
        let from = (a.min(b) + ((b - a).abs() - width) / 2.0).clamp(0.0, length_secs - width);
        Self { from, to: from + width }
    }

    /// Narrower (above 1) or wider by this factor, around a moment.
    #[must_use]
    pub fn zoomed(self, factor: f64, around: f64, length_secs: f64) -> Self {
        let around = around.clamp(self.from, self.to);
        let (before, after) = ((around - self.from) / factor, (self.to - around) / factor);
        if before + after >= length_secs {
            Self::whole(length_secs)
        } else {
            Self::between(around - before, around + after, length_secs)
        }
    }

    /// As wide, with this moment in it.
    #[must_use]
    pub fn holding(self, secs: f64, length_secs: f64) -> Self {
        if secs >= self.from && secs <= self.to {
            return self;
        }
        let half = (self.to - self.from) / 2.0;
        Self::between(secs - half, secs + half, length_secs)
    }

    #[must_use]
    pub fn is_whole(self, length_secs: f64) -> bool {
        self.from <= 0.0 && self.to >= length_secs
    }
}

/// Where a key leads from a moment of a run of this length [s]; `None`: the timeline has no use for it.
#[must_use]
pub fn key(key: &str, shift: bool, at_secs: f64, length_secs: f64) -> Option<f64> {
    let fine = if length_secs > FINE_UP_TO { 1.0 } else { 0.1 };
    let by = match key {
        "ArrowLeft" | "ArrowDown" => -step(shift) * fine,
        "ArrowRight" | "ArrowUp" => step(shift) * fine,
        "PageDown" => -length_secs * SHARE_OF_RUN,
        "PageUp" => length_secs * SHARE_OF_RUN,
        "Home" => -at_secs,
        "End" => length_secs - at_secs,
        _ => return None,
    };
    Some((at_secs + by).clamp(0.0, length_secs))
}

/// The line of the log on which the playhead stands: the latest that is not after it and not longer ago than can be seen.
#[must_use]
pub fn standing(log: &[LogLine], now_ns: u64, span: Span) -> Option<&LogLine> {
    let seen_ns = ((span.to - span.from) * 1e9 * 0.004) as u64;
    let latest = log.iter().rev().find(|line| line.at_ns <= now_ns)?;
    (now_ns - latest.at_ns <= seen_ns).then_some(latest)
}

/// Something that lasts, on the track.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    pub from_secs: f64,
    /// At most the end of the run.
    pub to_secs: f64,
    pub words: String,
    pub kind: String,
    pub target: FaultTarget,
    /// Its place in the timetable; `None`: it was let loose by hand.
    pub planned: Option<usize>,
}

/// All faults of a run of this length, planned and let loose, cut off where a hand lifted them; in the order in which they
/// begin.
#[must_use]
pub fn bands(document: &Document, hands: &[Hand], length_secs: f64) -> Vec<Band> {
    let words = |fault: &Fault| struck(document, &fault.kind, fault.target, &fault.params);
    let band = |fault: &Fault, at: f64, until: f64, planned| Band {
        from_secs: at.clamp(0.0, length_secs),
        to_secs: until.clamp(0.0, length_secs),
        words: words(fault),
        kind: fault.kind.clone(),
        target: fault.target,
        planned,
    };
    let timetable = document.faults.iter().enumerate().map(|(place, fault)| {
        let until = fault.for_secs.map_or(length_secs, |lasts| fault.at_secs + lasts);
        band(&fault.fault, fault.at_secs, until, Some(place))
    });
    let mut bands: Vec<Band> = timetable.collect();
    for hand in hands {
        let Some(at_secs) = hand.at_ns.map(|ns| ns as f64 / 1e9) else { continue };
        match &hand.input.change {
            Change::Inject(fault) => bands.push(band(fault, at_secs, length_secs, None)),
            Change::Lift { kind, target } => {
                let hit = |band: &&mut Band| band.kind == *kind && band.target == *target;
                for band in bands.iter_mut().filter(hit) {
                    if band.from_secs <= at_secs && at_secs < band.to_secs {
                        band.to_secs = at_secs;
                    }
                }
            }
            Change::Edit(_) => {}
        }
    }
    // What was lifted in the moment in which it began was adjusted.
    bands.retain(|band| band.planned.is_some() || band.to_secs > band.from_secs);
    for band in &mut bands {
        if fault::find(&band.kind).is_some_and(|kind| kind.once) {
            band.to_secs = band.from_secs;
        }
    }
    sort::few_by(&mut bands, |a, b| a.from_secs.total_cmp(&b.from_secs));
    bands
}

/// The faults that a hand let loose, as a timetable that lets them loose at the same moments.
#[must_use]
pub fn replanned(loose: &[(u64, Change)]) -> Vec<ScheduledFault> {
    let mut planned: Vec<ScheduledFault> = Vec::new();
    for (at_ns, change) in loose {
        let at_secs = *at_ns as f64 / 1e9;
        match change {
            Change::Inject(fault) => planned.push(ScheduledFault { at_secs, for_secs: None, fault: fault.clone() }),
            Change::Lift { kind, target } => {
                let hit =
                    |planned: &&mut ScheduledFault| planned.fault.kind == *kind && planned.fault.target == *target;
                for planned in planned.iter_mut().filter(hit).filter(|planned| planned.for_secs.is_none()) {
                    planned.for_secs = Some((at_secs - planned.at_secs).max(LEAST_SECS));
                }
            }
            Change::Edit(_) => {}
        }
    }
    planned
}

/// What changes the run was given while it ran, each with its moment [s] and its sentence.
#[must_use]
pub fn inputs(document: &Document, hands: &[Hand]) -> Vec<(f64, String)> {
    hands.iter().filter_map(|hand| Some((hand.at_ns? as f64 / 1e9, sentence(document, &hand.input.change)))).collect()
}

/// Rows of the track at most; what finds no place of its own lies over others in the last.
pub const ROWS_MAX: usize = 4;
/// A label needs so much room [px], its letters so much each; so much lies between a mark and its label or the next mark.
const LABEL_LEAST: f64 = 76.0;
const LETTER: f64 = 6.1;
const LABEL_GAP: f64 = 14.0;

/// Where a mark and its words are drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Placed {
    pub row: usize,
    /// As much of the words as finds room.
    pub label: String,
}

/// Places marks from `at` to `until` [px], in ascending order of `at`, with their words on a track of this width [px]:
/// each in the first row where nothing lies, its words where they end before the next mark of the row.
#[must_use]
pub fn placed(marks: &[(f64, f64, &str)], wide: f64) -> Vec<Placed> {
    let mut ends = [f64::NEG_INFINITY; ROWS_MAX];
    let mut placed: Vec<Placed> = Vec::new();
    for (at, until, _) in marks {
        let row = (0..ROWS_MAX).find(|row| ends[*row] <= *at).unwrap_or(ROWS_MAX - 1);
        ends[row] = until.max(at + LABEL_LEAST).max(ends[row]);
        placed.push(Placed { row, label: String::new() });
    }
    for (place, (at, _, words)) in marks.iter().enumerate() {
        let row = placed[place].row;
        let next = marks.iter().zip(&placed).skip(place + 1).find(|(_, other)| other.row == row);
        let room = next.map_or(wide, |((next, ..), _)| *next) - at.max(0.0) - LABEL_GAP;
        placed[place].label = shortened(words, (room / LETTER).max(0.0) as usize);
    }
    placed
}

/// At most this many letters; nothing where too few would be left to read.
fn shortened(words: &str, letters: usize) -> String {
    if words.chars().count() <= letters {
        words.to_owned()
    } else if letters < 4 {
        String::new()
    } else {
        let kept: String = words.chars().take(letters - 1).collect();
        // Not within a word, which a screen reader would read as another one.
        let cut = words.chars().nth(letters - 1).is_some_and(|next| !next.is_whitespace());
        let kept = if cut { kept.rsplit_once(' ').map_or("", |(whole, _)| whole) } else { kept.as_str() };
        if kept.is_empty() { String::new() } else { format!("{}…", kept.trim_end()) }
    }
}

/// Moments to label within a part of the run: five to ten of them, at round numbers.
#[must_use]
pub fn ticks(span: Span, most: usize) -> Vec<f64> {
    const STEPS: &[f64] = &[
        0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0,
        3_600.0, 7_200.0, 21_600.0, 86_400.0,
    ];
    let width = span.to - span.from;
    let most = most.max(2) as f64;
    let step = STEPS.iter().copied().find(|step| width / step <= most).unwrap_or(width / most);
    let first = (span.from / step - 1e-6).ceil();
    let ticks = (0..=most as usize + 1).map(|more| (first + more as f64) * step);
    ticks.filter(|at| *at <= span.to + width * 1e-4).collect()
}

/// How requests ended over a part of the run, as three paths of a drawing of this size [px], each over the one before: the area
/// of all that ended, that of what was answered, and that of what was answered in time.
#[must_use]
pub fn minimap(series: &Series, span: Span, wide: f64, high: f64) -> [String; 3] {
    let [good, answered, errors] = ["goodput", "throughput", "errors"].map(|id| series.column(id));
    let value =
        |values: &[f32], row: usize| values.get(row).copied().filter(|value| value.is_finite()).map_or(0.0, f64::from);
    let all = |row: usize| value(answered, row) + value(errors, row);
    let most = (0..series.at_secs.len()).map(all).fold(0.0, f64::max);
    let path = |read: &dyn Fn(usize) -> f64| {
        let mut path = format!("M0 {high}");
        let mut last = 0.0;
        for (row, at) in series.at_secs.iter().enumerate() {
            let (from, to) = (span.share(*at), span.share(at + series.bucket_secs));
            if to < 0.0 || from > 1.0 {
                continue;
            }
            let y = high - read(row) / most * (high - 1.0);
            last = to.min(1.0) * wide;
            path.push_str(&format!("L{:.1} {y:.1}H{last:.1}", from.max(0.0) * wide));
        }
        path.push_str(&format!("L{last:.1} {high}Z"));
        path
    };
    if most > 0.0 {
        [path(&all), path(&|row| value(answered, row)), path(&|row| value(good, row))]
    } else {
        Default::default()
    }
}

/// A mark under the pointer: a click until it has moved far enough, then a pull.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pull {
    from_x: f64,
    from_secs: f64,
    touch: bool,
    pulled: bool,
}

impl Pull {
    /// Pressed at `x` [px] on a mark that stands at `at_secs`.
    #[must_use]
    pub const fn begin(x: f64, at_secs: f64, touch: bool) -> Self {
        Self { from_x: x, from_secs: at_secs, touch, pulled: false }
    }

    /// The pointer is at `x` now, on a track of this width [px] and run of this length [s]: where the mark goes, or
    /// `None` while it stays where it is.
    pub fn moved(&mut self, x: f64, track_px: f64, length_secs: f64) -> Option<f64> {
        let by = x - self.from_x;
        let threshold = if self.touch { DRAG_THRESHOLD_TOUCH } else { DRAG_THRESHOLD };
        self.pulled |= by.abs() > threshold;
        self.pulled.then(|| moment(self.from_secs + by / track_px.max(1.0) * length_secs, length_secs))
    }

    /// Whether the release ends a pull; else it is a click.
    #[must_use]
    pub const fn is_pull(&self) -> bool {
        self.pulled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editor::testing::document;
    use crate::topology::document::NodeId;

    #[test]
    fn moments_are_whole_seconds_but_in_short_runs() {
        assert_eq!([59.4, 59.5, -3.0, 700.0].map(|secs| moment(secs, 600.0)), [59.0, 60.0, 0.0, 600.0]);
        assert_eq!(moment(1.234, 20.0), 1.23);
        assert_eq!(moment(1.235_1, 20.0), 1.24);
        assert_eq!(moment(5.0, 0.0), 0.0);
    }

    #[test]
    fn a_mark_is_pulled_only_once_the_pointer_has_gone_far_enough() {
        let mut pull = Pull::begin(100.0, 60.0, false);
        assert_eq!(pull.moved(100.0 + DRAG_THRESHOLD, 600.0, 600.0), None);
        assert!(!pull.is_pull(), "still a click");
        assert_eq!(pull.moved(105.0, 600.0, 600.0), Some(65.0));
        assert_eq!(pull.moved(101.0, 600.0, 600.0), Some(61.0), "once pulled it follows, also over a short way back");
        assert!(pull.is_pull());
        let mut finger = Pull::begin(100.0, 60.0, true);
        assert_eq!(finger.moved(108.0, 600.0, 600.0), None, "a finger trembles more");
    }

    fn kind(id: &str) -> &'static FaultKind {
        fault::find(id).expect("is registered")
    }

    #[test]
    fn a_dropped_fault_hits_the_selection_or_the_first_that_it_can() {
        let mut document = document("src -> lb; lb -> a; lb -> b");
        document.run_length_secs = 600.0;
        let [a, b] = [NodeId(3), NodeId(4)];
        let hits = |selected: Option<Target>, share: f64| {
            let planned = dropped(&document, selected, kind("slow"), share).expect("a service can be slowed down");
            (planned.fault.target, planned.at_secs, planned.for_secs)
        };
        assert_eq!(hits(Some(Target::Node(b)), 0.5), (FaultTarget::Node(b), 300.0, Some(60.0)));
        assert_eq!(hits(None, 0.0), (FaultTarget::Node(a), 0.0, Some(60.0)));
        assert_eq!(hits(Some(Target::Node(NodeId(1))), 1.7).0, FaultTarget::Node(a), "clients cannot be slowed down");
        assert_eq!(hits(None, 1.7).1, 600.0, "beside the track is at its end");
        assert!(dropped(&document, None, kind("cache-flush"), 0.5).is_none(), "there is no cache");
        let once = dropped(&self::document("cache"), None, kind("cache-flush"), 0.5).expect("there is a cache");
        assert_eq!(once.for_secs, None, "over as soon as it has happened");
    }

    #[test]
    fn a_fault_planned_soon_begins_within_the_run() {
        let mut document = document("a");
        document.run_length_secs = 600.0;
        let fault = Fault { kind: "slow".to_owned(), target: FaultTarget::Node(NodeId(1)), params: Params::new() };
        let at = |now: f64| soon(&document, kind("slow"), fault.clone(), now).at_secs;
        assert_eq!([0.0, 59.7, 595.0].map(at), [10.0, 69.0, 540.0]);
    }

    #[test]
    fn a_span_is_zoomed_around_a_moment_and_stays_within_the_run() {
        let whole = Span::whole(600.0);
        assert_eq!((whole.share(150.0), whole.at(0.5)), (0.25, 300.0));
        let half = whole.zoomed(2.0, 0.0, 600.0);
        assert_eq!(half, Span { from: 0.0, to: 300.0 });
        assert_eq!(half.zoomed(0.25, 100.0, 600.0), whole);
        assert_eq!(half.holding(500.0, 600.0), Span { from: 300.0, to: 600.0 });
        assert_eq!(half.holding(20.0, 600.0), half);
        assert_eq!(Span::between(80.0, 40.0, 600.0), Span { from: 40.0, to: 80.0 }, "dragged to the left");
        let least = Span::between(10.0, 10.0, 600.0);
        assert!(least.to - least.from > 1.0 && least.from < 10.0 && least.to > 10.0, "{least:?}");
        assert_eq!(Span::between(599.9, 600.0, 600.0).to, 600.0);
    }

    #[test]
    fn keys_lead_through_the_run_and_stop_at_its_ends() {
        let lead = |name: &str, shift| key(name, shift, 300.0, 600.0);
        assert_eq!([lead("ArrowRight", false), lead("ArrowLeft", true)], [Some(301.0), Some(290.0)]);
        assert_eq!([lead("PageUp", false), lead("PageDown", false)], [Some(360.0), Some(240.0)]);
        assert_eq!([lead("Home", false), lead("End", false), lead("a", false)], [Some(0.0), Some(600.0), None]);
        assert_eq!(key("PageDown", false, 10.0, 600.0), Some(0.0));
        assert_eq!(key("ArrowRight", false, 1.0, 20.0), Some(1.1), "a short run in finer steps");
    }

    #[test]
    fn the_playhead_stands_on_what_has_just_happened() {
        let line = |at_ns, text: &str| LogLine {
            at_ns,
            level: crate::protocol::LogLevel::Info,
            node: None,
            text: text.to_owned(),
        };
        let log = [line(10_000_000_000, "first"), line(20_000_000_000, "second")];
        let stands = |secs: f64| standing(&log, (secs * 1e9) as u64, Span::whole(600.0)).map(|line| line.text.as_str());
        assert_eq!(
            [stands(9.9), stands(10.0), stands(12.0), stands(15.0), stands(20.5)],
            [None, Some("first"), Some("first"), None, Some("second")]
        );
        let near = standing(&log, 12_000_000_000, Span { from: 0.0, to: 30.0 });
        assert_eq!(near, None, "zoomed in, two seconds are far");
    }

    #[test]
    fn bands_end_where_a_hand_lifted_them_or_with_the_run() {
        let mut document = document("src -> a; a -> cache");
        let fault = |kind: &str, node| Fault {
            kind: kind.to_owned(),
            target: FaultTarget::Node(NodeId(node)),
            params: Params::new(),
        };
        document.faults.push(ScheduledFault { at_secs: 50.0, for_secs: Some(900.0), fault: fault("kill", 2) });
        let hand = |at_secs: f64, change| Hand {
            input: crate::topology::document::Input { at_event: at_secs as u64, change },
            at_ns: Some((at_secs * 1e9) as u64),
        };
        let hands = [
            hand(10.0, Change::Inject(fault("slow", 2))),
            hand(20.0, Change::Lift { kind: "slow".to_owned(), target: FaultTarget::Node(NodeId(2)) }),
            hand(60.0, Change::Inject(fault("slow", 2))),
            hand(70.0, Change::Inject(fault("cache-flush", 3))),
        ];
        let spans: Vec<_> = bands(&document, &hands, 100.0)
            .into_iter()
            .map(|band| (band.from_secs, band.to_secs, band.planned))
            .collect();
        assert_eq!(spans, [(10.0, 20.0, None), (50.0, 100.0, Some(0)), (60.0, 100.0, None), (70.0, 70.0, None)]);
        let loose: Vec<_> = hands.iter().map(|hand| (hand.at_ns.expect("played"), hand.input.change.clone())).collect();
        let again: Vec<_> = replanned(&loose).into_iter().map(|planned| (planned.at_secs, planned.for_secs)).collect();
        assert_eq!(again, [(10.0, Some(10.0)), (60.0, None), (70.0, None)]);
        let told = inputs(&document, &hands);
        assert_eq!(told[1], (20.0, "a is back to its normal speed".to_owned()));
    }

    #[test]
    fn marks_have_rows_of_their_own_and_words_where_they_find_room() {
        let marks = [
            (0.0, 300.0, "Orders was killed"),
            (100.0, 110.0, "Shop hangs"),
            (120.0, 130.0, "Stock hangs"),
            (400.0, 900.0, "Shop was cut"),
        ];
        let placed = placed(&marks, 900.0);
        assert_eq!(placed.iter().map(|mark| mark.row).collect::<Vec<_>>(), [0, 1, 2, 0]);
        assert_eq!(
            placed.iter().map(|mark| mark.label.as_str()).collect::<Vec<_>>(),
            ["Orders was killed", "Shop hangs", "Stock hangs", "Shop was cut"]
        );
        let narrow = super::placed(&[(0.0, 10.0, "Orders was killed"), (80.0, 90.0, "Shop")], 200.0);
        assert_eq!((narrow[0].row, narrow[0].label.as_str(), narrow[1].row), (0, "Orders…", 0));
        let many: Vec<(f64, f64, &str)> = (0..9).map(|at| (f64::from(at), 500.0, "x")).collect();
        assert!(super::placed(&many, 500.0).iter().all(|mark| mark.row < ROWS_MAX));
    }

    #[test]
    fn ticks_stand_at_round_moments_of_what_is_shown() {
        assert_eq!(ticks(Span::whole(60.0), 6), [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0]);
        assert_eq!(ticks(Span { from: 61.0, to: 64.0 }, 6), [61.0, 61.5, 62.0, 62.5, 63.0, 63.5, 64.0]);
        assert_eq!(ticks(Span::whole(600.0), 3), [0.0, 300.0, 600.0]);
    }

    #[test]
    fn the_minimap_draws_what_ended_what_was_answered_and_what_was_in_time() {
        let mut series = Series { bucket_secs: 1.0, at_secs: vec![0.0, 1.0], ..Series::default() };
        let columns = |good: &[f32]| {
            let column = |spec: &crate::figure::Spec| match spec.id {
                "throughput" => vec![10.0, 5.0],
                "errors" => vec![0.0, 5.0],
                "goodput" => good.to_vec(),
                _ => Vec::new(),
            };
            crate::figure::charted().map(column).collect::<Vec<_>>()
        };
        series.columns = columns(&[10.0, 2.5]);
        let [all, answered, good] = minimap(&series, Span::whole(2.0), 100.0, 11.0);
        assert_eq!(all, "M0 11L0.0 1.0H50.0L50.0 1.0H100.0L100.0 11Z");
        assert_eq!(answered, "M0 11L0.0 1.0H50.0L50.0 6.0H100.0L100.0 11Z");
        assert_eq!(good, "M0 11L0.0 1.0H50.0L50.0 8.5H100.0L100.0 11Z");
        // Nothing at all was in time: then nothing is sent of it.
        series.columns = columns(&[]);
        assert_eq!(minimap(&series, Span::whole(2.0), 100.0, 11.0)[2], "M0 11L0.0 11.0H50.0L50.0 11.0H100.0L100.0 11Z");
        assert_eq!(minimap(&Series::default(), Span::whole(2.0), 100.0, 11.0), [const { String::new() }; 3]);
    }
}
