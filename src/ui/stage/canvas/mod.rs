//! The stage: stations as cards, connections as wires, requests as dots between them.
//!
//! Cards and wires are DOM and render only when document, selection or problems changed. What moves is painted on one
//! canvas between them, and live numbers are written past Yew; see [`animation`].

pub mod animation;
pub mod area;
pub mod card;
pub mod controls;
pub mod frame_loop;
pub mod gauges;
pub mod input;
pub mod keys;
pub mod legend;
pub(crate) mod menu;
mod minimap;
mod naming;
pub mod overlay;
pub mod painter;
pub mod tags;
pub mod wire;
mod world;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlCanvasElement, HtmlElement, KeyboardEvent, PointerEvent, ResizeObserver, WheelEvent};
use yew::prelude::*;

use self::animation::{Animation, Dots};
use self::controls::Controls;
use self::frame_loop::FrameLoop;
use self::keys::{Hover, Latest};
use self::minimap::Minimap;
use self::world::{Drawn, Kept, World, problems, world};
use crate::editor::geometry::{DRAG_THRESHOLD, card_rect, detail, window};
use crate::editor::{Action, Camera, EditorState, InputKind, Rect, SessionChange, Size, ToolState};
use crate::topology::check::check;
use crate::topology::document::Point;
use crate::ui::browser::{self, Listener, Timer};
use crate::ui::client::worker_client::Simulation;
use crate::ui::later::use_later;
use crate::ui::shared::Shared;
use crate::ui::shell::{Shell, use_shell};
use crate::ui::store::{Dispatch, use_dispatch, use_editor, use_simulation};
use crate::ui::why::path::Path;
use crate::ui::words::element_id;

/// A click this near to a dot means the dot [screen pixels].
const DOT_REACH: f64 = 9.0;

/// Whether the space bar is held.
type Space = Rc<Cell<bool>>;
/// A finger that rests on the stage, and for how long that is the menu [ms].
type Resting = Rc<RefCell<Option<Timer>>>;
const LONG_PRESS_MS: i32 = 500;

