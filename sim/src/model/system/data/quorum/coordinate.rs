//! What a coordinator does: it asks nodes, counts their answers, answers; and repairs, keeps hints and hands them over.
//!
//! An operation lives until every node that it asked has answered, refused or can be given up, so that a write that has
//! timed out still arrives where it was sent. Repairs and hints on their way are operations without a client.

use super::operation::{Asked, For, Operation, State, Turn, Word};
use super::rows::{Fate, Row};
use super::{QuorumStore, SHOWN};
use crate::engine::time::SimDuration;
use crate::model::outcome::{Outcome, Reason};
use crate::model::station::quorum::Repair;
use crate::model::system::System;
use crate::model::system::attempt::{Attempt, Caller, Phase, Stage, Verb};
use crate::model::system::counts::Count;
use crate::model::system::flow::purpose;
use crate::model::system::plan::Operation as Verbs;
use crate::model::system::pool::replica::Parked;
use crate::model::system::slab::{Key, NONE};
use crate::model::system::timer::Timer;
use crate::model::system::trail::Mark;

impl System {
    /// A node that lives, if there is one.
    #[cold]
    pub(in crate::model::system) fn any_node(&self, station: u32) -> u32 {
        let nodes = &self.pool(station).replicas;
        let alive = nodes.iter().find(|node| self.replicas[**node as usize].takes_new());
        *alive.unwrap_or(&nodes[0])
    }

    /// A request has come to a quorum store: one of the nodes coordinates it.
    #[cold]
    #[inline(never)]
    pub(in crate::model::system) fn coordinate(&mut self, ix: u32) {
        let Attempt { station, request, edge, draws, .. } = self.attempts[ix];
        let writes = self.requests[request].operation == Verbs::Write;
        let (key, now, me) = (self.request_key(request), self.now, self.attempts.key(ix));
        let new = Operation::new(For::Client(me), writes, key, edge, draws.child(purpose::QUORUM), now);
        let Some((store, replicas)) = self.quorum_store(station) else { return };
        let begun = match store.begin(replicas, now, new) {
            Ok(begun) => begun,
            Err(reason) => {
                self.respond(ix, Outcome::Failed, reason);
                return;
            }
        };
        let (coordinator, needed) = (begun.coordinator + 1, begun.needed);
        let nodes = names(begun.asked.iter().map(|asked| asked.node));
        let replica = begun.replica;
        let timeout = if writes { store.config.write_timeout } else { store.config.read_timeout };
        let operation = store.operations.insert(begun);
        let attempt = &mut self.attempts[ix];
        (attempt.phase, attempt.stage, attempt.pending) = (Phase::Waiting, Stage::Coordinating, 1);
        self.note(ix, Mark::Started { replica, demand: SimDuration::ZERO });
        self.note(ix, Mark::Worked);
        self.remark(ix, "Quorum store", |_| {
            format!("node {coordinator} coordinates: it asks nodes {nodes}, and answers once {needed} have answered")
        });
        self.dispatch(station, operation, timeout);
    }

    /// Sends what an operation asks.
    fn dispatch(&mut self, station: u32, operation: Key, timeout: SimDuration) {
        let now = self.now;
        let Some(store) = self.store::<QuorumStore>(station) else { return };
        let Operation { writes, draws, ref asked, .. } = store.operations[operation.ix];
        let way = if writes { &store.config.write_delay } else { &store.config.delay };
        let way = |at: u8| way.sample(&mut draws.child(purpose::LATENCY_OUT).child(u64::from(at)).sequence());
        let ways: Vec<f64> = (0..asked.len() as u8).map(way).collect();
        for (at, way) in (0..).zip(ways) {
            let turn = Turn::Arrives { operation, at };
            self.schedule(now + SimDuration::from_secs_f64(way), Timer::Quorum { station, turn });
        }
        self.schedule(now + timeout, Timer::Quorum { station, turn: Turn::TimeOut { operation } });
        self.plan_hints(station);
    }

    /// Where there are hints, somebody looks after them.
    fn plan_hints(&mut self, station: u32) {
        let now = self.now;
        let Some(store) = self.store::<QuorumStore>(station) else { return };
        if !store.hints.is_empty() && !std::mem::replace(&mut store.looks, true) {
            let after = store.config.hint_interval;
            self.schedule(now + after, Timer::Quorum { station, turn: Turn::Hints });
        }
    }

