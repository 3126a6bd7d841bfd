//! Grades a design: by simulation, on seeds that its author has not seen and everybody can compute.

use serde::{Deserialize, Serialize};

use super::goal::GoalResult;
use super::{Lesson, rules};
use crate::engine::rng::{DrawKey, mix};
use crate::runner::report::Report;
use crate::topology::check;
use crate::topology::document::{Diagnostic, Document, FaultTarget, Point};
use crate::topology::format::{FORMAT, Run};

/// What one run on one seed showed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeedResult {
    /// As text, as in reports.
    pub seed: String,
    /// Every goal reached, and no rule broken.
    pub passed: bool,
    /// In the lesson's order; empty if the design could not be run.
    pub goals: Vec<GoalResult>,
    /// Why the design could not be run or does not count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Diagnostic>,
    /// Of the run; empty if there was none.
    pub trace_hash: String,
}

/// The seeds of the examination of `design`: unseen by its author, yet the same for everyone who grades it.
///
/// They depend on what decides a result (the lesson and its version, kinds, parameters, connections), not on positions,
/// labels or titles, nor on the design's own seed.
#[must_use]
pub fn final_seeds(lesson: &Lesson, design: &Document) -> Vec<u64> {
    let text = format!("{} {} {}", lesson.slug, lesson.version, canonical(design));
    // FNV-1a (Fowler, Noll, Vo), then a finalizer per seed: stable, and no two designs share their seeds but by chance.
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    // 53 bits: every JSON reader keeps such a seed.
    (0..lesson.finals.seeds).map(|k| mix(hash.wrapping_add(u64::from(k))) >> 11).collect()
}

/// The design without what changes no result, as text.
fn canonical(design: &Document) -> String {
    let mut plain = Document { seed: 0, title: String::new(), notes: String::new(), ..design.clone() };
    for node in plain.nodes.values_mut() {
        let node = std::rc::Rc::make_mut(node);
        node.label.clear();
        node.at = Point::default();
    }
    for area in plain.areas.values_mut() {
        let area = std::rc::Rc::make_mut(area);
        area.label.clear();
        (area.at, area.size) = <(Point, Point)>::default();
    }
    let mut run = Run::new(plain);
    // Another engine gives other results anyway; the seeds stay comparable.
    run.engine.clear();
    // Nor does the number of the saved form decide anything.
    run.to_json().replacen(&format!("\"format\":{FORMAT}"), "\"format\":1", 1)
}

/// The document that grading runs: the design under `seed`, its faults placed as the seed decides.
///
/// The page replays a failed seed by running exactly this.
#[must_use]
pub fn graded_document(lesson: &Lesson, design: &Document, seed: u64) -> Document {
    let mut document = Document { seed, ..design.clone() };
    // A key of its own: no draw of the run depends on where its faults fall.
    let draws = DrawKey::new(seed).child(0x6c65_7373_6f6e);
    for (index, scheduled) in document.faults.iter_mut().enumerate() {
        let draws = draws.child(index as u64);
        let shift = (2.0 * draws.unit(0) - 1.0) * lesson.finals.fault_shift_secs;
        // Whole milliseconds: what the page shows is what happens.
        scheduled.at_secs = ((scheduled.at_secs + shift).max(0.0) * 1000.0).round() / 1000.0;
        if let (true, FaultTarget::Replica(node, replica)) = (lesson.finals.any_replica, scheduled.fault.target) {
            let replicas = design.nodes.get(&node).map_or(1, |node| rules::replicas(node)).max(1);
            // As many draws as there are replicas apart: the same seed hits the same share of any design.
            let hit = (draws.unit(1) * f64::from(replicas)) as u32;
            scheduled.fault.target = FaultTarget::Replica(node, (hit + replica) % replicas);
        }
    }
    document
}

/// Runs `design` on `seed` and judges it by the lesson's rules and goals; `start` is the lesson's start document.
#[must_use]
pub fn grade(lesson: &Lesson, start: &Document, design: &Document, seed: u64) -> SeedResult {
    let refused = |problems: Vec<Diagnostic>| SeedResult {
        seed: seed.to_string(),
        passed: false,
        goals: Vec::new(),
        problems,
        trace_hash: String::new(),
    };
    let mut problems = rules::check(lesson, start, design);
    problems.extend(check::check(design).into_iter().filter(|problem| !check::runs(std::slice::from_ref(problem))));
    if !problems.is_empty() {
        return refused(problems);
    }
    match crate::runner::simulate(&graded_document(lesson, design, seed)) {
        Ok(report) => judge(lesson, &report),
        Err(problems) => refused(problems),
    }
}

/// Judges a run that has been made.
#[must_use]
pub fn judge(lesson: &Lesson, report: &Report) -> SeedResult {
    let goals: Vec<GoalResult> = lesson.goals.iter().map(|goal| goal.evaluate(report)).collect();
    SeedResult {
        seed: report.seed.clone(),
        passed: goals.iter().all(|goal| goal.passed),
        goals,
        problems: Vec::new(),
        trace_hash: report.trace_hash.clone(),
    }
}

/// Whether the results over all final seeds are a pass.
#[must_use]
pub fn passes(lesson: &Lesson, results: &[SeedResult]) -> bool {
    let passed = results.iter().filter(|result| result.passed).count();
    results.len() >= lesson.finals.seeds as usize && passed >= lesson.finals.pass as usize
}

/// The smallest margin over all goals and seeds; `None` if nothing was measured.
#[must_use]
pub fn smallest_margin(results: &[SeedResult]) -> Option<f64> {
    let margins = results.iter().flat_map(|result| &result.goals).filter_map(|goal| goal.margin.get());
    margins.min_by(f64::total_cmp)
}
