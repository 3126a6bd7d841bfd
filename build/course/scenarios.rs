//! The gallery's scenarios: a file in `www/scenarios` for each, and `order.toml`.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::{Problem, Source, entries, is_id};

/// A scenario as it was found.
#[derive(Debug)]
pub struct Scenario {
    /// The file's name without its ending.
    pub id: String,
    pub title: String,
    pub notes: String,
    /// The saved run, as the file holds it.
    pub run: String,
}

/// What the list of scenarios tells of a saved run.
#[derive(Default, Deserialize)]
struct Saved {
    #[serde(default)]
    document: Told,
}

#[derive(Default, Deserialize)]
struct Told {
    #[serde(default)]
    title: String,
    #[serde(default)]
    notes: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    order: Vec<Spanned<String>>,
}

/// Gives the scenarios in the order of the gallery.
pub fn read(www: &Path, problems: &mut Vec<Problem>) -> Vec<Scenario> {
    let mut scenarios: Vec<Scenario> = entries(www, "scenarios", problems)
        .into_iter()
        .filter_map(|name| scenario(www, name.strip_suffix(".json")?, problems))
        .collect();
    if let Some(source) = Source::open(www, "scenarios/order.toml", problems) {
        let order = source.toml(problems).map_or(Vec::new(), |Order { order }| order);
        for (place, id) in order.iter().enumerate() {
            if !scenarios.iter().any(|scenario| scenario.id == *id.as_ref()) {
                let message =
                    format!("there is no www/scenarios/{0}.json: add it, or delete \"{0}\" here", id.as_ref());
                problems.push(source.problem(id.span().start, message));
            } else if order[..place].iter().any(|other| other.as_ref() == id.as_ref()) {
                problems.push(source.problem(id.span().start, format!("\"{}\" stands here twice", id.as_ref())));
            }
        }
        // Those without a place of their own come last, by name: the sort is stable.
        let place = |id: &str| order.iter().position(|other| other.as_ref() == id).unwrap_or(order.len());
        scenarios.sort_by_key(|scenario| place(&scenario.id));
    }
    scenarios
}

/// What cannot be read stays in the list, so that nothing else seems to be missing.
fn scenario(www: &Path, id: &str, problems: &mut Vec<Problem>) -> Option<Scenario> {
    let source = Source::open(www, &format!("scenarios/{id}.json"), problems)?;
    if !is_id(id, '-') {
        problems.push(source.problem(0, "the file's name is no id: use small letters, digits and \"-\""));
    }
    let Told { title, notes } = source.json::<Saved>(problems).unwrap_or_default().document;
    Some(Scenario { id: id.to_owned(), title, notes, run: source.text })
}
