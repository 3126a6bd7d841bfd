//! What must be reached, what the last run reached, and what may be spent.

use yew::prelude::*;

use super::{PracticeCardProps, goal_chart};
use crate::lesson::curve::{Curve, Read};
use crate::lesson::goal::GoalResult;
use crate::lesson::metric;
use crate::lesson::rules;
use crate::model::params::Unit;
use crate::protocol::Series;
use crate::topology::document::NodeId;
use crate::ui::kit::facts::{fact_in, facts};
use crate::ui::kit::format;
use crate::ui::kit::icons::icon;
use crate::ui::kit::look_into::use_watch;
use crate::ui::shared::Shared;
use crate::ui::store::{use_document, use_run, use_simulation};

/// The goals: how far this run is toward each, where the run before was, and the verdict once it is over.
#[component]
pub(super) fn Goals(props: &PracticeCardProps) -> Html {
    let (run, document) = (use_run(), use_document());
    let lesson = &props.practice.lesson;
    let results = use_state_eq(Vec::<GoalResult>::new);
    {
        let (results, goals, simulation) = (results.setter(), lesson.goals.clone(), use_simulation());
        use_effect_with((run.ending.clone(), props.practice.slug.clone()), move |(ending, _)| {
            results.set(Vec::new());
            if ending.is_some() {
                simulation.judge(goals, Callback::from(move |found| results.set(found)));
            }
        });
    }
    // Until they are judged, and where nothing has ended, as far as the curves tell.
    let judged = results.len() == lesson.goals.len() && run.ending.is_some();
    let before = props.practice.runs.borrow().before.clone();
    let rows = lesson.goals.iter().enumerate().map(|(place, goal)| {
        let result = results.get(place).filter(|_| judged);
        let curve = Curve::of(goal, &document);
        let (node, curve) = (curve.as_ref().and_then(|curve| curve.node), curve.as_ref());
        let come_to = |series: Option<&Shared<Series>>| curve.zip(series).and_then(|(curve, series)| curve.so_far(series));
        let now = come_to(run.series_of(node));
        let then = come_to(before.as_ref().and_then(|kept| kept.of(node)));
        html! {
            <li class={classes!("goal", result.map(|result| if result.passed { "goal-passed" } else { "goal-failed" }))}>
                { icon(result.map_or("target", |result| if result.passed { "circle-check" } else { "circle-x" }), "icon-s") }
                <span>
                    if let Some(result) = result { <span class="visually-hidden">{ if result.passed { "reached: " } else { "missed: " } }</span> }
                    { &goal.label }
                </span>
                if node.is_some() { <Watched {node} /> }
                if let Some((curve, now)) = curve.zip(now) { { meter(curve, now, then, run.finished()) } }
                if let Some(result) = result { <span class="num goal-value">{ against(result) }</span> }
            </li>
        }
    });
    let mark = |class: &'static str, words: String| {
        html! { <li><svg viewBox="0 0 4 10" width="4" height="10" aria-hidden="true"><rect {class} width="3" height="10" /></svg>{ words }</li> }
    };
    html! {
        <section class="goals" aria-label="Goals">
            <h3>{ if judged { "Goals, and your last run" } else { "Goals" } }</h3>
            <ul>{ for rows }</ul>
            if run.begun() {
                <ul class="goal-keys">
                    { mark("meter-asked", "asked".to_owned()) }
                    if let Some(before) = &before { { mark("meter-before", before.words().to_owned()) } }
                </ul>
            }
            if judged {
                <p class="sub">{ format!("This was a single run, on seed {}. The examination uses {} seeds you have not seen.", run.seed, lesson.finals.seeds) }</p>
            }
        </section>
    }
}

#[derive(Debug, PartialEq, Properties)]
struct WatchedProps {
    node: Option<NodeId>,
}

/// Shows nothing; while it is there, the series of a station come.
#[component]
fn Watched(props: &WatchedProps) -> Html {
    use_watch(props.node);
    Html::default()
}

