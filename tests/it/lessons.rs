//! Every lesson and every scenario that comes with Headroom: loads, refers to what exists, keeps its rules, and (by
//! simulation) is lost at its start, won by its solutions and lost again without what it teaches.

use std::collections::BTreeSet;
use std::rc::Rc;

use headroom::lesson::catalog::{self, BuiltInLesson, LESSONS, SCENARIOS};
use headroom::lesson::{Lesson, grade, rules};
use headroom::model::params::{Params, Value, Variant};
use headroom::runner::report::Report;
use headroom::runner::simulate;
use headroom::topology::check;
use headroom::topology::document::{Area, AreaKind, Diagnostic, Document, Edge, Node, Point};
use headroom::topology::format::Run;

pub fn read(files: &BuiltInLesson) -> (Lesson, Document, Vec<(&'static str, Document)>) {
    let lesson = files.lesson().unwrap_or_else(|error| panic!("{}: {error}", files.slug));
    let start = files.start().unwrap_or_else(|error| panic!("{}: {error}", files.slug));
    let solutions = files.solutions().unwrap_or_else(|error| panic!("{}: {error}", files.slug));
    (lesson, start, solutions)
}

/// Every document is stored exactly as Headroom writes it, so that a change shows in the smallest difference.
#[test]
fn documents_are_stored_as_headroom_writes_them() {
    let stored = SCENARIOS.iter().map(|scenario| (scenario.id, scenario.json));
    let lessons = LESSONS.iter().flat_map(|lesson| {
        lesson.stored().iter().map(|(_, json)| (lesson.slug, *json)).chain([(lesson.slug, lesson.start.as_str())])
    });
    for (name, json) in stored.chain(lessons) {
        let run = Run::from_json(json).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(run.to_json_pretty(), json, "{name}");
    }
}

#[test]
fn the_gallery_has_scenarios_without_a_problem() {
    assert!(SCENARIOS.len() >= 4);
    for scenario in SCENARIOS.iter() {
        let run = scenario.run().unwrap();
        assert!(
            !run.document.title.is_empty() && !run.document.notes.is_empty(),
            "{} says what to look at",
            scenario.id
        );
        assert_eq!(check::check(&run.document), [], "{}", scenario.id);
    }
}

#[test]
fn lessons_refer_to_what_exists() {
    for files in LESSONS.iter() {
        let (lesson, start, solutions) = read(files);
        assert_eq!(lesson.slug, files.slug);
        let windows: Vec<&str> = start.windows.iter().map(|window| window.name.as_str()).collect();
        for goal in &lesson.goals {
            assert!(
                goal.during.as_deref().is_none_or(|during| windows.contains(&during)),
                "{}: {}",
                lesson.slug,
                goal.label
            );
            assert!(goal.at == "system" || start.node_by_role(&goal.at).is_some(), "{}: {}", lesson.slug, goal.label);
        }
        for role in lesson.lock.keep.iter().chain(lesson.lock.paths.iter().flatten()) {
            assert!(start.node_by_role(role).is_some(), "{}: no role {role}", lesson.slug);
        }
        if let Some(choice) = lesson.prediction.as_ref().and_then(|prediction| prediction.choice.as_ref()) {
            let right = choice.right(&start).unwrap_or_else(|| panic!("{}: no right answer", lesson.slug));
            assert!(choice.options(&start).contains(&right), "{}: \"{right}\" cannot be chosen", lesson.slug);
        }
        for (name, document) in solutions.iter().chain([&("start", start.clone())]) {
            assert_eq!(check::check(document), [], "{} {name}", lesson.slug);
            assert_eq!(rules::check(&lesson, &start, document), [], "{} {name}", lesson.slug);
        }
    }
}

/// By its own name and by those of old links: all find the lesson under its own.
#[test]
fn every_name_of_a_lesson_finds_it() {
    let found = |name: &str| catalog::lesson(name).map(|files| files.slug);
    for files in LESSONS.iter() {
        for name in files.listing.also.iter().map(String::as_str).chain([files.slug]) {
            assert_eq!(found(name), Some(files.slug));
        }
    }
    assert_eq!(found("metastable"), Some("metastable-failure"));
    assert_eq!(found("no-such-lesson"), None);
}

/// `text.md` without its note for editors.
pub fn prose(slug: &str) -> String {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("www/lessons").join(slug).join("text.md");
    let text = std::fs::read_to_string(file).expect("a lesson has prose");
    text[text.find("## ").expect("prose has sections")..].to_owned()
}

/// The first lesson, with a design made from its solution by `change`.
fn broken(change: impl FnOnce(&mut Document)) -> Vec<Diagnostic> {
    let (lesson, start, solutions) = read(&LESSONS[0]);
    let mut design = solutions[0].1.clone();
    change(&mut design);
    rules::check(&lesson, &start, &design)
}

pub fn node<'a>(document: &'a mut Document, role: &str) -> &'a mut Node {
    let id = document.node_by_role(role).expect("the lesson has this role");
    Rc::make_mut(document.nodes.get_mut(&id).expect("roles name nodes of the document"))
}

