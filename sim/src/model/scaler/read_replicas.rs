//! Read replicas of a database: how many there should be, and what they are.
//!
//! The rule is the course's: reads per write, connections, CPU, at most five. It goes by one look, without any memory: what
//! it adds it takes away again as soon as that has helped.

use std::collections::VecDeque;

use super::{Decision, Limit, Scaler, Seen};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::geography::{Region, find_region};
use crate::model::money::{DATABASE_SIZES, SizePrice};
use crate::model::params::{Entry, ParamSpec, Params, Unit, Variant, told};
use crate::model::read::Reader;
use crate::model::replication::{self, failover, sessions};
use crate::model::scaler::instance::Instance;

/// Where a new replica is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// Where the primary stands.
    Primary,
    /// Where it saves the most travel of the reads that came lately.
    Reads,
    In(Region),
}

/// How many there are.
#[derive(Clone, Debug, PartialEq)]
pub enum Number {
    Fixed(u32),
    /// By the rule, which looks this often, and takes none away for so long after it last asked for as many.
    Rule {
        settings: RuleSettings,
        every: SimDuration,
        wait: SimDuration,
    },
}

/// Read replicas as a database is told of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub number: Number,
    /// Reads go to the nearest of all that serve, else to any of them.
    pub nearest: bool,
    pub place: Where,
    /// Index in [`DATABASE_SIZES`]; `None`: like the primary.
    pub size: Option<usize>,
    /// Each has a standby in another zone, which takes over after this long; `None`: it has none.
    pub standby: Option<SimDuration>,
    /// Until a new one has a copy of the data.
    pub copying: SimDuration,
    /// Until a write is applied, once it has arrived.
    pub apply: SimDuration,
    /// How many of them have to have received a write before it is answered, and for how long it waits for them at most.
    pub wait_for: u32,
    pub wait_at_most: SimDuration,
    /// When a write is answered, and who takes over from a dead primary; `None`: nobody.
    pub replication: replication::Settings,
    pub failover: Option<failover::Settings>,
    /// What clients may count on when they read; `None`: nobody looks.
    pub sessions: Option<sessions::Settings>,
}

impl Settings {
    /// What a replica has of CPU; `None`: a core for each of its connections.
    #[must_use]
    pub fn instance(&self) -> Option<Instance> {
        let SizePrice { vcpu, .. } = *DATABASE_SIZES.get(self.size?)?;
        Some(Instance {
            vcpu,
            // Memory is not what a database of this size dies of here.
            memory: f64::INFINITY,
            cpu_request: vcpu,
            memory_request: 0.0,
            base: 0.0,
            per_request: 0.0,
            contention: 0.0,
            coherence: 0.0,
            size: None,
            spot: None,
        })
    }

    /// The most of them that there may be.
    #[must_use]
    pub const fn most(&self) -> u32 {
        match &self.number {
            Number::Fixed(count) => *count,
            Number::Rule { settings, .. } => settings.max,
        }
    }

    /// What one costs [USD/h], where the primary costs `primary`.
    #[must_use]
    pub fn price(&self, primary: f64) -> f64 {
        let one = self.size.and_then(|at| DATABASE_SIZES.get(at)).map_or(primary, |size| size.per_hour);
        // A standby is a machine of the same kind that waits.
        if self.standby.is_some() { one * 2.0 } else { one }
    }
}

/// The rule at work.
#[derive(Clone, Debug, PartialEq)]
pub struct ByReads {
    settings: RuleSettings,
    every: SimDuration,
    wait: SimDuration,
    /// Numbers that the rule asked for, while they still count.
    asked: VecDeque<(SimTime, u32)>,
}

impl ByReads {
    /// Looks this often, and takes none away for so long after it last asked for as many.
    #[must_use]
    pub const fn new(settings: RuleSettings, every: SimDuration, wait: SimDuration) -> Self {
        Self { settings, every, wait, asked: VecDeque::new() }
    }

    /// Goes by the numbers of another one from now on; what it remembers stays.
    pub const fn set(&mut self, other: &Self) {
        (self.settings, self.every, self.wait) = (other.settings, other.every, other.wait);
    }
}

impl Scaler for ByReads {
    fn interval(&self) -> SimDuration {
        self.every
    }

