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
pub mod overlay;
pub mod painter;
pub mod tags;
pub mod wire;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlCanvasElement, HtmlElement, KeyboardEvent, PointerEvent, ResizeObserver, WheelEvent};
use yew::prelude::*;

use self::animation::{Animation, Dots};
use self::area::Frame;
use self::card::{Card, Problem};
use self::controls::Controls;
use self::frame_loop::FrameLoop;
use self::keys::Latest;
use self::wire::{Wire, WireLabel};
use crate::editor::edit::target_name;
use crate::editor::geometry::{DRAG_THRESHOLD, card_rect, detail};
use crate::editor::wire::{edge_marks_within, edge_words, has_breaker};
use crate::editor::{Action, Camera, EditorState, InputKind, SessionChange, Size, Target, ToolState, places};
use crate::topology::check::check;
use crate::topology::document::{Area, AreaKind, Diagnostic, Place, Point};
use crate::ui::browser::{self, Listener};
use crate::ui::client::worker_client::Simulation;
use crate::ui::shared::Shared;
use crate::ui::shell::{Shell, use_shell};
use crate::ui::store::{Dispatch, use_dispatch, use_editor, use_simulation};
use crate::ui::why::path::Path;
use crate::ui::words::element_id;

/// A click this near to a dot means the dot [screen pixels].
const DOT_REACH: f64 = 9.0;

/// Whether the space bar is held.
type Space = Rc<Cell<bool>>;

/// The canvas with everything on it. It asks for its own place in the page by filling its parent.
#[component]
pub fn Stage() -> Html {
    let state = use_editor();
    let dispatch = use_dispatch();
    let stage = use_node_ref();
    let canvas = use_node_ref();
    let latest: Rc<Latest> = use_memo((), |()| Rc::new(RefCell::new(state.clone())));
    *latest.borrow_mut() = state.clone();
    let latest: Latest = (*latest).clone();
    let space: Space = (*use_memo((), |()| Space::default())).clone();
    let dots: Dots = (*use_memo((), |()| Dots::default())).clone();
    let simulation = use_simulation();

    use_measure(stage.clone(), dispatch.clone());
    let shell = use_shell();
    use_listeners(stage.clone(), dispatch.clone(), latest.clone(), space.clone(), shell);
    use_palette_drag(stage.clone(), dispatch.clone(), &state.tool);
    use_animation(stage.clone(), canvas.clone(), latest.clone(), dots.clone());
    use_camera(stage.clone(), state.session.camera());
    use_asked_focus(&state);

    let problems = use_memo(Shared(state.document.clone()), |document| problems(&check(document)));
    let world = world(&state, &problems);
    // On Linux the middle button also pastes what is marked elsewhere; here it only pans.
    let no_middle_paste = Callback::from(|event: MouseEvent| {
        if event.button() == 1 {
            event.prevent_default();
        }
    });
    let pointer = |kind: fn(&PointerEvent) -> InputKind| on_pointer(&stage, &dispatch, &latest, &space, kind);
    let pressed: Rc<Cell<(i32, i32)>> = (*use_memo((), |()| Rc::new(Cell::new((0, 0))))).clone();
    let onclick = on_dot(&stage, &latest, &dots, &pressed, &simulation);
    let onmousedown = Callback::from(move |event: MouseEvent| pressed.set((event.client_x(), event.client_y())));
    let empty = state.document.nodes.is_empty();
    html! {
        <section class={classes!("stage", format!("tool-{}", state.tool.word()), (!state.session.kept.animate).then_some("still"), detail(state.session.camera().zoom).0)} id="stage" ref={stage.clone()} tabindex="0"
            data-keys="" aria-label="Canvas: stations and connections. Arrow keys go from one to the next, Enter selects, Enter again opens its settings."
            onpointerdown={pointer(|event| InputKind::Down(input::button(event)))}
            onpointermove={pointer(|_| InputKind::Move)}
            onpointerup={pointer(|_| InputKind::Up)}
            onpointercancel={pointer(|_| InputKind::Cancel)} {onmousedown} {onclick}
            onmouseup={no_middle_paste.clone()} onauxclick={no_middle_paste}>
            <div class="stage-places world" role="group" aria-label="Regions and zones">{ world.places }</div>
            <svg class="stage-wires" role="group" aria-label="Connections"><g class="world-svg"><Path curves={Shared(state.curves.clone())} drawn={Shared(state.drawn.clone())} />{ world.wires }</g></svg>
            <canvas class="stage-dots" ref={canvas} aria-hidden="true"></canvas>
            <svg class="stage-labels" aria-hidden="true"><g class="world-svg">{ world.labels }</g></svg>
            <div class="stage-cards world" role="group" aria-label="Stations">{ world.cards }</div>
            <div class="stage-badges world">{ world.badges }{ world.tags }</div>
            { overlay::overlay(&state) }
            if let Some(hint) = state.tool.hint(&state.document) {
                <p class="stage-hint" role="status">{ hint }</p>
            } else if empty {
                <p class="stage-empty">
                    <strong>{ "An empty canvas." }</strong>
                    { " Begin with clients, then give them something to call: choose a station, place it here, and drag from the dot on its right side to the next one." }
                </p>
            }
            <Controls zoom_percent={(state.session.camera().zoom * 100.0).round() as u32} animate={state.session.kept.animate} {empty} />
        </section>
    }
}

