//! Sources: when requests are born, and what each of them is.

use super::System;
use super::attempt::{Caller, Request, Verb};
use super::counts::Count;
use super::event::Event;
use super::plan::{Arrivals, Operation, PriorityShare, SourceConfig};
use super::slab::NONE;
use crate::engine::dist::Zipf;
use crate::engine::math;
use crate::engine::rng::{DrawKey, mix};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::geography::Country;
use crate::model::ids::NodeId;
use crate::model::priority::Priority;
use crate::model::station::source::USERS_MAX;

#[derive(Clone, Debug)]
pub struct Source {
    pub config: SourceConfig,
    pub(super) draws: DrawKey,
    pub(super) ordinal: u64,
    /// The draws of the newest requests whose gaps have begun, with their ordinals: needed again when they come.
    pub(super) recent: [(u64, DrawKey); 2],
    /// The request after them, drawn one gap ahead: nobody waits for the result then.
    pub(super) ahead: Drawn,
    pub(super) generation: u32,
    pub(super) traffic_factor: f64,
    /// Share of the requests that ask for the hot key.
    pub(super) hot_share: f64,
    /// Arrivals (in units of the expected number) until the next one, as seen at `since`.
    pub(super) left: f64,
    pub(super) since: SimTime,
    /// Closed loop: which users are thinking or waiting.
    pub(super) active: Vec<bool>,
    pub(super) key_sampler: Option<crate::engine::dist::Zipf>,
}

/// What is drawn for a request before it comes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drawn {
    pub ordinal: u64,
    pub draws: DrawKey,
    /// Expected number of arrivals between the one before and this one.
    pub gap: f64,
}

/// Purposes of a request's draws.
mod purpose {
    pub(super) const GAP: u64 = 0;
    pub(super) const OPERATION: u64 = 1;
    pub(super) const KEY: u64 = 2;
    pub(super) const CLIENT: u64 = 3;
    pub(super) const EDGE: u64 = 4;
    pub(super) const CALL: u64 = 5;
    pub(super) const THINK: u64 = 6;
    pub(super) const PATH: u64 = 7;
    pub(super) const HOT: u64 = 8;
    pub(super) const PRIORITY: u64 = 9;
    pub(super) const PATIENCE: u64 = 10;
}

/// Closed loop: a user sends again no sooner than this after an answer, so that instant refusals cannot stop the clock.
const THINK_MIN: SimDuration = SimDuration(1_000);

/// Label of the draws of users who have not sent yet.
const FIRST_THINK: u64 = u64::MAX;

impl Source {
    pub(super) fn new(config: &SourceConfig, id: NodeId, seed: u64) -> Self {
        Self {
            key_sampler: Zipf::new(u64::from(config.keys), config.key_skew).ok(),
            config: config.clone(),
            draws: DrawKey::new(seed).child(u64::from(id.0)),
            recent: [(u64::MAX, DrawKey::new(seed)); 2],
            ahead: Drawn { ordinal: u64::MAX, draws: DrawKey::new(seed), gap: 0.0 },
            ordinal: 0,
            generation: 0,
            traffic_factor: 1.0,
            hot_share: 0.0,
            left: 0.0,
            since: SimTime::ZERO,
            active: Vec::new(),
        }
    }

    /// The expected number of arrivals until request `ordinal`: one on average, always one where they are regular.
    fn gap(&mut self, ordinal: u64) -> f64 {
        match self.config.arrivals {
            Arrivals::Poisson(_) => {
                let now = if self.ahead.ordinal == ordinal { self.ahead } else { self.drawn(ordinal) };
                self.ahead = self.drawn(ordinal + 1);
                self.recent = [self.recent[1], (ordinal, now.draws)];
                now.gap
            }
            Arrivals::Regular(_) | Arrivals::Closed { .. } => 1.0,
        }
    }

    fn drawn(&self, ordinal: u64) -> Drawn {
        let draws = self.draws.child(ordinal);
        Drawn { ordinal, draws, gap: math::standard_exponential(draws.unit(purpose::GAP)) }
    }

