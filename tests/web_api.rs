//! The programs' interface in a real browser: `cargo xtask test wasm`.

#![cfg(target_arch = "wasm32")]

use headroom::api::{RunSource, Simulation, new_seed, scenario, version};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn get(value: &JsValue, key: &str) -> JsValue {
    js_sys::Reflect::get(value, &JsValue::from_str(key)).expect("it is an object")
}

fn load(id: &str) -> Simulation {
    let run: JsValue = scenario(id).expect("the gallery has it").into();
    Simulation::new(run.unchecked_into::<RunSource>()).expect("scenarios run")
}

fn json(text: &str) -> JsValue {
    js_sys::JSON::parse(text).expect("the test writes JSON")
}

#[wasm_bindgen_test]
fn loads_runs_and_reports() {
    let mut simulation = load("one-queue");
    let report: JsValue = simulation.run_to_end().into();
    assert!(simulation.finished());
    assert_eq!(get(&report, "trace_hash").as_string(), Some(simulation.trace_hash()));
    assert_eq!(get(&report, "engine").as_string(), Some(version()));
    assert_eq!(get(&report, "offered"), get(&get(&report, "outcomes"), "completed"));
    let p99 = get(&get(&report, "sojourn_time"), "p99").as_f64().expect("requests completed");
    assert!(p99 > 0.02, "{p99}");
}

/// Goal: a change made through JavaScript data is logged, and its link replays to the same hash.
#[wasm_bindgen_test]
fn a_change_travels_with_the_link() {
    let mut simulation = load("one-queue");
    simulation.advance(30.0, None);
    let change = json("{\"inject\":{\"kind\":\"slow\",\"target\":{\"node\":2},\"params\":{\"factor\":3}}}");
    simulation.apply(change.unchecked_into()).expect("there is such a node");
    simulation.run_to_end();
    let link = JsValue::from_str(&simulation.link().expect("a small run fits into a link"));
    let mut again = Simulation::new(link.unchecked_into()).expect("its own link opens");
    again.run_to_end();
    assert_eq!(again.trace_hash(), simulation.trace_hash());
    let mut untouched = load("one-queue");
    untouched.run_to_end();
    assert_ne!(untouched.trace_hash(), simulation.trace_hash());
}

#[wasm_bindgen_test]
fn what_cannot_be_is_thrown_as_an_error_with_a_remedy() {
    let error = Simulation::new(JsValue::from_str("#s=1.AAAA").unchecked_into()).expect_err("this link is damaged");
    assert!(error.is_instance_of::<js_sys::Error>());
    assert!(get(&error, "remedy").as_string().is_some_and(|remedy| remedy.contains("link")));
    let empty = json("{\"format\":1,\"engine\":\"0.1.0\",\"document\":{\"nodes\":[],\"edges\":[]}}");
    let error = Simulation::new(empty.unchecked_into()).expect_err("an empty canvas cannot run");
    assert!(get(&error, "diagnostics").is_array());
}

#[wasm_bindgen_test]
fn new_seeds_differ_and_are_safe_integers() {
    let (one, two) = (new_seed().expect("browsers have randomness"), new_seed().expect("browsers have randomness"));
    assert!(one != two && one.fract() == 0.0 && (0.0..9_007_199_254_740_992.0).contains(&one));
}
