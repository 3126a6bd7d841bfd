//! The glossary: `www/glossary.toml`, a table for each term.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Deserialize;
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

/// The terms as a slice of `Term`s.
pub fn code(terms: &Terms) -> String {
    let mut code = String::from("&[\n");
    for (id, Term { name, symbol, definition, formula, advice }) in terms {
        let name = name.clone().unwrap_or_else(|| id.replace('_', " "));
        writeln!(
            code,
            "Term {{ id: {id:?}, name: {name:?}, symbol: {symbol:?}, definition: {definition:?}, formula: {formula:?}, \
             advice: {advice:?} }},"
        )
        .expect("text can always be written to");
    }
    code + "]"
}
