//! `headroom list`: everything that can be chosen.

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser};
use headroom::registry::{self, KINDS, Kind};

use super::Failure;
use super::output::{print, print_json, what_fits};

/// List what can be chosen, with parameters, units, ranges, defaults and sources
#[derive(Args, Debug)]
pub struct List {
    /// What to list
    #[arg(
        value_parser = PossibleValuesParser::new(KINDS.iter().map(|kind| PossibleValue::new(kind.word).help(kind.about)))
    )]
    kind: String,
    /// Only this one of them
    id: Option<String>,
    /// Print JSON; `headroom help json` tells its fields
    #[arg(long)]
    json: bool,
}

impl List {
    pub fn run(&self) -> Result<u8, Failure> {
        let mut entries = Kind::of(&self.kind).expect("no other word is let through").list();
        if let Some(id) = &self.id {
            let known: Vec<String> = entries.iter().map(|entry| entry.id.clone()).collect();
            entries.retain(|entry| entry.id == *id);
            if entries.is_empty() {
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                let what = self.kind.as_str();
                return Err(Failure::usage(format!("there is no \"{id}\" in {what}{}", what_fits(id, what, &known))));
            }
        }
        if self.json { print_json(&entries) } else { print(&registry::text(&entries)) }
    }
}
