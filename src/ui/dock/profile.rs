//! Where the time went, in the dock: the stations by what they took of all requests' time, part by part.

use yew::prelude::*;

use crate::editor::{SessionChange, Target};
use crate::engine::sort;
use crate::model::profiler::Part;
use crate::protocol::profile::{ExampleFrame, ProfileFrame, StationProfileFrame, TimesFrame};
use crate::topology::document::NodeId;
use crate::ui::kit::bars;
use crate::ui::kit::format;
use crate::ui::kit::hint::Term;
use crate::ui::kit::icons::icon;
use crate::ui::store::{use_dispatch, use_document, use_run, use_selection, use_simulation};

/// Shares below this are not worth a word.
const WORTH_A_WORD: f64 = 0.005;

/// The color of a part, which is that of the waterfall.
pub const fn key(part: Part) -> &'static str {
    match part {
        Part::Queue => "kind-queue",
        Part::Work => "kind-work",
        Part::Paused => "kind-paused",
        Part::Held => "kind-calls",
        Part::Network => "kind-network",
        Part::Waits => "kind-backoff",
        Part::Lost => "kind-lost",
    }
}

#[component]
pub fn Profile() -> Html {
    let run = use_run();
    let simulation = use_simulation();
    {
        let simulation = simulation.clone();
        use_effect_with((), move |()| {
            simulation.profile(true);
            move || simulation.profile(false)
        });
    }
    let Some(profile) = run.profile.clone().filter(|profile| profile.looked_at > 0) else {
        return html! {
            <p class="empty">{ if run.begun() { "No request has ended since the warm-up." } else { "Press play: the profiler adds up where the requests' time goes." } }</p>
        };
    };
    let parts: Vec<Part> = Part::ALL
        .into_iter()
        .filter(|part| profile.stations.iter().any(|one| one.shares[*part as usize] > 0.0))
        .collect();
    html! {
        <div class="profile" tabindex="0" role="group" aria-label="Where the time went">
            <p class="profile-head">
                { summary(&profile) }
                if let Some(slowest) = profile.slowest { { why(&simulation, slowest, format!("The slowest took {}", took(slowest)), true) } }
            </p>
            <table class="plain-table profile-table">
                <thead>
                    <tr>
                        <th scope="col">{ "station" }</th>
                        <th scope="col" class="profile-share"><Term id="critical_path">{ "share of all requests' time" }</Term></th>
                        { for parts.iter().map(|part| html! {
                            <th scope="col" class="num"><i class={classes!("why-key", key(*part))}></i>{ part.label() }</th>
                        }) }
                        <th scope="col" class="num"><i class="profile-behind-key"></i>{ "waiting for downstream" }</th>
                        <th scope="col"><span class="visually-hidden">{ "ask why" }</span></th>
                    </tr>
                </thead>
                <tbody>{ for profile.stations.iter().map(|one| html! { <Row key={one.node} station={one.clone()} parts={parts.clone()} /> }) }</tbody>
            </table>
            <p class="sub">{ "Mean and 99th percentile over the requests that came by. The way there and back and waits before a try stand with the station that is called; what others took for its sake stands with those, too." }</p>
        </div>
    }
}

fn summary(profile: &ProfileFrame) -> String {
    let mut words = format!(
        "{} requests, mean {}, p99 {}.",
        format::count(profile.stands_for),
        format::duration(profile.sojourn.mean),
        format::duration(profile.sojourn.p99)
    );
    if profile.looked_at < profile.stands_for {
        words +=
            &format!(" Of these {} were followed; now one in {}.", format::count(profile.looked_at), profile.every);
    }
    if profile.left_out > 0 {
        words += &format!(" {} with very many tries are left out.", format::count(profile.left_out));
    }
    words + " "
}

fn took(example: ExampleFrame) -> String {
    format::duration(example.took_ns as f64 / 1e9)
}

