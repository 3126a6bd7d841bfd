//! The chart of a lesson's goal: this run, the one before it, and the line to reach.

use serde_json::json;
use yew::prelude::*;

use super::{Practice, PracticeCardProps};
use crate::lesson::curve::{Curve, Read};
use crate::lesson::goal::Op;
use crate::model::params::Unit;
use crate::protocol::Series;
use crate::topology::document::Document;
use crate::ui::dock::axis::playhead;
use crate::ui::dock::plot::{PlotArea, Points, dashes, use_marks};
use crate::ui::kit::format;
use crate::ui::kit::look_into::use_watch;
use crate::ui::shared::Shared;
use crate::ui::store::{use_document, use_run};

/// Times that are so many times the limit lie at the chart's upper edge: what matters is near the line.
const BEYOND: f64 = 4.0;
/// A line to reach lies below the upper edge: that is at least so many times as high.
const ROOM: f64 = 1.2;
/// The line of this run, and that of the one before: colors and dashes.
const LINES: [(&str, &[u8]); 2] = [("--accent-text", &[]), ("--info", &[5, 4])];

/// The curves of a lesson's goals, each once, with the numbers of the goals that it shows.
pub(super) fn curves(practice: &Practice, document: &Document) -> Vec<(Curve, Vec<usize>)> {
    let mut found: Vec<(Curve, Vec<usize>)> = Vec::new();
    for (number, goal) in practice.lesson.goals.iter().enumerate() {
        let Some(curve) = Curve::of(goal, document) else { continue };
        match found.iter_mut().find(|(known, _)| known.draws_as(&curve)) {
            Some((_, goals)) => goals.push(number),
            None => found.push((curve, vec![number])),
        }
    }
    found
}

/// What a curve shows.
fn title(curve: &Curve, document: &Document) -> String {
    let what = match curve.read {
        Read::InTime(limit) => format!("Answered within {}", format::duration(limit)),
        Read::Answered => "Answered".to_owned(),
        Read::Column("goodput") => "Answered in time".to_owned(),
        Read::Column("arrival_rate") => "Arriving".to_owned(),
        Read::Column(id) => id.replace('_', " "),
        Read::Percentile(id, _) => format!("{id} of all requests"),
    };
    match curve.node.and_then(|id| document.nodes.get(&id)) {
        Some(node) => format!("{}: {what}", node.label),
        None => what,
    }
}

/// The line to reach, in words.
pub(super) fn asked_words(curve: &Curve) -> String {
    let sign = match curve.op {
        Op::AtMost => "at most",
        Op::AtLeast => "at least",
    };
    format!("{sign} {}", format::with_unit(curve.asked, curve.unit))
}

/// The bucket's value at a moment [s]; NaN where none was measured.
fn at(series: &Series, values: &[f64], secs: f64) -> f64 {
    let row = series.at_secs.partition_point(|from| *from <= secs + 1e-9);
    let Some(row) = row.checked_sub(1) else { return f64::NAN };
    if secs < series.at_secs[row] + series.bucket_secs - 1e-9 { values[row] } else { f64::NAN }
}

/// Both runs on one axis: each where it was measured.
fn points(curve: &Curve, runs: [Option<&Series>; 2]) -> Points {
    let mut at_secs: Vec<f64> = runs.iter().flatten().flat_map(|series| series.at_secs.iter().copied()).collect();
    at_secs.sort_by(f64::total_cmp);
    at_secs.dedup_by(|a, b| (*a - *b).abs() < 1e-9);
    let column = |series: Option<&Series>| {
        let Some(series) = series else { return Vec::new() };
        let values = curve.values(series);
        at_secs.iter().map(|secs| at(series, &values, *secs) as f32).collect()
    };
    let columns = runs.into_iter().map(column).collect();
    Points { at_secs, columns }
}

fn spec(curve: &Curve, labels: [&str; 2]) -> String {
    let lines =
        LINES.iter().zip(labels).map(|((color, dash), label)| json!({ "label": label, "color": color, "dash": dash }));
    let unit = match curve.unit {
        Unit::PerSecond => "/s",
        Unit::Seconds => "s",
        Unit::Share => "%",
        Unit::Dollars => "$",
        _ => "",
    };
    let max = match curve.unit {
        Unit::Share => json!(1.0),
        Unit::Seconds => json!(curve.asked * BEYOND),
        _ => json!(null),
    };
    let beyond = curve.unit == Unit::Seconds;
    json!({ "lines": lines.collect::<Vec<_>>(), "unit": unit, "max": max, "beyond": beyond, "least": curve.asked * ROOM }).to_string()
}

