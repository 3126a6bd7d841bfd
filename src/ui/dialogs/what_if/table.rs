//! The figures of a race side by side, the best of each column marked.

use yew::prelude::*;

use super::{Entrant, mark};
use crate::runner::report::Figure;
use crate::runner::what_if::Figures;
use crate::ui::kit::facts;
use crate::ui::kit::format;
use crate::ui::kit::hint::Term;
use crate::ui::kit::icons::icon;

/// One figure that is compared.
struct Column {
    /// Of the glossary; empty: the label says it all.
    term: &'static str,
    label: &'static str,
    read: fn(&Figures) -> Figure,
    words: fn(f64) -> String,
    /// More is better.
    more: bool,
}

const COLUMNS: &[Column] = &[
    Column {
        term: "p99",
        label: "p99 of the answered",
        read: |figures| figures.p99,
        words: format::duration,
        more: false,
    },
    Column {
        term: "answered_share",
        label: "answered",
        read: |figures| figures.answered_share,
        words: share,
        more: true,
    },
    Column {
        term: "slo_minutes_lost",
        label: "SLO minutes lost",
        read: |figures| figures.slo_minutes_lost,
        words: format::minutes,
        more: false,
    },
    Column { term: "cost", label: "cost", read: |figures| figures.cost, words: format::dollars, more: false },
    Column {
        term: "",
        label: "for a million answers",
        read: |figures| figures.cost_per_million,
        words: format::dollars,
        more: false,
    },
    Column {
        term: "replica",
        label: "replica-hours",
        read: |figures| figures.replica_hours,
        words: format::figures,
        more: false,
    },
    Column {
        term: "",
        label: "most replicas",
        read: |figures| Figure(f64::from(figures.replicas_max)),
        words: format::figures,
        more: false,
    },
];

/// A share without rounding up to all: 99.99 % is not 100 %.
fn share(share: f64) -> String {
    let percent = (share * 1e4).floor() / 100.0;
    if share >= 1.0 { format::percent(1.0) } else { format!("{percent:.2}\u{202f}%") }
}

/// The best figure of a column, as it is shown; `None` where all are alike or none is there.
fn best(ran: &[Entrant], column: &Column) -> Option<String> {
    let figures: Vec<f64> = ran.iter().filter_map(|entrant| (column.read)(&entrant.finish.figures).get()).collect();
    let pick = if column.more { f64::max } else { f64::min };
    let best = figures.iter().copied().reduce(pick)?;
    let words = (column.words)(best);
    figures.iter().any(|figure| (column.words)(*figure) != words).then_some(words)
}

#[derive(Debug, PartialEq, Properties)]
pub(super) struct TableProps {
    pub(super) ran: Vec<Entrant>,
    /// The scaler is not the learner's to change here.
    pub(super) fixed: bool,
    pub(super) take: Callback<usize>,
}

#[component]
pub(super) fn Table(props: &TableProps) -> Html {
    let best: Vec<Option<String>> = COLUMNS.iter().map(|column| best(&props.ran, column)).collect();
    let rows = props.ran.iter().map(|entrant| {
        let onclick = {
            let (take, place) = (props.take.clone(), entrant.place);
            Callback::from(move |_: MouseEvent| take.emit(place))
        };
        let cells = COLUMNS.iter().zip(&best).map(|(column, best)| {
            let words = (column.read)(&entrant.finish.figures).get().map_or_else(|| format::NOTHING.to_owned(), column.words);
            let is_best = best.as_ref() == Some(&words);
            html! {
                <td class={classes!("num", is_best.then_some("best"))} data-label={column.label}>
                    { &words }
                    if is_best { <span class="best-mark">{ icon("check", "icon-s") }<span class="visually-hidden">{ "best" }</span></span> }
                </td>
            }
        });
        html! {
            <tr class={mark(entrant.place)}>
                <th scope="row"><i class="race-mark" aria-hidden="true"></i>{ &entrant.name }</th>
                { for cells }
                <td>
                    if !entrant.present {
                        <button type="button" class="btn btn-s" disabled={props.fixed} {onclick}
                            title={if props.fixed { "The scaler belongs to this lesson's world." } else { "Put it in charge: one step, which undo takes back." }}>
                            { "Take this one" }
                        </button>
                    }
                </td>
            </tr>
        }
    });
    let head = html! {
        <>
            <th scope="col"><span class="visually-hidden">{ "Scaler" }</span></th>
            { for COLUMNS.iter().map(|column| html! {
                <th scope="col">
                    if column.term.is_empty() { { column.label } } else { <Term id={column.term}>{ column.label }</Term> }
                </th>
            }) }
            <th scope="col"><span class="visually-hidden">{ "Choose" }</span></th>
        </>
    };
    facts::Table {
        caption: "Figures of the race".into(),
        id: Some("race-table"),
        scroll: Some("race-table"),
        head,
        rows: rows.collect(),
        ..facts::Table::default()
    }
    .html()
}
