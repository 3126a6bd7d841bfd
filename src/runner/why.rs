//! Why a request went as it did, also one long gone: the run is replayed from the last checkpoint before it was born,
//! and that one request is followed.
//!
//! The replay is a fork: it shares nothing with the run that goes on, and following changes no result.

use super::session::Session;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::ids::NodeId;
use crate::model::journey::Journey;

/// What goes on for a request after its user has heard is followed for so long, not for ever.
const AFTERMATH: SimDuration = SimDuration::from_secs(10);

/// A question under way.
#[derive(Clone, Debug)]
pub struct Inquiry {
    source: NodeId,
    ordinal: u64,
    /// The replay.
    session: Session,
    /// Events at which the run stood when it was asked: nobody looks into the future.
    present: u64,
    /// Events and requests of the source at the replay's beginning.
    began: (u64, u64),
}

impl Inquiry {
    /// Asks for the request with number `ordinal` (from 0) of `source`.
    ///
    /// # Errors
    /// If there is no such request yet, or none at all; in words for a person.
    pub fn open(run: &Session, source: NodeId, ordinal: u64) -> Result<Self, String> {
        let Some(next) = run.system().next_ordinal(source) else {
            return Err("There are no such clients in this run.".to_owned());
        };
        if ordinal >= next {
            return Err(match next {
                0 => "No request has been sent yet.".to_owned(),
                1 => "Only one request has been sent yet: number 1.".to_owned(),
                _ => format!("Only {next} requests have been sent yet: choose 1 to {next}."),
            });
        }
        let present = run.system().events();
        let mut session = run.before(source, ordinal);
        let began = (session.system().events(), session.system().next_ordinal(source).unwrap_or(0));
        session.system_mut().follow(source, ordinal);
        Ok(Self { source, ordinal, session, present, began })
    }

    #[must_use]
    pub const fn source(&self) -> NodeId {
        self.source
    }

    #[must_use]
    pub const fn ordinal(&self) -> u64 {
        self.ordinal
    }

    /// Replays at most `events_max` events; the answer, once it is known.
    pub fn advance(&mut self, events_max: u64) -> Option<Journey> {
        let left = self.present.saturating_sub(self.session.system().events());
        self.session.advance(SimTime::NEVER, left.min(events_max));
        let system = self.session.system();
        let over = system.events() >= self.present || system.finished() || system.followed_to_the_end();
        let journey = system.followed()?;
        let long_gone = journey.ended.is_some_and(|ended| system.now().since(SimTime(ended.at)) > AFTERMATH);
        (over || long_gone).then_some(journey)
    }

    /// How far the replay has come, 0..1, as far as that can be told.
    #[must_use]
    pub fn share(&self) -> f64 {
        let system = self.session.system();
        let sent = system.next_ordinal(self.source).unwrap_or(0).saturating_sub(self.began.1) as f64;
        let to_send = (self.ordinal + 1).saturating_sub(self.began.1).max(1) as f64;
        let passed = system.events().saturating_sub(self.began.0) as f64;
        let to_pass = self.present.saturating_sub(self.began.0).max(1) as f64;
        (sent / to_send).max(passed / to_pass).clamp(0.0, 1.0)
    }
}
