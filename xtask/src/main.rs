//! `cargo xtask`: sets up, builds, serves, tests and measures Headroom.
//!
//! Everything a contributor or continuous integration runs stands here; `.ci/run` calls `cargo xtask test`.

mod bench;
mod layers;
mod serve;
mod setup;
mod shell;
mod site;
mod size;
mod test;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask COMMAND

  serve [--port N] [--host ADDR] [--no-open]
                  set up, build and serve the page; prints its address
  build           set up and build the page into dist/
  finish [--best] what build does once Trunk has written dist/, for a quick page made with trunk alone;
                  best: compresses as build does
  texts           renew lessons, scenarios and glossary beside the page in dist/, without building it anew
  setup           install what building needs into .tools/ and node_modules/
  test            everything continuous integration runs
  test fast       formatting, lints and native tests
  test wasm       the headless tests in Chromium alone
  test e2e [WORD] the built site in Chromium alone; WORD picks files by name
  test full       everything, statistical tests and lessons over all seeds, also in Firefox and WebKit
  bench [load]    what the simulation can do, beside its references, and how the page loads; load: that alone
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["serve", options @ ..] => serve::Options::parse(options).and_then(|options| serve::run(&options)),
        ["build"] => setup::build().and_then(|()| serve::build()),
        ["finish"] => site::finish_quickly(&shell::root().join("dist")),
        ["finish", "--best"] => site::finish(&shell::root().join("dist")),
        ["setup"] => setup::build(),
        ["texts"] => site::texts::run(),
        ["test"] => test::run(test::Extent::All),
        ["test", "fast"] => test::run(test::Extent::Fast),
        ["test", "wasm"] => test::run(test::Extent::Wasm),
        ["test", "e2e", picked @ ..] => test::run(test::Extent::EndToEnd { picked }),
        ["test", "full"] => test::run(test::Extent::Full),
        ["bench", options @ ..] => bench::run(options),
        ["help" | "--help" | "-h"] | [] => {
            print!("{USAGE}");
            Ok(())
        }
        _ => Err(format!("`cargo xtask {}` is not a command\n\n{USAGE}", arguments.join(" "))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("\nxtask: {message}");
            ExitCode::FAILURE
        }
    }
}
