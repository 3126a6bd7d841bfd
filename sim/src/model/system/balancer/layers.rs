//! For what a balancer chooses: routes of requests (L7), connections (L4), names (DNS), callers that choose themselves.
//!
//! | kind | chooses for | pickers | what its strategy sees |
//! | --- | --- | --- | --- |
//! | balancer (L7) | each request | one for each route | open requests, response times, errors, utilization told by the answers |
//! | connection balancer (L4) | each connection | one | open connections, and connections that break |
//! | DNS | each answer to a resolver | one | the list alone |
//! | client-side balancer | each request, in its caller | one for each caller | that caller's own requests; of the list, what the registry said last |
//!
//! Routes: the connections that carry the request's operation and have the longest path that its path begins with. Connections
//! are shared by requests as in HTTP/2; a caller has a fixed number of them, opening one costs one round trip more, and one ends
//! by age, idleness, number of requests, or by breaking. A resolver keeps an answer for exactly its time to live: its callers go
//! on to a dead address until then. A caller that balances for itself asks the registry at its own moments; in between it knows
//! nothing of what came, went or died. With a subset it uses a fixed few of the backends, shared out evenly over callers.
//!
//! **Invariant:** an answer is booked at the picker that chose, and only if that kind of balancer hears of answers at all. A
//! strategy that needs answers (`Needs::Answers`) is not offered to DNS.

use super::super::System;
use super::super::attempt::{Caller, Phase};
use super::super::balancer::state::{Asker, Balancer, Connection, Connections, Memory, Picker, Told};
use super::super::event::Event;
use super::super::flow::purpose;
use super::super::plan::{CallerConfig, Carries, ConnectionConfig, NameConfig, Operation};
use super::super::slab::Key;
use super::super::slab::NONE;
use super::super::trail::Mark;
use super::until;
use crate::engine::rng::mix;
use crate::engine::sort;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::journey::Kept;
use crate::model::outcome::{Outcome, Reason};
use crate::model::system::timer::{BalancerTurn, Timer};

/// Callers that a balancer tells apart; further ones share a picker.
const CALLERS_MAX: u32 = 512;

impl Carries {
    /// Whether requests of this operation go that way.
    pub(in crate::model::system) const fn takes(self, operation: Operation) -> bool {
        match self {
            Self::All => true,
            Self::Reads => matches!(operation, Operation::Read),
            Self::Writes => matches!(operation, Operation::Write),
            Self::Static => matches!(operation, Operation::Static),
        }
    }
}

/// L7: routes.
impl System {
    /// The picker for a request: over the connections with the longest matching path among those that carry its
    /// operation.
    pub(super) fn route(&mut self, station: u32, request: u32) -> Option<u32> {
        let entry = &self.requests[request];
        let (source, operation) = (entry.source, entry.operation);
        let path = self.request_path(request);
        let kind = (source, path, operation as u8);
        if let Memory::Routes(routes) = &self.balancer(station).memory
            && let Some(&picker) = routes.get(&kind)
        {
            return (picker != NONE).then_some(picker);
        }
        let edges = self.routed_edges(station, self.path_text(source, path), operation);
        let now = self.now;
        let balancer = self.balancer_mut(station)?;
        let picker = if edges.is_empty() {
            NONE
        } else if let Some(at) = balancer.pickers.iter().position(|picker| picker.edges.as_ref() == Some(&edges)) {
            at as u32
        } else {
            balancer.pickers.push(Picker::new(&balancer.config, &balancer.backends, Some(edges), now));
            for backend in 0..balancer.backends.len() {
                balancer.refresh(backend, now);
            }
            balancer.pickers.len() as u32 - 1
        };
        if let Memory::Routes(routes) = &mut balancer.memory {
            routes.insert(kind, picker);
        }
        (picker != NONE).then_some(picker)
    }

    fn routed_edges(&self, station: u32, path: &str, operation: Operation) -> Vec<u32> {
        let matching = |edge: &u32| {
            let plan = &self.edges[*edge as usize].plan;
            plan.carries.takes(operation) && path.starts_with(plan.path.as_str())
        };
        let out = self.stations[station as usize].out.iter().copied().filter(matching);
        let matched: Vec<(usize, u32)> = out.map(|edge| (self.edges[edge as usize].plan.path.len(), edge)).collect();
        let longest = matched.iter().map(|(length, _)| *length).max().unwrap_or(0);
        matched.into_iter().filter(|(length, _)| *length == longest).map(|(_, edge)| edge).collect()
    }

