//! What stands on the timeline: faults as bands in rows of their own, and what a hand did as diamonds.

use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, PointerEvent};
use yew::prelude::*;

use super::super::axis::use_axis;
use super::{extent, place};
use crate::editor::timeline::{self, Band, Placed, Pull, Span};
use crate::editor::{Action, EditCommand, FaultCard, GestureId, SessionChange};
use crate::topology::document::ScheduledFault;
use crate::ui::kit::format;
use crate::ui::store::{use_dispatch, use_document, use_shown_fault, use_simulation};

#[derive(Debug, PartialEq, Properties)]
pub(super) struct MarksProps {
    pub bands: Vec<Band>,
    pub places: Vec<Placed>,
    pub span: Span,
    pub length: f64,
    pub track: NodeRef,
    pub fixed: bool,
    /// Where the rows begin, and how high one is [px].
    pub top: usize,
    pub row: usize,
    pub now: f64,
}

#[component]
pub(super) fn Marks(props: &MarksProps) -> Html {
    let bands = props.bands.iter().zip(&props.places).enumerate();
    html! {
        { for bands.map(|(at, (band, placed))| {
            // One that is pulled past another stays the one that is pulled.
            let key = band.planned.map_or_else(|| format!("hand-{at}"), |planned| format!("planned-{planned}"));
            html! {
                <FaultBand {key} band={band.clone()} label={placed.label.clone()} y={props.top + placed.row * props.row} span={props.span} length={props.length}
                    track={props.track.clone()} fixed={props.fixed} over={band.from_secs <= props.now} now={props.now.clamp(band.from_secs, band.to_secs)} />
            }
        }) }
    }
}

#[derive(Debug, PartialEq, Properties)]
struct BandProps {
    band: Band,
    label: String,
    y: usize,
    span: Span,
    length: f64,
    track: NodeRef,
    fixed: bool,
    /// Whether it has begun.
    over: bool,
    /// The present moment, as far as it lies within [s].
    now: f64,
}

/// A fault: Enter opens its card; a planned one can be pulled, or moved with the arrow keys.
#[component]
fn FaultBand(props: &BandProps) -> Html {
    let (document, dispatch, shown) = (use_document(), use_dispatch(), use_shown_fault());
    let pull = use_mut_ref(|| None::<Pull>);
    let BandProps { band, length, span, y, .. } = props;
    let (length, span, y) = (*length, *span, *y);
    let scheduled: Option<(usize, ScheduledFault)> =
        band.planned.and_then(|index| Some((index, document.faults.get(index)?.clone())));
    let scheduled = scheduled.filter(|_| !props.fixed);
    let card = match band.planned {
        Some(index) if !props.over => FaultCard::Planned(index),
        // One that is over has nothing to lift.
        Some(index) if props.now >= band.to_secs => FaultCard::Planned(index),
        _ => FaultCard::InForce { kind: band.kind.clone(), target: band.target },
    };
    let chosen = shown.as_ref() == Some(&card);
    let lasts = band.to_secs - band.from_secs;
    let when = if lasts <= 0.0 {
        format!("at {}", format::clock(band.from_secs))
    } else if band.to_secs >= length {
        format!("from {} until the end", format::clock(band.from_secs))
    } else {
        format!("at {} for {}", format::clock(band.from_secs), format::span(lasts))
    };
    let name = format!("{}, {when}", band.words);
    let toggle = {
        let dispatch = dispatch.clone();
        move || dispatch.session(SessionChange::ShowFault((!chosen).then(|| card.clone())))
    };
    let move_to = {
        let (dispatch, scheduled) = (dispatch.clone(), scheduled.clone());
        move |at_secs: f64| {
            let Some((index, fault)) = scheduled.clone() else { return };
            let fault = ScheduledFault { at_secs: timeline::moment(at_secs, length), ..fault };
            let gesture = GestureId::Named(format!("fault-{index}"));
            dispatch.act(Action::Drag { gesture, edit: EditCommand::SetFault { index, fault } });
        }
    };
    let onpointerdown = {
        let (pull, at) = (pull.clone(), band.from_secs);
        Callback::from(move |event: PointerEvent| {
            event.stop_propagation();
            if event.button() != 0 {
                return;
            }
            if let Some(element) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) {
                // Without capture the pull ends at the mark's edge; nothing else goes wrong.
                let _ = element.set_pointer_capture(event.pointer_id());
            }
            let touch = event.pointer_type() == "touch";
            *pull.borrow_mut() = Some(Pull::begin(f64::from(event.client_x()), at, touch));
        })
    };
    let onpointermove = {
        let (pull, track, move_to) = (pull.clone(), props.track.clone(), move_to.clone());
        Callback::from(move |event: PointerEvent| {
            let mut pull = pull.borrow_mut();
            let (Some(pull), Some(track)) = (pull.as_mut(), track.cast::<Element>()) else { return };
            event.stop_propagation();
            // As wide as all of the run would be.
            let width = track.get_bounding_client_rect().width() * length / (span.to - span.from);
            if let Some(at_secs) = pull.moved(f64::from(event.client_x()), width, length) {
                move_to(at_secs);
            }
        })
    };
    let onpointerup = {
        let (pull, dispatch, toggle) = (pull.clone(), dispatch.clone(), toggle.clone());
        Callback::from(move |_: PointerEvent| match pull.borrow_mut().take() {
            Some(pull) if pull.is_pull() => dispatch.act(Action::EndGesture),
            Some(_) => toggle(),
            None => {}
        })
    };
    let onkeydown = {
        let (dispatch, at, planned) = (dispatch.clone(), band.from_secs, scheduled.as_ref().map(|(index, _)| *index));
        Callback::from(move |event: KeyboardEvent| {
            let step = timeline::step(event.shift_key());
            match (event.key().as_str(), planned) {
                ("ArrowLeft", Some(_)) => move_to(at - step),
                ("ArrowRight", Some(_)) => move_to(at + step),
                ("Delete" | "Backspace", Some(index)) => {
                    dispatch.session(SessionChange::ShowFault(None));
                    dispatch.edit(EditCommand::RemoveFault(index));
                }
                ("Enter" | " ", _) => toggle(),
                _ => return,
            }
            event.prevent_default();
            event.stop_propagation();
        })
    };
    let onblur = use_dispatch().callback(|| Action::EndGesture);
    let Some((x, width)) = extent(span, band.from_secs, band.to_secs) else { return Html::default() };
    let begun = if props.over { extent(span, band.from_secs, props.now) } else { None };
    let label_at = place(span, band.from_secs.max(span.from));
    html! {
        <g class={classes!(if band.planned.is_some() { "timeline-fault" } else { "timeline-live" }, chosen.then_some("timeline-fault-on"), scheduled.is_none().then_some("timeline-fault-fixed"))}>
            <g class="timeline-fault-mark" role="button" tabindex="0" aria-label={name.clone()} aria-expanded={chosen.to_string()}
                {onpointerdown} {onpointermove} {onpointerup} {onkeydown} {onblur}>
                <title>{ name }</title>
                <rect class="band-whole" {x} {width} y={(y + 2).to_string()} height="16" rx="4" />
                if let Some((x, width)) = begun { <rect class="band-begun" {x} {width} y={(y + 2).to_string()} height="16" rx="4" /> }
                <svg x={label_at} y={y.to_string()} overflow="visible">
                    <rect class="timeline-fault-hit" x="-8" y="0" width="24" height="20" />
                    <text x="7" y="14">{ &props.label }</text>
                </svg>
            </g>
        </g>
    }
}

