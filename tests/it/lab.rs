//! A lesson whose prose is held to its data: to its documents, to its goals, or to what its documents do.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use headroom::lesson::Lesson;
use headroom::lesson::catalog::{self, LESSONS};
use headroom::model::edge::EDGE_ENTRY;
use headroom::model::params::{Entry, Params, Value};
use headroom::model::read::Reader;
use headroom::model::station;
use headroom::runner::report::{Report, Span, StationReport};
use headroom::topology::document::{Document, EdgeId, NodeId, ScheduledFault};

use crate::lessons::{prose, read};

/// A lesson, its prose, and the parts of the prose that have been compared with something.
pub struct Lab {
    pub slug: &'static str,
    pub lesson: Lesson,
    pub start: Document,
    pub solutions: Vec<(&'static str, Document)>,
    prose: String,
    held: Vec<Range<usize>>,
}

impl Lab {
    /// What every lesson says of its examination is compared at once.
    pub fn open(slug: &str) -> Self {
        let files = catalog::lesson(slug).expect("the lesson exists");
        let (lesson, start, solutions) = read(files);
        let mut lab = Self { slug: files.slug, lesson, start, solutions, prose: prose(files.slug), held: Vec::new() };
        let (seeds, shift) = (lab.lesson.finals.seeds, lab.lesson.finals.fault_shift_secs);
        lab.hold(&format!("on {seeds} seeds"));
        assert_eq!(lab.lesson.finals.pass, seeds, "{slug}: every seed must pass");
        if shift > 0.0 {
            let minute = if shift == 60.0 { "1 minute".to_owned() } else { format!("{shift} seconds") };
            lab.hold(&format!("up to {minute} earlier or later"));
        }
        lab
    }

    #[track_caller]
    fn hold(&mut self, words: &str) {
        let places: Vec<_> = self.prose.match_indices(words).map(|(at, _)| at..at + words.len()).collect();
        assert!(!places.is_empty(), "{}: the prose does not say: {words}", self.slug);
        self.held.extend(places);
    }

    /// The prose says these words, and they are so: `so` compares each of their numbers with what it stands for.
    #[track_caller]
    pub fn says(&mut self, words: &str, so: bool) {
        self.hold(words);
        assert!(so, "{}: it is not so: {words}", self.slug);
    }

    /// The prose says these words, and the number that they give is right to within `tolerance`, a share of it.
    #[track_caller]
    pub fn claims(&mut self, words: &str, said: f64, found: f64, tolerance: f64) {
        self.hold(words);
        assert!(near(found, said, tolerance), "{}: \"{words}\" says {said}, but it is {found}", self.slug);
    }

    /// No number of the prose is left over, at any of the places where it stands.
    #[track_caller]
    pub fn is_checked(&self) {
        let inside =
            |number: &Range<usize>| self.held.iter().any(|held| held.start <= number.start && number.end <= held.end);
        let left_over: Vec<&str> = numbers(&self.prose)
            .into_iter()
            .filter(|number| !inside(number))
            .map(|number| {
                let line = self.prose[..number.start].rfind('\n').map_or(0, |at| at + 1);
                let from =
                    self.prose[line..number.start].char_indices().rev().nth(40).map_or(line, |(at, _)| line + at);
                let to =
                    self.prose[number.end..].char_indices().nth(30).map_or(self.prose.len(), |(at, _)| number.end + at);
                &self.prose[from..to]
            })
            .collect();
        assert!(left_over.is_empty(), "{}: numbers that nobody compared: {left_over:#?}", self.slug);
    }

    /// The stored solution.
    pub fn solution(&self) -> &Document {
        &self.solutions[0].1
    }

    /// The stored solution of which this is so.
    #[track_caller]
    pub fn solution_where(&self, so: impl Fn(&Document) -> bool) -> &Document {
        let mut found = self.solutions.iter().filter(|(_, design)| so(design));
        let (_, design) = found.next().unwrap_or_else(|| panic!("{}: no such solution", self.slug));
        assert!(found.next().is_none(), "{}: several such solutions", self.slug);
        design
    }

