//! A scaler over time, drawn: replicas over the load, and what was measured over its target.

use yew::prelude::*;

use crate::model::scaler::Decision;
use crate::model::system::{CoursePoint, ScalingLook};
use crate::ui::kit::format;

/// The drawing's width, and the plot within it.
const WIDTH: f64 = 320.0;
const LEFT: f64 = 26.0;
const RIGHT: f64 = 278.0;
const TOP: f64 = 20.0;

/// A plot's scales.
#[derive(Clone, Copy, Debug)]
struct Plot {
    from_ns: u64,
    to_ns: u64,
    bottom: f64,
}

impl Plot {
    fn x(&self, at_ns: u64) -> f64 {
        let span = self.to_ns.saturating_sub(self.from_ns).max(1) as f64;
        LEFT + at_ns.saturating_sub(self.from_ns) as f64 / span * (RIGHT - LEFT)
    }

    fn y(&self, value: f64, most: f64) -> f64 {
        self.bottom - (value / most).clamp(0.0, 1.0) * (self.bottom - TOP)
    }

    /// A line that keeps its height until the next point.
    fn steps(&self, points: impl Iterator<Item = (u64, f64)>, most: f64) -> String {
        let mut path = String::new();
        for (at_ns, value) in points {
            let (x, y) = (self.x(at_ns), self.y(value, most));
            path += &if path.is_empty() { format!("M{x:.1} {y:.1}") } else { format!("H{x:.1}V{y:.1}") };
        }
        if path.is_empty() { path } else { format!("{path}H{RIGHT}") }
    }

    /// A line from point to point; NaN interrupts it.
    fn line(&self, points: impl Iterator<Item = (u64, f64)>, most: f64) -> String {
        let (mut path, mut open) = (String::new(), false);
        for (at_ns, value) in points {
            if value.is_finite() {
                let letter = if open { 'L' } else { 'M' };
                path += &format!("{letter}{:.1} {:.1}", self.x(at_ns), self.y(value, most));
            }
            open = value.is_finite();
        }
        path
    }

    /// The frame with its ticks: (value, words) at the left and at the right, moments below.
    fn axes(&self, left: &[(f64, String)], left_most: f64, right: &[(f64, String)], right_most: f64) -> Html {
        let tick = |value: f64, most: f64| format!("{:.1}", self.y(value, most));
        let under = format!("{:.1}", self.bottom + 13.0);
        let middle = self.from_ns.midpoint(self.to_ns);
        html! {
            <>
                { for left.iter().map(|(value, words)| { let y = tick(*value, left_most); html! {
                    <>
                        <path class="course-grid" d={format!("M{LEFT} {y}H{RIGHT}")} />
                        <text class="course-tick" x={(LEFT - 5.0).to_string()} y={y} dy="3.5" text-anchor="end">{ words }</text>
                    </>
                } }) }
                { for right.iter().map(|(value, words)| html! {
                    <text class="course-tick" x={(RIGHT + 5.0).to_string()} y={tick(*value, right_most)} dy="3.5">{ words }</text>
                }) }
                <text class="course-tick" x={LEFT.to_string()} y={under.clone()}>{ format::short_clock(self.from_ns) }</text>
                <text class="course-tick" x={((LEFT + RIGHT) / 2.0).to_string()} y={under.clone()} text-anchor="middle">{ format::short_clock(middle) }</text>
                <text class="course-tick" x={RIGHT.to_string()} y={under} text-anchor="end">{ format::short_clock(self.to_ns) }</text>
            </>
        }
    }
}

/// The next even number that reads well.
fn nice_count(most: u32) -> f64 {
    let steps = [2, 4, 6, 8, 10, 12, 16, 20, 24, 30, 40, 50, 60, 80, 100, 120, 160, 200, 300, 400, 600, 800];
    f64::from(steps.into_iter().find(|step| *step >= most).unwrap_or(1_000))
}