#[track_caller]
fn refused(code: &str, change: impl FnOnce(&mut Document)) {
    let problems = broken(change);
    assert!(problems.iter().any(|problem| problem.code == code), "wanted {code}, got {problems:#?}");
    assert!(problems.iter().all(|problem| !problem.remedy.is_empty()));
}

/// Changing the world, or spending more than there is, does not pass: each way out is tried.
#[test]
fn the_world_is_locked_and_the_budget_holds() {
    assert_eq!(broken(|_| ()), []);
    let constant = || Value::Variant(Variant::new("constant", Params::new().with("rate", 100.0)));
    let short = || Value::Variant(Variant::new("erlang", Params::new().with("mean", 0.001)));
    refused("locked-parameter", |document| node(document, "customers").params.set("profile", constant()));
    refused("locked-parameter", |document| node(document, "customers").params.set("write_share", 0.0));
    refused("locked-parameter", |document| node(document, "orders").params.set("service_time", short()));
    refused("locked-parameter", |document| node(document, "orders").params.set("queue", "shared"));
    refused("locked-parameter", |document| node(document, "database").params.set("connections", 1000.0));
    for (key, value) in [("probability", 0.0.into()), ("operations", Value::from("writes"))] {
        refused("locked-parameter", |document| {
            let id = *document.edges.keys().next_back().unwrap();
            Rc::make_mut(document.edges.get_mut(&id).unwrap()).params.set(key, value);
        });
    }
    refused("locked-traffic", |document| {
        let id = document.node_by_role("customers").unwrap();
        document.remove_node(id);
    });
    refused("locked-traffic", |document| {
        document.add_node(Node {
            kind: "source".into(),
            label: "Bots".into(),
            role: None,
            area: None,
            at: Point::default(),
            params: Params::new(),
        });
    });
    refused("locked-station", |document| {
        let id = document.node_by_role("database").unwrap();
        document.remove_node(id);
    });
    refused("locked-path", |document| {
        let database = document.node_by_role("database").unwrap();
        document.edges.retain(|_, edge| edge.to != database);
    });
    refused("locked-faults", |document| document.faults.clear());
    refused("locked-run", |document| document.run_length_secs = 20.0);
    refused("locked-run", |document| document.windows[1].to_secs = 31.0);
    refused("over-budget", |document| node(document, "orders").params.set("replicas", 7.0));
    refused("over-budget", |document| node(document, "orders").params.set("slots", 5.0));
    // More may be bought while it runs, too.
    let variant = crate::fixture::variant;
    refused("over-budget", |document| {
        node(document, "orders").params.set("scaler", variant("manual", &[("replicas", 7.0)]));
    });
    refused("over-budget", |document| {
        node(document, "orders").params.set("scaler", variant("hpa", &[("max", 7.0)]));
    });
    refused("over-budget", |document| {
        let row = Value::List(vec![Value::from("0 12 * * *"), Value::from(7.0)]);
        let plan = Params::new().with("plan", Value::List(vec![row]));
        node(document, "orders").params.set("scaler", Value::Variant(Variant::new("scheduled", plan)));
    });
    refused("not-allowed", |document| {
        let orders = document.node_by_role("orders").unwrap();
        let added = Node {
            kind: "service".into(),
            label: "More".into(),
            role: None,
            area: None,
            at: Point::default(),
            params: Params::new(),
        };
        let id = document.add_node(added);
        document.add_edge(Edge { from: orders, to: id, params: Params::new() });
    });
    // A database of one's own would be another world too.
    refused("not-allowed", |document| {
        let added = Node {
            kind: "database".into(),
            label: "More".into(),
            role: None,
            area: None,
            at: Point::default(),
            params: Params::new(),
        };
        document.add_node(added);
    });
}

