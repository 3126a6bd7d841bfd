//! The strip of totals: what is happening, at a glance; each number explains itself with the numbers behind it.

use yew::prelude::*;

use crate::editor::story::{Mood, head, suffering};
use crate::glossary::Glossary;
use crate::protocol::Recent;
use crate::topology::document::Document;
use crate::ui::client::run_view::RunView;
use crate::ui::course::use_words;
use crate::ui::kit::format;
use crate::ui::kit::hint::{Hint, term_card};
use crate::ui::kit::icons::icon;
use crate::ui::stage::canvas::legend::Legend;
use crate::ui::store::{use_document, use_run, use_simulation};

/// One number of the strip.
struct Figure {
    /// Of the glossary.
    term: &'static str,
    label: &'static str,
    value: String,
    /// Under the value.
    note: String,
    /// `warn`, `bad`, or empty.
    tone: &'static str,
    /// What it comes to here and now, in words and numbers.
    here: String,
}

/// How users fare and why, then the figures; nothing here moves when a number changes.
#[component]
pub fn Strip() -> Html {
    let run = use_run();
    let document = use_document();
    let words = use_words();
    let awaited = run.awaited();
    let whole = run.finished();
    // Once it is over, the last seconds are only the rest that drained: the whole run is what counts.
    let recent = if whole { whole_run(&run, measured_secs(&run)) } else { run.frame.recent.clone() };
    let told = head(&document, &run.frame, &recent, &run.exemplars, whole);
    let why = if whole { "over the whole run".to_owned() } else { told.why };
    let sign = match told.mood {
        Mood::Waiting => "clock",
        Mood::Calm => "circle-check",
        Mood::Uneasy | Mood::Suffering => "triangle-alert",
    };
    html! {
        <div class={classes!("strip", format!("strip-{}", told.mood.word()), awaited.then_some("strip-awaited"))} role="group" aria-label="Totals">
            if awaited { <Awaited /> }
            <div class="strip-row">
                <div class="strip-head" id="strip-head">
                    { icon(sign, "icon-l") }
                    <p><strong>{ told.title }</strong><span title={why.clone()}>{ &why }</span></p>
                </div>
                <div class="figures">{ for figures(&run, &document, &recent).into_iter().map(|shown| figure(&words.glossary, shown)) }</div>
            </div>
            // Spoken when that changes, not with each number.
            <p class="visually-hidden" role="status">{ if told.mood == Mood::Suffering { format!("Users are affected {why}") } else { String::new() } }</p>
        </div>
    }
}

/// How many requests one dot stands for, in the stage's corner.
#[component]
pub fn Dots() -> Html {
    let per = use_run().frame.dots_per;
    html! { <Hint class="dots-scale" card={dots_card(per)}><span class="dots-per" id="dots-per">{ dots_words(per) }</span></Hint> }
}

/// In the place of the totals while the simulation's program is on its way: how far it is, as `index.html` began to show it.
#[component]
fn Awaited() -> Html {
    let loading = use_run().loading;
    let simulation = use_simulation();
    let known = loading.of > 0.0;
    let share = if known { (loading.got / loading.of).clamp(0.0, 1.0) } else { 0.0 };
    let words = if loading.stalled {
        "Loading the simulation: nothing has come for a while. The connection may be down or very slow."
    } else if loading.complete() {
        "Starting the simulation"
    } else {
        "Loading the simulation"
    };
    let bytes = if known {
        format!("{:.1} of {:.1} MB", loading.got / 1e6, loading.of / 1e6)
    } else {
        format!("{:.1} MB", loading.got / 1e6)
    };
    let again = Callback::from(move |_: MouseEvent| simulation.try_again());
    let thousandths = |share: f64| format!("{:.0}", share * 1000.0);
    html! {
        <div class="loading">
            <div class="loading-words">
                <span role="status" id="loading-words">{ words }</span>
                if loading.stalled { <button type="button" class="btn btn-s" onclick={again}>{ icon("rotate-ccw", "icon-s") }{ "Try again" }</button> }
                <span class="loading-bytes">{ bytes }</span>
            </div>
            <svg class="loading-bar" viewBox="0 0 1000 8" preserveAspectRatio="none" role="progressbar" aria-label="Loading"
                aria-valuemin="0" aria-valuemax="100" aria-valuenow={known.then(|| format!("{:.0}", (share * 100.0).floor()))}>
                <rect class="loading-whole" width="1000" height="8" />
                <rect class="loading-got" width={thousandths(share)} height="8" />
                if known { <rect class="loading-notch" x={thousandths(loading.page / loading.of)} width="4" height="8" /> }
            </svg>
        </div>
    }
}

/// How many requests one dot stands for.
#[must_use]
pub fn dots_words(per: u32) -> String {
    match per {
        0 | 1 => "1 dot = 1 request".to_owned(),
        per => format!("1 dot = {} requests", format::count(u64::from(per))),
    }
}

fn dots_card(per: u32) -> Html {
    html! {
        <>
            <h3 class="hint-title">{ "What a dot is" }</h3>
            <p>{ if per <= 1 {
                "Each dot is one request on its way, or one answer coming back.".to_owned()
            } else {
                format!("Too many to draw one by one: each dot stands for {} of them. Dots times {} equals the counters, on every connection and each way.",
                    format::count(u64::from(per)), format::count(u64::from(per)))
            } }</p>
            <Legend />
        </>
    }
}

