//! What writers keep under `www/` is read by the build script. Here its reader runs on folders of the test's own: what
//! one file more comes to, and what is said about files with a mistake.

#[path = "../../build/course/mod.rs"]
mod course;

use std::fs;
use std::path::PathBuf;

use course::read;

/// A folder that stands for `www/`, deleted when dropped.
struct Www(PathBuf);

impl Www {
    fn new(test: &str) -> Self {
        let www = Self(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test));
        // Left over from a test that did not come to its end.
        let _ = fs::remove_dir_all(&www.0);
        www.put("glossary.toml", "[arrival_rate]\nsymbol = \"λ\"\ndefinition = \"Requests per second.\"\n");
        www
    }

    fn put(&self, file: &str, text: &str) {
        let path = self.0.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn code(&self, name: &str) -> String {
        let files = read(&self.0).unwrap();
        files.into_iter().find(|(file, _)| *file == name).unwrap().1
    }

    /// What is wrong, line by line.
    fn problems(&self) -> String {
        let problems = read(&self.0).map(|_| ()).unwrap_err();
        problems.iter().map(|problem| format!("{problem}\n")).collect()
    }
}

impl Drop for Www {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_term_needs_a_definition_and_takes_its_name_from_its_id() {
    let www = Www::new("a_term");
    assert_eq!(
        www.code("glossary.rs"),
        "&[\nTerm { id: \"arrival_rate\", name: \"arrival rate\", symbol: \"λ\", definition: \"Requests per second.\", \
         formula: \"\", advice: \"\" },\n]"
    );
}

#[test]
fn a_mistake_in_the_glossary_is_told_with_its_line() {
    let www = Www::new("a_mistake_in_the_glossary");
    www.put(
        "glossary.toml",
        "[zone]\ndefinition = \"A place.\"\n\n[area]\ndefinition = \"A part\"\n\n[Big]\ndefinition = \".\"\n",
    );
    assert_eq!(
        www.problems(),
        "www/glossary.toml:4: area stands after zone: put it before, by the alphabet\n\
         www/glossary.toml:4: area: the definition is no sentence: end it with a period\n\
         www/glossary.toml:7: \"Big\" is no id: use small letters, digits and \"_\"\n\
         www/glossary.toml:7: Big stands after area: put it before, by the alphabet\n"
    );
    www.put("glossary.toml", "[zone]\ndefinition = \"A place.\"\nadvise = \"Spread.\"\n");
    assert_eq!(
        www.problems(),
        "www/glossary.toml:3: unknown field `advise`, expected one of `name`, `symbol`, `definition`, `formula`, `advice`\n"
    );
    www.put("glossary.toml", "\n[zone]\nname = \"zone\"\n");
    assert_eq!(www.problems(), "www/glossary.toml:2: missing field `definition`\n");
}
