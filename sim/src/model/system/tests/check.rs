//! Counts anew what the running system keeps count of.

use super::*;

/// Every ledger, counted anew from what is really there.
pub(in crate::model::system) fn check_ledgers(system: &System) {
    let run = &system.totals.run;
    assert_eq!(run.offered, run.by_outcome.iter().sum::<u64>() + run.in_flight());
    crate::model::system::broker::tests::check_brokers(system);
    system.check_rows();
    crate::model::system::scaling::tests::check_scaling(system);
    let live: Vec<_> = system.requests.indices().filter(|ix| !system.requests[*ix].done).collect();
    assert_eq!(live.len() as u64, system.in_flight(), "requests in flight");
    for (ix, edge) in system.edges.iter().enumerate() {
        let ended: u64 = edge.by_outcome.iter().sum();
        assert_eq!(edge.sent, ended + edge.in_flight, "edge {:?}", edge.plan.id);
        let under_way = system.attempts.indices().filter(|attempt| {
            let attempt = &system.attempts[*attempt];
            attempt.edge as usize == ix
                && !attempt.detached
                && !matches!(attempt.phase, Phase::Backoff | Phase::Held)
                && is_counted(attempt.verb)
        });
        assert_eq!(under_way.count() as u64, edge.in_flight, "attempts on edge {:?}", edge.plan.id);
    }
    check_policies(system);
    check_writes(system);
    for (ix, replica) in system.replicas.iter().enumerate() {
        let at = |phase: fn(Phase) -> bool| {
            let held = system.attempts.indices().map(|attempt| &system.attempts[attempt]);
            held.filter(|attempt| {
                attempt.replica as usize == ix && attempt.station == replica.station && phase(attempt.phase)
            })
            .count()
        };
        assert_eq!(at(|phase| phase == Phase::Queued), replica.queue.len(), "queue of replica {ix}");
        assert_eq!(
            at(|phase| matches!(phase, Phase::Working | Phase::Waiting)),
            replica.busy as usize,
            "slots of {ix}"
        );
        assert!(!(replica.dead && replica.busy > 0), "a dead replica holds nothing");
    }
    for (ix, station) in system.stations.iter().enumerate() {
        let Some(balancer) = station.balancer() else { continue };
        let attempts = || system.attempts.indices().map(|attempt| &system.attempts[attempt]);
        let asked = attempts().filter(|attempt| {
            !attempt.detached
                && matches!(attempt.caller, crate::model::system::attempt::Caller::Probe { balancer, .. } if balancer as usize == ix)
        });
        assert_eq!(asked.count() as u32, balancer.checks_out, "health checks of {}", station.label);
        for picker in &balancer.pickers {
            let mine = picker.known.iter().filter(|known| known.mine).count();
            let well = picker.views.iter().filter(|view| view.eligible).count();
            assert_eq!((picker.mine, picker.well), (mine, well), "backends of {}, as counted for panic", station.label);
        }
        for (at, backend) in balancer.backends.iter().enumerate() {
            let sent = attempts().filter(|attempt| {
                attempt.backend as usize == at
                    && system.edges[attempt.edge as usize].from as usize == ix
                    && !attempt.detached
                    && attempt.phase != Phase::Backoff
            });
            assert_eq!(sent.count() as u32, backend.in_flight, "requests at backend {at} of {}", station.label);
            let hears = !matches!(balancer.memory, crate::model::system::balancer::state::Memory::Callers(_));
            for picker in balancer.pickers.iter().filter(|_| hears) {
                let eligible = picker.views[at].eligible;
                assert!(!eligible || backend.usable(), "{} believes in backend {at} that is out", station.label);
            }
        }
    }
    for (ix, station) in system.stations.iter().enumerate() {
        let Some(pool) = station.pool() else { continue };
        let own = || system.replicas.iter().filter(|replica| replica.station as usize == ix);
        let busy: u32 = own().map(|replica| replica.busy).sum();
        let waiting: usize = own().map(|replica| replica.queue.len()).sum();
        let beyond: u32 = own().map(|replica| replica.beyond).sum();
        assert_eq!(station.meter.busy(), busy - beyond, "busy slots of {}", station.label);
        let waiting = waiting + pool.shared.len() + beyond as usize;
        assert_eq!(station.meter.queue() as usize, waiting, "queue of {}", station.label);
        let slots: u32 = own().filter(|replica| replica.open()).map(|replica| replica.slots).sum();
        assert_eq!(station.meter.slot_count(), slots, "slots of {}", station.label);
        check_parts(station.id, pool, system);
    }
}

