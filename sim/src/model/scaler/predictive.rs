//! The predictive scaler: replicas for the load that is forecast, some time before it comes.
//!
//! For each resource the number is ceil(current × predicted / target); for requests it is predicted over what one
//! replica takes. The largest of the three counts, with a margin. Where the forecast has not been right often enough,
//! the same formula goes by what is measured now.

use super::calendar::Calendar;
use super::forecast;
use super::{Decision, Limit, Scaler, Seen, check_range};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::params::{Entry, ParamSpec, Params, Unit, Variant, told};
use crate::model::read::Reader;

/// Most days of history that are kept.
const DAYS: usize = 14;

pub static ENTRY: Entry = Entry {
    id: "predictive",
    name: "Predictive",
    summary: told(
        "Scales for the load forecast for some minutes ahead; where the forecast cannot be trusted, for the load there is.",
    ),
    source: told(
        "The course's predictive scaler (15 minutes ahead, 70 % CPU, 100 requests a second per replica, 80 % memory, 3 to 50), with shares taken as shares: current × predicted / target.",
    ),
    params: &[
        ParamSpec::count("min", "At least", 3.0, 1.0, 1_000.0, "Never fewer replicas than this."),
        ParamSpec::count("max", "At most", 50.0, 1.0, 1_000.0, "Never more replicas than this."),
        ParamSpec::variant(
            "predictor",
            "Forecast by",
            forecast::entries,
            "seasonal-naive",
            "How the load ahead is forecast.",
        ),
        ParamSpec::number(
            "look_ahead",
            "Looks ahead",
            Unit::Seconds,
            900.0,
            1.0,
            86_400.0,
            "For which moment it scales, in simulated seconds, also where days are short.",
        ),
        ParamSpec::count(
            "steps",
            "Steps a day",
            96.0,
            4.0,
            1_440.0,
            "How many mean values of the load are kept for each day.",
        ),
        ParamSpec::count(
            "history",
            "Days known before",
            3.0,
            0.0,
            13.0,
            "Days before the run that the forecast knows. They are generated from the load profiles of the sources in front, as if everything they send came here; they are not measured. 0 = it begins with nothing.",
        ),
        ParamSpec::number(
            "confidence",
            "Trusts from",
            Unit::Share,
            0.7,
            0.0,
            1.0,
            "Confidence is 1 − the sum of all errors over the sum of all loads, in a test on the past. Below this, the load there is counts.",
        ),
        ParamSpec::number("margin", "Margin", Unit::Share, 0.1, 0.0, 2.0, "How much more than the formula says."),
        ParamSpec::number("cpu", "Target CPU", Unit::Share, 0.7, 0.01, 1.0, "Share of the requested CPU in use."),
        ParamSpec::number(
            "memory",
            "Target memory",
            Unit::Share,
            0.8,
            0.01,
            1.0,
            "Share of the requested memory in use.",
        ),
        ParamSpec::number(
            "requests",
            "Requests per replica",
            Unit::PerSecond,
            100.0,
            0.0,
            100_000.0,
            "What one replica takes; 0 = requests are not counted.",
        ),
        ParamSpec::number(
            "interval",
            "Evaluates every",
            Unit::Seconds,
            15.0,
            1.0,
            3_600.0,
            "Time between two evaluations.",
        ),
        ParamSpec::number(
            "hold",
            "Scales in after",
            Unit::Seconds,
            300.0,
            0.0,
            86_400.0,
            "A smaller number counts only when all numbers of this long were smaller.",
        ),
    ],
    defect: false,
};

#[derive(Clone, Debug)]
struct Predictive {
    min: u32,
    max: u32,
    predictor: Variant,
    look_ahead: SimDuration,
    steps: usize,
    days_before: usize,
    trusts_from: f64,
    margin: f64,
    cpu: f64,
    memory: f64,
    requests: f64,
    interval: SimDuration,
    hold: SimDuration,
    memories: Memories,
}

/// What outlives other settings.
#[derive(Clone, Debug, Default)]
struct Memories {
    /// Mean load of each step [1/s], oldest first.
    series: Vec<f64>,
    /// Where the open step began, and what had come by then.
    step: (SimTime, u64),
    recommended: Vec<(u32, SimTime)>,
}

