//! What a replica has of CPU and memory, and what its requests take of it.

use crate::engine::time::SimDuration;
use crate::model::money::{self, Purchase};
use crate::model::params::{Entry, ParamSpec, Params, Unit, Variant, told};
use crate::model::read::Reader;
use crate::model::scaler::vertical::effective_cores;

/// Bytes of a MiB.
pub const MIB: f64 = 1_048_576.0;

/// A replica's body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Instance {
    /// What it may use at most: [cores], [bytes].
    pub vcpu: f64,
    pub memory: f64,
    /// What it is said to need: what scalers and nodes go by.
    pub cpu_request: f64,
    pub memory_request: f64,
    /// Memory that it takes when nothing is to do, and for each request that it holds [bytes].
    pub base: f64,
    pub per_request: f64,
    /// The Universal Scalability Law's coefficients.
    pub contention: f64,
    pub coherence: f64,
    /// Index in [`money::SIZES`] and how it is paid; `None`: a container, paid with its node.
    pub size: Option<(usize, Purchase)>,
    /// Spot: how long one is had on average, and the notice before it is taken away; `None`: never.
    pub spot: Option<(f64, SimDuration)>,
}

impl Instance {
    /// Cores' worth of work that it does at most.
    #[must_use]
    pub fn effective_cores(&self) -> f64 {
        effective_cores(self.vcpu, self.contention, self.coherence)
    }

    /// Memory with so many requests held [bytes].
    #[must_use]
    pub fn memory_with(&self, held: u32) -> f64 {
        self.base + self.per_request * f64::from(held)
    }

    /// The same of another size.
    #[must_use]
    pub fn resized(&self, to: usize) -> Self {
        let Some((_, purchase)) = self.size else { return *self };
        let Some(size) = money::SIZES.get(to) else { return *self };
        let (vcpu, memory) = (size.vcpu, size.memory_gib * 1_024.0 * MIB);
        Self { vcpu, memory, cpu_request: vcpu, memory_request: memory, size: Some((to, purchase)), ..*self }
    }
}

static NONE: Entry = Entry {
    id: "none",
    name: "Not modelled",
    summary: told("A slot is a core of its own, memory never runs out, and nothing costs anything."),
    source: "",
    params: &[],
    defect: false,
};

const BASE: ParamSpec = ParamSpec::number(
    "base_memory",
    "Memory when idle, MiB",
    Unit::Plain,
    128.0,
    0.0,
    1_000_000.0,
    "What the program takes with nothing to do.",
);

const PER_REQUEST: ParamSpec = ParamSpec::number(
    "request_memory",
    "Memory per request, MiB",
    Unit::Plain,
    1.0,
    0.0,
    100_000.0,
    "What each request takes while it is held: in work, waiting for others, or in the queue.",
);

static CONTAINER: Entry = Entry {
    id: "container",
    name: "Container",
    summary: told(
        "Requests and limits of CPU and memory, as in a manifest: slower at the CPU limit, killed at the memory limit.",
    ),
    source: told(
        "Kubernetes, resources of a container: CPU is throttled at its limit, memory above its limit is an out-of-memory kill. The defaults are those of the course's manifest.",
    ),
    params: &[
        ParamSpec::number(
            "cpu_request",
            "CPU request, cores",
            Unit::Plain,
            0.25,
            0.001,
            1_000.0,
            "What it is said to need; utilization is a share of this.",
        ),
        ParamSpec::number(
            "cpu_limit",
            "CPU limit, cores",
            Unit::Plain,
            0.5,
            0.001,
            1_000.0,
            "What it can use at most; then its requests share this and get slower.",
        ),
        ParamSpec::number(
            "memory_request",
            "Memory request, MiB",
            Unit::Plain,
            256.0,
            1.0,
            1_000_000.0,
            "What it is said to need; utilization is a share of this.",
        ),
        ParamSpec::number(
            "memory_limit",
            "Memory limit, MiB",
            Unit::Plain,
            512.0,
            1.0,
            1_000_000.0,
            "Above this it is killed and starts again.",
        ),
        BASE,
        PER_REQUEST,
    ],
    defect: false,
};