/// Whether connections and admission control know of such attempts.
fn is_counted(verb: crate::model::system::attempt::Verb) -> bool {
    use crate::model::system::attempt::Verb;
    !matches!(verb, Verb::Probe | Verb::Part)
}

/// Every write that a cache has acknowledged is stored, superseded, lost, or waits; and who waits is waited for.
fn check_writes(system: &System) {
    for station in &system.stations {
        let Some(look) = system.look_at_caching(station.id) else { continue };
        assert!(look.stale <= look.hits + look.on_error && look.old_fills <= look.fills, "{look:?}");
        let Some(writes) = look.writes else { continue };
        let ends = writes.stored + writes.superseded + writes.lost + writes.waiting;
        assert_eq!(writes.acknowledged, ends, "writes of {}: {writes:?}", station.label);
    }
}

/// Who serves beside a primary, or among the nodes of a cache, is one of the pool's replicas, and nobody else is.
fn check_parts(node: NodeId, pool: &crate::model::system::pool::state::Pool, system: &System) {
    if system.stations.iter().any(|station| station.id == node && station.removed) {
        return;
    }
    let numbers: Vec<u32> = pool.replicas.iter().map(|ix| system.replicas[*ix as usize].number).collect();
    if let Some(look) = system.look_at_read_replicas(node) {
        let serving =
            look.replicas.iter().filter(|replica| replica.stage == crate::model::system::ReadReplicaStage::Serving);
        let serving: Vec<u32> = serving.map(|replica| replica.number).collect();
        let mut all: Vec<u32> = std::iter::once(look.primary).chain(serving).collect();
        crate::engine::sort::few(&mut all);
        assert_eq!(numbers, all, "primary and read replicas of {node:?}");
        if let Some(sessions) = &look.sessions {
            assert!(sessions.missed <= look.reads && sessions.back <= look.reads, "{sessions:?}");
        }
        if let Some(writes) = &look.replication {
            let ends = writes.stored + writes.superseded + writes.lost;
            assert_eq!(writes.acknowledged, ends, "writes of {node:?}: {writes:?}");
            assert!(writes.lost + writes.alone <= writes.acknowledged && writes.twice <= writes.acknowledged);
            assert!(writes.lost == 0 || writes.promotions > 0, "only a failover loses writes: {writes:?}");
        }
        let staying = look
            .replicas
            .iter()
            .filter(|replica| replica.stage != crate::model::system::ReadReplicaStage::Leaving)
            .count();
        assert_eq!(staying as u32, look.wanted, "{node:?} has the read replicas that are wanted");
        assert!(look.stale <= look.reads && look.replicas.iter().all(|replica| replica.stale <= replica.reads));
    }
    if let Some(look) = system.look_at_shards(node) {
        use crate::model::system::ShardStage;
        let serving = || look.shards.iter().filter(|shard| shard.stage == ShardStage::Serving);
        assert_eq!(numbers, serving().map(|shard| shard.number).collect::<Vec<_>>(), "shards of {node:?}");
        let share: f64 = serving().map(|shard| shard.share).sum();
        assert!((share - 1.0).abs() < 1e-9, "the keys of {node:?} are all a serving shard's: {share}");
        let owns = |shard: &&crate::model::system::ShardLook| shard.stage != ShardStage::Serving && shard.share > 0.0;
        assert_eq!(look.shards.iter().filter(owns).count(), 0, "who does not serve has no keys");
    }
    if let Some(look) = system.look_at_quorum(node) {
        let ends = look.stored + look.superseded + look.vanished + look.outrun;
        assert_eq!(look.acknowledged, ends, "acknowledged writes of {node:?}: {look:?}");
        assert!(look.stale <= look.reads && look.nodes.iter().all(|node| node.items <= look.items as u64));
    }
    if let Some(look) = system.look_at_cache_cluster(node) {
        let serving = || look.nodes.iter().filter(|node| node.stage == crate::model::system::CacheNodeStage::Serving);
        assert_eq!(numbers, serving().map(|node| node.number).collect::<Vec<_>>(), "nodes of {node:?}");
        let share: f64 = serving().map(|node| node.share).sum();
        assert!((share - 1.0).abs() < 1e-9, "the keys of {node:?} are all somebody's: {share}");
        let staying =
            look.nodes.iter().filter(|node| node.stage != crate::model::system::CacheNodeStage::Leaving).count();
        assert_eq!(staying as u32, look.wanted, "{node:?} has the nodes that are wanted");
        assert!(look.nodes.iter().all(|node| node.entries <= node.capacity && node.hits <= node.lookups));
    }
}

