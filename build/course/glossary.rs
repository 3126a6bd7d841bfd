//! The glossary: `www/glossary.toml`, a table for each term.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::{Problem, Source, is_id};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    name: Option<String>,
    #[serde(default)]
    symbol: String,
    definition: String,
    #[serde(default)]
    formula: String,
    #[serde(default)]
    advice: String,
}

/// By id, so in the order in which the crate looks them up. The file keeps the same order, for readers.
pub type Terms = BTreeMap<String, Term>;

pub fn read(source: &Source, problems: &mut Vec<Problem>) -> Terms {
    let terms: BTreeMap<Spanned<String>, Term> = source.toml(problems).unwrap_or_default();
    let mut before: Option<(usize, &str)> = None;
    for (id, term) in &terms {
        let (at, id) = (id.span().start, id.as_ref().as_str());
        if !is_id(id, '_') {
            problems.push(source.problem(at, format!("\"{id}\" is no id: use small letters, digits and \"_\"")));
        }
        if !term.definition.ends_with('.') {
            problems.push(source.problem(at, format!("{id}: the definition is no sentence: end it with a period")));
        }
        if let Some((earlier, other)) = before.filter(|(earlier, _)| *earlier > at) {
            problems
                .push(source.problem(earlier, format!("{other} stands after {id}: put it before, by the alphabet")));
        }
        before = Some((at, id));
    }
    terms.into_iter().map(|(id, term)| (id.into_inner(), term)).collect()
}

/// A term as the glossary's file holds it.
#[derive(Serialize)]
struct Told<'a> {
    id: &'a str,
    name: String,
    symbol: &'a str,
    definition: &'a str,
    formula: &'a str,
    advice: &'a str,
}

/// The terms as JSON: a list, by ascending id.
pub fn json(terms: &Terms) -> String {
    let list: Vec<Told<'_>> = terms
        .iter()
        .map(|(id, term)| Told {
            id,
            name: term.name.clone().unwrap_or_else(|| id.replace('_', " ")),
            symbol: &term.symbol,
            definition: &term.definition,
            formula: &term.formula,
            advice: &term.advice,
        })
        .collect();
    super::to_json(&list)
}
