//! `headroom profile`: where the time went.

use clap::Args;
use headroom::runner;
use headroom::runner::report::text::{share, time};

use super::Failure;
use super::input::{Input, Seed};
use super::output::{print, print_json, problem_lines};

/// Run to the end and tell where the time of every request went
///
/// Stations stand by their share of all time in system on the critical path, each with what it went into. The shares are
/// 100 % together.
#[derive(Args, Debug)]
pub struct Profile {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    seed: Seed,
    /// Print JSON; `headroom help json` tells its fields
    #[arg(long)]
    json: bool,
}

impl Profile {
    pub fn run(&self) -> Result<u8, Failure> {
        let mut run = self.input.load()?;
        self.seed.apply(&mut run.document);
        let report = runner::profile::profile(&run)
            .map_err(|problems| Failure::input(problem_lines(&run.document, &problems)))?;
        if self.json {
            return print_json(&report);
        }
        let mut text = format!("{} requests", report.requests);
        if report.requests > 0 {
            text += &format!(", mean {}, p99 {}", time(report.mean), time(report.p99));
        }
        text += "\n\nstation                    share  what it went into (mean, p99 of a request that came by)\n";
        for station in &report.stations {
            let parts = station
                .parts
                .iter()
                .map(|part| format!("{} {} ({}, {})", part.part, share(part.share), time(part.mean), time(part.p99)));
            let parts = parts.collect::<Vec<_>>().join(", ");
            text += format!("{:<24} {:>8}  {parts}", station.label, share(station.share)).trim_end();
            text.push('\n');
        }
        print(&text)
    }
}
