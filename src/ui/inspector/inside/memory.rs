//! What a balancer keeps between requests: open connections, resolvers' cached answers, callers' views.

use yew::prelude::*;

use super::names::Marks;
use crate::facet::balancer::Balancer;
use crate::facet::balancer::memory::{Answer, Caller, Kept, Open};
use crate::ui::kit::bars::share_bar;
use crate::ui::kit::facts::{column_about, columns, table};
use crate::ui::kit::format;
use crate::ui::kit::section::section_named;

/// Answers and callers listed one by one; more are summed up.
const LISTED: usize = 24;

pub(super) fn section(balancer: &Balancer, marks: &Marks) -> Html {
    match &balancer.kept {
        None => Html::default(),
        Some(Kept::Connections(open)) => connections(open, balancer, marks),
        Some(Kept::Names { held, holders, answers }) => names(*held, holders, answers, balancer, marks),
        Some(Kept::Callers { callers, views }) => views_of(*callers, views, balancer, marks),
    }
}

fn connections(open: &[Open], balancer: &Balancer, marks: &Marks) -> Html {
    let most = open.iter().map(|open| open.open).max().unwrap_or(0).max(1);
    let all: u32 = open.iter().map(|open| open.open).sum();
    let rows = balancer.backends.iter().zip(open).map(|(backend, of)| {
        let age = if of.open == 0 { f64::NAN } else { of.oldest_ns as f64 / 1e9 };
        html! {
            <tr>
                <th scope="row">{ marks.badge(backend.index) }{ marks.name(backend.index) }</th>
                <td class="num share-cell">
                    { share_bar(f64::from(of.open) / f64::from(most), classes!("back-fill", marks.class(backend.index))) }
                    { of.open }
                </td>
                <td class="num">{ format::duration(age) }</td>
                <td class="num">{ format::count(of.requests) }</td>
            </tr>
        }
    });
    section_named(
        "open-connections",
        format!("{} open connections", format::count(all.into())),
        html! {
            <>
                <p class="sub">{ "It chooses once for each connection; every request on it goes the same way, however the load shifts." }</p>
                { table("backends", "Open connections", columns(&["Backend", "Open", "Oldest", "Requests"]), rows.collect()) }
            </>
        },
    )
}

fn names(held: u32, holders: &[u32], answers: &[Answer], balancer: &Balancer, marks: &Marks) -> Html {
    let more = (held as usize).saturating_sub(answers.len().min(LISTED));
    let index = |place: u32| balancer.backends.get(place as usize).map(|backend| backend.index);
    let title = match held {
        1 => "One resolver holds an answer".to_owned(),
        _ => format!("{} resolvers hold an answer", format::count(held.into())),
    };
    section_named(
        "resolvers",
        title,
        html! {
            <>
                <p class="sub">{ "Until it expires they send everyone there, no matter what has happened since." }</p>
                <ul class="shares">
                    { for balancer.backends.iter().zip(holders).map(|(backend, count)| html! {
                        <li>{ marks.badge(backend.index) }<span>{ marks.name(backend.index) }</span>
                            <span class="num">{ format!("{count} ({})", format::percent(f64::from(*count) / f64::from(held.max(1)))) }</span></li>
                    }) }
                </ul>
                { table("backends", "Cached answers", columns(&["Resolver", "Answer", "Expires in"]),
                    answers.iter().take(LISTED).map(|answer| html! {
                        <tr>
                            <th scope="row">{ &answer.asker }</th>
                            <td>{ match answer.backend.and_then(index) {
                                Some(backend) => html! { <>{ marks.badge(backend) }{ marks.name(backend) }</> },
                                None => html! { "one that is gone" },
                            } }</td>
                            <td class="num">{ if answer.waiting { "asking …".to_owned() } else { format::duration(answer.left_ns as f64 / 1e9) } }</td>
                        </tr>
                    }).collect()) }
                if more > 0 { <p class="sub">{ format!("and {more} more") }</p> }
            </>
        },
    )
}

/// Callers against backends: whom each of them would use.
fn views_of(callers: u32, views: &[Caller], balancer: &Balancer, marks: &Marks) -> Html {
    let more = (callers as usize).saturating_sub(views.len().min(LISTED));
    let cell = |view: &Caller, place: usize| {
        let backend = &balancer.backends[place];
        let uses = view.uses.get(place).copied().unwrap_or(false);
        let open = view.outstanding.get(place).copied().unwrap_or(0);
        // It has not heard yet that this one is down.
        let stale = uses && !backend.believed_healthy;
        let words = match (uses, stale) {
            (true, true) => "uses it, has not heard that it is down",
            (true, false) => "uses it",
            (false, _) => "does not use it",
        };
        html! {
            <td class={classes!("known-cell", stale.then_some("known-stale"))} title={words}>
                if uses { <span class={classes!("known", "num", marks.class(backend.index))}>{ if open > 0 { open.to_string() } else { String::new() } }</span> }
                else { <span class="unknown"></span> }
                <span class="visually-hidden">{ words }</span>
            </td>
        }
    };
    section_named(
        "callers",
        format!("{} callers choose for themselves", format::count(callers.into())),
        html! {
            <>
                <p class="sub">{ "Filled: the caller uses the backend; the number is its own open requests. Each hears from the registry in its own time, and may know a subset only." }</p>
                { table("backends", "Who uses whom", html! { <>
                        { columns(&["Caller"]) }
                        { for balancer.backends.iter().map(|backend| column_about(marks.number(backend.index), marks.name(backend.index))) }
                    </> }, views.iter().take(LISTED).map(|view| html! {
                        <tr>
                            <th scope="row">{ &view.asker }</th>
                            { for (0..balancer.backends.len()).map(|place| cell(view, place)) }
                        </tr>
                    }).collect()) }
                if more > 0 { <p class="sub">{ format!("and {more} more") }</p> }
            </>
        },
    )
}