    /// Who asks the balancer at which the attempt stands: a replica, or a part of a source's clients.
    fn asker(&self, ix: u32, parts: u32) -> Asker {
        if let Some((station, number)) = self.calling_replica(ix) {
            return (station, number);
        }
        let request = self.attempts[ix].request;
        let part = mix(u64::from(self.request_ipv4(request))) % u64::from(parts.max(1));
        (self.requests[request].source, part as u32)
    }

    /// Station and number of the replica that called, if one did.
    fn calling_replica(&self, ix: u32) -> Option<(u32, u32)> {
        let Caller::Parent(parent) = self.attempts[ix].caller else { return None };
        let parent = self.attempts.get(parent)?;
        (parent.replica != NONE).then(|| (parent.station, self.replicas[parent.replica as usize].number))
    }
}

impl Connection {
    /// When it ends if nothing more comes over it.
    fn ends(&self, config: &ConnectionConfig) -> SimTime {
        let old = config.lifetime.map_or(SimTime::NEVER, |lifetime| self.opened + lifetime);
        let idle = config.idle.map_or(SimTime::NEVER, |idle| self.used + idle);
        old.min(idle)
    }
}

/// L4: connections.
impl Balancer {
    fn connections(&mut self) -> &mut Connections {
        match &mut self.memory {
            Memory::Connections(connections) => connections,
            _ => unreachable!("only a balancer of connections keeps some"),
        }
    }

    fn close(&mut self, connection: u32) {
        let backend = std::mem::replace(&mut self.connections().list[connection as usize].backend, NONE);
        if backend != NONE {
            self.pickers[0].views[backend as usize].outstanding -= 1;
        }
    }

    /// Closes a connection that broke, unless it has been opened anew since.
    pub(super) fn close_if(&mut self, connection: u32, backend: u32, sent_at: SimTime) {
        let open = self.connections().list[connection as usize];
        if open.backend == backend && open.opened <= sent_at {
            self.close(connection);
        }
    }

    /// Closes all that ended by age or idleness.
    fn sweep(&mut self, config: &ConnectionConfig, now: SimTime) {
        if now < self.connections().next_end {
            return;
        }
        let mut next = SimTime::NEVER;
        for connection in 0..self.connections().list.len() as u32 {
            let open = self.connections().list[connection as usize];
            if open.backend == NONE {
                continue;
            }
            let ends = open.ends(config);
            if ends <= now { self.close(connection) } else { next = next.min(ends) }
        }
        self.connections().next_end = next;
    }

    /// All connections break at once: the balancer died.
    pub(in crate::model::system) fn break_all(&mut self) {
        if matches!(self.memory, Memory::Connections(_)) {
            for connection in 0..self.connections().list.len() as u32 {
                self.close(connection);
            }
        }
    }
}

impl System {
    /// Sends the request over its caller's connection, opened first if need be.
    pub(super) fn connect(&mut self, ix: u32, config: ConnectionConfig, try_no: u8) {
        let now = self.now;
        let attempt = &self.attempts[ix];
        let (station, draws) = (attempt.station, attempt.draws);
        let asker = match self.calling_replica(ix) {
            // A pool: any of the replica's connections.
            Some((caller, number)) => {
                let slot = draws.bits(purpose::CONNECTION) % u64::from(config.per_caller);
                (caller, number * config.per_caller + slot as u32)
            }
            None => self.asker(ix, config.per_caller),
        };
        let Some(balancer) = self.balancer_mut(station) else { unreachable!("only balancers balance") };
        balancer.sweep(&config, now);
        let connections = balancer.connections();
        let fresh = connections.list.len() as u32;
        let at = *connections.by_asker.or_insert_with(asker, || fresh);
        if at == fresh {
            connections.list.push(Connection { backend: NONE, opened: now, used: now, requests: 0 });
        }
        let open = connections.list[at as usize];
        let lasts = open.backend != NONE
            && (config.requests == 0 || open.requests < config.requests)
            && open.ends(&config) > now
            && balancer
                .backends
                .get(open.backend as usize)
                .is_some_and(|known| !known.removed && (known.healthy || !config.cut_when_down));
        if lasts {
            let open = &mut balancer.connections().list[at as usize];
            open.requests += 1;
            open.used = now;
            let backend = open.backend;
            let kept = Kept::Connection { opened: open.opened.0, requests: open.requests };
            self.note_kept(ix, kept);
            self.go_to(ix, backend, at, try_no, false);
            return;
        }
        balancer.close(at);
        let Some(backend) = self.pick(ix, 0, try_no) else {
            self.nobody_to_ask(ix, Reason::NoHealthyBackend);
            return;
        };
        let Some(balancer) = self.balancer_mut(station) else { unreachable!("only balancers balance") };
        balancer.pickers[0].views[backend as usize].outstanding += 1;
        let connection = Connection { backend, opened: now, used: now, requests: 1 };
        let connections = balancer.connections();
        connections.list[at as usize] = connection;
        connections.next_end = connections.next_end.min(connection.ends(&config));
        self.go_to(ix, backend, at, try_no, true);
    }
}