    /// The value of the goal for this metric, in this window (`""`: the whole run).
    #[track_caller]
    pub fn goal(&self, metric: &str, during: &str) -> f64 {
        let goals = self.lesson.goals.iter();
        let mut found = goals.filter(|goal| goal.metric == metric && goal.during.as_deref().unwrap_or("") == during);
        let goal = found.next().unwrap_or_else(|| panic!("{}: no goal for {metric} {during}", self.slug));
        assert!(found.next().is_none(), "{}: one goal for {metric} {during}", self.slug);
        goal.value
    }

    /// What the truth beside the bet is.
    pub fn truth(&self) -> f64 {
        let asked = self.lesson.prediction.as_ref().and_then(|asked| asked.number.as_ref());
        asked.expect("the lesson asks for a number").truth
    }

    /// A setting of the start, as [`setting`].
    #[track_caller]
    pub fn number(&self, role: &str, key: &str) -> f64 {
        setting(&self.start, role, key)
    }

    /// A setting of a connection of the start, as [`edge_setting`].
    #[track_caller]
    pub fn edge(&self, edge: u32, key: &str) -> f64 {
        edge_setting(&self.start, edge, key)
    }

    /// The first fault of a kind on the start's timetable.
    #[track_caller]
    pub fn fault(&self, kind: &str) -> &ScheduledFault {
        let found = self.start.faults.iter().find(|fault| fault.fault.kind == kind);
        found.unwrap_or_else(|| panic!("{}: no {kind} on the timetable", self.slug))
    }

    /// A parameter of the first fault of a kind.
    #[track_caller]
    pub fn fault_number(&self, kind: &str, key: &str) -> f64 {
        plain(self.fault(kind).fault.params.get(key))
    }

    /// Of the start's faults that multiply traffic by `factor`: when they begin, and how long they last [s].
    pub fn traffic(&self, factor: f64) -> (Vec<f64>, f64) {
        let of = |params: &Params| params.get("factor") == Some(&Value::Number(factor));
        let faults: Vec<_> = self.start.faults.iter().filter(|fault| of(&fault.fault.params)).collect();
        let span = faults.first().and_then(|fault| fault.for_secs).unwrap_or(f64::NAN);
        assert!(faults.iter().all(|fault| fault.for_secs == Some(span)), "{}: one span", self.slug);
        (faults.iter().map(|fault| fault.at_secs).collect(), span)
    }

    /// The start with one parameter of all stations of a kind changed.
    pub fn with(&self, kind: &str, key: &str, value: impl Into<Value> + Clone) -> Document {
        let mut document = self.start.clone();
        for node in document.nodes.values_mut().filter(|node| node.kind == kind) {
            Rc::make_mut(node).params.set(key, value.clone());
        }
        document
    }
}

/// A design with one setting of some connections changed.
pub fn with_edges(design: &Document, edges: &[u32], key: &str, value: impl Into<Value> + Clone) -> Document {
    let mut design = design.clone();
    for edge in edges {
        let edge = design.edges.get_mut(&EdgeId(*edge)).expect("the lab has this connection");
        Rc::make_mut(edge).params.set(key, value.clone());
    }
    design
}

/// A number, or the mean or rate of what has one, as the run reads it: what is not set has its default.
#[track_caller]
fn figure(entry: &Entry, params: &Params, key: &str) -> f64 {
    let spec = entry.params.iter().find(|spec| spec.key == key).unwrap_or_else(|| panic!("{}.{key}?", entry.id));
    match params.get(key).cloned().unwrap_or_else(|| spec.default_value()) {
        Value::Number(number) => number,
        Value::Variant(_) => {
            let (entry, chosen) = Reader::new(entry, params).variant(key);
            let of = ["mean", "rate"].into_iter().find(|key| entry.params.iter().any(|spec| spec.key == *key));
            entry.number(&chosen.params, of.unwrap_or_else(|| panic!("{} has no mean and no rate", entry.id)))
        }
        other => panic!("{}.{key} is no figure: {other:?}", entry.id),
    }
}

/// A cell of a table, or a parameter of a fault.
#[track_caller]
pub fn plain(value: Option<&Value>) -> f64 {
    match value {
        Some(Value::Number(number)) => *number,
        other => panic!("no figure: {other:?}"),
    }
}

fn of_node<'a>(design: &'a Document, role: &str) -> (&'static Entry, &'a Params) {
    let id = design.node_by_role(role).unwrap_or_else(|| panic!("no role {role}"));
    let node = &design.nodes[&id];
    (&station::find(&node.kind).expect("a kind of station").entry, &node.params)
}

