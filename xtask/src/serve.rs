//! Builds the page and serves it.

use std::process::Command;

use crate::{setup, shell, site};

/// How to serve.
#[derive(Debug)]
pub struct Options {
    port: u16,
    host: String,
    open: bool,
}

impl Options {
    pub fn parse(words: &[&str]) -> Result<Self, String> {
        let mut options = Self { port: 8080, host: "127.0.0.1".to_owned(), open: true };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("`{word}` needs a value"));
            match *word {
                "--port" => {
                    let port = value()?;
                    options.port = port.parse().map_err(|_| format!("`{port}` is no port: a number up to 65535"))?;
                }
                "--host" => options.host = (*value()?).to_owned(),
                "--no-open" => options.open = false,
                _ => return Err(format!("`serve` knows --port N, --host ADDR and --no-open, not `{word}`")),
            }
        }
        Ok(options)
    }
}

/// Sets up, builds and serves until interrupted.
pub fn run(options: &Options) -> Result<(), String> {
    setup::build()?;
    build()?;
    let port = options.port.to_string();
    let mut arguments = vec!["xtask/server.mjs", "dist", "--port", &port, "--host", &options.host];
    let opener = opener();
    if let (true, Some(opener)) = (options.open && shell::is_interactive(), opener) {
        arguments.extend(["--open-with", opener]);
    }
    shell::run("node", &arguments)
}

/// The release build, into `dist/`.
pub fn build() -> Result<(), String> {
    println!("  building the page into dist/ (about 2 minutes the first time)");
    let mut trunk: Command = shell::command("trunk", &["build", "--release", "--offline", "--log", "warn"]);
    // Trunk refuses the value `1`, which some environments set.
    trunk.env_remove("NO_COLOR");
    shell::finish(trunk, "trunk build --release --offline")?;
    site::finish(&shell::root().join("dist"))
}

/// The program that opens an address in the person's browser, if this machine has a screen.
fn opener() -> Option<&'static str> {
    if cfg!(target_os = "macos") {
        Some("open")
    } else {
        let has_screen = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
        (has_screen && shell::has("xdg-open")).then_some("xdg-open")
    }
}
