//! A drawing over time: uPlot behind a thin binding, on the axis that the dock's charts and the timeline share.

use js_sys::{Array, Float32Array, Float64Array};
use serde_json::json;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use super::axis::{Axis, looking_back, playhead, use_axis};
use crate::editor::timeline::{Span, bands};
use crate::ui::shared::Shared;
use crate::ui::store::{use_document, use_preferences, use_run, use_simulation};

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

/// A dash and a gap [px] as SVG writes them; `None`: a whole line.
pub(crate) fn dashes(dash: &[u8]) -> Option<String> {
    (!dash.is_empty()).then(|| dash.iter().map(u8::to_string).collect::<Vec<_>>().join(" "))
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
pub fn use_marks() -> serde_json::Value {
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

/// What is drawn: for each line a value in each row, oldest first; a line without values is left out.
#[derive(Debug, Default, PartialEq)]
pub struct Points {
    pub at_secs: Vec<f64>,
    pub columns: Vec<Vec<f32>>,
}

#[derive(Debug, PartialEq, Properties)]
pub struct PlotAreaProps {
    /// Lines, unit and largest value, as chart.js knows them; it stays for as long as the component does.
    pub spec: AttrValue,
    pub data: Shared<Points>,
    /// Whether the library that draws is missing.
    #[prop_or_default]
    pub told: Callback<bool>,
    /// How often the learner asked for it again.
    #[prop_or_default]
    pub tries: u32,
    /// What is marked in it, as chart.js knows it.
    #[prop_or_default]
    pub marks: AttrValue,
}

/// The drawing itself.
#[component]
pub fn PlotArea(props: &PlotAreaProps) -> Html {
    let host = use_node_ref();
    let chart = use_mut_ref(|| None::<Plotted>);
    let theme = use_preferences().0.theme;
    let spec = props.spec.clone();
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
                *chart.borrow_mut() = Some(Plotted::new(&host, &spec, &missing, &asked));
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
        use_effect_with(props.data.clone(), move |data| {
            if let Some(chart) = chart.borrow().as_ref() {
                let columns: Array = data.columns.iter().map(|values| Float32Array::from(values.as_slice())).collect();
                chart.feed(&Float64Array::from(data.at_secs.as_slice()), &columns);
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
