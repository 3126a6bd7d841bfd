//! `headroom grade`: a design by a lesson's rules and goals.

use clap::Args;
use clap::builder::PossibleValuesParser;
use headroom::lesson::catalog::{self, LESSONS};
use headroom::lesson::goal::GoalResult;
use headroom::lesson::{grade, metric};
use headroom::model::params::Unit;
use headroom::runner::report::{Figure, text};
use headroom::topology::format::ENGINE;

use super::Failure;
use super::input::{Copies, load};
use super::output::{print, print_json, problem_lines};
use super::parallel::Jobs;

/// Grade a design by a lesson's rules and goals, on its final seeds; exit with 3 if it does not pass
#[derive(Args, Debug)]
pub struct Grade {
    /// Id of a lesson
    #[arg(value_parser = PossibleValuesParser::new(LESSONS.iter().map(|lesson| lesson.slug)), hide_possible_values = true)]
    lesson: String,
    /// The design: a file (- for standard input) or a link
    #[arg(value_name = "FILE|LINK", value_hint = clap::ValueHint::FilePath)]
    design: String,
    /// On the seeds 1 to N instead; all must pass
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    seeds: Option<u64>,
    #[command(flatten)]
    jobs: Jobs,
    /// Print JSON; `headroom help json` tells its fields
    #[arg(long)]
    json: bool,
}

/// What `grade --json` prints.
#[derive(serde::Serialize)]
struct Graded<'a> {
    lesson: &'a str,
    version: u32,
    engine: &'a str,
    passed: bool,
    /// Smallest margin over all goals and seeds.
    margin: Option<f64>,
    results: Vec<grade::SeedResult>,
}

impl Grade {
    pub fn run(&self) -> Result<u8, Failure> {
        let files = catalog::lesson(&self.lesson).expect("no other word is let through");
        let run = load(&self.design)?;
        let lesson = files.lesson().map_err(|error| Failure::input(error.to_string()))?;
        let start = files.start().map_err(|error| Failure::input(error.to_string()))?;
        let seeds =
            self.seeds.map_or_else(|| grade::final_seeds(&lesson, &run.document), |count| (1..=count).collect());
        let (starts, designs) = (Copies::of(&start), Copies::of(&run.document));
        let results = self.jobs.map(
            &seeds,
            || (files.lesson().expect("it was read before"), starts.document(), designs.document()),
            |(lesson, start, design), seed| grade::grade(lesson, start, design, *seed),
        );
        let passed = if self.seeds.is_none() {
            grade::passes(&lesson, &results)
        } else {
            results.iter().all(|result| result.passed)
        };
        let margin = grade::smallest_margin(&results).filter(|margin| margin.is_finite());
        if self.json {
            print_json(&Graded {
                lesson: &lesson.slug,
                version: lesson.version,
                engine: ENGINE,
                passed,
                margin,
                results,
            })?;
        } else {
            let mut text = String::new();
            for result in &results {
                text += &format!("seed {}: {}\n", result.seed, if result.passed { "passed" } else { "not passed" });
                for goal in &result.goals {
                    text += &line(goal);
                }
                if !result.problems.is_empty() {
                    text += &(problem_lines(&run.document, &result.problems) + "\n");
                }
            }
            text += if passed { "passed" } else { "not passed" };
            text += &margin.map_or_else(String::new, |margin| format!(", smallest margin {}", text::share(margin)));
            text.push('\n');
            print(&text)?;
        }
        Ok(if passed { 0 } else { 3 })
    }
}

fn line(goal: &GoalResult) -> String {
    let unit = metric::find(&goal.metric).map_or(Unit::Plain, |(metric, _)| metric.unit);
    let told = |value| text::figure(value, unit).unwrap_or_else(|| "nothing measured".to_owned());
    let mark = if goal.passed { "reached" } else { "missed" };
    format!(
        "  {mark}: {} ({}; wanted {} {})\n",
        goal.label,
        told(goal.measured),
        goal.op.sign(),
        told(Figure(goal.value))
    )
}
