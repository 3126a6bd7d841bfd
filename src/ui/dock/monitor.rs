//! The performance monitor: every figure of a station or of the whole, second by second, and all of them as a file.

use yew::prelude::*;

use super::charts::{ChartCard, use_charted};
use crate::figure::{self, Shown};
use crate::protocol::Series;
use crate::runner::monitor;
use crate::topology::document::NodeId;
use crate::ui::browser;
use crate::ui::kit::format;
use crate::ui::kit::icons::icon;
use crate::ui::kit::look_into::use_watch;
use crate::ui::store::{use_dispatch, use_document, use_run, use_simulation};

#[component]
pub fn Monitor() -> Html {
    let simulation = use_simulation();
    let run = use_run();
    let document = use_document();
    let dispatch = use_dispatch();
    let node = use_charted();
    use_watch(node);
    let series = run.series_of(node).cloned();
    let remembers =
        series.as_ref().is_some_and(|series| series.column("memory_reserved").iter().any(|bytes| *bytes > 0.0));
    let charts = figure::charts().into_iter().filter(|chart| match chart.monitor {
        Shown::Always => true,
        Shown::WithMemory => remembers,
        Shown::Never => false,
    });
    let whose = node.and_then(|id| document.nodes.get(&id)).map_or("system", |node| node.label.as_str()).to_owned();
    let save = |kind: &'static str, media: &'static str, pack: fn(&Series) -> String| {
        let disabled = series.is_none();
        let (series, dispatch, whose) = (series.clone(), dispatch.clone(), whose.clone());
        let onclick = Callback::from(move |_: MouseEvent| {
            let Some(series) = &series else { return };
            let name = format!("{}-metrics.{kind}", crate::ui::dialogs::share::slug(&whose));
            if browser::save_file(&name, media, &pack(series)).is_err() {
                dispatch.notify("The browser would not save the file.");
            }
        });
        html! {
            <button type="button" class="btn btn-s" {disabled} {onclick}>{ icon("file-down", "icon-s") }{ kind.to_uppercase() }</button>
        }
    };
    let ask = |source: NodeId, ordinal: u64| {
        let simulation = simulation.clone();
        Callback::from(move |_: MouseEvent| simulation.explain(source, ordinal))
    };
    let width = series.as_ref().map_or(1.0, |series| series.bucket_secs);
    html! {
        <div class="monitor" tabindex="0" role="group" aria-label="Performance monitor">
            <div class="monitor-head">
                <span class="sub">{ if width > 1.0 { format!("One row for every {width} s of the run.") } else { "One row for every second of the run.".to_owned() } }</span>
                if let Some(slowest) = run.exemplars.slow.first() {
                    <button type="button" class="btn btn-s" onclick={ask(slowest.source, slowest.ordinal)}>{ format!("Why {}? The slowest lately", format::duration(slowest.took.as_secs_f64())) }</button>
                }
                { save("csv", "text/csv", monitor::csv) }
                { save("json", "application/json", monitor::json) }
            </div>
            <div class="monitor-charts">
                { for charts.map(|chart| html! { <ChartCard key={chart.title} {chart} {node} /> }) }
            </div>
            <p class="sub monitor-note">
                if remembers {
                    { "Memory is that of services: the program, objects in requests and in the pool and garbage where objects are modelled, else what their instances take when idle and for each request held. Entries of caches and messages of brokers have no size here. Reserved is the most that a program ever had, or what its instance requests. " }
                } else {
                    { "No memory is modelled here: choose “Objects in memory” at a service to see allocation, garbage and the collector’s pauses, or what its replicas have to see what that takes. " }
                }
                { "It is the memory of the system that is simulated, not that of this page." }
            </p>
        </div>
    }
}
