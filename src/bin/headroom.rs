//! The `headroom` command: the same engine as the page, without a browser.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command talks on its terminal")]

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use headroom::lesson::{catalog, grade};
use headroom::model::params::{ParamKind, Params};
use headroom::registry;
use headroom::runner::{self, replications, report, what_if};
use headroom::topology::chaos;
use headroom::topology::document::{Diagnostic, Document, Place};
use headroom::topology::format::{ENGINE, Run, limits};
use headroom::topology::link;

const HELP: &str = "\
headroom: play with how systems scale, without a browser

  headroom run FILE|LINK|SCENARIO [--seed N] [--until SECS] [--seeds N] [--json]
      Runs it to its end and prints the report: totals, outcomes and their reasons, percentiles, stations, windows,
      trace hash. Equal trace hashes mean equal runs. A link replays the changes that were made while it ran.
        --seed N      another seed than the document's
        --seeds N     the means over the seeds 1 to N, with 95 % confidence intervals, instead of one report
        --until SECS  stop at this moment of simulated time
        --json        the report as JSON
  headroom grade LESSON FILE|LINK [--seeds N] [--json]
      Grades a design by the lesson's rules and goals, on its final seeds. Exits with 3 if it does not pass.
        --seeds N     on the seeds 1 to N instead; all must pass
  headroom profile FILE|LINK|SCENARIO [--seed N] [--json]
      Runs it to its end and tells where the time of every request went: stations by their share of all time in system
      on the critical path, each with what it went into. The shares are 100 % together.
        --seed N      another seed than the document's
  headroom check FILE|LINK|SCENARIO [--json]
      Names what stands in the way of a run, and what will surely not go as meant.
  headroom chaos FILE|LINK|SCENARIO [--seed N] [--number N] [--budget KEY=VALUE,...] [--kinds ID,...] [--json]
      Plans random faults within a budget, drawn from the seed and the number, and prints the file with them: run it,
      or make a link of it. Its own planned faults stay.
        --seed N      another seed than the document's, also for the run
        --number N    another composition under the same seed (1)
        --budget ...  faults=4 at most, at_once=1 in force, share=0.5 of the run, radius=replica|station|place
        --kinds ...   of `headroom list faults`; otherwise all
        --json        the planned faults alone
  headroom whatif FILE|LINK|SCENARIO --at NODE [--seed N] [--json]
      Runs it as it is and under the other scalers, with the same random numbers, and compares: p99 of the answered,
      answered share, minutes in which the objective was missed, cost, replica-hours.
        --at NODE     label or role of the station whose scaler is varied
        --seed N      another seed than the document's
        --json        the variations with their settings, figures, and curves
  headroom list KIND [--json]
      Everything that can be chosen, with parameters, units, ranges and defaults. KIND is one of
      stations, connections, strategies, distributions, profiles, backoffs, faults, metrics, scenarios, lessons.
  headroom link FILE [--page URL]
      Prints the file as a link: its fragment, or appended to the page's address.
  headroom open LINK
      Prints a link as a file.
  headroom help, headroom --version

FILE - reads standard input. SCENARIO is an id of `headroom list scenarios`.
Exit codes: 0 done; 1 the input cannot be used; 2 the command was not understood; 3 graded, not passed.
`headroom help json` documents every field of the JSON.
";

/// What went wrong: the exit code and what to say.
struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    fn input(message: impl Into<String>) -> Self {
        Self { code: 1, message: message.into() }
    }
    fn usage(message: impl Into<String>) -> Self {
        Self { code: 2, message: format!("{}\nTry `headroom help`.", message.into()) }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    match command(&arguments) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            eprintln!("headroom: {}", failure.message);
            ExitCode::from(failure.code)
        }
    }
}

