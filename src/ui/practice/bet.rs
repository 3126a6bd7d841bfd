//! The bet: predict before the first run. It cannot be changed; later it stands beside the truth.

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::{PracticeCardProps, use_progress};
use crate::lesson::progress::Event;
use crate::model::params::Unit;
use crate::model::station::{self, Category};
use crate::topology::document::NodeId;
use crate::ui::form::number::NumberField;
use crate::ui::format;
use crate::ui::icons::icon;

/// Lowest and highest rate that can be bet on [1/s].
const RATE_MIN: f64 = 1.0;
const RATE_MAX: f64 = 100_000.0;

#[component]
pub(super) fn BetForm(props: &PracticeCardProps) -> Html {
    let store = use_progress();
    let practice = props.practice.clone();
    let slug = practice.files.slug;
    let chosen = use_state_eq(|| None::<NodeId>);
    let rate = use_state_eq(|| 100.0);
    let Some(prediction) = &practice.lesson.prediction else { return Html::default() };
    if let Some(bet) = store.of(slug).bet {
        return html! {
            <p class="callout">{ icon("lock", "icon-s") }
                { format!("Your bet stands: {} saturates first, at {}. The truth comes after the run.", bet.station, format::rate(bet.rate)) }
            </p>
        };
    }
    let stations = practice.start.nodes.iter().filter(|(_, node)| {
        station::find(&node.kind).is_some_and(|kind| !matches!(kind.category, Category::Client | Category::Routing))
    });
    let choose = {
        let chosen = chosen.clone();
        Callback::from(move |event: Event_| {
            chosen.set(event.target_unchecked_into::<HtmlSelectElement>().value().parse().ok().map(NodeId));
        })
    };
    let place = {
        let (store, practice, chosen, rate) = (store.clone(), practice.clone(), chosen.clone(), *rate);
        Callback::from(move |_: MouseEvent| {
            let Some(node) = chosen.and_then(|id| practice.start.nodes.get(&id)) else { return };
            if let Some(prediction) = &practice.lesson.prediction {
                store.record(slug, Event::BetPlaced(prediction.judge(&node.label, node.role.as_deref(), rate)));
            }
        })
    };
    let onrate = {
        let rate = rate.clone();
        Callback::from(move |number: f64| rate.set(number))
    };
    html! {
        <div class="form bet-form">
            <div class="field">
                <label for="bet-station">{ &prediction.question }</label>
                <select id="bet-station" class="input select" onchange={choose}>
                    <option value="" selected={chosen.is_none()} disabled=true>{ "choose …" }</option>
                    { for stations.map(|(id, node)| html! { <option value={id.0.to_string()} selected={*chosen == Some(*id)}>{ &node.label }</option> }) }
                </select>
            </div>
            <div class="field">
                <label for="bet-rate">{ &prediction.rate_question }</label>
                <NumberField id="bet-rate" name="Rate" unit={Unit::PerSecond} min={RATE_MIN} max={RATE_MAX} value={*rate} slider=true onchange={onrate} onend={Callback::noop()} />
            </div>
            <button type="button" class="btn btn-primary" id="bet-place" disabled={chosen.is_none()} onclick={place}>{ icon("target", "") }{ "Place the bet" }</button>
        </div>
    }
}

/// The browser's event, beside the lesson's of the same name.
type Event_ = yew::prelude::Event;
