//! Kubernetes' horizontal pod autoscaler as a choice for parameters; [`super::hpa`] computes it.

mod params;

pub use params::{ENTRY, Row, behaviors, kinds_of, metric_row, policy_row, rows, settings, to_variant};
use params::{KINDS, MIB, span};

use super::hpa::behavior::Rules;
use super::hpa::calculator::{Kept, Metric, Pod, Proposal, Reading, Sample};
use super::hpa::{Hpa, Nanos, Sync};
use super::{Decision, Limit, LookBack, Measured, MetricSeen, ReplicaSeen, Scaler, Seen, check_range, oldest};
use crate::engine::sort;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::params::Params;

#[derive(Clone, Debug)]
struct Kubernetes {
    hpa: Hpa,
    rows: Vec<Row>,
    sync: SimDuration,
    pods_window: SimDuration,
}

pub(super) fn build(params: &Params) -> Box<dyn Scaler> {
    Box::new(Kubernetes {
        hpa: Hpa::new(settings(params)),
        rows: rows(params),
        sync: span(params, "sync"),
        pods_window: span(params, "pods_window"),
    })
}

pub(super) fn check(params: &Params) -> Option<(&'static str, String)> {
    check_range(&ENTRY, params)
}

/// Thousandths of a measurement; bytes are whole, and so are their thousands.
fn sample(measured: Option<Measured>) -> Option<Sample> {
    measured.map(|measured| Sample {
        milli: (measured.value * 1_000.0).round() as i64,
        at: measured.at.0 as Nanos,
        window: measured.window.0 as Nanos,
    })
}

/// What the metrics server says of one metric.
fn reading(row: Row, seen: &Seen<'_>) -> Reading {
    let of_pods = |of: fn(&ReplicaSeen) -> Option<Measured>| {
        Reading::Pods(seen.replicas.iter().map(|replica| sample(of(replica))).collect())
    };
    let total = |measured: Option<Measured>| {
        sample(measured).map_or(Reading::Unavailable, |sample| Reading::Total(sample.milli))
    };
    match row.kind {
        "cpu_percent" | "cpu_average" => of_pods(|replica| replica.cpu),
        "memory_percent" | "memory_average" => of_pods(|replica| replica.memory),
        "pods_requests" => of_pods(|replica| replica.requests),
        "pods_in_flight" => of_pods(|replica| replica.in_flight),
        _ => total(from_outside(row, seen)),
    }
}

/// What an Object or External metric is at its station.
fn from_outside(row: Row, seen: &Seen<'_>) -> Option<Measured> {
    let (rate, waiting) = match row.of {
        0 => (seen.rate, seen.waiting),
        of => seen.elsewhere.iter().find(|station| station.node == of).map(|there| (there.rate, there.waiting))?,
    };
    if row.kind.starts_with("object") { rate } else { waiting }
}

/// What a metric is called, with the station that it is of.
fn name_of(row: Row, seen: &Seen<'_>) -> String {
    let label = label_of(row.kind);
    match seen.elsewhere.iter().find(|station| station.node == row.of) {
        Some(station) if row.of > 0 => format!("{label} of {}", station.label),
        None if row.of > 0 => format!("{label} of a station that is gone"),
        _ => label.to_owned(),
    }
}

/// When the oldest measurement that goes into a metric was taken, and over how long.
fn measured(row: Row, seen: &Seen<'_>) -> Option<(SimTime, SimDuration)> {
    let of_pods = |of: fn(&ReplicaSeen) -> Option<Measured>| oldest(seen.replicas.iter().filter_map(of));
    match row.kind {
        "cpu_percent" | "cpu_average" => of_pods(|replica| replica.cpu),
        "memory_percent" | "memory_average" => of_pods(|replica| replica.memory),
        "pods_requests" => of_pods(|replica| replica.requests),
        "pods_in_flight" => of_pods(|replica| replica.in_flight),
        _ => oldest(from_outside(row, seen).into_iter()),
    }
}

/// What the table calls a metric.
fn label_of(kind: &str) -> &'static str {
    KINDS.iter().find(|(id, _)| *id == kind).map_or("", |(_, label)| label)
}

/// A pod as the controller sees it, for a metric of this resource.
fn pod(replica: &ReplicaSeen, memory: bool) -> Pod {
    let request = if memory { replica.memory_request } else { replica.cpu_request };
    Pod {
        phase: replica.phase,
        deleted: false,
        started: replica.started,
        ready: replica.started.map(|_| replica.ready),
        request_milli: request.map(|request| (request * 1_000.0).round() as i64),
    }
}

