//! What happened to one request, in order: every try, every wait, every choice that a balancer made for it.
//!
//! Recorded by `system::journey` while a run is replayed; plain data, so that it can travel to the page. Times are
//! simulated nanoseconds since the start of the run.

use serde::{Deserialize, Serialize};

use super::ids::{EdgeId, NodeId};
use super::outcome::{Outcome, Reason};
use crate::engine::sort;

/// The way of one request, as far as it got.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Journey {
    pub source: NodeId,
    pub source_name: String,
    /// Counted from 0 by its source.
    pub ordinal: u64,
    /// "read", "write" or "static".
    pub operation: String,
    /// The client's address, first octet in the highest byte.
    pub client_ipv4: u32,
    pub born: u64,
    /// As its user sees it; `None` while it is under way.
    pub ended: Option<End>,
    /// Until when it was followed: the end of all work done for it, or the run's present.
    pub until: u64,
    /// By the moment at which they were decided on.
    pub tries: Vec<Try>,
    /// In the order in which they were made.
    pub decisions: Vec<Decision>,
}

/// How something came out, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    pub at: u64,
    pub outcome: Outcome,
    pub reason: Reason,
}

/// What is asked of a station.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    Request,
    /// Of a cache: is it there?
    Get,
    /// Of a cache: keep this. Nobody waits for the answer.
    Fill,
    /// Of a cache: forget this. Nobody waits for the answer.
    Invalidate,
    /// A broker hands on the message that the request has published; its user has an answer already, or will have.
    Message,
}

impl Asked {
    /// Whether the caller waits for the answer.
    #[must_use]
    pub const fn is_awaited(self) -> bool {
        matches!(self, Self::Request | Self::Get)
    }
}

/// Where the network swallowed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lost {
    Out,
    Back,
}

/// Something said about a try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    pub at: u64,
    /// Who says it: "Rate limit, token bucket".
    pub who: String,
    pub words: String,
}

/// One try to get an answer over one connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Try {
    /// The try at whose station the caller stands; `None`: the user.
    pub parent: Option<u32>,
    pub edge: EdgeId,
    pub from: NodeId,
    pub from_name: String,
    pub to: NodeId,
    pub to_name: String,
    pub asked: Asked,
    /// 0 first, then the retries.
    pub number: u8,
    /// When it was decided on; a retry then waits.
    pub made: u64,
    /// It was a wait and nothing else: a balancer waited before it chose anew.
    pub only_wait: bool,
    /// Sent beside an earlier try that was still out.
    pub hedge: bool,
    /// Since when it waited at its caller for room among the open calls, and behind how many.
    pub held: Option<(u64, u32)>,
    pub sent: Option<u64>,
    pub lost: Option<Lost>,
    pub reached: Option<u64>,
    /// Replica, counted from 0 within its station.
    pub replica: Option<u32>,
    /// How many replicas the station had when it was made; 0 for one that has none.
    pub replicas: u32,
    /// How many were waiting when it joined the queue; `None` if it never waited.
    pub queued_behind: Option<u32>,
    pub started: Option<u64>,
    /// It waited its turn in front of the station, before anything else: until when.
    pub shaped: Option<u64>,
    /// When its work stopped for somebody who mattered more, and when it went on.
    pub interrupted: Vec<(u64, Option<u64>)>,
    /// When the garbage collector of its replica stopped its work, and when it went on.
    pub paused: Vec<(u64, Option<u64>)>,
    /// What a limit, a shedder or a queue said about it, with the numbers of that moment.
    pub said: Vec<Said>,
    /// The work that it asks for, at normal speed [ns].
    pub demand: Option<u64>,
    pub worked: Option<u64>,
    /// At a balancer of names: it waited for an address.
    pub looked_up: bool,
    /// The connection was opened for it: one round trip more on the way out.
    pub handshake: bool,
    /// Of the way out, what lies between places on the map [ns].
    pub far: u64,
    /// A cache had it.
    pub found: bool,
    /// What the station said, and when it sent that back.
    pub answered: Option<End>,
    /// What the caller made of it, and when: the answer, or giving up.
    pub heard: Option<End>,
}

