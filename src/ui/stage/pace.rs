//! What is said of a run that takes its time: slow is not dead, and can be stopped.

use yew::prelude::*;

use crate::ui::kit::format;
use crate::ui::kit::icons::icon;
use crate::ui::store::{use_run, use_simulation};

/// "Preparing 12,000 members …", "One simulated second takes about 4 s here.", or why the run was stopped.
#[component]
pub fn Pace() -> Html {
    let run = use_run();
    let simulation = use_simulation();
    let stop = Callback::from(move |_: MouseEvent| simulation.stop());
    if let Some(why) = run.ending.as_ref().and_then(|ending| ending.stopped.as_ref()) {
        return html! { <div class="banner banner-bad" role="alert" id="run-stopped">{ icon("triangle-alert", "") }<p>{ why }</p></div> };
    }
    let words = match (run.preparing, run.slow) {
        (Some(members), _) => format!("Preparing {} members …", format::figures(f64::from(members))),
        (None, Some(secs)) if secs > 3_600.0 => "One simulated second takes more than an hour here.".to_owned(),
        (None, Some(secs)) => format!("One simulated second takes about {} here.", format::span(secs)),
        (None, None) => return Html::default(),
    };
    html! {
        <div class="banner banner-info" role="status" id="run-slow">
            { icon("hourglass", "") }<p>{ words }</p>
            <button type="button" class="btn btn-s" onclick={stop}>{ icon("pause", "icon-s") }{ "Stop" }</button>
        </div>
    }
}
