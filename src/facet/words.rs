//! Numbers as cards write them.

/// A number with three significant figures at most below a hundred, whole above; thousands set apart.
#[must_use]
pub fn grouped(number: f64) -> String {
    if !number.is_finite() {
        return "–".to_owned();
    }
    let decimals = match number.abs() {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        size if size >= 0.9995 => 2,
        _ => 3,
    };
    let text = format!("{:.decimals$}", number.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = fraction.trim_end_matches('0');
    let mut out = String::new();
    for (place, digit) in whole.chars().enumerate() {
        // A narrow no-break space sets thousands apart, as SI does.
        if place > 0 && (whole.len() - place) % 3 == 0 {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    let zero = out.chars().all(|c| c == '0');
    if number < 0.0 && !zero { format!("−{out}") } else { out }
}

/// A share 0..1 in percent: `71 %`, `97.1 %`; one decimal near the end, where it matters.
#[must_use]
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 90.0 && percent < 100.0 { format!("{percent:.1} %") } else { format!("{percent:.0} %") }
}
