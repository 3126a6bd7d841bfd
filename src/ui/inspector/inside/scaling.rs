//! A scaler's evaluations with their reasons, the course of replicas over the load, and the life of every replica.

use yew::prelude::*;

use super::at;
use super::course;
use crate::protocol::StationFrame;
use crate::protocol::scaling::{
    LifeFrame, LifeStage, MeasuredFrame, MetricFrame, ScalerInside, ScalingFrame, SyncFrame,
};
use crate::topology::document::NodeId;
use crate::ui::browser;
use crate::ui::jump::WhyCount;
use crate::ui::kit::format;
use crate::ui::kit::hint::Term;
use crate::ui::kit::icons::icon;
use crate::ui::shared::Shared;
use crate::ui::store::{use_run, use_simulation};

/// Evaluations listed until somebody wants all of them.
const SYNCS_SHOWN: usize = 6;
/// Squares drawn; more are only counted.
const SQUARES_SHOWN: usize = 200;

#[derive(Debug, PartialEq, Properties)]
pub(super) struct ScalingProps {
    pub(super) id: NodeId,
}

/// Everything there is to see of what scales a station.
#[component]
pub(super) fn Scaling(props: &ScalingProps) -> Html {
    let run = use_run();
    let simulation = use_simulation();
    let id = props.id;
    {
        let simulation = simulation.clone();
        use_effect_with(id, move |id| {
            simulation.look_into(Some(*id));
            move || simulation.look_into(None)
        });
    }
    let inside = run.scaler.clone().filter(|inside| inside.node == id.0);
    let all = use_state_eq(|| false);
    let marked = use_state_eq(|| None::<u64>);
    // A question is answered as soon as there is something to show.
    {
        let (all, marked, inside) = (all.setter(), marked.setter(), inside.clone());
        let asked = run.count_asked.filter(|(node, _)| *node == id).zip(inside.as_ref().map(|_| ()));
        use_effect_with(asked, move |asked| {
            let found = asked.zip(inside).and_then(|(((_, at_ns), ()), inside)| evaluation(&inside, at_ns));
            if let Some((sync_ns, from_end)) = found {
                all.set(from_end >= SYNCS_SHOWN);
                marked.set(Some(sync_ns));
            }
        });
    }
    {
        let simulation = simulation.clone();
        use_effect_with((*marked, *all, run.count_asked.is_some()), move |(marked, _, asked)| {
            if let Some(sync_ns) = marked.filter(|_| *asked) {
                browser::focus_id(&format!("sync-{sync_ns}"));
                simulation.count_answered();
            }
        });
    }
    let Some(scaling) = run.station(id).and_then(|station| station.scaling.as_deref()) else { return Html::default() };
    let toggle = {
        let all = all.clone();
        Callback::from(move |_: MouseEvent| all.set(!*all))
    };
    html! {
        <>
            { lives(id, scaling) }
            if let Some(inside) = inside.filter(|inside| !inside.syncs.is_empty() || inside.course.len() > 1) {
                <Evaluations {inside} name={scaling.name.clone()} all={*all} marked={*marked} {toggle} />
            }
        </>
    }
}

/// The evaluation of a moment, or the latest that changed the number, or the latest; and how far from the end it stands.
fn evaluation(inside: &ScalerInside, at_ns: Option<u64>) -> Option<(u64, usize)> {
    let syncs = || inside.syncs.iter().rev().enumerate();
    let found = match at_ns {
        Some(at_ns) => syncs().find(|(_, sync)| sync.at_ns <= at_ns),
        None => syncs().find(|(_, sync)| sync.desired != sync.current),
    };
    found.or_else(|| syncs().next()).map(|(from_end, sync)| (sync.at_ns, from_end))
}

/// Whether a station has an inside of this sort.
pub(super) fn scales(station: &StationFrame) -> bool {
    station.scaling.is_some()
}

