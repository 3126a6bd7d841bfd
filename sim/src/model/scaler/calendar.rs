//! The scenario's calendar: what the clock on the wall says, and how long a day lasts in simulated seconds.
//!
//! Only what people plan by days is compressed: load, seasons, plans, history. Seconds of machines stay seconds.
//!
//! Plans are read here, after crontab(5), and not by a crate: `croner` 4.0, held against it in `tests/it/cron.rs`, names
//! the same minutes but for one rule. Of a day of the month and a day of the week, either suffices if both are
//! restricted, and crontab(5) counts a field as restricted if it does not begin with `*`; to `croner`, `*/2` is
//! restricted, too. It reads more than crontab(5) (`L`, `W`, `#`, `?`) and less (no `30/20`), and it needs a crate for
//! dates, where one place to look back from is all that a plan asks for.

use crate::engine::time::{SimDuration, SimTime};

/// Minutes of a day.
pub const DAY: i64 = 24 * 60;

/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: i64 = 719_468;

/// When the run begins, and how fast days pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Simulated time that a day takes.
    pub day: SimDuration,
    /// Minutes since 1970-01-01 00:00 on the wall when the run begins.
    pub begins: i64,
}

impl Default for Calendar {
    /// Real days, from Monday, the 1st of January 2024, at midnight.
    fn default() -> Self {
        Self { day: SimDuration::from_secs(86_400), begins: minute_of(2024, 1, 1, 0, 0) }
    }
}

/// A date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    pub year: i64,
    /// 1..=12
    pub month: u32,
    /// 1..=31
    pub day: u32,
    /// 0..=6, Sunday first.
    pub weekday: u32,
}

/// Minutes since 1970-01-01 00:00.
#[must_use]
pub const fn minute_of(year: i64, month: u32, day: u32, hour: u32, minute: u32) -> i64 {
    // Years begin in March here, so that a leap day is the last of its year.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let month = (month as i64 + 9) % 12;
    let of_year = (153 * month + 2) / 5 + day as i64 - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH;
    days * DAY + hour as i64 * 60 + minute as i64
}

/// The date of a day, counted from 1970-01-01.
#[must_use]
pub const fn date_of(day: i64) -> Date {
    let since = day + EPOCH;
    let era = since.div_euclid(146_097);
    let of_era = since - era * 146_097;
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let (civil, turn) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    Date {
        year: year + era * 400 + turn,
        month: civil as u32,
        day: (of_year - (153 * month + 2) / 5 + 1) as u32,
        weekday: (day + 4).rem_euclid(7) as u32,
    }
}

impl Calendar {
    /// The usual one, with days that take so many simulated seconds.
    #[must_use]
    pub fn with_day(secs: f64) -> Self {
        Self { day: SimDuration::from_secs_f64(secs.max(1.0)), ..Self::default() }
    }

    /// Minutes since 1970-01-01 00:00 on the wall, rounded down.
    #[must_use]
    pub fn minute(&self, at: SimTime) -> i64 {
        let day = u128::from(self.day.0.max(1));
        self.begins + (u128::from(at.0) * DAY as u128 / day) as i64
    }

    /// Whether days pass faster than real ones.
    #[must_use]
    pub fn is_compressed(&self) -> bool {
        self.day != Self::default().day
    }

    /// "Mon 09:30".
    #[must_use]
    pub fn label(&self, at: SimTime) -> String {
        wall(self.minute(at))
    }
}

/// "Mon 09:30" of a minute.
#[must_use]
pub fn wall(minute: i64) -> String {
    const NAMES: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    let of_day = minute.rem_euclid(DAY);
    let weekday = date_of(minute.div_euclid(DAY)).weekday;
    format!("{} {:02}:{:02}", NAMES[weekday as usize], of_day / 60, of_day % 60)
}

/// A plan of times as cron writes it: minute, hour, day of the month, month, day of the week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Days of the month and of the week are both restricted: then either suffices.
    either: bool,
}

