//! Every field of the JSON that the `headroom` command writes: its unit and what it means, for `headroom help json`.
//!
//! A field that the command writes and this table does not know, or the other way around, fails a test
//! (`tests/it/json_fields.rs`). What is measured of a station stands in [`crate::figure`]; any other field has its line here.

use std::collections::BTreeSet;
use std::fmt::Write as _;

pub use super::field::{Field, Holds, Shape};
use super::field::{OUTCOMES, PERCENTILES, TIMES, many, one, value};
use super::figures;

impl Shape {
    /// Its own fields.
    pub fn fields(&self) -> impl Iterator<Item = &'static Field> + use<> {
        self.fields.iter().flat_map(|field| match field.holds {
            Holds::Figures => figures::FIELDS.as_slice(),
            _ => std::slice::from_ref(field),
        })
    }

    /// The field of that name, its own or one of those that stand among them.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        let own = self.fields().find(|field| field.name == name);
        own.or_else(|| self.with.iter().find_map(|shape| shape.field(name)))
    }
}

/// What a command writes with `--json`.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// E.g. `run --json`.
    pub command: &'static str,
    /// `One`, or `Many` where it writes a list.
    pub holds: Holds,
}

const FIGURES: Field = Field { name: "", unit: "", meaning: "", holds: Holds::Figures };

pub static OUTPUTS: &[Output] = &[
    Output { command: "run --json", holds: Holds::One(&REPORT) },
    Output { command: "run --seeds N --json", holds: Holds::One(&SUMMARY) },
    Output { command: "grade --json", holds: Holds::One(&GRADED) },
    Output { command: "profile --json", holds: Holds::One(&PROFILE) },
    Output { command: "whatif --json", holds: Holds::One(&WHAT_IF) },
    Output { command: "check --json", holds: Holds::Many(&PROBLEM) },
    Output { command: "chaos --json", holds: Holds::Many(&FAULT) },
    Output { command: "list KIND --json", holds: Holds::Many(&ENTRY) },
];

static REPORT: Shape = Shape {
    name: "report",
    summary: "what came out of a run",
    fields: &[
        value("report", "", "version of this shape; within a version, fields are only ever added"),
        value("engine", "text", "version of the engine"),
        value("title", "text", "the document's"),
        value("seed", "text", "the run's; as text, since it has 64 bits"),
        value("trace_hash", "text", "sixteen hexadecimal digits, equal for equal runs"),
        value("run_length_secs", "s", "how long sources sent"),
        value("warm_up_secs", "s", "the beginning, which is left out of everything below"),
        value("now_secs", "s", "where the run stood when this was written"),
        value("finished", "true or false", "whether the run had ended and drained"),
        value("stopped", "text", "why it was stopped before its end; null where it was not"),
        value("events", "count", "events processed"),
        value("inputs", "count", "changes made while it ran"),
        value("drain_secs", "s", "how long requests in flight were waited for afterwards; in no figure below"),
        value("drain_cost", "USD", "what all stations cost meanwhile; absent where nothing has a price"),
        many("windows", "the document's windows, in its order", &WINDOW),
    ],
    with: &[&SPAN],
};

static WINDOW: Shape = Shape {
    name: "window",
    summary: "a named part of the run",
    fields: &[
        value("name", "text", "the window's"),
        value("from_secs", "s", "where it begins"),
        value("to_secs", "s", "where it ends"),
    ],
    with: &[&SPAN],
};

static SPAN: Shape = Shape {
    name: "span",
    summary: "what happened to the requests that arrived within a part of the run, whenever they ended",
    fields: &[
        value("secs", "s", "its length, as far as it has been simulated"),
        value("offered", "count", "requests that arrived: all of outcomes, and in_flight"),
        one("outcomes", "how they ended", &OUTCOMES),
        value("good", "count", "completed in time"),
        value("in_flight", "count", "not ended yet"),
        value("answered_share", "0..1", "completed, of all offered"),
        value("error_share", "0..1", "ended otherwise than completed, of all that ended"),
        value("arrival_rate", "/s", "offered per second"),
        value("throughput", "/s", "completed per second, late ones included"),
        value("goodput", "/s", "completed in time, per second"),
        value(
            "hit_ratio",
            "0..1",
            "requests looked up in a cache for which no database had to read; absent where nothing is looked up",
        ),
        one("sojourn_time", "response times of the completed", &TIMES),
        one(
            "sojourn_time_offered",
            "response times of all offered; one without an answer counts as infinite",
            &PERCENTILES,
        ),
        value("cost", "USD", "what all stations cost; absent where nothing has a price"),
        value("cost_per_hour", "USD", "an hour of it, averaged over time; absent where nothing has a price"),
        value("cost_per_million", "USD", "for a million completed requests; absent where nothing has a price"),
        value("slo_minutes_lost", "min", "time in which the objective was missed; absent where there is none"),
        many("reasons", "why requests did not complete, the most frequent first", &REASON),
        many("stations", "by ascending id", &STATION),
        many("edges", "connections, by ascending id", &EDGE),
    ],
    with: &[],
};

