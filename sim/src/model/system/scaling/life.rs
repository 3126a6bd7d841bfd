//! The life of a replica: ordered, waiting for a node, fetching its image, booting, ready, leaving, gone.

use serde::{Deserialize, Serialize};

use super::body::{Body, Boot};
use super::rollout::Version;
use super::{SCRAPE_EVERY, Scaling, System};
use crate::engine::math::standard_exponential;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::scaler::Decision;
use crate::model::scaler::hpa::Nanos;
use crate::model::scaler::hpa::calculator::Phase;
use crate::model::scaler::instance::Instance;
use crate::model::scaler::nodes::{Amount, Place};
use crate::model::scaler::start_up::StartUp;
use crate::model::scaler::{Measured, ReplicaSeen};
use crate::model::system::fleet::{Fleet, Member, Next, Upbringing};
use crate::model::system::log::LogTone;
use crate::model::system::pool::state::Pool;
use crate::model::system::slab::NONE;
use crate::model::system::timer::{FleetTurn, Timer};

/// A container that keeps dying waits 10 s before its second restart, twice as long before each further one, at most
/// 5 min; 10 min of life make it forget. Source: Kubernetes' restart back-off.
const BACK_OFF: SimDuration = SimDuration::from_secs(10);
const BACK_OFF_MAX: SimDuration = SimDuration::from_secs(300);
const FORGIVEN_AFTER: SimDuration = SimDuration::from_secs(600);
/// Ended replicas that are remembered, to be shown.
const GONE_MAX: usize = 24;

/// Purposes of draws.
const PULL: u64 = 1;
const BOOT: u64 = 2;
const SPOT: u64 = 3;

/// Where a replica is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// No node has room for it, its node is not there yet, or no machine of its kind can be had.
    Pending,
    Pulling,
    /// Its container runs, but does not take requests yet.
    Booting,
    Ready,
    /// It died, or gets another size, and starts again.
    Restarting,
    /// Takes nothing new; ends what it holds.
    Leaving,
}

/// What only a service's replica has, from its order to its end.
#[derive(Clone, Debug)]
pub struct Pod {
    /// When a node took it up; nanoseconds, below 0: before the run.
    started: Option<Nanos>,
    /// Its container, while it does not serve.
    boot: Boot,
    ready: (bool, Nanos),
    pub restarts: u32,
    /// Its machine is being taken away.
    pub interrupted: bool,
    restarted: SimTime,
    pub node: Option<u32>,
    pub instance: Option<Instance>,
    pub cpu: Option<Measured>,
    pub memory: Option<Measured>,
    pub requests: Option<Measured>,
    pub in_flight: Option<Measured>,
    pub(super) cpu_request: Option<f64>,
    pub(super) memory_request: Option<f64>,
    pub version: Version,
}

impl Pod {
    fn new(instance: Option<Instance>, version: Version, now: SimTime) -> Self {
        Self {
            started: None,
            boot: Boot::default(),
            ready: (false, now.0 as Nanos),
            restarts: 0,
            interrupted: false,
            restarted: now,
            node: None,
            instance,
            cpu: None,
            memory: None,
            requests: None,
            in_flight: None,
            cpu_request: instance.map(|instance| instance.cpu_request),
            memory_request: instance.map(|instance| instance.memory_request),
            version,
        }
    }

    /// Whether it is ready, and since when that is so.
    pub(super) const fn readiness(&self) -> (bool, Nanos) {
        self.ready
    }

    /// A metrics server looks at its container, which does not serve yet.
    pub(super) fn scrape_boot(&mut self, now: SimTime) {
        self.cpu = self.boot.scrape(now);
        let memory = self.cpu.and_then(|cpu| Some(Measured { value: self.instance?.memory_with(0), ..cpu }));
        self.memory = memory.map(|memory| Measured { window: SCRAPE_EVERY, ..memory });
    }

    /// Whether it takes requests now, as far as anybody was told.
    pub(super) const fn is_ready(&self) -> bool {
        self.ready.0
    }
}