/// What is spent counts every node of a cache and every read replica, as many as there may ever be.
#[test]
fn budgets_count_all_members_of_a_station() {
    use crate::fixture::{add, variant};
    let (mut lesson, ..) = read(&LESSONS[0]);
    (lesson.budget.cache_entries, lesson.budget.connections) = (Some(10_000), Some(1_000));
    let spent = |kind: &str, params: &[(&str, Value)]| {
        let mut design = Document::default();
        add(&mut design, kind, "Store", params);
        let spent = rules::spending(&lesson, &design);
        let of = |words: &str| spent.iter().find(|(_, line)| line.name.starts_with(words)).expect("a line").0;
        (of("cache entries"), of("database connections"))
    };
    let cache = |cluster: Value| spent("cache", &[("capacity", Value::from(500.0)), ("cluster", cluster)]).0;
    assert_eq!(cache(variant("off", &[])), 500);
    assert_eq!(cache(variant("fixed", &[("nodes", 3.0)])), 1_500);
    assert_eq!(cache(variant("load", &[("min", 2.0), ("max", 5.0)])), 2_500);
    let database =
        |replicas: Value| spent("database", &[("connections", Value::from(10.0)), ("read_replicas", replicas)]).1;
    assert_eq!(database(variant("off", &[])), 10);
    assert_eq!(database(variant("fixed", &[("count", 2.0)])), 30);
    assert_eq!(database(variant("rule", &[("max", 4.0)])), 50);
}

/// Writing a default out, moving, renaming, or drawing a connection anew is no change of the world.
#[test]
fn what_changes_no_result_breaks_no_rule() {
    let problems = broken(|document| {
        node(document, "customers").params.set("clients", 1000.0);
        node(document, "orders").at = Point { x: 1.0, y: 2.0 };
        node(document, "orders").label = "Shop".to_owned();
        let (id, edge) = document.edges.pop_last().unwrap();
        document.edges.insert(headroom::topology::document::EdgeId(id.0 + 7), edge);
        document.seed = 99;
        document.title = "Mine".to_owned();
    });
    assert_eq!(problems, []);
}

