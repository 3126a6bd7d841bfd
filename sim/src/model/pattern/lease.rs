//! Leases: who may fill a key that is missing.
//!
//! Source: Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013.

use crate::engine::key_map::KeyMap;
use crate::engine::time::{SimDuration, SimTime};

/// Tokens that are out, by key.
#[derive(Clone, Debug, Default)]
pub struct Leases {
    out: KeyMap<Token>,
    granted: u32,
}

#[derive(Clone, Copy, Debug)]
struct Token {
    number: u32,
    /// From then on another reader may have one.
    until: SimTime,
}

impl Leases {
    /// A reader misses: the number of its token, from 1; `None`: another reader has one.
    pub fn miss(&mut self, key: u64, interval: SimDuration, now: SimTime) -> Option<u32> {
        if self.out.get(key).is_some_and(|token| now < token.until) {
            return None;
        }
        // 0 is no token, also after as many as there are numbers.
        self.granted = self.granted.wrapping_add(1).max(1);
        self.out.insert(key, Token { number: self.granted, until: now + interval });
        Some(self.granted)
    }

    /// Somebody fills: whether with the token that is out, which is used up by that.
    pub fn redeem(&mut self, key: u64, token: u32) -> bool {
        let valid = self.out.get(key).is_some_and(|out| out.number == token);
        if valid {
            self.out.remove(key);
        }
        valid
    }

    /// The key is deleted: a token that is out is void.
    pub fn void(&mut self, key: u64) {
        self.out.remove(key);
    }

    /// All tokens are void.
    pub fn clear(&mut self) {
        self.out.clear();
    }

    /// Tokens that are out.
    #[must_use]
    pub const fn out(&self) -> usize {
        self.out.len()
    }

    /// Memory taken [bytes].
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.out.bytes()
    }
}
