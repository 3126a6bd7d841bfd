//! Token bucket: tokens drop in at a fixed rate, up to the bucket's size; each request takes one, or is refused.

use super::{Limiter, LimiterKind, PER, Permit, RATE, Reading, at_least, in_words};
use crate::engine::time::SimTime;
use crate::model::params::{Entry, ParamSpec, told};
use crate::model::read::Reader;

pub(super) const KIND: LimiterKind = LimiterKind {
    entry: Entry {
        id: "token-bucket",
        name: "Token bucket",
        summary: told(
            "Tokens drop in at a fixed rate; a request takes one or is refused. A full bucket lets a burst through at once.",
        ),
        source: told("As in the throttling of AWS API Gateway and Envoy's local rate limit. A bucket begins full."),
        params: &[
            RATE,
            ParamSpec::count(
                "burst",
                "Bucket size",
                20.0,
                1.0,
                100_000.0,
                "Tokens that the bucket holds: requests that may come at once after a pause.",
            ),
            PER,
        ],
        defect: false,
    },
    build: |params| Box::new(TokenBucket::new(params)),
};

/// Rounding may leave a token that is whole a hair short.
const HAIR: f64 = 1e-6;

#[derive(Clone, Debug)]
struct TokenBucket {
    /// Tokens per second.
    rate: f64,
    size: f64,
    /// As of `at`.
    tokens: f64,
    at: SimTime,
}

impl TokenBucket {
    fn new(params: &Reader<'_>) -> Self {
        let size = params.number("burst");
        Self { rate: params.number("rate"), size, tokens: size, at: SimTime::ZERO }
    }

    fn tokens(&self, now: SimTime) -> f64 {
        (self.tokens + now.since(self.at).as_secs_f64() * self.rate).min(self.size)
    }
}

impl Limiter for TokenBucket {
    fn permit(&mut self, now: SimTime) -> Permit {
        self.tokens = self.tokens(now);
        self.at = now;
        if self.tokens + HAIR >= 1.0 {
            self.tokens = (self.tokens - 1.0).max(0.0);
            Permit::Go
        } else {
            Permit::Refused { retry_after: at_least((1.0 - self.tokens) / self.rate) }
        }
    }

    fn reading(&self, now: SimTime) -> Reading {
        let tokens = self.tokens(now);
        let next = at_least((tokens.floor() + 1.0 - tokens) / self.rate);
        let words = if tokens >= self.size {
            format!("bucket full: {} of {} tokens", self.size, self.size)
        } else if tokens + HAIR < 1.0 {
            format!("bucket empty: {tokens:.1} of 1 token, the next in {}", in_words(next))
        } else {
            format!("{tokens:.1} of {} tokens left, the next in {}", self.size, in_words(next))
        };
        Reading { used: self.size - tokens, limit: self.size, full: tokens + HAIR < 1.0, words }
    }

    fn is_idle(&self, now: SimTime) -> bool {
        self.tokens(now) >= self.size
    }

    fn retune(&mut self, params: &Reader<'_>) {
        self.rate = params.number("rate");
        self.size = params.number("burst");
        self.tokens = self.tokens.min(self.size);
    }

    fn boxed(&self) -> Box<dyn Limiter> {
        Box::new(self.clone())
    }
}
