//! The timeline: one strip on which the run stands. Press or drag to go to a moment, or use the keys; faults, windows, what was
//! missed and what a hand did are drawn on it, and planned faults can be moved there.

pub(crate) mod card;
mod marks;

use web_sys::{Element, HtmlElement, KeyboardEvent, PointerEvent};
use yew::prelude::*;

use self::marks::{Inputs, Marks};
use super::axis::{looking_back, playhead, use_axis};
use super::plot::hover;
use crate::editor::timeline::{self, Span, bands, inputs, minimap, placed, standing};
use crate::editor::{Action, EditCommand, FaultCard, SessionChange, ToolRequest, ToolState};
use crate::protocol::RunStatus;
use crate::ui::kit::format;
use crate::ui::kit::icons::icon;
use crate::ui::kit::look_into::use_watch;
use crate::ui::later::use_later;
use crate::ui::store::{use_dispatch, use_document, use_editor, use_guard, use_run, use_shown_fault, use_simulation};

/// Heights of the row of what was answered, of a row of marks, and of the ruler [px].
const MAP: usize = 28;
const ROW: usize = 20;
const RULER: usize = 26;
/// Width of the track before it is measured, and room for a tick [px].
const TRACK_WIDTH: f64 = 900.0;
const TICK_ROOM: f64 = 72.0;
const FLAG_ROOM: f64 = 46.0;

/// Where a moment lies, as a share of the width of what it stands in.
fn place(span: Span, secs: f64) -> String {
    format!("{:.3}%", span.share(secs) * 100.0)
}

/// From there to there, cut off at the edges; `None`: nothing of it is in view.
fn extent(span: Span, from: f64, to: f64) -> Option<(String, String)> {
    let (left, right) = (span.share(from).max(0.0), span.share(to).min(1.0));
    (left <= 1.0 && right >= 0.0)
        .then(|| (format!("{:.3}%", left * 100.0), format!("{:.3}%", (right - left).max(0.0015) * 100.0)))
}

