//! The glossary: the field's words, once, for the page, the lessons and the documents.
//!
//! Adding a term: an entry in `www/glossary.toml`, which the build checks and turns into [`TERMS`].

/// A word of the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// snake_case; stable: lessons refer to it, metric ids of goals begin with it.
    pub id: &'static str,
    /// As used in running text.
    pub name: &'static str,
    /// Its usual symbol, or empty.
    pub symbol: &'static str,
    /// What it is, in one or two plain sentences.
    pub definition: &'static str,
    /// How it is computed or what it is tied to, or empty.
    pub formula: &'static str,
    /// What to do about it, or what people get wrong, or empty.
    pub advice: &'static str,
}

/// All terms, by ascending id.
pub const TERMS: &[Term] = include!(concat!(env!("OUT_DIR"), "/glossary.rs"));

/// Finds a term by id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Term> {
    TERMS.binary_search_by(|term| term.id.cmp(id)).ok().map(|at| &TERMS[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_term_is_found_and_another_is_not() {
        for term in TERMS {
            assert_eq!(find(term.id), Some(term));
        }
        assert_eq!(find("no_such_term"), None);
        assert_eq!(find("arrival_rate").map(|term| (term.name, term.symbol)), Some(("arrival rate", "λ")));
    }
}
