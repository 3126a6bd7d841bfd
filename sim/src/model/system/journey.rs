//! Follows one request while the system runs, to tell why it went as it did.
//!
//! Following changes nothing: no draw is taken, nothing is scheduled. Where nobody asks, each hook is one look at an
//! `Option`; everything else stands out of line here.

use super::System;
use super::balancer::Offer;
use super::balancer::state::Balancer;
use super::profiler::Profiler;
use super::slab::NONE;
use super::station::Kind;
use super::trail::{Mark, ends, made, marked};
use crate::engine::time::SimDuration;
use crate::model::balancer::{BackendView, PickContext, RequestView};
use crate::model::ids::NodeId;
use crate::model::journey::{Among, Barred, Candidate, Decision, End, Journey, Kept, Said, Truth};
use crate::model::outcome::{Outcome, Reason};

/// Tries and choices recorded at most: a request with more than that is cut short, and says so by its length.
pub(super) const TRIES_MAX: usize = 2_000;

/// Follows one request.
#[derive(Clone, Debug)]
pub(super) struct Recorder {
    source: NodeId,
    ordinal: u64,
    /// Index of the request while it lives, [`NONE`] before and after.
    request: u32,
    journey: Option<Journey>,
    /// Tries that live: index of the attempt, place in the journey.
    live: Vec<(u32, u32)>,
    /// It has published something: more may follow for it at any time.
    published: bool,
    /// Indices of the requests by which brokers deliver what it has published.
    messages: Vec<u32>,
    /// Adds up where the time of many requests goes.
    pub(super) profiler: Option<Profiler>,
}

impl System {
    /// Follows the request with this number from now on; it must not have been born yet.
    pub fn follow(&mut self, source: NodeId, ordinal: u64) {
        self.recorder = Some(Box::new(Recorder { source, ordinal, ..Recorder::idle() }));
        self.look_if_plain();
    }

    /// The followed request as far as it got; `None` if it has not been born yet.
    #[must_use]
    pub fn followed(&self) -> Option<Journey> {
        let recorder = self.recorder.as_ref()?;
        let mut journey = recorder.journey.clone()?;
        if recorder.request != NONE || !recorder.messages.is_empty() {
            journey.until = self.now.0;
        }
        Some(journey)
    }

    /// Whether a request is being followed at this moment.
    #[inline]
    pub(super) fn follows(&self) -> bool {
        self.recorder.as_ref().is_some_and(|recorder| recorder.request != NONE)
    }

    /// Whether everything that was done for the followed request is over.
    #[must_use]
    pub fn followed_to_the_end(&self) -> bool {
        self.recorder
            .as_ref()
            .is_some_and(|recorder| recorder.journey.is_some() && recorder.request == NONE && !recorder.published)
    }

    /// Number that the next request of a source will have; `None` where there is no such source.
    #[must_use]
    pub fn next_ordinal(&self, source: NodeId) -> Option<u64> {
        self.stations[self.station_index(source)? as usize].source().map(|source| source.ordinal)
    }

    /// A request is born: is it the one?
    #[inline]
    pub(super) fn note_birth(&mut self, request: u32) {
        if self.recorder.is_some() {
            self.noted_birth(request);
        }
    }

    #[cold]
    fn noted_birth(&mut self, request_ix: u32) {
        self.profile_birth(request_ix);
        let request = &self.requests[request_ix];
        let station = &self.stations[request.source as usize];
        let (source, ordinal, born) = (station.id, request.ordinal, request.born.0);
        let asked = |recorder: &Recorder| {
            recorder.source == source && recorder.ordinal == ordinal && recorder.journey.is_none()
        };
        if !self.recorder.as_deref().is_some_and(asked) {
            return;
        }
        let source_name = station.label.clone();
        let operation = format!("{:?}", request.operation).to_lowercase();
        let client_ipv4 = self.request_ipv4(request_ix);
        let Some(recorder) = &mut self.recorder else { return };
        recorder.request = request_ix;
        recorder.journey = Some(Journey {
            source,
            source_name,
            ordinal,
            operation,
            client_ipv4,
            born,
            ended: None,
            until: born,
            tries: Vec::new(),
            decisions: Vec::new(),
        });
    }

    /// Something happened to an attempt: is it the followed request's?
    #[inline]
    pub(super) fn note(&mut self, attempt: u32, mark: Mark) {
        if self.recorder.is_some() {
            self.noted(attempt, mark);
        }
    }