/// What is set at the station with a role: a number, or the mean or rate of what has one.
#[track_caller]
pub fn setting(design: &Document, role: &str, key: &str) -> f64 {
    let (entry, params) = of_node(design, role);
    figure(entry, params, key)
}

/// A parameter of what is chosen at the station with a role; asserts that it is `id`.
#[track_caller]
pub fn part(design: &Document, role: &str, key: &str, id: &str, part: &str) -> f64 {
    let (entry, params) = of_node(design, role);
    let (entry, chosen) = Reader::new(entry, params).variant(key);
    assert_eq!(chosen.id, id, "{role}.{key}");
    figure(entry, &chosen.params, part)
}

/// What is set on a connection.
#[track_caller]
pub fn edge_setting(design: &Document, edge: u32, key: &str) -> f64 {
    figure(&EDGE_ENTRY, &design.edges[&EdgeId(edge)].params, key)
}

/// A parameter of what is chosen on a connection; asserts that it is `id`.
#[track_caller]
pub fn edge_part(design: &Document, edge: u32, key: &str, id: &str, part: &str) -> f64 {
    let (entry, chosen) = Reader::new(&EDGE_ENTRY, &design.edges[&EdgeId(edge)].params).variant(key);
    assert_eq!(chosen.id, id, "connection {edge}: {key}");
    figure(entry, &chosen.params, part)
}

/// The rows of a table of the station with an id.
#[track_caller]
pub fn rows<'a>(design: &'a Document, node: u32, key: &str) -> &'a [Value] {
    match design.nodes[&NodeId(node)].params.get(key) {
        Some(Value::List(rows)) => rows,
        other => panic!("{key} is no table: {other:?}"),
    }
}

/// Within `tolerance`, a share of what is said.
pub fn near(found: f64, said: f64, tolerance: f64) -> bool {
    (found - said).abs() <= tolerance * said.abs()
}

#[track_caller]
pub fn window<'a>(report: &'a Report, name: &str) -> &'a Span {
    report.window(name).unwrap_or_else(|| panic!("no window {name}"))
}

/// Answers in time, in a window [1/s].
#[track_caller]
pub fn goodput(report: &Report, name: &str) -> f64 {
    window(report, name).goodput.0
}

/// Share of all offered in a window.
#[track_caller]
pub fn answered(report: &Report, name: &str) -> f64 {
    window(report, name).answered_share.0
}

/// Over all offered in a window [s].
#[track_caller]
pub fn p99(report: &Report, name: &str) -> f64 {
    window(report, name).sojourn_time_offered.p99.0
}

#[track_caller]
pub fn station<'a>(span: &'a Span, role: &str) -> &'a StationReport {
    let found = span.stations.iter().find(|station| station.role.as_deref() == Some(role));
    found.unwrap_or_else(|| panic!("no station with the role {role}"))
}

/// Completed over arrived, of the clients with a role.
#[track_caller]
pub fn answered_of(report: &Report, name: &str, role: &str) -> f64 {
    let station = station(window(report, name), role);
    station.outcomes().completed as f64 / station.get("arrivals").0
}

/// What arrives at the station with a role, in a window [1/s].
#[track_caller]
pub fn arrivals(report: &Report, name: &str, role: &str) -> f64 {
    station(window(report, name), role).get("arrival_rate").0
}

/// Where the numbers of a text stand: `1,000`, `3.6`, `0.0136`. Digits of a name are none: `p99`, `M/M/1`, `m5.large`.
pub fn numbers(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let mut end = at;
        while end < bytes.len() && (bytes[end].is_ascii_digit() || matches!(bytes[end], b'.' | b',')) {
            end += 1;
        }
        let digits = text[at..end].trim_end_matches(['.', ',']).len();
        if at == 0 || !(bytes[at - 1].is_ascii_alphanumeric() || matches!(bytes[at - 1], b'/' | b'_')) {
            found.push(at..at + digits);
        }
        at = end;
    }
    found
}

pub fn project() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn numbers_are_found_where_they_stand() {
    let found = |text: &'static str| -> Vec<&str> { numbers(text).into_iter().map(|at| &text[at]).collect() };
    assert_eq!(found("at 1,000, 3.6 and 0.0136. p99 of M/M/1 on m5.large: 5"), ["1,000", "3.6", "0.0136", "5"]);
}

