//! Why it costs what it costs: every line of the bill with its quantity, its price, and where the price comes from.

use yew::prelude::*;

use super::what_if::objective_words;
use crate::model::scaler::calendar::Calendar;
use crate::protocol::money::{MoneyFrame, MoneyKind, MoneyLine};
use crate::topology::document::{Document, NodeId};
use crate::ui::kit::dialog::Dialog;
use crate::ui::kit::facts::{Table, columns, fact, facts};
use crate::ui::kit::format;
use crate::ui::kit::hint::Term;
use crate::ui::store::{use_document, use_run};

#[derive(Debug, PartialEq, Properties)]
pub struct MoneyProps {
    pub onclose: Callback<()>,
}

#[component]
pub fn Money(props: &MoneyProps) -> Html {
    let run = use_run();
    let document = use_document();
    let money = &run.money;
    let rows = money.lines.iter().enumerate().map(|(index, line)| {
        let first = index == 0 || money.lines[index - 1].node != line.node;
        row(&document, line, first)
    });
    let total = format::dollars(money.total);
    let bill = Table {
        caption: "The bill, line by line".into(),
        id: Some("bill"),
        scroll: Some("race-table"),
        head: columns(&["station", "for", "quantity", "price", "so far"]),
        rows: rows.collect(),
        foot: Some(
            html! { <tr><th scope="row" colspan="4">{ "all together" }</th><td class="num">{ total }</td></tr> },
        ),
        ..Table::default()
    };
    html! {
        <Dialog title="What it costs, and why" onclose={props.onclose.clone()} wide=true>
            if money.lines.is_empty() {
                <p class="empty">{ "Nothing has a price yet, or nothing has run. Choose a virtual machine as the replica size, or set a price at a database, a cache or a gateway." }</p>
            } else {
                <div class="money-facts">{ sums(money) }</div>
                if let Some(words) = day_words(&document) { <p class="sub">{ words }</p> }
                { bill.html() }
                <ul class="sources">{ for sources(money).into_iter().map(|source| html! { <li class="sub">{ source }</li> }) }</ul>
            }
            <p>{ objective_words(&document) }{ " " }{ lost_words(money, &document) }</p>
        </Dialog>
    }
}

fn sums(money: &MoneyFrame) -> Html {
    facts(html! {
        <>
            { fact("now, an hour", format::dollars(money.per_hour)) }
            { fact(html! { <Term id="cost_per_hour">{ "on average, an hour" }</Term> }, format::dollars(money.mean_per_hour)) }
            { fact("a day of 24 hours, at that average", format::dollars(money.mean_per_hour * 24.0)) }
            { fact("so far", format::dollars(money.total)) }
            { fact("a million answered requests", format::dollars(money.per_million)) }
        </>
    })
}

fn row(document: &Document, line: &MoneyLine, first: bool) -> Html {
    let label = document.nodes.get(&NodeId(line.node)).map_or_else(|| "removed".to_owned(), |node| node.label.clone());
    let what = match line.kind {
        MoneyKind::OnDemand | MoneyKind::Reserved | MoneyKind::Spot => {
            format!("{}, {} now, {}", line.size, line.running, line.kind.label())
        }
        kind => kind.label().to_owned(),
    };
    let per = match line.kind {
        MoneyKind::OnDemand | MoneyKind::Reserved | MoneyKind::Spot | MoneyKind::Station => "an hour",
        MoneyKind::Requests => "a million",
        MoneyKind::Zones | MoneyKind::Regions | MoneyKind::Internet => "a GB",
    };
    html! {
        <tr>
            <th scope="row">{ if first { label } else { String::new() } }</th>
            <td>{ what }</td>
            <td class="num">{ format!("{} {}", format::figures(line.quantity), line.kind.unit()) }</td>
            <td class="num">{ format!("× {} {per}", format::dollars(line.price)) }</td>
            <td class="num">{ format!("= {}", format::dollars(line.cost)) }</td>
        </tr>
    }
}

/// Each source once, in the order of the lines.
fn sources(money: &MoneyFrame) -> Vec<&'static str> {
    let mut sources = Vec::new();
    for line in &money.lines {
        if !sources.contains(&line.kind.source()) {
            sources.push(line.kind.source());
        }
    }
    sources
}

/// What compressed days do to a bill; `None`: days are real.
fn day_words(document: &Document) -> Option<String> {
    let secs = document.day_secs.filter(|secs| Calendar::with_day(*secs).is_compressed())?;
    Some(format!(
        "A day on the calendar lasts {} here, so a run pays only for that long; a real day of this pattern would cost what stands above for 24 hours.",
        format::span(secs)
    ))
}

/// How the objective was kept so far.
#[must_use]
pub fn lost_words(money: &MoneyFrame, document: &Document) -> String {
    if money.judged_secs <= 0.0 {
        return String::new();
    }
    let (lost, judged) = (money.missed_secs, money.judged_secs);
    let mut words = format!("Missed for {} of the first {}.", format::duration(lost), format::duration(judged));
    let compressed = document.day_secs.filter(|secs| Calendar::with_day(*secs).is_compressed());
    if let Some(day) = compressed.filter(|_| lost > 0.0) {
        let on_the_calendar = format::span(money.missed_secs * 86_400.0 / day);
        words += &format!(" On the calendar that is {on_the_calendar}.");
    }
    words
}