/// How far a run has come toward what is asked, on a bar with the line to reach and where the run before stood.
fn meter(curve: &Curve, now: f64, then: Option<f64>, over: bool) -> Html {
    let share = curve.unit == Unit::Share;
    // What may be anything has its line in the middle.
    let whole = if share { 1.0 } else { 2.0 * curve.asked };
    let place = |value: f64| format!("{:.2}", (value / whole).clamp(0.0, 1.0) * 100.0);
    let holds = curve.holds(now);
    let what = match curve.read {
        Read::InTime(_) => " in time",
        Read::Answered => " answered",
        _ => "",
    };
    let rest = match (holds, share) {
        (true, _) => if over { "held" } else { "held so far" }.to_owned(),
        (false, true) => format!("{} points to go", format::figures((curve.asked - now) * 100.0)),
        (false, false) => "not held".to_owned(),
    };
    html! {
        <div class={classes!("goal-meter", if holds { "goal-holds" } else { "goal-open" })}>
            <p><span class="num goal-now">{ format::with_unit(now, curve.unit) }</span>{ format!("{what}, {} asked", goal_chart::asked_words(curve)) }<span class="goal-rest">{ rest }</span></p>
            <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                <rect class="meter-back" width="100" y="1" height="6" />
                <rect class="meter-fill" width={place(now)} y="1" height="6" />
                if let Some(then) = then { <rect class="meter-before" x={place(then)} width="0.8" height="8" /> }
                <rect class="meter-asked" x={place(curve.asked)} width="0.6" height="8" />
            </svg>
        </div>
    }
}

/// One goal with what was measured.
pub(super) fn goal_row(result: &GoalResult) -> Html {
    html! {
        <li class={classes!("goal", if result.passed { "goal-passed" } else { "goal-failed" })}>
            { icon(if result.passed { "circle-check" } else { "circle-x" }, "icon-s") }
            <span><span class="visually-hidden">{ if result.passed { "reached: " } else { "missed: " } }</span>{ &result.label }</span>
            <span class="num goal-value">{ against(result) }</span>
        </li>
    }
}

/// What was measured against what was asked for, in words.
pub(super) fn against(result: &GoalResult) -> String {
    let limit = words(&result.metric, result.value);
    match result.measured.get() {
        Some(value) if value.is_finite() => format!("{} ({} {limit})", words(&result.metric, value), sign(result)),
        // More than the share beyond the percentile waited forever.
        Some(_) => match result.unanswered {
            Some(share) => format!("infinite: {} of requests got no answer (limit {limit})", format::percent(share)),
            None => format!("infinite (limit {limit})"),
        },
        None => format!("nothing measured (limit {limit})"),
    }
}

fn sign(result: &GoalResult) -> &'static str {
    match result.op {
        crate::lesson::goal::Op::AtMost => "limit",
        crate::lesson::goal::Op::AtLeast => "at least",
    }
}

/// A metric's value with its unit.
pub(super) fn words(metric_id: &str, value: f64) -> String {
    metric::find(metric_id).map_or_else(|_| format::figures(value), |(metric, _)| format::with_unit(value, metric.unit))
}

/// What is spent of what, and which rules the drawing breaks.
#[component]
pub(super) fn Budget(props: &PracticeCardProps) -> Html {
    let document = use_document();
    let practice = &props.practice;
    let spending = rules::spending(&practice.lesson, &document);
    let broken = rules::check(&practice.lesson, &practice.start, &document);
    html! {
        <section class="budget" aria-label="Budget">
            if !spending.is_empty() {
                <h3>{ "Budget" }</h3>
                { facts(spending.iter().map(|(spent, line)| {
                    let over = line.limit.is_some_and(|limit| *spent > limit);
                    let limit = line.limit.map_or_else(|| "any".to_owned(), |limit| format::count(u64::from(limit)));
                    fact_in(over.then_some("tone-bad"), line.name, format!("{} of {limit}", format::count(u64::from(*spent))))
                }).collect()) }
            }
            if !broken.is_empty() {
                <ul class="issues">
                    { for broken.iter().map(|problem| html! {
                        <li class="issue issue-error">{ icon("circle-x", "") }<div><p>{ &problem.message }</p><p class="sub">{ &problem.remedy }</p></div></li>
                    }) }
                </ul>
            }
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::goal::Op;
    use crate::runner::report::Figure;

    #[test]
    fn an_infinite_percentile_names_the_share_that_got_no_answer() {
        let told = |measured: f64, unanswered: Option<f64>| {
            let result = GoalResult {
                label: "fast".to_owned(),
                metric: "sojourn_time.p99".to_owned(),
                at: "system".to_owned(),
                during: None,
                op: Op::AtMost,
                value: 0.1,
                measured: Figure(measured),
                unanswered,
                passed: false,
                margin: Figure::NONE,
            };
            against(&result).replace('\u{202f}', " ")
        };
        assert_eq!(told(f64::INFINITY, Some(0.124)), "infinite: 12.4 % of requests got no answer (limit 100 ms)");
        assert_eq!(told(f64::INFINITY, None), "infinite (limit 100 ms)");
        assert_eq!(told(0.25, None), "250 ms (limit 100 ms)");
        assert_eq!(told(f64::NAN, None), "nothing measured (limit 100 ms)");
    }
}