static REASON: Shape = Shape {
    name: "reason",
    summary: "how often something ended a request",
    fields: &[
        value("reason", "text", "its name, which stays the same between versions"),
        value("label", "text", "the same in words"),
        value("count", "count", "requests that it ended"),
    ],
    with: &[],
};

static STATION: Shape = Shape {
    name: "station",
    summary: "one station within a span",
    fields: &[
        value("node", "id", "the station's"),
        value("kind", "text", "an id of `headroom list stations`; removed if it is gone"),
        value("label", "text", "what its card says"),
        value("role", "text", "the name by which a lesson finds it; absent where it has none"),
        FIGURES,
    ],
    with: &[],
};

static EDGE: Shape = Shape {
    name: "edge",
    summary: "attempts over one connection for the requests of the span, whenever they ended",
    fields: &[
        value("edge", "id", "the connection's"),
        value("from", "id", "the station that calls"),
        value("to", "id", "the station that is called"),
        value("sent", "count", "attempts: all of outcomes, and in_flight"),
        one("outcomes", "how they ended, as the caller sees it", &OUTCOMES),
        value("in_flight", "count", "not ended yet"),
        value("retries", "count", "of those sent: not the first try"),
    ],
    with: &[],
};

static SUMMARY: Shape = Shape {
    name: "summary",
    summary: "means over many seeds",
    fields: &[
        value("engine", "text", "version of the engine"),
        value("title", "text", "the document's"),
        value("seeds", "count", "it ran on the seeds 1 to this"),
        value("confidence", "0..1", "of each interval alone"),
        many("figures", "every metric of the whole system, in the order of `headroom list metrics`", &ESTIMATE),
    ],
    with: &[],
};

static ESTIMATE: Shape = Shape {
    name: "figure",
    summary: "the mean of one metric, with its confidence interval",
    fields: &[
        value("metric", "text", "name and statistic, e.g. sojourn_time.p99"),
        value("unit", "text", "of mean and half_width; empty for shares and counts"),
        value("replications", "count", "seeds that have the figure"),
        value("infinite", "count", "of those: seeds on which it is infinite"),
        value("left_out", "count", "seeds that have none; they are not in the mean"),
        value("mean", "", "over the replications, in the metric's unit; infinite if it is on any seed"),
        value(
            "half_width",
            "",
            "the true mean lies within mean ± this, with the confidence above; null below two replications",
        ),
    ],
    with: &[],
};

static GRADED: Shape = Shape {
    name: "grading",
    summary: "a design judged by a lesson",
    fields: &[
        value("lesson", "text", "id of the lesson"),
        value("version", "", "of its goals and its world; a pass counts for the version that was passed"),
        value("engine", "text", "version of the engine"),
        value("passed", "true or false", "on as many seeds as the lesson asks for; with --seeds, on all"),
        value("margin", "", "the smallest of all goals and seeds; null where nothing was measured"),
        many("results", "by seed", &SEED_RESULT),
    ],
    with: &[],
};

static SEED_RESULT: Shape = Shape {
    name: "result",
    summary: "what one seed showed",
    fields: &[
        value("seed", "text", "as in reports"),
        value("passed", "true or false", "every goal reached, and no rule broken"),
        many("goals", "in the lesson's order; empty if the design cannot run", &GOAL),
        many("problems", "why it cannot run or does not count; absent if it can and does", &PROBLEM),
        value("trace_hash", "text", "of the run; empty if there was none"),
    ],
    with: &[],
};

static GOAL: Shape = Shape {
    name: "goal",
    summary: "one goal, and what the run showed",
    fields: &[
        value("label", "text", "the goal in words"),
        value("metric", "text", "name and statistic, e.g. sojourn_time.p99"),
        value("at", "text", "system, or role or label of a station"),
        value("during", "text", "a window's name; absent: the whole run after its warm-up"),
        value("op", "text", "<= or >="),
        value("value", "", "what was asked for, in the metric's unit"),
        value("measured", "", "what the run showed; null where there was nothing to measure, which fails"),
        value(
            "unanswered",
            "0..1",
            "where that is infinite: the share of the requests that got no answer; else absent",
        ),
        value("passed", "true or false", "whether the goal was reached"),
        value("margin", "", "how far inside the limit, as a share of it; negative outside"),
    ],
    with: &[],
};

