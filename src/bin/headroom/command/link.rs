//! `headroom link` and `headroom open`: a file as a link, and back.

use clap::{Args, ValueHint};
use headroom::topology::link;

use super::Failure;
use super::input::load_file;
use super::output::print;

/// Print a file as a link: its fragment, or appended to the page's address
#[derive(Args, Debug)]
pub struct Link {
    /// The file, or - for standard input
    #[arg(value_hint = ValueHint::FilePath)]
    file: String,
    /// Address of the page that opens it
    #[arg(long, value_name = "URL", default_value = "", hide_default_value = true)]
    page: String,
}

impl Link {
    pub fn run(&self) -> Result<u8, Failure> {
        let run = load_file(&self.file)?;
        let fragment = link::encode(&run).map_err(|error| Failure::input(format!("{error}\n{}", error.remedy())))?;
        let text = self.page.clone() + &fragment;
        let chars = text.chars().count();
        if chars > link::WARN_CHARS {
            let most = link::WARN_CHARS;
            eprintln!("headroom: the link has {chars} characters; some programs cut links beyond {most}");
        }
        print(&(text + "\n"))
    }
}

/// Print a link as a file
#[derive(Args, Debug)]
pub struct Open {
    link: String,
}

impl Open {
    pub fn run(&self) -> Result<u8, Failure> {
        let run = link::decode(&self.link).map_err(|error| Failure::input(format!("{error}\n{}", error.remedy())))?;
        if let Some(note) = run.engine_note() {
            eprintln!("headroom: {note}");
        }
        print(&run.to_json_pretty())
    }
}
