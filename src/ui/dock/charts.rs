//! Charts over time: uPlot behind a thin binding, each with its numbers as a table.

use js_sys::{Array, Float32Array, Float64Array};
use wasm_bindgen::prelude::*;
use web_sys::Element;
use yew::prelude::*;

use crate::editor::Target;
use crate::glossary;
use crate::model::outcome::Outcome;
use crate::protocol::Series;
use crate::topology::document::NodeId;
use crate::ui::jump::WHOSE;
use crate::ui::kit::facts::{Table, columns};
use crate::ui::kit::format;
use crate::ui::kit::hint::{Hint, term_card};
use crate::ui::kit::icons::icon;
use crate::ui::shared::Shared;
use crate::ui::shell::{DialogKind, use_shell};
use crate::ui::store::{use_document, use_preferences, use_run, use_selection};

#[wasm_bindgen(module = "/www/js/chart.js")]
extern "C" {
    type Chart;
    #[wasm_bindgen(constructor)]
    fn new(host: &Element, spec_json: &str) -> Chart;
    #[wasm_bindgen(method)]
    fn feed(this: &Chart, at: &Float64Array, columns: &Array);
    #[wasm_bindgen(method)]
    fn restyle(this: &Chart);
    #[wasm_bindgen(method)]
    fn destroy(this: &Chart);
}

/// Rows of a table at most; a longer series is thinned evenly.
const ROWS_MAX: usize = 240;

/// The charts there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChartKind {
    Throughput,
    Times,
    Cost,
    Utilization,
    Queue,
    InFlight,
    Memory,
    Allocation,
    Allocated,
    Collections,
    Paused,
}

/// One line of a chart.
struct Line {
    label: &'static str,
    /// A design token.
    color: &'static str,
    /// Dash and gap [px]; empty = solid. With the color it tells lines apart.
    dash: &'static [u8],
    values: fn(&Series) -> &[f32],
}

const THROUGHPUT: &[Line] = &[
    Line {
        label: "completed",
        color: "--out-completed",
        dash: &[],
        values: |s| &s.by_outcome[Outcome::Completed as usize],
    },
    Line { label: "arriving", color: "--out-pending", dash: &[2, 3], values: |s| &s.arrival_rate },
    Line {
        label: "timed out",
        color: "--out-timed-out",
        dash: &[6, 3],
        values: |s| &s.by_outcome[Outcome::TimedOut as usize],
    },
    Line {
        label: "rejected",
        color: "--out-rejected",
        dash: &[8, 3, 2, 3],
        values: |s| &s.by_outcome[Outcome::Rejected as usize],
    },
    Line { label: "failed", color: "--out-failed", dash: &[3, 2], values: |s| &s.by_outcome[Outcome::Failed as usize] },
    Line { label: "shed", color: "--out-shed", dash: &[10, 4], values: |s| &s.by_outcome[Outcome::Shed as usize] },
    Line {
        label: "abandoned",
        color: "--out-abandoned",
        dash: &[1, 3],
        values: |s| &s.by_outcome[Outcome::Abandoned as usize],
    },
];
const TIMES: &[Line] = &[
    Line { label: "p50", color: "--info", dash: &[], values: |s| &s.p50 },
    Line { label: "p99", color: "--accent-text", dash: &[5, 3], values: |s| &s.p99 },
];
const COST: &[Line] = &[Line { label: "an hour", color: "--cost", dash: &[8, 2], values: |s| &s.cost_per_hour }];
const UTILIZATION: &[Line] = &[Line { label: "busy", color: "--violet", dash: &[], values: |s| &s.utilization }];
const QUEUE: &[Line] = &[Line { label: "waiting", color: "--teal", dash: &[], values: |s| &s.queue_length }];
const IN_FLIGHT: &[Line] = &[Line { label: "in flight", color: "--info", dash: &[], values: |s| &s.in_flight }];
const MEMORY: &[Line] = &[
    Line { label: "in use", color: "--teal", dash: &[], values: |s| &s.memory },
    Line { label: "reserved", color: "--out-pending", dash: &[6, 3], values: |s| &s.reserved },
];
const ALLOCATION: &[Line] =
    &[Line { label: "allocated", color: "--accent-text", dash: &[], values: |s| &s.allocation_rate }];
