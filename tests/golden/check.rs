//! One run through everything, and the hash that it must have natively and in every browser.
//!
//! A change of this hash means that every shared link now plays another film: it belongs in the changelog.

use headroom::runner::session::run_to_end;
use headroom::topology::format::Run;

const RUN: &str = include_str!("run.json");

/// Trace hash and number of events of `run.json`.
pub const GOLDEN: (u64, u64) = (8_636_271_099_944_758_673, 293_473);

/// What this machine makes of it.
pub fn golden_run() -> (u64, u64) {
    let run = Run::from_json(RUN).unwrap_or_else(|error| panic!("{}: {error}", error.place()));
    let (session, problems) = run_to_end(&run);
    let session = session.unwrap_or_else(|| panic!("{problems:#?}"));
    assert_eq!(session.inputs().len(), 3, "the run is long enough for its recorded inputs");
    (session.system().trace_hash(), session.system().events())
}