    fn decide(&mut self, seen: &Seen<'_>) -> Decision {
        let (now, current) = (seen.now, seen.current);
        let store = seen.store;
        let load = Load { reads: store.reads, writes: store.writes, connections: store.connections, cpu: store.cpu };
        let advice = advise(&self.settings, load);
        self.asked.push_back((now, advice.replicas));
        while self.asked.len() > 1 && now.since(self.asked[0].0) >= self.wait {
            self.asked.pop_front();
        }
        let kept = self.asked.iter().map(|(_, number)| *number).max().unwrap_or(0).min(self.settings.max);
        let desired = if advice.replicas < current { kept.min(current) } else { advice.replicas };
        let (mut limit, mut why) = (advice.limit, advice.why);
        if desired > advice.replicas {
            limit = Limit::Wait;
            why.push(format!("{desired} were asked for within the last {:.0} s: kept.", self.wait.as_secs_f64()));
        }
        Decision {
            proposed: Some(advice.replicas),
            stabilized: (self.wait > SimDuration::ZERO).then_some(desired),
            desired,
            limit,
            why,
            ..Decision::keep(seen)
        }
    }

    fn adopt(&mut self, params: &Params) {
        if let Number::Rule { settings, every, wait } = rule(&Reader::new(&RULE, params)) {
            self.set(&Self::new(settings, every, wait));
        }
    }

    fn box_clone(&self) -> Box<dyn Scaler> {
        Box::new(self.clone())
    }
}

static OFF: Entry = Entry {
    id: "off",
    name: "None",
    summary: told("One database answers reads and writes."),
    source: "",
    params: &[],
    defect: false,
};

const READS: ParamSpec = ParamSpec::choice(
    "reads",
    "Reads go",
    &[("nearest", "to the nearest"), ("any", "to any")],
    "nearest",
    "Among the primary and the replicas that serve; of those equally near, any. Writes always go to the primary.",
);

const REGION: ParamSpec = ParamSpec::choice(
    "region",
    "New ones are put",
    REGION_OPTIONS,
    "primary",
    "Where a replica stands decides how far reads travel to it, and writes from the primary.",
);

const CLASS: ParamSpec = ParamSpec::choice(
    "class",
    "Instance class",
    CLASS_OPTIONS,
    "primary",
    "What a replica costs, and how many cores it has: with more reads at work than cores, each of them takes longer. Like the primary: its price, and a core for each connection.",
);

const MULTI_ZONE: ParamSpec = ParamSpec::flag(
    "multi_zone",
    "In several zones",
    false,
    "Each replica has a standby in another zone: it costs twice as much, and one that dies is back after the time below.",
);

const FAILOVER: ParamSpec = ParamSpec::number(
    "failover",
    "The standby takes over in",
    Unit::Seconds,
    60.0,
    0.0,
    3_600.0,
    "Only in several zones: time from the death of a replica until its standby serves.",
);

const DATA: ParamSpec = ParamSpec::number(
    "data",
    "Data, GB",
    Unit::Plain,
    10.0,
    0.0,
    1_000_000.0,
    "What a new replica copies before it serves.",
);

const COPY_RATE: ParamSpec = ParamSpec::number(
    "copy_rate",
    "Copies, MB/s",
    Unit::Plain,
    200.0,
    0.001,
    1_000_000.0,
    "How fast the data is copied: 10 GB at 200 MB/s take 50 s. The copy is made from a backup and costs the primary nothing.",
);

const APPLY: ParamSpec = ParamSpec::number(
    "apply_time",
    "Applies a write in",
    Unit::Seconds,
    0.002,
    0.0,
    60.0,
    "A replica applies writes one after the other; more writes than it can apply, and it falls ever further behind.",
);

const WAIT_FOR: ParamSpec = ParamSpec::count(
    "wait_for",
    "Writes wait for",
    0.0,
    0.0,
    15.0,
    "A write is answered once this many replicas have received it (not applied it), and holds its connection until then. 0 = it waits for none. Only where replication is asynchronous; its other modes say it themselves.",
);

const WAIT_AT_MOST: ParamSpec = ParamSpec::number(
    "wait_at_most",
    "But no longer than",
    Unit::Seconds,
    10.0,
    0.0,
    3_600.0,
    "A write that too few replicas have received by then is answered all the same.",
);

