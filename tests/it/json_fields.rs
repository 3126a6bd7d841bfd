//! What `headroom help json` says of the JSON is what the commands write: field by field, both ways.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::rc::Rc;

use headroom::model::params::{Params, Variant};
use headroom::runner::report::fields::{self, Holds, OUTPUTS, Shape};
use headroom::topology::document::Document;
use headroom::topology::format::Run;
use serde_json::Value;

/// What a command writes to standard output; it may end with any of the codes that tell of a result.
fn written(arguments: &[&str], input: &str) -> Value {
    let mut child = Command::new(env!("CARGO_BIN_EXE_headroom"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command was built for this test");
    // A command that asks for nothing may end before it reads.
    let _ = child.stdin.take().expect("it was piped").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("it ends");
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{arguments:?}: {error}; {}", String::from_utf8_lossy(&output.stderr)))
}

/// Fields that were seen, as (shape, name), and what the table does not know.
#[derive(Default)]
struct Seen {
    fields: BTreeSet<(&'static str, &'static str)>,
    unknown: BTreeSet<String>,
}

impl Seen {
    fn walk(&mut self, place: &str, holds: Holds, value: &Value) {
        match (holds, value) {
            (Holds::Value | Holds::Figures, _) => {}
            (Holds::One(shape), Value::Object(object)) => {
                for (name, value) in object {
                    let place = format!("{place}.{name}");
                    match owner(shape, name) {
                        Some(owner) => {
                            self.fields.insert(owner);
                            let field = shape.field(name).expect("its owner was found");
                            self.walk(&place, field.holds, value);
                        }
                        None => drop(self.unknown.insert(place)),
                    }
                }
            }
            (Holds::Many(shape), Value::Array(list)) => {
                for value in list {
                    self.walk(&format!("{place}[]"), Holds::One(shape), value);
                }
            }
            _ => drop(self.unknown.insert(format!("{place} is of another type: {value}"))),
        }
    }
}

/// The shape to which a field belongs, and its name there.
fn owner(shape: &'static Shape, name: &str) -> Option<(&'static str, &'static str)> {
    let own = shape.fields().find(|field| field.name == name).map(|field| (shape.name, field.name));
    own.or_else(|| shape.with.iter().find_map(|shape| owner(shape, name)))
}

/// Every field of a shape and of those that stand in it.
fn all(holds: Holds, fields: &mut BTreeSet<(&'static str, &'static str)>) {
    let (Holds::One(shape) | Holds::Many(shape)) = holds else { return };
    for field in shape.fields() {
        if fields.insert((shape.name, field.name)) {
            all(field.holds, fields);
        }
    }
    for shape in shape.with {
        all(Holds::One(shape), fields);
    }
}

/// A scenario, cut short: what fields there are does not depend on its length.
fn short(id: &str, secs: f64) -> String {
    let mut run = headroom::lesson::catalog::scenario(id).expect("it is in the gallery").run().expect("it can be read");
    run.document.run_length_secs = run.document.run_length_secs.min(secs);
    run.document.warm_up_secs = 0.0;
    run.document.faults.retain(|fault| fault.at_secs < secs);
    for window in &mut run.document.windows {
        (window.from_secs, window.to_secs) = (0.0, run.document.run_length_secs);
    }
    run.to_json()
}

/// A cache that stores writes later, a database that looks at its clients, and clients who do not wait for that.
fn behind() -> String {
    let mut run = Run::from_json(&short("every-tier", 20.0)).expect("it was written");
    let behind = Variant::new("behind", Params::new());
    for node in run.document.nodes.values_mut().filter(|node| node.kind == "cache") {
        Rc::make_mut(node).params.set("writes", behind.clone());
    }
    for node in run.document.nodes.values_mut().filter(|node| node.kind == "database") {
        Rc::make_mut(node).params.set("sessions", Variant::new("none", Params::new()));
    }
    for edge in run.document.edges.values_mut() {
        Rc::make_mut(edge).params.set("timeout", 0.002);
    }
    run.to_json()
}

#[test]
fn every_field_that_is_written_is_in_the_table_and_the_other_way_around() {
    let lesson = |slug: &str, file: &str| format!("{}/www/lessons/{slug}/{file}.json", env!("CARGO_MANIFEST_DIR"));
    let mut seen = Seen::default();
    let mut see = |command: &str, arguments: &[&str], input: &str| {
        let output = OUTPUTS.iter().find(|output| output.command == command).expect("the table has the command");
        seen.walk(command, output.holds, &written(arguments, input));
    };
    for (scenario, secs) in
        [("one-queue", 20.0), ("orders-by-message", 30.0), ("every-tier", 40.0), ("black-friday", 60.0)]
    {
        see("run --json", &["run", "-", "--json"], &short(scenario, secs));
    }
    see("run --json", &["run", "-", "--json"], &behind());
    // A system that fails, whose stations have the names by which a lesson finds them.
    see("run --json", &["run", &lesson("black-friday", "start"), "--until", "95", "--json"], "");
    see("run --seeds N --json", &["run", "-", "--seeds", "2", "--json"], &short("one-queue", 20.0));
    for file in ["start", "solution"] {
        let design = lesson("black-friday", file);
        see("grade --json", &["grade", "black-friday", &design, "--seeds", "1", "--json"], "");
    }
    // A design that breaks the lesson's rules.
    see("grade --json", &["grade", "black-friday", "-", "--seeds", "1", "--json"], &short("one-queue", 20.0));
    see("profile --json", &["profile", "-", "--json"], &short("one-queue", 20.0));
    let scaled = short("scaler-race", 600.0);
    let document = Run::from_json(&scaled).expect("it was written").document;
    let service = document.nodes.values().find(|node| node.kind == "service").expect("it has one");
    see("whatif --json", &["whatif", "-", "--at", &service.label, "--json"], &scaled);
    see("check --json", &["check", "-", "--json"], &Run::new(Document::default()).to_json());
    see("check --json", &["check", "-", "--json"], &short("one-queue", 20.0).replace("\"slots\":1", "\"slots\":0"));
    see("chaos --json", &["chaos", "black-friday", "--budget", "faults=50", "--json"], "");
    for kind in headroom::registry::KINDS {
        see("list KIND --json", &["list", kind.word, "--json"], "");
    }

    assert!(seen.unknown.is_empty(), "written, and not in src/runner/report/fields.rs: {:#?}", seen.unknown);
    let mut table = BTreeSet::new();
    for output in OUTPUTS {
        all(output.holds, &mut table);
    }
    let never: Vec<_> = table.difference(&seen.fields).collect();
    assert!(never.is_empty(), "in src/runner/report/fields.rs, and never written by these commands: {never:#?}");
}

#[test]
fn help_tells_every_field_with_its_meaning() {
    let text = fields::text();
    let mut table = BTreeSet::new();
    for output in OUTPUTS {
        assert!(text.contains(&format!("headroom {}", output.command)), "{}", output.command);
        all(output.holds, &mut table);
    }
    for (shape, field) in &table {
        assert!(text.contains(&format!("\n{shape}: ")) && text.contains(&format!("\n  {field} ")), "{shape} {field}");
    }
}
