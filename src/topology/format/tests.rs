use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::testing::any_run;
use super::*;
use crate::model::params::{Params, Variant};
use crate::topology::document::{Area, AreaKind, Fault, FaultTarget, Point};

/// Reads `json` and compares what the person is told.
#[track_caller]
fn check_refused(json: &str, expect: &Expect) {
    let error = Run::from_json(json).expect_err("this text must be refused");
    expect.assert_eq(&format!("[{}] {error}\n{}", error.place(), error.remedy()));
}

fn with_document(fields: &str) -> String {
    format!("{{\"format\":1,\"engine\":\"0.1.0\",\"document\":{{{fields}}}}}")
}

fn sample() -> Run {
    let mut document = Document { title: "A \"queue\"".to_owned(), seed: 42, warm_up_secs: 1.5, ..Document::default() };
    let exponential = Variant::new("exponential", Params::new().with("mean", 0.02));
    let node = |kind: &str, x: f64, params: Params| Node {
        kind: kind.to_owned(),
        label: kind.to_uppercase(),
        role: (kind == "service").then(|| "orders".to_owned()),
        area: None,
        at: Point { x, y: 80.0 },
        params,
    };
    document.add_node(node("source", 40.0, Params::new().with("rate", 12.5)));
    document.add_node(node("service", 240.0, Params::new().with("service_time", exponential).with("slots", 2.0)));
    document.add_edge(Edge { from: NodeId(1), to: NodeId(2), params: Params::new() });
    let fault = Fault { kind: "kill".into(), target: FaultTarget::Replica(NodeId(2), 0), params: Params::new() };
    document.faults.push(ScheduledFault { at_secs: 10.0, for_secs: Some(20.0), fault: fault.clone() });
    document.windows.push(Window { name: "spike".into(), from_secs: 60.0, to_secs: 120.0 });
    let mut run = Run::new(document.clone());
    let mut after = document.clone();
    after.remove_node(NodeId(2));
    run.inputs.push(Input { at_event: 5, change: Change::Inject(fault) });
    run.inputs.push(Input {
        at_event: 9,
        change: Change::Lift { kind: "kill".into(), target: FaultTarget::Edge(EdgeId(1)) },
    });
    run.inputs
        .push(Input { at_event: 9, change: Change::Edit(crate::topology::document::Edit::between(&document, &after)) });
    run.engine = "0.1.0".to_owned();
    run
}

