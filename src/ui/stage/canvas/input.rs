//! From the browser's events to the editor's inputs: conversion only, no decision about the drawing.

use wasm_bindgen::JsCast;
use web_sys::{
    Element, Event, EventTarget, HtmlElement, HtmlInputElement, KeyboardEvent, MouseEvent, PointerEvent, WheelEvent,
};

use crate::editor::{Button, Input, InputKind, Modifiers};
use crate::topology::document::Point;

/// The pointer's place, from the stage's top left corner [CSS px].
#[must_use]
pub fn pos_on(stage: &Element, event: &MouseEvent) -> Point {
    let rect = stage.get_bounding_client_rect();
    Point { x: f64::from(event.client_x()) - rect.left(), y: f64::from(event.client_y()) - rect.top() }
}

fn modifiers(event: &MouseEvent, space: bool) -> Modifiers {
    Modifiers { shift: event.shift_key(), ctrl: event.ctrl_key() || event.meta_key(), alt: event.alt_key(), space }
}

/// A pointer's event as an input.
#[must_use]
pub fn pointer(stage: &Element, kind: InputKind, event: &PointerEvent, space: bool) -> Input {
    Input {
        kind,
        pos_screen: pos_on(stage, event),
        modifiers: modifiers(event, space),
        // Ids are small positive numbers; the value only tells pointers apart.
        pointer: event.pointer_id().unsigned_abs(),
        touch: event.pointer_type() == "touch",
    }
}

/// A mouse's event as an input.
#[must_use]
pub fn mouse(stage: &Element, kind: InputKind, event: &MouseEvent) -> Input {
    Input { kind, pos_screen: pos_on(stage, event), modifiers: modifiers(event, false), pointer: 0, touch: false }
}

/// Which button a press is about.
#[must_use]
pub fn button(event: &PointerEvent) -> Button {
    match event.button() {
        1 => Button::Middle,
        2 => Button::Secondary,
        _ => Button::Primary,
    }
}

/// A turn of the wheel, in pixels in every browser.
#[must_use]
pub fn wheel(stage: &Element, event: &WheelEvent) -> Input {
    const LINE: f64 = 16.0;
    let unit = match event.delta_mode() {
        WheelEvent::DOM_DELTA_LINE => LINE,
        WheelEvent::DOM_DELTA_PAGE => LINE * 20.0,
        _ => 1.0,
    };
    // Browsers report a trackpad's pinch as a wheel with control held.
    let pinch = event.ctrl_key();
    mouse(stage, InputKind::Wheel { dx: event.delta_x() * unit, dy: event.delta_y() * unit, pinch }, event)
}

/// A key as an input; it has no place.
#[must_use]
pub fn key(event: &KeyboardEvent, down: bool) -> Input {
    let name = event.key();
    Input {
        kind: if down { InputKind::KeyDown(name) } else { InputKind::KeyUp(name) },
        pos_screen: Point::default(),
        modifiers: key_modifiers(event),
        pointer: 0,
        touch: false,
    }
}

/// What is held while a key goes down.
#[must_use]
pub fn key_modifiers(event: &KeyboardEvent) -> Modifiers {
    Modifiers {
        shift: event.shift_key(),
        ctrl: event.ctrl_key() || event.meta_key(),
        alt: event.alt_key(),
        space: false,
    }
}

/// The element that an event is about.
#[must_use]
pub fn target(event: &Event) -> Option<Element> {
    event.target().and_then(|target: EventTarget| target.dyn_into::<Element>().ok())
}

/// Whether keys belong to a field that is being typed into, or to an open dialog.
#[must_use]
pub fn typing(event: &Event) -> bool {
    let Some(element) = target(event) else { return false };
    let field = element.dyn_ref::<HtmlInputElement>().map(|input| {
        // Check boxes and buttons take no text; a slider takes the arrows, which is text enough.
        !matches!(input.type_().as_str(), "checkbox" | "radio" | "button" | "submit")
    });
    field.unwrap_or_else(|| {
        matches!(element.tag_name().as_str(), "TEXTAREA" | "SELECT")
            || element.dyn_ref::<HtmlElement>().is_some_and(HtmlElement::is_content_editable)
    }) || element.closest("dialog, [role=dialog]").ok().flatten().is_some()
}

/// Whether arrows, Delete and the like are for the drawing here: on the page itself, the stage and the outline. In other
/// panels they belong to tabs, sliders and lists.
#[must_use]
pub fn near_drawing(event: &Event) -> bool {
    target(event)
        .is_none_or(|element| element.tag_name() == "BODY" || element.closest("[data-keys]").ok().flatten().is_some())
}

/// Whether an event comes from a button that lies over the stage, which the stage must leave alone.
#[must_use]
pub fn on_stage_button(event: &Event) -> bool {
    target(event).is_some_and(|element| element.closest("[data-over-stage]").ok().flatten().is_some())
}
