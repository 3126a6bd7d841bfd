//! `headroom check`: what is wrong with a document.

use clap::Args;
use headroom::topology::check;

use super::Failure;
use super::input::Input;
use super::output::{print, print_json, problem_lines};

/// Name what stands in the way of a run, and what will surely not go as meant
#[derive(Args, Debug)]
pub struct Check {
    #[command(flatten)]
    input: Input,
    /// Print JSON; `headroom help json` tells its fields
    #[arg(long)]
    json: bool,
}

impl Check {
    pub fn run(&self) -> Result<u8, Failure> {
        let run = self.input.load()?;
        let problems = check::check(&run.document);
        if self.json {
            print_json(&problems)?;
        } else if problems.is_empty() {
            print("no problems\n")?;
        } else {
            print(&(problem_lines(&run.document, &problems) + "\n"))?;
        }
        Ok(u8::from(!check::runs(&problems)))
    }
}
