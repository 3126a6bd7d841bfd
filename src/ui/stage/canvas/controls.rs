//! The small buttons in the stage's corner: zoom, fit, tidy, the dots' pause, their legend.

use yew::prelude::*;

use super::legend::Legend;
use crate::editor::{Action, SessionChange, commands};
use crate::ui::kit::icons::Icon;
use crate::ui::store::{use_dispatch, use_preferences};

#[derive(Debug, PartialEq, Properties)]
pub struct ControlsProps {
    pub zoom_percent: u32,
    /// Dots move.
    pub animate: bool,
    /// There is nothing to fit or tidy.
    pub empty: bool,
}

#[component]
pub fn Controls(props: &ControlsProps) -> Html {
    let dispatch = use_dispatch();
    let preferences = use_preferences();
    let legend_open = use_state(|| false);
    let command = |id: &'static str, icon: &'static str, disabled: bool| {
        let words = commands::find(id).map_or_else(String::new, |command| commands::words(&preferences.0, command));
        html! {
            <button type="button" class="stage-button" {disabled} aria-label={words.clone()} title={words} data-command={id}
                onclick={dispatch.callback(move || Action::Command(id))}>
                <Icon name={icon} />
            </button>
        }
    };
    let animate = props.animate;
    let pause_words = if animate { "Hold the dots (the simulation goes on)" } else { "Let the dots move" };
    let toggle_legend = {
        let open = legend_open.clone();
        Callback::from(move |_: MouseEvent| open.set(!*open))
    };
    html! {
        <div class="stage-controls" data-over-stage="" role="toolbar" aria-label="View">
            if *legend_open {
                <div class="stage-legend" id="stage-legend"><Legend /></div>
            }
            <div class="stage-buttons">
                <button type="button" class="stage-button" aria-label="What the dots mean" title="What the dots mean"
                    aria-expanded={legend_open.to_string()} aria-controls="stage-legend" onclick={toggle_legend}>
                    <Icon name="circle-help" />
                </button>
                <button type="button" class="stage-button" aria-label={pause_words} title={pause_words} aria-pressed={(!animate).to_string()}
                    onclick={dispatch.callback(move || Action::Session(SessionChange::SetAnimate(!animate)))}>
                    <Icon name={if animate { "pause" } else { "play" }} />
                </button>
                { command("tidy-layout", "layout-grid", props.empty) }
                { command("fit", "maximize", props.empty) }
                { command("zoom-out", "minus", false) }
                <button type="button" class="stage-button stage-zoom num" title="Actual size (0)"
                    aria-label={format!("Zoom {}%. Go to actual size", props.zoom_percent)}
                    onclick={dispatch.callback(|| Action::Command("zoom-reset"))}>
                    { format!("{}%", props.zoom_percent) }
                </button>
                { command("zoom-in", "plus", false) }
            </div>
        </div>
    }
}
