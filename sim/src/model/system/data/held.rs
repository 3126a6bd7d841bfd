//! Answers that a store holds back until others have the write, too.
//!
//! The attempt keeps its slot meanwhile, as a transaction keeps its connection. A word counts when it arrives, if the one
//! who sent it still lives; whoever asks for more words than ever come is answered when the wait is over, as after MySQL's
//! `rpl_semi_sync_source_timeout`.

use super::Quorum;
use crate::engine::time::SimDuration;
use crate::model::replication::Mode;
use crate::model::system::System;
use crate::model::system::attempt::Phase;
use crate::model::system::slab::Key;
use crate::model::system::timer::Timer;
use crate::model::system::trail::Mark;

/// What waits for read replicas by their own setting.
const BY_REPLICAS: Mode = Mode::SemiSynchronous { timeout: SimDuration::ZERO };

impl System {
    /// Holds an answer until enough members have said that they have the write; `false`: they have said so at once.
    pub(super) fn hold(&mut self, ix: u32, quorum: &Quorum) -> bool {
        let (now, station) = (self.now, self.attempts[ix].station);
        let at_once = quorum.words.iter().filter(|(_, at)| *at <= now).count() as u32;
        let Some(missing @ 1..) = quorum.needed.checked_sub(at_once) else { return false };
        let attempt = self.attempts.key(ix);
        self.attempts[ix].phase = Phase::Waiting;
        self.held.insert((attempt.ix, attempt.generation), (missing, now));
        for &(number, at) in quorum.words.iter().filter(|(_, at)| *at > now) {
            self.schedule(at, Timer::Held { station, attempt, word_of: Some(number) });
        }
        self.schedule(now + quorum.at_most, Timer::Held { station, attempt, word_of: None });
        true
    }

    /// A member's word is here, or (`None`) the wait is over.
    pub(in crate::model::system) fn held_due(&mut self, station: u32, attempt: Key, word_of: Option<u32>) {
        let key = (attempt.ix, attempt.generation);
        if self.attempts.get(attempt).is_none_or(|attempt| attempt.phase != Phase::Waiting) {
            self.held.remove(&key);
        }
        let Some((mut missing, since)) = self.held.get(&key).copied() else {
            self.quiet = true;
            return;
        };
        if let Some(number) = word_of {
            if !self.data(station).is_some_and(|store| store.has_received(number, &self.replicas)) {
                return;
            }
            missing -= 1;
            if missing > 0 {
                self.held.insert(key, (missing, since));
                return;
            }
        }
        self.held.remove(&key);
        self.note(attempt.ix, Mark::Released { after: self.now.since(since), missing, mode: BY_REPLICAS });
        self.finish_held(attempt.ix);
    }
}
