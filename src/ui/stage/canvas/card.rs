//! A station on the stage: a card that can be focused, chosen and read aloud. Numbers are written into it live.

use web_sys::HtmlElement;
use yew::prelude::*;

use super::keys;
use super::naming::NameInput;
use super::tags::TagsOf;
use crate::editor::catalog::{self, Gauges};
use crate::editor::gauge::{SQUARE_STEP, STRIP};
use crate::editor::geometry::{CARD_WIDTH, REPLICA_ROWS_MAX, REPLICAS_PER_ROW, card_height};
use crate::editor::{SessionChange, Target};
use crate::model::station::Category;
use crate::topology::document::{Node, NodeId, Severity};
use crate::ui::kit::icons::{Icon, category_class, station_icon};
use crate::ui::shared::Shared;
use crate::ui::store::use_dispatch;

/// The worst problem of a place, and how many there are.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    pub severity: Severity,
    pub message: AttrValue,
    pub remedy: AttrValue,
    pub count: usize,
}

impl Problem {
    /// All in one sentence, for tooltips and screen readers.
    #[must_use]
    pub fn words(&self) -> String {
        let kind = match self.severity {
            Severity::Error => "Problem",
            Severity::Warning => "Warning",
        };
        let more = if self.count > 1 { format!(" And {} more.", self.count - 1) } else { String::new() };
        format!("{kind}: {} {}{more}", self.message, self.remedy)
    }

    /// The badge's icon and class.
    #[must_use]
    pub const fn look(&self) -> (&'static str, &'static str) {
        match self.severity {
            Severity::Error => ("circle-x", "place-problem place-error"),
            Severity::Warning => ("triangle-alert", "place-problem place-warning"),
        }
    }
}

#[derive(Debug, PartialEq, Properties)]
pub struct CardProps {
    pub id: NodeId,
    pub node: Shared<Node>,
    pub selected: bool,
    /// Its name is being typed.
    #[prop_or_default]
    pub renaming: bool,
    /// A wire would end here if the button were released.
    pub candidate: bool,
    /// Whether the fault in hand could hit it; `None`: there is none.
    #[prop_or_default]
    pub aim: Option<bool>,
    pub problem: Option<Problem>,
}

#[component]
pub fn Card(props: &CardProps) -> Html {
    let dispatch = use_dispatch();
    let place = use_node_ref();
    let node = &props.node;
    let height = card_height(node);
    // The content security policy forbids style attributes; the CSSOM may set the place.
    use_effect_with((place.clone(), node.at, height), |(place, at, height)| {
        if let Some(element) = place.cast::<HtmlElement>() {
            let style = element.style();
            // Setting a known property cannot fail.
            let _ = style.set_property("transform", &format!("translate({}px, {}px)", at.x, at.y));
            let _ = style.set_property("width", &format!("{CARD_WIDTH}px"));
            let _ = style.set_property("height", &format!("{height}px"));
        }
    });
    let face = catalog::face(&node.kind);
    let setting = catalog::setting_line(node);
    let target = Target::Node(props.id);
    let on_key = keys::on_target(&dispatch, target, props.selected);
    let class = classes!(
        "station",
        category_class(&node.kind),
        props.selected.then_some("selected"),
        props.candidate.then_some("candidate"),
        aim_class(props.aim),
    );
    html! {
        <div class="station-place" ref={place}>
            <div {class} id={format!("node-{}", props.id.0)} data-node={props.id.0.to_string()}
                role="button" tabindex="-1" aria-pressed={props.selected.to_string()} onkeydown={on_key}>
                <svg class="station-queue" viewBox="0 0 4 100" preserveAspectRatio="none" aria-hidden="true">
                    <rect data-live="queue-bar" width="4" height="0" y="100" />
                </svg>
                <div class="station-head">
                    <span class="station-mark"><Icon name={station_icon(&node.kind)} /></span>
                    if props.renaming {
                        <NameInput {target} label={node.label.clone()} />
                    } else {
                        <span class="station-name">{ &node.label }</span>
                    }
                    <span class="visually-hidden">{ format!(", {}.", face.name) }</span>
                </div>
                <div class="station-line">
                    <p class="station-setting">{ setting }</p>
                    <p class="station-state" data-live="state" aria-hidden="true"></p>
                </div>
                if face.gauges == Gauges::Replicas {
                    { squares(node) }
                }
                <div class="station-gauge" aria-hidden="true">
                    <svg class="station-bar" viewBox="0 0 100 5" preserveAspectRatio="none">
                        <rect class="station-fill" data-live="bar" width="0" height="5" />
                    </svg>
                    if face.category == Some(Category::Routing) { { strip() } }
                    <span class="station-value num" data-live="value"></span>
                </div>
                // The card is called by its own words; what is wrong is said with them.
                if let Some(problem) = &props.problem {
                    <span class="visually-hidden">{ problem.words() }</span>
                }
                <span class="station-waiting num" data-live="queue" aria-hidden="true"></span>
                if catalog::makes_calls(&node.kind) {
                    <span class="port" aria-hidden="true"></span>
                }
            </div>
            <TagsOf {target} />
            if let Some(problem) = &props.problem {
                { badge(problem, dispatch.callback(move || crate::editor::Action::Session(SessionChange::Reveal(target)))) }
            }
        </div>
    }
}

/// How what a fault in hand could hit, or could not, stands out.
#[must_use]
pub const fn aim_class(aim: Option<bool>) -> Option<&'static str> {
    match aim {
        Some(true) => Some("aim"),
        Some(false) => Some("no-aim"),
        None => None,
    }
}

/// The bar per backend of a balancer; the paths are written live. The line marks the fair share.
fn strip() -> Html {
    let (width, height) = STRIP;
    html! {
        <svg class="station-strip" viewBox={format!("0 0 {width} {height}")} width={width.to_string()} height={height.to_string()}>
            <line class="strip-fair" x1="0" x2={width.to_string()} y1={(height / 2.0).to_string()} y2={(height / 2.0).to_string()} />
            <path class="strip-up" data-live="strip-up" />
            <path class="strip-mistaken" data-live="strip-mistaken" />
            <path class="strip-down" data-live="strip-down" />
        </svg>
    }
}

/// The square per replica; the paths are written live.
fn squares(node: &Node) -> Html {
    let rows = catalog::replicas(node).div_ceil(REPLICAS_PER_ROW).clamp(1, REPLICA_ROWS_MAX);
    let (width, height) = (REPLICAS_PER_ROW as f64 * SQUARE_STEP, rows as f64 * SQUARE_STEP);
    html! {
        <div class="station-squares" aria-hidden="true">
            <svg viewBox={format!("-1 -1 {width} {}", height + 1.0)} width={width.to_string()} height={(height + 1.0).to_string()}>
                <path class="sq-ready" data-live="sq-ready" />
                <path class="sq-draining" data-live="sq-draining" />
                <path class="sq-busy" data-live="sq-busy" />
                <path class="sq-starting" data-live="sq-starting" />
                <path class="sq-dead" data-live="sq-dead" />
            </svg>
            <span class="sq-more num" data-live="sq-more"></span>
        </div>
    }
}

/// A problem at its place: says it on hover and focus, selects the place on click.
pub fn badge(problem: &Problem, onclick: Callback<MouseEvent>) -> Html {
    let (icon, class) = problem.look();
    let words = problem.words();
    html! {
        <button type="button" {class} data-over-stage="" {onclick} aria-label={words.clone()} title={words}>
            <Icon name={icon} class="icon-s" />
            if problem.count > 1 {
                <span class="num">{ problem.count }</span>
            }
        </button>
    }
}
