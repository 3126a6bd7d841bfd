//! `cargo xtask bench`: what the simulation can do, beside its references, in one invocation.
//!
//! The "cluster" workload four ways: through the product's own model natively and as wasm under Node, on a bare heap and
//! generator (the physical limit), and in SimPy. Ratios are printed beside the goals; nothing fails, since a slow or
//! busy machine is no bug.

use std::fs;

use crate::{setup, shell};

/// Requests per second of the product over those of the bare kernel, natively.
const GOAL_NATIVE: f64 = 0.35;
/// Requests per second of the product as wasm over those natively.
const GOAL_WASM: f64 = 0.5;
/// Frames per second of the page, median.
const GOAL_FRAMES: f64 = 30.0;
const SIMPY: &str = "4.1.1";

/// What one program reported.
struct Figures {
    label: String,
    per_second: f64,
    mean_secs: f64,
    p99_secs: f64,
}

pub fn run(options: &[&str]) -> Result<(), String> {
    match options {
        [] => {}
        ["load"] => {
            setup::build()?;
            crate::serve::build()?;
            return load();
        }
        _ => return Err(format!("`bench` knows `load` alone, not `{}`", options.join(" "))),
    }
    setup::build()?;
    println!("open Poisson, round robin over 10 services x 8 slots, exponential service of 1 s, utilization 0.8,");
    println!("50 ms each way; the median of several runs:\n");
    println!("{:<24} {:>12} {:>14} {:>9} {:>9}", "", "requests/s", "of the limit", "mean [s]", "p99 [s]");
    let bare = native("bare_kernel", "bare kernel, native")?;
    print_row(&bare, Some(&bare));
    let product = native("cluster", "Headroom, native")?;
    print_row(&product, Some(&bare));
    let bare_wasm = wasm("bare_kernel", "bare kernel, wasm")?;
    print_row(&bare_wasm, Some(&bare_wasm));
    let product_wasm = wasm("cluster", "Headroom, wasm")?;
    print_row(&product_wasm, Some(&bare_wasm));
    match simpy() {
        Ok(simpy) => print_row(&simpy, Some(&bare)),
        Err(reason) => println!("SimPy left out: {reason}"),
    }
    println!();
    print_goal("Headroom over the bare kernel, native", product.per_second / bare.per_second, GOAL_NATIVE);
    print_goal("Headroom as wasm over native", product_wasm.per_second / product.per_second, GOAL_WASM);
    frames()?;
    shell::run("node", &["benches/pan.mjs"])?;
    shell::run("node", &["benches/seek.mjs"])?;
    println!();
    load()
}

/// Bytes and seconds until the built page shows text, is alive and simulates, over slow lines in headless Chromium.
fn load() -> Result<(), String> {
    shell::run("node", &["benches/load.mjs"])
}

/// Frames per second of the built page in headless Chromium while its worker simulates 10,000 requests per second.
fn frames() -> Result<(), String> {
    crate::serve::build()?;
    let output = shell::output("node", &["benches/frames.mjs"])?;
    let number = |key: &str| -> Option<f64> {
        output.split_once(&format!("\"{key}\":"))?.1.split([',', '}']).next()?.trim().parse().ok()
    };
    let read =
        || Some((number("frames_per_second_median")?, number("frame_ms_p95")?, number("simulated_per_wall_second")?));
    let (median, p95, speed) = read().ok_or_else(|| format!("benches/frames.mjs printed no figures: {output}"))?;
    println!("the page at 10,000 simulated requests/s, drawn in software: {speed:.2} simulated s per s,");
    let verdict = if median >= GOAL_FRAMES { "reached" } else { "not reached" };
    println!("median {median:.0} frames/s (goal {GOAL_FRAMES}: {verdict}), 95 % of frames within {p95:.0} ms");
    Ok(())
}

fn print_row(figures: &Figures, limit: Option<&Figures>) {
    let share = limit.map_or(String::new(), |limit| format!("{:.3}", figures.per_second / limit.per_second));
    let Figures { label, per_second, mean_secs, p99_secs } = figures;
    println!("{label:<24} {:>12} {share:>14} {mean_secs:>9.3} {p99_secs:>9.2}", thousands(*per_second));
}