static PROFILE: Shape = Shape {
    name: "profile",
    summary: "where the time of all requests went, on the critical path",
    fields: &[
        value("requests", "count", "looked at: all that arrived after the warm-up"),
        value("mean", "s", "their time in system, on average"),
        value("p99", "s", "99 % took at most this long"),
        many("stations", "by what they took, the most first", &PROFILED),
    ],
    with: &[],
};

static PROFILED: Shape = Shape {
    name: "profiled station",
    summary: "what one station took",
    fields: &[
        value("node", "id", "the station's"),
        value("label", "text", "what its card says"),
        value("share", "0..1", "of the time of all requests"),
        many("parts", "what it went into", &PART),
        value("behind_mean", "s", "what others took for its sake, for a request that came by, on average"),
        value("behind_p99", "s", "the same, for 99 % of them at most"),
    ],
    with: &[],
};

static PART: Shape = Shape {
    name: "part",
    summary: "one thing that time went into",
    fields: &[
        value("part", "text", "queue, work, paused, held, network, waits or lost"),
        value("share", "0..1", "of the time of all requests"),
        value("mean", "s", "for a request that came by, on average"),
        value("p99", "s", "the same, for 99 % of them at most"),
    ],
    with: &[],
};

static WHAT_IF: Shape = Shape {
    name: "comparison",
    summary: "the same document under other scalers",
    fields: &[
        value("at", "text", "label of the station whose scaler is varied"),
        value("basis", "text", "what the settings follow from, a sentence each"),
        many("entrants", "the scaler that it has, then the others", &ENTRANT),
    ],
    with: &[],
};

static ENTRANT: Shape = Shape {
    name: "entrant",
    summary: "one scaler",
    fields: &[
        value("id", "text", "an id of `headroom list scalers`"),
        value("name", "text", "in words"),
        value("settings", "text", "in words"),
        one("finish", "what came out", &FINISH),
    ],
    with: &[],
};

static FINISH: Shape = Shape {
    name: "finish",
    summary: "a run under one scaler",
    fields: &[
        one("figures", "what is compared", &COMPARED),
        one("curves", "how it went, slice by slice", &CURVES),
        value("offered", "count", "requests after the warm-up"),
        value("trace_hash", "text", "sixteen hexadecimal digits, equal for equal runs"),
    ],
    with: &[],
};

static COMPARED: Shape = Shape {
    name: "compared",
    summary: "what a comparison compares",
    fields: &[
        value("p99", "s", "99 % of the completed took at most this long"),
        value("answered_share", "0..1", "completed, of all offered"),
        value("slo_minutes_lost", "min", "time in which the objective was missed"),
        value("cost", "USD", "of the whole document; null where nothing has a price"),
        value("cost_per_million", "USD", "for a million completed requests; null where nothing has a price"),
        value("replica_hours", "h", "replicas of the station, from their order to their end"),
        value("replicas_max", "count", "most that it had"),
    ],
    with: &[],
};

static CURVES: Shape = Shape {
    name: "curves",
    summary: "lists with a number for each slice",
    fields: &[
        value("at_secs", "s", "end of each slice"),
        value("arrivals", "count", "requests that came in each"),
        value("replicas", "count", "had at its end"),
        value("p99", "s", "of the completed; null where nothing was answered"),
        value("cost", "USD", "so far, the warm-up included"),
    ],
    with: &[],
};

static PROBLEM: Shape = Shape {
    name: "problem",
    summary: "what is wrong with a document",
    fields: &[
        value("severity", "text", "error: it cannot run; warning: it runs, but surely not as meant"),
        value(
            "place",
            "",
            "\"Document\", or an object such as {\"Node\": 3} with the id of a node, an edge or an area, or with a fault's place in the list, from 0",
        ),
        value("param", "text", "the parameter's key; absent where none is at fault"),
        value("code", "text", "what sort of problem, e.g. no-path; stays the same between versions"),
        value("message", "text", "what is wrong, in words"),
        value("remedy", "text", "what to do about it"),
    ],
    with: &[],
};

static FAULT: Shape = Shape {
    name: "fault",
    summary: "a planned fault, as written in a file",
    fields: &[
        value("at_secs", "s", "when it starts"),
        value("for_secs", "s", "how long it lasts; absent: to the end of the run"),
        value("kind", "text", "an id of `headroom list faults`"),
        value("target", "", "what it hits, as in a file, e.g. {\"replica\": [3, 0]}"),
        value("params", "", "its parameters by key; absent where all have their defaults"),
    ],
    with: &[],
};

