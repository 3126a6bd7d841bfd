//! What writers keep under `www/`: read, checked, and given as the files of the course.
//!
//! A built site serves these files (`xtask/src/site/texts.rs`), native programs carry them within (`build/main.rs`): the
//! same text, read by the same code (`src/lesson/catalog.rs`, `src/glossary.rs`). `tests/it/www.rs` runs this on folders
//! of its own.

pub mod glossary;
pub mod lessons;
#[path = "../../src/lesson/marks.rs"]
mod marks;
pub mod prose;
pub mod scenarios;

use std::{fmt, fs, io, path::Path};

use serde::Serialize;
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

/// Everything below `www/`, checked.
#[derive(Debug)]
pub struct Course {
    /// All terms as JSON.
    pub glossary: String,
    /// In the order of the course.
    pub chapters: Vec<lessons::Chapter>,
    /// In the order of the course.
    pub lessons: Vec<lessons::Lesson>,
    /// In the order of the gallery.
    pub scenarios: Vec<scenarios::Scenario>,
}

/// A file of the course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    pub name: String,
    /// JSON.
    pub text: String,
}

/// The list of everything: what can be shown without any other file.
#[derive(Serialize)]
struct Index<'a> {
    chapters: &'a [lessons::Chapter],
    lessons: Vec<IndexedLesson<'a>>,
    scenarios: Vec<IndexedScenario<'a>>,
    /// Name of the glossary's file.
    glossary: String,
}

#[derive(Serialize)]
struct IndexedLesson<'a> {
    #[serde(flatten)]
    listing: &'a lessons::Listing,
    file: String,
}

#[derive(Serialize)]
struct IndexedScenario<'a> {
    id: &'a str,
    title: &'a str,
    notes: &'a str,
    file: String,
    /// Of the first alone, which is what a first visit shows: it comes with the list, without a file more to wait for.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<&'a str>,
}

impl Course {
    /// The files, the list of everything first. `name` makes a file's name from what it holds (`lesson-SLUG`) and its
    /// text.
    pub fn files(&self, name: impl Fn(&str, &str) -> String) -> Vec<File> {
        let mut files = Vec::new();
        let mut add = |what: &str, text: String| {
            let name = name(what, &text);
            files.push(File { name: name.clone(), text });
            name
        };
        let index = Index {
            chapters: &self.chapters,
            lessons: self
                .lessons
                .iter()
                .map(|lesson| IndexedLesson {
                    listing: &lesson.listing,
                    file: add(&format!("lesson-{}", lesson.listing.slug), lesson.json()),
                })
                .collect(),
            scenarios: self
                .scenarios
                .iter()
                .enumerate()
                .map(|(place, scenario)| IndexedScenario {
                    id: &scenario.id,
                    title: &scenario.title,
                    notes: &scenario.notes,
                    file: add(&format!("scenario-{}", scenario.id), scenario.run.clone()),
                    run: (place == 0).then_some(&scenario.run),
                })
                .collect(),
            glossary: add("glossary", self.glossary.clone()),
        };
        add("index", to_json(&index));
        files.rotate_right(1);
        files
    }
}

/// Reads everything below `www`.
///
/// # Errors
/// Everything that is wrong, file by file.
pub fn read(www: &Path) -> Result<Course, Vec<Problem>> {
    let mut problems = Vec::new();
    let glossary = Source::open(www, "glossary.toml", &mut problems);
    let terms = glossary.map(|source| glossary::read(&source, &mut problems)).unwrap_or_default();
    problems.sort();
    if !problems.is_empty() {
        // Every word that a lesson uses would seem to be missing.
        return Err(problems);
    }
    let scenarios = scenarios::read(www, &mut problems);
    let (chapters, lessons) = lessons::read(www, &terms, &mut problems);
    problems.sort();
    // A file that cannot be read is missed by everybody who needs it.
    problems.dedup();
    if problems.is_empty() {
        Ok(Course { glossary: glossary::json(&terms), chapters, lessons, scenarios })
    } else {
        Err(problems)
    }
}

fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain data is JSON")
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

    /// The text is JSON, and holds this.
    fn json<T: DeserializeOwned>(&self, problems: &mut Vec<Problem>) -> Option<T> {
        serde_json::from_str(&self.text)
            .map_err(|error| {
                let line = Some(error.line());
                problems.push(Problem { file: self.file.clone(), line, message: error.to_string() });
            })
            .ok()
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
