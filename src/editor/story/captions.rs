//! Cause and effect beside the stations where they happen, the cause first.

use super::{FULL, effect, full, name, secs, share, struck, suffering};
use crate::editor::catalog::quantity;
use crate::editor::edit::target_name;
use crate::editor::faults::place;
use crate::editor::session::Target;
use crate::facet::balancer::Backend;
use crate::facet::words::grouped;
use crate::model::fault::Effect;
use crate::model::params::Unit;
use crate::model::station::{self, Category};
use crate::protocol::{Frame, StationFrame};
use crate::topology::document::{Document, FaultTarget, NodeId};

/// More would hide the drawing.
const SHOWN_MAX: usize = 4;
/// A backend with so few open requests looks idle.
const IDLE_MAX: u32 = 3;

/// Words beside something on the canvas.
#[derive(Clone, Debug, PartialEq)]
pub struct Caption {
    pub at: Target,
    pub title: String,
    pub text: String,
}

/// What there is to tell now.
#[must_use]
pub fn captions(document: &Document, frame: &Frame) -> Vec<Caption> {
    let causes = struck(frame);
    let mut told: Vec<Caption> = causes
        .iter()
        .map(|(kind, target, active)| Caption {
            at: place(*target),
            title: format!("{}.", active.text),
            text: meaning(effect(kind)).map_or_else(|| first_sentence(kind.entry.summary), str::to_owned),
        })
        .collect();
    told.extend(frame.stations.iter().filter_map(|station| belief(document, station)));
    if let Some((at, name, busy)) = full(document, frame) {
        told.push(Caption { at, title: format!("{name} is full."), text: format!("{}.", capital(&busy)) });
    }
    told.extend(users(document, frame, !causes.is_empty()));
    told.truncate(SHOWN_MAX);
    told
}

/// What a fault means for requests, where its own summary speaks of more than that.
const fn meaning(effect: Effect) -> Option<&'static str> {
    Some(match effect {
        Effect::Down => "It refuses every request that reaches it.",
        Effect::Hang => "It takes requests and answers none of them.",
        Effect::Latency { .. } => "Every message over it now takes longer.",
        Effect::Traffic { .. } => "Far more requests arrive than a moment ago.",
        _ => return None,
    })
}

fn first_sentence(words: &str) -> String {
    words.split_once(". ").map_or_else(|| words.to_owned(), |(first, _)| format!("{first}."))
}

fn capital(words: &str) -> String {
    let mut rest = words.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

/// What a balancer makes of backends that cannot answer.
fn belief(document: &Document, station: &StationFrame) -> Option<Caption> {
    let backends = station.backends();
    let gone: Vec<&Backend> = backends.iter().filter(|backend| !backend.alive).collect();
    let first = gone.first()?;
    let at = Target::Node(NodeId(station.node));
    let (who, backend) = (target_name(document, at), name(document, replica(backends, first)));
    if gone.iter().all(|backend| backend.out.is_some()) {
        let rest = backends.len() - gone.len();
        let text = format!("It sends nothing to {backend} any more. {rest} of {} are left.", backends.len());
        return Some(Caption { at, title: format!("{who} has noticed."), text });
    }
    let fair = 1.0 / backends.len() as f64;
    // What fails at once is never busy: to a choice by open requests it looks idle.
    let idle = first.outstanding <= IDLE_MAX && first.recent_share > 1.5 * fair;
    let text = match (first.recent_share.is_finite(), idle) {
        (true, true) => {
            format!("{backend} fails at once, so it looks idle and gets {} of all requests.", share(first.recent_share))
        }
        (true, false) => format!("It still sends {} of all requests to {backend}.", share(first.recent_share)),
        (false, _) => format!("It still believes that {backend} is up."),
    };
    Some(Caption { at, title: format!("{who} has not noticed."), text })
}

/// What a backend is, as faults call it.
fn replica(backends: &[Backend], backend: &Backend) -> FaultTarget {
    let node = NodeId(backend.node);
    let several = backends.iter().filter(|other| other.node == backend.node).count() > 1;
    if several { FaultTarget::Replica(node, backend.replica) } else { FaultTarget::Node(node) }
}

/// How those fare who sent the requests; `broken`: a fault is in force.
fn users(document: &Document, frame: &Frame, broken: bool) -> Option<Caption> {
    let client = |kind: &str| station::find(kind).is_some_and(|kind| kind.category == Category::Client);
    let (id, node) = document.nodes.iter().find(|(_, node)| client(&node.kind))?;
    let caption = |title: String, text: String| Some(Caption { at: Target::Node(*id), title, text });
    let (failed, late) = suffering(&frame.recent);
    let lost: u64 = frame.totals.by_outcome[1..].iter().sum();
    if failed >= super::NOTICEABLE && failed >= late {
        let rate = frame.recent.throughput * failed / (1.0 - failed).max(1e-9);
        let text = format!(
            "So far {} requests have failed; every second adds {} more.",
            grouped(lost as f64),
            grouped(rate.round().max(1.0))
        );
        return caption(format!("{} get errors.", node.label), text);
    }
    if late >= super::NOTICEABLE {
        let limit = document.good_within_secs.map_or_else(String::new, |limit| quantity(limit, Unit::Seconds));
        return caption(
            format!("{} wait too long.", node.label),
            format!("{} of the answers take more than {limit}.", share(late)),
        );
    }
    if lost == 0 || secs(frame.now_ns) < 1.0 {
        return None;
    }
    let text = if broken {
        format!("{} requests failed before that.", grouped(lost as f64))
    } else {
        format!("{} requests failed in all.", grouped(lost as f64))
    };
    let title =
        if frame.recent.utilization >= FULL { "Requests still wait." } else { "Every request is answered again." };
    caption(title.to_owned(), text)
}
