//! The distributions that a person may choose for service times, look-ups, think times: words, ranges and defaults for
//! the samplers in [`crate::engine::dist`].

use super::params::{Entry, ParamKind, ParamSpec, Params, Unit, Value, Variant, told};
use crate::engine::dist::{Dist, DistError};

/// Longest mean that can be set [s].
const MEAN_MAX: f64 = 3_600.0;

/// One distribution.
#[derive(Clone, Copy, Debug)]
pub struct Distribution {
    pub entry: Entry,
    build: fn(&Entry, &Params) -> Result<Dist, DistError>,
}

/// All distributions, in the order of the menu.
pub static REGISTRY: &[Distribution] =
    &[DETERMINISTIC, EXPONENTIAL, ERLANG, LOG_NORMAL, HYPER_EXPONENTIAL, PARETO, EMPIRICAL];

/// All entries.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    REGISTRY.iter().map(|distribution| &distribution.entry).collect()
}

/// A distribution as a document names it. Missing parameters take their defaults.
///
/// # Errors
/// If there is no distribution of that id (`param` is then `id`), or its parameters exclude each other.
pub fn build(variant: &Variant) -> Result<Dist, DistError> {
    let distribution = REGISTRY.iter().find(|distribution| distribution.entry.id == variant.id);
    let Some(distribution) = distribution else {
        return Err(DistError { param: "id", value: f64::NAN, must: "must name a distribution of the registry" });
    };
    (distribution.build)(&distribution.entry, &variant.params)
}

const fn mean_spec(default: f64) -> ParamSpec {
    ParamSpec::number("mean", "Mean", Unit::Seconds, default, 0.0, MEAN_MAX, "Average time.")
}

const DETERMINISTIC: Distribution = Distribution {
    entry: Entry {
        id: "deterministic",
        name: "Constant",
        summary: told("Always the same time."),
        source: told("D in Kendall's notation. Default 1 ms: one lookup in memory with its share of protocol work."),
        params: &[mean_spec(0.001)],
        defect: false,
    },
    build: |entry, params| Dist::constant(entry.number(params, "mean")),
};

const EXPONENTIAL: Distribution = Distribution {
    entry: Entry {
        id: "exponential",
        name: "Exponential",
        summary: told("Memoryless: many short times, few long ones. The textbook's default."),
        source: told("M in Kendall's notation; −mean·ln(1 − u). Default mean 20 ms: a small request to a web service."),
        params: &[mean_spec(0.02)],
        defect: false,
    },
    build: |entry, params| Dist::exponential(entry.number(params, "mean")),
};

const ERLANG: Distribution = Distribution {
    entry: Entry {
        id: "erlang",
        name: "Erlang",
        summary: told("Several exponential stages in a row: steadier the more stages."),
        source: told("E_k in Kendall's notation; scv 1/k."),
        params: &[
            mean_spec(0.02),
            ParamSpec::count("stages", "Stages", 4.0, 1.0, 100.0, "How many stages the work has; more = steadier."),
        ],
        defect: false,
    },
    build: |entry, params| Dist::erlang(entry.number(params, "mean"), entry.number(params, "stages") as u32),
};

const LOG_NORMAL: Distribution = Distribution {
    entry: Entry {
        id: "lognormal",
        name: "Log-normal",
        summary: told("A hump with a longer tail to the right: the shape of most measured service times."),
        source: told("Limpert, Stahel, Abbt, BioScience 51(5), 2001."),
        params: &[
            mean_spec(0.02),
            ParamSpec::number(
                "scv",
                "Variability",
                Unit::Plain,
                1.0,
                0.0,
                100.0,
                "Squared coefficient of variation: 0 = always the same, 1 = as variable as exponential.",
            ),
        ],
        defect: false,
    },
    build: |entry, params| Dist::log_normal(entry.number(params, "mean"), entry.number(params, "scv")),
};

const HYPER_EXPONENTIAL: Distribution = Distribution {
    entry: Entry {
        id: "hyperexponential",
        name: "Hyperexponential",
        summary: told("Mostly short, now and then much longer: two kinds of work in one."),
        source: told(
            "H_2 in Kendall's notation with balanced means; Tijms, \"A First Course in Stochastic Models\", 2003.",
        ),
        params: &[
            mean_spec(0.02),
            ParamSpec::number(
                "scv",
                "Variability",
                Unit::Plain,
                4.0,
                1.0,
                100.0,
                "Squared coefficient of variation: 1 = exponential, more = wilder.",
            ),
        ],
        defect: false,
    },
    build: |entry, params| Dist::hyper_exponential(entry.number(params, "mean"), entry.number(params, "scv")),
};

