//! Dialogs: the browser's own modal element, so that focus stays inside and Escape closes.

use web_sys::HtmlDialogElement;
use yew::prelude::*;

use super::icons::icon;

#[derive(Debug, PartialEq, Properties)]
pub struct DialogProps {
    pub title: AttrValue,
    pub onclose: Callback<()>,
    pub children: Html,
    /// Wide for lists and tables.
    #[prop_or_default]
    pub wide: bool,
}

/// A modal dialog that is open for as long as it is rendered.
#[component]
pub fn Dialog(props: &DialogProps) -> Html {
    let element = use_node_ref();
    {
        let element = element.clone();
        use_effect_with((), move |()| {
            let dialog = element.cast::<HtmlDialogElement>();
            if let Some(dialog) = &dialog
                && !dialog.open()
            {
                // Fails only for elements outside the page or already open.
                let _ = dialog.show_modal();
            }
            move || {
                if let Some(dialog) = dialog {
                    dialog.close();
                }
            }
        });
    }
    let close = {
        let onclose = props.onclose.clone();
        Callback::from(move |_: MouseEvent| onclose.emit(()))
    };
    let cancel = {
        let onclose = props.onclose.clone();
        Callback::from(move |event: Event| {
            event.prevent_default();
            onclose.emit(());
        })
    };
    // A press on the backdrop hits the dialog element itself; anything inside hits a child.
    let backdrop = {
        let (onclose, element) = (props.onclose.clone(), element.clone());
        Callback::from(move |event: MouseEvent| {
            let hit =
                event.target().and_then(|target| wasm_bindgen::JsCast::dyn_into::<HtmlDialogElement>(target).ok());
            if hit.is_some() && hit == element.cast::<HtmlDialogElement>() {
                onclose.emit(());
            }
        })
    };
    html! {
        <dialog ref={element} class={classes!("dialog", props.wide.then_some("dialog-wide"))}
            aria-label={props.title.clone()} oncancel={cancel} onmousedown={backdrop}>
            <div class="dialog-body">
                <header class="dialog-head">
                    <h2>{ &props.title }</h2>
                    <button type="button" class="icon-btn" aria-label="Close" onclick={close}>{ icon("x", "") }</button>
                </header>
                { props.children.clone() }
            </div>
        </dialog>
    }
}