#[component]
pub fn Timeline() -> Html {
    let later = use_later();
    let (document, guard, axis, run) = (use_document(), use_guard(), use_axis(), use_run());
    let (dispatch, simulation, editor) = (use_dispatch(), use_simulation(), use_editor());
    let shown = use_shown_fault();
    let track = use_node_ref();
    // The moment under the hand that drags the playhead [s].
    let pulled = use_state_eq(|| None::<f64>);
    let pulls = use_mut_ref(|| false);
    use_watch(None);
    let span = axis.span;

    let wide = use_state_eq(|| TRACK_WIDTH);
    {
        let (wide, track) = (wide.setter(), track.clone());
        use_effect(move || {
            if let Some(element) = track.cast::<Element>() {
                let measured = f64::from(element.client_width());
                wide.set(if measured > 0.0 { measured } else { TRACK_WIDTH });
            }
        });
    }
    let marks = use_memo((document.clone(), run.hands.clone(), span, *wide), |(document, hands, span, wide)| {
        let bands = bands(document, hands, document.run_length_secs);
        let px = |secs: f64| span.share(secs) * wide;
        let seen: Vec<_> =
            bands.into_iter().filter(|band| px(band.to_secs) >= 0.0 && px(band.from_secs) <= *wide).collect();
        let places: Vec<(f64, f64, &str)> =
            seen.iter().map(|band| (px(band.from_secs), px(band.to_secs), band.words.as_str())).collect();
        let places = placed(&places, *wide);
        (seen, places, inputs(document, hands))
    });
    let (bands, places, inputs) = &*marks;
    let map = use_memo((run.series_of(None).cloned(), span), |(series, span)| {
        series.as_ref().map(|series| minimap(series, *span, 1_000.0, MAP as f64))
    });

    // The first row of each sort has its place before anything is in it, so that nothing jumps.
    let rows = places.iter().map(|place| place.row + 1).max().unwrap_or(1);
    let inputs_at = MAP + 4 + rows * ROW;
    let ruler = inputs_at + ROW;

    // A fault in hand that is dropped, or pressed, here is planned.
    let aiming = match editor.tool {
        ToolState::PlacingFault { kind, .. } if !guard.fixed_run => Some(kind),
        _ => None,
    };
    let moment = {
        let (track, axis) = (track.clone(), axis.clone());
        move |event: &PointerEvent| {
            let frame = track.cast::<Element>()?.get_bounding_client_rect();
            let share = (f64::from(event.client_x()) - frame.left()) / frame.width().max(1.0);
            Some(axis.span.at(share).clamp(0.0, axis.length_secs))
        }
    };
    let ondown = {
        let (moment, pulled, pulls) = (moment.clone(), pulled.clone(), pulls.clone());
        let (axis, simulation, track) = (axis.clone(), simulation.clone(), track.clone());
        Callback::from(move |event: PointerEvent| {
            if event.button() != 0 || aiming.is_some() {
                return;
            }
            let Some(at) = moment(&event) else { return };
            if let Some(element) = track.cast::<Element>() {
                // Without capture the pull ends at the strip's edge; nothing else goes wrong.
                let _ = element.set_pointer_capture(event.pointer_id());
            }
            event.prevent_default();
            crate::ui::browser::focus_id("playhead");
            *pulls.borrow_mut() = true;
            pulled.set(Some(at));
            axis.seek(&simulation, at);
        })
    };
    let onmove = {
        let (moment, pulled, pulls) = (moment.clone(), pulled.clone(), pulls.clone());
        let (axis, simulation) = (axis.clone(), simulation.clone());
        Callback::from(move |event: PointerEvent| {
            let Some(at) = moment(&event) else { return };
            if *pulls.borrow() {
                pulled.set(Some(at));
                axis.seek(&simulation, at);
            }
            hover(&axis, at);
        })
    };
    let onup = {
        let (pulled, dispatch, editor) = (pulled.clone(), dispatch.clone(), editor.clone());
        let length = axis.length_secs;
        Callback::from(move |event: PointerEvent| {
            *pulls.borrow_mut() = false;
            pulled.set(None);
            let (Some(kind), Some(at)) = (aiming, moment(&event)) else { return };
            let fault = timeline::dropped(&editor.document, editor.session.selection.single(), kind, at / length);
            dispatch.act(Action::Tool(ToolRequest::Cancel));
            let Some(fault) = fault else { return };
            let next = editor.document.faults.len();
            dispatch.edit(EditCommand::AddFault(fault));
            dispatch.session(SessionChange::ShowFault(Some(FaultCard::Planned(next))));
        })
    };
    let onleave = {
        let axis = axis.clone();
        Callback::from(move |_: PointerEvent| hover(&axis, f64::NAN))
    };

    let shade =
        |class: &'static str, from: f64, to: f64, y: usize, height: usize, words: String| {
            extent(span, from, to).map(|(x, width)| html! {
            <rect {class} {x} {width} y={y.to_string()} height={height.to_string()}><title>{ words }</title></rect>
        })
        };
    let windows: Html = document.windows.iter().map(|window| {
        let words = format!("{}: measured from {} to {}", window.name, format::clock(window.from_secs), format::clock(window.to_secs));
        html! {
            <>
                { for shade("timeline-window", window.from_secs, window.to_secs, 0, ruler, words) }
                if extent(span, window.from_secs, window.to_secs).is_some() {
                    <svg x={place(span, window.from_secs.max(span.from))} y="0" overflow="visible"><text class="timeline-window-name" x="4" y="12">{ &window.name }</text></svg>
                }
            </>
        }
    }).collect();
    let warm_up = (document.warm_up_secs > 0.0)
        .then(|| {
            shade(
                "timeline-warm-up",
                0.0,
                document.warm_up_secs,
                0,
                MAP,
                format!("Warm-up: not counted until {}", format::clock(document.warm_up_secs)),
            )
        })
        .flatten();
    let missed: Html = run
        .missed
        .iter()
        .map(|(from, to)| {
            let words = format!("Objective missed from {} to {}", format::clock(*from), format::clock(*to));
            html! { { for shade("timeline-missed", *from, *to, MAP, 4, words) } }
        })
        .collect();
    let last = span.to;
    // A label under the playhead's flag would be half a label.
    let stands = pulled.unwrap_or_else(|| playhead(&run));
    let covered = |secs: f64| (span.share(secs) - span.share(stands)).abs() * *wide < FLAG_ROOM;
    let ticks = timeline::ticks(span, ((*wide / TICK_ROOM) as usize).clamp(2, 10)).into_iter().map(|secs| {
        let words = if span.to - span.from < 10.0 { format::moment(secs) } else { format::clock(secs) };
        let anchor = if secs <= span.from {
            "start"
        } else if secs > last - (span.to - span.from) * 0.03 {
            "end"
        } else {
            "middle"
        };
        html! {
            <svg x={place(span, secs)} y={ruler.to_string()} overflow="visible" class="timeline-tick">
                <line x1="0" x2="0" y1="0" y2="5" />
                if !covered(secs) { <text x="0" y="19" text-anchor={anchor}>{ words }</text> }
            </svg>
        }
    });
    let name = |y: usize, words: &'static str| html! { <text class="timeline-name" x="-12" y={y.to_string()} text-anchor="end">{ words }</text> };
    let known = extent(span, 0.0, run.known_ns as f64 / 1e9);
    let played = extent(span, 0.0, stands);
    let height = ruler + RULER;
    let bar = |class: &'static str, extent: Option<(String, String)>| {
        extent.map(|(x, width)| html! { <rect {class} {x} {width} y={(ruler - 2).to_string()} height="4" rx="2" /> })
    };
    html! {
        <div class="timeline">
            if let Some(card) = shown {
                { later.show(|later| (later.fault_card)(&card)) }
            }
            <div class={classes!("timeline-strip", aiming.is_some().then_some("timeline-aim"))} onpointerdown={ondown} onpointermove={onmove} onpointerup={onup} onpointerleave={onleave}>
                <svg class="timeline-track" ref={track.clone()} width="100%" height={height.to_string()} role="group" aria-label="Timeline">
                    <defs>
                        <pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="2" height="5" /></pattern>
                    </defs>
                    if let Some([all, answered, good]) = map.as_ref().as_ref() {
                        <svg class="timeline-map" x="0" y="0" width="100%" height={MAP.to_string()} viewBox={format!("0 0 1000 {MAP}")} preserveAspectRatio="none">
                            <path class="map-bad" d={all.clone()} /><path class="map-late" d={answered.clone()} /><path class="map-good" d={good.clone()} />
                        </svg>
                    }
                    { windows }
                    { for warm_up }
                    { missed }
                    { name(MAP / 2 + 4, "Load") }
                    { name(MAP + 4 + 14, "Faults") }
                    { name(inputs_at + 14, "By hand") }
                    <rect class="timeline-rail" x="0" y={(ruler - 2).to_string()} width="100%" height="4" rx="2" />
                    { for bar("timeline-known", known) }
                    { for bar("timeline-played", played) }
                    { for ticks }
                    <Marks bands={bands.clone()} places={places.clone()} {span} length={axis.length_secs} track={track.clone()} fixed={guard.fixed_run} top={MAP + 4} row={ROW} now={playhead(&run)} />
                    <Inputs inputs={inputs.clone()} {span} y={inputs_at} wide={*wide} />
                </svg>
                <Playhead pulled={*pulled} />
            </div>
            if axis.zoomed() {
                <button type="button" class="btn btn-s timeline-whole" id="whole-run" onclick={axis.show.reform(|_: MouseEvent| None)}>{ icon("zoom-out", "icon-s") }{ "Whole run" }</button>
            }
        </div>
    }
}

