//! The vertical scaler: a larger instance when CPU or memory runs short.

use super::{Decision, Limit, Scaler, Seen};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::analytic::scalability_law_throughput;
use crate::model::params::{Entry, ParamSpec, Params, Unit, told};
use crate::model::read::Reader;

pub static ENTRY: Entry = Entry {
    id: "vertical",
    name: "Vertical",
    summary: told(
        "The next larger size when CPU or memory is above 80 %, up to a ceiling; every replica restarts for it.",
    ),
    source: told(
        "The course's vertical scaler: 80 % of CPU or of memory. A new size takes a restart, one replica after the other.",
    ),
    params: &[
        ParamSpec::number(
            "cpu",
            "CPU above",
            Unit::Share,
            0.8,
            0.05,
            1.0,
            "Mean share of the instance's CPU above which the next larger size is taken.",
        ),
        ParamSpec::number(
            "memory",
            "Memory above",
            Unit::Share,
            0.8,
            0.05,
            1.0,
            "Mean share of the instance's memory above which the next larger size is taken.",
        ),
        ParamSpec::number(
            "down_below",
            "Smaller again below",
            Unit::Share,
            0.0,
            0.0,
            0.5,
            "With both below this share, the next smaller size is taken; 0 = never.",
        ),
        ParamSpec::count(
            "steps",
            "Sizes it may climb",
            3.0,
            0.0,
            10.0,
            "How many sizes above the one it starts with may be taken; then the ceiling is reached.",
        ),
        ParamSpec::number(
            "interval",
            "Evaluates every",
            Unit::Seconds,
            60.0,
            1.0,
            3_600.0,
            "Time between two evaluations.",
        ),
        ParamSpec::number(
            "cooldown",
            "Waits after a change",
            Unit::Seconds,
            120.0,
            0.0,
            3_600.0,
            "Nothing is changed for this long after a change: replicas restart, and the measurements are old.",
        ),
        ParamSpec::number(
            "restart",
            "A restart takes",
            Unit::Seconds,
            30.0,
            0.0,
            3_600.0,
            "How long a replica is down while it gets another size.",
        ),
    ],
    defect: false,
};

/// Cores' worth of work that an instance does with `vcpu` of them, by the Universal Scalability Law.
///
/// `contention`: share of the work that only one core can do at a time; `coherence`: cost of each pair of cores that
/// have to agree. Never below a hundredth of a core. Source: Gunther, "Guerrilla Capacity Planning", 2007.
#[must_use]
pub fn effective_cores(vcpu: f64, contention: f64, coherence: f64) -> f64 {
    // Below one core there is nobody to contend with.
    if vcpu <= 1.0 { vcpu.max(0.01) } else { scalability_law_throughput(1.0, vcpu, contention, coherence).max(0.01) }
}

#[derive(Clone, Debug)]
struct Vertical {
    cpu: f64,
    memory: f64,
    down_below: f64,
    steps: u32,
    interval: SimDuration,
    cooldown: SimDuration,
    restart: SimDuration,
    /// Index of the size that it found.
    base: Option<usize>,
    changed: Option<SimTime>,
}

fn read(params: &Params, base: Option<usize>, changed: Option<SimTime>) -> Vertical {
    let reader = Reader::new(&ENTRY, params);
    Vertical {
        cpu: reader.number("cpu"),
        memory: reader.number("memory"),
        down_below: reader.number("down_below"),
        steps: reader.count("steps"),
        interval: SimDuration::from_secs_f64(reader.number("interval")),
        cooldown: SimDuration::from_secs_f64(reader.number("cooldown")),
        restart: SimDuration::from_secs_f64(reader.number("restart")),
        base,
        changed,
    }
}

pub(super) fn build(params: &Params) -> Box<dyn Scaler> {
    Box::new(read(params, None, None))
}

impl Scaler for Vertical {
    fn interval(&self) -> SimDuration {
        self.interval
    }

