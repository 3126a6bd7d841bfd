//! Who is next.

use yew::prelude::*;

use super::members::sentence;
use crate::facet::discipline::Queue;
use crate::ui::kit::facts::{fact, facts};
use crate::ui::kit::section::section_in;

pub(super) fn view(queue: &Queue) -> Html {
    let whose = queue.replica.map_or_else(String::new, |replica| format!(" (longest: replica {})", replica + 1));
    section_in(
        "discipline",
        format!("Queue: {}{whose}", queue.name),
        html! {
            <>
                <p class={classes!("inside-words", queue.active.then_some("discipline-active"))}>{ sentence(&queue.words) }</p>
                if !queue.numbers.is_empty() {
                    { facts(html! { <>
                        { for queue.numbers.iter().map(|(name, value)| fact(name, value)) }
                    </> }) }
                }
            </>
        },
    )
}
