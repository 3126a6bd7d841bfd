//! Numbers as typed: in the unit shown beside the field, or with one of their own ("20 ms", "1.5 s", "2 min", "12k").

use crate::model::params::Unit;
use crate::ui::kit::format;

/// A scale on which a field shows its number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// What stands beside the field.
    pub sign: &'static str,
    /// The value of 1 in the field.
    pub one: f64,
}

/// The scale that suits a number.
#[must_use]
pub fn scale_for(number: f64, unit: Unit) -> Scale {
    match unit {
        Unit::Seconds if number != 0.0 && number.abs() < 0.000_999_9 => Scale { sign: "µs", one: 1e-6 },
        Unit::Seconds if number != 0.0 && number.abs() < 0.999_9 => Scale { sign: "ms", one: 1e-3 },
        Unit::Share => Scale { sign: "%", one: 0.01 },
        unit => Scale { sign: unit.symbol(), one: 1.0 },
    }
}

/// The number as the field shows it on `scale`: exact enough that reading it back changes nothing that matters.
#[must_use]
pub fn on_scale(number: f64, scale: Scale) -> String {
    let scaled = number / scale.one;
    // Twelve figures hide the dust of 0.07 / 0.01.
    let text = format!("{scaled:.12}");
    let mut rounded: f64 = text.parse().unwrap_or(scaled);
    if (rounded - rounded.round()).abs() < 1e-9 {
        rounded = rounded.round();
    }
    format!("{rounded}")
}

/// Number and unit in words.
#[must_use]
pub fn shown(number: f64, unit: Unit) -> String {
    format::with_unit(number, unit)
}

/// Reads what was typed; `None` if it is no number with a unit that fits.
#[must_use]
pub fn parse(text: &str, unit: Unit, scale: Scale) -> Option<f64> {
    typed(text, unit, scale).map(|(number, _)| number)
}

/// The same with the scale that the hand means from now on: the one that it typed, else the one that stood there.
#[must_use]
pub fn typed(text: &str, unit: Unit, scale: Scale) -> Option<(f64, Scale)> {
    // "$0.24" as well as "0.24 USD".
    let text = if unit == Unit::Dollars { text.trim().trim_start_matches('$') } else { text };
    let text: String = text.chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '_')).collect();
    let text = text.replace(['−', '–'], "-");
    // One comma and no point: a decimal comma.
    let text = if text.matches(',').count() == 1 && !text.contains('.') && !thousands_comma(&text) {
        text.replace(',', ".")
    } else {
        text.replace(',', "")
    };
    let split =
        text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E'))).unwrap_or(text.len());
    let (digits, suffix) = text.split_at(split);
    let number: f64 = digits.parse().ok()?;
    let one = match (unit, suffix.to_lowercase().as_str()) {
        (_, "") => scale.one,
        (Unit::Seconds, "us" | "µs" | "μs") => 1e-6,
        (Unit::Seconds, "ms") => 1e-3,
        (Unit::Seconds, "s" | "sec") => 1.0,
        (Unit::Seconds, "m" | "min") => 60.0,
        (Unit::Seconds, "h") => 3_600.0,
        (Unit::Seconds, "d") => 86_400.0,
        (Unit::Share, "%") => 0.01,
        (Unit::Dollars, "usd" | "$") => 1.0,
        (Unit::Minutes, "min" | "m") => 1.0,
        (Unit::Factor, "x" | "×") => 1.0,
        (Unit::PerSecond, "/s") => 1.0,
        (Unit::PerSecond, "/min") => 1.0 / 60.0,
        (Unit::PerSecond, "k/s") => 1e3,
        (Unit::PerSecond | Unit::Count | Unit::Plain, "k") => 1e3,
        (Unit::PerSecond | Unit::Count | Unit::Plain, "m") => 1e6,
        _ => return None,
    };
    // Dividing by a whole number rounds once, multiplying by 0.001 twice: "20" ms must be the same 0.02 as in a file.
    let value = if one < 1.0 { number / (1.0 / one).round() } else { number * one };
    let sign = match (unit, suffix.to_lowercase().as_str()) {
        (Unit::Seconds, "us" | "µs" | "μs") => Some("µs"),
        (Unit::Seconds, "ms") => Some("ms"),
        (Unit::Seconds, "s" | "sec") => Some("s"),
        (Unit::Seconds, "m" | "min") => Some("min"),
        (Unit::Seconds, "h") => Some("h"),
        _ => None,
    };
    value.is_finite().then_some((value, sign.map_or(scale, |sign| Scale { sign, one })))
}