impl Try {
    /// Whether the caller stopped waiting before the station answered.
    #[must_use]
    pub fn given_up(&self) -> bool {
        self.heard.is_some_and(|heard| self.answered.is_none_or(|answered| answered.at > heard.at))
    }

    fn is_good(&self) -> bool {
        self.heard.is_some_and(|heard| heard.outcome == Outcome::Completed)
    }

    /// Its end as its caller knows it; open while the caller waits.
    fn end(&self) -> u64 {
        self.heard.map_or(u64::MAX, |heard| heard.at)
    }
}

/// Among whom a balancer chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Among {
    /// Those believed well that this request has not been sent to yet.
    Untried,
    /// Those believed well, without those in slow start whose turn it is not.
    InTurn,
    /// Those believed well.
    Eligible,
    /// All, healthy or not: panic.
    All,
}

/// Why an earlier choice holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// The caller's connection is open: since when, and requests sent over it so far, this one included.
    Connection { opened: u64, requests: u32 },
    /// The caller's resolver still holds an answer: until when.
    Name { expires: u64 },
}

/// A balancer's choice: what it believed, what was true, what followed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub at: u64,
    /// The try that stood at the balancer.
    pub standing: u32,
    pub balancer: NodeId,
    pub balancer_name: String,
    pub strategy: String,
    /// 0 first, then the retries.
    pub number: u8,
    /// Among whom it chose.
    pub among: Among,
    /// It did not choose: an earlier choice still holds.
    pub kept: Option<Kept>,
    /// The rule in a sentence, with how ties are broken.
    pub rule: String,
    /// What happened on the way to the choice, with its numbers.
    pub steps: Vec<String>,
    pub candidates: Vec<Candidate>,
    /// Place among the candidates; `None`: nobody was left to choose.
    pub chosen: Option<u32>,
    /// The try that was sent to the chosen one.
    pub sent: Option<u32>,
}

impl Decision {
    /// The candidate that was chosen.
    #[must_use]
    pub fn winner(&self) -> Option<&Candidate> {
        self.candidates.get(self.chosen? as usize)
    }
}

/// A backend at the moment of a choice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The balancer's number for it.
    pub backend: u32,
    pub node: NodeId,
    /// Replica, counted from 0; `None`: the one that the station takes.
    pub replica: Option<u32>,
    pub name: String,
    /// The strategy could choose it.
    pub eligible: bool,
    /// Why not, in words, and since when.
    pub barred: Option<Barred>,
    pub truth: Truth,
    pub weight: u32,
    /// Requests that the balancer had sent there and not seen answered.
    pub outstanding: u32,
    /// Smoothed, as the balancer measured it [s]; `None` before the first answer.
    pub response_time: Option<f64>,
    /// Smoothed [0..1].
    pub error_rate: f64,
    /// As its answers report it, smoothed [0..1]; `None` before the first answer.
    pub utilization: Option<f64>,
    /// Times chosen before.
    pub selections: u64,
    pub score: Option<f64>,
    /// The score with its numbers filled in.
    pub formula: Option<String>,
}

/// Why a backend was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Barred {
    pub why: String,
    pub since: Option<u64>,
}

/// What a balancer cannot see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// A request sent there now would be taken or at least queued.
    pub alive: bool,
    /// What is out of the ordinary: "dead", "cut off", "4× as slow"; empty if nothing is.
    pub notes: Vec<String>,
    /// Busy slots, slots, waiting; of the replica, or of the whole station where none was named.
    pub busy: u32,
    pub slots: u32,
    pub queue: u32,
}