    #[cold]
    fn noted(&mut self, ix: u32, mark: Mark) {
        let Some(recorder) = &self.recorder else { return };
        let request = self.attempts[ix].request;
        if request == NONE {
            return;
        }
        if recorder.profiler.is_some() && self.requests[request].profiled {
            self.profile_mark(ix, mark);
        }
        let Some(recorder) = &self.recorder else { return };
        if request == recorder.request || recorder.messages.contains(&request) {
            self.recorded(ix, mark);
        }
    }

    fn recorded(&mut self, ix: u32, mark: Mark) {
        let now = self.now.0;
        let said = self.said(ix, mark);
        let attempt = &self.attempts[ix];
        let Some(recorder) = &mut self.recorder else { return };
        let of_message = attempt.request != recorder.request;
        recorder.published |= matches!(mark, Mark::Published { .. });
        let Some(journey) = &mut recorder.journey else { return };
        if let Mark::Made = mark {
            if journey.tries.len() >= TRIES_MAX {
                return;
            }
            let (from, to) = ends(attempt, &self.edges, &self.stations);
            let mut one = made(now, attempt, &self.edges, &self.stations, &recorder.live);
            (one.from_name, one.to_name) = (from.label.clone(), to.label.clone());
            recorder.live.push((ix, journey.tries.len() as u32));
            journey.tries.push(one);
            return;
        }
        let Some(place) = place_of(&recorder.live, ix) else { return };
        let one = &mut journey.tries[place as usize];
        one.said.extend(said);
        marked(one, now, mark, attempt, &self.replicas, &self.spots);
        if let Mark::Freed = mark {
            recorder.live.retain(|(live, _)| *live != ix);
            if of_message {
                journey.until = journey.until.max(now);
                if self.requests[attempt.request].refs <= 1 {
                    recorder.messages.retain(|request| *request != attempt.request);
                }
            } else if recorder.live.is_empty() && journey.ended.is_some() {
                journey.until = now;
                recorder.request = NONE;
            }
        }
    }

    /// What a limit, a shedder or a queue says at such a moment, with its numbers.
    fn said(&self, ix: u32, mark: Mark) -> Option<Said> {
        let station = self.attempts[ix].station;
        let entry = &self.stations[station as usize];
        let admission = entry.admission.as_ref();
        let (who, words) = match mark {
            Mark::Shaped { wait } => {
                let limit = admission?.limit.as_ref()?;
                let wait = wait.as_secs_f64() * 1e3;
                (format!("Rate limit, {}", lower(limit.name())), format!("its turn comes in {wait:.1} ms"))
            }
            Mark::RateLimited { client } => {
                let limit = admission?.limit.as_ref()?;
                (format!("Rate limit, {}", lower(limit.name())), limit.reading(self.now, client).words)
            }
            Mark::ShedAtDoor => {
                let admission = admission?;
                let kind = admission.config().shedding.as_ref()?.kind();
                let reading = admission.shedder.as_ref()?.reading(self.now, self.load_of(station));
                let priority = self.priority_of(ix).word();
                (
                    format!("Load shedding, {}", lower(kind.entry.name)),
                    format!("{}; this one has {priority} priority", reading.words),
                )
            }
            Mark::Published { partition, offset, behind } => {
                let broker = entry.broker()?;
                let partition = &broker.partitions[partition as usize];
                let topic = &broker.topics[partition.topic as usize];
                let groups = broker.groups.iter().filter(|group| !group.closed).count();
                let groups = if groups == 1 { "1 group".to_owned() } else { format!("{groups} groups") };
                let words = format!(
                    "its message is number {} of partition {} of {topic}, for {groups}; {behind} wait there before it",
                    offset + 1,
                    partition.number + 1,
                );
                ("Message broker".to_owned(), words)
            }
            Mark::Recognized => {
                let words = "published before: recognized by its key, nothing is appended".to_owned();
                ("Message broker".to_owned(), words)
            }
            Mark::GivenUp => {
                let pool = entry.pool()?;
                let kind = pool.config.discipline.kind();
                (format!("Queue, {}", kind.entry.name), self.line_of(ix)?.reading(self.now).words)
            }
            Mark::FromReadReplica { lacks } => {
                let number = self.replicas.get(self.attempts[ix].replica as usize)?.number;
                let words = match lacks {
                    Some(age) => {
                        let ms = age.as_secs_f64() * 1e3;
                        format!("it lacks a write to this item, committed {ms:.1} ms ago: the answer is stale")
                    }
                    None => "it has every write to this item from before the read".to_owned(),
                };
                (format!("Read replica {number}"), words)
            }
            Mark::StaleHit { age } => {
                let ms = age.as_secs_f64() * 1e3;
                ("Cache".to_owned(), format!("a newer value was committed {ms:.1} ms ago: the answer is stale"))
            }
            Mark::FromShard => {
                let number = self.replicas.get(self.attempts[ix].replica as usize)?.number;
                (format!("Shard {}", number + 1), self.explain_owner(ix)?)
            }
            Mark::KeyMoved => {
                let number = self.replicas.get(self.attempts[ix].replica as usize)?.number;
                let words = "its key came here with the last change of the nodes; where it was, it was held: a miss";
                (format!("Cache node {}", number + 1), words.to_owned())
            }
            level => super::data::told(level)?,
        };
        Some(Said { at: self.now.0, who, words })
    }

