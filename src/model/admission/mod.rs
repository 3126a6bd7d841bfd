//! Who is let in: rate limits, for a gateway and for calls over a connection.

pub mod limit;

pub use limit::{Limiter, LimiterKind, Permit, RateLimit, Reading};
