//! What a run has to tell, in plain words: how users fare and why, what happens as it happens, what came out in the end.
//! Every word follows from the engine's own figures, faults, reasons and log; nothing here knows a scenario.

pub mod captions;
pub mod ending;
pub mod place;
pub mod repair;

use super::catalog;
use super::edit::target_name;
use super::faults::place;
use super::session::Target;
use crate::facet::words::grouped;
use crate::model::fault::{self, Effect, FaultKind};
use crate::model::outcome::Reason;
use crate::model::params::Params;
use crate::protocol::{ActiveFault, Exemplars, Frame, Recent, RunStatus};
use crate::runner::account::SUFFERING;
use crate::topology::document::{Document, FaultTarget};

/// From this share of requests on that fail or come too late something is out of the ordinary, 0..1.
const NOTICEABLE: f64 = 0.001;
/// Nothing is said of answers that fail to come before so many seconds were watched.
const WATCHED_SECS: f64 = 2.5;
/// A station counts as full from this utilization on, 0..1.
const FULL: f64 = 0.95;

/// Something that broke counts as news for so many seconds.
const BREAKS_SECS: f64 = 3.0;

/// How users fare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mood {
    /// Nothing has happened yet.
    Waiting,
    Calm,
    /// A few in a thousand fail or wait too long.
    Uneasy,
    /// One in a hundred or more.
    Suffering,
}

impl Mood {
    /// Stable word for CSS classes and tests.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Calm => "calm",
            Self::Uneasy => "uneasy",
            Self::Suffering => "suffering",
        }
    }
}

/// How users fare now, in a headline and the reason.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    pub mood: Mood,
    pub title: String,
    /// Why; empty where nothing is the matter.
    pub why: String,
    /// What is to blame, where that is known.
    pub at: Option<Target>,
}

/// What a share of requests comes to: `41 %`, `7.8 %`, `0.4 %`.
#[must_use]
pub fn share(part: f64) -> String {
    let percent = part * 100.0;
    format!("{} %", grouped(if percent >= 9.95 { percent.round() } else { (percent * 10.0).round() / 10.0 }))
}

