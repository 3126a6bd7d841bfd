//! The layer guard: without features, no browser crate is in the dependency tree.
//!
//! So the engine stays usable anywhere, and `cargo test` never waits for a browser's bindings. The other way around, no
//! program for the browser holds what only the command needs.

use crate::shell;

/// The families of crates that only make sense in a browser.
const BROWSER: &[&str] =
    &["yew", "web-sys", "js-sys", "wasm-bindgen", "gloo", "serde-wasm-bindgen", "console_error_panic_hook"];

/// What reads the command's arguments.
const COMMAND: &[&str] = &["clap"];

pub fn check() -> Result<(), String> {
    let browser = ["--target", "wasm32-unknown-unknown", "--features", "ui,worker,api"];
    let arguments = [&["tree", "--edges", "normal", "--prefix", "none", "--locked"], &browser[..]].concat();
    let tree = shell::output("cargo", &arguments)?;
    let found = of_families(&tree, COMMAND);
    if !found.is_empty() {
        return Err(format!("the browser's programs hold crates of the command: {}\n{tree}", found.join(", ")));
    }
    for target in [&[][..], &["--target", "wasm32-unknown-unknown"]] {
        let tree =
            shell::output("cargo", &[&["tree", "--edges", "normal", "--prefix", "none", "--locked"], target].concat())?;
        let found = of_families(&tree, BROWSER);
        if !found.is_empty() {
            return Err(format!("without features the tree holds browser crates: {}\n{tree}", found.join(", ")));
        }
    }
    Ok(())
}

/// `tree`: a line per crate, its name first.
fn of_families<'a>(tree: &'a str, families: &[&str]) -> Vec<&'a str> {
    let names = tree.lines().filter_map(|line| line.split_whitespace().next());
    names
        .filter(|name| families.iter().any(|family| name == family || name.starts_with(&format!("{family}-"))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{BROWSER, COMMAND, of_families};

    #[test]
    fn browser_crates_are_found_by_name_and_by_family() {
        let tree = "headroom v0.1.0\nserde v1.0.0\nyew v0.23.0\ngloo-utils v0.2.0\nyewish v1.0.0";
        assert_eq!(of_families(tree, BROWSER), ["yew", "gloo-utils"]);
        assert!(of_families(tree, COMMAND).is_empty());
        assert_eq!(
            of_families("clap v4.6.0\nclap_builder v4.6.0\nclap-verbosity v1.0.0", COMMAND),
            ["clap", "clap-verbosity"]
        );
    }
}
