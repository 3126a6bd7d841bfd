//! How many read replicas a database should have.

use super::Limit;

/// What decides; the defaults are the course's.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Reads per write above which a second, and a third replica are wanted.
    pub two_above: f64,
    pub three_above: f64,
    /// More connections in use than this want one more.
    pub connections: f64,
    /// A larger share of busy connections than this wants one more, 0..1.
    pub cpu: f64,
    pub max: u32,
}

impl Default for Settings {
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
pub fn advise(settings: &Settings, load: Load) -> Advice {
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
        advise(&Settings::default(), Load { reads, writes, connections, cpu }).replicas
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
        let few = Settings { max: 2, ..Settings::default() };
        let advice = advise(&few, Load { reads: 1_000.0, writes: 0.0, connections: 90.0, cpu: 0.9 });
        assert_eq!((advice.replicas, advice.limit), (2, Limit::Max));
    }

    #[test]
    fn next_to_no_writes_a_handful_of_reads_looks_like_many() {
        // A weakness of the rule, kept because it is the course's: 11 reads a second are no load.
        assert_eq!(ask(11.0, 0.0, 1.0, 0.01), 3);
    }
}
