//! The `headroom` command: the same engine as the page, without a browser.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command talks on its terminal")]

// A browser has no use for a command, and none for the crates that read its arguments. Cargo still builds it there,
// beside the tests.
#[cfg(not(target_arch = "wasm32"))]
mod command;

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    command::main()
}

#[cfg(target_arch = "wasm32")]
fn main() {}
