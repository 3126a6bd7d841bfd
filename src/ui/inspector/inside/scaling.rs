//! A scaler's evaluations with their reasons, the course of replicas over the load, and the life of every replica.

use yew::prelude::*;

use super::course;
use super::{Shown, at};
use crate::engine::time::{SimDuration, SimTime};
use crate::facet::scaling::{self, Life, LifeStage};
use crate::facet::{self, Facet};
use crate::model::scaler::{Decision, Measured, MetricSeen};
use crate::model::system::ScalingLook;
use crate::topology::document::NodeId;
use crate::ui::browser;
use crate::ui::jump::WhyCount;
use crate::ui::kit::facts::{fact, fact_words, facts};
use crate::ui::kit::format;
use crate::ui::kit::hint::Term;
use crate::ui::kit::icons::icon;
use crate::ui::kit::section::section_in;
use crate::ui::shared::Shared;
use crate::ui::store::{use_run, use_simulation};

/// Evaluations listed until somebody wants all of them.
const SYNCS_SHOWN: usize = 6;
/// Squares drawn; more are only counted.
const SQUARES_SHOWN: usize = 200;

/// Everything there is to see of what scales a station.
pub(super) fn view(shown: &Shown<'_>) -> Html {
    html! { <Scaling id={shown.id} facets={shown.facets.clone()} whole={shown.whole} key={shown.id.0} /> }
}

#[derive(Debug, PartialEq, Properties)]
struct ScalingProps {
    id: NodeId,
    facets: Shared<Vec<Facet>>,
    whole: bool,
}

