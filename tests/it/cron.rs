//! Plans fire when another reader of cron's expressions, the `croner` crate, says that they do.

use chrono::DateTime;
use croner::parser::{CronParser, Seconds, Year};
use headroom::model::scaler::calendar::{Cron, minute_of, wall};

/// The latest minute at or before `minute`, as `croner` has it; `None` if it cannot read the plan.
fn by_croner(plan: &str, minute: i64) -> Option<i64> {
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    let at = DateTime::from_timestamp(minute * 60, 0).expect("a time within its range");
    let last = parser.parse(plan).ok()?.find_previous_occurrence(&at, true).ok()?;
    Some(last.timestamp().div_euclid(60))
}

#[test]
fn plans_fire_when_croner_says() {
    let minutes = ["*", "*/7", "5,50", "10-40/10", "08"];
    let hours = ["*", "8-18/4", "23"];
    let days = ["*", "1", "29", "1-7", "*/2", "5,*/10"];
    let months = ["*", "jan", "JUN-aug", "*/3"];
    let weekdays = ["*", "0", "7", "mon-fri", "fri-sun", "5-7", "sun-tue", "sat,sun", "*/3", "0-7"];
    let moments = [(2024, 1, 10, 12, 34), (2024, 2, 29, 0, 0), (2023, 12, 31, 23, 59)];
    let mut plans: Vec<String> =
        ["@hourly", "@daily", "@weekly", "@monthly", "@yearly", "@annually"].map(str::to_owned).into();
    for (minute, hour) in minutes.iter().flat_map(|minute| hours.iter().map(move |hour| (minute, hour))) {
        for (day, month) in days.iter().flat_map(|day| months.iter().map(move |month| (day, month))) {
            // Where it departs from crontab(5): a step over all days, beside days of the other kind.
            let steps = |field: &str| field.starts_with('*') && field != "*";
            for weekday in weekdays {
                if !(steps(day) && weekday != "*" || steps(weekday) && *day != "*") {
                    plans.push(format!("{minute} {hour} {day} {month} {weekday}"));
                }
            }
        }
    }
    for plan in &plans {
        let cron = Cron::parse(plan).unwrap_or_else(|error| panic!("{error}"));
        for (year, month, day, hour, minute) in moments {
            let now = minute_of(year, month, day, hour, minute);
            let (ours, theirs) = (cron.last(now), by_croner(plan, now));
            assert!(theirs.is_some(), "{plan}: croner reads it and finds a time");
            assert_eq!(ours, theirs, "{plan} before {}: {:?} and {:?}", wall(now), ours.map(wall), theirs.map(wall));
        }
    }
}

#[test]
fn what_is_no_plan_to_croner_is_none_here() {
    for plan in [
        "60 * * * *",
        "0 24 * * *",
        "0 0 32 * *",
        "0 0 * 13 *",
        "0 0 * * 8",
        "0 18-8 * * *",
        "*/0 * * * *",
        "0 8 * *",
        "",
    ] {
        assert!(Cron::parse(plan).is_err() && by_croner(plan, 0).is_none(), "{plan}");
    }
}
