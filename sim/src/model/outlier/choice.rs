//! Outlier detection as a choice for parameters.

use super::{FailurePercentage, Settings, SuccessRate};
use crate::engine::time::SimDuration;
use crate::model::params::{Entry, ParamSpec, Unit, Variant, told};
use crate::model::read::Reader;

const SOURCE: &str = "Envoy's outlier detection with its defaults, except that a passed health check ends no ejection unless you ask for it.";

static OFF: Entry = Entry {
    id: "off",
    name: "Off",
    summary: told("Errors in answers take no backend out of rotation; only health checks do."),
    source: "",
    params: &[],
    defect: false,
};

static ON: Entry = Entry {
    id: "on",
    name: "On, Envoy's rules",
    summary: told("Backends whose answers show errors are ejected for a while."),
    source: SOURCE,
    params: &[
        ParamSpec::count(
            "consecutive_errors",
            "Errors in a row",
            5.0,
            0.0,
            10_000.0,
            "This many errors in a row eject a backend immediately; 0 = none do.",
        ),
        ParamSpec::number(
            "interval",
            "Evaluates every",
            Unit::Seconds,
            10.0,
            0.1,
            3_600.0,
            "Time between two sweeps, at which backends that have served their time return and success rates are compared.",
        ),
        ParamSpec::number(
            "base_ejection",
            "First ejection",
            Unit::Seconds,
            30.0,
            0.1,
            86_400.0,
            "How long the first ejection lasts at least; the second lasts twice as long, and so on. Healthy intervals count it down again.",
        ),
        ParamSpec::number(
            "max_ejection",
            "Longest ejection",
            Unit::Seconds,
            300.0,
            0.1,
            86_400.0,
            "No ejection lasts longer, unless the first one already does.",
        ),
        ParamSpec::number(
            "max_ejected_share",
            "At most ejected",
            Unit::Share,
            0.1,
            0.0,
            1.0,
            "Share of the backends that may be out at a time. With 10 % and fewer than 10 backends, none ever is.",
        ),
        ParamSpec::flag(
            "always_eject_one",
            "One in any case",
            false,
            "One backend may always be ejected, even if the share above allows none.",
        ),
        ParamSpec::flag(
            "good_check_returns",
            "A good check ends it",
            false,
            "A good health check brings an ejected backend back at once. Envoy's default is on; then checks that do not see the failure undo every ejection.",
        ),
        ParamSpec::variant(
            "success_rate",
            "Compare success rates",
            rate_entries,
            "on",
            "At each sweep, ejects backends that succeed clearly less often than the others.",
        ),
        ParamSpec::variant(
            "failure_percentage",
            "Fixed share of failures",
            failure_entries,
            "off",
            "At each sweep, ejects a backend that fails more often than a fixed share, no matter how the others do.",
        ),
    ],
    defect: false,
};

static RATE_OFF: Entry = Entry {
    id: "off",
    name: "No",
    summary: told("Success rates are not compared."),
    source: "",
    params: &[],
    defect: false,
};

static RATE_ON: Entry = Entry {
    id: "on",
    name: "Yes",
    summary: told("Ejects a backend whose success rate lies too many standard deviations below the mean."),
    source: SOURCE,
    params: &[
        ParamSpec::count(
            "minimum_hosts",
            "Backends at least",
            5.0,
            1.0,
            1_000.0,
            "With fewer backends than this that had enough requests, none are compared.",
        ),
        ParamSpec::count(
            "request_volume",
            "Requests at least",
            100.0,
            1.0,
            1_000_000.0,
            "A backend with fewer requests in the interval is left out of the comparison.",
        ),
        ParamSpec::number(
            "stdev_factor",
            "Standard deviations",
            Unit::Factor,
            1.9,
            0.0,
            10.0,
            "A backend is ejected when its success rate lies more than this many standard deviations below the mean.",
        ),
    ],
    defect: false,
};

static FAILURES_OFF: Entry =
    Entry { id: "off", name: "No", summary: told("There is no fixed share."), source: "", params: &[], defect: false };

static FAILURES_ON: Entry = Entry {
    id: "on",
    name: "Yes",
    summary: told("Ejects a backend that fails at least this often."),
    source: SOURCE,
    params: &[
        ParamSpec::number(
            "threshold",
            "Failures",
            Unit::Share,
            0.85,
            0.0,
            1.0,
            "Share of failures in the interval that ejects.",
        ),
        ParamSpec::count(
            "minimum_hosts",
            "Backends at least",
            5.0,
            1.0,
            1_000.0,
            "With fewer backends than this that had enough requests, none are judged.",
        ),
        ParamSpec::count(
            "request_volume",
            "Requests at least",
            50.0,
            1.0,
            1_000_000.0,
            "A backend with fewer requests in the interval is not looked at.",
        ),
    ],
    defect: false,
};

/// Off and on, as a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    vec![&OFF, &ON]
}

/// Whether success rates are compared, as a choice for parameters.
#[must_use]
pub fn rate_entries() -> Vec<&'static Entry> {
    vec![&RATE_OFF, &RATE_ON]
}

/// Whether a fixed share of failures ejects, as a choice for parameters.
#[must_use]
pub fn failure_entries() -> Vec<&'static Entry> {
    vec![&FAILURES_OFF, &FAILURES_ON]
}

/// What the choice says; `None`: off.
#[must_use]
pub fn read(choice: &Variant) -> Option<Settings> {
    if choice.id != ON.id {
        return None;
    }
    let reader = Reader::new(&ON, &choice.params);
    let secs = |key| SimDuration::from_secs_f64(reader.number(key));
    let (rate_entry, rate) = reader.variant("success_rate");
    let (failure_entry, failures) = reader.variant("failure_percentage");
    let rate = Reader::new(rate_entry, &rate.params);
    let failures = Reader::new(failure_entry, &failures.params);
    Some(Settings {
        consecutive_errors: reader.count("consecutive_errors"),
        interval: secs("interval"),
        base_ejection: secs("base_ejection"),
        max_ejection: secs("max_ejection"),
        max_ejected_share: reader.number("max_ejected_share"),
        always_eject_one: reader.flag("always_eject_one"),
        good_check_returns: reader.flag("good_check_returns"),
        success_rate: (rate_entry.id == RATE_ON.id).then(|| SuccessRate {
            minimum_hosts: rate.count("minimum_hosts"),
            request_volume: u64::from(rate.count("request_volume")),
            stdev_factor: rate.number("stdev_factor"),
        }),
        failure_percentage: (failure_entry.id == FAILURES_ON.id).then(|| FailurePercentage {
            threshold: failures.number("threshold"),
            minimum_hosts: failures.count("minimum_hosts"),
            request_volume: u64::from(failures.count("request_volume")),
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::params::{Params, Value};

    #[test]
    fn the_choice_says_what_the_settings_default_to() {
        assert_eq!(read(&Variant::new("off", Params::new())), None);
        assert_eq!(read(&Variant::new("on", Params::new())), Some(Settings::default()));
        let on = || Value::Variant(Variant::new("on", Params::new()));
        let off = || Value::Variant(Variant::new("off", Params::new()));
        let params = Params::new().with("success_rate", off()).with("failure_percentage", on());
        let settings = read(&Variant::new("on", params)).expect("it is on");
        assert_eq!(settings.success_rate, None);
        assert_eq!(settings.failure_percentage, Some(FailurePercentage::default()));
    }
}
