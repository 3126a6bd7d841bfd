//! The log: what happened, as sentences, newest first; each row leads to its moment.

use yew::prelude::*;

use super::axis::{playhead, use_axis};
use crate::editor::timeline::standing;
use crate::editor::{SessionChange, Target, faults};
use crate::engine::sort;
use crate::facet::scaling::Scaling;
use crate::protocol::{LogLevel, LogLine};
use crate::topology::document::Change;
use crate::ui::jump::ask_count;
use crate::ui::kit::format;
use crate::ui::kit::icons::icon;
use crate::ui::store::{use_dispatch, use_document, use_run, use_simulation};

#[component]
pub fn LogPanel() -> Html {
    let (run, document, axis) = (use_run(), use_document(), use_axis());
    let (dispatch, simulation) = (use_dispatch(), use_simulation());
    // The run's own log does not hold edits of the design.
    let edits = run.hands.iter().filter(|hand| matches!(hand.input.change, Change::Edit(_)));
    let edits = edits.filter_map(|hand| {
        let text = faults::sentence(&document, &hand.input.change);
        Some(LogLine { at_ns: hand.at_ns?, level: LogLevel::Info, node: None, text })
    });
    let edits: Vec<LogLine> = edits.collect();
    let mut lines: Vec<(&LogLine, bool)> = run.log.iter().map(|line| (line, false)).collect();
    lines.extend(edits.iter().map(|line| (line, true)));
    if lines.is_empty() {
        return html! { <p class="empty">{ "Nothing has happened yet. Faults, health checks and changes are written down here." }</p> };
    }
    sort::few_by_key(&mut lines, |(line, _)| line.at_ns);
    let now_ns = (playhead(&run) * 1e9) as u64;
    let stands = standing(&run.log, now_ns, axis.span).map(std::ptr::from_ref);
    // What a scaler decided leads to the evaluation behind it.
    let why_count = |line: &LogLine| {
        let node = line.node?;
        let scaled = run.station(node).is_some_and(|station| station.facet::<Scaling>().is_some());
        (scaled && line.text.contains(" → ") && line.text.contains(" replicas. ")).then(|| {
            let (dispatch, simulation, at_ns) = (dispatch.clone(), simulation.clone(), line.at_ns);
            Callback::from(move |_: MouseEvent| ask_count(&dispatch, &simulation, node, Some(at_ns)))
        })
    };
    let rows = lines.into_iter().rev().map(|(line, by_hand)| {
        let (class, sign) = match line.level {
            _ if by_hand => ("log-hand", "pencil"),
            LogLevel::Info => ("log-info", "info"),
            LogLevel::Good => ("log-good", "circle-check"),
            LogLevel::Bad => ("log-bad", "triangle-alert"),
        };
        let reveal = line.node.map(|node| {
            let dispatch = dispatch.clone();
            Callback::from(move |_: MouseEvent| dispatch.session(SessionChange::Reveal(Target::Node(node))))
        });
        let seek = {
            let (axis, simulation, at) = (axis.clone(), simulation.clone(), line.at_ns as f64 / 1e9);
            Callback::from(move |_: MouseEvent| axis.seek(&simulation, at))
        };
        let here = stands == Some(std::ptr::from_ref(line));
        html! {
            <li class={classes!("log-line", class, here.then_some("log-here"), (line.at_ns > now_ns).then_some("log-ahead"))}>
                <button type="button" class="log-go" onclick={seek} aria-current={here.then_some("time")} title="Go to this moment">
                    <span class="num log-at">{ format::moment(line.at_ns as f64 / 1e9) }</span>
                    { icon(sign, "icon-s") }
                    <span>{ &line.text }</span>
                </button>
                if let Some(onclick) = why_count(line) { <button type="button" class="btn btn-s" {onclick}>{ "Why?" }</button> }
                if let Some(onclick) = reveal {
                    <button type="button" class="icon-btn icon-btn-s" aria-label="Show where" title="Show where" {onclick}>{ icon("crosshair", "icon-s") }</button>
                }
            </li>
        }
    });
    html! { <ul class="log" tabindex="0" aria-label="What happened, newest first">{ for rows }</ul> }
}
