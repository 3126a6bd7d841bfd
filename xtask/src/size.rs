//! The size budget: what a learner downloads before anything moves.

use std::{fs, path::Path};

use crate::{shell, site};

const BUDGET: &str = "xtask/size-budget.txt";
/// What of the page has to stand in the budget; texts and pictures have not.
const WEIGHED: [&str; 4] = [".css", ".html", ".js", ".wasm"];
const FORMS: [&str; 3] = ["raw", "gzip", "brotli"];

/// A line of the budget: for all files of `dist/` together whose names match.
#[derive(Debug, PartialEq, Eq)]
struct Allowance {
    name: String,
    /// In bytes, by form.
    max: [u64; 3],
    /// Names, each with at most one star for anything: `app-*.wasm`.
    patterns: Vec<String>,
}

impl Allowance {
    fn names(&self, path: &str) -> bool {
        self.patterns.iter().any(|pattern| matches(pattern, name(path)))
    }
}

/// The last part of an address.
fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

pub fn check() -> Result<(), String> {
    let text = fs::read_to_string(shell::root().join(BUDGET))
        .map_err(|error| format!("{BUDGET} could not be read: {error}"))?;
    let budget = parse(&text)?;
    let files = site::files(&shell::root().join("dist"))?;
    complete(&budget, &files.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>())?;
    let mut over = Vec::new();
    println!("    {:10} {:>7} {:>9} of {:>9}", "kB", "", "is", "budget");
    for allowance in &budget {
        let mut sizes = [0; 3];
        for (_, file) in files.iter().filter(|(path, _)| allowance.names(path)) {
            for (sum, size) in sizes.iter_mut().zip(weigh(file)?) {
                *sum += size;
            }
        }
        for ((form, size), max) in FORMS.into_iter().zip(sizes).zip(allowance.max) {
            println!("    {:10} {form:>7} {:>9.1} of {:>9}", allowance.name, kilo(size), kilo(max));
            if size > max {
                over.push(format!("{} ({form})", allowance.name));
            }
        }
    }
    if over.is_empty() {
        Ok(())
    } else {
        Err(format!("over the budget: {}. Make it smaller, or raise {BUDGET} and say why", over.join(", ")))
    }
}

/// Bytes of a file by form; a form that was not written is no smaller than the file.
fn weigh(file: &Path) -> Result<[u64; 3], String> {
    let size = |suffix: &str| {
        let mut path = file.as_os_str().to_owned();
        path.push(suffix);
        fs::metadata(path).map(|found| found.len())
    };
    let raw = size("").map_err(|error| format!("{} could not be read: {error}", file.display()))?;
    Ok([raw, size(".gz").unwrap_or(raw), size(".br").unwrap_or(raw)])
}

/// Every line finds something, and every file that counts stands on one line.
fn complete(budget: &[Allowance], paths: &[&str]) -> Result<(), String> {
    if let Some(empty) = budget.iter().find(|allowance| !paths.iter().any(|path| allowance.names(path))) {
        return Err(format!(
            "dist/ holds nothing of what {BUDGET} calls {}: build it, or take the line out",
            empty.name
        ));
    }
    for path in paths.iter().filter(|path| WEIGHED.iter().any(|end| path.ends_with(end))) {
        match budget.iter().filter(|allowance| allowance.names(path)).count() {
            1 => {}
            0 => return Err(format!("{path} stands in no line of {BUDGET}: add it where it is loaded")),
            _ => return Err(format!("{path} is counted on two lines of {BUDGET}: name it on one")),
        }
    }
    Ok(())
}

/// Lines of `NAME RAW_KB GZIP_KB BROTLI_KB PATTERN…`; `#` starts a comment.
fn parse(text: &str) -> Result<Vec<Allowance>, String> {
    let lines =
        text.lines().map(|line| line.split('#').next().unwrap_or_default().trim()).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let wrong = || format!("{BUDGET}: `{line}` is not NAME RAW_KB GZIP_KB BROTLI_KB PATTERN…");
            let [name, raw, gzip, brotli, patterns @ ..] = &line.split_whitespace().collect::<Vec<_>>()[..] else {
                return Err(wrong());
            };
            if patterns.is_empty() {
                return Err(wrong());
            }
            let bytes =
                |kilobytes: &str| kilobytes.parse::<u64>().map(|kilobytes| kilobytes * 1000).map_err(|_| wrong());
            Ok(Allowance {
                name: (*name).to_owned(),
                max: [bytes(raw)?, bytes(gzip)?, bytes(brotli)?],
                patterns: patterns.iter().map(|pattern| (*pattern).to_owned()).collect(),
            })
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
fn kilo(bytes: u64) -> f64 {
    bytes as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::testing::Dist;

    const LINE: &str = "page 600 250 200 app-*.wasm *.css # as measured\n";

    #[test]
    fn a_budget_is_a_name_three_sizes_and_patterns() {
        let allowance = Allowance {
            name: "page".into(),
            max: [600_000, 250_000, 200_000],
            patterns: vec!["app-*.wasm".into(), "*.css".into()],
        };
        assert_eq!(parse(&format!("# kB\n{LINE}")), Ok(vec![allowance]));
        assert!(parse("page 600 250 200").is_err());
        assert!(parse("page 600 250 app.wasm app.js").is_err());
    }

    #[test]
    fn a_star_stands_for_anything() {
        assert!(matches("app-*_bg.wasm", "app-0f3a_bg.wasm"));
        assert!(!matches("app-*_bg.wasm", "worker_bg.wasm"));
        assert!(matches("worker.js", "worker.js"));
        assert!(!matches("worker.js", "worker.json"));
    }

    #[test]
    fn no_program_and_no_style_sheet_escapes_the_budget() {
        let budget = parse(LINE).expect("it is a budget");
        let told = |paths: &[&str]| complete(&budget, paths);
        assert_eq!(told(&["app-1.wasm", "css/a.css", "a.json"]), Ok(()));
        assert!(told(&["a.json"]).is_err_and(|told| told.contains("calls page")));
        assert!(
            told(&["app-1.wasm", "a.css", "worker.wasm"]).is_err_and(|told| told.contains("worker.wasm stands in no"))
        );
        let budget = parse(&format!("{LINE}more 1 1 1 app-*.wasm")).expect("it is a budget");
        let twice = complete(&budget, &["app-1.wasm", "a.css"]);
        assert!(twice.is_err_and(|told| told.contains("app-1.wasm is counted on two")));
    }

    #[test]
    fn a_file_weighs_what_a_host_sends() {
        let dist =
            Dist::new("size", &[("a.js", &[0; 90]), ("a.js.gz", &[0; 30]), ("a.js.br", &[0; 20]), ("b.js", &[0; 9])]);
        let weighed = |path: &str| weigh(&dist.path().join(path));
        assert_eq!(weighed("a.js"), Ok([90, 30, 20]));
        assert_eq!(weighed("b.js"), Ok([9, 9, 9]));
    }
}