#[component]
fn Scaling(props: &ScalingProps) -> Html {
    let run = use_run();
    let simulation = use_simulation();
    let id = props.id;
    let inside = Past(props.facets.clone());
    let known = props.whole && inside.look().is_some_and(|look| !look.syncs.is_empty() || look.course.len() > 1);
    let all = use_state_eq(|| false);
    let marked = use_state_eq(|| None::<u64>);
    // A question is answered as soon as there is something to show.
    {
        let (all, marked, inside) = (all.setter(), marked.setter(), inside.clone());
        let asked = run.count_asked.filter(|(node, _)| *node == id && props.whole);
        use_effect_with(asked, move |asked| {
            let found = asked.zip(inside.look()).and_then(|((_, at_ns), look)| evaluation(look, at_ns));
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
    let Some(scaling) = facet::find::<scaling::Scaling>(&props.facets) else { return Html::default() };
    let toggle = {
        let all = all.clone();
        Callback::from(move |_: MouseEvent| all.set(!*all))
    };
    html! {
        <>
            { lives(id, scaling) }
            if known {
                <Evaluations {inside} name={scaling.name.clone()} all={*all} marked={*marked} {toggle} />
            }
        </>
    }
}

/// The evaluation of a moment, or the latest that changed the number, or the latest; and how far from the end it stands.
fn evaluation(inside: &ScalingLook, at_ns: Option<u64>) -> Option<(u64, usize)> {
    let syncs = || inside.syncs.iter().rev().enumerate();
    let found = match at_ns {
        Some(at_ns) => syncs().find(|(_, sync)| sync.at.0 <= at_ns),
        None => syncs().find(|(_, sync)| sync.desired != sync.current),
    };
    found.or_else(|| syncs().next()).map(|(from_end, sync)| (sync.at.0, from_end))
}

/// The scaling among a station's facets: the same as long as nothing new was evaluated or measured over time.
#[derive(Clone, Debug)]
struct Past(Shared<Vec<Facet>>);

impl Past {
    fn look(&self) -> Option<&ScalingLook> {
        facet::find::<scaling::Scaling>(&self.0).map(|scaling| &scaling.look)
    }
}

impl PartialEq for Past {
    fn eq(&self, other: &Self) -> bool {
        let same = |one: &ScalingLook, other: &ScalingLook| {
            (&one.syncs, &one.window, &one.course) == (&other.syncs, &other.window, &other.course)
                && one.looks_back == other.looks_back
        };
        self.0 == other.0 || self.look().zip(other.look()).is_some_and(|(one, other)| same(one, other))
    }
}

/// A square for each replica, colored and hatched by where it is in its life.
fn lives(id: NodeId, scaling: &scaling::Scaling) -> Html {
    let (look, lives) = (&scaling.look, scaling.lives());
    let count = |stage: LifeStage| lives.iter().filter(|life| life.stage == stage).count();
    let more = lives.len().saturating_sub(SQUARES_SHOWN);
    let moved = scaling.moved().map(|moved| format!("{} → {} at {}", moved.current, moved.desired, at(moved.at)));
    section_in(
        "scaling",
        html! {
            <>
                { format!("Replicas: {} wanted", look.wanted) }
                if scaling.scales() { <WhyCount {id} wanted={look.wanted} /> }
            </>
        },
        html! {
            <>
                if let Some(moved) = moved { <p class="sub">{ moved }</p> }
                <ul class="lives" aria-label="Replicas by where they are in their life">
                    { for lives.iter().take(SQUARES_SHOWN).map(square) }
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
                { facts(html! { <>
                    if let Some(rate) = look.rate { { fact("requests, measured", format!("{} ({})", format::rate(rate.value), at(rate.at))) } }
                    if !look.size.is_empty() { { fact_words("size", &look.size) } }
                    if !look.nodes.is_empty() { { fact("nodes", look.nodes.len()) } }
                    if look.cost_total > 0.0 {
                        { fact("costs now", format!("${:.3} an hour, ${:.2} a day", look.cost_per_hour, look.cost_per_hour * 24.0)) }
                        { fact("cost so far", format!("${:.4}", look.cost_total)) }
                    }
                </> }) }
            </>
        },
    )
}

fn square(life: &Life<'_>) -> Html {
    let mut words = format!("Replica {}: {} since {}", life.number + 1, life.stage.word(), at(life.since));
    let is_new = life.replica.is_some_and(|replica| replica.is_new);
    let mut add = |name: &str, measured: Option<Measured>, value: fn(f64) -> String| {
        if let Some(measured) = measured {
            words += &format!("; {name} {} at {}", value(measured.value), at(measured.at));
        }
    };
    if let Some(replica) = life.replica {
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
    }
    html! { <li class={classes!("life", format!("life-{}", life.stage.word()), is_new.then_some("life-new"))} title={words.clone()} aria-label={words}></li> }
}

#[derive(Debug, PartialEq, Properties)]
struct EvaluationsProps {
    inside: Past,
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
    let Some(inside) = props.inside.look() else { return Html::default() };
    let shown = if props.all { inside.syncs.len() } else { SYNCS_SHOWN };
    section_in(
        "scaling",
        if props.name == "Off" { "Over time".to_owned() } else { format!("Scaler: {}", props.name) },
        html! {
            <>
                { course::replicas_over_load(inside) }
                { course::metric_over_target(inside) }
                if !inside.syncs.is_empty() {
                    <h4>{ "Every evaluation, newest first" }</h4>
                    <ol class="syncs">
                        { for inside.syncs.iter().rev().take(shown).map(|sync| row(sync, props.marked == Some(sync.at.0))) }
                    </ol>
                    if inside.syncs.len() > SYNCS_SHOWN {
                        <button type="button" class="btn btn-s" aria-expanded={props.all.to_string()} onclick={props.toggle.clone()}>
                            { icon(if props.all { "chevron-up" } else { "chevron-down" }, "icon-s") }
                            { if props.all { "Only the newest".to_owned() } else { format!("All {}", inside.syncs.len()) } }
                        </button>
                    }
                }
                { window(inside) }
            </>
        },
    )
}

fn row(sync: &Decision, marked: bool) -> Html {
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
        <li id={format!("sync-{}", sync.at.0)} tabindex="-1" key={sync.at.0}
            class={classes!("sync", moved.then_some("sync-moved"), marked.then_some("sync-marked"))}>
            <span class="num sync-at">{ at(sync.at) }</span>
            <span class="sync-steps">{ steps.join(" → ") }</span>
            if !sync.limit.label().is_empty() { <span class="sub">{ format!("limited by {}", sync.limit.label()) }</span> }
            if !sync.why.is_empty() { <ul class="sync-why sub">{ for sync.why.iter().map(|why| html! { <li>{ why }</li> }) }</ul> }
            if let Some(ages) = ages(sync) { <p class="sub">{ ages }</p> }
        </li>
    }
}

/// How old what it went by was: once where all is of one age.
fn ages(sync: &Decision) -> Option<String> {
    let metrics = &sync.metrics;
    let words = |metric: &MetricSeen| {
        let secs = |span: SimDuration| format::duration(span.as_secs_f64());
        let (at, window) = metric.measured?;
        let over = if window > SimDuration::ZERO { format!(", over {}", secs(window)) } else { String::new() };
        Some(format!("{} before{over}", secs(sync.at.since(at))))
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
fn window(inside: &ScalingLook) -> Html {
    let looks_back = inside.looks_back;
    let (Some(last), true) = (inside.window.last(), looks_back.up.0 + looks_back.down.0 > 0) else {
        return Html::default();
    };
    let now = inside.syncs.last().map_or(last.1, |sync| sync.at);
    let within = |span: SimDuration| inside.window.iter().filter(move |(_, at)| *at + span > now);
    let least = within(looks_back.up).min_by_key(|(number, _)| *number);
    let most = within(looks_back.down).max_by_key(|(number, _)| *number);
    let secs = |span: SimDuration| format::duration(span.as_secs_f64());
    let words = |which: &str, span: SimDuration, found: Option<&(u32, SimTime)>, way: &str| {
        let Some((number, when)) = found.filter(|_| span > SimDuration::ZERO) else {
            return format!("{way}: nothing earlier counts.");
        };
        format!("{way}: the {which} of the last {} counts, {number} (of {}).", secs(span), at(*when))
    };
    html! {
        <>
            <h4>{ "The " }<Term id="stabilization_window" /></h4>
            <p class="sub">{ words("smallest", looks_back.up, least, "Up") }</p>
            <p class="sub">{ words("largest", looks_back.down, most, "Down") }</p>
            <ol class="window" aria-label="Recommendations in the window, oldest first">
                { for inside.window.iter().map(|entry| {
                    let decides = Some(entry) == least.filter(|_| looks_back.up > SimDuration::ZERO) || Some(entry) == most.filter(|_| looks_back.down > SimDuration::ZERO);
                    html! {
                        <li class={classes!("num", decides.then_some("window-decides"))} title={format!("{} at {}", entry.0, at(entry.1))}>
                            <strong>{ entry.0 }</strong><span>{ format::short_clock(entry.1.0) }</span>
                        </li>
                    }
                }) }
            </ol>
        </>
    }
}
