//! What writers keep under `www/` is read by the build script. Here its reader runs on folders of the test's own: what
//! one file more comes to, and what is said about files with a mistake.

#[path = "../../build/course/mod.rs"]
mod course;

use std::fs;
use std::path::PathBuf;

use headroom::glossary::{GLOSSARY, Glossary};
use headroom::lesson::catalog::{CHAPTERS, Index, LESSONS, LessonFiles, Listing, SCENARIOS, Scene};
use headroom::lesson::text::{Block, Section, Span, Words, sections};

use course::{Course, glossary, prose, read};

/// A folder that stands for `www/`, deleted when dropped. It holds a glossary of one term, two chapters, a lesson in
/// the second, and two scenarios.
struct Www(PathBuf);

const PROSE: &str = "For editors.\n\n## The brief {#brief}\n\nMake it hold.\n";

impl Www {
    fn new(test: &str) -> Self {
        let www = Self(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test));
        // Left over from a test that did not come to its end.
        let _ = fs::remove_dir_all(&www.0);
        www.put("glossary.toml", "[arrival_rate]\nsymbol = \"λ\"\ndefinition = \"Requests per second.\"\n");
        let chapters = [("practice", "Practice", "5."), ("balancing", "Lab", ""), ("resilience", "Lab", "")];
        let chapters = chapters.map(|(id, lesson, prefix)| {
            format!("[[chapter]]\nid = \"{id}\"\ntitle = \"T\"\nsummary = \"S\"\nlesson = \"{lesson}\"\nprefix = \"{prefix}\"\n")
        });
        www.put("lessons/chapters.toml", &chapters.concat());
        www.lesson("two-choices", "balancing", 20);
        www.put("scenarios/order.toml", "order = [\n  \"one-queue\",\n]\n");
        www.put("scenarios/balancers.json", "{}");
        www.put("scenarios/one-queue.json", "{}");
        www
    }

    fn put(&self, file: &str, text: &str) {
        let path = self.0.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A whole lesson.
    fn lesson(&self, slug: &str, chapter: &str, order: u32) {
        self.put(
            &format!("lessons/{slug}/lesson.toml"),
            &format!(
                "chapter = \"{chapter}\"\norder = {order}\ntitle = \"Two looks\"\nteaches = [\"arrival_rate\"]\n\n\
                 [[step]]\nsection = \"brief\"\n\n[[hint]]\ntext = \"Look.\"\n\n\
                 [[solution]]\nname = \"two\"\nfile = \"solution.json\"\n\n\
                 [[solution]]\nname = \"three\"\nfile = \"solution-three.json\"\n"
            ),
        );
        self.put(&format!("lessons/{slug}/text.md"), PROSE);
        for file in ["start", "solution", "solution-three"] {
            self.put(&format!("lessons/{slug}/{file}.json"), "{}");
        }
    }

    /// Puts other words into a file.
    #[track_caller]
    fn change(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.0.join(file)).unwrap();
        assert!(text.contains(from), "{file} has {from}");
        self.put(file, &text.replacen(from, to, 1));
    }

    fn read(&self) -> Course {
        read(&self.0).unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    /// The file of this, under a plain name.
    fn file(&self, name: &str) -> String {
        let files = self.read().files(|what, _| what.to_owned());
        files.into_iter().find(|file| file.name == name).unwrap().text
    }

    /// Numbers and slugs of the lessons.
    fn lessons(&self) -> Vec<String> {
        let lessons = self.read().lessons.into_iter();
        lessons.map(|lesson| format!("{} {}", lesson.listing.number, lesson.listing.slug)).collect()
    }

    /// What is wrong, line by line.
    fn problems(&self) -> String {
        let problems = read(&self.0).unwrap_err();
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
        www.file("glossary"),
        r#"[{"id":"arrival_rate","name":"arrival rate","symbol":"λ","definition":"Requests per second.","formula":"","advice":""}]"#
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

#[test]
fn a_folder_is_a_lesson_and_numbers_have_no_gap() {
    let www = Www::new("a_folder_is_a_lesson");
    assert_eq!(www.lessons(), ["1 two-choices"]);
    www.lesson("breaker", "resilience", 10);
    www.lesson("flash-sale", "practice", 10);
    assert_eq!(www.lessons(), ["5.1 flash-sale", "1 two-choices", "2 breaker"]);
    // One more, in front of one that is there: nothing else is touched, and the rest counts on.
    www.lesson("slow-backend", "balancing", 10);
    assert_eq!(www.lessons(), ["5.1 flash-sale", "1 slow-backend", "2 two-choices", "3 breaker"]);
    fs::remove_dir_all(www.0.join("lessons/two-choices")).unwrap();
    assert_eq!(www.lessons(), ["5.1 flash-sale", "1 slow-backend", "2 breaker"]);
}

#[test]
fn a_lesson_s_file_holds_what_opening_it_takes_and_its_solutions_stand_apart() {
    let www = Www::new("a_lesson_s_file");
    www.change("lessons/two-choices/lesson.toml", "order = 20", "order = 20\nalso = [\"two\"]");
    let files = LessonFiles::from_json(&www.file("lesson-two-choices")).unwrap();
    let json = r#"{"chapter":"balancing","hint":[{"text":"Look."}],"slug":"two-choices","step":[{"section":"brief"}],"teaches":["arrival_rate"],"title":"Two looks"}"#;
    let prose = stored(PROSE).unwrap();
    assert_eq!(files, LessonFiles { json: json.to_owned(), start: "{}".to_owned(), prose });
    let solutions = &www.read().lessons[0].solutions;
    let solutions: Vec<(&str, &str)> = solutions.iter().map(|(name, file)| (&**name, &**file)).collect();
    assert_eq!(solutions, [("two", "solution.json"), ("three", "solution-three.json")]);
}

#[test]
fn the_list_names_everything_and_its_files_and_holds_the_first_scenario() {
    let www = Www::new("the_list");
    www.change(
        "lessons/two-choices/lesson.toml",
        "order = 20",
        "order = 20\nalso = [\"two\"]\nsummary = \"S\"\nminutes = 9",
    );
    www.put("scenarios/one-queue.json", r#"{"document":{"title":"One","notes":"Look.","seed":1}}"#);
    let files = www.read().files(|what, text| format!("{what}.{}", text.len()));
    let list = Index::from_json(&files[0].text).unwrap();
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    assert!(names[0].starts_with("index."), "{names:?}");
    let listing = Listing {
        slug: "two-choices".into(),
        number: "1".into(),
        also: vec!["two".into()],
        chapter: "balancing".into(),
        title: "Two looks".into(),
        summary: "S".into(),
        minutes: 9,
        file: names[1].into(),
    };
    assert_eq!(list.lessons, [listing]);
    assert_eq!((list.lesson("two"), list.lesson("three")), (list.lessons.first(), None));
    assert_eq!(list.name(&list.lessons[0]), "Lab 1");
    let run = www.read().scenarios[0].run.clone();
    let scene = |id: &str, title: &str, notes: &str, file: &str, run| Scene {
        id: id.into(),
        title: title.into(),
        notes: notes.into(),
        file: file.into(),
        run,
    };
    assert_eq!(
        list.scenarios,
        [scene("one-queue", "One", "Look.", names[2], Some(run)), scene("balancers", "", "", names[3], None)]
    );
    assert_eq!((list.glossary.as_str(), names.len()), (names[4], 5));
}

#[test]
fn what_is_wrong_with_a_lesson_is_told_with_its_file_its_line_and_a_remedy() {
    let www = Www::new("what_is_wrong_with_a_lesson");
    let toml = "lessons/two-choices/lesson.toml";
    let wrong = |change: &dyn Fn(), told: &str| {
        change();
        assert_eq!(www.problems(), told.replace("HERE", "www/lessons/two-choices") + "\n");
        fs::remove_dir_all(www.0.join("lessons/two-choices")).unwrap();
        www.lesson("two-choices", "balancing", 20);
    };
    let change = |from: &'static str, to: &'static str| move |www: &Www| www.change(toml, from, to);
    let edit = |from, to, told| wrong(&|| change(from, to)(&www), told);
    edit(
        "balancing",
        "balance",
        "HERE/lesson.toml:1: there is no chapter \"balance\": name one of practice, balancing, resilience, or add it to www/lessons/chapters.toml",
    );
    edit(
        "arrival_rate",
        "arrivals",
        "HERE/lesson.toml:4: the glossary has no \"arrivals\": add it to www/glossary.toml",
    );
    edit("chapter", "slug = \"two\"\nchapter", "HERE/lesson.toml:1: the folder's name is the slug: delete this line");
    edit("order = 20\n", "", "HERE/lesson.toml:1: missing field `order`");
    edit("title = ", "title ", "HERE/lesson.toml:3: key with no value, expected `=`");
    edit(
        "solution-three.json",
        "solution-four.json",
        "HERE/lesson.toml:18: there is no file solution-four.json: save the solution there, or delete this entry\n\
         HERE/solution-three.json: no [[solution]] of lesson.toml names this file: name it, or delete it",
    );
    edit("\"three\"", "\"two\"", "HERE/lesson.toml:17: two solutions are called \"two\": give one another name");
    edit("Look.", "Look at `d`.", "HERE/lesson.toml:10: a hint is plain text: leave its marks out");
    edit(
        "\"brief\"",
        "\"build\"",
        "HERE/lesson.toml:7: www/lessons/two-choices/text.md has no section \"build\": write it below `## Title {#build}`\n\
         HERE/text.md:3: no step shows the section \"brief\": name it in a [[step]] of lesson.toml",
    );
    wrong(
        &|| www.put("lessons/two-choices/start.json", "{\n"),
        "HERE/start.json:2: EOF while parsing an object at line 2 column 0",
    );
    for file in ["start.json", "text.md", "lesson.toml"] {
        wrong(
            &|| fs::remove_file(www.0.join("lessons/two-choices").join(file)).unwrap(),
            &format!("HERE/{file}: is missing: add it"),
        );
    }
}

#[test]
fn two_lessons_share_neither_place_nor_name() {
    let www = Www::new("two_lessons");
    www.lesson("three-choices", "balancing", 20);
    www.change("lessons/two-choices/lesson.toml", "order", "also = [\"three-choices\"]\norder");
    www.lesson("Breaker", "resilience", 20);
    assert_eq!(
        www.problems(),
        "www/lessons/Breaker: the folder's name is no slug: use small letters, digits and \"-\"\n\
         www/lessons/two-choices/lesson.toml:2: \"three-choices\" already leads to three-choices: choose another name\n\
         www/lessons/two-choices/lesson.toml:3: three-choices has the same order in this chapter: choose a number before or after it, such as 25\n"
    );
}

#[test]
fn a_file_is_a_scenario_and_comes_last_unless_it_has_a_place() {
    let www = Www::new("a_file_is_a_scenario");
    let ids = |www: &Www| -> Vec<String> { www.read().scenarios.into_iter().map(|scenario| scenario.id).collect() };
    assert_eq!(ids(&www), ["one-queue", "balancers"]);
    www.put("scenarios/another.json", "{}");
    assert_eq!(ids(&www), ["one-queue", "another", "balancers"]);
    www.change("scenarios/order.toml", "[\n", "[\n  \"balancers\", \"retries\",\n");
    www.put("scenarios/another.json", "{} {}");
    assert_eq!(
        www.problems(),
        "www/scenarios/another.json:1: trailing characters at line 1 column 4\n\
         www/scenarios/order.toml:2: there is no www/scenarios/retries.json: add it, or delete \"retries\" here\n"
    );
}

/// What a site serves is what native programs carry: each file, read as the page reads it, holds the very same.
#[test]
fn the_site_s_files_hold_what_comes_with_the_command() {
    let project = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let course = read(&project.join("www")).unwrap_or_else(|problems| panic!("{problems:?}"));
    let files = course.files(|what, text| format!("{what}-{}.json", text.len()));
    let text =
        |name: &str| files.iter().find(|file| file.name == name).unwrap_or_else(|| panic!("no {name}")).text.clone();
    let list = Index::from_json(&files[0].text).unwrap();
    assert_eq!(Glossary::from_json(&text(&list.glossary)).as_ref(), Ok(&*GLOSSARY));
    assert_eq!(list.lessons.len(), LESSONS.len());
    for (listing, embedded) in list.lessons.iter().zip(LESSONS.iter()) {
        let files = LessonFiles::from_json(&text(&listing.file)).unwrap();
        assert_eq!(&files, &**embedded, "{}", listing.slug);
        let lesson = files.lesson().unwrap();
        assert_eq!(
            (&listing.slug, &listing.chapter, &listing.title, &listing.summary, listing.minutes),
            (&lesson.slug, &lesson.chapter, &lesson.title, &lesson.summary, lesson.minutes)
        );
        assert_eq!(Listing { file: embedded.listing.file.clone(), ..listing.clone() }, *embedded.listing);
        let start = fs::read_to_string(project.join(format!("www/lessons/{}/start.json", listing.slug))).unwrap();
        assert_eq!(files.start, start);
    }
    assert_eq!(list.chapters, *CHAPTERS);
    assert_eq!(list.scenarios.len(), SCENARIOS.len());
    for (scene, embedded) in list.scenarios.iter().zip(SCENARIOS.iter()) {
        assert_eq!(text(&scene.file), embedded.json, "{}", scene.id);
        let document = embedded.run().unwrap().document;
        assert_eq!((scene.id.as_str(), &scene.title, &scene.notes), (embedded.id, &document.title, &document.notes));
    }
    let given: Vec<Option<&str>> = list.scenarios.iter().map(|scene| scene.run.as_deref()).collect();
    assert_eq!(given[0], Some(SCENARIOS[0].json));
    assert!(given[1..].iter().all(Option::is_none), "only the first comes with the list");
}

/// Prose as the build stores it; `Err`: what is wrong with it.
fn stored(text: &str) -> Result<String, Vec<String>> {
    let mut problems = Vec::new();
    let glossary = course::Source { file: "glossary.toml".into(), text: "[zone]\ndefinition = \"A place.\"".into() };
    let terms = glossary::read(&glossary, &mut problems);
    let source = course::Source { file: "text.md".into(), text: text.into() };
    let prose = prose::read(&source, &terms, &mut problems);
    if problems.is_empty() { Ok(prose.stored) } else { Err(problems.iter().map(ToString::to_string).collect()) }
}

#[test]
fn prose_comes_out_as_it_was_written() {
    let text = "For editors.\n\n## The brief {#brief}\n\nOne line\nand its end: 5 * 3.\n\nMore: **now, in a [place](zone)**, `x`.\n- a\n- b goes\n  on\n\n1. [first](zone)\n2. **`x`**\n\n## Next {#next-one}\nEnd.\n";
    let stored = stored(text).unwrap();
    let plain = |text| Span { words: Words::Text(text), strong: false };
    let strong = |words| Span { words, strong: true };
    let place = Words::Term { text: "place", id: "zone" };
    let first = Span { words: Words::Term { text: "first", id: "zone" }, strong: false };
    assert_eq!(
        sections(&stored),
        [
            Section {
                id: "brief",
                title: "The brief",
                blocks: vec![
                    Block::Paragraph(vec![plain("One line and its end: 5 * 3.")]),
                    Block::Paragraph(vec![
                        plain("More: "),
                        strong(Words::Text("now, in a ")),
                        strong(place),
                        plain(", "),
                        Span { words: Words::Code("x"), strong: false },
                        plain("."),
                    ]),
                    Block::List { numbered: false, items: vec![vec![plain("a")], vec![plain("b goes on")]] },
                    Block::List { numbered: true, items: vec![vec![first], vec![strong(Words::Code("x"))]] },
                ],
            },
            Section { id: "next-one", title: "Next", blocks: vec![Block::Paragraph(vec![plain("End.")])] },
        ]
    );
}

#[test]
fn prose_that_the_page_cannot_show_is_told_with_its_line() {
    let shown =
        ": write paragraphs, flat lists, **strong words**, `code`, [words](term), and sections `## Title {#id}`";
    for (text, told) in [
        ("No section.", "text.md:1: there is no section: begin one with `## Title {#id}`"),
        ("## Title\n\nText.", "text.md:1: a section needs an id that a step can name: `## Title {#id}`"),
        ("## {#a}\n\nText.", "text.md:1: the section \"a\" has no title: `## Title {#a}`"),
        ("\n## A {#a}\n\n## B {#b}\n\nText.", "text.md:2: the section \"a\" is empty: write it, or delete its heading"),
        ("## A {#a}\nText.\n## B {#a}\nText.", "text.md:3: two sections are called \"a\": give one another id"),
        (
            "## A {#a}\n\nIn a [place](place).",
            "text.md:3: the glossary has no \"place\": add it to www/glossary.toml, or name another term",
        ),
        ("## A {#a}\n\nSo *very*.", "text.md:3: emphasis is not shown$"),
        ("## A {#a}\n\nText.\n\n### B\n", "text.md:5: a heading of another level is not shown$"),
        ("## A {#a}\n\n| a | b |\n|---|---|\n| **c** | d |\n", "text.md:3: a table is not shown$"),
        ("## A {#a}\n\n- a\n  - b\n", "text.md:4: a list within a list is not shown$"),
        ("## A {#a}\n\n- a\n\n  b\n", "text.md:5: an item of a list has a second paragraph: make it one, or two items"),
        (
            "## A {#a}\n\nText.\n\n    x = 1\n",
            "text.md:5: a block of code (four spaces at the start of a line make one) is not shown$",
        ),
        ("## A {#a}\n\nText <b>so</b>.\n", "text.md:3: HTML is not shown$\ntext.md:3: HTML is not shown$"),
        ("## A {#a}\n\nText.\n\n<p>\nso\n</p>\n", "text.md:5: HTML is not shown$"),
        ("## A {#a}\n\nA line  \nand one.", "text.md:3: a line break within a paragraph: begin a new paragraph"),
        ("## A `b` {#a}\n\nText.", "text.md:1: code within a term or a title: leave one of them out"),
        ("## A {#a}\n\nText, [**so**](zone).", "text.md:3: a mark within a term or a title is not shown$"),
        ("## A {#a}\n\n> So.\n\n---\n", "text.md:3: a quotation is not shown$\ntext.md:5: a rule is not shown$"),
        ("## A {#a}\n\n![So](zone)", "text.md:3: an image is not shown$"),
        ("## A {#a}\n\nSo \u{1}.", "text.md:3: there is a control character: delete it"),
    ] {
        assert_eq!(stored(text).unwrap_err().join("\n"), told.replace('$', shown), "{text}");
    }
}