    pub(in crate::model::system) fn quorum_due(&mut self, station: u32, turn: Turn) {
        match turn {
            Turn::Arrives { operation, at } => self.at_node(station, operation, at),
            Turn::Says { operation, at, done } => {
                let word = if done { Word::Done } else { Word::Failed };
                self.heard(station, operation, at, word);
            }
            Turn::TimeOut { operation } => self.quorum_times_out(station, operation),
            Turn::Hints => {
                if let Some(store) = self.store::<QuorumStore>(station) {
                    store.looks = false;
                }
                self.hand_over(station);
                self.plan_hints(station);
            }
        }
    }

    /// What an operation asks is at a node: work for it there, as for any request.
    fn at_node(&mut self, station: u32, operation: Key, at: u8) {
        let Some((store, _)) = self.quorum_store(station) else { return };
        let Some(asks) = store.operations.get(operation) else { return };
        let Asked { node, word, .. } = asks.asked[at as usize];
        if word != Word::OnItsWay {
            self.quiet = true;
            return;
        }
        if asks.coordinator != node && (store.is_cut(node) || store.is_cut(asks.coordinator)) {
            self.heard(station, operation, at, Word::Lost);
            return;
        }
        let Some(replica) = store.node(node).map(|node| node.replica) else {
            self.heard(station, operation, at, Word::Failed);
            return;
        };
        let (edge, draws) = (asks.edge, asks.draws.child(purpose::COPY).child(u64::from(at)));
        store.operations[operation.ix].asked[at as usize].word = Word::There;
        // Operations of the store's own go by whichever connection leads here: it only says where it works.
        let edge = if edge == NONE {
            self.edges.iter().position(|edge| edge.to == station).map_or(NONE, |edge| edge as u32)
        } else {
            edge
        };
        let work = self.new_attempt(NONE, edge, Caller::Coordinator { operation, at }, Verb::Part, draws);
        self.attempts[work].station = station;
        self.attempts[work].replica = replica;
        self.admit(work);
    }

    /// What a part's work takes [s], as it was drawn for it.
    pub(in crate::model::system) fn part_time(&self, ix: u32) -> f64 {
        let attempt = &self.attempts[ix];
        let pool = self.pool(attempt.station);
        let operation = |store: &QuorumStore| match attempt.caller {
            Caller::Coordinator { operation, .. } => store.operations.get(operation).map(|asks| asks.writes),
            _ => None,
        };
        let writes = pool.data.of::<QuorumStore>().and_then(operation).unwrap_or(false);
        let dist = if writes { &pool.config.write_time } else { &pool.config.read_time };
        dist.sample(&mut attempt.draws.child(purpose::DEMAND).sequence())
    }

    /// A node is done with its part, or refuses it: its word goes to the coordinator.
    #[cold]
    #[inline(never)]
    pub(in crate::model::system) fn part_ended(&mut self, ix: u32, outcome: Outcome, reason: Reason) {
        let Attempt { station, caller, draws, .. } = self.attempts[ix];
        if let Caller::Scatter(_) = caller {
            self.gathered(ix, outcome, reason);
            return;
        }
        self.free(ix);
        let Caller::Coordinator { operation, at } = caller else { return };
        let (now, done) = (self.now, outcome == Outcome::Completed);
        let Some((store, _)) = self.quorum_store(station) else { return };
        if store.operations.get(operation).is_none() {
            return;
        }
        let Operation { key, writes, stamp, whom, ref mut asked, .. } = store.operations[operation.ix];
        let asked = &mut asked[at as usize];
        let (node, stands_in_for) = (asked.node, asked.stands_in_for);
        if done
            && writes
            && let Some(stamp) = stamp
        {
            let flush = store.config.flush_interval;
            let newer = store.rows.or_insert_with(key, Row::default).take(node, stamp, now, flush);
            store.ledger.repaired += u64::from(newer && matches!(whom, For::Repair(_)));
            if let Some(away) = stands_in_for {
                store.keep_hint(node, away, key, stamp, now);
            }
        } else if done {
            asked.found = store.rows.get(key).and_then(|row| row.at(node));
        }
        if done && let Some(node) = store.nodes.numbered_mut(node) {
            node.writes += u64::from(writes);
            node.reads += u64::from(!writes);
        }
        let way = store.config.delay.sample(&mut draws.child(purpose::LATENCY_BACK).sequence());
        let turn = Turn::Says { operation, at, done };
        self.schedule(now + SimDuration::from_secs_f64(way), Timer::Quorum { station, turn });
        self.plan_hints(station);
    }

