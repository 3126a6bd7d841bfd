//! Who is next.

use yew::prelude::*;

use super::members::sentence;
use crate::facet::discipline::Queue;
use crate::ui::kit::facts::{fact, facts};

pub(super) fn view(queue: &Queue) -> Html {
    let whose = queue.replica.map_or_else(String::new, |replica| format!(" (longest: replica {})", replica + 1));
    html! {
        <section class="inside discipline">
            <h3>{ format!("Queue: {}{whose}", queue.name) }</h3>
            <p class={classes!("inside-words", queue.active.then_some("discipline-active"))}>{ sentence(&queue.words) }</p>
            if !queue.numbers.is_empty() {
                { facts(html! { <>
                    { for queue.numbers.iter().map(|(name, value)| fact(name, value)) }
                </> }) }
            }
        </section>
    }
}