/// What a request's time goes into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// On the way, out or back.
    Network,
    /// In a queue, before any work.
    Queue,
    /// In a slot, worked on.
    Work,
    /// In a slot, while the replica stands still for its garbage collector.
    Paused,
    /// Before a retry.
    Backoff,
    /// At the caller, for room among its open calls.
    Held,
    /// For the address that a name stands for.
    Lookup,
    /// For an answer that cannot come: the network swallowed it.
    Lost,
    /// Holding a slot while others work.
    Calls,
}

impl Kind {
    /// All, in the order in which they are listed.
    pub const ALL: [Self; 9] = [
        Self::Network,
        Self::Queue,
        Self::Work,
        Self::Paused,
        Self::Backoff,
        Self::Held,
        Self::Lookup,
        Self::Lost,
        Self::Calls,
    ];

    /// The words for it on the page.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Queue => "in a queue",
            Self::Work => "being worked on",
            Self::Paused => "stopped by the garbage collector",
            Self::Backoff => "waiting to try again",
            Self::Held => "waiting for a free place",
            Self::Lookup => "looking up the address",
            Self::Lost => "waiting for what was lost",
            Self::Calls => "waiting for others",
        }
    }

    /// Stable word for classes and tests.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Queue => "queue",
            Self::Work => "work",
            Self::Paused => "paused",
            Self::Backoff => "backoff",
            Self::Held => "held",
            Self::Lookup => "lookup",
            Self::Lost => "lost",
            Self::Calls => "calls",
        }
    }
}

/// A stretch of time that went into one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub kind: Kind,
    /// The try that it belongs to.
    pub of: u32,
    pub from: u64,
    pub to: u64,
}

