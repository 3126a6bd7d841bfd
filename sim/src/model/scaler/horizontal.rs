//! The plain horizontal scaler: one replica more above the target, one fewer below half of it.

use super::{Decision, Limit, MetricSeen, Scaler, Seen, check_range, oldest};
use crate::engine::sort;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::params::{Entry, ParamSpec, Params, Unit, told};
use crate::model::read::Reader;

pub static ENTRY: Entry = Entry {
    id: "horizontal",
    name: "Horizontal, one at a time",
    summary: told("One replica more while the mean CPU is above a target, one fewer while it is below half of it."),
    source: told(
        "The course's horizontal scaler: target, half the target for scaling in, one at a time, the least loaded leaves. The mean is over the replicas that were measured.",
    ),
    params: &[
        ParamSpec::count("min", "At least", 1.0, 1.0, 1_000.0, "Never fewer replicas than this."),
        ParamSpec::count("max", "At most", 10.0, 1.0, 1_000.0, "Never more replicas than this."),
        ParamSpec::number(
            "target",
            "Target CPU",
            Unit::Share,
            0.7,
            0.01,
            1.0,
            "Above this mean share of the requested CPU, one replica is added; below half of it, one leaves.",
        ),
        ParamSpec::number(
            "interval",
            "Evaluates every",
            Unit::Seconds,
            30.0,
            1.0,
            3_600.0,
            "Time between two evaluations; each changes the number by at most one.",
        ),
        ParamSpec::number(
            "cooldown",
            "Waits after a change",
            Unit::Seconds,
            0.0,
            0.0,
            3_600.0,
            "Nothing is changed for this long after a change: the CPU needs time to show what it did.",
        ),
    ],
    defect: false,
};

#[derive(Clone, Debug)]
struct Horizontal {
    min: u32,
    max: u32,
    target: f64,
    interval: SimDuration,
    cooldown: SimDuration,
    changed: Option<SimTime>,
}

fn read(params: &Params, changed: Option<SimTime>) -> Horizontal {
    let reader = Reader::new(&ENTRY, params);
    let min = reader.count("min");
    Horizontal {
        min,
        max: reader.count("max").max(min),
        target: reader.number("target"),
        interval: SimDuration::from_secs_f64(reader.number("interval")),
        cooldown: SimDuration::from_secs_f64(reader.number("cooldown")),
        changed,
    }
}

pub(super) fn build(params: &Params) -> Box<dyn Scaler> {
    Box::new(read(params, None))
}

pub(super) fn check(params: &Params) -> Option<(&'static str, String)> {
    check_range(&ENTRY, params)
}

impl Scaler for Horizontal {
    fn interval(&self) -> SimDuration {
        self.interval
    }

    fn decide(&mut self, seen: &Seen<'_>) -> Decision {
        let mut decision = Decision::keep(seen);
        let current = seen.current;
        let percent = |share: f64| format!("{:.1} %", share * 100.0);
        if let Some((cpu, counted)) = seen.mean(super::ReplicaSeen::cpu_share) {
            let (above, below) = (cpu > self.target, cpu < self.target * 0.5);
            let proposed = if above { current + 1 } else { current.saturating_sub(u32::from(below)) };
            decision.proposed = Some(proposed);
            decision.desired = proposed;
            decision.why.push(format!("Mean CPU of {counted} measured: {}.", percent(cpu)));
            decision.metrics.push(MetricSeen {
                name: "CPU, % of the request, mean".to_owned(),
                value: Some(cpu * 100.0),
                target: self.target * 100.0,
                measured: oldest(
                    seen.replicas.iter().filter(|replica| replica.ready.0).filter_map(|replica| replica.cpu),
                ),
                asks: Some(proposed),
            });
            decision.why.push(if above {
                format!("Above the target of {}: {current} + 1 = {proposed}.", percent(self.target))
            } else if below {
                format!("Below half the target, {}: {current} − 1 = {proposed}.", percent(self.target * 0.5))
            } else {
                format!("Between {} and {}: it stays.", percent(self.target * 0.5), percent(self.target))
            });
            // One more or one fewer, however far off the mean is.
            if cpu > self.target * (f64::from(current) + 1.0) / f64::from(current.max(1)) {
                decision.limit = Limit::Step;
            }
        } else {
            decision.limit = Limit::NoMetrics;
            decision.why.push("No ready replica has been measured yet.".to_owned());
        }
        if decision.desired != current
            && let Some(changed) = self.changed
            && seen.now.since(changed) < self.cooldown
        {
            (decision.desired, decision.limit) = (current, Limit::Wait);
            let passed = seen.now.since(changed).as_secs_f64();
            let all = self.cooldown.as_secs_f64();
            decision.why.push(format!("The last change is {passed:.0} s old, of {all:.0} s to wait."));
        }
        decision.clamp(self.min, self.max);
        if decision.desired != current {
            self.changed = Some(seen.now);
        }
        let mut by_load: Vec<(u64, u32)> = seen
            .replicas
            .iter()
            .map(|replica| {
                let load = replica.in_flight.map_or(0.0, |measured| measured.value);
                ((load * 1000.0) as u64, replica.number)
            })
            .collect();
        sort::few(&mut by_load);
        decision.leaves_first = by_load.into_iter().map(|(_, number)| number).collect();
        decision
    }