/// Whether a lone comma sets thousands apart: "10,000".
fn thousands_comma(text: &str) -> bool {
    text.split_once(',').is_some_and(|(whole, rest)| {
        !whole.is_empty()
            && whole.len() <= 3
            && whole != "0"
            && rest.len() == 3
            && rest.chars().all(|c| c.is_ascii_digit())
    })
}

/// Where a number lies on a slider, 0..1: straight for shares, by its logarithm for what spans magnitudes.
#[must_use]
pub fn slider_from(number: f64, unit: Unit, min: f64, max: f64) -> f64 {
    if unit == Unit::Share || max - min <= 20.0 {
        return ((number - min) / (max - min)).clamp(0.0, 1.0);
    }
    ((1.0 + number - min).max(1.0).ln() / (1.0 + max - min).ln()).clamp(0.0, 1.0)
}

/// The number at a place on the slider, rounded to what a hand means.
#[must_use]
pub fn slider_to(place: f64, unit: Unit, min: f64, max: f64) -> f64 {
    let place = place.clamp(0.0, 1.0);
    if place >= 1.0 {
        return max;
    }
    let number = if unit == Unit::Share || max - min <= 20.0 {
        min + place * (max - min)
    } else {
        min + (1.0 + max - min).powf(place) - 1.0
    };
    let rounded = match unit {
        Unit::Share => (number * 100.0).round() / 100.0,
        Unit::Count => two_figures(number).round(),
        _ => two_figures(number),
    };
    rounded.clamp(min, max)
}

fn two_figures(number: f64) -> f64 {
    if number <= 0.0 {
        return 0.0;
    }
    let step = 10_f64.powf(number.log10().floor() - 1.0);
    let steps = (number / step).round();
    if step < 1.0 { steps / (1.0 / step).round() } else { steps * step }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_numbers_may_bring_their_own_unit() {
        let ms = Scale { sign: "ms", one: 1e-3 };
        assert_eq!(parse("20", Unit::Seconds, ms), Some(0.02));
        assert_eq!(parse("1.5 s", Unit::Seconds, ms), Some(1.5));
        assert_eq!(parse("2min", Unit::Seconds, ms), Some(120.0));
        assert_eq!(parse("0,5", Unit::Seconds, ms), Some(0.0005));
        assert_eq!(parse("10 000", Unit::PerSecond, scale_for(1.0, Unit::PerSecond)), Some(10_000.0));
        assert_eq!(parse("10,000", Unit::PerSecond, scale_for(1.0, Unit::PerSecond)), Some(10_000.0));
        assert_eq!(parse("12k", Unit::PerSecond, scale_for(1.0, Unit::PerSecond)), Some(12_000.0));
        assert_eq!(parse("7", Unit::Share, scale_for(0.1, Unit::Share)), Some(0.07));
        assert_eq!(parse("fast", Unit::Seconds, ms), None);
        assert_eq!(parse("5 %", Unit::Seconds, ms), None);
        assert_eq!(parse("", Unit::Count, scale_for(1.0, Unit::Count)), None);
    }

    #[test]
    fn the_unit_that_was_typed_stays() {
        let ms = scale_for(0.02, Unit::Seconds);
        let (long, scale) = typed("1500", Unit::Seconds, ms).expect("a number");
        assert_eq!((long, scale.sign), (1.5, "ms"));
        assert_eq!(typed("20", Unit::Seconds, scale).map(|(short, _)| short), Some(0.02));
        let (_, minutes) = typed("2 min", Unit::Seconds, ms).expect("a number");
        assert_eq!((minutes.sign, on_scale(120.0, minutes).as_str()), ("min", "2"));
    }

    #[test]
    fn what_a_field_shows_reads_back_the_same() {
        for number in [0.02, 0.07, 0.0005, 1.5, 120.0, 0.123_456] {
            for unit in [Unit::Seconds, Unit::Share, Unit::Plain] {
                let scale = scale_for(number, unit);
                let back = parse(&on_scale(number, scale), unit, scale).expect("a number was shown");
                assert!((back - number).abs() <= 1e-12 * number, "{number} as {}", on_scale(number, scale));
            }
        }
    }

    #[test]
    fn a_slider_ends_at_the_range_and_comes_back_where_it_was() {
        for (unit, min, max) in [(Unit::PerSecond, 0.0, 1e6), (Unit::Count, 1.0, 1_000.0), (Unit::Share, 0.0, 1.0)] {
            assert_eq!(slider_to(0.0, unit, min, max), min);
            assert_eq!(slider_to(1.0, unit, min, max), max);
            let number = slider_to(0.6, unit, min, max);
            let again = slider_to(slider_from(number, unit, min, max), unit, min, max);
            assert!((again - number).abs() <= 0.01 * number, "{number} came back as {again}");
        }
    }
}
