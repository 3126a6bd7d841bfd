//! `headroom completions`: what a shell completes.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::output::print;
use super::{Cli, Failure};

/// Print completions for a shell
///
/// For bash: headroom completions bash > ~/.local/share/bash-completion/completions/headroom
/// For fish: headroom completions fish > ~/.config/fish/completions/headroom.fish
/// For zsh: headroom completions zsh > DIR/_headroom, where DIR is one of $fpath
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct Completions {
    shell: Shell,
}

impl Completions {
    pub fn run(&self) -> Result<u8, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "headroom", &mut script);
        print(&String::from_utf8_lossy(&script))
    }
}