    fn decide(&mut self, seen: &Seen<'_>) -> Decision {
        let mut decision = Decision::keep(seen);
        let Some(ladder) = seen.ladder.filter(|ladder| ladder.now < ladder.sizes.len()) else {
            decision.limit = Limit::NoMetrics;
            decision.why.push("Replicas have no size here; choose an instance for the service.".to_owned());
            return decision;
        };
        let base = *self.base.get_or_insert(ladder.now);
        let ceiling = (base + self.steps as usize).min(ladder.sizes.len() - 1);
        let cpu = seen.mean(super::ReplicaSeen::cpu_share).map(|(share, _)| share);
        let memory = seen.mean(super::ReplicaSeen::memory_share).map(|(share, _)| share);
        let mut tells = |name: &str, share: Option<f64>, limit: f64| {
            let Some(share) = share else { return false };
            let over = share > limit;
            let sign = if over { "above" } else { "not above" };
            decision.why.push(format!("{name}: {:.1} %, {sign} {:.0} %.", share * 100.0, limit * 100.0));
            over
        };
        let over_cpu = tells("CPU", cpu, self.cpu);
        let over_memory = tells("Memory", memory, self.memory);
        let low = |share: Option<f64>| share.is_some_and(|share| share < self.down_below);
        if cpu.is_none() && memory.is_none() {
            decision.limit = Limit::NoMetrics;
            decision.why.push("No ready replica has been measured yet.".to_owned());
            return decision;
        }
        let wanted = if over_cpu || over_memory {
            ladder.now + 1
        } else if low(cpu) && low(memory) && ladder.now > 0 {
            ladder.now - 1
        } else {
            return decision;
        };
        if wanted > ceiling {
            decision.limit = Limit::Ceiling;
            decision.why.push(format!("{} is the largest size allowed.", ladder.sizes[ladder.now].name));
            return decision;
        }
        if let Some(changed) = self.changed
            && seen.now.since(changed) < self.cooldown
        {
            decision.limit = Limit::Wait;
            let (passed, all) = (seen.now.since(changed).as_secs_f64(), self.cooldown.as_secs_f64());
            decision.why.push(format!("The last change is {passed:.0} s old, of {all:.0} s to wait."));
            return decision;
        }
        let (from, to) = (ladder.sizes[ladder.now], ladder.sizes[wanted]);
        decision.why.push(format!("{} → {}: {} → {} vCPU.", from.name, to.name, from.vcpu, to.vcpu));
        decision.size = Some((wanted, self.restart));
        self.changed = Some(seen.now);
        decision
    }

    fn adopt(&mut self, params: &Params) {
        *self = read(params, self.base, self.changed);
    }

    fn box_clone(&self) -> Box<dyn Scaler> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Ladder;
    use super::super::testing::{replicas, secs, seen};
    use super::*;
    use crate::model::money::SizePrice;

    const SIZES: [SizePrice; 3] = [
        SizePrice { name: "small", vcpu: 1.0, memory_gib: 2.0, per_hour: 0.1 },
        SizePrice { name: "medium", vcpu: 2.0, memory_gib: 4.0, per_hour: 0.2 },
        SizePrice { name: "large", vcpu: 4.0, memory_gib: 8.0, per_hour: 0.4 },
    ];

    fn ask(scaler: &mut Box<dyn Scaler>, at: u64, now: usize, cpu: f64, memory: f64) -> (Option<usize>, Limit) {
        let mut pods = replicas(&[cpu, cpu], secs(at));
        for replica in &mut pods {
            if let Some(measured) = &mut replica.memory {
                measured.value = memory * 1_000.0;
            }
        }
        let told = Seen { ladder: Some(Ladder { sizes: &SIZES, now }), ..seen(secs(at), &pods) };
        let decision = scaler.decide(&told);
        assert_eq!(decision.desired, 2, "the number stays");
        (decision.size.map(|(to, _)| to), decision.limit)
    }

    #[test]
    fn the_next_size_above_eighty_percent_up_to_the_ceiling() {
        let mut scaler = build(&Params::new().with("steps", 1.0));
        assert_eq!(ask(&mut scaler, 60, 0, 0.8, 0.8), (None, Limit::Nothing), "80 % is not above 80 %");
        assert_eq!(ask(&mut scaler, 120, 0, 0.5, 0.81), (Some(1), Limit::Nothing), "memory alone suffices");
        assert_eq!(ask(&mut scaler, 600, 1, 0.95, 0.5), (None, Limit::Ceiling));
        let mut waits = build(&Params::new());
        assert_eq!(ask(&mut waits, 60, 0, 0.95, 0.5), (Some(1), Limit::Nothing));
        assert_eq!(ask(&mut waits, 179, 1, 0.95, 0.5), (None, Limit::Wait));
        assert_eq!(ask(&mut waits, 180, 1, 0.95, 0.5), (Some(2), Limit::Nothing));
    }

    #[test]
    fn it_gets_smaller_only_if_told_to_and_only_if_both_are_low() {
        let mut never = build(&Params::new());
        assert_eq!(ask(&mut never, 60, 1, 0.05, 0.05), (None, Limit::Nothing));
        let mut scaler = build(&Params::new().with("down_below", 0.3));
        assert_eq!(ask(&mut scaler, 60, 1, 0.05, 0.5), (None, Limit::Nothing));
        assert_eq!(ask(&mut scaler, 120, 1, 0.05, 0.05), (Some(0), Limit::Nothing));
    }

    #[test]
    fn more_cores_do_less_than_their_number_and_at_last_less_than_before() {
        assert_eq!(effective_cores(4.0, 0.0, 0.0), 4.0);
        assert_eq!(effective_cores(0.5, 0.1, 0.1), 0.5);
        // 4 / (1 + 0.05 × 3 + 0.01 × 4 × 3) = 4 / 1.27.
        assert!((effective_cores(4.0, 0.05, 0.01) - 4.0 / 1.27).abs() < 1e-12);
        // The peak lies at sqrt((1 − 0.05) / 0.01) = 9.7 cores.
        assert!(effective_cores(16.0, 0.05, 0.01) < effective_cores(8.0, 0.05, 0.01));
    }
}
