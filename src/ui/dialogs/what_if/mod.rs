//! "What if another scaler were in charge?": who races, how far they are, what came out, and which one to take.

mod curves;
mod race;
mod table;

use std::rc::Rc;

use yew::prelude::*;

use self::race::{Race, Told};
use crate::editor::{EditCommand, Target};
use crate::model::params::Value;
use crate::runner::what_if::{Finish, field};
use crate::topology::document::{Document, NodeId};
use crate::ui::kit::dialog::Dialog;
use crate::ui::kit::format;
use crate::ui::kit::hint::Term;
use crate::ui::kit::icons::icon;
use crate::ui::store::{use_dispatch, use_document, use_guard};

/// The parameter that a race is about.
const SCALER: &str = "scaler";

/// Class of an entrant's color, dash and mark.
fn mark(index: usize) -> String {
    format!("race-{}", index % 6)
}

/// A race as the dialog knows it.
#[derive(Clone, Debug, PartialEq, Default)]
struct Heat {
    /// Entrants by their place in the field; empty: none has begun.
    runs: Vec<usize>,
    shares: Vec<f64>,
    finishes: Vec<Option<Rc<Finish>>>,
    failure: Option<String>,
}

impl Heat {
    fn running(&self) -> bool {
        self.failure.is_none() && self.finishes.iter().any(Option::is_none)
    }
}

enum Change {
    Begin(Vec<usize>),
    Told(Told),
    Stop,
}

impl Reducible for Heat {
    type Action = Change;

    fn reduce(self: Rc<Self>, change: Change) -> Rc<Self> {
        let mut heat = (*self).clone();
        match change {
            Change::Begin(runs) => {
                heat = Self { shares: vec![0.0; runs.len()], finishes: vec![None; runs.len()], runs, failure: None };
            }
            Change::Stop => heat = Self::default(),
            Change::Told(Told::Share(index, share)) => {
                if let Some(known) = heat.shares.get_mut(index) {
                    *known = share;
                }
            }
            Change::Told(Told::Finished(index, finish)) => {
                if let (Some(known), Some(share)) = (heat.finishes.get_mut(index), heat.shares.get_mut(index)) {
                    (*known, *share) = (Some(finish), 1.0);
                }
            }
            Change::Told(Told::Failed(words)) => heat.failure = Some(words),
        }
        Rc::new(heat)
    }
}

/// An entrant with what came out of it.
#[derive(Clone, Debug, PartialEq)]
struct Entrant {
    /// Place in the field: color, dash, mark.
    place: usize,
    name: String,
    /// It is the present design.
    present: bool,
    finish: Rc<Finish>,
}

#[derive(Debug, PartialEq, Properties)]
pub struct WhatIfProps {
    pub node: NodeId,
    pub onclose: Callback<()>,
}