impl Member<Pod> {
    /// As a scaler sees it.
    pub(super) fn seen(&self) -> ReplicaSeen {
        let begins = match self.stage {
            Stage::Pending | Stage::Pulling => true,
            // Until a metrics server has seen its container nobody can miss what it would say.
            Stage::Booting => self.cpu.is_none(),
            Stage::Ready | Stage::Restarting | Stage::Leaving => false,
        };
        ReplicaSeen {
            number: self.number,
            phase: if begins { Phase::Pending } else { Phase::Running },
            started: self.started,
            ready: self.ready,
            cpu: self.cpu,
            memory: self.memory,
            requests: self.requests,
            in_flight: self.in_flight,
            cpu_request: self.cpu_request,
            memory_request: self.memory_request,
        }
    }
}

impl Upbringing for Pod {
    type Stage = Stage;
    const ORDERED: Stage = Stage::Pending;
    const SERVES: Stage = Stage::Ready;
    const LEAVES: Stage = Stage::Leaving;
    const NOUN: &'static str = "replicas";

    fn fleet(pool: &mut Pool) -> Option<&mut Fleet<Self>> {
        pool.scaling.as_mut().map(|scaling| &mut scaling.pods)
    }

    fn class(stage: Stage) -> u8 {
        u8::from(stage == Stage::Ready)
    }

    fn ordered(system: &mut System, station: u32) -> Option<Self> {
        let now = system.now;
        let slots = f64::from(system.pool(station).config.slots);
        let scaling = system.scaling(station)?;
        let mut pod = Self::new(scaling.config.instance, scaling.version, now);
        // Where nothing is said of its body, a slot is a core.
        pod.cpu_request = pod.cpu_request.or(Some(slots));
        Some(pod)
    }

    fn begin(system: &mut System, station: u32, number: u32) {
        system.plan_interruption(station, number);
        system.place(station, number);
    }

    fn next(system: &mut System, station: u32, number: u32) -> Next {
        let now = system.now;
        let Some(scaling) = system.scaling(station) else { return Next::Nothing };
        let start_up = scaling.start_up();
        let Some(at) = scaling.pods.at(number) else { return Next::Nothing };
        match scaling.pods[at].stage {
            Stage::Pending => {
                let pod = &mut scaling.pods[at];
                pod.enter(Stage::Pulling, now);
                (pod.started, pod.ready) = (Some(now.0 as Nanos), (false, now.0 as Nanos));
                Next::After(scaling.draw(number, PULL, 0))
            }
            Stage::Pulling => {
                let boot = scaling.draw(number, BOOT, scaling.pods[at].restarts);
                let pod = &mut scaling.pods[at];
                pod.enter(Stage::Booting, now);
                pod.boot = Boot::new(now);
                // No probe ever finds a broken version ready.
                if pod.version.ready { Next::After(start_up.ready_after(boot)) } else { Next::Nothing }
            }
            Stage::Booting | Stage::Restarting => Next::Serve,
            Stage::Leaving => {
                // Its time to finish is over.
                let replica = scaling.pods[at].replica;
                system.kill_replica(replica);
                Next::Nothing
            }
            Stage::Ready => Next::Nothing,
        }
    }

    fn entered(&mut self, stage: Stage, now: SimTime) {
        let ready = stage == Stage::Ready;
        if self.ready.0 != ready {
            self.ready = (ready, now.0 as Nanos);
        }
        if !ready {
            (self.cpu, self.memory, self.requests, self.in_flight) = (None, None, None, None);
        }
    }

    fn body(system: &mut System, station: u32, number: u32) -> Option<Box<Body>> {
        let now = system.now;
        let pod = system.member::<Self>(station, number)?;
        let mut body = Body::new(pod.instance, now).of_version(pod.version.errors);
        body.serves_after(&std::mem::take(&mut pod.boot), now);
        Some(Box::new(body))
    }

