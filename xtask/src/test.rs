//! `cargo xtask test`: one step after the other, the quick ones first; the first failure ends it.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::{layers, serve, setup, shell, size};

const WASM: &str = "wasm32-unknown-unknown";
/// All that runs in a browser.
const WASM_FEATURES: &str = "ui,worker,api";

/// How much to test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent<'a> {
    /// Formatting, lints and native tests.
    Fast,
    /// The headless tests in Chromium alone.
    Wasm,
    /// The built site in Chromium alone; `picked` chooses test files by a word in their names.
    EndToEnd {
        picked: &'a [&'a str],
    },
    All,
    /// Everything, over all seeds, and in the engines of the other browsers.
    Full,
}

pub fn run(extent: Extent<'_>) -> Result<(), String> {
    let mut steps = Steps::default();
    let result = run_steps(extent, &mut steps);
    steps.summarize();
    result
}

fn run_steps(extent: Extent<'_>, steps: &mut Steps) -> Result<(), String> {
    let everything = matches!(extent, Extent::All | Extent::Full);
    if everything || extent == Extent::Fast {
        steps.run("set-up for native tests", setup::native)?;
        steps.run("formatting", || shell::run("cargo", &["fmt", "--all", "--check"]))?;
        steps.run("layer guard", layers::check)?;
        steps.run("lints, native", || {
            shell::run("cargo", &["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"])
        })?;
        steps.run_tests("native tests", || {
            let mut cargo = shell::command("cargo", &["test", "--workspace", "--quiet"]);
            if extent == Extent::Full {
                // Read by the tests that stand for many: all seeds instead of some.
                cargo.env("HEADROOM_FULL", "1");
            }
            Ok(cargo)
        })?;
    }
    if extent == Extent::Fast {
        return Ok(());
    }
    steps.run("set-up for the page", setup::build)?;
    steps.run("Chromium", || setup::browser().map(drop))?;
    if everything {
        steps.run("lints, wasm", lint_wasm)?;
    }
    if everything || extent == Extent::Wasm {
        steps.run_tests("headless tests in Chromium", test_wasm)?;
    }
    if extent == Extent::Wasm {
        return Ok(());
    }
    if everything && shell::root().join("src/api.rs").exists() {
        steps.run("module for Node", build_for_node)?;
        steps.run_tests("programs' interface in Node", || node_tests("tests/node", &[]))?;
    } else if everything {
        println!("\n=== programs' interface in Node\n    SKIPPED: there is no src/api.rs yet");
    }
    steps.run("release build", serve::build)?;
    if everything {
        steps.run("size budget", size::check)?;
    }
    let picked = if let Extent::EndToEnd { picked } = extent { picked } else { &[] };
    steps.run_tests("the built site in Chromium", || {
        let mut node = node_tests("tests/e2e", picked)?;
        node.env("HEADROOM_CHROMIUM", setup::browser()?.chromium);
        Ok(node)
    })?;
    if extent == Extent::Full {
        steps.run("Firefox and WebKit", setup::engines)?;
        steps.run_tests("the built site in Firefox and WebKit", || node_tests("tests/browsers", &[]))?;
    }
    Ok(())
}

/// The browser's test programs: `tests/web_*.rs`.
fn web_tests() -> Result<Vec<String>, String> {
    let mut names: Vec<String> = files("tests")?
        .into_iter()
        .filter_map(|name| Some(name.strip_suffix(".rs")?.to_owned()))
        .filter(|name| name.starts_with("web_"))
        .collect();
    names.sort();
    if names.is_empty() { Err("no tests/web_*.rs".to_owned()) } else { Ok(names) }
}

fn lint_wasm() -> Result<(), String> {
    let web_tests = web_tests()?;
    let mut arguments = vec![
        "clippy",
        "--quiet",
        "--target",
        WASM,
        "--features",
        WASM_FEATURES,
        "--lib",
        "--bin",
        "app",
        "--bin",
        "worker",
        "--bin",
        "manifests",
    ];
    arguments.extend(web_tests.iter().flat_map(|test| ["--test", test.as_str()]));
    arguments.extend(["--", "-D", "warnings"]);
    shell::run("cargo", &arguments)
}

fn test_wasm() -> Result<Command, String> {
    let web_tests = web_tests()?;
    let mut arguments = vec!["test", "--target", WASM, "--features", WASM_FEATURES];
    arguments.extend(web_tests.iter().flat_map(|test| ["--test", test.as_str()]));
    let mut cargo = shell::command("cargo", &arguments);
    cargo.env("CHROMEDRIVER", setup::browser()?.driver);
    // Optimizing Yew for a few short tests takes longer than the tests.
    cargo.env("CARGO_PROFILE_TEST_OPT_LEVEL", "1").env("CARGO_PROFILE_TEST_DEBUG", "0");
    // A slow start of the browser would look like a failed test.
    cargo.env("WASM_BINDGEN_TEST_TIMEOUT", "120").env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60");
    Ok(cargo)
}