struct World {
    /// Frames of regions and zones, behind everything.
    places: Html,
    wires: Html,
    labels: Html,
    cards: Html,
    /// Problems of wires, over the cards.
    badges: Html,
    /// Faults that hit wires.
    tags: Html,
}

fn world(state: &EditorState, problems: &BTreeMap<Target, Problem>) -> World {
    let candidate = match &state.tool {
        ToolState::Connecting { candidate, .. } | ToolState::Picking { candidate, .. } => candidate.map(Target::Node),
        ToolState::PlacingFault { candidate, .. } => *candidate,
        _ => None,
    };
    let selection = &state.session.selection;
    let document = &state.drawn;
    let landing = state.tool.landing(document);
    // Zones lie in regions, so they come after them.
    let zone = |area: &Area| matches!(area.kind, AreaKind::Zone { .. });
    let order = document.areas.iter().filter(|(_, area)| !zone(area));
    let places = order
        .chain(document.areas.iter().filter(|(_, area)| zone(area)))
        .map(|(id, area)| {
            let target = Target::Area(*id);
            let name: AttrValue = target_name(document, target).into();
            html! {
                <Frame key={id.0} id={*id} area={Shared(area.clone())} {name} stations={places::held(document, *id).count()}
                    selected={selection.contains(target)} lit={landing.contains(id)} aim={state.tool.may_hit(document, target)} problem={problems.get(&target).cloned()} />
            }
        })
        .collect();
    let wires = document
        .edges
        .iter()
        .filter_map(|(id, edge)| {
            let target = Target::Edge(*id);
            let curve = *state.curves.get(id)?;
            let name: AttrValue = target_name(document, target).into();
            let way = places::way_mark(document, edge).map(|(_, words)| words);
            let words: Vec<String> = edge_words(edge).into_iter().chain(way).collect();
            let words = (!words.is_empty()).then(|| AttrValue::from(words.join(" · ")));
            let problem = problems.get(&target).cloned();
            Some(html! {
                <Wire key={id.0} id={*id} {curve} selected={selection.contains(target)} {name} {words} {problem}
                    aim={state.tool.may_hit(document, target)} candidate={candidate == Some(target)} />
            })
        })
        .collect();
    let cards = document
        .nodes
        .iter()
        .map(|(id, node)| {
            html! {
                <Card key={id.0} id={*id} node={Shared(node.clone())} selected={selection.nodes.contains(id)}
                    candidate={candidate == Some(Target::Node(*id))} aim={state.tool.may_hit(document, Target::Node(*id))} problem={problems.get(&Target::Node(*id)).cloned()} />
            }
        })
        .collect();
    let badges = document
        .edges
        .keys()
        .filter_map(|id| {
            let problem = problems.get(&Target::Edge(*id))?.clone();
            let curve = *state.curves.get(id)?;
            Some(html! { <WireBadge key={id.0} target={Target::Edge(*id)} at={(curve.at(0.5).x, curve.at(0.5).y)} {problem} /> })
        })
        .collect();
    let labels = document
        .edges
        .iter()
        .filter_map(|(id, edge)| {
            let curve = state.curves.get(id)?;
            let at = curve.at(0.5);
            // Between two cards side by side there is only the gap; elsewhere the words may be longer than the wire is wide.
            let beside = (curve.p3.y - curve.p0.y).abs() < 48.0;
            let room = if beside { (curve.p3.x - curve.p0.x).abs() - 24.0 } else { f64::INFINITY };
            let selected = selection.edges.contains(id);
            let way = places::way_mark(document, edge).map(|(mark, _)| mark);
            let marks = edge_marks_within(edge, way, room).map(AttrValue::from);
            let breaker = has_breaker(edge);
            Some(html! { <WireLabel key={id.0} id={*id} at={(at.x, at.y)} {selected} {marks} {breaker} /> })
        })
        .collect();
    let tags = state
        .curves
        .iter()
        .map(|(id, curve)| {
            let at = curve.at(0.5);
            html! { <tags::Tags key={id.0} target={Target::Edge(*id)} at={Some((at.x, at.y))} /> }
        })
        .collect();
    World { places, wires, labels, cards, badges, tags }
}