#[component]
pub fn WhatIf(props: &WhatIfProps) -> Html {
    let document = use_document();
    let dispatch = use_dispatch();
    let guard = use_guard();
    let node = props.node;
    // The field stays as it was when the dialog was opened: taking one changes the document under it.
    let drawn: Rc<Document> = (*use_memo((), |()| document.0.clone())).clone();
    let entrants = use_memo((), |()| field(&drawn, node));
    let left_out = use_state_eq(Vec::<usize>::new);
    let heat = use_reducer_eq(Heat::default);
    let race = use_mut_ref(|| None::<Race>);
    let Some(entrants) = (*entrants).clone() else { return Html::default() };

    let chosen: Vec<usize> = (0..entrants.variations.len()).filter(|place| !left_out.contains(place)).collect();
    let begin = {
        let (race, heat, drawn, entrants, chosen) =
            (race.clone(), heat.dispatcher(), drawn.clone(), entrants.clone(), chosen.clone());
        Callback::from(move |_: MouseEvent| {
            let of = |place: &usize| match &entrants.variations[*place].choice {
                Some(choice) => drawn.with_scaler(node, choice),
                None => (*drawn).clone(),
            };
            heat.dispatch(Change::Begin(chosen.clone()));
            let told = {
                let heat = heat.clone();
                Callback::from(move |told| heat.dispatch(Change::Told(told)))
            };
            *race.borrow_mut() = Some(race::start(node, chosen.iter().map(of).collect(), told));
        })
    };
    let stop = {
        let (race, heat) = (race.clone(), heat.dispatcher());
        Callback::from(move |_: MouseEvent| {
            race.borrow_mut().take();
            heat.dispatch(Change::Stop);
        })
    };
    let running = heat.running();
    // Its workers are not kept once all is told.
    use_effect_with(running, move |running| {
        if !running {
            race.borrow_mut().take();
        }
    });
    let take = {
        let (dispatch, entrants, onclose) = (dispatch.clone(), entrants.clone(), props.onclose.clone());
        Callback::from(move |place: usize| {
            let Some(choice) = entrants.variations.get(place).and_then(|variation| variation.choice.clone()) else {
                return;
            };
            let (target, key) = (Target::Node(node), SCALER.to_owned());
            dispatch.edit(EditCommand::SetParam { target, key, value: Some(Value::Variant(choice)) });
            dispatch.notify(format!(
                "{} is now scaled by \"{}\". Undo takes it back.",
                entrants.label, entrants.variations[place].name
            ));
            onclose.emit(());
        })
    };
    let fixed = guard.fixes(Target::Node(node), SCALER);
    let ran: Vec<Entrant> = heat
        .runs
        .iter()
        .zip(&heat.finishes)
        .filter_map(|(place, finish)| {
            let variation = entrants.variations.get(*place)?;
            let present = variation.choice.is_none();
            let name = if present { "As it is".to_owned() } else { variation.name.clone() };
            Some(Entrant { place: *place, name, present, finish: finish.clone()? })
        })
        .collect();
    let over = !running && !heat.runs.is_empty() && heat.failure.is_none();
    html! {
        <Dialog title={format!("What if: the scaler of {}", entrants.label)} onclose={props.onclose.clone()} wide=true>
            <p class="sub">
                { "The same document, seed and requests (" }<Term id="common_random_numbers">{ "common random numbers" }</Term>
                { "), run to its end under each of these. The run on the screen goes on meanwhile." }
            </p>
            <ul class="entrants">
                { for entrants.variations.iter().enumerate().map(|(place, variation)| {
                    let toggle = {
                        let left_out = left_out.clone();
                        Callback::from(move |_: Event| {
                            let mut places = (*left_out).clone();
                            match places.iter().position(|known| *known == place) {
                                Some(at) => drop(places.remove(at)),
                                None => places.push(place),
                            }
                            left_out.set(places);
                        })
                    };
                    let id = format!("entrant-{}", variation.id);
                    let share = heat.runs.iter().position(|known| *known == place).map(|at| heat.shares[at]);
                    html! {
                        <li class={classes!("entrant", mark(place))}>
                            <input type="checkbox" id={id.clone()} checked={!left_out.contains(&place)} disabled={running} onchange={toggle} />
                            <label for={id}>
                                <strong>{ &variation.name }</strong>
                                <span class="sub">{ &variation.settings }</span>
                            </label>
                            if let Some(share) = share.filter(|_| running) {
                                <progress max="1" value={format!("{share:.3}")} aria-label={format!("{}: how far it is", variation.name)}></progress>
                            }
                        </li>
                    }
                }) }
            </ul>
            <details class="basis">
                <summary>{ "Where these settings come from" }</summary>
                <ul>{ for entrants.basis.iter().map(|line| html! { <li>{ line }</li> }) }</ul>
            </details>
            <p class="sub">{ objective_words(&document) }</p>
            if !entrants.priced {
                <p class="callout">{ "Nothing here has a price yet: choose a virtual machine under \"Replica size\" in the settings to compare costs." }</p>
            }
            <div class="button-row">
                if running {
                    <button type="button" class="btn" id="race-stop" onclick={stop}>{ icon("x", "") }{ "Cancel" }</button>
                } else {
                    <button type="button" class="btn btn-primary" id="race-start" disabled={chosen.is_empty()} onclick={begin}>
                        { icon("play", "") }{ if over { "Run again" } else { "Run them all" } }
                    </button>
                }
                <span class="sub" role="status">{ status(&heat, &ran) }</span>
            </div>
            if let Some(words) = &heat.failure { <p class="callout callout-warn" role="alert">{ words }</p> }
            if over {
                <table::Table ran={ran.clone()} {fixed} {take} />
                <curves::Overlaid ran={ran} />
            }
        </Dialog>
    }
}

/// The objective that minutes are lost against.
pub(crate) fn objective_words(document: &Document) -> String {
    let objective = document.objective();
    let width = crate::model::objective::Objective::slice_secs(crate::engine::time::SimDuration::from_secs_f64(
        document.run_length_secs,
    ));
    let mut parts = Vec::new();
    parts.extend(objective.p99_secs.map(|secs| format!("p99 within {}", format::duration(secs))));
    parts.extend(objective.answered_share.map(|share| format!("at least {} answered", format::percent(share))));
    if parts.is_empty() {
        return "No objective is set for this run.".to_owned();
    }
    format!("Objective: {}, judged over every {}.", parts.join(" and "), format::duration(width))
}

/// How far it all is, and that everybody had the same requests.
fn status(heat: &Heat, ran: &[Entrant]) -> String {
    if heat.runs.is_empty() || heat.failure.is_some() {
        return String::new();
    }
    if heat.running() {
        return format!("{} of {} runs are done", ran.len(), heat.runs.len());
    }
    let Some(first) = ran.first() else { return String::new() };
    if ran.iter().all(|entrant| entrant.finish.curves.arrivals == first.finish.curves.arrivals) {
        format!("Every run was sent the same {} requests.", format::count(first.finish.offered))
    } else {
        "Not every run was sent as many requests: users here wait for answers before they ask again.".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_race_is_over_when_the_last_one_is_in() {
        let finish = || {
            Rc::new(Finish {
                figures: Default::default(),
                curves: Default::default(),
                offered: 1,
                trace_hash: String::new(),
            })
        };
        let tell = |heat: Rc<Heat>, change: Change| heat.reduce(change);
        let heat = tell(Rc::new(Heat::default()), Change::Begin(vec![0, 2]));
        assert!(heat.running());
        let heat = tell(heat, Change::Told(Told::Share(1, 0.5)));
        let heat = tell(heat, Change::Told(Told::Finished(1, finish())));
        assert!(heat.running() && heat.shares == [0.0, 1.0]);
        let heat = tell(heat, Change::Told(Told::Finished(0, finish())));
        assert!(!heat.running());
        let heat = tell(heat, Change::Told(Told::Failed("no".to_owned())));
        assert!(!heat.running() && heat.failure.is_some());
        assert_eq!(*tell(heat, Change::Stop), Heat::default());
    }
}
