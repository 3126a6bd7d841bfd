//! A button from which something is dragged, or clicked and then clicked where it shall go.

use yew::prelude::*;

use crate::editor::{Action, ToolRequest};
use crate::ui::store::use_dispatch;

/// How somebody asks for what a button places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The pointer left the button with the mouse button held.
    Dragged,
    Clicked,
    /// Enter or Space: there is no pointer to say where.
    Keyboard,
}

/// The handlers of such a button.
#[derive(Clone, Debug, PartialEq)]
pub struct Placer {
    pub onpointerdown: Callback<PointerEvent>,
    pub onpointerleave: Callback<PointerEvent>,
    pub onclick: Callback<MouseEvent>,
}

/// Handlers that ask the editor for a tool. `allowed`: whether it may be dragged out; `active`: whether the tool is in
/// hand already, so that a click puts it back.
#[hook]
pub fn use_placer(allowed: bool, active: bool, request: Callback<Way, ToolRequest>) -> Placer {
    let dispatch = use_dispatch();
    let pressed = use_mut_ref(|| false);
    let onpointerdown = {
        let pressed = pressed.clone();
        Callback::from(move |event: PointerEvent| {
            *pressed.borrow_mut() = event.button() == 0 && event.pointer_type() == "mouse"
        })
    };
    let onpointerleave = {
        let (pressed, dispatch, request) = (pressed.clone(), dispatch.clone(), request.clone());
        Callback::from(move |event: PointerEvent| {
            if std::mem::take(&mut *pressed.borrow_mut()) && event.buttons() & 1 == 1 && allowed {
                dispatch.act(Action::Tool(request.emit(Way::Dragged)));
            }
        })
    };
    let onclick = Callback::from(move |event: MouseEvent| {
        *pressed.borrow_mut() = false;
        let way = if event.detail() == 0 { Way::Keyboard } else { Way::Clicked };
        dispatch.act(Action::Tool(if active { ToolRequest::Cancel } else { request.emit(way) }));
    });
    Placer { onpointerdown, onpointerleave, onclick }
}