impl Journey {
    /// Until when the user waited, or has waited so far.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.ended.map_or(self.until, |ended| ended.at)
    }

    /// How long the user waited [ns].
    #[must_use]
    pub fn sojourn(&self) -> u64 {
        self.end() - self.born
    }

    /// What a try's own time went into, in order and without gaps, from its making until it was over or is not known
    /// further; what happened after the caller gave up included.
    #[must_use]
    pub fn spans_of(&self, of: u32) -> Vec<Span> {
        let mut spans = Vec::new();
        let Some(one) = self.tries.get(of as usize) else { return spans };
        // The station may answer long after the caller has stopped listening.
        let known = [one.answered.map(|end| end.at), one.heard.map(|end| end.at)].into_iter().flatten().max();
        self.walk(of, one.made, known.unwrap_or(self.until).max(one.made), false, &mut spans);
        spans
    }

    /// What the user's time went into: one thing at every moment, so that all spans together are the whole wait.
    ///
    /// Of calls made side by side the one that was answered last counts.
    #[must_use]
    pub fn critical(&self) -> Vec<Span> {
        let mut spans = Vec::new();
        self.descend(None, self.born, self.end(), &mut spans);
        spans
    }

    /// The user's time by what it went into, the kinds that took any, longest first [ns].
    #[must_use]
    pub fn times(&self) -> Vec<(Kind, u64)> {
        let critical = self.critical();
        let of = |kind| critical.iter().filter(|span| span.kind == kind).map(|span| span.to - span.from).sum();
        let mut times: Vec<(Kind, u64)> = Kind::ALL.into_iter().map(|kind| (kind, of(kind))).collect();
        times.retain(|(_, nanos)| *nanos > 0);
        sort::few_by_key(&mut times, |(_, nanos)| std::cmp::Reverse(*nanos));
        times
    }

    /// Appends what the time of a try between `from` and `to` went into; `deep`: into its calls as well.
    fn walk(&self, of: u32, from: u64, to: u64, deep: bool, spans: &mut Vec<Span>) {
        let one = &self.tries[of as usize];
        let mut cursor = from;
        let sent = one.sent.unwrap_or(to).min(to);
        if let Some((held, _)) = one.held {
            put(spans, of, Kind::Backoff, &mut cursor, held.min(sent));
            put(spans, of, Kind::Held, &mut cursor, sent);
        } else {
            put(spans, of, Kind::Backoff, &mut cursor, sent);
        }
        let out = if one.lost == Some(Lost::Out) { Kind::Lost } else { Kind::Network };
        put(spans, of, out, &mut cursor, one.reached.unwrap_or(to).min(to));
        let answered = one.answered.map_or(to, |end| end.at).min(to);
        if let Some(until) = one.shaped {
            put(spans, of, Kind::Queue, &mut cursor, until.min(answered));
        }
        if one.queued_behind.is_some() {
            put(spans, of, Kind::Queue, &mut cursor, one.started.unwrap_or(answered).min(to));
        }
        if one.started.is_some() {
            let worked = one.worked.unwrap_or(answered).min(to);
            let interrupted = one.interrupted.iter().map(|stop| (stop, Kind::Queue));
            let paused = one.paused.iter().map(|stop| (stop, Kind::Paused));
            let mut stops: Vec<_> = interrupted.chain(paused).collect();
            sort::few_by_key(&mut stops, |((stopped, _), _)| *stopped);
            for ((stopped, went_on), kind) in stops {
                put(spans, of, Kind::Work, &mut cursor, (*stopped).min(worked));
                put(spans, of, kind, &mut cursor, went_on.unwrap_or(worked).min(worked));
            }
            put(spans, of, Kind::Work, &mut cursor, worked);
        }
        if deep && answered > cursor {
            self.descend(Some(of), cursor, answered, spans);
            cursor = answered;
        } else {
            put(spans, of, Kind::Calls, &mut cursor, answered);
        }
        if !one.given_up() {
            let back = if one.lost == Some(Lost::Back) { Kind::Lost } else { Kind::Network };
            put(spans, of, back, &mut cursor, one.heard.map_or(to, |heard| heard.at).min(to));
        }
    }

    /// Appends what the time of a caller that waits for its calls went into, between `from` and `to`.
    fn descend(&self, parent: Option<u32>, from: u64, to: u64, spans: &mut Vec<Span>) {
        // Backwards from the end: whose answer was the last one that was waited for?
        let mut chain = Vec::new();
        let mut cursor = to;
        while cursor > from {
            // Where nobody had answered yet, a try still out counts, such as the one beside which a hedge was sent. Of answers
            // that came together it is the good one: a loser is told at the moment at which the other wins.
            let last = (0..)
                .zip(&self.tries)
                .filter(|(_, one)| one.parent == parent && one.asked.is_awaited() && one.made < cursor)
                .filter(|(_, one)| one.end() > from)
                .max_by_key(|(_, one)| (one.end().min(cursor), one.end() <= cursor, one.is_good()));
            let Some((of, one)) = last else { break };
            let (start, end) = (one.made.max(from), one.end().min(cursor));
            chain.push((of, start, end, cursor));
            cursor = start;
        }
        // What nobody's answer explains is the caller's own: it holds its slot, or looks up an address.
        let own = |of: u32, from: u64, to: u64| {
            let of = parent.unwrap_or(of);
            let looked_up = parent.is_some() && self.tries[of as usize].looked_up;
            Span { kind: if looked_up { Kind::Lookup } else { Kind::Calls }, of, from, to }
        };
        if cursor > from {
            spans.push(own(chain.last().map_or(0, |(of, ..)| *of), from, cursor));
        }
        for (of, start, end, next) in chain.into_iter().rev() {
            self.walk(of, start, end, true, spans);
            if next > end {
                spans.push(own(of, end, next));
            }
        }
    }
}

/// Appends a stretch from `cursor` to `end`, if that is any time at all.
fn put(spans: &mut Vec<Span>, of: u32, kind: Kind, cursor: &mut u64, end: u64) {
    if end > *cursor {
        spans.push(Span { kind, of, from: *cursor, to: end });
        *cursor = end;
    }
}