#[derive(Debug, PartialEq, Properties)]
struct PlayheadProps {
    pulled: Option<f64>,
}

/// The playhead with its flag: a slider for the keyboard.
#[component]
fn Playhead(props: &PlayheadProps) -> Html {
    let (run, axis, simulation) = (use_run(), use_axis(), use_simulation());
    let place = use_node_ref();
    let now = props.pulled.unwrap_or_else(|| playhead(&run));
    let share = axis.span.share(now);
    use_effect_with((place.clone(), share), |(place, share)| {
        if let Some(element) = place.cast::<HtmlElement>() {
            // Setting a property of one's own cannot fail.
            let _ = element.style().set_property("--at", &format!("{:.5}", share.clamp(0.0, 1.0)));
        }
    });
    let length = axis.length_secs;
    let onkeydown = {
        let (axis, simulation) = (axis.clone(), simulation.clone());
        Callback::from(move |event: KeyboardEvent| {
            if event.ctrl_key() || event.meta_key() || event.alt_key() {
                return;
            }
            let pressed = event.key();
            match pressed.as_str() {
                "+" | "=" => axis.show.emit(Some(axis.span.zoomed(2.0, now, length))),
                "-" => axis.show.emit(Some(axis.span.zoomed(0.5, now, length))),
                "0" => axis.show.emit(None),
                _ => match timeline::key(&pressed, event.shift_key(), now, length) {
                    Some(secs) => axis.seek(&simulation, secs),
                    None => return,
                },
            }
            event.prevent_default();
            event.stop_propagation();
        })
    };
    // While it is on its way, the frames tell how far that is.
    let reached = run.frame.now_ns as f64 / 1e9;
    let computing = run.jumping.is_some() && run.frame.status == RunStatus::Replaying && reached + 0.05 < now;
    let running = run.frame.status == RunStatus::Running;
    let stands = standing(&run.log, (now * 1e9) as u64, axis.span).filter(|_| !running && !computing);
    let flag = match (computing, stands) {
        (true, _) => format!("{} computing {}", format::moment(now), format::moment(reached)),
        (false, Some(line)) => format!("{} {}", format::moment(now), line.text),
        (false, None) => format::moment(now),
    };
    let at = if running { format::clock(now.floor()) } else { flag.clone() };
    let said = format!("{at} of {}{}", format::clock(length), if looking_back(&run) { ", looking back" } else { "" });
    html! {
        <div class={classes!("timeline-over", (!(0.0..=1.0).contains(&share)).then_some("timeline-beside"))} ref={place}>
            <div class="playhead" id="playhead" role="slider" tabindex="0" aria-label="Moment of the run" aria-orientation="horizontal"
                aria-valuemin="0" aria-valuemax={length.ceil().to_string()} aria-valuenow={now.min(length).round().to_string()} aria-valuetext={said}
                aria-busy={computing.then_some("true")} {onkeydown}>
                <span class="playhead-knob"></span>
            </div>
            <span class={classes!("playhead-flag", "num", computing.then_some("playhead-busy"))} aria-hidden="true">{ flag }</span>
        </div>
    }
}