    /// Closed loop: how many users there are, with the faults in force; 0 where requests are sent on schedule.
    fn users(&self) -> u32 {
        let Arrivals::Closed { users, .. } = self.config.arrivals else { return 0 };
        (f64::from(users) * self.traffic_factor).round().min(USERS_MAX) as u32
    }

    /// The draws of request `ordinal`.
    fn draws_of(&self, ordinal: u64) -> DrawKey {
        let [(recent, draws), _] = self.recent;
        if recent == ordinal { draws } else { self.draws.child(ordinal) }
    }
}

impl System {
    pub(super) fn source(&self, station: u32) -> &Source {
        let Some(source) = self.stations[station as usize].source() else {
            unreachable!("only sources send on their own")
        };
        source
    }

    fn source_mut(&mut self, station: u32) -> &mut Source {
        let Some(source) = self.stations[station as usize].source_mut() else {
            unreachable!("only sources send on their own")
        };
        source
    }

    /// Starts a source, or starts it anew after its parameters changed: the gap under way is kept in expected arrivals.
    pub(super) fn start_source(&mut self, station: u32, fresh: bool) {
        if self.sources_stopped {
            return;
        }
        let now = self.now;
        let source = self.source_mut(station);
        source.generation = source.generation.wrapping_add(1);
        if fresh {
            source.left = source.gap(0);
            source.since = now;
        }
        if let Arrivals::Closed { .. } = source.config.arrivals {
            let users = source.users();
            let known = source.active.len().max(users as usize);
            source.active.resize(known, false);
            for user in 0..users {
                let source = self.source_mut(station);
                if !std::mem::replace(&mut source.active[user as usize], true) {
                    let draws = source.draws.child(FIRST_THINK).child(u64::from(user));
                    self.think(station, user, draws);
                }
            }
        } else {
            self.schedule_arrival(station);
        }
    }

    fn schedule_arrival(&mut self, station: u32) {
        let source = self.source(station);
        let (since, generation, factor) = (source.since, source.generation, source.traffic_factor);
        let (Arrivals::Poisson(profile) | Arrivals::Regular(profile)) = &source.config.arrivals else { return };
        if factor <= 0.0 {
            return;
        }
        if let Some(delay) = profile.delay_from(since, if factor == 1.0 { source.left } else { source.left / factor }) {
            let at = since + SimDuration::from_secs_f64(delay);
            self.queue.push(at.max(self.now), Event::Arrive { source: station, generation });
        }
    }

    /// Books what part of the gap under way has passed: before the rate changes.
    pub(super) fn settle_gap(&mut self, station: u32) {
        let now = self.now;
        let source = self.source_mut(station);
        if let Arrivals::Poisson(profile) | Arrivals::Regular(profile) = &source.config.arrivals {
            let passed = profile.arrivals_between(source.since.as_secs_f64(), now.as_secs_f64());
            source.left = (source.left - passed * source.traffic_factor).max(0.0);
        }
        source.since = now;
    }

    /// Open loop: a request is born, the next gap begins.
    pub(super) fn arrive(&mut self, station: u32, generation: u32) {
        let now = self.now;
        let source = self.source_mut(station);
        if source.generation != generation {
            self.quiet = true;
            return;
        }
        source.since = now;
        source.left = source.gap(source.ordinal + 1);
        self.schedule_arrival(station);
        self.birth(station, NONE);
    }

    /// Closed loop: the user asks.
    pub(super) fn user_ready(&mut self, station: u32, user: u32) {
        if self.sources_stopped || self.stations[station as usize].removed {
            return;
        }
        let source = self.source_mut(station);
        if user >= source.users() {
            // There are fewer users now, or none: this one leaves after its answer.
            source.active[user as usize] = false;
            return;
        }
        self.birth(station, user);
    }

