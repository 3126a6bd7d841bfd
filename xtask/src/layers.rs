//! The layer guard: without features, no browser crate is in the dependency tree.
//!
//! So the engine stays usable anywhere, and `cargo test` never waits for a browser's bindings.

use crate::shell;

/// The families of crates that only make sense in a browser.
const BROWSER: &[&str] =
    &["yew", "web-sys", "js-sys", "wasm-bindgen", "gloo", "serde-wasm-bindgen", "console_error_panic_hook"];

pub fn check() -> Result<(), String> {
    for target in [&[][..], &["--target", "wasm32-unknown-unknown"]] {
        let tree =
            shell::output("cargo", &[&["tree", "--edges", "normal", "--prefix", "none", "--locked"], target].concat())?;
        let found = browser_crates(&tree);
        if !found.is_empty() {
            return Err(format!("without features the tree holds browser crates: {}\n{tree}", found.join(", ")));
        }
    }
    Ok(())
}

/// `tree`: a line per crate, its name first.
fn browser_crates(tree: &str) -> Vec<&str> {
    let names = tree.lines().filter_map(|line| line.split_whitespace().next());
    names
        .filter(|name| BROWSER.iter().any(|family| name == family || name.starts_with(&format!("{family}-"))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::browser_crates;

    #[test]
    fn browser_crates_are_found_by_name_and_by_family() {
        let tree = "headroom v0.1.0\nserde v1.0.0\nyew v0.23.0\ngloo-utils v0.2.0\nyewish v1.0.0";
        assert_eq!(browser_crates(tree), ["yew", "gloo-utils"]);
    }
}
