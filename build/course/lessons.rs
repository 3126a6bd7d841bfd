//! The lessons: `www/lessons/chapters.toml`, and a folder for each lesson.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::glossary::Terms;
use super::{Problem, Source, entries, is_id, prose, to_json};

/// A chapter as the list of lessons shows it.
#[derive(Debug, Serialize)]
pub struct Chapter {
    pub id: String,
    pub title: String,
    pub summary: String,
    /// What one of its lessons is called, before its number.
    pub lesson: String,
}

/// A lesson as the list of lessons shows it.
#[derive(Debug, Serialize)]
pub struct Listing {
    pub slug: String,
    /// As the course counts it.
    pub number: String,
    /// Other names by which links find it.
    pub also: Vec<String>,
    pub chapter: String,
    pub title: String,
    pub summary: String,
    pub minutes: u32,
}

/// A lesson with what opening it takes.
#[derive(Debug)]
pub struct Lesson {
    pub listing: Listing,
    /// `lesson.toml` as JSON, without what only the build reads.
    pub lesson: String,
    /// `start.json`, as the file holds it.
    pub start: String,
    /// As `prose.rs` stores it.
    pub prose: String,
    /// The stored solutions, as (name, file in the lesson's folder).
    pub solutions: Vec<(String, String)>,
}

impl Lesson {
    /// The lesson's file: all but its solutions, which no page asks for.
    pub fn json(&self) -> String {
        to_json(&Stored { lesson: &self.lesson, start: &self.start, prose: &self.prose })
    }
}

#[derive(Serialize)]
struct Stored<'a> {
    lesson: &'a str,
    start: &'a str,
    prose: &'a str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chapters {
    chapter: Vec<ChapterEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChapterEntry {
    id: Spanned<String>,
    title: String,
    summary: String,
    /// What one of its lessons is called, before its number. Chapters with the same word count on.
    lesson: String,
    /// Stands before the number, without a space.
    #[serde(default)]
    prefix: String,
}

/// What the build reads of `lesson.toml`; `src/lesson/mod.rs` reads the rest.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    title: String,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    minutes: u32,
    chapter: Spanned<String>,
    order: Spanned<i64>,
    #[serde(default)]
    also: Vec<Spanned<String>>,
    #[serde(default, rename = "solution")]
    solutions: Vec<Solution>,
    #[serde(default)]
    teaches: Vec<Spanned<String>>,
    #[serde(default, rename = "step")]
    steps: Vec<Step>,
    #[serde(default, rename = "hint")]
    hints: Vec<Hint>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Solution {
    name: Spanned<String>,
    file: Spanned<String>,
}

#[derive(Deserialize)]
struct Step {
    section: Spanned<String>,
}

#[derive(Deserialize)]
struct Hint {
    text: Spanned<String>,
}

/// Fields that only the build reads: the lesson's JSON goes without them.
const FOR_THE_BUILD: &[&str] = &["order", "also", "solution"];

/// A lesson as it was found.
struct Folder {
    slug: String,
    source: Source,
    head: Head,
    /// `lesson.toml` without what only the build reads.
    json: String,
    start: String,
    prose: String,
}

/// Gives chapters and lessons in the order of the course.
pub fn read(www: &Path, terms: &Terms, problems: &mut Vec<Problem>) -> (Vec<Chapter>, Vec<Lesson>) {
    let chapters = chapters(www, problems);
    let mut folders: Vec<Folder> = entries(www, "lessons", problems)
        .into_iter()
        .filter(|name| www.join("lessons").join(name).is_dir())
        .filter_map(|slug| folder(www, slug, terms, problems))
        .collect();
    let place = |folder: &Folder| {
        let chapter = chapters.iter().position(|chapter| chapter.id.as_ref() == folder.head.chapter.as_ref());
        (chapter, *folder.head.order.as_ref())
    };
    for Folder { source, head, .. } in folders.iter().filter(|folder| place(folder).0.is_none()) {
        let known: Vec<&str> = chapters.iter().map(|chapter| chapter.id.as_ref().as_str()).collect();
        let (chapter, known) = (head.chapter.as_ref(), known.join(", "));
        let message =
            format!("there is no chapter \"{chapter}\": name one of {known}, or add it to www/lessons/chapters.toml");
        problems.push(source.problem(head.chapter.span().start, message));
    }
    folders.sort_by_key(place);
    for pair in folders.windows(2).filter(|pair| place(&pair[0]) == place(&pair[1])) {
        let (first, second) = (&pair[0], &pair[1]);
        let message = format!(
            "{} has the same order in this chapter: choose a number before or after it, such as {}",
            first.slug,
            first.head.order.as_ref() + 5
        );
        problems.push(second.source.problem(second.head.order.span().start, message));
    }
    names_are_unique(&folders, problems);
    let lessons = counted(&chapters, folders);
    (chapters.into_iter().map(ChapterEntry::shown).collect(), lessons)
}

