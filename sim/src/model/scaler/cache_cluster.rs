//! A cache of several nodes: how many there should be. A node more when memory or CPU is short, one fewer when all of them
//! have been idle for a while; one at a time, and none while another one joins.

use super::{Decision, Limit, Scaler, Seen};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::params::{Entry, ParamSpec, Params, Unit, Variant, told};
use crate::model::read::Reader;

/// How many nodes there are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    Fixed(u32),
    ByLoad(Rule),
}

/// Nodes as a cache is told of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    pub number: Number,
    /// From the order of a node until it has keys.
    pub join: SimDuration,
}

/// What decides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    pub min: u32,
    pub max: u32,
    /// Larger shares than these want one more, 0..1.
    pub memory_above: f64,
    pub cpu_above: f64,
    /// One fewer, if CPU stays below this and the memory would do, for as long as `idle`.
    pub cpu_below: f64,
    pub idle: SimDuration,
    pub every: SimDuration,
}

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    pub nodes: u32,
    /// Valid entries over all entries that there is room for, 0..1.
    pub memory: f64,
    /// Busy share of the slots, 0..1.
    pub cpu: f64,
}

/// How many, why, and what limited it.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice {
    pub nodes: u32,
    pub limit: Limit,
    pub why: Vec<String>,
    /// Since when all of them have been idle.
    pub idle_since: Option<SimTime>,
}

/// How many nodes there should be; `idle_since`: as it was last advised.
#[must_use]
pub fn advise(rule: &Rule, load: Load, idle_since: Option<SimTime>, now: SimTime) -> Advice {
    let Load { nodes, memory, cpu } = load;
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let mut advice = Advice { nodes, limit: Limit::Nothing, why: Vec::new(), idle_since: None };
    advice.why.push(format!(
        "Memory {} of {nodes} full (above {}?), CPU {} (above {}?).",
        percent(memory),
        percent(rule.memory_above),
        percent(cpu),
        percent(rule.cpu_above)
    ));
    if memory > rule.memory_above || cpu > rule.cpu_above {
        advice.nodes = nodes + 1;
        advice.why.push("One more.".to_owned());
    } else if nodes > 1 {
        let fewer = memory * f64::from(nodes) / f64::from(nodes - 1);
        let idle = cpu < rule.cpu_below && fewer < rule.memory_above;
        let since = idle.then(|| idle_since.unwrap_or(now));
        advice.idle_since = since;
        if let Some(since) = since {
            let idle_for = now.since(since);
            let below = percent(rule.cpu_below);
            advice.why.push(format!(
                "Idle for {:.0} s: CPU below {below}, and one fewer would be {} full.",
                idle_for.as_secs_f64(),
                percent(fewer)
            ));
            if idle_for >= rule.idle {
                // The next one has to be idle for as long again.
                (advice.nodes, advice.idle_since) = (nodes - 1, Some(now));
                advice.why.push("One fewer.".to_owned());
            } else {
                advice.limit = Limit::Wait;
            }
        }
    }
    if advice.nodes > rule.max {
        (advice.nodes, advice.limit) = (rule.max, Limit::Max);
        advice.why.push(format!("At most {} are allowed.", rule.max));
    } else if advice.nodes < rule.min {
        (advice.nodes, advice.limit) = (rule.min, Limit::Min);
        advice.why.push(format!("At least {} are wanted.", rule.min));
    }
    advice
}

/// What decides, at work.
#[derive(Clone, Debug, PartialEq)]
pub struct ByLoad {
    rule: Rule,
    /// Since when all nodes have been idle.
    idle_since: Option<SimTime>,
}

impl ByLoad {
    #[must_use]
    pub const fn new(rule: Rule) -> Self {
        Self { rule, idle_since: None }
    }

    /// Goes by other numbers from now on.
    pub const fn set(&mut self, rule: Rule) {
        self.rule = rule;
    }
}