static MACHINE: Entry = Entry {
    id: "machine",
    name: "Virtual machine",
    summary: told("A size from a price list: cores, memory, and what it costs an hour."),
    source: money::SOURCE,
    params: &[
        ParamSpec::choice(
            "size",
            "Size",
            money::SIZE_OPTIONS,
            "m5.large",
            "Cores and memory of a replica, and its price.",
        ),
        ParamSpec::choice("purchase", "Paid", money::PURCHASE_OPTIONS, "on_demand", money::PURCHASE_HELP),
        ParamSpec::number(
            "spot_life",
            "Spot: taken away after",
            Unit::Seconds,
            0.0,
            0.0,
            1_000_000.0,
            "How long a spot machine lasts on average; the exact moment is drawn from the seed. 0 = it is never taken away. No provider publishes this number; it differs by size, place and day.",
        ),
        ParamSpec::number(
            "spot_notice",
            "Spot: notice",
            Unit::Seconds,
            120.0,
            0.0,
            3_600.0,
            "How long in advance you are told; another machine is ordered at once. AWS gives 2 minutes.",
        ),
        BASE,
        PER_REQUEST,
        ParamSpec::number(
            "contention",
            "Contention",
            Unit::Share,
            0.03,
            0.0,
            1.0,
            "Share of the work that only one core can do at a time; limits what more cores bring (Universal Scalability Law).",
        ),
        ParamSpec::number(
            "coherence",
            "Coherence",
            Unit::Share,
            0.0005,
            0.0,
            0.1,
            "Cost of each pair of cores that have to agree; makes the largest sizes slower again.",
        ),
    ],
    defect: false,
};

/// As a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    vec![&NONE, &CONTAINER, &MACHINE]
}

/// What the choice says; `None`: nothing.
#[must_use]
pub fn read(choice: &Variant) -> Option<Instance> {
    if choice.id == CONTAINER.id {
        let reader = Reader::new(&CONTAINER, &choice.params);
        let mib = |key| reader.number(key) * MIB;
        return Some(Instance {
            vcpu: reader.number("cpu_limit"),
            memory: mib("memory_limit"),
            cpu_request: reader.number("cpu_request"),
            memory_request: mib("memory_request"),
            base: mib("base_memory"),
            per_request: mib("request_memory"),
            contention: 0.0,
            coherence: 0.0,
            size: None,
            spot: None,
        });
    }
    (choice.id == MACHINE.id).then(|| machine(&choice.params))
}

fn machine(params: &Params) -> Instance {
    let reader = Reader::new(&MACHINE, params);
    let mib = |key| reader.number(key) * MIB;
    let at = money::size_index(reader.choice("size")).unwrap_or(0);
    let purchase = Purchase::of(reader.choice("purchase"));
    let life = reader.number("spot_life");
    let bare = Instance {
        vcpu: 0.0,
        memory: 0.0,
        cpu_request: 0.0,
        memory_request: 0.0,
        base: mib("base_memory"),
        per_request: mib("request_memory"),
        contention: reader.number("contention"),
        coherence: reader.number("coherence"),
        size: Some((at, purchase)),
        spot: (purchase == Purchase::Spot && life > 0.0)
            .then(|| (life, SimDuration::from_secs_f64(reader.number("spot_notice")))),
    };
    bare.resized(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_containers_defaults_are_those_of_the_courses_manifest() {
        let container = read(&Variant::new("container", Params::new())).expect("a container");
        assert_eq!((container.cpu_request, container.vcpu), (0.25, 0.5));
        assert_eq!((container.memory_request, container.memory), (256.0 * MIB, 512.0 * MIB));
        assert_eq!(container.memory_with(10), 138.0 * MIB);
        assert_eq!(read(&Variant::new("none", Params::new())), None);
    }

    #[test]
    fn a_machine_has_its_size_and_may_get_another() {
        let params = Params::new().with("size", "m5.large").with("contention", 0.0).with("coherence", 0.0);
        let machine = read(&Variant::new("machine", params)).expect("a machine");
        assert_eq!((machine.vcpu, machine.memory, machine.effective_cores()), (2.0, 8.0 * 1_024.0 * MIB, 2.0));
        let (at, _) = machine.size.expect("it has a size");
        let larger = machine.resized(at + 1);
        assert_eq!((larger.vcpu, larger.cpu_request, larger.base), (4.0, 4.0, machine.base));
    }
}
