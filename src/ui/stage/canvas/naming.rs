//! A name typed where it stands: Enter or a press elsewhere takes it over, Escape leaves it as it was.

use web_sys::{HtmlInputElement, KeyboardEvent};
use yew::prelude::*;

use crate::editor::{EditCommand, SessionChange, Target};
use crate::ui::browser;
use crate::ui::store::use_dispatch;

#[derive(Debug, PartialEq, Properties)]
pub(super) struct NameInputProps {
    pub(super) target: Target,
    pub(super) label: AttrValue,
}

#[component]
pub(super) fn NameInput(props: &NameInputProps) -> Html {
    let dispatch = use_dispatch();
    let place = use_node_ref();
    let over = use_mut_ref(|| false);
    use_effect_with(place.clone(), |place| {
        if let Some(input) = place.cast::<HtmlInputElement>() {
            // Focusing cannot fail on an element that is in the page.
            let _ = input.focus();
            input.select();
        }
    });
    let target = props.target;
    // Said once: taking the field away makes it lose the focus, too.
    let end = {
        let (place, label) = (place.clone(), props.label.clone());
        move |take: bool| {
            if over.replace(true) {
                return;
            }
            let typed = place.cast::<HtmlInputElement>().map(|input| input.value()).unwrap_or_default();
            if take && typed.trim() != label.as_str() {
                match target {
                    Target::Node(node) => dispatch.edit(EditCommand::Rename { node, label: typed }),
                    Target::Area(area) => dispatch.edit(EditCommand::RenameArea { area, label: typed }),
                    Target::Edge(_) => {}
                }
            }
            dispatch.session(SessionChange::Rename(None));
        }
    };
    let onblur = {
        let end = end.clone();
        Callback::from(move |_: FocusEvent| end(true))
    };
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        event.stop_propagation();
        if let key @ ("Enter" | "Escape") = event.key().as_str() {
            event.prevent_default();
            end(key == "Enter");
            browser::focus_id("stage");
        }
    });
    html! {
        <input ref={place} class="name-input" type="text" maxlength="80" value={props.label.clone()} aria-label="Name" data-over-stage="" {onblur} {onkeydown} />
    }
}