#[test]
fn the_editor_keeps_the_same_rules() {
    use headroom::editor::edit::{EditCommand, Ids};
    use headroom::editor::session::Target;
    let (lesson, start, solutions) = read(&LESSONS[0]);
    let design = &solutions[0].1;
    let guard = rules::guard(&lesson, &start, design);
    let id = |role: &str| design.node_by_role(role).unwrap();
    assert!(guard.keep_nodes.contains(&id("database")) && !guard.keep_nodes.contains(&id("balancer")));
    assert!(guard.fixes(Target::Node(id("customers")), "profile"));
    assert!(
        guard.fixes(Target::Node(id("orders")), "service_time") && !guard.fixes(Target::Node(id("orders")), "replicas")
    );
    assert!(guard.fixes(Target::Edge(*design.edges.keys().next().unwrap()), "latency"));
    let kinds = guard.kinds.unwrap();
    assert!(kinds.contains("balancer") && !kinds.contains("service") && !kinds.contains("source"));
    assert!(guard.fixed_run);

    // A strategy that the lesson does not name is held back, in the menu as in the edit; the one at the start is not.
    let (mut lesson, ..) = read(&LESSONS[0]);
    lesson.allow = vec!["least-connections".to_owned()];
    let balancer = Target::Node(id("balancer"));
    let guard = rules::guard(&lesson, &start, design);
    let held_back = |strategy: &str| guard.holds_back(balancer, "strategy", strategy);
    assert!(held_back("adaptive") && !held_back("least-connections") && !held_back("round-robin"));
    assert!(!guard.holds_back(Target::Node(id("orders")), "service_time", "erlang"));
    let choose = |strategy: &str| {
        let value = Some(Value::Variant(Variant::new(strategy, Params::new())));
        let edit = EditCommand::SetParam { target: balancer, key: "strategy".to_owned(), value };
        let mut document = design.clone();
        let mut ids = Ids::above(&document);
        edit.apply(&mut document, &mut ids, &guard).map(|_| ())
    };
    assert!(choose("adaptive").is_err());
    assert_eq!(choose("round-robin"), Ok(()));
}

/// Regions and zones of the start stay, clients stay in theirs, and new ones come only where the lesson allows them.
#[test]
fn places_are_part_of_a_lessons_world() {
    let region = |id: &str| Area {
        kind: AreaKind::Region { region: id.to_owned() },
        label: "Europe".to_owned(),
        at: Point::default(),
        size: Point { x: 400.0, y: 300.0 },
    };
    refused("not-allowed", |document| {
        document.add_area(region("eu-west-1"));
    });

    let (mut lesson, mut start, solutions) = read(&LESSONS[0]);
    lesson.allow.push("region".to_owned());
    let europe = start.add_area(region("eu-west-1"));
    let mut design = solutions[0].1.clone();
    design.areas = start.areas.clone();
    design.add_area(region("us-east-1"));
    let codes = |design: &Document| -> Vec<String> {
        rules::check(&lesson, &start, design).into_iter().map(|problem| problem.code).collect()
    };
    assert_eq!(codes(&design), [""; 0], "one more region is allowed");
    let mut moved = design.clone();
    node(&mut moved, "customers").area = Some(europe);
    assert_eq!(codes(&moved), ["locked-place"]);
    let mut other = design.clone();
    other.areas.insert(europe, Rc::new(region("sa-east-1")));
    assert_eq!(codes(&other), ["locked-area"]);
    let mut gone = design.clone();
    gone.remove_area(europe);
    assert_eq!(codes(&gone), ["locked-area"]);
    let mut renamed = design.clone();
    Rc::make_mut(renamed.areas.get_mut(&europe).unwrap()).label = "Ireland".to_owned();
    assert_eq!(codes(&renamed), [""; 0]);
    assert_eq!(grade::final_seeds(&lesson, &renamed), grade::final_seeds(&lesson, &design));
    assert_ne!(grade::final_seeds(&lesson, &moved), grade::final_seeds(&lesson, &design));

    let guard = rules::guard(&lesson, &start, &design);
    assert!(guard.keep_areas.contains(&europe) && guard.allows_areas());
    assert!(guard.keep_places.contains(&design.node_by_role("customers").unwrap()));
    lesson.allow.pop();
    assert!(!rules::guard(&lesson, &start, &design).allows_areas());
}

/// Seeds of the examination depend on what decides the result, on nothing else, and on no one's luck.
#[test]
fn final_seeds_follow_the_design() {
    let (lesson, _, solutions) = read(&LESSONS[0]);
    let design = &solutions[0].1;
    let seeds = grade::final_seeds(&lesson, design);
    assert_eq!(seeds.len(), lesson.finals.seeds as usize);
    assert_eq!(seeds.iter().collect::<BTreeSet<_>>().len(), seeds.len());
    assert!(seeds.iter().all(|seed| *seed < 1 << 53));

    let mut same = design.clone();
    node(&mut same, "orders").at.x += 50.0;
    node(&mut same, "orders").label = "Shop".to_owned();
    (same.seed, same.title) = (77, "Mine".to_owned());
    assert_eq!(grade::final_seeds(&lesson, &same), seeds);

    let mut other = design.clone();
    node(&mut other, "orders").params.set("queue_limit", 7.0);
    assert_ne!(grade::final_seeds(&lesson, &other), seeds);
    let newer = Lesson { version: lesson.version + 1, ..lesson.clone() };
    assert_ne!(grade::final_seeds(&newer, design), seeds);
}

