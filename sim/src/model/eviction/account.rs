//! Why an entry leaves: how it and its nearest competitors stand by the policy's own measure. Looking changes nothing.

use serde::{Deserialize, Serialize};

use super::shelf::{List, Shelf};

/// Entries told beside the one that leaves.
pub const COMPETITORS: usize = 4;

/// Who leaves next, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// What decides, a sentence.
    pub rule: String,
    /// The one that leaves, then those nearest to leaving; empty where chance decides, or nothing can be said ahead.
    pub candidates: Vec<Candidate>,
}

/// How one entry stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    pub key: u64,
    /// By what the policy measures, with its number: "asked for 3 times".
    pub words: String,
}

impl Account {
    pub(super) fn new(rule: &str) -> Self {
        Self { rule: rule.to_owned(), candidates: Vec::new() }
    }

    /// One more, while there is room for it.
    pub(super) fn add(&mut self, key: u64, words: String) {
        if self.candidates.len() <= COMPETITORS {
            self.candidates.push(Candidate { key, words });
        }
    }

    /// The oldest of a list; the first is called `first` ("oldest"), those behind it "2nd oldest" and so on.
    pub(super) fn add_oldest<N: Copy + Default>(&mut self, shelf: &Shelf<N>, list: &List, first: &str) {
        for (at, slot) in shelf.listed(list).take(COMPETITORS + 1).enumerate() {
            self.add(shelf.key(slot), ranked(at, first));
        }
    }

    /// Entries in the order in which they are looked at, each with the chances that it has left: each look costs one, and
    /// the first without any leaves. Those that were looked at before it are told as spared.
    pub(super) fn add_by_chances(&mut self, looked_at: impl Iterator<Item = (u64, u32)> + Clone, noun: &str) {
        let mut least: Option<(usize, u64, u32)> = None;
        for (at, (key, chances)) in looked_at.clone().enumerate() {
            if least.is_none_or(|(_, _, best)| chances < best) {
                least = Some((at, key, chances));
            }
            if chances == 0 {
                break;
            }
        }
        let Some((at, key, chances)) = least else { return };
        let words = |chances: u32| if chances == 1 { format!("1 {noun}") } else { format!("{chances} {noun}s") };
        self.add(key, words(chances));
        let nearest = looked_at.enumerate().skip(at.saturating_sub(COMPETITORS / 2)).filter(|(other, _)| *other != at);
        for (other, (key, chances)) in nearest.take(COMPETITORS) {
            let fate = if other < at { "spared" } else { "not looked at" };
            self.add(key, format!("{}: {fate}", words(chances)));
        }
    }
}

/// "oldest", "2nd oldest", …
pub(super) fn ranked(at: usize, first: &str) -> String {
    match at {
        0 => first.to_owned(),
        1 => format!("2nd {first}"),
        2 => format!("3rd {first}"),
        _ => format!("{}th {first}", at + 1),
    }
}

/// "asked for once", "asked for 3 times".
pub(super) fn times(count: u32) -> String {
    match count {
        0 => "not asked for".to_owned(),
        1 => "asked for once".to_owned(),
        _ => format!("asked for {count} times"),
    }
}