/// The canvas with everything on it. It asks for its own place in the page by filling its parent.
#[component]
pub fn Stage() -> Html {
    let later = use_later();
    let state = use_editor();
    let dispatch = use_dispatch();
    let stage = use_node_ref();
    let canvas = use_node_ref();
    let latest: Rc<Latest> = use_memo((), |()| Rc::new(RefCell::new(state.clone())));
    *latest.borrow_mut() = state.clone();
    let latest: Latest = (*latest).clone();
    let space: Space = (*use_memo((), |()| Space::default())).clone();
    let dots: Dots = (*use_memo((), |()| Dots::default())).clone();
    let hover: Hover = (*use_memo((), |()| Hover::default())).clone();
    let resting: Resting = (*use_memo((), |()| Resting::default())).clone();
    let simulation = use_simulation();
    // What is drawn of a large drawing; the gauges are written for the same.
    let drawn: Drawn = (*use_memo((), |()| Drawn::default())).clone();
    drawn.set(window(drawn.get(), state.session.camera(), state.session.viewport, state.document.nodes.len()));

    use_measure(stage.clone(), dispatch.clone());
    let shell = use_shell();
    use_listeners(stage.clone(), dispatch.clone(), latest.clone(), space.clone(), (shell, hover.clone()));
    use_palette_drag(stage.clone(), dispatch.clone(), &state.tool);
    use_animation(stage.clone(), canvas.clone(), latest.clone(), (dots.clone(), drawn.clone()));
    use_camera(stage.clone(), state.session.camera());
    use_asked_focus(&state);

    let problems = use_memo(Shared(state.document.clone()), |document| problems(&check(document)));
    let World { places, wires, labels, cards, badges, tags } = use_world(&state, problems, drawn.get());
    // On Linux the middle button also pastes what is marked elsewhere; here it only pans.
    let no_middle_paste = Callback::from(|event: MouseEvent| {
        if event.button() == 1 {
            event.prevent_default();
        }
    });
    let pointer =
        |kind: fn(&PointerEvent) -> InputKind| on_pointer(&stage, &dispatch, &latest, (&space, &hover, &resting), kind);
    let pressed: Rc<Cell<(i32, i32)>> = (*use_memo((), |()| Rc::new(Cell::new((0, 0))))).clone();
    let onclick = on_dot(&stage, &latest, &dots, &pressed, &simulation);
    let onmousedown = Callback::from(move |event: MouseEvent| pressed.set((event.client_x(), event.client_y())));
    let ondblclick = {
        let (stage, dispatch) = (stage.clone(), dispatch.clone());
        Callback::from(move |event: MouseEvent| {
            if let (Some(element), false) = (stage.cast::<Element>(), input::on_stage_button(&event)) {
                dispatch.act(Action::Input(input::mouse(&element, InputKind::DoubleClick, &event)));
            }
        })
    };
    let oncontextmenu = {
        let (stage, dispatch) = (stage.clone(), dispatch.clone());
        Callback::from(move |event: MouseEvent| {
            if let (Some(element), false) = (stage.cast::<Element>(), input::on_stage_button(&event)) {
                event.prevent_default();
                let secondary = InputKind::Down(crate::editor::Button::Secondary);
                dispatch.act(Action::AskMenu(input::mouse(&element, secondary, &event)));
            }
        })
    };
    let leave = hover.clone();
    let onpointerleave = Callback::from(move |_: PointerEvent| leave.set(None));
    let empty = state.document.nodes.is_empty();
    html! {
        <section class={classes!("stage", format!("tool-{}", state.tool.word()), (!state.session.kept.animate).then_some("still"), detail(state.session.camera().zoom).0)} id="stage" ref={stage.clone()} tabindex="0"
            data-keys="" aria-label="Canvas: stations and connections. Arrow keys go from one to the next, Enter selects, Enter again opens its settings."
            onpointerdown={pointer(|event| InputKind::Down(input::button(event)))}
            onpointermove={pointer(|_| InputKind::Move)}
            onpointerup={pointer(|_| InputKind::Up)}
            onpointercancel={pointer(|_| InputKind::Cancel)} {onmousedown} {onclick}
            onmouseup={no_middle_paste.clone()} onauxclick={no_middle_paste} {ondblclick} {oncontextmenu} {onpointerleave}>
            <div class="stage-grid"></div>
            <div class="pan">
                <div class="stage-places world" role="group" aria-label="Regions and zones"><Kept content={places} /></div>
                <svg class="stage-wires" role="group" aria-label="Connections"><g class="world-svg"><Path curves={Shared(state.curves.clone())} drawn={Shared(state.drawn.clone())} /><Kept content={wires} /></g></svg>
            </div>
            <canvas class="stage-dots" ref={canvas} aria-hidden="true"></canvas>
            <div class="pan">
                <svg class="stage-labels" aria-hidden="true"><g class="world-svg"><Kept content={labels} /></g></svg>
                <div class="stage-cards world" role="group" aria-label="Stations"><Kept content={cards} /></div>
                <div class="stage-badges world"><Kept content={badges} /><Kept content={tags} /></div>
            </div>
            { overlay::overlay(&state) }
            if let Some(hint) = state.tool.hint(&state.document) {
                <p class="stage-hint" role="status">{ hint }</p>
            } else if empty {
                <p class="stage-empty">
                    <strong>{ "An empty canvas." }</strong>
                    { " Begin with clients, then give them something to call: choose a station, place it here, and drag from the dot on its right side to the next one." }
                </p>
            }
            <Minimap />
            { later.show_when_here(|later| (later.menu)(&state, &dispatch)) }
            <Controls zoom_percent={(state.session.camera().zoom * 100.0).round() as u32} animate={state.session.kept.animate} {empty} />
        </section>
    }
}