#[derive(Debug, PartialEq, Properties)]
struct WireBadgeProps {
    target: Target,
    at: (f64, f64),
    problem: Problem,
}

/// A wire's problem stands at its middle.
#[component]
fn WireBadge(props: &WireBadgeProps) -> Html {
    let dispatch = use_dispatch();
    let place = use_node_ref();
    use_effect_with((place.clone(), props.at), |(place, (x, y))| {
        if let Some(element) = place.cast::<HtmlElement>() {
            // Setting a known property cannot fail.
            let _ = element.style().set_property("transform", &format!("translate({x}px, {y}px)"));
        }
    });
    let target = props.target;
    let onclick = dispatch.callback(move || Action::Session(SessionChange::Reveal(target)));
    html! { <div class="wire-problem" ref={place}>{ card::badge(&props.problem, onclick) }</div> }
}

/// The worst problem of each place on the canvas. Problems come errors first, so the first of a place is its worst.
fn problems(diagnostics: &[Diagnostic]) -> BTreeMap<Target, Problem> {
    let mut found: BTreeMap<Target, Problem> = BTreeMap::new();
    for diagnostic in diagnostics {
        let target = match diagnostic.place {
            Place::Node(id) => Target::Node(id),
            Place::Edge(id) => Target::Edge(id),
            Place::Area(id) => Target::Area(id),
            // Told in the list of problems: they have no place on the canvas.
            Place::Document | Place::Fault(_) => continue,
        };
        found.entry(target).and_modify(|problem| problem.count += 1).or_insert_with(|| Problem {
            severity: diagnostic.severity,
            message: diagnostic.message.clone().into(),
            remedy: diagnostic.remedy.clone().into(),
            count: 1,
        });
    }
    found
}

fn on_pointer(
    stage: &NodeRef,
    dispatch: &Dispatch,
    latest: &Latest,
    space: &Space,
    kind: fn(&PointerEvent) -> InputKind,
) -> Callback<PointerEvent> {
    let (stage, dispatch, latest, space) = (stage.clone(), dispatch.clone(), latest.clone(), space.clone());
    Callback::from(move |event: PointerEvent| {
        let Some(element) = stage.cast::<Element>() else { return };
        let kind = kind(&event);
        let tool = latest.borrow().tool.clone();
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
fn use_listeners(stage: NodeRef, dispatch: Dispatch, latest: Latest, space: Space, shell: Shell) {
    use_effect_with(stage, move |stage| {
        let mut listeners = keys::listen(&dispatch, &latest, &shell);
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
fn use_animation(stage: NodeRef, canvas: NodeRef, latest: Latest, dots: Dots) {
    let simulation = use_simulation();
    use_effect_with((stage, canvas), move |(stage, canvas)| {
        let running = stage.cast::<Element>().zip(canvas.cast::<HtmlCanvasElement>()).map(|(stage, canvas)| {
            let mut animation = Animation::new(simulation.frames(), latest, dots, stage, canvas);
            FrameLoop::start(move |now_ms| animation.tick(now_ms))
        });
        move || drop(running)
    });
}

/// Moves the world under the camera. Through the CSSOM, since the content security policy forbids style attributes.
#[hook]
fn use_camera(stage: NodeRef, camera: Camera) {
    use_effect_with((stage, camera), |(stage, camera)| {
        let Some(stage) = stage.cast::<HtmlElement>() else { return };
        let Camera { x, y, zoom } = *camera;
        let (left, top) = (-x * zoom, -y * zoom);
        let move_world = format!("translate({left}px, {top}px) scale({zoom})");
        for selector in [".world", ".world-svg"] {
            let Ok(found) = stage.query_selector_all(selector) else { continue };
            for place in 0..found.length() {
                let Some(element) = found.item(place) else { continue };
                // Setting an attribute or a known property cannot fail.
                if let Some(element) = element.dyn_ref::<HtmlElement>() {
                    let _ = element.style().set_property("transform", &move_world);
                } else if let Some(element) = element.dyn_ref::<Element>() {
                    let _ = element.set_attribute("transform", &format!("translate({left} {top}) scale({zoom})"));
                }
            }
        }
        let style = stage.style();
        // Far out, every second point of the grid goes, so that it stays a grid and does not become a grey.
        let step = 24.0 * zoom * if zoom < 0.5 { 2.0 } else { 1.0 };
        let (class, letters) = detail(zoom);
        let _ =
            style.set_property("--letters", &if class.is_some() { format!("{letters:.1}px") } else { String::new() });
        let _ = style.set_property("--grid-step", &format!("{step}px"));
        let _ = style.set_property("--grid-x", &format!("{left}px"));
        let _ = style.set_property("--grid-y", &format!("{top}px"));
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
