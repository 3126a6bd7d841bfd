//! What the command understands: a file for each word that may follow `headroom`.

mod chaos;
mod check;
mod completions;
mod grade;
mod help;
mod input;
mod link;
mod list;
mod output;
mod parallel;
mod profile;
mod run;
mod what_if;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use headroom::topology::format::ENGINE;

const AFTER: &str = "\
FILE may be - for standard input. SCENARIO is an id of `headroom list scenarios`, LESSON one of `headroom list lessons`.
`headroom help COMMAND` tells more of a command, `headroom help json` every field of the JSON.

Exit codes:
  0  done
  1  the input cannot be used
  2  the command was not understood
  3  graded, and not passed";

/// Play with how systems scale, without a browser
#[derive(Debug, Parser)]
#[command(
    name = "headroom",
    version = ENGINE,
    after_help = AFTER,
    disable_help_subcommand = true,
    arg_required_else_help = true,
    max_term_width = 110
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Run),
    Grade(grade::Grade),
    Profile(profile::Profile),
    Check(check::Check),
    Chaos(chaos::Chaos),
    #[command(name = "whatif")]
    WhatIf(what_if::WhatIf),
    List(list::List),
    Link(link::Link),
    Open(link::Open),
    Completions(completions::Completions),
    Help(help::Help),
}

/// What went wrong: the exit code and what to say.
#[derive(Debug)]
struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// The input cannot be used.
    fn input(message: impl Into<String>) -> Self {
        Self { code: 1, message: message.into() }
    }
    /// The command was not understood.
    fn usage(message: impl Into<String>) -> Self {
        Self { code: 2, message: format!("{}\n\nFor more information, try `headroom help`.", message.into()) }
    }
}

pub fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Run(command) => command.run(),
        Command::Grade(command) => command.run(),
        Command::Profile(command) => command.run(),
        Command::Check(command) => command.run(),
        Command::Chaos(command) => command.run(),
        Command::WhatIf(command) => command.run(),
        Command::List(command) => command.run(),
        Command::Link(command) => command.run(),
        Command::Open(command) => command.run(),
        Command::Completions(command) => command.run(),
        Command::Help(command) => command.run(),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            eprintln!("error: {}", failure.message);
            ExitCode::from(failure.code)
        }
    }
}