/// The seed moves a graded run's faults, within what the lesson says, the same way every time.
#[test]
fn graded_faults_fall_where_the_seed_says() {
    let (lesson, _, solutions) = read(&LESSONS[0]);
    let design = &solutions[0].1;
    let shift = lesson.finals.fault_shift_secs;
    let mut starts = BTreeSet::new();
    for seed in 1..=20 {
        let graded = grade::graded_document(&lesson, design, seed);
        assert_eq!(graded, grade::graded_document(&lesson, design, seed));
        assert_eq!(graded.seed, seed);
        assert_eq!(check::check(&graded), [], "every fault hits something");
        for (planned, placed) in design.faults.iter().zip(&graded.faults) {
            assert!((planned.at_secs - placed.at_secs).abs() <= shift + 0.001);
            assert_eq!((planned.for_secs, &planned.fault.kind), (placed.for_secs, &placed.fault.kind));
        }
        starts.insert(graded.faults[0].at_secs.to_bits());
    }
    assert!(starts.len() > 10, "the seed decides");
}

fn scenario(id: &str) -> Document {
    let scenario = headroom::lesson::catalog::scenario(id).expect("the gallery has it");
    scenario.run().expect("built-in scenarios can be read").document
}

fn window<'a>(report: &'a Report, name: &str) -> &'a headroom::runner::report::Span {
    report.window(name).expect("the scenario has this window")
}

/// What the notes of the gallery promise is what happens.
#[test]
fn scenarios_show_what_their_notes_say() {
    let knee = report(&scenario("one-queue"));
    let p99 = |name| window(&knee, name).sojourn_time_offered.p99.0;
    assert!(p99("nearly full") > 3.0 * p99("half busy"), "nothing for a long while, then everything");

    let race = report(&scenario("balancers"));
    let slow = &window(&race, "one is slow").stations;
    let p99_of = |label: &str| {
        let station = slow.iter().find(|station| station.label == label).expect("a service of the race");
        station.times("sojourn_time").percentiles.p99.0
    };
    for (blind, looking) in [("Service A", "Service C"), ("Service B", "Service D")] {
        assert!(p99_of(blind) > 10.0 * p99_of(looking), "{blind} against {looking}");
    }

    let world = scenario("three-regions");
    let near = report(&world);
    let arrivals = |name: &str, label: &str| {
        let stations = &window(&near, name).stations;
        stations.iter().find(|station| station.label == label).expect("a shop of the world").get("arrival_rate").0
    };
    let (well, dark) = ("all well", "Frankfurt dark");
    assert!(window(&near, well).answered_share.0 > 0.999);
    assert!(arrivals(dark, "Shop, Americas") > 1.8 * arrivals(well, "Shop, Americas"), "twice as busy");
    assert!(arrivals(dark, "Shop, Asia") < 1.2 * arrivals(well, "Shop, Asia"), "and nobody goes on to Singapore");
    let p50 = |report: &Report, name: &str| window(report, name).sojourn_time_offered.p50.0;
    assert!(p50(&near, dark) > 2.0 * p50(&near, well), "farther away");
    let mut anywhere = world.clone();
    let round_robin = Value::Variant(Variant::new("round-robin", Params::new()));
    let door = anywhere.node_by_role("Front door").expect("the scenario has it");
    Rc::make_mut(anywhere.nodes.get_mut(&door).expect("this one")).params.set("strategy", round_robin);
    assert!(p50(&report(&anywhere), well) > 3.0 * p50(&near, well), "what distance costs");

    let storm = scenario("retry-storm");
    let stormy = report(&storm);
    assert!(window(&stormy, "before").answered_share.0 > 0.99);
    assert!(window(&stormy, "long after").answered_share.0 < 0.01, "it does not recover");
    let mut calm = storm.clone();
    let first = *calm.edges.keys().next().expect("the scenario has connections");
    Rc::make_mut(calm.edges.get_mut(&first).expect("this one")).params.set("retries", 0.0);
    assert!(window(&report(&calm), "long after").answered_share.0 > 0.99, "without retries it does");

    let friday = report(&scenario("black-friday"));
    let spike = window(&friday, "spike");
    assert!(spike.reasons[0].reason == "connection_refused", "the dead machine swallows orders until it is noticed");
    assert!((0.95..0.999).contains(&spike.answered_share.0), "and then it is noticed");
}

