//! The axis that charts and timeline share: which part of the run it shows, and what a pointer on any of them asks for.

use web_sys::HtmlElement;
use yew::prelude::*;

use crate::editor::timeline::Span;
use crate::ui::client::run_view::RunView;
use crate::ui::client::worker_client::Simulation;
use crate::ui::store::{use_document, use_run, use_simulation};

/// What of the run is shown, in the dock with this element.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    pub span: Span,
    pub length_secs: f64,
    /// Another part; `None`: all of it.
    pub show: Callback<Option<Span>>,
    pub dock: NodeRef,
}

impl Axis {
    #[must_use]
    pub fn zoomed(&self) -> bool {
        !self.span.is_whole(self.length_secs)
    }

    /// Goes to a moment [s], and brings it into view.
    pub fn seek(&self, simulation: &Simulation, secs: f64) {
        let secs = secs.clamp(0.0, self.length_secs);
        if self.zoomed() {
            self.show.emit(Some(self.span.holding(secs, self.length_secs)));
        }
        simulation.seek((secs * 1e9).round() as u64);
    }
}

/// The axis of a dock: all of the run until it is zoomed.
#[hook]
pub fn use_new_axis() -> Axis {
    let length_secs = use_document().run_length_secs.max(1e-9);
    let dock = use_node_ref();
    let shown = use_state_eq(|| None::<(Span, f64)>);
    let show = {
        let shown = shown.setter();
        use_callback(length_secs, move |span: Option<Span>, length| shown.set(span.map(|span| (span, *length))))
    };
    // A run of another length begins with all of it.
    let span =
        shown.filter(|(_, length)| *length == length_secs).map_or_else(|| Span::whole(length_secs), |shown| shown.0);
    Axis { span, length_secs, show, dock }
}

#[hook]
pub fn use_axis() -> Axis {
    use_context().expect("charts and timeline stand in the dock")
}

/// Where the playhead stands [s]: where the worker is being sent, if it is.
#[must_use]
pub fn playhead(run: &RunView) -> f64 {
    run.jumping.unwrap_or(run.frame.now_ns) as f64 / 1e9
}

/// Whether the run has been played further than where it stands now.
#[must_use]
pub fn looking_back(run: &RunView) -> bool {
    run.known_ns as f64 / 1e9 > playhead(run) + 0.05
}

/// The line of the present moment over all of the dock; a style sheet puts it where `--now` says, 0 left, 1 right.
#[component]
pub fn NowLine() -> Html {
    let (axis, run) = (use_axis(), use_run());
    let share = axis.span.share(playhead(&run));
    use_effect_with((axis.dock.clone(), share), |(dock, share)| {
        if let Some(dock) = dock.cast::<HtmlElement>() {
            // Setting a property of one's own cannot fail.
            let _ = dock.style().set_property("--now", &format!("{share:.5}"));
        }
    });
    html! { <div class="dock-now" hidden={!(0.0..=1.0).contains(&share)} aria-hidden="true"></div> }
}

/// Says what a change made now does to what has been played, while it is looked back.
#[component]
pub fn BackNote() -> Html {
    let run = use_run();
    let simulation = use_simulation();
    let back = looking_back(&run);
    let known = run.known_ns;
    let ahead = Callback::from(move |_: MouseEvent| simulation.seek(known));
    html! {
        <p class="dock-note" role="status">
            if back {
                <span>{ "In the past: a change here starts a new future." }</span>
                <button type="button" class="link-btn" id="go-ahead" onclick={ahead}>{ format!("Back to {}", crate::ui::kit::format::moment(known as f64 / 1e9)) }</button>
            }
        </p>
    }
}
