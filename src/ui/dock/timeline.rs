//! The timeline: how far the run is, its named windows, and the faults planned on it, which can be moved there.

use wasm_bindgen::JsCast;
use web_sys::{Element, PointerEvent};
use yew::prelude::*;

use crate::editor::faults::{targets, whole};
use crate::editor::timeline::{self, Pull};
use crate::editor::{Action, EditCommand, GestureId, SessionChange, ToolRequest, ToolState};
use crate::engine::sort;
use crate::model::fault;
use crate::model::params::{Unit, Value};
use crate::topology::document::{FaultTarget, ScheduledFault};
use crate::ui::kit::form::number::NumberField;
use crate::ui::kit::form::{ParamForm, Specs};
use crate::ui::kit::format;
use crate::ui::kit::icons::icon;
use crate::ui::store::{use_chosen_fault, use_dispatch, use_document, use_editor, use_guard, use_run};
use crate::ui::words::{fault_target_words, fault_words};

/// Height of the track, and of the row for the windows' names above it [px].
const HEIGHT: f64 = 58.0;
const NAMES_ROW: f64 = 13.0;
/// Width of the track before it is measured [px].
const TRACK_WIDTH: f64 = 900.0;
/// Marks of one row closer than this share a label; a letter's width; what a mark itself takes [px].
const LABEL_LEAST: f64 = 90.0;
const LETTER: f64 = 5.8;
const LABEL_GAP: f64 = 20.0;

#[component]
pub fn Timeline() -> Html {
    let document = use_document();
    let guard = use_guard();
    let chosen = use_chosen_fault();
    let dispatch = use_dispatch();
    let dispatch_drop = dispatch.clone();
    let choose = Callback::from(move |index: Option<usize>| dispatch.session(SessionChange::ChooseFault(index)));
    let track = use_node_ref();
    let length = document.run_length_secs.max(1e-9);
    let place = |secs: f64| format!("{:.3}%", (secs / length * 100.0).clamp(0.0, 100.0));
    let width = |from: f64, to: f64| format!("{:.3}%", ((to - from).max(0.0) / length * 100.0).clamp(0.2, 100.0));

    // Labels share two rows; how much of them finds room depends on how wide the track came out.
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
    let words: Vec<String> = document
        .faults
        .iter()
        .map(|scheduled| fault_words(&document, &scheduled.fault.kind, scheduled.fault.target, &scheduled.fault.params))
        .collect();
    let at: Vec<f64> = document.faults.iter().map(|scheduled| scheduled.at_secs / length * *wide).collect();
    let labels = labels(&at, &words, *wide);
    // The windows' names have a row of their own.
    let named = if document.windows.is_empty() { 0.0 } else { NAMES_ROW };

    let windows = document.windows.iter().map(|window| {
        html! {
            <g class="timeline-window">
                <rect x={place(window.from_secs)} y="0" width={width(window.from_secs, window.to_secs)} height="42" rx="4" />
                <svg x={place(window.from_secs)} y={(-NAMES_ROW).to_string()} overflow="visible"><text x="2" y="10">{ &window.name }</text></svg>
            </g>
        }
    });
    let ticks = ticks(length).into_iter().map(|secs| {
        html! {
            <svg x={place(secs)} y="0" overflow="visible" class="timeline-tick">
                <line x1="0" x2="0" y1="37" y2="43" />
                <text x="0" y="55" text-anchor={if secs == 0.0 { "start" } else if secs > length * 0.97 { "end" } else { "middle" }}>{ format::clock(secs) }</text>
            </svg>
        }
    });
    let marks: Html = document.faults.iter().zip(labels).enumerate().map(|(index, (scheduled, label))| {
        html! {
            <FaultMark {index} {label} scheduled={scheduled.clone()} {length} track={track.clone()} fixed={guard.fixed_run}
                chosen={chosen == Some(index)} choose={choose.clone()} key={index} />
        }
    }).collect();
    // A fault from the tray that is dropped, or clicked, here is planned.
    let editor = use_editor();
    let aiming = match editor.tool {
        ToolState::PlacingFault { kind, .. } if !guard.fixed_run => Some(kind),
        _ => None,
    };
    let ondrop = {
        let (dispatch, track, editor) = (dispatch_drop, track.clone(), editor.clone());
        Callback::from(move |event: PointerEvent| {
            let (Some(kind), Some(track)) = (aiming, track.cast::<Element>()) else { return };
            let frame = track.get_bounding_client_rect();
            let share = (f64::from(event.client_x()) - frame.left()) / frame.width().max(1.0);
            let fault = timeline::dropped(&editor.document, editor.session.selection.single(), kind, share);
            dispatch.act(Action::Tool(ToolRequest::Cancel));
            let Some(fault) = fault else { return };
            let next = editor.document.faults.len();
            dispatch.edit(EditCommand::AddFault(fault));
            dispatch.session(SessionChange::ChooseFault(Some(next)));
        })
    };
    let editing = chosen.and_then(|index| document.faults.get(index).map(|fault| (index, fault.clone())));
    html! {
        <div class="timeline">
            if let Some((index, scheduled)) = editing {
                <FaultCard {index} {scheduled} fixed={guard.fixed_run} onclose={choose.reform(|()| None)} />
            }
            <svg class={classes!("timeline-track", aiming.is_some().then_some("timeline-aim"))} ref={track} width="100%" onpointerup={ondrop} height={(HEIGHT + named).to_string()} role="group" aria-label="Timeline">
                <g transform={format!("translate(0 {named})")}>
                    { for windows }
                    <rect class="timeline-rail" x="0" y="32" width="100%" height="4" rx="2" />
                    { for ticks }
                    <Progress {length} />
                    <LiveBars {length} />
                    { marks }
                </g>
            </svg>
        </div>
    }
}

