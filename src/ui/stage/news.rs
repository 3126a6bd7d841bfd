//! What happens in a run, for those who do not see it: the latest that went wrong or right.

use yew::prelude::*;

use crate::protocol::LogLevel;
use crate::ui::store::use_run;

/// Read aloud when it changes, and never seen: the stage, the log and the head figures show the same.
#[component]
pub fn News() -> Html {
    let run = use_run();
    let newest = run.log.iter().rev().find(|line| line.level != LogLevel::Info);
    html! { <p class="visually-hidden" role="status" id="run-news">{ newest.map_or("", |line| line.text.as_str()) }</p> }
}