    /// Closed loop: the user has heard, and thinks.
    pub(super) fn user_answered(&mut self, station: u32, user: u32, ordinal: u64) {
        // Sent on schedule, before the source became a closed loop: nobody waits for it.
        if user == NONE {
            return;
        }
        let draws = self.source(station).draws.child(ordinal).child(purpose::THINK);
        self.think(station, user, draws);
    }

    fn think(&mut self, station: u32, user: u32, draws: DrawKey) {
        let Arrivals::Closed { think_time, .. } = &self.source(station).config.arrivals else {
            // The source sends on schedule now; should it become a closed loop again, this user starts anew.
            self.source_mut(station).active[user as usize] = false;
            return;
        };
        let think = SimDuration::from_secs_f64(think_time.sample(&mut draws.sequence()));
        self.queue.push(self.now + think.max(THINK_MIN), Event::UserReady { source: station, user });
    }

    pub(super) fn birth(&mut self, station: u32, user: u32) {
        let now = self.now;
        let warm_up = self.run.warm_up;
        let source = self.source_mut(station);
        let ordinal = source.ordinal;
        source.ordinal += 1;
        let draws = source.draws_of(ordinal);
        let hot = source.hot_share > 0.0 && draws.unit(purpose::HOT) < source.hot_share;
        let (writes, statics) = (source.config.write_share, source.config.static_share);
        let operation = if writes + statics == 0.0 {
            Operation::Read
        } else {
            let point = draws.unit(purpose::OPERATION);
            if point < writes {
                Operation::Write
            } else if point < writes + statics {
                Operation::Static
            } else {
                Operation::Read
            }
        };
        let counted = now.0 >= warm_up.0;
        self.totals.offered(now, counted);
        let request = self.requests.insert(Request {
            draws,
            ordinal,
            source: station,
            user,
            born: now,
            visited: 0,
            refs: 0,
            done: false,
            poison: false,
            operation,
            priority: Priority::Normal,
            attempt: NONE,
            spot: super::spots::NOWHERE,
            counted,
            hot,
            cacheable: false,
            loaded: false,
            profiled: false,
        });
        if self.spots.used {
            self.requests[request.ix].spot = self.client_spot(station, request.ix);
        }
        let config = &self.source(station).config;
        if let [only] = config.priorities.as_slice()
            && only.path.is_empty()
        {
            self.requests[request.ix].priority = only.priority;
        } else {
            self.requests[request.ix].priority = self.draw_priority(request.ix);
        }
        if let Some(patience) = &self.source(station).config.patience {
            let patience = patience.sample(&mut draws.child(purpose::PATIENCE).sequence());
            self.queue.push(now + SimDuration::from_secs_f64(patience), Event::Leave { request });
        }
        self.note_birth(request.ix);
        let entry = &mut self.stations[station as usize];
        entry.meter.count(Count::Arrivals, 1);
        self.meter.count(Count::Arrivals, 1);
        let Some(edge) = self.first_edge(station, draws) else {
            // `topology::check` refuses such a source; a live edit may take its last edge away.
            self.orphaned(request.ix);
            return;
        };
        let call = self.new_attempt(request.ix, edge, Caller::Client, Verb::Request, draws.child(purpose::CALL));
        self.send(call);
    }

    /// The edge that a request leaves by: with several, one at random by weight.
    fn first_edge(&self, station: u32, draws: DrawKey) -> Option<u32> {
        let out = &self.stations[station as usize].out;
        if out.len() <= 1 {
            return out.first().copied();
        }
        let weight = |edge: u32| f64::from(self.edges[edge as usize].plan.weight);
        let total: f64 = out.iter().map(|edge| weight(*edge)).sum();
        let mut point = draws.unit(purpose::EDGE) * total;
        for &edge in out {
            if point < weight(edge) {
                return Some(edge);
            }
            point -= weight(edge);
        }
        out.last().copied()
    }

    /// A request with nowhere to go.
    fn orphaned(&mut self, request: u32) {
        use crate::model::outcome::{Outcome, Reason};
        self.finish_request(request, Outcome::Failed, Reason::NoRoute);
        self.requests.remove(request);
    }

