//! The map holds: ARCHITECTURE, `src/lib.rs` and the tree say the same.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn project() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    fs::read_to_string(project().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The lines of a section of ARCHITECTURE.md, up to the next of its rank.
fn section(architecture: &str, heading: &str) -> Vec<String> {
    let mut lines = architecture.lines().skip_while(|line| *line != heading);
    assert_eq!(lines.next(), Some(heading), "ARCHITECTURE.md has the section");
    lines.take_while(|line| !line.starts_with("## ")).map(str::to_owned).collect()
}

/// (module, layer, what it holds) of every row of a table of modules.
fn modules<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<(String, String, String)> {
    lines
        .filter_map(|line| {
            let cells: Vec<&str> = line.trim().trim_matches('|').split(" | ").map(str::trim).collect();
            let [name, layer, holds] = cells.as_slice() else { return None };
            layer.parse::<u8>().ok()?;
            let name = name.trim_matches(|sign| "[]`".contains(sign));
            Some((name.to_owned(), (*layer).to_owned(), (*holds).to_owned()))
        })
        .collect()
}

/// Names of the files and folders in `place` that are rooms: `flow.rs`, `pool/`.
fn rooms(place: &str) -> BTreeSet<String> {
    let entries = project().join(place).read_dir().unwrap_or_else(|error| panic!("{place}: {error}"));
    entries
        .filter_map(|entry| {
            let path = entry.expect("an entry can be read").path();
            let name = path.file_name()?.to_str()?.to_owned();
            if path.is_dir() {
                return (!matches!(name.as_str(), "bin" | "tests")).then(|| format!("{name}/"));
            }
            let is_room = name.ends_with(".rs") && !matches!(name.as_str(), "mod.rs" | "lib.rs" | "tests.rs");
            is_room.then_some(name)
        })
        .collect()
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn the_page_is_a_map_and_no_wall() {
    let bytes = read("ARCHITECTURE.md").len();
    assert!(bytes <= 14_000, "ARCHITECTURE.md has {bytes} bytes: mechanisms are told in their rooms");
}

#[test]
fn the_layers_are_those_of_the_library_and_of_the_tree() {
    let architecture = read("ARCHITECTURE.md");
    let told = modules(section(&architecture, "## Layers").iter().map(String::as_str));
    let library = read("src/lib.rs");
    let documented = modules(library.lines().filter_map(|line| line.strip_prefix("//! ")));
    assert_eq!(told, documented, "ARCHITECTURE's table of layers and that of src/lib.rs");

    let shown: BTreeSet<String> = told.into_iter().map(|(name, ..)| name).collect();
    let stem = |room: String| room.trim_end_matches(".rs").trim_end_matches('/').to_owned();
    let standing: BTreeSet<String> = rooms("src").into_iter().chain(rooms("sim/src")).map(stem).collect();
    assert_eq!(shown, standing, "the table of layers and the tree");
}

#[test]
fn the_code_map_names_every_room_and_no_other() {
    let architecture = read("ARCHITECTURE.md");
    let mut folders = 0;
    for line in section(&architecture, "## Code map").iter().filter(|line| line.starts_with("- ")) {
        let mut names = quoted(line);
        let place = names.next().expect("a line of the code map begins with a folder");
        assert!(project().join(place).is_dir(), "the code map names {place}, which is no folder");
        let named: BTreeSet<String> = names.map(str::to_owned).collect();
        for name in &named {
            assert!(Path::new(&project()).join(place).join(name).exists(), "{place} has no {name}");
        }
        // Folders whose rooms are all alike (one strategy, one fault, one panel each) are told in a word.
        if !named.is_empty() {
            folders += 1;
            assert_eq!(named, rooms(place), "the code map's line of {place} and the tree");
        }
    }
    assert!(folders >= 8, "the code map tells of {folders} folders only");
}

/// What the entry points point at is there.
#[test]
fn every_path_of_the_page_exists() {
    let architecture = read("ARCHITECTURE.md");
    for heading in ["## Entry points", "## Crates and programs"] {
        for line in section(&architecture, heading) {
            for path in quoted(&line).filter(|path| path.starts_with("src/") || path.starts_with("sim/")) {
                assert!(project().join(path).exists(), "ARCHITECTURE.md names {path}, which is not there");
            }
        }
    }
}
