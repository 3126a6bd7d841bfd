//! Runs before the crate is compiled.
//!
//! Reads what writers keep under `www/` (glossary, lessons, scenarios), checks it, and hands it to the crate as data, so
//! that neither page nor worker carries a TOML or Markdown reader. Gives page and worker the same build id, so that a
//! worker left in a cache is noticed at the handshake.
//!
//! The id is a hash of everything both are made from. It is set for the browser programs only: a native
//! build does not start anew because a file of the page changed.

#![allow(clippy::print_stdout, reason = "a build script talks to Cargo in lines of text")]

mod course;

use std::{env, fs, io, path::Path, process::ExitCode};

/// What the two programs are made from.
const SOURCES: &[&str] = &["build", "src", "sim", "www", "Cargo.toml", "Cargo.lock", "index.html"];

fn main() -> io::Result<ExitCode> {
    println!("cargo:rerun-if-changed=build");
    if !write_course()? {
        return Ok(ExitCode::FAILURE);
    }
    let browser = ["CARGO_FEATURE_UI", "CARGO_FEATURE_WORKER"].iter().any(|feature| env::var_os(feature).is_some());
    if browser {
        let mut hash = Fnv1a::new();
        for source in SOURCES {
            println!("cargo:rerun-if-changed={source}");
            add(Path::new(source), &mut hash)?;
        }
        let version = env::var("CARGO_PKG_VERSION").expect("Cargo sets the package version for build scripts");
        println!("cargo:rustc-env=HEADROOM_BUILD={version}-{:016x}", hash.0);
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes what the crate includes. `false`: something under `www/` is wrong, and it has been said.
fn write_course() -> io::Result<bool> {
    for source in ["glossary.toml", "lessons", "scenarios"] {
        println!("cargo:rerun-if-changed=www/{source}");
    }
    let out = env::var_os("OUT_DIR").expect("Cargo sets the output folder for build scripts");
    match course::read(Path::new("www")) {
        Ok(files) => {
            for (name, text) in files {
                fs::write(Path::new(&out).join(name), text)?;
            }
            Ok(true)
        }
        Err(problems) => {
            for problem in problems {
                println!("cargo::error={problem}");
            }
            Ok(false)
        }
    }
}

/// Adds a file, or a folder's files in the order of their names.
fn add(path: &Path, hash: &mut Fnv1a) -> io::Result<()> {
    if path.is_dir() {
        let mut entries = fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
        entries.sort();
        for entry in entries {
            add(&entry, hash)?;
        }
    } else {
        hash.add(path.to_string_lossy().as_bytes());
        hash.add(&fs::read(path)?);
    }
    Ok(())
}

/// Fowler, Noll and Vo's 64-bit hash: stable across compilers, which std's hasher does not promise to be.
struct Fnv1a(u64);

impl Fnv1a {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
