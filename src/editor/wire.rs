//! What a wire shows: what is set on it, and how it is while the system runs. Pure, as `gauge.rs` is for cards.

use super::catalog::{self, grouped};
use crate::model::edge;
use crate::model::params::{ParamSpec, Unit, Value};
use crate::protocol::EdgeFrame;
use crate::topology::document::Edge;

/// How an edge is while the system runs.
#[derive(Clone, Debug, PartialEq)]
pub struct EdgeGauge {
    /// Nothing gets through, or nobody is there.
    pub cut: bool,
    /// What is out of the ordinary, for the badge.
    pub badge: Option<String>,
    /// Recent attempts [1/s], in words.
    pub rate: String,
    /// The state of its circuit breaker: a word that does not change, and all there is to say.
    pub breaker: Option<(&'static str, String)>,
}

/// Amplification above this is told on the wire.
const AMPLIFIED: f64 = 1.05;

/// A breaker's state with its countdown; of several, of the one that lets least through.
fn breaker_words(frame: &EdgeFrame) -> Option<(&'static str, String)> {
    let policy = frame.policy.as_ref()?;
    let worst = policy.breakers.first()?;
    let word = worst.look.state.word();
    let left = worst.left.map(|left| format!(" {} s", left.as_secs_f64().ceil())).unwrap_or_default();
    let probes = worst.look.probes.map(|(used, of)| format!(" {used}/{of} probes")).unwrap_or_default();
    let words = if policy.breakers_all > 1 && policy.breakers_open > 0 {
        format!("{} of {} open{left}", policy.breakers_open, policy.breakers_all)
    } else {
        format!("{word}{left}{probes}")
    };
    Some((word, words))
}

/// What a wire shows of `frame`; `target_dead`: the station that it leads to is down.
#[must_use]
pub fn edge_gauge(frame: &EdgeFrame, target_dead: bool) -> EdgeGauge {
    let mut badges = Vec::new();
    if frame.partitioned {
        badges.push("partitioned".to_owned());
    } else if frame.extra_latency > 0.0 {
        badges.push(format!("+{}", catalog::quantity(frame.extra_latency, Unit::Seconds)));
    }
    if frame.amplification > AMPLIFIED {
        badges.push(format!("{:.1}× tries", frame.amplification));
    }
    let badge = (!badges.is_empty()).then(|| badges.join(" · "));
    let breaker = breaker_words(frame);
    EdgeGauge { cut: frame.partitioned || target_dead, badge, rate: format!("{}/s", grouped(frame.rate)), breaker }
}

/// Whether a circuit breaker is set on an edge.
#[must_use]
pub fn has_breaker(edge: &Edge) -> bool {
    matches!(edge.params.get("breaker"), Some(Value::Variant(variant)) if variant.id != "off")
}

/// What is set on an edge, in a few words; `None` where all is as by default.
#[must_use]
pub fn edge_words(edge: &Edge) -> Option<String> {
    let chosen: Vec<String> = edge::EDGE_ENTRY
        .params
        .iter()
        .filter(|spec| edge.params.get(spec.key).is_some_and(|value| *value != spec.default_value()))
        .filter(|spec| spec.key != "backoff")
        // Switched on and off again, e.g.
        .filter(|spec| !matches!(edge.params.get(spec.key), Some(Value::Variant(variant)) if variant.id == "off"))
        .filter_map(|spec| edge_param_words(spec, edge))
        .collect();
    (!chosen.is_empty()).then(|| chosen.join(" · "))
}

/// The same as short as can be, for the wire itself: "20 ms", "≤200 ms", "↻3" are latency, time-out and retries.
#[must_use]
pub fn edge_marks(edge: &Edge) -> Vec<String> {
    let number = |key: &str| match edge.params.get(key) {
        Some(Value::Number(number)) if *number > 0.0 => Some(*number),
        _ => None,
    };
    let spec = |key: &str| edge::EDGE_ENTRY.params.iter().find(|spec| spec.key == key);
    let mut marks = Vec::new();
    if let Some(spec) = spec("latency").filter(|spec| edge.params.get(spec.key).is_some()) {
        marks.extend(edge_param_words(spec, edge));
    }
    marks.extend(number("timeout").map(|secs| format!("≤{}", catalog::quantity(secs, Unit::Seconds))));
    marks.extend(number("retries").map(|count| format!("↻{}", grouped(count))));
    marks.extend(number("probability").filter(|share| *share < 1.0).map(|share| catalog::quantity(share, Unit::Share)));
    if let Some(spec) = spec("operations").filter(|spec| edge.params.get(spec.key).is_some()) {
        marks.extend(edge_param_words(spec, edge));
    }
    marks
}

/// Width of a letter at a wire [world units], on average.
const LETTER: f64 = 6.0;

/// As many of an edge's marks as find room on a wire of this `width`, `first` before all; `None` where not even the
/// first does.
#[must_use]
pub fn edge_marks_within(edge: &Edge, first: Option<String>, width: f64) -> Option<String> {
    let marks: Vec<String> = first.into_iter().chain(edge_marks(edge)).collect();
    (1..=marks.len())
        .rev()
        .map(|count| marks[..count].join("  "))
        .find(|words| words.chars().count() as f64 * LETTER <= width)
}

fn edge_param_words(spec: &ParamSpec, edge: &Edge) -> Option<String> {
    // "Constant 20 ms" on a wire can only be its latency: the number says enough.
    if let Some(Value::Variant(chosen)) = edge.params.get(spec.key)
        && chosen.id == "deterministic"
        && let Some(Value::Number(secs)) = chosen.params.0.values().next()
    {
        return Some(catalog::quantity(*secs, Unit::Seconds));
    }
    catalog::words_for(spec, &edge.params)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::params::{Params, Variant};
    use crate::topology::document::NodeId;

    #[test]
    fn an_edge_tells_what_is_set_and_what_is_wrong() {
        let mut edge = Edge { from: NodeId(1), to: NodeId(2), params: Params::new() };
        assert_eq!(edge_words(&edge), None);
        edge.params.set("retries", 3.0);
        edge.params.set("timeout", 0.2);
        assert_eq!(edge_words(&edge).as_deref(), Some("time-out 200 ms · 3 retries"));
        assert_eq!(edge_marks(&edge), ["≤200 ms", "↻3"]);
        edge.params.set("latency", Variant::new("deterministic", Params::new().with("mean", 0.005)));
        assert_eq!(edge_marks(&edge), ["5 ms", "≤200 ms", "↻3"]);
        assert_eq!(edge_marks_within(&edge, None, 120.0).as_deref(), Some("5 ms  ≤200 ms  ↻3"));
        assert_eq!(edge_marks_within(&edge, None, 80.0).as_deref(), Some("5 ms  ≤200 ms"));
        assert_eq!(edge_marks_within(&edge, None, 20.0), None);
        let frame = EdgeFrame { partitioned: true, rate: 12.0, ..EdgeFrame::default() };
        let told = edge_gauge(&frame, false);
        assert_eq!((told.cut, told.badge.as_deref(), told.rate.as_str()), (true, Some("partitioned"), "12/s"));
        let slow = EdgeFrame { extra_latency: 0.2, ..EdgeFrame::default() };
        assert_eq!(edge_gauge(&slow, false).badge.as_deref(), Some("+200 ms"));
        assert!(edge_gauge(&slow, true).cut);
    }
}
