//! Drives a simulation: sessions with an input log, checkpoints and forks; frames for the page; reports of what came
//! out, of one run or over many seeds.

pub mod account;
mod checkpoints;
pub mod frame;
mod measure;
mod money;
pub mod monitor;
pub mod profile;
pub mod replications;
pub mod report;
pub mod session;
mod slo;
pub mod what_if;
pub mod why;

use crate::engine::time::SimTime;
use crate::topology::document::{Diagnostic, Document};
use crate::topology::format::Run;
use report::Report;
use session::Session;

/// Runs `document` from beginning to end, on its own seed, and tells what came out.
///
/// # Errors
/// The problems that stand in the way, errors first.
pub fn simulate(document: &Document) -> Result<Report, Vec<Diagnostic>> {
    replay(&Run::new(document.clone()), None)
}

/// Replays `run` with the changes in its log, to its end or to `until_secs` of simulated time, and tells what came out.
///
/// # Errors
/// The problems that stand in the way, errors first.
pub fn replay(run: &Run, until_secs: Option<f64>) -> Result<Report, Vec<Diagnostic>> {
    let (session, diagnostics) = Session::open(run);
    let Some(mut session) = session else { return Err(diagnostics) };
    session.advance(until_secs.map_or(SimTime::NEVER, SimTime::from_secs_f64), u64::MAX);
    Ok(Report::of(session.system(), session.document(), session.inputs().len()))
}