fn command(arguments: &[String]) -> Result<u8, Failure> {
    let Some((verb, rest)) = arguments.split_first() else {
        return Err(Failure::usage("what shall it do?"));
    };
    match verb.as_str() {
        "run" => run(Arguments::read(rest, &["--seed", "--seeds", "--until"], &["--json"])?),
        "grade" => grade_design(Arguments::read(rest, &["--seeds"], &["--json"])?),
        "profile" => profile(Arguments::read(rest, &["--seed"], &["--json"])?),
        "check" => check(Arguments::read(rest, &[], &["--json"])?),
        "chaos" => chaos(Arguments::read(rest, &["--seed", "--number", "--budget", "--kinds"], &["--json"])?),
        "whatif" => what_if(Arguments::read(rest, &["--at", "--seed"], &["--json"])?),
        "list" => list(Arguments::read(rest, &[], &["--json"])?),
        "link" => make_link(Arguments::read(rest, &["--page"], &[])?),
        "open" => open_link(Arguments::read(rest, &[], &[])?),
        "help" if rest.iter().any(|word| word == "json") => print(&report::fields::text()),
        "help" | "--help" | "-h" => print(HELP),
        "--version" | "-V" => print(&format!("headroom {ENGINE}\n")),
        other => {
            let known = ["run", "profile", "grade", "check", "chaos", "whatif", "list", "link", "open", "help"];
            let meant = headroom::topology::format::nearest(other, &known);
            let meant = meant.map_or_else(String::new, |meant| format!(" Did you mean \"{meant}\"?"));
            Err(Failure::usage(format!("there is no command \"{other}\".{meant}")))
        }
    }
}

/// Words and options of a command line, taken as they are asked for.
struct Arguments {
    words: std::collections::VecDeque<String>,
    options: Vec<(String, String)>,
    flags: Vec<String>,
}

impl Arguments {
    /// `options` take a value (`--seed 7` or `--seed=7`), `flags` do not.
    fn read(arguments: &[String], options: &[&str], flags: &[&str]) -> Result<Self, Failure> {
        let mut read = Self { words: Default::default(), options: Vec::new(), flags: Vec::new() };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let (name, given) = match argument.split_once('=') {
                Some((name, value)) if options.contains(&name) => (name, Some(value.to_owned())),
                _ => (argument.as_str(), None),
            };
            if flags.contains(&name) {
                read.flags.push(name.to_owned());
            } else if options.contains(&name) {
                let value = given.or_else(|| rest.next().cloned());
                let value = value.ok_or_else(|| Failure::usage(format!("{name} needs a value")))?;
                if read.options.iter().any(|(known, _)| known == name) {
                    return Err(Failure::usage(format!("{name} stands there twice")));
                }
                read.options.push((name.to_owned(), value));
            } else if argument.starts_with("--") {
                return Err(Failure::usage(format!("there is no option {argument} here")));
            } else {
                read.words.push_back(argument.clone());
            }
        }
        Ok(read)
    }

    fn word(&mut self, what: &str) -> Result<String, Failure> {
        self.words.pop_front().ok_or_else(|| Failure::usage(format!("{what} is missing")))
    }

    fn end(&self) -> Result<(), Failure> {
        match self.words.front() {
            None => Ok(()),
            Some(word) => Err(Failure::usage(format!("\"{word}\" is one word too many"))),
        }
    }

    fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn flag(&self, name: &str) -> bool {
        self.flags.iter().any(|known| known == name)
    }
}

/// Prints to the terminal or the pipe; whoever closes the pipe early has seen enough.
fn print(text: &str) -> Result<u8, Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::input(error.to_string())),
        _ => Ok(0),
    }
}

fn print_json(value: &impl serde::Serialize) -> Result<u8, Failure> {
    let json = serde_json::to_string_pretty(value).expect("reports and lists are plain data with text keys");
    print(&(json + "\n"))
}

/// Reads a file (`-`: standard input), a link, or a scenario by its id.
fn load(what: &str) -> Result<Run, Failure> {
    let is_link = what.contains("#s") || what.contains("%23s") || what.starts_with("s=") || what.starts_with("1.");
    let run = if is_link && !std::path::Path::new(what).exists() {
        link::decode(what).map_err(|error| Failure::input(format!("{error}\n{}", error.remedy())))?
    } else if let Some(scenario) = catalog::scenario(what).filter(|_| !std::path::Path::new(what).exists()) {
        scenario.run().map_err(|error| Failure::input(error.to_string()))?
    } else {
        load_file(what)?
    };
    if let Some(note) = run.engine_note() {
        eprintln!("headroom: {note}");
    }
    Ok(run)
}