    /// A policy has something to say of a try.
    #[inline]
    pub(super) fn remark(&mut self, attempt: u32, who: &str, words: impl FnOnce(&Self) -> String) {
        if self.follows() {
            let words = words(self);
            self.remarked(attempt, who, words);
        }
    }

    #[cold]
    fn remarked(&mut self, ix: u32, who: &str, words: String) {
        let at = self.now.0;
        let Some(recorder) = &mut self.recorder else { return };
        let Some(place) = place_of(&recorder.live, ix) else { return };
        if let Some(journey) = &mut recorder.journey {
            journey.tries[place as usize].said.push(Said { at, who: who.to_owned(), words });
        }
    }

    /// A broker delivers a message, by a request of its own: is it one that the followed request has published?
    #[inline]
    pub(super) fn note_delivery(&mut self, request: u32) {
        if self.recorder.is_some() {
            self.noted_delivery(request);
        }
    }

    #[cold]
    fn noted_delivery(&mut self, request_ix: u32) {
        let request = &self.requests[request_ix];
        let (source, ordinal) = (self.stations[request.source as usize].id, request.ordinal);
        let Some(recorder) = &mut self.recorder else { return };
        if recorder.journey.is_some() && (recorder.source, recorder.ordinal) == (source, ordinal) {
            recorder.messages.push(request_ix);
        }
    }

    /// The user has an answer, or never will.
    #[inline]
    pub(super) fn note_end(&mut self, request: u32, outcome: Outcome, reason: Reason) {
        if self.recorder.is_some() {
            self.noted_end(request, outcome, reason);
        }
    }

    #[cold]
    fn noted_end(&mut self, request: u32, outcome: Outcome, reason: Reason) {
        if self.requests[request].profiled {
            self.profile_end(request, outcome, reason);
        }
        if let Some(recorder) = &mut self.recorder
            && recorder.request == request
            && let Some(journey) = &mut recorder.journey
        {
            journey.ended = Some(End { at: self.now.0, outcome, reason });
            if recorder.live.is_empty() {
                journey.until = self.now.0;
                recorder.request = NONE;
            }
        }
    }

    /// A picker is about to choose among some for the request that stands at its balancer.
    #[inline]
    pub(super) fn note_choice(&mut self, attempt: u32, picker: u32, request: RequestView, offer: &Offer) {
        if self.follows() {
            self.noted_choice(attempt, picker, request, offer);
        }
    }

    #[cold]
    fn noted_choice(&mut self, ix: u32, picker: u32, request: RequestView, offer: &Offer) {
        let Some((standing, balancer)) = self.followed_at(ix) else { return };
        let chooser = &balancer.pickers[picker as usize];
        let views = offer.views.as_deref().unwrap_or(&chooser.views);
        let mut stream = balancer.stream.clone();
        let context =
            PickContext { backends: views, version: offer.version, stream: &mut stream, request, now: self.now };
        let label = |backend: u32| self.backend_label(balancer, backend);
        let explanation = chooser.strategy.explain(&context, &label);
        let mut decision = self.decision(ix, standing, balancer, picker, offer.among, views);
        decision.number = request.attempt as u8;
        decision.rule = explanation.rule.to_owned();
        decision.steps = explanation.steps;
        for score in explanation.scores {
            let scored = decision.candidates.iter_mut().find(|candidate| candidate.backend == score.backend);
            if let Some(candidate) = scored {
                candidate.score = Some(score.value).filter(|value| value.is_finite());
                candidate.formula = Some(score.formula);
            }
        }
        self.decided(decision);
    }