const ALLOCATED: &[Line] = &[Line { label: "so far", color: "--accent-text", dash: &[], values: |s| &s.allocated }];
const COLLECTIONS: &[Line] = &[Line { label: "collections", color: "--violet", dash: &[], values: |s| &s.collections }];
const PAUSED: &[Line] = &[Line { label: "stood still", color: "--out-failed", dash: &[], values: |s| &s.paused }];

impl ChartKind {
    const fn title(self) -> &'static str {
        match self {
            Self::Throughput => "Throughput",
            Self::Times => "Time in system",
            Self::Cost => "Cost",
            Self::Utilization => "Utilization",
            Self::Queue => "Queue length",
            Self::InFlight => "In flight",
            Self::Memory => "Memory",
            Self::Allocation => "Allocation rate",
            Self::Allocated => "Allocated in all",
            Self::Collections => "Collections",
            Self::Paused => "Collector pauses",
        }
    }

    const fn term(self) -> &'static str {
        match self {
            Self::Throughput => "throughput",
            Self::Times => "sojourn_time",
            Self::Cost => "cost_per_hour",
            Self::Utilization => "utilization",
            Self::Queue => "queue_length",
            Self::InFlight => "in_flight",
            Self::Memory => "heap",
            Self::Allocation | Self::Allocated => "allocation",
            Self::Collections => "collections",
            Self::Paused => "garbage_collection",
        }
    }

    const fn lines(self) -> &'static [Line] {
        match self {
            Self::Throughput => THROUGHPUT,
            Self::Times => TIMES,
            Self::Cost => COST,
            Self::Utilization => UTILIZATION,
            Self::Queue => QUEUE,
            Self::InFlight => IN_FLIGHT,
            Self::Memory => MEMORY,
            Self::Allocation => ALLOCATION,
            Self::Allocated => ALLOCATED,
            Self::Collections => COLLECTIONS,
            Self::Paused => PAUSED,
        }
    }

    /// As chart.js knows units.
    const fn unit(self) -> &'static str {
        match self {
            Self::Throughput | Self::Collections => "/s",
            Self::Times => "s",
            Self::Cost => "$",
            Self::Utilization | Self::Paused => "%",
            Self::Queue | Self::InFlight => "",
            Self::Memory | Self::Allocated => "B",
            Self::Allocation => "B/s",
        }
    }

    fn words(self, value: f32) -> String {
        let value = f64::from(value);
        match self {
            Self::Throughput | Self::Collections => format::rate(value),
            Self::Times => format::duration(value),
            Self::Cost => format::dollars(value),
            Self::Utilization | Self::Paused => format::percent(value),
            Self::Queue | Self::InFlight => format::figures(value),
            Self::Memory | Self::Allocated => format::bytes(value),
            Self::Allocation => format!("{}/s", format::bytes(value)),
        }
    }

    fn spec_json(self) -> String {
        let lines: Vec<serde_json::Value> = self
            .lines()
            .iter()
            .map(|line| serde_json::json!({ "label": line.label, "color": line.color, "dash": line.dash }))
            .collect();
        let max = if self == Self::Utilization { serde_json::json!(1.0) } else { serde_json::Value::Null };
        serde_json::json!({ "lines": lines, "unit": self.unit(), "max": max }).to_string()
    }

    /// Lines worth a word: the first, and those that ever leave zero.
    fn lively(self, series: &Series) -> impl Iterator<Item = &'static Line> {
        let lively = move |line: &&Line| (line.values)(series).iter().any(|value| value.is_finite() && *value > 0.0);
        self.lines().iter().enumerate().filter(move |(index, line)| *index == 0 || lively(line)).map(|(_, line)| line)
    }
}

#[derive(Debug, PartialEq, Properties)]
pub struct ChartCardProps {
    pub kind: ChartKind,
    /// Whose: `None` = the system's.
    #[prop_or_default]
    pub node: Option<NodeId>,
}