#[derive(Debug, PartialEq, Properties)]
pub(super) struct InputsProps {
    /// Moment [s] and sentence.
    pub inputs: Vec<(f64, String)>,
    pub span: Span,
    pub y: usize,
    pub wide: f64,
}

/// What was changed while it ran: a press leads to the moment.
#[component]
pub(super) fn Inputs(props: &InputsProps) -> Html {
    let (axis, simulation) = (use_axis(), use_simulation());
    let InputsProps { inputs, span, y, wide } = props;
    let inputs: Vec<&(f64, String)> = inputs.iter().filter(|(at, _)| (0.0..=1.0).contains(&span.share(*at))).collect();
    let marks: Vec<(f64, f64, &str)> =
        inputs.iter().map(|(at, words)| (span.share(*at) * wide, 0.0, words.as_str())).collect();
    // One row: what finds no room has its words in its name alone.
    let labels: Vec<String> = (0..marks.len())
        .map(|from| timeline::placed(&[marks[from], *marks.get(from + 1).unwrap_or(&(*wide, 0.0, ""))], *wide))
        .map(|pair| if pair[1].row == 0 { pair[0].label.clone() } else { String::new() })
        .collect();
    html! {
        { for inputs.iter().zip(labels).map(|((at, words), label)| {
            let go = {
                let (axis, simulation, at) = (axis.clone(), simulation.clone(), *at);
                move || axis.seek(&simulation, at)
            };
            let onpointerdown = {
                let go = go.clone();
                Callback::from(move |event: PointerEvent| {
                    event.stop_propagation();
                    go();
                })
            };
            let onkeydown = Callback::from(move |event: KeyboardEvent| {
                if matches!(event.key().as_str(), "Enter" | " ") {
                    event.prevent_default();
                    event.stop_propagation();
                    go();
                }
            });
            let name = format!("{}: {words}", format::moment(*at));
            html! {
                <svg x={place(*span, *at)} y={y.to_string()} overflow="visible">
                    <g class="timeline-input" role="button" tabindex="0" aria-label={name.clone()} {onpointerdown} {onkeydown}>
                        <title>{ name }</title>
                        <rect class="timeline-fault-hit" x="-10" y="0" width="20" height="20" />
                        <path d="M0 4l6 6-6 6-6-6z" />
                        <text x="10" y="14">{ label }</text>
                    </g>
                </svg>
            }
        }) }
    }
}