fn on_pointer(
    stage: &NodeRef,
    dispatch: &Dispatch,
    latest: &Latest,
    (space, hover, resting): (&Space, &Hover, &Resting),
    kind: fn(&PointerEvent) -> InputKind,
) -> Callback<PointerEvent> {
    let (stage, dispatch, latest, space) = (stage.clone(), dispatch.clone(), latest.clone(), space.clone());
    let (hover, resting) = (hover.clone(), resting.clone());
    Callback::from(move |event: PointerEvent| {
        let Some(element) = stage.cast::<Element>() else { return };
        let kind = kind(&event);
        let tool = latest.borrow().tool.clone();
        if kind == InputKind::Move && event.pointer_type() == "mouse" {
            hover.set(Some(input::pos_on(&element, &event)));
        }
        if matches!(kind, InputKind::Up | InputKind::Cancel) {
            resting.borrow_mut().take();
        }
        match kind {
            InputKind::Down(button) => {
                if input::on_stage_button(&event) {
                    return;
                }
                // Refused only for a pointer that is already gone.
                let _ = element.set_pointer_capture(event.pointer_id());
                if button == crate::editor::Button::Middle {
                    // The browser would start scrolling by itself.
                    event.prevent_default();
                }
                if event.pointer_type() == "touch" {
                    let secondary = InputKind::Down(crate::editor::Button::Secondary);
                    let (here, dispatch) = (input::pointer(&element, secondary, &event, false), dispatch.clone());
                    let ask = move || dispatch.act(Action::AskMenu(here.clone()));
                    *resting.borrow_mut() = Some(Timer::once(LONG_PRESS_MS, ask));
                }
            }
            // While nothing is under way, moves change nothing: hovering is the style sheet's business.
            InputKind::Move if !keys::follows_pointer(&tool) => return,
            // A card that is being dragged out of the palette is followed by the window's listeners.
            InputKind::Move | InputKind::Up if is_palette_drag(&tool) => return,
            _ => {}
        }
        dispatch.act(Action::Input(input::pointer(&element, kind, &event, space.get())));
    })
}

/// While the run stands, a click on a dot asks about its request. `pressed`: where the button went down.
fn on_dot(
    stage: &NodeRef,
    latest: &Latest,
    dots: &Dots,
    pressed: &Rc<Cell<(i32, i32)>>,
    simulation: &Simulation,
) -> Callback<MouseEvent> {
    let (stage, latest, dots, simulation) = (stage.clone(), latest.clone(), dots.clone(), simulation.clone());
    let pressed = pressed.clone();
    Callback::from(move |event: MouseEvent| {
        let Some(element) = stage.cast::<Element>() else { return };
        let state = latest.borrow().clone();
        let (x, y) = pressed.get();
        let dragged = f64::from((event.client_x() - x).abs().max((event.client_y() - y).abs())) > DRAG_THRESHOLD;
        if simulation.playing() || dragged || !matches!(state.tool, ToolState::Idle) {
            return;
        }
        let frame = element.get_bounding_client_rect();
        let camera = state.session.camera();
        let at_screen =
            Point { x: f64::from(event.client_x()) - frame.left(), y: f64::from(event.client_y()) - frame.top() };
        let at = camera.world_from_screen(at_screen);
        if state.drawn.nodes.values().any(|node| card_rect(node).contains(at)) {
            return;
        }
        let (dots, now_ns) = &*dots.borrow();
        if let Some(request) = dots.nearest(&state.curves, at, DOT_REACH / camera.zoom, *now_ns) {
            simulation.explain(request.source, request.ordinal);
        }
    })
}

const fn is_palette_drag(tool: &ToolState) -> bool {
    matches!(
        tool,
        ToolState::PlacingNode { dragged: true, .. }
            | ToolState::PlacingArea { dragged: true, .. }
            | ToolState::PlacingFault { dragged: true, .. }
    )
}