fn load_file(path: &str) -> Result<Run, Failure> {
    let unreadable = |error: std::io::Error| Failure::input(format!("{path} cannot be read: {error}"));
    let mut bytes = Vec::new();
    // One byte more than can be read, so that a longer file is told from one that just fits.
    let bytes_max = limits::TEXT_BYTES_MAX as u64 + 1;
    if path == "-" {
        std::io::stdin().lock().take(bytes_max).read_to_end(&mut bytes).map_err(unreadable)?;
    } else {
        let file = std::fs::File::open(path).map_err(unreadable)?;
        file.take(bytes_max).read_to_end(&mut bytes).map_err(unreadable)?;
    }
    let text = String::from_utf8(bytes).map_err(|_| Failure::input(format!("{path} is not a text file")))?;
    Run::from_json(&text).map_err(|error| Failure::input(format!("{path}: {error}\n{}", error.remedy())))
}

fn number<T: std::str::FromStr>(name: &str, text: &str, what: &str) -> Result<T, Failure> {
    text.parse().map_err(|_| Failure::usage(format!("{name} must be {what}, not \"{text}\"")))
}

fn seed_count(arguments: &Arguments) -> Result<Option<u64>, Failure> {
    let Some(text) = arguments.option("--seeds") else { return Ok(None) };
    match number("--seeds", text, "a whole number from 1 to 10000")? {
        count @ 1..=10_000 => Ok(Some(count)),
        _ => Err(Failure::usage("--seeds must be a whole number from 1 to 10000")),
    }
}

/// What `run --seeds --json` prints.
#[derive(serde::Serialize)]
struct Summary {
    engine: &'static str,
    title: String,
    /// On the seeds 1 to this.
    seeds: u64,
    /// Of each interval alone.
    confidence: f64,
    figures: Vec<replications::Row>,
}

fn replicate(run: Run, seeds: u64, json: bool) -> Result<u8, Failure> {
    if !run.inputs.is_empty() {
        return Err(Failure::input(
            "this run was changed while it ran, and the changes belong to its own seed\nRun it without --seeds.",
        ));
    }
    let all: Vec<u64> = (1..=seeds).collect();
    let figures = replications::summary(&run.document, &all)
        .map_err(|problems| Failure::input(problem_lines(&run.document, &problems)))?;
    if json {
        let confidence = replications::CONFIDENCE;
        return print_json(&Summary { engine: ENGINE, title: run.document.title, seeds, confidence, figures });
    }
    let mut text = format!("{}\nseeds 1 to {seeds}, engine {ENGINE}\n", run.document.title);
    for row in figures {
        let found = row.estimate;
        let mean = found.mean.get().map_or_else(|| "-".to_owned(), |mean| format!("{mean:.6}"));
        let width = found.half_width.get().map_or_else(String::new, |width| format!(" ± {width:.6}"));
        let left_out = if found.left_out > 0 {
            format!("  (without {} seeds that had none)", found.left_out)
        } else {
            String::new()
        };
        text += &format!("{:<24} {mean}{width} {}{left_out}\n", row.metric, row.unit);
    }
    print(&text)
}

fn run(mut arguments: Arguments) -> Result<u8, Failure> {
    let mut run = load(&arguments.word("FILE, LINK or SCENARIO")?)?;
    arguments.end()?;
    if let Some(seed) = arguments.option("--seed") {
        run.document.seed = number("--seed", seed, "a whole number from 0 to 18446744073709551615")?;
        if !run.inputs.is_empty() {
            eprintln!(
                "headroom: the changes made while it ran are applied at the same events; on another seed those fall elsewhere"
            );
        }
    }
    let until = match arguments.option("--until") {
        None => None,
        Some(text) => {
            let secs: f64 = number("--until", text, "a number of seconds")?;
            if !(secs.is_finite() && secs >= 0.0) {
                return Err(Failure::usage(format!("--until must be a number of seconds from 0 on, not \"{text}\"")));
            }
            Some(secs)
        }
    };
    if let Some(seeds) = seed_count(&arguments)? {
        if until.is_some() || arguments.option("--seed").is_some() {
            return Err(Failure::usage("--seeds goes with neither --seed nor --until"));
        }
        return replicate(run, seeds, arguments.flag("--json"));
    }
    let report =
        runner::replay(&run, until).map_err(|problems| Failure::input(problem_lines(&run.document, &problems)))?;
    if arguments.flag("--json") { print(&(report.to_json() + "\n")) } else { print(&report.to_text()) }
}

