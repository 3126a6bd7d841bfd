//! The glossary: the field's words, once, for the page, the lessons and the documents.
//!
//! Adding a term: an entry in `www/glossary.toml`, which the build checks and turns into a file. The page fetches that
//! file; native programs carry it within.

#[cfg(embeds_course)]
use std::sync::LazyLock;

use serde::Deserialize;

/// A word of the field.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// snake_case; stable: lessons refer to it, metric ids of goals begin with it.
    pub id: String,
    /// As used in running text.
    pub name: String,
    /// Its usual symbol, or empty.
    pub symbol: String,
    /// What it is, in one or two plain sentences.
    pub definition: String,
    /// How it is computed or what it is tied to, or empty.
    pub formula: String,
    /// What to do about it, or what people get wrong, or empty.
    pub advice: String,
}

/// All terms, by ascending id. The default holds none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Glossary(Vec<Term>);

impl Glossary {
    /// Reads the glossary's file.
    ///
    /// # Errors
    /// Names what is not of this shape, with its place in the text.
    pub fn from_json(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map(Self).map_err(|error| error.to_string())
    }

    /// All terms, by ascending id.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.0
    }

    /// Finds a term by id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Term> {
        self.0.binary_search_by(|term| term.id.as_str().cmp(id)).ok().map(|at| &self.0[at])
    }
}

/// The glossary that comes with this build.
#[cfg(embeds_course)]
pub static GLOSSARY: LazyLock<Glossary> = LazyLock::new(|| {
    Glossary::from_json(include_str!(concat!(env!("OUT_DIR"), "/glossary.json"))).expect("the build wrote it")
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_term_is_found_and_another_is_not() {
        for term in GLOSSARY.terms() {
            assert_eq!(GLOSSARY.find(&term.id), Some(term));
        }
        assert_eq!(GLOSSARY.find("no_such_term"), None);
        let found = GLOSSARY.find("arrival_rate").map(|term| (term.name.as_str(), term.symbol.as_str()));
        assert_eq!(found, Some(("arrival rate", "λ")));
    }
}
