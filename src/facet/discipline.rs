//! Who is next at a station, where that is not simply who came first.

use serde::{Deserialize, Serialize};

use super::admission::owned;
use super::{Look, Show, StateLine, Weight};
use crate::model::discipline::Waiting;
use crate::model::system::pool::replica::Replica;

/// A queue that is not first come, first served; of several the longest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Queue {
    pub name: String,
    /// It does now what sets it apart: drops, serves the newest.
    pub active: bool,
    pub words: String,
    pub numbers: Vec<(String, String)>,
    /// Number of the replica whose queue it is; `None` for a queue that all share, or the only one.
    pub replica: Option<u32>,
}

impl Show for Queue {
    fn read(look: &mut Look<'_>) -> Option<Self> {
        let pool = look.pool()?;
        let name = || pool.config.discipline.kind().entry.name.to_owned();
        let replicas = || look.system.replicas_of(pool);
        let several = pool.replicas.len() > 1;
        if pool.config.discipline.is_sharing() {
            let fullest = replicas().reduce(|best, other| if other.busy > best.busy { other } else { best })?;
            let replica = several.then_some(fullest.number);
            let (active, words) = (fullest.beyond > 0, sharing(fullest));
            return Some(Self { name: name(), active, words, replica, ..Self::default() });
        }
        let (queue, replica) = if pool.config.shared_queue {
            (&pool.shared, None)
        } else {
            let longer = |best: &Replica, other: &Replica| other.queue.len() > best.queue.len();
            let longest = replicas().reduce(|best, other| if longer(best, other) { other } else { best })?;
            (&longest.queue, several.then_some(longest.number))
        };
        let Waiting::Ordered(queue) = queue else { return None };
        let reading = queue.reading(look.system.now());
        let (active, words, numbers) = (reading.active, reading.words, owned(reading.numbers));
        Some(Self { name: name(), active, words, numbers, replica })
    }

    fn state_line(&self) -> Option<StateLine> {
        let drops = self.numbers.iter().any(|(name, _)| name == "dropped");
        let words = if drops { format!("dropping ({})", self.name) } else { self.name.to_lowercase() };
        self.active.then_some(StateLine { weight: Weight::Refusal, words })
    }
}

fn sharing(replica: &Replica) -> String {
    let (all, slots) = (replica.busy, replica.slots);
    if all <= slots {
        return format!("{all} in service, {slots} slots: each has one");
    }
    let share = f64::from(slots) / f64::from(all) * 100.0;
    format!("{all} share {slots} slots: if all work, each goes at {share:.0} % of full speed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_tells_who_is_dropped_or_served_out_of_turn() {
        let said = |name: &str, active, numbers| {
            let queue = Queue { name: name.to_owned(), active, numbers, ..Queue::default() };
            queue.state_line().map(|line| line.words)
        };
        let dropped = vec![("dropped".to_owned(), "3".to_owned())];
        assert_eq!(said("CoDel", false, dropped.clone()), None);
        assert_eq!(said("CoDel", true, dropped).as_deref(), Some("dropping (CoDel)"));
        assert_eq!(said("Last come, first served", true, Vec::new()).as_deref(), Some("last come, first served"));
    }
}