/// A chart with its title, its newest value, a legend, and its table.
#[component]
pub fn ChartCard(props: &ChartCardProps) -> Html {
    let run = use_run();
    let tabular = use_state_eq(|| false);
    let kind = props.kind;
    let series = run.series_of(props.node).cloned();
    let toggle = {
        let tabular = tabular.clone();
        Callback::from(move |_: MouseEvent| tabular.set(!*tabular))
    };
    let term = glossary::find(kind.term()).expect("every chart's term stands in the glossary");
    let whose = if props.node.is_none() && kind == ChartKind::Utilization {
        html! { <p class="hint-here">{ "The line shows the busiest station." }</p> }
    } else if kind == ChartKind::Paused {
        html! { <p class="hint-here">{ "Seconds for which replicas stood still, in each second, all replicas together." }</p> }
    } else {
        Html::default()
    };
    let legend = series.as_ref().map(|series| {
        let lines: Vec<&Line> = kind.lively(series).collect();
        html! {
            <ul class="chart-legend">
                { for lines.iter().map(|line| {
                    let last = (line.values)(series).iter().rev().find(|value| value.is_finite()).copied().unwrap_or(f32::NAN);
                    html! {
                        <li>
                            <svg class="legend-line" viewBox="0 0 18 6" width="18" height="6" aria-hidden="true">
                                <line class={format!("stroke-{}", line.color.trim_start_matches('-'))} x1="0" y1="3" x2="18" y2="3" stroke-width="2" stroke-dasharray={dashes(line.dash)} />
                            </svg>
                            { line.label }
                            <span class="num legend-value">{ kind.words(last) }</span>
                        </li>
                    }
                }) }
            </ul>
        }
    });
    html! {
        <figure class="chart" data-chart={kind.term()}>
            <figcaption class="chart-head">
                <Hint class="chart-title" card={term_card(term, whose)}>{ kind.title() }</Hint>
                <button type="button" class="icon-btn icon-btn-s" onclick={toggle} aria-pressed={tabular.to_string()}
                    aria-label={format!("{} as a table", kind.title())} title="As a table">
                    { icon(if *tabular { "chart-line" } else { "table-2" }, "icon-s") }
                </button>
                { legend.unwrap_or_default() }
                if kind == ChartKind::Cost && props.node.is_none() { <SoFar /> }
            </figcaption>
            if *tabular {
                <SeriesTable {kind} series={series.clone()} />
            } else {
                <Plot {kind} series={series.clone()} />
            }
            if series.is_none() { <p class="chart-empty">{ "No data yet" }</p> }
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
    kind: ChartKind,
    series: Option<Shared<Series>>,
}

/// The drawing itself.
#[component]
fn Plot(props: &PlotProps) -> Html {
    let host = use_node_ref();
    let chart = use_mut_ref(|| None::<Chart>);
    let theme = use_preferences().0.theme;
    let kind = props.kind;
    {
        let (host, chart) = (host.clone(), chart.clone());
        use_effect_with((), move |()| {
            if let Some(host) = host.cast::<Element>() {
                *chart.borrow_mut() = Some(Chart::new(&host, &kind.spec_json()));
            }
            move || {
                if let Some(chart) = chart.borrow_mut().take() {
                    chart.destroy();
                }
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
                        let lively: Vec<&str> = kind.lively(series).map(|line| line.label).collect();
                        let columns: Array = kind
                            .lines()
                            .iter()
                            .map(|line| {
                                if lively.contains(&line.label) {
                                    Float32Array::from((line.values)(series))
                                } else {
                                    Float32Array::new_with_length(0)
                                }
                            })
                            .collect();
                        chart.feed(&Float64Array::from(series.at_secs.as_slice()), &columns);
                    }
                    None => {
                        let columns: Array = kind.lines().iter().map(|_| Float32Array::new_with_length(0)).collect();
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
    let kind = props.kind;
    let lines: Vec<&Line> = kind.lively(series).collect();
    let step = series.at_secs.len().div_ceil(ROWS_MAX).max(1);
    let rows = (0..series.at_secs.len()).rev().step_by(step).map(|row| {
        html! {
            <tr>
                <th scope="row" class="num">{ format::clock(series.at_secs[row]) }</th>
                { for lines.iter().map(|line| html! { <td class="num">{ kind.words((line.values)(series).get(row).copied().unwrap_or(f32::NAN)) }</td> }) }
            </tr>
        }
    });
    let names: Vec<&str> = std::iter::once("at").chain(lines.iter().map(|line| line.label)).collect();
    Table {
        caption: format!("{} as a table, newest first", kind.title()).into(),
        scroll: Some("chart-table"),
        head: columns(&names),
        rows: rows.collect(),
        ..Table::default()
    }
    .html()
}