/// Tells the editor how large the stage is.
#[hook]
fn use_measure(stage: NodeRef, dispatch: Dispatch) {
    use_effect_with(stage, move |stage| {
        let observer = stage.cast::<Element>().and_then(|element| {
            let watched = element.clone();
            let measure = Closure::<dyn FnMut()>::new(move || {
                let size =
                    Size { width: f64::from(watched.client_width()), height: f64::from(watched.client_height()) };
                dispatch.session(SessionChange::SetViewport(size));
            });
            let observer = ResizeObserver::new(measure.as_ref().unchecked_ref()).ok()?;
            observer.observe(&element);
            Some((observer, measure))
        });
        move || {
            if let Some((observer, measure)) = observer {
                observer.disconnect();
                drop(measure);
            }
        }
    });
}

/// Keys, clipboard, wheel, and whether the space bar is held: then dragging pans. (Pressed and released without a drag
/// it runs or pauses; that is the page's business.)
#[hook]
fn use_listeners(stage: NodeRef, dispatch: Dispatch, latest: Latest, space: Space, around: (Shell, Hover)) {
    let (shell, hover) = around;
    use_effect_with(stage, move |stage| {
        let mut listeners = keys::listen(&dispatch, &latest, &shell, &hover);
        if let Some(element) = stage.cast::<Element>() {
            let wheeled = element.clone();
            // A card that takes the focus out of sight makes the browser scroll the stage, which would then lie beside
            // what the editor believes: the camera moves instead.
            let (scrolled, pan) = (element.clone(), dispatch.clone());
            listeners.push(Listener::new(&element, "scroll", move |_| {
                let (dx, dy) = (f64::from(scrolled.scroll_left()), f64::from(scrolled.scroll_top()));
                if (dx, dy) != (0.0, 0.0) {
                    scrolled.set_scroll_left(0);
                    scrolled.set_scroll_top(0);
                    pan.session(SessionChange::PanBy { dx: -dx, dy: -dy });
                }
            }));
            listeners.push(Listener::new(&element, "wheel", move |event| {
                let Some(event) = event.dyn_ref::<WheelEvent>() else { return };
                event.prevent_default();
                dispatch.act(Action::Input(input::wheel(&wheeled, event)));
            }));
        }
        let window = browser::window();
        for (name, down) in [("keydown", true), ("keyup", false)] {
            let space = space.clone();
            listeners.push(Listener::new(&window, name, move |event| {
                let pressed = event.dyn_ref::<KeyboardEvent>().is_some_and(|event| event.key() == " ");
                if pressed {
                    space.set(down && !input::typing(&event));
                }
            }));
        }
        listeners.push(Listener::new(&window, "blur", move |_| space.set(false)));
        move || drop(listeners)
    });
}

/// While a card is dragged out of the palette, the pointer is followed wherever it is.
#[hook]
fn use_palette_drag(stage: NodeRef, dispatch: Dispatch, tool: &ToolState) {
    use_effect_with((is_palette_drag(tool), stage), move |(dragging, stage)| {
        let mut listeners = Vec::new();
        if let (true, Some(element)) = (*dragging, stage.cast::<Element>()) {
            for (name, kind) in
                [("pointermove", InputKind::Move), ("pointerup", InputKind::Up), ("pointercancel", InputKind::Cancel)]
            {
                let (element, dispatch) = (element.clone(), dispatch.clone());
                listeners.push(Listener::new(&browser::window(), name, move |event| {
                    if let Some(event) = event.dyn_ref::<PointerEvent>() {
                        dispatch.act(Action::Input(input::pointer(&element, kind.clone(), event, false)));
                    }
                }));
            }
        }
        move || drop(listeners)
    });
}

