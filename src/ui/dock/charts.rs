//! Charts over time: uPlot behind a thin binding, each with its numbers as a table.

use serde_json::json;
use yew::prelude::*;

use super::axis::playhead;
use super::plot::{PlotArea, Points, dashes, use_marks};
use crate::editor::Target;
use crate::figure::{Chart, Line, Scale, Spec};
use crate::protocol::Series;
use crate::topology::document::NodeId;
use crate::ui::course::use_words;
use crate::ui::jump::WHOSE;
use crate::ui::kit::facts::{Table, columns};
use crate::ui::kit::format;
use crate::ui::kit::hint::{Hint, term_card};
use crate::ui::kit::icons::icon;
use crate::ui::shared::Shared;
use crate::ui::shell::{DialogKind, use_shell};
use crate::ui::store::{use_document, use_preferences, use_run, use_selection};

/// Rows of a table at most; a longer series is thinned evenly.
const ROWS_MAX: usize = 240;

fn values<'a>(series: &'a Series, spec: &Spec) -> &'a [f32] {
    series.column(spec.id)
}

/// As chart.js knows units.
const fn unit(chart: &Chart) -> &'static str {
    match chart.scale {
        Scale::PerSecond => "/s",
        Scale::Seconds => "s",
        Scale::Dollars => "$",
        Scale::Share | Scale::Times => "%",
        Scale::Number => "",
        Scale::Bytes => "B",
        Scale::BytesPerSecond => "B/s",
    }
}

fn words(chart: &Chart, value: f32) -> String {
    let value = f64::from(value);
    match chart.scale {
        Scale::PerSecond => format::rate(value),
        Scale::Seconds => format::duration(value),
        Scale::Dollars => format::dollars(value),
        Scale::Share | Scale::Times => format::percent(value),
        Scale::Number => format::figures(value),
        Scale::Bytes => format::bytes(value),
        Scale::BytesPerSecond => format!("{}/s", format::bytes(value)),
    }
}

fn spec_json(chart: &Chart) -> String {
    let lines = chart.lines().into_iter();
    let lines = lines.map(|(_, line)| json!({ "label": line.label, "color": line.color, "dash": line.dash }));
    let max = if chart.scale == Scale::Share { json!(1.0) } else { json!(null) };
    json!({ "lines": lines.collect::<Vec<_>>(), "unit": unit(chart), "max": max }).to_string()
}

/// Lines worth a word: the first, and those that ever leave zero.
fn lively(chart: &Chart, series: &Series) -> Vec<(&'static Spec, Line)> {
    let lively = |spec: &Spec| values(series, spec).iter().any(|value| value.is_finite() && *value > 0.0);
    let lines = chart.lines().into_iter().enumerate();
    lines.filter(|(index, (spec, _))| *index == 0 || lively(spec)).map(|(_, line)| line).collect()
}

#[derive(Debug, PartialEq, Properties)]
pub struct ChartCardProps {
    pub chart: &'static Chart,
    /// Whose: `None` = the system's.
    #[prop_or_default]
    pub node: Option<NodeId>,
}

/// A chart with its title, its newest value, a legend, and its table.
#[component]
pub fn ChartCard(props: &ChartCardProps) -> Html {
    let (run, document) = (use_run(), use_document());
    let tabular = use_state_eq(|| false);
    let drawn = props.chart;
    let series = run.series_of(props.node).cloned();
    let toggle = {
        let tabular = tabular.clone();
        Callback::from(move |_: MouseEvent| tabular.set(!*tabular))
    };
    // The library that draws may fail to load: then the numbers are still there.
    let missing = use_state_eq(|| false);
    let tries = use_state_eq(|| 0);
    let told = {
        let missing = missing.setter();
        use_callback((), move |is: bool, ()| missing.set(is))
    };
    let again = {
        let tries = tries.clone();
        Callback::from(move |_: MouseEvent| tries.set(*tries + 1))
    };
    let glossary = use_words().glossary;
    let term = glossary.find(drawn.term);
    let note = drawn.note[usize::from(props.node.is_some())];
    let whose = if note.is_empty() {
        Html::default()
    } else {
        html! { <p class="hint-here">{ note }</p> }
    };
    let mut marks = use_marks();
    // The objective is the whole system's.
    if drawn.term == "sojourn_time" && props.node.is_none() {
        marks["limit"] = json!(document.objective().p99_secs);
    }
    let legend = series.as_ref().map(|series| {
        let lines = lively(drawn, series);
        // Of the bucket in which the playhead stands.
        let until = series.at_secs.partition_point(|at| *at <= playhead(&run)).max(1);
        html! {
            <ul class="chart-legend">
                { for lines.iter().map(|(spec, line)| {
                    let last = values(series, spec).iter().take(until).rev().find(|value| value.is_finite()).copied().unwrap_or(f32::NAN);
                    html! {
                        <li>
                            <svg class="legend-line" viewBox="0 0 18 6" width="18" height="6" aria-hidden="true">
                                <line class={format!("stroke-{}", line.color.trim_start_matches('-'))} x1="0" y1="3" x2="18" y2="3" stroke-width="2" stroke-dasharray={dashes(line.dash)} />
                            </svg>
                            { line.label }
                            <span class="num legend-value">{ words(drawn, last) }</span>
                        </li>
                    }
                }) }
            </ul>
        }
    });
    html! {
        <figure class="chart" data-chart={drawn.term}>
            <figcaption class="chart-head">
                <Hint class="chart-title" card={term_card(term, drawn.title, whose)}>{ drawn.title }</Hint>
                <button type="button" class="icon-btn icon-btn-s" onclick={toggle.clone()} aria-pressed={tabular.to_string()}
                    aria-label={format!("{} as a table", drawn.title)} title="As a table">
                    { icon(if *tabular { "chart-line" } else { "table-2" }, "icon-s") }
                </button>
                { legend.unwrap_or_default() }
                if drawn.scale == Scale::Dollars && props.node.is_none() { <SoFar /> }
            </figcaption>
            if *tabular {
                <SeriesTable chart={drawn} series={series.clone()} />
            } else {
                <Plot chart={drawn} series={series.clone()} told={told} tries={*tries} marks={marks.to_string()} />
                if *missing {
                    <div class="chart-missing">
                        <p>{ "The chart cannot be drawn: its library did not load." }</p>
                        <button type="button" class="btn btn-s" onclick={again}>{ icon("rotate-ccw", "icon-s") }{ "Try again" }</button>
                        <button type="button" class="btn btn-s" onclick={toggle}>{ icon("table-2", "icon-s") }{ "Show the table" }</button>
                    </div>
                }
            }
            if series.is_none() && (*tabular || !*missing) { <p class="chart-empty">{ "No data yet" }</p> }
        </figure>
    }
}

