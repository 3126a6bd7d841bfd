//! By plan: numbers at times of the day and the week, as cron writes them.

use super::calendar::{Cron, wall};
use super::{Decision, Limit, Scaler, Seen};
use crate::engine::time::SimDuration;
use crate::model::params::{Entry, ParamKind, ParamSpec, Params, Value, told};
use crate::model::read::Reader;

fn default_plan() -> Value {
    let row = |when: &str, replicas: f64| Value::List(vec![Value::from(when), Value::from(replicas)]);
    Value::List(vec![row("0 8 * * *", 10.0), row("0 20 * * *", 3.0)])
}

pub static ENTRY: Entry = Entry {
    id: "scheduled",
    name: "By plan",
    summary: told("Numbers at given times of the scenario's calendar: more before the rush, fewer at night."),
    source: told(
        "crontab(5): five fields, lists, ranges, steps, nicknames such as @daily; day of the month or of the week, if both are given.",
    ),
    params: &[ParamSpec {
        key: "plan",
        label: "Plan",
        help: told(
            "When, and how many replicas from then on. When: minute, hour, day of the month, month, day of the week, e.g. 30 7 * * mon-fri.",
        ),
        kind: ParamKind::Table {
            columns: &[
                ParamSpec {
                    key: "when",
                    label: "When",
                    help: told("Five fields: minute, hour, day of the month, month, day of the week."),
                    kind: ParamKind::Text { default: "0 8 * * *" },
                },
                ParamSpec::count("replicas", "Replicas", 3.0, 0.0, 1_000.0, "How many from then on."),
            ],
            default: default_plan,
            rows_max: 50,
        },
    }],
    defect: false,
};

#[derive(Clone, Debug)]
struct Row {
    text: String,
    cron: Cron,
    replicas: u32,
}

#[derive(Clone, Debug)]
struct Scheduled {
    rows: Vec<Row>,
}

fn rows(params: &Params) -> Vec<(String, u32)> {
    let rows = Reader::new(&ENTRY, params).rows("plan");
    let row = |cells: Vec<Value>| match cells.as_slice() {
        [Value::Text(when), Value::Number(replicas)] => Some((when.clone(), replicas.clamp(0.0, 1_000.0) as u32)),
        _ => None,
    };
    rows.into_iter().filter_map(row).collect()
}

fn read(params: &Params) -> Scheduled {
    let row = |(text, replicas): (String, u32)| Cron::parse(&text).ok().map(|cron| Row { text, cron, replicas });
    Scheduled { rows: rows(params).into_iter().filter_map(row).collect() }
}

pub(super) fn build(params: &Params) -> Box<dyn Scaler> {
    Box::new(read(params))
}

pub(super) fn check(params: &Params) -> Option<(&'static str, String)> {
    rows(params).iter().find_map(|(text, _)| Cron::parse(text).err()).map(|message| ("plan", message))
}

impl Scaler for Scheduled {
    fn interval(&self) -> SimDuration {
        SimDuration::from_secs(1)
    }

    fn decide(&mut self, seen: &Seen<'_>) -> Decision {
        let mut decision = Decision::keep(seen);
        let minute = seen.calendar.minute(seen.now);
        // Of rows that fire in the same minute, the last one counts.
        let fired = self.rows.iter().filter_map(|row| row.cron.last(minute).map(|at| (at, row)));
        let Some((at, row)) = fired.max_by_key(|(at, _)| *at) else {
            decision.limit = Limit::NoMetrics;
            decision.why.push("No row of the plan has come up yet.".to_owned());
            return decision;
        };
        (decision.proposed, decision.desired) = (Some(row.replicas), row.replicas);
        decision.why.push(format!(
            "It is {}; since {} the plan says {} ({}).",
            wall(minute),
            wall(at),
            row.replicas,
            row.text
        ));
        decision
    }

    fn adopt(&mut self, params: &Params) {
        *self = read(params);
    }

    fn box_clone(&self) -> Box<dyn Scaler> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::super::calendar::Calendar;
    use super::super::testing::{replicas, seen};
    use super::*;
    use crate::engine::time::SimTime;

    #[test]
    fn the_latest_row_counts_also_when_days_are_short() {
        let pods = replicas(&[0.5; 3], SimTime::ZERO);
        let calendar = Calendar { day: SimDuration::from_secs(24 * 60), ..Calendar::default() };
        let mut scaler = build(&Params::new());
        let mut at = |hour: f64| {
            let now = SimTime::from_secs_f64(hour * 60.0);
            let decision = scaler.decide(&Seen { calendar, ..seen(now, &pods) });
            (decision.desired, decision.why.join(" "))
        };
        assert_eq!(at(0.0).0, 3, "yesterday evening's row");
        assert_eq!(at(7.99).0, 3);
        assert_eq!(at(8.0), (10, "It is Mon 08:00; since Mon 08:00 the plan says 10 (0 8 * * *).".to_owned()));
        assert_eq!(at(19.99).0, 10);
        assert_eq!(at(20.0).0, 3);
        assert_eq!(at(24.0 + 8.0).0, 10);
    }

    #[test]
    fn a_wrong_row_is_named() {
        let row = Value::List(vec![Value::from("0 25 * * *"), Value::from(3.0)]);
        let (param, message) = check(&Params::new().with("plan", Value::List(vec![row]))).expect("no such hour");
        assert_eq!(param, "plan");
        assert!(message.contains("\"25\" is no hour"), "{message}");
    }
}