/// The next number with one figure, or one and a half.
fn nice(most: f64) -> f64 {
    if !most.is_finite() || most <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(most.log10().floor());
    let steps = [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    steps.into_iter().map(|step| step * power).find(|step| *step >= most).unwrap_or(10.0 * power)
}

/// As the scaler knows it; NaN: not measured yet.
fn rate_of(point: &CoursePoint) -> f64 {
    point.rate.unwrap_or(f64::NAN)
}

/// Replicas that there shall be and that are ready, over the load.
pub(super) fn replicas_over_load(inside: &ScalingLook) -> Html {
    let points = &inside.course;
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Html::default() };
    let to_ns = inside.syncs.last().map_or(last.at.0, |sync| sync.at.0.max(last.at.0));
    if to_ns <= first.at.0 {
        return Html::default();
    }
    let plot = Plot { from_ns: first.at.0, to_ns, bottom: 140.0 };
    let most = points.iter().map(|point| point.wanted.max(point.ready)).max().unwrap_or(1).max(1);
    let peak = points.iter().map(rate_of).filter(|rate| rate.is_finite()).fold(0.0, f64::max);
    let (count, rate) = (nice_count(most), nice(peak));
    let of = |value: fn(&CoursePoint) -> u32| points.iter().map(move |point| (point.at.0, f64::from(value(point))));
    let load = plot.line(points.iter().map(|point| (point.at.0, rate_of(point))), rate);
    let moved = inside.syncs.iter().filter(|sync| sync.desired != sync.current && sync.at.0 >= first.at.0);
    let left: Vec<_> = [0.0, count / 2.0, count].into_iter().map(|value| (value, format!("{value:.0}"))).collect();
    let right: Vec<_> = [0.0, rate / 2.0, rate].into_iter().map(|value| (value, format::figures(value))).collect();
    let words = format!(
        "From {} to {}: at most {most} replicas, at most {} requests a second; now {} wanted, {} ready",
        format::short_clock(first.at.0),
        format::short_clock(to_ns),
        format::figures(peak),
        last.wanted,
        last.ready
    );
    html! {
        <figure class="course">
            <svg viewBox={format!("0 0 {WIDTH} 158")} role="img" aria-label={words}>
                <text class="course-title" x="0" y="9">{ "replicas" }</text>
                <text class="course-title" x={WIDTH.to_string()} y="9" text-anchor="end">{ "requests/s" }</text>
                { plot.axes(&left, count, &right, rate) }
                if !load.is_empty() { <path class="course-area" d={area(&load, plot.bottom)} /> }
                <path class="course-load" d={load} />
                <path class="course-ready" d={plot.steps(of(|point| point.ready), count)} />
                <path class="course-wanted" d={plot.steps(of(|point| point.wanted), count)} />
                { for moved.map(|sync| html! {
                    <circle class="course-moved" cx={format!("{:.1}", plot.x(sync.at.0))} cy={format!("{:.1}", plot.y(f64::from(sync.desired), count))} r="2.6" />
                }) }
            </svg>
            <figcaption class="course-legend">
                { key("course-wanted", "wanted") }
                { key("course-ready", "ready") }
                { key("course-load", "requests/s, as the scaler knows them") }
            </figcaption>
        </figure>
    }
}

/// A line's path closed along the bottom; each part of an interrupted one by itself.
fn area(line: &str, bottom: f64) -> String {
    let close = |part: &str| {
        let first = part.split(['L', ' ']).next().unwrap_or_default();
        format!("M{part}V{bottom:.1}H{first}Z")
    };
    // The last x of a part is that of its last point: a vertical stroke leads down from there.
    line.split('M').filter(|part| part.contains('L')).map(close).collect()
}

fn key(class: &'static str, words: &'static str) -> Html {
    html! {
        <span class="course-key">
            <svg viewBox="0 0 18 8" width="18" height="8" aria-hidden="true"><path {class} d="M1 4H17" /></svg>{ words }
        </span>
    }
}

/// What was measured over its target, of the metric that asks for most; 1 is where it shall be.
pub(super) fn metric_over_target(inside: &ScalingLook) -> Html {
    let ratio = |sync: &Decision| {
        let ratios = sync.metrics.iter().filter_map(|metric| Some(metric.value? / metric.target));
        ratios.filter(|ratio| ratio.is_finite()).fold(f64::NAN, f64::max)
    };
    let points: Vec<(u64, f64)> = inside.syncs.iter().map(|sync| (sync.at.0, ratio(sync))).collect();
    let peak = points.iter().map(|(_, ratio)| *ratio).filter(|ratio| ratio.is_finite()).fold(0.0, f64::max);
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Html::default() };
    if peak == 0.0 || last.0 <= first.0 {
        return Html::default();
    }
    let from_ns = inside.course.first().map_or(first.0, |point| point.at.0.min(first.0));
    let to_ns = inside.course.last().map_or(last.0, |point| point.at.0.max(last.0));
    let plot = Plot { from_ns, to_ns, bottom: 84.0 };
    let most = nice(peak.max(1.2));
    let ticks: Vec<_> = [0.0, 1.0, most].into_iter().map(|value| (value, format::figures(value))).collect();
    let target = format!("{:.1}", plot.y(1.0, most));
    let words =
        format!("Measured over target, of the metric that is furthest above it: at most {}", format::figures(peak));
    html! {
        <figure class="course">
            <svg viewBox={format!("0 0 {WIDTH} 102")} role="img" aria-label={words}>
                <text class="course-title" x="0" y="9">{ "measured / target, the highest metric" }</text>
                { plot.axes(&ticks, most, &[], 1.0) }
                <path class="course-target" d={format!("M{LEFT} {target}H{RIGHT}")} />
                <text class="course-tick" x={(RIGHT + 5.0).to_string()} y={target} dy="3.5">{ "target" }</text>
                <path class="course-load" d={plot.line(points.into_iter(), most)} />
            </svg>
        </figure>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_at_numbers_that_read_well() {
        assert_eq!([1, 3, 12, 13, 999].map(nice_count), [2.0, 4.0, 12.0, 16.0, 1_000.0]);
        assert_eq!([0.0, 0.9, 1.2, 210.0, 1_000.0].map(nice), [1.0, 1.0, 1.5, 300.0, 1_000.0]);
    }

    #[test]
    fn a_line_is_filled_down_to_the_bottom_part_by_part() {
        assert_eq!(
            area("M1.0 2.0L3.0 4.0M7.0 1.0L9.0 1.0", 10.0),
            "M1.0 2.0L3.0 4.0V10.0H1.0ZM7.0 1.0L9.0 1.0V10.0H7.0Z"
        );
        assert_eq!(area("M1.0 2.0", 10.0), "");
    }
}
