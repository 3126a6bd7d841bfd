//! Who is let in: rate limits, for a gateway and for calls over a connection, and shedding of what is too much.

pub mod limit;
pub mod shed;

pub use limit::{Limiter, LimiterKind, Permit, RateLimit, Reading};
pub use shed::{Load, Sample, Shedder, ShedderKind};

/// What stands in front of a station; nothing where both are off.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Admission {
    pub rate_limit: Option<limit::Settings>,
    pub shedding: Option<shed::Settings>,
}

impl Admission {
    /// Everybody is let in.
    #[must_use]
    pub const fn is_off(&self) -> bool {
        self.rate_limit.is_none() && self.shedding.is_none()
    }
}
