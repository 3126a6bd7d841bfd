//! `headroom help`: of the whole, of a command, of the JSON.

use clap::{Args, CommandFactory as _};
use headroom::runner::report::fields;

use super::output::{print, what_fits};
use super::{Cli, Failure};

/// Print help: of a command, or of every field of the JSON
#[derive(Args, Debug)]
pub struct Help {
    /// A command, or json
    topic: Option<String>,
}

impl Help {
    pub fn run(&self) -> Result<u8, Failure> {
        let mut cli = Cli::command();
        // So that a command's usage begins with the program's name.
        cli.build();
        match self.topic.as_deref() {
            None => print(&cli.render_help().to_string()),
            Some("json") => print(&fields::text()),
            Some(topic) => match cli.find_subcommand_mut(topic) {
                Some(command) => print(&command.render_long_help().to_string()),
                None => {
                    let known: Vec<&str> = cli.get_subcommands().map(clap::Command::get_name).chain(["json"]).collect();
                    let what = what_fits(topic, "help on", &known);
                    Err(Failure::usage(format!("there is no help on \"{topic}\"{what}")))
                }
            },
        }
    }
}