#[test]
fn the_file_has_a_line_for_each_thing() {
    expect![[r#"
        {
          "format": 2,
          "engine": "0.1.0",
          "document": {
            "title": "A \"queue\"",
            "seed": 42,
            "run_length_secs": 600,
            "warm_up_secs": 1.5,
            "nodes": [
              {"id": 1, "kind": "source", "label": "SOURCE", "at": {"x": 40, "y": 80}, "params": {"rate": 12.5}},
              {"id": 2, "kind": "service", "label": "SERVICE", "role": "orders", "at": {"x": 240, "y": 80}, "params": {"service_time": {"id": "exponential", "mean": 0.02}, "slots": 2}}
            ],
            "edges": [
              {"id": 1, "from": 1, "to": 2}
            ],
            "faults": [
              {"at_secs": 10, "for_secs": 20, "kind": "kill", "target": {"replica": [2, 0]}}
            ],
            "windows": [
              {"name": "spike", "from_secs": 60, "to_secs": 120}
            ]
          },
          "inputs": [
            {"at_event": 5, "change": {"inject": {"kind": "kill", "target": {"replica": [2, 0]}}}},
            {"at_event": 9, "change": {"lift": {"kind": "kill", "target": {"edge": 1}}}},
            {"at_event": 9, "change": {"edit": {"nodes": {"2": null}, "edges": {"1": null}}}}
          ]
        }
    "#]]
    .assert_eq(&sample().to_json_pretty());
    assert_eq!(Run::from_json(&sample().to_json_pretty()), Ok(sample()));
}

#[test]
fn regions_and_zones_stand_in_the_file() {
    let mut run = sample();
    run.inputs.clear();
    let corner = Point { x: 0.0, y: 24.0 };
    let size = Point { x: 480.0, y: 240.0 };
    let region = AreaKind::Region { region: "eu-west-1".to_owned() };
    let region = run.document.add_area(Area { kind: region, label: "Europe".to_owned(), at: corner, size });
    let zone = AreaKind::Zone { within: region };
    let zone = run.document.add_area(Area { kind: zone, label: "Zone a".to_owned(), at: corner, size });
    std::rc::Rc::make_mut(run.document.nodes.get_mut(&NodeId(2)).unwrap()).area = Some(zone);
    let outage = Fault { kind: "outage".into(), target: FaultTarget::Area(region), params: Params::new() };
    run.document.faults = vec![ScheduledFault { at_secs: 1.0, for_secs: None, fault: outage }];
    let json = run.to_json();
    for part in [
        r#""role":"orders","at":{"x":240,"y":80},"area":2,"params""#,
        r#""areas":[{"id":1,"kind":{"region":{"region":"eu-west-1"}},"label":"Europe","at":{"x":0,"y":24},"size":{"x":480,"y":240}},{"id":2,"kind":{"zone":{"within":1}}"#,
        r#""target":{"area":1}"#,
    ] {
        assert!(json.contains(part), "{part} is not in {json}");
    }
    assert_eq!(Run::from_json(&json), Ok(run));
}

#[test]
fn the_first_form_opens_and_says_the_same() {
    let mut run = sample();
    run.inputs.clear();
    let second = run.to_json();
    let first = second.replacen("\"format\":2", "\"format\":1", 1);
    assert_ne!(first, second);
    assert_eq!(Run::from_json(&first), Ok(run));
}

#[test]
fn the_compact_form_is_one_line_and_reads_the_same() {
    let json = sample().to_json();
    assert!(!json.contains('\n') && !json.contains("\": "), "{json}");
    assert_eq!(Run::from_json(&json), Ok(sample()));
}

#[test]
fn what_is_left_out_takes_the_default() {
    let run = Run::from_json(&with_document("\"nodes\":[],\"edges\":[]")).unwrap();
    assert_eq!(run.document, Document::default());
    assert!(run.inputs.is_empty());
}

#[test]
fn seeds_beyond_two_to_the_53_travel_as_text() {
    for seed in [0, 1, SAFE_INTEGER_MAX, SAFE_INTEGER_MAX + 1, u64::MAX] {
        let run = Run::new(Document { seed, ..Document::default() });
        let json = run.to_json();
        assert_eq!(json.contains(&format!("\"seed\":\"{seed}\"")), seed > SAFE_INTEGER_MAX, "{json}");
        assert_eq!(Run::from_json(&json).unwrap().document.seed, seed);
    }
}

#[test]
fn refusals_name_the_place_and_a_remedy() {
    check_refused(
        "{\"format\":1,\n\"engine\":}",
        &expect![[r#"
            [line 2, column 10] line 2, column 10: expected value
            The text must be JSON as Headroom saves it; look for a missing comma, quote or bracket there, or get the file again: it may have been cut off."#]],
    );
    check_refused(
        "{\"format\":1,\"format\":1}",
        &expect![[r#"
            [line 1, column 20] line 1, column 20: the field "format" stands there twice
            The text must be JSON as Headroom saves it; look for a missing comma, quote or bracket there, or get the file again: it may have been cut off."#]],
    );
    check_refused(
        "[]",
        &expect![[r#"
            [the whole text] this is a list, not a run saved by Headroom
            Choose a file that Headroom saved, or the output of `headroom open LINK`."#]],
    );
    check_refused(
        "{\"name\":\"something else\"}",
        &expect![[r#"
            [the whole text] this is JSON without "format", not a run saved by Headroom
            Choose a file that Headroom saved, or the output of `headroom open LINK`."#]],
    );
    check_refused(
        "{\"format\":7}",
        &expect![[r#"
            [format] saved by a newer Headroom (form 7; this one knows forms up to 2)
            Open it with a newer Headroom; reload the page to get the newest one."#]],
    );
    check_refused(
        "{\"format\":\"one\"}",
        &expect![[r#"
            [format] in "format": must be a whole number from 1 to 2
            Change the value to one within the range."#]],
    );
    check_refused(
        "{\"format\":1,\"engine\":\"0.1.0\"}",
        &expect![[r#"
            [the top level] the top level: "document" is missing
            Add "document"."#]],
    );
    check_refused(
        &with_document(
            "\"nodes\":[{\"id\":1,\"kind\":\"source\",\"lable\":\"x\",\"at\":{\"x\":0,\"y\":0}}],\"edges\":[]",
        ),
        &expect![[r#"
            [document.nodes[0]] document.nodes[0]: "label" is missing
            Add "label"."#]],
    );
    check_refused(
        &with_document("\"nodes\":[],\"edges\":[],\"run_lenght_secs\":10"),
        &expect![[r#"
            [document] in "document": unknown field "run_lenght_secs"
            Did you mean "run_length_secs"? Otherwise remove it."#]],
    );
    check_refused(
        &with_document("\"nodes\":[],\"edges\":[],\"color\":\"red\""),
        &expect![[r#"
            [document] in "document": unknown field "color"
            Remove it; known here: title, notes, nodes, edges, areas, faults, windows, seed, run_length_secs, warm_up_secs, good_within_secs, day_secs, slo_p99_secs, slo_answered_share, transfer_costs."#]],
    );
    check_refused(
        &with_document(
            "\"nodes\":[{\"id\":1,\"kind\":\"source\",\"label\":\"x\",\"at\":{\"x\":0,\"y\":0},\"params\":{\"rate\":{\"mean\":1}}}],\"edges\":[]",
        ),
        &expect![[r#"
            [document.nodes[0].params.rate] document.nodes[0].params.rate: "id" is missing
            Add "id"."#]],
    );
    check_refused(
        &with_document("\"nodes\":[],\"edges\":[{\"id\":1,\"from\":1,\"to\":2}]"),
        &expect![[r#"
            [document.edges[0].from] document.edges[0].from: node 1 does not exist
            Add what is missing, or remove what speaks of it."#]],
    );
    let node = "{\"id\":1,\"kind\":\"source\",\"label\":\"x\",\"at\":{\"x\":0,\"y\":0}}";
    check_refused(
        &with_document(&format!("\"nodes\":[{node},{node}],\"edges\":[]")),
        &expect![[r#"
            [document.nodes[1]] document.nodes[1]: the node id 1 stands there twice
            Keep one of the two."#]],
    );
    check_refused(
        &with_document("\"nodes\":[],\"edges\":[],\"run_length_secs\":-5"),
        &expect![[r#"
            [document.run_length_secs] document.run_length_secs: -5 is not within 0 to 100000000 seconds
            Change the value to one within the range."#]],
    );
    check_refused(
        &with_document("\"nodes\":[],\"edges\":[],\"seed\":1e300"),
        &expect![[r#"
            [document.seed] document.seed: 1e+300 is not a whole number from 0 to 9007199254740992; write a larger one as a text of digits
            Change the value to one within the range."#]],
    );
    check_refused(
        &with_document("\"nodes\":[],\"edges\":[],\"faults\":[{\"at_secs\":1,\"kind\":\"kill\",\"target\":\"n1\"}]"),
        &expect![[r#"
            [document.faults[0].target] document.faults[0].target: expected one of {"node": id}, {"replica": [node id, index]}, {"edge": id} and {"area": id}, found a text
            Put one of {"node": id}, {"replica": [node id, index]}, {"edge": id} and {"area": id} there."#]],
    );
}

#[test]
fn limits_hold() {
    let many = |count: usize| vec!["null"; count].join(",");
    let refused = Run::from_json(&with_document(&format!("\"nodes\":[{}],\"edges\":[]", many(501)))).unwrap_err();
    assert_eq!(
        refused,
        LoadError::TooMany { place: "document.nodes".into(), count: 501, count_max: limits::NODES_MAX }
    );
    let refused = Run::from_json(&with_document(&format!("\"nodes\":[],\"edges\":[{}]", many(2_001)))).unwrap_err();
    assert_eq!(
        refused,
        LoadError::TooMany { place: "document.edges".into(), count: 2_001, count_max: limits::EDGES_MAX }
    );
    let inputs = format!(
        "{{\"format\":1,\"engine\":\"0.1.0\",\"document\":{{\"nodes\":[],\"edges\":[]}},\"inputs\":[{}]}}",
        many(10_001)
    );
    let refused = Run::from_json(&inputs).unwrap_err();
    assert_eq!(refused, LoadError::TooMany { place: "inputs".into(), count: 10_001, count_max: limits::INPUTS_MAX });
    let title = with_document(&format!("\"title\":\"{}\",\"nodes\":[],\"edges\":[]", "x".repeat(201)));
    assert!(matches!(Run::from_json(&title), Err(LoadError::OutOfRange { .. })));
    let node = |params: &str| {
        let node = format!(
            "{{\"id\":1,\"kind\":\"k\",\"label\":\"x\",\"at\":{{\"x\":0,\"y\":0}},\"params\":{{\"p\":{params}}}}}"
        );
        Run::from_json(&with_document(&format!("\"nodes\":[{node}],\"edges\":[]")))
    };
    assert!(node("1e999").is_err(), "beyond every float");
    assert!(node(&format!("{}1{}", "[".repeat(9), "]".repeat(9))).is_err(), "nested too deep");
    assert!(node("[[1]]").is_ok());
    let id = with_document(
        "\"nodes\":[{\"id\":4294967295,\"kind\":\"k\",\"label\":\"x\",\"at\":{\"x\":0,\"y\":0}}],\"edges\":[]",
    );
    assert!(matches!(Run::from_json(&id), Err(LoadError::OutOfRange { .. })), "the next id would not exist");
}

#[test]
fn inputs_come_in_the_order_of_their_events() {
    let mut run = sample();
    run.inputs.reverse();
    assert!(matches!(Run::from_json(&run.to_json()), Err(LoadError::OutOfRange { .. })));
}

#[test]
fn another_engine_says_so_and_this_one_does_not() {
    let mut run = sample();
    run.engine = ENGINE.to_owned();
    assert_eq!(run.engine_note(), None);
    run.engine = "99.0.0".to_owned();
    let note = run.engine_note().unwrap();
    assert!(note.contains("99.0.0") && note.contains(ENGINE), "{note}");
}

/// Method: a made-up chain of two steps stands in for the forms to come.
#[test]
fn older_forms_are_brought_up_step_by_step() {
    let chain: &[read::Migration] = &[
        |map| {
            let text = map.remove("text").unwrap_or_default();
            map.insert("title".to_owned(), text);
            Ok(())
        },
        |map| {
            map.insert("third".to_owned(), true.into());
            Ok(())
        },
    ];
    let migrated = |json: &str| {
        let serde_json::Value::Object(mut map) = serde_json::from_str(json).unwrap() else { panic!("an object") };
        read::migrate(&mut map, 3, chain).map(|()| serde_json::Value::Object(map).to_string())
    };
    assert_eq!(migrated("{\"format\":1,\"text\":\"a\"}").unwrap(), "{\"format\":3,\"third\":true,\"title\":\"a\"}");
    assert_eq!(migrated("{\"format\":2,\"title\":\"a\"}").unwrap(), "{\"format\":3,\"third\":true,\"title\":\"a\"}");
    assert_eq!(migrated("{\"format\":3}").unwrap(), "{\"format\":3}");
    assert!(migrated("{\"format\":4}").is_err() && migrated("{\"format\":0}").is_err() && migrated("{}").is_err());
}

#[test]
fn near_misses_are_recognized() {
    assert_eq!(nearest("lable", &["id", "label", "at"]), Some("label"));
    assert_eq!(nearest("Label", &["id", "label", "at"]), Some("label"));
    assert_eq!(nearest("weather", &["id", "label", "at"]), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    /// All that can be drawn is read back as it was, down to the last bit of every number.
    #[test]
    fn runs_come_back_as_they_went(run in any_run()) {
        let compact = Run::from_json(&run.to_json());
        prop_assert_eq!(compact.as_ref(), Ok(&run));
        let pretty = Run::from_json(&run.to_json_pretty());
        prop_assert_eq!(pretty.as_ref(), Ok(&run));
        for input in &run.inputs {
            let again = input_from_json(&input_to_json(input));
            prop_assert_eq!(again.as_ref(), Ok(input));
            let again = change_from_json(&change_to_json(&input.change));
            prop_assert_eq!(again.as_ref(), Ok(&input.change));
        }
    }

    /// No text makes the reader panic: neither noise nor a saved run with a hole in it.
    #[test]
    fn random_texts_never_panic(noise in "\\PC{0,80}", run in any_run(), at in 0.0..1.0f64, put in "[\\[\\]{}\",:0-9a-z]{0,4}") {
        let _ = Run::from_json(&noise);
        let json = run.to_json();
        let mut at = (json.len() as f64 * at) as usize;
        while !json.is_char_boundary(at) { at -= 1; }
        let _ = Run::from_json(&format!("{}{put}{}", &json[..at], json[at..].chars().skip(1).collect::<String>()));
        let _ = Run::from_json(&json[..at]);
    }
}
