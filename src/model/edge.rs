//! What an edge can be told: latency, time-out, retries, and when a handler calls over it.

use super::params::{Entry, ParamKind, ParamSpec, Unit};

/// A retry at once.
pub const BACKOFF_NONE: Entry = Entry {
    id: "none",
    name: "At once",
    summary: "Tries again without waiting.",
    source: "What naive clients do; Beyer et al., \"Site Reliability Engineering\", ch. 22, advises against it.",
    params: &[],
    defect: false,
};

/// Waits longer by the same step each time.
pub const BACKOFF_LINEAR: Entry = Entry {
    id: "linear",
    name: "Linear",
    summary: "Waits base times the attempt's number, up to a cap; no jitter, so waves stay together.",
    source: "The running example's service mesh: 100 ms per attempt, cap 5 s.",
    params: &[
        ParamSpec::number("base", "Base", Unit::Seconds, 0.1, 0.0, 60.0, "Wait before the first retry."),
        ParamSpec::number("cap", "Cap", Unit::Seconds, 5.0, 0.0, 600.0, "Longest wait."),
    ],
    defect: false,
};

/// Doubles, with full jitter.
pub const BACKOFF_EXPONENTIAL: Entry = Entry {
    id: "exponential",
    name: "Exponential, full jitter",
    summary: "Waits a random time between nothing and base times 2, 4, 8 …, up to a cap.",
    source: "AWS architecture blog, \"Exponential Backoff and Jitter\" (full jitter).",
    params: &[
        ParamSpec::number("base", "Base", Unit::Seconds, 0.1, 0.0, 60.0, "Upper end of the first wait."),
        ParamSpec::number("cap", "Cap", Unit::Seconds, 5.0, 0.0, 600.0, "Longest upper end."),
    ],
    defect: false,
};

/// All ways to wait before a retry.
#[must_use]
pub fn backoffs() -> Vec<&'static Entry> {
    vec![&BACKOFF_NONE, &BACKOFF_LINEAR, &BACKOFF_EXPONENTIAL]
}

/// An edge's parameters.
pub const EDGE_ENTRY: Entry = Entry {
    id: "edge",
    name: "Connection",
    summary: "Carries calls there and answers back.",
    source: "One-way latencies: under 1 ms within a zone, 1 to 2 ms between zones (cloud providers' published figures).",
    params: &[
        ParamSpec::variant(
            "latency",
            "Latency, one way",
            super::distribution_entries,
            "deterministic",
            "Time on the wire, drawn for each direction of each attempt.",
        ),
        ParamSpec::number(
            "timeout",
            "Time-out",
            Unit::Seconds,
            0.0,
            0.0,
            3_600.0,
            "How long the caller waits for an answer before it gives up; 0 = for ever. The work goes on at the other end.",
        ),
        ParamSpec::count("retries", "Retries", 0.0, 0.0, 10.0, "How often the caller tries again after a failure."),
        ParamSpec::variant("backoff", "Wait before a retry", backoffs, "linear", "How long to wait before each retry."),
        ParamSpec::count(
            "weight",
            "Weight",
            1.0,
            0.0,
            1_000.0,
            "Share of the traffic for weighted strategies; 0 = none.",
        ),
        ParamSpec::choice(
            "operations",
            "Carries",
            &[
                ("all", "all requests"),
                ("reads", "reads only"),
                ("writes", "writes only"),
                ("static", "static content only"),
            ],
            "all",
            "Which requests a service or a balancer sends over this connection.",
        ),
        ParamSpec {
            key: "path",
            label: "Path begins with",
            help: "Only requests whose path begins so; empty = all. At a balancer the longest match wins.",
            kind: ParamKind::Text { default: "" },
        },
        ParamSpec::number(
            "probability",
            "Probability",
            Unit::Share,
            1.0,
            0.0,
            1.0,
            "Share of requests that cause this call (services only); with \"one of\", its relative weight.",
        ),
    ],
    defect: false,
};
