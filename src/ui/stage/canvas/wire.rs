//! A connection on the stage: a curve with an arrow, what is set on it, and its state while the system runs.

use yew::prelude::*;

use super::card::{Problem, aim_class};
use super::keys;
use crate::editor::{Curve, Target};
use crate::topology::document::EdgeId;
use crate::ui::store::use_dispatch;

#[derive(Debug, PartialEq, Properties)]
pub struct WireProps {
    pub id: EdgeId,
    pub curve: Curve,
    pub selected: bool,
    /// "Shoppers to Edge balancer".
    pub name: AttrValue,
    /// What is set on it beside the defaults.
    pub words: Option<AttrValue>,
    pub problem: Option<Problem>,
    /// Whether the fault in hand could hit it; `None`: there is none.
    #[prop_or_default]
    pub aim: Option<bool>,
    /// One of its ends is in hand.
    #[prop_or_default]
    pub loose: bool,
    /// It would, if the button were released.
    #[prop_or_default]
    pub candidate: bool,
}

#[component]
pub fn Wire(props: &WireProps) -> Html {
    let dispatch = use_dispatch();
    let target = Target::Edge(props.id);
    let on_key = keys::on_target(&dispatch, target, props.selected);
    let path = props.curve.svg_path();
    let mut label = format!("Connection {}.", props.name);
    if let Some(words) = &props.words {
        label.push_str(&format!(" {words}."));
    }
    if let Some(problem) = &props.problem {
        label.push(' ');
        label.push_str(&problem.words());
    }
    let problem_class = props.problem.as_ref().map(|problem| match problem.severity {
        crate::topology::document::Severity::Error => "wire-error",
        crate::topology::document::Severity::Warning => "wire-warning",
    });
    html! {
        <g class={classes!("wire", props.selected.then_some("selected"), props.loose.then_some("loose"), problem_class, aim_class(props.aim), props.candidate.then_some("candidate"))} id={format!("edge-{}", props.id.0)}
            data-edge={props.id.0.to_string()} role="button" tabindex="-1" aria-pressed={props.selected.to_string()}
            aria-label={label} onkeydown={on_key}>
            <path class="wire-halo" d={path.clone()} />
            <path class="wire-line" d={path} />
            <path class="wire-arrow" d={props.curve.arrow_path()} />
        </g>
    }
}

#[derive(Debug, PartialEq, Properties)]
pub struct WireLabelProps {
    pub id: EdgeId,
    /// The wire's middle, in world coordinates.
    pub at: (f64, f64),
    pub selected: bool,
    /// What is set on it, as short as can be.
    pub marks: Option<AttrValue>,
    /// It has a circuit breaker.
    pub breaker: bool,
}

/// The words at a wire, over the dots. Rate and badge are written live.
#[component]
pub fn WireLabel(props: &WireLabelProps) -> Html {
    let (x, y) = props.at;
    let text = |dy: f64, class: &'static str, live: Option<&'static str>, words: Html| {
        html! {
            <text {class} data-live={live} x={format!("{x:.1}")} y={format!("{:.1}", y + dy)} text-anchor="middle">{ words }</text>
        }
    };
    html! {
        <g class={classes!("wire-label", props.selected.then_some("selected"))} id={format!("edge-label-{}", props.id.0)}>
            if let Some(marks) = &props.marks {
                { text(-10.0, "wire-words", None, html! { marks }) }
            }
            { text(if props.marks.is_some() { -24.0 } else { -10.0 }, "wire-badge", Some("badge"), html! {}) }
            if props.breaker {
                <g class="wire-breaker" data-live="breaker" data-state="closed" transform={format!("translate({x:.1} {y:.1})")}>
                    <rect class="wire-breaker-box" x="-14" y="-8" width="28" height="16" rx="5" />
                    <circle class="wire-breaker-pole" cx="-8" cy="2.5" r="2" />
                    <circle class="wire-breaker-pole" cx="8" cy="2.5" r="2" />
                    <path class="wire-breaker-lever lever-closed" d="M-8 2.5H8" />
                    <path class="wire-breaker-lever lever-half-open" d="M-8 2.5L7.5 -1.5" />
                    <path class="wire-breaker-lever lever-open" d="M-8 2.5L5 -5" />
                </g>
                { text(21.0, "wire-state num", Some("breaker-state"), html! {}) }
            }
            { text(if props.breaker { 34.0 } else { 20.0 }, "wire-rate num", Some("rate"), html! {}) }
        </g>
    }
}