/// DNS: names.
impl System {
    /// Sends the request where its resolver says; asks first if the resolver does not know, or no more.
    pub(super) fn resolve(&mut self, ix: u32, config: NameConfig, try_no: u8) {
        let now = self.now;
        let attempt = &self.attempts[ix];
        let station = attempt.station;
        let asker = self.resolver(ix);
        let known = self.told(station, asker).filter(|told| self.clock(station, now) <= told.expires);
        let told = match known {
            Some(told) => told,
            None if self.stations[station as usize].down => {
                self.respond(ix, Outcome::Failed, Reason::ConnectionRefused);
                return;
            }
            None => {
                let Some(backend) = self.pick(ix, 0, try_no) else {
                    self.respond(ix, Outcome::Failed, Reason::NoHealthyBackend);
                    return;
                };
                let ready = now + config.lookup;
                let told = Told { backend, ready, expires: self.clock(station, ready) + config.ttl };
                if let Some(balancer) = self.balancer_mut(station)
                    && let Memory::Names(names) = &mut balancer.memory
                {
                    names.insert(asker, told);
                }
                told
            }
        };
        if known.is_some() {
            let left = told.expires.since(self.clock(station, now));
            self.note_kept(ix, Kept::Name { expires: (now + left).0 });
        }
        if told.ready > now {
            self.note(ix, Mark::LookedUp);
            self.attempts[ix].phase = Phase::Queued;
            self.attempts[ix].try_no_next = try_no;
            let attempt = self.attempts.key(ix);
            self.queue.push_after(now, until(now, told.ready), Event::Resolved { attempt });
        } else {
            self.go_to(ix, told.backend, 0, try_no, false);
        }
    }

    /// The answer is there.
    pub(in crate::model::system) fn resolved(&mut self, key: Key) {
        let Some(attempt) = self.attempts.get(key).filter(|attempt| attempt.phase == Phase::Queued) else {
            self.quiet = true;
            return;
        };
        let (station, try_no) = (attempt.station, attempt.try_no_next);
        match self.told(station, self.resolver(key.ix)) {
            Some(told) => self.go_to(key.ix, told.backend, 0, try_no, false),
            None => self.respond(key.ix, Outcome::Failed, Reason::NoHealthyBackend),
        }
    }

    fn told(&self, station: u32, asker: Asker) -> Option<Told> {
        match &self.balancer(station).memory {
            Memory::Names(names) => names.get(&asker).copied(),
            _ => None,
        }
    }

    /// Whose cache answers for the caller: a replica's own, or one of the resolvers that its country's clients share.
    fn resolver(&self, ix: u32) -> Asker {
        if let Some(replica) = self.calling_replica(ix) {
            return replica;
        }
        let request = self.attempts[ix].request;
        let source = self.requests[request].source;
        let resolvers = self.source(source).config.resolvers.max(1);
        let ipv4 = self.request_ipv4(request);
        let country = ipv4 >> 16 & 0xff;
        let one = mix(u64::from(ipv4)) % u64::from(resolvers);
        (source, country * resolvers + one as u32)
    }
}

impl System {
    /// Whether a request can go on although the balancer at which it arrives is down: a resolver still holds the answer,
    /// or the caller chooses by what it knows.
    pub(in crate::model::system) fn goes_on_without(&self, ix: u32) -> bool {
        let attempt = &self.attempts[ix];
        let Some(balancer) = self.stations[attempt.station as usize].balancer() else { return false };
        if attempt.request == NONE {
            return false;
        }
        match &balancer.memory {
            Memory::Routes(_) | Memory::Connections(_) => false,
            Memory::Callers(_) => true,
            Memory::Names(_) => self
                .told(attempt.station, self.resolver(ix))
                .is_some_and(|told| told.ready <= self.now && self.clock(attempt.station, self.now) <= told.expires),
        }
    }
}