/// Every moment of every request's wait is some station's, by some part; nobody's is told twice.
pub(super) fn check_profile(system: &System) {
    let profile = system.profile().expect("it was asked for");
    let ended = system.totals.run.by_outcome.iter().sum::<u64>();
    assert_eq!(profile.looked_at + profile.left_out, ended, "all of them are looked at");
    assert_eq!(profile.unaccounted, 0, "{profile:#?}");
    let own: f64 = profile.stations.values().map(|station| station.own.total()).sum();
    let parts = profile.stations.values().flat_map(|station| &station.parts);
    let parts: f64 = parts.map(crate::model::profiler::Spread::total).sum();
    let whole = profile.sojourn.total();
    assert!((own - whole).abs() <= 1e-9 * whole && (parts - whole).abs() <= 1e-9 * whole, "{own}, {parts} of {whole}");
}

/// Every attempt that admission control counts stands at its station, and nobody is forgotten; interrupted work belongs
/// to who waits.
pub(super) fn check_admission(system: &System) {
    let standing = |station: usize, phases: &[Phase]| {
        let here = system.attempts.indices().map(|ix| &system.attempts[ix]).filter(|attempt| {
            attempt.station as usize == station && is_counted(attempt.verb) && phases.contains(&attempt.phase)
        });
        here.count() as u32
    };
    for (ix, station) in system.stations.iter().enumerate() {
        let Some(admission) = &station.admission else { continue };
        let (inside, shaped) = admission.counts();
        let all = standing(ix, &[Phase::Queued, Phase::Working, Phase::Waiting]);
        // Who came before there was admission control, it does not count.
        assert!(inside + shaped <= all, "{}: {inside} inside, {shaped} in front, {all} there", station.label);
        assert_eq!(inside + shaped, all, "{}", station.label);
        if station.balancer().is_some() {
            assert_eq!(station.meter.queue(), shaped, "in front of {}", station.label);
        }
    }
    for ix in system.interrupted.keys() {
        let phase = system.attempts[*ix].phase;
        assert!(matches!(phase, Phase::Queued | Phase::Back | Phase::Lost), "interrupted work waits: {phase:?}");
    }
}

/// What policies count, counted anew.
pub(super) fn check_policies(system: &System) {
    let attempts = || system.attempts.indices().map(|ix| (ix, &system.attempts[ix]));
    for (ix, edge) in system.edges.iter().enumerate() {
        let zombies = attempts().filter(|(_, attempt)| {
            attempt.edge as usize == ix
                && attempt.detached
                && attempt.verb != crate::model::system::attempt::Verb::Probe
        });
        assert_eq!(zombies.count() as u64, edge.zombies, "zombies of edge {:?}", edge.plan.id);
    }
    crate::model::system::policy::check(system);
    let tickets = attempts().filter(|(_, attempt)| attempt.policy != crate::model::system::slab::NONE).count();
    assert_eq!(system.tickets.len(), tickets, "a ticket belongs to an attempt that lives");
}
