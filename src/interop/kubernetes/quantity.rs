//! Kubernetes quantities: `250m`, `0.5`, `256Mi`, `1e3`.

/// Suffixes with their factor as (base, exponent).
const SUFFIXES: &[(&str, u32, i32)] = &[
    ("Ki", 2, 10),
    ("Mi", 2, 20),
    ("Gi", 2, 30),
    ("Ti", 2, 40),
    ("Pi", 2, 50),
    ("Ei", 2, 60),
    ("n", 10, -9),
    ("u", 10, -6),
    ("m", 10, -3),
    ("k", 10, 3),
    ("M", 10, 6),
    ("G", 10, 9),
    ("T", 10, 12),
    ("P", 10, 15),
    ("E", 10, 18),
];

/// A quantity in thousandths, rounded up as Kubernetes does.
///
/// # Errors
/// In words, if it is no quantity, is negative, or is too large to count in thousandths (about 9.2 P).
pub fn parse_quantity(text: &str) -> Result<i64, String> {
    let text = text.trim();
    let wrong = || format!("\"{text}\" is no quantity; write a number such as 250m, 0.5, 256Mi or 1G");
    let too_large = || format!("\"{text}\" is more than can be counted here");
    let split = text.find(|sign: char| !(sign.is_ascii_digit() || sign == '.' || sign == '+' || sign == '-'));
    let (number, suffix) = text.split_at(split.unwrap_or(text.len()));
    if number.starts_with('-') {
        return Err(format!("\"{text}\" is negative"));
    }
    let number = number.strip_prefix('+').unwrap_or(number);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(wrong());
    }
    let (base, exponent) = match suffix {
        "" => (10, 0),
        _ => match SUFFIXES.iter().find(|(name, ..)| *name == suffix) {
            Some((_, base, exponent)) => (*base, *exponent),
            None => {
                let exponent = suffix.strip_prefix(['e', 'E']).and_then(|exponent| exponent.parse().ok());
                (10, exponent.ok_or_else(wrong)?)
            }
        },
    };
    let mut value: i128 = digits.parse().map_err(|_| too_large())?;
    let mut tens = 3 - i32::try_from(fraction.len()).map_err(|_| wrong())?;
    if base == 2 {
        value = value.checked_mul(1 << exponent).ok_or_else(too_large)?;
    } else {
        tens = tens.checked_add(exponent).ok_or_else(too_large)?;
    }
    let power = |by: i32| 10i128.checked_pow(by.unsigned_abs());
    let milli = if tens >= 0 {
        power(tens).and_then(|power| value.checked_mul(power)).or((value == 0).then_some(0)).ok_or_else(too_large)?
    } else {
        power(tens).map_or(i128::from(value > 0), |power| (value + power - 1) / power)
    };
    i64::try_from(milli).map_err(|_| too_large())
}

/// Thousandths as Kubernetes writes them: whole units plainly, in binary steps where `binary` and it fits.
#[must_use]
pub fn write_quantity(milli: i64, binary: bool) -> String {
    if milli % 1_000 != 0 {
        return format!("{milli}m");
    }
    let units = milli / 1_000;
    if binary && units > 0 {
        for (suffix, shift) in [("Gi", 30), ("Mi", 20), ("Ki", 10)] {
            if units % (1 << shift) == 0 {
                return format!("{}{suffix}", units >> shift);
            }
        }
    }
    units.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_exactly_and_rounded_up() {
        for (text, milli) in [
            ("250m", 250),
            ("0.5", 500),
            ("1", 1_000),
            (".5", 500),
            ("2.", 2_000),
            ("+3", 3_000),
            ("100", 100_000),
            ("1k", 1_000_000),
            ("1e3", 1_000_000),
            ("1E3", 1_000_000),
            ("15e-1", 1_500),
            ("256Mi", 256 * 1024 * 1024 * 1_000),
            ("1.5Gi", 1_610_612_736_000),
            ("1M", 1_000_000_000),
            ("1u", 1),
            ("1500u", 2),
            ("0.1m", 1),
            ("0", 0),
            ("0e99", 0),
            ("1n", 1),
        ] {
            assert_eq!(parse_quantity(text), Ok(milli), "{text}");
        }
        for text in ["", "m", "1x", "1.2.3", "-1", "1-2", "1ki", "abc", "1e", "99999999999E", "1e40", "1 Gi"] {
            assert!(parse_quantity(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for (milli, binary, text) in [
            (250, false, "250m"),
            (2_000, false, "2"),
            (256 * 1024 * 1024 * 1_000, true, "256Mi"),
            (3 * 1024 * 1_000, true, "3Ki"),
            (1_000_000, true, "1000"),
            (0, true, "0"),
            (1_500, true, "1500m"),
        ] {
            assert_eq!(write_quantity(milli, binary), text);
            assert_eq!(parse_quantity(text), Ok(milli));
        }
    }
}