impl Kubernetes {
    fn sync(&mut self, seen: &Seen<'_>) -> Sync {
        // What a pod requests depends on the resource, so metrics of memory bring pods of their own.
        let cpu: Vec<Pod> = seen.replicas.iter().map(|replica| pod(replica, false)).collect();
        let memory: Vec<Pod> = seen.replicas.iter().map(|replica| pod(replica, true)).collect();
        let readings: Vec<Reading> = self.rows.iter().map(|row| reading(*row, seen)).collect();
        let of_row = |row: &Row| if row.kind == "memory_percent" { memory.as_slice() } else { cpu.as_slice() };
        let pods_of: Vec<&[Pod]> = self.rows.iter().map(of_row).collect();
        self.hpa.sync_each(seen.now.0 as Nanos, seen.current as i32, &pods_of, &readings)
    }

    fn sentence(&self, at: usize, proposal: &Proposal, seen: &Seen<'_>) -> String {
        let kind = self.rows[at].kind;
        let name = name_of(self.rows[at], seen);
        let milli = |milli: i64| {
            let value = milli as f64 / 1e3;
            format!("{:.2}", if kind.starts_with("memory") { value / MIB } else { value })
        };
        let measured = match self.hpa.settings().metrics[at] {
            Metric::Utilization { percent, .. } => format!("{} % over {percent} %", proposal.value),
            Metric::ResourceAverage { milli: target, .. }
            | Metric::PodsAverage { milli: target }
            | Metric::Value { milli: target }
            | Metric::ValuePerPod { milli: target } => format!("{} over {}", milli(proposal.value), milli(target)),
        };
        let mut text = format!("{name}: {measured} = {:.3}", proposal.ratio);
        if let Some(adjusted) = proposal.adjusted {
            let (unready, missing) = (proposal.unready, proposal.missing);
            text += &format!(", {adjusted:.3} with {unready} not ready and {missing} not measured counted in");
        }
        text += &match proposal.kept {
            Some(Kept::Tolerance) => format!("; close enough to 1, so {}.", proposal.replicas),
            Some(Kept::Flipped) => format!("; that points the other way, so {}.", proposal.replicas),
            None => {
                let ratio = proposal.adjusted.unwrap_or(proposal.ratio);
                format!("; {ratio:.3} × {} → {}.", proposal.times, proposal.replicas)
            }
        };
        text
    }

    /// What each metric said, with the age of what was measured.
    fn metrics(&self, sync: &Sync, seen: &Seen<'_>) -> Vec<MetricSeen> {
        let proposals = sync.proposals.iter().zip(&self.rows).zip(&self.hpa.settings().metrics);
        let one = |((proposal, row), metric): ((&Result<Proposal, _>, &Row), &Metric)| {
            let unit = if row.kind.starts_with("memory") { MIB } else { 1.0 };
            let (share, target) = match *metric {
                Metric::Utilization { percent, .. } => (1.0, f64::from(percent)),
                Metric::ResourceAverage { milli, .. }
                | Metric::PodsAverage { milli }
                | Metric::Value { milli }
                | Metric::ValuePerPod { milli } => (1e3 * unit, milli as f64 / 1e3 / unit),
            };
            let proposal = proposal.as_ref().ok();
            MetricSeen {
                name: name_of(*row, seen),
                value: proposal.map(|proposal| proposal.value as f64 / share),
                target,
                measured: measured(*row, seen),
                asks: proposal.map(|proposal| proposal.replicas.max(0) as u32),
            }
        };
        proposals.map(one).collect()
    }

    fn explain(&self, sync: &Sync, seen: &Seen<'_>) -> Vec<String> {
        let mut why = Vec::new();
        for (at, proposal) in sync.proposals.iter().enumerate() {
            match proposal {
                Ok(proposal) => why.push(self.sentence(at, proposal, seen)),
                Err(failure) => why.push(format!("{}: {}.", name_of(self.rows[at], seen), failure.label())),
            }
        }
        if let Some((proposed, _)) = sync.proposed {
            if sync.proposals.len() > 1 {
                why.push(format!("The largest is {proposed}."));
            }
            if let Some(stabilized) = sync.stabilized.filter(|stabilized| *stabilized != proposed) {
                why.push(format!("Earlier recommendations make it {stabilized}."));
            }
        }
        let limit = Limit::Kubernetes(sync.limit);
        if !limit.label().is_empty() {
            why.push(format!(
                "{} of {}: limited by {} ({}).",
                sync.desired,
                sync.current,
                limit.label(),
                sync.limit.name()
            ));
        }
        why
    }
}

impl Scaler for Kubernetes {
    fn interval(&self) -> SimDuration {
        self.sync
    }

    fn decide(&mut self, seen: &Seen<'_>) -> Decision {
        let sync = self.sync(seen);
        let whole = |replicas: i32| replicas.max(0) as u32;
        Decision {
            proposed: sync.proposed.map(|(replicas, _)| whole(replicas)),
            stabilized: sync.stabilized.map(whole),
            desired: whole(sync.desired),
            limit: Limit::Kubernetes(sync.limit),
            why: self.explain(&sync, seen),
            metrics: self.metrics(&sync, seen),
            ..Decision::keep(seen)
        }
    }

