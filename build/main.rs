//! Runs before the crate is compiled.
//!
//! Native programs and the JavaScript interface carry within what writers keep under `www/` (glossary, lessons,
//! scenarios): it is read, checked and embedded (`cfg(embeds_course)`), as the very files that a built site serves to the
//! page. Page and worker carry none of it, and are not built anew for it.
//!
//! Gives page and worker the same build id, so that a worker left in a cache is noticed at the handshake. The id is a
//! hash of everything both are made from. It is set for the browser programs only: a native build does not start anew
//! because a file of the page changed.

#![allow(clippy::print_stdout, reason = "a build script talks to Cargo in lines of text")]

mod course;
mod hash;

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use hash::Fnv1a;

/// What page and worker are made from, besides what stands in `www`.
const SOURCES: &[&str] = &["build", "src", "sim", "Cargo.toml", "Cargo.lock", "index.html"];

/// What writers keep: files that the page fetches.
const COURSE: &[&str] = &["www/glossary.toml", "www/lessons", "www/scenarios"];

fn main() -> io::Result<ExitCode> {
    println!("cargo:rerun-if-changed=build");
    println!("cargo::rustc-check-cfg=cfg(embeds_course)");
    println!("cargo::rustc-check-cfg=cfg(apart)");
    let wasm = env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|architecture| architecture == "wasm32");
    if !wasm || env::var_os("CARGO_FEATURE_API").is_some() {
        println!("cargo::rustc-cfg=embeds_course");
        if !embed_course()? {
            return Ok(ExitCode::FAILURE);
        }
    }
    // A quick build keeps the page's program in one piece.
    if wasm && env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rustc-cfg=apart");
        // Where it is cut is worked out from what refers to what.
        println!("cargo::rustc-link-arg-bin=app=--emit-relocs");
    }
    let browser = ["CARGO_FEATURE_UI", "CARGO_FEATURE_WORKER"].iter().any(|feature| env::var_os(feature).is_some());
    if browser {
        let mut hash = Fnv1a::new();
        for source in sources()? {
            println!("cargo:rerun-if-changed={}", source.display());
            add(&source, &mut hash)?;
        }
        let version = env::var("CARGO_PKG_VERSION").expect("Cargo sets the package version for build scripts");
        println!("cargo:rustc-env=HEADROOM_BUILD={version}-{:016x}", hash.0);
    }
    Ok(ExitCode::SUCCESS)
}

/// Everything that page and worker are made from, in a fixed order: all but the course.
fn sources() -> io::Result<Vec<PathBuf>> {
    let mut www = entries(Path::new("www"))?;
    www.retain(|path| !COURSE.iter().any(|course| path == Path::new(course)));
    Ok(SOURCES.iter().map(PathBuf::from).chain(www).collect())
}

/// Checks the course and writes what the crate includes. `false`: something under `www/` is wrong, and it has been said.
fn embed_course() -> io::Result<bool> {
    for source in COURSE {
        println!("cargo:rerun-if-changed={source}");
    }
    let course = match course::read(Path::new("www")) {
        Ok(course) => course,
        Err(problems) => {
            for problem in problems {
                println!("cargo::error={problem}");
            }
            return Ok(false);
        }
    };
    embed(&course)?;
    Ok(true)
}

/// The files of the course: `glossary.json`, all others as a table of (name, text), and the solutions, which no site
/// serves.
fn embed(course: &course::Course) -> io::Result<()> {
    let out = env::var_os("OUT_DIR").expect("Cargo sets the output folder for build scripts");
    let files = course.files(|what, _| format!("{what}.json"));
    let entry = |file: &course::File| format!("({:?}, {:?}),\n", file.name, file.text);
    let (glossary, files): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| file.name == "glossary.json");
    let files: String = files.iter().map(entry).collect();
    let solution = |slug: &str, (name, file): &(String, String)| {
        format!("({name:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/www/lessons/{slug}/{file}\"))),\n")
    };
    let lesson = |lesson: &course::lessons::Lesson| {
        let slug = &lesson.listing.slug;
        let solutions: String = lesson.solutions.iter().map(|stored| solution(slug, stored)).collect();
        format!("({slug:?}, &[\n{solutions}]),\n")
    };
    let solutions: String = course.lessons.iter().map(lesson).collect();
    for file in glossary {
        fs::write(Path::new(&out).join(file.name), file.text)?;
    }
    fs::write(Path::new(&out).join("course.rs"), format!("&[\n{files}]"))?;
    fs::write(Path::new(&out).join("solutions.rs"), format!("&[\n{solutions}]"))
}

/// What stands in a folder, in the order of its names.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    Ok(entries)
}

/// Adds a file, or a folder's files in the order of their names.
fn add(path: &Path, hash: &mut Fnv1a) -> io::Result<()> {
    if path.is_dir() {
        for entry in entries(path)? {
            add(&entry, hash)?;
        }
    } else {
        hash.add(path.to_string_lossy().as_bytes());
        hash.add(&fs::read(path)?);
    }
    Ok(())
}
