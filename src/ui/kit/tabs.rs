//! Tabs: one of several views, chosen by click or by arrow key, as the tab pattern has it.

use yew::prelude::*;

use crate::ui::browser;

/// One of the tabs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tab {
    /// Unique on the page: the button has it as its id, and the panel is labelled by it.
    pub id: &'static str,
    pub label: &'static str,
}

/// A row of tabs over the panel with the id `panel`. `label` says what they are about, `choose` gets the place of the
/// chosen one.
pub fn tabs(
    class: Option<&'static str>,
    label: &'static str,
    panel: &'static str,
    tabs: &[Tab],
    chosen: usize,
    choose: &Callback<usize>,
) -> Html {
    let onkeydown = {
        let (ids, choose) = (tabs.iter().map(|tab| tab.id).collect::<Vec<_>>(), choose.clone());
        Callback::from(move |event: KeyboardEvent| {
            let step = match event.key().as_str() {
                "ArrowRight" => 1,
                "ArrowLeft" => ids.len() - 1,
                _ => return,
            };
            event.prevent_default();
            event.stop_propagation();
            let next = (chosen + step) % ids.len();
            choose.emit(next);
            browser::focus_id(ids[next]);
        })
    };
    let buttons = tabs.iter().enumerate().map(|(place, tab)| {
        let onclick = choose.reform(move |_: MouseEvent| place);
        let on = place == chosen;
        html! {
            <button type="button" role="tab" id={tab.id} class="tab" aria-selected={on.to_string()} aria-controls={panel}
                tabindex={if on { "0" } else { "-1" }} {onclick} key={tab.id}>{ tab.label }</button>
        }
    });
    html! { <div class={classes!("tabs", class)} role="tablist" aria-label={label} {onkeydown}>{ for buttons }</div> }
}
