//! The courses of a race laid over one another: replicas, p99, cost so far.

use std::fmt::Write as _;

use yew::prelude::*;

use super::{Entrant, mark};
use crate::engine::sort;
use crate::runner::what_if::Curves;
use crate::ui::kit::format;

/// Size of a drawing in its own units.
const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 150.0;
/// Left for the axis' numbers, and for the names at the lines' ends.
const LEFT: f64 = 46.0;
const RIGHT: f64 = 132.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 18.0;
/// Lines of text need this much room.
const ROW: f64 = 16.0;

struct Panel {
    title: &'static str,
    /// NaN where there is nothing.
    read: fn(&Curves, usize) -> f64,
    words: fn(f64) -> String,
    /// Holds its value until the next: a step.
    steps: bool,
}

const PANELS: &[Panel] = &[
    Panel {
        title: "Replicas held",
        read: |curves, at| curves.replicas.get(at).map_or(f64::NAN, |count| f64::from(*count)),
        words: format::figures,
        steps: true,
    },
    Panel {
        title: "p99 of the answered",
        read: |curves, at| curves.p99.get(at).map_or(f64::NAN, |figure| figure.0),
        words: format::duration,
        steps: false,
    },
    Panel {
        title: "Cost so far",
        read: |curves, at| curves.cost.get(at).copied().unwrap_or(f64::NAN),
        words: format::dollars,
        steps: false,
    },
];

#[derive(Debug, PartialEq, Properties)]
pub(super) struct OverlaidProps {
    pub(super) ran: Vec<Entrant>,
}

#[component]
pub(super) fn Overlaid(props: &OverlaidProps) -> Html {
    let panels = PANELS.iter().filter_map(|panel| drawing(&props.ran, panel));
    html! { <div class="race-curves">{ for panels }</div> }
}

fn drawing(ran: &[Entrant], panel: &Panel) -> Option<Html> {
    let values = |entrant: &Entrant| -> Vec<f64> {
        let curves = &entrant.finish.curves;
        (0..curves.at_secs.len()).map(|at| (panel.read)(curves, at)).collect()
    };
    let all: Vec<Vec<f64>> = ran.iter().map(values).collect();
    let most = all.iter().flatten().copied().filter(|value| value.is_finite()).fold(0.0, f64::max);
    let end = ran.iter().filter_map(|entrant| entrant.finish.curves.at_secs.last()).copied().fold(0.0, f64::max);
    if most <= 0.0 || end <= 0.0 {
        return None;
    }
    let x = |secs: f64| LEFT + secs / end * (WIDTH - LEFT - RIGHT);
    let y = |value: f64| TOP + (1.0 - value / (most * 1.05)) * (HEIGHT - TOP - BOTTOM);
    let lines = ran.iter().zip(&all).map(|(entrant, values)| {
        let path = path(&entrant.finish.curves.at_secs, values, panel.steps, x, y);
        html! { <path class={classes!("race-line", mark(entrant.place))} d={path} /> }
    });
    let labels = labels(ran, &all, y);
    let grid = [0.0, 0.5, 1.0].map(|share| {
        let value = most * share;
        html! {
            <>
                <line class="race-grid" x1={num(LEFT)} x2={num(WIDTH - RIGHT)} y1={num(y(value))} y2={num(y(value))} />
                <text class="race-axis" x={num(LEFT - 5.0)} y={num(y(value) + 3.5)} text-anchor="end">{ (panel.words)(value) }</text>
            </>
        }
    });
    let times = [0.0, 0.5, 1.0].map(|share| {
        html! { <text class="race-axis" x={num(x(end * share))} y={num(HEIGHT - 4.0)} text-anchor="middle">{ format::clock(end * share) }</text> }
    });
    let peaks: Vec<String> = ran
        .iter()
        .zip(&all)
        .map(|(entrant, values)| {
            let peak = values.iter().copied().filter(|value| value.is_finite()).fold(f64::NAN, f64::max);
            format!("{} up to {}", entrant.name, (panel.words)(peak))
        })
        .collect();
    Some(html! {
        <figure class="race-curve" key={panel.title}>
            <figcaption>{ panel.title }</figcaption>
            <svg viewBox={format!("0 0 {WIDTH} {HEIGHT}")} role="img" aria-label={format!("{} over time: {}", panel.title, peaks.join(", "))}>
                { for grid }
                { for times }
                { for lines }
                { for labels }
            </svg>
        </figure>
    })
}

