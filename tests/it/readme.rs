//! What README and CONTRIBUTING say that can be tried or looked up is tried and looked up: complete code is built and
//! run, commands run, lists are those of the registries.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use headroom::lesson::catalog::{CHAPTERS, LESSONS, SCENARIOS};
use headroom::model::admission::shed;
use headroom::model::edge::EDGE_ENTRY;
use headroom::model::geography::REGIONS;
use headroom::model::params::{Entry, ParamKind};
use headroom::model::{balancer, fault, station};
use headroom::registry::KINDS;
use serde_json::Value;

use crate::lab::project;

fn document(name: &str) -> String {
    fs::read_to_string(project().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The code blocks of a language in a text, in order.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let open = format!("```{language}\n");
    let inside = text.split(open.as_str()).skip(1);
    inside.map(|rest| rest.split("\n```").next().expect("a block ends")).collect()
}

/// A section of a document, from its heading to the next.
fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let start = text.find(heading).unwrap_or_else(|| panic!("no section {heading}"));
    text[start..].split("\n## ").next().expect("it begins there")
}

/// The first path in backticks that ends so.
fn path_in_backticks<'a>(text: &'a str, ending: &str) -> &'a str {
    text.split('`').skip(1).step_by(2).find(|path| path.ends_with(ending)).expect("a path in backticks")
}

/// Writes only what differs, so that what was built stays built.
fn put(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|there| there == text) {
        return;
    }
    fs::create_dir_all(path.parent().expect("a file stands in a folder")).expect("a folder can be made");
    fs::write(path, text).expect("a file can be written");
}

/// The same files there as here, and no others.
fn mirror(here: &Path, there: &Path, except: &[PathBuf]) {
    fs::create_dir_all(there).expect("a folder can be made");
    for old in fs::read_dir(there).expect("it can be read").map(|entry| entry.expect("an entry").path()) {
        let name = old.file_name().expect("an entry has a name");
        if !here.join(name).exists() && !except.contains(&old) {
            let _ = if old.is_dir() { fs::remove_dir_all(&old) } else { fs::remove_file(&old) };
        }
    }
    for entry in fs::read_dir(here).expect("it can be read").map(|entry| entry.expect("an entry").path()) {
        let copy = there.join(entry.file_name().expect("an entry has a name"));
        if entry.is_dir() {
            mirror(&entry, &copy, except);
        } else if !except.contains(&copy) {
            put(&copy, &fs::read_to_string(&entry).expect("sources are text"));
        }
    }
}

/// A section of a manifest with its heading.
fn table<'a>(manifest: &'a str, heading: &str) -> &'a str {
    let start = manifest.find(heading).unwrap_or_else(|| panic!("no {heading}"));
    let rest = &manifest[start..];
    rest.find("\n[").map_or(rest, |end| &rest[..=end])
}