    fn adopt(&mut self, params: &Params) {
        self.hpa.set(settings(params));
        self.rows = rows(params);
        (self.sync, self.pods_window) = (span(params, "sync"), span(params, "pods_window"));
    }

    fn watches(&self) -> Vec<u32> {
        self.rows.iter().map(|row| row.of).filter(|of| *of > 0).collect()
    }

    fn requests_window(&self) -> Option<SimDuration> {
        Some(self.pods_window)
    }

    fn looks_back(&self) -> LookBack {
        let settings = self.hpa.settings();
        let span = |nanos: Nanos| SimDuration(nanos.max(0) as u64);
        match &settings.behavior {
            None => LookBack { up: SimDuration::ZERO, down: span(settings.downscale_window) },
            Some(behavior) => {
                let window = |rules: &Rules| span(rules.window.unwrap_or(settings.downscale_window));
                LookBack { up: window(&behavior.up), down: window(&behavior.down) }
            }
        }
    }

    fn window(&self, now: SimTime) -> Vec<(u32, SimTime)> {
        let LookBack { up, down } = self.looks_back();
        let since = now.0 as Nanos - up.max(down).0 as Nanos;
        let mut kept: Vec<(u32, SimTime)> = (self.hpa.log().recommendations.iter())
            .filter(|(_, at)| *at > since)
            .map(|(replicas, at)| ((*replicas).max(0) as u32, SimTime((*at).max(0) as u64)))
            .collect();
        sort::few_by_key(&mut kept, |(_, at)| *at);
        kept
    }

    fn box_clone(&self) -> Box<dyn Scaler> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::super::hpa::behavior::{Amount, Behavior, Policy, Select};
    use super::super::hpa::calculator::Resource;
    use super::super::hpa::{SECOND, Settings};
    use super::super::testing::{replicas, secs, seen};
    use super::*;
    use crate::model::params::{Value, Variant};

    #[test]
    fn the_defaults_are_the_controllers() {
        assert_eq!(settings(&Params::new()), Settings::new(1, 10, vec![Settings::default_metric()]));
        let rules = Params::new().with("behavior", Variant::new("rules", Params::new()));
        let down = Rules { window: Some(300 * SECOND), ..Rules::down() };
        assert_eq!(settings(&rules).behavior, Some(Behavior { up: Rules::up(), down }));
    }

    #[test]
    fn settings_become_parameters_and_come_back() {
        let mut given = Settings::new(
            3,
            50,
            vec![
                Metric::Utilization { resource: Resource::Cpu, percent: 70 },
                Metric::Utilization { resource: Resource::Memory, percent: 80 },
                Metric::ResourceAverage { resource: Resource::Memory, milli: 256 * 1_048_576 * 1_000 },
                Metric::PodsAverage { milli: 100_000 },
                Metric::ValuePerPod { milli: 2_500 },
            ],
        );
        let policy = |amount| vec![Policy { amount, period: 60 * SECOND }];
        let up = Rules { window: Some(60 * SECOND), select: Select::Max, policies: policy(Amount::Percent(100)) };
        let down = Rules { window: Some(300 * SECOND), select: Select::Min, policies: policy(Amount::Pods(2)) };
        given.behavior = Some(Behavior { up, down });
        given.timing.tolerance_up = 0.05;
        let variant = to_variant(&given);
        assert_eq!(settings(&variant.params), given);
        assert_eq!(super::super::check(&variant), None);
        let wrong = Params::new().with("min", 5.0).with("max", 2.0);
        assert_eq!(check(&wrong).map(|(param, _)| param), Some("max"));
    }

    #[test]
    fn it_says_how_the_number_came_about() {
        let params = Params::new()
            .with("max", 50.0)
            .with("metrics", Value::List(vec![metric_row("cpu_percent", 70.0), metric_row("memory_percent", 80.0)]));
        let mut scaler = build(&params);
        // 92 % of one core each, and 40 % of 1,000 bytes.
        let mut pods = replicas(&[0.92; 3], secs(15));
        for replica in &mut pods {
            if let Some(measured) = &mut replica.memory {
                measured.value = 400.0;
            }
        }
        let decision = scaler.decide(&seen(secs(15), &pods));
        assert_eq!((decision.proposed, decision.desired), (Some(4), 4));
        assert_eq!(
            decision.why,
            [
                "CPU, % of the request: 92 % over 70 % = 1.314; 1.314 × 3 → 4.",
                "Memory, % of the request: 40 % over 80 % = 0.500; 0.500 × 3 → 2.",
                "The largest is 4.",
            ]
        );
        assert_eq!(scaler.window(secs(20)), [(3, secs(15)), (4, secs(15))]);
    }
}
