//! What an edge can be told: latency, time-outs, retries and further policies, and when a handler calls over it.

use super::admission::limit;
use super::params::{Entry, ParamKind, ParamSpec, Unit, told};
use super::policy::{backoff, breaker, budget, bulkhead, hedge, sidecar};

/// All ways to wait before a retry.
#[must_use]
pub fn backoffs() -> Vec<&'static Entry> {
    backoff::entries()
}

/// The parameters in groups, as forms show them: title, keys.
pub const GROUPS: &[(&str, &[&str])] = &[
    ("Network", &["latency", "weight", "operations", "path", "probability"]),
    ("Time-outs", &["timeout", "connect_timeout", "overall_timeout", "deadline", "pass_deadline", "cancel"]),
    ("Retries", &["retries", "backoff", "retry_budget", "hedging"]),
    ("Circuit breaker", &["breaker"]),
    ("Limits", &["rate_limit", "bulkhead"]),
    ("Sidecar", &["sidecar"]),
];

/// An edge's parameters.
pub const EDGE_ENTRY: Entry = Entry {
    id: "edge",
    name: "Connection",
    summary: told("Carries calls there and answers back."),
    source: told(
        "One-way latencies: under 1 ms within a zone, 1 to 2 ms between zones (cloud providers' published figures).",
    ),
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
            "How long the caller waits for an answer to each try before it gives up; 0 = forever. The work goes on at the other end, unless the caller cancels.",
        ),
        ParamSpec::number(
            "connect_timeout",
            "Connect time-out",
            Unit::Seconds,
            0.0,
            0.0,
            3_600.0,
            "How long a try may take to get through to the other end; 0 = as long as the time-out allows.",
        ),
        ParamSpec::number(
            "overall_timeout",
            "Overall time-out",
            Unit::Seconds,
            0.0,
            0.0,
            3_600.0,
            "How long the caller waits in total, over every try and the waits between them; 0 = forever.",
        ),
        ParamSpec::number(
            "deadline",
            "Deadline",
            Unit::Seconds,
            0.0,
            0.0,
            3_600.0,
            "This long after the call begins, its answer is useless: the caller gives up, and the station that is called knows it and does no work after it. 0 = none.",
        ),
        ParamSpec::flag(
            "pass_deadline",
            "Passes the deadline on",
            false,
            "Calls over this connection keep the deadline that their caller was given.",
        ),
        ParamSpec::flag(
            "cancel",
            "Cancels what it gives up",
            false,
            "A caller that stops waiting says so: what waits at the other end leaves the queue, and work in progress stops. Otherwise the work continues for no one.",
        ),
        ParamSpec::count("retries", "Retries", 0.0, 0.0, 10.0, "How often the caller tries again after a failure."),
        ParamSpec::variant("backoff", "Wait before a retry", backoffs, "linear", "How long to wait before each retry."),
        ParamSpec::variant(
            "retry_budget",
            "Retry budget",
            budget::entries,
            "off",
            "How many tries beyond the first all callers together may send over this connection.",
        ),
        ParamSpec::variant(
            "hedging",
            "Hedging",
            hedge::entries,
            "off",
            "Sends a second try while the first is still out. The first good answer counts.",
        ),
        ParamSpec::variant(
            "breaker",
            "Circuit breaker",
            breaker::entries,
            "off",
            "Stops calling for a while when calls keep failing. What it refuses is answered at once, is not tried again, and is no failure of its own.",
        ),
        ParamSpec::variant(
            "rate_limit",
            "Rate limit",
            limit::entries,
            "off",
            "How many calls may begin over this connection per second. One count for all callers, or one for each client's address.",
        ),
        ParamSpec::variant(
            "bulkhead",
            "Open calls",
            bulkhead::entries,
            "off",
            "How many calls a caller may have open over this connection at a time.",
        ),
        ParamSpec::variant("sidecar", "Proxies", sidecar::entries, "off", "The cost of doing this in a sidecar proxy."),
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
            help: told("Only requests whose path begins with this; empty = all. At a balancer the longest match wins."),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_is_in_one_group() {
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, keys)| keys.iter().copied()).collect();
        let mut declared: Vec<&str> = EDGE_ENTRY.params.iter().map(|spec| spec.key).collect();
        grouped.sort_unstable();
        declared.sort_unstable();
        assert_eq!(grouped, declared);
    }
}