#[test]
#[should_panic(expected = "numbers that nobody compared")]
fn a_number_that_is_compared_in_one_place_only_is_left_over() {
    let mut lab = Lab::open("metastable-failure");
    lab.prose = "on 3 seeds, 5 of 3".to_owned();
    lab.held.clear();
    lab.hold("on 3 seeds");
    lab.hold("5 of");
    lab.is_checked();
}

/// The calls of a function in a text, each with its arguments.
fn calls(text: &str, name: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(&format!(".{name}(")) {
        let (mut arguments, mut depth, mut quoted, mut escaped) = (vec![String::new()], 0, false, false);
        for character in text[at + name.len() + 2..].chars() {
            let last = arguments.last_mut().expect("there is one");
            if quoted {
                last.push(character);
                quoted = escaped || character != '"';
                escaped = !escaped && character == '\\';
                continue;
            }
            match character {
                '"' => quoted = true,
                '(' | '[' | '{' => depth += 1,
                ')' if depth == 0 => break,
                ')' | ']' | '}' => depth -= 1,
                ',' if depth == 0 => {
                    arguments.push(String::new());
                    continue;
                }
                _ => {}
            }
            last.push(character);
        }
        arguments.retain(|argument| !argument.trim().is_empty());
        found.push(arguments);
    }
    found
}

/// Whether an expression depends on anything: `1.0 + 0.5 == 1.5` and `true` do not.
fn depends(expression: &str) -> bool {
    let words = expression.split(|character: char| !(character.is_alphanumeric() || matches!(character, '_' | '.')));
    let mut words = words.filter(|word| word.starts_with(|first: char| first.is_alphabetic() || first == '_'));
    words.any(|word| !matches!(word, "true" | "false" | "f64" | "as" | "u32" | "near"))
}

/// The texts of all tests in a folder and below it.
fn tests_in(folder: &Path) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(folder).expect("the tests' folder can be read");
    let paths = entries.map(|entry| entry.expect("an entry can be read").path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                return tests_in(&path);
            }
            let text = fs::read_to_string(&path).expect("a test can be read");
            vec![(path, text)]
        })
        .collect()
}

/// A check of the prose that is true by itself marks its numbers as compared, and compares nothing.
#[test]
fn every_check_of_the_prose_compares_with_something() {
    let mut empty = Vec::new();
    let mut count = 0;
    for (path, text) in tests_in(&project().join("tests/it")) {
        for (name, compared, arguments) in [("says", 1, 2), ("claims", 2, 4)] {
            for call in calls(&text, name) {
                count += 1;
                if call.len() != arguments || !depends(&call[compared]) {
                    empty.push(format!("{}: {name}({})", path.display(), call.join(",")));
                }
            }
        }
    }
    assert!(empty.is_empty(), "{empty:#?}");
    assert!(count > 400, "the checks are found: {count}");
}

#[test]
fn checks_that_compare_nothing_are_seen() {
    // Written with another sign, so that the check of this file does not see them.
    let text = r#"
        lab:says("on 3 (three) seeds, \"all\"", true);
        lab:says("1 + 1", 1.0 + 1.0 == 2.0);
        lab:says("a", lab.goal("x", "y") == 3.0);
        lab:says("one argument");
    "#;
    let text = text.replace(':', ".");
    let calls = calls(&text, "says");
    let so: Vec<bool> = calls.iter().map(|call| call.len() == 2 && depends(&call[1])).collect();
    assert_eq!(so, [false, false, true, false]);
}

/// Every lesson's prose is held to its data by some test, to its last number.
#[test]
fn every_lesson_is_held_to_its_data() {
    let tests: String = tests_in(&project().join("tests/it")).into_iter().map(|(_, text)| text).collect();
    let held = |slug: &str| {
        let open = format!("Lab::open(\"{slug}\")");
        tests.match_indices(&open).any(|(at, _)| {
            let rest = &tests[at..];
            rest[..rest.find("\n#[test]").unwrap_or(rest.len())].contains(".is_checked()")
        })
    };
    let free: Vec<&str> = LESSONS.iter().map(|files| files.slug).filter(|slug| !held(slug)).collect();
    assert!(free.is_empty(), "no test holds the prose of {free:?}");
}
