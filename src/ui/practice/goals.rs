//! What must be reached, what the last run reached, and what may be spent.

use yew::prelude::*;

use super::PracticeCardProps;
use crate::lesson::goal::GoalResult;
use crate::lesson::metric;
use crate::lesson::rules;
use crate::ui::kit::facts::{fact_in, facts};
use crate::ui::kit::format;
use crate::ui::kit::icons::icon;
use crate::ui::store::{use_document, use_run, use_simulation};

/// The goals; with a finished run beside them, if there is one.
#[component]
pub(super) fn Goals(props: &PracticeCardProps) -> Html {
    let run = use_run();
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
    // Until they are judged, and where nothing has ended, the goals alone.
    let judged = results.len() == lesson.goals.len() && run.ending.is_some();
    html! {
        <section class="goals" aria-label="Goals">
            <h3>{ if judged { "Goals, and your last run" } else { "Goals" } }</h3>
            <ul>
                if judged {
                    { for results.iter().map(goal_row) }
                } else {
                    { for lesson.goals.iter().map(|goal| html! { <li class="goal">{ icon("target", "icon-s") }<span>{ &goal.label }</span></li> }) }
                }
            </ul>
            if judged {
                <p class="sub">{ format!("This was a single run, on seed {}. The examination uses {} seeds you have not seen.", run.seed, lesson.finals.seeds) }</p>
            }
        </section>
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
        Some(_) => match unanswered(&result.metric) {
            Some(share) => {
                format!("infinite: more than {} of requests got no answer (limit {limit})", format::percent(share))
            }
            None => format!("infinite (limit {limit})"),
        },
        None => format!("nothing measured (limit {limit})"),
    }
}

/// The share beyond a percentile: an infinite p99 means that more than 1 % waited forever.
fn unanswered(metric_id: &str) -> Option<f64> {
    let (_, statistic) = metric_id.rsplit_once('.')?;
    let digits = statistic.strip_prefix('p')?;
    let below: f64 = format!("0.{digits}").parse().ok()?;
    Some(1.0 - below)
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
    fn an_infinite_percentile_is_told_in_words() {
        let told = |metric: &str, measured: f64| {
            let result = GoalResult {
                label: "fast".to_owned(),
                metric: metric.to_owned(),
                at: "system".to_owned(),
                during: None,
                op: Op::AtMost,
                value: 0.1,
                measured: Figure(measured),
                passed: false,
                margin: Figure::NONE,
            };
            against(&result).replace('\u{202f}', " ")
        };
        assert_eq!(
            told("sojourn_time.p99", f64::INFINITY),
            "infinite: more than 1 % of requests got no answer (limit 100 ms)"
        );
        assert_eq!(
            told("sojourn_time.p999", f64::INFINITY),
            "infinite: more than 0.1 % of requests got no answer (limit 100 ms)"
        );
        assert_eq!(told("sojourn_time.p99", 0.25), "250 ms (limit 100 ms)");
        assert_eq!(told("sojourn_time.p99", f64::NAN), "nothing measured (limit 100 ms)");
    }
}