    /// It crashed, or got another size, and comes back if faults let it.
    fn again(system: &mut System, station: u32, number: u32) {
        let Some(pod) = system.member::<Self>(station, number) else { return };
        let (replica, instance) = (pod.replica, pod.instance);
        if let Some(body) = &mut system.replicas[replica as usize].body {
            body.crashed = false;
            body.embody(instance);
        }
    }

    fn welcomed(system: &mut System, station: u32) {
        system.go_on_resizing(station);
        system.count_ready(station);
    }

    /// While a version comes in, the rollout says how many there may be of which one.
    fn is_led(system: &mut System, station: u32) -> bool {
        let led = system.scaling(station).is_some_and(|scaling| scaling.rollout.is_some());
        system.roll_soon(station);
        led
    }

    fn grace(system: &mut System, station: u32) -> Option<SimDuration> {
        system.scaling(station).map(|scaling| scaling.start_up().grace)
    }

    fn gone(system: &mut System, station: u32, number: u32) {
        let now = system.now;
        let Some(scaling) = system.scaling(station) else { return };
        if scaling.gone.len() == GONE_MAX {
            scaling.gone.pop_front();
        }
        scaling.gone.push_back((number, now));
        if let Some(nodes) = &mut scaling.nodes {
            nodes.take(number);
        }
        system.rebill(station);
        system.roll_soon(station);
    }

    fn died(system: &mut System, station: u32, number: u32) {
        let now = system.now;
        if let Some(pod) = system.member::<Self>(station, number)
            && pod.ready.0
        {
            pod.ready = (false, now.0 as Nanos);
        }
        system.roll_soon(station);
    }

    fn revived(system: &mut System, station: u32, number: u32) {
        let now = system.now;
        if let Some(pod) = system.member::<Self>(station, number) {
            // A pod that starts again is the same pod: it was taken up long ago.
            pod.enter(Stage::Ready, now);
            let (replica, boot) = (pod.replica, std::mem::take(&mut pod.boot));
            if let Some(body) = &mut system.replicas[replica as usize].body {
                body.serves_after(&boot, now);
            }
        }
        system.count_ready(station);
    }

    fn look(system: &mut System, station: u32) -> Option<(Decision, SimDuration)> {
        system.evaluate(station)
    }

    fn line(decision: &Decision) -> String {
        decision.why.last().cloned().unwrap_or_default()
    }

    fn resize(system: &mut System, station: u32, to: usize, takes: SimDuration, why: &str) {
        system.resize(station, to, takes, why);
    }
}

impl Scaling {
    fn start_up(&self) -> StartUp {
        self.config.start_up.clone().unwrap_or_else(StartUp::instant)
    }

    fn draw(&self, number: u32, purpose: u64, restarts: u32) -> SimDuration {
        let start_up = self.start_up();
        let dist = if purpose == PULL { &start_up.pull } else { &start_up.boot };
        let draws = self.draws.child(u64::from(number)).child(purpose).child(u64::from(restarts));
        SimDuration::from_secs_f64(dist.sample(&mut draws.sequence()))
    }

    /// What a pod takes of a node.
    fn amount(&self) -> Amount {
        let instance = self.config.instance;
        Amount {
            cpu: instance.map_or(1.0, |instance| instance.cpu_request),
            memory: instance.map_or(0.0, |instance| instance.memory_request),
        }
    }
}

impl System {
    /// A replica that is there already becomes a pod, unless it is one.
    pub(super) fn adopt_replica(&mut self, station: u32, replica_ix: u32) {
        let now = self.now;
        let replica = &mut self.replicas[replica_ix as usize];
        let number = replica.number;
        let dead = replica.dead;
        let Some(scaling) = self.scaling(station) else { return };
        if scaling.pods.at(number).is_some() {
            return;
        }
        let mut pod = Member::new(number, Pod::new(scaling.config.instance, Version::FIRST, now), now);
        let long_ago = -1_000_000_000_000_000;
        (pod.stage, pod.replica) = (Stage::Ready, replica_ix);
        (pod.started, pod.ready) = (Some(long_ago), (!dead, long_ago));
        let amount = scaling.amount();
        if let Some(nodes) = &mut scaling.nodes
            && let Place::On { node, .. } = nodes.put(number, amount, now)
        {
            pod.node = Some(node);
        }
        let instance = pod.instance;
        scaling.pods.adopt(pod);
        self.plan_interruption(station, number);
        let replica = &mut self.replicas[replica_ix as usize];
        replica.sync(now);
        replica.body = Some(Box::new(Body::new(instance, now)));
        self.share_out(replica_ix);
    }

