//! Every lesson and every scenario that comes with Headroom: loads, refers to what exists, keeps its rules, and (by
//! simulation) is lost at its start, won by its solutions and lost again without what it teaches.

use std::collections::BTreeSet;
use std::rc::Rc;

use headroom::lesson::catalog::{LESSONS, LessonFiles, SCENARIOS};
use headroom::lesson::{Lesson, grade, rules, text};
use headroom::model::params::{Params, Value, Variant};
use headroom::topology::check;
use headroom::topology::document::{Diagnostic, Document, Edge, Node, Point};
use headroom::topology::format::Run;

fn read(files: &LessonFiles) -> (Lesson, Document, Vec<(&'static str, Document)>) {
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
        lesson.solutions.iter().map(|(_, json)| (lesson.slug, *json)).chain([(lesson.slug, lesson.start)])
    });
    for (name, json) in stored.chain(lessons) {
        let run = Run::from_json(json).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(run.to_json_pretty(), json, "{name}");
    }
}

#[test]
fn the_gallery_has_scenarios_without_a_problem() {
    assert!(SCENARIOS.len() >= 4);
    let ids: BTreeSet<&str> = SCENARIOS.iter().map(|scenario| scenario.id).collect();
    assert_eq!(ids.len(), SCENARIOS.len(), "ids are unique");
    for scenario in SCENARIOS {
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
    let slugs: BTreeSet<&str> = LESSONS.iter().map(|lesson| lesson.slug).collect();
    assert_eq!(slugs.len(), LESSONS.len(), "slugs are unique");
    for files in LESSONS {
        let (lesson, start, solutions) = read(files);
        assert_eq!(lesson.slug, files.slug);
        let sections = files.sections();
        let ids: Vec<&str> = sections.iter().map(|section| section.id.as_str()).collect();
        for step in &lesson.steps {
            assert!(ids.contains(&step.section.as_str()), "{}: no section {}", lesson.slug, step.section);
        }
        for section in &sections {
            assert!(
                lesson.steps.iter().any(|step| step.section == section.id),
                "{}: nobody shows {}",
                lesson.slug,
                section.id
            );
            assert!(
                !section.title.is_empty() && !section.blocks.is_empty(),
                "{}: {} is empty",
                lesson.slug,
                section.id
            );
            for term in terms(section) {
                assert!(headroom::glossary::find(&term).is_some(), "{}: no term {term}", lesson.slug);
            }
        }
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
        if let Some(prediction) = &lesson.prediction {
            assert!(
                start.node_by_role(&prediction.station).is_some(),
                "{}: bet on {}",
                lesson.slug,
                prediction.station
            );
        }
        assert!(solutions.len() >= 3, "{}: a stored solution and two others", lesson.slug);
        for (name, document) in solutions.iter().chain([&("start", start.clone())]) {
            assert_eq!(check::check(document), [], "{} {name}", lesson.slug);
            assert_eq!(rules::check(&lesson, &start, document), [], "{} {name}", lesson.slug);
        }
    }
}

fn terms(section: &text::Section) -> Vec<String> {
    let spans = section.blocks.iter().flat_map(|block| match block {
        text::Block::Paragraph(spans) => vec![spans.clone()],
        text::Block::List { items, .. } => items.clone(),
    });
    let terms = spans.flatten().filter_map(|span| match span {
        text::Span::Term { id, .. } => Some(id),
        _ => None,
    });
    terms.collect()
}

/// The first lesson, with a design made from its solution by `change`.
fn broken(change: impl FnOnce(&mut Document)) -> Vec<Diagnostic> {
    let (lesson, start, solutions) = read(&LESSONS[0]);
    let mut design = solutions[0].1.clone();
    change(&mut design);
    rules::check(&lesson, &start, &design)
}

fn node<'a>(document: &'a mut Document, role: &str) -> &'a mut Node {
    let id = document.node_by_role(role).expect("the lesson has this role");
    Rc::make_mut(document.nodes.get_mut(&id).expect("roles name nodes of the document"))
}

#[track_caller]
fn refused(code: &str, change: impl FnOnce(&mut Document)) {
    let problems = broken(change);
    assert!(problems.iter().any(|problem| problem.code == code), "wanted {code}, got {problems:#?}");
    assert!(problems.iter().all(|problem| !problem.remedy.is_empty()));
}

/// Whoever changes the world, or spends more than there is, does not pass: each way out is tried.
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
    refused("not-allowed", |document| {
        let orders = document.node_by_role("orders").unwrap();
        let added = Node {
            kind: "service".into(),
            label: "More".into(),
            role: None,
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
            at: Point::default(),
            params: Params::new(),
        };
        document.add_node(added);
    });
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
