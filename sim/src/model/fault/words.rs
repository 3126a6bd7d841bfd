//! What a fault did, as a sentence: for the log, the timeline and notices.

use super::Effect;

/// A number without needless decimals.
fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn percent(share: f64) -> String {
    number(share * 100.0)
}

/// It began, on what has this name; `place`: a region or a zone.
#[must_use]
pub fn struck(effect: Effect, name: &str, place: bool) -> String {
    match effect {
        Effect::Down if place => format!("{name} went dark"),
        Effect::Down => format!("{name} was killed"),
        Effect::Hang => format!("{name} hangs: it takes requests and answers none"),
        Effect::Slow { factor } => format!("{name} became {} times slower", number(factor)),
        Effect::Errors { share } => format!("{name} answers {} % with errors", percent(share)),
        Effect::Pause { every, lasts } => {
            format!("{name} pauses for {} s every {} s", number(lasts), number(every))
        }
        Effect::Steal { share, .. } => format!("{name} loses up to {} % of its CPU to a neighbor", percent(share)),
        Effect::Spot { notice, .. } => format!("{name} loses its spot machine in {} s", number(notice)),
        Effect::Shortage { notice } => {
            format!("Spot machines are short in {name}: they are taken back in {} s", number(notice))
        }
        Effect::Rollout { errors, .. } if errors > 0.0 => {
            format!("{name} is deployed anew, replica by replica, with {} % errors", percent(errors))
        }
        Effect::Rollout { .. } => format!("{name} is deployed anew, replica by replica"),
        Effect::NewVersion { ready: false, .. } => format!("{name} got a new version that never becomes ready"),
        Effect::NewVersion { errors, .. } if errors > 0.0 => {
            format!("{name} got a new version with {} % errors", percent(errors))
        }
        Effect::NewVersion { .. } => format!("{name} got a new version"),
        Effect::Failover { .. } => format!("{name} fails over to its standby"),
        Effect::Isolate { .. } => format!("{name} is cut off from the rest of its store"),
        Effect::Latency { secs, jitter: 0.0 } => format!("{name} takes {} ms longer", number(secs * 1e3)),
        Effect::Latency { secs, jitter } => {
            format!("{name} takes {} ± {} ms longer", number(secs * 1e3), number(jitter * 1e3))
        }
        Effect::Loss { out: 1.0, back: 1.0 } => format!("{name} was cut"),
        Effect::Loss { out: 1.0, back: 0.0 } => format!("{name} loses every request"),
        Effect::Loss { out: 0.0, back: 1.0 } => format!("{name} loses every answer"),
        Effect::Loss { out, back } => {
            format!("{name} loses {} % of requests and {} % of answers", percent(out), percent(back))
        }
        Effect::Bandwidth { bits_per_sec } => format!("{name} carries only {} Mbit/s", number(bits_per_sec / 1e6)),
        Effect::Traffic { factor } => format!("Traffic from {name} is now {} times the plan", number(factor)),
        Effect::HotKey { share } => format!("{} % of requests from {name} ask for one key", percent(share)),
        Effect::Flush => format!("{name} was emptied"),
        Effect::ClockJump { secs } if secs < 0.0 => format!("The clock of {name} jumped back {} s", number(-secs)),
        Effect::ClockJump { secs } => format!("The clock of {name} jumped ahead {} s", number(secs)),
        Effect::Drain => format!("{name} is draining: it gets nothing new"),
        Effect::Poison { share } => format!("{} % of the messages to {name} are poisoned", percent(share)),
    }
}

/// It ended there.
#[must_use]
pub fn lifted(effect: Effect, name: &str, place: bool) -> String {
    match effect {
        Effect::Down if place => format!("{name} is back"),
        Effect::Down => format!("{name} was revived"),
        Effect::Hang => format!("{name} goes on"),
        Effect::Slow { .. } => format!("{name} is back to its normal speed"),
        Effect::Errors { .. } => format!("{name} answers without these errors again"),
        Effect::Pause { .. } => format!("{name} no longer pauses"),
        Effect::Steal { .. } => format!("{name} has its CPU to itself again"),
        Effect::Spot { .. } => format!("{name} has its machine back"),
        Effect::Shortage { .. } => format!("Spot machines are available in {name} again"),
        Effect::Rollout { .. } => format!("The deployment of {name} is over"),
        Effect::NewVersion { .. } => format!("{name} was rolled back"),
        Effect::Failover { .. } => format!("The primary of {name} is back"),
        Effect::Isolate { .. } => format!("{name} reaches the rest of its database again"),
        Effect::Latency { .. } => format!("{name} is as fast as before"),
        Effect::Loss { .. } => format!("{name} delivers everything again"),
        Effect::Bandwidth { .. } => format!("{name} has its full bandwidth again"),
        Effect::Traffic { .. } => format!("Traffic from {name} is back to the plan"),
        Effect::HotKey { .. } => format!("Requests from {name} ask for the usual keys again"),
        Effect::Flush => format!("{name} fills again"),
        Effect::ClockJump { .. } => format!("The clock of {name} is right again"),
        Effect::Drain => format!("{name} takes requests again"),
        Effect::Poison { .. } => format!("Messages to {name} are no longer poisoned"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::REGISTRY;
    use super::*;
    use crate::model::params::Params;

    /// Every kind, with its defaults, gives two different sentences that name what it hits and print no rounding noise.
    #[test]
    fn every_fault_is_told_as_a_sentence() {
        for kind in REGISTRY {
            let effect = (kind.effect)(&Params::new());
            let (begins, ends) = (struck(effect, "Orders", false), lifted(effect, "Orders", false));
            assert!(begins.contains("Orders") && ends.contains("Orders"), "{}: {begins}, {ends}", kind.entry.id);
            assert_ne!(begins, ends);
            assert!(begins.split(' ').all(|word| word.len() < 16), "{begins}");
        }
        assert_eq!(struck(Effect::Down, "Orders replica 3", false), "Orders replica 3 was killed");
        assert_eq!(struck(Effect::Slow { factor: 2.5 }, "Shop", false), "Shop became 2.5 times slower");
        assert_eq!(struck(Effect::Errors { share: 0.07 }, "Shop", false), "Shop answers 7 % with errors");
        assert_eq!(struck(Effect::Down, "Europe", true), "Europe went dark");
    }
}
