//! A strategy's inside, drawn: the order of its next choices, its ring or table, and where keys go.

use std::f64::consts::TAU;

use yew::prelude::*;

use super::names::Marks;
use crate::facet::balancer::strategy::{Keys, Picture, Sample, Strategy};
use crate::ui::kit::format;
use crate::ui::kit::section::{section, section_named};

/// Squares in a row of a table or of keys.
const COLUMNS: usize = 30;

/// Whom it would choose next, as squares.
pub(super) fn next(strategy: &Strategy, marks: &Marks) -> Html {
    if strategy.next.is_empty() {
        return Html::default();
    }
    let (run, of) = longest_run(&strategy.next);
    let words: Vec<String> = strategy.next.iter().map(|backend| marks.number(*backend)).collect();
    let burst = if run > 1 {
        format!("The longest burst: {run} in a row to {}.", marks.name(of))
    } else {
        "No backend is chosen twice in a row.".to_owned()
    };
    section(
        format!("The next {} choices", strategy.next.len()),
        html! {
            <>
                <ol class="next-picks" aria-label={words.join(", ")}>
                    { for strategy.next.iter().map(|backend| html! { <li>{ marks.badge(*backend) }</li> }) }
                </ol>
                <p class="sub">{ burst }{ " As long as no backend comes, goes or changes." }</p>
            </>
        },
    )
}

fn longest_run(picks: &[u32]) -> (usize, u32) {
    let mut best = (0, 0);
    let mut from = 0;
    for at in 1..=picks.len() {
        if at == picks.len() || picks[at] != picks[from] {
            if at - from > best.0 {
                best = (at - from, picks[from]);
            }
            from = at;
        }
    }
    best
}

/// The ring or the table, thinned, with everybody's share.
pub(super) fn picture(strategy: &Strategy, marks: &Marks) -> Html {
    let Some(picture) = &strategy.picture else { return Html::default() };
    let words: Vec<String> = picture
        .shares
        .iter()
        .map(|(backend, share)| format!("{} {}", marks.name(*backend), format::percent(*share)))
        .collect();
    let drawn = if picture.ring {
        ring(picture, strategy.keys.as_ref(), marks, &words)
    } else {
        grid(&picture.cells, None, marks, &words)
    };
    section(
        if picture.ring { "The ring" } else { "The table" },
        html! {
            <>
                { drawn }
                <ul class="shares">
                    { for picture.shares.iter().map(|(backend, share)| html! {
                        <li>{ marks.badge(*backend) }<span>{ marks.name(*backend) }</span><span class="num">{ format::percent(*share) }</span></li>
                    }) }
                </ul>
                <p class="sub">
                    { if picture.ring {
                        format!("{} points; each owns the stretch before it. ", format::count(picture.size.into()))
                    } else {
                        format!("{} entries, thinned to {} for the eye. ", format::count(picture.size.into()), picture.cells.len())
                    } }
                    if let Some((moved, ideal)) = picture.moved {
                        { format!("The last change moved {} of it; {} had to move.", format::percent(moved), format::percent(ideal)) }
                    }
                </p>
            </>
        },
    )
}

/// A circle whose stretches have their owners' colors.
fn ring(picture: &Picture, keys: Option<&Keys>, marks: &Marks, words: &[String]) -> Html {
    let count = picture.cells.len();
    let mut arcs = Vec::new();
    let mut from = 0;
    for at in 1..=count {
        if at == count || picture.cells[at] != picture.cells[from] {
            arcs.push(html! { <path class={classes!("ring-arc", marks.class(picture.cells[from]))} d={arc(from as f64 / count as f64, at as f64 / count as f64)} /> });
            from = at;
        }
    }
    let dots = keys.filter(|keys| keys.places.len() == keys.owners.len()).map(|keys| {
        let before = keys.change.as_ref().map(|change| change.before.as_slice());
        keys.places
            .iter()
            .zip(&keys.owners)
            .enumerate()
            .map(|(key, (place, owner))| {
                let moved = before.is_some_and(|before| before.get(key) != Some(owner));
                let (x, y) = on_circle(f64::from(*place), if moved { 64.0 } else { 70.0 });
                html! {
                    <circle class={classes!("ring-key", marks.class(*owner), moved.then_some("ring-moved"))} cx={n(x)} cy={n(y)} r={if moved { "4" } else { "2.6" }} />
                }
            })
            .collect::<Html>()
    });
    html! {
        <svg class="ring" viewBox="-100 -100 200 200" role="img" aria-label={words.join(", ")}>
            { for arcs }
            { dots.unwrap_or_default() }
        </svg>
    }
}