const PARETO: Distribution = Distribution {
    entry: Entry {
        id: "pareto",
        name: "Pareto",
        summary: told("Heavy tail: rare times are enormous."),
        source: told("Crovella and Bestavros, IEEE/ACM ToN 5(6), 1997: exponents between 1 and 2 on the web."),
        params: &[
            mean_spec(0.02),
            ParamSpec::number(
                "shape",
                "Tail exponent",
                Unit::Plain,
                2.5,
                1.05,
                20.0,
                "Smaller = heavier tail; at 2 and below the variance is infinite.",
            ),
        ],
        defect: false,
    },
    build: |entry, params| Dist::pareto(entry.number(params, "mean"), entry.number(params, "shape")),
};

fn default_rows() -> Value {
    let row = |value: f64, weight: f64| Value::List(vec![Value::Number(value), Value::Number(weight)]);
    Value::List(vec![row(0.01, 90.0), row(0.05, 9.0), row(0.5, 1.0)])
}

const EMPIRICAL: Distribution = Distribution {
    entry: Entry {
        id: "empirical",
        name: "Measured values",
        summary: told("A table of times, each with its weight."),
        source: told("Discrete empirical distribution."),
        params: &[ParamSpec {
            key: "values",
            label: "Values",
            help: told("Each time and how often it occurs, relative to the others."),
            kind: ParamKind::Table {
                columns: &[
                    ParamSpec::number("value", "Time", Unit::Seconds, 0.01, 0.0, MEAN_MAX, "How long."),
                    ParamSpec::number("weight", "Weight", Unit::Plain, 1.0, 0.0, 1e9, "How often, relative."),
                ],
                default: default_rows,
                rows_max: 1_000,
            },
        }],
        defect: false,
    },
    build: |_, params| {
        let default = default_rows();
        let rows = match params.get("values").unwrap_or(&default) {
            Value::List(rows) => rows.as_slice(),
            _ => &[],
        };
        let cell = |row: &Value, column: usize| match row {
            Value::List(cells) => match cells.get(column) {
                Some(Value::Number(number)) => *number,
                _ => f64::NAN, // refused by the distribution, which names the column
            },
            _ => f64::NAN,
        };
        let pairs: Vec<(f64, f64)> = rows.iter().map(|row| (cell(row, 0), cell(row, 1))).collect();
        Dist::empirical(&pairs)
    },
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn built(variant: &Variant) -> Dist {
        build(variant).unwrap_or_else(|error| panic!("{variant:?}: {error}"))
    }

    #[test]
    fn every_entry_builds_from_its_defaults_and_says_where_it_comes_from() {
        let mut ids = BTreeSet::new();
        for distribution in REGISTRY {
            let entry = &distribution.entry;
            assert!(ids.insert(entry.id), "{} twice", entry.id);
            assert!(entry.id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", entry.id);
            assert!(!entry.summary.is_empty() && !entry.source.is_empty(), "{}", entry.id);
            let mut explicit = Params::new();
            for spec in entry.params {
                explicit.set(spec.key, spec.default_value());
            }
            let (implied, explicit) =
                (built(&Variant::new(entry.id, Params::new())), built(&Variant::new(entry.id, explicit)));
            assert!(implied.mean() > 0.0);
            assert_eq!((implied.mean(), implied.scv()), (explicit.mean(), explicit.scv()), "{}", entry.id);
        }
    }

    #[test]
    fn every_number_in_range_builds() {
        for distribution in REGISTRY {
            for spec in distribution.entry.params {
                if let ParamKind::Number { min, max, .. } = spec.kind {
                    for value in [min, max] {
                        let params = Params::new().with(spec.key, value);
                        built(&Variant::new(distribution.entry.id, params));
                    }
                }
            }
        }
    }

    #[test]
    fn a_chosen_mean_is_the_mean() {
        for distribution in REGISTRY.iter().filter(|d| d.entry.id != "empirical") {
            let variant = Variant::new(distribution.entry.id, Params::new().with("mean", 0.125));
            assert!((built(&variant).mean() - 0.125).abs() < 1e-12);
        }
    }

    #[test]
    fn wrong_input_is_an_error_not_a_panic() {
        let rows = |rows: Vec<Value>| Variant::new("empirical", Params::new().with("values", Value::List(rows)));
        let culprits = [
            (Variant::new("gaussian", Params::new()), "id"),
            (Variant::new("exponential", Params::new().with("mean", -1.0)), "mean"),
            (rows(vec![]), "values"),
            (rows(vec![Value::List(vec![Value::Number(1.0)])]), "weight"),
            (rows(vec![Value::Number(1.0)]), "value"),
        ];
        for (variant, param) in culprits {
            assert_eq!(build(&variant).expect_err("wrong input").param, param, "{variant:?}");
        }
    }
}
