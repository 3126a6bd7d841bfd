//! The menus on the canvas: what can be done here, and which station a wire that was let go shall lead to.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};
use yew::prelude::*;

use crate::editor::{Action, EditorState, SessionChange, ToolRequest, ToolState, commands};
use crate::model::station;
use crate::topology::document::Point;
use crate::ui::browser;
use crate::ui::kit::icons::{icon, station_icon};
use crate::ui::store::Dispatch;

#[derive(Clone, Debug, PartialEq)]
struct Item {
    id: &'static str,
    sign: &'static str,
    words: &'static str,
    key: String,
}

#[derive(Debug, PartialEq, Properties)]
struct MenuProps {
    label: &'static str,
    /// [screen px]
    at: Point,
    items: Vec<Item>,
    onchoose: Callback<&'static str>,
    onclose: Callback<()>,
}

/// The menu that is open, if one is.
pub(crate) fn draw(state: &EditorState, dispatch: &Dispatch) -> Html {
    let dispatch = dispatch.clone();
    if let ToolState::Choosing { at_world, .. } = &state.tool {
        let open = |kind: &str| state.guard.kinds.as_ref().is_none_or(|kinds| kinds.contains(kind));
        let items = station::REGISTRY
            .iter()
            .filter(|kind| kind.accepts_input && !kind.entry.defect && open(kind.entry.id))
            .map(|kind| {
                let id = kind.entry.id;
                Item { id, sign: station_icon(id), words: kind.entry.name, key: String::new() }
            })
            .collect::<Vec<_>>();
        let take = dispatch.clone();
        let onchoose =
            Callback::from(move |kind: &str| take.act(Action::Tool(ToolRequest::Take { kind: kind.to_owned() })));
        let onclose = Callback::from(move |()| dispatch.act(Action::Tool(ToolRequest::Cancel)));
        let at = state.session.camera().screen_from_world(*at_world);
        return html! { <Menu label="Which station shall it call?" {at} {items} {onchoose} {onclose} /> };
    }
    let Some(at) = state.session.menu else { return Html::default() };
    let items = commands::menu(state)
        .into_iter()
        .map(|command| {
            let key = commands::keys_of(&state.session.kept, command).first().map(|key| (*key).to_owned());
            Item { id: command.id, sign: command.icon, words: command.label, key: key.unwrap_or_default() }
        })
        .collect::<Vec<_>>();
    let act = dispatch.clone();
    let onchoose = Callback::from(move |id: &'static str| {
        act.act(Action::Command(id));
        act.session(SessionChange::Menu(None));
    });
    let onclose = Callback::from(move |()| dispatch.session(SessionChange::Menu(None)));
    html! { <Menu label="What can be done" {at} {items} {onchoose} {onclose} /> }
}

#[component]
fn Menu(props: &MenuProps) -> Html {
    let place = use_node_ref();
    use_effect_with((place.clone(), props.at), |(place, at)| {
        let Some(menu) = place.cast::<HtmlElement>() else { return };
        let Some(stage) = menu.parent_element() else { return };
        // Beside the pointer, and whole within the stage.
        let within = |at: f64, own: i32, all: i32| at.min(f64::from(all - own - 8)).max(8.0);
        let (x, y) = (
            within(at.x, menu.offset_width(), stage.client_width()),
            within(at.y, menu.offset_height(), stage.client_height()),
        );
        // Setting a known property, and focusing what is in the page, cannot fail.
        let _ = menu.style().set_property("transform", &format!("translate({x}px, {y}px)"));
        if let Some(first) = menu.first_element_child().and_then(|first| first.dyn_into::<HtmlElement>().ok()) {
            let _ = first.focus();
        }
    });
    let close = {
        let onclose = props.onclose.clone();
        move || {
            browser::focus_id("stage");
            onclose.emit(());
        }
    };
    let onkeydown = {
        let (place, close) = (place.clone(), close.clone());
        Callback::from(move |event: KeyboardEvent| {
            event.stop_propagation();
            let Some(menu) = place.cast::<Element>() else { return };
            let items = menu.children();
            let now = browser::document().active_element();
            let at = (0..items.length()).find(|at| items.item(*at) == now).unwrap_or(0);
            let last = items.length().saturating_sub(1);
            let next = match event.key().as_str() {
                "ArrowDown" if at == last => 0,
                "ArrowDown" => at + 1,
                "ArrowUp" => at.checked_sub(1).unwrap_or(last),
                "Home" => 0,
                "End" => last,
                "Escape" | "Tab" => {
                    event.prevent_default();
                    close();
                    return;
                }
                _ => return,
            };
            event.prevent_default();
            if let Some(item) = items.item(next).and_then(|item| item.dyn_into::<HtmlElement>().ok()) {
                let _ = item.focus();
            }
        })
    };
    let onfocusout = {
        let (place, onclose) = (place.clone(), props.onclose.clone());
        Callback::from(move |event: FocusEvent| {
            let to = event.related_target().and_then(|to| to.dyn_into::<web_sys::Node>().ok());
            // A press on the stage closes it by itself.
            let stage = place.cast::<Element>().and_then(|menu| menu.parent_element());
            if to.is_some_and(|to| stage.is_some_and(|stage| !stage.contains(Some(&to)))) {
                onclose.emit(());
            }
        })
    };
    html! {
        <div ref={place} class="stage-menu" role="menu" aria-label={props.label} data-over-stage="" {onkeydown} {onfocusout}>
            { for props.items.iter().map(|item| {
                let (id, onchoose) = (item.id, props.onchoose.clone());
                let onclick = Callback::from(move |_: MouseEvent| {
                    browser::focus_id("stage");
                    onchoose.emit(id);
                });
                html! {
                    <button type="button" role="menuitem" class="menu-item" tabindex="-1" data-choice={id} key={id} {onclick}>
                        { icon(item.sign, "icon-s") }<span>{ item.words }</span>
                        if !item.key.is_empty() { <kbd>{ &item.key }</kbd> }
                    </button>
                }
            }) }
        </div>
    }
}