fn print_goal(what: &str, ratio: f64, goal: f64) {
    let verdict = if ratio >= goal { "reached" } else { "not reached" };
    println!("{what}: {ratio:.2} (goal {goal}: {verdict})");
}

/// 1234567 as "1,234,567".
fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn native(bench: &str, label: &str) -> Result<Figures, String> {
    let program = built(&["build", "--profile", "engine", "--bench", bench])?;
    figures(&shell::output(&program, &[])?, label)
}

/// As the worker ships: bound by wasm-bindgen, optimized for speed by wasm-opt.
fn wasm(bench: &str, label: &str) -> Result<Figures, String> {
    let target = ["--target", "wasm32-unknown-unknown", "--features", "api"];
    let program = built(&[&["build", "--profile", "engine", "--bench", bench], target.as_slice()].concat())?;
    let folder = shell::target_dir().join("bench-wasm");
    fs::create_dir_all(&folder).map_err(|error| format!("{} could not be made: {error}", folder.display()))?;
    // The project's own package.json says that .js files are modules; wasm-bindgen writes CommonJS.
    let manifest = folder.join("package.json");
    fs::write(&manifest, "{\"type\":\"commonjs\"}\n")
        .map_err(|error| format!("{} could not be written: {error}", manifest.display()))?;
    let folder = folder.display();
    let options = ["--target", "nodejs", "--out-dir", &folder.to_string(), "--out-name", bench];
    shell::output("wasm-bindgen", &[&[program.as_str()], options.as_slice()].concat())?;
    let bound = format!("{folder}/{bench}_bg.wasm");
    shell::output("wasm-opt", &["-O3", &bound, "--output", &bound])?;
    figures(&shell::output("node", &[&format!("{folder}/{bench}.js")])?, label)
}

/// Runs cargo and tells which program it built.
fn built(arguments: &[&str]) -> Result<String, String> {
    let messages = shell::output("cargo", &[arguments, &["--message-format", "json-render-diagnostics"]].concat())?;
    // The package's commands are built along.
    let benches = messages.lines().filter(|line| line.contains("\"kind\":[\"bench\"]"));
    let program = benches.rev().find_map(|line| text_field(line, "executable"));
    program.ok_or_else(|| format!("`cargo {}` names no program", arguments.join(" ")))
}

fn simpy() -> Result<Figures, String> {
    let library = shell::root().join(".tools/simpy");
    if !library.join("simpy").exists() {
        let (library, package) = (library.display().to_string(), format!("simpy=={SIMPY}"));
        shell::output("python3", &["-m", "pip", "install", "--quiet", "--target", &library, &package])
            .map_err(|error| format!("python3 with pip could not install it\n{error}"))?;
    }
    let mut command = shell::command("python3", &["benches/peers/cluster_simpy.py"]);
    let output = command.env("PYTHONPATH", &library).output().map_err(|error| format!("python3: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    figures(&String::from_utf8_lossy(&output.stdout), &format!("SimPy {SIMPY}"))
}

/// Reads the line of JSON that every one of the benchmark programs prints.
fn figures(output: &str, label: &str) -> Result<Figures, String> {
    let number = |key: &str| {
        let value = output.split_once(&format!("\"{key}\":"))?.1;
        value.split([',', '}']).next()?.trim().parse().ok()
    };
    let read = || Some((number("per_second")?, number("mean_secs")?, number("p99_secs")?));
    let (per_second, mean_secs, p99_secs) = read().ok_or_else(|| format!("{label} printed no figures: {output}"))?;
    Ok(Figures { label: label.to_owned(), per_second, mean_secs, p99_secs })
}

/// The text of a field in a line of JSON; paths as cargo prints them need no unescaping but for backslashes.
fn text_field(line: &str, key: &str) -> Option<String> {
    let value = line.split_once(&format!("\"{key}\":\""))?.1;
    Some(value.split('"').next()?.replace("\\\\", "\\"))
}