/// The library as Node loads it, into `target/api-node/`.
pub fn build_for_node() -> Result<(), String> {
    let cdylib = [
        "rustc",
        "--lib",
        "--crate-type",
        "cdylib",
        "--target",
        WASM,
        "--features",
        "api",
        "--profile",
        "engine",
        "--quiet",
    ];
    shell::run("cargo", &cdylib)?;
    let wasm = shell::target_dir().join(WASM).join("engine/headroom.wasm");
    let out = shell::root().join("target/api-node");
    let (wasm, folder) = (wasm.to_string_lossy(), out.to_string_lossy());
    shell::run("wasm-bindgen", &["--target", "nodejs", "--out-dir", &folder, &wasm])?;
    // The module is CommonJS; the project's own package.json says that files here are not.
    fs::write(out.join("package.json"), "{\"name\": \"headroom\", \"main\": \"headroom.js\", \"type\": \"commonjs\"}\n")
        .map_err(|error| format!("{folder}/package.json could not be written: {error}"))
}

/// Node's test runner over `*.test.mjs` in a folder: one file after the other, since each drives a browser or a long run.
fn node_tests(folder: &str, picked: &[&str]) -> Result<Command, String> {
    let mut files: Vec<String> = files(folder)?
        .into_iter()
        .filter(|name| name.ends_with(".test.mjs"))
        .filter(|name| picked.is_empty() || picked.iter().any(|word| name.contains(word)))
        .map(|name| format!("{folder}/{name}"))
        .collect();
    files.sort();
    if files.is_empty() {
        return Err(format!("no {folder}/*.test.mjs to run"));
    }
    let mut arguments = vec!["--test", "--test-reporter=spec", "--test-concurrency=1"];
    arguments.extend(files.iter().map(String::as_str));
    Ok(shell::command("node", &arguments))
}

fn files(folder: &str) -> Result<Vec<String>, String> {
    let entries =
        fs::read_dir(shell::root().join(folder)).map_err(|error| format!("{folder} could not be read: {error}"))?;
    Ok(entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect())
}

/// What ran, how long it took, and what the test runners said at their end.
#[derive(Default)]
struct Steps {
    finished: Vec<(&'static str, Duration, bool)>,
    closings: Vec<(&'static str, Vec<String>)>,
}

impl Steps {
    fn run(&mut self, name: &'static str, step: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
        println!("\n=== {name}");
        let started = Instant::now();
        let result = step();
        println!("    {} in {}", if result.is_ok() { "done" } else { "FAILED" }, shell::seconds(started.elapsed()));
        self.finished.push((name, started.elapsed(), result.is_ok()));
        result.map_err(|error| format!("{name}: {error}"))
    }

    /// Runs a test runner; its closing lines are kept and shown again at the very end.
    fn run_tests(
        &mut self,
        name: &'static str,
        prepare: impl FnOnce() -> Result<Command, String>,
    ) -> Result<(), String> {
        let mut closing = Vec::new();
        let result = self.run(name, || watch(prepare()?, &mut closing));
        self.closings.push((name, closing));
        result
    }

    fn summarize(&self) {
        println!("\n=== summary");
        for (name, duration, passed) in &self.finished {
            println!("  {} {name:32} {:>12}", if *passed { "ok    " } else { "FAILED" }, shell::seconds(*duration));
        }
        let total = self.finished.iter().map(|(_, duration, _)| *duration).sum();
        println!("         {:32} {:>12}", "together", shell::seconds(total));
        for (name, lines) in &self.closings {
            println!("\n=== {name}, as its runner closed");
            for line in lines {
                println!("{line}");
            }
        }
    }
}

/// Runs a test runner with its output passed on; keeps what it counts at the end, and the names of what failed.
fn watch(mut command: Command, closing: &mut Vec<String>) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child =
        command.stdout(Stdio::piped()).spawn().map_err(|error| format!("`{program}` did not start: {error}"))?;
    let stdout = child.stdout.take().expect("standard output was asked for");
    let mut out = std::io::stdout();
    for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).into_owned();
        // A closed terminal is no reason to stop the tests.
        let _ = writeln!(out, "{line}");
        if is_closing(&line) {
            closing.push(line);
        }
    }
    let status = child.wait().map_err(|error| format!("`{program}` was lost: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("tests failed ({status}), see above")) }
}

/// libtest's and the wasm runner's "test result: ...", Node's counts, and either one's lines about a failed test.
fn is_closing(line: &str) -> bool {
    const NODE_COUNTS: [&str; 7] = ["tests", "pass", "fail", "cancelled", "skipped", "todo", "duration_ms"];
    if line.starts_with("test result:") || line.trim_end().ends_with("... FAILED") || line.starts_with('✖') {
        return true;
    }
    let Some(count) = line.strip_prefix('ℹ').or_else(|| line.strip_prefix('#')) else { return false };
    let mut words = count.split_whitespace();
    words.next().is_some_and(|word| NODE_COUNTS.contains(&word))
        && words.next().is_some_and(|number| number.parse::<f64>().is_ok())
        && words.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::is_closing;

    #[test]
    fn a_runners_closing_lines_are_told_from_its_chatter() {
        for line in [
            "test result: ok. 3 passed; 0 failed",
            "test engine::math ... FAILED",
            "ℹ pass 12",
            "# duration_ms 81.2",
            "✖ opens a link (12ms)",
        ] {
            assert!(is_closing(line), "{line}");
        }
        for line in ["test engine::math ... ok", "# Subtest: loads", "ℹ a remark", "✔ loads (3ms)", ""] {
            assert!(!is_closing(line), "{line}");
        }
    }
}