    /// What has become of what a node was asked is known.
    fn heard(&mut self, station: u32, operation: Key, at: u8, word: Word) {
        let now = self.now;
        let Some((store, _)) = self.quorum_store(station) else { return };
        let Some(asks) = store.operations.get(operation) else { return };
        let (node, coordinator) = (asks.asked[at as usize].node, asks.coordinator);
        let lost = asks.orphan || coordinator != node && (store.is_cut(node) || store.is_cut(coordinator));
        let asks = &mut store.operations[operation.ix];
        let asked = &mut asks.asked[at as usize];
        (asked.word, asked.heard) = (if lost { Word::Lost } else { word }, now);
        let (key, acknowledged) = (asks.key, asks.writes && asks.state == State::Over);
        if acknowledged && word != Word::Done && store.is_lost(key) {
            self.count_lost(station, 1);
        }
        self.go_on_with(station, operation);
    }

    /// Looks whether an operation can be answered, and whether it is over.
    fn go_on_with(&mut self, station: u32, operation: Key) {
        let Some(asks) = self.operation(station, operation) else { return };
        let done = asks.count(|word| word == Word::Done);
        let hoped_for = asks.count(|word| matches!(word, Word::OnItsWay | Word::There | Word::Lost));
        if asks.state == State::Asking && !asks.orphan {
            if done >= asks.needed {
                self.enough_said(station, operation);
            } else if done + hoped_for < asks.needed {
                self.answer_client(station, operation, Outcome::Failed, Reason::TooFewAnswers);
            }
        }
        let Some(asks) = self.operation(station, operation) else { return };
        let open = asks.count(|word| matches!(word, Word::OnItsWay | Word::There));
        if open == 0 && (asks.state == State::Over || asks.given_up || asks.orphan) {
            self.end_operation(station, operation);
        }
    }

    /// Enough nodes have answered.
    fn enough_said(&mut self, station: u32, operation: Key) {
        let now = self.now;
        let Some((store, _)) = self.quorum_store(station) else { return };
        let asks = &mut store.operations[operation.ix];
        match asks.whom {
            For::Hint(id) => {
                asks.state = State::Over;
                store.handed(id);
                self.hand_over(station);
                return;
            }
            For::Repair(read) => {
                asks.state = State::Over;
                if let Some(read) = read {
                    self.repaired(station, read);
                }
                return;
            }
            For::Client(_) | For::Nobody => {}
        }
        if asks.writes || store.config.repair != Repair::Blocking {
            self.answer_client(station, operation, Outcome::Completed, Reason::None);
            return;
        }
        let (old, coordinator, key) = (asks.outdated(), asks.coordinator, asks.key);
        let Some(newest) = asks.newest().filter(|_| !old.is_empty()) else {
            self.answer_client(station, operation, Outcome::Completed, Reason::None);
            return;
        };
        asks.state = State::Repairing(old.len() as u32);
        asks.repaired = old.len() as u32;
        let repairs = old.into_iter();
        let repairs: Vec<Key> = repairs
            .filter_map(|node| store.own(For::Repair(Some(operation)), coordinator, node, key, newest, now))
            .collect();
        self.send_own(station, repairs);
    }

    fn send_own(&mut self, station: u32, operations: Vec<Key>) {
        let Some(timeout) = self.store::<QuorumStore>(station).map(|store| store.config.write_timeout) else { return };
        for operation in operations {
            self.dispatch(station, operation, timeout);
        }
    }

    /// One of the repairs that a read waits for is done.
    fn repaired(&mut self, station: u32, read: Key) {
        let Some(asks) = self.operation(station, read) else { return };
        let State::Repairing(left) = asks.state else { return };
        asks.state = State::Repairing(left - 1);
        if left == 1 {
            self.answer_client(station, read, Outcome::Completed, Reason::None);
            self.go_on_with(station, read);
        }
    }

    fn quorum_times_out(&mut self, station: u32, operation: Key) {
        let Some(asks) = self.operation(station, operation) else {
            self.quiet = true;
            return;
        };
        asks.given_up = true;
        let unanswered = asks.state != State::Over && !asks.orphan;
        if unanswered {
            self.answer_client(station, operation, Outcome::TimedOut, Reason::TooFewAnswers);
        }
        self.keep_hints(station, operation);
        self.go_on_with(station, operation);
    }