/// See the module's words.
#[component]
pub(super) fn GoalChart(props: &PracticeCardProps) -> Html {
    let (run, document) = (use_run(), use_document());
    let practice = &props.practice;
    let found = use_memo((document.clone(), practice.clone()), |(document, practice)| curves(practice, document));
    let chosen = use_state_eq(|| 0_usize);
    let missing = use_state_eq(|| false);
    let told = {
        let missing = missing.setter();
        use_callback((), move |is: bool, ()| missing.set(is))
    };
    let mut marks = use_marks();
    let place = if *chosen < found.len() { *chosen } else { 0 };
    let shown = found.get(place).map(|(curve, _)| curve.clone());
    use_watch(shown.as_ref().and_then(|curve| curve.node));
    let before = practice.runs.borrow().before.clone();
    let node = shown.as_ref().and_then(|curve| curve.node);
    let (now, then) = (run.series_of(node).cloned(), before.as_ref().and_then(|kept| kept.of(node)).cloned());
    let data = use_memo((shown.clone(), now.clone(), then.clone()), |(shown, now, then)| {
        shown.as_ref().map_or_else(Points::default, |curve| points(curve, [now.as_deref(), then.as_deref()]))
    });
    let Some(curve) = shown else {
        return html! { <p class="empty">{ "This lesson’s goals count single things, so there is no curve to draw. “Charts” has the rest." }</p> };
    };
    let words = before.as_ref().map_or("", |kept| kept.words());
    marks["goal"] = json!({ "at": curve.asked, "words": format!("goal: {}", asked_words(&curve)) });
    let choice = (0..found.len()).map(|number| {
        let onclick = {
            let chosen = chosen.clone();
            Callback::from(move |_: MouseEvent| chosen.set(number))
        };
        html! { <button type="button" aria-pressed={(number == place).to_string()} {onclick}>{ title(&found[number].0, &document) }</button> }
    });
    let moment = playhead(&run);
    let value = |series: Option<&Shared<Series>>| {
        // After its end a run stands at what it came to last.
        let last = |series: &Series| series.at_secs.last().map_or(moment, |last| moment.min(*last));
        let value = series.map_or(f64::NAN, |series| at(series, &curve.values(series), last(series)));
        if value == f64::INFINITY { "infinite".to_owned() } else { format::with_unit(value, curve.unit) }
    };
    let legend = [("this run", now.as_ref()), (words, then.as_ref())].into_iter().zip(LINES);
    html! {
        <figure class="chart goal-chart" id="goal-chart">
            <figcaption class="chart-head">
                if found.len() > 1 {
                    <div class="segments" role="group" aria-label="Which goal">{ for choice }</div>
                } else {
                    <h3 class="chart-title">{ title(&curve, &document) }</h3>
                }
                <ul class="chart-legend">
                    { for legend.filter(|((label, series), _)| series.is_some() && !label.is_empty()).map(|((label, series), (color, dash))| html! {
                        <li data-run={label.to_owned()}>
                            <svg class="legend-line" viewBox="0 0 18 6" width="18" height="6" aria-hidden="true">
                                <line class={format!("stroke-{}", color.trim_start_matches('-'))} x1="0" y1="3" x2="18" y2="3" stroke-width="2" stroke-dasharray={dashes(dash)} />
                            </svg>
                            { label }<span class="num legend-value">{ value(series) }</span>
                        </li>
                    }) }
                </ul>
            </figcaption>
            <PlotArea key={format!("{place} {words}")} spec={spec(&curve, ["this run", words])} data={Shared(data)} {told} marks={marks.to_string()} />
            if *missing {
                <p class="chart-empty">{ "The chart cannot be drawn: its library did not load. “Charts” has the numbers as tables." }</p>
            } else if now.is_none() && then.is_none() {
                <p class="chart-empty">{ "No data yet" }</p>
            }
        </figure>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_runs_stand_on_one_axis_each_where_it_was_measured() {
        let curve = Curve {
            node: None,
            read: Read::Column("throughput"),
            unit: Unit::PerSecond,
            op: Op::AtLeast,
            asked: 5.0,
            during: (0.0, 8.0),
        };
        let series = |bucket_secs: f64, values: &[f32]| Series {
            node: None,
            bucket_secs,
            at_secs: (0..values.len()).map(|row| row as f64 * bucket_secs).collect(),
            columns: crate::figure::charted()
                .map(|spec| if spec.id == "throughput" { values.to_vec() } else { Vec::new() })
                .collect(),
        };
        let (now, then) = (series(1.0, &[1.0, 2.0]), series(2.0, &[7.0, 8.0]));
        let drawn = points(&curve, [Some(&now), Some(&then)]);
        assert_eq!(drawn.at_secs, [0.0, 1.0, 2.0]);
        // The run under way has come to 2 s; of the one before there are buckets of two seconds.
        assert_eq!(drawn.columns[0][..2], [1.0, 2.0]);
        assert!(drawn.columns[0][2].is_nan());
        assert_eq!(drawn.columns[1], [7.0, 7.0, 8.0]);
        assert_eq!(points(&curve, [Some(&now), None]).columns[1], Vec::<f32>::new());
    }
}