/// Where the time went.
fn profile(mut arguments: Arguments) -> Result<u8, Failure> {
    let mut run = load(&arguments.word("FILE, LINK or SCENARIO")?)?;
    arguments.end()?;
    if let Some(seed) = arguments.option("--seed") {
        run.document.seed = number("--seed", seed, "a whole number from 0 to 18446744073709551615")?;
    }
    let report =
        runner::profile::profile(&run).map_err(|problems| Failure::input(problem_lines(&run.document, &problems)))?;
    if arguments.flag("--json") {
        return print_json(&report);
    }
    let ms = |secs: f64| format!("{:.2} ms", secs * 1e3);
    let mut text = format!(
        "{} requests, mean {}, 99th percentile {}\n\nstation                    share  what it went into (mean, 99th percentile of a request that came by)\n",
        report.requests,
        ms(report.mean),
        ms(report.p99)
    );
    for station in &report.stations {
        let parts = station
            .parts
            .iter()
            .map(|part| format!("{} {:.1} % ({}, {})", part.part, part.share * 100.0, ms(part.mean), ms(part.p99)));
        let parts = parts.collect::<Vec<_>>().join(", ");
        text += &format!("{:<24} {:>6.1} %  {parts}\n", station.label, station.share * 100.0);
    }
    print(&text)
}

fn check(mut arguments: Arguments) -> Result<u8, Failure> {
    let run = load(&arguments.word("FILE, LINK or SCENARIO")?)?;
    arguments.end()?;
    let problems = headroom::topology::check::check(&run.document);
    if arguments.flag("--json") {
        print_json(&problems)?;
    } else if problems.is_empty() {
        print("no problems\n")?;
    } else {
        print(&(problem_lines(&run.document, &problems) + "\n"))?;
    }
    Ok(u8::from(!headroom::topology::check::runs(&problems)))
}

/// Plans faults at random.
fn chaos(mut arguments: Arguments) -> Result<u8, Failure> {
    let mut run = load(&arguments.word("FILE, LINK or SCENARIO")?)?;
    arguments.end()?;
    if let Some(seed) = arguments.option("--seed") {
        run.document.seed = number("--seed", seed, "a whole number from 0 to 18446744073709551615")?;
    }
    let id: u64 = number("--number", arguments.option("--number").unwrap_or("1"), "a whole number")?;
    let mut budget = chaos::Budget::read(&budget_params(arguments.option("--budget").unwrap_or_default())?);
    if let Some(kinds) = arguments.option("--kinds") {
        budget.kinds = kinds.split(',').map(|kind| kind.trim().to_owned()).collect();
        if let Some(kind) = budget.kinds.iter().find(|kind| headroom::model::fault::find(kind).is_none()) {
            return Err(Failure::usage(format!("there is no fault \"{kind}\"; see `headroom list faults`")));
        }
    }
    let faults = chaos::compose(&run.document, &budget, id);
    if faults.is_empty() {
        eprintln!("headroom: nothing fits into this budget");
    }
    if arguments.flag("--json") {
        return print_json(&faults);
    }
    run.document.faults.extend(faults);
    // What was changed while it ran belongs to the run without these faults.
    run.inputs.clear();
    print(&run.to_json_pretty())
}

