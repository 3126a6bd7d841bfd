//! The layer table of ARCHITECTURE.md and the house rules, checked on the source text.
//!
//! Text, not types: what a layer must not know, its code does not name. Comments may, to say why.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// What a layer must never name, and why.
struct Rule {
    /// Folders or files under the project.
    within: &'static [&'static str],
    /// Files with one of these endings.
    endings: &'static [&'static str],
    /// Files that are the one place for it.
    except: &'static [&'static str],
    never: &'static [&'static str],
    because: &'static str,
}

const LAYERS_0_AND_1: &[&str] = &["sim/src/engine", "sim/src/model", "src/topology"];

const LAYERS_0_TO_2: &[&str] = &[
    "sim/src/engine",
    "sim/src/model",
    "src/topology",
    "src/runner",
    "src/interop",
    "src/lesson",
    "src/editor",
    "src/drawings",
    "src/facet",
    "src/figure",
    "src/protocol",
    "src/conversation",
    "src/glossary.rs",
    "src/registry",
];

const RULES: &[Rule] = &[
    Rule {
        within: &["sim/src/engine"],
        endings: &[".rs"],
        except: &[],
        never: &["serde", "balancer", "lesson"],
        because: "the engine is a kernel: no formats, no stations, no lessons",
    },
    Rule {
        within: &["sim/src/engine", "sim/src/model"],
        endings: &[".rs"],
        except: &[],
        never: &["HashMap", "HashSet", "std::time", "Instant", "SystemTime", "getrandom", "thread_rng"],
        because: "same document and seed, same result: no random order, no clock, no entropy",
    },
    Rule {
        within: &["sim/src/engine", "sim/src/model"],
        endings: &[".rs"],
        except: &[],
        never: &[
            ".ln()",
            ".exp()",
            ".powf(",
            ".powi(",
            ".log10()",
            ".log2()",
            ".ln_1p()",
            ".exp_m1()",
            ".sin()",
            ".cos()",
            ".cbrt()",
        ],
        because: "std's functions differ between platforms: use engine::math (libm)",
    },
    Rule {
        within: &["sim/src/model"],
        endings: &[".rs"],
        except: &[],
        never: &["pixel", "color"],
        because: "the model knows no picture",
    },
    Rule {
        within: LAYERS_0_TO_2,
        endings: &[".rs"],
        except: &[],
        never: &["yew", "web_sys", "js_sys", "wasm_bindgen", "std::fs", "std::net", "std::env::", "println!"],
        because: "everything below the fronts is pure: no browser, no files",
    },
    Rule {
        within: &["sim/src/engine"],
        endings: &[".rs"],
        except: &[],
        never: &["crate::model", "crate::topology"],
        because: "no layer reaches up",
    },
    Rule {
        within: &["sim/src/model"],
        endings: &[".rs"],
        except: &[],
        never: &["crate::topology"],
        because: "the model knows plans, not documents",
    },
    Rule {
        within: &["src/facet", "src/figure"],
        endings: &[".rs"],
        except: &[],
        never: &["crate::runner", "crate::protocol", "crate::lesson", "crate::editor"],
        because: "no layer reaches up",
    },
    Rule {
        within: LAYERS_0_AND_1,
        endings: &[".rs"],
        except: &[],
        never: &[
            "crate::runner",
            "crate::facet",
            "crate::protocol",
            "crate::conversation",
            "crate::glossary",
            "crate::interop",
            "crate::lesson",
            "crate::registry",
            "crate::editor",
        ],
        because: "layers 0 and 1 use nothing of layer 2",
    },
    Rule {
        within: LAYERS_0_TO_2,
        endings: &[".rs"],
        except: &[],
        never: &["crate::ui", "crate::worker", "crate::api"],
        because: "no layer reaches up",
    },
    Rule {
        within: &["src", "sim/src"],
        endings: &[".rs"],
        except: &[],
        never: &["crate::{"],
        because: "the rules above look for `crate::layer`: one `use` for each layer",
    },
    Rule {
        within: &["src/worker", "src/api.rs"],
        endings: &[".rs"],
        except: &[],
        never: &["yew"],
        because: "only the page is drawn with Yew",
    },
    Rule {
        within: &["src/ui"],
        endings: &[".rs"],
        // Our own constant drawings.
        except: &["src/ui/kit/icons.rs"],
        never: &["style=", ".with_inner_html", "innerHTML", "set_inner_html", "from_html_unchecked"],
        because: "the content security policy blocks style attributes, and text must never become markup: classes, SVG attributes, or the CSSOM",
    },
    Rule {
        within: &["www", "index.html"],
        endings: &[".html", ".svg"],
        except: &[],
        never: &["style=", "<style", "onclick", "onload", "javascript:"],
        because: "the content security policy blocks inline styles and scripts",
    },
];