fn read(params: &Params, memories: Memories) -> Predictive {
    let reader = Reader::new(&ENTRY, params);
    let secs = |key| SimDuration::from_secs_f64(reader.number(key));
    let min = reader.count("min");
    Predictive {
        min,
        max: reader.count("max").max(min),
        predictor: reader.variant("predictor").1,
        look_ahead: secs("look_ahead"),
        steps: reader.count("steps") as usize,
        days_before: reader.count("history") as usize,
        trusts_from: reader.number("confidence"),
        margin: reader.number("margin"),
        cpu: reader.number("cpu"),
        memory: reader.number("memory"),
        requests: reader.number("requests"),
        interval: secs("interval"),
        hold: secs("hold"),
        memories,
    }
}

pub(super) fn build(params: &Params) -> Box<dyn Scaler> {
    Box::new(read(params, Memories::default()))
}

pub(super) fn check(params: &Params) -> Option<(&'static str, String)> {
    check_range(&ENTRY, params)
}

/// "12.3".
fn short(value: f64) -> String {
    format!("{value:.1}")
}

impl Predictive {
    fn step_length(&self, calendar: Calendar) -> SimDuration {
        SimDuration((calendar.day.0 / self.steps as u64).max(1))
    }

    /// Closes the steps that are over.
    fn listen(&mut self, seen: &Seen<'_>) {
        let length = self.step_length(seen.calendar);
        let (began, arrived) = self.memories.step;
        let passed = seen.now.since(began);
        let whole = passed.0 / length.0;
        if whole == 0 {
            return;
        }
        let rate = (seen.arrived - arrived.min(seen.arrived)) as f64 / passed.as_secs_f64();
        let most = DAYS * self.steps;
        self.memories.series.extend(std::iter::repeat_n(rate, (whole as usize).min(most)));
        let surplus = self.memories.series.len().saturating_sub(most);
        self.memories.series.drain(..surplus);
        self.memories.step = (seen.now, seen.arrived);
    }

    /// Expected load [1/s] and how sure that is, or why there is none.
    fn expect(&self, calendar: Calendar) -> Result<(f64, f64), &'static str> {
        let length = self.step_length(calendar);
        // The open step is the first that a forecast speaks of.
        let ahead = 1 + (self.look_ahead.0 / length.0) as usize;
        let series = &self.memories.series;
        let said = forecast::forecast(&self.predictor, series, self.steps, ahead)
            .ok_or("the history is too short for a forecast")?;
        let confidence =
            forecast::confidence(series, &said.tested).ok_or("there is no past to test the forecast on")?;
        Ok((said.value, confidence))
    }

    /// The largest of the three numbers, before margin and bounds. `grows`: the load expected over the load there is.
    fn replicas_for(&self, seen: &Seen<'_>, rate: f64, grows: f64, why: &mut Vec<String>) -> Option<f64> {
        let mut largest: Option<f64> = None;
        let mut take = |number: f64| largest = Some(largest.map_or(number, |other| other.max(number)));
        if let Some((cpu, counted)) = seen.mean(super::ReplicaSeen::cpu_share) {
            let (expected, count) = (cpu * grows, f64::from(counted));
            let number = count * expected / self.cpu;
            why.push(format!(
                "CPU: {counted} × {} % / {} % = {}.",
                short(expected * 100.0),
                short(self.cpu * 100.0),
                short(number)
            ));
            take(number);
        }
        if self.requests > 0.0 {
            let number = rate / self.requests;
            why.push(format!("Requests: {} / {} = {}.", short(rate), short(self.requests), short(number)));
            take(number);
        }
        // Most memory is there whether requests come or not, so it is taken as it is, not as the load will be.
        if let Some((memory, counted)) = seen.mean(super::ReplicaSeen::memory_share) {
            let number = f64::from(counted) * memory / self.memory;
            why.push(format!(
                "Memory: {counted} × {} % / {} % = {}.",
                short(memory * 100.0),
                short(self.memory * 100.0),
                short(number)
            ));
            take(number);
        }
        largest
    }
}