static FIXED: Entry = Entry {
    id: "fixed",
    name: "A fixed number",
    summary: told("How many replicas answer reads beside the primary, each with all the data, a little late."),
    source: told(
        "Replication as in MySQL: asynchronous, or semi-synchronous with its time-out of 10 s for each write.",
    ),
    params: &[
        ParamSpec::count("count", "Replicas", 1.0, 0.0, 15.0, "Read replicas beside the primary."),
        READS,
        REGION,
        CLASS,
        MULTI_ZONE,
        FAILOVER,
        DATA,
        COPY_RATE,
        APPLY,
        WAIT_FOR,
        WAIT_AT_MOST,
    ],
    defect: false,
};

static RULE: Entry = Entry {
    id: "rule",
    name: "By reads, connections and CPU",
    summary: told(
        "One replica, more with many reads for each write, one more with many connections, one more with busy CPUs.",
    ),
    source: told("The rule of the course's database scaler with its numbers; it looks by the minute here."),
    params: &[
        ParamSpec::number("two_above", "Two above", Unit::Plain, 5.0, 0.0, 100_000.0, "Reads for each write."),
        ParamSpec::number("three_above", "Three above", Unit::Plain, 10.0, 0.0, 100_000.0, "Reads for each write."),
        ParamSpec::number(
            "connections",
            "One more above, connections",
            Unit::Plain,
            80.0,
            0.0,
            100_000.0,
            "Connections in use, as a mean over the primary and the replicas that serve.",
        ),
        ParamSpec::number(
            "cpu",
            "One more above, CPU",
            Unit::Share,
            0.7,
            0.0,
            1.0,
            "Mean over the primary and the replicas that serve; a connection at work is a core, unless a class says otherwise.",
        ),
        ParamSpec::count("max", "At most", 5.0, 0.0, 15.0, "Never more replicas than this."),
        ParamSpec::number("every", "Evaluates every", Unit::Seconds, 60.0, 1.0, 3_600.0, "Time between two looks."),
        ParamSpec::number(
            "wait",
            "Keeps them for",
            Unit::Seconds,
            0.0,
            0.0,
            86_400.0,
            "No replica is removed until this long after that many were last asked for. The course does not wait: 0.",
        ),
        READS,
        REGION,
        CLASS,
        MULTI_ZONE,
        FAILOVER,
        DATA,
        COPY_RATE,
        APPLY,
        WAIT_FOR,
        WAIT_AT_MOST,
    ],
    defect: false,
};

/// Places for a replica; a test holds them to the regions there are.
pub(crate) const REGION_OPTIONS: &[(&str, &str)] = &[
    ("primary", "beside the primary"),
    ("reads", "where the most reads come from"),
    ("us-east-1", "in us-east-1, Virginia"),
    ("us-west-2", "in us-west-2, Oregon"),
    ("sa-east-1", "in sa-east-1, São Paulo"),
    ("eu-west-1", "in eu-west-1, Ireland"),
    ("eu-central-1", "in eu-central-1, Frankfurt"),
    ("af-south-1", "in af-south-1, Cape Town"),
    ("ap-south-1", "in ap-south-1, Mumbai"),
    ("ap-southeast-1", "in ap-southeast-1, Singapore"),
    ("ap-southeast-2", "in ap-southeast-2, Sydney"),
    ("ap-northeast-1", "in ap-northeast-1, Tokyo"),
];

/// Classes of instance; a test holds the words to the numbers.
const CLASS_OPTIONS: &[(&str, &str)] = &[
    ("primary", "like the primary"),
    ("db.r5.large", "db.r5.large · 2 vCPU, $0.24/h"),
    ("db.r5.xlarge", "db.r5.xlarge · 4 vCPU, $0.48/h"),
    ("db.r5.2xlarge", "db.r5.2xlarge · 8 vCPU, $0.96/h"),
    ("db.r5.4xlarge", "db.r5.4xlarge · 16 vCPU, $1.92/h"),
];

/// As a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    vec![&OFF, &FIXED, &RULE]
}

fn rule(reader: &Reader<'_>) -> Number {
    let secs = |key| SimDuration::from_secs_f64(reader.number(key));
    let settings = RuleSettings {
        two_above: reader.number("two_above"),
        three_above: reader.number("three_above"),
        connections: reader.number("connections"),
        cpu: reader.number("cpu"),
        max: reader.count("max"),
    };
    Number::Rule { settings, every: secs("every"), wait: secs("wait") }
}