fn num(value: f64) -> String {
    format!("{value:.1}")
}

fn path(at: &[f64], values: &[f64], steps: bool, x: impl Fn(f64) -> f64, y: impl Fn(f64) -> f64) -> String {
    let mut path = String::new();
    let mut drawing = false;
    for (secs, value) in at.iter().zip(values) {
        if !value.is_finite() {
            drawing = false;
            continue;
        }
        let (x, y) = (x(*secs), y(*value));
        // Writing to a string cannot fail.
        let _ = match (drawing, steps) {
            (false, _) => write!(path, "M{x:.1} {y:.1}"),
            (true, true) => write!(path, "H{x:.1}V{y:.1}"),
            (true, false) => write!(path, "L{x:.1} {y:.1}"),
        };
        drawing = true;
    }
    path
}

/// A name at the end of each line, moved apart where lines end close together.
fn labels(ran: &[Entrant], all: &[Vec<f64>], y: impl Fn(f64) -> f64) -> Vec<Html> {
    let mut ends: Vec<(usize, f64)> = all
        .iter()
        .enumerate()
        .filter_map(|(index, values)| {
            let last = values.iter().rev().find(|value| value.is_finite())?;
            Some((index, y(*last)))
        })
        .collect();
    sort::few_by(&mut ends, |a, b| a.1.total_cmp(&b.1));
    spread(&mut ends);
    ends.into_iter()
        .map(|(index, at)| {
            let entrant = &ran[index];
            html! {
                <text class={classes!("race-name", mark(entrant.place))} x={num(WIDTH - RIGHT + 6.0)} y={num(at + 3.5)}>{ short(&entrant.name) }</text>
            }
        })
        .collect()
}

/// Moves places apart so that none is nearer than a row to the next, within the drawing.
fn spread(ends: &mut [(usize, f64)]) {
    let mut free = TOP;
    for (_, at) in ends.iter_mut() {
        *at = at.max(free);
        free = *at + ROW;
    }
    let mut free = HEIGHT - BOTTOM;
    for (_, at) in ends.iter_mut().rev() {
        *at = at.min(free);
        free = *at - ROW;
    }
}

/// As much of a name as fits.
fn short(name: &str) -> String {
    const MOST: usize = 17;
    if name.chars().count() <= MOST {
        return name.to_owned();
    }
    name.chars().take(MOST - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_lie_on_one_another() {
        let mut ends = vec![(0, 10.0), (1, 11.0), (2, 12.0), (3, 131.0), (4, 132.0)];
        spread(&mut ends);
        for pair in ends.windows(2) {
            assert!(pair[1].1 - pair[0].1 >= ROW - 1e-9, "{ends:?}");
        }
        assert!(ends.iter().all(|(_, at)| (TOP..=HEIGHT - BOTTOM).contains(at)), "{ends:?}");
    }

    #[test]
    fn a_line_breaks_where_there_is_nothing() {
        let path = path(&[1.0, 2.0, 3.0, 4.0], &[1.0, 2.0, f64::NAN, 3.0], false, |x| x, |y| y);
        assert_eq!(path, "M1.0 1.0L2.0 2.0M4.0 3.0");
        assert_eq!(super::path(&[1.0, 2.0], &[1.0, 2.0], true, |x| x, |y| y), "M1.0 1.0H2.0V2.0");
    }
}