fn on_circle(turn: f64, radius: f64) -> (f64, f64) {
    let angle = (turn - 0.25) * TAU;
    (angle.cos() * radius, angle.sin() * radius)
}

/// An arc of the ring's band, from and to in turns.
fn arc(from: f64, to: f64) -> String {
    // A whole circle has no two ends: it is drawn a hair short.
    let to = to.min(from + 0.9999);
    let large = i32::from(to - from > 0.5);
    let ((ax, ay), (bx, by)) = (on_circle(from, 92.0), on_circle(to, 92.0));
    let ((cx, cy), (dx, dy)) = (on_circle(to, 78.0), on_circle(from, 78.0));
    format!("M{ax:.2} {ay:.2}A92 92 0 {large} 1 {bx:.2} {by:.2}L{cx:.2} {cy:.2}A78 78 0 {large} 0 {dx:.2} {dy:.2}Z")
}

/// Squares by owner; `moved` are outlined.
fn grid(owners: &[u32], moved: Option<&dyn Fn(usize) -> bool>, marks: &Marks, words: &[String]) -> Html {
    let rows = owners.len().div_ceil(COLUMNS);
    let cells = owners.iter().enumerate().map(|(at, owner)| {
        let (x, y) = ((at % COLUMNS) as f64 * 10.0, (at / COLUMNS) as f64 * 10.0);
        let moved = moved.is_some_and(|moved| moved(at));
        html! {
            <rect class={classes!("cell", marks.class(*owner), moved.then_some("cell-moved"))} x={n(x + 1.0)} y={n(y + 1.0)} width="8" height="8" rx={if moved { "4" } else { "1" }} />
        }
    });
    html! {
        <svg class="cells" viewBox={format!("0 0 {} {}", COLUMNS * 10, rows * 10)} role="img" aria-label={words.join(", ")}>{ for cells }</svg>
    }
}

/// Sample keys by owner, and what the last change moved.
pub(super) fn keys(strategy: &Strategy, marks: &Marks, now_ns: u64) -> Html {
    let Some(keys) = &strategy.keys else { return Html::default() };
    let what = match keys.what {
        Sample::Items => "keys",
        Sample::Clients => "clients",
        Sample::Countries => return countries(keys, marks),
    };
    let moved = |key: usize| {
        keys.change
            .as_ref()
            .is_some_and(|change| change.before.get(key).is_some_and(|before| *before != keys.owners[key]))
    };
    let count = (0..keys.owners.len()).filter(|key| moved(*key)).count();
    let words = vec![format!("{} sample {what} by the backend that they go to", keys.owners.len())];
    section_named(
        "sample-keys",
        format!("Where {} sample {what} go", keys.owners.len()),
        html! {
            <>
                { grid(&keys.owners, Some(&moved), marks, &words) }
                if let Some(change) = &keys.change {
                    <p class="keys-moved"><strong>{ format!("{count} of {} {what} moved", keys.owners.len()) }</strong>
                        { format!(" with the last change, {} ago. The least that must move for fair shares is {}.",
                            format::duration(now_ns.saturating_sub(change.at_ns) as f64 / 1e9), format::figures(change.ideal)) }
                        { " Round marks moved." }</p>
                } else {
                    <p class="sub">{ "Take a backend away, or kill one and wait for the checks: what moves is marked." }</p>
                }
            </>
        },
    )
}

/// Who would get the next request of each country.
fn countries(keys: &Keys, marks: &Marks) -> Html {
    section_named(
        "sample-keys",
        "Where each country's next request would go",
        html! {
            <>
                <ul class="countries">
                    { for keys.names.iter().zip(&keys.owners).map(|(code, owner)| html! {
                        <li title={format!("{code}: {}", marks.name(*owner))}><span class="num">{ code }</span>{ marks.badge(*owner) }
                            <span class="visually-hidden">{ marks.name(*owner) }</span></li>
                    }) }
                </ul>
            </>
        },
    )
}

fn n(value: f64) -> String {
    format!("{value:.2}")
}