    /// An earlier choice still holds for the request that stands at the balancer.
    #[inline]
    pub(super) fn note_kept(&mut self, attempt: u32, kept: Kept) {
        if self.follows() {
            self.noted_kept(attempt, kept);
        }
    }

    #[cold]
    fn noted_kept(&mut self, ix: u32, kept: Kept) {
        let Some((standing, balancer)) = self.followed_at(ix) else { return };
        let views = &balancer.pickers[0].views;
        let mut decision = self.decision(ix, standing, balancer, 0, Among::Eligible, views);
        decision.kept = Some(kept);
        self.decided(decision);
    }

    /// The balancer at which an attempt of the followed request stands, and the attempt's place in the journey.
    fn followed_at(&self, ix: u32) -> Option<(u32, &Balancer)> {
        let attempt = &self.attempts[ix];
        let recorder = self.recorder.as_ref()?;
        if attempt.request == NONE || attempt.request != recorder.request {
            return None;
        }
        let balancer = self.stations[attempt.station as usize].balancer()?;
        Some((recorder.place(ix)?, balancer))
    }

    /// A choice with its candidates as they are now, before it is made.
    fn decision(
        &self,
        ix: u32,
        standing: u32,
        balancer: &Balancer,
        picker: u32,
        among: Among,
        views: &[BackendView],
    ) -> Decision {
        let station = &self.stations[self.attempts[ix].station as usize];
        let strategy = crate::model::balancer::find(&balancer.config.strategy.id)
            .map_or_else(|| balancer.config.strategy.id.clone(), |descriptor| descriptor.entry.name.to_owned());
        let candidates = (0..)
            .zip(&balancer.backends)
            .filter(|(_, backend)| !backend.removed)
            .map(|(index, backend)| {
                let view = &views[index as usize];
                Candidate {
                    backend: index,
                    node: self.stations[self.edges[backend.edge as usize].to as usize].id,
                    replica: (backend.replica != NONE).then(|| self.replicas[backend.replica as usize].number),
                    name: self.backend_label(balancer, index),
                    eligible: view.eligible,
                    barred: if view.eligible {
                        None
                    } else {
                        Some(self.barred(balancer, picker, among, index as usize))
                    },
                    truth: self.truth(backend.edge, backend.replica),
                    weight: view.weight,
                    outstanding: view.outstanding,
                    response_time: Some(view.response_time).filter(|secs| secs.is_finite()),
                    error_rate: view.error_rate,
                    utilization: Some(view.utilization).filter(|share| share.is_finite()),
                    selections: backend.selections,
                    score: None,
                    formula: None,
                }
            })
            .collect();
        Decision {
            at: self.now.0,
            standing,
            balancer: station.id,
            balancer_name: station.label.clone(),
            strategy,
            number: 0,
            among,
            kept: None,
            rule: String::new(),
            steps: Vec::new(),
            candidates,
            chosen: None,
            sent: None,
        }
    }

    fn decided(&mut self, decision: Decision) {
        let journey = self.recorder.as_mut().and_then(|recorder| recorder.journey.as_mut());
        if let Some(journey) = journey.filter(|journey| journey.decisions.len() < TRIES_MAX) {
            // Asked before among others, in vain: only the choice that counts is told.
            if journey
                .decisions
                .last()
                .is_some_and(|last| (last.at, last.standing, last.chosen) == (decision.at, decision.standing, None))
            {
                journey.decisions.pop();
            }
            journey.decisions.push(decision);
        }
    }

    /// The balancer has chosen `backend`, and `sent` goes there.
    #[inline]
    pub(super) fn note_chosen(&mut self, standing: u32, backend: u32, sent: u32) {
        if let Some(recorder) = &mut self.recorder {
            recorder.chosen(standing, backend, sent);
        }
    }

