//! Small drawings of numbers: how full something is, what a whole is made of, how a number went.
//!
//! A drawing with `words` says them to a screen reader; one without only repeats a number that stands beside it.

use yew::prelude::*;

use super::format;

/// A share as a length in percent, with so many digits; what is no number is empty.
fn percent(share: f64, digits: usize) -> String {
    format!("{:.digits$}", if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) * 100.0 })
}

/// A bar of which a share is filled, from 0 to 1. `fill` is the class of the filled part.
pub fn meter(share: f64, fill: impl Into<Classes>, words: Option<String>) -> Html {
    meter_of(share, fill.into(), words)
}

fn meter_of(share: f64, fill: Classes, words: Option<String>) -> Html {
    let hidden = words.is_none().then_some("true");
    html! {
        <svg class="meter" viewBox="0 0 100 6" preserveAspectRatio="none" role={words.is_some().then_some("img")} aria-label={words} aria-hidden={hidden}>
            <rect class="meter-back" width="100" height="6" rx="2" />
            <rect class={fill} width={percent(share, 1)} height="6" rx="2" />
        </svg>
    }
}

/// The class of a meter's filled part.
pub fn fill(full: bool) -> Classes {
    classes!("meter-fill", full.then_some("meter-full"))
}

/// How much of how much is used, as a meter and in numbers, with words below. Without a limit, `full` alone decides.
pub fn level(used: f64, of: f64, full: bool, words: Html) -> Html {
    let share = if of > 0.0 { used / of } else { f64::from(u8::from(full)) };
    let (used, of) = (format::figures(used), format::figures(of));
    html! {
        <div class="level">
            { meter_of(share, fill(full), Some(format!("{used} of {of} used"))) }
            <span class="num">{ format!("{used} / {of}") }</span>
            { words }
        </div>
    }
}

/// A thin bar above a number in a cell of a table, without a background.
pub fn share_bar(share: f64, fill: impl Into<Classes>) -> Html {
    html! {
        <svg class="share-bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
            <rect class={fill.into()} width={percent(share, 1)} height="4" />
        </svg>
    }
}

/// What a whole is made of: parts side by side, each a class and its share of the whole, on a bar of this class and
/// height [px].
pub fn stacked(
    class: &'static str,
    height: u32,
    parts: impl IntoIterator<Item = (Classes, f64)>,
    words: Option<String>,
) -> Html {
    stacked_of(class, height, parts.into_iter().collect(), None, words)
}

/// As [`stacked`], with a line across it at a share of the whole.
pub fn stacked_to_mark(
    class: &'static str,
    height: u32,
    parts: impl IntoIterator<Item = (Classes, f64)>,
    mark: f64,
    words: Option<String>,
) -> Html {
    stacked_of(class, height, parts.into_iter().collect(), Some(mark), words)
}

fn stacked_of(
    class: &'static str,
    height: u32,
    parts: Vec<(Classes, f64)>,
    mark: Option<f64>,
    words: Option<String>,
) -> Html {
    let hidden = words.is_none().then_some("true");
    let mut from = 0.0;
    let parts = parts.into_iter().filter(|(_, share)| *share > 0.0).map(|(class, share)| {
        let x = format!("{}%", percent(from, 2));
        from += share;
        html! { <rect {class} {x} width={format!("{}%", percent(share, 2))} height="100%" /> }
    });
    let parts: Vec<Html> = parts.collect();
    let mark = mark.map(|at| format!("{}%", percent(at, 2)));
    html! {
        <svg class={classes!("stacked", class)} width="100%" height={height.to_string()} role={words.is_some().then_some("img")} aria-label={words} aria-hidden={hidden}>
            <rect class="stacked-back" width="100%" height="100%" />
            { parts }
            if let Some(mark) = mark { <line class="stacked-mark" x1={mark.clone()} x2={mark} y1="0" y2="100%" /> }
        </svg>
    }
}

/// The course of a number, with words below that say what it is and how far it went. Values are shares of the drawing's
/// height, from 0 to 1, in equal steps; what is no number is left out. Fewer than two are no course.
pub fn sparkline(values: impl ExactSizeIterator<Item = f64>, words: String) -> Html {
    if values.len() < 2 {
        return Html::default();
    }
    let step = 100.0 / (values.len() - 1) as f64;
    let mut points = String::new();
    for (at, value) in values.enumerate().filter(|(_, value)| value.is_finite()) {
        points += &format!("{:.2},{:.2} ", at as f64 * step, 29.0 - value * 28.0);
    }
    html! {
        <figure class="sparkline">
            <svg viewBox="0 0 100 30" preserveAspectRatio="none" role="img" aria-label={words.clone()}>
                <polyline points={points} vector-effect="non-scaling-stroke" />
            </svg>
            <figcaption class="sub">{ words }</figcaption>
        </figure>
    }
}