/// What crontab(5) calls the usual plans.
const NICKNAMES: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Cron {
    /// Reads five fields, e.g. `30 8-18/2 * * mon-fri`, or a nickname such as `@daily`.
    ///
    /// # Errors
    /// Says which field is wrong, and how.
    pub fn parse(text: &str) -> Result<Self, String> {
        let nickname = NICKNAMES.iter().find(|(name, _)| text.trim().eq_ignore_ascii_case(name));
        let fields: Vec<&str> = nickname.map_or(text, |(_, fields)| fields).split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields.as_slice() else {
            return Err(format!(
                "\"{text}\" has {} fields instead of 5: minute, hour, day of the month, month, day of the week",
                fields.len()
            ));
        };
        let weekdays = field(weekday, "day of the week", 0, 7, &WEEKDAYS)?;
        let restricted = |text: &str| !text.starts_with('*');
        Ok(Self {
            minutes: field(minute, "minute", 0, 59, &[])?,
            hours: field(hour, "hour", 0, 23, &[])?,
            days: field(day, "day of the month", 1, 31, &[])?,
            months: field(month, "month", 1, 12, &MONTHS)?,
            // Sunday is 0 and 7.
            weekdays: (weekdays | weekdays >> 7) & 0x7f,
            either: restricted(day) && restricted(weekday),
        })
    }

    fn takes_day(&self, day: i64) -> bool {
        let date = date_of(day);
        let by_month = self.days >> date.day & 1 == 1;
        let by_week = self.weekdays >> date.weekday & 1 == 1;
        self.months >> date.month & 1 == 1 && if self.either { by_month || by_week } else { by_month && by_week }
    }

    /// The latest minute at or before `minute` at which it fires; `None`: none within five years.
    #[must_use]
    pub fn last(&self, minute: i64) -> Option<i64> {
        let today = minute.div_euclid(DAY);
        let hours_backwards = |most: i64| (0..=most).rev().filter(|hour| self.hours >> hour & 1 == 1);
        let minutes_backwards = |most: i64| (0..=most).rev().find(|minute| self.minutes >> minute & 1 == 1);
        for day in (today - 5 * 366..=today).rev() {
            if !self.takes_day(day) {
                continue;
            }
            let most = if day == today { minute.rem_euclid(DAY) } else { DAY - 1 };
            let found = hours_backwards(most / 60).find_map(|hour| {
                let most = if hour == most / 60 { most % 60 } else { 59 };
                minutes_backwards(most).map(|minute| hour * 60 + minute)
            });
            if let Some(found) = found {
                return Some(day * DAY + found);
            }
        }
        None
    }
}

