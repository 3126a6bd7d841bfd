//! From the order of a replica until it takes requests, and from its end until it is gone.

use crate::engine::dist::Dist;
use crate::engine::time::SimDuration;
use crate::model::distribution;
use crate::model::params::{Entry, ParamSpec, Unit, Variant, told};
use crate::model::read::Reader;

/// How long each stage takes.
#[derive(Clone, Debug)]
pub struct StartUp {
    /// Fetching the image.
    pub pull: Dist,
    /// From the start of the container until the program answers.
    pub boot: Dist,
    /// The first readiness probe comes this long after the start of the container, the others as often as said.
    pub probe_delay: SimDuration,
    pub probe_every: SimDuration,
    /// A replica that leaves has so long to end what it holds.
    pub grace: SimDuration,
}

impl StartUp {
    /// No time at all, and Kubernetes' 30 s to leave.
    #[must_use]
    pub const fn instant() -> Self {
        Self {
            pull: Dist::Constant(0.0),
            boot: Dist::Constant(0.0),
            probe_delay: SimDuration::ZERO,
            probe_every: SimDuration::ZERO,
            grace: SimDuration::from_secs(30),
        }
    }

    /// Time from the start of the container until the first readiness probe that a program which boots for `boot` answers.
    #[must_use]
    pub fn ready_after(&self, boot: SimDuration) -> SimDuration {
        if boot <= self.probe_delay || self.probe_every == SimDuration::ZERO {
            return boot.max(self.probe_delay);
        }
        let late = boot.0 - self.probe_delay.0;
        SimDuration(self.probe_delay.0 + late.div_ceil(self.probe_every.0) * self.probe_every.0)
    }
}

static INSTANT: Entry = Entry {
    id: "instant",
    name: "Takes no time",
    summary: told("A replica takes requests as soon as it is added."),
    source: "",
    params: &[],
    defect: false,
};

static STAGED: Entry = Entry {
    id: "staged",
    name: "Image, boot, readiness",
    summary: told(
        "The image is pulled, the program boots, and a probe finds it ready; only then is it given requests.",
    ),
    source: told("The life of a pod in Kubernetes; a probe every 10 s and 30 s to leave are its defaults."),
    params: &[
        ParamSpec::variant(
            "pull",
            "Pulls the image for",
            crate::model::distribution_entries,
            "deterministic",
            "Time to fetch the image.",
        ),
        ParamSpec::variant(
            "boot",
            "Boots for",
            crate::model::distribution_entries,
            "deterministic",
            "Time from the start of the container until the program answers.",
        ),
        ParamSpec::number(
            "probe_delay",
            "First probe after",
            Unit::Seconds,
            0.0,
            0.0,
            3_600.0,
            "When the first readiness probe comes, counted from the start of the container.",
        ),
        ParamSpec::number(
            "probe_every",
            "Probes every",
            Unit::Seconds,
            10.0,
            0.1,
            3_600.0,
            "A program that is ready between two probes waits for the next one.",
        ),
        ParamSpec::number(
            "grace",
            "May finish for",
            Unit::Seconds,
            30.0,
            0.0,
            3_600.0,
            "A replica that leaves takes nothing new and finishes what it holds; after this long it is killed.",
        ),
    ],
    defect: false,
};

/// As a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    vec![&INSTANT, &STAGED]
}

/// What the choice says; `None`: it takes no time.
#[must_use]
pub fn read(choice: &Variant) -> Option<StartUp> {
    if choice.id != STAGED.id {
        return None;
    }
    let reader = Reader::new(&STAGED, &choice.params);
    let secs = |key| SimDuration::from_secs_f64(reader.number(key));
    // A distribution that cannot be built is an error of the document; see `topology::check`.
    let dist = |key| distribution::build(&reader.variant(key).1).unwrap_or(Dist::Constant(0.0));
    Some(StartUp {
        pull: dist("pull"),
        boot: dist("boot"),
        probe_delay: secs("probe_delay"),
        probe_every: secs("probe_every"),
        grace: secs("grace"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_ready_between_two_probes_waits_for_the_next() {
        let secs = SimDuration::from_secs;
        let start_up = StartUp { probe_delay: secs(5), probe_every: secs(10), ..StartUp::instant() };
        for (boot, ready) in [(0, 5), (5, 5), (6, 15), (15, 15), (16, 25)] {
            assert_eq!(start_up.ready_after(secs(boot)), secs(ready), "{boot}");
        }
        assert_eq!(StartUp::instant().ready_after(secs(7)), secs(7));
    }
}
