//! The course beside the page: lessons, scenarios and the glossary as files that the page fetches when they are wanted.
//!
//! Each name holds a hash of what the file holds, so that a browser may keep it for good. The name of the list of all of
//! them is written onto the tag that starts the page.

#[expect(dead_code, reason = "no site serves the solutions: they are for native programs")]
#[path = "../../../build/course/mod.rs"]
mod course;
#[path = "../../../build/hash.rs"]
mod hash;

use std::{env, fs, path::Path};

use course::File;
use hash::Fnv1a;

use crate::shell;

/// The folder of the files in the built page; `src/ui/course.rs` looks for them there.
const FOLDER: &str = "course";
/// What stands on the tag that starts the page (Trunk.toml), for the address of the list.
const ATTRIBUTE: &str = "data-course=\"";

/// For Trunk, which runs it on each page that it has built, before that page is finished; by hand: for `dist/`.
pub fn run() -> Result<(), String> {
    let www = shell::root().join("www");
    match env::var_os("TRUNK_STAGING_DIR") {
        Some(staged) => write(&www, Path::new(&staged)),
        None => {
            let dist = shell::root().join("dist");
            write(&www, &dist)?;
            super::finish_quickly(&dist)
        }
    }
}

/// Reads `www` and writes the files of the course into the built page in `dist`, in place of older ones.
fn write(www: &Path, dist: &Path) -> Result<(), String> {
    let course = course::read(www).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        format!("the course has mistakes:\n{}", lines.join("\n"))
    })?;
    let files = course.files(named);
    let folder = dist.join(FOLDER);
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| format!("{} cannot be renewed: {error}", folder.display()))?;
    }
    put(|| fs::create_dir_all(&folder), &folder)?;
    for File { name, text } in &files {
        let path = folder.join(name);
        put(|| fs::write(&path, text), &path)?;
    }
    let page = dist.join("index.html");
    let html = fs::read_to_string(&page).map_err(|error| format!("{} cannot be read: {error}", page.display()))?;
    let list = files.first().map(|file| format!("{FOLDER}/{}", file.name)).unwrap_or_default();
    let html = told(&html, &list).ok_or_else(|| {
        format!(
            "{} has no place for the address of the course: keep {ATTRIBUTE}\" on the tag of boot.js in Trunk.toml",
            page.display()
        )
    })?;
    put(|| fs::write(&page, html), &page)
}

fn put(write: impl FnOnce() -> std::io::Result<()>, path: &Path) -> Result<(), String> {
    write().map_err(|error| format!("{} cannot be written: {error}", path.display()))
}

/// A name for contents: another one as soon as a byte differs.
fn named(what: &str, text: &str) -> String {
    let mut hash = Fnv1a::new();
    hash.add(text.as_bytes());
    format!("{what}-{:016x}.json", hash.0)
}

/// The page with the list's address on its tag, and asking for the list while its program loads. `None`: there is no
/// such tag.
fn told(html: &str, list: &str) -> Option<String> {
    let (before, after) = html.split_once(ATTRIBUTE)?;
    let (_, after) = after.split_once('"')?;
    let html = format!("{before}{ATTRIBUTE}{list}\"{after}");
    // Another run of this step finds its own line.
    let (from, to) = ("<link rel=\"preload\" as=\"fetch\" crossorigin href=\"course/", "\" />");
    let asked = format!("{from}{}{to}", list.strip_prefix("course/")?);
    if let Some(start) = html.find(from) {
        let end = start + html[start..].find(to)? + to.len();
        return Some(format!("{}{asked}{}", &html[..start], &html[end..]));
    }
    // After what the first paint needs, before the programs, which boot.js asks for: it is small, and the page waits
    // for it.
    let (head, rest) = html.split_once("</head>")?;
    Some(format!("{head}{asked}</head>{rest}"))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::super::testing::Dist;
    use super::{named, told, write};

    #[test]
    fn a_name_follows_from_the_contents() {
        assert_eq!(named("index", ""), "index-cbf29ce484222325.json");
        assert_ne!(named("index", "{}"), named("index", "{ }"));
    }

    #[test]
    fn the_page_is_told_where_the_list_is_and_asks_for_it() {
        let html = "<head></head><script src=\"boot.js\" data-course=\"\" data-app=\"a\"></script>";
        let page = told(html, "course/index-1.json").unwrap();
        assert_eq!(
            page,
            "<head><link rel=\"preload\" as=\"fetch\" crossorigin href=\"course/index-1.json\" /></head>\
             <script src=\"boot.js\" data-course=\"course/index-1.json\" data-app=\"a\"></script>"
        );
        assert_eq!(told(&page, "course/index-2.json").unwrap(), page.replace("index-1", "index-2"));
        assert_eq!(told("<head></head><script src=\"boot.js\"></script>", "course/index-1.json"), None);
    }

    /// Every file is there, under the name of what it holds, and nothing else is.
    #[test]
    fn the_project_s_own_course_stands_beside_its_page() {
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let html = b"<head></head><script data-course=\"\"></script>";
        let dist = Dist::new("texts", &[("course/old.json", b""), ("index.html", html)]);
        write(&project.join("www"), dist.path()).unwrap();
        let mut found: Vec<String> = fs::read_dir(dist.path().join("course"))
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let (name, text) =
                    (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap());
                let what = name.rsplit_once('-').unwrap().0.to_owned();
                assert_eq!(named(&what, &text), name);
                what
            })
            .collect();
        found.sort();
        let mut expected = vec!["glossary".to_owned(), "index".to_owned()];
        for (folder, what, ending) in [("lessons", "lesson", ""), ("scenarios", "scenario", ".json")] {
            let names = fs::read_dir(project.join("www").join(folder)).unwrap();
            let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            expected.extend(
                names
                    .filter(|name| !name.ends_with(".toml"))
                    .map(|name| format!("{what}-{}", name.trim_end_matches(ending))),
            );
        }
        expected.sort();
        assert_eq!(found, expected);
    }
}