/// The strategy that README shows goes, as README says, into a copy of the crate; it builds there without a warning and
/// holds the contract of all strategies.
#[test]
fn the_balancer_that_readme_adds_builds_and_keeps_the_contract() {
    let readme = document("README.md");
    let section = section(&readme, "## Add a balancer");
    let (code, lines) = match blocks(section, "rust")[..] {
        [code, lines] => (code, lines),
        ref others => panic!("README shows a file and its two lines, not {others:?}"),
    };
    let (file, registry) = (path_in_backticks(section, "two_choices.rs"), path_in_backticks(section, "/mod.rs"));
    let (package, _) = file.split_once("/src/").expect("a path of a package");
    let (declares, enters) = lines.split_once('\n').expect("two lines");
    let before_comment = |line: &str| line.split("//").next().expect("code comes first").trim_end().to_owned();
    let (declares, enters) = (before_comment(declares), before_comment(enters));

    let copy = project().join("target/readme");
    let manifest = document("Cargo.toml");
    let lints = ["[workspace.lints.rust]", "[workspace.lints.clippy]"].map(|heading| table(&manifest, heading));
    let workspace = format!(
        "[workspace]\nmembers = [\"{package}\"]\nresolver = \"3\"\n\n[profile.dev]\nopt-level = 1\ndebug = false\n\n{}\n{}",
        lints[0], lints[1]
    );
    put(&copy.join("Cargo.toml"), &workspace);
    put(&copy.join("clippy.toml"), &document("clippy.toml"));
    if !copy.join("Cargo.lock").exists() {
        put(&copy.join("Cargo.lock"), &document("Cargo.lock"));
    }
    let (file, registry) = (copy.join(file), copy.join(registry));
    let tests = copy.join(package).join("tests");
    let manifest_copy = copy.join(package).join("Cargo.toml");
    mirror(
        &project().join(package),
        &copy.join(package),
        &[file.clone(), registry.clone(), tests.clone(), manifest_copy.clone()],
    );
    // The package's own tests stay behind, and what they alone need.
    let manifest = document(&format!("{package}/Cargo.toml"));
    let contract = document("tests/it/strategy_contracts.rs");
    let needs = table(&manifest, "[dev-dependencies]");
    let needed = |line: &&str| {
        let name = line.split(' ').next().expect("a line has a first word");
        name.starts_with('[') || (!name.is_empty() && contract.contains(&format!("{}::", name.replace('-', "_"))))
    };
    let kept: Vec<&str> = needs.lines().filter(needed).collect();
    put(&manifest_copy, &manifest.replace(needs, &format!("{}\n\n", kept.join("\n"))));

    assert!(!project().join(path_in_backticks(section, "two_choices.rs")).exists(), "README adds what is not there");
    put(&file, &format!("{code}\n"));
    let original = document(path_in_backticks(section, "/mod.rs"));
    let module = "\nmod ";
    let (before, inside) = original.split_once("REGISTRY: ").expect("there is a registry");
    assert!(before.contains(module), "there are other modules");
    let first = inside.lines().find(|line| line.trim_end().ends_with("::DESCRIPTOR,")).expect("it has an entry");
    let added = before.replacen(module, &format!("\n{declares}{module}"), 1)
        + "REGISTRY: "
        + &inside.replacen(first, &format!("    {enters}\n{first}"), 1);
    put(&registry, &added);
    let name = table(&manifest, "[package]").lines().find_map(|line| line.strip_prefix("name = ")).expect("a name");
    let name = name.trim_matches('"').replace('-', "_");
    put(
        &tests.join("contract.rs"),
        &format!(
            "{}\n\n#[test]\nfn the_new_one_is_held_too() {{\n    assert!(REGISTRY.iter().any(|one| one.entry.id == \"two-choices\"));\n}}\n",
            contract.replace("headroom::", &format!("{name}::"))
        ),
    );

    let output = Command::new(env!("CARGO"))
        .args(["test", "--quiet", "--offline", "--test", "contract"])
        .current_dir(&copy)
        .env("CARGO_TARGET_DIR", copy.join("target"))
        .env("RUSTFLAGS", "-D warnings")
        .env_remove("CARGO_PROFILE_TEST_OPT_LEVEL")
        .output()
        .expect("cargo runs this test, so it is there");
    let told = text(&output.stderr) + &text(&output.stdout);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("test result: ok") && !told.contains(" 0 passed"), "{told}");
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs a line of a shell where `headroom` is the built program, in a folder of its own with the stored scenarios.
fn shell(line: &str) -> Output {
    let folder = project().join("target/readme/shell");
    mirror(&project().join("www/scenarios"), &folder.join("www/scenarios"), &[folder.join("www/scenarios/ID.json")]);
    let draft = fs::read_to_string(project().join("www/scenarios/one-queue.json")).expect("it comes with Headroom");
    put(&folder.join("draft.json"), &draft);
    let program = Path::new(env!("CARGO_BIN_EXE_headroom")).parent().expect("it stands in a folder");
    let mut path = std::ffi::OsString::from(program);
    path.push(":");
    path.push(std::env::var_os("PATH").expect("there is a path"));
    Command::new("sh").args(["-ec", line]).current_dir(&folder).env("PATH", path).output().expect("there is a shell")
}

/// What a filter of `jq` reads, as paths from its input: `.windows[] | {name, p99: .times.p99}` reads `.windows[].name`
/// and `.windows[].times.p99`.
fn reads(filter: &str) -> Vec<String> {
    match filter.split_once('|') {
        None if filter.trim().starts_with('{') => {
            let fields = filter.trim().trim_matches(['{', '}']).split(',');
            let path = |field: &str| match field.split_once(':') {
                Some((_, path)) => path.trim().to_owned(),
                None => format!(".{}", field.trim()),
            };
            fields.map(path).collect()
        }
        None => vec![filter.trim().to_owned()],
        Some((first, rest)) => reads(rest).into_iter().map(|path| format!("{}{path}", first.trim())).collect(),
    }
}

