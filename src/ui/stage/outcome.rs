//! Under the canvas: one press that repairs what is broken while the tour is on, and what came out of a run that is over.

use yew::prelude::*;

use crate::editor::story::clock;
use crate::editor::story::ending::{finding, miss};
use crate::editor::story::repair::repair;
use crate::editor::{Selection, SessionChange, edit::target_name};
use crate::topology::document::Change;
use crate::ui::kit::icons::icon;
use crate::ui::store::{use_dispatch, use_document, use_run, use_simulation};

#[derive(Debug, PartialEq, Properties)]
pub struct OutcomeProps {
    pub touring: bool,
}

#[component]
pub fn Outcome(props: &OutcomeProps) -> Html {
    let run = use_run();
    let document = use_document();
    let dispatch = use_dispatch();
    let simulation = use_simulation();
    if let Some(ending) = &run.ending {
        let found = finding(&document, &run.frame.totals, ending, &run.log, run.money.missed_secs);
        let station = found.station.filter(|target| target.is_in(&document)).map(|target| {
            let onclick = {
                let dispatch = dispatch.clone();
                Callback::from(move |_: MouseEvent| {
                    dispatch.session(SessionChange::Select(Selection::of(target)));
                    dispatch.session(SessionChange::Reveal(target));
                })
            };
            html! { <button type="button" class="btn btn-s" data-way="station" {onclick}>{ icon("crosshair", "icon-s") }{ target_name(&document, target) }</button> }
        });
        let request = found.request.map(|(source, ordinal)| {
            let simulation = simulation.clone();
            let onclick = Callback::from(move |_: MouseEvent| simulation.explain(source, ordinal));
            html! { <button type="button" class="btn btn-s" data-way="request" title="The first request that failed" {onclick}>{ icon("circle-help", "icon-s") }{ "Why?" }</button> }
        });
        let moment = found.at_ns.map(|at_ns| {
            let simulation = simulation.clone();
            let onclick = Callback::from(move |_: MouseEvent| simulation.seek(at_ns));
            let words = format!("Go to {}", clock(at_ns as f64 / 1e9));
            html! { <button type="button" class="btn btn-s" data-way="moment" {onclick}>{ icon("history", "icon-s") }{ words }</button> }
        });
        return html! {
            <div class={classes!("outcome", (!found.good).then_some("outcome-bad"))} role="status" id="ending">
                { icon(if found.good { "circle-check" } else { "triangle-alert" }, "") }
                <p><strong>{ found.sentence }</strong>{ " " }{ found.why }</p>
                <div class="button-row">{ moment }{ station }{ request }</div>
            </div>
        };
    }
    if !props.touring {
        let now_secs = run.frame.now_ns as f64 / 1e9;
        return miss(&document, &run.missed, now_secs, &run.log).map_or_else(Html::default, |(sentence, at_ns)| {
            let onclick = Callback::from(move |_: MouseEvent| simulation.seek(at_ns));
            html! {
                <div class="outcome outcome-bad" role="status" id="missed">
                    { icon("triangle-alert", "") }
                    <p>{ sentence }</p>
                    <div class="button-row">
                        <button type="button" class="btn btn-s" data-way="moment" {onclick}>{ icon("history", "icon-s") }{ format!("Go to {}", clock(at_ns as f64 / 1e9)) }</button>
                    </div>
                </div>
            }
        });
    }
    let Some(repair) = repair(&document, &run.frame) else {
        return html! {
            <div class="outcome outcome-still">
                { icon("circle-check", "") }
                <p><strong>{ "Nothing is broken." }</strong>{ " Press “Break something now”, or keep watching." }</p>
            </div>
        };
    };
    let lifts = repair.lifts;
    let onclick = Callback::from(move |_: MouseEvent| {
        let lifts = lifts.iter().map(|(kind, target)| Change::Lift { kind: (*kind).to_owned(), target: *target });
        dispatch.session(SessionChange::Act(lifts.collect()));
    });
    html! {
        <div class="outcome outcome-fix" role="group" aria-label="Repair" id="repair">
            <p><strong>{ repair.title }</strong><span>{ repair.wait }</span></p>
            <button type="button" class="btn btn-primary" id="repair-now" {onclick}>{ icon("wrench", "") }{ repair.label }</button>
        </div>
    }
}
