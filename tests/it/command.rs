//! The `headroom` command as a shell sees it: the built program, its output, its exit codes.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use headroom::runner::report::Report;
use headroom::topology::document::{Change, Document, Edit, Input};
use headroom::topology::format::Run;
use headroom::topology::link;

fn headroom(arguments: &[&str]) -> Output {
    with_input(arguments, "")
}

fn with_input(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_headroom"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command was built for this test");
    // A command that fails on its arguments may end before it reads.
    let _ = child.stdin.take().expect("it was piped").write_all(input.as_bytes());
    child.wait_with_output().expect("it ends")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the command writes UTF-8")
}

/// A small run with a change made while it ran.
fn sample() -> Run {
    let scenario = headroom::lesson::catalog::scenario("one-queue").expect("the gallery has it");
    let mut run = scenario.run().expect("built-in scenarios can be read");
    run.document.run_length_secs = 60.0;
    run.document.windows.clear();
    let mut after: Document = run.document.clone();
    let id = *after.nodes.keys().next_back().expect("the scenario has nodes");
    let mut node = (*after.nodes[&id]).clone();
    node.params.set("slots", 3.0);
    after.nodes.insert(id, node.into());
    run.inputs.push(Input { at_event: 500, change: Change::Edit(Edit::between(&run.document, &after)) });
    run
}

fn report(output: &Output) -> Report {
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("run --json prints a report")
}

#[track_caller]
fn fails(code: i32, arguments: &[&str], input: &str, words: &str) {
    let output = with_input(arguments, input);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{told}");
    assert!(told.contains(words), "wanted {words:?} in: {told}");
    assert!(output.stdout.is_empty(), "what failed prints no result");
}

#[test]
fn a_file_and_its_link_are_the_same_run() {
    let run = sample();
    let json = run.to_json_pretty();
    let file = report(&with_input(&["run", "-", "--json"], &json));
    assert_eq!(file.inputs, 1);
    assert!(file.finished && file.whole.offered > 0);

    let link = with_input(&["link", "-", "--page", "https://example.org/"], &json);
    let link = text(&link.stdout).trim().to_owned();
    assert!(link.starts_with("https://example.org/#s=1."), "{link}");
    assert_eq!(report(&headroom(&["run", &link, "--json"])), file, "same hash, same figures");
    assert_eq!(text(&headroom(&["open", &link]).stdout), json);
    assert_eq!(link::decode(&link), Ok(run));

    let other = report(&headroom(&["run", &link, "--seed", "7", "--json"]));
    assert_ne!(other.trace_hash, file.trace_hash);
    assert_eq!(other.seed, "7");
}

#[test]
fn the_report_reads_well_in_a_terminal() {
    let output = headroom(&["run", "one-queue"]);
    let told = text(&output.stdout);
    for words in ["One queue and its knee", "trace hash", "offered", "p99", "Server (service)", "window \"half busy\""]
    {
        assert!(told.contains(words), "{words:?} is missing in: {told}");
    }
}

#[test]
fn a_run_can_be_stopped_early() {
    let stopped = report(&headroom(&["run", "one-queue", "--until=30", "--json"]));
    assert!(!stopped.finished && stopped.now_secs <= 30.0 && stopped.now_secs > 25.0, "{}", stopped.now_secs);
    // Requests that have not ended yet are in flight: nothing is lost from the ledger.
    assert_eq!(stopped.whole.offered, stopped.whole.outcomes.ended() + stopped.whole.in_flight);
}

