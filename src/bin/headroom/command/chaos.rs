//! `headroom chaos`: plans faults at random.

use clap::Args;
use clap::builder::PossibleValuesParser;
use headroom::model::fault;
use headroom::model::params::{ParamKind, Params};
use headroom::topology::chaos;

use super::Failure;
use super::input::{Input, Seed};
use super::output::{print, print_json, what_fits};

/// Plan random faults within a budget, drawn from the seed and the number, and print the file with them
///
/// Run the file, or make a link of it. Its own planned faults stay.
#[derive(Args, Debug)]
pub struct Chaos {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    seed: Seed,
    /// Another composition under the same seed
    #[arg(long, value_name = "N", default_value_t = 1)]
    number: u64,
    /// faults=4 at most, at_once=1 in force, share=0.5 of the run, radius=replica|station|place
    #[arg(long, value_name = "KEY=VALUE,...", default_value = "", hide_default_value = true)]
    budget: String,
    /// Of `headroom list faults`; otherwise all
    #[arg(
        long,
        value_name = "ID,...",
        value_delimiter = ',',
        value_parser = PossibleValuesParser::new(fault::REGISTRY.iter().map(|kind| kind.entry.id)),
        hide_possible_values = true
    )]
    kinds: Vec<String>,
    /// Print the planned faults alone, as JSON; `headroom help json` tells their fields
    #[arg(long)]
    json: bool,
}

impl Chaos {
    pub fn run(&self) -> Result<u8, Failure> {
        let budget = chaos::Budget { kinds: self.kinds.clone(), ..chaos::Budget::read(&params(&self.budget)?) };
        let mut run = self.input.load()?;
        self.seed.apply(&mut run.document);
        let faults = chaos::compose(&run.document, &budget, self.number);
        if faults.is_empty() {
            eprintln!("headroom: nothing fits into this budget");
        }
        if self.json {
            return print_json(&faults);
        }
        run.document.faults.extend(faults);
        // What was changed while it ran belongs to the run without these faults.
        run.inputs.clear();
        print(&run.to_json_pretty())
    }
}

/// `faults=4,share=0.5` as parameters, within their ranges.
fn params(text: &str) -> Result<Params, Failure> {
    let fail = |message: String| Failure::usage(format!("--budget: {message}"));
    let mut params = Params::new();
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').ok_or_else(|| fail(format!("\"{pair}\" has no =")))?;
        let spec = chaos::ENTRY.params.iter().find(|spec| spec.key == key);
        match spec.map(|spec| spec.kind) {
            Some(ParamKind::Number { min, max, .. }) => match value.parse::<f64>() {
                Ok(number) if (min..=max).contains(&number) => params.set(key, number),
                _ => return Err(fail(format!("{key} must be from {min} to {max}, not \"{value}\""))),
            },
            Some(ParamKind::Choice { options, .. }) if options.iter().any(|(id, _)| *id == value) => {
                params.set(key, value);
            }
            Some(ParamKind::Choice { options, .. }) => {
                let options: Vec<&str> = options.iter().map(|(id, _)| *id).collect();
                return Err(fail(format!("{key} must be one of {}, not \"{value}\"", options.join(", "))));
            }
            _ => {
                let known: Vec<&str> = chaos::ENTRY.params.iter().map(|spec| spec.key).collect();
                return Err(fail(format!("there is no \"{key}\"{}", what_fits(key, "known", &known))));
            }
        }
    }
    Ok(params)
}