/// The station whose series the charts show; `None`: the whole system.
#[hook]
pub fn use_charted() -> Option<NodeId> {
    let preferences = use_preferences();
    let document = use_document();
    match use_selection().single() {
        Some(Target::Node(id)) if preferences.tab(WHOSE) == Some("selected") && document.nodes.contains_key(&id) => {
            Some(id)
        }
        _ => None,
    }
}

/// What the line does not tell: the sum, what a million answers cost, and why.
#[component]
fn SoFar() -> Html {
    let run = use_run();
    let shell = use_shell();
    let why = Callback::from(move |_: MouseEvent| shell.show(DialogKind::Money));
    html! {
        <p class="chart-sums">
            <span class="num">{ format!("{} so far", format::dollars(run.money.total)) }</span>
            <span class="num">{ format!("{} a million", format::dollars(run.money.per_million)) }</span>
            <button type="button" class="link-btn" id="why-cost" onclick={why}>{ "Why?" }</button>
        </p>
    }
}

#[derive(Debug, PartialEq, Properties)]
struct PlotProps {
    chart: &'static Chart,
    series: Option<Shared<Series>>,
    /// Whether the library that draws is missing.
    #[prop_or_default]
    told: Callback<bool>,
    /// How often the learner asked for it again.
    #[prop_or_default]
    tries: u32,
    /// What is marked in it, as chart.js knows it.
    #[prop_or_default]
    marks: AttrValue,
}

/// The drawing itself.
#[component]
fn Plot(props: &PlotProps) -> Html {
    let drawn = props.chart;
    let data = use_memo((props.series.clone(), drawn.title), |(series, _)| {
        let Some(series) = series else { return Points::default() };
        // A line that never left zero would only lie on the axis: it is left out.
        let lively: Vec<&str> = lively(drawn, series).iter().map(|(spec, _)| spec.id).collect();
        let column = |(spec, _): &(&'static Spec, Line)| {
            if lively.contains(&spec.id) { values(series, spec).to_vec() } else { Vec::new() }
        };
        Points { at_secs: series.at_secs.clone(), columns: drawn.lines().iter().map(column).collect() }
    });
    html! { <PlotArea spec={spec_json(drawn)} data={Shared(data)} told={props.told.clone()} tries={props.tries} marks={props.marks.clone()} /> }
}

/// The same numbers in rows.
#[component]
fn SeriesTable(props: &PlotProps) -> Html {
    let Some(series) = &props.series else { return Html::default() };
    let drawn = props.chart;
    let lines = lively(drawn, series);
    let step = series.at_secs.len().div_ceil(ROWS_MAX).max(1);
    let rows = (0..series.at_secs.len()).rev().step_by(step).map(|row| {
        html! {
            <tr>
                <th scope="row" class="num">{ format::clock(series.at_secs[row]) }</th>
                { for lines.iter().map(|(spec, _)| html! { <td class="num">{ words(drawn, values(series, spec).get(row).copied().unwrap_or(f32::NAN)) }</td> }) }
            </tr>
        }
    });
    let names: Vec<&str> = std::iter::once("at").chain(lines.iter().map(|(_, line)| line.label)).collect();
    Table {
        caption: format!("{} as a table, newest first", drawn.title).into(),
        scroll: Some("chart-table"),
        head: columns(&names),
        rows: rows.collect(),
        ..Table::default()
    }
    .html()
}
