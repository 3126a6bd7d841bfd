//! `headroom run`: one report, or the means over many seeds.

use clap::Args;
use headroom::lesson::metric;
use headroom::model::params::Unit;
use headroom::runner::report::{Figure, text};
use headroom::runner::{self, replications};
use headroom::topology::document::Document;
use headroom::topology::format::{self, ENGINE};

use super::Failure;
use super::input::{Copies, Input, Seed};
use super::output::{print, print_json, problem_lines};
use super::parallel::Jobs;

/// Run to the end and print the report: totals, reasons, percentiles, stations, windows, trace hash
///
/// Equal trace hashes mean equal runs. A link replays the changes that were made while it ran.
#[derive(Args, Debug)]
pub struct Run {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    seed: Seed,
    /// Stop at this moment of simulated time
    #[arg(long, value_name = "SECS", value_parser = seconds, allow_negative_numbers = true)]
    until: Option<f64>,
    /// The means over the seeds 1 to N, with 95 % confidence intervals, instead of one report
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000), conflicts_with_all = ["seed", "until"])]
    seeds: Option<u64>,
    #[command(flatten)]
    jobs: Jobs,
    /// Print JSON; `headroom help json` tells its fields
    #[arg(long)]
    json: bool,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(secs) if f64::is_finite(secs) && secs >= 0.0 => Ok(secs),
        _ => Err("it must be a number of seconds from 0 on".to_owned()),
    }
}

/// What `run --seeds --json` prints.
#[derive(serde::Serialize)]
struct Summary {
    engine: &'static str,
    title: String,
    /// On the seeds 1 to this.
    seeds: u64,
    /// Of each interval alone.
    confidence: f64,
    figures: Vec<replications::Row>,
}

impl Run {
    pub fn run(&self) -> Result<u8, Failure> {
        let mut run = self.input.load()?;
        self.seed.apply(&mut run.document);
        if self.seed.is_given() && !run.inputs.is_empty() {
            eprintln!(
                "headroom: the changes made while it ran are applied at the same events; on another seed those fall elsewhere"
            );
        }
        if let Some(seeds) = self.seeds {
            return self.replicate(run, seeds);
        }
        let report = runner::replay(&run, self.until)
            .map_err(|problems| Failure::input(problem_lines(&run.document, &problems)))?;
        if self.json { print(&(report.to_json() + "\n")) } else { print(&report.to_text()) }
    }

    fn replicate(&self, run: format::Run, seeds: u64) -> Result<u8, Failure> {
        if !run.inputs.is_empty() {
            return Err(Failure::input(
                "this run was changed while it ran, and the changes belong to its own seed\nRun it without --seeds.",
            ));
        }
        let document = run.document;
        let copies = Copies::of(&document);
        let all: Vec<u64> = (1..=seeds).collect();
        let one = |own: &Document, seed: &u64| {
            runner::simulate(&Document { seed: *seed, ..own.clone() }).map(|report| replications::figures(&report))
        };
        let runs = self.jobs.map(&all, || copies.document(), one);
        let runs: Result<Vec<Vec<Figure>>, _> = runs.into_iter().collect();
        let runs = runs.map_err(|problems| Failure::input(problem_lines(&document, &problems)))?;
        let figures = replications::rows(&runs);
        if self.json {
            let confidence = replications::CONFIDENCE;
            return print_json(&Summary { engine: ENGINE, title: document.title, seeds, confidence, figures });
        }
        let mut text = format!("{}\nseeds 1 to {seeds}, engine {ENGINE}\n", document.title);
        for row in &figures {
            text += &line(row);
        }
        print(&text)
    }
}

/// A metric with its interval; nothing where no seed has it.
fn line(row: &replications::Row) -> String {
    let unit = metric::find(&row.metric).map_or(Unit::Plain, |(metric, _)| metric.unit);
    let found = &row.estimate;
    let Some(mean) = text::figure(found.mean, unit) else { return String::new() };
    let width = text::figure(found.half_width, unit).map_or_else(String::new, |width| format!(" ± {width}"));
    let left_out =
        if found.left_out > 0 { format!("  (without {} seeds that had none)", found.left_out) } else { String::new() };
    let infinite = if found.infinite > 0 {
        format!("  (infinite on {} of {} seeds)", found.infinite, found.replications)
    } else {
        String::new()
    };
    format!("{:<24} {mean}{width}{infinite}{left_out}\n", row.metric)
}
