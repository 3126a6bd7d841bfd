//! Hedging: a second try while the first is still out, when it has taken longer than usual.

use std::collections::VecDeque;

use crate::engine::time::SimDuration;
use crate::model::params::{Entry, ParamSpec, Unit, Variant, told};
use crate::model::read::Reader;

static OFF: Entry =
    Entry { id: "off", name: "Off", summary: told("One try at a time."), source: "", params: &[], defect: false };

const EXTRA: ParamSpec = ParamSpec::count(
    "extra",
    "Extra tries",
    1.0,
    1.0,
    3.0,
    "The most extra tries, each after the same wait. The first good answer counts.",
);

static PERCENTILE: Entry = Entry {
    id: "percentile",
    name: "After a percentile",
    summary: told("Sends a second try when the first has taken longer than a percentile of the last answers."),
    source: told("Dean and Barroso, \"The Tail at Scale\", 2013: after the 95th percentile, about 5 % more load."),
    params: &[
        ParamSpec::number(
            "percentile",
            "Percentile",
            Unit::Share,
            0.95,
            0.5,
            0.999,
            "Of the connection's own last 1,000 good answers, each counted from when its first try was sent; with fewer than 20 nothing is hedged.",
        ),
        EXTRA,
    ],
    defect: false,
};

static DELAY: Entry = Entry {
    id: "delay",
    name: "After a fixed time",
    summary: told("Sends a second try when the first has taken longer than a fixed time."),
    source: told("gRPC's hedging policy (hedgingDelay)."),
    params: &[
        ParamSpec::number("delay", "Wait", Unit::Seconds, 0.1, 0.0001, 60.0, "From the first try to the second."),
        EXTRA,
    ],
    defect: false,
};

/// Off and both ways, as a choice for parameters.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    vec![&OFF, &PERCENTILE, &DELAY]
}

/// When to hedge, how often.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    pub after: After,
    /// Tries beyond the first, at least 1.
    pub extra: u8,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum After {
    /// This percentile of the last answers, 0..1.
    Percentile(f64),
    Delay(SimDuration),
}

/// What the choice says; `None`: off.
#[must_use]
pub fn read(choice: &Variant) -> Option<Settings> {
    let entry = [&PERCENTILE, &DELAY].into_iter().find(|entry| entry.id == choice.id)?;
    let reader = Reader::new(entry, &choice.params);
    let after = if entry.id == DELAY.id {
        After::Delay(SimDuration::from_secs_f64(reader.number("delay")))
    } else {
        After::Percentile(reader.number("percentile"))
    };
    Some(Settings { after, extra: reader.count("extra") as u8 })
}

/// Answers that the percentile is taken of.
pub const WINDOW: usize = 1_000;
/// Answers from which on there is a percentile.
pub const ENOUGH: usize = 20;
/// The percentile is worked out anew after so many answers.
const EVERY: u32 = 25;

/// Says how long to wait before a hedge.
#[derive(Clone, Debug)]
pub struct Hedger {
    settings: Settings,
    /// Times of the last good answers [ns].
    times: VecDeque<u64>,
    fresh: u32,
    /// The percentile as last worked out.
    known: Option<SimDuration>,
}

impl Hedger {
    #[must_use]
    pub const fn new(settings: Settings) -> Self {
        Self { settings, times: VecDeque::new(), fresh: 0, known: None }
    }

    #[must_use]
    pub const fn settings(&self) -> Settings {
        self.settings
    }

    /// A call had its good answer this long after its first try was sent, by any of its tries.
    ///
    /// So counted, the percentile holds itself: a call takes longer than the wait exactly when its first try does. A try's
    /// own time would not do: hedges win when they are fast, so the percentile would pull itself down.
    pub fn answered(&mut self, took: SimDuration) {
        let After::Percentile(percentile) = self.settings.after else { return };
        if self.times.len() == WINDOW {
            self.times.pop_front();
        }
        self.times.push_back(took.0);
        self.fresh += 1;
        let due = if self.known.is_none() { self.times.len() >= ENOUGH } else { self.fresh >= EVERY };
        if due {
            self.fresh = 0;
            let mut sorted: Vec<u64> = self.times.iter().copied().collect();
            // The smallest time that at least this share of the answers did not exceed.
            let rank = ((percentile * sorted.len() as f64 - 1e-9).max(0.0) as usize).min(sorted.len() - 1);
            let (_, value, _) = sorted.select_nth_unstable(rank);
            self.known = Some(SimDuration(*value));
        }
    }

    /// A hedge goes out once a call has taken longer than this; `None`: too little is known yet.
    #[must_use]
    pub const fn delay(&self) -> Option<SimDuration> {
        match self.settings.after {
            After::Delay(delay) => Some(delay),
            After::Percentile(_) => self.known,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hedger(percentile: f64) -> Hedger {
        Hedger::new(Settings { after: After::Percentile(percentile), extra: 1 })
    }

    #[test]
    fn the_percentile_is_that_of_the_last_answers() {
        let mut hedger = hedger(0.95);
        for took in 1..20 {
            hedger.answered(SimDuration(took));
            assert_eq!(hedger.delay(), None, "with fewer than 20");
        }
        hedger.answered(SimDuration(20));
        // 19 of 20 are 95 %: 19 answers took at most 19.
        assert_eq!(hedger.delay(), Some(SimDuration(19)));
        for _ in 0..WINDOW {
            hedger.answered(SimDuration(7));
        }
        assert_eq!(hedger.delay(), Some(SimDuration(7)), "older ones are forgotten");
    }

    #[test]
    fn a_fixed_wait_needs_no_answers() {
        let params = crate::model::params::Params::new().with("delay", 0.25).with("extra", 2.0);
        let settings = read(&Variant::new("delay", params)).expect("it is on");
        assert_eq!(settings, Settings { after: After::Delay(SimDuration::from_millis(250)), extra: 2 });
        assert_eq!(Hedger::new(settings).delay(), Some(SimDuration::from_millis(250)));
    }
}