impl Scaler for Predictive {
    fn interval(&self) -> SimDuration {
        self.interval
    }

    fn decide(&mut self, seen: &Seen<'_>) -> Decision {
        self.listen(seen);
        let mut decision = Decision::keep(seen);
        let now_rate = seen.rate.map(|rate| rate.value);
        let (rate, grows) = match self.expect(seen.calendar) {
            Ok((expected, confidence)) if confidence >= self.trusts_from => {
                decision.why.push(format!(
                    "In {:.0} s {} requests a second are expected (confidence {:.0} %).",
                    self.look_ahead.as_secs_f64(),
                    short(expected),
                    confidence * 100.0
                ));
                let grows = now_rate.filter(|rate| *rate > 0.0).map_or(1.0, |rate| expected / rate);
                (Some(expected), grows)
            }
            Ok((_, confidence)) => {
                decision.why.push(format!(
                    "Confidence {:.0} % is below {:.0} %: the load there is counts.",
                    confidence * 100.0,
                    self.trusts_from * 100.0
                ));
                (now_rate, 1.0)
            }
            Err(why) => {
                decision.why.push(format!("No forecast: {why}. The load there is counts."));
                (now_rate, 1.0)
            }
        };
        let Some(rate) = rate else {
            decision.limit = Limit::NoMetrics;
            decision.why.push("Nothing has been measured yet.".to_owned());
            return decision;
        };
        let Some(number) = self.replicas_for(seen, rate, grows, &mut decision.why) else {
            decision.limit = Limit::NoMetrics;
            return decision;
        };
        // A billionth less, so that what is whole but for its last bit stays whole.
        let proposed = (number * (1.0 + self.margin) - 1e-9).ceil().clamp(0.0, 1e6) as u32;
        decision.why.push(format!(
            "The largest, with a margin of {:.0} %: {} × {:.2} → {proposed}.",
            self.margin * 100.0,
            short(number),
            1.0 + self.margin
        ));
        decision.proposed = Some(proposed);
        self.memories.recommended.retain(|(_, at)| seen.now.since(*at) < self.hold);
        let stabilized = self.memories.recommended.iter().map(|(number, _)| *number).fold(proposed, u32::max);
        self.memories.recommended.push((proposed, seen.now));
        // Earlier numbers hold up what there is; they are no reason for more.
        let stabilized = if stabilized > proposed { proposed.max(stabilized.min(seen.current)) } else { proposed };
        decision.stabilized = Some(stabilized);
        decision.desired = stabilized;
        if stabilized != proposed {
            decision.limit = Limit::Wait;
            decision.why.push(format!("A larger number was asked for in the last {:.0} s.", self.hold.as_secs_f64()));
        }
        decision.clamp(self.min, self.max);
        decision
    }

    fn adopt(&mut self, params: &Params) {
        let memories = std::mem::take(&mut self.memories);
        let steps = self.steps;
        *self = read(params, memories);
        if self.steps != steps {
            // Steps of another length make no series together.
            self.memories.series.clear();
        }
    }

    fn wants_history(&self, calendar: Calendar) -> Option<(SimDuration, usize)> {
        let steps = self.days_before.min(DAYS) * self.steps;
        (steps > 0).then(|| (self.step_length(calendar), steps))
    }

    fn recall(&mut self, history: &[f64]) {
        self.memories.series = history.to_vec();
    }

    fn window(&self, now: SimTime) -> Vec<(u32, SimTime)> {
        self.memories.recommended.iter().filter(|(_, at)| now.since(*at) < self.hold).copied().collect()
    }

    fn box_clone(&self) -> Box<dyn Scaler> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{replicas, secs, seen};
    use super::super::{Measured, ReplicaSeen};
    use super::*;

