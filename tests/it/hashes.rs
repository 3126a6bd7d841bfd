//! What every scenario, every lesson's start and every stored solution does, as hashes kept in `tests/golden/runs.txt`.
//!
//! A line is a file, the trace hash of its run, the number of events, and a hash of its report as JSON.
//! A change of the first two means that shared links show something else, a change of the last that a figure moved:
//! both belong in the changelog. `UPDATE_EXPECT=1 cargo test --test it hashes` renews the file.

use std::path::{Path, PathBuf};

use expect_test::expect_file;
use headroom::engine::time::SimTime;
use headroom::runner::report::Report;
use headroom::runner::session::Session;
use headroom::topology::format::Run;

use crate::fixture::on_all_cores;

fn project() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every saved run under `place`, sorted by path.
fn saved_runs(place: &Path, found: &mut Vec<PathBuf>) {
    for entry in place.read_dir().expect("a folder of the project can be read") {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            saved_runs(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "json") {
            found.push(path);
        }
    }
    found.sort();
}

/// Fowler, Noll and Vo's 64-bit hash.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

fn line(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let run = Run::from_json(&text).unwrap_or_else(|error| panic!("{}: {}", path.display(), error.place()));
    let (session, problems) = Session::open(&run);
    let mut session = session.unwrap_or_else(|| panic!("{}: {problems:#?}", path.display()));
    session.advance(SimTime::NEVER, u64::MAX);
    let report = Report::of(session.system(), session.document(), session.inputs().len());
    let name = path.strip_prefix(project()).unwrap().to_string_lossy().replace('\\', "/");
    format!(
        "{name} {:016x} {} {:016x}\n",
        session.system().trace_hash(),
        session.system().events(),
        fnv1a(report.to_json().as_bytes())
    )
}

#[test]
fn scenarios_and_lessons_do_what_they_did() {
    let mut files = Vec::new();
    for place in ["www/scenarios", "www/lessons", "tests/golden"] {
        saved_runs(&project().join(place), &mut files);
    }
    let text: String = on_all_cores(&files, |path| line(path)).into_iter().collect();
    expect_file![project().join("tests/golden/runs.txt")].assert_eq(&text);
}