/// Moving a station out of the region that will fail does not pass.
#[test]
fn stations_stay_where_they_stand_if_places_are_locked() {
    let files = headroom::lesson::catalog::lesson("neighbor-region").expect("the lab exists");
    let (lesson, start, solutions) = read(files);
    let codes = |change: &dyn Fn(&mut Document)| -> Vec<String> {
        let mut design = solutions[0].1.clone();
        change(&mut design);
        rules::check(&lesson, &start, &design).into_iter().map(|problem| problem.code).collect()
    };
    assert_eq!(codes(&|_| ()), [""; 0]);
    assert_eq!(codes(&|design| node(design, "frankfurt").area = None), ["locked-place"]);
    assert_eq!(codes(&|design| node(design, "frankfurt").area = node(design, "ireland").area), ["locked-place"]);
    let guard = rules::guard(&lesson, &start, &start);
    assert!(guard.keep_places.contains(&start.node_by_role("frankfurt").unwrap()));
}

/// The lesson that simulates what it asks for, 100,000 requests in every second: its runs take seconds.
const AT_REAL_COUNTS: &str = "worldwide-reads";

/// Runs on the seeds to practice on, on the final ones of that design, and on five more; on sixty more in a full run.
fn seeds(lesson: &Lesson, design: &Document) -> Vec<u64> {
    let (few, many) = if lesson.slug == AT_REAL_COUNTS { (0, 5) } else { (5, 60) };
    let fresh = if std::env::var_os("HEADROOM_FULL").is_some() { many } else { few };
    lesson.seeds.iter().copied().chain(grade::final_seeds(lesson, design)).chain(1_001..=1_000 + fresh).collect()
}