impl Scaler for ByLoad {
    fn interval(&self) -> SimDuration {
        self.rule.every
    }

    fn decide(&mut self, seen: &Seen<'_>) -> Decision {
        let load = Load { nodes: seen.store.serving, memory: seen.store.memory, cpu: seen.store.cpu };
        let mut advice = advise(&self.rule, load, self.idle_since, seen.now);
        if load.nodes < seen.current {
            // One joins: what it will take over is not known yet.
            advice.nodes = seen.current;
            advice.idle_since = None;
            advice.why.push(format!("{} still joining: nothing is decided.", seen.current - load.nodes));
        }
        self.idle_since = advice.idle_since;
        Decision {
            proposed: Some(advice.nodes),
            desired: advice.nodes,
            limit: advice.limit,
            why: advice.why,
            ..Decision::keep(seen)
        }
    }

    fn adopt(&mut self, params: &Params) {
        self.rule = rule(&Reader::new(&BY_LOAD, params));
    }

    fn box_clone(&self) -> Box<dyn Scaler> {
        Box::new(self.clone())
    }
}

static OFF: Entry = Entry {
    id: "off",
    name: "One node",
    summary: told("All entries lie in one memory."),
    source: "",
    params: &[],
    defect: false,
};

const SOURCE: &str = "Client-side consistent hashing as with memcached: keys that move are not taken along, they miss.";

const JOIN: ParamSpec = ParamSpec::number(
    "join",
    "A node joins in",
    Unit::Seconds,
    60.0,
    0.0,
    3_600.0,
    "From its order until it has its keys; it is paid meanwhile.",
);

static FIXED: Entry = Entry {
    id: "fixed",
    name: "A fixed number",
    summary: told("How many nodes share the keys, each with the entries, slots and price set for the cache."),
    source: SOURCE,
    params: &[
        ParamSpec::count("nodes", "Nodes", 3.0, 1.0, 100.0, "When this changes, keys move, and the moved ones miss."),
        JOIN,
    ],
    defect: false,
};

static BY_LOAD: Entry = Entry {
    id: "load",
    name: "By memory and CPU",
    summary: told("A node more when memory or CPU is short, one fewer when all are idle; keys that move miss once."),
    source: SOURCE,
    params: &[
        ParamSpec::count("min", "At least", 1.0, 1.0, 100.0, "There are always this many nodes, from the start."),
        ParamSpec::count("max", "At most", 6.0, 1.0, 100.0, "Never more nodes than this."),
        ParamSpec::number(
            "memory_above",
            "One more above, memory",
            Unit::Share,
            0.8,
            0.0,
            1.0,
            "Valid entries over all that there is room for.",
        ),
        ParamSpec::number(
            "cpu_above",
            "One more above, CPU",
            Unit::Share,
            0.7,
            0.0,
            1.0,
            "Busy share of the slots of all nodes. One busy node among idle ones does not show.",
        ),
        ParamSpec::number(
            "cpu_below",
            "Idle: below",
            Unit::Share,
            0.3,
            0.0,
            1.0,
            "Busy share of the slots; besides, one node fewer must not be too full.",
        ),
        ParamSpec::number(
            "idle",
            "One fewer when idle for",
            Unit::Seconds,
            300.0,
            0.0,
            86_400.0,
            "So long nothing may be short.",
        ),
        ParamSpec::number("every", "Evaluates every", Unit::Seconds, 30.0, 1.0, 3_600.0, "Time between two looks."),
        JOIN,
    ],
    defect: false,
};

/// As a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    vec![&OFF, &FIXED, &BY_LOAD]
}

fn rule(reader: &Reader<'_>) -> Rule {
    let secs = |key| SimDuration::from_secs_f64(reader.number(key));
    let min = reader.count("min");
    Rule {
        min,
        max: reader.count("max").max(min),
        memory_above: reader.number("memory_above"),
        cpu_above: reader.number("cpu_above"),
        cpu_below: reader.number("cpu_below"),
        idle: secs("idle"),
        every: secs("every"),
    }
}