static ENTRY: Shape = Shape {
    name: "entry",
    summary: "something that can be chosen",
    fields: &[
        value("id", "text", "as written in files"),
        value("name", "text", "in words"),
        value("summary", "text", "what it is or does"),
        value("source", "text", "where its behavior or its defaults come from; absent where there is none"),
        value("category", "text", "stations: client, routing, compute, cache, data, messaging"),
        value("accepts_input", "true or false", "stations: whether others can call it"),
        value("outputs", "text", "stations: whether it calls others: none, optional, required"),
        value("targets", "text", "faults: what it can be aimed at"),
        value("unit", "text", "metrics: the unit's sign; empty for shares and counts"),
        value("statistics", "text", "metrics: what can be asked of it"),
        many("figures", "prices, machines, regions: what is known of it, in numbers", &ENTRY_FIGURE),
        value("defect", "true or false", "wrong on purpose, to be found; absent elsewhere"),
        many("params", "its parameters; absent where it has none", &PARAM),
    ],
    with: &[],
};

static ENTRY_FIGURE: Shape = Shape {
    name: "entry's figure",
    summary: "a number that belongs to an entry",
    fields: &[
        value("name", "text", "what it is; of a region, the region to which the way leads"),
        value("value", "", "the number"),
        value("unit", "text", "its sign; empty for plain numbers"),
    ],
    with: &[],
};

static PARAM: Shape = Shape {
    name: "parameter",
    summary: "what an entry can be told",
    fields: &[
        value("key", "text", "as written in files"),
        value("label", "text", "in words"),
        value("help", "text", "what it does"),
        value(
            "type",
            "text",
            "number, bool, text, choice, station, variant (an object with the id of an entry), table (a list of rows)",
        ),
        value("unit", "text", "numbers: the unit's sign"),
        value("min", "", "numbers: the smallest"),
        value("max", "", "numbers: the largest"),
        value("whole", "true or false", "numbers: no fractions; absent elsewhere"),
        value("default", "", "what holds where the key is missing, as in a file"),
        value("options", "text", "choices: what may be chosen; variants: ids of the entries"),
        value("list", "text", "variants: the KIND of `headroom list` that has those entries"),
        many(
            "entries",
            "variants: those entries in full; absent where options is enough, since they have had a list of their own from the first version on",
            &ENTRY,
        ),
        many("columns", "tables: the cells of a row", &PARAM),
        value("rows_max", "count", "tables: most rows"),
    ],
    with: &[],
};

/// For a terminal: what each command writes, then every shape with its fields.
#[must_use]
pub fn text() -> String {
    let mut out = "\
JSON: times in seconds, rates per second, shares 0 to 1, counts whole. null stands where there is nothing to tell, and
\"infinite\" for a percentile that falls on a request without an answer. [] marks a list of objects.
Within a version of the report, fields are only ever added.\n\n"
        .to_owned();
    // Writing to a string cannot fail.
    for output in OUTPUTS {
        let _ = writeln!(out, "headroom {:<22} {}", output.command, written(output.holds));
    }
    let mut told = BTreeSet::new();
    for output in OUTPUTS {
        if let Holds::One(shape) | Holds::Many(shape) = output.holds {
            write_shape(&mut out, shape, &mut told);
        }
    }
    out
}

fn written(holds: Holds) -> String {
    match holds {
        Holds::Value | Holds::Figures => String::new(),
        Holds::One(shape) => shape.name.to_owned(),
        Holds::Many(shape) => format!("[] of {}", shape.name),
    }
}

/// A shape, then those that stand in it and have not been told yet.
fn write_shape(out: &mut String, shape: &'static Shape, told: &mut BTreeSet<&'static str>) {
    if !told.insert(shape.name) {
        return;
    }
    let _ = writeln!(out, "\n{}: {}", shape.name, shape.summary);
    for field in shape.fields() {
        let unit = match field.holds {
            Holds::Value if field.unit.is_empty() => String::new(),
            Holds::Value => format!("[{}]", field.unit),
            holds => format!("({})", written(holds)),
        };
        let meaning = format!("{} {unit}", field.meaning);
        let _ = writeln!(out, "  {:<24} {}", field.name, meaning.trim_end());
    }
    for other in shape.with {
        let _ = writeln!(out, "  and all of {}", other.name);
    }
    for other in shape.with {
        write_shape(out, other, told);
    }
    for field in shape.fields() {
        if let Holds::One(shape) | Holds::Many(shape) = field.holds {
            write_shape(out, shape, told);
        }
    }
}