fn figure(glossary: &Glossary, figure: Figure) -> Html {
    let here = html! { <p class="hint-here">{ figure.here }</p> };
    let tone = (!figure.tone.is_empty()).then(|| format!("tone-{}", figure.tone));
    html! {
        <Hint class={classes!("figure", format!("figure-{}", figure.term))} card={term_card(glossary.find(figure.term), figure.label, here)}>
            <span class="figure-label">{ figure.label }</span>
            <span class={classes!("figure-value", "num", tone)} data-figure={figure.term}>{ figure.value }</span>
            <span class="figure-note">{ figure.note }</span>
        </Hint>
    }
}

/// Simulated time that the totals are of, at the longest to the end of the run [s]: they leave the warm-up out.
fn measured_secs(run: &RunView) -> f64 {
    let now = run.frame.now_ns as f64 / 1e9;
    (if run.finished() { run.length_secs } else { now }) - run.warm_up_secs
}

/// The figures of the whole run.
fn whole_run(run: &RunView, secs: f64) -> Recent {
    let mut figures = run.frame.totals.as_recent(secs);
    if let Some((station, busy)) = run.ending.as_ref().and_then(|ending| ending.busiest) {
        (figures.utilization, figures.busiest) = (busy, Some(station));
    }
    figures
}

fn figures(run: &RunView, document: &Document, recent: &Recent) -> Vec<Figure> {
    let totals = &run.frame.totals;
    let whole = run.finished();
    let measured_secs = measured_secs(run);
    let span =
        if whole { "the whole run".to_owned() } else { format!("the last {}", format::duration(recent.span_secs)) };
    let begun = run.begun();
    // Before anything happened a zero would be a claim; a dash is the truth.
    let shown = |text: String| if begun { text } else { format::NOTHING.to_owned() };
    let noted = |text: String| if begun { text } else { String::new() };
    let over = |words: String| if begun { words } else { "Nothing has happened yet.".to_owned() };
    let mean_rate = if measured_secs > 0.0 { totals.offered as f64 / measured_secs } else { f64::NAN };
    let ended: u64 = totals.by_outcome.iter().sum();
    let failed = ended - totals.by_outcome[0];
    let tone_of = |share: f64, warn: f64, bad: f64| match share {
        _ if !begun || share.is_nan() => "",
        _ if share >= bad => "bad",
        _ if share >= warn => "warn",
        _ => "",
    };
    let (lost, late) = suffering(recent);
    let goal = document.good_within_secs;
    let p99_tone = match goal {
        Some(goal) if begun && recent.p99_offered > goal => "bad",
        _ if begun && recent.p99_offered.is_infinite() => "bad",
        _ => "",
    };
    let busiest = recent.busiest.and_then(|id| document.nodes.get(&id)).map(|node| node.label.clone());
    let busy = recent.busiest.and_then(|id| run.station(id)).filter(|_| !whole).map_or(String::new(), |station| {
        let waiting = format::count(station.queue.into());
        format!(" Right now {} of its {} slots are busy and {waiting} wait.", station.busy, station.slots)
    });
    vec![
        Figure {
            term: "goodput",
            label: if goal.is_some() { "Answered in time" } else { "Answered" },
            value: shown(format::rate(recent.goodput)),
            note: noted(format!("of {} arriving", format::rate(recent.arrival_rate))),
            tone: tone_of(lost + late, 0.001, 0.01),
            here: over(match goal {
                Some(goal) => format!(
                    "In time here means within {}: {} of {} requests since the start, {} over {span}.",
                    format::duration(goal),
                    format::count(totals.good),
                    format::count(totals.offered),
                    format::rate(recent.goodput)
                ),
                None => "No limit is set for this run, so every answer is in time.".to_owned(),
            }),
        },
        Figure {
            term: "p99",
            label: "p99 of all",
            value: shown(patience(recent.p99_offered)),
            note: noted(format!("answered: {}", format::duration(recent.p99))),
            tone: p99_tone,
            here: over(format!(
                "Over all requests of {span}; one without an answer counts as infinitely long. Answered ones alone: {} over {span}, {} since the start.",
                format::duration(recent.p99),
                format::duration(totals.sojourn_p99)
            )),
        },
        Figure {
            term: "error_share",
            label: "Errors",
            value: shown(format::percent(recent.error_share)),
            note: noted(format!("{} so far", format::count(failed))),
            tone: tone_of(recent.error_share, 0.001, 0.01),
            here: over(format!(
                "{} of {} requests that have ended since the start got no answer.",
                format::count(failed),
                format::count(ended)
            )),
        },
        Figure {
            term: "utilization",
            label: "Busiest",
            value: shown(format::percent(recent.utilization)),
            note: noted(busiest.clone().unwrap_or_default()),
            tone: tone_of(recent.utilization, 0.8, 0.95),
            here: over(match busiest {
                Some(label) => {
                    format!("{label} is the busiest: {} over {span}.{busy}", format::percent(recent.utilization))
                }
                None => "No station has worked yet.".to_owned(),
            }),
        },
        Figure {
            term: "in_flight",
            label: "In flight",
            value: shown(format::count(totals.in_flight)),
            note: String::new(),
            tone: "",
            here: over(format!(
                "Little's law for the whole run: {} × {} mean time = about {} requests.",
                format::rate(mean_rate),
                format::duration(totals.sojourn_mean),
                format::figures(mean_rate * totals.sojourn_mean)
            )),
        },
        Figure {
            term: "p50",
            label: "p50",
            value: shown(format::duration(recent.p50)),
            note: String::new(),
            tone: "",
            here: over(format!(
                "{} over {span}, of answered requests; {} since the start.",
                format::duration(recent.p50),
                format::duration(totals.sojourn_p50)
            )),
        },
    ]
}

/// A percentile over all requests: infinite where too many got no answer.
fn patience(secs: f64) -> String {
    if secs.is_infinite() { "no answer".to_owned() } else { format::duration(secs) }
}