#[test]
fn many_seeds_give_means_with_intervals() {
    let output = headroom(&["run", "one-queue", "--seeds", "8", "--json"]);
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a summary");
    let figures = summary["figures"].as_array().expect("a list of figures");
    let throughput = figures.iter().find(|row| row["metric"] == "throughput.mean").expect("a metric of the registry");
    // The ramp's mean over the run: 30/s while it climbs from 5 to 55 in 330 s, then 55/s for 30 s.
    let (mean, half_width) = (throughput["mean"].as_f64(), throughput["half_width"].as_f64());
    let (mean, half_width) = (mean.expect("a mean"), half_width.expect("an interval"));
    assert!((mean - 32.08).abs() < 3.0 * half_width && half_width < 1.0, "{mean} ± {half_width}");
    assert!(text(&headroom(&["run", "one-queue", "--seeds=2"]).stdout).contains("sojourn_time.p99"));
    fails(2, &["run", "one-queue", "--seeds", "2", "--seed", "1"], "", "cannot be used with");
    fails(2, &["run", "one-queue", "--seeds", "0"], "", "0 is not in 1..=10000");
    fails(1, &["run", "-", "--seeds", "2"], &sample().to_json(), "belong to its own seed");
}

#[test]
fn seeds_on_all_cores_give_what_one_after_the_other_gives() {
    let mut run = headroom::lesson::catalog::scenario("retry-storm").expect("it is there").run().expect("it opens");
    run.document.run_length_secs = 30.0;
    run.document.windows.clear();
    let json = run.to_json();
    let seeds: Vec<u64> = (1..=9).collect();
    let expected = headroom::runner::replications::summary(&run.document, &seeds).expect("it runs");
    let expected = serde_json::to_value(expected).expect("plain data");
    for jobs in ["1", "4", "16"] {
        let output = with_input(&["run", "-", "--seeds", "9", "--jobs", jobs, "--json"], &json);
        let summary: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a summary");
        assert_eq!(summary["figures"], expected, "{jobs} at a time");
    }

    let design = concat!(env!("CARGO_MANIFEST_DIR"), "/www/lessons/black-friday/solution.json");
    let grading = |jobs| headroom(&["grade", "black-friday", design, "--seeds", "5", "--jobs", jobs, "--json"]);
    let graded: serde_json::Value = serde_json::from_slice(&grading("1").stdout).expect("a grading");
    let seeds: Vec<&str> =
        graded["results"].as_array().expect("a list").iter().filter_map(|result| result["seed"].as_str()).collect();
    assert_eq!(seeds, ["1", "2", "3", "4", "5"]);
    assert_eq!(text(&grading("3").stdout), text(&grading("1").stdout));
}

#[test]
fn whatif_compares_scalers_however_many_run_at_a_time() {
    let scenario = headroom::lesson::catalog::scenario("scaler-race").expect("it is there");
    let mut run = scenario.run().expect("it opens");
    run.document.windows.clear();
    let at = run.document.nodes.values().find(|node| node.kind == "service").expect("it has one").label.clone();
    let json = run.to_json();
    let compared = |jobs| with_input(&["whatif", "-", "--at", &at, "--jobs", jobs, "--json"], &json);
    let one = compared("1");
    let entrants: serde_json::Value = serde_json::from_slice(&one.stdout).expect("a comparison");
    let entrants = entrants["entrants"].as_array().expect("a list");
    assert!(entrants.len() > 2, "{entrants:?}");
    assert_ne!(entrants[0]["finish"]["trace_hash"], entrants[1]["finish"]["trace_hash"]);
    assert_eq!(text(&compared("4").stdout), text(&one.stdout));
    fails(1, &["whatif", "-", "--at", "servise"], &json, "stations: ");
}