/// Whether a path leads to something in every element that it goes through.
fn leads(value: &Value, path: &str) -> bool {
    let Some(rest) = path.strip_prefix('.') else {
        return match path.strip_prefix("[]") {
            Some(rest) => value.as_array().is_some_and(|all| !all.is_empty() && all.iter().all(|one| leads(one, rest))),
            None => path.is_empty() && !value.is_null(),
        };
    };
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    if end == 0 { leads(value, rest) } else { value.get(&rest[..end]).is_some_and(|inner| leads(inner, &rest[end..])) }
}

#[test]
fn filters_are_followed_to_what_they_read() {
    let value: Value =
        serde_json::from_str(r#"{"windows":[{"name":"a","time":{"p99":1}},{"name":"b","time":{}}]}"#).unwrap();
    let paths = reads(".windows[] | {name, p99: .time.p99}");
    assert_eq!(paths, [".windows[].name", ".windows[].time.p99"]);
    assert!(leads(&value, &paths[0]) && !leads(&value, &paths[1]), "one window has no p99");
    assert!(leads(&value, ".windows[]") && !leads(&value, ".other"));
}

/// Every line that begins with `headroom`, or runs it through Cargo, does what a reader who types it expects: it ends well,
/// and prints something or writes a file. What it pipes into `jq` has the fields that the filter reads.
#[test]
fn the_commands_of_the_documents_run() {
    let mut count = 0;
    for name in ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"] {
        let document = document(name);
        for line in blocks(&document, "console").iter().flat_map(|block| block.lines()) {
            let Some(line) = line.strip_prefix("$ ") else { continue };
            let line = line.split(" #").next().expect("the command comes first").trim_end();
            let line = match line.strip_prefix("cargo run ").and_then(|rest| rest.split_once("-- ")) {
                Some((_, arguments)) => format!("headroom {arguments}"),
                None => line.to_owned(),
            };
            if !line.starts_with("headroom ") {
                continue;
            }
            count += 1;
            let (command, filter) = match line.split_once(" | jq ") {
                Some((command, filter)) => (command, Some(filter.trim_start_matches("-r ").trim_matches('\''))),
                None => (line.as_str(), None),
            };
            let output = shell(command);
            assert!(output.status.success(), "{name}: {line}\n{}", text(&output.stderr));
            assert!(!output.stdout.is_empty() || command.contains(" > "), "{name}: {line} says nothing");
            if let Some(filter) = filter {
                let value: Value = serde_json::from_slice(&output.stdout).expect("what goes to jq is JSON");
                for path in reads(filter) {
                    assert!(leads(&value, &path), "{name}: {line}: there is no {path}");
                }
            }
        }
    }
    assert!(count >= 7, "the lines are found: {count}");
}

/// Every subcommand of README's table is one of the program's, and the kinds are those that can be listed.
#[test]
fn the_command_has_what_readme_says() {
    let readme = document("README.md");
    let section = section(&readme, "## The `headroom` command");
    let help = text(&shell("headroom help").stdout);
    let mut count = 0;
    for row in section.lines().filter_map(|line| line.strip_prefix("| `headroom ")) {
        let word = row.split([' ', '`']).next().expect("a command has a name");
        assert!(help.contains(word), "help does not know {word}");
        count += 1;
    }
    assert!(count >= 8, "the rows are found: {count}");
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.word).collect();
    let said = format!("`KIND` is one of {}.", kinds.join(", "));
    assert!(section.contains(&said), "README should say: {said}");
}

/// Names of what can be chosen for a parameter, without "Off" and its like.
fn options(entry: &Entry, key: &str) -> Vec<&'static str> {
    let spec = entry.params.iter().find(|spec| spec.key == key).unwrap_or_else(|| panic!("no {key}"));
    let ParamKind::Variant { registry, .. } = spec.kind else { panic!("{key} is no choice of entries") };
    names(registry())
}

