//! `cargo xtask bench`: what the simulation can do, beside its references, in one invocation.
//!
//! Each step prints its own figures; nothing is asserted here, since a slow machine is no bug.

use crate::shell;

/// `options` go to the native benchmark as they are.
pub fn run(options: &[&str]) -> Result<(), String> {
    shell::run("cargo", &[&["bench", "--quiet", "--"], options].concat())
}