/// A fault's words on the track, as far as they find room.
#[derive(Clone, Debug, Default, PartialEq)]
struct Label {
    text: String,
    /// The upper of the two rows.
    upper: bool,
}

/// Labels of marks at `at` [px] on a track of width `wide` [px]: neighbors take turns on two rows, each ends before the
/// next of its row begins, and a mark without room is counted by the label before it.
fn labels(at: &[f64], words: &[String], wide: f64) -> Vec<Label> {
    let mut order: Vec<usize> = (0..at.len()).collect();
    sort::few_by(&mut order, |a, b| at[*a].total_cmp(&at[*b]));
    // Who begins a label on which row, and how many marks it speaks for besides.
    let mut begun: [Vec<(usize, usize)>; 2] = Default::default();
    let mut last_row = 0;
    for index in order {
        let free = |row: &[(usize, usize)]| row.last().is_none_or(|(before, _)| at[index] - at[*before] >= LABEL_LEAST);
        match [0, 1].into_iter().find(|row| free(&begun[*row])) {
            Some(row) => {
                begun[row].push((index, 0));
                last_row = row;
            }
            None => {
                if let Some((_, more)) = begun[last_row].last_mut() {
                    *more += 1;
                }
            }
        }
    }
    let mut labels = vec![Label::default(); at.len()];
    for (row, begun) in begun.iter().enumerate() {
        for (place, (index, more)) in begun.iter().enumerate() {
            let end = begun.get(place + 1).map_or(wide, |(next, _)| at[*next]);
            let more = if *more > 0 { format!(" +{more}") } else { String::new() };
            let letters = ((end - at[*index] - LABEL_GAP) / LETTER).max(0.0) as usize;
            let text = shortened(&words[*index], letters.saturating_sub(more.len())) + &more;
            labels[*index] = Label { text, upper: row == 1 };
        }
    }
    labels
}

/// At most this many letters; nothing where too few would be left to read.
fn shortened(words: &str, letters: usize) -> String {
    if words.chars().count() <= letters {
        words.to_owned()
    } else if letters < 4 {
        String::new()
    } else {
        let kept: String = words.chars().take(letters - 1).collect();
        // Not within a word, which a screen reader would read as another one.
        let cut = words.chars().nth(letters - 1).is_some_and(|next| !next.is_whitespace());
        let kept = if cut { kept.rsplit_once(' ').map_or("", |(whole, _)| whole) } else { kept.as_str() };
        if kept.is_empty() { String::new() } else { format!("{}…", kept.trim_end()) }
    }
}

/// Moments to label: five to ten of them, at round numbers.
fn ticks(length: f64) -> Vec<f64> {
    const STEPS: &[f64] = &[
        0.001, 0.01, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0, 7_200.0,
        21_600.0, 86_400.0,
    ];
    let step = STEPS.iter().copied().find(|step| length / step <= 10.0).unwrap_or(length / 8.0);
    let mut found = Vec::new();
    let mut at = 0.0;
    while at <= length * 1.000_1 && found.len() < 12 {
        found.push(at);
        at += step;
    }
    found
}