#[test]
fn lists_name_entries_with_units_ranges_and_defaults() {
    for (kind, id) in [
        ("stations", "service"),
        ("connections", "edge"),
        ("strategies", "least-connections"),
        ("distributions", "exponential"),
        ("profiles", "spike"),
        ("backoffs", "linear"),
        ("faults", "kill"),
        ("metrics", "sojourn_time"),
        ("scenarios", "retry-storm"),
        ("lessons", "black-friday"),
        ("limits", "token-bucket"),
        ("shedders", "gradient"),
        ("breakers", "count-window"),
        ("budgets", "off"),
        ("disciplines", "fifo"),
        ("scalers", "hpa"),
        ("prices", "data-to-clients"),
        ("instance-types", "db.r5.large"),
        ("regions", "eu-west-1"),
    ] {
        let output = headroom(&["list", kind, "--json"]);
        let entries: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).expect("a list of entries");
        let entry = entries.iter().find(|entry| entry["id"] == id).unwrap_or_else(|| panic!("{kind} has {id}"));
        assert!(entry["name"].is_string() && entry["summary"].is_string(), "{entry}");
        assert!(text(&headroom(&["list", kind]).stdout).contains(id), "{kind} in plain words");
    }
    let one = text(&headroom(&["list", "strategies", "ring-hash"]).stdout);
    assert!(one.contains("ring-hash") && one.contains("source: ") && !one.contains("round-robin"), "{one}");
    fails(2, &["list", "strategies", "round-robbin"], "", "did you mean \"round-robin\"?");
    let stations: Vec<serde_json::Value> =
        serde_json::from_slice(&headroom(&["list", "stations", "--json"]).stdout).expect("a list of entries");
    let service = stations.iter().find(|entry| entry["id"] == "service").expect("there are services");
    let slots = &service["params"][1];
    assert_eq!((&slots["key"], &slots["min"], &slots["whole"]), (&"slots".into(), &1.0.into(), &true.into()));
}

#[test]
fn a_solution_passes_and_the_start_does_not() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/www/lessons/black-friday/");
    let output = headroom(&["grade", "black-friday", &format!("{folder}solution.json"), "--json"]);
    let graded: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a grading");
    assert_eq!((output.status.code(), &graded["passed"]), (Some(0), &true.into()));
    assert_eq!(graded["results"].as_array().map(Vec::len), Some(3));

    let output = headroom(&["grade", "black-friday", &format!("{folder}start.json")]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stdout).contains("missed: 99 % of all orders"), "{}", text(&output.stdout));
}

#[test]
fn bad_input_is_named_and_ends_with_an_exit_code() {
    fails(2, &[], "", "Usage: headroom");
    fails(2, &["rum"], "", "a similar subcommand exists: 'run'");
    fails(2, &["run"], "", "<FILE|LINK|SCENARIO>");
    fails(2, &["run", "-", "--seed"], "", "a value is required for '--seed <N>'");
    fails(2, &["run", "one-queue", "--seed", "many"], "", "invalid value 'many' for '--seed <N>'");
    fails(2, &["run", "one-queue", "--until", "-1"], "", "a number of seconds from 0 on");
    fails(2, &["run", "one-queue", "--sed", "1"], "", "a similar argument exists: '--seed'");
    fails(2, &["run", "one-queue", "two-queues"], "", "unexpected argument 'two-queues'");
    fails(2, &["list", "weather"], "", "stations");
    fails(2, &["list", "scaler"], "", "a similar value exists: 'scalers'");
    fails(2, &["grade", "white-friday", "one-queue"], "", "a similar value exists: 'black-friday'");
    fails(2, &["help", "grad"], "", "did you mean \"grade\"?");
    fails(1, &["run", "no-such-file.json"], "", "no-such-file.json cannot be read");
    fails(1, &["run", "one-quue"], "", "did you mean \"one-queue\"?");
    fails(1, &["run", "nosuch"], "", "scenarios: ");
    fails(1, &["run", "flash-sale"], "", "it is a lesson");
    fails(1, &["run", "-"], "{\"format\":1,", "line 1");
    fails(1, &["run", "-"], "{\"format\":9}", "newer Headroom");
    fails(1, &["open", "#s=1.AAAA"], "", "link");
    fails(1, &["open", "#s=7.AAAA"], "", "newer Headroom");
    fails(1, &["open", "hello"], "", "not a Headroom link");
    let empty = Run::new(Document::default()).to_json();
    fails(1, &["run", "-"], &empty, "The canvas is empty");
    let output = with_input(&["check", "-"], &empty);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("Place clients"), "{}", text(&output.stdout));
}