fn what_if(mut arguments: Arguments) -> Result<u8, Failure> {
    let mut document = load(&arguments.word("FILE, LINK or SCENARIO")?)?.document;
    arguments.end()?;
    if let Some(seed) = arguments.option("--seed") {
        document.seed = number("--seed", seed, "a whole number from 0 to 18446744073709551615")?;
    }
    let Some(name) = arguments.option("--at") else { return Err(Failure::usage("--at NODE is missing")) };
    let node = document.node_by_role(name);
    let node = node.ok_or_else(|| Failure::input(format!("there is no station \"{name}\"")))?;
    let field = what_if::field(&document, node);
    let field = field.ok_or_else(|| Failure::input(format!("nothing can scale \"{name}\"")))?;
    let mut finishes = Vec::new();
    for variation in &field.variations {
        let variant = variation.choice.as_ref().map(|choice| document.with_scaler(node, choice));
        let entrant = what_if::Entrant::open(variant.as_ref().unwrap_or(&document), node);
        let mut entrant = entrant.map_err(|problems| Failure::input(problem_lines(&document, &problems)))?;
        finishes.extend(entrant.advance(u64::MAX));
    }
    if arguments.flag("--json") {
        let entrants = field.variations.iter().zip(&finishes).map(|(variation, finish)| {
            serde_json::json!({
                "id": variation.id, "name": variation.name, "settings": variation.settings, "finish": finish,
            })
        });
        let json =
            serde_json::json!({ "at": field.label, "basis": field.basis, "entrants": entrants.collect::<Vec<_>>() });
        return print_json(&json);
    }
    let mut out = format!("{}\n", field.basis.join("\n"));
    let figure = |figure: report::Figure, digits: usize| {
        figure.get().map_or_else(|| "-".to_owned(), |number| format!("{number:.digits$}"))
    };
    let row = |cells: [&str; 8]| {
        let [name, rest @ ..] = cells;
        let rest: String = rest.iter().map(|cell| format!(" {cell:>11}")).collect();
        format!("{name:<34}{rest}\n")
    };
    out += &row(["", "p99 ms", "answered %", "SLO min", "USD", "USD/million", "replica-h", "at most"]);
    for (variation, finish) in field.variations.iter().zip(&finishes) {
        let figures = &finish.figures;
        let percent = |share: report::Figure| report::Figure(share.0 * 100.0);
        out += &row([
            &variation.name,
            &figure(report::Figure(figures.p99.0 * 1e3), 0),
            &figure(percent(figures.answered_share), 2),
            &figure(figures.slo_minutes_lost, 1),
            &figure(figures.cost, 4),
            &figure(figures.cost_per_million, 2),
            &figure(figures.replica_hours, 2),
            &figures.replicas_max.to_string(),
        ]);
        out += &format!("    {}\n", variation.settings);
    }
    print(&out)
}

/// `faults=4,share=0.5` as parameters, within their ranges.
fn budget_params(text: &str) -> Result<Params, Failure> {
    let mut params = Params::new();
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let known: Vec<&str> = chaos::ENTRY.params.iter().map(|spec| spec.key).collect();
        let (key, value) =
            pair.split_once('=').ok_or_else(|| Failure::usage(format!("--budget: \"{pair}\" has no =")))?;
        let spec = chaos::ENTRY.params.iter().find(|spec| spec.key == key);
        let kind = spec.map(|spec| spec.kind);
        match kind {
            Some(ParamKind::Number { min, max, .. }) => {
                let number: f64 = number("--budget", value, "numbers")?;
                if !(min..=max).contains(&number) {
                    return Err(Failure::usage(format!("--budget: {key} must be from {min} to {max}")));
                }
                params.set(key, number);
            }
            Some(ParamKind::Choice { options, .. }) if options.iter().any(|(id, _)| *id == value) => {
                params.set(key, value);
            }
            Some(ParamKind::Choice { options, .. }) => {
                let options: Vec<&str> = options.iter().map(|(id, _)| *id).collect();
                return Err(Failure::usage(format!("--budget: {key} must be one of {}", options.join(", "))));
            }
            _ => return Err(Failure::usage(format!("--budget: known are {}, not \"{key}\"", known.join(", ")))),
        }
    }
    Ok(params)
}

/// A line or two for each problem: where, what, what to do.
fn problem_lines(document: &Document, problems: &[Diagnostic]) -> String {
    let lines = problems.iter().map(|problem| {
        let place = match problem.place {
            Place::Document => "document".to_owned(),
            Place::Node(id) => format!("node {}", id.0),
            Place::Edge(id) => format!("connection {}", id.0),
            Place::Area(id) => format!("area {}", id.0),
            Place::Fault(index) => format!("fault {}", index + 1),
        };
        format!("{place}: {}\n  {}", problem.message, problem.remedy)
    });
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() { format!("{} cannot run", document.title) } else { lines.join("\n") }
}