/// What the choice says; `None`: there are none.
#[must_use]
pub fn read(choice: &Variant) -> Option<Settings> {
    let entry = [&FIXED, &RULE].into_iter().find(|entry| entry.id == choice.id)?;
    let reader = Reader::new(entry, &choice.params);
    let secs = |key| SimDuration::from_secs_f64(reader.number(key));
    let number = if entry.id == FIXED.id { Number::Fixed(reader.count("count")) } else { rule(&reader) };
    let class = reader.choice("class");
    Some(Settings {
        number,
        nearest: reader.choice("reads") == "nearest",
        place: match reader.choice("region") {
            "reads" => Where::Reads,
            id => find_region(id).map_or(Where::Primary, Where::In),
        },
        size: DATABASE_SIZES.iter().position(|size| size.name == class),
        standby: reader.flag("multi_zone").then(|| secs("failover")),
        copying: SimDuration::from_secs_f64(reader.number("data") * 1_000.0 / reader.number("copy_rate")),
        apply: secs("apply_time"),
        wait_for: reader.count("wait_for"),
        wait_at_most: secs("wait_at_most"),
        replication: replication::Settings::default(),
        failover: None,
        sessions: None,
    })
}

/// The region, as a number, that a new replica should be put into: the one that saves most of the way of `reads` (whence,
/// how many), given how far each is now; the first of equals. `None`: none saves anything.
#[must_use]
pub fn best_place(
    reads: &[(u8, u64)],
    candidates: &[u8],
    now: impl Fn(u8) -> SimDuration,
    way: impl Fn(u8, u8) -> SimDuration,
) -> Option<u8> {
    let saved = |place: u8| -> u128 {
        let of = |(from, count): &(u8, u64)| {
            u128::from(now(*from).0.saturating_sub(way(*from, place).0)) * u128::from(*count)
        };
        reads.iter().map(of).sum()
    };
    let mut best = None;
    for &place in candidates {
        let saved = saved(place);
        if saved > best.map_or(0, |(most, _)| most) {
            best = Some((saved, place));
        }
    }
    best.map(|(_, place)| place)
}

/// What decides; the defaults are the course's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RuleSettings {
    /// Reads per write above which a second, and a third replica are wanted.
    pub two_above: f64,
    pub three_above: f64,
    /// More connections in use than this want one more.
    pub connections: f64,
    /// A larger share of busy connections than this wants one more, 0..1.
    pub cpu: f64,
    pub max: u32,
}

impl Default for RuleSettings {
    fn default() -> Self {
        Self { two_above: 5.0, three_above: 10.0, connections: 80.0, cpu: 0.7, max: 5 }
    }
}

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// [1/s]
    pub reads: f64,
    pub writes: f64,
    pub connections: f64,
    /// 0..1
    pub cpu: f64,
}

/// How many, why, and what limited it.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice {
    pub replicas: u32,
    pub limit: Limit,
    pub why: Vec<String>,
}

