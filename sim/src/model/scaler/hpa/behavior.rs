//! How fast a recommendation may be followed: stabilization windows and the rates of `behavior`.

use super::{Limit, Nanos, SECOND};

/// How the replicas of one period may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// By this many.
    Pods(i32),
    /// By this share of those there were when the period began [%].
    Percent(i32),
}

/// At most so much within a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    pub amount: Amount,
    pub period: Nanos,
}

/// Which of several policies counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Select {
    /// The one that changes most.
    #[default]
    Max,
    /// The one that changes least.
    Min,
    /// None: this direction is closed.
    Disabled,
}

/// The rules of one direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How far back recommendations count; `None`: the controller's own window (scale-down only).
    pub window: Option<Nanos>,
    pub select: Select,
    pub policies: Vec<Policy>,
}

impl Rules {
    /// What `scaleUp` means where nothing is said: no window, 4 pods or 100 % every 15 s, whichever is more.
    #[must_use]
    pub fn up() -> Self {
        let policy = |amount| Policy { amount, period: 15 * SECOND };
        Self {
            window: Some(0),
            select: Select::Max,
            policies: vec![policy(Amount::Pods(4)), policy(Amount::Percent(100))],
        }
    }

    /// What `scaleDown` means where nothing is said: the controller's window, then everything at once.
    #[must_use]
    pub fn down() -> Self {
        Self {
            window: None,
            select: Select::Max,
            policies: vec![Policy { amount: Amount::Percent(100), period: 15 * SECOND }],
        }
    }

    fn longest_period(&self) -> Nanos {
        self.policies.iter().map(|policy| policy.period).max().unwrap_or(0)
    }
}

/// The `behavior` of a manifest, defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behavior {
    pub up: Rules,
    pub down: Rules,
}

impl Default for Behavior {
    fn default() -> Self {
        Self { up: Rules::up(), down: Rules::down() }
    }
}

/// A number of replicas that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    pub current: i32,
    pub desired: i32,
    pub min: i32,
    pub max: i32,
}

/// What of it is granted, and what limited it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub replicas: i32,
    pub limit: Limit,
}

/// A change that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// By how many, always positive.
    pub replicas: i32,
    pub at: Nanos,
    /// Older than every policy looks; its place is used for the next.
    pub outdated: bool,
}

/// Sum of the changes that are strictly younger than a period.
#[must_use]
pub fn changed_within(changes: &[Change], period: Nanos, now: Nanos) -> i32 {
    changes.iter().filter(|change| change.at > now - period).map(|change| change.replicas).sum()
}

/// What an autoscaler remembers: what it recommended, and what it changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// (replicas, time), as recommended before stabilization. Places are used again, so the order is not that of time.
    pub recommendations: Vec<(i32, Nanos)>,
    pub ups: Vec<Change>,
    pub downs: Vec<Change>,
}

impl Log {
    /// A memory of these recommendations alone.
    #[must_use]
    pub fn of(recommendations: &[(i32, Nanos)]) -> Self {
        Self { recommendations: recommendations.to_vec(), ..Self::default() }
    }

    /// Notes a recommendation, at the place of an old one where there is one.
    pub(super) fn recommended(&mut self, replicas: i32, now: Nanos, old: Option<usize>) {
        match old {
            Some(index) => self.recommendations[index] = (replicas, now),
            None => self.recommendations.push((replicas, now)),
        }
    }

    /// Without `behavior`: the largest recommendation of the window.
    pub fn stabilize_down(&mut self, desired: i32, now: Nanos, window: Nanos) -> i32 {
        let cutoff = now - window;
        let old = self.recommendations.iter().rposition(|(_, at)| *at < cutoff);
        let recent = self.recommendations.iter().filter(|(_, at)| *at >= cutoff);
        let stabilized = recent.map(|(replicas, _)| *replicas).fold(desired, i32::max);
        self.recommended(desired, now, old);
        stabilized
    }

    /// With `behavior`: the current number, moved no further than the recommendations of both windows agree on.
    pub fn stabilize(&mut self, current: i32, desired: i32, now: Nanos, up: Nanos, down: Nanos) -> i32 {
        let within = |window: Nanos| {
            self.recommendations.iter().filter(move |(_, at)| *at > now - window).map(|(replicas, _)| *replicas)
        };
        let at_least = within(up).fold(desired, i32::min);
        let at_most = within(down).fold(desired, i32::max);
        let old = self.recommendations.iter().rposition(|(_, at)| *at < now - up && *at < now - down);
        self.recommended(desired, now, old);
        current.max(at_least).min(at_most)
    }

