//! Numbers as people read them: three figures, a unit that fits, "–" where there is nothing to tell.

use crate::model::params::Unit;

/// What stands where a number would be invented.
pub const NOTHING: &str = "–";
/// Keeps a number and its unit on one line.
const THIN: char = '\u{202f}';

/// A whole number in groups of three: `12 345`.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(THIN);
        }
        text.push(digit);
    }
    text
}

/// Three figures that count: `0.0123`, `1.23`, `12.3`, `123`, `12 345`.
#[must_use]
pub fn figures(number: f64) -> String {
    if !number.is_finite() {
        return NOTHING.to_owned();
    }
    let size = number.abs();
    let sign = if number < 0.0 { "\u{2212}" } else { "" };
    let text = if size >= 999.5 {
        count(size.round() as u64)
    } else if size >= 99.95 {
        format!("{size:.0}")
    } else if size >= 9.995 {
        trimmed(format!("{size:.1}"))
    } else if size >= 0.995 {
        trimmed(format!("{size:.2}"))
    } else if size == 0.0 {
        "0".to_owned()
    } else if size >= 0.099_95 {
        trimmed(format!("{size:.3}"))
    } else {
        trimmed(format!("{size:.4}"))
    };
    format!("{sign}{text}")
}

fn trimmed(text: String) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A rate: `9 731/s`.
#[must_use]
pub fn rate(per_second: f64) -> String {
    if per_second.is_finite() { format!("{}/s", figures(per_second)) } else { NOTHING.to_owned() }
}

/// A span of time with a unit that fits: `850 µs`, `118 ms`, `1.24 s`, `2 min 5 s`.
#[must_use]
pub fn duration(secs: f64) -> String {
    if !secs.is_finite() {
        return NOTHING.to_owned();
    }
    let size = secs.abs();
    if size == 0.0 {
        format!("0{THIN}s")
    } else if size < 0.000_999_5 {
        format!("{}{THIN}µs", figures(secs * 1e6))
    } else if size < 0.9995 {
        format!("{}{THIN}ms", figures(secs * 1e3))
    } else if size < 120.0 {
        format!("{}{THIN}s", figures(secs))
    } else {
        span(secs)
    }
}

/// A long span: `2 min 5 s`, `1 h 3 min`, `2 d 4 h`.
#[must_use]
pub fn span(secs: f64) -> String {
    if !secs.is_finite() {
        return NOTHING.to_owned();
    }
    let whole = secs.round() as u64;
    let parts = [(whole / 86_400, "d"), (whole / 3_600 % 24, "h"), (whole / 60 % 60, "min"), (whole % 60, "s")];
    let first = parts.iter().position(|(number, _)| *number > 0).unwrap_or(3);
    let text: Vec<String> = parts[first..]
        .iter()
        .take(2)
        .filter(|(number, unit)| *number > 0 || *unit == parts[first].1)
        .map(|(number, unit)| format!("{number}{THIN}{unit}"))
        .collect();
    text.join(" ")
}

/// A share 0..1 in percent: `97.7 %`.
#[must_use]
pub fn percent(share: f64) -> String {
    if share.is_finite() { format!("{}{THIN}%", figures(share * 100.0)) } else { NOTHING.to_owned() }
}

/// Bytes, in steps of a thousand.
#[must_use]
pub fn bytes(bytes: f64) -> String {
    match bytes {
        _ if bytes.is_nan() => "–".to_owned(),
        _ if bytes >= 1e9 => format!("{} GB", figures(bytes / 1e9)),
        _ if bytes >= 1e6 => format!("{} MB", figures(bytes / 1e6)),
        _ => format!("{} kB", figures(bytes / 1e3)),
    }
}

/// An amount of money: `$0.24`.
#[must_use]
pub fn dollars(number: f64) -> String {
    if number.is_finite() { crate::editor::catalog::dollars(number) } else { NOTHING.to_owned() }
}

/// Minutes of a run: `3.2 min`.
#[must_use]
pub fn minutes(number: f64) -> String {
    if number.is_finite() { format!("{}{THIN}min", figures(number)) } else { NOTHING.to_owned() }
}

/// A parameter's value with its unit.
#[must_use]
pub fn with_unit(number: f64, unit: Unit) -> String {
    match unit {
        Unit::Seconds => duration(number),
        Unit::PerSecond => rate(number),
        Unit::Share => percent(number),
        Unit::Factor => format!("{}×", figures(number)),
        Unit::Count if number.is_finite() && number >= 0.0 => count(number.round() as u64),
        Unit::Dollars => dollars(number),
        Unit::Minutes => minutes(number),
        Unit::Count | Unit::Plain => figures(number),
    }
}

/// Minutes and seconds on a timeline: `2:05`, `1:02:05`.
#[must_use]
pub fn clock(secs: f64) -> String {
    let whole = if secs.is_finite() { secs.max(0.0).round() as u64 } else { 0 };
    let (hours, minutes, seconds) = (whole / 3_600, whole / 60 % 60, whole % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// A moment of the run with its tenths: `1:18.2`, `1:02:05.0`.
#[must_use]
pub fn moment(secs: f64) -> String {
    let tenths = if secs.is_finite() { (secs.max(0.0) * 10.0 + 1e-6) as u64 } else { 0 };
    format!("{}.{}", clock((tenths / 10) as f64), tenths % 10)
}

/// Minutes and seconds of a moment of the run [ns], on an axis: `02:05`.
#[must_use]
pub fn short_clock(ns: u64) -> String {
    let secs = ns / 1_000_000_000;
    format!("{:02}:{:02}", secs / 60, secs % 60)
}

/// A speed: `1/4×`, `2.5×`.
#[must_use]
pub fn speed(times: f64) -> String {
    if times <= 0.0 || !times.is_finite() {
        return NOTHING.to_owned();
    }
    let inverse = 1.0 / times;
    if times < 1.0 && (inverse - inverse.round()).abs() < 1e-9 {
        format!("1/{}×", inverse.round())
    } else {
        format!("{}×", figures(times))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(text.replace(THIN, " "), expect);
    }

    #[test]
    fn numbers_keep_three_figures() {
        check(&figures(9_731.4), "9 731");
        check(&figures(118.2), "118");
        check(&figures(12.34), "12.3");
        check(&figures(1.0), "1");
        check(&figures(0.5432), "0.543");
        check(&figures(0.0123), "0.0123");
        check(&figures(-2.5), "\u{2212}2.5");
        check(&figures(f64::NAN), NOTHING);
        check(&count(1_234_567), "1 234 567");
    }

    #[test]
    fn spans_choose_a_unit_that_fits() {
        check(&duration(0.000_85), "850 µs");
        check(&duration(0.118), "118 ms");
        check(&duration(1.24), "1.24 s");
        check(&duration(125.0), "2 min 5 s");
        check(&duration(0.0), "0 s");
        check(&span(3_780.0), "1 h 3 min");
        check(&span(600.0), "10 min");
        check(&duration(f64::NAN), NOTHING);
        check(&percent(0.977), "97.7 %");
        check(&clock(125.0), "2:05");
        check(&moment(78.2), "1:18.2");
        check(&moment(59.99), "0:59.9");
    }

    #[test]
    fn speeds_below_one_are_fractions() {
        check(&speed(0.25), "1/4×");
        check(&speed(0.01), "1/100×");
        check(&speed(2.5), "2.5×");
    }
}