/// Client-side: every caller chooses for itself.
impl System {
    /// The caller's picker; a new one asks the registry at once.
    pub(super) fn picker_of_caller(&mut self, ix: u32, config: CallerConfig) -> u32 {
        let now = self.now;
        let station = self.attempts[ix].station;
        let asker = self.asker(ix, config.clients);
        let down = self.stations[station as usize].down;
        let Some(balancer) = self.balancer_mut(station) else { unreachable!("only balancers balance") };
        let Memory::Callers(callers) = &mut balancer.memory else { unreachable!("compiled as such") };
        if let Some(&picker) = callers.get(&asker) {
            return picker;
        }
        let caller = balancer.pickers.len() as u32;
        if caller >= CALLERS_MAX {
            let shared = asker.1 % CALLERS_MAX;
            callers.insert(asker, shared);
            return shared;
        }
        callers.insert(asker, caller);
        balancer.pickers.push(Picker::new(&balancer.config, &balancer.backends, None, now));
        if !down {
            balancer.poll(caller, now);
        }
        // Callers do not ask in step: their first pause is a share of the others.
        let share = (mix(u64::from(asker.0) << 32 | u64::from(asker.1)) >> 40) as f64 / (1u64 << 24) as f64;
        let pause = SimDuration::from_secs_f64(config.refresh.as_secs_f64() * share);
        let generation = balancer.generation;
        self.schedule(now + pause, Timer::Balancer { station, turn: BalancerTurn::Poll { caller, generation } });
        caller
    }

    /// A caller asks the registry, and plans to ask again.
    pub(in crate::model::system) fn poll_registry(&mut self, station: u32, caller: u32, generation: u32) {
        self.quiet = true;
        let now = self.now;
        let down = self.stations[station as usize].down;
        let Some(balancer) = self.balancer_mut(station).filter(|balancer| balancer.generation == generation) else {
            return;
        };
        let super::Layer::Callers(config) = balancer.config.layer else { return };
        // A registry that is down tells nothing: callers go on with what they know.
        if !down {
            balancer.poll(caller, now);
        }
        self.schedule(
            now + config.refresh,
            Timer::Balancer { station, turn: BalancerTurn::Poll { caller, generation } },
        );
    }
}

impl Balancer {
    /// Takes what the registry knows over into a caller's view.
    fn poll(&mut self, caller: u32, now: SimTime) {
        let super::Layer::Callers(config) = self.config.layer else { return };
        let listed: Vec<usize> = (0..self.backends.len()).filter(|at| !self.backends[*at].removed).collect();
        let hosts: Vec<u64> = self.backends.iter().map(|backend| backend.host).collect();
        let mine = subset(&listed, &hosts, caller, config.subset as usize);
        let picker = &mut self.pickers[caller as usize];
        for (at, backend) in self.backends.iter().enumerate() {
            picker.learn(at, backend, mine.contains(&at), self.config.slow_start, now);
        }
    }

    /// What the callers' polls need after new parameters: who must be asked again at what pace.
    pub(in crate::model::system) fn callers(&self) -> u32 {
        if matches!(self.memory, Memory::Callers(_)) { self.pickers.len() as u32 } else { 0 }
    }
}

/// Deterministic subsetting: callers in rounds share the backends out evenly, shuffled anew for each round.
///
/// Source: Beyer et al., "Site Reliability Engineering", ch. 20.
fn subset(listed: &[usize], hosts: &[u64], caller: u32, size: usize) -> Vec<usize> {
    if size == 0 || size >= listed.len() {
        return listed.to_vec();
    }
    let groups = listed.len() / size;
    let round = caller as usize / groups;
    let mut shuffled: Vec<usize> = listed.to_vec();
    sort::few_by_key(&mut shuffled, |backend| (mix(mix(round as u64) ^ hosts[*backend]), *backend));
    let start = caller as usize % groups * size;
    shuffled[start..start + size].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 12 backends, 3 each: 4 callers make a round and cover every backend once; the next round is another shuffle.
    #[test]
    fn subsets_share_the_backends_out_evenly() {
        let listed: Vec<usize> = (0..12).collect();
        let hosts: Vec<u64> = (0..12).map(|replica| 7 << 32 | replica).collect();
        let mut rounds = Vec::new();
        for round in 0..3 {
            let mut covered: Vec<usize> = Vec::new();
            for caller in 0..4 {
                let mine = subset(&listed, &hosts, round * 4 + caller, 3);
                assert_eq!(mine.len(), 3);
                covered.extend(mine);
            }
            rounds.push(covered.clone());
            covered.sort_unstable();
            assert_eq!(covered, listed);
        }
        assert_ne!(rounds[0], rounds[1]);
        assert_eq!(subset(&listed, &hosts, 7, 0), listed);
        assert_eq!(subset(&listed, &hosts, 7, 40), listed);
    }
}