/// How many read replicas there should be.
#[must_use]
pub fn advise(settings: &RuleSettings, load: Load) -> Advice {
    // One more write keeps the ratio finite, as the course has it; below a write a second it hides most of the ratio.
    let ratio = load.reads / (load.writes + 1.0);
    let base = 1 + u32::from(ratio > settings.two_above) + u32::from(ratio > settings.three_above);
    let mut why = vec![format!(
        "{:.1} reads over {:.1} writes + 1 is {ratio:.1}: {base} to begin with (2 above {}, 3 above {}).",
        load.reads, load.writes, settings.two_above, settings.three_above
    )];
    let mut replicas = base;
    if load.connections > settings.connections {
        replicas += 1;
        why.push(format!("{:.0} connections, above {:.0}: one more.", load.connections, settings.connections));
    }
    if load.cpu > settings.cpu {
        replicas += 1;
        why.push(format!("CPU {:.0} %, above {:.0} %: one more.", load.cpu * 100.0, settings.cpu * 100.0));
    }
    let mut limit = Limit::Nothing;
    if replicas > settings.max {
        (replicas, limit) = (settings.max, Limit::Max);
        why.push(format!("At most {} are allowed.", settings.max));
    }
    Advice { replicas, limit, why }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(reads: f64, writes: f64, connections: f64, cpu: f64) -> u32 {
        advise(&RuleSettings::default(), Load { reads, writes, connections, cpu }).replicas
    }

    #[test]
    fn ratio_connections_and_cpu_add_up_to_five_at_most() {
        assert_eq!(ask(100.0, 99.0, 10.0, 0.2), 1);
        assert_eq!(ask(5.0 * 20.0, 19.0, 10.0, 0.2), 1, "5 is not above 5");
        assert_eq!(ask(5.1 * 20.0, 19.0, 10.0, 0.2), 2);
        assert_eq!(ask(10.1 * 20.0, 19.0, 10.0, 0.2), 3);
        assert_eq!(ask(10.1 * 20.0, 19.0, 81.0, 0.2), 4);
        assert_eq!(ask(10.1 * 20.0, 19.0, 81.0, 0.71), 5);
        // The rules never reach beyond 5: the cap only matters when it is set lower.
        let few = RuleSettings { max: 2, ..RuleSettings::default() };
        let advice = advise(&few, Load { reads: 1_000.0, writes: 0.0, connections: 90.0, cpu: 0.9 });
        assert_eq!((advice.replicas, advice.limit), (2, Limit::Max));
    }

    #[test]
    fn next_to_no_writes_a_handful_of_reads_looks_like_many() {
        // A weakness of the rule, kept because it is the course's: 11 reads a second are no load.
        assert_eq!(ask(11.0, 0.0, 1.0, 0.01), 3);
    }

    #[test]
    fn what_is_said_of_regions_and_classes_is_what_there_is() {
        let regions: Vec<(String, String)> = crate::model::geography::REGIONS
            .iter()
            .map(|region| (region.id.to_owned(), format!("in {}, {}", region.id, region.name)))
            .collect();
        let said: Vec<(String, String)> =
            REGION_OPTIONS[2..].iter().map(|(id, label)| ((*id).to_owned(), (*label).to_owned())).collect();
        assert_eq!(said, regions);
        assert_eq!(CLASS_OPTIONS.len(), DATABASE_SIZES.len() + 1);
        for ((id, label), size) in CLASS_OPTIONS[1..].iter().zip(DATABASE_SIZES) {
            assert_eq!(*id, size.name);
            assert_eq!(*label, format!("{} · {} vCPU, ${}/h", size.name, size.vcpu, size.per_hour));
        }
    }

    #[test]
    fn a_choice_becomes_what_it_says() {
        use crate::model::params::Params;
        assert_eq!(read(&Variant::new("off", Params::new())), None);
        let fixed = Params::new()
            .with("count", 2.0)
            .with("region", "ap-south-1")
            .with("class", "db.r5.xlarge")
            .with("multi_zone", true)
            .with("data", 30.0)
            .with("copy_rate", 100.0);
        let replicas = read(&Variant::new("fixed", fixed)).expect("they are chosen");
        assert_eq!(replicas.number, Number::Fixed(2));
        assert_eq!(replicas.copying, SimDuration::from_secs(300));
        assert_eq!(replicas.standby, Some(SimDuration::from_secs(60)));
        assert_eq!((replicas.price(0.24), replicas.instance().map(|instance| instance.vcpu)), (0.96, Some(4.0)));
        let rule = read(&Variant::new("rule", Params::new())).expect("they are chosen");
        assert!(matches!(&rule.number, Number::Rule { settings, .. } if *settings == RuleSettings::default()));
        assert_eq!((rule.price(0.24), rule.instance()), (0.24, None));
    }

    /// Two thirds of the reads come from place 2, and 1 is nearer to it than 0, where the primary is.
    #[test]
    fn a_replica_goes_where_it_saves_the_most_travel() {
        let ms = SimDuration::from_millis;
        let ways = [[0, 50, 100], [50, 0, 40], [100, 40, 0]];
        let way = |from: u8, to: u8| ms(ways[usize::from(from)][usize::from(to)]);
        let reads = [(0, 50), (1, 50), (2, 200)];
        assert_eq!(best_place(&reads, &[0, 1, 2], |from| way(from, 0), way), Some(2));
        assert_eq!(best_place(&reads, &[0, 1], |from| way(from, 0), way), Some(1));
        let nearest = |from: u8| way(from, 0).min(way(from, 2));
        assert_eq!(best_place(&reads, &[0, 1, 2], nearest, way), Some(1));
        assert_eq!(best_place(&[(0, 9)], &[0, 1, 2], |from| way(from, 0), way), None);
    }
}
