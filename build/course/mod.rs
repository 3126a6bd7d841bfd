//! What writers keep under `www/`: read, checked, and written as Rust that the crate includes.
//!
//! The build script runs it on the project, `tests/it/www.rs` on folders of its own.

pub mod glossary;
mod lessons;
#[path = "../../src/lesson/marks.rs"]
mod marks;
pub mod prose;
mod scenarios;

use std::{fmt, fs, io, path::Path};

use serde::de::DeserializeOwned;

/// Something that a writer has to mend.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// From the project's folder.
    pub file: String,
    /// Counted from 1; `None`: the file as a whole.
    pub line: Option<usize>,
    /// What is wrong and what to do about it, in one line.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

/// Reads everything below `www`. Gives the files that the crate includes, as (name, text).
///
/// # Errors
/// Everything that is wrong, file by file.
pub fn read(www: &Path) -> Result<Vec<(&'static str, String)>, Vec<Problem>> {
    let mut problems = Vec::new();
    let glossary = Source::open(www, "glossary.toml", &mut problems);
    let terms = glossary.map(|source| glossary::read(&source, &mut problems)).unwrap_or_default();
    problems.sort();
    if !problems.is_empty() {
        // Every word that a lesson uses would seem to be missing.
        return Err(problems);
    }
    let mut files =
        vec![("glossary.rs", glossary::code(&terms)), ("scenarios.rs", scenarios::read(www, &mut problems))];
    files.extend(lessons::read(www, &terms, &mut problems));
    problems.sort();
    // A file that cannot be read is missed by everybody who needs it.
    problems.dedup();
    if problems.is_empty() { Ok(files) } else { Err(problems) }
}

/// The names in a folder below `www`, by the alphabet.
fn entries(www: &Path, folder: &str, problems: &mut Vec<Problem>) -> Vec<String> {
    let names = fs::read_dir(www.join(folder)).and_then(|entries| {
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect::<io::Result<Vec<_>>>()
    });
    let mut names = names.unwrap_or_else(|error| {
        problems.push(Problem {
            file: format!("www/{folder}"),
            line: None,
            message: format!("cannot be read: {error}"),
        });
        Vec::new()
    });
    names.sort();
    names
}

/// A file with its text.
pub struct Source {
    /// As [`Problem::file`].
    pub file: String,
    pub text: String,
}

impl Source {
    fn open(www: &Path, file: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        let read = fs::read_to_string(www.join(file));
        let file = format!("www/{file}");
        match read {
            Ok(text) => Some(Self { file, text }),
            Err(error) => {
                let message = match error.kind() {
                    io::ErrorKind::NotFound => "is missing: add it".to_owned(),
                    _ => format!("cannot be read: {error}"),
                };
                problems.push(Problem { file, line: None, message });
                None
            }
        }
    }

    /// Something wrong at a byte of the text.
    fn problem(&self, at: usize, message: impl Into<String>) -> Problem {
        let line = 1 + self.text[..at.min(self.text.len())].matches('\n').count();
        Problem { file: self.file.clone(), line: Some(line), message: message.into() }
    }

    /// The text is JSON.
    fn is_json(&self, problems: &mut Vec<Problem>) {
        if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&self.text) {
            problems.push(Problem { file: self.file.clone(), line: Some(error.line()), message: error.to_string() });
        }
    }

    fn toml<T: DeserializeOwned>(&self, problems: &mut Vec<Problem>) -> Option<T> {
        match toml::from_str(&self.text) {
            Ok(read) => Some(read),
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                problems.push(self.problem(at, error.message().replace('\n', " ")));
                None
            }
        }
    }
}

/// Ids of terms are words with `_` between, all others (`-`) are kebab-case.
fn is_id(text: &str, between: char) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == between;
    !text.is_empty() && !text.starts_with(between) && !text.ends_with(between) && text.chars().all(fits)
}
