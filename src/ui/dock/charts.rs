//! Charts over time: uPlot behind a thin binding, each with its numbers as a table.

use js_sys::{Array, Float32Array, Float64Array};
use serde_json::json;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use super::axis::{Axis, looking_back, playhead, use_axis};
use crate::editor::Target;
use crate::editor::timeline::{Span, bands};
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
use crate::ui::store::{use_document, use_preferences, use_run, use_selection, use_simulation};

#[wasm_bindgen(module = "/www/js/chart.js")]
extern "C" {
    #[wasm_bindgen(js_name = Chart)]
    type Plotted;
    #[wasm_bindgen(constructor, js_class = "Chart")]
    fn new(
        host: &Element,
        spec_json: &str,
        missing: &Closure<dyn Fn(bool)>,
        asked: &Closure<dyn Fn(String, f64, f64)>,
    ) -> Plotted;
    #[wasm_bindgen(method, js_class = "Chart")]
    fn load(this: &Plotted);
    #[wasm_bindgen(method, js_class = "Chart")]
    fn feed(this: &Plotted, at: &Float64Array, columns: &Array);
    #[wasm_bindgen(method, js_class = "Chart")]
    fn show(this: &Plotted, from: f64, to: f64, marks_json: &str);
    #[wasm_bindgen(method, js_class = "Chart")]
    fn restyle(this: &Plotted);
    #[wasm_bindgen(method, js_class = "Chart")]
    fn destroy(this: &Plotted);
    /// All charts tell their values at this moment [s]; NaN: none do.
    #[wasm_bindgen(static_method_of = Plotted, js_class = "Chart")]
    fn point(secs: f64);
}

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

fn dashes(dash: &[u8]) -> Option<String> {
    (!dash.is_empty()).then(|| dash.iter().map(u8::to_string).collect::<Vec<_>>().join(" "))
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

/// A moment is pointed at [s] (NaN: no more): the line over the dock follows, and all charts tell their values.
pub fn hover(axis: &Axis, secs: f64) {
    let share = axis.span.share(secs);
    if let Some(dock) = axis.dock.cast::<HtmlElement>() {
        let at = if (0.0..=1.0).contains(&share) { format!("{share:.5}") } else { "-9".to_owned() };
        // Setting a property of one's own cannot fail.
        let _ = dock.style().set_property("--hover", &at);
    }
    Plotted::point(secs);
}

/// What is marked in the charts of a run, but for the limit of one of them.
#[hook]
fn use_marks() -> serde_json::Value {
    let (run, document) = (use_run(), use_document());
    let hands = run.hands.clone();
    let spans = use_memo((document.clone(), hands), |(document, hands)| {
        let faults = bands(document, hands, document.run_length_secs).into_iter();
        let faults: Vec<[f64; 2]> = faults.map(|band| [band.from_secs, band.to_secs]).collect();
        let windows: Vec<[f64; 2]> = document.windows.iter().map(|window| [window.from_secs, window.to_secs]).collect();
        (faults, windows)
    });
    // While it runs ahead, nothing of what is drawn lies beyond the present moment.
    let (now, known) = if looking_back(&run) { (playhead(&run), run.known_ns as f64 / 1e9) } else { (0.0, 0.0) };
    json!({ "faults": spans.0, "windows": spans.1, "now": now, "known": known })
}

/// The drawing itself.
#[component]
fn Plot(props: &PlotProps) -> Html {
    let host = use_node_ref();
    let chart = use_mut_ref(|| None::<Plotted>);
    let theme = use_preferences().0.theme;
    let drawn = props.chart;
    let (axis, simulation) = (use_axis(), use_simulation());
    let newest = use_mut_ref(|| axis.clone());
    *newest.borrow_mut() = axis.clone();
    {
        let (host, chart, told) = (host.clone(), chart.clone(), props.told.clone());
        use_effect_with((), move |()| {
            let missing = Closure::<dyn Fn(bool)>::new(move |is| told.emit(is));
            let asked = Closure::<dyn Fn(String, f64, f64)>::new(move |what: String, a: f64, b: f64| {
                let axis = newest.borrow().clone();
                match what.as_str() {
                    "seek" => axis.seek(&simulation, a),
                    "zoom" => axis.show.emit(Some(Span::between(a, b, axis.length_secs))),
                    "whole" => axis.show.emit(None),
                    _ => hover(&axis, a),
                }
            });
            if let Some(host) = host.cast::<Element>() {
                *chart.borrow_mut() = Some(Plotted::new(&host, &spec_json(drawn), &missing, &asked));
            }
            move || {
                if let Some(chart) = chart.borrow_mut().take() {
                    chart.destroy();
                }
                drop((missing, asked));
            }
        });
    }
    {
        let chart = chart.clone();
        use_effect_with((axis.span, props.marks.clone()), move |(span, marks)| {
            if let Some(chart) = chart.borrow().as_ref() {
                chart.show(span.from, span.to, marks);
            }
        });
    }
    {
        let chart = chart.clone();
        use_effect_with(props.tries, move |tries| {
            if let Some(chart) = chart.borrow().as_ref().filter(|_| *tries > 0) {
                chart.load();
            }
        });
    }
    {
        let chart = chart.clone();
        use_effect_with(props.series.clone(), move |series| {
            if let Some(chart) = chart.borrow().as_ref() {
                match series {
                    Some(series) => {
                        // A line that never left zero would only lie on the axis: it is left out.
                        let lively: Vec<&str> = lively(drawn, series).iter().map(|(spec, _)| spec.id).collect();
                        let columns: Array = drawn
                            .lines()
                            .iter()
                            .map(|(spec, _)| {
                                if lively.contains(&spec.id) {
                                    Float32Array::from(values(series, spec))
                                } else {
                                    Float32Array::new_with_length(0)
                                }
                            })
                            .collect();
                        chart.feed(&Float64Array::from(series.at_secs.as_slice()), &columns);
                    }
                    None => {
                        let columns: Array = drawn.lines().iter().map(|_| Float32Array::new_with_length(0)).collect();
                        chart.feed(&Float64Array::new_with_length(0), &columns);
                    }
                }
            }
        });
    }
    use_effect_with(theme, move |_| {
        if let Some(chart) = chart.borrow().as_ref() {
            chart.restyle();
        }
    });
    html! { <div class="chart-plot" ref={host} aria-hidden="true"></div> }
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