/// Without what is wrong on purpose.
fn names(entries: Vec<&'static Entry>) -> Vec<&'static str> {
    let entries = entries.into_iter().filter(|entry| !entry.defect);
    entries.map(|entry| entry.name).filter(|name| !matches!(*name, "Off" | "None" | "Not modelled")).collect()
}

fn kind(id: &str) -> &'static Entry {
    &station::find(id).expect("a kind of station").entry
}

/// What README says there is, is what there is: the rows that a registry knows, word for word.
#[test]
fn the_lists_of_readme_are_those_of_the_registries() {
    let (source, service, gateway) = (kind("source"), kind("service"), kind("gateway"));
    let stations = station::REGISTRY.iter().map(|kind| kind.entry.name).collect();
    let faults = fault::REGISTRY.iter().map(|kind| kind.entry.name).collect();
    let shedding = shed::REGISTRY.iter().map(|kind| kind.entry.name).collect();
    let connection = EDGE_ENTRY.params.iter().map(|spec| spec.label).collect();
    let rows: Vec<(&str, Vec<&str>)> = vec![
        ("Stations", stations),
        ("Clients", options(source, "arrivals")),
        ("Load", options(source, "profile")),
        ("Times", options(service, "service_time")),
        ("Balancing", names(balancer::entries())),
        ("Connections", connection),
        ("Waits before a retry", options(&EDGE_ENTRY, "backoff")),
        ("Retry budgets", options(&EDGE_ENTRY, "retry_budget")),
        ("Hedging", options(&EDGE_ENTRY, "hedging")),
        ("Circuit breakers", options(&EDGE_ENTRY, "breaker")),
        ("Open calls", options(&EDGE_ENTRY, "bulkhead")),
        ("Rate limits", options(gateway, "rate_limit")),
        ("Load shedding", shedding),
        ("Who is next", options(service, "discipline")),
        ("Scaling", options(service, "scaler")),
        ("Faults", faults),
    ];
    let readme = document("README.md");
    let mut wrong: Vec<String> = rows
        .iter()
        .map(|(what, names)| format!("| {what} | {} |", names.join(" · ")))
        .filter(|row| !readme.lines().any(|line| line == row))
        .collect();
    let lessons = CHAPTERS.iter().map(|chapter| {
        let of_chapter = LESSONS.iter().filter(|files| files.lesson().expect("it can be read").chapter == chapter.id);
        format!("{} ({})", chapter.title, of_chapter.count())
    });
    let begin = format!(
        "| To begin with | {} scenarios; {} lessons, each with a graded examination: {} |",
        SCENARIOS.len(),
        LESSONS.len(),
        lessons.collect::<Vec<_>>().join(" · ")
    );
    let places = format!("ways between {} regions as measured", REGIONS.len());
    wrong.extend([begin, places].into_iter().filter(|words| !readme.contains(words)));
    assert!(wrong.is_empty(), "README should say:\n{}", wrong.join("\n"));
}

/// Of the project's own commands: what they name exists.
#[test]
fn the_projects_commands_name_what_exists() {
    let xtask: String = fs::read_dir(project().join("xtask/src"))
        .expect("it can be read")
        .map(|file| file.expect("an entry").path())
        .filter(|path| path.is_file())
        .map(|path| fs::read_to_string(path).expect("sources are text"))
        .collect();
    let tests = |folder: &str, word: &str| {
        let mut files = fs::read_dir(project().join(folder)).expect("it can be read");
        files.any(|file| file.expect("an entry").file_name().to_string_lossy().contains(word))
    };
    let mut count = 0;
    for name in ["README.md", "CONTRIBUTING.md"] {
        let document = document(name);
        for line in blocks(&document, "console").iter().flat_map(|block| block.lines()) {
            let words: Vec<&str> = line.split_whitespace().take_while(|word| !word.starts_with('#')).collect();
            let exists = match words[..] {
                ["$", "cargo", "test", "--test", "it", word] => tests("tests/it", word),
                ["$", "cargo", "xtask", "test", "e2e", word] => tests("tests/e2e", word),
                ["$", "cargo", "xtask", ref words @ ..] => {
                    words.iter().all(|word| xtask.contains(&format!("\"{word}\"")))
                }
                _ => continue,
            };
            assert!(exists, "{name}: {line}");
            count += 1;
        }
    }
    assert!(count >= 5, "the lines are found: {count}");
}
