//! `headroom whatif`: the same document under other scalers.

use clap::Args;
use headroom::model::params::{Unit, Variant};
use headroom::runner::report::{Figure, text};
use headroom::runner::what_if::{self, Entrant, Field, Figures, Finish};
use headroom::topology::document::Document;

use super::Failure;
use super::input::{Copies, Input, Seed};
use super::output::{print, print_json, problem_lines, what_fits};
use super::parallel::Jobs;

/// Run a document as it is and under other scalers, with the same random numbers, and compare
///
/// It compares the p99 of the answered, the answered share, the minutes in which the objective was missed, the cost, and
/// replica-hours.
#[derive(Args, Debug)]
pub struct WhatIf {
    #[command(flatten)]
    input: Input,
    /// Label or role of the station whose scaler is varied
    #[arg(long, value_name = "NODE")]
    at: String,
    #[command(flatten)]
    seed: Seed,
    #[command(flatten)]
    jobs: Jobs,
    /// Print settings, figures and curves as JSON; `headroom help json` tells their fields
    #[arg(long)]
    json: bool,
}

impl WhatIf {
    pub fn run(&self) -> Result<u8, Failure> {
        let mut document = self.input.load()?.document;
        self.seed.apply(&mut document);
        let name = self.at.as_str();
        let node = document.node_by_role(name).ok_or_else(|| {
            let known: Vec<&str> = document.nodes.values().map(|node| node.label.as_str()).collect();
            Failure::input(format!("there is no station \"{name}\"{}", what_fits(name, "stations", &known)))
        })?;
        let field = what_if::field(&document, node);
        let field = field.ok_or_else(|| Failure::input(format!("nothing can scale \"{name}\"")))?;
        let copies = Copies::of(&document);
        let choices: Vec<Option<Variant>> = field.variations.iter().map(|variation| variation.choice.clone()).collect();
        let one = |own: &Document, choice: &Option<Variant>| {
            let variant = choice.as_ref().map(|choice| own.with_scaler(node, choice));
            let mut entrant = Entrant::open(variant.as_ref().unwrap_or(own), node)?;
            Ok(entrant.advance(u64::MAX).expect("it may take as many events as it likes"))
        };
        let finishes = self.jobs.map(&choices, || copies.document(), one);
        let finishes: Result<Vec<Finish>, _> = finishes.into_iter().collect();
        let finishes = finishes.map_err(|problems: Vec<_>| Failure::input(problem_lines(&document, &problems)))?;
        if self.json { print_json(&json(&field, &finishes)) } else { print(&table(&field, &finishes)) }
    }
}

fn json(field: &Field, finishes: &[Finish]) -> serde_json::Value {
    let entrants = field.variations.iter().zip(finishes).map(|(variation, finish)| {
        serde_json::json!({
            "id": variation.id, "name": variation.name, "settings": variation.settings, "finish": finish,
        })
    });
    serde_json::json!({ "at": field.label, "basis": field.basis, "entrants": entrants.collect::<Vec<_>>() })
}

type Column = (&'static str, Unit, fn(&Figures) -> Figure);

const COLUMNS: [Column; 7] = [
    ("p99", Unit::Seconds, |figures| figures.p99),
    ("answered", Unit::Share, |figures| figures.answered_share),
    ("SLO missed", Unit::Minutes, |figures| figures.slo_minutes_lost),
    ("cost", Unit::Dollars, |figures| figures.cost),
    ("a million", Unit::Dollars, |figures| figures.cost_per_million),
    ("replica-h", Unit::Plain, |figures| figures.replica_hours),
    ("at most", Unit::Count, |figures| Figure(f64::from(figures.replicas_max))),
];

/// A line for each entrant; a column that nobody has a figure for is left out.
fn table(field: &Field, finishes: &[Finish]) -> String {
    let told = |column: &&Column| finishes.iter().any(|finish| (column.2)(&finish.figures).get().is_some());
    let columns: Vec<&Column> = COLUMNS.iter().filter(told).collect();
    let row = |name: &str, cells: Vec<String>| {
        let cells: String = cells.iter().map(|cell| format!(" {cell:>11}")).collect();
        format!("{name:<34}{cells}\n")
    };
    let mut out = format!("{}\n", field.basis.join("\n"));
    out += &row("", columns.iter().map(|(title, ..)| (*title).to_owned()).collect());
    for (variation, finish) in field.variations.iter().zip(finishes) {
        let cell =
            |(_, unit, read): &&Column| text::figure(read(&finish.figures), *unit).unwrap_or_else(|| "-".to_owned());
        out += &row(&variation.name, columns.iter().map(cell).collect());
        out += &format!("    {}\n", variation.settings);
    }
    out
}