/// A button that asks about a request; `told`: with the words about it.
fn why(
    simulation: &crate::ui::client::worker_client::Simulation,
    example: ExampleFrame,
    about: String,
    told: bool,
) -> Html {
    let simulation = simulation.clone();
    let onclick = Callback::from(move |event: MouseEvent| {
        event.stop_propagation();
        simulation.explain(NodeId(example.source), example.ordinal);
    });
    let label = format!("{about}. Why? Request {}", format::count(example.ordinal + 1));
    html! { <button type="button" class="btn btn-s" title={about.clone()} aria-label={label} {onclick}>{ if told { format!("{about}. Why?") } else { "Why?".to_owned() } }</button> }
}

#[derive(Debug, PartialEq, Properties)]
struct RowProps {
    station: StationProfileFrame,
    parts: Vec<Part>,
}

#[component]
fn Row(props: &RowProps) -> Html {
    let document = use_document();
    let dispatch = use_dispatch();
    let simulation = use_simulation();
    let selected = use_selection().single();
    let one = &props.station;
    let id = NodeId(one.node);
    let Some(node) = document.nodes.get(&id) else { return Html::default() };
    let onclick = Callback::from(move |_: MouseEvent| dispatch.session(SessionChange::Reveal(Target::Node(id))));
    let on = selected == Some(Target::Node(id));
    let cell = |times: TimesFrame| {
        html! {
            <td class="num">{ format::duration(times.mean) }<span class="profile-p99">{ format!("p99 {}", format::duration(times.p99)) }</span></td>
        }
    };
    html! {
        <tr class={classes!("profile-row", on.then_some("profile-on"))} {onclick} data-node={one.node.to_string()}>
            <th scope="row"><button type="button" class="link-btn" aria-pressed={on.to_string()}>{ node.label.clone() }</button></th>
            <td class="profile-share">{ bar(one) }{ words(one) }</td>
            { for props.parts.iter().map(|part| if one.shares[*part as usize] > 0.0 { cell(one.parts[*part as usize]) } else { html! { <td class="num profile-none">{ "–" }</td> } }) }
            { if one.behind.mean > 0.0 { cell(one.behind) } else { html! { <td class="num profile-none">{ "–" }</td> } } }
            <td>{ one.worst.map_or_else(Html::default, |worst| why(&simulation, worst, format!("{} took {} of one request", node.label, took(worst)), false)) }</td>
        </tr>
    }
}

/// The station's own parts on a scale of all time in system.
fn bar(one: &StationProfileFrame) -> Html {
    let parts = Part::ALL.into_iter().map(|part| (classes!("why-span", key(part)), one.shares[part as usize]));
    bars::stacked("profile-bar", 12, parts, None)
}

/// The same in words, the most first.
fn words(one: &StationProfileFrame) -> Html {
    let mut parts: Vec<(Part, f64)> = Part::ALL.into_iter().map(|part| (part, one.shares[part as usize])).collect();
    parts.retain(|(_, share)| *share >= WORTH_A_WORD);
    sort::few_by(&mut parts, |a, b| b.1.total_cmp(&a.1));
    html! {
        <span class="profile-words">
            <strong class="num">{ format::percent(one.share) }</strong>
            { for parts.iter().map(|(part, share)| html! {
                <span><i class={classes!("why-key", key(*part))}></i>{ format!("{} {}", part.label(), format::percent(*share)) }</span>
            }) }
        </span>
    }
}

/// A request's time by station, most first: where its critical path led.
pub fn stations_of(journey: &crate::model::journey::Journey) -> Html {
    let mut profile = crate::model::profiler::Profile::default();
    profile.add(journey, 1);
    let name = |node: NodeId| {
        journey.tries.iter().find(|one| one.to == node).map_or("?", |one| one.to_name.as_str()).to_owned()
    };
    let ranking = profile.ranking();
    if ranking.len() < 2 {
        return Html::default();
    }
    html! {
        <ul class="why-stations" aria-label="Critical path by station">
            { for ranking.into_iter().filter(|(_, station)| station.own.total() > 0.0).map(|(node, station)| html! {
                <li>{ icon("crosshair", "icon-s") }<span>{ name(node) }</span>
                    <span class="num">{ format::duration(station.own.total()) }</span>
                    <span class="num why-station-share">{ format::percent(profile.share(&station.own)) }</span></li>
            }) }
        </ul>
    }
}