impl ChapterEntry {
    fn shown(self) -> Chapter {
        let Self { id, title, summary, lesson, .. } = self;
        Chapter { id: id.into_inner(), title, summary, lesson }
    }
}

fn chapters(www: &Path, problems: &mut Vec<Problem>) -> Vec<ChapterEntry> {
    let source = Source::open(www, "lessons/chapters.toml", problems);
    let Some((source, read)) = source.and_then(|source| source.toml::<Chapters>(problems).map(|read| (source, read)))
    else {
        return Vec::new();
    };
    let mut seen = BTreeSet::new();
    for id in read.chapter.iter().map(|chapter| &chapter.id) {
        if !is_id(id.as_ref(), '-') {
            problems.push(source.problem(id.span().start, format!("\"{}\" is not kebab-case", id.as_ref())));
        } else if !seen.insert(id.as_ref()) {
            problems.push(source.problem(id.span().start, format!("two chapters are called \"{}\"", id.as_ref())));
        }
    }
    read.chapter
}

/// Reads a folder; `None`: without its `lesson.toml` nothing more can be said of it.
fn folder(www: &Path, slug: String, terms: &Terms, problems: &mut Vec<Problem>) -> Option<Folder> {
    let here = format!("lessons/{slug}");
    if !is_id(&slug, '-') {
        let message = "the folder's name is no slug: use small letters, digits and \"-\"".to_owned();
        problems.push(Problem { file: format!("www/{here}"), line: None, message });
    }
    let source = Source::open(www, &format!("{here}/lesson.toml"), problems)?;
    let mut table: toml::Table = source.toml(problems)?;
    let head: Head = source.toml(problems)?;
    if table.contains_key("slug") {
        let at = source.text.find("slug").unwrap_or_default();
        problems.push(source.problem(at, "the folder's name is the slug: delete this line"));
    }
    for term in head.teaches.iter().filter(|term| !terms.contains_key(term.as_ref())) {
        let message = format!("the glossary has no \"{}\": add it to www/glossary.toml", term.as_ref());
        problems.push(source.problem(term.span().start, message));
    }
    for hint in head.hints.iter().filter(|hint| ["**", "`", "]("].iter().any(|mark| hint.text.as_ref().contains(mark)))
    {
        problems.push(source.problem(hint.text.span().start, "a hint is plain text: leave its marks out"));
    }
    let prose = Source::open(www, &format!("{here}/text.md"), problems)
        .map(|text| sections_are_shown(&source, &head, &text, terms, problems))
        .unwrap_or_default();
    let start = documents(www, &here, &source, &head, problems);
    for field in FOR_THE_BUILD {
        table.remove(*field);
    }
    table.insert("slug".to_owned(), slug.clone().into());
    let json = serde_json::to_string(&table).expect("TOML without dates is JSON too");
    Some(Folder { slug, source, head, json, start, prose })
}