pub fn report(document: &Document) -> Report {
    simulate(document).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// The start is lost on every seed, every stored solution wins on every seed with the margin that the lesson states.
#[test]
fn the_start_is_lost_and_every_solution_wins_with_its_margin() {
    let mut wrong = Vec::new();
    for files in LESSONS.iter() {
        let (lesson, start, solutions) = read(files);
        for seed in seeds(&lesson, &start) {
            let result = grade::grade(&lesson, &start, &start, seed);
            if result.passed || !result.problems.is_empty() {
                wrong.push(format!("{}: the start passes on seed {seed}: {:?}", lesson.slug, result.problems));
            }
        }
        for (name, design) in &solutions {
            let results: Vec<_> =
                seeds(&lesson, design).into_iter().map(|seed| grade::grade(&lesson, &start, design, seed)).collect();
            let lost = results.iter().filter(|result| !result.passed);
            wrong.extend(lost.map(|result| format!("{} \"{name}\" is lost: {result:#?}", lesson.slug)));
            let margin = grade::smallest_margin(&results).expect("goals were measured");
            if margin < lesson.finals.solution_margin {
                wrong.push(format!("{} \"{name}\": margin {margin}", lesson.slug));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A lesson that is won without what it teaches teaches nothing: each ablation of the stored solution loses the final.
#[test]
fn solutions_are_lost_without_what_the_lesson_teaches() {
    let mut wrong = Vec::new();
    for files in LESSONS.iter() {
        let (lesson, start, solutions) = read(files);
        assert!(!lesson.ablations.is_empty(), "{}", lesson.slug);
        for ablation in &lesson.ablations {
            let design = rules::ablate(&solutions[0].1, ablation);
            assert_ne!(design, solutions[0].1, "{}: \"{}\" takes nothing away", lesson.slug, ablation.without);
            assert_eq!(rules::check(&lesson, &start, &design), [], "it is lost by its results, not by a rule");
            let won = |seed: &u64| grade::grade(&lesson, &start, &design, *seed).passed;
            let won: Vec<u64> = seeds(&lesson, &design).into_iter().filter(won).collect();
            if !won.is_empty() {
                wrong.push(format!("{} is won without {} on seeds {won:?}", lesson.slug, ablation.without));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A graded run costs at most about a second natively: 2 million events, at the two or more million a second that the
/// slowest supported machine does (measured by `cargo xtask bench`). At real counts it costs about three.
#[test]
fn graded_runs_are_small() {
    for files in LESSONS.iter() {
        let (lesson, start, solutions) = read(files);
        for document in solutions.iter().map(|(_, document)| document).chain([&start]) {
            let events = report(&grade::graded_document(&lesson, document, lesson.seeds[0])).events;
            let most = if lesson.slug == AT_REAL_COUNTS { 6_000_000 } else { 2_000_000 };
            assert!(events <= most, "{}: {events} events", lesson.slug);
        }
    }
}

/// Grading is the same for everyone: twice the same result, down to the trace hash; another seed, another run.
#[test]
fn grading_is_reproducible() {
    let (lesson, start, solutions) = read(&LESSONS[0]);
    let design = &solutions[0].1;
    let once = grade::grade(&lesson, &start, design, 7);
    assert_eq!(once, grade::grade(&lesson, &start, design, 7));
    assert_ne!(once.trace_hash, grade::grade(&lesson, &start, design, 8).trace_hash);
    let json = serde_json::to_string(&once).unwrap();
    assert_eq!(serde_json::from_str::<grade::SeedResult>(&json).unwrap(), once);
}

/// The start of the first lesson at a steady rate, with every machine well.
fn at_rate(rate: f64) -> Report {
    let (_, mut document, _) = read(&LESSONS[0]);
    document.faults.clear();
    document.windows.clear();
    (document.run_length_secs, document.warm_up_secs) = (120.0, 20.0);
    let constant = Variant::new("constant", Params::new().with("rate", rate));
    node(&mut document, "customers").params.set("profile", Value::Variant(constant));
    report(&document)
}

pub fn utilization(report: &Report, role: &str) -> f64 {
    let station = report.whole.stations.iter().find(|station| station.role.as_deref() == Some(role));
    station.and_then(|station| station.get("utilization").get()).expect("the station has slots")
}

/// The truth beside the learner's bet is what the simulation does: below the stated rate the stated station keeps up,
/// above it it does not, and no other station is near its limit.
#[test]
fn the_predicted_station_saturates_at_the_predicted_rate() {
    let (lesson, ..) = read(&LESSONS[0]);
    let asked = lesson.prediction.expect("the first lesson asks for a bet");
    assert_eq!(asked.choice.and_then(|choice| choice.station).as_deref(), Some("orders"));
    let rate = asked.number.expect("and for a rate").truth;
    let below = at_rate(0.95 * rate);
    assert!(utilization(&below, "orders") < 0.99, "{}", utilization(&below, "orders"));
    assert!(below.whole.sojourn_time.mean.0 < 0.2);
    let above = at_rate(1.05 * rate);
    assert!(utilization(&above, "orders") > 0.99, "{}", utilization(&above, "orders"));
    assert!(above.whole.sojourn_time.mean.0 > 0.5);
    assert!(utilization(&above, "database") < 0.5, "{}", utilization(&above, "database"));
}