/// One field as a set of bits.
fn field(text: &str, name: &str, min: u32, max: u32, names: &[&str]) -> Result<u64, String> {
    let wrong = |part: &str| format!("\"{part}\" is no {name}: {min} to {max}, ranges such as 1-5, steps such as */2");
    let value = |part: &str| {
        let lower = part.to_ascii_lowercase();
        let named = names.iter().position(|known| lower == *known).map(|at| at as u32 + u32::from(names.len() == 12));
        // A number is digits alone: Rust would read "+5", too.
        let value = named.or_else(|| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?);
        value.filter(|value| (min..=max).contains(value)).ok_or_else(|| wrong(part))
    };
    let mut bits = 0;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => {
                let step = step.parse::<u32>().ok().filter(|step| *step > 0 && !text.contains('+'));
                let step = step.ok_or_else(|| wrong(part))?;
                (range, Some(step))
            }
            None => (part, None),
        };
        let (from, to) = if range == "*" {
            (min, max)
        } else if let Some((from, to)) = range.split_once('-') {
            // "fri-sun": Sunday closes a week as well as it opens one.
            let closes_week = names.len() == 7 && to.eq_ignore_ascii_case("sun") && from != to;
            (value(from)?, if closes_week { 7 } else { value(to)? })
        } else {
            let from = value(range)?;
            // "5/10": from 5 on.
            (from, if step.is_some() { max } else { from })
        };
        if from > to {
            return Err(wrong(part));
        }
        for at in (from..=to).step_by(step.unwrap_or(1) as usize) {
            bits |= 1 << at;
        }
    }
    Ok(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_go_both_ways() {
        assert_eq!(minute_of(1970, 1, 1, 0, 0), 0);
        assert_eq!(date_of(0), Date { year: 1970, month: 1, day: 1, weekday: 4 });
        assert_eq!(date_of(19_782), Date { year: 2024, month: 2, day: 29, weekday: 4 });
        for day in [-800_000, -1, 0, 59, 60, 365, 11_016, 19_723, 47_540] {
            let date = date_of(day);
            assert_eq!(minute_of(date.year, date.month, date.day, 0, 0), day * DAY);
        }
    }

    #[test]
    fn a_compressed_day_passes_in_its_seconds() {
        let calendar = Calendar { day: SimDuration::from_secs(24 * 60), ..Calendar::default() };
        assert_eq!(calendar.label(SimTime::ZERO), "Mon 00:00");
        // A minute stands for an hour.
        assert_eq!(calendar.label(SimTime::from_secs_f64(9.5 * 60.0)), "Mon 09:30");
        assert_eq!(calendar.label(SimTime::from_secs_f64(25.0 * 60.0)), "Tue 01:00");
        assert!(calendar.is_compressed() && !Calendar::default().is_compressed());
    }

    #[test]
    fn plans_fire_when_cron_says() {
        // Wednesday, 2024-01-10 12:34.
        let now = minute_of(2024, 1, 10, 12, 34);
        for (text, last) in [
            ("* * * * *", (2024, 1, 10, 12, 34)),
            ("0 * * * *", (2024, 1, 10, 12, 0)),
            ("*/15 * * * *", (2024, 1, 10, 12, 30)),
            ("40 12 * * *", (2024, 1, 9, 12, 40)),
            ("0 8-18/4 * * *", (2024, 1, 10, 12, 0)),
            ("0 9 * * mon", (2024, 1, 8, 9, 0)),
            ("0 9 * * 7", (2024, 1, 7, 9, 0)),
            ("0 9 * * fri-sat", (2024, 1, 6, 9, 0)),
            ("5,50 6 * * *", (2024, 1, 10, 6, 50)),
            ("0 0 29 2 *", (2020, 2, 29, 0, 0)),
            ("0 0 24 nov *", (2023, 11, 24, 0, 0)),
            ("30/20 12 * * *", (2024, 1, 10, 12, 30)),
            // Both kinds of days restricted: either suffices.
            ("0 0 9 * sun", (2024, 1, 9, 0, 0)),
            ("0 0 20 * sun", (2024, 1, 7, 0, 0)),
            // A step over all days restricts nothing: both must hold.
            ("0 0 */2 * sun", (2024, 1, 7, 0, 0)),
            ("0 0 */5 * sun", (2023, 12, 31, 0, 0)),
            ("0 9 * * fri-sun", (2024, 1, 7, 9, 0)),
            ("0 9 * * sun", (2024, 1, 7, 9, 0)),
            ("0 9 * * sun-mon", (2024, 1, 8, 9, 0)),
            ("@hourly", (2024, 1, 10, 12, 0)),
            ("@daily", (2024, 1, 10, 0, 0)),
            ("@midnight", (2024, 1, 10, 0, 0)),
            ("@Weekly", (2024, 1, 7, 0, 0)),
            ("@monthly", (2024, 1, 1, 0, 0)),
            ("@yearly", (2024, 1, 1, 0, 0)),
        ] {
            let cron = Cron::parse(text).unwrap_or_else(|error| panic!("{error}"));
            let (year, month, day, hour, minute) = last;
            assert_eq!(cron.last(now), Some(minute_of(year, month, day, hour, minute)), "{text}");
        }
        assert_eq!(Cron::parse("0 0 30 2 *").map(|cron| cron.last(now)), Ok(None), "there is no such day");
    }

    #[test]
    fn wrong_plans_say_what_is_wrong() {
        for (text, says) in [
            ("0 8 * *", "4 fields"),
            ("60 * * * *", "no minute"),
            ("0 24 * * *", "no hour"),
            ("0 0 0 * *", "no day of the month"),
            ("0 0 * 13 *", "no month"),
            ("0 0 * * 8", "no day of the week"),
            ("0 18-8 * * *", "no hour"),
            ("*/0 * * * *", "no minute"),
            ("0 0 * * workday", "no day of the week"),
            ("+5 * * * *", "no minute"),
            ("0-30/+5 * * * *", "no minute"),
            ("5, * * * *", "no minute"),
            ("@reboot", "1 fields"),
        ] {
            let error = Cron::parse(text).expect_err(text);
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