    /// Notes a change of the number of replicas; without `behavior` nobody asks for it later.
    pub fn scaled(&mut self, behavior: Option<&Behavior>, from: i32, to: i32, now: Nanos) {
        let Some(behavior) = behavior else { return };
        let (changes, rules) =
            if to > from { (&mut self.ups, &behavior.up) } else { (&mut self.downs, &behavior.down) };
        let cutoff = now - rules.longest_period();
        for change in changes.iter_mut().filter(|change| change.at < cutoff) {
            change.outdated = true;
        }
        let change = Change { replicas: (to - from).abs(), at: now, outdated: false };
        match changes.iter().rposition(|change| change.outdated) {
            Some(index) => changes[index] = change,
            None => changes.push(change),
        }
    }
}

/// The rule where a manifest has no `behavior`: up to `factor` times the current number, or `minimum` if that is more.
#[must_use]
pub fn by_factor(asked: Asked, factor: f64, minimum: f64) -> Step {
    let up_limit = (factor * f64::from(asked.current)).max(minimum) as i32;
    let (most, limit) =
        if asked.max > up_limit { (up_limit, Limit::ScaleUpLimit) } else { (asked.max, Limit::TooManyReplicas) };
    if asked.desired < asked.min {
        Step { replicas: asked.min, limit: Limit::TooFewReplicas }
    } else if asked.desired > most {
        Step { replicas: most, limit }
    } else {
        Step { replicas: asked.desired, limit: Limit::DesiredWithinRange }
    }
}

/// The rates of `behavior`.
#[must_use]
pub fn by_rates(asked: Asked, behavior: &Behavior, log: &Log, now: Nanos) -> Step {
    if asked.desired > asked.current {
        let up_limit = up_limit(asked.current, &behavior.up, log, now).max(asked.current);
        let (most, limit) =
            if asked.max > up_limit { (up_limit, Limit::ScaleUpLimit) } else { (asked.max, Limit::TooManyReplicas) };
        if asked.desired > most {
            return Step { replicas: most, limit };
        }
    } else if asked.desired < asked.current {
        let down_limit = down_limit(asked.current, &behavior.down, log, now).min(asked.current);
        let (least, limit) = if asked.min < down_limit {
            (down_limit, Limit::ScaleDownLimit)
        } else {
            (asked.min, Limit::TooFewReplicas)
        };
        if asked.desired < least {
            return Step { replicas: least, limit };
        }
    }
    Step { replicas: asked.desired, limit: Limit::DesiredWithinRange }
}

/// How many there were when the policy's period began.
fn at_start(current: i32, policy: Policy, log: &Log, now: Nanos) -> i32 {
    current - changed_within(&log.ups, policy.period, now) + changed_within(&log.downs, policy.period, now)
}

/// The most replicas that the policies allow now.
#[must_use]
pub fn up_limit(current: i32, rules: &Rules, log: &Log, now: Nanos) -> i32 {
    let limits = rules.policies.iter().map(|policy| {
        let start = at_start(current, *policy, log, now);
        match policy.amount {
            Amount::Pods(pods) => start.saturating_add(pods),
            // In floats, as the controller does it: 100 pods + 10 % are 111.
            Amount::Percent(percent) => (f64::from(start) * (1.0 + f64::from(percent) / 100.0)).ceil() as i32,
        }
    });
    match rules.select {
        Select::Disabled => current,
        Select::Max => limits.max().unwrap_or(current),
        Select::Min => limits.min().unwrap_or(current),
    }
}

/// The fewest replicas that the policies allow now.
#[must_use]
pub fn down_limit(current: i32, rules: &Rules, log: &Log, now: Nanos) -> i32 {
    let limits = rules.policies.iter().map(|policy| {
        let start = at_start(current, *policy, log, now);
        match policy.amount {
            Amount::Pods(pods) => start.saturating_sub(pods),
            Amount::Percent(percent) => (f64::from(start) * (1.0 - f64::from(percent) / 100.0)) as i32,
        }
    });
    match rules.select {
        Select::Disabled => current,
        Select::Max => limits.min().unwrap_or(current),
        Select::Min => limits.max().unwrap_or(current),
    }
}
