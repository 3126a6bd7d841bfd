//! Changes of what decides the run as a whole: seed, lengths, the objective, planned faults, windows.

use super::{Applied, EditCommand, EditError, target_name};
use crate::editor::faults::place;
use crate::lesson::guard::Guard;
use crate::model::fault;
use crate::topology::document::{Document, ScheduledFault, Window};

/// Carries out a change of the run; any other is refused.
pub(super) fn apply(edit: &EditCommand, document: &mut Document, guard: &Guard) -> Result<Applied, EditError> {
    // A seed is the learner's to choose in any lesson: grading uses its own.
    if guard.fixed_run && !matches!(edit, EditCommand::SetSeed(_)) {
        return Err(EditError::Locked { what: "The course of the run".to_owned() });
    }
    match edit {
        EditCommand::SetSeed(seed) => {
            document.seed = *seed;
            Ok(Applied::said(format!("Set the seed to {seed}")))
        }
        EditCommand::SetRunLength(secs) => {
            document.run_length_secs = in_range(*secs, 0.001, 1e7, "The run's length", "above 0 s")?;
            Ok(Applied::said("Change the run's length"))
        }
        EditCommand::SetWarmUp(secs) => {
            document.warm_up_secs = in_range(*secs, 0.0, 1e7, "The warm-up", "0 s or more")?;
            Ok(Applied::said("Change the warm-up"))
        }
        EditCommand::SetGoodWithin(secs) => {
            if let Some(secs) = secs {
                in_range(*secs, 1e-9, 1e7, "The limit of a good answer", "above 0 s")?;
            }
            document.good_within_secs = *secs;
            Ok(Applied::said("Change what counts as a good answer"))
        }
        EditCommand::SetDay(secs) => {
            if let Some(secs) = secs {
                in_range(*secs, 1.0, 86_400.0, "A day", "1 s to 24 h")?;
            }
            document.day_secs = *secs;
            Ok(Applied::said("Change how long a day lasts"))
        }
        EditCommand::SetObjective { p99_secs, answered_share } => {
            in_range(p99_secs.unwrap_or(0.0), 0.0, 1e7, "The objective's p99", "0 s or more")?;
            in_range(answered_share.unwrap_or(0.0), 0.0, 1.0, "The objective's answered share", "0 to 100 %")?;
            (document.slo_p99_secs, document.slo_answered_share) = (*p99_secs, *answered_share);
            Ok(Applied::said("Change the objective"))
        }
        EditCommand::SetTransferCosts(on) => {
            document.transfer_costs = *on;
            Ok(Applied::said(if *on { "Count the price of data" } else { "Leave out the price of data" }))
        }
        EditCommand::AddFault(planned) => {
            let words = check_fault(document, planned)?;
            document.faults.push(planned.clone());
            Ok(Applied::said(format!("Plan {words}")))
        }
        EditCommand::SetFault { index, fault } => {
            let words = check_fault(document, fault)?;
            *document.faults.get_mut(*index).ok_or(EditError::Gone)? = fault.clone();
            Ok(Applied::said(format!("Change {words}")))
        }
        EditCommand::RemoveFault(index) => {
            if *index >= document.faults.len() {
                return Err(EditError::Gone);
            }
            document.faults.remove(*index);
            Ok(Applied::said("Remove a planned fault"))
        }
        EditCommand::AddFaults(planned) => {
            for fault in planned {
                check_fault(document, fault)?;
            }
            document.faults.extend(planned.iter().cloned());
            Ok(Applied::said(match planned.len() {
                1 => "Plan a fault".to_owned(),
                count => format!("Plan {count} faults"),
            }))
        }
        EditCommand::SetWindows(windows) => {
            let sound = |window: &Window| {
                window.from_secs.is_finite() && window.to_secs.is_finite() && window.from_secs < window.to_secs
            };
            if !windows.iter().all(sound) {
                return Err(EditError::Range { what: "A window", range: "from an earlier to a later time" });
            }
            document.windows.clone_from(windows);
            Ok(Applied::said("Change the windows"))
        }
        _ => Err(EditError::Gone),
    }
}

fn in_range(value: f64, min: f64, max: f64, what: &'static str, range: &'static str) -> Result<f64, EditError> {
    // Written so that NaN is refused too.
    if value >= min && value <= max { Ok(value) } else { Err(EditError::Range { what, range }) }
}

fn check_fault(document: &Document, planned: &ScheduledFault) -> Result<String, EditError> {
    in_range(planned.at_secs, 0.0, 1e7, "The start of a fault", "0 s or later")?;
    if let Some(secs) = planned.for_secs {
        in_range(secs, 1e-9, 1e7, "The length of a fault", "above 0 s")?;
    }
    let kind = fault::find(&planned.fault.kind).ok_or_else(|| EditError::UnknownKind(planned.fault.kind.clone()))?;
    let at = place(planned.fault.target);
    if !at.is_in(document) {
        return Err(EditError::Gone);
    }
    Ok(format!("\"{}\" for {}", kind.entry.name, target_name(document, at)))
}