    fn told<'a>(now: SimTime, pods: &'a [ReplicaSeen], rate: f64) -> Seen<'a> {
        let rate = Measured { value: rate, at: now, window: SimDuration::from_secs(30) };
        Seen { rate: Some(rate), ..seen(now, pods) }
    }

    fn exact() -> Params {
        Params::new().with("margin", 0.0).with("confidence", 0.5).with("steps", 24.0).with("look_ahead", 3_600.0)
    }

    /// One day: 100 requests a second, but 900 in hour 2.
    fn day() -> Vec<f64> {
        (0..24).map(|hour| if hour == 2 { 900.0 } else { 100.0 }).collect()
    }

    #[test]
    fn shares_are_of_what_there_is() {
        // 4 replicas at 95 % CPU and 90 % memory, 100 requests a second: 4 × 95 / 70 = 5.4, 4 × 90 / 80 = 4.5, 1.
        let mut pods = replicas(&[0.95; 4], secs(60));
        for replica in &mut pods {
            if let Some(measured) = &mut replica.memory {
                measured.value = 900.0;
            }
        }
        let decision = build(&exact()).decide(&told(secs(60), &pods, 100.0));
        assert_eq!(decision.desired, 6);
        assert!(decision.why.contains(&"CPU: 4 × 95.0 % / 70.0 % = 5.4.".to_owned()), "{:?}", decision.why);
        assert!(decision.why.contains(&"Memory: 4 × 90.0 % / 80.0 % = 4.5.".to_owned()), "{:?}", decision.why);
        let requests = build(&exact()).decide(&told(secs(60), &pods, 1_000.0));
        assert_eq!(requests.desired, 10, "1,000 a second at 100 each");
        let margin = build(&exact().with("margin", 0.1)).decide(&told(secs(60), &pods, 1_000.0));
        assert_eq!(margin.desired, 11);
        let most = build(&exact()).decide(&told(secs(60), &pods, 1e6));
        assert_eq!((most.desired, most.limit), (50, Limit::Max));
        let least = build(&exact()).decide(&told(secs(60), &replicas(&[0.1], secs(60)), 1.0));
        assert_eq!((least.desired, least.limit), (3, Limit::Min));
    }

    #[test]
    fn it_scales_for_what_came_at_that_time_of_other_days() {
        let calendar = Calendar::default();
        let mut scaler = build(&exact().with("history", 3.0));
        assert_eq!(scaler.wants_history(calendar), Some((SimDuration::from_secs(3_600), 72)));
        scaler.recall(&day().repeat(3));
        let pods = replicas(&[0.1; 3], secs(0));
        let mut at = |hour: u64| {
            let now = secs(hour * 3_600);
            let arrived = 100 * 3_600 * hour;
            scaler.decide(&Seen { arrived, ..told(now, &pods, 100.0) })
        };
        assert_eq!(at(0).desired, 3, "hour 1 is like all others");
        let before = at(1);
        assert_eq!(before.desired, 9, "hour 2 is an hour away");
        assert_eq!(before.why[0], "In 3600 s 900.0 requests a second are expected (confidence 100 %).");
    }

    #[test]
    fn a_forecast_that_was_wrong_is_not_followed() {
        let mut scaler = build(&exact().with("confidence", 0.7));
        // Two days that have nothing to do with each other: errors as large as the load.
        let mut history = vec![100.0; 24];
        history.extend(vec![1_000.0; 24]);
        scaler.recall(&history);
        let pods = replicas(&[0.7; 3], secs(0));
        let decision = scaler.decide(&told(secs(0), &pods, 400.0));
        assert_eq!(decision.why[0], "Confidence 10 % is below 70 %: the load there is counts.");
        assert_eq!(decision.desired, 4);
    }

    #[test]
    fn it_scales_in_only_after_a_while() {
        let mut scaler = build(&exact().with("history", 0.0));
        let pods = replicas(&[0.1; 8], secs(0));
        let mut at = |now: u64, rate: f64| {
            let decision = scaler.decide(&told(secs(now), &pods, rate));
            (decision.proposed, decision.desired, decision.limit)
        };
        assert_eq!(at(0, 800.0), (Some(8), 8, Limit::Nothing));
        assert_eq!(at(15, 400.0), (Some(4), 8, Limit::Wait));
        assert_eq!(at(299, 400.0), (Some(4), 8, Limit::Wait));
        assert_eq!(at(300, 400.0), (Some(4), 4, Limit::Nothing));
    }
}