    /// Nodes that have not said that they have a write get it later.
    fn keep_hints(&mut self, station: u32, operation: Key) {
        let now = self.now;
        let Some((store, _)) = self.quorum_store(station) else { return };
        let asks = &store.operations[operation.ix];
        let client = matches!(asks.whom, For::Client(_) | For::Nobody);
        let (Some(stamp), true, false) = (asks.stamp, client && asks.writes, asks.orphan) else { return };
        let (key, holder) = (asks.key, asks.coordinator);
        let missed = asks.asked.iter().filter(|asked| asked.word != Word::Done);
        let missed: Vec<u32> = missed.map(|asked| asked.stands_in_for.unwrap_or(asked.node)).collect();
        for node in missed {
            store.keep_hint(holder, node, key, stamp, now);
        }
        self.plan_hints(station);
    }

    /// Everything that an operation asked has come to an end.
    fn end_operation(&mut self, station: u32, operation: Key) {
        let now = self.now;
        let Some((store, _)) = self.quorum_store(station) else { return };
        let asks = &store.operations[operation.ix];
        let (given_up, whom, key, coordinator) = (asks.given_up, asks.whom, asks.key, asks.coordinator);
        let client = matches!(whom, For::Client(_) | For::Nobody);
        let repairs = client && !asks.writes && !asks.orphan && store.config.repair == Repair::After;
        let old = if repairs { asks.outdated() } else { Vec::new() };
        let newest = asks.newest();
        if !given_up {
            self.keep_hints(station, operation);
        }
        let Some((store, _)) = self.quorum_store(station) else { return };
        if let For::Hint(id) = whom
            && let Some(hint) = store.hints.iter_mut().find(|hint| hint.id == id)
        {
            hint.sent = false;
        }
        let ended = &mut store.operations[operation.ix];
        ended.repaired += old.len() as u32;
        if client && store.watched {
            if store.shown.len() == SHOWN {
                store.shown.remove(0);
            }
            store.shown.push(ended.clone());
        }
        store.operations.remove(operation.ix);
        let Some(newest) = newest else { return };
        let own = old.into_iter().filter_map(|node| store.own(For::Repair(None), coordinator, node, key, newest, now));
        let own: Vec<Key> = own.collect();
        self.send_own(station, own);
    }

    /// Hints go to nodes that are back.
    fn hand_over(&mut self, station: u32) {
        let now = self.now;
        let Some((store, replicas)) = self.quorum_store(station) else { return };
        if store.hints.is_empty() {
            self.quiet = true;
            return;
        }
        let hints = store.next_hints(replicas).into_iter();
        let sent =
            hints.filter_map(|hint| store.own(For::Hint(hint.id), hint.holder, hint.target, hint.key, hint.stamp, now));
        let sent: Vec<Key> = sent.collect();
        self.send_own(station, sent);
    }

    /// A coordinator answers its client.
    fn answer_client(&mut self, station: u32, operation: Key, outcome: Outcome, reason: Reason) {
        let now = self.now;
        let Some((store, _)) = self.quorum_store(station) else { return };
        let asks = &mut store.operations[operation.ix];
        asks.state = State::Over;
        asks.ended = Some((now, outcome));
        let For::Client(attempt) = asks.whom else { return };
        asks.whom = For::Nobody;
        let Operation { key, writes, stamp, replica, began, .. } = *asks;
        let completed = outcome == Outcome::Completed;
        let answer = asks.newest();
        let mut counted = Vec::new();
        if let (true, true, Some(stamp)) = (completed, writes, stamp) {
            counted.push(Count::WritesAcknowledged);
            counted.push(match store.acknowledge(key, stamp, began, now) {
                Fate::Stored => Count::WritesStored,
                Fate::Superseded => Count::WritesSuperseded,
                Fate::Lost => Count::WritesLost,
            });
        } else if completed {
            counted.push(Count::CopyReads);
            store.ledger.reads += 1;
            store.lacks = store.rows.get(key).and_then(|row| row.lacks(answer));
            if let Some((_, since)) = store.lacks.filter(|_| answer < stamp) {
                counted.push(Count::StaleReads);
                let age = now.since(since);
                store.ledger.stale += 1;
                store.ledger.worst = store.ledger.worst.max(age);
                store.operations[operation.ix].stale = Some(age);
            }
        } else {
            store.ledger.unknown += u64::from(writes);
        }
        for count in counted {
            self.stations[station as usize].meter.count(count, 1);
        }
        let waits = |attempt: &&Attempt| attempt.phase == Phase::Waiting && attempt.stage == Stage::Coordinating;
        let Some(ix) = self.attempts.get(attempt).filter(waits).map(|_| attempt.ix) else { return };
        self.remark(ix, "Quorum store", |system| system.tell_operation(station, operation));
        let request = self.attempts[ix].request;
        if completed && writes && self.values.is_some() {
            self.commit_version(ix);
        } else if completed && !writes {
            self.requests[request].loaded = true;
            if self.values.is_some() {
                self.take_snapshot(ix);
            }
        }
        if self.replicas[replica as usize].frozen {
            self.replicas[replica as usize].parked.push(Parked { caller: attempt, outcome, reason, found: false });
        } else {
            self.respond(ix, outcome, reason);
        }
    }

