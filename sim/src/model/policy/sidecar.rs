//! What a mesh costs: a proxy beside each station, on every hop.

use crate::engine::time::SimDuration;
use crate::model::params::{Entry, ParamSpec, Unit, Variant, told};
use crate::model::read::Reader;

static OFF: Entry = Entry {
    id: "off",
    name: "None",
    summary: told("The caller's own library does all this, at no cost worth mentioning."),
    source: "",
    params: &[],
    defect: false,
};

static ON: Entry = Entry {
    id: "on",
    name: "Sidecar proxies",
    summary: told(
        "Every message passes a proxy at either end: it takes longer, and takes processor time of the station that is called.",
    ),
    source: told(
        "Istio 1.16.2, \"Performance and Scalability\": 2.65 ms more at the 90th percentile for both proxies, there and back; 0.35 vCPU per proxy and 1,000 requests a second. Here half of the time goes each way, and 0.35 ms of work are added for each request.",
    ),
    params: &[
        ParamSpec::number(
            "latency",
            "Latency, one way",
            Unit::Seconds,
            0.001_325,
            0.0,
            10.0,
            "Added to each message, there and back, for both proxies together.",
        ),
        ParamSpec::number(
            "cpu",
            "Work per request",
            Unit::Seconds,
            0.000_35,
            0.0,
            10.0,
            "Added to the work of each request at the station that is called: its proxy shares the processor with it. That of the caller's proxy is not counted.",
        ),
    ],
    defect: false,
};

/// Off and on, as a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    vec![&OFF, &ON]
}

/// What it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Each way, both proxies together.
    pub latency: SimDuration,
    /// Work of each request at the callee.
    pub cpu: SimDuration,
}

/// What the choice says; `None`: off.
#[must_use]
pub fn read(choice: &Variant) -> Option<Settings> {
    if choice.id != ON.id {
        return None;
    }
    let reader = Reader::new(&ON, &choice.params);
    let secs = |key| SimDuration::from_secs_f64(reader.number(key));
    Some(Settings { latency: secs("latency"), cpu: secs("cpu") })
}
