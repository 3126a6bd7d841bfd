//! The size budget: what a learner downloads before anything moves.

use std::fs;

use miniz_oxide::deflate::compress_to_vec;

use crate::shell;

const BUDGET: &str = "xtask/size-budget.txt";
/// gzip's header and trailer around the deflated bytes.
const GZIP_FRAME: usize = 18;

/// A line of the budget, in bytes: for all files of `dist/` together whose names match.
#[derive(Debug, PartialEq, Eq)]
struct Allowance {
    /// A name, with at most one star for anything: `app-*.wasm`.
    pattern: String,
    raw_max: usize,
    gzipped_max: usize,
}

pub fn check() -> Result<(), String> {
    let text = fs::read_to_string(shell::root().join(BUDGET))
        .map_err(|error| format!("{BUDGET} could not be read: {error}"))?;
    let dist = shell::root().join("dist");
    let entries = fs::read_dir(&dist).map_err(|error| format!("dist/ could not be read: {error}"))?;
    let files: Vec<(String, std::path::PathBuf)> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path())))
        .collect();
    let mut over = Vec::new();
    println!("    {:20} {:>9} of {:>9} {:>9} of {:>9}", "kB", "raw", "budget", "gzipped", "budget");
    for allowance in parse(&text)? {
        let Allowance { pattern, raw_max, gzipped_max } = allowance;
        let (mut raw, mut gzipped, mut found) = (0, 0, false);
        for (_, path) in files.iter().filter(|(name, _)| matches(&pattern, name)) {
            let bytes = fs::read(path).map_err(|error| format!("{} could not be read: {error}", path.display()))?;
            raw += bytes.len();
            gzipped += compress_to_vec(&bytes, 9).len() + GZIP_FRAME;
            found = true;
        }
        if !found {
            return Err(format!("dist/ holds no {pattern}, which {BUDGET} names"));
        }
        println!(
            "    {pattern:20} {:>9.1} of {:>9} {:>9.1} of {:>9}",
            kilo(raw),
            kilo(raw_max),
            kilo(gzipped),
            kilo(gzipped_max)
        );
        if raw > raw_max || gzipped > gzipped_max {
            over.push(pattern);
        }
    }
    if over.is_empty() {
        Ok(())
    } else {
        Err(format!("over the budget: {}. Make it smaller, or raise {BUDGET} and say why", over.join(", ")))
    }
}

/// Lines of `PATTERN RAW_KB GZIPPED_KB`; `#` starts a comment.
fn parse(text: &str) -> Result<Vec<Allowance>, String> {
    let lines =
        text.lines().map(|line| line.split('#').next().unwrap_or_default().trim()).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let wrong = || format!("{BUDGET}: `{line}` is not PATTERN RAW_KB GZIPPED_KB");
            let [pattern, raw, gzipped] = line.split_whitespace().collect::<Vec<_>>()[..] else { return Err(wrong()) };
            let bytes =
                |kilobytes: &str| kilobytes.parse::<usize>().map(|kilobytes| kilobytes * 1000).map_err(|_| wrong());
            Ok(Allowance { pattern: pattern.to_owned(), raw_max: bytes(raw)?, gzipped_max: bytes(gzipped)? })
        })
        .collect()
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end),
        None => name == pattern,
    }
}

#[expect(clippy::cast_precision_loss, reason = "sizes shown to one decimal")]
fn kilo(bytes: usize) -> f64 {
    bytes as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::{Allowance, matches, parse};

    #[test]
    fn a_budget_is_a_pattern_and_two_sizes() {
        let allowance = Allowance { pattern: "app-*.wasm".into(), raw_max: 600_000, gzipped_max: 250_000 };
        assert_eq!(parse("# page\napp-*.wasm 600 250 # as measured\n"), Ok(vec![allowance]));
        assert!(parse("app-*.wasm 600").is_err());
        assert!(parse("app-*.wasm 600 many").is_err());
    }

    #[test]
    fn a_star_stands_for_anything() {
        assert!(matches("app-*_bg.wasm", "app-0f3a_bg.wasm"));
        assert!(!matches("app-*_bg.wasm", "worker_bg.wasm"));
        assert!(matches("worker.js", "worker.js"));
        assert!(!matches("worker.js", "worker.json"));
    }
}