#[test]
fn help_names_every_command_and_the_version_is_the_engines() {
    let help = text(&headroom(&["help"]).stdout);
    assert_eq!(text(&headroom(&["--help"]).stdout).lines().next(), help.lines().next());
    for verb in ["run", "grade", "profile", "check", "chaos", "whatif", "list", "link", "open", "completions", "help"] {
        assert!(help.contains(&format!("\n  {verb} ")), "{verb}");
        let own = text(&headroom(&["help", verb]).stdout);
        assert!(own.contains(&format!("Usage: headroom {verb}")), "{own}");
    }
    assert!(text(&headroom(&["help", "json"]).stdout).contains("headroom run --json"));
    assert_eq!(text(&headroom(&["--version"]).stdout).trim(), format!("headroom {}", env!("CARGO_PKG_VERSION")));
}

#[test]
fn shells_complete_commands_and_kinds() {
    // Fish completes no words behind a command.
    let all = ["whatif", "seeds", "outlier-detection", "black-friday"];
    for (shell, words) in [("bash", &all[..]), ("zsh", &all[..]), ("fish", &all[..2])] {
        let script = text(&headroom(&["completions", shell]).stdout);
        for word in words {
            assert!(script.contains(word), "{shell} completes {word}");
        }
    }
}

/// Words that stand in several places say the same there.
#[test]
fn readme_and_types_name_every_list() {
    let words: Vec<&str> = headroom::registry::KINDS.iter().map(|kind| kind.word).collect();
    let readme = include_str!("../../README.md");
    assert!(readme.contains(&format!("`KIND` is one of {}.", words.join(", "))), "{}", words.join(", "));
    let types = words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" | ");
    assert!(include_str!("../../src/api.rs").contains(&format!("ListKind = {types};")), "{types}");
}

#[test]
fn chaos_is_planned_within_its_budget_and_runs() {
    let planned = headroom(&["chaos", "black-friday", "--json", "--budget", "faults=3,at_once=2"]);
    assert!(planned.status.success(), "{}", text(&planned.stderr));
    let faults: Vec<headroom::topology::document::ScheduledFault> = serde_json::from_slice(&planned.stdout).unwrap();
    assert!((1..=3).contains(&faults.len()), "{faults:?}");
    let file = headroom(&["chaos", "black-friday", "--budget", "faults=3,at_once=2"]);
    let run = Run::from_json(&text(&file.stdout)).unwrap();
    assert!(run.document.faults.ends_with(&faults), "the same again, after its own");
    let whole = report(&with_input(&["run", "-", "--json"], &text(&file.stdout)));
    assert!(whole.finished);
    let only = headroom(&["chaos", "black-friday", "--json", "--kinds", "kill,hang", "--number", "7"]);
    let faults: Vec<headroom::topology::document::ScheduledFault> = serde_json::from_slice(&only.stdout).unwrap();
    assert!(faults.iter().all(|planned| matches!(planned.fault.kind.as_str(), "kill" | "hang")));
    fails(2, &["chaos", "black-friday", "--kinds", "earthquake"], "", "invalid value 'earthquake'");
    fails(2, &["chaos", "black-friday", "--budget", "share=2"], "", "share must be from 0 to 1");
    fails(2, &["chaos", "black-friday", "--budget", "radius=world"], "", "must be one of replica, station, place");
}

#[test]
fn profile_tells_where_the_time_went() {
    let output = headroom(&["profile", "one-queue", "--json"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("profile --json prints JSON");
    let stations = report["stations"].as_array().expect("a list");
    let shares: f64 = stations.iter().map(|station| station["share"].as_f64().expect("a share")).sum();
    assert!((shares - 1.0).abs() < 1e-9, "{shares}");
    let told = text(&headroom(&["profile", "one-queue"]).stdout);
    assert!(told.contains("queue") && told.contains("work"), "{told}");
    fails(2, &["profile"], "", "<FILE|LINK|SCENARIO>");
}