    /// Why the strategy could not choose a backend, and since when.
    fn barred(&self, balancer: &Balancer, picker: u32, among: Among, index: usize) -> Barred {
        let (backend, chooser) = (&balancer.backends[index], &balancer.pickers[picker as usize]);
        let told = |why: &str| Barred { why: why.to_owned(), since: None };
        if chooser.views[index].eligible && among == Among::InTurn {
            let share = chooser.share_of(index, balancer.config.slow_start, self.now) * 100.0;
            return told(&format!(
                "slow start: it takes part in {share:.0} % of the picks by now, and sits this one out"
            ));
        }
        if chooser.views[index].eligible {
            return told("this request was sent there before: a retry goes elsewhere while it can");
        }
        if let Some(note) = balancer.caller_note(picker, index).or_else(|| balancer.out_note(index)) {
            return Barred { why: note.words, since: note.since.map(|since| since.0) };
        }
        if chooser.edges.as_ref().is_some_and(|edges| !edges.contains(&backend.edge)) {
            return told("its connection carries no such requests");
        }
        told("this caller has not been told of it by the registry, or it is not in the caller's subset")
    }

    /// How a backend is in truth, which its balancer cannot see.
    fn truth(&self, edge: u32, replica: u32) -> Truth {
        let edge = &self.edges[edge as usize];
        let mut notes = Vec::new();
        if edge.partitioned() {
            notes.push("cut off".to_owned());
        }
        if edge.extra() > SimDuration::ZERO {
            notes.push(format!("{} ms further away", edge.extra().as_secs_f64() * 1e3));
        }
        let target = &self.stations[edge.to as usize];
        let (mut busy, mut slots, mut queue) = (target.meter.busy(), target.meter.slot_count(), target.meter.queue());
        let mut alive = !edge.partitioned() && !target.removed && !target.down;
        let several: Vec<u32> = match (&target.kind, replica) {
            (_, named) if named != NONE => vec![named],
            (Kind::Pool(pool), _) => pool.replicas.clone(),
            _ => Vec::new(),
        };
        if replica != NONE {
            let replica = &self.replicas[replica as usize];
            (busy, slots, queue) = (replica.busy, replica.slots, replica.queue.len() as u32);
            if replica.drained {
                notes.push("being drained".to_owned());
            }
            if replica.draining {
                notes.push("on its way out".to_owned());
            }
            if replica.slow != 1.0 {
                notes.push(format!("{}× as slow", replica.slow));
            }
            if replica.error_share > 0.0 {
                notes.push(format!("{} % errors", replica.error_share * 100.0));
            }
        }
        if !several.is_empty() && !several.iter().any(|ix| self.replicas[*ix as usize].open()) {
            alive = false;
            if several.iter().all(|ix| self.replicas[*ix as usize].dead) {
                notes.insert(0, "dead".to_owned());
            }
        }
        Truth { alive, notes, busy, slots, queue }
    }

    /// What people call a backend, by its number at its balancer.
    pub fn backend_label(&self, balancer: &Balancer, backend: u32) -> String {
        let Some(backend) = balancer.backends.get(backend as usize) else { return "?".to_owned() };
        let target = &self.stations[self.edges[backend.edge as usize].to as usize];
        format!("{}{}", target.label, self.replica_suffix(backend.replica))
    }
}

impl Recorder {
    /// Follows nobody.
    pub(super) const fn idle() -> Self {
        Self {
            source: NodeId(u32::MAX),
            ordinal: u64::MAX,
            request: NONE,
            journey: None,
            live: Vec::new(),
            published: false,
            messages: Vec::new(),
            profiler: None,
        }
    }

    /// Place in the journey of a try that lives.
    fn place(&self, ix: u32) -> Option<u32> {
        place_of(&self.live, ix)
    }

    #[cold]
    fn chosen(&mut self, standing: u32, backend: u32, sent: u32) {
        let (Some(standing), sent) = (self.place(standing), self.place(sent)) else { return };
        let Some(journey) = &mut self.journey else { return };
        let mut open = journey.decisions.iter_mut().rev();
        if let Some(decision) = open.find(|decision| decision.standing == standing && decision.chosen.is_none()) {
            let chosen = decision.candidates.iter().position(|candidate| candidate.backend == backend);
            decision.chosen = chosen.map(|place| place as u32);
            decision.sent = sent;
        }
    }
}

/// Place in the journey of a try that lives.
pub(super) fn place_of(live: &[(u32, u32)], ix: u32) -> Option<u32> {
    live.iter().find(|(live, _)| *live == ix).map(|(_, place)| *place)
}

/// A name within a sentence: its first letter small, unless it is a word of capitals.
fn lower(name: &str) -> String {
    let mut letters = name.chars();
    match letters.next() {
        Some(first) if !letters.as_str().starts_with(char::is_uppercase) => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => name.to_owned(),
    }
}
