//! Where a run comes from: a file, a link, or the gallery.

use std::io::Read as _;
use std::path::Path;

use clap::{Args, ValueHint};
use headroom::lesson::catalog::{self, SCENARIOS};
use headroom::topology::document::Document;
use headroom::topology::format::{Run, limits};
use headroom::topology::link;

use super::Failure;
use super::output::what_fits;

#[derive(Args, Debug)]
pub struct Input {
    /// A file (- for standard input), a link, or the id of a scenario
    #[arg(value_name = "FILE|LINK|SCENARIO", value_hint = ValueHint::FilePath)]
    what: String,
}

#[derive(Args, Debug)]
pub struct Seed {
    /// Another seed than the document's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

impl Seed {
    pub fn apply(&self, document: &mut Document) {
        if let Some(seed) = self.seed {
            document.seed = seed;
        }
    }

    pub const fn is_given(&self) -> bool {
        self.seed.is_some()
    }
}

impl Input {
    pub fn load(&self) -> Result<Run, Failure> {
        load(&self.what)
    }
}

/// Reads a file (`-`: standard input), a link, or a scenario by its id.
pub fn load(what: &str) -> Result<Run, Failure> {
    let is_link = what.contains("#s") || what.contains("%23s") || what.starts_with("s=") || what.starts_with("1.");
    let is_file = what == "-" || Path::new(what).exists();
    let run = if is_file {
        load_file(what)?
    } else if is_link {
        link::decode(what).map_err(|error| Failure::input(format!("{error}\n{}", error.remedy())))?
    } else if let Some(scenario) = catalog::scenario(what) {
        scenario.run().map_err(|error| Failure::input(error.to_string()))?
    } else if what.contains(['/', '\\', '.']) {
        load_file(what)?
    } else {
        return Err(unknown(what));
    };
    if let Some(note) = run.engine_note() {
        eprintln!("headroom: {note}");
    }
    Ok(run)
}

/// Neither a file nor a scenario: what it may have been meant to be.
fn unknown(what: &str) -> Failure {
    let known: Vec<&str> = SCENARIOS.iter().map(|scenario| scenario.id).collect();
    let message = format!("there is no file and no scenario \"{what}\"");
    Failure::input(match catalog::lesson(what) {
        Some(_) => format!("{message}\n\n  tip: it is a lesson; `headroom grade {what} FILE` grades a design for it"),
        None => message + &what_fits(what, "scenarios", &known),
    })
}

pub fn load_file(path: &str) -> Result<Run, Failure> {
    let unreadable = |error: std::io::Error| Failure::input(format!("{path} cannot be read: {error}"));
    let mut bytes = Vec::new();
    // One byte more than can be read, so that a longer file is told from one that just fits.
    let bytes_max = limits::TEXT_BYTES_MAX as u64 + 1;
    if path == "-" {
        std::io::stdin().lock().take(bytes_max).read_to_end(&mut bytes).map_err(unreadable)?;
    } else {
        let file = std::fs::File::open(path).map_err(unreadable)?;
        file.take(bytes_max).read_to_end(&mut bytes).map_err(unreadable)?;
    }
    let text = String::from_utf8(bytes).map_err(|_| Failure::input(format!("{path} is not a text file")))?;
    Run::from_json(&text).map_err(|error| Failure::input(format!("{path}: {error}\n{}", error.remedy())))
}

/// The same document once more, for another thread: a document stays on the thread that read it.
#[derive(Debug)]
pub struct Copies(String);

impl Copies {
    pub fn of(document: &Document) -> Self {
        Self(Run::new(document.clone()).to_json())
    }

    pub fn document(&self) -> Document {
        Run::from_json(&self.0).expect("what was written can be read").document
    }
}