    /// Draws when the spot machine of a pod is taken away.
    fn plan_interruption(&mut self, station: u32, number: u32) {
        let now = self.now;
        let Some(scaling) = self.scaling(station) else { return };
        let Some((life, _)) = scaling.config.instance.and_then(|instance| instance.spot) else { return };
        let draws = scaling.draws.child(u64::from(number)).child(SPOT);
        let after = SimDuration::from_secs_f64(life * standard_exponential(draws.unit(0)));
        self.schedule(now + after, Timer::Fleet { station, turn: FleetTurn::Interrupt { number } });
    }

    /// A spot machine is about to be taken away: another one is ordered, and this one ends what it holds, if it can.
    pub(in crate::model::system) fn lose_machine(&mut self, station: u32, number: u32) {
        let Some(scaling) = self.scaling(station) else { return };
        let instance = scaling.config.instance;
        let at = scaling.pods.at(number).filter(|at| scaling.pods[*at].stage != Stage::Leaving);
        let (Some(at), Some((_, notice))) = (at, instance.and_then(|instance| instance.spot)) else {
            self.quiet = true;
            return;
        };
        scaling.pods[at].interrupted = true;
        let (id, label) = {
            let station = &self.stations[station as usize];
            (station.id, station.label.clone())
        };
        let secs = notice.as_secs_f64();
        let text = format!("{label} replica {} loses its spot machine in {secs:.0} s", number + 1);
        self.log(LogTone::Bad, Some(id), text);
        self.order::<Pod>(station);
        self.dismiss::<Pod>(station, &[number], Some(notice));
        self.farewell(station);
        self.rebill(station);
    }

    /// Looks for a node for a pod, and starts it there.
    pub(super) fn place(&mut self, station: u32, number: u32) {
        let now = self.now;
        if self.finds_no_machine(station, number) {
            return;
        }
        let Some(scaling) = self.scaling(station) else { return };
        let amount = scaling.amount();
        let from = match scaling.nodes.as_mut().map(|nodes| nodes.put(number, amount, now)) {
            None => now,
            Some(Place::On { node, from }) => {
                if let Some(at) = scaling.pods.at(number) {
                    scaling.pods[at].node = Some(node);
                }
                from
            }
            Some(Place::Nowhere) => return,
        };
        if from > now {
            self.later::<Pod>(station, number, from.since(now));
        } else {
            self.next_stage::<Pod>(station, number);
        }
    }

    /// One more is ready: a rollout goes on, at once or when it has been ready for long enough.
    fn count_ready(&mut self, station: u32) {
        let now = self.now;
        let Some(pool) = self.stations[station as usize].pool() else { return };
        let after = pool.config.rollout.min_ready;
        if after > SimDuration::ZERO && pool.scaling.as_ref().is_some_and(|scaling| scaling.rollout.is_some()) {
            self.schedule(now + after, Timer::Fleet { station, turn: FleetTurn::Roll });
        }
        self.roll_soon(station);
    }