#[derive(Debug, PartialEq, Properties)]
struct ProgressProps {
    length: f64,
}

/// How far the run is; renders ten times a second, so it stands alone.
#[component]
fn Progress(props: &ProgressProps) -> Html {
    let run = use_run();
    let share = (run.frame.now_ns as f64 / 1e9 / props.length).clamp(0.0, 1.0);
    let at = format!("{:.3}%", share * 100.0);
    html! {
        <g class="timeline-now">
            <rect x="0" y="32" width={at.clone()} height="4" rx="2" />
            <circle cx={at} cy="34" r="6" />
        </g>
    }
}

/// Faults in force that were let loose by hand, from their start until now; and how far the planned ones are.
#[component]
fn LiveBars(props: &ProgressProps) -> Html {
    let run = use_run();
    let document = use_document();
    let now = run.frame.now_ns as f64 / 1e9;
    let share = |secs: f64| format!("{:.3}%", (secs / props.length * 100.0).clamp(0.0, 100.0));
    let bars = run.frame.faults.iter().map(|active| {
        let since = active.since_ns as f64 / 1e9;
        let width = share((now - since).max(props.length * 0.002));
        let name = fault::find(&active.kind).map_or(active.kind.as_str(), |kind| kind.entry.name);
        let words = serde_json::from_str(&active.target_json).map_or_else(
            |_| active.text.clone(),
            |target| format!("{name}: {}", fault_target_words(&document, target)),
        );
        html! {
            <g class={classes!("timeline-live", active.scheduled.is_some().then_some("timeline-live-planned"))}>
                <title>{ format!("{words}, since {}", format::clock(since)) }</title>
                <rect x={share(since)} y="30" {width} height="8" rx="3" />
                if active.scheduled.is_none() {
                    <svg x={share(since)} y="0" overflow="visible"><text x="2" y="27">{ words.clone() }</text></svg>
                }
            </g>
        }
    });
    html! { <g class="timeline-lives">{ for bars }</g> }
}

#[derive(Debug, PartialEq, Properties)]
struct FaultMarkProps {
    index: usize,
    label: Label,
    scheduled: ScheduledFault,
    length: f64,
    track: NodeRef,
    fixed: bool,
    chosen: bool,
    choose: Callback<Option<usize>>,
}

