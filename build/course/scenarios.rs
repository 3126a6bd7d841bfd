//! The gallery's scenarios: a file in `www/scenarios` for each, and `order.toml`.

use std::fmt::Write;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::{Problem, Source, entries, is_id};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    order: Vec<Spanned<String>>,
}

/// Gives the scenarios as a slice of `Scenario`s, in the order of the gallery.
pub fn read(www: &Path, problems: &mut Vec<Problem>) -> String {
    let mut ids: Vec<String> = entries(www, "scenarios", problems)
        .into_iter()
        .filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
        .collect();
    for id in &ids {
        if let Some(document) = Source::open(www, &format!("scenarios/{id}.json"), problems) {
            document.is_json(problems);
            if !is_id(id, '-') {
                problems.push(document.problem(0, "the file's name is no id: use small letters, digits and \"-\""));
            }
        }
    }
    if let Some(source) = Source::open(www, "scenarios/order.toml", problems) {
        let order = source.toml(problems).map_or(Vec::new(), |Order { order }| order);
        for (place, id) in order.iter().enumerate() {
            if !ids.contains(id.as_ref()) {
                let message =
                    format!("there is no www/scenarios/{0}.json: add it, or delete \"{0}\" here", id.as_ref());
                problems.push(source.problem(id.span().start, message));
            } else if order[..place].iter().any(|other| other.as_ref() == id.as_ref()) {
                problems.push(source.problem(id.span().start, format!("\"{}\" stands here twice", id.as_ref())));
            }
        }
        // Those without a place of their own come last, by name: the sort is stable.
        ids.sort_by_key(|id| order.iter().position(|other| other.as_ref() == id).unwrap_or(order.len()));
    }
    let mut code = String::from("&[\n");
    for id in ids {
        let file = format!("include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/www/scenarios/{id}.json\"))");
        writeln!(code, "Scenario {{ id: {id:?}, json: {file} }},").expect("text can always be written to");
    }
    code + "]"
}