    /// A replica dies and starts again; `takes`: how long that takes, else its boot with a back-off.
    pub(super) fn restart_replica(&mut self, station: u32, replica_ix: u32, takes: Option<SimDuration>) {
        let now = self.now;
        let replica = &mut self.replicas[replica_ix as usize];
        let number = replica.number;
        let dead = replica.dead;
        if let Some(body) = &mut replica.body {
            body.crashed = true;
        }
        if !dead {
            self.kill_replica(replica_ix);
        }
        let Some(scaling) = self.scaling(station) else { return };
        let Some(at) = scaling.pods.at(number) else { return };
        if takes.is_none() {
            let pod = &mut scaling.pods[at];
            let long = now.since(pod.restarted) >= FORGIVEN_AFTER;
            pod.restarts = if long { 1 } else { pod.restarts + 1 };
            pod.restarted = now;
        }
        let restarts = scaling.pods[at].restarts;
        let (waits, boots) = takes.map_or_else(
            || {
                let doubled = BACK_OFF.0 << restarts.saturating_sub(2).min(20);
                let waits = if restarts < 2 { SimDuration::ZERO } else { SimDuration(doubled.min(BACK_OFF_MAX.0)) };
                (waits, scaling.start_up().ready_after(scaling.draw(number, BOOT, restarts)))
            },
            // Its machine is not there meanwhile.
            |takes| (takes, SimDuration::ZERO),
        );
        let after = waits + boots;
        let pod = &mut scaling.pods[at];
        pod.enter(Stage::Restarting, now);
        pod.boot = Boot::new(now + waits);
        self.later::<Pod>(station, number, after);
    }

    /// All replicas get another size, one after the other.
    pub(super) fn resize(&mut self, station: u32, to: usize, takes: SimDuration, why: &str) {
        let Some(scaling) = self.scaling(station) else { return };
        let Some(instance) = scaling.config.instance else { return };
        scaling.config.instance = Some(instance.resized(to));
        scaling.resize_takes = takes;
        scaling.resizing =
            scaling.pods.staying().filter(|pod| pod.stage == Stage::Ready).map(|pod| pod.number).collect();
        for pod in scaling.pods.iter_mut().filter(|pod| pod.replica == NONE) {
            pod.instance = Some(instance.resized(to));
        }
        let (id, label) = {
            let station = &self.stations[station as usize];
            (station.id, station.label.clone())
        };
        self.log(LogTone::Info, Some(id), format!("{label} gets another size. {why}"));
        self.rebill(station);
        self.go_on_resizing(station);
    }

    fn go_on_resizing(&mut self, station: u32) {
        loop {
            let Some(scaling) = self.scaling(station) else { return };
            let restarting = scaling.pods.staying().any(|pod| pod.stage == Stage::Restarting && pod.restarts == 0);
            if restarting {
                return;
            }
            let Some(number) = scaling.resizing.pop_front() else { return };
            let (instance, takes) = (scaling.config.instance, scaling.resize_takes);
            let Some(at) = scaling.pods.at(number) else { continue };
            let pod = &mut scaling.pods[at];
            if pod.stage != Stage::Ready || pod.instance == instance {
                continue;
            }
            pod.instance = instance;
            let replica = pod.replica;
            self.restart_replica(station, replica, Some(takes));
            self.rebill(station);
            return;
        }
    }

    /// Pods that wait look for a node again; nodes that are idle go.
    pub(super) fn sweep_nodes(&mut self, station: u32) {
        let now = self.now;
        let Some(scaling) = self.scaling(station) else { return };
        if scaling.nodes.is_none() {
            return;
        }
        let waiting = scaling.pods.iter().filter(|pod| pod.stage == Stage::Pending && pod.node.is_none());
        let waiting: Vec<u32> = waiting.map(|pod| pod.number).collect();
        for number in waiting {
            self.place(station, number);
        }
        let Some(scaling) = self.scaling(station) else { return };
        let Some((_, moved)) = scaling.nodes.as_mut().and_then(|nodes| nodes.sweep(now)) else {
            self.rebill(station);
            return;
        };
        for (number, _) in moved {
            // A new one is ordered before the old one leaves.
            if self.scaling(station).and_then(|scaling| scaling.pods.at(number)).is_some() {
                self.order::<Pod>(station);
                self.dismiss::<Pod>(station, &[number], None);
            }
        }
        self.farewell(station);
        self.rebill(station);
    }
}