/// Every step has its section, every section its step. Gives the prose as it is stored.
fn sections_are_shown(
    source: &Source,
    head: &Head,
    text: &Source,
    terms: &Terms,
    problems: &mut Vec<Problem>,
) -> String {
    let prose = prose::read(text, terms, problems);
    for section in head.steps.iter().map(|step| &step.section) {
        if !prose.sections.iter().any(|(_, id)| id == section.as_ref()) {
            let id = section.as_ref();
            let message = format!("{} has no section \"{id}\": write it below `## Title {{#{id}}}`", text.file);
            problems.push(source.problem(section.span().start, message));
        }
    }
    for (at, id) in &prose.sections {
        if !head.steps.iter().any(|step| step.section.as_ref() == id) {
            let message = format!("no step shows the section \"{id}\": name it in a [[step]] of lesson.toml");
            problems.push(text.problem(*at, message));
        }
    }
    prose.stored
}

/// `start.json` and the solutions are there, can be read as JSON, and nothing else lies about. Gives the start.
fn documents(www: &Path, here: &str, source: &Source, head: &Head, problems: &mut Vec<Problem>) -> String {
    const START: &str = "start.json";
    let mut names = BTreeSet::new();
    let mut files = BTreeSet::from([START.to_owned()]);
    for Solution { name, file } in &head.solutions {
        if !names.insert(name.as_ref()) {
            let message = format!("two solutions are called \"{}\": give one another name", name.as_ref());
            problems.push(source.problem(name.span().start, message));
        }
        if !www.join(here).join(file.as_ref()).is_file() {
            let message = format!("there is no file {}: save the solution there, or delete this entry", file.as_ref());
            problems.push(source.problem(file.span().start, message));
        } else if !files.insert(file.as_ref().clone()) {
            let message = format!("{} is named twice: each solution needs a file of its own", file.as_ref());
            problems.push(source.problem(file.span().start, message));
        }
    }
    if head.solutions.len() < 2 {
        let message = "a lesson needs two solutions that differ, each as [[solution]] with name and file";
        problems.push(Problem { file: source.file.clone(), line: None, message: message.to_owned() });
    }
    let mut start = String::new();
    for file in &files {
        if let Some(document) = Source::open(www, &format!("{here}/{file}"), problems) {
            let _: Option<serde::de::IgnoredAny> = document.json(problems);
            if file == START {
                start = document.text;
            }
        }
    }
    for stray in
        entries(www, here, problems).into_iter().filter(|name| name.ends_with(".json") && !files.contains(name))
    {
        let message = "no [[solution]] of lesson.toml names this file: name it, or delete it".to_owned();
        problems.push(Problem { file: format!("www/{here}/{stray}"), line: None, message });
    }
    start
}

/// Slugs and the other names by which links find a lesson.
fn names_are_unique(folders: &[Folder], problems: &mut Vec<Problem>) {
    let mut taken: BTreeMap<&str, &str> = folders.iter().map(|folder| (&*folder.slug, &*folder.slug)).collect();
    for Folder { slug, source, head, .. } in folders {
        for name in &head.also {
            if let Some(other) = taken.insert(name.as_ref(), slug) {
                let message = format!("\"{}\" already leads to {other}: choose another name", name.as_ref());
                problems.push(source.problem(name.span().start, message));
            }
        }
    }
}

/// Numbers the lessons, which stand in their order.
fn counted(chapters: &[ChapterEntry], folders: Vec<Folder>) -> Vec<Lesson> {
    let mut counted: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    let lesson = |Folder { slug, head, json, start, prose, .. }: Folder| {
        let chapter = chapters.iter().find(|chapter| chapter.id.as_ref() == head.chapter.as_ref())?;
        let count = counted.entry((&chapter.lesson, &chapter.prefix)).or_default();
        *count += 1;
        let listing = Listing {
            slug,
            number: format!("{}{count}", chapter.prefix),
            also: head.also.into_iter().map(Spanned::into_inner).collect(),
            chapter: head.chapter.into_inner(),
            title: head.title,
            summary: head.summary,
            minutes: head.minutes,
        };
        let solutions =
            head.solutions.into_iter().map(|Solution { name, file }| (name.into_inner(), file.into_inner()));
        Some(Lesson { listing, lesson: json, start, prose, solutions: solutions.collect() })
    };
    folders.into_iter().filter_map(lesson).collect()
}
