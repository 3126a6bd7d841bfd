//! Who is let in and who is next at a station, as the page shows it.

use crate::model::discipline::Waiting;
use crate::model::system::System;
use crate::model::system::admission::Guard;
use crate::model::system::pool::replica::Replica;
use crate::model::system::pool::state::Pool;
use crate::protocol::door::{DoorFrame, LimitFrame, LineFrame, SheddingFrame};

/// What stands in front of a station.
pub(super) fn door(system: &System, station: u32, guard: &Guard) -> Option<Box<DoorFrame>> {
    let door = DoorFrame { limit: limit(system, guard), shedding: shedding(system, station, guard) };
    (door.limit.is_some() || door.shedding.is_some()).then(|| Box::new(door))
}

fn limit(system: &System, guard: &Guard) -> Option<LimitFrame> {
    let limit = guard.limit.as_ref()?;
    let (_, reading) = limit.fullest(system.now());
    let (admitted, refused) = limit.counts();
    Some(LimitFrame {
        name: limit.name().to_owned(),
        clients: limit.settings().per_client().then(|| limit.clients() as u32),
        used: reading.used,
        of: reading.limit,
        full: reading.full,
        words: reading.words,
        admitted,
        refused,
        shaped: guard.counts().1,
    })
}

fn shedding(system: &System, station: u32, guard: &Guard) -> Option<SheddingFrame> {
    let shedder = guard.shedder.as_ref()?;
    let reading = shedder.reading(system.now(), system.load_of(station));
    let refusals = guard.refusals;
    Some(SheddingFrame {
        name: guard.config().shedding.as_ref()?.kind().entry.name.to_owned(),
        inside: guard.counts().0,
        limit: reading.limit,
        sheds: reading.sheds,
        words: reading.words,
        numbers: owned(reading.numbers),
        trend: guard.trend().collect(),
        trend_secs: system.bucket_secs(),
        refused: [refusals.limit, refusals.priority, refusals.delay],
    })
}

fn owned(numbers: Vec<(&'static str, String)>) -> Vec<(String, String)> {
    numbers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The longest of a station's queues, unless they are first come, first served.
pub(super) fn line(system: &System, pool: &Pool) -> Option<Box<LineFrame>> {
    let name = || pool.config.discipline.kind().entry.name.to_owned();
    let replicas = || pool.replicas.iter().map(|ix| &system.replicas[*ix as usize]);
    let several = pool.replicas.len() > 1;
    if pool.config.discipline.is_sharing() {
        let fullest = replicas().reduce(|best, other| if other.busy > best.busy { other } else { best })?;
        let replica = several.then_some(fullest.number);
        let frame = LineFrame {
            name: name(),
            active: fullest.beyond > 0,
            words: sharing(fullest),
            replica,
            ..LineFrame::default()
        };
        return Some(Box::new(frame));
    }
    let (queue, replica) = if pool.config.shared_queue {
        (&pool.shared, None)
    } else {
        let longer = |best: &Replica, other: &Replica| other.queue.len() > best.queue.len();
        let longest = replicas().reduce(|best, other| if longer(best, other) { other } else { best })?;
        (&longest.queue, several.then_some(longest.number))
    };
    let Waiting::Ordered(queue) = queue else { return None };
    let reading = queue.reading(system.now());
    Some(Box::new(LineFrame {
        name: name(),
        active: reading.active,
        words: reading.words,
        numbers: owned(reading.numbers),
        replica,
    }))
}

fn sharing(replica: &Replica) -> String {
    let (all, slots) = (replica.busy, replica.slots);
    if all <= slots {
        return format!("{all} in service, {slots} slots: each has one");
    }
    let share = f64::from(slots) / f64::from(all) * 100.0;
    format!("{all} share {slots} slots: if all work, each goes at {share:.0} % of full speed")
}