/// Starts the loop that paints dots and writes gauges; it ends with the stage.
#[hook]
fn use_animation(stage: NodeRef, canvas: NodeRef, latest: Latest, shown: (Dots, Drawn)) {
    let simulation = use_simulation();
    let dispatch = use_dispatch();
    use_effect_with((stage, canvas), move |(stage, canvas)| {
        let running = stage.cast::<Element>().zip(canvas.cast::<HtmlCanvasElement>()).map(|(stage, canvas)| {
            let held = latest.clone();
            let mut animation = Animation::new(simulation.frames(), latest, shown, stage, canvas);
            let mut before_ms = 0.0;
            FrameLoop::start(move |now_ms| {
                if held.borrow().edge_pull().is_some() {
                    dispatch.act(Action::FollowEdge(now_ms - before_ms));
                }
                before_ms = now_ms;
                animation.tick(now_ms);
            })
        });
        move || drop(running)
    });
}

/// The parts of the world, made again only when something in them changed: a pan moves them as they are.
#[hook]
fn use_world(state: &Shared<EditorState>, problems: Rc<world::Problems>, drawn: Option<Rect>) -> World {
    let hand = world::Hand::of(state);
    let shown = (Shared(state.drawn.clone()), Shared(state.curves.clone()), Shared(problems));
    let deps = (shown, state.session.selection.clone(), state.session.renaming, hand, drawn);
    (*use_memo(deps, |((document, curves, problems), selection, renaming, hand, drawn)| {
        world(document, curves, problems, selection, *renaming, hand, *drawn)
    }))
    .clone()
}

/// Moves the world under the camera: by one transform each for what lies below and above the dots, which the browser
/// moves as pictures. Through the CSSOM, since the content security policy forbids style attributes.
#[hook]
fn use_camera(stage: NodeRef, camera: Camera) {
    let zoomed = use_mut_ref(|| f64::NAN);
    use_effect_with((stage, camera), move |(stage, camera)| {
        let Some(stage) = stage.cast::<HtmlElement>() else { return };
        let zoom = camera.zoom;
        let (left, top) = camera.offset();
        let each = |selector: &str, set: &dyn Fn(&Element)| {
            let Ok(found) = stage.query_selector_all(selector) else { return };
            for place in 0..found.length() {
                if let Some(element) = found.item(place).and_then(|node| node.dyn_into::<Element>().ok()) {
                    set(&element);
                }
            }
        };
        // Setting an attribute or a known property cannot fail.
        let style = |element: &Element, name: &str, value: &str| {
            if let Some(element) = element.dyn_ref::<HtmlElement>() {
                let _ = element.style().set_property(name, value);
            }
        };
        each(".pan", &|element| style(element, "transform", &format!("translate({left}px, {top}px)")));
        // Far out, every second point of the grid goes, so that it stays a grid and does not become a grey.
        let step = 24.0 * zoom * if zoom < 0.5 { 2.0 } else { 1.0 } * if zoom < 0.2 { 4.0 } else { 1.0 };
        let (class, letters) = detail(zoom);
        let letters = if class.is_some() { format!("{letters:.1}px") } else { String::new() };
        style(&stage, "--letters", &letters);
        let (x, y) = (left.rem_euclid(step) - step, top.rem_euclid(step) - step);
        each(".stage-grid", &|element| {
            style(element, "--grid-step", &format!("{step}px"));
            style(element, "transform", &format!("translate({x}px, {y}px)"));
        });
        if zoomed.replace(zoom).to_bits() != zoom.to_bits() {
            each(".world", &|element| style(element, "transform", &format!("scale({zoom})")));
            each(".world-svg", &|element| drop(element.set_attribute("transform", &format!("scale({zoom})"))));
        }
    });
}

/// Moves the keyboard's focus to what was revealed.
#[hook]
fn use_asked_focus(state: &EditorState) {
    use_effect_with(state.session.focus, |focus| {
        if let Some((target, _)) = focus {
            browser::focus_id(&element_id(*target));
        }
    });
}