/// The endings of text files; `run` is `.ci/run`.
const TEXT: &[&str] = &[".rs", ".mjs", ".js", ".toml", ".md", ".html", ".css", ".json", ".py", ".txt", "run"];

#[test]
fn no_layer_names_what_it_must_not_know() {
    let mut broken = Vec::new();
    for rule in RULES {
        for place in rule.within {
            assert!(project().join(place).exists(), "{place} is gone: its rule would hold of nothing");
        }
        for file in rule.within.iter().flat_map(|place| files(place, rule.endings)) {
            if rule.except.contains(&file.as_str()) || is_test_file(&file) {
                continue;
            }
            for (line, text) in product_code(&read(&file)) {
                for word in rule.never.iter().filter(|word| names(text, word)) {
                    broken.push(format!("{file}:{line}: names `{word}` ({})", rule.because));
                }
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

/// A new module is held to its layer from its first line.
#[test]
fn every_module_stands_in_a_layer() {
    let fronts = ["src/ui", "src/worker", "src/api.rs", "src/bin", "src/lib.rs", "sim/src/lib.rs"];
    let strangers: Vec<String> = ["src", "sim/src"]
        .iter()
        .flat_map(|place| files(place, &[".rs"]))
        .filter(|file| !LAYERS_0_TO_2.iter().chain(&fronts).any(|place| file.starts_with(place)))
        .collect();
    assert!(strangers.is_empty(), "in no layer's rule: {strangers:?}");
}

/// A path of one machine means nothing on another.
#[test]
fn no_file_names_a_path_of_one_machine() {
    // Written in two halves, so that this file does not name them either.
    let paths = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/t", "mp/")];
    let places = [
        "src",
        "build",
        "sim",
        "www",
        "tests",
        "benches",
        "xtask",
        "index.html",
        "Trunk.toml",
        "Cargo.toml",
        ".ci",
        ".cargo",
    ];
    let documents = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];
    let mut found = Vec::new();
    for file in places.iter().chain(&documents).flat_map(|place| files(place, TEXT)) {
        let text = read(&file);
        found.extend(paths.iter().filter(|path| text.contains(**path)).map(|path| format!("{file} names {path}")));
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// What a newcomer looks for first is there, and what it points at too.
#[test]
fn the_documents_stand() {
    for file in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "docs/screenshot.png"] {
        assert!(project().join(file).is_file(), "{file} is missing");
    }
}

/// Dots are painted in one place, so that what a dot stands for is decided in one place.
#[test]
fn one_file_paints_on_the_canvas() {
    let painters: Vec<String> = ["src", "sim"]
        .iter()
        .flat_map(|place| files(place, &[".rs"]))
        .filter(|file| read(file).contains("CanvasRenderingContext2d"))
        .collect();
    assert!(painters.len() <= 1, "several files name CanvasRenderingContext2d: {painters:?}");
}

/// Lines of a file above which it hides more than one thing.
const LINES_MAX: usize = 600;

/// A file is read as a whole: what does not fit on a few screens is two files.
#[test]
fn no_file_is_too_long_to_read() {
    let product = |file: &String| !file.contains("/tests/") && !file.ends_with("/tests.rs");
    let long: Vec<String> = ["src", "sim/src", "xtask/src"]
        .iter()
        .flat_map(|place| files(place, &[".rs"]))
        .filter(|file| product(file))
        .map(|file| (read(&file).lines().count(), file))
        .filter(|(lines, _)| *lines > LINES_MAX)
        .map(|(lines, file)| format!("{file}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "above {LINES_MAX} lines, so split by what they are about: {long:#?}");
}

/// The first lines of a file tell a reader whether to read on.
#[test]
fn every_file_says_what_it_is_for() {
    let silent: Vec<String> = ["src", "build", "sim", "xtask/src", "tests", "benches"]
        .iter()
        .flat_map(|place| files(place, &[".rs"]))
        .filter(|file| !file.ends_with("/tests.rs") && !read(file).starts_with("//!"))
        .collect();
    assert!(silent.is_empty(), "without a first `//!` line: {silent:?}");
}

/// The numbered lines of a file, without comment lines and without the blocks `#[cfg(test)] mod NAME { … }`, which may
/// check against std. What else is under `#[cfg(test)]` (`mod tests;`, a field, a statement) ends nothing: it is read too.
fn product_code(text: &str) -> Vec<(usize, &str)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut code = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        if let Some(end) = end_of_test_block(&lines[at..]) {
            at += end;
        } else if !line.trim_start().starts_with("//") {
            code.push((at + 1, *line));
        }
        at += 1;
    }
    code
}

/// How many lines after the first the block of tests that begins there ends, if one begins there.
fn end_of_test_block(lines: &[&str]) -> Option<usize> {
    if lines.first()?.trim() != "#[cfg(test)]" {
        return None;
    }
    let head = lines.iter().position(|line| !line.trim_start().starts_with("#["))?;
    let name = lines[head].trim_start().trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ");
    if !(name.starts_with("mod ") && name.ends_with('{')) {
        return None;
    }
    let indent = &lines[head][..lines[head].len() - lines[head].trim_start().len()];
    // rustfmt puts the closing brace under the first letter of what it closes.
    let end = lines.iter().position(|line| line.strip_prefix(indent) == Some("}"));
    Some(end.expect("a block of tests ends"))
}

#[test]
fn code_below_a_module_of_tests_is_read() {
    let text = "\
//! What it is for.

#[cfg(test)]
mod tests;

use yew::prelude::*; // seen

struct Both {
    #[cfg(test)]
    seen: u32,
}

#[cfg(test)]
#[allow(clippy::float_cmp)]
mod small {
    fn unseen() {
        if true {}
    }
}

fn seen() {} // not a comment line
// unseen
#[cfg(test)]
mod more {
    const UNSEEN: &str = \"\";
}
const SEEN: u32 = 1;
";
    let read = product_code(text);
    let seen: Vec<usize> = read.iter().filter(|(_, line)| line.contains("seen")).map(|(line, _)| *line).collect();
    assert_eq!(seen, [6, 10, 21]);
    assert_eq!(read.last(), Some(&(27, "const SEEN: u32 = 1;")));
    assert!(read.iter().all(|(_, line)| !line.contains("unseen") && !line.contains("UNSEEN")));
}

/// Files of tests alone, by their name.
fn is_test_file(file: &str) -> bool {
    file.ends_with("/tests.rs") || file.ends_with("/testing.rs") || file.contains("/tests/")
}

/// What the rules pass over by its name is compiled for tests alone.
#[test]
fn files_that_are_called_tests_are_compiled_for_tests_alone() {
    let places = ["src", "sim/src"];
    for file in places.iter().flat_map(|place| files(place, &[".rs"])).filter(|file| is_test_file(file)) {
        // What stands in `tests/` is a part of it.
        let (folder, name) = match file.split_once("/tests/") {
            Some((folder, _)) => (folder, "tests"),
            None => file.trim_end_matches(".rs").rsplit_once('/').expect("it stands in a folder"),
        };
        let module = format!("mod {name};");
        let parents = [format!("{folder}/mod.rs"), format!("{folder}.rs")];
        let parent = parents.iter().find(|parent| project().join(parent).exists()).expect("a folder is a module");
        let parent = read(parent);
        let mut before = "";
        let mut declared = false;
        for line in parent.lines() {
            if line.ends_with(&module) {
                declared = true;
                assert_eq!(before.trim(), "#[cfg(test)]", "{file} is compiled into the product, but called tests");
            }
            before = line;
        }
        assert!(declared, "{file} belongs to no module");
    }
}

/// Whether the word is named: `yew` in `use yew::`, not in `yewish`; patterns that start with a sign match anywhere.
fn names(text: &str, word: &str) -> bool {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    text.match_indices(word).any(|(at, _)| {
        let starts = !word.starts_with(is_word) || !text[..at].ends_with(is_word);
        let ends = !word.ends_with(is_word) || !text[at + word.len()..].starts_with(is_word);
        starts && ends
    })
}

#[test]
fn a_word_is_named_only_when_it_stands_alone() {
    assert!(names("use yew::prelude::*;", "yew"));
    assert!(names("let y = x.powf(2.0);", ".powf("));
    assert!(!names("yewish", "yew"));
    assert!(!names("recolored", "color"));
}

fn project() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    fs::read_to_string(project().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The files under a place, as paths from the project, sorted. A place that does not exist yet has none.
fn files(place: &str, endings: &[&str]) -> Vec<String> {
    fn walk(path: &Path, found: &mut Vec<PathBuf>) {
        if path.is_dir() {
            for entry in path.read_dir().expect("a folder of the project can be read") {
                walk(&entry.expect("an entry can be read").path(), found);
            }
        } else if path.is_file() {
            found.push(path.to_path_buf());
        }
    }
    let mut found = Vec::new();
    walk(&project().join(place), &mut found);
    let mut files: Vec<String> = found
        .iter()
        .map(|path| path.strip_prefix(project()).expect("found under the project").to_string_lossy().replace('\\', "/"))
        .filter(|file| endings.iter().any(|ending| file.ends_with(ending)))
        .collect();
    files.sort();
    files
}
