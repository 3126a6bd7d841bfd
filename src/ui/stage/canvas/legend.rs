//! What the dots mean: shape, color and word for each fate, and how they are drawn.

use yew::prelude::*;

use crate::editor::scene::{DotStyle, MIN_TRAVEL_SECS, Shape};

fn words(style: DotStyle) -> &'static str {
    match style {
        DotStyle::Outbound => "on its way, outcome not known yet",
        DotStyle::Back(outcome) => outcome.label(),
    }
}

fn class(style: DotStyle) -> &'static str {
    match style.token() {
        "--out-completed" => "dot-completed",
        "--out-timed-out" => "dot-timed-out",
        "--out-rejected" => "dot-rejected",
        "--out-shed" => "dot-shed",
        "--out-abandoned" => "dot-abandoned",
        "--out-failed" => "dot-failed",
        _ => "dot-pending",
    }
}

/// The same shapes as on the canvas, as SVG.
fn shape(style: DotStyle) -> Html {
    let class = class(style);
    let path = |d: &'static str| html! { <path {class} {d} /> };
    let inner = match style.shape() {
        Shape::Point => html! { <circle {class} cx="6" cy="6" r="2.6" /> },
        Shape::Circle => html! { <circle {class} cx="6" cy="6" r="3.6" /> },
        Shape::Ring => html! { <circle class={classes!(class, "dot-line")} cx="6" cy="6" r="3.6" /> },
        Shape::Square => html! { <rect {class} x="2.5" y="2.5" width="7" height="7" /> },
        Shape::Diamond => path("M6 1.2L10.8 6L6 10.8L1.2 6z"),
        Shape::Triangle => path("M6 1.5L10.5 10H1.5z"),
        Shape::Cross => html! { <path class={classes!(class, "dot-line")} d="M2 2L10 10M10 2L2 10" /> },
    };
    html! { <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">{ inner }</svg> }
}

/// A list of all fates with their shapes, and the rule of the shortest travel.
#[component]
pub fn Legend() -> Html {
    html! {
        <div class="legend">
            <ul>
                { for DotStyle::ALL.into_iter().map(|style| html! { <li key={style.index()}>{ shape(style) }<span>{ words(style) }</span></li> }) }
            </ul>
            <p>
                { format!("Dots go out neutral and come back with their outcome. A trip shorter than {MIN_TRAVEL_SECS} s on the screen is drawn over {MIN_TRAVEL_SECS} s, so that it can be seen; it starts at its true moment. Pause and click a dot to ask why its request goes as it does.") }
            </p>
        </div>
    }
}