    /// The item that the request asks for; popular ranks are scattered over the key space.
    pub(super) fn request_key(&self, request: u32) -> u64 {
        let request = &self.requests[request];
        let source = self.source(request.source);
        if request.hot {
            // The least popular of all, so that nobody remembers it.
            return mix(u64::from(source.config.keys) - 1);
        }
        let rank = source.key_sampler.map_or(0, |zipf| zipf.sample(&mut request.draws.child(purpose::KEY).sequence()));
        mix(rank)
    }

    /// The path that is asked for, as an index among its source's paths.
    pub(super) fn request_path(&self, request: u32) -> u16 {
        let request = &self.requests[request];
        let paths = &self.source(request.source).config.paths;
        if paths.len() <= 1 {
            return 0;
        }
        let point = request.draws.unit(purpose::PATH);
        paths.partition_point(|(_, upto)| *upto <= point).min(paths.len() - 1) as u16
    }

    /// How much a request matters: of the rows with the longest path that fits, one by weight.
    fn draw_priority(&self, request: u32) -> Priority {
        let entry = &self.requests[request];
        let path = self.path_text(entry.source, self.request_path(request));
        let rows = &self.source(entry.source).config.priorities;
        let fits = |row: &&PriorityShare| path.starts_with(&row.path);
        let longest = rows.iter().filter(fits).map(|row| row.path.len()).max();
        let among = || rows.iter().filter(fits).filter(|row| Some(row.path.len()) == longest);
        let total: f64 = among().map(|row| row.weight).sum();
        let mut point = entry.draws.unit(purpose::PRIORITY) * total;
        let mut last = Priority::Normal;
        for row in among().filter(|row| row.weight > 0.0) {
            last = row.priority;
            if point < row.weight {
                break;
            }
            point -= row.weight;
        }
        last
    }

    /// Whose request it is: a number for each client of each source.
    pub(super) fn request_session(&self, request: u32) -> u64 {
        let request = &self.requests[request];
        let client = request_client(request, self.source(request.source));
        mix(client ^ (u64::from(self.stations[request.source as usize].id.0) << 32))
    }

    /// A path in words.
    pub(super) fn path_text(&self, source: u32, path: u16) -> &str {
        self.source(source).config.paths.get(usize::from(path)).map_or("/", |(path, _)| path.as_str())
    }

    /// The country of the request's client.
    pub(super) fn request_country(&self, request: u32) -> Country {
        let source = self.source(self.requests[request].source);
        let index = (self.request_ipv4(request) >> 16 & 0xff) as usize;
        source.config.countries.get(index).map_or_else(Country::default, |(code, _)| Country::from_code(code))
    }

    /// The client's address, within 10.0.0.0/8: the second octet tells its country, so that neighbors share a prefix;
    /// a closed-loop user keeps its own.
    pub(super) fn request_ipv4(&self, request: u32) -> u32 {
        let request = &self.requests[request];
        let source = self.source(request.source);
        let client = request_client(request, source);
        // Spread over the country's block, or all of a small population would share their third octet too.
        let spread = mix(client ^ (u64::from(self.stations[request.source as usize].id.0) << 32));
        let share = (spread >> 32) as f64 / (1u64 << 32) as f64;
        let country = source.config.countries.partition_point(|(_, upto)| *upto <= share);
        // Behind a proxy only its address is seen: still of the client's country.
        let host = client.checked_rem(u64::from(source.config.proxies)).map_or(spread, mix);
        0x0a00_0000 | (country as u32 & 0xff) << 16 | (host as u32 & 0xffff)
    }
}

/// The client that a request comes from, counted from 0: a closed-loop user is always the same one.
fn request_client(request: &Request, source: &Source) -> u64 {
    let clients = u64::from(source.config.clients);
    if request.user == NONE { request.draws.bits(purpose::CLIENT) % clients } else { u64::from(request.user) % clients }
}