/// A square for each replica, colored and hatched by where it is in its life.
fn lives(id: NodeId, scaling: &ScalingFrame) -> Html {
    let count = |stage: LifeStage| scaling.replicas.iter().filter(|replica| replica.stage == stage).count();
    let more = scaling.replicas.len().saturating_sub(SQUARES_SHOWN);
    let moved = scaling.moved.as_ref().map(|moved| format!("{} → {} at {}", moved.from, moved.to, at(moved.at_ns)));
    html! {
        <section class="inside scaling">
            <h3>{ format!("Replicas: {} wanted", scaling.wanted) }
                if !scaling.name.is_empty() && scaling.name != "Off" { <WhyCount {id} wanted={scaling.wanted} /> }
            </h3>
            if let Some(moved) = moved { <p class="sub">{ moved }</p> }
            <ul class="lives" aria-label="Replicas by where they are in their life">
                { for scaling.replicas.iter().take(SQUARES_SHOWN).map(square) }
            </ul>
            if more > 0 { <p class="sub">{ format!("and {more} more") }</p> }
            <ul class="lives-words" aria-label="What the squares mean">
                { for LifeStage::ALL.into_iter().map(|stage| { let count = count(stage); html! {
                    <li class={classes!("lives-word", (count == 0).then_some("lives-none"))}>
                        <i class={classes!("life", format!("life-{}", stage.word()))} aria-hidden="true"></i>
                        <span class="num">{ count }</span>{ stage.word() }
                    </li>
                } }) }
            </ul>
            <dl class="facts">
                if let Some(rate) = scaling.rate { <dt>{ "requests, measured" }</dt><dd class="num">{ format!("{} ({})", format::rate(rate.value), at(rate.at_ns)) }</dd> }
                if !scaling.size.is_empty() { <dt>{ "size" }</dt><dd>{ &scaling.size }</dd> }
                if !scaling.nodes.is_empty() { <dt>{ "nodes" }</dt><dd class="num">{ scaling.nodes.len() }</dd> }
                if scaling.cost_total > 0.0 {
                    <dt>{ "costs now" }</dt><dd class="num">{ format!("${:.3} an hour, ${:.2} a day", scaling.cost_per_hour, scaling.cost_per_hour * 24.0) }</dd>
                    <dt>{ "cost so far" }</dt><dd class="num">{ format!("${:.4}", scaling.cost_total) }</dd>
                }
            </dl>
        </section>
    }
}

fn square(replica: &LifeFrame) -> Html {
    let mut words = format!("Replica {}: {} since {}", replica.number + 1, replica.stage.word(), at(replica.since_ns));
    let mut add = |name: &str, measured: Option<MeasuredFrame>, value: fn(f64) -> String| {
        if let Some(measured) = measured {
            words += &format!("; {name} {} at {}", value(measured.value), at(measured.at_ns));
        }
    };
    add("CPU", replica.cpu, |cores| format!("{} cores", format::figures(cores)));
    add("memory", replica.memory, |bytes| format!("{} MiB", format::figures(bytes / 1_048_576.0)));
    add("requests", replica.requests, format::rate);
    if replica.is_new {
        words += "; new version";
    }
    if let Some(node) = replica.node {
        words += &format!("; on node {}", node + 1);
    }
    if replica.restarts > 0 {
        words += &format!("; restarts: {}", replica.restarts);
    }
    html! { <li class={classes!("life", format!("life-{}", replica.stage.word()), replica.is_new.then_some("life-new"))} title={words.clone()} aria-label={words}></li> }
}

#[derive(Debug, PartialEq, Properties)]
struct EvaluationsProps {
    inside: Shared<ScalerInside>,
    name: String,
    /// Lists all, not only the newest.
    all: bool,
    /// The one that was asked for.
    marked: Option<u64>,
    toggle: Callback<MouseEvent>,
}

/// Rendered only when something new was evaluated.
#[component]
fn Evaluations(props: &EvaluationsProps) -> Html {
    let inside = &props.inside;
    let shown = if props.all { inside.syncs.len() } else { SYNCS_SHOWN };
    html! {
        <section class="inside scaling">
            if props.name == "Off" { <h3>{ "Over time" }</h3> } else { <h3>{ format!("Scaler: {}", props.name) }</h3> }
            { course::replicas_over_load(inside) }
            { course::metric_over_target(inside) }
            if !inside.syncs.is_empty() {
                <h4>{ "Every evaluation, newest first" }</h4>
                <ol class="syncs">
                    { for inside.syncs.iter().rev().take(shown).map(|sync| row(sync, props.marked == Some(sync.at_ns))) }
                </ol>
                if inside.syncs.len() > SYNCS_SHOWN {
                    <button type="button" class="btn btn-s" aria-expanded={props.all.to_string()} onclick={props.toggle.clone()}>
                        { icon(if props.all { "chevron-up" } else { "chevron-down" }, "icon-s") }
                        { if props.all { "Only the newest".to_owned() } else { format!("All {}", inside.syncs.len()) } }
                    </button>
                }
            }
            { window(inside) }
        </section>
    }
}