/// What the choice says; `None`: it is one node.
#[must_use]
pub fn read(choice: &Variant) -> Option<Settings> {
    let entry = [&FIXED, &BY_LOAD].into_iter().find(|entry| entry.id == choice.id)?;
    let reader = Reader::new(entry, &choice.params);
    let secs = |key| SimDuration::from_secs_f64(reader.number(key));
    let number =
        if entry.id == FIXED.id { Number::Fixed(reader.count("nodes")) } else { Number::ByLoad(rule(&reader)) };
    Some(Settings { number, join: secs("join") })
}

/// Values that are each possible may still be nonsense: the parameter, and why.
pub(super) fn check(entry: &'static Entry, params: &Params) -> Option<(&'static str, String)> {
    std::ptr::eq(entry, &BY_LOAD).then(|| super::check_range(entry, params)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule {
        min: 1,
        max: 4,
        memory_above: 0.8,
        cpu_above: 0.7,
        cpu_below: 0.3,
        idle: SimDuration::from_secs(300),
        every: SimDuration::from_secs(30),
    };

    fn secs(secs: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(secs)
    }

    fn ask(nodes: u32, memory: f64, cpu: f64) -> (u32, Limit) {
        let advice = advise(&RULE, Load { nodes, memory, cpu }, None, secs(0));
        (advice.nodes, advice.limit)
    }

    #[test]
    fn memory_or_cpu_above_their_limits_add_one() {
        assert_eq!(ask(2, 0.8, 0.7), (2, Limit::Nothing), "neither is above");
        assert_eq!(ask(2, 0.81, 0.1), (3, Limit::Nothing));
        assert_eq!(ask(2, 0.1, 0.71), (3, Limit::Nothing));
        assert_eq!(ask(4, 1.0, 1.0), (4, Limit::Max));
    }

    #[test]
    fn one_goes_when_all_have_been_idle_for_long_and_the_rest_can_hold_what_is_there() {
        // Half full on three is three quarters on two; two thirds would be all of it.
        let mut since = None;
        for (at, nodes) in [(0, 3), (150, 3), (299, 3), (300, 2)] {
            let advice = advise(&RULE, Load { nodes: 3, memory: 0.5, cpu: 0.1 }, since, secs(at));
            assert_eq!(advice.nodes, nodes, "{at}: {:?}", advice.why);
            since = advice.idle_since;
        }
        assert_eq!(since, Some(secs(300)), "the next one starts over");
        let full = advise(&RULE, Load { nodes: 3, memory: 0.66, cpu: 0.1 }, Some(secs(0)), secs(900));
        assert_eq!((full.nodes, full.idle_since), (3, None));
        let busy = advise(&RULE, Load { nodes: 3, memory: 0.1, cpu: 0.3 }, Some(secs(0)), secs(900));
        assert_eq!((busy.nodes, busy.idle_since), (3, None));
        let last = advise(&RULE, Load { nodes: 1, memory: 0.1, cpu: 0.1 }, Some(secs(0)), secs(900));
        assert_eq!(last.nodes, 1);
    }

    #[test]
    fn a_choice_becomes_what_it_says() {
        assert_eq!(read(&Variant::new("off", Params::new())), None);
        let load = read(&Variant::new("load", Params::new())).expect("it is chosen");
        assert!(matches!(load.number, Number::ByLoad(rule) if rule == Rule { max: 6, ..RULE }));
        let fixed = read(&Variant::new("fixed", Params::new().with("nodes", 5.0))).expect("it is chosen");
        assert_eq!(fixed, Settings { number: Number::Fixed(5), join: SimDuration::from_secs(60) });
        let range = Params::new().with("min", 5.0).with("max", 2.0);
        assert!(check(&BY_LOAD, &range).is_some() && check(&FIXED, &Params::new()).is_none());
    }
}