/// A moment of a run on its clock: `0:08`, `1:02:05`.
#[must_use]
pub fn clock(secs: f64) -> String {
    let whole = if secs.is_finite() { secs.max(0.0).floor() as u64 } else { 0 };
    let (hours, minutes, seconds) = (whole / 3_600, whole / 60 % 60, whole % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

pub(super) fn secs(ns: u64) -> f64 {
    ns as f64 / 1e9
}

/// Shares of the requests that ended: failed, and answered too late.
#[must_use]
pub fn suffering(recent: &Recent) -> (f64, f64) {
    let failed = if recent.error_share.is_finite() { recent.error_share } else { 0.0 };
    let late = if recent.throughput > 0.0 { 1.0 - recent.goodput / recent.throughput } else { 0.0 };
    (failed, late.clamp(0.0, 1.0) * (1.0 - failed))
}

/// How users fare by these figures; `over`: the run is over, and they are those of all of it.
#[must_use]
pub fn head(document: &Document, frame: &Frame, recent: &Recent, exemplars: &Exemplars, over: bool) -> Head {
    let calm = |mood, title: &str| Head { mood, title: title.to_owned(), why: String::new(), at: None };
    if frame.events == 0 {
        return calm(Mood::Waiting, "Nothing has run yet");
    }
    let (failed, late) = suffering(recent);
    let silent = !over && recent.error_share.is_nan() && recent.arrival_rate > 0.0 && recent.span_secs >= WATCHED_SECS;
    let bad = failed + late;
    if !silent && bad < NOTICEABLE {
        let limited = document.good_within_secs.is_some();
        return calm(Mood::Calm, if limited { "All answered in time" } else { "All answered" });
    }
    let title = match (silent, failed >= late, over) {
        (true, ..) => "Nothing is being answered".to_owned(),
        (_, true, false) => format!("{} of requests are failing", share(failed)),
        (_, true, true) => format!("{} of requests failed", share(failed)),
        (_, false, false) => format!("{} of answers are too late", share(late)),
        (_, false, true) => format!("{} of answers were too late", share(late)),
    };
    let mood = if silent || bad >= SUFFERING { Mood::Suffering } else { Mood::Uneasy };
    let reason = exemplars.failed.first().map(|one| one.reason).filter(|_| failed >= late && !silent);
    let cause = if over { None } else { cause(document, frame, reason) };
    let (why, at) = cause.map_or((String::new(), None), |cause| (cause.words, cause.at));
    Head { mood, title, why, at }
}

/// How far a newcomer's first minute is, 1..=4: it runs, it breaks, it can be repaired, what comes next.
#[must_use]
pub fn step(frame: &Frame) -> usize {
    let lost: u64 = frame.totals.by_outcome[1..].iter().sum();
    match struck(frame).first() {
        _ if frame.status == RunStatus::Finished => 4,
        Some((_, _, active)) if secs(frame.now_ns.saturating_sub(active.since_ns)) < BREAKS_SECS => 2,
        Some(_) => 3,
        None if lost > 0 => 4,
        None => 1,
    }
}

/// What is to blame.
#[derive(Clone, Debug, PartialEq)]
struct Cause {
    words: String,
    at: Option<Target>,
}

/// What is to blame for failures of this reason (`None`: for late answers), as far as the frame shows.
fn cause(document: &Document, frame: &Frame, reason: Option<Reason>) -> Option<Cause> {
    let to_blame = struck(frame).into_iter().find(|(kind, _, _)| blames(effect(kind), reason));
    if let Some((_, target, active)) = to_blame {
        let words = format!("At {}, {}", clock(secs(active.since_ns)), active.text);
        return Some(Cause { words, at: Some(place(target)) });
    }
    if let Some((at, name, busy)) = full(document, frame) {
        return Some(Cause { words: format!("{name} is full: {busy}"), at: Some(at) });
    }
    reason.map(|reason| Cause { words: reason.label().to_owned(), at: None })
}

/// The failures in force, the oldest first, each with what it hits.
fn struck(frame: &Frame) -> Vec<(&'static FaultKind, FaultTarget, &ActiveFault)> {
    let known = frame.faults.iter().filter_map(|active| {
        let kind = fault::find(&active.kind).filter(|kind| effect(kind).is_failure())?;
        Some((kind, serde_json::from_str(&active.target_json).ok()?, active))
    });
    let mut known: Vec<_> = known.collect();
    crate::engine::sort::few_by_key(&mut known, |(_, _, active)| active.since_ns);
    known
}

/// What a fault of this kind does, as it is by default.
fn effect(kind: &FaultKind) -> Effect {
    (kind.effect)(&Params::new())
}

/// Whether requests fail for this reason (`None`: are late) where such a fault is in force.
const fn blames(effect: Effect, reason: Option<Reason>) -> bool {
    use Reason::{
        BadVersion, ConnectTimeOut, ConnectionRefused, InjectedError, NoHealthyBackend, NoPrimary, NoRoute, Poison,
        ReplicaDied,
    };
    match effect {
        Effect::Down | Effect::Failover { .. } | Effect::Spot { .. } | Effect::Shortage { .. } => matches!(
            reason,
            Some(ConnectionRefused | ReplicaDied | NoHealthyBackend | NoPrimary | NoRoute | ConnectTimeOut)
        ),
        Effect::Errors { .. } => matches!(reason, Some(InjectedError)),
        Effect::NewVersion { .. } | Effect::Rollout { .. } => {
            matches!(reason, Some(BadVersion | InjectedError | ConnectionRefused | ReplicaDied))
        }
        Effect::Poison { .. } => matches!(reason, Some(Poison)),
        Effect::Drain | Effect::Flush | Effect::ClockJump { .. } => false,
        // What slows down or floods: late, given up on, or turned away.
        _ => !matches!(reason, Some(ConnectionRefused | ReplicaDied | NoPrimary | InjectedError | BadVersion | Poison)),
    }
}

/// The fullest station where requests wait, its name, and how full it is in words.
fn full(document: &Document, frame: &Frame) -> Option<(Target, String, String)> {
    let waiting = frame.stations.iter().filter(|station| station.utilization >= FULL && station.queue > 0);
    let station = waiting.max_by_key(|station| station.queue)?;
    let target = Target::Node(crate::topology::document::NodeId(station.node));
    let slots = if station.slots == 1 { "its slot is".to_owned() } else { format!("all {} slots are", station.slots) };
    Some((target, target_name(document, target), format!("{slots} busy and {} wait", grouped(station.queue.into()))))
}

/// What a target of a fault is called: "Orders replica 3".
#[must_use]
pub fn name(document: &Document, target: FaultTarget) -> String {
    let whole = target_name(document, place(target));
    match target {
        FaultTarget::Replica(id, number) => format!("{whole} {}", catalog::member_of(document, id, number)),
        FaultTarget::Edge(_) => format!("the connection from {whole}"),
        _ => whole,
    }
}