fn row(sync: &SyncFrame, marked: bool) -> Html {
    let mut steps = vec![format!("{} now", sync.current)];
    if let Some(proposed) = sync.proposed {
        steps.push(format!("{proposed} asked for"));
    }
    if let Some(stabilized) = sync.stabilized.filter(|stabilized| Some(*stabilized) != sync.proposed) {
        steps.push(format!("{stabilized} after looking back"));
    }
    steps.push(format!("{} set", sync.desired));
    let moved = sync.desired != sync.current;
    html! {
        <li id={format!("sync-{}", sync.at_ns)} tabindex="-1" key={sync.at_ns}
            class={classes!("sync", moved.then_some("sync-moved"), marked.then_some("sync-marked"))}>
            <span class="num sync-at">{ at(sync.at_ns) }</span>
            <span class="sync-steps">{ steps.join(" → ") }</span>
            if !sync.limit.is_empty() { <span class="sub">{ format!("limited by {}", sync.limit) }</span> }
            if !sync.why.is_empty() { <ul class="sync-why sub">{ for sync.why.iter().map(|why| html! { <li>{ why }</li> }) }</ul> }
            if let Some(ages) = ages(&sync.metrics) { <p class="sub">{ ages }</p> }
        </li>
    }
}

/// How old what it went by was: once where all is of one age.
fn ages(metrics: &[MetricFrame]) -> Option<String> {
    let words = |metric: &MetricFrame| {
        let secs = |ns: u64| format::duration(ns as f64 / 1e9);
        let age = metric.age_ns?;
        let over = if metric.window_ns > 0 { format!(", over {}", secs(metric.window_ns)) } else { String::new() };
        Some(format!("{} before{over}", secs(age)))
    };
    let known: Vec<(&str, String)> =
        metrics.iter().filter_map(|metric| Some((metric.name.as_str(), words(metric)?))).collect();
    let (_, first) = known.first()?;
    if known.iter().all(|(_, words)| words == first) {
        return Some(format!("Measured {first}."));
    }
    let each: Vec<String> = known.iter().map(|(name, words)| format!("{name}: measured {words}")).collect();
    Some(format!("{}.", each.join("; ")))
}

/// What a stabilization window holds, and which of it decides.
fn window(inside: &ScalerInside) -> Html {
    let (Some(last), true) = (inside.window.last(), inside.up_ns + inside.down_ns > 0) else { return Html::default() };
    let now = inside.syncs.last().map_or(last.1, |sync| sync.at_ns);
    let within = |span: u64| inside.window.iter().filter(move |(_, at)| at + span > now);
    let least = within(inside.up_ns).min_by_key(|(number, _)| *number);
    let most = within(inside.down_ns).max_by_key(|(number, _)| *number);
    let secs = |ns: u64| format::duration(ns as f64 / 1e9);
    let words = |which: &str, span: u64, found: Option<&(u32, u64)>, way: &str| {
        let Some((number, when)) = found.filter(|_| span > 0) else { return format!("{way}: nothing earlier counts.") };
        format!("{way}: the {which} of the last {} counts, {number} (of {}).", secs(span), at(*when))
    };
    html! {
        <>
            <h4>{ "The " }<Term id="stabilization_window" /></h4>
            <p class="sub">{ words("smallest", inside.up_ns, least, "Up") }</p>
            <p class="sub">{ words("largest", inside.down_ns, most, "Down") }</p>
            <ol class="window" aria-label="Recommendations in the window, oldest first">
                { for inside.window.iter().map(|entry| {
                    let decides = Some(entry) == least.filter(|_| inside.up_ns > 0) || Some(entry) == most.filter(|_| inside.down_ns > 0);
                    html! {
                        <li class={classes!("num", decides.then_some("window-decides"))} title={format!("{} at {}", entry.0, at(entry.1))}>
                            <strong>{ entry.0 }</strong><span>{ format::short_clock(entry.1) }</span>
                        </li>
                    }
                }) }
            </ol>
        </>
    }
}