/// A planned fault: pull it, or move it with the arrow keys; Enter opens its card.
#[component]
fn FaultMark(props: &FaultMarkProps) -> Html {
    let document = use_document();
    let dispatch = use_dispatch();
    let pull = use_mut_ref(|| None::<Pull>);
    let FaultMarkProps { index, scheduled, length, fixed, .. } = props;
    let (index, length, fixed) = (*index, *length, *fixed);
    let words = fault_words(&document, &scheduled.fault.kind, scheduled.fault.target, &scheduled.fault.params);
    let when = match scheduled.for_secs {
        Some(secs) => format!("at {} for {}", format::clock(scheduled.at_secs), format::span(secs)),
        None => format!("at {} until the end", format::clock(scheduled.at_secs)),
    };
    // What is seen is part of what is said, also where the label speaks for its neighbors: "Kill Orders +2".
    let name = if props.label.text.contains(" +") {
        format!("{}, {words}, {when}", props.label.text)
    } else {
        format!("{words}, {when}")
    };
    let move_to = {
        let (dispatch, scheduled) = (dispatch.clone(), scheduled.clone());
        move |at_secs: f64| {
            let fault = ScheduledFault { at_secs: timeline::moment(at_secs, length), ..scheduled.clone() };
            dispatch.act(Action::Drag {
                gesture: GestureId::Named(format!("fault-{index}")),
                edit: EditCommand::SetFault { index, fault },
            });
        }
    };
    let onpointerdown = {
        let (pull, at) = (pull.clone(), scheduled.at_secs);
        Callback::from(move |event: PointerEvent| {
            if event.button() != 0 || fixed {
                return;
            }
            if let Some(element) = event.current_target().and_then(|target| target.dyn_into::<Element>().ok()) {
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
            let width = track.get_bounding_client_rect().width();
            if let Some(at_secs) = pull.moved(f64::from(event.client_x()), width, length) {
                move_to(at_secs);
            }
        })
    };
    let onpointerup = {
        let (pull, dispatch, choose, chosen) = (pull.clone(), dispatch.clone(), props.choose.clone(), props.chosen);
        Callback::from(move |_: PointerEvent| match pull.borrow_mut().take() {
            Some(pull) if pull.is_pull() => dispatch.act(Action::EndGesture),
            _ => choose.emit((!chosen).then_some(index)),
        })
    };
    let onkeydown = {
        let (dispatch, choose, at, chosen) = (dispatch.clone(), props.choose.clone(), scheduled.at_secs, props.chosen);
        Callback::from(move |event: KeyboardEvent| {
            let step = timeline::step(event.shift_key());
            match event.key().as_str() {
                "ArrowLeft" if !fixed => move_to(at - step),
                "ArrowRight" if !fixed => move_to(at + step),
                "Delete" | "Backspace" if !fixed => {
                    choose.emit(None);
                    dispatch.edit(EditCommand::RemoveFault(index));
                }
                "Enter" | " " => choose.emit((!chosen).then_some(index)),
                _ => return,
            }
            event.prevent_default();
            event.stop_propagation();
        })
    };
    let onblur = dispatch.callback(|| Action::EndGesture);
    let share = |secs: f64| format!("{:.3}%", (secs / length * 100.0).clamp(0.0, 100.0));
    let lasts = scheduled.for_secs.unwrap_or(length - scheduled.at_secs).max(0.0);
    html! {
        <g class={classes!("timeline-fault", props.chosen.then_some("timeline-fault-on"), fixed.then_some("timeline-fault-fixed"))}>
            <rect class="timeline-fault-span" x={share(scheduled.at_secs)} y="30" width={share(lasts)} height="8" rx="3" />
            <svg x={share(scheduled.at_secs)} y="0" overflow="visible">
                <g class="timeline-fault-mark" role="button" tabindex="0" aria-label={name} aria-expanded={props.chosen.to_string()}
                    {onpointerdown} {onpointermove} {onpointerup} {onkeydown} {onblur}>
                    <title>{ format!("{words}, {when}") }</title>
                    <rect class="timeline-fault-hit" x="-12" y="14" width="24" height="26" rx="4" />
                    <path d="M0 17 l8 13 h-16z" />
                    <text x={if props.label.upper { "0" } else { "11" }} y={if props.label.upper { "10" } else { "25" }}>{ &props.label.text }</text>
                </g>
            </svg>
        </g>
    }
}

#[derive(Debug, PartialEq, Properties)]
struct FaultCardProps {
    index: usize,
    scheduled: ScheduledFault,
    fixed: bool,
    onclose: Callback<()>,
}

/// A planned fault's numbers.
#[component]
fn FaultCard(props: &FaultCardProps) -> Html {
    let document = use_document();
    let dispatch = use_dispatch();
    let run = use_run();
    let FaultCardProps { index, scheduled, fixed, .. } = props;
    let (index, fixed) = (*index, *fixed);
    let set = |change: fn(&mut ScheduledFault, f64)| {
        let (dispatch, scheduled) = (dispatch.clone(), scheduled.clone());
        Callback::from(move |number: f64| {
            let mut fault = scheduled.clone();
            change(&mut fault, number);
            dispatch.act(Action::Drag {
                gesture: GestureId::Named(format!("fault-{index}")),
                edit: EditCommand::SetFault { index, fault },
            });
        })
    };
    let set_param = {
        let (dispatch, scheduled) = (dispatch.clone(), scheduled.clone());
        Callback::from(move |(key, value): (String, Value)| {
            let mut fault = scheduled.clone();
            fault.fault.params.set(&key, value);
            dispatch.act(Action::Drag {
                gesture: GestureId::Named(format!("fault-{index}")),
                edit: EditCommand::SetFault { index, fault },
            });
        })
    };
    let end: Callback<()> = dispatch.callback(|| Action::EndGesture);
    let remove = {
        let (dispatch, onclose) = (dispatch.clone(), props.onclose.clone());
        Callback::from(move |_: MouseEvent| {
            onclose.emit(());
            dispatch.edit(EditCommand::RemoveFault(index));
        })
    };
    let close = props.onclose.reform(|_: MouseEvent| ());
    let length = document.run_length_secs;
    let label = |id: &'static str, words: &'static str| html! { <div class="field-label"><label for={id}>{ words }</label></div> };
    let kind = fault::find(&scheduled.fault.kind);
    let entry = kind.map(|kind| &kind.entry);
    let once = kind.is_some_and(|kind| kind.once);
    // Everything that it could hit, and what it is aimed at now, even if that is one replica.
    let mut aims: Vec<FaultTarget> =
        kind.map_or_else(Vec::new, |kind| targets(&document, kind).into_iter().map(whole).collect());
    if !aims.contains(&scheduled.fault.target) {
        aims.insert(0, scheduled.fault.target);
    }
    let aim = {
        let (dispatch, scheduled) = (dispatch.clone(), scheduled.clone());
        Callback::from(move |event: Event| {
            let value = event.target_unchecked_into::<web_sys::HtmlSelectElement>().value();
            if let Ok(target) = serde_json::from_str(&value) {
                let mut fault = scheduled.clone();
                fault.fault.target = target;
                dispatch.edit(EditCommand::SetFault { index, fault });
            }
        })
    };
    html! {
        <div class="fault-card" role="group" aria-label="Planned fault">
            <header class="fault-card-head">
                <h3>{ fault_words(&document, &scheduled.fault.kind, scheduled.fault.target, &scheduled.fault.params) }</h3>
                <button type="button" class="icon-btn icon-btn-s" aria-label="Close" onclick={close}>{ icon("x", "icon-s") }</button>
            </header>
            <div class="field">
                <NumberField id="fault-at" name="Starts at" unit={Unit::Seconds} min={0.0} max={length} value={scheduled.at_secs} disabled={fixed}
                    onchange={set(|fault, secs| fault.at_secs = secs)} onend={end.clone()} label={label("fault-at", "Starts at")} />
            </div>
            <div class="field-row">
                { label("fault-hits", "Hits") }
                <select id="fault-hits" class="input select" disabled={fixed} onchange={aim}>
                    { for aims.iter().map(|target| html! {
                        <option value={serde_json::to_string(target).unwrap_or_default()} selected={*target == scheduled.fault.target}>
                            { fault_target_words(&document, *target) }
                        </option>
                    }) }
                </select>
            </div>
            if !once {
            <div class="field">
                <NumberField id="fault-for" name="Lasts" unit={Unit::Seconds} min={0.001} max={length} value={scheduled.for_secs.unwrap_or(length - scheduled.at_secs)} disabled={fixed}
                    onchange={set(|fault, secs| fault.for_secs = Some(secs))} onend={end.clone()} label={label("fault-for", "Lasts")} />
            </div>
            }
            if let Some(entry) = entry {
                if !entry.params.is_empty() {
                    <ParamForm specs={Specs(entry.params)} params={scheduled.fault.params.clone()} prefix="planned"
                        fixed={if fixed { vec!["*".to_owned()] } else { Vec::new() }} onchange={set_param} onend={end} />
                }
            }
            if !fixed {
                <button type="button" class="btn btn-s btn-quiet-danger" onclick={remove}>{ icon("trash-2", "icon-s") }{ "Remove from the timetable" }</button>
            }
            if run.begun() && !fixed { <p class="sub">{ "The timetable acts from the next start." }</p> }
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(at: &[f64], words: &[&str], wide: f64) -> Vec<(String, bool)> {
        let words: Vec<String> = words.iter().map(|words| (*words).to_owned()).collect();
        labels(at, &words, wide).into_iter().map(|label| (label.text, label.upper)).collect()
    }

    #[test]
    fn labels_of_close_faults_do_not_cover_each_other() {
        let far = told(&[0.0, 400.0], &["Kill Orders", "Slow Database"], 900.0);
        assert_eq!(far, [("Kill Orders".to_owned(), false), ("Slow Database".to_owned(), false)]);
        let close = told(&[100.0, 120.0, 130.0, 215.0], &["Kill Orders", "Slow Database", "Cut", "Kill Shop"], 300.0);
        let expect = [("Kill Orders", false), ("Slow Database +1", true), ("", false), ("Kill Shop", false)];
        assert_eq!(close, expect.map(|(text, upper)| (text.to_owned(), upper)));
        assert_eq!(told(&[200.0], &["Kill Orders"], 280.0), [("Kill…".to_owned(), false)]);
    }
}