fn list(mut arguments: Arguments) -> Result<u8, Failure> {
    let words = registry::KINDS.iter().map(|kind| kind.word).collect::<Vec<_>>().join(", ");
    let word = arguments.word(&format!("KIND ({words})"))?;
    arguments.end()?;
    let kind = registry::Kind::of(&word)
        .ok_or_else(|| Failure::usage(format!("there is no list of \"{word}\"; known: {words}")))?;
    let entries = kind.list();
    if arguments.flag("--json") { print_json(&entries) } else { print(&registry::text(&entries)) }
}

fn make_link(mut arguments: Arguments) -> Result<u8, Failure> {
    let run = load_file(&arguments.word("FILE")?)?;
    arguments.end()?;
    let fragment = link::encode(&run).map_err(|error| Failure::input(format!("{error}\n{}", error.remedy())))?;
    let text = arguments.option("--page").unwrap_or_default().to_owned() + &fragment;
    if text.chars().count() > link::WARN_CHARS {
        eprintln!(
            "headroom: the link has {} characters; some programs cut links beyond {}",
            text.chars().count(),
            link::WARN_CHARS
        );
    }
    print(&(text + "\n"))
}

fn open_link(mut arguments: Arguments) -> Result<u8, Failure> {
    let text = arguments.word("LINK")?;
    arguments.end()?;
    let run = link::decode(&text).map_err(|error| Failure::input(format!("{error}\n{}", error.remedy())))?;
    if let Some(note) = run.engine_note() {
        eprintln!("headroom: {note}");
    }
    print(&run.to_json_pretty())
}

/// What `grade --json` prints.
#[derive(serde::Serialize)]
struct Graded<'a> {
    lesson: &'a str,
    version: u32,
    engine: &'a str,
    passed: bool,
    /// Smallest margin over all goals and seeds.
    margin: Option<f64>,
    results: Vec<grade::SeedResult>,
}

fn grade_design(mut arguments: Arguments) -> Result<u8, Failure> {
    let slug = arguments.word("LESSON")?;
    let run = load(&arguments.word("FILE or LINK")?)?;
    arguments.end()?;
    let files = catalog::lesson(&slug).ok_or_else(|| {
        let known: Vec<&str> = catalog::LESSONS.iter().map(|lesson| lesson.slug).collect();
        Failure::usage(format!("there is no lesson \"{slug}\"; known: {}", known.join(", ")))
    })?;
    let lesson = files.lesson().map_err(|error| Failure::input(error.to_string()))?;
    let start = files.start().map_err(|error| Failure::input(error.to_string()))?;
    let seeds = seed_count(&arguments)?;
    let on_finals = seeds.is_none();
    let seeds = seeds.map_or_else(|| grade::final_seeds(&lesson, &run.document), |count| (1..=count).collect());
    let results: Vec<grade::SeedResult> =
        seeds.iter().map(|seed| grade::grade(&lesson, &start, &run.document, *seed)).collect();
    let passed = if on_finals { grade::passes(&lesson, &results) } else { results.iter().all(|result| result.passed) };
    let margin = grade::smallest_margin(&results).filter(|margin| margin.is_finite());
    if arguments.flag("--json") {
        print_json(&Graded { lesson: &lesson.slug, version: lesson.version, engine: ENGINE, passed, margin, results })?;
    } else {
        let mut text = String::new();
        for result in &results {
            text += &format!("seed {}: {}\n", result.seed, if result.passed { "passed" } else { "not passed" });
            for goal in &result.goals {
                let mark = if goal.passed { "reached" } else { "missed" };
                let measured =
                    goal.measured.get().map_or_else(|| "nothing measured".to_owned(), |value| value.to_string());
                text += &format!("  {mark}: {} ({measured}; wanted {} {})\n", goal.label, goal.op.sign(), goal.value);
            }
            if !result.problems.is_empty() {
                text += &(problem_lines(&run.document, &result.problems) + "\n");
            }
        }
        text += if passed { "passed" } else { "not passed" };
        text += &margin.map_or_else(String::new, |margin| format!(", smallest margin {:.1} %", margin * 100.0));
        text.push('\n');
        print(&text)?;
    }
    Ok(if passed { 0 } else { 3 })
}