    fn adopt(&mut self, params: &Params) {
        *self = read(params, self.changed);
    }

    fn box_clone(&self) -> Box<dyn Scaler> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{replicas, secs, seen};
    use super::*;

    #[test]
    fn one_more_above_the_target_one_fewer_below_half_of_it() {
        let mut scaler = build(&Params::new().with("min", 2.0).with("max", 4.0));
        let mut ask = |shares: &[f64]| {
            let pods = replicas(shares, secs(60));
            let decision = scaler.decide(&seen(secs(60), &pods));
            (decision.desired, decision.limit)
        };
        assert_eq!(ask(&[0.71, 0.71]), (3, Limit::Nothing));
        assert_eq!(ask(&[3.0, 3.0]), (3, Limit::Step));
        assert_eq!(ask(&[0.7, 0.7, 0.7]), (3, Limit::Nothing));
        assert_eq!(ask(&[0.36, 0.34, 0.36]), (3, Limit::Nothing), "more than half the target");
        assert_eq!(ask(&[0.34, 0.34, 0.34]), (2, Limit::Nothing));
        assert_eq!(ask(&[0.0, 0.0]), (2, Limit::Min));
        assert_eq!(ask(&[0.9; 4]), (4, Limit::Max));
    }

    #[test]
    fn the_dead_do_not_pull_the_mean_down() {
        // Two of four down, the others at 90 %: dividing by all four would show 45 % and change nothing.
        let mut pods = replicas(&[0.9, 0.9, 0.0, 0.0], secs(60));
        for dead in &mut pods[2..] {
            (dead.ready.0, dead.cpu) = (false, None);
        }
        let decision = build(&Params::new()).decide(&seen(secs(60), &pods));
        assert_eq!(decision.desired, 5);
        assert_eq!(decision.why[0], "Mean CPU of 2 measured: 90.0 %.");
    }

    #[test]
    fn the_least_loaded_leaves_and_a_change_is_waited_for() {
        let mut pods = replicas(&[0.1, 0.1, 0.1], secs(60));
        for (replica, load) in pods.iter_mut().zip([2.0, 0.5, 1.0]) {
            if let Some(measured) = &mut replica.in_flight {
                measured.value = load;
            }
        }
        let mut scaler = build(&Params::new().with("cooldown", 60.0));
        let decision = scaler.decide(&seen(secs(60), &pods));
        assert_eq!((decision.desired, decision.leaves_first), (2, vec![1, 2, 0]));
        let waits = scaler.decide(&seen(secs(119), &pods));
        assert_eq!((waits.desired, waits.limit), (3, Limit::Wait));
        assert_eq!(scaler.decide(&seen(secs(120), &pods)).desired, 2);
    }
}