    /// Acknowledged writes that were stored are gone.
    fn count_lost(&mut self, station: u32, lost: u64) {
        let meter = &mut self.stations[station as usize].meter;
        meter.count(Count::WritesLost, lost);
        // What had been stored no longer is.
        meter.count(Count::WritesStored, lost.wrapping_neg());
    }

    /// A node has crashed: with what was not on its disk, with what it had under way, and with who waits for it.
    pub(super) fn quorum_node_died(&mut self, station: u32, number: u32) {
        let now = self.now;
        let Some((store, _)) = self.quorum_store(station) else { return };
        let mut orphans = Vec::new();
        for ix in store.operations.indices().collect::<Vec<u32>>() {
            let operation = &mut store.operations[ix];
            if operation.coordinator == number && !operation.orphan {
                operation.orphan = true;
                let on_its_way = operation.asked.iter_mut().filter(|asked| asked.word == Word::OnItsWay);
                on_its_way.for_each(|asked| asked.word = Word::Lost);
                orphans.push(store.operations.key(ix));
            }
        }
        let lost = store.crash(number, now);
        let mut vanished = Vec::new();
        for &orphan in &orphans {
            let operation = &store.operations[orphan.ix];
            if operation.writes && operation.state == State::Over {
                vanished.push(operation.key);
            }
        }
        let lost = lost + vanished.into_iter().filter(|key| store.is_lost(*key)).count() as u64;
        self.count_lost(station, lost);
        for orphan in orphans {
            if let Some(asks) = self.operation(station, orphan)
                && asks.state != State::Over
            {
                self.answer_client(station, orphan, Outcome::Failed, Reason::ReplicaDied);
            }
            self.go_on_with(station, orphan);
        }
    }

    /// What a coordinator has heard, in words.
    fn tell_operation(&self, station: u32, operation: Key) -> String {
        let pool = self.pool(station);
        let Some(asks) = pool.data.of::<QuorumStore>().and_then(|store| store.operations.get(operation)) else {
            return String::new();
        };
        let of =
            |word: fn(Word) -> bool| names(asks.asked.iter().filter(|asked| word(asked.word)).map(|asked| asked.node));
        let mut said: Vec<String> = Vec::new();
        for asked in asks.asked.iter().filter(|asked| asked.word == Word::Done) {
            let after = asked.heard.since(asks.began).as_secs_f64() * 1e3;
            let what = match asked.found {
                _ if asks.writes => "has it".to_owned(),
                Some(stamp) => format!("has the write of {:.3} s", stamp.clock as f64 / 1e9),
                None => "has no write".to_owned(),
            };
            said.push(format!("node {} {what} (after {after:.1} ms)", asked.node + 1));
        }
        for (words, nodes) in [
            ("not heard from yet", of(|word| matches!(word, Word::OnItsWay | Word::There | Word::Lost))),
            ("refused", of(|word| word == Word::Failed)),
        ] {
            if !nodes.is_empty() {
                said.push(format!("{words}: {nodes}"));
            }
        }
        if asks.repaired > 0 {
            said.push(format!("{} repaired before the answer", asks.repaired));
        }
        if let Some(age) = asks.stale {
            let ms = age.as_secs_f64() * 1e3;
            said.push(format!("a newer write was acknowledged {ms:.1} ms ago: the answer is stale"));
        }
        said.join("; ")
    }
}

/// "1, 2, 4": nodes by the numbers that people see.
fn names(nodes: impl Iterator<Item = u32>) -> String {
    let names: Vec<String> = nodes.map(|node| (node + 1).to_string()).collect();
    names.join(", ")
}
